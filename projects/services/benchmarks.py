"""Writes of the provincial averages: published from above, entered and confirmed by a person (R10)."""

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from django.db import transaction
from django.db.models.functions import Now

from livelihood.access import require_city_office
from livelihood.models import User
from livelihood.services import Refused, record_event
from projects.models import Benchmark, Indicator, ReportingPeriod
from projects.values import ValueRefused, parse_number

#: What the columns can hold.
MOST_DECIMALS = 6
LARGEST = Decimal(10) ** 14
SOURCE_LENGTH = Benchmark._meta.get_field("source").max_length
MOST_CITIES = 32_767
#: What a benchmark says, as stored.
CONTENT = ["measure", "value", "decimals", "as_of", "source", "city_rate", "city_place", "city_count"]


#: An indicator's id, or the name of a rate of money.
Key = int | str


@dataclass(frozen=True)
class BenchmarkEntry:
    """One average as typed, of an indicator or of a rate of money; `value` None removes what is stored.

    `fund_rate` names a rate of money where `indicator_id` is None (project-disbursed-planned). `value` and `city_rate`
    are in the measure's own unit: per cent for a rate, the indicator's unit for a value.
    `base_version` is the version the person saw: 0 for none, None not to ask.
    """

    indicator_id: int | None
    value: Decimal | None
    measure: str = Benchmark.Measure.RATE
    decimals: int = 0
    source: str = ""
    as_of: datetime.date | None = None
    city_rate: Decimal | None = None
    city_place: int | None = None
    city_count: int | None = None
    base_version: int | None = None
    fund_rate: str | None = None

    @property
    def key(self) -> Key:
        """Return what the average is of: an indicator's id, or the rate's name."""
        return self.fund_rate if self.indicator_id is None else self.indicator_id


@dataclass
class BenchmarkOutcome:
    """Keys of entries by what became of their lines."""

    saved: list[Key] = field(default_factory=list)
    removed: list[Key] = field(default_factory=list)
    unchanged: list[Key] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        """Tell whether anything was written."""
        return bool(self.saved or self.removed)


class BenchmarksRefused(Refused):
    """Lines that cannot be stored; `errors`: key → Chinese sentence. Nothing was stored."""

    def __init__(self, errors: dict[Key, str]):
        super().__init__("\n".join(errors.values()))
        self.errors = errors


def set_benchmark(*, period: ReportingPeriod, indicator: Indicator, by: User, **values) -> Benchmark:
    """Store one average; `values` as in BenchmarkEntry. Raises BenchmarksRefused with one sentence."""
    set_benchmarks(period=period, entries=[BenchmarkEntry(indicator_id=indicator.pk, **values)], by=by)
    return Benchmark.objects.get(period=period, indicator=indicator, measure=values.get("measure", "rate"))


@transaction.atomic
def set_benchmarks(
    *,
    period: ReportingPeriod,
    entries: Iterable[BenchmarkEntry],
    by: User,
    fund_rates: Mapping[str, str] = MappingProxyType({}),
) -> BenchmarkOutcome:
    """Store the lines that differ from what is stored, all or nothing; one audit event, few queries.

    An indicator has one average per period here: a line with another measure replaces it. `fund_rates`: the rates of
    money an entry may name → how they are called. Refused once the period's 通报 has been issued (unless it is
    reopened), NotAllowed unless `by` works in the city office.
    """
    require_city_office(by, period.programme.owner_id)
    entries = list(entries)
    current = ReportingPeriod.objects.select_for_update(of=("self",)).get(pk=period.pk)
    if current.state == ReportingPeriod.State.ISSUED and not is_reopened(current):
        raise Refused(f"{period.label}的通报已经印发，全省平均不能再改；更正要另发文件。")
    pks = [entry.indicator_id for entry in entries if entry.indicator_id is not None]
    indicators = Indicator.objects.of_programme(period.programme).in_bulk(pks)
    stored = stored_benchmarks(period) | stored_fund_benchmarks(period)
    errors = benchmark_errors(
        period, entries, {pk: row.name for pk, row in indicators.items()} | dict(fund_rates), stored
    )
    if errors:
        raise BenchmarksRefused(errors)
    outcome, before, after, rows = BenchmarkOutcome(), {}, {}, []
    for entry in entries:
        old = stored.get(entry.key)
        name = str(entry.key)
        if is_same(entry, old):
            outcome.unchanged.append(entry.key)
            continue
        if old is not None:
            before[name] = _noted(old)
        if entry.value is None:
            outcome.removed.append(entry.key)
            continue
        outcome.saved.append(entry.key)
        after[name] = _noted(entry)
        rows.append(_row(period, entry, old, by))
    _write(stored, rows, outcome)
    if outcome.is_changed:
        record_event(by=by, verb="set_benchmarks", target=period, before=before, after=after)
    return outcome


def is_reopened(period: ReportingPeriod) -> bool:
    """Tell whether a reopening of the period is still to be closed. One query."""
    return period.reopenings.filter(ended_at__isnull=True).exists()


def stored_benchmarks(period: ReportingPeriod) -> dict[int, Benchmark]:
    """Return the period's averages by indicator: where there are two, the rate, which is the one compared (R10)."""
    rows = Benchmark.objects.filter(period=period, indicator__isnull=False).order_by("-measure")
    return {row.indicator_id: row for row in rows}


def stored_fund_benchmarks(period: ReportingPeriod) -> dict[str, Benchmark]:
    """Return the period's averages of rates of money by the rate's name."""
    return {row.fund_rate: row for row in Benchmark.objects.filter(period=period, fund_rate__isnull=False)}


def is_same(entry: BenchmarkEntry, stored: Benchmark | None) -> bool:
    """Tell whether a line says what is stored already."""
    if stored is None or entry.value is None:
        return stored is None and entry.value is None
    return all(getattr(entry, name) == getattr(stored, name) for name in CONTENT)


