"""Exports of a month: report, project tables, ranking, funds; what is in the cells, for whom, in how many queries."""

import io
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from livelihood.models import AuditEvent
from projects.models import Report
from supervision.services.snapshots import freeze_snapshot
from tests import factories
from tests.supervision.funds import planned_line
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@world
def august(period, participants, indicators, city_officer):
    """太和县, approved: 里程 40.85 of 100, 合格率 0, 人数 left blank; 界首市, in its draft: 里程 150 of 200.

    太和县's roads have 100 万元 planned and 60 paid; the province's 里程 is 67.3.
    """
    taihe = factories.ReportFactory(period=period, participant=participants["341222"], state="approved")
    jieshou = factories.ReportFactory(period=period, participant=participants["341282"], state="draft")
    for report, name, value in [(taihe, "里程", "40.85"), (taihe, "合格率", "0"), (jieshou, "里程", "150")]:
        factories.FigureFactory(
            report=report, indicator=indicators[name], value=Decimal(value), updated_by=city_officer, remark="=1+1"
        )
    factories.BenchmarkFactory(period=period, indicator=indicators["里程"], value=Decimal("67.3"), decimals=1)
    planned_line(indicators["里程"], participants["341222"], city_officer, 1_000_000, taihe, disbursed=600_000)
    return period


@pytest.fixture
def export(client):
    """Fetch an export as somebody: (name, arguments, query) → the sheets by name, each a list of rows."""

    def get(person, name, *arguments, query="") -> openpyxl.Workbook:
        client.force_login(person)
        response = client.get(reverse(name, args=arguments) + query)
        assert response.status_code == 200
        return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))

    return get


def rows_of(sheet, *, first) -> list[tuple]:
    return list(sheet.iter_rows(min_row=first, values_only=True))


def events() -> list[tuple]:
    return list(AuditEvent.objects.filter(verb__startswith="export_").order_by("id").values_list("verb", "after"))


def test_report_export_holds_numbers_blanks_and_no_task_apart(export, august, participants, clerk):
    report = Report.objects.get(participant=participants["341222"])

    book = export(clerk, "projects:report-export", report.pk)

    assert book.sheetnames == ["进度", "资金"]
    figures, funds = book.worksheets
    facts = figures["A2"].value
    assert facts.startswith("填报单位：太和县　数据截至：2020年8月31日　依据：实时（已审核）　导出：")
    assert facts.endswith("张填报")
    # 序号 … 单位, 年度目标, 上月, 本月, 新增, 完成率: 40.85 of 100 as printed; a nil is 0; a blank is empty
    rows = rows_of(figures, first=5)
    assert [row[3:10] for row in rows[:3]] == [
        ("里程", "公里", 100, None, 40.85, None, 40.85),
        ("合格率", "%", 90, None, 0, None, 0),
        ("人数", "人", 1000, None, None, None, None),
    ]
    # 时序 8÷12, which 40.85 is below: ⌈66.67% of 100⌉ in hundredths less 40.85; no average was issued before
    assert rows[0][10:14] == (66.67, None, 59.15, 25.82)
    assert rows[0][14:] == ("已填", None, "=1+1")
    assert (figures["Q5"].data_type, figures["H5"].number_format) == ("s", "#,##0.00")
    # 60 of 100 万元 paid; 到位 and 支出 have not been said
    assert [row[4:11] for row in rows_of(funds, first=5)] == [
        ("到位", 100, None, None, None, None, "到位率（到位÷计划）"),
        ("拨付", 100, None, 60, None, 60, "拨付率（拨付÷计划）"),
        ("支出", 100, None, None, None, None, "支出率（支出÷拨付）"),
    ]
    assert events() == [("export_report", {})]


def test_report_export_takes_the_filter_of_the_page(export, august, participants, clerk):
    report = Report.objects.get(participant=participants["341222"])

    book = export(clerk, "projects:report-export", report.pk, query="?show=blank&money=yuan")

    figures, funds = book.worksheets
    assert "（只列：空）" in figures["A2"].value
    assert [row[3] for row in rows_of(figures, first=5)[:2]] == ["人数", None]
    assert funds["F4"].value == "计划（元）"
    assert [row[4:6] for row in rows_of(funds, first=5)] == [("到位", 1_000_000), ("支出", 1_000_000)]


def test_matrix_export_shows_drafts_only_to_who_sees_them(export, august, participants, city_officer, lead_officer):
    arguments = ["projects:project-matrix-export", august.programme.code, august.code, 1]

    seen = rows_of(export(city_officer, *arguments).active, first=6)
    handed_in = rows_of(export(lead_officer, *arguments).active, first=6)

    # Unit, report, then 年度目标, 上月累计, 本月累计, 完成率 of 里程 and of 合格率.
    assert seen == [
        ("太和县", "已审核", 100, None, 40.85, 40.85, 90, None, 0, 0),
        ("界首市", "填报中", 200, None, 150, 75, 90, None, None, None),
        ("市本级", "未开始", "无任务", None, "/", None, 90, None, None, None),
        # 40.85 + 150 of 100 + 200
        ("全市", "未开始", 300, None, 190.85, 63.62, 90, None, None, None),
    ]
    assert handed_in[1] == ("界首市", "填报中", 200, None, None, None, 90, None, None, None)


