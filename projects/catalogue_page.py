"""目录: a year's list as one table, who fills what, and what each unit's line of a sub-project says."""

import re
from collections.abc import Iterator

from django.urls import reverse

from livelihood.formats import format_day, format_number
from livelihood.models import Agency, User
from livelihood.registry import Action, actions_for
from projects.catalogue_paste import PastedBlock
from projects.models import Indicator, Participant, Programme, Project, SubProject, Target
from projects.services.catalogue_edit_duties import Duty, assignments_of, duties_of, may_fill, offices_of
from projects.services.targets import newest_targets, stated

OWN = "目录"
#: Field of "the same bureau for all units" of a sub-project, and of one place.
ALL, PLACE = "all-{}", "place-{}-{}"


def programme_actions(user: User, programme: Programme) -> Iterator[Action]:
    """Offer the year's list and its dates beside the programme."""
    yield Action(OWN, reverse("projects:programme-detail", args=[programme.code]), order=1)
    yield Action("节点", reverse("projects:milestone-list", args=[programme.code]), order=15)


def links_of(user: User, programme: Programme) -> list[Action]:
    """Return what the apps offer about the programme, but this page itself."""
    return [action for action in actions_for("programme", user, programme) if action.label != OWN]


def catalogue_rows(programme: Programme) -> list[dict]:
    """Return the list in printed order: projects, their sub-projects, their indicators. Four queries."""
    indicators: dict[int, list[Indicator]] = {}
    for row in Indicator.objects.of_programme(programme).select_related("part_of", "base"):
        indicators.setdefault(row.sub_project_id, []).append(row)
    subs: dict[int, list[dict]] = {}
    found = SubProject.objects.filter(project__programme=programme).select_related("lead_agency")
    for sub in found.prefetch_related("supporting_agencies").order_by("order", "id"):
        rows = [{"indicator": row, "notes": _notes(row)} for row in indicators.get(sub.pk, [])]
        people = [
            (label, words)
            for label, words in (
                (f"{programme.owner.level_word}责任领导", sub.city_leader),
                ("部门责任领导", sub.department_leader),
                ("配合单位", "、".join(agency.name for agency in sub.supporting_agencies.all())),
                ("实施主体", sub.implementer),
            )
            if words
        ]
        line = {"sub": sub, "indicators": rows, "people": people, "due": deadline(sub, programme.year)}
        subs.setdefault(sub.project_id, []).append(line)
    return [_project_row(project, subs.get(project.pk, [])) for project in programme.projects.order_by("seq")]


def _project_row(project: Project, subs: list[dict]) -> dict:
    """Return a project; with one unnamed sub-project the two share a line."""
    single = subs[0] if len(subs) == 1 and not subs[0]["sub"].name else None
    return {"project": project, "subs": subs, "single": single, "count": sum(len(row["indicators"]) for row in subs)}


def _notes(row: Indicator) -> str:
    """Return what is particular about an indicator, in one short text."""
    parts = [
        row.get_kind_display() if row.kind != Indicator.Kind.NUMBER else "",
        f"其中：{row.part_of.name}" if row.part_of else "",
        f"所依：{row.base.name}" if row.base else "",
        f"允许偏差 {format_number(row.tolerance * 100)}%" if row.direction == Indicator.Direction.ABOUT else "",
        "★" if row.is_starred else "",
    ]
    return "；".join(filter(None, parts))


def changes_of(rows: list[dict]) -> str:
    """Return how many projects are new, improved …: 新增 3、完善 5、继续 25."""
    counts = dict.fromkeys(Project.Change.labels, 0)
    for row in rows:
        counts[row["project"].get_change_display()] += 1
    return "、".join(f"{label} {number}" for label, number in counts.items() if number)


