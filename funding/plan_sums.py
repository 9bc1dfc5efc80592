"""Sums of a plan in SQL: by project and source, beside the sums the paper prints, and beside what each level owes.

Amounts are 元, NUMERIC throughout; nothing is added up elsewhere.
"""

from collections.abc import Iterable
from datetime import date

from funding.fund_ctes import LINES_NOW
from funding.funds import fetch_rows, line_parameters
from projects.models import Programme


def plan_sums(
    *, programme: Programme, on: date | None = None, lines: Iterable[int] | None = None
) -> dict[tuple[str, ...], dict]:
    """Return the plan's sums in 元, exclusions included, by (kind,), (kind, source), (kind, project id) and
    (kind, project id, source); each {"planned", "counted_planned", "excluded_planned", "lines"}. One query.
    """
    statement = f"""WITH {LINES_NOW.strip()}
        SELECT kind, project_id, source, SUM(planned) AS planned,
               SUM(planned) FILTER (WHERE NOT is_excluded) AS counted_planned,
               SUM(planned) FILTER (WHERE is_excluded) AS excluded_planned, COUNT(planned) AS lines
        FROM fund_line_now
        WHERE planned IS NOT NULL
        GROUP BY GROUPING SETS ((kind), (kind, source), (kind, project_id), (kind, project_id, source))"""
    return {
        tuple(part for part in (row["kind"], row["project_id"], row["source"]) if part is not None): row
        for row in fetch_rows(statement, line_parameters(programme, None, on, lines))
    }


def cell_plans(*, programme: Programme, on: date | None = None, lines: Iterable[int] | None = None) -> list[dict]:
    """Return each line's plan in force with the sum of its place (sub-project × unit × kind), in printed order.

    Columns: line_id, participant_id, sub_project_id, project_id, kind, source, is_excluded, planned, cell_planned.
    """
    statement = f"""WITH {LINES_NOW.strip()}
        SELECT l.*, SUM(l.planned) OVER (PARTITION BY l.sub_project_id, l.participant_id, l.kind) AS cell_planned
        FROM fund_line_now l
        JOIN sub_project s ON s.id = l.sub_project_id
        ORDER BY l.project_seq, s.order, s.id, l.participant_order, l.participant_id, l.kind DESC,
                 l.source, l.line_id"""
    return fetch_rows(statement, line_parameters(programme, None, on, lines))


def plan_check_sums(*, programme: Programme, on: date | None = None) -> list[dict]:
    """Return the sums a paper prints, split by split, beside the printed total and the plan's lines (R16). One query.

    Rows per project, sub-project (or None), participant, kind and `by`: printed (the split's sum), total (the printed
    total or None), planned (the lines' sum, or None without lines), from_total and from_plan: what is missing to them.
    """
    statement = f"""WITH {LINES_NOW.strip()},
    split AS (
        SELECT k.project_id, k.sub_project_id, k.participant_id, k.kind, k.by, SUM(k.amount) AS printed
        FROM plan_check k
        JOIN project j ON j.id = k.project_id
        WHERE j.programme_id = %(programme)s
        GROUP BY k.project_id, k.sub_project_id, k.participant_id, k.kind, k.by
    ),
    beside AS (
        SELECT s.*, t.printed AS total,
               (SELECT SUM(l.planned) FROM fund_line_now l
                WHERE l.project_id = s.project_id AND l.kind = s.kind
                  AND (s.sub_project_id IS NULL OR l.sub_project_id = s.sub_project_id)
                  AND (u.kind = 'whole' OR l.participant_id = s.participant_id)) AS planned
        FROM split s
        JOIN participant u ON u.id = s.participant_id
        LEFT JOIN split t ON t.by = 'total' AND t.project_id = s.project_id AND t.kind = s.kind
            AND t.participant_id = s.participant_id AND t.sub_project_id IS NOT DISTINCT FROM s.sub_project_id
    )
    SELECT b.*, b.total - b.printed AS from_total, b.planned - b.printed AS from_plan
    FROM beside b
    JOIN project j ON j.id = b.project_id
    ORDER BY j.seq, b.sub_project_id NULLS FIRST, b.participant_id, b.kind DESC,
             array_position(ARRAY['total', 'category', 'source', 'quarter']::varchar[], b.by::varchar)"""
    return fetch_rows(statement, line_parameters(programme, None, on, None))


