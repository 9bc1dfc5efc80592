"""Writes of the review: cells passed and returned, and the reports that need no look approved at once.

A verdict is on a cell as the reviewer saw it: the versions shown travel with the form, and a cell that changed
meanwhile is refused by name. The state of a report changes in `projects.services.reports` alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max

from livelihood.access import NotAllowed, require_city_office
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects import rights
from projects.cell_notes import CellNotes, Key, notes_of, open_returns
from projects.models import CellReview, Figure, FigureFlag, Indicator, Participant, Report, ReportingPeriod
from projects.services.reports import approve_report, is_whole, lock_report, require_changeable, return_report

Verdict = CellReview.Verdict
State = Report.State

#: A reason is a sentence or two; what takes longer is said on the telephone.
REASON_LENGTH = 500
#: How many cells a sentence names before it says 等.
SHOWN_CELLS = 8


@dataclass(frozen=True)
class CleanOutcome:
    """What became of the waiting reports: those approved, and those kept, each with the reason why."""

    approved: list[Report] = field(default_factory=list)
    kept: list[tuple[Report, str]] = field(default_factory=list)


@transaction.atomic
def pass_cells(*, report: Report, keys: Iterable[Key], seen: Mapping[Key, int], by: User) -> int:
    """通过: the cells are right as they stand; return how many had not been passed yet.

    `seen`: the version of each cell's figure on the reviewer's page, 0 for none. Raises Refused unless the
    report waits for review, and for cells that are not its own, not on the page, or have changed since.
    """
    keys = list(dict.fromkeys(keys))
    report = _locked(report, by, {State.SUBMITTED}, "逐格通过")
    names = _require_cells(report, keys)
    _require_as_seen(report, keys, seen, names)
    notes = notes_of([report]).get(report.pk, {})
    fresh = [key for key in keys if not notes.get(key, CellNotes()).is_passed]
    if not fresh:
        return 0
    _add_verdicts(report, dict.fromkeys(fresh, ""), seen, Verdict.PASSED, by)
    record_event(by=by, verb="pass_cells", target=report, after={"cells": [_code(key) for key in fresh]})
    return len(fresh)


@transaction.atomic
def return_cells(*, report: Report, reasons: Mapping[Key, str], seen: Mapping[Key, int], by: User) -> Report:
    """退回 cells, each with its reason; the report goes back to the reporter with a reason that lists them.

    `seen` as in `pass_cells`. Compare-and-set on the report's version as `report` has it.
    """
    shown = report
    reasons = {key: reason.strip() for key, reason in reasons.items()}
    locked = _locked(report, by, {State.SUBMITTED, State.APPROVED}, "退回")
    names = _require_cells(locked, list(reasons))
    for key, reason in reasons.items():
        if not reason:
            raise Refused(f"“{names[key]}”没有写退回原因，什么都没有退回。写明原因，填报单位才知道改什么。")
        if len(reason) > REASON_LENGTH:
            raise Refused(
                f"“{names[key]}”的退回原因有 {len(reason)} 字，超过 {REASON_LENGTH} 字，什么都没有退回。请写短些。"
            )
    _require_as_seen(locked, list(reasons), seen, names)
    _add_verdicts(locked, reasons, seen, Verdict.RETURNED, by)
    cells = {"cells": {_code(key): reason for key, reason in reasons.items()}}
    return return_report(report=shown, by=by, reason=_summary(reasons, names), details=cells)


@transaction.atomic
def approve_reviewed(*, report: Report, by: User) -> Report:
    """审核通过, unless a returned cell is still open; bound to the content like every approval."""
    locked = lock_report(report)
    if rights.may(by, "approve", locked) and (waiting := open_returns(locked)):
        names = _require_cells(locked, waiting)
        raise Refused(f"还有 {len(waiting)} 格退回后没有改也没有说明，不能审核通过：{_listed(names.values())}。")
    return approve_report(report=report, by=by)


def approve_clean(*, period: ReportingPeriod, by: User) -> CleanOutcome:
    """Approve every waiting report about which nothing is left to look at; each in a transaction of its own.

    Kept back are reports with a flag nobody passed, an objection, an open returned cell, or changed content.
    Raises NotAllowed unless `by` works in the programme's city office.
    """
    require_city_office(by, period.programme.owner_id)
    outcome = CleanOutcome()
    waiting = waiting_reports(period)
    for report in waiting:
        try:
            with transaction.atomic():
                lock_report(report)
                if doubts := doubts_about([report]).get(report.pk):
                    raise Refused(f"{'，'.join(doubts)}。")
                approve_report(report=report, by=by)
        except Refused as refusal:
            outcome.kept.append((report, str(refusal)))
        else:
            outcome.approved.append(report)
    return outcome


def waiting_reports(period: ReportingPeriod) -> list[Report]:
    """Return the submitted reports of the period in official order, without the whole's. One query."""
    return list(
        Report.objects.filter(period=period, state=State.SUBMITTED)
        .exclude(participant__kind=Participant.Kind.WHOLE)
        .select_related("period__programme__owner", "participant", "agency")
        .order_by("participant__order", "agency__order", "id")
    )


