"""The rates of money of a month as sheets: by unit with places and yardsticks, and project by project."""

from collections.abc import Iterator
from decimal import Decimal

from funding.amounts import AlignedUnit, aligned
from funding.fund_sheet import in_unit_number
from funding.sources import FundKind
from livelihood.workbooks import Column, Marked, Sheet, amount, printed
from projects.models import Project
from supervision.documents.sentences import excluding_note
from supervision.fund_standings import FundRate, FundStandings
from supervision.pages.fund_ranking import STAGES, UNIT, WORDS
from supervision.scope import StandingsScope

_NUMBER = {"is_number": True}
_AMOUNTS = [Column(f"{name}（{UNIT}）", 14, is_number=True) for name in ("计划", "到位", "拨付", "支出")]


def fund_sheets(funds: FundStandings, scope: StandingsScope, projects: list[Project], *, facts: str) -> Iterator[Sheet]:
    """Yield the sheets of the money within the scope; nothing without money, or where none of it is in scope."""
    if not funds.rates or not (scope.everything or scope.participants):
        return
    # One number of decimals in all sheets, so that the digits stand below each other.
    rows = [row for rate in funds.rates for block in (rate.lines, *rate.by_project.values()) for row in block]
    unit = aligned(UNIT, (row[stage] for row in rows for stage in STAGES))
    shared = {"facts": f"{facts}\N{IDEOGRAPHIC SPACE}金额单位：{UNIT}", "is_demo": funds.period.programme.is_demo}
    yield _rate_sheet(funds, scope, unit, shared)
    yield _project_sheet(funds, scope, projects, unit, shared)


def _rate_sheet(funds: FundStandings, scope: StandingsScope, unit: AlignedUnit, shared: dict) -> Sheet:
    return Sheet(
        name="资金比率",
        title=f"{funds.period.label}资金比率和位次",
        columns=[
            Column("资金", 10),
            Column("比率", 30),
            Column("考核单位", 14),
            *_AMOUNTS,
            Column("比率(%)", 10, **_NUMBER),
            Column("位次", 7, **_NUMBER),
            Column(("时序(%)", "应达到"), 9, **_NUMBER),
            Column(("时序(%)", "相差"), 9, **_NUMBER),
            Column(("设定线(%)", "设定"), 9, **_NUMBER),
            Column(("设定线(%)", "相差"), 9, **_NUMBER),
            Column(("全省平均(%)", "公布数"), 9, **_NUMBER),
            Column(("全省平均(%)", "相差"), 9, **_NUMBER),
            Column(("合计(%)", "相差"), 9, **_NUMBER),
            Column("说明", 26),
        ],
        rows=_rates(funds, scope, unit),
        frozen=3,
        **shared,
    )


def _project_sheet(
    funds: FundStandings, scope: StandingsScope, projects: list[Project], unit: AlignedUnit, shared: dict
) -> Sheet:
    return Sheet(
        name="资金分项目",
        title=f"{funds.period.label}资金比率（分项目）",
        columns=[
            Column("资金", 10),
            Column("比率", 30),
            Column("序号", 6),
            Column("项目", 24),
            Column("考核单位", 14),
            *_AMOUNTS,
            Column("比率(%)", 10, **_NUMBER),
            Column("说明", 14),
        ],
        rows=_projects(funds, scope, projects, unit),
        frozen=5,
        **shared,
    )


def _visible(rows: list[dict], scope: StandingsScope) -> list[dict]:
    """Return the lines in scope; the whole's is a sum of everybody's."""
    if scope.everything:
        return rows
    return [row for row in rows if row["participant_kind"] != "whole" and row["participant_id"] in scope.participants]


def _names(funds: FundStandings, rate: FundRate) -> list[str]:
    return [FundKind(rate.fund_kind).label, rate.label]


def _rates(funds: FundStandings, scope: StandingsScope, unit: AlignedUnit) -> Iterator[list]:
    for rate in funds.rates:
        for row in _visible(rate.lines, scope):
            yield [*_names(funds, rate), funds.name(row["participant_id"]), *_rate(funds, row, scope, unit)]


def _rate(funds: FundStandings, row: dict, scope: StandingsScope, unit: AlignedUnit) -> list:
    """Return a line's amounts, rate, place, yardsticks with gaps, and what is to be said of it."""
    decimals, benchmark_decimals = funds.decimals, row["benchmark_decimals"] or 0
    set_decimals = max(decimals, 2)
    return [
        *_amounts(row, unit),
        printed(row["rate"], decimals),
        row["place"] if scope.everything else None,
        printed(row["expected_rate"], decimals),
        _gap(row["gap_to_expected"], decimals),
        amount(row["set_rate"], set_decimals),
        _gap(row["gap_to_set"], set_decimals),
        printed(row["benchmark"], benchmark_decimals),
        _gap(row["gap_to_benchmark"], benchmark_decimals, "▽" if row["below_benchmark"] else ""),
        _gap(row["gap_to_city"] if scope.everything else None, decimals),
        _said(funds, row),
    ]


def _amounts(row: dict, unit: AlignedUnit) -> list:
    is_absent = row["state"] in ("no_task", "excluded")
    return ["/" if is_absent and row[stage] is None else in_unit_number(row[stage], unit) for stage in STAGES]


def _gap(gap: Decimal | None, decimals: int, sign: str = "") -> Marked:
    return Marked(amount(gap, decimals), "red" if gap is not None and gap < 0 else "", sign)


def _said(funds: FundStandings, row: dict) -> str:
    if row["participant_kind"] != "whole":
        return WORDS.get(row["state"], "")
    left_out = [funds.name(pk) for pk in row["pooled_excluding"] or []]
    left_out += [f"{funds.name(pk)}未报部分" for pk in row["pooled_in_part"] or []]
    second = row["rate_with_missing"]
    with_missing = "" if second is None else f"；按全部计划算为{printed(second, funds.decimals)}%"
    return excluding_note(left_out) + with_missing


def _projects(
    funds: FundStandings, scope: StandingsScope, projects: list[Project], unit: AlignedUnit
) -> Iterator[list]:
    for rate in funds.rates:
        for project in projects:
            for row in _visible(rate.by_project.get(project.pk, []), scope):
                yield [
                    *_names(funds, rate),
                    project.seq,
                    project.name,
                    funds.name(row["participant_id"]),
                    *_amounts(row, unit),
                    Marked(printed(row["rate"], funds.decimals), _tone(row)),
                    WORDS.get(row["state"], "") if row["participant_kind"] != "whole" else "",
                ]


def _tone(row: dict) -> str:
    return "red" if row["gap_to_expected"] is not None and row["gap_to_expected"] < 0 else ""
