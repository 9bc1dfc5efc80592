"""One project over all units, as the city office fills it: blocks, arrows, two at once, and a lost network."""

import datetime
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from projects.models import Figure
from tests.browser.entry import LOST, paste

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

#: 颍上县 has only begun; everybody else has submitted. Indicators: 扩面延伸, 大中修比例, 大中修里程, ….
ROADS = "/programmes/fuyang-2020/2020-08/matrix/4/"


def open_matrix(page, address=ROADS):
    page.goto(address)
    expect(page.locator("#entry[data-ready]")).to_be_attached()
    return page


def cell(page, unit, nth):
    """The nth cell one types in of a unit."""
    return page.locator(f"tr[data-unit='{unit}'] td.input-cell input").nth(nth)


def stored(locator):
    """What the database has of the cell."""
    participant, indicator = locator.get_attribute("data-key").split("-")
    figures = Figure.objects.filter(period__ends_on=datetime.date(2020, 8, 31))
    found = figures.filter(participant=participant, indicator=indicator).first()
    return found and found.value


def test_block_pasted_from_a_sheet_fills_rows_by_columns_and_leaves_what_was_submitted(people):
    page = open_matrix(people.enter("city_office"))
    cell(page, "颍上县", 0).click()

    # The second line meets 界首市, which has submitted; the third 市本级, which has no task.
    paste(page, "41.20\t5.1\t45.5\n99\t9\t99\n1\t2\t3\n")

    expect(page.locator("[data-status=saved]")).to_be_visible()
    assert [stored(cell(page, "颍上县", nth)) for nth in range(3)] == [Decimal("41.2"), Decimal("5.1"), Decimal("45.5")]
    expect(page.locator("#entry-bands")).to_contain_text("6 格不归您填或没有任务，没有动")
    # 41.20 ÷ 67.40 = 61.127… %
    expect(page.locator("tr[data-unit='颍上县'] td[data-rate]").first).to_have_text("61.13")


def test_arrows_go_both_ways_and_space_confirms_last_month(people):
    page = open_matrix(people.enter("city_office"))
    last = cell(page, "颍上县", 3).get_attribute("data-carried")
    cell(page, "颍上县", 2).click()

    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")

    expect(cell(page, "颍上县", 3)).to_have_value(last)
    expect(page.locator("[data-status=saved]")).to_be_visible()
    assert stored(cell(page, "颍上县", 3)) == Decimal(last)
    page.keyboard.press("ArrowDown")
    expect(cell(page, "全市", 1)).to_be_focused()


def test_two_in_one_cell_and_the_second_decides(people):
    first, second = open_matrix(people.enter("city_office")), open_matrix(people.enter("city_office"))
    cell(first, "全市", 0).fill("4.51")
    cell(first, "全市", 0).press("Enter")
    expect(first.locator("[data-status=saved]")).to_be_visible()

    cell(second, "全市", 0).fill("4.62")
    cell(second, "全市", 0).press("Enter")

    expect(second.locator(".matrix-wrong")).to_contain_text("存为 4.51，您填的是 4.62，两个都没有丢")
    assert stored(cell(second, "全市", 0)) == Decimal("4.51")
    second.get_by_role("button", name="用 4.62").click()
    expect(second.locator(".matrix-wrong")).to_be_hidden()
    assert stored(cell(second, "全市", 0)) == Decimal("4.62")


def test_cell_typed_without_a_network_is_sent_when_it_is_back(people):
    people.expected.append(LOST)
    page = open_matrix(people.enter("city_office"))
    target = cell(page, "颍上县", 4)
    page.context.set_offline(True)
    target.fill("88.8")
    target.press("Enter")
    expect(page.locator("[data-band=network]")).to_be_visible()

    page.context.set_offline(False)

    expect(page.locator("[data-status=saved]")).to_be_visible()
    assert stored(target) == Decimal("88.8")


def test_lead_agency_reads_its_items_and_has_nothing_to_type(people):
    page = people.enter("city_education")
    page.goto("/programmes/fuyang-2020/2020-08/matrix/26/")

    expect(page.locator("tr[data-unit='颍上县']")).to_contain_text("填报中")
    expect(page.locator("tr[data-unit='太和县'] td[data-rate]").first).not_to_have_text("—")
    assert page.locator("td.input-cell").count() == 0
