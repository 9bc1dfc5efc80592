"""A year begins: its list comes by workbook, what is missing is mended on a page, it opens, and a county reports."""

import openpyxl
import pytest
from playwright.sync_api import expect

from livelihood.models import AuditEvent
from projects.models import Programme, Report, Target
from tests.browser.entry import CELLS, wait_for_saved
from tests.support import processes
from tests.support.browser import press_until, visitors_of
from tests.support.demo import demo_database

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CODE = "fuyang-2021"
YEAR = {
    "代码": CODE,
    "名称": "阜阳市2021年民生工程",
    "主办地区代码": "341200",
    "年度": 2021,
    "依据文件": "阜政发〔2021〕3号 关于2021年实施民生工程的通知（演示数据）",
}
UNITS = [
    ["341222", "太和县", None, "考核单位", "是", "341222"],
    ["341282", "界首市", None, "考核单位", "是", "341282"],
    ["341200", "全市", None, "全域", "否", "341200"],
]
ITEMS = [
    {"序号": 1, "项目": "农村道路", "完成时限": "2021-12-31", "指标": "里程", "计量单位": "公里", "类型": "工程类"},
    {"序号": 2, "项目": "困难救助", "完成时限": "2021-12-31", "指标": "人数", "计量单位": "人", "类型": "补助类"},
    {"指标": "其中农村", "计量单位": "人", "类型": "补助类", "其中": "人数"},
]
#: The kilometres are missing.
TARGETS = [[2, None, "人数", 1000, 2000, 3000], [2, None, "其中农村", 600, 1500, 2100]]


@pytest.fixture
def visitors(request, chromium, django_db_setup, django_db_blocker, tmp_path):
    """People on a demo of this test's own."""
    with django_db_blocker.unblock(), demo_database():
        web, address = processes.start_web(tmp_path / "web.log")
        with visitors_of(request.node, chromium, address, logs=[web.log]) as visitors:
            yield visitors
        web.kill()


def test_new_year_from_a_workbook_is_opened_and_its_first_month_submitted(visitors, stopwatch, tmp_path):
    office = visitors.enter("city_office")
    import_year(office, tmp_path / "目录.xlsx")
    stopwatch.lap("import the workbook")
    mend_what_is_missing(office)
    stopwatch.lap("mend the targets")
    open_year(office)
    stopwatch.lap("open the year")
    open_january(office)
    stopwatch.lap("open January")

    fill(visitors.enter("taihe_clerk"))
    stopwatch.lap("fill")
    sign_and_submit(visitors.enter("taihe_head"))
    stopwatch.lap("sign and submit")

    report = Report.objects.get(period__programme__code=CODE, participant__code="341222")
    assert report.state == "submitted"
    assert list(report.figures.order_by("indicator").values_list("value", flat=True)) == [25, 400, 150]
    verbs = set(AuditEvent.objects.filter(target_id=report.period.programme_id).values_list("verb", flat=True))
    assert {"load_catalogue", "open_programme", "set_targets"} <= verbs


def import_year(page, path):
    """Fill the empty workbook the page gives, and send it back."""
    page.goto("/programmes/")
    page.get_by_role("link", name="导入年度目录").click()
    with page.expect_download() as template:
        page.get_by_role("link", name="下载：空白表格").click()
    template.value.save_as(path)
    write_year(path)
    page.get_by_label("工作簿").set_input_files(path)
    page.get_by_role("button", name="上传并核对").click()
    expect(page.locator("#changes-head")).to_be_visible()
    assert not Programme.objects.filter(code=CODE).exists()
    page.get_by_role("button", name="确认导入").click()
    expect(page.locator("#messages")).to_contain_text("已导入“阜阳市2021年民生工程”")


def write_year(path):
    book = openpyxl.load_workbook(path)
    office = Programme.objects.get(code="fuyang-2020").office.name
    for row in book["年度"].iter_rows():
        row[1].value = (YEAR | {"主办单位": office}).get(row[0].value)
    for row in UNITS:
        book["单位"].append(row)
    heads = [cell.value for cell in book["项目与指标"][1]]
    for row in ITEMS:
        book["项目与指标"].append([row.get(head) for head in heads])
    for column, row in enumerate(UNITS, 4):
        book["目标任务"].cell(1, column).value = row[1]
    for row in TARGETS:
        book["目标任务"].append(row)
    book.save(path)


def mend_what_is_missing(page):
    """The list of what is missing leads to the page where it is put right, without a mouse."""
    page.goto(f"/programmes/{CODE}/")
    expect(page.locator("h1")).to_have_text("阜阳市2021年民生工程")
    page.get_by_role("link", name="开启前检查").first.click()
    expect(page.locator("[aria-labelledby=head-errors]")).to_contain_text("里程")
    expect(page.get_by_role("button", name="开启阜阳市2021年民生工程")).to_be_disabled()
    press_until(page, "Tab", "element.matches('[aria-labelledby=head-errors] a')")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/programmes/{CODE}/targets/1/")
    for unit, value in (("太和县", "100"), ("界首市", "80"), ("全市", "180")):
        press_until(page, "Tab", f"(element.getAttribute('aria-label') || '').startsWith('{unit} 里程')")
        page.keyboard.type(value)
    page.get_by_role("button", name="看改动").click()
    page.get_by_role("button", name="确认存入").click()
    expect(page.locator("#messages .band-success")).to_be_visible()
    assert Target.objects.filter(participant__programme__code=CODE, value__in=[100, 80, 180]).count() == 3


def open_year(page):
    """What is left is read and accepted; the year is opened."""
    page.goto(f"/programmes/{CODE}/readiness/")
    expect(page.locator("main")).to_contain_text("没有要补的。")
    press_until(page, "Tab", "element.name === 'seen'")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("“阜阳市2021年民生工程”已开启，可以开填报期了。")


def open_january(page):
    page.locator(f"#{CODE}").get_by_role("link", name="开填报期").click()
    page.get_by_label("哪个月").select_option(label="1月")
    page.get_by_role("button", name="按规则算截止时间").click()
    # 5 February 2021 is a Friday, worked.
    expect(page.locator(".steps-reckoned")).to_contain_text("2月5日")
    page.get_by_role("button", name="开2021年1月").click()
    expect(page.locator("#messages")).to_contain_text("2021年2月5日 18:00截止")


def fill(page):
    """The county's clerk finds the new month on the first page and fills it by keyboard."""
    report = Report.objects.get(period__programme__code=CODE, participant__code="341222")
    page.goto("/")
    press_until(page, "Tab", f"element.matches('main a') && element.href.includes('/reports/{report.pk}/')")
    page.keyboard.press("Enter")
    expect(page.locator("#entry[data-ready]")).to_be_attached()
    page.locator(CELLS).first.focus()
    for value in ("25", "400", "150"):
        page.keyboard.type(value)
        page.keyboard.press("Enter")
    page.keyboard.press("Control+s")
    wait_for_saved(page)


def sign_and_submit(page):
    report = Report.objects.get(period__programme__code=CODE, participant__code="341222")
    page.goto(f"/reports/{report.pk}/")
    page.get_by_role("button", name="审核人签字").click()
    page.get_by_role("button", name="提交给市民生办").click()
    expect(page.locator(".title-facts .state")).to_contain_text("已提交")
