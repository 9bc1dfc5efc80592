"""Standings against published figures: what offices printed, recomputed to the last digit."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from tests.boards import make_board

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parent.parent / "data"


def load(name: str) -> dict:
    return yaml.safe_load((DATA / f"case_{name}.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def hunan():
    return load("01_hunan_laojiu_2021_08")


@pytest.fixture(scope="module")
def meishan():
    return load("02_meishan_employment_2019")


def hunan_board(hunan, *, without=()):
    tables = {table["name"]: table for table in hunan["tables"]}
    units = [row[0] for row in tables["开工率"]["rows"]]
    board = make_board(units, whole="全省", unreported=without)
    for name, unit in [("开工率", "个"), ("投资完成率", "万元")]:
        rows = [(row[0], row[1], row[2]) for row in tables[name]["rows"]]
        board.indicator(name, rows, unit=unit, decimals=2)
    return board, tables


def test_r06_hunan_start_rates_and_total_are_the_published_ones(hunan):
    board, tables = hunan_board(hunan)

    rates = board.column("开工率", "rate")

    # 1110 ÷ 1500 = 74.00; the mean of the fourteen rates would be 76.76
    assert rates.pop("全省") == "74.00"
    assert rates == {row[0]: row[3] for row in tables["开工率"]["rows"]}


def test_r06_hunan_investment_rates_and_total_are_the_published_ones(hunan):
    board, tables = hunan_board(hunan)

    rates = board.column("投资完成率", "rate")

    # 281682.60 ÷ 752393.76 = 37.438… → 37.44
    assert rates.pop("全省") == "37.44"
    assert rates == {row[0]: row[3] for row in tables["投资完成率"]["rows"]}


def test_r08_hunan_three_cities_share_first_and_the_next_is_fourth(hunan):
    board, _ = hunan_board(hunan)

    places = board.column("开工率", "place")

    assert [unit for unit, place in places.items() if place == 1] == ["张家界市", "郴州市", "怀化市"]
    assert places["长沙市"] == 4
    assert sorted(place for place in places.values() if place) == [1, 1, 1, *range(4, 15)]


def test_r09_hunan_below_average_lists_are_the_published_ones(hunan):
    board, _ = hunan_board(hunan)
    board.benchmark("开工率", "74.00")
    board.benchmark("投资完成率", "37.44")

    expected = hunan["expected"]

    assert board.below("开工率") == expected["below_average_start_rate_worst_first"]
    assert board.below("投资完成率") == expected["below_average_invest_rate_worst_first"]
    assert board.below("开工率") == ["湘西州", "衡阳市", "邵阳市", "株洲市", "永州市"]
    assert board.below("投资完成率") == ["湘西州", "邵阳市", "郴州市", "永州市", "株洲市", "湘潭市"]


def test_r05_hunan_without_xiangxi_shows_both_totals(hunan):
    board, _ = hunan_board(hunan, without=["湘西州"])

    whole = board.rows("开工率")["全省"]

    # (1110 − 30) ÷ (1500 − 85) = 1080 ÷ 1415 = 76.325… → 76.33; 1080 ÷ 1500 = 72.00
    assert str(whole["rate"]) == "76.33"
    assert str(whole["rate_with_missing"]) == "72.00"
    assert whole["pooled_excluding"] == [board.participants["湘西州"].pk]
    assert (whole["shown_value"], whole["shown_target"]) == (1080, 1415)


def test_r05_hunan_total_with_an_exclusion_is_compared_with_nothing(hunan):
    board, _ = hunan_board(hunan, without=["湘西州"])
    board.benchmark("开工率", "80.00")

    whole = board.rows("开工率")["全省"]

    assert (whole["status"], whole["gap_to_benchmark"], whole["below_benchmark"]) == (None, None, None)
    assert "湘西州" not in board.below("开工率")


def meishan_board(meishan):
    units = ["东坡区", "彭山区", "仁寿县", "洪雅县", "丹棱县", "青神县", "眉山天府新区"]
    board = make_board(units, own="市本级", decimals=1, month=12)
    for table in meishan["tables"]:
        given = {row[0]: (row[1], row[2]) for row in table["rows"]}
        rows = [(unit, *given.get(unit, ("no_task", None))) for unit in [*units, "市本级"]]
        board.indicator(table["name"], rows, unit="人")
    jobless = meishan["lower_is_better"]
    given = dict(jobless["rows"])
    rows = [(unit, jobless["target"] if unit in given else "no_task", given.get(unit)) for unit in units]
    rows += [("市本级", "no_task", None), ("全市", jobless["target"], jobless["total"][1])]
    board.indicator("登记失业率", rows, unit="%", decimals=2, direction="at_most", accumulation="level")
    return board


def published(rate: str) -> str:
    """The published tables drop a trailing .0."""
    return rate if "." in rate else f"{rate}.0"


@pytest.mark.parametrize(
    "name", ["城镇新增就业(人)", "城镇失业人员再就业(人)", "就业困难人员就业(人)", "下岗失业人员再就业(人)"]
)
def test_r02_meishan_rates_and_totals_are_the_published_ones(meishan, name):
    board = meishan_board(meishan)
    table = next(table for table in meishan["tables"] if table["name"] == name)

    rates = board.column(name, "rate")

    assert rates["全市"] == published(table["total"][3])
    assert {row[0]: rates[row[0]] for row in table["rows"]} == {row[0]: published(row[3]) for row in table["rows"]}


def by_place(board, name):
    places = {unit: place for unit, place in board.column(name, "place").items() if place}
    return sorted(places, key=places.get)


def test_r08_meishan_places_are_those_of_the_published_rates(meishan):
    board = meishan_board(meishan)
    expected = meishan["expected"]

    assert by_place(board, "城镇新增就业(人)") == expected["rank_城镇新增就业"]
    assert by_place(board, "下岗失业人员再就业(人)") == expected["rank_下岗失业人员再就业_with_市本级"]
    # 143.3, 130.2, 122.2, 120.3, 120.2, 107.4
    assert by_place(board, "城镇失业人员再就业(人)") == ["丹棱县", "洪雅县", "青神县", "东坡区", "仁寿县", "彭山区"]
    # 146.5, 123.2, 123.0, 121.4, 116.5, 115.3
    assert by_place(board, "就业困难人员就业(人)") == ["丹棱县", "东坡区", "洪雅县", "仁寿县", "青神县", "彭山区"]
    # 4.3 ÷ 3.48 = 123.6, ÷ 3.5 = 122.9, ÷ 3.54 = 121.5, ÷ 3.67 = 117.2, ÷ 3.7 = 116.2, ÷ 3.8 = 113.2
    assert by_place(board, "登记失业率") == ["东坡区", "青神县", "彭山区", "仁寿县", "丹棱县", "洪雅县"]


def test_r04_meishan_tianfu_has_no_task_never_zero_never_unreported(meishan):
    board = meishan_board(meishan)

    for name in board.indicators:
        row = board.rows(name)["眉山天府新区"]
        assert (row["status"], row["value"], row["rate"], row["place"]) == ("no_task", None, None, None)
        assert row["points"] is None
    # 22921 + 6138 + 12244 + 3889 + 3029 + 4021 = 52242; ÷ 27800 = 187.9
    whole = board.rows("城镇新增就业(人)")["全市"]
    assert (str(whole["rate"]), whole["pooled_excluding"]) == ("187.9", None)


def test_r06_meishan_unemployment_total_is_the_wholes_own_value(meishan):
    board = meishan_board(meishan)

    rates = board.column("登记失业率", "rate")

    # 4.3 ÷ 3.57 = 120.448… → 120.4, never 120.5
    assert rates["全市"] == "120.4"
    assert rates["洪雅县"] == "113.2"
    assert board.rows("登记失业率")["全市"]["status"] == "met"


def test_r02_meishan_2017_unemployment_rate_is_target_over_actual():
    board = make_board(["眉山市"], decimals=1)
    board.indicator(
        "登记失业率", [("眉山市", "4.3", "4.17")], unit="%", decimals=2, direction="at_most", accumulation="level"
    )

    # published by the same office in 2017: 4.3 ÷ 4.17 = 103.117… → 103.1
    assert board.column("登记失业率", "rate")["眉山市"] == "103.1"


@pytest.mark.parametrize("period", ["2021年1-4月", "2021年1-8月"])
def test_r09_fuzhou_below_list_is_the_published_one(period):
    """The 支付率 printed by 福州 stand in as level indicators with target 100 at the printed decimals."""
    case = next(case for case in load("05_fuzhou_below_province")["periods"] if case["period"] == period)
    province = case.get("province_rate") or case["province_rate_implied"]
    decimals = len(province.split(".")[1])
    # official order is not the order of the list
    units = sorted(row[0] for row in case["below_list"])
    board = make_board(units, decimals=decimals)
    rates = dict(case["below_list"])
    board.indicator(
        "支付率",
        [(unit, 100, rates[unit]) for unit in units],
        unit="%",
        decimals=decimals,
        accumulation="level",
        benchmark=(province, "rate"),
    )

    below = board.standings().below(board.indicators["支付率"].pk)

    names = {participant.pk: name for name, participant in board.participants.items()}
    assert [[names[row["participant_id"]], str(row["compared"])] for row in below] == case["below_list"]


@pytest.mark.parametrize("case", load("13_time_schedule")["cases"], ids=lambda case: case["where"])
def test_r11_published_gaps_to_the_time_schedule(case):
    """超序时进度 X 个百分点: rate minus months ÷ 12, as printed at one decimal."""
    board = make_board(["甲县"], decimals=1, month=case["month"])
    board.indicator("进度", [("甲县", 1000, Decimal(case["rate"]) * 10)])

    row = board.rows("进度")["甲县"]

    assert str(row["rate"]) == case["rate"]
    assert str(row["gap_to_expected"]) == case["gap"]


@pytest.mark.parametrize("case", load("13_time_schedule")["thresholds_printed"], ids=lambda case: str(case["month"]))
def test_r11_published_thresholds_of_the_time_schedule(case):
    board = make_board(["甲县"], decimals=1, month=case["month"])
    board.indicator("进度", [("甲县", 100, 1)])

    expected = board.column("进度", "expected_rate")["甲县"]

    assert expected == published(case["threshold"])
