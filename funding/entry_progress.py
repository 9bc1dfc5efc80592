"""What stands beside an amount on the entry page, in SQL: plan, last month, increment, 时序; and a cell's year.

Rates themselves come from `funding.funds.fund_rates`; here are the line's own amounts and how far they are against its
plan. All amounts are 元.
"""

from collections.abc import Iterable

from funding.funds import fetch_rows
from funding.labels import denominators_of
from projects.models import Report, ReportingPeriod
from projects.progress import FINENESS, printed

_STAGES = "stage (stage, nth) AS (VALUES ('received', 1), ('disbursed', 2), ('spent', 3))"

_MONTH = """
month AS (
    SELECT p.id, p.ends_on, n.scale, n.step,
           (CASE p.kind WHEN 'month' THEN EXTRACT(MONTH FROM p.ends_on)
                ELSE EXTRACT(DOY FROM p.ends_on) END)::numeric AS elapsed_parts,
           (CASE p.kind WHEN 'month' THEN 12
                ELSE EXTRACT(DOY FROM make_date(EXTRACT(YEAR FROM p.ends_on)::int, 12, 31))
            END)::numeric AS elapsed_whole
    FROM reporting_period p
    JOIN programme g ON g.id = p.programme_id
    JOIN fineness n ON n.decimals = g.decimals
    WHERE {which}
)"""

_PLAN = """
    LEFT JOIN LATERAL (
        SELECT p.amount FROM fund_plan p
        WHERE p.fund_line_id = l.id AND p.valid_from <= m.ends_on AND (p.valid_to IS NULL OR p.valid_to >= m.ends_on)
        ORDER BY p.revision DESC LIMIT 1) n ON TRUE"""

# What is missing to the plan or to the yardstick is the smallest amount in 分 that surely prints as attained (R7).
# A blank has no value, so what is stored of it is looked at only by its id and version.
_LINE = f"""
{FINENESS.strip()},
{_MONTH.strip().format(which="p.id = %(period)s")},
{_STAGES},
line AS (
    SELECT l.id AS line_id, l.participant_id, l.sub_project_id, l.kind, s.stage, s.nth, n.amount AS planned,
           f.id AS figure_id, f.version, f.value, w.value AS last_value, m.scale, m.step,
           {printed("m.elapsed_parts", "m.elapsed_whole", "m")} AS expected_rate,
           {printed("f.value", "n.amount", "m")} AS progress
    FROM fund_line l
    CROSS JOIN month m
    CROSS JOIN stage s{_PLAN}
    LEFT JOIN fund_figure f ON f.fund_line_id = l.id AND f.period_id = m.id AND f.stage = s.stage
    LEFT JOIN fund_figure w ON w.fund_line_id = l.id AND w.period_id = %(last)s AND w.stage = s.stage
    WHERE {{which}}
)"""

_BESIDE = """
       line_id, stage, planned, value, last_value, progress,
       CASE WHEN %(is_first)s THEN value ELSE value - last_value END AS increment,
       CASE WHEN planned > 0 THEN value >= planned END AS is_attained,
       ABS(planned - value) AS distance, value > planned AS is_above,
       CASE WHEN stage = 'disbursed' AND planned > 0 THEN expected_rate END AS expected_rate,
       CASE WHEN stage = 'disbursed' THEN progress < expected_rate END AS is_behind,
       CASE WHEN stage = 'disbursed' AND progress < expected_rate
            THEN CEIL(expected_rate * planned) * 0.01 - value END AS distance_expected"""

ENTRY_LINES = f"""{_LINE.format(which="l.id = ANY(%(lines)s::bigint[])")}
SELECT {_BESIDE.strip()}
FROM line
ORDER BY line_id, nth"""

# Every stage of the lines a report tells of, in printed order: enough to count those that are not shown.
REPORT_CELLS = f"""{_LINE}
SELECT {_BESIDE.strip()},
       participant_id, sub_project_id, b.project_id, j.seq, figure_id, COALESCE(version, 0) AS version,
       g.flags > 0 AS is_flagged, COALESCE(g.is_waiting, FALSE) AS is_waiting
FROM line c
JOIN sub_project b ON b.id = c.sub_project_id
JOIN project j ON j.id = b.project_id
JOIN participant u ON u.id = c.participant_id
LEFT JOIN LATERAL (
    SELECT COUNT(*) AS flags, bool_or(f.reason = '') AS is_waiting
    FROM fund_flag f WHERE f.fund_figure_id = c.figure_id) g ON TRUE
ORDER BY j.seq, b."order", u."order", c.kind, c.line_id, c.nth"""

