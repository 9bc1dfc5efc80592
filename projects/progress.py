"""Progress in SQL: the first half of the standings statement.

The statement is one parametrised text of named CTEs in a fixed order:

    scope → inputs → rated → pooled → yardsticks → placed → status → project_score
          → component_score → unit_score

This module owns `scope` … `yardsticks`: what can be said of a line with its own figures, its
indicator's sum and the calendar. `supervision/standings.py` appends the rest. `inputs` has two
bodies, the live tables or `snapshot_line`; everything after it is the same text for both, so a
frozen month and a live one cannot be computed differently. No rate is computed anywhere else.

Rules quoted by number are those of docs/rules.md.
"""

from django.db import connection

from projects.models import ReportingPeriod

#: Raised whenever the text below gives another result for the same inputs.
CALC_VERSION = 3

#: Extra decimals carried by means, so that their one rounding is that of the exact quotient.
WIDE = "1." + "0" * 30


def printed(numerator: str, denominator: str, fineness: str = "c") -> str:
    """Return SQL for a ratio as it is printed, in per cent: R7, the only rounding of a rate.

    `fineness` names a row with `scale` (10 to the number of decimals) and `step` (its inverse, with that
    many decimals). Half-up of the exact quotient: `div` is integer division of NUMERIC, so no intermediate
    quotient is rounded. A ratio below 1 never prints as 100, one above 0 never as 0. NULL where an operand
    is NULL or the denominator is 0. Operands must not be negative.
    """
    exact = f"div(200 * {numerator} * {fineness}.scale + {denominator}, 2 * NULLIF({denominator}, 0)) * {fineness}.step"
    # LEAST and GREATEST pass over NULL: without the first line an unknown amount would print as 0.01.
    return f"""CASE
        WHEN ({numerator} >= {denominator}) IS NULL THEN NULL
        WHEN {numerator} >= {denominator} THEN {exact}
        WHEN {numerator} <= 0 AND {denominator} > 0 THEN 0 * {fineness}.step
        ELSE LEAST(GREATEST({exact}, {fineness}.step), 100 - {fineness}.step)
    END"""


#: Scale and step of each number of decimals: for the programme's own and for those of an average.
FINENESS = """
fineness (decimals, scale, step) AS (
    VALUES (0, 1::numeric, 1::numeric), (1, 10, 0.1), (2, 100, 0.01), (3, 1000, 0.001),
           (4, 10000, 0.0001), (5, 100000, 0.00001), (6, 1000000, 0.000001)
)"""

SCOPE_LIVE = """
scope AS (
    SELECT p.id AS period_id, p.programme_id, p.ends_on, p.as_of, g.decimals, g.reporting_by,
           n.scale, n.step,
           (CASE p.kind WHEN 'month' THEN EXTRACT(MONTH FROM p.ends_on)
                ELSE EXTRACT(DOY FROM p.ends_on) END)::numeric AS elapsed_parts,
           (CASE p.kind WHEN 'month' THEN 12
                ELSE EXTRACT(DOY FROM make_date(EXTRACT(YEAR FROM p.ends_on)::int, 12, 31))
            END)::numeric AS elapsed_whole
    FROM reporting_period p
    JOIN programme g ON g.id = p.programme_id
    JOIN fineness n ON n.decimals = g.decimals
    WHERE p.id = %(period)s
)"""

SCOPE_FROZEN = """
scope AS (
    SELECT s.period_id, s.decimals, n.scale, n.step,
           s.elapsed_parts::numeric AS elapsed_parts, s.elapsed_whole::numeric AS elapsed_whole
    FROM snapshot s
    JOIN fineness n ON n.decimals = s.decimals
    WHERE s.id = %(snapshot)s
)"""

#: One benchmark per indicator and period: a rate goes before a value (like with like, R10).
BENCHMARK_NOW = """
benchmark_now AS (
    SELECT DISTINCT ON (b.indicator_id)
           b.indicator_id, b.value AS benchmark, b.measure AS benchmark_measure,
           b.decimals AS benchmark_decimals
    FROM benchmark b
    WHERE b.period_id = %(period)s AND b.indicator_id IS NOT NULL
    ORDER BY b.indicator_id, b.measure
)"""

#: The columns every `inputs` body yields, in order; `snapshot_line` stores exactly these.
INPUT_COLUMNS = [
    "participant_id",
    "indicator_id",
    "project_id",
    "participant_kind",
    "participant_order",
    "ranked",
    "indicator_kind",
    "direction",
    "accumulation",
    "additive",
    "assessed",
    "tolerance",
    "value_decimals",
    "target_state",
    "target",
    "target_revision",
    "has_report",
    "approved",
    "value",
    "has_plan",
    "threshold",
    "benchmark",
    "benchmark_measure",
    "benchmark_decimals",
]


