"""末位: who was last in the earlier months of the year, and what of it a scheme's deductions count."""

from collections.abc import Iterable

from django.db import connection

from projects.models import ReportingPeriod

# The newest snapshot of each earlier month, where its scheme takes points off for the last place at all: a scheme never
# reaches back. A month without one is a month without a last place, and ends a run.
HISTORY = """
SELECT p.id, COALESCE((
    SELECT array_agg(u.participant_id)
    FROM snapshot_unit u
    WHERE u.snapshot_id = s.id AND u.place > 1
      AND u.place = (SELECT MAX(place) FROM snapshot_unit o WHERE o.snapshot_id = s.id)), ARRAY[]::bigint[])
FROM reporting_period p
LEFT JOIN snapshot s ON s.period_id = p.id
    AND s.version = (SELECT MAX(version) FROM snapshot o WHERE o.period_id = p.id)
    AND EXISTS (SELECT 1 FROM scoring_component k WHERE k.scheme_id = s.scheme_id AND k.kind = 'last_place')
WHERE p.programme_id = %(programme)s AND p.kind = %(period_kind)s
  AND p.ends_on >= %(year_start)s AND p.ends_on < %(ends_on)s
ORDER BY p.ends_on
"""


def history_of(period: ReportingPeriod, parameters: dict) -> list[set[int]]:
    """Return who was last in each earlier month of the year, oldest first: ids of participants. One query."""
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, parameters)
        return [set(units) for _, units in cursor.fetchall()]


def history_parameters(history: list[set[int]], streaks: Iterable[int]) -> dict:
    """Return the parameters of `LAST_PLACE`: per participant and tier the months that count, and the run before now.

    A tier counts the months of runs at least as long as its streak: last twice running and once more makes 3 of the
    tier of 1 and 2 of the tier of 2.
    """
    rows = []
    for unit in sorted(set().union(*history)):
        runs = _runs([unit in last for last in history])
        now = runs[-1] if unit in history[-1] else 0
        rows += [(unit, streak, sum(run for run in runs if run >= streak), now) for streak in sorted(set(streaks))]
    columns = zip(*rows, strict=True) if rows else ([], [], [], [])
    names = ("last_units", "last_streaks", "last_parts", "last_runs")
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def _runs(months: list[bool]) -> list[int]:
    """Return the lengths of the runs of True, in order."""
    runs, length = [], 0
    for is_last in [*months, False]:
        if is_last:
            length += 1
        elif length:
            runs.append(length)
            length = 0
    return runs
