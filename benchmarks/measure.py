"""What a measurement is, and the table it is published in: medians with their spread, also when they are bad."""

import os
import platform
import re
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

HEAD = """# Performance

Written by `make bench`; every run replaces the whole file, `python -m benchmarks --only PART --update` the lines of a
part. Medians of the runs, in brackets the smallest and the
largest. Ratios are taken pair by pair within one run, since a shared machine drifts between runs.

{machine}

| Measurement | Median (spread) | Bar | Met |
|---|---|---|---|
"""

FOOT = """
## How imports are measured

One workbook of one sheet, a row per unit and indicator with the unit in its first column: 1,000 rows are a dozen
units, 10,000 some 120, each with a report of its own. All ways find the same database, analysed, the reports begun and
empty. They are run in turn, the stock way last, each in a process of its own whose modules are loaded and whose
connection stands; it is taken back after the clock has stopped, and only then is its sum compared. What
PostgreSQL leaves to the commit (foreign keys) is therefore in none of them.

- **This product** reads the file in a bare process, finds each row's unit and indicator, judges the figures against
  targets and last month, and stores them with revisions, flags, content hashes, audit events and the submission of
  each report, in one go as `import_return --commit` does. The pages show it first and read the kept cells again when
  it is confirmed; that is the second line, and for reading.
- **django-import-export, stock** is a ModelResource as its documentation says: names by `ForeignKeyWidget`, preview
  and confirm, two passes over the file. A row costs seven statements in each: both names twice, the stored figure,
  the report, the figure.
- **Tuned** is the same with bulk writes, names, reports and stored figures read once, and no diff. Neither keeps flags,
  hashes or audit; the revisions are the table's own triggers', as everywhere. Both believe the file: openpyxl reads it
  in the process of the caller, without limits, and no cell is held against a target.
- **The floor** reads the file once by calamine, looks names up, COPY into a temporary table, one upsert; nothing is
  checked and nothing but the figure and its revision is left. A report's cells are not even compared.

The growth of a process's peak is that of its largest resident size; the process that parses begins with the size of
the one that started it. `make bench` takes 1,000 rows, `make bench-long` 10,000, where the stock way runs once.

Where the processor's time of one import goes, in milliseconds (2026-11-22 13:05 UTC, the smallest of three runs while
others used both cores, and so above what a quiet machine takes):

| Part | 1,000 rows | 10,000 rows |
|---|---|---|
| The bare process: Python and its modules (some 45), guard, calamine, marks, cells as JSON | 86 | 225 |
| Cells taken over; names of units and indicators | 14 | 28 |
| Targets, last month's and stored figures of the units the file names | 19 | 82 |
| Tables, heads, what the columns are; sums and strays | 16 | 134 |
| Rows: unit and indicator of each | 17 | 136 |
| Judging: amount, unit, target, rate and last month beside it, what is odd | 31 | 287 |
| What the cells' own rules refuse; the shares of the reports | 12 | 73 |
| Storing: the reports, locked, and what stands in them read again | 22 | 96 |
| Storing: every cell asked again under the lock, and settled | 7 | 81 |
| Storing: the upsert's parameters and answer | 4 | 38 |
| Storing: flags | 7 | 89 |
| Storing: other parts, batch, audit events | 10 | 56 |
| Submission: content hashes, what is missing, state, audit | 36 | 107 |
| The rest of the process | 19 | 86 |
| PostgreSQL; of 10,000 rows some 250 are the upsert with its revisions | 88 | 392 |
| **All** | **388** | **1,910** |
| The floor, measured beside it | 40 | 228 |
| django-import-export, tuned, measured beside it | 690 | 6,460 |

So the bar against the floor is missed: three times it are 120 and 680 ms, and the bare process and PostgreSQL alone
take 174 and 617. With 1,000 rows what does not grow with
them (the bare process's start, 45 statements) is half of it, and keeps it from a third of the tuned way.

## How standings are measured

In a database of its own with made-up figures. The line with 考核项 of all kinds is the same statement under a scheme of
every kind of component: rates, money, returns, milestones, marks, 末位 and what is put on or taken off, with made-up
marks, findings and overdue 整改 behind it. The page of one unit reads closed months from their snapshots and works this
month out once: of eight months of 105 × 80 it asked 62 statements of together 4.4 s where the statement ran for every
month, and now 32 of 0.7 s (both at load 10, where a quiet machine takes a fraction).

## How entry is measured

Browser, web server (two gunicorn processes, as the Procfile starts it), PostgreSQL and the clients share the
machine's cores.

- **Pastes.** A `paste` event with the text in a real Chromium; the clock stops when the page itself says that
  nothing is left to send. It includes the pause in which the page collects changes (0.6 s). Afterwards every
  cell is looked up in the database. The values are last month's and a little more, new in every run; the first
  paste is not counted.
- **Clerks at once.** Each has a session, a county and a report of their own; all send at the same moment, six
  rounds, and every answer must say saved. A save is the whole of it: session, rights, lock, figures, revisions,
  checks with 勾稽关系, audit, and the reply with rates and counts computed anew.
- **A trivial database write on the same server** can mean two things, so both are there. A logout is the
  smallest POST of ours that writes: session, person, CSRF, one DELETE, through the same processes; the bar is
  held against it. One INSERT and COMMIT per open connection, with no web server, is for reading: no page can
  come near it.

## How exports are measured

Each in a child process of its own, on made-up rows that come one by one. The writers are compared by processor time,
since neither waits for anything; openpyxl runs with lxml. Memory is the growth of the resident peak beyond the process
with the product loaded, which is some 95 MiB by itself. The audit trail goes through its real page: session, rights,
the list's filters, a server-side cursor, the file, its last byte.

## How the close is measured

Eight units and 131 indicators with a year's months, in a database of its own. The month is closed as the job does it,
then every queued file is made in the worker's order: the 通报 and as many letters as an office lets a close draft
(ten), each as .docx and .pdf, tables as .xlsx. The papers of one close go through one run of LibreOffice, whose
profile was made before; the first .pdf on a new machine takes some two seconds more. Each run is taken back.
"""


