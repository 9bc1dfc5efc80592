"""Writes of monthly funds: one batch, one lock, one upsert, one audit event, whatever the number of cells."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F

from funding.amounts import check_amount
from funding.figure_sql import UPSERT
from funding.models import FundFigure, FundFigureRevision, FundLine
from funding.services.fund_flags import refresh_fund_flags
from funding.sources import overlap
from livelihood.access import NotAllowed
from livelihood.models import User
from livelihood.services import Refused, record_event
from projects import rights
from projects.models import ImportBatch, Report
from projects.services.held import is_held
from projects.services.report_locks import is_whole, lock_report, require_changeable

#: (fund line id, stage)
Key = tuple[int, str]
State, Stage = FundFigure.State, FundFigure.Stage

#: An answer to a flag is a paragraph, not a document.
REASON_LENGTH = 2000
REMARK_LENGTH = FundFigure._meta.get_field("remark").max_length


@dataclass(frozen=True)
class FundEntry:
    """One cell as it came in: cumulative `value` in 元 (None: blank), and which version the person saw.

    `remark` and `reason` (of the flags) None keep what is stored; `base_version` None does not ask what was there, 0
    means that nothing was.
    """

    fund_line_id: int
    stage: str
    value: Decimal | None
    remark: str | None = None
    sheet: str = ""
    cell: str = ""
    base_version: int | None = None
    reason: str | None = None

    @property
    def key(self) -> Key:
        """Return (fund line id, stage)."""
        return self.fund_line_id, str(self.stage)


@dataclass(frozen=True)
class FundConflict:
    """What somebody else stored after the person had opened the page; nothing was overwritten."""

    key: Key
    value: Decimal | None
    remark: str
    version: int
    by: str
    at: datetime


@dataclass
class FundOutcome:
    """What became of a batch, by (fund line id, stage)."""

    saved: list[Key] = field(default_factory=list)
    unchanged: list[Key] = field(default_factory=list)
    explained: list[Key] = field(default_factory=list)
    #: Cells not in the batch whose flags changed because of it: the line's other stages.
    related: list[Key] = field(default_factory=list)
    conflicts: list[FundConflict] = field(default_factory=list)
    errors: dict[Key, str] = field(default_factory=dict)


class FundFiguresRefused(Refused):
    """Cells that cannot be stored; `errors`: (fund line id, stage) → Chinese sentence."""

    def __init__(self, errors: dict[Key, str]):
        super().__init__("；".join(errors.values()))
        self.errors = errors


@dataclass(frozen=True)
class _Facts:
    """What is known of the batch's places before it is stored: lines and figures of all their sources."""

    lines: dict[int, FundLine]
    figures: dict[Key, FundFigure]


@transaction.atomic
def record_fund_figures(
    *,
    report: Report,
    entries: Iterable[FundEntry],
    by: User,
    origin: str,
    import_batch: ImportBatch | None = None,
    partial: bool = False,
) -> FundOutcome:
    """Store a batch of fund cells of one report and bring `report` up to date.

    Refuses the whole batch (Refused, in Chinese) when the report is not the reporter's to change now, when its period
    is closed, or when a line is none of the report's; NotAllowed when it is not `by`'s. A cell that is wrong in itself
    raises FundFiguresRefused, unless `partial`: then it is left out and named in `errors`. A cell somebody else changed
    after `base_version` is left alone and comes back as a conflict. The number of queries does not depend on the number
    of cells.
    """
    entries = list(entries)
    shown, scope = report, rights.fill_scope(by, report)
    if not scope:
        raise NotAllowed("这份月报不由您填报，什么都没有改动。")
    if not is_held(report):
        report = lock_report(report)
    _require_editable(report)
    facts = _known(report, entries)
    _require_own_lines(report, entries, facts, scope)
    outcome = FundOutcome(errors=_errors(report, entries, facts))
    if outcome.errors and not partial:
        raise FundFiguresRefused(outcome.errors)
    fine = [entry for entry in entries if entry.key not in outcome.errors]
    changed = _changed(fine, facts, outcome)
    conflicting = {conflict.key for conflict in outcome.conflicts}
    known = ({entry.key for entry in changed} | facts.figures.keys()) - conflicting
    outcome.saved = _upsert(report, changed, facts, by=by, origin=origin, import_batch=import_batch)
    reasons = {entry.key: entry.reason for entry in fine if entry.reason is not None and entry.key in known}
    refreshed = refresh_fund_flags(report.period, touched=set(outcome.saved), reasons=reasons)
    outcome.explained, outcome.related = refreshed.explained, refreshed.related
    if outcome.saved or outcome.explained:
        Report.objects.filter(pk=report.pk).update(version=F("version") + 1)
        record_event(
            by=by,
            verb="record_fund_figures",
            target=report,
            after={
                "saved": len(outcome.saved),
                "explained": len(outcome.explained),
                "origin": str(origin),
                "import_batch": import_batch.pk if import_batch else None,
            },
        )
        if is_held(shown):
            shown.version += 1
    if not is_held(shown):
        shown.refresh_from_db()
    return outcome


