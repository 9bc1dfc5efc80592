"""What tests of the entry page do again and again: open it, find a cell, paste, wait until all is stored."""

import datetime

from playwright.sync_api import expect

from projects.models import Figure, Report

ROWS = "#entry tr.entry-row[data-part=figures]"
CELLS = f"{ROWS} input[name^='f-']"
#: What the console says of a request that did not come through.
LOST = "net::ERR"


def august(code):
    """Return a unit's report of the city's open month in the demo; a county's own programme knows its code as well."""
    month = {"period__programme__code": "fuyang-2020", "period__ends_on": datetime.date(2020, 8, 31)}
    return Report.objects.get(**month, participant__code=code)


def open_report(page, report, query=""):
    """Go to the entry page; the page, once its script has begun."""
    page.goto(f"/reports/{report.pk}/{query}")
    expect(page.locator("#entry[data-ready]")).to_be_attached()
    return page


def cell(page, seq, nth=0):
    """Return the nth cell one types in of an item."""
    return page.locator(f"tbody[data-section='{seq}'] input[name^='f-']").nth(nth)


def key_of(locator):
    """Return (participant id, indicator id) of a cell."""
    return tuple(int(number) for number in locator.get_attribute("name")[2:].split("-"))


def notes_of(page, locator):
    """Return the line of notes under a cell's line."""
    return page.locator(f"tr.entry-notes[data-for='{locator.get_attribute('name')[2:]}']")


def stored(report, locator):
    """Return the figure the database has for a cell, or None."""
    participant, indicator = key_of(locator)
    return Figure.objects.filter(report=report, participant=participant, indicator=indicator).first()


def paste(page, text, html=""):
    """Do what Ctrl+V does after a copy in WPS: both kinds of content, at the cell that has the keyboard."""
    page.evaluate(
        """([text, html]) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            if (html) { data.setData("text/html", html); }
            const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
            document.activeElement.dispatchEvent(event);
        }""",
        [text, html],
    )


def wait_for_saved(page):
    """Wait until the page says that nothing is left to send."""
    expect(page.locator("[data-status=saved]")).to_be_visible()
    expect(page.locator("[data-status=sending]")).to_be_hidden()
    expect(page.locator("[data-status=waiting]")).to_be_hidden()
