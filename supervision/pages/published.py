"""What the province had published of the city: as it is entered now, or as it was when a snapshot was frozen."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from livelihood.formats import EXACT, format_day
from projects.models import Benchmark, ReportingPeriod
from supervision.fund_standings import FundStandings
from supervision.models import Snapshot, SnapshotPlace
from supervision.standings import Standings

#: The source of an average that was frozen and has been entered anew since.
CHANGED_SINCE = "冻结时的数，冻结后改过"


@dataclass(frozen=True)
class Published:
    """An average with the city's figure and place; `pk` is of the table it stands in, None without a place."""

    pk: int | None
    indicator_id: int | None
    fund_rate: str | None
    measure: str
    value: Decimal | None
    decimals: int
    source: str
    as_of: datetime.date | None
    city_rate: Decimal | None = None
    city_place: int | None = None
    city_count: int | None = None

    @property
    def words(self) -> str:
        """Return source and date."""
        return self.source + (f"，截至{format_day(self.as_of)}" if self.as_of else "")


def published_now(period: ReportingPeriod) -> list[Published]:
    """Return what is entered of the period. One query."""
    return [
        Published(
            row.pk,
            row.indicator_id,
            row.fund_rate,
            row.measure,
            row.value,
            row.decimals,
            row.source,
            row.as_of,
            row.city_rate,
            row.city_place,
            row.city_count,
        )
        for row in Benchmark.objects.filter(period=period).order_by("pk")
    ]


def published_then(standings: Standings, funds: FundStandings) -> list[Published]:
    """Return what a snapshot keeps: its averages, and the places that were published by then (R10). Two queries."""
    entered = {_key(row): row for row in Benchmark.objects.filter(period=standings.period)}
    averages = dict(_averages(standings, funds))
    places = {_key(row): row for row in SnapshotPlace.objects.filter(snapshot=standings.snapshot)}
    return [
        _published(key, averages.get(key), places.get(key), entered.get(key), standings.decimals)
        for key in [*places, *(key for key in averages if key not in places)]
    ]


def previous_places(period: ReportingPeriod, snapshot: Snapshot | None) -> tuple[str, str, int | None]:
    """Return table, column and id of the places of the period before.

    Frozen ones where the basis is a snapshot and that period had been frozen with places by then; else the entered.
    """
    periods = ReportingPeriod.objects.filter(
        programme=period.programme, kind=period.kind, ends_on__lt=period.ends_on
    ).order_by("-ends_on")
    previous = periods.values_list("pk", flat=True).first()
    if snapshot is not None:
        before = (
            Snapshot.objects.filter(period=previous, frozen_at__lte=snapshot.frozen_at).order_by("-version").first()
        )
        if before is not None and before.places.exists():
            return "snapshot_place", "snapshot_id", before.pk
    return "benchmark", "period_id", previous


def _key(row: Benchmark | SnapshotPlace) -> tuple:
    return row.indicator_id, row.fund_rate, row.measure


def _averages(standings: Standings, funds: FundStandings) -> Iterator[tuple[tuple, dict]]:
    """Yield the frozen lines of the whole that carry an average, by what they are of."""
    for pk in standings.indicators:
        whole = standings.whole(pk)
        if whole is not None and whole["benchmark"] is not None:
            yield (pk, None, whole["benchmark_measure"]), whole
    for rate in funds.rates:
        if rate.whole is not None and rate.whole["benchmark"] is not None:
            yield (None, rate.code, Benchmark.Measure.RATE.value), rate.whole


def _published(
    key: tuple, average: dict | None, place: SnapshotPlace | None, entered: Benchmark | None, decimals: int
) -> Published:
    value = average["benchmark"] if average else None
    decimals = average["benchmark_decimals"] if average else decimals
    city_rate = place.city_rate if place else None
    if city_rate is not None:
        decimals = max(decimals, -city_rate.normalize(EXACT).as_tuple().exponent)
    is_same = entered is not None and entered.value == value
    return Published(
        place.pk if place else None,
        *key,
        value,
        decimals,
        entered.source if is_same else CHANGED_SINCE,
        entered.as_of if is_same else None,
        city_rate,
        place.city_place if place else None,
        place.city_count if place else None,
    )
