"""What stands beside a cell: increments, what is missing to the target and to the yardstick, marks, signatures."""

import datetime
import json
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.content import content_hash
from projects.figure_lines import FigureLines
from projects.models import BureauSignature, Programme, ReportingPeriod
from projects.parts import SaveResult
from projects.services import reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(period, participants, indicators, clerk):
    """Return the page's line of an indicator made for the test: its settings, target, figure, last month's figure."""
    setter = factories.UserFactory()

    def make(value, *, target=100, last=None, milestones=(), in_period=period, **settings):
        indicator = factories.IndicatorFactory(
            sub_project=indicators["里程"].sub_project, name=f"指标{uuid.uuid4().hex[:6]}", **settings
        )
        unit = participants["341222"]
        factories.TargetFactory(indicator=indicator, participant=unit, value=Decimal(target), set_by=setter)
        for due_on, threshold in milestones:
            factories.MilestoneFactory(indicator=indicator, due_on=due_on, threshold=threshold)
        if last is not None:
            before = factories.PeriodFactory(programme=in_period.programme, month=in_period.ends_on.month - 1)
            factories.FigureFactory(
                report=factories.ReportFactory(period=before, participant=unit, state="draft", content_sha256=""),
                indicator=indicator,
                value=Decimal(last),
            )
        report = reports.report_for(period=in_period, participant=unit, by=clerk)
        if value is not None:
            entry = FigureEntry(unit.pk, indicator.pk, "reported", Decimal(value))
            record_figures(report=report, entries=[entry], by=clerk, origin="form")
        rows = [row for section in FigureLines(report, clerk, {}, SaveResult()).sections() for row in section["rows"]]
        return next(row for row in rows if row["indicator"] == indicator)

    return make


def shown(row):
    """Return the line's derived columns: increment, rate, expected, to the target, to the yardstick."""
    display = row["display"]
    return tuple(display[name] for name in ("increment", "rate", "expected", "gap_target", "gap_expected"))


@pytest.mark.parametrize(
    ("value", "settings", "expected"),
    [
        # 42.83 of 64.25 prints as 66.66, less than 8/12 = 66.67; 64.25 x 66.67 % = 42.8355, so 42.84 is enough.
        ("42.83", {"target": "64.25", "last": "40", "decimals": 2}, ("+2.83", "66.66", "66.67", "21.42", "0.01")),
        ("42.84", {"target": "64.25", "last": "40", "decimals": 2}, ("+2.84", "66.68", "66.67", "21.41", "达到")),
        # A fall is shown as one.
        ("40", {"last": "45"}, ("−5", "40.00", "66.67", "60", "27")),
        ("130", {"last": "130"}, ("0", "130.00", "66.67", "达到", "达到")),
        # R2: about, as a flow, is done from 95 % of the target on.
        ("95", {"direction": "about"}, ("—", "95.00", "66.67", "达到", "达到")),
        ("94", {"direction": "about"}, ("—", "94.00", "66.67", "6", "达到")),
        # About, as a stock: within 5 %, and more than that is too much.
        ("106", {"direction": "about", "accumulation": "stock"}, ("—", "106.00", "—", "超 6", "—")),
        ("104", {"direction": "about", "accumulation": "stock", "last": "100"}, ("+4", "104.00", "—", "达到", "—")),
        # A level has no increment; at_most is met below its target, and 4.3 / 4.5 = 95.56.
        (
            "88",
            {"target": "90", "accumulation": "level", "additive": False, "last": "80"},
            ("", "97.78", "—", "2", "—"),
        ),
        (
            "4.5",
            {"target": "4.3", "direction": "at_most", "accumulation": "level", "additive": False, "decimals": 1},
            ("", "95.56", "—", "超 0.2", "—"),
        ),
        ("0", {"direction": "at_most", "accumulation": "stock"}, ("—", "达标", "—", "达到", "—")),
        (None, {"last": "5"}, ("—", "—", "66.67", "—", "—")),
        # R12: growth has no rate; its own figure reaches the target or not.
        ("6", {"target": "5", "kind": "growth", "assessed": False}, ("", "—", "—", "达到", "—")),
    ],
)
def test_line_says_what_is_missing(value, settings, expected, line):
    assert shown(line(value, **settings)) == expected


def test_r11_milestone_plan_replaces_the_straight_line(line):
    plan = [(datetime.date(2020, 6, 30), 50), (datetime.date(2020, 12, 31), 100)]

    behind = line("45", milestones=plan)
    reached = line("50", milestones=plan)

    assert shown(behind)[2:] == ("◆50.00", "55", "5")
    assert behind["plan"] == "节点 6月30日：完成 50%"
    assert "behind" in behind["states"]
    assert shown(reached)[4] == "达到"


def test_r11_before_the_first_milestone_nothing_is_due(line):
    row = line("0", milestones=[(datetime.date(2020, 12, 31), 100)])

    assert shown(row)[2:] == ("未到节点", "100", "—")
    assert row["plan"] == "下一个节点 12月31日：完成 100%"
    assert "behind" not in row["states"]


