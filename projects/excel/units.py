"""Units of measure: which are the same in another size, which are only written otherwise, which differ."""

import re
from decimal import Decimal
from functools import lru_cache

from projects.excel.columns import plain

#: Base unit → spellings with the power of ten they stand for.
_FAMILIES = {
    "元": {"元": 0, "百元": 2, "千元": 3, "万元": 4, "百万元": 6, "亿元": 8},
    "米": {"米": 0, "m": 0, "公里": 3, "千米": 3, "km": 3, "万米": 4, "万公里": 7},
    "平方米": {"平方米": 0, "m2": 0, "㎡": 0, "平米": 0, "万平方米": 4, "万m2": 4, "万㎡": 4, "平方公里": 6},
    "千克": {"千克": 0, "公斤": 0, "kg": 0, "吨": 3, "万吨": 7},
    "%": {"%": 0, "百分比": 0, "百分点": 0, "‰": -1},
}
#: Written differently, meaning the same.
_SAME = [{"人", "名", "位"}, {"套", "套数"}, {"公顷", "ha"}]
#: Counting words of things that are used for one another; a difference is said, and changes nothing.
_LOOSE = {"个", "所", "座", "处", "家", "项", "村", "社区"}
_COUNTED = re.compile(
    r"(?:人次|人|名|位|户次|户|个|所|座|处|家|项|套|件|次|场|条|辆|台|张|床|亩|剂次|例|份|批|册|盏|棵|株|眼|口|宗|村|社区|公顷|对|元/[年月]人|倍)"
)


@lru_cache(maxsize=2000)
def unit_key(text: str) -> str:
    """Return a unit as it is compared."""
    return plain(text).lower().replace("％", "%").replace("m²", "m2").strip("()（）:：")


@lru_cache(maxsize=2000)
def is_unit(text: str) -> bool:
    """Tell whether a word is a unit."""
    return _dimension(unit_key(text)) is not None


@lru_cache(maxsize=2000)
def shift_between(written: str, own: str) -> int | None:
    """Return by how many places the point moves from a number in `written` to one in `own`; None where they differ."""
    written, own = unit_key(written), unit_key(own)
    if written == own:
        return 0
    first, second = _dimension(written), _dimension(own)
    if "/" in own and sorted(re.sub(r"[/·.每]", "", written)) == sorted(re.sub(r"[/·.每]", "", own)):
        return 0
    if first is None or second is None:
        return None
    if first[0] == second[0]:
        return first[1] - second[1]
    return None


def is_loose(written: str, own: str) -> bool:
    """Tell whether two counting words differ in the word only: 个 and 所."""
    return unit_key(written) in _LOOSE and unit_key(own) in _LOOSE


def moved(number: Decimal, places: int) -> Decimal:
    """Return a number with its point moved, exactly."""
    return number.scaleb(places)


def _dimension(unit: str) -> tuple[str, int] | None:
    for base, spellings in _FAMILIES.items():
        if unit in spellings:
            return base, spellings[unit]
    scale = {"百": 2, "千": 3, "万": 4, "亿": 8}.get(unit[:1], 0)
    rest = unit[1:] if scale else unit
    if scale and not rest:
        return None
    if not _COUNTED.fullmatch(rest):
        return None
    for same in _SAME:
        if rest in same:
            return min(same), scale
    return rest, scale
