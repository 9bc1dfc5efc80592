"""Reads a table of provincial averages, and writes the template of one."""

from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import xlsxwriter

from livelihood.workbooks import FONT, OPTIONS
from projects.excel.columns import Column, plain
from projects.excel.lines import decimal_text
from projects.excel.reader import ERROR, NOTE, Issue
from projects.excel.tables import CellRefused, Table, day_of, the_table, whole_number
from projects.excel.workbook import Cell, WorkbookRefused, open_workbook
from projects.models import Benchmark, Indicator, ReportingPeriod
from projects.services.benchmarks import (
    BenchmarkEntry,
    benchmark_errors,
    is_same,
    parse_published,
    stored_benchmarks,
)
from projects.values import ValueRefused

BENCHMARK_COLUMNS = [
    Column("seq", "序号", 6, is_required=True),
    Column("sub_item", "子项", 22, also=("子项名称",)),
    Column("indicator", "指标", 32, is_required=True, also=("指标名称",)),
    Column("measure", "口径", 9, is_typed=True),
    Column("value", "全省平均", 11, is_typed=True, is_required=True),
    Column("decimals", "小数位", 8, is_typed=True, also=("公布小数位",)),
    Column("as_of", "截至", 12, is_typed=True, also=("截至日期",)),
    Column("source", "来源", 34, is_typed=True, is_required=True),
    Column("city_rate", "本市数", 10, is_typed=True, also=("本市公布数",)),
    Column("city_place", "本市位次", 9, is_typed=True),
    Column("city_count", "参评市数", 9, is_typed=True),
]
MEASURES = {plain(label): value for value, label in Benchmark.Measure.choices}


@dataclass(frozen=True)
class ReadBenchmark:
    """One row: the indicator, what the row says, and where."""

    indicator: Indicator
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


def read_benchmarks(path: Path, *, file_name: str, period: ReportingPeriod) -> BenchmarkReading:
    """Read a file of averages for a period; three queries. Rows without an average are left out, nothing is removed."""
    reading = BenchmarkReading(file_name)
    try:
        table = the_table(open_workbook(path, file_name=file_name), BENCHMARK_COLUMNS, "全省平均表")
    except WorkbookRefused as refused:
        reading.refusal = str(refused)
        reading.issues.append(Issue(ERROR, "file_refused", str(refused), file_name))
        return reading
    _Rows(reading, table, period).read()
    if not reading.rows and not reading.errors:
        reading.refusal = "表里一个全省平均都没有。"
        reading.issues.append(Issue(ERROR, "file_refused", reading.refusal, file_name, table.sheet.name))
    return reading


class _Rows:
    """Goes through the table's rows and puts entries and issues on the reading."""

    def __init__(self, reading: BenchmarkReading, table: Table, period: ReportingPeriod):
        self.reading, self.table, self.period = reading, table, period
        self.indicators = {
            (row.sub_project.project.seq, plain(row.sub_project.name), plain(row.name)): row
            for row in Indicator.objects.of_programme(period.programme)
        }
        self.stored = stored_benchmarks(period)
        self.seen: dict[int, str] = {}

    def read(self) -> None:
        """Read all rows under the head that hold an average."""
        for row in self.table.filled_rows:
            value = self.table.cell(row, "value")
            if value.is_blank:
                continue
            indicator = self._indicator(row)
            if indicator is not None:
                self._row(row, indicator, value)

    def _indicator(self, row: int) -> Indicator | None:
        seq, name = self.table.cell(row, "seq"), self.table.cell(row, "indicator")
        key = (whole_number(seq), plain(self.table.text(row, "sub_item")), plain(name.text))
        found = self.indicators.get(key)
        if found is None:
            words = f"第{seq.text.strip() or '？'}项没有指标“{name.text.strip()}”。"
            self._issue(ERROR, "unknown_indicator", name, words)
        elif found.pk in self.seen:
            words = f"“{found.name}”在{self.seen[found.pk]}已经有一行，不能重复。"
            self._issue(ERROR, "duplicate_row", name, words)
            return None
        else:
            self.seen[found.pk] = name.address
        return found

    def _row(self, row: int, indicator: Indicator, value: Cell) -> None:
        entry = self._entry(row, indicator, value)
        if entry is None:
            return
        errors = benchmark_errors(self.period, [entry], {indicator.pk: indicator.name}, self.stored)
        if errors:
            self._issue(ERROR, "bad_value", value, errors[indicator.pk])
            return
        if value.kind == "number" and self.table.cell(row, "decimals").is_blank:
            words = f"“{indicator.name}”按{entry.decimals}位小数读取；公布的末位是0的，请把全省平均写成文本或填小数位。"
            self._issue(NOTE, "decimals_from_number", value, words)
        stored = self.stored.get(indicator.pk)
        changed, sheet = not is_same(entry, stored), self.table.sheet.name
        self.reading.rows.append(ReadBenchmark(indicator, entry, changed, sheet, value.address, stored))

    def _entry(self, row: int, indicator: Indicator, value: Cell) -> BenchmarkEntry | None:
        """Return the row as an entry; an issue and None at the first cell that cannot be read."""
        at = value
        try:
            measure = self._measure(row, indicator)
            unit = "%" if measure == Benchmark.Measure.RATE else indicator.unit
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
            self._issue(ERROR, "bad_value", at, f"“{indicator.name}”：{refused}")
            return None
        return BenchmarkEntry(
            indicator_id=indicator.pk,
            measure=measure,
            value=number,
            decimals=decimals,
            as_of=as_of,
            source=self.table.text(row, "source"),
            city_rate=city_rate,
            city_place=place,
            city_count=count,
        )

    def _measure(self, row: int, indicator: Indicator) -> str:
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


def benchmark_template(period: ReportingPeriod) -> bytes:
    """Return a workbook to type the averages of a period into, with what is stored. Two queries."""
    stored = stored_benchmarks(period)
    output = BytesIO()
    with xlsxwriter.Workbook(output, OPTIONS) as book:
        sheet = book.add_worksheet("全省平均")
        head = book.add_format(FONT | {"bold": True, "border": 1, "bg_color": "#EEF1F6"})
        text = book.add_format(FONT | {"num_format": "@"})
        sheet.write_string(0, 0, f"{period.programme.name} 全省平均（{period.label}）")
        for number, column in enumerate(BENCHMARK_COLUMNS):
            # As text, so that a published 67.30 keeps its last zero.
            sheet.set_column(number, number, column.width, text)
            sheet.write_string(1, number, column.label, head)
        for row, indicator in enumerate(Indicator.objects.of_programme(period.programme), 2):
            for number, words in enumerate(_printed(indicator, stored.get(indicator.pk))):
                sheet.write_string(row, number, words, text)
        sheet.freeze_panes(2, 3)
    return output.getvalue()


def _printed(indicator: Indicator, stored: Benchmark | None) -> list[str]:
    sub_project = indicator.sub_project
    key = [str(sub_project.project.seq), sub_project.name, indicator.name]
    if stored is None:
        default = Benchmark.Measure.RATE if indicator.additive else Benchmark.Measure.VALUE
        return [*key, default.label]
    numbers = [stored.city_place, stored.city_count]
    return [
        *key,
        stored.get_measure_display(),
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
