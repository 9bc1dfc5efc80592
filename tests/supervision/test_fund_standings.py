"""R14 with R5–R11 in the standings of money: rates, yardsticks, places and lists, by unit and by project."""

import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funding.models import FundExclusion, FundPlan
from supervision.fund_standings import live_fund_standings, snapshot_fund_standings
from supervision.models import FundSetLine, ScoringComponent, Snapshot
from supervision.services.freezing import benchmarks_moved
from supervision.services.snapshots import freeze_snapshot
from supervision.services.verification import verify_all
from supervision.sheets.fund_export import funds_json
from supervision.standings import live_standings
from tests import factories
from tests.funding.boards import FundBoard, yuan
from tests.supervision.funds import average, by_unit, rate_of, set_line

PUBLISHED = yaml.safe_load((Path(__file__).resolve().parents[1] / "data" / "funds_published.yaml").read_text())
#: The rates a programme can choose; what papers divide otherwise is read by `fund_rates` with a denominator of its own.
STANDING = {("received", "planned"), ("disbursed", "planned"), ("disbursed", "received"), ("spent", "disbursed")}

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "case",
    [case for case in PUBLISHED["rates"] if (case["numerator"], case["denominator"]) in STANDING],
    ids=lambda case: case["where"],
)
def test_r14_published_rate_stands_with_its_denominator(case):
    scale = 10_000 if case["unit"] == "亿元" else 1
    denominator = case["denominator"] if case["numerator"] == "disbursed" else "planned"
    board = FundBoard(["某地"], decimals=case["decimals"], denominator=denominator)
    kind = case.get("kind", "project")
    amounts = {
        "planned": Decimal(case.get("plan", case["den"])) * scale,
        case["denominator"]: Decimal(case["den"]) * scale,
        case["numerator"]: Decimal(case["num"]) * scale,
    }
    board.line("某地", **amounts, kind=kind)

    rate = live_fund_standings(board.period).rate(kind, case["numerator"])

    assert str(rate.whole["rate"]) == case["rate"]
    assert rate.denominator == case["denominator"]
    assert {"planned": "÷计划", "received": "÷到位"}[case["denominator"]] in rate.label


def test_r14_chain_of_guzhen_stands_in_three_rates():
    # 固镇 2018-07, 万元: 100000 → 73823 → 70211 → 52944.
    board = FundBoard(["固镇县"], decimals=1, denominator="received", month=7)
    board.line("固镇县", 100000, 73823, 70211, 52944)

    standings = live_fund_standings(board.period)

    # 73823 ÷ 100000 = 73.823; 70211 ÷ 73823 = 95.107…; 52944 ÷ 70211 = 75.407…
    assert [(rate.code, rate.label, str(rate.whole["rate"])) for rate in standings.rates] == [
        ("project-received-planned", "到位率（到位÷计划）", "73.8"),
        ("project-disbursed-received", "拨付率（拨付÷到位）", "95.1"),
        ("project-spent-disbursed", "支出率（支出÷拨付）", "75.4"),
    ]


def test_r14_tongguan_pools_its_items_and_names_what_stays_out():
    # 2568.1 ÷ 3794.6 = 67.677…; with 棚户区改造: (2568.1 + 0) ÷ (3794.6 + 12000) = 16.26
    board = FundBoard(["铜官区"], decimals=1, month=4)
    board.line("铜官区", "2000.5", None, "1500.1", item="美丽乡村建设")
    board.line("铜官区", "1794.1", None, "1068", item="文化惠民工程")
    board.line("铜官区", 12000, None, 0, item="棚户区改造", source="bond")
    board.line("铜官区", 691, None, "306.3", item="文化惠民工程", kind="maintenance")
    out = FundExclusion.objects.create(programme=board.programme, phrase="不含棚户区改造", set_by=board.user)
    out.sub_projects.add(board.item("棚户区改造"))

    standings = live_fund_standings(board.period)

    project, maintenance = standings.rate("project", "disbursed"), standings.rate("maintenance", "disbursed")
    assert project.label == "拨付率（拨付÷计划，不含棚户区改造）"
    assert (str(project.whole["rate"]), project.excluded) == ("67.7", ["棚户区改造"])
    assert project.whole["planned"] == yuan("3794.6")
    # 306.3 ÷ 691 = 44.327…
    assert (str(maintenance.whole["rate"]), maintenance.label) == ("44.3", "管护资金拨付率（拨付÷计划）")
    # Nothing was said of 到位 and 支出: no rate, not 0.
    assert standings.rate("project", "received").whole["rate"] is None
    assert by_unit(standings.rate("project", "received"), "state") == {"铜官区": "not_reported", "全市": "not_reported"}


