"""Money in the browser: pasted, flagged, explained, signed by the bureau, submitted, one amount returned, approved."""

import pytest
from playwright.sync_api import expect

from funding.models import FundFigure, FundFlag
from livelihood.models import User
from projects.models import Report
from projects.services.reports import return_report
from tests.browser.entry import august, open_report, paste, wait_for_saved

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

#: 智慧学校建设, which 太和县's education bureau fills.
SECTION = "funds-25"


@pytest.fixture
def report(busy_demo):
    """太和县's report, back from the city office."""
    found = august("341222")
    if found.state == "approved":
        return_report(report=found, by=User.objects.get(username="city_office"), reason="演示数据：请补报资金")
    return found


def test_funds_from_paste_to_approval(people, stopwatch, report):
    clerk, bureau = people.enter("taihe_clerk"), people.enter("taihe_education")
    head, office = people.enter("taihe_head"), people.enter("city_office")
    stopwatch.lap("log in")

    key = paste_block(clerk, report)
    explain(clerk, key)
    stopwatch.lap("paste and explain")
    sign(bureau, report)
    sign_and_submit(head, report)
    stopwatch.lap("sign and submit")
    return_one(office, report, key)
    correct(clerk, report, key)
    sign_and_submit(head, report)
    approve(office, report, key)
    stopwatch.lap("return, correct, approve")

    assert Report.objects.get(pk=report.pk).state == "approved"
    line, stage = key.split("-")
    figure = FundFigure.objects.get(report=report, fund_line=line, stage=stage)
    assert figure.value == 4_000_000
    assert list(figure.revisions.order_by("version").values_list("new_value", flat=True))[-2:] == [4_500_000, 4_000_000]


def paste_block(page, report):
    """Paste three amounts in 万元 into the first line of the section: more is paid than was received; its key."""
    open_report(page, report, "?show=funds")
    expect(page.locator("[aria-label='金额单位'] [aria-current]")).to_have_text("万元")
    cells = page.locator(f"tbody[data-section='{SECTION}'] input[name^='f-']")
    cells.nth(0).focus()
    paste(page, "430\n450\n300")
    wait_for_saved(page)
    key = cells.nth(1).get_attribute("name")[2:]
    expect(page.locator(f"tr.entry-notes[data-for='{key}']")).to_contain_text("拨付 450.00 万元，比到位 430.00 万元 多")
    return key


def explain(page, key):
    """Answer the remark; it is stored with the amount."""
    reason = page.locator(f"[name='w-{key}']")
    reason.fill("提前垫付")
    reason.blur()
    page.keyboard.press("Control+s")
    expect(page.locator(f"tr[data-key='{key}'] .state-cell")).to_contain_text("已说明")
    assert FundFlag.objects.filter(code="paid_over_received", reason="提前垫付").exists()


def sign(page, report):
    """The bureau sees its own sections alone, the money among them, and signs."""
    open_report(page, report)
    expect(page.locator(f"tbody[data-section='{SECTION}']")).to_have_count(1)
    expect(page.locator("tbody[data-section='funds-6']")).to_have_count(0)
    page.get_by_role("button", name="签字").click()
    expect(page.locator("#messages")).to_contain_text("已签字")


def sign_and_submit(page, report):
    """The head signs and submits."""
    page.goto(f"/reports/{report.pk}/")
    page.get_by_role("button", name="审核人签字").click()
    page.get_by_role("button", name="提交给市民生办").click()
    expect(page.get_by_role("button", name="提交给市民生办")).to_have_count(0)


def return_one(page, report, key):
    """The city office sends the one amount back."""
    page.goto(f"/reports/{report.pk}/review/?tab=all")
    row = page.locator(f"#row-{key}")
    expect(row).to_contain_text("拨付率（拨付÷计划）")
    expect(row).to_contain_text("提前垫付")
    row.focus()
    page.keyboard.press("r")
    page.keyboard.type("与国库拨款单不符")
    page.locator("#return-marked").click()
    expect(page.locator(".title-facts .state")).to_contain_text("已退回")


def correct(page, report, key):
    """The clerk finds it by its reason and corrects it, this time in 元."""
    open_report(page, report, "?show=returned&money=yuan")
    expect(page.locator(f"tr.entry-notes[data-for='{key}']")).to_contain_text("与国库拨款单不符")
    cell = page.locator(f"[name='f-{key}']")
    expect(cell).to_have_value("4,500,000.00")
    cell.fill("4000000")
    page.keyboard.press("Control+s")
    wait_for_saved(page)
    expect(page.locator(f"tr[data-key='{key}'] [data-col=rate]")).not_to_have_text("—")


def approve(page, report, key):
    """The line comes first and says that it was changed; the report is approved."""
    page.goto(f"/reports/{report.pk}/review/")
    expect(page.locator(f"#row-{key}")).to_contain_text("已改")
    page.locator("#approve").click()
    expect(page.locator("#messages")).to_contain_text("已审核通过太和县的月报")
