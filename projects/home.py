"""What the first page says of a month: how full, who is how far, and what changed; per role.

Counts only; they come from the querysets and the statement of `progress.py`.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

from django.db.models import Count, Max
from django.urls import reverse

from livelihood.access import COUNTY_ROLES, OVERSEEING_ROLES, Role, access_of, is_city_office
from livelihood.models import User
from livelihood.registry import Change, Panel
from projects import parts
from projects.bureaus import BureauRow, bureau_rows
from projects.fullness import filling_of, saved_of, unexplained_of
from projects.models import (
    Assignment,
    Benchmark,
    Participant,
    Report,
    ReportApproval,
    ReportingPeriod,
    SubProject,
)
from projects.period_page import period_rows

State = Report.State

#: Who has most to do comes first.
ORDER_OF_STATES = ["", State.DRAFT, State.RETURNED, State.SIGNED, State.SUBMITTED, State.APPROVED]

#: How many units a line names before it says 等.
SHOWN_NAMES = 4


class HomeMonth:
    """The month a person's first page is about; read once per request, whoever asks for it."""

    def __init__(self, user: User):
        self.user = user

    @cached_property
    def period(self) -> ReportingPeriod | None:
        """Return the earliest month not issued yet, else the newest one, of the programmes the user sees."""
        periods = ReportingPeriod.objects.visible_to(self.user).select_related("programme")
        return periods.unfinished().order_by("ends_on", "pk").first() or periods.order_by("-ends_on").first()

    @cached_property
    def url(self) -> str:
        """Return the address of the month's page."""
        return reverse("projects:period-detail", args=[self.period.programme.code, self.period.code])

    @cached_property
    def rows(self) -> list[dict]:
        """Return the reporters the user sees, without the whole; those with most to do first."""
        rows = [row for row in period_rows(self.period, self.user) if not row["is_whole"]]
        return sorted(rows, key=lambda row: ORDER_OF_STATES.index(row["state"]))

    @cached_property
    def filling(self) -> dict[tuple[int, int], dict]:
        """Return {"tasks", "filled"} by participant and sub-project, over all parts."""
        return filling_of(self.period)

    @cached_property
    def reports(self) -> list[int]:
        """Return the ids of the month's reports, whoever may see them: counts of a bureau need all of its units."""
        return list(self.period.reports.values_list("pk", flat=True))

    @cached_property
    def saved(self) -> dict[tuple[int, int], datetime]:
        """Return when something of a participant and sub-project was last saved."""
        return saved_of(self.reports)

    @cached_property
    def unexplained(self) -> dict[tuple[int, int], int]:
        """Return how many cells of a participant and sub-project have a flag nobody explained."""
        return unexplained_of(self.period.programme, self.reports)

    @property
    def is_overseen(self) -> bool:
        """Tell whether the user sees every unit of the month."""
        return self.period.programme.owner_id in access_of(self.user).region_ids(*OVERSEEING_ROLES)

    @property
    def is_office(self) -> bool:
        """Tell whether the user's office runs the month."""
        return is_city_office(self.user, self.period.programme.owner_id)


def home_month(user: User) -> HomeMonth:
    """Return the user's month, kept on the user object for the other boxes of the page."""
    if not hasattr(user, "_home_month"):
        user._home_month = HomeMonth(user)
    return user._home_month


def home_bureaus(user: User, report: Report) -> list[BureauRow]:
    """Return the report's bureaus, kept on the user object: the to-do list and the box beside it both ask."""
    key = (report.period_id, report.participant_id)
    kept = user.__dict__.setdefault("_home_bureaus", {})
    if key not in kept:
        kept[key] = bureau_rows(report)
    return kept[key]


