"""A real browser on the real web server, worker and database; what it saw is kept when a test fails."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connections
from django.utils import timezone
from playwright.sync_api import sync_playwright

from livelihood.models import Job
from tests.support import databases, processes
from tests.support.browser import Stopwatch, launch_chromium, note_failure, visitors_of
from tests.support.demo import demo_database

# Playwright's loop runs in the test's thread; Django would take our ORM calls for calls from async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# A site's two processes import the product once.
os.environ["GUNICORN_CMD_ARGS"] = "--preload"


#: The files that take longest, in this order before the others: two browsers end at the same time.
LONGEST = [
    "test_accessibility",
    "test_entry",
    "test_supervision",
    "test_walk",
    "test_month",
    "test_new_year",
    "test_import",
    "test_funds",
]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


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


@pytest.fixture(scope="session")
def chromium():
    """The system's Chromium, one for the run."""
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def empty_site(django_db_setup, django_db_blocker, tmp_path_factory):
    """A site with one person, `clerk`, and no data, one for the run: for what is seen before a login."""
    log = tmp_path_factory.mktemp("empty-site") / "web.log"
    name = f"livelihood_empty_{databases.worker_name()}"
    before = connections["default"].settings_dict["NAME"]
    with django_db_blocker.unblock():
        databases.clone_template(name)
        databases.point_connections_at(name)
        get_user_model().objects.create_user(username="clerk", password="right-password")
        databases.point_connections_at(before)
        web, address = processes.start_web(log, environment={"LIVELIHOOD_DATABASE": name})
        yield Site(address, [log])
        web.stop()
        databases.drop_database(name)


@pytest.fixture
def visitors(request, chromium, empty_site):
    """People in front of the login page of an empty site."""
    with visitors_of(request.node, chromium, empty_site.address, logs=empty_site.logs) as visitors:
        yield visitors


@pytest.fixture
def page(visitors):
    """A fresh page of somebody not logged in; a script error or a blocked resource fails the test."""
    return visitors.open()


@pytest.fixture
def demo_site(django_db_setup, django_db_blocker, broker, tmp_path):
    """The demo served as in production, for one test alone: web, worker, a database of its own."""
    with django_db_blocker.unblock(), demo_database():
        # The demo's own papers still wait to be rendered: half a minute of LibreOffice before the journey's first job.
        Job.objects.filter(state="queued").update(state="cancelled", finished_at=timezone.now())
        worker = processes.start_worker(tmp_path / "worker.log")
        web, address = processes.start_web(tmp_path / "web.log")
        yield Site(address, [web.log, worker.log])
        web.stop()
        # Its database goes with the test; a gentle end takes Celery three seconds.
        worker.kill()


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


@pytest.fixture(scope="session")
def busy_demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demo without a worker, one for the run, for tests that change it: each works in cells of its own."""
    with django_db_blocker.unblock(), demo_database():
        web, address = processes.start_web(tmp_path_factory.mktemp("busy-site") / "web.log")
        yield Site(address, [web.log])
        web.kill()


@pytest.fixture
def people(request, chromium, busy_demo):
    """People on the busy demo: `people.enter("yingshang_clerk")`."""
    with visitors_of(request.node, chromium, busy_demo.address, logs=busy_demo.logs) as visitors:
        yield visitors


@pytest.fixture
def stopwatch(request):
    """Times a journey; its line is printed at the end of the run."""
    watch = Stopwatch(request.node.name)
    yield watch
    request.node.user_properties.append(("times", watch.line()))
