"""Made-up provincial averages of the demo: 演示数据.

The real ones come from the province (R10). These stand for its printed figures, the city's own
included; nothing the product shows is computed here.
"""

import calendar
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from statistics import median
from typing import NamedTuple

from projects import demo_plan as plan
from projects.demo import MONTHS, FigureRow, Key, TargetRow, draw, generator, indicators


class BenchmarkRow(NamedTuple):
    """One 全省平均; `city_rate` is the city's own figure as the province would print it."""

    month: int
    project_seq: int
    sub_item: str
    indicator: str
    measure: str
    value: str
    decimals: int
    as_of: date
    source: str
    city_rate: str | None
    city_place: int | None
    city_count: int | None

    @property
    def key(self) -> Key:
        """Return the natural key of the indicator."""
        return self.project_seq, self.sub_item, self.indicator


def generate_benchmarks(
    catalogue: dict,
    targets: Iterable[TargetRow],
    figures: Iterable[FigureRow],
    *,
    months: Iterable[int] = MONTHS,
    seed: int = plan.SEED,
) -> list[BenchmarkRow]:
    """Return made-up provincial averages (R10) of the same indicators for every month.

    August's lies between the worst and the middle unit, so that its list of those below is not
    empty; the months before follow the usual course of a year. `figures` must hold August.
    """
    rows = indicators(catalogue)
    tasks = {(t.participant, t.key): Decimal(t.value) for t in targets if t.value is not None}
    figures = [f for f in figures if f.value is not None]
    at = {(f.month, f.participant, f.key): Decimal(f.value) for f in figures}
    spread = _spread(rows, tasks, at)
    found = []
    chosen = _published(rows, spread, seed)
    with_place = set(generator(seed, "places").sample(chosen, plan.PUBLISHED_PLACES))
    for month in sorted(months):
        for key in chosen:
            rng = generator(seed, "average", key)
            by_rate = rows[key]["additive"]
            decimals = _published_decimals(rng)
            average = _average(month, key, rows[key], spread[key], rng)
            city = (None, None, None)
            if key in with_place:
                city = _city(month, key, rows[key], tasks, at, average, decimals, rng)
            found.append(
                BenchmarkRow(
                    month,
                    *key,
                    "rate" if by_rate else "value",
                    str(_half_up(average, decimals)),
                    decimals,
                    _month_end(catalogue["programme"]["year"], month),
                    f"演示数据：省民生办{_span(month)}进度",
                    *city,
                )
            )
    return found


def _spread(rows, tasks, at) -> dict[Key, list[Decimal]]:
    """Return August's shares in percent (additive) or values of the units, sorted, by key."""
    found = defaultdict(list)
    for (month, code, key), value in at.items():
        if month == MONTHS[-1] and code != plan.WHOLE:
            additive = rows[key]["additive"]
            found[key].append(100 * value / tasks[code, key] if additive else value)
    return {key: sorted(shares) for key, shares in found.items()}


def _published(rows: dict[Key, dict], spread: dict, seed: int) -> list[Key]:
    """Return the keys the province publishes: the named ones and a draw, in official order."""
    # With all units equal, or too few of them, no average could leave anybody below it.
    usable = [
        key
        for key, row in rows.items()
        if row["assessed"]
        and (row["additive"] or row["unit"] == "%")
        and row["accumulation"] != "stock"
        and len(spread.get(key, ())) >= 5
        and max(spread[key]) - min(spread[key]) >= 2
    ]
    rates = [key for key in usable if rows[key]["additive"] and key not in plan.PUBLISHED]
    values = [key for key in usable if not rows[key]["additive"] and key not in plan.PUBLISHED]
    rng = generator(seed, "published")
    named = {key for key in plan.PUBLISHED if len(set(spread.get(key, ()))) > 1}
    drawn = rng.sample(rates, min(plan.PUBLISHED_RATES, len(rates)))
    drawn += rng.sample(values, min(plan.PUBLISHED_VALUES, len(values)))
    return [key for key in rows if key in named.union(drawn)]


def _published_decimals(rng: Random) -> int:
    """Return the decimals the province prints: mostly two, at times one or none."""
    return rng.choice((2, 2, 2, 2, 1, 1, 0))


def _average(month: int, key: Key, row: dict, units: list[Decimal], rng: Random) -> Decimal:
    """Return the average of a month: August's between the worst and the middle unit."""
    worst, middle = units[0], median(units)
    if middle - worst < 2:  # the worst are many: the best pull the average up
        middle = (worst + units[-1]) / 2
    august = worst + (middle - worst) * draw(rng, "0.55", "0.95")
    if not row["additive"] and key not in plan.PACED:
        return august - (MONTHS[-1] - month) * draw(rng, "0.3", "0.8")
    curve = [Decimal(share) for share in plan.CURVES[row["category"]]]
    return august * curve[month - 1] / curve[-1]


def _city(month, key, row, tasks, at, average, decimals, rng) -> tuple[str | None, int, int]:
    """Return (city's figure, its place, number of cities) as the province is made to print them."""
    if row["additive"]:
        units = [code for code, other in tasks if other == key and (month, code, key) in at]
        target = sum((tasks[code, key] for code in units), Decimal(0))
        city = 100 * sum((at[month, code, key] for code in units), Decimal(0)) / target
    else:
        city = at[month, plan.WHOLE, key]
    half = plan.CITIES // 2
    place = rng.randint(2, half) if city >= average else rng.randint(half + 1, plan.CITIES - 1)
    return str(_half_up(city, decimals)), place, plan.CITIES


def _half_up(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _span(month: int) -> str:
    return "1月" if month == 1 else f"1—{month}月"
