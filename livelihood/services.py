"""Writes of the shared tables: the audit trail, its seals, accounts and grants."""

from livelihood.models import AuditEvent, User


class Refused(Exception):
    """The system will not do this now; the message is a Chinese sentence saying why and what to do."""


class InvalidTransition(Refused):
    """The object is no longer in the state the action needs (somebody was faster)."""


def record_event(
    *,
    by: User,
    verb: str,
    target,
    before: dict | None = None,
    after: dict | None = None,
    reason: str = "",
) -> AuditEvent:
    """Append one audit event in the caller's transaction; one per service call or save batch.

    `target` is a model instance; `before` and `after` are JSON-ready and hold only what changed.
    """
    return AuditEvent.objects.create(
        by=by,
        verb=verb,
        target_label=target._meta.db_table,
        target_id=str(target.pk),
        before=before or {},
        after=after or {},
        reason=reason,
    )
