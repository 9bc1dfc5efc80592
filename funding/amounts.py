"""Money as people write it and as it is stored: exact in 元, never a float."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from livelihood.formats import EXACT, MISSING, as_decimal, format_number
from livelihood.services import Refused

#: Units of money → places the point moves to the right to reach 元.
UNITS = {"元": 0, "万元": 4, "亿元": 8}
#: Short forms behind a number.
_SUFFIXES = {"元": "元", "万元": "万元", "亿元": "亿元", "万": "万元", "亿": "亿元"}
#: Whole digits the column NUMERIC(20, 2) holds.
WHOLE_DIGITS = 18

_WRITTEN = re.compile(r"(?P<sign>[+-]?)(?P<whole>[\d,]*)(?:\.(?P<fraction>\d*))?(?P<unit>\D*)", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
# Full-width letters, digits and signs become plain ones. Not NFKC: that would read 10² as 102.
_PLAIN_SIGNS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans(
    {"\N{MINUS SIGN}": "-", "﹣": "-", "。": ".", "\N{IDEOGRAPHIC SPACE}": " "}
)
#: How much of a wrong text a message repeats.
_SHOWN = 30


class AmountRefused(Refused):
    """The text is no acceptable amount; the message is a Chinese sentence that quotes it."""


def parse_amount(text: str, *, unit: str = "元", is_stated: bool = False) -> Decimal | None:
    """Read `text` as money and return it in 元; None when it is blank.

    `unit` (元, 万元, 亿元) is that of a bare number; a unit behind the number goes before it, unless the column's
    unit `is_stated` in its head: then another one is a contradiction and refused. Understands thousands separators
    and full-width digits. Raises AmountRefused for a negative amount, a fraction of a 分, more digits than the
    column holds, and everything that is not one finite number of money.
    """
    shown = text.strip()
    plain = text.translate(_PLAIN_SIGNS).strip().replace("￥", "").replace("¥", "")
    if not plain:
        return None
    quoted = f"“{shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}”"
    if _NOT_FINITE.fullmatch(plain):
        raise AmountRefused(f"{quoted}不是一个确定的数，请填金额。")
    match = _WRITTEN.fullmatch(plain)
    if match is None or not (match["whole"].strip(",") or match["fraction"]):
        raise AmountRefused(f"{quoted}不是金额；没有就留空。")
    whole, fraction = _digits(match, quoted)
    shift = UNITS[_unit(match["unit"].strip(), unit, is_stated, quoted)]
    fraction = fraction.ljust(shift, "0")
    whole, fraction = (whole + fraction[:shift]).lstrip("0"), fraction[shift:].rstrip("0")
    if len(fraction) > 2:
        raise AmountRefused(f"{quoted}不到一分钱的零头不能要：金额精确到分。")
    if len(whole) > WHOLE_DIGITS:
        raise AmountRefused(f"{quoted}太大：折成元最多 {WHOLE_DIGITS} 位，请核对单位和位数。")
    if match["sign"] == "-" and (whole or fraction):
        raise AmountRefused(f"{quoted}是负数：金额不能为负。")
    return Decimal(f"{whole or '0'}.{fraction.ljust(2, '0')}")


def check_amount(amount: Decimal | None) -> str:
    """Return what is wrong with an amount in 元 that came as a number, or an empty string."""
    if not isinstance(amount, Decimal) or not amount.is_finite():
        return "金额不是一个确定的数。"
    if amount < 0:
        return "金额不能为负。"
    if -amount.normalize(EXACT).as_tuple().exponent > 2:
        return "不到一分钱的零头不能要：金额精确到分。"
    if amount >= Decimal(10) ** WHOLE_DIGITS:
        return f"金额太大：折成元最多 {WHOLE_DIGITS} 位，请核对单位和位数。"
    return ""


@dataclass(frozen=True)
class AlignedUnit:
    """A unit in which all amounts of a table are written with as many places, so that digits stand under digits."""

    name: str
    places: int

    def __str__(self):
        return self.name


def aligned(unit: str, amounts: Iterable) -> AlignedUnit:
    """Return the unit with as many places as the longest of the amounts needs."""
    places = [_places(unit)]
    for number in map(as_decimal, amounts):
        if number is not None:
            places.append(-number.scaleb(-UNITS[unit], context=EXACT).normalize(EXACT).as_tuple().exponent)
    return AlignedUnit(unit, max(places))


def in_unit(amount, unit: str | AlignedUnit) -> str:
    """Write an amount stored in 元 in 元, 万元 or 亿元, exactly and without the unit: 37946000 → 3,794.60.

    At least two places in 元 and 万元, four in 亿元; more where the amount needs them, or its table. "—" for None.
    """
    number = as_decimal(amount)
    if number is None:
        return MISSING
    places = unit.places if isinstance(unit, AlignedUnit) else _places(unit)
    return format_number(number.scaleb(-UNITS[str(unit)], context=EXACT), places)


def _places(unit: str) -> int:
    """Return the fewest places of an amount in that unit."""
    return 4 if unit == "亿元" else 2


def _digits(match, quoted: str) -> tuple[str, str]:
    """Return the digits before and behind the point, without separators."""
    whole = match["whole"]
    if "," in whole:
        if not _GROUPED.fullmatch(whole):
            raise AmountRefused(f"{quoted}里的逗号位置不对：千分位每三位一个逗号，小数点用“.”。")
        whole = whole.replace(",", "")
    return whole, match["fraction"] or ""


def _unit(written: str, unit: str, is_stated: bool, quoted: str) -> str:
    """Return the unit the number is in."""
    if not written:
        return unit
    if written not in _SUFFIXES:
        raise AmountRefused(f"{quoted}的单位不对：金额的单位是元、万元或亿元。")
    if is_stated and _SUFFIXES[written] != unit:
        raise AmountRefused(f"{quoted}与表头的单位（{unit}）不一致，请核对。")
    return _SUFFIXES[written]
