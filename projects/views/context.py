"""What every page of a period needs: the period in the user's scope, and the choices of the context bar."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from projects.lookup import LookupRefused, find_period
from projects.models import Programme, ReportingPeriod


def get_period(request: HttpRequest, code: str, text: str) -> ReportingPeriod:
    """Return the period an address names, if the user sees its programme; else 404."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)
    try:
        return find_period(programme, text)
    except LookupRefused as refusal:
        raise Http404(str(refusal)) from refusal


def period_context(request: HttpRequest, period: ReportingPeriod) -> dict:
    """Return programme, period and their choices for the context bar. Two queries."""
    programme = period.programme
    programmes = Programme.objects.visible_to(request.user)
    return {
        "programme": programme,
        "period": period,
        "is_demo": programme.is_demo,
        "programme_choices": [
            {"label": row.name, "url": reverse("projects:programme-list") + f"#{row.code}", "active": row == programme}
            for row in programmes
        ],
        "period_choices": [
            {"label": row.label, "url": period_url(row, programme), "active": row == period}
            for row in programme.periods.filter(kind=period.kind).order_by("-ends_on")
        ],
    }


def period_url(period: ReportingPeriod, programme: Programme | None = None) -> str:
    """Return the address of the period's page; `programme` spares a query."""
    return reverse("projects:period-detail", args=[(programme or period.programme).code, period.code])


def go_back(request: HttpRequest, address: str) -> HttpResponse:
    """Go back to the page the form was on (`next`), if it names one of this site; else to `address`."""
    following = request.POST.get("next", "")
    if following and url_has_allowed_host_and_scheme(following, {request.get_host()}, request.is_secure()):
        return redirect(following)
    return redirect(address)
