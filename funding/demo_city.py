"""The city demo's money (演示数据): plans of a few items for every county, and what was received, paid and spent.

All of it is made up; the same seed gives the same amounts. Plans go through their service. Monthly amounts are written
in bulk and dated as they would have been, like the demo's figures; the triggers write the revisions as always.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from random import Random

from funding.models import FundFigure, FundFlag, FundLine, FundPlan
from funding.services.fund_flags import refresh_fund_flags
from funding.services.plans import PlanEntry, set_plans
from livelihood.models import User
from livelihood.services import record_event
from projects.models import Participant, Programme, Report, ReportingPeriod, SubProject
from projects.models.reports import Origin

DEMO_MARK = "演示数据"
SEED = 2020
#: Numbers of the items with money → 万元 planned for a county, from and to.
ITEMS = {6: (900, 4200), 11: (600, 3000), 25: (200, 900), 26: (400, 1800)}
#: Where it comes from: source, share of the plan in per cent, how it is printed.
SOURCES = (("upper", 70, "中央及省级补助资金"), ("county", 30, "县级配套资金"))
REASON = "演示数据：已与财政部门核对。"


def load_city_plan(programme: Programme, *, by: User) -> int:
    """Set the year's plan of every county; return how many lines. `by` works in the programme's office."""
    items = {
        row.project.seq: row
        for row in SubProject.objects.filter(project__programme=programme, project__seq__in=ITEMS)
        .select_related("project")
        .order_by("project__seq", "-order")
    }
    units = programme.participants.filter(kind=Participant.Kind.UNIT).order_by("order")
    entries = []
    for unit in units:
        for seq, (low, high) in ITEMS.items():
            total = Random(f"{SEED}/{unit.code}/{seq}").randint(low, high) * 10_000  # noqa: S311 - nothing secret
            for source, share, label in SOURCES:
                amount = Decimal(total * share // 100)
                entries.append(PlanEntry(items[seq], unit, source, "project", amount, label=label, note=DEMO_MARK))
    set_plans(programme=programme, entries=entries, by=by, document="2020年民生工程资金筹集方案（演示）", is_demo=True)
    return len(entries)


def load_city_month(
    period: ReportingPeriod, reports: Mapping[int, Report], filled: Mapping[int, tuple[User, datetime]]
) -> int:
    """Write a month's amounts; return how many. `reports` by participant id; `filled`: who entered them, and when."""
    plans = FundPlan.objects.in_force(period.ends_on).filter(amount__isnull=False)
    amounts = dict(plans.filter(fund_line__programme=period.programme).values_list("fund_line", "amount"))
    made = []
    for line in FundLine.objects.of_programme(period.programme).filter(participant__in=filled):
        by, at = filled[line.participant_id]
        for stage, value in _stages(line, amounts[line.pk], period.ends_on.month).items():
            made.append(
                FundFigure(
                    period=period,
                    fund_line=line,
                    stage=stage,
                    report=reports[line.participant_id],
                    value=value,
                    remark=DEMO_MARK if stage == "received" else "",
                    origin=Origin.DEMO,
                    updated_at=at,
                    updated_by=by,
                )
            )
    FundFigure.objects.bulk_create(made)
    refresh_fund_flags(period, touched={(row.fund_line_id, row.stage) for row in made}, reasons={})
    FundFlag.objects.filter(fund_figure__period=period, reason="").update(reason=REASON)
    for participant, (by, _) in filled.items():
        own = sum(row.report_id == reports[participant].pk for row in made)
        if own:
            after = {"saved": own, "origin": Origin.DEMO.value}
            record_event(by=by, verb="record_fund_figures", target=reports[participant], after=after)
    return len(made)


def _stages(line: FundLine, planned: Decimal, month: int) -> dict[str, Decimal]:
    """Return the cumulative amounts by the month's end: money comes first, is paid out later, and spent last."""
    random = Random(f"{SEED}/{line.participant.code}/{line.sub_project.project.seq}/{line.source}")  # noqa: S311 - nothing secret
    pace = random.randint(85, 130)
    shares = {}
    before = 100
    for stage, lag in (("received", 2), ("disbursed", 0), ("spent", -1)):
        share = min(before, max(0, (month + lag) * pace * 100 // 1200))
        shares[stage] = before = share
    return {stage: (planned * share / 100).quantize(Decimal("0.01")) for stage, share in shares.items()}
