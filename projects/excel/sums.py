"""Rows of sums in a sheet are no data: they are added up again and compared (R17)."""

from decimal import Decimal

from projects.excel.amounts import AmountRefused, amount_of
from projects.excel.blocks import Block
from projects.excel.columns import plain
from projects.excel.lines import Line, decimal_text
from projects.excel.readings import WARNING, Issue
from projects.excel.row_outcome import Rows
from projects.models import Participant


def check_sums(block: Block, rows: Rows, file: str) -> list[Issue]:
    """Return where a row of sums, or the whole's row of a summed indicator, is not the sum of its rows."""
    found = []
    for row, group, indicator, seq in _sum_rows(rows):
        for column, what in ((group.target, "目标"), (group.value, "累计完成")):
            if column is None:
                continue
            total = _number(block, row, column, indicator)
            if total is None:
                continue
            parts = [
                (entry.row, number)
                for entry in rows.entries
                if entry.group is group and entry.row != row and not _is_whole(entry.participant)
                if indicator is None or entry.item.indicator == indicator
                if seq is None or entry.item.seq == seq
                if (number := _number(block, entry.row, column, indicator)) is not None
            ]
            sums = possible_sums(row, parts, [one[0] for one in _sum_rows(rows)])
            # Each rounded part may be off by half of its last place.
            slack = _step(total, [number for _row, number in parts]) * len(parts) / 2
            if sums and all(abs(total - one) > slack for one in sums):
                cell = block.sheet.cell(row, column)
                name = f"“{indicator.name}”的" if indicator is not None else ""
                words = (
                    f"{name}{what}合计是{decimal_text(total)}，各行相加是{decimal_text(sums[0])}，请核对；合计不读取。"
                )
                found.append(Issue(WARNING, "total_differs", words, file, block.sheet.name, cell.address))
    return found


def _sum_rows(rows: Rows) -> list[tuple]:
    """Return the rows of sums: (row, group, indicator or None, number of the project or None)."""
    totals = [
        (total.row, total.group, total.item.indicator if total.item else None, total.seq) for total in rows.totals
    ]
    wholes = [
        (entry.row, entry.group, entry.item.indicator, None)
        for entry in rows.entries
        if _is_whole(entry.participant) and entry.item.indicator.additive
    ]
    return totals + wholes


def possible_sums(row: int, parts: list[tuple[int, Decimal]], totals: list[int]) -> list[Decimal]:
    """Return what a row of sums may rightly be: of all rows, of those since the sum before, of those until the next."""
    before = max((one for one in totals if one < row), default=0)
    after = min((one for one in totals if one > row), default=10**9)
    choices = [
        [number for _one, number in parts],
        [number for one, number in parts if before < one < row],
        [number for one, number in parts if row < one < after],
    ]
    return [sum(numbers, Decimal(0)) for numbers in choices if numbers]


def _is_whole(participant) -> bool:
    return participant is not None and participant.kind == Participant.Kind.WHOLE


def _number(block: Block, row: int, column: int, indicator) -> Decimal | None:
    cell = block.sheet.cell(row, column)
    if cell.kind not in ("number", "text") or cell.is_percent:
        return None
    if indicator is not None:
        try:
            return amount_of(Line(indicator, None, None, None, None), cell).value
        except AmountRefused:
            return None
    try:
        return Decimal(plain(cell.text).replace(",", ""))
    except ArithmeticError:
        return None


def _step(total: Decimal, numbers: list[Decimal]) -> Decimal:
    """Return the last place of rounded numbers; 0 for whole ones, which are counted and not rounded."""
    places = max(-number.as_tuple().exponent for number in [total, *numbers])
    return Decimal(1).scaleb(-places) if places > 0 else Decimal(0)
