"""The amounts of a report as lines of the page on which the city office checks it, beside the figures."""

from collections import defaultdict

from funding import fund_words as money_words
from funding.entry_progress import entry_lines
from funding.fund_lines import lines_of, source_words
from funding.funds import fund_rates
from funding.labels import MEASURES
from funding.models import FundFigure, FundFlag
from livelihood.formats import format_number, format_signed
from projects.cell_key import key_text
from projects.cell_notes import CellNotes
from projects.models import Report
from projects.review_page import rank_of

UNIT, MONEY = "万元", "wan"


def fund_review_rows(page) -> list[dict]:
    """Return a row per line and stage, of the shape of `ReviewPage.rows`. Five queries, whatever the number."""
    report, period = page.report, page.period
    lines = lines_of(report)
    if not lines:
        return []
    ids = [line.pk for line in lines]
    amounts = entry_lines(period, ids, last=page.last)
    rates = fund_rates(programme=page.programme, period=period, by="line", lines=ids, counted=Report.State.values)
    figures = {(row.fund_line_id, row.stage): row for row in FundFigure.objects.filter(report=report)}
    flags = defaultdict(list)
    for flag in FundFlag.objects.filter(fund_figure__report=report).order_by("id"):
        flags[flag.fund_figure_id].append(flag)
    by_cell = {(row["line_id"], row["measure"]): row for row in rates}
    found = []
    for line in lines:
        for stage in MEASURES:
            key = (line.pk, stage)
            figure = figures.get(key)
            own_flags = flags[figure.pk] if figure else []
            found.append(_row(page, line, stage, amounts[key], by_cell.get(key, {}), figure, own_flags))
    return found


def _row(page, line, stage: str, amounts: dict, rate: dict, figure: FundFigure | None, flags: list[FundFlag]) -> dict:
    key = (line.pk, stage)
    notes = page.notes.get(key, CellNotes())
    has_plan, value = amounts["planned"] is not None, figure.value if figure else None
    increment = money_words.in_money(amounts["increment"], MONEY)
    name = f"{line.sub_project} {source_words(line)}{MEASURES[stage]}"
    text = key_text(key)
    row = {
        "key": text,
        "pair": key,
        "version": figure.version if figure else 0,
        "unit": line.participant,
        "indicator": money_words.Subject(name, UNIT, line.sub_project),
        "project": line.sub_project.project,
        "name": f"{line.participant} {name}" if page.report.agency_id else name,
        "task": "assessed" if has_plan else "no_task",
        "target": money_words.amount_words(amounts["planned"], MONEY),
        "printed": "",
        "last": money_words.amount_words(amounts["last_value"], MONEY),
        "value": money_words.amount_words(value, MONEY),
        "increment": format_signed(increment, 2) if increment is not None else "",
        "falls": increment is not None and increment < 0,
        "rate": format_number(rate["rate"], page.decimals) if rate.get("rate") is not None else "",
        "rate_label": rate.get("label", ""),
        "strip": None,
        "flags": [flag.explanation.split("\n", 1)[0] for flag in flags],
        "reasons": list(dict.fromkeys(flag.reason for flag in flags if flag.reason)),
        "unexplained": any(not flag.reason for flag in flags),
        "objections": [_objection(objection, value) for objection in notes.objections],
        "review": notes.review,
        "is_open": notes.is_open,
        "is_returned": notes.is_returned,
        "is_passed": notes.is_passed,
        "is_changed": notes.is_returned and not notes.is_open and notes.review.figure_version != notes.version,
        "is_blank": has_plan and value is None,
        "is_text": False,
        "is_behind": bool(amounts["is_behind"]),
        "is_below": False,
        "moves": bool(increment),
        "is_flow": True,
        "remark": figure.remark if figure else "",
        "staged": text in page.staged,
        "staged_reason": page.staged.get(text, ""),
        # The page counts what its lines moved; the straight line it names is the figures'.
        "line": {"increment": increment},
    }
    row["rank"] = rank_of(row)
    return row


def _objection(objection, value) -> dict:
    """Return who objects, with which amount, how far off, and why."""
    far = "" if value is None or objection.value is None else abs(value - objection.value)
    return {
        "pk": objection.pk,
        "agency": objection.agency.name,
        "value": objection.value_words,
        "far": far if far == "" else f"{format_number(far, 2)} 元",
        "reason": objection.reason,
    }
