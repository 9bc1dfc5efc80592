"""Words of sheets as they are compared: names without marks, numerals, what a total is called."""

import re
import unicodedata
from functools import lru_cache

from projects.excel.columns import plain

_NUMERAL = "一二三四五六七八九十百"
#: What stands before a name without being part of it: stars, bullets, numbering of any kind, 其中：.
_LEAD = re.compile(
    r"^(?:[★☆*※▲△●○■□◆◇·•#]+"
    r"|其中[:、,]?"
    rf"|[(（]?(?:[{_NUMERAL}]+|\d{{1,3}}(?:[-.]\d{{1,3}})*)[)）、.．:]+(?!\d)"
    rf"|第[{_NUMERAL}\d]+[项、.]"
    r"|[①-⑳⑴-⒇㈠-㈩])"
)
_NUMERALS = {sign: value for value, sign in enumerate("零一二三四五六七八九")}
_TOTAL = re.compile(r"^(?:合计|小计|总计|共计|累计|全[市县省区州]合计|全[市县省区州]小计|总体|总数)(?:数)?[:：]?$")
_SIGNS = re.compile(r"[\"'《》<>【】\[\]“”‘’、,，.。;；:：·\-—–_~]")
_CIRCLED = re.compile("[①-⑳⑴-⒇㈠-㈩]")


@lru_cache(maxsize=20_000)
def name_key(text: str) -> str:
    """Return a name as it is compared: no spaces, quotes, stars, numbering or punctuation; brackets in one form."""
    # Circled numbers become plain digits in NFKC: they are taken away before.
    bare = plain(_CIRCLED.sub("", text))
    while match := _LEAD.match(bare):
        if len(match[0]) == len(bare):
            break
        bare = bare[match.end() :]
    return _SIGNS.sub("", bare).removesuffix("*").lower()


def seq_of(text: str) -> int | None:
    """Return the number a sequence mark begins with: 4, 4.0, 4-1, （四）, 第4项, 四、; None where it is none."""
    bare = unicodedata.normalize("NFKC", text).strip()
    bare = re.sub(r"^[★☆*※▲△●\s]+", "", bare)
    match = re.fullmatch(r"[(第]?(\d{1,4})(?:[-.]\d{1,3})*[)项、.]*", bare)
    if match:
        return int(match[1])
    match = re.fullmatch(rf"[(第]?([{_NUMERAL}]{{1,4}})[)项、.]*", bare)
    return _chinese(match[1]) if match else None


def _chinese(text: str) -> int | None:
    """Return 1 to 99 written in Chinese."""
    if "百" in text:
        return None
    tens, _, ones = text.rpartition("十")
    if "十" in tens or (tens and tens not in _NUMERALS) or len(ones) > 1:
        return None
    value = _NUMERALS.get(ones, 0)
    return value + 10 * (_NUMERALS[tens] if tens else 1) if "十" in text else value or None


def is_total(text: str) -> bool:
    """Tell whether a name is that of a row of sums."""
    return bool(_TOTAL.match(plain(text)))
