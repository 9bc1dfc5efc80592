"""总体情况: the groups of R15, which add up; the pooled rates; the city among the cities of its province."""

from collections import Counter

from django.db.models import Case, Count, F, IntegerField, Value, When

from livelihood.formats import format_day
from livelihood.models import Region
from supervision.documents.paper import Paragraph, Part, Sentence, Source, linked, paper_quotes
from supervision.documents.sections import Option
from supervision.documents.sentences import counted_groups, excluding_note, printed_value

#: The groups of R15 as the whole's lines fall into them, in print order. None: a sum that leaves units out.
WHOLE_GROUPS = {
    "exceeded": "超额完成",
    "done": "已完成",
    "on_schedule": "达到时序进度",
    "behind": "未达时序进度",
    # Judged by their milestones, the yardstick that is named (R11).
    "on_schedule_plan": "达到节点要求",
    "behind_plan": "未达节点要求",
    "not_started": "未开工",
    "not_due": "未到节点",
    "met": "达标",
    "not_met": "未达标",
    "text": "文字类",
    "no_task": "全域无统一任务",
    "not_split": "任务未分解",
    "not_reported": "全域数未报送",
    None: "有单位未报送、暂不判定",
}


POOLED = Option("pooled", "汇总完成率", "few", (("few", "指标不多时逐项列出"), ("all", "逐项列出"), ("none", "不列")))
#: With more indicators than this their pooled rates stand in the attachment.
FEW = 8
#: 居后N位 in the sentence on the province.
LAST = Option("last", "居全省后几位", "3", largest=20)


def overview(source: Source, options: dict[str, str]) -> list[Paragraph]:
    """How many indicators, and the groups they fall into; the groups add up (R15)."""
    standings, name = source.standings, source.whole_name()
    projects = list(source.period.programme.projects.order_by("seq"))
    assessed = [pk for pk, indicator in standings.indicators.items() if indicator.assessed]
    wholes = [row for pk in assessed if (row := standings.whole(pk))]
    others = len(standings.indicators) - len(assessed)
    day = format_day(source.period.as_of)
    until = f"截至{day}，{name}{len(projects)}项民生工程列入考核的指标{len(assessed)}项"
    figures = [
        Part(day, "ranking", "as_of", name="截至"),
        Part(str(len(projects)), "catalogue", "projects", name=name),
        Part(str(len(assessed)), "ranking", "assessed", name="列入考核的指标"),
    ]
    sentences = []
    if wholes:
        counts = Counter(_group(row) for row in wholes)
        groups = [(word.replace("全域", name), counts.pop(status, 0)) for status, word in WHOLE_GROUPS.items()]
        if counts:  # a status this table does not know would silently fall out of the sum
            raise ValueError(f"statuses without a word: {sorted(map(str, counts))}")
        text = f"{until}，其中{counted_groups(groups)}。"
        sentences.append(linked(text, [*figures, *_counts(groups)], code="groups", lines=source.ids(wholes)))
        sentences += _by_milestones(source, wholes)
        sentences += _pooled(source, wholes, options)
        sentences += _against_province(source, wholes)
        sentences += _in_province(source, int(options[LAST.code]))
    else:
        sentences.append(linked(f"{until}。", figures, code="groups"))
    if others:
        counted = Part(str(others), "ranking", "not_assessed", name="不列入考核的指标")
        sentences.append(linked(f"另有不列入考核的指标{others}项。", [counted], code="others"))
    with_indicators = {indicator.sub_project.project_id for indicator in standings.indicators.values()}
    textual = [paper_quotes(project.name) for project in projects if project.pk not in with_indicators]
    if textual:
        counted = Part(str(len(textual)), "catalogue", "textual", name="文字类项目")
        sentences.append(linked(f"文字类项目{len(textual)}项：{'、'.join(textual)}。", [counted], code="textual"))
    return [Paragraph(sentences)]


def _counts(groups) -> list[Part]:
    """Each group's number leads to the map of the indicators it was counted from."""
    return [Part(str(count), "ranking", word, name=word) for word, count in groups if count]


