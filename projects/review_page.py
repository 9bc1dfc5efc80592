"""The page on which the city office checks one report: what matters first, beside last month and the other units.

Rows come ready for the template, because a report has a hundred and thirty of them. Rates, increments and what is
below come from the statement of `projects/entry_progress.py`; nothing is computed here but positions of dots.
"""

from collections import Counter
from decimal import Decimal

from django.core import signing

from livelihood.formats import format_number, format_signed
from livelihood.models import User
from livelihood.registry import why_links
from projects import parts, rights
from projects.cell_key import Key, key_text, split_key
from projects.cell_notes import CellNotes, cell_notes
from projects.entry_progress import own_lines
from projects.models import (
    Benchmark,
    Figure,
    Indicator,
    Participant,
    Report,
    ReportingPeriod,
    Target,
)

State = Report.State

#: The tabs: code → label.
TABS = {"first": "先看这些", "changed": "较上月变化", "behind": "落后", "objected": "异议", "all": "全部"}

#: Width of a strip of dots and the rate at its right end, in per cent; what is more stands at the end.
STRIP, STRIP_RATE = 120, 120

_SALT = "projects.review"


def seal_seen(report: Report, versions: dict[Key, int]) -> str:
    """Return what the reviewer saw, signed: the report's version and the version of each cell's figure."""
    cells = {key_text(key): version for key, version in versions.items()}
    return signing.dumps({"report": report.pk, "version": report.version, "cells": cells}, salt=_SALT, compress=True)


def read_seen(report: Report, seal: str) -> tuple[int, dict[Key, int]]:
    """Return (version of the report, cell versions) of a page's seal; (-1, {}) when it is not this report's."""
    try:
        held = signing.loads(seal, salt=_SALT)
    except signing.BadSignature:
        return -1, {}
    if held["report"] != report.pk:
        return -1, {}
    return held["version"], {split_key(key): version for key, version in held["cells"].items()}


