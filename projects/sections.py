"""What the projects app offers to the registries: the figures part, its section, and what there is to do."""

from collections.abc import Iterator

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from livelihood import registry
from livelihood.access import COUNTY_ROLES, OVERSEEING_ROLES, Role, access_of, is_city_office, oversees
from livelihood.formats import format_moment
from livelihood.models import Job, User
from livelihood.registry import Action, JobPage, Section, ToDo
from projects import home, home_workflow, parts, rights
from projects.bureaus import last_reminders
from projects.catalogue_page import programme_actions
from projects.dated_tasks import dated_task_to_do
from projects.figures_part import FiguresPart
from projects.lineage import has_lineage
from projects.matrix_page import first_matrix
from projects.milestone_page import has_plan
from projects.models import LeadObjection, Participant, PeriodReopening, Programme, Report, ReportingPeriod
from projects.opinions import leading_agencies, opinions_due
from projects.period_opening import opening_actions
from projects.readiness import readiness_to_do, register_checks
from projects.readiness_checks import catalogue_checks
from projects.report_page import options_query
from projects.rollover_checks import rollover_checks
from projects.services import uploads

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
            covers=(
                "projects:period",
                "projects:report",
                "projects:cross-rule",
                "projects:project-matrix",
                "projects:import",
                "projects:catalogue",
                "projects:programme",
                "projects:target",
                "projects:milestone",
                "projects:participant",
                "projects:readiness",
                "projects:schedule",
                "projects:calendar",
                "projects:rollover",
                "projects:lineage",
                "projects:dated-task",
            ),
        )
    )
    registry.register_section(
        Section(
            order=15,
            label="填报审核",
            url_name="projects:review-latest",
            visible=_oversees,
            badge=_waiting,
            covers=("projects:review", "projects:report-review", "projects:discipline"),
        )
    )
    registry.register_action("report", "sheet", _sheet_actions)
    registry.register_job(uploads.READ_JOB, uploads.run_read_job, may_cancel=True)
    registry.register_job_page(uploads.READ_JOB, _read_page)
    registry.register_action("period", "import", _import_actions)
    registry.register_action("programme", "catalogue", programme_actions)
    registry.register_action("period", "cross_rules", _cross_rule_actions)
    registry.register_action("period", "milestones", _milestone_actions)
    registry.register_action("period", "matrix", _matrix_actions)
    registry.register_action("period", "workflow", _period_actions)
    registry.register_action("programme", "year", _programme_actions)
    registry.register_action("programme", "opening", opening_actions)
    register_checks("catalogue", catalogue_checks, order=10)
    register_checks("rollover", rollover_checks, order=15)
    registry.register_to_do("readiness", readiness_to_do)
    registry.register_to_do("reports", _report_to_do)
    registry.register_to_do("review", _review_to_do)
    registry.register_to_do("opinions", _opinion_to_do)
    registry.register_to_do("dated_tasks", dated_task_to_do)
    registry.register_panel("month", home.month_panels)
    registry.register_changes("reports", home.report_changes)
    registry.register_changes("figures", home.figure_changes)
    registry.register_changes("periods", home.period_changes)
    registry.register_changes("workflow", home_workflow.workflow_changes)


def _sheet_actions(user: User, report: Report) -> Iterator[Action]:
    """Offer the report as a workbook to whoever sees it, and the upload to who may fill all of it."""
    yield Action("导出", reverse("projects:report-export", args=[report.pk]) + options_query(report, "show"), order=30)
    yield Action("下载表格", reverse("projects:report-template", args=[report.pk]), order=10)
    if rights.fill_scope(user, report).everything:
        yield Action("导入表格", reverse("projects:report-import", args=[report.pk]), order=20)


def _import_actions(user: User, period: ReportingPeriod) -> Iterator[Action]:
    """Offer the upload of several units' workbooks to the city office."""
    programme = period.programme
    if period.state == "open" and is_city_office(user, programme.owner_id):
        by_agency = programme.reporting_by == Programme.ReportingBy.AGENCY
        label = "导入各部门表格" if by_agency else "导入各单位表格"
        yield Action(label, reverse("projects:period-import", args=[programme.code, period.code]), order=8)


def _read_page(job: Job) -> JobPage:
    """Call a reading by what it is, and lead to what was understood."""
    url = reverse("projects:import-detail", args=[job.payload["upload"]])
    return JobPage(title="读取上传的表格", url=url, link="去核对")


def _matrix_actions(user: User, period: ReportingPeriod) -> Iterator[Action]:
    """Offer a month by project, over all units, to the city office and to lead agencies."""
    if project := first_matrix(user, period.programme):
        url = reverse("projects:project-matrix", args=[period.programme.code, period.code, project.seq])
        programme = period.programme
        fills = is_city_office(user, programme.owner_id) or programme.reporting_by == Programme.ReportingBy.AGENCY
        yield Action("按项目填报" if fills else "按项目看", url, order=5)


