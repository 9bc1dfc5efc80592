"""The other parts of a report in one file: their readers, the tables they are given, and what they leave."""

from collections.abc import Callable

from projects import parts
from projects.excel.blocks import Block
from projects.excel.corrections import Corrections
from projects.excel.naming import Naming
from projects.excel.part_tables import PartReader, PartTable, PartWalk, Places
from projects.excel.readings import ERROR, Issue
from projects.excel.roles import TARGET_TEXT, Roles
from projects.excel.unit_names import Units
from projects.models import Participant, ReportingPeriod, SubProject


def part_meanings() -> dict[str, str]:
    """Return what somebody can say a column is, of all parts: code → word."""
    # The words are those of any period.
    readers = (part.import_reader(None, file="") for part in parts.registered())
    return {code: word for reader in readers if reader is not None for code, word in reader.meanings.items()}


class PartReading:
    """What the registered parts read of one file. No query before a column of theirs is met."""

    def __init__(self, period: ReportingPeriod, *, file: str, naming: Naming, units: Units):
        self.period, self.file, self.naming, self.units = period, file, naming, units
        found = [part.import_reader(period, file=file) for part in parts.registered()]
        self.readers: list[PartReader] = [reader for reader in found if reader is not None]
        self._places: Places | None = None

    def is_word(self, text: str) -> bool:
        """Tell whether a label of a part's heads stands alone."""
        return any(reader.is_word(text) for reader in self.readers)

    def columns(
        self, block: Block, corrections: Corrections, *, month: int | None, is_name
    ) -> dict[int, tuple[PartReader, object]]:
        """Return the table's columns that are a part's; what somebody corrected goes before."""
        said = corrections.part_meanings(block.labels, month)
        corrected = {*corrections.meanings(block.labels, month), *said}
        found = {
            column: (reader, mark)
            for reader in self.readers
            for column, mark in reader.marks(block, month=month, is_name=is_name).items()
            if column not in corrected
        }
        for column, meaning in said.items():
            if reader := next((one for one in self.readers if meaning in one.meanings), None):
                found[column] = reader, reader.said_mark(block, column, meaning, is_name=is_name)
        return found

    def read(
        self,
        block: Block,
        roles: Roles,
        columns: dict[int, tuple[PartReader, object]],
        *,
        is_apart: bool,
        owner: Callable[[], Participant],
        wanted: Callable[[Participant, SubProject], bool],
    ) -> tuple[bool, list[Issue]]:
        """Give the table to the parts whose columns it has; tell whether it has rows of theirs, and what to say.

        `owner`: asked for whose the rows are that name nobody; `wanted`: whether a participant's rows about a
        sub-project count.
        """
        if not (roles.is_matrix or roles.names_rows or TARGET_TEXT in roles.naming):
            return False, []
        is_any, said = False, []
        for reader in self.readers:
            marks = {column: mark for column, (one, mark) in columns.items() if one is reader}
            if not marks:
                continue
            table = PartTable(block, roles, marks, is_apart)
            if not reader.amounts(marks):
                # Its columns may still be spoken of.
                reader.take(table)
                continue
            if self._places is None:
                self._places = Places(self.period.programme_id, self.naming)
            found = PartWalk(table, reader, self.naming, self.units, self._places).go()
            table.is_whole = not any(one.severity == ERROR for one in found)
            for one in found:
                said.append(Issue(one.severity, one.code, one.message, self.file, block.sheet.name, one.cell.address))
            table.settle_owners(owner, wanted)
            is_any = is_any or bool(table.rows)
            reader.take(table)
        return is_any or bool(said), said

    def finish(self) -> None:
        """Have the parts judge what they were given."""
        for reader in self.readers:
            reader.finish()
