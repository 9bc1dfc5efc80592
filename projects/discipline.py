"""Reporting discipline: who reported on time, late or not at all, and how often reports came back, over a programme.

A constant number of queries, whatever the number of units and months.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Count, Q
from django.utils import timezone

from livelihood.access import Role, access_of, oversees
from livelihood.formats import format_moment
from livelihood.models import Agency, AuditEvent, User
from projects.models import Outage, Participant, Programme, Reminder, Report, ReportApproval, ReportingPeriod

State = Report.State
Verdict = ReportApproval.Verdict

#: Kind of a cell → (sign, word, tone).
KINDS = {
    "on_time": ("✓", "按时", "green"),
    "in_grace": ("✓", "宽限内", "green"),
    "late": ("×", "迟报", "red"),
    "missing": ("×", "未报", "red"),
    "waiting": ("…", "未到期", "grey"),
    "none": ("", "—", "grey"),
}

#: Audit verbs that are steps of a report, as its history names them.
STEPS = {
    "open_report": "开始填报",
    "sign_report": "签字",
    "submit_report": "提交",
    "withdraw_report": "撤回",
    "receive_report": "代收",
}


@dataclass
class DisciplineRow:
    """One reporter over the months: its cells, and how many of each kind."""

    reporter: object
    cells: list[dict] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    returned: int = 0
    reminded: int = 0

    @property
    def on_time(self) -> int:
        """Return how many months came in time, the days of grace included."""
        return self.counts["on_time"] + self.counts["in_grace"]

    @property
    def late(self) -> int:
        """Return how many months came after the deadline."""
        return self.counts["late"]

    @property
    def missing(self) -> int:
        """Return how many months are due and have not come."""
        return self.counts["missing"]


class Discipline:
    """The discipline of one programme as the user may see it: everybody's, or the own units' alone.

    `kind`: month or week; where there is none of that kind, the other. They are never counted together. `alone` reads
    nothing of other units than `unit`, where units report.
    """

    def __init__(self, programme: Programme, user: User, *, unit: str = "", kind: str = "", alone: bool = False):
        self.programme, self.now = programme, timezone.now()
        self.sees_all = oversees(user, programme.owner_id)
        self.by_agency = programme.reporting_by == Programme.ReportingBy.AGENCY
        periods = list(ReportingPeriod.objects.filter(programme=programme).order_by("ends_on", "kind"))
        for period in periods:
            period.programme = programme
        self.kinds = [one for one in ReportingPeriod.Kind if any(period.kind == one for period in periods)]
        self.kind = kind if kind in self.kinds else next(iter(self.kinds), ReportingPeriod.Kind.MONTH)
        self.periods = [period for period in periods if period.kind == self.kind]
        self.only = Q(participant__code=unit) if alone and not self.by_agency else Q()
        reports = Report.objects.visible_to(user).filter(self.only, period__programme=programme, period__kind=self.kind)
        self.reports = list(
            reports.exclude(participant__kind=Participant.Kind.WHOLE)
            .select_related("participant", "agency", "submitted_by")
            .order_by("agency__order", "id")
        )
        by_id = {period.pk: period for period in self.periods}
        for report in self.reports:
            report.period = by_id[report.period_id]
        self.verdicts = Counter()
        given = ReportApproval.objects.filter(report__in=self.reports, verdict=Verdict.RETURNED)
        for row in given.values("report").annotate(count=Count("pk")).order_by():
            self.verdicts[row["report"]] = row["count"]
        self.outages = list(Outage.objects.filter(period__programme=programme).order_by("period", "id"))
        self.reporters = self._reporters(user, unit)
        self.reminders = self._reminders()
        self.rows = [self._row(reporter) for reporter in self.reporters]
        self.unit = next((row for row in self.rows if self.code(row.reporter) == unit), None)
        if self.unit is None and len(self.rows) == 1:
            self.unit = self.rows[0]

    @staticmethod
    def code(reporter) -> str:
        """Return how an address names the reporter: a participant's code, an agency's id."""
        return reporter.code if isinstance(reporter, Participant) else f"agency-{reporter.pk}"

    def _reporters(self, user: User, unit: str) -> list:
        if self.by_agency:
            leads = Agency.objects.filter(led_sub_projects__project__programme=self.programme).distinct()
            if not self.sees_all:
                leads = leads.filter(pk__in=access_of(user).agency_ids(Role.LEAD_AGENCY, Role.FILLER))
            return list(leads.order_by("order", "id"))
        units = Participant.objects.visible_to(user).filter(programme=self.programme).reporters()
        if self.only:
            units = units.filter(code=unit)
        return list(units.order_by("order", "id"))

    def _reminders(self) -> dict[tuple[int, int], list[Reminder]]:
        """Return the reminders by (period id, reporter id), oldest first. One query."""
        sent = Reminder.objects.filter(self.only, period__programme=self.programme)
        sent = sent.select_related("sent_by").order_by("id")
        found = defaultdict(list)
        for row in sent:
            if self.by_agency or row.agency_id is None:
                found[row.period_id, row.agency_id if self.by_agency else row.participant_id].append(row)
        return found

    def _row(self, reporter) -> DisciplineRow:
        row = DisciplineRow(reporter)
        reports = {
            report.period_id: report
            for report in self.reports
            if (report.agency_id if self.by_agency else report.participant_id) == reporter.pk
        }
        for period in self.periods:
            cell = self._cell(period, reporter, reports.get(period.pk))
            row.cells.append(cell)
            row.counts[cell["kind"]] += 1
            row.returned += cell["returned"]
            row.reminded += cell["reminded"]
        return row

    def _cell(self, period: ReportingPeriod, reporter, report: Report | None) -> dict:
        kind = self._kind(period, reporter, report)
        sign, word, tone = KINDS[kind]
        return {
            "kind": kind,
            "sign": sign,
            "word": word,
            "tone": tone,
            "period": period,
            "report": report,
            "submitted_at": report.submitted_at if report else None,
            "returned": self.verdicts[report.pk] if report else 0,
            "reminded": len(self.reminders.get((period.pk, reporter.pk), ())),
        }

    def _kind(self, period: ReportingPeriod, reporter, report: Report | None) -> str:
        """Return how the reporter met the deadline of the month; grace and outages count for it."""
        came_at = report.submitted_at if report else None
        if came_at is not None:
            return period.timing(came_at)
        if isinstance(reporter, Participant) and not _takes_part(reporter, period):
            return "none"
        if period.state != ReportingPeriod.State.OPEN or self.now > period.deadline:
            return "missing"
        return "waiting"

    def totals(self) -> list[dict]:
        """Return the counts of each month over the rows."""
        kinds = [Counter(row.cells[place]["kind"] for row in self.rows) for place in range(len(self.periods))]
        return [
            {"in_time": kind["on_time"] + kind["in_grace"], "late": kind["late"], "missing": kind["missing"]}
            for kind in kinds
        ]

    def sums(self) -> dict:
        """Return the counts over all rows and months."""
        return {
            "in_time": sum(row.on_time for row in self.rows),
            "late": sum(row.late for row in self.rows),
            "missing": sum(row.missing for row in self.rows),
            "returned": sum(row.returned for row in self.rows),
            "reminded": sum(row.reminded for row in self.rows),
        }

    def history(self) -> list[dict]:
        """Return what happened to the chosen reporter's reports month by month, newest month first. Two queries.

        Verdicts come from their own record, the other steps from the audit trail.
        """
        if self.unit is None:
            return []
        reports = {cell["report"].pk: cell for cell in self.unit.cells if cell["report"]}
        steps = defaultdict(list)
        events = AuditEvent.objects.filter(
            target_label=Report._meta.db_table, target_id__in=[str(pk) for pk in reports], verb__in=STEPS
        ).select_related("by")
        for event in events:
            steps[int(event.target_id)].append((event.at, f"{event.by} {STEPS[event.verb]}", event.reason))
        for row in ReportApproval.objects.filter(report__in=list(reports)).select_related("decided_by"):
            word = "退回" if row.verdict == Verdict.RETURNED else "审核通过"
            steps[row.report_id].append((row.decided_at, f"{row.decided_by} {word}", row.reason))
        return [
            {"period": cell["period"], "cell": cell, "steps": self._steps(cell, steps)}
            for cell in reversed(self.unit.cells)
            if cell["kind"] != "none"
        ]

    def _steps(self, cell: dict, steps: dict) -> list[dict]:
        """Return the month's steps in order: those of the report, reminders, outages."""
        period, report = cell["period"], cell["report"]
        found = list(steps[report.pk]) if report else []
        if report and not any(step[1].endswith("提交") for step in found) and report.submitted_at:
            found.append((report.submitted_at, f"{report.submitted_by} 提交", ""))
        found += [
            (row.sent_at, f"{row.sent_by} 催报", row.text)
            for row in self.reminders.get((period.pk, self.unit.reporter.pk), ())
        ]
        found += [
            (row.starts_at, "停机", f"{row.reason}，截止顺延至 {format_moment(row.extended_until)}")
            for row in self.outages
            if row.period_id == period.pk
        ]
        return [{"at": at, "text": text, "note": note} for at, text, note in sorted(found, key=lambda step: step[0])]


def _takes_part(unit: Participant, period: ReportingPeriod) -> bool:
    """Tell whether the unit had joined and not left at the period's end."""
    return (unit.joins_on is None or unit.joins_on <= period.ends_on) and (
        unit.leaves_on is None or unit.leaves_on >= period.ends_on
    )
