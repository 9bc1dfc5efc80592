"""The named CTEs of every statement over money: lines, stages, atoms, measures, sums. Text only.

    fund_plan_now → excluded → fund_line_now → fund_stage_now → line_stage → atom → chosen → measured
                  → unit_part → grouped

`fund_line_now`, `fund_stage_now` and `chosen` have two bodies: the live tables, or what a snapshot has frozen.
"""

from funding.labels import MEASURES
from projects.progress import FINENESS

FUND_SCOPE = """
scope AS (
    SELECT n.scale, n.step
    FROM programme g
    JOIN fineness n ON n.decimals = g.decimals
    WHERE g.id = %(programme)s
)"""

PLANNED_NOW = """
fund_plan_now AS (
    SELECT DISTINCT ON (p.fund_line_id) p.fund_line_id, p.revision, p.amount
    FROM fund_line l
    JOIN fund_plan p ON p.fund_line_id = l.id
    WHERE l.programme_id = %(programme)s
      AND (%(lines)s::bigint[] IS NULL OR l.id = ANY(%(lines)s::bigint[]))
      AND p.valid_from <= %(on)s AND (p.valid_to IS NULL OR p.valid_to >= %(on)s)
    ORDER BY p.fund_line_id, p.revision DESC
),
excluded AS (
    SELECT s.subproject_id AS sub_project_id, MIN(e.phrase) AS phrase
    FROM fund_exclusion e
    JOIN fund_exclusion_sub_projects s ON s.fundexclusion_id = e.id
    WHERE e.programme_id = %(programme)s
    GROUP BY s.subproject_id
),
fund_line_now AS (
    SELECT l.id AS line_id, l.participant_id, u.order AS participant_order, l.sub_project_id,
           j.id AS project_id, j.seq AS project_seq, l.source, l.kind,
           COALESCE(x.phrase, '') AS phrase, x.sub_project_id IS NOT NULL AS is_excluded, n.amount AS planned
    FROM fund_line l
    JOIN participant u ON u.id = l.participant_id
    JOIN sub_project s ON s.id = l.sub_project_id
    JOIN project j ON j.id = s.project_id
    LEFT JOIN fund_plan_now n ON n.fund_line_id = l.id
    LEFT JOIN excluded x ON x.sub_project_id = l.sub_project_id
    WHERE l.programme_id = %(programme)s
      AND (%(lines)s::bigint[] IS NULL OR l.id = ANY(%(lines)s::bigint[]))
      AND (u.joins_on IS NULL OR u.joins_on <= %(on)s) AND (u.leaves_on IS NULL OR u.leaves_on >= %(on)s)
)"""

#: What a statement over plans alone begins with.
LINES_NOW = ",\n".join(text.strip() for text in (FINENESS, FUND_SCOPE, PLANNED_NOW))

STAGES_LIVE = """
fund_stage_now AS (
    SELECT f.fund_line_id, f.stage, f.value
    FROM fund_figure f
    JOIN report r ON r.id = f.report_id
    WHERE f.period_id = %(period)s AND f.state = 'reported' AND r.state = ANY(%(counted)s)
      AND (%(lines)s::bigint[] IS NULL OR f.fund_line_id = ANY(%(lines)s::bigint[]))
)"""

LINES_FROZEN = """
fund_line_now AS (
    SELECT fund_line_id AS line_id, participant_id, participant_order, sub_project_id, project_id, project_seq,
           source, kind, phrase, phrase <> '' AS is_excluded, planned
    FROM snapshot_fund
    WHERE snapshot_id = %(snapshot)s
),
fund_stage_now AS (
    SELECT s.fund_line_id, v.stage, v.value
    FROM snapshot_fund s
    CROSS JOIN LATERAL (VALUES ('received', s.received), ('disbursed', s.disbursed),
                               ('spent', s.spent)) v (stage, value)
    WHERE s.snapshot_id = %(snapshot)s AND v.value IS NOT NULL
)"""

# A stage counts as reported for a line when its own source, one that holds it or one it holds is.
LINE_STAGE = """
stage (stage) AS (VALUES ('received'), ('disbursed'), ('spent')),
reported_sources AS (
    SELECT l.participant_id, l.sub_project_id, l.kind, f.stage, array_agg(l.source) AS sources
    FROM fund_stage_now f
    JOIN fund_line_now l ON l.line_id = f.fund_line_id
    GROUP BY l.participant_id, l.sub_project_id, l.kind, f.stage
),
line_stage AS (
    SELECT l.*, s.stage, f.value,
           f.value IS NOT NULL OR COALESCE((
               SELECT bool_or(o.source = l.source OR fund_source_holds(o.source, l.source)
                              OR fund_source_holds(l.source, o.source))
               FROM unnest(r.sources) AS o (source)
           ), FALSE) AS is_covered
    FROM fund_line_now l
    CROSS JOIN stage s
    LEFT JOIN fund_stage_now f ON f.fund_line_id = l.line_id AND f.stage = s.stage
    LEFT JOIN reported_sources r ON r.participant_id = l.participant_id AND r.sub_project_id = l.sub_project_id
        AND r.kind = l.kind AND r.stage = s.stage
)"""


def _stage_columns(whole: bool) -> str:
    """Return SQL for the three stages of an atom; `whole`: only when every planned part is there."""
    gap = "bool_or(planned > 0 AND NOT is_covered) FILTER (WHERE stage = '{0}')" if whole else "FALSE"
    return ",\n           ".join(
        f"CASE WHEN {gap.format(stage)} THEN NULL ELSE SUM(value) FILTER (WHERE stage = '{stage}') END AS {stage}"
        for stage in MEASURES
    )


