"""The figures of a report as a block of its page: columns, lines, save, carry, check, digest."""

import json
import re
from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal

from livelihood.formats import format_number
from livelihood.models import User
from livelihood.workbooks import Sheet
from projects import parts
from projects.cell_notes import open_returns_of
from projects.entry_form import column, typed_cells
from projects.figure_cells import FigureCells
from projects.figure_changes import changed_figures
from projects.figure_lines import FigureLines, Key, key_text, last_issued, periods_before
from projects.line_facts import LineFacts
from projects.models import Figure, Indicator, Report, ReportingPeriod, Target
from projects.month_starts import starts_from_weeks, weeks_within
from projects.progress import filling_by_indicator
from projects.report_sheet import figures_sheet
from projects.services.figure_facts import near_indicators
from projects.services.figures import FigureConflict, FigureEntry, FigureOutcome, record_figures, record_reports
from projects.services.held import is_held
from projects.services.report_locks import is_whole
from projects.values import ValueRefused, parse_number

#: What a cell is called in a form: participant and indicator.
_KEY = re.compile(r"[1-9]\d{0,17}-[1-9]\d{0,17}", re.ASCII)

NO_TASK_STATES = (Target.State.NO_TASK, Target.State.NOT_APPLICABLE)


class FiguresPart(FigureCells):
    """指标填报: one line per indicator, grouped by project."""

    code = "figures"
    label = "指标"
    order = 10
    template = "projects/components/figures.html"
    state_template = "projects/components/row_state.html"
    notes_template = "projects/components/row_notes.html"

    def columns(self, report: Report) -> list[dict]:
        """Return the printed columns; the yardstick's head names its period. One query."""
        issued = last_issued(periods_before(report.period))
        average, period = f"全省（{_short_label(issued)}）" if issued else "全省平均", report.period
        return [
            column("name", "项目 / 指标", is_number=False),
            column("unit", "单位", is_number=False),
            column("target", "年度目标"),
            column("last", f"{period.previous_word}累计"),
            column("value", f"{period.this_word}累计", typed=True),
            column("increment", f"{period.this_word}新增"),
            column("rate", "完成率%"),
            column("expected", "时序或节点", group="对照(%)"),
            column("average", average, group="对照(%)"),
            column("gap_target", "到目标", group="还差"),
            column("gap_expected", "到时序或节点", group="还差"),
            column("state", "状态与提示", is_number=False),
            column("remark", "备注", typed=True, is_number=False),
        ]

    def read(self, data) -> dict:
        """Return the cells of a form: "<participant>-<indicator>" → value, remark, version, reason."""
        return typed_cells(data, _KEY)

    def lines(
        self, report: Report, user: User, *, typed: dict | None = None, result: parts.SaveResult | None = None
    ) -> list[dict]:
        """Return one dict per project with its rows; only the user's own sub-projects for a filler.

        About fifteen queries, whatever the number of rows.
        """
        return FigureLines(report, user, typed or {}, result or parts.SaveResult()).sections()

    def sheet(self, report: Report, user: User, *, facts: str) -> Sheet:
        """Return the lines as a sheet, with the page's filter."""
        average = next(column["label"] for column in self.columns(report) if column["key"] == "average")
        show = report.options.get("show", "")
        return figures_sheet(report, self.lines(report, user), average=average, facts=facts, show=show)

    def reply_lines(
        self, report: Report, user: User, *, typed: dict, result: parts.SaveResult, facts: LineFacts | None = None
    ) -> list[dict]:
        """Return the same with only the cells the result names in full; what is counted is read narrowly."""
        shown = result.named() | set(result.related)
        return FigureLines(report, user, typed, result, only=shown, facts=facts).sections()

    def save(self, report: Report, cells: dict, *, by: User, origin: str) -> parts.SaveResult:
        """Store the cells that can be read; the others come back in `errors`, overtaken ones in `conflicts`."""
        [result] = self.save_reports([(report, cells)], by=by, origin=origin).values()
        if isinstance(result, Exception):
            raise result
        if not is_held(report) or is_whole(report):
            report.refresh_from_db()
        return result

    def save_reports(
        self, batches: list[tuple[Report, dict]], *, by: User, origin: str
    ) -> dict[int, parts.SaveResult | Exception]:
        """Store cells of several reports of one period as `save` does: report id → result, or why it refused them.

        As many queries for many reports as for one. The reports given are not brought up to date.
        """
        splits = [
            {tuple(int(number) for number in key.split("-")): cell for key, cell in cells.items()}
            for _, cells in batches
        ]
        wanted = {key[1] for split in splits for key in split}
        near = near_indicators(batches[0][0].period.programme_id, wanted)
        indicators = near.named
        read = [_read_entries(report, split, indicators) for (report, _), split in zip(batches, splits, strict=True)]
        outcomes = record_reports(
            batches=[(report, entries) for (report, _), (entries, _) in zip(batches, read, strict=True)],
            by=by,
            origin=origin,
            indicators=near,
        )
        for report, _ in batches:
            if is_held(report):
                report.near = near.near
        decimals, results = {pk: indicator.decimals for pk, indicator in indicators.items()}, {}
        for (report, _), (_, errors), outcome in zip(batches, read, outcomes, strict=True):
            if outcome.refusal is not None:
                results[report.pk] = outcome.refusal
                continue
            results[report.pk] = _result(outcome, decimals)
            results[report.pk].errors |= {key_text(key): sentence for key, sentence in errors.items()}
        return results

    def carry(
        self, report: Report, *, by: User, keys: set[str] | None = None, section: str | None = None
    ) -> parts.SaveResult:
        """沿用: store what the user's blank cells are offered (last period's, or a week's) as one batch."""
        rows = [
            row
            for block in self.lines(report, by)
            if section is None or block["code"] == section
            for row in block["rows"]
            if row["is_carried"] and row["is_typed"] and (keys is None or row["key"] in keys)
        ]
        entries = [
            FigureEntry(
                row["unit"].pk,
                row["indicator"].pk,
                state=Figure.State.REPORTED,
                value=row["offered"],
                base_version=row["version"],
            )
            for row in rows
        ]
        if not entries:
            return parts.SaveResult()
        outcome = record_figures(report=report, entries=entries, by=by, origin="form", partial=True)
        return _result(outcome, {row["indicator"].pk: row["indicator"].decimals for row in rows})

    def check(self, report: Report) -> list[str]:
        """Return what blocks a signature: nothing filled in, figures without a task, returned cells. Few queries."""
        return self.check_many([report])[report.pk]

    def check_many(self, reports) -> dict[int, list[str]]:
        """Return the same of several reports of one period, by id."""
        reports = list(reports)
        filled = Figure.objects.filter(report__in=reports, state__in=["reported", "text"])
        filled = set(filled.order_by().values_list("report", flat=True).distinct())
        wrong, returned = _without_task(reports), open_returns_of(reports, self)
        found = {}
        for report in reports:
            if report.pk not in filled:
                found[report.pk] = ["一个数都没有填"]
                continue
            sentences = found[report.pk] = []
            if names := wrong.get(report.pk):
                sentences.append(f"目标为无任务却填了数：{'、'.join(names)}")
            if cells := returned.get(report.pk):
                sentences.append(f"退回的 {len(cells)} 格还没有改数，也没有说明")
        return found

    def warnings(self, report: Report) -> list[str]:
        """Return what the signer should have read: unanswered flags, unconfirmed and blank cells. Six queries."""
        flagged = Figure.objects.filter(report_id=report.pk, flags__reason="").distinct().count()
        blank = _blank_cells(report)
        carried = blank & _last_cells(report)
        before = "前期" if starts_from_weeks(report.period) else report.period.previous_word
        sentences = {
            "{} 格有提示还没有说明": flagged,
            f"{{}} 格沿用{before}还没有确认": len(carried),
            "{} 格是空的": len(blank - carried),
        }
        return [sentence.format(count) for sentence, count in sentences.items() if count]

    def digest_lines(self, report: Report):
        """Yield one JSON line per figure with its sub-project, in a fixed order of natural keys."""
        return ((sub_project, line) for _, sub_project, line in self.digest_many([report]))

    def digest_many(self, reports):
        """Yield the same of several reports, each line behind its report's id. One query."""
        figures = Figure.objects.filter(report_id__in=[report.pk for report in reports]).order_by(
            "report",
            "participant__code",
            "indicator__sub_project__project__seq",
            "indicator__sub_project__name",
            "indicator__name",
        )
        for report_id, sub_project, *row in figures.values_list(
            "report",
            "indicator__sub_project",
            "participant__code",
            "indicator__sub_project__project__seq",
            "indicator__sub_project__name",
            "indicator__name",
            "state",
            "value",
            "text",
            "remark",
        ):
            yield report_id, sub_project, json.dumps([_plain(value) for value in row], ensure_ascii=False)

    def changed_since(self, report: Report, moment):
        """Return the figures that say something else than at `moment`. Two queries."""
        return changed_figures(report, moment, self.code)


