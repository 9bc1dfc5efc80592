"""Writes of the list of 限期任务: the city office adds, changes and removes what is due on a day without a number."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from livelihood.access import require_city_office
from livelihood.formats import format_date
from livelihood.models import Agency, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.dated_tasks import agencies_of
from projects.models import DatedTask, Participant, Programme, SubProject


@transaction.atomic
def add_dated_task(
    *,
    sub_project: SubProject,
    due_on: datetime.date,
    text: str,
    by: User,
    printed_due: str = "",
    participant: Participant | None = None,
    agency: Agency | None = None,
) -> DatedTask:
    """Add a task to an item; without a participant it is the whole item's, without an agency the lead agency's.

    Raises Refused with one Chinese sentence: no words, a day out of the year, the same task on that day already, a
    unit or an agency of elsewhere; NotAllowed outside the city office.
    """
    programme = _locked(sub_project, by)
    task = DatedTask(sub_project=sub_project, due_on=due_on, participant=participant, agency=agency)
    task.text, task.printed_due = text.strip(), printed_due.strip()
    _require_sound(task, programme)
    task.save()
    record_event(by=by, verb="add_dated_task", target=task, after=_noted(task))
    return task


@transaction.atomic
def change_dated_task(
    *,
    task: DatedTask,
    due_on: datetime.date,
    text: str,
    by: User,
    printed_due: str = "",
    participant: Participant | None = None,
    agency: Agency | None = None,
) -> DatedTask:
    """Change a task that is not done; Refused as `add_dated_task`, InvalidTransition where it is done or gone."""
    programme = _locked(task.sub_project, by)
    task = _undone(task, "改")
    before = _noted(task)
    task.due_on, task.participant, task.agency = due_on, participant, agency
    task.text, task.printed_due = text.strip(), printed_due.strip()
    _require_sound(task, programme)
    task.save()
    record_event(by=by, verb="change_dated_task", target=task, before=before, after=_noted(task))
    return task


@transaction.atomic
def remove_dated_task(*, task: DatedTask, by: User) -> None:
    """Take a task that is not done off the list; what stood there stays in the audit trail."""
    _locked(task.sub_project, by)
    task = _undone(task, "删去")
    record_event(by=by, verb="remove_dated_task", target=task, before=_noted(task))
    task.delete()


def _locked(sub_project: SubProject, by: User) -> Programme:
    """Return the programme, the item's list locked against another change; NotAllowed for others."""
    programme = sub_project.project.programme
    require_city_office(by, programme.owner_id)
    SubProject.objects.select_for_update().get(pk=sub_project.pk)
    return programme


def _undone(task: DatedTask, verb: str) -> DatedTask:
    found = DatedTask.objects.select_related("sub_project__project").select_for_update(of=("self",)).filter(pk=task.pk)
    current = found.first()
    if current is None:
        raise InvalidTransition("这项任务刚才已被删去。")
    if current.done_on:
        raise InvalidTransition(f"“{current.text}”已登记完成，不能{verb}；确需{verb}，先撤回完成登记。")
    return current


def _require_sound(task: DatedTask, programme: Programme) -> None:
    """Raise Refused with the first thing that is wrong with the task."""
    if not task.text:
        raise Refused("请写明限期任务做什么。")
    if "\x00" in task.text + task.printed_due:
        raise Refused("文字里有不能保存的字符，请重新输入。")
    if task.due_on.year != programme.year:
        raise Refused(f"时限{format_date(task.due_on)}不在{programme.year}年度。")
    if task.participant and task.participant.programme_id != programme.pk:
        raise Refused(f"{task.participant}不是“{programme.name}”的考核单位。")
    if task.agency and task.agency.pk not in set(agencies_of(programme).values_list("pk", flat=True)):
        raise Refused(f"{task.agency}不在{programme.owner}，也不是考核单位的部门，请另选责任单位。")
    same = DatedTask.objects.filter(
        sub_project=task.sub_project, participant=task.participant, due_on=task.due_on, text=task.text
    )
    if same.exclude(pk=task.pk).exists():
        raise Refused(f"{format_date(task.due_on)}已有同样的限期任务“{task.text}”，不用再加。")
    try:
        task.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Refused("；".join(error.messages)) from error


def _noted(task: DatedTask) -> dict:
    return {
        "sub_project": str(task.sub_project),
        "participant": str(task.participant or ""),
        "due_on": task.due_on.isoformat(),
        "text": task.text,
        "printed_due": task.printed_due,
        "agency": str(task.agency or ""),
    }
