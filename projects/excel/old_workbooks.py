"""Reads .xls and .et (BIFF in OLE2) with formats, merges and what is hidden; runs in the bare process."""

import struct
from pathlib import Path

import xlrd
from xlrd.biffh import error_text_from_code

from projects.excel.guard import LAST_COLUMN, LAST_ROW, FileRefused
from projects.excel.number_formats import format_marks

BROKEN = "文件已损坏或不是表格，打不开；请在WPS或Excel里重新保存后再上传。"


def sheets_of_ole(path: Path) -> list[dict]:
    """Return the sheets of an old workbook. Raises FileRefused."""
    try:
        # The parser complains to a stream; nobody reads it.
        with Path("/dev/null").open("w") as nowhere:
            book = xlrd.open_workbook(str(path), formatting_info=True, logfile=nowhere)
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError) as error:
        if "encrypted" in str(error):
            raise FileRefused("文件加了密码，请先在WPS或Excel里取消密码再上传。") from error
        raise FileRefused(BROKEN) from error
    except (AssertionError, IndexError, KeyError, TypeError, ValueError, UnicodeError, struct.error) as error:
        raise FileRefused(BROKEN) from error
    return [_sheet(book, sheet) for sheet in book.sheets()]


#: Colours of the usual palette that are white, and those of a cell without one.
WHITE, NONE = (1, 9), (64, 65)


def _looks(book, sheet) -> dict[str, list[list[int]]]:
    """Return the filled places, from 1, that are struck out and those that are white on white or shown as nothing."""
    found: dict[str, list[list[int]]] = {"struck": [], "unseen": []}
    for row in range(sheet.nrows):
        for column in range(sheet.row_len(row)):
            if sheet.cell_type(row, column) in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                continue
            style = book.xf_list[sheet.cell_xf_index(row, column)]
            font, ground = book.font_list[style.font_index], style.background
            if font.struck_out:
                found["struck"].append([row + 1, column + 1])
            is_light = not ground.fill_pattern or ground.pattern_colour_index in (*WHITE, *NONE)
            if (font.colour_index in WHITE and is_light) or "h" in _format(book, sheet, row, column):
                found["unseen"].append([row + 1, column + 1])
    return found


def _format(book, sheet, row: int, column: int) -> dict:
    number_format = book.format_map.get(book.xf_list[sheet.cell_xf_index(row, column)].format_key)
    return format_marks(number_format.format_str if number_format else "")


def _sheet(book, sheet) -> dict:
    if sheet.nrows > LAST_ROW or sheet.ncols > LAST_COLUMN:
        raise FileRefused(f"工作表范围过大，最多{LAST_ROW}行、{LAST_COLUMN}列；请删去表外的单元格再上传。")
    return {
        "name": sheet.name,
        "hidden": sheet.visibility != 0,
        "rows": [
            [_cell(book, sheet, row, column) for column in range(sheet.row_len(row))] for row in range(sheet.nrows)
        ],
        "merges": [[top + 1, left + 1, bottom, right] for top, bottom, left, right in sheet.merged_cells],
        "hidden_rows": sorted(row + 1 for row, info in sheet.rowinfo_map.items() if info.hidden and row < sheet.nrows),
        "hidden_columns": sorted(
            column + 1
            for column, info in sheet.colinfo_map.items()
            if (info.hidden or not info.width) and column < sheet.ncols
        ),
        # In characters; only the copy that is given back with marks looks at them.
        "widths": {
            str(column + 1): info.width // 256 for column, info in sheet.colinfo_map.items() if column < sheet.ncols
        },
        **_looks(book, sheet),
    }


def _cell(book, sheet, row: int, column: int):
    kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
    if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK) or value == "":
        return None
    if kind == xlrd.XL_CELL_TEXT:
        return value
    if kind == xlrd.XL_CELL_BOOLEAN:
        return {"b": bool(value)}
    if kind == xlrd.XL_CELL_ERROR:
        return {"e": error_text_from_code.get(value, "#N/A")}
    if kind == xlrd.XL_CELL_DATE:
        return {"d": _date(book, value)}
    marks = _format(book, sheet, row, column)
    return {"n": format(value, ".15g")} | {mark: said for mark, said in marks.items() if mark != "h"}


def _date(book, value: float) -> str:
    try:
        return xlrd.xldate_as_datetime(value, book.datemode).isoformat()
    except (ValueError, OverflowError):
        return str(value)
