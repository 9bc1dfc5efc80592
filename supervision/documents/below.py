"""低于全省平均进度的项目: per project with its lead agency, per indicator the sentence of R9; the rest in a table."""

from collections import defaultdict
from collections.abc import Iterator

from livelihood.models import Region
from projects.models import Benchmark, Indicator
from supervision.documents.paper import Column, Paragraph, Part, Sentence, Source, Table, linked, paper_quotes
from supervision.documents.project_words import indicator_name, lead_sentence
from supervision.documents.provincial import among_last
from supervision.documents.sections import Option
from supervision.documents.sentences import (
    below_sentence,
    benchmark_value,
    compared_value,
    pooled_sentence,
    printed_value,
)

TABLE = "table_below"
TABLE_TITLE = "低于全省平均进度的其他指标"
UNITS_PER_ROW = 30
SCOPE = Option("scope", "列哪些项目", "city", (("city", "本级低于全省平均或居后几位的"), ("all", "有单位低于的都列出")))
LAST = Option("last", "居全省后几位", "3", largest=20)
LARGEST = Option("largest", "正文最多列几项指标", "4", largest=200, smallest=0)


class Lists:
    """The indicators with a provincial average: those for the text, and those for the table behind it.

    `here` and `elsewhere`: indicators with a list, in printed order. Of the latter `unknown` are those whose whole
    leaves units out, so that nobody can say whether it is below (R5); `more` those the text has no room for.
    """

    def __init__(self, source: Source, options: dict[str, str]):
        standings = source.standings
        listed, self.nobody = [], 0
        for pk in source.indicators:
            below = standings.below(pk)
            if below:
                listed.append(pk)
            elif below is not None:
                self.nobody += 1
        self.published = len(listed) + self.nobody
        self.without = len(source.indicators) - self.published
        is_province = source.period.programme.owner.kind == Region.Kind.PROVINCE
        if is_province or options[SCOPE.code] == "all":
            chosen, room = listed, len(listed)
        else:
            last = among_last(source, int(options[LAST.code]))
            chosen = [pk for pk in listed if pk in last or standings.whole(pk)["below_benchmark"]]
            chosen.sort(key=lambda pk: (pk not in last, _gap(standings.whole(pk))))
            room = int(options[LARGEST.code])
        self.more = set(chosen[room:])
        self.here = [pk for pk in listed if pk in set(chosen[:room])]
        self.elsewhere = [pk for pk in listed if pk not in set(chosen[:room])]
        self.unknown = [pk for pk in self.elsewhere if standings.whole(pk)["below_benchmark"] is None]


def _gap(whole: dict) -> tuple:
    """Order wholes by how far they are below, in 个百分点; those compared by value stand behind."""
    is_rate = whole["benchmark_measure"] == Benchmark.Measure.RATE
    return not is_rate, whole["gap_to_benchmark"] or 0


def below_average(source: Source, options: dict[str, str]) -> list[Paragraph]:
    """The chapter: where the city is below the province or among its last, or everything."""
    lists = Lists(source, options)
    listed: dict[int, list[int]] = defaultdict(list)
    for pk in lists.here:
        listed[source.standings.indicators[pk].sub_project.project_id].append(pk)
    return [*(_project_paragraph(source, pks) for pks in listed.values()), *_rest(source, lists)]


def _project_paragraph(source: Source, indicator_ids: list[int]) -> Paragraph:
    indicators = [source.standings.indicators[pk] for pk in indicator_ids]
    project = indicators[0].sub_project.project
    sentences = [lead] if (lead := lead_sentence(indicators, code=f"project{project.seq}")) else []
    for indicator in indicators:
        sentences.append(list_sentence(source, indicator))
        whole = source.standings.whole(indicator.pk)
        if whole["pooled_excluding"]:
            sentences.append(pooled_of(source, whole))
    return Paragraph(sentences, label=paper_quotes(project.name))


def list_sentence(source: Source, indicator: Indicator) -> Sentence:
    """The sentence of R9 with every figure linked: the average to its source, each unit's to its line."""
    standings = source.standings
    rows = standings.below(indicator.pk)
    average = benchmark_value(rows[0], indicator.unit)
    name = indicator_name(indicator)
    return linked(
        below_sentence(standings, indicator.pk, name=name),
        [
            Part(average, f"average:{indicator.pk}", "benchmark", name="全省（"),
            *(source.figure(compared_value(row, indicator.unit, standings.decimals), row, "compared") for row in rows),
        ],
        code=f"indicator{indicator.pk}",
        lines=source.ids(rows),
    )


