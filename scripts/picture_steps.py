"""How the pages of `scripts/screenshots.py` are reached: each step leaves the browser on what its picture shows.

Workbooks are made here from the product's own templates, with changed values: none is kept beside the code.
"""

import io
from collections.abc import Callable
from decimal import Decimal

from openpyxl import Workbook, load_workbook
from playwright.sync_api import Page

SIZE = {"width": 1366, "height": 768}
# Two cores that start a database, a browser and an office at once are slow.
PATIENCE_SECONDS = 300

PASSWORD = "livelihood-demo"  # noqa: S105 - public on purpose: the demo's, printed by `make run`
PROGRAMME = "/programmes/fuyang-2020"
OPEN_MONTH = f"{PROGRAMME}/2020-08"
CELLS = "#entry input[name^='f-']"
ISSUED_MONTH = f"{PROGRAMME}/2020-07"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Columns of the month's template: last month's figure, this month's, the remark.
LAST, THIS, REMARK = 7, 8, 9


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
    page.locator("#chart-months svg").wait_for()


def open_project(page: Page) -> None:
    """One project: every unit by month, drawn and in the table."""
    page.goto(f"{ISSUED_MONTH}/projects/26/")
    page.locator("#chart-months svg").wait_for()


def ask_why(page: Page) -> None:
    """The answer beside the map: how a figure comes about."""
    page.goto(f"{ISSUED_MONTH}/ranking/?open=26")
    page.locator(".row-detail", has_text="培训幼儿教师").locator("a[data-why]").nth(1).click()
    page.get_by_role("heading", name="数从哪里来").wait_for()


def preview_import(page: Page) -> None:
    """A workbook with a falling figure and a cell that is no number, held against the system before it is imported."""
    template = _open_import(page)
    _upload(page, {"颍上县8月月报.xlsx": filled(template, falling=7100, wrong="约5.2")})
    page.get_by_role("heading", name="导入后的改动").wait_for()


def show_changes(page: Page) -> None:
    """What a workbook without errors would change."""
    template = _open_import(page)
    _upload(page, {"颍上县8月月报（改好）.xlsx": filled(template)})
    page.get_by_role("heading", name="导入后的改动").wait_for()


def correct_reading(page: Page) -> None:
    """A county's own sheet with a heading nobody knows; what it means is said once and read again."""
    template = _open_import(page)
    _upload(page, {"颍上县民生工程台账.xlsx": own_sheet(template, heading="兑现数")})
    if not page.get_by_text("按上次的更正读").count():
        page.get_by_label("“兑现数”读作").select_option(label="累计完成")
        page.get_by_role("button", name="保存更正并重读").click()
        page.get_by_text("按更正重新读过").wait_for()
    page.locator(".import-mapping summary").click()


def return_to_import(page: Page) -> None:
    """The entrance with what waits to be looked at."""
    template = _open_import(page)
    entrance = page.url
    if not page.get_by_role("link", name="接着核对").count():
        _upload(page, {"颍上县8月月报.xlsx": filled(template, falling=7100)})
        page.locator(".import-file").wait_for()
        page.goto(entrance)


def import_counties(page: Page) -> None:
    """Three counties' workbooks at once, of which one has an error; two reports are returned for it first."""
    files = {}
    for county in ("颍东区", "阜南县", "颍上县"):
        page.goto(f"{OPEN_MONTH}/")
        report = page.get_by_role("row", name=county).get_by_role("link", name="打开").get_attribute("href")
        page.goto(report)
        if county != "颍上县":
            _return_report(page, report)
        template = page.request.get(f"{report}template/").body()
        files[f"{county}8月月报.xlsx"] = filled(template, wrong="约5.2") if county == "颍上县" else raised(template)
    page.goto(f"{OPEN_MONTH}/import/")
    _upload(page, files)
    page.locator(".import-file").nth(2).wait_for()


def _return_report(page: Page, report: str) -> None:
    """Return a whole report, so that a workbook of it is taken."""
    page.goto(f"{report}review/")
    page.get_by_label("共同原因").fill("演示数据：请按更正后的台账重新报送")
    page.get_by_role("button", name="整份退回").click()
    page.get_by_text("已把整份月报退回").wait_for()


