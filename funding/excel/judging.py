"""Judges the amounts met in a file: which fund line each is of, what changes, and what is doubtful (R14, R17, R20).

One reading or none: an amount that could be of several lines, was written twice and differently, or is of a line that
does not exist is asked about and never spread.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from funding import fund_checks
from funding.amounts import UNITS
from funding.excel.known import Known
from funding.excel.met import Met
from funding.fund_checks import said
from funding.fund_lines import source_words
from funding.labels import MEASURES, STAGES
from funding.models import FundLine
from funding.services.fund_figures import FundEntry
from funding.sources import CONTAINS, FundKind
from projects.excel.lines import decimal_text
from projects.excel.readings import ERROR, WARNING, Issue
from projects.parts import PartCell

if TYPE_CHECKING:
    from funding.excel.reader import FundReader

#: Rules about an amount alone and last month's that the import tells; the others ask once it is stored.
TOLD = ("fund_falling", "fund_unit_slip")
PLANNED = "planned"


class FundJudge:
    """Judges what one reader met."""

    def __init__(self, reader: "FundReader", known: Known):
        self.reader, self.known = reader, known
        #: (line id, stage) → the amount taken for it.
        self.taken: dict[tuple[int, str], Met] = {}
        self.disputed: set[tuple[int, str]] = set()
        #: (place, table, code) → amounts that are asked about in one sentence.
        self.asked: dict[tuple, list[Met]] = defaultdict(list)
        self.cells: list[tuple[Met, FundLine | None]] = []
        self.without_lines: set[int] = set()

    def judge(self) -> None:
        """Put cells and issues on the reader."""
        for one in self._without_sums(self._settled()):
            self._take(one)
        for (_place, _table, code), met in self.asked.items():
            self._ask(code, met)
        for one, line in self.cells:
            if line is None or (line.pk, one.stage) not in self.disputed:
                cell = self._cell(one, line)
                self.reader.cells.setdefault(one.participant.pk, []).append(cell)

    # What is said once, twice, or as a sum.

    def _settled(self) -> list[Met]:
        """Return the amounts said once, in the order they were met; one said differently in two places is not taken."""
        by_key: dict[tuple, list[Met]] = {}
        for one in self.reader.met:
            by_key.setdefault(one.key, []).append(one)
        found = []
        for key, met in by_key.items():
            filled = [one for one in met if one.value is not None]
            if key in self.reader.refused:
                continue
            if len({one.value for one in filled}) > 1 or self._may_add_up(filled):
                self._say_twice(filled)
                continue
            chosen = filled[0] if filled else next((one for one in met if one.claims_none), met[0])
            chosen.remark = next((one.remark for one in met if one.remark), None)
            found.append(chosen)
        return found

    @staticmethod
    def _may_add_up(filled: list[Met]) -> bool:
        """Tell whether one amount stands in several rows of a table: written again, or to be added up, nobody knows."""
        rows = {(one.table, one.cell.row) for one in filled if one.value}
        return len({table for table, _row in rows}) < len(rows)

    def _say_twice(self, filled: list[Met]) -> None:
        first, last = filled[0], filled[-1]
        place = "!".join(part for part in (first.sheet, first.cell.address) if part)
        if first.value == last.value:
            words = f"{last.name}在{place}也写了{said(last.value)}，是同一笔还是要相加分不出，都没有读；请只写一处。"
        else:
            words = f"{last.name}在{place}写的是{said(first.value)}，这里是{said(last.value)}，不能重复，都没有读。"
        self._say(ERROR, "duplicate_row", last, words)

    def _without_sums(self, met: list[Met]) -> list[Met]:
        """Leave out sums of sources that stand beside their parts (R14), after comparing them."""
        groups: dict[tuple, list[Met]] = defaultdict(list)
        for one in met:
            groups[one.place, one.kind, one.stage].append(one)
        left_out: set[int] = set()
        for group in groups.values():
            for one in group:
                inner = CONTAINS.get(one.source or "total", ()) if not one.source_text else ()
                parts = [part for part in group if part is not one and (part.source in inner or part.source_text)]
                if one.value is None and parts:
                    left_out.add(id(one))
                elif one.value is not None and any(part.value is not None for part in parts):
                    left_out.add(id(one))
                    self._compare_sum(one, parts)
                elif one.value is not None:
                    left_out |= {id(part) for part in parts}
        return [one for one in met if id(one) not in left_out]

    def _compare_sum(self, one: Met, parts: list[Met]) -> None:
        present = {part.source for part in parts if part.value is not None}
        counted = [
            part
            for part in parts
            if part.value is not None
            # A sum of some of the parts stands for them.
            and not any(part.source in CONTAINS.get(other or "", ()) for other in present)
        ]
        total = sum((part.value for part in counted), Decimal(0))
        slack = _last_place(one) * len(counted) / 2
        if abs(total - one.value) > slack:
            words = f"{one.name}合计是{said(one.value)}，各来源相加是{said(total)}，请核对；合计不读取。"
            self._say(WARNING, "total_differs", one, words)

    # Which line.

    def _take(self, one: Met) -> None:
        """Put one amount on the cells read, with its line where it has exactly one."""
        lines = self._lines(one)
        if one.stage == PLANNED:
            self._compare_plan(one, lines)
            self.cells.append((one, None))
            return
        line = lines[0] if len(lines) == 1 else None
        if line is None:
            if one.value or (one.value is not None and lines):
                self._ask_about(one, lines)
            self.cells.append((one, None))
            return
        self._take_for(one, line)

    def _lines(self, one: Met) -> list[FundLine]:
        """Return the lines an amount may be of: those printed as the row says, else those of its source."""
        printed = [
            line
            for line in self.known.of(*one.place, kind=one.kind, source=None)
            if one.written and line.label == one.written
        ]
        if printed or one.source_text:
            return printed
        return self.known.of(*one.place, kind=one.kind, source=one.source)

    def _ask_about(self, one: Met, lines: list[FundLine]) -> None:
        """Note an amount without a line; where a unit has no money in the system at all, that is said once."""
        if one.participant.pk in self.known.units:
            self.asked[one.place, one.table, "fund_line_unclear" if lines else "fund_line_missing"].append(one)
        elif one.participant.pk not in self.without_lines:
            self.without_lines.add(one.participant.pk)
            words = f"系统里没有{one.participant.printed_name}的资金计划，表中的资金只列出来，不会存。"
            self._say(WARNING, "no_fund_lines", one, words)

    def _take_for(self, one: Met, line: FundLine) -> None:
        key = (line.pk, one.stage)
        before = self.taken.get(key)
        if before is not None:
            if one.value is None or one.value == before.value:
                return
            if before.value is not None:
                self.disputed.add(key)
                self._say_twice([before, one])
                return
            self.cells = [(met, other) for met, other in self.cells if met is not before]
        self.taken[key] = one
        self.cells.append((one, line))
        self._compare_stored(one, line)

    def _compare_stored(self, one: Met, line: FundLine) -> None:
        stored, planned = self.known.stored(line, one.stage), self.known.plans.get(line.pk)
        name = _line_name(one, line)
        if one.claims_none and planned:
            words = f"{name}填了“{one.cell.text.strip()}”，但系统里有计划{said(planned)}，按未填处理。"
            self._say(WARNING, "no_task_claimed", one, words)
        if one.value is None:
            if stored.value is not None:
                self._say(WARNING, "cleared", one, f"{name}原有{said(stored.value)}，表中空白，导入后清空。")
            return
        cell = fund_checks.FundCell(
            one.stage, one.value, planned=planned, last=stored.last, last_period=stored.last_period
        )
        for rule, text in fund_checks.remarks(cell):
            if rule.code in TOLD:
                self._say(WARNING, rule.code, one, f"{name}：{text.splitlines()[0]}")

    def _compare_plan(self, one: Met, lines: Iterable[FundLine]) -> None:
        """Say where the sheet's plan is not ours; it is never stored (R17)."""
        plans = [plan for line in lines if (plan := self.known.plans.get(line.pk)) is not None]
        ours = sum(plans, Decimal(0)) if plans else None
        if one.value is None:
            if one.claims_none and ours:
                words = f"{one.name}系统里是{said(ours)}，表中是“{one.cell.text.strip()}”，以系统为准。"
                self._say(WARNING, "plan_differs", one, words)
            return
        if one.participant.pk not in self.known.units:
            return
        if ours is None:
            if one.value:
                words = f"{one.name}表中是{said(one.value)}，系统里没有这笔计划；计划不从月报里读取。"
                self._say(WARNING, "plan_differs", one, words)
        elif abs(one.value - ours) > _last_place(one) / 2:
            words = f"{one.name}系统里是{said(ours)}，表中是{said(one.value)}，以系统为准。"
            self._say(WARNING, "plan_differs", one, words)

    def _ask(self, code: str, met: list[Met]) -> None:
        """Say in one sentence why amounts of one item are of no line, and what lines there are."""
        one = met[0]
        stages = "、".join(dict.fromkeys(f"{_source_of(each)}{MEASURES[each.stage]}" for each in met))
        lines = self.known.lines.get(one.place, [])
        listed = "、".join(source_words(line) for line in lines)
        if code == "fund_line_unclear":
            words = (
                f"{one.subject}在系统里有{len(lines)}条资金线（{listed}），表中的{stages}没有分开，"
                "不知道是哪一条，没有存；请按来源和类别分开填。"
            )
        else:
            there = f"系统里有的是{listed}" if lines else "系统里没有这一项的资金计划"
            words = f"{one.subject}的{stages}没有对应的资金线，{there}，没有存；请核对，或先录入资金计划。"
        self._say(ERROR, code, one, words)

    # What comes out.

    def _cell(self, one: Met, line: FundLine | None) -> PartCell:
        """Return the amount as pages, the command and the store take it."""
        sub_project = one.sub_project
        row = {
            "project_seq": sub_project.project.seq,
            "sub_item": sub_project.name,
            "kind": one.kind or (line.kind if line else FundKind.PROJECT.value),
            "source": (line.source if line and one.written and line.label == one.written else one.source) or "total",
            "stage": one.stage,
            "value_yuan": None if one.value is None else decimal_text(one.value),
            "sheet": one.sheet,
            "cell": one.cell.address,
        }
        shown = PartCell(
            part="funds",
            place=one.subject,
            label=f"{source_words(line) if line else _source_of(one)}{STAGES[one.stage]}",
            row=row,
            new="" if one.value is None else said(one.value),
            is_blank=one.value is None,
            sheet=one.sheet,
            cell=one.cell.address,
        )
        return shown if line is None else self._stored(shown, one, line)

    def _stored(self, shown: PartCell, one: Met, line: FundLine) -> PartCell:
        current = self.known.stored(line, one.stage).current
        value, remark = (current.value, current.remark) if current else (None, "")
        entry = FundEntry(
            line.pk,
            one.stage,
            one.value,
            remark=one.remark,
            sheet=one.sheet,
            cell=one.cell.address,
            base_version=current.version if current else 0,
        )
        return replace(
            shown,
            key=(line.pk, one.stage),
            old="" if value is None else said(value),
            is_changed=one.value != value or (one.remark is not None and one.remark != remark),
            version=entry.base_version,
            entry=entry,
        )

    def _say(self, severity: str, code: str, one: Met, words: str) -> None:
        issue = Issue(severity, code, words, self.reader.file, one.sheet, one.cell.address)
        self.reader.issues.setdefault(one.participant.pk, []).append(issue)


def _source_of(one: Met) -> str:
    """Return source and kind as the sheet has them."""
    return one.name.rpartition("的")[2].removesuffix(STAGES[one.stage])


def _line_name(one: Met, line: FundLine) -> str:
    return f"{one.subject}的{source_words(line)}{STAGES[one.stage]}"


def _last_place(one: Met) -> Decimal:
    """Return in 元 what one unit of the last written decimal is worth; 0 for a whole number, which is exact."""
    places = len(one.cell.text.strip().rstrip("元万亿").partition(".")[2])
    return Decimal(1).scaleb(UNITS.get(one.unit, 0) - places) if places >= 2 else Decimal(0)
