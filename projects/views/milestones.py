"""节点: what is due by which day, how every unit stands on it, and the dated tasks recorded as done."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from livelihood.access import NotAllowed, require_city_office
from livelihood.services import Refused
from projects.dated_tasks import dated_tasks_of, is_responsible
from projects.milestone_forms import DatedTaskDoneForm, DatedTaskUndoForm, MilestoneForm
from projects.milestone_page import MilestonePage, day_of
from projects.milestones import reader_of
from projects.models import DatedTask, Milestone, Programme
from projects.services import dated_tasks as task_services
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


@require_http_methods(["GET", "POST"])
def dated_task_done(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Record a task as done, with what shows it."""
    programme, task = _task(request, code, pk)
    if not is_responsible(request.user, task):
        raise NotAllowed("这项任务不由您负责：由责任单位、牵头单位、本县民生办或市民生办登记。")
    form = DatedTaskDoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            task_services.complete_dated_task(task=task, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已登记完成：{task.text}。")
            return redirect("projects:milestone-list", code)
    return _task_page(request, programme, task, form)


@require_http_methods(["GET", "POST"])
def dated_task_undo(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take a task's completion back, with a reason."""
    programme, task = _task(request, code, pk)
    require_city_office(request.user, programme.owner_id)
    form = DatedTaskUndoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            task_services.undo_dated_task(task=task, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已撤回完成登记：{task.text}。")
            return redirect("projects:milestone-list", code)
    return _task_page(request, programme, task, form, is_undo=True)


def _form_page(request, programme: Programme, form: MilestoneForm, milestone: Milestone | None) -> HttpResponse:
    context = _context(programme) | {"form": form, "milestone": milestone}
    return render(request, "projects/milestone_form.html", context, status=422 if form.is_bound else 200)


def _task_page(request, programme: Programme, task: DatedTask, form, *, is_undo: bool = False) -> HttpResponse:
    context = _context(programme) | {"form": form, "task": task, "is_undo": is_undo}
    return render(request, "projects/dated_task_form.html", context, status=422 if form.is_bound else 200)


def _programme(request: HttpRequest, code: str) -> Programme:
    return get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)


def _milestone(programme: Programme, pk: int) -> Milestone:
    rows = Milestone.objects.filter(indicator__sub_project__project__programme=programme)
    return get_object_or_404(rows.select_related("indicator__sub_project__project__programme"), pk=pk)


def _task(request: HttpRequest, code: str, pk: int) -> tuple[Programme, DatedTask]:
    """Return a task the user sees; else 404."""
    programme = _programme(request, code)
    reader = reader_of(request.user, programme)
    return programme, get_object_or_404(dated_tasks_of(programme, request.user, reader), pk=pk)


def _context(programme: Programme) -> dict:
    return {"programme": programme, "is_demo": programme.is_demo}
