"""Writes the product's own return template with xlsxwriter; read back by `projects.excel.reader`."""

from io import BytesIO

import xlsxwriter

from livelihood.models import Agency
from livelihood.workbooks import OPTIONS, safe_file_name
from projects import parts
from projects.excel.columns import FORMAT, IDENTITY_KEYS, IDENTITY_SHEET, SHEET, Column, ReturnSheet, columns_of
from projects.excel.lines import Line, decimal_text, lines_of
from projects.excel.template_page import FIRST, Page
from projects.models import Figure, Participant, ReportingPeriod, Target


def return_template(*, period: ReportingPeriod, participant: Participant) -> bytes:
    """Return the .xlsx a participant fills for a period: items, targets, last month, what has been reported so far.

    With a sheet of every part of the report that has one. Ten queries, whatever the number of lines.
    """
    lines = lines_of(period, [participant])[participant.pk]
    output = BytesIO()
    with xlsxwriter.Workbook(output, OPTIONS) as book:
        book.set_properties({"title": title_of(period), "company": period.programme.office.name})
        _write_return(book, period, participant, lines)
        for part in parts.registered():
            if found := part.return_sheet(period, participant):
                write_part(book, period, participant, found)
        write_identity(book, period, participant)
    return output.getvalue()


def template_name(period: ReportingPeriod, reporter: Participant | Agency) -> str:
    """Return the file name: 太和县_2020-08_月报.xlsx."""
    return safe_file_name(f"{reporter}_{period.code}_{period.get_kind_display()}报.xlsx")


def title_of(period: ReportingPeriod) -> str:
    """Return the sheet's title line."""
    return f"{period.programme.name}进展情况{period.get_kind_display()}报（{period.label}）"


def _write_return(book, period: ReportingPeriod, participant: Participant, lines: list[Line]) -> None:
    page = Page(book, SHEET, columns_of(period))
    page.head(title_of(period), period, participant, facts_at="indicator")
    for row, line in enumerate(lines, FIRST):
        _write_line(page, row, line)
    page.finish(len(lines), frozen="indicator")


def _write_line(page: Page, row: int, line: Line) -> None:
    seq, sub_item, name = line.key
    indicator, places = line.indicator, line.indicator.decimals
    page.write_sequence(row, "seq", seq)
    names = {"project": indicator.sub_project.project.name, "sub_item": sub_item, "indicator": name}
    for key, text in (names | {"unit": indicator.unit}).items():
        page.write_words(row, key, text)
    page.write_figure(row, "target", target_text(line), places=places)
    page.write_figure(row, "previous", figure_text(line.previous), places=places)
    page.write_words(row, "remark", line.current.remark if line.current else "", is_typed=True)
    if line.is_text:
        page.write_words(row, "value", figure_text(line.current), is_typed=True)
        return
    shown = "/" if line.has_no_task and line.current is None else figure_text(line.current)
    page.write_figure(row, "value", shown, places=places, is_typed=not line.has_no_task)
    if not line.has_no_task:
        page.take_numbers(
            "value", row, row, places=places, is_signed=line.allows_negative, what=f"累计完成数（{indicator.unit}）"
        )


def write_part(book, period: ReportingPeriod, reporter: Participant | Agency, found: ReturnSheet) -> None:
    """Write the sheet of another part of the report."""
    page = Page(book, found.name, found.columns)
    page.head(found.title, period, reporter, facts_at=found.frozen, note=found.note)
    for row, values in enumerate(found.rows, FIRST):
        for column in found.columns:
            _write_value(page, row, column, values[column.key])
    for column in found.columns:
        if column.is_typed and column.places is not None:
            last = FIRST + len(found.rows) - 1
            page.take_numbers(column.key, FIRST, last, places=column.places, what=column.label)
    page.finish(len(found.rows), frozen=found.frozen)


def _write_value(page: Page, row: int, column: Column, value) -> None:
    if column.places is not None:
        page.write_figure(row, column.key, value, places=column.places, is_typed=column.is_typed)
    elif isinstance(value, int):
        page.write_sequence(row, column.key, value)
    else:
        page.write_words(row, column.key, value, is_typed=column.is_typed)


def write_identity(book, period: ReportingPeriod, participant: Participant | None) -> None:
    """Write whose return it is (None: of several units) and of which month, as codes, out of sight."""
    sheet = book.add_worksheet(IDENTITY_SHEET)
    values = {
        "format": FORMAT,
        "programme": period.programme.code,
        "period": period.code,
        "participant": participant.code if participant is not None else "",
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
