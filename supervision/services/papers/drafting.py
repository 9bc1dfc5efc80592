"""Drafts: made from a snapshot or by another theme, rewritten, edited; every change is a new version to review."""

from django.db import transaction
from django.utils import timezone

from livelihood.access import require_city_office
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import ReportingPeriod
from supervision.documents.content import bulletin_content
from supervision.documents.paper import content_sha256, issuer_name
from supervision.documents.registered import close_kind
from supervision.models import Document, Snapshot
from supervision.services.papers.rendering import request_rendering
from supervision.services.papers.series import likely_year, series_of


@transaction.atomic
def draft_bulletin(*, snapshot: Snapshot, by: User, kind_code: str = "") -> Document:
    """Draft the 通报 of a snapshot, or the 更正 where the period's has been issued already.

    A draft of the period that is still there is written anew on this snapshot: never two drafts of one kind. What
    was chosen and edited in it is carried over as far as it still fits. A first draft is of the kind asked for, or of
    the one the office's settings name. The caller holds the period's lock. The files are made by jobs afterwards.
    """
    period = snapshot.period
    of_period = Document.objects.of_month(period)
    issued = of_period.filter(state=Document.State.ISSUED).order_by("-issued_at").first()
    kind = Document.Kind.CORRECTION if issued else Document.Kind.BULLETIN
    series = series_of(period.programme, year=likely_year(period.programme))
    draft = of_period.select_for_update().filter(kind=kind, state__in=Document.IN_HAND).first()
    made = {"choices": draft.content["choices"]} if draft and draft.content.get("choices") else {}
    made = made or {"kind": close_kind(series.agency, kind_code)}
    content = bulletin_content(snapshot, issuer=issuer_name(series), corrects=issued, **made).as_json()
    document = draft or Document(period=period, kind=kind, version=0, drafted_by=by)
    document.series = series
    document.snapshot = snapshot
    document.corrects = issued
    _store(document, content)
    record_event(
        by=by,
        verb="draft_document",
        target=document,
        after={"snapshot": snapshot.pk, "version": document.version, "sha256": document.sha256},
    )
    request_rendering(document=document, by=by)
    return document


@transaction.atomic
def redraft_bulletin(*, period: ReportingPeriod, by: User) -> Document:
    """Draft the month's paper again on the latest snapshot, after the one before became void."""
    require_city_office(by, period.programme.owner_id)
    ReportingPeriod.objects.select_for_update().get(pk=period.pk)
    snapshot = Snapshot.objects.latest_of(period)
    if snapshot is None:
        raise Refused(f"{period.label}还没有快照，请先封账。")
    if Document.objects.of_month(period).filter(snapshot=snapshot).exists():
        raise Refused(f"{period.label}按最新快照已有一份公文，不用重新拟稿。")
    return draft_bulletin(snapshot=snapshot, by=by)


@transaction.atomic
def draft_paper(
    *,
    kind: str,
    period: ReportingPeriod,
    title: str,
    content: dict,
    by: User,
    snapshot: Snapshot | None = None,
    subject: str = "",
) -> Document:
    """Make or rewrite the draft of a paper other than the month's own 通报; `subject` tells those of one kind apart.

    Raises InvalidTransition when that paper has been issued. The caller has checked who may.
    """
    found = (
        Document.objects.select_for_update()
        .filter(period=period, kind=kind, snapshot=snapshot, subject=subject)
        .exclude(state=Document.State.VOID)
        .first()
    )
    if found and not found.is_in_hand:
        raise InvalidTransition(f"这份{found.get_kind_display()}已经印发，文号是{found.printed_number}。")
    document = found or Document(period=period, kind=kind, snapshot=snapshot, subject=subject, version=0, drafted_by=by)
    is_letter = kind in Document.ADDRESSED
    document.series = series_of(period.programme, year=likely_year(period.programme), is_letter=is_letter)
    if found:
        document.edited_at, document.edited_by = timezone.now(), by
    _store(document, content | {"title": title})
    record_event(
        by=by,
        verb="draft_document",
        target=document,
        after={"kind": kind, "version": document.version, "sha256": document.sha256},
    )
    request_rendering(document=document, by=by)
    return document


@transaction.atomic
def save_draft(*, document: Document, content: dict, version: int, by: User, changed: dict | None = None) -> Document:
    """Store an edited draft as its next version; a review of the one before no longer holds.

    `version` is what the person saw, `changed` what the audit says they did. Raises InvalidTransition when it moved
    on or the paper is no draft any more. The files are made at 核稿 or when asked for.
    """
    require_city_office(by, document.owner_id)
    document = locked(document)
    if not document.is_in_hand:
        raise InvalidTransition(f"这份公文{document.get_state_display()}，不能再改。")
    if document.version != version:
        raise InvalidTransition("这份公文在您打开页面之后改过，您的改动没有保存。请看过现在的稿子再改。")
    before = {"version": document.version, "sha256": document.sha256, "state": document.state}
    document.edited_at, document.edited_by = timezone.now(), by
    _store(document, content)
    record_event(
        by=by,
        verb="edit_document",
        target=document,
        before=before,
        after={"version": document.version, "sha256": document.sha256} | (changed or {}),
    )
    return document


def locked(document: Document) -> Document:
    """Return the paper as it stands, locked until the transaction ends."""
    return (
        Document.objects.select_for_update(of=("self",))
        .select_related("series__agency__region", "snapshot", "period__programme")
        .get(pk=document.pk)
    )


def _store(document: Document, content: dict) -> None:
    """Store the content as the draft's next version, to be reviewed. Raises Refused for a title nobody can print."""
    longest = Document._meta.get_field("title").max_length
    if document.kind in Document.OF_PERIOD and len(content["title"]) > longest:
        raise Refused(f"标题填出来有{len(content['title'])}字，最多{longest}字，请在公文设置的通报种类里改短。")
    document.title = content["title"]
    document.content = content
    document.sha256 = content_sha256(content)
    document.state = Document.State.DRAFT
    document.reviewed_at = document.reviewed_by = None
    document.version += 1
    document.save()
