"""Scores in SQL (R13): projects, components, units; the part of the standings statement behind `status`.

The text is written for the shape of the scheme (components.py): a scheme that asks for nothing but rates
pays for nothing else.
"""

from funding.fund_ctes import fund_ctes, sums
from funding.funds import line_parameters
from funding.labels import MEASURES, denominators_of
from projects.models import ReportingPeriod
from projects.progress import WIDE, printed
from supervision.scoring.components import ADJUSTMENTS, Shape, input_cte

_ADJUSTMENTS = ", ".join(f"'{code}'" for code in sorted(ADJUSTMENTS))

# R13: a project is the mean of its assessed indicators, a unit the mean of its projects; both carry
# 30 decimals, so that the single rounding of the unit's score is that of the exact mean.
PROJECT_SCORES = f"""
project_score AS (
    SELECT participant_id, project_id, bool_or(has_report) AS has_report,
           SUM(points) * {WIDE} / COUNT(points) AS score
    FROM status
    WHERE points IS NOT NULL
    GROUP BY participant_id, project_id
),
component_now AS (
    SELECT code, kind, weight, cap, fund_kind, measure, span, streak, counted_by
    FROM scoring_component
    WHERE scheme_id = %(scheme)s
)"""

# A unit without a plan has no task in money (R4). What is not reported scores 0 in proportion to its plan: against the
# plan that is the rate with the missing plans kept in the denominator (R5).
FUND_SCORES = f"""
fund_score AS (
    SELECT p.participant_id, p.kind, p.measure,
           {printed("p.num * p.counted_planned", "p.den * p.full_plan")} AS rate
    FROM unit_part p
    CROSS JOIN scope c
    WHERE p.full_plan > 0
)"""

PROJECT_COMPONENTS = f"""
    SELECT s.participant_id, c.code, c.weight, LEAST(s.points, c.cap) AS points
    FROM (SELECT participant_id, SUM(score) * {WIDE} / COUNT(*) AS points
          FROM project_score GROUP BY participant_id) s
    JOIN component_now c ON c.kind = 'project_rates'"""

FUND_COMPONENTS = """
    UNION ALL
    SELECT f.participant_id, c.code, c.weight, LEAST(COALESCE(f.rate, 0), c.cap)
    FROM fund_score f
    JOIN component_now c ON c.kind = 'fund_rate' AND c.fund_kind = f.kind AND c.measure = f.measure"""

# A share of what was due, or a mark of its maximum, in points of 100.
INPUT_COMPONENTS = f"""
    UNION ALL
    SELECT i.participant_id, c.code, c.weight, LEAST(100 * i.part * {WIDE} / i.whole, c.cap)
    FROM component_input i
    JOIN component_now c ON c.code = i.code AND c.kind NOT IN ({_ADJUSTMENTS})
    WHERE i.whole > 0"""

# A component in which a unit has no task leaves its weight to the others (R4).
UNIT_SCORES = f"""
unit_total AS (
    SELECT participant_id,
           SUM(weight * points) * (SELECT SUM(weight) FROM component_now WHERE kind NOT IN ({_ADJUSTMENTS}))
               / (100 * SUM(weight)) AS total
    FROM component_score
    GROUP BY participant_id
),
unit AS (
    SELECT participant_id, bool_or(ranked) AS ranked, bool_or(has_report) AS has_report,
           MIN(participant_order) AS participant_order
    FROM inputs
    WHERE participant_kind <> 'whole'
    GROUP BY participant_id
),
plain AS (
    SELECT participant_id, SUM(score) * {WIDE} / COUNT(*) AS mean
    FROM project_score
    GROUP BY participant_id
)"""


_UNIT_ROWS = """u.participant_id, u.participant_order, u.ranked, u.has_report,
           p.previous_place, COALESCE(p.revised, FALSE) AS target_adjusted"""

UNIT_SCORE = f"""
unit_rounded AS (
    SELECT {_UNIT_ROWS},
           CASE WHEN u.has_report THEN ROUND(ROUND(t.total, 20), c.decimals) END AS score,
           CASE WHEN u.has_report THEN ROUND(ROUND(m.mean, 20), c.decimals) END AS plain_score
    FROM unit u
    CROSS JOIN scope c
    LEFT JOIN unit_total t ON t.participant_id = u.participant_id
    LEFT JOIN plain m ON m.participant_id = u.participant_id
    LEFT JOIN prior p ON p.participant_id = u.participant_id
),
unit_score AS (
    SELECT r.*,
           CASE WHEN ranked AND score IS NOT NULL
                THEN RANK() OVER (PARTITION BY (ranked AND score IS NOT NULL) ORDER BY score DESC)
           END AS place
    FROM unit_rounded r
)"""

