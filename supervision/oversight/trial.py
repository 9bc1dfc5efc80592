"""What a rule would have found in past months: looked at before it is put in force, changes nothing."""

from dataclasses import dataclass

from livelihood.models import Agency
from projects.models import Indicator, Participant, Programme
from supervision.models import OversightRule, Snapshot
from supervision.oversight.finding import Found, find, not_judged, reason_words
from supervision.pages.line_words import indicator_label

#: How many closed months are tried, and how many matters of each are listed.
MONTHS, SHOWN = 6, 12


@dataclass
class TrialMonth:
    """One past month: how many matters, the gravest of them in words, and what could not be judged."""

    snapshot: Snapshot
    found: list[Found]
    shown: list[dict]
    note: str

    @property
    def more(self) -> int:
        """Return how many are not listed."""
        return len(self.found) - len(self.shown)


def try_rule(programme: Programme, rule: OversightRule) -> list[TrialMonth]:
    """Return what the rule, saved or not, finds in the newest closed months, newest first. ≤ 4 queries a month."""
    newest: dict[int, Snapshot] = {}
    snapshots = Snapshot.objects.filter(period__programme=programme).select_related("period__programme")
    for snapshot in snapshots.order_by("-period__ends_on", "-version"):
        newest.setdefault(snapshot.period_id, snapshot)
        if len(newest) > MONTHS:
            break
    months = [(snapshot, find(rule, snapshot)) for snapshot in list(newest.values())[:MONTHS]]
    listed = [row for _, found in months for row in found[:SHOWN]]
    units = Participant.objects.in_bulk({row.participant_id for row in listed} - {None})
    agencies = Agency.objects.in_bulk({row.agency_id for row in listed} - {None})
    indicators = {
        row.pk: row
        for row in Indicator.objects.filter(pk__in={row.indicator_id for row in listed} - {None}).select_related(
            "sub_project__project"
        )
    }
    return [
        TrialMonth(
            snapshot,
            found,
            [_words(rule, row, snapshot, units, agencies, indicators) for row in found[:SHOWN]],
            not_judged(rule, snapshot),
        )
        for snapshot, found in months
    ]


def _words(rule, row: Found, snapshot: Snapshot, units: dict, agencies: dict, indicators: dict) -> dict:
    indicator = indicators.get(row.indicator_id)
    return {
        "who": units.get(row.participant_id) or agencies.get(row.agency_id),
        "what": f"{indicator.sub_project.project.seq} {indicator_label(indicator)}" if indicator else "",
        "reason": reason_words(rule.kind, row.facts, unit=indicator.unit if indicator else ""),
    }
