"""Models of the projects app, by theme; import them from here."""

from projects.models.benchmarks import Benchmark
from projects.models.catalogue import (
    Assignment,
    Indicator,
    Participant,
    Programme,
    Project,
    SubProject,
)
from projects.models.periods import PeriodReopening, ReportingPeriod
from projects.models.reports import (
    Figure,
    FigureFlag,
    FigureRevision,
    ImportBatch,
    Report,
    ReportApproval,
)
from projects.models.targets import Milestone, Target

__all__ = [
    "Assignment",
    "Benchmark",
    "Figure",
    "FigureFlag",
    "FigureRevision",
    "ImportBatch",
    "Indicator",
    "Milestone",
    "Participant",
    "PeriodReopening",
    "Programme",
    "Project",
    "Report",
    "ReportApproval",
    "ReportingPeriod",
    "SubProject",
    "Target",
]
