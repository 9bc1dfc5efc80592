"""Tables in sheets: a head of known labels somewhere in the first rows, and typed values under it."""

import datetime
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from livelihood.services import Refused
from projects.excel.columns import Column, plain
from projects.excel.workbook import Cell, Sheet, Workbook, WorkbookRefused

#: The head stands within the first rows of a sheet.
HEAD_WITHIN = 30

YES_NO = {"是": True, "否": False, "": None}

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:T00:00:00)?", re.ASCII)


class CellRefused(Refused):
    """A cell does not hold what its column asks for; the message quotes it."""


@dataclass(frozen=True)
class Table:
    """The part of a sheet under a head: where the head is, and which column is which."""

    sheet: Sheet
    head_row: int
    columns: dict[str, int]

    def cell(self, row: int, key: str) -> Cell:
        """Return a cell by the key of its column; blank where the sheet lacks the column."""
        return self.sheet.cell(row, self.columns[key]) if key in self.columns else Cell(row, 1)

    def text(self, row: int, key: str) -> str:
        """Return a cell's text without surrounding white space."""
        return self.cell(row, key).text.strip()

    @property
    def rows(self) -> range:
        """Return the numbers of the rows under the head."""
        return range(self.head_row + 1, self.sheet.row_count + 1)

    @property
    def filled_rows(self) -> list[int]:
        """Return the numbers of the rows in which any of the columns holds something."""
        return [row for row in self.rows if any(not self.cell(row, key).is_blank for key in self.columns)]


def find_tables(book: Workbook, columns: list[Column]) -> list[Table]:
    """Return the tables with these columns in the visible sheets, at most one per sheet."""
    return [table for sheet in book.visible_sheets if (table := table_of(sheet, columns))]


def the_table(book: Workbook, columns: list[Column], what: str) -> Table:
    """Return the only table of these columns. Raises WorkbookRefused where there is none, or several."""
    tables = find_tables(book, columns)
    if not tables:
        heads = "、".join(f"“{column.label}”" for column in columns if column.is_required)
        raise WorkbookRefused(f"没有找到表头：前{HEAD_WITHIN}行里应有{heads}各一列，请用系统下载的模板填报。")
    if len(tables) > 1:
        names = "、".join(f"“{table.sheet.name}”" for table in tables)
        raise WorkbookRefused(f"有{len(tables)}张工作表像是{what}（{names}），请只保留一张。")
    return tables[0]


def table_of(sheet: Sheet, columns: list[Column]) -> Table | None:
    """Return the sheet's table: the first row with all required heads. Raises WorkbookRefused for a double head."""
    heads = {plain(label): column.key for column in columns for label in (column.label, *column.also)}
    required = {column.key for column in columns if column.is_required}
    for number in range(1, min(HEAD_WITHIN, sheet.row_count) + 1):
        found: dict[str, int] = {}
        for cell in sheet.row(number):
            key = heads.get(plain(cell.text)) if cell.kind == "text" else None
            if key in found:
                raise WorkbookRefused(
                    f"工作表“{sheet.name}”第{number}行的表头“{cell.text.strip()}”重复了，请只保留一列。"
                )
            if key:
                found[key] = cell.column
        if required <= found.keys():
            return Table(sheet, number, found)
    return None


def whole_number(cell: Cell) -> int | None:
    """Return a cell's whole number of at most five digits, or None."""
    text = plain(cell.text)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None


def day_of(cell: Cell) -> datetime.date | None:
    """Return a cell's date, None for a blank one. Raises CellRefused for anything else."""
    if cell.is_blank:
        return None
    match = _DATE.fullmatch(plain(cell.text))
    try:
        return datetime.date(int(match[1]), int(match[2]), int(match[3]))
    except (TypeError, ValueError) as error:
        raise CellRefused(f"“{cell.text.strip()}”不是日期，请写成 2020-08-31。") from error


def choice_of(cell: Cell, choices) -> str | None:
    """Return the code of a choice written as its Chinese label or its code; None for blank. Raises CellRefused."""
    if cell.is_blank:
        return None
    written = plain(cell.text)
    for value, label in choices.choices:
        if written in (plain(label), value, plain(label).removesuffix("类")):
            return value
    words = "、".join(str(label) for label in choices.labels)
    raise CellRefused(f"“{cell.text.strip()}”不认识，应为：{words}。")


def yes_no(cell: Cell) -> bool | None:
    """Return True for 是, False for 否, None for blank. Raises CellRefused."""
    written = plain(cell.text)
    if written not in YES_NO:
        raise CellRefused(f"“{cell.text.strip()}”应写“是”或“否”。")
    return YES_NO[written]


def required_number(cell: Cell) -> int:
    """Return a cell's whole number. Raises CellRefused."""
    number = whole_number(cell)
    if number is None:
        raise CellRefused(f"“{cell.text.strip()}”不是整数。")
    return number


def ratio_of(cell: Cell) -> str:
    """Return a ratio: 5%, or 0.05. Raises CellRefused."""
    text = plain(cell.text)
    try:
        return str(Decimal(text.removesuffix("%")) / (100 if text.endswith("%") else 1))
    except InvalidOperation as error:
        raise CellRefused(f"“{cell.text.strip()}”不是数字。") from error


def per_cent_of(cell: Cell) -> str:
    """Return a percentage as a number: 50%, 50, or 0.5 formatted as per cent. Raises CellRefused."""
    text = plain(cell.text).removesuffix("%")
    try:
        number = Decimal(text) * (100 if cell.is_percent else 1)
    except InvalidOperation as error:
        raise CellRefused(f"“{cell.text.strip()}”不是数字。") from error
    if not number.is_finite() or not 0 <= number < 100_000 or number != round(number, 2):
        raise CellRefused(f"完成率“{cell.text.strip()}”应在0与99999.99之间，最多两位小数。")
    return f"{number.normalize():f}"


def words_of(text: str) -> list[str]:
    """Return the words of a list written with 、 or commas."""
    return [word for word in re.split(r"[、，,;；\s]+", text) if word]
