"""完成预测 in SQL: what is left ÷ months left against the best month of the year, per flow indicator and unit.

    scope → … → yardsticks → judged → earlier → stepped → paced → one row per line

Shown targets, values and sums are those of the standings statement (projects/progress.py), live or of a snapshot; what
is appended asks the months before for their figures. Nothing is worked out anywhere else, and no line is judged by a
quotient that was rounded: fractions are compared crosswise (docs/decisions/0017).
"""

import datetime
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from livelihood.models import User
from projects.models import Indicator, Participant, Report, ReportingPeriod
from projects.progress import progress_ctes, progress_parameters
from supervision.models import Snapshot
from supervision.scope import StandingsScope, bases_of, scopes_of

#: Up to this many times the best month is 需提速, beyond it 难以完成: a unit has shown its best month once; twice that
#: every month to the end means a second team at every site, and more than that nobody has made up for in a year.
WITHIN_REACH = Decimal(2)

#: A month's pace is held against another's as whole numbers: every number of months up to twelve divides this.
COMMON_MONTHS = 27720

#: Before the third month of the year there is only a start to go by: nothing worse than 可按期 is said then.
FIRST_MONTHS = 3

#: States with a pace that does not reach the goal in time, the worst first.
MISSING_STATES = ("past_due", "no_pace", "out_of_reach", "faster")
#: All states, in the order they are listed.
STATES = (
    *MISSING_STATES,
    *("no_months", "on_track", "done", "not_reported", "incomplete", "not_split", "no_task", "text"),
)


def half_up(numerator: str, denominator: str, fineness: str) -> str:
    """Return SQL for an exact quotient rounded half-up once, at the decimals of the row `fineness`."""
    exact = f"div(2 * ABS({numerator}) * {fineness}.scale + {denominator}, 2 * NULLIF({denominator}, 0))"
    return f"SIGN({numerator}) * {exact} * {fineness}.step"


# The goal of a 约 is the least that counts as done (R15). A task is done by the end of the year, by the day of its
# sub-project, or by the first milestone that asks for all of it, whichever comes first; a month that is begun counts.
_JUDGED = """
due_now AS (
    SELECT i.id AS indicator_id, i.sub_project_id,
           LEAST(%(year_end)s::date, COALESCE(sp.due_on, %(year_end)s::date),
                 COALESCE((SELECT MIN(m.due_on) FROM milestone m
                           WHERE m.indicator_id = i.id AND m.measure = 'rate' AND m.threshold >= 100),
                          %(year_end)s::date)) AS deadline
    FROM project j
    JOIN sub_project sp ON sp.project_id = j.id
    JOIN indicator i ON i.sub_project_id = sp.id
    WHERE j.programme_id = %(programme)s AND i.id = ANY(%(flows)s::bigint[])
),
judged AS (
    SELECT y.participant_id, y.indicator_id, y.participant_kind, y.is_sum, y.is_sum AND y.has_exclusions AS is_partial,
           y.task_count, y.shown_task, y.shown_target, y.shown_value, y.rate, y.value_decimals,
           CASE y.direction WHEN 'about' THEN y.shown_target * (1 - y.tolerance) ELSE y.shown_target END AS goal,
           d.deadline, d.sub_project_id,
           GREATEST(0, (EXTRACT(YEAR FROM d.deadline) - EXTRACT(YEAR FROM %(ends_on)s::date)) * 12
                       + EXTRACT(MONTH FROM d.deadline) - %(month)s)::numeric AS months_left
    FROM yardsticks y
    JOIN due_now d ON d.indicator_id = y.indicator_id
    OFFSET 0
)"""

