"""What a person typed or a sheet holds, read as a number: zero, blank and 无任务 are three things."""

import re
from decimal import Decimal
from typing import NamedTuple

from livelihood.services import Refused

#: Digits before the point that the column NUMERIC(20, 6) can hold.
WHOLE_DIGITS = 14

#: Ways to write "no task here" in a return; only the target decides whether it is so (R4).
NO_TASK_WORDS = frozenset({"/", "-", "--", "—", "——", "无任务", "不涉及"})

_PLAIN = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?", re.ASCII)
#: As a sheet gives its numbers and most people type them.
_USUAL = re.compile(r"(0|[1-9]\d*)(?:\.(\d*[1-9]))?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
# Full-width letters, digits and signs become plain ones. Not NFKC: that would read 10² as 102.
_PLAIN_SIGNS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans(
    {"\N{MINUS SIGN}": "-", "﹣": "-", "。": "."}
)
#: Places the point moves for a counting word behind the number: 12.3万.
_SCALES = {"万": 4, "亿": 8}
#: Units nobody counts in 万: a rate of 12万 is a slip.
_NOT_COUNTED = frozenset({"%", "‰", "倍"})
#: How much of a wrong text a message repeats.
_SHOWN = 30


class ValueRefused(Refused):
    """The text is no acceptable value; the message is a Chinese sentence that quotes it."""


class ParsedValue(NamedTuple):
    """`state` is reported, blank or no_task; `value` is None unless reported."""

    state: str
    value: Decimal | None = None


BLANK = ParsedValue("blank")
NO_TASK = ParsedValue("no_task")


def parse_number(text: str, *, decimals: int, allow_negative: bool = False, unit: str = "") -> ParsedValue:
    """Read `text` as a figure with at most `decimals` places (R20: errors block).

    Understands thousands separators, full-width digits, and the indicator's own `unit` behind the number, also
    with 万 or 亿 or without them: in 万元, 12.3万, 0.00123亿元 and 123000元 are the same; in 户, 1.2万 is 12000.
    Raises ValueRefused for everything that is not exactly one finite number the column can hold.
    """
    usual = _USUAL.fullmatch(text)
    if usual is not None and len(usual[1]) <= WHOLE_DIGITS and len(usual[2] or "") <= decimals:
        return ParsedValue("reported", Decimal(text))
    shown = text.strip()
    plain = text.translate(_PLAIN_SIGNS).strip()
    if not plain:
        return BLANK
    if plain in NO_TASK_WORDS:
        return NO_TASK
    unit = unit.translate(_PLAIN_SIGNS)
    written = plain
    plain, shift = _split_unit(plain, unit)
    quoted = f"“{shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}”"
    if _NOT_FINITE.fullmatch(plain):
        raise ValueRefused(f"{quoted}不是一个确定的数，请填数字。")
    if "," in plain:
        if not _GROUPED.fullmatch(plain):
            raise ValueRefused(f"{quoted}里的逗号位置不对：千分位每三位一个逗号，小数点用“.”。")
        plain = plain.replace(",", "")
    match = _PLAIN.fullmatch(plain)
    if match is None or not (match[2] or match[3]):
        raise ValueRefused(f"{quoted}不是数字{_unit_hint(written, unit)}；没有数就留空。")
    sign, (whole, fraction) = match[1], _move_point(match[2], match[3] or "", shift)
    whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
    if len(whole) > WHOLE_DIGITS:
        raise ValueRefused(f"{quoted}太大：小数点前最多 {WHOLE_DIGITS} 位，请核对是否多打了数字。")
    if len(fraction) > decimals:
        places = f"最多 {decimals} 位小数" if decimals else "是整数"
        raise ValueRefused(f"{quoted}的小数位太多：这个指标{places}。")
    value = Decimal(f"{whole or '0'}.{fraction or '0'}" if fraction else whole or "0")
    if sign == "-" and value:
        if not allow_negative:
            raise ValueRefused(f"{quoted}是负数：这个指标不能为负。")
        value = -value
    return ParsedValue("reported", value)


def _split_unit(plain: str, unit: str) -> tuple[str, int]:
    """Return the number without what stands behind it, and by how many places its point moves."""
    scale = _SCALES.get(unit[:1], 0)
    if not unit or (scale and plain.endswith(unit)):
        return plain.removesuffix(unit).rstrip(), 0
    base = unit[1:] if scale else unit
    rest = plain.removesuffix(base).rstrip() if base else plain
    if rest[-1:] in _SCALES and unit not in _NOT_COUNTED:
        return rest[:-1].rstrip(), _SCALES[rest[-1]] - scale
    return (rest, -scale) if rest != plain else (plain, 0)


def _move_point(whole: str, fraction: str, places: int) -> tuple[str, str]:
    """Return the digits before and behind the point after it has moved to the right (negative: to the left)."""
    digits, point = whole + fraction, len(whole) + places
    if point < 0:
        digits, point = "0" * -point + digits, 0
    return digits[:point].ljust(point, "0"), digits[point:]


def _unit_hint(plain: str, unit: str) -> str:
    """Say which unit belongs here when a number is followed by another one."""
    if unit and re.match(r"[+-]?[\d.]+\D+$", plain, re.ASCII):
        return f"或单位不对（这里的单位是{unit}）"
    return ""
