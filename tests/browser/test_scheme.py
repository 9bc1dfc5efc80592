"""考核办法 in the browser: weights that do not add up come back as typed; a version is tried, then put in force."""

import pytest
from playwright.sync_api import expect

from supervision.models import ScoringScheme

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SCHEME = "/programmes/fuyang-2020/scheme/"
#: After the open month: no month of the demo is counted by it.
PAPER = {"施行日期": "2020-09-01", "依据文件": "阜民生办〔2020〕16号（演示数据）", "制定或修订原因": "资金拨付计入考核"}
RATES, MONEY = "项目完成率", "资金拨付率"


def test_scheme_is_refused_then_tried_on_a_past_month_and_put_in_force(people):
    page = people.enter("city_office")
    write_what_does_not_add_up(page)
    try_on_july(page)
    assert not ScoringScheme.objects.filter(source=PAPER["依据文件"]).exists()

    page.get_by_role("button", name="2020年9月1日起施行").click()

    expect(page.locator("#messages")).to_contain_text("考核办法第2版已施行，已封账的月份不变")
    versions = page.locator("section", has=page.get_by_role("heading", name="各版"))
    expect(versions.locator("tr", has_text="第2版")).to_contain_text(f"{RATES} 50、{MONEY} 50")
    expect(versions.locator("tr", has_text="第2版")).to_contain_text(PAPER["依据文件"])


def write_what_does_not_add_up(page):
    """50 + 40 = 90 is refused in a sentence; every field is as it was typed."""
    page.goto(SCHEME)
    page.get_by_role("link", name="修订", exact=True).click()
    typed = {"[name$='-0-weight']": "50", "[name$='-1-name']": MONEY, "[name$='-1-weight']": "40"}
    for field, value in typed.items():
        page.locator(field).fill(value)
    page.locator("[name$='-1-choice']").select_option(label="项目资金拨付率")
    for label, value in PAPER.items():
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="试算").click()

    expect(page.get_by_text("各项权重加起来是90，应是100")).to_be_visible()
    for field, value in typed.items():
        expect(page.locator(field)).to_have_value(value)
    expect(page.locator("[name$='-1-choice'] option:checked")).to_have_text("项目资金拨付率")
    for label, value in PAPER.items():
        expect(page.get_by_label(label)).to_have_value(value)


def try_on_july(page):
    """The issued month under both versions."""
    page.locator("[name$='-1-weight']").fill("50")
    for box in page.get_by_role("checkbox", name="2020年1—").all():
        box.set_checked("1—7月" in box.evaluate("box => box.labels[0].textContent"))
    page.get_by_role("button", name="试算").click()

    month = page.locator("section", has=page.get_by_role("heading", name="2020年1—7月"))
    expect(month).to_contain_text("2 个单位位次会变")
    tried = {unit: month.locator("tr", has_text=unit).locator("td").all_inner_texts() for unit in ("太和县", "界首市")}
    # (82.00 + 64.28 paid out) ÷ 2 = 73.14 passes (84.38 + 59.89) ÷ 2 = 72.135.
    assert tried == {
        "太和县": ["82.00", "73.14", "第3名", "第2名", "↑ 上升"],
        "界首市": ["84.38", "72.14", "第2名", "第3名", "↓ 下降"],
    }
