"""The page of one project: months beside the yardsticks, who sees what, what it says when much is missing."""

import datetime
import json
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from livelihood.models import AuditEvent
from supervision.pages.charts import Panel, Series, bars, line_chart, small_multiples
from supervision.pages.history import month_places, month_standings
from supervision.services.snapshots import freeze_snapshot
from supervision.standings import snapshot_standings
from tests import factories
from tests.boards import make_board
from tests.support.pages import strange_words
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


def report(period, participants, indicator, values, *, state="approved"):
    """Report one figure of each unit of `values` (code → text)."""
    setter = factories.UserFactory()
    for code, value in values.items():
        own = factories.ReportFactory(period=period, participant=participants[code], state=state)
        factories.FigureFactory(report=own, indicator=indicator, value=Decimal(value), updated_by=setter)


@world
def months(programme, period, participants, indicators, city_officer):
    """July issued from its snapshot: 里程 30 of 100 and 120 of 200. August open: 40.85 and 150."""
    july = factories.PeriodFactory(programme=programme, month=7)
    report(july, participants, indicators["里程"], {"341222": "30", "341282": "120"})
    averages = {"indicator": indicators["里程"], "decimals": 1, "city_count": 16}
    factories.BenchmarkFactory(period=july, value=Decimal("50.5"), city_place=13, **averages)
    frozen = freeze_snapshot(period=july, by=city_officer)
    july.state, july.closed_at, july.closed_by = "issued", timezone.now(), city_officer
    july.save(update_fields=["state", "closed_at", "closed_by"])
    report(period, participants, indicators["里程"], {"341222": "40.85", "341282": "150"})
    factories.BenchmarkFactory(period=period, value=Decimal("67.3"), city_place=12, **averages)
    return july, frozen


def page_of(period, query="", seq=1, name="project"):
    return reverse(f"supervision:{name}", args=[period.programme.code, period.code, seq]) + query


def test_project_page_shows_every_unit_by_month_against_the_yardsticks(client, months, period, city_officer):
    client.force_login(city_officer)

    response = client.get(page_of(period))

    taihe, jieshou, own = response.context["page"].rows
    # 30 ÷ 100 and 40.85 ÷ 100; 120 ÷ 200 and 150 ÷ 200
    assert (taihe["months"], jieshou["months"]) == (["30.00", "40.85"], ["60.00", "75.00"])
    assert (taihe["place"], taihe["change"], jieshou["place"], jieshou["change"]) == (2, 0, 1, 0)
    assert own["months"] == ["无任务", "无任务"]
    # (30 + 120) ÷ 300 and (40.85 + 150) ÷ 300
    assert response.context["page"].total["months"] == ["50.00", "63.62"]
    facts = [(fact["value"], fact["note"]) for fact in response.context["facts"]]
    assert facts == [
        ("63.62%", "190.85 ÷ 300.00 公里"),
        ("67.3%", "▽ 全市低 3.7 点"),  # 63.6 − 67.3
        ("66.67%", "8 ÷ 12 个月"),
        ("—", "本指标没有节点计划"),
        ("第 12 位", "16 市，7月第 13 位"),
    ]


def test_project_page_chart_draws_what_the_table_prints(client, months, period, city_officer):
    client.force_login(city_officer)

    response = client.get(page_of(period))

    html = response.content.decode()
    written = html.partition('id="chart-months-spec" type="application/json">')[2].partition("</script>")[0]
    option = json.loads(written)
    lines = {(row["name"], row["xAxisIndex"]): row["data"] for row in option["series"]}
    assert lines["本单位", 0] == ["30.00", "40.85"]
    assert lines["本单位", 1] == ["60.00", "75.00"]
    assert lines["全省平均", 0] == ["50.5", "67.3"]
    assert lines["全市平均", 0] == ["50.00", "63.62"]
    assert lines["时序", 0] == ["58.33", "66.67"]  # 7 ÷ 12 and 8 ÷ 12
    assert option["yAxis"][0]["max"] == 100
    assert html.count('role="img"') == 1


def test_project_page_open_month_county_sees_the_others_in_issued_months_only(client, months, period, clerk):
    client.force_login(clerk)

    response = client.get(page_of(period))

    page, html = response.context["page"], response.content.decode()
    assert [(row["name"], row["months"], row["place"], row["change"]) for row in page.rows] == [
        ("太和县", ["30.00", "40.85"], None, None)
    ]
    assert page.total is None
    assert not [word for word in ("界首市", "75.00", "63.62", "190.85") if word in html]
    # What the whole came to in July is in its paper.
    assert '["50.00", null]' in html


