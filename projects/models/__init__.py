"""Models of the projects app, by theme; import them from here."""

from projects.models.benchmarks import Benchmark
from projects.models.calendar import CalendarDay
from projects.models.catalogue import Assignment, Indicator, Project, SubProject
from projects.models.duties import (
    DatedTask,
    PaperConflict,
    ProjectLineage,
    Responsibility,
    TargetSentence,
)
from projects.models.entry import Evidence, SaveBatch
from projects.models.periods import PeriodReopening, ReportingPeriod
from projects.models.programmes import Participant, Programme, Weekday
from projects.models.reports import (
    Figure,
    FigureFlag,
    FigureRevision,
    ImportBatch,
    Report,
    ReportApproval,
)
from projects.models.review import (
    BureauSignature,
    CellReview,
    LeadConfirmation,
    LeadObjection,
    Outage,
    Reminder,
)
from projects.models.rules import CrossRule, CrossTerm
from projects.models.targets import Milestone, Target
from projects.models.uploads import ImportFile, ImportMapping, ImportUpload

__all__ = [
    "Assignment",
    "Benchmark",
    "BureauSignature",
    "CalendarDay",
    "CellReview",
    "CrossRule",
    "CrossTerm",
    "DatedTask",
    "Evidence",
    "Figure",
    "FigureFlag",
    "FigureRevision",
    "ImportBatch",
    "ImportFile",
    "ImportMapping",
    "ImportUpload",
    "Indicator",
    "LeadConfirmation",
    "LeadObjection",
    "Milestone",
    "Outage",
    "PaperConflict",
    "Participant",
    "PeriodReopening",
    "Programme",
    "Project",
    "ProjectLineage",
    "Reminder",
    "Report",
    "ReportApproval",
    "ReportingPeriod",
    "Responsibility",
    "SaveBatch",
    "SubProject",
    "Target",
    "TargetSentence",
    "Weekday",
]
