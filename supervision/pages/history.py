"""The months of a year up to a period, each with its standings as a user may see them.

A frozen month is read as it was stored: `snapshot_line` and `snapshot_unit` hold every column of the standings
statement, so one query fetches any number of months. Only months seen live run the statement.
"""

import json
from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from django.db import connection

from livelihood.caching import content_key, kept
from livelihood.formats import format_moment
from livelihood.models import User
from projects.exports import LIVE
from projects.models import Indicator, ReportingPeriod
from projects.progress import ELAPSED, FINENESS, INPUT_COLUMNS, SCOPE_LIVE
from supervision.models import Snapshot
from supervision.scope import StandingsScope, bases_of, scopes_of
from supervision.stamp import standings_stamp
from supervision.standings import (
    JSON_COLUMNS,
    LINES,
    OUTPUT_COLUMNS,
    PAGE,
    UNITS,
    Standings,
    fetch,
    live_parameters,
    live_standings,
    statement,
)

#: How far back a series goes.
MOST_MONTHS = 12

#: Stands for the basis a user sees by default, as None stands for live figures.
DEFAULT = object()

# Stored with the six digits of their columns: taken back to the digits they were printed with, which changes no value.
PRINTED_WITH = {
    "rate": "s.decimals",
    "expected_rate": "s.decimals",
    "gap_to_expected": "s.decimals",
    "gap_to_city": "s.decimals",
    "points": "s.decimals",
    "project_score": "s.decimals",
    "rate_with_missing": "s.decimals",
    "gap_to_benchmark": "l.benchmark_decimals",
}

STORED_LINES = f"""
SELECT l.snapshot_id, {
    ", ".join(
        f"ROUND(l.{name}, {PRINTED_WITH[name]}) AS {name}" if name in PRINTED_WITH else f"l.{name}"
        for name in (*INPUT_COLUMNS, *OUTPUT_COLUMNS)
    )
}
FROM snapshot_line l
JOIN snapshot s ON s.id = l.snapshot_id
WHERE l.snapshot_id = ANY(%(snapshots)s)
  AND (%(indicators)s::bigint[] IS NULL OR l.indicator_id = ANY(%(indicators)s))
  AND (%(participants)s::bigint[] IS NULL OR l.participant_kind = 'whole' OR l.participant_id = ANY(%(participants)s))
ORDER BY l.participant_order, l.participant_id
"""

STORED_UNITS = """
SELECT u.snapshot_id, u.participant_id, p.order AS participant_order, u.ranked, u.has_report, u.previous_place,
       u.target_adjusted, ROUND(u.score, s.decimals) AS score, u.place, u.place_change
FROM snapshot_unit u
JOIN snapshot s ON s.id = u.snapshot_id
JOIN participant p ON p.id = u.participant_id
WHERE u.snapshot_id = ANY(%(snapshots)s)
ORDER BY u.place NULLS LAST, p.order, p.id
"""


#: 时序进度 as the statement has it, of several periods at once.
STRAIGHT_LINES = f"""
SELECT q.id AS period_id, e.straight_line
FROM reporting_period q
CROSS JOIN LATERAL (
    WITH {FINENESS.strip()}, {SCOPE_LIVE.replace("%(period)s", "q.id").strip()}, {ELAPSED.strip()}
    SELECT straight_line FROM elapsed
) e
WHERE q.id = ANY(%(periods)s)
"""


class MonthStandings(NamedTuple):
    """One month of a series. `standings` is None where there is nothing the user may see; `basis` says why, or of what.

    `scope` is what the user sees of it: a county sees the others in issued months only. `snapshot` is None when live.
    """

    period: ReportingPeriod
    standings: Standings | None
    basis: str
    scope: StandingsScope
    snapshot: Snapshot | None


class MonthPlaces(NamedTuple):
    """Scores and places of one month: participant id → row of the overall ranking (see `UNIT_COLUMNS`).

    `placed`: how many have a place.
    """

    period: ReportingPeriod
    units: dict[int, dict]
    placed: int
    basis: str
    scope: StandingsScope


