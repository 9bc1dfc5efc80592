"""What a column's heading means: one label, or the labels above one another."""

import re
from dataclasses import dataclass, replace

from projects.excel.columns import plain
from projects.excel.units import is_unit, unit_key
from projects.excel.words import arabic_months

SEQ, CATEGORY, PROJECT, SUB_ITEM, INDICATOR = "seq", "category", "project", "sub_item", "indicator"
PARTICIPANT, LEAD, UNIT, REMARK, RANK = "participant", "lead", "unit", "remark", "rank"
TARGET, VALUE, PROGRESS, RATE = "target", "value", "progress", "rate"
INCREMENT, OTHER_MONTH, OTHER, FUND = "increment", "other_month", "other", "fund"
#: 数量: no share, and otherwise what stands above it.
COUNT = "count"
#: What a row is about, in the order in which it is looked at for the repetition of a table beside itself.
NAMING = (SEQ, PARTICIPANT, PROJECT, INDICATOR, SUB_ITEM)

_MONTHS = re.compile(r"(?:(20\d\d)年?)?(?:(?<!\d)1月?份?[-—–~－至到])?(\d{1,2})月(?:份|底|末)?")
_FIRST_TO = re.compile(r"(?<!\d)1月?份?[-—–~－至到](\d{1,2})月")
_BRACKET = re.compile(r"[(（]([^()（）]*)[)）]")

#: Tried in this order; the first that is found decides.
_RULES = [
    (REMARK, r"备注|存在(?:的)?问题|原因|(?:情况|进展|文字|有关|具体)说明|^说明$|工作措施|下一步"),
    (RANK, r"排名|位次|名次|排序|得分|评分|打分|分值|权重"),
    (SEQ, r"^(?:项目)?(?:序号|编号|序|no)$"),
    (FUND, r"资金|拨付|拨款|支付|支出|投资|到位|筹措|筹集|筹资|经费|金额|预算"),
    (
        OTHER,
        r"同期|上年|去年|同比|环比|增长|增幅|时序|全省平均|全市平均|差距|开工(?!.*完成)|在建|未完成|尚未|剩余|缺口"
        r"|尚需|还需|待完成|预计|预期|预测|拟完成|以来|历年|^第?[一二三四1-4]季度?(?!.*累计)",
    ),
    (LEAD, r"牵头|责任|主管|配合|实施主体|负责人|领导|联系人|电话|填报(?:人|单位)|审核人|完成时限|时限|实施单位|承办"),
    (CATEGORY, r"^(?:类别|分类|项目类别|项目类型|类型|所属领域|领域|工程类别|性质)$"),
    (
        PARTICIPANT,
        r"^(?:各?县[(（]?[市、区]*[)）]?[区]?|县区|区县|县市区|县\(市区\)|市县区|县\(市、?区\)|市县|地区|区域|乡镇[(（]?街道[)）]?|乡镇|考核单位|单位名称|县区名称|县市区名称|市州|各地|所在县区)$",
    ),
    (RATE, r"完成率|完成比例|完成百分比|任务率|^比例|^比率|占.{0,8}(?:比|%)|达成率|兑现率|进度率|完成进度\(?%|百分比"),
    (SUB_ITEM, r"^(?:子项|子项名称|子项目|子项目名称|分项|分项名称|小项|二级项目)$"),
    (
        INDICATOR,
        r"^(?:指标|指标名称|考核指标|主要指标|绩效指标|任务指标|具体指标|建设内容|主要内容|工作内容|任务名称|具体任务|任务内容|具体内容|内容|二级指标|三级指标|考核内容)$",
    ),
    (
        PROJECT,
        r"^(?:行标签|项目[(及和、/或]指标\)?(?:名称)?|项目|项目名称|(?:民生)?工程名称|(?:民生)?工程|民生工程项目|民生实事|民生实事项目|实事项目|实事名称|实事|事项|事项名称|工程项目|名称|民生项目|一级指标|民生工程)$",
    ),
    (UNIT, r"^(?:计量)?单位$"),
    (COUNT, r"^(?:数量|绝对数|总量|数值)$"),
    (INCREMENT, r"^(?!.*累计).*(?:本月|当月|本期新增|当期|本周|月度(?:完成|新增))"),
    (OTHER_MONTH, r"上月|上期|上周|上次|前期"),
    (
        VALUE,
        r"累计|完成数|完成量|完成值|实际(?:完成|数)|已完成|完成(?:人|户|件|套|个)?数|完成情况数|^实绩|^实际$|完成工程量|^(?:已|实际)?完成任务[数量]$|^完成$",
    ),
    (TARGET, r"目标|任务|计划|指标数|指标值|应完成"),
    (PROGRESS, r"进度|进展|完成情况|完成|情况"),
]
_COMPILED = [(meaning, re.compile(pattern)) for meaning, pattern in _RULES]
#: What a pivot table puts before the name of its column.
_PIVOT = re.compile(r"^(?:求和项|最大值项|平均值项|计数项|汇总)[:：]")
_YEAR = re.compile(r"(20\d\d)年(?!\d*[-—–~－至到]20\d\d)")
#: 累计 before these words decides that it is not the value.
_ACCUMULATED = re.compile(r"累计(?:进度|完成率|完成比例|比例)")