def threshold_rate(measure: str, threshold: str, target: str, direction: str) -> str:
    """Return the SQL of a milestone as a rate in %: a level over its target, at the places of the column (R11)."""
    return f"""CASE WHEN {measure} <> 'value' THEN {threshold}
                WHEN {direction} = 'at_most' THEN ROUND(100 * {target} / NULLIF({threshold}, 0), 2)
                ELSE ROUND(100 * {threshold} / NULLIF({target}, 0), 2) END"""


# A rate has no task where the count it belongs to has none (R4); an assessed target without a value
# is a blank one (R5); a figure counts only while its report stands as submitted or approved. What the whole is
# to reach is split among the units in force: the share of one that has not joined or has left is taken off (R16).
# The period is a parameter wherever a large table is read: joined through `scope` its index would not be
# used. Cells are joined narrow (OFFSET 0 keeps it so) and only then given their unit's and indicator's
# columns. The joins that always find their row are outer ones all the same: the planner guesses the rows of
# an inner join on a CTE at one, and loops.
_INPUTS_LIVE = f"""
unit_now AS (
    SELECT p.id, p.kind, p.order, p.ranked, r.state AS report_state,
           CASE s.reporting_by
               WHEN 'participant' THEN COALESCE(r.state = ANY(%(counted)s), FALSE)
               ELSE EXISTS (SELECT 1 FROM report a WHERE a.period_id = %(period)s
                            AND a.agency_id IS NOT NULL AND a.state = ANY(%(counted)s))
           END AS has_report
    FROM scope s
    JOIN participant p ON p.programme_id = %(programme)s
    LEFT JOIN report r ON r.period_id = %(period)s AND r.participant_id = p.id
    WHERE (p.joins_on IS NULL OR p.joins_on <= s.ends_on)
      AND (p.leaves_on IS NULL OR p.leaves_on >= s.ends_on)
      AND {{own_unit}}
),
milestone_now AS (
    SELECT m.indicator_id,
           (array_agg(m.threshold ORDER BY m.due_on DESC) FILTER (WHERE m.due_on <= s.as_of))[1]
               AS threshold,
           (array_agg(m.measure ORDER BY m.due_on DESC) FILTER (WHERE m.due_on <= s.as_of))[1]
               AS threshold_measure
    FROM scope s
    JOIN project j ON j.programme_id = %(programme)s
    JOIN sub_project sp ON sp.project_id = j.id
    JOIN indicator i ON i.sub_project_id = sp.id
    JOIN milestone m ON m.indicator_id = i.id
    GROUP BY m.indicator_id
),
{BENCHMARK_NOW.strip()},
indicator_now AS (
    SELECT i.id, i.base_id, i.kind, i.direction, i.accumulation, i.additive, i.assessed, i.tolerance,
           i.decimals, sp.project_id, (m.indicator_id IS NOT NULL) AS has_plan, m.threshold,
           m.threshold_measure, y.benchmark, y.benchmark_measure, y.benchmark_decimals
    FROM project j
    JOIN sub_project sp ON sp.project_id = j.id
    JOIN indicator i ON i.sub_project_id = sp.id
    LEFT JOIN milestone_now m ON m.indicator_id = i.id
    LEFT JOIN benchmark_now y ON y.indicator_id = i.id
    WHERE j.programme_id = %(programme)s
      AND {{some}}
),
target_now AS (
    SELECT DISTINCT ON (t.indicator_id, t.participant_id)
           t.indicator_id, t.participant_id, t.revision, t.value,
           CASE WHEN t.state = 'assessed' AND t.value IS NULL THEN 'blank' ELSE t.state END AS state
    FROM scope s
    JOIN indicator_now i ON TRUE
    JOIN target t ON t.indicator_id = i.id
    WHERE t.valid_from <= s.ends_on AND (t.valid_to IS NULL OR t.valid_to >= s.ends_on)
      AND {{own_target}}
    ORDER BY t.indicator_id, t.participant_id, t.revision DESC
),
absent_now AS (
    SELECT t.indicator_id, SUM(t.value) AS target
    FROM (SELECT p.id
          FROM scope s
          JOIN participant p ON p.programme_id = %(programme)s AND p.kind <> 'whole'
          WHERE p.joins_on > s.ends_on OR p.leaves_on < s.ends_on
          OFFSET 0) p
    JOIN target_now t ON t.participant_id = p.id AND t.state = 'assessed'
    GROUP BY t.indicator_id
),
base_now AS (
    SELECT i.id AS indicator_id, t.participant_id
    FROM indicator_now i
    JOIN target_now t ON t.indicator_id = i.base_id
    WHERE t.state IN ('no_task', 'not_applicable')
),
figure_now AS (
    SELECT f.participant_id, f.indicator_id, f.value, r.state AS report_state
    FROM figure f
    JOIN report r ON r.id = f.report_id
    WHERE f.period_id = %(period)s AND {{own_figure}}
),
cell AS (
    SELECT u.id AS participant_id, i.id AS indicator_id, t.revision, t.state,
           t.value - COALESCE(a.target, 0) AS target,
           b.indicator_id IS NOT NULL AS without_base, f.value, f.report_state
    FROM unit_now u
    CROSS JOIN indicator_now i
    LEFT JOIN target_now t ON t.indicator_id = i.id AND t.participant_id = u.id
    LEFT JOIN figure_now f ON f.indicator_id = i.id AND f.participant_id = u.id
    LEFT JOIN base_now b ON b.indicator_id = i.id AND b.participant_id = u.id
    LEFT JOIN absent_now a ON a.indicator_id = i.id AND u.kind = 'whole' AND i.additive
    OFFSET 0
),
inputs AS (
    SELECT u.id AS participant_id, i.id AS indicator_id, i.project_id,
           u.kind AS participant_kind, u.order AS participant_order, u.ranked,
           i.kind AS indicator_kind, i.direction, i.accumulation, i.additive, i.assessed,
           i.tolerance, i.decimals AS value_decimals,
           CASE WHEN c.without_base AND COALESCE(c.state, '') <> 'text'
                THEN 'no_task' ELSE COALESCE(c.state, 'blank') END AS target_state,
           CASE WHEN c.without_base THEN NULL ELSE c.target END AS target,
           c.revision AS target_revision, u.has_report,
           COALESCE(COALESCE(c.report_state, u.report_state) = 'approved', FALSE) AS approved,
           CASE WHEN c.report_state = ANY(%(counted)s) THEN c.value END AS value,
           i.has_plan, {threshold_rate("i.threshold_measure", "i.threshold", "c.target", "i.direction")} AS threshold,
           i.benchmark, i.benchmark_measure, i.benchmark_decimals
    FROM cell c
    LEFT JOIN unit_now u ON u.id = c.participant_id
    LEFT JOIN indicator_now i ON i.id = c.indicator_id
)"""

