"""The browser helpers themselves: what is kept when a test fails, and what fails a test."""

import subprocess
import sys

import pytest

from tests.support.browser import ROOT, Visitors, press_until
from tests.support.processes import wait_until

pytestmark = pytest.mark.browser

INNER_CONFTEST = """
from pathlib import Path
import pytest
from tests.support import browser
from tests.browser.conftest import chromium, pytest_runtest_makereport

browser.RESULTS = Path(__file__).parent / "kept"

@pytest.fixture
def visitors(request, chromium):
    log = Path(__file__).parent / "web.log"
    log.write_text("a line of the server")
    with browser.visitors_of(request.node, chromium, logs=[log]) as visitors:
        yield visitors
"""
INNER_TEST = """
def test_that_fails(visitors):
    visitors.open("clerk").set_content("<p>what the clerk saw</p>")
    visitors.open("head")
    assert False

def test_that_passes(visitors):
    visitors.open()

def test_that_complains(visitors):
    visitors.open().evaluate("console.error('a broken script')")
"""


def test_failed_test_leaves_pictures_pages_and_logs(tmp_path):
    (tmp_path / "conftest.py").write_text(INNER_CONFTEST)
    (tmp_path / "test_inner.py").write_text(INNER_TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    command = [sys.executable, "-m", "pytest", "-q", "--ds", "tests.settings", "-p", "no:cacheprovider", tmp_path]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    kept = {path.name for path in (tmp_path / "kept").iterdir()}
    failed = {f"test_that_fails.{name}" for name in ("clerk.png", "clerk.html", "head.png", "head.html", "web.log")}
    complained = {f"test_that_complains.{name}" for name in ("visitor.png", "visitor.html", "web.log")}
    assert kept == failed | complained
    assert "what the clerk saw" in (tmp_path / "kept" / "test_that_fails.clerk.html").read_text()
    assert str(tmp_path / "kept" / "test_that_fails.clerk.png") in result.stdout
    assert "visitor: a broken script" in result.stdout
    # The complaint comes with the teardown: that test's body passed.
    assert "1 failed, 2 passed, 1 error" in result.stdout


def test_press_until_says_what_it_did_not_come_to(chromium):
    visitors = Visitors(chromium)
    page = visitors.open()
    page.set_content("<button>one</button><button id='two'>two</button>")

    press_until(page, "Tab", "element.id === 'two'", limit=2)
    with pytest.raises(AssertionError, match=r"Tab pressed 3 times did not come to: element.id === 'three'"):
        press_until(page, "Tab", "element.id === 'three'", limit=3)

    visitors.close()


def test_wait_until_names_what_did_not_come():
    with pytest.raises(AssertionError, match=r"not in 0.1 s: the file"):
        wait_until(lambda: False, "the file", seconds=0.1)
