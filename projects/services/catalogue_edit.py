"""Writes of a year's list by page: its facts, projects, sub-projects, indicators, and where papers contradict.

Every verb locks the programme, refuses what is not as the person saw it (`seen`: what `noted` said when the form was
made, None: not asked), and leaves one audit event with what changed in words. The rules are those of a workbook
(`projects/catalogue_check.py`).
"""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F

from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.catalogue_check import programme_problems
from projects.duties_check import conflict_problems
from projects.models import Assignment, Indicator, PaperConflict, Programme, Project, SubProject
from projects.services.catalogue import add_indicator, add_project, add_sub_project
from projects.services.catalogue_edit_rules import (
    RECKONED,
    begun,
    differences,
    found_row,
    hanging,
    locked_programme,
    noted,
    require_not_counted,
    require_not_vouched,
    require_plan_and_targets,
    require_readable,
    require_rules,
    require_seen,
)

#: Over every number an item can have: where they wait while they change places.
ASIDE = 16_000
#: An item's number: three digits print everywhere.
HIGHEST_SEQ = 999

Seen = dict[str, str] | None


@transaction.atomic
def change_programme(*, programme: Programme, values: dict, by: User, seen: Seen = None) -> Programme:
    """Change a year's facts: name, kind, office, decimals, fund_denominator, reporting_by, basis.

    Raises Refused for decimals, denominator or reporters once anything is reported or closed, and for what a workbook
    could not say; InvalidTransition where it is no longer what the person saw; NotAllowed outside the office.
    """
    locked = locked_programme(programme, by)
    require_seen(locked, seen)
    require_readable(Programme, values)
    before = noted(locked)
    fixed = [name for name in RECKONED if name in values and values[name] != getattr(locked, name)]
    if fixed and (reason := begun(locked)):
        words = "、".join(str(Programme._meta.get_field(name).verbose_name) for name in fixed)
        raise Refused(f"{reason}，{words}决定数怎么算、由谁报，不能再改。")
    _set(locked, values)
    data = {name: getattr(locked, name) for name in ("code", "name", "kind", "year", "decimals")}
    if problems := list(programme_problems(data | {"owner": locked.owner_id, "office": locked.office_id})):
        raise Refused("\n".join(problems))
    if locked.office.region_id != locked.owner_id:
        raise Refused(f"主办单位“{locked.office}”不是{locked.owner}的单位。")
    return _stored(locked, before, "change_programme", by)


@transaction.atomic
def save_project(
    *, programme: Programme, values: dict, by: User, project: Project | None = None, seen: Seen = None
) -> Project:
    """Add a project (with its unnamed sub-project) or change one: seq, name, origin, change, text.

    Raises Refused for a number taken, a number or name the rules do not allow, a number a signed report names.
    """
    locked = locked_programme(programme, by)
    require_readable(Project, values)
    if not 1 <= values["seq"] <= HIGHEST_SEQ:
        raise Refused(f"项目序号应为1至{HIGHEST_SEQ}，现为{values['seq']}。")
    if project is None:
        require_rules(locked, Project(programme=locked, **values))
        return add_project(programme=locked, by=by, **values)
    found = found_row(project)
    require_seen(found, seen)
    before = noted(found)
    if values["seq"] != found.seq:
        require_not_vouched(locked, "序号")
    _set(found, values)
    require_rules(locked, found)
    return _stored(found, before, "change_project", by)


