"""Reads tables of provincial averages, of indicators and of rates of money, and writes the template of them.

Rates of money stand in a table of their own; which there are and how they are called, the caller says (code → label).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

import xlsxwriter

from livelihood.workbooks import FONT, OPTIONS
from projects.excel.columns import Column, plain
from projects.excel.lines import decimal_text
from projects.excel.reader import ERROR, NOTE, Issue
from projects.excel.tables import CellRefused, Table, day_of, find_tables, the_table, whole_number
from projects.excel.workbook import Cell, WorkbookRefused, open_workbook
from projects.models import Benchmark, Indicator, ReportingPeriod
from projects.services.benchmarks import (
    BenchmarkEntry,
    Key,
    benchmark_errors,
    is_same,
    parse_published,
    stored_benchmarks,
    stored_fund_benchmarks,
)
from projects.values import ValueRefused

#: Beside 市: how a head calls the programme's own place where it is another's.
OTHER_LEVELS = "省县区地"
BENCHMARK_COLUMNS = [
    Column("seq", "序号", 6, is_required=True),
    Column("sub_item", "子项", 22, also=("子项名称",)),
    Column("indicator", "指标", 32, is_required=True, also=("指标名称",)),
    Column("measure", "口径", 9, is_typed=True),
    Column("value", "全省平均", 11, is_typed=True, is_required=True),
    Column("decimals", "小数位", 8, is_typed=True, also=("公布小数位",)),
    Column("as_of", "截至", 12, is_typed=True, also=("截至日期",)),
    Column("source", "来源", 34, is_typed=True, is_required=True),
    Column("city_rate", "本市数", 10, is_typed=True, also=("本市公布数", *(f"本{level}数" for level in OTHER_LEVELS))),
    Column("city_place", "本市位次", 9, is_typed=True, also=tuple(f"本{level}位次" for level in OTHER_LEVELS)),
    Column("city_count", "参评市数", 9, is_typed=True, also=("参评县数",)),
]
#: The same of a rate of money: it is called by its label, and is always a rate.
FUND_COLUMNS = [
    Column("fund_rate", "资金比率", 46, is_required=True),
    *(column for column in BENCHMARK_COLUMNS if column.key not in ("seq", "sub_item", "indicator", "measure")),
]
NO_RATES: Mapping[str, str] = MappingProxyType({})
MEASURES = {plain(label): value for value, label in Benchmark.Measure.choices}


@dataclass(frozen=True)
class ReadBenchmark:
    """One row: the indicator, or None and the name of the rate of money; what the row says, and where."""

    indicator: Indicator | None
    name: str
    entry: BenchmarkEntry
    is_changed: bool
    sheet: str
    cell: str
    stored: Benchmark | None = None


@dataclass
class BenchmarkReading:
    """What a file says; `refusal` where it is not taken at all."""

    file: str
    rows: list[ReadBenchmark] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    refusal: str = ""

    @property
    def errors(self) -> list[Issue]:
        """Return the issues that block the commit."""
        return [issue for issue in self.issues if issue.severity == ERROR]


def read_benchmarks(
    path: Path, *, file_name: str, period: ReportingPeriod, fund_rates: Mapping[str, str] = NO_RATES
) -> BenchmarkReading:
    """Read a file of averages for a period; `fund_rates`: the rates of money there are, code → label. Four queries.

    Rows without an average are left out, nothing is removed. A file may hold either table, or both.
    """
    reading = BenchmarkReading(file_name)
    try:
        book = open_workbook(path, file_name=file_name)
        has_rates = bool(find_tables(book, FUND_COLUMNS))
        rates = the_table(book, FUND_COLUMNS, "资金比率的全省平均表") if has_rates else None
        is_needed = rates is None or find_tables(book, BENCHMARK_COLUMNS)
        table = the_table(book, BENCHMARK_COLUMNS, "全省平均表") if is_needed else None
    except WorkbookRefused as refused:
        reading.refusal = str(refused)
        reading.issues.append(Issue(ERROR, "file_refused", str(refused), file_name))
        return reading
    if table is not None:
        _Rows(reading, table, period).read()
    if rates is not None:
        _FundRows(reading, rates, period, fund_rates).read()
    if not reading.rows and not reading.errors:
        reading.refusal = "表里一个全省平均都没有。"
        reading.issues.append(Issue(ERROR, "file_refused", reading.refusal, file_name, (table or rates).sheet.name))
    return reading


@dataclass(frozen=True)
class _About:
    """What a row is an average of: key, name, unit of a value, and the indicator unless it is a rate of money."""

    key: Key
    name: str
    unit: str = "%"
    indicator: Indicator | None = None


class _Rows:
    """Goes through the table's rows and puts entries and issues on the reading."""

    def __init__(self, reading: BenchmarkReading, table: Table, period: ReportingPeriod):
        self.reading, self.table, self.period = reading, table, period
        self.indicators = {
            (row.sub_project.project.seq, plain(row.sub_project.name), plain(row.name)): row
            for row in Indicator.objects.of_programme(period.programme)
        }
        self.stored = stored_benchmarks(period)
        self.seen: dict[Key, str] = {}

    def read(self) -> None:
        """Read all rows under the head that hold an average."""
        for row in self.table.filled_rows:
            value = self.table.cell(row, "value")
            if value.is_blank:
                continue
            about = self._about(row)
            if about is not None:
                self._row(row, about, value)

    def _about(self, row: int) -> "_About | None":
        """Return what the row is an average of; an issue and None where that is not known, or was there before."""
        seq, name = self.table.cell(row, "seq"), self.table.cell(row, "indicator")
        key = (whole_number(seq), plain(self.table.text(row, "sub_item")), plain(name.text))
        found = self.indicators.get(key)
        if found is None:
            words = f"第{seq.text.strip() or '？'}项没有指标“{name.text.strip()}”。"
            self._issue(ERROR, "unknown_indicator", name, words)
            return None
        return self._once(_About(found.pk, found.name, found.unit, found), name)

    def _once(self, about: "_About", cell: Cell) -> "_About | None":
        """Return what a row is about if no other row is."""
        if about.key in self.seen:
            words = f"“{about.name}”在{self.seen[about.key]}已经有一行，不能重复。"
            self._issue(ERROR, "duplicate_row", cell, words)
            return None
        self.seen[about.key] = cell.address
        return about

    def _row(self, row: int, about: "_About", value: Cell) -> None:
        entry = self._entry(row, about, value)
        if entry is None:
            return
        errors = benchmark_errors(self.period, [entry], {about.key: about.name}, self.stored)
        if errors:
            self._issue(ERROR, "bad_value", value, errors[about.key])
            return
        if value.kind == "number" and self.table.cell(row, "decimals").is_blank:
            words = f"“{about.name}”按{entry.decimals}位小数读取；公布的末位是0的，请把全省平均写成文本或填小数位。"
            self._issue(NOTE, "decimals_from_number", value, words)
        stored = self.stored.get(about.key)
        changed, sheet = not is_same(entry, stored), self.table.sheet.name
        read = ReadBenchmark(about.indicator, about.name, entry, changed, sheet, value.address, stored)
        self.reading.rows.append(read)

    def _entry(self, row: int, about: "_About", value: Cell) -> BenchmarkEntry | None:
        """Return the row as an entry; an issue and None at the first cell that cannot be read."""
        at = value
        try:
            measure = self._measure(row)
            unit = "%" if measure == Benchmark.Measure.RATE else about.unit
            number, decimals = parse_published(_typed(value, unit), unit=unit, allow_negative=measure == "value")
            at = self.table.cell(row, "decimals")
            decimals = decimals if at.is_blank else _count(at)
            at = self.table.cell(row, "as_of")
            as_of = day_of(at)
            at = self.table.cell(row, "city_rate")
            city_rate, _decimals = parse_published(_typed(at, unit), unit=unit, allow_negative=measure == "value")
            at = self.table.cell(row, "city_place")
            place = _count(at)
            at = self.table.cell(row, "city_count")
            count = _count(at)
        except (ValueRefused, CellRefused) as refused:
            self._issue(ERROR, "bad_value", at, f"“{about.name}”：{refused}")
            return None
        return BenchmarkEntry(
            indicator_id=about.indicator.pk if about.indicator else None,
            fund_rate=None if about.indicator else about.key,
            measure=measure,
            value=number,
            decimals=decimals,
            as_of=as_of,
            source=self.table.text(row, "source"),
            city_rate=city_rate,
            city_place=place,
            city_count=count,
        )

    def _measure(self, row: int) -> str:
        """Return the measure; blank means a rate, which is what the province prints for whatever has a target."""
        text = self.table.text(row, "measure")
        if not text:
            return Benchmark.Measure.RATE
        if plain(text) not in MEASURES:
            raise CellRefused(f"口径“{text}”不认识，应为完成率或指标值。")
        return MEASURES[plain(text)]

    def _issue(self, severity: str, code: str, cell: Cell, message: str) -> None:
        self.reading.issues.append(
            Issue(severity, code, message, self.reading.file, self.table.sheet.name, cell.address)
        )