def preview_targets(page: Page) -> None:
    """A sheet of targets with other values, held against the system before it is imported."""
    template = page.request.get(f"{PROGRAMME}/targets/template/").body()
    page.goto(f"{PROGRAMME}/targets/import/")
    if page.get_by_role("button", name="不要这份").count():
        page.get_by_role("button", name="不要这份").click()
    page.get_by_label("依据文件").fill("阜民生办〔2020〕12号（演示数据）")
    page.get_by_label("文件日期").fill("2020-08-10")
    page.get_by_label("修订原因").fill("年中任务调整")
    _upload(page, {"2020年目标任务分解表.xlsx": retargeted(template)})
    page.get_by_role("heading", name="导入后的改动").wait_for()


def type_targets(page: Page) -> None:
    """A project's targets with four cells typed anew, not yet stored."""
    page.goto(f"{PROGRAMME}/targets/4/")
    typed = {
        "颍州区 农村公路扩面延伸工程": "78.53",
        "颍州区 县乡公路大中修里程": "约80.38公里",
        "太和县 农村公路扩面延伸工程": "40",
        "太和县 县乡公路大中修里程": "预计实施40公里",
    }
    for label, text in typed.items():
        page.get_by_label(label, exact=True).fill(text)
    page.locator("[data-changed-count]").wait_for()
    page.evaluate("document.activeElement.blur()")


def preview_matrix(page: Page) -> None:
    """What the typed targets would do to sums, rates and places."""
    type_targets(page)
    page.get_by_label("依据文件").fill("阜民生办〔2020〕12号（演示数据）")
    page.get_by_label("文件日期").fill("2020-08-10")
    page.get_by_label("生效日期").fill("2020-08-01")
    page.get_by_label("修订原因").fill("年中任务调整")
    page.get_by_role("button", name="看改动").click()
    page.get_by_role("heading", name="改动目标任务").wait_for()


def _open_import(page: Page) -> bytes:
    """Go to where the open report takes workbooks; the month's template."""
    open_report(page)
    template = page.request.get(page.url + "template/").body()
    page.goto(page.url + "import/")
    return template


def _upload(page: Page, files: dict[str, bytes]) -> None:
    payload = [{"name": name, "mimeType": XLSX, "buffer": content} for name, content in files.items()]
    page.locator("input[type=file]").set_input_files(payload)
    page.get_by_role("button", name="上传并核对").click()


def filled(template: bytes, *, falling: float | None = None, wrong: str | None = None) -> bytes:
    """The month's template with the first lines half way from last month to the target, two of them odd."""
    workbook = load_workbook(io.BytesIO(template))
    sheet = workbook["月报"]
    for row in range(4, 22):
        target, last = sheet.cell(row, LAST - 1).value, sheet.cell(row, LAST).value
        if isinstance(target, int | float) and isinstance(last, int | float):
            half_way = (Decimal(str(target)) + Decimal(str(last))) / 2
            sheet.cell(row, THIS).value = int(half_way) if isinstance(last, int) else float(round(half_way, 1))
    sheet.cell(6, REMARK).value = "任务已全部完成"
    sheet.cell(10, REMARK).value = "含上年结转工程"
    if falling is not None:
        sheet.cell(5, THIS).value = falling
    if wrong is not None:
        sheet.cell(9, THIS).value = wrong
    return _saved(workbook)


def raised(template: bytes) -> bytes:
    """A filled month's template with some counted figures a little higher than they stand."""
    workbook = load_workbook(io.BytesIO(template))
    sheet = workbook["月报"]
    for row in range(4, 14):
        target, now = sheet.cell(row, LAST - 1).value, sheet.cell(row, THIS).value
        if isinstance(target, int) and isinstance(now, int) and now < target:
            sheet.cell(row, THIS).value = now + 1
    return _saved(workbook)


def own_sheet(template: bytes, *, heading: str) -> bytes:
    """A county's own sheet: its title, its heads, no mark of the system; the figures of `filled`."""
    rows = load_workbook(io.BytesIO(filled(template)))["月报"].iter_rows(min_row=4, max_row=21, max_col=9)
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "台账"
    sheet.append(["颍上县2020年1—8月民生工程进展"])
    sheet.append(["序号", "项目名称", "子项", "指标", "单位", "目标任务", heading, "备注"])
    for row in rows:
        values = [cell.value for cell in row]
        sheet.append([*values[:6], *values[7:]])
    return _saved(workbook)


def retargeted(template: bytes) -> bytes:
    """The sheet of targets with three cells of two counties changed; one sum no longer agrees."""
    workbook = load_workbook(io.BytesIO(template))
    sheet = workbook["任务分解"]
    for cell, text in {"J3": "建设70个", "L3": "79个", "J7": "60公里"}.items():
        sheet[cell] = text
    return _saved(workbook)


def _saved(workbook: Workbook) -> bytes:
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
