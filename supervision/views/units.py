"""One unit of a period: its projects against the yardsticks, what costs points, what is left, money, its year."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from funding.scope import visible_lines
from livelihood.access import oversees
from livelihood.services import record_event
from livelihood.workbooks import workbook_response
from projects.exports import facts_line
from projects.models import Indicator, Participant, ReportingPeriod
from supervision.models import Snapshot
from supervision.pages.history import basis_words
from supervision.pages.oversight_links import OversightLinks
from supervision.pages.unit_money import UnitMoney
from supervision.pages.unit_oversight import open_matters
from supervision.pages.unit_page import UnitPage
from supervision.pages.unit_year import discipline_of, places_of_year
from supervision.scope import StandingsScope, bases, standings_scope
from supervision.sheets.unit_sheets import unit_sheets
from supervision.unit_sql import parameters_on, unit_lines, unit_money
from supervision.views.shared import (
    address_of,
    basis_code,
    choices_of,
    period_choices,
    query_of,
    requested_basis,
    requested_period,
    shared_context,
)
from supervision.why_links import WhyLinks

#: What links of the page keep of its address.
KEPT = ("basis", "order", "open")


@require_safe
def participant(request: HttpRequest, code: str, period: str, unit: str) -> HttpResponse:
    """Show one unit: every project, contributions to the score, what is left, money, discipline, places of the year."""
    found = requested_period(request, code, period)
    choices = bases(request.user, found)
    snapshot = requested_basis(request, choices)
    chosen = _unit(found, unit)
    scope = standings_scope(request.user, found, snapshot)
    page, money, has_scheme = _page(request, found, chosen, snapshot, scope)
    address = address_of("supervision:participant", found, unit=chosen.code)
    costly = page.costly()
    context = shared_context(request, found, choices, snapshot, address, *KEPT) | {
        "page": page,
        "participant": chosen,
        "facts": page.facts(has_scheme=has_scheme),
        "rows": page.rows(request.GET.get("open", ""), by_lost=request.GET.get("order") == "lost", marks=money.marks),
        "orders": choices_of(request, address, "order", [("", "官方顺序"), ("lost", "按失分")], *KEPT),
        "address": address,
        "open_query": query_of(request, "basis", "order"),
        "basis_query": query_of(request, "basis"),
        "costly": costly,
        "costly_chart": page.costly_chart(costly),
        "sums": page.sums(has_scheme=has_scheme),
        "money": money,
        "shows_money": oversees(request.user, found.programme.owner_id) or page.sees_unit or bool(money.rows),
        "places": places_of_year(page, request.user, snapshot=snapshot) if page.sees_unit else None,
        "discipline": discipline_of(found.programme, request.user, chosen, found) if page.sees_unit else None,
        "matters": _matters(request, found, chosen, page),
        "links": _links(request, found, chosen),
        "basis_words": basis_words(snapshot),
        "export": address_of("supervision:participant-export", found, unit=chosen.code) + query_of(request, "basis"),
        "period_choices": period_choices(found, "supervision:participant", unit=chosen.code),
    }
    context |= _neighbours(request, found, chosen, scope)
    return render(request, "supervision/unit_detail.html", context)


@require_safe
def participant_export(request: HttpRequest, code: str, period: str, unit: str) -> HttpResponse:
    """Give the page as a workbook: every line, what costs points, money, places by month."""
    found = requested_period(request, code, period)
    snapshot = requested_basis(request, bases(request.user, found))
    chosen = _unit(found, unit)
    scope = standings_scope(request.user, found, snapshot)
    page, money, has_scheme = _page(request, found, chosen, snapshot, scope)
    places = places_of_year(page, request.user, snapshot=snapshot) if page.sees_unit else None
    words = basis_words(snapshot) + ("" if page.sees_unit else "，只列您经办范围内的数")
    facts = facts_line(found, request.user, basis=words, about=f"单位：{chosen.printed_name}")
    sheets = unit_sheets(page, money, places, facts=facts, sums=page.sums(has_scheme=has_scheme))
    response = workbook_response(f"{found.programme.name}_{found.code}_{chosen.printed_name}_进度.xlsx", sheets)
    after = {"unit": chosen.printed_name, "basis": basis_code(snapshot)}
    record_event(by=request.user, verb="export_standings", target=found, after=after)
    return response


def _unit(period: ReportingPeriod, code: str) -> Participant:
    unit = period.programme.participants.reporters().filter(code=code).first()
    if unit is None:
        raise Http404("没有这个考核单位。")
    return unit


def _page(
    request: HttpRequest, period: ReportingPeriod, unit: Participant, snapshot: Snapshot | None, scope: StandingsScope
) -> tuple[UnitPage, UnitMoney, bool]:
    """Return the page within the user's scope, its money, and whether there is a scheme; 404 for what is not theirs."""
    parameters, is_frozen = parameters_on(period, snapshot), snapshot is not None
    programme = period.programme
    page = UnitPage(
        period,
        unit,
        scope,
        lines=unit_lines(unit.pk, parameters, frozen=is_frozen),
        projects=list(programme.projects.prefetch_related("sub_projects__lead_agency").order_by("seq")),
        indicators={row.pk: row for row in Indicator.objects.of_programme(programme)},
        decimals=snapshot.decimals if snapshot else programme.decimals,
        why=WhyLinks(period, snapshot),
        whole_name=_whole_name(period),
    )
    if not page.lines and (page.first is not None or not page.sees_unit):
        raise Http404("没有这个考核单位，或者不在您的范围内。")
    lines = None if scope.everything else visible_lines(request.user, programme, period)
    money = unit_money(unit.pk, parameters, frozen=is_frozen, lines=lines)
    return page, UnitMoney(page, money, programme), parameters["scheme"] is not None


def _matters(request: HttpRequest, period: ReportingPeriod, unit: Participant, page: UnitPage) -> dict | None:
    """Return open letters and unfinished items; None for who has no part in the unit and may read none of them."""
    found = open_matters(period.programme, unit, request.user, timezone.localdate())
    is_own = oversees(request.user, period.programme.owner_id) or unit.pk in page.scope.participants
    return found if is_own or found["letters"] or found["items"] else None


def _links(request: HttpRequest, period: ReportingPeriod, unit: Participant) -> dict | None:
    links = OversightLinks(period, request.user)
    if not links.is_office:
        return None
    return {"letter": links.letter(unit=unit.code), "item": links.item(unit=unit.code)}


def _whole_name(period: ReportingPeriod) -> str:
    whole = period.programme.participants.filter(kind=Participant.Kind.WHOLE).first()
    return whole.printed_name if whole else period.programme.owner.name


def _neighbours(request: HttpRequest, period: ReportingPeriod, unit: Participant, scope: StandingsScope) -> dict:
    """Return the addresses of the units before and behind in official order, and of all, as far as in scope."""
    units = period.programme.participants.reporters().active_on(period.ends_on).order_by("order", "id")
    filled = {pair[0] for pair in scope.filled}
    seen = [row for row in units if scope.everything or scope.led or row.pk in scope.participants or row.pk in filled]
    query = query_of(request, *KEPT)
    links = [
        {
            "label": row.printed_name,
            "url": address_of("supervision:participant", period, unit=row.code) + query,
            "active": row.pk == unit.pk,
        }
        for row in seen
    ]
    at = next((nth for nth, link in enumerate(links) if link["active"]), None)
    return {
        "units": links,
        "previous": links[at - 1] if at else None,
        "following": links[at + 1] if at is not None and at + 1 < len(links) else None,
    }