def test_r08_units_are_placed_by_rate_with_ties():
    board = FundBoard(["甲县", "乙县", "丙县", "丁县"])
    for unit, disbursed in zip(board.units, (50, 80, 80, 20), strict=True):
        board.line(unit, 100, None, disbursed)

    rate = rate_of(board, "disbursed")

    assert by_unit(rate, "place") == {"甲县": 3, "乙县": 1, "丙县": 1, "丁县": 4, "全市": None}
    # (50 + 80 + 80 + 20) ÷ 400 = 57.50; 甲县 50.00 − 57.50
    assert by_unit(rate, "gap_to_city")["甲县"] == Decimal("-7.50")


def test_r09_units_below_the_province_are_listed_worst_first_and_strictly():
    board = FundBoard(["甲县", "乙县", "丙县", "丁县"])
    for unit, disbursed in zip(board.units, ("67.30", "41.8", "67.29", "41.8"), strict=True):
        board.line(unit, 100, None, disbursed)
    average(board, "project-disbursed-planned", "67.30")

    rate = rate_of(board, "disbursed")

    # 67.30 is not below 67.30; equal ones in official order.
    assert [row["participant_id"] for row in rate.below()] == [
        board.units[name].pk for name in ("乙县", "丁县", "丙县")
    ]
    assert by_unit(rate, "gap_to_benchmark")["乙县"] == Decimal("-25.50")


def test_r07_average_with_fewer_decimals_is_compared_at_those():
    board = FundBoard(["甲县", "乙县"])
    board.line("甲县", 100000, None, 67260)
    board.line("乙县", 100000, None, 67240)
    average(board, "project-disbursed-planned", "67.3")

    rate = rate_of(board, "disbursed")

    # 67.26 → 67.3 is not below 67.3; 67.24 → 67.2 is, by 0.1
    assert by_unit(rate, "compared") == {"甲县": Decimal("67.3"), "乙县": Decimal("67.2"), "全市": Decimal("67.3")}
    assert [row["gap_to_benchmark"] for row in rate.below()] == [Decimal("-0.1")]


def test_r10_average_of_another_denominator_is_not_compared():
    board = FundBoard(["甲县"])
    board.line("甲县", 100, 60, 50)
    average(board, "project-disbursed-received", "90.00")

    rate = rate_of(board, "disbursed")

    # 50 ÷ 100 is held against no average of 拨付÷到位: no list, not an empty one.
    assert rate.below() is None
    assert by_unit(rate, "benchmark") == {"甲县": None, "全市": None}


def test_r11_straight_line_and_set_line_stand_side_by_side():
    board = FundBoard(["甲县"], month=8)
    board.line("甲县", 100, 75, 68, 60)
    set_line(board, "project-disbursed-planned", "2020-06-30", 70, "省定6月底70%")
    set_line(board, "project-disbursed-planned", "2020-09-30", 85, "省定9月底85%")

    row = rate_of(board, "disbursed").lines[0]

    # 8 ÷ 12 = 66.67: 68.00 − 66.67 = 1.33 above; 68.00 − 70 = 2.00 under the line of June, September's is not due.
    assert (str(row["expected_rate"]), str(row["gap_to_expected"])) == ("66.67", "1.33")
    assert (row["set_text"], str(row["gap_to_set"])) == ("省定6月底70%", "-2.00")


def test_r11_set_line_before_its_day_is_none():
    board = FundBoard(["甲县"], month=5)
    board.line("甲县", 100, 75, 40)
    set_line(board, "project-disbursed-planned", "2020-06-30", 70, "省定6月底70%")

    row = rate_of(board, "disbursed").lines[0]

    assert (row["set_rate"], row["gap_to_set"]) == (None, None)


def test_r11_only_what_grows_towards_the_plan_has_a_straight_line():
    board = FundBoard(["甲县"], denominator="received")
    board.line("甲县", 100, 75, 60, 50)

    standings = live_fund_standings(board.period)

    expected = {rate.measure: rate.lines[0]["expected_rate"] for rate in standings.rates}
    assert expected == {"received": Decimal("66.67"), "disbursed": None, "spent": None}


