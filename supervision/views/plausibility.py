"""合理性: flags and outliers of a period over all units, for the reviewer."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from livelihood.access import is_city_office
from livelihood.services import record_event
from livelihood.workbooks import workbook_response
from projects.exports import facts_line
from supervision.outliers import KINDS
from supervision.pages.plausibility import PlausibilityPage, plausibility_scope
from supervision.sheets.plausibility_sheets import plausibility_sheets
from supervision.views.shared import address_of, choices_of, period_choices, query_of, requested_period
from supervision.why_links import WhyLinks

#: What links of the page keep of its address.
KEPT = ("unit", "project", "check", "state")
#: Flags on a page, and outliers shown beside them; the workbook has all.
FLAGS, OUTLIERS = 50, 60

BASIS = "实时（填到现在的提示；离群按已提交和已审核的月报）"


@require_safe
def plausibility(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Show counts by unit and check, the flags with their reasons, outliers with their arithmetic."""
    found = requested_period(request, code, period)
    scope = plausibility_scope(request.user, found)
    page = PlausibilityPage(found, scope, _chosen(request))
    address = address_of("supervision:plausibility", found)
    flags = Paginator(page.flags, FLAGS).get_page(request.GET.get("page"))
    is_office = is_city_office(request.user, found.programme.owner_id)
    links = WhyLinks(found, None)
    context = {
        "programme": found.programme,
        "period": found,
        "is_demo": found.programme.is_demo,
        "is_city_office": is_office,
        "page": page,
        "facts": page.facts(),
        "columns": page.columns(),
        "matrix": page.matrix(),
        "totals": page.totals(),
        "flags": flags,
        "flag_rows": [
            {"flag": row, "url": _cell_url(row.report_id, row.anchor) if is_office else "", "why": _why(links, row)}
            for row in flags
        ],
        "outlier_rows": [
            row | {"why": links.figure(row["unit"].code, row["indicator"].pk)} for row in page.outliers[:OUTLIERS]
        ],
        "repeated": page.repeated(),
        "kinds": KINDS.values(),
        "chosen": page.chosen,
        "states": choices_of(
            request, address, "state", [("", "全部"), ("open", "没有说明"), ("empty", "说明是空话")], *KEPT
        ),
        "units": [row for row in page.units.values() if row.kind != "whole"],
        "address": address,
        "kept_query": query_of(request, "project", "state"),
        "basis_words": BASIS,
        "export": address_of("supervision:plausibility-export", found) + query_of(request, *KEPT),
        "period_choices": period_choices(found, "supervision:plausibility"),
    }
    return render(request, "supervision/plausibility.html", context)


@require_safe
def plausibility_export(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Give the page as a workbook, as its filters leave it."""
    found = requested_period(request, code, period)
    scope = plausibility_scope(request.user, found)
    page = PlausibilityPage(found, scope, _chosen(request))
    basis = BASIS if scope.everything else f"{BASIS}，只列牵头的子项"
    sheets = plausibility_sheets(page, facts=facts_line(found, request.user, basis=basis))
    response = workbook_response(f"{found.programme.name}_{found.code}_合理性.xlsx", sheets)
    record_event(by=request.user, verb="export_standings", target=found, after={"what": "合理性"})
    return response


def _chosen(request: HttpRequest) -> dict:
    return {name: request.GET.get(name, "").strip() for name in KEPT}


def _cell_url(report_id: int, anchor: str) -> str:
    return reverse("projects:report-review", args=[report_id]) + anchor


def _why(links: WhyLinks, row) -> str:
    return "" if row.indicator_id is None else links.figure(row.unit.code, row.indicator_id)
