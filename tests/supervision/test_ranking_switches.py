"""The ranking page's switches: yardstick, what the cells say, category, opened projects, the year's places."""

import datetime
import io
import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from django.urls import reverse
from openpyxl import load_workbook

from supervision.pages.place_lines import place_line
from supervision.services.snapshots import freeze_snapshot
from tests import factories
from tests.boards import make_board
from tests.support.pages import strange_words
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parent.parent / "data"


def ranking_of(period, query="") -> str:
    return reverse("supervision:ranking", args=[period.programme.code, period.code]) + query


@pytest.fixture
def look(client, request):
    """Open the page of a period as somebody of the cast, with a query."""

    def open_page(person: str, period, query="", status=200):
        client.force_login(request.getfixturevalue(person))
        response = client.get(ranking_of(period, query))
        assert response.status_code == status
        return response

    return open_page


def cells_of(response) -> dict[str, list[tuple]]:
    """Return (text, sign) of each cell by the name of its project or indicator."""
    rows = response.context["rows"]
    found = {row["name"]: row["cells"] for row in rows}
    found |= {detail["label"]: detail["cells"] for row in rows for detail in row["details"]}
    return {name: [(cell["text"], cell["sign"]) for cell in cells] for name, cells in found.items()}


@world
def august(period, participants, indicators):
    """太和县: 里程 40.85 of 100, 合格率 95 of 90, 人数 900 of 1000. 界首市: 里程 150 of 200. 全省平均 of 里程: 67.3."""
    setter = factories.UserFactory()
    for code, figures in {
        "341222": {"里程": "40.85", "合格率": "95", "人数": "900"},
        "341282": {"里程": "150"},
    }.items():
        report = factories.ReportFactory(period=period, participant=participants[code], state="approved")
        for name, value in figures.items():
            factories.FigureFactory(report=report, indicator=indicators[name], value=Decimal(value), updated_by=setter)
    factories.BenchmarkFactory(period=period, indicator=indicators["里程"], value=Decimal("67.3"), decimals=1)
    factories.plain_scheme(period.programme)
    return period


@pytest.mark.parametrize(
    ("against", "roads", "mileage", "held", "head"),
    [
        # compared with one place, as the province prints: 40.9 − 67.3; 75.0 − 67.3
        ("", [("−26.4", "▼1"), ("+7.7", "缺")], [("−26.4", "▼"), ("+7.7", "")], "67.3", ["低于", "全省"]),
        # (40.85 + 150) ÷ (100 + 200) = 63.62: 40.85 − 63.62; 75.00 − 63.62
        ("city", [("−22.77", "▼1"), ("+11.38", "缺")], [("−22.77", "▼"), ("+11.38", "")], "63.62", ["低于", "全市"]),
        # 8 ÷ 12 = 66.67: 40.85 − 66.67; 75.00 − 66.67
        ("schedule", [("−25.82", "▼1"), ("+8.33", "缺")], [("−25.82", "▼"), ("+8.33", "")], "66.67", ["低于", "时序"]),
    ],
)
def test_ranking_gaps_are_those_of_the_chosen_yardstick(look, august, against, roads, mileage, held, head):
    response = look("city_officer", august, f"?show=gap&open=1&against={against}")

    cells = cells_of(response)
    assert cells["农村道路"][:2] == roads
    assert cells["里程"][:2] == mileage
    assert cells["里程"][2] == ("无任务", "")
    # A level has neither a sum nor a straight line, and no average was published for it.
    assert cells["合格率"][0] == ("—", "")
    assert response.context["rows"][0]["details"][0]["against"] == held
    assert response.context["page"].words["head"] == head
    assert [column["below"] for column in response.context["columns"]] == [1, 0, "—"]
    # One unit has an indicator below in project 1; nobody in project 2, where only 全市 and nothing else is compared.
    assert response.context["rows"][0]["below"] == 1
    assert response.context["page"].below_total == 1


