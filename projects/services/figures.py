"""Writes of figures: one batch, one lock, one upsert, one audit event, whatever the number of cells."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F

from livelihood.access import NotAllowed
from livelihood.models import User
from livelihood.services import Refused, record_events
from projects import rights
from projects.figure_sql import UPSERT
from projects.models import Figure, FigureRevision, ImportBatch, Indicator, Report, ReportingPeriod, Target
from projects.services.flags import refresh_flags
from projects.services.reports import approve_whole, is_whole, lock_reports, require_changeable
from projects.values import WHOLE_DIGITS

Key = tuple[int, int]
State = Figure.State

REMARK_LENGTH = Figure._meta.get_field("remark").max_length
#: A progress text is a paragraph, not a document.
TEXT_LENGTH = 2000


@dataclass(frozen=True)
class FigureEntry:
    """One cell as it came in: what it says, where it stood, and which version the person saw.

    `state` reported, blank, no_task or text; `remark` and `reason` (of the flags) None keeps what is stored;
    `base_version` None does not ask what was there, 0 means that nothing was.
    """

    participant_id: int
    indicator_id: int
    state: str
    value: Decimal | None = None
    text: str = ""
    remark: str | None = None
    sheet: str = ""
    cell: str = ""
    base_version: int | None = None
    reason: str | None = None

    @property
    def key(self) -> Key:
        """Return (participant id, indicator id)."""
        return self.participant_id, self.indicator_id


@dataclass(frozen=True)
class FigureConflict:
    """What somebody else stored after the person had opened the page; nothing was overwritten."""

    participant_id: int
    indicator_id: int
    state: str
    value: Decimal | None
    text: str
    remark: str
    version: int
    by: str
    at: datetime


@dataclass
class FigureOutcome:
    """What became of a batch, by (participant id, indicator id)."""

    saved: list[Key] = field(default_factory=list)
    unchanged: list[Key] = field(default_factory=list)
    explained: list[Key] = field(default_factory=list)
    #: Cells not in the batch whose flags changed because of it (a whole, the left side of a 勾稽关系).
    related: list[Key] = field(default_factory=list)
    conflicts: list[FigureConflict] = field(default_factory=list)
    errors: dict[Key, str] = field(default_factory=dict)
    #: Why nothing of the report was stored.
    refusal: Exception | None = None


class FiguresRefused(Refused):
    """Cells that cannot be stored; `errors`: (participant id, indicator id) → Chinese sentence."""

    def __init__(self, errors: dict[Key, str]):
        super().__init__("；".join(errors.values()))
        self.errors = errors


@dataclass(frozen=True)
class Facts:
    """What is known of a batch's cells before it is stored: indicators, tasks, figures. Three queries."""

    indicators: dict[int, Indicator]
    targets: dict[Key, Target]
    figures: dict[Key, Figure]

    def task(self, key: Key) -> str:
        """Return the cell's task: assessed, blank, no_task, not_applicable or text (R4: also from its base)."""
        indicator = self.indicators[key[1]]
        target, base = self.targets.get(key), self.targets.get((key[0], indicator.base_id))
        if target is not None and target.state == Target.State.TEXT:
            return target.state
        if base is not None and base.state in (Target.State.NO_TASK, Target.State.NOT_APPLICABLE):
            return base.state
        if target is None or (target.state == Target.State.ASSESSED and target.value is None):
            return "blank"
        return target.state


@transaction.atomic
def record_figures(
    *,
    report: Report,
    entries: Iterable[FigureEntry],
    by: User,
    origin: str,
    import_batch: ImportBatch | None = None,
    partial: bool = False,
) -> FigureOutcome:
    """Store a batch of cells of one report and bring `report` up to date.

    Refuses the whole batch (Refused, in Chinese) when the report is not the reporter's to change now, when its
    period is closed, or when a cell is none of the report's; NotAllowed when it is not `by`'s. A cell that is
    wrong in itself raises FiguresRefused, unless `partial`: then it is left out and named in `errors`. A cell
    somebody else changed after `base_version` is left alone and comes back as a conflict. The whole's report is
    approved anew. The number of queries does not depend on the number of cells.
    """
    [outcome] = record_reports(
        batches=[(report, list(entries))], by=by, origin=origin, import_batch=import_batch, partial=partial
    )
    if outcome.refusal is not None:
        raise outcome.refusal
    report.refresh_from_db()
    return outcome


