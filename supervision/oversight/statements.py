"""One statement per kind of rule, over frozen snapshots: who it finds, with the figures it finds them by.

Every statement returns the columns of COLUMNS. A run of months is one of consecutive snapshots of the same year: the
newest of each closed period. Rates, places and gaps are those the snapshot froze; a set number's gap is taken here.
"""

#: unit, lead agency and matter; what the paper prints; what decides who comes first where not all are written to.
#: `overdue` returns the names of what is overdue besides.
COLUMNS = (
    *("participant_id", "agency_id", "indicator_id", "fund_rate", "level"),
    *("target", "actual", "rate", "line", "line_kind", "gap", "times", "counted", "severity"),
)

MONTHS = """
month AS (
    SELECT id, back
    FROM (
        SELECT s.id, ROW_NUMBER() OVER (PARTITION BY p.id ORDER BY s.version DESC) AS nth,
               DENSE_RANK() OVER (ORDER BY p.ends_on DESC) AS back
        FROM snapshot s
        JOIN reporting_period p ON p.id = s.period_id
        WHERE p.programme_id = %(programme)s AND p.kind = %(period_kind)s
          AND p.ends_on BETWEEN %(year_start)s AND %(ends_on)s
          AND (p.id <> %(period)s OR s.id = %(snapshot)s)
    ) v
    WHERE nth = 1
)"""


def _of_lines(condition: str, *, line: str, line_kind: str, gap: str, rate: str = "ROUND(l.rate, %(decimals)s)") -> str:
    """Return a statement over lines of single indicators: `condition` holds in the last `months` snapshots."""
    return f"""
WITH {MONTHS.strip()},
hit AS (
    SELECT l.participant_id, l.indicator_id
    FROM snapshot_line l
    JOIN month m ON m.id = l.snapshot_id AND m.back <= %(months)s
    JOIN indicator n ON n.id = l.indicator_id
    WHERE l.participant_kind <> 'whole' AND l.assessed AND l.target_state = 'assessed' AND {condition}
    GROUP BY l.participant_id, l.indicator_id
    HAVING COUNT(*) = %(months)s
)
SELECT l.participant_id, b.lead_agency_id AS agency_id, l.indicator_id, '' AS fund_rate, %(level)s AS level,
       l.shown_target AS target, l.shown_value AS actual, {rate} AS rate, {line} AS line, {line_kind} AS line_kind,
       {gap} AS gap, %(months)s AS times, NULL::int AS counted, COALESCE(ABS({gap}), 0) AS severity
FROM hit h
JOIN snapshot_line l ON l.snapshot_id = %(snapshot)s AND l.participant_id = h.participant_id
                    AND l.indicator_id = h.indicator_id
JOIN indicator i ON i.id = l.indicator_id
JOIN sub_project b ON b.id = i.sub_project_id
ORDER BY severity DESC, l.participant_order, l.participant_id, l.indicator_id"""


# A gap by value is in the indicator's own unit: only one in % can be held against a least gap in 个百分点.
BELOW_AVERAGE = _of_lines(
    """l.below_benchmark AND (l.benchmark_measure = 'rate' OR n.unit = '%%' OR %(min_gap)s = 0)
       AND (%(min_gap)s = 0 OR ABS(l.gap_to_benchmark) >= %(min_gap)s)""",
    line="ROUND(l.benchmark, l.benchmark_decimals)",
    line_kind="CASE l.benchmark_measure WHEN 'value' THEN 'average_value' ELSE 'average' END",
    gap="ROUND(l.gap_to_benchmark, l.benchmark_decimals)",
    rate="ROUND(l.compared, l.benchmark_decimals)",
)

BEHIND = _of_lines(
    """l.status IN ('behind', 'not_started') AND l.gap_to_expected < 0 AND l.gap_to_expected <= -%(min_gap)s
       AND (%(yardstick)s = 'any' OR l.has_plan = (%(yardstick)s = 'milestone'))""",
    line="ROUND(l.expected_rate, %(decimals)s)",
    line_kind="CASE WHEN l.has_plan THEN 'milestone' ELSE 'schedule' END",
    gap="ROUND(l.gap_to_expected, %(decimals)s)",
)

RATE_BELOW = _of_lines(
    "l.rate < %(rate)s AND %(month)s >= %(since)s",
    line="%(rate)s::numeric",
    line_kind="'number'",
    gap="ROUND(l.rate - %(rate)s, %(decimals)s)",
)

