"""One project over all units: who opens it, who types where, what is shown of whom, and what is refused."""

import datetime
import json
import uuid
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from livelihood.models import AuditEvent
from projects import matrix_page, matrix_sheets
from projects.models import Figure, Report
from projects.services import periods, reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@world
def opened(period, participants, indicators, city_officer):
    """The open month's reports by unit code; every unit has one."""
    reports.create_reports(period=period, by=city_officer)
    return {row.participant.code: row for row in Report.objects.filter(period=period).select_related("participant")}


@pytest.fixture
def key(participants, indicators):
    """Return a cell's key by indicator name and unit code."""
    return lambda name, code="341222": f"{participants[code].pk}-{indicators[name].pk}"


@world
def address(programme, period):
    """The table of project 1 (里程, 合格率)."""
    return reverse("projects:project-matrix", args=[programme.code, period.code, 1])


@pytest.fixture
def post(client, address, city_officer):
    """Post the plain form as somebody: key → (text, version seen)."""

    def send(cells, *, by=city_officer, **more):
        client.force_login(by)
        versions = " ".join(f"{name}:{version}" for name, (_, version) in cells.items())
        texts = {f"f-{name}": text for name, (text, _) in cells.items()}
        return client.post(address, texts | {"versions": versions} | more)

    return send


@pytest.fixture
def send(client, programme, period, city_officer):
    """Send a batch of cells as the page's script does: key → (text, version)."""

    def send(cells, *, by=city_officer, seq=1):
        client.force_login(by)
        typed = {name: {"value": text, "version": version} for name, (text, version) in cells.items()}
        return client.post(
            reverse("projects:project-matrix-cells", args=[programme.code, period.code, seq]),
            json.dumps({"key": str(uuid.uuid4()), "parts": {"figures": typed}}),
            content_type="application/json",
        )

    return send


def store(report, indicator, value, by):
    """Store one figure the ordinary way."""
    entry = FigureEntry(report.participant_id, indicator.pk, state="reported", value=Decimal(value))
    return record_figures(report=report, entries=[entry], by=by, origin="form")


def cells_of(response):
    """Return the page's cells by (unit's name, indicator's name)."""
    return {
        (row["unit"].printed_name, cell["indicator"].name): cell
        for row in response.context["rows"]
        for cell in row["cells"]
    }


def content():
    """Return everything that must not change when a batch is refused."""
    return list(Figure.objects.order_by("pk").values_list("pk", "value", "version")), AuditEvent.objects.count()


# ---------- Who sees what ----------


def test_table_shows_units_in_official_order_with_target_last_month_and_rate(
    client, address, programme, opened, participants, indicators, city_officer
):
    july = factories.PeriodFactory(programme=programme, month=7)
    last = factories.ReportFactory(period=july, participant=participants["341222"])
    factories.FigureFactory(report=last, indicator=indicators["里程"], value=Decimal("40.5"), updated_by=city_officer)
    store(opened["341222"], indicators["里程"], "60", city_officer)
    client.force_login(city_officer)

    response = client.get(address)

    assert [row["unit"].printed_name for row in response.context["rows"]] == ["太和县", "界首市", "市本级", "全市"]
    cell = cells_of(response)["太和县", "里程"]
    # 60 ÷ 100 = 60.00 %
    assert (cell["target"], cell["last"], cell["value"], cell["rate"]) == ("100.00", "40.50", "60.00", "60.00")
    assert cells_of(response)["市本级", "里程"]["target"] == "无任务"


def test_whole_shows_the_sum_of_what_is_filled_and_takes_no_figure_for_it(
    client, address, opened, indicators, city_officer
):
    store(opened["341222"], indicators["里程"], "60", city_officer)
    client.force_login(city_officer)

    cells = cells_of(client.get(address))

    # Only 太和县 has a figure: 60 of its own target of 100, not of 300.
    assert (cells["全市", "里程"]["value"], cells["全市", "里程"]["target"]) == ("60.00", "100.00")
    assert not cells["全市", "里程"]["is_typed"]
    assert cells["全市", "合格率"]["is_typed"]


def test_column_says_how_many_of_its_tasks_are_filled(client, address, opened, indicators, city_officer):
    store(opened["341222"], indicators["里程"], "60", city_officer)
    client.force_login(city_officer)

    groups = client.get(address).context["groups"]

    # 里程: 太和县 and 界首市 have a task; 市本级 none, 全市 is a sum. 合格率: all four.
    assert [column["note"] for group in groups for column in group["columns"]] == ["1/2", "0/4"]


