"""Money in returns: what a sheet says is shown, judged, and stored beside the figures with where it came from."""

import io
import json
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from funding.models import FundFigure, FundFigureRevision
from funding.services.fund_figures import FundEntry, record_fund_figures
from livelihood.models import AuditEvent
from livelihood.services import Refused
from projects.excel.template import return_template
from projects.models import Figure, Report
from projects.services import reports
from projects.services.imports import ImportRefused, import_returns, review_returns
from tests.funding import rows
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

TITLE = "太和县2020年民生工程进展和资金情况（2020年1—8月）"
HEAD = ["序号", "项目", "指标", "单位", "累计完成", "计划资金(万元)", "到位资金(万元)", "拨付资金(万元)", "备注"]


@world
def lines(programme, participants, indicators):
    """太和县's money: for the roads 100 万元 of the county, for the relief 40 of the city, printed 市级补助."""
    roads = rows.fund_line(
        programme=programme, participant=participants["341222"], sub_project=indicators["里程"].sub_project
    )
    relief = rows.fund_line(
        programme=programme,
        participant=participants["341222"],
        sub_project=indicators["人数"].sub_project,
        source="city",
    )
    type(relief).objects.filter(pk=relief.pk).update(label="财政补助")
    rows.fund_plan(roads, amount=Decimal(1_000_000))
    rows.fund_plan(relief, amount=Decimal(400_000))
    return {"roads": roads, "relief": relief}


@pytest.fixture
def sheet(settings, tmp_path):
    """Save a sheet of figures and money: {"received": …} of the roads; further rows below."""
    settings.MEDIA_ROOT = tmp_path / "media"

    def save(*more, received=66.5, disbursed="50万元", length=55.25) -> Path:
        book = openpyxl.Workbook()
        for row in (
            [TITLE],
            HEAD,
            [1, "农村道路", "里程", "公里", length, 100, received, disbursed, "按计划"],
            *more,
        ):
            book.active.append(row)
        path = tmp_path / "太和县.xlsx"
        book.save(path)
        return path

    return save


def review_of(path, period):
    return review_returns(files=[(path, path.name)], programme=period.programme, period=period)


def _told(path) -> str:
    """Return what the command tells a person."""
    output = io.StringIO()
    call_command("import_return", str(path), "--programme", "fuyang-2020", "--period", "2020-08", stdout=output)
    return output.getvalue()


def stored():
    """Return line and stage → amount, origin, sheet, cell of everything stored."""
    figures = FundFigure.objects.order_by("fund_line", "stage")
    return {
        (row.fund_line_id, row.stage): (str(row.value), row.origin, row.sheet, row.cell, row.import_batch_id)
        for row in figures
    }


def test_money_is_stored_beside_the_figures_with_its_cell_and_batch(sheet, lines, period, clerk):
    review = review_of(sheet(), period)

    [batch] = import_returns(review=review, by=clerk)

    assert review.issues == []
    # 66.5 万元 = 665000 元; the plan in the sheet is a check and not stored.
    assert stored() == {
        (lines["roads"].pk, "received"): ("665000.00", "excel", "Sheet", "G3", batch.pk),
        (lines["roads"].pk, "disbursed"): ("500000.00", "excel", "Sheet", "H3", batch.pk),
    }
    revision = FundFigureRevision.objects.get(fund_figure__stage="received")
    assert (revision.new_value, revision.import_batch, revision.cell) == (Decimal(665_000), batch, "G3")
    assert (revision.changed_by, Figure.objects.get().cell) == (clerk, "E3")
    # One figure and three amounts were met; one figure and two amounts were new.
    assert batch.counts == {"rows": 4, "changed": 3, "warnings": 0}
    assert AuditEvent.objects.filter(verb="record_fund_figures").count() == 1


def test_same_money_again_changes_nothing_and_one_amount_is_one_revision(sheet, lines, period, clerk):
    import_returns(review=review_of(sheet(), period), by=clerk)
    again, other = review_of(sheet(), period), review_of(sheet(received=70), period)

    assert (again.change_count, other.change_count) == (0, 1)
    [(_, cell)] = other.part_changes
    assert (cell.place, cell.label, cell.old, cell.new) == (
        "第1项“农村道路”",
        "县级到位",
        "66.50 万元",
        "70.00 万元",
    )
    import_returns(review=other, by=clerk)
    assert FundFigureRevision.objects.count() == 3


def test_figures_and_money_in_two_files_are_one_return_of_the_office(sheet, lines, period, city_officer):
    figures, money = sheet().with_name("进展.xlsx"), sheet().with_name("资金.xlsx")
    for path, first, count in ((figures, 6, 3), (money, 3, 3)):
        book = openpyxl.load_workbook(sheet())
        book.active.delete_cols(first, count)
        book.save(path)

    import_returns(review=review_of(money, period), by=city_officer)
    # Money alone waits for its figures.
    assert (Report.objects.get().state, len(stored())) == ("draft", 2)
    both = review_returns(
        files=[(figures, "进展.xlsx"), (money, "资金.xlsx")], programme=period.programme, period=period
    )
    import_returns(review=both, by=city_officer)

    assert both.errors == []
    assert (Report.objects.get().state, Figure.objects.get().value, len(stored())) == ("submitted", Decimal("55.25"), 2)


