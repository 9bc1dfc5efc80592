"""The ranking page turned to money: one rate by unit with its yardsticks, and the same rate project by project."""

from funding.amounts import aligned, in_unit
from livelihood.formats import MISSING, format_number, format_rate, format_signed
from projects.models import Project
from supervision.documents.sentences import below_list_sentence, excluding_note, printed_value
from supervision.fund_standings import FundRate, FundStandings
from supervision.pages.yardsticks import FAR_BELOW
from supervision.scope import StandingsScope
from supervision.why_links import WhyLinks

UNIT = "万元"
STAGES = ("planned", "received", "disbursed", "spent")
WORDS = {"excluded": "不计入", "no_task": "无任务", "not_reported": "未报送", "in_part": "未报全"}


class FundRankingPage:
    """One rate of money within a user's scope. Without everybody's figures in scope there is no place and no sum."""

    def __init__(self, funds: FundStandings, scope: StandingsScope, rate: FundRate, *, by_place: bool):
        self.funds, self.scope, self.rate = funds, scope, rate
        self.decimals = funds.decimals
        self.whole = rate.whole
        self.links = WhyLinks(funds.period, funds.snapshot)
        visible = [row for row in rate.units if scope.everything or row["participant_id"] in scope.participants]
        if by_place and scope.everything:
            visible.sort(key=lambda row: (row["place"] is None, row["place"] or 0))
        self.visible = visible
        # One number of decimals in a table, so that the digits stand below each other.
        shown = [*visible, self.whole] if scope.everything else visible
        self.unit = aligned(UNIT, (row[stage] for row in shown for stage in STAGES))

    def rows(self) -> list[dict]:
        """Return the units' rows."""
        return [self._row(row) for row in self.visible]

    def total(self) -> dict | None:
        """Return the whole's row, the sums behind its rate, and who is left out (R5); None where it is out of scope."""
        if not self.scope.everything:
            return None
        left_out = [
            *(self.funds.name(pk) for pk in self.whole["pooled_excluding"] or []),
            *(f"{self.funds.name(pk)}未报部分" for pk in self.whole["pooled_in_part"] or []),
        ]
        second = self.whole["rate_with_missing"]
        return self._row(self.whole) | {
            "excluding": excluding_note(left_out),
            "with_missing": "" if second is None else format_rate(second, self.decimals),
        }

    def _row(self, row: dict) -> dict:
        is_below = bool(row["below_benchmark"])
        return {
            "name": self.funds.name(row["participant_id"]),
            "why": self._why(row),
            "place": row["place"] if self.scope.everything else None,
            "amounts": [self._amount(row, stage) for stage in STAGES],
            "rate": MISSING if row["rate"] is None else format_number(row["rate"], self.decimals),
            "word": WORDS.get(row["state"], "") if row["participant_kind"] != "whole" else "",
            "expected": _gap(row["gap_to_expected"], self.decimals),
            "set": _gap(row["gap_to_set"], max(self.decimals, 2)),
            "benchmark": _gap(row["gap_to_benchmark"], row["benchmark_decimals"] or 0),
            "city": _gap(row["gap_to_city"] if self.scope.everything else None, self.decimals),
            "is_below": is_below,
            "is_far": is_below and row["gap_to_benchmark"] <= FAR_BELOW,
        }

    def _why(self, row: dict) -> str:
        code = self.funds.participants[row["participant_id"]].code
        return self.links.fund(code, f"{self.rate.fund_kind}-{self.rate.measure}", row["project_seq"])

    def _amount(self, row: dict, stage: str) -> str:
        if row[stage] is None and row["state"] in ("no_task", "excluded"):
            return "/"
        return in_unit(row[stage], self.unit)

    def yardsticks(self) -> list[dict]:
        """Return what the rate is held against, each with value and source (R10, R11)."""
        line = next((row["expected_rate"] for row in self.rate.lines if row["expected_rate"] is not None), None)
        benchmark = self.whole["benchmark"]
        found = [
            {
                "name": "时序进度",
                "value": MISSING if line is None else format_rate(line, self.decimals),
                "source": "" if line is not None else "只有除以计划的比率有时序",
            },
            {
                "name": "全省平均",
                "value": MISSING if benchmark is None else format_rate(benchmark, self.whole["benchmark_decimals"]),
                "source": "" if benchmark is not None else "同一分母的全省平均还没有录入，名单暂不列出",
            },
        ]
        if self.whole["set_rate"] is not None:
            value = format_rate(self.whole["set_rate"], max(self.decimals, 2))
            found.insert(1, {"name": self.whole["set_text"], "value": value, "source": ""})
        return found

    def sentence(self) -> str:
        """Return the list of R9 as it is printed, "" without one."""
        below = self.rate.below() if self.scope.everything else None
        if not below:
            return ""
        decimals = self.whole["benchmark_decimals"]
        compared = min(decimals, self.decimals)
        return below_list_sentence(
            name=self.rate.label,
            benchmark=f"{printed_value(self.whole['benchmark'], decimals)}%",
            units=[
                (self.funds.name(row["participant_id"]), f"{printed_value(row['compared'], compared)}%")
                for row in below
            ],
        )

    def projects(self, projects: list[Project]) -> list[dict]:
        """Return a row per project with money: its rate for each unit of the table, and the whole's."""
        return [self._project(project) for project in projects if project.pk in self.rate.by_project]

    def _project(self, project: Project) -> dict:
        rows = {row["participant_id"]: row for row in self.rate.by_project[project.pk]}
        whole = next((row for row in rows.values() if row["participant_kind"] == "whole"), None)
        return {
            "seq": project.seq,
            "name": project.name,
            "whole": self._project_cell(whole) if self.scope.everything else None,
            "cells": [self._project_cell(rows.get(row["participant_id"])) for row in self.visible],
        }

    def _project_cell(self, row: dict | None) -> dict:
        if row is None:
            return {"text": "/", "is_absent": True}
        if row["rate"] is None:
            return {"text": WORDS.get(row["state"], MISSING), "is_absent": True, "why": self._why(row)}
        return {
            "text": format_number(row["rate"], self.decimals),
            "why": self._why(row),
            "is_absent": False,
            "note": WORDS.get(row["state"], ""),
            "is_behind": row["gap_to_expected"] is not None and row["gap_to_expected"] < 0,
        }


def _gap(gap, decimals: int) -> dict:
    """Return a signed difference and whether it is below zero, written out."""
    return {"text": format_signed(gap, decimals), "is_below": gap is not None and gap < 0}