def _cross_rule_actions(user: User, period: ReportingPeriod) -> Iterator[Action]:
    """Offer the relations the period's figures are held against to whoever sees all of it."""
    if oversees(user, period.programme.owner_id):
        yield Action("勾稽关系", reverse("projects:cross-rule-list", args=[period.programme.code]), order=80)


def _milestone_actions(user: User, period: ReportingPeriod) -> Iterator[Action]:
    """Offer the year's dates to whoever sees the month: where there are any, and to the office, which sets them."""
    programme = period.programme
    if is_city_office(user, programme.owner_id) or has_plan(programme):
        url = reverse("projects:milestone-list", args=[programme.code])
        in_its_year = period.as_of.year == programme.year
        yield Action("节点", f"{url}?day={period.as_of}" if in_its_year else url, order=25)


def _programme_actions(user: User, programme: Programme) -> Iterator[Action]:
    """Offer the year's units to whoever sees the programme, and to the office what is missing before it opens."""
    yield Action("考核单位", reverse("projects:participant-list", args=[programme.code]), order=5)
    if is_city_office(user, programme.owner_id) and programme.opened_at is None:
        yield Action("开启前检查", reverse("projects:readiness", args=[programme.code]), order=1)
    if has_lineage(programme):
        yield Action("沿革", reverse("projects:lineage", args=[programme.code]), order=85)
    if is_city_office(user, programme.owner_id) and programme.opened_at is not None:
        yield Action("转入下一年", reverse("projects:rollover", args=[programme.code]), order=90)


def _takes_part(user: User) -> bool:
    """Tell whether the user has anything to do with monthly reports."""
    return access_of(user).has(*OVERSEEING_ROLES, *COUNTY_ROLES, Role.FILLER, Role.LEAD_AGENCY)


def _oversees(user: User) -> bool:
    """Tell whether the user looks over every unit's report."""
    return access_of(user).has(*OVERSEEING_ROLES)


def _waiting(user: User) -> int:
    """Return how many reports wait for the user's verdict; counted in the database, for the bar of every page."""
    if hasattr(user, "_waiting_reports"):
        return len(user._waiting_reports)
    reports = _submitted(user)
    return 0 if reports is None else reports.count()


def _waiting_reports(user: User) -> list[Report]:
    """Return the submitted reports of the user's office; kept on the user object for the bar of the same page."""
    if not hasattr(user, "_waiting_reports"):
        reports = _submitted(user)
        related = ("period__programme", "participant", "agency")
        user._waiting_reports = [] if reports is None else list(reports.select_related(*related))
    return user._waiting_reports


def _submitted(user: User):
    """Return the submitted reports a verdict can still be given on by the user's office, None for who has none.

    What was left out of a closed month waits for nobody, unless a reopening covers its reporter.
    """
    regions = access_of(user).region_ids(Role.CITY_OFFICE)
    if not regions:
        return None
    reopened = PeriodReopening.objects.filter(period=OuterRef("period"), ended_at__isnull=True)
    reports = Report.objects.filter(period__programme__owner__in=regions, state=State.SUBMITTED).filter(
        Q(period__state=ReportingPeriod.State.OPEN)
        | Q(Exists(reopened.filter(participants=OuterRef("participant"))))
        | Q(Exists(reopened), participant__isnull=True)
    )
    return reports.exclude(participant__kind=Participant.Kind.WHOLE)


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
    reminders: dict[int, dict] = {}
    for report in reports.values():
        if report.period_id not in reminders:
            reminders[report.period_id] = last_reminders(report.period)
        yield from _steps(report, user, reminders[report.period_id])


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


def _steps(report: Report, user: User, reminders: dict) -> Iterator[ToDo]:
    """Yield the one thing the user has to do with a report, if there is one."""
    held = rights.parts_in(user, report)
    period, unit = report.period, report.participant or report.agency
    name = period.report_label
    if "office" in held and not held & {"clerk", "head"}:
        return
    shared = {"url": _report_url(report), "due_at": period.deadline}
    if held == {"filler"}:
        yield from _bureau_steps(report, user, shared)
        return
    reminder = reminders.get((report.participant_id, report.agency_id))
    urged = [reminder.words.rstrip("。")] if reminder else []
    if report.state == State.RETURNED and held:
        note = "，".join([f"{unit}：{report.return_reason}", *urged])
        yield ToDo(label=f"改正退回的{name}", action="去修改", is_urgent=True, note=note, **shared)
    elif report.state == State.DRAFT and held & {"clerk", "head"}:
        only_head = "head" in held and "clerk" not in held
        yield ToDo(
            label=f"核对并签字{name}" if only_head else f"填报{name}",
            action="去核对" if only_head else "去填报",
            is_urgent=bool(urged),
            note="，".join(filter(None, [*urged, str(unit), _unsigned(report, user), _grace(period)])),
            **shared,
        )
    elif report.state == State.SIGNED and held & rights.VERB_ROLES["submit"]:
        note = "，".join([*urged, f"{unit}已签字，还没有提交", _grace(period)])
        yield ToDo(label=f"提交{name}", action="去提交", is_urgent=True, note=note, **shared)


