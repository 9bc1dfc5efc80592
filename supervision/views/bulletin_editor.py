"""通报的编辑: one page per draft, and the drafts of other kinds beside the month's own."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from livelihood.access import require_city_office
from livelihood.services import InvalidTransition, Refused
from projects.views.context import get_period
from supervision.documents.sections import LEAD, Choices, section
from supervision.models import Document, Snapshot
from supervision.papers.editor import EditorPage, Typed
from supervision.papers.editor_forms import FrameForm, NewPaperForm, OptionsForm, VersionForm
from supervision.papers.steps import steps_of
from supervision.services import bulletin_edit as services
from supervision.services.papers.issuing import issue_blockers
from supervision.views.documents import seen_document

TEXT = "text-"
#: What the address says: the section shown, the sentence open, and what was just moved.
ASKED = {"chosen": "section", "edited": "edit", "moved": "moved"}


@require_http_methods(["GET", "POST"])
def bulletin_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a draft with its sections and words; a post changes one thing and makes the next version."""
    document = seen_document(request, pk)
    require_city_office(request.user, document.owner_id)
    if not services.is_editable(document):
        messages.error(request, f"这份公文{document.get_state_display()}，不能在这里改。")
        return redirect("supervision:document-detail", pk)
    if request.method == "GET":
        asked = {name: request.GET.get(code, "") for name, code in ASKED.items()}
        return _page(request, document, **asked)
    action = request.POST.get("action", "")
    chosen = request.POST.get("section", "")
    done = ACTIONS.get(action)
    typed = Typed(action=action, texts=_texts(request))
    version = VersionForm(request.POST)
    try:
        if done is None or not version.is_valid():
            raise Refused("页面不完整，请刷新后再改。")
        done(request, document, version.cleaned_data["version"], typed)
    except services.Doubtful as refusal:
        typed.problem, typed.asks = str(refusal), True
    except Refused as refusal:
        typed.problem = str(refusal)
        if isinstance(refusal, InvalidTransition):
            # Somebody else was faster: what is there now, with what was typed on top of it.
            document = seen_document(request, pk)
    else:
        # After a save of words the eye stays at the paragraph they stand in.
        at = next(iter(typed.texts), "")
        kept = {"section": chosen, "moved": request.POST.get("move", "")}
        query = urlencode({name: value for name, value in kept.items() if value})
        return redirect(f"{reverse('supervision:bulletin-edit', args=[pk])}?{query}" + (f"#{at}" if at else ""))
    if not services.is_editable(document):
        messages.error(request, typed.problem)
        return redirect("supervision:document-detail", pk)
    return _page(request, document, chosen=chosen, typed=typed, status=422)


@require_http_methods(["GET", "POST"])
def paper_new(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """另拟一份: a paper of another of the office's kinds on the period's snapshot."""
    found = get_period(request, code, period)
    require_city_office(request.user, found.programme.owner_id)
    form = NewPaperForm(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            document = services.draft_of_kind(period=found, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已拟稿：《{document.title}》。")
            return redirect("supervision:bulletin-edit", document.pk)
    context = {
        "form": form,
        "programme": found.programme,
        "period": found,
        "is_demo": found.programme.is_demo,
        "snapshot": Snapshot.objects.latest_of(found),
        "others": Document.objects.filter(period=found, kind=Document.Kind.BULLETIN).exclude(subject=""),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "supervision/editor/paper_new.html", context, status=status)


def _texts(request: HttpRequest) -> dict[str, str]:
    return {name.removeprefix(TEXT): value for name, value in request.POST.items() if name.startswith(TEXT)}


def _sections(request: HttpRequest, document: Document, version: int, typed: Typed) -> None:
    services.switch_sections(
        document=document,
        on=request.POST.getlist("on"),
        move=request.POST.get("move", ""),
        version=version,
        by=request.user,
    )
    messages.success(request, "章节已保存。")


def _options(request: HttpRequest, document: Document, version: int, typed: Typed) -> None:
    found = section(request.POST.get("section", "")) or section(LEAD)
    typed.form = OptionsForm(found, Choices.of(document.content.get("choices")), request.POST)
    if not typed.form.is_valid():
        raise Refused("还没有保存，见红字。")
    services.set_options(
        document=document,
        code=found.code,
        options=typed.form.options(),
        own=typed.form.cleaned_data.get("own", ""),
        version=version,
        by=request.user,
    )
    messages.success(request, "已保存。")


def _frame(request: HttpRequest, document: Document, version: int, typed: Typed) -> None:
    typed.form = FrameForm(request.POST)
    if not typed.form.is_valid():
        raise Refused("还没有保存，见红字。")
    values = typed.form.cleaned_data
    services.set_frame(
        document=document, title=values["title"], issuer=values["issuer"], version=version, by=request.user
    )
    messages.success(request, "已保存。")


def _text(request: HttpRequest, document: Document, version: int, typed: Typed) -> None:
    services.edit_sentences(
        document=document,
        texts=typed.texts,
        version=version,
        by=request.user,
        is_confirmed="confirmed" in request.POST,
    )
    messages.success(request, "已保存，改过的句子标“已改”。")


def _restore(request: HttpRequest, document: Document, version: int, typed: Typed) -> None:
    services.restore_sentence(document=document, code=request.POST.get("code", ""), version=version, by=request.user)
    messages.success(request, "已恢复原句。")


def _settle(request: HttpRequest, document: Document, version: int, typed: Typed) -> None:
    services.settle_gone(document=document, code=request.POST.get("code", ""), version=version, by=request.user)


def _rewrite(request: HttpRequest, document: Document, version: int, typed: Typed) -> None:
    services.rewrite(document=document, version=version, by=request.user)
    messages.success(request, "已按最新数据重拟，改过的句子照样保留。")


ACTIONS = {
    "sections": _sections,
    "options": _options,
    "frame": _frame,
    "text": _text,
    "restore": _restore,
    "settle": _settle,
    "rewrite": _rewrite,
}


def _page(
    request: HttpRequest,
    document: Document,
    *,
    chosen: str = "",
    edited: str = "",
    moved: str = "",
    typed: Typed | None = None,
    status: int = 200,
) -> HttpResponse:
    page = EditorPage(document, request.user, chosen=chosen, edited=edited, moved=moved, typed=typed)
    context = {
        "page": page,
        "document": document,
        "content": document.content,
        "programme": document.period.programme,
        "period": document.period,
        "is_demo": document.is_demo,
        "sections": page.sections(),
        "chapters": page.chapters(),
        "facts": page.facts(),
        "options_form": page.options_form(),
        "frame_form": page.frame_form(),
        "typed": page.typed,
        "steps": steps_of(document),
        "blockers": issue_blockers(document),
        "gaps": "",
    }
    return render(request, "supervision/editor/bulletin_edit.html", context, status=status)