def test_ranking_against_milestones_takes_only_indicators_with_a_plan(look, august, indicators):
    nobody = look("city_officer", august, "?against=milestones").content.decode()
    factories.MilestoneFactory(indicator=indicators["人数"], due_on=datetime.date(2020, 6, 30), threshold=Decimal(95))

    response = look("city_officer", august, "?against=milestones&show=gap&open=2")

    # 900 ÷ 1000 = 90.00; 90.00 − 95.00
    assert cells_of(response)["人数"] == [("−5.00", "▽"), ("未报送", ""), ("未报送", "")]
    assert cells_of(response)["农村道路"][0] == ("—", "")
    assert [column["below"] for column in response.context["columns"]] == [1, 0, "—"]
    assert "没有已到节点的指标，不着色。" in nobody
    assert "没有已到节点的指标" not in response.content.decode()


def test_ranking_gap_of_a_project_is_the_worst_of_its_indicators_in_points(look, period, city_officer):
    board = make_board(["甲县", "乙县"], period=period)
    project = factories.SubProjectFactory(project__programme=period.programme, project__name="几个指标").project
    for name, value, average in [("一", 61, "64.00"), ("二", 58, "70.00"), ("三", 90, "70.00")]:
        rows = [("甲县", 100, value), ("乙县", 100, 95), ("全市", 200, None)]
        board.indicator(name, rows, project=project, benchmark=(average, "rate"))
    rows = [("甲县", "4.3", "4.9"), ("乙县", "4.3", "4.1"), ("全市", "4.3", "4.2")]
    fields = {"unit": "%", "decimals": 2, "direction": "at_most", "accumulation": "level"}
    board.indicator("按值", rows, project=project, benchmark=("4.20", "value"), **fields)

    cells = cells_of(look("city_officer", period, "?show=gap&open=all"))

    # 61 − 64 = −3, 58 − 70 = −12, 90 − 70 = +20; by value 4.9 > 4.2 is worse and counts, but is no gap in points.
    # 乙县: 95 − 64 = +31, 95 − 70 = +25; the least is shown.
    assert cells["几个指标"] == [("−12.00", "▼3"), ("+25.00", "")]
    assert cells["按值"] == [("+0.70", "▽"), ("−0.10", "")]


def test_ranking_place_of_a_project_is_that_of_its_printed_score(look, period, city_officer):
    board = make_board(["甲县", "乙县", "丙县", "丁县"], period=period, unreported=["丁县"])
    project = factories.SubProjectFactory(project__programme=period.programme, project__name="同分").project
    # Means: 甲 (90 + 50) ÷ 2 = 70, 乙 (40 + 100) ÷ 2 = 70 (capped), 丙 (60 + 60) ÷ 2 = 60; 丁 has not reported.
    board.indicator(
        "一", [("甲县", 100, 90), ("乙县", 100, 40), ("丙县", 100, 60), ("丁县", 100, None)], project=project
    )
    board.indicator(
        "二", [("甲县", 100, 50), ("乙县", 100, 180), ("丙县", 100, 60), ("丁县", 100, None)], project=project
    )

    cells = cells_of(look("city_officer", period, "?show=place&open=all"))

    assert [text for text, _ in cells["同分"]] == ["1", "1", "3", "未报送"]
    assert [text for text, _ in cells["一"]] == ["1", "3", "2", "未报送"]
    assert [text for text, _ in cells["二"]] == ["3", "1", "2", "未报送"]


def test_ranking_category_leaves_its_indicators_and_keeps_scores_of_all(look, august, indicators):
    indicators["合格率"].category = "service"
    indicators["合格率"].save()

    response = look("city_officer", august, "?category=service&open=1")
    none = look("city_officer", august, "?category=insurance")

    # 里程 is left out with its ▼; the score stays that of both: (40.85 + 100) ÷ 2 = 70.425
    assert cells_of(response) == {
        "农村道路": [("70.43", ""), ("37.50", "缺"), ("未报送", "")],
        "合格率": [("105.56", ""), ("未报送", ""), ("未报送", "")],
    }
    assert response.context["page"].is_compared is False
    assert "平均进度的有" not in response.content.decode()
    assert [item["label"] for item in response.context["categories"]][:1] == ["全部类别"]
    assert none.context["rows"] == []
    assert "没有这一类的指标。" in none.content.decode()


