"""发 and 送: who was sent a paper, who signed for it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from livelihood.access import require_city_office
from livelihood.services import Refused
from supervision.models import Document, Receipt
from supervision.papers.forms import DeliveryForm, SendForm
from supervision.papers.receivers import receivers_of
from supervision.services import documents as services
from supervision.views.documents import seen_document


@require_safe
def receipt_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who was sent the paper and who signed; offer the others."""
    document = _office_paper(request, pk)
    return _page(request, document)


@require_POST
def receipt_send(request: HttpRequest, pk: int) -> HttpResponse:
    """发 to the chosen agencies."""
    document = _office_paper(request, pk)
    receivers = _open_receivers(document)
    form = SendForm(request.POST, receivers=receivers)
    if form.is_valid():
        chosen = set(form.cleaned_data["agencies"])
        agencies = [row.agency for row in receivers if str(row.agency.pk) in chosen]
        try:
            made = services.send_document(document=document, agencies=agencies, by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已发给 {len(made)} 家，等待签收。")
            return redirect("supervision:receipt-list", pk)
    return _page(request, document, send=form)


@require_POST
def receipt_deliver(request: HttpRequest, pk: int) -> HttpResponse:
    """送: write down what went out on paper or by OA."""
    document = _office_paper(request, pk)
    form = DeliveryForm(request.POST)
    if form.is_valid():
        try:
            made = services.record_delivery(document=document, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已登记送出 {len(made)} 家。")
            return redirect("supervision:receipt-list", pk)
    return _page(request, document, deliver=form)


@require_POST
def receipt_remind(request: HttpRequest, pk: int) -> HttpResponse:
    """催签 those who have not signed."""
    document = _office_paper(request, pk)
    try:
        count = services.remind_receivers(document=document, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已催签 {count} 家。")
    return redirect("supervision:receipt-list", pk)


@require_POST
def receipt_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """签收, or the office's note that a paper sent otherwise has arrived."""
    receipt = _receipt(request, pk)
    try:
        services.sign_receipt(receipt=receipt, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{receipt.recipient}已签收。")
    if receipt.way != Receipt.Way.ACCOUNT:
        return redirect("supervision:receipt-list", receipt.document_id)
    return redirect("supervision:document-detail", receipt.document_id)


@require_POST
def receipt_take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Strike a receiver the paper was sent to by mistake."""
    receipt = _receipt(request, pk)
    require_city_office(request.user, receipt.document.owner_id)
    try:
        services.take_back_receipt(receipt=receipt, by=request.user, reason=request.POST.get("reason", ""))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已撤回发给{receipt.recipient}的公文。")
    return redirect("supervision:receipt-list", receipt.document_id)


def _office_paper(request: HttpRequest, pk: int) -> Document:
    document = seen_document(request, pk)
    require_city_office(request.user, document.owner_id)
    return document


def _receipt(request: HttpRequest, pk: int) -> Receipt:
    documents = Document.objects.visible_to(request.user)
    rows = Receipt.objects.filter(document__in=documents.values("pk")).select_related("document__series__agency")
    return get_object_or_404(rows, pk=pk)


def _open_receivers(document: Document) -> list:
    """Return who may still be sent the paper: nobody twice; nobody for a paper without a programme."""
    if document.period_id is None:
        return []
    known = set(document.receipts.values_list("agency_id", flat=True))
    return [row for row in receivers_of(document.period.programme) if row.agency.pk not in known]


def _page(request: HttpRequest, document: Document, **forms) -> HttpResponse:
    rows = list(document.receipts.select_related("received_by", "sent_by", "agency__region").order_by("way", "id"))
    receivers = _open_receivers(document)
    by_account = [row for row in rows if row.way == Receipt.Way.ACCOUNT]
    unsigned = [row for row in by_account if row.received_at is None]
    send = forms.get("send") or SendForm(
        receivers=receivers, initial={"agencies": [str(row.agency.pk) for row in receivers]}
    )
    context = {
        "document": document,
        "is_demo": document.is_demo,
        # Who has not signed stands first.
        "rows": sorted(rows, key=lambda row: (row.way != Receipt.Way.ACCOUNT, row.received_at is not None, row.pk)),
        "by_account": len(by_account),
        "unsigned": unsigned,
        "is_issued": document.state == Document.State.ISSUED,
        "receivers": receivers,
        "send_form": send,
        "deliver_form": forms.get("deliver") or DeliveryForm(),
    }
    return render(request, "supervision/receipts.html", context, status=422 if forms else 200)
