"""The money of a lead agency's items over all submitted reports, as lines of the page 确认与异议."""

from collections import defaultdict

from funding import fund_words as money_words
from funding.entry_progress import entry_lines
from funding.fund_lines import source_words
from funding.funds import fund_rates
from funding.labels import MEASURES
from funding.models import FundFigure, FundFlag, FundLine
from livelihood.formats import format_signed
from projects.cell_key import key_text
from projects.figure_lines import periods_before
from projects.models import Report, ReportingPeriod

UNIT, MONEY = "万元", "wan"


def fund_led_items(period: ReportingPeriod, led: set[int], found: list) -> list[dict]:
    """Return, per sub-project the agency leads, source and stage, a line per unit whose report is shown.

    `led`: ids of the sub-projects; `found`: what the agency has said of each unit's report. Six queries.
    """
    shown = {row.unit.pk: row for row in found if row.is_shown}
    lines = FundLine.objects.of_programme(period.programme_id).filter(sub_project__in=led, participant__in=shown)
    lines = list(lines)
    if not lines:
        return []
    ids = [line.pk for line in lines]
    before = periods_before(period)
    amounts = entry_lines(period, ids, last=before[0] if before else None)
    rates = fund_rates(programme=period.programme, period=period, by="line", lines=ids, counted=Report.COUNTED)
    rate_of = {(row["line_id"], row["measure"]): row for row in rates}
    figures = {
        (row.fund_line_id, row.stage): row for row in FundFigure.objects.filter(period=period, fund_line__in=ids)
    }
    flags = defaultdict(list)
    for flag in FundFlag.objects.filter(fund_figure__in=[row.pk for row in figures.values()]).order_by("id"):
        flags[flag.fund_figure_id].append(flag)
    items: dict[tuple, dict] = {}
    for line in lines:
        for stage, word in MEASURES.items():
            key, place = (line.pk, stage), (line.sub_project_id, source_words(line), stage)
            # The rate stands in a column of rates, so the head says how it is calculated (R14).
            label = rate_of.get(key, {}).get("label", "")
            name = f"{source_words(line)} {word}" + (f"，{label}" if label else "")
            item = items.setdefault(place, {"indicator": money_words.Subject(name, UNIT, line.sub_project), "rows": []})
            figure = figures.get(key)
            row = _row(shown[line.participant_id], key, amounts[key], figure, flags[figure.pk] if figure else [])
            item["rows"].append(row | {"rate": rate_of.get(key, {}).get("rate")})
    return list(items.values())


def _row(opinion, key: tuple, amounts: dict, figure: FundFigure | None, flags: list[FundFlag]) -> dict:
    """Return one unit's line of a stage, ready to be shown."""
    objections = [row for row in opinion.objections if row.key == key]
    increment = money_words.in_money(amounts["increment"], MONEY)
    return {
        "key": key_text(key),
        "unit": opinion.unit,
        "report": opinion.report,
        "task": "assessed" if amounts["planned"] is not None else "no_task",
        "is_text": False,
        "target": money_words.amount_words(amounts["planned"], MONEY),
        "last": money_words.amount_words(amounts["last_value"], MONEY),
        "value": money_words.amount_words(figure.value if figure else None, MONEY),
        "increment": "" if increment is None else format_signed(increment, 2),
        "is_zero_best": False,
        "remark": figure.remark if figure else "",
        "reasons": list(dict.fromkeys(flag.reason for flag in flags if flag.reason)),
        "flags": [flag.explanation.split("\n", 1)[0] for flag in flags],
        "version": figure.version if figure else 0,
        "objections": objections,
        "may_object": opinion.report.period.state == ReportingPeriod.State.OPEN and not objections,
    }
