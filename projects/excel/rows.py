"""Goes through the rows of a table: which row is about which indicator of whom, and which rows are none."""

import re
from functools import cached_property
from typing import NamedTuple

from projects.excel import headings as kinds
from projects.excel.blocks import Block
from projects.excel.columns import plain
from projects.excel.corrections import ROW_LEFT_OUT
from projects.excel.headings import unit_in
from projects.excel.naming import Item, Match, Naming, RowNames, bare_key, is_quantity
from projects.excel.readings import ERROR, NOTE, WARNING
from projects.excel.roles import TARGET_TEXT, Group, Roles
from projects.excel.row_looks import head_again, numbers_are_ours
from projects.excel.row_outcome import Entry, Rows, Said, Total
from projects.excel.unit_names import Units
from projects.excel.units import is_unit
from projects.excel.words import is_total, seq_of
from projects.excel.workbook import Cell

FOOT = re.compile(r"^(?:注|备注|说明|填报人|填表人|制表|审核人|负责人|单位负责人|联系电话|分管)[:：]|（盖章）|\(盖章\)")
_INNER = re.compile(r"^[(（]|^[①-⑳]|^\d+[.-]\d")


#: The columns, and the words carried down, that tell which indicator a row is about.
_ABOUT = (kinds.SEQ, kinds.CATEGORY, kinds.PROJECT, kinds.SUB_ITEM, kinds.INDICATOR, TARGET_TEXT)
_CARRIED_ABOUT = (kinds.SEQ, kinds.PROJECT, kinds.SUB_ITEM)


class _PlainRow(NamedTuple):
    """What a row was about: its indicator, the column that names it, the words carried down after it."""

    item: Item
    name_column: int
    carried: tuple[str | None, ...]


def rows_of(block: Block, roles: Roles, naming: Naming, units: Units) -> Rows:
    """Return the figures of a table in sheet order, with what cannot be read said."""
    walk = Walk(block, roles, naming, units)
    walk.matrix() if roles.is_matrix else walk.listed()
    return walk.rows


