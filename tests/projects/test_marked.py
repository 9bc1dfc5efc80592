"""A county's workbook given back: coloured cells with comments, one more sheet, and nothing else touched."""

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwt
from django.core.management import call_command

from projects.excel import marked, marked_child
from projects.excel.marked import SUMMARY_SHEET, marked_workbook
from projects.excel.readings import ERROR, NOTE, WARNING, Issue, Reading
from projects.models import Participant
from projects.services.imports import review_returns
from tests.projects.awkward_returns import RETURNS
from tests.projects.test_import_accuracy import in_process as read_in_process
from tests.projects.test_import_accuracy import month
from tests.projects.workbooks import filled, raw_workbook, with_part

__all__ = ["month", "read_in_process"]

RED, AMBER, BLUE = "FFF6CBC5", "FFFFF4DB", "FFE9F0FA"
SHEET = "进度 '8月'表"


@pytest.fixture
def in_process(monkeypatch):
    """Mark in this process: the child's own function, without a start of Python."""

    def answer(arguments, *, given):
        extension, content = marked_child.marked(Path(arguments[-1]), json.loads(given))
        return marked.subprocess_like(extension.encode() + b"\n" + content)

    class Done:
        returncode = 0

        def __init__(self, stdout):
            self.stdout = stdout

    monkeypatch.setattr(marked, "subprocess_like", Done, raising=False)
    monkeypatch.setattr(marked, "run_bare", answer)


def reading_of(path: Path, *issues: tuple, refusal: str = "") -> Reading:
    """Return a reading with issues given as (severity, sheet, cell, message)."""
    found = [Issue(severity, "code", message, path.name, sheet, cell) for severity, sheet, cell, message in issues]
    return Reading(file=path.name, path=path, issues=found, refusal=refusal)


def mark(path: Path, *issues: tuple, refusal: str = "") -> bytes:
    content, _name = marked_workbook(path, file_name=path.name, readings=[reading_of(path, *issues, refusal=refusal)])
    return content


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def summary(book: openpyxl.Workbook) -> list[tuple]:
    return [tuple(cell or "" for cell in row) for row in book[SUMMARY_SHEET].iter_rows(values_only=True)]