#: Some indicators with their bases, where %(only)s names any.
SOME = """(%(only)s::bigint[] IS NULL OR i.id = ANY(%(only)s)
           OR i.id IN (SELECT o.base_id FROM indicator o WHERE o.id = ANY(%(only)s)))"""


def inputs_live(*, alone: bool = False) -> str:
    """Return the body of `inputs` over the live tables; `alone` reads the rows of the one participant %(unit)s."""
    own = "{} = %(unit)s" if alone else "(%(units)s::bigint[] IS NULL OR {} = ANY(%(units)s))"
    return _INPUTS_LIVE.format(
        own_unit=own.format("p.id"),
        own_target=own.format("t.participant_id"),
        own_figure=own.format("f.participant_id"),
        some="TRUE" if alone else SOME,
    )


# A later average makes a new version over the same frozen figures (R10): only those columns move.
INPUTS_FROZEN = f"""
{BENCHMARK_NOW.strip()},
inputs AS (
    SELECT {", ".join("l." + column for column in INPUT_COLUMNS[:-3])},
           CASE WHEN %(refresh)s THEN y.benchmark ELSE l.benchmark END AS benchmark,
           CASE WHEN %(refresh)s THEN y.benchmark_measure
                ELSE l.benchmark_measure END AS benchmark_measure,
           CASE WHEN %(refresh)s THEN y.benchmark_decimals
                ELSE l.benchmark_decimals END AS benchmark_decimals
    FROM snapshot_line l
    LEFT JOIN benchmark_now y ON %(refresh)s AND y.indicator_id = l.indicator_id
    WHERE l.snapshot_id = %(snapshot)s
)"""

