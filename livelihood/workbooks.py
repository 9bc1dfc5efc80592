"""The one writer of workbooks: tables with real numbers for a spreadsheet, in constant memory, whatever their length.

A caller describes sheets (title, facts, columns, rows); rows come from an iterator, so that nobody holds them all.
What a cell is follows from its value: None is an empty cell, text stays text whatever its first character, an int, a
Decimal, a date or a moment is a real number with a format. A Decimal is written with the places it has ("80.00" keeps
both); nothing is rounded or worked out here. A number of more than fifteen digits stays text, since a spreadsheet
would change it.
"""

import datetime
import math
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import IO, NamedTuple

import xlsxwriter
from django.http import FileResponse
from django.utils import timezone
from xlsxwriter.utility import xl_rowcol_to_cell_fast
from xlsxwriter.worksheet import Worksheet

from livelihood.formats import EXACT, as_decimal
from livelihood.services import Refused

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FONT = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
BORDER = FONT | {"border": 1, "border_color": "#9AA5B1"}
HEAD_TINT = "#EEF1F6"
#: What every workbook of the product is written with: text that looks like a formula, number or link stays text.
TEXT_STAYS_TEXT = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
#: For small workbooks whose cells are not written row by row.
OPTIONS = {"in_memory": True} | TEXT_STAYS_TEXT
#: For tables: a finished row leaves the memory.
STREAMED = {"constant_memory": True} | TEXT_STAYS_TEXT

#: How many rows one sheet takes: more than any month has, and still opened in seconds.
MOST_ROWS = 100_000
#: What a cell holds, and how many digits of a number.
LONGEST_TEXT, MOST_DIGITS = 32_767, 15
#: First characters that make other programs read a text as a formula.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
#: Widths (in characters) that fit on a landscape A4 sheet, and on A3.
_A4_WIDTH, _A3_WIDTH = 150, 260
_A4, _A3 = 9, 8
_LINE_HEIGHT, _ROW_HEIGHT = 13.5, 18
_TONES = {"red": {"font_color": "#B0241B"}, "grey": {"font_color": "#626D7C"}}


@dataclass(frozen=True)
class Column:
    """A column: its head, or several from top to bottom (equal neighbours are joined), and its width in characters."""

    heads: str | tuple[str, ...]
    width: float
    is_number: bool = False

    @property
    def levels(self) -> tuple[str, ...]:
        """Return the heads from top to bottom."""
        return (self.heads,) if isinstance(self.heads, str) else self.heads


class Marked(NamedTuple):
    """A value with a tone (red, grey) and a sign printed behind it; a number stays a number."""

    value: object
    tone: str = ""
    sign: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table with what stands above and below it; `rows` are read once, a value per column.

    `facts`: of what, until when, on which basis, by whom. `totals` stand in bold below the rows, `notes` below all.
    `frozen`: how many columns stay in sight. `most_lines` of a row: of a longer text the beginning shows.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence]
    facts: str = ""
    is_demo: bool = False
    frozen: int = 1
    totals: Iterable[Sequence] = ()
    notes: Sequence[str] = ()
    most_lines: int = 20


def printed(value: Decimal | None, decimals: int) -> Decimal | None:
    """Return a value the database has printed with exactly `decimals` places. Raises Inexact where a digit is lost."""
    return None if value is None else value.quantize(Decimal(1).scaleb(-decimals), context=EXACT)


def amount(value: Decimal | None, decimals: int) -> Decimal | None:
    """Return a figure with at least `decimals` places; digits beyond stay where they are not zero."""
    if value is None:
        return None
    return printed(value, max(decimals, -value.normalize(EXACT).as_tuple().exponent))


def workbook_response(file_name: str, sheets: Iterable[Sheet]) -> FileResponse:
    """Return the workbook as a download. Raises Refused where a sheet has more rows than a file may have."""
    return FileResponse(
        workbook_file(sheets), as_attachment=True, filename=safe_file_name(file_name), content_type=XLSX
    )


