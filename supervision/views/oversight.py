"""督办情况: what the rules found in a month, what is waived, the rules themselves."""

import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from livelihood.access import NotAllowed, is_city_office, oversees, require_city_office
from livelihood.services import Refused
from projects.models import Programme, ReportingPeriod
from supervision.models import Level, OversightRule, RuleFiring, Snapshot
from supervision.oversight.finding import reason_words
from supervision.oversight.forms import RuleForm, SettingForm
from supervision.oversight.kinds import PARAMS, cleaned_params, rule_words
from supervision.oversight.letter_draft import setting_of
from supervision.oversight.overview_page import OverviewPage
from supervision.oversight.presets import presets
from supervision.oversight.trial import effect_of, preset_effects, try_rule
from supervision.services import oversight as services
from supervision.services.letters import draft_from_firing
from supervision.views.shared import choices_of, number_of, period_choices, requested_period

PAGE_SIZE = 60
K = OversightRule.Kind


@require_safe
def oversight_latest(request: HttpRequest) -> HttpResponse:
    """Lead to the newest month with a snapshot for who oversees it, to their own letters for everybody else."""
    periods = ReportingPeriod.objects.visible_to(request.user).filter(snapshots__isnull=False)
    for period in periods.select_related("programme").order_by("-ends_on").distinct()[:1]:
        if oversees(request.user, period.programme.owner_id):
            return redirect("supervision:oversight-period", period.programme.code, period.code)
    return redirect("supervision:letter-list")


