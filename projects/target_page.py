"""任务分解: the targets of one project as participants × indicators, as they stand and as somebody typed them."""

from collections.abc import Iterable
from itertools import groupby

from django.db.models import Count, F, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from livelihood.formats import format_number
from projects.cell_key import key_text
from projects.excel.tables import CellRefused
from projects.excel.targets import entry_of
from projects.excel.workbook import Cell
from projects.last_year import last_targets
from projects.models import Figure, Indicator, Participant, Programme, Project, Target
from projects.services.targets import TargetEntry, differs, entry_fault, newest_targets, stated

#: Words more than this fit no cell of the page; the target itself holds fewer.
MOST_CHARACTERS = 400

FOREIGN = "有一格不在这张表里，可能是别的年度的单位或指标，什么都没有改。请刷新页面再填。"


def target_sums(indicators: Iterable[Indicator]) -> dict[int, dict]:
    """Return Σ of the participants beside the whole's own target, for additive numbers (R16). One query.

    indicator id → parts, whole, difference (parts minus whole), in the indicator's own unit, of the newest revisions;
    difference is None where the whole has no number of its own. Both are kept; nothing is mended.
    """
    is_whole = Q(participant__kind=Participant.Kind.WHOLE)
    rows = (
        Target.objects.newest()
        .filter(indicator__in=indicators, indicator__additive=True, indicator__kind=Indicator.Kind.NUMBER)
        .order_by()
        .values("indicator")
        .annotate(
            parts=Coalesce(Sum("value", filter=~is_whole), Value(0), output_field=Target._meta.get_field("value"))
        )
        .annotate(whole=Max("value", filter=is_whole))
        .annotate(difference=F("parts") - F("whole"))
    )
    return {row["indicator"]: row for row in rows}


def sum_words(row: dict | None, indicator: Indicator) -> dict:
    """Return what a page says of one indicator's sums: parts and whole as printed, and the difference in words."""
    if row is None:
        return {"parts": "", "whole": "", "difference": "", "is_off": False}
    difference = row["difference"]
    words = "全域没有目标数" if difference is None else "相符"
    if difference:
        words = f"{'多' if difference > 0 else '少'} {format_number(abs(difference), indicator.decimals)}"
    return {
        "parts": format_number(row["parts"], indicator.decimals),
        "whole": format_number(row["whole"], indicator.decimals),
        "difference": words,
        "is_off": bool(difference),
        "is_known": difference is not None,
    }


def target_overview(programme: Programme) -> list[dict]:
    """Return the projects with how many targets are given, and their indicators that do not add up. Three queries."""
    indicators = list(Indicator.objects.of_programme(programme))
    sums = target_sums(indicators)
    counts = {
        row["indicator__sub_project__project"]: row
        for row in Target.objects.newest()
        .filter(participant__programme=programme)
        .order_by()
        .values("indicator__sub_project__project")
        .annotate(
            given=Count("pk", filter=Q(state__in=[Target.State.ASSESSED, Target.State.TEXT])),
            none=Count("pk", filter=Q(state__in=[Target.State.NO_TASK, Target.State.NOT_APPLICABLE])),
            revised=Count("pk", filter=Q(revision__gt=1)),
        )
    }
    by_project = {pk: list(rows) for pk, rows in groupby(indicators, key=lambda row: row.sub_project.project_id)}
    return [
        {
            "project": project,
            "indicators": len(by_project.get(project.pk, [])),
            "counts": counts.get(project.pk, {"given": 0, "none": 0, "revised": 0}),
            "off": [
                {"indicator": indicator} | sum_words(sums[indicator.pk], indicator)
                for indicator in by_project.get(project.pk, [])
                if indicator.pk in sums and sums[indicator.pk]["difference"]
            ],
        }
        for project in programme.projects.order_by("seq")
    ]


