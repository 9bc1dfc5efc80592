"""Outliers in SQL: figures that stand out against the unit's own months or against the other units (R20).

Simple rules that can be checked by hand, over submitted and approved reports; a remark, never a judgement. NUMERIC
throughout: a median is the middle one of the figures there are, of an even number the smaller of the two in the middle.
"""

from dataclasses import dataclass

from funding.funds import fetch_rows
from projects.models import Report, ReportingPeriod
from projects.progress import progress_ctes, progress_parameters

#: An increment this many times the median of the earlier ones stands out, from so many earlier ones on.
JUMP, JUMP_FROM = 5, 3
#: A cumulative figure that has been the same for so many periods, while at least half of the other units moved.
STUCK = 3
#: A rate this many times the median of the units, or less than its part, where so many units have one.
FAR, FAR_FROM = 3, 5
#: The same figure in several units with different targets, from so many significant digits on.
DIGITS = 3


@dataclass(frozen=True)
class OutlierKind:
    """One rule: its code in addresses, its short name, and what it says in words."""

    code: str
    title: str
    rule: str


KINDS = {
    kind.code: kind
    for kind in (
        OutlierKind("jump", "增量过大", f"本期增量超过以前各期增量中位数的 {JUMP} 倍（以前至少有 {JUMP_FROM} 个增量）"),
        OutlierKind("stuck", "连续不变", f"累计数不是0、没有完成，连续 {STUCK} 期没有增长，而其他单位至少一半在变"),
        OutlierKind(
            "far",
            "比例悬殊",
            f"完成率是各单位中位数的 {FAR} 倍以上，或不到它的 {FAR} 分之一（至少 {FAR_FROM} 家有完成率）",
        ),
        OutlierKind("same", "数字雷同", f"目标不同的几家报了同一个数（有效数字 {DIGITS} 位以上）"),
    )
}

# What is reported now, of units with a task; earlier figures of the year, whatever has become of their reports.
_LINES = """
now_line AS (
    SELECT y.participant_id, y.participant_order, y.indicator_id, y.shown_value AS value, y.shown_target AS target,
           y.rate, y.accumulation, y.direction, y.tolerance
    FROM yardsticks y
    WHERE y.participant_kind <> 'whole' AND y.shown_task = 'assessed' AND y.indicator_kind = 'number'
      AND y.shown_value IS NOT NULL
),
past_period AS (
    SELECT p.id, p.ends_on, ROW_NUMBER() OVER (ORDER BY p.ends_on DESC) AS nth
    FROM reporting_period p
    WHERE p.programme_id = %(programme)s AND p.kind = %(kind)s AND p.ends_on < %(ends_on)s
      AND p.ends_on >= date_trunc('year', %(ends_on)s::date)
),
past AS (
    SELECT f.participant_id, f.indicator_id, p.ends_on, p.nth, f.value
    FROM past_period p
    JOIN figure f ON f.period_id = p.id AND f.state = 'reported'
)"""

_JUMP = f"""
step AS (
    SELECT s.*, s.value - LAG(s.value) OVER (PARTITION BY s.participant_id, s.indicator_id ORDER BY s.ends_on) AS grew,
           LAG(s.value) OVER (PARTITION BY s.participant_id, s.indicator_id ORDER BY s.ends_on) AS last
    FROM (SELECT participant_id, indicator_id, ends_on, value FROM past
          UNION ALL
          SELECT participant_id, indicator_id, %(ends_on)s::date, value FROM now_line WHERE accumulation = 'flow') s
),
usual AS (
    SELECT participant_id, indicator_id, COUNT(grew) AS number,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY grew) AS median
    FROM step
    WHERE ends_on < %(ends_on)s AND grew IS NOT NULL
    GROUP BY participant_id, indicator_id
),
jump AS (
    SELECT 'jump' AS kind, l.participant_id, l.participant_order, l.indicator_id, l.value, s.last, s.grew AS compared,
           u.median AS usual, u.number AS number, NULL::bigint AS others, NULL::bigint[] AS units,
           ROUND(s.grew / u.median, 1) AS factor
    FROM now_line l
    JOIN step s ON s.participant_id = l.participant_id AND s.indicator_id = l.indicator_id AND s.ends_on = %(ends_on)s
    JOIN usual u ON u.participant_id = l.participant_id AND u.indicator_id = l.indicator_id
    WHERE u.number >= {JUMP_FROM} AND u.median > 0 AND s.grew > {JUMP} * u.median
)"""

