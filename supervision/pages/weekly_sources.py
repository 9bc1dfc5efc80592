"""What 周调度 shows: milestones, dated tasks, returns, checks, letters, 整改 and objections that are due; what moved.

Each source takes a constant number of queries and looks through the scope that its own pages have.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils import timezone

from livelihood.access import is_city_office
from livelihood.formats import format_place
from projects.dated_tasks import dated_tasks_of
from projects.milestones import milestones_on
from projects.models import Figure, FigureRevision, Indicator, Milestone, Participant, Report, ReportApproval
from supervision.models import (
    Check,
    Disclosure,
    DisclosureObjection,
    Document,
    Rectification,
    SupervisionLetter,
)
from supervision.pages.weekly import FORTNIGHT, Asked, Item, register_due, register_moved, register_standing
from supervision.rectification.findings import slow_on

#: A milestone's cell that waits: past its day, without a figure past its day, or near it.
WAITING = ("missed", "not_reported", "due_soon")


def register() -> None:
    """Offer all of them."""
    register_due("milestones", milestones_due)
    register_due("tasks", tasks_due)
    register_due("returns", returns_due)
    register_due("checks", checks_due)
    register_due("letters", letters_due)
    register_due("rectifications", rectifications_due)
    register_due("objections", objections_due)
    register_standing("findings", findings_standing)
    register_moved("figures", figures_moved)
    register_moved("reports", reports_moved)
    register_moved("papers", papers_moved)
    register_moved("places", places_moved)
    register_moved("letters", letters_moved)
    register_moved("rectifications", rectifications_moved)


def milestones_due(asked: Asked) -> Iterator[Item]:
    """One line per milestone that units have not attained, with their names. Four queries."""
    found = milestones_on(asked.programme, asked.day, reader=asked.reader, soon_days=FORTNIGHT)
    waiting = defaultdict(set)
    for (milestone, participant), cell in found.cells.items():
        if cell["status"] in WAITING:
            waiting[milestone].add(participant)
    if not waiting:
        return
    names = {
        row.pk: row.printed_name
        for row in asked.programme.participants.exclude(kind=Participant.Kind.WHOLE).order_by("order", "id")
    }
    url = f"{reverse('projects:milestone-list', args=[asked.programme.code])}?day={asked.day}"
    rows = Milestone.objects.filter(pk__in=waiting).select_related(
        "indicator__sub_project__project", "indicator__sub_project__lead_agency"
    )
    for row in rows:
        units = tuple(name for pk, name in names.items() if pk in waiting[row.pk] and _is_own(asked, row.indicator, pk))
        if not units:
            continue
        sub_project = row.indicator.sub_project
        yield Item(
            row.due_on,
            "节点",
            f"{sub_project.project.name} {row.indicator.name}：{row.text or row.required}",
            url,
            units,
            _agency(sub_project.lead_agency),
            f"{len(units)}个单位未达到" if row.due_on < asked.day else f"{len(units)}个单位还没有达到",
        )


def _is_own(asked: Asked, indicator: Indicator, participant_id: int) -> bool:
    """Tell whether the week of the reader has to do with the unit's line: published ones of others are not theirs."""
    reader = asked.reader
    return (
        reader.everything
        or indicator.sub_project_id in reader.led
        or participant_id in reader.own
        or (participant_id, indicator.sub_project_id) in reader.filled
    )


def tasks_due(asked: Asked) -> Iterator[Item]:
    """限期任务 not done. One query."""
    url = f"{reverse('projects:milestone-list', args=[asked.programme.code])}?day={asked.day}"
    tasks = dated_tasks_of(asked.programme, asked.user, asked.reader).filter(due_on__lte=asked.until)
    for task in tasks.filter(Q(done_on__isnull=True) | Q(done_on__gt=asked.day)):
        agency = task.agency or task.sub_project.lead_agency
        units = (task.participant.printed_name,) if task.participant else ()
        yield Item(task.due_on, "限期任务", task.text, url, units, _agency(agency), task.printed_due)


def returns_due(asked: Asked) -> Iterator[Item]:
    """Reports of open periods that are not submitted yet, on the day they are due. One query."""
    reports = Report.objects.visible_to(asked.user).filter(
        period__programme=asked.programme, period__state="open", state__in=("draft", "signed", "returned")
    )
    for report in reports.exclude(participant__kind=Participant.Kind.WHOLE).select_related(
        "period", "participant", "agency"
    ):
        day = timezone.localdate(report.period.deadline)
        note = "已退回，待改" if report.state == "returned" else report.get_state_display()
        yield Item(
            day,
            "报送",
            f"{report.period.label}{'月报' if report.period.kind == 'month' else '周报'}",
            reverse("projects:report-detail", args=[report.pk]),
            (report.participant.printed_name,) if report.participant else (),
            _agency(report.agency),
            note,
        )


