"""The lines of the entry page: what one report and one person need, fetched once and put together by project."""

from collections import defaultdict

from django.db.models import Count
from django.urls import reverse

from livelihood.formats import format_number
from livelihood.models import User
from livelihood.prepared import instance_of
from projects import figure_words as words
from projects import parts, rights
from projects.checks import choices_of
from projects.entry_progress import own_lines
from projects.figure_sql import CELLS, CELLS_OF_ONE
from projects.line_facts import LineFacts
from projects.line_facts import periods_before as periods_before
from projects.models import (
    Evidence,
    Figure,
    FigureFlag,
    Indicator,
    Milestone,
    Participant,
    Project,
    Report,
    ReportingPeriod,
)
from projects.month_starts import carried_word, month_starts
from projects.save_sql import PLANS
from projects.services.figures import is_summed
from projects.services.held import is_held
from projects.services.report_locks import is_open_for_figures, is_whole

Key = tuple[int, int]


def key_text(key: Key) -> str:
    """Return a cell's key as forms and JSON name it: <participant>-<indicator>."""
    return f"{key[0]}-{key[1]}"


def last_issued(periods: list[ReportingPeriod]) -> ReportingPeriod | None:
    """Return the newest issued one, whose averages everybody has seen."""
    return next((row for row in periods if row.state == ReportingPeriod.State.ISSUED), None)


