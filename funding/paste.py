"""A plan pasted as text: 项目, 子项, 单位, 来源, 类别, 金额, one line each, read for the preview and for the commit."""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from funding.amounts import AmountRefused, parse_amount
from funding.models import FundPlan
from funding.services.plans import PlanEntry, plan_errors
from funding.sources import FundKind, find_kind, find_source
from livelihood.services import Refused
from projects.models import Participant, Programme, SubProject

#: Columns in the order they stand in unless a head says otherwise: key → the words of a head.
COLUMNS = {
    "project": ("项目", "序号", "项目名称", "工程"),
    "sub_project": ("子项", "子项名称"),
    "unit": ("单位", "考核单位", "县区", "县市区"),
    "source": ("来源", "资金来源"),
    "kind": ("类别", "资金类别"),
    "amount": ("金额", "计划", "计划金额", "计划数"),
}
#: More lines than this are no paste but a workbook.
MOST_LINES = 2000
MOST_CHARACTERS = 400_000

HEAD_UNIT = re.compile(r"[（(]\s*(元|万元|亿元)\s*[）)]")
_NUMBERED = re.compile(r"(\d{1,3})(?:[.．、\s]+(.+))?", re.ASCII)


@dataclass
class PastedLine:
    """One line as read: `nth` counts the text's lines from 1, `error` is a sentence, `is_known`: stands already.

    `before`: the plan that stands with another amount, where a revision may be made of the line.
    """

    nth: int
    cells: dict[str, str]
    entry: PlanEntry | None = None
    error: str = ""
    is_known: bool = False
    before: FundPlan | None = None


@dataclass
class Pasted:
    """All lines of a text, and what is wrong with the whole of it."""

    lines: list[PastedLine] = field(default_factory=list)
    refused: str = ""

    @property
    def errors(self) -> list[PastedLine]:
        """Return the lines that cannot be stored."""
        return [line for line in self.lines if line.error]

    @property
    def entries(self) -> list[PlanEntry]:
        """Return what would be stored: lines without an error that do not stand already."""
        return [line.entry for line in self.lines if line.entry and not line.error and not line.is_known]

    @property
    def total(self) -> Decimal:
        """Return the sum of what would be stored, in 元."""
        return sum((entry.amount for entry in self.entries), Decimal(0))


