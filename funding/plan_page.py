"""What the pages of a plan show: lines by project and unit, sums, sums that do not agree, revisions, cost shares."""

from datetime import date
from itertools import groupby
from urllib.parse import urlencode

from django.db.models import Prefetch

from funding import rights
from funding.amounts import aligned, in_unit
from funding.funds import exclusion_phrases
from funding.models import CostShare, FundLine, FundPlan, PlanCheck
from funding.plan_sums import cell_plans, cost_share_lines, plan_check_sums, plan_sums
from funding.sources import FundKind, Source
from livelihood.access import is_city_office, oversees
from livelihood.models import User
from projects.models import Participant, Programme, SubProject

#: Units of money in addresses.
UNITS = {"yuan": "元", "wan": "万元", "yi": "亿元"}
KIND_LABELS = dict(FundKind.choices)
#: Beside a column of sums the lines that are not split by source need another name.
SOURCE_LABELS = dict(Source.choices) | {"total": "不分来源"}


def chosen_unit(code: str | None) -> str:
    """Return the unit an address asks for; 万元 is the usual one."""
    return UNITS.get(code or "", "万元")


def unit_code(unit: str) -> str:
    """Return how addresses write a unit of money."""
    return next(code for code, label in UNITS.items() if label == unit)


def unit_choices(unit: str) -> list[dict]:
    """Return the switch between 元, 万元 and 亿元."""
    return [{"label": label, "url": f"?unit={code}", "active": label == unit} for code, label in UNITS.items()]


def plan_table(programme: Programme, user: User, unit: str) -> dict:
    """Return the plan as far as the user sees it, by project, unit and kind, a column per source. Six queries.

    sources; money: the unit with as many places as its amounts need; projects: project, sums per kind, is_excluded,
    rows (unit, kind, cells by source, total); totals per kind; without_plan: lines without a plan in force.
    """
    lines = {line.pk: line for line in FundLine.objects.of_programme(programme).visible_to(user)}
    cells = cell_plans(programme=programme, lines=lines)
    rows = [row for row in cells if row["planned"] is not None]
    sums = plan_sums(programme=programme, lines=lines)
    used = {row["source"] for row in rows}
    sources = [code for code in Source.values if code in used]
    phrases = exclusion_phrases(programme)
    projects = []
    for project_id, of_project in groupby(rows, key=lambda row: row["project_id"]):
        places = groupby(of_project, key=lambda row: (row["sub_project_id"], row["participant_id"], row["kind"]))
        made = [_place([*cells], sources, lines) for _, cells in places]
        kinds = sorted({row["kind_code"] for row in made}, reverse=True)
        projects.append(
            {
                "project": lines[made[0]["line_id"]].sub_project.project,
                "rows": made,
                "is_excluded": any(row["is_excluded"] for row in made),
                "sums": [
                    {
                        "kind": KIND_LABELS[kind],
                        "total": sums[kind, project_id]["planned"],
                        "cells": [sums.get((kind, project_id, code), {}).get("planned") for code in sources],
                    }
                    for kind in kinds
                ],
            }
        )
    return {
        "money": aligned(unit, [row["planned"] for row in (*rows, *sums.values())]),
        "sources": [SOURCE_LABELS[code] for code in sources],
        "projects": projects,
        "totals": [
            {
                "label": label,
                "phrases": phrases.get(kind, []),
                **sums[(kind,)],
                "cells": [sums.get((kind, code), {}).get("planned") for code in sources],
            }
            for kind, label in FundKind.choices
            if (kind,) in sums
        ],
        "line_count": len(rows),
        "without_plan": [lines[row["line_id"]] for row in cells if row["planned"] is None],
    }


def _place(cells: list[dict], sources: list[str], lines: dict[int, FundLine]) -> dict:
    """Return one row of the table: a sub-project's money of one kind for one unit."""
    line, by_source = lines[cells[0]["line_id"]], {cell["source"]: cell for cell in cells}
    return {
        "line_id": line.pk,
        "sub_project": line.sub_project,
        "unit": line.participant,
        "kind": KIND_LABELS[line.kind],
        "kind_code": line.kind,
        "is_excluded": cells[0]["is_excluded"],
        "total": cells[0]["cell_planned"],
        "cells": [
            {"amount": by_source[code]["planned"], "line": lines[by_source[code]["line_id"]]}
            if code in by_source
            else None
            for code in sources
        ],
    }


