"""居全省落后位次: the items the city is among the last of the province in, and which counties are behind them."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from livelihood.services import record_event
from livelihood.workbooks import workbook_response
from projects.exports import facts_line
from projects.models import ReportingPeriod
from supervision.pages.history import basis_words
from supervision.pages.provincial import ALL, HALF, LAST, ProvincialPage
from supervision.scope import bases, standings_scope
from supervision.views.shared import (
    address_of,
    basis_code,
    fund_standings_on,
    period_choices,
    query_of,
    requested_basis,
    requested_period,
    shared_context,
    standings_on,
)

#: What links of the page keep of its address.
KEPT = ("basis", "last", "category")


@require_safe
def provincial(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Show the published places of the city, the last first."""
    found = requested_period(request, code, period)
    choices = bases(request.user, found)
    snapshot = requested_basis(request, choices)
    address = address_of("supervision:provincial", found)
    scope = standings_scope(request.user, found, snapshot)
    page = _page(request, found, snapshot, scope)
    context = shared_context(request, found, choices, snapshot, address, *KEPT) | {
        "scope": scope,
        "page": page,
        "rows": page.rows(),
        "own_word": page.own_word,
        "peer_word": page.peer_word,
        "keeps_no_place": snapshot is not None and page.without_place == len(page.benchmarks),
        "missing": {
            "snapshot": f"这一版快照里没有{page.own_word}在全省的位次：冻结时还没有录入，或者那时的快照还不记位次。",
            "both": f"本期还没有录入全省平均和{page.own_word}位次。",
            "places": f"本期录入了全省平均，没有录入{page.own_word}在全省的位次，不知道哪些项目落后。",
        },
        "chart": page.chart(),
        "switch": _switch(request, page, address),
        "categories": _categories(request, page, address),
        "basis_query": query_of(request, "basis"),
        "period_choices": period_choices(found, "supervision:provincial"),
        "export": address_of("supervision:provincial-export", found) + query_of(request, *KEPT),
    }
    return render(request, "supervision/provincial.html", context)


@require_safe
def provincial_export(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Give the chosen items as a workbook."""
    found = requested_period(request, code, period)
    snapshot = requested_basis(request, bases(request.user, found))
    scope = standings_scope(request.user, found, snapshot)
    page = _page(request, found, snapshot, scope)
    basis = basis_words(snapshot) + ("" if scope.everything else "，只列您经办范围内的数")
    name = f"{found.programme.name}_{found.code}_居全省落后位次.xlsx"
    response = workbook_response(name, [page.sheet(facts=facts_line(found, request.user, basis=basis))])
    after = {
        "basis": basis_code(snapshot),
        "scope": "全部" if scope.everything else "经办范围",
        "page": "居全省落后位次",
    }
    record_event(by=request.user, verb="export_standings", target=found, after=after)
    return response


def _page(request: HttpRequest, period: ReportingPeriod, snapshot, scope) -> ProvincialPage:
    """Return the page as the address asks for it. A switch or category that does not exist is refused."""
    last, category = request.GET.get("last", LAST), request.GET.get("category", "")
    if last not in (LAST, HALF, ALL):
        raise Http404("没有这种范围：可以看居后几位、后半和全部。")
    page = ProvincialPage(
        standings_on(period, snapshot), fund_standings_on(period, snapshot), scope, last=last, category=category
    )
    if category and category not in dict(page.categories()):
        raise Http404("本期公布了位次的项目里没有这个类型。")
    return page


def _switch(request: HttpRequest, page: ProvincialPage, address: str) -> list[dict]:
    counts = page.counts()
    labels = [(LAST, f"居后{settings.PROVINCIAL_LAST}位"), (HALF, "后半"), (ALL, "全部")]
    return [
        {
            "label": label,
            "count": counts[value],
            "url": address + query_of(request, "basis", "category", last=value),
            "active": value == page.last,
        }
        for value, label in labels
    ]


def _categories(request: HttpRequest, page: ProvincialPage, address: str) -> list[dict]:
    found = page.categories()
    if len(found) < 2:
        return []
    return [
        {
            "label": label,
            "url": address + query_of(request, "basis", "last", category=code),
            "active": code == page.category,
        }
        for code, label in [("", "全部类型"), *found]
    ]
