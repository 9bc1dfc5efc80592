"""Writes of minutes: 约谈 and 会商 with the demands that become lines of the ledger."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from livelihood.access import require_city_office
from livelihood.formats import format_date
from livelihood.models import Agency, User
from livelihood.services import Refused, record_event
from projects.models import Participant, Programme, Project
from supervision.models import Document, Interview, Rectification
from supervision.services.rectification import open_rectification

TEXT_LENGTH = 5000


@dataclass(frozen=True)
class Demand:
    """What is demanded of whom until when."""

    task: str
    participant: Participant | None = None
    agency: Agency | None = None
    project: Project | None = None
    deadline: datetime.date | None = None


@transaction.atomic
def record_interview(
    *,
    programme: Programme,
    kind: str,
    held_on: datetime.date,
    subject: str,
    text: str,
    by: User,
    place: str = "",
    chaired_by: str = "",
    attendees: str = "",
    participants: Iterable[Participant] = (),
    agencies: Iterable[Agency] = (),
    document: Document | None = None,
    demands: Iterable[Demand] = (),
) -> Interview:
    """Keep minutes with whom they concern; each demand becomes a line of the ledger. Nothing is changed afterwards.

    Raises NotAllowed for others than the city office, Refused with a sentence.
    """
    require_city_office(by, programme.owner_id)
    participants, agencies = list(participants), list(agencies)
    if held_on > timezone.localdate():
        raise Refused(f"日期{format_date(held_on)}还没有到，开过以后再登记。")
    if abs(held_on.year - programme.year) > 1:
        raise Refused(f"日期{format_date(held_on)}不在{programme.year}年度，请核对年份。")
    if not participants and not agencies:
        raise Refused("请选参加的考核单位或部门，至少一家。")
    if any(unit.programme_id != programme.pk for unit in participants):
        raise Refused("考核单位不属于这个年度民生工程，请重新选择。")
    if document is not None and document.period.programme_id != programme.pk:
        raise Refused("依据公文不属于这个年度民生工程，请重新选择。")
    for word, value, most in (("事由", subject, 200), ("纪要", text, TEXT_LENGTH)):
        if not value.strip():
            raise Refused(f"请写{word}。")
        if len(value) > most:
            raise Refused(f"{word}最多 {most} 字，现在有 {len(value)} 字。")
    interview = Interview.objects.create(
        programme=programme,
        kind=kind,
        held_on=held_on,
        place=place.strip(),
        chaired_by=chaired_by.strip(),
        subject=subject.strip(),
        attendees=attendees.strip(),
        text=text.strip(),
        document=document,
        added_by=by,
    )
    interview.participants.set(participants)
    interview.agencies.set(agencies)
    for demand in demands:
        open_rectification(
            programme=programme,
            source=Rectification.Source.INTERVIEW,
            source_note=f"{held_on.month}月{held_on.day}日{interview.get_kind_display()}",
            problem=subject,
            task=demand.task,
            participant=demand.participant,
            agency=demand.agency,
            project=demand.project,
            deadline=demand.deadline,
            interview=interview,
            document=document,
            by=by,
        )
    record_event(by=by, verb="record_interview", target=interview, after={"kind": kind, "subject": interview.subject})
    return interview