@transaction.atomic
def renumber_projects(*, programme: Programme, numbers: dict[int, int], by: User, seen: dict[str, str]) -> int:
    """Give projects (by id) other numbers, all at once; returns how many have another one now.

    `seen`: the number of every project by id when the page was made. Refused where two would have one number or a
    signed report names them.
    """
    locked = locked_programme(programme, by)
    projects = list(locked.projects.order_by("seq"))
    if {str(row.pk): str(row.seq) for row in projects} != seen:
        raise InvalidTransition("项目或序号刚刚被别人改过，什么都没有存。现在的序号在左边，核对后再点保存。")
    moved = [row for row in projects if numbers.get(row.pk, row.seq) != row.seq]
    before = {f"{row.name}": str(row.seq) for row in moved}
    taken: dict[int, Project] = {}
    for row in projects:
        number = numbers.get(row.pk, row.seq)
        if not 1 <= number <= HIGHEST_SEQ:
            raise Refused(f"“{row.name}”的序号应为1至{HIGHEST_SEQ}，现为{number}。")
        if number in taken:
            raise Refused(f"“{taken[number].name}”和“{row.name}”写了同一个序号{number}。")
        taken[number] = row
    if not moved:
        return 0
    require_not_vouched(locked, "序号")
    # Two items may change places: none has a number of the list while they do.
    locked.projects.filter(pk__in=[row.pk for row in moved]).update(seq=F("seq") + ASIDE)
    for row in moved:
        row.seq = numbers[row.pk]
    Project.objects.bulk_update(moved, ["seq"])
    after = {f"{row.name}": str(row.seq) for row in moved}
    record_event(by=by, verb="renumber_projects", target=locked, before=before, after=after)
    return len(moved)


@transaction.atomic
def save_sub_project(
    *, project: Project, values: dict, by: User, sub_project: SubProject | None = None, seen: Seen = None
) -> SubProject:
    """Add a sub-project or change one: name, order and the six responsibility fields.

    Refused for a name that stands twice, no name beside another sub-project, a day that makes no sense, agencies of
    another place, a name a signed report uses.
    """
    programme = locked_programme(project.programme, by)
    require_readable(SubProject, values)
    values = _with_order(values)
    supporting = list(values.pop("supporting_agencies"))
    _require_agencies(programme, [values["lead_agency"], *supporting])
    others = project.sub_projects.exclude(pk=sub_project.pk if sub_project else None)
    named = sub_project is None or others.exists()
    if named and not values["name"]:
        raise Refused(f"第{project.seq}项有几个子项，每个子项都要有名称。")
    if sub_project is None:
        require_rules(programme, SubProject(project=project, **values))
        return add_sub_project(project=project, supporting_agencies=supporting, by=by, **values)
    found = found_row(sub_project)
    require_seen(found, seen)
    before = noted(found)
    if values["name"] != found.name:
        require_not_vouched(programme, "子项名称")
    _set(found, values)
    require_rules(programme, found)
    found.supporting_agencies.set(supporting)
    return _stored(found, before, "change_sub_project", by)


@transaction.atomic
def save_indicator(
    *, sub_project: SubProject, values: dict, by: User, indicator: Indicator | None = None, seen: Seen = None
) -> Indicator:
    """Add an indicator or change one: all its columns.

    Refused for what a workbook could not say, for a column a closed or issued month was reckoned with, for a name a
    signed report uses, and where its milestones or targets could not stand.
    """
    programme = locked_programme(sub_project.project.programme, by)
    require_readable(Indicator, values)
    values = _with_order(values)
    if indicator is None:
        require_rules(programme, Indicator(sub_project=sub_project, **values))
        return add_indicator(sub_project=sub_project, by=by, **values)
    found = found_row(indicator)
    require_seen(found, seen)
    before = noted(found)
    changed = [name for name, value in values.items() if getattr(found, name) != value]
    require_not_counted(found, changed)
    if "name" in changed:
        require_not_vouched(programme, "指标名称", indicator=found)
    _set(found, values)
    require_rules(programme, found)
    require_plan_and_targets(found)
    return _stored(found, before, "change_indicator", by)


@transaction.atomic
def save_conflict(
    *, programme: Programme, values: dict, by: User, conflict: PaperConflict | None = None, seen: Seen = None
) -> PaperConflict:
    """Note where papers contradict themselves, or change such a note: project, subject, first, second, taken."""
    locked = locked_programme(programme, by)
    require_readable(PaperConflict, values)
    found = found_row(conflict) if conflict else PaperConflict(programme=locked)
    if conflict:
        require_seen(found, seen)
    if (project := values["project"]) and project.programme_id != locked.pk:
        raise Refused(f"“{project}”不属于“{locked.name}”。")
    before = noted(found) if conflict else {}
    _set(found, values)
    row = {name: values[name] for name in ("subject", "first", "second")} | {"project_seq": project and project.seq}
    data = {"conflicts": [row], "projects": [{"seq": seq} for seq in locked.projects.values_list("seq", flat=True)]}
    if problems := list(conflict_problems(data)):
        raise Refused("\n".join(problems))
    return _stored(found, before, "change_conflict" if conflict else "add_conflict", by)


