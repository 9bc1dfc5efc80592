"""居全省落后位次: what the province has published of the city, by its place among the cities, the last first."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db import connection

from livelihood.formats import MISSING, format_number, format_place_change, format_signed
from livelihood.workbooks import Column, Marked, Sheet, printed
from projects.models import Benchmark, Indicator, ReportingPeriod
from supervision.documents.sentences import below_sentence, compared_value, excluding_note, printed_value
from supervision.fund_standings import FundRate, FundStandings
from supervision.pages.charts import bars
from supervision.pages.fund_ranking import FundRankingPage
from supervision.pages.line_words import excluding_text, indicator_label
from supervision.pages.published import Published, previous_places, published_now, published_then
from supervision.scope import StandingsScope
from supervision.standings import Standings
from supervision.why_links import WhyLinks

#: The switch: the last N, the lower half, everything; and what stands for money among the categories.
LAST, HALF, ALL = "", "half", "all"
FUNDS = "funds"
#: How many items are drawn; the table holds all.
MOST_BARS = 20

# Place, the place of the period before and what our own figure differs by. Ours comes printed from the standings; the
# published one is rounded to the same decimals before it is held against it (R7).
PLACES = """
SELECT b.id, p.city_place AS previous_place, p.city_count AS previous_count,
       p.city_place - b.city_place AS place_change,
       b.city_count - b.city_place < %(last)s AS is_last, b.city_place * 2 > b.city_count AS is_lower_half,
       c.compared - ROUND(b.city_rate, c.decimals) AS difference
FROM {table} b
LEFT JOIN {previous_table} p ON p.{previous_key} = %(previous)s AND p.measure = b.measure
    AND (p.indicator_id = b.indicator_id OR p.fund_rate = b.fund_rate)
LEFT JOIN unnest(%(ids)s::bigint[], %(compared)s::numeric[], %(decimals)s::int[]) AS c (id, compared, decimals)
    ON c.id = b.id
WHERE b.id = ANY(%(ids)s::bigint[])
ORDER BY b.city_count - b.city_place NULLS LAST, b.city_place DESC, b.id
"""


@dataclass
class Item:
    """One published place: of an indicator, or of a rate of money; `whole` is our own line of it."""

    benchmark: Published
    indicator: Indicator | None
    rate: FundRate | None
    whole: dict | None

    @property
    def category(self) -> str:
        """Return the indicator's category, or what stands for money."""
        return FUNDS if self.indicator is None else self.indicator.category

    @property
    def compared(self) -> Decimal | None:
        """Return our own figure as it is held against the province's: the same measure, its decimals at most."""
        if self.whole is None or self.whole["benchmark"] is None:
            return None
        measure = Benchmark.Measure.RATE if self.rate else self.whole["benchmark_measure"]
        return self.whole["compared"] if measure == self.benchmark.measure else None


