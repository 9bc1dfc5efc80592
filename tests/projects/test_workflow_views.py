"""The pages around a report: bureaus, reminders, opinions, answers, outages; and a month of lead agencies."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from projects.models import (
    BureauSignature,
    CellReview,
    Figure,
    LeadConfirmation,
    LeadObjection,
    Outage,
    Programme,
    Reminder,
    Report,
)
from projects.services import periods, reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@world
def report(period, participants, indicators, clerk):
    """太和县's draft, 里程 60 in it."""
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)
    entry = FigureEntry(report.participant_id, indicators["里程"].pk, "reported", Decimal("60"))
    record_figures(report=report, entries=[entry], by=clerk, origin="form")
    return report


@world
def submitted(report, head, clerk):
    reports.sign_report(report=report, by=head)
    return reports.submit_report(report=report, by=clerk)


@pytest.fixture
def look(client):
    def run(by, name, *args):
        client.force_login(by)
        return client.get(reverse(f"projects:{name}", args=args), follow=True)

    return run


@pytest.fixture
def post(client):
    """Post as somebody and return the page it led to."""

    def run(by, name, *args, **data):
        client.force_login(by)
        return client.post(reverse(f"projects:{name}", args=args), data, follow=True)

    return run


def text_of(response):
    return response.content.decode()


def month(period):
    return period.programme.code, period.code


# -- 部门签字 -------------------------------------------------------------------------------------


def test_filler_signs_and_withdraws_on_the_reports_page(look, post, report, filler, filling_agency):
    page = text_of(look(filler, "report-detail", report.pk))
    assert f"{filling_agency}签字" in page
    assert f'form="bureau-sign-{filling_agency.pk}"' in page

    signed = post(filler, "bureau-sign", report.pk, agency=filling_agency.pk, seen_at=timezone.now().isoformat())
    assert f"{filling_agency}已签字" in text_of(signed)
    assert "撤回签字" in text_of(signed)
    withdrawn = post(filler, "bureau-withdraw", report.pk, agency=filling_agency.pk)

    assert "签字已撤回" in text_of(withdrawn)
    assert BureauSignature.objects.get().withdrawn_by == filler


@pytest.mark.parametrize("seen_at", ["", "昨天", "2020-13-45T00:00:00", "2020-09-01T00:00:00"])
def test_filler_without_a_readable_page_time_signs_nothing(seen_at, post, report, filler, filling_agency):
    page = post(filler, "bureau-sign", report.pk, agency=filling_agency.pk, seen_at=seen_at)

    assert "页面已经过时，没有签字" in text_of(page)
    assert not BureauSignature.objects.exists()


@pytest.mark.parametrize("agency", ["0", "abc", "９", "1" * 30])
def test_filler_cannot_sign_for_another_agency(agency, post, report, filler):
    response = post(filler, "bureau-sign", report.pk, agency=agency, seen_at=timezone.now().isoformat())

    assert response.status_code == 403


def test_head_sees_who_has_not_signed_beside_the_button(look, report, head, filling_agency):
    response = look(head, "report-detail", report.pk)

    assert "部门未签 1 个" in text_of(response)
    assert [row.agency for row in response.context["workflow"]["bureaus"]] == [filling_agency]
    assert "催报没签的 1 个部门" in text_of(response)


def test_filler_sees_the_own_bureau_alone(look, report, filler, county, participants, indicators):
    other = factories.AgencyFactory(region=county, name="太和县民政局")
    factories.AssignmentFactory(
        sub_project=indicators["人数"].sub_project, participant=participants["341222"], agency=other
    )

    page = look(filler, "report-detail", report.pk)

    assert "太和县民政局" not in text_of(page)


# -- 催报 -----------------------------------------------------------------------------------------


def test_city_office_reminds_one_and_all_from_the_months_page(post, look, period, participants, city_officer):
    reports.create_reports(period=period, by=city_officer)
    page = look(city_officer, "period-detail", *month(period))
    assert "催报没报的 2 家" in text_of(page)

    one = post(city_officer, "period-remind", *month(period), participant=participants["341222"].pk)
    everyone = post(city_officer, "period-remind", *month(period), all="1")

    assert "已催报太和县" in text_of(one)
    assert "已催报 1 家：界首市" in text_of(everyone)
    assert "这次没有重复催" in text_of(everyone)
    assert Reminder.objects.count() == 2
    assert "催过" in text_of(look(city_officer, "period-detail", *month(period)))


