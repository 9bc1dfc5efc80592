"""The workbook a county fills: what stands in it, what it lets one type, and that it reads back without a question."""

import io
import json
from decimal import Decimal

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.excel.template import return_template
from projects.models import ReportingPeriod
from projects.services.imports import review_returns
from tests import factories
from tests.funding.rows import fund_figure, fund_line, fund_plan
from tests.projects.test_import_accuracy import in_process

__all__ = ["in_process"]

pytestmark = pytest.mark.slow

FUND_HEADS = (
    *("序号", "项目", "子项", "资金类别", "资金来源", "计划（元）", "上月累计到位（元）"),
    *("累计到位（元）", "累计拨付（元）", "累计支出（元）", "备注"),
)


@pytest.fixture
def taihe(participants):
    return participants["341222"]


@pytest.fixture
def funds(programme, taihe, indicators, july, period):
    """Two lines of the first project: 中央 with a plan and an amount of July and August, 县级 without anything."""
    place = {"programme": programme, "participant": taihe, "sub_project": indicators["里程"].sub_project}
    central, own = fund_line(**place, source="central"), fund_line(**place, source="county")
    fund_plan(central, amount=Decimal("27524000.50"))
    ReportingPeriod.objects.filter(pk=july.pk).update(state="open")
    reports = {july: factories.ReportFactory(period=july, participant=taihe)}
    reports[period] = factories.ReportFactory(period=period, participant=taihe, state="draft")
    fund_figure(central, report=reports[july], stage="received", value=Decimal("1000000.25"))
    fund_figure(central, report=reports[period], stage="received", value=Decimal(2000000))
    fund_figure(central, report=reports[period], stage="disbursed", value=Decimal("0.10"), remark="=已拨")
    ReportingPeriod.objects.filter(pk=july.pk).update(state="issued")
    return [central, own]


def opened(period, participant):
    return openpyxl.load_workbook(io.BytesIO(return_template(period=period, participant=participant)))


def read(path, content, period, participant):
    path.write_bytes(content)
    return review_returns(files=[(path, path.name)], programme=period.programme, period=period, participant=participant)


def rules_of(sheet) -> dict[str, str]:
    return {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}


def test_sheet_of_figures_has_their_formats_and_takes_only_what_may_be_stored(indicators, period, july, taihe):
    growth = factories.IndicatorFactory(
        sub_project=indicators["人数"].sub_project, name="增幅", unit="%", kind="growth", decimals=1, order=9
    )
    report = factories.ReportFactory(period=period, participant=taihe, state="draft")
    factories.FigureFactory(report=report, indicator=indicators["里程"], value=Decimal("40.5"))
    factories.FigureFactory(report=report, indicator=growth, value=Decimal("-3.5"))

    sheet = opened(period, taihe)["月报"]

    assert [(sheet[cell].value, sheet[cell].number_format) for cell in ("F4", "H4", "H6", "H7")] == [
        (100, "#,##0.00"),
        (40.5, "#,##0.00"),
        (None, "#,##0"),
        (-3.5, "#,##0.0"),
    ]
    assert rules_of(sheet) == {
        "H4": "AND(ISNUMBER(H4),H4>=0,ROUND(H4,2)=H4)",
        "H5": "AND(ISNUMBER(H5),H5>=0,ROUND(H5,2)=H5)",
        "H6": "AND(ISNUMBER(H6),H6>=0,ROUND(H6,0)=H6)",
        "H7": "AND(ISNUMBER(H7),ROUND(H7,1)=H7)",
    }
    assert sheet.print_area == "'月报'!$A$1:$I$9"
    assert (sheet.print_title_rows, sheet.page_setup.fitToHeight, sheet.page_setup.paperSize) == ("$3:$3", 0, 9)
    assert sheet["A9"].value.split() == ["填报人：", "审核人：", "负责人：", "（盖章）"]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_sheet_of_funds_has_plans_last_month_and_what_stands(funds, period, taihe):
    sheet = opened(period, taihe)["资金"]

    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == "阜阳市2020年民生工程资金情况月报（2020年1—8月）"
    assert (rows[1][0], rows[1][4]) == ("填报单位：太和县", "数据截至：2020年8月31日　单位：元")
    assert rows[2] == FUND_HEADS
    assert rows[3] == (
        *(1, "农村道路", None, "项目资金", "中央", 27524000.5, 1000000.25),
        *(2000000, 0.1, None, "=已拨"),
    )
    assert rows[4] == (1, "农村道路", None, "项目资金", "县级", None, None, None, None, None, None)
    assert {cell.number_format for row in sheet["F4:J5"] for cell in row} == {"#,##0.00"}
    assert {cell.coordinate for row in sheet["A4:K5"] for cell in row if not cell.protection.locked} == {
        *("H4", "I4", "J4", "K4"),
        *("H5", "I5", "J5", "K5"),
    }
    assert (sheet["K4"].data_type, sheet["K4"].quotePrefix, sheet.protection.sheet) == ("s", True, True)
    assert rules_of(sheet)["I4:I5"] == "AND(ISNUMBER(I4),I4>=0,ROUND(I4,2)=I4)"
    assert (sheet.freeze_panes, sheet.print_area) == ("F4", "'资金'!$A$1:$K$7")