_STUCK = f"""
moved AS (
    SELECT l.participant_id, l.indicator_id, COUNT(*) FILTER (WHERE p.value = l.value) AS same,
           bool_or(p.value <> l.value) AS has_moved
    FROM now_line l
    JOIN past p ON p.participant_id = l.participant_id AND p.indicator_id = l.indicator_id AND p.nth <= {STUCK}
    WHERE l.accumulation = 'flow'
    GROUP BY l.participant_id, l.indicator_id
),
moving AS (
    SELECT indicator_id, COUNT(*) FILTER (WHERE has_moved) AS moved, COUNT(*) AS number FROM moved GROUP BY indicator_id
),
stuck AS (
    SELECT 'stuck', l.participant_id, l.participant_order, l.indicator_id, l.value, l.value, 0::numeric, NULL::numeric,
           g.moved, g.number - 1, NULL::bigint[], NULL::numeric
    FROM now_line l
    JOIN moved m ON m.participant_id = l.participant_id AND m.indicator_id = l.indicator_id AND m.same = {STUCK}
    JOIN moving g ON g.indicator_id = l.indicator_id
    WHERE l.direction <> 'at_most' AND g.number > 1 AND 2 * g.moved >= g.number - 1
      AND l.value > 0 AND l.value < l.target * CASE l.direction WHEN 'about' THEN 1 - l.tolerance ELSE 1 END
)"""

_FAR = f"""
middle AS (
    SELECT indicator_id, COUNT(rate) AS number, percentile_disc(0.5) WITHIN GROUP (ORDER BY rate) AS median
    FROM now_line
    WHERE rate IS NOT NULL
    GROUP BY indicator_id
),
far AS (
    SELECT 'far', l.participant_id, l.participant_order, l.indicator_id, l.value, NULL::numeric, l.rate, m.median,
           m.number, NULL::bigint, NULL::bigint[],
           ROUND(GREATEST(l.rate, m.median) / LEAST(l.rate, m.median), 1)
    FROM now_line l
    JOIN middle m ON m.indicator_id = l.indicator_id
    WHERE m.number >= {FAR_FROM} AND l.rate > 0 AND m.median > 0
      AND GREATEST(l.rate, m.median) >= {FAR} * LEAST(l.rate, m.median)
)"""

_SAME = f"""
copied AS (
    SELECT indicator_id, value, array_agg(participant_id ORDER BY participant_order, participant_id) AS units
    FROM now_line
    WHERE length(btrim(replace(value::text, '.', ''), '0')) >= {DIGITS}
    GROUP BY indicator_id, value
    HAVING COUNT(*) > 1 AND COUNT(DISTINCT target) > 1
),
same AS (
    SELECT 'same', l.participant_id, l.participant_order, l.indicator_id, l.value, NULL::numeric, NULL::numeric,
           NULL::numeric, cardinality(c.units)::bigint, NULL::bigint, c.units, NULL::numeric
    FROM now_line l
    JOIN copied c ON c.indicator_id = l.indicator_id AND c.value = l.value
)"""


def outliers(period: ReportingPeriod) -> list[dict]:
    """Return the outliers of a period, by kind, what stands out most first. One query.

    Columns: kind, participant_id, indicator_id, value, last; `compared` (increment, or rate) and `usual` (median) with
    `factor`; `number` (increments, units that moved, units with a rate, units with the figure); `others`; `units`: ids.
    """
    ctes = [*progress_ctes(frozen=False), _LINES, _JUMP, _STUCK, _FAR, _SAME]
    union = " UNION ALL ".join(f"SELECT * FROM {code}" for code in KINDS)
    statement = "WITH " + ",\n".join(text.strip() for text in ctes)
    statement += f"""
        SELECT * FROM ({union}) o
        ORDER BY array_position(%(kinds)s::text[], o.kind), o.factor DESC NULLS LAST, o.participant_order,
                 o.participant_id, o.indicator_id"""
    parameters = progress_parameters(period, counted=list(Report.COUNTED)) | {
        "kind": period.kind,
        "ends_on": period.ends_on,
        "kinds": list(KINDS),
    }
    return fetch_rows(statement, parameters)
