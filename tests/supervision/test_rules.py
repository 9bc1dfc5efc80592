"""The rules of calculation one by one; every expectation is worked out by hand beside it."""

import datetime
from decimal import Decimal

import pytest

from projects.entry_progress import own_lines
from projects.models import Target
from projects.progress import task_split
from supervision.standings import live_standings
from tests import factories
from tests.boards import make_board

pytestmark = pytest.mark.django_db


def test_r01_flow_has_a_straight_line_stock_and_level_have_none():
    board = make_board(["甲县"], month=8)
    for name, accumulation in [("里程", "flow"), ("低保人数", "stock"), ("参保率", "level")]:
        board.indicator(name, [("甲县", 100, 70)], accumulation=accumulation)

    # 8 ÷ 12 = 66.666… → 66.67; 70.00 − 66.67 = 3.33
    assert board.column("里程", "expected_rate")["甲县"] == "66.67"
    assert board.column("里程", "gap_to_expected")["甲县"] == "3.33"
    assert board.column("低保人数", "expected_rate")["甲县"] is None
    assert board.column("参保率", "expected_rate")["甲县"] is None


def test_r02_at_least_is_never_capped():
    board = make_board(["甲县"])
    board.indicator("再就业", [("甲县", 60, 577)])

    # 577 ÷ 60 = 961.666… → 961.67
    assert board.column("再就业", "rate")["甲县"] == "961.67"
    assert board.column("再就业", "status")["甲县"] == "exceeded"


def test_r02_at_most_zero_is_met_without_a_rate_and_placed_first():
    board = make_board(["甲县", "乙县", "丙县"])
    board.indicator("事故", [("甲县", 2, 1), ("乙县", 2, 0), ("丙县", 2, 4)], direction="at_most", accumulation="stock")

    # 2 ÷ 1 = 200, 2 ÷ 4 = 50; 0 has no rate, stands before every finite one and scores 100
    rows = board.rows("事故")
    assert [
        (str(rows[unit]["rate"]), rows[unit]["place"], rows[unit]["status"]) for unit in ("甲县", "乙县", "丙县")
    ] == [
        ("200.00", 2, "met"),
        ("None", 1, "met"),
        ("50.00", 3, "not_met"),
    ]
    assert [rows[unit]["points"] for unit in ("甲县", "乙县", "丙县")] == [100, 100, 50]


def test_r02_at_most_zero_is_not_below_the_provincial_average():
    board = make_board(["甲县", "乙县"])
    board.indicator(
        "事故",
        [("甲县", 2, 0), ("乙县", 2, 4)],
        direction="at_most",
        accumulation="stock",
        benchmark=("110.0", "rate"),
    )

    assert board.below("事故") == ["乙县"]
    assert board.rows("事故")["甲县"]["below_benchmark"] is False


@pytest.mark.parametrize(
    ("accumulation", "value", "status"),
    [
        # done from 95 % of 200 = 190 on, whatever is more: never 超额
        ("flow", "189.99", "on_schedule"),
        ("flow", "190", "done"),
        ("flow", "260", "done"),
        # within ±5 % of 200: 190 … 210
        ("stock", "189.99", "not_met"),
        ("stock", "190", "met"),
        ("stock", "210", "met"),
        ("level", "210.01", "not_met"),
    ],
)
def test_r02_about_is_done_or_met_within_its_tolerance(accumulation, value, status):
    board = make_board(["甲县"])
    board.indicator("救助", [("甲县", 200, value)], direction="about", accumulation=accumulation, decimals=2)

    assert board.column("救助", "status")["甲县"] == status


def test_r02_about_tolerance_is_data():
    board = make_board(["甲县"])
    board.indicator("救助", [("甲县", 200, 185)], direction="about", accumulation="stock", tolerance=Decimal("0.10"))

    # ±10 % of 200: 180 … 220
    assert board.column("救助", "status")["甲县"] == "met"


def test_r03_level_over_level_and_standard_met():
    board = make_board(["甲县", "乙县"])
    board.indicator("合格率", [("甲县", 95, 100), ("乙县", 95, "94.99")], accumulation="level", decimals=2)

    # 100 ÷ 95 = 105.263… → 105.26; 94.99 ÷ 95 = 99.989… → 99.99
    assert board.column("合格率", "rate") == {"甲县": "105.26", "乙县": "99.99", "全市": None}
    assert board.column("合格率", "status") == {"甲县": "met", "乙县": "not_met", "全市": "no_task"}