@dataclass(frozen=True)
class Meaning:
    """What a heading says: `kind`, its unit in brackets, and the month (1 to that month: `is_cumulative`)."""

    kind: str
    unit: str = ""
    month: int | None = None
    is_cumulative: bool = False


def meaning_of(label: str) -> Meaning | None:
    """Return what one label means; None for a name of something else or for a number."""
    text = _PIVOT.sub("", plain(label))
    if not text or len(text) > 24 or re.fullmatch(r"[\d.,%‰+\-/=*()×÷]+", text):
        return None
    unit, bare = unit_in(text)
    kind = _kind(bare)
    month, cumulative = month_in(bare)
    if month and kind in (None, VALUE, PROGRESS, INCREMENT, OTHER_MONTH):
        cumulative = (
            cumulative or "累计" in bare or "截至" in bare or "截止" in bare or bool(re.search(r"月[底末]", bare))
        )
        return Meaning(VALUE if cumulative else INCREMENT, unit, month, cumulative)
    if kind is None:
        return Meaning(UNIT, unit_key(text)) if is_unit(text) and len(text) <= 4 else None
    if kind in (TARGET, VALUE, PROGRESS) and unit in ("%", "‰") and kind != TARGET:
        return Meaning(RATE if kind == PROGRESS else VALUE, unit)
    return Meaning(kind, unit)


def _kind(bare: str) -> str | None:
    if _ACCUMULATED.search(bare):
        return RATE if "率" in bare or "比例" in bare else PROGRESS
    return next((kind for kind, pattern in _COMPILED if pattern.search(bare)), None)


def unit_in(text: str) -> tuple[str, str]:
    """Return the unit a label gives in brackets (or ""), and the label without it."""
    for match in _BRACKET.finditer(text):
        word = re.sub(r"^单位[:：]?", "", match[1])
        if is_unit(word):
            return unit_key(word), text[: match.start()] + text[match.end() :]
    return "", text


def month_in(text: str) -> tuple[int | None, bool]:
    """Return the last month a label names, and whether it counts from January to it."""
    text = arabic_months(text)
    if part := re.search(r"前三季度|上半年", text):
        return {"前": 9, "上": 6}[part[0][0]], True
    found = _FIRST_TO.search(text)
    if found and 1 <= int(found[1]) <= 12:
        return int(found[1]), True
    found = _MONTHS.search(text)
    if found and 1 <= int(found[2]) <= 12 and not re.search(r"月\d{1,2}日", text):
        return int(found[2]), False
    return None, False


def year_in(labels: list[str]) -> int | None:
    """Return the one year that labels above one another name; None where they name none, or several."""
    years = {int(year) for label in labels for year in _YEAR.findall(plain(label))}
    return years.pop() if len(years) == 1 else None


def meaning_of_path(labels: list[str]) -> Meaning | None:
    """Return what labels above one another mean together: the lowest that says something, completed by the others."""
    meanings = [(label, meaning) for label in reversed(labels) if (meaning := meaning_of(label)) is not None]
    if not meanings:
        return None
    label, chosen = meanings[0]
    others = [meaning for _label, meaning in meanings[1:]]
    if chosen.kind == UNIT and chosen.unit and others:
        # A leaf that is only a unit: 人 under 累计完成.
        return replace(others[0], unit=chosen.unit)
    if chosen.kind == COUNT:
        chosen = _of_above(chosen, others)
    for other in others:
        if chosen.kind in (TARGET, VALUE, PROGRESS, RATE, INCREMENT) and other.kind in (FUND, OTHER, OTHER_MONTH):
            return replace(chosen, kind=other.kind)
        if chosen.kind == PROGRESS and other.kind in (TARGET, VALUE, RATE) and "进" not in plain(label):
            chosen = replace(chosen, kind=other.kind)
        if other.kind == VALUE and chosen.kind == INCREMENT and chosen.month:
            chosen = replace(chosen, kind=VALUE, is_cumulative=True)
        if chosen.kind in (VALUE, PROGRESS, INCREMENT) and chosen.month is None and other.month:
            chosen = replace(chosen, month=other.month, is_cumulative=chosen.is_cumulative or other.is_cumulative)
        if not chosen.unit and other.unit and other.kind == chosen.kind:
            chosen = replace(chosen, unit=other.unit)
    return chosen


def _of_above(count: Meaning, others: list[Meaning]) -> Meaning:
    """Return what 数量 is a number of: of the target, or of what is done."""
    above = next((one for one in others if one.kind in (TARGET, VALUE, PROGRESS, INCREMENT, OTHER_MONTH)), None)
    if above is None:
        return replace(count, kind=PROGRESS)
    return replace(above, kind=VALUE if above.kind == PROGRESS else above.kind, unit=count.unit or above.unit)