def test_remind_names_nobody_or_nonsense(post, period, city_officer):
    nobody = post(city_officer, "period-remind", *month(period))

    assert "没有说明催谁" in text_of(nobody)
    assert post(city_officer, "period-remind", *month(period), participant="x").status_code == 404
    assert post(city_officer, "period-remind", *month(period), agency="9" * 25).status_code == 404


def test_county_reminds_its_bureaus_and_comes_back(post, report, period, head, filling_agency, filler, look):
    address = reverse("projects:report-detail", args=[report.pk])

    response = post(
        head,
        "period-remind",
        *month(period),
        participant=report.participant_id,
        agency=filling_agency.pk,
        next=address,
    )

    assert response.redirect_chain[-1][0] == address
    assert f"已催报{filling_agency}" in text_of(response)
    assert "太和县民生办" in text_of(look(filler, "report-detail", report.pk))


def test_remind_never_leads_to_another_site(post, period, participants, indicators, city_officer):
    response = post(
        city_officer,
        "period-remind",
        *month(period),
        participant=participants["341222"].pk,
        next="https://example.com/",
    )

    assert response.redirect_chain[0][0] == reverse("projects:period-detail", args=month(period))


# -- 确认与异议 -----------------------------------------------------------------------------------


def test_lead_agency_confirms_what_the_page_showed(look, post, submitted, period, lead_officer, lead_agency):
    page = look(lead_officer, "period-opinions", *month(period))
    [board] = page.context["boards"]
    [waiting] = board["waiting"]
    assert "60.00" in text_of(page)

    done = post(lead_officer, "lead-confirm", submitted.pk, agency=lead_agency.pk, seen=waiting.sha256)

    assert "已确认太和县的数" in text_of(done)
    assert LeadConfirmation.objects.get().confirmed_by == lead_officer


def test_lead_agency_confirms_all_at_once(look, post, submitted, period, lead_officer, lead_agency):
    [board] = look(lead_officer, "period-opinions", *month(period)).context["boards"]
    seen = {f"seen-{row.report.pk}": row.sha256 for row in board["waiting"]}

    done = post(lead_officer, "period-opinions", *month(period), agency=lead_agency.pk, **seen)
    again = post(lead_officer, "period-opinions", *month(period), agency=lead_agency.pk)
    stale = post(lead_officer, "period-opinions", *month(period), agency=lead_agency.pk, **dict.fromkeys(seen, "0"))

    assert "已确认 1 份：太和县" in text_of(done)
    assert "没有等您确认的月报" in text_of(again)
    assert "打开页面之后太和县的数有改动" in text_of(stale)


def test_lead_agency_objects_withdraws_and_what_was_typed_stays(
    look, post, submitted, period, indicators, participants, lead_officer, lead_agency
):
    key = f"{participants['341222'].pk}-{indicators['里程'].pk}"
    typed = {"agency": lead_agency.pk, "key": key, "reason": "路网系统<script>alert(1)</script>"}

    refused = post(lead_officer, "lead-object", submitted.pk, value="五十八", **typed)
    raised = post(lead_officer, "lead-object", submitted.pk, value="58", **typed)

    assert refused.status_code == 422
    assert 'value="五十八"' in text_of(refused)
    assert "不是数字" in text_of(refused)
    assert "异议已提出" in text_of(raised)
    assert "<script>alert(1)" not in text_of(raised)
    objection = LeadObjection.objects.get()
    withdrawn = post(lead_officer, "objection-withdraw", objection.pk)
    assert "异议已撤回" in text_of(withdrawn)


@pytest.mark.parametrize("key", ["", "x", "1-", "1-2-3", f"{10**30}-1", "９-１"])
def test_objection_to_no_cell_is_refused(key, post, submitted, lead_officer, lead_agency):
    response = post(lead_officer, "lead-object", submitted.pk, agency=lead_agency.pk, key=key, value="1", reason="x")

    assert response.status_code in (404, 422)
    assert not LeadObjection.objects.exists()


def test_lead_agency_does_not_reach_a_draft(post, report, lead_officer, lead_agency):
    assert post(lead_officer, "lead-confirm", report.pk, agency=lead_agency.pk).status_code == 404
    assert post(lead_officer, "lead-object", report.pk, agency=lead_agency.pk).status_code == 404


