"""The pictures of README and manual, taken from the running product: `make screenshots`.

Starts the whole product with the demo on a directory of its own, drives the system's Chromium, writes docs/images/.
PICTURES is the list; tests/test_documentation.py holds the pages of docs/ against it, so that none goes stale.
The moment of the run is no part of a picture: it is replaced by DEMO_MOMENT before the picture is taken.
The screens of the main job are taken in both sizes: NAME.png at 1366×768 and NAME-1920.png at 1920×1080.
"""

import argparse
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SIZE = {"width": 1366, "height": 768}
WIDE = {"width": 1920, "height": 1080}
#: For a part of a page that would not fit the window at once.
TALL = {"width": 1366, "height": 1400}
# Two cores that start a database, a browser and an office at once are slow.
PATIENCE_SECONDS = 300
LARGEST_KIB = 400
LARGEST_TOTAL_KIB = 5 * 1024

PASSWORD = "livelihood-demo"  # noqa: S105 - public on purpose: the demo's, printed by `make run`
PROGRAMME = "/programmes/fuyang-2020"
OPEN_MONTH = f"{PROGRAMME}/2020-08"
CELLS = "#entry input[name^='f-']"
ISSUED_MONTH = f"{PROGRAMME}/2020-07"

# What a picture shows instead of the moment it was taken at.
DEMO_MOMENT = {"year": "2020年", "day": "9月7日", "time": " 09:00", "seconds": ":00"}
REPLACE_MOMENTS = """([days, demo]) => {
  const pattern = new RegExp("(\\\\d{4}年)?(?:" + days.join("|") + ")( \\\\d\\\\d:\\\\d\\\\d)?(:\\\\d\\\\d)?", "g");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    walker.currentNode.data = walker.currentNode.data.replace(pattern, (all, year, time, seconds) =>
      (year ? demo.year : "") + demo.day + (time ? demo.time : "") + (seconds ? demo.seconds : ""))
      .replace(/\\d\\d:\\d\\d:\\d\\d/g, (demo.time + demo.seconds).trim())
      .replace(/\\d\\d:\\d\\d(?= 存为)/g, demo.time.trim())
      .replace(/逾期 \\d+ 天/g, "逾期 1 天");
  }
}"""


@dataclass(frozen=True)
class Picture:
    """One file of docs/images/: who looks, and how the page is reached; `reach` leaves the browser on it.

    `part` is the CSS selector of what is shown where the page is larger; `leave` undoes what `reach` did to the
    browser itself; `has_wide` asks for a second file, the same moment in the large window.
    """

    name: str
    login: str | None
    reach: Callable[[Page], None]
    size: dict = field(default_factory=lambda: SIZE)
    part: str = ""
    leave: Callable[[Page], None] = lambda page: None
    has_wide: bool = False


def at(address: str) -> Callable[[Page], None]:
    """Reach a page by its address."""
    return lambda page: page.goto(address)


def open_report(page: Page) -> None:
    """The report of the open month, from the list of months."""
    page.goto("/programmes/")
    page.locator("tbody tr").first.get_by_role("link", name="打开").click()
    page.locator("#entry[data-ready]").wait_for(state="attached")


def open_review(page: Page) -> None:
    """What the city office sees of a submitted report: what matters first."""
    page.goto(f"{OPEN_MONTH}/review/")
    page.get_by_role("link", name="审核", exact=False).filter(has_text="审核").last.click()
    page.locator(".review-table").wait_for()


def open_indicator(page: Page) -> None:
    """One indicator, from its line in the ranking."""
    page.goto(f"{ISSUED_MONTH}/ranking/?open=26")
    page.get_by_role("link", name="培训幼儿教师").first.click()
    page.locator(".formula").wait_for()


def open_newest_paper(page: Page) -> None:
    """The newest issued 通报."""
    page.goto("/documents/")
    page.locator("tbody a").first.click()
    page.locator(".paper").wait_for()
    # The worker renders the demo's papers in the background.
    limit = time.monotonic() + PATIENCE_SECONDS
    while not page.get_by_role("link", name="下载").count():
        if time.monotonic() > limit:
            sys.exit("公文的文件一直没有生成，后台任务没有在运行。")
        page.wait_for_timeout(2000)
        page.reload()


