"""Money in SQL: the chain 计划→到位→拨付→支出, its rates (R14) and the sums of a plan. Nothing is added up elsewhere.

One statement of named CTEs in a fixed order:

    scope → fund_plan_now → excluded → fund_line_now → fund_stage_now → line_stage → atom → measured
          → unit_part → grouped

`atom` is what a rate may use or leave out as a whole (R5). For units, projects and the total it is the money of one
kind for a sub-project of a unit: a stage counts only when all its planned parts are reported, so that half a sum never
stands against a whole plan. For lines and sources it is the line itself. An atom without a plan has no task (R4); one
with a plan and without figures is left out of both sides and named; excluded ones are out of everything but the
column `excluded_planned`. All amounts are 元, NUMERIC throughout.
"""

from collections.abc import Iterable
from datetime import date

from django.db import connection

from funding.labels import MEASURES, denominators_of, rate_label
from funding.models import FundExclusion
from projects.models import Programme, Report, ReportingPeriod
from projects.progress import FINENESS, printed

#: What rows may stand for → the columns that make them.
GROUPS = {
    "total": (),
    "unit": ("participant_order", "participant_id"),
    "project": ("project_seq", "project_id"),
    "unit_project": ("participant_order", "participant_id", "project_seq", "project_id"),
    "source": ("source",),
    "line": ("line_id",),
}
#: Groups whose atoms are single lines: there the source says which money is meant.
_BY_LINE = {"source", "line"}

