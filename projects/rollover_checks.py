"""What a list made from the year before still needs before it opens: dates somebody has looked at."""

from collections.abc import Iterator

from django.urls import reverse

from livelihood.formats import format_day
from projects.models import DatedTask, Milestone, Programme
from projects.readiness import WARNING, Finding, Group
from projects.rollover_state import RolloverState
from projects.services.rollover_layout import TO_CHECK, moved_by


def dates_to_check(programme: Programme) -> Iterator[Finding]:
    """Yield the deadlines, 节点 and 限期任务 whose date was only moved by a year. Three queries, eight more per list
    it was made from.
    """
    yield from _deadlines(programme)
    points = Milestone.objects.filter(
        indicator__sub_project__project__programme=programme, text__startswith=TO_CHECK
    ).select_related("indicator__sub_project__project")
    for row in points.order_by("indicator__sub_project__project__seq", "due_on"):
        item = row.indicator.sub_project.project
        url = reverse("projects:milestone-change", args=[programme.code, row.pk])
        yield Finding(f"第{item.seq}项“{row.indicator.name}”", f"节点{format_day(row.due_on)}待核", url)
    tasks = DatedTask.objects.filter(sub_project__project__programme=programme, printed_due__startswith=TO_CHECK)
    for row in tasks.select_related("sub_project__project").order_by("sub_project__project__seq", "due_on"):
        where = f"第{row.sub_project.project.seq}项"
        yield Finding(where, f"限期任务“{row.text}”的时限{format_day(row.due_on)}待核")


def _deadlines(programme: Programme) -> Iterator[Finding]:
    """Yield the sub-projects due on the day of the year before: a deadline has no words a mark could stand in."""
    before = Programme.objects.filter(projects__successions__to_project__programme=programme).distinct()
    for earlier in before.order_by("year", "id"):
        state = RolloverState(earlier, programme)
        sources = {sub.pk: sub for sub in state.subs}
        for (pk, _item), sub in state.carried.items():
            moved = moved_by(sources[pk].due_on, programme.year - earlier.year)
            if sub.due_on and sub.due_on == moved:
                where = f"第{sub.project.seq}项" + (f"“{sub.name}”" if sub.name else "")
                url = reverse("projects:catalogue-item", args=[programme.code, "sub-project", sub.pk])
                yield Finding(where, f"完成时限{format_day(sub.due_on)}待核", url)


def rollover_checks(programme: Programme) -> Iterator[Group]:
    """Yield what opening a list made from the year before should look at."""
    yield Group(
        WARNING,
        "上年的日期没有核对",
        "由上年往后推了一年；按今年的文件改日期和文字，去掉“待核”；完成时限和上年同一天的也列在这里，没有变就勾选看过。",
        url=reverse("projects:milestone-list", args=[programme.code]),
        link="节点",
        findings=list(dates_to_check(programme)),
    )
