"""A board: a programme with one approved report per unit, built from rows as a bulletin prints them."""

from dataclasses import dataclass, field
from decimal import Decimal

from projects.models import Indicator, Participant, Report, ReportingPeriod
from supervision.standings import Standings, live_standings
from tests import factories


@dataclass
class Board:
    """Give units, then indicators; read rows of the standings by unit name."""

    period: ReportingPeriod
    participants: dict[str, Participant] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    indicators: dict[str, Indicator] = field(default_factory=dict)

    def indicator(self, name: str, rows, *, project=None, milestones=(), benchmark=None, **fields) -> Indicator:
        """Add an indicator; rows: (unit, target, value).

        target: a number, None (no target row), "no_task", "not_applicable", "text" or "blank" (assessed
        without a value). value: a number or None (not reported). benchmark: (text, measure) as published.
        """
        sub_project = (
            project.sub_projects.first()
            if project
            else factories.SubProjectFactory(project__programme=self.period.programme)
        )
        indicator = factories.IndicatorFactory(sub_project=sub_project, name=name, **fields)
        self.indicators[name] = indicator
        setter = factories.UserFactory()
        for unit, target, value in rows:
            self._target(indicator, self.participants[unit], target, setter)
            if value is not None:
                factories.FigureFactory(
                    report=self.reports[unit],
                    indicator=indicator,
                    value=Decimal(str(value)),
                    updated_by=setter,
                )
        for due_on, threshold in milestones:
            factories.MilestoneFactory(indicator=indicator, due_on=due_on, threshold=Decimal(threshold))
        if benchmark:
            self.benchmark(name, *benchmark)
        return indicator

    def benchmark(self, name: str, printed: str, measure: str = "rate") -> None:
        """Enter a provincial average with the decimals it was printed with."""
        factories.BenchmarkFactory(
            period=self.period,
            indicator=self.indicators[name],
            measure=measure,
            value=Decimal(printed),
            decimals=max(0, -Decimal(printed).as_tuple().exponent),
        )

    def standings(self) -> Standings:
        """Return the live standings."""
        return live_standings(self.period)

    def rows(self, name: str, standings: Standings | None = None) -> dict[str, dict]:
        """Return the indicator's rows by unit name, the whole among them."""
        standings = standings or self.standings()
        names = {participant.pk: unit for unit, participant in self.participants.items()}
        return {names[row["participant_id"]]: row for row in standings.lines[self.indicators[name].pk]}

    def column(self, name: str, key: str) -> dict[str, object]:
        """Return one column of the indicator's rows by unit name; numbers as printed strings."""
        return {
            unit: str(row[key]) if isinstance(row[key], Decimal) else row[key] for unit, row in self.rows(name).items()
        }

    def below(self, name: str) -> list[str] | None:
        """Return the names below the provincial average, worst first."""
        names = {participant.pk: unit for unit, participant in self.participants.items()}
        below = self.standings().below(self.indicators[name].pk)
        return None if below is None else [names[row["participant_id"]] for row in below]

    @staticmethod
    def _target(indicator, participant, target, setter):
        if target is None:
            return
        state = target if target in ("no_task", "not_applicable", "text") else "assessed"
        value = None if state != "assessed" or target == "blank" else Decimal(str(target))
        factories.TargetFactory(indicator=indicator, participant=participant, state=state, value=value, set_by=setter)


def make_board(units, *, own=None, whole="全市", decimals=2, month=8, unreported=(), period=None) -> Board:
    """Return a board with `units` in official order, the own level and the whole last.

    Every unit but `unreported` has an approved report.
    """
    period = period or factories.PeriodFactory(programme__decimals=decimals, month=month)
    board = Board(period=period)
    kinds = [(unit, "unit") for unit in units] + ([(own, "own")] if own else []) + [(whole, "whole")]
    for order, (unit, kind) in enumerate(kinds, start=1):
        board.participants[unit] = factories.ParticipantFactory(
            programme=period.programme, printed_name=unit, kind=kind, order=order
        )
        board.reports[unit] = factories.ReportFactory(
            period=period,
            participant=board.participants[unit],
            state="draft" if unit in unreported else "approved",
        )
    return board