LINES_NOW = f"""
{FINENESS.strip()},
scope AS (
    SELECT n.scale, n.step
    FROM programme g
    JOIN fineness n ON n.decimals = g.decimals
    WHERE g.id = %(programme)s
),
fund_plan_now AS (
    SELECT DISTINCT ON (p.fund_line_id) p.fund_line_id, p.revision, p.amount
    FROM fund_line l
    JOIN fund_plan p ON p.fund_line_id = l.id
    WHERE l.programme_id = %(programme)s
      AND p.valid_from <= %(on)s AND (p.valid_to IS NULL OR p.valid_to >= %(on)s)
    ORDER BY p.fund_line_id, p.revision DESC
),
excluded AS (
    SELECT DISTINCT s.subproject_id AS sub_project_id
    FROM fund_exclusion e
    JOIN fund_exclusion_sub_projects s ON s.fundexclusion_id = e.id
    WHERE e.programme_id = %(programme)s
),
fund_line_now AS (
    SELECT l.id AS line_id, l.participant_id, u.order AS participant_order, l.sub_project_id,
           j.id AS project_id, j.seq AS project_seq, l.source, l.kind,
           x.sub_project_id IS NOT NULL AS is_excluded, n.amount AS planned
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

STAGES_NOW = """
fund_stage_now AS (
    SELECT f.fund_line_id, f.stage, f.value
    FROM fund_figure f
    JOIN report r ON r.id = f.report_id
    WHERE f.period_id = %(period)s AND f.state = 'reported' AND r.state = ANY(%(counted)s)
),
stage (stage) AS (VALUES ('received'), ('disbursed'), ('spent')),
reported_sources AS (
    SELECT l.participant_id, l.sub_project_id, l.kind, f.stage, array_agg(l.source) AS sources
    FROM fund_stage_now f
    JOIN fund_line_now l ON l.line_id = f.fund_line_id
    GROUP BY l.participant_id, l.sub_project_id, l.kind, f.stage
),
line_stage AS (
    SELECT l.*, s.stage, f.value,
           COALESCE((
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

MEASURED = """
chosen (measure, denominator) AS (
    SELECT * FROM unnest(%(measures)s::varchar[], %(denominators)s::varchar[])
),
measured AS (
    SELECT a.*, m.measure, m.denominator AS divided_by,
           NOT a.is_excluded AND a.planned IS NOT NULL AS has_task,
           CASE m.measure WHEN 'received' THEN a.received WHEN 'disbursed' THEN a.disbursed ELSE a.spent END AS num,
           CASE m.denominator WHEN 'planned' THEN a.planned WHEN 'received' THEN a.received
                ELSE a.disbursed END AS den
    FROM atom a
    CROSS JOIN chosen m
)"""


def _grouped(columns: tuple[str, ...]) -> str:
    """Return the CTEs that add atoms up to units and then to the wanted rows (R5, R6: pooled, never a mean)."""
    keys = "".join(f"{column}, " for column in columns)
    units = keys + ("" if "participant_id" in columns else "participant_order, participant_id, ")
    amounts = ("planned", *MEASURES)
    return f"""
unit_part AS (
    SELECT {units}kind, measure, divided_by,
           {", ".join(f"SUM({name}) FILTER (WHERE NOT is_excluded) AS {name}" for name in amounts)},
           SUM(planned) FILTER (WHERE is_excluded) AS excluded_planned,
           SUM(num) FILTER (WHERE has_task AND num IS NOT NULL AND den IS NOT NULL) AS num,
           SUM(den) FILTER (WHERE has_task AND num IS NOT NULL AND den IS NOT NULL) AS den,
           SUM(planned) FILTER (WHERE has_task) AS full_plan,
           COUNT(*) FILTER (WHERE has_task) AS tasks,
           COUNT(*) FILTER (WHERE has_task AND (num IS NULL OR den IS NULL)) AS missing
    FROM measured
    GROUP BY {units}kind, measure, divided_by
),
grouped AS (
    SELECT {keys}kind, measure, divided_by,
           {", ".join(f"SUM({name}) AS {name}" for name in amounts)},
           SUM(excluded_planned) AS excluded_planned, SUM(num) AS num, SUM(den) AS den,
           SUM(full_plan) AS full_plan, SUM(tasks)::int AS tasks, SUM(missing)::int AS missing,
           array_agg(participant_id ORDER BY participant_order, participant_id)
               FILTER (WHERE missing > 0 AND missing = tasks) AS excluding,
           array_agg(participant_id ORDER BY participant_order, participant_id)
               FILTER (WHERE missing > 0 AND missing < tasks) AS in_part
    FROM unit_part
    GROUP BY {keys}kind, measure, divided_by
)"""


def fund_rates(
    *,
    programme: Programme,
    by: str,
    period: ReportingPeriod | None = None,
    on: date | None = None,
    lines: Iterable[int] | None = None,
    counted: Iterable[str] = Report.COUNTED,
    denominators: dict[str, str] | None = None,
) -> list[dict]:
    """Return chain and rates, a row per group, kind and measure, in official order. One query.

    `by`: total, unit, project, unit_project, source or line. Plans are those in force on `on` (default: the period's
    end, else the year's); without a period there are no figures. `lines` limits to the lines of a reader's scope.
    `counted`: states of reports whose figures count. `denominators`: measure → denominator where a paper says another
    than the programme's.

    Columns: the group's ids, kind, measure, denominator, label (R14: names denominator and exclusions); planned,
    received, disbursed, spent in 元 without exclusions, excluded_planned; num and den behind the rate; rate as printed
    (R7) or None; rate_with_missing (R5, against the full plan) where something is missing; tasks and missing counts;
    excluding and in_part: ids of units wholly and partly unreported.
    """
    columns = GROUPS[by]
    chosen = denominators_of(programme) | (denominators or {})
    statement = "WITH " + ",\n".join(
        [
            LINES_NOW.strip(),
            STAGES_NOW.strip(),
            (ATOM_BY_LINE if by in _BY_LINE else ATOM_BY_CELL).strip(),
            MEASURED.strip(),
            _grouped(columns).strip(),
        ]
    )
    keys = "".join(f"g.{column}, " for column in columns)
    statement += f"""
        SELECT {keys}g.kind, g.measure, g.divided_by AS denominator, g.planned, g.received, g.disbursed, g.spent,
               g.excluded_planned, g.num, g.den, CASE WHEN g.num IS NOT NULL AND g.den IS NOT NULL
                    THEN {printed("g.num", "g.den")} END AS rate,
               CASE WHEN g.missing > 0 AND g.divided_by = 'planned' AND g.num IS NOT NULL
                    THEN {printed("g.num", "g.full_plan")} END AS rate_with_missing,
               g.tasks, g.missing, COALESCE(g.excluding, '{{}}') AS excluding, COALESCE(g.in_part, '{{}}') AS in_part
        FROM grouped g
        CROSS JOIN scope c
        ORDER BY {keys}g.kind DESC, array_position(%(measures)s::varchar[], g.measure::varchar)"""
    parameters = line_parameters(programme, period, on, lines) | {
        "counted": [str(state) for state in counted],
        "measures": list(MEASURES),
        "denominators": [chosen[measure] for measure in MEASURES],
    }
    phrases = exclusion_phrases(programme)
    rows = fetch_rows(statement, parameters)
    for row in rows:
        row["label"] = rate_label(row["measure"], row["denominator"], phrases.get(row["kind"], ()), kind=row["kind"])
    return rows


def matching_ratios(amounts: dict[str, object], *, published, decimals: int) -> list[tuple[str, str]]:
    """Return the (measure, denominator) pairs whose ratio, printed at `decimals`, is the published rate (R14, R17).

    `amounts`: stage → 元. What a paper calls 到位率 may be 拨付÷到位: an empty list says that nothing explains it.
    """
    statement = f"""WITH {FINENESS.strip()},
    amount (stage, nth, value) AS (
        SELECT * FROM unnest(%(stages)s::varchar[], %(order)s::int[], %(values)s::numeric[])
    )
    SELECT n.stage AS measure, d.stage AS denominator
    FROM amount n
    JOIN amount d ON d.nth < n.nth
    JOIN fineness c ON c.decimals = %(decimals)s
    WHERE {printed("n.value", "d.value")} = %(published)s
    ORDER BY n.nth, d.nth"""
    order = ["planned", *MEASURES]
    parameters = {
        "stages": list(amounts),
        "order": [order.index(stage) for stage in amounts],
        "values": list(amounts.values()),
        "decimals": decimals,
        "published": published,
    }
    return [(row["measure"], row["denominator"]) for row in fetch_rows(statement, parameters)]


def exclusion_phrases(programme: Programme) -> dict[str, list[str]]:
    """Return kind → the phrases printed behind its rates; a phrase stands only where it leaves something out."""
    found: dict[str, list[str]] = {}
    rows = (
        FundExclusion.objects.filter(programme=programme, sub_projects__fund_lines__isnull=False)
        .order_by("id")
        .values_list("sub_projects__fund_lines__kind", "phrase")
        .distinct()
    )
    for kind, phrase in rows:
        if phrase not in found.setdefault(kind, []):
            found[kind].append(phrase)
    return found


def line_parameters(programme: Programme, period, on: date | None, lines) -> dict:
    """Return the parameters of `LINES_NOW`; the day is the period's end, else the year's."""
    return {
        "programme": programme.pk,
        "period": period.pk if period else None,
        "on": on or (period.ends_on if period else date(programme.year, 12, 31)),
        "lines": None if lines is None else list(lines),
    }


def fetch_rows(statement: str, parameters: dict) -> list[dict]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
