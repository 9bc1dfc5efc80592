"""限期任务 on any day: who sees them, who answers for them, and what of them is still to do."""

import datetime
from collections import defaultdict
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from livelihood.access import COUNTY_ROLES, Role, access_of, is_city_office
from livelihood.models import Agency, User
from livelihood.registry import ToDo
from projects.milestones import Reader
from projects.models import DatedTask, Participant, Programme

#: How many tasks an entry of the to-do list names.
SHOWN_TASKS = 3


def dated_tasks_of(programme: Programme, user: User, reader: Reader) -> QuerySet[DatedTask]:
    """Return the programme's tasks the user sees: those of all units, the own units' and agency's; by their day."""
    tasks = DatedTask.objects.filter(sub_project__project__programme=programme)
    if not reader.everything:
        own = Q(participant__isnull=True) | Q(participant__in=reader.own) | Q(sub_project__in=reader.led)
        own |= Q(agency__in=_agencies(user))
        for participant, sub_project in reader.filled:
            own |= Q(participant=participant, sub_project=sub_project)
        tasks = tasks.filter(own)
    related = ("sub_project__project__programme", "sub_project__lead_agency", "participant", "agency", "done_by")
    return tasks.select_related(*related).order_by("due_on", "sub_project__order", "participant__order", "pk")


def is_responsible(user: User, task: DatedTask) -> bool:
    """Tell whether the user records the task as done: its agency's, the lead agency's, its county's or city office."""
    agencies = {task.agency_id, task.sub_project.lead_agency_id} - {None}
    region = task.participant.region_id if task.participant else None
    return (
        is_city_office(user, task.sub_project.project.programme.owner_id)
        or bool(agencies & _agencies(user))
        or (region is not None and region in access_of(user).region_ids(*COUNTY_ROLES))
    )


def agencies_of(programme: Programme) -> QuerySet[Agency]:
    """Return the agencies that can answer for a task: those of the owner's region and of its participants'."""
    places = Participant.objects.filter(programme=programme, region__isnull=False).values("region")
    return Agency.objects.filter(Q(region__in=places) | Q(region=programme.owner_id))


def status_on(task: DatedTask, day: datetime.date, *, soon_days: int | None = None) -> tuple[str, int]:
    """Return done | overdue | due_soon | not_due on `day`, and the days to or since its date."""
    soon = settings.MILESTONE_SOON_DAYS if soon_days is None else soon_days
    days = (task.due_on - day).days
    if task.done_on and task.done_on <= day:
        return "done", max((task.done_on - task.due_on).days, 0)
    if days < 0:
        return "overdue", -days
    return ("due_soon" if days <= soon else "not_due"), days


def dated_task_to_do(user: User) -> Iterator[ToDo]:
    """Yield, per programme, how many of the user's own tasks are past their day or near it. One query."""
    access = access_of(user)
    agencies = _agencies(user)
    offices, counties = access.region_ids(Role.CITY_OFFICE), access.region_ids(*COUNTY_ROLES)
    if not (agencies or offices or counties):
        return
    today = timezone.localdate()
    tasks = DatedTask.objects.filter(
        Q(sub_project__project__programme__owner__in=offices)
        | Q(agency__in=agencies)
        | Q(sub_project__lead_agency__in=agencies)
        | Q(participant__region__in=counties),
        done_on__isnull=True,
        due_on__lte=today + datetime.timedelta(days=settings.MILESTONE_SOON_DAYS),
    )
    by_programme = defaultdict(list)
    for task in tasks.select_related("sub_project__project__programme", "participant").order_by("due_on", "pk"):
        by_programme[task.sub_project.project.programme].append(task)
    for programme, rows in by_programme.items():
        missed = sum(row.due_on < today for row in rows)
        counts = [f"{count} 件{word}" for count, word in ((missed, "已逾期"), (len(rows) - missed, "临近")) if count]
        names = "；".join(_name(row) for row in rows[:SHOWN_TASKS]) + ("等" if len(rows) > SHOWN_TASKS else "")
        yield ToDo(
            label=f"限期任务{'、'.join(counts)}",
            url=reverse("projects:milestone-list", args=[programme.code]),
            action="去登记",
            is_urgent=bool(missed),
            note=names,
        )


def _name(task: DatedTask) -> str:
    unit = task.participant or ""
    return f"{unit}{task.text}（{task.printed_due or task.due_on}）"


def _agencies(user: User) -> frozenset[int]:
    return access_of(user).agency_ids(Role.FILLER, Role.LEAD_AGENCY)
