"""One page of the template: title, whose and of which month, heads, rows, line to sign; how it is printed."""

import math
import unicodedata
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from itertools import groupby

from xlsxwriter.utility import xl_rowcol_to_cell

from livelihood.formats import EXACT, format_date
from livelihood.models import Agency
from livelihood.workbooks import BORDER, FONT, HEAD_TINT, MOST_DIGITS, write_exactly
from projects.excel.columns import Column
from projects.models import Participant, ReportingPeriod

#: Rows (from 0) of title, facts, head and, under a head of one row, the first line.
TITLE, FACTS, HEAD, FIRST = range(4)
INPUT_TINT, INPUT_HEAD_TINT = "#F4F8FE", "#DFEAFA"
HEADING = {"bold": True, "align": "center", "text_wrap": True}
TYPED = {"bg_color": INPUT_TINT, "locked": False}
A4 = 9
#: What a text may begin with that a spreadsheet would take for a formula once the cell is opened.
FORMULA_SIGNS = ("=", "+", "-", "@")
#: Height of a line of text in points.
LINE = 14


class Page:
    """A worksheet of the template being written; its rows begin at `first`.

    `above`: rows of the head over the columns' labels, from top to bottom, a text per column; the same texts side by
    side are one merged cell, and a column with nothing but blanks above it has its label merged with them.
    """

    def __init__(self, book, name: str, columns: Sequence[Column], *, above: Sequence[Sequence[str]] = ()):
        self.book, self.columns, self.above = book, columns, above
        self.first = FIRST + len(above)
        self.sheet = book.add_worksheet(name)
        self.column_of = {column.key: number for number, column in enumerate(columns)}
        self.last = len(columns) - 1
        self.formats: dict[tuple, object] = {}
        #: Row → lines its longest text needs; not every program works that out itself.
        self.lines: dict[int, int] = {}

    def format(self, **properties):
        """Return a format, made once."""
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(properties)
        return self.formats[key]

    def head(self, title: str, period: ReportingPeriod, reporter: Participant | Agency, *, facts_at: str, note=""):
        """Write everything above the rows; the second fact stands at the column `facts_at`."""
        for number, column in enumerate(self.columns):
            self.sheet.set_column(number, number, column.width)
        heading = self.format(font_name="黑体", font_size=16, align="center", valign="vcenter")
        self.sheet.merge_range(TITLE, 0, TITLE, self.last, "", heading)
        self.sheet.write_string(TITLE, 0, title, heading)
        self.sheet.set_row(TITLE, 30)
        fact = self.format(**FONT)
        self.sheet.write_string(FACTS, 0, f"填报单位：{reporter}", fact)
        as_of = f"数据截至：{format_date(period.as_of)}{'　' if note else ''}{note}"
        self.sheet.write_string(FACTS, self.column_of[facts_at], as_of, fact)
        if period.programme.is_demo:
            mark = self.format(**FONT | {"bold": True, "font_color": "#B0241B", "align": "right"})
            self.sheet.write_string(FACTS, self.last, "演示数据", mark)
        for number, column in enumerate(self.columns):
            tint = INPUT_HEAD_TINT if column.is_typed else HEAD_TINT
            top = HEAD if not any(texts[number] for texts in self.above) else self.first - 1
            self._write_head(top, number, self.first - 1, number, column.label, tint)
        for row, texts in enumerate(self.above, HEAD):
            for text, columns in groupby(range(len(texts)), key=lambda number: texts[number]):
                columns = list(columns)
                if text:
                    self._write_head(row, columns[0], row, columns[-1], text, HEAD_TINT)

    def _write_head(self, top: int, left: int, bottom: int, right: int, text: str, tint: str) -> None:
        look = self.format(**BORDER | HEADING | {"bg_color": tint})
        if (top, left) == (bottom, right):
            self.sheet.write_string(top, left, text, look)
        else:
            self.sheet.merge_range(top, left, bottom, right, "", look)
            self.sheet.write_string(top, left, text, look)

    def write_sequence(self, row: int, key: str, number: int) -> None:
        """Write a number that only names something."""
        self.sheet.write_number(row, self.column_of[key], number, self.format(**BORDER | {"align": "center"}))

    def write_figure(self, row: int, key: str, value: Decimal | str | None, *, places: int, is_typed: bool = False):
        """Write a number, or digits in text, with at least `places` decimals; what else stands for it as text."""
        number = _number(value)
        places = max(places, -number.as_tuple().exponent if number is not None else 0)
        look = BORDER | {"align": "right", "num_format": "#,##0" + (f".{'0' * places}" if places else "")}
        look |= TYPED if is_typed else {}
        if number is not None:
            write_exactly(self.sheet, row, self.column_of[key], number, self.format(**look))
        else:
            self._write_text(row, key, "" if value is None else str(value), look)

    def write_words(self, row: int, key: str, text: str | None, *, is_typed: bool = False) -> None:
        """Write a name or a remark: text, also where it looks like a number or a formula."""
        self._write_text(row, key, text or "", BORDER | (TYPED if is_typed else {}))

    def _write_text(self, row: int, key: str, text: str, look: dict) -> None:
        column = self.column_of[key]
        if not text:
            # Not an empty string: that would break a person's formula.
            self.sheet.write_blank(row, column, None, self.format(**look))
            return
        quoted = {"quote_prefix": True} if text.startswith(FORMULA_SIGNS) else {}
        self.sheet.write_string(row, column, text, self.format(**look | {"text_wrap": True} | quoted))
        self.lines[row] = max(self.lines.get(row, 1), _lines(text, self.columns[column].width))

    def take_numbers(self, key: str, first: int, last: int, *, places: int, what: str, is_signed: bool = False) -> None:
        """Have the spreadsheet itself refuse what is no number, negative or too fine; `what` the cells are for.

        The product checks again when it reads.
        """
        column = self.column_of[key]
        cell = xl_rowcol_to_cell(first, column)
        fineness = f"最多{places}位小数" if places else "整数"
        least, test = ("", "") if is_signed else ("不小于0，", f"{cell}>=0,")
        rule = {
            "validate": "custom",
            "value": f"=AND(ISNUMBER({cell}),{test}ROUND({cell},{places})={cell})",
            "ignore_blank": True,
            "error_title": "请填数字",
            "error_message": f"{what}，{least}{fineness}；没有数请留空。",
        }
        self.sheet.data_validation(first, column, last, column, rule)

    def finish(self, rows: int, *, frozen: str) -> None:
        """Write the line to sign below the rows; freeze, protect and set up the print."""
        sheet, foot = self.sheet, self.first + rows + 1
        for row in range(self.first, self.first + rows):
            sheet.set_row(row, LINE * self.lines.get(row, 1) + 2)
        # In one cell of the first column: nothing of it stands where a line's name or figure would.
        signers = f"填报人：{' ' * 40}审核人：{' ' * 40}负责人：{' ' * 20}（盖章）"
        sheet.write_string(foot, 0, signers, self.format(**FONT))
        sheet.freeze_panes(self.first, self.column_of[frozen] + 1)
        # Against slips, not against people: without a password, and columns may be widened.
        sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True})
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.print_area(0, 0, foot, self.last)
        sheet.repeat_rows(HEAD, self.first - 1)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&C第&P页 共&N页")


def _lines(text: str, width: float) -> int:
    """Return how many lines a text takes in a column; Chinese characters take two places."""
    sizes = [sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line) for line in text.split("\n")]
    # A column of 10 is as wide as ten digits of 11 points and a bit; the text is of 10 points.
    return sum(max(1, math.ceil(size / (1.05 * width + 0.5))) for size in sizes)


def _number(value) -> Decimal | None:
    """Return what a spreadsheet can hold as a number; more than 15 digits it would change, so they stay text."""
    if value is None or value == "":
        return None
    try:
        number = Decimal(value).normalize(EXACT)
    except InvalidOperation:
        return None
    if not number.is_finite() or len(number.as_tuple().digits) > MOST_DIGITS:
        return None
    return number
