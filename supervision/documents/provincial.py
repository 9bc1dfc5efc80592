"""居全省后N位的项目: by the place the province published, the last first, with the units behind."""

from collections import defaultdict

from django.conf import settings
from django.db.models import F

from projects.models import Benchmark, Indicator
from supervision.documents.paper import Paragraph, Part, Sentence, Source, linked, paper_quotes
from supervision.documents.project_words import indicator_name, lead_sentence
from supervision.documents.sections import Option

LAST = Option("last", "居全省后几位", str(settings.PROVINCIAL_LAST), largest=20)
#: More units behind than this are counted, the first ones named.
NAMED = 10


def last_benchmarks(source: Source, last: int):
    """Return the averages with a place of the city among the last so many, the very last first."""
    return (
        Benchmark.objects.filter(period=source.period, city_place__isnull=False)
        .filter(city_count__lt=F("city_place") + last)
        .order_by(F("city_count") - F("city_place"), "-city_place", "pk")
    )


def among_last(source: Source, last: int) -> set[int]:
    """Return the indicators in which the city is among the last so many of its province."""
    return set(last_benchmarks(source, last).exclude(indicator=None).values_list("indicator_id", flat=True))


def last_places(source: Source, options: dict[str, str]) -> list[Paragraph] | None:
    """A paragraph per project; nothing where the province published no place at all."""
    if not Benchmark.objects.filter(period=source.period, city_place__isnull=False).exists():
        return None
    last = int(options[LAST.code])
    spoken = set(source.indicators)
    grouped: dict[int, list[tuple[Benchmark, Indicator]]] = defaultdict(list)
    money = []
    for row in last_benchmarks(source, last):
        if row.indicator_id in spoken:
            indicator = source.standings.indicators[row.indicator_id]
            grouped[indicator.sub_project.project_id].append((row, indicator))
        elif row.fund_rate and source.project is None:
            money += _money(source, row)
    paragraphs = []
    for rows in grouped.values():
        project = rows[0][1].sub_project.project
        lead = lead_sentence([indicator for _, indicator in rows], code=f"project{project.seq}")
        sentences = [lead] if lead else []
        sentences += [_item(source, row, indicator) for row, indicator in rows]
        paragraphs.append(Paragraph(sentences, label=paper_quotes(project.name)))
    if money:
        paragraphs.append(Paragraph(money, label="资金"))
    return paragraphs or [Paragraph([Sentence(f"本期没有居全省后{last}位的项目。", code="none")])]


def _place(source: Source, row: Benchmark) -> tuple[str, Part]:
    """居全省16个市第15位, of a county's programme 居全省61个县第50位."""
    before = f"居全省{row.city_count}个{source.period.programme.owner.peer_word}第"
    return f"{before}{row.city_place}位", Part(str(row.city_place), "provincial", "city_place", name=before)


def _item(source: Source, row: Benchmark, indicator: Indicator) -> Sentence:
    below = source.standings.below(indicator.pk)
    rows, word = below or [], "进度较慢的为"
    if below == []:
        rows, word = _slowest(source.standings.lines[indicator.pk]), "各单位均不低于全省平均，最慢的为"
    return _sentence(source, row, indicator_name(indicator), rows, word, code=f"indicator{indicator.pk}-{row.measure}")


def _money(source: Source, row: Benchmark) -> list[Sentence]:
    rate = next((rate for rate in source.funds.rates if rate.code == row.fund_rate), None)
    if rate is None:
        return []
    return [_sentence(source, row, rate.label, rate.below() or [], "较低的为", code=f"fund-{row.fund_rate}")]


def _slowest(lines: list[dict]) -> list[dict]:
    """Return the units of the last place of an indicator."""
    placed = [row for row in lines if row["place"] is not None]
    return [row for row in placed if row["place"] == max(other["place"] for other in placed)]


def _sentence(source: Source, row: Benchmark, name: str, units: list[dict], word: str, *, code: str) -> Sentence:
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
