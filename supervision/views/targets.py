"""任务分解: the projects' targets, one project's table to edit, what a batch would do, a target's revisions."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from livelihood.access import NotAllowed, is_city_office, oversees, require_city_office
from livelihood.services import Refused
from projects.cell_key import Key
from projects.models import Indicator, Participant, Programme, Project
from projects.services.targets import Paper, set_targets, stated
from projects.target_page import FOREIGN, TargetMatrix, revisions_of, target_overview
from projects.workbook_forms import PaperForm
from projects.workbook_kinds import TargetWorkbook
from supervision.target_effects import Effects, effects_of, fingerprint

#: Prefix of the cells' fields.
CELL = "t-"
#: Sentences above the table; of more it says how many.
MOST_TOLD = 10


@require_safe
def target_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show the projects with their targets, what does not add up, and the units' 目标责任书."""
    programme = _programme(request, code)
    projects = target_overview(programme)
    context = _context(request, programme) | {
        "projects": projects,
        "off_count": sum(len(row["off"]) for row in projects),
        "units": programme.participants.exclude(kind=Participant.Kind.WHOLE).order_by("order"),
        "conflicts": programme.paper_conflicts.select_related("project"),
    }
    return render(request, "supervision/target_list.html", context)


@require_http_methods(["GET", "POST"])
def target_matrix(request: HttpRequest, code: str, seq: int) -> HttpResponse:
    """Show a project's table; a posted one is shown as what it would do, and stored when that is confirmed."""
    programme = _programme(request, code)
    project = get_object_or_404(programme.projects, seq=seq)
    if request.method == "GET":
        return _table(request, TargetMatrix(programme, project), PaperForm(extra_fields=TargetWorkbook.extra_fields))
    require_city_office(request.user, programme.owner_id)
    form = PaperForm(request.POST, extra_fields=TargetWorkbook.extra_fields)
    matrix = TargetMatrix(programme, project, typed=_typed(request))
    if request.POST.get("step") == "edit":
        return _table(request, matrix, form)
    if not form.is_valid() or not _may_go_on(matrix, form):
        return _table(request, matrix, form, status=422)
    paper = Paper(**{key: form.cleaned_data[key] for key in TargetWorkbook.extra_fields if form.cleaned_data[key]})
    try:
        effects = effects_of(programme=programme, entries=matrix.entries, paper=paper, by=request.user)
        seal = fingerprint(programme, matrix.entries, paper, effects)
        if request.POST.get("step") != "confirm":
            return _preview(request, matrix, form, effects, seal)
        if request.POST.get("fingerprint") != seal:
            messages.error(request, "核对之后有人改了目标或各县报了数，什么都没有存。请再看一遍下面的对照。")
            return _preview(request, matrix, form, effects, seal, status=422)
        done = set_targets(programme=programme, entries=matrix.entries, paper=paper, by=request.user)
    except Refused as refused:
        form.add_error(None, str(refused).splitlines())
        return _table(request, matrix, form, status=422)
    messages.success(request, f"已存目标任务：新下达 {len(done.first)} 个，修订 {len(done.revised)} 个。")
    return redirect("supervision:target-matrix", code, seq)


@require_safe
def target_detail(request: HttpRequest, code: str, key: Key) -> HttpResponse:
    """Show all revisions of one target: value, dates, document, reason, by whom and when."""
    programme = _programme(request, code)
    unit, number = key
    participant = get_object_or_404(programme.participants, pk=unit)
    indicators = Indicator.objects.of_programme(programme)
    indicator = get_object_or_404(indicators, pk=number if isinstance(number, int) else 0)
    context = _context(request, programme) | {
        "indicator": indicator,
        "participant": participant,
        "revisions": [{"target": row, "stated": stated(row)} for row in revisions_of(indicator, participant)],
    }
    return render(request, "supervision/target_detail.html", context)


def _programme(request: HttpRequest, code: str) -> Programme:
    """Return a programme the user oversees; 404 outside the user's scope, 403 for who only takes part."""
    found = get_object_or_404(
        Programme.objects.visible_to(request.user).select_related("owner", "office__region"), code=code
    )
    if not oversees(request.user, found.owner_id):
        raise NotAllowed(f"任务分解表由{found.owner.office_word}和督查看；本单位的任务在目标责任书里。")
    return found


def _typed(request: HttpRequest) -> dict[str, tuple[str, int]]:
    """Return cell → (text, revision seen) of a posted table; one field holds the revisions of all."""
    seen = dict(pair.split(":", 1) for pair in request.POST.get("versions", "").split() if ":" in pair)
    return {
        name.removeprefix(CELL): (" ".join(text.split()), _whole(seen.get(name.removeprefix(CELL), "")))
        for name, text in request.POST.items()
        if name.startswith(CELL)
    }


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1


def _may_go_on(matrix: TargetMatrix, form: PaperForm) -> bool:
    """Tell whether the batch may be worked out; what stands against it is put on the form."""
    if matrix.foreign:
        form.add_error(None, FOREIGN)
    elif matrix.faults:
        told = list(matrix.faults.values())[:MOST_TOLD]
        more = len(matrix.faults) - len(told)
        form.add_error(None, [*told, f"另有 {more} 格也不对，标了红框。"] if more else told)
    elif not matrix.entries:
        form.add_error(None, "没有改动，不用保存。")
    return not form.errors


def _table(request: HttpRequest, matrix: TargetMatrix, form: PaperForm, status: int = 200) -> HttpResponse:
    programme = matrix.programme
    context = _context(request, programme) | {
        "project": matrix.project,
        "matrix": matrix,
        "rows": matrix.rows(),
        "columns": matrix.columns(),
        "groups": matrix.groups(),
        "versions": matrix.versions(),
        "form": form,
    }
    return render(
        request, "supervision/target_matrix.html", context | _neighbours(programme, matrix.project), status=status
    )


def _preview(
    request: HttpRequest, matrix: TargetMatrix, form: PaperForm, effects: Effects, seal: str, status: int = 200
) -> HttpResponse:
    changes = [
        {"entry": entry, "after": stated(entry), "before": stated(before) if before else ""}
        for entry in matrix.entries
        for before in [matrix.newest.get(entry.key)]
    ]
    context = _context(request, matrix.programme) | {
        "project": matrix.project,
        "changes": changes,
        "effects": effects,
        "fingerprint": seal,
        "form": form,
        "paper": form.cleaned_data,
        # Only what changes is sent again.
        "kept": [cell for row in matrix.rows() for cell in row["cells"] if cell["is_changed"]],
    }
    return render(request, "supervision/target_preview.html", context, status=status)


def _context(request: HttpRequest, programme: Programme) -> dict:
    return {
        "programme": programme,
        "is_demo": programme.is_demo,
        "is_office": is_city_office(request.user, programme.owner_id),
    }


def _neighbours(programme: Programme, project: Project) -> dict:
    """Return the other projects with something to count: all, the one before and the one after. One query."""
    projects = list(programme.projects.filter(sub_projects__indicators__isnull=False).distinct().order_by("seq"))
    links = [
        {
            "label": f"{row.seq} {row.name}",
            "url": reverse("supervision:target-matrix", args=[programme.code, row.seq]),
            "active": row == project,
        }
        for row in projects
    ]
    place = projects.index(project) if project in projects else None
    return {
        "project_choices": links,
        "before": links[place - 1] if place else None,
        "after": links[place + 1] if place is not None and place + 1 < len(links) else None,
    }
