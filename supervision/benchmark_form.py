"""The page of provincial averages: a line per indicator and rate of money; storing is the service's."""

import datetime
import re
from collections.abc import Mapping
from itertools import groupby

from projects.excel.lines import decimal_text
from projects.models import Benchmark, Indicator, ReportingPeriod
from projects.services.benchmarks import (
    BenchmarkEntry,
    Key,
    parse_published,
    stored_benchmarks,
    stored_fund_benchmarks,
)
from projects.values import ValueRefused
from supervision.services.benchmarks import benchmark_rates

#: What can be typed in a line; each input is named <field>-<indicator id or rate's name>.
FIELDS = ["value", "decimals", "measure", "as_of", "source", "city_rate", "city_place", "city_count"]
#: Typed once for all lines that say nothing else.
SHARED = ["source", "as_of", "city_count"]


class BenchmarkForm:
    """The lines of one period as stored, or as typed; `entries` after `is_valid`."""

    def __init__(self, period: ReportingPeriod, data: Mapping | None = None):
        self.period, self.data = period, data
        self.stored = stored_benchmarks(period) | stored_fund_benchmarks(period)
        self.fund_rates = benchmark_rates(period.programme)
        self.indicators = {row.pk: row for row in Indicator.objects.of_programme(period.programme)}
        self.names: dict[Key, str] = {pk: row.name for pk, row in self.indicators.items()} | self.fund_rates
        self.errors: dict[Key, str] = {}
        self.shared_errors: list[str] = []
        self.entries: list[BenchmarkEntry] = []

    @property
    def shared(self) -> dict[str, str]:
        """Return what stands in the line for all; at first the period's own day."""
        if self.data is None:
            return {"source": "", "as_of": self.period.as_of.isoformat(), "city_count": ""}
        return {name: self.data.get(name, "").strip() for name in SHARED}

    def is_valid(self) -> bool:
        """Parse all lines; `errors` by indicator id or rate's name, one Chinese sentence each."""
        shared = self.shared
        for name in ["as_of", "city_count"]:
            try:
                _day(shared[name]) if name == "as_of" else _count(shared[name])
            except ValueRefused as refused:
                self.shared_errors.append(str(refused))
        versions = dict(
            pair.split(":", 1) for pair in self.data.get("versions", "").split(",") if re.fullmatch(r"[\w-]+:\d+", pair)
        )
        for key, name in self.names.items():
            typed = self._typed(key)
            if not any(typed[name] for name in ["value", "city_rate", "city_place"]) and key not in self.stored:
                continue
            try:
                self.entries.append(self._entry(key, typed, shared, int(versions.get(str(key), 0))))
            except ValueRefused as refused:
                self.errors[key] = f"“{name}”：{refused}"
        return not self.errors and not self.shared_errors

    def groups(self) -> list[dict]:
        """Return the projects with their lines, as stored or as typed."""
        by_project = groupby(self.indicators.values(), key=lambda row: row.sub_project.project)
        return [
            {"project": project, "lines": [self._line(row.pk, row) for row in rows]} for project, rows in by_project
        ]

    def fund_lines(self) -> list[dict]:
        """Return the lines of the rates of money; empty without money."""
        return [self._line(code) for code in self.fund_rates]

    @property
    def versions(self) -> str:
        """Return which version of every line this page shows, for the next save."""
        if self.data is not None:
            return self.data.get("versions", "")
        return ",".join(f"{pk}:{row.version}" for pk, row in self.stored.items())

    def decimals_taken(self, saved: list[Key]) -> str:
        """Return the decimals read from the saved lines' spelling, for a person to confirm."""
        entries = {entry.key: entry for entry in self.entries}
        words = [
            f"{self.names[key]} {entries[key].value:.{entries[key].decimals}f}（{entries[key].decimals}位）"
            for key in saved
        ]
        return "、".join(words[:10]) + (f"等{len(words)}项" if len(words) > 10 else "")

    def _typed(self, key: Key) -> dict[str, str]:
        return {name: self.data.get(f"{name}-{key}", "").strip() for name in FIELDS}

    def _entry(self, key: Key, typed: dict, shared: dict, version: int) -> BenchmarkEntry:
        """Return a line as an entry; a blank average removes. Raises ValueRefused with the end of a sentence."""
        indicator = self.indicators.get(key)
        measure = typed["measure"] or Benchmark.Measure.RATE
        unit = indicator.unit if indicator and measure != Benchmark.Measure.RATE else "%"
        negative = measure == Benchmark.Measure.VALUE
        value, decimals = parse_published(typed["value"], unit=unit, allow_negative=negative)
        if value is None and (typed["city_rate"] or typed["city_place"]) and key not in self.stored:
            raise ValueRefused(f"填了{self.period.programme.owner.own_word}数或位次，没有填全省平均。")
        city_rate, _decimals = parse_published(typed["city_rate"], unit=unit, allow_negative=negative)
        if key in self.stored:
            # What is stored stays as it is unless its own cell was changed.
            shared = {"source": shared["source"], "as_of": "", "city_count": ""}
        count = typed["city_count"] or (shared["city_count"] if typed["city_place"] else "")
        return BenchmarkEntry(
            indicator_id=indicator.pk if indicator else None,
            fund_rate=None if indicator else key,
            measure=measure,
            value=value,
            decimals=self._decimals(key, typed, decimals),
            as_of=_day(typed["as_of"] or shared["as_of"]),
            source=typed["source"] or shared["source"],
            city_rate=city_rate,
            city_place=_count(typed["city_place"]),
            city_count=_count(count),
            base_version=version,
        )

    def _decimals(self, key: Key, typed: dict, spelled: int) -> int:
        """Return the published decimals: as spelled, unless the person changed the number beside it."""
        stored = self.stored.get(key)
        given = _count(typed["decimals"])
        was_left = stored is not None and given == stored.decimals and typed["value"] != printed(stored)
        return spelled if given is None or was_left else given

    def _line(self, key: Key, indicator: Indicator | None = None) -> dict:
        stored = self.stored.get(key)
        typed = _stored_texts(indicator, stored) if self.data is None else self._typed(key)
        return {
            "key": key,
            "indicator": indicator,
            "name": self.names[key],
            "unit": indicator.unit if indicator else "%",
            "sub_item": indicator.sub_project.name if indicator else "",
            "stored": stored,
            "error": self.errors.get(key, ""),
            "measures": [(value, label, value == typed["measure"]) for value, label in Benchmark.Measure.choices],
            **typed,
        }


def printed(benchmark: Benchmark) -> str:
    """Return an average as it was published, trailing zeros included: 67.30."""
    return format(benchmark.value, f".{benchmark.decimals}f")


def _stored_texts(indicator: Indicator | None, stored: Benchmark | None) -> dict[str, str]:
    if stored is None:
        is_rate = indicator is None or indicator.additive
        measure = Benchmark.Measure.RATE if is_rate else Benchmark.Measure.VALUE
        return dict.fromkeys(FIELDS, "") | {"measure": measure.value}
    return {
        "value": printed(stored),
        "decimals": str(stored.decimals),
        "measure": stored.measure,
        "as_of": stored.as_of.isoformat() if stored.as_of else "",
        "source": stored.source,
        "city_rate": decimal_text(stored.city_rate),
        "city_place": "" if stored.city_place is None else str(stored.city_place),
        "city_count": "" if stored.city_count is None else str(stored.city_count),
    }


def _day(text: str) -> datetime.date | None:
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise ValueRefused(f"截至“{text}”不是日期，请写成 2020-08-31。") from error


def _count(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII):
        raise ValueRefused(f"“{text}”不是整数。")
    return int(text)
