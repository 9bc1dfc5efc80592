"""What the head of a column of money means: stage, source, kind, unit; or that it is a rate, this month's, unclear."""

import re
from dataclasses import dataclass
from functools import lru_cache

from funding.amounts import UNITS
from funding.labels import STAGES
from funding.sources import Source, find_kind, find_source
from projects.excel import headings as kinds
from projects.excel.blocks import Block
from projects.excel.columns import plain
from projects.excel.headings import meaning_of, month_in, unit_in

AMOUNT, RATE, SOURCE, KIND = "amount", "rate", "source", "kind"
#: Columns that are not read: of another month, of this month alone, what is missing, and what nobody can tell.
OTHER_MONTH, INCREMENT, ASIDE, UNCLEAR = "other_month", "increment", "aside", "unclear"
PLANNED = "planned"

_STAGES = (
    (PLANNED, r"计划|规划|预算|筹资方案|应筹"),
    ("received", r"到位|到账|筹集|筹措"),
    ("disbursed", r"拨付|拨款|下达"),
    ("spent", r"支出|列支|报账|资金使用|使用资金"),
)
_SURELY_PLANNED = re.compile(
    r"计划.{0,2}(?:筹集|筹措|筹资|投入|投资|安排|资金|数)?$|(?:筹集|筹措|筹资|资金|投入)计划|筹资方案|预算安排"
)
#: 应到位 and 需拨付 are what should be, neither plan nor fact.
_SHOULD = re.compile(r"[应需拟待](?:到位|拨付|支出|到账|拨款)")
_ASIDE = re.compile(r"未|尚|差|缺口|结余|结转|剩余|欠|同期|上年|去年|同比|增长|增幅")
_OTHER_MONTH = re.compile(r"上月|上期|上周|上次|前期")
_INCREMENT = re.compile(r"本月|当月|本期|当期|本周|新增")
_RATE = re.compile(r"率|比例|占比|比重|百分比|进度")
_PAYMENT = re.compile(r"支付")
_SOURCE_HEAD = re.compile(r"^(?:资金)?(?:来源|渠道|级次|级别)(?:名称)?$")
_KIND_HEAD = re.compile(r"^资金(?:类别|性质|类型|用途|种类)$")
_MAINTENANCE = re.compile(r"(?:建后)?管[护养](?:资金|经费)?")
#: Words around a source that say nothing of it.
_AROUND = re.compile(
    r"[(（](?:不?含|除|扣除)[^()（）]*[)）]|资金|财政|配套|补助款?|经费|投入|投资|安排|累计|实际|截[至止]到?|目前|已|本?年度?|全年|年初|到位|到账|拨付|拨款|下达|支出|列支"
    r"|报账|使用|支付|计划|规划|预算|概算|筹集|筹措|筹资|应筹|方案|情况|总额|数额|金额|完成|民生工程|工程|项目|建设|其中"
    r"|\d+(?:[-—–~至]\d+)?月?份?|[数额款总月末底的、:：/\-—]|万元|亿元|元"
)
LONGEST_SOURCE = 8
#: Words of sources that would be taken for the head of a column of units.
_UNITS_TOO = ("县", "区", "县区", "乡镇", "市县", "乡", "镇", "全部")
#: What bare source words become under a stage: 县(区)级, 市本级, 其它.
_SPELLINGS = {
    "县(区)": "county",
    "县(市区)": "county",
    "县(市、区)": "county",
    "县市区": "county",
    "区县": "county",
    "本级": "",
    "市本": "city",
    "中央省": "upper",
    "中央及省": "upper",
    "中央和省": "upper",
    "市县区": "local",
    "其它": "social",
    "地方政府专项债券": "bond",
    "地方政府债券": "bond",
    "地方债券": "bond",
    "合计": "total",
    "小计": "total",
    "共计": "total",
    "总计": "total",
}


@dataclass(frozen=True)
class Head:
    """What a column is: `source` None where it does not split, "" where its words are unknown."""

    role: str
    stage: str = ""
    source: str | None = None
    kind: str | None = None
    unit: str = ""
    month: int | None = None
    divided_by: str = ""


def heads_of(block: Block, *, year: int, month: int | None, is_name) -> dict[int, Head]:
    """Return column → what it means, for the columns of money; `year` and `month` are those that are read."""
    found = {}
    for column, labels in block.labels.items():
        own = [plain(label) for label in labels if not is_name(label)]
        if head := head_of(own, year=year, month=month):
            found[column] = head
    staged = {head.stage for head in found.values() if head.role == AMOUNT}
    for column, head in found.items():
        if head.role == UNCLEAR and _PAYMENT.search(plain("".join(block.labels[column]))):
            found[column] = _payment(head, staged)
    if staged:
        for column, labels in block.labels.items():
            if column not in found and (head := _plan(labels, block, found)):
                found[column] = head
    return found


