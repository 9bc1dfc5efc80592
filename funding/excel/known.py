"""What is known of the programme's money when a return is read: lines, plans in force, this month's and last month's.

Five queries, asked when the first column of money is met.
"""

import hashlib
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Max, Sum

from funding.models import FundFigure, FundLine, FundPlan
from projects.excel.lines import previous_period
from projects.models import ReportingPeriod


def stamp_of(period: ReportingPeriod) -> str:
    """Return a text that changes whenever something that `Known` asks for does.

    Plans are only added, amounts added or raised in version. Four queries.
    """
    before = previous_period(period)
    lines = FundLine.objects.of_programme(period.programme_id)
    plans = FundPlan.objects.filter(fund_line__programme=period.programme_id)
    amounts = FundFigure.objects.filter(period__in=[one.pk for one in (period, before) if one is not None])
    seen = [
        list(lines.order_by("pk").values_list()),
        plans.aggregate(Count("pk"), Max("pk")),
        list(
            amounts.order_by("period").values("period").annotate(Count("pk"), Max("pk"), Sum("version")).values_list()
        ),
    ]
    return hashlib.sha256(repr(seen).encode()).hexdigest()


@dataclass(frozen=True)
class Stored:
    """What is stored of one stage of a line: this month's figure, last month's amount and what that month is called."""

    current: FundFigure | None = None
    last: Decimal | None = None
    last_period: str = ""

    @property
    def value(self) -> Decimal | None:
        """Return the amount as stored."""
        return self.current.value if self.current else None


class Known:
    """The lines of a programme by unit and sub-project, with plans and amounts."""

    def __init__(self, period: ReportingPeriod):
        self.lines: dict[tuple[int, int], list[FundLine]] = {}
        for line in FundLine.objects.of_programme(period.programme_id):
            self.lines.setdefault((line.participant_id, line.sub_project_id), []).append(line)
        self.units = {participant for participant, _sub_project in self.lines}
        plans = FundPlan.objects.in_force(period.ends_on).filter(fund_line__programme=period.programme_id)
        self.plans: dict[int, Decimal | None] = dict(plans.values_list("fund_line", "amount"))
        self.current = self._figures(period)
        before = previous_period(period)
        self.last = self._figures(before) if before else {}
        self.last_period = before.label if before else ""

    def of(self, participant: int, sub_project: int, *, kind: str | None, source: str | None) -> list[FundLine]:
        """Return the lines a sheet may mean; `kind` or `source` None where it does not split."""
        return [
            line
            for line in self.lines.get((participant, sub_project), [])
            if kind in (None, line.kind) and source in (None, line.source)
        ]

    def stored(self, line: FundLine, stage: str) -> Stored:
        """Return what is stored of a line's stage."""
        key = (line.pk, stage)
        last = self.last.get(key)
        return Stored(self.current.get(key), last.value if last else None, self.last_period)

    @staticmethod
    def _figures(period: ReportingPeriod) -> dict[tuple[int, str], FundFigure]:
        return {(row.fund_line_id, row.stage): row for row in FundFigure.objects.filter(period=period)}
