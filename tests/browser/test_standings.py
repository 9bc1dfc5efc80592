"""From the map to one figure and back, by keyboard: what a leader asks, and what may be sent on to a county."""

import struct

import pytest
from playwright.sync_api import expect

from tests.support.browser import press_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

MONTH = "/programmes/fuyang-2020/{}/"
#: Issued: everybody sees it, nobody changes it; 8 is open: a county sees its own figures alone.
ISSUED, OPEN = MONTH.format("2020-07"), MONTH.format("2020-08")


def test_map_leads_to_a_project_to_its_figures_and_to_why_they_are_so(people):
    page = people.enter("leader", accept_downloads=True)
    page.goto(f"{ISSUED}ranking/")
    switch_by_keyboard(page)
    open_project_from_the_map(page)
    keep_the_picture(page)
    ask_why_of_a_figure(page)

    address = why_of_taihe_as_sent(page)
    people.expected.append("status of 404")

    send_to_the_county(people.enter("taihe_clerk"), address)


def switch_by_keyboard(page):
    """Another yardstick, then another number in the cells, which keeps the first."""
    for chosen in ("时序", "差距"):
        press_until(page, "Tab", f"element.textContent.startsWith('{chosen}')")
        page.keyboard.press("Enter")
        expect(page.locator(".segmented [aria-current]", has_text=chosen)).to_be_visible()
    expect(page.get_by_role("navigation", name="对照").locator("[aria-current]")).to_have_text("时序 58.33%")
    # 太和县's worst of three indicators: 4 of 9 kindergartens, 44.44 − 58.33 (7 ÷ 12) = −13.89.
    expect(page.locator("#project-26")).to_contain_text("−13.89")


def open_project_from_the_map(page):
    """The row opens to its indicators; one of them leads to its page, the chart drawn and the same in a table."""
    page.get_by_role("link", name="展开学前教育促进的指标").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#project-26 + .row-detail")).to_be_visible()
    page.locator("#project-26 ~ .row-detail").get_by_role("link", name="培训幼儿教师").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("26 学前教育促进")
    box = page.locator("section", has=page.locator(".chart"))
    expect(box.locator(".chart svg")).to_be_visible()
    drawn = page.locator(".chart svg text", has_text="太和县")
    expect(drawn).to_be_visible()
    expect(page.locator(".project-table tbody tr", has_text="太和县")).to_be_visible()


def keep_the_picture(page):
    """What is downloaded is a PNG with a drawing in it."""
    with page.expect_download() as download:
        page.get_by_role("button", name="下载图片").click()
    picture = download.value.path().read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) > (1000, 300)


def ask_why_of_a_figure(page):
    """By a key and by a click: the answer stands beside the page, and Esc gives the keyboard back to the figure."""
    figure, panel = why_link(page), page.locator("#why-panel")
    figure.focus()
    for ask in (lambda: page.keyboard.press("w"), figure.click):
        ask()
        expect(panel.get_by_role("heading", name="数从哪里来")).to_be_visible()
        expect(panel.locator(".why-where")).to_contain_text("太和县")
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        expect(figure).to_be_focused()


def why_link(page):
    """The printed rate of 太和县 in the table of the project's page."""
    return page.locator(".project-table tbody tr", has_text="太和县").locator("a[data-why]").first


def why_of_taihe_as_sent(page):
    """What the button for copying puts on the clipboard."""
    why_link(page).click()
    address = page.locator("#why-panel [data-why-copy]").get_attribute("data-why-copy")
    page.keyboard.press("Escape")
    return address


def send_to_the_county(page, address):
    """The county sees its own answer, of the open month too, and none of another county's before it is issued."""
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_contain_text("培训幼儿教师")
    expect(page.get_by_text("太和县填报人").first).to_be_visible()

    own = address.replace("2020-07", "2020-08").partition("?")[0]
    answers = [page.goto(one).status for one in (own, own.replace("341222", "341226"))]

    assert answers == [200, 404]
