"""Writes the 任务分解表 of a programme as it stands; read back by `projects.excel.targets`."""

from io import BytesIO

import xlsxwriter

from livelihood.formats import as_decimal
from livelihood.workbooks import FONT, OPTIONS, write_exactly
from projects.excel.targets import MATRIX_COLUMNS
from projects.models import Indicator, Programme
from projects.services.targets import newest_targets, stated
from projects.workbooks import write_identity

KIND = "targets"
TITLE, HEAD, FIRST = range(3)


def target_template(programme: Programme) -> bytes:
    """Return the .xlsx with indicators as rows and participants as columns. Three queries."""
    units = list(programme.participants.order_by("order"))
    indicators = list(Indicator.objects.of_programme(programme))
    newest = newest_targets(indicators)
    columns = [column for column in MATRIX_COLUMNS if column.key != "remark"]
    output = BytesIO()
    with xlsxwriter.Workbook(output, OPTIONS) as book:
        sheet = book.add_worksheet("任务分解")
        head = book.add_format(FONT | {"bold": True, "border": 1, "bg_color": "#EEF1F6", "align": "center"})
        text = book.add_format(FONT | {"border": 1, "text_wrap": True})
        cell = book.add_format(FONT | {"border": 1, "align": "right"})
        sheet.write_string(TITLE, 0, f"{programme.name} 目标任务分解表", book.add_format(FONT | {"bold": True}))
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width)
            sheet.write_string(HEAD, number, column.label, head)
        for number, unit in enumerate(units, len(columns)):
            sheet.set_column(number, number, 12)
            sheet.write_string(HEAD, number, unit.printed_name, head)
        for row, indicator in enumerate(indicators, FIRST):
            _write_names(sheet, row, indicator, text)
            for number, unit in enumerate(units, len(columns)):
                target = newest.get((indicator.pk, unit.pk))
                words = stated(target) if target else ""
                number_of = as_decimal(words) if words.replace(".", "", 1).isdigit() else None
                if number_of is not None:
                    write_exactly(sheet, row, number, number_of, cell)
                else:
                    sheet.write_string(row, number, words, cell)
        sheet.freeze_panes(FIRST, len(columns))
        sheet.set_landscape()
        sheet.set_paper(8)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEAD)
        write_identity(book, programme, KIND)
    return output.getvalue()


def _write_names(sheet, row: int, indicator: Indicator, text) -> None:
    sub = indicator.sub_project
    sheet.write_number(row, 0, sub.project.seq, text)
    for number, words in enumerate([sub.project.name, sub.name, indicator.name, indicator.unit], 1):
        sheet.write_string(row, number, words, text)