def picture() -> io.BytesIO:
    """Return a picture of one pixel."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    body = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0\0"))
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b""))


@pytest.fixture
def rich(tmp_path):
    """A workbook with much that a spreadsheet library would lose or change."""
    path = tmp_path / "太和县.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet(SHEET)
        page.write_column("A1", ["项目", "公路", "危房"])
        page.write("B2", 41.5, book.add_format({"num_format": '0.00"公里"', "left": 5, "bold": True}))
        page.write("B3", 12, book.add_format({"bg_color": "#00FF00", "locked": False}))
        page.write_formula("C2", "=B2*2", None, 83)
        page.write_comment("B3", "本县原来的批注", {"author": "王五"})
        page.insert_image("E2", "a.png", {"image_data": picture()})
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": [SHEET, 1, 1, 2, 1]})
        page.insert_chart("E5", chart)
        page.insert_textbox("E20", "文本框")
        page.conditional_format("B2:B3", {"type": "data_bar"})
        page.data_validation("B2:B3", {"validate": "decimal", "criteria": ">=", "value": 0})
        page.protect("secret")
        page.merge_range("A10:C12", "合并")
        book.define_name("目标", f"='{SHEET.replace(chr(39), chr(39) * 2)}'!$B$2")
        book.add_worksheet("底稿").write("A1", 43000, book.add_format({"num_format": "yyyy-mm-dd"}))
        book.get_worksheet_by_name("底稿").hide()
        book.add_worksheet("没有问题的表").write_comment("A1", "别处的批注")
    return path


def test_everything_but_marked_cells_comes_back_byte_for_byte(in_process, rich):
    before = parts_of(rich.read_bytes())

    content = mark(rich, (ERROR, SHEET, "B2", "不是数"), (WARNING, SHEET, "B3", "请核对"))

    after = parts_of(content)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "[Content_Types].xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "xl/worksheets/sheet1.xml",
        "xl/comments1.xml",
        "xl/drawings/vmlDrawing1.vml",
    }
    assert set(after) - set(before) == {"xl/worksheets/sheet4.xml"}
    assert {"xl/media/image1.png", "xl/charts/chart1.xml", "xl/drawings/drawing1.xml"} < before.keys() - changed
    book = opened(content)
    assert book.sheetnames == [SHEET, "底稿", "没有问题的表", SUMMARY_SHEET]
    was = opened(rich.read_bytes())[SHEET].protection
    assert (was.sheet, was.password) == (book[SHEET].protection.sheet, book[SHEET].protection.password)
    assert (book["底稿"].sheet_state, list(book.defined_names)) == ("hidden", ["目标"])
    assert len(book[SHEET].data_validations.dataValidation) == 1


def test_marked_cell_keeps_its_format_and_every_comment(in_process, rich):
    content = mark(
        rich,
        (NOTE, SHEET, "B2", "顺便一说"),
        (ERROR, SHEET, "B2", "不是数"),
        (WARNING, SHEET, "B3", "请核对"),
        (NOTE, "底稿", "A1", "隐藏"),
    )

    page = opened(content)[SHEET]
    assert (page["B2"].fill.fgColor.rgb, page["B3"].fill.fgColor.rgb) == (RED, AMBER)
    assert (page["B2"].number_format, page["B2"].border.left.style, page["B2"].font.b) == ('0.00"公里"', "thick", True)
    assert not page["B3"].protection.locked
    assert page["B2"].comment.text == "【核对】错误：不是数\n说明：顺便一说"
    assert page["B3"].comment.text == "【核对】提示：请核对\n\n—— 原有批注 ——\n本县原来的批注"
    assert page["C2"].value == "=B2*2"
    assert (page["A1"].comment, page["A1"].fill.fill_type) == (None, None)
    hidden = opened(content)["底稿"]["A1"]
    assert (hidden.fill.fgColor.rgb, hidden.number_format) == (BLUE, "yyyy-mm-dd")


def test_summary_lists_every_issue_with_a_link_to_its_cell(in_process, rich):
    content = mark(
        rich,
        (WARNING, "", "", "没有单位名称"),
        (ERROR, SHEET, "B2", '=HYPERLINK("x")'),
        (NOTE, "底稿", "A1", "隐藏的表"),
        (ERROR, SHEET, "C12", "合并格里"),
        (ERROR, "没有这张表", "A1", "别处"),
    )

    book = opened(content)
    rows = summary(book)
    assert rows[0][0] == "批注汇总：太和县.xlsx"
    assert rows[1][0] == "错误3处、提示1处、说明1处。有错误，改好之前不能导入。"
    assert [row[:5] for row in rows[4:]] == [
        ("错误", SHEET, "B2", "41.5公里", '=HYPERLINK("x")'),
        ("错误", SHEET, "C12", "合并", "合并格里"),
        ("错误", "没有这张表", "A1", "", "别处"),
        ("提示", "", "", "", "没有单位名称"),
        ("说明", "底稿（隐藏）", "A1", "2017-09-22", "隐藏的表"),
    ]
    page = book[SUMMARY_SHEET]
    links = {cell.coordinate: cell.hyperlink.location for cell in page["C"] if cell.hyperlink}
    assert links == {"C5": "'进度 ''8月''表'!B2", "C6": "'进度 ''8月''表'!C12"}
    assert (page["E5"].data_type, page["E5"].quotePrefix) == ("s", True)
    assert book[SHEET]["A10"].comment.text == "【核对】错误：合并格里"


def test_cells_that_are_not_in_the_markup_yet_are_marked(in_process, tmp_path):
    rows = (
        "<row><c t='inlineStr'><is><t>公路</t></is></c><c><v>1</v></c></row>"
        "<row r='5' s='0' spans='1:2'><c r='A5'><v>5</v></c><c r='D5'><v>4</v></c></row><row><c><v>6</v></c></row>"
    )
    path = raw_workbook(tmp_path / "a.xlsx", rows)

    content = mark(path, *((ERROR, "S", cell, "空") for cell in ["A1", "B5", "C3", "A6", "B6", "Z90", "Z1"]))

    page = opened(content)["S"]
    marked_cells = {cell.coordinate for row in page.iter_rows() for cell in row if cell.comment}
    assert marked_cells == {"A1", "B5", "C3", "A6", "B6", "Z90", "Z1"}
    assert [page[cell].value for cell in ["A1", "B1", "A5", "D5", "A6", "B5"]] == ["公路", 1, 5, 4, 6, None]
    assert (page["Z90"].fill.fgColor.rgb, page["A5"].fill.fill_type) == (RED, None)


def test_workbook_marked_again_keeps_nothing_of_the_earlier_marks(in_process, rich, tmp_path):
    once = tmp_path / "一次.xlsx"
    once.write_bytes(mark(rich, *((ERROR, SHEET, cell, "旧的话") for cell in ("A2", "B2", "B3"))))

    content = mark(once, (WARNING, SHEET, "B2", "新的话"))

    book = opened(content)
    page = book[SHEET]
    assert [page[cell].comment and page[cell].comment.text for cell in ("A2", "B2", "B3")] == [
        None,
        "【核对】提示：新的话",
        "本县原来的批注",
    ]
    assert [page[cell].fill.fill_type and page[cell].fill.fgColor.rgb for cell in ("A2", "B2", "B3")] == [
        None,
        AMBER,
        None,
    ]
    assert (page["B2"].number_format, page["B2"].border.left.style) == ('0.00"公里"', "thick")
    assert book.sheetnames == [SHEET, "底稿", "没有问题的表", SUMMARY_SHEET]
    assert [row[4] for row in summary(book)[4:]] == ["新的话"]
    # One box for each comment that is there.
    assert parts_of(content)["xl/drawings/vmlDrawing1.vml"].count(b"<v:shape ") == 2


def test_marks_of_a_workbook_saved_by_another_program_in_between_are_taken_away(in_process, rich, tmp_path):
    once = tmp_path / "一次.xlsx"
    once.write_bytes(mark(rich, *((ERROR, SHEET, cell, "旧的话") for cell in ("A2", "B3"))))
    # It joins the runs of a comment and numbers the formats anew.
    opened(once.read_bytes()).save(once)

    book = opened(mark(once))

    page = book[SHEET]
    assert (page["A2"].comment, page["B3"].comment.text) == (None, "本县原来的批注")
    assert (page["A2"].fill.fill_type, page["B3"].fill.fill_type) == (None, None)
    assert [row[0] for row in summary(book)] == ["批注汇总：一次.xlsx", "没有发现问题。"]


def test_workbook_with_macros_keeps_them_and_its_ending(in_process, rich):
    with zipfile.ZipFile(rich, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
    old = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    with_part(rich, "[Content_Types].xml", old, "application/vnd.ms-excel.sheet.macroEnabled.main+xml")

    content, name = marked_workbook(rich, file_name="C:\\表\\太和县.xlsx", readings=[reading_of(rich)])

    assert (name, parts_of(content)["xl/vbaProject.bin"]) == ("太和县_批注.xlsm", b"macro")
    assert summary(opened(content))[1][0] == "没有发现问题。"


def test_old_workbook_is_copied_with_what_it_shows_and_marked(in_process, tmp_path):
    book = xlwt.Workbook()
    page = book.add_sheet("月报")
    page.write_merge(0, 0, 0, 2, "=标题")
    page.write(1, 0, 0.655, xlwt.easyxf(num_format_str="0.0%"))
    page.write(1, 1, 43000, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    page.write(1, 2, 12.5)
    page.col(1).hidden = True
    page.col(2).width = 256 * 33
    path = tmp_path / "颍上县.et"
    book.save(str(path))

    content, name = marked_workbook(path, file_name=path.name, readings=[reading_of(path, (ERROR, "月报", "C2", "错"))])

    page = opened(content)["月报"]
    assert name == "颍上县_批注.xlsx"
    assert [cell.value for cell in page[2]] == [0.655, "2017-09-22", 12.5]
    assert (page["A1"].value, page["A1"].data_type, str(page.merged_cells)) == ("=标题", "s", "A1:C1")
    assert (page["A2"].number_format, page.column_dimensions["B"].hidden) == ("0.0%", True)
    assert int(page.column_dimensions["C"].width) == 33
    assert page["C2"].comment.text == "【核对】错误：错"
    assert marked.CONVERTED in [row[0] for row in summary(opened(content))]


def test_text_table_is_copied_and_its_nameless_sheet_gets_a_name(in_process, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("指标,累计完成\n=1+1,0012\n", encoding="gb18030")

    book = opened(mark(path, (ERROR, "", "B2", "不是数")))

    assert [cell.value for cell in book["表1"][2]] == ["=1+1", "0012"]
    assert [cell.data_type for cell in book["表1"][2]] == ["s", "s"]
    assert summary(book)[-1][:4] == ("错误", "表1", "B2", "0012")


@pytest.mark.parametrize("content", [b"%PDF-1.4", b"PK\x03\x04broken", b""], ids=["pdf", "broken", "empty"])
def test_file_that_cannot_be_opened_leaves_the_summary_alone(in_process, tmp_path, content):
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)

    book = opened(mark(path, (ERROR, "", "", "文件打不开。"), refusal="文件打不开。"))

    assert book.sheetnames == [SUMMARY_SHEET]
    assert [row[0] for row in summary(book)[1:4]] == ["这份文件没有读，什么都没有存。", marked.COLOURS, marked.UNOPENED]


def test_file_of_unusual_structure_is_copied_instead(in_process, rich):
    with_part(rich, "xl/styles.xml", "cellXfs", "cellXfz")

    book = opened(mark(rich, (ERROR, SHEET, "B2", "错")))

    assert book[SHEET]["B2"].comment.text == "【核对】错误：错"
    assert marked.ODD in [row[0] for row in summary(book)]


def test_child_beyond_its_limits_leaves_the_summary_alone(rich, monkeypatch):
    run = marked.run_bare
    starts = []

    def failing(arguments, *, given):
        starts.append(given)
        # The first start meets a module that is none, and dies.
        return run(arguments if len(starts) == 2 else ["-m", "projects.excel.none", arguments[-1]], given=given)

    monkeypatch.setattr(marked, "run_bare", failing)

    book = opened(mark(rich, (ERROR, SHEET, "B2", "错")))

    assert len(starts) == 2
    assert book.sheetnames == [SUMMARY_SHEET]
    assert summary(book)[-1][:5] == ("错误", SHEET, "B2", "", "错")


def test_command_writes_the_marked_workbook_which_reads_the_same_again(
    in_process, read_in_process, settings, tmp_path, indicators, period, july, participants
):
    settings.MEDIA_ROOT = tmp_path / "media"
    path = filled(tmp_path / "太和县.xlsx", period=period, participant=participants["341222"], cells={"H4": "四十"})

    def told(file):
        output = io.StringIO()
        call_command(
            "import_return",
            str(file),
            *("--programme", "fuyang-2020", "--period", "2020-08", "--marked", str(tmp_path / "out"), "--json"),
            stdout=output,
        )
        answer = json.loads(output.getvalue())
        return answer["figures"], [one | {"file": ""} for one in answer["issues"]]

    first = told(path)
    marked_file = tmp_path / "out" / "太和县_批注.xlsx"
    book = opened(marked_file.read_bytes())
    again = told(marked_file)

    assert book["月报"]["H4"].fill.fgColor.rgb == RED
    assert book["月报"]["H4"].comment.text.startswith("【核对】错误：")
    assert [one["cell"] for one in first[1] if one["severity"] == "error"] == ["H4"]
    assert [{**figure, "file": ""} for figure in again[0]] == [{**figure, "file": ""} for figure in first[0]]
    assert again[1] == first[1]


@pytest.mark.long
@pytest.mark.timeout(600)
def test_every_awkward_return_reads_the_same_with_its_marks(in_process, month, read_in_process, tmp_path):
    for number, one in enumerate(RETURNS):
        path = one.build(tmp_path / f"{number}")
        participant = one.participant and Participant.objects.get(programme=month.programme, code=one.participant)

        def review(file, participant=participant):
            return review_returns(
                files=[(file, "表")], programme=month.programme, period=month, participant=participant or None
            )

        before = review(path)
        content, _name = marked_workbook(path, file_name=path.name, readings=before.readings)
        marked_file = tmp_path / f"{number}-批注.xlsx"
        marked_file.write_bytes(content)

        assert opened(content).sheetnames[-1].startswith(SUMMARY_SHEET), one.name
        if before.is_refused:
            continue
        after = review(marked_file)
        # White on white is seen once its cell has the colour of a mark.
        told = [[issue.sentence for issue in each.issues if issue.code != "unseen"] for each in (before, after)]
        assert told[1] == told[0], one.name
        assert [
            (figure.line.key, figure.value, figure.state, figure.cell)
            for reading in after.readings
            for figure in reading.figures
        ] == [
            (figure.line.key, figure.value, figure.state, figure.cell)
            for reading in before.readings
            for figure in reading.figures
        ], one.name