def _group(whole: dict) -> str | None:
    """Return the group of a line: those on or behind schedule apart by the yardstick they were judged by."""
    status = whole["status"]
    return f"{status}_plan" if whole["has_plan"] and status in ("on_schedule", "behind") else status


def _by_milestones(source: Source, wholes: list[dict]) -> list[Sentence]:
    """Say of how many the yardstick is not the straight line (R11): the one used is named in print."""
    planned = [row for row in wholes if row["has_plan"] and row["status"] in ("on_schedule", "behind", "not_started")]
    if not planned:
        return []
    text = f"有节点计划的{len(planned)}项，与已到期的最后一个节点比，不与时序进度比。"
    counted = Part(str(len(planned)), "milestones", "has_plan", name="有节点计划的")
    return [linked(text, [counted], code="milestones", lines=source.ids(planned))]


def _pooled(source: Source, wholes: list[dict], options: dict[str, str]) -> list[Sentence]:
    """全市汇总完成率：里程70.00%、…: sums over sums (R6), with who is left out (R5)."""
    rated = [row for row in wholes if row["rate"] is not None and row["additive"]]
    if not rated:
        return []
    if options[POOLED.code] == "none" or (options[POOLED.code] == "few" and len(rated) > FEW):
        if "table_indicators" not in source.attached:
            return []
        return [Sentence("各指标汇总完成率见附件“各单位分指标完成率表”。", code="pooled")]
    phrases, figures = [], []
    for row in rated:
        indicator = source.standings.indicators[row["indicator_id"]]
        left_out = excluding_note([source.name(pk) for pk in row["pooled_excluding"] or []])
        name, figure = f"{paper_quotes(indicator.name)}{left_out}", f"{_percent(source, row)}%"
        phrases.append(f"{name}{figure}")
        figures.append(Part(figure, source.behind(row), "rate", name))
    text = f"{source.whole_name()}汇总完成率：{'、'.join(phrases)}。"
    return [linked(text, figures, code="pooled", lines=source.ids(rated))]


def _percent(source: Source, row: dict) -> str:
    return printed_value(row["rate"], source.standings.decimals)


def _against_province(source: Source, wholes: list[dict]) -> list[Sentence]:
    """与全省平均进度相比: below, not below, not compared; they add up to the indicators assessed."""
    published = [row for row in wholes if row["benchmark"] is not None]
    if not published:
        return []
    below = [row for row in published if row["below_benchmark"]]
    level = [row for row in published if row["below_benchmark"] is False]
    not_compared = len(published) - len(below) - len(level)
    groups = [
        ("不低于的", len(level)),
        ("低于的", len(below)),
        (f"{source.whole_name()}数不全、不作比较的", not_compared),
        ("全省平均未公布的", len(wholes) - len(published)),
    ]
    text = f"与全省平均进度相比，{counted_groups(groups)}。"
    return [linked(text, _counts(groups), code="province", lines=source.ids(published))]


def _in_province(source: Source, last: int) -> list[Sentence]:
    """全省公布阜阳市位次的指标3项，其中居第一位的1项、居后3位的2项: the groups add up."""
    owner = source.period.programme.owner
    places = source.snapshot.places.filter(indicator__in=list(source.standings.indicators))
    if owner.kind == Region.Kind.PROVINCE:
        return []
    group = Case(
        When(city_place=1, then=Value(0)),
        When(city_count__isnull=True, then=Value(3)),
        When(city_count__lt=F("city_place") + last, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    counts = dict(places.annotate(place_group=group).values_list("place_group").annotate(number=Count("id")))
    if not counts:
        return []
    words = ["居第一位的", f"居后{last}位的", "居其他位次的", f"未公布参评{owner.peer_word}数的"]
    groups = [(word, counts.get(at, 0)) for at, word in enumerate(words)]
    total = sum(counts.values())
    text = f"全省公布{owner.name}位次的指标{total}项，其中{counted_groups(groups)}。"
    parts = [Part(str(total), "provincial", "places", name="位次的指标")]
    parts += [Part(str(count), "provincial", word, name=word) for word, count in groups if count]
    return [linked(text, parts, code="places")]
