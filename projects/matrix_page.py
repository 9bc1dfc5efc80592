"""One project of a month as a table: participants × indicators, for those who look at or fill many units at once.

The city office (and who oversees with it) sees every project; a lead agency the items it leads. Where agencies
report for all units, the agency types here into its own report; where the units report themselves, it reads what
has been handed in. A constant number of queries, whatever the number of units and indicators.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import groupby

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from livelihood.access import Role, access_of, is_city_office, oversees
from livelihood.formats import MISSING, format_number, format_printed, state_parts
from livelihood.models import Agency, User
from projects import figure_words as words
from projects import parts, rights
from projects.cell_notes import CellNotes, notes_of
from projects.entry_progress import own_lines
from projects.figure_lines import key_text, periods_before
from projects.models import (
    Figure,
    FigureFlag,
    Indicator,
    Participant,
    PeriodReopening,
    Programme,
    Project,
    Report,
    ReportingPeriod,
)
from projects.month_starts import month_starts
from projects.services.figures import is_summed
from projects.services.report_locks import is_whole

Key = tuple[int, int]

NO_NOTES = CellNotes()

#: How many cells one form holds: a browser sends a field for each, and the server counts them (it takes
#: DATA_UPLOAD_MAX_NUMBER_FIELDS). A longer table is several forms, each of whole rows with a button of its own.
FORM_CELLS = 1000


def matrix_projects(user: User, programme: Programme) -> QuerySet[Project]:
    """Return the projects whose table the user may open, in official order."""
    projects = Project.objects.filter(programme=programme).order_by("seq")
    if oversees(user, programme.owner_id):
        return projects
    return projects.filter(sub_projects__lead_agency__in=_agencies(user, programme)).distinct()


def first_matrix(user: User, programme: Programme) -> Project | None:
    """Return the first project with something to count whose table the user may open. One query."""
    return matrix_projects(user, programme).filter(sub_projects__indicators__isnull=False).first()


def _agencies(user: User, programme: Programme) -> frozenset:
    """Return the lead agencies the user works for; their fillers count where agencies report."""
    roles = [Role.LEAD_AGENCY]
    if programme.reporting_by == Programme.ReportingBy.AGENCY:
        roles.append(Role.FILLER)
    return access_of(user).agency_ids(*roles)


class MatrixPage:
    """The table of one project (None: of all) as one person may see and fill it; about twelve queries.

    `typed` (key → value, version) and `result`: what a refused form held and why, shown again.
    """

    def __init__(
        self,
        period: ReportingPeriod,
        project: Project | None,
        user: User,
        *,
        typed: dict | None = None,
        result: parts.SaveResult | None = None,
    ):
        self.period, self.project, self.user = period, project, user
        self.programme = period.programme
        self.typed, self.result = typed or {}, result or parts.SaveResult()
        self.oversees = oversees(user, self.programme.owner_id)
        self.by_agency = self.programme.reporting_by == Programme.ReportingBy.AGENCY
        # What a unit has not handed in yet is its own affair; agencies that report see what they type themselves.
        self.sees_drafts = self.oversees or self.by_agency
        self.indicators = self._indicators()
        self.cell_urls: dict[int, str] = {}
        units = self.programme.participants.active_on(period.ends_on)
        self.units: list[Participant] = list(units.order_by("order", "id"))
        self._fetch_reports()

    @property
    def may_type(self) -> bool:
        """Tell whether filling in this table is the user's work at all, whatever the reports' state."""
        return any(self.scopes.values())

    def report_of(self, unit: Participant, indicator: Indicator) -> Report | None:
        """Return the report the cell belongs to, or None where none has been begun."""
        if self.by_agency and unit.kind != Participant.Kind.WHOLE:
            return self.reports_by_agency.get(indicator.sub_project.lead_agency_id)
        return self.reports_by_unit.get(unit.pk)

    def reports(self) -> dict[str, Report]:
        """Return the report of every cell that has one, by the cell's name."""
        found = {
            key_text((unit.pk, indicator.pk)): self.report_of(unit, indicator)
            for unit in self.units
            for indicator in self.indicators
        }
        return {key: report for key, report in found.items() if report is not None}

    @cached_property
    def rows(self) -> list[dict]:
        """Return one row per unit: unit, report, state, cells in the order of the columns."""
        self._fetch_cells()
        return [self._row(unit) for unit in self.units]

    @property
    def cells(self) -> Iterator[dict]:
        """Return the cells of all rows."""
        return (cell for row in self.rows for cell in row["cells"])

    def forms(self) -> list[dict]:
        """Return the rows as they are sent without scripts: name, rows, the versions seen, units from … to."""
        size = max(1, FORM_CELLS // max(1, len(self.indicators)))
        blocks = [self.rows[start : start + size] for start in range(0, len(self.rows), size)]
        return [
            {
                "name": "entry" if number == 1 else f"entry-{number}",
                "rows": rows,
                "versions": " ".join(
                    f"{cell['key']}:{cell['version']}" for row in rows for cell in row["cells"] if cell["is_typed"]
                ),
                "label": f"{rows[0]['unit']}至{rows[-1]['unit']}",
            }
            for number, rows in enumerate(blocks, start=1)
        ]

    def not_begun(self) -> list[Agency]:
        """Return the agencies with columns here whose report the user may begin; units say so in their row. One query.

        Only where agencies report.
        """
        if not self.by_agency or not self._may_begin:
            return []
        leads = dict.fromkeys(indicator.sub_project.lead_agency for indicator in self.indicators)
        return [agency for agency in leads if agency and agency.pk not in self.reports_by_agency]

    @cached_property
    def _may_begin(self) -> bool:
        """Tell whether the user may begin reports now: fills for all units, in an open period."""
        is_own = self.by_agency and bool(_agencies(self.user, self.programme))
        is_filler = is_own or is_city_office(self.user, self.programme.owner_id)
        return is_filler and self.period.state == ReportingPeriod.State.OPEN

    def groups(self) -> list[dict]:
        """Return the columns by sub-project, each indicator with how many of its tasks are filled."""
        counts = self.filled()
        return [
            {
                "sub_project": sub_project,
                "columns": [{"indicator": indicator, "note": counts[indicator.pk]} for indicator in indicators],
            }
            for sub_project, indicators in (
                (sub_project, list(found))
                for sub_project, found in groupby(self.indicators, key=lambda row: row.sub_project)
            )
        ]

    def filled(self) -> dict[int, str]:
        """Return per indicator how many of the cells with a task are filled: 6/8, or 无任务."""
        counts = {}
        for number, indicator in enumerate(self.indicators):
            tasks = [row["cells"][number] for row in self.rows if row["cells"][number]["is_task"]]
            done = sum(cell["is_confirmed"] for cell in tasks)
            counts[indicator.pk] = f"{done}/{len(tasks)}" if tasks else "无任务"
        return counts

    def _indicators(self) -> list[Indicator]:
        found = Indicator.objects.of_programme(self.programme)
        if self.project is not None:
            found = found.filter(sub_project__project=self.project)
        if not self.oversees:
            found = found.filter(sub_project__lead_agency__in=_agencies(self.user, self.programme))
        return list(found)

    def _fetch_reports(self) -> None:
        reports = list(Report.objects.filter(period=self.period).select_related("participant", "agency"))
        for report in reports:
            # The period is at hand; asking each report for it would be a query per line.
            report.period = self.period
        self.reports_by_unit = {row.participant_id: row for row in reports if row.participant_id}
        self.reports_by_agency = {row.agency_id: row for row in reports if row.agency_id}
        self.scopes = {
            row.pk: rights.fill_scope(self.user, row) if self.sees_drafts else rights.FillScope() for row in reports
        }
        self.changeable = self._changeable(reports)

    def _changeable(self, reports: list[Report]) -> set[int]:
        """Return the reports whose figures may change now: as `require_changeable`, for all of them at once."""
        if self.period.state == ReportingPeriod.State.OPEN:
            within = reports
        else:
            reopened = PeriodReopening.objects.filter(
                period=self.period, ended_at__isnull=True, until__gt=timezone.now()
            )
            units = set(reopened.values_list("participants", flat=True))
            within = [row for row in reports if row.participant_id in units or (units and row.agency_id)]
        return {row.pk for row in within if is_whole(row) or row.state in Report.EDITABLE}

    def _fetch_cells(self) -> None:
        """Fetch figures, yardsticks and what others said of the cells. Seven queries."""
        unit_ids = [unit.pk for unit in self.units]
        indicator_ids = [indicator.pk for indicator in self.indicators]
        counted = Report.State.values if self.sees_drafts else Report.COUNTED
        before = periods_before(self.period)
        self.last = before[0] if before else None
        self.lines = own_lines(self.period, unit_ids, counted=counted, last=self.last, indicator_ids=indicator_ids)
        self.starts = month_starts(self.period, unit_ids)
        figures = Figure.objects.filter(
            period=self.period, participant__in=unit_ids, indicator__in=indicator_ids, report__state__in=counted
        )
        self.figures = {(row.participant_id, row.indicator_id): row for row in figures}
        flags = FigureFlag.objects.filter(figure__in=figures, reason="").order_by("figure", "code")
        self.flags: dict[int, str] = {}
        for figure, explanation in flags.values_list("figure", "explanation"):
            self.flags.setdefault(figure, explanation)
        self.notes = notes_of([*self.reports_by_unit.values(), *self.reports_by_agency.values()])

    def _row(self, unit: Participant) -> dict:
        cells = [self._cell(unit, indicator) for indicator in self.indicators]
        report = self.reports_by_unit.get(unit.pk)
        if self.by_agency and unit.kind != Participant.Kind.WHOLE:
            # One report holds all units; its state stands above the table.
            state = ""
        elif report is None:
            state = "not_begun"
        elif unit.kind == Participant.Kind.WHOLE:
            state = "whole"
        elif self.sees_drafts or report.state in Report.COUNTED:
            state = report.state
        else:
            state = "draft"
        # A lead agency that only reads has no page of the unit's report.
        opens = report is not None and self.sees_drafts
        begins = state == "not_begun" and unit.kind != Participant.Kind.WHOLE and self._may_begin
        return {
            "unit": unit,
            "report": report if opens else None,
            "state": state,
            "may_begin": begins,
            "cells": cells,
        }

    def _cell(self, unit: Participant, indicator: Indicator) -> dict:
        """Return one cell: the texts of its columns, and how it may be typed in."""
        key = (unit.pk, indicator.pk)
        name, line, figure = key_text(key), self.lines.get(key, {}), self.figures.get(key)
        report, task = self.report_of(unit, indicator), line.get("task", "no_task")
        is_text = indicator.kind == Indicator.Kind.TEXT or task == "text"
        is_sum = unit.kind == Participant.Kind.WHOLE and is_summed(indicator)
        value = self._shown(figure, line, indicator, is_sum=is_sum)
        is_confirmed = figure is not None and figure.state in (Figure.State.REPORTED, Figure.State.TEXT)
        last, start = line.get("last_value"), self.starts.get(key)
        offered = start.value if start else last
        cell = {
            "key": name,
            "unit": unit,
            "indicator": indicator,
            # What the texts below are made of, for whoever needs numbers.
            "task": task,
            "line": line,
            "figure": figure,
            "report": report.pk if report else None,
            "url": "" if is_sum or task in ("no_task", "not_applicable") else self._cell_url(report, name),
            "value": value,
            "version": figure.version if figure else 0,
            "is_text": is_text,
            "is_sum": is_sum,
            "is_task": task == "assessed" and not is_text and not is_sum,
            "is_confirmed": is_confirmed,
            "is_typed": self._is_typed(report, unit, indicator, task, value),
            "target": words.target_of(line, task, indicator),
            "is_absent": task != "assessed",
            "is_none": task in ("no_task", "not_applicable"),
            "last": "" if last is None else format_number(last, indicator.decimals),
            "offered": "" if offered is None else format_number(offered, indicator.decimals),
            "rate": "达标"
            if line.get("is_zero_best")
            else format_printed(line.get("rate"))
            if task == "assessed"
            else "",
            "is_behind": bool(line.get("is_behind")),
        }
        cell["is_carried"] = cell["is_task"] and not is_confirmed and cell["offered"] != ""
        return self._marked(cell, report, figure, key)

    def _cell_url(self, report: Report | None, name: str) -> str:
        """Return the address of what is known of the cell, where the user may see its report."""
        is_own = self.by_agency and report is not None and report.agency_id is not None
        if report is None or not (self.oversees or is_own):
            return ""
        if report.pk not in self.cell_urls:
            self.cell_urls[report.pk] = reverse("projects:report-cell", args=[report.pk, "0-0"])
        return self.cell_urls[report.pk].replace("0-0", name)

    def _is_typed(self, report, unit: Participant, indicator: Indicator, task: str, value: str) -> bool:
        """Tell whether the person may type in the cell now; a figure left without a task can still be cleared."""
        if report is None or report.pk not in self.changeable or (is_whole(report) and is_summed(indicator)):
            return False
        return self.scopes[report.pk].covers(unit.pk, indicator.sub_project_id) and (task != "no_task" or bool(value))

    @staticmethod
    def _shown(figure: Figure | None, line: dict, indicator: Indicator, *, is_sum: bool) -> str:
        """Return what stands in the cell; the whole has the sum of the others."""
        if is_sum:
            value = line.get("shown_value")
            return "" if value is None else format_number(value, indicator.decimals)
        return words.value_of(figure, indicator)

    def _marked(self, cell: dict, report: Report | None, figure: Figure | None, key: Key) -> dict:
        """Add what is to be said of the cell: one mark (the first that holds) with its words; and what was typed."""
        note = self.notes.get(report.pk, {}).get(key, NO_NOTES) if report else NO_NOTES
        typed, conflict = self.typed.get(cell["key"]), self.result.conflicts.get(cell["key"])
        error = self.result.errors.get(cell["key"], "")
        mark, about = "", ""
        if error:
            mark, about = "invalid", error
        elif conflict:
            mark, about = "conflict", conflict.sentence
        elif self.sees_drafts and note.is_open:
            mark, about = "returned", f"退回：{note.review.reason}"
        elif figure is not None and figure.pk in self.flags:
            mark, about = "flagged", self.flags[figure.pk]
        elif cell["is_typed"] and cell["is_carried"]:
            mark, about = "carried", f"可{start.words}" if (start := self.starts.get(key)) else ""
        if typed and (error or conflict):
            cell["value"] = typed["value"]
            # A conflict has now been shown, so saving again decides it; an error leaves the question open.
            cell["version"] = cell["version"] if conflict else typed.get("version", cell["version"])
        sign = state_parts(mark)[0] if mark and mark != "carried" else ""
        return cell | {"mark": mark, "sign": sign, "about": about, "conflict": conflict}


def changed_cells(page: MatrixPage, cells: dict[str, dict]) -> dict[str, dict]:
    """Return the typed cells that say something else than what is stored, so that only they are saved."""
    stored = {cell["key"]: cell["value"] for cell in page.cells}
    return {key: cell for key, cell in cells.items() if cell["value"].strip() != stored.get(key)}


def sums_reply(page: MatrixPage) -> dict[int, dict]:
    """Return what the whole's line now says in the columns that are sums, by indicator id."""
    cells = [cell for cell in page.cells if cell["is_sum"]]
    return {
        cell["indicator"].pk: {name: cell[name] for name in ("target", "value", "rate", "is_behind")} for cell in cells
    }


def cells_reply(page: MatrixPage, named: Iterable[str], result: parts.SaveResult) -> dict[str, dict]:
    """Return what the page is told of each named cell after a save: outcome, message, version, texts, mark."""
    cells = {cell["key"]: cell for cell in page.cells}
    return {key: _reply(cells[key], result) for key in named}


def _reply(cell: dict, result: parts.SaveResult) -> dict:
    key, conflict = cell["key"], cell["conflict"]
    if key in result.errors:
        outcome = "invalid"
    elif conflict:
        outcome = "conflict"
    else:
        outcome = "saved" if key in result.saved else "unchanged"
    reply = {
        "outcome": outcome,
        "message": cell["about"],
        "version": int(cell["version"]),
        "display": {"value": cell["value"], "rate": cell["rate"]},
        "tones": {"rate": "red"} if cell["is_behind"] else {},
        "mark": cell["mark"],
        "sign": cell["sign"],
        "note_html": "",
    }
    if outcome in ("invalid", "conflict"):
        # The stored figure's rate does not belong beside what was typed.
        reply["display"]["rate"], reply["tones"] = MISSING, {}
    if conflict:
        theirs = f"{conflict.by} {conflict.at} 存为 {conflict.value or '空'}"
        reply["message"] = f"{theirs}，您填的是 {cell['value'] or '空'}，两个都没有丢。"
        reply["theirs"] = {"value": conflict.value, "by": conflict.by, "at": conflict.at}
    if outcome in ("invalid", "conflict"):
        words = {"cell": cell, "message": reply["message"], "choices": conflict}
        reply["note_html"] = render_to_string("projects/components/matrix_wrong.html", words)
    return reply
