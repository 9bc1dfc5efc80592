"""Statements planned once per connection: same rows as the text itself, whatever becomes of a transaction."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from livelihood.prepared import Prepared, columns_of, instance_of
from projects.models import Programme

pytestmark = pytest.mark.django_db

ADDED = Prepared(
    "SELECT v.value + %(more)s AS total, 100 %% 30 AS rest FROM unnest(%(values)s) AS v (value)",
    more="numeric",
    values="numeric[]",
)


@pytest.fixture(params=[False, True], ids=["prepared", "pooled"])
def pooled(request, monkeypatch):
    """Both ways a statement is sent."""
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", request.param)
    return request.param


def test_statement_gives_the_rows_of_its_text_and_is_prepared_once_where_it_may_be(pooled):
    with CaptureQueriesContext(connection) as captured:
        # 1.5 + 0.5 = 2; nothing and 0.5 is nothing; a list of nothing but NULLs has a type all the same.
        rows = ADDED.named_rows(more=Decimal("0.5"), values=[Decimal("1.5"), None])
        empty = ADDED.rows(more=1, values=[None])

    assert [(row.total, row.rest) for row in rows] == [(Decimal("2.0"), 10), (None, 10)]
    assert empty == [(None, 10)]
    assert [query["sql"].startswith("EXECUTE") for query in captured] == [not pooled, not pooled]


def test_texts_of_a_list_arrive_as_they_are_whatever_signs_stand_in_them(pooled):
    texts = ["甲,乙", 'say "x"', "back\\slash", "", "NULL", "{}", " lead", "two\nlines", "O'x", "100 %s", None]
    same = Prepared("SELECT %(texts)s", texts="text[]")

    [(stored,)] = same.rows(texts=texts)

    assert stored == texts
    assert same.rows(texts=[]) == [([],)]


def test_prepared_statement_outlives_a_transaction_that_was_rolled_back():
    fresh = Prepared("SELECT %(number)s + 41", number="bigint")
    divided = Prepared("SELECT 1 / %(number)s", number="bigint")

    with pytest.raises(DatabaseError), transaction.atomic():
        divided.rows(number=fresh.rows(number=-41)[0][0])

    assert fresh.rows(number=1) == [(42,)]
    assert divided.rows(number=1) == [(1,)]


def test_row_becomes_the_instance_the_orm_reads(programme):
    programme.basis = [{"title": "关于做好民生工程的通知"}]
    programme.save()
    statement = Prepared(f"SELECT {columns_of(Programme, 'g')} FROM programme g WHERE id = %(id)s", id="bigint")

    [row] = statement.rows(id=programme.pk)

    stored, read = Programme.objects.get(pk=programme.pk), instance_of(Programme, row)
    assert {**vars(read), "_state": None} == {**vars(stored), "_state": None}
    assert instance_of(Programme, [None] * len(row)) is None
