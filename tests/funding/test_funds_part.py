"""The funds as a block of a report: lines, saving in 元 or 万元, carrying, checks before signing, digest, changes."""

import datetime
import json
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from funding.funds_part import FundsPart
from funding.models import FundFigure, FundFlag
from livelihood.services import Refused
from projects.content import content_hash, stale_cells
from projects.models import Programme, Report
from projects.period_page import period_rows
from projects.report_page import report_page
from projects.services import reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.funding import rows
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

PART = FundsPart()


@world
def report(period, participants, indicators, clerk):
    """太和县's draft of August."""
    return reports.report_for(period=period, participant=participants["341222"], by=clerk)


@world
def line(programme, participants, indicators):
    """The county's money for 太和县's roads: 100 万元 planned."""
    made = rows.fund_line(
        programme=programme, participant=participants["341222"], sub_project=indicators["里程"].sub_project
    )
    rows.fund_plan(made, amount=Decimal(1_000_000))
    return made


@pytest.fixture
def save(report, line, clerk):
    """Store texts by stage as the clerk: {"disbursed": "50"}, in the unit of the page."""

    def run(*, by=clerk, money="wan", **texts):
        report.options = {"money": money}
        stored = dict(FundFigure.objects.filter(fund_line=line).values_list("stage", "version"))
        cells = {
            f"{line.pk}-{stage}": {"value": text, "version": str(stored.get(stage, 0))}
            if isinstance(text, str)
            else {"version": str(stored.get(stage, 0))} | text
            for stage, text in texts.items()
        }
        return PART.save(report, cells, by=by, origin="form")

    return run


def row_of(report, user, key):
    [found] = [row for block in PART.lines(report, user) for row in block["rows"] if row["key"] == key]
    return found


def test_amounts_typed_in_wan_are_stored_in_yuan_to_the_fen(save, line, report, clerk):
    result = save(received="66.123456", disbursed="0", spent="")

    assert sorted(result.saved) == [f"{line.pk}-disbursed", f"{line.pk}-received"]
    # 66.123456 万元 = 661234.56 元; a zero is stored, a blank is none.
    assert dict(FundFigure.objects.values_list("stage", "value")) == {
        "received": Decimal("661234.56"),
        "disbursed": Decimal("0.00"),
    }
    assert row_of(report, clerk, f"{line.pk}-received")["value"] == "66.123456"


def test_amounts_typed_in_yuan_are_stored_as_they_are(save, line, report, clerk):
    save(money="yuan", received="661234.56")

    assert FundFigure.objects.get().value == Decimal("661234.56")
    assert row_of(report, clerk, f"{line.pk}-received")["value"] == "661,234.56"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-1", "不能为负"),
        ("0.0000001", "不到一分钱"),
        ("1" * 20, "太大"),
        ("一百万", "不是金额"),
        ("=1+1", "不是金额"),
        ("NaN", "不是一个确定的数"),
        ("5吨", "单位不对"),
    ],
)
def test_r20_what_is_no_amount_is_told_and_the_rest_is_kept(text, words, save, line):
    result = save(received=text, disbursed="5")

    assert words in result.errors[f"{line.pk}-received"]
    assert result.saved == [f"{line.pk}-disbursed"]
    assert list(FundFigure.objects.values_list("stage", flat=True)) == ["disbursed"]


def test_line_of_another_county_refuses_the_whole_lot(report, line, participants, programme, indicators, clerk):
    other = rows.fund_line(
        programme=programme, participant=participants["341282"], sub_project=indicators["里程"].sub_project
    )
    cells = {f"{pk}-spent": {"value": "5", "version": "0"} for pk in (line.pk, other.pk)}

    with pytest.raises(Refused, match="1 格资金不属于太和县的月报"):
        PART.save(report, cells, by=clerk, origin="form")

    assert not FundFigure.objects.exists()


def test_row_says_plan_last_increment_rate_and_what_is_missing(save, line, report, clerk):
    rows.fund_figure(line, report=earlier_report(line), stage="disbursed", value=Decimal(300_000))

    save(disbursed="50")

    row = row_of(report, clerk, f"{line.pk}-disbursed")
    assert (row["planned"], row["last_words"]) == ("100.00", "30.00")
    assert row["display"] == {
        "value": "50.00",
        # 50 − 30 = 20; 50 / 100 = 50 %; August is 8/12 = 66.67 %, so 66.67 − 50 = 16.67 万元 are missing.
        "increment": "+20.00",
        "rate": "50.00",
        "expected": "66.67",
        "gap_target": "50.00",
        "gap_expected": "16.67",
    }
    assert row["rate_label"] == "拨付率（拨付÷计划）"
    assert "behind" in row["states"]


