"""A return of thousands of rows: this product, django-import-export stock and tuned, and the floor, on one file."""

import io
import resource
import tempfile
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random

import xlsxwriter
from django.db import connection, connections, transaction
from python_calamine import CalamineWorkbook

from benchmarks.import_export_return import FigureResource, TunedFigureResource, import_by, stored_sum
from benchmarks.measure import Result
from livelihood.collector import paused_collector
from livelihood.models import User
from projects.models import Figure, Indicator, Programme, Report, ReportingPeriod, Target
from projects.services.imports import Review, import_returns, kept_cells, review_returns
from supervision.synthetic.synthesis import synthesise
from supervision.synthetic.synthetic_database import CODE_PREFIX, DEFAULT_DATABASE, OWNER, synthetic_database

#: (participants, indicators, months) of the programme, large enough for the rows wanted.
SIZE, SMALL_SIZE = (130, 100, 2), (4, 40, 2)
ROWS, LONG_ROWS, SMALL_ROWS = 1_000, 10_000, 100
HEADS = ["考核单位", "序号", "项目", "指标", "计量单位", "目标任务", "累计完成", "备注"]

#: The ways, in the order they are printed, and what is said of them.
NOTES = {
    "this product": "this product, read, checked and stored",
    "this product, shown and then confirmed": "this product, shown and then confirmed",
    "django-import-export, stock": "django-import-export, stock, preview and confirm",
    "django-import-export, tuned": "django-import-export, tuned, preview and confirm",
    "the floor": "the floor: calamine, COPY, one upsert",
}

#: The floor: nothing is checked, nobody is asked, no revision but the table's own trigger.
UPSERT = """
INSERT INTO figure (period_id, participant_id, indicator_id, report_id, state, value, text, remark, version, origin,
                    sheet, cell, updated_at, updated_by_id)
SELECT %(period)s, n.participant_id, n.indicator_id, r.id, 'reported', n.value, '', '', 1, 'excel', '', '', now(),
       %(by)s
FROM incoming n JOIN report r ON r.period_id = %(period)s AND r.participant_id = n.participant_id
ON CONFLICT (period_id, participant_id, indicator_id) DO UPDATE SET value = excluded.value
WHERE figure.value IS DISTINCT FROM excluded.value
"""


def run(*, repeats: int, small: bool, long: bool = False) -> list[Result]:
    """Measure on a database of its own; every run is taken back, so that the next meets the same data."""
    rows = SMALL_ROWS if small else LONG_ROWS if long else ROWS
    with synthetic_database(f"{DEFAULT_DATABASE}_imports{'_small' if small else ''}"):
        period, by = _period(*(SMALL_SIZE if small else SIZE)), User.objects.system()
        with tempfile.TemporaryDirectory(prefix="return-") as folder:
            path = Path(folder) / "return.xlsx"
            expected = write_return(path, period, rows)
            ways = {
                "this product": lambda: import_here(path, period, by),
                "this product, shown and then confirmed": lambda: import_shown(path, period, by),
                "django-import-export, tuned": lambda: import_by(TunedFigureResource, path, period, by),
                "the floor": lambda: import_bare(path, period, by),
            }
            # All plans are made from the same statistics, in which the new month has no figure yet.
            with connections[OWNER].cursor() as cursor:
                cursor.execute("ANALYZE")
            # In turn, so that what the machine does beside it meets all of them.
            taken = {name: [] for name in ways}
            for _ in range(repeats):
                for name, way in ways.items():
                    taken[name].append(_measured(way, period, expected))
            # The slow one is no slower in its second run.
            name = "django-import-export, stock"
            stock = partial(import_by, FigureResource, path, period, by)
            taken[name] = [_measured(stock, period, expected) for _ in range(1 if rows > ROWS else min(repeats, 3))]
    return _results(rows, taken)


