"""沿用: last month's values stand in empty cells until somebody confirms them."""

import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from livelihood.models import AuditEvent
from projects.models import Figure, ReportingPeriod
from projects.services import reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@world
def report(period, july, participants, indicators, clerk):
    """太和县's empty August draft; July said 里程 50 of 100, 合格率 88, and nothing of 人数."""
    ReportingPeriod.objects.filter(pk=july.pk).update(state="open")
    last = factories.ReportFactory(period=july, participant=participants["341222"])
    for name, value in {"里程": 50, "合格率": 88}.items():
        factories.FigureFactory(report=last, indicator=indicators[name], value=Decimal(value))
    ReportingPeriod.objects.filter(pk=july.pk).update(state="issued")
    return reports.report_for(period=period, participant=participants["341222"], by=clerk)


@pytest.fixture
def key(participants, indicators):
    """Return the key of a cell by indicator name."""
    return lambda name: f"{participants['341222'].pk}-{indicators[name].pk}"


@pytest.fixture
def carry(client, report, clerk):
    """Confirm cells as somebody (the clerk): by form, or as the page's script does."""

    def post(picked, *, by=clerk, script=True):
        client.force_login(by)
        headers = {"Accept": "application/json"} if script else {}
        return client.post(reverse("projects:report-carry", args=[report.pk]), {"carry": picked}, headers=headers)

    return post


def stored(report):
    return {row.indicator.name: row.value for row in report.figures.select_related("indicator")}


def test_new_month_stores_nothing_and_shows_last_months_values_unconfirmed(client, report, clerk, key):
    client.force_login(clerk)

    page = client.get(reverse("projects:report-detail", args=[report.pk]))

    assert stored(report) == {}
    assert {name: page.context["counts"][name] for name in ("tasks", "confirmed", "carried", "blank")} == {
        "tasks": 3,
        "confirmed": 0,
        "carried": 2,
        "blank": 1,
    }
    text = page.content.decode()
    assert f'name="f-{key("里程")}" value="" data-version="0" data-carried="50.00"' in text
    assert "沿用上月，未确认" in text
    assert "本节沿用 2" in text


def test_carry_one_cell_stores_last_months_value(carry, report, key):
    reply = carry([key("里程")]).json()

    assert stored(report) == {"里程": 50}
    found = reply["parts"]["figures"][key("里程")]
    assert (found["outcome"], found["version"], found["display"]["value"]) == ("saved", 1, "50.00")
    assert found["display"]["increment"] == "0.00"
    assert (reply["counts"]["carried"], reply["counts"]["confirmed"]) == (1, 1)
    event = AuditEvent.objects.get(verb="record_figures")
    assert event.after["origin"] == "form"


@pytest.mark.parametrize("picked", [["all"], ["section-1"]])
def test_carry_all_or_a_section_is_one_batch(picked, carry, report, key):
    reply = carry(picked).json()

    assert stored(report) == {"里程": 50, "合格率": 88}
    assert set(reply["parts"]["figures"]) == {key("里程"), key("合格率")}
    assert AuditEvent.objects.filter(verb="record_figures").count() == 1


def test_carry_another_section_confirms_nothing(carry, report):
    reply = carry(["section-2"]).json()

    assert stored(report) == {}
    assert reply["parts"]["figures"] == {}


def test_carry_never_overwrites_what_is_filled(carry, report, participants, indicators, clerk):
    entry = FigureEntry(participants["341222"].pk, indicators["里程"].pk, "reported", Decimal(0))
    record_figures(report=report, entries=[entry], by=clerk, origin="form")

    carry(["all"])

    assert stored(report) == {"里程": 0, "合格率": 88}


def test_carry_leaves_a_cell_alone_where_somebody_said_there_is_no_task(carry, report, participants, indicators, clerk):
    entry = FigureEntry(participants["341222"].pk, indicators["里程"].pk, "no_task")
    record_figures(report=report, entries=[entry], by=clerk, origin="form")

    carry(["all"])

    assert report.figures.get(indicator=indicators["里程"]).state == Figure.State.BLANK
    assert report.figures.get(indicator=indicators["里程"]).flags.get().code == "no_task_claimed"


