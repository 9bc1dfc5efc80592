"""The cells of the ranking page's map: what each says, on which ground, with which sign, and where its answer is."""

from decimal import Decimal
from functools import cached_property

from livelihood.formats import MISSING, format_number, format_signed
from livelihood.workbooks import printed
from projects.models import Project
from supervision.pages.line_words import rate_text, why_no_score
from supervision.pages.yardsticks import CITY, Yardstick
from supervision.scope import StandingsScope
from supervision.standings import Standings
from supervision.why_links import UnitWhyLinks

#: What a cell can say, by the word in the address.
SHOWN = {"": "得分", "gap": "差距", "place": "位次"}


class MapCells:
    """Makes the cells of lines (indicator id → participant id → line) within a scope.

    `judged` tells of the same lines whether they are below the yardstick; None: not compared.
    """

    def __init__(
        self,
        standings: Standings,
        scope: StandingsScope,
        lines: dict[int, dict[int, dict]],
        *,
        yardstick: Yardstick,
        show: str,
    ):
        self.standings, self.scope, self.lines = standings, scope, lines
        self.yardstick, self.show = yardstick, show
        self.decimals = standings.decimals
        self.judged = self._judge()

    def _judge(self) -> dict[int, dict[int, bool | None]]:
        """Return indicator id → participant id → whether the line is below the yardstick, None: not compared.

        The sum of all is nobody's to see who does not see them all, so nothing is said of the distance to it.
        """
        below, indicators = self.yardstick.below, self.standings.indicators
        is_hidden = self.yardstick is CITY and not self.scope.everything
        return {
            pk: dict.fromkeys(rows)
            if is_hidden and not self.scope.sees_all_units(indicators[pk])
            else {participant_id: below(row) for participant_id, row in rows.items()}
            for pk, rows in self.lines.items()
        }

    @cached_property
    def _placed_projects(self) -> set[int] | None:
        """The projects of which every unit's figures are in scope, so that places are; None: all of them."""
        if self.scope.everything:
            return None
        indicators = self.standings.indicators.values()
        unseen = {row.sub_project.project_id for row in indicators if not self.scope.sees_all_units(row)}
        return {row.sub_project.project_id for row in indicators} - unseen

    def project(
        self, project: Project, participant_id: int, indicator_ids: list[int], why: UnitWhyLinks | None, is_hidden: bool
    ) -> dict:
        """Return a project's cell of one unit: what is shown of it, and how many indicators are below the yardstick."""
        lines = [self.lines[pk][participant_id] for pk in indicator_ids if participant_id in self.lines[pk]]
        judged = [self.judged[row["indicator_id"]][participant_id] for row in lines]
        score = (
            None
            if is_hidden
            else next((row["project_score"] for row in lines if row["project_score"] is not None), None)
        )
        text, value = self._project_text(project, lines, judged, score, is_hidden)
        below, is_compared = judged.count(True), any(is_below is not None for is_below in judged)
        sign = ""
        if below:
            is_far = any(is_below and self.yardstick.is_far(row) for row, is_below in zip(lines, judged, strict=True))
            heat, sign = ("heat-far-below", f"▼{below}") if is_far else ("heat-below", f"▽{below}")
        elif value is None:
            heat = "heat-none"
        else:
            heat = "heat-ok" if is_compared else ""
            sign = "缺" if any(row["status"] == "not_reported" and row["assessed"] for row in lines) else ""
        return _cell(
            text, heat, sign, below, value, why.project(project.seq) if why and lines and not is_hidden else ""
        )

    def _project_text(
        self, project: Project, lines: list[dict], judged: list[bool | None], score: Decimal | None, is_hidden: bool
    ) -> tuple[str, Decimal | int | None]:
        """Return what a project's cell says, and the number in it: score, place, or the worst gap of its indicators."""
        if self.show == "gap":
            worst = self._worst(lines, judged)
            if worst is not None:
                return self._gap(worst)
        elif self.show == "place":
            placed = self._placed_projects
            place = lines[0]["project_place"] if lines and (placed is None or project.pk in placed) else None
            if place is not None:
                return str(place), place
        elif score is not None:
            return format_number(score, self.decimals), score
        has_word = not is_hidden and score is None
        return why_no_score(project, lines) if has_word else MISSING, None

    def _gap(self, row: dict) -> tuple[str, Decimal | None]:
        """Return a line's gap as it is printed, and the number."""
        gap, decimals = self.yardstick.gap(row), self.yardstick.decimals(row, self.decimals)
        return format_signed(gap, decimals), printed(gap, decimals)

    def _worst(self, lines: list[dict], judged: list[bool | None]) -> dict | None:
        """Return the line with the worst gap; only those in 个百分点 can be held against each other."""
        yardstick = self.yardstick
        compared = [
            row
            for row, is_below in zip(lines, judged, strict=True)
            if is_below is not None and yardstick.is_in_points(row)
        ]
        return min(compared, key=yardstick.gap, default=None)

    def line(self, pk: int, participant_id: int, why: UnitWhyLinks | None) -> dict:
        """Return an indicator's cell of one unit."""
        row = self.lines[pk].get(participant_id)
        if row is None:
            return _cell(MISSING, "heat-none")
        text, value = self._line_text(pk, row)
        address = why.figure(pk) if why else ""
        is_below = self.judged[pk][participant_id]
        if is_below:
            is_far = self.yardstick.is_far(row)
            return _cell(text, "heat-far-below" if is_far else "heat-below", "▼" if is_far else "▽", 1, value, address)
        if is_below is False:
            return _cell(text, "heat-ok", value=value, why=address)
        return _cell(text, "" if value is not None else "heat-none", value=value, why=address)

    def _line_text(self, pk: int, row: dict) -> tuple[str, Decimal | int | None]:
        """Return what an indicator's cell says and the number in it: rate, gap or place."""
        if self.show == "gap":
            if self.judged[pk][row["participant_id"]] is not None:
                return self._gap(row)
        elif self.show == "place":
            place = row["place"] if self.scope.sees_all_units(self.standings.indicators[pk]) else None
            if place is not None:
                return str(place), place
        else:
            return rate_text(row, self.decimals), row["rate"]
        return (MISSING if row["rate"] is not None else rate_text(row, self.decimals)), None


def _cell(
    text: str, heat: str, sign: str = "", below: int = 0, value: Decimal | int | None = None, why: str = ""
) -> dict:
    """Return a cell: text, class of its ground, sign in the slot, indicators below, the number itself, its answer."""
    return {
        "text": text,
        "heat": heat,
        "sign": sign,
        "below": below,
        "value": value,
        "has_slot": heat != "heat-none",
        "why": why,
    }
