"""Monthly funds through the service: stored, refused, in conflict; who may, and when."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from funding.models import FundFigure
from funding.services.fund_figures import FundEntry, FundFiguresRefused, record_fund_figures
from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import Refused
from projects.models import PeriodReopening
from projects.services.reports import report_for
from tests import factories
from tests.funding import rows
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@world
def report(period, participants, indicators, clerk):
    """太和县's empty draft of August."""
    return report_for(period=period, participant=participants["341222"], by=clerk)


@world
def line(programme, participants, indicators):
    """The county's money for 太和县's roads."""
    return rows.fund_line(
        programme=programme, participant=participants["341222"], sub_project=indicators["里程"].sub_project
    )


@pytest.fixture
def save(report, clerk):
    """Return a function that stores entries as the clerk."""

    def record(*entries, by=clerk, **options):
        return record_fund_figures(report=report, entries=entries, by=by, origin="form", **options)

    return record


def beside(line, source, **options):
    return rows.fund_line(
        programme=line.programme, participant=line.participant, sub_project=line.sub_project, source=source, **options
    )


def test_amounts_are_stored_with_version_revision_and_one_event(save, report, line):
    version = report.version

    outcome = save(FundEntry(line.pk, "received", Decimal(90)), FundEntry(line.pk, "disbursed", Decimal(0)))

    assert sorted(outcome.saved) == [(line.pk, "disbursed"), (line.pk, "received")]
    assert dict(FundFigure.objects.values_list("stage", "value")) == {"received": 90, "disbursed": 0}
    assert [figure.revisions.count() for figure in FundFigure.objects.all()] == [1, 1]
    assert report.version == version + 1
    assert AuditEvent.objects.get(verb="record_fund_figures").after["saved"] == 2


def test_same_amounts_again_change_nothing(save, report, line):
    save(FundEntry(line.pk, "spent", Decimal(5), remark="首付"))
    version = report.version

    outcome = save(FundEntry(line.pk, "spent", Decimal("5.00")))

    # Without a remark the stored one stays.
    assert (outcome.saved, outcome.unchanged) == ([], [(line.pk, "spent")])
    assert FundFigure.objects.get().remark == "首付"
    assert report.version == version


def test_blank_takes_an_amount_back_and_is_not_zero(save, line):
    save(FundEntry(line.pk, "spent", Decimal(5)))

    save(FundEntry(line.pk, "spent", None))

    figure = FundFigure.objects.get()
    assert (figure.state, figure.value, figure.version) == ("blank", None, 2)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"value": Decimal(-1)}, "不能为负"),
        ({"value": Decimal("0.001")}, "精确到分"),
        ({"value": Decimal("NaN")}, "确定的数"),
        ({"value": Decimal("1e18")}, "太大"),
        ({"stage": "planned"}, "资金环节不正确"),
        ({"remark": "长" * 301}, "最多 300 字"),
        ({"remark": "\x00"}, "不能保存的字符"),
    ],
)
def test_cell_that_is_wrong_is_told_and_nothing_is_stored(entry, words, save, line):
    wrong = FundEntry(**{"fund_line_id": line.pk, "stage": "spent", "value": Decimal(5)} | entry)

    with pytest.raises(FundFiguresRefused, match=words) as refused:
        save(wrong, FundEntry(line.pk, "received", Decimal(5)))

    assert list(refused.value.errors) == [wrong.key]
    assert not FundFigure.objects.exists()


def test_partial_stores_what_is_right_and_names_the_rest(save, line):
    outcome = save(FundEntry(line.pk, "spent", Decimal(-5)), FundEntry(line.pk, "received", Decimal(5)), partial=True)

    assert outcome.saved == [(line.pk, "received")]
    assert list(outcome.errors) == [(line.pk, "spent")]


def test_r14_stage_is_in_total_or_in_parts(save, line):
    total = beside(line, "total")
    save(FundEntry(line.pk, "spent", Decimal(5)))

    with pytest.raises(FundFiguresRefused, match="不能都填"):
        save(FundEntry(total.pk, "spent", Decimal(5)))

    # Another stage may be a total; and in one save a part gives way to the total.
    save(FundEntry(total.pk, "received", Decimal(9)))
    save(FundEntry(line.pk, "spent", None), FundEntry(total.pk, "spent", Decimal(5)))
    assert FundFigure.objects.filter(state="reported").count() == 2


def test_amount_somebody_else_changed_comes_back_as_a_conflict(save, line, head):
    save(FundEntry(line.pk, "spent", Decimal(5), base_version=0))
    save(FundEntry(line.pk, "spent", Decimal(6), base_version=1), by=head)

    outcome = save(FundEntry(line.pk, "spent", Decimal(7), base_version=1), FundEntry(line.pk, "received", Decimal(9)))

    [conflict] = outcome.conflicts
    assert (conflict.key, conflict.value, conflict.version, conflict.by) == ((line.pk, "spent"), 6, 2, "李审核")
    assert outcome.saved == [(line.pk, "received")]
    assert FundFigure.objects.get(stage="spent").value == 6


