"""What the first page says of standings and papers: the month as steps, what blocks it, places, issued papers."""

from collections.abc import Iterator

from django.db.models import Count, Q
from django.urls import reverse

from livelihood.access import COUNTY_ROLES, Role, access_of
from livelihood.models import User
from livelihood.registry import Change, Panel
from projects.home import ORDER_OF_STATES, HomeMonth, home_month
from projects.models import Benchmark, Indicator, Participant, Report
from supervision.models import Document, SnapshotLine, SnapshotUnit
from supervision.services.closing import close_blockers, needs_close

State = Report.State

#: How many issued papers the first page lists.
SHOWN_PAPERS = 3


def office_panels(user: User) -> Iterator[Panel]:
    """Yield the city office's month: its steps, and what blocks the close and the issue."""
    if not access_of(user).has(Role.CITY_OFFICE):
        return
    month = home_month(user)
    if month.period is None or not month.is_office:
        return
    entered, expected = _benchmark_counts(month)
    paper = Document.objects.of_month(month.period).order_by("-id").first()
    context = {"steps": _steps(month, entered, expected, paper)}
    yield Panel("head", "supervision/home/steps.html", context, order=10)
    yield Panel("side", "supervision/home/blockers.html", _blockers(month, entered, expected, paper), order=10)


def _benchmark_counts(month: HomeMonth) -> tuple[int, int]:
    """Return how many assessed indicators have a provincial average, and how many there are. Two queries."""
    expected = Indicator.objects.of_programme(month.period.programme).filter(assessed=True, kind=Indicator.Kind.NUMBER)
    entered = Benchmark.objects.filter(period=month.period, indicator__in=expected)
    return entered.aggregate(count=Count("indicator", distinct=True))["count"], expected.count()


def _steps(month: HomeMonth, entered: int, expected: int, paper: Document | None) -> list[dict]:
    """Return the month's steps, each with its day, its count and what is wrong; the first unfinished is current."""
    period, rows = month.period, month.rows
    total = len(rows)
    states = [row["state"] for row in rows]
    overdue, late = (sum(row[key] for row in rows) for key in ("is_overdue", "is_late"))
    waiting, returned = states.count(State.SUBMITTED), states.count(State.RETURNED)
    came, approved = waiting + states.count(State.APPROVED), states.count(State.APPROVED)
    issued = paper if paper and paper.state == Document.State.ISSUED else None
    is_closed = period.state != "open" and not needs_close(period)
    steps = [
        _step("填报", period.as_of, sum(_is_filled(row) for row in rows), total, "家填完"),
        _step("签字", None, sum(bool(row["report"] and row["report"].signed_at) for row in rows), total, "家"),
        _step(
            "提交",
            period.effective_due_at,
            came,
            total,
            "家",
            f"逾期 {overdue} 家" if overdue else f"迟报 {late} 家" if late else "",
            "red",
        ),
        _step(
            "审核",
            None,
            approved,
            total,
            "家通过",
            "，".join(text for count, text in ((waiting, f"待审 {waiting}"), (returned, f"退回 {returned}")) if count),
            "amber",
        ),
        _step("全省平均", None, entered, expected, "项"),
        {"label": "封账", "day": period.closed_at, "is_done": is_closed, "word": "已封账" if is_closed else "未到"},
        {
            "label": "通报",
            "day": issued.issued_on if issued else None,
            "is_done": issued is not None,
            "word": issued.printed_number if issued else _paper_word(paper),
        },
    ]
    for nth, step in enumerate(steps, start=1):
        step["nth"] = nth
    # Once the month is closed nothing before the close is waited for: who was left out stays as it is.
    waited_for = steps[5:] if is_closed else steps
    current = next((step for step in waited_for if not step["is_done"]), None)
    if current:
        current["is_current"] = True
    return steps


def _paper_word(paper: Document | None) -> str:
    """How far the month's paper is that has no number yet."""
    if paper is None or paper.state == Document.State.VOID:
        return "未到"
    return "已核稿" if paper.state == Document.State.REVIEWED else "拟稿"


def _is_filled(row: dict) -> bool:
    """Tell whether a unit has nothing left to fill: no blank figure, or signed with the blanks it has."""
    return row["blank"] == 0 or row["state"] in (State.SIGNED, State.SUBMITTED, State.APPROVED)


def _step(label: str, day, done: int, total: int, unit: str, note: str = "", tone: str = "") -> dict:
    """Return a counted step; it is done when nobody is left."""
    return {
        "label": label,
        "day": day,
        "done": done,
        "total": total,
        "unit": unit,
        "note": note,
        "tone": tone,
        "is_done": bool(total) and done >= total,
    }


