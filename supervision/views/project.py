"""One project: every unit against the yardsticks, by month."""

from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from livelihood.services import record_event
from livelihood.workbooks import workbook_response
from projects.exports import facts_line
from projects.models import Indicator, Project, ReportingPeriod
from supervision.models import Snapshot
from supervision.pages.history import MonthStandings, basis_words, month_standings
from supervision.pages.oversight_links import OversightLinks
from supervision.pages.project_money import MONEY_UNIT, project_money
from supervision.pages.project_page import MOST_PANELS, ProjectPage, neighbours, tabs, visible_indicators
from supervision.scope import StandingsScope, bases
from supervision.sheets.project_sheets import project_sheets
from supervision.views.shared import (
    address_of,
    basis_code,
    choices_of,
    number_of,
    period_choices,
    query_of,
    requested_basis,
    requested_period,
    shared_context,
)

#: What links of the page keep of its address.
KEPT = ("basis", "indicator", "order")


@require_safe
def project(request: HttpRequest, code: str, period: str, seq: int) -> HttpResponse:
    """Show every unit of one of a project's indicators by month: chart, table, yardsticks, list, money."""
    found = requested_period(request, code, period)
    row = get_object_or_404(Project, programme=found.programme, seq=seq)
    chosen = number_of(request.GET.get("indicator"))
    if chosen is None and request.GET.get("indicator"):
        raise Http404("没有这个指标。")
    return _page(request, found, row, chosen)


@require_safe
def indicator_detail(request: HttpRequest, code: str, period: str, pk: int) -> HttpResponse:
    """Show the page of the indicator's project, turned to the indicator."""
    found = requested_period(request, code, period)
    indicator = get_object_or_404(Indicator.objects.of_programme(found.programme), pk=pk)
    # Links of the page name the indicator by the parameter.
    request.GET = request.GET.copy()
    request.GET["indicator"] = str(pk)
    return _page(request, found, indicator.sub_project.project, pk)


@require_safe
@transaction.atomic
def project_export(request: HttpRequest, code: str, period: str, seq: int) -> HttpResponse:
    """Give all indicators of the project as a workbook: the same basis and scope as the page."""
    found = requested_period(request, code, period)
    row = get_object_or_404(Project, programme=found.programme, seq=seq)
    snapshot = requested_basis(request, bases(request.user, found))
    months = _months(request, found, row, snapshot)
    indicators = visible_indicators(months[-1])
    if not indicators:
        raise Http404("没有这个项目，或没有您可看的指标。")
    basis = basis_words(snapshot) + ("" if months[-1].scope.everything else "，只列您经办范围内的数")
    sheets = project_sheets(
        (ProjectPage(months, indicator) for indicator in indicators),
        facts=facts_line(found, request.user, basis=basis),
    )
    response = workbook_response(f"{found.programme.name}_{found.code}_{row.seq}_{row.name}.xlsx", sheets)
    after = {"basis": basis_code(snapshot), "project": row.seq}
    record_event(by=request.user, verb="export_standings", target=found, after=after)
    return response


def _page(request: HttpRequest, period: ReportingPeriod, row: Project, chosen: int | None) -> HttpResponse:
    row.programme = period.programme
    choices = bases(request.user, period)
    snapshot = requested_basis(request, choices)
    months = _months(request, period, row, snapshot)
    indicators = visible_indicators(months[-1])
    scope = months[-1].scope
    wanted = [one for one in indicators if chosen in (None, one.pk)]
    if (chosen is not None and not wanted) or not _sees(row, indicators, scope):
        raise Http404("没有这个项目，或没有您可看的指标。")
    indicator = wanted[0] if wanted else None
    address = address_of("supervision:project", period, seq=row.seq)
    context = (
        shared_context(request, period, choices, snapshot, address, *KEPT)
        | {
            "project": row,
            "tabs": choices_of(
                request, address, "indicator", tabs(indicators), *KEPT, default=str(getattr(indicator, "pk", ""))
            ),
            "ranking_url": address_of("supervision:ranking", period) + query_of(request, "basis"),
            "export": address_of("supervision:project-export", period, seq=row.seq) + query_of(request, "basis"),
            "period_choices": [
                choice | {"url": choice["url"] + query_of(request, "indicator")}
                for choice in period_choices(period, "supervision:project", seq=row.seq)
            ],
            "basis_words": basis_words(snapshot),
            "unit_query": query_of(request, "basis"),
            "money": project_money(request.user, period, row),
            "money_url": f"{reverse('funding:project', args=[period.programme.code, row.seq])}?period={period.code}",
            "money_unit": MONEY_UNIT,
            "scope": scope,
        }
        | _neighbours(request, period, row, scope)
    )
    if indicator is not None:
        context |= _indicator_context(request, ProjectPage(months, indicator), address)
    return render(request, "supervision/project_detail.html", context)


