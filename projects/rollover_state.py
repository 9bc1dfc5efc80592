"""This year's list beside the next one made from it: which item and which part there came from which here."""

import hashlib
from collections import defaultdict
from functools import cached_property

from django.db.models import Q

from projects.models import Indicator, Programme, Project, ProjectLineage, SubProject

Kind = ProjectLineage.Kind


def successor_of(programme: Programme) -> Programme | None:
    """Return the programme whose items came from this one's, by the lineage; None where there is none. One query."""
    return (
        Programme.objects.filter(projects__origins__from_project__programme=programme)
        .select_related("owner")
        .order_by("year", "id")
        .distinct()
        .first()
    )


def carried_name(sub: SubProject, *, is_own: bool) -> str:
    """Return what a sub-project is called in the next list: the unnamed one of another item takes that item's name."""
    return sub.name or ("" if is_own else sub.project.name)


class RolloverState:
    """Both lists as they stand. Three queries, seven with the next list; nothing is kept of it but the lineage."""

    def __init__(self, programme: Programme, draft: Programme | None):
        self.programme, self.draft = programme, draft
        self.projects = list(programme.projects.order_by("seq"))
        self.subs = _subs(programme)
        self.indicators = list(Indicator.objects.of_programme(programme))
        self.items = list(draft.projects.order_by("seq")) if draft else []
        self.item_subs = _subs(draft) if draft else []
        self.item_indicators = list(Indicator.objects.of_programme(draft)) if draft else []
        self.lineage = list(_lineage(programme, draft)) if draft else []
        self._match()

    def _match(self) -> None:
        """Find what is whose: items by lineage, sub-projects by the name they carry, indicators by their name."""
        #: Item of the next list → the item of this year it continues.
        self.own: dict[int, int] = {}
        origins = defaultdict(list)
        for row in self.lineage:
            if row.to_project_id:
                origins[row.to_project_id].append(row.from_project_id)
                if row.kind == Kind.CONTINUED and row.from_project_id not in self.own.values():
                    self.own.setdefault(row.to_project_id, row.from_project_id)
        #: (sub-project here, item there) → sub-project there.
        self.carried: dict[tuple[int, int], SubProject] = {}
        for found in self.item_subs:
            item, owner = found.project_id, self.own.get(found.project_id)
            for origin in sorted(origins[item], key=lambda origin: origin != owner):
                same = [
                    sub
                    for sub in self.subs_of[origin]
                    if carried_name(sub, is_own=origin == owner) == found.name and (sub.pk, item) not in self.carried
                ]
                if same:
                    self.carried[same[0].pk, item] = found
                    break
        by_sub = defaultdict(dict)
        for indicator in self.item_indicators:
            by_sub[indicator.sub_project_id][indicator.name] = indicator
        here = defaultdict(list)
        for (sub, _item), found in self.carried.items():
            here[sub].append(found)
        #: Indicator here → indicator there.
        self.carried_indicators: dict[int, Indicator] = {}
        for indicator in self.indicators:
            for found in here[indicator.sub_project_id]:
                if indicator.name in by_sub[found.pk]:
                    self.carried_indicators[indicator.pk] = by_sub[found.pk][indicator.name]
                    break

    @cached_property
    def subs_of(self) -> dict[int, list[SubProject]]:
        """Return this year's sub-projects by item."""
        return _grouped(self.subs, "project_id")

    @cached_property
    def indicators_of(self) -> dict[int, list[Indicator]]:
        """Return this year's indicators by sub-project."""
        return _grouped(self.indicators, "sub_project_id")

    @cached_property
    def items_by_pk(self) -> dict[int, Project]:
        """Return the next list's items."""
        return {item.pk: item for item in self.items}

    def own_item(self, project: Project) -> Project | None:
        """Return the item of the next list that continues this one."""
        return next((self.items_by_pk[item] for item, origin in self.own.items() if origin == project.pk), None)

    def digest(self) -> str:
        """Return what tells whether somebody changed the next list since: a hash of all that is decided here."""
        said = [
            [(row.pk, row.seq, row.name, row.change, row.origin) for row in self.items],
            sorted((row.from_project_id, row.to_project_id or 0, row.kind, row.note) for row in self.lineage),
            sorted(self.carried),
            sorted((key, row.sub_project_id) for key, row in self.carried_indicators.items()),
        ]
        return hashlib.sha256(repr(said).encode()).hexdigest()


def _lineage(programme: Programme, draft: Programme):
    """The lineage between the two lists, and of what ended here."""
    return (
        ProjectLineage.objects.filter(from_project__programme=programme)
        .filter(Q(to_project__programme=draft) | Q(to_project__isnull=True))
        .select_related("to_project")
        .order_by("from_project__seq", "to_project__seq", "id")
    )


def _subs(programme: Programme) -> list[SubProject]:
    rows = SubProject.objects.filter(project__programme=programme).select_related("project")
    return list(rows.order_by("project__seq", "order", "id"))


def _grouped(rows: list, key: str) -> dict:
    found = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found