def excluded_sums(*, programme: Programme, lines: Iterable[int] | None = None) -> dict[tuple[int, int, str], object]:
    """Return what stays out of the rates: (exclusion id, sub-project id, kind) → the plan's 元 at the year's end."""
    statement = f"""WITH {LINES_NOW.strip()}
        SELECT e.id AS exclusion_id, l.sub_project_id, l.kind, SUM(l.planned) AS planned
        FROM fund_exclusion e
        JOIN fund_exclusion_sub_projects s ON s.fundexclusion_id = e.id
        JOIN fund_line_now l ON l.sub_project_id = s.subproject_id
        WHERE e.programme_id = %(programme)s
        GROUP BY e.id, l.sub_project_id, l.kind"""
    return {
        (row["exclusion_id"], row["sub_project_id"], row["kind"]): row["planned"]
        for row in fetch_rows(statement, line_parameters(programme, None, None, lines))
    }


def cost_share_lines(
    *, programme: Programme, on: date | None = None, participants: Iterable[int] | None = None
) -> list[dict]:
    """Return what each level should put up for each unit, beside what its plan says (R14). One query.

    Rows per cost share, participant and level: target (in the indicator's unit, None for a fixed sum), whole (元 to be
    shared), expected (the level's), planned (entered for that source, None when nothing is), difference (planned −
    expected). Rounded half-up to the 分, the last level bears the rest, so that the levels add up to the whole exactly.
    Where all units are asked for, rows without a participant hold their sums. Units without a task are left out (R4).
    """
    statement = f"""WITH {LINES_NOW.strip()},
    target_now AS (
        SELECT DISTINCT ON (t.indicator_id, t.participant_id) t.indicator_id, t.participant_id, t.state, t.value
        FROM cost_share h
        JOIN target t ON t.indicator_id = h.indicator_id
        WHERE t.valid_from <= %(on)s AND (t.valid_to IS NULL OR t.valid_to >= %(on)s)
        ORDER BY t.indicator_id, t.participant_id, t.revision DESC
    ),
    shared AS (
        SELECT h.id AS share_id, h.sub_project_id, h.kind, u.id AS participant_id, u.order AS participant_order,
               t.value AS target, ROUND(h.amount * COALESCE(t.value, 1), 2) AS whole
        FROM cost_share h
        JOIN sub_project s ON s.id = h.sub_project_id
        JOIN project j ON j.id = s.project_id
        JOIN participant u ON u.programme_id = j.programme_id AND u.kind <> 'whole'
        LEFT JOIN target_now t ON t.indicator_id = h.indicator_id AND t.participant_id = u.id
            AND t.state = 'assessed' AND t.value IS NOT NULL
        WHERE j.programme_id = %(programme)s AND (h.indicator_id IS NULL OR t.value IS NOT NULL)
          AND (u.joins_on IS NULL OR u.joins_on <= %(on)s) AND (u.leaves_on IS NULL OR u.leaves_on >= %(on)s)
          AND (%(participants)s::bigint[] IS NULL OR u.id = ANY(%(participants)s::bigint[]))
    ),
    level AS (
        SELECT v.cost_share_id, v.source, v.order, v.id, v.parts, SUM(v.parts) OVER w AS all_parts,
               ROW_NUMBER() OVER (PARTITION BY v.cost_share_id ORDER BY v.order DESC, v.id DESC) = 1 AS is_last
        FROM cost_share_level v
        WINDOW w AS (PARTITION BY v.cost_share_id)
    ),
    rounded AS (
        SELECT s.*, v.source, v.order, v.id AS level_id, v.is_last,
               div(200 * s.whole * v.parts + v.all_parts, 2 * v.all_parts) * 0.01 AS part
        FROM shared s
        JOIN level v ON v.cost_share_id = s.share_id
    ),
    expected AS (
        SELECT r.*,
               CASE WHEN r.is_last
                    THEN r.whole - COALESCE(SUM(r.part) FILTER (WHERE NOT r.is_last)
                                            OVER (PARTITION BY r.share_id, r.participant_id), 0)
                    ELSE r.part END AS expected
        FROM rounded r
    ),
    detail AS (
        SELECT e.share_id, e.sub_project_id, e.kind, e.participant_id, e.participant_order, e.source, e.order,
               e.level_id, e.target, e.whole, e.expected, l.planned, l.planned - e.expected AS difference
        FROM expected e
        LEFT JOIN fund_line_now l ON l.sub_project_id = e.sub_project_id AND l.participant_id = e.participant_id
            AND l.kind = e.kind AND l.source = e.source
    )
    SELECT * FROM detail
    UNION ALL
    SELECT share_id, sub_project_id, kind, NULL, NULL, source, "order", level_id, SUM(target), SUM(whole),
           SUM(expected), SUM(planned), SUM(planned) - SUM(expected)
    FROM detail
    WHERE %(participants)s::bigint[] IS NULL
    GROUP BY share_id, sub_project_id, kind, source, "order", level_id
    ORDER BY share_id, participant_order NULLS LAST, participant_id, "order", level_id"""
    parameters = line_parameters(programme, None, on, None)
    parameters["participants"] = None if participants is None else list(participants)
    return fetch_rows(statement, parameters)