@transaction.atomic
def record_reports(
    *,
    batches: list[tuple[Report, list[FigureEntry]]],
    by: User,
    origin: str,
    import_batch: ImportBatch | None = None,
    partial: bool = True,
) -> list[FigureOutcome]:
    """Store cells of several reports of one period, each as `record_figures` does; return the outcomes in order.

    What a report refuses stands as `refusal` in its outcome and the others are stored. The number of queries
    depends neither on the number of cells nor on that of the reports; the reports given are not brought up to date.
    """
    works = [_Work(report, entries, rights.fill_scope(by, report)) for report, entries in batches]
    current = lock_reports([work.report for work in works if work.scope])
    for work in works:
        work.report = current.get(work.report.pk, work.report)
    everything = [entry for work in works for entry in work.entries]
    facts = known_facts(works[0].report, everything)
    for work in works:
        work.judge(facts, partial=partial)
    changed = [(work.report.pk, entry) for work in works for entry in work.changed]
    period = works[0].report.period
    ids = _upsert(period, changed, by=by, origin=origin, import_batch=import_batch)
    for work in works:
        work.outcome.saved = [entry.key for entry in work.changed if entry.key in ids]
        work.outcome.unchanged = [key for key in work.outcome.unchanged if key not in ids]
    claims = set().union(*(work.claims for work in works))
    refreshed = refresh_flags(
        period,
        touched=ids | {key: facts.figures[key].pk for key in claims if key in facts.figures},
        known={key: figure.pk for key, figure in facts.figures.items()},
        targets=facts.targets,
        claims=claims,
        reasons={entry.key: entry.reason for work in works for entry in work.fine if entry.reason is not None},
    )
    for work in works:
        keys, units = {entry.key for entry in work.entries}, {entry.participant_id for entry in work.entries}
        work.outcome.explained = [key for key in refreshed.explained if key in keys]
        work.outcome.related = [key for key in refreshed.related if key not in keys and key[0] in units]
    _note([work for work in works if work.outcome.saved or work.outcome.explained], by, origin, import_batch)
    return [work.outcome for work in works]


class _Work:
    """One report's share of a save: what came in, what of it is fine, and what becomes of it."""

    def __init__(self, report: Report, entries: list[FigureEntry], scope: rights.FillScope):
        self.report, self.entries, self.scope = report, entries, scope
        self.outcome = FigureOutcome()
        self.fine: list[FigureEntry] = []
        self.changed: list[FigureEntry] = []
        self.claims: set[Key] = set()

    def judge(self, facts: Facts, *, partial: bool) -> None:
        """Decide about every entry; a refusal of the whole lot is kept in the outcome. Nothing is stored yet."""
        try:
            self._require(facts, partial=partial)
        except (Refused, NotAllowed) as refusal:
            self.outcome.refusal = refusal
            return
        outcome = self.outcome
        right = [entry for entry in self.entries if entry.key not in outcome.errors]
        self.fine = [_settled(entry, facts) for entry in right]
        self.changed = _changed(self.fine, facts, outcome)
        self.claims = {entry.key for entry in right if _claims_no_task(entry, facts)}
        self.claims -= {(conflict.participant_id, conflict.indicator_id) for conflict in outcome.conflicts}
        # A claim hangs on its figure: an empty cell that says "no task" is stored, though it says nothing else.
        claims_only = self.claims - {entry.key for entry in self.changed} - facts.figures.keys()
        self.changed += [entry for entry in self.fine if entry.key in claims_only]

    def _require(self, facts: Facts, *, partial: bool) -> None:
        if not self.scope:
            raise NotAllowed("这份月报不由您填报，什么都没有改动。")
        _require_editable(self.report)
        _require_own_cells(self.report, self.entries, facts, self.scope)
        self.outcome.errors = figure_errors(self.report, self.entries, facts)
        if self.outcome.errors and not partial:
            raise FiguresRefused(self.outcome.errors)


def known_facts(report: Report, entries: Iterable[FigureEntry]) -> Facts:
    """Fetch what is known of the entries' cells: indicators of the programme, targets in force, figures."""
    participants = {entry.participant_id for entry in entries}
    period = report.period
    indicators = (
        Indicator.objects.of_programme(period.programme).order_by().in_bulk({entry.indicator_id for entry in entries})
    )
    wanted = indicators.keys() | {row.base_id for row in indicators.values() if row.base_id}
    targets = Target.objects.in_force(period.ends_on).filter(participant__in=participants, indicator__in=wanted)
    targets = targets.order_by()
    figures = (
        Figure.objects.filter(period=period, participant__in=participants, indicator__in=indicators.keys())
        .select_related("updated_by")
        .order_by()
    )
    return Facts(
        indicators=indicators,
        targets={(row.participant_id, row.indicator_id): row for row in targets},
        figures={(row.participant_id, row.indicator_id): row for row in figures},
    )


def figure_errors(report: Report, entries: Iterable[FigureEntry], facts: Facts) -> dict[Key, str]:
    """Return what is wrong with single cells (R4, R20), without storing anything; for previews too."""
    errors = {}
    for entry in entries:
        if sentence := _error(report, entry, facts):
            errors[entry.key] = sentence
    return errors


