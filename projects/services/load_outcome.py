"""What a load of the catalogue did, or why it did nothing."""

import re
from collections import Counter
from dataclasses import dataclass, field

from livelihood.services import Refused
from projects.models import Programme

#: A problem with its place in front: sheet, cell, sentence.
PLACED_PROBLEM = re.compile(r"([^!：]+)!([A-Z]+\d+)：(.*)", re.DOTALL)


class CatalogueRefused(Refused):
    """The catalogue cannot be loaded; `problems` are Chinese sentences, all of them at once."""

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class LoadedRow:
    """A row that was made, or changed and how; `at` is its place in a workbook (工作表!单元格)."""

    is_new: bool
    label: str
    name: str
    at: str = ""
    words: str = ""


@dataclass
class LoadOutcome:
    """What a load did: rows by table, and what the audit trail keeps of the changes."""

    created: Counter = field(default_factory=Counter)
    changed: Counter = field(default_factory=Counter)
    unchanged: Counter = field(default_factory=Counter)
    rows: list[LoadedRow] = field(default_factory=list)
    programme: Programme | None = None
    #: Where the papers contradict themselves, in words: kept as printed, and no reason to refuse.
    conflicts: list[str] = field(default_factory=list)

    def count(self, what: str, label: str, number: int) -> None:
        """Count rows that were created, changed or unchanged."""
        if number:
            getattr(self, what)[label] += number

    @property
    def is_changed(self) -> bool:
        """Tell whether anything was written."""
        return bool(self.created or self.changed)

    @property
    def differences(self) -> list[str]:
        """Return what was changed, in words."""
        return [row.words for row in self.rows if not row.is_new and row.words]
