"""How a snapshot is written and hashed: rows of the standings statement, stored by the database itself (R18)."""

import hashlib
from collections.abc import Iterable

from django.db import connection
from django.db.models import Max

from livelihood.models import User
from livelihood.services import record_event
from projects.models import ReportingPeriod
from projects.progress import CALC_VERSION, INPUT_COLUMNS
from supervision.fund_standings import FUND_COLUMNS, FUNDS, RATE_COLUMNS, RATES, fetch_funds, fund_statement
from supervision.models import Snapshot
from supervision.scoring.scores import components
from supervision.standings import (
    LINES,
    OUTPUT_COLUMNS,
    UNIT_COLUMNS,
    UNITS,
    fetch,
    frozen_parameters,
    statement_for,
)

LINE_COLUMNS = [*INPUT_COLUMNS, *OUTPUT_COLUMNS]
COMPONENT_COLUMNS = ["participant_id", "code", "part", "whole", "points"]
PLACE_COLUMNS = ["indicator_id", "fund_rate", "measure", "city_rate", "city_place", "city_count"]
#: The rows of a snapshot in the order in which they are hashed: table, columns, key. A snapshot without money, without
#: components of its own, or without a published place, has the hash it had before there was any.
FROZEN_TABLES = [
    ("snapshot_line", LINE_COLUMNS, "indicator_id, participant_id"),
    ("snapshot_unit", UNIT_COLUMNS, "participant_id"),
    ("snapshot_fund", list(FUND_COLUMNS), "fund_line_id"),
    ("snapshot_fund_rate", list(RATE_COLUMNS), "fund_kind, measure, project_id NULLS FIRST, participant_id"),
    ("snapshot_component", COMPONENT_COLUMNS, "code, participant_id"),
    ("snapshot_place", PLACE_COLUMNS, "indicator_id NULLS LAST, fund_rate, measure"),
]
#: What the heads of two snapshots must share for their lines to be comparable.
HEAD_FIELDS = ["period_id", "version", "scheme_id", "decimals", "elapsed_parts", "elapsed_whole", "calc_version"]
CHUNK = 2000

SCOPE = "SELECT decimals, elapsed_parts, elapsed_whole FROM scope"

#: Lines of the same indicator share their average; the whole's stands for all.
BENCHMARKS_MOVED = """
SELECT COUNT(*) AS moved
FROM inputs i
JOIN snapshot_line l ON l.snapshot_id = %(snapshot)s AND l.participant_id = i.participant_id
                    AND l.indicator_id = i.indicator_id
WHERE (i.benchmark, i.benchmark_measure, i.benchmark_decimals)
      IS DISTINCT FROM (l.benchmark, l.benchmark_measure, l.benchmark_decimals)
"""

FUND_BENCHMARKS_MOVED = """
SELECT COUNT(*) AS moved
FROM fund_rate_now r
JOIN snapshot_fund_rate s ON s.snapshot_id = %(snapshot)s AND s.participant_kind = 'whole' AND s.project_id IS NULL
                         AND s.fund_kind = r.fund_kind AND s.measure = r.measure
WHERE (r.benchmark, r.benchmark_decimals) IS DISTINCT FROM (s.benchmark, s.benchmark_decimals)
"""

#: The city's places, an input like the averages they came with (R10).
PLACES_NOW = f"SELECT {', '.join(PLACE_COLUMNS)} FROM benchmark WHERE period_id = %(period)s AND city_place IS NOT NULL"

PLACES_MOVED = f"""
WITH now AS ({PLACES_NOW}),
     kept AS (SELECT {", ".join(PLACE_COLUMNS)} FROM snapshot_place WHERE snapshot_id = %(snapshot)s)
SELECT EXISTS ((SELECT * FROM now EXCEPT SELECT * FROM kept) UNION (SELECT * FROM kept EXCEPT SELECT * FROM now))
"""


