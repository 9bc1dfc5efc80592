"""为什么: the answer of one figure, as a page with an address of its own and as the panel beside other pages."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from projects.models import Indicator, Participant, ReportingPeriod
from supervision.models import Snapshot
from supervision.scope import bases, standings_scope
from supervision.views.shared import (
    address_of,
    basis_code,
    fund_standings_on,
    number_of,
    query_of,
    requested_basis,
    requested_period,
    shared_context,
)
from supervision.why.answer import Answer
from supervision.why.basis import frozen_words
from supervision.why.benchmark import benchmark_answer
from supervision.why.figure import FigureWhy
from supervision.why.fund_line import FundLineWhy
from supervision.why.money import FundWhy
from supervision.why.scores import OverallWhy, project_answer

NOTHING = "没有这个数，或者它不在您的范围内。"


@require_safe
def why(request: HttpRequest, code: str, period: str, unit: str, pk: int) -> HttpResponse:
    """Explain a unit's figure, rate, gaps, place and status in one indicator."""
    found, choices, snapshot = _asked(request, code, period)
    if not Indicator.objects.filter(pk=pk, sub_project__project__programme=found.programme).exists():
        raise Http404(NOTHING)
    answer = FigureWhy(found, snapshot, request.user, unit=unit, indicator_id=pk).answer
    back = ("指标", address_of("supervision:indicator-detail", found, pk=pk))
    return _answered(request, found, choices, snapshot, answer, back)


@require_safe
def why_project(request: HttpRequest, code: str, period: str, unit: str, seq: int) -> HttpResponse:
    """Explain a unit's score in a project."""
    found, choices, snapshot = _asked(request, code, period)
    project = get_object_or_404(found.programme.projects, seq=seq)
    answer = project_answer(found, snapshot, request.user, unit=_unit(found, unit), project=project)
    back = ("排名与进度", address_of("supervision:ranking", found))
    return _answered(request, found, choices, snapshot, answer, back)


@require_safe
def why_overall(request: HttpRequest, code: str, period: str, unit: str) -> HttpResponse:
    """Explain a unit's overall score and place."""
    found, choices, snapshot = _asked(request, code, period)
    scope = standings_scope(request.user, found, snapshot)
    answer = OverallWhy(found, snapshot, request.user, unit=_unit(found, unit), scope=scope).answer()
    back = ("排名与进度", address_of("supervision:ranking", found))
    return _answered(request, found, choices, snapshot, answer, back)


@require_safe
def why_fund(request: HttpRequest, code: str, period: str, unit: str, rate: str) -> HttpResponse:
    """Explain a unit's rate of money (project-disbursed), with ?project=4 of that project alone."""
    found, choices, snapshot = _asked(request, code, period)
    parts = rate.split("-")
    funds = fund_standings_on(found, snapshot)
    rated = funds.rate(parts[0], parts[1]) if len(parts) in (2, 3) else None
    if rated is None or (len(parts) == 3 and parts[2] != rated.denominator):
        raise Http404(NOTHING)
    scope = standings_scope(request.user, found, snapshot)
    project = None
    if "project" in request.GET:
        project = get_object_or_404(found.programme.projects, seq=number_of(request.GET["project"]) or 0)
    answer = FundWhy(funds, scope, request.user, rate=rated, unit=_unit(found, unit)).answer(project)
    back = ("资金", f"{reverse('funding:overview', args=[code])}?period={found.code}")
    return _answered(request, found, choices, snapshot, answer, back)


@require_safe
def why_fund_line(request: HttpRequest, code: str, period: str, unit: str, pk: int) -> HttpResponse:
    """Explain one line of money of a unit: plan, received, disbursed and spent with who, when and from where."""
    found, choices, snapshot = _asked(request, code, period)
    answer = FundLineWhy(found, snapshot, request.user, unit=_unit(found, unit), line_id=pk).answer()
    back = ("资金", f"{reverse('funding:overview', args=[code])}?period={found.code}")
    return _answered(request, found, choices, snapshot, answer, back)


@require_safe
def why_benchmark(request: HttpRequest, code: str, period: str, pk: int) -> HttpResponse:
    """Explain where an indicator's provincial average comes from."""
    found, choices, snapshot = _asked(request, code, period)
    indicator = get_object_or_404(Indicator.objects.of_programme(found.programme), pk=pk)
    answer = benchmark_answer(found, snapshot, request.user, indicator=indicator)
    back = ("指标", address_of("supervision:indicator-detail", found, pk=pk))
    return _answered(request, found, choices, snapshot, answer, back)


def _asked(request: HttpRequest, code: str, period: str) -> tuple[ReportingPeriod, list, Snapshot | None]:
    found = requested_period(request, code, period)
    choices = bases(request.user, found)
    snapshot = requested_basis(request, choices)
    if snapshot is not None:
        snapshot.period = found
    return found, choices, snapshot


def _unit(period: ReportingPeriod, code: str) -> Participant:
    return get_object_or_404(period.programme.participants, code=code)


def _answered(
    request: HttpRequest,
    period: ReportingPeriod,
    choices: list,
    snapshot: Snapshot | None,
    answer: Answer | None,
    back: tuple[str, str],
) -> HttpResponse:
    """Show the answer: as a part for a script that asks, else as a page. 404 where it is not the reader's to see."""
    if answer is None:
        raise Http404(NOTHING)
    # What is sent to somebody says the same tomorrow: a snapshot is named in the address.
    basis = {"basis": basis_code(snapshot)} if snapshot else {}
    address = request.build_absolute_uri(f"{request.path}{query_of(request, 'project', **basis)}")
    context = {"answer": answer, "basis": frozen_words(snapshot), "period": period, "address": address}
    if request.htmx:
        response = render(request, "supervision/why_panel.html", context)
    else:
        shared = shared_context(request, period, choices, snapshot, request.path, "project")
        response = render(
            request, "supervision/why.html", shared | context | {"back": {"label": back[0], "url": back[1]}}
        )
    patch_vary_headers(response, ["HX-Request"])
    return response