def _results(rows: int, taken: dict[str, list]) -> list[Result]:
    size = f"Return of {rows:,} rows"
    found = []
    for name, note in NOTES.items():
        found.append(Result(size, [one[0] for one in taken[name]], "s", note=note))
        found.append(Result(size, [one[1] for one in taken[name]], "MiB", note=f"{name}, growth of the process's peak"))
        if name == "this product":
            found.append(Result(size, [one[2] for one in taken[name]], "MiB", note="peak of the process that parses"))
    ours = [one[0] for one in taken["this product"]]
    median = sorted(ours)[len(ours) // 2]
    for name, bar in (
        ("django-import-export, stock", 1 / 20),
        ("django-import-export, tuned", 1 / 3),
        ("the floor", 3),
    ):
        others = [one[0] for one in taken[name]]
        pairs = list(zip(ours, others, strict=False)) if len(others) > 1 else [(median, others[0])]
        ratios = [one / other for one, other in pairs]
        found.append(Result(f"Import of {rows:,} rows ÷ {name}", ratios, "×", bar=bar))
    return found


def _period(participants: int, indicators: int, months: int) -> ReportingPeriod:
    """Return an open month without reports, after those of a made-up programme."""
    programmes = Programme.objects.filter(code__startswith=f"{CODE_PREFIX}{participants}x{indicators}-")
    if not programmes.exists():
        synthesise(participants=participants, indicators=indicators, months=months)
    programme = programmes.get()
    period, _ = ReportingPeriod.objects.get_or_create(
        programme=programme,
        kind=ReportingPeriod.Kind.MONTH,
        ends_on=date(programme.year, months + 1, 31),
        defaults={
            "starts_on": date(programme.year, 1, 1),
            "as_of": date(programme.year, months + 1, 31),
            "due_at": datetime(programme.year, months + 2, 5, 10, tzinfo=UTC),
        },
    )
    return period


def write_return(path: Path, period: ReportingPeriod, rows: int) -> str:
    """Write a city's sheet, a row per unit and indicator, a little more than the month before; return `stored_sum`."""
    random = Random(2020)
    before = ReportingPeriod.objects.filter(programme=period.programme, ends_on__lt=period.ends_on).latest("ends_on")
    last = dict(_by_cell(Figure.objects.filter(period=before, value__isnull=False)))
    targets = Target.objects.filter(indicator__sub_project__project__programme=period.programme, value__isnull=False)
    targets = (
        targets.exclude(participant__kind="whole")
        .select_related("participant", "indicator__sub_project__project")
        .order_by("participant__order", "indicator__order")[:rows]
    )
    values = []
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("月报")
        sheet.write_row(0, 0, HEADS)
        for row, target in enumerate(targets, 1):
            indicator = target.indicator
            value = last.get((target.participant_id, indicator.pk), target.value / 6)
            if indicator.accumulation == "flow":
                value = value * random.randrange(105, 150) / 100 + 1
            if indicator.unit == "%":
                value = max(value, Decimal(5))  # 0.7 would be asked about: 0.7 % or 70 %?
            value = round(value, indicator.decimals)
            values.append(value)
            project = indicator.sub_project.project
            names = [target.participant.printed_name, project.seq, project.name, indicator.name, indicator.unit]
            sheet.write_row(row, 0, [*names, float(target.value), float(value), "演示数据"])
    if len(values) != rows:
        raise AssertionError(f"the programme has {len(values)} rows, not {rows}")
    return f"{len(values)}:{sum(values, Decimal(0)):.6f}"


def _by_cell(figures):
    return ((tuple(key), value) for *key, value in figures.values_list("participant_id", "indicator_id", "value"))


@paused_collector()
def import_here(path: Path, period: ReportingPeriod, by: User) -> None:
    """Read, check, compare and store in one go, as `import_return --commit` does."""
    import_returns(review=_reviewed(path, period), by=by)


def import_shown(path: Path, period: ReportingPeriod, by: User) -> None:
    """Read and show, then read what was parsed again and store it, as the pages do."""
    kept_cells(path).unlink(missing_ok=True)
    shown = _reviewed(path, period, keep_cells=True)
    review = _reviewed(path, period, keep_cells=True)
    if review.fingerprint != shown.fingerprint:
        raise AssertionError("what was shown is not what would be stored")
    import_returns(review=review, by=by)


def _reviewed(path: Path, period: ReportingPeriod, **options) -> Review:
    review = review_returns(files=[(path, path.name)], programme=period.programme, period=period, **options)
    if review.errors:
        raise AssertionError(review.errors[0].sentence)
    return review


def import_bare(path: Path, period: ReportingPeriod, by: User) -> None:
    """Parse, look names up, COPY, one upsert: less cannot be done."""
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    units = dict(period.programme.participants.values_list("printed_name", "pk"))
    indicators = {row.name: row.pk for row in Indicator.objects.of_programme(period.programme)}
    lines = "".join(f"{units[row[0]]}\t{indicators[row[3]]}\t{row[6]}\n" for row in rows[1:])
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE incoming (participant_id bigint, indicator_id bigint, value numeric) ON COMMIT DROP"
        )
        cursor.copy_expert("COPY incoming FROM STDIN", io.StringIO(lines))
        cursor.execute(UPSERT, {"period": period.pk, "by": by.pk})


def _measured(way, period: ReportingPeriod, expected: str) -> tuple[float, float, float]:
    """Return seconds, growth of the memory's peak and the peak of the process's own children, both in MiB."""
    context = get_context("fork")
    answers = context.SimpleQueue()
    process = context.Process(target=_child, args=(way, period, answers))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"an import ended with {process.exitcode}")
    took, grown, children, stored = answers.get()
    if stored != expected:
        raise AssertionError(f"stored {stored}, not {expected}")
    return took, grown, children


def _child(way, period: ReportingPeriod, answers) -> None:
    for one in connections.all():
        # The parent's socket stays the parent's.
        one.connection = None
    with transaction.atomic():
        # A figure hangs on its unit's report; the ways that do not know of reports find them begun.
        units = period.programme.participants.exclude(kind="whole")
        Report.objects.bulk_create(Report(period=period, participant=unit, state="draft") for unit in units)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun = time.perf_counter()
        way()
        took = time.perf_counter() - begun
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        stored = stored_sum(period)
        transaction.set_rollback(True)
    answers.put((took, grown / 1024, children / 1024, stored))