def test_template_reads_back_without_a_question_or_a_change(in_process, funds, period, taihe, tmp_path):
    review = read(tmp_path / "a.xlsx", return_template(period=period, participant=taihe), period, taihe)

    assert [issue.sentence for issue in review.issues] == []
    assert review.change_count == 0
    assert len(review.readings[0].figures) == 3


def test_amounts_typed_into_the_sheet_of_funds_are_read(in_process, funds, period, taihe, tmp_path):
    path = tmp_path / "太和县.xlsx"
    path.write_bytes(return_template(period=period, participant=taihe))
    book = openpyxl.load_workbook(path)
    book["资金"]["I5"], book["资金"]["K5"], book["资金"]["J4"] = 1234.5, "已拨", 0
    book.save(path)
    output = io.StringIO()

    call_command(
        "import_return",
        str(path),
        *("--programme", "fuyang-2020", "--period", "2020-08", "--json"),
        stdout=output,
    )

    answer = json.loads(output.getvalue())
    rows = {(row["source"], row["stage"]): row["value_yuan"] for row in answer["funds"] if row["stage"] != "planned"}
    assert rows == {
        ("central", "received"): "2000000",
        ("central", "disbursed"): "0.1",
        ("central", "spent"): "0",
        ("county", "received"): None,
        ("county", "disbursed"): "1234.5",
        ("county", "spent"): None,
    }
    assert answer["issues"] == []


def test_names_like_formulas_and_long_numbers_stay_text_and_read_back(indicators, period, taihe, tmp_path):
    long = Decimal("12345678901234.123456")
    line = factories.IndicatorFactory(
        sub_project=indicators["人数"].sub_project, name="=里程", unit="元", decimals=6, order=9
    )
    factories.TargetFactory(indicator=line, participant=taihe, value=long)
    report = factories.ReportFactory(period=period, participant=taihe, state="draft")
    factories.FigureFactory(
        report=report,
        indicator=line,
        value=long,
        remark="@甲\n+乙",
    )
    content = return_template(period=period, participant=taihe)

    sheet = openpyxl.load_workbook(io.BytesIO(content))["月报"]
    review = read(tmp_path / "a.xlsx", content, period, taihe)

    assert [(sheet[cell].value, sheet[cell].data_type) for cell in ("D7", "F7", "H7", "I7")] == [
        ("=里程", "s"),
        ("12345678901234.123456", "s"),
        ("12345678901234.123456", "s"),
        ("@甲\n+乙", "s"),
    ]
    assert (review.change_count, [issue.sentence for issue in review.issues]) == (0, [])


def test_template_without_fund_lines_has_no_sheet_of_funds(indicators, period, participants):
    assert opened(period, participants["341222"]).sheetnames == ["月报", "系统标识"]
    assert opened(period, participants["341200"]).sheetnames == ["月报", "系统标识"]


def test_query_count_of_the_template_does_not_depend_on_the_number_of_lines(funds, programme, period, taihe):
    counts = []
    for word in ("甲", "乙"):
        with CaptureQueriesContext(connection) as queries:
            return_template(period=period, participant=taihe)
        counts.append(len(queries))
        for number in range(10):
            indicator = factories.IndicatorFactory(
                sub_project=factories.SubProjectFactory(project=funds[0].sub_project.project, name=f"{word}{number}")
            )
            fund_line(programme=programme, participant=taihe, sub_project=indicator.sub_project)

    assert counts[0] == counts[1]
