"""What the page of 资金滞留 shows."""

from funding.amounts import aligned
from funding.held import held_money, held_sums, unknown_payments
from funding.sources import FundKind
from projects.models import Participant, Programme, ReportingPeriod, SubProject

KIND_LABELS = dict(FundKind.choices)


def held_tables(programme: Programme, period: ReportingPeriod, *, lines: list[int] | None, unit: str) -> dict:
    """Return rows (oldest first), sums by unit with a total, places with unknown payments. Five queries."""
    options = {"programme": programme, "period": period, "lines": lines}
    units = {row.pk: row for row in Participant.objects.filter(programme=programme)}
    items = {row.pk: row for row in SubProject.objects.filter(project__programme=programme).select_related("project")}

    def named(row: dict) -> dict:
        return row | {
            "unit": units[row["participant_id"]],
            "sub_project": items[row["sub_project_id"]],
            "kind": KIND_LABELS[row["kind"]],
            "is_maintenance": row["kind"] == FundKind.MAINTENANCE,
        }

    rows, sums = [named(row) for row in held_money(**options)], held_sums(**options)
    names = ("held", "held_long", "received", "disbursed")
    return {
        "money": aligned(unit, [row.get(name) for row in (*rows, *sums) for name in names]),
        "is_monthly": period.kind == ReportingPeriod.Kind.MONTH,
        "rows": rows,
        "sums": [row | {"unit": units[row["participant_id"]]} for row in sums if row["participant_id"]],
        "total": next((row for row in sums if row["participant_id"] is None), None),
        "unknown": [named(row) for row in unknown_payments(**options)],
    }
