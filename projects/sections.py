"""What the projects app offers to the registries: the figures part, its section, and what there is to do."""

from collections.abc import Iterator

from django.urls import reverse

from livelihood import registry
from livelihood.access import COUNTY_ROLES, OVERSEEING_ROLES, Role, access_of
from livelihood.formats import format_moment
from livelihood.models import User
from livelihood.registry import Action, Section, ToDo
from projects import home, parts, rights
from projects.figures_part import FiguresPart
from projects.models import Participant, Programme, Report, ReportingPeriod

State = Report.State


def register() -> None:
    """Fill navigation, to-do and report parts."""
    parts.register(FiguresPart())
    registry.register_section(
        Section(
            order=20,
            label="月报",
            url_name="projects:programme-list",
            visible=_takes_part,
            covers=("projects:period", "projects:report"),
        )
    )
    registry.register_action("report", "sheet", _sheet_actions)
    registry.register_to_do("reports", _report_to_do)
    registry.register_to_do("review", _review_to_do)
    registry.register_panel("month", home.month_panels)
    registry.register_changes("reports", home.report_changes)
    registry.register_changes("figures", home.figure_changes)
    registry.register_changes("periods", home.period_changes)


def _sheet_actions(user: User, report: Report) -> Iterator[Action]:
    """Offer the report as a workbook to whoever sees it, and the upload to who may fill all of it."""
    if report.participant is None:
        return
    yield Action("下载表格", reverse("projects:report-template", args=[report.pk]), order=10)
    if rights.fill_scope(user, report).everything:
        yield Action("导入表格", reverse("projects:report-import", args=[report.pk]), order=20)


def _takes_part(user: User) -> bool:
    """Tell whether the user has anything to do with monthly reports."""
    return access_of(user).has(*OVERSEEING_ROLES, *COUNTY_ROLES, Role.FILLER, Role.LEAD_AGENCY)


def _report_to_do(user: User) -> Iterator[ToDo]:
    """Yield what the user has to fill, sign and submit: open periods, and reports returned after the close."""
    access = access_of(user)
    if not access.has(*COUNTY_ROLES, Role.FILLER, Role.LEAD_AGENCY, Role.CITY_OFFICE):
        return
    reports = {(row.period_id, row.participant_id or -row.agency_id): row for row in _reports(user)}
    for period in ReportingPeriod.objects.visible_to(user).open().select_related("programme"):
        if period.programme.reporting_by == Programme.ReportingBy.PARTICIPANT:
            for unit in _units(user, period):
                key = (period.pk, unit.pk)
                reports.setdefault(key, Report(period=period, participant=unit))
    for report in reports.values():
        yield from _steps(report, user)


def _reports(user: User):
    """Return reports that may still move: of open periods, or returned and on their way in a closed one."""
    return (
        Report.objects.visible_to(user)
        .exclude(state=State.APPROVED)
        .exclude(period__state__in=["closed", "issued"], state=State.DRAFT)
        .exclude(participant__kind=Participant.Kind.WHOLE)
        .select_related("period__programme", "participant", "agency")
    )


def _units(user: User, period: ReportingPeriod):
    """Return the units whose report the user fills and which may have none yet."""
    access = access_of(user)
    units = Participant.objects.visible_to(user).filter(programme=period.programme).active_on(period.ends_on)
    reported = Report.objects.filter(period=period, participant__isnull=False).values("participant")
    if not access.has(*COUNTY_ROLES, Role.FILLER):
        return units.filter(kind=Participant.Kind.OWN).exclude(pk__in=reported)
    return units.reporters().exclude(pk__in=reported)


def _steps(report: Report, user: User) -> Iterator[ToDo]:
    """Yield the one thing the user has to do with a report, if there is one."""
    held = rights.parts_in(user, report)
    period, unit = report.period, report.participant or report.agency
    url = (
        reverse("projects:report-detail", args=[report.pk])
        if report.pk
        else reverse("projects:period-detail", args=[period.programme.code, period.code])
    )
    name = f"{period.label}月报"
    if "office" in held and not held & {"clerk", "head"}:
        return
    grace = f"{format_moment(period.due_at)} 截止"
    if period.grace_hours:
        grace += f"，宽限至 {format_moment(period.deadline)}"
    shared = {"url": url, "due_at": period.deadline}
    if report.state == State.RETURNED and held:
        yield ToDo(
            label=f"改正退回的{name}", action="去修改", is_urgent=True, note=f"{unit}：{report.return_reason}", **shared
        )
    elif report.state == State.DRAFT and held & {"clerk", "filler", "head"}:
        only_head = "head" in held and "clerk" not in held
        yield ToDo(
            label=f"核对并签字{name}" if only_head else f"填报{name}",
            action="去核对" if only_head else "去填报",
            note="，".join(filter(None, [str(unit), grace])),
            **shared,
        )
    elif report.state == State.SIGNED and held & rights.VERB_ROLES["submit"]:
        yield ToDo(
            label=f"提交{name}", action="去提交", is_urgent=True, note=f"{unit}已签字，还没有提交。{grace}", **shared
        )


def _review_to_do(user: User) -> Iterator[ToDo]:
    """Yield, per period, how many reports wait for the city office and how many have not come after the deadline."""
    regions = access_of(user).region_ids(Role.CITY_OFFICE)
    if not regions:
        return
    rows = Report.objects.filter(period__programme__owner__in=regions).exclude(participant__kind=Participant.Kind.WHOLE)
    waiting = {}
    for report in rows.filter(state=State.SUBMITTED).select_related("period__programme", "participant", "agency"):
        waiting.setdefault(report.period, []).append(report)
    for period, reports in waiting.items():
        yield ToDo(
            label=f"审核{period.label}月报 {len(reports)} 份",
            url=reverse("projects:period-detail", args=[period.programme.code, period.code]),
            action="去审核",
            is_urgent=True,
            note=_names(reports),
        )
    missing = {}
    pending = (
        rows.filter(period__state=ReportingPeriod.State.OPEN)
        .exclude(state__in=Report.COUNTED)
        # The own level's is the office's own to fill, which is an entry of its own.
        .exclude(participant__kind=Participant.Kind.OWN)
    )
    for report in pending.select_related("period__programme", "participant", "agency"):
        missing.setdefault(report.period, []).append(report)
    for period, reports in missing.items():
        yield ToDo(
            label=f"催报{period.label}月报",
            url=reverse("projects:period-detail", args=[period.programme.code, period.code]),
            action="去看看",
            due_at=period.deadline,
            note=f"还有 {len(reports)} 家没有报：{_names(reports)}",
        )


def _names(reports: list[Report]) -> str:
    """Return the reporters' names, the first ten of them."""
    names = [str(report.participant or report.agency) for report in reports]
    return "、".join(names[:10]) + ("等" if len(names) > 10 else "")