class AssignmentTable:
    """填报分工 of a project: sub-projects down, units across; what somebody chose stands over what is stored."""

    def __init__(self, project: Project, programme: Programme, data=None, seen: dict[str, str] | None = None):
        self.project, self.programme, self.data, self.seen = project, programme, data, seen or {}
        self.units = list(programme.participants.reporters().order_by("order", "id"))
        self.subs = list(project.sub_projects.order_by("order", "id"))
        self.now = assignments_of(project)
        self.problems: list[str] = []
        #: Places a pasted block has filled.
        self.pasted: set[tuple[int, int]] = set()
        own = {unit.agency_id for unit in self.units}
        places = {unit.region_id or programme.owner_id for unit in self.units}
        found = [
            *Agency.objects.filter(region__in=places),
            *Agency.objects.filter(pk__in=own).exclude(region__in=places),
        ]
        self.choices = {
            unit.pk: [agency for agency in found if may_fill(unit, agency, programme.owner_id)] for unit in self.units
        }

    @property
    def standing(self) -> dict[str, str]:
        """Return the agency's name at every place, to be posted back."""
        return {f"{sub}-{unit}": row.agency.name for (sub, unit), row in self.now.items()}

    def chosen(self) -> dict[tuple[int, int], Agency | None]:
        """Return what was posted; `problems` say which choice there is not."""
        found = {}
        for sub in self.subs:
            same = self.data.get(ALL.format(sub.pk), "").strip()
            for unit in self.units:
                by_pk = {str(agency.pk): agency for agency in self.choices[unit.pk]}
                text = self.data.get(PLACE.format(sub.pk, unit.pk), "")
                if same and unit.kind == Participant.Kind.OWN and sub.lead_agency_id:
                    # What all units call alike is at the own level the bureau that leads.
                    found[sub.pk, unit.pk] = sub.lead_agency
                elif same:
                    found[sub.pk, unit.pk] = self._named(same, sub, unit)
                elif text and text not in by_pk:
                    self.problems.append(f"{unit}的“{sub}”选了不是它的单位，请从列表里选。")
                else:
                    found[sub.pk, unit.pk] = by_pk.get(text)
        return found

    def paste(self, text: str) -> None:
        """Take a block of bureaus' names into the form, over what was chosen; `problems` say what is unknown."""
        block = PastedBlock(text, self.project, self.subs, self.units)
        self.problems += block.problems
        units, subs = {unit.pk: unit for unit in self.units}, {sub.pk: sub for sub in self.subs}
        for (sub, unit), words in block.cells.items():
            agency = self._named(words, subs[sub], units[unit]) if words else None
            if agency or not words:
                self.data[PLACE.format(sub, unit)] = str(agency.pk) if agency else ""
                self.data[ALL.format(sub)] = ""
                self.pasted.add((sub, unit))

    def _named(self, words: str, sub: SubProject, unit: Participant) -> Agency | None:
        """Return the bureau a name without its place means: 太和县教育局 for 教育局."""
        for name in (f"{unit.printed_name}{words}", f"市{words}", words):
            if agency := next((row for row in self.choices[unit.pk] if row.name == name), None):
                return agency
        self.problems.append(f"责任单位不存在：{unit.printed_name}{words[:40]}（“{sub}”）。")
        return None

    def rows(self) -> Iterator[dict]:
        """Yield the table's rows for the page; a bureau without its unit's name, which stands above."""
        choices = {
            unit.pk: [
                (str(row.pk), row.name.removeprefix(unit.printed_name) or row.name) for row in self.choices[unit.pk]
            ]
            for unit in self.units
        }
        for sub in self.subs:
            cells = []
            for unit in self.units:
                name, row = PLACE.format(sub.pk, unit.pk), self.now.get((sub.pk, unit.pk))
                stored = str(row.agency_id) if row else ""
                chosen = stored if self.data is None else self.data.get(name, "")
                names = {str(agency.pk): agency.name for agency in self.choices[unit.pk]}
                if names.get(chosen, "") == self.seen.get(f"{sub.pk}-{unit.pk}", ""):
                    chosen = stored
                is_new = (sub.pk, unit.pk) in self.pasted and chosen != stored
                cells.append(
                    {"unit": unit, "name": name, "chosen": chosen, "choices": choices[unit.pk], "is_new": is_new}
                )
            same = ALL.format(sub.pk)
            yield {"sub": sub, "cells": cells, "all": same, "words": self.data.get(same, "") if self.data else ""}


