"""What pages of standings have in common: the period and basis an address asks for, and the same page's other ones."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from livelihood.access import is_city_office
from projects.lookup import LookupRefused, find_period
from projects.models import Programme, ReportingPeriod
from supervision.fund_standings import FundStandings, live_fund_standings, snapshot_fund_standings
from supervision.models import Snapshot
from supervision.pages.plausibility import sees_plausibility
from supervision.standings import Standings, live_standings, snapshot_standings


def requested_period(request: HttpRequest, code: str, text: str) -> ReportingPeriod:
    """Return the period of a programme in the user's scope; 404 for what does not exist or is not theirs."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)
    try:
        period = find_period(programme, text)
    except LookupRefused as refusal:
        raise Http404(str(refusal)) from refusal
    period.programme = programme
    return period


def requested_basis(request: HttpRequest, choices: list[Snapshot | None]) -> Snapshot | None:
    """Return the chosen basis, ?basis=live or a snapshot's version; None stands for live figures."""
    if "basis" not in request.GET:
        if not choices:
            raise Http404("本期还没有可看的结果。")
        return choices[0]
    for choice in choices:
        if request.GET["basis"] == basis_code(choice):
            return choice
    raise Http404("没有这一版结果。")


def basis_code(snapshot: Snapshot | None) -> str:
    """Return how an address names a basis."""
    return "live" if snapshot is None else str(snapshot.version)


def standings_on(period: ReportingPeriod, snapshot: Snapshot | None) -> Standings:
    """Return the standings of a period on a basis."""
    if snapshot is None:
        return live_standings(period)
    snapshot.period = period
    return snapshot_standings(snapshot)


def fund_standings_on(period: ReportingPeriod, snapshot: Snapshot | None) -> FundStandings:
    """Return the standings of money of a period on a basis."""
    if snapshot is None:
        return live_fund_standings(period)
    snapshot.period = period
    return snapshot_fund_standings(snapshot)


def shared_context(
    request: HttpRequest, period: ReportingPeriod, choices, snapshot: Snapshot | None, address: str, *kept: str
) -> dict:
    """Return what the pages say of programme, period and basis; links keep the parameters `kept`."""
    return {
        "programme": period.programme,
        "period": period,
        "is_demo": period.programme.is_demo,
        "is_city_office": is_city_office(request.user, period.programme.owner_id),
        "sees_plausibility": sees_plausibility(request.user, period),
        "snapshot": snapshot,
        "bases": [
            {
                "label": f"快照{choice.version}" if choice else "实时",
                "url": f"{address}{query_of(request, *kept, basis=basis_code(choice))}",
                "active": choice == snapshot,
            }
            for choice in choices
        ],
    }


def choices_of(
    request: HttpRequest, address: str, key: str, values: list[tuple[str, str]], *kept: str, default: str = ""
) -> list[dict]:
    """Return the alternatives of one query parameter as addresses that keep the parameters `kept`."""
    chosen = request.GET.get(key, default)
    others = [name for name in kept if name != key]
    return [
        {"label": label, "url": f"{address}{query_of(request, *others, **{key: value})}", "active": value == chosen}
        for value, label in values
    ]


def query_of(request: HttpRequest, *kept: str, **added: str) -> str:
    """Return some of the request's own parameters as a query string, with others added; "" for none."""
    found = {key: request.GET[key] for key in kept if key in request.GET and key not in added}
    query = urlencode({key: value for key, value in (found | added).items() if value})
    return f"?{query}" if query else ""


def address_of(name: str, period: ReportingPeriod, **more) -> str:
    """Return the address of a period's page."""
    return reverse(name, kwargs={"code": period.programme.code, "period": period.code} | more)


def period_choices(current: ReportingPeriod, name: str, *, query: str = "", **more) -> list[dict]:
    """Return the same page of the programme's other periods, the newest first, for the context bar; `query` is kept."""
    rows = current.programme.periods.order_by("-ends_on", "kind")
    addresses = [reverse(name, kwargs={"code": current.programme.code, "period": row.code} | more) for row in rows]
    return [
        {"label": row.label, "url": f"{address}{query}", "active": row.pk == current.pk}
        for row, address in zip(rows, addresses, strict=True)
    ]


def number_of(text: str | None) -> int | None:
    """Return the whole number a parameter holds, None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
