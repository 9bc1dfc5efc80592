"""Reads a return: any sheet of figures, of one county or of many; nothing is written, nothing derived is trusted (R17).

Cells (`workbook`) → tables (`blocks`) → what their columns hold (`roles`) → what their rows are about (`rows`,
`naming`) → figures and what is odd about them (`judging`, `sums`). Whose sheet it is and of which month: `origin`.
"""

from pathlib import Path

from projects.excel.blocks import Block, blocks_of
from projects.excel.judging import Judge
from projects.excel.lines import lines_of
from projects.excel.naming import Item, Naming, Units
from projects.excel.origin import Origins, SheetOrigin
from projects.excel.readings import ERROR, NOTE, WARNING, Issue, ReadFigure, Reading
from projects.excel.roles import Roles, roles_of
from projects.excel.rows import rows_of
from projects.excel.sums import check_sums
from projects.excel.titles import sheet_unit_of
from projects.excel.workbook import Sheet, Workbook, WorkbookRefused, open_workbook
from projects.models import Indicator, Participant, Programme, Project, ReportingPeriod

__all__ = ["ERROR", "NOTE", "WARNING", "Issue", "ReadFigure", "Reading", "read_returns"]


def read_returns(
    path: Path,
    *,
    file_name: str,
    programme: Programme,
    period: ReportingPeriod,
    participant: Participant | None = None,
) -> list[Reading]:
    """Read one file for `period`: one reading per participant it has figures of, at least one.

    `participant`: whose figures are asked for; those of others are left out and said. Never raises for what is
    wrong with the file: that is `refusal` (then there is one reading, without figures) or `issues`. About eight
    queries, whatever the file holds.
    """
    try:
        book = open_workbook(path, file_name=file_name)
    except WorkbookRefused as refused:
        return [_refused(Reading(file=file_name, path=Path(path)), str(refused))]
    reader = _Reader(book, Path(path), programme, period, participant)
    try:
        return reader.read()
    except WorkbookRefused as refused:
        return [_refused(reader.blank_reading(participant), str(refused))]


def _refused(reading: Reading, sentence: str, sheet: str = "") -> Reading:
    reading.refusal, reading.figures = sentence, []
    reading.issues = [Issue(ERROR, "file_refused", sentence, reading.file, sheet)]
    return reading


class _Reader:
    """One file being read."""

    def __init__(self, book: Workbook, path: Path, programme: Programme, period: ReportingPeriod, expected):
        self.book, self.path, self.period, self.expected = book, path, period, expected
        participants = list(Participant.objects.filter(programme=programme).order_by("order", "id"))
        self.units = Units(participants)
        self.naming = _naming(programme)
        self.lines = {pk: {line.key: line for line in lines} for pk, lines in lines_of(period, participants).items()}
        self.origins = Origins(book, programme=programme, period=period, units=self.units, expected=expected)
        self.readings: dict[int, Reading] = {}
        self.said: list[Issue] = []
        self.left_out: dict[str, int] = {}

    def read(self) -> list[Reading]:
        """Read all sheets. Raises WorkbookRefused for a file that is as a whole not what was asked for."""
        tables = [(sheet, block) for sheet in self.book.sheets for block in self._blocks(sheet)]
        if not tables:
            raise WorkbookRefused("没有找到表头：应有指标（或项目）名称和累计完成数各一列，或者各县区为行、指标为列。")
        refusals = []
        is_any = False
        for sheet, block in tables:
            origin = self.origins.of(sheet, block)
            if origin.refusal:
                refusals.append((sheet, origin.refusal))
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
        blocks = [block for block in blocks_of(sheet, self._is_name) if block.rows]
        if sheet.is_hidden and blocks:
            self.said.append(
                Issue(NOTE, "hidden_sheet", "这张工作表是隐藏的，没有读。", self.book.file_name, sheet.name)
            )
            return []
        return blocks

    def _is_name(self, text: str) -> bool:
        return self.naming.knows(text) or self.units.named(text) is not None

    def _read(self, block: Block, origin: SheetOrigin) -> bool:
        """Read one table; tell whether it holds something that could be read."""
        is_month = self.period.kind == ReportingPeriod.Kind.MONTH
        month = self.period.ends_on.month if is_month else None
        roles = roles_of(block, month=month, is_name=self._is_name, is_item=self.naming.is_item)
        issues = [
            Issue(one.severity, one.code, one.message, self.book.file_name, block.sheet.name, cell.address)
            for one in roles.findings
            for cell in [block.label_cell(one.column)]
        ]
        if not any(group.value is not None for group in roles.groups):
            if issues:
                self.said += issues
            return False
        rows = rows_of(block, roles, self.naming, self.units)
        self.said += issues
        self.said += [
            Issue(one.severity, one.code, one.message, self.book.file_name, block.sheet.name, one.cell.address)
            for one in rows.said
        ]
        self._say_hidden_columns(block, roles)
        owner = None
        if any(entry.participant is None for entry in rows.entries):
            owner = self.origins.owner(origin)
        judges: dict[int, Judge] = {}
        for entry in rows.entries:
            unit = entry.participant or owner
            if self.expected is not None and unit != self.expected:
                self.left_out[unit.printed_name] = self.left_out.get(unit.printed_name, 0) + 1
                continue
            if unit.pk not in judges:
                reading = self._reading(unit)
                judges[unit.pk] = Judge(reading, block, roles, self.lines[unit.pk], sheet_unit_of(block))
            judges[unit.pk].judge(entry)
        self.said += check_sums(block, rows, self.book.file_name)
        return bool(rows.entries) or bool(rows.said)

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
        readings = sorted(
            self.readings.values(), key=lambda reading: (reading.participant.order, reading.participant.pk)
        )
        errors = [issue for issue in self.said if issue.severity == ERROR]
        if not readings:
            if self.left_out:
                names = "、".join(self.left_out)
                raise WorkbookRefused(f"这是{names}的表，不是{self.expected.printed_name}的。")
            owner = self.expected or self.origins.any_owner
            if errors and owner is not None and not any(one.code in WHOLE_TABLE for one in errors):
                readings = [self.blank_reading(owner)]
            elif errors:
                reading = _refused(self.blank_reading(owner), errors[0].message, errors[0].sheet)
                reading.issues = errors
                return [reading]
            else:
                raise WorkbookRefused("表里一行指标都没有。")
        readings[0].issues = [*self._unnamed(), *self.said, *readings[0].issues]
        if not any(reading.figures or reading.errors for reading in readings):
            raise WorkbookRefused("表里一行指标都没有。")
        return readings

    def _unnamed(self) -> list[Issue]:
        return [Issue(WARNING, "not_named", words, self.book.file_name) for words in self.origins.taken_as_asked]


#: What is wrong with the columns leaves nothing of the table to read.
WHOLE_TABLE = {"ambiguous_column", "only_increment", "no_value_column"}


def _naming(programme: Programme) -> Naming:
    indicators = Indicator.objects.of_programme(programme)
    items = [
        Item(row, row.sub_project.project.seq, row.sub_project.project.name, row.sub_project.name, row.name)
        for row in indicators
    ]
    return Naming(items, dict(Project.objects.filter(programme=programme).values_list("seq", "name")))
