"""Kinds of files beside .xlsx, and what number formats, merges and hidden parts arrive as."""

import openpyxl
import pytest
import xlwt

from projects.excel.number_formats import format_marks
from projects.excel.workbook import WorkbookRefused, open_workbook


def test_old_workbook_arrives_with_formats_errors_merges_and_what_is_hidden(tmp_path):
    book = xlwt.Workbook()
    page = book.add_sheet("月报")
    page.write_merge(0, 0, 0, 2, "标题")
    page.write(1, 0, 0.655, xlwt.easyxf(num_format_str="0.0%"))
    page.write(1, 1, True)
    page.write(1, 2, 43000, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    page.write(2, 0, 12)
    page.row(2).hidden = True
    page.col(1).hidden = True
    book.add_sheet("底稿").visibility = 1
    book.save(str(tmp_path / "a.et"))

    read = open_workbook(tmp_path / "a.et")

    sheet = read.sheets[0]
    cells = [(cell.kind, cell.text, cell.is_percent) for cell in sheet.row(2)]
    assert cells == [("number", "0.655", True), ("bool", "TRUE", False), ("date", "2017-09-22T00:00:00", False)]
    assert (sheet.merges, sheet.hidden_rows, sheet.hidden_columns) == ([[1, 1, 1, 3]], [3], [2])
    assert [one.is_hidden for one in read.sheets] == [False, True]


def test_new_workbook_arrives_with_merges_and_what_is_hidden(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    page.append(["标题", None, None])
    page.append([1, 2, 3])
    page.merge_cells("A1:C1")
    page.row_dimensions[2].hidden = True
    page.column_dimensions["B"].hidden = True
    book.save(tmp_path / "a.xlsx")

    sheet = open_workbook(tmp_path / "a.xlsx").sheets[0]

    assert (sheet.merges, sheet.hidden_rows, sheet.hidden_columns) == ([[1, 1, 1, 3]], [2], [2])
    assert (sheet.shown(1, 3).text, sheet.shown(1, 3).address, sheet.cell(1, 3).is_blank) == ("标题", "A1", True)


def test_web_table_saved_as_old_workbook_is_read_with_its_spans(tmp_path):
    path = tmp_path / "a.xls"
    path.write_text(
        '<html><meta charset="utf-8"><table><tr><th colspan="2">标题</th><th rowspan="2">备注</th></tr>'
        "<tr><td>里程</td><td>55.25</td></tr><tr style='display: none'><td>甲<table><tr><td>内</td></tr></table></td>"
        "</tr></table><table><tr><td>第二张</td></tr></table></html>",
        encoding="utf-8",
    )

    first, second = open_workbook(path).sheets

    assert first.rows == [["标题", None, "备注"], ["里程", "55.25", None], ["甲内", None, None]]
    assert (first.merges, first.hidden_rows) == ([[1, 1, 1, 2], [1, 3, 2, 3]], [3])
    assert (second.name, second.rows) == ("表2", [["第二张"]])


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<html><body>没有表</body></html>", "里面没有表格"),
        ('<table><tr><td colspan="9999">x</td></tr></table>', "表格范围过大"),
    ],
)
def test_web_page_that_is_no_table_is_refused(tmp_path, markup, words):
    (tmp_path / "a.xls").write_text(markup, encoding="utf-8")

    with pytest.raises(WorkbookRefused, match=words):
        open_workbook(tmp_path / "a.xls")


@pytest.mark.parametrize(
    ("code", "marks"),
    [
        ("General", {}),
        ("#,##0.00", {}),
        ("0.0%", {"p": True}),
        ('0"%"', {}),
        ("0.00E+00", {"x": True}),
        ("#,##0,", {"z": True}),
        ('0!.0,"万"', {"z": True, "u": "万"}),
        ('0.0"万人"', {"u": "万人"}),
        ("0;[Red]-0%", {}),
        ('"第"0"项;"', {}),
    ],
)
def test_number_format_says_what_it_adds_to_the_number(code, marks):
    assert format_marks(code) == marks
