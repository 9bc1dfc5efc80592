"""The audit trail as a workbook: read and written row by row, whatever its length."""

import json
from collections.abc import Iterator
from functools import lru_cache

from django.db.models import QuerySet
from django.utils import timezone

from livelihood.audit_words import VERBS, field_names, target_name
from livelihood.formats import format_long_moment
from livelihood.models import AuditEvent, User
from livelihood.workbooks import Column, Sheet

#: Rows fetched at a time by the server-side cursor.
CHUNK = 2000


def audit_workbook(events: QuerySet[AuditEvent], *, by: User, chosen: str = "") -> tuple[str, list[Sheet]]:
    """Return file name and sheets of the events in the order given; one query, which is read while writing.

    `chosen`: what the list was filtered by, in words.
    """
    now = timezone.now()
    facts = f"范围：{chosen or '全部'}　导出：{format_long_moment(now)} {by}"
    sheet = Sheet(
        name="审计记录",
        title="审计记录",
        columns=[
            Column("编号", 10),
            Column("时间", 19),
            Column("操作人", 18),
            Column("登录名", 16),
            Column("动作", 20),
            Column("对象", 16),
            Column("对象编号", 10),
            Column("变更前", 40),
            Column("变更后", 40),
            Column("原因", 30),
        ],
        rows=_rows(events),
        facts=facts,
        frozen=2,
        # What a batch changed may be a hundred lines long: the cell holds it all, the row shows its beginning.
        most_lines=3,
    )
    return f"审计记录_{timezone.localtime(now):%Y%m%d_%H%M%S}.xlsx", [sheet]


def _rows(events: QuerySet[AuditEvent]) -> Iterator[list]:
    names = lru_cache(maxsize=None)(field_names)
    targets = lru_cache(maxsize=None)(target_name)
    fields = (
        "id",
        "at",
        "by__full_name",
        "by__username",
        "verb",
        "target_label",
        "target_id",
        "before",
        "after",
        "reason",
    )
    for pk, at, person, login, verb, label, target, before, after, reason in events.values_list(*fields).iterator(
        CHUNK
    ):
        words = VERBS.get(verb, verb)
        yield [
            pk,
            at,
            person,
            login,
            words,
            targets(label),
            target,
            _said(before, names(label)),
            _said(after, names(label)),
            reason,
        ]


def _said(data: dict, names: dict[str, str]) -> str | None:
    """Return the recorded values under the words for the table's columns; codes as written."""
    if not data:
        return None
    return json.dumps({names.get(key, key): value for key, value in data.items()}, ensure_ascii=False)
