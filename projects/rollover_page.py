"""转入下一年: the page with one row per item of this year, read from the lists and from what somebody typed."""

import re
from collections.abc import Iterator, Mapping

from projects.models import Indicator, Participant, Programme, Project, SubProject, Target
from projects.rollover import AddedItem, Change, Decision, tally
from projects.rollover_state import RolloverState
from projects.services.targets import stated

#: Written where a part is left out, as in a task table where there is no task.
LEFT_OUT = "/"
#: Rows for new items beyond those that are there.
SPARE_ROWS = 4
#: More rows than this nobody adds by hand.
MOST_ROWS = 60
FATE_CHOICES = [
    (Change.CONTINUED, "继续"),
    (Change.IMPROVED, "完善"),
    (Change.ADJUSTED, "调整"),
    (Change.WITHDRAWN, "退出"),
]
STANDING_CHOICES = [
    (Change.NEW, "新增"),
    (Change.IMPROVED, "完善"),
    (Change.CONTINUED, "继续"),
    (Change.ADJUSTED, "调整"),
]

_SEPARATORS = re.compile(r"[\s、，,；;]+")


class RolloverPage:
    """The rows; `typed`: a posted form, whose words stand before those of the lists."""

    def __init__(self, state: RolloverState, typed: Mapping[str, str] | None = None):
        self.state, self.typed = state, typed
        self.problems: list[str] = []
        self.numbers = {item.pk: item.seq for item in state.items}
        self.decisions = [self._decision(project) for project in state.projects]
        self.added = [row for row in map(self._added_item, self._added_rows()) if row is not None]

    def _value(self, name: str, now: str) -> str:
        return now if self.typed is None else self.typed.get(name, now).strip()

    @property
    def counts(self) -> dict:
        """Return the tally of what is typed."""
        return tally(self.decisions, self.added)

    def rows(self) -> list[dict]:
        """Return one row per item of this year, with its parts."""
        targets = self._targets()
        return [
            {
                "project": project,
                "change": self._change(project),
                "choices": FATE_CHOICES,
                "to": self._value(f"to-{project.pk}", self._to_now(project)),
                "name": self._value(f"name-{project.pk}", self._name_now(project)),
                "note": self._value(f"note-{project.pk}", self._note_now(project)),
                "subs": self._parts(project, targets),
                "moved": sum(bool(self._place_text(part)) for part in self._all_parts(project)),
            }
            for project in self.state.projects
        ]

    def _all_parts(self, project: Project) -> Iterator[SubProject | Indicator]:
        for sub in self.state.subs_of[project.pk]:
            yield sub
            yield from self.state.indicators_of[sub.pk]

    def _parts(self, project: Project, targets: dict[int, str]) -> list[dict]:
        return [
            {
                "sub": sub,
                "key": key_of(sub),
                "place": self._place_text(sub),
                "indicators": [
                    {
                        "indicator": row,
                        "key": key_of(row),
                        "place": self._place_text(row),
                        "target": targets.get(row.pk, ""),
                    }
                    for row in self.state.indicators_of[sub.pk]
                ],
            }
            for sub in self.state.subs_of[project.pk]
        ]

    def _targets(self) -> dict[int, str]:
        """Return the whole's last target of each indicator in words, as help for next year's. One query."""
        rows = Target.objects.newest().filter(
            participant__programme=self.state.programme, participant__kind=Participant.Kind.WHOLE
        )
        return {row.indicator_id: stated(row) for row in rows}

    def _change(self, project: Project) -> str:
        given = self._value(f"change-{project.pk}", self._change_now(project))
        return given if given in dict(FATE_CHOICES) else self._change_now(project)

    def _change_now(self, project: Project) -> str:
        """Return what is decided on an item so far: 继续 until somebody says otherwise."""
        if self.state.draft is None:
            return Change.WITHDRAWN if project.change == Change.WITHDRAWN else Change.CONTINUED
        if item := self.state.own_item(project):
            return Change.IMPROVED if item.change == Change.IMPROVED else Change.CONTINUED
        is_elsewhere = any(row.from_project_id == project.pk and row.to_project_id for row in self.state.lineage)
        return Change.ADJUSTED if is_elsewhere else Change.WITHDRAWN

    def _to_now(self, project: Project) -> str:
        if self.state.draft is None:
            return "" if self._change_now(project) == Change.WITHDRAWN else str(project.seq)
        rows = [row for row in self.state.lineage if row.from_project_id == project.pk and row.to_project_id]
        own = self.state.own_item(project)
        # In the order in which they were decided.
        rows.sort(key=lambda row: (row.to_project_id != (own.pk if own else 0), row.pk))
        return "、".join(dict.fromkeys(str(self.numbers[row.to_project_id]) for row in rows))

    def _name_now(self, project: Project) -> str:
        own = self.state.own_item(project)
        return own.name if own else project.name

    def _note_now(self, project: Project) -> str:
        notes = [row.note for row in self.state.lineage if row.from_project_id == project.pk and row.note]
        return "；".join(dict.fromkeys(notes))

    def _home_now(self, project: Project) -> str:
        return self._to_now(project).split("、")[0]

    def _place_text(self, part: SubProject | Indicator) -> str:
        return self._value(key_of(part), self._place_now(part))

    def _place_now(self, part: SubProject | Indicator) -> str:
        """Return where a part stands in the next list: "" with its item (or sub-project), a number, or left out."""
        if self.state.draft is None:
            return ""
        if isinstance(part, Indicator):
            home = self._sub_home(part.sub_project_id, part.sub_project.project)
            found = self.state.carried_indicators.get(part.pk)
            there = str(self._number_of_sub(found.sub_project_id)) if found else LEFT_OUT
            return "" if there == home else there
        there = self._sub_home(part.pk, part.project)
        is_nowhere = there == LEFT_OUT and not self._home_now(part.project)
        return "" if is_nowhere or there == self._home_now(part.project) else there

    def _sub_home(self, sub: int, project: Project) -> str:
        """Return the number a sub-project stands under: its item's where it is there, else the first."""
        numbers = sorted(self.numbers[item] for source, item in self.state.carried if source == sub)
        home = self._home_now(project)
        if home and int(home) in numbers:
            return home
        return str(numbers[0]) if numbers else LEFT_OUT

    def _number_of_sub(self, pk: int) -> int:
        return next(self.numbers[sub.project_id] for sub in self.state.item_subs if sub.pk == pk)

    def _decision(self, project: Project) -> Decision:
        label = f"第{project.seq}项“{project.name}”"
        places = {}
        for part in self._all_parts(project):
            text = self._place_text(part)
            if text:
                number = None if text == LEFT_OUT else self._one_number(f"{label}的“{part}”", text)
                places[part] = number
        change, to = self._change(project), self._value(f"to-{project.pk}", self._to_now(project))
        # Who picks 退出 need not empty the number that stood there.
        is_left_standing = change == Change.WITHDRAWN and to == self._to_now(project)
        return Decision(
            project=project,
            change=change,
            to=() if is_left_standing else self._numbers(label, to),
            name=self._value(f"name-{project.pk}", self._name_now(project)),
            note=self._value(f"note-{project.pk}", self._note_now(project)),
            places=places,
        )

    def _numbers(self, label: str, text: str) -> tuple[int, ...]:
        words = [word for word in _SEPARATORS.split(text) if word]
        numbers = [self._one_number(label, word) for word in words]
        return tuple(number for number in numbers if number is not None)

    def _one_number(self, label: str, text: str) -> int | None:
        if text.isascii() and text.isdigit() and len(text) <= 4:
            return int(text)
        self.problems.append(f"{label}的新序号“{text[:20]}”不是数字；几个序号用“、”分开。")
        return None

    def _added_rows(self) -> list[dict]:
        """Return the rows of new items: those there and those typed; `added_rows` has a few empty ones more."""
        rows = [self._added_row(str(item.pk), item) for item in self.state.items if item.pk not in self.state.own]
        posted = self.typed.get("added", "") if self.typed is not None else ""
        count = min(int(posted), MOST_ROWS) if posted.isascii() and posted.isdigit() else 0
        typed = [self._added_row(f"n{at}", None) for at in range(count)]
        while typed and not (typed[-1]["seq"] or typed[-1]["name"]):
            typed.pop()
        spare = [self._added_row(f"n{len(typed) + at}", None) for at in range(SPARE_ROWS)]
        self.added_rows, self.added_count = rows + typed + spare, len(typed) + len(spare)
        return rows + typed

    def _added_row(self, key: str, item: Project | None) -> dict:
        name = f"added-{key}"
        return {
            "key": key,
            "item": item,
            "seq": self._value(f"{name}-seq", str(item.seq) if item else ""),
            "name": self._value(f"{name}-name", item.name if item else ""),
            "change": self._value(f"{name}-change", item.change if item else Change.NEW),
            "origin": self._value(f"{name}-origin", item.origin if item else Project.Origin.PROVINCE),
            "choices": STANDING_CHOICES,
            "origins": Project.Origin.choices,
        }

    def _added_item(self, row: dict) -> AddedItem | None:
        """Return the row as an item; an emptied row takes its item away, one never filled is none."""
        if not row["seq"] and not row["name"]:
            gone = row["item"]
            return AddedItem(gone.seq, gone.name, project=gone, is_removed=True) if gone else None
        seq = self._one_number(f"新增的“{row['name']}”", row["seq"]) if row["seq"] else None
        return AddedItem(seq, row["name"], row["change"], row["origin"], row["item"])


def key_of(part: SubProject | Indicator) -> str:
    """Return the name of a part's field."""
    return f"{'sub' if isinstance(part, SubProject) else 'ind'}-{part.pk}"


def units_of(programme: Programme, year: int) -> dict:
    """Return the units' names that go along to `year`, and those that have left by then. One query."""
    rows = list(programme.participants.order_by("order", "id"))
    gone = [row for row in rows if row.leaves_on and row.leaves_on.year < year]
    return {
        "staying": [row.printed_name for row in rows if row not in gone],
        "gone": [row.printed_name for row in gone],
    }
