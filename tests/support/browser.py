"""People in front of a real Chromium: they log in, and leave a picture when a test fails.

States of a page are waited for by `expect(…)`, what lies outside it by `processes.wait_until`; nothing sleeps.
"""

import os
import re
import shutil
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from livelihood.demo_logins import DEMO_PASSWORD

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "test-results"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SMALL, LARGE = (1366, 768), (1920, 1080)

# Two slow cores: a state that has not come by then will not come.
expect.set_options(timeout=20_000)


def launch_chromium(playwright: Playwright) -> Browser:
    """Start the system's Chromium: nothing is downloaded."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.fail("缺少浏览器 Chromium，请运行：sudo apt-get install -y chromium fonts-noto-cjk")
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.getuid() == 0 else [])]
    return playwright.chromium.launch(executable_path=program, args=arguments)


class Visitors:
    """The people of one test, each with a browser profile of their own, on one site.

    `complaints` are the script errors, blocked resources and refused requests their consoles told of.
    """

    def __init__(self, browser: Browser, address: str = "about:blank"):
        self.browser = browser
        self.address = address
        self.complaints: list[str] = []
        #: Parts of messages a test brings about itself: a lost network, an expired login.
        self.expected: list[str] = ["status of 422"]
        self.pages: dict[str, Page] = {}

    def open(self, name: str = "visitor", *, size: tuple[int, int] = SMALL, **options) -> Page:
        """Return a fresh page of a new person; addresses are relative to the site. options: of a browser context."""
        context = self.browser.new_context(
            base_url=self.address,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport={"width": size[0], "height": size[1]},
            **options,
        )
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{name}: {error}"))
        page.on("console", lambda said: self._note(name, said.text) if said.type == "error" else None)
        self.pages[name] = page
        return page

    def log_in(self, username: str, *, password: str = DEMO_PASSWORD, **options) -> Page:
        """Return the first page of somebody who came in by the login page."""
        page = self.open(username, **options)
        page.goto("/login/")
        page.fill("[name=username]", username)
        page.fill("[name=password]", password)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
        return page

    def enter(self, username: str, **options) -> Page:
        """Return a page of somebody who is logged in already; the test's connections point at the site's database."""
        client = Client()
        client.force_login(get_user_model().objects.get(username=username))
        cookie = {"name": settings.SESSION_COOKIE_NAME, "url": self.address}
        page = self.open(username, **options)
        page.context.add_cookies([cookie | {"value": client.cookies[settings.SESSION_COOKIE_NAME].value}])
        return page

    def keep(self, name: str, *, logs=(), folder: Path | None = None) -> list[Path]:
        """Keep a picture and the HTML of every open page, and the servers' logs; the files written."""
        folder = folder or RESULTS
        folder.mkdir(parents=True, exist_ok=True)
        stem = re.sub(r"\W+", "_", name)
        kept = []
        for who, page in self.pages.items():
            kept += [folder / f"{stem}.{who}.png", folder / f"{stem}.{who}.html"]
            page.screenshot(path=kept[-2], full_page=True)
            kept[-1].write_text(page.content())
        for log in logs:
            kept.append(folder / f"{stem}.{log.name}")
            shutil.copyfile(log, kept[-1])
        return kept

    def close(self) -> None:
        for page in self.pages.values():
            page.context.close()

    def _note(self, name: str, text: str) -> None:
        # A refused form answers 422 with its messages: the browser mentions every such answer.
        if not any(part in text for part in self.expected):
            self.complaints.append(f"{name}: {text}")


@contextmanager
def visitors_of(item: pytest.Item, browser: Browser, address: str = "about:blank", *, logs=()):
    """Yield the Visitors of one test; when it has failed, what they saw is kept in test-results/.

    A complaint of a console fails a test that would have passed. Needs `note_failure` in the conftest's hook.
    """
    visitors = Visitors(browser, address)
    try:
        yield visitors
        failed = getattr(item, "failed_in_browser", False)
        if failed or visitors.complaints:
            kept = visitors.keep(item.name, logs=logs)
            item.add_report_section("teardown", "what the browser showed", "\n".join(map(str, kept)))
    finally:
        visitors.close()
    assert not visitors.complaints, "the browser complained:\n" + "\n".join(visitors.complaints)


def note_failure(item: pytest.Item, report: pytest.TestReport) -> None:
    """Remember on the test that its body failed: fixtures ask after it."""
    if report.when == "call":
        item.failed_in_browser = report.failed


def focused(page: Page) -> str:
    """Return the name of the field that has the keyboard, "" for none."""
    return page.evaluate("document.activeElement && document.activeElement.getAttribute('name') || ''")


def press_until(page: Page, key: str, is_there, *, limit: int = 80) -> int:
    """Press a key until the page's focused element fulfils `is_there` (JavaScript of `element`); how often it took."""
    for nth in range(limit):
        page.keyboard.press(key)
        if page.evaluate(f"(element => {is_there})(document.activeElement)"):
            return nth + 1
    raise AssertionError(f"{key} pressed {limit} times did not come to: {is_there}")


class Hands:
    """One person's keyboard and mouse, which count what they do; a character typed is one key."""

    def __init__(self, page: Page):
        self.page, self.keys, self.clicks = page, 0, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.keys += len(keys)

    def press_until(self, key: str, is_there: str, **options) -> None:
        self.keys += press_until(self.page, key, is_there, **options)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.keys += len(text)

    def click(self, locator: Locator) -> None:
        locator.click()
        self.clicks += 1


class Stopwatch:
    """How long the steps of a journey took; printed at the end of the run."""

    def __init__(self, name: str):
        self.name = name
        self.laps: list[tuple[str, float]] = []
        self.note = ""
        self._last = time.monotonic()

    def lap(self, step: str) -> None:
        now = time.monotonic()
        self.laps.append((step, now - self._last))
        self._last = now

    def line(self) -> str:
        steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in self.laps)
        return f"{self.name}: {sum(seconds for _, seconds in self.laps):.1f} s ({steps}){self.note}"
