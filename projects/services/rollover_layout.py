"""The parts of the next list's items: sub-projects, indicators, duties and dates, carried, moved or left out."""

from collections import defaultdict
from datetime import date, timedelta

from django.db import models
from django.db.models import ProtectedError, Q

from livelihood.services import Refused
from projects.models import (
    Assignment,
    DatedTask,
    Indicator,
    Milestone,
    Participant,
    Project,
    Responsibility,
    SubProject,
)
from projects.rollover import Decision
from projects.rollover_state import RolloverState, carried_name

#: Said of a date that was moved by a year and that nobody has looked at yet.
TO_CHECK = "待核"

#: A sub-project of this year in an item of the next list.
Pair = tuple[int, int]


def copied(row: models.Model, **changes) -> models.Model:
    """Return an unsaved copy of a row, with some columns changed."""
    values = {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key
    }
    return type(row)(**{**values, **changes})


def moved_by(day: date | None, years: int) -> date | None:
    """Return the same day of a later year; 29 February becomes 28 February."""
    if day is None:
        return None
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + years, day=28 if is_leap_day else day.day)


def to_check(words: str, most: int) -> str:
    """Return the words of a date that was moved, marked."""
    return f"{TO_CHECK}：{words}"[:most] if words else TO_CHECK


def remove_items(items: list[Project]) -> None:
    """Take items away with all that was carried to them; Refused where targets, money or figures hang on one."""
    if not items:
        return
    _remove_subs(list(SubProject.objects.filter(project__in=items)))
    for item in items:
        item.origins.all().delete()
        _remove(Project.objects.filter(pk=item.pk), f"第{item.seq}项“{item.name}”")


def _remove_subs(subs: list[SubProject]) -> None:
    if not subs:
        return
    _remove_indicators(list(Indicator.objects.filter(sub_project__in=subs)))
    for model in (Responsibility, DatedTask, Assignment):
        model.objects.filter(sub_project__in=subs).delete()
    for sub in subs:
        _remove(SubProject.objects.filter(pk=sub.pk), f"子项“{sub}”")


def _remove_indicators(indicators: list[Indicator]) -> None:
    if not indicators:
        return
    Milestone.objects.filter(indicator__in=indicators).delete()
    Indicator.objects.filter(part_of__in=indicators).update(part_of=None)
    Indicator.objects.filter(base__in=indicators).update(base=None)
    names = "、".join(f"“{row.name}”" for row in indicators[:3]) + ("等" if len(indicators) > 3 else "")
    _remove(Indicator.objects.filter(pk__in=[row.pk for row in indicators]), f"指标{names}")


def _remove(rows: models.QuerySet, name: str) -> None:
    try:
        rows.delete()
    except ProtectedError as error:
        labels = {str(row._meta.verbose_name) for row in error.protected_objects}
        words = "、".join(sorted(labels))
        raise Refused(f"{name}在新年度已有{words}，不能去掉；要去掉请先在目录里处理。") from error


