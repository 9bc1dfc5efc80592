"""确认/异议 of lead agencies and answers to returned cells: bound to what was seen, blocking nothing."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.registry import to_do_for
from livelihood.services import InvalidTransition, Refused
from projects.cell_notes import cell_notes, open_returns
from projects.models import CellReview, Figure, LeadConfirmation, LeadObjection, Report
from projects.opinions import leading_agencies, led_items, opinions, opinions_due
from projects.services import opinions as services
from projects.services import periods, reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def fill(report, indicator, value, by):
    entry = FigureEntry(report.participant_id, indicator.pk, "reported", Decimal(value))
    record_figures(report=report, entries=[entry], by=by, origin="form")


@world
def report(period, participants, indicators, clerk, head):
    """太和县's submitted report: 里程 60, 人数 500."""
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)
    fill(report, indicators["里程"], "60", clerk)
    fill(report, indicators["人数"], "500", clerk)
    reports.sign_report(report=report, by=head)
    return reports.submit_report(report=report, by=clerk)


@pytest.fixture
def again(report, indicators, clerk, head, city_officer):
    """Have the report returned, 里程 changed, and submitted again."""

    def run(name, value):
        reports.return_report(report=report, by=city_officer, reason="核对")
        fill(report, indicators[name], value, clerk)
        reports.sign_report(report=report, by=head)
        return reports.submit_report(report=report, by=clerk)

    return run


@pytest.fixture
def confirm(report, lead_agency, lead_officer):
    def run(**more):
        return services.confirm_lines(**({"report": report, "agency": lead_agency, "by": lead_officer} | more))

    return run


@pytest.fixture
def object_to(report, participants, indicators, lead_agency, lead_officer):
    """Raise an objection to 里程: 58, because."""

    def run(**more):
        arguments = {
            "report": report,
            "participant": participants["341222"],
            "indicator": indicators["里程"],
            "agency": lead_agency,
            "value": "58",
            "reason": "路网系统里只有 58 公里",
            "by": lead_officer,
        }
        arguments |= more
        arguments["key"] = (arguments.pop("participant").pk, arguments.pop("indicator").pk)
        return services.raise_objection(**arguments)

    return run


def opinion(period, agency, code="341222"):
    found = opinions(period, leading_agencies(period.programme))
    return next(row for row in found[agency] if row.unit.code == code)


# -- 确认 -----------------------------------------------------------------------------------------


def test_confirm_is_bound_to_the_led_items_and_audited(confirm, period, lead_agency, lead_officer):
    confirmation = confirm()

    row = opinion(period, lead_agency)
    assert (row.state, row.sha256, confirmation.confirmed_by) == ("confirmed", confirmation.sha256, lead_officer)
    event = AuditEvent.objects.latest("id")
    assert (event.verb, event.after["sha256"]) == ("confirm_lines", confirmation.sha256)


def test_confirm_goes_stale_with_a_led_item_and_not_with_another(confirm, again, period, lead_agency):
    confirm()

    again("人数", "600")
    after_other = opinion(period, lead_agency).state
    again("里程", "61")

    assert after_other == "confirmed"
    assert opinion(period, lead_agency).state == "stale"
    confirm()
    assert opinion(period, lead_agency).state == "confirmed"
    assert LeadConfirmation.objects.count() == 1


def test_confirm_twice_second_is_refused(confirm):
    confirm()

    with pytest.raises(InvalidTransition, match="已经确认过"):
        confirm()


def test_confirm_what_the_page_did_not_show_is_refused(confirm, again, period, lead_agency):
    seen = opinion(period, lead_agency).sha256
    again("里程", "61")

    with pytest.raises(InvalidTransition, match="打开页面之后太和县的数有改动"):
        confirm(seen=seen)

    assert not LeadConfirmation.objects.exists()


def test_confirm_with_an_open_objection_is_refused(confirm, object_to):
    object_to()

    with pytest.raises(Refused, match="还有异议，不能确认"):
        confirm()