def _without_task(reports: list[Report]) -> dict[int, list[str]]:
    """Return, by report id, the names of indicators with a number where the target says 无任务. Two queries."""
    figures = Figure.objects.filter(report__in=reports, value__isnull=False)
    no_task = set(
        Target.objects.in_force(reports[0].period.ends_on)
        .filter(state__in=NO_TASK_STATES, participant__programme=reports[0].period.programme_id)
        .values_list("participant_id", "indicator_id")
    )
    rows = figures.filter(participant__in={participant for participant, _ in no_task}).values_list(
        "report", "participant", "indicator", "indicator__base", "indicator__name"
    )
    found: dict[int, list[str]] = defaultdict(list)
    for report, participant, indicator, base, name in rows:
        if {(participant, indicator), (participant, base)} & no_task:
            found[report].append(name)
    return found


def _blank_cells(report: Report) -> set[Key]:
    """Return the report's cells that have a task and no figure. Two queries."""
    filling = filling_by_indicator(report.period, counted=Report.State.values)
    if report.participant_id:
        return {key for key, row in filling.items() if key[0] == report.participant_id and not row["filled"]}
    own = set(Indicator.objects.filter(sub_project__lead_agency=report.agency_id).values_list("pk", flat=True))
    return {key for key, row in filling.items() if key[1] in own and not row["filled"]}


