"""Sentences of official papers, letter for letter (R5, R8, R9)."""

from decimal import Decimal

import pytest

from supervision.documents import sentences
from tests.boards import make_board


def test_r08_tied_units_share_a_place_in_official_order():
    """六安: 第三名金安区、裕安区;第五名叶集区."""
    text = sentences.places_sentence([(1, ["霍邱县"]), (2, ["舒城县"]), (3, ["金安区", "裕安区"]), (5, ["叶集区"])], [])

    assert text == "第一名霍邱县；第二名舒城县；第三名金安区、裕安区；第五名叶集区。"


def test_r13_units_without_a_place_stand_last():
    assert sentences.places_sentence([(1, ["甲县"])], ["乙县", "丙县"]) == (
        "第一名甲县；未报送（不参加排名）：乙县、丙县。"
    )


def test_places_of_nobody_are_no_sentence():
    assert sentences.places_sentence([], []) == ""


@pytest.mark.django_db
def test_r09_fuzhou_sentence_letter_for_letter():
    """福州 2021-08: its printed 支付率 stand in as level indicators with target 100 at one decimal."""
    board = make_board(["鼓楼区", "连江县", "市本级", "高新区", "福清市"], decimals=1)
    rates = {"鼓楼区": "66.7", "连江县": "62.6", "市本级": "51.4", "高新区": "41.8", "福清市": "67.3"}
    board.indicator(
        "支付率",
        [(unit, 100, rate) for unit, rate in rates.items()],
        unit="%",
        decimals=1,
        accumulation="level",
        benchmark=("67.3", "rate"),
    )

    text = sentences.below_sentence(board.standings(), board.indicators["支付率"].pk)

    # 福清市 at 67.3 is not below 67.3
    assert text == ("支付率低于全省（67.3%）平均进度的有：高新区41.8%，市本级51.4%，连江县62.6%，鼓楼区66.7%。")


@pytest.mark.django_db
def test_r09_equal_figures_are_not_joined():
    board = make_board(["甲县", "乙县"])
    board.indicator("里程", [("甲县", 100, 50), ("乙县", 100, 50)], benchmark=("60.00", "rate"))

    text = sentences.below_sentence(board.standings(), board.indicators["里程"].pk)

    assert text == "里程低于全省（60.00%）平均进度的有：甲县50.00%，乙县50.00%。"


@pytest.mark.django_db
def test_r07_list_prints_at_the_fewer_decimals():
    """2 / 3 = 66.67 of the programme's two decimals is 66.7 against an average published with one."""
    board = make_board(["甲县"], decimals=2)
    board.indicator("里程", [("甲县", 3, 2)], benchmark=("67.3", "rate"))

    text = sentences.below_sentence(board.standings(), board.indicators["里程"].pk)

    assert text == "里程低于全省（67.3%）平均进度的有：甲县66.7%。"


@pytest.mark.django_db
def test_r07_average_with_more_decimals_is_printed_as_published():
    board = make_board(["甲县"], decimals=1)
    board.indicator("里程", [("甲县", 3, 2)], benchmark=("67.325", "rate"))

    text = sentences.below_sentence(board.standings(), board.indicators["里程"].pk)

    assert text == "里程低于全省（67.325%）平均进度的有：甲县66.7%。"


@pytest.mark.django_db
def test_r09_by_value_and_at_most_the_worse_are_higher():
    """登记失业率 by value: 4.5 and 4.3 are above the province's 4.2, 4.2 is not; the highest first."""
    board = make_board(["甲县", "乙县", "丙县"])
    board.indicator(
        "登记失业率",
        [("甲县", "4.3", "4.3"), ("乙县", "4.3", "4.5"), ("丙县", "4.3", "4.2")],
        unit="%",
        decimals=1,
        direction="at_most",
        accumulation="level",
        benchmark=("4.2", "value"),
    )

    text = sentences.below_sentence(board.standings(), board.indicators["登记失业率"].pk)

    assert text == "登记失业率高于全省（4.2%）平均水平的有：乙县4.5%，甲县4.3%。"


@pytest.mark.django_db
def test_r09_by_value_carries_the_indicators_unit():
    board = make_board(["甲县"])
    board.indicator(
        "低保标准", [("甲县", 600, 580)], unit="元", decimals=0, accumulation="level", benchmark=("605", "value")
    )

    text = sentences.below_sentence(board.standings(), board.indicators["低保标准"].pk)

    assert text == "低保标准低于全省（605元）平均进度的有：甲县580元。"


@pytest.mark.django_db
def test_r10_without_an_average_there_is_no_sentence():
    board = make_board(["甲县"])
    board.indicator("里程", [("甲县", 100, 50)])

    assert sentences.below_sentence(board.standings(), board.indicators["里程"].pk) == ""


@pytest.mark.django_db
def test_r09_with_nobody_below_there_is_no_sentence():
    board = make_board(["甲县"])
    board.indicator("里程", [("甲县", 100, 80)], benchmark=("60.00", "rate"))

    assert sentences.below_sentence(board.standings(), board.indicators["里程"].pk) == ""


def test_r05_total_names_who_is_left_out_and_keeps_the_second_rate():
    """湖南 without 湘西: 1080 / 1415 = 76.33, with its target kept 1080 / 1500 = 72.00."""
    assert (
        sentences.pooled_sentence(whole="全省", rate="76.33%", excluding=["湘西州"], with_missing="72.00%")
        == "全省（不含湘西州）76.33%，未报送单位的任务计入分母为72.00%。"
    )


def test_r05_total_of_everybody_says_only_the_rate():
    assert sentences.pooled_sentence(whole="全市", rate="74.00%") == "全市74.00%。"


def test_r06_total_without_a_rate_is_no_sentence():
    assert sentences.pooled_sentence(whole="全市", rate=None) == ""


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [("41.8000", 1, "41.8"), ("75", 2, "75.00"), ("961.7", 1, "961.7"), ("1234.5", 1, "1234.5"), ("-2.5", 1, "−2.5")],
)
def test_value_in_a_sentence_keeps_its_decimals_and_has_no_separators(value, decimals, printed):
    assert sentences.printed_value(Decimal(value), decimals) == printed


def test_r15_groups_without_anybody_are_left_out():
    assert sentences.counted_groups([("超额完成", 1), ("已完成", 0), ("未开工", 2)]) == "超额完成1项、未开工2项"
