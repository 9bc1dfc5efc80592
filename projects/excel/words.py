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
_YEAR_SIGNS = {sign: str(value) for value, sign in enumerate("〇一二三四五六七八九")} | dict.fromkeys("零○O0", "0")
_CHINESE_YEAR = re.compile(r"(二[〇零○O0][〇零○O0一二三四五六七八九]{2})年")
_CHINESE_MONTH = re.compile(r"(?<![一二三四五六七八九十])(十[一二]?|[一二三四五六七八九])月(?!度)")
_FIRST_MONTH = re.compile(r"(?<![一二三四五六七八九十])一(?=月?份?[-—–－~～至到]\d{1,2}月)")
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


@lru_cache(maxsize=20_000)
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


def arabic_months(text: str) -> str:
    """Return a text with the years and months written in Chinese in figures: 二〇二〇年一至七月 is 2020年1至7月."""
    text = _CHINESE_YEAR.sub(lambda found: "".join(_YEAR_SIGNS[sign] for sign in found[1]) + "年", text)
    text = _CHINESE_MONTH.sub(lambda found: f"{_chinese(found[1])}月", text)
    return _FIRST_MONTH.sub("1", text)


@lru_cache(maxsize=20_000)
def is_total(text: str) -> bool:
    """Tell whether a name is that of a row of sums."""
    return bool(_TOTAL.match(plain(text)))