@pytest.mark.parametrize("state", ["draft", "signed", "returned"])
def test_confirm_and_object_wait_for_the_submission(state, confirm, object_to, report):
    Report.objects.filter(pk=report.pk).update(state=state, return_reason="核对" if state == "returned" else "")

    with pytest.raises(InvalidTransition, match="等重新提交后再确认"):
        confirm()
    with pytest.raises(InvalidTransition, match="等重新提交后再提异议"):
        object_to()


def test_confirm_an_approved_report_until_the_period_is_closed(confirm, object_to, report, period, city_officer):
    reports.approve_report(report=report, by=city_officer)
    assert confirm().pk

    periods.mark_closed(period=period, without=[], by=city_officer)

    with pytest.raises(InvalidTransition, match="已经封账，不能再确认"):
        confirm()
    with pytest.raises(InvalidTransition, match="已经封账，不能再提异议"):
        object_to()


@pytest.mark.parametrize("person", ["clerk", "head", "filler", "city_officer", "leader", "stranger"])
def test_confirm_and_object_are_the_lead_agencys(person, confirm, object_to, request):
    by = request.getfixturevalue(person)

    with pytest.raises(NotAllowed):
        confirm(by=by)
    with pytest.raises(NotAllowed):
        object_to(by=by)

    assert not LeadConfirmation.objects.exists()
    assert not LeadObjection.objects.exists()


def test_confirm_by_an_agency_that_leads_nothing_is_refused(confirm, city):
    agency = factories.AgencyFactory(region=city, name="市文旅局")
    by = factories.grant(factories.UserFactory(), "lead_agency", agency=agency)

    with pytest.raises(NotAllowed, match="没有牵头的子项"):
        confirm(agency=agency, by=by)


def test_confirm_a_report_of_an_agency_or_of_the_whole_is_refused(confirm, period, participants, lead_agency):
    own = factories.ReportFactory(period=period, participant=None, agency=lead_agency)
    whole = factories.ReportFactory(period=period, participant=participants["341200"])

    with pytest.raises(Refused, match="由牵头部门自己报送"):
        confirm(report=own)
    with pytest.raises(Refused, match="由市民生办录入"):
        confirm(report=whole)


# -- 异议 -----------------------------------------------------------------------------------------


def test_objection_is_shown_and_blocks_nothing(object_to, report, period, lead_agency, participants, indicators):
    row = object_to()

    assert (row.value, row.figure_version) == (Decimal("58"), Figure.objects.get(indicator=indicators["里程"]).version)
    assert opinion(period, lead_agency).state == "objected"
    assert cell_notes(report)[participants["341222"].pk, indicators["里程"].pk].objections == [row]
    event = AuditEvent.objects.latest("id")
    assert (event.verb, event.before, event.after["value"]) == ("raise_objection", {"value": "60"}, "58")


def test_objected_report_is_approved_all_the_same(object_to, report, city_officer):
    object_to()

    assert reports.approve_report(report=report, by=city_officer).state == "approved"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"value": "五十八"}, "“五十八”不是数字，请填贵单位核定的数。"),
        ({"value": ""}, "请填贵单位核定的"),
        ({"value": "/"}, "请填贵单位核定的"),
        ({"value": "-1"}, "不能为负"),
        ({"value": "1" * 20}, "太大"),
        ({"value": "58.123"}, "小数位太多"),
        ({"value": "=1+1"}, "不是数字"),
        ({"value": "60"}, "与太和县上报的相同"),
        ({"reason": " "}, "异议要写明理由"),
        ({"reason": "理" * 501}, "最多 500 字"),
        ({"reason": "理\x00由"}, "不能保存的字符"),
    ],
)
def test_objection_that_does_not_do_is_refused(wrong, sentence, object_to):
    with pytest.raises(Refused, match=sentence):
        object_to(**wrong)

    assert not LeadObjection.objects.exists()


