"""Untrusted files: what is refused before and while it is parsed, and what cells arrive as."""

import datetime
import zipfile

import openpyxl
import pytest
import xlsxwriter

from projects.excel import child, guard
from projects.excel.workbook import WorkbookRefused, column_letters, open_workbook
from tests.projects.workbooks import raw_workbook, with_part


def refusal(path) -> str:
    """Return the sentence of the child process, which is that of its own function."""
    with pytest.raises(WorkbookRefused) as refused:
        open_workbook(path)
    with pytest.raises(guard.FileRefused) as inside:
        child.sheets_of(path)
    assert str(inside.value) == str(refused.value)
    return str(refused.value)


def outer_refusal(path) -> str:
    """Return the sentence of a refusal that the child does not speak itself."""
    with pytest.raises(WorkbookRefused) as refused:
        open_workbook(path)
    return str(refused.value)


def cells_of(path) -> list:
    """Return the cells of the first row through the child process, which are those of its own function."""
    sheet = open_workbook(path).sheets[0]
    assert child.sheets_of(path)[0]["rows"] == sheet.rows
    return list(sheet.row(1))


def one_row(path, *cells):
    """Save a workbook of one row and return its cells as read."""
    book = openpyxl.Workbook()
    book.active.append(list(cells))
    book.save(path)
    return [(cell.kind, cell.text) for cell in cells_of(path)]


def test_cells_arrive_with_their_kind_and_as_typed(tmp_path):
    cells = one_row(tmp_path / "a.xlsx", 64.25, 7, "１２", None, True, datetime.date(2020, 8, 31), 0.1 + 0.2)

    assert cells == [
        ("number", "64.25"),
        ("number", "7"),
        ("text", "１２"),
        ("blank", ""),
        ("bool", "TRUE"),
        ("date", "2020-08-31"),
        ("number", "0.3"),
    ]


def test_row_numbers_hold_when_the_first_rows_are_empty(tmp_path):
    book = openpyxl.Workbook()
    book.active["C5"] = 9
    book.save(tmp_path / "a.xlsx")

    sheet = open_workbook(tmp_path / "a.xlsx").sheets[0]

    assert (sheet.cell(5, 3).text, sheet.cell(5, 3).address) == ("9", "C5")
    assert sheet.cell(400, 400).is_blank


def test_formulas_give_their_stored_result_errors_and_missing_results_say_so(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_formula("A1", "=1+2", None, 3)
        sheet.write_formula("B1", "=1/0", None, "#DIV/0!")
    plain = tmp_path / "b.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B1"] = "=1+2", 5
    book.save(plain)

    stored, unstored = cells_of(path), cells_of(plain)

    assert [(cell.kind, cell.text) for cell in stored] == [("number", "3"), ("error", "#DIV/0!")]
    assert [(cell.kind, cell.text) for cell in unstored] == [("unknown", ""), ("number", "5")]


def test_percentage_format_is_seen(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B1"] = 0.955, 0.955
    book.active["A1"].number_format = "0.0%"
    book.save(tmp_path / "a.xlsx")

    first, second = cells_of(tmp_path / "a.xlsx")

    assert (first.is_percent, second.is_percent) == (True, False)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_text_file_named_xlsx_is_read_by_content(tmp_path, encoding):
    path = tmp_path / "a.xlsx"
    path.write_bytes("序号,指标\n1,里程\n".encode(encoding))

    sheet = open_workbook(path).sheets[0]

    assert [cell.text for cell in sheet.row(2)] == ["1", "里程"]


def test_empty_file_is_refused(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"")

    assert refusal(tmp_path / "a.xlsx") == "文件是空的（0字节），请重新导出后再上传。"


def test_missing_file_is_refused(tmp_path):
    assert outer_refusal(tmp_path / "none.xlsx") == "文件不存在。"


def test_large_file_is_refused(tmp_path):
    with (tmp_path / "a.xlsx").open("wb") as file:
        file.truncate(guard.LARGEST_FILE + 1)

    assert outer_refusal(tmp_path / "a.xlsx") == "文件太大，最多20MB。"
    with pytest.raises(guard.FileRefused, match="文件太大（20MB）"):
        guard.kind_of(tmp_path / "a.xlsx")


def test_broken_archive_is_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"] = 1
    book.save(path)
    path.write_bytes(path.read_bytes()[:-200])

    assert refusal(path).startswith("文件已损坏，打不开")


def test_archive_that_is_no_workbook_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("readme.txt", "x")

    assert refusal(tmp_path / "a.xlsx").startswith("文件是压缩包但不是Excel表格")


def test_workbook_without_its_parts_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")

    assert refusal(tmp_path / "a.xlsx").startswith("文件内部结构不完整")


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (b"%PDF-1.7 ...", "文件不是表格，请上传.xlsx、.xls、.et或.csv。"),
        (b"\x89PNG\r\n\x1a\n", "文件不是表格，请上传.xlsx、.xls、.et或.csv。"),
        (guard.OLE_START + b"\0" * 600, "文件已损坏或不是表格，打不开；请在WPS或Excel里重新保存后再上传。"),
        (
            guard.OLE_START + b"\0" * 600 + guard.ENCRYPTED + b"\0" * 600,
            "文件加了密码，请先在WPS或Excel里取消密码再上传。",
        ),
        (b"abc\x00def", "文件不是表格，请上传.xlsx、.xls、.et或.csv。"),
        (b"\xff\xff\x81\x81", "文件不是表格，也不是UTF-8或GBK编码的文本。"),
    ],
)
def test_other_content_is_refused(tmp_path, start, sentence):
    (tmp_path / "a.xlsx").write_bytes(start)

    assert refusal(tmp_path / "a.xlsx") == sentence