class _FundRows(_Rows):
    """The same of a table of rates of money."""

    def __init__(self, reading: BenchmarkReading, table: Table, period: ReportingPeriod, rates: Mapping[str, str]):
        self.reading, self.table, self.period = reading, table, period
        self.rates = {plain(label): code for code, label in rates.items()}
        self.labels = rates
        self.stored = stored_fund_benchmarks(period)
        self.seen = {}

    def _about(self, row: int) -> "_About | None":
        cell = self.table.cell(row, "fund_rate")
        code = self.rates.get(plain(cell.text))
        if code is None:
            known = "、".join(f"“{label}”" for label in self.labels.values())
            words = f"应为：{known}。" if known else "这个年度没有录入资金，没有资金比率。"
            self._issue(ERROR, "unknown_fund_rate", cell, f"没有资金比率“{cell.text.strip() or '（空白）'}”；{words}")
            return None
        return self._once(_About(code, self.labels[code]), cell)


def benchmark_template(period: ReportingPeriod, fund_rates: Mapping[str, str] = NO_RATES) -> bytes:
    """Return a workbook to type the averages of a period into, with what is stored. Three queries.

    Rates of money (code → label) have a sheet of their own, where there are any.
    """
    stored, of_rates = stored_benchmarks(period), stored_fund_benchmarks(period)
    indicators = Indicator.objects.of_programme(period.programme)
    rows = [[*_named(row), *_measured(row, stored.get(row.pk)), *_printed(stored.get(row.pk))] for row in indicators]
    output = BytesIO()
    with xlsxwriter.Workbook(output, OPTIONS) as book:
        _write_sheet(book, "全省平均", period, BENCHMARK_COLUMNS, rows, frozen=3)
        if fund_rates:
            rows = [[label, *_printed(of_rates.get(code))] for code, label in fund_rates.items()]
            _write_sheet(book, "资金比率", period, FUND_COLUMNS, rows, frozen=1)
    return output.getvalue()


