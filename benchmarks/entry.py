"""The entry pages as a browser has them: a paste until the page says that everything is saved; and fifty clerks."""

import os
from decimal import Decimal

from django.conf import settings
from django.db.models import Sum
from django.urls import NoReverseMatch, reverse
from playwright.sync_api import Page, sync_playwright

from benchmarks.clerks import measure_clerks
from benchmarks.entry_data import Sheet, has_values, officer, open_month, session_of, sheets, stored
from benchmarks.measure import Result
from benchmarks.pages import website
from projects.models import Indicator, Participant, ReportingPeriod
from supervision.synthetic.synthetic_database import DEFAULT_DATABASE, synthetic_database
from tests.support.browser import LARGE, launch_chromium

#: (participants, indicators, months): fifty counties with the 131 indicators of a real list; a city's list of units.
ENTRY, SMALL_ENTRY = (50, 131, 3), (6, 20, 3)
MATRIX, SMALL_MATRIX = (200, 10, 3), (12, 10, 3)

#: Pastes the text into a cell as the browser would, and answers when the page shows that nothing is left to send.
PASTE = """
([selector, text]) => new Promise((resolve, reject) => {
  const status = (name) => document.querySelector(`[data-status="${name}"]`);
  const input = document.querySelector(selector);
  input.focus();
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const begun = performance.now();
  const isDone = () => !status("saved").hidden && status("sending").hidden && status("waiting").hidden;
  const look = () => {
    if (isDone()) {
      resolve((performance.now() - begun) / 1000);
    } else if (performance.now() - begun > 120000) {
      reject(new Error("not saved: " + document.querySelector(".foot-facts").textContent));
    } else {
      requestAnimationFrame(look);
    }
  };
  input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  look();
})
"""


def run(*, repeats: int, small: bool) -> list[Result]:
    """Measure on the database of the standings, kept from run to run."""
    # Playwright's loop runs in this thread, and Django fears for the connection; nothing of ours runs beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with synthetic_database(DEFAULT_DATABASE + ("_small" if small else "")):
        entry_size, matrix_size = (SMALL_ENTRY, SMALL_MATRIX) if small else (ENTRY, MATRIX)
        period = open_month(**_named(entry_size))
        counties = sheets(period, entry_size[0])
        matrix = open_month(**_named(matrix_size), one_project=True)
        with website() as address:
            return [
                measure_entry(counties[0], address, repeats),
                *measure_matrix(matrix, address, repeats),
                *measure_clerks(counties, address, repeats),
            ]


def _named(size: tuple[int, int, int]) -> dict[str, int]:
    return dict(zip(("participants", "indicators", "months"), size, strict=True))


def measure_entry(sheet: Sheet, address: str, repeats: int) -> Result:
    """A county's whole sheet pasted: the figure and a remark of every indicator."""
    times = []
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        page = _page(browser, address, session_of(sheet.clerk))
        # One more than counted: the first has cold caches on both sides.
        first = _next_run(sheet)
        for run in range(first, first + repeats + 1):
            page.goto(reverse("projects:report-detail", args=[sheet.report.pk]))
            lines = [f"{value}\t第{run}次填" for value in sheet.values(run)]
            times.append(_paste(page, "tr.entry-row td.input-cell input", "\n".join(lines)))
            if (count := stored(sheet, f"第{run}次填")) != len(lines):
                raise AssertionError(f"{count} of {len(lines)} lines are in the database")
        browser.close()
    size = f"{len(sheet.indicators)} rows of figure and remark"
    return Result(f"Entry page, {size}", times[1:], "s", bar=2, note="pasted until all are saved, in Chromium")


def measure_matrix(period: ReportingPeriod, address: str, repeats: int) -> list[Result]:
    """A project's month of all units pasted by the city office; nothing while there is no such page."""
    indicators = list(Indicator.objects.of_programme(period.programme))
    seq = indicators[0].sub_project.project.seq
    try:
        path = reverse("projects:project-matrix", args=[period.programme.code, period.code, seq])
    except NoReverseMatch:
        return []
    units = list(Participant.objects.filter(programme=period.programme, kind="unit").order_by("order"))
    times, first = [], _next_value(period)
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        page = _page(browser, address, session_of(officer(period)))
        for run in range(first, first + repeats + 1):
            values = {
                (unit.pk, row.pk): Decimal(run + nth) for nth, row in enumerate(indicators, start=1) for unit in units
            }
            lines = ["\t".join(str(values[unit.pk, row.pk]) for row in indicators) for unit in units]
            page.goto(path)
            times.append(_paste(page, "#entry td input", "\n".join(lines)))
            if not has_values(period, values):
                raise AssertionError("not every cell of the matrix is in the database")
        browser.close()
    size = f"{len(units)} × {len(indicators)}"
    return [Result(f"Matrix page, {size}", times[1:], "s", bar=2, note="pasted until all are saved, in Chromium")]


def _page(browser, address: str, session: str) -> Page:
    context = browser.new_context(base_url=address, locale="zh-CN", viewport={"width": LARGE[0], "height": LARGE[1]})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    return context.new_page()


def _paste(page: Page, selector: str, text: str) -> float:
    """Return the seconds from the paste to the page's word that all is saved; a cell refused is told by the caller."""
    page.wait_for_function("window.entry && window.entry.paste")
    return page.evaluate(PASTE, [selector, text])


def _next_run(sheet: Sheet) -> int:
    """Return a number no earlier measurement of this database used: values and remarks must be new."""
    return sheet.report.version * 10 % 9000 + 1


def _next_value(period: ReportingPeriod) -> int:
    return period.reports.aggregate(total=Sum("version"))["total"] % 9000 + 1