@require_safe
def oversight_period(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Show what was found in a month by level, what was done about it, how the letters stand."""
    found = requested_period(request, code, period)
    if not oversees(request.user, found.programme.owner_id):
        raise NotAllowed("督办情况由民生办和市领导查看；发给您单位的函在“督办函”里。")
    asked = {name: request.GET.get(name, "") for name in ("level", "unit", "show")}
    page = OverviewPage(found, **asked)
    counts = page.counts()
    levels = [("", "全部"), *((level.value, level.label) for level in (Level.RED, Level.YELLOW, Level.BLUE))]
    filters = choices_of(request, request.path, "level", levels, "unit", "show")
    for choice, (value, _) in zip(filters, levels, strict=True):
        choice["count"] = counts[value or "all"]
    context = _context(request, found.programme) | {
        "period": found,
        "period_choices": period_choices(found, "supervision:oversight-period"),
        "page": page,
        "rows": Paginator(page.rows(), PAGE_SIZE).get_page(request.GET.get("page")),
        "counts": counts,
        "letters": page.letter_counts(),
        "not_judged": page.not_judged(),
        "filters": filters,
        "shows": choices_of(request, request.path, "show", [("", "全部"), ("open", "待处理")], "unit", "level"),
        "asked": asked,
    }
    return render(request, "supervision/letters/overview.html", context)


@require_http_methods(["GET", "POST"])
def firing(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one matter that was found; POST waives it with a reason."""
    found = get_object_or_404(
        RuleFiring.objects.visible_to(request.user).select_related(
            "rule", "snapshot__period__programme__owner", "participant", "agency", "indicator__sub_project__project"
        ),
        pk=pk,
    )
    period = found.snapshot.period
    require_city_office(request.user, period.programme.owner_id)
    error, reason = "", request.POST.get("reason", "")
    if request.method == "POST":
        try:
            services.waive_firing(firing=found, reason=reason, by=request.user)
        except Refused as refused:
            error = str(refused)
        else:
            messages.success(request, f"已对{found.participant or found.agency}免予督办，原因已记下。")
            return redirect("supervision:oversight-period", period.programme.code, period.code)
    unit = found.indicator.unit if found.indicator else ""
    letter = found.letters.exclude(state="void").select_related("document__series").first()
    context = _context(request, period.programme) | {
        "period": period,
        "firing": found,
        "letter": letter,
        "may_waive": found.waived_at is None and (letter is None or letter.state == "drafted"),
        "reason": reason_words(found.rule.kind, found.facts, unit=unit, fund_rate=found.fund_rate),
        "rule": rule_words(found.rule.kind, found.rule.params, period_kind=period.kind),
        "error": error,
        "typed": reason,
    }
    return render(request, "supervision/letters/firing.html", context, status=422 if error else 200)


@require_POST
def firing_letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Draft the letter of a matter the close only listed."""
    found = get_object_or_404(
        RuleFiring.objects.visible_to(request.user).select_related("rule", "snapshot__period__programme"), pk=pk
    )
    period = found.snapshot.period
    require_city_office(request.user, period.programme.owner_id)
    try:
        letter = draft_from_firing(firing=found, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("supervision:oversight-period", period.programme.code, period.code)
    messages.success(request, f"已拟{letter.document.get_kind_display()}，核稿、签发后生效。")
    return redirect("supervision:letter-detail", letter.pk)


@require_safe
def rules(request: HttpRequest, code: str) -> HttpResponse:
    """List the rules with their versions, the published presets, the settings."""
    programme = _programme(request, code)
    return _rules_page(request, programme, SettingForm(instance=setting_of(programme)))


@require_http_methods(["GET", "POST"])
def rule_new(request: HttpRequest, code: str) -> HttpResponse:
    """Write a rule of a kind, try it on past months, put it in force."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    if kind not in PARAMS:
        kind = K.BELOW_AVERAGE
    return _rule_page(request, programme, kind, None)


@require_http_methods(["GET", "POST"])
def rule_change(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Write a new version of a rule."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    rule = get_object_or_404(programme.oversight_rules, pk=pk)
    return _rule_page(request, programme, rule.kind, rule)


@require_POST
def rule_switch(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Switch a rule on or off."""
    programme = _programme(request, code)
    rule = get_object_or_404(programme.oversight_rules.select_related("programme"), pk=pk)
    try:
        services.switch_rule(rule=rule, is_on=request.POST.get("on") == "1", by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("supervision:oversight-rules", code)


@require_POST
def preset(request: HttpRequest, code: str) -> HttpResponse:
    """Put a published set of rules in force from the first day not yet closed."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    try:
        made = services.adopt_preset(
            programme=programme,
            code=request.POST.get("preset", ""),
            effective_from=_first_day(programme),
            by=request.user,
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"已施行{len(made)}条规则，可以逐条修改、停用。" if made else "这套规则已经有了。")
    return redirect("supervision:oversight-rules", code)


@require_POST
def setting(request: HttpRequest, code: str) -> HttpResponse:
    """Set how many papers a close drafts, the term of an answer, and whom to call."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    form = SettingForm(request.POST, instance=setting_of(programme))
    if not form.is_valid():
        return _rules_page(request, programme, form, status=422)
    services.set_oversight(programme=programme, by=request.user, **form.cleaned_data)
    messages.success(request, "督办设置已保存。")
    return redirect("supervision:oversight-rules", code)


def _programme(request: HttpRequest, code: str) -> Programme:
    return get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)


def _context(request: HttpRequest, programme: Programme) -> dict:
    return {
        "programme": programme,
        "is_demo": programme.is_demo,
        "is_office": is_city_office(request.user, programme.owner_id),
    }


def _rules_page(request: HttpRequest, programme: Programme, form: SettingForm, status: int = 200) -> HttpResponse:
    versions = list(programme.oversight_rules.select_related("made_by").order_by("code", "-version"))
    newest: dict[str, dict] = {}
    for rule in versions:
        row = newest.setdefault(rule.code, {"rule": rule, "words": rule_words(rule.kind, rule.params), "earlier": []})
        if row["rule"] is not rule:
            row["earlier"].append({"rule": rule, "words": rule_words(rule.kind, rule.params)})
    effects = preset_effects(programme)
    context = _context(request, programme) | {
        "rules": sorted(newest.values(), key=lambda row: (not row["rule"].is_on, row["rule"].code)),
        "presets": [
            row
            | {
                "words": [f"{rule['name']}→{Level(rule['level']).label}" for rule in row["rules"]],
                "effect": effects[code],
            }
            for code, row in presets().items()
        ],
        "kinds": K.choices,
        "form": form,
        "setting": form.instance,
    }
    return render(request, "supervision/letters/rules.html", context, status=status)


def _rule_page(request: HttpRequest, programme: Programme, kind: str, rule: OversightRule | None) -> HttpResponse:
    """Show the form; POST tries it (`step` trial) or puts it in force."""
    initial = RuleForm.initial_of(rule) if rule else {"effective_from": _first_day(programme)}
    form = RuleForm(request.POST or None, kind=kind, initial=initial)
    months, effect, status = None, None, 200
    if request.method == "GET" and rule is not None:
        effect = effect_of(programme, [rule])
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                if request.POST.get("step") == "adopt":
                    made = _adopt(request, programme, kind, rule, form)
                    messages.success(request, f"“{made.name}”第{made.version}版已施行，从下一次封账起按它判断。")
                    return redirect("supervision:oversight-rules", programme.code)
                tried = _unsaved(programme, kind, form)
                months, effect, status = try_rule(programme, tried), effect_of(programme, [tried], now=rule), 200
            except Refused as refused:
                form.add_error(None, str(refused))
    context = _context(request, programme) | {
        "form": form,
        "kind": kind,
        "kind_word": K(kind).label,
        "rule": rule,
        "base_version": request.POST.get("base_version") or (rule.version if rule else 0),
        "months": months,
        "effect": effect,
        "kinds": [{"label": label, "url": f"?kind={value}", "active": value == kind} for value, label in K.choices],
    }
    return render(request, "supervision/letters/rule_form.html", context, status=status)


def _unsaved(programme: Programme, kind: str, form: RuleForm) -> OversightRule:
    given = form.cleaned_data
    return OversightRule(
        programme=programme, kind=kind, params=cleaned_params(kind, form.params()), level=given["level"]
    )


def _adopt(request: HttpRequest, programme: Programme, kind: str, rule: OversightRule | None, form: RuleForm):
    own = ("name", "level", "escalates_after", "effective_from", "source", "reason")
    return services.adopt_rule(
        programme=programme,
        by=request.user,
        code=rule.code if rule else "",
        base_version=number_of(request.POST.get("base_version")) or 0,
        kind=kind,
        params=form.params(),
        is_on=rule.is_on if rule else True,
        **{name: form.cleaned_data[name] for name in own},
    )


def _first_day(programme: Programme) -> datetime.date:
    """Return the first day of the year no closed month has taken."""
    last = Snapshot.objects.filter(period__programme=programme).order_by("-period__ends_on").first()
    first = datetime.date(programme.year, 1, 1)
    day = last.period.ends_on + datetime.timedelta(days=1) if last else first
    return day if day.year == programme.year else first if timezone.localdate().year != programme.year else day