def check_table(programme: Programme, user: User, unit: str) -> list[dict]:
    """Return the printed sums beside the plan, for who sees all units; `sentences` say what does not agree.

    Rows: title, by, printed, planned, parts [label, amount], sentences.
    """
    if not oversees(user, programme.owner_id):
        return []
    kept = list(
        PlanCheck.objects.filter(project__programme=programme).select_related("project", "sub_project", "participant")
    )
    parts = {}
    for row in kept:
        parts.setdefault((row.project_id, row.sub_project_id, row.participant_id, row.kind, row.by), []).append(row)
    found = []
    for row in plan_check_sums(programme=programme):
        key = (row["project_id"], row["sub_project_id"], row["participant_id"], row["kind"], row["by"])
        first = parts[key][0]
        found.append(
            row
            | {
                "title": f"{first.project}{f'（{first.sub_project}）' if first.sub_project else ''}",
                "unit": first.participant,
                "kind": KIND_LABELS[first.kind],
                "label": first.get_by_display(),
                "parts": parts[key],
                "sentences": _disagreements(first, row, unit),
                "query": urlencode(
                    {
                        "place": f"s{first.sub_project_id}" if first.sub_project_id else f"p{first.project_id}",
                        "participant": first.participant_id,
                        "kind": first.kind,
                    }
                ),
            }
        )
    return found


def _disagreements(check: PlanCheck, row: dict, unit: str) -> list[str]:
    """Say where a printed split differs from the printed total and from the plan's lines (R16)."""
    found = []
    printed = (
        f"{check.get_by_display()}{'' if check.by == PlanCheck.By.TOTAL else '相加'} {in_unit(row['printed'], unit)}"
    )
    if row["from_total"]:
        found.append(
            f"{printed} {unit}，印发合计 {in_unit(row['total'], unit)} {unit}，"
            f"相差 {in_unit(abs(row['from_total']), unit)} {unit}。"
        )
    if row["from_plan"]:
        found.append(
            f"{printed} {unit}，录入的计划 {in_unit(row['planned'], unit)} {unit}，"
            f"相差 {in_unit(abs(row['from_plan']), unit)} {unit}。"
        )
    return found


def line_history(line: FundLine) -> list[dict]:
    """Return a line's revisions, newest first; `is_current` marks the one in force at the year's end."""
    plans = list(line.plans.select_related("set_by").order_by("-revision"))
    current = FundPlan.objects.in_force(date(line.programme.year, 12, 31)).filter(fund_line=line).first()
    return [{"plan": plan, "is_current": plan == current} for plan in plans]


def share_tables(programme: Programme, user: User) -> list[dict]:
    """Return, per cost share, what each level owes per unit beside its plan, as far as the user sees. Four queries.

    Tables: share, levels, ratio (5:2:3), rows of unit and cells; the last one is the sum of all units.
    """
    if oversees(user, programme.owner_id):
        units = None
    else:
        units = [row.pk for row in Participant.objects.visible_to(user).filter(programme=programme)]
    shares = {
        share.pk: share
        for share in CostShare.objects.filter(sub_project__project__programme=programme)
        .select_related("sub_project__project", "indicator")
        .prefetch_related(Prefetch("levels"))
    }
    names = {row.pk: row for row in programme.participants.all()}
    tables = []
    for share_id, of_share in groupby(
        cost_share_lines(programme=programme, participants=units), key=lambda row: row["share_id"]
    ):
        share = shares[share_id]
        levels = list(share.levels.all())
        rows = [
            {"unit": names.get(participant, "合计"), "cells": [*cells]}
            for participant, cells in groupby(of_share, key=lambda row: row["participant_id"])
        ]
        tables.append({"share": share, "levels": levels, "ratio": ":".join(str(v.parts) for v in levels), "rows": rows})
    return tables


def office_context(programme: Programme, user: User) -> dict:
    """Return what decides which buttons a page of the plan shows."""
    return {
        "is_office": is_city_office(user, programme.owner_id),
        "may_enter": bool(rights.plan_units(user, programme)),
    }


def plan_items(programme: Programme) -> list[SubProject]:
    """Return the programme's sub-projects in printed order."""
    return list(
        SubProject.objects.filter(project__programme=programme)
        .select_related("project")
        .order_by("project__seq", "order", "id")
    )
