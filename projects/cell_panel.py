"""What is known of one cell: its facts, its year as a line, returns, flags, revisions, evidence."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from livelihood.formats import format_number, format_printed, format_signed
from livelihood.models import User
from livelihood.registry import actions_for
from projects import parts
from projects.entry_progress import year_of_cell
from projects.figure_lines import FigureLines
from projects.models import (
    CellReview,
    Evidence,
    FigureRevision,
    Indicator,
    Participant,
    Report,
    ReportingPeriod,
)
from projects.models.kept import KeptRevision, Origin
from projects.month_starts import Start

#: How many changes the panel shows, newest first.
SHOWN_CHANGES = 20

#: The drawing's inner area, in the units of its viewBox: left, top, width, height.
LEFT, TOP, WIDTH, HEIGHT = 30, 10, 300, 96


@dataclass(frozen=True)
class Cell:
    """A cell of a report, as other apps are asked for links about it (registry slot "cell")."""

    report: Report
    participant: Participant
    indicator: Indicator


def cell_panel(report: Report, user: User, participant_id: int, indicator_id: int) -> dict | None:
    """Return the panel's context, or None when the cell is not on the user's page. About 25 queries."""
    key = f"{participant_id}-{indicator_id}"
    sections = FigureLines(report, user, {}, parts.SaveResult()).sections()
    found = [(section, row) for section in sections for row in section["rows"] if row["key"] == key]
    if not found:
        return None
    [(section, row)] = found
    indicator = row["indicator"]
    year = year_of_cell(report.period, participant_id, indicator_id)
    cell = Cell(report, row["unit"], indicator)
    about = {"participant": participant_id, "indicator": indicator_id}
    return {
        "report": report,
        "section": section,
        "row": row,
        "indicator": indicator,
        "gap": format_signed(row["line"].get("gap_to_expected")),
        "chart": chart_of(year, report.period, has_plan=indicator.milestones.exists()),
        "months": [_month(line, indicator) for line in year],
        "changes": cell_changes(report, _revisions(row), about),
        "evidence": cell_evidence(report, about),
        "links": actions_for("cell", user, cell),
    }


def _month(line: dict, indicator: Indicator) -> dict:
    """Return one line of the table that says the same as the drawing."""
    return {
        "label": f"{line['ends_on'].month}月{line['ends_on'].day}日",
        "value": format_number(line["value"], indicator.decimals),
        "rate": format_printed(line["rate"]),
        "expected": format_printed(line["expected_rate"]),
        "average": format_number(line["average"], line["average_decimals"]),
    }


def chart_of(year: list[dict], period: ReportingPeriod, *, has_plan: bool = False) -> dict | None:
    """Return the drawing's coordinates, or None when there is nothing to draw.

    `year`: lines with ends_on, rate, expected_rate, average; `has_plan`: milestones stand in for the straight line.

    A point stands at its day of the year; the highest rate, at least 100, at the top.
    """
    rates = [line["rate"] for line in year if line["rate"] is not None]
    if not rates:
        return None
    top = max(Decimal(100), *rates)

    def place(line: dict, value: Decimal) -> tuple[float, float]:
        share = (
            (line["ends_on"].month - 1) / 11 if period.kind == "month" else line["ends_on"].timetuple().tm_yday / 366
        )
        return round(LEFT + share * WIDTH, 1), round(float(TOP + HEIGHT - value / top * HEIGHT), 1)

    def points(name: str) -> list[tuple[float, float]]:
        return [place(line, line[name]) for line in year if line[name] is not None]

    own, average = points("rate"), points("average")
    is_straight = any(line["expected_rate"] is not None for line in year) and not has_plan
    expected = _stairs(points("expected_rate")) if has_plan else points("expected_rate")
    if is_straight and period.kind == "month":
        # The year's straight line is known to its end: a twelfth in January, the whole in December.
        expected = [
            (LEFT, round(float(TOP + HEIGHT - Decimal(100) / 12 / top * HEIGHT), 1)),
            (LEFT + WIDTH, round(float(TOP + HEIGHT - 100 / top * HEIGHT), 1)),
        ]
    last = next(line for line in reversed(year) if line["rate"] is not None)
    return {
        "own": _path(own),
        "dots": own,
        "expected": _path(expected),
        "expected_label": "节点" if has_plan else "时序",
        "expected_end": expected[-1] if expected else None,
        "average": _path(average),
        "average_end": average[-1] if average else None,
        "average_value": next(
            (format_number(line["average"], line["average_decimals"]) for line in reversed(year) if line["average"]), ""
        ),
        "own_end": own[-1],
        "own_value": format_printed(last["rate"]),
        "ticks": [
            {"y": round(float(TOP + HEIGHT - Decimal(value) / top * HEIGHT), 1), "label": value}
            for value in (0, 50, 100)
        ],
        "months": [{"x": round(LEFT + index / 11 * WIDTH, 1), "label": index + 1} for index in range(12)],
    }


def _stairs(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points as stairs: a threshold holds until the next one's date, nothing lies between them (R11)."""
    stairs = points[:1]
    for (_, before), (x, y) in pairwise(points):
        stairs += [(x, y)] if y == before else [(x, before), (x, y)]
    return stairs


