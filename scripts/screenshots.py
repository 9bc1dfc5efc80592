"""The pictures of README and manual, taken from the running product: `make screenshots`.

Starts the whole product with the demo on a directory of its own, drives the system's Chromium, writes docs/images/.
PICTURES is the list; tests/test_documentation.py holds the pages of docs/ against it, so that none goes stale.
The moment of the run is no part of a picture: it is replaced by DEMO_MOMENT before the picture is taken.
The screens of the main job are taken in both sizes: NAME.png at 1366×768 and NAME-1920.png at 1920×1080.
"""

import argparse
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
from pathlib import Path
from zoneinfo import ZoneInfo

import picture_office as city
import picture_papers as papers
import picture_steps as steps
import pypdfium2
from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE = {"width": 1920, "height": 1080}
#: For a part of a page that would not fit the window at once.
TALL = {"width": 1366, "height": 1400}
#: For a page that says little.
LOW = {"width": 1366, "height": 580}
LARGEST_KIB = 400
LARGEST_TOTAL_KIB = 5 * 1024

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
    size: dict = field(default_factory=lambda: steps.SIZE)
    part: str = ""
    leave: Callable[[Page], None] = lambda page: None
    has_wide: bool = False


#: In this order: what changes the demo comes last. The pictures of the papers themselves are made by `draw_papers`.
PICTURES = [
    Picture("login", None, steps.at("/login/")),
    Picture("home-city", "city_office", steps.at("/"), has_wide=True),
    Picture("home-clerk", "yingshang_clerk", steps.at("/"), has_wide=True),
    Picture("period", "city_office", steps.at(f"{steps.OPEN_MONTH}/")),
    Picture("review-matrix", "city_office", steps.at(f"{steps.OPEN_MONTH}/review/"), has_wide=True),
    Picture("review", "city_office", steps.open_review, has_wide=True),
    Picture("discipline", "city_office", steps.at(f"{steps.PROGRAMME}/discipline/"), has_wide=True),
    Picture("cross-rules", "city_office", steps.at(f"{steps.PROGRAMME}/cross-rules/"), has_wide=True),
    Picture("matrix", "city_office", steps.at(f"{steps.OPEN_MONTH}/matrix/4/"), has_wide=True),
    Picture("opinions", "city_education", steps.at(f"{steps.OPEN_MONTH}/opinions/"), has_wide=True),
    Picture("bureaus", "yingshang_clerk", steps.open_report, size=TALL, part="#bureaus", has_wide=True),
    Picture("benchmarks", "city_office", steps.at(f"{steps.ISSUED_MONTH}/benchmarks/")),
    Picture("ranking", "leader", steps.at(f"{steps.ISSUED_MONTH}/ranking/"), has_wide=True),
    Picture("ranking-lead-agency", "city_education", steps.at(f"{steps.OPEN_MONTH}/ranking/")),
    Picture("indicator", "leader", steps.open_indicator),
    Picture("standings-project", "leader", steps.open_project, has_wide=True),
    Picture("why", "leader", steps.ask_why),
    Picture("participant", "leader", steps.at(f"{steps.ISSUED_MONTH}/units/341222/")),
    Picture("outlook", "leader", steps.at(f"{steps.ISSUED_MONTH}/outlook/")),
    Picture("provincial", "leader", steps.at(f"{steps.ISSUED_MONTH}/provincial/?last=half")),
    Picture("plausibility", "city_office", steps.at(f"{steps.OPEN_MONTH}/plausibility/")),
    Picture("close", "city_office", steps.at(f"{steps.OPEN_MONTH}/close/")),
    Picture("document", "city_office", papers.open_paper("bulletin")),
    Picture("documents", "city_office", steps.at("/documents/")),
    Picture("document-edit", "zhangye_office", papers.edit_draft),
    Picture("check", "yingshang_head", steps.at(f"{steps.ISSUED_MONTH}/checks/")),
    Picture("checks", "city_office", steps.at(f"{steps.ISSUED_MONTH}/checks/")),
    Picture("letter", "city_office", papers.open_letter),
    Picture("rectification", "city_office", steps.at("/rectification/")),
    Picture("rectification-item", "city_office", papers.open_item),
    Picture("inspection-phone", "inspector", papers.visit_on_phone, size=papers.PHONE),
    Picture("disclosure", "city_office", papers.open_disclosure),
    Picture("weekly", "city_office", steps.at(f"{steps.PROGRAMME}/weekly/")),
    Picture("funds", "city_office", steps.at(f"{steps.PROGRAMME}/funds/"), has_wide=True),
    Picture("funds-held", "city_office", steps.at(f"{steps.PROGRAMME}/funds/held/")),
    Picture("funds-project", "city_office", steps.at(f"{steps.PROGRAMME}/funds/projects/6/")),
    Picture("funds-plan", "city_office", steps.at(f"{steps.PROGRAMME}/funds/plan/")),
    Picture("funds-by-project", "tongguan_office", steps.at("/programmes/tongguan-2020/funds/?by=project")),
    Picture("funds-exclusions", "tongguan_office", steps.at("/programmes/tongguan-2020/funds/exclusions/")),
    Picture("milestones", "zhangye_office", steps.at("/programmes/zhangye-2022/milestones/?day=2022-07-31")),
    Picture("catalogue", "zhangye_office", steps.at(f"{city.DEEDS}/")),
    Picture("participants", "zhangye_office", steps.at(f"{city.DEEDS}/participants/")),
    Picture(
        "period-new", "zhangye_office", steps.at(f"{city.DEEDS}/periods/new/?kind=week&ends_on=2022-10-02"), size=LOW
    ),
    Picture("calendar", "zhangye_office", steps.at(f"{city.DEEDS}/calendar/")),
    Picture("dated-task", "zhangye_office", city.write_dated_task),
    Picture("scheme", "city_office", steps.at(f"{steps.PROGRAMME}/scheme/"), size=LOW),
    Picture("year-admin", "city_office", steps.at("/admin/projects/indicator/")),
    Picture("targets", "city_office", steps.type_targets),
    Picture("targets-preview", "city_office", steps.preview_matrix),
    Picture("targets-import", "city_office", steps.preview_targets),
    Picture("import-preview", "yingshang_clerk", steps.preview_import),
    Picture("import-mapping", "yingshang_clerk", steps.correct_reading, size=TALL, part=".import-mapping"),
    Picture("import-start", "yingshang_clerk", steps.return_to_import, size=LOW),
    Picture("entry", "yingshang_clerk", steps.fill_entry, has_wide=True),
    Picture("entry-panel", "yingshang_clerk", steps.open_panel),
    Picture("entry-paste", "yingshang_clerk", steps.paste_block),
    Picture("entry-conflict", "yingshang_clerk", steps.overtake, leave=steps.settle),
    Picture("entry-network", "yingshang_clerk", steps.lose_network, leave=steps.find_network),
    Picture(
        "import-changes", "yingshang_clerk", steps.show_changes, size=TALL, part="section[aria-labelledby^=changes-]"
    ),
    Picture("import-counties", "city_office", steps.import_counties),
    Picture("scheme-preview", "city_office", city.try_scheme),
    Picture("marks", "city_office", city.enter_marks),
    Picture("rollover", "city_office", city.roll_over),
    Picture("lineage", "city_office", city.open_lineage),
    Picture("readiness", "city_office", city.open_readiness),
    Picture("oversight", "city_office", papers.judge_open_month),
]
#: Pages of the newest issued papers as the product's own PDF prints them: file name, kind, a line of the page.
PAPERS = [
    ("bulletin", "bulletin", ""),
    ("bulletin-attachment", "bulletin", "附件 2"),
    ("letter-paper", "letter", ""),
]
PAPER_SCALE = 1.25
WIDE_ENDING = "-1920"


