"""A large made-up programme (演示数据) for measurements, written by COPY as the owner of the tables.

It is never loaded beside real data: it runs inside `synthetic_database`.
"""

import io
from calendar import monthrange
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random

from django.db import connections, transaction

from livelihood.models import Agency, Region, User
from livelihood.services import Refused
from projects.models import (
    Benchmark,
    Indicator,
    Milestone,
    Participant,
    Programme,
    Project,
    Report,
    ReportingPeriod,
    SubProject,
)
from supervision.models import ScoringComponent, ScoringScheme
from supervision.synthetic.synthetic_database import CODE_PREFIX, OWNER

LAST_YEAR = 2020
#: Among how many the programme's own place is counted in the published averages.
CITIES = 16
#: COPY buffers: large enough to be quick, small enough to be nothing.
BUFFER_LINES = 20_000
NULL = r"\N"


@dataclass(frozen=True)
class Shape:
    """What one indicator of the mix looks like; `base` is a usual target in the last decimal's units."""

    accumulation: str
    direction: str
    decimals: int
    base: int
    assessed: bool = True

    @property
    def additive(self) -> bool:
        """Tell whether values may be summed over units."""
        return self.accumulation != "level"


#: Twenty indicators as they follow each other: mostly counts that grow, some head counts and standards.
MIX = [
    *[Shape("flow", "at_least", 0, 800)] * 7,
    *[Shape("flow", "at_least", 2, 640_00)] * 3,
    *[Shape("flow", "about", 0, 300)] * 2,
    *[Shape("stock", "at_least", 0, 21_000)] * 2,
    *[Shape("level", "at_least", 2, 95_00)] * 3,
    Shape("level", "at_most", 1, 4_3),
    Shape("level", "about", 2, 7_00),
    Shape("flow", "at_least", 0, 120, assessed=False),
]


