"""One project's money beside its progress, unit by unit, and where the two do not go together."""

from itertools import groupby

from funding.amounts import aligned
from funding.fund_checks import HARDLY_PAID
from funding.funds import fund_rates
from funding.models import FundLine
from funding.overview_page import overview_row, rate_heads, row_amounts
from funding.sources import FundKind
from projects.entry_progress import own_lines
from projects.models import Indicator, Participant, Project, Report, ReportingPeriod


def project_tables(
    project: Project, period: ReportingPeriod, *, lines: list[int] | None, expected, unit: str
) -> list[dict]:
    """Return a table per kind of money and what its units have done so far. Nine queries at most.

    Tables: label, heads, unit, rows (name, amounts, rates, progress, marks), total. progress: the printed rates
    [indicator, rate, word, expected, is_behind]. Progress is shown where the money is the reader's to see.
    """
    programme = project.programme
    own = FundLine.objects.filter(programme=programme, sub_project__project=project)
    if lines is not None:
        own = own.filter(pk__in=lines)
    places = list(own.values_list("pk", "participant_id", "sub_project_id"))
    seen = {place[1:] for place in places}
    options = {"programme": programme, "period": period, "lines": [pk for pk, *_ in places]}
    units = {row.pk: row for row in Participant.objects.filter(programme=programme).order_by("order")}
    progress = _progress(project, period, seen)
    totals = {
        kind: list(rows) for kind, rows in groupby(fund_rates(by="total", **options), key=lambda row: row["kind"])
    }
    # 拨付÷计划 whatever the programme divides by: this is about work done and money paid, not about the label.
    paid = {
        (row["kind"], row["participant_id"]): row["rate"]
        for row in fund_rates(by="unit", denominators={"disbursed": "planned"}, **options)
        if row["measure"] == "disbursed"
    }
    rows: dict[str, list[dict]] = {}
    by_unit = groupby(fund_rates(by="unit", **options), key=lambda row: (row["kind"], row["participant_id"]))
    for (kind, participant), of_unit in by_unit:
        made = overview_row([*of_unit], expected, units) | {
            "name": units[participant].printed_name,
            "progress": [],
            "slowest": None,
            "attained": 0,
            "marks": [],
        }
        if kind == FundKind.PROJECT:
            made["progress"] = lines_of = progress.get(participant, [])
            made["attained"] = sum(1 for row in lines_of if row["is_attained"])
            rated = [row for row in lines_of if row["rate"] is not None]
            made["slowest"] = min(rated, key=lambda row: row["rate"]) if rated else None
            made["marks"] = mismatches(made["progress"], paid[kind, participant])
        rows.setdefault(kind, []).append(made)
    tables = []
    for kind, label in FundKind.choices:
        if kind in totals:
            total = overview_row(totals[kind], expected, units)
            tables.append(
                {
                    "kind": kind,
                    "label": label,
                    "heads": rate_heads(totals[kind]),
                    "unit": aligned(unit, row_amounts([*rows[kind], total])),
                    "rows": rows[kind],
                    "total": total,
                    "marked": sum(1 for row in rows[kind] if row["marks"]),
                }
            )
    return tables


def mismatches(progress: list[dict], paid) -> list[dict]:
    """Return what does not go together, as sign, word and sentence; `paid`: 拨付÷计划 as printed, None when unknown.

    Judged on printed rates (R7): everything done and hardly paid; paid further than even the foremost indicator is.
    """
    judged = [row for row in progress if row["rate"] is not None or row["is_attained"]]
    if paid is None or not judged:
        return []
    if all(row["is_attained"] for row in progress) and paid <= HARDLY_PAID:
        return [
            {
                "sign": "▼",
                "word": "完成未付",
                "sentence": f"任务已全部完成，资金只拨付了计划的 {paid}%（不超过 {HARDLY_PAID}%）。",
            }
        ]
    foremost = max((row["rate"] for row in judged if row["rate"] is not None), default=None)
    if foremost is not None and paid > foremost and not all(row["is_attained"] for row in progress):
        return [
            {
                "sign": "▲",
                "word": "拨付超前",
                "sentence": f"资金已拨付计划的 {paid}%，完成最快的指标只到 {foremost}%。",
            }
        ]
    return []


def _progress(project: Project, period: ReportingPeriod, seen: set[tuple[int, int]]) -> dict[int, list[dict]]:
    """Return unit → its assessed indicators with a task, with rate and 时序 as printed. Two queries."""
    indicators = list(
        Indicator.objects.of_programme(project.programme).filter(
            sub_project__project=project, kind=Indicator.Kind.NUMBER, assessed=True
        )
    )
    units = {unit for unit, _ in seen}
    if not indicators or not units:
        return {}
    found = own_lines(period, units, counted=Report.COUNTED, indicator_ids=[indicator.pk for indicator in indicators])
    progress: dict[int, list[dict]] = {}
    for indicator in indicators:
        for unit in units:
            row = found.get((unit, indicator.pk))
            if row is None or row["task"] != "assessed" or (unit, indicator.sub_project_id) not in seen:
                continue
            progress.setdefault(unit, []).append(
                {
                    "indicator": indicator,
                    "rate": row["rate"],
                    "word": "达标" if row["is_zero_best"] else "未报送",
                    "expected": row["expected_rate"],
                    "is_behind": bool(row["is_behind"]),
                    "is_attained": bool(row["is_attained"]),
                }
            )
    return progress
