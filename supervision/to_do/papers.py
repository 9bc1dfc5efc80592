"""What papers ask of people: the office to review, sign, send and account for numbers; receivers to sign for them."""

from collections.abc import Iterator

from django.db.models import Count, F, Max, Q
from django.urls import reverse

from livelihood.access import Role, access_of
from livelihood.formats import format_day
from livelihood.models import User
from livelihood.registry import ToDo, register_to_do
from supervision.models import Document, DocumentSeries, Receipt
from supervision.services.papers.reviewing import is_alone, writer_id
from supervision.services.papers.series import missing_numbers, numbers_text


def register() -> None:
    """Register them all."""
    register_to_do("issue", papers_in_hand)
    register_to_do("send", papers_to_send)
    register_to_do("receipts", papers_to_sign_for)
    register_to_do("numbers", numbers_to_account_for)


def papers_in_hand(user: User) -> Iterator[ToDo]:
    """Drafts to review that somebody else of the office wrote, or the only person's own; reviewed papers to issue."""
    for document in Document.objects.in_hand_of(user):
        if document.state == Document.State.REVIEWED:
            yield _in_hand(document, "签发")
        elif writer_id(document) != user.pk or is_alone(user, document.period.programme.owner_id):
            yield _in_hand(document, "核稿")


def _in_hand(document: Document, action: str) -> ToDo:
    return ToDo(
        label=f"{action}：{document.title}",
        url=reverse("supervision:document-detail", args=[document.pk]),
        action=action,
        note=f"第{document.version}稿" + (f"，快照第{document.snapshot.version}版" if document.snapshot else ""),
    )


def papers_to_send(user: User) -> Iterator[ToDo]:
    """The newest month's paper of a programme, issued and sent to nobody yet; and how many have not signed for it."""
    offices = access_of(user).region_ids(Role.CITY_OFFICE)
    if not offices:
        return
    issued = Document.objects.filter(
        state=Document.State.ISSUED, kind__in=Document.OF_PERIOD, period__programme__owner__in=offices
    ).annotate(
        newest=Max("period__programme__periods__ends_on", filter=Q(period__programme__periods__state="issued")),
        sent=Count("receipts", distinct=True),
        waiting=Count(
            "receipts", filter=Q(receipts__way=Receipt.Way.ACCOUNT, receipts__received_at=None), distinct=True
        ),
    )
    for document in issued.filter(period__ends_on=F("newest")).filter(Q(sent=0) | Q(waiting__gt=0)):
        url = reverse("supervision:receipt-list", args=[document.pk])
        if document.sent:
            yield ToDo(f"催签：{document.title}", url, "看谁没签", note=f"{document.waiting} 家没有签收")
        else:
            yield ToDo(f"发送：{document.title}", url, "发送", note="已印发，还没有发给各单位")


def papers_to_sign_for(user: User) -> Iterator[ToDo]:
    """Papers sent to the user's agency that nobody there has signed for."""
    rows = Receipt.objects.received_by(user).unsigned().select_related("document__series").order_by("sent_at", "id")
    for receipt in rows:
        paper = receipt.document
        reminded = f"，{format_day(receipt.reminded_at)}催签" if receipt.reminded_at else ""
        yield ToDo(
            label=f"签收：{paper.title}",
            url=reverse("supervision:document-detail", args=[paper.pk]),
            action="签收",
            is_urgent=receipt.reminded_at is not None,
            note=f"{paper.printed_number}，{format_day(receipt.sent_at)}发来{reminded}",
        )


def numbers_to_account_for(user: User) -> Iterator[ToDo]:
    """Numbers of the office's newest series that no paper of the register has."""
    offices = access_of(user).region_ids(Role.CITY_OFFICE)
    if not offices:
        return
    known = DocumentSeries.objects.filter(agency__region__in=offices).annotate(
        newest=Max("agency__document_series__year"),
        used=Count("documents", filter=Q(documents__number__isnull=False)),
    )
    for series in known.filter(year=F("newest"), used__lt=F("last_number") - F("first_number") + 1):
        yield ToDo(
            label=f"补登文号：{series}缺{numbers_text(missing_numbers(series))}",
            url=reverse("supervision:series-detail", args=[series.pk]),
            action="补登",
            note="在别处印发的登记进来；作废的写明原因",
        )
