"""Investment by quarter as a paper prints it, told beside the milestones of its project (R16)."""

from collections import defaultdict
from collections.abc import Iterator

from funding.amounts import in_unit
from funding.models import PlanCheck
from funding.plan_sums import plan_check_sums
from projects.models import Participant, Programme
from projects.plan_notes import PlanNote

UNIT = "万元"


def quarter_notes(programme: Programme) -> Iterator[PlanNote]:
    """Yield the whole's printed quarters of each project; where they miss the printed total, by how much.

    Two queries, one where nothing is printed by quarter.
    """
    quarters = defaultdict(list)
    kept = PlanCheck.objects.filter(
        project__programme=programme,
        by=PlanCheck.By.QUARTER,
        participant__kind=Participant.Kind.WHOLE,
        sub_project__isnull=True,
    )
    for row in kept.order_by("project", "kind", "order"):
        quarters[row.project_id, row.participant_id, row.kind].append(row)
    if not quarters:
        return
    sums = {
        (row["project_id"], row["participant_id"], row["kind"]): row
        for row in plan_check_sums(programme=programme)
        if row["by"] == PlanCheck.By.QUARTER and row["sub_project_id"] is None
    }
    for key, rows in quarters.items():
        yield PlanNote(
            project_id=key[0],
            title=f"季度投资计划（{UNIT}，按印发数）",
            parts=[(row.label, in_unit(row.amount, UNIT)) for row in rows],
            remark=_remark(sums[key]),
        )


def _remark(row: dict) -> str:
    if not row["from_total"]:
        return ""
    return (
        f"四个季度相加 {in_unit(row['printed'], UNIT)}，年度计划 {in_unit(row['total'], UNIT)}，"
        f"相差 {in_unit(abs(row['from_total']), UNIT)}；两数都照印发的保留。"
    )