def test_city_office_sees_and_settles_objections(
    look, post, submitted, period, indicators, participants, lead_officer, lead_agency, city_officer
):
    key = f"{participants['341222'].pk}-{indicators['里程'].pk}"
    post(lead_officer, "lead-object", submitted.pk, agency=lead_agency.pk, key=key, value="58", reason="台账是 58")
    objection = LeadObjection.objects.get()
    assert "台账是 58" in text_of(look(city_officer, "period-opinions", *month(period)))
    assert "台账是 58" in text_of(look(city_officer, "report-detail", submitted.pk))

    empty = post(city_officer, "objection-settle", objection.pk, settlement="")
    settled = post(city_officer, "objection-settle", objection.pk, settlement="以县报为准")

    assert "处理要写明结果" in text_of(empty)
    assert "异议已处理" in text_of(settled)


def test_opinions_page_takes_the_same_queries_for_one_unit_and_for_four(
    look, submitted, period, programme, indicators, lead_officer
):
    look(lead_officer, "period-opinions", *month(period))
    with CaptureQueriesContext(connection) as one:
        look(lead_officer, "period-opinions", *month(period))
    for _ in range(3):
        unit = factories.ParticipantFactory(programme=programme)
        other = factories.ReportFactory(period=period, participant=unit, state="submitted")
        factories.FigureFactory(report=other, indicator=indicators["里程"])
        factories.TargetFactory(indicator=indicators["里程"], participant=unit)

    with CaptureQueriesContext(connection) as four:
        look(lead_officer, "period-opinions", *month(period))

    assert len(four) == len(one)


# -- 说明 -----------------------------------------------------------------------------------------


def test_filler_answers_a_returned_cell(post, submitted, indicators, city_officer, filler):
    figure = Figure.objects.get(report=submitted)
    reports.return_report(report=submitted, by=city_officer, reason="1 格退回")
    CellReview.objects.create(
        report=submitted,
        participant=figure.participant,
        indicator=figure.indicator,
        nth=1,
        verdict="returned",
        reason="与路网系统不符",
        figure_version=figure.version,
        decided_by=city_officer,
    )
    key = f"{figure.participant_id}-{figure.indicator_id}"

    nonsense = post(filler, "answer-return", submitted.pk, key="x", answer="完工")
    answered = post(filler, "answer-return", submitted.pk, key=key, answer="8 月 28 日完工")

    assert "没有说明是哪一格" in text_of(nonsense)
    assert "已说明，审核时会看到" in text_of(answered)
    assert CellReview.objects.get().answered_by == filler


# -- 停机 -----------------------------------------------------------------------------------------


def test_city_office_records_an_outage_and_everybody_sees_it(post, look, report, period, city_officer, clerk):
    typed = {
        "starts_at": "2020-09-04T09:00",
        "ends_at": "2020-09-05T20:00",
        "extended_until": "2020-09-07T18:00",
        "reason": "机房停电",
    }

    done = post(city_officer, "period-outage", *month(period), **typed)

    assert "已记录停机，截止顺延至 9月7日 18:00" in text_of(done)
    assert Outage.objects.get().recorded_by == city_officer
    assert "因停机截止顺延至 9月7日 18:00" in text_of(done)
    assert "9月7日 18:00 截止（因停机顺延，原定 9月5日 18:00）" in text_of(look(clerk, "report-detail", report.pk))


def test_page_of_a_reopened_report_says_until_when(
    look, report, period, participants, city_officer, clerk, other_clerk
):
    others = reports.report_for(period=period, participant=participants["341282"], by=other_clerk)
    periods.mark_closed(period=period, without=[], by=city_officer)
    until = timezone.now() + datetime.timedelta(days=2)
    periods.reopen_period(
        period=period, participants=[participants["341222"]], until=until, reason="漏报一处", by=city_officer
    )
    said = f"本期已重新开放给太和县，至 {timezone.localtime(until):%Y年}"

    own, other = look(clerk, "report-detail", report.pk), look(other_clerk, "report-detail", others.pk)

    assert said in text_of(own)
    assert "重新开放给" not in text_of(other)
    assert f"{timezone.localtime(until):%H:%M}：太和县" in text_of(look(city_officer, "period-detail", *month(period)))


