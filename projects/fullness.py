"""How full a month is over all parts of its reports: cells with a task, those filled, flagged and saved last.

Pages that count must not name a part: money that was left out would make a county look finished.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from projects import parts
from projects.models import Programme, Report, ReportingPeriod

#: Participant id and sub-project id: what a bureau or a lead agency answers for.
Home = tuple[int, int]


def filling_of(period: ReportingPeriod) -> dict[Home, dict[str, int]]:
    """Return {"tasks", "filled"} by participant and sub-project, whatever the reports' state. Two queries per part."""
    totals: dict[Home, dict[str, int]] = defaultdict(lambda: {"tasks": 0, "filled": 0})
    for part in parts.registered():
        for line in part.filling(period, counted=Report.State.values):
            total = totals[line.participant_id, line.sub_project_id]
            total["tasks"] += line.tasks
            total["filled"] += line.filled
    return dict(totals)


def summed(filling: dict[Home, dict[str, int]], by) -> dict[object, dict[str, int]]:
    """Add up what `filling_of` gave by what `by` says of each home; None leaves it out."""
    totals: dict[object, dict[str, int]] = defaultdict(lambda: {"tasks": 0, "filled": 0})
    for home, counts in filling.items():
        group = by(home)
        if group is not None:
            for key, count in counts.items():
                totals[group][key] += count
    return dict(totals)


def flag_counts(reports: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Return report id → (cells with a flag, those with one nobody has explained). One query per part."""
    reports = list(reports)
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for part in parts.registered():
        for report, _key, is_explained in part.flagged(reports):
            counts[report][0] += 1
            counts[report][1] += not is_explained
    return {report: (flagged, waiting) for report, (flagged, waiting) in counts.items()}


def unexplained_of(programme: Programme, reports: Iterable[int]) -> dict[Home, int]:
    """Return how many cells of a participant and sub-project have a flag nobody explained. Two queries per part."""
    reports = list(reports)
    counts: dict[Home, int] = defaultdict(int)
    for part in parts.registered():
        waiting = [key for _report, key, is_explained in part.flagged(reports) if not is_explained]
        for home in part.homes(programme, waiting).values() if waiting else ():
            counts[home] += 1
    return dict(counts)


def saved_of(reports: Iterable[int]) -> dict[Home, datetime]:
    """Return when something of a participant and sub-project was last saved. One query per part."""
    reports = list(reports)
    moments: dict[Home, datetime] = {}
    for part in parts.registered():
        for home, at in part.saved_at(reports).items():
            moments[home] = max(at, moments.get(home, at))
    return moments
