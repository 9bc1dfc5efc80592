"""One unit in SQL: what the standings statement adds for the page of a single unit, live or from a snapshot.

What a line takes off the overall score (R13), what is left to do to reach each yardstick, and the money of the unit's
projects. Nothing of it is stored: the same text over the same frozen inputs gives it again.
"""

import json
from decimal import Decimal

from funding.fund_ctes import fund_ctes, sums
from funding.funds import fetch_rows
from projects.models import ReportingPeriod
from projects.progress import FINENESS, INPUT_COLUMNS, SCOPE_FROZEN, SCOPE_LIVE, WIDE, printed
from supervision.models import Snapshot
from supervision.scoring.components import ADJUSTMENTS, Shape
from supervision.standings import OUTPUT_COLUMNS, fetch, frozen_parameters, live_parameters

#: Decimals of points lost: two more than a score has, so that what the rows say adds up to what is missing.
LOST_DECIMALS = 4

_ADJUSTMENTS = ", ".join(f"'{code}'" for code in sorted(ADJUSTMENTS))


def _left(yardstick: str, fineness: str = "c") -> str:
    """Return SQL for the work left to a rate: the smallest figure of the indicator's decimals that surely prints so.

    What should be low has to come down by it (R2). `fineness`: the decimals rates are compared at (R7).
    """
    reached = f"(CEIL({yardstick} * {fineness}.scale) * {fineness}.step)"
    return f"""CASE WHEN s.direction = 'at_most'
                 THEN s.shown_value - div(100 * s.shown_target * v.scale, NULLIF({reached}, 0)) * v.step
                 ELSE CEIL({reached} * s.shown_target * v.scale * 0.01) * v.step - s.shown_value END"""


# A value is held against an average of values, a rate against an average of rates (R10).
LEFT_COLUMNS = {
    "left_benchmark": f"""CASE WHEN s.below_benchmark IS NOT TRUE THEN NULL
             WHEN s.benchmark_measure = 'value' AND s.direction = 'at_most'
             THEN s.shown_value - FLOOR(s.benchmark * v.scale) * v.step
             WHEN s.benchmark_measure = 'value' THEN CEIL(s.benchmark * v.scale) * v.step - s.shown_value
             ELSE {_left("s.benchmark", "b")} END""",
    "left_city": f"CASE WHEN s.gap_to_city < 0 THEN {_left('s.city_rate')} END",
    "left_expected": f"CASE WHEN s.gap_to_expected < 0 THEN {_left('s.expected_rate')} END",
    "left_target": """CASE WHEN s.shown_task <> 'assessed' OR s.indicator_kind = 'text'
                  OR s.status IN ('exceeded', 'done', 'met') THEN NULL
             WHEN s.direction = 'at_most' THEN s.shown_value - s.shown_target
             WHEN s.direction = 'about'
             THEN GREATEST(CEIL(s.shown_target * (1 - s.tolerance) * v.scale) * v.step - s.shown_value, 0)
             ELSE GREATEST(s.shown_target - s.shown_value, 0) END""",
}

# R13, R4: a component in which the unit has no task leaves its weight to the others.
_WEIGHTS = f"""
    SELECT k.participant_id, SUM(k.weight) FILTER (WHERE n.kind = 'project_rates') AS weight, SUM(k.weight) AS present,
           (SELECT SUM(weight) FROM component_now WHERE kind NOT IN ({_ADJUSTMENTS})) AS whole
    FROM component_score k
    JOIN component_now n ON n.code = k.code
    GROUP BY k.participant_id"""

# Shares of the exact sum that add up in print: each is what the sum so far, rounded, grew by.
_SHARE = f"ROUND({{upto}}, {LOST_DECIMALS}) - ROUND({{upto}} - {{lost}}, {LOST_DECIMALS})"
_UPTO = "SUM(x.lost) OVER (ORDER BY x.project_id, x.indicator_id)"