def basis_words(snapshot: Snapshot | None) -> str:
    """Return in words what standings were made of: a snapshot, or the reports as they are now."""
    if snapshot is None:
        return f"{LIVE}（已提交和已审核的月报）"
    return f"快照{snapshot.version}（{format_moment(snapshot.frozen_at)}冻结，已审核的月报）"


def month_standings(
    period: ReportingPeriod,
    user: User,
    *,
    snapshot=DEFAULT,
    indicators: Collection[int] | None = None,
    participants: Collection[int] | None = None,
    most: int = MOST_MONTHS,
) -> list[MonthStandings]:
    """Return the months of `period`'s programme up to it, oldest first, at most twelve; a week follows its months.

    `snapshot` is the basis of `period` itself, where it is not the default one. `indicators` limits the lines, and then
    live months have no overall units; `participants` limits the lines of frozen months (the whole's stay); `most`
    counts the months. Six queries, up to three more for a user who sees a part, and for each month seen live what the
    statement asks.
    """
    months = _months(period, user, snapshot, most)
    chosen = [row.pk for _, row, _, is_seen in months if row is not None and is_seen]
    lines, units = _stored_lines(chosen, indicators, participants), _stored_units(chosen)
    names = _names(period.programme)
    found = []
    for month, row, scope, is_seen in months:
        standings = None
        if is_seen and row is not None:
            standings = _frozen(month, row, lines[row.pk], units[row.pk], names)
        elif is_seen:
            standings = _live(month, indicators, names)
        words = basis_words(row) if is_seen else "没有可看的结果"
        found.append(MonthStandings(month, standings, words, scope, row))
    return found


def month_places(
    period: ReportingPeriod, user: User, *, snapshot=DEFAULT, worked_out: tuple[list[dict], int] | None = None
) -> list[MonthPlaces]:
    """Return overall scores and places of the same months; empty where the user does not see everybody's.

    `worked_out`: the rows the caller needs of `period` itself as it is now, and how many have a place, so that a month
    seen live is not worked out twice.
    """
    months = [row for row in _months(period, user, snapshot) if row[3]]
    units = _stored_units([row.pk for _, row, _, _ in months if row is not None])
    found = []
    for month, row, scope, _ in months:
        if not scope.everything:
            rows, placed = [], 0
        elif row is None and month is period and worked_out is not None:
            rows, placed = worked_out
        else:
            rows = units[row.pk] if row is not None else _live_units(month)
            placed = sum(unit["place"] is not None for unit in rows)
        by_unit = {unit["participant_id"]: unit for unit in rows}
        found.append(MonthPlaces(month, by_unit, placed, basis_words(row), scope))
    return found


def months_up_to(period: ReportingPeriod, most: int = MOST_MONTHS) -> list[ReportingPeriod]:
    """Return the months of `period`'s programme before it and itself, oldest first, at most `most`. One query."""
    months = (
        ReportingPeriod.objects.filter(
            programme=period.programme, kind=ReportingPeriod.Kind.MONTH, ends_on__lte=period.ends_on
        )
        .exclude(pk=period.pk)
        .order_by("-ends_on")[: most - 1]
    )
    found = [*reversed(months), period]
    for row in found:
        row.programme = period.programme
    return found


def stored_places(snapshots: Collection[Snapshot]) -> dict[int, dict[int, int | None]]:
    """Return overall places as they were frozen: snapshot id → participant id → place. One query."""
    rows = _stored_units([row.pk for row in snapshots])
    return {pk: {row["participant_id"]: row["place"] for row in units} for pk, units in rows.items()}


def straight_lines(periods: Collection[ReportingPeriod]) -> dict[int, Decimal]:
    """Return 时序进度 of some periods as printed, by period. One query."""
    with connection.cursor() as cursor:
        cursor.execute(STRAIGHT_LINES, {"periods": [period.pk for period in periods]})
        return dict(cursor.fetchall())


def _months(period: ReportingPeriod, user: User, snapshot, most: int = MOST_MONTHS) -> list[tuple]:
    """Return (period, snapshot or None, scope, whether there is anything to see) of each month, oldest first."""
    periods = months_up_to(period, most)
    choices = bases_of(user, periods)
    chosen = {pk: (rows[0], True) if rows else (None, False) for pk, rows in choices.items()}
    if snapshot is not DEFAULT:
        chosen[period.pk] = (snapshot, True)
    scopes = scopes_of(user, [(row, chosen[row.pk][0]) for row in periods])
    return [(row, chosen[row.pk][0], scopes[row.pk], chosen[row.pk][1]) for row in periods]


