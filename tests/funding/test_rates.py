"""R14 in the statement: chain, denominators, exclusions, what is not reported, what is withdrawn."""

import datetime

import pytest

from funding.funds import matching_ratios
from funding.models import FundExclusion, FundPlan
from tests.funding.boards import FundBoard, yuan

pytestmark = pytest.mark.django_db


def exclude(board, phrase, *items):
    exclusion = FundExclusion.objects.create(programme=board.programme, phrase=phrase, set_by=board.user)
    exclusion.sub_projects.set([board.item(item) for item in items])


def test_r14_chain_of_guzhen_is_read_with_each_denominator():
    # 固镇 2018-07, 万元: 计划 100000 → 到位 73823 → 拨付 70211 → 支出 52944.
    board = FundBoard(["固镇县"], decimals=1, denominator="received")

    board.line("固镇县", 100000, 73823, 70211, 52944)

    # 73823 ÷ 100000 = 73.823; 70211 ÷ 73823 = 95.107…; 52944 ÷ 70211 = 75.407…; 52944 ÷ 100000 = 52.944
    assert board.rates("received") == {"固镇县": "73.8"}
    assert board.rates("disbursed") == {"固镇县": "95.1"}
    assert board.rates("spent") == {"固镇县": "75.4"}
    assert board.rates("spent", denominators={"spent": "planned"}) == {"固镇县": "52.9"}


def test_r14_disbursed_rate_takes_the_programmes_denominator_and_says_so():
    planned, received = FundBoard(["甲县"]), FundBoard(["甲县"], denominator="received")
    for board in (planned, received):
        board.line("甲县", 200, 100, 50)

    # 50 ÷ 200 = 25.00; 50 ÷ 100 = 50.00
    assert [planned.total("disbursed")[key] for key in ("label", "denominator")] == [
        "拨付率（拨付÷计划）",
        "planned",
    ]
    assert str(planned.total("disbursed")["rate"]) == "25.00"
    assert received.total("disbursed")["label"] == "拨付率（拨付÷到位）"
    assert str(received.total("disbursed")["rate"]) == "50.00"


def test_r06_total_is_pooled_not_the_mean_of_units():
    board = FundBoard(["甲县", "乙县"])

    board.line("甲县", 300, 0, 300)
    board.line("乙县", 100, 0, 0)

    # (300 + 0) ÷ (300 + 100) = 75.00, the mean would be 50.00
    assert board.rates("disbursed") == {"甲县": "100.00", "乙县": "0.00"}
    assert str(board.total("disbursed")["rate"]) == "75.00"


def test_r05_unit_without_figures_leaves_both_sides_and_is_named():
    board = FundBoard(["甲县", "乙县"])

    board.line("甲县", 300, None, 150)
    board.line("乙县", 100)

    # 150 ÷ 300 = 50.00; with 乙县's plan kept: 150 ÷ 400 = 37.50
    row = board.total("disbursed")
    assert (str(row["rate"]), str(row["rate_with_missing"])) == ("50.00", "37.50")
    assert row["excluding"] == [board.units["乙县"].pk]
    assert board.rates("disbursed") == {"甲县": "50.00", "乙县": None}


def test_r05_zero_is_reported_and_blank_is_not():
    board = FundBoard(["甲县", "乙县"])

    board.line("甲县", 300, None, 0)
    board.line("乙县", 100)

    assert board.rates("disbursed") == {"甲县": "0.00", "乙县": None}
    assert board.total("disbursed")["missing"] == 1


def test_r05_unit_with_one_blank_item_is_named_as_missing_in_part():
    board = FundBoard(["甲县"])

    board.line("甲县", 300, None, 150)
    board.line("甲县", 100, item="困难救助")

    row = board.total("disbursed")
    assert (str(row["rate"]), str(row["rate_with_missing"])) == ("50.00", "37.50")
    assert (row["excluding"], row["in_part"]) == ([], [board.units["甲县"].pk])


def test_r05_half_the_sources_reported_is_not_a_figure_of_the_item():
    board = FundBoard(["甲县"])

    board.line("甲县", 100, None, 80, source="central")
    board.line("甲县", 100, source="county")

    # The county's part is blank: 80 against 200 would say 40 %, and 80 against 100 is not the item's rate.
    assert board.rates("disbursed") == {"甲县": None}
    by_source = {row["source"]: row["rate"] for row in board.rows("source") if row["measure"] == "disbursed"}
    assert {source: rate and str(rate) for source, rate in by_source.items()} == {"central": "80.00", "county": None}


def test_r14_stage_may_be_a_total_where_the_plan_is_split():
    board = FundBoard(["甲县"])

    board.line("甲县", 150, source="province")
    board.line("甲县", 60, source="city")
    board.line("甲县", None, None, 105, source="total")

    # 105 ÷ (150 + 60) = 50.00
    assert board.rates("disbursed") == {"甲县": "50.00"}


def test_r14_upper_and_local_stand_for_their_levels():
    board = FundBoard(["甲县"])

    board.line("甲县", 80, source="central")
    board.line("甲县", 20, source="province")
    board.line("甲县", 100, None, 50, source="county")
    board.line("甲县", None, None, 25, source="upper")

    # (25 + 50) ÷ (80 + 20 + 100) = 37.50
    assert board.rates("disbursed") == {"甲县": "37.50"}