# The last place of this month is that before its own deduction, which can only confirm it; what earlier months and
# events took or gave is in it. Where all share the first place nobody is last. A run that reaches the streak counts
# whole, a longer one month by month.
_ADJUSTED = f"""
unit_counted AS (
    SELECT {_UNIT_ROWS},
           CASE WHEN u.has_report THEN t.total END AS total,
           CASE WHEN u.has_report THEN ROUND(ROUND(m.mean, 20), c.decimals) END AS plain_score,
           (u.ranked AND u.has_report AND t.total IS NOT NULL AND COALESCE(n.number, 0) >= %(min_indicators)s)
               AS is_placed
    FROM unit u
    CROSS JOIN scope c
    LEFT JOIN unit_total t ON t.participant_id = u.participant_id
    LEFT JOIN plain m ON m.participant_id = u.participant_id
    LEFT JOIN prior p ON p.participant_id = u.participant_id
    LEFT JOIN (SELECT participant_id, COUNT(points) AS number FROM status GROUP BY participant_id) n
        ON n.participant_id = u.participant_id
),
adjustment AS (
    SELECT i.participant_id, c.code, c.kind, c.weight, c.cap, c.streak, i.part, i.whole
    FROM {{inputs}} i
    JOIN component_now c ON c.code = i.code AND c.kind IN ({_ADJUSTMENTS})
),
taken_before AS (
    SELECT participant_id,
           SUM(LEAST(part * weight, cap) * CASE kind WHEN 'event_on' THEN 1 ELSE -1 END) AS points
    FROM adjustment
    GROUP BY participant_id
),
preliminary AS (
    SELECT u.participant_id,
           RANK() OVER (ORDER BY ROUND(ROUND(GREATEST(u.total + COALESCE(t.points, 0), 0), 20), c.decimals) DESC)
               AS place
    FROM unit_counted u
    CROSS JOIN scope c
    LEFT JOIN taken_before t ON t.participant_id = u.participant_id
    WHERE u.is_placed
),
adjusted AS (
    SELECT a.participant_id, a.code,
           CASE a.kind WHEN 'event_on' THEN 1 ELSE -1 END
           * LEAST(a.weight * (a.part + CASE WHEN a.kind <> 'last_place' OR l.participant_id IS NULL THEN 0
                                             WHEN a.whole + 1 = a.streak THEN a.streak
                                             WHEN a.whole + 1 > a.streak THEN 1
                                             ELSE 0 END), a.cap) AS points
    FROM adjustment a
    LEFT JOIN preliminary l ON l.participant_id = a.participant_id AND l.place > 1
        AND l.place = (SELECT MAX(place) FROM preliminary)
),
unit_rounded AS (
    SELECT u.*,
           CASE WHEN u.total IS NOT NULL
                THEN ROUND(ROUND(GREATEST(u.total + COALESCE(a.points, 0), 0), 20), c.decimals) END AS summed
    FROM unit_counted u
    CROSS JOIN scope c
    LEFT JOIN (SELECT participant_id, SUM(points) AS points FROM adjusted GROUP BY participant_id) a
        ON a.participant_id = u.participant_id
),
unit_placed AS (
    SELECT r.*, CASE WHEN is_placed THEN RANK() OVER (PARTITION BY is_placed ORDER BY summed DESC) END AS place
    FROM unit_rounded r
),
year_end AS (
    SELECT u.participant_id, n.code,
           CASE WHEN u.place <= cardinality(n.steps) THEN n.steps[u.place]
                ELSE n.steps[cardinality(n.steps)] - n.weight * (u.place - cardinality(n.steps)) END AS points
    FROM unit_placed u
    CROSS JOIN scope c
    JOIN (SELECT code, weight, string_to_array(place_points, ',')::numeric[] AS steps
          FROM scoring_component
          WHERE scheme_id = %(scheme)s AND kind = 'year_end') n ON c.elapsed_parts = c.elapsed_whole
    WHERE u.place IS NOT NULL
),
unit_score AS (
    SELECT u.*, CASE WHEN u.summed IS NOT NULL
                     THEN ROUND(GREATEST(u.summed + COALESCE(y.points, 0), 0), c.decimals) END AS score
    FROM unit_placed u
    CROSS JOIN scope c
    LEFT JOIN (SELECT participant_id, SUM(points) AS points FROM year_end GROUP BY participant_id) y
        ON y.participant_id = u.participant_id
)"""

_NO_INPUTS = "(SELECT NULL::bigint AS participant_id, NULL AS code, 0 AS part, 0 AS whole WHERE FALSE)"


def score_ctes(shape: Shape, *, frozen: bool, kept: bool) -> list[str]:
    """Return the CTEs `project_score` … `plain`, with as much of money and other inputs as the shape asks for.

    `kept`: the components' inputs come from the snapshot, not from the live tables.
    """
    scores = [PROJECT_COMPONENTS]
    ctes = [PROJECT_SCORES]
    if shape.has_funds:
        ctes += [*fund_ctes(frozen=frozen), sums(("participant_order", "participant_id")), FUND_SCORES]
        scores.append(FUND_COMPONENTS)
    if shape.inputs:
        ctes.append(input_cte(shape, kept=kept))
        scores.append(INPUT_COMPONENTS)
    return [*ctes, f"component_score AS ({''.join(scores)}\n)", UNIT_SCORES]


def unit_score(shape: Shape) -> str:
    """Return the CTEs that end in `unit_score`; they stand behind `prior`."""
    if not shape.is_adjusted:
        return UNIT_SCORE
    return _ADJUSTED.format(inputs="component_input" if shape.inputs else _NO_INPUTS)


def components(shape: Shape) -> str:
    """Return the end of a statement that gives the components: participant_id, code, part, whole, points.

    `points` are 0–100, of deductions and additions what they change the sum by; `snapshot_component` stores these rows.
    """
    sources = ["component_score", *(["adjusted", "year_end"] if shape.is_adjusted else [])]
    union = " UNION ALL ".join(f"SELECT participant_id, code, points FROM {name}" for name in sources)
    joined = "component_input" if shape.inputs else _NO_INPUTS
    return f"""
SELECT s.participant_id, s.code, i.part, i.whole, ROUND(s.points, 6) AS points
FROM ({union}) s
LEFT JOIN {joined} i ON i.participant_id = s.participant_id AND i.code = s.code
ORDER BY s.participant_id, s.code
"""


def money_parameters(period: ReportingPeriod) -> dict:
    """Return the parameters of the money's CTEs: the day, the programme's denominators, all lines."""
    denominators = denominators_of(period.programme)
    return line_parameters(period.programme, period, None, None) | {
        "measures": list(MEASURES),
        "denominators": [denominators[measure] for measure in MEASURES],
    }
