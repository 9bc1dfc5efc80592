"""The panel beside a cell: its year, what was said of it, what happened to it; and who sees it."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.entry_progress import own_lines, year_of_cell
from projects.models import CellReview, FigureFlag, ImportBatch, LeadObjection, ReportingPeriod
from projects.services import reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@world
def report(period, july, participants, indicators, clerk):
    """太和县's August draft with 里程 60 of 100; July, issued, said 50."""
    ReportingPeriod.objects.filter(pk=july.pk).update(state="open")
    last = factories.ReportFactory(period=july, participant=participants["341222"])
    factories.FigureFactory(report=last, indicator=indicators["里程"], value=Decimal(50))
    ReportingPeriod.objects.filter(pk=july.pk).update(state="issued")
    factories.BenchmarkFactory(period=july, indicator=indicators["里程"], value=Decimal("55.50"))
    made = reports.report_for(period=period, participant=participants["341222"], by=clerk)
    entry = FigureEntry(participants["341222"].pk, indicators["里程"].pk, "reported", Decimal(60), remark="含续建")
    record_figures(report=made, entries=[entry], by=clerk, origin="form")
    return made


@pytest.fixture
def panel(client, report, clerk, participants, indicators):
    """Open the panel of a cell as somebody (the clerk)."""

    def get(name="里程", *, by=clerk, unit="341222", page=""):
        client.force_login(by)
        arguments = [report.pk, (participants[unit].pk, indicators[name].pk)]
        return client.get(reverse("projects:report-cell", args=arguments), {"page": page} if page else {})

    return get


def test_panel_shows_facts_year_and_changes(panel, clerk):
    response = panel()

    text = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in text
    # 60 of 100, and 60.00 - 66.67 = -6.67
    for words in ("60.00", "100.00", "60.00%", "−6.67", "备注：含续建", "张填报", "网页填报"):
        assert words in text, words
    assert [(row["rate"], row["expected"], row["average"]) for row in response.context["months"]] == [
        ("50.00", "58.33", "55.50"),
        ("60.00", "66.67", "—"),
    ]
    assert "各月完成情况" in text


def test_panel_names_the_sheet_and_cell_a_figure_came_from(panel, report, participants, indicators, city_officer):
    batch = committed_batch(report, city_officer)
    entry = FigureEntry(
        participants["341222"].pk, indicators["里程"].pk, "reported", Decimal("61.5"), sheet="进度", cell="G17"
    )
    record_figures(report=report, entries=[entry], by=city_officer, origin="excel", import_batch=batch)

    text = panel().content.decode()

    assert "60.00 → 61.50" in text
    assert "导入 太和8月.xlsx 「进度」G17" in text


def committed_batch(report, by):
    """Return a committed workbook."""
    return ImportBatch.objects.create(
        sha256=factories.HASH,
        programme=report.period.programme,
        period=report.period,
        file="imports/x.xlsx",
        file_name="太和8月.xlsx",
        committed_by=by,
    )


def test_panel_shows_the_return_the_objection_and_the_flag_with_their_forms(
    panel, report, city_officer, lead_agency, lead_officer
):
    figure = report.figures.get()
    CellReview.objects.create(
        report=report,
        participant=figure.participant,
        indicator=figure.indicator,
        nth=1,
        verdict="returned",
        reason="与路网系统 <b>38.60</b> 公里不一致",
        figure_version=1,
        decided_by=city_officer,
    )
    LeadObjection.objects.create(
        report=report,
        participant=figure.participant,
        indicator=figure.indicator,
        agency=lead_agency,
        value=Decimal("58"),
        reason="口径不同",
        figure_version=1,
        raised_by=lead_officer,
    )
    FigureFlag.objects.create(figure=figure, code="falling_flow", explanation="比上月少\n请核对")

    text = panel().content.decode()

    assert "与路网系统 &lt;b&gt;38.60&lt;/b&gt; 公里不一致" in text
    assert "<b>38.60" not in text
    assert reverse("projects:answer-return", args=[report.pk]) in text
    assert "认为是 <strong>58.00 公里</strong>" in text
    assert f'name="w-{figure.participant_id}-{figure.indicator_id}"' in text


def test_panel_of_a_reader_has_no_forms(panel, leader):
    text = panel(by=leader).content.decode()

    assert "<form" not in text


def test_panel_as_a_page_of_its_own_leads_back_to_the_line(panel, report, participants, indicators):
    text = panel(page="1").content.decode()

    assert "<html" in text
    assert f"/reports/{report.pk}/#c-{participants['341222'].pk}-{indicators['里程'].pk}" in text


