"""核对 in the demo (演示数据): who has a login answers in time; one county objects to a line of the last month."""

import datetime

from django.utils import timezone

from livelihood.access import Role
from livelihood.models import RoleGrant, User
from supervision.checks.lines import lines_of
from supervision.models import Check, CheckLine, Snapshot
from supervision.services.checks import check_due_on, object_to_line, settle_objection

#: Hour of the day after the close at which the first answer comes, and minutes to the next.
ANSWERED, APART = 9, 11
OBJECTING = "341226"


def answer_checks(*, snapshot: Snapshot, closed_on: datetime.date, by: User, objects: bool) -> None:
    """Answer a month's checks, before its paper is issued; `objects`: 颍上县 does not agree with its first line.

    Dated as they would have been, which no service allows.
    """
    people = _people()
    checks = list(Check.objects.filter(snapshot=snapshot).select_related("snapshot__period__programme", "participant"))
    objecting = next((check for check in checks if objects and _code(check) == OBJECTING), None)
    if objecting is not None:
        _object(objecting, people[None, objecting.participant.region_id], by)
    first = timezone.make_aware(datetime.datetime.combine(closed_on, datetime.time(ANSWERED))) + datetime.timedelta(1)
    due_on = check_due_on(snapshot.period, closed_on)
    for nth, check in enumerate(checks):
        check.opened_at, check.due_on = first - datetime.timedelta(hours=16), due_on
        person = people.get((check.agency_id, check.participant.region_id if check.participant else None))
        if _code(check).endswith("-own"):
            person = by
        if person is not None:
            check.state = Check.State.OBJECTED if check == objecting else Check.State.AGREED
            check.answered_at, check.answered_by = first + datetime.timedelta(minutes=nth * APART), person
    Check.objects.bulk_update(checks, ["opened_at", "due_on", "state", "answered_at", "answered_by"])
    if objecting is not None:
        said = first + datetime.timedelta(hours=6)
        CheckLine.objects.filter(check_of=objecting).update(
            raised_at=objecting.answered_at, settled_at=said + datetime.timedelta(days=1)
        )


def _code(check: Check) -> str:
    return check.participant.code if check.participant else ""


def _people() -> dict[tuple, User]:
    """Return who speaks for an agency or a county, by (agency, region). One query."""
    grants = RoleGrant.objects.filter(role__in=[Role.HEAD, Role.LEAD_AGENCY]).select_related("user").order_by("-id")
    return {(grant.agency_id, grant.region_id): grant.user for grant in grants}


def _object(check: Check, head: User, by: User) -> None:
    line = next(row for row in lines_of(check) if row.topic == CheckLine.Topic.FIGURE and row.takes_figure)
    held = str(check.snapshot.lines.get(participant=check.participant_id, indicator=line.indicator).shown_value + 1)
    objection = object_to_line(
        check=check, key=line.key, value=held, reason="月底最后一天完成的一处没有计入（演示数据）", by=head
    )
    settle_objection(objection=objection, accepted=False, answer="以截止日的验收单为准，下月计入（演示数据）", by=by)