_PLACE = "participant_id, participant_order, sub_project_id, project_id, project_seq, kind, is_excluded"
# Each line stands once per stage: its plan is taken at one of them.
_PLANNED = "SUM(planned) FILTER (WHERE stage = 'received') AS planned"

ATOM_BY_CELL = f"""
atom AS (
    SELECT {_PLACE}, {_PLANNED},
           {_stage_columns(True)}
    FROM line_stage
    GROUP BY {_PLACE}
)"""

ATOM_BY_LINE = f"""
atom AS (
    SELECT {_PLACE}, line_id, source, {_PLANNED},
           {_stage_columns(False)}
    FROM line_stage
    GROUP BY {_PLACE}, line_id, source
)"""

CHOSEN_LIVE = """
chosen (measure, denominator) AS (
    SELECT * FROM unnest(%(measures)s::varchar[], %(denominators)s::varchar[])
)"""

CHOSEN_FROZEN = """
chosen (measure, denominator) AS (
    SELECT DISTINCT measure, denominator FROM snapshot_fund_rate WHERE snapshot_id = %(snapshot)s
)"""

MEASURED = """
atom_measured AS (
    SELECT a.*, m.measure, m.denominator AS divided_by,
           NOT a.is_excluded AND a.planned IS NOT NULL AS has_task,
           CASE m.measure WHEN 'received' THEN a.received WHEN 'disbursed' THEN a.disbursed ELSE a.spent END AS num,
           CASE m.denominator WHEN 'planned' THEN a.planned WHEN 'received' THEN a.received
                ELSE a.disbursed END AS den
    FROM atom a
    CROSS JOIN chosen m
),
measured AS (
    SELECT d.*, has_task AND num IS NOT NULL AND den IS NOT NULL AS is_counted
    FROM atom_measured d
)"""

_AMOUNTS = ("planned", *MEASURES)


def sums(columns: tuple[str, ...], sets: tuple[tuple[str, ...], ...] = ((),)) -> str:
    """Return the CTEs that add atoms up to units and then to the wanted rows (R5, R6: pooled, never a mean).

    `columns` make a row; `sets` are the parts of them a row may be made of: with ((), columns) the rows of all columns
    stand beside those of none, the missing columns NULL.
    """
    keys = "".join(f"{column}, " for column in columns)
    unit_columns = [column for column in ("participant_order", "participant_id") if column not in columns]
    units = keys + "".join(f"{column}, " for column in unit_columns)
    chosen = [tuple(columns)] if sets == ((),) else sets
    grouping = ", ".join(f"({', '.join([*part, *unit_columns, 'kind', 'measure', 'divided_by'])})" for part in chosen)
    return f"""
unit_part AS (
    SELECT {units}kind, measure, divided_by,
           {", ".join(f"SUM({name}) FILTER (WHERE NOT is_excluded) AS {name}" for name in _AMOUNTS)},
           {", ".join(f"SUM({name}) FILTER (WHERE is_counted) AS counted_{name}" for name in _AMOUNTS)},
           SUM(planned) FILTER (WHERE is_excluded) AS excluded_planned,
           SUM(num) FILTER (WHERE is_counted) AS num,
           SUM(den) FILTER (WHERE is_counted) AS den,
           SUM(planned) FILTER (WHERE has_task) AS full_plan,
           CASE WHEN NOT bool_or(has_task AND den IS NULL) THEN SUM(den) FILTER (WHERE has_task) END AS full_den,
           COUNT(*) FILTER (WHERE has_task) AS tasks,
           COUNT(*) FILTER (WHERE has_task AND NOT is_counted) AS missing
    FROM measured
    GROUP BY GROUPING SETS ({grouping})
),
grouped AS (
    SELECT {keys}kind, measure, divided_by,
           {", ".join(f"SUM({name}) AS {name}" for name in _AMOUNTS)},
           {", ".join(f"SUM(counted_{name}) AS counted_{name}" for name in _AMOUNTS)},
           SUM(excluded_planned) AS excluded_planned, SUM(num) AS num, SUM(den) AS den,
           SUM(full_plan) AS full_plan,
           CASE WHEN NOT bool_or(tasks > 0 AND full_den IS NULL) THEN SUM(full_den) END AS full_den,
           SUM(tasks)::int AS tasks, SUM(missing)::int AS missing,
           array_agg(participant_id ORDER BY participant_order, participant_id)
               FILTER (WHERE missing > 0 AND missing = tasks) AS excluding,
           array_agg(participant_id ORDER BY participant_order, participant_id)
               FILTER (WHERE missing > 0 AND missing < tasks) AS in_part
    FROM unit_part
    GROUP BY {keys}kind, measure, divided_by
)"""


def fund_ctes(*, frozen: bool, by_line: bool = False) -> list[str]:
    """Return the CTEs from the lines to `measured`, over the live tables or over a snapshot's money."""
    head = [LINES_FROZEN] if frozen else [PLANNED_NOW, STAGES_LIVE]
    atom = ATOM_BY_LINE if by_line else ATOM_BY_CELL
    return [text.strip() for text in (*head, LINE_STAGE, atom, CHOSEN_FROZEN if frozen else CHOSEN_LIVE, MEASURED)]
