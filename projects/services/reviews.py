"""Writes of the review: cells passed and returned, and the reports that need no look approved at once.

A verdict is on a cell as the reviewer saw it: the versions shown travel with the form, and a cell that changed
meanwhile is refused by name. The state of a report changes in `projects.services.reports` alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max

from livelihood.access import NotAllowed, require_city_office
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects import parts, rights
from projects.cell_key import Key, key_text
from projects.cell_notes import CellNotes, notes_of, open_returns
from projects.content import group_hashes
from projects.models import CellReview, Participant, Report, ReportingPeriod
from projects.services.report_locks import is_whole, lock_report, require_changeable
from projects.services.reports import approve_report, return_report

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

    `seen`: the version of each cell on the reviewer's page, 0 for none. Raises Refused unless the
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
    _add_verdicts(report, {names[key]: "" for key in fresh}, seen, Verdict.PASSED, by)
    record_event(by=by, verb="pass_cells", target=report, after={"cells": [key_text(key) for key in fresh]})
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
    _add_verdicts(locked, {names[key]: reason for key, reason in reasons.items()}, seen, Verdict.RETURNED, by)
    cells = {"cells": {key_text(key): reason for key, reason in reasons.items()}}
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

    Kept back are those with doubts, as `doubts_about` says them.
    Raises NotAllowed unless `by` works in the programme's city office.
    """
    require_city_office(by, period.programme.owner_id)
    outcome = CleanOutcome()
    waiting = waiting_reports(period)
    # What is blank is in the hash that an approval is bound to, so once is enough for all of them.
    blank = _blanks(waiting)
    for report in waiting:
        try:
            with transaction.atomic():
                if doubts := doubts_about([lock_report(report)], blank=blank)[report.pk]:
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


def doubts_about(reports: Iterable[Report], *, blank: dict[int, set[Key]] | None = None) -> dict[int, list[str]]:
    """Return what somebody has to look at before submitted reports of one period are approved: report id → phrases.

    A report without any is clean: no flag that is unexplained or not yet looked at, no objection, no returned cell
    that waits, no blank without a remark, nothing changed since it was signed. What the reviewer passed is no doubt,
    an objection stays one. `blank`: from `_blanks`, when it is known. As many queries as for one report.
    """
    reports = list(reports)
    notes, blank = notes_of(reports), _blanks(reports) if blank is None else blank
    unexplained: dict[int, set[Key]] = defaultdict(set)
    unseen: dict[int, set[Key]] = defaultdict(set)
    for part in parts.registered():
        for report, key, is_explained in part.flagged([report.pk for report in reports]):
            (unseen if is_explained else unexplained)[report].add(key)
    hashes = group_hashes(reports, {(report.pk, ""): None for report in reports})
    doubts = {}
    for report in reports:
        cells = notes.get(report.pk, {})
        passed = {key for key, note in cells.items() if note.is_passed}
        counts = {
            "{} 格有提示没有说明": len(unexplained[report.pk] - passed),
            "{} 格有提示还没有看过": len(unseen[report.pk] - passed),
            "牵头部门对 {} 格有异议": sum(bool(note.objections) for note in cells.values()),
            "{} 格退回后没有改也没有说明": sum(note.is_open for note in cells.values()),
            "{} 格是空的，没有写原因": len(blank.get(report.pk, set()) - passed),
            "签字之后内容有改动，要退回重新签字": hashes[report.pk, ""] != report.content_sha256,
        }
        doubts[report.pk] = [phrase.format(count) for phrase, count in counts.items() if count]
    return doubts


def _blanks(reports: list[Report]) -> dict[int, set[Key]]:
    """Return the cells that are blank without a remark, over all parts: report id → keys."""
    found: dict[int, set[Key]] = defaultdict(set)
    for part in parts.registered():
        for report, key in part.blanks(reports):
            found[report].add(key)
    return found


def _locked(report: Report, by: User, states: set[str], name: str) -> Report:
    """Return the report locked, if `by` may review it and it is in one of the states."""
    if not rights.may(by, "return", report):
        raise NotAllowed(f"只有{report.period.programme.owner.office_word}可以逐格审核月报。")
    locked = lock_report(report)
    if is_whole(locked):
        raise Refused(f"全域的数由{locked.period.programme.owner.office_word}直接录入，不用审核。")
    if locked.state not in states:
        raise InvalidTransition(
            f"这份月报现在是“{locked.get_state_display()}”，不能{name}，什么都没有改动。请刷新页面看最新情况。"
        )
    require_changeable(locked, expired_too=True)
    return locked


def _require_cells(report: Report, keys: list[Key]) -> dict[Key, parts.Place]:
    """Return where the cells stand; Refused when there are none, or one is not of this report. A few queries."""
    if not keys:
        raise Refused("没有选定任何一格，什么都没有改动。")
    found = parts.places(report, keys)
    if foreign := len(set(keys) - found.keys()):
        raise Refused(f"有 {foreign} 格不在{report}月报里，什么都没有改动。请刷新页面再办。")
    return found


def _require_as_seen(
    report: Report, keys: list[Key], seen: Mapping[Key, int], names: Mapping[Key, parts.Place]
) -> None:
    """Raise unless each cell still has the version the reviewer saw. One query per part."""
    versions = {key: version for part in parts.registered() for _, key, version in part.versions([report.pk])}
    changed = [names[key] for key in keys if seen.get(key, -1) != versions.get(key, 0)]
    if changed:
        raise InvalidTransition(f"您打开页面之后，{_listed(changed)}的数有改动，什么都没有办理。请看过现在的数再办。")


def _add_verdicts(
    report: Report, reasons: Mapping[parts.Place, str], seen: Mapping[Key, int], verdict: str, by: User
) -> None:
    """Append one verdict per cell; numbered under the report's lock. Two queries."""
    rows = CellReview.objects.filter(report=report).values("participant_id", "indicator_id", "cell")
    last = {
        CellReview(**{name: row[name] for name in ("participant_id", "indicator_id", "cell")}).key: row["last"]
        for row in rows.annotate(last=Max("nth")).order_by()
    }
    CellReview.objects.bulk_create(
        CellReview(
            report=report,
            **place.columns,
            nth=last.get(place.key, 0) + 1,
            verdict=verdict,
            reason=reason,
            figure_version=seen[place.key],
            decided_by=by,
        )
        for place, reason in reasons.items()
    )


def _summary(reasons: Mapping[Key, str], names: Mapping[Key, parts.Place]) -> str:
    """Return the report's reason: how many cells, which, and why."""
    cells = [f"{names[key]}（{reason}）" for key, reason in reasons.items()]
    more = f"等 {len(cells)} 格" if len(cells) > SHOWN_CELLS else ""
    return f"退回 {len(cells)} 格：{'；'.join(cells[:SHOWN_CELLS])}{more}"


def _listed(places: Iterable[parts.Place]) -> str:
    """Return the first names, and 等 n 格 where there are more."""
    names = [place.name for place in places]
    more = f"等 {len(names)} 格" if len(names) > SHOWN_CELLS else ""
    return f"“{'、'.join(names[:SHOWN_CELLS])}”{more}"