def is_summed(indicator: Indicator) -> bool:
    """Tell whether the whole's figure of the indicator is the sum of the units' (R6)."""
    return indicator.additive and indicator.kind == Indicator.Kind.NUMBER


def _require_editable(report: Report) -> None:
    """Raise Refused unless figures of the report may change now."""
    require_changeable(report)
    if is_whole(report) or report.state in Report.EDITABLE:
        return
    way = "请先由市民生办退回" if report.state == Report.State.APPROVED else "要改数请先撤回，或由市民生办退回"
    raise Refused(f"这份月报“{report.get_state_display()}”，不能再改数，什么都没有改动。{way}。")


def _require_own_cells(report: Report, entries: list[FigureEntry], facts: Facts, scope: rights.FillScope) -> None:
    """Raise unless every cell is of this report and, for a filler, of a sub-project assigned to the agency."""
    if len({entry.key for entry in entries}) < len(entries):
        raise Refused("同一个指标在一次保存里出现了两次，什么都没有改动。")
    units = {report.participant_id} if report.participant_id else _unit_ids(report)
    for entry in entries:
        indicator = facts.indicators.get(entry.indicator_id)
        if indicator is None:
            raise Refused(f"有一个指标不属于“{report.period.programme.name}”，什么都没有改动。请刷新页面再填。")
        sub_project = indicator.sub_project
        if entry.participant_id not in units or (
            report.agency_id is not None and sub_project.lead_agency_id != report.agency_id
        ):
            reporter = report.participant or report.agency
            raise Refused(f"“{indicator.name}”的这一格不属于{reporter}的月报，什么都没有改动。请刷新页面再填。")
        if not scope.covers(entry.participant_id, indicator.sub_project_id):
            raise NotAllowed(f"“{sub_project}”不是分给您单位填的，什么都没有改动。")


def _unit_ids(report: Report) -> set[int]:
    """Return the participants an agency reports for: all but the whole."""
    participants = report.period.programme.participants.reporters()
    return set(participants.values_list("pk", flat=True))


def _error(report: Report, entry: FigureEntry, facts: Facts) -> str:
    """Return what is wrong with one cell, or an empty string."""
    indicator, task = facts.indicators[entry.indicator_id], facts.task(entry.key)
    figure = facts.figures.get(entry.key)
    is_text = indicator.kind == Indicator.Kind.TEXT
    texts = entry.text + (entry.remark or "") + (entry.reason or "")
    sentence = ""
    if figure is not None and figure.report_id != report.pk:
        sentence = "这一格本期由另一份月报填报，不能在这里改。"
    elif entry.state == State.REPORTED and task in (Target.State.NO_TASK, Target.State.NOT_APPLICABLE):
        sentence = "目标里这一项是无任务，不能填数。确有任务的，请市民生办先修订目标。"
    elif entry.state == State.REPORTED and is_whole(report) and is_summed(indicator):
        sentence = "可加总的指标由各单位相加得出，不用另外录入。"
    elif entry.state == State.REPORTED and is_text:
        sentence = "这是文字类指标，请写进展，不填数。"
    elif entry.state == State.TEXT and not is_text and task != Target.State.TEXT:
        sentence = "这一项要填数，不能填文字；说明请写在备注里。"
    elif entry.state == State.REPORTED:
        sentence = _number_error(entry.value, indicator)
    if not sentence and "\x00" in texts:
        sentence = "文字里有不能保存的字符，请重新输入。"
    if not sentence and len(entry.remark or "") > REMARK_LENGTH:
        sentence = f"备注最多 {REMARK_LENGTH} 字，现在有 {len(entry.remark)} 字。"
    if not sentence and max(len(entry.text), len(entry.reason or "")) > TEXT_LENGTH:
        sentence = f"文字最多 {TEXT_LENGTH} 字，请写得短一些。"
    return sentence


def _number_error(value: Decimal | None, indicator: Indicator) -> str:
    """Return what is wrong with a number, or an empty string (R20)."""
    if value is None or not value.is_finite():
        return "这一格不是一个确定的数。"
    if value < 0 and indicator.kind != Indicator.Kind.GROWTH:
        return f"“{indicator.name}”不能是负数。"
    if abs(value) >= Decimal(10) ** WHOLE_DIGITS:
        return f"这个数太大：小数点前最多 {WHOLE_DIGITS} 位。"
    if -value.normalize().as_tuple().exponent > Figure._meta.get_field("value").decimal_places:
        return "这个数的小数位太多。"
    return ""


