"""The page of a programme's milestones: by project, thresholds × units on a day, the plan chart, the dated tasks."""

import datetime
from collections import Counter
from functools import cached_property

from livelihood.access import is_city_office
from livelihood.formats import MISSING, format_day, format_number, format_printed, state_parts
from livelihood.models import User
from projects.dated_tasks import dated_tasks_of, is_responsible, status_on
from projects.milestone_chart import Band, Chart, chart_of
from projects.milestones import milestones_on, reader_of
from projects.models import DatedTask, Milestone, Participant, Programme, Project, ReportingPeriod
from projects.plan_notes import PlanNote, plan_notes

#: What the filters show: 逾期 takes in what is past its day without a figure.
SHOWN = {"missed": {"missed", "not_reported", "overdue"}, "soon": {"due_soon"}}
#: Cells that say how near their day is.
COUNTED_DAYS = {
    "missed": "逾期{}天",
    "overdue": "{}天",
    "not_reported": "已过{}天",
    "due_soon": "还有{}天",
    "not_due": "还有{}天",
}
WORDS = {"incomplete": "有单位未报", "not_due": "未到"}


def day_of(programme: Programme, text: str, today: datetime.date) -> tuple[datetime.date, str]:
    """Return the day the page is about, and a sentence where `text` is none of the programme's year.

    By default today; of another year's programme the day of its newest period.
    """
    default = today
    if today.year != programme.year:
        newest = ReportingPeriod.objects.filter(programme=programme, as_of__year=programme.year).order_by("-as_of")
        default = newest.values_list("as_of", flat=True).first() or datetime.date(programme.year, 12, 31)
    if not text:
        return default, ""
    try:
        day = datetime.date.fromisoformat(text.strip())
    except ValueError:
        return default, f"“{text[:30]}”不是日期，请写成 {default} 的样子；现在显示{format_day(default)}。"
    if day.year != programme.year:
        return default, f"{day}不在{programme.year}年度；现在显示{format_day(default)}。"
    return day, ""


