"""Who is how far with which project of a month: one row per reporter, one cell per project.

Counts and states only, in a constant number of queries: a province has 105 reporters and 33 projects.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Count, Max
from django.utils import timezone

from livelihood.access import is_city_office
from livelihood.models import Agency, User
from projects import parts
from projects.cell_key import Key, key_text
from projects.cell_notes import notes_of
from projects.content import group_hashes
from projects.models import (
    Assignment,
    BureauSignature,
    LeadObjection,
    Participant,
    Programme,
    Project,
    Reminder,
    Report,
    ReportingPeriod,
    SubProject,
)
from projects.services.reviews import doubts_about

State = Report.State

#: Who has most to do comes first.
ORDER_OF_STATES = ["", State.DRAFT, State.RETURNED, State.SIGNED, State.SUBMITTED, State.APPROVED]

#: State of a cell → (sign, word, tone). Sign and word carry the meaning without colour.
CELL_STATES = {
    "not_begun": ("○", "未开始", "grey"),
    "draft": ("…", "填报中", "grey"),
    "bureaus": ("部", "部门已签", "blue"),
    "signed": ("签", "已签字", "blue"),
    "submitted": ("›", "已提交", "blue"),
    "flagged": ("!", "有提示", "amber"),
    "returned": ("↩", "已退回", "red"),
    "approved": ("✓", "已审核", "green"),
    "no_task": ("/", "无任务", "none"),
}


@dataclass
class MatrixRow:
    """One reporter: its report, what is filled, what is open, when it was reminded, and a cell per project."""

    reporter: object
    report: Report | None
    state: str
    tasks: int = 0
    filled: int = 0
    flags: int = 0
    objections: int = 0
    open_returns: int = 0
    bureaus: int = 0
    bureaus_signed: int = 0
    reminders: int = 0
    reminded_at: object = None
    is_late: bool = False
    is_in_grace: bool = False
    overdue_days: int | None = None
    is_own: bool = False
    #: Why a submitted report cannot be approved without a look.
    doubts: list[str] = field(default_factory=list)
    cells: list[dict] = field(default_factory=list)

    @property
    def has_come(self) -> bool:
        """Tell whether the reporter has submitted and nothing is back with it."""
        return self.state in Report.COUNTED

    @property
    def is_outstanding(self) -> bool:
        """Tell whether the reporter can be reminded; the own level's report is the office's own to fill."""
        return not self.has_come and not self.is_own

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing stands in the way of an approval without a look."""
        return self.state == State.SUBMITTED and not self.doubts