def test_lead_agency_sees_a_county_only_once_it_has_submitted(
    client, address, opened, indicators, city_officer, clerk, head, lead_officer
):
    store(opened["341222"], indicators["里程"], "60", clerk)
    client.force_login(lead_officer)

    before = client.get(address)
    reports.sign_report(report=opened["341222"], by=head)
    reports.submit_report(report=opened["341222"], by=clerk)
    after = client.get(address)

    cell = cells_of(before)["太和县", "里程"]
    assert (cell["value"], cell["rate"], before.context["rows"][0]["state"]) == ("", "—", "draft")
    cell = cells_of(after)["太和县", "里程"]
    assert (cell["value"], cell["rate"], after.context["rows"][0]["state"]) == ("60.00", "60.00", "submitted")
    assert not any(cell["is_typed"] for cell in cells_of(after).values())


def test_lead_agency_finds_only_its_own_projects(client, programme, period, opened, lead_officer):
    client.force_login(lead_officer)

    response = client.get(reverse("projects:project-matrix", args=[programme.code, period.code, 2]))

    assert response.status_code == 404


@pytest.mark.parametrize("role", ["clerk", "head", "filler"])
def test_counties_and_their_bureaus_have_no_such_page(client, address, opened, role, request):
    client.force_login(request.getfixturevalue(role))

    assert client.get(address).status_code == 404


def test_month_offers_the_table_to_the_office_and_to_lead_agencies_alone(
    client, programme, period, opened, address, city_officer, lead_officer, clerk
):
    page = reverse("projects:period-detail", args=[programme.code, period.code])
    offered = {}

    for person in (city_officer, lead_officer, clerk):
        client.force_login(person)
        offered[person.username] = f'href="{address}"' in client.get(page, follow=True).content.decode()

    assert offered == {"city_officer": True, "lead_officer": True, "clerk": False}


def test_page_asks_the_database_as_often_for_three_units_as_for_thirty(
    client, address, programme, period, opened, indicators, city_officer
):
    setter = factories.UserFactory()
    client.force_login(city_officer)
    client.get(address)

    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(27):
        unit = factories.ParticipantFactory(programme=programme, order=50 + number)
        report = factories.ReportFactory(period=period, participant=unit, state="draft", content_sha256="")
        factories.TargetFactory(indicator=indicators["里程"], participant=unit, set_by=setter)
        factories.FigureFactory(report=report, indicator=indicators["里程"], updated_by=setter)
    with CaptureQueriesContext(connection) as many:
        response = client.get(address)

    assert len(response.context["rows"]) == 31
    assert len(many) == len(few)


# ---------- Typing ----------


def test_office_types_on_behalf_of_a_draft_but_not_into_what_was_submitted(
    client, address, opened, indicators, city_officer, clerk, head
):
    store(opened["341222"], indicators["里程"], "60", clerk)
    reports.sign_report(report=opened["341222"], by=head)
    client.force_login(city_officer)

    cells = cells_of(client.get(address))

    assert not cells["太和县", "里程"]["is_typed"]
    assert cells["界首市", "里程"]["is_typed"]
    assert cells["市本级", "合格率"]["is_typed"]
    assert not cells["市本级", "里程"]["is_typed"], "no task, nothing to type"


def test_plain_form_stores_the_changed_cells_of_several_reports(post, key, opened, indicators, address):
    response = post({key("里程"): ("1,0２0.5", 0), key("里程", "341282"): ("30", 0), key("合格率"): ("", 0)})

    assert response.status_code == 302
    assert response["Location"] == address
    stored = Figure.objects.order_by("participant__order").values_list("participant__code", "value")
    assert list(stored) == [("341222", Decimal("1020.5")), ("341282", Decimal(30))]
    assert Report.objects.filter(figures__isnull=False).count() == 2


def test_plain_form_stores_what_is_fine_and_shows_again_what_is_not(post, key, opened):
    response = post({key("里程"): ("1,02.5", 0), key("里程", "341282"): ("30", 0)})

    assert response.status_code == 422
    cell = cells_of(response)["太和县", "里程"]
    assert (cell["mark"], cell["value"]) == ("invalid", "1,02.5")
    assert cell["about"] in response.content.decode().replace("&quot;", '"')
    assert list(Figure.objects.values_list("participant__code", "value")) == [("341282", Decimal(30))]