class MilestonePage:
    """Everything the page shows of `programme` on `day` to `user`; `show` is "", missed or soon."""

    def __init__(self, programme: Programme, user: User, day: datetime.date, *, show: str = "", unit: str = ""):
        self.programme, self.user, self.day, self.show = programme, user, day, show
        self.reader = reader_of(user, programme)
        self.participants = list(programme.participants.active_on(day).order_by("order", "id"))
        self.unit = self._unit(unit)
        self.found = milestones_on(programme, day, reader=self.reader, unit=self.unit)
        self.is_office = is_city_office(user, programme.owner_id)

    def _unit(self, code: str) -> Participant | None:
        """Return whose line the charts draw: the one asked for, the reader's own, else the whole."""
        by_code = {row.code: row for row in self.participants}
        own = [row for row in self.participants if row.pk in self.reader.own]
        own += [row for row in self.participants if row.pk in {unit for unit, _ in self.reader.filled}]
        whole = [row for row in self.participants if row.kind == Participant.Kind.WHOLE]
        return by_code.get(code) or next(iter([*own, *whole, *self.participants]), None)

    @cached_property
    def milestones(self) -> list[Milestone]:
        """Return the programme's milestones in printed order. One query."""
        rows = Milestone.objects.filter(indicator__sub_project__project__programme=self.programme)
        order = ("indicator__sub_project__project__seq", "indicator__sub_project__order", "indicator__order")
        return list(rows.select_related("indicator__sub_project__project").order_by(*order, "indicator", "due_on"))

    @cached_property
    def tasks(self) -> list[dict]:
        """Return the dated tasks the user sees, with how they stand. One query."""
        return [self._task(task) for task in dated_tasks_of(self.programme, self.user, self.reader)]

    @cached_property
    def counts(self) -> Counter:
        """Return how many cells and tasks stand how, the whole's left out: it is no unit."""
        wholes = {row.pk for row in self.participants if row.kind == Participant.Kind.WHOLE}
        cells = Counter(row["status"] for (_, unit), row in self.found.cells.items() if unit not in wholes)
        return cells + Counter(row["status"] for row in self.tasks)

    def count(self, name: str) -> int:
        """Return how many belong to a filter."""
        return sum(self.counts[status] for status in SHOWN[name])

    @cached_property
    def notes(self) -> dict[int, list[PlanNote]]:
        """Return what other apps say beside the plans, of the projects whose every unit the user sees."""
        notes = plan_notes(self.programme)
        if notes and not self.reader.everything:
            led = Project.objects.filter(sub_projects__in=self.reader.led, pk__in=notes)
            notes = {pk: notes[pk] for pk in led.values_list("pk", flat=True)}
        return notes

    def groups(self) -> list[dict]:
        """Return the projects with what is shown of them: rows, tasks, notes, chart. One query, and those of notes."""
        wanted = SHOWN.get(self.show)
        milestones = [row for row in self.milestones if wanted is None or self._statuses(row) & wanted]
        tasks = [row for row in self.tasks if wanted is None or row["status"] in wanted]
        pks = {row.indicator.sub_project.project_id for row in milestones}
        pks |= {row["task"].sub_project.project_id for row in tasks}
        if wanted is None:
            pks |= self.notes.keys()
        projects = Project.objects.filter(pk__in=pks).order_by("seq")
        return [self._group(project, milestones, tasks) for project in projects]

    def _statuses(self, milestone: Milestone) -> set[str]:
        return {
            cell["status"]
            for unit in self.participants
            if (cell := self.found.cells.get((milestone.pk, unit.pk))) is not None
        }

    def _group(self, project: Project, milestones: list[Milestone], tasks: list[dict]) -> dict:
        tasks = [row for row in tasks if row["task"].sub_project.project_id == project.pk]
        rows = [self._row(row) for row in milestones if row.indicator.sub_project.project_id == project.pk]
        return {
            "project": project,
            "rows": rows,
            "tasks": tasks,
            "notes": self.notes.get(project.pk, []),
            "chart": self._chart(project),
            "chart_id": f"plan-{project.seq}",
            "months": self._months(project),
        }

    def _row(self, milestone: Milestone) -> dict:
        return {
            "milestone": milestone,
            "label": _label(milestone.indicator),
            "may_change": self.is_office and milestone.due_on > self.issued_until,
            "cells": [self._cell(milestone, unit) for unit in self.participants],
        }

    @cached_property
    def issued_until(self) -> datetime.date:
        """Return the last day of an issued month: milestones up to it stand as they were."""
        issued = ReportingPeriod.objects.filter(programme=self.programme, state=ReportingPeriod.State.ISSUED)
        return issued.order_by("-as_of").values_list("as_of", flat=True).first() or datetime.date.min

    def _cell(self, milestone: Milestone, unit: Participant) -> dict:
        cell = self.found.cells.get((milestone.pk, unit.pk))
        if cell is None:
            return {"text": MISSING, "status": ""}
        status = cell["status"]
        period = self.found.periods.get(cell["figure_period"])
        is_value = milestone.measure == Milestone.Measure.VALUE and cell["value"] is not None
        rate = "达标" if cell["is_zero_best"] else format_printed(cell["rate"])
        value = f"{format_number(cell['value'], milestone.indicator.decimals)}" if is_value else rate
        has_figure = status not in ("no_task", "text", "not_split", "not_public")
        names = {row.pk: row.printed_name for row in self.participants}
        left_out = "、".join(names[pk] for pk in cell["excluding"] if pk in names)
        notes = [f"{period.label}的数" if period and has_figure else "", f"不含{left_out}" if left_out else ""]
        return {
            "text": value if has_figure else "",
            "status": status,
            "word": WORDS.get(status, ""),
            "days": _days(status, cell["days"]),
            "note": "，".join(filter(None, notes)),
            "month": f"{period.ends_on.month}月" if period and has_figure and period.kind == "month" else "",
        }

    def _task(self, task: DatedTask) -> dict:
        status, days = status_on(task, self.day)
        sign, word, tone = state_parts(status)
        late = f"晚{days}天" if status == "done" and days else ""
        agency = task.agency or task.sub_project.lead_agency
        return {
            "task": task,
            "status": status,
            "word": "未到" if status == "not_due" else word,
            "sign": sign,
            "tone": tone,
            "days": late if status == "done" else _days(status, days),
            "agency": agency.name if agency else MISSING,
            "unit": task.participant.printed_name if task.participant else "",
            "may_change": self.is_office and task.done_on is None,
            "may_complete": task.done_on is None and is_responsible(self.user, task),
            "may_undo": task.done_on is not None and self.is_office,
            "words": f"{format_day(task.due_on)} {task.text}：{word}",
        }

    def _chart(self, project: Project) -> Chart | None:
        plans: dict[int, list[Milestone]] = {}
        for milestone in self.milestones:
            if milestone.indicator.sub_project.project_id == project.pk:
                plans.setdefault(milestone.indicator_id, []).append(milestone)
        tasks = [row for row in self.tasks if row["task"].sub_project.project_id == project.pk]
        if self.unit is None or not (plans or tasks):
            return None
        bands = [
            Band(
                label=_label(plan[0].indicator),
                milestones=plan,
                cells={row.pk: self.found.cells.get((row.pk, self.unit.pk)) for row in plan},
                points=self.found.points.get(pk, []),
            )
            for pk, plan in plans.items()
        ]
        return chart_of(bands, tasks, self.day, self.unit.printed_name)

    def _months(self, project: Project) -> list[dict]:
        """Return the chart's lines as a table's rows: indicator, then month and rate."""
        indicators = {
            row.indicator_id: _label(row.indicator)
            for row in self.milestones
            if row.indicator.sub_project.project_id == project.pk
        }
        return [
            {
                "label": label,
                "points": [
                    {"label": period.label, "rate": format_printed(rate)}
                    for period, rate in self.found.points.get(pk, [])
                ],
            }
            for pk, label in indicators.items()
        ]


def has_plan(programme: Programme) -> bool:
    """Tell whether the programme has anything with a day. Two queries."""
    milestones = Milestone.objects.filter(indicator__sub_project__project__programme=programme)
    return milestones.exists() or DatedTask.objects.filter(sub_project__project__programme=programme).exists()


def _days(status: str, days: int) -> str:
    """Return how far the day is off; nothing where that no longer matters."""
    if status in ("due_soon", "not_due") and not days:
        return "今天到期"
    return COUNTED_DAYS.get(status, "").format(days)


def _label(indicator) -> str:
    return "·".join(part for part in (indicator.sub_project.name, indicator.name) if part)