def workbook_file(sheets: Iterable[Sheet]) -> IO[bytes]:
    """Return the workbook as a temporary file, at its beginning; it is gone when it is closed."""
    file = tempfile.TemporaryFile(prefix="livelihood-export-")  # noqa: SIM115 - closed by the response that sends it
    try:
        with xlsxwriter.Workbook(file, STREAMED) as book:
            names, formats = set(), _Formats(book)
            for number, sheet in enumerate(sheets):
                if not number:
                    book.set_properties({"title": sheet.title})
                _SheetWriter(book, formats, sheet, sheet_name(sheet.name, names)).write()
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def write_exactly(sheet: Worksheet, row: int, column: int, number: Decimal, look) -> None:
    """Write a number into a cell, as text where a spreadsheet's fifteen digits would change it."""
    if len(number.normalize(EXACT).as_tuple().digits) > MOST_DIGITS:
        sheet.write_string(row, column, f"{number:f}", look)
    else:
        # Zero has no sign, however it came about.
        sheet.write_number(row, column, float(number) + 0.0, look)


def safe_file_name(name: str) -> str:
    """Return a file name without the characters a file system may not take."""
    return "".join("_" if char in '\\/:*?"<>|' or not char.isprintable() else char for char in name)


def sheet_name(text: str, taken: set[str]) -> str:
    """Return a name a spreadsheet accepts, unlike those `taken` (lower case), and take it."""
    plain = "".join(" " if char in "[]:*?/\\" or not char.isprintable() else char for char in text).strip(" '") or "表"
    name, number = plain[:31].strip(" '"), 1
    while name.lower() in taken:
        number += 1
        end = f"({number})"
        name = plain[: 31 - len(end)] + end
    taken.add(name.lower())
    return name


