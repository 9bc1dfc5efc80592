"""What the database refuses and records by itself: raw SQL through the application's own role."""

import datetime
from decimal import Decimal

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from livelihood.services import record_event
from projects.models import FigureRevision, PeriodReopening
from supervision.models import Snapshot
from tests import factories
from tests.test_models import (
    entered_mark,
    issued,
    outage,
    reminder,
    rendered,
    series,
    snapshot_component,
    snapshot_line,
    snapshot_place,
    snapshot_unit,
)

pytestmark = pytest.mark.django_db


def run(sql, *parameters):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


def refused(sql, *parameters) -> str:
    with pytest.raises(Error) as error:
        run(sql, *parameters)
    return str(error.value)


def close(period, state="closed"):
    period.state, period.closed_at, period.closed_by = state, timezone.now(), factories.UserFactory()
    period.save()


def test_the_application_role_owns_nothing():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, count(*) FROM pg_tables WHERE tableowner = current_user")
        role, owned = cursor.fetchone()

    assert (role, owned) == ("livelihood_app", 0)


def test_raw_insert_of_a_figure_leaves_its_first_revision():
    figure = factories.FigureFactory(value=Decimal("61.5"), origin="excel", sheet="表1", cell="F12")

    revision = FigureRevision.objects.get(figure=figure)

    assert (revision.version, revision.old_state, revision.old_value) == (1, "", None)
    assert (revision.new_state, revision.new_value, revision.origin) == ("reported", Decimal("61.5"), "excel")
    assert (revision.sheet, revision.cell, revision.changed_by) == ("表1", "F12", figure.updated_by)


def test_raw_update_of_a_figure_raises_its_version_and_leaves_a_revision():
    figure = factories.FigureFactory(value=50)

    run("UPDATE figure SET value = 60, version = 99, cell = 'B2' WHERE id = %s", figure.pk)

    figure.refresh_from_db()
    assert figure.version == 2
    assert list(figure.revisions.values_list("version", "old_value", "new_value", "cell")) == [
        (1, None, 50, ""),
        (2, 50, 60, "B2"),
    ]


def test_update_that_changes_nothing_leaves_no_revision():
    figure = factories.FigureFactory(value=50)

    run("UPDATE figure SET value = 50, updated_at = now() WHERE id = %s", figure.pk)

    figure.refresh_from_db()
    assert (figure.version, figure.revisions.count()) == (1, 1)


def test_many_rows_in_one_statement_leave_a_revision_each():
    report = factories.ReportFactory()
    figures = [factories.FigureFactory(report=report, value=value) for value in (1, 2, 3)]

    run("UPDATE figure SET value = value * 10 WHERE report_id = %s", report.pk)

    assert FigureRevision.objects.filter(figure__in=figures, version=2).count() == 3


def test_a_figure_keeps_its_period_participant_and_indicator():
    figure = factories.FigureFactory()

    message = refused("UPDATE figure SET indicator_id = %s WHERE id = %s", factories.IndicatorFactory().pk, figure.pk)

    assert "不能改" in message


@pytest.mark.parametrize("state", ["closed", "issued"])
def test_figures_of_a_closed_period_refuse_change(state):
    figure = factories.FigureFactory(value=50)
    close(figure.period, state)

    message = refused("UPDATE figure SET value = 60 WHERE id = %s", figure.pk)

    assert "已封账" in message
    with pytest.raises(Error, match="已封账"), transaction.atomic():
        factories.FigureFactory(report=figure.report)


def test_a_reopening_lets_only_its_participants_change_figures():
    figure = factories.FigureFactory(value=50)
    other = factories.FigureFactory(report=factories.ReportFactory(period=figure.period))
    close(figure.period)
    reopening = PeriodReopening.objects.create(
        period=figure.period,
        reason="口径更正",
        until=timezone.now() + datetime.timedelta(days=1),
        opened_by=factories.UserFactory(),
    )
    reopening.participants.add(figure.participant)

    assert run("UPDATE figure SET value = 60 WHERE id = %s", figure.pk) == 1
    assert "已封账" in refused("UPDATE figure SET value = 60 WHERE id = %s", other.pk)


