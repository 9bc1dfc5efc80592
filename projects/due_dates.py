"""When a report is due by the programme's own rule, and the words that show how the date came about.

A week is due on a set day of the week after; where that day is rested for a public holiday, on the n-th working day
after the holiday, at the same hour. A month is due on a set day of the next month; where that day is rested, on the
next working day. The office may set another moment when it opens the period.
"""

import datetime
from dataclasses import dataclass, field

from django.utils import timezone

from livelihood.formats import format_day
from projects.models import Programme, Weekday
from projects.workdays import ONE_DAY, Day, UnknownYear, Workdays


@dataclass(frozen=True)
class Proposal:
    """The moment a period is due by rule, None where the calendar is not known; `steps` say how it was reckoned."""

    due_at: datetime.datetime | None
    steps: list[str] = field(default_factory=list)


def due_proposal(programme: Programme, kind: str, ends_on: datetime.date, days: Workdays) -> Proposal:
    """Return when a month or week that ends on `ends_on` is due. No query."""
    try:
        steps, due_on, hour = _week(programme, ends_on, days) if kind == "week" else _month(programme, ends_on, days)
    except UnknownYear as refusal:
        return Proposal(None, [str(refusal)])
    if days.is_partial(due_on.year):
        steps.append(f"{due_on.year}年的放假安排日历包里还没有，只按本地登记的日子算，请核对。")
    return Proposal(timezone.make_aware(datetime.datetime.combine(due_on, datetime.time(hour))), steps)


def _week(programme: Programme, ends_on: datetime.date, days: Workdays) -> tuple[list[str], datetime.date, int]:
    weekday, hour, nth = programme.week_due_weekday, programme.week_due_hour, programme.week_due_after_holiday
    due_on = ends_on + (1 + (weekday - ends_on.isoweekday() - 1) % 7) * ONE_DAY
    steps = [
        f"{format_day(ends_on)}是这一周的最后一天，之后的第一个{Weekday(weekday).label}是{_said(days.at(due_on))}。"
    ]
    if days.at(due_on).is_holiday:
        rest, worked = days.after_holiday(due_on, nth)
        counted = "，".join(f"第{number}个工作日{_said(day)}" for number, day in enumerate(worked, start=1))
        steps.append(f"这天放假，放到{format_day(rest[-1].date)}；节后{counted}。")
        due_on = worked[-1].date
    return [*steps, f"截止时刻按规则是{hour}点。"], due_on, hour


def _month(programme: Programme, ends_on: datetime.date, days: Workdays) -> tuple[list[str], datetime.date, int]:
    hour = programme.month_due_hour
    if not programme.month_due_day:
        return [f"月报在当月最后一天{format_day(ends_on)}截止，不顺延。", f"截止时刻按规则是{hour}点。"], ends_on, hour
    due_on = (ends_on + ONE_DAY).replace(day=programme.month_due_day)
    steps = [f"月报在次月{programme.month_due_day}日截止，是{_said(days.at(due_on))}。"]
    if not days.at(due_on).works:
        _, [first] = days.after_holiday(due_on, 1)
        steps.append(f"这天休息，顺延到之后的第一个工作日{_said(first)}。")
        due_on = first.date
    return [*steps, f"截止时刻按规则是{hour}点。"], due_on, hour


def _said(day: Day) -> str:
    """Return 10月6日星期二（国庆节）."""
    name = f"（{day.name}）" if day.name else ""
    return f"{format_day(day.date)}{Weekday(day.date.isoweekday()).label}{name}"