def test_first_month_of_the_year_counts_from_nothing(line, programme):
    january = factories.PeriodFactory(programme=programme, month=1)

    assert shown(line("7", in_period=january))[0] == "+7"


def test_line_without_a_task_cannot_be_typed_in_and_is_in_no_filter(period, participants, indicators, city_officer):
    report = reports.report_for(period=period, participant=participants["341200-own"], by=city_officer)

    sections = FigureLines(report, city_officer, {}, SaveResult()).sections()

    row = sections[0]["rows"][0]
    assert (row["indicator"], row["is_typed"], row["state"], row["states"]) == (
        indicators["里程"],
        False,
        "no_task",
        [],
    )


def test_section_says_who_fills_it_how_far_and_whether_it_is_signed(
    period, participants, indicators, clerk, filler, filling_agency
):
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)

    def store(name, value):
        entry = FigureEntry(participants["341222"].pk, indicators[name].pk, "reported", Decimal(value))
        record_figures(report=report, entries=[entry], by=clerk, origin="form")

    def section():
        found = FigureLines(report, clerk, {}, SaveResult()).sections()[0]
        return found["agencies"], found["note"], found["mark"]

    store("里程", 80)
    assert section() == ("太和县交通运输局", "1/2 已确认 · 未签字", "blank")
    store("合格率", 90)
    BureauSignature.objects.create(
        report=report,
        agency=filling_agency,
        sha256=content_hash(report, sub_projects=[indicators["里程"].sub_project_id]),
        signed_by=filler,
    )
    assert section() == ("太和县交通运输局", "2/2 已确认 · 已签字", "done")
    # A change of somebody else's cell leaves the signature as it is.
    store("人数", 5)
    assert section()[1] == "2/2 已确认 · 已签字"

    store("合格率", 91)

    assert section()[1] == "2/2 已确认 · 签字后有改动"


@world
def agency_report(programme, participants, indicators, lead_agency, lead_officer):
    """The report of 市交通运输局, which reports project 1 for all units."""
    Programme.objects.filter(pk=programme.pk).update(reporting_by="agency")
    programme.refresh_from_db()
    period = factories.PeriodFactory(programme=programme, month=8)
    return reports.report_for(period=period, agency=lead_agency, by=lead_officer)


def test_agency_fills_its_own_items_for_all_units(client, agency_report, lead_officer, participants, indicators):
    client.force_login(lead_officer)
    page = client.get(reverse("projects:report-detail", args=[agency_report.pk]))
    keys = [row["key"] for section in page.context["strip"] for row in section["rows"]]
    units = [participants[code].pk for code in ("341222", "341282", "341200-own")]
    own = [f"{unit}-{indicators[name].pk}" for name in ("里程", "合格率") for unit in units]
    cells = {key: {"value": "50", "version": 0} for key in (own[0], own[1])}

    response = client.post(
        reverse("projects:report-cells", args=[agency_report.pk]),
        json.dumps({"key": str(uuid.uuid4()), "parts": {"figures": cells}}),
        content_type="application/json",
    )

    assert keys == own
    # 太和县 50 of 100, 界首市 50 of 200.
    reply = response.json()["parts"]["figures"]
    assert [reply[key]["display"]["rate"] for key in own[:2]] == ["50.00", "25.00"]
    assert response.json()["counts"]["tasks"] == 5


def test_agency_cannot_fill_another_agencys_item(client, agency_report, lead_officer, participants, indicators):
    client.force_login(lead_officer)
    foreign = f"{participants['341222'].pk}-{indicators['人数'].pk}"

    response = client.post(
        reverse("projects:report-cells", args=[agency_report.pk]),
        json.dumps({"key": str(uuid.uuid4()), "parts": {"figures": {foreign: {"value": "1", "version": 0}}}}),
        content_type="application/json",
    )

    assert response.status_code == 409
    assert not agency_report.figures.exists()


def test_page_takes_the_same_number_of_queries_whatever_the_rows(
    client, period, participants, indicators, clerk, july, programme
):
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)
    factories.FigureFactory(report=report, indicator=indicators["里程"], value=Decimal(60))
    client.force_login(clerk)
    address = reverse("projects:report-detail", args=[report.pk])
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    setter = factories.UserFactory()
    for seq in range(3, 13):
        sub_project = factories.SubProjectFactory(project=factories.ProjectFactory(programme=programme, seq=seq))
        indicator = factories.IndicatorFactory(sub_project=sub_project)
        factories.TargetFactory(indicator=indicator, participant=participants["341222"], value=100, set_by=setter)
        factories.BenchmarkFactory(period=july, indicator=indicator)
        factories.FigureFactory(report=report, indicator=indicator, value=Decimal(300))

    with CaptureQueriesContext(connection) as many:
        client.get(address)

    assert len(few) == len(many)
    assert ReportingPeriod.objects.count() == 2
