"""The steps of a paper: 核稿, 退回修改, 签发, 作废, and drafting it again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from livelihood.access import require_city_office
from livelihood.services import Refused
from supervision.models import Document
from supervision.papers.detail import issue_form
from supervision.papers.forms import ReturnForm, VersionForm, VoidForm
from supervision.services import documents as services
from supervision.views.documents import detail_page, seen_document


@require_POST
def document_review(request: HttpRequest, pk: int) -> HttpResponse:
    """核稿: the draft was read and may be issued."""
    document = _office_document(request, pk)
    form = VersionForm(request.POST)
    if not form.is_valid():
        messages.error(request, "页面不完整，请刷新后再办。")
        return redirect("supervision:document-detail", pk)
    try:
        services.review_document(document=document, by=request.user, version=form.cleaned_data["version"])
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "已核稿，可以签发。")
    return redirect("supervision:document-detail", pk)


@require_POST
def document_return(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to the draft, with what has to be changed."""
    document = _office_document(request, pk)
    form = ReturnForm(request.POST)
    if form.is_valid():
        try:
            services.return_draft(document=document, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "已退回修改。")
            return redirect("supervision:document-detail", pk)
    return _refused(request, pk, **{"return": form})


@require_POST
def document_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """签发: give the reviewed draft its number."""
    document = _office_document(request, pk)
    if not document.is_in_hand:
        words = f"已经印发，文号是{document.printed_number}" if document.number else "已经作废"
        messages.error(request, f"这份公文{words}。")
        return redirect("supervision:document-detail", pk)
    if document.state == Document.State.DRAFT:
        messages.error(request, "这份公文还没有核稿，或者核稿以后又改过，没有签发。请看过现在的稿子，核稿后再签发。")
        return redirect("supervision:document-detail", pk)
    form = issue_form(document, request.POST)
    if form.is_valid():
        try:
            issued = services.issue_document(document=document, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已签发，文号 {issued.printed_number}。文件正在生成，可以发送各单位。")
            return redirect("supervision:document-detail", pk)
    return _refused(request, pk, issue=form)


@require_POST
def document_void(request: HttpRequest, pk: int) -> HttpResponse:
    """作废: the number stays, the paper no longer counts."""
    document = _office_document(request, pk)
    form = VoidForm(request.POST, prefix="void")
    if form.is_valid():
        try:
            services.void_document(document=document, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "已作废，文号保留。")
            return redirect("supervision:document-detail", pk)
    return detail_page(request, seen_document(request, pk), void=form)


@require_POST
def document_redraft(request: HttpRequest, pk: int) -> HttpResponse:
    """Draft the month's paper again after this one became void."""
    document = _office_document(request, pk)
    if document.kind not in Document.OF_PERIOD:
        messages.error(request, "只有通报和更正可以在这里重新拟稿。")
        return redirect("supervision:document-detail", pk)
    try:
        draft = services.redraft_bulletin(period=document.period, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("supervision:document-detail", pk)
    messages.success(request, "已按最新快照重新拟稿。")
    return redirect("supervision:document-detail", draft.pk)


def _office_document(request: HttpRequest, pk: int) -> Document:
    document = seen_document(request, pk)
    require_city_office(request.user, document.owner_id)
    return document


def _refused(request: HttpRequest, pk: int, **forms) -> HttpResponse:
    """Show the paper with the form as it was typed; why above all where somebody else's step took the form away."""
    document = seen_document(request, pk)
    if document.state != Document.State.REVIEWED:
        for sentence in [text for form in forms.values() for text in form.non_field_errors()]:
            messages.error(request, sentence)
    return detail_page(request, document, **forms)
