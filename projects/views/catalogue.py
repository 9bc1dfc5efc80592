"""目录: the year's list, its facts, and the forms that add, change and take away what stands in it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from livelihood.access import NotAllowed, Role, access_of, is_city_office, require_city_office
from livelihood.services import Refused
from projects.catalogue_forms import (
    BasisRows,
    CatalogueForm,
    ConflictForm,
    IndicatorForm,
    NewProgrammeForm,
    ProgrammeForm,
    ProjectForm,
    SubProjectForm,
    sealed,
    unsealed,
)
from projects.catalogue_page import catalogue_rows, changes_of, links_of
from projects.models import Indicator, PaperConflict, Programme, Project, SubProject
from projects.services import catalogue_edit as services
from projects.services.catalogue import create_programme
from projects.services.catalogue_edit_rules import words_with

BASIS_LABEL = str(Programme._meta.get_field("basis").verbose_name)


@dataclass(frozen=True)
class Kind:
    """What can be added, changed and taken away, with its form and its service."""

    name: str
    label: str
    form: type[CatalogueForm]
    rows: Callable[[Programme], QuerySet]
    save: Callable
    #: The kind it stands under, "" for the programme itself.
    parent: str = ""
    #: What the service calls the row, its parent, and what the form wants to know.
    argument: str = ""
    owner: str = "programme"
    form_needs: str = ""


KINDS = {
    kind.name: kind
    for kind in (
        Kind("project", "项目", ProjectForm, lambda year: year.projects.all(), services.save_project, "", "project"),
        Kind(
            "sub-project",
            "子项",
            SubProjectForm,
            lambda year: SubProject.objects.filter(project__programme=year).select_related("project__programme"),
            services.save_sub_project,
            "project",
            "sub_project",
            "project",
            "programme",
        ),
        Kind(
            "indicator",
            "指标",
            IndicatorForm,
            lambda year: Indicator.objects.filter(sub_project__project__programme=year).select_related(
                "sub_project__project__programme"
            ),
            services.save_indicator,
            "sub-project",
            "indicator",
            "sub_project",
            "sub_project",
        ),
        Kind(
            "conflict",
            "文件出入",
            ConflictForm,
            lambda year: year.paper_conflicts.select_related("project"),
            services.save_conflict,
            "",
            "conflict",
            "programme",
            "programme",
        ),
    )
}


@require_safe
def programme_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show the year's list: facts, papers, projects with sub-projects and indicators, contradictions."""
    programme = _programme(request, code)
    rows = catalogue_rows(programme)
    context = context_of(programme) | {
        "rows": rows,
        "changes": changes_of(rows),
        "indicator_count": sum(row["count"] for row in rows),
        "links": links_of(request.user, programme),
        "conflicts": programme.paper_conflicts.select_related("project"),
        "is_office": is_city_office(request.user, programme.owner_id),
    }
    return render(request, "projects/catalogue_detail.html", context)


@require_http_methods(["GET", "POST"])
def programme_new(request: HttpRequest) -> HttpResponse:
    """Begin a year's list."""
    if not access_of(request.user).region_ids(Role.CITY_OFFICE):
        raise NotAllowed("只有民生办可以新建年度。")
    form = NewProgrammeForm(request.POST or None, user=request.user)
    basis = BasisRows([], request.POST if form.is_bound else None)
    if form.is_bound and _are_sound(form, basis):
        values = dict(form.cleaned_data)
        try:
            made = create_programme(
                by=request.user, whole_code=values["owner"].code, basis=basis.cleaned(), **_checked_new(values)
            )
        except Refused as refusal:
            form.add_error(None, str(refusal).splitlines())
        else:
            messages.success(request, f"已新建：{made.name}。接着设考核单位，加项目和指标。")
            return redirect("projects:programme-detail", made.code)
    return _facts_page(request, None, form, basis)


@require_http_methods(["GET", "POST"])
def catalogue_facts(request: HttpRequest, code: str) -> HttpResponse:
    """Change a year's facts and the papers it stands on."""
    programme = own_programme(request, code)
    form = ProgrammeForm(request.POST or None, row=programme)
    basis = BasisRows(programme.basis, request.POST if form.is_bound else None)
    if form.is_bound and _are_sound(form, basis):
        try:
            services.change_programme(
                programme=programme,
                values=form.cleaned_data | {"basis": basis.cleaned()},
                seen=form.seen,
                by=request.user,
            )
        except Refused as refusal:
            left_alone = words_with(programme, {"basis": basis.cleaned()})[BASIS_LABEL] == form.seen.get(BASIS_LABEL)
            form.take_news()
            basis = BasisRows(form.row.basis, None if left_alone else request.POST)
            form.add_error(None, str(refusal).splitlines())
        else:
            messages.success(request, "年度的基本情况已改好。")
            return redirect("projects:programme-detail", code)
    return _facts_page(request, programme, form, basis)