@pytest.mark.parametrize("ended", ["until", "ended_at"])
def test_a_reopening_that_is_over_opens_nothing(ended):
    figure = factories.FigureFactory(value=50)
    close(figure.period)
    now = timezone.now()
    reopening = PeriodReopening.objects.create(
        period=figure.period,
        reason="口径更正",
        until=now + datetime.timedelta(days=-1 if ended == "until" else 1),
        opened_by=factories.UserFactory(),
        **({"ended_at": now, "ended_by": factories.UserFactory()} if ended == "ended_at" else {}),
    )
    reopening.participants.add(figure.participant)

    assert "已封账" in refused("UPDATE figure SET value = 60 WHERE id = %s", figure.pk)


def frozen_rows():
    figure = factories.FigureFactory()
    event = record_event(by=figure.updated_by, verb="test", target=figure)
    line = snapshot_line()
    return {
        "audit_event": event.pk,
        "figure_revision": figure.revisions.get().pk,
        "target": factories.TargetFactory().pk,
        "snapshot": line.snapshot_id,
        "snapshot_line": line.pk,
        "snapshot_unit": snapshot_unit().pk,
        "snapshot_component": snapshot_component().pk,
        "snapshot_place": snapshot_place().pk,
        "rendered_file": rendered().pk,
        "reminder": reminder().pk,
        "outage": outage().pk,
    }


@pytest.mark.parametrize(
    "table",
    [
        "audit_event",
        "figure_revision",
        "target",
        "snapshot",
        "snapshot_line",
        "snapshot_unit",
        "snapshot_component",
        "snapshot_place",
        "rendered_file",
        "reminder",
        "outage",
    ],
)
def test_rows_that_are_only_added_refuse_update_and_delete(table):
    pk = frozen_rows()[table]

    assert "permission denied" in refused(f"UPDATE {table} SET id = id WHERE id = %s", pk)
    assert "permission denied" in refused(f"DELETE FROM {table} WHERE id = %s", pk)
    assert "permission denied" in refused(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    "table",
    [
        "figure",
        "report",
        "reporting_period",
        "account",
        "document_series",
        "bureau_signature",
        "cell_review",
        "lead_confirmation",
        "lead_objection",
        "snapshot_check",
        "check_line",
    ],
)
def test_rows_that_history_hangs_on_refuse_delete(table):
    factories.FigureFactory()

    assert "permission denied" in refused(f"DELETE FROM {table}")


def test_r18_an_issued_document_refuses_update_and_delete():
    document = issued()

    assert "已印发" in refused("UPDATE document SET title = '改' WHERE id = %s", document.pk)
    assert "已印发" in refused("UPDATE document SET state = 'draft' WHERE id = %s", document.pk)
    assert "已印发" in refused("DELETE FROM document WHERE id = %s", document.pk)


def test_a_series_of_numbers_only_moves_forward():
    row = series()
    run("UPDATE document_series SET last_number = 9 WHERE id = %s", row.pk)

    assert "文号只能往后用" in refused("UPDATE document_series SET last_number = 8 WHERE id = %s", row.pk)


def test_a_scheme_a_snapshot_was_scored_by_refuses_change():
    scheme = factories.plain_scheme(factories.ProgrammeFactory())

    assert run("UPDATE scoring_component SET weight = 90 WHERE scheme_id = %s", scheme.pk) == 1
    Snapshot.objects.create(
        period=factories.PeriodFactory(programme=scheme.programme),
        version=1,
        scheme=scheme,
        decimals=2,
        elapsed_parts=8,
        elapsed_whole=12,
        calc_version=1,
        sha256=factories.HASH,
        frozen_by=factories.UserFactory(),
    )
    assert "请另定新版" in refused("UPDATE scoring_component SET weight = 80 WHERE scheme_id = %s", scheme.pk)
    assert "请另定新版" in refused("UPDATE scoring_scheme SET min_indicators = 3 WHERE id = %s", scheme.pk)


def test_a_confirmed_mark_is_changed_only_after_its_confirmation_is_taken_back():
    mark = entered_mark()
    run("UPDATE entered_mark SET confirmed_by_id = %s, confirmed_at = now()", factories.UserFactory().pk)

    assert "先撤回确认" in refused("UPDATE entered_mark SET value = 90 WHERE id = %s", mark.pk)
    assert "先撤回确认" in refused("DELETE FROM entered_mark WHERE id = %s", mark.pk)
    run("UPDATE entered_mark SET confirmed_by_id = NULL, confirmed_at = NULL")
    assert run("UPDATE entered_mark SET value = 90 WHERE id = %s", mark.pk) == 1