def test_amount_changed_after_the_review_refuses_figures_and_money(sheet, lines, period, participants, clerk):
    review = review_of(sheet(), period)
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)
    entry = FundEntry(lines["roads"].pk, "received", Decimal(1))
    record_fund_figures(report=report, entries=[entry], by=clerk, origin="form")

    assert review.fingerprint != review_of(sheet(), period).fingerprint
    with pytest.raises(Refused, match="重新核对"):
        import_returns(review=review, by=clerk)
    assert Figure.objects.count() == 0
    assert FundFigure.objects.get().value == 1


def test_money_of_a_line_that_does_not_exist_stores_nothing_at_all(sheet, lines, period, clerk):
    # 合格率 stands in the same item, so its row's amount would have to be added; 困难救助 has one line, of the city.
    path = sheet([2, "困难救助", "人数", "人", 900, 40, 10, -1, None])

    review = review_of(path, period)

    assert [(issue.code, issue.cell) for issue in review.errors] == [("bad_value", "H4")]
    with pytest.raises(ImportRefused, match="负数"):
        import_returns(review=review, by=clerk)
    assert (Figure.objects.count(), stored()) == (0, {})


def test_cleared_slashed_and_falling_amounts_are_said_before_they_are_stored(sheet, lines, period, clerk):
    import_returns(review=review_of(sheet(), period), by=clerk)

    review = review_of(sheet(received="/", disbursed=None), period)

    assert sorted((issue.code, issue.cell) for issue in review.issues) == [
        ("cleared", "G3"),
        ("cleared", "H3"),
        ("no_task_claimed", "G3"),
    ]
    import_returns(review=review, by=clerk)
    assert {row.state for row in FundFigure.objects.all()} == {"blank"}


def test_command_prints_money_as_the_contract_says(sheet, lines, period):
    output = io.StringIO()
    path = sheet([2, "困难救助", "人数", "人", 900, 45, None, None, None])

    call_command(
        "import_return", str(path), "--programme", "fuyang-2020", "--period", "2020-08", "--json", stdout=output
    )

    document = json.loads(output.getvalue())
    common = {"file": "太和县.xlsx", "participant": "341222", "sub_item": "", "kind": "project", "source": "total"}
    expected = [
        (1, "planned", "1000000", "F3"),
        (1, "received", "665000", "G3"),
        (1, "disbursed", "500000", "H3"),
        (2, "planned", "450000", "F4"),
        (2, "received", None, "G4"),
        (2, "disbursed", None, "H4"),
    ]
    assert document["funds"] == [
        common | {"project_seq": seq, "stage": stage, "value_yuan": value, "sheet": "Sheet", "cell": cell}
        for seq, stage, value, cell in expected
    ]
    assert "太和县.xlsx：太和县，资金6格，其中2格与系统不同。" in _told(path)
    [issue] = document["issues"]
    assert (issue["severity"], issue["code"], issue["cell"]) == ("warning", "plan_differs", "F4")
    assert issue["message"].endswith("的计划系统里是40.00 万元，表中是45.00 万元，以系统为准。")


def test_our_own_template_with_money_reads_back_without_a_question(sheet, lines, period, july, participants, clerk):
    import_returns(review=review_of(sheet(), period), by=clerk)
    path = sheet().with_name("模板.xlsx")
    path.write_bytes(return_template(period=period, participant=participants["341222"]))
    book = openpyxl.load_workbook(path)
    page = book["资金"]
    [row] = [cell.row for cell in page["E"] if cell.value == "财政补助"]
    page[f"H{row}"], page[f"K{row}"] = 123456.78, "等待验收"
    book.save(path)

    review = review_of(path, period)
    import_returns(review=review, by=clerk)

    assert review.issues == []
    assert review.change_count == 2
    new = FundFigure.objects.get(fund_line=lines["relief"], stage="received")
    assert (new.value, new.sheet, new.cell) == (Decimal("123456.78"), "资金", f"H{row}")
    # The row's remark stands with 拨付, where the page and the template show it.
    assert FundFigure.objects.get(fund_line=lines["relief"], stage="disbursed").remark == "等待验收"


def test_statements_do_not_depend_on_the_number_of_amounts(sheet, lines, period, clerk):
    counts = []
    for roads, relief in ((20, 10), (30, 10), (40, 12)):
        path = sheet([2, "困难救助", "人数", "人", 900, 40, relief, relief - 5, None], received=roads, length=roads)
        review = review_of(path, period)
        with CaptureQueriesContext(connection) as queries:
            import_returns(review=review, by=clerk)
        counts.append((len(review.part_changes), len(queries)))

    # The first import opens the report and is another matter.
    assert [amounts for amounts, _ in counts] == [4, 1, 3]
    assert counts[2][1] == counts[1][1]
