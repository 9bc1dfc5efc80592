"""Workbooks where lead agencies report for all units: what each of them may bring, and the template it fills."""

import io
import json
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from funding.models import FundFigure
from projects.excel.matrix_template import agency_template
from projects.models import Figure, ImportBatch, ImportMapping, ImportUpload, Programme, Report
from projects.services.imports import review_returns
from tests import factories
from tests.funding.rows import fund_line
from tests.support.worlds import world

pytestmark = pytest.mark.slow

HEAD = "考核单位,里程（公里）,合格率（%）,人数（人）\n"
MATRIX = f"2020年1—8月各县区进展\n{HEAD}太和县,55.25,88.5%,900\n界首市,120,90%,1500\n市本级,,91%,80\n"


@world
def relief_agency(city, indicators):
    """The second lead agency, of 人数."""
    agency = factories.AgencyFactory(region=city, name="市民政局", order=9)
    sub_project = indicators["人数"].sub_project
    sub_project.lead_agency = agency
    sub_project.save()
    return agency


@pytest.fixture
def month(settings, tmp_path, period, programme, participants, relief_agency):
    settings.MEDIA_ROOT = tmp_path / "media"
    Programme.objects.filter(pk=programme.pk).update(reporting_by="agency")
    period.refresh_from_db()
    return period


@pytest.fixture
def roads(month, lead_agency):
    return factories.ReportFactory(period=month, participant=None, agency=lead_agency, state="draft", content_sha256="")


def person(username, agency):
    return factories.grant(factories.UserFactory(username=username), "lead_agency", agency=agency)


def csv(name, text):
    return SimpleUploadedFile(name, text.encode())


def send(client, report, *files):
    return client.post(reverse("projects:report-import", args=[report.pk]), {"files": list(files)}, follow=True)


def do(client, page, step, **data):
    here = reverse("projects:import-detail", args=[page.context["upload"].pk])
    return client.post(here, {"step": step, **data}, follow=True)


def confirm(client, page):
    return do(client, page, "confirm", fingerprint=page.context["review"].fingerprint)


def said(page):
    return [str(message) for message in page.context["messages"]]


def values():
    return {
        (row.report.agency.name, row.participant.code, row.indicator.name): row.value for row in Figure.objects.all()
    }


ROADS = {
    ("市交通运输局", "341222", "里程"): Decimal("55.25"),
    ("市交通运输局", "341222", "合格率"): Decimal("88.5"),
    ("市交通运输局", "341282", "里程"): Decimal(120),
    ("市交通运输局", "341282", "合格率"): Decimal(90),
    ("市交通运输局", "341200-own", "合格率"): Decimal(91),
}
RELIEF = {
    ("市民政局", "341222", "人数"): Decimal(900),
    ("市民政局", "341282", "人数"): Decimal(1500),
    ("市民政局", "341200-own", "人数"): Decimal(80),
}


def test_agency_brings_the_units_figures_of_what_it_leads_and_the_rest_is_said(client, roads, lead_officer):
    client.force_login(lead_officer)
    page = send(client, roads, csv("进展.csv", MATRIX))

    done = confirm(client, page)

    notes = [issue.message for issue in page.context["review"].issues if issue.code == "other_agency"]
    assert notes == ["表中第2项“困难救助”不是您牵头的，没有读；请由它们的牵头部门报送。"]
    assert said(done) == ["已导入 5 格。核对无误后签字、提交。"]
    assert done.redirect_chain[-1][0] == reverse("projects:report-detail", args=[roads.pk])
    assert values() == ROADS
    roads.refresh_from_db()
    batch = ImportBatch.objects.get()
    assert (roads.state, batch.counts["changed"], Report.objects.count()) == ("draft", 5, 1)
    mileage = Figure.objects.get(participant__code="341282", indicator__name="里程")
    assert (mileage.import_batch, mileage.origin, mileage.cell) == (batch, "excel", "B4")


def test_list_with_a_column_of_units_is_read_and_nothing_is_stored_while_a_row_is_wrong(client, roads, lead_officer):
    client.force_login(lead_officer)
    text = "填报单位：市交通运输局,,,\n考核单位,指标,单位,累计完成\n太和县,里程,公里,55.25\n界首市,里程,公里,{}\n"
    wrong = send(client, roads, csv("a.csv", text.format("很多")))

    blocked = confirm(client, wrong)
    done = confirm(client, send(client, roads, csv("b.csv", text.format(120))))

    assert "“很多”" in said(blocked)[0]
    assert said(done) == ["已导入 2 格。核对无误后签字、提交。"]
    assert {key[1:]: value for key, value in values().items()} == {
        ("341222", "里程"): Decimal("55.25"),
        ("341282", "里程"): Decimal(120),
    }


