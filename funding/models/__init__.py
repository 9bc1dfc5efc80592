"""Models of the funding app, by theme; import them from here."""

from funding.models.figures import FundFigure, FundFigureRevision, FundFlag
from funding.models.plans import FundExclusion, FundLine, FundPlan, PlanCheck
from funding.models.shares import CostShare, CostShareLevel

__all__ = [
    "CostShare",
    "CostShareLevel",
    "FundExclusion",
    "FundFigure",
    "FundFigureRevision",
    "FundFlag",
    "FundLine",
    "FundPlan",
    "PlanCheck",
]
