"""The way in, as a browser sees it."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_login_page_comes_with_its_styles_and_without_a_complaint(page):
    page.goto("/login/")

    expect(page.locator("input[name=username]")).to_be_visible()
    styled = page.evaluate("[...document.styleSheets].some(sheet => sheet.cssRules.length > 100)")

    assert styled


def test_wrong_password_is_told_in_chinese(page):
    page.goto("/login/")

    page.fill("input[name=username]", "clerk")
    page.fill("input[name=password]", "wrong-password")
    page.press("input[name=password]", "Enter")

    expect(page.locator("body")).to_contain_text("密码")
    assert "/login/" in page.url
