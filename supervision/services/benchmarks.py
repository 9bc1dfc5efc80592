"""Provincial averages and what they move: after the close they make a new snapshot version (R10)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from livelihood.models import User
from projects.models import ReportingPeriod
from projects.services.benchmarks import BenchmarkEntry, BenchmarkOutcome, is_reopened, set_benchmarks
from supervision.models import Snapshot
from supervision.services.snapshots import refresh_snapshot


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
    outcome = set_benchmarks(period=period, entries=entries, by=by)
    is_closed = ReportingPeriod.objects.filter(pk=period.pk, state=ReportingPeriod.State.CLOSED).exists()
    if not outcome.is_changed or not is_closed or is_reopened(period):
        return Recorded(outcome, None)
    if Snapshot.objects.latest_of(period) is None:
        return Recorded(outcome, None)
    return Recorded(outcome, refresh_snapshot(period=period, by=by))
