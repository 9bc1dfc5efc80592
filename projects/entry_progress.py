"""Progress of single cells in SQL: what stands beside a figure on the entry page, and its year in the side panel.

The first statement appends one CTE to the progress statement (projects/progress.py) and reads the result for some
participants; nothing in it changes what the standings say. The second follows one cell through the periods of its
year with the same expressions.
"""

from collections.abc import Collection

from django.db import connection

from livelihood.prepared import Prepared
from projects.models import ReportingPeriod
from projects.progress import (
    FINENESS,
    NOT_POOLED,
    printed,
    progress_ctes,
    progress_parameters,
    threshold_rate,
)

# The yardstick beside a cell is the last issued average, which everybody has seen; compared as published (R7, R10).
AVERAGE_SEEN = """
average_seen AS (
    SELECT DISTINCT ON (b.indicator_id)
           b.indicator_id, b.value AS average, b.measure AS average_measure, b.decimals AS average_decimals
    FROM benchmark b
    WHERE b.period_id = %(issued)s AND b.indicator_id IS NOT NULL
    ORDER BY b.indicator_id, b.measure
)"""

# What is missing to the target is judged as the status is (R15). What is missing to the yardstick is the smallest
# figure of the indicator's own decimals that surely prints as attained (R7), less what there is.
_BESIDE = f"""
own AS (
    SELECT y.*, f.value AS last_value, a.average, a.average_measure, a.average_decimals,
           CASE WHEN NOT is_rated OR a.average IS NULL THEN NULL
                WHEN a.average_measure = 'value'
                THEN ROUND(shown_value, LEAST(value_decimals, a.average_decimals))
                WHEN a.average_decimals < y.decimals THEN {printed("numerator", "denominator", "n")}
                ELSE rate
           END AS compared_seen,
           CASE WHEN shown_task <> 'assessed' OR indicator_kind = 'text' OR shown_value IS NULL
                     OR shown_target IS NULL THEN NULL
                WHEN direction = 'at_most' THEN shown_value <= shown_target
                WHEN direction = 'about' AND accumulation <> 'flow'
                THEN ABS(shown_value - shown_target) <= tolerance * shown_target
                ELSE shown_value >= shown_target * CASE direction WHEN 'about' THEN 1 - tolerance ELSE 1 END
           END AS is_attained,
           v.scale AS value_scale, v.step AS value_step, t.printed
    FROM yardsticks y
    LEFT JOIN target t ON t.indicator_id = y.indicator_id AND t.participant_id = {{unit}}
                      AND t.revision = y.target_revision
    LEFT JOIN figure f ON f.period_id = %(last)s AND f.participant_id = {{unit}}
                      AND f.indicator_id = y.indicator_id AND f.state = 'reported'
    LEFT JOIN average_seen a ON a.indicator_id = y.indicator_id
    LEFT JOIN fineness n ON n.decimals = a.average_decimals
    LEFT JOIN fineness v ON v.decimals = y.value_decimals
    WHERE {{own_lines}}
)"""
BESIDE = _BESIDE.format(
    unit="y.participant_id",
    own_lines="""y.participant_id = ANY(%(participants)s)
      AND (%(indicators)s::bigint[] IS NULL OR y.indicator_id = ANY(%(indicators)s))""",
)

# What is counted of every line, and what only a line that is shown needs.
COUNTED = """
participant_id, indicator_id, shown_task AS task, last_value, has_plan, rate < expected_rate AS is_behind,
CASE WHEN average_measure = 'value' AND direction = 'at_most' THEN compared_seen > average
     ELSE compared_seen < average
END AS is_below_average,
target_state = 'blank' AND additive AND participant_kind <> 'whole' AS hangs_on_others, is_sum"""
SHOWN = """
target, value, shown_target, shown_value, rate, is_zero_best, expected_rate, rate - expected_rate AS gap_to_expected,
benchmark, benchmark_measure, compared, shown_target - shown_value AS remaining,
CASE WHEN indicator_kind <> 'number' OR accumulation = 'level' THEN NULL
     WHEN %(is_first)s AND accumulation = 'flow' THEN value
     ELSE value - last_value
END AS increment,
is_attained, ABS(shown_target - shown_value) AS distance, shown_value > shown_target AS is_above,
CASE WHEN direction <> 'at_most' AND rate < expected_rate
     THEN CEIL(expected_rate * shown_target * value_scale * 0.01) * value_step - shown_value
END AS distance_expected,
average, average_measure, average_decimals, printed"""
OWN_LINES = f"\nSELECT {COUNTED},{SHOWN} FROM own"
#: The columns of COUNTED: all that the other lines of a page have of which some are shown.
NARROW = 9

