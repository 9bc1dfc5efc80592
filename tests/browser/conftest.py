"""A real browser on the real web server, worker and database; what it saw is kept when a test fails."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.support import processes
from tests.support.browser import Stopwatch, launch_chromium, note_failure, visitors_of
from tests.support.demo import demo_database

# Playwright's loop runs in the test's thread; Django would take our ORM calls for calls from async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
WATCHES: list[Stopwatch] = []


@dataclass(frozen=True)
class Site:
    """A running site: its address and the logs of its processes."""

    address: str
    logs: list[Path]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    note_failure(item, report)
    return report


def pytest_terminal_summary(terminalreporter):
    for watch in WATCHES:
        terminalreporter.write_line(watch.line())


@pytest.fixture(scope="session")
def chromium():
    """The system's Chromium, one for the run."""
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture
def visitors(request, chromium, web_process):
    """People on a site of an empty database: `visitors.log_in("clerk", password=…)`."""
    process, address = web_process
    with visitors_of(request.node, chromium, address, logs=[process.log]) as visitors:
        yield visitors


@pytest.fixture
def page(visitors):
    """A fresh page of somebody not logged in; a script error or a blocked resource fails the test."""
    return visitors.open()


@pytest.fixture
def demo_site(django_db_setup, django_db_blocker, broker, tmp_path):
    """The demo served as in production, for one test alone: web, worker, a database of its own."""
    with django_db_blocker.unblock(), demo_database():
        worker = processes.start_worker(tmp_path / "worker.log")
        web, address = processes.start_web(tmp_path / "web.log")
        yield Site(address, [web.log, worker.log])
        web.stop()
        worker.stop()


@pytest.fixture
def demo_visitors(request, chromium, demo_site):
    """People on the demo's site: `demo_visitors.log_in("city_office")`."""
    with visitors_of(request.node, chromium, demo_site.address, logs=demo_site.logs) as visitors:
        yield visitors


@pytest.fixture(scope="module")
def shared_demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demo without a worker, for a module of tests that only look."""
    with django_db_blocker.unblock(), demo_database():
        web, address = processes.start_web(tmp_path_factory.mktemp("site") / "web.log")
        yield Site(address, [web.log])
        web.stop()


@pytest.fixture
def stopwatch(request):
    """Times a journey; its line is printed at the end of the run."""
    WATCHES.append(Stopwatch(request.node.name))
    return WATCHES[-1]
