"""签发: state, number and hash of a paper in one transaction; and 作废, which keeps the number."""

import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from livelihood.access import require_city_office
from livelihood.formats import format_date
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import ReportingPeriod
from projects.services.periods import mark_issued
from supervision.documents.blockers import Blocker, registered_blockers, run_after_issue, run_after_void
from supervision.documents.content import issued_content
from supervision.documents.paper import content_sha256
from supervision.models import Document, Snapshot
from supervision.services.freezing import benchmarks_moved
from supervision.services.papers.drafting import locked
from supervision.services.papers.rendering import request_rendering
from supervision.services.papers.series import gap_before, series_for_update, take_number


@transaction.atomic
def issue_document(
    *,
    document: Document,
    by: User,
    issued_on: datetime.date,
    number: int | None = None,
    version: int | None = None,
    override_reason: str = "",
    signer: str = "",
    issued_at: datetime.datetime | None = None,
) -> Document:
    """Issue the reviewed paper: give it the next number of its series, or the one typed.

    Number, date, hash and the period's state change together or not at all; from then on nothing changes (R18).
    `version` is the draft the person saw, `signer` who signed, on paper perhaps; `issued_at` the moment on the paper's
    day where that is not now, as in the demo. Raises Refused, InvalidTransition or NotAllowed.
    """
    require_city_office(by, document.owner_id)
    period = ReportingPeriod.objects.select_for_update().get(pk=document.period_id)
    document = locked(document)
    _require_in_hand(document, version)
    reason = _require_unblocked(document, issued_on, override_reason)
    series = series_for_update(document.series, year=issued_on.year)
    gap = gap_before(series, number)
    before = {"state": document.state}
    document.number = take_number(series, number)
    document.series = series
    document.state = Document.State.ISSUED
    document.version += 1
    document.issued_on = issued_on
    document.issued_at = issued_at or timezone.now()
    document.issued_by = by
    document.signer = signer.strip() or by.full_name
    document.override_reason = reason
    document.content = issued_content(document.content, number=document.printed_number, issued_on=issued_on)
    document.sha256 = content_sha256(document.content)
    try:
        with transaction.atomic():
            document.save()
    except IntegrityError as error:
        raise Refused(f"{document.printed_number}刚被别人用了，没有签发。请再签发一次，由系统编号。") from error
    if document.kind in Document.OF_PERIOD and not document.subject:
        mark_issued(period=period, by=by)
    after = {"state": document.state.value, "number": document.printed_number, "sha256": document.sha256}
    record_event(
        by=by,
        verb="issue_document",
        target=document,
        before=before,
        after=after | {"signer": document.signer} | ({"skipped": gap} if gap else {}),
        reason=reason,
    )
    run_after_issue(document, by)
    request_rendering(document=document, by=by)
    return document


def _require_in_hand(document: Document, version: int | None) -> None:
    if document.state == Document.State.VOID:
        raise InvalidTransition("这份公文已经作废，不能签发。")
    if not document.is_in_hand:
        raise InvalidTransition(f"这份公文已经印发，文号是{document.printed_number}。")
    if version is not None and document.version != version:
        raise InvalidTransition("这份公文在您打开页面之后重新拟过稿，没有印发。请看过现在的稿子再办。")


def _require_unblocked(document: Document, issued_on: datetime.date, override_reason: str) -> str:
    """Return the reason to record, empty where nothing had to be overridden; raise Refused for what is in the way."""
    blockers = issue_blockers(document, issued_on=issued_on)
    hard = [blocker.text for blocker in blockers if not blocker.can_override]
    if hard:
        raise Refused("；".join(hard) + "。")
    soft = [blocker.text for blocker in blockers]
    if soft and not override_reason.strip():
        raise Refused("；".join(soft) + "。仍要签发，请写明理由。")
    return override_reason.strip() if soft else ""


def issue_blockers(document: Document, *, issued_on: datetime.date | None = None) -> list[Blocker]:
    """Return what still stands between a draft and its number, the office's own first, then what others registered."""
    reasons = []
    if document.state == Document.State.DRAFT:
        reasons.append("还没有核稿")
    if not document.title.strip():
        reasons.append("公文没有标题")
    if not document.content:
        reasons.append("公文没有内容")
    if document.kind in Document.OF_PERIOD:
        reasons += _period_reasons(document)
        if issued_on is not None and issued_on <= document.period.ends_on:
            reasons.append(f"成文日期应在{format_date(document.period.ends_on)}之后")
    return [*map(Blocker, reasons), *registered_blockers(document)]


def _period_reasons(document: Document) -> list[str]:
    """Return what of the month itself is in the way of its own paper."""
    period, reasons = document.period, []
    if period.state == ReportingPeriod.State.OPEN:
        reasons.append(f"{period.label}还没有封账")
    if period.reopenings.filter(ended_at__isnull=True).exists():
        reasons.append(f"{period.label}正在重新开放，请先再次封账")
    if document.snapshot is None or document.snapshot != Snapshot.objects.latest_of(period):
        reasons.append("这份公文依据的快照已经不是最新的，请按最新快照重新拟稿")
    elif period.state == ReportingPeriod.State.CLOSED and benchmarks_moved(document.snapshot):
        reasons.append("封账之后全省平均有变动，请先按新的全省平均重新生成快照")
    return reasons


@transaction.atomic
def void_document(*, document: Document, reason: str, by: User, version: int | None = None) -> Document:
    """作废: the paper stays as it is, with its number, and says why it no longer counts.

    Raises Refused without a reason or while a correction of it is in force, InvalidTransition for a void one.
    """
    require_city_office(by, document.owner_id)
    document = locked(document)
    if document.state == Document.State.VOID:
        raise InvalidTransition("这份公文已经作废了。")
    if version is not None and document.version != version:
        raise InvalidTransition("这份公文在您打开页面之后有变动，没有作废。请看过现在的情况再办。")
    if not reason.strip():
        raise Refused("请写明作废的原因。")
    correction = document.corrections.filter(state=Document.State.ISSUED).select_related("series").first()
    if correction:
        raise Refused(f"这份公文已由{correction.printed_number}更正，不能作废；要作废请先作废更正。")
    before = {"state": document.state}
    document.state = Document.State.VOID
    document.void_reason = reason.strip()
    document.voided_at, document.voided_by = timezone.now(), by
    document.void_key = document.pk
    document.save(update_fields=["state", "void_reason", "voided_at", "voided_by", "void_key"])
    record_event(
        by=by,
        verb="void_document",
        target=document,
        before=before,
        after={"state": document.state.value, "number": document.printed_number},
        reason=document.void_reason,
    )
    run_after_void(document, by)
    return document
