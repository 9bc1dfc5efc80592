"""Periods: opened, closed, issued, reopened; what the database then lets through."""

import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import InvalidTransition, Refused
from projects.models import Figure, Report, ReportingPeriod
from projects.services import periods, reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

DUE = datetime.datetime(2020, 9, 5, 10, tzinfo=datetime.UTC)
LATER = datetime.timedelta(hours=1)


@world
def approved(period, participants, indicators, clerk, head, city_officer):
    """太和县's approved report with 里程 60."""
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)
    record_figures(
        report=report,
        entries=[FigureEntry(participants["341222"].pk, indicators["里程"].pk, "reported", Decimal("60"))],
        by=clerk,
        origin="form",
    )
    reports.sign_report(report=report, by=head)
    reports.submit_report(report=report, by=clerk)
    return reports.approve_report(report=report, by=city_officer)


def opened(programme, by, **changes):
    """Open August of the programme, or what `changes` make of it."""
    arguments = {"programme": programme, "kind": "month", "ends_on": datetime.date(2020, 8, 31), "due_at": DUE}
    return periods.open_period(**arguments | changes, by=by)


def test_open_period_makes_a_draft_for_every_reporter(programme, participants, city_officer):
    period = opened(programme, city_officer, grace_hours=18)

    assert (period.state, period.starts_on, period.as_of) == ("open", datetime.date(2020, 1, 1), period.ends_on)
    assert period.deadline == DUE + datetime.timedelta(hours=18)
    states = {report.participant.code: report.state for report in period.reports.select_related("participant")}
    assert states == {"341222": "draft", "341282": "draft", "341200-own": "draft", "341200": "approved"}
    assert AuditEvent.objects.get().verb == "open_period"


def test_open_period_where_agencies_report_makes_a_draft_for_each_lead(
    programme, indicators, lead_agency, city_officer
):
    type(programme).objects.filter(pk=programme.pk).update(reporting_by="agency")
    programme.refresh_from_db()

    period = opened(programme, city_officer)

    assert {str(report.agency or report.participant) for report in period.reports.all()} == {"市交通运输局", "全市"}


def test_open_period_for_a_week_runs_seven_days(programme, city_officer):
    type(programme).objects.filter(pk=programme.pk).update(weekly=True)

    period = opened(programme, city_officer, kind="week", ends_on=datetime.date(2020, 8, 9))

    assert (period.starts_on, period.code) == (datetime.date(2020, 8, 3), "2020-08-09")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ends_on": datetime.date(2020, 8, 30)}, "月报的截止日是当月最后一天"),
        ({"ends_on": datetime.date(2021, 8, 31)}, "不在2020年度内"),
        ({"due_at": datetime.datetime(2020, 8, 30, tzinfo=datetime.UTC)}, "不能早于填报期的最后一天"),
        ({"due_at": datetime.datetime(2021, 8, 5, tzinfo=datetime.UTC)}, "最晚在填报期结束后 62 天"),
        ({"kind": "week", "ends_on": datetime.date(2020, 8, 9)}, "没有实行周报制"),
    ],
)
def test_open_period_with_wrong_dates_is_refused(changes, sentence, programme, city_officer):
    with pytest.raises(Refused, match=sentence):
        opened(programme, city_officer, **changes)

    assert not ReportingPeriod.objects.exists()


def test_open_period_twice_is_refused(programme, city_officer):
    opened(programme, city_officer)

    with pytest.raises(Refused, match="已经开过了"):
        opened(programme, city_officer)


@pytest.mark.parametrize("person", ["clerk", "head", "leader", "stranger"])
def test_open_period_by_others_is_not_allowed(person, programme, participants, request):
    with pytest.raises(NotAllowed):
        opened(programme, request.getfixturevalue(person))


def test_mark_closed_stores_who_is_missing_and_happens_once(period, participants, city_officer):
    periods.mark_closed(period=period, without=["341282"], by=city_officer)

    assert (period.state, period.closed_without, period.closed_by) == ("closed", ["341282"], city_officer)
    with pytest.raises(InvalidTransition, match="已经封账"):
        periods.mark_closed(period=period, without=[], by=city_officer)
    assert AuditEvent.objects.filter(verb="close_period").count() == 1


def test_closed_period_refuses_figures_of_the_service_and_of_plain_sql(approved, period, city_officer, clerk):
    periods.mark_closed(period=period, without=[], by=city_officer)
    figure = Figure.objects.get()

    with pytest.raises(Refused, match="已经封账"):
        record_figures(
            report=approved,
            entries=[FigureEntry(figure.participant_id, figure.indicator_id, "reported", Decimal("61"))],
            by=clerk,
            origin="form",
        )
    with pytest.raises(IntegrityError, match="已封账"), transaction.atomic():
        Figure.objects.update(value=Decimal("61"))

    assert Figure.objects.get().value == Decimal("60")


def test_mark_issued_needs_a_closed_period_and_is_idempotent(period, city_officer):
    with pytest.raises(InvalidTransition, match="还没有封账"):
        periods.mark_issued(period=period, by=city_officer)
    periods.mark_closed(period=period, without=[], by=city_officer)

    periods.mark_issued(period=period, by=city_officer)
    periods.mark_issued(period=period, by=city_officer)

    assert period.state == "issued"
    assert AuditEvent.objects.filter(verb="issue_period").count() == 1