def pooled_of(source: Source, whole: dict) -> Sentence:
    """The total of an additive indicator with who is left out, and with their targets kept (R5)."""
    decimals = source.standings.decimals

    def percent(value):
        return None if value is None else f"{printed_value(value, decimals)}%"

    rate, second = percent(whole["rate"]), percent(whole["rate_with_missing"])
    text = pooled_sentence(
        whole=source.whole_name(),
        rate=rate,
        excluding=[source.name(pk) for pk in whole["pooled_excluding"] or []],
        with_missing=second,
    )
    columns = [(rate, "rate"), (second, "rate_with_missing")]
    parts = [source.figure(figure, whole, column) for figure, column in columns if figure is not None]
    return linked(text, parts if text else [], code=f"pooled{whole['indicator_id']}", lines=source.ids([whole]))


def _rest(source: Source, lists: Lists) -> list[Paragraph]:
    """Say what the lists do not cover: no yardstick is no list, not an empty one (R10)."""
    if not lists.published:
        return [Paragraph([Sentence("本期全省平均进度尚未公布，名单暂不列出。", code="rest")])]
    more = len(lists.more.difference(lists.unknown))
    level, parts = len(lists.elsewhere) - len(lists.unknown) - more, []
    counts = [more, level, len(lists.unknown), lists.nobody, lists.without]
    if more:
        parts.append(f"{more}项指标，{source.whole_name()}低于全省平均进度")
    if level:
        parts.append(f"{level}项指标，{source.whole_name()}不低于全省平均进度、有单位低于")
    if lists.unknown:
        parts.append(f"{len(lists.unknown)}项指标，{source.whole_name()}数不全或没有、不作比较，有单位低于")
    where = f"（名单见附件“{TABLE_TITLE}”）" if parts and TABLE in source.attached else ""
    parts = [*parts[:-1], f"{parts[-1]}{where}"] if parts else []
    if lists.nobody:
        parts.append(f"{lists.nobody}项指标，各单位均不低于全省平均进度")
    if lists.without:
        parts.append(f"{lists.without}项指标的全省平均未公布，不列名单")
    if not parts:
        return []
    head = "另有" if lists.here else "有" if lists.elsewhere or lists.nobody else ""
    figures = [Part(f"{count}项", "ranking", "indicators") for count in counts if count]
    return [Paragraph([linked(f"{head}{'；'.join(parts)}。", figures, code="rest")])]


def below_table(source: Source, options: dict[str, str]) -> list[Table] | None:
    """The lists the text leaves out: the same sentences' figures, a row per indicator."""
    elsewhere = Lists(source, options).elsewhere
    if not elsewhere:
        return None
    rows, behind = [], []
    for pk in elsewhere:
        for row, refs in _table_rows(source, source.standings.indicators[pk]):
            rows.append(row)
            behind.append(refs)
    return [
        Table(
            title=TABLE_TITLE,
            note=f"（{source.period.label}；有单位低于全省平均、正文未列的指标；最低的在前）",
            columns=[
                Column("项目", 10),
                Column("指标", 44, "left"),
                Column("牵头单位", 28, "left"),
                Column("全省平均", 20, "right"),
                Column(source.whole_name(), 18, "right"),
                Column("低于全省平均的单位", 105, "left"),
            ],
            rows=rows,
            behind=behind,
        )
    ]


def _table_rows(source: Source, indicator: Indicator) -> Iterator[tuple[list[str], list[str]]]:
    """Yield an indicator's rows: a row is not broken by the end of a sheet, so a long list has several."""
    standings = source.standings
    below, whole = standings.below(indicator.pk), standings.whole(indicator.pk)
    lead = indicator.sub_project.lead_agency
    is_by_value = below[0]["benchmark_measure"] == Benchmark.Measure.VALUE
    own = None if whole is None else whole["compared"] if is_by_value else whole["rate"]
    decimals = indicator.decimals if is_by_value else standings.decimals
    units = [
        source.name(row["participant_id"]) + compared_value(row, indicator.unit, standings.decimals) for row in below
    ]
    cells = [
        str(indicator.sub_project.project.seq),
        indicator_name(indicator),
        lead.name if lead else "—",
        benchmark_value(below[0], indicator.unit),
        "—" if own is None else f"{printed_value(own, decimals)}{indicator.unit if is_by_value else '%'}",
    ]
    place = f"indicator:{indicator.pk}"
    first = ["", place, "", f"average:{indicator.pk}", source.behind(whole) if whole else ""]
    for start in range(0, len(units), UNITS_PER_ROW):
        listed = "，".join(units[start : start + UNITS_PER_ROW])
        if start == 0:
            yield [*cells, listed], [*first, place]
        else:
            yield ["", f"{indicator_name(indicator)}（续）", "", "", "", listed], ["", place, "", "", "", place]
