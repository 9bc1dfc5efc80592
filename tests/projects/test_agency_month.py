"""A month that lead agencies report for all units, from the first table to the approval and the year's discipline."""

import json
import re
import uuid

import pytest
from django.urls import reverse

from projects.models import Programme, Report
from tests import factories
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@world
def relief_office(city, indicators):
    """The second lead agency, of 人数."""
    agency = factories.AgencyFactory(region=city, name="市民政局", order=9)
    sub_project = indicators["人数"].sub_project
    sub_project.lead_agency = agency
    sub_project.save()
    return agency


@world
def month(period, programme, relief_office):
    """Nobody has begun."""
    Programme.objects.filter(pk=programme.pk).update(reporting_by="agency")
    period.refresh_from_db()
    return period


@pytest.fixture
def visit(client, month):
    """Open or post a page of the month as somebody."""

    def visit(by, name, *args, data=None, of_month=True):
        client.force_login(by)
        address = reverse(f"projects:{name}", args=[month.programme.code, month.code, *args] if of_month else args)
        return client.get(address) if data is None else client.post(address, data, follow=True)

    return visit


def text_of(response):
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_agencies_that_have_not_begun_are_outstanding_and_can_be_begun_for(
    visit, month, lead_agency, relief_office, city_officer
):
    page = visit(city_officer, "review-matrix")

    matrix = page.context["matrix"]
    assert [(str(row.reporter), row.state) for row in matrix.rows] == [("市交通运输局", ""), ("市民政局", "")]
    assert [row.reporter for row in matrix.counts()["outstanding"]] == [lead_agency, relief_office]
    assert f'name="agency" value="{relief_office.pk}"' in page.content.decode()
    visit(city_officer, "report-start", data={"agency": relief_office.pk})
    assert Report.objects.get().agency == relief_office


def test_agency_fills_by_the_table_submits_and_is_approved(
    visit, client, month, participants, indicators, lead_agency, lead_officer, city_officer
):
    table = reverse("projects:project-matrix", args=[month.programme.code, month.code, 1])
    visit(lead_officer, "report-start", data={"agency": lead_agency.pk, "next": table})
    report = Report.objects.get()
    # Nobody has reported to the sum yet: beside it stands the whole's own printed target.
    whole = visit(lead_officer, "project-matrix", 1).context["rows"][-1]
    assert [(cell["indicator"].name, cell["target"]) for cell in whole["cells"]] == [
        ("里程", "300.00"),
        ("合格率", "90.00"),
    ]
    # 太和县, 界首市 and 市本级, without 市本级's 里程, which is no task.
    cells = {
        f"{participants[code].pk}-{indicators[name].pk}": {"value": "80", "version": 0}
        for code in ("341222", "341282", "341200-own")
        for name in ("里程", "合格率")
        if (code, name) != ("341200-own", "里程")
    }
    body = json.dumps({"key": str(uuid.uuid4()), "parts": {"figures": cells}})
    reply = client.post(table + "cells/", body, content_type="application/json").json()
    assert {cell["outcome"] for cell in reply["parts"]["figures"].values()} == {"saved"}

    for step in ("sign", "submit"):
        report.refresh_from_db()
        page = visit(lead_officer, f"report-{step}", report.pk, data={"version": report.version}, of_month=False)
        assert page.status_code == 200
    matrix = visit(city_officer, "review-matrix").context["matrix"]
    review = client.get(reverse("projects:report-review", args=[report.pk]) + "?tab=all")
    approved = visit(city_officer, "approve-clean", data={})

    assert [(str(row.reporter), row.state, row.filled, row.tasks) for row in matrix.rows] == [
        ("市民政局", "", 0, 3),
        ("市交通运输局", "submitted", 5, 5),
    ]
    assert {row["unit"].code for row in review.context["page"].rows} == {"341222", "341282", "341200-own"}
    assert "太和县 里程" in text_of(review)
    report.refresh_from_db()
    assert (report.state, "已审核通过 1 份：市交通运输局" in text_of(approved)) == ("approved", True)


def test_discipline_is_that_of_the_agencies(visit, month, lead_officer, city_officer, clerk):
    def reporters(by):
        page = visit(by, "discipline", month.programme.code, of_month=False).context["page"]
        return [str(row.reporter) for row in page.rows]

    assert reporters(city_officer) == ["市交通运输局", "市民政局"]
    assert reporters(lead_officer) == ["市交通运输局"]
    assert reporters(clerk) == []