#: Which lines a report tells of: a unit's own, or those of what a lead agency leads; never the whole's.
_OF_UNIT = "l.programme_id = %(programme)s AND l.participant_id = %(participant)s"
_OF_AGENCY = """l.programme_id = %(programme)s
      AND l.sub_project_id IN (SELECT b.id FROM sub_project b WHERE b.lead_agency_id = %(agency)s)
      AND l.participant_id IN (SELECT u.id FROM participant u WHERE u.kind <> 'whole')"""

YEAR_OF_LINE = f"""
{FINENESS.strip()},
{
    _MONTH.strip().format(
        which='''p.programme_id = %(programme)s AND p.kind = %(kind)s AND p.ends_on <= %(ends_on)s
      AND EXTRACT(YEAR FROM p.ends_on) = %(year)s'''
    )
},
amount AS (
    SELECT m.*, n.amount AS planned, f.value,
           CASE %(denominator)s WHEN 'planned' THEN n.amount ELSE d.value END AS divided_by
    FROM month m
    JOIN fund_line l ON l.id = %(line)s{_PLAN}
    LEFT JOIN fund_figure f ON f.fund_line_id = l.id AND f.period_id = m.id AND f.stage = %(stage)s
                           AND f.state = 'reported'
    LEFT JOIN fund_figure d ON d.fund_line_id = l.id AND d.period_id = m.id AND d.stage = %(denominator)s
                           AND d.state = 'reported'
)
SELECT ends_on, value, planned, {printed("value", "divided_by", "a")} AS rate,
       CASE WHEN %(stage)s = 'disbursed' AND planned > 0
            THEN {printed("elapsed_parts", "elapsed_whole", "a")} END AS expected_rate
FROM amount a
ORDER BY ends_on"""


def entry_lines(period: ReportingPeriod, lines: Iterable[int], *, last: ReportingPeriod | None) -> dict:
    """Return what stands beside every stage of the lines: (line id, stage) → row dict. One query.

    planned, value, last_value, increment (the value itself in January); progress: the value against the plan;
    is_attained, distance and is_above against the plan; expected_rate, is_behind and distance_expected for 拨付.
    """
    parameters = _month_parameters(period, last) | {"lines": list(lines)}
    return {(row["line_id"], row["stage"]): row for row in fetch_rows("WITH" + ENTRY_LINES, parameters)}


def report_cells(report: Report, *, last: ReportingPeriod | None) -> list[dict]:
    """Return every stage of the lines the report tells of, in printed order, with what `entry_lines` says. One query.

    Also participant_id, sub_project_id, project_id, seq; figure_id and version (0) of what is stored; is_flagged, and
    is_waiting for an answer. The caller sees to it that the report is not the whole's.
    """
    parameters = _month_parameters(report.period, last) | {
        "programme": report.period.programme_id,
        "participant": report.participant_id,
        "agency": report.agency_id,
    }
    which = _OF_UNIT if report.participant_id else _OF_AGENCY
    return fetch_rows("WITH" + REPORT_CELLS.format(which=which), parameters)


def _month_parameters(period: ReportingPeriod, last: ReportingPeriod | None) -> dict:
    return {
        "period": period.pk,
        "last": last.pk if last else None,
        # A cumulative amount begins with the year.
        "is_first": period.kind == ReportingPeriod.Kind.MONTH and period.ends_on.month == 1,
    }


def year_of_line(period: ReportingPeriod, line: int, stage: str) -> list[dict]:
    """Return the cell's periods of the same year up to `period`: ends_on, value, planned, rate, expected_rate."""
    parameters = {
        "programme": period.programme_id,
        "kind": period.kind,
        "year": period.ends_on.year,
        "ends_on": period.ends_on,
        "line": line,
        "stage": stage,
        "denominator": denominators_of(period.programme)[stage],
    }
    return fetch_rows("WITH" + YEAR_OF_LINE, parameters)
