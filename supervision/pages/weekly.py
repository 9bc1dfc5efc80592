"""周调度: one page of what moved, what is due and what is overdue, from sources that register themselves.

A source is called once with what is asked and gives items of its own scope; the page sorts, groups and counts them.
The number of queries is that of the sources, whatever the rows.
"""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from livelihood.formats import format_day
from livelihood.models import User
from projects.milestones import Reader, reader_of
from projects.models import Programme, ReportingPeriod

#: How far ahead the page looks, in days.
WEEK, FORTNIGHT = 7, 14
NOBODY = {"unit": "未指明单位", "agency": "未指明部门"}


@dataclass(frozen=True)
class Asked:
    """What a source is asked: whose week, of which programme, from `since` (not included) to `day`, ahead to `until`.

    `day` is the last day that counts as past or present; `reader` says whose figures the user sees.
    """

    programme: Programme
    user: User
    reader: Reader
    since: datetime.date
    day: datetime.date
    until: datetime.date


@dataclass(frozen=True)
class Item:
    """One line: its day, its kind in a word (节点, 月报…), what, whose it is, and where it is seen.

    `units` and `agencies` are printed names; a line of several stands under each of them.
    """

    day: datetime.date
    kind: str
    text: str
    url: str
    units: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    note: str = ""


Source = Callable[[Asked], Iterable[Item]]

_due: dict[str, Source] = {}
_moved: dict[str, Source] = {}
_standing: dict[str, Source] = {}


def register_due(name: str, source: Source) -> None:
    """Offer what has a day and is not done: days before `asked.day` are overdue. A second one of a name replaces it."""
    _due[name] = source


def register_moved(name: str, source: Source) -> None:
    """Offer what happened after `asked.since`, up to `asked.day`."""
    _moved[name] = source


def register_standing(name: str, source: Source) -> None:
    """Offer what stands on `asked.day` without a day to be done by: its day is that since when."""
    _standing[name] = source


def weekly_day(programme: Programme, text: str, today: datetime.date) -> tuple[datetime.date, str]:
    """Return the day the page is about, and a sentence where `text` is no date.

    By default today; of a year that is over the day its newest return is due.
    """
    default = today
    if today.year > programme.year:
        newest = ReportingPeriod.objects.filter(programme=programme).order_by("-ends_on").first()
        if newest is not None and newest.deadline.year <= programme.year + 1:
            default = min(newest.deadline.date(), today)
    if not text:
        return default, ""
    try:
        return datetime.date.fromisoformat(text.strip()), ""
    except ValueError:
        return default, f"“{text[:30]}”不是日期，请写成 {default} 的样子；现在显示{default.month}月{default.day}日。"


class WeeklyPage:
    """The page of one programme on a day as the user may see it.

    `span`: week (seven days back) or period (back to the day the last closed period ends on); `by`: unit, agency or
    "" for all in one list.
    """

    def __init__(self, programme: Programme, user: User, day: datetime.date, *, span: str = "week", by: str = "unit"):
        self.programme, self.day, self.span, self.by = programme, day, span, by
        self.since = self._since()
        self.asked = Asked(
            programme,
            user,
            reader_of(user, programme),
            self.since,
            day,
            day + datetime.timedelta(days=FORTNIGHT),
        )
        due = sorted(
            (item for source in _due.values() for item in source(self.asked) if item.day <= self.asked.until),
            key=_order,
        )
        week = day + datetime.timedelta(days=WEEK)
        self.overdue = [item for item in due if item.day < day]
        self.next_week = [item for item in due if day <= item.day <= week]
        self.later = [item for item in due if item.day > week]
        self.standing = sorted((item for source in _standing.values() for item in source(self.asked)), key=_order)
        self.moved = sorted(
            (item for source in _moved.values() for item in source(self.asked)), key=_order, reverse=True
        )

    def _since(self) -> datetime.date:
        week = self.day - datetime.timedelta(days=WEEK)
        if self.span != "period":
            return week
        before = ReportingPeriod.objects.filter(programme=self.programme, as_of__lt=self.day)
        closed = before.exclude(state=ReportingPeriod.State.OPEN).order_by("-as_of").values_list("as_of", flat=True)
        return closed.first() or week

    def parts(self) -> list[dict]:
        """Return the parts with their items in groups; what stands, where there is any."""
        slow = [self._part("standing", "督查发现的慢项目", self.standing, "")] if self.standing else []
        return [
            self._part("overdue", "逾期", self.overdue, "没有逾期的。"),
            self._part("next-week", f"{WEEK} 日内到期", self.next_week, "没有到期的。"),
            self._part("later", f"{WEEK + 1}—{FORTNIGHT} 日到期", self.later, "没有到期的。"),
            *slow,
            self._part("moved", f"{self.since.month}月{self.since.day}日以来的动态", self.moved, "没有动态。"),
        ]

    def _part(self, code: str, title: str, items: list[Item], empty: str) -> dict:
        groups = self._groups(items)
        counted = f"{len(items)} 件"
        # A line of several units stands under each: the groups' numbers add up to more than there is.
        if self.by and sum(len(group["lines"]) for group in groups) > len(items):
            counted += f"，涉及 {len(groups)} 个{'单位' if self.by == 'unit' else '部门'}"
        return {"code": code, "title": title, "counted": counted, "groups": groups, "empty": empty}

    def _groups(self, items: list[Item]) -> list[dict]:
        """Return the items by unit or agency, in official order and those of nobody last; else by day."""
        grouped: dict[str, list[Item]] = {}
        if not self.by:
            for item in items:
                grouped.setdefault(format_day(item.day), []).append(item)
            return [{"name": name, "lines": lines} for name, lines in grouped.items()]
        nobody = NOBODY[self.by]
        for item in items:
            for name in (item.units if self.by == "unit" else item.agencies) or (nobody,):
                grouped.setdefault(name, []).append(item)
        order = {name: nth for nth, name in enumerate(self._names)}
        names = sorted(grouped, key=lambda name: (name == nobody, order.get(name, len(order)), name))
        return [{"name": name, "lines": grouped[name]} for name in names]

    @property
    def _names(self) -> list[str]:
        if self.by != "unit":
            return []
        if not hasattr(self, "_printed"):
            rows = self.programme.participants.order_by("order", "id")
            self._printed = list(rows.values_list("printed_name", flat=True))
        return self._printed


def _order(item: Item) -> tuple:
    return item.day, item.kind, item.text