def _months(
    request: HttpRequest, period: ReportingPeriod, row: Project, snapshot: Snapshot | None
) -> list[MonthStandings]:
    indicators = Indicator.objects.filter(sub_project__project=row).values_list("pk", flat=True)
    return month_standings(period, request.user, snapshot=snapshot, indicators=list(indicators))


def _sees(row: Project, indicators: list[Indicator], scope: StandingsScope) -> bool:
    """Tell whether there is something of the project for the user: a line, or a project of words for who has a part."""
    return bool(indicators) or scope.everything or bool(row.text and scope.participants)


def _indicator_context(request: HttpRequest, page: ProjectPage, address: str) -> dict:
    """Return what the page shows of the chosen indicator."""
    is_long = len(page.rows) > MOST_PANELS
    order = request.GET.get("order", "worst" if is_long else "official")
    drawn = Paginator(page.chart_rows(order), MOST_PANELS).get_page(request.GET.get("page"))
    return {
        "page": page,
        "facts": page.facts(),
        "yardsticks": page.yardsticks(),
        "left_out": page.left_out(),
        "links": _further(OversightLinks(page.standings.period, request.user), page),
        "drawn": drawn,
        "chart": page.chart(list(drawn)),
        "orders": choices_of(
            request, address, "order", [("official", "官方顺序"), ("worst", "落后的在前")], *KEPT, default=order
        ),
        "unit_code": request.GET.get("unit", ""),
    }


def _further(links: OversightLinks, page: ProjectPage) -> dict | None:
    """Return where the city office takes the indicator further, and each unit below a yardstick; None for others."""
    if not links.is_office:
        return None
    seq, pk = page.project.seq, page.indicator.pk
    for row in page.rows:
        if row["below"] or row["gap_to_expected"]["is_below"]:
            row["letter"] = links.letter(unit=row["code"], indicator=pk)
            row["rectify"] = links.item(unit=row["code"], project=seq, problem=_problem(page, row))
    return {"letter": links.letter(indicator=pk), "item": links.item(project=seq, problem=page.sentence or "")}


def _problem(page: ProjectPage, row: dict) -> str:
    """Return in one sentence how the unit stands, as the page shows it."""
    rate = f"完成率{row['rate']}%" if row["has_rate"] else row["status_word"]
    gap = row["gap_to_benchmark"]["text"] if row["below"] else ""
    return f"{page.standings.period.label}{page.label}{rate}{f'，比全省平均{gap}' if gap else ''}。"


def _neighbours(request: HttpRequest, period: ReportingPeriod, row: Project, scope: StandingsScope) -> dict:
    """Return the projects before and after, of those the user sees. One query."""
    projects = period.programme.projects.order_by("seq")
    if not (scope.everything or scope.participants):
        subs = scope.led | {sub for _, sub in scope.filled}
        projects = projects.filter(sub_projects__in=subs).distinct()
    query = query_of(request, "basis")
    return {
        name: found
        and {
            "label": f"{found.seq} {found.name}",
            "url": address_of("supervision:project", period, seq=found.seq) + query,
        }
        for name, found in zip(("before", "after"), neighbours(list(projects), row.seq), strict=True)
    }
