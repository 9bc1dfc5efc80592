"""排名与进度: the ranking of a period, and one page per indicator."""

from itertools import chain
from urllib.parse import urlencode

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import get_template
from django.urls import reverse
from django.views.decorators.http import require_safe

from funding.labels import rate_label
from livelihood.access import is_city_office
from livelihood.caching import content_key, kept
from livelihood.formats import format_moment
from livelihood.services import record_event
from livelihood.workbooks import workbook_response
from projects.exports import LIVE, facts_line
from projects.lookup import LookupRefused, find_period
from projects.models import Programme, ReportingPeriod
from supervision.fund_ranking import FundRankingPage
from supervision.fund_sheets import fund_sheets
from supervision.fund_standings import FundStandings, live_fund_standings, snapshot_fund_standings
from supervision.indicator import IndicatorPage
from supervision.models import Snapshot
from supervision.ranking import RankingPage
from supervision.scope import bases, standings_scope
from supervision.services.benchmarks import benchmark_rates
from supervision.stamp import standings_stamp
from supervision.standings import Standings, live_standings, snapshot_standings
from supervision.standings_sheets import standings_sheets

#: The part of the ranking page that is kept.
BODY_TEMPLATE = "supervision/ranking_content.html"
#: The same turned to money.
FUNDS_TEMPLATE = "supervision/ranking_funds.html"


@require_safe
def ranking_latest(request: HttpRequest) -> HttpResponse:
    """Lead to the ranking of the newest period the user sees."""
    period = ReportingPeriod.objects.visible_to(request.user).select_related("programme").order_by("-ends_on").first()
    if period is None:
        raise Http404("还没有填报期。")
    return redirect(_address("supervision:ranking", period))