def _names(programme) -> tuple[dict, dict]:
    """Return indicators and participants by id, in printed order. Two queries."""
    return (
        {row.pk: row for row in Indicator.objects.of_programme(programme)},
        {row.pk: row for row in programme.participants.order_by("order", "id")},
    )


def _rows(statement_text: str, parameters: dict) -> dict[int, list[dict]]:
    """Return stored rows by snapshot."""
    found = defaultdict(list)
    if not parameters["snapshots"]:
        return found
    with connection.cursor() as cursor:
        cursor.execute(statement_text, parameters)
        names = [column.name for column in cursor.description]
        for values in cursor.fetchall():
            row = dict(zip(names, values, strict=True))
            found[row.pop("snapshot_id")].append(row)
    return found


def _stored_lines(snapshots: list[int], indicators, participants) -> dict[int, list[dict]]:
    found = _rows(
        STORED_LINES,
        {
            "snapshots": snapshots,
            "indicators": None if indicators is None else list(indicators),
            "participants": None if participants is None else list(participants),
        },
    )
    for rows in found.values():
        for row in rows:
            for name in JSON_COLUMNS:
                row[name] = None if row[name] is None else json.loads(row[name])
    return found


def _stored_units(snapshots: list[int]) -> dict[int, list[dict]]:
    return _rows(STORED_UNITS, {"snapshots": snapshots})


def _frozen(period: ReportingPeriod, snapshot: Snapshot, lines: list[dict], units: list[dict], names) -> Standings:
    snapshot.period = period
    return _standings(period, names, lines, units, snapshot=snapshot, scheme=snapshot.scheme_id)


def _live(period: ReportingPeriod, indicators: Collection[int] | None, names) -> Standings:
    """Return live standings, worked out for the indicators asked for alone; kept until something changes."""
    if indicators is None:
        key = content_key("history", [standings_stamp(period), statement(PAGE, frozen=False)])
        lines, units, scheme = kept(key, lambda: _all_lines(period))
        return _standings(period, names, lines, units, scheme=scheme)
    some = sorted(indicators)
    key = content_key("history-some", [standings_stamp(period), *map(str, some), statement(LINES, frozen=False)])
    lines, scheme = kept(key, lambda: _some_lines(period, some))
    return _standings(period, names, lines, [], scheme=scheme)


def _some_lines(period: ReportingPeriod, indicators: list[int]) -> tuple[list[dict], int | None]:
    parameters = live_parameters(period)
    rows = fetch(LINES, parameters | {"only": indicators}, frozen=False)
    # The statement answers also for the indicators these hang on (R4).
    return [row for row in rows if row["indicator_id"] in indicators], parameters["scheme"]


def _all_lines(period: ReportingPeriod) -> tuple[list[dict], list[dict], int | None]:
    standings = live_standings(period)
    return list(chain.from_iterable(standings.lines.values())), standings.units, standings.scheme_id


def _live_units(period: ReportingPeriod) -> list[dict]:
    """Return the overall rows of a month as it is now, kept until something changes."""
    key = content_key("history-units", [standings_stamp(period), statement(UNITS, frozen=False)])
    return kept(key, lambda: fetch(UNITS, live_parameters(period), frozen=False))


def _standings(period, names, lines: list[dict], units: list[dict], *, scheme, snapshot=None) -> Standings:
    by_indicator = defaultdict(list)
    for row in sorted(lines, key=lambda row: (row["participant_order"], row["participant_id"])):
        by_indicator[row["indicator_id"]].append(row)
    indicators, participants = names
    return Standings(
        period=period,
        basis="live" if snapshot is None else "snapshot",
        snapshot=snapshot,
        scheme_id=scheme,
        decimals=period.programme.decimals if snapshot is None else snapshot.decimals,
        indicators={pk: row for pk, row in indicators.items() if pk in by_indicator},
        participants=participants,
        lines=dict(by_indicator),
        units=units,
    )