def test_countys_own_sheet_is_refused_and_says_where_to_go(client, roads, month, participants, lead_officer, clerk):
    county_report = factories.ReportFactory(
        period=month, participant=participants["341222"], state="draft", content_sha256=""
    )
    text = "太和县2020年1—8月进展\n指标,单位,累计完成\n里程,公里,55.25\n"
    sentence = (
        "“阜阳市2020年民生工程”由牵头部门报送，考核单位的表不能导入。"
        "请把表交给项目的牵头部门（市交通运输局、市民政局），由它们在自己的月报里导入。"
    )

    client.force_login(lead_officer)
    by_agency = confirm(client, send(client, roads, csv("太和县.csv", text)))
    client.force_login(clerk)
    by_county = send(client, county_report, csv("太和县.csv", text))

    assert said(by_agency) == [f"太和县.csv：{sentence}"]
    assert [issue.message for issue in by_county.context["review"].blockers] == [sentence]
    assert not Figure.objects.exists()


def test_agency_meets_neither_uploads_nor_readings_of_another(client, roads, month, lead_officer, relief_agency):
    relief_officer = person("relief", relief_agency)
    relief = factories.ReportFactory(
        period=month, participant=None, agency=relief_agency, state="draft", content_sha256=""
    )
    text = "考核单位,指标,单位,累计完成\n太和县,救助的穷人,人,900\n界首市,救助的穷人,人,1500\n"
    client.force_login(relief_officer)
    page = send(client, relief, csv("救助.csv", text))
    field = next(one.name for one in page.context["cards"][0].tables[0].rows if "救助的穷人" in one.row.key)
    number = str(Figure._meta.apps.get_model("projects", "Indicator").objects.get(name="人数").pk)
    read = do(client, page, "correct", **{field: number})
    mapping = ImportMapping.objects.get()

    client.force_login(lead_officer)
    theirs = client.get(reverse("projects:import-detail", args=[page.context["upload"].pk]))
    elsewhere = client.get(reverse("projects:report-import", args=[relief.pk]))
    own = send(client, roads, csv("道路.csv", text))
    forgotten = do(client, own, "correct", forget=str(mapping.pk))

    assert [figure.value for reading in read.context["review"].readings for figure in reading.figures] == [
        900,
        1500,
    ]
    assert (theirs.status_code, elsewhere.status_code) == (404, 404)
    assert any("救助的穷人" in issue.message for issue in own.context["review"].errors)
    assert said(forgotten) == ["这条更正已经不在了。"]
    assert ImportMapping.objects.exists()


def test_city_office_takes_in_a_sheet_for_all_agencies_and_they_cannot_finish_it(
    client, month, roads, lead_officer, city_officer
):
    client.force_login(city_officer)
    entrance = client.get(reverse("projects:report-import", args=[roads.pk]))
    page = client.post(entrance.url, {"files": [csv("全市.csv", MATRIX)]}, follow=True)

    client.force_login(lead_officer)
    seen = client.get(reverse("projects:import-detail", args=[page.context["upload"].pk]))
    client.force_login(city_officer)
    done = confirm(client, page)

    assert seen.status_code == 404
    assert said(done) == ["已导入 8 格。由市民生办代收，各家月报现在待审。"]
    assert values() == ROADS | RELIEF
    assert set(Report.objects.values_list("agency__name", "state")) == {
        ("市交通运输局", "submitted"),
        ("市民政局", "submitted"),
    }
    assert (ImportBatch.objects.count(), ImportUpload.objects.get().state) == (1, "committed")


def test_command_commits_for_all_agencies_and_changes_nothing_the_second_time(month, tmp_path, capsys):
    path = tmp_path / "全市.csv"
    path.write_text(MATRIX, encoding="utf-8")
    arguments = ["import_return", str(path), "--programme", "fuyang-2020", "--period", month.code, "--commit", "--json"]

    answers = []
    for _ in range(2):
        call_command(*arguments)
        answers.append(json.loads(capsys.readouterr().out))

    assert [(answer["committed"], len(answer["figures"])) for answer in answers] == [(True, 9), (True, 9)]
    assert [issue["code"] for issue in answers[1]["issues"] if issue["code"] == "already_imported"]
    assert values() == ROADS | RELIEF
    assert set(Report.objects.values_list("state", flat=True)) == {"submitted"}
    assert set(Figure.objects.values_list("version", flat=True)) == {1}