# `task`: assessed | no_task | text | not_split. The target decides, also of a textual indicator (R4). A blank
# target means 无任务 when the others add up to the whole or nothing is added up at all, and 任务未分解 when something
# is left over (R5).
RATED = """
split AS (
    SELECT indicator_id,
           SUM(target) FILTER (WHERE participant_kind <> 'whole') AS parts_target,
           MAX(target) FILTER (WHERE participant_kind = 'whole') AS whole_target
    FROM inputs
    GROUP BY indicator_id
),
rated AS NOT MATERIALIZED (
    SELECT i.*, split.parts_target, split.whole_target,
           CASE
               WHEN i.target_state = 'text' THEN 'text'
               WHEN i.indicator_kind = 'text' AND i.target_state NOT IN ('no_task', 'not_applicable') THEN 'text'
               WHEN i.target_state = 'assessed' THEN 'assessed'
               WHEN i.target_state = 'blank' AND i.additive AND i.participant_kind <> 'whole'
                    AND COALESCE(split.parts_target, 0) < split.whole_target THEN 'not_split'
               ELSE 'no_task'
           END AS task
    FROM inputs i
    LEFT JOIN split ON split.indicator_id = i.indicator_id
)"""

# R6: additive indicators only, units with a task and a figure on both sides; who is left out is named,
# and the sum is shown a second time with their targets kept in the denominator (R5).
POOLED = f"""
sums AS (
    SELECT indicator_id, MIN(direction) AS direction, MIN(accumulation) AS accumulation,
           SUM(value) FILTER (WHERE task = 'assessed' AND value IS NOT NULL) AS sum_value,
           SUM(target) FILTER (WHERE task = 'assessed' AND value IS NOT NULL) AS sum_target,
           GREATEST(SUM(target) FILTER (WHERE task = 'assessed'),
                    MAX(whole_target) FILTER (WHERE task = 'not_split')) AS full_target,
           COUNT(*) FILTER (WHERE task IN ('assessed', 'not_split')) AS task_count,
           jsonb_agg(participant_id ORDER BY participant_order, participant_id)
               FILTER (WHERE task = 'not_split' OR (task = 'assessed' AND value IS NULL))
               AS excluding
    FROM rated
    WHERE participant_kind <> 'whole' AND additive AND indicator_kind = 'number'
    GROUP BY indicator_id
),
pooled AS (
    SELECT s.indicator_id, s.sum_value, s.sum_target, s.task_count, s.excluding,
           CASE WHEN s.accumulation = 'level' THEN NULL
                WHEN s.direction = 'at_most' THEN {printed("s.sum_target", "s.sum_value")}
                ELSE {printed("s.sum_value", "s.sum_target")} END AS city_rate,
           CASE WHEN s.excluding IS NOT NULL AND s.direction <> 'at_most'
                THEN {printed("s.sum_value", "s.full_target")} END AS rate_with_missing
    FROM sums s
    CROSS JOIN scope c
)"""

# Where nobody else's rows are read there is no sum of theirs (R6), and the planner leaves the join out.
NOT_POOLED = """
pooled AS (
    SELECT NULL::bigint AS indicator_id, NULL::numeric AS sum_value, NULL::numeric AS sum_target,
           NULL::bigint AS task_count, NULL::jsonb AS excluding, NULL::numeric AS city_rate
    WHERE FALSE
)"""

#: The straight line of R11, and whether the year is over.
ELAPSED = f"""
elapsed AS (
    SELECT {printed("c.elapsed_parts", "c.elapsed_whole")} AS straight_line,
           (c.elapsed_parts < c.elapsed_whole) AS is_before_year_end
    FROM scope c
)"""

# The whole's line of an additive indicator shows the sums; every other line shows its own figures.
# R11: a milestone plan replaces the straight line; at_most, stock and level have none.
# The names left out stay in `pooled`: repeated on every line they would be most of its bytes.
# OFFSET 0 keeps the planner from merging a step into the next and computing it once per use.
YARDSTICKS = f"""
{ELAPSED.strip()},
summed AS (
    SELECT r.*, (p.excluding IS NOT NULL) AS has_exclusions, p.city_rate, p.sum_value, p.sum_target,
           p.task_count,
           (r.participant_kind = 'whole' AND r.additive AND r.indicator_kind = 'number') AS is_sum
    FROM rated r
    LEFT JOIN pooled p ON p.indicator_id = r.indicator_id
),
shown AS (
    SELECT s.*,
           CASE WHEN NOT is_sum OR task = 'text' THEN task
                WHEN task_count > 0 THEN 'assessed' ELSE 'no_task' END AS shown_task,
           CASE WHEN is_sum THEN sum_target ELSE target END AS shown_target,
           CASE WHEN is_sum THEN sum_value ELSE value END AS shown_value
    FROM summed s
),
divided AS (
    SELECT s.*,
           (shown_task = 'assessed' AND indicator_kind = 'number' AND shown_value IS NOT NULL
            AND shown_target IS NOT NULL) AS is_rated,
           CASE direction WHEN 'at_most' THEN shown_target ELSE shown_value END AS numerator,
           CASE direction WHEN 'at_most' THEN shown_value ELSE shown_target END AS denominator,
           (direction = 'at_most' AND shown_value = 0 AND shown_task = 'assessed'
            AND indicator_kind = 'number') AS is_zero_best
    FROM shown s
    OFFSET 0
),
at_own_decimals AS (
    SELECT d.*,
           CASE WHEN is_rated THEN {printed("numerator", "denominator")} END AS rate,
           CASE WHEN shown_task <> 'assessed' OR indicator_kind <> 'number' THEN NULL
                WHEN has_plan THEN ROUND(threshold, c.decimals)
                WHEN accumulation = 'flow' AND direction <> 'at_most' THEN e.straight_line
           END AS expected_rate,
           e.is_before_year_end, c.decimals
    FROM divided d
    CROSS JOIN scope c
    CROSS JOIN elapsed e
    OFFSET 0
),
yardsticks AS (
    SELECT o.*,
           CASE WHEN NOT is_rated OR benchmark IS NULL THEN NULL
                WHEN benchmark_measure = 'value'
                THEN ROUND(shown_value, LEAST(value_decimals, benchmark_decimals))
                WHEN benchmark_decimals < o.decimals
                THEN {printed("numerator", "denominator", "n")}
                ELSE rate
           END AS compared
    FROM at_own_decimals o
    LEFT JOIN fineness n ON n.decimals = o.benchmark_decimals
    OFFSET 0
)"""


