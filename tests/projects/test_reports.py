"""Reports on their way: who may sign, submit, withdraw, approve and return, and from which state."""

import datetime
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import InvalidTransition, Refused
from projects.models import Figure, Report
from projects.services import periods, reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

STEPS = {
    "sign": lambda report, by: reports.sign_report(report=report, by=by),
    "submit": lambda report, by: reports.submit_report(report=report, by=by),
    "withdraw": lambda report, by: reports.withdraw_report(report=report, by=by),
    "approve": lambda report, by: reports.approve_report(report=report, by=by),
    "return": lambda report, by: reports.return_report(report=report, by=by, reason="与台账不一致"),
    "receive": lambda report, by: reports.receive_report(report=report, by=by),
}
#: (state, verb) → the state it leads to.
LEADS_TO = {
    ("draft", "sign"): "signed",
    ("returned", "sign"): "signed",
    ("signed", "submit"): "submitted",
    ("signed", "withdraw"): "draft",
    ("submitted", "withdraw"): "draft",
    ("submitted", "approve"): "approved",
    ("submitted", "return"): "returned",
    ("approved", "return"): "returned",
    ("draft", "receive"): "submitted",
    ("returned", "receive"): "submitted",
}
MAY = {
    "sign": {"head"},
    "submit": {"clerk", "head"},
    "withdraw": {"clerk", "head"},
    "approve": {"city_officer"},
    "return": {"city_officer"},
    "receive": {"city_officer"},
}


@world
def report(period, participants, indicators, clerk):
    """太和县's draft with one figure."""
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)
    record_figures(
        report=report,
        entries=[FigureEntry(participants["341222"].pk, indicators["里程"].pk, "reported", Decimal("60"))],
        by=clerk,
        origin="form",
    )
    return report


@pytest.fixture
def brought_to(report, clerk, head, city_officer):
    """Bring the report to a state by the steps that lead there."""
    ways = {
        "draft": [],
        "signed": [("sign", head)],
        "submitted": [("sign", head), ("submit", clerk)],
        "approved": [("sign", head), ("submit", clerk), ("approve", city_officer)],
        "returned": [("sign", head), ("submit", clerk), ("return", city_officer)],
    }

    def bring(state):
        for verb, by in ways[state]:
            STEPS[verb](report, by)
        return report

    return bring


@pytest.mark.slow
@pytest.mark.parametrize("state", Report.State.values)
def test_transition_from_state_by_role_moves_or_refuses(
    state, brought_to, clerk, head, other_clerk, filler, lead_officer, city_officer, leader, inspector, stranger
):
    people = [clerk, head, other_clerk, filler, lead_officer, city_officer, leader, inspector, stranger]
    report = brought_to(state)

    outcomes = {(by.username, verb): outcome_of(verb, report, by) for by in people for verb in STEPS}

    assert outcomes == {
        (by.username, verb): LEADS_TO.get((state, verb), "refused") if by.username in MAY[verb] else "not allowed"
        for by in people
        for verb in STEPS
    }


def outcome_of(verb, report, by):
    """Take one step, note where it led, and undo it; a refusal must have changed nothing."""
    report = Report.objects.get(pk=report.pk)
    before, events = report.state, AuditEvent.objects.count()
    with transaction.atomic():
        try:
            STEPS[verb](report, by)
            outcome, sentence = report.state, ""
        except NotAllowed as refusal:
            outcome, sentence = "not allowed", str(refusal)
        except InvalidTransition as refusal:
            outcome, sentence = "refused", str(refusal)
        if sentence:
            assert "只有" in sentence or "不能" in sentence
            assert (Report.objects.get(pk=report.pk).state, AuditEvent.objects.count()) == (before, events)
        else:
            assert AuditEvent.objects.latest("id").verb == f"{verb}_report"
            assert AuditEvent.objects.count() == events + 1
        transaction.set_rollback(True)
    return outcome


def test_submit_twice_from_two_pages_second_is_refused(brought_to, clerk, head):
    first = brought_to("signed")
    second = Report.objects.get(pk=first.pk)

    reports.submit_report(report=first, by=clerk)
    with pytest.raises(InvalidTransition, match="已提交"):
        reports.submit_report(report=second, by=head)

    assert Report.objects.get(pk=first.pk).submitted_by == clerk
    assert AuditEvent.objects.filter(verb="submit_report").count() == 1


def test_sign_after_figures_changed_behind_the_page_is_refused(report, participants, indicators, clerk, head):
    opened = Report.objects.get(pk=report.pk)
    record_figures(
        report=report,
        entries=[FigureEntry(participants["341222"].pk, indicators["里程"].pk, "reported", Decimal("61"))],
        by=clerk,
        origin="form",
    )

    with pytest.raises(InvalidTransition, match="打开页面之后有改动"):
        reports.sign_report(report=opened, by=head)


def test_approve_content_changed_after_submission_is_refused(brought_to, city_officer):
    report = brought_to("submitted")
    Figure.objects.filter(report=report).update(value=Decimal("99"))

    with pytest.raises(Refused, match="提交之后内容有改动"):
        reports.approve_report(report=report, by=city_officer)

    assert Report.objects.get(pk=report.pk).state == "submitted"


def test_approve_binds_the_verdict_to_the_content(brought_to, city_officer):
    report = brought_to("submitted")

    reports.approve_report(report=report, by=city_officer)

    verdict = report.approvals.get()
    assert (verdict.nth, verdict.verdict, verdict.sha256) == (1, "approved", reports.content_hash(report))


