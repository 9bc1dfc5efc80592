"""Writes of 核对: opened with the close, answered by units and lead agencies, objections settled by the city office."""

import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from livelihood.access import COUNTY_ROLES, NotAllowed, Role, access_of, is_city_office, require_city_office
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Participant, ReportingPeriod, SubProject
from projects.services.opinions import checked_words
from projects.values import ValueRefused, parse_number
from projects.workdays import FRIDAY, ONE_DAY, UnknownYear, Workdays
from supervision.checks.changes import Changes, changes_between
from supervision.checks.lines import Line, changed_keys, lines_of
from supervision.models import Check, CheckLine, Document, Snapshot

#: Working days there are to answer, where the office has set nothing else.
CHECK_DAYS = 3
#: How an objection reads that its own side took back.
WITHDRAWN = "提出单位撤回"

State = Check.State


@transaction.atomic
def open_checks(*, snapshot: Snapshot, by: User) -> list[Check]:
    """送核对: one check per unit and lead agency of the snapshot; asked again it finds those that are there.

    What was answered of the snapshot before carries over where no line of the addressee's changed; objections to lines
    that did not change come along. Queries: some ten, and three with a snapshot before.
    """
    there = list(Check.objects.filter(snapshot=snapshot))
    held = {(row.participant_id, row.agency_id) for row in there}
    due_on = check_due_on(snapshot.period, timezone.localdate())
    earlier = _earlier(snapshot)
    leads = _leads(snapshot.period)
    moved: dict[int, Changes] = {}
    wanted = [(row.pk, None) for row in addressed_units(snapshot.period)] + [(None, pk) for pk in leads]
    for participant_id, agency_id in wanted:
        if (participant_id, agency_id) in held:
            continue
        before = earlier.get((participant_id, agency_id))
        check = Check(
            snapshot=snapshot, participant_id=participant_id, agency_id=agency_id, due_on=due_on, opened_by=by
        )
        if before is not None:
            _carry(check, before, leads.get(agency_id, (set(), set())), moved)
        else:
            check.save()
        there.append(check)
    if len(there) > len(held):
        record_event(
            by=by,
            verb="open_checks",
            target=snapshot,
            after={"checks": len(there) - len(held), "due_on": due_on.isoformat()},
        )
    return there


def addressed_units(period: ReportingPeriod) -> list[Participant]:
    """Return the units a check goes to: those in force that report themselves. One query."""
    return list(period.programme.participants.reporters().active_on(period.ends_on).order_by("order", "id"))


def check_due_on(period: ReportingPeriod, day: datetime.date) -> datetime.date:
    """Return the last day to answer: the office's number of working days after `day`.

    In a year whose holidays nobody knows yet Monday to Friday count as worked: a term is a courtesy, not a deadline.
    """
    days, left = Workdays(period.programme.owner_id), check_days(period)
    while left:
        day += ONE_DAY
        try:
            works = days.at(day).works
        except UnknownYear:
            works = day.isoweekday() <= FRIDAY
        left -= works
    return day


def check_days(period: ReportingPeriod) -> int:
    """Return how many working days the office gives."""
    style = getattr(period.programme.office, "paper_style", None)
    return getattr(style, "check_days", None) or CHECK_DAYS


def may_answer(user: User, check: Check) -> bool:
    """Tell whether the user speaks for the addressee; for one without people of its own the city office does."""
    access = access_of(user)
    programme = check.snapshot.period.programme
    if check.agency_id:
        own = check.agency_id == programme.office_id and is_city_office(user, programme.owner_id)
        return own or check.agency_id in access.agency_ids(Role.LEAD_AGENCY)
    unit = check.participant
    if unit.region_id is None and unit.agency_id is None:
        return is_city_office(user, programme.owner_id)
    return (
        unit.region_id in access.region_ids(*COUNTY_ROLES)
        or unit.agency_id in access.agency_ids(*COUNTY_ROLES)
        or (unit.kind == Participant.Kind.OWN and is_city_office(user, programme.owner_id))
    )


@transaction.atomic
def agree_check(*, check: Check, by: User) -> Check:
    """无异议 to all lines, or to the others where some are objected to. Raises Refused when it is answered already."""
    check = _lock_to_answer(check, by)
    if check.state != State.WAITING:
        raise InvalidTransition(f"{check.addressee}已经答复过了，现在是“{check.get_state_display()}”。")
    if not lines_of(check):
        raise Refused(f"{check.addressee}这一期没有任务，没有要核对的。")
    objected = check.objections.exclude(state=CheckLine.State.WITHDRAWN).exists()
    _answer(check, State.OBJECTED if objected else State.AGREED, by)
    record_event(by=by, verb="agree_check", target=check, after={"addressee": str(check.addressee)})
    return check


