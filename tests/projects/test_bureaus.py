"""部门签字: who signs for what, when it no longer fits, and that it never blocks the head."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import InvalidTransition, Refused
from projects.bureaus import bureau_rows, unsigned_bureaus
from projects.content import changed_since, content_hash, content_hashes, stale_cells
from projects.models import BureauSignature, CellReview, Figure, Report
from projects.services import bureaus, periods, reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@world
def report(period, participants, indicators, clerk):
    """太和县's draft, 里程 60 in it."""
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)
    return fill(report, indicators["里程"], "60", clerk)


def fill(report, indicator, value, by):
    entry = FigureEntry(report.participant_id, indicator.pk, "reported", Decimal(value))
    record_figures(report=report, entries=[entry], by=by, origin="form")
    return report


@pytest.fixture
def sign(report, filling_agency, filler):
    """Sign for the bureau that fills 农村道路."""

    def run(**more):
        return bureaus.sign_bureau(**({"report": report, "agency": filling_agency, "by": filler} | more))

    return run


def the_row(report):
    [row] = bureau_rows(Report.objects.select_related("period__programme", "participant").get(pk=report.pk))
    return row


def test_bureau_signs_its_own_cells_and_the_row_says_so(sign, report, filling_agency, filler):
    signature = sign()

    row = the_row(report)
    assert (row.state, row.signed_by, row.signed_at) == ("signed", filler, signature.signed_at)
    assert (row.tasks, row.filled, row.blank) == (2, 1, 1)
    event = AuditEvent.objects.latest("id")
    assert (event.verb, event.after["agency"]) == ("sign_bureau", filling_agency.name)
    assert event.after["sha256"] == signature.sha256


def test_bureau_change_of_its_cell_makes_the_signature_stale_and_signing_again_mends_it(
    sign, report, indicators, filler
):
    first = sign()

    fill(report, indicators["里程"], "61", filler)
    stale = the_row(report)
    sign()

    assert (stale.state, stale.is_outstanding, stale.signed_at) == ("stale", True, first.signed_at)
    assert the_row(report).state == "signed"
    assert AuditEvent.objects.filter(verb="sign_bureau").count() == 2
    assert BureauSignature.objects.count() == 1


def test_bureau_signature_stays_when_another_bureaus_cell_changes(sign, report, indicators, clerk):
    sign()

    fill(report, indicators["人数"], "500", clerk)

    assert the_row(report).state == "signed"


def test_bureau_signature_fits_again_when_the_figure_is_put_back(sign, report, indicators, filler):
    sign()

    fill(report, indicators["里程"], "61", filler)
    fill(report, indicators["里程"], "60", filler)

    assert the_row(report).state == "signed"


def test_bureau_signs_twice_second_is_refused(sign):
    sign()

    with pytest.raises(InvalidTransition, match="已经签过字"):
        sign()


@pytest.mark.parametrize("person", ["clerk", "head", "other_clerk", "city_officer", "lead_officer", "stranger"])
def test_bureau_signature_is_the_agencys_own(person, sign, request):
    with pytest.raises(NotAllowed, match="只有太和县交通运输局的填报人"):
        sign(by=request.getfixturevalue(person))

    assert not BureauSignature.objects.exists()


def test_bureau_without_sub_projects_in_the_report_cannot_sign(sign, county):
    other = factories.AgencyFactory(region=county, name="太和县文旅局")
    by = factories.grant(factories.UserFactory(), "filler", agency=other)

    with pytest.raises(NotAllowed, match="没有分给太和县文旅局"):
        sign(agency=other, by=by)


def test_bureau_with_an_open_return_cannot_sign_until_it_is_changed(sign, report, indicators, city_officer, filler):
    CellReview.objects.create(
        report=report,
        participant=report.participant,
        indicator=indicators["里程"],
        nth=1,
        verdict="returned",
        reason="与台账不一致",
        figure_version=Figure.objects.get().version,
        decided_by=city_officer,
    )

    with pytest.raises(Refused, match="有 1 格被退回"):
        sign()
    assert (the_row(report).returned, the_row(report).state) == (1, "returned")
    fill(report, indicators["里程"], "58", filler)

    assert sign().signed_by == filler