class ProvincialPage:
    """The published places of a period within a user's scope; `last` and `category` are the filters."""

    def __init__(
        self,
        standings: Standings,
        funds: FundStandings,
        scope: StandingsScope,
        *,
        last: str = LAST,
        category: str = "",
    ):
        self.standings, self.funds, self.scope = standings, funds, scope
        self.last, self.category = last, category
        self.period: ReportingPeriod = standings.period
        self.links = WhyLinks(self.period, standings.snapshot)
        snapshot = standings.snapshot
        self.benchmarks = published_then(standings, funds) if snapshot else published_now(self.period)
        self.items = {item.benchmark.pk: item for item in self._items()}
        self.places = self._places()
        self.chosen = [row for row in self.places if self._is_chosen(row)]

    def _items(self) -> Iterator[Item]:
        for row in self.benchmarks:
            if row.city_place is None:
                continue
            if row.fund_rate:
                rate = next((rate for rate in self.funds.rates if rate.code == row.fund_rate), None)
                if self.scope.everything and rate is not None:
                    yield Item(row, None, rate, rate.whole)
                continue
            indicator = self.standings.indicators.get(row.indicator_id)
            if indicator is not None and self.scope.sees_all_units(indicator):
                yield Item(row, indicator, None, self.standings.whole(indicator.pk))

    def _places(self) -> list[dict]:
        """Return what the database says of each item, the last of the cities first. Two queries."""
        items = self.items.values()
        snapshot = self.standings.snapshot
        table, key, previous = previous_places(self.period, snapshot)
        parameters = {
            "last": settings.PROVINCIAL_LAST,
            "previous": previous,
            "ids": [item.benchmark.pk for item in items],
            "compared": [item.compared for item in items],
            "decimals": [self._decimals(item) for item in items],
        }
        with connection.cursor() as cursor:
            cursor.execute(
                PLACES.format(
                    table="snapshot_place" if snapshot else "benchmark", previous_table=table, previous_key=key
                ),
                parameters,
            )
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _decimals(self, item: Item) -> int:
        """Return the decimals our own figure is held against the province's with (R7)."""
        own = item.indicator.decimals if item.benchmark.measure == Benchmark.Measure.VALUE else self.standings.decimals
        return min(own, item.benchmark.decimals)

    def _is_chosen(self, row: dict) -> bool:
        if self.category and self.items[row["id"]].category != self.category:
            return False
        return self._is_within(row, self.last)

    def _is_within(self, row: dict, last: str) -> bool:
        return last == ALL or bool(row["is_lower_half"] if last == HALF else row["is_last"])

    def counts(self) -> dict[str, int]:
        """Return how many items each position of the switch has, in the chosen category."""
        rows = [row for row in self.places if self.category in ("", self.items[row["id"]].category)]
        return {last: sum(1 for row in rows if self._is_within(row, last)) for last in (LAST, HALF, ALL)}

    def categories(self) -> list[tuple[str, str]]:
        """Return the categories there are, with their words."""
        words = {**dict(Indicator.Category.choices), FUNDS: "资金"}
        present = {item.category for item in self.items.values()}
        return [(code, label) for code, label in words.items() if code in present]

    @property
    def own_word(self) -> str:
        """Return how the programme's place calls itself: 本市."""
        return self.period.programme.owner.own_word

    @property
    def peer_word(self) -> str:
        """Return what the province counts the programme's place among: 市, 县."""
        return self.period.programme.owner.peer_word

    def chart(self) -> dict | None:
        """Return the chosen items as bars, the last of the cities first; None for fewer than two."""
        shown = [self.items[row["id"]] for row in self.chosen][:MOST_BARS]
        if len(shown) < 2:
            return None
        names = [self._names(item) for item in shown]
        last = {row["id"] for row in self.places if row["is_last"]}
        more = f"最靠后的{MOST_BARS}项，" if len(self.chosen) > MOST_BARS else ""
        return bars(
            "places",
            [f"{name['seq'] or ''} {name['label']}".strip()[:18] for name in names],
            [Decimal(item.benchmark.city_place) for item in shown],
            sentence=f"{more}各项{self.own_word}在全省的位次，越长越靠后；同样的数在下面的表里",
            tones=["red" if item.benchmark.pk in last else "blue" for item in shown],
            unit="名",
        )

    @property
    def without_place(self) -> int:
        """Return how many averages have no place of the city."""
        return sum(1 for row in self.benchmarks if row.city_place is None)

    @property
    def without_count(self) -> int:
        """Return how many items do not say among how many cities: nobody knows how far behind they are."""
        return sum(1 for item in self.items.values() if item.benchmark.city_count is None)

    def rows(self) -> list[dict]:
        """Return the chosen items written out, the last of the cities first."""
        return [self._row(self.items[row["id"]], row) for row in self.chosen]

    def _row(self, item: Item, row: dict) -> dict:
        benchmark, unit = item.benchmark, self._unit(item)
        difference = row["difference"]
        return self._names(item) | {
            "place": benchmark.city_place,
            "count": benchmark.city_count,
            "previous": row["previous_place"],
            "change": format_place_change(row["place_change"]),
            "is_down": row["place_change"] is not None and row["place_change"] < 0,
            "average": MISSING
            if benchmark.value is None
            else f"{format_number(benchmark.value, benchmark.decimals)}{unit}",
            "published": MISSING
            if benchmark.city_rate is None
            else f"{format_number(benchmark.city_rate, benchmark.decimals)}{unit}",
            "own": MISSING if item.compared is None else f"{format_number(item.compared, self._decimals(item))}{unit}",
            "excluding": self._excluding(item),
            "difference": format_signed(difference, self._decimals(item)) if difference is not None else MISSING,
            "is_different": bool(difference),
            "source": benchmark.words,
            "units": self._counties(item),
        }

    def _names(self, item: Item) -> dict:
        if item.indicator is None:
            rate = item.rate
            code = f"{rate.fund_kind}-{rate.measure}"
            names = {"seq": None, "project": "资金", "label": rate.label, "lead": MISSING, "pk": None, "rate": code}
            return names | {"why": self.links.fund(self._code(item), code), "why_average": ""}
        sub_project = item.indicator.sub_project
        return {
            "seq": sub_project.project.seq,
            "project": sub_project.project.name,
            "label": indicator_label(item.indicator),
            "lead": sub_project.lead_agency.name if sub_project.lead_agency else MISSING,
            "pk": item.indicator.pk,
            "rate": None,
            "why": self.links.figure(self._code(item), item.indicator.pk) if item.whole else "",
            "why_average": self.links.benchmark(item.indicator.pk),
        }

    def _code(self, item: Item) -> str:
        """Return the code of the whole, whose own line it is."""
        return self.standings.participants[item.whole["participant_id"]].code

    def _unit(self, item: Item) -> str:
        return item.indicator.unit if item.benchmark.measure == Benchmark.Measure.VALUE else "%"

    def _excluding(self, item: Item) -> str:
        """Return who is left out of our own sum (R5)."""
        if item.rate is None:
            return excluding_text(self.standings, item.whole)
        left_out = [
            *(self.funds.name(pk) for pk in item.whole["pooled_excluding"] or []),
            *(f"{self.funds.name(pk)}未报部分" for pk in item.whole["pooled_in_part"] or []),
        ]
        return excluding_note(left_out)

    def _counties(self, item: Item) -> str:
        """Return the list of R9, or where nobody is below the average, who is slowest."""
        below = item.rate.below() if item.rate else self.standings.below(item.indicator.pk)
        if below is None:
            return "这一版结果里没有这项全省平均，名单不列出。"
        if below:
            if item.rate:
                return FundRankingPage(self.funds, self.scope, item.rate, by_place=False).sentence()
            return below_sentence(self.standings, item.indicator.pk)
        lines = item.rate.units if item.rate else self.standings.lines[item.indicator.pk]
        placed = [row for row in lines if row["place"] is not None and row["rate"] is not None]
        if not placed:
            return "各单位没有可比的完成率。"
        last = max(row["place"] for row in placed)
        slowest = "、".join(self._named(item, row) for row in placed if row["place"] == last)
        return f"没有单位低于全省平均，最慢的是{slowest}。"

    def _named(self, item: Item, row: dict) -> str:
        name = self.standings.participants[row["participant_id"]].printed_name
        if row["compared"] is None:
            return name
        if item.rate:
            return f"{name}{printed_value(row['compared'], self._decimals(item))}%"
        return name + compared_value(row, item.indicator.unit, self.standings.decimals)

    def sheet(self, *, facts: str) -> Sheet:
        """Return the chosen items as a sheet."""
        number, of_count = {"is_number": True}, f"参评{self.peer_word}数"
        return Sheet(
            name="居全省落后位次",
            title=f"{self.period.label}居全省落后位次",
            columns=[
                *(Column("序号", 6), Column("项目", 22), Column("指标", 26), Column("牵头单位", 18)),
                *(Column((f"{self.own_word}位次", name), 8, **number) for name in ("本期", of_count, "上期", "变化")),
                *(Column(name, 11, **number) for name in self._compared_names()),
                *(Column("口径", 8), Column("来源", 30), Column("低于全省平均或最慢的单位", 60)),
            ],
            rows=(self._sheet_row(self.items[row["id"]], row) for row in self.chosen),
            facts=facts,
            is_demo=self.period.programme.is_demo,
            frozen=3,
            notes=[f"{self.own_word}合计：本系统各单位之和算出的数（规则R6）；与公布数不一致的，相差一栏为红色。"],
        )

    def _compared_names(self) -> tuple[str, ...]:
        return "全省平均", f"{self.own_word}公布数", f"{self.own_word}合计", "相差"

    def _sheet_row(self, item: Item, row: dict) -> list:
        said, benchmark = self._row(item, row), item.benchmark
        decimals, own = benchmark.decimals, self._decimals(item)
        published = None if benchmark.city_rate is None else printed(benchmark.city_rate, decimals)
        return [
            *(said["seq"], said["project"], said["label"], said["lead"]),
            *(benchmark.city_place, benchmark.city_count, row["previous_place"], row["place_change"]),
            None if benchmark.value is None else printed(benchmark.value, decimals),
            published,
            None if item.compared is None else printed(item.compared, own),
            Marked(
                None if row["difference"] is None else printed(row["difference"], own),
                "red" if row["difference"] else "",
            ),
            *(self._unit(item), said["source"], said["units"]),
        ]