def _bureau_steps(report: Report, user: User, shared: dict) -> Iterator[ToDo]:
    """Yield what each of a filler's bureaus has left: blanks, returned cells, its signature."""
    if report.state not in Report.EDITABLE:
        return
    own = access_of(user).agency_ids(Role.FILLER)
    name = report.period.report_label
    for row in home.home_bureaus(user, report):
        if row.agency.pk not in own or not row.is_outstanding:
            continue
        left = [f"{count} 格{word}" for count, word in ((row.blank, "空"), (row.returned, "退回")) if count]
        signing = "签字之后有改动，等您重新签字" if row.state == "stale" else "等您签字"
        label = f"改正退回的{name}" if row.returned else f"填报{name}" if row.blank else f"签字{name}"
        yield ToDo(
            label=label,
            action="去签字" if not left else "去修改" if row.returned else "去填报",
            is_urgent=bool(row.returned or row.last_reminder),
            note="，".join(
                [
                    *([row.last_reminder.words.rstrip("。")] if row.last_reminder else []),
                    f"{report.participant}·{row.agency}：" + ("、".join(left) if left else "已填齐"),
                    signing,
                    _grace(report.period),
                ]
            ),
            **shared,
        )


def _report_url(report: Report) -> str:
    """Return the report's page, or where it is begun."""
    if report.pk:
        return reverse("projects:report-detail", args=[report.pk])
    return reverse("projects:period-detail", args=[report.period.programme.code, report.period.code])


def _grace(period: ReportingPeriod) -> str:
    """Return the deadline with its grace, or where an outage has moved it."""
    if period.is_extended:
        return f"因停机截止顺延至 {format_moment(period.deadline)}"
    words = f"{format_moment(period.due_at)} 截止"
    return words + (f"，宽限至 {format_moment(period.deadline)}" if period.grace_hours else "")


def _unsigned(report: Report, user: User) -> str:
    """Return how many bureaus have not signed, and the first of them."""
    names = [row.agency.name for row in home.home_bureaus(user, report) if row.is_outstanding]
    if not names:
        return ""
    return f"部门未签 {len(names)} 个：{'、'.join(names[:3])}" + ("等" if len(names) > 3 else "")


def _opinion_to_do(user: User) -> Iterator[ToDo]:
    """Yield, per open month, how many reports wait for the lead agency, and how many objections for the office."""
    for period, count in opinions_due(user).items():
        yield ToDo(
            label=f"确认{period.report_label} {count} 份",
            url=reverse("projects:period-opinions", args=[period.programme.code, period.code]),
            action="去确认",
            note="您牵头的项目，核对后确认，或提异议；不挡审核",
        )
    offices = access_of(user).region_ids(Role.CITY_OFFICE)
    if not offices:
        return
    rows = LeadObjection.objects.filter(
        settled_at__isnull=True, report__period__programme__owner__in=offices, report__period__state="open"
    )
    counts = dict(rows.values_list("report__period").annotate(count=Count("pk")).order_by())
    for period in ReportingPeriod.objects.filter(pk__in=counts).select_related("programme"):
        yield ToDo(
            label=f"处理{period.label}牵头部门异议 {counts[period.pk]} 条",
            url=reverse("projects:period-opinions", args=[period.programme.code, period.code]),
            action="去处理",
        )


def _period_actions(user: User, period: ReportingPeriod) -> Iterator[Action]:
    """Offer 确认与异议 to lead agencies and those who oversee, and 停机记录 to the city office."""
    programme = period.programme
    if programme.reporting_by == Programme.ReportingBy.PARTICIPANT and (
        oversees(user, programme.owner_id) or leading_agencies(programme, user)
    ):
        yield Action("确认与异议", reverse("projects:period-opinions", args=[programme.code, period.code]), order=20)
    if is_city_office(user, programme.owner_id) and period.state == ReportingPeriod.State.OPEN:
        yield Action("停机记录", reverse("projects:period-outage", args=[programme.code, period.code]), order=30)


def _review_to_do(user: User) -> Iterator[ToDo]:
    """Yield, per period, how many reports wait for the city office and how many have not come after the deadline."""
    regions = access_of(user).region_ids(Role.CITY_OFFICE)
    if not regions:
        return
    rows = (
        Report.objects.in_force()
        .filter(period__programme__owner__in=regions)
        .exclude(participant__kind=Participant.Kind.WHOLE)
    )
    waiting = {}
    for report in _waiting_reports(user):
        waiting.setdefault(report.period, []).append(report)
    for period, reports in waiting.items():
        yield ToDo(
            label=f"审核{period.report_label} {len(reports)} 份",
            url=reverse("projects:review-matrix", args=[period.programme.code, period.code]),
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
            label=f"催报{period.report_label}",
            url=reverse("projects:review-matrix", args=[period.programme.code, period.code]),
            action="去看看",
            due_at=period.deadline,
            note=f"还有 {len(reports)} 家没有报：{_names(reports)}",
        )


def _names(reports: list[Report]) -> str:
    """Return the reporters' names, the first ten of them."""
    names = [str(report.participant or report.agency) for report in reports]
    return "、".join(names[:10]) + ("等" if len(names) > 10 else "")
