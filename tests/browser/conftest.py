"""A real browser on the real web server, worker and database; what it saw is kept when a test fails."""

import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

RESULTS = Path(__file__).resolve().parents[2] / "test-results"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Playwright's loop runs in the test's thread; Django would take our ORM calls for calls from async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if report.when == "call":
        item.failed_in_browser = report.failed
    return report


@pytest.fixture(scope="session")
def chromium():
    """The system's Chromium: nothing is downloaded."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.fail("缺少浏览器 Chromium，请运行：sudo apt-get install -y chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.getuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(request, chromium, web_process):
    """A fresh page whose addresses are relative to the site; a script error or a blocked resource fails the test."""
    process, address = web_process
    context = chromium.new_context(base_url=address, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    if getattr(request.node, "failed_in_browser", False):
        RESULTS.mkdir(exist_ok=True)
        name = re.sub(r"\W+", "_", request.node.name)
        page.screenshot(path=RESULTS / f"{name}.png", full_page=True)
        (RESULTS / f"{name}.html").write_text(page.content())
        (RESULTS / f"{name}.log").write_text(process.text())
    context.close()
    assert complaints == []