# Of every month before, what its basis holds and the reader may see. A sum is known in a month only where every unit
# of the present sum is: else a unit that came late would be a month's work.
_EARLIER = """
month_before AS (
    SELECT *
    FROM unnest(%(periods)s::bigint[], %(snapshots)s::bigint[], %(months)s::int[], %(open)s::boolean[])
         AS m (period_id, snapshot_id, month, is_open)
),
said AS (
    SELECT f.participant_id, f.indicator_id, m.month, m.is_open, f.value
    FROM figure f
    JOIN report r ON r.id = f.report_id
    JOIN month_before m ON m.period_id = f.period_id
    WHERE f.period_id = ANY(%(live)s::bigint[]) AND f.indicator_id = ANY(%(flows)s::bigint[])
      AND f.value IS NOT NULL AND r.state = ANY(%(states)s)
    UNION ALL
    SELECT l.participant_id, l.indicator_id, m.month, m.is_open, l.value
    FROM snapshot_line l
    JOIN month_before m ON m.snapshot_id = l.snapshot_id
    WHERE l.snapshot_id = ANY(%(frozen)s::bigint[]) AND l.indicator_id = ANY(%(flows)s::bigint[])
      AND l.value IS NOT NULL
),
seen AS (
    SELECT j.participant_id, j.indicator_id, j.participant_kind, j.is_sum, s.month, s.value,
           j.shown_task = 'assessed' AND j.shown_value IS NOT NULL AS is_counted
    FROM said s
    JOIN judged j ON j.participant_id = s.participant_id AND j.indicator_id = s.indicator_id
    WHERE s.is_open OR j.participant_id = ANY(%(own)s::bigint[]) OR j.sub_project_id = ANY(%(led)s::bigint[])
       OR (j.participant_id, j.sub_project_id) IN
          (SELECT * FROM unnest(%(filled_units)s::bigint[], %(filled)s::bigint[]))
),
earlier AS (
    SELECT participant_id, indicator_id, month, value FROM seen WHERE NOT is_sum
    UNION ALL
    SELECT w.participant_id, w.indicator_id, s.month, SUM(s.value)
    FROM judged w
    JOIN seen s ON s.indicator_id = w.indicator_id AND s.participant_kind <> 'whole' AND s.is_counted
    WHERE w.is_sum AND NOT w.is_partial
    GROUP BY w.participant_id, w.indicator_id, w.task_count, s.month
    HAVING COUNT(*) = w.task_count
    UNION ALL
    SELECT participant_id, indicator_id, %(month)s, shown_value FROM judged WHERE shown_value IS NOT NULL
)"""

# Figures are cumulative from 1 January (R1): what came in over several months without figures is shared among them.
# Such a share is less than the best of them, so it may say 可按期, and nothing worse (no_months).
_PACED = f"""
stepped AS (
    SELECT participant_id, indicator_id, month,
           value - COALESCE(LAG(value) OVER w, 0) AS gained, month - COALESCE(LAG(month) OVER w, 0) AS span
    FROM earlier
    WINDOW w AS (PARTITION BY participant_id, indicator_id ORDER BY month)
),
paced AS (
    SELECT DISTINCT ON (participant_id, indicator_id)
           participant_id, indicator_id, gained, span, month,
           COUNT(*) FILTER (WHERE span = 1) OVER line AS single_months,
           SUM(gained) FILTER (WHERE month > %(month)s - 3) OVER line AS recent_gained,
           SUM(span) FILTER (WHERE month > %(month)s - 3) OVER line AS recent_span
    FROM stepped
    WINDOW line AS (PARTITION BY participant_id, indicator_id)
    ORDER BY participant_id, indicator_id, gained * ({COMMON_MONTHS} / span) DESC, month DESC
),
asked AS (
    SELECT j.*, p.gained, p.span, p.month, p.single_months, p.recent_gained, p.recent_span,
           CASE WHEN j.shown_task = 'assessed' AND j.shown_value < j.goal AND NOT j.is_partial
                THEN j.goal - j.shown_value END AS remaining
    FROM judged j
    LEFT JOIN paced p ON p.participant_id = j.participant_id AND p.indicator_id = j.indicator_id
),
measured AS (
    SELECT a.*,
           CASE WHEN months_left > 0 THEN {half_up("remaining", "months_left", "n")} END AS needed,
           {half_up("gained", "span", "n")} AS best,
           {half_up("recent_gained", "recent_span", "n")} AS recent,
           recent_gained * months_left < remaining * recent_span AS is_recent_less,
           months_left > 0 AND remaining * span <= months_left * gained AS is_reached,
           CASE WHEN months_left > 0 AND gained > 0 AND remaining * span > months_left * gained
                THEN GREATEST({half_up("remaining * span", "(months_left * gained)", "t")}, 1.1) END AS times
    FROM asked a
    LEFT JOIN fineness n ON n.decimals = LEAST(a.value_decimals + 1, 6)
    LEFT JOIN fineness t ON t.decimals = 1
)"""

