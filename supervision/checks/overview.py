"""How far the 核对 of a month is, for the city office and who oversees: who answered what, and what waits."""

import datetime
from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from supervision.models import Check, CheckLine, Snapshot

State = Check.State


@dataclass(frozen=True)
class Summary:
    """Counts over the checks of one snapshot that have lines: `unanswered` are those whose term has passed."""

    total: int = 0
    answered: int = 0
    objected: int = 0
    open_objections: int = 0
    unanswered: int = 0

    @property
    def words(self) -> str:
        """Return 核对 8/9，异议 1（未处理 1），逾期未答 1."""
        if not self.total:
            return "没有要核对的"
        parts = [f"核对 {self.answered}/{self.total}"]
        if self.objected:
            waits = f"（未处理 {self.open_objections} 条）" if self.open_objections else ""
            parts.append(f"异议 {self.objected}{waits}")
        if self.unanswered:
            parts.append(f"逾期未答 {self.unanswered}")
        return "，".join(parts)

    @property
    def is_done(self) -> bool:
        """Tell whether everybody has answered and nothing waits for the office."""
        return self.answered == self.total and not self.open_objections


def word_of(check: Check, today: datetime.date) -> str:
    """Return the code of a check's state as the pages word it."""
    if check.state != State.WAITING:
        return check.state
    if not check.has_lines:
        return "no_task"
    if check.due_on < today:
        return "unanswered"
    return "asked_again" if check.since_id else "waiting"


def checks_of(snapshot: Snapshot) -> list[Check]:
    """Return the checks of a snapshot with what the overview says of each: `word`, `open_count`, `line_count`."""
    state = CheckLine.State
    checks = (
        Check.objects.filter(snapshot=snapshot)
        .with_lines()
        .select_related("participant", "agency", "answered_by", "carried_from")
        .annotate(
            open_count=Count("objections", filter=Q(objections__state=state.OPEN)),
            said_count=Count("objections", filter=~Q(objections__state=state.WITHDRAWN)),
        )
        .order_by("participant__order", "agency__order", "id")
    )
    today = timezone.localdate()
    found = list(checks)
    for check in found:
        check.word = word_of(check, today)
    return found


def summary_of(snapshot: Snapshot, checks: list[Check] | None = None) -> Summary:
    """Return the counts of a snapshot's checks. One query without `checks`."""
    checks = [check for check in (checks_of(snapshot) if checks is None else checks) if check.has_lines]
    words = Counter(check.word for check in checks)
    return Summary(
        total=len(checks),
        answered=words[State.AGREED] + words[State.OBJECTED],
        objected=sum(bool(check.said_count) for check in checks),
        open_objections=sum(check.open_count for check in checks),
        unanswered=words["unanswered"],
    )


def still_to_answer(snapshot: Snapshot) -> list[Check]:
    """Return the checks with lines that nobody has answered, units first, each with its `due_on`. One query."""
    waiting = Check.objects.filter(snapshot=snapshot, state=State.WAITING).with_lines().filter(has_lines=True)
    return list(waiting.select_related("participant", "agency").order_by("participant__order", "agency__order", "id"))


def objections_of(snapshot: Snapshot) -> list[CheckLine]:
    """Return all objections to a snapshot, those that wait first, addressees in order. One query."""
    rows = (
        CheckLine.objects.filter(check_of__snapshot=snapshot)
        .exclude(state=CheckLine.State.WITHDRAWN)
        .select_related("check_of__participant", "check_of__agency", "participant", "raised_by", "settled_by")
        .order_by("check_of__participant__order", "check_of__agency__order", "id")
    )
    return sorted(rows, key=lambda row: row.state != CheckLine.State.OPEN)