def _path(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def cell_evidence(report: Report, about: dict):
    """Return the files beside a cell, not those taken back. `about`: what names the cell in a row about it."""
    return Evidence.objects.filter(report=report, removed_at__isnull=True, **about).select_related("added_by")


def cell_changes(report: Report, changes: list[dict], about: dict) -> list[dict]:
    """Return what happened to a cell, newest first: the `changes` of its number, the reviewer's verdicts. One query."""
    for review in CellReview.objects.filter(report=report, **about).select_related("decided_by", "answered_by"):
        verdict = review.get_verdict_display() + (f"：{review.reason}" if review.reason else "")
        changes.append({"at": review.decided_at, "by": review.decided_by, "how": verdict})
        if review.answered_at:
            changes.append({"at": review.answered_at, "by": review.answered_by, "how": f"说明：{review.answer}"})
    return sorted(changes, key=lambda change: change["at"], reverse=True)[:SHOWN_CHANGES]


def _revisions(row: dict) -> list[dict]:
    """Return the figure's changes, newest first. One query."""
    if row["figure"] is None:
        return []
    revisions = FigureRevision.objects.filter(figure=row["figure"].figure_id).select_related(
        "changed_by", "import_batch"
    )
    return [_revision(revision, row) for revision in revisions.order_by("-version")[:SHOWN_CHANGES]]


def _revision(revision: FigureRevision, row: dict) -> dict:
    """Return one change: old → new, who, when, and through which door."""
    decimals = row["indicator"].decimals
    old = "" if revision.old_value is None else format_number(revision.old_value, decimals)
    new = revision.new_text or ("空" if revision.new_value is None else format_number(revision.new_value, decimals))
    return {
        "at": revision.changed_at,
        "by": revision.changed_by,
        "old": old if old != new else "",
        "new": new,
        "remark": revision.new_remark,
        "how": door_words(revision, row["last"], row["start"]),
    }


def door_words(revision: KeptRevision, last, start: Start | None = None) -> str:
    """Say how a change came in: the form, or a workbook with its sheet and cell.

    `last`: the number of the period before; `start`: what the last week of the month offered.
    """
    if revision.origin == Origin.EXCEL:
        name = revision.import_batch.file_name if revision.import_batch else ""
        return " ".join(
            word for word in ("导入", name, f"「{revision.sheet}」{revision.cell}" if revision.sheet else "") if word
        )
    if start and start.explains(revision):
        return f"{revision.get_origin_display()}，{start.words}"
    is_same = revision.old_value is None and revision.new_value is not None and revision.new_value == last
    return f"{revision.get_origin_display()}{'，与上期相同' if is_same else ''}"
