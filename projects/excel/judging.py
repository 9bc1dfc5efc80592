"""One row met becomes a figure, or a reason why not; what is printed beside it is only compared (R17)."""

from decimal import Decimal, InvalidOperation
from functools import lru_cache

from projects import checks
from projects.excel import headings as kinds
from projects.excel.amounts import PERCENT, AmountRefused, amount_of
from projects.excel.blocks import Block
from projects.excel.columns import plain
from projects.excel.lines import Line, decimal_text
from projects.excel.readings import ERROR, NOTE, SHEET_LENGTH, WARNING, Issue, ReadFigure, Reading
from projects.excel.roles import Roles
from projects.excel.row_outcome import Entry
from projects.excel.template import target_text
from projects.excel.units import shift_between, unit_key
from projects.excel.workbook import Cell
from projects.models import Figure, Indicator

#: Rules about a figure alone and last month's that the import tells; the others ask for their reason once it is stored.
TOLD = ("share_above_100", "fraction_of_counted", "falling_flow", "unit_slip")
_TOLD = tuple(rule for rule in checks.RULES if rule.code in TOLD)
#: So many times the target is no good year but another unit.
FAR_BEYOND = 10
#: To look a member up takes six times as long as to compare with it, and every row is compared.
BLANK, NO_TASK, AT_MOST = Figure.State.BLANK, Figure.State.NO_TASK, Indicator.Direction.AT_MOST


