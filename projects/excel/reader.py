"""Reads a return: any sheet of figures, of one county or of many; nothing is written, nothing derived is trusted (R17).

Cells (`workbook`) → tables (`blocks`) → what their columns hold (`roles`) → what their rows are about (`rows`,
`naming`) → figures and what is odd about them (`judging`, `sums`). Whose sheet it is and of which month: `origin`.
"""

import re
from pathlib import Path

from projects.excel.blocks import Block, blocks_of
from projects.excel.corrections import Remembered
from projects.excel.judging import Judge
from projects.excel.known import Known, known_of
from projects.excel.origin import Origins, SheetOrigin
from projects.excel.part_reading import PartReading
from projects.excel.readings import ERROR, NOTE, WARNING, Issue, ReadFigure, Reading
from projects.excel.roles import Roles, roles_of
from projects.excel.rows import rows_of
from projects.excel.strays import stray_columns
from projects.excel.sums import check_sums
from projects.excel.titles import sheet_unit_of
from projects.excel.understood import UnderstoodTable, table_of, understood
from projects.excel.workbook import Sheet, Workbook, WorkbookRefused, open_workbook
from projects.models import Participant, Programme, ReportingPeriod, SubProject

__all__ = ["ERROR", "NOTE", "WARNING", "Issue", "ReadFigure", "Reading", "read_returns"]


def read_returns(
    path: Path,
    *,
    file_name: str,
    programme: Programme,
    period: ReportingPeriod,
    participant: Participant | None = None,
    corrections: Remembered | None = None,
    kept: Path | None = None,
    known: Known | None = None,
) -> list[Reading]:
    """Read one file for `period`: one reading per participant it has figures of, at least one.

    `participant`: whose figures are asked for; those of others are left out and said. `corrections`: what was said
    of a county's headings and rows before. `kept`: where the cells are kept once parsed. `known`: what was loaded for
    the files before. Never raises for what is wrong with the file: that is `refusal` (then there is one reading,
    without figures) or `issues`. About eight queries, whatever the file holds; with `known` six,
    and two where its lines are loaded.
    """
    try:
        book = open_workbook(path, file_name=file_name, kept=kept)
    except WorkbookRefused as refused:
        return [_refused(Reading(file=file_name, path=Path(path)), str(refused))]
    known = known or known_of(programme, period, participant)
    reader = _Reader(book, Path(path), programme, period, participant, corrections or Remembered(), known)
    try:
        readings = reader.read()
    except WorkbookRefused as refused:
        readings = [_refused(reader.blank_reading(participant), str(refused))]
    readings[0].tables = reader.tables
    return readings


def _refused(reading: Reading, sentence: str, sheet: str = "") -> Reading:
    reading.refusal, reading.figures = sentence, []
    reading.issues = [Issue(ERROR, "file_refused", sentence, reading.file, sheet)]
    return reading


