"""What the task split lacks before a programme opens; here, because its page is (supervision/views/targets.py)."""

from collections.abc import Iterator

from django.urls import reverse

from projects.models import Indicator, Participant, Programme, Project, Target
from projects.readiness import ERROR, WARNING, Finding, Group
from projects.services.targets import newest_targets
from projects.target_page import sum_words, target_sums

#: Names a sentence lists before it says 等.
MOST_NAMES = 6


def target_checks(programme: Programme) -> Iterator[Group]:
    """Yield what is not split (R5) and what does not add up (R16). Four queries."""
    items = Indicator.objects.of_programme(programme).exclude(sub_project__project__change=Project.Change.WITHDRAWN)
    indicators = [row for row in items if row.kind != Indicator.Kind.TEXT]
    page = {"url": reverse("supervision:target-list", args=[programme.code]), "link": "任务分解"}
    units = list(programme.participants.exclude(kind=Participant.Kind.WHOLE).order_by("order", "id"))
    newest, sums = newest_targets(indicators), target_sums(indicators)
    without, not_split, off = [], [], []
    for row in indicators:
        where, url = _where(row), _url(programme, row)
        if not any(indicator == row.pk for indicator, _ in newest):
            without.append(Finding(where, "没有任何目标任务", url))
            continue
        summed = sums.get(row.pk)
        difference = summed["difference"] if summed else None
        blank = [unit.printed_name for unit in units if _is_blank(newest.get((row.pk, unit.pk)))]
        if blank and difference is not None and difference < 0:
            names = "、".join(blank[:MOST_NAMES]) + (f"等 {len(blank)} 个单位" if len(blank) > MOST_NAMES else "")
            words = sum_words(summed, row)
            not_split.append(Finding(where, f"{names}没有目标，各单位相加比全域{words['difference']}", url))
        elif difference:
            words = sum_words(summed, row)
            off.append(
                Finding(
                    where,
                    f"各单位相加 {words['parts']}，全域 {words['whole']}，{words['difference']}{row.unit}",
                    url,
                )
            )
    yield Group(ERROR, "指标没有目标", "下达目标任务，没有任务写“/”。", findings=without, **page)
    yield Group(ERROR, "任务未分解", "分到各单位，没有任务写“/”（规则R5）。", findings=not_split, **page)
    yield Group(WARNING, "分解与全域不符", "与文件核对；两个数都照原样保留（规则R16）。", findings=off, **page)


def _is_blank(target: Target | None) -> bool:
    return target is None or (target.state == Target.State.ASSESSED and target.value is None)


def _where(indicator: Indicator) -> str:
    sub = indicator.sub_project
    return f"{sub.project}·{sub.name} {indicator.name}" if sub.name else f"{sub.project} {indicator.name}"


def _url(programme: Programme, indicator: Indicator) -> str:
    return reverse("supervision:target-matrix", args=[programme.code, indicator.sub_project.project.seq])
