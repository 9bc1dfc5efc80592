"""Reads the columns of money in a return: gathers the amounts of all its tables, and has them judged at the end."""

import re
from collections import defaultdict

from funding.amounts import UNITS
from funding.excel import heads
from funding.excel.cells import CellRefused, Said, said_of, unit_above
from funding.excel.heads import Head, heads_of, is_source, kind_in, said_head, source_in, word_of
from funding.excel.judging import FundJudge
from funding.excel.known import Known, stamp_of
from funding.excel.met import Met, subject_of
from funding.excel.printed import check_rates, check_sums
from funding.labels import STAGES
from funding.models import FundFigure
from funding.sources import find_source
from projects.excel import headings as kinds
from projects.excel.blocks import Block
from projects.excel.columns import plain
from projects.excel.part_tables import PartReader, PartRow, PartTable
from projects.excel.readings import ERROR, NOTE, SHEET_LENGTH, WARNING, Issue
from projects.excel.workbook import Cell
from projects.models import ReportingPeriod

_NUMERIC = re.compile(r"[+-]?[\d,]*\.?\d+(?:亿|万)?元?$")
REMARK_LENGTH = FundFigure._meta.get_field("remark").max_length


class FundReader(PartReader):
    """The money of one file."""

    meanings = {f"funds.{stage}": f"资金：{label}" for stage, label in STAGES.items()}

    def __init__(self, period: ReportingPeriod | None, *, file: str):
        super().__init__("funds")
        self.period, self.file = period, file
        self.met: list[Met] = []
        self.known: Known | None = None
        self.tables = 0
        #: (participant, sub-project, kind, source, stage) whose cell could not be read: not to be taken for blank.
        self.refused: set[tuple] = set()

    def stamp(self) -> str:
        """Return a text that changes with lines, plans and amounts. Five queries."""
        return stamp_of(self.period)

    def is_word(self, text: str) -> bool:
        """Tell whether a label is a source standing alone under a stage."""
        return is_source(text)

    def marks(self, block: Block, *, month: int | None, is_name) -> dict[int, Head]:
        """Return what the columns of money mean."""
        return heads_of(block, year=self.period.ends_on.year, month=month, is_name=is_name)

    def said_mark(self, block: Block, column: int, meaning: str, *, is_name) -> Head:
        """Return a column of amounts of the stage that was said."""
        labels = [plain(label) for label in block.labels[column] if not is_name(label)]
        return said_head(labels, meaning.partition(".")[2])

    def word(self, mark: Head) -> str:
        """Return what a column was taken for."""
        return word_of(mark)

    def amounts(self, marks: dict[int, Head]) -> list[int]:
        """Return the columns of amounts and rates."""
        return sorted(column for column, head in marks.items() if head.role in (heads.AMOUNT, heads.RATE))

    def names_row(self, marks: dict[int, Head], block: Block, row: int) -> bool:
        """Tell whether a row says its source or kind."""
        columns = [column for column, head in marks.items() if head.role in (heads.SOURCE, heads.KIND)]
        return any(not block.sheet.cell(row, column).is_blank for column in columns)

    def take(self, table: PartTable) -> None:
        """Gather a table's amounts; compare the rates and sums it prints."""
        self.tables += 1
        if self.known is None and any(row.sub_project for row in table.rows):
            self.known = Known(self.period)
        self._say_columns(table)
        refused_before = len(self.refused)
        met = self._gather(table)
        self.met += met
        if self.known is not None:
            found = check_rates(table, met, self.known)
            # A sum of which a part could not be read says nothing.
            if table.is_whole and len(self.refused) == refused_before:
                found += check_sums(table, met)
            for participant, severity, code, cell, words in found:
                self._say(participant, severity, code, table.block.sheet.name, cell, words)

    def finish(self) -> None:
        """Judge everything that was met."""
        if self.known is not None:
            FundJudge(self, self.known).judge()

    # Gathering.

    def _gather(self, table: PartTable) -> list[Met]:
        shared = self._shared(table)
        splits = any(head.kind for head in table.marks.values() if head.role == heads.AMOUNT) or any(
            self._row_kind(table, row.row) == "maintenance" for row in table.rows
        )
        above = unit_above([cell.text for cell in table.block.titles])
        found, without_unit = [], []
        for row in table.rows:
            if row.sub_project is None:
                continue
            columns = [column for column in row.columns if table.marks[column].role == heads.AMOUNT]
            in_row = []
            for column in columns:
                cell = table.cell(row.row, column)
                one = self._met(table, row, table.marks[column], cell, splits=splits)
                if table.area(cell) in shared:
                    self.refused.add(one.key)
                    continue
                one.unit = self._unit(table, row, table.marks[column], above)
                if self._read(one, without_unit):
                    in_row.append(one)
            self._give_remark(table, row, in_row)
            found += in_row
        if without_unit:
            one = without_unit[0]
            words = f"{one.name}等{len(without_unit)}个金额" if len(without_unit) > 1 else one.name
            self._say(
                one.participant.pk,
                ERROR,
                "no_unit",
                one.sheet,
                one.cell,
                f"{words}没有写是元、万元还是亿元，没有读；请在表头写明单位。",
            )
        return found

    def _met(self, table: PartTable, row: PartRow, head: Head, cell: Cell, *, splits: bool) -> Met:
        source = head.source
        written = self._row_text(table, row.row, heads.SOURCE) if source is None else ""
        if written:
            source = find_source(written) or source_in(plain(written)) or ""
        kind = head.kind or self._row_kind(table, row.row) or ("project" if splits else None)
        return Met(
            participant=row.participant,
            sub_project=row.sub_project,
            stage=head.stage,
            kind=kind,
            # The sum of all sources and no source at all are the same: the sheet does not split.
            source=None if source == "total" else source or None,
            cell=cell,
            sheet=table.block.sheet.name[:SHEET_LENGTH],
            table=self.tables,
            is_unsplit=source in (None, "total"),
            written=written,
        )

    def _read(self, one: Met, without_unit: list[Met]) -> bool:
        """Put what the cell says on it; tell whether it could be read."""
        try:
            said: Said = said_of(one.cell, one.unit)
        except CellRefused as refused:
            self.refused.add(one.key)
            if refused.code == "no_unit":
                without_unit.append(one)
            else:
                words = refused.words if refused.words[0] in "的是没写用" else f"：{refused.words}"
                self._say(one.participant.pk, ERROR, refused.code, one.sheet, one.cell, one.name + words)
            return False
        one.value, one.claims_none = said.value, said.claims_none
        if said.remark:
            self._say(one.participant.pk, WARNING, said.remark[0], one.sheet, one.cell, one.name + said.remark[1])
        return True

    def _give_remark(self, table: PartTable, row: PartRow, met: list[Met]) -> None:
        """Give the row's remark to one of its stages, 拨付 where it has it; beside figures it is the figures'."""
        stages = [one for one in met if one.stage != heads.PLANNED]
        if not table.is_apart or not stages:
            return
        remark = table.words(row.row, kinds.REMARK)
        if len(remark) > REMARK_LENGTH:
            words = f"{stages[0].subject}的备注最多{REMARK_LENGTH}字，现在有{len(remark)}字。"
            cell = table.cell(row.row, table.roles.naming[kinds.REMARK][0])
            self._say(row.participant.pk, ERROR, "bad_value", table.block.sheet.name, cell, words)
        elif remark:
            next((one for one in stages if one.stage == "disbursed"), stages[0]).remark = remark

    def _unit(self, table: PartTable, row: PartRow, head: Head, above: str) -> str:
        if head.unit:
            return head.unit
        said = plain(table.words(row.row, kinds.UNIT)) if table.is_apart else ""
        return said if said in UNITS else above

    def _row_kind(self, table: PartTable, row: int) -> str | None:
        written = self._row_text(table, row, heads.KIND)
        return kind_in(written) if written else None

    def _row_text(self, table: PartTable, row: int, role: str) -> str:
        """Return what the row's own column of sources or kinds says, also inside a merged area."""
        for column, head in table.marks.items():
            if head.role == role and not (cell := table.block.sheet.shown(row, column)).is_blank:
                return cell.text.strip()
        return ""

    def _shared(self, table: PartTable) -> set[tuple[int, int]]:
        """Return the merged areas that hold one amount for several items or columns: nobody knows whose it is."""
        belongs, first = defaultdict(set), {}
        for row in table.rows:
            if row.sub_project is None:
                continue
            for column in row.columns:
                head = table.marks[column]
                place = table.area(table.cell(row.row, column))
                if head.role == heads.AMOUNT and place is not None and not table.cell(*place).is_blank:
                    source = self._row_text(table, row.row, heads.SOURCE)
                    belongs[place].add((row.participant.pk, row.sub_project.pk, column, source))
                    first.setdefault(place, row)
        shared = {place for place, owners in belongs.items() if len(owners) > 1}
        for place in shared:
            cell, row = table.cell(*place), first[place]
            words = "的资金和别的行或列合并在一格，不知道怎么分，没有读；请拆开填。"
            self._say(
                row.participant.pk,
                ERROR,
                "merged_value",
                table.block.sheet.name,
                cell,
                subject_of(row.sub_project) + words,
            )
        return shared

    # What is said of columns.

    def _say_columns(self, table: PartTable) -> None:
        stages = {head.stage for head in table.marks.values() if head.role == heads.AMOUNT}
        for column, head in table.marks.items():
            cell = table.block.label_cell(column)
            if not any(_is_number(table.cell(row, column)) for row in table.block.rows):
                continue
            said = _about_column(head, stages, is_hidden=column in table.block.sheet.hidden_columns)
            if said:
                severity, code, words = said
                label = plain(cell.text)
                self._say(None, severity, code, table.block.sheet.name, cell, f"“{label}”这一列{words}")

    def _say(self, participant: int | None, severity: str, code: str, sheet: str, cell: Cell, words: str) -> None:
        issue = Issue(severity, code, words, self.file, sheet, cell.address)
        self.issues.setdefault(participant, []).append(issue)


def _is_number(cell: Cell) -> bool:
    """Tell whether a cell holds a number or looks like one; words about money are no amounts."""
    return cell.kind == "number" or (cell.kind == "text" and bool(_NUMERIC.match(plain(cell.text))))


def _about_column(head: Head, stages: set[str], *, is_hidden: bool) -> tuple[str, str, str] | None:
    """Return what is to be said of a column with something in it: severity, code, words."""
    if head.role == heads.UNCLEAR:
        return (
            WARNING,
            "fund_column",
            f"是资金，看不出是{'、'.join(STAGES.values())}里的哪一个、哪一级的钱或者什么单位，没有读。",
        )
    if head.role == heads.OTHER_MONTH and head.month:
        return NOTE, "other_period", f"是{head.month}月的，没有读。"
    if head.role == heads.INCREMENT and head.stage not in stages:
        return WARNING, "only_increment", "只是本月的资金，没有累计数；要报的是累计数，没有读。"
    if head.role == heads.AMOUNT and is_hidden:
        return NOTE, "hidden_column", "是隐藏的，也读了，请核对。"
    return None
