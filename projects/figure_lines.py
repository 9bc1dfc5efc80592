"""The lines of the entry page: what one report and one person need, fetched once and put together by project."""

from collections import defaultdict
from itertools import groupby

from django.db.models import Count
from django.urls import reverse

from livelihood.formats import format_number
from livelihood.models import User
from projects import figure_words as words
from projects import parts, rights
from projects.cell_notes import cell_notes
from projects.checks import choices_of
from projects.content import content_hashes
from projects.entry_progress import own_lines
from projects.models import (
    Assignment,
    BureauSignature,
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
from projects.services.figures import is_summed
from projects.services.reports import is_open_for_figures, is_whole

Key = tuple[int, int]


def key_text(key: Key) -> str:
    """Return a cell's key as forms and JSON name it: <participant>-<indicator>."""
    return f"{key[0]}-{key[1]}"


def periods_before(period: ReportingPeriod) -> list[ReportingPeriod]:
    """Return the programme's earlier periods of the same kind, newest first. One query."""
    return list(
        ReportingPeriod.objects.filter(
            programme=period.programme_id, kind=period.kind, ends_on__lt=period.ends_on
        ).order_by("-ends_on")
    )


def last_issued(periods: list[ReportingPeriod]) -> ReportingPeriod | None:
    """Return the newest issued one, whose averages everybody has seen."""
    return next((row for row in periods if row.state == ReportingPeriod.State.ISSUED), None)


class FigureLines:
    """What the lines of one report need, fetched once. About fifteen queries, whatever the number of rows."""

    def __init__(self, report: Report, user: User, typed: dict, result: parts.SaveResult):
        self.report, self.typed, self.result = report, typed, result
        self.period: ReportingPeriod = report.period
        self.scope = rights.fill_scope(user, report)
        self.is_open = is_open_for_figures(report)
        self.units = self._units()
        self.indicators = self._visible(self._indicators(), user)
        self._fetch([unit.pk for unit in self.units])

    def sections(self) -> list[dict]:
        """Return the projects in order with their rows; a project without indicators shows its text."""
        rows = defaultdict(list)
        for project, indicators in groupby(self.indicators, key=lambda row: row.sub_project.project_id):
            for indicator in indicators:
                rows[project] += [self._row(unit, indicator) for unit in self.units]
        is_all = self.scope.everything or not self.scope.sub_projects
        return [
            self._section(project, rows[project.pk])
            for project in Project.objects.filter(programme=self.period.programme).order_by("seq")
            if rows[project.pk] or (is_all and project.text and not is_whole(self.report))
        ]

    def _units(self) -> list[Participant]:
        if self.report.participant:
            return [self.report.participant]
        participants = self.period.programme.participants.reporters().active_on(self.period.ends_on)
        return list(participants.order_by("order", "id"))

    def _indicators(self) -> list[Indicator]:
        """Return the programme's indicators in printed order, with their sub-projects."""
        rows = Indicator.objects.filter(sub_project__project__programme=self.period.programme_id)
        order = ("sub_project__project__seq", "sub_project__order", "order", "id")
        return list(rows.select_related("sub_project").order_by(*order))

    def _visible(self, indicators: list[Indicator], user: User) -> list[Indicator]:
        """Leave out what is not in this report, and for a filler what is somebody else's."""
        if self.report.agency_id:
            return [row for row in indicators if row.sub_project.lead_agency_id == self.report.agency_id]
        if is_whole(self.report):
            return [row for row in indicators if not is_summed(row)]
        if self.scope.sub_projects and not rights.parts_in(user, self.report) - {"filler"}:
            return [row for row in indicators if self.scope.covers(self.report.participant_id, row.sub_project_id)]
        return indicators

    def _fetch(self, unit_ids: list[int]) -> None:
        """Fetch targets, figures, yardsticks and what others said of the cells."""
        period, before = self.period, periods_before(self.period)
        last = before[0] if before else None
        self.lines = own_lines(period, unit_ids, counted=Report.State.values, last=last, issued=last_issued(before))
        figures = Figure.objects.filter(period=period, participant__in=unit_ids).order_by()
        self.flags = defaultdict(list)
        flags = FigureFlag.objects.filter(figure__period=period, figure__participant__in=unit_ids)
        for flag in flags.order_by("code"):
            self.flags[flag.figure_id].append(flag)
        self.figures = {(row.participant_id, row.indicator_id): row for row in figures}
        self.notes = cell_notes(self.report)
        self.plans = defaultdict(list)
        planned = Milestone.objects.filter(indicator__sub_project__project__programme=period.programme_id)
        for milestone in planned.order_by("due_on"):
            self.plans[milestone.indicator_id].append(milestone)
        evidence = Evidence.objects.filter(report=self.report, removed_at__isnull=True)
        counts = evidence.values_list("participant_id", "indicator_id").annotate(Count("id")).order_by()
        self.evidence = {(participant, indicator): count for participant, indicator, count in counts}
        self.agencies = self._agencies()
        self.signed = self._signed()
        self.cell_url = reverse("projects:report-cell", args=[self.report.pk, 0, 0])

    def _agencies(self) -> dict[int, object]:
        """Return who fills which sub-project of a participant's report: sub-project id → agency. One query."""
        if not self.report.participant_id:
            return {}
        assigned = Assignment.objects.filter(participant=self.report.participant_id).select_related("agency").order_by()
        return {row.sub_project_id: row.agency for row in assigned}

    def _signed(self) -> dict[int, bool]:
        """Return the agencies that have signed: id → whether their cells still say what they signed."""
        signatures = BureauSignature.objects.filter(report=self.report, withdrawn_at__isnull=True).order_by()
        signed = {row.agency_id: row.sha256 for row in signatures} if self.agencies else {}
        if not signed:
            return {}
        groups = {agency: {sub for sub, filler in self.agencies.items() if filler.pk == agency} for agency in signed}
        hashes = content_hashes(self.report, groups)
        return {agency: hashes[agency] == sha256 for agency, sha256 in signed.items()}

    def _section(self, project: Project, rows: list[dict]) -> dict:
        """Return one project's block: its rows, who fills it, how far it is."""
        agencies = {}
        for row in rows:
            if agency := self.agencies.get(row["indicator"].sub_project_id):
                agencies[agency.pk] = agency
        return {
            "project": project,
            "seq": project.seq,
            "rows": rows,
            "agencies": "、".join(agency.name for agency in agencies.values()),
            "mark": words.mark_of(rows),
            "note": words.note_of(rows, self._signature_word(agencies)),
            "can_carry": sum(row["is_carried"] and row["is_typed"] for row in rows),
            "is_typed": any(row["is_typed"] for row in rows),
        }

    def _signature_word(self, agencies: dict) -> str:
        if not agencies:
            return ""
        if all(self.signed.get(agency) for agency in agencies):
            return "已签字"
        if any(self.signed.get(agency) is False for agency in agencies):
            return "签字后有改动"
        return "部分签字" if any(agency in self.signed for agency in agencies) else "未签字"

    def _row(self, unit: Participant, indicator: Indicator) -> dict:
        """Return one line: what is stored, or what was typed and refused."""
        key = (unit.pk, indicator.pk)
        figure, line = self.figures.get(key), self.lines.get(key, {})
        flags = self.flags[figure.pk] if figure else []
        task = line.get("task", "no_task")
        is_text = indicator.kind == Indicator.Kind.TEXT
        is_confirmed = figure is not None and figure.state in (Figure.State.REPORTED, Figure.State.TEXT)
        last = line.get("last_value")
        row = {
            "key": key_text(key),
            "indicator": indicator,
            "unit": unit,
            "task": task,
            "last": last,
            "line": line,
            "figure": figure,
            "note": self.notes.get(key),
            "evidence": self.evidence.get(key, 0),
            "url": self.cell_url.replace("0-0", key_text(key)),
            "value": words.value_of(figure, indicator),
            "remark": figure.remark if figure else "",
            "version": figure.version if figure else 0,
            "flags": flags,
            "reason": flags[0].reason if flags else "",
            "reason_choices": list(dict.fromkeys(word for flag in flags for word in choices_of(flag.code))),
            "error": None,
            "conflict": None,
            "is_text": is_text,
            "is_confirmed": is_confirmed,
            # An empty cell is offered last month's value; 无任务 said against a task is an answer, not an empty cell.
            "is_carried": not (is_confirmed or is_text or flags or last is None or task != "assessed"),
            "carried": "" if last is None else format_number(last, indicator.decimals),
            "plan": words.plan_words(plan, self.period.as_of) if (plan := self.plans.get(indicator.pk)) else "",
            "is_mine": self.scope.covers(unit.pk, indicator.sub_project_id),
        }
        # A figure left from before the task was taken away can still be cleared.
        row["is_typed"] = self.is_open and row["is_mine"] and (task != "no_task" or bool(row["value"]))
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
        row["error"], row["conflict"] = self.result.errors.get(name), self.result.conflicts.get(name)
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
