"""What one cell says of an indicator: a number in its own unit, blank, no task, words; or why it cannot be taken."""

import re
from decimal import Decimal
from typing import NamedTuple

from projects.excel.columns import plain
from projects.excel.lines import WORDS, Line, decimal_text
from projects.excel.units import is_loose, is_unit, shift_between, unit_key
from projects.excel.workbook import Cell
from projects.models import Figure, Indicator
from projects.values import ValueRefused, parse_number

PERCENT = ("%", "‰")
TEXT = Figure.State.TEXT
_NUMBER = r"[+-]?\d[\d,]*(?:\.\d+)?|[+-]?\.\d+"
_WITH_UNIT = re.compile(rf"({_NUMBER})\s*([^\d\s.,+\-][^\d\s]{{0,6}})")
_TOKEN = re.compile(rf"(?P<before>[^\d。；;，,]{{0,14}}?)(?P<number>{_NUMBER})(?P<unit>[^\d\s，,。；;、()（）]{{0,5}})")
_NOT_THIS = re.compile(
    r"目标|任务|计划|本月|当月|未完成|尚未|还差|剩余|去年|同期|上年|上月|其中|新增开工|开工|共有|分解"
)
_NO_TASK = {"无", "无此项任务", "不适用", "n/a", "na", "无任务数", "\\", "———", "－", "／", "无目标", "无指标任务"}
_WORDS = re.compile(r"已完成|完成|持续推进|正在|同上|推进中|进行中|达标|正常|长期|按时|未开展|未启动|全部|已")
_HUNDRED = re.compile(r"百分之([零〇一二三四五六七八九十百点]+)")
_DIGITS = {sign: str(value) for value, sign in enumerate("零一二三四五六七八九")} | {"〇": "0"}


class Amount(NamedTuple):
    """A cell's meaning; `rate`: a rate that stood beside the number in a sentence; `remarks`: (code, sentence)."""

    state: str
    value: Decimal | None = None
    text: str = ""
    rate: Decimal | None = None
    remarks: tuple[tuple[str, str], ...] = ()


class AmountRefused(Exception):
    """The cell is not taken: a code and the end of a sentence about it."""

    def __init__(self, code: str, words: str):
        super().__init__(words)
        self.code, self.words = code, words


def amount_of(line: Line, cell: Cell, *, unit: str = "", is_ratio: bool | None = None) -> Amount:
    """Return what a cell says in the indicator's own unit. Raises AmountRefused.

    `unit`: the unit the column, the row or the sheet gives; one in the cell itself goes before it. `is_ratio`:
    for shares, whether 0.95 means 95 % (known from the target beside it), None where nobody knows.
    """
    _require_number(cell)
    indicator = line.indicator
    if indicator.kind == WORDS and not cell.is_blank and not line.has_no_task:
        return Amount(TEXT, text=cell.text.strip())
    text, remarks = cell.text, []
    if cell.is_scientific:
        remarks.append(("scientific", f"用科学计数法显示，按{decimal_text(Decimal(text))}读取，请核对。"))
    if cell.is_unseen and not cell.is_blank:
        remarks.append(("unseen", "在表里看不见（白字，或者格式不显示），也读了，请核对。"))
    if cell.is_percent:
        text = _of_percent(indicator, text)
        unit = ""
    elif cell.suffix and is_unit(cell.suffix):
        unit = cell.suffix
    elif cell.suffix[:1] in ("万", "亿") and len(cell.suffix) == 1:
        raise AmountRefused("scaled_format", f"的格式带“{cell.suffix}”字，看到的和存着的可能差万倍，请直接填数。")
    rate, given = None, unit
    if cell.kind == "text":
        text, unit, rate = _of_text(line, text, unit)
    if indicator.unit in PERCENT and unit_key(unit) in ("", "%"):
        is_bare = not cell.is_percent and unit == given and re.fullmatch(_NUMBER, plain(text))
        if is_bare and not re.search(r"[%％‰比分]", cell.text):
            text = _share(line, text, is_ratio)
    text = _converted(indicator, text, unit, remarks)
    try:
        parsed = parse_number(
            text, decimals=indicator.decimals, allow_negative=line.allows_negative, unit=indicator.unit
        )
    except ValueRefused as refused:
        if line.is_text and cell.kind == "text":
            return Amount(TEXT, text=cell.text.strip())
        raise AmountRefused("bad_value", str(refused)) from refused
    return Amount(str(parsed.state), parsed.value, "", rate, tuple(remarks))


def _require_number(cell: Cell) -> None:
    if cell.kind == "error":
        raise AmountRefused("error_cell", f"错误值{cell.text}，请改正公式或直接填数。")
    if cell.kind == "unknown":
        raise AmountRefused("no_result", "公式没有计算结果，请在WPS或Excel里打开、保存后再上传。")
    if cell.kind in ("date", "bool"):
        raise AmountRefused("not_a_number", f"“{cell.text}”不是数字；请把单元格格式改成数值再填。")
    if cell.is_struck:
        raise AmountRefused("struck", "画了删除线，不知道还算不算，没有读；请只留下要报的数。")
    if cell.is_scaled:
        raise AmountRefused("scaled_format", "的格式按千或万缩小了显示，看到的和存着的不一样，请直接填数。")