def doubts_about(reports: Iterable[Report]) -> dict[int, list[str]]:
    """Return what somebody has to look at before the reports are approved: report id → phrases. Four queries."""
    reports = list(reports)
    notes = notes_of(reports)
    flagged: dict[int, set[Key]] = {}
    flags = FigureFlag.objects.filter(figure__report__in=reports)
    for report, *key in flags.values_list("figure__report", "figure__participant", "figure__indicator"):
        flagged.setdefault(report, set()).add(tuple(key))
    doubts = {}
    for report in reports:
        cells = notes.get(report.pk, {})
        unpassed = [key for key in flagged.get(report.pk, ()) if not cells.get(key, CellNotes()).is_passed]
        objected = [key for key, note in cells.items() if note.objections]
        waiting = [key for key, note in cells.items() if note.is_open]
        doubts[report.pk] = [
            phrase.format(len(keys))
            for phrase, keys in (
                ("{} 格有提示还没有看过", unpassed),
                ("牵头部门对 {} 格有异议", objected),
                ("{} 格退回后没有改也没有说明", waiting),
            )
            if keys
        ]
    return doubts


def _locked(report: Report, by: User, states: set[str], name: str) -> Report:
    """Return the report locked, if `by` may review it and it is in one of the states."""
    if not rights.may(by, "return", report):
        raise NotAllowed("只有市民生办可以逐格审核月报。")
    locked = lock_report(report)
    if is_whole(locked):
        raise Refused("全域的数由市民生办直接录入，不用审核。")
    if locked.state not in states:
        raise InvalidTransition(
            f"这份月报现在是“{locked.get_state_display()}”，不能{name}，什么都没有改动。请刷新页面看最新情况。"
        )
    require_changeable(locked, expired_too=True)
    return locked


def _require_cells(report: Report, keys: list[Key]) -> dict[Key, str]:
    """Return the cells' names; Refused when there are none, or one is not of this report. Two queries."""
    if not keys:
        raise Refused("没有选定任何一格，什么都没有改动。")
    programme = report.period.programme
    indicators = Indicator.objects.of_programme(programme)
    if report.agency_id:
        indicators = indicators.filter(sub_project__lead_agency=report.agency_id)
        units = {unit.pk: f"{unit} " for unit in programme.participants.reporters().active_on(report.period.ends_on)}
    else:
        units = {report.participant_id: ""}
    names = dict(indicators.values_list("pk", "name"))
    foreign = sum(unit not in units or indicator not in names for unit, indicator in keys)
    if foreign:
        raise Refused(f"有 {foreign} 格不在{report}月报里，什么都没有改动。请刷新页面再办。")
    return {(unit, indicator): f"{units[unit]}{names[indicator]}" for unit, indicator in keys}


def _require_as_seen(report: Report, keys: list[Key], seen: Mapping[Key, int], names: dict[Key, str]) -> None:
    """Raise unless each cell's figure still has the version the reviewer saw. One query."""
    figures = Figure.objects.filter(report=report).values_list("participant", "indicator", "version")
    versions = {(unit, indicator): version for unit, indicator, version in figures}
    changed = [names[key] for key in keys if seen.get(key, -1) != versions.get(key, 0)]
    if changed:
        raise InvalidTransition(f"您打开页面之后，{_listed(changed)}的数有改动，什么都没有办理。请看过现在的数再办。")


def _add_verdicts(report: Report, reasons: Mapping[Key, str], seen: Mapping[Key, int], verdict: str, by: User) -> None:
    """Append one verdict per cell; numbered under the report's lock. Two queries."""
    last = {
        (unit, indicator): nth
        for unit, indicator, nth in CellReview.objects.filter(report=report)
        .values_list("participant", "indicator")
        .annotate(last=Max("nth"))
        .order_by()
    }
    CellReview.objects.bulk_create(
        CellReview(
            report=report,
            participant_id=key[0],
            indicator_id=key[1],
            nth=last.get(key, 0) + 1,
            verdict=verdict,
            reason=reason,
            figure_version=seen[key],
            decided_by=by,
        )
        for key, reason in reasons.items()
    )


def _summary(reasons: Mapping[Key, str], names: dict[Key, str]) -> str:
    """Return the report's reason: how many cells, which, and why."""
    cells = [f"{names[key]}（{reason}）" for key, reason in reasons.items()]
    more = f"等 {len(cells)} 格" if len(cells) > SHOWN_CELLS else ""
    return f"退回 {len(cells)} 格：{'；'.join(cells[:SHOWN_CELLS])}{more}"


def _listed(names: Iterable[str]) -> str:
    """Return the first names, and 等 n 格 where there are more."""
    names = list(names)
    more = f"等 {len(names)} 格" if len(names) > SHOWN_CELLS else ""
    return f"“{'、'.join(names[:SHOWN_CELLS])}”{more}"


def _code(key: Key) -> str:
    return f"{key[0]}-{key[1]}"