@transaction.atomic
def remove_item(*, item: Project | SubProject | Indicator | PaperConflict, by: User) -> None:
    """Take an item away with the sub-projects and indicators under it, their 填报分工 and 包保责任人.

    Refused, saying what and how many, where anything else refers to it: figures, targets, milestones, money, lineage.
    """
    locked = locked_programme(_programme_of(item), by)
    item = found_row(item)
    if isinstance(item, SubProject) and item.project.sub_projects.count() == 1:
        raise Refused(f"“{item}”是第{item.project.seq}项唯一的子项。要去掉，请删去整个项目。")
    rows = _with_children(item)
    if found := hanging(rows):
        words = "、".join(f"{name} {number} 条" for name, number in found.items())
        raise Refused(f"“{item}”还连着{words}，不能删去，什么都没有改。{_instead(item)}")
    record_event(
        by=by,
        verb="remove_item",
        target=item,
        before=noted(item) | ({"填报分工": str(number)} if (number := _assignments(rows).count()) else {}),
        after={"programme": locked.code},
    )
    _assignments(rows).delete()
    for sub in rows.get(SubProject, []):
        sub.responsibilities.all().delete()
        sub.supporting_agencies.clear()
    Indicator.objects.filter(pk__in=[row.pk for row in rows.get(Indicator, [])]).update(part_of=None, base=None)
    for model in (Indicator, SubProject, Project, PaperConflict):
        for row in rows.get(model, []):
            row.delete()


def _with_order(values: dict) -> dict:
    """Return the values without an order nobody gave: a new row comes last, a standing one stays where it is."""
    return {name: value for name, value in values.items() if not (name == "order" and value is None)}


def _with_children(item: models.Model) -> dict[type[models.Model], list]:
    """Return the rows that would go together, by model."""
    if isinstance(item, PaperConflict):
        return {PaperConflict: [item]}
    if isinstance(item, Indicator):
        return {Indicator: [item]}
    subs = list(item.sub_projects.all()) if isinstance(item, Project) else [item]
    rows = {SubProject: subs, Indicator: list(Indicator.objects.filter(sub_project__in=subs))}
    return rows | ({Project: [item]} if isinstance(item, Project) else {})


def _assignments(rows: dict):
    return Assignment.objects.filter(sub_project__in=rows.get(SubProject, []))


def _instead(item: models.Model) -> str:
    """Return what to do instead of removing an item with history."""
    if isinstance(item, Project):
        return "不再做的项目请把“变化”改为“退出”。"
    return "不再考核的指标请去掉“考核”，单位没有任务的请在任务分解里写“/”。" if isinstance(item, Indicator) else ""


def _programme_of(item: models.Model) -> Programme:
    if isinstance(item, Indicator):
        return item.sub_project.project.programme
    return item.project.programme if isinstance(item, SubProject) else item.programme


def _require_agencies(programme: Programme, agencies: list) -> None:
    foreign = [str(agency) for agency in agencies if agency and agency.region_id != programme.owner_id]
    if foreign:
        raise Refused(f"牵头单位和配合单位要是{programme.owner}的单位，{'、'.join(foreign)}不是。")


def _set(row: models.Model, values: dict) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _stored(row: models.Model, before: dict, verb: str, by: User) -> models.Model:
    """Validate and store; one audit event with what changed, none where nothing did."""
    _refuse_invalid(row.full_clean)
    row.save()
    was, now = differences(before, noted(row))
    if now:
        record_event(by=by, verb=verb, target=row, before=was if before else {}, after=now)
    return row


def _refuse_invalid(clean: Callable[[], None]) -> None:
    try:
        clean()
    except ValidationError as error:
        raise Refused("；".join(error.messages)) from error
