"""完成预测: what every unit still has to do each month, beside the best month it has had."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from livelihood.formats import state_parts
from livelihood.services import record_event
from livelihood.workbooks import workbook_response
from projects.exports import facts_line
from projects.models import ReportingPeriod
from supervision.outlook import STATES, outlook_of
from supervision.pages.history import basis_words
from supervision.pages.outlook_page import ALL, MISSED, MISSING_STATES, WORDS, OutlookPage, explanation
from supervision.scope import bases, standings_scope
from supervision.views.shared import (
    address_of,
    basis_code,
    number_of,
    period_choices,
    query_of,
    requested_basis,
    requested_period,
    shared_context,
)

#: Lines on one page of the table.
PAGE_SIZE = 50
#: What links of the page keep of its address.
KEPT = ("basis", "unit", "project", "state")


@require_safe
def outlook(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Show who will miss what at the best pace of the year, by unit, project and state."""
    found = requested_period(request, code, period)
    choices = bases(request.user, found)
    snapshot = requested_basis(request, choices)
    address = address_of("supervision:outlook", found)
    scope = standings_scope(request.user, found, snapshot)
    context = shared_context(request, found, choices, snapshot, address, *KEPT) | {
        "scope": scope,
        "address": address,
        "period_choices": period_choices(found, "supervision:outlook"),
        "is_week": found.kind == ReportingPeriod.Kind.WEEK,
        "export": address_of("supervision:outlook-export", found) + query_of(request, *KEPT),
    }
    if context["is_week"]:
        context["month"] = _month_of(found)
        return render(request, "supervision/outlook.html", context)
    page = _page(request, found, snapshot, scope)
    units = page.by_unit()
    lines = Paginator(page.chosen, PAGE_SIZE).get_page(request.GET.get("page"))
    context |= {
        "page": page,
        "lines": lines,
        "rows": [page.row(row) for row in lines],
        "whole_rows": page.whole_lines(),
        "units": units,
        "chart": None if page.unit else page.chart(units),
        "counted": [(state, state_parts(state)[1]) for state in page.counted()],
        "states": _states(page),
        "basis_query": query_of(request, "basis"),
        "unit_query": query_of(request, "basis", "project", "state"),
        "explanation": explanation(),
    }
    return render(request, "supervision/outlook.html", context)


@require_safe
def outlook_export(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Give the lines chosen as a workbook, all of them, with their sums in words."""
    found = requested_period(request, code, period)
    snapshot = requested_basis(request, bases(request.user, found))
    if found.kind == ReportingPeriod.Kind.WEEK:
        raise Http404("周报不作完成预测，请看月报。")
    scope = standings_scope(request.user, found, snapshot)
    page = _page(request, found, snapshot, scope)
    basis = basis_words(snapshot) + ("" if scope.everything else "，只列您经办范围内的数")
    facts = facts_line(found, request.user, basis=basis)
    name = f"{found.programme.name}_{found.code}_完成预测.xlsx"
    response = workbook_response(name, page.sheets(facts=facts))
    after = {"basis": basis_code(snapshot), "scope": "全部" if scope.everything else "经办范围", "page": "完成预测"}
    record_event(by=request.user, verb="export_standings", target=found, after=after)
    return response


def _page(request: HttpRequest, period: ReportingPeriod, snapshot, scope) -> OutlookPage:
    """Return the page as the address asks for it. A unit, project or state that does not exist is refused."""
    unit, project, state = (request.GET.get(name, "") for name in ("unit", "project", "state"))
    page = OutlookPage(
        outlook_of(period, snapshot, request.user),
        scope,
        snapshot,
        unit=unit,
        seq=number_of(project),
        state=state or MISSED,
    )
    if unit and unit not in {row.code for row in page.units}:
        raise Http404("没有这个考核单位，或不在您的范围内。")
    if project and page.seq not in {row.seq for row in page.projects}:
        raise Http404("没有这个项目，或这个项目没有可以预测的指标。")
    if page.state not in (ALL, MISSED, *STATES):
        raise Http404("没有这种结论。")
    return page


def _states(page: OutlookPage) -> list[dict]:
    """Return the filters by state with how many lines each has; states nobody is in are left out."""
    counts = page.state_counts()
    missed = sum(counts[state] for state in MISSING_STATES)
    choices = [("", f"到期完不成（{missed}）")]
    choices += [
        (state, f"{WORDS.get(state, state_parts(state)[1])}（{counts[state]}）")
        for state in STATES
        if counts[state] or state == page.state
    ]
    choices.append((ALL, f"全部（{counts.total()}）"))
    return [{"value": value, "label": label, "active": (value or MISSED) == page.state} for value, label in choices]


def _month_of(week: ReportingPeriod) -> ReportingPeriod | None:
    """Return the newest month up to a week, which can be looked at instead."""
    months = week.programme.periods.filter(kind=ReportingPeriod.Kind.MONTH, starts_on__lte=week.ends_on)
    return months.order_by("-ends_on").first()
