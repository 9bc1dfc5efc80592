"""What a unit of the year's list must satisfy, beside the others; the same for the page and for a workbook.

A row is a mapping: printed_name, short_names, kind, ranked, region (code), agency (name, or anything that stands for
it), place (words for the region or agency), joins_on, leaves_on, all but the first optional.
"""

from collections.abc import Iterable, Iterator

from livelihood.formats import format_date
from projects.models import Participant

Kind = Participant.Kind
NAME_LENGTH = Participant._meta.get_field("printed_name").max_length


def unit_faults(row: dict, others: Iterable[dict], *, owner: str, year: int | None) -> Iterator[str]:
    """Yield what is wrong with a unit, one Chinese sentence each.

    `others` are the units before it or beside it in the list; `owner` is the code of the programme's own region.
    """
    name, kind = row["printed_name"], row.get("kind") or Kind.UNIT
    others = list(others)
    if row.get("ranked") and kind != Kind.UNIT and kind in Kind.values:
        yield f"{name}是{Kind(kind).label}，不参加综合排名；请去掉“参加综合排名”。"
    if same := next((other for other in others if _is_same(row, other, owner)), None):
        place = same.get("place") or row.get("place")
        yield f"{name}和{same['printed_name']}是同一个单位（{place}），一个单位只占一个次序。"
    for own in dict.fromkeys([name, *row.get("short_names", [])]):
        for other in others:
            if own == other["printed_name"] and own != name:
                yield f"{name}的简称“{own}”是另一个单位的印发名称，不能再用。"
            elif own == other["printed_name"]:
                yield f"“{own}”已经在名单里，不能再用。"
            elif own in other.get("short_names", []):
                yield f"“{own}”已经是{other['printed_name']}的简称，不能再用。"
        if len(own) > NAME_LENGTH:
            yield f"{name[:20]}的名称“{own[:20]}…”太长，最多{NAME_LENGTH}字。"
    yield from _day_faults(row, name, kind, year)


def _day_faults(row: dict, name: str, kind: str, year: int | None) -> Iterator[str]:
    joins_on, leaves_on = row.get("joins_on"), row.get("leaves_on")
    if kind == Kind.WHOLE and (joins_on or leaves_on):
        yield f"{name}是全域，全年都在，不填加入和退出日期。"
    for label, day in (("加入", joins_on), ("退出", leaves_on)):
        if day and year and day.year != year:
            yield f"{name}的{label}日期{format_date(day)}不在{year}年度；全年都在的不填。"
    if joins_on and leaves_on and leaves_on < joins_on:
        yield f"{name}的退出日期{format_date(leaves_on)}早于加入日期{format_date(joins_on)}。"


def _is_same(one: dict, other: dict, owner: str) -> bool:
    """Tell whether both are one place, or one agency: hospitals of the owner's own place differ by their agency."""
    if (one.get("kind") or Kind.UNIT) != Kind.UNIT or (other.get("kind") or Kind.UNIT) != Kind.UNIT:
        return False
    region, agency = one.get("region"), one.get("agency")
    same_agency = bool(agency) and agency == other.get("agency")
    if region and region == other.get("region") and region != owner:
        return same_agency or not agency or not other.get("agency")
    return same_agency and region == other.get("region")