@pytest.mark.parametrize(
    ("person", "name", "unit", "status"),
    [
        ("clerk", "里程", "341222", 200),
        ("clerk", "里程", "341282", 404),
        ("filler", "里程", "341222", 200),
        ("filler", "人数", "341222", 404),
        ("other_clerk", "里程", "341222", 404),
        ("city_officer", "里程", "341222", 200),
        ("city_officer", "里程", "341282", 404),
    ],
)
def test_panel_by_role(person, name, unit, status, panel, request):
    assert panel(name, by=request.getfixturevalue(person), unit=unit).status_code == status


def test_panel_never_shows_another_countys_figure(panel, period, participants, indicators):
    other = factories.ReportFactory(period=period, participant=participants["341282"])
    factories.FigureFactory(report=other, indicator=indicators["里程"], value=Decimal("187.31"))

    assert "187.31" not in panel().content.decode()


def test_link_to_why_is_offered_once_the_report_counts(panel, report, head):
    before = panel().content.decode()
    report.refresh_from_db()
    reports.sign_report(report=report, by=head)
    reports.submit_report(report=report, by=head)

    after = panel().content.decode()

    assert "为什么是这个数" not in before
    assert "为什么是这个数" in after


def test_number_of_queries_does_not_depend_on_the_months_or_changes(panel, report, participants, indicators, clerk):
    panel()
    with CaptureQueriesContext(connection) as few:
        panel()
    for number in range(5):
        entry = FigureEntry(participants["341222"].pk, indicators["里程"].pk, "reported", Decimal(61 + number))
        record_figures(report=report, entries=[entry], by=clerk, origin="form")
    for month in range(1, 7):
        factories.PeriodFactory(programme=report.period.programme, month=month)

    with CaptureQueriesContext(connection) as many:
        panel()

    assert len(few) == len(many)


def test_year_of_a_cell_has_the_rates_of_the_progress_statement(programme, participants, period, indicators, clerk):
    """The panel's statement and the one behind every page print the same, whatever the kind of indicator."""
    unit = participants["341222"]
    plan = indicators["里程"].sub_project
    more = {
        "at_most": factories.IndicatorFactory(sub_project=plan, name="失业率", direction="at_most", decimals=2),
        "stock": factories.IndicatorFactory(sub_project=plan, name="低保", accumulation="stock"),
        "planned": factories.IndicatorFactory(sub_project=plan, name="完工率", decimals=2),
        "growth": factories.IndicatorFactory(sub_project=plan, name="增幅", kind="growth", assessed=False),
        "no_task": factories.IndicatorFactory(sub_project=plan, name="无"),
        "tiny": factories.IndicatorFactory(sub_project=plan, name="小", decimals=2),
        "zero": factories.IndicatorFactory(sub_project=plan, name="零", direction="at_most"),
    }
    factories.MilestoneFactory(indicator=more["planned"], due_on=datetime.date(2020, 6, 30), threshold=50)
    factories.MilestoneFactory(indicator=more["planned"], due_on=datetime.date(2020, 12, 31), threshold=100)
    setter = factories.UserFactory()
    targets = {"at_most": "4.3", "stock": 300, "planned": 80, "growth": 5, "no_task": None, "tiny": 30000, "zero": 4}
    figures = {"at_most": "4.17", "stock": 310, "planned": "41.5", "growth": 6, "tiny": "0.01", "zero": 0}
    report = reports.report_for(period=period, participant=unit, by=clerk)
    for name, indicator in more.items():
        value = targets[name]
        factories.TargetFactory(
            indicator=indicator,
            participant=unit,
            state="no_task" if value is None else "assessed",
            value=None if value is None else Decimal(value),
            set_by=setter,
        )
        if name in figures:
            factories.FigureFactory(report=report, indicator=indicator, value=Decimal(figures[name]))
    lines = own_lines(period, [unit.pk], counted=["draft"])

    for name, indicator in more.items():
        [month] = year_of_cell(period, unit.pk, indicator.pk)
        line = lines[unit.pk, indicator.pk]
        assert (month["rate"], month["expected_rate"]) == (line["rate"], line["expected_rate"]), name
    # 0.01 of 30000 is above 0 and prints as 0.01; 4.3 / 4.17 = 103.12.
    assert lines[unit.pk, more["tiny"].pk]["rate"] == Decimal("0.01")
    assert lines[unit.pk, more["at_most"].pk]["rate"] == Decimal("103.12")
