"""What reading a file leaves: figures with their places, and issues."""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from projects.excel.lines import Line
from projects.excel.understood import UnderstoodTable
from projects.models import Figure, Participant
from projects.parts import PartCell

ERROR, WARNING, NOTE = "error", "warning", "note"
NO_TASK = Figure.State.NO_TASK
#: Lengths of the columns that keep a figure's origin.
SHEET_LENGTH = Figure._meta.get_field("sheet").max_length


@dataclass(frozen=True)
class Issue:
    """Something about a file: error (blocks the commit), warning or note, with its place."""

    severity: str
    code: str
    message: str
    file: str = ""
    sheet: str = ""
    cell: str = ""

    @property
    def sentence(self) -> str:
        """Return place and message in one line."""
        place = "!".join(part for part in [self.sheet, self.cell] if part)
        where = " ".join(part for part in [self.file, place] if part)
        return f"{where}：{self.message}" if where else self.message


class ReadFigure(NamedTuple):
    """One row met in the sheet. `state` as it will stand (R4: the target alone decides 无任务)."""

    line: Line
    state: str
    value: Decimal | None = None
    text: str = ""
    remark: str | None = None
    sheet: str = ""
    cell: str = ""
    claims_no_task: bool = False

    @property
    def old(self) -> tuple[str, Decimal | None, str]:
        """Return what is stored now: state, value, text."""
        figure = self.line.current
        return ("blank", None, "") if figure is None else (figure.state, figure.value, figure.text)

    @property
    def is_changed(self) -> bool:
        """Tell whether the sheet says something else than what is stored, the remark included."""
        if self.state == NO_TASK and self.line.current is None:
            # Without a task and without a figure there is nothing to store: the target says it already.
            return bool(self.remark)
        stored = self.line.current.remark if self.line.current else ""
        same_remark = self.remark is None or self.remark == stored
        return (self.state, self.value, self.text) != self.old or not same_remark


@dataclass
class Reading:
    """What one file says; `refusal` where it is not taken at all, and then no figures."""

    file: str
    path: Path
    sha256: str = ""
    participant: Participant | None = None
    figures: list[ReadFigure] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    refusal: str = ""
    #: Indicators that stood twice with different figures: neither is taken.
    disputed: set[tuple] = field(default_factory=set)
    #: What the other parts of the report read, part by part.
    parts: list[PartCell] = field(default_factory=list)
    #: What the file's tables were taken for; on the first reading of a file only.
    tables: list[UnderstoodTable] = field(default_factory=list)
    _by_key: dict[tuple, ReadFigure] = field(default_factory=dict, init=False, repr=False)

    def add(self, figure: ReadFigure) -> None:
        """Take a figure in."""
        self.figures.append(figure)
        self._by_key[figure.line.key] = figure

    def take_out(self, figure: ReadFigure) -> None:
        """Leave a figure out after all."""
        self.figures = [one for one in self.figures if one is not figure]
        self._by_key.pop(figure.line.key, None)

    def met(self, key: tuple) -> ReadFigure | None:
        """Return the figure of an indicator, by its natural key."""
        return self._by_key.get(key)

    #: Read of a sheet that is the participant's own, where lead agencies report.
    is_own: bool = False

    @property
    def errors(self) -> list[Issue]:
        """Return the issues that block the commit."""
        return [issue for issue in self.issues if issue.severity == ERROR]

    @property
    def covered(self) -> set[str]:
        """Return the parts of the report it speaks of; "" for the figures."""
        return {cell.part for cell in self.parts} | ({""} if self.figures or not self.parts else set())

    @property
    def is_changing(self) -> bool:
        """Tell whether the file says anything else than what is stored."""
        return any(one.is_changed for one in (*self.figures, *self.parts))

    @property
    def says_anything(self) -> bool:
        """Tell whether anything was met, or refused."""
        return bool(self.figures or self.parts or self.errors)
