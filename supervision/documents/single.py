"""单项: one project's indicators, each with its total, its places and the units below the province."""

from projects.models import Indicator
from supervision.documents.below import list_sentence
from supervision.documents.paper import Paragraph, Part, Sentence, Source, linked
from supervision.documents.project_words import indicator_name, lead_sentence
from supervision.documents.sentences import excluding_note, first_and_last, place_word, printed_value


def single(source: Source, options: dict[str, str]) -> list[Paragraph]:
    """A paragraph per indicator of the paper's project; a project without any says so."""
    indicators = [source.standings.indicators[pk] for pk in source.indicators]
    if not indicators:
        return [Paragraph([Sentence("这个项目没有按数填报的指标。", code="none")])]
    lead = lead_sentence(indicators, code="project")
    paragraphs = [Paragraph([lead])] if lead else []
    for indicator in indicators:
        found = [_whole(source, indicator), *_places(source, indicator, options)]
        if source.standings.below(indicator.pk):
            found.append(list_sentence(source, indicator))
        paragraphs.append(Paragraph([one for one in found if one], label=indicator_name(indicator)))
    return [paragraph for paragraph in paragraphs if paragraph.sentences]


def _whole(source: Source, indicator: Indicator) -> Sentence | None:
    """全市年度任务300公里，已完成210公里，完成率70.00%。"""
    whole = source.standings.whole(indicator.pk)
    if whole is None:
        return None
    left_out = excluding_note([source.name(pk) for pk in whole["pooled_excluding"] or []])
    words, parts = [], []
    for word, column, decimals, unit in (
        ("年度任务", "shown_target", indicator.decimals, indicator.unit),
        ("已完成", "shown_value", indicator.decimals, indicator.unit),
        ("完成率", "rate", source.standings.decimals, "%"),
    ):
        if whole[column] is not None:
            figure = f"{printed_value(whole[column], decimals)}{unit}"
            words.append(f"{word}{figure}")
            parts.append(Part(figure, source.behind(whole), column, name=word))
    if not words:
        return None
    text = f"{source.whole_name()}{left_out}{'，'.join(words)}。"
    return linked(text, parts, code=f"whole{indicator.pk}", lines=source.ids([whole]))


def _places(source: Source, indicator: Indicator, options: dict[str, str]) -> list[Sentence]:
    """第一名甲县80.00%；第二名乙县、丙县60.00%。 Then who has no task and who did not report (R4, R5, R8)."""
    rows = [row for row in source.standings.lines[indicator.pk] if row["participant_kind"] != "whole"]
    places: dict[int, list[dict]] = {}
    for row in sorted((row for row in rows if row["place"]), key=lambda row: row["place"]):
        places.setdefault(row["place"], []).append(row)
    count = int(options["count"])
    shown = [("", places)]
    is_cut = options["form"] == "ends" and sum(map(len, places.values())) > 2 * count
    if is_cut:
        shown = zip(("居前的有：", "居后的有："), first_and_last(places, count), strict=True)
    texts, parts = [], []
    for head, some in shown:
        words = []
        for place, same in some.items():
            names = [source.name(row["participant_id"]) for row in same]
            rate = same[0]["rate"]
            figure = "达标" if rate is None else f"{printed_value(rate, source.standings.decimals)}%"
            words.append(f"{place_word(place, options['style'])}{'、'.join(names)}{figure}")
            parts += [Part(name, source.behind(row), "place") for name, row in zip(names, same, strict=True)]
            parts.append(Part(figure, source.behind(same[0]), "rate"))
        texts += [f"{head}{'；'.join(words)}。"] if words else []
    left = []
    for status, word in (("not_reported", "未报送"), ("no_task", "无任务")):
        names = [source.name(row["participant_id"]) for row in rows if row["status"] == status]
        left += [f"{word}：{'、'.join(names)}"] if names else []
    texts += [f"{'；'.join(left)}。"] if left else []
    if is_cut and "table_indicators" in source.attached:
        texts.append("全部名次见附件“各单位分指标完成率表”。")
    if not texts:
        return []
    return [linked("".join(texts), parts, code=f"places{indicator.pk}", lines=source.ids(rows))]