def test_verdicts_of_one_report_are_numbered(brought_to, clerk, head, city_officer):
    report = brought_to("returned")
    reports.sign_report(report=report, by=head)
    reports.submit_report(report=report, by=clerk)
    reports.approve_report(report=report, by=city_officer)

    assert list(report.approvals.values_list("nth", "verdict")) == [(1, "returned"), (2, "approved")]
    assert report.return_reason == ""


def test_return_without_reason_is_refused(brought_to, city_officer):
    report = brought_to("submitted")

    with pytest.raises(Refused, match="写明原因"):
        reports.return_report(report=report, by=city_officer, reason="  ")

    assert Report.objects.get(pk=report.pk).state == "submitted"


def test_sign_empty_report_is_refused(period, participants, indicators, clerk, head):
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)

    with pytest.raises(Refused, match="一个数都没有填"):
        reports.sign_report(report=report, by=head)


def test_r04_sign_figure_without_task_is_refused(report, indicators, participants, head):
    factories.TargetFactory(
        indicator=indicators["里程"],
        participant=participants["341222"],
        revision=2,
        state="no_task",
        value=None,
        reason="任务调整",
    )

    with pytest.raises(Refused, match="目标为无任务却填了数：里程"):
        reports.sign_report(report=report, by=head)


def test_late_submission_is_computed_from_due_and_grace(brought_to, period):
    report = brought_to("submitted")
    period.grace_hours = 18
    report.period = period
    report.submitted_at = period.due_at + datetime.timedelta(hours=18)

    on_time = report.is_late
    report.submitted_at += datetime.timedelta(seconds=1)

    assert (on_time, report.is_late) == (False, True)


def test_returned_report_keeps_its_first_submission_and_withdrawn_one_does_not(brought_to, clerk, head):
    report = brought_to("returned")
    first = report.submitted_at

    reports.sign_report(report=report, by=head)
    reports.submit_report(report=report, by=clerk)
    kept = report.submitted_at
    reports.withdraw_report(report=report, by=clerk)

    assert kept == first
    assert report.submitted_at is None


def test_report_for_whole_stands_approved(period, participants, indicators, city_officer):
    report = reports.report_for(period=period, participant=participants["341200"], by=city_officer)

    assert report.state == "approved"
    assert report.approvals.get().sha256 == report.content_sha256


def test_whole_figure_saved_by_city_office_is_approved_anew(period, participants, indicators, city_officer):
    report = reports.report_for(period=period, participant=participants["341200"], by=city_officer)
    before = report.content_sha256

    record_figures(
        report=report,
        entries=[FigureEntry(participants["341200"].pk, indicators["合格率"].pk, "reported", Decimal("91.5"))],
        by=city_officer,
        origin="form",
    )

    assert report.state == "approved"
    assert report.content_sha256 != before
    assert report.content_sha256 == reports.content_hash(report)
    assert list(report.approvals.values_list("nth", flat=True)) == [1, 2]


@pytest.mark.parametrize("person", ["clerk", "head", "leader"])
def test_whole_report_by_others_is_not_allowed(person, period, participants, request):
    with pytest.raises(NotAllowed):
        reports.report_for(period=period, participant=participants["341200"], by=request.getfixturevalue(person))


def test_report_for_own_level_is_signed_and_submitted_by_city_office(period, participants, indicators, city_officer):
    report = reports.report_for(period=period, participant=participants["341200-own"], by=city_officer)
    record_figures(
        report=report,
        entries=[FigureEntry(participants["341200-own"].pk, indicators["人数"].pk, "reported", Decimal("40"))],
        by=city_officer,
        origin="form",
    )

    for verb in ("sign", "submit", "approve"):
        STEPS[verb](report, city_officer)

    assert report.state == "approved"


def test_report_for_another_programmes_unit_is_refused(period, city_officer, city, office):
    stranger = factories.ParticipantFactory(
        programme=factories.ProgrammeFactory(code="other", owner=city, office=office)
    )

    with pytest.raises(Refused, match="不是"):
        reports.report_for(period=period, participant=stranger, by=city_officer)


def test_report_for_called_twice_returns_the_same(period, participants, clerk):
    first = reports.report_for(period=period, participant=participants["341222"], by=clerk)

    assert reports.report_for(period=period, participant=participants["341222"], by=clerk) == first
    assert AuditEvent.objects.filter(verb="open_report").count() == 1


def test_reopened_report_is_corrected_and_approved_while_the_period_stays_closed(
    brought_to, period, participants, indicators, clerk, head, city_officer
):
    report = brought_to("approved")
    periods.mark_closed(period=period, without=["341282", "341200-own"], by=city_officer)
    with pytest.raises(Refused, match="已经封账"):
        reports.return_report(report=report, by=city_officer, reason="更正")

    periods.reopen_period(
        period=period,
        participants=[participants["341222"]],
        until=timezone.now() + datetime.timedelta(hours=1),
        reason="里程多报",
        by=city_officer,
    )
    report.refresh_from_db()
    record_figures(
        report=report,
        entries=[FigureEntry(participants["341222"].pk, indicators["里程"].pk, "reported", Decimal("55"))],
        by=clerk,
        origin="form",
    )
    for verb, by in (("sign", head), ("submit", clerk), ("approve", city_officer)):
        STEPS[verb](report, by)

    assert report.state == "approved"
    assert report.period.state == "closed"
