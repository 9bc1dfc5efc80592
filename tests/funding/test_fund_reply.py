"""The reply to a save reads the fund lines narrowly and counts what the whole page would; figures' saves reach them."""

import json
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from funding.models import FundFlag
from projects import parts, report_page
from projects.models import CellReview, Report
from projects.services import reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.funding import rows
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

WAN = 10_000


@world
def report(period, participants, indicators, clerk):
    """太和县's draft of August."""
    return reports.report_for(period=period, participant=participants["341222"], by=clerk)


@pytest.fixture
def make_line(programme, participants, indicators):
    """Add money of a source for an indicator's sub-project of 太和县; amounts in 万元, no plan without one."""

    def make(source, planned, *, name="里程", county="341222"):
        place = {"participant": participants[county], "sub_project": indicators[name].sub_project}
        line = rows.fund_line(programme=programme, source=source, **place)
        if planned is not None:
            rows.fund_plan(line, amount=Decimal(planned) * WAN)
        return line

    return make


@pytest.fixture
def prepare(client, report, clerk):
    """Make a save of cells of a part by key, from the versions stored now; what it returns sends it."""

    def make(part, cells):
        stored = {
            f"{key[0]}-{key[1]}": version
            for found in parts.registered()
            for _, key, version in found.versions([report.pk])
        }
        body = {key: {"value": value, "version": stored.get(key, 0)} for key, value in cells.items()}
        client.force_login(clerk)

        def post():
            answer = client.post(
                reverse("projects:report-cells", args=[report.pk]),
                json.dumps({"key": str(uuid.uuid4()), "parts": {part: body}}),
                content_type="application/json",
            )
            assert answer.status_code == 200, answer.content.decode()
            return answer.json()

        return post

    return make


@pytest.fixture
def save(prepare):
    """Save cells of a part and return the reply."""
    return lambda part, cells: prepare(part, cells)()


@pytest.fixture
def full(make_line, report, save, clerk, city_officer, period):
    """Every state there is: reported, flagged, answered, returned, carried, blank, without a plan, behind."""
    lines = {source: make_line(source, 100) for source in ("county", "city", "province")}
    lines["bare"] = make_line("social", None)
    lines["other"] = make_line("county", 50, name="人数")
    july = factories.PeriodFactory(programme=period.programme, month=7)
    earlier = factories.ReportFactory(period=july, participant=report.participant, state="draft", content_sha256="")
    rows.fund_figure(lines["city"], report=earlier, stage="spent", value=Decimal(5))
    keys = {name: f"{line.pk}-" for name, line in lines.items()}
    save("funds", {keys["county"] + "received": "10", keys["county"] + "disbursed": "20", keys["other"] + "spent": "1"})
    save("funds", {keys["province"] + "received": "5", keys["province"] + "spent": "6"})
    FundFlag.objects.filter(fund_figure__fund_line=lines["province"]).update(reason="已核对")
    CellReview.objects.create(
        report=report,
        part="funds",
        cell=keys["county"] + "received",
        label="县级到位",
        sub_project=lines["county"].sub_project,
        participant=report.participant,
        nth=1,
        verdict="returned",
        reason="请核对",
        figure_version=1,
        decided_by=city_officer,
    )
    return lines


def counted(lines):
    """Return what the page counts, and the mark and note of each section."""
    sections = {line["code"]: (line["mark"], line["note"]) for line in lines}
    return report_page.counts_of(report_page.rows_of([{"lines": lines}])), sections


@pytest.mark.parametrize("person", ["clerk", "head", "filler", "city_officer", "other_clerk"])
def test_brief_lines_count_what_full_lines_count(person, request, full, report):
    person, part = request.getfixturevalue(person), parts.part_of("1-spent")
    fresh, key = Report.objects.get(pk=report.pk), f"{full['county'].pk}-disbursed"

    whole = part.lines(fresh, person)
    brief = part.reply_lines(fresh, person, typed={}, result=parts.SaveResult(saved=[key]))

    assert counted(brief) == counted(whole)
    found = [report_page.rows_of([{"lines": lines}]) for lines in (whole, brief)]
    for one, other in zip(*found, strict=True):
        names = ("key", "task", "states", "is_confirmed", "is_carried", "is_mine", "version")
        assert {name: one[name] for name in names} == {name: other[name] for name in names}
    shown = [next(row for row in lines if row["key"] == key) for lines in found]
    assert shown[0].keys() == shown[1].keys()
    names = ("display", "tones", "state", "value", "remark", "reason", "rate_label", "has_notes", "is_typed", "url")
    assert {name: shown[0][name] for name in names} == {name: shown[1][name] for name in names}