class Walk:
    """One table being gone through."""

    def __init__(self, block: Block, roles: Roles, naming: Naming, units: Units):
        self.block, self.roles, self.naming, self.units = block, roles, naming, units
        self.rows = Rows()
        self.repeats_head = head_again(block)
        self._name_column = 0
        self.above: dict[str, str] = {}
        self._of_row: tuple[int, dict[str, list[Cell]]] = (0, {})
        #: What rows of these very words were about, where there was nothing to say: a city's sheet has a hundred each.
        self._plain_rows: dict[tuple, _PlainRow] = {}

    # A matrix: participants as rows, indicators as groups of columns.

    def matrix(self) -> None:
        about = [(group, item) for group in self.roles.groups if (item := self._item_of(group)) is not None]
        column = self.roles.naming[kinds.PARTICIPANT][0]
        for row in self.block.rows:
            cell = self._cell(row, column)
            filled = [group for group, _item in about if self._is_filled(row, group)]
            if cell.is_blank or self.repeats_head(row):
                if filled and cell.is_blank:
                    self._say(
                        ERROR, "no_participant", self._value(row, filled[0]), "这一行有数，但没有写单位，没有读。"
                    )
                continue
            if FOOT.search(plain(cell.text)) and not filled:
                continue
            participant = self.units.in_cell(cell, cell.text)
            if participant is None:
                if is_total(cell.text):
                    self.rows.totals += [Total(row, group, item) for group, item in about]
                elif filled:
                    self._say_unknown(cell, cell.text)
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
        asked = RowNames(names, project=project, sub_item=sub_item)
        found = self.naming.match(asked)
        column = next(one for one in (group.value, group.target, group.rate) if one is not None)
        cell = self._label_of(column, names[0])
        self.rows.ask(cell, asked, found)
        if found.item is None:
            severity = NOTE if found.code == ROW_LEFT_OUT else ERROR
            self._say(severity, found.code, cell, found.message.replace("这一行没有读", "这几列没有读"))
        elif found.message:
            self._say_doubt(cell, found)
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
        self.naming.trusts_numbers = numbers_are_ours(self.block, self.roles, self.naming)
        last: Item | None = None
        for row in self.block.rows:
            if self.repeats_head(row):
                continue
            filled = [group for group in groups if self._is_filled(row, group)]
            words = self._words(row, last) if filled else None
            if words in self._plain_rows:
                last = self._same_row(row, groups, self._plain_rows[words])
                continue
            outcome = self.rows.sizes
            found = self._listed_row(row, groups, filled, last)
            if words is not None and found is not None and outcome == self.rows.sizes:
                self._plain_rows[words] = _PlainRow(found, self._name_column, self._carried())
            last = found or last

    def _words(self, row: int, last: Item | None) -> tuple:
        """Return all that tells what a row is about: its own words, those carried down, the row before."""
        cells = self.block.sheet.cells(row)
        own = [(cells[one - 1].kind, cells[one - 1].text) for one in self._naming_columns if one <= len(cells)]
        return *own, self._carried(), last and last.key

    @cached_property
    def _naming_columns(self) -> list[int]:
        return [column for kind in _ABOUT for column in self.roles.naming.get(kind, [])]

    def _carried(self) -> tuple:
        return tuple([self.above.get(kind) for kind in _CARRIED_ABOUT])

    def _same_row(self, row: int, groups: list[Group], known: "_PlainRow") -> Item:
        """Put a row's figures on the outcome that is about the same as one before, of whomever."""
        for kind, text in zip(_CARRIED_ABOUT, known.carried, strict=True):
            if text is None:
                self.above.pop(kind, None)
            else:
                self.above[kind] = text
        participant = self._first(row, kinds.PARTICIPANT)
        if participant is not None:
            self.above[kinds.PARTICIPANT] = participant.text
        self._put(row, groups, known.item, self._cell(row, known.name_column))
        return known.item

    def _listed_row(self, row: int, groups: list[Group], filled: list[Group], last: Item | None) -> Item | None:
        """Put one row's figures on the outcome; return its indicator."""
        names, name_cell, own_seq = self._names(row)
        self._name_column = name_cell.column
        if self._is_sum_of_all(row, names):
            self.rows.totals += [Total(row, group) for group in groups]
            return None
        if not names.texts:
            if filled and not any(FOOT.search(plain(cell.text)) for cell in self._row_cells(row)):
                cell = self._value(row, filled[0])
                self._say(ERROR, "no_indicator", cell, f"这一行有数（{_short(cell.text)}）但没有指标名称。")
            return None
        is_foot = any(FOOT.search(plain(text)) for text in names.texts)
        if not filled and (is_foot or self._is_section(row, names)):
            return None
        match = self.naming.match(names, last)
        problem = self._number_problem(row, own_seq, names)
        if problem and not match.is_corrected:
            self.rows.said.append(problem)
            self.rows.ask(name_cell, names, Match(None, problem.code, problem.message))
            return None
        if (
            match.item is None
            and not match.is_corrected
            and filled
            and all(self.naming.project_of(text) for text in names.texts)
        ):
            is_one_column = kinds.INDICATOR not in self.roles.naming
            if is_one_column and (seq := self.naming.project_of(names.texts[0])) == self._seq_below(row):
                # The project's own sum above its indicators.
                self.rows.totals += [Total(row, group, seq=seq) for group in filled]
                return None
            self._ask_unnamed(row, filled[0], names, name_cell)
            return None
        self.rows.ask(name_cell, names, match)
        if match.item is None:
            severity = ERROR if filled and match.code != ROW_LEFT_OUT else NOTE
            # Where nothing was filled in nothing is lost; it is only said.
            self._say(severity, match.code, self._code_cell(match.code, row, name_cell), match.message)
            return None
        if match.message:
            self._say_doubt(name_cell, match)
        self._put(row, groups, match.item, name_cell, is_filled=bool(filled))
        return match.item

    def _put(self, row: int, groups: list[Group], item: Item, name_cell: Cell, *, is_filled: bool = True) -> None:
        """Put the figures of a row on the outcome whose indicator is known, or its sums of all."""
        self._say_hidden(row, is_filled)
        if is_total(self.above.get(kinds.PARTICIPANT, "")):
            self.rows.totals += [Total(row, group, item) for group in groups]
            return
        for group in groups:
            participant = self._participant(row, group)
            if participant is not False:
                self.rows.entries.append(self._entry(row, group, participant, item, name_cell))

    def _is_sum_of_all(self, row: int, names: RowNames) -> bool:
        """Tell whether a row is one of sums of all: by its name, or by what stands instead of its number."""
        cells = [cell for kind in (kinds.SEQ, kinds.CATEGORY) for cell in self._filled(row, kind)]
        if not names.texts:
            cells += self._filled(row, kinds.PARTICIPANT)
        texts = [*names.texts, *(cell.text for cell in cells)]
        return any(is_total(text) for text in texts) and not (names.texts and self.naming.knows(names.texts[0]))

    def _seq_below(self, row: int) -> int | None:
        """Return the number of the project whose indicator the next row with a name is about."""
        kinds_of = (kinds.INDICATOR, kinds.SUB_ITEM, kinds.PROJECT)
        for below in (one for one in self.block.rows if one > row):
            texts = [cell.text for kind in kinds_of for cell in self._filled(below, kind)]
            if not texts:
                continue
            found = [self.naming.items_of(text) for text in texts]
            seqs = {item.seq for items in found for item in items}
            project = self.naming.project_of(texts[-1])
            return project if project is not None and len(texts) > 1 else seqs.pop() if len(seqs) == 1 else None
        return None

    def _ask_unnamed(self, row: int, group: Group, names: RowNames, name_cell: Cell) -> None:
        """Say that a row with figures names no more than its project; which indicator it is can be answered."""
        cell = self._value(row, group)
        words = f"这一行有数（{_short(cell.text)}）但没有指标名称。"
        self._say(ERROR, "no_indicator", cell, words)
        self.rows.ask(name_cell, names, Match(None, "no_indicator", words))

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
        cell = self._cell(row, column)
        unit = self.units.in_cell(cell, text)
        if unit is None and (text or self._is_filled(row, group)):
            self._say_unknown(cell, text)
        return unit if unit is not None else False

    def _say_unknown(self, cell: Cell, text: str) -> None:
        """Say that nobody goes under a name, or that its rows are not to be read."""
        severity, code, words = self.units.unknown(cell, text)
        self._say(severity, code, cell, words)

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
        own = list(reversed(self._filled(row, kinds.INDICATOR)))
        own += [cell for cell in self._filled(row, TARGET_TEXT) if not is_quantity(cell.text)]
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
        return group.value is not None and not self.block.sheet.cell(row, group.value).is_blank

    def _filled(self, row: int, kind: str) -> list[Cell]:
        if self._of_row[0] != row:
            cells = self.block.sheet.cells(row)
            self._of_row = (
                row,
                {
                    of_kind: [
                        cell for column in columns if column <= len(cells) and not (cell := cells[column - 1]).is_blank
                    ]
                    for of_kind, columns in self.roles.naming.items()
                },
            )
        return self._of_row[1].get(kind, [])

    def _first(self, row: int, kind: str) -> Cell | None:
        found = self._filled(row, kind)
        return found[0] if found else None

    def _row_cells(self, row: int) -> list[Cell]:
        return [self._cell(row, column) for column in self.block.labels]

    def _say_hidden(self, row: int, is_filled: bool) -> None:
        if is_filled and row in self.block.sheet.hidden_rows:
            self._say(NOTE, "hidden_row", self._cell(row, min(self.block.labels)), "这一行是隐藏的，也读了，请核对。")

    def _say_doubt(self, cell: Cell, match: Match) -> None:
        """Say that a name was taken although it is not ours: for a slip, or as somebody said."""
        code = (NOTE, "row_corrected") if match.is_corrected else (WARNING, "fuzzy_match")
        self._say(*code, cell, match.message)

    def _say(self, severity: str, code: str, cell: Cell, message: str) -> None:
        self.rows.said.append(Said(severity, code, cell, message))


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 30 else f"{text[:30]}…"