def test_r04_money_without_a_plan_has_no_rate_against_the_plan():
    board = FundBoard(["甲县", "乙县"])

    board.line("甲县", 100, None, 40)
    board.line("乙县", None, None, 60)

    # 乙县 has no plan: 40 ÷ 100, not (40 + 60) ÷ 100; what was paid is still shown.
    row = board.total("disbursed")
    assert str(row["rate"]) == "40.00"
    assert row["disbursed"] == yuan(100)


def test_r14_exclusion_is_out_of_the_rate_and_in_its_label():
    board = FundBoard(["甲县"], decimals=1)
    board.line("甲县", 100, None, 40)
    board.line("甲县", 900, None, 900, item="棚户区改造")
    board.line("甲县", 50, None, 10, kind="maintenance")

    exclude(board, "不含棚户区改造", "棚户区改造")

    rows = {(row["kind"], row["measure"]): row for row in board.rows("total")}
    project, maintenance = rows["project", "disbursed"], rows["maintenance", "disbursed"]
    assert (str(project["rate"]), project["label"]) == ("40.0", "拨付率（拨付÷计划，不含棚户区改造）")
    assert (project["planned"], project["excluded_planned"]) == (yuan(100), yuan(900))
    # No maintenance money is excluded: its label does not say so.
    assert (str(maintenance["rate"]), maintenance["label"]) == ("20.0", "管护资金拨付率（拨付÷计划）")


def test_r19_plan_revised_in_july_counts_from_then_on():
    board = FundBoard(["甲县"], month=6)
    line = board.line("甲县", 100, None, 40)
    FundPlan.objects.create(
        fund_line=line,
        revision=2,
        valid_from=datetime.date(2020, 7, 1),
        amount=yuan(80),
        reason="压减",
        document="调整预算的通知",
        document_on=datetime.date(2020, 7, 1),
        set_by=board.user,
    )

    # 40 ÷ 100 in June, 40 ÷ 80 from July on
    assert board.rates("disbursed") == {"甲县": "40.00"}
    assert board.rates("disbursed", on=datetime.date(2020, 7, 31)) == {"甲县": "50.00"}


def test_r05_report_that_was_not_submitted_does_not_count():
    board = FundBoard(["甲县"])
    board.line("甲县", 100, None, 40)
    report = board.reports["甲县"]
    report.state = "draft"
    report.save()

    assert board.rates("disbursed") == {"甲县": None}
    assert board.rates("disbursed", counted=["draft"]) == {"甲县": "40.00"}


def test_rows_by_project_and_line_carry_the_chain():
    board = FundBoard(["甲县", "乙县"])
    board.line("甲县", 100, 90, 40, 20)
    board.line("乙县", 100, 80, 40, 10)
    board.line("乙县", 50, 50, 50, 50, item="困难救助")

    projects = [row for row in board.rows("project") if row["measure"] == "received"]
    lines = [row for row in board.rows("line") if row["measure"] == "spent"]

    # 农村道路: (90 + 80) ÷ 200 = 85.00; 困难救助: 50 ÷ 50
    assert [(row["project_seq"], row["planned"], str(row["rate"])) for row in projects] == [
        (1, yuan(200), "85.00"),
        (2, yuan(50), "100.00"),
    ]
    # 20 ÷ 40, 10 ÷ 40, 50 ÷ 50
    assert [str(row["rate"]) for row in lines] == ["50.00", "25.00", "100.00"]


def test_rows_of_a_readers_lines_hold_only_those():
    board = FundBoard(["甲县", "乙县"])
    own = board.line("甲县", 100, None, 40)
    board.line("乙县", 100, None, 90)

    assert board.rates("disbursed", lines=[own.pk]) == {"甲县": "40.00"}
    assert board.rows("total", lines=[]) == []


def test_statement_is_one_query_for_rates_whatever_the_number_of_lines(django_assert_num_queries):
    board = FundBoard(["甲县", "乙县", "丙县"])
    for unit in board.units:
        for item in ("一", "二", "三"):
            board.line(unit, 100, 90, 80, 70, item=item)

    with django_assert_num_queries(2):  # the rates, and the phrases printed behind them
        board.rows("unit")


@pytest.mark.parametrize(
    ("amounts", "published", "expected"),
    [
        # 83.9 ÷ 95.5 = 87.85…
        ({"received": "95.5", "disbursed": "83.9"}, "88", [("disbursed", "received")]),
        # 46.3 ÷ 73.6 = 62.9…
        ({"planned": "73.6", "disbursed": "46.3"}, "67.1", []),
        (
            {"planned": "100", "received": "80", "disbursed": "64"},
            "80",
            [("received", "planned"), ("disbursed", "received")],
        ),
    ],
)
def test_r17_published_rate_is_explained_by_the_ratio_it_really_is(amounts, published, expected):
    decimals = len(published.partition(".")[2])

    found = matching_ratios(amounts, published=published, decimals=decimals)

    assert found == expected
