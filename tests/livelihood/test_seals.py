"""Seals chain the audit trail; what was changed around the application shows."""

import threading

import pytest
from django.db import connection, connections, transaction

from livelihood import seals
from livelihood.models import AuditEvent, AuditSeal
from livelihood.services import record_event
from tests.factories import UserFactory


def note(user, n):
    return record_event(by=user, verb="test", target=user, after={"n": n})


def as_owner(statement, parameters=()):
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, parameters)


@pytest.mark.django_db
def test_seal_covers_all_events_and_chains_to_the_one_before():
    user = UserFactory()
    events = [note(user, n) for n in range(3)]

    first = seals.seal_events()
    later = note(user, 3)
    second = seals.seal_events()

    assert (first.from_id, first.to_id, first.event_count, first.previous) == (events[0].pk, events[2].pk, 3, None)
    assert (second.from_id, second.to_id, second.event_count, second.previous) == (later.pk, later.pk, 1, first)
    assert seals.verify_seals() == []


@pytest.mark.django_db
def test_seal_without_new_events_makes_nothing():
    note(UserFactory(), 1)
    seals.seal_events()

    assert seals.seal_events() is None
    assert AuditSeal.objects.count() == 1


@pytest.mark.django_db
def test_seal_depends_on_the_one_before():
    user = UserFactory()
    note(user, 1)
    first = seals.seal_events()
    event = note(user, 2)
    second = seals.seal_events()

    alone, _ = seals._digest("", event.pk, event.pk)

    assert second.sha256 != alone
    assert second.sha256 == seals._digest(first.sha256, event.pk, event.pk)[0]


@pytest.fixture
def sealed(cloned_db):
    user = UserFactory()
    events = []
    for n in range(4):
        events.append(note(user, n))
        if n % 2:
            seals.seal_events()
    return events


def test_verify_of_an_untouched_trail_finds_nothing(sealed):
    assert seals.verify_seals() == []


def test_verify_finds_a_changed_event(sealed):
    as_owner("UPDATE audit_event SET verb = 'other' WHERE id = %s", [sealed[0].pk])

    assert [text for text in seals.verify_seals() if "内容与封存时不一致" in text]


def test_verify_finds_a_removed_event(sealed):
    as_owner("DELETE FROM audit_event WHERE id = %s", [sealed[1].pk])

    assert [text for text in seals.verify_seals() if "原有2条记录，现有1条" in text]


def test_verify_finds_a_removed_seal(sealed):
    as_owner("SET CONSTRAINTS ALL IMMEDIATE")
    as_owner("UPDATE audit_seal SET previous_id = NULL")
    as_owner("DELETE FROM audit_seal WHERE id = (SELECT min(id) FROM audit_seal)")

    assert seals.verify_seals()


def test_verify_finds_a_resealed_range(sealed):
    as_owner("UPDATE audit_seal SET sha256 = %s WHERE id = (SELECT min(id) FROM audit_seal)", ["f" * 64])

    assert len(seals.verify_seals()) == 2


def test_seal_waits_for_writers_and_gives_up_politely(cloned_db, monkeypatch):
    monkeypatch.setattr(seals, "LOCK_TIMEOUT_MS", 200)
    user = UserFactory()
    note(user, 1)
    written, may_end = threading.Event(), threading.Event()

    def write():
        try:
            with transaction.atomic():
                note(user, 2)
                written.set()
                may_end.wait(20)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    written.wait(20)

    while_writing = seals.seal_events()
    may_end.set()
    writer.join()
    afterwards = seals.seal_events()

    assert while_writing is None
    assert afterwards.event_count == AuditEvent.objects.count() == 2
