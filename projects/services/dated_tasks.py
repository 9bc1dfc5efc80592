"""Writes of 限期任务: recorded as done by whoever is responsible, taken back by the city office with a reason."""

import datetime

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from livelihood.access import NotAllowed, require_city_office
from livelihood.formats import format_date
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.dated_tasks import is_responsible
from projects.models import DatedTask, Programme

#: How long the words on what shows that a task is done may be.
NOTE_LENGTH = 500


def not_responsible(programme: Programme) -> str:
    """Return who records a task of the programme as done, for those who may not."""
    return f"这项任务不由您负责：由责任单位、牵头单位、考核单位民生办或{programme.owner.office_word}登记。"


@transaction.atomic
def complete_dated_task(*, task: DatedTask, done_on: datetime.date, evidence_note: str, by: User) -> DatedTask:
    """Record a task as done on a day, with what shows it (a 文号, where the file lies).

    Compare-and-set: raises InvalidTransition where somebody was faster, Refused for a day to come or long before the
    year and for a missing or too long note, NotAllowed for whoever is not responsible.
    """
    programme = task.sub_project.project.programme
    if not is_responsible(by, task):
        raise NotAllowed(not_responsible(programme))
    note = evidence_note.strip()
    if not note:
        raise Refused("请写完成依据，如文号、验收单、照片存放处。")
    if len(note) > NOTE_LENGTH:
        raise Refused(f"完成依据最多 {NOTE_LENGTH} 字，现在有 {len(note)} 字。")
    if "\x00" in note:
        raise Refused("文字里有不能保存的字符，请重新输入。")
    if done_on > timezone.localdate():
        raise Refused(f"完成日期{format_date(done_on)}还没有到，完成以后再登记。")
    if done_on.year < programme.year - 1:
        raise Refused(f"完成日期{format_date(done_on)}早于{programme.year}年度太多，请核对年份。")
    changed = DatedTask.objects.filter(pk=task.pk, done_on__isnull=True).update(
        done_on=done_on, done_at=Now(), done_by=by, evidence_note=note
    )
    if not changed:
        raise InvalidTransition("这项任务已经登记为完成了。")
    task.refresh_from_db()
    record_event(
        by=by,
        verb="complete_dated_task",
        target=task,
        after={"text": task.text, "done_on": done_on.isoformat(), "evidence_note": note},
    )
    return task


@transaction.atomic
def undo_dated_task(*, task: DatedTask, reason: str, by: User) -> DatedTask:
    """Take a task's completion back; the reason and what was recorded stay in the audit trail."""
    require_city_office(by, task.sub_project.project.programme.owner_id)
    reason = reason.strip()
    if not reason:
        raise Refused("撤回完成登记要写明原因。")
    found = DatedTask.objects.select_for_update().filter(pk=task.pk, done_on__isnull=False).first()
    if found is None:
        raise InvalidTransition("这项任务没有登记为完成，不用撤回。")
    before = {"done_on": found.done_on.isoformat(), "evidence_note": found.evidence_note}
    DatedTask.objects.filter(pk=task.pk).update(done_on=None, done_at=None, done_by=None, evidence_note="")
    task.refresh_from_db()
    record_event(by=by, verb="undo_dated_task", target=task, before=before, after={"text": task.text}, reason=reason)
    return task