@pytest.mark.parametrize("target", ["no_task", "not_applicable"])
def test_r04_no_task_leaves_sums_places_and_counts(target):
    board = make_board(["甲县", "乙县", "丙县"])
    board.indicator("园区", [("甲县", 100, 60), ("乙县", target, None), ("丙县", 50, 45)])

    rows = board.rows("园区")
    # (60 + 45) ÷ (100 + 50) = 70.00, nobody left out
    assert (str(rows["全市"]["rate"]), rows["全市"]["pooled_excluding"]) == ("70.00", None)
    assert rows["乙县"]["status"] == "no_task"
    assert [rows[unit]["place"] for unit in ("甲县", "乙县", "丙县")] == [2, None, 1]


def test_r04_no_task_passes_from_the_count_to_its_rate():
    board = make_board(["甲县", "乙县"])
    count = board.indicator("培训人数", [("甲县", 100, 60), ("乙县", "no_task", None)])
    board.indicator(
        "培训合格率",
        [("甲县", 90, 95), ("乙县", 90, None)],
        accumulation="level",
        base=count,
        project=count.sub_project.project,
    )

    assert board.column("培训合格率", "status") == {"甲县": "met", "乙县": "no_task", "全市": "no_task"}


def test_r05_not_reported_is_null_listed_and_never_zero():
    board = make_board(["甲县", "乙县"])
    board.indicator("园区", [("甲县", 100, 0), ("乙县", 100, None)])

    rows = board.rows("园区")
    assert (rows["甲县"]["status"], str(rows["甲县"]["rate"]), rows["甲县"]["place"]) == ("not_started", "0.00", 1)
    assert (rows["乙县"]["status"], rows["乙县"]["rate"], rows["乙县"]["place"]) == ("not_reported", None, None)


def test_r05_figures_of_a_draft_do_not_count():
    board = make_board(["甲县", "乙县"], unreported=["乙县"])
    board.indicator("园区", [("甲县", 100, 50), ("乙县", 100, 90)])

    rows = board.rows("园区")
    # 50 ÷ 100 without 乙县; 50 ÷ 200 with its target
    assert (rows["乙县"]["value"], rows["乙县"]["status"]) == (None, "not_reported")
    assert (str(rows["全市"]["rate"]), str(rows["全市"]["rate_with_missing"])) == ("50.00", "25.00")


@pytest.mark.parametrize(
    ("whole", "status", "excluded"),
    [
        # 60 + 40 = 100: the others add up to the whole, 丙县 has no task
        (100, "no_task", False),
        # 120 − 100 = 20 are with nobody
        (120, "not_split", True),
        # nothing printed for the whole: nothing is missing
        (None, "no_task", False),
    ],
)
def test_r05_blank_target_is_no_task_or_not_split(whole, status, excluded):
    board = make_board(["甲县", "乙县", "丙县"])
    board.indicator("园区", [("甲县", 60, 30), ("乙县", 40, 20), ("丙县", "blank", 5), ("全市", whole, None)])

    rows = board.rows("园区")
    assert (rows["丙县"]["status"], rows["丙县"]["place"], rows["丙县"]["rate"]) == (status, None, None)
    assert rows["全市"]["pooled_excluding"] == ([board.participants["丙县"].pk] if excluded else None)
    # (30 + 20) ÷ (60 + 40) = 50.00 either way; with what is not split: 50 ÷ 120 = 41.666… → 41.67
    assert str(rows["全市"]["rate"]) == "50.00"
    assert str(rows["全市"]["rate_with_missing"]) == ("41.67" if excluded else "None")


def test_r05_blank_target_of_a_standard_is_no_task():
    board = make_board(["甲县", "乙县"])
    board.indicator("参保率", [("甲县", 95, 96), ("乙县", None, None), ("全市", 95, 96)], accumulation="level")

    assert board.column("参保率", "status") == {"甲县": "met", "乙县": "no_task", "全市": "met"}


