"""What the page of one paper shows: its text, its steps, what is still missing, and the forms of the next step."""

import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from livelihood.access import is_city_office
from livelihood.models import User
from supervision.checks.overview import still_to_answer
from supervision.models import Check, Document, DocumentSeries, PaperStyle, Receipt
from supervision.papers.forms import IssueForm, ReturnForm, VoidForm
from supervision.papers.steps import drafted_words, files_of, steps_of
from supervision.services.bulletin_edit import is_editable
from supervision.services.freezing import benchmarks_moved
from supervision.services.papers.issuing import issue_blockers
from supervision.services.papers.reviewing import is_alone, writer_id
from supervision.services.papers.series import gap_before, missing_numbers, numbers_text
from supervision.why.papers import PaperLinks, linked_chapters, linked_tables


def detail_context(request: HttpRequest, document: Document, forms: dict | None = None) -> dict:
    """Return the page's context; `forms` come back filled, by step. Some fifteen queries."""
    is_office = is_city_office(request.user, document.owner_id)
    context = {
        "document": document,
        "is_demo": document.is_demo,
        "is_office": is_office,
        "is_void": document.state == Document.State.VOID,
        "corrections": document.corrections.filter(state=Document.State.ISSUED).select_related("series"),
        "receipt": Receipt.objects.received_by(request.user).filter(document=document).order_by("received_at").first(),
        "drafted_words": drafted_words(document),
    }
    if not document.is_external:
        files = files_of(document)
        context |= _text(document, request.user) | {"steps": steps_of(document), "files": files}
        context["files_coming"] = any(row["is_coming"] for row in files)
    if is_office:
        context |= office_context(request, document, forms or {})
    return context


def _text(document: Document, user: User) -> dict:
    """Return what is printed, each figure with the address of its answer."""
    links = PaperLinks(document, user)
    return {
        "content": document.content,
        "lead": links.pieces(document.content["lead"]),
        "chapters": linked_chapters(document, links),
        "attachments": linked_tables(document, links),
        "programme": document.period.programme,
        "period": document.period,
    }


def office_context(request: HttpRequest, document: Document, forms: dict) -> dict:
    """Return what the office alone sees: what is in the way, and a form for each step that is open."""
    seen = {"version": document.version}
    context: dict = {}
    if document.is_in_hand:
        blockers = issue_blockers(document)
        own_draft = writer_id(document) == request.user.pk
        context = {
            "blockers": blockers,
            "unanswered": _unanswered(document),
            "is_blocked": any(not blocker.can_override for blocker in blockers),
            "can_refresh": _can_refresh(document),
            "edit_url": reverse("supervision:bulletin-edit", args=[document.pk]) if is_editable(document) else "",
            "next_number": document.series.last_number + 1,
            "gaps": numbers_text(missing) if (missing := missing_numbers(document.series)) else "",
            "may_review": not own_draft or is_alone(request.user, document.owner_id),
            "own_draft": own_draft,
            "has_template": PaperStyle.objects.filter(agency=document.series.agency_id).exclude(template="").exists(),
        }
        if document.state == Document.State.REVIEWED:
            context["issue_form"] = forms.get("issue") or issue_form(document, initial=_initial(document))
            context["return_form"] = forms.get("return") or ReturnForm(initial=seen)
    if document.state != Document.State.VOID:
        context["void_form"] = forms.get("void") or VoidForm(initial=seen, prefix="void")
    elif document.kind in Document.OF_PERIOD and not document.subject:
        standing = Document.objects.of_month(document.period).filter(snapshot=document.snapshot)
        context["can_redraft"] = not standing.exists()
    return context


def _unanswered(document: Document) -> list[Check]:
    """Return the 核对 of the paper's snapshot that wait for an answer: said before 签发, not in its way."""
    is_checked = document.kind in (Document.Kind.BULLETIN, Document.Kind.CORRECTION) and document.snapshot is not None
    return still_to_answer(document.snapshot) if is_checked else []


def _can_refresh(document: Document) -> bool:
    """Tell whether averages came after the snapshot the draft rests on."""
    is_month = document.kind in Document.OF_PERIOD and document.snapshot is not None
    return is_month and document.period.state == "closed" and benchmarks_moved(document.snapshot)


def issue_form(document: Document, data=None, *, initial: dict | None = None) -> IssueForm:
    """Return the form of 签发: it asks back about numbers left out, and for a reason where something is open."""
    gap = skipped_by(document, data) if data is not None else []
    return IssueForm(
        data,
        initial=initial,
        next_number=document.series.last_number + 1,
        gap=numbers_text(gap) if gap else "",
        asks_reason=any(blocker.can_override for blocker in issue_blockers(document)),
    )


def skipped_by(document: Document, data) -> list[int]:
    """Return the numbers that the typed one would leave out in the series of the typed date's year."""
    try:
        year = datetime.date.fromisoformat(data.get("issued_on", "")).year
        number = int(data.get("number", ""))
    except ValueError:
        return []
    series = DocumentSeries.objects.filter(
        agency=document.series.agency_id, word=document.series.word, year=year
    ).first()
    return gap_before(series or DocumentSeries(year=year), number)


def _initial(document: Document) -> dict:
    """Offer today as the date where it lies in the year of the draft's series."""
    today = timezone.localdate()
    return {"version": document.version, "issued_on": today if today.year == document.series.year else None}
