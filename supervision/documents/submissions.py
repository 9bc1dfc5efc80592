"""Who reported a period, when, and how late."""

import datetime
import math
from collections import Counter
from dataclasses import dataclass

from projects.models import Programme, Report, ReportApproval
from supervision.documents.paper import Source


@dataclass(frozen=True)
class Submission:
    """A reporter's report as it stood when the period was frozen; `is_counted`: its figures are in the snapshot."""

    name: str
    submitted_at: datetime.datetime | None
    is_counted: bool
    days_late: int
    is_in_grace: bool
    returned_count: int
    task_count: int | None
    figure_count: int | None

    @property
    def word(self) -> str:
        """按时, 按时（宽限）, 逾期1天, 未报送 …"""
        if self.submitted_at is None:
            return "按时" if self.is_counted else "未报送"
        if not self.is_counted:
            return "未通过审核"
        if self.days_late:
            return f"逾期{self.days_late}天"
        return "按时（宽限）" if self.is_in_grace else "按时"


def submissions_of(source: Source) -> list[Submission]:
    """Return the reporters in official order: units that have a task, or the lead agencies where they report."""
    period = source.period
    reports = list(Report.objects.filter(period=period).select_related("participant", "agency"))
    returned = Counter(
        ReportApproval.objects.filter(report__period=period, verdict=ReportApproval.Verdict.RETURNED).values_list(
            "report_id", flat=True
        )
    )
    if period.programme.reporting_by == Programme.ReportingBy.AGENCY:
        ordered = sorted((row for row in reports if row.agency_id), key=lambda row: (row.agency.order, row.agency_id))
        return [_submission(period, row.agency.name, row, returned[row.pk], None, None) for row in ordered]
    by_participant = {row.participant_id: row for row in reports if row.participant_id}
    tasks, figures = _counts(source)
    return [
        _submission(
            period,
            participant.printed_name,
            by_participant.get(pk),
            returned[by_participant[pk].pk] if pk in by_participant else 0,
            tasks[pk],
            figures[pk],
        )
        for pk, participant in source.standings.participants.items()
        if participant.kind != "whole" and tasks[pk]
    ]


def _counts(source: Source) -> tuple[Counter, Counter]:
    """Return, per participant, how many indicators it has to report, and how many figures are in the snapshot."""
    tasks, figures = Counter(), Counter()
    for rows in source.standings.lines.values():
        for row in rows:
            if row["target_state"] == "assessed":
                tasks[row["participant_id"]] += 1
                figures[row["participant_id"]] += row["value"] is not None
    return tasks, figures


def _submission(period, name, report, returned_count, task_count, figure_count) -> Submission:
    submitted_at = report.submitted_at if report else None
    limit = period.deadline
    late = (submitted_at - limit) / datetime.timedelta(days=1) if submitted_at else 0
    return Submission(
        name=name,
        submitted_at=submitted_at,
        is_counted=report is not None and report.state == Report.State.APPROVED,
        days_late=max(0, math.ceil(late)),
        is_in_grace=bool(submitted_at) and period.timing(submitted_at) == "in_grace",
        returned_count=returned_count,
        task_count=task_count,
        figure_count=figure_count,
    )