def preview_import(page: Page) -> None:
    """A workbook with a falling figure and a cell that is no number, held against the system before it is imported."""
    open_report(page)
    template = page.request.get(page.url + "template/").body()
    page.goto(page.url + "import/")
    page.locator("input[type=file]").set_input_files(
        {
            "name": "颍上县8月月报.xlsx",
            "mimeType": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "buffer": _filled(template),
        }
    )
    page.get_by_role("button", name="上传并核对").click()
    page.get_by_role("heading", name="导入后的改动").wait_for()


def _filled(template: bytes) -> bytes:
    """The month's template with the first lines half way from last month to the target, two of them odd."""
    workbook = load_workbook(io.BytesIO(template))
    sheet = workbook["月报"]
    for row in range(4, 22):
        target, last = sheet.cell(row, 6).value, sheet.cell(row, 7).value
        if isinstance(target, int | float) and isinstance(last, int | float):
            half_way = (Decimal(str(target)) + Decimal(str(last))) / 2
            sheet.cell(row, 8).value = int(half_way) if isinstance(last, int) else float(round(half_way, 1))
    sheet.cell(5, 8).value = 7100
    sheet.cell(9, 8).value = "约5.2"
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def type_into(page: Page, values: dict[int, str]) -> None:
    """Type into cells by their number on the page, and wait until the server has answered."""
    cells = page.locator(CELLS)
    for number, value in values.items():
        cells.nth(number).fill(value)
    page.keyboard.press("Control+S")
    wait_for_answer(page)


def wait_for_answer(page: Page) -> None:
    """Until nothing waits and nothing is under way."""
    page.wait_for_function(
        """() => ["waiting", "sending"].every((name) => document.querySelector(`[data-status=${name}]`).hidden)"""
    )


def fill_entry(page: Page) -> None:
    """Some cells filled; one figure is less than last month's and asks for a reason."""
    open_report(page)
    type_into(page, dict(enumerate(["58", "7100", "18641", "172.8", "45.2", "5.31", "48.6"])))
    page.locator("#entry .flag-line").first.wait_for()


def open_panel(page: Page) -> None:
    """Beside a cell: its months, its changes, its files."""
    open_report(page)
    page.locator(CELLS).nth(1).click()
    page.keyboard.press("Alt+Enter")
    page.locator("#cell-panel .cell-chart").wait_for()


