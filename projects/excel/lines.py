"""What the product knows of a return's lines: indicator, target in force, last month's and this month's figure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from livelihood.prepared import instances_in
from projects.models import Figure, Indicator, Participant, ReportingPeriod, Target
from projects.services.figures import is_summed

#: What is read of targets and figures; whatever else is asked of one is a query.
TARGET_COLUMNS = ("id", "participant_id", "indicator_id", "revision", "state", "value", "comparison", "printed")
FIGURE_COLUMNS = ("id", "period_id", "participant_id", "indicator_id", "report_id", "version")
FIGURE_COLUMNS += ("state", "value", "text", "remark")
#: Target states that leave no task (R4).
WITHOUT_TASK = (Target.State.NO_TASK, Target.State.NOT_APPLICABLE)
#: To look a member up takes six times as long as to compare with it, and every row is compared.
TEXT_TASK, WORDS, GROWTH = Target.State.TEXT, Indicator.Kind.TEXT, Indicator.Kind.GROWTH


@dataclass(eq=False)
class Line:
    """One indicator of one participant in a period; not to be changed."""

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
        if self.target is not None and self.target.state == TEXT_TASK:
            return False
        return any(row is not None and row.state in WITHOUT_TASK for row in (self.target, self.base_target))

    @property
    def is_text(self) -> bool:
        """Tell whether progress is written in words."""
        return self.indicator.kind == WORDS or (self.target is not None and self.target.state == TEXT_TASK)

    @property
    def allows_negative(self) -> bool:
        """Tell whether the figure may be below zero: growth only (R20)."""
        return self.indicator.kind == GROWTH


class KnownLines:
    """The lines of some participants in a period by their natural key, read when they are asked for.

    A file names a dozen of a hundred participants. `indicators`: the programme's, in printed order.
    """

    def __init__(self, period: ReportingPeriod, participants: Iterable[Participant], indicators: list[Indicator]):
        self.period, self.indicators = period, indicators
        self.wholes = {one.pk: one.kind == Participant.Kind.WHOLE for one in participants}
        self._found: dict[int, dict[tuple, Line]] = {}

    def load(self, ids: Iterable[int] | None = None) -> None:
        """Read what is not there yet of these participants, or of all; three queries, whatever their number."""
        missing = [pk for pk in (self.wholes if ids is None else ids) if pk not in self._found]
        if missing:
            self._found |= {pk: {line.key: line for line in lines} for pk, lines in self._lines(missing).items()}

    def __getitem__(self, pk: int) -> dict[tuple, Line]:
        """Return a participant's lines."""
        self.load([pk])
        return self._found[pk]

    def items(self) -> Iterable[tuple[int, dict[tuple, Line]]]:
        """Return the lines of all participants."""
        self.load()
        return [(pk, self._found[pk]) for pk in self.wholes]

    @cached_property
    def _before(self) -> ReportingPeriod | None:
        return previous_period(self.period)

    def _lines(self, ids: list[int]) -> dict[int, list[Line]]:
        in_force = Target.objects.filter(participant__in=ids).in_force(self.period.ends_on)
        targets = _by_cell(instances_in(in_force, TARGET_COLUMNS))
        current = _figures(self.period, ids)
        previous = _figures(self._before, ids) if self._before else {}
        # The whole has no line for what is the sum of the others (R6).
        of_whole = [row for row in self.indicators if not is_summed(row)]
        return {
            pk: [
                Line(
                    row,
                    targets.get((pk, row.pk)),
                    targets.get((pk, row.base_id)) if row.base_id else None,
                    previous.get((pk, row.pk)),
                    current.get((pk, row.pk)),
                )
                for row in (of_whole if self.wholes[pk] else self.indicators)
            ]
            for pk in ids
        }


def lines_of(period: ReportingPeriod, participants: list[Participant]) -> dict[int, list[Line]]:
    """Return the lines of each participant (by id) in printed order; five queries whatever their number."""
    known = KnownLines(period, participants, list(Indicator.objects.of_programme(period.programme)))
    return {pk: list(lines.values()) for pk, lines in known.items()}


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


def _figures(period: ReportingPeriod, ids: list[int]) -> dict[tuple[int, int], Figure]:
    return _by_cell(instances_in(Figure.objects.filter(period=period, participant__in=ids), FIGURE_COLUMNS))


def _by_cell(rows: Iterable[Target] | Iterable[Figure]) -> dict:
    return {(row.participant_id, row.indicator_id): row for row in rows}