def test_r05_unit_not_reported_is_left_out_named_and_never_compared():
    board = FundBoard(["甲县", "乙县"])
    board.line("甲县", 300, None, 150)
    board.line("乙县", 100)
    average(board, "project-disbursed-planned", "60.00")

    rate = rate_of(board, "disbursed")

    # 150 ÷ 300 = 50.00; with 乙县's plan 150 ÷ 400 = 37.50
    whole = rate.whole
    assert (str(whole["rate"]), str(whole["rate_with_missing"])) == ("50.00", "37.50")
    assert whole["pooled_excluding"] == [board.units["乙县"].pk]
    # The sums behind the rate: 乙县 is on neither side.
    assert (whole["planned"], whole["disbursed"]) == (yuan(300), yuan(150))
    assert (whole["gap_to_benchmark"], whole["gap_to_expected"], whole["below_benchmark"]) == (None, None, None)
    assert [row["participant_id"] for row in rate.below()] == [board.units["甲县"].pk]
    assert by_unit(rate, "place") == {"甲县": 1, "乙县": None, "全市": None}


def test_r05_unit_with_an_item_blank_has_a_rate_and_no_place():
    board = FundBoard(["甲县", "乙县"])
    board.line("甲县", 100, None, 90)
    board.line("甲县", 100, item="困难救助")
    board.line("乙县", 100, None, 50)

    rate = rate_of(board, "disbursed")

    row = rate.lines[0]
    # 90 ÷ 100 = 90.00 of what is reported; 90 ÷ 200 = 45.00 with the blank item's plan: it must not come first by it.
    assert (str(row["rate"]), str(row["rate_with_missing"]), row["state"]) == ("90.00", "45.00", "in_part")
    assert by_unit(rate, "place") == {"甲县": None, "乙县": 1, "全市": None}
    assert rate.whole["pooled_in_part"] == [board.units["甲县"].pk]


def test_zero_blank_and_no_task_are_three_things():
    board = FundBoard(["零县", "空县", "无县", "外县"])
    board.line("零县", 100, None, 0)
    board.line("空县", 100)
    board.line("无县", None, None, 30)

    rate = rate_of(board, "disbursed")

    assert by_unit(rate, "state") == {
        "零县": "reported",
        "空县": "not_reported",
        "无县": "no_task",
        "外县": "no_task",
        "全市": "in_part",
    }
    assert [row["rate"] for row in rate.units] == [Decimal(0), None, None, None]
    assert str(rate.lines[0]["rate"]) == "0.00"
    # What a unit without a plan paid is shown, and in no rate.
    assert rate.lines[2]["disbursed"] == yuan(30)
    assert by_unit(rate, "place") == {"零县": 1, "空县": None, "无县": None, "外县": None, "全市": None}


def test_r06_whole_is_pooled_and_projects_stand_by_themselves():
    board = FundBoard(["甲县", "乙县"])
    board.line("甲县", 300, None, 300)
    board.line("乙县", 100, None, 0)
    board.line("乙县", 50, None, 40, item="困难救助")

    rate = rate_of(board, "disbursed")

    # (300 + 0 + 40) ÷ 450 = 75.555… → 75.56; 农村道路 300 ÷ 400 = 75.00; 困难救助 40 ÷ 50 = 80.00
    assert str(rate.whole["rate"]) == "75.56"
    roads, relief = rate.by_project.values()
    assert [(row["participant_kind"], str(row["rate"]), row["place"]) for row in roads] == [
        ("unit", "100.00", 1),
        ("unit", "0.00", 2),
        ("whole", "75.00", None),
    ]
    assert [str(row["rate"]) for row in relief] == ["80.00", "80.00"]


def test_r19_plan_revised_in_july_counts_from_then_on():
    board = FundBoard(["甲县"], month=8)
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

    # 40 ÷ 80
    assert str(rate_of(board, "disbursed").whole["rate"]) == "50.00"


def test_programme_without_money_has_no_rates():
    board = FundBoard(["甲县"])

    assert live_fund_standings(board.period).rates == []


def test_fund_standings_take_the_same_queries_for_more_lines(django_assert_num_queries):
    board = FundBoard(["甲县", "乙县", "丙县"])
    for unit in board.units:
        for item in ("一", "二", "三"):
            board.line(unit, 100, 90, 80, 70, item=item)

    with django_assert_num_queries(5):  # scheme, previous snapshot, rates, what stays out, participants
        live_fund_standings(board.period)


# -- frozen ---------------------------------------------------------------------------------------