def _of_percent(indicator: Indicator, text: str) -> str:
    shown = decimal_text(Decimal(text) * 100)
    if indicator.unit not in PERCENT:
        raise AmountRefused("bad_value", f"写成了百分数{shown}%，这个指标的单位是{indicator.unit}。")
    return shown


def _of_text(line: Line, text: str, unit: str) -> tuple[str, str, Decimal | None]:
    """Return the number of a written cell, the unit it stands in, and a rate written beside it."""
    bare = plain(text).replace("％", "%")
    if bare.lower() in _NO_TASK:
        return "/", "", None
    if spoken := _HUNDRED.fullmatch(bare):
        return _spoken(spoken[1]), "%", None
    found = _WITH_UNIT.fullmatch(bare)
    if found and is_unit(found[2]):
        return found[1], found[2], None
    if re.fullmatch(_NUMBER, bare) or not re.search(r"\d", bare) or len(bare) < 4:
        if _WORDS.search(bare) and not line.is_text:
            raise AmountRefused("words", f"“{_short(text)}”是文字，不是数；请填累计完成数。")
        return text, unit, None
    if re.search(r"[一-鿿]{2}", bare) and not line.is_text:
        return _of_sentence(line, bare, unit)
    return text, unit, None


def _of_sentence(line: Line, bare: str, unit: str) -> tuple[str, str, Decimal | None]:
    """Return the one number a sentence gives in the indicator's dimension. Raises AmountRefused where it is not one."""
    own, found, others, rates = line.indicator.unit, [], [], []
    for token in _TOKEN.finditer(re.sub(r"20\d\d年|\d{1,2}[-—–~至]?\d{0,2}月(?:\d{1,2}日|份|底)?", "", bare)):
        written = _unit_before(token["unit"])
        if _NOT_THIS.search(token["before"]):
            continue
        if written in PERCENT and own not in PERCENT:
            rates.append(Decimal(token["number"].replace(",", "")))
        elif written and shift_between(written, own) is not None:
            is_named = bool(re.search(r"完成|累计|达到?|已|为|共|^$", token["before"]))
            (found if is_named else others).append((token["number"], written, "累计" in token["before"]))
    cumulative = [one for one in found if one[2]]
    # Further numbers of the same kind may be the rest of the figure: 一期120户，二期200户.
    chosen = cumulative if len(cumulative) == 1 else [*found, *others]
    if not found or len({(number, written) for number, written, _ in chosen}) != 1:
        raise AmountRefused("words", f"“{_short(bare)}”是一段文字，看不出累计完成数，请填数字。")
    return chosen[0][0], chosen[0][1], rates[0] if len(rates) == 1 else None


def _unit_before(text: str) -> str:
    """Return the longest unit a text begins with, "" for none."""
    return next((text[:size] for size in range(len(text), 0, -1) if is_unit(text[:size])), "")


def _spoken(text: str) -> str:
    whole, _, fraction = text.partition("点")
    if whole == "百" or whole == "一百":
        return "100"
    tens, _, ones = whole.rpartition("十")
    if "十" in whole:
        digits = (_DIGITS.get(tens, "1") if tens else "1") + _DIGITS.get(ones, "0")
    else:
        digits = "".join(_DIGITS.get(sign, "?") for sign in whole)
    return digits + ("." + "".join(_DIGITS.get(sign, "?") for sign in fraction) if fraction else "")


def _share(line: Line, text: str, is_ratio: bool | None) -> str:
    """Return a share as per cent; a bare 0.95 is asked about unless the target beside it tells."""
    number = Decimal(plain(text).replace(",", ""))
    if is_ratio:
        return decimal_text(number * 100)
    aim = line.target.value if line.target is not None else None
    if is_ratio is None and 0 < number <= 1 and (aim is None or aim > 2):
        shown = decimal_text(number * 100)
        raise AmountRefused("percent_doubt", f"{text}是{text}%还是{shown}%？请写上百分号。")
    return text


def _converted(indicator: Indicator, text: str, unit: str, remarks: list) -> str:
    """Return the number in the indicator's own unit. Raises AmountRefused where the units differ in kind."""
    if not unit or unit_key(unit) == unit_key(indicator.unit):
        return text
    bare = plain(text).replace(",", "")
    if not re.fullmatch(_NUMBER, bare):
        return text
    shift = shift_between(unit, indicator.unit)
    if shift is None:
        if is_loose(unit, indicator.unit):
            remarks.append(("unit_word", f"的单位是“{indicator.unit}”，表中写的是“{unit}”，按同一单位读取。"))
            return text
        raise AmountRefused("wrong_unit", f"的单位是“{indicator.unit}”，表中写的是“{unit}”，没有读。")
    if not shift:
        return text
    moved = Decimal(bare).scaleb(shift)
    if -moved.as_tuple().exponent > indicator.decimals and moved != round(moved, indicator.decimals):
        raise AmountRefused(
            "wrong_unit",
            f"的单位是“{indicator.unit}”，表中写的是“{unit}”，{text.strip()}{unit}换算后小数位太多，没有读。",
        )
    return decimal_text(moved)


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 30 else f"{text[:30]}…"
