"""What one cell says of money, in 元: an amount, nothing, a claim that there is none; or why it cannot be taken."""

import re
from dataclasses import dataclass
from decimal import Decimal

from funding.amounts import UNITS, AmountRefused, parse_amount
from projects.excel.columns import plain
from projects.excel.lines import decimal_text
from projects.excel.workbook import Cell

_NOTHING = re.compile(r"[-/—–－／\\]+|无|无任务|无此项(?:任务|资金)|不涉及|不适用|无资金|无计划|n/?a", re.IGNORECASE)
_ABOVE = re.compile(r"单位\s*[:：]\s*(?:[^\s:：)）]{1,12}?[、,，/])?\s*(亿元|万元|元)(?![一-鿿])")


@dataclass(frozen=True)
class Said:
    """What a cell says: `value` in 元, None where it says nothing; `claims_none`: it was written that there is none."""

    value: Decimal | None = None
    claims_none: bool = False
    remark: tuple[str, str] | None = None


class CellRefused(Exception):
    """The cell is not taken: a code and the end of a sentence about it."""

    def __init__(self, code: str, words: str):
        super().__init__(words)
        self.code, self.words = code, words


def said_of(cell: Cell, unit: str) -> Said:
    """Return what a cell says in 元. Raises CellRefused.

    `unit`: of the column, the row or the table, "" where none is written; one in the cell itself goes before it.
    """
    if cell.is_blank:
        return Said()
    _require_number(cell)
    if cell.suffix in UNITS:
        unit = cell.suffix
    elif cell.suffix:
        raise CellRefused("scaled_format", f"的格式带“{cell.suffix}”字，看到的和存着的可能不一样，请直接填数。")
    text = cell.text.strip()
    if cell.kind == "text" and _NOTHING.fullmatch(plain(text)):
        return Said(claims_none=True)
    if cell.kind == "text" and not re.search(r"\d", plain(text)):
        raise CellRefused("words", f"“{_short(text)}”是文字，不是金额；没有就留空。")
    if not unit and not re.search(r"[元万亿]", text) and Decimal(0) != _number(text):
        raise CellRefused("no_unit", "没有写是元、万元还是亿元，没有读；请在表头写明单位。")
    try:
        value = parse_amount(text, unit=unit or "元")
    except AmountRefused as refused:
        raise CellRefused("bad_value", str(refused)) from refused
    remark = None
    if cell.is_scientific:
        shown = decimal_text(Decimal(cell.text))
        remark = ("scientific", f"用科学计数法显示，按{shown}{unit or '元'}读取，请核对。")
    if cell.is_unseen:
        remark = ("unseen", "在表里看不见（白字，或者格式不显示），也读了，请核对。")
    return Said(value, remark=remark)


def unit_above(texts: list[str]) -> str:
    """Return the one unit of money written above a table (单位：万元; 金额单位：人、万元), or ""."""
    found = {match[1] for text in texts for match in _ABOVE.finditer(text)}
    return found.pop() if len(found) == 1 else ""


def _require_number(cell: Cell) -> None:
    if cell.kind == "error":
        raise CellRefused("error_cell", f"是错误值{cell.text}，请改正公式或直接填数。")
    if cell.kind == "unknown":
        raise CellRefused("no_result", "是公式，没有计算结果；请在WPS或Excel里打开、保存后再上传。")
    if cell.kind in ("date", "bool"):
        raise CellRefused("not_a_number", f"“{cell.text}”不是金额；请把单元格格式改成数值再填。")
    if cell.is_struck:
        raise CellRefused("struck", "画了删除线，不知道还算不算，没有读；请只留下要报的数。")
    if cell.is_scaled:
        raise CellRefused("scaled_format", "的格式按千或万缩小了显示，看到的和存着的不一样，请直接填数。")
    if cell.is_percent:
        raise CellRefused("bad_value", "写成了百分数，不是金额。")


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(plain(text).replace(",", ""))
    except ArithmeticError:
        return None


def _short(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:30]}…"