def synthesise(*, participants: int, indicators: int, months: int, seed: int = 2020) -> list[Programme]:
    """Write `months` months ending in 2020, a programme per calendar year; the newest comes last.

    Runs in a `synthetic_database` block, in one transaction. Programmes of the same size are refused. The
    foreign keys and indexes of the large tables are dropped for the load and made anew (and so checked)
    after it; the triggers that write revisions are off, the revisions are written in one statement.
    """
    years = [LAST_YEAR - back for back in range((months - 1) // 12, -1, -1)]
    codes = [f"{CODE_PREFIX}{participants}x{indicators}-{year}" for year in years]
    if Programme.objects.using(OWNER).filter(code__in=codes).exists():
        raise Refused(f"{codes[-1]} 已经存在：换一种大小，或先删除该数据库。")
    with (
        transaction.atomic(using=OWNER),
        connections[OWNER].cursor() as cursor,
        _bare_tables(cursor, ["target", "figure", "figure_revision"]),
    ):
        made = [
            _Year(
                cursor,
                code=code,
                year=year,
                months=12 if year < LAST_YEAR else months - 12 * (len(years) - 1),
                participants=participants,
                indicators=indicators,
                rng=Random(f"{seed}-{code}"),  # noqa: S311 - made-up figures, no secret
            ).write()
            for code, year in zip(codes, years, strict=True)
        ]
        cursor.execute(REVISIONS, [[programme.pk for programme in made]])
    with connections[OWNER].cursor() as cursor:
        cursor.execute("ANALYZE")
    return made


class _Year:
    """One programme with everything it needs to be ranked."""

    def __init__(self, cursor, *, code, year, months, participants, indicators, rng):
        self.cursor, self.code, self.year, self.rng = cursor, code, year, rng
        self.months, self.size, self.width = months, participants, indicators
        self.shapes = [MIX[nth % len(MIX)] for nth in range(indicators)]

    def write(self) -> Programme:
        """Write it, the large tables by COPY."""
        self._write_catalogue()
        self._write_milestones_and_scheme()
        tasks = self._write_targets()
        periods = self._write_periods()
        reports = self._write_reports(periods)
        self._write_benchmarks(periods)
        _copy(self.cursor, "figure", FIGURE_COLUMNS, self._figure_lines(periods, reports, tasks))
        return self.programme

    def _write_catalogue(self) -> None:
        region, _ = Region.objects.using(OWNER).get_or_create(
            code="990000", defaults={"name": "合成省", "kind": "province"}
        )
        office, _ = Agency.objects.using(OWNER).get_or_create(region=region, name="合成省民生办")
        self.user, _ = User.objects.using(OWNER).get_or_create(
            username="system", defaults={"full_name": "系统", "is_active": False, "password": "!"}
        )
        self.programme = Programme.objects.using(OWNER).create(
            code=self.code,
            name=f"合成{self.year}年民生工程（{self.size}个单位）",
            owner=region,
            office=office,
            year=self.year,
            is_demo=True,
        )
        units = [
            Participant(
                programme=self.programme, code=f"9{nth:05}", printed_name=f"合成{nth}县", short_names=[], order=nth
            )
            for nth in range(1, self.size + 1)
        ]
        whole = Participant(
            programme=self.programme,
            code="990000",
            printed_name="全省",
            short_names=[],
            order=self.size + 1,
            kind=Participant.Kind.WHOLE,
            ranked=False,
        )
        made = Participant.objects.using(OWNER).bulk_create([*units, whole])
        self.units, self.whole = made[:-1], made[-1]
        self._write_indicators()

    def _write_indicators(self) -> None:
        # Five indicators to two projects, about as in the lists of provinces.
        count = max(1, self.width * 2 // 5)
        projects = Project.objects.using(OWNER).bulk_create(
            Project(programme=self.programme, seq=nth, name=f"合成项目{nth}") for nth in range(1, count + 1)
        )
        subs = SubProject.objects.using(OWNER).bulk_create(SubProject(project=project) for project in projects)
        self.indicators = Indicator.objects.using(OWNER).bulk_create(
            Indicator(
                sub_project=subs[nth * count // self.width],
                name=f"合成指标{nth + 1}",
                order=nth,
                unit="个" if shape.decimals == 0 else "%",
                decimals=shape.decimals,
                category=Indicator.Category.ENGINEERING,
                direction=shape.direction,
                accumulation=shape.accumulation,
                additive=shape.additive,
                assessed=shape.assessed,
            )
            for nth, shape in enumerate(self.shapes)
        )

    def _write_milestones_and_scheme(self) -> None:
        Milestone.objects.using(OWNER).bulk_create(
            Milestone(indicator=indicator, due_on=date(self.year, month, 30), threshold=threshold)
            for nth, indicator in enumerate(self.indicators)
            if nth % 10 == 0 and self.shapes[nth].accumulation == "flow"
            for month, threshold in ((6, 50), (11, 100))
        )
        scheme = ScoringScheme.objects.using(OWNER).create(
            programme=self.programme,
            version=1,
            name="合成考核办法",
            effective_from=date(self.year, 1, 1),
            is_demo=True,
            adopted_by=self.user,
        )
        ScoringComponent.objects.using(OWNER).create(
            scheme=scheme, code="projects", name="项目完成率", kind="project_rates", weight=100
        )

    def _write_targets(self) -> dict[tuple[int, int], int]:
        """Write targets; return the values of assessed ones by (unit, indicator) position, in last decimals."""
        tasks: dict[tuple[int, int], int] = {}
        _copy(self.cursor, "target", TARGET_COLUMNS, self._target_lines(tasks))
        return tasks

    def _target_lines(self, tasks: dict) -> Iterator[str]:
        rng = self.rng
        tail = f"\t\t\t\t{self.year}-01-01\t{NULL}\t{NULL}\tt\t{_moment(self.year, 1)}\t{self.user.pk}\n"
        for column, (indicator, shape) in enumerate(zip(self.indicators, self.shapes, strict=True)):
            total = 0
            for row, unit in enumerate(self.units):
                draw = rng.randrange(100)
                state, value = "assessed", NULL
                if draw < 13:
                    state = "no_task" if draw < 12 else "not_applicable"
                elif draw < 98:  # the last two are blank targets
                    size = max(1, shape.base * rng.randrange(40, 160) // 100) if shape.additive else shape.base
                    tasks[row, column], value = size, _text(size, shape.decimals)
                    total += size
                yield f"{indicator.pk}\t{unit.pk}\t1\t{state}\t{value}\teq{tail}"
            whole = _text(total if shape.additive else shape.base, shape.decimals)
            yield f"{indicator.pk}\t{self.whole.pk}\t1\tassessed\t{whole}\teq{tail}"

    def _write_periods(self) -> list[ReportingPeriod]:
        periods = []
        for month in range(1, self.months + 1):
            last = date(self.year, month, monthrange(self.year, month)[1])
            open_ = self.year == LAST_YEAR and month == self.months
            closing = (
                {} if open_ else {"state": "closed", "closed_at": _moment(self.year, month), "closed_by": self.user}
            )
            periods.append(
                ReportingPeriod(
                    programme=self.programme,
                    starts_on=last.replace(month=1, day=1),
                    ends_on=last,
                    as_of=last,
                    due_at=_moment(self.year, month),
                    **closing,
                )
            )
        return ReportingPeriod.objects.using(OWNER).bulk_create(periods)

    def _write_reports(self, periods) -> list[list[Report]]:
        """Return per period the reports in the units' order: a few missing, a few not yet approved."""
        found = []
        for period in periods:
            moment = period.due_at
            signed = {
                "content_sha256": "0" * 64,
                "signed_at": moment,
                "signed_by": self.user,
                "submitted_at": moment,
                "submitted_by": self.user,
            }
            rows = []
            for unit in self.units:
                draw = self.rng.randrange(100)
                state = "draft" if draw < 2 else "submitted" if draw < 3 else "approved"
                rows.append(
                    Report(period=period, participant=unit, state=state, **({} if state == "draft" else signed))
                )
            rows.append(Report(period=period, participant=self.whole, state="approved", **signed))
            found.append(Report.objects.using(OWNER).bulk_create(rows, batch_size=5000))
        return found

    def _write_benchmarks(self, periods) -> None:
        rows = []
        for period in periods:
            for nth, (indicator, shape) in enumerate(zip(self.indicators, self.shapes, strict=True)):
                if nth % 5 > 2:
                    continue
                measure = "rate" if shape.additive else "value"
                usual = (
                    100_00 * period.ends_on.month // 12 if shape.additive else shape.base * 10 ** (2 - shape.decimals)
                )
                hundredths = usual * self.rng.randrange(90, 110) // 100
                rows.append(
                    Benchmark(
                        period=period,
                        indicator=indicator,
                        measure=measure,
                        value=_text(hundredths // 10 ** (nth % 3), 2 - nth % 3),
                        decimals=2 - nth % 3,
                        source="合成数据",
                        city_place=1 + (nth * 7 + period.ends_on.month) % CITIES,
                        city_count=CITIES,
                        confirmed_by=self.user,
                        confirmed_at=period.due_at,
                    )
                )
        Benchmark.objects.using(OWNER).bulk_create(rows)

    def _figure_lines(self, periods, reports, tasks) -> Iterator[str]:
        rng = self.rng
        speeds = [rng.randrange(70, 130) for _ in self.units]
        columns = list(zip([indicator.pk for indicator in self.indicators], self.shapes, strict=True))
        for period, sent in zip(periods, reports, strict=True):
            tail = f"\t\t\t1\tdemo\t{NULL}\t\t\t{period.due_at.isoformat()}\t{self.user.pk}\n"
            for row, (unit, report) in enumerate(zip(self.units, sent[:-1], strict=True)):
                if report.state == "draft":
                    continue
                head = f"{period.pk}\t{unit.pk}\t"
                pace = speeds[row] * period.ends_on.month
                for column, (indicator, shape) in enumerate(columns):
                    size = tasks.get((row, column))
                    if size is None:
                        continue
                    draw = rng.randrange(100)
                    if draw == 0:
                        state, value = "blank", NULL
                    elif shape.accumulation == "flow":
                        state, value = "reported", _text(size * pace * (80 + draw * 2 // 5) // 120_000, shape.decimals)
                    else:
                        state, value = "reported", _text(size * (95 + draw // 10) // 100, shape.decimals)
                    yield f"{head}{indicator}\t{report.pk}\t{state}\t{value}{tail}"
            yield from self._whole_lines(period, sent[-1], columns, tail)

    def _whole_lines(self, period, report, columns, tail) -> Iterator[str]:
        """The whole's own figures of what cannot be added up (R6)."""
        for indicator, shape in columns:
            if not shape.additive:
                value = _text(shape.base * self.rng.randrange(95, 105) // 100, shape.decimals)
                yield f"{period.pk}\t{self.whole.pk}\t{indicator}\t{report.pk}\treported\t{value}{tail}"


TARGET_COLUMNS = [
    *("indicator_id", "participant_id", "revision", "state", "value", "comparison", "printed", "reason"),
    *("document", "valid_from", "valid_to", "document_on", "is_demo", "set_at", "set_by_id"),
]
FIGURE_COLUMNS = [
    *("period_id", "participant_id", "indicator_id", "report_id", "state", "value", "text", "remark", "version"),
    *("origin", "import_batch_id", "sheet", "cell", "updated_at", "updated_by_id"),
]
REVISIONS = """
INSERT INTO figure_revision (figure_id, version, old_state, new_state, new_value, new_text, new_remark, origin,
                             sheet, cell, changed_at, changed_by_id)
SELECT f.id, f.version, '', f.state, f.value, f.text, f.remark, f.origin, f.sheet, f.cell,
       f.updated_at, f.updated_by_id
FROM figure f
JOIN reporting_period p ON p.id = f.period_id
WHERE p.programme_id = ANY(%s)
"""
#: What hangs on a table besides its primary key: foreign keys, then unique constraints, then plain indexes.
ATTACHED = """
SELECT 'ALTER TABLE ' || t || ' DROP CONSTRAINT ' || quote_ident(conname),
       'ALTER TABLE ' || t || ' ADD CONSTRAINT ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint, (SELECT %(table)s::text AS t) x
WHERE conrelid = %(table)s::regclass AND contype IN ('f', 'u')
UNION ALL
SELECT 'DROP INDEX ' || indexrelid::regclass, pg_get_indexdef(indexrelid)
FROM pg_index i
WHERE indrelid = %(table)s::regclass AND NOT indisprimary
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype = 'u')
"""


@contextmanager
def _bare_tables(cursor, tables: list[str]) -> Iterator[None]:
    """Take indexes, foreign keys and triggers off the tables, and put all of them back."""
    attached = []
    for table in tables:
        cursor.execute(ATTACHED, {"table": table})
        attached += cursor.fetchall()
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for drop, _ in attached:
        cursor.execute(drop)
    yield
    for _, make in attached:
        cursor.execute(make)
    for table in tables:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _copy(cursor, table: str, columns: list[str], lines: Iterable[str]) -> None:
    """COPY tab-separated lines into the table, a buffer at a time."""
    lines = iter(lines)
    while buffer := "".join(islice(lines, BUFFER_LINES)):
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", io.StringIO(buffer))


def _text(units: int, decimals: int) -> str:
    """Return a whole number of last-decimal units as a decimal string."""
    if not decimals:
        return str(units)
    return f"{units // 10**decimals}.{units % 10**decimals:0{decimals}}"


def _moment(year: int, month: int) -> datetime:
    """Return the fifth of the month after, midnight UTC."""
    return datetime(year, month, monthrange(year, month)[1], tzinfo=UTC) + timedelta(days=5)
