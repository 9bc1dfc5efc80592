"""What the database refuses and records of money by itself: raw SQL through the application's own role."""

import datetime
from decimal import Decimal

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from funding.models import FundFigureRevision
from funding.sources import Source, overlap
from projects.models import PeriodReopening
from tests import factories
from tests.funding import rows

pytestmark = pytest.mark.django_db


def run(sql, *parameters):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


def refused(sql, *parameters) -> str:
    with pytest.raises(Error) as error:
        run(sql, *parameters)
    return str(error.value)


def close(period):
    period.state, period.closed_at, period.closed_by = "closed", timezone.now(), factories.UserFactory()
    period.save()


def beside(line, source):
    """Return another line of the same sub-project, unit and kind."""
    return rows.fund_line(
        programme=line.programme, participant=line.participant, sub_project=line.sub_project, source=source
    )


def test_raw_insert_of_a_fund_figure_leaves_its_first_revision():
    figure = rows.fund_figure(value=Decimal("61.55"), origin="excel", sheet="资金", cell="F12")

    revision = FundFigureRevision.objects.get(fund_figure=figure)

    assert (revision.version, revision.old_state, revision.old_value) == (1, "", None)
    assert (revision.new_state, revision.new_value, revision.origin) == ("reported", Decimal("61.55"), "excel")
    assert (revision.sheet, revision.cell, revision.changed_by) == ("资金", "F12", figure.updated_by)


def test_raw_update_of_a_fund_figure_raises_its_version_and_leaves_a_revision():
    figure = rows.fund_figure(value=Decimal(50))

    run("UPDATE fund_figure SET value = 60, version = 99, cell = 'B2' WHERE id = %s", figure.pk)

    figure.refresh_from_db()
    assert figure.version == 2
    assert list(figure.revisions.values_list("version", "old_value", "new_value", "cell")) == [
        (1, None, 50, ""),
        (2, 50, 60, "B2"),
    ]


def test_update_that_changes_nothing_leaves_no_revision():
    figure = rows.fund_figure(value=Decimal(50))

    run("UPDATE fund_figure SET value = 50, updated_at = now() WHERE id = %s", figure.pk)

    figure.refresh_from_db()
    assert (figure.version, figure.revisions.count()) == (1, 1)


def test_a_fund_figure_keeps_its_period_line_and_stage():
    figure = rows.fund_figure()

    assert "不能改" in refused("UPDATE fund_figure SET stage = 'spent' WHERE id = %s", figure.pk)


def test_fund_figures_of_a_closed_period_refuse_change():
    figure = rows.fund_figure()
    close(figure.period)

    assert "已封账" in refused("UPDATE fund_figure SET value = 60 WHERE id = %s", figure.pk)
    with pytest.raises(Error, match="已封账"), transaction.atomic():
        rows.fund_figure(figure.fund_line, report=figure.report, stage="spent")


def test_a_reopening_lets_only_its_participants_change_fund_figures():
    figure = rows.fund_figure()
    other_line = rows.fund_line(programme=figure.fund_line.programme)
    other = rows.fund_figure(
        other_line, report=factories.ReportFactory(period=figure.period, participant=other_line.participant)
    )
    close(figure.period)
    reopening = PeriodReopening.objects.create(
        period=figure.period,
        reason="口径更正",
        until=timezone.now() + datetime.timedelta(days=1),
        opened_by=factories.UserFactory(),
    )
    reopening.participants.add(figure.fund_line.participant)

    assert run("UPDATE fund_figure SET value = 60 WHERE id = %s", figure.pk) == 1
    assert "已封账" in refused("UPDATE fund_figure SET value = 60 WHERE id = %s", other.pk)


def test_a_fund_figure_of_another_units_report_is_refused():
    line = rows.fund_line()
    report = factories.ReportFactory(
        period=factories.PeriodFactory(programme=line.programme),
        participant=factories.ParticipantFactory(programme=line.programme),
    )

    with pytest.raises(Error, match="不属于这份月报"), transaction.atomic():
        rows.fund_figure(line, report=report)


def test_a_line_of_two_programmes_is_refused_and_a_line_stays_what_it_is():
    line = rows.fund_line()

    with pytest.raises(Error, match="同一年度"), transaction.atomic():
        rows.fund_line(programme=line.programme, sub_project=factories.SubProjectFactory())
    assert "不能改" in refused("UPDATE fund_line SET source = 'city' WHERE id = %s", line.pk)


def test_r14_a_stage_is_reported_in_total_or_in_parts():
    figure = rows.fund_figure(stage="disbursed")
    total = beside(figure.fund_line, "total")

    with pytest.raises(Error, match="合计与分来源不能都填"), transaction.atomic():
        rows.fund_figure(total, report=figure.report, stage="disbursed")

    # Another stage may be a total, and a blank is no figure.
    rows.fund_figure(total, report=figure.report, stage="spent")
    rows.fund_figure(total, report=figure.report, stage="disbursed", state="blank", value=None)


def test_r14_a_total_and_its_parts_are_not_planned_at_once():
    plan = rows.fund_plan(rows.fund_line(source="central"))

    for source in ("total", "upper"):
        with pytest.raises(Error, match="合计与分来源不能并存"), transaction.atomic():
            rows.fund_plan(beside(plan.fund_line, source))
    rows.fund_plan(beside(plan.fund_line, "local"))


def test_r14_a_total_may_follow_parts_that_were_withdrawn():
    plan = rows.fund_plan(rows.fund_line(source="central"))
    july = datetime.date(2020, 7, 1)
    paper = {"reason": "不再分来源", "document": "通知", "document_on": july}
    rows.fund_plan(plan.fund_line, revision=2, amount=None, valid_from=july, **paper)
    total = beside(plan.fund_line, "total")

    rows.fund_plan(total, valid_from=july)

    # Before July the parts are in force: a total of that time stands beside them.
    with pytest.raises(Error, match="合计与分来源不能并存"), transaction.atomic():
        rows.fund_plan(total, revision=2, valid_from=datetime.date(2020, 6, 1), **paper)


def test_database_and_services_agree_on_which_sources_overlap():
    with connection.cursor() as cursor:
        for one in Source.values:
            for other in Source.values:
                cursor.execute(
                    "SELECT fund_source_holds(%s, %s) OR fund_source_holds(%s, %s)", [one, other, other, one]
                )

                assert cursor.fetchone()[0] == overlap(one, other), (one, other)


@pytest.mark.parametrize("table", ["fund_plan", "fund_figure_revision"])
def test_plans_and_revisions_are_only_added(table):
    pk = {"fund_plan": rows.fund_plan, "fund_figure_revision": rows.fund_revision}[table]().pk

    assert "permission denied" in refused(f"UPDATE {table} SET id = id WHERE id = %s", pk)
    assert "permission denied" in refused(f"DELETE FROM {table} WHERE id = %s", pk)
    assert "permission denied" in refused(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("table", ["fund_line", "fund_figure"])
def test_lines_and_figures_are_not_removed(table):
    rows.fund_figure()

    assert "permission denied" in refused(f"DELETE FROM {table}")
