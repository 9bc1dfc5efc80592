"""全省平均 by workbook."""

from functools import cached_property
from pathlib import Path

from django.db import models

from livelihood.access import require_city_office
from livelihood.models import User
from projects.excel.benchmarks import benchmark_template, read_benchmarks
from projects.models import ReportingPeriod
from projects.workbooks import CHANGED, NEW, SAME, ReviewRow, WorkbookKind, WorkbookReview
from supervision.services.benchmarks import benchmark_rates, record_benchmarks


class BenchmarkWorkbook(WorkbookKind):
    """The averages of a month, of indicators and of rates of money; rows without one are left as they stand."""

    key = "benchmarks"
    title = "全省平均"
    note = "空着的行不改动已录的数；删去一项在全省平均页清空。公布的末位是0的，写成文本或填小数位。资金比率在另一张表。"

    def __init__(self, user: User, *, period: ReportingPeriod, **extra):
        super().__init__(user, **extra)
        self.period = period

    def require_rights(self) -> None:
        require_city_office(self.user, self.period.programme.owner_id)

    def fill(self, review: WorkbookReview, path: Path) -> None:
        reading = read_benchmarks(path, file_name=review.file, period=self.period, fund_rates=self.rates)
        review.about = f"{self.period.programme.name} {self.period.label}"
        review.issues += reading.issues
        if reading.refusal:
            review.refuse(reading.refusal)
            return
        review.content = [row.entry for row in reading.rows]
        own_word = self.period.programme.owner.own_word
        for row in reading.rows:
            state = SAME if not row.is_changed else CHANGED if row.stored else NEW
            before = _said(row.stored, own_word) if row.stored else ""
            review.rows.append(ReviewRow(state, row.sheet, row.cell, row.name, before, _said(row.entry, own_word)))

    def store(self, review: WorkbookReview) -> tuple[models.Model, str]:
        recorded = record_benchmarks(period=self.period, entries=review.content, by=self.user)
        sentence = f"已保存 {len(recorded.outcome.saved)} 项全省平均。"
        if recorded.snapshot is not None:
            sentence += f"本期已封账：按新的全省平均生成快照第{recorded.snapshot.version}版，通报草稿已更新。"
        return self.period, sentence

    def template(self) -> bytes:
        return benchmark_template(self.period, self.rates)

    @cached_property
    def rates(self) -> dict[str, str]:
        """Return the rates of money an average can be of: code → label."""
        return benchmark_rates(self.period.programme)

    @property
    def template_name(self) -> str:
        return f"{self.period.programme.code}_{self.period.code}_全省平均.xlsx"


def _said(row, own_word: str) -> str:
    """Return a line in words: value, date, source, the own number and place."""
    words = [format(row.value, f".{row.decimals}f"), row.as_of.isoformat() if row.as_of else "", row.source]
    if row.city_rate is not None:
        words.append(f"{own_word}{format(row.city_rate.normalize(), 'f')}")
    if row.city_place is not None:
        words.append(f"第{row.city_place}位" + (f"/{row.city_count}" if row.city_count else ""))
    return "，".join(word for word in words if word)
