"""What the overview of the funds shows: the chain 计划→到位→拨付→支出 with its rates, by unit, project or source."""

from itertools import groupby

from django.db.models import Exists, OuterRef

from funding.amounts import aligned
from funding.funds import exclusion_phrases, fetch_rows, fund_rates
from funding.labels import MEASURES
from funding.models import FundFigure, FundLine, PlanCheck
from funding.plan_page import SOURCE_LABELS
from funding.sources import FundKind, Source
from projects.models import Participant, Programme, Project, ReportingPeriod
from projects.progress import ELAPSED, FINENESS, SCOPE_LIVE

#: What the rows may stand for: code in addresses → label.
GROUPINGS = {"unit": "按单位", "project": "按项目", "source": "按资金来源"}
_KEYS = {"unit": "participant_id", "project": "project_id", "source": "source"}


def choose_period(programme: Programme) -> ReportingPeriod | None:
    """Return the newest period with money in it, else the newest one. At most two queries."""
    periods = programme.periods.order_by("-ends_on", "kind")
    with_money = FundFigure.objects.filter(state="reported", period__programme=programme)
    return periods.filter(pk__in=with_money.values("period")).first() or periods.first()


def undivided(programme: Programme) -> list[Project]:
    """Return the projects of which a paper prints sums and nothing is planned for a unit. One query."""
    planned = FundLine.objects.filter(sub_project__project=OuterRef("pk"))
    printed = PlanCheck.objects.filter(project=OuterRef("pk"))
    return list(programme.projects.filter(Exists(printed), ~Exists(planned)).order_by("seq"))


def straight_line(period: ReportingPeriod | None):
    """Return 时序进度 of the period as printed, None without one."""
    if period is None:
        return None
    statement = ",\n".join(text.strip() for text in (FINENESS, SCOPE_LIVE, ELAPSED))
    [row] = fetch_rows(f"WITH {statement} SELECT straight_line FROM elapsed", {"period": period.pk})
    return row["straight_line"]


def overview_tables(
    programme: Programme, period: ReportingPeriod | None, *, by: str, lines: list[int] | None, expected, unit: str
) -> list[dict]:
    """Return a table per kind of money: label, heads (rate labels), unit, rows, total, notes. Seven queries at most.

    Rows: name, seq and is_excluded where they stand for a project, the four amounts in 元, excluded_planned, rates (see
    `_rate`). The total is the statement's own pooled row. `expected`: 时序进度 as printed.
    """
    options = {"programme": programme, "period": period, "lines": lines}
    totals = {
        kind: list(rows) for kind, rows in groupby(fund_rates(by="total", **options), key=lambda row: row["kind"])
    }
    units = {row.pk: row for row in Participant.objects.filter(programme=programme)}
    phrases = exclusion_phrases(programme)
    found = {}
    for (kind, _), rows in groupby(fund_rates(by=by, **options), key=lambda row: (row["kind"], row[_KEYS[by]])):
        found.setdefault(kind, []).append(overview_row([*rows], expected, units))
    _name(found, by, programme, units)
    tables = []
    for kind, label in FundKind.choices:
        if kind not in totals:
            continue
        total = overview_row(totals[kind], expected, units)
        tables.append(
            {
                "kind": kind,
                "label": label,
                "heads": rate_heads(totals[kind]),
                "unit": aligned(unit, row_amounts([*found[kind], total])),
                "rows": found[kind],
                "total": total,
                "phrases": phrases.get(kind, []),
                "notes": [note for rate in total["rates"] for note in rate["notes"]],
            }
        )
    return tables


def rate_heads(rows: list[dict]) -> dict[str, dict]:
    """Return measure → the rate's label (R14), as the name and what stands in brackets under it."""
    heads = {}
    for row in rows:
        name, _, rest = row["label"].partition("（")
        heads[row["measure"]] = {"name": name, "terms": f"（{rest}"}
    return heads


def row_amounts(rows: list[dict]) -> list:
    """Return all amounts of some rows."""
    return [row[name] for row in rows for name in ("planned", *MEASURES, "excluded_planned")]


def overview_row(rows: list[dict], expected, units: dict[int, Participant]) -> dict:
    """Return one line of a table from its three rows, one per measure."""
    first = rows[0]
    by_measure = {row["measure"]: row for row in rows}
    amounts = {stage: first[stage] for stage in ("planned", *MEASURES)}
    return amounts | {
        "key": first.get("participant_id") or first.get("project_id") or first.get("source"),
        "excluded_planned": first["excluded_planned"],
        "is_excluded": first["tasks"] == 0 and first["excluded_planned"] is not None,
        "rates": [_rate(by_measure[measure], expected, units) for measure in MEASURES],
    }


def _rate(row: dict, expected, units: dict[int, Participant]) -> dict:
    """Return a rate's cell: rate, the word why there is none, what stands beside it and what is to be said of it."""
    word = ""
    if row["rate"] is None:
        word = "无计划" if row["tasks"] == 0 else "未报送"
    notes = []
    if row["missing"] and row["rate"] is not None:
        whole, part = ([units[pk].printed_name for pk in row[key]] for key in ("excluding", "in_part"))
        without = f"不含未报送的{'、'.join(whole)}" if whole else ""
        partly = f"{'、'.join(part)}有{'的项目' if whole else '项目'}未报送，也不在内" if part else ""
        rest = f"；按全部计划算为 {row['rate_with_missing']}%" if row["rate_with_missing"] is not None else ""
        notes.append(f"{row['label']} {row['rate']}%：{'；'.join(text for text in (without, partly) if text)}{rest}。")
    is_behind = (
        expected is not None
        and row["measure"] == "disbursed"
        and row["denominator"] == "planned"
        and row["rate"] is not None
        and row["rate"] < expected
    )
    return {
        "rate": row["rate"],
        "label": row["label"],
        "word": word,
        "missing": row["missing"],
        "notes": notes,
        "is_behind": is_behind,
    }


def _name(found: dict[str, list[dict]], by: str, programme: Programme, units: dict[int, Participant]) -> None:
    """Say what the rows stand for; sources stand in printed order, the others do already."""
    if by == "source":
        names = SOURCE_LABELS
    elif by == "unit":
        names = {pk: unit.printed_name for pk, unit in units.items()}
    else:
        projects = {row.pk: row for row in Project.objects.filter(programme=programme)}
        names = {pk: row.name for pk, row in projects.items()}
    for rows in found.values():
        for row in rows:
            row["name"] = names[row["key"]]
            row["seq"] = projects[row["key"]].seq if by == "project" else None
        if by == "source":
            rows.sort(key=lambda row: Source.values.index(row["key"]))