class FigureLines:
    """What the lines of one report need, fetched once. About fifteen queries, whatever the number of rows.

    `only` (keys): what is not among them gets a brief line, which is counted and never shown: key, task, states and
    is_confirmed, worked out by the same functions from the same lines. `facts`: shared with the other parts' lines.
    """

    def __init__(
        self,
        report: Report,
        user: User,
        typed: dict,
        result: parts.SaveResult,
        *,
        only: set[str] | None = None,
        facts: LineFacts | None = None,
    ):
        self.facts = facts or LineFacts(report)
        self.report, self.typed, self.result, self.only = report, typed, result, only
        self.period: ReportingPeriod = report.period
        self.scope = rights.fill_scope(user, report)
        self.is_open = is_open_for_figures(report)
        self.units = {unit.pk: unit for unit in self._units()}
        self.cells = self._visible(self._cells(), user)
        self.indicators = self._indicators()
        self._fetch()

    def sections(self) -> list[dict]:
        """Return the projects in order with their rows; a project without indicators shows its text."""
        rows = defaultdict(list)
        for cell in self.cells:
            rows[cell.project_id, cell.seq].append(self._row(cell))
        if self.only is not None:
            return [self._section(seq, found) for (_, seq), found in rows.items()]
        is_all = self.scope.everything or not self.scope.sub_projects
        return [
            self._section(project.seq, found) | {"project": project}
            for project in Project.objects.filter(programme=self.period.programme_id).order_by("seq")
            if (found := rows[project.pk, project.seq]) or (is_all and project.text and not is_whole(self.report))
        ]

    def _units(self) -> list[Participant]:
        if self.report.participant:
            return [self.report.participant]
        participants = self.period.programme.participants.reporters().active_on(self.period.ends_on)
        return list(participants.order_by("order", "id"))

    def _cells(self) -> list:
        """Return the programme's cells in printed order with their figures, as named tuples (`CELLS`). One query."""
        limits = {"period": self.period.pk, "programme": self.period.programme_id}
        if self.report.participant_id:
            return CELLS_OF_ONE.named_rows(participant=self.report.participant_id, **limits)
        return CELLS.named_rows(participants=list(self.units), **limits)

    def _visible(self, cells: list, user: User) -> list:
        """Leave out what is not in this report, and for a filler what is somebody else's."""
        if self.report.agency_id:
            return [row for row in cells if row.lead_agency_id == self.report.agency_id]
        if is_whole(self.report):
            return [row for row in cells if not is_summed(row)]
        if self.scope.sub_projects and not rights.parts_in(user, self.report) - {"filler"}:
            return [row for row in cells if self.scope.covers(self.report.participant_id, row.sub_project_id)]
        return cells

    def _indicators(self) -> dict[int, Indicator]:
        """Return the indicators whose lines are shown, with their sub-projects, by id.

        At most one query; none for those the save has read.
        """
        ids = {row.indicator_id for row in self.cells}
        if self.only is not None:
            ids &= {int(key.split("-")[1]) for key in self.only}
        near = self.report.near if is_held(self.report) else {}
        if ids <= near.keys():
            return {pk: near[pk] for pk in ids}
        return Indicator.objects.select_related("sub_project").order_by().in_bulk(ids)

    def _fetch(self) -> None:
        """Fetch targets, yardsticks and what others said of the cells."""
        self.lines = own_lines(
            self.period,
            list(self.units),
            counted=Report.State.values,
            last=self.facts.last_id,
            issued=self.facts.issued_id,
            alone=self.report.participant_id is not None,
            shown=None if self.only is None else self.indicators.keys(),
        )
        self.starts = month_starts(self.period, self.units)
        self.flags = self._flags()
        self.notes = self.facts.notes
        self.plans = self._plans()
        self.evidence = self._evidence() if self.facts.has_evidence else {}
        self.signatures = self.facts.signatures
        self.cell_url = reverse("projects:report-cell", args=[self.report.pk, "0-0"])

    def _flags(self) -> dict[int, list[FigureFlag]]:
        """Return the flags by figure id. One query, where there are any."""
        flags, flagged = defaultdict(list), [cell.figure_id for cell in self.cells if cell.is_flagged]
        if flagged:
            for flag in FigureFlag.objects.filter(figure__in=flagged).order_by("code"):
                flags[flag.figure_id].append(flag)
        return flags

    def _plans(self) -> dict[int, list[Milestone]]:
        """Return the milestone plans of the shown indicators by id. One query, where there are any."""
        plans, planned = defaultdict(list), {key[1] for key, line in self.lines.items() if line["has_plan"]}
        if planned := planned & self.indicators.keys():
            for row in PLANS.rows(indicators=list(planned)):
                milestone = instance_of(Milestone, row)
                milestone.indicator = self.indicators[milestone.indicator_id]
                plans[milestone.indicator_id].append(milestone)
        return plans

    def _evidence(self) -> dict[Key, int]:
        """Return how many files stand beside each cell. One query."""
        evidence = Evidence.objects.filter(report=self.report, indicator__isnull=False, removed_at__isnull=True)
        counts = evidence.values_list("participant_id", "indicator_id").annotate(Count("id")).order_by()
        return {(participant, indicator): count for participant, indicator, count in counts}

    def _section(self, seq: int, rows: list[dict]) -> dict:
        """Return one project's block: its rows, who fills it, how far it is."""
        agencies = self.signatures.of(row["sub_project_id"] for row in rows)
        return {
            "code": str(seq),
            "seq": seq,
            "rows": rows,
            "agencies": "、".join(agency.name for agency in agencies.values()),
            "mark": words.mark_of(rows),
            "note": words.note_of(rows, self.signatures.word(agencies)),
            "can_carry": sum(row["is_carried"] and row["is_typed"] for row in rows),
            "is_typed": any(row["is_typed"] for row in rows),
        }

    def _row(self, cell) -> dict:
        """Return one line, brief where it is only counted."""
        key = (cell.participant_id, cell.indicator_id)
        figure, line = cell if cell.figure_id else None, self.lines.get(key, {})
        flags = self.flags[cell.figure_id] if cell.is_flagged else []
        task, name, start = line.get("task", "no_task"), key_text(key), self.starts.get(key)
        offered = start.value if start else line.get("last_value")
        is_text = cell.kind == Indicator.Kind.TEXT
        is_confirmed = cell.state in (Figure.State.REPORTED, Figure.State.TEXT)
        row = {
            "key": name,
            "unit": self.units[cell.participant_id],
            "task": task,
            "line": line,
            "figure": figure,
            "note": self.notes.get(key),
            "flags": flags,
            "error": self.result.errors.get(name),
            "conflict": self.result.conflicts.get(name),
            "is_text": is_text,
            "is_confirmed": is_confirmed,
            # An empty cell is offered the last value; 无任务 said against a task is an answer, not an empty cell.
            "is_carried": not (is_confirmed or is_text or flags or offered is None or task != "assessed"),
            "start": start,
            "offered": offered,
            "is_mine": self.scope.covers(cell.participant_id, cell.sub_project_id),
            "version": cell.version,
            "sub_project_id": cell.sub_project_id,
        }
        if self.only is None or name in self.only:
            return self._shown(row, self.indicators[cell.indicator_id])
        return row | {"states": words.states_of(row), "is_typed": False}

    def _shown(self, row: dict, indicator: Indicator) -> dict:
        """Add what the page shows of a line: what is stored, or what was typed and refused."""
        figure, flags, last = row["figure"], row["flags"], row["line"].get("last_value")
        key = (row["unit"].pk, indicator.pk)
        row |= {
            "indicator": indicator,
            "last": last,
            "evidence": self.evidence.get(key, 0),
            "url": self.cell_url.replace("0-0", row["key"]),
            "value": words.value_of(figure, indicator),
            "remark": figure.remark if figure else "",
            "reason": flags[0].reason if flags else "",
            "reason_choices": list(dict.fromkeys(word for flag in flags for word in choices_of(flag.code))),
            "carried": "" if row["offered"] is None else format_number(row["offered"], indicator.decimals),
            "carried_word": carried_word(self.period, row["start"]),
            "plan": words.plan_words(plan, self.period.as_of) if (plan := self.plans.get(indicator.pk)) else "",
        }
        # A figure left from before the task was taken away can still be cleared.
        row["is_typed"] = self.is_open and row["is_mine"] and (row["task"] != "no_task" or bool(row["value"]))
        self._keep_typed(row)
        return row | {
            "display": words.display_of(row),
            "tones": words.tones_of(row),
            "state": words.state_of(row),
            "states": words.states_of(row),
            "has_notes": bool(row["error"] or row["conflict"] or row["note"] or flags),
        }

    def _keep_typed(self, row: dict) -> None:
        """Put what was typed and not stored back into the line, with the reason."""
        name = row["key"]
        typed = self.typed.get(name)
        if typed and self.result.refused and self._differs(typed, row):
            row["error"] = f"没有存下。您填的是“{typed['value']}”" + (
                f"，备注“{typed['remark']}”" if typed.get("remark") else ""
            )
        if typed is None or not (row["error"] or row["conflict"]):
            return
        row["stored"] = row["value"]
        row |= {"value": typed["value"], "remark": typed.get("remark", row["remark"])}
        row["reason"] = typed.get("reason", row["reason"])
        if not row["conflict"]:
            # A conflict has now been shown, so saving again decides it; an error leaves the question open.
            row["version"] = typed.get("version", row["version"])

    @staticmethod
    def _differs(typed: dict, row: dict) -> bool:
        """Tell whether a typed cell says something else than what is stored."""
        return typed["value"].strip() != row["value"] or typed.get("remark", row["remark"]).strip() != row["remark"]
