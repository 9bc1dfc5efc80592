"""居全省后N位的项目: by the place the province had published at the close, the last first, with the units behind."""

from collections import defaultdict

from django.conf import settings
from django.db.models import F

from projects.models import Indicator
from supervision.documents.paper import Column, Paragraph, Part, Sentence, Source, Table, linked, paper_quotes
from supervision.documents.project_words import indicator_name, lead_sentence
from supervision.documents.remainder import LAST_TITLE, MOST, remainder
from supervision.documents.sections import Option
from supervision.models import SnapshotPlace

LAST = Option("last", "居全省后几位", str(settings.PROVINCIAL_LAST), largest=20)
#: More units behind than this are counted, the first ones named.
NAMED = 10


def last_frozen(source: Source, last: int):
    """Return the frozen places of the city among the last so many, the very last first."""
    return SnapshotPlace.objects.filter(snapshot=source.snapshot, city_count__lt=F("city_place") + last).order_by(
        F("city_count") - F("city_place"), "-city_place", "indicator_id", "fund_rate", "measure"
    )


def among_last(source: Source, last: int) -> set[int]:
    """Return the indicators in which the city is among the last so many of its province."""
    return set(last_frozen(source, last).exclude(indicator=None).values_list("indicator_id", flat=True))


def last_places(source: Source, options: dict[str, str]) -> list[Paragraph] | None:
    """A paragraph per project; nothing where the province had published no place at all."""
    if not source.snapshot.places.exists():
        return None
    last, most = int(options[LAST.code]), int(options[MOST.code])
    spoken = _spoken(source, last)
    grouped: dict[int, list[SnapshotPlace]] = defaultdict(list)
    money = []
    for row in spoken[:most]:
        if row.indicator_id is None:
            money.append(_money(source, row))
        else:
            grouped[_indicator(source, row).sub_project.project_id].append(row)
    paragraphs = []
    for rows in grouped.values():
        indicators = [_indicator(source, row) for row in rows]
        project = indicators[0].sub_project.project
        lead = lead_sentence(indicators, code=f"project{project.seq}")
        sentences = [lead] if lead else []
        sentences += [_item(source, row, indicator) for row, indicator in zip(rows, indicators, strict=True)]
        paragraphs.append(Paragraph(sentences, label=paper_quotes(project.name)))
    if money:
        paragraphs.append(Paragraph(money, label="资金"))
    if not paragraphs:
        return [Paragraph([Sentence(f"本期没有居全省后{last}位的项目。", code="none")])]
    return [*paragraphs, *remainder(len(spoken[most:]), "项指标", LAST_TITLE, "provincial")]


def more_last_places(source: Source, options: dict[str, str]) -> list[Table] | None:
    """The places among the last the text leaves out, with the lead agency of each."""
    rest = _spoken(source, int(options[LAST.code]))[int(options[MOST.code]) :]
    rows, behind = [], []
    for row in rest:
        is_money = row.indicator_id is None
        indicator = None if is_money else _indicator(source, row)
        lead = indicator.sub_project.lead_agency if indicator else None
        sentence = _money(source, row) if is_money else _item(source, row, indicator)
        rows.append(
            [
                str(indicator.sub_project.project.seq) if indicator else "资金",
                sentence.text,
                lead.name if lead else "—",
            ]
        )
        behind.append(["", "provincial", ""])
    if not rows:
        return None
    columns = [Column("项目", 14), Column("位次和进度较慢的单位", 102, "left"), Column("牵头单位", 40, "left")]
    note = f"（{source.period.label}；正文未列的，最后的在前）"
    return [Table(LAST_TITLE, columns, rows, note=note, is_landscape=False, behind=behind)]


def _spoken(source: Source, last: int) -> list[SnapshotPlace]:
    """Return the last places the paper can speak of: of its indicators, of rates of money its snapshot has."""
    indicators = set(source.indicators)
    rates = set() if source.project else {rate.code for rate in source.funds.rates}
    return [row for row in last_frozen(source, last) if row.indicator_id in indicators or row.fund_rate in rates]


def _indicator(source: Source, row: SnapshotPlace) -> Indicator:
    return source.standings.indicators[row.indicator_id]


def _place(source: Source, row: SnapshotPlace) -> tuple[str, Part]:
    """居全省16个市第15位, of a county's programme 居全省61个县第50位."""
    before = f"居全省{row.city_count}个{source.period.programme.owner.peer_word}第"
    return f"{before}{row.city_place}位", Part(str(row.city_place), "provincial", "city_place", name=before)


def _item(source: Source, row: SnapshotPlace, indicator: Indicator) -> Sentence:
    below = source.standings.below(indicator.pk)
    rows, word = below or [], "进度较慢的为"
    if below == []:
        rows, word = _slowest(source.standings.lines[indicator.pk]), "各单位均不低于全省平均，最慢的为"
    return _sentence(source, row, indicator_name(indicator), rows, word, code=f"indicator{indicator.pk}-{row.measure}")


def _money(source: Source, row: SnapshotPlace) -> Sentence:
    rate = next(rate for rate in source.funds.rates if rate.code == row.fund_rate)
    return _sentence(source, row, rate.label, rate.below() or [], "较低的为", code=f"fund-{row.fund_rate}")


def _slowest(lines: list[dict]) -> list[dict]:
    """Return the units of the last place of an indicator."""
    placed = [row for row in lines if row["place"] is not None]
    return [row for row in placed if row["place"] == max(other["place"] for other in placed)]


def _sentence(source: Source, row: SnapshotPlace, name: str, units: list[dict], word: str, *, code: str) -> Sentence:
    words, place = _place(source, row)
    is_money = row.indicator_id is None
    names = [source.name(unit["participant_id"]) for unit in units]
    behind = source.behind_fund if is_money else source.behind
    figures = [
        place,
        *(Part(name, behind(unit), "rate") for name, unit in zip(names[:NAMED], units[:NAMED], strict=True)),
    ]
    more = f"等{len(names)}个单位" if len(names) > NAMED else ""
    text = f"{name}{words}{f'，{word}' if names else ''}{'、'.join(names[:NAMED])}{more}。"
    ids = {"funds": source.fund_ids(units)} if is_money else {"lines": source.ids(units)}
    return linked(text, figures, code=code, **ids)
