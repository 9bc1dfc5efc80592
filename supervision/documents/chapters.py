"""The chapters of a bulletin that rest on figures."""

from collections import Counter, defaultdict

from livelihood.formats import STATES, format_day
from projects.models import Indicator, ReportingPeriod
from supervision.documents.paper import Chapter, Paragraph, Sentence, Source, paper_quotes
from supervision.documents.sentences import (
    below_sentence,
    counted_groups,
    overall_sentence,
    pooled_sentence,
    printed_value,
)
from supervision.documents.submissions import submissions_of

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


def overview(source: Source) -> Chapter:
    """一、总体情况: how many indicators, and the groups they fall into; the groups add up (R15)."""
    standings, name = source.standings, source.whole_name()
    projects = list(source.period.programme.projects.order_by("seq"))
    assessed = [pk for pk, indicator in standings.indicators.items() if indicator.assessed]
    wholes = [row for pk in assessed if (row := standings.whole(pk))]
    others = len(standings.indicators) - len(assessed)
    until = f"截至{format_day(source.period.as_of)}，{name}{len(projects)}项民生工程列入考核的指标{len(assessed)}项"
    sentences = []
    if wholes:
        counts = Counter(_group(row) for row in wholes)
        groups = counted_groups(
            (word.replace("全域", name), counts.pop(status, 0)) for status, word in WHOLE_GROUPS.items()
        )
        if counts:  # a status this table does not know would silently fall out of the sum
            raise ValueError(f"statuses without a word: {sorted(map(str, counts))}")
        sentences.append(Sentence(f"{until}，其中{groups}。", source.ids(wholes)))
        sentences += _by_milestones(source, wholes)
        sentences += _against_province(source, wholes)
    else:
        sentences.append(Sentence(f"{until}。"))
    if others:
        sentences.append(Sentence(f"另有不列入考核的指标{others}项。"))
    with_indicators = {indicator.sub_project.project_id for indicator in standings.indicators.values()}
    textual = [paper_quotes(project.name) for project in projects if project.pk not in with_indicators]
    if textual:
        sentences.append(Sentence(f"文字类项目{len(textual)}项：{'、'.join(textual)}。"))
    return Chapter("总体情况", [Paragraph(sentences)])


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
    return [Sentence(text, source.ids(planned))]


def _against_province(source: Source, wholes: list[dict]) -> list[Sentence]:
    """与全省平均进度相比: below, not below, not compared; they add up to the indicators assessed."""
    published = [row for row in wholes if row["benchmark"] is not None]
    if not published:
        return []
    below = [row for row in published if row["below_benchmark"]]
    level = [row for row in published if row["below_benchmark"] is False]
    not_compared = len(published) - len(below) - len(level)
    groups = counted_groups(
        [
            ("不低于的", len(level)),
            ("低于的", len(below)),
            (f"{source.whole_name()}数不全、不作比较的", not_compared),
            ("全省平均未公布的", len(wholes) - len(published)),
        ]
    )
    return [Sentence(f"与全省平均进度相比，{groups}。", source.ids(published))]


def ranking(source: Source) -> Chapter | None:
    """综合排名: only with a scheme (R13), ties as in R8."""
    text = overall_sentence(source.standings)
    if not text:
        return None
    return Chapter("综合排名", [Paragraph([Sentence(text)])])


def below_average(source: Source) -> Chapter:
    """低于全省平均进度的项目: per project with its lead agency, per indicator the sentence of R9."""
    standings = source.standings
    listed: dict[int, list[int]] = defaultdict(list)
    published = unlisted = 0
    for pk, indicator in standings.indicators.items():
        below = standings.below(pk)
        if below is None:
            continue
        published += 1
        if below:
            listed[indicator.sub_project.project_id].append(pk)
        else:
            unlisted += 1
    paragraphs = [_project_paragraph(source, pks) for pks in listed.values()]
    paragraphs += _rest(len(standings.indicators) - published, unlisted, published)
    return Chapter("低于全省平均进度的项目", paragraphs)


def _project_paragraph(source: Source, indicator_ids: list[int]) -> Paragraph:
    standings = source.standings
    indicators = [standings.indicators[pk] for pk in indicator_ids]
    agencies = dict.fromkeys(
        indicator.sub_project.lead_agency.name for indicator in indicators if indicator.sub_project.lead_agency
    )
    sentences = [Sentence(f"牵头单位：{'、'.join(agencies)}。")] if agencies else []
    for indicator in indicators:
        name = indicator_name(source, indicator)
        sentences.append(
            Sentence(below_sentence(standings, indicator.pk, name=name), source.ids(standings.below(indicator.pk)))
        )
        whole = standings.whole(indicator.pk)
        if whole["pooled_excluding"]:
            sentences.append(Sentence(pooled_of(source, whole), source.ids([whole])))
    return Paragraph(sentences, label=paper_quotes(indicators[0].sub_project.project.name))


def pooled_of(source: Source, whole: dict) -> str:
    """The total of an additive indicator with who is left out, and with their targets kept (R5)."""
    decimals = source.standings.decimals

    def percent(value):
        return None if value is None else f"{printed_value(value, decimals)}%"

    return pooled_sentence(
        whole=source.whole_name(),
        rate=percent(whole["rate"]),
        excluding=[source.name(pk) for pk in whole["pooled_excluding"] or []],
        with_missing=percent(whole["rate_with_missing"]),
    )


def indicator_name(source: Source, indicator: Indicator) -> str:
    """The indicator's name; behind that of its sub-project where another of the project has one of the same name."""
    sub_project = indicator.sub_project
    is_ambiguous = any(
        other.name == indicator.name
        and other.sub_project_id != sub_project.pk
        and other.sub_project.project_id == sub_project.project_id
        for other in source.standings.indicators.values()
    )
    if is_ambiguous and sub_project.name:
        return paper_quotes(f"{sub_project.name}的{indicator.name}")
    return paper_quotes(indicator.name)


def _rest(without_average: int, nobody_below: int, published: int) -> list[Paragraph]:
    """Say what the lists do not cover: no yardstick is no list, not an empty one (R10)."""
    if not published:
        return [Paragraph([Sentence("本期全省平均进度尚未公布，名单暂不列出。")])]
    parts = []
    if nobody_below:
        parts.append(f"另有{nobody_below}项指标，各单位均不低于全省平均进度")
    if without_average:
        parts.append(f"{without_average}项指标的全省平均未公布，不列名单")
    return [Paragraph([Sentence(f"{'；'.join(parts)}。")])] if parts else []


def submission(source: Source) -> Chapter:
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
    return Chapter("报送情况", [Paragraph([Sentence(f"{'；'.join(parts)}。")])])
