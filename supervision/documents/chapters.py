"""The chapters of a bulletin that are not about single indicators: places, returns, findings, supervision, demands."""

from livelihood.formats import STATES
from projects.models import ReportingPeriod
from supervision.documents.paper import Paragraph, Part, Sentence, Source, linked
from supervision.documents.sections import Option, findings_of, supervised_of
from supervision.documents.sentences import (
    first_and_last,
    name_in_ranking,
    overall_places,
    place_word,
    places_sentence,
)
from supervision.documents.standing_text import DEMANDS
from supervision.documents.submissions import submissions_of

RANKING = (
    Option("form", "名次", "all", (("all", "全部"), ("ends", "只列前几名和后几名"))),
    Option("count", "前后各几名", "3", largest=20),
    Option("style", "写法", "names", (("names", "第一名甲县；"), ("numbers", "1、甲县；"))),
)


def ranking(source: Source, options: dict[str, str]) -> list[Paragraph] | None:
    """综合排名: only with a scheme (R13), ties as in R8."""
    found = overall_places(source.standings)
    if found is None or not any(found):
        return None
    places, unplaced = found
    number, count = sum(map(len, places.values())), int(options["count"])
    if options["form"] == "all" or number <= 2 * count:
        return [Paragraph([_places(source, places, unplaced, options["style"], code="places")])]
    first, last = first_and_last(places, count)
    sentences = [
        _places(source, first, [], options["style"], code="first", head="居前的有："),
        _places(source, last, unplaced, options["style"], code="last", head="居后的有："),
    ]
    if "table_projects" in source.attached:
        sentences.append(Sentence("全部名次见附件“各单位分项目进度表”。", code="all"))
    return [Paragraph(sentences)]


def _places(source: Source, places: dict, unplaced: list[dict], style: str, *, code: str, head: str = "") -> Sentence:
    """Each unit's name leads to why it has its place."""
    standings, figures = source.standings, []
    for place, rows in places.items():
        word = place_word(place, style)
        for nth, row in enumerate(rows):
            unit = standings.participants[row["participant_id"]]
            before = word if nth == 0 else ""
            figures.append(Part(f"{before}{unit.printed_name}", f"overall:{unit.code}", "place"))
    text = places_sentence(
        [(place, [name_in_ranking(standings, row) for row in rows]) for place, rows in places.items()],
        [name_in_ranking(standings, row) for row in unplaced],
        style=style,
    )
    return linked(f"{head}{text}", figures, code=code)


def submission(source: Source, options: dict[str, str]) -> list[Paragraph]:
    """报送情况: how many were in time, who was late by how much, who did not report."""
    rows = submissions_of(source)
    month = source.period.kind == ReportingPeriod.Kind.MONTH
    paper = f"{source.period.ends_on.month}月份月报" if month else "本周周报"
    in_time = [row for row in rows if row.is_counted and not row.days_late]
    parts = [f"{paper}按时报送{len(in_time)}个单位"]
    parts += [f"{row.name}逾期{row.days_late}天" for row in rows if row.is_counted and row.days_late]
    pending = [row.name for row in rows if not row.is_counted and row.submitted_at]
    missing = [row.name for row in rows if not row.is_counted and not row.submitted_at]
    if pending:
        parts.append(f"{'、'.join(pending)}的数据未通过审核，没有计入")
    if missing:
        parts.append(f"{'、'.join(missing)}{STATES['not_reported'][1]}")
    return [Paragraph([Sentence(f"{'；'.join(parts)}。", code="returns")])]


def findings(source: Source, options: dict[str, str]) -> list[Paragraph] | None:
    """督查发现问题: a paragraph per finding; nothing found, no chapter."""
    rows = findings_of(source.period)
    return [
        Paragraph([Sentence(_of(row, "text"), code=f"finding{nth}")], label=_of(row, "label"))
        for nth, row in enumerate(rows, start=1)
    ] or None


def supervised(source: Source, options: dict[str, str]) -> list[Paragraph] | None:
    """上月督办项目: 督办N项，已销号M项, then each item."""
    rows = supervised_of(source.period)
    if not rows:
        return None
    closed = sum(1 for row in rows if _of(row, "is_closed"))
    sentences = [Sentence(f"上月督办{len(rows)}项，已销号{closed}项。", code="sum")]
    sentences += [Sentence(_of(row, "text"), code=f"item{nth}") for nth, row in enumerate(rows, start=1)]
    return [Paragraph(sentences)]


def _of(row, name: str):
    """Read a row of a registry, which is an object or a dict."""
    return (row.get(name) if isinstance(row, dict) else getattr(row, name, "")) or ""


def demands(source: Source, options: dict[str, str]) -> list[Paragraph]:
    """下一步要求."""
    return [
        Paragraph([Sentence(text, code=f"demand{nth}")], label=label)
        for nth, (label, text) in enumerate(DEMANDS, start=1)
    ]
