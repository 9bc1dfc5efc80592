"""目标责任书 of a unit: a page to print, and the same as .docx."""

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from projects.models import Participant, Programme
from supervision.documents.agreement import Agreement, agreement_docx, agreement_of

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_safe
def agreement_list(request: HttpRequest, code: str) -> HttpResponse:
    """List the units whose paper the user may open; who has one goes straight to it."""
    programme = _programme(request, code)
    units = list(_units(request, programme).order_by("order", "pk"))
    if len(units) == 1:
        return redirect("supervision:agreement", code, units[0].code)
    context = {"programme": programme, "is_demo": programme.is_demo, "units": units}
    return render(request, "supervision/agreement_list.html", context)


@require_safe
def agreement(request: HttpRequest, code: str, unit: str) -> HttpResponse:
    """Show a unit's paper as it is printed."""
    found = _agreement(request, code, unit)
    context = {
        "programme": found.programme,
        "is_demo": found.programme.is_demo,
        "agreement": found,
        "heads": found.heads,
    }
    return render(request, "supervision/agreement.html", context)


@require_safe
def agreement_download(request: HttpRequest, code: str, unit: str) -> HttpResponse:
    """Give a unit's paper as .docx."""
    found = _agreement(request, code, unit)
    headers = {"Content-Disposition": f"attachment; filename*=utf-8''{quote(found.title)}.docx"}
    return HttpResponse(agreement_docx(found), content_type=DOCX, headers=headers)


def _programme(request: HttpRequest, code: str) -> Programme:
    programmes = Programme.objects.visible_to(request.user).select_related("owner", "office__region")
    return get_object_or_404(programmes, code=code)


def _units(request: HttpRequest, programme: Programme):
    """Return the units of the programme whose own report the user may open."""
    units = Participant.objects.visible_to(request.user).filter(programme=programme)
    return units.exclude(kind=Participant.Kind.WHOLE)


def _agreement(request: HttpRequest, code: str, unit: str) -> Agreement:
    programme = _programme(request, code)
    return agreement_of(programme, get_object_or_404(_units(request, programme), code=unit))
