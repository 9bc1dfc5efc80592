"""资金提示 (R20): the rules over amounts. Each looks at one stage of a fund line and says in two lines what is odd.

Pure functions of a `FundCell`; fetching and storing is `funding/services/fund_flags.py`. Nothing here blocks: every
rule asks for a reason that goes to the reviewer. What is no amount at all is refused by `funding/amounts.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from funding.amounts import in_unit
from funding.labels import STAGES
from livelihood.formats import format_printed

#: An amount this many times its plan is in another unit.
FAR_ABOVE_PLAN = 100
#: Between 元 and 万元, and between 万元 and 亿元; and how near a quotient must be.
SLIP, SLIP_NEARNESS = 10_000, Decimal("0.01")
#: A finished task of which no more than this share of the plan is paid out.
HARDLY_PAID = Decimal(20)
DONE = Decimal(100)


@dataclass(frozen=True)
class Together:
    """The money of one kind for a sub-project of a unit: its lines added up, since a source can make good for another.

    `sources`: how many lines; `planned`, `disbursed` in 元; `paid`, `used`: 拨付 and 支出 against the plan, in per cent
    as printed (R7), None while a planned source is not reported (R5); `expected`: the year's straight line; `done`: the
    rate of the works, None where it is not known; `is_done`: all tasks are done.
    """

    sources: int = 1
    planned: Decimal | None = None
    disbursed: Decimal | None = None
    paid: Decimal | None = None
    used: Decimal | None = None
    expected: Decimal | None = None
    done: Decimal | None = None
    is_done: bool = False

    @property
    def whose(self) -> str:
        """Return what a remark says in front of the sums."""
        return "各来源合计，" if self.sources > 1 else ""


@dataclass(frozen=True)
class FundCell:
    """One stage of a line with everything the rules look at; amounts in 元.

    `last`: the month before's value; `received`, `disbursed`: the line's other stages; `together`: the sums it is part
    of, at the line they are spoken of.
    """

    stage: str
    value: Decimal | None
    planned: Decimal | None = None
    last: Decimal | None = None
    last_period: str = ""
    received: Decimal | None = None
    disbursed: Decimal | None = None
    together: Together | None = None


@dataclass(frozen=True)
class FundRule:
    """One rule: `find` returns the two lines, or "" where there is nothing to ask.

    `is_relation`: it looks at more than the cell and its last month, so an answer carries forward only while the
    remark is word for word the same. `choices`: words the reason usually is.
    """

    code: str
    title: str
    find: Callable[[FundCell], str]
    severity: str = "warning"
    is_relation: bool = True
    choices: tuple[str, ...] = ()


def said(amount: Decimal) -> str:
    """Return an amount as a remark names it: in 万元, exactly."""
    return f"{in_unit(amount, '万元')} 万元"


def _falling(cell: FundCell) -> str:
    if cell.last is None or cell.value >= cell.last:
        return ""
    return (
        f"累计{STAGES[cell.stage]} {said(cell.value)}，比{cell.last_period}的 {said(cell.last)} 少。\n"
        "累计数一般只增不减，请核对；确实减少的，请写明是退回资金、核减还是更正笔误。"
    )


def _unit_slip(cell: FundCell) -> str:
    name = STAGES[cell.stage]
    if cell.planned and cell.value > FAR_ABOVE_PLAN * cell.planned:
        return (
            f"{name} {said(cell.value)} 超过计划 {said(cell.planned)} 的 {FAR_ABOVE_PLAN} 倍，"
            "像是把元、万元、亿元弄混了。\n"
            "请核对单位：页面上写着金额按元还是万元填；数确实如此的，请写明原因。"
        )
    if not cell.value or not cell.last:
        return ""
    larger, smaller = max(cell.value, cell.last), min(cell.value, cell.last)
    for times in (SLIP, SLIP * SLIP):
        if abs(larger - times * smaller) <= SLIP_NEARNESS * times * smaller:
            factor = f"{times} 倍" if cell.value > cell.last else f"1/{times}"
            return (
                f"{name} {said(cell.value)} 约是{cell.last_period}的 {said(cell.last)} 的 {factor}，"
                "像是把元、万元、亿元弄混了。\n"
                "请核对单位：页面上写着金额按元还是万元填；数确实如此的，请写明原因。"
            )
    return ""


def _paid_over_received(cell: FundCell) -> str:
    if cell.stage != "disbursed" or cell.received is None or cell.value <= cell.received:
        return ""
    return (
        f"拨付 {said(cell.value)}，比到位 {said(cell.received)} 多。\n"
        "提前垫付是鼓励的，请写明垫付的资金从哪里来；不是垫付的，请核对到位和拨付。"
    )


def _spent_over_paid(cell: FundCell) -> str:
    if cell.stage != "spent" or cell.disbursed is None or cell.value <= cell.disbursed:
        return ""
    return (
        f"支出 {said(cell.value)}，比拨付 {said(cell.disbursed)} 多。\n"
        "没有拨付的钱一般支不出去，请核对；用其他资金先行支付的，请写明。"
    )


def _done_unpaid(cell: FundCell) -> str:
    money = cell.together
    if cell.stage != "disbursed" or money is None or not money.is_done or money.paid is None:
        return ""
    if money.paid > HARDLY_PAID:
        return ""
    return (
        f"任务已经全部完成，{money.whose}计划 {said(money.planned)} 只拨付了 {said(money.disbursed)}"
        f"（{format_printed(money.paid)}%）。\n"
        "请核对完成数和拨付数；确未拨付的，请写明原因和打算什么时候拨付。"
    )


def _behind_time(cell: FundCell) -> str:
    money = cell.together
    if cell.stage != "disbursed" or money is None or money.paid is None or money.expected is None:
        return ""
    if money.paid >= money.expected:
        return ""
    return (
        f"资金拨付进度低于序时进度：{money.whose}拨付占计划 {format_printed(money.paid)}%，"
        f"时序 {format_printed(money.expected)}%。\n"
        "请核对拨付数；确实没有拨付到位的，请写明原因。"
    )


def _spent_behind_works(cell: FundCell) -> str:
    money = cell.together
    if cell.stage != "spent" or money is None or money.used is None or money.done is None or money.used >= money.done:
        return ""
    return (
        f"支出进度低于建设进度：{money.whose}支出占计划 {format_printed(money.used)}%，"
        f"建设完成 {format_printed(money.done)}%。\n"
        "请核对支出数和完成数；按合同还没有到付款时间的，请写明。"
    )


#: In the order they are shown.
RULES = (
    FundRule("fund_falling", "累计金额比上期少", _falling, is_relation=False, choices=("退回资金", "核减", "笔误")),
    FundRule("fund_unit_slip", "像是元、万元、亿元弄混", _unit_slip, is_relation=False, choices=("核对无误",)),
    FundRule("spent_over_paid", "支出多于拨付", _spent_over_paid, choices=("用其他资金先行支付",)),
    FundRule("paid_over_received", "拨付多于到位", _paid_over_received, choices=("提前垫付",)),
    FundRule("done_unpaid", "任务完成而拨付不到20%", _done_unpaid, choices=("等待验收审计",)),
    FundRule("paid_behind_time", "资金拨付进度低于序时进度", _behind_time, choices=("按进度拨付，尚未到拨付节点",)),
    FundRule("spent_behind_works", "支出进度低于建设进度", _spent_behind_works, choices=("按合同约定付款",)),
)
BY_CODE = {rule.code: rule for rule in RULES}


def remarks(cell: FundCell) -> list[tuple[FundRule, str]]:
    """Return every rule that has something to ask about the amount, with its two lines; a blank cell has none."""
    if cell.value is None:
        return []
    return [(rule, text) for rule in RULES if (text := rule.find(cell))]


def choices_of(code: str) -> tuple[str, ...]:
    """Return the words the reason for such a flag usually is."""
    return BY_CODE[code].choices if code in BY_CODE else ()
