"""The money of one unit beside its progress, and where the two do not go together."""

from funding.amounts import aligned, in_unit
from funding.funds import exclusion_phrases
from funding.labels import rate_label
from funding.project_page import mismatches
from funding.sources import FundKind
from livelihood.formats import MISSING, format_rate
from projects.models import Programme
from supervision.pages.unit_page import UnitPage

UNIT = "万元"
STAGES = ("planned", "received", "disbursed", "spent")


class UnitMoney:
    """What is planned, received, paid and spent for one unit, project by project.

    `rows`: of `unit_money`. Money of a project the reader sees in part stays out; sums need the whole unit in scope.
    """

    def __init__(self, page: UnitPage, rows: list[dict], programme: Programme):
        self.page = page
        rows = [
            row
            for row in rows
            if (page.sees_unit if row["project_id"] is None else row["project_id"] not in page.hidden)
        ]
        self.unit = aligned(UNIT, (row[stage] for row in rows for stage in STAGES))
        self.projects = {project.pk: project for project in page.projects}
        self.by_measure = rows
        self.phrases = exclusion_phrases(programme) if rows else {}
        shown = [row for row in rows if row["measure"] == "disbursed"]
        self.rows = [self._row(row) for row in shown if row["project_id"] in self.projects]
        self.totals = [self._row(row) for row in shown if row["project_id"] is None]
        #: Project id → what does not go together there.
        self.marks = {row["project"].pk: row["marks"] for row in self.rows if row["marks"]}

    def rates(self) -> list[dict]:
        """Return the rates of all projects together, by their printed names (R14)."""
        return [
            {
                "label": rate_label(
                    row["measure"], row["divided_by"], self.phrases.get(row["kind"], ()), kind=row["kind"]
                ),
                "rate": self._rate(row, row["rate"]),
                "why": self.page.why.fund(f"{row['kind']}-{row['measure']}"),
            }
            for row in self.by_measure
            if row["project_id"] is None
        ]

    def _row(self, row: dict) -> dict:
        project = self.projects.get(row["project_id"])
        progress = self._progress(row["project_id"]) if project and row["kind"] == FundKind.PROJECT else []
        rated = sorted(entry["rate"] for entry in progress if entry["rate"] is not None)
        marks = mismatches(progress, row["paid"]) if project else []
        return {
            "project": project,
            "kind": FundKind(row["kind"]).label,
            "is_maintenance": row["kind"] == FundKind.MAINTENANCE,
            "amounts": [in_unit(row[stage], self.unit) for stage in STAGES],
            "stored": [row[stage] for stage in STAGES],
            "paid": self._rate(row, row["paid"]),
            "paid_value": row["paid"],
            "is_excluded": row["tasks"] == 0 and row["excluded_planned"] is not None,
            "in_part": bool(row["missing"]) and row["paid"] is not None,
            "works": self._works(rated),
            "attained": sum(entry["is_attained"] for entry in progress),
            "tasks": len(progress),
            "marks": marks,
        }

    def _rate(self, row: dict, rate) -> str:
        if rate is not None:
            return format_rate(rate, self.page.decimals)
        return "无计划" if row["tasks"] == 0 else "未报送"

    def _works(self, rated: list) -> str:
        """Return how far the works are: the slowest rate, with the foremost where they differ."""
        if not rated:
            return MISSING
        lowest, highest = (format_rate(rated[at], self.page.decimals) for at in (0, -1))
        return lowest if lowest == highest else f"{lowest}～{highest}"

    def _progress(self, project_id: int) -> list[dict]:
        """Return the project's assessed lines with a task as `mismatches` looks at them."""
        return [
            {"rate": row["rate"], "is_attained": row["status"] in ("exceeded", "done", "met")}
            for row in self.page.lines
            if row["project_id"] == project_id
            and row["assessed"]
            and row["indicator_kind"] == "number"
            and row["status"] not in ("no_task", "text", "not_split")
        ]
