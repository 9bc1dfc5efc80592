"""资金筹集方案: the list, a line with its revisions, entering, pasting, copying, cost shares."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from funding import plan_page, rights
from funding.forms import CopyForm, PasteForm, PlanForm, RevisionForm
from funding.models import FundLine
from funding.paste import read_pasted
from funding.services import copying, plans
from livelihood.access import is_city_office, require_city_office
from livelihood.services import Refused
from projects.models import Programme


@require_safe
def plan_list_latest(request: HttpRequest) -> HttpResponse:
    """Lead to the plan of the newest programme the user sees."""
    programme = Programme.objects.visible_to(request.user).order_by("-year", "code").first()
    if programme is None:
        raise Http404("没有您能看的年度民生工程。")
    return redirect("funding:plan-list", programme.code)


@require_safe
def plan_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show the plan by project, unit and source, and the printed sums that do not agree."""
    programme = _programme(request, code)
    unit = plan_page.chosen_unit(request.GET.get("unit"))
    context = _context(request, programme) | {
        "unit": unit,
        "unit_choices": plan_page.unit_choices(unit),
        "table": plan_page.plan_table(programme, request.user),
        "checks": plan_page.check_table(programme, request.user, unit),
    }
    return render(request, "funding/plan_list.html", context)


@require_http_methods(["GET", "POST"])
def plan_new(request: HttpRequest, code: str) -> HttpResponse:
    """Enter one line's first plan."""
    programme = _programme(request, code)
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
    context = _context(request, programme) | {"form": form}
    return render(request, "funding/plan_form.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
def plan_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show a line with all revisions of its plan; the city office revises it here."""
    programme = _programme(request, code)
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
    context = _context(request, programme) | {
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
    programme = _programme(request, code)
    units = rights.require_plan_units(request.user, programme)
    form = PasteForm(request.POST or None)
    context = _context(request, programme) | {"form": form, "units": units}
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
def plan_copy(request: HttpRequest, code: str) -> HttpResponse:
    """Take over another year's plan: what matches and what does not is shown first."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    sources = (
        Programme.objects.filter(owner=programme.owner_id, fund_lines__isnull=False).exclude(pk=programme.pk).distinct()
    )
    form = CopyForm(request.POST or request.GET or None, sources=sources)
    context = _context(request, programme) | {"form": form, "has_sources": sources.exists()}
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


@require_safe
def cost_shares(request: HttpRequest, code: str) -> HttpResponse:
    """Show what each level should put up, beside what its plan says."""
    programme = _programme(request, code)
    unit = plan_page.chosen_unit(request.GET.get("unit"))
    context = _context(request, programme) | {
        "unit": unit,
        "unit_choices": plan_page.unit_choices(unit),
        "tables": plan_page.share_tables(programme, request.user),
    }
    return render(request, "funding/cost_shares.html", context)


def _programme(request: HttpRequest, code: str) -> Programme:
    return get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)


def _context(request: HttpRequest, programme: Programme) -> dict:
    """Return what every page of the plan shows: the programme, its choices, and which buttons there are."""
    return plan_page.office_context(programme, request.user) | {
        "programme": programme,
        "is_demo": programme.is_demo,
        "programme_choices": [
            {"label": row.name, "url": reverse("funding:plan-list", args=[row.code]), "active": row == programme}
            for row in Programme.objects.visible_to(request.user)
        ],
    }