@pytest.mark.parametrize("name", ["supervision:ranking", "supervision:ranking-export"])
def test_ranking_unknown_switch_is_not_found_and_says_what_there_is(client, august, city_officer, name):
    client.force_login(city_officer)
    address = reverse(name, args=[august.programme.code, august.code])

    for query, sentence in [
        ("?against=nation", "没有这个对照"),
        ("?show=worst", "格内没有这一种"),
        ("?category=roads", "没有这个类别"),
        ("?basis=7", "没有这一版结果"),
    ]:
        response = client.get(address + query)

        assert response.status_code == 404
        assert sentence in response.content.decode()


@pytest.mark.parametrize(("query", "opened"), [("all", [1, 2]), ("2,x,,99", [2]), ("", [])])
def test_ranking_opens_some_projects_or_all(look, august, query, opened):
    response = look("city_officer", august, f"?show=place&open={query}")

    rows = response.context["rows"]
    assert [row["seq"] for row in rows if row["details"]] == opened
    # The link of a row turns that row alone, and keeps the other switches.
    first = sorted({*opened} ^ {1})
    asked = f"&open={'%2C'.join(map(str, first))}" if first else ""
    assert rows[0]["toggle"] == ranking_of(august, f"?show=place{asked}#project-1")


def test_ranking_switches_stay_in_the_addresses_of_the_others_and_of_other_months(look, august, july):
    response = look("city_officer", august, "?basis=live&against=city&show=gap&category=engineering&order=place&open=1")

    context = response.context
    chosen = {"against=city", "show=gap", "category=engineering", "order=place", "open=1"}
    for items, own in [(context["bases"], None), (context["yardsticks"], "against"), (context["shows"], "show")]:
        for item in items:
            kept = {part for part in chosen if not own or not part.startswith(own)}
            assert kept <= set(item["url"].partition("?")[2].split("&"))
    # A month has versions of its own.
    other = next(item["url"] for item in context["period_choices"] if item["label"] == july.label)
    assert set(other.partition("?")[2].split("&")) == chosen
    assert "open" not in context["export"]
    assert chosen - {"open=1"} <= set(context["export"].partition("?")[2].split("&"))


@pytest.mark.parametrize("query", ["?against=city&show=gap&open=1", "?show=place&open=1"])
def test_ranking_open_month_county_sees_no_distance_to_the_others_and_no_place(look, august, query):
    response = look("clerk", august, query)

    text = response.content.decode()
    assert [cell["text"] for row in response.context["rows"] for cell in row["cells"]] == ["—", "—"]
    assert not [word for word in ("22.77", "63.62", "75.00", "界首市", "走势") if word in text]
    assert response.context["page"].is_compared is ("city" not in query)


def test_ranking_line_of_places_runs_through_frozen_months_to_this_one(look, august, participants, indicators):
    setter = factories.UserFactory()
    june, july = (factories.PeriodFactory(programme=august.programme, month=month) for month in (6, 7))
    for code, value in [("341222", 60), ("341282", 100)]:
        report = factories.ReportFactory(period=july, participant=participants[code])
        factories.FigureFactory(report=report, indicator=indicators["里程"], value=value, updated_by=setter)
    type(july).objects.filter(pk=july.pk).update(
        state="closed", closed_at=datetime.datetime(2020, 8, 8, tzinfo=datetime.UTC), closed_by=setter
    )
    july.refresh_from_db()
    freeze_snapshot(period=july, by=setter)
    assert june.state == "open"

    response = look("city_officer", august)

    columns = {column["name"]: column for column in response.context["columns"]}
    # July: 太和县 60.00 before 界首市 50.00 in 里程, all else missing. June is open: its places still move.
    assert "<title>6月没有位次，7月第1名，8月第1名</title>" in columns["太和县"]["line"]
    assert "<title>6月没有位次，7月第2名，8月第2名</title>" in columns["界首市"]["line"]
    assert columns["市本级"]["line"] == ""
    assert "6—8月位次走势" in response.content.decode()