class Layout:
    """Brings the parts of the items to the decisions. `own`: item → the item of this year it continues."""

    def __init__(self, state: RolloverState, decisions: list[Decision], items: dict[int, Project], own: dict[int, int]):
        self.state, self.items, self.own = state, items, own
        self.years = state.draft.year - state.programme.year
        here = {item.pk for item in items.values()}
        #: What is there of each sub-project, by pair; items that were taken away took theirs along.
        self.carried = {pair: sub for pair, sub in state.carried.items() if pair[1] in here}
        self.places: dict[int, Pair] = {}
        self.main: set[Pair] = set()
        for decision in decisions:
            self._place(decision)
        #: Pairs in printed order.
        self.pairs = list(dict.fromkeys([*sorted(self.main, key=self._order), *self.places.values()]))
        self.sub_by_pk = {sub.pk: sub for sub in state.subs}
        self.names = {pair: self._name(pair) for pair in self.pairs}

    def _place(self, decision: Decision) -> None:
        """Note where each part of an item goes: a sub-project with its item, an indicator with its sub-project."""
        for sub in self.state.subs_of[decision.project.pk]:
            home = decision.places.get(sub, decision.home)
            if home is not None:
                self.main.add((sub.pk, self.items[home].pk))
            for indicator in self.state.indicators_of[sub.pk]:
                place = decision.places.get(indicator, home)
                if place is not None:
                    self.places[indicator.pk] = (sub.pk, self.items[place].pk)

    def _order(self, pair: Pair) -> tuple:
        return next(at for at, sub in enumerate(self.state.subs) if sub.pk == pair[0]), pair[1]

    def _name(self, pair: Pair) -> str:
        sub = self.sub_by_pk[pair[0]]
        return carried_name(sub, is_own=self.own.get(pair[1]) == sub.project_id)

    def bring(self) -> None:
        """Make, move and take away; about 20 queries whatever the number of rows."""
        self._refuse_one_name_twice()
        unwanted = {pair: sub for pair, sub in self.carried.items() if pair not in self.names}
        moved, made = self._reused(unwanted)
        leaving = [*unwanted.values(), *moved.values()]
        for sub in leaving:
            sub.name = f"~{sub.pk}"
        SubProject.objects.bulk_update(leaving, ["name"])
        for pair, sub in moved.items():
            sub.project_id = pair[1]
        self._store(moved, made)
        self._bring_indicators()
        _remove_subs(list(unwanted.values()))
        self._fill_empty_items()

    def _refuse_one_name_twice(self) -> None:
        carried = {sub.pk for sub in self.carried.values()}
        blank = set(_blank_subs().filter(project__programme=self.state.draft).values_list("pk", flat=True))
        taken = {(sub.project_id, sub.name) for sub in self.state.item_subs if sub.pk not in carried | blank}
        numbers = {item.pk: item.seq for item in self.items.values()}
        for pair, name in self.names.items():
            if (pair[1], name) in taken:
                called = f"都叫“{name}”" if name else "都没有名称"
                raise Refused(f"第{numbers[pair[1]]}项会有两个子项{called}，请给其中一个另选去向，或先在目录里改名。")
            taken.add((pair[1], name))

    def _reused(self, unwanted: dict[Pair, SubProject]) -> tuple[dict[Pair, SubProject], list[Pair]]:
        """Return pairs whose sub-project is there under another item or name, out of `unwanted`; and new pairs."""
        moved, made = {}, []
        for pair in self.pairs:
            if pair in self.carried:
                sub = self.carried[pair]
                if sub.name != self.names[pair]:
                    moved[pair] = sub
                continue
            elsewhere = next((other for other in unwanted if other[0] == pair[0]), None)
            if elsewhere:
                moved[pair] = unwanted.pop(elsewhere)
            else:
                made.append(pair)
        return moved, made

    def _store(self, moved: dict[Pair, SubProject], made: list[Pair]) -> None:
        """Store the sub-projects of all pairs, the new ones with their duties and dates."""
        new = {}
        for pair in made:
            source = self.sub_by_pk[pair[0]]
            is_own = self.own.get(pair[1]) == source.project_id
            # What comes from another item stands after what the item had.
            order = source.order if is_own else min(source.order + 100, 32_000)
            new[pair] = copied(
                source,
                project_id=pair[1],
                name=self.names[pair],
                order=order,
                due_on=moved_by(source.due_on, self.years),
            )
        for pair, sub in moved.items():
            sub.name = self.names[pair]
        self._drop_blank_subs([pair[1] for pair in [*new, *moved] if not self.names[pair]])
        SubProject.objects.bulk_update(moved.values(), ["project", "name"])
        SubProject.objects.bulk_create(new.values())
        self.carried |= moved | new
        self._carry_duties(new)

    def _drop_blank_subs(self, items: list[int]) -> None:
        """Make room for an unnamed sub-project where an empty one was put to hold the place."""
        carried = [sub.pk for sub in self.carried.values()]
        _remove_subs(list(_blank_subs().filter(project__in=items).exclude(pk__in=carried)))

    def _carry_duties(self, new: dict[Pair, SubProject]) -> None:
        """Carry 配合单位, 填报分工, 包保责任人 and 限期任务 of new sub-projects, of units that are still there."""
        codes = dict(Participant.objects.filter(programme=self.state.draft).values_list("code", "pk"))
        units = {
            unit.pk: codes[unit.code]
            for unit in Participant.objects.filter(programme=self.state.programme)
            if unit.code in codes
        }
        copies = defaultdict(list)
        for pair, sub in new.items():
            copies[pair[0]].append((pair, sub))
        through = SubProject.supporting_agencies.through
        through.objects.bulk_create(
            through(subproject_id=sub.pk, agency_id=row.agency_id)
            for row in through.objects.filter(subproject__in=list(copies)).order_by("id")
            for _pair, sub in copies[row.subproject_id]
        )
        for model in (Assignment, Responsibility):
            model.objects.bulk_create(
                copied(row, sub_project_id=sub.pk, participant_id=units[row.participant_id])
                for row in model.objects.filter(sub_project__in=list(copies), participant__in=list(units)).order_by(
                    "id"
                )
                for _pair, sub in copies[row.sub_project_id]
            )
        tasks = DatedTask.objects.filter(sub_project__in=list(copies)).order_by("id")
        tasks = tasks.filter(Q(participant__isnull=True) | Q(participant__in=list(units)))
        DatedTask.objects.bulk_create(
            self._task(row, sub, units)
            for row in tasks
            for pair, sub in copies[row.sub_project_id]
            if pair in self.main
        )

    def _task(self, row: DatedTask, sub: SubProject, units: dict[int, int]) -> DatedTask:
        most = DatedTask._meta.get_field("printed_due").max_length
        return copied(
            row,
            sub_project_id=sub.pk,
            participant_id=units.get(row.participant_id),
            due_on=moved_by(row.due_on, self.years),
            printed_due=to_check(row.printed_due, most),
            done_on=None,
            done_at=None,
            done_by_id=None,
            evidence_note="",
        )

    def _bring_indicators(self) -> None:
        """Carry, move and take away the indicators, then tie each to those of its sub-project it stands under."""
        here = {item.pk for item in self.items.values()}
        subs_here = {sub.pk for sub in self.state.item_subs if sub.project_id in here}
        there = {pk: row for pk, row in self.state.carried_indicators.items() if row.sub_project_id in subs_here}
        new, moved = {}, {}
        for source in self.state.indicators:
            pair = self.places.get(source.pk)
            found = there.get(source.pk)
            if pair is None:
                continue
            sub = self.carried[pair]
            if found is None:
                new[source.pk] = copied(source, sub_project_id=sub.pk, part_of_id=None, base_id=None)
            elif found.sub_project_id != sub.pk:
                found.sub_project_id, found.part_of_id, found.base_id = sub.pk, None, None
                moved[source.pk] = found
        _remove_indicators([row for pk, row in there.items() if pk not in self.places])
        Indicator.objects.bulk_update(moved.values(), ["sub_project", "part_of", "base"])
        Indicator.objects.bulk_create(new.values())
        self._tie(new | moved, {pk: row for pk, row in there.items() if pk in self.places} | new)
        self._carry_milestones(new)

    def _tie(self, rows: dict[int, Indicator], all_rows: dict[int, Indicator]) -> None:
        """Set 其中 and 所依数量 of the rows as they were, where both stand in one sub-project again."""
        tied = []
        for source in self.state.indicators:
            row = rows.get(source.pk)
            for name in ("part_of_id", "base_id"):
                other = all_rows.get(getattr(source, name))
                if row is not None and other is not None and other.sub_project_id == row.sub_project_id:
                    setattr(row, name, other.pk)
                    tied.append(row)
        Indicator.objects.bulk_update(dict.fromkeys(tied), ["part_of", "base"])

    def _carry_milestones(self, new: dict[int, Indicator]) -> None:
        most = Milestone._meta.get_field("text").max_length
        rows = list(Milestone.objects.filter(indicator__in=list(new)).order_by("id"))
        taken = {(row.indicator_id, row.due_on) for row in rows}
        Milestone.objects.bulk_create(
            copied(
                row,
                indicator_id=new[row.indicator_id].pk,
                due_on=self._own_day(row, taken),
                text=to_check(row.text, most),
            )
            for row in rows
        )

    def _own_day(self, row: Milestone, taken: set[tuple[int, date]]) -> date:
        """Return the moved day; 29 February becomes 1 March where the indicator has a milestone on the 28th."""
        day = moved_by(row.due_on, self.years)
        is_taken = day.day != row.due_on.day and (row.indicator_id, row.due_on - timedelta(days=1)) in taken
        return day + timedelta(days=1) if is_taken else day

    def _fill_empty_items(self) -> None:
        """Give every item at least one sub-project, and none an empty one beside those it has."""
        items = [item.pk for item in self.items.values()]
        full = set(SubProject.objects.filter(project__in=items).values_list("project", flat=True))
        SubProject.objects.bulk_create(SubProject(project_id=item, order=1) for item in items if item not in full)
        carried = [sub.pk for sub in self.carried.values()]
        with_parts = [pair[1] for pair in self.pairs]
        _remove_subs(list(_blank_subs().filter(project__in=with_parts).exclude(pk__in=carried)))


def _blank_subs() -> models.QuerySet[SubProject]:
    """Return sub-projects that say nothing yet."""
    return SubProject.objects.filter(
        name="",
        lead_agency__isnull=True,
        city_leader="",
        department_leader="",
        implementer="",
        due_on__isnull=True,
        indicators__isnull=True,
        assignments__isnull=True,
        responsibilities__isnull=True,
        target_sentences__isnull=True,
        dated_tasks__isnull=True,
    )