class TargetMatrix:
    """The table of one project; about five queries. `typed`: cell → (text, revision seen) of a posted form."""

    def __init__(self, programme: Programme, project: Project, *, typed: dict[str, tuple[str, int]] | None = None):
        self.programme, self.project, self.typed = programme, project, typed or {}
        found = Indicator.objects.of_programme(programme).filter(sub_project__project=project)
        self.indicators = list(found)
        self.units = list(programme.participants.order_by("order", "id"))
        self.newest = newest_targets(self.indicators)
        self.last = last_targets(project, self.indicators, self.units)
        self.entries: list[TargetEntry] = []
        self.faults: dict[str, str] = {}
        self.foreign = bool(self.typed.keys() - self._keys())
        self._read()

    def _keys(self) -> set[str]:
        return {key_text((unit.pk, one.pk)) for unit in self.units for one in self.indicators}

    def _read(self) -> None:
        """Judge what was typed: entries that say something new, and a sentence for every cell that cannot stand."""
        for unit in self.units:
            for indicator in self.indicators:
                key = key_text((unit.pk, indicator.pk))
                if key not in self.typed:
                    continue
                text, base = self.typed[key]
                before = self.newest.get((indicator.pk, unit.pk))
                entry, fault = self._judged(text, base, indicator, unit, before)
                if fault:
                    self.faults[key] = fault
                elif entry is not None:
                    self.entries.append(entry)

    def _judged(self, text: str, base: int, indicator: Indicator, unit: Participant, before: Target | None):
        """Return (entry, ""), (None, "") for no change, or (None, why not)."""
        name, now = f"{unit.printed_name}的“{indicator.name}”", stated(before) if before else ""
        if text == now:
            return None, ""
        if base != (before.revision if before else 0):
            return None, f"{name}刚刚被别人改过，现在是“{now or '空白'}”。请按现在的目标再填。"
        if len(text) > MOST_CHARACTERS:
            return None, f"{name}写得太长。"
        if not text:
            return None, self._not_emptied(name, now, indicator, unit)
        try:
            entry = entry_of(Cell(1, 1, "text", text), indicator, unit, before)
        except CellRefused as refused:
            return None, f"{name}：{refused}"
        if before is not None and not differs(before, entry):
            return None, ""
        return (None, fault) if (fault := entry_fault(self.programme, entry)) else (entry, "")

    def _not_emptied(self, name: str, now: str, indicator: Indicator, unit: Participant) -> str:
        figures = Figure.objects.filter(indicator=indicator, participant=unit, value__isnull=False).count()
        reported = f"，已经报过 {figures} 期的数" if figures else ""
        return f"{name}已有目标“{now}”{reported}，不能清空；没有任务请写“/”。"

    def rows(self) -> list[dict]:
        """Return one row per participant, the whole last: unit, is_whole, cells in the order of the columns."""
        return [
            {
                "unit": unit,
                "is_whole": unit.kind == Participant.Kind.WHOLE,
                "cells": [self._cell(unit, indicator) for indicator in self.indicators],
            }
            for unit in sorted(self.units, key=lambda unit: unit.kind == Participant.Kind.WHOLE)
        ]

    def _cell(self, unit: Participant, indicator: Indicator) -> dict:
        key = key_text((unit.pk, indicator.pk))
        target = self.newest.get((indicator.pk, unit.pk))
        now = stated(target) if target else ""
        text, base = self.typed.get(key, (now, target.revision if target else 0))
        return {
            "key": key,
            "indicator": indicator,
            "target": target,
            "revision": base,
            "text": text,
            "now": now,
            "last": self.last.get((indicator.pk, unit.pk), ""),
            "is_changed": text != now,
            "fault": self.faults.get(key, ""),
        }

    def versions(self) -> str:
        """Return the revisions the page shows, as the form sends them back."""
        return " ".join(f"{cell['key']}:{cell['revision']}" for row in self.rows() for cell in row["cells"])

    def columns(self) -> list[dict]:
        """Return the columns: indicator, its sub-project, and the sums under it. One query."""
        sums = target_sums(self.indicators)
        return [
            {"indicator": one, "is_added_up": one.pk in sums} | sum_words(sums.get(one.pk), one)
            for one in self.indicators
        ]

    def groups(self) -> list[dict]:
        """Return the sub-projects over the columns, with how many columns each has."""
        return [
            {"sub_project": sub, "count": len(list(rows))}
            for sub, rows in groupby(self.indicators, key=lambda one: one.sub_project)
        ]


def revisions_of(indicator: Indicator, participant: Participant) -> QuerySet[Target]:
    """Return all revisions of one target, the newest first, with who set them."""
    return (
        Target.objects.filter(indicator=indicator, participant=participant)
        .select_related("set_by", "indicator", "participant")
        .order_by("-revision")
    )
