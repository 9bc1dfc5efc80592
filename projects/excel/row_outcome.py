"""What the rows of a table came to: figures met, rows of sums, and what is to be said or asked."""

from dataclasses import dataclass, field

from projects.excel.naming import Item, Match, RowNames
from projects.excel.roles import Group
from projects.excel.workbook import Cell


@dataclass
class Entry:
    """One figure met: of whom (None: the sheet's own participant), of what, and the cells around it."""

    row: int
    group: Group
    participant: object | None
    item: Item
    name_cell: Cell
    unit: str = ""
    unit_cell: Cell | None = None


@dataclass
class Total:
    """A row of sums: its row and group, and where it is of one only the indicator or the project (`seq`)."""

    row: int
    group: Group
    item: Item | None = None
    seq: int | None = None


@dataclass
class Said:
    """Something about a place: severity, code, cell, sentence."""

    severity: str
    code: str
    cell: Cell
    message: str


@dataclass
class Asked:
    """A row, or a matrix's group of columns, nobody can be sure of, or somebody corrected: what was made of it."""

    cell: Cell
    names: RowNames
    match: Match


@dataclass
class Rows:
    """What the rows of a table came to."""

    entries: list[Entry] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Return how many sums, sentences and questions there are."""
        return len(self.totals), len(self.said), len(self.asked)

    def ask(self, cell: Cell, names: RowNames, match: Match) -> None:
        """Note what was made of a name, where somebody has to look at it."""
        if match.item is None or match.is_slip or match.is_corrected:
            self.asked.append(Asked(cell, names, match))
