"""Writes of 节点: the city office adds, changes and removes what an indicator has to reach by a day (R11)."""

import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from livelihood.access import require_city_office
from livelihood.formats import format_day, format_number
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.duties_check import pair_problem
from projects.models import Indicator, Milestone, Programme, ReportingPeriod

Measure = Milestone.Measure


@transaction.atomic
def add_milestone(
    *, indicator: Indicator, due_on: datetime.date, measure: str, threshold: Decimal, text: str, by: User
) -> Milestone:
    """Add a milestone to an indicator's plan, which then replaces the straight line for it.

    Raises Refused with one Chinese sentence: an indicator without a rate, a day out of the year or in an issued month,
    a rate above 100, a second one on a day, a plan that would fall; NotAllowed outside the city office.
    """
    programme = _locked(indicator, by)
    milestone = Milestone(indicator=indicator, due_on=due_on, measure=measure, threshold=threshold, text=text.strip())
    _require_sound(milestone, programme)
    milestone.save()
    record_event(by=by, verb="add_milestone", target=milestone, after=_noted(milestone))
    return milestone


@transaction.atomic
def change_milestone(
    *, milestone: Milestone, due_on: datetime.date, measure: str, threshold: Decimal, text: str, by: User
) -> Milestone:
    """Change a milestone that lies in no issued month; Refused as `add_milestone`."""
    programme = _locked(milestone.indicator, by)
    milestone = _found(milestone)
    before = _noted(milestone)
    require_not_issued(milestone.due_on, programme)
    milestone.due_on, milestone.measure, milestone.threshold = due_on, measure, threshold
    milestone.text = text.strip()
    _require_sound(milestone, programme)
    milestone.save()
    record_event(by=by, verb="change_milestone", target=milestone, before=before, after=_noted(milestone))
    return milestone


@transaction.atomic
def remove_milestone(*, milestone: Milestone, by: User) -> None:
    """Take a milestone away that lies in no issued month. Without any the straight line holds again."""
    programme = _locked(milestone.indicator, by)
    milestone = _found(milestone)
    require_not_issued(milestone.due_on, programme)
    record_event(by=by, verb="remove_milestone", target=milestone, before=_noted(milestone))
    milestone.delete()


def _locked(indicator: Indicator, by: User) -> Programme:
    """Return the programme, the indicator's plan locked against another change; NotAllowed for others."""
    programme = indicator.sub_project.project.programme
    require_city_office(by, programme.owner_id)
    Indicator.objects.select_for_update().get(pk=indicator.pk)
    return programme


def _found(milestone: Milestone) -> Milestone:
    found = Milestone.objects.select_related("indicator").filter(pk=milestone.pk).first()
    if found is None:
        raise InvalidTransition("这个节点刚刚被别人删去了。")
    return found


def _require_sound(milestone: Milestone, programme: Programme) -> None:
    """Raise Refused for the first thing that is wrong with the milestone or with the plan it becomes part of."""
    indicator = milestone.indicator
    if indicator.kind != Indicator.Kind.NUMBER:
        raise Refused(f"“{indicator.name}”是{indicator.get_kind_display()}，没有完成率，不能设节点。")
    if milestone.measure == Measure.VALUE and indicator.accumulation != Indicator.Accumulation.LEVEL:
        raise Refused(f"“{indicator.name}”不是比率或标准，节点请写完成率。")
    if milestone.threshold > 100 and (milestone.measure == Measure.RATE or indicator.unit == "%"):
        name = "完成率" if milestone.measure == Measure.RATE else indicator.name
        raise Refused(f"节点的{name}不能超过100%，现在是{format_number(milestone.threshold)}%。")
    if milestone.due_on.year != programme.year:
        raise Refused(f"时限{milestone.due_on}不在{programme.year}年度。")
    require_not_issued(milestone.due_on, programme)
    _require_rising(milestone)
    try:
        milestone.full_clean()
    except ValidationError as error:
        raise Refused("；".join(error.messages)) from error


def require_not_issued(day: datetime.date, programme: Programme) -> None:
    """Raise Refused where the day lies in a month whose 通报 is out: it was judged by the plan as it was."""
    issued = ReportingPeriod.objects.filter(programme=programme, state=ReportingPeriod.State.ISSUED, as_of__gte=day)
    if period := issued.order_by("ends_on").first():
        raise Refused(
            f"{format_day(day)}在已通报的{period.label}之内，这个月按原来的节点印发，不能再增改或删去它的节点。"
        )


def _require_rising(milestone: Milestone) -> None:
    """Raise Refused where an earlier milestone of the plan asks for more, a later one for less, or another stands."""
    for other in Milestone.objects.filter(indicator=milestone.indicator).exclude(pk=milestone.pk):
        if other.due_on == milestone.due_on:
            raise Refused(f"“{milestone.indicator.name}”在{format_day(other.due_on)}已有节点，请直接改那一个。")
        if words := pair_problem(*sorted((other, milestone), key=lambda row: row.due_on)):
            raise Refused(words)


def _noted(milestone: Milestone) -> dict:
    return {
        "indicator": milestone.indicator.name,
        "due_on": milestone.due_on.isoformat(),
        "measure": milestone.measure,
        "threshold": str(milestone.threshold),
        "text": milestone.text,
    }
