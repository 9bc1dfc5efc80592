"""What a table was taken for, to be shown and corrected: columns with samples, groups, and rows nobody was sure of."""

from dataclasses import dataclass, field

from projects.excel import headings as kinds
from projects.excel.blocks import Block
from projects.excel.corrections import COLUMN_MEANINGS, Corrections, column_keys, names_other_month, row_key
from projects.excel.headings import meaning_of_path
from projects.excel.roles import TARGET_TEXT, Roles
from projects.excel.workbook import column_letters

SAMPLES = 3
#: Words for what is recognised and not read; everything else that is not read has none.
_ASIDE = {
    kinds.FUND: "资金",
    kinds.INCREMENT: "本月数",
    kinds.RANK: "排名",
    kinds.CATEGORY: "类别",
    kinds.LEAD: "责任单位",
    kinds.OTHER: "其他对照数",
    kinds.PROGRESS: "进展",
    kinds.OTHER_MONTH: "其他月份",
}


@dataclass(frozen=True)
class UnderstoodColumn:
    """A column: its letters and headings, what stands in it, what it was taken for (`meaning`), and why.

    `key`: what a correction of it is kept under; `about`: the indicator of its group in a matrix;
    `is_other_month`: its heading names another month than the one that is read.
    """

    number: int
    path: str
    samples: list[str]
    meaning: str
    word: str
    why: str
    key: str
    is_corrected: bool = False
    is_other_month: bool = False
    about: str = ""

    @property
    def letters(self) -> str:
        """Return the column as Excel names it."""
        return column_letters(self.number)


@dataclass(frozen=True)
class UnderstoodRow:
    """A row (or a matrix's group of columns) whose indicator is not sure, or was corrected."""

    cell: str
    text: str
    key: str
    indicator: object | None
    why: str
    is_corrected: bool = False


@dataclass(frozen=True)
class UnderstoodUnit:
    """A name where a participant should stand: nobody's in the programme, or as somebody said (None: not read)."""

    cell: str
    text: str
    key: str
    participant: object | None
    is_corrected: bool = False
    #: Among whose sheets the answer is kept.
    owner: object | None = None


@dataclass
class UnderstoodTable:
    """One table of a file: where it is, whose, what its columns are, and which rows are asked about."""

    sheet: str
    owner: object | None
    head: str
    columns: list[UnderstoodColumn] = field(default_factory=list)
    rows: list[UnderstoodRow] = field(default_factory=list)
    units: list[UnderstoodUnit] = field(default_factory=list)
    figures: int = 0

    def add_units(self, asked: dict) -> None:
        """Add the names of participants somebody has to look at, by key (`unit_names.AskedUnit`)."""
        self.units = [
            UnderstoodUnit(
                one.cell.address,
                one.text.strip(),
                key,
                one.participant,
                one.is_corrected,
                one.owner if one.is_title else self.owner,
            )
            for key, one in asked.items()
            if one.text.strip()
        ]

    def add_rows(self, asked: list, figures: int) -> None:
        """Add how many figures the rows gave, and those somebody has to look at (`rows.Asked`)."""
        self.figures = figures
        self.rows = [
            UnderstoodRow(
                one.cell.address,
                one.names.names[0] if one.names.names else one.names.project,
                row_key(one.names),
                one.match.item.indicator if one.match.item else None,
                one.match.message,
                one.match.is_corrected,
            )
            for one in asked
        ]


def table_of(block: Block, owner) -> UnderstoodTable:
    """Return a table of which nothing is understood yet but where it stands."""
    first, last = block.head[0], block.head[-1]
    head = f"第{first}行" if first == last else f"第{first}—{last}行"
    return UnderstoodTable(sheet=block.sheet.name, owner=owner, head=head)


def understood(block: Block, roles: Roles, owner, corrections: Corrections, month: int | None) -> UnderstoodTable:
    """Return what a table's columns were taken for; `add_rows` completes it where there was something to read."""
    table = table_of(block, owner)
    keys = column_keys(block.labels, month)
    of_parts = corrections.part_meanings(block.labels, month)
    forced = {*corrections.meanings(block.labels, month), *of_parts}
    findings = {one.column: one.message for one in roles.findings}
    for column, labels in block.labels.items():
        meaning, word = _taken(column, labels, roles)
        if column in roles.elsewhere:
            meaning = of_parts.get(column, meaning)
        is_corrected = column in forced
        why = "按更正" if is_corrected else findings.get(column) or _why(meaning, labels)
        group = next((one for one in roles.groups if column in _columns(one)), None)
        about = "·".join(group.names) if group else ""
        table.columns.append(
            UnderstoodColumn(
                column,
                " / ".join(labels),
                _samples(block, column),
                meaning,
                word,
                why,
                keys[column],
                is_corrected,
                names_other_month(labels, month),
                about,
            )
        )
    return table


def _taken(column: int, labels: list[str], roles: Roles) -> tuple[str, str]:
    """Return what a column was taken for: the code a correction would have, and the word for it."""
    if column in roles.elsewhere:
        return kinds.OTHER, roles.elsewhere[column]
    for kind, columns in roles.naming.items():
        if column in columns:
            if kind == TARGET_TEXT:
                return kinds.INDICATOR, "目标（文字，作指标名）"
            return (
                (kind, COLUMN_MEANINGS[kind])
                if kind in COLUMN_MEANINGS
                else (kinds.OTHER, f"不读（{_ASIDE.get(kind, kind)}）")
            )
    for group in roles.groups:
        for kind, number in (
            (kinds.VALUE, group.value),
            (kinds.TARGET, group.target),
            (kinds.RATE, group.rate),
            (kinds.OTHER_MONTH, group.previous),
        ):
            if number == column:
                return kind, COLUMN_MEANINGS[kind]
    meaning = meaning_of_path(labels)
    aside = _ASIDE.get(meaning.kind) if meaning else None
    return kinds.OTHER, f"不读（{aside}）" if aside else COLUMN_MEANINGS[kinds.OTHER]


def _why(meaning: str, labels: list[str]) -> str:
    said = meaning_of_path(labels)
    if said is not None and (said.kind == meaning or meaning == kinds.OTHER):
        return "按表头"
    return "按表中内容" if meaning != kinds.OTHER else "表头看不出是什么"


def _columns(group) -> set[int]:
    return {group.value, group.target, group.rate, group.previous} - {None}


def _samples(block: Block, column: int) -> list[str]:
    found: list[str] = []
    for row in block.rows:
        cell = block.sheet.cell(row, column)
        if not cell.is_blank:
            text = cell.text.strip() or "（公式没有结果）"
            text = text if len(text) <= 16 else f"{text[:16]}…"
            if text not in found:
                found.append(text)
        if len(found) == SAMPLES:
            break
    return found
