"""Models of the supervision app, by theme; import them from here."""

from supervision.models.documents import Document, DocumentSeries, RenderedFile
from supervision.models.funds import FundSetLine, SnapshotFund, SnapshotFundRate
from supervision.models.scoring import EnteredMark, ScoringComponent, ScoringScheme
from supervision.models.standings import Snapshot, SnapshotComponent, SnapshotLine, SnapshotUnit

__all__ = [
    "Document",
    "DocumentSeries",
    "EnteredMark",
    "FundSetLine",
    "RenderedFile",
    "ScoringComponent",
    "ScoringScheme",
    "Snapshot",
    "SnapshotComponent",
    "SnapshotFund",
    "SnapshotFundRate",
    "SnapshotLine",
    "SnapshotUnit",
]
