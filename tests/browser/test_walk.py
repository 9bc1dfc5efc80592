"""The whole main job once through: a county's figures become the city's 通报, in the browser, with a real worker."""

import datetime
import io
from decimal import Decimal

import docx
import pytest
from playwright.sync_api import expect

from projects.models import Figure, Participant, Report, ReportingPeriod
from supervision.models import Document, Snapshot
from supervision.standings import snapshot_standings
from tests.support.browser import focused, press_until

# The journey may take a minute on two busy cores; each of its steps has a limit of its own.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

YINGSHANG = "341226"
NUMBER = 57
CELL = "(element.name || '').startsWith('f-')"


@pytest.fixture
def august(demo_site):
    """The demo's open month."""
    return ReportingPeriod.objects.select_related("programme").get(
        programme__code="fuyang-2020", ends_on=datetime.date(2020, 8, 31)
    )


@pytest.fixture
def report(august):
    """颍上县's report, which nobody has begun to fill."""
    return Report.objects.get(period=august, participant__code=YINGSHANG)


def test_figures_of_a_county_become_the_issued_bulletin(demo_visitors, stopwatch, august, report):
    clerk = demo_visitors.log_in("yingshang_clerk")
    stopwatch.lap("log in")
    figures = fill_by_keyboard(clerk, report)
    stopwatch.lap("fill and save")

    sign_and_submit(demo_visitors.log_in("yingshang_head"), report)
    stopwatch.lap("sign and submit")

    office = demo_visitors.log_in("city_office")
    approve_all(office, august)
    stopwatch.lap("approve")
    average = enter_average(office, august, figures)
    stopwatch.lap("average")
    close(office, august)
    stopwatch.lap("close, in the worker")
    issue(office, demo_visitors.log_in("city_office_head"), august)
    stopwatch.lap("issue")
    paper = download(office)
    stopwatch.lap("file, in the worker, and download")

    assert_paper_is_what_the_standings_say(paper, office, august, average)


def fill_by_keyboard(page, report):
    """Reach the report, fill six cells and save them without a mouse; one refused value is put right.

    Returns the stored values by indicator id.
    """
    press_until(page, "Tab", "element.matches('main a') && element.href.includes('/report')")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/reports/{report.pk}/")
    press_until(page, "Tab", CELL)
    names = []
    for value in ("11", "12", "-5", "14", "15"):
        names.append(focused(page))
        page.keyboard.type(value)
        page.keyboard.press("Enter")
    names.append(focused(page))
    page.keyboard.press("ArrowUp")
    assert focused(page) == names[4]
    page.keyboard.press("ArrowDown")
    page.keyboard.type("16")
    page.keyboard.press("Control+s")

    refused = page.locator(f"[name='{names[2]}']")
    expect(refused).to_have_attribute("aria-invalid", "true")
    expect(refused).to_be_focused()
    expect(page.locator(".note-error", has_text="没有存：")).to_have_count(1)
    # Nothing of what was typed is lost: the five good cells are stored, the bad one waits where the cursor is.
    assert report.figures.filter(state="reported").count() == 5

    page.keyboard.press("Control+a")
    page.keyboard.type("13")
    page.keyboard.press("Control+s")
    expect(page.locator(".note-error")).to_have_count(0)
    expect(page.locator(".foot-facts .tone-green")).to_be_visible()
    stored = {name: page.locator(f"[name='{name}']").input_value() for name in names}
    # The cells show them with the indicators' decimals.
    assert [Decimal(value) for value in stored.values()] == [11, 12, 13, 14, 15, 16]
    found = Figure.objects.filter(report=report, state="reported").order_by("value")
    assert [figure.value for figure in found] == [11, 12, 13, 14, 15, 16]
    return {figure.indicator_id: figure.value for figure in found}


def sign_and_submit(page, report):
    page.goto(f"/reports/{report.pk}/")
    page.get_by_role("button", name="审核人签字").click()
    page.get_by_role("button", name="提交给市民生办").click()
    expect(page.locator(".title-facts .state")).to_contain_text("已提交")


