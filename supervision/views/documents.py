"""通报公文: the papers, one paper with its sources, its number, its file."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from livelihood.access import is_city_office
from livelihood.models import Job
from livelihood.services import Refused
from supervision.document_forms import IssueForm
from supervision.models import Document
from supervision.services import documents as services
from supervision.services.freezing import benchmarks_moved
from supervision.why.papers import linked_chapters

PAGE_SIZE = 30
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_safe
def document_list(request: HttpRequest) -> HttpResponse:
    """Show the papers the user may read, the newest period first."""
    documents = Document.objects.visible_to(request.user).select_related("period__programme", "series", "snapshot")
    page = Paginator(documents.defer("content"), PAGE_SIZE).get_page(request.GET.get("page"))
    is_demo = any(document.period.programme.is_demo for document in page)
    return render(request, "supervision/document_list.html", {"page": page, "is_demo": is_demo})


@require_safe
def document_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a paper as it is stored, what it rests on, and for a draft what is still missing."""
    return _detail(request, _document(request, pk))


@require_POST
def document_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """签发: give the draft its number."""
    document = _document(request, pk)
    if document.state != Document.State.DRAFT:
        messages.error(request, f"这份公文已经印发，文号是{document.printed_number}。")
        return redirect("supervision:document-detail", pk)
    form = IssueForm(request.POST)
    if form.is_valid():
        try:
            issued = services.issue_document(document=document, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已签发，文号 {issued.printed_number}。文件正在生成。")
            return redirect("supervision:document-detail", pk)
    document.refresh_from_db()
    return _detail(request, document, form=form)


@require_safe
def document_download(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the .docx of the paper's present version; while it is being made say so."""
    document = _document(request, pk)
    rendered = document.rendered_files.filter(version=document.version, format=services.DOCX).first()
    if rendered is None:
        messages.info(request, "文件正在生成，请稍等几秒再下载。")
        return redirect("supervision:document-detail", pk)
    name = f"{document.printed_number or '拟稿'} {document.title}.docx"
    return FileResponse(rendered.file.open("rb"), as_attachment=True, filename=name, content_type=DOCX_TYPE)


@require_POST
def document_render(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask again for the file of a paper, after a rendering that did not succeed."""
    document = _document(request, pk)
    services.request_rendering(document=document, by=request.user)
    messages.info(request, "文件正在生成，请稍等几秒再下载。")
    return redirect("supervision:document-detail", pk)


def _document(request: HttpRequest, pk: int) -> Document:
    documents = Document.objects.visible_to(request.user).select_related(
        "period__programme__owner", "series__agency", "snapshot", "corrects__series", "issued_by", "drafted_by"
    )
    return get_object_or_404(documents, pk=pk)


def _detail(request: HttpRequest, document: Document, *, form: IssueForm | None = None) -> HttpResponse:
    if not document.content:
        raise Http404("这份公文没有内容。")
    period = document.period
    is_office = is_city_office(request.user, period.programme.owner_id)
    is_draft = document.state == Document.State.DRAFT
    blockers = services.issue_blockers(document) if is_draft and is_office else []
    context = {
        "document": document,
        "content": document.content,
        "chapters": linked_chapters(document),
        "attachments": [_shown(table) for table in document.content["attachments"]],
        "programme": period.programme,
        "period": period,
        "is_demo": period.programme.is_demo,
        "is_office": is_office,
        "blockers": blockers,
        "can_refresh": is_draft and is_office and period.state == "closed" and benchmarks_moved(document.snapshot),
        "form": (form or IssueForm(initial=_initial(document))) if is_draft and is_office else None,
        "next_number": document.series.last_number + 1,
        "rendered": document.rendered_files.filter(version=document.version, format=services.DOCX).first(),
        "render_job": Job.objects.filter(
            kind=services.RENDER_JOB, key=f"{document.pk}:{document.version}:{services.DOCX}"
        ).first(),
        "corrections": document.corrections.filter(state=Document.State.ISSUED).select_related("series"),
    }
    return render(request, "supervision/document_detail.html", context, status=422 if form is not None else 200)


def _shown(table: dict) -> dict:
    """An attachment with each cell beside its column, which says how the cell is aligned."""
    rows = [list(zip(table["columns"], row, strict=False)) for row in table["rows"]]
    return {"title": table["title"], "note": table["note"], "columns": table["columns"], "rows": rows}


def _initial(document: Document) -> dict:
    """Offer today as the date where it lies in the year of the draft's series."""
    today = timezone.localdate()
    return {"version": document.version, "issued_on": today if today.year == document.series.year else None}