def progress_ctes(*, frozen: bool, alone: bool = False) -> list[str]:
    """Return the CTEs `scope` … `yardsticks`, over the live tables or over a snapshot's lines.

    `alone` reads the rows of one participant, %(unit)s: sums of the whole and what hangs on them are then not told.
    """
    head = [FINENESS, SCOPE_FROZEN, INPUTS_FROZEN] if frozen else [FINENESS, SCOPE_LIVE, inputs_live(alone=alone)]
    return [cte.strip() for cte in [*head, RATED, NOT_POOLED if alone else POOLED, YARDSTICKS]]


def progress_parameters(period: ReportingPeriod, *, counted, snapshot_id=None, refresh_benchmarks=False) -> dict:
    """Return the statement's parameters; `counted` are the report states whose figures count."""
    return {
        # As literals the planner sees how little of the history one period is.
        "period": period.pk,
        "programme": period.programme_id,
        "counted": list(counted),
        "snapshot": snapshot_id,
        "refresh": refresh_benchmarks,
        # Limits for `own_lines` (projects/entry_progress.py): participants and indicators (with their bases).
        "units": None,
        "only": None,
    }


def task_split(period: ReportingPeriod) -> list[dict]:
    """Return additive indicators whose whole's printed target is not the sum of its parts (R16).

    Rows: indicator_id, whole_target, parts_target, difference (whole minus parts), in the
    indicator's own unit. Both figures stay as printed; the difference is shown, never mended.
    """
    statement = (
        "WITH "
        + ",\n".join(progress_ctes(frozen=False)[:4])
        + """
        SELECT r.indicator_id, MAX(r.whole_target) AS whole_target,
               COALESCE(MAX(r.parts_target), 0) AS parts_target,
               MAX(r.whole_target) - COALESCE(MAX(r.parts_target), 0) AS difference
        FROM rated r
        WHERE r.additive AND r.indicator_kind = 'number'
        GROUP BY r.indicator_id
        HAVING MAX(r.whole_target) <> COALESCE(MAX(r.parts_target), 0)
        ORDER BY r.indicator_id"""
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, progress_parameters(period, counted=[]))
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def filling_by_indicator(period: ReportingPeriod, *, counted) -> dict[tuple[int, int], dict]:
    """Return how far the figures are: (participant id, indicator id) → {"tasks", "filled"}, 0 or 1 each. One query.

    `tasks` are the numeric indicators with a task, `filled` those with a figure in a report whose state is in
    `counted`. What the whole has as a sum of the others is nobody's to fill.
    """
    statement = (
        "WITH "
        + ",\n".join(progress_ctes(frozen=False)[:4])
        + """
        SELECT participant_id, indicator_id, COUNT(*) AS tasks, COUNT(value) AS filled
        FROM rated
        WHERE task = 'assessed' AND indicator_kind <> 'text'
          AND NOT (participant_kind = 'whole' AND additive AND indicator_kind = 'number')
        GROUP BY participant_id, indicator_id"""
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, progress_parameters(period, counted=counted))
        return {
            (participant, indicator): {"tasks": tasks, "filled": filled}
            for participant, indicator, tasks, filled in cursor.fetchall()
        }