def frozen_and_live(board):
    """Return the rates of the board's month live and from a fresh snapshot, approved reports only."""
    live = live_fund_standings(board.period, counted=["approved"])
    snapshot = freeze_snapshot(period=board.period, by=board.user)
    return live, snapshot_fund_standings(snapshot), snapshot


def test_r18_snapshot_says_what_the_live_rates_said():
    board = FundBoard(["甲县", "乙县"])
    board.line("甲县", 300, 200, 150, 120)
    board.line("甲县", 80, item="困难救助")
    board.line("乙县", 100, 90, 80, 70, source="central")
    board.line("乙县", 900, None, 900, item="棚户区改造")
    out = FundExclusion.objects.create(programme=board.programme, phrase="不含棚户区改造", set_by=board.user)
    out.sub_projects.add(board.item("棚户区改造"))
    average(board, "project-disbursed-planned", "67.3")
    set_line(board, "project-disbursed-planned", "2020-06-30", 70, "省定6月底70%")

    live, frozen, snapshot = frozen_and_live(board)

    assert frozen.rates == live.rates
    assert frozen.sums == live.sums
    assert funds_json(frozen) == funds_json(live)
    assert (snapshot.funds.count(), verify_all()["snapshots"]) == (4, [])


def test_r18_snapshot_of_money_keeps_what_is_changed_afterwards():
    board = FundBoard(["甲县"])
    line = board.line("甲县", 300, 200, 150, 120)
    set_line(board, "project-disbursed-planned", "2020-06-30", 70, "省定6月底70%")
    _, before, snapshot = frozen_and_live(board)

    line.fund_figures.filter(stage="disbursed").update(value=1)
    FundSetLine.objects.update(threshold=10)
    FundExclusion.objects.create(programme=board.programme, phrase="不含道路", set_by=board.user).sub_projects.add(
        line.sub_project
    )
    board.programme.fund_denominator = "received"
    board.programme.save()

    after = snapshot_fund_standings(Snapshot.objects.get(pk=snapshot.pk))
    assert after.rates == before.rates
    assert after.rate("project", "disbursed").label == "拨付率（拨付÷计划）"


def test_r10_average_of_money_after_the_close_counts_as_a_change():
    board = FundBoard(["甲县"])
    board.line("甲县", 300, 200, 150, 120)
    snapshot = freeze_snapshot(period=board.period, by=board.user)
    assert not benchmarks_moved(snapshot)

    average(board, "project-disbursed-planned", "67.3")

    assert benchmarks_moved(snapshot)


