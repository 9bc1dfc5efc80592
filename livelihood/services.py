"""Writes of the shared tables: the audit trail, its seals, accounts and grants."""

import json
from datetime import datetime, timedelta

from livelihood.models import AuditEvent, User
from livelihood.prepared import Prepared

#: After this long without a look at the first page the next look is a new visit.
VISIT_PAUSE = timedelta(hours=2)

EVENTS = Prepared(
    """
INSERT INTO audit_event (by_id, verb, target_label, target_id, before, after, reason)
SELECT %(by)s, %(deed)s, e.label, e.target, e.before::jsonb, e.after::jsonb, ''
FROM unnest(%(labels)s, %(targets)s, %(befores)s, %(afters)s) AS e (label, target, before, after)""",
    by="bigint",
    deed="varchar",
    labels="varchar[]",
    targets="varchar[]",
    befores="text[]",
    afters="text[]",
)


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


def record_events(*, by: User, verb: str, afters: dict, befores: dict | None = None) -> None:
    """Append one audit event per target of a save over several: target → what changed, as in `record_event`."""
    befores = befores or {}
    if afters:
        EVENTS.run(
            by=by.pk,
            deed=verb,
            labels=[target._meta.db_table for target in afters],
            targets=[str(target.pk) for target in afters],
            befores=[json.dumps(befores.get(target, {})) for target in afters],
            afters=[json.dumps(after) for after in afters.values()],
        )


def note_visit(*, by: User, now: datetime) -> datetime | None:
    """Remember that the person is here; return the end of the visit before this one, None at the first.

    A visit ends with a pause or a new login. At most one UPDATE a minute and no audit event: nothing of
    the work changes, and whoever audits has `last_login`.
    """
    seen, before = by.last_seen, by.visit_before
    is_new = seen and (now - seen > VISIT_PAUSE or (by.last_login and by.last_login > seen))
    if is_new:
        before = seen
    elif seen and now - seen < timedelta(minutes=1):
        return before
    User.objects.filter(pk=by.pk).update(last_seen=now, visit_before=before)
    by.last_seen, by.visit_before = now, before
    return before
