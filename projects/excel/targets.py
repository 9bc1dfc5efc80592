"""Reads a 任务分解表: indicators × participants either way round, or one target a row, and judges it by R4, R16, R19.

A blank cell says nothing and changes nothing; "/" is 无任务; 0 is refused where it is meant for it. What a target
says in words stands as printed beside the number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from projects.excel.catalogue import target_of
from projects.excel.columns import Column, plain
from projects.excel.readings import ERROR, NOTE, WARNING, Issue
from projects.excel.tables import HEAD_WITHIN, CellRefused, Table, table_of, whole_number
from projects.excel.workbook import Cell, Sheet, Workbook, WorkbookRefused
from projects.models import Indicator, Participant, Programme, Target
from projects.services.targets import TargetEntry, differs, entry_fault, newest_targets, stated

MATRIX_COLUMNS = [
    Column("seq", "序号", 6, is_required=True),
    Column("project", "项目", 24, also=("项目名称",)),
    Column("sub_item", "子项", 18, also=("子项名称",)),
    Column("indicator", "指标", 26, is_required=True, also=("指标名称", "目标任务指标")),
    Column("unit", "计量单位", 9),
    Column("remark", "备注", 16),
]
LIST_COLUMNS = [
    *MATRIX_COLUMNS[:-1],
    Column("participant", "考核单位", 14, is_required=True, also=("单位", "县区", "县市区", "县(市、区)")),
    Column("target", "目标任务", 16, is_required=True, also=("目标", "年度目标", "任务数", "目标值")),
    MATRIX_COLUMNS[-1],
]
#: Heads over the participants where they stand in rows.
UNIT_HEADS = {plain(word) for word in ("考核单位", "单位", "县区", "县市区", "县(市、区)", "县（市、区）", "地区")}
#: Sums in rows or columns are checks (R16), never a participant, unless the programme prints them so.
SUM_WORDS = {"合计", "小计", "总计"}
_YEAR = re.compile(r"(20\d\d)\s*年")


@dataclass
class TargetReading:
    """What the sheets say: entries that are new or different, with their cells; how many stand already; issues."""

    entries: list[tuple[TargetEntry, Target | None, Sheet, Cell]] = field(default_factory=list)
    unchanged: int = 0
    issues: list[Issue] = field(default_factory=list)


def read_targets(book: Workbook, programme: Programme) -> TargetReading:
    """Read every visible sheet with targets. Raises WorkbookRefused where there is none. Three queries."""
    return _Reader(book, programme).read()


class _Reader:
    def __init__(self, book: Workbook, programme: Programme):
        self.book, self.programme = book, programme
        self.reading = TargetReading()
        self.indicators = list(Indicator.objects.of_programme(programme))
        self.units: dict[str, Participant] = {}
        self.participants = list(programme.participants.order_by("order"))
        for unit in self.participants:
            for name in (unit.code, unit.printed_name, *unit.short_names):
                self.units.setdefault(plain(name), unit)
        self.newest = newest_targets(self.indicators)
        self.said: dict[tuple, tuple[TargetEntry, str]] = {}
        self.wholes: dict[int, tuple[Sheet, Cell]] = {}

    def read(self) -> TargetReading:
        sheets = [sheet for sheet in self.book.visible_sheets if sheet.rows]
        read = [self._sheet(sheet) for sheet in sheets]
        if not any(read):
            raise WorkbookRefused(
                "没有找到目标任务：应有“序号、指标”两列和以单位为表头的列，或“考核单位、指标、目标任务”各一列，"
                "或以单位为行、指标为列。请下载任务分解表填写。"
            )
        self._task_split()
        return self.reading

    def _sheet(self, sheet: Sheet) -> bool:
        if (table := table_of(sheet, LIST_COLUMNS)) is not None:
            self._require_year(sheet, table.head_row)
            self._list(table)
        elif (table := table_of(sheet, MATRIX_COLUMNS)) is not None:
            self._require_year(sheet, table.head_row)
            self._matrix(table)
        elif (head := self._unit_head(sheet)) is not None:
            self._require_year(sheet, head.row)
            self._turned(sheet, head)
        else:
            return False
        return True

    def _require_year(self, sheet: Sheet, head_row: int) -> None:
        """Raise WorkbookRefused where the lines over the head name other years only."""
        titles = "".join(cell.text for row in range(1, head_row) for cell in sheet.row(row) if cell.kind == "text")
        years = {int(year) for year in _YEAR.findall(titles)}
        if years and self.programme.year not in years:
            words = "、".join(str(year) for year in sorted(years))
            raise WorkbookRefused(
                f"工作表“{sheet.name}”是{words}年的表，“{self.programme.name}”是{self.programme.year}年的，没有导入。"
            )

    def _list(self, table: Table) -> None:
        above: dict[str, str] = {}
        for row in table.filled_rows:
            cell = table.cell(row, "target")
            name = table.cell(row, "participant")
            indicator = self._row_indicator(table, row, above)
            if indicator is None or (cell.is_blank and name.is_blank) or plain(name.text) in SUM_WORDS - {*self.units}:
                continue
            unit = self._unit(table.sheet, name)
            if unit is not None:
                self._target(table.sheet, cell, indicator, unit)

    def _matrix(self, table: Table) -> None:
        columns = {}
        for cell in table.sheet.row(table.head_row):
            if cell.is_blank or cell.column in table.columns.values() or self._is_sum(cell):
                continue
            below = (table.sheet.cell(row, cell.column) for row in table.rows)
            if plain(cell.text) not in self.units and all(one.is_blank for one in below):
                continue
            unit = self._unit(table.sheet, cell)
            if unit in columns.values():
                self._issue(ERROR, "unit_twice", table.sheet, cell, f"单位“{cell.text.strip()}”出现了两次。")
            elif unit is not None:
                columns[cell.column] = unit
        above: dict[str, str] = {}
        for row in table.filled_rows:
            if any(plain(table.text(row, key)) in SUM_WORDS for key in ("seq", "project", "indicator")):
                continue
            indicator = self._row_indicator(table, row, above)
            for column, unit in columns.items() if indicator else ():
                self._target(table.sheet, table.sheet.cell(row, column), indicator, unit)

    def _row_indicator(self, table: Table, row: int, above: dict[str, str]) -> Indicator | None:
        """Return the row's indicator; what stands once over several rows counts for all of them."""
        for key in ("seq", "sub_item"):
            if key not in table.columns:
                continue
            text = table.sheet.shown(row, table.columns[key]).text.strip()
            if key == "seq" and text and text != above.get("seq"):
                above.pop("sub_item", None)
            if text:
                above[key] = text
        cell = table.cell(row, "indicator")
        if cell.is_blank:
            if not all(table.cell(row, key).is_blank for key in ("target", "participant")):
                self._issue(ERROR, "unknown_indicator", table.sheet, cell, "这一行没有写指标。")
            return None
        seq = whole_number(Cell(row, 1, "text", above.get("seq", "")))
        found = [one for one in self.indicators if plain(one.name) == plain(cell.text) and _seq(one) == seq]
        if len(found) > 1:
            found = [one for one in found if plain(one.sub_project.name) == plain(above.get("sub_item", ""))]
        elif found and above.get("sub_item") and found[0].sub_project.name:
            # A sub-item that contradicts is another one's row.
            found = [one for one in found if plain(one.sub_project.name) == plain(above["sub_item"])]
        if len(found) == 1:
            return found[0]
        words = f"第{above.get('seq') or '？'}项没有指标“{cell.text.strip()}”，或不止一个，请写清序号和子项。"
        self._issue(ERROR, "unknown_indicator", table.sheet, cell, words)
        return None

    def _unit_head(self, sheet: Sheet) -> Cell | None:
        """Return the head over a column of participants, where participants stand in rows."""
        for number in range(1, min(HEAD_WITHIN, sheet.row_count) + 1):
            for cell in sheet.row(number):
                if cell.kind == "text" and plain(cell.text) in UNIT_HEADS:
                    below = range(number + 1, min(number + 12, sheet.row_count) + 1)
                    if any(plain(sheet.cell(row, cell.column).text) in self.units for row in below):
                        return cell
        return None

    def _turned(self, sheet: Sheet, head: Cell) -> None:
        """Participants as rows, indicators as columns; over the names may stand 序号, 项目 and 子项."""
        first = next(
            row for row in range(head.row + 1, sheet.row_count + 1) if not sheet.cell(row, head.column).is_blank
        )
        columns: dict[int, Indicator] = {}
        for column in range(head.column + 1, sheet.width + 1):
            stack = [sheet.shown(row, column) for row in range(max(1, head.row - 3), first)]
            stack = [cell for cell in stack if not cell.is_blank]
            if not stack or plain(stack[-1].text) in {"备注", "序号"} or self._is_sum(stack[-1]):
                continue
            found = self._column_indicator(stack)
            if found is None:
                words = f"没有指标“{stack[-1].text.strip()}”，或不止一个，请在上面写序号或子项。"
                self._issue(ERROR, "unknown_indicator", sheet, stack[-1], words)
            elif found in columns.values():
                self._issue(ERROR, "indicator_twice", sheet, stack[-1], f"指标“{found.name}”出现了两次。")
            else:
                columns[column] = found
        for row in range(first, sheet.row_count + 1):
            name = sheet.cell(row, head.column)
            if name.is_blank or self._is_sum(name):
                continue
            if all(sheet.cell(row, column).is_blank for column in columns):
                continue
            unit = self._unit(sheet, name)
            for column, indicator in columns.items() if unit else ():
                self._target(sheet, sheet.cell(row, column), indicator, unit)

    def _column_indicator(self, stack: list[Cell]) -> Indicator | None:
        words = {plain(cell.text) for cell in stack}
        units = re.escape("（("), re.escape("）)")
        names = {re.sub(f"[{units[0]}][^{units[1]}]*[{units[1]}]$", "", word) for word in words} | words
        found = [one for one in self.indicators if plain(one.name) in names]
        if len(found) > 1:
            seqs = {int(match[0]) for word in words if (match := re.match(r"\d{1,3}", word))}
            projects = {plain(one.sub_project.project.name) for one in found} & words
            found = [
                one
                for one in found
                if (_seq(one) in seqs or not seqs)
                and (plain(one.sub_project.project.name) in projects or not projects)
                and (plain(one.sub_project.name) in words or not one.sub_project.name)
            ]
        return found[0] if len(found) == 1 else None

    def _unit(self, sheet: Sheet, cell: Cell) -> Participant | None:
        unit = self.units.get(plain(cell.text))
        if unit is None:
            words = f"单位“{cell.text.strip() or '（空白）'}”不在“{self.programme.name}”的名单里。"
            self._issue(ERROR, "unknown_participant", sheet, cell, words)
        return unit

    def _is_sum(self, cell: Cell) -> bool:
        return plain(cell.text) in SUM_WORDS and plain(cell.text) not in self.units

    def _target(self, sheet: Sheet, cell: Cell, indicator: Indicator, unit: Participant) -> None:
        """Read one cell; the same words as what stands change nothing."""
        if cell.is_blank:
            return
        before = self.newest.get((indicator.pk, unit.pk))
        entry = self._entry(sheet, cell, indicator, unit, before)
        if entry is None:
            return
        if entry.key in self.said:
            other, at = self.said[entry.key]
            same = (other.state, other.value) == (entry.state, entry.value)
            words = f"{entry}在{at}已经写过" + (
                "，两处一样。" if same else f"“{stated(other)}”，这里是“{stated(entry)}”。"
            )
            self._issue(NOTE if same else ERROR, "duplicate_target", sheet, cell, words)
            return
        self.said[entry.key] = entry, f"{sheet.name}!{cell.address}"
        if unit.kind == Participant.Kind.WHOLE:
            self.wholes[indicator.pk] = sheet, cell
        if before is not None and not differs(before, entry):
            self.reading.unchanged += 1
            return
        if fault := entry_fault(self.programme, entry):
            self._issue(ERROR, "bad_target", sheet, cell, fault)
            return
        self.reading.entries.append((entry, before, sheet, cell))

    def _entry(self, sheet: Sheet, cell: Cell, indicator: Indicator, unit: Participant, before: Target | None):
        """Return the cell as an entry, that of the stored target where it says the same; None after an issue."""
        try:
            return entry_of(cell, indicator, unit, before)
        except CellRefused as refused:
            self._issue(ERROR, "bad_target", sheet, cell, f"{unit.printed_name}的“{indicator.name}”：{refused}")
            return None

    def _task_split(self) -> None:
        """R16: warn where the participants do not add up to the whole's own target; both are kept."""
        for indicator, total, own, count in self._sums():
            if total == own:
                continue
            more = "多" if total > own else "少"
            words = (
                f"“{indicator.name}”{count}个单位的目标相加为{stated_number(total)}，"
                f"全域目标为{stated_number(own)}，{more}{stated_number(abs(total - own))}；两个数都照原样保留。"
            )
            sheet, cell = self.wholes.get(indicator.pk, (None, None))
            if cell is None:
                self.reading.issues.append(Issue(WARNING, "task_split", words, self.book.file_name))
            else:
                self._issue(WARNING, "task_split", sheet, cell, words)

    def _sums(self) -> Iterator[tuple[Indicator, Decimal, Decimal, int]]:
        """Yield additive indicators of the file: Σ of the participants and the whole's own, as they would stand."""
        touched = {key[0] for key in self.said}
        for indicator in self.indicators:
            if indicator.pk not in touched or not indicator.additive:
                continue
            values, own = [], None
            for unit in self.participants:
                said = self.said.get((indicator.pk, unit.pk))
                target = said[0] if said else self.newest.get((indicator.pk, unit.pk))
                if target is None or target.value is None:
                    continue
                if unit.kind == Participant.Kind.WHOLE:
                    own = target.value
                else:
                    values.append(target.value)
            if own is not None and values:
                yield indicator, sum(values, Decimal(0)), own, len(values)

    def _issue(self, severity: str, code: str, sheet: Sheet, cell: Cell, message: str) -> None:
        self.reading.issues.append(Issue(severity, code, message, self.book.file_name, sheet.name, cell.address))


def entry_of(cell: Cell, indicator: Indicator, unit: Participant, before: Target | None) -> TargetEntry:
    """Return what a filled cell says of a target, that of the stored one where it says the same. Raises CellRefused."""
    revision = before.revision if before else 0
    stands = before and TargetEntry(
        indicator, unit, before.state, before.value, before.comparison, before.printed, revision
    )
    if before and cell.kind == "text" and plain(cell.text) == plain(stated(before)):
        return stands
    values = target_of(cell, {"unit": indicator.unit, "kind": indicator.kind})
    value = Decimal(values["value"]) if "value" in values else None
    comparison = values.get("comparison", Target.Comparison.EQUAL)
    is_bare = plain(cell.text) == values.get("value") and not cell.is_percent
    if before and is_bare and (before.state, before.value) == (values["state"], value):
        return stands  # a bare number says nothing about the words of the paper
    return TargetEntry(indicator, unit, values["state"], value, comparison, values["printed"], revision)


def stated_number(value: Decimal) -> str:
    """Return a number of a target without trailing zeros."""
    return f"{value.normalize():f}"


def _seq(indicator: Indicator) -> int:
    return indicator.sub_project.project.seq
