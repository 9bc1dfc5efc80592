"""What inspections found, for papers and lists: findings of a period, and slow entries with their reason type."""

import datetime
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from livelihood.formats import format_day
from livelihood.models import User
from projects.models import Participant, Programme, Project, ReportingPeriod
from supervision.models import Inspection, InspectionFinding, Rectification


@dataclass(frozen=True)
class FindingRow:
    """One finding as a paper names it; `reasons` are words, the main one first; `is_closed`: its 整改 is 销号."""

    finding: int
    found_on: datetime.date
    kind: str
    project: Project | None
    participant: Participant
    reasons: tuple[str, ...]
    problem: str
    is_closed: bool

    @property
    def text(self) -> str:
        """Return the finding as a sentence: 太和县农村道路：…（进度滞后，9月18日督查）。"""
        item = self.project.name if self.project else ""
        return f"{self.participant}{item}：{self.problem.rstrip('。；')}（{'、'.join(self.reasons)}，{self._when}）。"

    @property
    def _when(self) -> str:
        return f"{format_day(self.found_on)}{self.kind}"


@dataclass(frozen=True)
class SlowEntry:
    """A line of the slow list that is there for what was seen, not for a rate: with its reason type.

    `item` is the 整改 line it became, `inspection` the visit's id.
    """

    project: Project | None
    participant: Participant
    reason: str
    reasons: tuple[str, ...]
    problem: str
    since: datetime.date
    inspection: int
    item: Rectification | None


def findings_of(period: ReportingPeriod) -> list[FindingRow]:
    """Return what was found in the last month (or week) of a period, by project, unit and day. One query."""
    first = period.ends_on.replace(day=1)
    if period.kind == ReportingPeriod.Kind.WEEK:
        first = period.ends_on - datetime.timedelta(days=6)
    found = _findings(period).filter(found_on__range=(first, period.ends_on))
    rows = [_row(finding) for finding in found]
    return sorted(rows, key=lambda row: (row.project.seq if row.project else 999, row.participant.order, row.found_on))


def slow_on(
    programme: Programme, day: datetime.date, user: User, *, participant: Participant | None = None
) -> list[SlowEntry]:
    """Return what inspections found up to a day and was not 销号 by then, as slow entries of all units or one.

    As far as the user may read visit or 整改. One query.
    """
    rows = InspectionFinding.objects.filter(programme=programme).filter(
        Q(inspection__in=Inspection.objects.visible_to(user).values("pk"))
        | Q(rectification__in=Rectification.objects.visible_to(user).values("pk"))
    )
    if participant is not None:
        rows = rows.filter(participant=participant)
    rows = rows.select_related("inspection", "participant", "project", "rectification__agency")
    open_then = []
    for finding in rows.filter(found_on__lte=day):
        item = finding.rectification
        if item and item.state == Rectification.State.CLOSED and timezone.localdate(item.closed_at) <= day:
            continue
        row = _row(finding)
        open_then.append(
            SlowEntry(
                row.project,
                row.participant,
                finding.reason,
                row.reasons,
                row.problem,
                row.found_on,
                finding.inspection_id,
                item,
            )
        )
    return sorted(open_then, key=lambda row: (row.project.seq if row.project else 999, row.participant.order))


def _findings(period: ReportingPeriod):
    return InspectionFinding.objects.filter(programme=period.programme_id).select_related(
        "inspection", "participant", "project", "rectification"
    )


def _row(finding: InspectionFinding) -> FindingRow:
    reasons = (finding.reason, *finding.also)
    return FindingRow(
        finding=finding.pk,
        found_on=finding.found_on,
        kind=finding.inspection.get_kind_display(),
        project=finding.project,
        participant=finding.participant,
        reasons=tuple(InspectionFinding.Reason(reason).label for reason in reasons),
        problem=finding.problem,
        is_closed=bool(finding.rectification and finding.rectification.state == Rectification.State.CLOSED),
    )
