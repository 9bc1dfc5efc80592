"""A table of 25,000 rows and 20 columns as a workbook: ours beside openpyxl's write-only mode, and through a real page.

Each in a child process of its own, for its memory. The writers are compared by their processor time, since neither
waits for anything; openpyxl writes the bare values, ours also formats, borders, heads and print settings. The page is
the audit trail, which is read from PostgreSQL while it is written.
"""

import io
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import openpyxl
from django.test import Client
from django.urls import reverse
from openpyxl.cell import WriteOnlyCell

from benchmarks.measure import Result, in_child
from livelihood.models import AuditEvent, RoleGrant, User
from livelihood.workbooks import Column, Sheet, workbook_file
from supervision.synthetic.synthetic_database import DEFAULT_DATABASE, synthetic_database

ROWS, SMALL_ROWS = 25_000, 250
#: Number, two names, fifteen numbers, a state, and a remark in every second row.
COLUMNS = 20


def run(*, repeats: int, small: bool) -> list[Result]:
    """Measure the writers on made-up rows, and the page on the small synthetic database."""
    rows = SMALL_ROWS if small else ROWS
    with synthetic_database(f"{DEFAULT_DATABASE}_small"):
        return [*measure_writers(rows, repeats), *measure_page(rows, repeats)]


def made_up(rows: int) -> Iterator[list]:
    """Yield the rows one by one, as a cursor would."""
    for number in range(rows):
        names = [f"农村道路畅通工程{number % 33}", f"太和县{number % 105}"]
        numbers = [Decimal(number * 17 + place).scaleb(-2) for place in range(COLUMNS - 5)]
        yield [number + 1, *names, *numbers, "未达时序" if number % 3 else "已完成", None if number % 2 else "备注"]


def ours(rows: int) -> None:
    """Write the rows as every export of the product does."""
    columns = [Column("序号", 6), Column("项目", 24), Column("单位", 12)]
    columns += [Column(f"第{place}列", 12, is_number=True) for place in range(COLUMNS - 5)]
    columns += [Column("状态", 10), Column("备注", 20)]
    with workbook_file([Sheet("表", "演示", columns, made_up(rows), facts="演示数据", is_demo=True)]) as file:
        _require_content(file.seek(0, io.SEEK_END), rows)


def bare(rows: int) -> None:
    """Write the rows by openpyxl, values alone."""
    _by_openpyxl(rows, lambda sheet, value: value)


def formatted(rows: int) -> None:
    """Write the rows by openpyxl with a number format each, which is a part of what ours have."""

    def cell(sheet, value):
        made = WriteOnlyCell(sheet, value)
        if isinstance(value, Decimal):
            made.number_format = "#,##0.00"
        return made

    _by_openpyxl(rows, cell)


def _by_openpyxl(rows: int, cell: Callable) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("表")
    for values in made_up(rows):
        sheet.append([cell(sheet, value) for value in values])
    file = io.BytesIO()
    book.save(file)
    _require_content(file.tell(), rows)


def _require_content(size: int, rows: int) -> None:
    if size < rows * COLUMNS:
        raise AssertionError(f"{size} bytes are no workbook of {rows} rows")


def measure_writers(rows: int, repeats: int) -> list[Result]:
    """Write the same rows three ways, in turn."""
    times, growth = {}, {}
    for _ in range(repeats):
        for work in (ours, bare, formatted):
            _, grown, cpu = in_child(lambda work=work: _timed(work, rows))
            times.setdefault(work, []).append(float(cpu))
            growth.setdefault(work, []).append(grown)
    name = f"Export {rows:,} × {COLUMNS}"
    ratios = [one / other for one, other in zip(times[ours], times[bare], strict=True)]
    return [
        Result(name, times[ours], "CPU s", note="with formats, borders and print settings"),
        Result(name, times[bare], "CPU s", note="bare values by openpyxl's write-only mode"),
        Result(name, times[formatted], "CPU s", note="with number formats by openpyxl's write-only mode"),
        Result("Export ÷ openpyxl's bare values", ratios, "×", bar=1),
        Result(name, growth[ours], "MiB", bar=95, note="growth of the process's memory (100 MB)"),
        Result(name, growth[bare], "MiB", note="the same of openpyxl"),
    ]


def _timed(work: Callable[[int], None], rows: int) -> str:
    begun = time.process_time()
    work(rows)
    return str(time.process_time() - begun)


def measure_page(rows: int, repeats: int) -> list[Result]:
    """Let the auditor export as many events, from the request to the last byte."""
    auditor = _auditor()
    _fill_trail(auditor, rows)
    client = Client(headers={"host": "localhost"})
    client.force_login(auditor)
    newest = AuditEvent.objects.filter(target_id__startswith="made-up-").latest("id")
    address = f"{reverse('admin:livelihood_auditevent_export')}?at__lte={newest.at.isoformat().replace('+', '%2B')}"
    found = [in_child(lambda: _fetched(client, address)) for _ in range(repeats)]
    name = f"Audit trail of {rows:,} events from PostgreSQL through its page"
    return [
        Result(name, [float(cpu) for _, _, cpu in found], "CPU s", note="processor time of the web process"),
        Result(name, [took for took, _, _ in found], "s", note="from the request to the last byte"),
        Result(name, [grown for _, grown, _ in found], "MiB", bar=95, note="growth of the process's memory (100 MB)"),
    ]


def _auditor() -> User:
    """Return somebody who may read the trail."""
    person, is_new = User.objects.get_or_create(username="measured_auditor", defaults={"full_name": "演示审计员"})
    if is_new:
        RoleGrant.objects.create(user=person, role="auditor", granted_by=User.objects.system())
    return person


def _fill_trail(person: User, rows: int) -> None:
    """Bring the trail to its length; what is recorded can never be taken away again."""
    missing = rows - AuditEvent.objects.count()
    AuditEvent.objects.bulk_create(
        (
            AuditEvent(
                by=person,
                verb="change",
                target_label="agency",
                target_id=f"made-up-{number}",
                before={"name": f"某局{number}"},
                after={"name": f"某局{number + 1}", "note": "=1+1"},
                reason="演示数据",
            )
            for number in range(missing)
        ),
        batch_size=2000,
    )


def _fetched(client: Client, address: str) -> str:
    begun = time.process_time()
    response = client.get(address)
    if response.status_code != 200:
        raise AssertionError(f"{address} answered {response.status_code}")
    _require_content(sum(len(part) for part in response.streaming_content), 1)
    return str(time.process_time() - begun)