class _Formats:
    """The formats of one workbook, each made once."""

    def __init__(self, book):
        self.book, self.made = book, {}

    def get(self, **properties):
        """Return the format with these properties."""
        key = tuple(sorted(properties.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format(properties)
        return self.made[key]

    def cell(self, column: Column, *, places=None, number="", tone="", sign="", bold=False, quoted=False, valign=""):
        """Return the format of a table's cell: a number with its places, a date (`number`), or text."""
        look = BORDER | {"text_wrap": True, "valign": valign} | _TONES.get(tone, {})
        if places is not None:
            number = "#,##0" + (f".{'0' * places}" if places else "")
        if number:
            look["num_format"] = number + (f'"{sign}"' if sign else "")
        if number or column.is_number:
            # A number among texts is a name (序号), not an amount.
            look["align"] = "right" if column.is_number else "center"
        if bold:
            look["bold"] = True
        if quoted:
            look["quote_prefix"] = True
        return self.get(**look)


class _Page(Worksheet):
    """A worksheet that writes the number cells of a table at half the cost; all else is the library's.

    Without it the export of a long table takes longer than openpyxl's, which writes no formats at all. Should the
    library ever call its method something else, this one is not called and nothing changes but the time.
    """

    def _write_cell(self, row, col, cell):
        if cell.__class__.__name__ != "Number" or not cell.format:
            super()._write_cell(row, col, cell)
            return
        place, look = xl_rowcol_to_cell_fast(row, col), cell.format._get_xf_index()
        self.fh.write(f'<c r="{place}" s="{look}"><v>{cell.number:.16G}</v></c>')


class _SheetWriter:
    """Writes one sheet from top to bottom, as constant memory asks for."""

    def __init__(self, book, formats: _Formats, sheet: Sheet, name: str):
        self.formats, self.sheet = formats, sheet
        self.page = book.add_worksheet(name, _Page)
        self.columns, self.row = list(sheet.columns), 0
        self.width = sum(column.width for column in self.columns)
        self.last = len(self.columns) - 1
        self.lines = 1
        # Where only the beginning of a text is shown it has to be the beginning.
        self.valign = "vcenter" if sheet.most_lines >= Sheet.most_lines else "top"
        #: (column, what the value is like) → format: looking one up must cost little, there are half a million cells.
        self.known: dict[tuple, object] = {}
        #: The same of plain Decimals by their exponent, column by column.
        self.plain: list[dict] = [{} for _ in self.columns]

    def write(self) -> None:
        """Write everything."""
        for number, column in enumerate(self.columns):
            self.page.set_column(number, number, column.width)
        self.page.set_default_row(_ROW_HEIGHT)
        self._title()
        head = self.row
        self._heads()
        first = self.row
        for values in self.sheet.rows:
            if self.row - first >= MOST_ROWS:
                raise Refused(f"要导出的超过 {MOST_ROWS:,} 行，一个文件放不下；请先缩小范围（按时间、按项目）再导出。")
            self._cells(values)
        if self.row > first:
            self.page.autofilter(first - 1, 0, self.row - 1, self.last)
        for values in self.sheet.totals:
            self._cells(values, bold=True)
        if self.sheet.notes:
            self.row += 1
        for note in self.sheet.notes:
            self._line(note, self.formats.get(**FONT, text_wrap=True))
        self._set_up_pages(head, first)

    def _title(self) -> None:
        title = FONT | {"font_name": "黑体", "font_size": 16}
        self._line(self.sheet.title, self.formats.get(**title, align="center"), height=30)
        if self.sheet.is_demo:
            mark = self.formats.get(**FONT, bold=True, font_color="#B0241B")
            self._line("演示数据，不是真实的进度。", mark)
        if self.sheet.facts:
            self._line(self.sheet.facts, self.formats.get(**FONT, text_wrap=True))

    def _line(self, text: str, look, *, height: float | None = None) -> None:
        """Write one line over the width of the table that is in sight, as high as its text needs."""
        last, width = self.last, self.width
        while last > 0 and width > _A3_WIDTH:
            width -= self.columns[last].width
            last -= 1
        lines = math.ceil(_display_width(text) * 1.1 / max(width, 1))
        self.page.set_row(self.row, height or max(lines, 1) * _LINE_HEIGHT)
        text = _shortened(text)
        if last:
            self.page.merge_range(self.row, 0, self.row, last, "", look)
        # A merged range takes its text as it takes any value; this one stays text.
        self.page.write_string(self.row, 0, text, look)
        self.row += 1

    def _heads(self) -> None:
        """Write the heads; one with fewer levels than others stands in the lowest row, under an open cell."""
        look = BORDER | {"bold": True, "align": "center", "text_wrap": True, "bg_color": HEAD_TINT}
        depth = max(len(column.levels) for column in self.columns)
        heads = [("",) * (depth - len(column.levels)) + column.levels for column in self.columns]
        for level in range(depth):
            lines = 1
            for path, group in groupby(enumerate(heads), key=lambda item: item[1][: level + 1]):
                numbers = [number for number, _ in group]
                width = sum(self.columns[number].width for number in numbers)
                lines = max(lines, math.ceil(_display_width(path[level]) * 1.15 / width))
                is_under_open = level > 0 and not path[level - 1]
                self._head(path[level], numbers, level == depth - 1, look | ({"top": 0} if is_under_open else {}))
            self.page.set_row(self.row, lines * _LINE_HEIGHT + 4)
            self.row += 1

    def _head(self, text: str, numbers: list[int], is_lowest: bool, look: dict) -> None:
        if not text:
            for number in numbers:
                self.page.write_blank(self.row, number, None, self.formats.get(**look | {"bottom": 0}))
            return
        if len(numbers) > 1 and not is_lowest:
            self.page.merge_range(self.row, numbers[0], self.row, numbers[-1], "", self.formats.get(**look))
            self.page.write_string(self.row, numbers[0], text, self.formats.get(**look))
            return
        for number in numbers:
            self.page.write_string(self.row, number, text, self.formats.get(**look))

    def _cells(self, values: Sequence, *, bold: bool = False) -> None:
        """Write one row. Raises TypeError for what is no cell's value, a float among them."""
        if len(values) != len(self.columns):
            raise ValueError(f"{len(values)} values for {len(self.columns)} columns")
        row, formats, write_number = self.row, self.plain, self.page.write_number
        self.lines = 1
        for number, value in enumerate(values):
            # Half a million numbers: the usual ones take the shortest way, everything else the one below.
            if type(value) is Decimal and not bold:
                _, digits, exponent = value.as_tuple()
                look = formats[number].get(exponent)
                if look is not None and len(digits) <= MOST_DIGITS:
                    write_number(row, number, float(value) + 0.0, look)
                    continue
            self._cell(number, value, bold)
        if self.lines > 1:
            self.page.set_row(row, min(self.lines, self.sheet.most_lines) * _LINE_HEIGHT + 3)
        self.row += 1

    def _cell(self, number: int, value, bold: bool) -> None:
        tone = sign = ""
        if type(value) is Marked:
            value, tone, sign = value
        if value is None or value == "":
            self.page.write_blank(self.row, number, None, self._format(number, "text", tone, "", bold))
        elif isinstance(value, str):
            self._text(number, value, tone, sign, bold)
        elif type(value) is Decimal or type(value) is int:
            self._number(number, value, tone, sign, bold)
        elif isinstance(value, datetime.datetime):
            moment = timezone.localtime(value).replace(tzinfo=None, microsecond=0)
            self.page.write_datetime(self.row, number, moment, self._format(number, "moment", tone, "", bold))
        elif isinstance(value, datetime.date):
            self.page.write_datetime(self.row, number, value, self._format(number, "day", tone, "", bold))
        else:
            raise TypeError(f"no cell holds a {type(value).__name__}")

    def _text(self, number: int, text: str, tone: str, sign: str, bold: bool) -> None:
        kind = "quoted" if text.startswith(_FORMULA_SIGNS) else "text"
        look = self._format(number, kind, tone, "", bold)
        width = self.columns[number].width
        # Most texts are short: only the others are measured, letter by letter.
        if len(text) * 2 > width or "\n" in text:
            self.lines = max(self.lines, _lines(text, width))
        self.page.write_string(self.row, number, _shortened(text + sign), look)

    def _number(self, number: int, value: Decimal | int, tone: str, sign: str, bold: bool) -> None:
        exact = as_decimal(value) if type(value) is int else value
        _, digits, exponent = exact.as_tuple()
        if not isinstance(exponent, int):
            raise ValueError(f"not a finite number: {value}")
        if len(digits) > MOST_DIGITS and len(exact.normalize(EXACT).as_tuple().digits) > MOST_DIGITS:
            self._text(number, f"{exact:f}", tone, sign, bold)
            return
        look = self._format(number, max(0, -exponent), tone, sign, bold)
        if not (tone or sign or bold):
            self.plain[number][exponent] = look
        # Zero has no sign, however it came about.
        self.page.write_number(self.row, number, float(exact) + 0.0, look)

    def _format(self, number: int, kind: str | int, tone: str, sign: str, bold: bool):
        key = (number, kind, tone, sign, bold)
        found = self.known.get(key)
        if found is None:
            options = {
                "text": {},
                "quoted": {"quoted": True},
                "moment": {"number": "yyyy-mm-dd hh:mm:ss"},
                "day": {"number": "yyyy-mm-dd"},
            }.get(kind, {"places": kind})
            options |= {"tone": tone, "sign": sign, "bold": bold, "valign": self.valign}
            found = self.known[key] = self.formats.cell(self.columns[number], **options)
        return found

    def _set_up_pages(self, head: int, first: int) -> None:
        """Set what is frozen and how the sheet is printed: landscape, as wide as the paper, heads on every page."""
        page, frozen = self.page, min(self.sheet.frozen, len(self.columns))
        page.freeze_panes(first, frozen)
        page.set_landscape()
        page.set_paper(_A4 if self.width <= _A4_WIDTH else _A3)
        # A table of many units goes on over several sheets of paper, each with the names of its rows.
        page.fit_to_pages(max(1, math.ceil(self.width / (1.5 * _A3_WIDTH))), 0)
        page.repeat_rows(head, first - 1)
        if frozen:
            page.repeat_columns(0, frozen - 1)
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        page.set_footer(f"{'&L演示数据' if self.sheet.is_demo else ''}&C第&P页 共&N页")


def _shortened(text: str) -> str:
    """Return a text as long as a cell holds, saying so where something is left out."""
    if len(text) <= LONGEST_TEXT:
        return text
    end = f"……（共{len(text)}字，一格放不下，后面的从略）"
    return text[: LONGEST_TEXT - len(end)] + end


def _lines(text: str, width: float) -> int:
    """Return how many lines a text takes in a column; what is too long to be shown is not measured to its end."""
    parts = text[:2000].splitlines()
    return sum(max(1, math.ceil(_display_width(part) * 0.97 / width)) for part in parts)


def _display_width(text: str) -> int:
    """Return how many columns of plain digits a text is wide: Chinese characters take two, as many as bytes here."""
    return len(text.encode("gb18030"))
