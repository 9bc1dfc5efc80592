"""排名与进度: the ranking of a period."""

from itertools import chain

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.views.decorators.http import require_safe

from funding.labels import rate_label
from livelihood.caching import content_key, kept
from livelihood.services import record_event
from livelihood.workbooks import workbook_response
from projects.exports import facts_line
from projects.models import Indicator, ReportingPeriod
from supervision.models import Snapshot
from supervision.pages.fund_ranking import FundRankingPage
from supervision.pages.history import basis_words, months_up_to
from supervision.pages.oversight_links import OversightLinks
from supervision.pages.place_lines import add_place_lines, months_label
from supervision.pages.ranking import RankingPage
from supervision.pages.ranking_cells import SHOWN
from supervision.pages.yardsticks import YARDSTICKS
from supervision.scope import StandingsScope, bases, bases_of, scopes_of, standings_scope
from supervision.services.benchmarks import benchmark_rates
from supervision.sheets.fund_sheets import fund_sheets
from supervision.sheets.standings_sheets import standings_sheets
from supervision.stamp import standings_stamp
from supervision.views.shared import (
    address_of,
    basis_code,
    choices_of,
    fund_standings_on,
    number_of,
    period_choices,
    query_of,
    requested_basis,
    requested_period,
    shared_context,
    standings_on,
)
from supervision.why_links import WhyLinks

#: The part of the ranking page that is kept.
BODY_TEMPLATE = "supervision/ranking_content.html"
#: The same turned to money.
FUNDS_TEMPLATE = "supervision/ranking_funds.html"
#: What links of the page keep of its address; what of it is chosen anew for another basis, another month.
KEPT = ("basis", "order", "open", "rate", "against", "show", "category")
OF_ANY_MONTH = tuple(key for key in KEPT if key != "basis")
#: Opens every project; the most an address opens by their numbers.
ALL, MOST_OPEN = "all", 200


@require_safe
def ranking_latest(request: HttpRequest) -> HttpResponse:
    """Lead to the ranking of the newest period the user sees."""
    period = ReportingPeriod.objects.visible_to(request.user).select_related("programme").order_by("-ends_on").first()
    if period is None:
        raise Http404("还没有填报期。")
    return redirect(address_of("supervision:ranking", period))