def test_full_case_has_every_state_there_is(full, report, clerk):
    lines = parts.part_of("1-spent").lines(report, clerk)

    states = {state for row in report_page.rows_of([{"lines": lines}]) for state in row["states"]}

    assert states == {"funds", "mine", "blank", "carried", "flagged", "returned", "behind"}
    assert {row["task"] for row in report_page.rows_of([{"lines": lines}])} == {"assessed", "no_task"}


def figures_of(report, indicators, **values):
    return {f"{report.participant_id}-{indicators[name].pk}": value for name, value in values.items()}


def statements(post):
    """Return the statements of a save that touch a table of the funds; what reads the report is none of them."""
    with CaptureQueriesContext(connection) as captured:
        post()
    return [row["sql"] for row in captured if "fund_" in row["sql"] and 'FROM "report"' not in row["sql"]]


def test_save_of_figures_asks_nothing_of_funds_where_there_are_none(prepare, report, indicators, make_line):
    make_line("county", 100, county="341282")
    post = prepare("figures", figures_of(report, indicators, 里程="45", 人数="1500"))

    assert statements(post) == []


def test_save_of_figures_asks_once_where_their_sub_project_has_no_money(prepare, report, indicators, make_line):
    for source in ("county", "city"):
        make_line(source, 100)
    post = prepare("figures", figures_of(report, indicators, 人数="1500"))

    # One statement for the counts, however many lines.
    assert len(statements(post)) == 1


def test_save_of_funds_builds_the_named_cells_alone(full, save):
    key = f"{full['city'].pk}-received"

    reply = save("funds", {key: "7"})

    assert reply["parts"]["funds"].keys() == {key}
    assert reply["sections"].keys() >= {"funds-1"}


def finish(report, indicators, clerk, *, value=100_000):
    """Report every number of the roads' sub-project, far above its target or at `value`."""
    wanted = [
        row
        for row in indicators.values()
        if row.sub_project_id == indicators["里程"].sub_project_id and row.kind == "number"
    ]
    entries = [
        FigureEntry(report.participant_id, row.pk, "reported", Decimal(99) if row.unit == "%" else Decimal(value))
        for row in wanted
    ]
    return record_figures(report=report, entries=entries, by=clerk, origin="form", partial=True)


def codes():
    return {(flag.fund_figure.fund_line_id, flag.code) for flag in FundFlag.objects.select_related("fund_figure")}


def test_r20_figures_that_finish_the_works_ask_about_what_is_not_paid(save, make_line, report, indicators, clerk):
    line = make_line("county", 100)
    save("funds", {f"{line.pk}-received": "20", f"{line.pk}-disbursed": "20"})
    assert (line.pk, "done_unpaid") not in codes()

    outcome = finish(report, indicators, clerk)

    assert (line.pk, "done_unpaid") in codes()
    assert outcome.elsewhere == {"funds": [(line.pk, "disbursed")]}


def test_r20_figures_taken_back_take_the_question_back(save, make_line, report, indicators, clerk):
    line = make_line("county", 100)
    save("funds", {f"{line.pk}-disbursed": "20"})
    finish(report, indicators, clerk)
    assert (line.pk, "done_unpaid") in codes()

    finish(report, indicators, clerk, value=1)

    assert (line.pk, "done_unpaid") not in codes()


def test_r20_the_answer_to_another_question_stays_when_figures_change(save, make_line, report, indicators, clerk):
    line = make_line("county", 100)
    save("funds", {f"{line.pk}-received": "10", f"{line.pk}-disbursed": "20"})
    FundFlag.objects.filter(code="paid_over_received").update(reason="提前垫付")

    finish(report, indicators, clerk)

    assert FundFlag.objects.get(code="paid_over_received").reason == "提前垫付"


def test_reply_to_figures_shows_the_amount_that_is_asked_about_now(save, make_line, report, indicators):
    line = make_line("county", 100)
    save("funds", {f"{line.pk}-spent": "1"})

    # 里程 50 of 100 = 50 %, 合格率 91 of 90: the works stand at 50 %, and 1 of 100 万元 is spent.
    reply = save("figures", figures_of(report, indicators, 里程="50", 合格率="91"))

    assert (line.pk, "spent_behind_works") in codes()
    cell = reply["parts"]["funds"][f"{line.pk}-spent"]
    assert "支出占计划 1.00%，建设完成 50.00%" in cell["notes_html"]
    assert "flagged" in cell["states"]
