"""Places, gaps and lists in SQL: the one text of R5, R8, R9, for figures and for money alike.

What is placed is a `subject`: the columns that say which lines stand against each other (an indicator; one rate of
money). The relation `yardsticks` gives participant_kind and _order, assessed, rate, is_zero_best, is_sum,
has_exclusions, expected_rate, city_rate, compared, benchmark, benchmark_measure and direction.
"""


def placed(subject: str, counted: str = "assessed") -> str:
    """Return the CTEs `placeable` and `placed` over `yardsticks`; `counted`: SQL for which lines take part.

    R8: competition places among the assessed lines with a rate; an at_most line at zero stands before every finite
    rate. R9: strictly worse on the compared value; a value that should be low is worse when it is more. A sum with
    exclusions is compared with nothing (R5).
    """
    return f"""
placeable AS (
    SELECT y.*,
           (participant_kind <> 'whole' AND {counted} AND (rate IS NOT NULL OR is_zero_best))
               AS is_placed,
           (is_sum AND has_exclusions) AS is_incomplete
    FROM yardsticks y
    OFFSET 0
),
placed AS (
    SELECT p.*,
           CASE WHEN is_placed
                THEN RANK() OVER (PARTITION BY {subject}, is_placed
                                  ORDER BY is_zero_best DESC, rate DESC)
           END AS place,
           CASE WHEN NOT is_incomplete THEN rate - expected_rate END AS gap_to_expected,
           CASE WHEN NOT is_incomplete THEN compared - benchmark END AS gap_to_benchmark,
           CASE WHEN participant_kind <> 'whole' THEN rate - city_rate END AS gap_to_city,
           CASE WHEN is_incomplete THEN NULL
                WHEN benchmark_measure = 'value' AND direction = 'at_most'
                THEN compared > benchmark
                WHEN is_zero_best AND benchmark_measure = 'rate' THEN FALSE
                ELSE compared < benchmark END AS below_benchmark
    FROM placeable p
)"""


def listed(subject: str, source: str) -> str:
    """Return the CTE `listed`: per subject the participants below the average, as `below_list`.

    Worst first, equal figures in official order, never the whole; no benchmark, no list (R9, R10).
    """
    return f"""
listed AS (
    SELECT {subject},
           COALESCE(jsonb_agg(participant_id ORDER BY
               CASE WHEN benchmark_measure = 'value' AND direction = 'at_most'
                    THEN -compared ELSE compared END, participant_order, participant_id)
               FILTER (WHERE below_benchmark), '[]'::jsonb) AS below_list
    FROM {source}
    WHERE participant_kind <> 'whole' AND benchmark IS NOT NULL
    GROUP BY {subject}
)"""
