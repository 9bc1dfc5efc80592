"""Models of the supervision app, by theme; import them from here."""

from supervision.models.documents import Document, DocumentSeries, RenderedFile
from supervision.models.funds import FundSetLine, SnapshotFund, SnapshotFundRate
from supervision.models.standings import (
    ScoringComponent,
    ScoringScheme,
    Snapshot,
    SnapshotLine,
    SnapshotUnit,
)

__all__ = [
    "Document",
    "DocumentSeries",
    "FundSetLine",
    "RenderedFile",
    "ScoringComponent",
    "ScoringScheme",
    "Snapshot",
    "SnapshotFund",
    "SnapshotFundRate",
    "SnapshotLine",
    "SnapshotUnit",
]