def benchmarks_moved(snapshot: Snapshot) -> bool:
    """Tell whether an average or a place of the city was entered or changed since the freeze. At most four queries."""
    parameters = frozen_parameters(snapshot, refresh_benchmarks=True)
    if fetch(BENCHMARKS_MOVED, parameters, frozen=True)[0]["moved"] or _places_moved(parameters):
        return True
    return fetch_funds(FUND_BENCHMARKS_MOVED, parameters, frozen=True)[0]["moved"] > 0


def _places_moved(parameters: dict) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(PLACES_MOVED, parameters)
        return cursor.fetchone()[0]


def snapshot_sha256(snapshot: Snapshot) -> str:
    """SHA-256 over the snapshot's head and its stored rows in a fixed order; the rows are streamed."""
    head = [str(getattr(snapshot, field)) for field in HEAD_FIELDS]
    digest = hashlib.sha256("|".join(head).encode())
    for table, columns, order in FROZEN_TABLES:
        for text in _stored_rows(table, columns, order, snapshot.pk):
            digest.update(text.encode())
            digest.update(b"\n")
    return digest.hexdigest()


def freeze(
    period: ReportingPeriod, parameters: dict, *, frozen: bool, by: User, reason: str, previous: Snapshot | None
) -> Snapshot:
    """Store the next version in the caller's transaction, which has locked the period. Some fifteen queries.

    Lines, units and money are written under an id taken beforehand, hashed as stored, then the head.

    The head comes last because it is never changed and carries the hash; the foreign keys are checked at commit.
    """
    scope = fetch(SCOPE, parameters, frozen=frozen)[0]
    last = Snapshot.objects.filter(period=period).aggregate(last=Max("version"))["last"] or 0
    snapshot = Snapshot(
        period=period,
        version=last + 1,
        scheme_id=parameters["scheme"],
        decimals=scope["decimals"],
        elapsed_parts=int(scope["elapsed_parts"]),
        elapsed_whole=int(scope["elapsed_whole"]),
        calc_version=CALC_VERSION,
        previous=previous,
        reason=reason,
        frozen_by=by,
    )
    snapshot.pk = _next_id()
    _insert("snapshot_line", LINE_COLUMNS, statement_for(LINES, parameters, frozen=frozen), parameters, snapshot.pk)
    _insert("snapshot_unit", UNIT_COLUMNS, statement_for(UNITS, parameters, frozen=frozen), parameters, snapshot.pk)
    for table, columns, tail in (("snapshot_fund", FUND_COLUMNS, FUNDS), ("snapshot_fund_rate", RATE_COLUMNS, RATES)):
        _insert(table, list(columns), fund_statement(tail, frozen=frozen), parameters, snapshot.pk)
    if parameters["shape"].is_kept:
        rows = statement_for(components(parameters["shape"]), parameters, frozen=frozen)
        _insert("snapshot_component", COMPONENT_COLUMNS, rows, parameters, snapshot.pk)
    _insert("snapshot_place", PLACE_COLUMNS, PLACES_NOW, parameters, snapshot.pk)
    snapshot.sha256 = snapshot_sha256(snapshot)
    snapshot.save(force_insert=True)
    record_event(
        by=by,
        verb="freeze_snapshot",
        target=snapshot,
        after={"period": period.code, "version": snapshot.version, "sha256": snapshot.sha256},
        reason=reason,
    )
    return snapshot


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('snapshot', 'id'))")
        return cursor.fetchone()[0]


def _insert(table: str, columns: list[str], rows: str, parameters: dict, snapshot_id: int) -> None:
    """Store the statement's rows; nothing passes through Python."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (snapshot_id, {', '.join(columns)}) "
            f"SELECT %(new_snapshot)s, {', '.join(columns)} FROM ({rows}) AS computed",
            parameters | {"new_snapshot": snapshot_id},
        )


def _stored_rows(table: str, columns: list[str], order: str, snapshot_id: int) -> Iterable[str]:
    """Yield every stored row as PostgreSQL writes it, in order, without holding them all."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT ROW({', '.join(columns)})::text FROM {table} WHERE snapshot_id = %s ORDER BY {order}",
            [snapshot_id],
        )
        while rows := cursor.fetchmany(CHUNK):
            yield from (row[0] for row in rows)
