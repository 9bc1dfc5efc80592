"""Writes of figures: one batch, one lock, one upsert, one audit event, whatever the number of cells."""

from collections.abc import Iterable
from contextlib import nullcontext

from django.db import transaction

from livelihood.access import NotAllowed
from livelihood.models import User
from livelihood.prepared import made_of
from livelihood.services import Refused, record_events
from projects import parts, rights
from projects.figure_sql import UPSERT
from projects.models import Figure, ImportBatch, Report, ReportingPeriod
from projects.save_sql import RAISED
from projects.services.figure_entries import FigureConflict as FigureConflict
from projects.services.figure_entries import (
    FigureEntry,
    FigureOutcome,
    FiguresRefused,
    changed_entries,
    claims_no_task,
    figure_errors,
    known_facts,
    settled_entry,
)
from projects.services.figure_entries import is_summed as is_summed
from projects.services.figure_entries import read_facts as read_facts
from projects.services.figure_facts import Facts, Key, NearIndicators
from projects.services.flags import refresh_flags
from projects.services.held import is_held
from projects.services.report_locks import is_whole, lock_reports, require_changeable
from projects.services.reports import approve_whole

#: What is known of a figure just stored: the period, then the statement's columns.
STORED = ["period_id", "id", "participant_id", "indicator_id", "state", "value", "version"]


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


def record_reports(
    *,
    batches: list[tuple[Report, list[FigureEntry]]],
    by: User,
    origin: str,
    import_batch: ImportBatch | None = None,
    partial: bool = True,
    indicators: NearIndicators | None = None,
) -> list[FigureOutcome]:
    """Store cells of several reports of one period, each as `record_figures` does; return the outcomes in order.

    What a report refuses stands as `refusal` in its outcome and the others are stored. The number of queries
    depends neither on the number of cells nor on that of the reports; the reports given are not brought up to date,
    but for the version of one that is held (`hold_report`), whose transaction is the caller's. `indicators`: see
    `known_facts`.
    """
    with nullcontext() if all(is_held(report) for report, _ in batches) else transaction.atomic():
        return _record(batches, by, origin, import_batch, partial, indicators)


def _record(batches, by: User, origin: str, import_batch, partial: bool, indicators) -> list[FigureOutcome]:
    """Do what `record_reports` says, in its transaction."""
    works = [_Work(report, entries, rights.fill_scope(by, report)) for report, entries in batches]
    current = lock_reports([work.report for work in works if work.scope and not is_held(work.report)])
    for work in works:
        work.report = current.get(work.report.pk, work.report)
    everything = [entry for work in works for entry in work.entries]
    facts = known_facts(works[0].report, everything, indicators=indicators)
    for work in works:
        work.judge(facts, partial=partial)
    changed = [(work.report.pk, entry) for work in works for entry in work.changed]
    period = works[0].report.period
    stored = _upsert(period, changed, by=by, origin=origin, import_batch=import_batch)
    for work in works:
        work.outcome.saved = [entry.key for entry in work.changed if entry.key in stored]
        work.outcome.unchanged = [key for key in work.outcome.unchanged if key not in stored]
    claims = set().union(*(work.claims for work in works))
    refreshed = refresh_flags(
        period,
        touched={key: facts.figures[key] for key in claims if key in facts.figures} | stored,
        facts=facts,
        claims=claims,
        reasons={entry.key: entry.reason for work in works for entry in work.fine if entry.reason is not None},
    )
    for work in works:
        keys, units = {entry.key for entry in work.entries}, {entry.participant_id for entry in work.entries}
        work.outcome.explained = [key for key in refreshed.explained if key in keys]
        work.outcome.related = [key for key in refreshed.related if key not in keys and key[0] in units]
    _follow(works, facts)
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
        self.fine = [settled_entry(entry, facts) for entry in right]
        self.changed = changed_entries(self.fine, facts, outcome)
        self.claims = {entry.key for entry in right if claims_no_task(entry, facts)}
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


def _require_editable(report: Report) -> None:
    """Raise Refused unless figures of the report may change now."""
    require_changeable(report)
    if is_whole(report) or report.state in Report.EDITABLE:
        return
    office = report.period.programme.owner.office_word
    way = f"请先由{office}退回" if report.state == Report.State.APPROVED else f"要改数请先撤回，或由{office}退回"
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
    """Return the participants an agency reports for: all in force but the whole."""
    participants = report.period.programme.participants.reporters().active_on(report.period.ends_on)
    return set(participants.values_list("pk", flat=True))


def _upsert(
    period: ReportingPeriod, changed: list[tuple[int, FigureEntry]], *, by, origin, import_batch
) -> dict[Key, Figure]:
    """Store the entries, each with its report's id, in one statement.

    Returns the figures that changed by key, with id, value, state and version as they stand now and nothing else.
    """
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
    rows = UPSERT.rows(**parameters)
    return {row[1:3]: made_of(Figure, STORED, (period.pk, *row)) for row in rows}


def _follow(works: list[_Work], facts: Facts) -> None:
    """Let the other parts renew what they say of their own cells by these figures."""
    works = [work for work in works if work.outcome.saved]
    if not works:
        return
    places = {
        (participant, facts.indicators[indicator].sub_project_id)
        for work in works
        for participant, indicator in work.outcome.saved
    }
    for part in parts.registered():
        changed = part.follow_figures([work.report for work in works], places)
        for work in works:
            units = {participant for participant, _ in work.outcome.saved}
            if keys := [key for unit in units for key in changed.get(unit, ())]:
                work.outcome.elsewhere[part.code] = keys


def _note(works: list[_Work], by: User, origin: str, import_batch: ImportBatch | None) -> None:
    """Append an audit event per report, and let everybody who has one of them open know that it changed."""
    for work in works:
        if is_whole(work.report):
            approve_whole(report=work.report, by=by)
    others = [work.report for work in works if not is_whole(work.report)]
    if others:
        RAISED.run(reports=[report.pk for report in others])
    for report in others:
        report.version += 1
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
