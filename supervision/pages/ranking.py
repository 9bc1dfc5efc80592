"""The ranking page as rows ready for a template: scores, gaps or places by project and unit, and the lists.

Arranges and words what the standings statement returned. Cells are plain dicts, prepared here
because a page of 105 × 33 cells has no time for filters and includes in each of them.
"""

from collections.abc import Collection
from decimal import Decimal
from functools import cached_property

from livelihood.formats import MISSING, format_number
from projects.models import Indicator, Project
from supervision.documents.sentences import below_sentence, whole_name
from supervision.pages.line_words import excluding_text, indicator_label
from supervision.pages.ranking_cells import SHOWN, MapCells
from supervision.pages.yardsticks import CITY, PROVINCE, SCHEDULE, Yardstick
from supervision.scope import StandingsScope
from supervision.standings import Standings
from supervision.why_links import UnitWhyLinks, WhyLinks


class RankingPage:
    """One period's standings within a user's scope, as the ranking page shows them.

    `yardstick` colours the map, `show` is what its cells say, `category` leaves the indicators of one kind;
    `why` gives cells the address of their answer.
    """

    def __init__(
        self,
        standings: Standings,
        scope: StandingsScope,
        projects: list[Project],
        *,
        by_place: bool = False,
        yardstick: Yardstick = PROVINCE,
        show: str = "",
        category: str = "",
        why: WhyLinks | None = None,
    ):
        self.standings = standings
        self.scope = scope
        self.projects = projects
        self.yardstick, self.show, self.category = yardstick, show, category
        self.decimals = standings.decimals
        self.every_line = self._visible_lines()
        self.lines = {pk: rows for pk, rows in self.every_line.items() if self._is_chosen(standings.indicators[pk])}
        self.units = self._units(by_place)
        self.whole_name = whole_name(standings)
        self.has_benchmarks = any(standings.lines[pk][0]["benchmark"] is not None for pk in self.lines)
        self.why = [self._why_of(why, row["participant_id"]) for row in self.units]
        self.cells = MapCells(standings, scope, self.lines, yardstick=yardstick, show=show)
        self.is_compared = any(below is not None for rows in self.cells.judged.values() for below in rows.values())

    def _is_chosen(self, indicator: Indicator) -> bool:
        return not self.category or indicator.category == self.category

    def _why_of(self, why: WhyLinks | None, participant_id: int) -> UnitWhyLinks | None:
        return why.unit(self.standings.participants[participant_id].code) if why else None

    def _visible_lines(self) -> dict[int, dict[int, dict]]:
        """Return indicator id → participant id → line, without the whole and what is out of scope; in printed order."""
        scope, lines = self.scope, self.standings.lines
        return {
            pk: {
                row["participant_id"]: row
                for row in lines[pk]
                if row["participant_kind"] != "whole"
                and (scope.everything or scope.sees_line(indicator, row["participant_id"]))
            }
            for pk, indicator in self.standings.indicators.items()
        }

    def _units(self, by_place: bool) -> list[dict]:
        """Return the unit rows that are columns of the table: official order, or by place."""
        seen = set().union(*self.every_line.values())
        rows = {row["participant_id"]: row for row in self.standings.units if row["participant_id"] in seen}
        if by_place:
            return list(rows.values())
        return [rows[pk] for pk in self.standings.participants if pk in rows]

    @property
    def show_name(self) -> str:
        """What the cells say."""
        return SHOWN[self.show]

    @property
    def words(self) -> dict:
        """How the chosen yardstick is called: name, head of its column, row of how many are below."""
        return self.yardstick.words(self.whole_name)

    def yardstick_name(self, yardstick: Yardstick) -> str:
        """Return a yardstick's name on the switch; the straight line with its rate, which is the same for all (R11)."""
        name = yardstick.words(self.whole_name)["name"]
        if yardstick is not SCHEDULE:
            return name
        lines = (row for rows in self.standings.lines.values() for row in rows if not row["has_plan"])
        rate = next((row["expected_rate"] for row in lines if row["expected_rate"] is not None), None)
        return name if rate is None else f"{name} {format_number(rate, self.decimals)}%"

    def categories(self) -> list[tuple[str, str]]:
        """Return the kinds the indicators are of, as (code, name) in their order."""
        found = {row.category for row in self.standings.indicators.values()}
        return [(value, label) for value, label in Indicator.Category.choices if value in found]

    def columns(self) -> list[dict]:
        """Return the heads: name, score, place, change. A place needs everybody's figures in scope."""
        below = self._below_by_unit()
        has_scheme = self.standings.scheme_id is not None
        return [
            {
                "name": self.standings.participants[row["participant_id"]].printed_name,
                "code": self.standings.participants[row["participant_id"]].code,
                "participant_id": row["participant_id"],
                "why": why.overall if why else "",
                "score": self._score(row, row["score"] if has_scheme else row["plain_score"]),
                "has_score": self._sees_score(row) and row["has_report"],
                "place": row["place"] if self.scope.everything else None,
                "place_change": row["place_change"] if self.scope.everything else None,
                "target_adjusted": self.scope.everything and row["target_adjusted"],
                "ranked": row["ranked"],
                # Who has not reported has nothing below, and no 0 either.
                "below": below[row["participant_id"]] if self.is_compared and row["has_report"] else MISSING,
            }
            for row, why in zip(self.units, self.why, strict=True)
        ]

    def _score(self, row: dict, score: Decimal | None) -> str:
        if not self._sees_score(row):
            return MISSING
        if not row["has_report"]:
            return "未报送"
        return format_number(score, self.decimals)

    def _sees_score(self, row: dict) -> bool:
        return self.scope.everything or row["participant_id"] in self.scope.participants

    def _below_by_unit(self) -> dict[int, int]:
        """Return how many indicators of each unit are below the yardstick."""
        counts = dict.fromkeys((row["participant_id"] for row in self.units), 0)
        for rows in self.cells.judged.values():
            for participant_id, is_below in rows.items():
                if is_below:
                    counts[participant_id] += 1
        return counts

    @cached_property
    def below_total(self) -> int | None:
        """How many lines are below the yardstick; None where nothing is compared."""
        return sum(self._below_by_unit().values()) if self.is_compared else None

    def rows(self, opened: Collection[int] = ()) -> list[dict]:
        """Return a row per project in printed order; those with a seq in `opened` with their indicators."""
        by_project: dict[int, list[int]] = {}
        for pk, rows in self.lines.items():
            if rows:
                by_project.setdefault(self.standings.indicators[pk].sub_project.project_id, []).append(pk)
        hidden = self._partly_hidden()
        return [
            self._project_row(project, by_project.get(project.pk, []), hidden, is_open=project.seq in opened)
            for project in self.projects
            if project.pk in by_project or (not self.category and self._is_seen_as_text(project))
        ]

    def _is_seen_as_text(self, project: Project) -> bool:
        return bool(project.text and (self.scope.everything or self.scope.participants))

    def _partly_hidden(self) -> set[tuple[int, int]]:
        """Return (project, participant) pairs with a line out of scope: their score stays out too."""
        if self.scope.everything:
            return set()
        return {
            (row["project_id"], row["participant_id"])
            for pk, rows in self.standings.lines.items()
            for row in rows
            if row["participant_id"] not in self.every_line[pk]
        }

    def _project_row(self, project: Project, indicator_ids: list[int], hidden: set, *, is_open: bool) -> dict:
        agencies = {sub.lead_agency.name: None for sub in project.sub_projects.all() if sub.lead_agency}
        cells = [
            self.cells.project(
                project, row["participant_id"], indicator_ids, why, (project.pk, row["participant_id"]) in hidden
            )
            for row, why in zip(self.units, self.why, strict=True)
        ]
        is_compared = any(below is not None for pk in indicator_ids for below in self.cells.judged[pk].values())
        return {
            "seq": project.seq,
            "name": project.name,
            "lead": f"{next(iter(agencies))}等{len(agencies)}家" if len(agencies) > 1 else "".join(agencies),
            "leads": "、".join(agencies),
            "below": sum(1 for cell in cells if cell["below"]) if is_compared else None,
            "cells": cells,
            "is_open": is_open,
            "can_open": bool(indicator_ids),
            "details": [self._indicator_row(pk) for pk in indicator_ids] if is_open else [],
        }

    def _indicator_row(self, pk: int) -> dict:
        return self.indicator_facts(pk) | {
            "against": self._against(pk),
            "cells": [
                self.cells.line(pk, row["participant_id"], why) for row, why in zip(self.units, self.why, strict=True)
            ],
        }

    def _against(self, pk: int) -> str:
        """Return what the lines of an indicator are held against, where it is one number for all of them."""
        rows = [
            row for participant_id, row in self.lines[pk].items() if self.cells.judged[pk][participant_id] is not None
        ]
        if not rows:
            return MISSING
        if self.yardstick is PROVINCE:
            return format_number(rows[0]["benchmark"], rows[0]["benchmark_decimals"])
        if self.yardstick is CITY:
            whole = self.standings.whole(pk)
            return MISSING if whole is None else format_number(whole["rate"], self.decimals)
        rates = {row["expected_rate"] for row in rows}
        return format_number(rates.pop(), self.decimals) if len(rates) == 1 else "各异"

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
        for pk, rows in self.lines.items():
            if not rows:
                continue
            project = self.standings.indicators[pk].sub_project.project
            group = groups.setdefault(project.pk, {"seq": project.seq, "name": project.name, "indicators": []})
            group["indicators"].append(self.indicator_facts(pk))
        return list(groups.values())

    def sentences(self, groups: list[dict]) -> list[dict]:
        """Return the lists of R9 among `groups` as they are printed, each with its project and indicator."""
        return [
            {
                "seq": group["seq"],
                "project": group["name"],
                "pk": item["pk"],
                "label": item["label"],
                "sentence": item["sentence"],
            }
            for group in groups
            for item in group["indicators"]
            if item["in_scope"] and item["sentence"]
        ]
