"""开启前检查: what is missing before the year opens, and opening it; taking a year away that never was."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from livelihood.access import require_city_office
from livelihood.services import Refused
from projects.models import Programme
from projects.readiness import readiness_of
from projects.services.programmes import open_programme, removal_of, remove_programme


@require_http_methods(["GET", "POST"])
def readiness(request: HttpRequest, code: str) -> HttpResponse:
    """Show what is missing before the programme opens, and open it."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)
    require_city_office(request.user, programme.owner_id)
    wrong = ""
    if request.method == "POST":
        try:
            open_programme(programme=programme, by=request.user, seen=request.POST.get("seen", ""))
        except Refused as refusal:
            wrong = str(refusal)
        else:
            messages.success(request, f"“{programme.name}”已开启，可以开填报期了。")
            return redirect("projects:programme-list")
    context = {
        "programme": programme,
        "is_demo": programme.is_demo,
        "found": readiness_of(programme),
        "wrong": wrong,
    }
    return render(request, "projects/readiness.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "POST"])
def programme_remove(request: HttpRequest, code: str) -> HttpResponse:
    """Say what would go with a year that was never opened, or what stands in the way, and take it away."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)
    require_city_office(request.user, programme.owner_id)
    wrong = ""
    if request.method == "POST":
        try:
            remove_programme(programme=programme, by=request.user)
        except Refused as refusal:
            wrong = str(refusal)
        else:
            messages.success(request, f"已删去“{programme.name}”。")
            return redirect("projects:programme-list")
    along, blocking = removal_of(programme)
    context = {
        "programme": programme,
        "is_demo": programme.is_demo,
        "along": along,
        "blocking": blocking,
        "wrong": wrong,
    }
    return render(request, "projects/programme_remove.html", context, status=422 if wrong else 200)
