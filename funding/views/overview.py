"""Where the money is: overview, one project beside its progress, and what is received but not paid on."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from funding import held_page, overview_page, plan_page, project_page
from funding.fund_checks import HARDLY_PAID
from funding.fund_sheet import overview_sheets
from funding.scope import visible_lines
from funding.views.shared import choices, find_programme, page_context, query_string
from funding.why import link_rates
from livelihood.access import oversees
from livelihood.registry import actions_for
from livelihood.services import record_event
from livelihood.workbooks import workbook_response
from projects.exports import LIVE, facts_line
from projects.lookup import LookupRefused, find_period
from projects.models import Programme, Project, ReportingPeriod


@require_safe
def latest(request: HttpRequest) -> HttpResponse:
    """Lead to the funds of the newest programme the user sees."""
    programme = Programme.objects.visible_to(request.user).order_by("-year", "code").first()
    if programme is None:
        raise Http404("没有您能看的年度民生工程。")
    return redirect("funding:overview", programme.code)


@require_safe
def overview(request: HttpRequest, code: str) -> HttpResponse:
    """Show the chain 计划→到位→拨付→支出 with its rates, by unit, by project or by source."""
    programme = find_programme(request, code)
    period = _period(request, programme)
    by = request.GET.get("by")
    by = by if by in overview_page.GROUPINGS else "unit"
    lines = visible_lines(request.user, programme, period)
    expected = overview_page.straight_line(period)
    address = reverse("funding:overview", args=[code])
    context = _context(request, programme, period, lines, address, "overview")
    tables = overview_page.overview_tables(
        programme, period, by=by, lines=lines, expected=expected, unit=context["unit"]
    )
    link_rates(tables, period, request.user, by=by, sees_all=lines is None)
    context |= {
        "by": by,
        "groupings": choices(request, address, "by", overview_page.GROUPINGS, by),
        "tables": tables,
        "expected": expected,
        "undivided": overview_page.undivided(programme) if oversees(request.user, programme.owner_id) else [],
        "actions": actions_for("funds", request.user, period) if period and tables else [],
        "export": reverse("funding:overview-export", args=[code]) + query_string(request) if period and tables else "",
    }
    return render(request, "funding/overview.html", context)


@require_safe
@transaction.atomic
def overview_export(request: HttpRequest, code: str) -> HttpResponse:
    """Give the overview as a workbook: the same period, grouping, unit and lines as the page."""
    programme = find_programme(request, code)
    period = _period(request, programme)
    if period is None:
        raise Http404("还没有填报期。")
    by = request.GET.get("by")
    by = by if by in overview_page.GROUPINGS else "unit"
    lines = visible_lines(request.user, programme, period)
    tables = overview_page.overview_tables(
        programme,
        period,
        by=by,
        lines=lines,
        expected=overview_page.straight_line(period),
        unit=plan_page.chosen_unit(request.GET.get("unit")),
    )
    if not tables:
        messages.error(request, "还没有资金计划，也没有资金月报数，没有可以导出的。")
        return redirect(reverse("funding:overview", args=[code]) + query_string(request))
    label = overview_page.GROUPINGS[by]
    scope = "" if lines is None else "，只列您看得到的资金"
    facts = facts_line(period, request.user, basis=f"{LIVE}（已提交和已审核的月报{scope}）")
    title = f"{programme.name}资金（{period.label}）"
    sheets = overview_sheets(tables, by=by, label=label, title=title, facts=facts, is_demo=programme.is_demo)
    response = workbook_response(f"{programme.name}_{period.code}_资金{label}.xlsx", sheets)
    record_event(by=request.user, verb="export_funds", target=period, after={"by": label})
    return response


@require_safe
def project(request: HttpRequest, code: str, seq: int) -> HttpResponse:
    """Show one project's money beside its progress, unit by unit."""
    programme = find_programme(request, code)
    found = get_object_or_404(Project, programme=programme, seq=seq)
    found.programme = programme
    period = _period(request, programme)
    if period is None:
        raise Http404("还没有填报期。")
    lines = visible_lines(request.user, programme, period)
    expected = overview_page.straight_line(period)
    address = reverse("funding:project", args=[code, seq])
    context = _context(request, programme, period, lines, address, "overview")
    tables = project_page.project_tables(found, period, lines=lines, expected=expected, unit=context["unit"])
    link_rates(tables, period, request.user, by="unit", sees_all=lines is None, seq=found.seq)
    context |= {"project": found, "expected": expected, "hardly_paid": HARDLY_PAID, "tables": tables}
    return render(request, "funding/project.html", context)


@require_safe
def held(request: HttpRequest, code: str) -> HttpResponse:
    """Show what is received and not paid on, oldest first."""
    programme = find_programme(request, code)
    period = _period(request, programme)
    lines = visible_lines(request.user, programme, period)
    address = reverse("funding:held", args=[code])
    context = _context(request, programme, period, lines, address, "held")
    if period is not None:
        context |= held_page.held_tables(programme, period, lines=lines, unit=context["unit"])
    return render(request, "funding/held.html", context)


def _period(request: HttpRequest, programme: Programme) -> ReportingPeriod | None:
    """Return the period the address names, else the newest with money; 404 for one that does not exist."""
    if "period" not in request.GET:
        period = overview_page.choose_period(programme)
    else:
        try:
            period = find_period(programme, request.GET["period"])
        except LookupRefused as refusal:
            raise Http404(str(refusal)) from refusal
    if period is not None:
        period.programme = programme
    return period


def _context(request, programme: Programme, period, lines: list[int] | None, address: str, tab: str) -> dict:
    """Return what the three pages say of period, unit of money and whose money it is."""
    unit = plan_page.chosen_unit(request.GET.get("unit"))
    periods = {row.code: row.label for row in programme.periods.order_by("-ends_on", "kind")}
    return page_context(request, programme, tab) | {
        "period": period,
        "period_choices": choices(request, address, "period", periods, period.code if period else None),
        "unit": unit,
        "unit_choices": choices(request, address, "unit", plan_page.UNITS, plan_page.unit_code(unit)),
        "is_own_only": lines is not None,
        "query": query_string(request),
    }
