"""One unit's page as rows ready for a template: projects against the yardsticks, what costs points, what is left.

Arranges and words what `supervision/unit_sql.py` returned, within the reader's scope.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal

from django.urls import reverse

from livelihood.formats import MISSING, format_number, format_signed
from projects.models import Indicator, Participant, Project, ReportingPeriod
from supervision.pages.charts import bars
from supervision.pages.line_words import NO_TASK_WORDS, indicator_label, rate_text, status_text, why_no_score
from supervision.pages.yardsticks import is_far_below
from supervision.scope import StandingsScope
from supervision.standings import UNIT_COLUMNS
from supervision.unit_sql import LOST_DECIMALS
from supervision.why_links import WhyLinks

#: How many lines the list of what costs most names.
COSTLY = 10
NO_GAP = {"text": MISSING, "is_below": False, "left": ""}


class UnitPage:
    """The lines of one unit in a period, within a user's scope.

    `lines`: rows of `unit_lines`; `indicators`: id → Indicator in printed order; `whole_name`: 全市 in print.
    """

    def __init__(
        self,
        period: ReportingPeriod,
        participant: Participant,
        scope: StandingsScope,
        *,
        lines: Sequence[dict],
        projects: Sequence[Project],
        indicators: dict[int, Indicator],
        decimals: int,
        why: WhyLinks,
        whole_name: str,
    ):
        self.period, self.participant, self.scope = period, participant, scope
        self.indicators, self.decimals, self.projects = indicators, decimals, projects
        self.why, self.whole_name = why.unit(participant.code), whole_name
        self.sees_unit = scope.everything or participant.pk in scope.participants
        order = {pk: nth for nth, pk in enumerate(indicators)}
        known = sorted(
            (row for row in lines if row["indicator_id"] in order), key=lambda row: order[row["indicator_id"]]
        )
        self.lines = [row for row in known if scope.sees_line(indicators[row["indicator_id"]], participant.pk)]
        seen = {row["indicator_id"] for row in self.lines}
        #: Projects of which a line is out of scope: their score stays out too.
        self.hidden = {row["project_id"] for row in known if row["indicator_id"] not in seen}
        self.first = known[0] if known else None

    @property
    def absent(self) -> str:
        """Return why there is nothing to show of the unit; "" where there is something."""
        if self.lines:
            return ""
        unit, day, here = self.participant, self.period.ends_on, f"{self.period.label}没有它的数。"
        if unit.joins_on and unit.joins_on > day:
            return f"{unit.printed_name}{unit.joins_on.year}年{unit.joins_on.month}月起参加，{here}"
        if unit.leaves_on and unit.leaves_on < day:
            return f"{unit.printed_name}已于{unit.leaves_on.year}年{unit.leaves_on.month}月退出，{here}"
        return "本年度还没有指标，没有进度可看。"

    # -- the whole unit -----------------------------------------------------------------------

    @property
    def has_report(self) -> bool:
        """Whether the unit's figures count in this period; without a report nothing is scored."""
        return bool(self.first and self.first["unit_has_report"])

    def overall(self) -> tuple[list[dict], int]:
        """Return the unit's row of the overall ranking, none where it is not in the period, and how many are placed."""
        if self.first is None:
            return [], 0
        row = {name: self.first[f"unit_{name}"] for name in UNIT_COLUMNS if name != "participant_id"}
        return [row | {"participant_id": self.participant.pk}], self.first["unit_placed"]

    def facts(self, *, has_scheme: bool) -> dict:
        """Return the numbers over the page: place, score, how many lines stand below what."""
        first, statuses = self.first, Counter(row["status"] for row in self.lines)
        shows_places = self.scope.everything and has_scheme and first is not None
        score = None if first is None else first["unit_score"] if has_scheme else first["unit_plain_score"]
        has_benchmarks = any(row["benchmark"] is not None for row in self.lines)
        return {
            "has_scheme": has_scheme,
            "place": first["unit_place"] if shows_places else None,
            "shows_places": shows_places,
            "ranked": first is None or first["unit_ranked"],
            "place_change": first["unit_place_change"] if shows_places else None,
            "target_adjusted": shows_places and first["unit_target_adjusted"],
            "score": self._score_text(score),
            "below": sum(bool(row["below_benchmark"]) for row in self.lines) if has_benchmarks else None,
            "compared": sum(row["below_benchmark"] is not None for row in self.lines),
            "behind": sum((row["gap_to_expected"] or 0) < 0 for row in self.lines),
            "not_reported": statuses["not_reported"],
            "done": statuses["exceeded"] + statuses["done"] + statuses["met"],
            "tasks": sum(row["status"] not in NO_TASK_WORDS for row in self.lines),
        }

    def _score_text(self, score: Decimal | None) -> str:
        if not self.sees_unit or self.first is None:
            return MISSING
        return format_number(score, self.decimals) if self.has_report else "未报送"

    # -- projects -----------------------------------------------------------------------------

    def rows(self, opened: str, *, by_lost: bool = False, marks: dict[int, list] | None = None) -> list[dict]:
        """Return a row per project: its own facts and the line that costs most; `opened`: a seq or "all"."""
        grouped: dict[int, list[dict]] = defaultdict(list)
        for row in self.lines:
            grouped[row["project_id"]].append(row)
        found = [
            self._project(project, grouped[project.pk], is_open=opened in ("all", str(project.seq)))
            | {"marks": (marks or {}).get(project.pk, [])}
            for project in self.projects
            if grouped[project.pk]
        ]
        if by_lost:
            found.sort(key=lambda row: -(row["lost_value"] or Decimal(0)))
        return found

    def _project(self, project: Project, lines: list[dict], *, is_open: bool) -> dict:
        is_hidden = project.pk in self.hidden
        score = next((row["project_score"] for row in lines if row["project_score"] is not None), None)
        lost = None if is_hidden else self._shown(lines[0]["project_lost"])
        agencies = {sub.lead_agency.name: None for sub in project.sub_projects.all() if sub.lead_agency}
        return {
            "seq": project.seq,
            "pk": project.pk,
            "name": project.name,
            "leads": "、".join(agencies),
            "score_value": None if is_hidden else score,
            "score": MISSING if is_hidden else self._project_score(project, lines, score),
            "lost_value": lost,
            "lost": format_number(lost, LOST_DECIMALS),
            "worst": self.line(min(lines, key=_how_good)),
            "count": len(lines),
            "is_open": is_open,
            "details": [self.line(row) for row in lines] if is_open else [],
            "why": "" if is_hidden or score is None else self.why.project(project.seq),
        }

    def _project_score(self, project: Project, lines: list[dict], score: Decimal | None) -> str:
        return why_no_score(project, lines) if score is None else format_number(score, self.decimals)

    def _shown(self, lost: Decimal | None) -> Decimal | None:
        """Return points lost where they are the reader's to see and anything is scored at all."""
        return lost if self.has_report and self.sees_unit else None

    def line(self, row: dict) -> dict:
        """Return one indicator's line, written out."""
        indicator = self.indicators[row["indicator_id"]]
        in_scope = self.scope.sees_all_units(indicator)
        has_task = row["status"] not in NO_TASK_WORDS
        places = row["value_decimals"]
        scores_zero = row["status"] == "not_reported" and row["points"] is not None and row["has_report"]
        lost = self._shown(row["shown_lost"])
        return {
            "pk": indicator.pk,
            "label": indicator_label(indicator),
            "unit": indicator.unit,
            "project": indicator.sub_project.project,
            "target": format_number(row["shown_target"], places) if has_task else "/",
            "value": format_number(row["shown_value"], places) if has_task else "/",
            "rate": rate_text(row, self.decimals),
            "has_rate": row["rate"] is not None,
            "place": row["place"] if in_scope else None,
            "points": row["points"],
            "lost": format_number(lost, LOST_DECIMALS),
            "lost_value": lost,
            "arithmetic": self._arithmetic(row) if lost is not None else "",
            "benchmark": self._gap(row, "benchmark", row["benchmark_decimals"] or 0),
            "benchmark_value": None
            if row["benchmark"] is None
            else format_number(row["benchmark"], row["benchmark_decimals"]),
            "city": self._gap(row, "city", self.decimals) if in_scope else NO_GAP,
            "expected": self._gap(row, "expected", self.decimals),
            "left_target": self._left(row, "left_target"),
            "below": row["below_benchmark"],
            "is_far": bool(row["below_benchmark"]) and is_far_below(row),
            "has_plan": row["has_plan"],
            "status": row["status"],
            "status_word": "未报送（按0分计）" if scores_zero else status_text(row),
            "why": self.why.figure(indicator.pk),
            "url": reverse(
                "supervision:indicator-detail",
                args=[self.period.programme.code, self.period.code, indicator.pk],
            ),
            "row": row,
        }

    def _gap(self, row: dict, yardstick: str, decimals: int) -> dict:
        """Return a signed difference to a yardstick, and the work left to it in the indicator's own unit."""
        gap = row[f"gap_to_{yardstick}"]
        is_below = bool(row["below_benchmark"]) if yardstick == "benchmark" else gap is not None and gap < 0
        return {
            "text": format_signed(gap, decimals),
            "is_below": is_below,
            "left": self._left(row, f"left_{yardstick}"),
        }

    def _left(self, row: dict, name: str) -> str:
        left = row[name]
        if left is None:
            return ""
        word = "须降" if row["direction"] == "at_most" else ""
        return f"{word}{format_number(left, row['value_decimals'])}{self.indicators[row['indicator_id']].unit}"

    def _arithmetic(self, row: dict) -> str:
        """Return how many points the line costs, as a sum to be checked by hand."""
        share = "" if row["share"] == 1 else f"×权重折算{format_number(row['share'])}"
        return f"（100−{format_number(row['points'])}）÷{row['lines']}个指标÷{row['projects']}个项目{share}"

    # -- what costs points --------------------------------------------------------------------

    def costly(self) -> list[dict]:
        """Return the lines that take most off the overall score, the worst first."""
        if not (self.sees_unit and self.has_report):
            return []
        rows = [row for row in self.lines if row["shown_lost"]]
        rows.sort(key=lambda row: -row["lost"])
        return [self.line(row) for row in rows[:COSTLY]]

    def costly_chart(self, rows: list[dict]) -> dict | None:
        """Return the same as bars."""
        if not rows:
            return None
        return bars(
            "costly",
            [f"{row['project'].seq} {row['label']}"[:18] for row in rows],
            [row["lost_value"] for row in rows],
            sentence=f"{self.participant.printed_name}失分最多的 {len(rows)} 个指标各失多少分",
            tones=["red" if row["below"] else "amber" if row["expected"]["is_below"] else "blue" for row in rows],
            unit="分",
        )

    def sums(self, *, has_scheme: bool) -> dict | None:
        """Return the arithmetic of the score: what the parts lose, what is left of all, what is put on or off.

        None where nothing is scored. What the rows lose adds up to `lost` as printed.
        """
        if not (self.sees_unit and self.has_report) or self.first["all_lost"] is None:
            return None
        first = self.first
        parts = [
            entry | {"is_capped": entry["kind"] == "project_rates" and entry["lost"] != first["all_lost"]}
            for entry in first["components"]
        ]
        return {
            "of_lines": format_number(first["all_lost"], LOST_DECIMALS),
            "is_plain": len(parts) < 2 and not first["adjustments"],
            "parts": parts,
            "adjustments": first["adjustments"],
            "full": format_number(first["full_score"]),
            "lost": format_number(first["unit_lost"], LOST_DECIMALS),
            "kept": format_number(first["kept"], LOST_DECIMALS),
            "score": format_number(first["unit_score"] if has_scheme else first["unit_plain_score"], self.decimals),
            "count": sum(row["shown_lost"] is not None for row in self.lines),
        }


def _how_good(row: dict) -> tuple:
    """Order a project's lines: what costs most first, then what is furthest below the average, then below the plan."""
    return (
        -(row["lost"] if row["lost"] is not None else Decimal(-1)),
        row["gap_to_benchmark"] if row["gap_to_benchmark"] is not None else Decimal(0),
        row["gap_to_expected"] if row["gap_to_expected"] is not None else Decimal(0),
    )