def month_panels(user: User) -> Iterator[Panel]:
    """Yield the boxes of the user's month: every unit's step, the own month, the bureaus, the own items."""
    access = access_of(user)
    if not access.has(*OVERSEEING_ROLES, *COUNTY_ROLES, Role.FILLER, Role.LEAD_AGENCY):
        return
    month = home_month(user)
    if month.period is None:
        return
    shared = {"period": month.period, "url": month.url, "is_demo": month.period.programme.is_demo}
    if month.is_overseen:
        context = shared | {"rows": month.rows, "is_office": month.is_office}
        yield Panel("main", "projects/home/units.html", context, order=30)
        return
    if access.has(*COUNTY_ROLES):
        rows = [row for row in month.rows if row["reporter"] and row["tasks"] is not None]
        is_done = bool(rows) and all(row["state"] in Report.COUNTED for row in rows)
        yield Panel("fact", "projects/home/deadline.html", shared | {"is_done": is_done}, order=10)
        if len(rows) == 1:
            yield Panel("fact", "projects/home/filled.html", shared | {"row": rows[0]}, order=20)
        for row in rows:
            yield _bureau_panel(month, row, shared)
    elif access.has(Role.FILLER):
        items = _items(month, Assignment.objects.filter(agency__in=access.agency_ids(Role.FILLER)))
        is_done = not any(item["blank"] or item["unexplained"] for item in items)
        yield Panel("fact", "projects/home/deadline.html", shared | {"is_done": is_done}, order=10)
        yield Panel("main", "projects/home/items.html", shared | {"items": items}, order=30)
    if access.has(Role.LEAD_AGENCY):
        led = _led(month, access.agency_ids(Role.LEAD_AGENCY))
        yield Panel("main", "projects/home/led.html", shared | {"items": led}, order=40)


def _assignments(month: HomeMonth, assignments) -> list[Assignment]:
    return list(
        assignments.filter(participant__programme=month.period.programme)
        .exclude(participant__kind=Participant.Kind.WHOLE)
        .select_related("agency", "participant", "sub_project__project")
        .order_by("sub_project__project__seq", "sub_project__order", "participant__order")
    )


def _counts(month: HomeMonth, pairs: list[tuple[int, int]]) -> dict:
    """Add up what is known of the pairs: tasks, filled, blank, unexplained, last saved."""
    counts = [month.filling[pair] for pair in pairs if pair in month.filling]
    tasks, filled = sum(row["tasks"] for row in counts), sum(row["filled"] for row in counts)
    return {
        "tasks": tasks,
        "filled": filled,
        "blank": tasks - filled,
        "unexplained": sum(month.unexplained.get(pair, 0) for pair in pairs),
        "saved": max((month.saved[pair] for pair in pairs if pair in month.saved), default=None),
    }


def _bureau_panel(month: HomeMonth, row: dict, shared: dict) -> Panel:
    """Return the box of a unit's filling agencies: how far each is, who has signed, and whom to remind."""
    report = row["report"] or Report(period=month.period, participant=row["reporter"])
    report.period, report.participant = month.period, row["reporter"]
    rows = home_bureaus(month.user, report)
    return Panel(
        "main",
        "projects/home/bureaus.html",
        shared
        | {
            "rows": rows,
            "participant": row["reporter"],
            "outstanding": [bureau for bureau in rows if bureau.is_outstanding],
            "may_remind": report.state in Report.EDITABLE and month.period.state == ReportingPeriod.State.OPEN,
        },
        order=30,
    )


def _items(month: HomeMonth, assignments) -> list[dict]:
    """Return the sub-projects a filler fills, each with how far it is; unfinished ones first."""
    rows = _assignments(month, assignments)
    items = [
        {"sub_project": row.sub_project, "unit": row.participant}
        | _counts(month, [(row.participant_id, row.sub_project_id)])
        for row in rows
    ]
    return sorted(items, key=lambda item: not item["blank"])