def test_reopening_page_of_an_open_month_says_it_needs_none(look, period, city_officer):
    page = look(city_officer, "period-reopen", *month(period))

    assert "还没有封账，要改数直接退回月报即可" in text_of(page)
    assert 'name="until"' not in page.content.decode()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"starts_at": ""}, "请填停机从什么时候开始"),
        ({"ends_at": "9月5日"}, "请写成日期和时间"),
        ({"ends_at": "2020-09-04T08:00"}, "停机结束要晚于停机开始"),
        ({"extended_until": "2020-12-31T18:00"}, "最多顺延 31 天"),
        ({"reason": ""}, "停机要写明原因"),
    ],
)
def test_outage_that_does_not_do_comes_back_with_a_sentence(wrong, sentence, post, period, city_officer):
    typed = {
        "starts_at": "2020-09-04T09:00",
        "ends_at": "2020-09-05T20:00",
        "extended_until": "2020-09-07T18:00",
        "reason": "机房停电",
    }

    response = post(city_officer, "period-outage", *month(period), **(typed | wrong))

    assert response.status_code == 422
    assert sentence in text_of(response)
    assert not Outage.objects.exists()


def test_outage_page_of_a_closed_month_offers_no_form(look, period, city_officer):
    periods.mark_closed(period=period, without=[], by=city_officer)

    assert "已经封账，截止时间不再顺延" in text_of(look(city_officer, "period-outage", *month(period)))


# -- a month that lead agencies report --------------------------------------------------------------


@world
def agency_month(period, programme, indicators):
    """The month of a programme in which lead agencies report for all units."""
    Programme.objects.filter(pk=programme.pk).update(reporting_by="agency")
    period.refresh_from_db()
    return period


def test_lead_agencys_month_from_start_to_approval(
    look, post, agency_month, lead_agency, lead_officer, city_officer, participants, indicators
):
    begin = look(lead_officer, "period-detail", *month(agency_month))
    assert "开始填报" in text_of(begin)
    page = post(lead_officer, "report-start", *month(agency_month), agency=lead_agency.pk)
    report = Report.objects.get(agency=lead_agency)
    keys = [
        f"{participants[code].pk}-{indicators[name].pk}" for code in ("341222", "341282") for name in ("里程", "合格率")
    ]
    assert all(f'name="f-{key}"' in text_of(page) for key in keys)
    assert f'-{indicators["人数"].pk}"' not in text_of(page)

    saved = post(
        lead_officer,
        "report-detail",
        report.pk,
        **{f"f-{key}": "80" for key in keys},
        **{f"v-{key}": "0" for key in keys},
    )
    report.refresh_from_db()
    assert "已保存 4 格" in text_of(saved)
    signed = post(lead_officer, "report-sign", report.pk, version=report.version)
    assert "已签字" in text_of(signed)
    report.refresh_from_db()
    sent = post(lead_officer, "report-submit", report.pk, version=report.version)
    assert "已提交" in text_of(sent)
    report.refresh_from_db()
    assert report.state == "submitted"
    assert "待审" in text_of(look(city_officer, "period-detail", *month(agency_month)))
    approved = post(city_officer, "report-approve", report.pk, version=report.version)

    report.refresh_from_db()
    assert "已审核通过" in text_of(approved)
    assert report.state == "approved"


def test_lead_agencys_month_is_begun_by_that_agency_alone(
    post, agency_month, lead_agency, clerk, filler, lead_officer, city
):
    other = factories.AgencyFactory(region=city, name="市文旅局")

    for by in (clerk, filler):
        assert post(by, "report-start", *month(agency_month), agency=lead_agency.pk).status_code == 404
    for wrong in (other.pk, "x", "9" * 25):
        assert post(lead_officer, "report-start", *month(agency_month), agency=wrong).status_code == 404
    assert not Report.objects.exists()


def test_lead_agencys_month_shows_agencies_and_who_is_late(look, post, agency_month, lead_agency, city_officer):
    page = look(city_officer, "period-detail", *month(agency_month))

    row = next(row for row in page.context["rows"] if row["reporter"] == lead_agency)
    assert (row["report"], row["may_start"], row["may_remind"], row["is_overdue"]) == (None, True, True, True)
    reminded = post(city_officer, "period-remind", *month(agency_month), agency=lead_agency.pk)
    assert "已催报市交通运输局" in text_of(reminded)


def test_reminder_within_the_month_is_dated(look, post, period, participants, indicators, city_officer, clerk):
    post(city_officer, "period-remind", *month(period), participant=participants["341222"].pk, text="请补报")
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)

    assert "催报：请补报" in text_of(look(clerk, "report-detail", report.pk))
    assert Reminder.objects.get().sent_at <= timezone.now() + datetime.timedelta(seconds=1)
