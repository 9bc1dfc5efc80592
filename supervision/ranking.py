"""The ranking page as rows ready for a template: scores by project and unit, and the lists.

Arranges and words what the standings statement returned. Cells are plain dicts, prepared here
because a page of 105 × 33 cells has no time for filters and includes in each of them.
"""

from decimal import Decimal

from livelihood.formats import format_number, state_parts
from projects.models import Project
from supervision.documents.sentences import below_sentence, excluding_note
from supervision.scope import StandingsScope
from supervision.standings import Standings

#: A rate this many 个百分点 below the provincial average is shown as far below.
FAR_BELOW = Decimal(-10)

NO_TASK_WORDS = ("no_task", "text", "not_split")


class RankingPage:
    """One period's standings within a user's scope, as the ranking page shows them."""

    def __init__(self, standings: Standings, scope: StandingsScope, projects: list[Project], *, by_place=False):
        self.standings = standings
        self.scope = scope
        self.projects = projects
        self.decimals = standings.decimals
        self.lines = self._visible_lines()
        self.units = self._units(by_place)
        self.has_benchmarks = any(rows[0]["benchmark"] is not None for rows in standings.lines.values())

    def _visible_lines(self) -> dict[int, dict[int, dict]]:
        """Return indicator id → participant id → line, without the whole and what is out of scope."""
        indicators, scope = self.standings.indicators, self.scope
        return {
            pk: {
                row["participant_id"]: row
                for row in rows
                if row["participant_kind"] != "whole"
                and (scope.everything or scope.sees_line(indicators[pk], row["participant_id"]))
            }
            for pk, rows in self.standings.lines.items()
        }

    def _units(self, by_place: bool) -> list[dict]:
        """Return the unit rows that are columns of the table: official order, or by place."""
        seen = set().union(*self.lines.values())
        rows = {row["participant_id"]: row for row in self.standings.units if row["participant_id"] in seen}
        if by_place:
            return list(rows.values())
        return [rows[pk] for pk in self.standings.participants if pk in rows]

    def columns(self) -> list[dict]:
        """Return the heads: name, score, place, change. A place needs everybody's figures in scope."""
        below = self._below_by_unit()
        has_scheme = self.standings.scheme_id is not None
        return [
            {
                "name": self.standings.participants[row["participant_id"]].printed_name,
                "score": self._score(row, row["score"] if has_scheme else row["plain_score"]),
                "place": row["place"] if self.scope.everything else None,
                "place_change": row["place_change"] if self.scope.everything else None,
                "target_adjusted": self.scope.everything and row["target_adjusted"],
                "ranked": row["ranked"],
                "below": below[row["participant_id"]] if self.has_benchmarks else "—",
            }
            for row in self.units
        ]

    def _score(self, row: dict, score: Decimal | None) -> str:
        if not (self.scope.everything or row["participant_id"] in self.scope.participants):
            return "—"
        if not row["has_report"]:
            return "未报送"
        return format_number(score, self.decimals)

    def _below_by_unit(self) -> dict[int, int]:
        """Return how many indicators of each unit are below the provincial average (R9)."""
        counts = dict.fromkeys((row["participant_id"] for row in self.units), 0)
        for rows in self.lines.values():
            for participant_id, row in rows.items():
                if row["below_benchmark"]:
                    counts[participant_id] += 1
        return counts

    def rows(self, opened: int | None) -> list[dict]:
        """Return a row per project in printed order; the one with seq `opened` with its indicators."""
        by_project: dict[int, list[int]] = {}
        for pk, indicator in self.standings.indicators.items():
            if self.lines[pk]:
                by_project.setdefault(indicator.sub_project.project_id, []).append(pk)
        hidden = self._partly_hidden()
        return [
            self._project_row(project, by_project.get(project.pk, []), hidden, is_open=project.seq == opened)
            for project in self.projects
            if project.pk in by_project or (project.text and (self.scope.everything or self.scope.participants))
        ]

    def _partly_hidden(self) -> set[tuple[int, int]]:
        """Return (project, participant) pairs with a line out of scope: their score stays out too."""
        if self.scope.everything:
            return set()
        return {
            (row["project_id"], row["participant_id"])
            for pk, rows in self.standings.lines.items()
            for row in rows
            if row["participant_id"] not in self.lines[pk]
        }

    def _project_row(self, project: Project, indicator_ids: list[int], hidden: set, *, is_open: bool) -> dict:
        lines = [self.lines[pk] for pk in indicator_ids]
        agencies = {sub.lead_agency.name: None for sub in project.sub_projects.all() if sub.lead_agency}
        cells = [
            self._project_cell(project, [rows[pk] for rows in lines if pk in rows], (project.pk, pk) in hidden)
            for pk in (row["participant_id"] for row in self.units)
        ]
        has_benchmark = any(row["benchmark"] is not None for rows in lines for row in rows.values())
        return {
            "seq": project.seq,
            "name": project.name,
            "lead": f"{next(iter(agencies))}等{len(agencies)}家" if len(agencies) > 1 else "".join(agencies),
            "leads": "、".join(agencies),
            "below": sum(cell["below"] for cell in cells) if has_benchmark else None,
            "cells": cells,
            "is_open": is_open,
            "can_open": bool(indicator_ids),
            "details": [self._indicator_row(pk) for pk in indicator_ids] if is_open else [],
        }

    def _project_cell(self, project: Project, lines: list[dict], is_hidden: bool) -> dict:
        below = sum(1 for row in lines if row["below_benchmark"])
        score = next((row["project_score"] for row in lines if row["project_score"] is not None), None)
        if is_hidden or score is None:
            text = "—" if is_hidden else _why_no_score(project, lines)
        else:
            text = format_number(score, self.decimals)
        if below:
            is_far = any(row["below_benchmark"] and is_far_below(row) for row in lines)
            heat = "heat-far-below" if is_far else "heat-below"
            return _cell(text, heat, f"{'▼' if is_far else '▽'}{below}", below, None if is_hidden else score)
        if is_hidden or score is None:
            return _cell(text, "heat-none")
        scores_zero = any(row["status"] == "not_reported" and row["assessed"] for row in lines)
        has_benchmark = any(row["below_benchmark"] is not None for row in lines)
        return _cell(text, "heat-ok" if has_benchmark else "", "缺" if scores_zero else "", value=score)

    def _indicator_row(self, pk: int) -> dict:
        return self.indicator_facts(pk) | {
            "cells": [self._line_cell(self.lines[pk].get(row["participant_id"])) for row in self.units]
        }

    def _line_cell(self, row: dict | None) -> dict:
        if row is None:
            return _cell("—", "heat-none")
        text = rate_text(row, self.decimals)
        if row["below_benchmark"]:
            is_far = is_far_below(row)
            return _cell(text, "heat-far-below" if is_far else "heat-below", "▼" if is_far else "▽")
        if row["below_benchmark"] is False:
            return _cell(text, "heat-ok")
        return _cell(text, "" if row["rate"] is not None else "heat-none")

    def indicator_facts(self, pk: int) -> dict:
        """Return an indicator's name, sum, provincial average and list, as far as in scope."""
        indicator = self.standings.indicators[pk]
        first = self.standings.lines[pk][0]
        benchmark = first["benchmark"]
        facts = {
            "pk": pk,
            "label": indicator_label(indicator),
            "unit": indicator.unit,
            "assessed": first["assessed"],
            "benchmark": None if benchmark is None else format_number(benchmark, first["benchmark_decimals"]),
            "benchmark_unit": "" if first["benchmark_measure"] == "value" else "%",
            "in_scope": self.scope.sees_all_units(indicator),
        }
        if facts["in_scope"]:
            facts |= self._sum_and_list(pk)
        return facts

    def _sum_and_list(self, pk: int) -> dict:
        whole = self.standings.whole(pk)
        below = self.standings.below(pk)
        return {
            "pooled": None if whole is None else format_number(whole["rate"], self.decimals),
            "excluding": excluding_text(self.standings, whole),
            "with_missing": None
            if whole is None or whole["rate_with_missing"] is None
            else format_number(whole["rate_with_missing"], self.decimals),
            "below_count": None if below is None else len(below),
            "sentence": below_sentence(self.standings, pk) if below else "",
        }

    def groups(self) -> list[dict]:
        """Return the indicators in scope by project: [{"seq", "name", "indicators": [facts]}]."""
        groups: dict[int, dict] = {}
        for pk, indicator in self.standings.indicators.items():
            if not self.lines[pk]:
                continue
            project = indicator.sub_project.project
            group = groups.setdefault(project.pk, {"seq": project.seq, "name": project.name, "indicators": []})
            group["indicators"].append(self.indicator_facts(pk))
        return list(groups.values())