def test_objection_reads_the_agencys_number_as_any_other(object_to):
    assert object_to(value="１,058公里").value == Decimal("1058")


def test_objection_to_a_text_takes_no_number(object_to, indicators, report, period):
    text = factories.IndicatorFactory(sub_project=indicators["里程"].sub_project, kind="text", assessed=False, unit="")

    with pytest.raises(Refused, match="文字类指标，没有数"):
        object_to(indicator=text, value="3")

    assert object_to(indicator=text, value="").value is None


def test_objection_to_anothers_item_or_unit_is_refused(object_to, indicators, participants):
    with pytest.raises(NotAllowed, match="不是市交通运输局牵头"):
        object_to(indicator=indicators["人数"])
    with pytest.raises(Refused, match="没有这一格"):
        object_to(participant=participants["341282"])


def test_objection_twice_to_one_cell_is_refused_until_withdrawn(object_to, lead_officer):
    first = object_to()
    with pytest.raises(InvalidTransition, match="已经提过"):
        object_to(value="57")

    services.withdraw_objection(objection=first, by=lead_officer)

    assert object_to(value="57").value == 57
    first.refresh_from_db()
    assert (first.settlement, first.settled_by) == ("牵头部门撤回", lead_officer)


def test_objection_is_withdrawn_by_its_agency_alone(object_to, city_officer):
    objection = object_to()

    with pytest.raises(NotAllowed, match="只有市交通运输局"):
        services.withdraw_objection(objection=objection, by=city_officer)


def test_objection_is_settled_by_the_office_with_words(object_to, city_officer, lead_officer):
    objection = object_to()

    with pytest.raises(Refused, match="处理要写明结果"):
        services.settle_objection(objection=objection, settlement=" ", by=city_officer)
    with pytest.raises(NotAllowed):
        services.settle_objection(objection=objection, settlement="以县报为准", by=lead_officer)
    services.settle_objection(objection=objection, settlement="以县报为准", by=city_officer)

    assert (objection.settlement, objection.settled_by) == ("以县报为准", city_officer)
    with pytest.raises(InvalidTransition, match="已经处理过"):
        services.withdraw_objection(objection=objection, by=lead_officer)


# -- what the lead agency sees --------------------------------------------------------------------


def test_led_items_show_submitted_figures_and_no_drafts(
    report, period, participants, indicators, lead_agency, other_clerk
):
    draft = reports.report_for(period=period, participant=participants["341282"], by=other_clerk)
    fill(draft, indicators["里程"], "99", other_clerk)
    led = leading_agencies(period.programme)

    items = led_items(period, led[lead_agency], opinions(period, led)[lead_agency])

    rows = {(item["indicator"].name, row["unit"].code): row for item in items for row in item["rows"]}
    assert set(rows) == {("里程", "341222"), ("合格率", "341222")}
    # 60 of 100.
    assert (rows["里程", "341222"]["value"], str(rows["里程", "341222"]["rate"])) == ("60.00", "60.00")
    assert opinion(period, lead_agency, "341282").state == "hidden"


def test_opinions_take_the_same_queries_for_one_report_and_for_four(report, period, programme, indicators):
    led = leading_agencies(programme)
    with CaptureQueriesContext(connection) as one:
        opinions(period, led)
    for _ in range(3):
        unit = factories.ParticipantFactory(programme=programme)
        other = factories.ReportFactory(period=period, participant=unit, state="submitted")
        factories.FigureFactory(report=other, indicator=indicators["里程"])

    with CaptureQueriesContext(connection) as four:
        opinions(period, led)

    assert len(four) == len(one)


def test_lead_agency_has_to_do_until_it_has_said_something(report, period, confirm, lead_officer):
    before = [entry.label for entry in to_do_for(lead_officer)]
    due = opinions_due(lead_officer)
    confirm()

    assert "确认2020年1—8月月报 1 份" in before
    assert due == {period: 1}
    assert opinions_due(lead_officer) == {}


