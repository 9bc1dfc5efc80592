"""Whose standings a person may see: everything, or the own lines until the month is issued.

A county learns other counties' figures, their places and every sum made of them only from issued
months, and then from the snapshot the 通报 was made of. A lead agency sees its own sub-projects
across all units at any time; a bureau what it fills.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from livelihood.access import Role, access_of, oversees
from livelihood.models import User
from projects.models import Assignment, Indicator, Participant, Programme, ReportingPeriod, SubProject
from projects.querysets import own_unit
from supervision.models import Snapshot


@dataclass(frozen=True)
class StandingsScope:
    """What a user sees of one period's standings.

    `participants`: whole rows of these; `led`: sub-projects seen across all units, with places and
    sums; `filled`: (participant, sub-project) pairs. `everything` makes the others meaningless.
    """

    everything: bool
    participants: frozenset[int] = frozenset()
    led: frozenset[int] = frozenset()
    filled: frozenset[tuple[int, int]] = frozenset()

    def sees_all_units(self, indicator: Indicator) -> bool:
        """Tell whether places, sums and lists of the indicator are shown: all rows are the user's to see."""
        return self.everything or indicator.sub_project_id in self.led

    def sees_line(self, indicator: Indicator, participant_id: int) -> bool:
        """Tell whether the user sees this participant's line of the indicator."""
        return (
            self.sees_all_units(indicator)
            or participant_id in self.participants
            or (participant_id, indicator.sub_project_id) in self.filled
        )

    def sees_report(self, participant_id: int) -> bool:
        """Tell whether a part of the participant's report at least is the user's to open: their unit's, or filled."""
        return participant_id in self.participants or any(unit == participant_id for unit, _ in self.filled)


def bases(user: User, period: ReportingPeriod) -> list[Snapshot | None]:
    """Return what the user may look at, the first one by default; None stands for live figures.

    Who oversees the programme: all snapshots, newest first, and live figures (first while the month
    is open). Others: live own lines until the month is issued, then the snapshots behind issued
    documents (every snapshot where none of them has a document). Two queries.
    """
    return bases_of(user, [period])[period.pk]


def bases_of(user: User, periods: Sequence[ReportingPeriod]) -> dict[int, list[Snapshot | None]]:
    """Return the same of some periods of one programme, by their id. Two queries."""
    snapshots = defaultdict(list)
    for row in (
        Snapshot.objects.visible_to(user)
        .filter(period__in=periods)
        .select_related("scheme")
        .prefetch_related("documents")
        .order_by("-version")
    ):
        snapshots[row.period_id].append(row)
    return {period.pk: _bases(user, period, snapshots[period.pk]) for period in periods}


def _bases(user: User, period: ReportingPeriod, snapshots: list[Snapshot]) -> list[Snapshot | None]:
    if oversees(user, period.programme.owner_id):
        return [None, *snapshots] if period.state == ReportingPeriod.State.OPEN else [*snapshots, None]
    if period.state != ReportingPeriod.State.ISSUED:
        return [None]
    issued = [row for row in snapshots if any(document.state == "issued" for document in row.documents.all())]
    return issued or snapshots


def standings_scope(user: User, period: ReportingPeriod, snapshot: Snapshot | None) -> StandingsScope:
    """Return the user's scope of standings on the given basis. At most three queries."""
    return scopes_of(user, [(period, snapshot)])[period.pk]


def scopes_of(user: User, chosen: Sequence[tuple[ReportingPeriod, Snapshot | None]]) -> dict[int, StandingsScope]:
    """Return the user's scope of some periods of one programme, each on its basis, by period. At most three queries."""
    programme = chosen[0][0].programme
    everything = StandingsScope(everything=True)
    if oversees(user, programme.owner_id):
        return {period.pk: everything for period, _ in chosen}
    published = {
        period.pk
        for period, snapshot in chosen
        if snapshot is not None and period.state == ReportingPeriod.State.ISSUED
    }
    own = everything if len(published) == len(chosen) else own_scope(user, programme)
    return {period.pk: everything if period.pk in published else own for period, _ in chosen}


def own_scope(user: User, programme: Programme) -> StandingsScope:
    """Return what the user sees of figures that are not published, and always of who made them. Three queries."""
    if oversees(user, programme.owner_id):
        return StandingsScope(everything=True)
    access = access_of(user)
    # The whole's line of an additive indicator is a sum of everybody's figures, so nobody's own.
    own = (
        Participant.objects.filter(programme=programme)
        .reporters()
        .filter(own_unit(access) | Q(agency__in=access.agency_ids(Role.FILLER)))
    )
    led = SubProject.objects.filter(project__programme=programme, lead_agency__in=access.agency_ids(Role.LEAD_AGENCY))
    filled = Assignment.objects.filter(
        participant__programme=programme, agency__in=access.agency_ids(Role.FILLER)
    ).exclude(participant__kind=Participant.Kind.WHOLE)
    return StandingsScope(
        everything=False,
        participants=frozenset(own.values_list("pk", flat=True)),
        led=frozenset(led.values_list("pk", flat=True)),
        filled=frozenset(filled.values_list("participant_id", "sub_project_id")),
    )
