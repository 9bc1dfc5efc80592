"""The writer of workbooks, and the audit trail through it: what a spreadsheet finds in the cells."""

import datetime
import io
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from livelihood import workbooks
from livelihood.models import AuditEvent
from livelihood.services import Refused, record_event
from livelihood.workbooks import Column, Marked, Sheet, amount, printed, sheet_name, workbook_file

COLUMNS = [
    Column("序号", 6),
    Column("名称", 20),
    Column(("进度", "完成数"), 12, is_number=True),
    Column(("进度", "完成率(%)"), 12, is_number=True),
]


def written(**parts) -> openpyxl.Workbook:
    """Return one sheet as it is read back."""
    with workbook_file([Sheet(**{"name": "表", "title": "标题", "columns": COLUMNS} | parts)]) as file:
        return openpyxl.load_workbook(io.BytesIO(file.read()))


def test_workbook_zero_blank_and_no_task_are_three_things_and_numbers_are_numbers():
    rows = [
        [1, "农村道路", Decimal("0"), Decimal("0.00")],
        [2, "困难救助", None, None],
        [3, "水利", "/", "无任务"],
        [4, "供水", Decimal("-1234.50"), Marked(Decimal("61.90"), "red", "▽2")],
        # Fifteen digits are a number, sixteen a text: a spreadsheet keeps no more.
        [5, "长数", Decimal("123456789012.345"), Decimal("1234567890123.456")],
    ]

    sheet = written(rows=rows, totals=[[None, "合计", Decimal("-1.00") * 0, None]]).active

    values = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4, max_row=9)]
    assert values == [
        [1, "农村道路", 0, 0],
        [2, "困难救助", None, None],
        [3, "水利", "/", "无任务"],
        [4, "供水", -1234.5, 61.9],
        [5, "长数", 123456789012.345, "1234567890123.456"],
        [None, "合计", 0, None],
    ]
    assert [sheet[place].number_format for place in ("C4", "D4", "C7", "D7")] == [
        "#,##0",
        "#,##0.00",
        "#,##0.00",
        '#,##0.00"▽2"',
    ]
    assert sheet["B9"].font.bold
    assert sheet["D7"].font.color.rgb == "FFB0241B"


def test_workbook_text_that_looks_like_a_formula_stays_text():
    texts = ["=1+1", "+86", "-5", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")']

    sheet = written(title="=1", facts="+1", rows=[[text, text, None, None] for text in texts], notes=["@x"]).active

    cells = [sheet.cell(row, 2) for row in range(5, 5 + len(texts))]
    assert [cell.value.replace("_x000D_", "\r") for cell in cells] == texts
    # Typed into again, it is still no formula.
    assert {(cell.data_type, cell.quotePrefix) for cell in cells} == {("s", True)}
    assert {sheet[place].data_type for place in ("A1", "A2", "A5", "A13")} == {"s"}


def test_workbook_is_set_up_to_be_read_and_printed():
    day = datetime.date(2020, 8, 31)
    moment = datetime.datetime(2020, 9, 17, 0, 36, 5, 123, tzinfo=datetime.UTC)

    sheet = written(rows=[[day, moment, None, None]], facts="数据截至：2020年8月31日", is_demo=True, frozen=2).active

    assert [sheet.cell(row, 1).value for row in (1, 2, 3)] == [
        "标题",
        "演示数据，不是真实的进度。",
        "数据截至：2020年8月31日",
    ]
    assert [sheet["C4"].value, sheet["C5"].value, sheet["D5"].value, sheet["A5"].value] == [
        "进度",
        "完成数",
        "完成率(%)",
        "序号",
    ]
    assert "C4:D4" in {str(found) for found in sheet.merged_cells.ranges}
    # Shanghai time, to the second.
    assert (sheet["A6"].value.date(), str(sheet["B6"].value)) == (day, "2020-09-17 08:36:05")
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.auto_filter.ref) == ("C6", "$4:$5", "A5:D6")
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight) == (
        "landscape",
        9,
        0,
    )
    assert sheet.oddFooter.center.text == "第&P页 共&N页"
    assert sheet.oddFooter.left.text == "演示数据"
    assert [sheet.column_dimensions[letter].width for letter in "AB"] == [
        pytest.approx(6, abs=1),
        pytest.approx(20, abs=1),
    ]


