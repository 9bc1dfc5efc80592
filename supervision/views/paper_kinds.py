"""通报种类 of an office: list, the kind a close drafts, words and sections of one."""

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from livelihood.models import Agency
from livelihood.services import Refused
from supervision.documents.registered import office_kinds
from supervision.documents.sections import Kind, shipped_kinds
from supervision.models import PaperStyle
from supervision.papers.forms import VersionForm
from supervision.papers.kind_forms import CloseKindForm, KindForm
from supervision.papers.kind_page import Example, Sections, kind_rows
from supervision.services import documents as services
from supervision.views.paper_styles import own_agency


@require_http_methods(["GET", "HEAD", "POST"])
def paper_kinds(request: HttpRequest, pk: int) -> HttpResponse:
    """List the office's kinds; a post says which one a close drafts."""
    agency = own_agency(request, pk)
    kinds = office_kinds(agency)
    style = PaperStyle.objects.filter(agency=agency).first()
    initial = CloseKindForm.initial_of(style)
    form = CloseKindForm(kinds, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = {"close_kind": form.cleaned_data["close_kind"]}
        try:
            services.set_paper_style(
                agency=agency, version=form.cleaned_data["version"], by=request.user, values=values
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"以后封账时拟{kinds[values['close_kind']].label}。")
            return redirect("supervision:paper-kinds", pk)
    example = Example(agency)
    context = {
        "agency": agency,
        "rows": kind_rows(kinds, example, close_code=initial["close_kind"]),
        "example": example,
        "form": form,
    }
    return render(request, "supervision/paper_kinds.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def paper_kind_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a kind made after another, ?of=progress."""
    agency = own_agency(request, pk)
    kinds = office_kinds(agency)
    base = kinds.get(request.GET.get("of", "")) or next(iter(kinds.values()))

    def save(form: KindForm, sections: Sections) -> None:
        services.add_kind(agency=agency, of=base.code, texts=form.texts(), sections=sections.posted, by=request.user)

    return _form_page(request, agency, replace(base, label="", version=0), save, base=base)


@require_http_methods(["GET", "HEAD", "POST"])
def paper_kind(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Change words and sections of a kind; “move” and “preview” only show it anew, nothing is stored."""
    agency = own_agency(request, pk)
    kind = _kind(agency, code)

    def save(form: KindForm, sections: Sections) -> None:
        services.change_kind(
            agency=agency,
            code=code,
            texts=form.texts(),
            sections=sections.posted,
            version=form.cleaned_data["version"],
            by=request.user,
        )

    return _form_page(request, agency, kind, save)


@require_POST
def paper_kind_switch(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """停用 or 启用."""
    agency = own_agency(request, pk)
    kind = _kind(agency, code)
    is_active = request.POST.get("is_active") == "1"
    try:
        services.switch_kind(agency=agency, code=code, is_active=is_active, version=_seen(request), by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        done = "启用，拟稿时可以选了" if is_active else "停用，拟稿时不再列出；已拟的公文不变"
        messages.success(request, f"{kind.label}已{done}。")
    return redirect("supervision:paper-kinds", pk)


@require_POST
def paper_kind_restore(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """恢复原样."""
    agency = own_agency(request, pk)
    kind = _kind(agency, code)
    try:
        services.restore_kind(agency=agency, code=code, version=_seen(request), by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("supervision:paper-kind", pk, code)
    messages.success(request, f"{kind.label}已恢复原样，已拟的公文不变。")
    return redirect("supervision:paper-kinds", pk)


def _kind(agency: Agency, code: str) -> Kind:
    kind = office_kinds(agency).get(code)
    if kind is None:
        raise Http404("没有这一种通报。")
    return kind


def _seen(request: HttpRequest) -> int:
    """Return the version the person saw; one that is not there is nobody's."""
    form = VersionForm(request.POST)
    return form.cleaned_data["version"] if form.is_valid() else -1


def _form_page(request: HttpRequest, agency: Agency, kind: Kind, save, base: Kind | None = None) -> HttpResponse:
    """Show a kind in hand, with what was typed; `save` stores it. `base`: what a new one is made after."""
    form, sections = KindForm(kind, initial=KindForm.initial_of(kind)), Sections.of(kind)
    patterns, is_saving, move = {"title": kind.title, "lead": kind.lead}, False, ""
    if request.method == "POST":
        form = KindForm(kind, request.POST)
        sections = Sections.posted_as(kind, request.POST.getlist("section"), request.POST.getlist("on"))
        move = request.POST.get("move", "")
        is_saving = not move and request.POST.get("action") != "preview"
        is_right = form.is_valid()
        patterns = form.patterns
        try:
            if move:
                sections.move(*move.partition(":")[::2])
            elif is_saving and is_right:
                save(form, sections)
                messages.success(request, f"已保存{form.cleaned_data['label']}，以后拟的通报按此；已拟的不变。")
                return redirect("supervision:paper-kinds", agency.pk)
        except (Refused, ValueError) as refusal:
            form.add_error(None, str(refusal))
            is_saving = True
    example = Example(agency)
    context = {
        "agency": agency,
        "kind": kind,
        "base": base,
        "form": form,
        "fields": [form[name] for name in ("label", "title", "lead", "issuer")],
        "sections": sections.shown(),
        "example": example,
        "title": example.of(patterns.get("title")),
        "lead": example.of(patterns.get("lead")),
        "placeholders": example.placeholders(kind),
        "is_changed": bool(kind.version) and kind.code in shipped_kinds() and base is None,
        "moved": move.partition(":")[2],
    }
    return render(request, "supervision/paper_kind.html", context, status=422 if is_saving and form.errors else 200)
