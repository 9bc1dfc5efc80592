"""Freezing a period, and freezing it again when a provincial average came after the close (R10, R18)."""

from django.db import transaction

from livelihood.models import User
from livelihood.services import Refused
from projects.models import Report, ReportingPeriod
from supervision.models import Snapshot
from supervision.services.close_steps import run_close_steps
from supervision.services.documents import draft_bulletin
from supervision.services.freezing import benchmarks_moved, freeze
from supervision.standings import frozen_parameters, live_parameters


@transaction.atomic
def freeze_snapshot(*, period: ReportingPeriod, by: User, reason: str = "") -> Snapshot:
    """Freeze the period's approved figures with their targets, averages and results as its next version.

    Locks the period; the caller decides whether it may be frozen. Some ten queries, whatever the size.
    """
    _lock(period)
    parameters = live_parameters(period, counted=[Report.State.APPROVED])
    return freeze(period, parameters, frozen=False, by=by, reason=reason, previous=Snapshot.objects.latest_of(period))


@transaction.atomic
def refresh_snapshot(*, period: ReportingPeriod, by: User) -> Snapshot:
    """Freeze the same figures again with the provincial averages that came after the close (R10).

    The draft bulletin is drafted anew on it and the checks carry over. Returns the latest snapshot as it is when no
    average has changed. Raises Refused unless the period is closed, not reopened, and not issued.
    """
    current = _lock(period)
    previous = Snapshot.objects.latest_of(period)
    if current.state == ReportingPeriod.State.OPEN or previous is None:
        raise Refused(f"{current.label}还没有封账，不用重新生成快照。")
    if current.state == ReportingPeriod.State.ISSUED:
        raise Refused(f"{current.label}的通报已经印发，全省平均的变动要另发更正。")
    if current.reopenings.filter(ended_at__isnull=True).exists():
        raise Refused(f"{current.label}正在重新开放，请再次封账，届时一并使用新的全省平均。")
    if not benchmarks_moved(previous):
        return previous
    parameters = frozen_parameters(previous, refresh_benchmarks=True)
    snapshot = freeze(
        current, parameters, frozen=True, by=by, reason="封账后全省平均有变动，数据未变。", previous=previous
    )
    draft_bulletin(snapshot=snapshot, by=by)
    run_close_steps(snapshot=snapshot, by=by)
    return snapshot


def _lock(period: ReportingPeriod) -> ReportingPeriod:
    """Lock the period until the transaction ends: two closes of one month wait for each other."""
    return ReportingPeriod.objects.select_for_update(of=("self",)).select_related("programme").get(pk=period.pk)
