"""Where a month's empty cells start from: the last submitted week within the month, before last month.

What is offered is only offered: nothing is stored until somebody confirms it, and no later week changes a figure that
is there. A programme without weeks costs no query.
"""

import calendar
import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from projects.models import Figure, Report, ReportingPeriod

Kind = ReportingPeriod.Kind


@dataclass(frozen=True)
class Start:
    """A value to start from: of which week's report, and when that came."""

    value: Decimal
    week: str
    submitted_at: datetime.datetime | None

    @property
    def words(self) -> str:
        """Return what is offered, and from where."""
        return f"沿用{self.week}"

    def explains(self, revision) -> bool:
        """Tell whether a change put the week's value into an empty cell after the week had come."""
        is_same = revision.old_value is None and revision.new_value == self.value
        return is_same and (self.submitted_at is None or self.submitted_at <= revision.changed_at)


def starts_from_weeks(period: ReportingPeriod) -> bool:
    """Tell whether the period is a month of a programme with weeks. No query."""
    return period.kind == Kind.MONTH and period.programme.weekly


def weeks_within(period: ReportingPeriod) -> dict:
    """Return the filter of a figure's period: weeks that end within the month."""
    first = period.ends_on.replace(day=1)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return {
        "period__programme": period.programme_id,
        "period__kind": Kind.WEEK,
        "period__ends_on__range": (first, last),
        "report__state__in": Report.COUNTED,
    }


def month_starts(period: ReportingPeriod, participants: Iterable[int]) -> dict[tuple[int, int], Start]:
    """Return, by (participant id, indicator id), the value of the newest submitted week within the month.

    At most one query; none for a week, or where the programme has none.
    """
    if not starts_from_weeks(period):
        return {}
    rows = Figure.objects.filter(
        **weeks_within(period), participant__in=list(participants), state=Figure.State.REPORTED
    )
    return newest_starts(rows, "participant_id", "indicator_id")


def newest_starts(rows, first: str, second: str) -> dict[tuple, Start]:
    """Return, by the two columns that name a cell, the newest of the week's figures in `rows`. One query."""
    rows = rows.order_by(first, second, "-period__ends_on").distinct(first, second)
    names = (first, second, "value", "period__starts_on", "period__ends_on", "report__submitted_at")
    return {
        (one, other): Start(value, ReportingPeriod(kind=Kind.WEEK, starts_on=begin, ends_on=end).report_label, moment)
        for one, other, value, begin, end, moment in rows.values_list(*names)
    }


def carried_word(period: ReportingPeriod, start: Start | None) -> str:
    """Return the badge of a cell that is offered a value and not confirmed."""
    before = start.week.split("年", 1)[1] if start else period.previous_word
    return f"沿用{before}，未确认"