_COMPONENTS = f"""
    SELECT jsonb_agg(jsonb_build_object('name', y.name, 'kind', y.kind, 'weight', y.weight::text, 'cap', y.cap::text,
               'points', ROUND(y.points, {LOST_DECIMALS})::text,
               'lost', ({_SHARE.format(upto="y.upto", lost="y.lost")})::text) ORDER BY y.nth)
    FROM (SELECT z.*, SUM(z.lost) OVER (ORDER BY z.nth) AS upto
          FROM (SELECT n.name, n.kind, k.weight, k.points, n.cap, k.weight * (100 - k.points) * w.whole * {WIDE}
                           / (100 * w.present) AS lost,
                       ROW_NUMBER() OVER (ORDER BY n.kind <> 'project_rates', n.id) AS nth
                FROM component_score k
                JOIN scoring_component n ON n.scheme_id = %(scheme)s AND n.code = k.code
                JOIN ({_WEIGHTS}) w ON w.participant_id = k.participant_id
                WHERE k.participant_id = %(own)s) z) y"""

_ADJUSTED = f"""
    SELECT jsonb_agg(jsonb_build_object('name', n.name, 'points', ROUND(a.points, {LOST_DECIMALS})::text) ORDER BY n.id)
    FROM (SELECT participant_id, code, points FROM adjusted
          UNION ALL SELECT participant_id, code, points FROM year_end) a
    JOIN scoring_component n ON n.scheme_id = %(scheme)s AND n.code = a.code
    WHERE a.participant_id = %(own)s AND a.points <> 0"""


# A line's share of the score: that of its project, among the projects, of 项目完成率 among the components.
_SHARE_OF_ALL = (
    "CASE WHEN %(scheme)s::bigint IS NULL THEN 1 ELSE COALESCE(w.weight * w.whole / (100 * w.present), 0) END"
)
_LOST = f"""(100 - s.points) * {WIDE}
           * CASE WHEN %(scheme)s::bigint IS NULL THEN 100 ELSE COALESCE(w.weight * w.whole, 0) END
           / (CASE WHEN %(scheme)s::bigint IS NULL THEN 100 ELSE 100 * w.present END * n.lines * m.projects)"""

_UNIT_ROW = """
       u.ranked AS unit_ranked, u.has_report AS unit_has_report, u.score AS unit_score,
       u.plain_score AS unit_plain_score, u.place AS unit_place, u.previous_place AS unit_previous_place,
       u.previous_place - u.place AS unit_place_change,
       COALESCE(u.target_adjusted AND u.place <> u.previous_place, FALSE) AS unit_target_adjusted,
       (SELECT COUNT(place) FROM unit_score) AS unit_placed"""

_FROM = f"""
FROM status s
CROSS JOIN scope c
LEFT JOIN unit_score u ON u.participant_id = s.participant_id
LEFT JOIN unit_total t ON t.participant_id = s.participant_id
LEFT JOIN project_score j ON j.participant_id = s.participant_id AND j.project_id = s.project_id
LEFT JOIN pooled p ON s.is_sum AND p.indicator_id = s.indicator_id
LEFT JOIN listed l ON s.participant_kind = 'whole' AND l.indicator_id = s.indicator_id
LEFT JOIN (SELECT participant_id, project_id, COUNT(points) AS lines FROM status WHERE points IS NOT NULL
           GROUP BY participant_id, project_id) n
    ON n.participant_id = s.participant_id AND n.project_id = s.project_id
LEFT JOIN (SELECT participant_id, COUNT(*) AS projects FROM project_score GROUP BY participant_id) m
    ON m.participant_id = s.participant_id
LEFT JOIN ({_WEIGHTS}) w ON w.participant_id = s.participant_id
LEFT JOIN fineness v ON v.decimals = s.value_decimals
LEFT JOIN fineness b ON b.decimals = LEAST(s.benchmark_decimals, c.decimals)
WHERE s.participant_id = %(own)s AND s.participant_kind <> 'whole'"""


