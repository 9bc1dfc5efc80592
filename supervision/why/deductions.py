"""What stands behind 督查发现扣分 and 整改逾期扣分 of a unit: each finding, each item not reported in time."""

from django.db.models import F, Q
from django.db.models.functions import Now, TruncDate
from django.urls import reverse

from livelihood.formats import format_date, format_number
from projects.models import Participant, ReportingPeriod
from supervision.models import InspectionFinding, Rectification, ScoringComponent
from supervision.scoring.components import K
from supervision.why.answer import Fact, Input


def deduction_inputs(
    period: ReportingPeriod, unit: Participant, parts: list[ScoringComponent], *, is_frozen: bool, oversees: bool
) -> list[Input]:
    """Return what the unit lost points for, as registered now. One query for each kind of deduction.

    Scope is the caller's matter: it is the unit's own and the overseers'; records of inspections open to these alone.
    """
    kinds = {part.kind for part in parts}
    found = []
    if K.FINDING_OFF in kinds:
        found += [_finding(row, oversees=oversees) for row in _findings(period, unit)]
    if K.OVERDUE_OFF in kinds:
        found += [_item(row) for row in _overdue(period, unit)]
    if found and is_frozen:
        found[0].facts.append(Fact("说明", "以下是现在登记的；得分按封账时冻结的件数和扣分计算"))
    return found


def _year(period: ReportingPeriod) -> tuple:
    return period.ends_on.replace(month=1, day=1), period.ends_on


def _findings(period: ReportingPeriod, unit: Participant):
    return (
        InspectionFinding.objects.filter(
            programme=period.programme_id,
            participant=unit,
            found_on__range=_year(period),
            inspection__state="recorded",
        )
        .select_related("inspection__added_by", "project")
        .order_by("found_on", "id")
    )


def _overdue(period: ReportingPeriod, unit: Participant):
    """The same condition as IS_OVERDUE of the statement."""
    late = Q(reported_at__isnull=True) | Q(reported_on__gt=F("deadline"))
    return (
        Rectification.objects.annotate(reported_on=TruncDate("reported_at"), today=TruncDate(Now()))
        .filter(late, programme=period.programme_id, participant=unit, deadline__range=_year(period))
        .filter(deadline__lt=F("today"))
        .exclude(state="opened")
        .select_related("project")
        .order_by("deadline", "seq")
    )


def _finding(row: InspectionFinding, *, oversees: bool) -> Input:
    given = Input(f"督查发现 {format_date(row.found_on)}", row.get_reason_display())
    given.facts = [
        Fact("问题", row.problem),
        Fact("登记的扣分", format_number(row.points) if row.points is not None else "没有写"),
        Fact(
            "记录",
            f"{row.inspection.added_by}（{row.inspection.get_kind_display()}）",
            reverse("supervision:inspection-detail", args=[row.inspection_id]) if oversees else "",
            "看督查记录" if oversees else "",
        ),
    ]
    return given


def _item(row: Rectification) -> Input:
    given = Input(f"整改{row.seq}号", row.get_state_display())
    reported = f"{format_date(row.reported_on)}报完成" if row.reported_on else "还没有报完成"
    given.facts = [
        Fact("问题", row.problem),
        Fact("时限", f"{format_date(row.deadline)}，{reported}"),
        Fact("台账", "", reverse("supervision:rectification-detail", args=[row.pk]), "看整改事项"),
    ]
    return given
