"""How the pictures of a city office's pages are reached: the year set up, rolled over, its scheme tried and marked."""

from picture_steps import OPEN_MONTH, PROGRAMME
from playwright.sync_api import Page

NEXT_YEAR = "/programmes/fuyang-2021"
DEEDS = "/programmes/zhangye-2022"
FOUND = 200
COMPONENTS = [("报送及时", "报送及时（本年累计）", "30"), ("日常工作", "打分（本办）", "10")]
MARKS = ["92", "88.5", "95", "90", "86", "91.5"]


def write_dated_task(page: Page) -> None:
    """A dated task without a number, written as the paper does."""
    page.goto(f"{DEEDS}/tasks/new/")
    page.get_by_label("项目").select_option(index=1)
    page.get_by_label("时限", exact=True).fill("2022-09-30")
    page.get_by_label("时限原文").fill("9月底前")
    page.get_by_label("做什么").fill("食堂、厕所竣工验收，资料报市教育局备案")


def roll_over(page: Page) -> None:
    """Next year's list: one item into another, one ended, a new one; nothing is stored."""
    page.goto(f"{PROGRAMME}/rollover/")
    _decide(page, 2, "调整", to="1", note="并入“四带一自”产业扶贫")
    _decide(page, 3, "退出", to="", note="机制已健全，常态化运行")
    page.get_by_label("新增第1行的新序号").fill("2")
    page.get_by_label("新增第1行的名称").fill("乡村振兴示范点建设")
    page.get_by_label("新增第1行的名称").blur()
    page.get_by_text("新增 1 +").wait_for()
    page.locator("h1").click()


def _decide(page: Page, seq: int, change: str, *, to: str, note: str) -> None:
    page.get_by_label(f"第{seq}项的去向", exact=True).select_option(label=change)
    page.get_by_label(f"第{seq}项的新序号").fill(to)
    page.get_by_label(f"第{seq}项去向的说明").fill(note)


def open_lineage(page: Page) -> None:
    """The next year as the roll-over made it: what each item was before."""
    if page.request.get(f"{NEXT_YEAR}/lineage/").status != FOUND:
        roll_over(page)
        page.get_by_role("button", name="转入并保存").click()
        page.locator("#messages .band-success").wait_for()
    page.goto(f"{NEXT_YEAR}/lineage/")


def open_readiness(page: Page) -> None:
    """What the rolled-over year lacks before it opens."""
    open_lineage(page)
    page.goto(f"{NEXT_YEAR}/readiness/")


def try_scheme(page: Page) -> None:
    """A scheme of three components, one of them marked by hand, tried on two months before it is in force."""
    page.goto(f"{PROGRAMME}/scheme/new/")
    page.locator("[name$='-0-weight']").fill("60")
    for nth, (name, kind, weight) in enumerate(COMPONENTS, start=1):
        page.locator(f"[name$='-{nth}-name']").fill(name)
        page.locator(f"[name$='-{nth}-choice']").select_option(label=kind)
        page.locator(f"[name$='-{nth}-weight']").fill(weight)
    page.locator(f"[name$='-{len(COMPONENTS)}-max_mark']").fill("100")
    page.get_by_label("施行日期").fill("2020-08-01")
    page.get_by_label("依据文件").fill("阜民生办〔2020〕15号（演示数据）")
    page.get_by_label("制定或修订原因").fill("增加日常工作考核")
    page.get_by_label("2020年1—6月").uncheck()
    page.get_by_role("button", name="试算").click()
    page.get_by_role("heading", name="试算：").wait_for()


def enter_marks(page: Page) -> None:
    """The marks of the open month under that scheme, stored and not yet confirmed."""
    page.goto(f"{OPEN_MONTH}/marks/")
    if not page.locator(".mark-table").count():
        try_scheme(page)
        page.get_by_role("button", name="起施行").click()
        page.locator("#messages .band-success").wait_for()
        page.goto(f"{OPEN_MONTH}/marks/")
    page.get_by_label("依据").fill("市民生办8月日常工作评分表（演示数据）")
    for cell, mark in zip(page.locator(".mark-table input[name^='v-']").all(), MARKS, strict=False):
        cell.fill(mark)
    page.get_by_role("button", name="保存日常工作").click()
    page.locator("#messages .band-success").wait_for()