def test_batch_of_the_script_stores_cells_of_several_reports_and_answers_for_each(send, key, opened, indicators, clerk):
    response = send(
        {key("里程"): ("50", 0), key("里程", "341282"): ("30,0", 0), key("合格率", "341200-own"): ("80", 0)}
    )

    reply = response.json()
    cells = reply["parts"]["figures"]
    assert response.status_code == 200
    assert [cells[name]["outcome"] for name in cells] == ["saved", "invalid", "saved"]
    # 50 ÷ 100 = 50.00 %, and 50 is what the whole's line now adds up to; 8 ÷ 12 months would be 66.67 %.
    assert cells[key("里程")]["display"] == {"value": "50.00", "rate": "50.00"}
    assert reply["sums"][str(indicators["里程"].pk)] == {
        "target": "100.00",
        "value": "50.00",
        "rate": "50.00",
        "is_behind": True,
    }
    assert reply["columns"][str(indicators["里程"].pk)] == "1/2"
    assert Figure.objects.count() == 2


def test_batch_sent_twice_changes_nothing_the_second_time(send, key, opened):
    batch = {key("里程"): ("50", 0)}
    first = send(batch)

    before = content()
    second = send(batch)

    assert first.json()["parts"]["figures"][key("里程")]["outcome"] == "saved"
    assert second.json()["parts"]["figures"][key("里程")]["outcome"] == "unchanged"
    assert content() == before


def test_batch_over_somebody_elses_figure_is_a_conflict_and_overwrites_nothing(send, key, opened, indicators, clerk):
    store(opened["341222"], indicators["里程"], "43.2", clerk)

    reply = send({key("里程"): ("45.2", 0)}).json()["parts"]["figures"][key("里程")]

    assert (reply["outcome"], reply["theirs"]["value"], reply["theirs"]["by"]) == ("conflict", "43.20", "张填报")
    assert Figure.objects.get().value == Decimal("43.2")
    # Having seen it, the person decides: the version in the reply stores their own.
    again = send({key("里程"): ("45.2", reply["version"])})
    assert again.json()["parts"]["figures"][key("里程")]["outcome"] == "saved"


def test_plain_form_shows_a_conflict_with_what_was_typed_and_saving_again_decides(post, key, opened, indicators, clerk):
    store(opened["341222"], indicators["里程"], "43.2", clerk)

    response = post({key("里程"): ("45.2", 0)})

    assert response.status_code == 422
    cell = cells_of(response)["太和县", "里程"]
    assert (cell["mark"], cell["value"], cell["version"]) == ("conflict", "45.2", 1)
    assert "43.2" in cell["about"]
    assert post({key("里程"): ("45.2", 1)}).status_code == 302
    assert Figure.objects.get().value == Decimal("45.2")


def test_cell_signed_meanwhile_is_refused_by_name_and_the_others_are_stored(send, key, opened, indicators, clerk, head):
    store(opened["341222"], indicators["里程"], "60", clerk)
    reports.sign_report(report=opened["341222"], by=head)

    cells = send({key("里程"): ("61", 1), key("里程", "341282"): ("30", 0)}).json()["parts"]["figures"]

    assert cells[key("里程")]["outcome"] == "invalid"
    assert "已签字" in cells[key("里程")]["message"]
    assert cells[key("里程", "341282")]["outcome"] == "saved"
    assert sorted(Figure.objects.values_list("value", flat=True)) == [Decimal(30), Decimal(60)]


def test_closed_month_takes_figures_of_a_reopened_unit_alone(
    client, address, period, participants, opened, indicators, city_officer, clerk, head, send, key
):
    store(opened["341222"], indicators["里程"], "60", clerk)
    reports.sign_report(report=opened["341222"], by=head)
    reports.submit_report(report=opened["341222"], by=clerk)
    reports.approve_report(report=opened["341222"], by=city_officer)
    periods.mark_closed(period=period, without=[], by=city_officer)
    until = timezone.now() + datetime.timedelta(hours=1)
    periods.reopen_period(
        period=period, participants=[participants["341222"]], until=until, reason="多报", by=city_officer
    )
    client.force_login(city_officer)

    cells = cells_of(client.get(address))
    reply = send({key("里程"): ("55", 1), key("里程", "341282"): ("30", 0)}).json()["parts"]["figures"]

    assert {name for name, cell in cells.items() if cell["is_typed"]} == {("太和县", "里程"), ("太和县", "合格率")}
    assert reply[key("里程")]["outcome"] == "saved"
    assert "已经封账" in reply[key("里程", "341282")]["message"]


