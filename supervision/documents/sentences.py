"""Sentences as official papers print them (R4, R5, R8, R9): words around values that come printed.

Nothing is computed or rounded here: a rate, place or order is what the standings statement returned.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from livelihood.formats import format_number, format_ordinal
from supervision.standings import Standings


def printed_value(value: Decimal, decimals: int) -> str:
    """A number in a sentence: at least `decimals` places, − for minus, no thousands separators."""
    return format_number(value, decimals).replace(",", "")


def whole_name(standings: Standings) -> str:
    """全市, or how the whole of the programme is called in print: its participant's printed name."""
    names = [row.printed_name for row in standings.participants.values() if row.kind == "whole"]
    return names[0] if names else standings.period.programme.owner.name


def place_word(place: int, style: str = "names") -> str:
    """第三名, or in the style of numbers 3、 (R8)."""
    return f"{place}、" if style == "numbers" else format_ordinal(place)


def places_sentence(
    places: Iterable[tuple[int, Sequence[str]]], unplaced: Sequence[str] = (), *, style: str = "names"
) -> str:
    """第一名颍东区；第三名金安区、裕安区；第五名叶集区。 (R8). Units without a place stand behind (R13).

    `places`: (place, names in official order), ascending. "" when there is nobody at all. In the style of numbers
    1、颍东区；3、金安区、裕安区；5、叶集区。
    """
    parts = [f"{place_word(place, style)}{'、'.join(names)}" for place, names in places]
    if unplaced:
        parts.append(f"未报送（不参加排名）：{'、'.join(unplaced)}")
    return "；".join(parts) + "。" if parts else ""


def first_and_last(places: dict[int, list], count: int) -> tuple[dict[int, list], dict[int, list]]:
    """Return the first so many places and the last; tied units that reach into the last ones are all among them.

    `places`: place → who has it, ascending. The last never repeat the first.
    """
    number = sum(map(len, places.values()))
    first = {place: rows for place, rows in places.items() if place <= count}
    last = {place: rows for place, rows in places.items() if place > count and place + len(rows) - 1 > number - count}
    return first, last


def below_list_sentence(
    *, name: str, benchmark: str, units: Sequence[tuple[str, str]], higher_is_worse: bool = False
) -> str:
    """支付率低于全省（67.3%）平均进度的有：高新区41.8%，市本级51.4%。 (R9). "" for an empty list.

    `benchmark` and the units' figures carry their own unit; equal figures are not joined. By value and
    at_most the worse ones are higher: 高于全省（4.3%）平均水平的有.
    """
    if not units:
        return ""
    side = "高于全省" if higher_is_worse else "低于全省"
    noun = "平均水平" if higher_is_worse else "平均进度"
    return f"{name}{side}（{benchmark}）{noun}的有：{'，'.join(unit + figure for unit, figure in units)}。"


def excluding_note(names: Sequence[str]) -> str:
    """（不含金寨县、霍山县）, or nothing when nobody is left out (R5)."""
    return f"（不含{'、'.join(names)}）" if names else ""


def pooled_sentence(
    *, whole: str, rate: str | None, excluding: Sequence[str] = (), with_missing: str | None = None
) -> str:
    """全市74.00%。 or 全市（不含湘西州）76.33%，未报送单位的任务计入分母为72.00%。 (R5). "" without a rate."""
    if rate is None:
        return ""
    second = f"，未报送单位的任务计入分母为{with_missing}" if with_missing is not None else ""
    return f"{whole}{excluding_note(excluding)}{rate}{second}。"


def counted_groups(counts: Iterable[tuple[str, int]]) -> str:
    """超额完成1项、已完成5项、未达时序19项: only groups that have somebody (R15)."""
    return "、".join(f"{word}{count}项" for word, count in counts if count)


def compared_decimals(line: dict, decimals: int) -> int:
    """How many places a line's compared value is printed with: never more than the province's (R7)."""
    own = line["value_decimals"] if line["benchmark_measure"] == "value" else decimals
    return min(own, line["benchmark_decimals"])


def compared_value(line: dict, unit: str, decimals: int) -> str:
    """The value that was compared, as printed in the list: 41.8%, or by value in the indicator's unit."""
    return printed_value(line["compared"], compared_decimals(line, decimals)) + _unit_of(line, unit)


def benchmark_value(line: dict, unit: str) -> str:
    """The provincial average as the province published it, with its own decimals."""
    return printed_value(line["benchmark"], line["benchmark_decimals"]) + _unit_of(line, unit)


def is_higher_worse(line: dict) -> bool:
    """By value, a figure that should be low is worse when it is more."""
    return line["benchmark_measure"] == "value" and line["direction"] == "at_most"


def below_sentence(standings: Standings, indicator_id: int, *, name: str | None = None) -> str:
    """The sentence of R9 for one indicator; "" without a provincial average or with nobody below it."""
    rows = standings.below(indicator_id)
    if not rows:
        return ""
    indicator = standings.indicators[indicator_id]
    return below_list_sentence(
        name=name or indicator.name,
        benchmark=benchmark_value(rows[0], indicator.unit),
        units=[
            (
                standings.participants[row["participant_id"]].printed_name,
                compared_value(row, indicator.unit, standings.decimals),
            )
            for row in rows
        ],
        higher_is_worse=is_higher_worse(rows[0]),
    )


def overall_places(standings: Standings) -> tuple[dict[int, list[dict]], list[dict]] | None:
    """Return place → rows in official order, ascending, and the rows without a place; None without a scheme (R13)."""
    rows = standings.overall()
    if rows is None:
        return None
    order = {pk: index for index, pk in enumerate(standings.participants)}
    rows = sorted(rows, key=lambda row: (row["place"] or 0, order[row["participant_id"]]))
    places: dict[int, list[dict]] = {}
    for row in rows:
        if row["place"] is not None:
            places.setdefault(row["place"], []).append(row)
    return places, [row for row in rows if row["place"] is None]


def name_in_ranking(standings: Standings, row: dict) -> str:
    """A unit's name with 因任务调整 where a target change moved its place (R19)."""
    name = standings.participants[row["participant_id"]].printed_name
    return f"{name}（因任务调整）" if row["target_adjusted"] else name


def _unit_of(line: dict, unit: str) -> str:
    return unit if line["benchmark_measure"] == "value" else "%"