# The same for one participant, prepared: a clerk's save asks it each time. Lines beside %(shown)s are only counted.
ALONE = Prepared(
    "WITH "
    + ",\n".join(
        text.strip()
        for text in [
            *progress_ctes(frozen=False, alone=True),
            AVERAGE_SEEN,
            _BESIDE.format(unit="%(unit)s", own_lines="TRUE"),
        ]
    )
    + f""",
counted AS (SELECT {COUNTED} FROM own),
detail AS (
    SELECT {SHOWN.strip()}, indicator_id AS shown_id
    FROM own
    WHERE %(shown)s IS NULL OR indicator_id = ANY(%(shown)s)
)
SELECT c.*, d.*
FROM counted c
LEFT JOIN detail d ON d.shown_id = c.indicator_id""",
    period="bigint",
    programme="bigint",
    unit="bigint",
    counted="varchar[]",
    last="bigint",
    issued="bigint",
    is_first="boolean",
    shown="bigint[]",
)


def own_lines(
    period: ReportingPeriod,
    participant_ids,
    *,
    counted,
    last: ReportingPeriod | int | None = None,
    issued: ReportingPeriod | int | None = None,
    indicator_ids: list[int] | None = None,
    alone: bool = False,
    shown: Collection[int] | None = None,
) -> dict:
    """Return rates and yardsticks of single participants: (participant, indicator) → row dict. One query.

    For entry pages and the reply to a save: nothing in it needs another unit's figures shown. `counted` may name
    draft states, so that a clerk sees the rate of what has just been typed. `last` is the period before, for the
    increment; `issued` the last issued one, whose average is compared with; either by id too. Amounts are in the
    indicator's unit. `indicator_ids` limits the lines. `shown_target` and `shown_value` are the sums where the whole's
    line shows them.
    `alone` reads nobody else's rows, which is a quarter of the work: sums of the whole are then left out, and a second
    query judges the blank targets, whose meaning hangs on the others (R5). Of one unit's lines beside those `shown`
    (indicator ids) only what is counted may be there: COUNTED.
    """
    limits = {"counted": counted, "last": getattr(last, "pk", last), "issued": getattr(issued, "pk", issued)}
    if not alone:
        return _own_lines(period, participant_ids, indicator_ids, **limits)
    units = list(participant_ids)
    if len(units) == 1 and indicator_ids is None:
        lines = _lines_alone(period, units[0], shown, **limits)
    else:
        lines = _own_lines(period, units, indicator_ids, alone=True, **limits)
    if hanging := sorted({indicator for (_, indicator), line in lines.items() if line["hangs_on_others"]}):
        lines |= _own_lines(period, units, hanging, **limits)
    return {key: line for key, line in lines.items() if not line["is_sum"]}


def _lines_alone(period: ReportingPeriod, unit: int, shown: Collection[int] | None, **limits) -> dict:
    """Return the lines of one participant, reading nobody else's rows. One query."""
    rows = ALONE.named_rows(
        period=period.pk,
        programme=period.programme_id,
        unit=unit,
        is_first=_is_first(period),
        shown=None if shown is None else list(shown),
        **limits | {"counted": list(limits["counted"])},
    )
    lines = {}
    for row in rows:
        width = -1 if row.shown_id else NARROW
        lines[row[:2]] = dict(zip(row._fields[:width], row[:width], strict=True))
    return lines


def _own_lines(period, participant_ids, indicator_ids, *, counted, last, issued, alone: bool = False) -> dict:
    """Return the lines; `alone` reads only the rows of the participants. One query."""
    ctes = progress_ctes(frozen=False)
    if alone:
        ctes = [NOT_POOLED.strip() if text.startswith("sums AS") else text for text in ctes]
    statement = "WITH " + ",\n".join([*ctes, AVERAGE_SEEN.strip(), BESIDE.strip()]) + OWN_LINES
    parameters = progress_parameters(period, counted=counted) | {
        "participants": list(participant_ids),
        "indicators": indicator_ids,
        "units": list(participant_ids) if alone else None,
        "only": indicator_ids,
        "last": last,
        "issued": issued,
        "is_first": _is_first(period),
    }
    return {(row["participant_id"], row["indicator_id"]): row for row in _rows(statement, parameters)}