@transaction.atomic
def object_to_line(*, check: Check, key: str, value: str, reason: str, by: User) -> CheckLine:
    """有异议: the addressee does not agree with one line, names its own figure and says why.

    `value` is text as typed; a line without a figure (a text, a place, 报送情况) takes none. Raises Refused with what
    is wrong, NotAllowed for somebody else's check.
    """
    check = _lock_to_answer(check, by)
    line = next((row for row in lines_of(check) if row.key == key), None)
    if line is None:
        raise Refused("核对单里没有这一行，没有提异议。请刷新页面再办。")
    reason = checked_words(reason, "异议", "理由")
    held = _held(line, value)
    if line.open_objection is not None:
        raise InvalidTransition(f"“{line.name}”的异议已经提过，要改请先撤回。")
    objection = CheckLine.objects.create(
        check_of=check,
        key=key,
        nth=check.objections.filter(key=key).count() + 1,
        topic=line.topic,
        participant=line.participant,
        indicator=line.indicator,
        label=line.name[:200],
        printed=line.printed[:100],
        value=held,
        decimals=line.decimals if held is not None and line.indicator else 2,
        unit=line.unit,
        reason=reason,
        raised_by=by,
    )
    _answer(check, State.OBJECTED, by)
    record_event(
        by=by,
        verb="object_to_line",
        target=check,
        after={"line": objection.label, "value": None if held is None else str(held)},
        reason=reason,
    )
    return objection


@transaction.atomic
def withdraw_objection(*, objection: CheckLine, by: User) -> CheckLine:
    """撤回 by the side that raised it; without any objection left the check waits for an answer again."""
    check = _lock_to_answer(objection.check_of, by)
    _settle(objection, CheckLine.State.WITHDRAWN, WITHDRAWN, "withdraw_check_line", by)
    if not check.objections.exclude(state=CheckLine.State.WITHDRAWN).exists():
        Check.objects.filter(pk=check.pk).update(state=State.WAITING, answered_at=None, answered_by=None)
    return objection


@transaction.atomic
def settle_objection(*, objection: CheckLine, accepted: bool, answer: str, by: User) -> CheckLine:
    """采纳 or 不采纳 by the city office, with a reason. What is accepted is mended by reopening the month.

    Raises Refused after the issue or on a snapshot that is not the newest, InvalidTransition when it is settled.
    """
    require_city_office(by, objection.check_of.snapshot.period.programme.owner_id)
    check = _lock(objection.check_of)
    _require_current(check)
    answer = checked_words(answer, "答复", "理由")
    state = CheckLine.State.ACCEPTED if accepted else CheckLine.State.REJECTED
    return _settle(objection, state, answer, "settle_check_line", by)


def open_objections(document: Document) -> list[CheckLine]:
    """Return the objections to the document's snapshot that nobody has settled, addressees in order. One query."""
    return list(_objections(document, CheckLine.State.OPEN))


def unmended_objections(document: Document) -> list[CheckLine]:
    """Return those that were accepted while the snapshot still says what was objected to. One query."""
    return list(_objections(document, CheckLine.State.ACCEPTED))


def _objections(document: Document, state: str):
    rows = CheckLine.objects.filter(check_of__snapshot=document.snapshot_id, state=state)
    return rows.select_related("check_of__participant", "check_of__agency", "participant").order_by(
        "check_of__participant__order", "check_of__agency__order", "id"
    )


def _held(line: Line, value: str) -> Decimal | None:
    """Return the addressee's own figure as stored. Raises ValueRefused for what is none."""
    if not line.takes_figure:
        return None
    parsed = parse_number(value, decimals=line.decimals, allow_negative=True, unit=line.unit)
    if parsed.value is None:
        raise ValueRefused(f"“{line.name}”的异议要写明本单位的数，理由写在后面一格。")
    return parsed.value


def _answer(check: Check, state: str, by: User) -> None:
    check.state, check.answered_by, check.answered_at = state, by, timezone.now()
    check.save(update_fields=["state", "answered_by", "answered_at"])


def _lock(check: Check) -> Check:
    """Lock the period, then the check, in the order every step of a paper takes."""
    ReportingPeriod.objects.select_for_update().get(pk=check.snapshot.period_id)
    rows = Check.objects.select_for_update(of=("self",)).select_related(
        "snapshot__period__programme__owner", "participant", "agency"
    )
    return rows.get(pk=check.pk)


