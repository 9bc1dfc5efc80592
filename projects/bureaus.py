"""部门签字 as it stands: which bureau fills what of a report, how far it is, and whether it has signed.

A report that does not exist yet can be asked about too (an unsaved Report with period and participant).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from livelihood.models import Agency, User
from projects import parts
from projects.cell_notes import open_returns
from projects.content import content_hashes
from projects.models import (
    Assignment,
    BureauSignature,
    Participant,
    Reminder,
    Report,
    ReportingPeriod,
    SubProject,
)


@dataclass
class BureauRow:
    """One bureau of a report: its sub-projects, counts of its cells, and its signature.

    `signature` is None where there is none or it was withdrawn; `is_stale`: its cells have changed since.
    """

    agency: Agency
    sub_projects: list[SubProject] = field(default_factory=list)
    tasks: int = 0
    filled: int = 0
    unexplained: int = 0
    returned: int = 0
    saved: datetime | None = None
    signature: BureauSignature | None = None
    is_stale: bool = False
    last_reminder: Reminder | None = None

    @property
    def blank(self) -> int:
        """Return how many cells with a task are empty."""
        return self.tasks - self.filled

    @property
    def is_signed(self) -> bool:
        """Tell whether the bureau vouches for its cells as they are now."""
        return self.signature is not None and not self.is_stale

    @property
    def is_outstanding(self) -> bool:
        """Tell whether the bureau still has to sign; one without any task has nothing to sign for."""
        return not self.is_signed and (self.tasks > 0 or self.signature is not None)

    @property
    def signed_at(self) -> datetime | None:
        """Return when the bureau signed."""
        return self.signature.signed_at if self.signature else None

    @property
    def signed_by(self) -> User | None:
        """Return who signed for the bureau."""
        return self.signature.signed_by if self.signature else None

    @property
    def state(self) -> str:
        """Return signed, stale, returned, incomplete, ready (all filled, not signed) or no_task."""
        if self.is_signed:
            return "signed"
        if self.signature is not None:
            return "stale"
        if not self.tasks:
            return "no_task"
        if self.returned:
            return "returned"
        return "incomplete" if self.blank else "ready"


#: Who has most to do comes first.
ORDER = ["incomplete", "returned", "stale", "ready", "signed", "no_task"]


def bureau_rows(report: Report) -> list[BureauRow]:
    """Return the participant's bureaus, those outstanding first, else in official order.

    Ten queries, whatever the number of bureaus; none for a report of an agency or of the whole.
    """
    participant = report.participant
    if participant is None or participant.kind == Participant.Kind.WHOLE:
        return []
    assigned = _assigned(participant)
    if not assigned:
        return []
    rows: dict[int, BureauRow] = {}
    for row in assigned:
        rows.setdefault(row.agency_id, BureauRow(row.agency)).sub_projects.append(row.sub_project)
    _count(report, rows, {row.sub_project_id: row.agency_id for row in assigned})
    _add_signatures(report, rows)
    for reminder in last_reminders(report.period, participant=participant).values():
        if reminder.agency_id in rows:
            rows[reminder.agency_id].last_reminder = reminder
    return sorted(rows.values(), key=lambda row: (ORDER.index(row.state), row.agency.order, row.agency.name))


def unsigned_bureaus(report: Report) -> list[str]:
    """Return the names of the bureaus that have tasks and do not vouch for their cells as they are now."""
    return [row.agency.name for row in bureau_rows(report) if row.is_outstanding]


def own_sub_projects(report: Report, agency: Agency | int) -> list[int]:
    """Return the ids of the sub-projects the agency fills in the report. One query."""
    rows = Assignment.objects.filter(participant=report.participant_id, agency=agency)
    return list(rows.values_list("sub_project_id", flat=True))


def last_reminders(
    period: ReportingPeriod, *, participant: Participant | None = None
) -> dict[tuple[int | None, int | None], Reminder]:
    """Return the newest reminder by addressee: (participant id or None, agency id or None). One query.

    With `participant` only those to it and to its bureaus.
    """
    rows = Reminder.objects.filter(period=period)
    if participant is not None:
        rows = rows.filter(participant=participant)
    rows = rows.select_related("sent_by", "agency", "participant", "period__programme__owner")
    rows = rows.order_by("participant_id", "agency_id", "-id")
    return {(row.participant_id, row.agency_id): row for row in rows.distinct("participant_id", "agency_id")}


def _assigned(participant: Participant) -> list[Assignment]:
    return list(
        Assignment.objects.filter(participant=participant, sub_project__project__programme=participant.programme_id)
        .select_related("agency", "sub_project__project")
        .order_by("sub_project__project__seq", "sub_project__order", "id")
    )


def _count(report: Report, rows: dict[int, BureauRow], agency_of: dict[int, int]) -> None:
    """Count each bureau's cells: tasks, filled, not explained, returned, and when it was saved last."""
    for part in parts.registered():
        for line in part.filling(report.period, counted=Report.State.values, participant_id=report.participant_id):
            if agency := agency_of.get(line.sub_project_id):
                rows[agency].tasks += line.tasks
                rows[agency].filled += line.filled
    if not report.pk:
        return
    unexplained, returned = [], open_returns(report)
    for part in parts.registered():
        for (_unit, sub_project), at in part.saved_at([report.pk]).items():
            if agency := agency_of.get(sub_project):
                rows[agency].saved = max(filter(None, (rows[agency].saved, at)))
        unexplained += [key for _, key, is_explained in part.flagged([report.pk]) if not is_explained]
    places = parts.places(report, {*unexplained, *returned})
    for key in unexplained:
        if agency := agency_of.get(places[key].sub_project_id):
            rows[agency].unexplained += 1
    for key in returned:
        if agency := agency_of.get(places[key].sub_project_id):
            rows[agency].returned += 1


def _add_signatures(report: Report, rows: dict[int, BureauRow]) -> None:
    """Add each bureau's signature, and whether its cells are still what it signed."""
    if not report.pk:
        return
    signatures: dict[int, BureauSignature] = defaultdict(lambda: None)
    for row in BureauSignature.objects.filter(report=report, withdrawn_at__isnull=True).select_related("signed_by"):
        if row.agency_id in rows:
            signatures[row.agency_id] = row
    groups = {agency: {part.pk for part in rows[agency].sub_projects} for agency in signatures}
    hashes = content_hashes(report, groups) if groups else {}
    for agency, signature in signatures.items():
        rows[agency].signature = signature
        rows[agency].is_stale = signature.sha256 != hashes[agency]