def test_cell_at_the_last_address_is_refused_and_named(tmp_path):
    path = raw_workbook(tmp_path / "a.xlsx", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')

    assert refusal(path).startswith("工作表范围过大（用到第1048576行、第16384列）")


def test_range_that_only_claims_to_reach_the_last_address_is_read_for_its_real_cells(tmp_path):
    path = raw_workbook(
        tmp_path / "a.xlsx",
        '<row r="1"><c r="A1"><v>7</v></c><c r="XFD1" s="0"/></row><row r="1048576"><c r="XFD1048576" s="0"></c></row>',
    )
    with_part(path, "xl/worksheets/sheet1.xml", "<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')

    sheet = open_workbook(path).sheets[0]

    assert (sheet.row_count, sheet.width, sheet.cell(1, 1).text) == (1, 1, "7")


def test_cells_without_addresses_are_held_to_the_rows_limit(tmp_path):
    path = raw_workbook(tmp_path / "a.xlsx", '<row r="1048576"><c><v>1</v></c></row>')

    assert refusal(path).startswith("工作表范围过大（用到第1048576行")


def test_zip_bomb_is_refused_by_what_really_unpacks(tmp_path):
    bomb = b"<si><t>" + b"a" * (60 * 1024 * 1024) + b"</t></si>"
    path = raw_workbook(tmp_path / "a.xlsx", "", extra={"xl/sharedStrings.xml": bomb})

    assert refusal(path) == "文件压缩比异常（疑似压缩炸弹），不能读取。"


def test_many_parts_are_refused_by_their_sum(tmp_path, monkeypatch):
    monkeypatch.setattr(guard, "LARGEST_UNPACKED", 1000)
    path = raw_workbook(tmp_path / "a.xlsx", "", extra={"xl/media/a": bytes(2000)})

    with pytest.raises(guard.FileRefused, match="解压后超过"):
        guard.check_archive(path)


def test_too_many_parts_sheets_and_cells_are_refused(tmp_path, monkeypatch):
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>1</v></c></row>'
    path = raw_workbook(tmp_path / "a.xlsx", rows)

    for limit, words in [("MOST_PARTS", "部件过多"), ("MOST_SHEETS", "工作表超过"), ("MOST_CELLS", "单元格超过")]:
        with monkeypatch.context() as patch:
            patch.setattr(guard, limit, 0)
            with pytest.raises(guard.FileRefused, match=words):
                guard.check_archive(path)


def test_entities_are_refused_and_macros_are_left_alone(tmp_path):
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst/>'
    path = raw_workbook(tmp_path / "a.xlsx", "", extra={"xl/sharedStrings.xml": entity})
    row = '<row r="1"><c r="A1"><v>1</v></c></row>'
    macro = raw_workbook(tmp_path / "b.xlsm", row, extra={"xl/vbaProject.bin": b"x"})
    wide = raw_workbook(tmp_path / "c.xlsx", "", extra={"xl/styles.xml": "<a/>".encode("utf-16")})

    assert refusal(path) == "文件内含外部实体声明，不能读取。"
    assert [cell.text for cell in cells_of(macro)] == ["1"]
    assert refusal(wide).startswith("文件内部编码不正常")


@pytest.mark.parametrize(
    ("addresses", "is_refused"),
    [
        # The last row is 50,000, the last column SF = 19 × 26 + 6 = 500.
        ("A1 A50000 SF1 sf50000 A10001", False),
        ("A1 A50001", True),
        ("A1 b050001", True),
        ("A1 C0100000", True),
        ("A1 SG1", True),
        ("A1 zz1", True),
        ("A1 AAA1", True),
    ],
)
def test_cells_beyond_the_last_row_or_column_are_found_however_they_are_written(tmp_path, addresses, is_refused):
    cells = "".join(f'<row r="1"><c r="{one}"><v>1</v></c></row>' for one in addresses.split())
    path = raw_workbook(tmp_path / "a.xlsx", cells)

    if is_refused:
        with pytest.raises(guard.FileRefused, match="范围过大"):
            guard.check_archive(path)
    else:
        guard.check_archive(path)


def test_workbook_without_content_is_refused(tmp_path):
    openpyxl.Workbook().save(tmp_path / "a.xlsx")

    assert outer_refusal(tmp_path / "a.xlsx") == "表格里没有内容。"


def test_parser_that_dies_is_one_sentence(tmp_path, monkeypatch):
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"] = 1
    book.save(path)
    # A process that aborts as calamine does on XFD1048576, which the guard keeps from it.
    monkeypatch.setattr("projects.excel.workbook.CHILD", ["-c", "import os; os.abort()"])

    assert outer_refusal(path) == "文件内容异常，读取时超出内存或时间限制，没有导入。"


def test_parser_that_hangs_is_one_sentence(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n", encoding="utf-8")
    monkeypatch.setattr("projects.excel.workbook.SECONDS", 0.2)
    monkeypatch.setattr("projects.excel.workbook.CHILD", ["-c", "import time; time.sleep(30)"])

    assert "没有读完" in outer_refusal(path)


def test_child_limits_its_own_memory_and_time(tmp_path, monkeypatch, capsys):
    limits = []
    monkeypatch.setattr(child.resource, "setrlimit", lambda what, values: limits.append(what))
    (tmp_path / "a.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    (tmp_path / "b.csv").write_bytes(b"")

    assert child.main(str(tmp_path / "a.csv")) == 0
    assert capsys.readouterr().out == '{"sheets":[{"name":"","hidden":false,"rows":[["a","b"],["1","2"]]}]}'
    assert child.main(str(tmp_path / "b.csv")) == 0
    assert "0字节" in capsys.readouterr().out
    assert limits[:3] == [child.resource.RLIMIT_AS, child.resource.RLIMIT_CPU, child.resource.RLIMIT_CORE]


def test_old_workbook_beyond_its_limit_and_encrypted_parts_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(guard, "LARGEST_OLE_FILE", 100)
    (tmp_path / "a.xls").write_bytes(guard.OLE_START + b"\0" * 600)
    path = raw_workbook(tmp_path / "b.xlsx", "")
    content = bytearray(path.read_bytes())
    central = content.rindex(b"PK\x01\x02")
    content[central + 8] |= 1
    path.write_bytes(content)

    with pytest.raises(guard.FileRefused, match="旧格式表格最大"):
        guard.kind_of(tmp_path / "a.xls")
    assert refusal(path) == "文件加了密码，请先取消密码再上传。"


def test_sheet_reached_by_an_absolute_path_and_one_without_styles_are_read(tmp_path):
    path = raw_workbook(tmp_path / "a.xlsx", '<row r="1"><c r="A1" t="e"><v>#REF!</v></c><c r="B1"><v>2</v></c></row>')
    with_part(path, "xl/_rels/workbook.xml.rels", 'Target="worksheets', 'Target="/xl/worksheets')

    assert [(cell.kind, cell.text) for cell in cells_of(path)] == [("error", "#REF!"), ("number", "2")]


def test_csv_with_an_endless_field_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text('"' + "a" * 40_000, encoding="utf-8")

    assert refusal(tmp_path / "a.csv") == "文本表格读不出来，请另存为.xlsx再上传。"


@pytest.mark.parametrize(("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (16384, "XFD")])
def test_columns_are_named_as_excel_names_them(number, letters):
    assert column_letters(number) == letters
    assert guard.column_number(letters.encode()) == number