class ReviewMatrix:
    """The matrix of one period. A constant number of queries."""

    def __init__(self, period: ReportingPeriod, user: User):
        self.period, self.programme = period, period.programme
        self.by_agency = self.programme.reporting_by == Programme.ReportingBy.AGENCY
        self.is_office = is_city_office(user, self.programme.owner_id)
        self.now = timezone.now()
        self.projects = list(Project.objects.filter(programme=self.programme).order_by("seq"))
        self.sub_projects = {
            row["pk"]: row
            for row in SubProject.objects.filter(project__programme=self.programme).values(
                "pk", "project", "lead_agency"
            )
        }
        self.reports = self._reports()
        self._count()
        waiting = [report for report in self.reports if report.state == State.SUBMITTED]
        self.doubts = doubts_about(waiting) if waiting else {}
        self.rows = sorted(self._rows(), key=lambda row: ORDER_OF_STATES.index(row.state))

    def _reports(self) -> list[Report]:
        reports = list(
            Report.objects.filter(period=self.period)
            .exclude(participant__kind=Participant.Kind.WHOLE)
            .select_related("participant", "agency", "submitted_by")
            .order_by("participant__order", "agency__order", "id")
        )
        for report in reports:
            # Asking each report for its period would be a query per row.
            report.period = self.period
        return reports

    def _count(self) -> None:
        """Fill the counters, by (reporter id, project id); reporters are participants, or agencies that report."""
        self.tasks, self.filled, self.with_tasks = Counter(), Counter(), set()
        whole = Participant.objects.filter(programme=self.programme, kind=Participant.Kind.WHOLE)
        # What the whole has of its own is the city office's, never a lead agency's.
        self.whole = set(whole.values_list("pk", flat=True))
        for part in parts.registered():
            for line in part.filling(self.period, counted=State.values):
                self.with_tasks.add((line.participant_id, line.sub_project_id))
                place = self._place(line.participant_id, line.sub_project_id)
                if place is not None:
                    self.tasks[place] += line.tasks
                    self.filled[place] += line.filled
        waiting = [report for report in self.reports if report.state != State.APPROVED]
        passed, returned = self._verdicts(waiting)
        flagged = {key for part in parts.registered() for _, key, _ in part.flagged([report.pk for report in waiting])}
        objections = LeadObjection.objects.filter(report__period=self.period, settled_at__isnull=True)
        objected = {row.key: row for row in objections}
        where = self._where({*flagged - passed, *returned, *objected})
        self.flags, self.objections, self.open_returns = (
            Counter(self._place(*where[key]) for key in keys if key in where)
            for keys in (flagged - passed, objected, returned)
        )
        self._count_bureaus()
        reporter = "agency" if self.by_agency else "participant"
        reminders = Reminder.objects.filter(period=self.period, **{f"{reporter}__isnull": False})
        if not self.by_agency:
            # Those with a bureau are a county's own, among its bureaus.
            reminders = reminders.filter(agency__isnull=True)
        self.reminders = {
            row[reporter]: row
            for row in reminders.values(reporter).annotate(count=Count("pk"), at=Max("sent_at")).order_by()
        }

    def _place(self, unit: int, sub_project: int) -> tuple[int, int] | None:
        """Return (reporter id, project id) of a cell; None for what nobody leads and so nobody reports."""
        row = self.sub_projects[sub_project]
        reporter = row["lead_agency"] if self.by_agency else unit
        return None if reporter is None or unit in self.whole else (reporter, row["project"])

    def _where(self, keys: set[Key]) -> dict[Key, tuple[int, int]]:
        """Return (participant id, sub-project id) of each cell. A few queries per part, none without cells."""
        found = {}
        for part in parts.registered():
            own = [key for key in keys if part.key_pattern.fullmatch(key_text(key))]
            if own:
                found |= part.homes(self.programme, own)
        return found

    def _verdicts(self, reports: list[Report]) -> tuple[set, set]:
        """Return the cells passed as they stand, and those returned and neither changed nor answered."""
        notes = [(key, note) for cells in notes_of(reports).values() for key, note in cells.items()]
        return {key for key, note in notes if note.is_passed}, {key for key, note in notes if note.is_open}

    def _count_bureaus(self) -> None:
        """Note which bureaus have something to fill in a unit's projects, and which vouch for it as it stands."""
        self.bureaus: dict[int, set] = defaultdict(set)
        self.project_bureaus: dict[tuple[int, int], set] = defaultdict(set)
        self.signed: dict[int, set] = defaultdict(set)
        if self.by_agency:
            return
        parts_of: dict[tuple[int, int], set] = defaultdict(set)
        assigned = Assignment.objects.filter(participant__programme=self.programme)
        for unit, agency, project, part in assigned.values_list(
            "participant", "agency", "sub_project__project", "sub_project"
        ):
            parts_of[unit, agency].add(part)
            if (unit, part) in self.with_tasks:
                self.bureaus[unit].add(agency)
                self.project_bureaus[unit, project].add(agency)
        signatures = BureauSignature.objects.filter(report__period=self.period, withdrawn_at__isnull=True)
        signatures = list(signatures.values_list("report", "report__participant", "agency", "sha256"))
        reports = {row[0] for row in signatures}
        groups = {(report, agency): parts_of[unit, agency] for report, unit, agency, _ in signatures}
        hashes = group_hashes([report for report in self.reports if report.pk in reports], groups) if groups else {}
        for report, unit, agency, sha256 in signatures:
            if hashes[report, agency] == sha256:
                self.signed[unit].add(agency)

    def _rows(self) -> list[MatrixRow]:
        if self.by_agency:
            by_agency = {report.agency_id: report for report in self.reports}
            leads = Agency.objects.filter(led_sub_projects__project__programme=self.programme).distinct()
            return [self._row(agency, by_agency.get(agency.pk)) for agency in leads.order_by("order", "id")]
        by_unit = {report.participant_id: report for report in self.reports}
        units = self.programme.participants.reporters().active_on(self.period.ends_on).order_by("order", "id")
        return [self._row(unit, by_unit.get(unit.pk)) for unit in units]

    def _row(self, reporter, report: Report | None) -> MatrixRow:
        period, places = self.period, [(reporter.pk, project.pk) for project in self.projects]
        row = MatrixRow(reporter, report, report.state if report else "")
        row.tasks, row.filled = (sum(counter[place] for place in places) for counter in (self.tasks, self.filled))
        row.flags, row.objections, row.open_returns = (
            sum(counter[place] for place in places) for counter in (self.flags, self.objections, self.open_returns)
        )
        row.bureaus = len(self.bureaus.get(reporter.pk, ()))
        row.bureaus_signed = len(self.bureaus.get(reporter.pk, set()) & self.signed.get(reporter.pk, set()))
        if reminded := self.reminders.get(reporter.pk):
            row.reminders, row.reminded_at = reminded["count"], reminded["at"]
        row.doubts = self.doubts.get(report.pk, []) if report else []
        row.is_own = getattr(reporter, "kind", "") == Participant.Kind.OWN
        row.is_late = bool(report and report.is_late)
        came_at = report.submitted_at if report else None
        row.is_in_grace = came_at is not None and period.timing(came_at) == "in_grace"
        if came_at is None and period.state == ReportingPeriod.State.OPEN and self.now > period.deadline:
            row.overdue_days = (timezone.localdate(self.now) - timezone.localdate(period.deadline)).days
        row.cells = [self._cell(row, project) for project in self.projects]
        return row

    def _cell(self, row: MatrixRow, project: Project) -> dict:
        place = (row.reporter.pk, project.pk)
        code = self._code(row, place)
        sign, word, tone = CELL_STATES[code]
        tasks, filled = self.tasks[place], self.filled[place]
        notes = [word]
        if code in ("draft", "bureaus") or (tasks and filled < tasks):
            notes.append(f"{filled}/{tasks} 项")
        for counter, phrase in (
            (self.flags, "提示 {} 格"),
            (self.objections, "异议 {} 格"),
            (self.open_returns, "退回未改 {} 格"),
        ):
            if counter[place]:
                notes.append(phrase.format(counter[place]))
        return {
            "code": code,
            "sign": sign,
            "word": "，".join(notes),
            "tone": tone,
            "project": project,
            "has_link": row.report is not None and code in ("flagged", "returned"),
        }

    def _code(self, row: MatrixRow, place: tuple[int, int]) -> str:
        """Return the state of one reporter's project: the first that holds."""
        if not self.tasks[place]:
            return "no_task"
        if row.state == State.APPROVED:
            return "approved"
        if self.open_returns[place]:
            return "returned"
        if row.state == State.SUBMITTED:
            return "flagged" if self.flags[place] or self.objections[place] else "submitted"
        if row.state == State.SIGNED:
            return "signed"
        if not self.filled[place]:
            return "not_begun"
        bureaus = self.project_bureaus.get(place)
        return "bureaus" if bureaus and bureaus <= self.signed.get(place[0], set()) else "draft"

    def counts(self) -> dict:
        """Return the numbers over all rows."""
        states = Counter(row.state for row in self.rows)
        return {
            "reporters": len(self.rows),
            "came": sum(row.has_come for row in self.rows),
            "outstanding": [row for row in self.rows if row.is_outstanding],
            "waiting": states[State.SUBMITTED],
            "approved": states[State.APPROVED],
            "returned": states[State.RETURNED],
            "late": sum(row.is_late or row.overdue_days is not None for row in self.rows),
            "clean": sum(row.is_clean for row in self.rows),
            "doubted": sum(bool(row.doubts) for row in self.rows),
        }


def cell_legend() -> list[dict]:
    """Return the signs of the matrix with their words."""
    return [{"sign": sign, "word": word, "tone": tone} for sign, word, tone in CELL_STATES.values()]
