"""Columns of a table that belong to another part of the report than the figures: gathered by row and handed over.

Here is only whose a row is and what it is about; what its columns mean and what stands in them is the part's.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from projects.excel import headings as kinds
from projects.excel.blocks import Block
from projects.excel.columns import plain
from projects.excel.naming import Naming, RowNames, bare_key, loose_key
from projects.excel.readings import ERROR, NOTE, WARNING, Issue
from projects.excel.roles import Roles
from projects.excel.row_looks import numbers_are_ours
from projects.excel.row_outcome import Said
from projects.excel.rows import FOOT, Walk
from projects.excel.unit_names import Units
from projects.excel.words import is_total, name_key
from projects.excel.workbook import Cell
from projects.models import Participant, SubProject
from projects.parts import PartCell


@dataclass(frozen=True)
class PartRow:
    """One row, or in a matrix the part of a row about one sub-project: whose it is, and the columns with its cells.

    `participant` None: the sheet's own; `sub_project` None: a row of sums.
    """

    row: int
    participant: Participant | None
    sub_project: SubProject | None
    columns: tuple[int, ...]
    name_cell: Cell


@dataclass
class PartTable:
    """A table with columns of a part; `is_apart`: no figures stand beside them.

    `is_whole`: every row with something in these columns could be placed.
    """

    block: Block
    roles: Roles
    marks: dict[int, object]
    is_apart: bool
    rows: list[PartRow] = field(default_factory=list)
    is_whole: bool = True

    def cell(self, row: int, column: int) -> Cell:
        """Return a cell of the table."""
        return self.block.sheet.cell(row, column)

    def area(self, cell: Cell) -> tuple[int, int] | None:
        """Return where the value of the merged area stands that a cell belongs to; None for a cell on its own."""
        return self.block.sheet.merged.get((cell.row, cell.column))

    def settle_owners(
        self, owner: Callable[[], Participant], wanted: Callable[[Participant, SubProject], bool]
    ) -> None:
        """Say whose the rows are that name nobody, and leave out those of participants nobody asked for."""
        found = []
        for row in self.rows:
            if row.sub_project is not None:
                unit = row.participant or owner()
                if not wanted(unit, row.sub_project):
                    continue
                row = replace(row, participant=unit)
            found.append(row)
        self.rows = found if any(row.sub_project is not None for row in found) else []

    def words(self, row: int, kind: str) -> str:
        """Return what the row's naming columns of a kind say, joined."""
        cells = [self.cell(row, column) for column in self.roles.naming.get(kind, [])]
        return "；".join(cell.text.strip() for cell in cells if not cell.is_blank)


class PartReader(ABC):
    """Reads the columns of one part in one file. What it found: `cells` and `issues`, by participant id.

    Issues under None are about the file.
    """

    #: What somebody can say a column is: code → word. The codes are kept, and begin with the part's: "funds.spent".
    meanings: Mapping[str, str] = {}

    def __init__(self, code: str):
        self.code = code
        self.cells: dict[int, list[PartCell]] = {}
        self.issues: dict[int | None, list[Issue]] = {}

    def stamp(self) -> str:
        """Return a text that changes whenever stored rows of the part do that a file is read against."""
        return ""

    @abstractmethod
    def is_word(self, text: str) -> bool:
        """Tell whether a label of the part's heads stands alone, where no other label says what it is."""

    @abstractmethod
    def marks(self, block: Block, *, month: int | None, is_name) -> dict[int, object]:
        """Return what the table's columns mean that are the part's; {} where none is."""

    def said_mark(self, block: Block, column: int, meaning: str, *, is_name) -> object:
        """Return what a column means of which somebody said one of the part's own `meanings`."""
        raise NotImplementedError(meaning)

    @abstractmethod
    def word(self, mark: object) -> str:
        """Return what a column was taken for, as the person is shown."""

    @abstractmethod
    def amounts(self, marks: dict[int, object]) -> list[int]:
        """Return the columns among them whose cells are read or checked."""

    @abstractmethod
    def names_row(self, marks: dict[int, object], block: Block, row: int) -> bool:
        """Tell whether the part's own columns say what a row is about, beside the project carried down."""

    @abstractmethod
    def take(self, table: PartTable) -> None:
        """Gather what a table says; every row that is no sum has its participant."""

    @abstractmethod
    def finish(self) -> None:
        """Judge all that was taken, once the file is through."""