@require_safe
def ranking(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Show scores by project and unit, places, and the lists below the provincial average."""
    found = _period(request, code, period)
    choices = bases(request.user, found)
    snapshot = _basis(request, choices)
    scope = standings_scope(request.user, found, snapshot)
    address = _address("supervision:ranking", found)
    context = _shared(request, found, choices, snapshot, address) | {
        "scope": scope,
        "orders": _choices(request, address, "order", [("", "官方顺序"), ("place", "按位次")]),
        "address": address,
        "open_query": _query(request, "open"),
        "basis_query": _query(request, "open", "order"),
    }
    by_place = request.GET.get("order") == "place"
    rate = request.GET.get("rate", "")
    if rate:
        options, template, make = {"rate": rate, "by_place": by_place}, get_template(FUNDS_TEMPLATE), _funds_body
    else:
        options = {"opened": _number(request.GET.get("open")), "by_place": by_place}
        template, make = get_template(BODY_TEMPLATE), _ranking_body
    context["rates"] = _choices(request, address, "rate", _rates(found, rate))
    # The key names all that the body is made of: the tables by their stamp, the address and the viewer's scope.
    parts = [standings_stamp(found), template.template.source, options, snapshot and snapshot.pk]
    parts += [
        context[name] for name in ("bases", "orders", "rates", "address", "open_query", "basis_query", "is_city_office")
    ]
    parts += [scope.everything, *map(sorted, (scope.participants, scope.led, scope.filled))]
    context["body"] = kept(content_key("ranking", parts), lambda: make(template, found, context, **options))
    context["period_choices"] = _periods(found, "supervision:ranking")
    context["export"] = _address("supervision:ranking-export", found) + _query(request, "open", "rate")
    return render(request, "supervision/ranking.html", context)


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


def _funds_body(template, period: ReportingPeriod, shared: dict, *, rate: str, by_place: bool) -> dict:
    """Return the body of the page turned to one rate of money, and how many units and projects it has."""
    funds = _fund_standings(period, shared["snapshot"])
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


def _ranking_body(template, period: ReportingPeriod, shared: dict, *, opened: int | None, by_place: bool) -> dict:
    """Return the body of the ranking page and how many units and projects it has; what the cache keeps."""
    scope = shared["scope"]
    projects = list(period.programme.projects.prefetch_related("sub_projects__lead_agency").order_by("seq"))
    page = RankingPage(_standings(period, shared["snapshot"]), scope, projects, by_place=by_place)
    groups, columns, rows = page.groups(), page.columns(), page.rows(opened)
    context = shared | {
        "page": page,
        "columns": columns,
        "rows": rows,
        "groups": groups,
        "sentences": [
            {"seq": group["seq"], "project": group["name"], "label": item["label"], "sentence": item["sentence"]}
            for group in groups
            for item in group["indicators"]
            if item["in_scope"] and item["sentence"]
        ],
        "hidden_lists": any(not item["in_scope"] for group in groups for item in group["indicators"]),
        "has_scheme": page.standings.scheme_id is not None,
    }
    return {"html": template.render(context), "units": len(columns), "projects": len(rows)}


@require_safe
@transaction.atomic
def ranking_export(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Give the ranking as a workbook: the same basis, order and scope as the page, works and money."""
    found = _period(request, code, period)
    snapshot = _basis(request, bases(request.user, found))
    scope = standings_scope(request.user, found, snapshot)
    projects = list(found.programme.projects.prefetch_related("sub_projects__lead_agency").order_by("seq"))
    by_place = request.GET.get("order") == "place"
    page = RankingPage(_standings(found, snapshot), scope, projects, by_place=by_place)
    basis = _basis_words(snapshot) + ("" if scope.everything else "，只列您经办范围内的数")
    facts = facts_line(found, request.user, basis=basis)
    sheets = chain(
        standings_sheets(page, facts=facts),
        fund_sheets(_fund_standings(found, snapshot), scope, projects, facts=facts),
    )
    name = f"{found.programme.name}_{found.code}_排名与进度_{_basis_words(snapshot).partition('（')[0]}.xlsx"
    response = workbook_response(name, sheets)
    after = {"basis": _basis_code(snapshot), "scope": "全部" if scope.everything else "经办范围"}
    record_event(by=request.user, verb="export_standings", target=found, after=after)
    return response


def _basis_words(snapshot: Snapshot | None) -> str:
    if snapshot is None:
        return f"{LIVE}（已提交和已审核的月报）"
    return f"快照{snapshot.version}（{format_moment(snapshot.frozen_at)}冻结，已审核的月报）"


@require_safe
def indicator_detail(request: HttpRequest, code: str, period: str, pk: int) -> HttpResponse:
    """Show every unit of one indicator: target, value, rate, place, yardsticks, status."""
    found = _period(request, code, period)
    choices = bases(request.user, found)
    snapshot = _basis(request, choices)
    scope = standings_scope(request.user, found, snapshot)
    standings = _standings(found, snapshot)
    if pk not in standings.indicators:
        raise Http404("没有这个指标。")
    page = IndicatorPage(standings, scope, pk)
    if not page.rows:
        raise Http404("没有这个指标。")
    address = _address("supervision:indicator-detail", found, pk=pk)
    context = _shared(request, found, choices, snapshot, address) | {
        "page": page,
        "left_out": page.left_out(),
        "yardsticks": page.yardsticks(),
        "formula_line": page.formula_line(request.GET.get("unit")),
        "ranking_url": f"{_address('supervision:ranking', found)}{_query(request)}",
        "basis_query": _query(request),
        "period_choices": _periods(found, "supervision:indicator-detail", pk=pk),
    }
    return render(request, "supervision/indicator_detail.html", context)


def _period(request: HttpRequest, code: str, text: str) -> ReportingPeriod:
    """Return the period of a programme in the user's scope; 404 for what does not exist or is not theirs."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)
    try:
        period = find_period(programme, text)
    except LookupRefused as refusal:
        raise Http404(str(refusal)) from refusal
    period.programme = programme
    return period


def _basis(request: HttpRequest, choices: list[Snapshot | None]) -> Snapshot | None:
    """Return the chosen basis, ?basis=live or a snapshot's version; None stands for live figures."""
    if "basis" not in request.GET:
        if not choices:
            raise Http404("本期还没有可看的结果。")
        return choices[0]
    for choice in choices:
        if request.GET["basis"] == _basis_code(choice):
            return choice
    raise Http404("没有这一版结果。")


def _basis_code(snapshot: Snapshot | None) -> str:
    return "live" if snapshot is None else str(snapshot.version)


def _standings(period: ReportingPeriod, snapshot: Snapshot | None) -> Standings:
    if snapshot is None:
        return live_standings(period)
    snapshot.period = period
    return snapshot_standings(snapshot)


def _fund_standings(period: ReportingPeriod, snapshot: Snapshot | None) -> FundStandings:
    if snapshot is None:
        return live_fund_standings(period)
    snapshot.period = period
    return snapshot_fund_standings(snapshot)


def _shared(request: HttpRequest, period: ReportingPeriod, choices, snapshot: Snapshot | None, address: str) -> dict:
    """Return what both pages say of programme, period and basis."""
    return {
        "programme": period.programme,
        "period": period,
        "is_demo": period.programme.is_demo,
        "is_city_office": is_city_office(request.user, period.programme.owner_id),
        "snapshot": snapshot,
        "bases": [
            {
                "label": f"快照{choice.version}" if choice else "实时",
                "url": f"{address}{_query(request, 'basis', basis=_basis_code(choice))}",
                "active": choice == snapshot,
            }
            for choice in choices
        ],
    }


def _choices(request: HttpRequest, address: str, key: str, values: list[tuple[str, str]]) -> list[dict]:
    """Return the alternatives of one query parameter as addresses that keep the others."""
    chosen = request.GET.get(key, "")
    return [
        {"label": label, "url": f"{address}{_query(request, key, **{key: value})}", "active": value == chosen}
        for value, label in values
    ]


def _query(request: HttpRequest, *without: str, **added: str) -> str:
    """Return the request's own parameters as a query string, some left out, some set; "" for none."""
    kept = {
        key: request.GET[key] for key in ("basis", "order", "open", "rate") if key in request.GET and key not in without
    }
    query = urlencode({key: value for key, value in (kept | added).items() if value})
    return f"?{query}" if query else ""


def _address(name: str, period: ReportingPeriod, **more) -> str:
    return reverse(name, kwargs={"code": period.programme.code, "period": period.code} | more)


def _periods(current: ReportingPeriod, name: str, **more) -> list[dict]:
    """Return the same page of the programme's other periods, the newest first, for the context bar."""
    rows = current.programme.periods.order_by("-ends_on", "kind")
    addresses = [reverse(name, kwargs={"code": current.programme.code, "period": row.code} | more) for row in rows]
    return [
        {"label": row.label, "url": address, "active": row.pk == current.pk}
        for row, address in zip(rows, addresses, strict=True)
    ]


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None
