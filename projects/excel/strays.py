"""Figures that stand beside a table's columns: nobody knows what they are, but they are not passed over in silence."""

from projects.excel.blocks import Block
from projects.excel.readings import WARNING, Issue
from projects.excel.row_outcome import Rows
from projects.excel.workbook import column_letters

#: So many columns to the right of a table still belong to it.
BESIDE = 3


def stray_columns(block: Block, rows: Rows, file: str) -> list[Issue]:
    """Return one issue per column without a head in which numbers stand, in rows of indicators."""
    sheet, found = block.sheet, []
    of_row = {entry.row: entry for entry in rows.entries}
    for column in range(min(block.labels), max(block.labels) + BESIDE + 1):
        if column in block.labels or any(not sheet.shown(row, column).is_blank for row in block.head):
            continue
        cells = [cell for row in of_row if (cell := sheet.cell(row, column)).kind == "number"]
        is_instead = any(sheet.cell(cell.row, of_row[cell.row].group.value).is_blank for cell in cells)
        if len(cells) > 1 or is_instead:
            words = f"{column_letters(column)}列没有表头，却有{len(cells)}个数，不知道是什么，没有读；请补上表头。"
            found.append(Issue(WARNING, "column_not_read", words, file, sheet.name, cells[0].address))
    return found