def test_cell_the_person_did_not_touch_is_no_conflict(save, line, head):
    save(FundEntry(line.pk, "spent", Decimal(5)))
    save(FundEntry(line.pk, "spent", Decimal(6)), by=head)

    # The old page still says 5, as in version 1; and a page from before there was anything says blank.
    for entry in (
        FundEntry(line.pk, "spent", Decimal(5), base_version=1),
        FundEntry(line.pk, "spent", None, base_version=0),
    ):
        outcome = save(entry)

        assert (outcome.conflicts, outcome.unchanged) == ([], [(line.pk, "spent")])
    assert FundFigure.objects.get().value == 6


def test_old_version_of_a_cell_that_is_empty_is_stored(save, line):
    outcome = save(FundEntry(line.pk, "spent", Decimal(5), base_version=3))

    assert outcome.saved == [(line.pk, "spent")]


def test_line_of_another_county_or_twice_is_refused(save, programme, participants, line):
    other = rows.fund_line(programme=programme, participant=participants["341282"], sub_project=line.sub_project)

    for entries, words in [
        ([FundEntry(other.pk, "spent", Decimal(5))], "不属于太和县的月报"),
        ([FundEntry(10**9, "spent", Decimal(5))], "不属于太和县的月报"),
        ([FundEntry(line.pk, "spent", Decimal(5))] * 2, "出现了两次"),
    ]:
        with pytest.raises(Refused, match=words):
            save(*entries)
    assert not FundFigure.objects.exists()


@pytest.mark.parametrize("person", ["other_clerk", "lead_officer", "leader", "stranger"])
def test_somebody_elses_report_is_not_filled(person, request, save, line):
    with pytest.raises(NotAllowed):
        save(FundEntry(line.pk, "spent", Decimal(5)), by=request.getfixturevalue(person))


def test_bureau_fills_its_own_sub_projects_only(save, line, filler, programme, participants, indicators):
    relief = rows.fund_line(
        programme=programme, participant=participants["341222"], sub_project=indicators["人数"].sub_project
    )

    assert save(FundEntry(line.pk, "spent", Decimal(5)), by=filler).saved
    with pytest.raises(NotAllowed, match="不是分给您单位填的"):
        save(FundEntry(relief.pk, "spent", Decimal(5)), by=filler)


@pytest.mark.parametrize(("state", "words"), [("approved", "由市民生办退回"), ("submitted", "撤回")])
def test_report_that_went_on_is_not_changed(state, words, save, report, line):
    type(report).objects.filter(pk=report.pk).update(state=state, content_sha256=factories.HASH)

    with pytest.raises(Refused, match=words):
        save(FundEntry(line.pk, "spent", Decimal(5)))


def test_closed_period_takes_nothing_until_it_is_reopened(save, report, period, line, city_officer):
    period.state, period.closed_at, period.closed_by = "closed", timezone.now(), city_officer
    period.save()
    with pytest.raises(Refused, match="已经封账"):
        save(FundEntry(line.pk, "spent", Decimal(5)))

    reopening = PeriodReopening.objects.create(
        period=period, reason="更正", until=timezone.now() + datetime.timedelta(days=1), opened_by=city_officer
    )
    reopening.participants.add(report.participant)

    assert save(FundEntry(line.pk, "spent", Decimal(5))).saved


def test_whole_has_no_money_of_its_own(period, participants, line, city_officer):
    whole = report_for(period=period, participant=participants["341200"], by=city_officer)

    with pytest.raises(Refused, match="由各单位相加"):
        record_fund_figures(
            report=whole, entries=[FundEntry(line.pk, "spent", Decimal(5))], by=city_officer, origin="form"
        )


def test_cell_of_another_report_is_left_alone(save, report, line, programme, lead_agency):
    other = factories.ReportFactory(
        period=report.period, participant=None, agency=lead_agency, state="draft", content_sha256=""
    )
    rows.fund_figure(line, report=other, stage="spent")

    with pytest.raises(FundFiguresRefused, match="另一份月报"):
        save(FundEntry(line.pk, "spent", Decimal(5)))


def test_lead_agency_that_reports_fills_the_lines_it_leads(
    programme, period, lead_agency, lead_officer, line, indicators
):
    type(programme).objects.filter(pk=programme.pk).update(reporting_by="agency")
    period.refresh_from_db()
    report = report_for(period=period, agency=lead_agency, by=lead_officer)
    relief = rows.fund_line(
        programme=programme, participant=line.participant, sub_project=indicators["人数"].sub_project
    )

    outcome = record_fund_figures(
        report=report, entries=[FundEntry(line.pk, "spent", Decimal(5))], by=lead_officer, origin="form"
    )

    assert outcome.saved == [(line.pk, "spent")]
    with pytest.raises(Refused, match="不属于市交通运输局的月报"):
        record_fund_figures(
            report=report, entries=[FundEntry(relief.pk, "spent", Decimal(5))], by=lead_officer, origin="form"
        )


def test_queries_do_not_grow_with_the_cells(save, line):
    lines = [line, *(beside(line, source) for source in ("central", "province", "city", "bond", "social"))]
    one = [FundEntry(line.pk, "spent", Decimal(5))]
    many = [FundEntry(row.pk, stage, Decimal(5)) for row in lines for stage in ("received", "disbursed")]
    save(FundEntry(line.pk, "spent", Decimal(1)))
    counts = []
    for entries in (one, many):
        with CaptureQueriesContext(connection) as queries:
            save(*entries)
        counts.append(len(queries))

    assert counts[0] == counts[1]
