"""The monthly funds as a block of a report: cumulative 到位, 拨付 and 支出 of every fund line, beside the figures."""

import json
import re
from collections.abc import Iterable

from funding import fund_words as money_words
from funding.amounts import AmountRefused, parse_amount
from funding.excel.reader import FundReader
from funding.fund_cells import FundCells
from funding.fund_changes import changed_amounts
from funding.fund_lines import FundLines, lines_of
from funding.fund_sheet import funds_sheet
from funding.models import FundFigure
from funding.return_sheet import agency_sheet, return_sheet
from funding.services.fund_figures import FundConflict, FundEntry, FundOutcome, record_fund_figures
from livelihood.models import User
from livelihood.services import Refused
from livelihood.workbooks import Sheet
from projects import parts
from projects.cell_key import key_text, split_key
from projects.cell_notes import open_returns_of
from projects.entry_form import column, typed_cells
from projects.line_facts import LineFacts
from projects.models import Report
from projects.models.reports import Origin

#: What a cell is called in a form: fund line and stage, also one there is not.
_KEY = re.compile(r"[1-9]\d{0,17}-[a-z]{1,18}", re.ASCII)
_VERSION = re.compile(r"\d{1,9}", re.ASCII)


class FundsPart(FundCells):
    """资金: one line per source of a sub-project's money, three stages each."""

    code = "funds"
    label = "资金"
    order = 20
    template = "funding/components/funds.html"
    state_template = "projects/components/row_state.html"
    notes_template = "projects/components/row_notes.html"
    filter_label = "资金"
    option_names = ("money",)
    document_key = "funds"

    def columns(self, report: Report) -> list[dict]:
        """Return the printed columns. No query."""
        period = report.period
        return [
            column("name", "项目 / 资金来源 / 环节", is_number=False),
            column("unit", "单位", is_number=False),
            column("target", "计划"),
            column("last", f"{period.previous_word}累计"),
            column("value", f"{period.this_word}累计", typed=True),
            column("increment", f"{period.this_word}新增"),
            column("rate", "比率%"),
            column("label", "比率怎样算", is_number=False),
            column("expected", "时序"),
            column("gap_target", "到计划", group="还差"),
            column("gap_expected", "到时序", group="还差"),
            column("state", "状态与提示", is_number=False),
            column("remark", "备注", typed=True, is_number=False),
        ]

    def return_sheet(self, period, participant):
        """Return the sheet 资金 of the template."""
        return return_sheet(period, participant)

    def agency_sheet(self, period, agency, units):
        """Return the sheet 资金 of a lead agency's template."""
        return agency_sheet(period, agency, units)

    def read(self, data) -> dict:
        """Return the cells of a form: "<line>-<stage>" → value, remark, version, reason."""
        return typed_cells(data, _KEY)

    def lines(
        self, report: Report, user: User, *, typed: dict | None = None, result: parts.SaveResult | None = None
    ) -> list[dict]:
        """Return one dict per project with money; only the user's own sub-projects for a filler.

        About ten queries, whatever the number of rows.
        """
        return FundLines(report, user, typed or {}, result or parts.SaveResult()).sections()

    def sheet(self, report: Report, user: User, *, facts: str) -> Sheet | None:
        """Return the lines as a sheet, with the page's filter and unit; None where the report has no money."""
        sections = self.lines(report, user)
        return funds_sheet(report, sections, facts=facts, show=report.options.get("show", "")) if sections else None

    def reply_lines(
        self, report: Report, user: User, *, typed: dict, result: parts.SaveResult, facts: LineFacts | None = None
    ) -> list[dict]:
        """Return the same with only the cells the result names in full; the others are counted from one statement."""
        shown = result.named() | set(result.related)
        return FundLines(report, user, typed, result, only=shown, facts=facts).sections()

    def choices(self, report: Report) -> list[dict]:
        """Return the switch between 元 and 万元 of the page."""
        chosen = money_words.money_of(report)
        return [
            {"label": label, "url": f"?money={code}", "active": code == chosen}
            for code, label in money_words.CHOICES.items()
        ]

    def save(self, report: Report, cells: dict, *, by: User, origin: str) -> parts.SaveResult:
        """Store the amounts that can be read, in the unit of the page; the others come back in `errors`."""
        if not cells:
            return parts.SaveResult()
        unit = money_words.CHOICES[money_words.money_of(report)]
        entries, errors = [], {}
        for name, cell in cells.items():
            try:
                entries.append(_entry(name, cell, unit))
            except AmountRefused as refusal:
                errors[name] = str(refusal)
        self._require_known(report, cells)
        outcome = record_fund_figures(report=report, entries=entries, by=by, origin=origin, partial=True)
        result = self._result(report, outcome)
        result.errors |= errors
        return result

    def import_reader(self, period, *, file: str) -> FundReader:
        """Return what reads the columns of money of one file. No query yet."""
        return FundReader(period, file=file)

    def store_read(self, report: Report, cells: Iterable[parts.PartCell], *, by: User, import_batch) -> bool:
        """Store the amounts of a sheet that say something new, as one batch with where they come from."""
        entries = [cell.entry for cell in cells if cell.is_changed]
        if not entries:
            return True
        outcome = record_fund_figures(
            report=report, entries=entries, by=by, origin=Origin.EXCEL, import_batch=import_batch
        )
        return not outcome.conflicts

    def carry(self, report: Report, *, by: User, keys: set[str] | None = None, section: str | None = None):
        """沿用: store last period's amounts in the user's cells that are still blank, as one batch."""
        rows = [
            row
            for block in self.lines(report, by)
            if section is None or block["code"] == section
            for row in block["rows"]
            if row["is_carried"] and row["is_typed"] and (keys is None or row["key"] in keys)
        ]
        entries = [FundEntry(*row["pair"], row["offered"], base_version=row["version"]) for row in rows]
        if not entries:
            return parts.SaveResult()
        return self._result(
            report, record_fund_figures(report=report, entries=entries, by=by, origin="form", partial=True)
        )

    def check(self, report: Report) -> list[str]:
        """Return what blocks a signature: returned amounts that are neither changed nor explained."""
        return self.check_many([report])[report.pk]

    def check_many(self, reports) -> dict[int, list[str]]:
        """Return the same of several reports, by id."""
        reports = list(reports)
        returned = open_returns_of(reports, self)
        counts = {report.pk: len(returned.get(report.pk, ())) for report in reports}
        return {pk: [f"资金退回的 {count} 格还没有改数，也没有说明"] if count else [] for pk, count in counts.items()}

    def warnings(self, report: Report) -> list[str]:
        """Return what the signer should have read: unanswered flags and blank cells. A few queries."""
        flagged = sum(not is_explained for _, _, is_explained in self.flagged([report.pk]))
        filling = list(self._filling_of(report))
        blank = sum(row.tasks - row.filled for row in filling)
        sentences = {"资金 {} 格有提示还没有说明": flagged, "资金 {} 格是空的": blank}
        return [sentence.format(count) for sentence, count in sentences.items() if count]

    def digest_lines(self, report: Report):
        """Yield one JSON line per amount with its sub-project, in a fixed order of natural keys."""
        return ((sub_project, line) for _, sub_project, line in self.digest_many([report]))

    def digest_many(self, reports):
        """Yield the same of several reports, each line behind its report's id. One query."""
        where = "fund_line__sub_project"
        figures = FundFigure.objects.filter(report_id__in=[report.pk for report in reports])
        names = [
            "fund_line__participant__code",
            f"{where}__project__seq",
            f"{where}__name",
            "fund_line__source",
            "fund_line__kind",
            "stage",
        ]
        rows = figures.order_by("report", *names)
        for report_id, sub_project, *row in rows.values_list("report", where, *names, "state", "value", "remark"):
            value = row[-2]
            row[-2] = None if value is None else f"{value:f}"
            yield report_id, sub_project, json.dumps(row, ensure_ascii=False)

    def changed_since(self, report: Report, moment):
        """Return the amounts that say something else than at `moment`. Two queries."""
        return changed_amounts(report, moment, self.code)

    def _require_known(self, report: Report, cells: Iterable[str]) -> None:
        """Raise Refused when a cell is none of the report's: its name was made up or belongs to another county."""
        known = {line.pk for line in lines_of(report)}
        foreign = [name for name in cells if split_key(name)[0] not in known]
        if foreign:
            whose = report.participant or report.agency
            raise Refused(f"有 {len(foreign)} 格资金不属于{whose}的月报，什么都没有改动。请刷新页面再填。")

    def _filling_of(self, report: Report):
        """Return how full the report's own sub-projects are."""
        if report.participant_id:
            return self.filling(report.period, counted=Report.State.values, participant_id=report.participant_id)
        own = {line.sub_project_id for line in lines_of(report)}
        filling = self.filling(report.period, counted=Report.State.values)
        return (row for row in filling if row.sub_project_id in own)

    def _result(self, report: Report, outcome: FundOutcome) -> parts.SaveResult:
        """Return what became of a batch by the cells' names."""
        saved = {*outcome.saved, *outcome.explained}
        money = money_words.money_of(report)
        return parts.SaveResult(
            saved=[key_text(key) for key in saved],
            unchanged=[key_text(key) for key in outcome.unchanged if key not in saved],
            related=[key_text(key) for key in outcome.related if key not in saved],
            errors={key_text(key): sentence for key, sentence in outcome.errors.items()},
            conflicts={key_text(row.key): _conflict(row, money) for row in outcome.conflicts},
        )


def _entry(name: str, cell: dict, unit: str) -> FundEntry:
    """Read one typed cell. Raises AmountRefused for what is no amount."""
    version = cell.get("version", "")
    return FundEntry(
        *split_key(name),
        parse_amount(cell["value"], unit=unit),
        remark=cell.get("remark"),
        reason=cell.get("reason"),
        # A page without a readable version cannot know what it would overwrite.
        base_version=int(version) if _VERSION.fullmatch(version) else -1,
    )


def _conflict(conflict: FundConflict, money: str) -> parts.Conflict:
    """Say what somebody else stored meanwhile, and how to go on."""
    theirs = money_words.amount_words(conflict.value, money)
    return parts.conflict_with(theirs, by=conflict.by, at=conflict.at)
