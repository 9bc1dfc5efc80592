"""勾稽关系 in the browser: the city office makes and tries one, it asks a county, and the county gives its reason."""

import pytest
from playwright.sync_api import expect

from projects.models import CrossRule, FigureFlag
from tests.browser.entry import august, notes_of, open_report, wait_for_saved

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

RULES = "/programmes/fuyang-2020/cross-rules/"
NAME = "开工的泵站都在治理项目里（演示数据）"
#: A = B + C, over indicators of item 31.
TERMS = {"left-1": "新开工排涝泵站", "right-1": "2019年开工重点易涝区排涝", "right-2": "新开工中小河流治理"}


def test_rule_is_tried_on_past_months_flags_a_report_and_gets_its_reason(people):
    office = people.enter("city_office")
    draft_and_try(office)
    store_and_activate(office)

    clerk, report = people.enter("yingshang_clerk"), august("341226")
    break_it_and_say_why(clerk, report)

    flag = FigureFlag.objects.get(figure__report=report, code=f"cross-{CrossRule.objects.get(name=NAME).pk}")
    assert flag.reason == "两座泵站改由市里实施"
    assert flag.figure.indicator.name == TERMS["left-1"]


def draft_and_try(page):
    """A dry run of what is not stored yet: 颍上县 has 1 = 0 + 0 in May and 1 = 1 + 1 in June, both wrong."""
    page.goto(RULES)
    page.get_by_role("link", name="新增勾稽关系").click()
    page.get_by_label("名称").fill(NAME)
    for place, name in TERMS.items():
        option = page.locator(f"[name='{place}-indicator'] option", has_text=name)
        page.locator(f"[name='{place}-indicator']").select_option(option.get_attribute("value"))
    page.get_by_role("button", name="试算以往各月").click()

    results = page.locator("section", has_text="试算结果")
    expect(results.locator("tbody tr").first).to_be_visible()
    assert {month: outcome(results, month) for month in ("4", "5", "6", "7")} == {
        "4": ["0", "0", "0", "✓ 相符"],
        "5": ["1", "0", "+1", "! 不符"],
        "6": ["1", "2", "−1", "! 不符"],
        "7": ["2", "2", "0", "✓ 相符"],
    }
    assert not CrossRule.objects.filter(name=NAME).exists()


def outcome(results, month):
    """Return what the dry run says of 颍上县 in 2020年1—<month>月: left, right, difference, result."""
    group = results.locator("tbody").filter(has_text=f"1—{month}月")
    return group.locator("tr", has_text="颍上县").locator("td").all_inner_texts()


def store_and_activate(page):
    """Stored, it is shown with the same dry run, only what is broken; then it is put in use."""
    page.get_by_role("button", name="存下").click()
    page.get_by_role("link", name="只看不符").click()
    results = page.locator("section", has_text="试算结果")
    expect(results.locator("td", has_text="✓ 相符")).to_have_count(0)
    expect(results.locator("td", has_text="! 不符")).to_have_count(2)
    page.get_by_role("button", name="启用").click()
    expect(page.locator("#messages")).to_contain_text("已启用")


def break_it_and_say_why(page, report):
    """3 = 1 + 1 is asked about at the left side as soon as it is stored, and the reason is given there."""
    open_report(page, report)
    cells = {name: page.locator(f"input[name^='f-'][aria-label^='{name} ']") for name in TERMS.values()}
    for name, value in zip(TERMS.values(), ("3", "1", "1"), strict=True):
        cells[name].fill(value)
    page.keyboard.press("Control+s")
    notes = notes_of(page, cells[TERMS["left-1"]])
    expect(notes).to_contain_text(NAME)

    notes.get_by_role("textbox").fill("两座泵站改由市里实施")
    notes.get_by_role("textbox").press("Enter")
    expect(cells[TERMS["left-1"]].locator("xpath=ancestor::tr")).to_contain_text("已说明")
    wait_for_saved(page)