class Places:
    """Which sub-project a row or a group of columns is about. One query."""

    def __init__(self, programme, naming: Naming):
        self.naming = naming
        self.by_seq: dict[int, list[SubProject]] = {}
        rows = SubProject.objects.filter(project__programme=programme).select_related("project")
        for row in rows.order_by("project__seq", "order", "pk"):
            self.by_seq.setdefault(row.project.seq, []).append(row)

    def of(self, names: RowNames, last=None) -> tuple[SubProject | None, str, str, bool]:
        """Return (sub-project or None, code, sentence, is the sentence only a remark)."""
        match = self.naming.match(names, last)
        if match.is_corrected:
            return match.item and match.item.indicator.sub_project, match.code, "", False
        seq, problem = self.naming.project_number(names)
        if problem is not None:
            return None, problem.code, problem.message, False
        if found := self._named(names, seq):
            return found, "", "", False
        if match.item is not None:
            return match.item.indicator.sub_project, "fuzzy_match" if match.is_slip else "", match.message, True
        if seq is not None and all(self._is_project(text, seq) for text in names.names):
            listed = "、".join(row.name or "（不分子项）" for row in self.by_seq[seq])
            words = f"第{seq}项“{self.naming.project_names[seq]}”有几个子项（{listed}），没有写是哪一个，没有读。"
            return None, "ambiguous_sub_item", words, False
        return None, match.code, match.message.replace("指标", "项目或指标", 1), False

    def in_title(self, block: Block) -> SubProject | None:
        """Return the sub-project the lines above a table are about: of the only project they name."""
        text = name_key("".join(cell.text for cell in block.titles) + block.sheet.name)
        named = [(len(name), seq) for name, seq in self.naming.projects.items() if len(name) >= 4 and name in text]
        if not named or len({seq for _size, seq in named}) != 1:
            return None
        rows = self.by_seq.get(named[0][1], [])
        inside = [row for row in rows if row.name and name_key(row.name) in text]
        rows = inside or rows
        return rows[0] if len(rows) == 1 else None

    def _named(self, names: RowNames, seq: int | None) -> SubProject | None:
        """Return the sub-project called by its own name, or the only one of the project the row is about."""
        rows = self.by_seq.get(seq, []) if seq is not None else [row for one in self.by_seq.values() for row in one]
        keys = {bare_key(text) for text in [*names.names, names.sub_item] if text}
        inside = [row for row in rows if row.name and name_key(row.name) in keys]
        if len(inside) == 1:
            return inside[0]
        if seq is None or len(rows) != 1:
            return None
        return rows[0] if all(self._is_project(text, seq) for text in names.names) else None

    def _is_project(self, text: str, seq: int) -> bool:
        return self.naming.project_of(text) == seq or loose_key(bare_key(text)) == loose_key(
            name_key(self.naming.project_names[seq])
        )