class ReviewPage:
    """One report as the reviewer sees it. About twenty queries, whatever the number of rows."""

    def __init__(self, report: Report, user: User, *, staged: dict[str, str] | None = None):
        self.report, self.staged = report, staged or {}
        self.period: ReportingPeriod = report.period
        self.programme = self.period.programme
        self.decimals = self.programme.decimals
        self.units = self._units()
        self.indicators = self._indicators()
        self.last = _periods_before(self.period).first()
        self.averages_of = self._averages_of()
        self.states = dict(
            Report.objects.filter(period=self.period, participant__isnull=False).values_list("participant", "state")
        )
        everybody = self.programme.participants.reporters().active_on(self.period.ends_on).order_by("order", "id")
        self.everybody: list[Participant] = list(everybody)
        self.lines = own_lines(
            self.period,
            [unit.pk for unit in self.everybody],
            counted=State.values,
            last=self.last,
            issued=self.averages_of,
        )
        self.targets = self._targets()
        self.figures = {
            (row.participant_id, row.indicator_id): row
            for row in Figure.objects.filter(report=report).prefetch_related("flags")
        }
        self.notes = cell_notes(report)
        held = rights.parts_in(user, report)
        self.may_review = "office" in held
        self.may_pass = self.may_review and report.state == State.SUBMITTED
        self.may_return = self.may_review and report.state in (State.SUBMITTED, State.APPROVED)
        links = why_links(self.period) if report.state in Report.COUNTED else None
        #: Unit → addresses of the answers to “why”, once the report counts.
        self.why = {unit.pk: links.unit(unit.code) for unit in self.units} if links else {}
        rows = [self._row(unit, indicator) for indicator in self.indicators for unit in self.units]
        self.rows = rows + [row for part in parts.registered() for row in part.review_rows(self)]
        self.first = sorted((row for row in self.rows if row["rank"] is not None), key=lambda row: row["rank"])
        self.rest = [row for row in self.rows if row["rank"] is None]

    # -- what the page is about ---------------------------------------------------------------

    def _units(self) -> list[Participant]:
        if self.report.participant:
            return [self.report.participant]
        return list(self.programme.participants.reporters().active_on(self.period.ends_on).order_by("order", "id"))

    def _indicators(self) -> list[Indicator]:
        indicators = Indicator.objects.of_programme(self.programme)
        if self.report.agency_id:
            indicators = indicators.filter(sub_project__lead_agency=self.report.agency_id)
        return list(indicators)

    def _averages_of(self) -> ReportingPeriod | None:
        """Return the period whose averages are compared with: this one once they are entered, else the last issued."""
        if Benchmark.objects.filter(period=self.period, indicator__isnull=False).exists():
            return self.period
        return _periods_before(self.period).issued().first()

    def _targets(self) -> dict[Key, str]:
        """Return the targets as printed, of those cells that have one."""
        rows = Target.objects.in_force(self.period.ends_on).filter(participant__in=[unit.pk for unit in self.units])
        return {
            (unit, indicator): printed
            for unit, indicator, printed in rows.values_list("participant", "indicator", "printed")
        }

    # -- one line -----------------------------------------------------------------------------

    def _row(self, unit: Participant, indicator: Indicator) -> dict:
        key = (unit.pk, indicator.pk)
        line, figure = self.lines.get(key, {}), self.figures.get(key)
        notes = self.notes.get(key, CellNotes())
        flags = list(figure.flags.all()) if figure else []
        task = line.get("task", "no_task")
        has_figure = figure is not None and figure.state in (Figure.State.REPORTED, Figure.State.TEXT)
        increment = line.get("increment")
        row = {
            "key": f"{unit.pk}-{indicator.pk}",
            "pair": key,
            "version": figure.version if figure else 0,
            "unit": unit,
            "indicator": indicator,
            "project": indicator.sub_project.project,
            "name": f"{unit} {indicator.name}" if self.report.agency_id else indicator.name,
            "task": task,
            "target": format_number(line.get("target"), indicator.decimals) if task == "assessed" else "",
            "printed": self.targets.get(key, ""),
            "last": format_number(line.get("last_value"), indicator.decimals)
            if line.get("last_value") is not None
            else "",
            "value": _shown(figure, indicator),
            "increment": format_signed(increment, indicator.decimals) if increment is not None else "",
            "falls": increment is not None and increment < 0,
            "rate": self._rate(line),
            "why": self.why[unit.pk].figure(indicator.pk) if unit.pk in self.why else "",
            "strip": self._strip(key, line),
            "flags": [flag.explanation.split("\n", 1)[0] for flag in flags],
            "reasons": list(dict.fromkeys(flag.reason for flag in flags if flag.reason)),
            "unexplained": any(not flag.reason for flag in flags),
            "objections": [self._objection(row, figure, indicator) for row in notes.objections],
            "review": notes.review,
            "is_open": notes.is_open,
            "is_returned": notes.is_returned,
            "is_passed": notes.is_passed,
            "is_changed": notes.is_returned and not notes.is_open and notes.review.figure_version != notes.version,
            "is_blank": task == "assessed" and not has_figure,
            "is_text": task == "text",
            "is_behind": bool(line.get("is_behind")),
            "behind_word": "未达节点" if line.get("has_plan") else "未达时序",
            "is_below": bool(line.get("is_below_average")),
            "moves": increment is not None and increment != 0,
            "is_flow": indicator.accumulation == Indicator.Accumulation.FLOW,
            "remark": figure.remark if figure else "",
            "staged": f"{unit.pk}-{indicator.pk}" in self.staged,
            "staged_reason": self.staged.get(f"{unit.pk}-{indicator.pk}", ""),
            "line": line,
        }
        row["rank"] = rank_of(row)
        return row

    def _rate(self, line: dict) -> str:
        if line.get("is_zero_best"):
            return "达标"
        return format_number(line["rate"], self.decimals) if line.get("rate") is not None else ""

    def _strip(self, key: Key, line: dict) -> dict | None:
        """Return where the units' dots stand and the same in words; None without a rate to show."""
        if line.get("rate") is None:
            return None
        others = [rate for unit, rate in self.rates(key[1]) if unit != key[0]]
        average = line["average"] if line.get("average_measure") == "rate" else None
        words = f"本单位 {format_number(line['rate'], self.decimals)}%"
        if average is not None:
            words += f"，全省平均 {format_number(average, line['average_decimals'])}%"
        if others:
            lowest, highest = (format_number(edge(others), self.decimals) for edge in (min, max))
            words += f"，其他 {len(others)} 家 {lowest}%" + (f"至 {highest}%" if lowest != highest else "")
        return {
            "own": _position(line["rate"]),
            "others": sorted({_position(rate) for rate in others}),
            "average": None if average is None else _position(average),
            "words": words,
        }

    def rates(self, indicator: int) -> list[tuple[int, Decimal]]:
        """Return (participant id, rate) of the units whose figures stand as submitted, in official order."""
        found = [(unit.pk, self.lines.get((unit.pk, indicator), {}).get("rate")) for unit in self.everybody]
        return [(unit, rate) for unit, rate in found if rate is not None and self.is_counted(unit)]

    def is_counted(self, unit: int) -> bool:
        """Tell whether the unit's figures are out for others to be compared with."""
        return bool(self.report.agency_id) or self.states.get(unit) in Report.COUNTED

    def _objection(self, objection, figure: Figure | None, indicator: Indicator) -> dict:
        """Return who objects, with which figure, how far off, and why."""
        held = figure.value if figure is not None else None
        value = objection.value
        far = "" if value is None or held is None else format_number(abs(held - value), indicator.decimals)
        return {
            "pk": objection.pk,
            "agency": objection.agency.name,
            "value": objection.value_words,
            "far": far,
            "reason": objection.reason,
        }

    # -- the page -----------------------------------------------------------------------------

    def tab_rows(self, tab: str) -> list[dict]:
        """Return the rows of a tab: the first by weight, the others in official order."""
        return {
            "first": lambda: self.first,
            "changed": lambda: [row for row in self.rows if row["moves"]],
            "behind": lambda: [row for row in self.rows if row["is_behind"] or row["is_below"]],
            "objected": lambda: [row for row in self.rows if row["objections"]],
            "all": lambda: self.rows,
        }[tab]()

    def facts(self) -> dict:
        """Return the numbers of the facts row."""
        rows = self.rows
        kinds = Counter(row["task"] for row in rows)
        compared = [row for row in rows if row["line"].get("increment") is not None]
        straight = Counter(
            row["line"]["expected_rate"]
            for row in rows
            if row["line"].get("expected_rate") is not None and not row["line"].get("has_plan")
        )
        objections = [found for row in rows for found in row["objections"]]
        return {
            "lines": len(rows),
            "tasks": kinds["assessed"],
            "text": kinds["text"],
            "no_task": len(rows) - kinds["assessed"] - kinds["text"],
            "up": sum(row["line"]["increment"] > 0 for row in compared),
            "same": sum(row["line"]["increment"] == 0 for row in compared),
            "down": sum(row["line"]["increment"] < 0 for row in compared),
            "blank": sum(row["is_blank"] for row in rows),
            "below": sum(row["is_below"] for row in rows),
            "behind": sum(row["is_behind"] for row in rows),
            "straight_line": straight.most_common(1)[0][0] if straight else None,
            "objected": sum(bool(row["objections"]) for row in rows),
            "objectors": "、".join(dict.fromkeys(found["agency"] for found in objections)),
        }

    def progress(self) -> dict:
        """Return how many lines have been decided on, and which rest can be passed in one go."""
        passed = sum(row["is_passed"] for row in self.rows)
        returned = sum(row["is_open"] for row in self.rows)
        return {
            "lines": len(self.rows),
            "passed": passed,
            "returned": returned,
            "done": passed + returned,
            "left": len(self.rows) - passed - returned,
            "rest": len(self.rest),
            "rest_left": sum(not row["is_passed"] for row in self.rest),
            "rest_moves": sum(row["moves"] for row in self.rest),
        }

    def seal(self) -> str:
        """Return the signed versions of what is on the page."""
        return seal_seen(self.report, {row["pair"]: row["version"] for row in self.rows})

    def beside_month(self) -> list[dict]:
        """Return the rows with last month's rate beside this month's. One query more."""
        earlier = {}
        if self.last:
            units = [unit.pk for unit in self.units]
            earlier = own_lines(self.last, units, counted=Report.COUNTED, last=None, issued=None)
        return [
            row | {"last_rate": self._rate(earlier.get(row["pair"], {}))}
            for row in self.rows
            if row["task"] == "assessed" or row["value"]
        ]

    def beside_units(self) -> tuple[list[Participant], list[dict]]:
        """Return the units whose figures are out, and per indicator their value and rate."""
        units = [unit for unit in self.everybody if self.is_counted(unit.pk) or unit.pk == self.report.participant_id]
        rows = []
        for indicator in self.indicators:
            cells = []
            for unit in units:
                line = self.lines.get((unit.pk, indicator.pk), {})
                cells.append(
                    {
                        "is_own": unit.pk == self.report.participant_id,
                        "task": line.get("task", "no_task"),
                        "value": format_number(line["value"], indicator.decimals)
                        if line.get("value") is not None
                        else "",
                        "rate": self._rate(line),
                        "is_below": bool(line.get("is_below_average")),
                    }
                )
            if any(cell["task"] == "assessed" for cell in cells):
                line = next(iter(self.lines.get((unit.pk, indicator.pk), {}) for unit in units), {})
                average = line.get("average")
                rows.append(
                    {
                        "indicator": indicator,
                        "project": indicator.sub_project.project,
                        "cells": cells,
                        "average": "" if average is None else format_number(average, line["average_decimals"]),
                    }
                )
        return units, rows


def rank_of(row: dict) -> int | None:
    """Return how early the line is to be looked at; None for those with nothing to say."""
    if row["objections"]:
        return 0
    # What was sent back stays in sight after it has been passed.
    if row["is_returned"] or (row["review"] is not None and row["review"].nth > 1):
        return 1
    if row["is_blank"]:
        return 2
    if row["falls"] and row["is_flow"]:
        return 3
    return 4 if row["flags"] else None


def _position(rate: Decimal) -> int:
    """Return where a rate's dot stands on a strip."""
    return 4 + int(min(max(rate, Decimal(0)), Decimal(STRIP_RATE)) * (STRIP - 8) / STRIP_RATE)


def _shown(figure: Figure | None, indicator: Indicator) -> str:
    if figure is None:
        return ""
    if figure.state == Figure.State.TEXT:
        return figure.text
    return "" if figure.value is None else format_number(figure.value, indicator.decimals)


def _periods_before(period: ReportingPeriod):
    return ReportingPeriod.objects.filter(
        programme=period.programme_id, kind=period.kind, ends_on__lt=period.ends_on
    ).order_by("-ends_on")