def test_workbook_names_of_sheets_are_short_and_unlike_each_other():
    taken = set()

    names = [sheet_name(text, taken) for text in ("1 a/b:[c]?*", "项目" * 20, "项目" * 20, "'", "表")]

    assert names == ["1 a b  c", ("项目" * 20)[:31], ("项目" * 20)[:28] + "(2)", "表", "表(2)"]


def test_workbook_too_many_rows_is_refused_and_a_float_is_an_error(monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_ROWS", 2)

    with pytest.raises(Refused, match="超过 2 行"):
        written(rows=[[1, "", None, None]] * 3)
    with pytest.raises(TypeError, match="float"):
        written(rows=[[1, "", 0.5, None]])


def test_workbook_a_text_longer_than_a_cell_says_what_is_left_out():
    sheet = written(rows=[[1, "长" * 40_000, None, None]]).active

    assert len(sheet["B4"].value) <= 32_767
    assert sheet["B4"].value.endswith("……（共40000字，一格放不下，后面的从略）")


def test_workbook_values_keep_the_digits_they_were_printed_with():
    assert str(printed(Decimal("61.9"), 2)) == "61.90"
    assert str(amount(Decimal("64.2550"), 2)) == "64.255"
    assert str(amount(Decimal("64.0000"), 2)) == "64.00"
    assert printed(None, 2) is None


# -- the audit trail ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_audit_trail_is_exported_as_filtered_in_one_query_whatever_its_length(client, auditor, clerk):
    record_event(by=clerk, verb="revoke", target=clerk, before={"full_name": "张三"}, reason="=cmd|'/c calc'!A1")
    record_event(by=clerk, verb="remind", target=clerk)
    address = reverse("admin:livelihood_auditevent_export")
    client.force_login(auditor)

    def exported() -> tuple[list[tuple], int]:
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address, {"verb": "revoke"})
        file = io.BytesIO(b"".join(response.streaming_content))
        sheet = openpyxl.load_workbook(file).active
        assert sheet["A2"].value.startswith("范围：动作“收回授权”")
        return list(sheet.iter_rows(min_row=4, values_only=True)), len(queries)

    exported()
    [row], few = exported()
    for _ in range(20):
        record_event(by=clerk, verb="revoke", target=clerk)
    rows, many = exported()

    assert row[2:] == (
        clerk.full_name,
        "clerk",
        "收回授权",
        "用户",
        str(clerk.pk),
        '{"姓名": "张三"}',
        None,
        "=cmd|'/c calc'!A1",
    )
    assert (len(rows), many) == (21, few)
    assert (
        list(AuditEvent.objects.filter(verb="export_audit_trail").values_list("by", "after"))
        == [(auditor.pk, {"范围": "动作“收回授权”"})] * 3
    )


@pytest.mark.django_db
def test_audit_trail_is_exported_to_the_auditor_alone_and_offered_with_the_filter(client, auditor, system_admin):
    client.force_login(system_admin)
    refused = client.get(reverse("admin:livelihood_auditevent_export"))
    client.force_login(auditor)
    page = client.get(reverse("admin:livelihood_auditevent_changelist"), {"verb": "revoke"}).content.decode()
    wrong = client.get(reverse("admin:livelihood_auditevent_export"), {"no_such_field": "1"})

    assert refused.status_code == 403
    assert f'href="{reverse("admin:livelihood_auditevent_export")}?verb=revoke"' in page
    assert (wrong.status_code, wrong["Location"]) == (302, reverse("admin:livelihood_auditevent_changelist") + "?e=1")