def approve_all(page, period):
    """Approve every report that waits, from the month's page."""
    address = f"/programmes/{period.programme.code}/{period.code}/"
    page.goto(address)
    waiting = page.get_by_role("link", name="审核", exact=True)
    for left in range(waiting.count(), 0, -1):
        expect(waiting).to_have_count(left)
        waiting.first.click()
        page.get_by_role("button", name="审核通过").click()
        expect(page.locator("#messages .band-success")).to_contain_text("已审核通过")
        page.goto(address)
    expect(waiting).to_have_count(0)
    assert not Report.objects.filter(period=period, participant__kind="unit").exclude(state="approved").exists()


def enter_average(page, period, figures):
    """Enter 99.99 for one indicator the county reported; its id and the average as printed."""
    indicator = min(figures)
    page.goto(f"/programmes/{period.programme.code}/{period.code}/benchmarks/")
    page.fill(f"[name='value-{indicator}']", "99.99")
    page.fill("#shared-source", "省民生办通报（演示）")
    page.fill("#shared-as-of", "2020-08-31")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#messages .band-success")).to_be_visible()
    expect(page.locator(f"[name='value-{indicator}']")).to_have_value("99.99")
    return indicator, "99.99"


def close(page, period):
    """Close the month and watch the job's page until the worker is done."""
    page.goto(f"/programmes/{period.programme.code}/{period.code}/close/")
    page.get_by_role("button", name="封账").click()
    page.wait_for_url("**/jobs/*/")
    expect(page.locator("#job")).to_contain_text("已完成（", timeout=60_000)
    page.locator("#job a.btn-primary").click()


def issue(page, colleague, period):
    """Have a colleague read the draft, then give it a number that leaves others out, which the page asks about."""
    draft = Document.objects.get(period=period, kind="bulletin", state="draft")
    colleague.goto(f"/documents/{draft.pk}/")
    colleague.get_by_role("button", name="核稿通过").click()
    expect(colleague.get_by_role("button", name="签发")).to_be_visible()
    page.goto(f"/documents/{draft.pk}/")
    page.fill("[name=issued_on]", "2020-09-29")
    page.fill("[name=number]", str(NUMBER))
    page.get_by_role("button", name="签发").click()
    page.get_by_label("空出的号是在别处印发的").check()
    page.get_by_role("button", name="签发").click()
    expect(page.locator(".paper-number")).to_contain_text(f"{NUMBER}号")


def download(page):
    """Reload until the file of the issued version is there, and open it with python-docx."""
    link = page.get_by_role("link", name="下载 .docx")
    for _ in range(60):
        if link.count():
            break
        # The page says "文件正在生成" and does not ask by itself.
        page.reload(wait_until="networkidle")
    with page.expect_download() as arriving:
        link.click()
    assert f"{NUMBER}号" in arriving.value.suggested_filename
    return docx.Document(io.BytesIO(arriving.value.path().read_bytes()))


def assert_paper_is_what_the_standings_say(paper, page, period, average):
    """Title and number as the page shows them; the first list of names as the frozen standings give it."""
    text = "".join(paragraph.text for paragraph in paper.paragraphs)
    assert page.locator(".paper-title").inner_text() in text
    assert page.locator(".paper-number").inner_text() in text

    indicator, printed = average
    standings = snapshot_standings(Snapshot.objects.latest_of(period))
    names = dict(Participant.objects.filter(programme=period.programme).values_list("id", "printed_name"))
    below = [names[row["participant_id"]] for row in standings.below(indicator)]
    assert below, "an average of 99.99 leaves somebody below it"
    # In the text, or where the text is full in the attachment of the other lists.
    rows = ["，".join(cell.text for cell in row.cells) for table in paper.tables for row in table.rows]
    lines = [*(paragraph.text for paragraph in paper.paragraphs), *rows]
    listed = next(line for line in lines if f"{printed}%" in line)
    places = [listed.index(name) for name in below]
    assert places == sorted(places)
    for paragraph in page.locator(".paper .paper-indent").all_inner_texts():
        assert paragraph.strip() in text
