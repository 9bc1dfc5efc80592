"""Reads a return: cells to figures with issues; nothing is written and nothing derived is trusted (R17)."""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from projects.excel.columns import plain
from projects.excel.lines import Line, decimal_text, lines_of
from projects.excel.recognise import find_table, recognise
from projects.excel.tables import Table, whole_number
from projects.excel.template import target_text
from projects.excel.workbook import Cell, Workbook, WorkbookRefused, open_workbook
from projects.models import Figure, Indicator, Participant, Programme, ReportingPeriod
from projects.values import ValueRefused, parse_number

ERROR, WARNING, NOTE = "error", "warning", "note"
PERCENT = ("%", "％")
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


@dataclass(frozen=True)
class ReadFigure:
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
        if self.state == Figure.State.NO_TASK and self.line.current is None:
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

    @property
    def errors(self) -> list[Issue]:
        """Return the issues that block the commit."""
        return [issue for issue in self.issues if issue.severity == ERROR]


def read_return(
    path: Path,
    *,
    file_name: str,
    programme: Programme,
    period: ReportingPeriod,
    participant: Participant | None = None,
) -> Reading:
    """Read one file as the return of `participant` (or of whom it names) for `period`; about six queries.

    Never raises for what is wrong with the file: that is `refusal` or `issues`.
    """
    reading = Reading(file=file_name, path=Path(path))
    try:
        book = open_workbook(path, file_name=file_name)
        reading.sha256 = book.sha256
        table = find_table(book)
        reading.participant = _recognised(reading, book, table, programme, period, participant)
    except WorkbookRefused as refused:
        reading.refusal = str(refused)
        reading.issues = [Issue(ERROR, "file_refused", str(refused), file_name)]
        return reading
    _Matcher(reading, table, lines_of(period, [reading.participant])[reading.participant.pk]).match()
    if not reading.figures and not reading.errors:
        reading.refusal = "表里一行指标都没有。"
        reading.issues.append(Issue(ERROR, "file_refused", reading.refusal, file_name, table.sheet.name))
    return reading


def _recognised(
    reading: Reading,
    book: Workbook,
    table: Table,
    programme: Programme,
    period: ReportingPeriod,
    expected: Participant | None,
) -> Participant:
    participants = list(Participant.objects.filter(programme=programme))
    found, taken_as_asked = recognise(
        book, table, programme=programme, period=period, participants=participants, expected=expected
    )
    reading.issues += [Issue(WARNING, "not_named", words, reading.file) for words in taken_as_asked]
    return found


