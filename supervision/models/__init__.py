"""Models of the supervision app, by theme; import them from here."""

from supervision.models.checks import Check, CheckLine
from supervision.models.disclosure import Disclosure, DisclosureFile, DisclosureObjection
from supervision.models.documents import Document, DocumentSeries, Receipt, RenderedFile
from supervision.models.files import KeptFile
from supervision.models.funds import FundSetLine, SnapshotFund, SnapshotFundRate
from supervision.models.inspections import Inspection, InspectionFinding, InspectionPhoto, Interview
from supervision.models.letters import LetterRecheck, LetterReply, SupervisionLetter
from supervision.models.oversight import Level, OversightRule, OversightSetting, RuleFiring
from supervision.models.paper_kind import PaperKind
from supervision.models.paper_style import PaperStyle
from supervision.models.rectification import Rectification, RectificationFile, RectificationStep
from supervision.models.scoring import EnteredMark, SchemeIndicator, ScoringComponent, ScoringScheme
from supervision.models.standings import Snapshot, SnapshotComponent, SnapshotLine, SnapshotPlace, SnapshotUnit

__all__ = [
    "Check",
    "CheckLine",
    "Disclosure",
    "DisclosureFile",
    "DisclosureObjection",
    "Document",
    "DocumentSeries",
    "EnteredMark",
    "FundSetLine",
    "Inspection",
    "InspectionFinding",
    "InspectionPhoto",
    "Interview",
    "KeptFile",
    "LetterRecheck",
    "LetterReply",
    "Level",
    "OversightRule",
    "OversightSetting",
    "PaperKind",
    "PaperStyle",
    "Receipt",
    "Rectification",
    "RectificationFile",
    "RectificationStep",
    "RenderedFile",
    "RuleFiring",
    "SchemeIndicator",
    "ScoringComponent",
    "ScoringScheme",
    "Snapshot",
    "SnapshotComponent",
    "SnapshotFund",
    "SnapshotFundRate",
    "SnapshotLine",
    "SnapshotPlace",
    "SnapshotUnit",
    "SupervisionLetter",
]