class _Reader:
    """One file being read."""

    def __init__(
        self, book: Workbook, path: Path, programme: Programme, period: ReportingPeriod, expected, said, known: Known
    ):
        self.book, self.path, self.period, self.expected = book, path, period, expected
        self.units, self.naming, self.lines = known.units, known.naming(), known.lines
        self.led = known.led()
        self.origins = Origins(book, programme=programme, period=period, units=self.units, expected=expected, said=said)
        self.readings: dict[int, Reading] = {}
        self.said: list[Issue] = []
        self.left_out: dict[str, int] = {}
        self.corrections: Remembered = said
        self.tables: list[UnderstoodTable] = []
        self.parts = PartReading(period, file=book.file_name, naming=self.naming, units=self.units)

    def read(self) -> list[Reading]:
        """Read all sheets. Raises WorkbookRefused for a file that is as a whole not what was asked for."""
        tables = self._without_examples([(one, block) for one in self.book.sheets for block in self._blocks(one)])
        if not tables:
            raise WorkbookRefused("没有找到表头：应有指标（或项目）名称和累计完成数各一列，或者各县区为行、指标为列。")
        refusals = []
        is_any = False
        # All of them first: a sheet that names nobody is whose the others are.
        for sheet, block, origin in [(sheet, block, self.origins.of(sheet, block)) for sheet, block in tables]:
            if origin.refusal:
                refusals.append((sheet, origin.refusal))
                if origin.asked:
                    self.tables.append(table_of(block, self.origins.likely_owner(origin)))
                    self.tables[-1].add_units(origin.asked)
                continue
            is_any = self._read(block, origin) or is_any
        if refusals and not is_any:
            raise WorkbookRefused(refusals[0][1])
        for sheet, sentence in refusals:
            self.said.append(
                Issue(WARNING, "sheet_left_out", f"{sentence}这张表没有读。", self.book.file_name, sheet.name)
            )
        return self._finished()

    def _blocks(self, sheet: Sheet) -> list[Block]:
        if self.origins.is_identity(sheet):
            return []
        blocks = [block for block in blocks_of(sheet, self._is_label) if block.rows]
        if sheet.is_hidden and blocks:
            self.said.append(
                Issue(NOTE, "hidden_sheet", "这张工作表是隐藏的，没有读。", self.book.file_name, sheet.name)
            )
            return []
        return blocks

    def _without_examples(self, tables: list[tuple[Sheet, Block]]) -> list[tuple[Sheet, Block]]:
        """Leave out, and say, the sheets that only show how a return is filled in; where there are others."""
        examples = {sheet.name for sheet, _block in tables if EXAMPLE.search(sheet.name)}
        if len(examples) == len({sheet.name for sheet, _block in tables}):
            return tables
        for name in sorted(examples):
            words = "这张工作表是填写说明或样例，没有读。"
            self.said.append(Issue(NOTE, "sheet_left_out", words, self.book.file_name, name))
        return [(sheet, block) for sheet, block in tables if sheet.name not in examples]

    def _is_name(self, text: str) -> bool:
        return self.naming.knows(text) or self.units.named(text) is not None

    def _is_label(self, text: str) -> bool:
        return self._is_name(text) or self.parts.is_word(text)

    def _read(self, block: Block, origin: SheetOrigin) -> bool:
        """Read one table; tell whether it holds something that could be read."""
        is_month = self.period.kind == ReportingPeriod.Kind.MONTH
        month = self.period.ends_on.month if is_month else None
        of_whom = self.origins.likely_owner(origin)
        self.naming.corrections = said = self.corrections.of(of_whom)
        self.units.begin(said.units)
        columns = self.parts.columns(block, said, month=month, is_name=self._is_name)
        roles = roles_of(
            block,
            month=month,
            year=self.period.ends_on.year,
            is_name=self._is_name,
            is_item=self.naming.is_item,
            corrections=said,
            elsewhere={column: reader.word(mark) for column, (reader, mark) in columns.items()},
        )
        table = understood(block, roles, of_whom, said, month)
        self.tables.append(table)
        table.add_units(origin.asked)
        has_figures = any(group.value is not None for group in roles.groups)
        has_parts, said_of_parts = self._read_parts(block, roles, columns, origin, is_apart=not has_figures)
        self._say_columns(block, roles, is_other_parts=has_parts and not has_figures)
        is_any = self._read_figures(block, roles, table, origin) if has_figures else False
        answered = {key: one for key, one in origin.asked.items() if one.is_corrected}
        table.add_units(answered | self.units.asked)
        # A row nobody can place is said once, though figures and other parts stand in it.
        places = {(issue.code, issue.sheet, issue.cell) for issue in self.said}
        self.said += [issue for issue in said_of_parts if (issue.code, issue.sheet, issue.cell) not in places]
        return is_any or has_parts

    def _say_columns(self, block: Block, roles: Roles, *, is_other_parts: bool) -> None:
        """Say what is odd about the columns; a table of another part alone has no figures to miss."""
        for one in roles.findings:
            severity = one.severity
            if is_other_parts and one.code in WHOLE_TABLE:
                has_numbers = any(block.sheet.cell(row, one.column).kind == "number" for row in block.rows)
                if one.code == "no_value_column" or not has_numbers:
                    continue
                severity = WARNING
            cell = block.label_cell(one.column)
            self.said.append(
                Issue(severity, one.code, one.message, self.book.file_name, block.sheet.name, cell.address)
            )

    def _read_parts(
        self, block: Block, roles: Roles, columns: dict, origin: SheetOrigin, *, is_apart: bool
    ) -> tuple[bool, list[Issue]]:
        """Give the columns of other parts to them; tell whether there was something to read, and what to say."""
        if not columns:
            return False, []

        def is_wanted(unit: Participant, sub_project: SubProject) -> bool:
            if self.led is not None and not self.led.takes(unit, sub_project, is_filled=is_apart):
                return False
            if self.expected is None or unit == self.expected:
                return True
            if is_apart:
                self.left_out[unit.printed_name] = self.left_out.get(unit.printed_name, 0) + 1
            return False

        return self.parts.read(
            block, roles, columns, is_apart=is_apart, owner=lambda: self._owner(origin), wanted=is_wanted
        )

    def _read_figures(self, block: Block, roles: Roles, table: UnderstoodTable, origin: SheetOrigin) -> bool:
        """Read a table's figures; tell whether there are any, or something was said of them."""
        rows = rows_of(block, roles, self.naming, self.units)
        table.add_rows(rows.asked, len(rows.entries))
        self.said += [
            Issue(one.severity, one.code, one.message, self.book.file_name, block.sheet.name, one.cell.address)
            for one in rows.said
        ]
        self._say_hidden_columns(block, roles)
        owner = None
        if any(entry.participant is None for entry in rows.entries):
            owner = self._owner(origin)
        judges: dict[int, Judge] = {}
        if self.expected is None:
            self.lines.load({(entry.participant or owner).pk for entry in rows.entries})
        for entry in rows.entries:
            unit = entry.participant or owner
            if self.led is not None:
                is_filled = not block.sheet.cell(entry.row, entry.group.value).is_blank
                if not self.led.takes(unit, entry.item.indicator.sub_project, is_filled=is_filled):
                    continue
            if self.expected is not None and unit != self.expected:
                self.left_out[unit.printed_name] = self.left_out.get(unit.printed_name, 0) + 1
                continue
            if unit.pk not in judges:
                reading = self._reading(unit)
                judges[unit.pk] = Judge(reading, block, roles, self.lines[unit.pk], sheet_unit_of(block))
            judges[unit.pk].judge(entry)
        self.said += check_sums(block, rows, self.book.file_name)
        self.said += stray_columns(block, rows, self.book.file_name)
        return bool(rows.entries) or bool(rows.said)

    def _owner(self, origin: SheetOrigin) -> Participant:
        """Return whose the rows are that name nobody. Raises WorkbookRefused where nobody can tell."""
        owner = self.origins.owner(origin)
        if self.led is not None and owner.kind != Participant.Kind.WHOLE:
            self.led.owners.add(owner.pk)
        return owner

    def _say_hidden_columns(self, block: Block, roles: Roles) -> None:
        for group in roles.groups:
            if group.value in block.sheet.hidden_columns:
                cell = block.label_cell(group.value)
                words = f"“{cell.text.strip()}”这一列是隐藏的，也读了，请核对。"
                self.said.append(
                    Issue(NOTE, "hidden_column", words, self.book.file_name, block.sheet.name, cell.address)
                )

    def _reading(self, unit: Participant) -> Reading:
        if unit.pk not in self.readings:
            self.readings[unit.pk] = self.blank_reading(unit)
        return self.readings[unit.pk]

    def blank_reading(self, unit: Participant | None) -> Reading:
        """Return a reading without figures."""
        return Reading(file=self.book.file_name, path=self.path, sha256=self.book.sha256, participant=unit)

    def _finished(self) -> list[Reading]:
        """Return the readings in official order; what concerns the file stands on the first one."""
        if self.left_out:
            names = "、".join(list(self.left_out)[:5]) + ("等" if len(self.left_out) > 5 else "")
            words = f"表中{names}的{sum(self.left_out.values())}个数不是{self.expected.printed_name}的，没有读。"
            self.said.append(Issue(NOTE, "other_participant", words, self.book.file_name))
        if self.led is not None:
            self.said += [Issue(NOTE, code, words, self.book.file_name) for code, words in self.led.sentences]
        self._finish_parts()
        readings = sorted(
            self.readings.values(), key=lambda reading: (reading.participant.order, reading.participant.pk)
        )
        errors = [issue for issue in self.said if issue.severity == ERROR]
        if not readings:
            if self.left_out:
                names = "、".join(self.left_out)
                raise WorkbookRefused(f"这是{names}的表，不是{self.expected.printed_name}的。")
            if self.led is not None and self.led.sentences and not errors:
                raise WorkbookRefused("".join(words for _code, words in self.led.sentences))
            owner = self.expected or self.origins.any_owner
            if errors and owner is not None and not any(one.code in WHOLE_TABLE for one in errors):
                readings = [self.blank_reading(owner)]
            elif errors:
                reading = _refused(self.blank_reading(owner), errors[0].message, errors[0].sheet)
                reading.issues = errors
                return [reading]
            else:
                unplaced = [issue.message for issue in self.said if issue.code == "part_unplaced"]
                raise WorkbookRefused(unplaced[0] if unplaced else "表里一行指标都没有。")
        for reading in readings:
            reading.is_own = self.led is not None and reading.participant.pk in self.led.owners
        readings[0].issues = [*self._unnamed(), *self.said, *readings[0].issues]
        if not any(reading.says_anything for reading in readings):
            raise WorkbookRefused("表里一行指标都没有。")
        return readings

    def _finish_parts(self) -> None:
        """Put what the other parts read on the readings of the participants."""
        self.parts.finish()
        by_pk = {participant.pk: participant for participant in self.units.participants}
        for reader in self.parts.readers:
            for pk, cells in reader.cells.items():
                self._reading(by_pk[pk]).parts += cells
            for pk, issues in reader.issues.items():
                if pk is None:
                    self.said += issues
                else:
                    self._reading(by_pk[pk]).issues += issues

    def _unnamed(self) -> list[Issue]:
        taken = self.origins.taken_as_asked.items()
        return [Issue(WARNING, "not_named", words, self.book.file_name, sheet) for words, sheet in taken]


#: Sheets that show how to fill in others, by their names.
EXAMPLE = re.compile(r"样例|示例|范例|举例|填[写表报]?说明")
#: What is wrong with the columns leaves nothing of the table to read.
WHOLE_TABLE = {"ambiguous_column", "only_increment", "no_value_column"}