def _claims_no_task(entry: FigureEntry, facts: Facts) -> bool:
    """Tell whether the cell says 无任务 where the target says otherwise (R4)."""
    return entry.state == State.NO_TASK and facts.task(entry.key) == Target.State.ASSESSED


def _settled(entry: FigureEntry, facts: Facts) -> FigureEntry:
    """Return the entry as it will stand: the target alone decides 无任务 (R4), a kept remark is filled in."""
    figure, state = facts.figures.get(entry.key), entry.state
    if state == State.NO_TASK and facts.task(entry.key) not in (Target.State.NO_TASK, Target.State.NOT_APPLICABLE):
        state = State.BLANK
    remark = (figure.remark if figure else "") if entry.remark is None else entry.remark.strip()
    return FigureEntry(
        **vars(entry)
        | {
            "state": str(state),
            "value": entry.value if state == State.REPORTED else None,
            "text": entry.text.strip() if state == State.TEXT else "",
            "remark": remark,
        }
    )


def _content(row) -> tuple:
    """Return what a figure or a settled entry says; None says nothing."""
    return (State.BLANK, None, "", "") if row is None else (row.state, row.value, row.text, row.remark)


def _changed(fine: list[FigureEntry], facts: Facts, outcome: FigureOutcome) -> list[FigureEntry]:
    """Return the entries to store, and note the unchanged ones and the conflicts in `outcome`.

    A cell whose base version is old is a conflict only if the person changed it: what still says the same as the
    version they saw was not touched by them, and the other's figure stands.
    """
    changed, stale = [], []
    for entry in fine:
        figure = facts.figures.get(entry.key)
        if _content(entry) == _content(figure):
            outcome.unchanged.append(entry.key)
        elif entry.base_version is not None and entry.base_version != (figure.version if figure else 0):
            stale.append(entry)
        else:
            changed.append(entry)
    seen = _revisions(stale, facts)
    for entry in stale:
        figure = facts.figures.get(entry.key)
        if entry.key in seen and _content(entry) == seen[entry.key]:
            outcome.unchanged.append(entry.key)
        elif figure is None:
            changed.append(entry)
        else:
            outcome.conflicts.append(
                FigureConflict(
                    *entry.key,
                    *_content(figure),
                    version=figure.version,
                    by=str(figure.updated_by),
                    at=figure.updated_at,
                )
            )
    return changed


def _revisions(stale: list[FigureEntry], facts: Facts) -> dict[Key, tuple]:
    """Return what each stale entry's base version said. At most one query."""
    keys = {facts.figures[entry.key].pk: entry for entry in stale if entry.key in facts.figures}
    seen = {entry.key: _content(None) for entry in keys.values() if entry.base_version == 0}
    if len(seen) < len(keys):
        rows = FigureRevision.objects.filter(
            figure__in=keys, version__in={entry.base_version for entry in keys.values()}
        )
        for row in rows:
            entry = keys[row.figure_id]
            if row.version == entry.base_version:
                seen[entry.key] = (row.new_state, row.new_value, row.new_text, row.new_remark)
    return seen


def _upsert(
    period: ReportingPeriod, changed: list[tuple[int, FigureEntry]], *, by, origin, import_batch
) -> dict[Key, int]:
    """Store the entries, each with its report's id, in one statement; return figure ids by key."""
    if not changed:
        return {}
    entries = [entry for _, entry in changed]
    parameters = {
        "period": period.pk,
        "reports": [report for report, _ in changed],
        "origin": str(origin),
        "import_batch": import_batch.pk if import_batch else None,
        "by": by.pk,
        "participants": [entry.participant_id for entry in entries],
        "indicators": [entry.indicator_id for entry in entries],
        "states": [entry.state for entry in entries],
        "values": [entry.value for entry in entries],
        "texts": [entry.text for entry in entries],
        "remarks": [entry.remark for entry in entries],
        "sheets": [entry.sheet for entry in entries],
        "cells": [entry.cell for entry in entries],
    }
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, parameters)
        return {(participant, indicator): pk for pk, participant, indicator in cursor.fetchall()}


def _note(works: list[_Work], by: User, origin: str, import_batch: ImportBatch | None) -> None:
    """Append an audit event per report, and let everybody who has one of them open know that it changed."""
    for work in works:
        if is_whole(work.report):
            approve_whole(report=work.report, by=by)
    others = [work.report.pk for work in works if not is_whole(work.report)]
    if others:
        Report.objects.filter(pk__in=others).update(version=F("version") + 1)
    record_events(
        by=by,
        verb="record_figures",
        afters={
            work.report: {
                "saved": len(work.outcome.saved),
                "explained": len(work.outcome.explained),
                "origin": str(origin),
                "import_batch": import_batch.pk if import_batch else None,
            }
            for work in works
        },
    )