@pytest.mark.parametrize("is_issued", [False, True])
def test_reopen_puts_named_reports_back_and_keeps_the_periods_state(
    is_issued, approved, period, participants, city_officer
):
    periods.mark_closed(period=period, without=[], by=city_officer)
    if is_issued:
        periods.mark_issued(period=period, by=city_officer)

    periods.reopen_period(
        period=period,
        participants=[participants["341222"]],
        until=timezone.now() + LATER,
        reason="多报",
        by=city_officer,
    )

    approved.refresh_from_db()
    period.refresh_from_db()
    assert (approved.state, approved.return_reason) == ("returned", "多报")
    assert period.state == ("issued" if is_issued else "closed")
    assert AuditEvent.objects.filter(verb="reopen_period").count() == 1


def test_reopen_lets_only_the_named_unit_change(approved, period, participants, indicators, clerk, city_officer):
    other = reports.report_for(period=period, participant=participants["341282"], by=city_officer)
    periods.mark_closed(period=period, without=[], by=city_officer)
    periods.reopen_period(
        period=period,
        participants=[participants["341222"]],
        until=timezone.now() + LATER,
        reason="多报",
        by=city_officer,
    )
    approved.refresh_from_db()

    def typed(report, unit):
        return record_figures(
            report=report,
            entries=[FigureEntry(participants[unit].pk, indicators["里程"].pk, "reported", Decimal("55"))],
            by=city_officer,
            origin="form",
        )

    assert len(typed(approved, "341222").saved) == 1
    with pytest.raises(Refused, match="已经封账"):
        typed(other, "341282")


def test_reopening_that_ran_out_is_refused_but_its_report_may_still_be_judged(
    approved, period, participants, indicators, clerk, head, city_officer
):
    periods.mark_closed(period=period, without=[], by=city_officer)
    reopening = periods.reopen_period(
        period=period,
        participants=[participants["341222"]],
        until=timezone.now() + LATER,
        reason="多报",
        by=city_officer,
    )
    approved.refresh_from_db()
    reports.sign_report(report=approved, by=head)
    reports.submit_report(report=approved, by=clerk)
    type(reopening).objects.update(until=timezone.now() - LATER)

    with pytest.raises(Refused, match="到期"):
        reports.withdraw_report(report=approved, by=clerk)
    reports.approve_report(report=approved, by=city_officer)

    assert approved.state == "approved"


def test_reopened_period_is_closed_again_and_ends_the_reopening(approved, period, participants, city_officer):
    periods.mark_closed(period=period, without=[], by=city_officer)
    reopening = periods.reopen_period(
        period=period,
        participants=[participants["341222"]],
        until=timezone.now() + LATER,
        reason="多报",
        by=city_officer,
    )

    periods.mark_closed(period=period, without=["341222"], by=city_officer)

    reopening.refresh_from_db()
    assert (reopening.ended_by, period.closed_without) == (city_officer, ["341222"])


def test_reopen_leaves_the_wholes_report_approved(period, participants, city_officer):
    whole = reports.report_for(period=period, participant=participants["341200"], by=city_officer)
    periods.mark_closed(period=period, without=[], by=city_officer)

    periods.reopen_period(
        period=period,
        participants=[participants["341200"]],
        until=timezone.now() + LATER,
        reason="补数",
        by=city_officer,
    )

    assert Report.objects.get(pk=whole.pk).state == "approved"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"participants": []}, "请选定"),
        ({"reason": " "}, "写明原因"),
        ({"until": datetime.datetime(2020, 9, 1, tzinfo=datetime.UTC)}, "已经过去"),
    ],
)
def test_reopen_without_what_it_needs_is_refused(changes, sentence, period, participants, city_officer):
    periods.mark_closed(period=period, without=[], by=city_officer)
    arguments = {"participants": [participants["341222"]], "until": timezone.now() + LATER, "reason": "多报"}

    with pytest.raises(Refused, match=sentence):
        periods.reopen_period(period=period, **arguments | changes, by=city_officer)

    assert not period.reopenings.exists()


def test_reopen_of_an_open_period_or_a_strangers_unit_is_refused(period, participants, city_officer):
    with pytest.raises(InvalidTransition, match="还没有封账"):
        periods.reopen_period(
            period=period,
            participants=[participants["341222"]],
            until=timezone.now() + LATER,
            reason="x",
            by=city_officer,
        )
    with pytest.raises(Refused, match="不属于"):
        periods.reopen_period(
            period=period,
            participants=[factories.ParticipantFactory()],
            until=timezone.now() + LATER,
            reason="x",
            by=city_officer,
        )


def test_end_reopening_happens_once(period, participants, city_officer, clerk):
    periods.mark_closed(period=period, without=[], by=city_officer)
    reopening = periods.reopen_period(
        period=period, participants=[participants["341222"]], until=timezone.now() + LATER, reason="x", by=city_officer
    )
    with pytest.raises(NotAllowed):
        periods.end_reopening(reopening=reopening, by=clerk)

    periods.end_reopening(reopening=reopening, by=city_officer)

    assert reopening.ended_by == city_officer
    with pytest.raises(InvalidTransition):
        periods.end_reopening(reopening=reopening, by=city_officer)