@require_http_methods(["GET", "POST"])
def catalogue_item_new(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Add a project, a sub-project, an indicator or a contradiction; `in` names what it stands under."""
    programme, found = own_programme(request, code), _kind(kind)
    owner = _under(request, programme, found)
    initial = {"seq": (programme.projects.order_by("-seq").values_list("seq", flat=True).first() or 0) + 1}
    form = found.form(request.POST or None, initial=initial, **_needs(found, programme, owner))
    if form.is_bound and form.is_valid():
        try:
            row = found.save(values=form.cleaned_data, by=request.user, **{found.owner: owner})
        except Refused as refusal:
            form.add_error(None, str(refusal).splitlines())
        else:
            messages.success(request, f"已增加{found.label}：{row}。")
            if "again" in request.POST:
                return redirect(f"{request.path}?{request.GET.urlencode()}")
            return _back(programme, row)
    return _item_page(request, programme, found, form, owner)


@require_http_methods(["GET", "POST"])
def catalogue_item(request: HttpRequest, code: str, kind: str, pk: int) -> HttpResponse:
    """Change one row of the list, if it still is as the person saw it."""
    programme, found = own_programme(request, code), _kind(kind)
    row = get_object_or_404(found.rows(programme), pk=pk)
    owner = programme if found.owner == "programme" else getattr(row, found.owner)
    form = found.form(request.POST or None, row=row, **_needs(found, programme, owner))
    if form.is_bound and form.is_valid():
        try:
            arguments = {found.owner: owner, found.argument: row}
            saved = found.save(values=form.cleaned_data, seen=form.seen, by=request.user, **arguments)
        except Refused as refusal:
            form.take_news()
            form.add_error(None, str(refusal).splitlines())
        else:
            messages.success(request, f"{found.label}已改好：{saved}。")
            return _back(programme, saved)
    return _item_page(request, programme, found, form, owner, row)


@require_POST
def catalogue_item_remove(request: HttpRequest, code: str, kind: str, pk: int) -> HttpResponse:
    """Take a row away on which nothing hangs."""
    programme, found = own_programme(request, code), _kind(kind)
    row = get_object_or_404(found.rows(programme), pk=pk)
    words = str(row)
    try:
        services.remove_item(item=row, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("projects:catalogue-item", code, kind, pk)
    messages.success(request, f"已删去{found.label}：{words}")
    return redirect("projects:programme-detail", code)


@require_http_methods(["GET", "POST"])
def catalogue_order(request: HttpRequest, code: str) -> HttpResponse:
    """Give the projects other numbers, all at once."""
    programme = own_programme(request, code)
    projects = list(programme.projects.order_by("seq"))
    rows = [
        {"project": row, "name": f"seq-{row.pk}", "value": request.POST.get(f"seq-{row.pk}", str(row.seq)).strip()}
        for row in projects
    ]
    errors: list[str] = []
    if request.method == "POST":
        for row in rows:
            if not (row["value"].isascii() and row["value"].isdigit() and len(row["value"]) < 6):
                row["fault"] = f"“{row['project'].name}”的序号要写数字，现为“{row['value'][:20]}”。"
        errors = [row["fault"] for row in rows if row.get("fault")]
        if not errors:
            numbers = {row["project"].pk: int(row["value"]) for row in rows}
            seen = unsealed(request.POST.get("seen"))
            try:
                moved = services.renumber_projects(programme=programme, numbers=numbers, seen=seen, by=request.user)
            except Refused as refusal:
                errors = str(refusal).splitlines()
            else:
                messages.success(request, f"序号已改：{moved} 个项目。" if moved else "序号没有改动。")
                return redirect("projects:programme-detail", code)
    seal = sealed({str(row.pk): str(row.seq) for row in projects})
    context = context_of(programme) | {"rows": rows, "errors": errors, "seal": seal}
    return render(request, "projects/catalogue_order.html", context, status=422 if errors else 200)


def _checked_new(values: dict) -> dict:
    if values["office"].region_id != values["owner"].pk:
        raise Refused(f"主办单位“{values['office']}”不是{values['owner']}的单位。")
    return values


def _are_sound(form: CatalogueForm, basis: BasisRows) -> bool:
    """Check both; what is wrong with the papers stands with the form's own."""
    is_valid = form.is_valid()
    if basis.cleaned() is None:
        form.add_error(None, basis.fault)
        return False
    return is_valid


def _facts_page(request, programme: Programme | None, form: CatalogueForm, basis: BasisRows) -> HttpResponse:
    form.focus_first_error()
    context = {"form": form, "basis": basis} | (context_of(programme) if programme else {})
    return render(request, "projects/catalogue_facts.html", context, status=422 if form.is_bound else 200)


def _item_page(request, programme: Programme, kind: Kind, form: CatalogueForm, owner, row=None) -> HttpResponse:
    form.focus_first_error()
    context = context_of(programme) | {"form": form, "kind": kind, "row": row, "owner": owner}
    context["back"] = _address(programme, row or (owner if owner != programme else None))
    return render(request, "projects/catalogue_form.html", context, status=422 if form.is_bound else 200)


def _back(programme: Programme, row) -> HttpResponse:
    return redirect(_address(programme, row))


def _address(programme: Programme, row) -> str:
    """Return where the row stands in the list."""
    address = reverse("projects:programme-detail", args=[programme.code])
    if isinstance(row, PaperConflict):
        return f"{address}#conflicts"
    project = row.sub_project.project if isinstance(row, Indicator) else getattr(row, "project", row)
    return f"{address}#project-{project.seq}" if isinstance(project, Project) else address


def _needs(kind: Kind, programme: Programme, owner) -> dict:
    given = {"programme": programme, "sub_project": owner}
    return {kind.form_needs: given[kind.form_needs]} if kind.form_needs else {}


def _under(request: HttpRequest, programme: Programme, kind: Kind):
    """Return what a new row stands under: the programme, or the row `in` names; else 404."""
    if not kind.parent:
        return programme
    text = request.GET.get("in", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    return get_object_or_404(KINDS[kind.parent].rows(programme), pk=number)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise Http404(f"没有“{name}”这一种。")
    return KINDS[name]


def _programme(request: HttpRequest, code: str) -> Programme:
    found = Programme.objects.visible_to(request.user).select_related("owner", "office")
    return get_object_or_404(found, code=code)


def own_programme(request: HttpRequest, code: str) -> Programme:
    """Return a programme of the user's office; 404 outside the user's scope, NotAllowed inside it."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    return programme


def context_of(programme: Programme) -> dict:
    """Return what every page of the list shows in its frame."""
    return {"programme": programme, "is_demo": programme.is_demo}