def indicator_label(indicator) -> str:
    """Return an indicator's name with its sub-item in front, where that has a name."""
    return "·".join(part for part in (indicator.sub_project.name, indicator.name) if part)


def rate_text(row: dict, decimals: int) -> str:
    """Return a line's printed rate, or the word why there is none."""
    if row["rate"] is not None:
        return format_number(row["rate"], decimals)
    if row["status"] in (*NO_TASK_WORDS, "not_reported", "met", "not_met"):
        return state_parts(row["status"])[1]
    return "—"


def status_text(row: dict) -> str:
    """Return the word of a line's status, which names the yardstick it was judged by: 时序, or its milestones (R11)."""
    word = state_parts(row["status"])[1]
    return word.replace("时序", "节点") if row["has_plan"] else word


def excluding_text(standings: Standings, whole: dict | None) -> str:
    """Return （不含颍上县、市本级） of a sum that leaves units out (R5), "" for one that does not."""
    if whole is None or not whole["pooled_excluding"]:
        return ""
    return excluding_note([standings.participants[pk].printed_name for pk in whole["pooled_excluding"]])


def _cell(text: str, heat: str, sign: str = "", below: int = 0, value: Decimal | None = None) -> dict:
    """Return a cell: its text, the class of its ground, the sign in the slot, indicators below, the score itself."""
    return {"text": text, "heat": heat, "sign": sign, "below": below, "value": value, "has_slot": heat != "heat-none"}


def is_far_below(row: dict) -> bool:
    """Tell whether a line's rate is ten 个百分点 or more below the provincial average."""
    return row["benchmark_measure"] == "rate" and row["gap_to_benchmark"] <= FAR_BELOW


def _why_no_score(project: Project, lines: list[dict]) -> str:
    """Return the word that stands in place of a project's score."""
    statuses = {row["status"] for row in lines}
    if not lines or statuses == {"text"}:
        return "文字"
    if statuses <= {"no_task", "text"}:
        return "无任务"
    if statuses <= {"no_task", "text", "not_split"}:
        return "任务未分解"
    return "未报送" if not lines[0]["has_report"] else "不考核"