class Judge:
    """Judges the entries of one table for one participant."""

    def __init__(self, reading: Reading, block: Block, roles: Roles, lines: dict[tuple, Line], sheet_unit: str):
        self.reading, self.block, self.roles = reading, block, roles
        self.lines, self.sheet_unit = lines, sheet_unit

    def judge(self, entry: Entry) -> None:
        """Put the entry's figure, or what is wrong with it, on the reading."""
        line = self.lines.get(entry.item.key)
        cell = self.block.sheet.cell(entry.row, entry.group.value)
        if line is None:
            # The whole's sums are computed (R6); the total rows are checked elsewhere.
            return
        if self._is_shared(cell, line):
            return
        if entry.unit_cell is not None and (number := _bare(entry.unit_cell)) is not None:
            words = f"“{line.indicator.name}”的单位这一格是数字{decimal_text(number)}，这一行可能错位了，没有读。"
            self._issue(ERROR, "slipped_row", entry.unit_cell, words)
            return
        unit, about = self._unit(entry, line)
        try:
            amount = amount_of(line, cell, unit=unit, is_ratio=self._is_ratio(entry, line))
            self._require_unit(entry, line, unit)
        except AmountRefused as refused:
            place = about if refused.code == "wrong_unit" and about is not None else cell
            self._issue(ERROR, refused.code, place, _sentence(line, refused.words))
            return
        for code, words in amount.remarks:
            self._issue(WARNING if code != "unit_word" else NOTE, code, cell, _sentence(line, words))
        figure = self._figure(entry, line, cell, amount)
        if self._is_new(figure):
            self.reading.add(figure)
            self._compare(entry, line, figure, amount.rate)

    def _figure(self, entry: Entry, line: Line, cell: Cell, amount) -> ReadFigure:
        state = amount.state
        claims = state == NO_TASK and not line.has_no_task
        if claims:
            shown = target_text(line)
            task = f"有任务（{shown}）" if shown else "没有写无任务"
            words = f"“{line.indicator.name}”填了“{cell.text.strip()}”，但目标{task}，按未填处理。"
            self._issue(WARNING, "no_task_claimed", cell, words)
            state = BLANK
        elif state == BLANK and line.has_no_task:
            state = NO_TASK
        remarks = self.roles.naming.get(kinds.REMARK, [])
        remark = None
        if remarks and not self.roles.is_matrix:
            cells = [self.block.sheet.cell(entry.row, column) for column in remarks]
            remark = "；".join([one.text.strip() for one in cells if not one.is_blank])
        return ReadFigure(
            line=line,
            state=str(state),
            value=amount.value,
            text=amount.text,
            remark=remark,
            sheet=self.block.sheet.name[:SHEET_LENGTH],
            cell=cell.address,
            claims_no_task=claims,
        )

    def _is_shared(self, cell: Cell, line: Line) -> bool:
        """Tell whether the figure's cell is merged with that of another row or column: nobody knows whose."""
        merged = self.block.sheet.merged
        place = merged.get((cell.row, cell.column)) if merged else None
        if place is None or place == (cell.row, cell.column):
            return False
        shown = self.block.sheet.cell(*place)
        # A value below a merged area is seen by nobody; it is not taken either.
        if shown.is_blank and cell.is_blank:
            return False
        words = f"“{line.indicator.name}”的数和{shown.address}合并在一格，不知道是谁的，没有读；请拆开填。"
        self._issue(ERROR, "merged_value", shown, words)
        for figure in self.reading.figures:
            if (figure.sheet, figure.cell) == (self.block.sheet.name[:SHEET_LENGTH], shown.address):
                self.reading.take_out(figure)
        return True

    def _is_new(self, figure: ReadFigure) -> bool:
        """Tell whether the indicator was not met before; one that says something else takes both out."""
        before = self.reading.met(figure.line.key)
        if before is None:
            return figure.line.key not in self.reading.disputed or not self._said_twice(figure, "前面的行")
        place = "!".join(part for part in (before.sheet, before.cell) if part)
        if (before.state, before.value, before.text) == (figure.state, figure.value, figure.text):
            return False
        if figure.state == BLANK:
            return False
        self.reading.take_out(before)
        if before.state == BLANK and not before.claims_no_task:
            return True
        self.reading.disputed.add(figure.line.key)
        self._said_twice(figure, place)
        return False

    def _said_twice(self, figure: ReadFigure, place: str) -> bool:
        seq = figure.line.key[0]
        words = f"第{seq}项“{figure.line.indicator.name}”在{place}已经有一行，数不一样，不能重复，都没有读。"
        self.reading.issues.append(Issue(ERROR, "duplicate_row", words, self.reading.file, figure.sheet, figure.cell))
        return True

    # Units.

    def _unit(self, entry: Entry, line: Line, column: int | None = None) -> tuple[str, Cell | None]:
        """Return the unit a number stands in if its own cell names none, and the cell that says so."""
        if entry.unit:
            return entry.unit, entry.unit_cell
        column = entry.group.value if column is None else column
        if column in entry.group.units:
            return entry.group.units[column], self.block.label_cell(column)
        if self.sheet_unit and shift_between(self.sheet_unit, line.indicator.unit) is not None:
            return self.sheet_unit, None
        return "", None

    def _require_unit(self, entry: Entry, line: Line, unit: str) -> None:
        """Refuse a unit that the target beside it contradicts: 米 above, and the target as many as ours in 公里."""
        shift = shift_between(unit, line.indicator.unit) if unit else 0
        aim = line.target.value if line.target is not None else None
        if not shift or not aim or entry.group.target is None:
            return
        cell = self.block.sheet.cell(entry.row, entry.group.target)
        if self._unit(entry, line, entry.group.target)[0] == unit and _bare(cell) == aim:
            raise AmountRefused(
                "unit_doubt",
                f"的目标{decimal_text(aim)}是按“{line.indicator.unit}”写的，表中的单位却是“{unit}”，没有读。",
            )

    def _is_ratio(self, entry: Entry, line: Line) -> bool | None:
        """Tell from the target beside it whether a bare 0.95 means 95 %; None where it does not say."""
        aim = line.target.value if line.target is not None else None
        if line.indicator.unit not in PERCENT or entry.group.target is None or not aim:
            return None
        cell = self.block.sheet.cell(entry.row, entry.group.target)
        number = None if cell.is_percent else _bare(cell)
        if number is None or cell.kind != "number":
            return None
        return True if number * 100 == aim else None

    # What stands beside it.

    def _compare(self, entry: Entry, line: Line, figure: ReadFigure, said_rate: Decimal | None) -> None:
        stored = line.current
        if figure.state == BLANK and stored is not None and stored.state in ("reported", "text"):
            words = f"“{line.indicator.name}”原有{decimal_text(stored.value) or stored.text}，表中空白，导入后清空。"
            self._issue(WARNING, "cleared", self.block.sheet.cell(entry.row, entry.group.value), words)
        aims = self._compare_target(entry, line)
        self._compare_previous(entry, line)
        if figure.value is None:
            self._miss_figure(entry, line, figure)
            return
        self._compare_rate(entry, line, figure.value, aims, said_rate)
        self._ask(line, figure)

    def _miss_figure(self, entry: Entry, line: Line, figure: ReadFigure) -> None:
        """Say that a rate is printed where its figure is blank."""
        if entry.group.rate is None or figure.state != BLANK:
            return
        cell = self.block.sheet.cell(entry.row, entry.group.rate)
        if any(rate for rate, _places in printed_rates(cell)):
            words = f"“{line.indicator.name}”没有填累计完成数，完成率却是{_shown(cell)}，请补填；完成率不读取。"
            self._issue(WARNING, "rate_differs", cell, words)

    def _compare_target(self, entry: Entry, line: Line) -> list[Decimal]:
        """Say where the sheet's target is not ours; return those a printed rate may have been computed with."""
        ours = line.target.value if line.target is not None else None
        aims = [ours] if ours else []
        if entry.group.target is None:
            return aims
        cell = self.block.sheet.cell(entry.row, entry.group.target)
        if ours and self._is_bare_number(cell, entry, line) and Decimal(cell.text) == ours:
            return [ours, ours]
        shown, printed = target_text(line), plain(_shown(cell))
        if cell.is_blank or not shown:
            return aims
        number = self._target_number(entry, line, cell)
        if number is not None and number:
            aims.append(number)
        if number == ours and ours is not None:
            return aims
        if ours is None:
            # Words against words are for people; a number against 无任务 is not.
            differs = line.has_no_task and number is not None
        else:
            differs = number is not None or _bare(cell) is not None or printed in ("/", "-", "—", "无任务")
        if differs and printed.rstrip("%").replace(",", "") != plain(shown):
            words = f"“{line.indicator.name}”的年度目标系统里是{shown}，表中是{_shown(cell)}，以系统为准。"
            self._issue(WARNING, "target_differs", cell, words)
        return aims

    def _is_bare_number(self, cell: Cell, entry: Entry, line: Line) -> bool:
        """Tell whether a target's cell is a number in the indicator's own unit and nothing else."""
        is_marked = cell.is_percent or cell.is_scientific or cell.is_scaled or cell.is_struck or cell.suffix
        if cell.kind != "number" or is_marked or line.is_text or line.indicator.unit in PERCENT:
            return False
        unit, _ = self._unit(entry, line, entry.group.target)
        return not unit or unit_key(unit) == unit_key(line.indicator.unit)

    def _target_number(self, entry: Entry, line: Line, cell: Cell) -> Decimal | None:
        unit, _ = self._unit(entry, line, entry.group.target)
        text = plain(cell.text).lstrip("≥≤<>=约")
        for word in ("不低于", "不少于", "不超过", "达到", "以上", "以内", "左右"):
            text = text.removeprefix(word).removesuffix(word)
        written = Cell(cell.row, cell.column, cell.kind, text, cell.is_percent)
        try:
            return amount_of(line, written, unit=unit, is_ratio=self._is_ratio(entry, line)).value
        except (AmountRefused, InvalidOperation):
            return None

    def _compare_previous(self, entry: Entry, line: Line) -> None:
        if entry.group.previous is None or line.previous is None or line.previous.value is None:
            return
        cell = self.block.sheet.cell(entry.row, entry.group.previous)
        number = self._target_number(entry, line, cell)
        if not cell.is_blank and number is not None and number != line.previous.value:
            ours = decimal_text(line.previous.value)
            words = f"“{line.indicator.name}”的上期累计系统里是{ours}，表中是{_shown(cell)}，以系统为准。"
            self._issue(NOTE, "previous_differs", cell, words)

    def _compare_rate(
        self, entry: Entry, line: Line, value: Decimal, aims: list[Decimal], said: Decimal | None
    ) -> None:
        cell = self.block.sheet.cell(entry.row, entry.group.value)
        printed = [(said, abs(said.as_tuple().exponent))] if said is not None else []
        if not printed and entry.group.rate is not None:
            cell = self.block.sheet.cell(entry.row, entry.group.rate)
            printed = printed_rates(cell)
        if not printed or not aims:
            return
        expected = _expected(line.indicator, value, aims)
        for rate, places in printed:
            step = Decimal(1).scaleb(-min(places, 4))
            if any(abs(rate - one) <= step for one in expected):
                return
        ours = expected[-1 if len(aims) > 1 else 0]
        shown = decimal_text(round(ours, 2))
        words = f"“{line.indicator.name}”的完成率按{decimal_text(value)}算是{shown}%，表中是{_shown(cell)}，请核对。"
        self._issue(WARNING, "rate_differs", cell, words)

    def _ask(self, line: Line, figure: ReadFigure) -> None:
        last = line.previous.value if line.previous is not None else None
        aim = line.target.value if line.target is not None else None
        cell = checks.Cell(
            line.indicator, figure.value, target=aim, last=last, last_period="上期" if last is not None else ""
        )
        if aim and line.indicator.direction != AT_MOST and figure.value >= FAR_BEYOND * aim:
            told = f"的{decimal_text(figure.value)}是目标{decimal_text(aim)}的十倍以上，请核对单位。"
            words = f"“{line.indicator.name}”{told}"
            self.reading.issues.append(Issue(WARNING, "unit_slip", words, self.reading.file, figure.sheet, figure.cell))
            return
        for rule in _TOLD:
            if text := rule.find(cell):
                words = f"“{line.indicator.name}”：{text.splitlines()[0]}"
                self.reading.issues.append(
                    Issue(WARNING, rule.code, words, self.reading.file, figure.sheet, figure.cell)
                )

    def _issue(self, severity: str, code: str, cell: Cell, message: str) -> None:
        self.reading.issues.append(
            Issue(severity, code, message, self.reading.file, self.block.sheet.name, cell.address)
        )


