"""An amount of money met in a sheet, and how messages call it."""

from dataclasses import dataclass
from decimal import Decimal

from funding.labels import STAGES
from funding.sources import FundKind, Source
from projects.excel.workbook import Cell
from projects.models import Participant, SubProject


@dataclass
class Met:
    """One amount: whose, of what, and where it stands; `kind`, `source` None where the sheet does not split.

    `written`: how the row calls its source, perhaps as a line is printed. `table`: which one of the file.
    """

    participant: Participant
    sub_project: SubProject
    stage: str
    kind: str | None
    source: str | None
    cell: Cell
    sheet: str
    table: int
    value: Decimal | None = None
    claims_none: bool = False
    unit: str = ""
    remark: str | None = None
    is_unsplit: bool = False
    written: str = ""

    @property
    def source_text(self) -> str:
        """Return words for a source nobody knows by that name."""
        return "" if self.source or self.is_unsplit else self.written

    @property
    def place(self) -> tuple[int, int]:
        """Return whose money it is and for what: (participant id, sub-project id)."""
        return self.participant.pk, self.sub_project.pk

    @property
    def key(self) -> tuple:
        """Return what may be said once only."""
        return *self.place, self.kind, self.source or self.source_text or None, self.stage

    @property
    def subject(self) -> str:
        """Return the item as messages call it."""
        return subject_of(self.sub_project)

    @property
    def name(self) -> str:
        """Return the amount as messages call it: 第6项“…”的县级到位."""
        source = Source(self.source).label if self.source else self.source_text
        kind = FundKind.MAINTENANCE.label if self.kind == FundKind.MAINTENANCE else ""
        return f"{self.subject}的{kind}{source}{STAGES[self.stage]}"


def subject_of(sub_project: SubProject) -> str:
    """Return an item as messages call it: 第6项“农村公路”（养护）."""
    inner = f"（{sub_project.name}）" if sub_project.name else ""
    return f"第{sub_project.project.seq}项“{sub_project.project.name}”{inner}"
