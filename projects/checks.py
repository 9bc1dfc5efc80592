"""提示 (R20): the table of built-in rules. Each looks at one figure and says in two lines what is odd about it.

Pure functions of a `Cell`; fetching and storing is `projects/services/flags.py`, relations kept as data by the city
office are `projects/cross_rules.py`. Nothing here blocks: every rule asks for a reason that goes to the reviewer.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from livelihood.formats import format_number

if TYPE_CHECKING:
    from projects.models import Indicator

WARNING = "warning"

#: A figure this many times its target is asked about.
FAR_ABOVE = Decimal("1.2")
#: What is "about" a target is reached from here on (R2).
ABOUT_REACHED = Decimal("0.95")
#: A flow that counts fewer steps than this in a year cannot grow every month, and is not asked why it did not.
MONTHS = 12
#: Factors between units that are mixed up: a slipped point, 百 and per cent, 元 and 万元.
SLIPS = (10, 100, 10_000)
#: How near to such a factor a quotient must be.
SLIP_NEARNESS = Decimal("0.01")
#: Nearer to each other than this no slip is between two numbers.
SLIP_FROM = min(SLIPS) * (1 - SLIP_NEARNESS)
#: Fewer steps than this are no yardstick: one thing last month and ten this month is no slip of a point.
SLIP_LEAST_STEPS = 10

#: Units of things that are there or not: half a pupil is a slip. 万人 and 公里 are measured, not counted.
COUNTED_UNITS = frozenset("人名户位个所套座处件条场次项家台辆眼口村校站栋幢间张宗例份") | {"人次", "场次", "剂次"}

#: Words for begun and finished; what is left of two names without them must be the same (开工户数, 竣工户数).
_STARTED = re.compile(r"新开工|开工")
_COMPLETED = re.compile(r"基本建成|全部建成|建成|竣工|完工")


@dataclass(frozen=True)
class Related:
    """Another figure of the same participant that a rule holds a figure against; `value` None: not reported.

    `target` None where nothing is assigned; `has_task` False where the target says 无任务 (R4).
    """

    indicator: "Indicator"
    value: Decimal | None = None
    target: Decimal | None = None
    has_task: bool = True


class Cell(NamedTuple):
    """One figure with everything the rules look at. Amounts are in the indicator's unit.

    `target` None unless assessed; `printed`: the task in words; `last`: the last reported figure before, of the
    period `last_period`; `parts`: its 其中; `started`: what was begun, where this figure counts what is finished.
    """

    indicator: "Indicator"
    value: Decimal | None
    target: Decimal | None = None
    printed: str = ""
    last: Decimal | None = None
    last_period: str = ""
    claims_no_task: bool = False
    parts: Sequence[Related] = ()
    started: Related | None = None

    @property
    def is_flow(self) -> bool:
        """Tell whether it accumulates over the year (R1)."""
        return self.indicator.accumulation == "flow"

    @property
    def noun(self) -> str:
        """Return what such a figure is called in a sentence."""
        return {"flow": "累计数", "stock": "月末数"}.get(self.indicator.accumulation, "数")

    def said(self, value: Decimal) -> str:
        """Return an amount as a sentence names it, with its unit."""
        return format_number(value) + self.indicator.unit


@dataclass(frozen=True)
class Rule:
    """One built-in rule: `find` returns the two lines, or "" where there is nothing to ask.

    `is_relation`: it looks at other figures too, so it is asked anew when one of those changes, and a reason
    carries forward only while all of them stand. `choices`: words the reason usually is.
    """

    code: str
    title: str
    find: Callable[[Cell], str]
    severity: str = WARNING
    is_relation: bool = False
    choices: tuple[str, ...] = ()


def _no_task_claimed(cell: Cell) -> str:
    if not cell.claims_no_task:
        return ""
    return (
        f"填了“/”或“无任务”，但目标里这一项有任务（{cell.printed}），所以这一格按未填处理。\n"
        "有数请填数；任务确有变化，请写明依据，由主办的民生办修订目标。"
    )


def _falling_flow(cell: Cell) -> str:
    if not cell.is_flow or cell.last is None or cell.value >= cell.last:
        return ""
    return (
        f"累计数 {cell.said(cell.value)} 比{cell.last_period}的 {cell.said(cell.last)} 少。\n"
        "累计数一般只增不减，请核对；确实减少的，请写明是核减、口径变化还是更正笔误。"
    )


def _over_120(cell: Cell) -> str:
    if not cell.target or cell.indicator.direction == "at_most" or cell.value <= FAR_ABOVE * cell.target:
        return ""
    return (
        f"{cell.noun} {cell.said(cell.value)} 超过年度目标 {cell.said(cell.target)} 的 120%。\n"
        "请核对是否多打了数字或单位不对；确实超出的，请写明原因。"
    )


def _copied_unchanged(cell: Cell) -> str:
    if not cell.is_flow or not cell.target or not cell.value or cell.value != cell.last:
        return ""
    indicator = cell.indicator
    if indicator.direction == "at_most" or _steps(cell.target, indicator) < MONTHS:
        return ""
    reached = cell.target * (ABOUT_REACHED if indicator.direction == "about" else 1)
    if cell.value >= reached:
        return ""
    return (
        f"累计数 {cell.said(cell.value)} 和{cell.last_period}一样，年度目标 {cell.said(cell.target)} 还没有完成。\n"
        "请核对是否忘了更新；这个月确实没有新完成的，请写明原因。"
    )


def _unit_slip(cell: Cell) -> str:
    """Hold the figure against last month's, without one against the target.

    A flow far below its target is only unfinished, so against the target only too much is a slip.
    """
    other, name = (cell.last, cell.last_period) if cell.last else (cell.target, "年度目标")
    if not cell.value or not other or cell.indicator.kind == "growth":
        return ""
    larger, smaller = max(cell.value, other), min(cell.value, other)
    if smaller <= 0 or _steps(smaller, cell.indicator) < SLIP_LEAST_STEPS:
        return ""
    if not cell.last and cell.is_flow and cell.value < other:
        return ""
    if larger < SLIP_FROM * smaller:
        return ""
    for factor in SLIPS:
        if abs(larger - factor * smaller) <= SLIP_NEARNESS * factor * smaller:
            times = f"{factor} 倍" if cell.value > other else f"1/{factor}"
            return (
                f"{cell.said(cell.value)} 约是{name} {cell.said(other)} 的 {times}，像是单位或小数点错位。\n"
                f"这里的单位是{cell.indicator.unit}，请核对；数确实如此的，请写明原因。"
            )
    return ""


def _fraction_of_counted(cell: Cell) -> str:
    if cell.indicator.unit not in COUNTED_UNITS or cell.value == cell.value.to_integral_value():
        return ""
    return (
        f"{cell.said(cell.value)} 有小数，而这里按{cell.indicator.unit}计数，应当是整数。\n"
        "请核对单位和小数点；确实要填小数的，请写明原因。"
    )


def _share_above_100(cell: Cell) -> str:
    indicator = cell.indicator
    is_share = indicator.unit == "%" and indicator.accumulation == "level" and indicator.kind == "number"
    if not is_share or indicator.direction == "at_most" or cell.value <= 100 or (cell.target or 0) > 100:
        return ""
    return (
        f"比率 {cell.said(cell.value)} 超过了 100%。\n"
        "比率一般不会超过 100%，请核对分子、分母或小数点；口径允许超过的，请写明原因。"
    )


def _parts_exceed(cell: Cell) -> str:
    known = [part for part in cell.parts if part.value is not None]
    total = sum((part.value for part in known), Decimal(0))
    if not known or total - cell.value <= _rounding(cell, known):
        return ""
    return (
        f"其中各项（{_listed(known)}）合计 {cell.said(total)}，比总数 {cell.said(cell.value)} 多。\n"
        "其中数之和不能超过总数，请核对总数和其中数；口径不同的，请写明原因。"
    )


def _parts_do_not_add_up(cell: Cell) -> str:
    """Ask only where the parts are meant to be the whole: their own targets add up to its target."""
    parts = [part for part in cell.parts if part.has_task]
    if len(parts) < 2 or cell.target is None or any(part.value is None or part.target is None for part in parts):
        return ""
    if sum(part.target for part in parts) != cell.target:
        return ""
    total = sum((part.value for part in parts), Decimal(0))
    if cell.value - total <= _rounding(cell, parts):
        return ""
    return (
        f"其中各项（{_listed(parts)}）合计 {cell.said(total)}，比总数 {cell.said(cell.value)} 少。\n"
        "目标里其中各项加起来就是总数，请核对是否漏了一项；口径不同的，请写明原因。"
    )


def _completed_over_started(cell: Cell) -> str:
    """Ask unless the task itself asks for more finished than begun: then what was begun in earlier years counts."""
    started = cell.started
    if started is None or started.value is None or not started.has_task or cell.value <= started.value:
        return ""
    if cell.target is not None and started.target is not None and cell.target > started.target:
        return ""
    return (
        f"“{cell.indicator.name}”{cell.said(cell.value)}，比“{started.indicator.name}”{cell.said(started.value)} 多。\n"
        "完工的一般不会比开工的多，请核对；含以前年度开工的，请写明。"
    )


#: In the order they are shown. What is no number or negative is not here: such errors block (projects/values.py).
RULES = (
    Rule("no_task_claimed", "有任务填了无任务", _no_task_claimed),
    Rule("falling_flow", "累计数比上期少", _falling_flow, choices=("核减", "口径", "笔误")),
    Rule("unit_slip", "像是单位或小数点错位", _unit_slip, choices=("核对无误",)),
    Rule("over_120", "超过目标的120%", _over_120),
    Rule("share_above_100", "比率超过100%", _share_above_100, choices=("口径允许超过100%",)),
    Rule("fraction_of_counted", "计数有小数", _fraction_of_counted),
    Rule("copied_unchanged", "未完成而和上期一样", _copied_unchanged, choices=("本月没有新完成",)),
    Rule("parts_exceed", "其中数之和超过总数", _parts_exceed, is_relation=True, choices=("口径不同",)),
    Rule("parts_do_not_add_up", "其中数之和少于总数", _parts_do_not_add_up, is_relation=True, choices=("口径不同",)),
    Rule(
        "completed_over_started", "完工多于开工", _completed_over_started, is_relation=True, choices=("含以前年度开工",)
    ),
)
BY_CODE = {rule.code: rule for rule in RULES}

#: What the flag of a 勾稽关系 is called: its id follows.
CROSS_PREFIX = "cross-"


def remarks(cell: Cell) -> list[tuple[Rule, str]]:
    """Return every rule that has something to ask about the figure, with its two lines."""
    rules = RULES if cell.value is not None else [rule for rule in RULES if rule.code == "no_task_claimed"]
    return [(rule, text) for rule in rules if (text := rule.find(cell))]


def title_of(code: str) -> str:
    """Return the short name of a flag's rule."""
    return BY_CODE[code].title if code in BY_CODE else "勾稽关系不符"


