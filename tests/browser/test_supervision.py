"""The whole loop of supervision in the browser, with a real worker: close, check, issue, receipt, letter, 销号.

The month after says in its 通报 what became of the letter.
"""

import datetime
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from livelihood.models import User
from projects.models import Indicator, Participant, Report, ReportingPeriod
from projects.services.figures import FigureEntry, record_figures
from projects.services.periods import open_period
from projects.services.reports import approve_report, receive_report
from supervision.models import Check, CheckLine, Document, SupervisionLetter
from supervision.services.closing import close_month, reporters_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AUGUST = "/programmes/fuyang-2020/2020-08/"
#: 阜南县 has 176 of 408: 43.14%.
UNIT, NAME, INDICATOR = "341225", "阜南县", "公益性岗位"


@pytest.fixture
def august(demo_site):
    """The demo's open month with every report but 颍上县's approved."""
    period = ReportingPeriod.objects.select_related("programme").get(
        programme__code="fuyang-2020", ends_on=datetime.date(2020, 8, 31)
    )
    office = User.objects.get(username="city_office")
    for report in Report.objects.filter(period=period, state="submitted"):
        approve_report(report=report, by=office)
    return period


def test_month_is_checked_issued_and_a_county_urged_until_it_is_mended(demo_visitors, stopwatch, august):
    office, second = demo_visitors.enter("city_office"), demo_visitors.enter("city_office_head")
    county = demo_visitors.enter("funan_head")
    stopwatch.lap("enter")
    close(office)
    stopwatch.lap("close, in the worker")

    object_to_a_figure(county)
    settle(office)
    stopwatch.lap("check, object, settle")

    number = review_and_issue(office, second, Document.objects.get(period=august, kind="bulletin"))
    sign_receipt(office, county, number)
    stopwatch.lap("review, issue, receive")

    letter = draft_letter(office)
    review_and_issue(office, second, letter.document)
    reply(county, letter)
    stopwatch.lap("letter and reply")

    refuse_and_recheck(office, demo_visitors.enter("inspector"), letter)
    stopwatch.lap("refused, re-checked, closed")

    read_next_month(office, august)
    stopwatch.lap("next month's paper")


def close(page):
    """Close without 颍上县 and watch the job until the worker is done."""
    page.goto(f"{AUGUST}close/")
    page.get_by_role("row", name="颍上县").get_by_role("checkbox").check()
    page.get_by_role("button", name="封账").click()
    page.wait_for_url("**/jobs/*/")
    expect(page.locator("#job")).to_contain_text("已完成（", timeout=60_000)


def object_to_a_figure(page):
    """The county says that one of its figures is another; without a reason it is refused and stays in the form."""
    check = Check.objects.get(snapshot__period__ends_on="2020-08-31", participant__code=UNIT)
    page.goto(f"/checks/{check.pk}/")
    row = page.locator("tr", has_text=INDICATOR).first
    row.locator("summary").click()
    row.get_by_label("本单位数").fill("180")
    row.get_by_role("button", name="提出").click()
    row = page.locator("tr", has_text=INDICATOR).first
    expect(row).to_contain_text("× ")
    expect(row.get_by_label("本单位数")).to_have_value("180")

    row.get_by_label("理由").fill("另有4个岗位8月底已到岗")
    row.get_by_role("button", name="提出").click()
    expect(page.locator("#messages")).to_contain_text("已提出异议")
    assert CheckLine.objects.get(check_of=check).value == 180


def settle(page):
    """The office does not follow it and says why."""
    page.goto(f"{AUGUST}checks/")
    line = page.locator("tr", has_text="另有4个岗位")
    line.get_by_role("textbox").fill("9月到岗的计入下月")
    line.get_by_role("button", name="不采纳").click()
    expect(page.locator("tr", has_text="另有4个岗位")).to_contain_text("9月到岗的计入下月")


def review_and_issue(office, second, document):
    """One of the office reviews, another signs; the number the paper got."""
    second.goto(f"/documents/{document.pk}/")
    second.get_by_role("button", name="核稿通过").click()
    office.goto(f"/documents/{document.pk}/")
    office.fill("[name=issued_on]", "2020-09-29")
    office.get_by_role("button", name="签发").click()
    expect(office.locator(".paper-number")).to_contain_text("号")
    document.refresh_from_db()
    assert document.state == "issued"
    return document.number


