"""Money in SQL: the chain 计划→到位→拨付→支出, its rates (R14) and the sums of a plan. Nothing is added up elsewhere.

One statement of named CTEs in a fixed order, whose text is in fund_ctes.py.

`atom` is what a rate may use or leave out as a whole (R5). For units, projects and the total it is the money of one
kind for a sub-project of a unit: a stage counts only when all its planned parts are reported, so that half a sum never
stands against a whole plan. For lines and sources it is the line itself. An atom without a plan has no task (R4); one
with a plan and without figures is left out of both sides and named; excluded ones are out of everything but the
column `excluded_planned`. All amounts are 元, NUMERIC throughout.
"""

from collections.abc import Iterable
from datetime import date

from django.db import connection

from funding.fund_ctes import FUND_SCOPE, fund_ctes, sums
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
    (R7) or None; rate_with_missing (R5, against the full denominator where it is known) where something is missing;
    tasks and missing counts; excluding and in_part: ids of units wholly and partly unreported.
    """
    columns = GROUPS[by]
    chosen = denominators_of(programme) | (denominators or {})
    ctes = [FINENESS, FUND_SCOPE, *fund_ctes(frozen=False, by_line=by in _BY_LINE), sums(columns)]
    statement = "WITH " + ",\n".join(text.strip() for text in ctes)
    keys = "".join(f"g.{column}, " for column in columns)
    statement += f"""
        SELECT {keys}g.kind, g.measure, g.divided_by AS denominator, g.planned, g.received, g.disbursed, g.spent,
               g.excluded_planned, g.num, g.den, {printed("g.num", "g.den")} AS rate,
               CASE WHEN g.missing > 0
                    THEN {printed("g.num", "g.full_den")} END AS rate_with_missing,
               g.tasks, g.missing, COALESCE(g.excluding, '{{}}') AS excluding, COALESCE(g.in_part, '{{}}') AS in_part
        FROM grouped g
        CROSS JOIN scope c
        ORDER BY {keys}g.kind DESC, array_position(%(measures)s::varchar[], g.measure::varchar)"""
    parameters = line_parameters(programme, period, on, lines) | {
        "counted": [str(state) for state in counted],
        "measures": list(MEASURES),
        "denominators": [chosen[measure] for measure in MEASURES],
    }
    rows = fetch_rows(statement, parameters)
    phrases = exclusion_phrases(programme)
    for row in rows:
        row["label"] = rate_label(row["measure"], row["denominator"], phrases.get(row["kind"], ()), kind=row["kind"])
    return rows


def place_sums(period: ReportingPeriod, lines: Iterable[int]) -> list[dict]:
    """Return the sums of the money of one kind for a sub-project of a unit, over the lines (ids). One query.

    The lines are all of their place. Columns: participant_id, sub_project_id, kind; sources: how many lines; planned,
    disbursed and spent in 元, a stage only when all its planned parts are reported (R5), whatever the report's state;
    paid and used: 拨付 and 支出 against the plan as printed (R7).
    """
    ctes = [FINENESS, FUND_SCOPE, *fund_ctes(frozen=False)]
    statement = "WITH " + ",\n".join(text.strip() for text in ctes)
    statement += f"""
        SELECT a.participant_id, a.sub_project_id, a.kind, a.planned, a.disbursed, a.spent,
               {printed("a.disbursed", "a.planned")} AS paid, {printed("a.spent", "a.planned")} AS used,
               (SELECT COUNT(*) FROM fund_line_now l
                WHERE l.participant_id = a.participant_id AND l.sub_project_id = a.sub_project_id AND l.kind = a.kind
                  AND (l.planned IS NOT NULL OR l.line_id IN (SELECT fund_line_id FROM fund_stage_now))) AS sources
        FROM atom a
        CROSS JOIN scope c"""
    parameters = line_parameters(period.programme, period, None, lines) | {
        "counted": [str(state) for state in Report.State.values],
        "measures": list(MEASURES),
        "denominators": list(denominators_of(period.programme).values()),
    }
    return fetch_rows(statement, parameters)


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
        .order_by("sub_projects__project__seq", "phrase")
        .values_list("sub_projects__fund_lines__kind", "phrase")
        .distinct()
    )
    for kind, phrase in rows:
        if phrase not in found.setdefault(kind, []):
            found[kind].append(phrase)
    return found


def line_parameters(programme: Programme, period, on: date | None, lines) -> dict:
    """Return the parameters of the lines' CTEs; the day is the period's end, else the year's."""
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
