"""What the supervision app offers to the registries."""

from django.urls import reverse

from livelihood.access import Role, access_of, is_city_office, oversees
from livelihood.models import Job, User
from livelihood.registry import (
    Action,
    JobPage,
    Section,
    ToDo,
    register_action,
    register_changes,
    register_job,
    register_job_page,
    register_panel,
    register_section,
    register_to_do,
    register_why,
)
from projects.models import Programme, ReportingPeriod
from projects.readiness import register_checks
from supervision.readiness import target_checks
from supervision.why_links import WhyLinks


def register() -> None:
    """Fill navigation, to-do and jobs."""
    from supervision import home
    from supervision.pages import weekly_sources
    from supervision.services import closing, documents
    from supervision.to_do import checks, disclosure, letters, papers, rectification

    register_job(closing.CLOSE_JOB, closing.run_close_job)
    register_job(documents.RENDER_JOB, documents.run_render_job)
    register_section(
        Section(
            order=40,
            label="排名与进度",
            url_name="supervision:ranking-latest",
            visible=_sees_papers,
            covers=(
                "supervision:ranking",
                "supervision:indicator",
                "supervision:benchmarks",
                "supervision:scheme",
                "supervision:marks",
                "supervision:why",
                "supervision:participant",
                "supervision:plausibility",
                "supervision:outlook",
                "supervision:project",
                "supervision:provincial",
            ),
        )
    )
    register_section(
        Section(
            order=50,
            label="通报公文",
            url_name="supervision:document-list",
            visible=_sees_papers,
            covers=(
                "supervision:document",
                "supervision:receipt",
                "supervision:series",
                "supervision:external",
                "supervision:paper",
                "supervision:bulletin",
                "supervision:period-close",
                "supervision:check",
                "supervision:disclosure",
                "supervision:objection",
            ),
        )
    )
    register_section(
        Section(
            order=60,
            label="督办整改",
            url_name="supervision:oversight",
            visible=_sees_papers,
            covers=(
                *("supervision:oversight", "supervision:letter", "supervision:weekly"),
                *("supervision:rectification", "supervision:inspection", "supervision:interview"),
            ),
        )
    )
    register_job_page(closing.CLOSE_JOB, _close_page)
    register_job_page(documents.RENDER_JOB, _render_page)
    disclosure.register()
    weekly_sources.register()
    register_action("period", "close", _close_action)
    register_action("period", "benchmarks", _benchmarks_action)
    register_checks("targets", target_checks, order=20)
    register_action("period", "marks", _marks_action)
    register_action("period", "plausibility", _plausibility_action)
    register_action("programme", "targets", _target_actions)
    register_action("programme", "scheme", _scheme_action)
    register_action("cell", "why", _why_action)
    register_why(WhyLinks)
    register_action("funds", "ranking", _fund_actions)
    register_to_do("close", _periods_to_close)
    papers.register()
    rectification.register()
    checks.register()
    letters.register()
    register_panel("office", home.office_panels)
    register_panel("places", home.place_panels)
    register_panel("papers", home.paper_panels)
    register_changes("papers", home.paper_changes)


def _why_action(user: User, cell) -> list[Action]:
    """Offer the page that explains a cell's rate and place, once its report counts (projects.cell_panel.Cell)."""
    if cell.report.state not in cell.report.COUNTED or not _sees_papers(user):
        return []
    url = WhyLinks(cell.report.period).figure(cell.participant.code, cell.indicator.pk)
    return [Action(label="为什么是这个数", url=url)]


def _sees_papers(user: User) -> bool:
    """Whoever has a role in a programme may read its issued papers."""
    return access_of(user).has(
        *(Role.CLERK, Role.HEAD, Role.FILLER, Role.LEAD_AGENCY),
        *(Role.CITY_OFFICE, Role.LEADER, Role.INSPECTOR, Role.SUPERVISOR),
    )