def _write_sheet(
    book, name: str, period: ReportingPeriod, columns: list[Column], rows: list[list[str]], *, frozen: int
) -> None:
    sheet = book.add_worksheet(name)
    head = book.add_format(FONT | {"bold": True, "border": 1, "bg_color": "#EEF1F6"})
    text = book.add_format(FONT | {"num_format": "@"})
    title = "全省平均" if name == "全省平均" else f"{name}的全省平均"
    sheet.write_string(0, 0, f"{period.programme.name} {title}（{period.label}）")
    owner = period.programme.owner
    for number, column in enumerate(columns):
        # As text, so that a published 67.30 keeps its last zero.
        sheet.set_column(number, number, column.width, text)
        label = column.label.replace("本市", owner.own_word).replace("参评市数", f"参评{owner.peer_word}数")
        sheet.write_string(1, number, label, head)
    for number, row in enumerate(rows, 2):
        for column, words in enumerate(row):
            sheet.write_string(number, column, words, text)
    sheet.freeze_panes(2, frozen)


def _named(indicator: Indicator) -> list[str]:
    sub_project = indicator.sub_project
    return [str(sub_project.project.seq), sub_project.name, indicator.name]


def _measured(indicator: Indicator, stored: Benchmark | None) -> list[str]:
    if stored is not None:
        return [stored.get_measure_display()]
    return [(Benchmark.Measure.RATE if indicator.additive else Benchmark.Measure.VALUE).label]


def _printed(stored: Benchmark | None) -> list[str]:
    """Return what is stored of an average, from its value on; nothing where there is none."""
    if stored is None:
        return []
    numbers = [stored.city_place, stored.city_count]
    return [
        format(stored.value, f".{stored.decimals}f"),
        str(stored.decimals),
        stored.as_of.isoformat() if stored.as_of else "",
        stored.source,
        decimal_text(stored.city_rate),
        *("" if number is None else str(number) for number in numbers),
    ]


def _typed(cell: Cell, unit: str) -> str:
    """Return a cell as a person would have typed it; a percentage-formatted 0.673 is 67.3 %."""
    if cell.kind in ("error", "unknown", "date", "bool"):
        raise CellRefused(f"“{cell.text or '公式没有计算结果'}”不是数字。")
    if not cell.is_percent:
        return cell.text
    if unit not in ("%", "％"):
        raise CellRefused(f"写成了百分数，这里的单位是{unit}。")
    return decimal_text(Decimal(cell.text) * 100)


def _count(cell: Cell) -> int | None:
    if cell.is_blank:
        return None
    number = whole_number(cell)
    if number is None:
        raise CellRefused(f"“{cell.text.strip()}”不是整数。")
    return number