_ROWS = """
SELECT participant_id, indicator_id, shown_target, goal, shown_value, rate, remaining, deadline,
       months_left::int AS months_left, needed, best, span, month, recent, recent_span, is_recent_less, times,
       CASE WHEN shown_task <> 'assessed' THEN shown_task
            WHEN shown_value IS NULL THEN 'not_reported'
            WHEN is_partial THEN 'incomplete'
            WHEN remaining IS NULL THEN 'done'
            WHEN months_left = 0 THEN 'past_due'
            WHEN is_reached THEN 'on_track'
            WHEN %(month)s < %(first_months)s THEN 'no_months'
            WHEN gained <= 0 THEN 'no_pace'
            WHEN single_months = 0 THEN 'no_months'
            WHEN times <= %(within_reach)s THEN 'faster'
            ELSE 'out_of_reach'
       END AS state
FROM measured"""


@dataclass(frozen=True)
class MonthBasis:
    """A month before, the snapshot its figures are taken from (None: reports as they are), and what is seen of it."""

    period: ReportingPeriod
    snapshot: Snapshot | None
    scope: StandingsScope


@dataclass(frozen=True)
class Outlook:
    """The outlook of a month: (indicator id, participant id) → row of the statement; flow indicators in printed order.

    A row: state (one of `STATES`), remaining, months_left, deadline, needed and best per month, span and month of the
    best, times (needed ÷ best, printed) and what the line shows. Amounts in the indicator's unit; None is not known.
    """

    period: ReportingPeriod
    rows: dict[tuple[int, int], dict]
    indicators: dict[int, Indicator]
    participants: dict[int, Participant]
    months: list[MonthBasis]


def outlook_of(period: ReportingPeriod, snapshot: Snapshot | None, user: User) -> Outlook:
    """Return what every flow line needs to be done in time, on a basis, as far as the user sees the months before.

    One statement, and up to eight queries for names, bases and scope, whatever the rows.
    """
    flows = Indicator.objects.of_programme(period.programme).filter(kind="number", accumulation="flow")
    indicators = {row.pk: row for row in flows.exclude(direction="at_most")}
    months = months_before(period, user)
    parameters = _parameters(period, snapshot, list(indicators), months)
    statement = ",\n".join(
        text.strip() for text in (*progress_ctes(frozen=snapshot is not None), _JUDGED, _EARLIER, _PACED)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {statement}\n{_ROWS}", parameters)
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return Outlook(
        period,
        {(row["indicator_id"], row["participant_id"]): row for row in rows},
        indicators,
        {row.pk: row for row in period.programme.participants.order_by("order", "id")},
        months,
    )


def months_before(period: ReportingPeriod, user: User) -> list[MonthBasis]:
    """Return the months of the year before `period`, each on the basis the user sees by default."""
    rows = ReportingPeriod.objects.filter(
        programme=period.programme,
        kind=ReportingPeriod.Kind.MONTH,
        ends_on__year=period.ends_on.year,
        ends_on__lt=period.ends_on.replace(day=1),
    )
    months = list(rows.order_by("ends_on"))
    for row in months:
        row.programme = period.programme
    if not months:
        return []
    found = bases_of(user, months)
    chosen = [(row, found[row.pk][0]) for row in months if found[row.pk]]
    scopes = scopes_of(user, chosen) if chosen else {}
    return [MonthBasis(row, snapshot, scopes[row.pk]) for row, snapshot in chosen]


def _parameters(period: ReportingPeriod, snapshot: Snapshot | None, flows: list[int], months: list[MonthBasis]) -> dict:
    # What a user sees of months that are not open to all is the same in each of them.
    limited = next((row.scope for row in months if not row.scope.everything), StandingsScope(everything=True))
    filled = sorted(limited.filled)
    return progress_parameters(period, counted=Report.COUNTED, snapshot_id=snapshot and snapshot.pk) | {
        "only": flows,
        "flows": flows,
        "states": list(Report.COUNTED),
        "month": period.ends_on.month,
        "ends_on": period.ends_on,
        "year_end": datetime.date(period.ends_on.year, 12, 31),
        "within_reach": WITHIN_REACH,
        "first_months": FIRST_MONTHS,
        "periods": [row.period.pk for row in months],
        "snapshots": [row.snapshot and row.snapshot.pk for row in months],
        "months": [row.period.ends_on.month for row in months],
        "open": [row.scope.everything for row in months],
        "live": [row.period.pk for row in months if row.snapshot is None],
        "frozen": [row.snapshot.pk for row in months if row.snapshot],
        "own": list(limited.participants),
        "led": list(limited.led),
        "filled_units": [unit for unit, _ in filled],
        "filled": [sub_project for _, sub_project in filled],
    }