def choices_of(code: str) -> tuple[str, ...]:
    """Return the words the reason for such a flag usually is; the filler may write others."""
    return BY_CODE[code].choices if code in BY_CODE else ("口径不同",)


def families(indicators: Iterable["Indicator"]) -> dict[int, list["Indicator"]]:
    """Return the 其中 of each indicator that has any and can be summed: whole's id → parts."""
    indicators = list(indicators)
    summed = {row.pk for row in indicators if row.additive and row.kind == "number"}
    found = defaultdict(list)
    for row in indicators:
        if row.part_of_id in summed and row.pk in summed:
            found[row.part_of_id].append(row)
    return dict(found)


def started_pairs(indicators: Iterable["Indicator"]) -> dict[int, "Indicator"]:
    """Return what was begun for each indicator that counts what is finished: id of the latter → the former.

    The catalogue does not say it, the names do: two flows of one sub-project with the same unit whose names differ
    in the word only (新开工, 开工 / 基本建成, 建成, 竣工, 完工). A name with both words (2019年开工…完工) is no pair.
    """
    started, completed = {}, {}
    for row in indicators:
        if row.accumulation != "flow" or row.kind != "number":
            continue
        begun, finished = _STARTED.search(row.name), _COMPLETED.search(row.name)
        if bool(begun) == bool(finished):
            continue
        word, side = (_STARTED, started) if begun else (_COMPLETED, completed)
        side[row.sub_project_id, row.unit, word.sub("", row.name, count=1)] = row
    return {row.pk: started[key] for key, row in completed.items() if key in started}


def _steps(value: Decimal, indicator: "Indicator") -> Decimal:
    """Return how many of the smallest steps of its indicator an amount is."""
    return value.scaleb(indicator.decimals)


def _rounding(cell: Cell, members: Sequence[Related]) -> Decimal:
    """Return what rounding alone may set the sum and the whole apart by: half a step each, nothing for counts."""
    indicators = [cell.indicator, *(member.indicator for member in members)]
    return sum(
        (
            Decimal(5).scaleb(-indicator.decimals - 1)
            for indicator in indicators
            if indicator.decimals or indicator.unit not in COUNTED_UNITS
        ),
        Decimal(0),
    )


def _listed(members: Sequence[Related]) -> str:
    """Return the members' names, the first three of them."""
    names = "、".join(member.indicator.name for member in members[:3])
    return names + (f"等{len(members)}项" if len(members) > 3 else "")
