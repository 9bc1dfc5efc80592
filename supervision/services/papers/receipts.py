"""发 and 送: who was sent an issued paper, by which way, and who signed for it."""

import datetime

from django.db import transaction
from django.utils import timezone

from livelihood.access import NotAllowed, require_city_office
from livelihood.formats import format_date
from livelihood.models import Agency, User
from livelihood.services import InvalidTransition, Refused, record_event
from supervision.documents.paper import name_in_region
from supervision.models import Document, Receipt
from supervision.services.papers.drafting import locked

#: Between two reminders for one paper.
REMIND_PAUSE = datetime.timedelta(minutes=10)


@transaction.atomic
def send_document(*, document: Document, agencies: list[Agency], by: User) -> list[Receipt]:
    """发: put the paper before the accounts of these agencies, to be signed for. Sent again changes nothing.

    Returns the new receipts. Raises InvalidTransition unless the paper is issued.
    """
    document = _issued(document, by)
    known = set(document.receipts.values_list("agency_id", flat=True))
    names = set(document.receipts.values_list("recipient", flat=True))
    rows = []
    for agency in agencies:
        if agency.pk in known:
            continue
        name = receiver_name(agency)
        if name in names:
            raise Refused(f"这份公文已经登记送过“{name}”，不用再发。")
        known.add(agency.pk)
        names.add(name)
        rows.append(Receipt(document=document, agency=agency, recipient=name, sent_on=timezone.localdate(), sent_by=by))
    made = Receipt.objects.bulk_create(rows)
    if made:
        record_event(by=by, verb="send_document", target=document, after={"receivers": [row.recipient for row in made]})
    return made


@transaction.atomic
def record_delivery(
    *,
    document: Document,
    recipients: list[str],
    way: str,
    sent_on: datetime.date,
    by: User,
    note: str = "",
) -> list[Receipt]:
    """送: write down that the paper went to receivers outside the system, on paper or by the office's own OA."""
    document = _issued(document, by)
    if way not in (Receipt.Way.PAPER, Receipt.Way.OA):
        raise Refused("送达方式选纸质送达或公文系统。")
    names = list(dict.fromkeys(name.strip() for name in recipients if name.strip()))
    if not names:
        raise Refused("请填送给哪些单位，一行一个。")
    long = next((name for name in names if len(name) > 80), None)
    if long:
        raise Refused(f"“{long[:20]}…”太长了，单位名称不超过80字，一行一个。")
    if sent_on > timezone.localdate():
        raise Refused(f"送出日期{format_date(sent_on)}还没有到，请核对。")
    if sent_on < document.issued_on:
        raise Refused(f"送出日期不能早于成文日期{format_date(document.issued_on)}。")
    twice = document.receipts.filter(recipient__in=names).first()
    if twice:
        raise Refused(f"已经登记送过“{twice.recipient}”（{format_date(twice.sent_on)}，{twice.get_way_display()}）。")
    made = Receipt.objects.bulk_create(
        Receipt(document=document, recipient=name, way=way, sent_on=sent_on, sent_by=by, note=note.strip())
        for name in names
    )
    record_event(
        by=by,
        verb="record_delivery",
        target=document,
        after={"receivers": names, "way": str(way), "sent_on": sent_on.isoformat()},
        reason=note.strip(),
    )
    return made


@transaction.atomic
def sign_receipt(*, receipt: Receipt, by: User, note: str = "") -> Receipt:
    """签收: a person of the receiving agency signs; of a paper sent otherwise the office writes it down.

    Raises NotAllowed for others, InvalidTransition for what is signed already.
    """
    receipt = (
        Receipt.objects.select_for_update(of=("self",)).select_related("document__series__agency").get(pk=receipt.pk)
    )
    if receipt.way == Receipt.Way.ACCOUNT:
        if not Receipt.objects.received_by(by).filter(pk=receipt.pk).exists():
            raise NotAllowed(f"只有{receipt.recipient}的人可以签收。")
    else:
        require_city_office(by, receipt.document.owner_id)
    if receipt.received_at:
        raise InvalidTransition(f"{receipt.recipient}已经签收（{receipt.received_by}）。")
    if receipt.document.state != Document.State.ISSUED:
        raise InvalidTransition("这份公文已经作废，不用签收。")
    receipt.received_at, receipt.received_by = timezone.now(), by
    receipt.note = note.strip() or receipt.note
    receipt.save(update_fields=["received_at", "received_by", "note"])
    record_event(by=by, verb="sign_receipt", target=receipt, after={"receiver": receipt.recipient})
    return receipt


@transaction.atomic
def remind_receivers(*, document: Document, by: User) -> int:
    """催签: stand again at the top of the to-do of who has not signed. At most once in ten minutes.

    Returns how many were reminded.
    """
    document = _issued(document, by)
    waiting = document.receipts.unsigned()
    names = list(waiting.values_list("recipient", flat=True))
    if not names:
        raise Refused("各单位都已签收，没有要催的。")
    now = timezone.now()
    if waiting.filter(reminded_at__gt=now - REMIND_PAUSE).exists():
        raise Refused("十分钟内已经催过了。")
    waiting.update(reminded_at=now, reminded_by=by)
    record_event(by=by, verb="remind_receivers", target=document, after={"receivers": names})
    return len(names)


@transaction.atomic
def take_back_receipt(*, receipt: Receipt, by: User, reason: str) -> None:
    """Strike a receiver the paper was sent to by mistake, as long as nobody signed for it."""
    receipt = (
        Receipt.objects.select_for_update(of=("self",)).select_related("document__series__agency").get(pk=receipt.pk)
    )
    require_city_office(by, receipt.document.owner_id)
    if receipt.received_at:
        raise InvalidTransition(f"{receipt.recipient}已经签收，不能撤回。")
    if not reason.strip():
        raise Refused("请写明为什么撤回。")
    record_event(
        by=by,
        verb="take_back_receipt",
        target=receipt.document,
        before={"receiver": receipt.recipient, "way": receipt.way},
        reason=reason.strip(),
    )
    receipt.delete()


def receiver_name(agency: Agency) -> str:
    """Return how a receiver is called: 太和县民生办, 阜阳市教育局."""
    return name_in_region(agency.region.name, agency.name)


def _issued(document: Document, by: User) -> Document:
    """Lock an issued paper for a change of its receipts; raise for others."""
    require_city_office(by, document.owner_id)
    document = locked(document)
    if document.state != Document.State.ISSUED:
        raise InvalidTransition("公文印发以后才能发送。")
    return document
