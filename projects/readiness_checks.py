"""What the catalogue itself lacks before a programme opens: units, items, who answers, dates, papers."""

import datetime
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from itertools import groupby, pairwise

from django.db.models import Q
from django.urls import reverse

from livelihood.formats import format_day
from projects.models import (
    Assignment,
    DatedTask,
    Indicator,
    Milestone,
    PaperConflict,
    Participant,
    Programme,
    Project,
    ProjectLineage,
    Responsibility,
    SubProject,
)
from projects.readiness import ERROR, WARNING, Finding, Group

#: Names a sentence lists before it says 等.
MOST_NAMES = 6
#: A share of a whole cannot be more than all of it.
FULL = 100


class CatalogueChecks:
    """The checks of one programme over what is read once; about ten queries."""

    def __init__(self, programme: Programme):
        self.programme = programme
        self.by_agency = programme.reporting_by == Programme.ReportingBy.AGENCY
        self.participants = list(programme.participants.select_related("region", "agency").order_by("order", "id"))
        self.units = [row for row in self.participants if row.kind != Participant.Kind.WHOLE]
        items = programme.projects.exclude(change=Project.Change.WITHDRAWN).for_catalogue().order_by("seq")
        self.projects = list(items)
        self.subs = [sub for project in self.projects for sub in project.sub_projects.all()]

    def groups(self) -> Iterator[Group]:
        """Yield every check's group, also those that found nothing."""
        units = {"url": self._url("participant-list"), "link": "考核单位"}
        items = {"url": self._url("programme-detail"), "link": "年度目录"}
        plan = {"url": self._url("milestone-list"), "link": "节点"}
        lead_level = ERROR if self.by_agency else WARNING
        yield Group(ERROR, "考核单位不全", "列出本年度的考核单位和全域。", findings=list(self._units()), **units)
        yield Group(
            ERROR, "没有报送人", "给单位选行政区划或本单位，才有人能填报。", findings=list(self._nobody()), **units
        )
        yield Group(ERROR, "项目没有内容", "补上子项、指标，或写文字任务。", findings=list(self._empty()), **items)
        yield Group(WARNING, "项目序号不连续", "与文件核对；缺的项目补上。", findings=list(self._gaps()), **items)
        words = "由牵头部门报送，没有牵头单位就没有人报。" if self.by_agency else "补上牵头单位。"
        yield Group(lead_level, "没有牵头单位", words, findings=list(self._no_lead()), **items)
        yield Group(WARNING, "没有完成时限", "补上完成时限。", findings=list(self._no_deadline()), **items)
        if not self.by_agency:
            yield Group(
                WARNING,
                "没有分工",
                "没有填报单位的，由考核单位自己填。",
                findings=list(self._missing_pairs(Assignment, "没有填报单位", self._assignments_url)),
                **items,
            )
        yield Group(
            WARNING,
            "没有包保责任人",
            "补上包保责任人的职务。",
            findings=list(self._missing_pairs(Responsibility, "没有包保责任人", self._duties_url)),
            **items,
        )
        yield Group(ERROR, "节点不对", "改节点的时限或要求。", findings=list(self._milestones(self._wrong)), **plan)
        yield Group(
            WARNING,
            "节点晚于完成时限",
            "与文件核对；两个日子都保留。",
            findings=list(self._milestones(self._late)),
            **plan,
        )
        yield Group(WARNING, "文件出入没有定", "写明采用哪一处。", findings=list(self._conflicts()), **items)
        yield Group(
            WARNING, "没有沿革", "写明上年项目的去向、本年项目的来历。", findings=list(self._lineage()), **items
        )

    # -- units ------------------------------------------------------------------------------------

    def _units(self) -> Iterator[Finding]:
        if not any(row.kind == Participant.Kind.UNIT for row in self.participants):
            yield Finding("", "一个考核单位都没有")
        if not any(row.kind == Participant.Kind.WHOLE for row in self.participants):
            yield Finding("", "没有全域（全市、全县），合计没有地方写")

    def _nobody(self) -> Iterator[Finding]:
        for row in self.units if not self.by_agency else []:
            if row.kind == Participant.Kind.UNIT and row.region is None and row.agency is None:
                url = self._url("participant-change", row.pk)
                yield Finding(row.printed_name, "既没有行政区划，也没有本单位", url)

    # -- items ------------------------------------------------------------------------------------

    def _empty(self) -> Iterator[Finding]:
        if not self.projects:
            yield Finding("", "一个项目都没有")
        for project in self.projects:
            subs = project.sub_projects.all()
            empty = [sub for sub in subs if not sub.indicators.all() and sub.pk not in self._with_dated_tasks]
            if not subs:
                yield Finding(str(project), "没有子项", self._item("project", project))
            elif len(empty) == len(subs):
                if not project.text.strip():
                    yield Finding(str(project), "没有指标、限期任务，也没有文字任务", self._item("project", project))
            else:
                yield from (self._of_sub(sub, "这个子项没有指标，也没有限期任务") for sub in empty)

    @cached_property
    def _with_dated_tasks(self) -> set[int]:
        tasks = DatedTask.objects.filter(sub_project__project__programme=self.programme)
        return set(tasks.order_by().values_list("sub_project", flat=True))

    def _gaps(self) -> Iterator[Finding]:
        """All items count here: one that was withdrawn keeps its number."""
        seqs = sorted(self.programme.projects.values_list("seq", flat=True))
        for before, after in pairwise([0, *seqs]):
            if after > before + 1:
                missing = f"第{before + 1}项" if after == before + 2 else f"第{before + 1}—{after - 1}项"
                yield Finding(missing, "没有这个序号")

    def _no_lead(self) -> Iterator[Finding]:
        return (self._of_sub(sub, "没有牵头单位") for sub in self.subs if sub.lead_agency is None)

    def _no_deadline(self) -> Iterator[Finding]:
        return (self._of_sub(sub, "没有完成时限") for sub in self.subs if sub.due_on is None)

    def _assignments_url(self, sub: SubProject) -> str:
        return self._url("catalogue-assignments", sub.project_id)

    def _duties_url(self, sub: SubProject) -> str:
        return self._url("catalogue-duties", sub.pk)

    def _missing_pairs(self, model: type, words: str, url) -> Iterator[Finding]:
        """Yield the sub-projects in which a unit with a task has no row of `model`; one finding where nobody has."""
        wanted = self._with_task
        if not any(wanted.values()):
            return
        pairs = model.objects.filter(participant__programme=self.programme)
        given = defaultdict(set)
        for sub, unit in pairs.values_list("sub_project", "participant"):
            given[sub].add(unit)
        if not given:
            yield Finding("整个年度", f"都{words}")
            return
        for sub in self.subs:
            names = [row.printed_name for row in self.units if row.pk in wanted[sub.pk] - given[sub.pk]]
            if names:
                tail = f"等 {len(names)} 个单位" if len(names) > MOST_NAMES else ""
                yield Finding(self._name(sub), f"{'、'.join(names[:MOST_NAMES])}{tail}{words}", url(sub))

    @cached_property
    def _with_task(self) -> dict[int, set[int]]:
        """Return the units that have something to do in a sub-project, by its id. One query."""
        found = defaultdict(set)
        rows = Indicator.objects.filter(
            Q(targets__value__isnull=False) | Q(targets__state="text"), sub_project__in=self.subs
        )
        for sub, unit in rows.order_by().values_list("sub_project", "targets__participant").distinct():
            found[sub].add(unit)
        return found

    # -- dates ------------------------------------------------------------------------------------

    @cached_property
    def _plans(self) -> list[tuple[Indicator, list[Milestone]]]:
        """Return the milestones of every indicator that has any, in the order of their days. One query."""
        rows = (
            Milestone.objects.filter(indicator__sub_project__in=self.subs)
            .select_related("indicator__sub_project__project")
            .order_by("indicator__sub_project__project__seq", "indicator", "due_on")
        )
        return [(indicator, list(plan)) for indicator, plan in groupby(rows, key=lambda row: row.indicator)]

    def _milestones(self, judge) -> Iterator[Finding]:
        for indicator, plan in self._plans:
            where = f"{self._name(indicator.sub_project)} {indicator.name}"
            yield from (Finding(where, words, url=self._url("milestone-change", pk)) for pk, words in judge(plan))

    def _wrong(self, plan: list[Milestone]) -> Iterator[tuple[int, str]]:
        for row in plan:
            if row.due_on.year != self.programme.year:
                yield row.pk, f"节点{row.due_on}不在{self.programme.year}年度"
            is_share = row.measure == Milestone.Measure.RATE or row.indicator.unit in ("%", "％")
            if is_share and row.threshold > FULL:
                yield row.pk, f"{format_day(row.due_on)}的节点{row.required}，超过100%"
        for first, second in pairwise(plan):
            falls = (
                first.indicator.direction == Indicator.Direction.AT_MOST and first.measure == Milestone.Measure.VALUE
            )
            if first.threshold < second.threshold if falls else first.threshold > second.threshold:
                yield (
                    second.pk,
                    f"{format_day(first.due_on)}要求{first.required}，{format_day(second.due_on)}却只要求"
                    f"{second.required}",
                )

    def _late(self, plan: list[Milestone]) -> Iterator[tuple[int, str]]:
        due_on: datetime.date | None = plan[0].indicator.sub_project.due_on
        for row in plan:
            if due_on and row.due_on > due_on:
                yield row.pk, f"{format_day(row.due_on)}的节点晚于完成时限{format_day(due_on)}"

    # -- papers -----------------------------------------------------------------------------------

    def _conflicts(self) -> Iterator[Finding]:
        for row in PaperConflict.objects.filter(programme=self.programme, taken="").select_related("project"):
            where = str(row.project) if row.project else ""
            words = f"{row.subject}：①{row.first}；②{row.second}，没有写采用哪一处"
            yield Finding(where, words, self._item("conflict", row))

    def _lineage(self) -> Iterator[Finding]:
        """Asked only where the lineage between last year's list of the office and this one is kept at all."""
        lists = Programme.objects.filter(owner=self.programme.owner_id, kind=self.programme.kind)
        before = Project.objects.filter(programme__in=lists, programme__year=self.programme.year - 1)
        known = ProjectLineage.objects.filter(to_project__programme=self.programme)
        previous = list(before.filter(successions__in=known).order_by().values_list("programme", flat=True).distinct())
        if not previous:
            return
        for project in before.filter(programme__in=previous, successions__isnull=True).order_by("seq"):
            yield Finding(f"上年{project}", "没有写到了本年哪一项，或已退出")
        with_origin = set(known.values_list("to_project", flat=True))
        for project in self.projects:
            if project.change != Project.Change.NEW and project.pk not in with_origin:
                yield Finding(str(project), f"{project.get_change_display()}，没有写上年是哪一项")

    # -- words ------------------------------------------------------------------------------------

    def _of_sub(self, sub: SubProject, words: str) -> Finding:
        return Finding(self._name(sub), words, self._item("sub-project", sub))

    def _item(self, kind: str, row) -> str:
        return self._url("catalogue-item", kind, row.pk)

    def _name(self, sub: SubProject) -> str:
        return f"{sub.project}·{sub.name}" if sub.name else str(sub.project)

    def _url(self, name: str, *arguments) -> str:
        return reverse(f"projects:{name}", args=[self.programme.code, *arguments])


def catalogue_checks(programme: Programme) -> Iterator[Group]:
    """Yield what the catalogue lacks, units first."""
    yield from CatalogueChecks(programme).groups()
