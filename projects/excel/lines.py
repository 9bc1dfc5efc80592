"""What the product knows of a return's lines: indicator, target in force, last month's and this month's figure."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from livelihood.prepared import instances_in
from projects.models import Figure, Indicator, Participant, ReportingPeriod, Target
from projects.services.figures import is_summed

#: Target states that leave no task (R4).
WITHOUT_TASK = (Target.State.NO_TASK, Target.State.NOT_APPLICABLE)


@dataclass(frozen=True)
class Line:
    """One indicator of one participant in a period."""

    indicator: Indicator
    target: Target | None
    base_target: Target | None
    previous: Figure | None
    current: Figure | None

    @cached_property
    def key(self) -> tuple[int, str, str]:
        """Return the natural key: project seq, sub-project name or "", indicator name."""
        sub_project = self.indicator.sub_project
        return sub_project.project.seq, sub_project.name, self.indicator.name

    @property
    def has_no_task(self) -> bool:
        """Tell whether the target, or that of the count a rate belongs to, says so; nothing else may (R4)."""
        if self.target is not None and self.target.state == Target.State.TEXT:
            return False
        return any(row is not None and row.state in WITHOUT_TASK for row in (self.target, self.base_target))

    @property
    def is_text(self) -> bool:
        """Tell whether progress is written in words."""
        return self.indicator.kind == Indicator.Kind.TEXT or (
            self.target is not None and self.target.state == Target.State.TEXT
        )

    @property
    def allows_negative(self) -> bool:
        """Tell whether the figure may be below zero: growth only (R20)."""
        return self.indicator.kind == Indicator.Kind.GROWTH


def lines_of(period: ReportingPeriod, participants: list[Participant]) -> dict[int, list[Line]]:
    """Return the lines of each participant (by id) in printed order; five queries whatever their number.

    The whole has no line for what is the sum of the others (R6).
    """
    wholes = {participant.pk for participant in participants if participant.kind == Participant.Kind.WHOLE}
    ids = [participant.pk for participant in participants]
    indicators = list(Indicator.objects.of_programme(period.programme))
    targets = {
        (target.participant_id, target.indicator_id): target
        for target in instances_in(Target.objects.filter(participant__in=ids).in_force(period.ends_on))
    }
    current = _figures(period, ids)
    before = previous_period(period)
    previous = _figures(before, ids) if before else {}
    return {
        pk: [
            Line(
                row,
                targets.get((pk, row.pk)),
                targets.get((pk, row.base_id)),
                previous.get((pk, row.pk)),
                current.get((pk, row.pk)),
            )
            for row in indicators
            if pk not in wholes or not is_summed(row)
        ]
        for pk in ids
    }


def previous_period(period: ReportingPeriod) -> ReportingPeriod | None:
    """Return the period before of the same kind within the year, or None for the first."""
    return (
        ReportingPeriod.objects.filter(programme=period.programme_id, kind=period.kind, ends_on__lt=period.ends_on)
        .order_by("-ends_on")
        .first()
    )


def decimal_text(value: Decimal | None) -> str:
    """Return a number as typed: no exponent, no trailing zeros; "" for None."""
    if value is None:
        return ""
    if value == value.to_integral_value():
        return format(value.quantize(Decimal(1)), "f")
    return format(value.normalize(), "f")


def _figures(period: ReportingPeriod, participant_ids: list[int]) -> dict[tuple[int, int], Figure]:
    return {
        (figure.participant_id, figure.indicator_id): figure
        for figure in instances_in(Figure.objects.filter(period=period, participant__in=participant_ids))
    }
