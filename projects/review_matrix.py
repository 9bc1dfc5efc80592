"""Who is how far with which project of a month: one row per reporter, one cell per project.

Counts and states only, in a constant number of queries: a province has 105 reporters and 33 projects.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Count, Max
from django.utils import timezone

from livelihood.access import is_city_office
from livelihood.models import User
from projects.content import group_hashes
from projects.models import (
    Assignment,
    BureauSignature,
    CellReview,
    Figure,
    FigureFlag,
    Indicator,
    LeadObjection,
    Participant,
    Programme,
    Project,
    Reminder,
    Report,
    ReportingPeriod,
)
from projects.progress import filling_by_indicator

State = Report.State
Verdict = CellReview.Verdict

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
        return self.state == State.SUBMITTED and not (self.flags or self.objections or self.open_returns)


class ReviewMatrix:
    """The matrix of one period. Thirteen queries."""

    def __init__(self, period: ReportingPeriod, user: User):
        self.period, self.programme = period, period.programme
        self.by_agency = self.programme.reporting_by == Programme.ReportingBy.AGENCY
        self.is_office = is_city_office(user, self.programme.owner_id)
        self.now = timezone.now()
        self.projects = list(Project.objects.filter(programme=self.programme).order_by("seq"))
        self.indicators = {
            row["pk"]: row
            for row in Indicator.objects.of_programme(self.programme).values(
                "pk", "sub_project", "sub_project__project", "sub_project__lead_agency"
            )
        }
        self.reports = self._reports()
        self._count()
        self.rows = sorted(self._rows(), key=lambda row: ORDER_OF_STATES.index(row.state))

    def _reports(self) -> list[Report]:
        return list(
            Report.objects.filter(period=self.period)
            .exclude(participant__kind=Participant.Kind.WHOLE)
            .select_related("participant", "agency", "submitted_by")
            .order_by("participant__order", "agency__order", "id")
        )

    def _count(self) -> None:
        """Fill the counters, by (reporter id, project id); reporters are participants, or agencies that report."""
        self.tasks, self.filled, self.with_tasks = Counter(), Counter(), set()
        for (unit, indicator), counts in filling_by_indicator(self.period, counted=State.values).items():
            self.with_tasks.add((unit, self.indicators[indicator]["sub_project"]))
            place = self._place(unit, indicator)
            if place is not None:
                self.tasks[place] += counts["tasks"]
                self.filled[place] += counts["filled"]
        passed, self.open_returns = self._verdicts()
        self.flags, self.objections = Counter(), Counter()
        flags = FigureFlag.objects.filter(figure__period=self.period).exclude(figure__report__state=State.APPROVED)
        for key in set(flags.values_list("figure__participant", "figure__indicator")) - passed:
            self.flags[self._place(*key)] += 1
        objections = LeadObjection.objects.filter(report__period=self.period, settled_at__isnull=True)
        for key in set(objections.values_list("participant", "indicator")):
            self.objections[self._place(*key)] += 1
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

    def _place(self, unit: int, indicator: int) -> tuple[int, int] | None:
        """Return (reporter id, project id) of a cell; None for what nobody leads and so nobody reports."""
        row = self.indicators[indicator]
        reporter = row["sub_project__lead_agency"] if self.by_agency else unit
        return None if reporter is None else (reporter, row["sub_project__project"])

    def _verdicts(self) -> tuple[set, Counter]:
        """Return the cells passed as they stand, and how many are returned and neither changed nor answered."""
        reviews = (
            CellReview.objects.filter(report__period=self.period)
            .exclude(report__state=State.APPROVED)
            .order_by("report_id", "participant_id", "indicator_id", "-nth")
            .distinct("report_id", "participant_id", "indicator_id")
            .values_list("participant", "indicator", "verdict", "figure_version", "answer")
        )
        reviews = list(reviews)
        versions = {}
        if reviews:
            figures = Figure.objects.filter(period=self.period).exclude(report__state=State.APPROVED)
            versions = {
                (unit, indicator): version
                for unit, indicator, version in figures.values_list("participant", "indicator", "version")
            }
        passed, waiting = set(), Counter()
        for unit, indicator, verdict, version, answer in reviews:
            is_same = version == versions.get((unit, indicator), 0)
            if verdict == Verdict.PASSED and is_same:
                passed.add((unit, indicator))
            elif verdict == Verdict.RETURNED and is_same and not answer:
                waiting[self._place(unit, indicator)] += 1
        return passed, waiting

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
            return [self._row(report.agency, report) for report in self.reports if report.agency_id]
        by_unit = {report.participant_id: report for report in self.reports}
        units = self.programme.participants.reporters().active_on(self.period.ends_on).order_by("order", "id")
        return [self._row(unit, by_unit.get(unit.pk)) for unit in units]

    def _row(self, reporter, report: Report | None) -> MatrixRow:
        period, places = self.period, [(reporter.pk, project.pk) for project in self.projects]
        if report is not None:
            # Asking each report for its period would be a query per row.
            report.period = period
        row = MatrixRow(reporter, report, report.state if report else "")
        row.tasks, row.filled = (sum(counter[place] for place in places) for counter in (self.tasks, self.filled))
        row.flags, row.objections, row.open_returns = (
            sum(counter[place] for place in places) for counter in (self.flags, self.objections, self.open_returns)
        )
        row.bureaus = len(self.bureaus.get(reporter.pk, ()))
        row.bureaus_signed = len(self.bureaus.get(reporter.pk, set()) & self.signed.get(reporter.pk, set()))
        if reminded := self.reminders.get(reporter.pk):
            row.reminders, row.reminded_at = reminded["count"], reminded["at"]
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
        }


def cell_legend() -> list[dict]:
    """Return the signs of the matrix with their words."""
    return [{"sign": sign, "word": word, "tone": tone} for sign, word, tone in CELL_STATES.values()]
