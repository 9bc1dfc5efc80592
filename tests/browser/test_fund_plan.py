"""The finance officer's funds: a plan is pasted, a part excluded, and the overview's rate and label change with it."""

import pytest
from playwright.sync_api import expect

from funding.models import FundPlan

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

FUNDS = "/programmes/tongguan-2020/funds/"
PLAN = "34 食品安全工程\t\t铜官区\t省级\t项目资金\t100\n9 贫困残疾人康复\t\t铜官区\t省级\t项目资金\t-5"


def total(page):
    """The row of sums of 项目资金."""
    return page.locator("section", has=page.get_by_role("heading", name="项目资金")).locator("tfoot tr")


def test_pasted_plan_and_exclusion_change_the_overview_and_say_so(people):
    page = people.enter("tongguan_office")
    page.goto(FUNDS)
    expect(total(page)).to_contain_text("3,794.60")
    # 2568.1 ÷ 3794.6 = 67.677…
    expect(total(page)).to_contain_text("67.7")
    expect(page.get_by_role("columnheader", name="拨付率").first).to_contain_text("（拨付÷计划，不含棚户区改造）")

    page.get_by_role("link", name="资金计划", exact=True).click()
    page.get_by_role("link", name="粘贴", exact=True).click()
    page.get_by_label("粘贴内容").fill(PLAN)
    page.get_by_role("button", name="核对").click()
    expect(page.locator(".row-error")).to_contain_text("“-5”是负数")
    page.get_by_label("粘贴内容").fill(PLAN.splitlines()[0])
    page.get_by_role("button", name="核对").click()
    page.get_by_role("button", name="确认存入 1 条").click()
    expect(page.locator("#messages")).to_contain_text("已存入 1 条资金计划")

    page.get_by_role("link", name="总览", exact=True).click()
    # The new province's money is not reported yet, so item 34 is on neither side (R5):
    # (2568.1 − 91.9289) ÷ (3794.6 − 142.1198) = 2476.1711 ÷ 3652.4802 = 67.794…
    expect(total(page)).to_contain_text("3,894.60")
    expect(total(page)).to_contain_text("67.8")
    expect(page.get_by_text("铜官区有项目未报送，也不在内")).to_be_visible()

    page.get_by_role("link", name="不计入部分").click()
    page.get_by_label("印发用语").fill("不含养老服务")
    page.get_by_label("不计入的原因").fill("省里单列考核")
    page.get_by_label("18 养老服务和智慧养老").check()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#messages")).to_contain_text("比率后面印“不含养老服务”")
    expect(page.get_by_role("row", name="（不含养老服务）").first).to_contain_text("省里单列考核")

    page.get_by_role("link", name="总览", exact=True).click()
    # (2476.1711 − 195.5866) ÷ (3652.4802 − 255.8157) = 2280.5845 ÷ 3396.6645 = 67.141…
    expect(total(page)).to_contain_text("67.1")
    expect(page.get_by_role("columnheader", name="拨付率").first).to_contain_text("不含养老服务")
    page.get_by_role("link", name="元", exact=True).click()
    # 3894.6 − 255.8157 = 3638.7843 万元
    expect(total(page)).to_contain_text("36,387,843.00")
    assert (
        FundPlan.objects.filter(fund_line__programme__code="tongguan-2020", fund_line__source="province").count() == 1
    )
