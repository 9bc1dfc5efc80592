"""The yardsticks a map is held against (R10, R11): which gap of a line each of them reads, and its words."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

#: A rate this many 个百分点 below its yardstick is shown as far below.
FAR_BELOW = Decimal(-10)


@dataclass(frozen=True)
class Yardstick:
    """One yardstick. `code`: in addresses; `head`: of a narrow column; `counted`: of the row of how many are below.

    `{pooled}` stands for 全市平均, by what the programme calls its whole. `gap` gives the difference the statement
    worked out, None where a line is not held against it.
    """

    code: str
    name: str
    head: tuple[str, str]
    counted: str
    nothing: str
    gap: Callable[[dict], Decimal | None]

    def words(self, whole: str) -> dict:
        """Return name, head and the row's name; the sum of a whole province stands beside the province's own (R10)."""
        pooled, short = ("全省计算值", "计算值") if whole == "全省" else (f"{whole}平均", whole)
        return {
            "name": self.name.format(pooled=pooled),
            "head": [part.format(short=short) for part in self.head],
            "counted": self.counted.format(pooled=pooled),
        }

    def below(self, row: dict) -> bool | None:
        """Tell whether a line is below; None where nothing is compared."""
        gap = self.gap(row)
        return None if gap is None else gap < 0

    def is_far(self, row: dict) -> bool:
        """Tell whether a line that is below is so by ten 个百分点 or more."""
        return self.gap(row) <= FAR_BELOW

    def is_in_points(self, row: dict) -> bool:
        """Tell whether the line's gap is one of rates, in 个百分点: only those stand beside each other."""
        return self.gap(row) is not None

    def decimals(self, row: dict, decimals: int) -> int:
        """Return how many places the line's gap is printed with."""
        return decimals


class Average(Yardstick):
    """全省平均: the statement says itself what is below (R9), for by value more may be worse."""

    def below(self, row: dict) -> bool | None:
        """Tell what the statement says."""
        return row["below_benchmark"]

    def is_far(self, row: dict) -> bool:
        """Tell the same of rates; by value nothing is far."""
        return is_far_below(row)

    def is_in_points(self, row: dict) -> bool:
        """Tell whether the average is one of rates."""
        return row["benchmark_measure"] == "rate" and row["gap_to_benchmark"] is not None

    def decimals(self, row: dict, decimals: int) -> int:
        """Return the places the average was published with."""
        return row["benchmark_decimals"]


def is_far_below(row: dict) -> bool:
    """Tell whether a line's rate is ten 个百分点 or more below the provincial average."""
    return row["benchmark_measure"] == "rate" and row["gap_to_benchmark"] <= FAR_BELOW


PROVINCE = Average(
    "",
    "全省平均",
    ("低于", "全省"),
    "低于全省平均的指标数",
    "没有全省平均，不着色。",
    lambda row: row["gap_to_benchmark"],
)
CITY = Yardstick(
    "city",
    "{pooled}",
    ("低于", "{short}"),
    "低于{pooled}的指标数",
    "没有可比的合计，不着色。",
    lambda row: row["gap_to_city"],
)
SCHEDULE = Yardstick(
    "schedule",
    "时序",
    ("低于", "时序"),
    "低于时序的指标数",
    "没有按时序比的指标，不着色。",
    lambda row: None if row["has_plan"] else row["gap_to_expected"],
)
PLAN = Yardstick(
    "milestones",
    "节点计划",
    ("未达", "节点"),
    "未达节点的指标数",
    "没有已到节点的指标，不着色。",
    lambda row: row["gap_to_expected"] if row["has_plan"] else None,
)

#: By the word in the address, in the order of the switch.
YARDSTICKS = {row.code: row for row in (PROVINCE, CITY, SCHEDULE, PLAN)}