def _led(month: HomeMonth, agencies: frozenset[int]) -> list[dict]:
    """Return the sub-projects a city bureau leads: how far all units are, and who is not finished."""
    units = {
        unit.pk: unit.printed_name
        for unit in Participant.objects.filter(programme=month.period.programme).reporters().order_by("order", "id")
    }
    led = SubProject.objects.filter(project__programme=month.period.programme, lead_agency__in=agencies)
    led = list(led.select_related("project").order_by("project__seq", "order"))
    items = []
    for sub_project in led:
        pairs = [(unit, sub_project.pk) for unit in units]
        behind = [
            units[unit]
            for unit, sub in pairs
            if (unit, sub) in month.filling and month.filling[unit, sub]["filled"] < month.filling[unit, sub]["tasks"]
        ]
        names = "、".join(behind[:SHOWN_NAMES]) + (f"等{len(behind)}家" if len(behind) > SHOWN_NAMES else "")
        items.append({"sub_project": sub_project, "behind": names} | _counts(month, pairs))
    return sorted(items, key=lambda item: not item["blank"])


#: At most this many of each kind of change are read.
READ_CHANGES = 30


def report_changes(user: User, since) -> Iterator[Change]:
    """Yield what others did to reports the user sees: signed, submitted, approved, returned. Three queries."""
    reports = Report.objects.visible_to(user).select_related("period", "participant", "agency")
    steps = [("signed", "签字"), ("submitted", "提交")]
    for step, word in steps:
        moved = reports.filter(**{f"{step}_at__gt": since}).exclude(**{f"{step}_by": user})
        for report in moved.order_by(f"-{step}_at")[:READ_CHANGES]:
            yield Change(getattr(report, f"{step}_at"), f"{report} 月报{word}", _report_url(report.pk))
    verdicts = (
        ReportApproval.objects.filter(report__in=Report.objects.visible_to(user), decided_at__gt=since)
        .exclude(decided_by=user)
        .select_related("report__period", "report__participant", "report__agency")
    )
    for row in verdicts.order_by("-decided_at")[:READ_CHANGES]:
        word = "审核通过" if row.verdict == ReportApproval.Verdict.APPROVED else f"被退回：{row.reason}"
        yield Change(row.decided_at, f"{row.report} 月报{word}", _report_url(row.report_id))


def figure_changes(user: User, since) -> Iterator[Change]:
    """Yield who else saved something in the user's month, one line per person and unit. One query per part."""
    month = home_month(user)
    if month.period is None:
        return
    for (report, unit, person), (count, at) in _saves(month.period, user, since)[:READ_CHANGES]:
        yield Change(at, f"{person} 填报{unit} {count} 项", _report_url(report))


def _saves(period: ReportingPeriod, user: User, since) -> list[tuple]:
    """Return ((report id, unit, person), (cells, moment)) over all parts, the latest first. One query per part."""
    told: dict[tuple, tuple] = {}
    for part in parts.registered():
        for *who, count, at in part.saves(period, user, since):
            before, latest = told.get(tuple(who), (0, at))
            told[tuple(who)] = before + count, max(at, latest)
    return sorted(told.items(), key=lambda row: row[1][1], reverse=True)


def period_changes(user: User, since) -> Iterator[Change]:
    """Yield closed months and entered provincial averages, one line per month. Two queries."""
    periods = ReportingPeriod.objects.visible_to(user).filter(closed_at__gt=since).exclude(closed_by=user)
    for period in periods.select_related("programme")[:READ_CHANGES]:
        url = reverse("projects:period-detail", args=[period.programme.code, period.code])
        yield Change(period.closed_at, f"{period.label}封账", url)
    entered = (
        Benchmark.objects.visible_to(user)
        .filter(confirmed_at__gt=since)
        .exclude(confirmed_by=user)
        .values("period")
        .annotate(count=Count("pk"), at=Max("confirmed_at"))
    )
    counts = {row["period"]: row for row in entered.order_by("-at")[:READ_CHANGES]}
    for period in ReportingPeriod.objects.filter(pk__in=counts).select_related("programme"):
        url = reverse("projects:period-detail", args=[period.programme.code, period.code])
        row = counts[period.pk]
        yield Change(row["at"], f"录入{period.label}全省平均 {row['count']} 项", url)


def _report_url(pk: int) -> str:
    return reverse("projects:report-detail", args=[pk])
