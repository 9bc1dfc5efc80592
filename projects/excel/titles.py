"""What a sheet says of itself in the lines above its table: month, year, whose it is, the unit of its money."""

import re
from dataclasses import dataclass, field

from projects.excel.columns import plain
from projects.excel.headings import month_in
from projects.excel.unit_names import Units
from projects.excel.units import is_unit
from projects.excel.words import arabic_months

#: Moments of typing or printing are no period.
_WRITTEN = re.compile(
    r"(?:填报|填表|报送|制表|编制|打印|上报|审核)(?:日期|时间)?[:：]?20\d\d[年.\-/]\d{1,2}[月.\-/](?:\d{1,2}日?)?"
)
#: A meeting is held in another month than the one that is reported to it.
_MEETING = re.compile(r"\d{1,2}月份?(?=[^\d]{0,8}(?:会议|例会|调度会|推进会|讲评会|点评会))")
_DAY = re.compile(r"(?<!截至)(?<!截止)(?<!截止到)(?<!截至到)20\d\d年\d{1,2}月\d{1,2}日")
_MONTH = re.compile(r"(20\d\d)年(?:度)?(?:1月?份?[-—–－~～至到])?(\d{1,2})月")
_DOTTED = re.compile(r"(20\d\d)[.\-/](?:0?1[-—–~至到])?(\d{1,2})(?:[.\-/]\d{1,2})?(?!\d)")
_PART = re.compile(r"(20\d\d)年(?:度)?(上半年|一季度|第一季度|二季度|第二季度|三季度|第三季度|前三季度)")
_PART_ENDS = {"上": 6, "一": 3, "二": 6, "三": 9}
_YEAR = re.compile(r"(20\d\d)年")
_CITED = re.compile(r"[〔\[（(]20\d\d[〕\]）)]\d+号|《[^》]*》")
_UNIT = re.compile(
    r"(?:填报|报送|考核|上报)单位(?:名称)?(?:[(（][^)）]{0,6}[)）])?[：:]\s*([^\s（(：:　]+)"
    r"|单位名称[：:]\s*([^\s（(：:]+)"
)
#: 截至：, 所属期：, with the date in a cell of its own, so many columns further at most.
_ASKS_PERIOD = re.compile(
    r"^(?:数据)?(?:截[至止](?:日期|时间|到)?|(?:填报|报告|统计|所属|数据)(?:期间?|月份)|月份)[:：]?$"
)
DATE_BESIDE = 4
#: A sheet called after a place, or a title that begins with one: 泰和县2020年民生工程进展情况.
_PLACE = re.compile(r"([一-鿿]{1,8}(?:县|区|市|镇|乡|旗|街道))")
_TITLED = re.compile(r"([一-鿿]{1,8}?(?:县|区|市|镇|乡|旗|街道))(?=20\d\d年|民生|年度|\d{1,2}月)")
#: Where a table says below itself whose it is.
FOOT_ROWS = 8


@dataclass
class Marks:
    """Months as (year or None, month), years, units named as the reporter, units named in passing, unknown ones.

    `left_out`: unknown ones whose sheets, as somebody said, are not to be read.
    """

    months: set[tuple[int | None, int]] = field(default_factory=set)
    years: set[int] = field(default_factory=set)
    reporters: list = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    mentioned: list = field(default_factory=list)


def title_texts(block) -> list[str]:
    """Return the lines above a table; one that asks for the period takes the date beside it along."""
    texts = []
    for cell in block.titles:
        if _ASKS_PERIOD.search(plain(cell.text)):
            right = [block.sheet.cell(cell.row, cell.column + step) for step in range(1, DATE_BESIDE + 1)]
            filled = next((one for one in right if not one.is_blank), None)
            if filled is not None and filled.kind == "date" and re.match(r"20\d\d-\d\d", filled.text):
                texts.append(f"{cell.text}{filled.text[:4]}年{int(filled.text[5:7])}月")
                continue
        texts.append(cell.text)
    return texts


def marks_of(texts: list[str], units: Units) -> Marks:
    """Return what lines of a sheet say."""
    marks = Marks()
    for text in texts:
        _months(_CITED.sub("", re.sub(r"\s", "", text)), marks)
        _names(text, units, marks)
    return marks


def place_named(sheet_name: str, titles: list[str], units: Units) -> str:
    """Return the place a whole sheet goes under and nobody in the programme does: its name, or how a title begins."""
    found = [_PLACE.fullmatch(plain(sheet_name)), *(_TITLED.match(plain(text)) for text in titles)]
    names = (match[1] for match in found if match)
    return next((name for name in names if units.named(name) is None and units.beginning(name) is None), "")


def reporters_below(block, units: Units) -> list:
    """Return the participants that the last lines of a table name as the reporter."""
    marks = Marks()
    for row in block.rows[-FOOT_ROWS:]:
        for cell in block.sheet.row(row):
            if cell.kind == "text" and _UNIT.search(cell.text.strip()):
                _names(cell.text, units, marks)
    return list(dict.fromkeys(marks.reporters))


def _months(text: str, marks: Marks) -> None:
    text = _MEETING.sub("", _WRITTEN.sub("", arabic_months(plain(text))))
    dated = _DAY.sub("", text)
    found = {(int(match[1]), int(match[2])) for match in _MONTH.finditer(dated)}
    found |= {(int(match[1]), _PART_ENDS[re.sub("[第前]", "", match[2])[0]]) for match in _PART.finditer(text)}
    if not found:
        found = {(int(match[1]), int(match[2])) for match in _DOTTED.finditer(dated)}
    if not found:
        month, _ = month_in(re.sub(r"\d{1,2}月\d{1,2}日", "", dated))
        found = {(None, month)} if month else set()
        cut = re.search(r"截[至止]到?(?:(20\d\d)年)?(\d{1,2})月\d{1,2}日", text)
        if cut:
            found = {(int(cut[1]) if cut[1] else None, int(cut[2]))}
    marks.months |= {(year, month) for year, month in found if 1 <= month <= 12}
    marks.years |= {int(match[1]) for match in _YEAR.finditer(dated)}


def _names(text: str, units: Units, marks: Marks) -> None:
    found = _UNIT.search(text.strip())
    if found:
        name = found[1] or found[2]
        if plain(name) in units.agencies:
            return
        unit = units.named(name) or units.beginning(name)
        if unit is not None:
            marks.reporters.append(unit)
        else:
            marks.unknown.append(name)
        return
    bare = plain(text)
    for participant in units.participants:
        names = [participant.printed_name, *(name for name in participant.short_names if len(name) > 2)]
        if (
            (participant.kind == "unit" and any(plain(name) in bare for name in names))
            or (participant.kind == "unit" and any(bare.startswith(plain(name)) for name in participant.short_names))
            or (participant.kind == "own" and plain(participant.printed_name) in bare)
        ):
            marks.mentioned.append(participant)


_SHEET_UNIT = re.compile(r"(?<![一-鿿])单位[：:]\s*([^\s，,、；;（）()：:]{1,5})")


def sheet_unit_of(block) -> str:
    """Return the one unit written above a table (单位：万元), or ""."""
    found = {match[1] for cell in block.titles for match in _SHEET_UNIT.finditer(cell.text)}
    known = {unit for unit in found if is_unit(unit)}
    return next(iter(known)) if len(known) == 1 else ""
