"""What a plan rests on: exclusions, printed sums, cost shares. Seen by all, changed by the city office."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from funding import basis_forms, basis_page, plan_page
from funding.models import CostShare, FundExclusion
from funding.services import basis
from funding.views.shared import find_programme, page_context
from livelihood.access import is_city_office, require_city_office
from livelihood.services import Refused


@require_http_methods(["GET", "POST"])
def exclusions(request: HttpRequest, code: str, pk: int | None = None) -> HttpResponse:
    """Show what stays out of the rates; the city office sets, changes and ends it here."""
    programme = find_programme(request, code)
    exclusion = get_object_or_404(FundExclusion, pk=pk, programme=programme) if pk else None
    form = None
    if exclusion is not None or request.method == "POST":
        require_city_office(request.user, programme.owner_id)
    rows = basis_page.exclusion_rows(programme, request.user)
    if is_city_office(request.user, programme.owner_id):
        reason = next((row["reason"] for row in rows if row["exclusion"] == exclusion), "")
        form = basis_forms.ExclusionForm(request.POST or None, programme=programme, exclusion=exclusion, reason=reason)
    if request.method == "POST" and (exclusion is not None and "end" in request.POST):
        basis.set_exclusion(programme=programme, phrase=exclusion.phrase, sub_projects=[], by=request.user)
        messages.success(request, f"已恢复计入：“{exclusion.phrase}”不再印在比率后面。")
        return redirect("funding:exclusions", code)
    if request.method == "POST" and form.is_valid():
        try:
            made = basis.set_exclusion(programme=programme, by=request.user, **form.values())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已设定：比率后面印“{made.phrase}”。")
            return redirect("funding:exclusions", code)
    unit = plan_page.chosen_unit(request.GET.get("unit"))
    context = page_context(request, programme, "exclusions") | {
        "form": form,
        "exclusion": exclusion,
        "rows": rows,
        "unit": unit,
        "unit_choices": plan_page.unit_choices(unit),
    }
    return render(request, "funding/exclusions.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
def printed_sums(request: HttpRequest, code: str) -> HttpResponse:
    """Enter the sums a paper prints for a project, as printed; ?place=&participant=&kind= opens those kept."""
    programme = find_programme(request, code)
    require_city_office(request.user, programme.owner_id)
    if request.method == "POST":
        form = basis_forms.PrintedSumsForm(request.POST, programme=programme)
        rows = basis_forms.PrintedSumRows(request.POST, prefix="rows")
        if form.is_valid() and rows.is_valid() and _sums_are_kept(request, form, rows):
            return redirect("funding:plan-list", code)
        is_change = "is_change" in request.POST
    else:
        form = basis_forms.PrintedSumsForm(programme=programme, initial=_asked(request))
        kept = _kept(programme, form)
        is_change = bool(kept)
        if kept:
            form.initial["document"] = kept[0].document
        rows = basis_forms.PrintedSumRows(prefix="rows", initial=basis_page.sum_rows(kept, "万元"))
    context = page_context(request, programme, "plan") | {"form": form, "rows": rows, "is_change": is_change}
    return render(request, "funding/printed_sums.html", context, status=422 if request.method == "POST" else 200)


def _asked(request: HttpRequest) -> dict:
    """Return whose sums the address asks for."""
    return {name: request.GET[name] for name in ("place", "participant", "kind") if name in request.GET}


def _kept(programme, form: basis_forms.PrintedSumsForm) -> list:
    """Return the sums kept for the place the address names; none for an address that names none."""
    asked = form.initial
    sub_project = form.items.get(asked.get("place"))
    project = sub_project.project if sub_project else form.projects.get(asked.get("place"))
    participant = asked.get("participant", "")
    if project is None or participant not in map(str, form.units):
        return []
    return basis_page.kept_sums(
        project=project, sub_project=sub_project, participant_id=int(participant), kind=asked.get("kind", "project")
    )


def _sums_are_kept(request: HttpRequest, form: basis_forms.PrintedSumsForm, rows) -> bool:
    """Keep the sums and say so; False when something is wrong, which then stands on the form."""
    sums = basis_forms.read_sums(rows, form.cleaned_data["unit"])
    if any(row.errors for row in rows):
        return False
    values = form.values()
    where = {name: values[name] for name in ("project", "sub_project", "kind")}
    kept = basis_page.kept_sums(participant_id=values["participant"].pk, **where)
    if kept and "is_change" not in request.POST:
        form.add_error("place", "这里已有印发的合计与分项，请到资金计划页的列表里点“修改”。")
        return False
    if not sums and not kept:
        form.add_error(None, "还没有填金额。")
        return False
    try:
        made = basis.set_plan_checks(sums=sums, by=request.user, **values)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, f"已存 {len(made)} 个印发的数。" if made else "印发的数已清除。")
    return True


@require_safe
def cost_shares(request: HttpRequest, code: str) -> HttpResponse:
    """Show what each level should put up, beside what its plan says."""
    programme = find_programme(request, code)
    unit = plan_page.chosen_unit(request.GET.get("unit"))
    context = page_context(request, programme, "shares") | {
        "unit": unit,
        "unit_choices": plan_page.unit_choices(unit),
        "tables": plan_page.share_tables(programme, request.user),
    }
    return render(request, "funding/cost_shares.html", context)


@require_http_methods(["GET", "POST"])
def cost_share_form(request: HttpRequest, code: str, pk: int | None = None) -> HttpResponse:
    """Set how a sub-project's cost is shared, change it, or end it."""
    programme = find_programme(request, code)
    require_city_office(request.user, programme.owner_id)
    share = None
    if pk is not None:
        of_programme = CostShare.objects.filter(sub_project__project__programme=programme)
        share = get_object_or_404(
            of_programme.select_related("sub_project__project__programme").prefetch_related("levels"), pk=pk
        )
    if request.method == "POST" and share is not None and "end" in request.POST:
        basis.remove_cost_share(cost_share=share, by=request.user)
        messages.success(request, f"“{share.sub_project}”的分担比例已取消，已录入的计划不变。")
        return redirect("funding:cost-shares", code)
    initial = basis_page.share_initial(share)
    form = basis_forms.CostShareForm(request.POST or None, programme=programme, share=share, initial=initial)
    rows = basis_forms.LevelRows(request.POST or None, prefix="levels", initial=basis_page.level_rows(share))
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        try:
            made = basis.set_cost_share(levels=basis_forms.read_levels(rows), by=request.user, **form.values())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"“{made.sub_project}”的分担比例已存。")
            return redirect("funding:cost-shares", code)
    context = page_context(request, programme, "shares") | {"form": form, "rows": rows, "share": share}
    return render(request, "funding/cost_share_form.html", context, status=422 if request.method == "POST" else 200)
