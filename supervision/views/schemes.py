"""考核办法: the version in force in words, its history, a new one with what it would do to past months."""

import hashlib

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from livelihood.access import is_city_office, require_city_office
from livelihood.formats import format_date
from livelihood.services import Refused
from projects.lookup import LookupRefused, find_period
from projects.models import Programme, ReportingPeriod
from supervision.models import ScoringScheme
from supervision.scoring.presets import presets
from supervision.scoring.scheme_draft import SchemeDraft, rules_of
from supervision.scoring.scheme_forms import SchemeEditor, drafts_of
from supervision.scoring.scheme_preview import MonthPreview, preview_scheme
from supervision.services.schemes import SchemeRefused, adopt_scheme, warnings


@require_safe
def scheme(request: HttpRequest, code: str) -> HttpResponse:
    """Show the version in force, those to come and those before; ?period=2020-08 asks for the version of that month."""
    programme = _programme(request, code)
    period = _asked_period(request, programme)
    rows = list(ScoringScheme.objects.filter(programme=programme).select_related("adopted_by").order_by("-version"))
    # A programme of another year has the last version its year came to.
    day = period.ends_on if period else timezone.localdate()
    in_force = next((row for row in rows if row.effective_from <= day), None)
    word = f"{period.label}适用" if period else "现行"
    versions = [
        {
            "scheme": row,
            "components": drafts_of(row),
            "rules": rules_of(row),
            "total": sum(one.weight for one in drafts_of(row) if not one.is_adjustment),
            "state": word if row == in_force else "未施行" if row.effective_from > day else "已被替代",
        }
        for row in rows
    ]
    context = _context(request, programme) | {
        "current": next((row for row in versions if row["scheme"] == in_force), None),
        "versions": versions,
        "state_word": word,
        "judged": f"{period.label}（截至{format_date(day)}）" if period else f"今天（{format_date(day)}）",
        "presets": presets().values(),
    }
    return render(request, "supervision/scheme.html", context)


@require_http_methods(["GET", "POST"])
def scheme_new(request: HttpRequest, code: str) -> HttpResponse:
    """Write a version; a posted one is tried on past months, and put in force when that is confirmed."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    if request.method == "GET":
        return _editor(request, programme, SchemeEditor(programme, preset=request.GET.get("preset", "")))
    step = request.POST.get("step", "preview")
    editor = SchemeEditor(programme, request.POST, more=step == "more")
    if step in ("more", "edit"):
        return _editor(request, programme, editor)
    if not editor.is_valid():
        return _editor(request, programme, editor, status=422)
    draft = editor.draft()
    try:
        months = preview_scheme(programme=programme, draft=draft, periods=editor.form.chosen(), by=request.user)
        seal = _fingerprint(draft, months)
        if step != "confirm":
            return _preview(request, programme, editor, draft, months, seal)
        if request.POST.get("fingerprint") != seal:
            messages.error(request, "试算之后有数据变了，什么都没有存。请再看一遍下面的对照。")
            return _preview(request, programme, editor, draft, months, seal, status=422)
        adopted = adopt_scheme(programme=programme, draft=draft, by=request.user)
    except Refused as refused:
        reasons = refused.reasons if isinstance(refused, SchemeRefused) else [str(refused)]
        editor.form.add_error(None, reasons)
        return _editor(request, programme, editor, status=422)
    messages.success(request, f"考核办法第{adopted.version}版已施行，已封账的月份不变。")
    return redirect("supervision:scheme", code)


def _asked_period(request: HttpRequest, programme: Programme) -> ReportingPeriod | None:
    """Return the period the address asks about, None where it asks about today; 404 for what does not exist."""
    if "period" not in request.GET:
        return None
    try:
        return find_period(programme, request.GET["period"])
    except LookupRefused as refusal:
        raise Http404(str(refusal)) from refusal


def _programme(request: HttpRequest, code: str) -> Programme:
    return get_object_or_404(
        Programme.objects.visible_to(request.user).select_related("owner", "office__region"), code=code
    )


def _context(request: HttpRequest, programme: Programme) -> dict:
    return {
        "programme": programme,
        "is_demo": programme.is_demo,
        "is_office": is_city_office(request.user, programme.owner_id),
    }


def _editor(request: HttpRequest, programme: Programme, editor: SchemeEditor, status: int = 200) -> HttpResponse:
    context = _context(request, programme) | {"editor": editor, "form": editor.form, "rows": editor.rows}
    return render(request, "supervision/scheme_form.html", context | {"has_errors": status != 200}, status=status)


def _preview(
    request: HttpRequest,
    programme: Programme,
    editor: SchemeEditor,
    draft: SchemeDraft,
    months: list[MonthPreview],
    seal: str,
    status: int = 200,
) -> HttpResponse:
    context = _context(request, programme) | {
        "draft": draft,
        "rules": rules_of(draft),
        "warnings": warnings(programme, draft),
        "months": months,
        "moves": sum(month.moves for month in months),
        "fingerprint": seal,
        "kept": [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in ("csrfmiddlewaretoken", "step", "fingerprint")
        ],
    }
    return render(request, "supervision/scheme_preview.html", context, status=status)


def _fingerprint(draft: SchemeDraft, months: list[MonthPreview]) -> str:
    """Return a hash of the version and of all places it was seen to give: what a person confirms."""
    said = [
        (month.period.code, [(row["unit"].pk, *_places(row["before"]), *_places(row["after"])) for row in month.rows])
        for month in months
    ]
    return hashlib.sha256(repr((draft, said)).encode()).hexdigest()


def _places(row: dict) -> tuple:
    return str(row["score"]), row["place"]
