"""整改台账 on a day: a programme's items with their lights, filters and counts."""

import datetime
from collections import Counter
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Count, Max, Q
from django.utils import timezone

from livelihood.models import User
from projects.models import Participant, Programme, Project
from supervision.models import Rectification, RectificationFile, RectificationStep

State = Rectification.State

#: What a state looks like: the code of the shared component whose sign and colour it takes.
STATE_LOOKS = {
    State.OPENED: "waiting",
    State.ASSIGNED: "submitted",
    State.UNDERWAY: "running",
    State.REPORTED: "due_soon",
    State.CLOSED: "closed",
}
LIGHT_LOOKS = {"green": "attained", "amber": "due_soon", "red": "overdue", "": "not_due"}
LIGHTS = {"red": "红 逾期", "amber": "黄 临近时限", "green": "绿 未到时限"}


@dataclass(frozen=True)
class Light:
    """绿, 黄, 红 with words, or none: 销号 items and those without a deadline have no light."""

    colour: str
    words: str
    is_done: bool = False

    @property
    def look(self) -> str:
        """Return the code whose sign and colour the page shows."""
        return "closed" if self.is_done else LIGHT_LOOKS[self.colour]


def light_of(item: Rectification, day: datetime.date) -> Light:
    """Return the item's light on `day`: red past its deadline, amber from two weeks before on, else green."""
    if item.state == State.CLOSED:
        late = (timezone.localdate(item.closed_at) - item.deadline).days
        return Light("", f"逾期 {late} 天销号" if late > 0 else "按期销号", is_done=late <= 0)
    if item.deadline is None:
        return Light("", "未定时限")
    days = (item.deadline - day).days
    if days < 0:
        return Light("red", f"红 逾期 {-days} 天")
    if days <= settings.MILESTONE_SOON_DAYS:
        return Light("amber", f"黄 还有 {days} 天" if days else "黄 今天到期")
    return Light("green", f"绿 还有 {days} 天")


@dataclass
class LedgerRow:
    """One line of the ledger."""

    item: Rectification
    light: Light

    @property
    def state_look(self) -> str:
        """Return the code whose sign and colour the state takes."""
        return STATE_LOOKS[self.item.state]


@dataclass
class Ledger:
    """The items of `programme` that `user` sees, on `day`; `chosen`: state, light, unit, project, source, q.

    Seven queries at most, whatever the number of items.
    """

    programme: Programme
    user: User
    day: datetime.date
    chosen: dict = field(default_factory=dict)

    def __post_init__(self):
        items = Rectification.objects.visible_to(self.user).filter(programme=self.programme).with_names()
        self.all_rows = [LedgerRow(item, light_of(item, self.day)) for item in items.distinct().order_by("seq")]
        self.rows = [row for row in self.all_rows if self._is_chosen(row)]

    def _is_chosen(self, row: LedgerRow) -> bool:
        item, chosen = row.item, {name: value for name, value in self.chosen.items() if value}
        state = chosen.get("state")
        if (state == "unfinished" and item.state == State.CLOSED) or (state in State.values and item.state != state):
            return False
        if chosen.get("light", row.light.colour) != row.light.colour:
            return False
        if "unit" in chosen and (item.participant is None or item.participant.code != chosen["unit"]):
            return False
        if "project" in chosen and (item.project is None or str(item.project.seq) != chosen["project"]):
            return False
        if chosen.get("source", item.source) != item.source:
            return False
        return all(word in self._words(item) for word in chosen.get("q", "").split())

    def _words(self, item: Rectification) -> str:
        """Return what a search looks in."""
        named = (item.participant, item.agency, item.project)
        texts = (item.problem, item.task, item.standard, item.person, item.cause, item.measures, item.source_note)
        return "\n".join([str(item), *map(str, filter(None, named)), *texts])

    def counts(self) -> dict[str, int]:
        """Return the numbers above the table: states and lights of all items in sight; groups add up to `all`."""
        states = Counter(row.item.state for row in self.all_rows)
        lights = Counter(row.light.colour for row in self.all_rows)
        return {
            "all": len(self.all_rows),
            "closed": states[State.CLOSED],
            "unfinished": len(self.all_rows) - states[State.CLOSED],
            **{f"state_{state}": states[state] for state in State.values},
            **{f"light_{colour}": lights[colour] for colour in LIGHTS},
            "recurred": sum(row.item.recurrence > 0 for row in self.all_rows),
        }

    def units(self) -> list[Participant]:
        """Return the units that occur, in official order."""
        found = {row.item.participant for row in self.all_rows if row.item.participant}
        return sorted(found, key=lambda unit: unit.order)

    def projects(self) -> list[Project]:
        """Return the projects that occur, by number."""
        return sorted({row.item.project for row in self.all_rows if row.item.project}, key=lambda row: row.seq)

    def sources(self) -> list[tuple[str, str]]:
        """Return the sources that occur: code and word."""
        found = {row.item.source for row in self.all_rows}
        return [(code, label) for code, label in Rectification.Source.choices if code in found]


def file_counts(items: list[Rectification]) -> dict[int, tuple[int, int]]:
    """Return how many files of before and after each item has. One query."""
    rows = (
        RectificationFile.objects.filter(rectification__in=items)
        .values_list("rectification")
        .annotate(before=Count("pk", filter=Q(moment="before")), after=Count("pk", filter=Q(moment="after")))
        .order_by()
    )
    return {item: (before, after) for item, before, after in rows}


def last_steps(items: list[Rectification]) -> dict[int, RectificationStep]:
    """Return what happened last to each item. Two queries."""
    last = RectificationStep.objects.filter(rectification__in=items).values("rectification").annotate(last=Max("pk"))
    steps = RectificationStep.objects.filter(pk__in=last.values("last")).select_related("by")
    return {step.rectification_id: step for step in steps}
