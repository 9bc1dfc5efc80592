"""节点: what is due by which day, and how every unit stands on it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from livelihood.access import require_city_office
from livelihood.services import Refused
from projects.milestone_forms import MilestoneForm
from projects.milestone_page import MilestonePage, day_of
from projects.models import Milestone, Programme
from projects.services import milestones as services


@require_safe
def milestone_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show milestones × units on a day (`day`), all or what is missed or near (`show`), and the plan charts."""
    programme = _programme(request, code)
    day, wrong = day_of(programme, request.GET.get("day", ""), timezone.localdate())
    show = request.GET.get("show", "")
    page = MilestonePage(
        programme, request.user, day, show=show if show in ("missed", "soon") else "", unit=request.GET.get("unit", "")
    )
    asked = {
        name: value for name, value in (("day", request.GET.get("day")), ("unit", request.GET.get("unit"))) if value
    }
    choices = [("", "全部", None), ("missed", "逾期", page.count("missed")), ("soon", "临近", page.count("soon"))]
    context = _context(programme) | {
        "page": page,
        "groups": page.groups(),
        "day": day,
        "wrong": wrong,
        "show": page.show,
        "filters": [
            {
                "label": label,
                "url": "?" + urlencode({"show": name} | asked if name else asked),
                "active": name == page.show,
                "count": count,
            }
            for name, label, count in choices
        ],
    }
    return render(request, "projects/milestone_list.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "POST"])
def milestone_new(request: HttpRequest, code: str) -> HttpResponse:
    """Add a milestone to an indicator of the programme."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    form = MilestoneForm(request.POST or None, programme=programme)
    if request.method == "POST" and form.is_valid():
        try:
            milestone = services.add_milestone(by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, f"已增加节点：{milestone.indicator.name} {milestone.due_on} {milestone.required}。"
            )
            return redirect("projects:milestone-list", code)
    return _form_page(request, programme, form, None)


@require_http_methods(["GET", "POST"])
def milestone_change(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Change one milestone."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    milestone = _milestone(programme, pk)
    form = MilestoneForm(request.POST or None, programme=programme, of=milestone)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_milestone(milestone=milestone, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"节点已改好：{milestone.indicator.name}。")
            return redirect("projects:milestone-list", code)
    return _form_page(request, programme, form, milestone)


@require_POST
def milestone_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take one milestone away."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    milestone = _milestone(programme, pk)
    try:
        services.remove_milestone(milestone=milestone, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已删去节点：{milestone.indicator.name} {milestone.due_on}。")
    return redirect("projects:milestone-list", code)


def _form_page(request, programme: Programme, form: MilestoneForm, milestone: Milestone | None) -> HttpResponse:
    context = _context(programme) | {"form": form, "milestone": milestone}
    return render(request, "projects/milestone_form.html", context, status=422 if form.is_bound else 200)


def _programme(request: HttpRequest, code: str) -> Programme:
    return get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)


def _milestone(programme: Programme, pk: int) -> Milestone:
    rows = Milestone.objects.filter(indicator__sub_project__project__programme=programme)
    return get_object_or_404(rows.select_related("indicator__sub_project__project__programme"), pk=pk)


def _context(programme: Programme) -> dict:
    return {"programme": programme, "is_demo": programme.is_demo}
