"""Goes through the rows of a table: which row is about which indicator of whom, and which rows are none."""

import re
from dataclasses import dataclass, field

from projects.excel import headings as kinds
from projects.excel.blocks import Block
from projects.excel.columns import plain
from projects.excel.headings import unit_in
from projects.excel.naming import Item, Naming, RowNames, Units, bare_key
from projects.excel.readings import ERROR, NOTE, WARNING
from projects.excel.roles import TARGET_TEXT, Group, Roles
from projects.excel.units import is_unit
from projects.excel.words import is_total, seq_of
from projects.excel.workbook import Cell

_FOOT = re.compile(
    r"^(?:注|备注|说明|填报人|填表人|制表|审核人|负责人|单位负责人|联系电话|分管)[:：]|（盖章）|\(盖章\)"
)
_INNER = re.compile(r"^[(（]|^[①-⑳]|^\d+[.-]\d")
#: The words a blank project, sub-item or participant takes over from the row above.
CARRIED = (kinds.SEQ, kinds.PROJECT, kinds.SUB_ITEM, kinds.PARTICIPANT)


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
    """A row of sums: its row and group; `since`: rows it may sum up; in a matrix the indicator it is about."""

    row: int
    group: Group
    item: Item | None = None


@dataclass
class Said:
    """Something about a place: severity, code, cell, sentence."""

    severity: str
    code: str
    cell: Cell
    message: str


@dataclass
class Rows:
    """What the rows of a table came to."""

    entries: list[Entry] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)


def rows_of(block: Block, roles: Roles, naming: Naming, units: Units) -> Rows:
    """Return the figures of a table in sheet order, with what cannot be read said."""
    walk = _Walk(block, roles, naming, units)
    walk.matrix() if roles.is_matrix else walk.listed()
    return walk.rows


