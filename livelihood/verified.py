"""核验: when all that was frozen was last worked out again, and what of it agreed; events of the audit trail."""

from dataclasses import dataclass
from datetime import datetime

from livelihood.models import AuditEvent, User
from livelihood.services import record_event


@dataclass(frozen=True)
class Verification:
    """One run. `agreed` and `differing`: ids of snapshots; `differences`: how many in all, of every check."""

    at: datetime
    agreed: frozenset[int]
    differing: frozenset[int]
    differences: int

    def of_snapshot(self, pk: int) -> bool | None:
        """Tell whether the snapshot agreed; None where the run was before it."""
        return True if pk in self.agreed else False if pk in self.differing else None


def record_verification(*, agreed: list[int], differing: list[int], differences: int) -> None:
    """Note a run in the audit trail. By the system: whoever starts it has no part in what comes out."""
    system = User.objects.system()
    after = {"agreed": agreed, "differing": differing, "differences": differences}
    record_event(by=system, verb="verify", target=system, after=after)


def last_verification() -> Verification | None:
    """Return the newest run, None before the first. Two queries, both by index."""
    system = User.objects.system()
    event = (
        AuditEvent.objects.filter(target_label=system._meta.db_table, target_id=str(system.pk), verb="verify")
        .order_by("-id")
        .first()
    )
    if event is None:
        return None
    found = event.after
    return Verification(event.at, frozenset(found["agreed"]), frozenset(found["differing"]), int(found["differences"]))