def earlier_report(line):
    """Return the unit's report of an open July."""
    july = factories.PeriodFactory(programme=line.programme, month=7)
    return factories.ReportFactory(period=july, participant=line.participant, state="draft", content_sha256="")


def test_blank_zero_and_no_plan_are_three_things(save, line, report, clerk, programme, participants, indicators):
    bare = rows.fund_line(
        programme=programme,
        participant=participants["341222"],
        sub_project=indicators["里程"].sub_project,
        source="social",
    )

    save(received="0")

    assert row_of(report, clerk, f"{line.pk}-received")["state"] == "saved"
    assert row_of(report, clerk, f"{line.pk}-spent")["state"] == "blank"
    assert row_of(report, clerk, f"{bare.pk}-spent")["state"] == "no_plan"


def test_last_months_amounts_are_offered_and_stored_when_confirmed(line, report, clerk):
    rows.fund_figure(line, report=earlier_report(line), stage="received", value=Decimal(300_000))
    key = f"{line.pk}-received"
    row = row_of(report, clerk, key)
    assert (row["state"], row["carried"], row["value"]) == ("carried", "30.00", "")

    result = PART.carry(report, by=clerk, section=f"funds-{line.sub_project.project.seq}")

    assert result.saved == [key]
    assert FundFigure.objects.get(report=report).value == 300_000


def test_amounts_of_the_months_last_submitted_week_are_offered_before_last_months(line, report, clerk):
    rows.fund_figure(line, report=earlier_report(line), stage="received", value=Decimal(300_000))
    Programme.objects.filter(pk=line.programme_id).update(weekly=True)
    for day, state, value in ((9, "submitted", 400_000), (16, "draft", 450_000)):
        week = factories.PeriodFactory(
            programme=line.programme,
            kind="week",
            starts_on=datetime.date(2020, 8, day - 6),
            ends_on=datetime.date(2020, 8, day),
        )
        sent = factories.ReportFactory(period=week, participant=line.participant, state=state)
        rows.fund_figure(line, report=sent, stage="received", value=Decimal(value))
    report = Report.objects.select_related("period__programme", "participant").get(pk=report.pk)
    row = row_of(report, clerk, f"{line.pk}-received")

    PART.carry(report, by=clerk, section=f"funds-{line.sub_project.project.seq}")

    assert (row["carried"], row["carried_word"], row["last_words"]) == ("40.00", "沿用8月3日—9日周报，未确认", "30.00")
    assert FundFigure.objects.get(report=report).value == 400_000


def test_somebody_elses_amount_is_not_overwritten(save, line, report, head):
    save(spent="5")
    cells = {f"{line.pk}-spent": {"value": "6", "version": "0"}}

    result = PART.save(report, cells, by=head, origin="form")

    assert "存为 5.00" in str(result.conflicts[f"{line.pk}-spent"])
    assert FundFigure.objects.get().value == 50_000


def test_bureau_sees_and_fills_its_own_sub_projects_alone(report, line, filler, programme, participants, indicators):
    foreign = rows.fund_line(
        programme=programme, participant=participants["341222"], sub_project=indicators["人数"].sub_project
    )

    shown = [row["key"] for block in PART.lines(report, filler) for row in block["rows"]]

    assert len(shown) == 3
    assert not any(key.startswith(f"{foreign.pk}-") for key in shown)


def test_hash_and_stale_cells_follow_an_amount(save, line, report, clerk, head, indicators):
    record_figures(
        report=report,
        entries=[FigureEntry(report.participant_id, indicators["里程"].pk, "reported", Decimal(5))],
        by=clerk,
        origin="form",
    )
    save(spent="5")
    reports.sign_report(report=report, by=head)
    before = content_hash(report)

    FundFigure.objects.update(value=Decimal(60_000), updated_at=timezone.now() + timezone.timedelta(seconds=5))

    assert content_hash(report) != before
    [cell] = stale_cells(Report.objects.get(pk=report.pk))
    assert (cell.part, cell.key, cell.was, cell.now) == ("funds", f"{line.pk}-spent", "5.00 万元", "6.00 万元")


def test_page_counts_the_stages_among_its_lines(report, line, clerk, save):
    save(spent="5")

    page = report_page(report, clerk)

    # Two figures with a task that 太和县 fills by number, one more, and three stages.
    figures = report_page_counts_without_funds(page)
    assert page["counts"]["tasks"] == figures + 3
    assert page["counts"]["funds"] == 3
    assert [row["label"] for row in page["filters"]][-1] == "资金"