class _Matcher:
    """Goes through a table's rows and puts figures and issues on the reading."""

    def __init__(self, reading: Reading, table: Table, lines: list[Line]):
        self.reading = reading
        self.table = table
        self.lines = {(line.key[0], plain(line.key[1]), plain(line.key[2])): line for line in lines}
        self.names = {line.key[0]: line.indicator.sub_project.project.name for line in lines}
        self.seen: dict[tuple, str] = {}

    def match(self) -> None:
        """Match all rows under the head; merged 序号, 项目 and 子项 cells hold for the rows below them."""
        above: tuple[Cell, str] | None = None
        for row in self.table.rows:
            seq, sub_item = self.table.cell(row, "seq"), self.table.cell(row, "sub_item")
            name, value = self.table.cell(row, "indicator"), self.table.cell(row, "value")
            if name.is_blank:
                if not value.is_blank:
                    self._issue(ERROR, "no_indicator", value, f"这一行有数（{_shown(value)}）但没有指标名称。")
                continue
            if seq.is_blank and above is not None:
                seq, sub_text = above[0], sub_item.text or above[1]
            else:
                sub_text = sub_item.text
            above = (seq, sub_text)
            line = self._line(row, seq, sub_text, name)
            if line is not None:
                self._read(row, line, value)

    def _line(self, row: int, seq: Cell, sub_text: str, name: Cell) -> Line | None:
        """Return the line a row is about; an issue and None where there is none, or it stood before."""
        number = whole_number(seq)
        if number is None:
            self._issue(ERROR, "bad_seq", seq if not seq.is_blank else name, f"序号“{_shown(seq)}”不是整数。")
            return None
        key = (number, plain(sub_text), plain(name.text))
        line = self.lines.get(key)
        if line is None:
            self._issue(ERROR, "unknown_indicator", name, self._unknown(number, sub_text, name.text))
            return None
        project = self.table.cell(row, "project")
        if project.kind == "text" and plain(project.text) not in ("", plain(self.names[number])):
            words = f"第{number}项是“{self.names[number]}”，表中写的是“{project.text.strip()}”，行可能错位了。"
            self._issue(ERROR, "wrong_project", project, words)
            return None
        if key in self.seen:
            words = f"第{number}项“{name.text.strip()}”在{self.seen[key]}已经有一行，不能重复。"
            self._issue(ERROR, "duplicate_row", name, words)
            return None
        self.seen[key] = name.address
        return line

    def _unknown(self, number: int, sub_text: str, name: str) -> str:
        if number not in self.names:
            return f"没有第{number}项，“{name.strip()}”这一行对不上。"
        sub = f"子项“{sub_text.strip()}”" if sub_text.strip() else ""
        return f"第{number}项“{self.names[number]}”{sub}里没有指标“{name.strip()}”。"

    def _read(self, row: int, line: Line, value: Cell) -> None:
        unit, remark = self.table.cell(row, "unit"), self.table.cell(row, "remark")
        if not unit.is_blank and plain(unit.text) != plain(line.indicator.unit):
            words = f"“{line.indicator.name}”的单位是“{line.indicator.unit}”，表中写的是“{unit.text.strip()}”。"
            self._issue(ERROR, "wrong_unit", unit, words)
            return
        try:
            state, number, text = _value(line, value)
        except ValueRefused as refused:
            self._issue(ERROR, "bad_value", value, f"“{line.indicator.name}”：{refused}")
            return
        claims = state == Figure.State.NO_TASK and not line.has_no_task
        if claims:
            shown = target_text(line)
            task = f"有任务（{shown}）" if shown else "没有写无任务"
            words = f"“{line.indicator.name}”填了“{value.text.strip()}”，但目标{task}，按未填处理。"
            self._issue(WARNING, "no_task_claimed", value, words)
            state = Figure.State.BLANK
        elif state == Figure.State.BLANK and line.has_no_task:
            state = Figure.State.NO_TASK
        self.reading.figures.append(
            ReadFigure(
                line=line,
                state=str(state),
                value=number,
                text=text,
                remark=None if "remark" not in self.table.columns else remark.text.strip(),
                sheet=self.table.sheet.name[:SHEET_LENGTH],
                cell=value.address,
                claims_no_task=claims,
            )
        )
        self._compare(row, line, state)

    def _compare(self, row: int, line: Line, state: str) -> None:
        """Say where given columns differ from what the product knows; neither is taken over (R17)."""
        figure = line.current
        if state == Figure.State.BLANK and figure is not None and figure.state in ("reported", "text"):
            words = f"“{line.indicator.name}”原有{decimal_text(figure.value) or figure.text}，表中空白，导入后清空。"
            self._issue(WARNING, "cleared", self.table.cell(row, "value"), words)
        known = {"target": target_text(line), "previous": decimal_text(line.previous.value) if line.previous else ""}
        labels = {"target": "年度目标", "previous": "上月累计"}
        for key, ours in known.items():
            cell = self.table.cell(row, key)
            if not cell.is_blank and ours and plain(_shown(cell)).rstrip("%").replace(",", "") != plain(ours):
                words = f"“{line.indicator.name}”的{labels[key]}系统里是{ours}，表中是{_shown(cell)}，以系统为准。"
                self._issue(WARNING if key == "target" else NOTE, f"{key}_differs", cell, words)

    def _issue(self, severity: str, code: str, cell: Cell, message: str) -> None:
        self.reading.issues.append(
            Issue(severity, code, message, self.reading.file, self.table.sheet.name, cell.address)
        )


def _value(line: Line, cell: Cell) -> tuple[str, Decimal | None, str]:
    """Return state, value and text of a cell. Raises ValueRefused with the end of a sentence."""
    indicator = line.indicator
    if cell.kind == "error":
        raise ValueRefused(f"错误值{cell.text}，请改正公式或直接填数。")
    if cell.kind == "unknown":
        raise ValueRefused("公式没有计算结果，请在WPS或Excel里打开、保存后再上传。")
    if cell.kind in ("date", "bool"):
        raise ValueRefused(f"“{cell.text}”不是数字；请把单元格格式改成数值再填。")
    text = cell.text
    if cell.is_percent:
        if indicator.unit not in PERCENT:
            shown = decimal_text(Decimal(text) * 100)
            raise ValueRefused(f"写成了百分数{shown}%，这个指标的单位是{indicator.unit}。")
        text = decimal_text(Decimal(text) * 100)
    if indicator.kind == Indicator.Kind.TEXT and not cell.is_blank and not line.has_no_task:
        return Figure.State.TEXT, None, text.strip()
    try:
        parsed = parse_number(
            text, decimals=indicator.decimals, allow_negative=line.allows_negative, unit=indicator.unit
        )
    except ValueRefused:
        if line.is_text and cell.kind == "text":
            return Figure.State.TEXT, None, text.strip()
        raise
    return parsed.state, parsed.value, ""


def _shown(cell: Cell) -> str:
    """Return a cell as a message quotes it: short."""
    text = cell.text.strip()
    if cell.is_percent:
        text = f"{decimal_text(Decimal(text) * 100)}%"
    return text if len(text) <= 30 else f"{text[:30]}…"
