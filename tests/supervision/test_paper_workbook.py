"""The tables of a paper as a workbook."""

import io
from decimal import Decimal

import openpyxl
import pytest

from livelihood.services import Refused
from supervision.documents.workbook import cell, has_workbook, workbook_bytes
from tests.supervision.papers import letter, paper, table


def test_workbook_has_a_sheet_per_table_with_real_numbers():
    rows = [["1", "=1+1", "80.50"], ["2", "乙县", "79.00 ▽1"], ["3", "007", "—"]]
    content = paper(attachments=[table("得分表", rows=rows), table("报送情况表")], is_demo=True)

    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(content)))

    assert book.sheetnames == ["附件1 得分表", "附件2 报送情况表"]
    sheet = book["附件1 得分表"]
    assert [sheet["A1"].value, sheet["A2"].value] == ["附件1　得分表", "演示数据，不是真实的进度。"]
    assert sheet["A3"].value == "民生办〔2020〕8号（演示数据）《关于2020年1—8月份全市民生工程进展情况的通报》附件1　8月"
    values = [[item.value for item in row] for row in sheet.iter_rows(min_row=4)]
    assert values == [["序号", "项目", "得分"], [1, "=1+1", 80.5], [2, "乙县", 79], [3, "007", "—"]]
    assert (sheet["B5"].data_type, sheet["B5"].quotePrefix) == ("s", True)
    assert [sheet["C5"].number_format, sheet["C6"].number_format] == ["#,##0.00", '#,##0.00" ▽1"']
    assert (sheet.print_title_rows, sheet.page_setup.orientation) == ("$4:$4", "landscape")


def test_workbook_joins_a_table_the_paper_continues():
    first = table("进度表", units=["甲县", "乙县"], rows=[["1", "道路", "50.00", "60.00"]], landscape=True)
    second = table("进度表", units=["丙县"], rows=[["1", "道路", "70.00"]], landscape=True)
    content = paper(attachments=[first, second, table("报送情况表")])

    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(content)))

    assert book.sheetnames == ["附件1 进度表", "附件2 报送情况表"]
    values = [[item.value for item in row] for row in book["附件1 进度表"].iter_rows(min_row=3)]
    assert values == [["序号", "项目", "甲县", "乙县", "丙县"], [1, "道路", 50, 60, 70]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("85.51", Decimal("85.51")),
        ("1,234", 1234),
        ("−3.0", Decimal("-3.0")),
        ("007", "007"),
        ("8月4日 11:00", "8月4日 11:00"),
        ("/", "/"),
        ("-", "-"),
        ("", ""),
    ],
)
def test_cell_is_a_number_only_where_the_paper_prints_one(text, value):
    assert cell(text) == value
    assert cell(text, is_name=True) == text


def test_workbook_twice_gives_the_same_bytes_and_a_paper_without_tables_has_none():
    assert workbook_bytes(paper()) == workbook_bytes(paper())
    assert not has_workbook(letter())
    with pytest.raises(Refused, match="没有附件表格"):
        workbook_bytes(letter())
