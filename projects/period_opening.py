"""What the page that opens a period offers: which months or weeks can be opened, and when each is due by rule."""

import calendar
import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from livelihood.access import is_city_office
from livelihood.models import User
from livelihood.registry import Action
from projects.due_dates import Proposal, due_proposal
from projects.models import Programme, ReportingPeriod
from projects.services.periods import AHEAD, week_start
from projects.workdays import ONE_DAY, Workdays

Kind = ReportingPeriod.Kind
WEEK = 7 * ONE_DAY


@dataclass(frozen=True)
class Choice:
    """A period that can be opened: the last day in ISO form, and what it is called."""

    ends_on: datetime.date
    label: str

    @property
    def value(self) -> str:
        """Return what stands in the address."""
        return self.ends_on.isoformat()


class PeriodOpening:
    """The month or week a person is about to open. Two queries, one of them the calendar's."""

    def __init__(self, programme: Programme, *, kind: str, ends_on: str = ""):
        self.programme = programme
        self.wrong = ""
        if kind == Kind.WEEK and not programme.weekly:
            kind, self.wrong = Kind.MONTH, f"“{programme.name}”没有实行周报制，可在报送时间里设定。"
        self.kind = Kind(kind) if kind in Kind.values else Kind.MONTH
        opened = list(programme.periods.all())
        self.choices = self._choices(opened)
        self.ends_on = self._chosen(ends_on, opened)
        self.days = Workdays(programme.owner_id)
        self.proposal = due_proposal(programme, self.kind, self.ends_on, self.days) if self.ends_on else Proposal(None)

    @property
    def grace_hours(self) -> int:
        """Return the grace of the period opened last, which the next one usually has too. One query."""
        last = self.programme.periods.filter(kind=self.kind).order_by("-ends_on").values_list("grace_hours", flat=True)
        return last.first() or 0

    @property
    def label(self) -> str:
        """Return the chosen period as it will be called."""
        first = week_start(self.ends_on) if self.kind == Kind.WEEK else self.ends_on.replace(month=1, day=1)
        return ReportingPeriod(kind=self.kind, starts_on=first, ends_on=self.ends_on).report_label

    def _choices(self, opened: list[ReportingPeriod]) -> list[Choice]:
        """Return what is not open yet and not too far ahead, in order."""
        latest, found = timezone.localdate() + AHEAD[self.kind], []
        taken = [period for period in opened if period.kind == self.kind]
        for day in _week_ends(self.programme) if self.kind == Kind.WEEK else _month_ends(self.programme.year):
            # A month's own days; its period runs from 1 January.
            first = week_start(day) if self.kind == Kind.WEEK else day.replace(day=1)
            if self.kind == Kind.WEEK:
                is_taken = any(period.starts_on <= day and period.ends_on >= first for period in taken)
                label = ReportingPeriod(kind=Kind.WEEK, starts_on=first, ends_on=day).label.split("年", 1)[1]
            else:
                is_taken, label = any(period.ends_on == day for period in taken), f"{day.month}月"
            if first <= latest and not is_taken:
                found.append(Choice(day, label))
        return found

    def _chosen(self, text: str, opened: list[ReportingPeriod]) -> datetime.date | None:
        """Return the day asked for if it can be opened; else the next one.

        That is the one after the last of its kind; of a kind never opened the newest that was over with the last
        period, or is over today.
        """
        by_value = {choice.value: choice.ends_on for choice in self.choices}
        if text in by_value:
            return by_value[text]
        if text:
            self.wrong = self.wrong or "这个填报期已经开过，或不能开，请从列表里选。"
        ends = list(by_value.values())
        own = [period.ends_on for period in opened if period.kind == self.kind]
        if own:
            return next((day for day in ends if day > max(own)), ends[0] if ends else None)
        over = max((period.ends_on for period in opened), default=timezone.localdate())
        return next((day for day in reversed(ends) if day <= over), ends[0] if ends else None)


def opening_actions(user: User, programme: Programme) -> Iterator[Action]:
    """Offer the office a new period, and when reports are due."""
    if is_city_office(user, programme.owner_id):
        if programme.opened_at:
            yield Action("开填报期", reverse("projects:period-new", args=[programme.code]), order=3)
        yield Action("报送时间", reverse("projects:schedule", args=[programme.code]), order=40)


def _month_ends(year: int) -> list[datetime.date]:
    return [datetime.date(year, month, calendar.monthrange(year, month)[1]) for month in range(1, 13)]


def _week_ends(programme: Programme) -> list[datetime.date]:
    """Return the last days of the weeks that lie in the programme's year entirely."""
    day = datetime.date(programme.year, 1, 7)
    day += (programme.week_ends_on - day.isoweekday()) % 7 * ONE_DAY
    found = []
    while day.year == programme.year:
        found.append(day)
        day += WEEK
    return found
