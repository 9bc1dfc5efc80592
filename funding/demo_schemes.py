"""张掖市's money for the demo: plans as its paper shares the cost per unit, and made-up amounts (演示数据).

A unit's plan is the paper's amount per piece times the unit's task, split by the paper's parts. The towns of item 2
are printed, so those plans are too; where the split of a task is made up its money is marked. Items without an
amount per piece have no plan: their printed sums stand beside it.
"""

from collections.abc import Mapping
from decimal import Decimal
from random import Random

from funding.models import CostShare, FundFlag, FundLine, FundPlan
from funding.services.fund_figures import FundEntry, record_fund_figures
from funding.services.plans import PlanEntry, set_plans
from livelihood.models import User
from projects.models import Participant, Programme, Report, ReportingPeriod, Target

DEMO_MARK = "演示数据"
SEED = 2022
#: Items whose count per unit the paper does not give even for the whole.
UNCOUNTED = {5}
#: How each level's share is printed, by source.
LABELS = {"province": "省级奖补资金", "city": "市级配套资金", "county": "县区配套资金"}


def load_shared_plan(programme: Programme, *, by: User, document: str) -> int:
    """Set every unit's plan of the items with an amount per piece; return how many lines."""
    printed, made_up = [], []
    shares = CostShare.objects.filter(sub_project__project__programme=programme).exclude(
        sub_project__project__seq__in=UNCOUNTED
    )
    for share in shares.select_related("sub_project__project", "indicator").prefetch_related("levels"):
        for target in _tasks(share):
            for source, amount in _levels(share, target).items():
                entry = PlanEntry(
                    share.sub_project,
                    target.participant,
                    source,
                    "project",
                    amount,
                    label=LABELS[source],
                    note=DEMO_MARK if target.is_demo else "",
                )
                (made_up if target.is_demo else printed).append(entry)
    set_plans(programme=programme, entries=printed, by=by, document=document)
    set_plans(programme=programme, entries=made_up, by=by, document=document, is_demo=True)
    return len(printed) + len(made_up)


def _tasks(share: CostShare) -> list[Target]:
    targets = share.indicator.targets.filter(state=Target.State.ASSESSED, participant__kind=Participant.Kind.UNIT)
    return list(targets.select_related("participant").order_by("participant__order"))


def _levels(share: CostShare, target: Target) -> dict[str, Decimal]:
    """Return source → 元: 300 万元 by 5:2:3 for each of the unit's pieces."""
    levels = list(share.levels.all())
    parts = sum(level.parts for level in levels)
    return {level.source: share.amount * target.value * level.parts / parts for level in levels}


def load_shared_month(period: ReportingPeriod, reports: Mapping[int, Report], *, by: User) -> int:
    """Enter a month's amounts received, disbursed and spent; return how many. `reports` by lead agency's id."""
    plans = dict(FundPlan.objects.in_force(period.ends_on).values_list("fund_line", "amount"))
    entries: dict[int, list[FundEntry]] = {}
    for line in FundLine.objects.of_programme(period.programme):
        agency = line.sub_project.lead_agency_id
        random = Random(f"{SEED}/{line.participant.code}/{line.sub_project.project.seq}/{line.source}")  # noqa: S311 - nothing secret
        pace = random.randint(80, 115) * period.ends_on.month
        for stage, per_month in (("received", 14), ("disbursed", 11), ("spent", 8)):
            share = min(100, pace * per_month // 100)
            value = (plans[line.pk] * share / 100).quantize(Decimal("0.01"))
            entries.setdefault(agency, []).append(FundEntry(line.pk, stage, value))
    for agency, rows in entries.items():
        record_fund_figures(report=reports[agency], entries=rows, by=by, origin="demo")
    FundFlag.objects.filter(fund_figure__period=period, reason="").update(reason=f"已与财政部门核对（{DEMO_MARK}）")
    return sum(len(rows) for rows in entries.values())