def unit_lines_sql(shape: Shape) -> str:
    """Return the end of the statement that gives the lines of the unit %(own)s.

    Beside the columns of LINES: city_rate, what is left to each yardstick, points lost (`lost` exactly, `shown_lost` as
    printed; `project_lost` and `all_lost` are sums), of the unit `unit_lost` with all components and what is `kept` of
    `full_score`, the numbers behind them, the unit's overall row (unit_…) and its components as JSON.
    """
    return f"""
SELECT z.*, z.full_score - z.unit_lost AS kept
FROM (SELECT y.*, SUM(y.shown_lost) OVER (PARTITION BY y.project_id) AS project_lost,
             COALESCE(y.component_lost, y.all_lost) AS unit_lost
FROM (SELECT x.*, {_SHARE.format(upto=_UPTO, lost="x.lost")} AS shown_lost,
             ROUND(SUM(x.lost) OVER (), {LOST_DECIMALS}) AS all_lost
FROM (SELECT {", ".join("s." + column for column in INPUT_COLUMNS)},
       {", ".join(f"{sql} AS {name}" for name, sql in OUTPUT_COLUMNS.items())},
       s.city_rate, {", ".join(f"{sql} AS {name}" for name, sql in LEFT_COLUMNS.items())},
       n.lines, m.projects, ROUND({_SHARE_OF_ALL}, {LOST_DECIMALS}) AS share, {_LOST} AS lost, {_UNIT_ROW},
       COALESCE(w.whole, 100) AS full_score, ROUND(w.whole - t.total, {LOST_DECIMALS}) AS component_lost,
       ({_COMPONENTS}) AS components, {f"({_ADJUSTED})" if shape.is_adjusted else "NULL"} AS adjustments
{_FROM}) x) y) z
ORDER BY z.project_id, z.indicator_id
"""


def parameters_on(period: ReportingPeriod, snapshot: Snapshot | None) -> dict:
    """Return the statement's parameters of a period on a basis."""
    if snapshot is None:
        return live_parameters(period)
    snapshot.period = period
    return frozen_parameters(snapshot)


def unit_lines(participant_id: int, parameters: dict, *, frozen: bool) -> list[dict]:
    """Return the unit's lines (`unit_lines_sql`); `components` and `adjustments` are lists of dicts. One query."""
    rows = fetch(unit_lines_sql(parameters["shape"]), parameters | {"own": participant_id}, frozen=frozen)
    for row in rows:
        for name in ("components", "adjustments"):
            row[name] = [_with_decimals(entry) for entry in json.loads(row[name] or "[]")]
    return rows


def _with_decimals(entry: dict) -> dict:
    return {key: text if key in ("name", "kind") else Decimal(text) for key, text in entry.items()}


def unit_money(participant_id: int, parameters: dict, *, frozen: bool, lines: list[int] | None = None) -> list[dict]:
    """Return the unit's money by project and of all together (project_id None), a row per kind and measure. One query.

    planned, received, disbursed, spent in 元; rate of the measure as printed, `divided_by` its denominator; `paid`:
    拨付÷计划 whatever the programme divides by; tasks and missing as in `fund_rates`. `lines`: those in scope.
    """
    columns = ("project_seq", "project_id")
    ctes = [
        FINENESS,
        SCOPE_FROZEN if frozen else SCOPE_LIVE,
        *fund_ctes(frozen=frozen),
        sums(columns, ((), columns)),
    ]
    statement = "WITH " + ",\n".join(text.strip() for text in ctes)
    statement += f"""
        SELECT p.project_id, p.project_seq, p.kind, p.measure, p.divided_by, p.planned, p.received, p.disbursed,
               p.spent, p.excluded_planned, p.tasks, p.missing, {printed("p.num", "p.den")} AS rate,
               {printed("p.counted_disbursed", "p.counted_planned")} AS paid
        FROM unit_part p
        CROSS JOIN scope c
        WHERE p.participant_id = %(own)s
        ORDER BY p.project_seq NULLS FIRST, p.kind DESC, array_position(%(measures)s::varchar[], p.measure::varchar)"""
    return fetch_rows(statement, parameters | {"own": participant_id, "lines": lines})