def checks_due(asked: Asked) -> Iterator[Item]:
    """核对 that nobody has answered, of months not issued yet. One query."""
    checks = (
        Check.objects.visible_to(asked.user)
        .current()
        .filter(snapshot__period__programme=asked.programme, snapshot__period__state="closed", state="waiting")
    )
    for check in checks.filter(due_on__lte=asked.until).select_related("snapshot__period", "participant", "agency"):
        yield Item(
            check.due_on,
            "核对",
            f"{check.snapshot.period.label}通报核对",
            reverse("supervision:check-detail", args=[check.pk]),
            (check.participant.printed_name,) if check.participant else (),
            _agency(check.agency),
        )


def letters_due(asked: Asked) -> Iterator[Item]:
    """督办函 that wait for an answer; answered ones wait for the office alone. One query."""
    letters = SupervisionLetter.objects.visible_to(asked.user).open().filter(period__programme=asked.programme)
    if not is_city_office(asked.user, asked.programme.owner_id):
        letters = letters.filter(state=SupervisionLetter.State.ISSUED)
    for letter in letters.filter(deadline__lte=asked.until).select_related("document__series", "participant", "agency"):
        yield Item(
            letter.deadline,
            "督办函",
            letter.matter,
            reverse("supervision:letter-detail", args=[letter.pk]),
            (letter.participant.printed_name,) if letter.participant else (),
            _agency(letter.agency),
            "已反馈，待审阅" if letter.state == SupervisionLetter.State.REPLIED else letter.get_state_display(),
        )


def rectifications_due(asked: Asked) -> Iterator[Item]:
    """整改 not 销号; what is reported as done waits for the office alone. One query."""
    rows = Rectification.objects.visible_to(asked.user).unfinished().filter(programme=asked.programme)
    if not is_city_office(asked.user, asked.programme.owner_id):
        rows = rows.exclude(state=Rectification.State.REPORTED)
    for row in rows.filter(deadline__lte=asked.until).with_names():
        yield Item(
            row.deadline,
            "整改",
            f"{row.seq}号 {_about(row)}",
            reverse("supervision:rectification-detail", args=[row.pk]),
            (row.participant.printed_name,) if row.participant else (),
            _agency(row.agency),
            row.get_state_display(),
        )


def findings_standing(asked: Asked) -> Iterator[Item]:
    """Slow entries: what a visit found and nobody has 销号, under its reason type. One query."""
    for entry in slow_on(asked.programme, asked.day, asked.user):
        item = entry.item
        url = (
            reverse("supervision:rectification-detail", args=[item.pk])
            if item
            else reverse("supervision:inspection-detail", args=[entry.inspection])
        )
        project = f"{entry.project.seq} {entry.project.name}：" if entry.project else ""
        yield Item(
            entry.since,
            "、".join(entry.reasons),
            f"{project}{entry.problem[:60]}",
            url,
            (entry.participant.printed_name,),
            _agency(item.agency if item else None),
            f"整改{item.seq}号 {item.get_state_display()}" if item else "没有列入整改",
        )


def objections_due(asked: Asked) -> Iterator[Item]:
    """公示异议 without an answer, and the end of the days objections are taken: the office's own. Two queries."""
    if not is_city_office(asked.user, asked.programme.owner_id):
        return
    waiting = DisclosureObjection.objects.waiting().filter(
        disclosure__document__period__programme=asked.programme, due_on__lte=asked.until
    )
    for row in waiting.select_related("participant", "project"):
        yield Item(
            row.due_on,
            "公示异议",
            f"异议{row.nth}：{row.text[:60]}",
            reverse("supervision:objection-detail", args=[row.pk]),
            (row.participant.printed_name,) if row.participant else (),
        )
    standing = Disclosure.objects.standing().filter(
        document__period__programme=asked.programme, closes_on__range=(asked.day, asked.until)
    )
    for row in standing.select_related("document__period").defer("content"):
        url = reverse("supervision:disclosure-detail", args=[row.pk])
        yield Item(row.closes_on, "公示", f"{row.document.period.label}公示期满", url)


def figures_moved(asked: Asked) -> Iterator[Item]:
    """How many figures of a report changed, on the day of the last of them. One query."""
    begin, end = _moments(asked)
    visible = Figure.objects.filter(period__programme=asked.programme)
    if not asked.reader.everything:
        own = Q(participant__in=asked.reader.own) | Q(indicator__sub_project__in=asked.reader.led)
        visible = visible.filter(own)
    rows = (
        FigureRevision.objects.filter(figure__in=visible, changed_at__gt=begin, changed_at__lte=end)
        .exclude(figure__participant__kind=Participant.Kind.WHOLE)
        .values(
            "figure__report",
            "figure__participant__printed_name",
            "figure__period__ends_on",
            "figure__report__agency__name",
        )
        .annotate(figures=Count("figure", distinct=True), last=Max("changed_at"))
        .order_by()
    )
    for row in rows:
        agency = row["figure__report__agency__name"]
        yield Item(
            timezone.localdate(row["last"]),
            "填报",
            f"{row['figure__period__ends_on'].month}月数据填报或修改 {row['figures']} 格",
            reverse("projects:report-detail", args=[row["figure__report"]]),
            (row["figure__participant__printed_name"],),
            (agency,) if agency else (),
        )


