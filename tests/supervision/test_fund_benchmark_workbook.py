"""Averages of rates of money by workbook: a sheet of their own, under the same preview; all or nothing."""

import io
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from funding.models import FundLine
from projects.models import Benchmark
from supervision.benchmark_workbook import BenchmarkWorkbook
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

SOURCE = "省民生办〔2020〕15号"
HEAD = ["资金比率", "全省平均", "小数位", "截至", "来源", "本市数", "本市位次", "参评市数"]
DISBURSED = "拨付率（拨付÷计划）"


@world
def line(indicators, participants, programme, city_officer):
    """A line of money, so that there are rates of it: 到位, 拨付 and 支出."""
    return FundLine.objects.create(
        programme=programme,
        sub_project=indicators["里程"].sub_project,
        participant=participants["341222"],
        source="total",
        added_by=city_officer,
    )


@pytest.fixture
def review(tmp_path, period, line, city_officer):
    """Return a function that reviews sheets of averages as the city office."""

    def of(*sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for rows in sheets:
            sheet = book.create_sheet()
            for row in rows:
                sheet.append(row)
        path = tmp_path / "averages.xlsx"
        book.save(path)
        return BenchmarkWorkbook(city_officer, period=period).review(path, "averages.xlsx")

    return of


def test_template_has_a_sheet_of_fund_rates_and_stores_what_is_typed(client, period, line, indicators, city_officer):
    client.force_login(city_officer)
    where = [period.programme.code, period.code]
    template, url = (reverse(f"supervision:benchmark-{name}", args=where) for name in ("template", "import"))
    book = openpyxl.load_workbook(io.BytesIO(client.get(template).content))
    sheet = book["资金比率"]

    row = next(row for row in sheet.iter_rows(min_row=3) if row[0].value == DISBURSED)
    row[1].value, row[4].value, row[5].value, row[6].value = "61.90", SOURCE, "58.2", "9"
    output = io.BytesIO()
    book.save(output)
    file = SimpleUploadedFile("全省平均.xlsx", output.getvalue())
    shown = client.post(url, {"step": "upload", "file": file}, follow=True).context["review"]
    client.post(url, {"step": "confirm", "fingerprint": shown.fingerprint})
    path = io.BytesIO(client.get(template).content)

    assert [cell.value for cell in sheet[2]] == HEAD
    assert [line.what for line in shown.changes] == [DISBURSED]
    stored = Benchmark.objects.get(period=period)
    assert (stored.indicator, stored.fund_rate) == (None, "project-disbursed-planned")
    assert (stored.value, stored.decimals, stored.city_place) == (Decimal("61.9"), 2, 9)
    again = openpyxl.load_workbook(path)["资金比率"]
    printed = next(row for row in again.iter_rows(min_row=3, values_only=True) if row[0] == DISBURSED)
    assert printed[1:3] == ("61.90", "2")


def test_sheet_of_fund_rates_alone_is_read_and_one_wrong_row_blocks_both_tables(review):
    alone = review([HEAD, [DISBURSED, "61.9", None, None, SOURCE]])
    both = review(
        [["序号", "指标", "全省平均", "来源"], [1, "里程", "67.3", SOURCE]],
        [HEAD, [DISBURSED, "很多", None, None, SOURCE]],
    )

    assert (alone.errors, [row.after for row in alone.changes]) == ([], [f"61.9，{SOURCE}"])
    assert alone.may_import
    assert [(issue.sheet, issue.cell) for issue in both.errors] == [("Sheet1", "B2")]
    assert not both.may_import


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["拨付率", "61.9", None, None, SOURCE], "没有资金比率“拨付率”；应为：“到位率（到位÷计划）”"),
        ([DISBURSED, "-3", None, None, SOURCE], "负"),
        ([DISBURSED, "61.9", None, None, None], "没有写来源"),
    ],
)
def test_row_that_is_no_fund_rate_is_refused_with_its_cell(review, row, words):
    found = review([HEAD, row])

    [issue] = found.errors
    assert words in issue.message
    assert issue.cell in ("A2", "B2")