def _require_editable(report: Report) -> None:
    """Raise Refused unless funds of the report may change now."""
    require_changeable(report)
    if is_whole(report):
        raise Refused("全域的资金由各单位相加得出，不用录入。")
    if report.state not in Report.EDITABLE:
        office = report.period.programme.owner.office_word
        way = f"请先由{office}退回" if report.state == Report.State.APPROVED else f"要改数请先撤回，或由{office}退回"
        raise Refused(f"这份月报“{report.get_state_display()}”，不能再改数，什么都没有改动。{way}。")


def _known(report: Report, entries: list[FundEntry]) -> _Facts:
    """Fetch the lines of the places the entries are about, with their figures of the period."""
    wanted = {entry.fund_line_id for entry in entries}
    places = FundLine.objects.filter(pk__in=wanted)
    lines = FundLine.objects.filter(
        programme=report.period.programme,
        participant__in=places.values("participant"),
        sub_project__in=places.values("sub_project"),
    ).select_related("sub_project__project", "participant")
    found = {line.pk: line for line in lines}
    figures = FundFigure.objects.filter(period=report.period, fund_line__in=found).select_related("updated_by")
    return _Facts(found, {(row.fund_line_id, row.stage): row for row in figures})


def _require_own_lines(report: Report, entries: list[FundEntry], facts: _Facts, scope: rights.FillScope) -> None:
    """Raise unless every line is of this report and, for a filler, of a sub-project assigned to the agency."""
    if len({entry.key for entry in entries}) < len(entries):
        raise Refused("同一条资金线的同一环节在一次保存里出现了两次，什么都没有改动。")
    for entry in entries:
        line = facts.lines.get(entry.fund_line_id)
        own = line is not None and (
            line.participant_id == report.participant_id
            if report.participant_id
            else line.sub_project.lead_agency_id == report.agency_id
        )
        if not own:
            raise Refused(
                f"有一条资金线不属于{report.participant or report.agency}的月报，什么都没有改动。请刷新页面再填。"
            )
        if not scope.covers(line.participant_id, line.sub_project_id):
            raise NotAllowed(f"“{line.sub_project}”不是分给您单位填的，什么都没有改动。")


def _errors(report: Report, entries: list[FundEntry], facts: _Facts) -> dict[Key, str]:
    """Return what is wrong with single cells (R14, R20), without storing anything."""
    will_be = {key: row.value for key, row in facts.figures.items()} | {entry.key: entry.value for entry in entries}
    sources: dict[tuple, list[int]] = {}
    for (line_id, stage), value in will_be.items():
        if value is not None:
            sources.setdefault((_place(facts.lines[line_id]), stage), []).append(line_id)
    errors = {}
    for entry in entries:
        line, figure = facts.lines[entry.fund_line_id], facts.figures.get(entry.key)
        others = sources.get((_place(line), entry.stage), [])
        clash = next((facts.lines[pk] for pk in others if overlap(facts.lines[pk].source, line.source)), None)
        sentence = ""
        if entry.stage not in Stage.values:
            sentence = "资金环节不正确：只有到位、拨付和支出。"
        elif figure is not None and figure.report_id != report.pk:
            sentence = "这一格本期由另一份月报填报，不能在这里改。"
        elif entry.value is not None and (wrong := check_amount(entry.value)):
            sentence = wrong
        elif entry.value is not None and clash is not None:
            sentence = (
                f"“{clash.printed_source}”已填{Stage(entry.stage).label}：同一环节要么填合计，要么分来源填，不能都填。"
            )
        elif "\x00" in (entry.remark or "") + (entry.reason or ""):
            sentence = "文字里有不能保存的字符，请重新输入。"
        elif len(entry.remark or "") > REMARK_LENGTH:
            sentence = f"备注最多 {REMARK_LENGTH} 字，现在有 {len(entry.remark)} 字。"
        elif len(entry.reason or "") > REASON_LENGTH:
            sentence = f"说明最多 {REASON_LENGTH} 字，请写得短一些。"
        if sentence:
            errors[entry.key] = sentence
    return errors