@require_safe
def ranking(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Show scores, gaps or places by project and unit, overall places, and the lists below the provincial average."""
    found = requested_period(request, code, period)
    snapshot, scope, context = _asked(request, found)
    rate = request.GET.get("rate", "")
    context["rates"] = choices_of(request, context["address"], "rate", _rates(found, rate), *KEPT)
    options = {"by_place": request.GET.get("order") == "place"}
    if rate:
        options, template, make = options | {"rate": rate}, get_template(FUNDS_TEMPLATE), _funds_body
    else:
        options |= _switches(request) | {"opened": _opened(request)}
        template, make = get_template(BODY_TEMPLATE), _ranking_body
    # The key names all that the body is made of: the tables by their stamp, the address and the viewer's scope, and
    # what this person sees of the months before.
    parts = [standings_stamp(found), template.template.source, options, snapshot and snapshot.pk]
    parts += [context["bases"], context["rates"], context["address"], context["is_city_office"], context["asked"]]
    parts += [scope.everything, *map(sorted, (scope.participants, scope.led, scope.filled))]
    parts.append([(month.pk, row and row.pk) for month, row in context["months"]])
    context["body"] = kept(content_key("ranking", parts), lambda: make(request, template, found, context, **options))
    context["period_choices"] = period_choices(found, "supervision:ranking", query=query_of(request, *OF_ANY_MONTH))
    switches = [key for key in KEPT if key not in ("open", "rate")]
    context["export"] = address_of("supervision:ranking-export", found) + query_of(request, *switches)
    return render(request, "supervision/ranking.html", context)


def _asked(request: HttpRequest, period: ReportingPeriod) -> tuple[Snapshot | None, StandingsScope, dict]:
    """Return basis, scope, and what every view of the page says; `months`: the year's with the snapshot to be seen.

    A line of places is drawn of frozen months and this one: places of an open month still move.
    """
    months = months_up_to(period)
    choices = bases_of(request.user, months)
    snapshot = requested_basis(request, choices[period.pk])
    seen = [(row, choices[row.pk][0]) for row in months[:-1] if choices[row.pk]]
    scopes = scopes_of(request.user, [*seen, (period, snapshot)])
    visible = {row.pk: basis for row, basis in seen if scopes[row.pk].everything}
    address = address_of("supervision:ranking", period)
    return (
        snapshot,
        scopes[period.pk],
        shared_context(request, period, choices[period.pk], snapshot, address, *KEPT)
        | {
            "address": address,
            "asked": {key: request.GET[key] for key in KEPT if key in request.GET},
            "scope": scopes[period.pk],
            "months": [(row, visible.get(row.pk)) for row in months[:-1]],
            "orders": choices_of(request, address, "order", [("", "官方顺序"), ("place", "按位次")], *KEPT),
            "basis_query": query_of(request, "basis"),
        },
    )


def _switches(request: HttpRequest) -> dict:
    """Return what the address asks to see in the map, as keywords of `RankingPage`; what there is not is not found."""
    against, show, category = (request.GET.get(key, "") for key in ("against", "show", "category"))
    if against not in YARDSTICKS:
        raise Http404("没有这个对照：只有全省平均、全市平均、时序和节点计划。")
    if show not in SHOWN:
        raise Http404("格内没有这一种：只有得分、差距和位次。")
    if category and category not in Indicator.Category:
        raise Http404("没有这个类别。")
    return {"yardstick": YARDSTICKS[against], "show": show, "category": category}


def _opened(request: HttpRequest) -> list[int] | str:
    """Return the numbers of the projects to open, or ALL; what is no number is passed over."""
    asked = request.GET.get("open", "")
    if asked == ALL:
        return ALL
    numbers = (number_of(part) for part in asked[: 6 * MOST_OPEN].split(","))
    return sorted({number for number in numbers if number is not None})[:MOST_OPEN]


def _rates(period: ReportingPeriod, chosen: str) -> list[tuple[str, str]]:
    """Return what the page can show: scores, and each rate of money by its name; nothing to choose without money."""
    rates = benchmark_rates(period.programme)
    if not rates:
        if chosen:
            raise Http404("本年度没有资金计划。")
        return []
    codes = {code.rpartition("-")[0]: code.split("-") for code in rates}
    if chosen and chosen not in codes:
        raise Http404("没有这个资金比率。")
    labels = [(key, rate_label(measure, denominator, kind=kind)) for key, (kind, measure, denominator) in codes.items()]
    return [("", "项目得分"), *labels]


def _funds_body(request, template, period: ReportingPeriod, shared: dict, *, rate: str, by_place: bool) -> dict:
    """Return the body of the page turned to one rate of money, and how many units and projects it has."""
    funds = fund_standings_on(period, shared["snapshot"])
    found = funds.rate(*rate.split("-"))
    projects = list(period.programme.projects.order_by("seq"))
    page = FundRankingPage(funds, shared["scope"], found, by_place=by_place) if found else None
    context = shared | {"page": page, "label": found.label if found else ""}
    if page:
        context |= {
            "rows": page.rows(),
            "total": page.total(),
            "yardsticks": page.yardsticks(),
            "sentence": page.sentence(),
            "project_rows": page.projects(projects),
        }
    units, items = (len(context["rows"]), len(context["project_rows"])) if page else (0, 0)
    return {"html": template.render(context), "units": units, "projects": items}


def _ranking_body(
    request: HttpRequest, template, period: ReportingPeriod, shared: dict, *, opened: list[int] | str, **switches
) -> dict:
    """Return the body of the ranking page and how many units and projects it has; what the cache keeps."""
    address, scope = shared["address"], shared["scope"]
    projects = list(period.programme.projects.prefetch_related("sub_projects__lead_agency").order_by("seq"))
    why = WhyLinks(period, shared["snapshot"])
    # From the page itself: thousands of cells need not repeat where it is.
    why.base = why.base.replace(address.removesuffix("ranking/"), "../", 1)
    page = RankingPage(standings_on(period, shared["snapshot"]), scope, projects, why=why, **switches)
    groups, columns = page.groups(), page.columns()
    rows = page.rows([project.seq for project in projects] if opened == ALL else opened)
    _add_toggles(request, address, rows)
    has_places = scope.everything and page.standings.scheme_id is not None
    if has_places:
        add_place_lines(columns, shared["months"], period)
    yardsticks = [(row.code, page.yardstick_name(row)) for row in YARDSTICKS.values()]
    context = shared | {
        "page": page,
        "columns": columns,
        "rows": rows,
        "groups": groups,
        "has_places": has_places,
        "months_label": months_label([*(month for month, _ in shared["months"]), period]),
        "yardsticks": choices_of(request, address, "against", yardsticks, *KEPT),
        "shows": choices_of(request, address, "show", list(SHOWN.items()), *KEPT),
        "categories": choices_of(request, address, "category", [("", "全部类别"), *page.categories()], *KEPT),
        "open_all": f"{address}{query_of(request, *KEPT, open=ALL)}",
        "close_all": f"{address}{query_of(request, *KEPT, open='')}",
        "sentences": _taken_further(OversightLinks(period, request.user), page.sentences(groups)),
        "hidden_lists": any(not item["in_scope"] for group in groups for item in group["indicators"]),
        "has_scheme": page.standings.scheme_id is not None,
        "full_score": page.standings.full_score,
    }
    return {"html": template.render(context), "units": len(columns), "projects": len(rows)}


def _taken_further(links: OversightLinks, sentences: list[dict]) -> list[dict]:
    """Give each list, for the city office, where a letter about it is drafted and an item opened."""
    for item in sentences:
        item["letter"] = links.letter(indicator=item["pk"])
        item["rectify"] = links.item(project=item["seq"], problem=item["sentence"])
    return sentences


def _add_toggles(request: HttpRequest, address: str, rows: list[dict]) -> None:
    """Give each row the address that opens it, or closes it, and leaves the others as they are."""
    opened = {row["seq"] for row in rows if row["is_open"]}
    for row in rows:
        left = ",".join(map(str, sorted(opened ^ {row["seq"]})))
        row["toggle"] = f"{address}{query_of(request, *KEPT, open=left)}#project-{row['seq']}"


@require_safe
@transaction.atomic
def ranking_export(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Give the ranking as a workbook: the same basis, order and scope as the page, works and money."""
    found = requested_period(request, code, period)
    snapshot = requested_basis(request, bases(request.user, found))
    scope = standings_scope(request.user, found, snapshot)
    projects = list(found.programme.projects.prefetch_related("sub_projects__lead_agency").order_by("seq"))
    by_place = request.GET.get("order") == "place"
    page = RankingPage(standings_on(found, snapshot), scope, projects, by_place=by_place, **_switches(request))
    basis = basis_words(snapshot) + ("" if scope.everything else "，只列您经办范围内的数")
    facts = facts_line(found, request.user, basis=basis)
    sheets = chain(
        standings_sheets(page, facts=facts),
        fund_sheets(fund_standings_on(found, snapshot), scope, projects, facts=facts),
    )
    name = f"{found.programme.name}_{found.code}_排名与进度_{basis_words(snapshot).partition('（')[0]}.xlsx"
    response = workbook_response(name, sheets)
    after = {"basis": basis_code(snapshot), "scope": "全部" if scope.everything else "经办范围"}
    record_event(by=request.user, verb="export_standings", target=found, after=after)
    return response
