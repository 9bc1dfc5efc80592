"""The figures of a report as a block of its page: columns, lines, save, check, digest."""

import json
import re
from collections import defaultdict
from decimal import Decimal
from itertools import groupby

from livelihood.formats import format_moment, format_number
from livelihood.models import User
from projects import parts, rights
from projects.models import Benchmark, Figure, Indicator, Project, Report, ReportingPeriod, Target
from projects.progress import own_lines
from projects.services.figures import FigureConflict, FigureEntry, is_summed, record_figures
from projects.services.reports import is_open_for_figures, is_whole
from projects.values import ValueRefused, parse_number

#: Form field prefixes: figure, remark, version seen, answer to a flag ("why").
FIELDS = {"f": "value", "r": "remark", "v": "version", "w": "reason"}

_NAME = re.compile(r"([frvw])-(\d{1,18}-\d{1,18})", re.ASCII)

NO_TASK_STATES = (Target.State.NO_TASK, Target.State.NOT_APPLICABLE)


class FiguresPart(parts.ReportPart):
    """指标填报: one line per indicator, grouped by project."""

    code = "figures"
    label = "指标"
    order = 10
    template = "projects/components/figures.html"

    def columns(self, report: Report) -> list[dict]:
        """Return the printed columns; the yardstick's head names its period. One query."""
        issued = _last_issued(report.period)
        average = f"全省（{_short_label(issued)}）" if issued else "全省平均"
        return [
            {"key": "name", "label": "项目 / 指标", "typed": False},
            {"key": "unit", "label": "单位", "typed": False},
            {"key": "target", "label": "年度目标", "typed": False},
            {"key": "last", "label": "上月累计", "typed": False},
            {"key": "value", "label": "本月累计", "typed": True},
            {"key": "rate", "label": "完成率%", "typed": False},
            {"key": "gap", "label": "距时序", "typed": False},
            {"key": "average", "label": average, "typed": False},
            {"key": "state", "label": "状态", "typed": False},
            {"key": "remark", "label": "备注", "typed": True},
        ]

    def read(self, data) -> dict:
        """Return the cells of a form: "<participant>-<indicator>" → value, remark, version, reason."""
        cells = defaultdict(dict)
        for name in data:
            if match := _NAME.fullmatch(name):
                cells[match[2]][FIELDS[match[1]]] = data[name]
        return {key: cell for key, cell in cells.items() if "value" in cell}

    def lines(
        self, report: Report, user: User, *, typed: dict | None = None, result: parts.SaveResult | None = None
    ) -> list[dict]:
        """Return one dict per project with its rows; only the user's own sub-projects for a filler.

        About ten queries, whatever the number of rows.
        """
        page = _Page(report, user, typed or {}, result or parts.SaveResult())
        return page.groups()

    def save(self, report: Report, cells: dict, *, by: User, origin: str) -> parts.SaveResult:
        """Store the cells that can be read; the others come back in `errors`, overtaken ones in `conflicts`."""
        split = {tuple(int(number) for number in key.split("-")): cell for key, cell in cells.items()}
        indicators = Indicator.objects.of_programme(report.period.programme).in_bulk({key[1] for key in split})
        free_text = set(
            Target.objects.in_force(report.period.ends_on)
            .filter(state=Target.State.TEXT, indicator__in=indicators)
            .values_list("participant_id", "indicator_id")
        )
        result, entries = parts.SaveResult(), []
        for key, cell in split.items():
            try:
                entries.append(_entry(key, cell, indicators.get(key[1]), key in free_text))
            except ValueRefused as refusal:
                result.errors[_key(key)] = str(refusal)
        outcome = record_figures(report=report, entries=entries, by=by, origin=origin, partial=True)
        result.saved = [_key(key) for key in {*outcome.saved, *outcome.explained}]
        result.errors |= {_key(key): sentence for key, sentence in outcome.errors.items()}
        result.conflicts = {
            _key((row.participant_id, row.indicator_id)): _conflict_sentence(row) for row in outcome.conflicts
        }
        return result

    def check(self, report: Report) -> list[str]:
        """Return what blocks a signature: nothing filled in at all, or figures where there is no task. Two queries."""
        figures = list(
            Figure.objects.filter(report_id=report.pk, state__in=["reported", "text"]).select_related("indicator")
        )
        if not figures:
            return ["一个数都没有填"]
        no_task = set(
            Target.objects.in_force(report.period.ends_on)
            .filter(state__in=NO_TASK_STATES, participant__in={row.participant_id for row in figures})
            .values_list("participant_id", "indicator_id")
        )
        wrong = [
            row.indicator.name
            for row in figures
            if row.value is not None
            and {(row.participant_id, row.indicator_id), (row.participant_id, row.indicator.base_id)} & no_task
        ]
        return [f"目标为无任务却填了数：{'、'.join(wrong)}"] if wrong else []

    def warnings(self, report: Report) -> list[str]:
        """Return what the signer should have read: flags nobody has explained. One query."""
        unexplained = Figure.objects.filter(report_id=report.pk, flags__reason="").distinct().count()
        return [f"{unexplained} 格有提示还没有说明"] if unexplained else []

    def digest(self, report: Report):
        """Yield one JSON line per figure, in a fixed order of natural keys."""
        figures = Figure.objects.filter(report_id=report.pk).order_by(
            "participant__code",
            "indicator__sub_project__project__seq",
            "indicator__sub_project__name",
            "indicator__name",
        )
        for row in figures.values_list(
            "participant__code",
            "indicator__sub_project__project__seq",
            "indicator__sub_project__name",
            "indicator__name",
            "state",
            "value",
            "text",
            "remark",
        ):
            yield json.dumps([_plain(value) for value in row], ensure_ascii=False)