def test_place_line_breaks_where_a_month_has_no_place_and_puts_the_first_on_top():
    months = [factories.PeriodFactory.build(month=month) for month in (1, 2, 3, 4)]

    line = place_line(months, [1, 3, None, 2], 3)

    # 50 px and 12 px within a margin of 4: a month is 50 × n ÷ 3 along, a place 12 × (n − 1) ÷ 2 down.
    assert re.findall(r'<polyline points="([^"]*)"/>', line) == ["4,4 20,16"]
    assert re.findall(r'<circle cx="(\d+)" cy="(\d+)" r="([\d.]+)"/>', line) == [("54", "10", "1"), ("54", "10", "2.5")]
    assert "3月没有位次，4月第2名" in line


def test_ranking_cells_lead_to_their_answers_on_the_basis_of_the_page(look, august, indicators):
    response = look("city_officer", august, "?open=1")

    text = response.content.decode()
    base = f"/programmes/{august.programme.code}/{august.code}"
    for relative, name, args in [
        ("../why/341222/projects/1/?basis=live", "supervision:why-project", ["341222", 1]),
        (f"../why/341222/{indicators['里程'].pk}/?basis=live", "supervision:why", ["341222", indicators["里程"].pk]),
        ("../why/341222/overall/?basis=live", "supervision:why-overall", ["341222"]),
    ]:
        assert f'<a data-why href="{relative}"' in text
        absolute = reverse(name, args=[august.programme.code, august.code, *args])
        assert f"{base}/{relative.removeprefix('../').partition('?')[0]}" == absolute


def test_ranking_export_follows_the_switches(client, august, city_officer):
    client.force_login(city_officer)
    address = reverse("supervision:ranking-export", args=[august.programme.code, august.code])

    response = client.get(address + "?against=city&show=gap")

    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    sheet = book["项目差距"]
    assert sheet["D3"].value == "低于全市的单位数"
    assert [cell.value for cell in sheet[4]][3:6] == [1, -22.77, 11.38]
    assert sheet["E4"].number_format == '#,##0.00"▼1"'
    assert book["综合位次"]["F3"].value == "低于全市平均的指标数"


# ── Published figures ─────────────────────────────────────────────────────


def test_ranking_page_of_hunan_prints_the_published_lists_and_last_three(look, period, city_officer):
    case = yaml.safe_load((DATA / "case_01_hunan_laojiu_2021_08.yaml").read_text(encoding="utf-8"))
    tables = {table["name"]: table["rows"] for table in case["tables"]}
    board = make_board([row[0] for row in tables["开工率"]], whole="全省", period=period)
    for name, unit, average in [("开工率", "个", "74.00"), ("投资完成率", "万元", "37.44")]:
        project = factories.SubProjectFactory(project__programme=period.programme, project__name=name).project
        rows = [(row[0], row[1], row[2]) for row in tables[name]]
        board.indicator(name, rows, unit=unit, decimals=2, project=project, benchmark=(average, "rate"))

    response = look("city_officer", period, "?show=place&order=place")

    text = response.content.decode()
    starts = "湘西州35.29%，衡阳市39.73%，邵阳市43.17%，株洲市61.97%，永州市62.16%。"
    paid = "湘西州7.06%，邵阳市12.01%，郴州市27.64%，永州市32.38%，株洲市35.15%，湘潭市36.29%。"
    assert f"开工率低于全省（74.00%）平均进度的有：{starts}" in text
    assert f"投资完成率低于全省（37.44%）平均进度的有：{paid}" in text
    names = [column["name"] for column in response.context["columns"]]
    places = dict(zip(names, cells_of(response)["开工率"], strict=True))
    assert [name for name, (place, _) in places.items() if place == "1"] == ["张家界市", "郴州市", "怀化市"]
    last = sorted(places, key=lambda name: -int(places[name][0]))[:3]
    assert last == case["expected"]["published_last_three_worst_first"] == ["湘西州", "衡阳市", "邵阳市"]
    # 5 below in one, 6 in the other
    assert response.context["page"].below_total == 11
    assert [row["below"] for row in response.context["rows"]] == [5, 6]
    assert [item["label"] for item in response.context["yardsticks"]] == [
        "全省平均",
        "全省计算值",
        "时序 66.67%",
        "节点计划",
    ]


