"""Rates and sums printed beside amounts are no data: they are computed again and compared (R17)."""

from collections.abc import Iterable
from decimal import Decimal

from funding.amounts import UNITS
from funding.excel import heads
from funding.excel.cells import CellRefused, said_of
from funding.excel.known import Known
from funding.excel.met import Met
from funding.fund_checks import said
from funding.labels import STAGES
from projects.excel.judging import printed_rates
from projects.excel.lines import decimal_text
from projects.excel.part_tables import PartTable
from projects.excel.readings import WARNING
from projects.excel.sums import possible_sums
from projects.excel.workbook import Cell

#: A bare number below this may be a ratio.
FAR_ABOVE_ONE = 3
#: participant id (None: the file), severity, code, cell, sentence.
Finding = tuple[int | None, str, str, Cell, str]
#: What a rate may be measured against, whatever its label says.
_AGAINST = {
    "received": ("planned",),
    "disbursed": ("planned", "received"),
    "spent": ("disbursed", "received", "planned"),
}


def check_rates(table: PartTable, met: Iterable[Met], known: Known) -> list[Finding]:
    """Return the printed rates no denominator explains within one unit of their last place."""
    by_row: dict[tuple, dict[str, Met]] = {}
    for one in met:
        if one.value is not None:
            by_row.setdefault((one.cell.row, one.place, one.source), {})[one.stage] = one
    found = []
    for row in table.rows:
        for column in row.columns if row.sub_project is not None else ():
            head = table.marks[column]
            if head.role != heads.RATE or head.stage not in _AGAINST:
                continue
            place = (row.participant.pk, row.sub_project.pk)
            source = None if head.source == "total" else head.source
            amounts = by_row.get((row.row, place, source), {})
            cell = table.cell(row.row, column)
            if head.stage in amounts and not _explains(cell, head, amounts, known):
                words = (
                    f"{amounts[head.stage].name}率按{said(amounts[head.stage].value)}算不是{_shown(cell)}，请核对；"
                    "比率不读取，由系统重新计算。"
                )
                found.append((row.participant.pk, WARNING, "rate_differs", cell, words))
    return found


def _explains(cell: Cell, head: heads.Head, amounts: dict[str, Met], known: Known) -> bool:
    """Tell whether the amounts give the printed rate, or nothing can be said of it."""
    printed = _printed(cell)
    actual = amounts[head.stage]
    against = (head.divided_by,) if head.divided_by in amounts else _AGAINST[head.stage]
    bases = [amounts[stage].value for stage in against if stage in amounts]
    lines = known.of(*actual.place, kind=actual.kind, source=actual.source)
    plans = [known.plans.get(line.pk) for line in lines]
    if "planned" in against and plans and None not in plans:
        bases.append(sum(plans, Decimal(0)))
    expected = [actual.value / base * 100 for base in bases if base]
    if not printed or not expected:
        return True
    expected += [Decimal(100)] * any(rate > 100 for rate in expected)
    return any(abs(rate - one) <= Decimal(1).scaleb(-min(places, 4)) for rate, places in printed for one in expected)


def _printed(cell: Cell) -> list[tuple[Decimal, int]]:
    """Return the rates in per cent a cell may mean with their places: a bare 0.8 is 80 % as well."""
    found = printed_rates(cell)
    if not cell.is_percent and "%" not in cell.text:
        found += [(number * 100, max(0, places - 2)) for number, places in found if 0 < number < FAR_ABOVE_ONE]
    return found


def check_sums(table: PartTable, met: Iterable[Met]) -> list[Finding]:
    """Return the rows of sums that are not the sum of their rows."""
    by_column: dict[int, list[Met]] = {}
    for one in met:
        if one.value is not None:
            by_column.setdefault(one.cell.column, []).append(one)
    totals = sorted({row.row for row in table.rows if row.sub_project is None})
    found = []
    for row in (row for row in table.rows if row.sub_project is None):
        for column in row.columns:
            if table.marks[column].role != heads.AMOUNT or column not in by_column:
                continue
            cell, parts = table.cell(row.row, column), _counted(by_column[column])
            unit = by_column[column][0].unit
            try:
                total = said_of(cell, unit).value
            except CellRefused:
                continue
            sums = possible_sums(row.row, [(one.cell.row, one.value) for one in parts], totals)
            slack = _step([cell, *(one.cell for one in parts)], unit) * len(parts) / 2
            if total is not None and sums and all(abs(total - one) > slack for one in sums):
                words = (
                    f"{STAGES[table.marks[column].stage]}合计是{said(total)}，各行相加是{said(sums[0])}，"
                    "请核对；合计不读取。"
                )
                found.append((None, WARNING, "total_differs", cell, words))
    return found


def _counted(met: list[Met]) -> list[Met]:
    """Return the amounts that count in a column's sum: not the sum of a place's sources beside them."""
    split = {one.place for one in met if one.source or one.source_text}
    return [one for one in met if one.source or one.source_text or one.place not in split]


def _step(cells: list[Cell], unit: str) -> Decimal:
    """Return the last place of the written numbers in 元; 0 for whole ones, which are not rounded."""
    places = max(len(cell.text.partition(".")[2]) for cell in cells)
    return Decimal(1).scaleb(UNITS.get(unit, 0) - places) if places else Decimal(0)


def _shown(cell: Cell) -> str:
    return f"{decimal_text(Decimal(cell.text) * 100)}%" if cell.is_percent else cell.text.strip()[:30]