# With ties the last k are those worse than whom fewer than k stand.
LAST_PLACES = f"""
WITH {MONTHS.strip()},
placed AS (
    SELECT u.participant_id, u.place, u.score, m.back,
           COUNT(*) OVER (PARTITION BY m.id) AS counted,
           COUNT(*) OVER (PARTITION BY m.id) - u.place + 1 - COUNT(*) OVER (PARTITION BY m.id, u.place) AS worse
    FROM snapshot_unit u
    JOIN month m ON m.id = u.snapshot_id AND m.back <= %(months)s
    WHERE u.ranked AND u.place IS NOT NULL
),
hit AS (
    SELECT participant_id
    FROM placed
    WHERE worse < %(last)s
    GROUP BY participant_id
    HAVING COUNT(*) = %(months)s
)
SELECT p.participant_id, NULL::bigint AS agency_id, NULL::bigint AS indicator_id, '' AS fund_rate, %(level)s AS level,
       NULL::numeric AS target, p.score AS actual, NULL::numeric AS rate, p.place::numeric AS line,
       'place' AS line_kind, NULL::numeric AS gap, %(months)s AS times, p.counted, p.place::numeric AS severity
FROM hit h
JOIN placed p ON p.participant_id = h.participant_id AND p.back = 1
ORDER BY p.place DESC, p.participant_id"""

FUND_BELOW = f"""
WITH {MONTHS.strip()},
held AS (
    SELECT f.*, m.back,
           CASE %(line)s WHEN 'average' THEN ROUND(f.benchmark, f.benchmark_decimals) WHEN 'set' THEN f.set_rate
                         WHEN 'schedule' THEN ROUND(f.expected_rate, %(decimals)s)
                         ELSE %(rate)s::numeric END AS held_line,
           CASE %(line)s WHEN 'average' THEN ROUND(f.gap_to_benchmark, f.benchmark_decimals)
                         WHEN 'set' THEN ROUND(f.gap_to_set, %(decimals)s)
                         WHEN 'schedule' THEN ROUND(f.gap_to_expected, %(decimals)s)
                         ELSE ROUND(f.rate - %(rate)s, %(decimals)s) END AS held_gap,
           CASE %(line)s WHEN 'average' THEN ROUND(f.compared, f.benchmark_decimals)
                         ELSE ROUND(f.rate, %(decimals)s) END AS held_rate
    FROM snapshot_fund_rate f
    JOIN month m ON m.id = f.snapshot_id AND m.back <= %(months)s
    WHERE f.project_id IS NULL AND f.participant_kind <> 'whole'
      AND f.fund_kind || '-' || f.measure = %(fund_rate)s
),
hit AS (
    SELECT participant_id
    FROM held
    WHERE held_gap < 0
    GROUP BY participant_id
    HAVING COUNT(*) = %(months)s
)
SELECT d.participant_id, NULL::bigint AS agency_id, NULL::bigint AS indicator_id, %(fund_rate)s AS fund_rate,
       %(level)s AS level, d.divisor AS target, d.numerator AS actual, d.held_rate AS rate, d.held_line AS line,
       %(line)s AS line_kind, d.held_gap AS gap, %(months)s AS times, NULL::int AS counted, -d.held_gap AS severity
FROM hit h
JOIN held d ON d.participant_id = h.participant_id AND d.back = 1
ORDER BY severity DESC, d.participant_order, d.participant_id"""

# Late is after the deadline with its grace and outages; who has nothing to report is never late. It is found in the
# month in which it happens again, not for ever after.
LATE_RETURN = f"""
WITH {MONTHS.strip()},
deadline AS (
    SELECT m.back, m.id AS snapshot_id, p.id AS period_id,
           GREATEST(p.due_at + p.grace_hours * INTERVAL '1 hour', p.extended_until) AS due_at
    FROM month m
    JOIN snapshot s ON s.id = m.id
    JOIN reporting_period p ON p.id = s.period_id
),
came AS (
    SELECT u.participant_id, NULL::bigint AS agency_id, d.back,
           (r.submitted_at IS NULL OR r.submitted_at > d.due_at) AS is_late
    FROM deadline d
    JOIN snapshot_unit u ON u.snapshot_id = d.snapshot_id
    LEFT JOIN report r ON r.period_id = d.period_id AND r.participant_id = u.participant_id
    WHERE NOT %(by_agency)s AND EXISTS (
        SELECT 1 FROM snapshot_line l
        WHERE l.snapshot_id = d.snapshot_id AND l.participant_id = u.participant_id
          AND l.target_state IN ('assessed', 'text'))
    UNION ALL
    SELECT NULL, r.agency_id, d.back, (r.submitted_at IS NULL OR r.submitted_at > d.due_at)
    FROM deadline d
    JOIN report r ON r.period_id = d.period_id AND r.agency_id IS NOT NULL
    WHERE %(by_agency)s
)
SELECT participant_id, agency_id, NULL::bigint AS indicator_id, '' AS fund_rate, %(level)s AS level,
       NULL::numeric AS target, NULL::numeric AS actual, NULL::numeric AS rate, NULL::numeric AS line,
       'late' AS line_kind, NULL::numeric AS gap, COUNT(*) FILTER (WHERE is_late)::int AS times,
       COUNT(*)::int AS counted, COUNT(*) FILTER (WHERE is_late)::numeric AS severity
FROM came
GROUP BY participant_id, agency_id
HAVING COUNT(*) FILTER (WHERE is_late) >= %(times)s AND COUNT(*) FILTER (WHERE is_late AND back = 1) = 1
ORDER BY severity DESC, participant_id, agency_id"""