class _Page:
    """What the lines of one report need, fetched once."""

    def __init__(self, report: Report, user: User, typed: dict, result: parts.SaveResult):
        self.report, self.typed, self.result = report, typed, result
        self.period: ReportingPeriod = report.period
        self.scope = rights.fill_scope(user, report)
        self.is_open = is_open_for_figures(report)
        programme = self.period.programme
        self.units = (
            [report.participant]
            if report.participant
            else list(programme.participants.reporters().active_on(self.period.ends_on).order_by("order", "id"))
        )
        self.indicators = self._visible(list(Indicator.objects.of_programme(programme)), user)
        unit_ids = [unit.pk for unit in self.units]
        self.lines = own_lines(self.period, unit_ids, counted=Report.State.values)
        targets = Target.objects.in_force(self.period.ends_on).filter(participant__in=unit_ids)
        self.targets = {(row.participant_id, row.indicator_id): row for row in targets}
        self.figures = {
            (row.participant_id, row.indicator_id): row
            for row in Figure.objects.filter(period=self.period, participant__in=unit_ids)
            .select_related("updated_by")
            .prefetch_related("flags")
        }
        self.last = _last_values(self.period, unit_ids)
        self.averages = _averages(self.period)

    def groups(self) -> list[dict]:
        """Return the projects in order with their rows; a project without indicators shows its text."""
        rows = defaultdict(list)
        for project, indicators in groupby(self.indicators, key=lambda row: row.sub_project.project_id):
            for indicator in indicators:
                rows[project] += [self._row(unit, indicator) for unit in self.units]
        projects = Project.objects.filter(programme=self.period.programme)
        is_all = self.scope.everything or not self.scope.sub_projects
        return [
            {"project": project, "rows": rows[project.pk]}
            for project in projects
            if rows[project.pk] or (is_all and project.text and not is_whole(self.report))
        ]

    def _visible(self, indicators: list[Indicator], user: User) -> list[Indicator]:
        """Leave out what is not in this report, and for a filler what is somebody else's."""
        if self.report.agency_id:
            return [row for row in indicators if row.sub_project.lead_agency_id == self.report.agency_id]
        if is_whole(self.report):
            return [row for row in indicators if not is_summed(row)]
        if self.scope.sub_projects and not rights.parts_in(user, self.report) - {"filler"}:
            return [row for row in indicators if self.scope.covers(self.report.participant_id, row.sub_project_id)]
        return indicators

    def _row(self, unit, indicator: Indicator) -> dict:
        """Return one line: what is stored, or what was typed and refused."""
        key = (unit.pk, indicator.pk)
        figure, line, name = self.figures.get(key), self.lines.get(key, {}), _key(key)
        typed, error, conflict = self.typed.get(name), self.result.errors.get(name), self.result.conflicts.get(name)
        if typed and self.result.refused and self._differs(typed, figure, indicator):
            error = f"没有存下。您填的是“{typed['value']}”" + (
                f"，备注“{typed['remark']}”" if typed.get("remark") else ""
            )
        keeps_typed = typed is not None and bool(error or conflict)
        flags = list(figure.flags.all()) if figure else []
        version = figure.version if figure else 0
        row = {
            "key": name,
            "indicator": indicator,
            "unit": unit,
            "task": line.get("task", "no_task"),
            "target": self.targets.get(key),
            "last": self.last.get(key),
            "line": line,
            "figure": figure,
            "average": self.averages.get(indicator.pk),
            "value": _shown(figure, indicator),
            "remark": figure.remark if figure else "",
            "version": version,
            "flags": flags,
            "reason": flags[0].reason if flags else "",
            "error": error,
            "conflict": conflict,
            "is_text": indicator.kind == Indicator.Kind.TEXT,
            "is_typed": self.is_open and self.scope.covers(unit.pk, indicator.sub_project_id),
        }
        # A figure left from before the task was taken away can still be cleared.
        row["is_typed"] = row["is_typed"] and (row["task"] != "no_task" or bool(row["value"]))
        if keeps_typed:
            row |= {"value": typed["value"], "remark": typed.get("remark", row["remark"])}
            row["reason"] = typed.get("reason", row["reason"])
            # A conflict has now been shown, so saving again decides it; an error leaves the question open.
            row["version"] = version if conflict else typed.get("version", version)
        row["state"] = _state(row)
        return row

    def _differs(self, typed: dict, figure: Figure | None, indicator: Indicator) -> bool:
        """Tell whether a typed cell says something else than what is stored."""
        remark = figure.remark if figure else ""
        return typed["value"].strip() != _shown(figure, indicator) or typed.get("remark", remark).strip() != remark