class PartWalk(Walk):
    """Goes through a table for the sake of a part's columns; `said` holds what could not be placed."""

    def __init__(self, table: PartTable, reader: PartReader, naming: Naming, units: Units, places: Places):
        super().__init__(table.block, table.roles, naming, units)
        self.table, self.reader, self.places = table, reader, places
        self.columns = reader.amounts(table.marks)

    def go(self) -> list[Said]:
        """Put the table's rows on it; return what is to be said."""
        self.matrix() if self.roles.is_matrix else self.listed()
        return self.rows.said

    # A matrix.

    def matrix(self) -> None:
        """Take participants row by row."""
        about: dict[int | None, tuple[SubProject | None, list[int]]] = {}
        for column in self.columns:
            found = self._about(column)
            if found is not False:
                about.setdefault(found and found.pk, (found, []))[1].append(column)
        for row in self.block.rows:
            cell = self._cell(row, self.roles.naming[kinds.PARTICIPANT][0])
            filled = self._is_any(row)
            if self.repeats_head(row) or (FOOT.search(plain(cell.text)) and not filled):
                continue
            unit = self.units.in_cell(cell, cell.text)
            is_sum = is_total(cell.text) or (unit is not None and unit.kind == Participant.Kind.WHOLE)
            if unit is None and not is_sum:
                if filled and self.table.is_apart:
                    if cell.text.strip():
                        self._say_unknown(cell, cell.text)
                    else:
                        words = "这一行有数，但没有写单位，没有读。"
                        self._say(ERROR, "unknown_participant", self._first_filled(row), words)
                continue
            for sub_project, columns in about.values():
                place = None if is_sum else sub_project
                if is_sum or sub_project is not None:
                    self.table.rows.append(PartRow(row, None if is_sum else unit, place, tuple(columns), cell))

    def _about(self, column: int) -> SubProject | bool | None:
        """Return what a column of a matrix is about; None for sums of all, False where nobody can tell."""
        labels = self.block.labels[column]
        names = [label for label in reversed(labels) if self.naming.knows(label)]
        if names:
            own = [name for name in names if self.naming.project_of(name) is None] or names[:1]
            project = next((name for name in names if self.naming.project_of(name) is not None), "")
            found, code, words, is_remark = self.places.of(RowNames(own, project=project))
            if found is None or (is_remark and words):
                severity = WARNING if found is not None else ERROR
                self._say(severity, code, self._label_of(column, names[0]), words.replace("这一行", "这几列"))
            return found if found is not None else False
        if any(is_total(label) for label in labels[:1]) and len(labels) > 1:
            return None
        if found := self.places.in_title(self.block):
            return found
        if any(not self._cell(row, column).is_blank for row in self.block.rows):
            words = "看不出是哪个项目的，没有读。"
            self._say(WARNING, "part_unplaced", self.block.label_cell(column), f"“{labels[-1].strip()}”这一列{words}")
        return False

    # A list.

    def listed(self) -> None:
        """Take sub-projects row by row."""
        self.naming.trusts_numbers = numbers_are_ours(self.block, self.roles, self.naming)
        last: tuple[SubProject, object] | None = None
        for row in self.block.rows:
            if not self.repeats_head(row):
                last = self._part_row(row, last) or last

    def _part_row(self, row: int, last) -> tuple | None:
        names, name_cell, _seq = self._names(row)
        filled = self._is_any(row)
        if self._is_sum(row, names):
            self.table.rows.append(PartRow(row, None, None, tuple(self.columns), name_cell))
            return None
        if not filled and (any(FOOT.search(plain(text)) for text in names.texts) or not names.texts):
            return None
        if not names.texts:
            if any(FOOT.search(plain(cell.text)) for cell in self._row_cells(row)):
                return None
            found = last and last[0]
            if found is None or not self._is_carried(row):
                if self.table.is_apart:
                    self._say(ERROR, "no_indicator", self._first_filled(row), "这一行有金额但没有项目名称，没有读。")
                return None
            self._add(row, found, name_cell)
            return None
        found, code, words, is_remark = self.places.of(names, None)
        if found is None:
            if filled and words:
                self._say(ERROR, code, name_cell, words)
            else:
                self._is_section(row, names)
            return None
        if is_remark and words and self.table.is_apart:
            self._say(WARNING, code, name_cell, words)
        self._add(row, found, name_cell)
        return found, None

    def _add(self, row: int, found: SubProject, name_cell: Cell) -> None:
        by_unit: dict[int | None, tuple[Participant | None, list[int]]] = {}
        for column in self.columns:
            unit = self._unit_of(row, column)
            if unit is not False:
                by_unit.setdefault(unit and unit.pk, (unit, []))[1].append(column)
        for unit, columns in by_unit.values():
            self.table.rows.append(PartRow(row, unit, found, tuple(columns), name_cell))
        if self.table.is_apart and self._is_any(row) and row in self.block.sheet.hidden_rows:
            self._say(NOTE, "hidden_row", self._cell(row, min(self.block.labels)), "这一行是隐藏的，也读了，请核对。")

    def _unit_of(self, row: int, column: int) -> Participant | bool | None:
        """Return whose the cell is, None for the sheet's own; False where the row names nobody that is known."""
        for label in self.block.labels[column]:
            if (unit := self.units.named(label)) is not None:
                return unit
        if kinds.PARTICIPANT not in self.roles.naming:
            return None
        text = self.above.get(kinds.PARTICIPANT, "")
        cell = self._cell(row, self.roles.naming[kinds.PARTICIPANT][0])
        unit = self.units.in_cell(cell, text)
        if unit is None and self.table.is_apart and self._is_any(row) and column == self.columns[0]:
            self._say_unknown(cell, text)
        return unit if unit is not None else False

    def _is_sum(self, row: int, names: RowNames) -> bool:
        kinds_of = (kinds.SEQ, kinds.CATEGORY, kinds.PARTICIPANT)
        cells = [cell for kind in kinds_of for cell in self._filled(row, kind)]
        texts = [*names.texts, *(cell.text for cell in cells)]
        return any(is_total(text) for text in texts) and not any(self.naming.knows(text) for text in names.texts)

    def _is_carried(self, row: int) -> bool:
        """Tell whether a row without a name belongs to the one above: merged with it, or told by the part's columns."""
        columns = [
            column
            for kind in (kinds.PROJECT, kinds.SUB_ITEM, kinds.INDICATOR)
            for column in self.roles.naming.get(kind, [])
        ]
        merged = self.block.sheet.merged
        is_merged = any((row, column) in merged and merged[row, column] != (row, column) for column in columns)
        return is_merged or self.reader.names_row(self.table.marks, self.block, row)

    def _is_any(self, row: int) -> bool:
        return any(not self._cell(row, column).is_blank for column in self.columns)

    def _first_filled(self, row: int) -> Cell:
        return next(cell for column in self.columns if not (cell := self._cell(row, column)).is_blank)
