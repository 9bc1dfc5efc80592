"""资金筹集方案: the list, a line with its revisions, entering, pasting, copying."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from funding import plan_page, rights
from funding.forms import CopyForm, PasteForm, PlanForm, RevisionForm
from funding.models import FundLine
from funding.paste import read_pasted
from funding.plan_workbook import PlanWorkbook
from funding.services import copying, plans
from funding.views.shared import find_programme, page_context
from livelihood.access import is_city_office, require_city_office
from livelihood.services import Refused
from projects.models import Programme
from projects.views.workbooks import workbook_page, workbook_template


@require_safe
def plan_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show the plan by project, unit and source, and the printed sums that do not agree."""
    programme = find_programme(request, code)
    unit = plan_page.chosen_unit(request.GET.get("unit"))
    context = page_context(request, programme, "plan") | {
        "unit": unit,
        "unit_choices": plan_page.unit_choices(unit),
        "table": plan_page.plan_table(programme, request.user, unit),
        "checks": plan_page.check_table(programme, request.user, unit),
    }
    return render(request, "funding/plan_list.html", context)


@require_http_methods(["GET", "POST"])
def plan_new(request: HttpRequest, code: str) -> HttpResponse:
    """Enter one line's first plan."""
    programme = find_programme(request, code)
    units = rights.require_plan_units(request.user, programme)
    form = PlanForm(request.POST or None, programme=programme, units=units)
    if request.method == "POST" and form.is_valid():
        try:
            plan = plans.set_plan(
                programme=programme,
                entry=form.entry(),
                by=request.user,
                document=form.cleaned_data["document"],
                document_on=form.cleaned_data["document_on"],
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{plan.fund_line}的计划已存。")
            return redirect("funding:plan-list", code)
    context = page_context(request, programme, "plan") | {"form": form}
    return render(request, "funding/plan_form.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
def plan_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show a line with all revisions of its plan; the city office revises it here."""
    programme = find_programme(request, code)
    line = get_object_or_404(
        FundLine.objects.visible_to(request.user).select_related(
            "programme__owner", "sub_project__project", "participant", "added_by"
        ),
        pk=pk,
        programme=programme,
    )
    form = None
    if request.method == "POST" or is_city_office(request.user, programme.owner_id):
        require_city_office(request.user, programme.owner_id)
        newest = line.plans.order_by("-revision").first()
        form = RevisionForm(request.POST or None, initial={"seen": newest.revision if newest else 0})
    if request.method == "POST" and form.is_valid():
        try:
            plan = plans.revise_plan(fund_line=line, by=request.user, **form.values())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"计划已修订为第 {plan.revision} 版。")
            return redirect("funding:plan-detail", code, pk)
    unit = plan_page.chosen_unit(request.GET.get("unit"))
    context = page_context(request, programme, "plan") | {
        "line": line,
        "history": plan_page.line_history(line),
        "form": form,
        "unit": unit,
        "unit_choices": plan_page.unit_choices(unit),
    }
    return render(request, "funding/plan_detail.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
def plan_paste(request: HttpRequest, code: str) -> HttpResponse:
    """Paste a plan: read and shown line by line first, then stored all or nothing."""
    programme = find_programme(request, code)
    units = rights.require_plan_units(request.user, programme)
    form = PasteForm(request.POST or None)
    context = page_context(request, programme, "plan") | {"form": form, "units": units}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        context["pasted"] = pasted = read_pasted(data["text"], programme=programme, units=units, unit=data["unit"])
        if pasted.refused:
            form.add_error("text", pasted.refused)
        elif "confirm" in request.POST and not pasted.errors and pasted.entries:
            try:
                made = plans.set_plans(
                    programme=programme,
                    entries=pasted.entries,
                    by=request.user,
                    document=data["document"],
                    document_on=data["document_on"],
                )
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"已存入 {len(made)} 条资金计划。")
                return redirect("funding:plan-list", code)
    is_wrong = form.is_bound and (bool(form.errors) or "confirm" in request.POST)
    return render(request, "funding/plan_paste.html", context, status=422 if is_wrong else 200)


@require_http_methods(["GET", "POST"])
def plan_import(request: HttpRequest, code: str) -> HttpResponse:
    """Take a plan as a workbook: shown row by row first, then stored all or nothing."""
    programme = find_programme(request, code)
    back = {"view": "funding:plan-list", "args": [code], "label": "资金筹集方案"}
    page = {"programme": programme, "back": back}
    return workbook_page(request, lambda **extra: PlanWorkbook(request.user, programme=programme, **extra), page)


@require_safe
def plan_template(request: HttpRequest, code: str) -> HttpResponse:
    """Give the plan as it stands as a workbook, as far as the person may enter it."""
    return workbook_template(PlanWorkbook(request.user, programme=find_programme(request, code)))


@require_http_methods(["GET", "POST"])
def plan_copy(request: HttpRequest, code: str) -> HttpResponse:
    """Take over another year's plan: what matches and what does not is shown first."""
    programme = find_programme(request, code)
    require_city_office(request.user, programme.owner_id)
    sources = (
        Programme.objects.filter(owner=programme.owner_id, fund_lines__isnull=False).exclude(pk=programme.pk).distinct()
    )
    form = CopyForm(request.POST or request.GET or None, sources=sources)
    context = page_context(request, programme, "plan") | {"form": form, "has_sources": sources.exists()}
    if form.is_bound and form.is_valid():
        source = form.cleaned_data["source"]
        if request.method == "POST":
            try:
                copy = copying.copy_plans(source=source, target=programme, by=request.user)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                left = f"，{len(copy.left)} 条没有对上，没有复制" if copy.left else ""
                messages.success(request, f"已从“{source.name}”复制 {len(copy.entries)} 条资金计划{left}。")
                return redirect("funding:plan-list", code)
        context |= {"source": source, "copy": copying.plan_copy(source=source, target=programme)}
    return render(request, "funding/plan_copy.html", context, status=422 if request.method == "POST" else 200)