def paste_block(page: Page) -> None:
    """Two columns from a sheet, figures and remarks; what was done with them stands above the table."""
    open_report(page)
    page.locator(CELLS).nth(7).click()
    rows = ["98.4", "98.3", "402\t其中8月新开工 61 户", "１", "0.3", "0.5", "0.9", "84.1%", "64,100\t秋季学期未开学"]
    page.evaluate(
        """(text) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          document.activeElement.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        "\n".join(rows),
    )
    wait_for_answer(page)
    page.locator("[data-band=paste]").wait_for()
    page.locator("#entry-scroll").evaluate("(box) => { box.scrollTop = 190; }")


def overtake(page: Page) -> None:
    """Somebody else stored another figure meanwhile, and one cell holds no number: both wait for a decision."""
    open_report(page)
    other = log_in(page.context.browser, page.url.split("/reports/")[0], "yingshang_head")
    open_report(other)
    type_into(other, {5: "5.62"})
    other.context.close()
    type_into(page, {3: "约60", 5: "5.44"})
    page.locator("[data-use=theirs]").wait_for()


def settle(page: Page) -> None:
    """One's own figure in the conflict, a number where there was none."""
    page.locator("[data-use=mine]").click()
    type_into(page, {3: "172.8"})


def lose_network(page: Page) -> None:
    """The network is gone: what was typed lies in the browser and is sent when it is back."""
    open_report(page)
    page.context.set_offline(True)
    cells = page.locator(CELLS)
    for number, value in enumerate(["96.1", "95.8", "312"], start=16):
        cells.nth(number).fill(value)
    page.keyboard.press("Control+S")
    page.locator("[data-band=network]").wait_for()


def find_network(page: Page) -> None:
    """Back on the net, everything sent."""
    page.context.set_offline(False)
    wait_for_answer(page)


#: In this order: what changes the demo comes last. The picture of the paper itself is made by `draw_bulletin`.
PICTURES = [
    Picture("login", None, at("/login/")),
    Picture("home-city", "city_office", at("/"), has_wide=True),
    Picture("home-clerk", "yingshang_clerk", at("/"), has_wide=True),
    Picture("period", "city_office", at(f"{OPEN_MONTH}/")),
    Picture("review-matrix", "city_office", at(f"{OPEN_MONTH}/review/"), has_wide=True),
    Picture("review", "city_office", open_review, has_wide=True),
    Picture("discipline", "city_office", at(f"{PROGRAMME}/discipline/"), has_wide=True),
    Picture("cross-rules", "city_office", at(f"{PROGRAMME}/cross-rules/"), has_wide=True),
    Picture("matrix", "city_office", at(f"{OPEN_MONTH}/matrix/4/"), has_wide=True),
    Picture("opinions", "city_education", at(f"{OPEN_MONTH}/opinions/"), has_wide=True),
    Picture("bureaus", "yingshang_clerk", open_report, size=TALL, part="#bureaus", has_wide=True),
    Picture("benchmarks", "city_office", at(f"{ISSUED_MONTH}/benchmarks/")),
    Picture("ranking", "leader", at(f"{ISSUED_MONTH}/ranking/"), has_wide=True),
    Picture("ranking-lead-agency", "city_education", at(f"{OPEN_MONTH}/ranking/")),
    Picture("indicator", "leader", open_indicator),
    Picture("close", "city_office", at(f"{OPEN_MONTH}/close/")),
    Picture("document", "city_office", open_newest_paper),
    Picture("funds", "city_office", at(f"{PROGRAMME}/funds/"), has_wide=True),
    Picture("funds-held", "city_office", at(f"{PROGRAMME}/funds/held/")),
    Picture("funds-project", "city_office", at(f"{PROGRAMME}/funds/projects/6/")),
    Picture("funds-plan", "city_office", at(f"{PROGRAMME}/funds/plan/")),
    Picture("funds-by-project", "tongguan_office", at("/programmes/tongguan-2020/funds/?by=project")),
    Picture("funds-exclusions", "tongguan_office", at("/programmes/tongguan-2020/funds/exclusions/")),
    Picture("import-preview", "yingshang_clerk", preview_import),
    Picture("entry", "yingshang_clerk", fill_entry, has_wide=True),
    Picture("entry-panel", "yingshang_clerk", open_panel),
    Picture("entry-paste", "yingshang_clerk", paste_block),
    Picture("entry-conflict", "yingshang_clerk", overtake, leave=settle),
    Picture("entry-network", "yingshang_clerk", lose_network, leave=find_network),
]
BULLETIN = "bulletin"
WIDE_ENDING = "-1920"


def image_names() -> set[str]:
    """The file names this tool makes."""
    wide = {f"{picture.name}{WIDE_ENDING}.png" for picture in PICTURES if picture.has_wide}
    return {f"{picture.name}.png" for picture in PICTURES} | wide | {f"{BULLETIN}.png"}


def main() -> None:
    """Take the named pictures, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="only these pictures, e.g. home-city")
    parser.add_argument("--address", help="a site that runs already, with an untouched demo")
    options = parser.parse_args()
    if unknown := set(options.names) - {picture.name for picture in PICTURES} - {BULLETIN}:
        sys.exit(f"没有这些图：{'、'.join(sorted(unknown))}。")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit("缺少浏览器 Chromium，请运行：sudo apt-get install -y chromium fonts-noto-cjk")
    IMAGES.mkdir(parents=True, exist_ok=True)
    if options.address:
        take_all(program, options.address, options.names)
    else:
        with tempfile.TemporaryDirectory(prefix="livelihood-screenshots-") as var:
            process, address = start_site(Path(var))
            try:
                take_all(program, address, options.names)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(60)
    refuse_large_files()


def start_site(var: Path) -> tuple[subprocess.Popen, str]:
    """The whole product on its own servers, with the demo; (process, address) once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"LIVELIHOOD_EMBEDDED": "1", "LIVELIHOOD_VAR": str(var), "PORT": str(port)}
    log = var / "screenshots.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve_all"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    limit = time.monotonic() + PATIENCE_SECONDS
    while not _answers(f"{address}/login/"):
        if process.poll() is not None or time.monotonic() > limit:
            process.kill()
            sys.exit(f"网站没有启动：\n{log.read_text()[-3000:]}")
        time.sleep(0.5)
    return process, address


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:  # noqa: S310 - our own http address
            return response.status == 200
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def take_all(program: str, address: str, names: list[str]) -> None:
    """Take the pictures in the list's order, each person in one browser context."""
    arguments = ["--disable-lcd-text", "--hide-scrollbars", *(["--no-sandbox"] if os.getuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        pages = {}
        for picture in PICTURES:
            if names and picture.name not in names:
                continue
            if picture.login not in pages:
                pages[picture.login] = log_in(browser, address, picture.login)
            take(pages[picture.login], picture)
        if not names or BULLETIN in names:
            page = pages.get("city_office") or log_in(browser, address, "city_office")
            draw_bulletin(page)
        browser.close()


def log_in(browser, address: str, login: str | None) -> Page:
    """A page of a fresh context in which that person is logged in."""
    context = browser.new_context(
        base_url=address, viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    page = context.new_page()
    if login:
        page.goto("/login/")
        page.fill("[name=username]", login)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(f"{address}/")
    return page


def take(page: Page, picture: Picture) -> None:
    """One picture, or one in each size, without caret, animation and the moment of the run."""
    page.set_viewport_size(picture.size)
    picture.reach(page)
    page.evaluate("document.fonts.ready")
    replace_moments(page)
    draw(page, picture, picture.name)
    if picture.has_wide:
        page.set_viewport_size(WIDE if not picture.part else WIDE | {"height": picture.size["height"]})
        draw(page, picture, f"{picture.name}{WIDE_ENDING}")
    picture.leave(page)


def replace_moments(page: Page) -> None:
    """Put DEMO_MOMENT in the place of today and yesterday."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    days = [f"{day.month}月{day.day}日" for day in (today, today - timedelta(days=1))]
    page.evaluate(REPLACE_MOMENTS, [days, DEMO_MOMENT])


def draw(page: Page, picture: Picture, name: str) -> None:
    """The window, or the part that is asked for, as a file of that name."""
    file = IMAGES / f"{name}.png"
    shown = page.locator(picture.part) if picture.part else page
    shown.screenshot(path=file, animations="disabled", caret="hide")
    shrink(file)
    sys.stdout.write(f"{name}.png\n")


def shrink(file: Path) -> None:
    """Keep 256 colours: a third of the bytes, and nothing an eye would miss in a page of text and tables."""
    with Image.open(file) as image:
        small = image.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    small.save(file, optimize=True)


def draw_bulletin(page: Page) -> None:
    """The first page of the newest issued 通报 as LibreOffice draws it; without LibreOffice the old picture stays."""
    office, draw = shutil.which("soffice"), shutil.which("pdftoppm")
    if not (office and draw):
        sys.stdout.write(
            f"没有 LibreOffice 或 pdftoppm，{BULLETIN}.png 未更新；"
            "请运行：sudo apt-get install -y libreoffice-writer poppler-utils\n"
        )
        return
    open_newest_paper(page)
    paper = page.request.get(page.get_by_role("link", name="下载").get_attribute("href")).body()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "paper.docx").write_bytes(paper)
        profile = f"-env:UserInstallation=file://{folder}/profile"
        # Both are programs of the system, on a file and in a folder of our own.
        subprocess.run(  # noqa: S603 - a list of our own, no shell
            [office, profile, "--headless", "--convert-to", "pdf", "paper.docx"],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
        )
        subprocess.run(  # noqa: S603 - a list of our own, no shell
            [draw, "-png", "-r", "72", "-singlefile", "paper.pdf", str(IMAGES / BULLETIN)], cwd=folder, check=True
        )
    shrink(IMAGES / f"{BULLETIN}.png")
    sys.stdout.write(f"{BULLETIN}.png\n")


def refuse_large_files() -> None:
    """Pictures are cloned with the code: each at most 400 KiB, all at most 5 MiB."""
    sizes = {file.name: file.stat().st_size // 1024 for file in sorted(IMAGES.glob("*.png"))}
    large = [f"{name}（{size} KiB）" for name, size in sizes.items() if size > LARGEST_KIB]
    if large or sum(sizes.values()) > LARGEST_TOTAL_KIB:
        sys.exit(f"图太大：{'、'.join(large) or f'合计 {sum(sizes.values())} KiB'}。")


if __name__ == "__main__":
    main()