def test_first_page_and_month_count_the_same_cells_as_the_entry_page(client, report, line, clerk, head, save):
    # 太和县 has 3 stages of money; one is filled, by somebody else than who looks.
    save(spent="5")
    counts = report_page(report, clerk)["counts"]

    row = next(row for row in period_rows(report.period, clerk) if row["report"] == report)
    head.last_seen = timezone.now() - datetime.timedelta(days=1)
    head.save()
    client.force_login(head)
    page = client.get(reverse("livelihood:home")).content.decode()

    assert (row["tasks"], row["filled"], row["blank"]) == (counts["tasks"], 1, counts["tasks"] - 1)
    assert f"/ {counts['tasks']} 项，空 {counts['tasks'] - 1} 项" in page
    assert f"{clerk.full_name} 填报太和县 1 项" in page


def report_page_counts_without_funds(page):
    [figures] = [block for block in page["blocks"] if block["part"].code == "figures"]
    return sum(row["task"] == "assessed" for section in figures["lines"] for row in section["rows"])


def test_queries_do_not_grow_with_lines(save, line, report, clerk, programme, participants, indicators):
    save(received="5")
    with CaptureQueriesContext(
        connection,
    ) as few:
        PART.lines(report, clerk)
        save(received="6")
    for source in ("province", "city", "bond", "social"):
        more = rows.fund_line(
            programme=programme,
            participant=participants["341222"],
            sub_project=indicators["里程"].sub_project,
            source=source,
        )
        rows.fund_plan(more, amount=Decimal(1_000_000))

    with CaptureQueriesContext(connection) as many:
        PART.lines(report, clerk)
        save(received="7", disbursed="3", spent="2")

    assert len(many) <= len(few) + 1


def post(client, report, cells, query="?money=yuan"):
    body = json.dumps({"key": str(uuid.uuid4()), "parts": {"funds": cells}})
    url = reverse("projects:report-cells", args=[report.pk]) + query
    return client.post(url, body, content_type="application/json")


def test_script_saves_amounts_and_is_told_what_stands_beside_them(client, report, line, clerk):
    client.force_login(clerk)
    key = f"{line.pk}-disbursed"

    reply = post(client, report, {key: {"value": "500000", "version": 0}}).json()

    cell = reply["parts"]["funds"][key]
    assert (cell["outcome"], cell["display"]["value"], cell["display"]["rate"]) == ("saved", "500,000.00", "50.00")
    assert "提示" in cell["notes_html"]
    assert reply["sections"][f"funds-{line.sub_project.project.seq}"]["mark"] == "flagged"
    assert FundFigure.objects.get().value == 500_000


@pytest.mark.parametrize("stage", ["planned", "paid", "1", "Spent"])
def test_script_with_an_unknown_stage_is_refused_in_words(stage, client, report, line, clerk):
    client.force_login(clerk)

    response = post(client, report, {f"{line.pk}-{stage}": {"value": "5", "version": 0}})

    assert response.status_code == 422
    assert "不属于这份月报" in response.json()["refused"]
    assert not FundFigure.objects.exists()


def test_script_with_five_thousand_cells_is_refused_in_words(client, report, line, clerk):
    client.force_login(clerk)

    response = post(client, report, {f"{pk}-spent": {"value": "5", "version": 0} for pk in range(1, 5001)})

    assert (response.status_code, FundFigure.objects.count()) == (413, 0)
    assert "最多保存 500 格" in response.json()["refused"]


@pytest.mark.parametrize("state", ["closed", "issued"])
def test_amounts_of_a_closed_period_are_refused_in_words(state, client, report, line, clerk, period):
    period.state, period.closed_at, period.closed_by = state, timezone.now(), clerk
    period.save()
    client.force_login(clerk)

    response = post(client, report, {f"{line.pk}-spent": {"value": "5", "version": 0}})

    assert response.status_code == 409
    assert "已经封账" in response.json()["refused"]
    assert not FundFigure.objects.exists()


def test_form_without_scripts_keeps_the_unit_and_what_was_wrong(client, report, line, clerk):
    client.force_login(clerk)
    key = f"{line.pk}-spent"
    url = reverse("projects:report-detail", args=[report.pk]) + "?money=yuan"

    response = client.post(url, {f"f-{key}": "5.001", f"v-{key}": "0"})
    good = client.post(url, {f"f-{key}": "5.01", f"v-{key}": "0"})

    text = response.content.decode()
    assert response.status_code == 422
    assert 'value="5.001"' in text
    assert "精确到分" in text
    assert good["Location"].endswith("?money=yuan")
    assert FundFigure.objects.get().value == Decimal("5.01")


def test_answer_to_a_flag_travels_with_the_amount(save, line, report):
    save(received="10", disbursed={"value": "20", "reason": "提前垫付"})

    flag = FundFlag.objects.get(code="paid_over_received")
    assert flag.reason == "提前垫付"
    assert flag.explanation.startswith("拨付 20.00 万元，比到位 10.00 万元 多。\n")
