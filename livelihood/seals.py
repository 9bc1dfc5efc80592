"""Seals of the audit trail: SHA-256 over runs of events, each chained to the one before.

Events are appended unchained, so that no writer waits for another; a beat job seals them afterwards. The
database refuses changes through the application's role; a seal shows those made around it.
"""

import hashlib
import json
from collections.abc import Iterable

from django.db import OperationalError, connection, transaction
from django.db.models import Max

from livelihood.models import AuditEvent, AuditSeal
from livelihood.sql import AUDIT_LOCK

#: Waiting for the lock holds up every writer behind it: rather try again at the next beat.
LOCK_TIMEOUT_MS = 2000
FIELDS = ("id", "at", "by_id", "verb", "target_label", "target_id", "before", "after", "reason")
CHUNK = 2000


@transaction.atomic
def seal_events() -> AuditSeal | None:
    """Seal all events not sealed yet; None if there are none or writers kept the lock.

    The exclusive lock is granted when no transaction that has written an event is open, so no smaller id can
    appear behind the seal.
    """
    if not _lock_writers_out():
        return None
    last = AuditSeal.objects.order_by("-to_id").first()
    waiting = AuditEvent.objects.filter(id__gt=last.to_id if last else 0)
    horizon = waiting.aggregate(horizon=Max("id"))["horizon"]
    if horizon is None:
        return None
    first_id = waiting.order_by("id").values_list("id", flat=True).first()
    digest, count = _digest(last.sha256 if last else "", first_id, horizon)
    return AuditSeal.objects.create(from_id=first_id, to_id=horizon, event_count=count, sha256=digest, previous=last)


def verify_seals() -> list[str]:
    """Recompute every seal; return Chinese sentences for what no longer agrees (none: all is as sealed)."""
    differences = []
    previous = None
    for seal in AuditSeal.objects.order_by("to_id"):
        if seal.previous_id != (previous.pk if previous else None):
            differences.append(f"审计封存 {seal} 没有接在上一封存之后。")
        if previous and AuditEvent.objects.filter(id__gt=previous.to_id, id__lt=seal.from_id).exists():
            differences.append(f"审计封存 {seal} 之前有未封存的记录。")
        digest, count = _digest(previous.sha256 if previous else "", seal.from_id, seal.to_id)
        if count != seal.event_count:
            differences.append(f"审计封存 {seal} 原有{seal.event_count}条记录，现有{count}条。")
        elif digest != seal.sha256:
            differences.append(f"审计封存 {seal} 的内容与封存时不一致。")
        previous = seal
    return differences


def _lock_writers_out() -> bool:
    """Take the writers' lock alone, until the transaction ends; False after LOCK_TIMEOUT_MS."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, TRUE)", [f"{LOCK_TIMEOUT_MS}ms"])
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [AUDIT_LOCK])
            cursor.execute("SELECT set_config('lock_timeout', '0', TRUE)")
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") == "55P03":  # lock_not_available
            return False
        raise
    return True


def _digest(previous: str, from_id: int, to_id: int) -> tuple[str, int]:
    """SHA-256 over the previous seal and the events from_id … to_id in order, and their number. Streams."""
    digest = hashlib.sha256(previous.encode())
    count = 0
    events = AuditEvent.objects.filter(id__gte=from_id, id__lte=to_id).order_by("id").values_list(*FIELDS)
    for line in _lines(events.iterator(chunk_size=CHUNK)):
        digest.update(line)
        count += 1
    return digest.hexdigest(), count


def _lines(rows: Iterable[tuple]) -> Iterable[bytes]:
    """One canonical line of JSON per event; moments in UTC, keys sorted."""
    for row in rows:
        values = [value.isoformat() if field == "at" else value for field, value in zip(FIELDS, row, strict=True)]
        yield json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"
