"""The chapters of a bulletin that are not about single indicators: places, returns, findings, supervision, demands."""

from livelihood.formats import STATES
from projects.models import ReportingPeriod
from supervision.documents.paper import Paragraph, Part, Sentence, Source, Table, figures_of, linked
from supervision.documents.remainder import FINDINGS_TITLE, MOST, SUPERVISED_TITLE, list_table, remainder
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
SUBMISSION = (Option("form", "没有按时报送的", "names", (("names", "逐个列出"), ("counts", "只写个数"))),)


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
    """报送情况: how many were in time, who was late by how much, who did not report. Every figure leads to the list."""
    rows = submissions_of(source)
    month = source.period.kind == ReportingPeriod.Kind.MONTH
    paper = f"{source.period.ends_on.month}月份月报" if month else "本周周报"
    in_time = [row for row in rows if row.is_counted and not row.days_late]
    late = [row for row in rows if row.is_counted and row.days_late]
    pending = [row.name for row in rows if not row.is_counted and row.submitted_at]
    missing = [row.name for row in rows if not row.is_counted and not row.submitted_at]
    first = Part(f"{len(in_time)}个", "returns", "in_time", name="按时报送")
    if options["form"] == "counts":
        return [Paragraph([_counted(paper, first, len(late), len(pending), len(missing), source.attached)])]
    parts = [f"{paper}按时报送{len(in_time)}个单位", *(f"{row.name}逾期{row.days_late}天" for row in late)]
    if pending:
        parts.append(f"{'、'.join(pending)}的数据未通过审核，没有计入")
    if missing:
        parts.append(f"{'、'.join(missing)}{STATES['not_reported'][1]}")
    figures = [first, *(Part(f"逾期{row.days_late}天", "returns", "days_late", name=row.name) for row in late)]
    return [Paragraph([linked(f"{'；'.join(parts)}。", figures, code="returns")])]


def _counted(paper: str, first: Part, late: int, pending: int, missing: int, attached: frozenset[str]) -> Sentence:
    """8月份月报按时报送98个单位；逾期报送5个；未报送2个（名单见附件“报送情况表”）。"""
    groups = [
        ("逾期报送", "late", late),
        ("数据未通过审核、没有计入", "pending", pending),
        ("未报送", "missing", missing),
    ]
    groups = [row for row in groups if row[2]]
    text = "；".join([f"{paper}{first.name}{first.text}单位", *(f"{word}{count}个" for word, _, count in groups)])
    where = "（名单见附件“报送情况表”）" if groups and "table_submission" in attached else ""
    figures = [first, *(Part(f"{count}个", "returns", column, name=word) for word, column, count in groups)]
    return linked(f"{text}{where}。", figures, code="returns")


def findings(source: Source, options: dict[str, str]) -> list[Paragraph] | None:
    """督查发现问题: a paragraph per finding, its figures leading to the record; nothing found, no chapter."""
    rows, most = findings_of(source.period), int(options[MOST.code])
    named = [
        Paragraph([_finding(row, code=f"finding{nth}")], label=_of(row, "label"))
        for nth, row in enumerate(rows[:most], start=1)
    ]
    return [*named, *remainder(len(rows[most:]), "个问题", FINDINGS_TITLE, "inspections")] or None


def _finding(row, *, code: str) -> Sentence:
    text, pk = _of(row, "text"), _of(row, "finding")
    return linked(text, figures_of(text, f"finding:{pk}") if pk else [], code=code)


def more_findings(source: Source, options: dict[str, str]) -> list[Table] | None:
    """The findings the text leaves out."""
    rows = findings_of(source.period)[int(options[MOST.code]) :]
    named = [(_of(row, "text"), f"finding:{pk}" if (pk := _of(row, "finding")) else "") for row in rows]
    return list_table(source, FINDINGS_TITLE, "问题", named)


def supervised(source: Source, options: dict[str, str]) -> list[Paragraph] | None:
    """上月督办项目: 督办N项，已销号M项, then each item; the sums lead to the letters, an item to its own."""
    rows, most = supervised_of(source.period, source.snapshot), int(options[MOST.code])
    if not rows:
        return None
    closed = sum(1 for row in rows if _of(row, "is_closed"))
    sums = [
        Part(str(len(rows)), "letters", "letters", name="督办"),
        Part(str(closed), "letters", "closed", name="已销号"),
    ]
    sentences = [linked(f"上月督办{len(rows)}项，已销号{closed}项。", sums, code="sum")]
    sentences += [
        linked(_of(row, "text"), _of(row, "figures") or [], code=f"item{nth}")
        for nth, row in enumerate(rows[:most], start=1)
    ]
    for rest in remainder(len(rows[most:]), "项", SUPERVISED_TITLE, "letters"):
        sentences += rest.sentences
    return [Paragraph(sentences)]


def more_supervised(source: Source, options: dict[str, str]) -> list[Table] | None:
    """The supervised items the text leaves out."""
    rows = supervised_of(source.period, source.snapshot)[int(options[MOST.code]) :]
    named = [(_of(row, "text"), next((part.behind for part in _of(row, "figures") or []), "")) for row in rows]
    return list_table(source, SUPERVISED_TITLE, "督办事项和办理情况", named)


def _of(row, name: str):
    """Read a row of a registry, which is an object or a dict."""
    return (row.get(name) if isinstance(row, dict) else getattr(row, name, "")) or ""


def demands(source: Source, options: dict[str, str]) -> list[Paragraph]:
    """下一步要求."""
    return [
        Paragraph([Sentence(text, code=f"demand{nth}")], label=label)
        for nth, (label, text) in enumerate(DEMANDS, start=1)
    ]
