"""核稿: a second person of the office reads the draft before it may be issued."""

from django.db import transaction
from django.utils import timezone

from livelihood.access import Role, require_city_office
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from supervision.models import Document
from supervision.services.papers.drafting import locked
from supervision.services.papers.rendering import request_rendering

CHANGED = "这份公文在您打开页面之后改过稿。请看过现在的稿子再办。"


@transaction.atomic
def review_document(*, document: Document, by: User, version: int | None = None) -> Document:
    """Note that the draft was read and may be issued; its files are made for who signs.

    Not by who wrote it last, unless the office has nobody else: then the record says so. `version` is the draft the
    person saw. Raises Refused, InvalidTransition or NotAllowed.
    """
    require_city_office(by, document.owner_id)
    document = locked(document)
    if document.state != Document.State.DRAFT:
        raise InvalidTransition(f"这份公文{document.get_state_display()}，不用再核稿。")
    if version is not None and document.version != version:
        raise InvalidTransition(CHANGED)
    alone = by.pk == writer_id(document)
    if alone and not is_alone(by, document.owner_id):
        raise Refused("核稿人不能是最后改稿的人，请民生办的另一位同事核稿。")
    document.state = Document.State.REVIEWED
    document.reviewed_at, document.reviewed_by = timezone.now(), by
    document.save(update_fields=["state", "reviewed_at", "reviewed_by"])
    record_event(
        by=by,
        verb="review_document",
        target=document,
        before={"state": Document.State.DRAFT.value},
        after={"state": document.state.value, "version": document.version, "sha256": document.sha256},
        reason="本单位只有一个账号，由拟稿人自己核稿。" if alone else "",
    )
    request_rendering(document=document, by=by)
    return document


@transaction.atomic
def return_draft(*, document: Document, reason: str, by: User, version: int | None = None) -> Document:
    """Take a reviewed paper back to be drafted, with the reason."""
    require_city_office(by, document.owner_id)
    document = locked(document)
    if document.state != Document.State.REVIEWED:
        raise InvalidTransition(f"这份公文{document.get_state_display()}，不能退回修改。")
    if version is not None and document.version != version:
        raise InvalidTransition(CHANGED)
    if not reason.strip():
        raise Refused("请写明要改什么。")
    document.state = Document.State.DRAFT
    document.reviewed_at = document.reviewed_by = None
    document.save(update_fields=["state", "reviewed_at", "reviewed_by"])
    record_event(
        by=by,
        verb="return_draft",
        target=document,
        before={"state": Document.State.REVIEWED.value},
        after={"state": document.state.value},
        reason=reason.strip(),
    )
    return document


def writer_id(document: Document) -> int:
    """Return who wrote the draft last."""
    return document.edited_by_id or document.drafted_by_id


def is_alone(user: User, owner_id: int) -> bool:
    """Tell whether nobody else works in that region's office."""
    others = User.objects.filter(
        is_active=True, grants__role=Role.CITY_OFFICE, grants__region=owner_id, grants__programme_code=""
    ).exclude(pk=user.pk)
    return not others.exists()
