"""Writes of the year's list: programme, participants, items, indicators, targets.

Single verbs for pages and later changes; whole lists go through `load_catalogue`, which is set-based
and changes nothing when it is run a second time.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max

from livelihood.access import require_city_office
from livelihood.models import Agency, Region, User
from livelihood.services import Refused, record_event
from projects.models import Indicator, Participant, Programme, Project, SubProject, Target
from projects.services.catalogue_edit_rules import noted
from projects.services.catalogue_loading import CatalogueRefused, LoadOutcome, load_catalogue
from projects.services.participants import add_participant
from projects.services.targets import Paper, first_free_day, paper_problems

__all__ = [
    "CatalogueRefused",
    "LoadOutcome",
    "add_indicator",
    "add_participant",
    "add_project",
    "add_sub_project",
    "create_programme",
    "load_catalogue",
    "revise_target",
    "set_first_targets",
]


@transaction.atomic
def create_programme(
    *, code: str, name: str, owner: Region, office: Agency, year: int, whole_code: str, by: User, **fields
) -> Programme:
    """Create a programme and its one `whole` participant (code `whole_code`, named 全市, 全县 or 全省).

    `fields`: decimals, fund_denominator, reporting_by, basis, is_demo. Raises Refused for a code that
    exists or a value the table refuses, NotAllowed unless `by` works in the owner's office.
    """
    require_city_office(by, owner.pk)
    programme = _added(Programme(code=code, name=name, owner=owner, office=office, year=year, **fields))
    facts = {"code": code, "year": str(year)} | noted(programme)
    record_event(by=by, verb="create_programme", target=programme, after=facts)
    _added(
        Participant(
            programme=programme,
            code=whole_code,
            printed_name=whole_name(owner.kind),
            region=owner,
            agency=office,
            order=0,
            kind=Participant.Kind.WHOLE,
            ranked=False,
        )
    )
    return programme


def whole_name(region_kind: str) -> str:
    """Return how the whole is printed: 全省, 全市, 全县, 全镇 (of the owner's level)."""
    return {"province": "全省", "city": "全市", "county": "全县"}.get(region_kind, "全镇")


@transaction.atomic
def add_project(*, programme: Programme, seq: int, name: str, by: User, **fields) -> Project:
    """Add an item with its unnamed sub-project. `fields`: origin, change, text."""
    require_city_office(by, programme.owner_id)
    project = _added(Project(programme=programme, seq=seq, name=name, **fields))
    _added(SubProject(project=project, name="", order=1))
    record_event(by=by, verb="add_project", target=project, after=noted(project))
    return project


@transaction.atomic
def add_sub_project(*, project: Project, name: str, by: User, **fields) -> SubProject:
    """Add a named sub-project; the unnamed one, while it is empty, takes the name instead.

    `fields`: order, lead_agency, supporting_agencies, city_leader, department_leader, implementer, due_on.
    """
    require_city_office(by, project.programme.owner_id)
    supporting = fields.pop("supporting_agencies", [])
    unnamed = project.sub_projects.filter(name="", indicators__isnull=True).first()
    if unnamed is not None:
        for key, value in {"name": name, **fields}.items():
            setattr(unnamed, key, value)
        sub_project = _added(unnamed)
    else:
        last = project.sub_projects.aggregate(last=Max("order"))["last"] or 0
        sub_project = _added(SubProject(project=project, name=name, **{"order": last + 1, **fields}))
    sub_project.supporting_agencies.add(*supporting)
    record_event(by=by, verb="add_sub_project", target=sub_project, after=noted(sub_project))
    return sub_project


@transaction.atomic
def add_indicator(*, sub_project: SubProject, name: str, unit: str, category: str, by: User, **fields) -> Indicator:
    """Add an indicator at the end of its sub-project. `fields`: the model's other columns."""
    require_city_office(by, sub_project.project.programme.owner_id)
    if not unit.strip():
        raise Refused(f"指标“{name}”没有写单位。")
    last = sub_project.indicators.aggregate(last=Max("order"))["last"] or 0
    fields.setdefault("order", last + 1)
    indicator = _added(Indicator(sub_project=sub_project, name=name, unit=unit, category=category, **fields))
    record_event(by=by, verb="add_indicator", target=indicator, after=noted(indicator))
    return indicator


@transaction.atomic
def set_first_targets(*, indicator: Indicator, targets: dict[Participant, dict], by: User) -> list[Target]:
    """Give participants their first target for `indicator`; one that has a target already is Refused.

    `targets`: participant → state, value, comparison, printed, and optionally document, document_on,
    valid_from (default 1 January of the programme's year), is_demo.
    """
    programme = indicator.sub_project.project.programme
    require_city_office(by, programme.owner_id)
    taken = set(Target.objects.filter(indicator=indicator).values_list("participant_id", flat=True))
    made = []
    for participant, values in targets.items():
        if participant.pk in taken:
            raise Refused(f"{participant.printed_name}的“{indicator.name}”已有目标任务，改动请用修订。")
        start = values.get("valid_from") or date(programme.year, 1, 1)
        made.append(Target(indicator=indicator, participant=participant, set_by=by, **{**values, "valid_from": start}))
        _check_target(made[-1])
    Target.objects.bulk_create(made)
    record_event(by=by, verb="set_first_targets", target=indicator, after={"count": len(made)})
    return made


@transaction.atomic
def revise_target(
    *,
    indicator: Indicator,
    participant: Participant,
    state: str,
    value: Decimal | None,
    comparison: str,
    printed: str,
    reason: str,
    document: str,
    document_on: date,
    by: User,
    valid_from: date | None = None,
) -> Target:
    """Add the next dated revision of a target (R19); `valid_from` defaults to the first day nothing is issued of.

    Revisions are never changed: the newest one in force on a day counts, and issued months stay as
    they were printed. Refused without a reason or a document.
    """
    programme = indicator.sub_project.project.programme
    require_city_office(by, programme.owner_id)
    if problems := paper_problems(programme, Paper(document, document_on, valid_from, reason), revises=True):
        raise Refused("\n".join(problems))
    # The participant's row is the lock: two revisions of one target get two numbers.
    Participant.objects.select_for_update().get(pk=participant.pk)
    before = Target.objects.filter(indicator=indicator, participant=participant).order_by("-revision").first()
    if before is None:
        raise Refused(f"{participant.printed_name}的“{indicator.name}”还没有目标任务，不能修订。")
    target = Target(
        indicator=indicator,
        participant=participant,
        revision=before.revision + 1,
        valid_from=valid_from or first_free_day(programme),
        state=state,
        value=value,
        comparison=comparison,
        printed=printed,
        reason=reason,
        document=document,
        document_on=document_on,
        set_by=by,
    )
    _check_target(target)
    target.save(force_insert=True)
    record_event(
        by=by,
        verb="revise_target",
        target=target,
        before={"state": before.state, "value": _text(before.value), "printed": before.printed},
        after={"state": state, "value": _text(value), "printed": printed, "valid_from": str(target.valid_from)},
        reason=reason,
    )
    return target


def _check_target(target: Target) -> None:
    """Refuse a target the rules of the table or of the indicator do not allow."""
    name = f"{target.participant.printed_name}的“{target.indicator.name}”"
    if target.state == Target.State.ASSESSED and target.value is not None:
        if target.value < 0:
            raise Refused(f"{name}目标值不能为负数：{target.value}。")
        if target.value == 0 and target.indicator.direction != Indicator.Direction.AT_MOST:
            raise Refused(f"{name}目标值为0；没有任务请写“/”。")
    _refuse_invalid(target.full_clean)


def _added(instance: models.Model) -> models.Model:
    """Validate and store one row; the table's own Chinese messages become one Refused."""
    _refuse_invalid(instance.full_clean)
    instance.save()
    return instance


def _refuse_invalid(clean: Callable[[], None]) -> None:
    try:
        clean()
    except ValidationError as error:
        raise Refused("；".join(error.messages)) from error


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f")
