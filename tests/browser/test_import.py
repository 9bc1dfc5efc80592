"""Workbooks in the browser: three sent at once, one reading corrected, all confirmed, the marked copy opened."""

import openpyxl
import pytest
from playwright.sync_api import expect

from livelihood.models import User
from projects.excel.lines import lines_of
from projects.models import Figure, ImportMapping
from projects.services.reports import return_report
from tests.browser.entry import august

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

HEAD = ["序号", "项目名称", "子项", "指标", "单位", "目标任务", "累计完成"]


@pytest.fixture
def reports(demo_site):
    """Three counties' August reports that take figures."""
    found = [august(code) for code in ("341226", "341222", "341282")]
    for report in found:
        if report.state == "approved":
            office = User.objects.get(username="city_office")
            return_report(report=report, by=office, reason="演示数据：请重新报送")
    return found


def own_sheet(path, report, *, heading):
    """Save a county's own sheet with two more than last month in every line that is counted."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([f"{report.participant.printed_name}2020年1—8月民生工程进展"])
    sheet.append([*HEAD[:-1], heading])
    lines = lines_of(report.period, [report.participant])[report.participant_id]
    counted = [line for line in lines if line.previous is not None and line.previous.value and not line.has_no_task]
    for line in [one for one in counted if one.indicator.accumulation == "flow"][:6]:
        sub_project = line.indicator.sub_project
        names = [sub_project.project.seq, sub_project.project.name, sub_project.name, line.indicator.name]
        target = line.target.value if line.target else None
        sheet.append([*names, line.indicator.unit, target, line.previous.value + 2])
    book.save(path)
    return str(path)


def test_three_workbooks_one_corrected_confirmed_and_given_back_marked(demo_visitors, reports, stopwatch, tmp_path):
    paths = [
        own_sheet(tmp_path / f"{report.participant.printed_name}.xlsx", report, heading=heading)
        for report, heading in zip(reports, ["累计完成", "兑现数", "累计完成"], strict=True)
    ]
    page = demo_visitors.log_in("city_office")
    stopwatch.lap("log in")

    page.goto(f"/programmes/{reports[0].period.programme.code}/2020-08/import/")
    page.get_by_label("月报表格").set_input_files(paths)
    page.get_by_role("button", name="上传并核对").click()
    expect(page.get_by_text("没有读：")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="导入并代收")).to_be_disabled()
    stopwatch.lap("upload and read")
    page.get_by_label("G列“兑现数”读作").select_option(label="累计完成")
    page.get_by_role("button", name="保存更正并重读").click()
    expect(page.get_by_text("按更正重新读过")).to_be_visible()
    card = page.locator("details.import-file", has_text=reports[1].participant.printed_name)
    card.locator("summary").first.click()
    with page.expect_download() as marked:
        card.get_by_text("下载批注后的表").click()
    marked.value.save_as(tmp_path / "marked.xlsx")
    page.get_by_role("button", name="导入并代收").click()
    expect(page.get_by_text("各家月报现在待审")).to_be_visible()
    stopwatch.lap("correct and confirm")

    assert "Sheet" in openpyxl.load_workbook(tmp_path / "marked.xlsx").sheetnames
    assert ImportMapping.objects.get().label == "兑现数"
    assert {report.participant_id for report in reports} == set(
        Figure.objects.filter(import_batch__isnull=False).values_list("participant_id", flat=True)
    )
    for report in reports:
        report.refresh_from_db()
    assert [report.state for report in reports] == ["submitted"] * 3
