"""Scores in SQL (R13): projects, components, units; the part of the standings statement behind `status`."""

from funding.fund_ctes import fund_ctes, sums
from funding.funds import line_parameters
from funding.labels import MEASURES, denominators_of
from projects.models import ReportingPeriod
from projects.progress import WIDE, printed

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
    SELECT code, kind, weight, cap, fund_kind, measure
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

# A component in which a unit has no task leaves its weight to the others (R4).
UNIT_SCORES = f"""
unit_total AS (
    SELECT participant_id,
           SUM(weight * points) * (SELECT SUM(weight) FROM component_now) / (100 * SUM(weight)) AS total
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


def score_ctes(*, frozen: bool, funds: bool) -> list[str]:
    """Return the CTEs `project_score` … `plain`; with `funds` the money they need stands among them."""
    if not funds:
        return [PROJECT_SCORES, f"component_score AS ({PROJECT_COMPONENTS}\n)", UNIT_SCORES]
    return [
        PROJECT_SCORES,
        *fund_ctes(frozen=frozen),
        sums(("participant_order", "participant_id")),
        FUND_SCORES,
        f"component_score AS ({PROJECT_COMPONENTS}{FUND_COMPONENTS}\n)",
        UNIT_SCORES,
    ]


def money_parameters(period: ReportingPeriod) -> dict:
    """Return the parameters of the money's CTEs: the day, the programme's denominators, all lines."""
    denominators = denominators_of(period.programme)
    return line_parameters(period.programme, period, None, None) | {
        "measures": list(MEASURES),
        "denominators": [denominators[measure] for measure in MEASURES],
    }
