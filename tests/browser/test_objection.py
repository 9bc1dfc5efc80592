"""异议 in the browser: the lead agency holds another figure, the reviewer sees both, settles it and approves."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from livelihood.formats import format_number
from livelihood.models import User
from projects.models import Figure, LeadConfirmation, LeadObjection
from projects.services.reports import return_report, sign_report, submit_report
from tests.browser.entry import august

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

OPINIONS = "/programmes/fuyang-2020/2020-08/opinions/"
NAME = "培训幼儿教师"


@pytest.fixture
def report(busy_demo):
    """颍东区's report, submitted once more after it had come back as a whole."""
    office, head = (User.objects.get(username=name) for name in ("city_office", "yingdong_head"))
    report = return_report(report=august("341203"), by=office, reason="请核对教育类各项")
    return submit_report(report=sign_report(report=report, by=head), by=head)


def test_objection_of_the_lead_agency_is_seen_settled_and_does_not_block(people, report):
    figure = Figure.objects.get(report=report, indicator__name=NAME)

    object_and_confirm(people.enter("city_education"), figure)
    objection = LeadObjection.objects.get(report=report)
    assert (objection.value, objection.reason) == (figure.value - 2, "有两名是小学教师")
    settle_and_approve(people.enter("city_office"), report, figure)

    objection.refresh_from_db()
    report.refresh_from_db()
    assert objection.settlement == "以填报数为准，已看过名册"
    assert report.state == "approved"
    # What the county reported stands; nobody but the county changes it.
    assert Figure.objects.get(pk=figure.pk).value == figure.value


def object_and_confirm(page, figure):
    """A figure of its own without a reason is refused and stays; with one it stands. Another county is confirmed."""
    page.goto(OPINIONS)
    row = page.locator("tr", has=page.get_by_label(f"颍东区 {NAME} 本部门数"))
    row.locator("summary").click()
    row.get_by_label("本部门数").fill(str(figure.value - 2))
    row.get_by_role("button", name="提出").click()
    expect(row).to_contain_text("× ")
    assert Decimal(row.get_by_label("本部门数").input_value()) == figure.value - 2

    row.get_by_label("理由").fill("有两名是小学教师")
    row.get_by_role("button", name="提出").click()
    expect(page.locator("tr", has_text="有两名是小学教师")).to_contain_text(f"异议 {format_number(figure.value - 2)}")
    expect(page.get_by_role("button", name="确认颍东区")).to_have_count(0)

    page.get_by_role("button", name="确认阜南县").click()
    expect(page.locator(".opinion-units li", has_text="阜南县")).to_contain_text("已确认")
    assert LeadConfirmation.objects.filter(report__participant__code="341225", agency__name="市教育局").exists()


def settle_and_approve(page, report, figure):
    """Both figures in one line, how far they are apart, and why; what was decided goes back to the agency."""
    page.goto(f"/reports/{report.pk}/review/?tab=objected")
    row = page.locator(f"#row-{figure.participant_id}-{figure.indicator_id}")
    expect(row.locator("td.key").first).to_have_text(format_number(figure.value))
    expect(row).to_contain_text(f"异议 市教育局核为 {format_number(figure.value - 2)} 人次，差 2")
    expect(row).to_contain_text("理由 有两名是小学教师")

    row.get_by_label("处理结果").fill("以填报数为准，已看过名册")
    row.get_by_role("button", name="处理异议").click()
    expect(row).to_have_count(0)
    page.locator("#approve").click()
    expect(page.locator("#messages")).to_contain_text("已审核通过颍东区的月报")