def test_office_has_to_do_while_an_objection_waits(object_to, city_officer):
    objection = object_to()
    before = [entry.label for entry in to_do_for(city_officer)]
    services.settle_objection(objection=objection, settlement="以县报为准", by=city_officer)

    label = "处理2020年1—8月牵头部门异议 1 条"
    assert label in before
    assert label not in [entry.label for entry in to_do_for(city_officer)]


# -- answers to returned cells --------------------------------------------------------------------


@world
def returned(report, indicators, city_officer):
    """里程 returned: its verdict."""
    version = Figure.objects.get(indicator=indicators["里程"]).version
    reports.return_report(report=report, by=city_officer, reason="1 格退回")
    return CellReview.objects.create(
        report=report,
        participant=report.participant,
        indicator=indicators["里程"],
        nth=1,
        verdict="returned",
        reason="与路网系统不符",
        figure_version=version,
        decided_by=city_officer,
    )


@pytest.fixture
def answer(report, participants, indicators, filler):
    def run(**more):
        arguments = {
            "report": report,
            "participant_id": participants["341222"].pk,
            "indicator_id": indicators["里程"].pk,
            "answer": "双庙段 8 月 28 日完工",
            "by": filler,
        }
        arguments |= more
        arguments["key"] = (arguments.pop("participant_id"), arguments.pop("indicator_id"))
        return services.answer_return(**arguments)

    return run


@pytest.mark.parametrize("person", ["filler", "clerk", "head"])
def test_answer_closes_the_return_without_a_change(person, returned, answer, report, request):
    by = request.getfixturevalue(person)
    before = open_returns(report)

    review = answer(by=by)

    assert len(before) == 1
    assert open_returns(report) == []
    assert (review.answer, review.answered_by) == ("双庙段 8 月 28 日完工", by)
    assert AuditEvent.objects.latest("id").verb == "answer_return"


@pytest.mark.parametrize("person", ["other_clerk", "lead_officer", "leader", "stranger"])
def test_answer_is_who_fills_the_cells(person, returned, answer, request):
    with pytest.raises(NotAllowed):
        answer(by=request.getfixturevalue(person))


def test_answer_of_a_filler_for_another_bureaus_cell_is_refused(returned, answer, indicators):
    with pytest.raises(NotAllowed, match="不由您填报"):
        answer(indicator_id=indicators["人数"].pk)


def test_answer_without_words_or_with_too_many_is_refused(returned, answer):
    with pytest.raises(Refused, match="说明要写明理由"):
        answer(answer=" ")
    with pytest.raises(Refused, match="最多 2000 字"):
        answer(answer="说" * 2001)


def test_answer_twice_the_same_is_refused_and_another_replaces_it(returned, answer):
    answer()

    with pytest.raises(InvalidTransition, match="已经这样说明过了"):
        answer()
    assert answer(answer="双庙段 8 月 29 日完工").answer == "双庙段 8 月 29 日完工"

    event = AuditEvent.objects.filter(verb="answer_return").latest("id")
    assert (event.before, event.reason) == ({"answer": "双庙段 8 月 28 日完工"}, "双庙段 8 月 29 日完工")


def test_answer_after_a_change_is_refused(returned, answer, report, indicators, clerk):
    fill(report, indicators["里程"], "58", clerk)

    with pytest.raises(InvalidTransition, match="退回之后已经改过"):
        answer()


def test_answer_to_a_cell_nobody_returned_is_refused(report, answer, city_officer, clerk, indicators):
    reports.return_report(report=report, by=city_officer, reason="核对")

    with pytest.raises(Refused, match="没有被退回"):
        answer(by=clerk, indicator_id=indicators["人数"].pk)
    with pytest.raises(Refused, match="没有被退回"):
        answer(by=clerk, indicator_id=10**12)


def test_answer_of_a_submitted_report_is_refused(report, answer):
    with pytest.raises(InvalidTransition, match="不能再说明"):
        answer()