def test_r06_totals_are_pooled_not_averaged():
    board = make_board(["甲县", "乙县"], own="市本级")
    board.indicator("园区", [("甲县", 900, 450), ("乙县", 90, 90), ("市本级", 10, 10)])

    # (450 + 90 + 10) ÷ 1000 = 55.00; the mean of 50, 100, 100 would be 83.33
    whole = board.rows("园区")["全市"]
    assert str(whole["rate"]) == "55.00"
    assert (whole["shown_target"], whole["shown_value"]) == (1000, 550)


def test_r06_non_additive_total_is_the_wholes_own_figure_or_nothing():
    board = make_board(["甲县", "乙县"])
    board.indicator(
        "参保率", [("甲县", 95, 96), ("乙县", 95, 97), ("全市", 95, "96.5")], accumulation="level", decimals=2
    )
    board.indicator("报销比例", [("甲县", 60, 66), ("乙县", 60, 67), ("全市", 60, None)], accumulation="level")

    # 96.5 ÷ 95 = 101.578… → 101.58
    assert board.column("参保率", "rate")["全市"] == "101.58"
    assert board.rows("报销比例")["全市"]["rate"] is None


@pytest.mark.parametrize(
    ("target", "value", "decimals", "printed"),
    [
        # 1 ÷ 8 = 12.5 → half-up 13, where half-even gives 12
        (8, 1, 0, "13"),
        # 3333 ÷ 100000 = 3.333
        (100000, 3333, 2, "3.33"),
        # 0.66665 exactly: 66.665 → 66.67
        (100000, 66665, 2, "66.67"),
        # 99.996 is below 1: never 100
        (100000, 99996, 2, "99.99"),
        (1000, 999, 0, "99"),
        (10000, 9999, 1, "99.9"),
        # 0.001 % is above 0: never 0
        (100000, 1, 2, "0.01"),
        # 1 itself and 0 itself print as they are
        (3, 3, 2, "100.00"),
        (3, 0, 2, "0.00"),
        # 2 ÷ 3 = 66.666…
        (3, 2, 4, "66.6667"),
        # a quotient whose seventeenth digit decides: 1 ÷ 3 of a huge number stays exact
        ("30000000000000", "10000000000000", 2, "33.33"),
        # 100.005 exactly → 100.01
        (20000, 20001, 2, "100.01"),
    ],
)
def test_r07_printed_rate_is_half_up_and_keeps_away_from_0_and_100(target, value, decimals, printed):
    board = make_board(["甲县"], decimals=decimals)
    board.indicator("园区", [("甲县", target, value)])

    assert board.column("园区", "rate")["甲县"] == printed


def test_r07_places_compare_what_is_printed():
    board = make_board(["甲县", "乙县", "丙县"], decimals=1)
    board.indicator("园区", [("甲县", 10000, 6664), ("乙县", 10000, 6661), ("丙县", 10000, 6659)])

    # 66.64 and 66.61 print as 66.6; 66.59 prints as 66.6 too
    assert board.column("园区", "rate") == {"甲县": "66.6", "乙县": "66.6", "丙县": "66.6", "全市": "66.6"}
    assert board.column("园区", "place") == {"甲县": 1, "乙县": 1, "丙县": 1, "全市": None}


def test_r07_a_benchmark_with_fewer_decimals_is_compared_at_its_own():
    board = make_board(["甲县", "乙县"])
    board.indicator("园区", [("甲县", 10000, 6726), ("乙县", 10000, 6724)], benchmark=("67.3", "rate"))

    # 67.26 → 67.3, not below 67.3; 67.24 → 67.2, below by 0.1
    rows = board.rows("园区")
    assert board.below("园区") == ["乙县"]
    assert [str(rows[unit]["compared"]) for unit in ("甲县", "乙县")] == ["67.3", "67.2"]
    assert str(rows["乙县"]["gap_to_benchmark"])[:4] == "-0.1"
    assert str(rows["乙县"]["rate"]) == "67.24"


def test_r07_a_benchmark_with_more_decimals_is_compared_as_published():
    board = make_board(["甲县", "乙县"], decimals=1)
    board.indicator("园区", [("甲县", 1000, 673), ("乙县", 1000, 674)], benchmark=("67.34", "rate"))

    # 67.3 < 67.34 is below; 67.4 is not
    assert board.below("园区") == ["甲县"]


