"""通报公文: the archive, one paper with its sources, its number, its files."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from livelihood.access import Role, access_of, require_city_office
from livelihood.models import Agency
from livelihood.services import Refused
from supervision.models import Document, Receipt, RenderedFile
from supervision.papers.archive import ArchiveForm
from supervision.papers.detail import detail_context
from supervision.services import documents as services

PAGE_SIZE = 30
TYPES = {
    RenderedFile.Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    RenderedFile.Format.PDF: "application/pdf",
    RenderedFile.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_safe
def document_list(request: HttpRequest) -> HttpResponse:
    """Show the papers the user may read, those in hand first; narrowed by what the address asks for."""
    form = ArchiveForm(request.GET, user=request.user)
    page = Paginator(form.found(request.user).defer("content"), PAGE_SIZE).get_page(request.GET.get("page"))
    waiting = Receipt.objects.received_by(request.user).unsigned().filter(document__in=[row.pk for row in page])
    offices = access_of(request.user).region_ids(Role.CITY_OFFICE)
    issuing = Agency.objects.filter(region__in=offices, document_series__isnull=False).distinct()
    context = {
        "page": page,
        "form": form,
        "selects": [form[name] for name in ("kind", "state", "year", "series")],
        "is_paper_office": bool(offices),
        "paper_offices": list(issuing) if offices else [],
        "to_sign": set(waiting.values_list("document_id", flat=True)),
        "is_demo": any(document.is_demo for document in page),
    }
    return render(request, "supervision/document_list.html", context)


@require_safe
def document_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a paper as it is stored, what it rests on, its steps, and for a draft what is still missing."""
    return detail_page(request, seen_document(request, pk))


@require_safe
def document_download(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a file of the paper's present version, ?format=pdf; while there is none say so."""
    document = seen_document(request, pk)
    file_format = request.GET.get("format", services.DOCX)
    try:
        rendered = services.present_file(document, file_format)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("supervision:document-detail", pk)
    if rendered is None:
        messages.info(request, "这个文件还没有生成好，请稍等几秒再下载；没有在生成的，先点“生成”。")
        return redirect("supervision:document-detail", pk)
    name = f"{document.printed_number or '拟稿'} {document.title}.{file_format}"
    return FileResponse(
        rendered.file.open("rb"), as_attachment=True, filename=name, content_type=TYPES[rendered.format]
    )


@require_POST
def document_render(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the files of a paper, again after a rendering that did not succeed; `standard`: without the template."""
    document = seen_document(request, pk)
    require_city_office(request.user, document.owner_id)
    asked = [request.POST["format"]] if request.POST.get("format") in services.formats_of(document) else None
    services.request_rendering(
        document=document, by=request.user, formats=asked, is_standard=bool(request.POST.get("standard"))
    )
    messages.info(request, "文件正在生成，请稍等几秒再下载。")
    return redirect("supervision:document-detail", pk)


def seen_document(request: HttpRequest, pk: int) -> Document:
    """Return a paper the user may read, with what its page names; 404 for others."""
    documents = Document.objects.visible_to(request.user).select_related(
        "period__programme__owner",
        "series__agency__region",
        "snapshot",
        "corrects__series",
        *("issued_by", "drafted_by", "edited_by", "reviewed_by", "voided_by"),
    )
    return get_object_or_404(documents, pk=pk)


def detail_page(request: HttpRequest, document: Document, **forms) -> HttpResponse:
    """Show the paper; with a form of a step that was refused, filled as it was."""
    template = "supervision/external_detail.html" if document.is_external else "supervision/document_detail.html"
    return render(request, template, detail_context(request, document, forms), status=422 if forms else 200)
