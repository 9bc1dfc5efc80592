"""Writes of a programme as a whole: 开启, after which its reporting periods may be opened; taking one away before."""

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from livelihood.access import require_city_office
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import (
    Assignment,
    DatedTask,
    Indicator,
    Milestone,
    PaperConflict,
    Participant,
    Programme,
    Project,
    ProjectLineage,
    Responsibility,
    SubProject,
)
from projects.readiness import readiness_of
from projects.services.catalogue_edit_rules import hanging, noted


@transaction.atomic
def open_programme(*, programme: Programme, by: User, seen: str | None = None) -> Programme:
    """开启: from now on months and weeks of the programme may be opened. Cannot be taken back.

    `seen` is the `digest` of the warnings the person ticked as seen; a loader, which shows them to nobody, gives
    none. Raises Refused while something is missing that has to be there or where other warnings stand than those
    seen, InvalidTransition where it is open already, NotAllowed outside the city office.
    """
    require_city_office(by, programme.owner_id)
    # The row is the lock: two people who press at once open it once.
    current = Programme.objects.select_for_update().get(pk=programme.pk)
    if current.opened_at:
        raise InvalidTransition(f"“{current.name}”已经开启。")
    found = readiness_of(current)
    if found.errors:
        raise Refused(f"“{current.name}”还有 {found.error_count} 处要补，不能开启：{found.errors[0].first_sentence}")
    if seen is not None and found.warnings and seen != found.digest:
        raise Refused(f"有 {found.warning_count} 处提示还没有看过，或刚刚有变化。请看过以后勾选，再开启。")
    Programme.objects.filter(pk=current.pk).update(opened_at=Now(), opened_by=by)
    record_event(
        by=by,
        verb="open_programme",
        target=current,
        after={"code": current.code, "warnings": {group.title: len(group.findings) for group in found.warnings}},
    )
    programme.refresh_from_db()
    return programme


#: What an unopened year takes along in the order it goes, by the way from it to the year: what a list made from
#: another one was given.
TAKEN_ALONG = {
    PaperConflict: "programme",
    DatedTask: "sub_project__project__programme",
    Milestone: "indicator__sub_project__project__programme",
    Responsibility: "sub_project__project__programme",
    Assignment: "sub_project__project__programme",
    SubProject.supporting_agencies.through: "subproject__project__programme",
    Indicator: "sub_project__project__programme",
    SubProject: "project__programme",
    Project: "programme",
    Participant: "programme",
}


def removal_of(programme: Programme) -> tuple[dict[str, int], dict[str, int]]:
    """Return what an unopened year would take along and what stands in the way: name → how many, those there are."""
    rows = _taken_along(programme)
    along = {str(model._meta.verbose_name): len(found) for model, found in rows.items() if found}
    along.pop(str(SubProject.supporting_agencies.through._meta.verbose_name), None)
    done = sum(row.done_on is not None for row in rows[DatedTask])
    blocking = hanging({Programme: [programme], **rows}) | ({"已办结的限期任务": done} if done else {})
    return along, blocking


@transaction.atomic
def remove_programme(*, programme: Programme, by: User) -> None:
    """Take a year away that was never opened and in which nothing was entered, with its list, units and lineage.

    Raises Refused once it is opened, and with what hangs on it otherwise: targets, money, periods, schemes, rules;
    InvalidTransition where somebody was faster; NotAllowed outside the owner's office.
    """
    require_city_office(by, programme.owner_id)
    current = Programme.objects.select_for_update().filter(pk=programme.pk).first()
    if current is None:
        raise InvalidTransition(f"“{programme.name}”刚刚被别人删去了。")
    if current.opened_at:
        raise Refused(f"“{current.name}”已经开启，不能删去。")
    along, blocking = removal_of(current)
    if blocking:
        words = "、".join(f"{name} {number} 条" for name, number in blocking.items())
        raise Refused(f"“{current.name}”已有{words}，不能删去，什么都没有改。")
    taken = {name: str(number) for name, number in along.items()}
    record_event(by=by, verb="remove_programme", target=current, before={"code": current.code} | noted(current) | taken)
    rows = _taken_along(current)
    Indicator.objects.filter(pk__in=[row.pk for row in rows[Indicator]]).update(part_of=None, base=None)
    for model, found in rows.items():
        model.objects.filter(pk__in=[row.pk for row in found]).delete()
    current.delete()


def _taken_along(programme: Programme) -> dict[type[models.Model], list]:
    """Return the rows that go with a year, by model in the order they go. A query per model and three."""
    found = {model: list(model.objects.filter(**{way: programme})) for model, way in TAKEN_ALONG.items()}
    return {ProjectLineage: _lineage_to(programme)} | found


def _lineage_to(programme: Programme) -> list[ProjectLineage]:
    """Return what led to the year's list, and what ended with the lists before where nothing else came of them."""
    earlier = Programme.objects.filter(projects__successions__to_project__programme=programme)
    others = set(
        ProjectLineage.objects.filter(from_project__programme__in=earlier, to_project__isnull=False)
        .exclude(to_project__programme=programme)
        .values_list("from_project__programme", flat=True)
    )
    ended = Q(to_project__isnull=True, from_project__programme__in=set(earlier.values_list("pk", flat=True)) - others)
    return list(ProjectLineage.objects.filter(Q(to_project__programme=programme) | ended))