# ---------- Bad input ----------


@pytest.mark.parametrize(
    "text", ["约五十", "-1", "9" * 20, "2020-08-31", "=1+1", "<script>alert(1)</script>", "1e5", "12.345"]
)
def test_cell_that_is_no_acceptable_number_is_refused_with_a_sentence(send, key, opened, text):
    reply = send({key("里程"): (text, 0)}).json()["parts"]["figures"][key("里程")]

    assert reply["outcome"] == "invalid"
    assert reply["message"].endswith("。")
    assert not Figure.objects.exists()


def test_cell_of_another_project_is_refused_and_nothing_is_stored(send, key, opened):
    response = send({key("人数"): ("5", 0), key("里程"): ("50", 0)})

    assert response.status_code == 409
    assert "不在这张表里" in response.json()["refused"]
    assert not Figure.objects.exists()


def test_batch_of_too_many_cells_is_refused(send, opened):
    response = send({f"1-{number}": ("1", 0) for number in range(2001)})

    assert response.status_code == 413
    assert "2000" in response.json()["refused"]


def test_batch_that_is_no_batch_is_refused(client, programme, period, opened, city_officer):
    client.force_login(city_officer)

    response = client.post(
        reverse("projects:project-matrix-cells", args=[programme.code, period.code, 1]),
        "[]",
        content_type="application/json",
    )

    assert response.status_code == 422
    assert response.json()["refused"]


