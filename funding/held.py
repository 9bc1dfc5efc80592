"""资金滞留 in SQL: money received and not paid on, by the month it has lain there since. Nothing is added up elsewhere.

What has been paid is taken from the money that came first. So the part of a sub-project's money that lies there since
a month is what came in by that month's end, less what has been paid until now, less what lies there since earlier
months. A correction downwards counts for the months before it too: received is at most what it is in any later month.
All amounts are 元, NUMERIC throughout.
"""

from collections.abc import Iterable

from funding.fund_ctes import LINES_NOW
from funding.funds import fetch_rows, line_parameters
from projects.models import Programme, Report, ReportingPeriod

_PLACE = "participant_id, participant_order, sub_project_id, project_id, project_seq, kind"
_PLACE_OF = ", ".join("{0}." + name for name in _PLACE.split(", "))
_SAME_PLACE = (
    "{0}.participant_id = {1}.participant_id AND {0}.sub_project_id = {1}.sub_project_id AND {0}.kind = {1}.kind"
)

# A place counts only when all its received money has a paid amount beside it, be it 0: a blank is not nothing (R5).
HELD = f"""
this_period AS (SELECT p.id, p.kind, p.ends_on FROM reporting_period p WHERE p.id = %(period)s),
month AS (
    SELECT p.id, p.ends_on
    FROM reporting_period p
    JOIN this_period t ON t.kind = p.kind AND p.ends_on <= t.ends_on
    WHERE p.programme_id = %(programme)s
),
amount AS (
    SELECT m.id AS period_id, m.ends_on, f.stage, f.value, l.source, {_PLACE_OF.format("l")}
    FROM month m
    JOIN fund_figure f ON f.period_id = m.id AND f.state = 'reported' AND f.stage IN ('received', 'disbursed')
    JOIN report r ON r.id = f.report_id AND r.state = ANY(%(counted)s)
    JOIN fund_line_now l ON l.line_id = f.fund_line_id
),
without_payment AS (
    SELECT DISTINCT a.participant_id, a.sub_project_id, a.kind
    FROM amount a
    WHERE a.period_id = %(period)s AND a.stage = 'received' AND a.value > 0 AND NOT EXISTS (
        SELECT 1 FROM amount d
        WHERE d.period_id = a.period_id AND d.stage = 'disbursed' AND {_SAME_PLACE.format("d", "a")}
          AND (d.source = a.source OR fund_source_holds(d.source, a.source) OR fund_source_holds(a.source, d.source))
    )
),
place_month AS (
    SELECT period_id, ends_on, {_PLACE},
           SUM(value) FILTER (WHERE stage = 'received') AS received,
           SUM(value) FILTER (WHERE stage = 'disbursed') AS disbursed
    FROM amount
    GROUP BY period_id, ends_on, {_PLACE}
),
now AS (
    SELECT m.*, w.kind IS NOT NULL AS is_unknown
    FROM place_month m
    LEFT JOIN without_payment w ON {_SAME_PLACE.format("w", "m")}
    WHERE m.period_id = %(period)s AND m.received IS NOT NULL
),
level AS (
    SELECT m.period_id, m.ends_on, n.received, n.disbursed, {_PLACE_OF.format("m")},
           GREATEST(n.disbursed, MIN(m.received) OVER (
               PARTITION BY m.participant_id, m.sub_project_id, m.kind
               ORDER BY m.ends_on ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
           )) AS reached
    FROM place_month m
    JOIN now n ON {_SAME_PLACE.format("n", "m")} AND NOT n.is_unknown
    WHERE m.received IS NOT NULL AND n.received > n.disbursed
),
layer AS (
    SELECT v.*, v.reached - LAG(v.reached, 1, v.disbursed) OVER (
        PARTITION BY v.participant_id, v.sub_project_id, v.kind ORDER BY v.ends_on
    ) AS held
    FROM level v
),
aged AS (
    SELECT y.*, (EXTRACT(YEAR FROM t.ends_on) * 12 + EXTRACT(MONTH FROM t.ends_on)
                 - EXTRACT(YEAR FROM y.ends_on) * 12 - EXTRACT(MONTH FROM y.ends_on))::int AS months,
           t.ends_on - y.ends_on AS days
    FROM layer y
    CROSS JOIN this_period t
    WHERE y.held > 0
)"""


def held_money(
    *,
    programme: Programme,
    period: ReportingPeriod,
    lines: Iterable[int] | None = None,
    counted: Iterable[str] = Report.COUNTED,
) -> list[dict]:
    """Return what is received and not paid on at the period's end, oldest first. One query.

    Rows per unit, sub-project, kind and month it lies there since: held (元), since (that period's last day), months
    and days to the period's end, received and disbursed of the place now.
    """
    statement = f"""WITH {LINES_NOW.strip()},{HELD}
        SELECT {_PLACE}, period_id AS since_id, ends_on AS since, held, months, days, received, disbursed
        FROM aged
        ORDER BY ends_on, participant_order, participant_id, project_seq, sub_project_id, kind DESC"""
    return fetch_rows(statement, _parameters(programme, period, lines, counted))


def held_sums(
    *,
    programme: Programme,
    period: ReportingPeriod,
    lines: Iterable[int] | None = None,
    counted: Iterable[str] = Report.COUNTED,
) -> list[dict]:
    """Return the sums of `held_money` by unit in official order, the last row (participant_id None) of all. One query.

    Rows: held, of it held_long (three months and more), since (the oldest), months, days.
    """
    statement = f"""WITH {LINES_NOW.strip()},{HELD}
        SELECT participant_id, SUM(held) AS held, SUM(held) FILTER (WHERE months >= 3) AS held_long,
               MIN(ends_on) AS since, MAX(months) AS months, MAX(days) AS days
        FROM aged
        GROUP BY GROUPING SETS ((participant_id, participant_order), ())
        HAVING COUNT(*) > 0
        ORDER BY participant_order NULLS LAST, participant_id"""
    return fetch_rows(statement, _parameters(programme, period, lines, counted))


def unknown_payments(
    *,
    programme: Programme,
    period: ReportingPeriod,
    lines: Iterable[int] | None = None,
    counted: Iterable[str] = Report.COUNTED,
) -> list[dict]:
    """Return the places that report received money and not what was paid of it (R5): received in 元. One query."""
    statement = f"""WITH {LINES_NOW.strip()},{HELD}
        SELECT {_PLACE}, received
        FROM now
        WHERE is_unknown
        ORDER BY participant_order, participant_id, project_seq, sub_project_id, kind DESC"""
    return fetch_rows(statement, _parameters(programme, period, lines, counted))


def _parameters(programme, period, lines, counted) -> dict:
    return line_parameters(programme, period, None, lines) | {"counted": [str(state) for state in counted]}