def head_of(labels: list[str], *, year: int, month: int | None = None) -> Head | None:
    """Return what labels above one another mean as money; None where they are of something else."""
    if not labels:
        return None
    lowest = meaning_of(labels[-1])
    if lowest and lowest.kind in (kinds.REMARK, kinds.RANK, kinds.SEQ, kinds.LEAD):
        return None
    if _SOURCE_HEAD.match(labels[-1]) and labels[-1] != "级别":
        return Head(SOURCE)
    if _KIND_HEAD.match(labels[-1]):
        return Head(KIND)
    if not any((meaning := meaning_of(label)) and meaning.kind == kinds.FUND for label in labels):
        return None
    unit, bare = _unit(labels)
    named = [re.sub(r"[(（][^()（）]*[)）]", "", label) if _RATE.search(label) else label for label in bare]
    stage = next((found for label in reversed(named) if (found := _stage(label)) is not None), "")
    source = next((found for label in reversed(named) if (found := source_in(_RATE.sub("", label))) is not None), None)
    kind = "maintenance" if any(_MAINTENANCE.search(label) for label in bare) else None
    said_month = next((found for label in reversed(bare) if (found := month_in(label)[0])), None)
    role = _role(bare, unit, stage, source, said_month, month)
    if unit and unit not in UNITS and unit != "%" and role == AMOUNT:
        role = UNCLEAR
    if any(int(said) != year for said in re.findall(r"(20\d\d)年", "".join(labels))):
        role = ASIDE
    divided_by = next((code for code, words in _STAGES if re.search(rf"[占/÷](?:{words})", bare[-1])), "")
    source = source or None if role == RATE else source
    return Head(role, stage, source, kind, unit if unit in UNITS else "", said_month, divided_by)


def said_head(labels: list[str], stage: str) -> Head:
    """Return a column of amounts of a stage, as somebody said; source, kind and unit are still its heading's."""
    unit, bare = _unit(labels)
    # The word for the stage is none that is known: 县级 stands before it in 县级兑现.
    beginnings = (label[:size] for label in reversed(bare) for size in range(len(label), 1, -1))
    source = next((found for text in beginnings if (found := source_in(text))), None)
    kind = "maintenance" if any(_MAINTENANCE.search(label) for label in bare) else None
    return Head(AMOUNT, stage, source, kind, unit if unit in UNITS else "")


def word_of(head: Head) -> str:
    """Return what a column was taken for, as the person is shown: 资金：县级到位."""
    if head.role == AMOUNT:
        return f"资金：{Source(head.source).label if head.source else ''}{STAGES[head.stage]}"
    return {SOURCE: "资金：来源", KIND: "资金：类别", RATE: "资金：比率（核对用）"}.get(head.role, "不读（资金）")


def _role(bare: list[str], unit: str, stage: str, source: str | None, said_month, month) -> str:
    together = "".join(bare)
    is_cumulative = bool(re.search(r"累计|截[至止]|月[底末]|[-—–~至到]\d{1,2}月", together))
    if _ASIDE.search(together) or _SHOULD.search(together):
        return ASIDE
    if _OTHER_MONTH.search(together):
        return OTHER_MONTH
    if said_month and month and said_month != month:
        return OTHER_MONTH if stage != PLANNED else UNCLEAR
    if unit == "%" or _RATE.search(bare[-1]) or (len(bare) > 1 and re.search("率|比例|占比", together)):
        return RATE
    if not is_cumulative and stage != PLANNED and (_INCREMENT.search(together) or (said_month and month)):
        return INCREMENT
    return AMOUNT if stage and source != "" else UNCLEAR


def _stage(bare: str) -> str | None:
    """Return the stage a label names: None for none, "" where it names two."""
    if _SURELY_PLANNED.search(bare):
        return PLANNED
    found = [stage for stage, words in _STAGES if re.search(words, bare)]
    return None if not found else found[0] if len(found) == 1 else ""


@lru_cache(maxsize=4096)
def is_source(text: str) -> bool:
    """Tell whether a label says nothing but a source, as it stands alone under a stage."""
    bare = plain(text)
    return len(bare) <= LONGEST_SOURCE and bare not in _UNITS_TOO and bool(source_in(bare))


def source_in(bare: str) -> str | None:
    """Return the source a label names: None for none, "" for words that are no known source."""
    rest = _AROUND.sub("", _MAINTENANCE.sub("", bare))
    if not rest:
        return None
    rest = rest.removesuffix("级") if rest not in ("市级", "县级", "省级", "区级") else rest
    if rest in _SPELLINGS:
        return _SPELLINGS[rest] or ""
    return find_source(rest) or find_source(f"{rest}级") or ""


def kind_in(text: str) -> str | None:
    """Return the kind a cell or label names, None for none that is known."""
    return find_kind(text) or ("maintenance" if _MAINTENANCE.search(text) else None)


def _unit(labels: list[str]) -> tuple[str, list[str]]:
    """Return the unit of the lowest label that gives one, and the labels without units."""
    unit, bare = "", []
    for label in reversed(labels):
        said, rest = unit_in(label)
        if not said and (ending := re.search(r"(?<=[一-鿿])(亿元|万元)$", label)):
            said, rest = ending[1], label[: ending.start()]
        if not said and re.search(r"[%％]", label):
            said = "%"
        unit = unit or said
        bare.append(rest.replace("()", ""))
    return unit, bare[::-1]


def _payment(head: Head, staged: set[str]) -> Head:
    """Return what 支付 is: what the table has no other word for, 支出 beside 拨付 and 拨付 beside 支出."""
    missing = {"disbursed", "spent"} - staged
    if len(missing) != 1:
        return head
    return Head(AMOUNT, missing.pop(), head.source, head.kind, head.unit, head.month)


def _plan(labels: list[str], block: Block, found: dict[int, Head]) -> Head | None:
    """Return the head of a bare 计划 beside stages of money, where it says so or nothing but money is in the table."""
    unit, bare = _unit([plain(label) for label in labels])
    if unit and unit not in UNITS:
        return None
    if not re.fullmatch(r"(?:年度|全年|本年)?计划(?:数|额|总额|安排)?", bare[-1]):
        return None
    others = (column for column in block.labels if column not in found)
    is_mixed = any(
        (meaning := meaning_of(label)) and meaning.kind in (kinds.VALUE, kinds.PROGRESS)
        for column in others
        for label in block.labels[column]
    )
    return Head(AMOUNT, PLANNED, unit=unit) if unit or not is_mixed else None
