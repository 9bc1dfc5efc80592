"""Valid rows of the funding tables, for the tests that break their constraints one by one."""

import datetime
from decimal import Decimal

from funding.models import (
    CostShare,
    CostShareLevel,
    FundExclusion,
    FundFigure,
    FundFigureRevision,
    FundFlag,
    FundLine,
    FundPlan,
    PlanCheck,
)
from tests import factories


def fund_line(*, programme=None, participant=None, sub_project=None, source="county", kind="project"):
    """Return a line of one programme with its unit and sub-project."""
    programme = programme or factories.ProgrammeFactory()
    return FundLine.objects.create(
        programme=programme,
        participant=participant or factories.ParticipantFactory(programme=programme),
        sub_project=sub_project or factories.SubProjectFactory(project=factories.ProjectFactory(programme=programme)),
        source=source,
        kind=kind,
        added_by=factories.UserFactory(),
    )


def fund_plan(line=None, **columns):
    """Return a line's first plan."""
    values = {"amount": Decimal(100), "valid_from": datetime.date(2020, 1, 1), "set_by": factories.UserFactory()}
    return FundPlan.objects.create(fund_line=line or fund_line(), **values | columns)


def plan_check():
    """Return a printed sum."""
    line = fund_line()
    return PlanCheck.objects.create(
        project=line.sub_project.project,
        sub_project=line.sub_project,
        participant=line.participant,
        by="source",
        label="中央及省级",
        amount=100,
        set_by=line.added_by,
    )


def fund_exclusion():
    """Return an exclusion without sub-projects yet."""
    return FundExclusion.objects.create(
        programme=factories.ProgrammeFactory(), phrase="不含棚户区改造", set_by=factories.UserFactory()
    )


def cost_share():
    """Return 300 万元 per unit."""
    indicator = factories.IndicatorFactory()
    return CostShare.objects.create(
        sub_project=indicator.sub_project,
        basis="per_unit",
        amount=3_000_000,
        indicator=indicator,
        set_by=factories.UserFactory(),
    )


def cost_share_level():
    """Return the province's five parts."""
    return CostShareLevel.objects.create(cost_share=cost_share(), source="province", parts=5)


def fund_figure(line=None, *, report=None, stage="disbursed", value=Decimal(50), **columns):
    """Return an amount of an open month, in a report of the line's unit."""
    line = line or fund_line()
    report = report or factories.ReportFactory(
        period=factories.PeriodFactory(programme=line.programme), participant=line.participant
    )
    return FundFigure.objects.create(
        period=report.period,
        fund_line=line,
        stage=stage,
        report=report,
        value=value,
        updated_by=factories.UserFactory(),
        **columns,
    )


def fund_revision():
    """Return the revision a new figure leaves."""
    return FundFigureRevision.objects.get(fund_figure=fund_figure())


def fund_flag():
    """Return a flag of a figure."""
    return FundFlag.objects.create(fund_figure=fund_figure(), code="spent_over_paid", explanation="支出多于拨付")


#: Table → a valid row of it.
VALID = {
    "cost_share": cost_share,
    "cost_share_level": cost_share_level,
    "fund_exclusion": fund_exclusion,
    "fund_figure": fund_figure,
    "fund_figure_revision": fund_revision,
    "fund_flag": fund_flag,
    "fund_line": fund_line,
    "fund_plan": fund_plan,
    "plan_check": plan_check,
}

#: How each constraint that is neither a unique nor a list of values is broken.
BROKEN = {
    "cost_share_amount_positive": {"amount": 0},
    "cost_share_unit_indicator": {"indicator": None},
    "cost_share_parts_positive": {"parts": 0},
    "fund_exclusion_has_phrase": {"phrase": ""},
    "fund_figure_not_negative": {"value": -1},
    "fund_figure_value_reported": {"value": None},
    "fund_plan_dates_valid": {"valid_to": datetime.date(2019, 1, 1)},
    "fund_plan_first_has_amount": {"amount": None},
    "fund_plan_not_negative": {"amount": -1},
    "fund_plan_revision_reason": {"revision": 2, "reason": ""},
    "plan_check_not_negative": {"amount": -1},
}
