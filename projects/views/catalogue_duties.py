"""目录: who fills what and who answers for what, of a project or a sub-project; pasted blocks are shown first."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from livelihood.services import Refused
from projects.catalogue_forms import sealed, unsealed
from projects.catalogue_page import AssignmentTable, DutyTable, OfficeTable
from projects.services.catalogue_edit_duties import set_assignments, set_duties, set_offices
from projects.views.catalogue import KINDS, context_of, own_programme


@require_http_methods(["GET", "POST"])
def catalogue_assignments(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Say which bureau of which unit fills a project's sub-projects; a pasted block is shown before it is stored."""
    programme = own_programme(request, code)
    project = get_object_or_404(programme.projects, pk=pk)
    seen = unsealed(request.POST.get("seen"))
    table = AssignmentTable(project, programme, request.POST.copy() if request.method == "POST" else None, seen)
    seal = sealed(table.standing)
    if request.method == "POST" and request.POST.get("step") == "paste":
        seal = request.POST.get("seen", "")
        table.paste(request.POST.get("pasted", ""))
    elif request.method == "POST":
        chosen = table.chosen()
        if not table.problems:
            try:
                changed = set_assignments(
                    project=project,
                    agencies=chosen,
                    seen={key: seen.get(f"{key[0]}-{key[1]}", "") for key in chosen},
                    by=request.user,
                )
            except Refused as refusal:
                table.problems += str(refusal).splitlines()
            else:
                messages.success(request, f"填报分工已存：改动 {changed} 处。")
                return redirect("projects:programme-detail", code)
    context = context_of(programme) | {"table": table, "project": project, "seal": seal}
    return render(request, "projects/catalogue_assignments.html", context, status=422 if table.problems else 200)


@require_http_methods(["GET", "POST"])
def catalogue_duties(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Set 包保责任人 and 目标原文 of a sub-project, a line per unit; pasted lines are shown before they are stored."""
    programme = own_programme(request, code)
    sub_project = get_object_or_404(KINDS["sub-project"].rows(programme), pk=pk)
    seen = unsealed(request.POST.get("seen"))
    table = DutyTable(sub_project, programme, request.POST if request.method == "POST" else None, seen)
    errors: list[str] = []
    seal = sealed(table.standing)
    if request.method == "POST" and request.POST.get("step") == "paste":
        seal = request.POST.get("seen", "")
        if unknown := table.paste(request.POST.get("pasted", "")):
            errors = [f"没有这个考核单位：{'、'.join(name[:20] for name in unknown[:10])}。这几行没有填进去。"]
    elif request.method == "POST":
        typed = table.typed()
        try:
            changed = set_duties(
                sub_project=sub_project,
                duties=typed,
                seen={unit: seen.get(str(unit), "") for unit in typed},
                by=request.user,
            )
        except Refused as refusal:
            errors = str(refusal).splitlines()
        else:
            messages.success(request, f"包保责任人和目标原文已存：改动 {changed} 个单位。")
            return redirect("projects:programme-detail", code)
    context = context_of(programme) | {"table": table, "sub_project": sub_project, "errors": errors, "seal": seal}
    return render(request, "projects/catalogue_duties.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
def catalogue_offices(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Set 包保责任人 of a whole project, a line per unit; a pasted block is shown before it is stored."""
    programme = own_programme(request, code)
    project = get_object_or_404(programme.projects, pk=pk)
    data = request.POST.copy() if request.method == "POST" else None
    seen = unsealed(request.POST.get("seen"))
    table = OfficeTable(project, programme, data, seen)
    seal = sealed(table.standing)
    if data is not None and data.get("step") == "paste":
        seal = data.get("seen", "")
        table.paste(data.get("pasted", ""))
    elif data is not None:
        try:
            changed = set_offices(
                project=project,
                offices=table.typed(),
                seen={place: seen.get(table.key(place), "") for place in table.places},
                by=request.user,
            )
        except Refused as refusal:
            table.problems += str(refusal).splitlines()
        else:
            messages.success(request, f"包保责任人已存：改动 {changed} 处。")
            return redirect("projects:programme-detail", code)
    context = context_of(programme) | {"table": table, "project": project, "seal": seal}
    return render(request, "projects/catalogue_offices.html", context, status=422 if table.problems else 200)