def test_r07_done_is_decided_on_exact_values_schedule_on_printed_ones():
    board = make_board(["甲县", "乙县"], month=8)
    board.indicator("园区", [("甲县", 100000, 99999), ("乙县", 100000, 66666)])

    # 99.999 prints as 99.99 and is not done; 66.666 prints as 66.67 and equals 时序 66.67
    assert board.column("园区", "status")["甲县"] == "on_schedule"
    assert board.column("园区", "rate")["乙县"] == "66.67"
    assert board.column("园区", "status")["乙县"] == "on_schedule"


def test_r08_places_are_competition_places():
    board = make_board(["甲", "乙", "丙", "丁", "戊"])
    board.indicator("园区", [("甲", 100, 50), ("乙", 100, 90), ("丙", 100, 70), ("丁", 100, 70), ("戊", 100, 80)])

    # 90, 80, 70, 70, 50 → 1, 2, 3, 3, 5
    assert board.column("园区", "place") == {"甲": 5, "乙": 1, "丙": 3, "丁": 3, "戊": 2, "全市": None}


def test_r09_list_is_strict_worst_first_and_equal_figures_in_official_order():
    board = make_board(["甲", "乙", "丙", "丁"], own="市本级")
    board.indicator(
        "园区",
        [("甲", 100, 60), ("乙", 100, "67.30"), ("丙", 100, 60), ("丁", 100, 90), ("市本级", 100, 50)],
        decimals=2,
        benchmark=("67.30", "rate"),
    )

    # 乙 equals the average and is not listed; 市本级 is listed like the others
    assert board.below("园区") == ["市本级", "甲", "丙"]


@pytest.mark.parametrize(
    ("direction", "below"),
    [("at_least", ["乙", "甲"]), ("at_most", ["丁", "丙"]), ("about", ["乙", "甲"])],
)
def test_r09_by_value_worse_is_less_or_for_at_most_more(direction, below):
    board = make_board(["甲", "乙", "丙", "丁"])
    rows = [("甲", 5, "3.9"), ("乙", 5, "3.8"), ("丙", 5, "4.2"), ("丁", 5, "4.3")]
    board.indicator("失业率", rows, direction=direction, accumulation="level", decimals=1, benchmark=("4.0", "value"))

    assert board.below("失业率") == below


def test_r09_value_gap_is_actual_minus_benchmark_in_the_indicators_unit():
    board = make_board(["甲"])
    board.indicator(
        "失业率", [("甲", 5, "4.25")], direction="at_most", accumulation="level", decimals=2, benchmark=("4.1", "value")
    )

    # 4.25 → 4.3 at the benchmark's one decimal; 4.3 − 4.1 = 0.2
    assert Decimal(board.column("失业率", "gap_to_benchmark")["甲"]) == Decimal("0.2")


def test_r10_without_an_average_there_is_no_list_with_one_it_may_be_empty():
    board = make_board(["甲"])
    board.indicator("园区", [("甲", 100, 60)])
    board.indicator("道路", [("甲", 100, 60)], benchmark=("50.00", "rate"))

    assert board.below("园区") is None
    assert board.below("道路") == []
    assert board.rows("园区")["甲"]["below_benchmark"] is None


def test_r10_a_rate_is_compared_before_a_value():
    board = make_board(["甲"])
    board.indicator("园区", [("甲", 200, 100)], benchmark=("120", "value"))
    board.benchmark("园区", "40.00", "rate")

    row = board.rows("园区")["甲"]
    assert (row["benchmark_measure"], row["below_benchmark"]) == ("rate", False)


@pytest.mark.parametrize(
    ("day", "expected", "status"),
    [
        (datetime.date(2020, 4, 30), None, "not_due"),
        # 6月底前 60 %: attained or not, no interpolation
        (datetime.date(2020, 6, 30), "60.00", "behind"),
        (datetime.date(2020, 10, 31), "60.00", "behind"),
        (datetime.date(2020, 11, 30), "100.00", "behind"),
    ],
)
def test_r11_milestone_plan_replaces_the_straight_line(day, expected, status):
    board = make_board(["甲县"], month=day.month)
    plan = [(datetime.date(2020, 6, 30), 60), (datetime.date(2020, 11, 30), 100)]
    board.indicator("新开工", [("甲县", 2900, 1160)], milestones=plan)

    # 1160 ÷ 2900 = 40.00
    assert board.column("新开工", "expected_rate")["甲县"] == expected
    assert board.column("新开工", "status")["甲县"] == status