def benchmark_errors(
    period: ReportingPeriod,
    entries: Iterable[BenchmarkEntry],
    names: Mapping[Key, str],
    stored: Mapping[Key, Benchmark],
) -> dict[Key, str]:
    """Return what is wrong with single lines, one sentence each, without storing anything; for previews too.

    `names`: what an entry may be of → how it is called.
    """
    errors: dict[Key, str] = {}
    seen = set()
    for entry in entries:
        name, old = names.get(entry.key), stored.get(entry.key)
        if name is None:
            what = "指标" if entry.fund_rate is None else "资金比率"
            errors[entry.key] = f"有一个{what}不属于“{period.programme.name}”。"
        elif entry.key in seen:
            errors[entry.key] = f"“{name}”出现了两次。"
        elif is_same(entry, old):
            continue
        elif entry.base_version is not None and entry.base_version != (old.version if old else 0):
            errors[entry.key] = f"“{name}”已由别人改过，您的改动没有存；请看过现在的数再改。"
        elif entry.value is not None and (sentence := _error(entry, period)):
            errors[entry.key] = f"“{name}”：{sentence}"
        seen.add(entry.key)
    return errors


def parse_published(text: str, *, unit: str = "%", allow_negative: bool = False) -> tuple[Decimal | None, int]:
    """Return a published number and the decimals it is printed with: "67.30%" → (67.30, 2); blank → (None, 0).

    The decimals count for the comparison (R7), so trailing zeros are kept apart. Raises ValueRefused.
    """
    parsed = parse_number(text, decimals=MOST_DECIMALS, allow_negative=allow_negative, unit=unit)
    if parsed.state == "no_task":
        raise ValueRefused(f"“{text.strip()}”不是数字；没有公布就留空。")
    if parsed.value is None:
        return None, 0
    # Any character that is no digit but the point has been read past by now: separators stand before it.
    fraction = re.search(r"[.．。](\d*)", text)
    return parsed.value, len(fraction[1]) if fraction else 0


def _error(entry: BenchmarkEntry, period: ReportingPeriod) -> str:
    """Return what is wrong with a line that is to be stored, or an empty string."""
    if _is_bad(entry.value) or _is_bad(entry.city_rate):
        return "数太大或不是一个确定的数。"
    year, own, peer = period.programme.year, period.programme.owner.own_word, period.programme.owner.peer_word
    checks = [
        (entry.measure not in Benchmark.Measure.values, f"口径“{entry.measure}”不认识，应为完成率或指标值。"),
        (not 0 <= entry.decimals <= MOST_DECIMALS, f"公布小数位应为0至{MOST_DECIMALS}。"),
        (entry.fund_rate is not None and entry.measure != "rate", "资金比率只有比率，没有指标值。"),
        (entry.measure == "rate" and entry.value < 0, "完成率不能为负数。"),
        (
            _places(entry.value) > entry.decimals,
            f"写了{_places(entry.value)}位小数，公布小数位却是{entry.decimals}。",
        ),
        (not entry.source.strip(), "没有写来源（哪份通报、哪一页）。"),
        (len(entry.source) > SOURCE_LENGTH, f"来源最多{SOURCE_LENGTH}字。"),
        (
            entry.as_of is not None and not year <= entry.as_of.year <= year + 1,
            f"截至日期{entry.as_of}不在{year}年度。",
        ),
        (entry.city_place is not None and not 1 <= entry.city_place <= MOST_CITIES, f"{own}位次从1开始。"),
        (entry.city_count is not None and not 1 <= entry.city_count <= MOST_CITIES, f"参评{peer}数从1开始。"),
        (
            None not in (entry.city_place, entry.city_count) and entry.city_place > entry.city_count,
            f"{own}位次{entry.city_place}大于参评{peer}数{entry.city_count}。",
        ),
    ]
    return next((sentence for is_wrong, sentence in checks if is_wrong), "")


def _row(period: ReportingPeriod, entry: BenchmarkEntry, old: Benchmark | None, by: User) -> Benchmark:
    row = old or Benchmark(period=period, indicator_id=entry.indicator_id, fund_rate=entry.fund_rate)
    for name in CONTENT:
        setattr(row, name, getattr(entry, name))
    row.source = entry.source.strip()
    row.version = old.version + 1 if old else 1
    row.confirmed_by, row.confirmed_at = by, Now()
    return row


def _write(stored: dict[int, Benchmark], rows: list[Benchmark], outcome: BenchmarkOutcome) -> None:
    Benchmark.objects.filter(pk__in=[stored[key].pk for key in outcome.removed]).delete()
    # Told apart first: what is created has a key afterwards too.
    changed, new = [row for row in rows if row.pk is not None], [row for row in rows if row.pk is None]
    Benchmark.objects.bulk_create(new)
    if changed:
        # Two measures of one indicator cannot both be in force here; the other one gives way.
        Benchmark.objects.filter(
            period=changed[0].period, indicator__in=[row.indicator_id for row in changed if row.indicator_id]
        ).exclude(pk__in=[row.pk for row in changed]).delete()
        Benchmark.objects.bulk_update(changed, [*CONTENT, "version", "confirmed_by", "confirmed_at"])


def _noted(row) -> dict:
    """Return a line as the audit trail keeps it."""
    return {name: None if getattr(row, name) is None else str(getattr(row, name)) for name in CONTENT}


def _is_bad(value: Decimal | None) -> bool:
    return value is not None and (not value.is_finite() or abs(value) >= LARGEST or _places(value) > MOST_DECIMALS)


def _places(value: Decimal) -> int:
    return max(0, -value.normalize().as_tuple().exponent)