class DutyTable:
    """包保责任人 and 目标原文 of a sub-project: a line per unit, its numeric targets beside it."""

    def __init__(self, sub_project: SubProject, programme: Programme, data=None, seen: dict[str, str] | None = None):
        self.sub_project, self.data, self.seen = sub_project, data, seen or {}
        self.units = list(programme.participants.order_by("order", "id"))
        self.now = duties_of(sub_project)
        self.indicators = list(sub_project.indicators.order_by("order", "id"))
        self.targets = newest_targets(self.indicators)
        self.pasted: dict[int, str] = {}

    @property
    def standing(self) -> dict[str, str]:
        """Return what every unit's line says, to be posted back."""
        return {str(unit): duty.words for unit, duty in self.now.items()}

    def typed(self) -> dict[int, Duty]:
        """Return the lines as posted."""
        return {
            unit.pk: Duty(
                tuple(filter(None, map(str.strip, re.split(r"[、\n]", self._field("office", unit))))),
                self._field("sentence", unit).strip().replace("\r\n", "\n"),
                self._field("document", unit).strip(),
            )
            for unit in self.units
        }

    def _field(self, name: str, unit: Participant) -> str:
        return self.data.get(f"{name}-{unit.pk}", "")

    def paste(self, text: str) -> list[str]:
        """Take lines 单位<tab>职务 into the form; returns those that name no unit of the year."""
        names = {name: unit for unit in self.units for name in [*unit.short_names, unit.printed_name, unit.code]}
        offices: dict[int, list[str]] = {}
        unknown = []
        for line in filter(str.strip, text.splitlines()):
            first, *others = [part.strip() for part in _cells_of(line)]
            if first not in names:
                unknown.append(first)
                continue
            offices.setdefault(names[first].pk, []).extend(filter(None, others))
        self.pasted = {pk: "\n".join(dict.fromkeys(rows)) for pk, rows in offices.items()}
        return unknown

    def rows(self) -> Iterator[dict]:
        """Yield the table's rows for the page: what was typed, of lines left alone what stands now."""
        typed = self.typed() if self.data is not None else {}
        for unit in self.units:
            duty = self.now.get(unit.pk, Duty())
            values = {"office": "\n".join(duty.offices), "sentence": duty.sentence, "document": duty.document}
            if self.data is not None and typed[unit.pk].words != self.seen.get(str(unit.pk), ""):
                values = {name: self._field(name, unit) for name in values}
            values["office"] = self.pasted.get(unit.pk, values["office"])
            height = min(max(2, len(values["sentence"]) // 28 + 1), 8)
            yield {"unit": unit, **values, "height": height, "targets": list(self._targets(unit))}

    def _targets(self, unit: Participant) -> Iterator[str]:
        for indicator in self.indicators:
            target = self.targets.get((indicator.pk, unit.pk))
            if target is None or target.state == Target.State.NOT_APPLICABLE:
                continue
            if words := stated(target):
                unit_of = indicator.unit if target.value is not None and not target.printed else ""
                yield f"{indicator.name} {words}{unit_of}"


class OfficeTable:
    """包保责任人 of a project: units down, sub-projects across."""

    def __init__(self, project: Project, programme: Programme, data=None, seen: dict[str, str] | None = None):
        self.project, self.data, self.seen = project, data, seen or {}
        self.units = list(programme.participants.order_by("order", "id"))
        self.subs = list(project.sub_projects.order_by("order", "id"))
        self.now = offices_of(project)
        self.problems: list[str] = []
        self.pasted: dict[tuple[int, int], str] = {}

    @property
    def places(self) -> list[tuple[int, int]]:
        """Return every place: sub-project and unit, by id."""
        return [(sub.pk, unit.pk) for unit in self.units for sub in self.subs]

    @property
    def standing(self) -> dict[str, str]:
        """Return what every place says, to be posted back."""
        return {self.key(place): "、".join(offices) for place, offices in self.now.items()}

    @staticmethod
    def key(place: tuple[int, int]) -> str:
        """Return a place as it is posted."""
        return f"{place[0]}-{place[1]}"

    def typed(self) -> dict[tuple[int, int], tuple[str, ...]]:
        """Return the offices as posted, by place."""
        return {place: _offices(self.data.get(f"office-{self.key(place)}", "")) for place in self.places}

    def paste(self, text: str) -> None:
        """Take a block of offices into the form; `problems` say which names are unknown."""
        block = PastedBlock(text, self.project, self.subs, self.units)
        self.problems += block.problems
        self.pasted = {place: "\n".join(dict.fromkeys(_offices(words))) for place, words in block.cells.items()}

    def rows(self) -> Iterator[dict]:
        """Yield the table's rows for the page: what was typed or pasted, of places left alone what stands now."""
        typed = self.typed() if self.data is not None else {}
        for unit in self.units:
            cells = []
            for sub in self.subs:
                place = (sub.pk, unit.pk)
                stored = self.now.get(place, ())
                is_typed = place in typed and "、".join(typed[place]) != self.seen.get(self.key(place), "")
                words = self.pasted.get(place, "\n".join(typed[place] if is_typed else stored))
                is_new = place in self.pasted and _offices(words) != stored
                cells.append({"sub": sub, "name": f"office-{self.key(place)}", "words": words, "is_new": is_new})
            yield {"unit": unit, "cells": cells}


def _offices(text: str) -> tuple[str, ...]:
    """Return the offices a text lists: one a line, or between 、."""
    return tuple(filter(None, map(str.strip, re.split(r"[、\r\n]", text))))


def _cells_of(line: str) -> list[str]:
    """Return the cells of a pasted line: between tabs, else after the first gap, offices between 、."""
    cells = line.split("\t") if "\t" in line else line.split(None, 1)
    return [part for cell in cells for part in cell.split("、")]


def deadline(sub: SubProject, year: int) -> str:
    """Return a deadline as the list shows it: the day, with the year where it is another."""
    if sub.due_on is None:
        return ""
    return format_day(sub.due_on) if sub.due_on.year == year else sub.due_on.isoformat()