def _lock_to_answer(check: Check, by: User) -> Check:
    """Lock a check its addressee may still answer; NotAllowed for somebody else's, Refused when it is too late."""
    if not may_answer(by, check):
        raise NotAllowed(f"只有{check.addressee}的人可以答复这份核对单。")
    check = _lock(check)
    _require_current(check)
    return check


def _require_current(check: Check) -> None:
    period = check.snapshot.period
    if period.state == ReportingPeriod.State.ISSUED:
        raise InvalidTransition(
            f"{period.label}的通报已经印发，核对已经结束。有误请联系{period.programme.owner.office_word}更正。"
        )
    newest = Snapshot.objects.latest_of(period)
    if newest.pk != check.snapshot_id:
        raise InvalidTransition(
            f"数已经变过：现在是快照第{newest.version}版，您看的是第{check.snapshot.version}版，没有办理。请按新的核对单再办。"
        )


def _settle(objection: CheckLine, state: str, answer: str, verb: str, by: User) -> CheckLine:
    """Close the objection, if nobody has; compare-and-set."""
    changed = CheckLine.objects.filter(pk=objection.pk, state=CheckLine.State.OPEN).update(
        state=state, answer=answer, settled_at=Now(), settled_by=by
    )
    if not changed:
        raise InvalidTransition("这条异议已经处理过了，请刷新页面。")
    record_event(
        by=by, verb=verb, target=objection.check_of, after={"line": objection.label, "state": state}, reason=answer
    )
    objection.refresh_from_db()
    return objection


def _earlier(snapshot: Snapshot) -> dict[tuple, Check]:
    """Return the checks of the snapshot before, by addressee. One query."""
    if snapshot.previous_id is None:
        return {}
    rows = Check.objects.filter(snapshot=snapshot.previous_id).select_related("snapshot", "since")
    return {(row.participant_id, row.agency_id): row for row in rows.prefetch_related("objections")}


def _leads(period: ReportingPeriod) -> dict[int, tuple[set[int], set[int]]]:
    """Return lead agency → the indicators it leads, and the projects it leads whole. One query."""
    rows = SubProject.objects.filter(project__programme=period.programme_id)
    led: dict[int, tuple[set[int], set[int]]] = {}
    leads_of: dict[int, set] = {}
    for project, agency, indicator in rows.order_by("lead_agency__order", "lead_agency_id", "id").values_list(
        "project_id", "lead_agency_id", "indicators"
    ):
        leads_of.setdefault(project, set()).add(agency)
        if agency is not None and indicator is not None:
            led.setdefault(agency, (set(), set()))[0].add(indicator)
            led[agency][1].add(project)
    return {
        agency: (indicators, {project for project in projects if leads_of[project] == {agency}})
        for agency, (indicators, projects) in led.items()
    }


def _carry(check: Check, before: Check, led: tuple[set[int], set[int]], moved: dict[int, Changes]) -> None:
    """Store the check with what carries over from the one before. `moved` keeps comparisons by their older snapshot."""
    check.carried_from = before
    answered_on = before.snapshot if before.state != State.WAITING else before.since
    check.since = answered_on
    changed: set[str] = set()
    if answered_on is not None:
        if answered_on.pk not in moved:
            moved[answered_on.pk] = changes_between(answered_on, check.snapshot)
        changed = set(changed_keys(_own(moved[answered_on.pk], check, led)))
        if before.state != State.WAITING and not changed:
            check.state, check.due_on = before.state, before.due_on
            check.answered_at, check.answered_by_id = before.answered_at, before.answered_by_id
    check.save()
    kept = [row for row in before.objections.all() if row.key not in changed]
    for row in kept:
        row.pk, row.check_of = None, check
    CheckLine.objects.bulk_create(kept)


def _own(moved: Changes, check: Check, led: tuple[set[int], set[int]]) -> Changes:
    """Return the changes that concern the check's addressee."""
    indicators, projects = led
    if check.participant_id:
        own = check.participant_id
        return Changes(
            figures={key: words for key, words in moved.figures.items() if key[0] == own},
            funds={key: words for key, words in moved.funds.items() if key[0] == own},
            units={key: words for key, words in moved.units.items() if key[0] == own},
        )
    return Changes(
        figures={key: words for key, words in moved.figures.items() if key[1] in indicators},
        funds={key: words for key, words in moved.funds.items() if key[4] in projects},
    )
