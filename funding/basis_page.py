"""What the pages of exclusions, printed sums and cost shares show and offer for change."""

from django.db.models import Prefetch

from funding.amounts import UNITS as SHIFTS
from funding.amounts import in_unit
from funding.basis_forms import FREE_ROWS, LEVEL_ROWS, USUAL_LEVELS, USUAL_SUMS
from funding.models import CostShare, FundExclusion, FundLine, PlanCheck
from funding.plan_sums import excluded_sums
from funding.sources import FundKind
from livelihood.access import oversees
from livelihood.models import AuditEvent, User
from projects.models import Programme, Project, SubProject

KIND_LABELS = dict(FundKind.choices)


def exclusion_rows(programme: Programme, user: User) -> list[dict]:
    """Return the exclusions with what each leaves out, as far as the user sees the money. Five queries.

    Rows: exclusion, items of [sub_project, kind, planned], reason and who gave it (from the audit trail).
    """
    lines = None
    if not oversees(user, programme.owner_id):
        lines = FundLine.objects.filter(programme=programme).visible_to(user).values_list("pk", flat=True)
    items = SubProject.objects.select_related("project").order_by("project__seq", "order")
    found = list(
        FundExclusion.objects.filter(programme=programme)
        .select_related("set_by")
        .prefetch_related(Prefetch("sub_projects", queryset=items))
    )
    planned = excluded_sums(programme=programme, lines=lines)
    reasons = {}
    for event in AuditEvent.objects.filter(
        target_label=FundExclusion._meta.db_table, target_id__in=[str(row.pk) for row in found]
    ).order_by("id"):
        if event.reason:
            reasons[int(event.target_id)] = event.reason
    return [
        {
            "exclusion": row,
            "reason": reasons.get(row.pk, ""),
            "items": [
                {"sub_project": item, "kind": label, "planned": planned[row.pk, item.pk, kind]}
                for item in row.sub_projects.all()
                for kind, label in FundKind.choices
                if (row.pk, item.pk, kind) in planned
            ],
        }
        for row in found
    ]


def kept_sums(*, project: Project, sub_project: SubProject | None, participant_id: int, kind: str) -> list[PlanCheck]:
    """Return the printed sums kept for that place."""
    return list(
        PlanCheck.objects.filter(project=project, sub_project=sub_project, participant=participant_id, kind=kind)
    )


def sum_rows(kept: list[PlanCheck], unit: str) -> list[dict]:
    """Return the rows of the form: what is kept, else the usual ones, and a few free ones."""
    rows = [{"by": row.by, "label": row.label, "amount": in_unit(row.amount, unit)} for row in kept]
    usual = [] if kept else [{"by": by, "label": label, "amount": ""} for by, label in USUAL_SUMS]
    return [*rows, *usual, *({"by": "category", "label": "", "amount": ""} for _ in range(FREE_ROWS))]


def share_initial(share: CostShare | None) -> dict:
    """Return what the form of a cost share shows: the stored one in the largest unit that needs no fraction."""
    if share is None:
        return {}
    units = [unit for unit, shift in SHIFTS.items() if share.amount % 10**shift == 0] or ["元"]
    unit = units[-1]
    amount = in_unit(share.amount, unit)
    return {
        "sub_project": share.sub_project_id,
        "kind": share.kind,
        "amount": amount.rstrip("0").rstrip(".") if "." in amount else amount,
        "unit": unit,
        "indicator": share.indicator_id,
        "document": share.document,
    }


def level_rows(share: CostShare | None) -> list[dict]:
    """Return the rows of levels: the stored ones, else the usual ones, and empty ones behind."""
    if share is None:
        rows = [{"source": source, "parts": None} for source in USUAL_LEVELS]
    else:
        rows = [{"source": level.source, "parts": level.parts} for level in share.levels.all()]
    return [*rows, *({"source": "", "parts": None} for _ in range(max(2, LEVEL_ROWS - len(rows))))]