def _blockers(month: HomeMonth, entered: int, expected: int, paper: Document | None) -> dict:
    """Return what has to be settled before the close, and what only before the issue."""
    period = month.period
    pending = close_blockers(period)
    names: dict[str, list[str]] = {}
    # Those with most to do first, as in the list of units beside it.
    for reporter in sorted(pending, key=lambda row: ORDER_OF_STATES.index(row.state)):
        names.setdefault(reporter.state, []).append(reporter.name)
    groups = [{"state": state, "units": "、".join(units), "count": len(units)} for state, units in names.items()]
    code = [period.programme.code, period.code]
    return {
        "period": period,
        "is_open": needs_close(period),
        "groups": groups,
        "pending": len(pending),
        "missing_averages": expected - entered,
        "unexplained": sum(row["unexplained"] for row in month.rows),
        "paper": paper,
        "close_url": reverse("supervision:period-close", args=code),
        "benchmarks_url": reverse("supervision:benchmarks", args=code),
        "period_url": month.url,
    }


def _latest_paper(user: User) -> Document | None:
    """Return the newest issued paper the user may read, with its snapshot."""
    return (
        Document.objects.visible_to(user)
        .filter(state=Document.State.ISSUED, kind__in=Document.OF_PERIOD, snapshot__isnull=False)
        .select_related("series", "snapshot", "period__programme")
        .order_by("-period__ends_on", "-issued_at", "-id")
        .first()
    )


def place_panels(user: User) -> Iterator[Panel]:
    """Yield the county's last issued place; for leaders and inspectors the overall places."""
    access = access_of(user)
    if not access.has(*COUNTY_ROLES, Role.LEADER, Role.INSPECTOR, Role.SUPERVISOR):
        return
    paper = _latest_paper(user)
    if access.has(Role.LEADER, Role.INSPECTOR, Role.SUPERVISOR):
        context = {"paper": paper, "rows": _places(paper) if paper else []}
        yield Panel("main", "supervision/home/places.html", context | {"url": _ranking_url(paper)}, order=20)
        return
    if paper is None:
        return
    own = Participant.objects.filter(
        programme=paper.period.programme_id, region__in=access.region_ids(*COUNTY_ROLES)
    ).reporters()
    rows = [row for row in _places(paper) if row["unit"].participant_id in {unit.pk for unit in own}]
    if len(rows) == 1:
        context = {"paper": paper, "row": rows[0], "url": _ranking_url(paper)}
        yield Panel("fact", "supervision/home/place.html", context, order=30)


def _places(paper: Document) -> list[dict]:
    """Return the snapshot's ranked units by place, each with its indicators below the average. Two queries."""
    below = dict(
        SnapshotLine.objects.filter(snapshot=paper.snapshot_id, below_benchmark=True)
        .values_list("participant")
        .annotate(count=Count("pk"))
    )
    has_averages = SnapshotLine.objects.filter(~Q(below_benchmark=None), snapshot=paper.snapshot_id).exists()
    units = SnapshotUnit.objects.filter(snapshot=paper.snapshot_id, ranked=True, place__isnull=False)
    return [
        {"unit": unit, "below": below.get(unit.participant_id, 0) if has_averages else None}
        for unit in units.select_related("participant", "snapshot").order_by("place", "participant__order")
    ]


def _ranking_url(paper: Document | None) -> str:
    if paper is None:
        return ""
    return reverse("supervision:ranking", args=[paper.period.programme.code, paper.period.code])


def paper_panels(user: User) -> Iterator[Panel]:
    """Yield the last issued papers the user may read. One query."""
    access = access_of(user)
    overseeing = (Role.CITY_OFFICE, Role.LEADER, Role.INSPECTOR, Role.SUPERVISOR)
    if not access.has(*COUNTY_ROLES, *overseeing, Role.LEAD_AGENCY, Role.FILLER):
        return
    papers = Document.objects.visible_to(user).filter(state=Document.State.ISSUED).select_related("series")
    context = {"papers": list(papers.order_by("-issued_at", "-id")[:SHOWN_PAPERS])}
    yield Panel("side", "supervision/home/papers.html", context, order=90)


def paper_changes(user: User, since) -> Iterator[Change]:
    """Yield papers issued since. One query."""
    papers = (
        Document.objects.visible_to(user)
        .filter(state=Document.State.ISSUED, issued_at__gt=since)
        .exclude(issued_by=user)
        .select_related("series")
    )
    for paper in papers.order_by("-issued_at")[:SHOWN_PAPERS]:
        url = reverse("supervision:document-detail", args=[paper.pk])
        yield Change(paper.issued_at, f"印发{paper.printed_number} {paper.title}", url)