def test_reader_may_not_save(send, post, key, opened, leader, lead_officer):
    before = content()

    answers = [send({key("里程"): ("5", 0)}, by=leader), post({key("里程"): ("5", 0)}, by=lead_officer)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert content() == before


def test_session_that_is_over_is_told_to_log_in_and_come_back_here(client, send, key, opened, address):
    client.logout()

    response = client.post(address + "cells/", "{}", content_type="application/json")

    assert response.status_code == 401
    assert parse_qs(urlsplit(response.json()["login"]).query) == {"next": [address]}


# ---------- Agencies that report for all units ----------


@world
def by_agency(programme, period, participants, indicators, city_officer):
    """The same month, reported by lead agencies."""
    programme.reporting_by = "agency"
    programme.save()
    period.programme.refresh_from_db()
    relief = indicators["人数"].sub_project
    relief.lead_agency = factories.AgencyFactory(region=programme.owner, name="市民政局")
    relief.save()
    reports.create_reports(period=period, by=city_officer)
    return {row.agency.name: row for row in Report.objects.filter(period=period, agency__isnull=False)}


def test_agency_that_reports_for_all_units_types_in_one_report(send, key, by_agency, lead_officer):
    cells = {key("里程"): ("50", 0), key("里程", "341282"): ("20", 0), key("合格率", "341200-own"): ("90", 0)}

    reply = send(cells, by=lead_officer)

    assert {cell["outcome"] for cell in reply.json()["parts"]["figures"].values()} == {"saved"}
    assert set(Figure.objects.values_list("report", flat=True)) == {by_agency["市交通运输局"].pk}


def test_agency_that_reports_types_nothing_into_the_whole_nor_into_another_agencys_items(
    client, address, programme, period, by_agency, lead_officer
):
    client.force_login(lead_officer)

    cells = cells_of(client.get(address))

    assert cells["太和县", "里程"]["is_typed"]
    assert not cells["全市", "合格率"]["is_typed"]
    assert client.get(reverse("projects:project-matrix", args=[programme.code, period.code, 2])).status_code == 404


# ---------- What is known of a cell, and what has not begun ----------


def test_every_cell_with_a_task_leads_to_what_is_known_of_it(client, address, opened, key, city_officer):
    client.force_login(city_officer)

    cells = cells_of(client.get(address))
    panel = client.get(cells["太和县", "里程"]["url"] + "?remark=1")

    assert cells["太和县", "里程"]["url"] == f"/reports/{opened['341222'].pk}/cells/{key('里程')}/"
    assert (cells["市本级", "里程"]["url"], cells["全市", "里程"]["url"]) == ("", "")
    assert f'name="r-{key("里程")}"' in panel.content.decode()


def test_lead_agency_that_only_reads_gets_no_way_into_a_units_report(client, address, opened, lead_officer):
    client.force_login(lead_officer)

    response = client.get(address)

    assert {cell["url"] for cell in cells_of(response).values()} == {""}
    assert "data-cell=" not in response.content.decode()


def test_unit_that_has_not_begun_is_begun_from_its_row(client, address, programme, period, indicators, city_officer):
    client.force_login(city_officer)
    before = client.get(address)
    start = reverse("projects:report-start", args=[programme.code, period.code])

    response = client.post(start, {"participant": "341222", "next": address})

    assert 'aria-label="开始填 太和县"' in before.content.decode()
    assert not cells_of(before)["太和县", "里程"]["is_typed"]
    assert response["Location"] == address
    after = client.get(address)
    assert cells_of(after)["太和县", "里程"]["is_typed"]
    assert 'aria-label="开始填 太和县"' not in after.content.decode()


@pytest.mark.parametrize("role", ["lead_officer", "leader"])
def test_unit_that_has_not_begun_is_a_word_to_who_only_reads(client, address, period, indicators, role, request):
    client.force_login(request.getfixturevalue(role))

    html = client.get(address).content.decode()

    assert "未开始" in html
    assert "开始填" not in html


def test_nothing_is_begun_in_a_closed_month(client, address, period, indicators, city_officer):
    periods.mark_closed(period=period, without=[], by=city_officer)
    client.force_login(city_officer)

    assert "开始填" not in client.get(address).content.decode()


def test_agency_that_reports_begins_its_report_above_the_table(
    client, address, programme, period, indicators, lead_agency, lead_officer
):
    programme.reporting_by = "agency"
    programme.save()
    client.force_login(lead_officer)
    before = client.get(address)
    start = reverse("projects:report-start", args=[programme.code, period.code])

    client.post(start, {"agency": lead_agency.pk, "next": address})

    assert "市交通运输局的本期月报还没有开始" in before.content.decode()
    after = client.get(address)
    assert "还没有开始" not in after.content.decode()
    assert cells_of(after)["太和县", "里程"]["is_typed"]
    assert cells_of(after)["太和县", "里程"]["url"].startswith(f"/reports/{Report.objects.get(agency=lead_agency).pk}/")


# ---------- A table longer than a form ----------


def test_long_table_is_several_forms_of_whole_rows_each_stored_alone(
    client, address, opened, key, city_officer, monkeypatch
):
    # Two indicators: room for five cells is two rows, so four units are two forms.
    monkeypatch.setattr(matrix_page, "FORM_CELLS", 5)
    client.force_login(city_officer)

    response = client.get(address)

    forms = response.context["forms"]
    assert [[row["unit"].code for row in form["rows"]] for form in forms] == [
        ["341222", "341282"],
        ["341200-own", "341200"],
    ]
    html = response.content.decode()
    assert "保存太和县至界首市" in html
    own = key("合格率", "341200-own")
    assert f'name="f-{own}" form="entry-2"' in html
    assert own in forms[1]["versions"]
    assert own not in forms[0]["versions"]
    saved = client.post(address, {f"f-{own}": "91", "versions": forms[1]["versions"]})
    assert saved.status_code == 302
    assert Figure.objects.get().value == 91


def test_form_holds_fewer_fields_than_the_server_takes(settings):
    # A field per cell, one for the versions, one for the token.
    assert matrix_page.FORM_CELLS + 2 < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS


def test_wide_table_is_printed_in_blocks_with_the_units_in_each(client, address, opened, city_officer, monkeypatch):
    # Two indicators, one to a block: two blocks of all four units.
    monkeypatch.setattr(matrix_sheets, "TABLE_INDICATORS", 1)
    monkeypatch.setattr(matrix_sheets, "SHEET_INDICATORS", 1)
    client.force_login(city_officer)

    response = client.get(address)

    blocks = response.context["sheets"]
    assert [[indicator.name for indicator in block["indicators"]] for block in blocks] == [["里程"], ["合格率"]]
    assert [len(block["rows"]) for block in blocks] == [4, 4]
    assert all(len(line["cells"]) == 1 for block in blocks for line in block["rows"])
    html = response.content.decode()
    assert "第 2 段，共 2 段" in html
    assert "matrix-sheets" in html
