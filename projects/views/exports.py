"""导出: what a page shows, as a workbook; with the page's filters and the reader's scope, each an audit event."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from livelihood.services import Refused, record_event
from livelihood.workbooks import workbook_response
from projects import parts
from projects.exports import LIVE, facts_line
from projects.matrix_page import MatrixPage, matrix_projects
from projects.matrix_workbook import matrix_sheets, require_size
from projects.models import Project, ReportingPeriod
from projects.report_page import filter_label
from projects.views.context import get_period
from projects.views.reports import get_report


@require_safe
@transaction.atomic
def report_export(request: HttpRequest, pk: int) -> HttpResponse:
    """Give one report as a workbook: a sheet per part, the lines of the page's filter."""
    report, user = get_report(request, pk), request.user
    reporter, show = report.participant or report.agency, filter_label(report.options.get("show", ""))
    about = f"填报单位：{reporter}" + (f"（只列：{show}）" if show else "")
    basis = f"{LIVE}（{report.get_state_display()}）"
    facts = facts_line(report.period, user, basis=basis, about=about)
    sheets = [sheet for part in parts.registered() if (sheet := part.sheet(report, user, facts=facts))]
    response = workbook_response(f"{reporter}_{report.period.code}_月报导出.xlsx", sheets)
    record_event(by=user, verb="export_report", target=report, after={"show": show} if show else None)
    return response


@require_safe
@transaction.atomic
def project_matrix_export(request: HttpRequest, code: str, period: str, seq: int) -> HttpResponse:
    """Give one project of a month as a workbook: participants × indicators."""
    found = get_period(request, code, period)
    project = get_object_or_404(matrix_projects(request.user, found.programme), seq=seq)
    return _matrix(request, found, project)


@require_safe
@transaction.atomic
def month_export(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Give all projects of a month the reader may open as one workbook: a list of all cells, and a sheet each."""
    found = get_period(request, code, period)
    if not matrix_projects(request.user, found.programme).exists():
        raise Http404("没有您能看的项目。")
    return _matrix(request, found, None)


def _matrix(request: HttpRequest, period: ReportingPeriod, project: Project | None) -> HttpResponse:
    user, page = request.user, MatrixPage(period, project, request.user)
    counted = "含填报中的月报" if page.sees_drafts else "已提交和已审核的月报"
    facts = facts_line(period, user, basis=f"{LIVE}（{counted}）")
    texts = [] if project else matrix_projects(user, period.programme).filter(sub_projects__indicators__isnull=True)
    try:
        require_size(page)
        sheets = matrix_sheets(page, facts=facts, texts=texts)
        name = f"{project.seq}_{project.name}" if project else period.programme.name
        response = workbook_response(f"{name}_{period.code}.xlsx", sheets)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("projects:period-detail", period.programme.code, period.code)
    after = {"project": project.seq} if project else {"project": "全部"}
    record_event(by=user, verb="export_matrix", target=period, after=after)
    return response
