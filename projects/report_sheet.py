"""The figures of a report as a sheet: what its page shows, as numbers."""

from decimal import Decimal

from livelihood.formats import state_parts
from livelihood.workbooks import Column, Marked, Sheet, amount, printed
from projects.exports import rate_value, said_of, shown_rows, stored_value, target_value
from projects.figure_words import ATTAINED
from projects.models import Indicator, Report

_AGAINST, _MISSING = "对照(%)", "还差"


def figures_sheet(report: Report, sections: list[dict], *, average: str, facts: str, show: str) -> Sheet:
    """Return the sheet; `sections` are the page's lines, `average` the head of the provincial average's column."""
    is_agency, period = report.agency_id is not None, report.period
    columns = [
        Column("序号", 6),
        Column("项目", 28),
        *([Column("考核单位", 12)] if is_agency else []),
        Column("子项", 20),
        Column("指标", 30),
        Column("单位", 8),
        Column("年度目标", 12, is_number=True),
        Column(f"{period.previous_word}累计", 12, is_number=True),
        Column(f"{period.this_word}累计", 12, is_number=True),
        Column(f"{period.this_word}新增", 11, is_number=True),
        Column("完成率(%)", 10, is_number=True),
        Column((_AGAINST, "时序或节点"), 11, is_number=True),
        Column((_AGAINST, average), 11, is_number=True),
        Column((_MISSING, "到目标"), 11, is_number=True),
        Column((_MISSING, "到时序或节点"), 13, is_number=True),
        Column("状态", 18),
        Column("提示和说明", 30),
        Column("备注", 20),
    ]
    return Sheet(
        name="进度",
        title=f"{report.participant or report.agency} {report.period.report_label}",
        columns=columns,
        rows=(_values(section, row, is_agency) for section, row in shown_rows(sections, show)),
        facts=facts,
        is_demo=report.period.programme.is_demo,
        frozen=5 if is_agency else 4,
        notes=signatures(report),
    )


def signatures(report: Report) -> list[str]:
    """Return the line of names under a report: who signed and submitted it, the rest to be filled by hand."""
    blank = "\N{IDEOGRAPHIC SPACE}" * 8
    filler, head = report.submitted_by or blank, report.signed_by or blank
    return [f"填报人：{filler}　　审核人：{blank}　　负责人：{head}　　（盖章）"]


def _values(section: dict, row: dict | None, is_agency: bool) -> list:
    project = section["project"]
    if row is None:
        middle = [None] * (12 + is_agency)
        return [project.seq, project.name, *middle, state_parts("text")[1], None, project.text]
    line, indicator = row["line"], row["indicator"]
    unit = [row["unit"].printed_name] if is_agency else []
    return [
        project.seq,
        project.name,
        *unit,
        indicator.sub_project.name,
        f"其中：{indicator.name}" if indicator.part_of_id else indicator.name,
        indicator.unit,
        *_numbers(row, line, indicator),
        state_parts(row["state"])[1],
        said_of(row),
        row["remark"],
    ]


def _numbers(row: dict, line: dict, indicator: Indicator) -> list:
    """Return target, last, value, increment, rate, the yardsticks and what is missing to them."""
    value = stored_value(row["figure"], indicator, has_task=row["task"] != "no_task")
    if row["is_text"] or row["task"] == "text":
        return [state_parts("text")[1], None, value, *[None] * 6]
    is_counted = indicator.accumulation != Indicator.Accumulation.LEVEL and indicator.kind == Indicator.Kind.NUMBER
    return [
        target_value(row["task"], line.get("target"), indicator),
        amount(row["last"], indicator.decimals),
        value,
        amount(line.get("increment"), indicator.decimals) if is_counted else None,
        rate_value(line),
        _expected(row),
        _average(line),
        _gap_target(line, indicator),
        _gap_expected(line, indicator),
    ]


def _expected(row: dict) -> Decimal | str | None:
    line = row["line"]
    if line.get("has_plan") and line.get("expected_rate") is None and row["task"] == "assessed":
        return state_parts("not_due")[1]
    return line.get("expected_rate")


def _average(line: dict) -> Marked | None:
    if line.get("average") is None:
        return None
    tone = "red" if line.get("is_below_average") else ""
    sign = "（值）" if line["average_measure"] == "value" else ""
    return Marked(printed(line["average"], line["average_decimals"]), tone, sign)


def _gap_target(line: dict, indicator: Indicator) -> Decimal | Marked | str | None:
    if line.get("is_attained") is None:
        return None
    if line["is_attained"]:
        return ATTAINED
    missing = amount(line["distance"], indicator.decimals)
    return Marked(missing, "red", "（超出）") if line["is_above"] else missing


def _gap_expected(line: dict, indicator: Indicator) -> Decimal | Marked | str | None:
    if line.get("is_behind") is None:
        return None
    return Marked(amount(line["distance_expected"], indicator.decimals), "red") if line["is_behind"] else ATTAINED
