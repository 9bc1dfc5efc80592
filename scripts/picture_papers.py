"""How the pictures of papers and of what follows from them are reached: 通报 and letters, 核对, 整改, 督查, 公示."""

import time
from collections.abc import Callable

from picture_steps import OPEN_MONTH, PATIENCE_SECONDS, PROGRAMME
from playwright.sync_api import Page

#: The window of a phone.
PHONE = {"width": 390, "height": 844}
PDF = "a[href$='download/?format=pdf']"


def open_paper(kind: str) -> Callable[[Page], None]:
    """Reach the newest issued paper of a kind (the value of its choice in the archive), with its files made."""

    def reach(page: Page) -> None:
        page.goto(f"/documents/?kind={kind}&state=issued")
        page.locator("tbody a").first.click()
        page.locator(".paper").wait_for()
        _wait_for_files(page)

    return reach


def _wait_for_files(page: Page) -> None:
    """Reload until the worker has made the .pdf, the last of the files to come."""
    limit = time.monotonic() + PATIENCE_SECONDS
    while not page.locator(PDF).count():
        if time.monotonic() > limit:
            raise SystemExit("公文的 PDF 一直没有生成，后台任务没有在运行，或者没有安装 LibreOffice。")
        page.wait_for_timeout(2000)
        page.reload()


def pdf_of(page: Page, kind: str) -> bytes:
    """Return the .pdf of the newest issued paper of a kind."""
    open_paper(kind)(page)
    return page.request.get(page.locator(PDF).get_attribute("href")).body()


def edit_draft(page: Page) -> None:
    """Open the editor of a draft: chapters, the text, how a chapter is written."""
    page.goto("/documents/?state=draft")
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="编辑", exact=True).first.click()
    page.wait_for_url("**/edit/**")


def open_letter(page: Page) -> None:
    """Open the newest letter, with the unit's answer."""
    page.goto("/letters/")
    page.locator("tbody a[href^='/letters/']").first.click()
    page.wait_for_url("**/letters/*/")


def open_item(page: Page) -> None:
    """Open an item of the ledger whose unit reported it done."""
    page.goto("/rectification/?state=reported")
    page.locator("tbody a[href^='/rectification/']").first.click()
    page.wait_for_url("**/rectification/*/")


def visit_on_phone(page: Page) -> None:
    """Begin a visit on a phone: what was found, not yet stored."""
    page.goto(f"/inspections/new/?programme={PROGRAMME.rsplit('/', 1)[1]}")
    page.get_by_label("项目", exact=True).select_option(index=1)
    page.get_by_label("县区", exact=True).select_option(index=1)
    page.get_by_label("点位", exact=True).fill("演示村文化广场")
    page.locator(".visit-reason").first.click()
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")


def open_disclosure(page: Page) -> None:
    """Open the newest 公示."""
    page.goto("/disclosures/")
    page.locator("tbody a[href^='/disclosures/']").first.click()
    page.wait_for_url("**/disclosures/*/")


def judge_open_month(page: Page) -> None:
    """Close the open month with what there is, and see what its close found; nothing of the month is open after."""
    page.goto(f"{OPEN_MONTH}/close/")
    form = page.locator("main form").filter(has=page.get_by_role("button", name="封账"))
    if form.count():
        for box in form.locator("input[type=checkbox]").all():
            box.check()
        # The page that answers has a heading as well: without the navigation seen, the next goto would drop the form.
        with page.expect_navigation():
            form.get_by_role("button", name="封账").last.click()
    limit = time.monotonic() + PATIENCE_SECONDS
    page.goto(f"{OPEN_MONTH}/oversight/")
    while not page.locator("main tbody tr").count():
        if time.monotonic() > limit:
            raise SystemExit("封账一直没有办成，后台任务没有在运行。")
        page.wait_for_timeout(2000)
        page.goto(f"{OPEN_MONTH}/oversight/")