@dataclass
class Result:
    """One line of the table: values of the runs in `unit`, and the bar they are held against (None: for reading)."""

    name: str
    values: list[float]
    unit: str
    bar: float | None = None
    note: str = ""
    median: float = field(init=False)

    def __post_init__(self):
        self.median = statistics.median(self.values)

    @property
    def is_met(self) -> bool:
        return self.bar is None or self.median <= self.bar

    def spread(self) -> str:
        return f"{self.median:.2f} {self.unit} ({min(self.values):.2f}–{max(self.values):.2f})"

    @property
    def label(self) -> str:
        """Return the first cell of the line."""
        return f"| {self.name}{': ' + self.note if self.note else ''} |"

    def line(self) -> str:
        """Return the line of the table."""
        bar = "" if self.bar is None else f"≤ {self.bar:g} {self.unit}"
        met = "" if self.bar is None else "yes" if self.is_met else "**no**"
        return f"{self.label} {self.spread()} | {bar} | {met} |"


def seconds(work: Callable[[], object]) -> float:
    """Return how long the work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def in_child(work: Callable[[], str]) -> tuple[float, float, str]:
    """Do the work in a fresh process; return its seconds, the growth of its memory's peak in MiB, and its result.

    Imports and the connection are made before the clock starts.
    """
    context = get_context("fork")
    answers = context.SimpleQueue()
    process = context.Process(target=_child, args=(work, answers))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"{work} ended with {process.exitcode}")
    return answers.get()


def _child(work, answers) -> None:
    from django.db import connections

    for connection in connections.all():
        # The parent's socket stays the parent's.
        connection.connection = None
    connections["default"].ensure_connection()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    result = work()
    took = time.perf_counter() - begun
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    answers.put((took, grown / 1024, result))


def machine() -> str:
    """Return one sentence saying where and when the figures were taken."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        server = cursor.fetchone()[0].split()[0]
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(tz=UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} × {model}, {memory} GiB, Python "
        f"{platform.python_version()}, PostgreSQL {server} with default memory settings, load {load:.1f} at the end."
    )


def write_report(path: Path, results: list[Result]) -> None:
    """Replace the table in docs/performance.md."""
    path.write_text(HEAD.format(machine=machine()) + "\n".join(result.line() for result in results) + "\n" + FOOT)


def update_report(path: Path, results: list[Result], *, part: str) -> None:
    """Replace the lines of one part, add those that are new, and say when and under which load they were measured."""
    lines = path.read_text().splitlines()
    # Other tables come further down.
    end = lines.index("", next(number for number, line in enumerate(lines) if line.startswith("| Measurement |")))
    for result in results:
        place = next((number for number, line in enumerate(lines) if line.startswith(result.label)), None)
        if place is None:
            lines.insert(end, result.line())
            end += 1
        else:
            lines[place] = result.line()
    said = f"Lines of `{part}`, measured by themselves: "
    lines = [line for line in lines if not line.startswith(said)]
    table = next(number for number, line in enumerate(lines) if line.startswith("| "))
    lines[table:table] = [f"{said}{machine()}", *([] if lines[table - 1] else [""])]
    # A line that was said anew leaves the blank one it stood above.
    path.write_text(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n")
