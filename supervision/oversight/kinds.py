"""What each kind of rule may be told, how that is checked, and the rule in words."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from funding.labels import denominators_of, rate_label
from livelihood.formats import format_number
from livelihood.services import Refused
from projects.models import Programme, ReportingPeriod
from supervision.models import OversightRule

K = OversightRule.Kind


@dataclass(frozen=True)
class Param:
    """One thing a rule of a kind is told: a whole number, a number, or one of `choices`."""

    name: str
    label: str
    default: str
    least: int = 0
    most: int = 0
    places: int = 0
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""

    def cleaned(self, value) -> int | str:
        """Return the value as it is stored: a whole number, or text. Raises Refused with a clause."""
        text = str(value).strip()
        if self.choices:
            if text not in dict(self.choices):
                raise Refused(f"“{self.label}”请从列表里选")
            return text
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise Refused(f"“{self.label}”要填数，现在是“{text[:20]}”") from None
        if not number.is_finite() or not self.least <= number <= self.most:
            raise Refused(f"“{self.label}”应在{self.least}至{self.most}之间")
        if number != number.quantize(Decimal(1).scaleb(-self.places)):
            raise Refused(f"“{self.label}”{f'最多{self.places}位小数' if self.places else '要填整数'}")
        return str(number) if self.places else int(number)


MONTHS = Param("months", "连续几期", "1", 1, 12, help="连续多少个已封账的月份（周）都是这样")
MIN_GAP = Param("min_gap", "至少差（个百分点）", "0", 0, 100, 2, help="0为只要低于就算")
YARDSTICK = Param(
    "yardstick",
    "对照",
    "any",
    choices=(("any", "时序或节点"), ("schedule", "只看时序"), ("milestone", "只看节点")),
)
FUND_RATE = Param(
    "fund_rate",
    "资金比率",
    "project-disbursed",
    choices=tuple(
        (f"{kind}-{measure}", f"{kind_word}{measure_word}")
        for kind, kind_word in (("project", "项目资金"), ("maintenance", "管护资金"))
        for measure, measure_word in (("received", "到位率"), ("disbursed", "拨付率"), ("spent", "支出率"))
    ),
)
FUND_LINE = Param(
    "line",
    "对照",
    "average",
    choices=(("average", "全省平均"), ("set", "设定线"), ("schedule", "时序"), ("number", "定数")),
)
WHAT = Param(
    "what",
    "逾期的是",
    "both",
    choices=(("both", "督办函和整改事项"), ("letter", "督办函"), ("rectification", "整改事项")),
)

PARAMS: dict[str, tuple[Param, ...]] = {
    K.BELOW_AVERAGE: (MONTHS, MIN_GAP),
    K.LAST_PLACES: (Param("last", "末几位", "1", 1, 20), MONTHS),
    K.BEHIND: (MONTHS, MIN_GAP, YARDSTICK),
    K.RATE_BELOW: (
        Param("rate", "完成率低于（%）", "30", 0, 100, 2),
        Param("since", "从几月起", "1", 1, 12, help="年初完成率都低，从这个月起才判断"),
        MONTHS,
    ),
    K.FUND_BELOW: (FUND_RATE, FUND_LINE, Param("rate", "定数（%）", "50", 0, 100, 2, help="对照选“定数”时用"), MONTHS),
    K.LATE_RETURN: (Param("times", "本年累计几次", "2", 1, 12, help="本期迟报或未报，且本年累计达到这个次数"),),
    K.OVERDUE: (WHAT, Param("days", "逾期几天以上", "0", 0, 365), Param("count", "至少几件", "1", 1, 100)),
}


def cleaned_params(kind: str, params: dict) -> dict:
    """Return the parameters of a kind as they are stored; what is left out has its default.

    Raises Refused with everything that is wrong, in one sentence.
    """
    if kind not in PARAMS:
        raise Refused("请选择督办情形。")
    unknown = sorted(set(params) - {row.name for row in PARAMS[kind]})
    faults = [f"“{K(kind).label}”没有“{name}”这个参数" for name in unknown]
    found = {}
    for row in PARAMS[kind]:
        try:
            found[row.name] = row.cleaned(params.get(row.name, row.default))
        except Refused as refused:
            faults.append(str(refused))
    if faults:
        raise Refused("；".join(faults) + "。")
    return found


def rule_words(kind: str, params: dict, *, period_kind: str = ReportingPeriod.Kind.MONTH) -> str:
    """Return a rule's condition as a clause: 连续2个月低于全省平均，且差10个百分点以上."""
    run = _run(params.get("months", 1), period_kind)
    gap = Decimal(params.get("min_gap", 0))
    least = f"，且差{format_number(gap)}个百分点以上" if gap else ""
    match kind:
        case K.BELOW_AVERAGE:
            return f"{run}低于全省平均{least}"
        case K.LAST_PLACES:
            return f"{run}综合排名在末{params['last']}位"
        case K.BEHIND:
            line = {"any": "时序或节点要求", "schedule": "时序", "milestone": "节点要求"}[params["yardstick"]]
            return f"{run}落后于{line}{least}"
        case K.RATE_BELOW:
            since = f"{params['since']}月起，" if params["since"] > 1 else ""
            return f"{since}{run}完成率低于{format_number(Decimal(params['rate']))}%"
        case K.FUND_BELOW:
            return f"{run}{dict(FUND_RATE.choices)[params['fund_rate']]}低于{_fund_line(params)}"
        case K.LATE_RETURN:
            return f"本期迟报或未报，本年累计{params['times']}次以上"
        case _:
            late = f"{params['days']}天以上" if params["days"] else ""
            return f"{dict(WHAT.choices)[params['what']]}逾期{late}，{params['count']}件以上"


def _run(months: int, period_kind: str) -> str:
    if months == 1:
        return ""
    return f"连续{months}{'周' if period_kind == ReportingPeriod.Kind.WEEK else '个月'}"


def _fund_line(params: dict) -> str:
    if params["line"] == "number":
        return f"{format_number(Decimal(params['rate']))}%"
    return dict(FUND_LINE.choices)[params["line"]]


def fund_rate_words(code: str, programme: Programme) -> str:
    """Return the printed name of a rate of money with the programme's denominator: 拨付率（拨付÷计划）."""
    kind, measure = code.split("-", 1)
    return rate_label(measure, denominators_of(programme)[measure], kind=kind)
