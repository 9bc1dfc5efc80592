"""试算: what a version would have made of past months: it is stored, the statement run, and all taken back."""

from dataclasses import dataclass, field

from django.db import transaction

from livelihood.models import User
from projects.models import Participant, Programme, ReportingPeriod
from supervision.models import ScoringScheme, Snapshot
from supervision.scoring.components import ADJUSTMENTS, K
from supervision.scoring.scheme_draft import SchemeDraft
from supervision.scoring.scores import components
from supervision.services.schemes import adopt_scheme
from supervision.standings import UNITS, fetch, frozen_parameters, live_parameters


@dataclass
class MonthPreview:
    """A month by the present version and by the new one. `rows`: unit, before and after (score, place), moved.

    `snapshot`: whose frozen figures were used, None for live ones; `has_before`: there is a version in force now;
    `missing`: names of components nobody has anything in.
    """

    period: ReportingPeriod
    snapshot: Snapshot | None
    has_before: bool = False
    rows: list[dict] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def moves(self) -> int:
        """Return how many units change their place."""
        return sum(row["moved"] for row in self.rows)


def preview_scheme(
    *, programme: Programme, draft: SchemeDraft, periods: list[ReportingPeriod], by: User
) -> list[MonthPreview]:
    """Return the chosen months by both versions, oldest first. Nothing stays stored.

    Raises what `adopt_scheme` raises. A closed month's figures are those of its snapshot; marks, returns and
    milestones are read as they are now. Last places run from January by the new version, as if it had been in force.
    """
    before = {period.pk: _present(period) for period in periods}
    with transaction.atomic():
        scheme = adopt_scheme(programme=programme, draft=draft, by=by)
        found = _previews(programme, scheme, before)
        transaction.set_rollback(True)
    return found


@dataclass(frozen=True)
class _Present:
    """A month as it is: its snapshot, and the units by the version in force; None where there is none."""

    snapshot: Snapshot | None
    units: dict[int, dict] | None


def _present(period: ReportingPeriod) -> _Present:
    snapshot = _snapshot(period)
    parameters = _parameters(period, snapshot)
    if parameters["scheme"] is None:
        return _Present(snapshot, None)
    rows = fetch(UNITS, parameters, frozen=snapshot is not None)
    return _Present(snapshot, {row["participant_id"]: row for row in rows})


def _previews(programme: Programme, scheme: ScoringScheme, before: dict[int, _Present]) -> list[MonthPreview]:
    units = {unit.pk: unit for unit in programme.participants.order_by("order", "id")}
    parts = list(scheme.components.all())
    counts_lasts = any(row.kind == K.LAST_PLACE for row in parts)
    found: list[MonthPreview] = []
    histories: dict[str, list[set[int]]] = {}
    last = max((row.ends_on for row in programme.periods.filter(pk__in=before)), default=None)
    months = programme.periods.filter(ends_on__lte=last).order_by("ends_on") if last else []
    for period in months:
        period.programme = programme
        if not counts_lasts and period.pk not in before:
            continue
        snapshot = before[period.pk].snapshot if period.pk in before else _snapshot(period)
        history = histories.setdefault(period.kind, [])
        parameters = _parameters(period, snapshot, scheme, history)
        after = fetch(UNITS, parameters, frozen=snapshot is not None)
        if period.pk in before:
            scored = fetch(components(parameters["shape"]), parameters, frozen=snapshot is not None)
            there = {row["code"] for row in scored}
            preview = MonthPreview(period, snapshot, has_before=before[period.pk].units is not None)
            preview.rows = _compared(before[period.pk].units, after, units)
            preview.missing = [row.name for row in parts if row.kind not in ADJUSTMENTS and row.code not in there]
            found.append(preview)
        history.append(_lasts(after))
    return found


def _snapshot(period: ReportingPeriod) -> Snapshot | None:
    return Snapshot.objects.select_related("period__programme").filter(period=period).order_by("-version").first()


def _parameters(period: ReportingPeriod, snapshot: Snapshot | None, scheme=None, history=None) -> dict:
    if snapshot is None:
        return live_parameters(period, scheme=scheme, history=history)
    return frozen_parameters(snapshot, scheme=scheme, history=history)


def _compared(before: dict[int, dict] | None, after: list[dict], units: dict[int, Participant]) -> list[dict]:
    """Put the ranked units' rows side by side, in official order."""
    new = {row["participant_id"]: row for row in after if row["ranked"]}
    nothing = {"score": None, "place": None}
    return [
        {
            "unit": unit,
            "before": old,
            "after": new[pk],
            "moved": before is not None and old["place"] != new[pk]["place"],
        }
        for pk, unit in units.items()
        if pk in new
        for old in [(before or {}).get(pk, nothing)]
    ]


def _lasts(rows: list[dict]) -> set[int]:
    """Return who is last: the units of the highest place, unless it is the first."""
    highest = max((row["place"] for row in rows if row["place"]), default=1)
    return {row["participant_id"] for row in rows if row["place"] == highest} if highest > 1 else set()