def test_template_of_an_agency_is_prefilled_protected_and_reads_back_without_a_question(
    month, roads, july, indicators, participants, lead_agency, tmp_path
):
    factories.FigureFactory(report=roads, indicator=indicators["里程"], participant=participants["341222"], value=40)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        content = agency_template(period=month, agency=lead_agency)
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book["月报"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=6, max_row=8)]
    sheet["E7"] = 120
    book.save(tmp_path / "表.xlsx")
    review = review_returns(
        files=[(tmp_path / "表.xlsx", "表.xlsx")],
        programme=month.programme,
        period=month,
        agencies=frozenset([lead_agency.pk]),
    )

    # The money asks once whether there is any.
    assert len(queries) <= 8
    assert [[cell.value for cell in sheet[row]] for row in (3, 4, 5)] == [
        ["序号", "考核单位", "农村道路", None, None, None, None, None],
        [None, None, "里程（公里）", None, None, "合格率（%）", None, None],
        [None, None, "年度目标", "上月累计", "本月累计", "年度目标", "上月累计", "本月累计"],
    ]
    assert rows == [
        [1, "太和县", 100, None, 40, 90, None, None],
        [2, "界首市", 200, None, None, 90, None, None],
        [3, "市本级", "/", None, "/", 90, None, None],
    ]
    assert [sheet[cell].protection.locked for cell in ("E6", "C6", "E8")] == [False, True, True]
    assert "E6" in {str(rule.sqref) for rule in sheet.data_validations.dataValidation}
    assert review.issues == []
    assert [(reading.participant.code, figure.value) for reading, figure in review.changes] == [("341282", 120)]


def test_money_beside_the_figures_goes_to_the_agencys_report_and_that_of_others_is_left_out(
    client, roads, month, programme, participants, indicators, lead_officer
):
    taihe = participants["341222"]
    for name in ("里程", "人数"):
        place = {"participant": taihe, "sub_project": indicators[name].sub_project}
        fund_line(programme=programme, **place, source="county")
    rows = "太和县,农村道路,里程,55.25,1200.5\n太和县,困难救助,人数,900,300\n"
    client.force_login(lead_officer)
    page = send(client, roads, csv("a.csv", f"考核单位,项目,指标,累计完成,县级累计拨付（元）\n{rows}"))

    done = confirm(client, page)

    assert said(done) == ["已导入 2 格。核对无误后签字、提交。"]
    (amount,) = FundFigure.objects.all()
    assert (amount.report, amount.stage, amount.value) == (roads, "disbursed", Decimal("1200.5"))
    assert values() == {("市交通运输局", "341222", "里程"): Decimal("55.25")}


def test_template_of_an_agency_has_its_money_of_every_unit_and_reads_back_to_the_line(
    month, programme, participants, indicators, lead_agency, tmp_path
):
    own, others = indicators["里程"].sub_project, indicators["人数"].sub_project
    lines = {}
    for code in ("341222", "341282"):
        place = {"programme": programme, "participant": participants[code]}
        lines[code] = fund_line(**place, sub_project=own, source="county")
        fund_line(**place, sub_project=others, source="county")
    fund_line(programme=programme, participant=participants["341222"], sub_project=own, source="province")

    book = openpyxl.load_workbook(io.BytesIO(agency_template(period=month, agency=lead_agency)))
    sheet = book["资金"]
    head = [cell.value for cell in sheet[3]]
    at = {label: head.index(label) for label in ("项目", "考核单位", "资金来源", "累计拨付（元）")}
    rows = [row for row in sheet.iter_rows(min_row=4) if row[at["项目"]].value == "农村道路"]
    for row in rows:
        if row[at["资金来源"]].value == "县级":
            amount = {"太和县": 1200.5, "界首市": 0}[row[at["考核单位"]].value]
            row[at["累计拨付（元）"]].value = amount
    book.save(tmp_path / "表.xlsx")
    review = review_returns(
        files=[(tmp_path / "表.xlsx", "表.xlsx")],
        programme=month.programme,
        period=month,
        agencies=frozenset([lead_agency.pk]),
    )

    # Three lines of the two units for its own item; those of the other agency's item are not there.
    assert [row[at["考核单位"]].value for row in rows] == ["太和县", "太和县", "界首市"]
    assert "困难救助" not in {cell.value for row in sheet.iter_rows() for cell in row}
    assert rows[0][at["累计拨付（元）"]].protection.locked is False
    assert review.issues == []
    found = {
        (reading.participant.code, cell.key, cell.row["value_yuan"])
        for reading in review.readings
        for cell in reading.parts
        if cell.is_changed
    }
    assert found == {
        ("341222", (lines["341222"].pk, "disbursed"), "1200.5"),
        ("341282", (lines["341282"].pk, "disbursed"), "0"),
    }