def test_r11_city_average_is_the_pooled_rate_and_null_for_levels():
    board = make_board(["甲县", "乙县"])
    board.indicator("园区", [("甲县", 100, 40), ("乙县", 300, 240)])
    board.indicator("参保率", [("甲县", 95, 95), ("乙县", 95, 90), ("全市", 95, 92)], accumulation="level")

    # 280 ÷ 400 = 70.00: 40 − 70 = −30, 80 − 70 = 10
    assert board.column("园区", "gap_to_city") == {"甲县": "-30.00", "乙县": "10.00", "全市": None}
    assert board.column("参保率", "gap_to_city") == {"甲县": None, "乙县": None, "全市": None}


def test_r11_weeks_count_days_of_the_year():
    period = factories.PeriodFactory(
        programme__year=2022,
        kind="week",
        starts_on=datetime.date(2022, 7, 4),
        ends_on=datetime.date(2022, 7, 10),
    )
    board = make_board(["甲县"], period=period)
    board.indicator("道路", [("甲县", 100, 50)])

    # 10 July is day 191 of 365: 52.328… → 52.33
    assert board.column("道路", "expected_rate")["甲县"] == "52.33"
    assert period.label == "2022年7月4日—10日"


def test_r12_a_part_has_rate_and_list_but_no_place_and_no_points():
    board = make_board(["甲县", "乙县"])
    total = board.indicator("生活补贴人数", [("甲县", 100, 90), ("乙县", 100, 50)])
    board.indicator(
        "其中一二级",
        [("甲县", 60, 45), ("乙县", 60, 30)],
        part_of=total,
        assessed=False,
        project=total.sub_project.project,
        benchmark=("70.00", "rate"),
    )

    rows = board.rows("其中一二级")
    assert [str(rows[unit]["rate"]) for unit in ("甲县", "乙县", "全市")] == ["75.00", "50.00", "62.50"]
    assert [rows[unit]["place"] for unit in ("甲县", "乙县")] == [None, None]
    assert [rows[unit]["points"] for unit in ("甲县", "乙县")] == [None, None]
    assert board.below("其中一二级") == ["乙县"]
    # the project's score is the total's alone
    assert str(rows["甲县"]["project_score"]) == "90.00"


@pytest.mark.parametrize(
    ("kind", "month", "value", "status"),
    [
        ("growth", 3, "9.1", "met"),
        ("growth", 3, "8.9", "not_met"),
        ("growth", 3, None, "not_reported"),
        ("annual", 8, None, "not_due"),
        ("annual", 12, None, "not_reported"),
        ("annual", 12, "9", "met"),
        ("text", 3, None, "text"),
    ],
)
def test_r12_growth_annual_and_text_have_a_status_and_no_rate(kind, month, value, status):
    board = make_board(["甲县"], month=month)
    target = "text" if kind == "text" else 9
    board.indicator(
        "增幅", [("甲县", target, value)], kind=kind, assessed=False, accumulation="level", benchmark=("50", "rate")
    )

    row = board.rows("增幅")["甲县"]
    assert (row["status"], row["rate"], row["place"], row["expected_rate"]) == (status, None, None, None)


def score_board(**options):
    """Two projects: one with two indicators, one with one."""
    board = make_board(["甲县", "乙县", "丙县"], own="市本级", **options)
    roads = board.indicator("里程", [("甲县", 3, 2), ("乙县", 3, 3), ("丙县", 3, 6), ("市本级", "no_task", None)])
    board.indicator(
        "桥梁",
        [("甲县", 3, 1), ("乙县", 3, None), ("丙县", "no_task", None), ("市本级", "no_task", None)],
        project=roads.sub_project.project,
    )
    board.indicator("培训", [("甲县", 100, 50), ("乙县", 100, 100), ("丙县", 100, 20), ("市本级", 10, 10)])
    return board


def unit_rows(board, standings):
    names = {participant.pk: name for name, participant in board.participants.items()}
    return {names[row["participant_id"]]: row for row in standings.units}