def reports_moved(asked: Asked) -> Iterator[Item]:
    """Reports submitted, approved, returned. Two queries."""
    begin, end = _moments(asked)
    reports = (
        Report.objects.visible_to(asked.user)
        .filter(period__programme=asked.programme)
        .exclude(participant__kind=Participant.Kind.WHOLE)
    )
    related = ("period", "participant", "agency")
    for report in reports.filter(submitted_at__gt=begin, submitted_at__lte=end).select_related(*related):
        yield _report_item(report, report.submitted_at, "提交")
    verdicts = ReportApproval.objects.filter(
        report__in=reports.values("pk"), decided_at__gt=begin, decided_at__lte=end
    ).select_related(*(f"report__{name}" for name in related))
    for verdict in verdicts:
        yield _report_item(verdict.report, verdict.decided_at, verdict.get_verdict_display())


def _report_item(report: Report, moment: datetime.datetime, word: str) -> Item:
    return Item(
        timezone.localdate(moment),
        "报送",
        f"{report.period.label}{'月报' if report.period.kind == 'month' else '周报'}{word}",
        reverse("projects:report-detail", args=[report.pk]),
        (report.participant.printed_name,) if report.participant else (),
        _agency(report.agency),
    )


def papers_moved(asked: Asked) -> Iterator[Item]:
    """Papers issued. One query."""
    papers = Document.objects.visible_to(asked.user).filter(
        period__programme=asked.programme,
        kind__in=Document.OF_PERIOD,
        state=Document.State.ISSUED,
        issued_on__gt=asked.since,
        issued_on__lte=asked.day,
    )
    for paper in papers.select_related("series__agency").defer("content"):
        url = reverse("supervision:document-detail", args=[paper.pk])
        yield Item(paper.issued_on, "印发", f"{paper.printed_number}《{paper.title}》", url)


def places_moved(asked: Asked) -> Iterator[Item]:
    """Places won or lost in the snapshot behind a paper issued meanwhile. Two queries."""
    papers = Document.objects.visible_to(asked.user).filter(
        period__programme=asked.programme,
        kind__in=Document.OF_PERIOD,
        state=Document.State.ISSUED,
        snapshot__isnull=False,
        issued_on__gt=asked.since,
        issued_on__lte=asked.day,
    )
    paper = papers.select_related("period", "snapshot").defer("content").order_by("-period__ends_on", "-pk").first()
    if paper is None:
        return
    period = paper.period
    moved = paper.snapshot.units.filter(ranked=True, place__isnull=False).exclude(place_change=0)
    for row in moved.exclude(place_change__isnull=True).select_related("participant").order_by("place"):
        yield Item(
            paper.issued_on,
            "位次",
            f"{period.label}综合排名{format_place(row.previous_place)}→{format_place(row.place)}",
            reverse("supervision:participant", args=[asked.programme.code, period.code, row.participant.code]),
            (row.participant.printed_name,),
        )


def letters_moved(asked: Asked) -> Iterator[Item]:
    """督办函 issued or 销号. One query."""
    begin, end = _moments(asked)
    letters = SupervisionLetter.objects.visible_to(asked.user).filter(period__programme=asked.programme)
    issued = Q(document__issued_on__gt=asked.since, document__issued_on__lte=asked.day)
    closed = Q(closed_at__gt=begin, closed_at__lte=end)
    for letter in letters.filter(issued | closed).select_related("document", "participant", "agency"):
        units = (letter.participant.printed_name,) if letter.participant else ()
        url = reverse("supervision:letter-detail", args=[letter.pk])
        is_closed = letter.closed_at is not None and begin < letter.closed_at <= end
        day = timezone.localdate(letter.closed_at) if is_closed else letter.document.issued_on
        yield Item(
            day, "督办函", f"{letter.matter}：{'已销号' if is_closed else '印发'}", url, units, _agency(letter.agency)
        )


def rectifications_moved(asked: Asked) -> Iterator[Item]:
    """整改 opened or 销号. One query."""
    begin, end = _moments(asked)
    rows = Rectification.objects.visible_to(asked.user).filter(programme=asked.programme)
    opened = Q(opened_at__gt=begin, opened_at__lte=end)
    closed = Q(closed_at__gt=begin, closed_at__lte=end)
    for row in rows.filter(opened | closed).with_names():
        is_closed = row.closed_at is not None and begin < row.closed_at <= end
        yield Item(
            timezone.localdate(row.closed_at if is_closed else row.opened_at),
            "整改",
            f"{row.seq}号{'销号' if is_closed else '开立'}：{_about(row)}",
            reverse("supervision:rectification-detail", args=[row.pk]),
            (row.participant.printed_name,) if row.participant else (),
            _agency(row.agency),
        )


def _about(item: Rectification) -> str:
    """Return an item in short: its problem, of what minutes demand the task."""
    return (item.task if item.interview_id and item.task else item.problem)[:60]


def _agency(agency) -> tuple[str, ...]:
    return (agency.name,) if agency else ()


def _moments(asked: Asked) -> tuple[datetime.datetime, datetime.datetime]:
    """Return the ends of the days asked for: after the first, up to the second."""
    return tuple(
        timezone.make_aware(datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time()))
        for day in (asked.since, asked.day)
    )