def _periods_to_close(user: User):
    """Months past their deadline that the user's office has not closed yet, and reopened ones."""
    from supervision.services.closing import close_blockers

    for period in ReportingPeriod.objects.to_close_by(user):
        missing = close_blockers(period)
        yield ToDo(
            label=f"封账：{period.label}",
            url=reverse("supervision:period-close", args=[period.programme.code, period.code]),
            action="封账" if not missing else "看缺什么",
            due_at=period.deadline,
            note=f"还有 {len(missing)} 家没有审核通过：{_names(missing)}" if missing else "各单位都已审核通过",
        )


def _names(reporters) -> str:
    """Return the reporters' names, the first ten of them."""
    return "、".join(row.name for row in reporters[:10]) + ("等" if len(reporters) > 10 else "")


def _close_page(job: Job) -> JobPage:
    """A close leads to the draft it made, or back to what stands in its way."""
    from supervision.services.close_progress import steps_of

    title, steps = "封账、冻结快照、拟通报稿", tuple(steps_of(job))
    if "document" in job.result:
        url = reverse("supervision:document-detail", args=[job.result["document"]])
        return JobPage(title, url, "看通报稿", steps, tuple(job.result.get("problems", ())))
    period = ReportingPeriod.objects.select_related("programme").filter(pk=job.payload.get("period")).first()
    if period is None:
        return JobPage(title)
    url = reverse("supervision:period-close", args=[period.programme.code, period.code])
    return JobPage(title, url, "回封账页", steps)


def _render_page(job: Job) -> JobPage:
    pk = job.payload.get("document")
    return JobPage("生成公文文件", reverse("supervision:document-detail", args=[pk]) if pk else "", "看公文")


def _close_action(user: User, period: ReportingPeriod):
    """封账 on the period's page, for the city office, as long as there is something to close."""
    from supervision.services.closing import needs_close

    if is_city_office(user, period.programme.owner_id):
        url = reverse("supervision:period-close", args=[period.programme.code, period.code])
        yield Action(label="封账" if needs_close(period) else "封账与公文", url=url, order=50)


def _fund_actions(user: User, period: ReportingPeriod):
    """Places by rate beside the funds of a period, and for the city office the set lines they are held against."""
    from supervision.services.benchmarks import benchmark_rates

    address = reverse("supervision:ranking", args=[period.programme.code, period.code])
    paid = next((code for code in benchmark_rates(period.programme) if "-disbursed-" in code), None)
    if paid is not None:
        yield Action(label="按比率排位次", url=f"{address}?rate={paid.rpartition('-')[0]}")
    if is_city_office(user, period.programme.owner_id):
        yield Action(label="设定线", url=reverse("supervision:fund-lines", args=[period.programme.code]), order=10)


def _target_actions(user: User, programme: Programme):
    """任务分解 beside a programme for who oversees it, and the units' 目标责任书."""
    if oversees(user, programme.owner_id):
        yield Action(label="任务分解", url=reverse("supervision:target-list", args=[programme.code]), order=10)
    yield Action(label="目标责任书", url=reverse("supervision:agreement-list", args=[programme.code]), order=20)


def _benchmarks_action(user: User, period: ReportingPeriod):
    """全省平均 on the period's page, for the city office."""
    if is_city_office(user, period.programme.owner_id):
        url = reverse("supervision:benchmarks", args=[period.programme.code, period.code])
        yield Action(label="全省平均", url=url, order=40)


def _scheme_action(user: User, programme: Programme):
    """考核办法 beside a programme, for everybody who takes part in it."""
    yield Action(label="考核办法", url=reverse("supervision:scheme", args=[programme.code]), order=30)


def _plausibility_action(user: User, period: ReportingPeriod):
    """合理性 on the period's page, for the city office and who leads something."""
    from supervision.pages.plausibility import sees_plausibility

    if sees_plausibility(user, period):
        url = reverse("supervision:plausibility", args=[period.programme.code, period.code])
        yield Action(label="合理性", url=url, order=42)


def _marks_action(user: User, period: ReportingPeriod):
    """打分 on the period's page, for who enters something under the scheme in force."""
    from supervision.services.marks import marked_components, may_enter

    if any(may_enter(user, row, period.programme.owner_id) for row in marked_components(period)):
        url = reverse("supervision:marks", args=[period.programme.code, period.code])
        yield Action(label="打分", url=url, order=45)
