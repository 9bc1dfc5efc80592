"""Which column of a table holds what: by its labels first, then by what stands in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from projects.excel import headings as kinds
from projects.excel.blocks import Block
from projects.excel.columns import plain
from projects.excel.corrections import COLUMN_MEANINGS, Corrections
from projects.excel.headings import Meaning, meaning_of_path, unit_in, year_in
from projects.excel.words import is_total

_NUMBER = re.compile(r"[+-]?[\d,]*\.?\d+")
_NOTHING = re.compile(r"[-/—–\\]+|无任务|无|不涉及|不适用|")
#: A column of words under 目标任务: it names rows.
TARGET_TEXT = "target_text"
#: Above this, numbers under a heading like 进度 are counts and no rates.
SURELY_COUNTED = 300


@dataclass
class Group:
    """Columns about one thing: in a matrix of one indicator (`names` above them), in a list of all rows."""

    names: tuple[str, ...]
    unit: str = ""
    value: int | None = None
    target: int | None = None
    rate: int | None = None
    previous: int | None = None
    units: dict[int, str] = field(default_factory=dict)


@dataclass
class Finding:
    """Something about the columns: severity, code, the column it is about, a sentence."""

    severity: str
    code: str
    column: int
    message: str


@dataclass
class Roles:
    """The columns of a table: those that name rows by kind, the groups, and what is to be said."""

    naming: dict[str, list[int]]
    groups: list[Group]
    findings: list[Finding] = field(default_factory=list)
    #: Columns of other parts of the report → what they are, as the person is shown.
    elsewhere: Mapping[int, str] = field(default_factory=dict)

    @property
    def names_rows(self) -> bool:
        """Tell whether a column says what a row is about."""
        return any(kind in self.naming for kind in (kinds.PROJECT, kinds.INDICATOR, kinds.SUB_ITEM))

    @property
    def is_matrix(self) -> bool:
        """Tell whether rows are participants and columns indicators."""
        return kinds.PARTICIPANT in self.naming and not self.names_rows


def roles_of(
    block: Block,
    *,
    month: int | None,
    is_name,
    is_item,
    year: int | None = None,
    corrections: Corrections | None = None,
    elsewhere: Mapping[int, str] | None = None,
) -> Roles:
    """Return the roles of a table's columns; `month`, `year`: those that are read, `elsewhere`: columns of other parts.

    `is_name`: is a label exactly a known name, of whatever kind; `is_item`: of an indicator. What somebody said
    of a column (`corrections`) goes before what its heading says.
    """
    roles = _Roles(block, month, is_name, is_item, corrections or Corrections())
    roles.year = year
    roles.roles.elsewhere = elsewhere or {}
    return roles.found()


class _Roles:
    """Finds the roles of one table."""

    def __init__(self, block: Block, month: int | None, is_name, is_item, corrections: Corrections):
        self.block, self.month, self.is_name, self.is_item = block, month, is_name, is_item
        self.year: int | None = None
        self.said = corrections.meanings(block.labels, month)
        self.roles = Roles({}, [])
        self.by_group: dict[tuple, dict[int, Meaning | None]] = {}

    def found(self) -> Roles:
        for column, labels in self.block.labels.items():
            self._place(column, labels)
        if kinds.UNIT in self.roles.naming:
            self._tell_units()
        for names, columns in self.by_group.items():
            group = self._group(names, columns)
            if group is not None:
                self.roles.groups.append(group)
        self._leave_out_parts()
        return self.roles

    def _leave_out_parts(self) -> None:
        """In a list, leave out columns of nobody we know beside those of all: 城镇, 农村 beside 合计."""
        if not self.roles.names_rows or not any(group.value and not group.names for group in self.roles.groups):
            return
        for group in list(self.roles.groups):
            if group.value is not None and group.names and not any(map(self.is_name, group.names)):
                self.roles.groups.remove(group)
                self._say("note", "column_not_read", group.value, "没有读，读的是另一列累计完成。")

    def _place(self, column: int, labels: list[str]) -> None:
        if column in self.said:
            self._place_said(column, labels, self.said[column])
            return
        if column in self.roles.elsewhere:
            return
        names = tuple(label for label in labels if self.is_name(label))
        others = [label for label in labels if not self.is_name(label)]
        meaning = meaning_of_path(others)
        rows_of = {*kinds.NAMING, kinds.CATEGORY, kinds.UNIT, kinds.REMARK, kinds.LEAD}
        if meaning and meaning.kind in rows_of and not names and not (meaning.kind == kinds.UNIT and meaning.unit):
            self.roles.naming.setdefault(meaning.kind, []).append(column)
            return
        if not any(self.is_item(label) for label in names):
            # A group nobody knows by that very name keeps all its words: they are looked at more loosely later.
            names = tuple(label for label in labels if label in names or _names_group(label))
        if self.roles.names_rows:
            names = tuple(label for label in names if not is_total(label))
        self.by_group.setdefault(names, {})[column] = meaning

    def _place_said(self, column: int, labels: list[str], meaning: Meaning) -> None:
        """Put a column where somebody said it belongs; its own heading names no group then, unless it is a name."""
        self._say("note", "column_corrected", column, f"按更正读作“{COLUMN_MEANINGS[meaning.kind]}”。")
        if meaning.kind in {*kinds.NAMING, kinds.UNIT, kinds.REMARK}:
            self.roles.naming.setdefault(meaning.kind, []).append(column)
            return
        above = [label for label in labels[:-1] if self.is_name(label) or _names_group(label)]
        is_own = self.is_name(labels[-1]) or (not above and self.roles.is_matrix)
        self.by_group.setdefault((*above, labels[-1]) if is_own else tuple(above), {})[column] = meaning

    def _tell_units(self) -> None:
        """Tell a column 单位 of units from one of participants by what stands in it."""
        for column in list(self.roles.naming[kinds.UNIT]):
            texts = self._texts(column)
            if column not in self.said and texts and sum(self.is_name(text) for text in texts) * 2 > len(texts):
                self.roles.naming[kinds.UNIT].remove(column)
                self.roles.naming.setdefault(kinds.PARTICIPANT, []).append(column)
        if not self.roles.naming[kinds.UNIT]:
            del self.roles.naming[kinds.UNIT]

    def _group(self, names: tuple, columns: dict[int, Meaning | None]) -> Group | None:
        group = Group(names, unit=next((unit for name in names if (unit := unit_in(plain(name))[0])), ""))
        held: dict[str, list[int]] = {}
        for column, meaning in columns.items():
            kind = self._kind(column, meaning, names)
            if kind:
                held.setdefault(kind, []).append(column)
            if meaning and meaning.unit:
                group.units[column] = meaning.unit
        for of_kind in held.values():
            of_kind.sort(key=lambda column: column not in self.said)
        group.target = self._target(held.get(kinds.TARGET, []))
        group.previous = next(iter(held.get(kinds.OTHER_MONTH, [])), None)
        rates = held.get(kinds.RATE, [])
        group.rate = rates[0] if rates else None
        group.value = self._value(group, held)
        if group.value is not None:
            self._spare(group, held)
            return group
        if group.target is None and group.rate is None and kinds.INCREMENT not in held and kinds.PROGRESS not in held:
            return None
        return group if names and group.target is None else self._without_value(group, held)

    def _kind(self, column: int, meaning: Meaning | None, names: tuple) -> str | None:
        """Return what a column is in its group, said where it is left out although numbers stand in it."""
        if meaning is None:
            if names and self.is_name(self.block.labels[column][-1]):
                return kinds.VALUE
            if self._has_numbers(column):
                self._say("warning", "column_not_read", column, "不知道是什么，没有读。")
            return None
        labels = [label for label in self.block.labels[column] if not self.is_name(label)]
        if column not in self.said and self.year and (year := year_in(labels)) not in (None, self.year):
            if self._has_numbers(column):
                self._say("note", "other_period", column, f"是{year}年的，没有读。")
            return None
        if meaning.kind == kinds.UNIT and meaning.unit and self.is_name(self.block.labels[column][0]):
            # Only a unit stands between the indicator and its figures.
            return kinds.VALUE
        if meaning.month and self.month and meaning.month != self.month:
            if self._has_numbers(column):
                self._say("note", "other_period", column, f"是{meaning.month}月的，没有读。")
            return None
        if meaning.kind == kinds.FUND and self._has_numbers(column):
            self._say("warning", "fund_column", column, "是资金，资金请在资金页填报，这里没有读。")
            return None
        return meaning.kind

    def _value(self, group: Group, held: dict[str, list[int]]) -> int | None:
        values, progress = held.get(kinds.VALUE, []), held.get(kinds.PROGRESS, [])
        values = [column for column in values if column in self.said] or values
        if len(values) > 1:
            values = [column for column in values if self._cells(column)] or values[:1]
        cumulative = [
            column for column in values if self._meaning(column, group) and self._meaning(column, group).month
        ]
        if len(values) > 1:
            same = {tuple((cell.row, plain(cell.text)) for cell in self._cells(column)) for column in values}
            counted = [column for column in values if not self._is_rate(column)]
            if len(same) == 1 or len(cumulative) == 1:
                values = cumulative[:1] or values[:1]
            elif len(counted) == 1:
                if group.rate is None:
                    group.rate = next(column for column in values if column not in counted)
                values = counted
            else:
                self._say(
                    "error",
                    "ambiguous_column",
                    values[1],
                    "和前面一列意思一样、数不一样，分不出哪列是累计完成，没有读。",
                )
                return None
        if values:
            if progress and group.rate is None and self._may_be_rate(progress[0]):
                group.rate = progress[0]
            return values[0]
        if not progress:
            return None
        counted = [column for column in progress if not self._is_rate(column)]
        if group.rate is not None and len(progress) == 1:
            return progress[0]
        if len(counted) == 1 and (group.rate is not None or len(progress) > 1 or self._surely_counts(counted[0])):
            if group.rate is None and len(progress) == 2:
                group.rate = next(column for column in progress if column not in counted)
            return counted[0]
        return None

    def _spare(self, group: Group, held: dict[str, list[int]]) -> None:
        """Say which further columns of numbers are not used."""
        for column in held.get(kinds.PROGRESS, []):
            if column not in (group.value, group.rate) and self._has_numbers(column):
                self._say("note", "column_not_read", column, "没有读，读的是另一列累计完成。")
        for column in held.get(kinds.VALUE, []):
            if group.value in self.said and column not in (group.value, group.rate) and self._has_numbers(column):
                self._say("note", "column_not_read", column, "没有读，读的是更正指明的那一列。")

    def _without_value(self, group: Group, held: dict[str, list[int]]) -> None:
        if any(column.code == "ambiguous_column" for column in self.roles.findings):
            return
        if held.get(kinds.PROGRESS):
            words = "是数量还是完成率分不出，请写明“累计完成”或“完成率”，没有读。"
            self._say("error", "ambiguous_column", held[kinds.PROGRESS][0], words)
        elif held.get(kinds.INCREMENT):
            words = "只有本月数，没有累计完成数；要报的是累计数，没有读。"
            self._say("error", "only_increment", held[kinds.INCREMENT][0], words)
        elif group.rate is not None:
            self._say("error", "no_value_column", group.rate, "只有完成率，没有累计完成数，没有读。")
        elif group.target is not None:
            self._say("error", "no_value_column", group.target, "只有目标，没有累计完成数，没有读。")

    def _target(self, columns: list[int]) -> int | None:
        """Return the column of target numbers; one of words names the rows instead."""
        numeric = [column for column in columns if self._is_numeric(column)]
        worded = [column for column in columns if column not in numeric]
        for column in worded:
            self.roles.naming.setdefault(TARGET_TEXT, []).append(column)
        return numeric[0] if numeric else None

    def _meaning(self, column: int, group: Group) -> Meaning | None:
        return self.by_group[group.names].get(column)

    def _say(self, severity: str, code: str, column: int, words: str) -> None:
        label = plain(self.block.label_cell(column).text)
        self.roles.findings.append(Finding(severity, code, column, f"“{label}”这一列{words}"))

    def _cells(self, column: int):
        return [cell for row in self.block.rows if not (cell := self.block.sheet.cell(row, column)).is_blank]

    def _texts(self, column: int) -> list[str]:
        return [plain(cell.text) for cell in self._cells(column)]

    def _numbers(self, column: int) -> list[Decimal]:
        found = []
        for cell in self._cells(column):
            try:
                found.append(Decimal(plain(cell.text).replace(",", "").removesuffix("%")))
            except InvalidOperation:
                continue
        return found

    def _has_numbers(self, column: int) -> bool:
        return bool(self._numbers(column))

    def _is_numeric(self, column: int) -> bool:
        texts = [text for text in self._texts(column) if not _NOTHING.fullmatch(text)]
        numeric = sum(bool(_NUMBER.match(re.sub(r"^[≥≤<>约不低于超过少]+", "", text))) for text in texts)
        return not texts or numeric * 2 > len(texts)

    def _is_rate(self, column: int) -> bool:
        """Tell whether most numbers of a column are written as per cent, or as ratios below about one."""
        cells = [cell for cell in self._cells(column) if cell.kind in ("number", "text")]
        marked = sum(cell.is_percent or bool(re.fullmatch(r"[\d.,]+[%％]", plain(cell.text))) for cell in cells)
        if marked * 2 > len(cells):
            return True
        numbers = [number for number in self._numbers(column) if number]
        fractions = [number for number in numbers if number != number.to_integral_value()]
        return bool(numbers) and all(number < 2 for number in numbers) and len(fractions) * 2 > len(numbers)

    def _may_be_rate(self, column: int) -> bool:
        """Tell whether a column of progress beside one of figures is their rate; the reader computes it again."""
        label = plain(self.block.label_cell(column).text)
        return self._is_rate(column) or bool(re.match(r"(?:累计|完成)?进度", label))

    def _surely_counts(self, column: int) -> bool:
        sentences = [
            text for text in self._texts(column) if re.search(r"[^\d.,%]{2,}", text) and re.search(r"\d", text)
        ]
        return bool(sentences) or any(number > SURELY_COUNTED for number in self._numbers(column))


def _is_office(label: str) -> bool:
    return bool(re.search(r"(?:局|委|办|厅|中心|政府|公司|部|会)$", plain(label)))


def _names_group(label: str) -> bool:
    return _says_nothing(label) and not _is_office(label)


def _says_nothing(label: str) -> bool:
    return kinds.meaning_of(label) is None