def test_month_export_lists_every_cell_and_a_sheet_for_each_project(export, august, city_officer):
    factories.ProjectFactory(programme=august.programme, seq=3, name="文化惠民", text="按要求推进")

    book = export(city_officer, "projects:month-export", august.programme.code, august.code)

    assert book.sheetnames == ["全部", "1 农村道路", "2 困难救助"]
    rows = rows_of(book["全部"], first=4)
    # 3 indicators × 4 units, an empty line, and what has nothing to count
    assert len(rows) == 14
    assert rows[0][4:12] == ("里程", "公里", "太和县", "已审核", 100, None, 40.85, 40.85)
    assert rows[-1][0] == "文字类项目，没有要填的数：3文化惠民。"
    assert events() == [("export_matrix", {"project": "全部"})]


def test_ranking_export_of_a_snapshot_prints_what_the_page_prints(export, august, indicators, city_officer):
    factories.plain_scheme(august.programme)
    snapshot = freeze_snapshot(period=august, by=city_officer)

    book = export(city_officer, "supervision:ranking-export", august.programme.code, august.code, query="?basis=1")

    assert book.sheetnames == ["综合位次", "项目得分", "指标进度", "低于全省名单", "资金比率", "资金分项目"]
    assert f"依据：快照{snapshot.version}（" in book["综合位次"]["A2"].value
    # 太和县: (40.85 + 0) ÷ 2 = 20.43 in project 1, 0 for the blank one in project 2; (20.425 + 0) ÷ 2 = 10.21
    assert rows_of(book["综合位次"], first=4)[:3] == [
        ("太和县", 1, 10.21, None, None, 1, None),
        ("界首市", None, None, None, None, None, "未报送"),
        ("市本级", None, None, None, None, None, "不排名，未报送"),
    ]
    assert [row[4] for row in rows_of(book["项目得分"], first=4)[:2]] == [20.43, 0]
    assert book["项目得分"]["E4"].number_format == '#,##0.00"▼1"'
    lines = {(row[3], row[5]): row[6:16] for row in rows_of(book["指标进度"], first=5)}
    # 40.85 − 66.67; printed with one place as the province does, 40.9 − 67.3; the whole is 太和县 alone
    assert lines["里程", "太和县"] == (100, 40.85, 40.85, 1, 66.67, -25.82, 67.3, -26.4, 0, "未达时序")
    assert lines["里程", "市本级"] == ("/", "/", None, None, None, None, 67.3, None, None, "无任务")
    assert lines["里程", "界首市"][1:4] == (None, None, None)
    assert rows_of(book["低于全省名单"], first=4)[0][3:] == (
        67.3,
        1,
        "里程低于全省（67.3%）平均进度的有：太和县40.9%。",
    )
    paid = [row for row in rows_of(book["资金比率"], first=5) if row[1] == "拨付率（拨付÷计划）"]
    assert paid[0][2:9] == ("太和县", 100, None, 60, None, 60, 1)
    assert events() == [("export_standings", {"basis": "1", "scope": "全部"})]


def test_ranking_export_of_an_open_month_is_a_countys_own(export, august, clerk):
    book = export(clerk, "supervision:ranking-export", august.programme.code, august.code)

    words = {str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row}
    assert "只列您经办范围内的数" in book.active["A2"].value
    assert [row[:3] for row in rows_of(book["综合位次"], first=4)][:1] == [("太和县", None, 10.21)]
    # No other unit, no sum over all and no place.
    assert not words & {"界首市", "全市", "市本级", "150", "63.62"}
    assert {row[9] for row in rows_of(book["指标进度"], first=5)} == {None}


def test_funds_export_names_the_denominator_and_keeps_amounts_exact(export, august, participants, city_officer):
    book = export(city_officer, "funding:overview-export", august.programme.code, query="?unit=yi&by=project")

    sheet = book["项目资金按项目"]
    heads = [cell.value for cell in sheet[3]]
    assert heads[2:5] == ["计划（亿元）", "到位（亿元）", "到位率（到位÷计划）(%)"]
    # 100 and 60 万元 in 亿元; 到位 has not been said, so there is neither amount nor rate
    assert rows_of(sheet, first=4)[0] == (
        1,
        "农村道路",
        0.01,
        None,
        None,
        0.006,
        60,
        None,
        None,
        "到位未报送；支出未报送",
    )
    assert sheet["F4"].number_format == "#,##0.0000"
    assert rows_of(sheet, first=5)[0][1:3] == ("合计", 0.01)
    assert events() == [("export_funds", {"by": "按项目"})]


@pytest.mark.slow
def test_exports_many_rows_ask_as_often_as_few(client, august, programme, participants, indicators, city_officer):
    report = Report.objects.get(participant=participants["341222"])
    code = [programme.code, august.code]
    addresses = [
        reverse("projects:report-export", args=[report.pk]),
        reverse("projects:month-export", args=code),
        reverse("supervision:ranking-export", args=code),
        reverse("funding:overview-export", args=[programme.code]),
    ]
    client.force_login(city_officer)

    def counts() -> list[int]:
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found.append(len(queries))
        return found

    counts()
    few = counts()
    for seq in range(5, 8):
        sub_project = factories.SubProjectFactory(project=factories.ProjectFactory(programme=programme, seq=seq))
        indicator = factories.IndicatorFactory(sub_project=sub_project)
        for unit in participants.values():
            factories.TargetFactory(indicator=indicator, participant=unit, set_by=city_officer)
        factories.FigureFactory(report=report, indicator=indicator, updated_by=city_officer)
        planned_line(indicator, participants["341282"], city_officer, 1_000_000)

    assert counts() == few