def read_pasted(text: str, *, programme: Programme, units: list[Participant], unit: str = "万元") -> Pasted:
    """Read a pasted plan; nothing is stored. `units` are those the person may enter, `unit` that of bare amounts.

    Cells are separated by tabs, by | or by two spaces; a head names the columns in any order, and its 金额（万元） goes
    before `unit` only if it is the same. Four queries, however many lines.
    """
    lines = [(nth, line) for nth, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        return Pasted(refused="还没有粘贴内容。")
    if len(lines) > MOST_LINES or len(text) > MOST_CHARACTERS:
        return Pasted(refused=f"一次最多粘贴 {MOST_LINES} 行，请分几次粘贴。")
    if "\x00" in text:
        return Pasted(refused="文字里有不能保存的字符，请重新粘贴。")
    order, stated = list(COLUMNS), None
    if head := _head(_cells(lines[0][1])):
        order, stated = head
        lines = lines[1:]
        if "project" not in order or "unit" not in order or "amount" not in order:
            return Pasted(refused="表头里至少要有项目、单位和金额三列。")
    if stated and stated != unit:
        return Pasted(refused=f"表头的金额单位是{stated}，选的是{unit}，请改成一致再核对。")
    names = Names(programme, units)
    pasted = Pasted(
        [
            _line(nth, dict(zip(order, _cells(line), strict=False)), len(_cells(line)), len(order), names, unit, stated)
            for nth, line in lines
        ]
    )
    if not pasted.lines:
        pasted.refused = "只有表头，没有内容。"
    compare(pasted, programme)
    return pasted


class Names:
    """What names in the text may stand for. Two queries."""

    def __init__(self, programme: Programme, units: list[Participant]):
        self.sub_projects: dict[int, list[SubProject]] = {}
        self.by_name: dict[str, int] = {}
        for row in SubProject.objects.filter(project__programme=programme).select_related("project"):
            self.sub_projects.setdefault(row.project.seq, []).append(row)
            self.by_name[row.project.name] = row.project.seq
        self.units = {}
        for unit in units:
            for name in (unit.code, unit.printed_name, *unit.short_names):
                self.units.setdefault(name, unit)
        self.others = set(programme.participants.values_list("printed_name", flat=True))

    def sub_project(self, project: str, name: str) -> SubProject:
        """Return the sub-project both cells name; raises Refused."""
        numbered = _NUMBERED.fullmatch(project)
        seq = self.by_name.get(project)
        if seq is None and numbered:
            seq = int(numbered[1])
            if numbered[2] and self.by_name.get(numbered[2].strip()) != seq:
                raise Refused(f"“{project}”的序号与名称对不上。")
        rows = self.sub_projects.get(seq, [])
        if not rows:
            raise Refused(f"没有“{project}”这个项目。")
        if not name and len(rows) == 1:
            return rows[0]
        for row in rows:
            if row.name == name:
                return row
        listed = "、".join(row.name or "（不分子项）" for row in rows)
        raise Refused(f"“{rows[0].project.name}”没有子项“{name}”，现有：{listed}。")

    def unit(self, name: str) -> Participant:
        """Return the unit the cell names; raises Refused."""
        if name in self.units:
            return self.units[name]
        if name in self.others:
            raise Refused(f"“{name}”的计划不由您录入。")
        raise Refused(f"没有“{name}”这个单位。")


def _line(nth: int, cells: dict, found: int, wanted: int, names: Names, unit: str, stated: str | None) -> PastedLine:
    """Read one line of a text; what is wrong with it stands in `error`."""
    if found != wanted:
        error = f"这一行有 {found} 列，应有 {wanted} 列；空的格也要留出来。"
        return PastedLine(nth, {key: cells.get(key, "") for key in COLUMNS}, error=error)
    return read_line(nth, cells, names, unit, is_stated=stated is not None)


def read_line(nth: int, cells: dict, names: Names, unit: str, *, is_stated: bool) -> PastedLine:
    """Read one line, pasted or of a workbook: what names and amount stand for; what is wrong stands in `error`."""
    line = PastedLine(nth, {key: cells.get(key, "") for key in COLUMNS})
    try:
        source = find_source(line.cells["source"] or "合计")
        if source is None:
            raise Refused(f"不认识资金来源“{line.cells['source']}”。")
        kind = find_kind(line.cells["kind"] or FundKind.PROJECT.label)
        if kind is None:
            raise Refused(f"不认识资金类别“{line.cells['kind']}”，写项目资金或管护资金。")
        sub_project = names.sub_project(line.cells["project"], line.cells["sub_project"])
        participant = names.unit(line.cells["unit"])
        amount = parse_amount(line.cells["amount"], unit=unit, is_stated=is_stated)
        if amount is None:
            raise AmountRefused("没有写金额；没有计划的行请删去，计划为零请写 0。")
    except Refused as refusal:
        line.error = str(refusal)
        return line
    line.entry = PlanEntry(sub_project, participant, source, kind, amount)
    return line


def compare(pasted: Pasted, programme: Programme, *, revises: bool = False) -> None:
    """Mark lines that stand already, and those the plan or the rest of the text does not allow.

    With `revises` another amount for a line that has a plan is a revision, not an error.
    """
    read = [line for line in pasted.lines if line.entry]
    latest = {}
    for plan in (
        FundPlan.objects.filter(fund_line__programme=programme).select_related("fund_line").order_by("revision")
    ):
        line = plan.fund_line
        latest[line.sub_project_id, line.participant_id, line.source, line.kind] = plan
    for line in read:
        plan = latest.get(line.entry.key)
        line.is_known = plan is not None and plan.amount == line.entry.amount
        line.before = plan if revises and plan is not None and not line.is_known else None
    new = [line for line in read if not line.is_known and line.before is None]
    for nth, sentence in plan_errors(programme, [line.entry for line in new]).items():
        new[nth].error = sentence
    seen = set()
    for line in read:
        if line.entry.key in seen and not line.error:
            line.error = f"{line.entry}在这一批里出现了两次。"
        seen.add(line.entry.key)


def _cells(line: str) -> list[str]:
    """Split a line at tabs, else at |, else at two spaces or more."""
    if "\t" in line:
        cells = line.split("\t")
    elif "|" in line or "｜" in line:
        cells = line.replace("｜", "|").strip().strip("|").split("|")
    else:
        cells = re.split(r"[ \u3000]{2,}", line.strip())
    return [cell.strip() for cell in cells]


def _head(cells: list[str]) -> tuple[list[str], str | None] | None:
    """Return the columns a head names and the unit of its amounts; None when the line is no head."""
    found, unit = [], None
    for cell in cells:
        match = HEAD_UNIT.search(cell)
        word = HEAD_UNIT.sub("", cell).strip()
        key = next((key for key, words in COLUMNS.items() if word in words), None)
        if key is None or key in found:
            return None
        if key == "amount" and match:
            unit = match[1]
        found.append(key)
    return found, unit