def test_ranking_page_of_fuzhou_prints_the_published_list(look, period, city_officer):
    case = yaml.safe_load((DATA / "case_05_fuzhou_below_province.yaml").read_text(encoding="utf-8"))
    published = next(row for row in case["periods"] if row["period"] == "2021年1-8月")
    rates = dict(published["below_list"])
    period.programme.decimals = 1
    period.programme.save()
    board = make_board(sorted(rates), period=period)
    rows = [(unit, 100, rate) for unit, rate in rates.items()]
    fields = {"unit": "%", "decimals": 1, "accumulation": "level"}
    board.indicator("支付率", rows, benchmark=(published["province_rate"], "rate"), **fields)

    text = look("city_officer", period).content.decode()

    assert "支付率低于全省（67.3%）平均进度的有：高新区41.8%，市本级51.4%，连江县62.6%，鼓楼区66.7%。" in text


# ── Nothing to show ───────────────────────────────────────────────────────


def no_indicator(period):
    factories.ProjectFactory(programme=period.programme)
    factories.ParticipantFactory(programme=period.programme)


def all_without_task(period):
    board = make_board(["甲县", "乙县"], period=period)
    board.indicator("无", [("甲县", "no_task", None), ("乙县", "no_task", None)], benchmark=("60.00", "rate"))


def target_of_zero(period):
    board = make_board(["甲县", "乙县"], period=period)
    board.indicator("零", [("甲县", 0, 0), ("乙县", 0, 5), ("全市", 0, None)], benchmark=("60.00", "rate"))


def one_unit(period):
    board = make_board(["甲县"], period=period)
    board.indicator("一", [("甲县", 100, 50), ("全市", 100, None)], benchmark=("60.00", "rate"))
    factories.plain_scheme(period.programme)


def nobody_reported(period):
    board = make_board(["甲县", "乙县"], period=period, unreported=["甲县", "乙县"])
    board.indicator("空", [("甲县", 100, None), ("乙县", 100, None), ("全市", 200, None)], benchmark=("60.00", "rate"))
    factories.plain_scheme(period.programme)


def joined_later(period):
    board = make_board(["甲县", "乙县"], period=period)
    board.indicator("后", [("甲县", 100, 50), ("乙县", 100, 60), ("全市", 200, None)])
    type(board.participants["乙县"]).objects.filter(printed_name="乙县").update(joins_on=datetime.date(2020, 9, 1))


@pytest.mark.parametrize(
    "make", [no_indicator, all_without_task, target_of_zero, one_unit, nobody_reported, joined_later]
)
def test_ranking_with_little_to_show_shows_it_on_every_yardstick(look, period, city_officer, make):
    make(period)

    for query in ("?show=gap", "?against=city&show=place", "?against=schedule&show=gap", "?against=milestones"):
        text = look("city_officer", period, f"{query}&open=all").content.decode()
        assert strange_words(text) == []


@pytest.mark.long
def test_ranking_of_105_units_stays_within_its_bytes_and_queries(
    look, period, city_officer, django_assert_max_num_queries
):
    names = [f"演示{number}县" for number in range(105)]
    board = make_board(names, period=period)
    for number in range(33):
        rows = [(name, 100, (at * 7 + number) % 120) for at, name in enumerate(names)]
        board.indicator(f"指标{number}", [*rows, ("全市", 10500, None)], benchmark=("60.00", "rate"))
    factories.plain_scheme(period.programme)

    look("city_officer", period)
    with django_assert_max_num_queries(26):
        response = look("city_officer", period, "?order=place&show=gap")

    assert len(response.context["columns"]) == 105
    assert len(response.content) < 1_500_000