def test_project_page_leads_from_each_month_to_why_on_its_own_basis(client, months, period, city_officer, clerk):
    july, _ = months
    client.force_login(city_officer)
    page = client.get(page_of(period)).context["page"]
    taihe = page.rows[0]
    frozen, live = (cell["why"] for cell in taihe["month_cells"])

    answers = [client.get(address).content.decode() for address in (frozen, live)]
    client.force_login(clerk)
    hidden = client.get(page_of(july)).context["page"].rows

    assert [cell["rate"] for cell in taihe["month_cells"]] == ["30.00", "40.85"]
    assert ("/2020-07/why/341222/" in frozen, "/2020-08/why/341222/" in live) == (True, True)
    assert ("basis=1" in frozen, "basis=live" in live) == (True, True)
    assert ("30.00%" in answers[0], "40.85%" in answers[1]) == (True, True)
    assert all(cell["why"] for row in hidden for cell in row["month_cells"])


def test_project_page_offers_letters_and_rectification_to_the_office_alone(client, months, period, request):
    offered = {}
    for person in ("city_officer", "leader", "clerk"):
        client.force_login(request.getfixturevalue(person))
        response = client.get(page_of(period))
        offered[person] = response.context["links"]
    client.force_login(request.getfixturevalue("city_officer"))
    before = client.get(page_of(period)).context["page"].rows[0]
    freeze_snapshot(period=period, by=request.getfixturevalue("city_officer"))
    taihe = client.get(page_of(period)).context["page"].rows[0]

    assert (offered["leader"], offered["clerk"]) == (None, None)
    # A letter prints figures of a snapshot: there is none to write before the close.
    assert (before["letter"], client.get(taihe["letter"]).status_code) == ("", 200)
    opened = client.get(taihe["rectify"])
    assert opened.status_code == 200
    assert "2020年1—8月里程完成率40.85%，比全省平均−26.4。" in opened.content.decode()


def test_project_page_of_an_issued_month_shows_a_county_everybody(client, months, clerk):
    july, _ = months
    client.force_login(clerk)

    response = client.get(page_of(july))

    assert [row["rate"] for row in response.context["page"].rows] == ["30.00", "60.00", "无任务"]


def test_project_page_shows_its_projects_to_each(client, months, period, request):
    seen = [("lead_officer", 1), ("leader", 2), ("filler", 1)]
    hidden = [("lead_officer", 2), ("filler", 2), ("stranger", 1)]

    answers = {}
    for person, seq in seen + hidden:
        client.force_login(request.getfixturevalue(person))
        answers[person, seq] = client.get(page_of(period, seq=seq)).status_code

    assert answers == dict.fromkeys(seen, 200) | dict.fromkeys(hidden, 404)


def test_project_page_with_a_strange_address_says_what_there_is_not(client, months, period, leader):
    shown = ["?basis=live", "?page=999&order=worst", "?page=x&order=strange"]
    missing = ["?basis=99", "?indicator=x", "?indicator=999999", f"?indicator={'9' * 400}"]
    client.force_login(leader)

    answers = {query: client.get(page_of(period, query)).status_code for query in shown + missing}

    assert answers == dict.fromkeys(shown, 200) | dict.fromkeys(missing, 404)
    assert client.get(page_of(period, seq=99)).status_code == 404


#: What a board is made of → words the page says of it.
SPARSE = {
    "no benchmark": ({"rows": [("甲县", 100, 50), ("全市", 100, None)]}, "还没有录入，不作比较"),
    "a target of 0": ({"rows": [("甲县", 0, 0), ("全市", 0, None)]}, "还没有任何单位有完成率"),
    "no task at all": ({"rows": [("甲县", "no_task", None), ("全市", "no_task", None)]}, "无任务1个：甲县"),
    "nobody reported": ({"rows": [("甲县", 100, None), ("全市", 100, None)]}, "未报送：甲县"),
    "growth": ({"rows": [("甲县", 8, 9), ("全市", 8, 9)], "kind": "growth", "assessed": False}, "没有完成率，不画图"),
}


@pytest.mark.parametrize("case", list(SPARSE))
def test_project_page_of_a_sparse_programme_says_what_is_missing(case, client, period, city_officer):
    fields, words = SPARSE[case]
    indicator = make_board(["甲县"], period=period).indicator("指标", **fields)
    client.force_login(city_officer)

    html = client.get(page_of(period, seq=indicator.sub_project.project.seq)).content.decode()

    assert words in html
    assert strange_words(html) == []