# What a unit and a bureau are after together is the unit's: a number of matters is counted over all of one unit.
OVERDUE = """
WITH open_matter AS (
    SELECT l.participant_id, CASE WHEN l.participant_id IS NULL THEN l.agency_id END AS agency_id, l.deadline,
           COALESCE(s.word || '〔' || s.year || '〕' || d.number || '号', l.matter) AS name
    FROM supervision_letter l
    JOIN document d ON d.id = l.document_id
    JOIN document_series s ON s.id = d.series_id
    WHERE %(what)s IN ('both', 'letter') AND l.state = 'issued'
      AND l.period_id IN (SELECT id FROM reporting_period WHERE programme_id = %(programme)s)
    UNION ALL
    SELECT participant_id, CASE WHEN participant_id IS NULL THEN agency_id END, deadline, '整改' || seq || '号'
    FROM rectification
    WHERE %(what)s IN ('both', 'rectification') AND programme_id = %(programme)s
      AND state NOT IN ('opened', 'reported', 'closed')
)
SELECT participant_id, agency_id, NULL::bigint AS indicator_id, '' AS fund_rate, %(level)s AS level,
       NULL::numeric AS target, NULL::numeric AS actual, NULL::numeric AS rate, NULL::numeric AS line,
       'overdue' AS line_kind, NULL::numeric AS gap, MAX(%(today)s::date - deadline)::int AS times,
       COUNT(*)::int AS counted, COUNT(*)::numeric AS severity,
       STRING_AGG(name, '、' ORDER BY deadline, name) AS matters
FROM open_matter
WHERE deadline <= %(today)s::date - GREATEST(%(days)s, 1) AND (participant_id IS NOT NULL OR agency_id IS NOT NULL)
GROUP BY participant_id, agency_id
HAVING COUNT(*) >= %(count)s
ORDER BY severity DESC, participant_id, agency_id"""

STATEMENTS = {
    "below_average": BELOW_AVERAGE,
    "last_places": LAST_PLACES,
    "behind": BEHIND,
    "rate_below": RATE_BELOW,
    "fund_below": FUND_BELOW,
    "late_return": LATE_RETURN,
    "overdue": OVERDUE,
}

#: What a kind needs to judge at all, in one row: how many it could judge, and how many lack something.
READY = {
    "below_average": """
        SELECT COUNT(DISTINCT indicator_id) FILTER (WHERE benchmark IS NOT NULL),
               COUNT(DISTINCT indicator_id) FILTER (WHERE benchmark IS NULL)
        FROM snapshot_line
        WHERE snapshot_id = %(snapshot)s AND assessed AND participant_kind <> 'whole' AND target_state = 'assessed'""",
    "last_places": """
        SELECT COUNT(*) FILTER (WHERE place IS NOT NULL), COUNT(*) FILTER (WHERE place IS NULL)
        FROM snapshot_unit WHERE snapshot_id = %(snapshot)s AND ranked""",
    "fund_below": """
        SELECT COUNT(*) FILTER (WHERE CASE %(line)s WHEN 'average' THEN gap_to_benchmark WHEN 'set' THEN gap_to_set
                                     WHEN 'schedule' THEN gap_to_expected ELSE rate END IS NOT NULL),
               COUNT(*)
        FROM snapshot_fund_rate
        WHERE snapshot_id = %(snapshot)s AND project_id IS NULL AND participant_kind <> 'whole'
          AND fund_kind || '-' || measure = %(fund_rate)s""",
}

#: How many snapshots the year has up to this one.
RUN = f"WITH {MONTHS.strip()} SELECT COUNT(*) FROM month"