def test_carry_again_changes_nothing(carry, report):
    carry(["all"])
    events = AuditEvent.objects.count()

    reply = carry(["all"]).json()

    assert reply["parts"]["figures"] == {}
    assert AuditEvent.objects.count() == events


def test_carry_refreshes_the_flags(carry, report, key, participants, indicators):
    # 50 of 100 is unfinished, and copied unchanged: the reviewer will ask why.
    reply = carry([key("里程")]).json()

    assert "flagged" in reply["parts"]["figures"][key("里程")]["states"]
    assert report.figures.get().flags.exists()


def test_filler_carries_own_cells_only(carry, report, filler, indicators, participants, july):
    carry(["all"], by=filler)

    assert stored(report) == {"里程": 50, "合格率": 88}
    assert {row.updated_by for row in report.figures.all()} == {filler}


def test_carry_by_form_goes_back_to_the_page_and_says_how_many(carry, report, client):
    response = carry(["all"], script=False)

    assert response.status_code == 302
    page = client.get(response["Location"]).content.decode()
    assert "已沿用上月 2 格" in page


def test_button_of_a_line_saves_what_was_typed_and_carries_the_cell(client, report, clerk, key):
    client.force_login(clerk)
    form = {f"f-{key('人数')}": "700", f"v-{key('人数')}": 0, f"f-{key('里程')}": "", f"v-{key('里程')}": 0}

    response = client.post(reverse("projects:report-detail", args=[report.pk]), form | {"carry": key("里程")})

    assert response.status_code == 302
    assert stored(report) == {"里程": 50, "人数": 700}


@pytest.mark.parametrize(("person", "status"), [("leader", 403), ("other_clerk", 404)])
@pytest.mark.parametrize("script", [True, False])
def test_carry_by_somebody_else_is_refused(person, status, script, carry, report, request):
    response = carry(["all"], by=request.getfixturevalue(person), script=script)

    assert response.status_code == status
    assert stored(report) == {}


def test_carry_into_a_report_that_has_left_confirms_nothing(carry, report, head, key):
    carry([key("里程")])
    report.refresh_from_db()
    reports.sign_report(report=report, by=head)

    reply = carry(["all"]).json()

    assert stored(report) == {"里程": 50}
    assert reply["parts"]["figures"] == {}


def test_carry_after_the_login_expired_is_told_in_json(report):
    address = reverse("projects:report-carry", args=[report.pk])

    script = Client().post(address, {"carry": "all"}, headers={"Accept": "application/json"})
    form = Client().post(address, {"carry": "all"})

    assert script.status_code == 401
    assert json.loads(script.content)["login"].startswith("/login/")
    assert form.status_code == 302


def test_carry_without_a_csrf_token_is_refused_both_ways(report, clerk):
    client = Client(enforce_csrf_checks=True)
    client.force_login(clerk)
    address = reverse("projects:report-carry", args=[report.pk])

    script = client.post(address, {"carry": "all"}, headers={"Accept": "application/json"})
    form = client.post(address, {"carry": "all"})

    assert (script.status_code, form.status_code) == (403, 403)
    assert "请刷新页面" in script.json()["refused"]
    assert stored(report) == {}


def test_signer_is_told_what_is_blank_and_what_is_not_confirmed(report, client, clerk):
    client.force_login(clerk)

    page = client.get(reverse("projects:report-detail", args=[report.pk]))

    assert page.context["warnings"] == ["2 格沿用上月还没有确认", "1 格是空的"]


def test_number_of_queries_does_not_depend_on_the_cells(carry, report, key):
    carry([key("里程")])
    with CaptureQueriesContext(connection) as one:
        carry(["all"])
    report.figures.update(state="blank", value=None)

    with CaptureQueriesContext(connection) as two:
        carry(["all"])

    assert len(one) == len(two)
