"""Whose standings a person may see: everything, or the own lines until the month is issued.

A county learns other counties' figures, their places and every sum made of them only from issued
months, and then from the snapshot the 通报 was made of. A lead agency sees its own sub-projects
across all units at any time; a bureau what it fills.
"""

from dataclasses import dataclass

from django.db.models import Q

from livelihood.access import COUNTY_ROLES, Role, access_of, oversees
from livelihood.models import User
from projects.models import Assignment, Indicator, Participant, ReportingPeriod, SubProject
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


def bases(user: User, period: ReportingPeriod) -> list[Snapshot | None]:
    """Return what the user may look at, the first one by default; None stands for live figures.

    Who oversees the programme: all snapshots, newest first, and live figures (first while the month
    is open). Others: live own lines until the month is issued, then the snapshots behind issued
    documents (every snapshot where none of them has a document). Two queries.
    """
    snapshots = list(
        Snapshot.objects.visible_to(user)
        .filter(period=period)
        .select_related("scheme")
        .prefetch_related("documents")
        .order_by("-version")
    )
    if oversees(user, period.programme.owner_id):
        return [None, *snapshots] if period.state == ReportingPeriod.State.OPEN else [*snapshots, None]
    if period.state != ReportingPeriod.State.ISSUED:
        return [None]
    issued = [row for row in snapshots if any(document.state == "issued" for document in row.documents.all())]
    return issued or snapshots


def standings_scope(user: User, period: ReportingPeriod, snapshot: Snapshot | None) -> StandingsScope:
    """Return the user's scope of standings on the given basis. At most three queries."""
    is_published = snapshot is not None and period.state == ReportingPeriod.State.ISSUED
    if oversees(user, period.programme.owner_id) or is_published:
        return StandingsScope(everything=True)
    access = access_of(user)
    programme = period.programme
    # The whole's line of an additive indicator is a sum of everybody's figures, so nobody's own.
    own = (
        Participant.objects.filter(programme=programme)
        .reporters()
        .filter(Q(region__in=access.region_ids(*COUNTY_ROLES)) | Q(agency__in=access.agency_ids(Role.FILLER)))
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