def sign_receipt(office, county, number):
    """The office sends the paper to who has an account; the county signs for it."""
    paper = Document.objects.get(number=number)
    office.goto(f"/documents/{paper.pk}/receipts/")
    office.get_by_role("button", name="发送").click()
    expect(office.locator("tr", has_text=NAME)).to_be_visible()

    county.goto(f"/documents/{paper.pk}/")
    county.get_by_role("button", name="签收").click()
    expect(county.locator(".band-success", has_text="已签收").first).to_be_visible()


def draft_letter(page) -> SupervisionLetter:
    """A 督办函 by hand to the county: 公益性岗位 from 43.14% to 50%."""
    indicator = Indicator.objects.get(name=INDICATOR, sub_project__project__programme__code="fuyang-2020")
    query = f"programme=fuyang-2020&period=2020-08&unit={UNIT}&indicator={indicator.pk}&level=yellow"
    page.goto(f"/letters/new/?{query}")
    expect(page.locator("main")).to_contain_text("43.14")
    page.select_option("[name=required_measure]", "rate")
    page.fill("[name=required_value]", "50")
    page.fill("[name=requirement]", "9月底前到岗人数达到目标的50%。")
    page.fill("[name=deadline]", "2020-10-15")
    page.get_by_role("button", name="拟稿").click()
    page.wait_for_url("**/letters/*/")
    return SupervisionLetter.objects.select_related("document").get(
        indicator=indicator, participant__code=UNIT, period__ends_on="2020-08-31"
    )


def reply(page, letter):
    """The county answers that it stands at 48."""
    page.goto(f"/letters/{letter.pk}/")
    page.fill("[name=text]", "已增加岗位20个，9月底前可到50%。")
    page.fill("[name=stated]", "48")
    page.get_by_role("button", name="送出反馈").click()
    expect(page.get_by_role("heading", name="第1次反馈")).to_be_visible()


def refuse_and_recheck(office, inspector, letter):
    """No figure has been approved since: 销号 is refused until a second person has been there."""
    office.goto(f"/letters/{letter.pk}/")
    office.get_by_role("button", name="采纳反馈").click()
    office.get_by_role("button", name="销号", exact=True).click()
    expect(office.locator(".band-error").first).to_contain_text("还不能销号")
    letter.refresh_from_db()
    assert letter.state == "replied"

    inspector.goto(f"/letters/{letter.pk}/")
    inspector.locator("summary", has_text="记录复核").click()
    inspector.fill("[name=checked_on]", "2020-10-16")
    form = inspector.locator("details", has_text="记录复核")
    form.locator("[name=text]").fill("现场看名册，在岗206人，达到50%。")
    form.locator("[name=is_passed]").select_option("yes")
    form.get_by_role("button", name="记下复核").click()
    expect(inspector.get_by_role("heading", name="复核：达到要求")).to_be_visible()

    office.goto(f"/letters/{letter.pk}/")
    office.get_by_role("button", name="销号", exact=True).click()
    expect(office.locator("main")).to_contain_text("已销号")
    letter.refresh_from_db()
    assert (letter.state, letter.closed_ground) == ("closed", "recheck")


def read_next_month(page, august):
    """September is closed with one county reported; its draft counts the letter and says that it is closed."""
    office = User.objects.get(username="city_office")
    september = open_period(
        programme=august.programme,
        kind="month",
        ends_on=datetime.date(2020, 9, 30),
        due_at=datetime.datetime(2020, 10, 5, 10, tzinfo=datetime.UTC),
        by=office,
    )
    report = Report.objects.get(period=september, participant=Participant.objects.get(printed_name=NAME))
    without = [row.key for row in reporters_of(september) if row.name != NAME]
    indicator = Indicator.objects.get(name=INDICATOR, sub_project__project__programme=august.programme)
    entry = FigureEntry(report.participant_id, indicator.pk, "reported", Decimal(206))
    record_figures(report=report, entries=[entry], by=office, origin="excel")
    receive_report(report=report, by=office)
    report.refresh_from_db()
    approve_report(report=report, by=office)
    closed = close_month(period=september, without=without, by=office)

    page.goto(f"/documents/{closed.document.pk}/")
    expect(page.locator(".paper")).to_contain_text("督办1项，已销号1项")
    # 206 of 408: 50.49%.
    expect(page.locator(".paper")).to_contain_text("督办时完成率43.14%，现为50.49%，已销号")