def test_project_page_without_indicators_shows_the_task_in_words(client, period, city_officer):
    factories.ProjectFactory(programme=period.programme, seq=3, name="资产收益扶贫", text="完成收益分配")
    client.force_login(city_officer)

    html = client.get(page_of(period, seq=3)).content.decode()

    assert "没有数量指标，不计算完成率" in html
    assert "完成收益分配" in html


def test_project_page_says_of_a_unit_that_it_had_not_joined(client, months, period, participants, city_officer):
    late = participants["341200-own"]
    late.joins_on = datetime.date(2020, 8, 1)
    late.save(update_fields=["joins_on"])
    client.force_login(city_officer)

    row = client.get(page_of(period, "?basis=live")).context["page"].rows[-1]

    # July was frozen with it: what is frozen stays.
    assert row["months"] == ["无任务", "无任务"]
    june = factories.PeriodFactory(programme=period.programme, month=6)
    row = client.get(page_of(period)).context["page"].rows[-1]
    assert row["months"] == ["未参加", "无任务", "无任务"]
    assert client.get(page_of(june)).status_code == 200


def test_project_page_marks_the_milestones_in_their_months(client, period, city_officer):
    board = make_board(["甲县"], period=period)
    milestones = [("2020-08-10", "30.5"), ("2020-12-31", "100")]
    indicator = board.indicator("节点", [("甲县", 100, 50), ("全市", 100, None)], milestones=milestones)
    client.force_login(city_officer)

    response = client.get(page_of(period, seq=indicator.sub_project.project.seq))

    [marks] = [row for row in response.context["chart"]["option"]["series"] if row["type"] == "scatter"]
    assert (marks["name"], marks["data"]) == ("节点 8月10日 30.5%", [[0, "30.50"]])
    assert response.context["facts"][3]["value"] == "30.5%"


def test_project_export_holds_the_months_as_numbers(client, months, period, city_officer):
    client.force_login(city_officer)

    response = client.get(page_of(period, name="project-export"))

    sheet = load_workbook(BytesIO(b"".join(response.streaming_content))).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    taihe = next(row for row in rows if row[0] == "太和县")
    assert taihe[1:6] == [100, 40.85, 40.85, 2, 0]
    assert taihe[-2:] == [30, 40.85]
    assert AuditEvent.objects.filter(verb="export_standings").count() == 1


def test_history_frozen_month_is_the_snapshot_as_it_was_printed(months, period, city_officer):
    july, frozen = months

    [before, now] = month_standings(period, city_officer)

    expected = snapshot_standings(frozen)
    named = ("place", "gap_to_benchmark", "gap_to_city", "expected_rate", "status", "project_score", "below_list")
    for pk, rows in expected.lines.items():
        stored = before.standings.lines[pk]
        assert [str(row["rate"]) for row in stored] == [str(row["rate"]) for row in rows]
        assert [[row[name] for name in named] for row in stored] == [[row[name] for name in named] for row in rows]
    assert (before.period, now.standings.basis) == (july, "live")


def test_history_places_are_those_of_months_the_user_sees(months, period, clerk, city_officer):
    factories.plain_scheme(period.programme)

    own = [len(month.units) for month in month_places(period, clerk)]
    office = [len(month.units) for month in month_places(period, city_officer)]

    assert (own, office) == ([3, 0], [3, 3])


def test_charts_keep_gaps_and_printed_places():
    values = [Decimal("80.00"), None, Decimal("120.50")]

    lines = line_chart("a", ["1月", "2月", "3月"], [Series("本县", values)], sentence="图")["option"]
    places = line_chart("b", ["1月"], [Series("位次", [Decimal(7)])], sentence="图", unit="名", inverse=True)["option"]
    panels = small_multiples("c", ["1月"], [Panel("a{b|c}", "1%", "", "", [Series("本县", [None])])], sentence="图")
    lying = bars("d", ["甲", "乙"], [Decimal("5.50"), None], sentence="图", tones=["red", ""], unit="分")["option"]

    assert lines["series"][0]["data"] == ["80.00", None, "120.50"]
    # The next 50 above 120.5
    assert (lines["yAxis"][0]["min"], lines["yAxis"][0]["max"]) == (0, 150)
    assert (places["yAxis"][0]["min"], places["yAxis"][0]["max"], places["yAxis"][0]["inverse"]) == (1, 7, True)
    assert "{name|a（b丨c）}" in panels["option"]["title"][0]["text"]
    assert [row["value"] for row in lying["series"][0]["data"]] == ["5.50", None]
    # Of 1, 2, 5, 10, … the first that is not less than 5.5
    assert lying["xAxis"][0]["max"] == 10