def _place(line: FundLine) -> tuple:
    return line.participant_id, line.sub_project_id, line.kind


def _content(entry: FundEntry, figure: FundFigure | None) -> tuple:
    """Return what the entry will say: a kept remark is filled in."""
    return entry.value, (figure.remark if figure else "") if entry.remark is None else entry.remark.strip()


def _changed(fine: list[FundEntry], facts: _Facts, outcome: FundOutcome) -> list[FundEntry]:
    """Return the entries to store, and note the unchanged ones and the conflicts in `outcome`.

    A cell whose base version is old is a conflict only if the person changed it: what still says the same as the
    version they saw was not touched by them, and the other's figure stands.
    """
    changed, stale = [], []
    for entry in fine:
        figure = facts.figures.get(entry.key)
        now = (figure.value, figure.remark) if figure else (None, "")
        if _content(entry, figure) == now:
            outcome.unchanged.append(entry.key)
        elif entry.base_version is not None and entry.base_version != (figure.version if figure else 0):
            stale.append(entry)
        else:
            changed.append(entry)
    seen = _seen(stale, facts)
    for entry in stale:
        figure = facts.figures.get(entry.key)
        if figure is None:
            changed.append(entry)
        elif seen.get(entry.key) == _content(entry, figure):
            outcome.unchanged.append(entry.key)
        else:
            outcome.conflicts.append(
                FundConflict(
                    entry.key,
                    figure.value,
                    figure.remark,
                    version=figure.version,
                    by=str(figure.updated_by),
                    at=figure.updated_at,
                )
            )
    return changed


def _seen(stale: list[FundEntry], facts: _Facts) -> dict[Key, tuple]:
    """Return what each stale entry's base version said. At most one query."""
    by_figure = {facts.figures[entry.key].pk: entry for entry in stale if entry.key in facts.figures}
    seen = {entry.key: (None, "") for entry in by_figure.values() if entry.base_version == 0}
    if len(seen) < len(by_figure):
        for row in FundFigureRevision.objects.filter(fund_figure__in=by_figure):
            entry = by_figure[row.fund_figure_id]
            if row.version == entry.base_version:
                seen[entry.key] = (row.new_value, row.new_remark)
    return seen


def _upsert(report, changed: list[FundEntry], facts: _Facts, *, by, origin, import_batch) -> list[Key]:
    """Store the entries in one statement; return the keys that changed."""
    if not changed:
        return []
    contents = [_content(entry, facts.figures.get(entry.key)) for entry in changed]
    parameters = {
        "period": report.period_id,
        "report": report.pk,
        "origin": str(origin),
        "import_batch": import_batch.pk if import_batch else None,
        "by": by.pk,
        "lines": [entry.fund_line_id for entry in changed],
        "stages": [str(entry.stage) for entry in changed],
        "states": [str(State.BLANK if value is None else State.REPORTED) for value, _ in contents],
        "values": [value for value, _ in contents],
        "remarks": [remark for _, remark in contents],
        "sheets": [entry.sheet for entry in changed],
        "cells": [entry.cell for entry in changed],
    }
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, parameters)
        return [(line, stage) for _, line, stage in cursor.fetchall()]
