"""The fund lines of a report's entry page: fetched once, three stages each, put together by project."""

from collections import defaultdict
from itertools import groupby

from django.db.models import Count
from django.urls import reverse

from funding import fund_words as money_words
from funding.entry_progress import entry_lines
from funding.fund_checks import choices_of
from funding.funds import fund_rates
from funding.models import FundFigure, FundFlag, FundLine
from livelihood.models import User
from projects import figure_words as words
from projects import parts, rights
from projects.cell_key import Key, key_text
from projects.cell_notes import cell_notes
from projects.figure_lines import periods_before
from projects.models import Evidence, Participant, Report
from projects.services.reports import is_open_for_figures, is_whole
from projects.signature_words import Signatures

Stage = FundFigure.Stage


def lines_of(report: Report) -> list[FundLine]:
    """Return the lines whose money the report tells, in printed order. One query; none of the whole's."""
    if is_whole(report):
        return []
    lines = FundLine.objects.of_programme(report.period.programme_id)
    if report.participant_id:
        return list(lines.filter(participant=report.participant_id))
    return list(
        lines.filter(sub_project__lead_agency=report.agency_id).exclude(participant__kind=Participant.Kind.WHOLE)
    )


class FundLines:
    """What the fund lines of one report need, fetched once. About twelve queries, whatever the number of rows."""

    def __init__(self, report: Report, user: User, typed: dict, result: parts.SaveResult):
        self.report, self.typed, self.result = report, typed, result
        self.period = report.period
        self.money = money_words.money_of(report)
        self.scope = rights.fill_scope(user, report)
        self.is_open = is_open_for_figures(report)
        self.lines = lines_of(report)
        if self.scope.sub_projects and not rights.parts_in(user, report) - {"filler"}:
            self.lines = [row for row in self.lines if self.scope.covers(row.participant_id, row.sub_project_id)]
        if self.lines:
            self._fetch()

    def sections(self) -> list[dict]:
        """Return the projects that have money, in order, with a row per line and stage."""
        return [self._section([*lines]) for _, lines in groupby(self.lines, key=lambda row: row.sub_project.project_id)]

    def _fetch(self) -> None:
        ids = [line.pk for line in self.lines]
        before = periods_before(self.period)
        self.amounts = entry_lines(self.period, ids, last=before[0] if before else None)
        rates = fund_rates(
            programme=self.period.programme, period=self.period, by="line", lines=ids, counted=Report.State.values
        )
        self.rates = {(row["line_id"], row["measure"]): row for row in rates}
        figures = FundFigure.objects.filter(period=self.period, fund_line__in=ids)
        self.figures = {(row.fund_line_id, row.stage): row for row in figures}
        self.flags = defaultdict(list)
        for flag in FundFlag.objects.filter(fund_figure__in=[row.pk for row in self.figures.values()]).order_by("id"):
            self.flags[flag.fund_figure_id].append(flag)
        self.notes = cell_notes(self.report)
        counted = Evidence.objects.filter(report=self.report, part="funds", removed_at__isnull=True)
        self.evidence = dict(counted.values_list("cell").annotate(Count("id")).order_by())
        self.signatures = Signatures(self.report)
        self.cell_url = reverse("projects:report-cell", args=[self.report.pk, "0-0"])

    def _section(self, lines: list[FundLine]) -> dict:
        project = lines[0].sub_project.project
        rows = [self._row(line, stage) for line in lines for stage in Stage.values]
        agencies = self.signatures.of(line.sub_project_id for line in lines)
        note = words.note_of(rows, self.signatures.word(agencies)).replace("无任务", "无计划")
        return {
            "project": project,
            "code": f"funds-{project.seq}",
            "seq": project.seq,
            "short": f"资{project.seq}",
            "rows": rows,
            "agencies": "、".join(agency.name for agency in agencies.values()),
            "mark": words.mark_of(rows),
            "note": note,
            "can_carry": sum(row["is_carried"] and row["is_typed"] for row in rows),
            "is_typed": any(row["is_typed"] for row in rows),
        }

    def _row(self, line: FundLine, stage: str) -> dict:
        """Return one stage of a line: what is stored, or what was typed and refused."""
        key: Key = (line.pk, stage)
        figure, amounts = self.figures.get(key), self.amounts.get(key, {})
        rate = self.rates.get(key, {})
        flags = self.flags[figure.pk] if figure else []
        is_confirmed = figure is not None and figure.state == FundFigure.State.REPORTED
        last = amounts.get("last_value")
        has_plan = amounts.get("planned") is not None
        unit = money_words.CHOICES[self.money]
        row = {
            "key": key_text(key),
            "pair": key,
            "fund_line": line,
            "stage": stage,
            "is_first": stage == Stage.RECEIVED,
            "sub_project_id": line.sub_project_id,
            "indicator": money_words.Subject(f"{source_words(line)} {Stage(stage).label}", unit, line.sub_project),
            "name": Stage(stage).label,
            "source": source_words(line),
            "unit": line.participant,
            "task": "assessed" if has_plan else "no_task",
            "last": last,
            "last_words": money_words.amount_words(last, self.money),
            "planned": money_words.amount_words(amounts.get("planned"), self.money),
            "amounts": amounts,
            # What the shared words ask of a line.
            "line": {"is_behind": amounts.get("is_behind")},
            "rate": rate.get("rate"),
            "rate_label": rate.get("label", ""),
            "figure": figure,
            "note": self.notes.get(key),
            "evidence": self.evidence.get(key_text(key), 0),
            "url": self.cell_url.replace("0-0", key_text(key)),
            "value": money_words.amount_words(figure.value if figure else None, self.money),
            "remark": figure.remark if figure else "",
            "version": figure.version if figure else 0,
            "flags": flags,
            "reason": flags[0].reason if flags else "",
            "reason_choices": list(dict.fromkeys(word for flag in flags for word in choices_of(flag.code))),
            "error": None,
            "conflict": None,
            "is_text": False,
            "is_confirmed": is_confirmed,
            "is_carried": not (is_confirmed or flags or last is None or not has_plan),
            "carried": money_words.amount_words(last, self.money),
            "is_mine": self.scope.covers(line.participant_id, line.sub_project_id),
        }
        row["is_typed"] = self.is_open and row["is_mine"]
        self._keep_typed(row)
        row |= {
            "display": money_words.display_of(row, self.money),
            "tones": money_words.tones_of(row),
            "state": words.state_of(row),
            "states": [*words.states_of(row), "funds"],
            "has_notes": bool(row["error"] or row["conflict"] or row["note"] or flags),
        }
        if row["state"] == "no_task":
            row["state"] = "no_plan"
        return row

    def _keep_typed(self, row: dict) -> None:
        """Put what was typed and not stored back into the line, with the reason."""
        name, typed = row["key"], self.typed.get(row["key"])
        row["error"], row["conflict"] = self.result.errors.get(name), self.result.conflicts.get(name)
        if typed and self.result.refused and typed["value"].strip() != row["value"]:
            row["error"] = f"没有存下。您填的是“{typed['value']}”"
        if typed is None or not (row["error"] or row["conflict"]):
            return
        row["stored"] = row["value"]
        row |= {"value": typed["value"], "remark": typed.get("remark", row["remark"])}
        row["reason"] = typed.get("reason", row["reason"])
        if not row["conflict"]:
            row["version"] = typed.get("version", row["version"])


def source_words(line: FundLine) -> str:
    """Return whose money it is, as printed, with the kind where it is not the usual one."""
    return line.printed_source + ("（管护资金）" if line.kind == "maintenance" else "")
