"""What a rule would have found in past months: looked at before it is put in force, changes nothing."""

from dataclasses import dataclass

from livelihood.models import Agency
from projects.models import Indicator, Participant, Programme
from supervision.models import OversightRule, Snapshot
from supervision.oversight.finding import Found, find, not_judged, reason_words
from supervision.oversight.kinds import cleaned_params
from supervision.oversight.presets import presets
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


@dataclass(frozen=True)
class Effect:
    """How many matters would be found in the newest closed month, beside how many the version in force finds there.

    `now` is None where there is no such version; `note` says what could not be judged.
    """

    snapshot: Snapshot
    count: int
    now: int | None
    note: str = ""

    @property
    def text(self) -> str:
        """Return 若按此规则，2020年1—7月触发 3 件，现行版 5 件."""
        now = "" if self.now is None else f"，现行版 {self.now} 件"
        return f"若按此规则，{self.snapshot.period.label}触发 {self.count} 件{now}"


def effect_of(programme: Programme, rules: list[OversightRule], *, now: OversightRule | None = None) -> Effect | None:
    """Return what rules, saved or not, would find in the newest closed month; None before the first close.

    What two of them find is one matter, as one letter is. Three queries a rule at most; nothing is written.
    """
    snapshot = (
        Snapshot.objects.filter(period__programme=programme)
        .select_related("period__programme")
        .order_by("-period__ends_on", "-version")
        .first()
    )
    if snapshot is None:
        return None
    matters = {row.matter(rule.kind) for rule in rules for row in find(rule, snapshot)}
    notes = dict.fromkeys(note for rule in rules if (note := not_judged(rule, snapshot)))
    return Effect(snapshot, len(matters), None if now is None else len(find(now, snapshot)), "".join(notes))


def preset_effects(programme: Programme) -> dict[str, Effect | None]:
    """Return of each published preset what it would find in the newest closed month."""
    return {code: effect_of(programme, _unsaved(programme, row)) for code, row in presets().items()}


def _unsaved(programme: Programme, preset: dict) -> list[OversightRule]:
    return [
        OversightRule(
            programme=programme,
            name=row["name"],
            kind=row["kind"],
            params=cleaned_params(row["kind"], row["params"]),
            level=row["level"],
        )
        for row in preset["rules"]
    ]


def _words(rule, row: Found, snapshot: Snapshot, units: dict, agencies: dict, indicators: dict) -> dict:
    indicator = indicators.get(row.indicator_id)
    return {
        "who": units.get(row.participant_id) or agencies.get(row.agency_id),
        "what": f"{indicator.sub_project.project.seq} {indicator_label(indicator)}" if indicator else "",
        "reason": reason_words(rule.kind, row.facts, unit=indicator.unit if indicator else "", fund_rate=row.fund_rate),
    }