def test_r13_score_is_mean_of_projects_of_capped_printed_rates():
    board = score_board()
    factories.plain_scheme(board.period.programme)

    standings = board.standings()

    rows = unit_rows(board, standings)
    # 甲: (66.67 + 33.33) ÷ 2 = 50; 50 → 50.00. 乙: (100 + 0) ÷ 2 = 50; 100 → 75.00.
    # 丙: 200 is capped at 100, 桥梁 no task → 100; 20 → 60.00
    assert {unit: str(row["score"]) for unit, row in rows.items()} == {
        "甲县": "50.00",
        "乙县": "75.00",
        "丙县": "60.00",
        "市本级": "100.00",
    }
    assert [row["participant_id"] for row in standings.overall()] == [
        board.participants[unit].pk for unit in ("乙县", "丙县", "甲县")
    ]
    assert {unit: row["place"] for unit, row in rows.items()} == {"甲县": 3, "乙县": 1, "丙县": 2, "市本级": None}


def test_r13_unit_without_a_report_has_no_score_and_stands_last():
    board = score_board(unreported=["乙县"])
    factories.plain_scheme(board.period.programme)

    standings = board.standings()

    rows = unit_rows(board, standings)
    assert (rows["乙县"]["score"], rows["乙县"]["place"]) == (None, None)
    assert standings.overall()[-1]["participant_id"] == board.participants["乙县"].pk
    assert [rows[unit]["place"] for unit in ("丙县", "甲县")] == [1, 2]


def test_r13_without_a_scheme_there_is_a_reference_score_and_no_ranking():
    board = score_board()

    standings = board.standings()

    assert standings.overall() is None
    rows = unit_rows(board, standings)
    assert (rows["乙县"]["score"], rows["乙县"]["place"], str(rows["乙县"]["plain_score"])) == (None, None, "75.00")


def test_r13_unit_score_is_rounded_once():
    board = make_board(["甲县"])
    factories.plain_scheme(board.period.programme)
    first = board.indicator("一", [("甲县", 3, 1)])
    board.indicator("二", [("甲县", 3, 1)], project=first.sub_project.project)
    board.indicator("三", [("甲县", 100, "66.66")], project=first.sub_project.project, decimals=2)
    board.indicator("四", [("甲县", 1, 0)])

    standings = board.standings()

    # project 1: (33.33 + 33.33 + 66.66) ÷ 3 = 44.44; project 2: 0; unit: 22.22
    assert str(standings.units[0]["score"]) == "22.22"


@pytest.mark.parametrize(
    ("value", "status"),
    [(101, "exceeded"), (100, "done"), (67, "on_schedule"), (66, "behind"), (0, "not_started"), (None, "not_reported")],
)
def test_r15_status_of_a_flow_is_the_first_that_holds(value, status):
    board = make_board(["甲县"], month=8)
    board.indicator("园区", [("甲县", 100, value)])

    assert board.column("园区", "status")["甲县"] == status


@pytest.mark.parametrize(("value", "status"), [(120, "exceeded"), (100, "done"), (0, "not_due"), (10, "not_due")])
def test_r15_before_the_first_milestone_only_done_goes_before_not_due(value, status):
    board = make_board(["甲县"], month=3)
    board.indicator("园区", [("甲县", 100, value)], milestones=[(datetime.date(2020, 6, 30), 60)])

    assert board.column("园区", "status")["甲县"] == status


def test_r15_text_targets_and_levels_have_their_own_words():
    board = make_board(["甲县", "乙县", "丙县"])
    board.indicator("生态补偿", [("甲县", "text", None), ("乙县", 1, 2), ("丙县", 1, 0)], accumulation="stock")

    # the whole: (2 + 0) ÷ (1 + 1)
    assert board.column("生态补偿", "status") == {"甲县": "text", "乙县": "met", "丙县": "not_met", "全市": "met"}