AMOUNTS = st.one_of(st.none(), st.integers(min_value=0, max_value=10**13))
TABLE = st.lists(
    st.tuples(st.sampled_from(["甲县", "乙县", "丙县"]), st.booleans(), AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS),
    min_size=1,
    max_size=6,
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(table=TABLE, order=st.randoms(use_true_random=False), denominator=st.sampled_from(["planned", "received"]))
def test_live_snapshot_and_any_order_of_lines_agree(table, order, denominator):
    found = []
    for lines in (list(enumerate(table)), order.sample(list(enumerate(table)), len(table))):
        with transaction.atomic():
            board = FundBoard(["甲县", "乙县", "丙县"], denominator=denominator)
            for nth in range(len(table)):
                board.item(f"第{nth}项")
            average(board, f"project-disbursed-{denominator}", "50.0")
            for nth, (unit, is_kept, *amounts) in lines:
                wan = [None if amount is None else Decimal(amount).scaleb(-6) for amount in amounts]
                board.line(unit, *wan, item=f"第{nth}项", kind="maintenance" if is_kept else "project")

            live, frozen, _ = frozen_and_live(board)

            assert frozen.rates == live.rates
            found.append(funds_json(live))
            transaction.set_rollback(True)
    for rate in (rate for funds in found for rate in funds):
        for row in rate["units"]:
            del row["participant"]  # made anew for each board
    assert found[0] == found[1]
    for rate in found[0]:
        check_pooled(rate, [row for row in table if row[1] == (rate["fund_kind"] == "maintenance")])


def check_pooled(rate, rows):
    """R5, R6 by exact integers of 分: what has a plan and both amounts is on both sides, nothing else."""
    stages = ["planned", "received", "disbursed", "spent"]
    num, den = stages.index(rate["measure"]), stages.index(rate["denominator"])
    pairs = [(row[2:][num], row[2:][den]) for row in rows if row[2] is not None]
    counted = [(one, other) for one, other in pairs if one is not None and other is not None]
    numerator, denominator = sum(one for one, _ in counted), sum(other for _, other in counted)
    whole = rate["units"][-1]
    assert whole["place"] is None
    assert rate["pooled_rate"] == whole["rate"]
    if not counted:
        assert rate["pooled_rate"] is None
        return
    assert (whole[rate["measure"]], whole[rate["denominator"]]) == (in_yuan(numerator), in_yuan(denominator))
    assert rate["pooled_rate"] == printed_rate(numerator, denominator)


def in_yuan(fen: int) -> str:
    return f"{Decimal(fen).scaleb(-2):.2f}"


def printed_rate(numerator: int, denominator: int) -> str | None:
    """R7 by integers: half-up at two decimals, kept off 0 and 100."""
    if denominator == 0:
        return None
    hundredths = (2 * numerator * 10_000 + denominator) // (2 * denominator)
    if 0 < numerator < denominator:
        hundredths = min(max(hundredths, 1), 9_999)
    return f"{Decimal(hundredths).scaleb(-2):.2f}"


# -- scores ---------------------------------------------------------------------------------------


def scheme_with(board, *components):
    """Adopt a scheme: (kind of component, weight, stage)."""
    scheme = factories.plain_scheme(board.programme)
    scheme.components.update(weight=100 - sum(weight for _, weight, _ in components))
    for fund_kind, weight, measure in components:
        ScoringComponent.objects.create(
            scheme=scheme,
            code=f"{fund_kind}-{measure}",
            name="资金",
            kind="fund_rate",
            fund_kind=fund_kind,
            measure=measure,
            weight=weight,
        )


def scored(board, values):
    """Give every unit one indicator of 100 with a value; return unit name → printed score."""
    indicator = factories.IndicatorFactory(sub_project=board.item("农村道路"), name="里程")
    for unit, value in values.items():
        factories.TargetFactory(indicator=indicator, participant=board.units[unit], value=100)
        if value is not None:
            factories.FigureFactory(report=board.reports[unit], indicator=indicator, value=value)
    names = {unit.pk: name for name, unit in board.units.items()}
    return {
        names[row["participant_id"]]: row["score"] and str(row["score"]) for row in live_standings(board.period).units
    }


def test_r13_component_of_money_counts_by_its_weight():
    board = FundBoard(["甲县", "乙县"])
    board.line("甲县", 100, 90, 60, 30)
    board.line("乙县", 100, 80, 120, 60)
    scheme_with(board, ("project", 20, "disbursed"), ("project", 10, "spent"))

    scores = scored(board, {"甲县": 80, "乙县": 50})

    # 甲县: 0.7 × 80 + 0.2 × 60 + 0.1 × (30 ÷ 60 = 50) = 56 + 12 + 5 = 73.00
    # 乙县: 0.7 × 50 + 0.2 × 100 (120 is capped) + 0.1 × (60 ÷ 120 = 50) = 35 + 20 + 5 = 60.00
    assert scores == {"甲县": "73.00", "乙县": "60.00"}


def test_r13_money_not_reported_scores_nothing_and_no_task_leaves_its_weight():
    board = FundBoard(["报县", "空县", "半县", "无县"])
    board.line("报县", 100, None, 60)
    board.line("空县", 100)
    board.line("半县", 100, None, 60)
    board.line("半县", 200, item="困难救助")
    scheme_with(board, ("project", 20, "disbursed"))

    scores = scored(board, dict.fromkeys(board.units, 80))

    # 报县 0.8 × 80 + 0.2 × 60 = 76; 空县 0.8 × 80 + 0 = 64; 半县 0.8 × 80 + 0.2 × (60 ÷ 300 = 20) = 68;
    # 无县 has no plan: 80 alone, on the whole weight.
    assert scores == {"报县": "76.00", "空县": "64.00", "半县": "68.00", "无县": "80.00"}


def test_r18_score_with_money_is_frozen_and_verified():
    board = FundBoard(["甲县", "乙县"])
    board.line("甲县", 100, 90, 60, 30)
    board.line("乙县", 100, 80, 40, 20)
    scheme_with(board, ("project", 50, "disbursed"))
    scored(board, {"甲县": 80, "乙县": 100})

    snapshot = freeze_snapshot(period=board.period, by=board.user)

    # 甲县 0.5 × 80 + 0.5 × 60 = 70; 乙县 0.5 × 100 + 0.5 × 40 = 70: both first.
    assert [(str(row.score.normalize()), row.place) for row in snapshot.units.all()] == [("7E+1", 1), ("7E+1", 1)]
    assert verify_all()["snapshots"] == []
