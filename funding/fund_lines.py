"""The fund lines of a report's entry page: fetched once, three stages each, put together by project."""

from collections import defaultdict
from itertools import groupby

from django.db.models import Count
from django.urls import reverse

from funding import fund_words as money_words
from funding.entry_progress import report_cells
from funding.fund_checks import choices_of
from funding.funds import fund_rates
from funding.models import FundFigure, FundFlag, FundLine
from livelihood.models import User
from projects import figure_words as words
from projects import parts, rights
from projects.cell_key import Key, key_text
from projects.line_facts import LineFacts
from projects.models import Evidence, Participant, Report
from projects.month_starts import Start, carried_word, newest_starts, starts_from_weeks, weeks_within
from projects.services.held import present_in
from projects.services.report_locks import is_open_for_figures, is_whole

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
    """What the fund lines of one report need, fetched once. About ten queries, whatever the number of rows.

    `only` (keys): what is not among them gets a brief row, which is counted and never shown: key, task, states and
    is_confirmed, worked out by the same functions from the same statement. `facts`: shared with the other parts' lines.
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
        self.report, self.typed, self.result, self.only = report, typed, result, only
        self.facts = facts or LineFacts(report)
        self.period = report.period
        self.money = money_words.money_of(report)
        self.cells = self._cells(user)
        if self.cells:
            self._fetch()

    def sections(self) -> list[dict]:
        """Return the projects that have money, in order, with a row per line and stage."""
        return [
            self._section(seq, [self._row(cell) for cell in cells])
            for seq, cells in groupby(self.cells, key=lambda cell: cell["seq"])
        ]

    def _cells(self, user: User) -> list[dict]:
        """Return the stages the report tells of, for a filler its own. At most four queries."""
        if is_whole(self.report) or present_in(self.report, "funds") == frozenset():
            return []
        before = self.facts.before
        cells = report_cells(self.report, last=before[0] if before else None)
        if not cells:
            return []
        self.scope = rights.fill_scope(user, self.report)
        if self.scope.sub_projects and not rights.parts_in(user, self.report) - {"filler"}:
            return [row for row in cells if self.scope.covers(row["participant_id"], row["sub_project_id"])]
        return cells

    def _fetch(self) -> None:
        """Fetch what others said of the cells, and what only a shown line needs."""
        self.notes = self.facts.notes
        self.signatures = self.facts.signatures
        self.is_open = is_open_for_figures(self.report)
        self.starts = self._starts()
        shown = [row for row in self.cells if self._is_shown(row)]
        self.lines, self.rates, self.figures, self.flags, self.evidence = {}, {}, {}, defaultdict(list), {}
        if not shown:
            return
        ids = {row["line_id"] for row in shown}
        self.lines = {
            line.pk: line for line in FundLine.objects.of_programme(self.period.programme_id).filter(pk__in=ids)
        }
        programme = self.period.programme
        counted = Report.State.values
        rates = fund_rates(programme=programme, period=self.period, by="line", lines=ids, counted=counted)
        self.rates = {(row["line_id"], row["measure"]): row for row in rates}
        self.figures = FundFigure.objects.in_bulk([row["figure_id"] for row in shown if row["figure_id"]])
        if flagged := [row["figure_id"] for row in shown if row["is_flagged"]]:
            for flag in FundFlag.objects.filter(fund_figure__in=flagged).order_by("id"):
                self.flags[flag.fund_figure_id].append(flag)
        if self.facts.has_evidence:
            files = Evidence.objects.filter(report=self.report, part="funds", removed_at__isnull=True)
            self.evidence = dict(files.values_list("cell").annotate(Count("id")).order_by())
        self.cell_url = reverse("projects:report-cell", args=[self.report.pk, "0-0"])

    def _starts(self) -> dict[Key, Start]:
        """Return what the last submitted week within the month says of the stages. At most one query."""
        if not starts_from_weeks(self.period):
            return {}
        lines = {row["line_id"] for row in self.cells}
        rows = FundFigure.objects.filter(
            **weeks_within(self.period), fund_line__in=lines, state=FundFigure.State.REPORTED
        )
        return newest_starts(rows, "fund_line_id", "stage")

    def _is_shown(self, cell: dict) -> bool:
        return self.only is None or key_text((cell["line_id"], cell["stage"])) in self.only

    def _section(self, seq: int, rows: list[dict]) -> dict:
        """Return one project's block: its rows, who fills it, how far it is."""
        agencies = self.signatures.of(row["sub_project_id"] for row in rows)
        note = words.note_of(rows, self.signatures.word(agencies)).replace("无任务", "无计划")
        section = {
            "code": f"funds-{seq}",
            "seq": seq,
            "short": f"资{seq}",
            "rows": rows,
            "agencies": "、".join(agency.name for agency in agencies.values()),
            "mark": words.mark_of(rows),
            "note": note,
            "can_carry": sum(row["is_carried"] and row["is_typed"] for row in rows),
            "is_typed": any(row["is_typed"] for row in rows),
        }
        if self.only is None:
            section["project"] = rows[0]["fund_line"].sub_project.project
        return section

    def _row(self, cell: dict) -> dict:
        """Return one stage of a line, brief where it is only counted."""
        key: Key = (cell["line_id"], cell["stage"])
        name, is_confirmed, has_plan = key_text(key), cell["value"] is not None, cell["planned"] is not None
        start = self.starts.get(key)
        offered = start.value if start else cell["last_value"]
        is_carried = not (is_confirmed or cell["is_flagged"] or offered is None or not has_plan)
        row = {
            "key": name,
            "pair": key,
            "task": "assessed" if has_plan else "no_task",
            "amounts": cell,
            # What the shared words ask of a line.
            "line": {"is_behind": cell["is_behind"]},
            "note": self.notes.get(key),
            "flags": self.flags[cell["figure_id"]] if self._is_shown(cell) else _counted_flags(cell),
            "error": None,
            "conflict": None,
            "is_text": False,
            "is_confirmed": is_confirmed,
            "is_carried": is_carried,
            "start": start,
            "offered": offered,
            "is_mine": self.scope.covers(cell["participant_id"], cell["sub_project_id"]),
            "version": cell["version"],
            "sub_project_id": cell["sub_project_id"],
        }
        if self._is_shown(cell):
            return self._shown(row, self.lines[cell["line_id"]])
        return row | {"states": [*words.states_of(row), "funds"], "is_typed": False}

    def _shown(self, row: dict, line: FundLine) -> dict:
        """Add what the page shows of a line's stage: what is stored, or what was typed and refused."""
        (_, stage), amounts = row["pair"], row["amounts"]
        figure, rate, flags = self.figures.get(amounts["figure_id"]), self.rates.get(row["pair"], {}), row["flags"]
        source, unit = source_words(line), money_words.CHOICES[self.money]
        row |= {
            "fund_line": line,
            "stage": stage,
            "is_first": stage == Stage.RECEIVED,
            "indicator": money_words.Subject(f"{source} {Stage(stage).label}", unit, line.sub_project),
            "name": Stage(stage).label,
            "source": source,
            "unit": line.participant,
            "last": amounts["last_value"],
            "last_words": money_words.amount_words(amounts["last_value"], self.money),
            "planned": money_words.amount_words(amounts["planned"], self.money),
            "rate": rate.get("rate"),
            "rate_label": rate.get("label", ""),
            "figure": figure,
            "evidence": self.evidence.get(row["key"], 0),
            "url": self.cell_url.replace("0-0", row["key"]),
            "value": money_words.amount_words(amounts["value"], self.money),
            "remark": figure.remark if figure else "",
            "reason": flags[0].reason if flags else "",
            "reason_choices": list(dict.fromkeys(word for flag in flags for word in choices_of(flag.code))),
            "carried": money_words.amount_words(row["offered"], self.money),
            "carried_word": carried_word(self.period, row["start"]),
            "is_typed": self.is_open and row["is_mine"],
        }
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


def _counted_flags(cell: dict) -> list[FundFlag]:
    """Return what stands for the flags of a cell that is only counted: whether there are any, and one unanswered."""
    if not cell["is_flagged"]:
        return []
    return [FundFlag(reason="" if cell["is_waiting"] else "有说明")]


def source_words(line: FundLine) -> str:
    """Return whose money it is, as printed, with the kind where it is not the usual one."""
    return line.printed_source + ("（管护资金）" if line.kind == "maintenance" else "")