def test_bureau_is_not_held_up_by_another_bureaus_return(sign, report, indicators, city_officer, clerk):
    fill(report, indicators["人数"], "500", clerk)
    CellReview.objects.create(
        report=report,
        participant=report.participant,
        indicator=indicators["人数"],
        nth=1,
        verdict="returned",
        reason="漏了",
        figure_version=1,
        decided_by=city_officer,
    )

    assert sign().pk


def test_bureau_that_filled_nothing_cannot_sign(sign, period, participants, clerk, report):
    Figure.objects.filter(report=report).update(state="blank", value=None)

    with pytest.raises(Refused, match="一个数都没有填"):
        sign()


def test_bureau_cell_changed_by_another_after_the_page_was_made_refuses(sign, report, indicators, clerk, filler):
    seen_at = timezone.now()
    fill(report, indicators["里程"], "66", clerk)

    with pytest.raises(InvalidTransition, match=r"张填报改过贵单位的 1 格.*60\.00→66\.00.*没有签字"):
        sign(seen_at=seen_at)


def test_bureau_own_change_after_the_page_was_made_is_signed(sign, report, indicators, filler):
    seen_at = timezone.now()
    fill(report, indicators["里程"], "66", filler)

    assert sign(seen_at=seen_at).pk


@pytest.mark.parametrize("state", ["signed", "submitted", "approved"])
def test_bureau_cannot_sign_or_withdraw_once_the_head_has_signed(state, sign, report, filling_agency, filler):
    sign()
    Report.objects.filter(pk=report.pk).update(state=state, content_sha256=factories.HASH)

    with pytest.raises(InvalidTransition, match="部门不能签字"):
        sign()
    with pytest.raises(InvalidTransition, match="部门不能撤回签字"):
        bureaus.withdraw_bureau(report=report, agency=filling_agency, by=filler)


def test_bureau_cannot_sign_in_a_closed_period(sign, period, city_officer):
    periods.mark_closed(period=period, without=[], by=city_officer)

    with pytest.raises(Refused, match="已经封账"):
        sign()


def test_bureau_withdraws_and_the_record_stays(sign, report, filling_agency, filler):
    sign()

    bureaus.withdraw_bureau(report=report, agency=filling_agency, by=filler)

    row = BureauSignature.objects.get()
    assert (row.withdrawn_by, the_row(report).signature) == (filler, None)
    assert AuditEvent.objects.latest("id").verb == "withdraw_bureau"
    with pytest.raises(InvalidTransition, match="现在没有签字"):
        bureaus.withdraw_bureau(report=report, agency=filling_agency, by=filler)
    assert sign().withdrawn_at is None


def test_head_signs_without_the_bureau_and_the_audit_names_it(report, head):
    reports.sign_report(report=report, by=head)

    event = AuditEvent.objects.get(verb="sign_report")
    assert event.after["unsigned"] == ["太和县交通运输局"]


def test_head_signs_with_every_bureau_and_nobody_is_named(sign, report, head):
    sign()

    reports.sign_report(report=report, by=head)

    assert "unsigned" not in AuditEvent.objects.get(verb="sign_report").after


def test_withdrawing_the_report_leaves_the_bureaus_signature(sign, report, head, clerk):
    sign()
    reports.sign_report(report=report, by=head)
    reports.submit_report(report=report, by=clerk)

    reports.withdraw_report(report=report, by=clerk)

    assert the_row(report).state == "signed"


