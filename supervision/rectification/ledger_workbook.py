"""The ledger as a workbook: 问题、任务、标准、责任 in one table, as offices keep it."""

from collections.abc import Iterator

from django.utils import timezone

from livelihood.workbooks import Column, Marked, Sheet
from supervision.rectification.ledger import Ledger, LedgerRow, file_counts, last_steps

#: Some 250 characters in all: on an A3 sheet the type stays near 9 pt, and long texts take more lines.
_COLUMNS = [
    Column(("整改台账", "编号"), 5, is_number=True),
    Column(("整改台账", "来源"), 14),
    Column(("整改台账", "项目"), 14),
    Column(("整改台账", "考核单位"), 9),
    Column(("问题清单", "问题"), 24),
    Column(("问题清单", "原因"), 18),
    Column(("任务清单", "任务"), 18),
    Column(("任务清单", "措施"), 20),
    Column(("标准清单", "标准"), 18),
    Column(("责任清单", "责任单位"), 11),
    Column(("责任清单", "责任人"), 9),
    Column(("责任清单", "整改时限"), 11),
    Column(("整改情况", "状态"), 8),
    Column(("整改情况", "时限"), 11),
    Column(("整改情况", "最近进展"), 20),
    Column(("整改情况", "佐证前/后"), 9),
    Column(("整改情况", "验收意见"), 16),
    Column(("整改情况", "销号日期"), 11),
    Column(("整改情况", "复发"), 5, is_number=True),
]


def ledger_sheet(ledger: Ledger, *, facts: str) -> Sheet:
    """Return the chosen lines as a sheet."""
    return Sheet(
        name="整改台账",
        title=f"{ledger.programme.name}整改台账（问题、任务、标准、责任清单）",
        columns=_COLUMNS,
        rows=_rows(ledger),
        facts=facts,
        is_demo=ledger.programme.is_demo,
        frozen=2,
        most_lines=12,
    )


def _rows(ledger: Ledger) -> Iterator[list]:
    items = [row.item for row in ledger.rows]
    files, steps = file_counts(items), last_steps(items)
    for row in ledger.rows:
        step = steps.get(row.item.pk)
        yield _row(row, files.get(row.item.pk, (0, 0)), f"{step.get_kind_display()}：{step.text}" if step else "")


def _row(row: LedgerRow, files: tuple[int, int], last: str) -> list:
    item = row.item
    source = f"{item.get_source_display()} {item.source_note}".strip()
    return [
        item.seq,
        source,
        f"{item.project.seq} {item.project.name}" if item.project else None,
        str(item.participant) if item.participant else None,
        item.problem,
        item.cause or None,
        item.task or None,
        item.measures or None,
        item.standard or None,
        str(item.agency or item.participant or "") or None,
        item.person or None,
        item.deadline,
        item.get_state_display(),
        Marked(row.light.words, "red" if row.light.colour == "red" else ""),
        last or None,
        f"{files[0]} / {files[1]}",
        item.verification or None,
        timezone.localdate(item.closed_at) if item.closed_at else None,
        item.recurrence or None,
    ]
