"""What is known of the cells of a save before it is stored: read once, for the cells named and those they bear on."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from livelihood.prepared import instance_of, width_of
from projects import checks
from projects.models import Figure, Indicator, Project, ReportingPeriod, SubProject, Target
from projects.save_sql import CELLS_NEAR, NEAR

Key = tuple[int, int]
#: What every cell is compared with: to look a member up takes six times as long as to compare.
ASSESSED, TEXT_TASK = Target.State.ASSESSED, Target.State.TEXT
WITHOUT_TASK = (Target.State.NO_TASK, Target.State.NOT_APPLICABLE)


@dataclass(frozen=True)
class LastFigure:
    """A cell's last reported figure before the period: its id, value, and the period's label."""

    pk: int
    value: Decimal
    period: str


@dataclass(frozen=True)
class NearIndicators:
    """Indicators by id: those `named`, and `near` all of their projects; `ruled`: ids of terms of active 勾稽关系.

    `parts` and `started`: what is held against each other within a project (projects/checks.py).
    """

    named: dict[int, Indicator]
    near: dict[int, Indicator]
    ruled: frozenset[int]
    parts: dict[int, list[Indicator]] = field(init=False)
    started: dict[int, Indicator] = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "parts", checks.families(self.near.values()))
        object.__setattr__(self, "started", checks.started_pairs(self.near.values()))

    def held_against(self) -> set[int]:
        """Return the ids of the named ones, of what is held against them, and of what their rates belong to (R4)."""
        groups = [{whole, *(part.pk for part in parts)} for whole, parts in self.parts.items()]
        groups += [{completed, started.pk} for completed, started in self.started.items()]
        found = set(self.named).union(*(group for group in groups if group & self.named.keys()))
        return found | {self.named[pk].base_id for pk in self.named if self.named[pk].base_id}


@dataclass(frozen=True)
class Facts:
    """What is known of the cells of some participants and of the indicators named in a save, and those held against.

    Targets are those in force, figures the period's, `flagged` the cells whose figure has a flag, `last` the last
    reported figures before.
    """

    near: NearIndicators
    targets: dict[Key, Target]
    figures: dict[Key, Figure]
    flagged: frozenset[Key]
    last: dict[Key, LastFigure]

    @property
    def indicators(self) -> dict[int, Indicator]:
        """Return the indicators named, by id."""
        return self.near.named

    def task(self, key: Key) -> str:
        """Return the cell's task: assessed, blank, no_task, not_applicable or text (R4: also from its base)."""
        base_id = self.near.named[key[1]].base_id
        target, base = self.targets.get(key), self.targets.get((key[0], base_id)) if base_id else None
        if target is not None and target.state == TEXT_TASK:
            return target.state
        if base is not None and base.state in WITHOUT_TASK:
            return base.state
        if target is None or (target.state == ASSESSED and target.value is None):
            return "blank"
        return target.state


def near_indicators(programme_id: int, wanted: Iterable[int]) -> NearIndicators:
    """Return the programme's indicators with these ids, and all of their projects. One query."""
    wanted, near, ruled = set(wanted), {}, set()
    sub_projects, projects = {}, {}
    first, second = width_of(Indicator), width_of(Indicator) + width_of(SubProject)
    for row in NEAR.rows(programme=programme_id, indicators=list(wanted)):
        indicator = instance_of(Indicator, row[:first])
        if (sub_project := sub_projects.get(indicator.sub_project_id)) is None:
            sub_project = sub_projects[indicator.sub_project_id] = instance_of(SubProject, row[first:second])
            if sub_project.project_id not in projects:
                projects[sub_project.project_id] = instance_of(Project, row[second:-1])
            sub_project.project = projects[sub_project.project_id]
        indicator.sub_project = sub_project
        near[indicator.pk] = indicator
        if row[-1]:
            ruled.add(indicator.pk)
    return NearIndicators({pk: near[pk] for pk in near if pk in wanted}, near, frozenset(ruled))


def facts_of(period: ReportingPeriod, participants: Iterable[int], indicators: NearIndicators) -> Facts:
    """Return what is known of the cells of the participants (ids) and indicators. One query."""
    rows = CELLS_NEAR.rows(
        programme=period.programme_id,
        period=period.pk,
        kind=period.kind,
        ends_on=period.ends_on,
        participants=list(participants),
        indicators=list(indicators.held_against()),
    )
    targets, figures, flagged, last, labels = {}, {}, set(), {}, _Labels(period.kind)
    first = 2 + width_of(Target)
    for row in rows:
        key = row[:2]
        if (target := instance_of(Target, row[2:first])) is not None:
            targets[key] = target
        if (figure := instance_of(Figure, row[first:-5])) is not None:
            figures[key] = figure
        if row[-5]:
            flagged.add(key)
        if row[-4] is not None:
            last[key] = LastFigure(row[-4], row[-3], labels[row[-2:]])
    return Facts(
        near=indicators,
        targets=targets,
        figures=figures,
        flagged=frozenset(flagged),
        last=last,
    )


class _Labels(dict):
    """What periods of a kind are called, by first and last day."""

    def __init__(self, kind: str):
        super().__init__()
        self.kind = kind

    def __missing__(self, days: tuple[date, date]) -> str:
        self[days] = ReportingPeriod(kind=self.kind, starts_on=days[0], ends_on=days[1]).label
        return self[days]