def test_approved_report_cannot_be_withdrawn(report, head, clerk, city_officer):
    reports.sign_report(report=report, by=head)
    reports.submit_report(report=report, by=clerk)
    reports.approve_report(report=report, by=city_officer)

    with pytest.raises(InvalidTransition, match="不能撤回"):
        reports.withdraw_report(report=report, by=clerk)


def test_bureau_rows_before_there_is_a_report(period, participants, indicators):
    [row] = bureau_rows(Report(period=period, participant=participants["341222"]))

    assert (row.state, row.tasks, row.filled) == ("incomplete", 2, 0)
    assert unsigned_bureaus(Report(period=period, participant=participants["341222"])) == ["太和县交通运输局"]


def test_bureau_rows_of_the_whole_and_of_an_agency_are_none(period, participants, lead_agency):
    assert bureau_rows(Report(period=period, participant=participants["341200"])) == []
    assert bureau_rows(Report(period=period, agency=lead_agency)) == []


def test_bureau_rows_take_the_same_queries_for_one_bureau_and_for_five(sign, report, indicators, county, participants):
    sign()
    report = Report.objects.select_related("period__programme", "participant").get(pk=report.pk)
    with CaptureQueriesContext(
        connection,
    ) as one:
        bureau_rows(report)
    for number in range(4):
        sub_project = factories.SubProjectFactory(project__programme=report.period.programme, project__seq=10 + number)
        agency = factories.AgencyFactory(region=county)
        factories.AssignmentFactory(sub_project=sub_project, participant=participants["341222"], agency=agency)
        indicator = factories.IndicatorFactory(sub_project=sub_project)
        factories.FigureFactory(report=report, indicator=indicator)
        BureauSignature.objects.create(
            report=report, agency=agency, sha256=factories.HASH, signed_by=factories.UserFactory()
        )

    with CaptureQueriesContext(connection) as five:
        rows = bureau_rows(report)

    assert len(rows) == 5
    assert len(five) == len(one)


def test_hashes_of_groups_are_those_of_the_parts_asked_one_by_one(report, indicators, clerk):
    fill(report, indicators["人数"], "500", clerk)
    roads, relief = (indicators[name].sub_project_id for name in ("里程", "人数"))

    found = content_hashes(report, {"roads": {roads}, "relief": {relief}, "all": {roads, relief}})

    assert found == {
        "roads": content_hash(report, sub_projects=[roads]),
        "relief": content_hash(report, sub_projects=[relief]),
        "all": content_hash(report),
    }
    assert len(set(found.values())) == 3


def test_stale_cells_are_those_changed_after_the_approval(report, indicators, head, clerk, city_officer):
    reports.sign_report(report=report, by=head)
    reports.submit_report(report=report, by=clerk)
    reports.approve_report(report=report, by=city_officer)
    before = stale_cells(report)
    # No page allows this; a hand in the database would do it so.
    Figure.objects.filter(report=report).update(value=Decimal("70"), updated_by=clerk, updated_at=timezone.now())

    [cell] = stale_cells(report)

    assert before == []
    assert (cell.was, cell.now, cell.by) == ("60.00", "70.00", clerk)
    assert cell.key == f"{report.participant_id}-{indicators['里程'].pk}"


def test_stale_cells_of_a_draft_are_none(report):
    assert stale_cells(report) == []


def test_changed_since_leaves_out_what_was_put_back_and_names_a_remark(report, indicators, clerk):
    moment = timezone.now()
    fill(report, indicators["里程"], "61", clerk)
    fill(report, indicators["里程"], "60", clerk)
    back = changed_since(report, moment)
    entry = FigureEntry(report.participant_id, indicators["里程"].pk, "reported", Decimal("60"), remark="含支线")
    record_figures(report=report, entries=[entry], by=clerk, origin="form")

    [cell] = changed_since(report, moment)

    assert back == []
    assert (cell.was, cell.now) == ("60.00（备注“”）", "60.00（备注“含支线”）")
    assert changed_since(report, moment - datetime.timedelta(days=1))[0].was == "空"