def test_r16_the_wholes_printed_target_and_the_sum_are_both_kept():
    board = make_board(["甲县", "乙县"], own="市本级")
    # 张掖 水利: 60870 printed, 22881 by quarter
    board.indicator(
        "投资", [("甲县", 2315, 1000), ("乙县", 11212, 1000), ("市本级", 9354, 1000), ("全市", 60870, None)]
    )
    board.indicator("驿站", [("甲县", 5, 1), ("乙县", 4, 1), ("市本级", 2, 1), ("全市", 11, None)])

    differences = task_split(board.period)

    # 2315 + 11212 + 9354 = 22881; 60870 − 22881 = 37989
    assert [
        (row["indicator_id"], row["whole_target"], row["parts_target"], row["difference"]) for row in differences
    ] == [(board.indicators["投资"].pk, 60870, 22881, 37989)]
    assert Target.objects.get(indicator=board.indicators["投资"], participant=board.participants["全市"]).value == 60870


def test_r19_the_revision_in_force_counts_and_a_later_one_does_not():
    board = make_board(["甲县"], month=8)
    indicator = board.indicator("园区", [("甲县", 100, 50)])
    revision = {"indicator": indicator, "participant": board.participants["甲县"], "reason": "上级调整"}
    factories.TargetFactory(**revision, revision=2, value=80, valid_from=datetime.date(2020, 6, 1))
    factories.TargetFactory(**revision, revision=3, value=50, valid_from=datetime.date(2020, 9, 1))

    row = board.rows("园区")["甲县"]

    # 50 ÷ 80 = 62.50 in August
    assert (str(row["rate"]), row["target_revision"]) == ("62.50", 2)
    assert Target.objects.in_force(datetime.date(2020, 8, 31)).get().revision == 2


def test_r19_a_retroactive_revision_counts_from_january():
    board = make_board(["甲县"], month=3)
    indicator = board.indicator("园区", [("甲县", 100, 50)])
    factories.TargetFactory(
        indicator=indicator,
        participant=board.participants["甲县"],
        revision=2,
        value=200,
        reason="太政〔2020〕10号",
        document_on=datetime.date(2020, 6, 1),
    )

    # published on 1 June, effective from 1 January: 50 ÷ 200
    assert board.column("园区", "rate")["甲县"] == "25.00"


def test_participant_that_has_left_or_not_joined_is_not_in_the_standings():
    board = make_board(["甲县", "乙县", "丙县"], month=8)
    board.indicator("园区", [("甲县", 100, 50), ("乙县", 100, 60), ("丙县", 100, 70)])
    board.participants["乙县"].leaves_on = datetime.date(2020, 7, 31)
    board.participants["丙县"].joins_on = datetime.date(2020, 9, 1)
    for unit in ("乙县", "丙县"):
        board.participants[unit].save()

    assert set(board.rows("园区")) == {"甲县", "全市"}
    assert board.column("园区", "rate")["全市"] == "50.00"


def test_own_lines_give_the_same_rates_as_the_standings():
    board = make_board(["甲县", "乙县"], unreported=["乙县"])
    indicator = board.indicator("园区", [("甲县", 3, 2), ("乙县", 3, 1)])
    draft = board.participants["乙县"]

    rows = own_lines(board.period, [draft.pk], counted=["draft", "approved"])

    row = rows[draft.pk, indicator.pk]
    # 1 ÷ 3 = 33.33, 8 ÷ 12 = 66.67: −33.34
    assert (str(row["rate"]), str(row["gap_to_expected"]), row["remaining"]) == ("33.33", "-33.34", 2)


@pytest.mark.parametrize(("few", "many"), [(2, 12)])
def test_standings_take_the_same_number_of_queries_whatever_the_rows(django_assert_num_queries, few, many):
    for size in (few, many):
        board = make_board([f"县{number}" for number in range(size)])
        for number in range(size):
            board.indicator(f"指标{number}", [(f"县{unit}", 100, unit) for unit in range(size)])

        period = type(board.period).objects.select_related("programme").get(pk=board.period.pk)
        with django_assert_num_queries(5):
            live_standings(period)


def test_r05_second_rate_is_none_where_nobody_reported():
    board = make_board(["甲县", "乙县"])

    board.indicator("里程", [("甲县", 100, None), ("乙县", 100, None)])

    # Nothing is known of either side: not 0.01, which a rate above 0 prints as at least.
    whole = board.rows("里程")["全市"]
    assert (whole["rate"], whole["rate_with_missing"]) == (None, None)
    assert len(whole["pooled_excluding"]) == 2
