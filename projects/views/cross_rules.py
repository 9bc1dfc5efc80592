"""勾稽关系: the list, one rule with its form, its dry run, and the switch."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from livelihood.access import is_city_office, require_city_office
from livelihood.services import Refused
from projects import cross_rules
from projects.checks import RULES
from projects.cross_rule_form import CrossRuleForm, refuse
from projects.models import CrossRule, Programme
from projects.services import cross_rules as services


@require_safe
def cross_rule_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show the programme's rules, and what is asked of every figure without any."""
    programme = _programme(request, code)
    rules = list(programme.cross_rules.select_related("changed_by"))
    terms = cross_rules.terms_by_rule(programme)
    return render(
        request,
        "projects/cross_rule_list.html",
        _context(request, programme)
        | {
            "rows": [{"rule": rule, "formula": cross_rules.formula(terms[rule.pk], rule.comparison)} for rule in rules],
            "built_in": RULES,
        },
    )


@require_http_methods(["GET", "POST"])
def cross_rule_new(request: HttpRequest, code: str) -> HttpResponse:
    """Draft a rule, try it on past months, and store it; it is not in use yet."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    form = CrossRuleForm(request.POST or None, programme=programme)
    if request.method == "POST" and form.is_valid() and "try" not in request.POST:
        try:
            rule = services.create_cross_rule(programme=programme, by=request.user, **form.values())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, f"“{rule.name}”已存下，还没有启用。看过试算结果再启用。")
            return redirect("projects:cross-rule-dry-run", code, rule.pk)
    return _form_page(request, programme, form)


@require_http_methods(["GET", "POST"])
def cross_rule_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show a rule; the city office changes it here."""
    programme = _programme(request, code)
    rule = get_object_or_404(CrossRule.objects.select_related("programme", "changed_by"), pk=pk, programme=programme)
    if request.method == "GET" and not is_city_office(request.user, programme.owner_id):
        context = _context(request, programme) | {"rule": rule, "terms": cross_rules.terms_of(rule)}
        context["formula"] = cross_rules.formula(context["terms"], rule.comparison)
        return render(request, "projects/cross_rule_detail.html", context)
    require_city_office(request.user, programme.owner_id)
    form = CrossRuleForm(request.POST, programme=programme) if request.method == "POST" else CrossRuleForm.of(rule)
    if form.is_bound and form.is_valid() and "try" not in request.POST:
        try:
            rule = services.update_cross_rule(
                rule=rule, version=form.cleaned_data["version"] or 0, by=request.user, **form.values()
            )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            state = "填报中的月份已按新的关系重新核对。" if rule.is_active else "还没有启用。"
            messages.success(request, f"“{rule.name}”已改好，{state}")
            return redirect("projects:cross-rule-detail", code, rule.pk)
    return _form_page(request, programme, form, rule)


@require_safe
def cross_rule_dry_run(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show what a stored rule says of every month and participant."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    rule = get_object_or_404(CrossRule.objects.select_related("programme"), pk=pk, programme=programme)
    terms = cross_rules.terms_of(rule)
    only = cross_rules.BROKEN if request.GET.get("only") == cross_rules.BROKEN else ""
    table = _tried(programme, rule.comparison, rule.tolerance, terms, only=only)
    context = _context(request, programme) | {
        "rule": rule,
        "formula": cross_rules.formula(terms, rule.comparison),
        "table": table,
        "choices": [
            {"label": "全部", "url": request.path, "active": not only},
            {"label": "只看不符", "url": "?only=broken", "active": bool(only), "count": table["counts"]["broken"]},
        ],
    }
    return render(request, "projects/cross_rule_dry_run.html", context)


@require_POST
def cross_rule_switch(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """启用 or 停用, as the form's `active` says."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    rule = get_object_or_404(CrossRule.objects.select_related("programme"), pk=pk, programme=programme)
    try:
        if request.POST.get("active") == "1":
            flagged = services.activate_cross_rule(rule=rule, by=request.user)
            messages.success(request, f"“{rule.name}”已启用，填报中的月份有 {flagged} 处不符，已加提示。")
        else:
            services.deactivate_cross_rule(rule=rule, by=request.user)
            messages.success(request, f"“{rule.name}”已停用，填报中的月份不再提示。")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("projects:cross-rule-list", code)


def _form_page(request, programme: Programme, form: CrossRuleForm, rule: CrossRule | None = None) -> HttpResponse:
    """Show the form, with the dry run of what it holds when that was asked for."""
    context = _context(request, programme) | {"form": form, "rule": rule}
    tried = form.is_bound and "try" in request.POST and form.is_valid()
    if tried:
        values = form.values()
        context["table"] = _tried(programme, values["comparison"], values["tolerance"], values["terms"])
        context["formula"] = cross_rules.formula(values["terms"], values["comparison"])
    status = 422 if form.is_bound and not tried else 200
    return render(request, "projects/cross_rule_form.html", context, status=status)


def _tried(programme: Programme, comparison: str, tolerance, terms, *, only: str = "") -> dict:
    periods = cross_rules.past_periods(programme)
    lines = cross_rules.dry_run(comparison=comparison, tolerance=tolerance, terms=terms, periods=periods)
    return cross_rules.dry_run_table(lines, periods, programme, only=only)


def _programme(request: HttpRequest, code: str) -> Programme:
    return get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)


def _context(request: HttpRequest, programme: Programme) -> dict:
    return {
        "programme": programme,
        "is_demo": programme.is_demo,
        "is_office": is_city_office(request.user, programme.owner_id),
    }