class _Walk:
    """One table being gone through."""

    def __init__(self, block: Block, roles: Roles, naming: Naming, units: Units):
        self.block, self.roles, self.naming, self.units = block, roles, naming, units
        self.rows = Rows()
        self.above: dict[str, str] = {}

    # A matrix: participants as rows, indicators as groups of columns.

    def matrix(self) -> None:
        about = [(group, item) for group in self.roles.groups if (item := self._item_of(group)) is not None]
        column = self.roles.naming[kinds.PARTICIPANT][0]
        for row in self.block.rows:
            cell = self._cell(row, column)
            filled = [group for group, _item in about if self._is_filled(row, group)]
            if cell.is_blank or self._repeats_head(row):
                if filled and cell.is_blank:
                    self._say(
                        ERROR, "no_participant", self._value(row, filled[0]), "这一行有数，但没有写单位，没有读。"
                    )
                continue
            if _FOOT.search(plain(cell.text)) and not filled:
                continue
            participant = self.units.named(cell.text)
            if participant is None:
                if is_total(cell.text):
                    self.rows.totals += [Total(row, group, item) for group, item in about]
                elif filled:
                    words = f"“{cell.text.strip()}”不在考核单位名单里，这一行没有读。"
                    self._say(ERROR, "unknown_participant", cell, words)
                continue
            self._say_hidden(row, bool(filled))
            self.rows.entries += [self._entry(row, group, participant, item, cell) for group, item in about]

    def _item_of(self, group: Group) -> Item | None:
        if not group.names:
            column = next(one for one in (group.value, group.target, group.rate) if one is not None)
            words = "表头看不出是哪个指标，没有读。"
            self._say(ERROR, "unknown_indicator", self.block.label_cell(column), words)
            return None
        names = [name for name in reversed(group.names) if self.naming.project_of(name) is None] or [group.names[-1]]
        project = next((name for name in group.names if self.naming.project_of(name) is not None), "")
        sub_item = next((name for name in group.names[:-1] if bare_key(name) in self.naming.sub_items), "")
        found = self.naming.match(RowNames(names, project=project, sub_item=sub_item))
        column = next(one for one in (group.value, group.target, group.rate) if one is not None)
        cell = self._label_of(column, names[0])
        if found.item is None:
            self._say(ERROR, found.code, cell, found.message.replace("这一行没有读", "这几列没有读"))
        elif found.is_slip:
            self._say(WARNING, "fuzzy_match", cell, found.message)
        if group.value is None:
            self._say(ERROR, "no_value_column", cell, f"“{names[0]}”没有累计完成数这一列，没有读。")
            return None
        return found.item

    def _label_of(self, column: int, name: str) -> Cell:
        cells = [self.block.sheet.shown(row, column) for row in self.block.head]
        return next((cell for cell in cells if cell.text.strip() == name), self.block.label_cell(column))

    # A list: indicators as rows.

    def listed(self) -> None:
        groups = [group for group in self.roles.groups if group.value is not None]
        self.naming.trusts_numbers = self._numbers_are_ours()
        last: Item | None = None
        for row in self.block.rows:
            if self._repeats_head(row):
                continue
            found = self._listed_row(row, groups, last)
            last = found or last

    def _listed_row(self, row: int, groups: list[Group], last: Item | None) -> Item | None:
        """Put one row's figures on the outcome; return its indicator."""
        filled = [group for group in groups if self._is_filled(row, group)]
        names, name_cell, own_seq = self._names(row)
        if not names.texts:
            if filled and not any(_FOOT.search(plain(cell.text)) for cell in self._row_cells(row)):
                cell = self._value(row, filled[0])
                self._say(ERROR, "no_indicator", cell, f"这一行有数（{_short(cell.text)}）但没有指标名称。")
            return None
        first = names.texts[0]
        if any(is_total(text) for text in names.texts) and not self.naming.knows(first):
            self.rows.totals += [Total(row, group) for group in groups]
            return None
        is_foot = any(_FOOT.search(plain(text)) for text in names.texts)
        if not filled and (is_foot or self._is_section(row, names)):
            return None
        problem = self._number_problem(row, own_seq, names)
        if problem:
            self.rows.said.append(problem)
            return None
        match = self.naming.match(names, last)
        if match.item is None and filled and all(self.naming.project_of(text) for text in names.texts):
            cell = self._value(row, filled[0])
            self._say(ERROR, "no_indicator", cell, f"这一行有数（{_short(cell.text)}）但没有指标名称。")
            return None
        if match.item is None:
            severity = ERROR if filled else NOTE
            # Where nothing was filled in nothing is lost; it is only said.
            self._say(severity, match.code, self._code_cell(match.code, row, name_cell), match.message)
            return None
        if match.is_slip:
            self._say(WARNING, "fuzzy_match", name_cell, match.message)
        self._say_hidden(row, bool(filled))
        for group in groups:
            participant = self._participant(row, group)
            if participant is not False:
                self.rows.entries.append(self._entry(row, group, participant, match.item, name_cell))
        return match.item

    def _code_cell(self, code: str, row: int, cell: Cell) -> Cell:
        if code == "wrong_project" and kinds.PROJECT in self.roles.naming:
            return self._cell(row, self.roles.naming[kinds.PROJECT][0])
        return cell

    def _participant(self, row: int, group: Group):
        """Return whose figure it is, None for the sheet's own; False where the row names nobody that is known."""
        for name in group.names:
            unit = self.units.named(name)
            if unit is not None:
                return unit
        if kinds.PARTICIPANT not in self.roles.naming:
            return None
        column = self.roles.naming[kinds.PARTICIPANT][0]
        text = self.above.get(kinds.PARTICIPANT, "")
        unit = self.units.named(text)
        if unit is None and (text or self._is_filled(row, group)):
            words = f"“{text.strip()}”不在考核单位名单里，这一行没有读。"
            self._say(ERROR, "unknown_participant", self._cell(row, column), words)
        return unit if unit is not None else False

    def _names(self, row: int) -> tuple[RowNames, Cell, Cell | None]:
        """Return how a row names its indicator, the cell to point at, and its own number cell."""
        naming = self.roles.naming
        seq_cell = self._first(row, kinds.SEQ)
        projects = self._filled(row, kinds.PROJECT)
        project = next((cell.text for cell in projects if self.naming.project_of(cell.text)), "")
        if (
            seq_cell is not None
            and not project
            and _INNER.match(plain(seq_cell.text))
            and self.above.get(kinds.PROJECT)
        ):
            # (1), ①, 4.1: numbers within the item above.
            seq_cell = None
        is_new = seq_cell is not None or bool(project)
        sub = self._first(row, kinds.SUB_ITEM)
        if is_new:
            self.above.pop(kinds.SUB_ITEM, None)
            self.above.pop(kinds.PROJECT, None)
            self.above.pop(kinds.SEQ, None)
        for kind, text in ((kinds.PROJECT, project), (kinds.SUB_ITEM, sub.text if sub else "")):
            if text:
                self.above[kind] = text
        if seq_cell is not None and seq_of(seq_cell.text) is not None:
            self.above[kinds.SEQ] = seq_cell.text
        participant = self._first(row, kinds.PARTICIPANT)
        if participant is not None:
            self.above[kinds.PARTICIPANT] = participant.text
        own = list(reversed(self._filled(row, kinds.INDICATOR))) + self._filled(row, TARGET_TEXT)
        if not self._filled(row, kinds.INDICATOR):
            own += [cell for cell in (sub,) if cell is not None] + list(reversed(projects))
        texts = [cell.text for cell in own]
        unknown = next((cell.text for cell in projects if cell.kind == "text"), "")
        names = RowNames(
            texts,
            self.above.get(kinds.PROJECT, "")
            or (unknown if len(texts) > len(projects) or kinds.INDICATOR in naming else ""),
            self.above.get(kinds.SUB_ITEM, ""),
            seq_of(self.above[kinds.SEQ]) if kinds.SEQ in self.above else None,
            texts,
        )
        return names, own[0] if own else Cell(row, min(self.block.labels)), seq_cell

    def _number_problem(self, row: int, cell: Cell | None, names: RowNames) -> Said | None:
        if cell is None or seq_of(cell.text) is not None or not self.naming.trusts_numbers or names.project:
            return None
        return Said(ERROR, "bad_seq", cell, f"序号“{_short(cell.text)}”不是整数。")

    def _is_section(self, row: int, names: RowNames) -> bool:
        """Tell whether a row without figures only heads the rows below; a project or sub-item in it holds for them."""
        text = names.texts[0]
        own = [cell for cell in self._row_cells(row) if not cell.is_blank]
        sub_items = {bare_key(one) for one in names.texts} & self.naming.sub_items
        if self.naming.knows(text) and bare_key(text) in self.naming.by_name:
            return False
        if self.naming.project_of(text) is not None:
            scope = [item for item in self.naming.items if item.seq == self.naming.project_of(text)]
            return len(scope) != 1
        if sub_items:
            self.above[kinds.SUB_ITEM] = text
            return True
        return len({plain(cell.text) for cell in own}) <= 1 + (self._first(row, kinds.SEQ) is not None)

    def _numbers_are_ours(self) -> bool:
        """Tell whether the sheet numbers its rows as the programme does: more rows agree than do not."""
        agree = differ = 0
        for row in self.block.rows:
            seq_cell = self._first(row, kinds.SEQ)
            seq = seq_of(seq_cell.text) if seq_cell is not None else None
            if seq is None:
                continue
            named = {self.naming.project_of(cell.text) for cell in self._filled(row, kinds.PROJECT)} - {None}
            if not named:
                texts = [*self._filled(row, kinds.INDICATOR), *self._filled(row, kinds.PROJECT)]
                named = {item.seq for cell in texts for item in self.naming.by_name.get(bare_key(cell.text), [])}
            if len(named) == 1:
                agree, differ = agree + (seq in named), differ + (seq not in named)
        return agree >= differ

    # Cells.

    def _entry(self, row: int, group: Group, participant, item: Item, name_cell: Cell) -> Entry:
        unit, unit_cell = "", None
        cell = self._first(row, kinds.UNIT)
        if cell is not None:
            unit, unit_cell = cell.text.strip(), cell
        if not unit and not self.roles.is_matrix:
            texts = [
                one.text for kind in (kinds.INDICATOR, kinds.SUB_ITEM, kinds.PROJECT) for one in self._filled(row, kind)
            ]
            unit = next((found for text in texts if (found := unit_in(plain(text))[0])), "")
        if not unit and group.unit and is_unit(group.unit):
            unit = group.unit
        return Entry(row, group, participant, item, name_cell, unit, unit_cell)

    def _cell(self, row: int, column: int) -> Cell:
        return self.block.sheet.cell(row, column)

    def _value(self, row: int, group: Group) -> Cell:
        return self.block.sheet.cell(row, group.value)

    def _is_filled(self, row: int, group: Group) -> bool:
        return group.value is not None and not self._value(row, group).is_blank

    def _filled(self, row: int, kind: str) -> list[Cell]:
        columns = self.roles.naming.get(kind, [])
        return [cell for column in columns if not (cell := self._cell(row, column)).is_blank]

    def _first(self, row: int, kind: str) -> Cell | None:
        return next(iter(self._filled(row, kind)), None)

    def _row_cells(self, row: int) -> list[Cell]:
        return [self._cell(row, column) for column in self.block.labels]

    def _repeats_head(self, row: int) -> bool:
        """Tell whether a row says the table's head again, as at the top of a printed page."""
        heads = {column: plain(self.block.label_cell(column).text) for column in self.block.labels}
        cells = [cell for cell in self._row_cells(row) if not cell.is_blank]
        same = sum(plain(cell.text) == heads[cell.column] for cell in cells)
        return len(cells) >= 2 and same * 3 >= len(cells) * 2

    def _say_hidden(self, row: int, is_filled: bool) -> None:
        if is_filled and row in self.block.sheet.hidden_rows:
            self._say(NOTE, "hidden_row", self._cell(row, min(self.block.labels)), "这一行是隐藏的，也读了，请核对。")

    def _say(self, severity: str, code: str, cell: Cell, message: str) -> None:
        self.rows.said.append(Said(severity, code, cell, message))


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 30 else f"{text[:30]}…"
