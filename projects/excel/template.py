"""Writes the product's own return template with xlsxwriter; read back by `projects.excel.reader`."""

from io import BytesIO

import xlsxwriter

from livelihood.formats import format_date
from projects.excel.columns import COLUMNS, FORMAT, IDENTITY_KEYS, IDENTITY_SHEET, SHEET
from projects.excel.lines import Line, decimal_text, lines_of
from projects.models import Figure, Participant, ReportingPeriod, Target

#: Rows (from 0) of title, facts, head and first line.
TITLE, FACTS, HEAD, FIRST = range(4)
FONT = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
BORDER = FONT | {"border": 1, "border_color": "#9AA5B1"}
INPUT_TINT = "#F4F8FE"
COLUMN_OF = {column.key: number for number, column in enumerate(COLUMNS)}
#: Places where a formula character in a stored name must stay text.
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def return_template(*, period: ReportingPeriod, participant: Participant) -> bytes:
    """Return the .xlsx a participant fills for a period, with what has been reported so far. Five queries."""
    lines = lines_of(period, [participant])[participant.pk]
    output = BytesIO()
    with xlsxwriter.Workbook(output, OPTIONS) as book:
        book.set_properties({"title": title_of(period), "company": period.programme.office.name})
        _write_return(book, period, participant, lines)
        _write_identity(book, period, participant)
    return output.getvalue()


def template_name(period: ReportingPeriod, participant: Participant) -> str:
    """Return the file name: 太和县_2020-08_月报.xlsx."""
    return f"{participant.printed_name}_{period.code}_月报.xlsx"


def title_of(period: ReportingPeriod) -> str:
    """Return the sheet's title line."""
    return f"{period.programme.name}进展情况月报（{period.label}）"


def _write_return(book, period: ReportingPeriod, participant: Participant, lines: list[Line]) -> None:
    sheet = book.add_worksheet(SHEET)
    last = len(COLUMNS) - 1
    for number, column in enumerate(COLUMNS):
        sheet.set_column(number, number, column.width)
    title = book.add_format({"font_name": "黑体", "font_size": 16, "align": "center", "valign": "vcenter"})
    sheet.merge_range(TITLE, 0, TITLE, last, title_of(period), title)
    sheet.set_row(TITLE, 30)
    fact = book.add_format(FONT)
    sheet.write_string(FACTS, 0, f"填报单位：{participant.printed_name}", fact)
    sheet.write_string(FACTS, COLUMN_OF["indicator"], f"数据截至：{format_date(period.as_of)}", fact)
    if period.programme.is_demo:
        mark = book.add_format(FONT | {"bold": True, "font_color": "#B0241B", "align": "right"})
        sheet.write_string(FACTS, last, "演示数据", mark)
    heads = {
        typed: book.add_format(
            BORDER | {"bold": True, "align": "center", "text_wrap": True, "bg_color": "#DFEAFA" if typed else "#EEF1F6"}
        )
        for typed in (False, True)
    }
    for number, column in enumerate(COLUMNS):
        sheet.write_string(HEAD, number, column.label, heads[column.is_typed])
    _write_lines(book, sheet, lines)
    # In one cell of the first column: nothing of it stands where a line's name or figure would.
    sheet.write_string(
        FIRST + len(lines) + 1, 0, f"填报人：{' ' * 40}审核人：{' ' * 40}负责人：{' ' * 20}（盖章）", fact
    )
    sheet.freeze_panes(FIRST, COLUMN_OF["indicator"] + 1)
    # Against slips, not against people: without a password, and columns may be widened.
    sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD)
    sheet.set_footer("&C第&P页 共&N页")


def _write_lines(book, sheet, lines: list[Line]) -> None:
    text = book.add_format(BORDER | {"text_wrap": True})
    number = book.add_format(BORDER | {"align": "right"})
    typed = book.add_format(BORDER | {"align": "right", "bg_color": INPUT_TINT, "locked": False})
    words = book.add_format(BORDER | {"text_wrap": True, "bg_color": INPUT_TINT, "locked": False})
    for row, line in enumerate(lines, FIRST):
        seq, sub_item, name = line.key
        given = {
            "project": line.indicator.sub_project.project.name,
            "sub_item": sub_item,
            "indicator": name,
            "unit": line.indicator.unit,
        }
        sheet.write_number(row, COLUMN_OF["seq"], seq, text)
        for key, value in given.items():
            _write_words(sheet, row, COLUMN_OF[key], value, text)
        _write_amount(sheet, row, COLUMN_OF["target"], target_text(line), number)
        _write_amount(sheet, row, COLUMN_OF["previous"], figure_text(line.previous), number)
        value_format = number if line.has_no_task else words if line.is_text else typed
        shown = "/" if line.has_no_task and line.current is None else figure_text(line.current)
        _write_amount(sheet, row, COLUMN_OF["value"], shown, value_format)
        _write_words(sheet, row, COLUMN_OF["remark"], line.current.remark if line.current else "", words)
        if not line.has_no_task and not line.is_text and not line.allows_negative:
            _validate(sheet, row, line)


def _validate(sheet, row: int, line: Line) -> None:
    """Have the spreadsheet itself refuse words and negatives; the product checks again when it reads."""
    number = "整数" if line.indicator.decimals == 0 else "数"
    sheet.data_validation(
        row,
        COLUMN_OF["value"],
        row,
        COLUMN_OF["value"],
        {
            "validate": "integer" if line.indicator.decimals == 0 else "decimal",
            "criteria": ">=",
            "value": 0,
            "ignore_blank": True,
            "error_title": "请填数字",
            "error_message": f"累计完成数（{line.indicator.unit}），不小于0的{number}；没有数请留空。",
        },
    )


def _write_amount(sheet, row: int, column: int, text: str, cell_format) -> None:
    """Write a number as a number and everything else as text; more than 15 digits stay text, exactly."""
    try:
        is_number = bool(text) and len(text.replace(".", "").lstrip("-0")) <= 15 and float(text) is not None
    except ValueError:
        is_number = False
    if is_number:
        sheet.write_number(row, column, float(text), cell_format)
    else:
        _write_words(sheet, row, column, text, cell_format)


def _write_words(sheet, row: int, column: int, text: str, cell_format) -> None:
    """Write text as text, and nothing as an empty cell: an empty string in it would break a person's formula."""
    if text:
        sheet.write_string(row, column, text, cell_format)
    else:
        sheet.write_blank(row, column, None, cell_format)


def _write_identity(book, period: ReportingPeriod, participant: Participant) -> None:
    """Write whose return it is and of which month, as codes, out of sight."""
    sheet = book.add_worksheet(IDENTITY_SHEET)
    values = {
        "format": FORMAT,
        "programme": period.programme.code,
        "period": period.code,
        "participant": participant.code,
    }
    for row, (label, key) in enumerate(IDENTITY_KEYS.items()):
        sheet.write_string(row, 0, label)
        sheet.write_string(row, 1, values[key])
    sheet.very_hidden()


def target_text(line: Line) -> str:
    """Return a target as the sheet shows it: the number, "/" for no task, else the printed words."""
    target = line.target
    if target is None:
        return ""
    if line.has_no_task:
        return "/"
    if target.state == Target.State.TEXT:
        return target.printed
    return decimal_text(target.value)


def figure_text(figure: Figure | None) -> str:
    """Return a figure as a person would type it; "" for blank or none."""
    if figure is None:
        return ""
    if figure.state == Figure.State.NO_TASK:
        return "/"
    if figure.state == Figure.State.TEXT:
        return figure.text
    return decimal_text(figure.value)
