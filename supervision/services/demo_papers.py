"""Papers of the demo (演示数据): read by a second person and issued, one made elsewhere, the last one signed for."""

import datetime

from django.utils import timezone

from livelihood.access import Role
from livelihood.models import Agency, User
from projects.models import Programme
from supervision.models import Document, DocumentSeries, Receipt
from supervision.papers.receivers import receivers_of
from supervision.services.papers.issuing import issue_document
from supervision.services.papers.receipts import record_delivery, send_document
from supervision.services.papers.reviewing import review_document
from supervision.services.papers.series import enter_external

#: The paper made elsewhere that took this number before the first 通报; the register begins with it.
MADE_ELSEWHERE = (7, "关于做好2020年民生工程项目调度工作的通知（演示数据）", datetime.date(2020, 1, 16))
OUTSIDE = ["省民生办（演示）", "市人大办公室（演示）", "市政协办公室（演示）"]
#: The last receivers in order have not signed.
UNSIGNED = 3
#: Hour of the day at which the first receiver signs; the others follow by minutes.
SIGNED = 10
#: A paper is drafted so many days before its day, read and issued on it, in this order.
DRAFTED_BEFORE = datetime.timedelta(days=2)
DRAFTED, REVIEWED, ISSUED = datetime.time(16, 10), datetime.time(15, 30), datetime.time(16, 30)


def load_series(*, agency: Agency, word: str, year: int, by: User) -> None:
    """Begin the office's series with the paper made elsewhere."""
    number, title, issued_on = MADE_ELSEWHERE
    DocumentSeries.objects.create(agency=agency, word=word, year=year, first_number=number, last_number=number - 1)
    enter_external(
        agency=agency,
        word=word,
        number=number,
        title=title,
        issued_on=issued_on,
        by=by,
        entered_at=_at(issued_on, ISSUED),
    )


def issue_reviewed(
    *, document: Document, by: User, issued_on: datetime.date, drafted_on: datetime.date | None = None
) -> Document:
    """Have somebody else of the office read the draft, where there is somebody, and issue it.

    Dated as it would have been: drafted two days before, or on `drafted_on`; read and issued on the paper's day.
    """
    owner = document.period.programme.owner_id
    others = User.objects.filter(grants__role=Role.CITY_OFFICE, grants__region=owner).exclude(pk=by.pk)
    review_document(document=document, by=others.order_by("username").first() or by)
    Document.objects.filter(pk=document.pk).update(
        drafted_at=_at(drafted_on or issued_on - DRAFTED_BEFORE, DRAFTED), reviewed_at=_at(issued_on, REVIEWED)
    )
    return issue_document(document=document, by=by, issued_on=issued_on, issued_at=_at(issued_on, ISSUED))


def _at(day: datetime.date, hour: datetime.time) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, hour))


def send_last(*, programme: Programme, by: User) -> int:
    """Send the newest issued 通报 and have most of its receivers sign; returns how many it went to.

    Signatures are dated as they would have been, which no service allows.
    """
    document = (
        Document.objects.filter(period__programme=programme, kind=Document.Kind.BULLETIN, state=Document.State.ISSUED)
        .select_related("series__agency__region", "period__programme")
        .order_by("-period__ends_on")
        .first()
    )
    if document is None:
        return 0
    receivers = receivers_of(programme)
    made = send_document(document=document, agencies=[receiver.agency for receiver in receivers], by=by)
    people = {receiver.agency.pk: receiver.person_id for receiver in receivers}
    day = datetime.datetime.combine(document.issued_on, datetime.time(SIGNED))
    first = timezone.make_aware(day) + datetime.timedelta(days=1)
    for nth, receipt in enumerate(made[: max(len(made) - UNSIGNED, 0)]):
        receipt.received_at = first + datetime.timedelta(minutes=7 * nth)
        receipt.received_by_id = people[receipt.agency_id]
    Receipt.objects.bulk_update(made, ["received_at", "received_by"])
    Receipt.objects.filter(document=document).update(sent_on=document.issued_on)
    outside = record_delivery(
        document=document, recipients=OUTSIDE, way=Receipt.Way.PAPER, sent_on=document.issued_on, by=by
    )
    return len(made) + len(outside)