def image_names() -> set[str]:
    """The file names this tool makes."""
    wide = {f"{picture.name}{WIDE_ENDING}.png" for picture in PICTURES if picture.has_wide}
    return {f"{picture.name}.png" for picture in PICTURES} | wide | {f"{name}.png" for name, _, _ in PAPERS}


def main() -> None:
    """Take the named pictures, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="only these pictures, e.g. home-city")
    parser.add_argument("--address", help="a site that runs already, with an untouched demo")
    options = parser.parse_args()
    if unknown := set(options.names) - {picture.name for picture in PICTURES} - {name for name, _, _ in PAPERS}:
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
    limit = time.monotonic() + steps.PATIENCE_SECONDS
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
                pages[picture.login] = steps.log_in(browser, address, picture.login)
            take(pages[picture.login], picture)
        chosen = [paper for paper in PAPERS if not names or paper[0] in names]
        if chosen:
            draw_papers(pages.get("city_office") or steps.log_in(browser, address, "city_office"), chosen)
        browser.close()


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
        # This method keeps rare colours, as the amber of one flag, where a median cut would make them red.
        way = {"method": Image.Quantize.MAXCOVERAGE, "kmeans": 4, "dither": Image.Dither.NONE}
        small = image.convert("RGB").quantize(256, **way)
    small.save(file, optimize=True)


def draw_papers(page: Page, chosen: list[tuple[str, str, str]]) -> None:
    """Pages of papers, printed: each the first page of its PDF that has the line (none: the first page)."""
    if not shutil.which("soffice"):
        sys.stdout.write("没有 LibreOffice，公文的图未更新；请运行：sudo apt-get install -y libreoffice-writer\n")
        return
    for name, kind, line in chosen:
        with pypdfium2.PdfDocument(papers.pdf_of(page, kind)) as paper:
            sheet = next(sheet for sheet in paper if not line or line in _lines(sheet))
            sheet.render(scale=PAPER_SCALE).to_pil().save(IMAGES / f"{name}.png")
        shrink(IMAGES / f"{name}.png")
        sys.stdout.write(f"{name}.png\n")


def _lines(sheet: pypdfium2.PdfPage) -> list[str]:
    return sheet.get_textpage().get_text_range().splitlines()


def refuse_large_files() -> None:
    """Pictures are cloned with the code: each steps.at most 400 KiB, all steps.at most 5 MiB."""
    sizes = {file.name: file.stat().st_size // 1024 for file in sorted(IMAGES.glob("*.png"))}
    large = [f"{name}（{size} KiB）" for name, size in sizes.items() if size > LARGEST_KIB]
    if large or sum(sizes.values()) > LARGEST_TOTAL_KIB:
        sys.exit(f"图太大：{'、'.join(large) or f'合计 {sum(sizes.values())} KiB'}。")


if __name__ == "__main__":
    main()