def _state(row: dict) -> str:
    """Return the code of the line's state for the page."""
    if row["error"]:
        return "invalid"
    if row["conflict"]:
        return "conflict"
    if any(not flag.reason for flag in row["flags"]):
        return "flagged"
    if row["figure"] is not None and row["figure"].state in (Figure.State.REPORTED, Figure.State.TEXT):
        return "reported"
    return row["task"] if row["task"] in ("no_task", "not_split") else "blank"


def _entry(key: tuple[int, int], cell: dict, indicator: Indicator | None, free_text: bool) -> FigureEntry:
    """Read one typed cell. Raises ValueRefused for what is no number where one belongs."""
    text, state, value = cell["value"].strip(), Figure.State.BLANK, None
    is_text = indicator is not None and indicator.kind == Indicator.Kind.TEXT
    if indicator is not None and not is_text:
        try:
            parsed = parse_number(
                cell["value"],
                decimals=indicator.decimals,
                allow_negative=indicator.kind == Indicator.Kind.GROWTH,
                unit=indicator.unit,
            )
            state, value = parsed.state, parsed.value
        except ValueRefused:
            if not free_text:
                raise
            is_text = True
    if is_text and text:
        state = Figure.State.TEXT
    version = cell.get("version", "")
    return FigureEntry(
        *key,
        state=state,
        value=value,
        text=text if state == Figure.State.TEXT else "",
        remark=cell.get("remark"),
        reason=cell.get("reason"),
        # A page without a readable version cannot know what it would overwrite.
        base_version=int(version) if re.fullmatch(r"\d{1,9}", version, re.ASCII) else -1,
    )


def _conflict_sentence(conflict: FigureConflict) -> str:
    """Say what somebody else stored meanwhile, and how to go on."""
    theirs = conflict.text or format_number(conflict.value) if conflict.state in ("reported", "text") else "空"
    return (
        f"{conflict.by} {format_moment(conflict.at)} 已把这一格存为 {theirs}，您填的没有存。"
        f"用对方的：改成 {theirs}；用您的：再按一次保存。"
    )


def _shown(figure: Figure | None, indicator: Indicator) -> str:
    """Return what stands in the cell: a number with its decimals, the text, or nothing."""
    if figure is None:
        return ""
    if figure.state == Figure.State.TEXT:
        return figure.text
    return "" if figure.value is None else format_number(figure.value, indicator.decimals)


def _last_values(period: ReportingPeriod, unit_ids) -> dict:
    """Return the figures of the period before: (participant id, indicator id) → value. Two queries."""
    last = _periods_before(period).first()
    rows = Figure.objects.filter(period=last, participant__in=unit_ids, state=Figure.State.REPORTED)
    return {(row[0], row[1]): row[2] for row in rows.values_list("participant_id", "indicator_id", "value")}


def _averages(period: ReportingPeriod) -> dict[int, Benchmark]:
    """Return the provincial averages of the last issued period by indicator; a rate goes before a value (R10)."""
    rows = Benchmark.objects.filter(period=_last_issued(period), indicator__isnull=False).order_by("-measure")
    return {row.indicator_id: row for row in rows}


def _last_issued(period: ReportingPeriod) -> ReportingPeriod | None:
    """Return the newest issued period before `period`, whose averages everybody has seen."""
    return _periods_before(period).issued().first()


def _periods_before(period: ReportingPeriod):
    return ReportingPeriod.objects.filter(
        programme=period.programme_id, kind=period.kind, ends_on__lt=period.ends_on
    ).order_by("-ends_on")


def _short_label(period: ReportingPeriod) -> str:
    """Return the period without its year, for a column head: 1—7月."""
    return period.label.split("年", 1)[1]


def _key(key: tuple[int, int]) -> str:
    return f"{key[0]}-{key[1]}"


def _plain(value):
    """Return a value for the digest; a number in one spelling only (850, never 850.000000)."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
