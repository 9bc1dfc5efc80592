"""Copies the cells of a file that is no .xlsx into one, so that they can be marked; runs in the bare process."""

import io
import unicodedata

import xlsxwriter

#: What a column is as wide as at least and at most, in characters, where the file does not say.
NARROWEST, WIDEST = 8, 40


def copy_of(sheets: list[dict], names: dict[str, str]) -> bytes:
    """Return an .xlsx with the cells of `sheets` (as `child` gives them): values, merges, widths, what is hidden."""
    output = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(output, options) as book:
        base = {"font_name": "宋体", "font_size": 10, "valign": "vcenter", "text_wrap": True, "border": 1}
        formats = _Formats(book, base)
        for sheet in sheets:
            page = book.add_worksheet(names[sheet["name"]])
            if sheet["hidden"] and len(sheets) > 1:
                page.hide()
            _copy(page, sheet, formats)
        visible = next((page for page in book.worksheets() if not page.hidden), None)
        if visible is not None:
            visible.activate()
            visible.set_first_sheet()
    return output.getvalue()


class _Formats:
    """One format per number format, and one where what stands in the cell is struck out."""

    def __init__(self, book, base: dict):
        self.book, self.base, self.known = book, base, {}
        #: Of the cell that is being written.
        self.is_struck = False
        self.bare = book.add_format(base | {"border": 0, "text_wrap": False})

    def of(self, code: str = ""):
        """Return the format of cells with a number format."""
        if (code, self.is_struck) not in self.known:
            looks = ({"num_format": code} if code else {}) | ({"font_strikeout": True} if self.is_struck else {})
            self.known[code, self.is_struck] = self.book.add_format(self.base | looks)
        return self.known[code, self.is_struck]


def _copy(page, sheet: dict, formats: _Formats) -> None:
    for top, left, bottom, right in sheet.get("merges", []):
        page.merge_range(top - 1, left - 1, bottom - 1, right - 1, "", formats.of())
    covered = {
        (row, column)
        for top, left, bottom, right in sheet.get("merges", [])
        for row in range(top - 1, bottom)
        for column in range(left - 1, right)
    }
    struck = {(row, column) for row, column in sheet.get("struck", [])}
    for row, cells in enumerate(sheet["rows"]):
        is_title = _is_title(cells)
        for column, raw in enumerate(cells):
            formats.is_struck = (row + 1, column + 1) in struck
            if raw is not None:
                _write(page, row, column, raw, formats, is_title and (row, column) not in covered)
            elif not is_title and (row, column) not in covered:
                page.write_blank(row, column, None, formats.of())
    widths = sheet.get("widths", {})
    hidden = set(sheet.get("hidden_columns", []))
    for column in range(1, max((len(row) for row in sheet["rows"]), default=0) + 1):
        width = widths.get(str(column)) or _width(sheet, column)
        page.set_column(column - 1, column - 1, width, None, {"hidden": True} if column in hidden else {})
    for row in sheet.get("hidden_rows", []):
        page.set_row(row - 1, None, None, {"hidden": True})
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)


def _is_title(cells: list) -> bool:
    """Tell whether a row holds one thing alone, which may reach over the cells beside it."""
    return sum(raw is not None for raw in cells) < 2


def _write(page, row: int, column: int, raw, formats: _Formats, is_bare: bool) -> None:
    if isinstance(raw, str):
        page.write_string(row, column, raw, formats.bare if is_bare else formats.of())
    elif "n" in raw:
        page.write_number(row, column, float(raw["n"]), formats.of(_code(raw)))
    elif "b" in raw:
        page.write_boolean(row, column, raw["b"], formats.of())
    elif "f" in raw:
        page.write_blank(row, column, None, formats.of())
    else:
        page.write_string(row, column, (raw.get("d") or raw.get("e")).removesuffix("T00:00:00"), formats.of())


def _code(raw: dict) -> str:
    places = len(raw["n"].partition(".")[2])
    if raw.get("p"):
        return "0." + "0" * (places - 2) + "%" if places > 2 else "0%"
    if raw.get("x"):
        return "0.00E+00"
    return f'General"{raw["u"]}"' if raw.get("u") else ""


def _width(sheet: dict, column: int) -> int:
    """Return a width for what stands in a column, wide signs counted twice; merged cells do not count."""
    merged = {(top, left) for top, left, _bottom, _right in sheet.get("merges", [])}
    longest = max(
        (
            sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in row[column - 1])
            for number, row in enumerate(sheet["rows"][:500], 1)
            if column <= len(row) and isinstance(row[column - 1], str)
            if (number, column) not in merged and not _is_title(row)
        ),
        default=0,
    )
    return min(max(longest + 2, NARROWEST), WIDEST)
