"""Charts in a real browser: drawn from what the server wrote, given as a picture, and not needed without scripts."""

import struct

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

#: An issued month: nobody changes it. 学前教育促进 has three indicators and eight units.
PROJECT = "/programmes/fuyang-2020/2020-07/projects/26/"


def test_chart_is_drawn_read_out_and_given_as_a_picture(people, tmp_path):
    page = people.enter("leader", accept_downloads=True)
    page.goto(PROJECT)

    chart = page.get_by_role("img", name="各月完成率与全省平均")
    expect(chart.locator("svg text", has_text="太和县")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="下载图片").click()

    picture = download.value.path().read_bytes()
    # The size of a PNG stands in its first chunk: twice that of the drawing on the page.
    assert struct.unpack(">II", picture[16:24]) == tuple(
        2 * int(chart.bounding_box()[side]) for side in ("width", "height")
    )
    assert download.value.suggested_filename.startswith("2020年1—7月_26_学前教育促进_")


def test_without_scripts_the_table_says_it_all(people):
    page = people.enter("leader", java_script_enabled=False)
    page.goto(PROJECT)

    expect(page.locator(".project-table tbody tr")).to_have_count(9)
    expect(page.locator("#chart-months")).to_be_hidden()
    expect(page.get_by_role("button", name="下载图片")).to_be_hidden()