def _last_cells(report: Report) -> set[Key]:
    """Return the cells with a figure in the period before, or a week of the month, and no flag. Four queries."""
    before = periods_before(report.period)
    starts = starts_from_weeks(report.period)
    if not before and not starts:
        return set()
    reported = Figure.objects.filter(state=Figure.State.REPORTED)
    last = reported.filter(period=before[0]) if before else reported.none()
    found = set(last.values_list("participant_id", "indicator_id"))
    if starts:
        found |= set(reported.filter(**weeks_within(report.period)).values_list("participant_id", "indicator_id"))
    flagged = Figure.objects.filter(report_id=report.pk, flags__isnull=False)
    return found - set(flagged.values_list("participant_id", "indicator_id"))


def _free_text(report: Report, keys: Collection[Key]) -> list[Key]:
    """Return those of the cells whose target is a text. One query, if there are cells at all."""
    if not keys:
        return []
    texts = Target.objects.in_force(report.period.ends_on).filter(
        state=Target.State.TEXT,
        participant__in={participant for participant, _ in keys},
        indicator__in={indicator for _, indicator in keys},
    )
    return [key for key in texts.values_list("participant_id", "indicator_id") if key in keys]


def _read_entries(
    report: Report, cells: dict[tuple, dict], indicators: dict[int, Indicator]
) -> tuple[list[FigureEntry], dict[tuple, str]]:
    """Read typed cells: the entries, and by key what is wrong with those that cannot be read. At most one query."""
    errors, entries = {}, []
    for key, cell in cells.items():
        try:
            entries.append(_entry(key, cell, indicators.get(key[1])))
        except ValueRefused as refusal:
            errors[key] = str(refusal)
    # What is no number is still right where the target itself is a text.
    for key in _free_text(report, errors):
        del errors[key]
        entries.append(_entry(key, cells[key], indicators[key[1]], free_text=True))
    return entries, errors


def _result(outcome: FigureOutcome, decimals: dict[int, int]) -> parts.SaveResult:
    """Return what became of a batch by the cells' names; `decimals` by indicator id."""
    saved = {*outcome.saved, *outcome.explained}
    return parts.SaveResult(
        saved=[key_text(key) for key in saved],
        unchanged=[key_text(key) for key in outcome.unchanged if key not in saved],
        related=[key_text(key) for key in outcome.related if key not in saved],
        elsewhere={code: [key_text(key) for key in keys] for code, keys in outcome.elsewhere.items()},
        errors={key_text(key): sentence for key, sentence in outcome.errors.items()},
        conflicts={
            key_text((row.participant_id, row.indicator_id)): _conflict(row, decimals.get(row.indicator_id))
            for row in outcome.conflicts
        },
    )


def _entry(key: Key, cell: dict, indicator: Indicator | None, *, free_text: bool = False) -> FigureEntry:
    """Read one typed cell. Raises ValueRefused for what is no number where one belongs."""
    text, state, value = cell["value"].strip(), Figure.State.BLANK, None
    is_text = indicator is not None and indicator.kind == Indicator.Kind.TEXT
    if indicator is not None and not is_text:
        try:
            parsed = parse_number(
                cell["value"],
                decimals=indicator.decimals,
                allow_negative=indicator.kind == Indicator.Kind.GROWTH,
                unit=indicator.unit,
            )
            state, value = parsed.state, parsed.value
        except ValueRefused:
            if not free_text:
                raise
            is_text = True
    if is_text and text:
        state = Figure.State.TEXT
    version = cell.get("version", "")
    return FigureEntry(
        *key,
        state=state,
        value=value,
        text=text if state == Figure.State.TEXT else "",
        remark=cell.get("remark"),
        reason=cell.get("reason"),
        # A page without a readable version cannot know what it would overwrite.
        base_version=int(version) if re.fullmatch(r"\d{1,9}", version, re.ASCII) else -1,
    )


def _conflict(conflict: FigureConflict, decimals: int | None) -> parts.Conflict:
    """Say what somebody else stored meanwhile, and how to go on."""
    theirs = (
        conflict.text or format_number(conflict.value, decimals) if conflict.state in ("reported", "text") else "空"
    )
    return parts.conflict_with("" if theirs == "空" else theirs, by=conflict.by, at=conflict.at)


def _short_label(period: ReportingPeriod) -> str:
    """Return the period as a column's head names it: 7月, a week with both its days."""
    if period.kind == ReportingPeriod.Kind.MONTH:
        return f"{period.ends_on.month}月"
    return period.label.split("年", 1)[1]


def _plain(value):
    """Return a value for the digest; a number in one spelling only (850, never 850.000000)."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
