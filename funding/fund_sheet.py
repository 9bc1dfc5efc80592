"""The funds of a report, and the overview of the funds, as sheets: amounts and rates as numbers."""

from collections.abc import Iterator
from decimal import Decimal

from funding.amounts import UNITS, AlignedUnit
from funding.fund_words import CHOICES, in_money, money_of
from funding.labels import MEASURES, STAGES
from livelihood.formats import EXACT, state_parts
from livelihood.workbooks import Column, Marked, Sheet, amount, printed
from projects.exports import said_of, shown_rows
from projects.figure_words import ATTAINED
from projects.models import Report

_AGAINST, _MISSING = "对照(%)", "还差"


def funds_sheet(report: Report, sections: list[dict], *, facts: str, show: str) -> Sheet:
    """Return the funds of a report as a sheet, in the unit of the page; `sections` are the page's lines."""
    unit, is_agency, period = CHOICES[money_of(report)], report.agency_id is not None, report.period
    columns = [
        Column("序号", 6),
        Column("项目", 24),
        *([Column("考核单位", 12)] if is_agency else []),
        Column("子项", 16),
        Column("资金来源", 14),
        Column("环节", 8),
        Column(f"计划（{unit}）", 14, is_number=True),
        Column(f"{period.previous_word}累计（{unit}）", 14, is_number=True),
        Column(f"{period.this_word}累计（{unit}）", 14, is_number=True),
        Column(f"{period.this_word}新增（{unit}）", 14, is_number=True),
        Column("比率(%)", 10, is_number=True),
        Column("比率怎样算", 20),
        Column("时序(%)", 9, is_number=True),
        Column((_MISSING, "到计划"), 13, is_number=True),
        Column((_MISSING, "到时序"), 13, is_number=True),
        Column("状态", 18),
        Column("提示和说明", 30),
        Column("备注", 20),
    ]
    return Sheet(
        name="资金",
        title=f"{report.participant or report.agency} {report.period.label}资金月报",
        columns=columns,
        rows=(_values(section, row, is_agency, money_of(report)) for section, row in shown_rows(sections, show)),
        facts=f"{facts}\N{IDEOGRAPHIC SPACE}金额单位：{unit}",
        is_demo=report.period.programme.is_demo,
        frozen=6 if is_agency else 5,
    )


def _values(section: dict, row: dict, is_agency: bool, money: str) -> list:
    project, line = section["project"], row["amounts"]
    return [
        project.seq,
        project.name,
        *([row["unit"].printed_name] if is_agency else []),
        row["fund_line"].sub_project.name,
        row["source"],
        row["name"],
        _wan(line["planned"], money) if row["task"] == "assessed" else state_parts("no_plan")[1],
        _wan(line["last_value"], money),
        _wan(line["value"], money),
        _wan(line.get("increment"), money),
        Marked(row["rate"], "red") if line.get("is_behind") and row["rate"] is not None else row["rate"],
        row["rate_label"],
        line.get("expected_rate"),
        _gap_target(line, money),
        _gap_expected(line, money),
        state_parts(row["state"])[1],
        said_of(row),
        row["remark"],
    ]


def _wan(value: Decimal | None, money: str) -> Decimal | None:
    return amount(in_money(value, money), 2)


def _gap_target(line: dict, money: str) -> Decimal | Marked | str | None:
    if line.get("is_attained") is None:
        return None
    missing = _wan(line["distance"], money)
    if line["is_attained"]:
        return Marked(missing, "", "（超出）") if line["is_above"] else ATTAINED
    return missing


def _gap_expected(line: dict, money: str) -> Decimal | Marked | str | None:
    if line.get("expected_rate") is None or line.get("is_behind") is None:
        return None
    return Marked(_wan(line["distance_expected"], money), "red") if line["is_behind"] else ATTAINED


def overview_sheets(
    tables: list[dict], *, by: str, label: str, title: str, facts: str, is_demo: bool
) -> Iterator[Sheet]:
    """Yield a sheet per kind of money of the overview's tables (funding/overview_page.py), in their unit.

    `label`: what the rows stand for in words.
    """
    for table in tables:
        labels = {measure: f"{head['name']}{head['terms']}(%)" for measure, head in table["heads"].items()}
        unit = table["unit"]
        columns = [Column("序号", 6)] if by == "project" else []
        columns += [
            Column({"unit": "考核单位", "project": "项目", "source": "资金来源"}[by], 26),
            Column(f"{STAGES['planned']}（{unit}）", 16, is_number=True),
        ]
        for measure, name in MEASURES.items():
            columns += [
                Column(f"{name}（{unit}）", 16, is_number=True),
                Column(labels[measure], 20, is_number=True),
            ]
        columns.append(Column("说明", 24))
        yield Sheet(
            name=f"{table['label']}{label}",
            title=f"{title}：{table['label']}",
            columns=columns,
            rows=(_chain(row, by, unit) for row in table["rows"]),
            totals=[_chain(table["total"] | {"name": "合计", "seq": None}, by, unit)],
            facts=f"{facts}\N{IDEOGRAPHIC SPACE}金额单位：{unit}",
            is_demo=is_demo,
            frozen=2 if by == "project" else 1,
            notes=_notes(table),
        )


def _chain(row: dict, by: str, unit: AlignedUnit) -> list:
    """Return one row of the overview: the amounts in the chain's order, each but the first with its rate."""
    planned = row["excluded_planned"] if row["is_excluded"] else row["planned"]
    values = [row["seq"]] if by == "project" else []
    values += [row["name"], in_unit_number(planned, unit)]
    said = ["不计入比率和合计"] if row["is_excluded"] else []
    for (measure, name), rate in zip(MEASURES.items(), row["rates"], strict=True):
        values += [in_unit_number(row[measure], unit), _rate(rate)]
        if rate["word"] and not row["is_excluded"]:
            said.append(f"{name}{rate['word']}")
        elif rate["missing"]:
            said.append(f"{name}未报全")
    return [*values, "；".join(dict.fromkeys(said))]


def _rate(cell: dict) -> Decimal | Marked | None:
    return Marked(cell["rate"], "red", "▽") if cell["is_behind"] else cell["rate"]


def _notes(table: dict) -> list[str]:
    notes = list(table["notes"])
    if table["total"]["excluded_planned"]:
        left_out = in_unit_number(table["total"]["excluded_planned"], table["unit"])
        notes.insert(0, f"合计和比率{'、'.join(table['phrases'])}：另有计划 {left_out:,} {table['unit']}。")
    return notes


def in_unit_number(value: Decimal | None, unit: AlignedUnit) -> Decimal | None:
    """Return an amount stored in 元 in the table's unit with the table's places, exactly."""
    return None if value is None else printed(value.scaleb(-UNITS[unit.name], context=EXACT), unit.places)