def _expected(indicator: Indicator, value: Decimal, aims: list[Decimal]) -> list[Decimal]:
    """Return the rates in per cent a sheet may rightly print for a value, exact to ten digits."""
    found = []
    for aim in aims:
        if indicator.direction == AT_MOST and value:
            found.append(aim / value * 100)
        found.append(value / aim * 100)
    if indicator.unit in PERCENT:
        found.append(value)
    # Capped at 100, as many offices print it.
    return found + [Decimal(100)] * any(rate > 100 for rate in found)


def printed_rates(cell: Cell) -> list[tuple[Decimal, int]]:
    """Return the rates a cell may mean in per cent, each with its decimals; none for words and blanks."""
    text = plain(cell.text).replace(",", "")
    if cell.kind not in ("number", "text") or not text:
        return []
    try:
        number = Decimal(text.rstrip("%"))
    except InvalidOperation:
        return []
    if not number.is_finite():
        return []
    places = max(0, -number.as_tuple().exponent)
    if cell.is_percent:
        return [(number * 100, max(0, places - 2))]
    found = [(number, places)]
    if not text.endswith("%") and places >= 2:
        found.append((number * 100, places - 2))
    if not text.endswith("%") and number in (0, 1):
        found.append((number * 100, 0))
    return found


def _bare(cell: Cell) -> Decimal | None:
    return _number_in(cell.text)


@lru_cache(maxsize=5000)
def _number_in(text: str) -> Decimal | None:
    try:
        return Decimal(plain(text).replace(",", ""))
    except InvalidOperation:
        return None


def _sentence(line: Line, words: str) -> str:
    name = f"“{line.indicator.name}”"
    return name + words if words.startswith("的") else f"{name}：{words}"


def _shown(cell: Cell) -> str:
    """Return a cell as a message quotes it: short."""
    text = cell.text.strip()
    if cell.is_percent:
        text = f"{decimal_text(Decimal(text) * 100)}%"
    return text if len(text) <= 30 else f"{text[:30]}…"
