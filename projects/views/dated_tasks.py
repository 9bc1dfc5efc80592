"""限期任务: the office keeps the list; whoever is responsible records one as done."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from livelihood.access import NotAllowed, require_city_office
from livelihood.formats import format_day
from livelihood.services import Refused
from projects.dated_task_forms import DatedTaskForm
from projects.dated_tasks import dated_tasks_of, is_responsible
from projects.milestone_forms import DatedTaskDoneForm, DatedTaskUndoForm
from projects.milestones import reader_of
from projects.models import DatedTask, Programme
from projects.services import dated_task_edit as list_services
from projects.services import dated_tasks as services


@require_http_methods(["GET", "POST"])
def dated_task_new(request: HttpRequest, code: str) -> HttpResponse:
    """Add a task to an item of the programme."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    form = DatedTaskForm(request.POST or None, programme=programme)
    if request.method == "POST" and form.is_valid():
        try:
            task = list_services.add_dated_task(by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已增加限期任务：{format_day(task.due_on)} {task.text}。")
            return redirect("projects:milestone-list", code)
    return _edit_page(request, programme, form, None)


@require_http_methods(["GET", "POST"])
def dated_task_change(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Change a task that is not done yet."""
    programme, task = _task_of_office(request, code, pk)
    form = DatedTaskForm(request.POST or None, programme=programme, of=task)
    if request.method == "POST" and form.is_valid():
        try:
            list_services.change_dated_task(task=task, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"限期任务已改好：{form.cleaned_data['text']}。")
            return redirect("projects:milestone-list", code)
    return _edit_page(request, programme, form, task)


@require_POST
def dated_task_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take a task off the list."""
    _, task = _task_of_office(request, code, pk)
    try:
        list_services.remove_dated_task(task=task, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已删去限期任务：{format_day(task.due_on)} {task.text}。")
    return redirect("projects:milestone-list", code)


@require_http_methods(["GET", "POST"])
def dated_task_done(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Record a task as done, with what shows it."""
    programme, task = _task(request, code, pk)
    if not is_responsible(request.user, task):
        raise NotAllowed(services.not_responsible(programme))
    form = DatedTaskDoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.complete_dated_task(task=task, by=request.user, **form.cleaned_data)
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
            services.undo_dated_task(task=task, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已撤回完成登记：{task.text}。")
            return redirect("projects:milestone-list", code)
    return _task_page(request, programme, task, form, is_undo=True)


def _edit_page(request, programme: Programme, form: DatedTaskForm, task: DatedTask | None) -> HttpResponse:
    context = _context(programme) | {"form": form, "task": task}
    return render(request, "projects/dated_task_edit.html", context, status=422 if form.is_bound else 200)


def _task_page(request, programme: Programme, task: DatedTask, form, *, is_undo: bool = False) -> HttpResponse:
    context = _context(programme) | {"form": form, "task": task, "is_undo": is_undo}
    return render(request, "projects/dated_task_form.html", context, status=422 if form.is_bound else 200)


def _programme(request: HttpRequest, code: str) -> Programme:
    return get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)


def _task(request: HttpRequest, code: str, pk: int) -> tuple[Programme, DatedTask]:
    """Return a task the user sees; else 404."""
    programme = _programme(request, code)
    reader = reader_of(request.user, programme)
    return programme, get_object_or_404(dated_tasks_of(programme, request.user, reader), pk=pk)


def _task_of_office(request: HttpRequest, code: str, pk: int) -> tuple[Programme, DatedTask]:
    """Return a task of the programme to who keeps its list; NotAllowed to others, 404 where there is none."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    return programme, get_object_or_404(
        dated_tasks_of(programme, request.user, reader_of(request.user, programme)), pk=pk
    )


def _context(programme: Programme) -> dict:
    return {"programme": programme, "is_demo": programme.is_demo}
