"""What a batch of targets would do, found out by doing it: stored, read by the statement, and taken back."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Exists, OuterRef

from livelihood.models import User
from projects.models import Programme, Report, ReportingPeriod
from projects.services.targets import Paper, TargetEntry, set_targets
from projects.target_page import sum_words, target_sums
from supervision.standings import Standings, live_standings

#: What a line's row shows before and after.
LINE_KEYS = ("shown_target", "rate", "place", "status")


@dataclass
class Effects:
    """What changes by the batch. `period`: the month whose places were worked out, None where there is none.

    `sums`: indicator, before, after (projects.target_page.sum_words). `overall`: unit, before, after (rows of the
    overall ranking: score, place), all ranked units in official order. `scores`: project, unit, before, after. `lines`:
    indicator, unit, before, after (rows of the standings), those that change.
    """

    period: ReportingPeriod | None = None
    has_scheme: bool = False
    sums: list[dict] = field(default_factory=list)
    overall: list[dict] = field(default_factory=list)
    scores: list[dict] = field(default_factory=list)
    lines: list[dict] = field(default_factory=list)

    @property
    def moves(self) -> list[dict]:
        """Return the units whose overall place changes."""
        return [row for row in self.overall if row["moved"]]

    @property
    def is_felt(self) -> bool:
        """Tell whether anything of the month's standings changes."""
        return bool(self.lines or self.scores or any(row["changed"] for row in self.overall))


def effects_of(*, programme: Programme, entries: list[TargetEntry], paper: Paper, by: User) -> Effects:
    """Return what the batch would do to sums and places. Nothing stays stored.

    Raises whatever `set_targets` raises. All numbers come from the standings statement; two runs of it.
    """
    indicators = list({entry.indicator.pk: entry.indicator for entry in entries}.values())
    found = Effects(period=period_shown(programme))
    with transaction.atomic():
        before, sums_before = _standings(found.period), target_sums(indicators)
        set_targets(programme=programme, entries=entries, paper=paper, by=by)
        after, sums_after = _standings(found.period), target_sums(indicators)
        transaction.set_rollback(True)
    found.sums = [
        {
            "indicator": one,
            "before": sum_words(sums_before.get(one.pk), one),
            "after": sum_words(sums_after[one.pk], one),
        }
        for one in indicators
        if one.pk in sums_after
    ]
    if before is not None:
        found.has_scheme = after.scheme_id is not None
        found.overall = _overall(before, after)
        found.scores = _scores(before, after)
        found.lines = _lines(before, after)
    return found


def period_shown(programme: Programme) -> ReportingPeriod | None:
    """Return the newest month or week not issued yet, one with figures that count before one without. One query."""
    counted = Report.objects.counted().filter(period=OuterRef("pk"))
    return (
        programme.periods.exclude(state=ReportingPeriod.State.ISSUED)
        .select_related("programme")
        .annotate(has_reports=Exists(counted))
        .order_by("-has_reports", "-ends_on")
        .first()
    )


def fingerprint(programme: Programme, entries: Iterable[TargetEntry], paper: Paper, effects: Effects) -> str:
    """Return a hash of the batch, its document and the places it moves: what a person confirms."""
    said = [
        (entry.key, entry.state, str(entry.value), entry.comparison, entry.printed, entry.base_revision)
        for entry in entries
    ]
    places = [(row["unit"].pk, row["before"]["place"], row["after"]["place"]) for row in effects.overall]
    return hashlib.sha256(repr((programme.pk, said, paper, places)).encode()).hexdigest()


def _standings(period: ReportingPeriod | None) -> Standings | None:
    return None if period is None else live_standings(period)


def _overall(before: Standings, after: Standings) -> list[dict]:
    """Return the ranked units in official order; none without a scheme (R13)."""
    old = {row["participant_id"]: row for row in before.overall() or []}
    rows = sorted(after.overall() or [], key=lambda row: (row["participant_order"], row["participant_id"]))
    return [
        {
            "unit": after.participants[row["participant_id"]],
            "before": old[row["participant_id"]],
            "after": row,
            "moved": old[row["participant_id"]]["place"] != row["place"],
            "changed": any(old[row["participant_id"]][key] != row[key] for key in ("score", "place")),
        }
        for row in rows
    ]


def _scores(before: Standings, after: Standings) -> list[dict]:
    """Return the project scores that change, in official order."""
    old, new = before.project_scores(), after.project_scores()
    projects = {one.sub_project.project_id: one.sub_project.project for one in after.indicators.values()}
    return [
        {"project": project, "unit": unit, "before": old.get((pk, unit.pk)), "after": new.get((pk, unit.pk))}
        for pk, project in projects.items()
        for unit in after.participants.values()
        if old.get((pk, unit.pk)) != new.get((pk, unit.pk))
    ]


def _lines(before: Standings, after: Standings) -> list[dict]:
    """Return the lines of which target, rate, place or status changes, in printed order."""
    found = []
    for pk, indicator in after.indicators.items():
        old = {row["participant_id"]: row for row in before.lines[pk]}
        for row in after.lines[pk]:
            was = old[row["participant_id"]]
            if any(was[key] != row[key] for key in LINE_KEYS):
                unit = after.participants[row["participant_id"]]
                found.append({"indicator": indicator, "unit": unit, "before": was, "after": row})
    return found
