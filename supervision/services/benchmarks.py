"""Provincial averages and what they move: after the close they make a new snapshot version (R10)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from funding.funds import exclusion_phrases
from funding.labels import denominators_of, rate_label
from funding.models import FundLine
from funding.sources import FundKind
from livelihood.models import User
from projects.models import Programme, ReportingPeriod
from projects.services.benchmarks import BenchmarkEntry, BenchmarkOutcome, is_reopened, set_benchmarks
from supervision.models import Snapshot
from supervision.services.snapshots import refresh_snapshot


def benchmark_rates(programme: Programme) -> dict[str, str]:
    """Return the rates of money an average can be of, as the programme divides them: name → label (R10, R14).

    Empty without fund lines. Two queries.
    """
    kinds = set(FundLine.objects.filter(programme=programme).values_list("kind", flat=True).distinct())
    phrases = exclusion_phrases(programme) if kinds else {}
    return {
        f"{kind}-{measure}-{denominator}": rate_label(measure, denominator, phrases.get(kind, ()), kind=kind)
        for kind in FundKind.values
        if kind in kinds
        for measure, denominator in denominators_of(programme).items()
    }


@dataclass(frozen=True)
class Recorded:
    """What became of the lines, and the snapshot they made; None while the period is open."""

    outcome: BenchmarkOutcome
    snapshot: Snapshot | None


@transaction.atomic
def record_benchmarks(*, period: ReportingPeriod, entries: Iterable[BenchmarkEntry], by: User) -> Recorded:
    """Store the averages; between close and issue the same figures are frozen again with them.

    A reopened period takes them with its next close. Raises BenchmarksRefused, Refused, NotAllowed as
    `set_benchmarks` does; then nothing is stored.
    """
    outcome = set_benchmarks(period=period, entries=entries, by=by, fund_rates=benchmark_rates(period.programme))
    is_closed = ReportingPeriod.objects.filter(pk=period.pk, state=ReportingPeriod.State.CLOSED).exists()
    if not outcome.is_changed or not is_closed or is_reopened(period):
        return Recorded(outcome, None)
    if Snapshot.objects.latest_of(period) is None:
        return Recorded(outcome, None)
    return Recorded(outcome, refresh_snapshot(period=period, by=by))
