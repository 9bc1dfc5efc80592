"""项目填报表: one project of a month over all units; read and, where it is the person's work, filled."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from livelihood.access import NotAllowed
from livelihood.models import User
from livelihood.services import Refused
from projects import entry_request
from projects.figures_part import FiguresPart
from projects.matrix_page import MatrixPage, cells_reply, changed_cells, matrix_projects, sums_reply
from projects.matrix_sheets import matrix_sheets
from projects.models import Project, ReportingPeriod
from projects.services.matrix import save_matrix
from projects.views.cells import for_script, read_body
from projects.views.context import get_period, period_context

#: A table of two hundred units and ten indicators, pasted at once.
MOST_CELLS = 2000

READ_ONLY = "这张表您只能看，什么都没有保存。"


@require_http_methods(["GET", "POST"])
def project_matrix(request: HttpRequest, code: str, period: str, seq: int) -> HttpResponse:
    """Show the project's table; a form posted without scripts stores what changed."""
    page = _get_page(request, code, period, seq)
    if request.method == "GET":
        return _show(request, page)
    if not page.may_type:
        raise NotAllowed(READ_ONLY)
    cells = _posted(request)
    try:
        result = save_matrix(cells=changed_cells(page, cells), reports=page.reports(), by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _show(request, page, status=422)
    if result.saved:
        messages.success(request, f"已保存 {len(result.saved)} 格，{timezone.localtime():%H:%M:%S}。")
    if result.errors or result.conflicts:
        shown = MatrixPage(page.period, page.project, request.user, typed=cells, result=result)
        return _show(request, shown, status=422)
    if not result.saved:
        messages.info(request, "没有改动，不用保存。")
    return redirect("projects:project-matrix", code, page.period.code, seq)


@require_POST
@for_script
def project_matrix_cells(request: HttpRequest, code: str, period: str, seq: int) -> HttpResponse:
    """Store a batch of cells (JSON as for a report, cells of several reports together) and say what became of each."""
    page = _get_page(request, code, period, seq)
    if not page.may_type:
        raise NotAllowed(READ_ONLY)
    typed = entry_request.parse_batch(read_body(request), most=MOST_CELLS).cells.get(FiguresPart.code, {})
    result = save_matrix(cells=typed, reports=page.reports(), by=request.user)
    now = MatrixPage(page.period, page.project, request.user, typed=typed, result=result)
    return JsonResponse(
        {
            "saved_at": f"{timezone.localtime():%H:%M:%S}",
            "parts": {FiguresPart.code: cells_reply(now, typed, result)},
            "columns": now.filled(),
            "sums": sums_reply(now),
        }
    )


def _get_page(request: HttpRequest, code: str, text: str, seq: int) -> MatrixPage:
    """Return the table if the user may open it; else 404."""
    period = get_period(request, code, text)
    project = get_object_or_404(matrix_projects(request.user, period.programme), seq=seq)
    return MatrixPage(period, project, request.user)


def _posted(request: HttpRequest) -> dict[str, dict]:
    """Return the cells of a plain form; one field holds the versions of all, because a form has its limit."""
    versions = dict(pair.split(":", 1) for pair in request.POST.get("versions", "").split() if ":" in pair)
    cells = FiguresPart().read(request.POST)
    return {key: {"value": cell["value"], "version": versions.get(key, "")} for key, cell in cells.items()}


def _show(request: HttpRequest, page: MatrixPage, *, status: int = 200) -> HttpResponse:
    context = period_context(request, page.period) | {
        "project": page.project,
        "rows": page.rows,
        "forms": page.forms(),
        "sheets": matrix_sheets(page),
        "groups": page.groups(),
        "not_begun": page.not_begun(),
        "wrong": [cell for cell in page.cells if _is_wrong(cell)],
        "is_editable": any(cell["is_typed"] for cell in page.cells),
        "may_type": page.may_type,
        "may_begin": any(row["may_begin"] for row in page.rows),
        # Unit, state of the month's report, four columns of each indicator.
        "width": 1 + (not page.by_agency) + 4 * len(page.indicators),
        "sees_drafts": page.sees_drafts,
        "by_agency": page.by_agency,
        "reports": _agency_reports(page),
        "last": page.last,
    }
    return render(request, "projects/project_matrix.html", context | _neighbours(page, request.user), status=status)


def _is_wrong(cell: dict) -> bool:
    return cell["mark"] in ("invalid", "conflict")


def _agency_reports(page: MatrixPage) -> list:
    """Return the reports the columns belong to, where agencies report for all units."""
    if not page.by_agency:
        return []
    leads = dict.fromkeys(indicator.sub_project.lead_agency_id for indicator in page.indicators)
    return [page.reports_by_agency[agency] for agency in leads if agency in page.reports_by_agency]


def _neighbours(page: MatrixPage, user: User) -> dict:
    """Return the other projects' tables: all of them, the one before and the one after. One query."""
    projects = list(matrix_projects(user, page.programme))
    place = projects.index(page.project)
    return {
        "project_choices": [
            {"label": f"{row.seq} {row.name}", "url": _url(page.period, row), "active": row == page.project}
            for row in projects
        ],
        "before": _link(page.period, projects[place - 1]) if place else None,
        "after": _link(page.period, projects[place + 1]) if place + 1 < len(projects) else None,
    }


def _link(period: ReportingPeriod, project: Project) -> dict:
    return {"label": f"{project.seq} {project.name}", "url": _url(period, project)}


def _url(period: ReportingPeriod, project: Project) -> str:
    return reverse("projects:project-matrix", args=[period.programme.code, period.code, project.seq])
