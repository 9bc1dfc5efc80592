"""为什么 in a real browser: opened from a cell, gone through by keys, closed again; a plain page without scripts."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

#: An issued month: nobody changes it.
RANKING = "/programmes/fuyang-2020/2020-07/ranking/"


def test_cell_opens_its_answer_beside_the_page_and_gives_the_keyboard_back(people):
    page = people.enter("leader")
    page.goto(RANKING)
    cells = page.locator("#project-4 a[data-why]")
    cells.nth(1).focus()

    page.keyboard.press("w")

    panel = page.locator("#why-panel")
    expect(page.get_by_role("dialog", name=re.compile("项目得分"))).to_be_visible()
    expect(panel.locator(".why-where")).to_contain_text("颍东区")
    expect(panel).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(panel.locator(".why-where")).to_contain_text("颍泉区")
    page.keyboard.press("j")
    expect(panel.locator("h2")).to_have_text(re.compile("^5 "))
    panel.locator(".why-table a[data-why]").first.click()
    expect(panel.get_by_text("数从哪里来")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator("#project-5 a[data-why]").nth(2)).to_be_focused()


def test_without_scripts_a_cell_leads_to_the_answer_as_a_page(people):
    page = people.enter("leader", java_script_enabled=False)
    page.goto(RANKING)

    page.locator("#project-4 a[data-why]").first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("项目得分"))
    expect(page.get_by_text("颍州区 ·")).to_be_visible()
