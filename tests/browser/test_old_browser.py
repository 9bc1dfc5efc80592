"""What a browser older than Chromium 86 gets: a notice and a page that can be read and used, never a white page."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import ROOT

pytestmark = pytest.mark.browser

NOTICE = "这个浏览器的版本太旧"


def test_present_browser_does_not_see_the_notice(page):
    page.goto("/login/")

    expect(page.get_by_text(NOTICE)).to_be_hidden()


def test_browser_without_the_feature_sees_the_notice_above_the_page(page):
    # To such a browser the condition is one it does not know: it skips the block.
    styles = (ROOT / "static" / "css" / "app.css").read_text()
    assert "@supports selector(:focus-visible)" in styles
    older = styles.replace("selector(:focus-visible)", "selector(:not-yet-known)")
    page.route("**/css/app*.css", lambda route: route.fulfill(body=older, content_type="text/css"))

    page.goto("/login/")

    expect(page.get_by_text(NOTICE)).to_be_visible()
    expect(page.get_by_role("button", name="登录")).to_be_visible()


def test_browser_without_scripts_and_styles_reads_and_uses_the_page(visitors):
    page = visitors.open("old", java_script_enabled=False)
    page.route("**/*.css", lambda route: route.fulfill(body="", content_type="text/css"))

    page.goto("/login/")
    expect(page.get_by_text(NOTICE)).to_be_visible()
    page.fill("[name=username]", "nobody")
    page.fill("[name=password]", "nothing")
    page.get_by_role("button", name="登录").click()

    expect(page.locator("body")).to_contain_text("密码")