def _is_first(period: ReportingPeriod) -> bool:
    """Tell whether a cumulative count begins in the period: with the year."""
    return period.kind == ReportingPeriod.Kind.MONTH and period.ends_on.month == 1


def _rows(statement: str, parameters: dict) -> list[dict]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# One cell through its year: the same conditions and the same rounding as the progress statement, for a single unit.
YEAR = f"""
month AS (
    SELECT p.id, p.ends_on, p.as_of, p.state AS period_state, n.scale, n.step,
           (CASE p.kind WHEN 'month' THEN EXTRACT(MONTH FROM p.ends_on)
                ELSE EXTRACT(DOY FROM p.ends_on) END)::numeric AS elapsed_parts,
           (CASE p.kind WHEN 'month' THEN 12
                ELSE EXTRACT(DOY FROM make_date(EXTRACT(YEAR FROM p.ends_on)::int, 12, 31))
            END)::numeric AS elapsed_whole
    FROM reporting_period p
    JOIN programme g ON g.id = p.programme_id
    JOIN fineness n ON n.decimals = g.decimals
    WHERE p.programme_id = %(programme)s AND p.kind = %(kind)s AND p.ends_on <= %(ends_on)s
      AND EXTRACT(YEAR FROM p.ends_on) = %(year)s
),
cell AS (
    SELECT m.*, i.kind AS indicator_kind, i.direction, i.accumulation, f.value,
           CASE WHEN b.state IN ('no_task', 'not_applicable') OR t.state <> 'assessed' THEN NULL
                ELSE t.value END AS target,
           EXISTS (SELECT 1 FROM milestone s WHERE s.indicator_id = i.id) AS has_plan,
           (SELECT {threshold_rate("s.measure", "s.threshold", "t.value", "i.direction")}
            FROM milestone s WHERE s.indicator_id = i.id AND s.due_on <= m.as_of
            ORDER BY s.due_on DESC LIMIT 1) AS threshold,
           a.value AS average, a.decimals AS average_decimals
    FROM month m
    JOIN indicator i ON i.id = %(indicator)s
    LEFT JOIN figure f ON f.period_id = m.id AND f.participant_id = %(participant)s AND f.indicator_id = i.id
                      AND f.state = 'reported'
    LEFT JOIN LATERAL (
        SELECT t.state, t.value FROM target t
        WHERE t.indicator_id = i.id AND t.participant_id = %(participant)s
          AND t.valid_from <= m.ends_on AND (t.valid_to IS NULL OR t.valid_to >= m.ends_on)
        ORDER BY t.revision DESC LIMIT 1) t ON TRUE
    LEFT JOIN LATERAL (
        SELECT t.state FROM target t
        WHERE t.indicator_id = i.base_id AND t.participant_id = %(participant)s
          AND t.valid_from <= m.ends_on AND (t.valid_to IS NULL OR t.valid_to >= m.ends_on)
        ORDER BY t.revision DESC LIMIT 1) b ON TRUE
    LEFT JOIN benchmark a ON a.period_id = m.id AND a.indicator_id = i.id AND a.measure = 'rate'
                         AND m.period_state = 'issued'
),
divided AS (
    SELECT c.*, (indicator_kind = 'number' AND target IS NOT NULL) AS has_rate,
           CASE direction WHEN 'at_most' THEN target ELSE value END AS numerator,
           CASE direction WHEN 'at_most' THEN value ELSE target END AS denominator
    FROM cell c
)
SELECT ends_on, value,
       CASE WHEN has_rate AND value IS NOT NULL THEN {printed("numerator", "denominator", "d")} END AS rate,
       CASE WHEN NOT has_rate THEN NULL
            WHEN has_plan THEN ROUND(threshold, (SELECT decimals FROM fineness n WHERE n.scale = d.scale))
            WHEN accumulation = 'flow' AND direction <> 'at_most' THEN {printed("elapsed_parts", "elapsed_whole", "d")}
       END AS expected_rate,
       average, average_decimals
FROM divided d
ORDER BY ends_on"""


def year_of_cell(period: ReportingPeriod, participant_id: int, indicator_id: int) -> list[dict]:
    """Return the cell's periods of the same year up to `period`: ends_on, value, rate, expected_rate, average.

    Rates are as they were printed beside the cell then, averages those of issued periods. One query.
    """
    parameters = {
        "programme": period.programme_id,
        "kind": period.kind,
        "year": period.ends_on.year,
        "ends_on": period.ends_on,
        "participant": participant_id,
        "indicator": indicator_id,
    }
    return _rows("WITH " + FINENESS.strip() + "," + YEAR, parameters)
