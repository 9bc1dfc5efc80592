"""Snapshots of the closed months of a made-up programme, as a close leaves them."""

from livelihood.models import User
from projects.models import Programme, ReportingPeriod
from supervision.models import Snapshot
from supervision.services.snapshots import freeze_snapshot


def freeze_closed(programme: Programme) -> int:
    """Freeze every closed month that has no snapshot, the oldest first; return how many. A second for 105 × 80 each."""
    # Read anew: what `synthesise` returns belongs to the owner's connection.
    closed = ReportingPeriod.objects.filter(programme_id=programme.pk).exclude(state=ReportingPeriod.State.OPEN)
    closed = closed.exclude(pk__in=Snapshot.objects.values("period")).order_by("ends_on")
    for period in closed:
        freeze_snapshot(period=period, by=User.objects.system())
    return len(closed)
