"""Published fund rates come out of the statement, each with its denominator; wrong labels are found out."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funding.amounts import UNITS
from funding.funds import fund_rates, matching_ratios
from funding.labels import rate_label
from funding.models import FundExclusion
from funding.plan_sums import plan_check_sums
from funding.services.basis import PrintedSum, set_plan_checks
from tests import factories
from tests.funding.boards import FundBoard, yuan

PUBLISHED = yaml.safe_load((Path(__file__).resolve().parents[1] / "data" / "funds_published.yaml").read_text())
WORDS = {"planned": "计划", "received": "到位", "disbursed": "拨付", "spent": "支出"}

pytestmark = pytest.mark.django_db


def in_wan(amount, unit) -> Decimal:
    """Return an amount of a paper in 万元, as the board takes it."""
    return Decimal(amount).scaleb(UNITS[unit] - 4)


@pytest.mark.parametrize("case", PUBLISHED["rates"], ids=lambda case: case["where"])
def test_r14_published_rate_is_read_with_its_denominator(case):
    board = FundBoard(["某地"], decimals=case["decimals"])
    kind = case.get("kind", "project")
    amounts = {
        "planned": in_wan(case.get("plan", case["den"]), case["unit"]),
        case["denominator"]: in_wan(case["den"], case["unit"]),
        case["numerator"]: in_wan(case["num"], case["unit"]),
    }
    board.line("某地", **amounts, kind=kind)
    if "excluded" in case:
        excluded = in_wan(case["excluded"], case["unit"])
        board.line("某地", excluded, received=excluded, spent=excluded, item="不计入的")
        out = FundExclusion.objects.create(programme=board.programme, phrase=case["phrase"], set_by=board.user)
        out.sub_projects.add(board.item("不计入的"))

    [row] = [
        row
        for row in board.rows("total", denominators={case["numerator"]: case["denominator"]})
        if (row["kind"], row["measure"]) == (kind, case["numerator"])
    ]

    assert str(row["rate"]) == case["rate"]
    assert f"（{WORDS[case['numerator']]}÷{WORDS[case['denominator']]}" in row["label"]
    assert row["label"].startswith("管护资金") == (kind == "maintenance")
    assert case.get("phrase", "") in row["label"]


@pytest.mark.parametrize("case", PUBLISHED["suspicious"], ids=lambda case: case["where"])
def test_r17_mislabelled_rate_is_found_to_be_another_or_none(case):
    amounts = {stage: case[stage] for stage in WORDS if stage in case}
    decimals = len(case["published"].partition(".")[2])

    found = matching_ratios(amounts, published=case["published"], decimals=decimals)

    assert found == [tuple(pair) for pair in case["is"]]


def test_r14_full_chain_of_guzhen_has_four_rates():
    case = PUBLISHED["full_chain"]
    board = FundBoard(["固镇县"], decimals=1)
    board.line("固镇县", *(case[stage] for stage in WORDS))

    for pair, rate in case["rates"].items():
        measure, denominator = pair.split("/")
        assert str(board.total(measure, denominators={measure: denominator})["rate"]) == rate, pair


@pytest.mark.parametrize("case", PUBLISHED["sums"], ids=lambda case: case["where"])
def test_r16_printed_parts_add_up_or_the_difference_is_told(case):
    board = FundBoard(["某地"])
    office = factories.grant(board.user, "city_office", region=board.programme.owner)
    shift = UNITS[case["unit"]]
    sums = [
        PrintedSum("source", f"第{nth}项", Decimal(part).scaleb(shift))
        for nth, part in enumerate(case["parts"], start=1)
    ]
    sums.append(PrintedSum("total", "合计", Decimal(case["total"]).scaleb(shift)))

    set_plan_checks(project=board.item("某项").project, sums=sums, by=office)

    [row] = [row for row in plan_check_sums(programme=board.programme) if row["by"] == "source"]
    assert row["from_total"] == Decimal(case["difference"]).scaleb(shift)


@pytest.mark.parametrize(
    ("measure", "denominator", "excluded", "kind", "expected"),
    [
        ("received", "planned", [], "project", "到位率（到位÷计划）"),
        ("disbursed", "planned", ["不含棚户区改造"], "project", "拨付率（拨付÷计划，不含棚户区改造）"),
        ("disbursed", "received", [], "project", "拨付率（拨付÷到位）"),
        ("spent", "disbursed", [], "maintenance", "管护资金支出率（支出÷拨付）"),
        ("spent", "planned", ["不含甲", "不含乙"], "project", "支出率（支出÷计划，不含甲，不含乙）"),
    ],
)
def test_r14_label_names_denominator_and_exclusions(measure, denominator, excluded, kind, expected):
    assert rate_label(measure, denominator, excluded, kind=kind) == expected


def test_r14_rate_is_never_measured_against_a_later_stage():
    with pytest.raises(ValueError, match="not measured against"):
        rate_label("received", "disbursed")


LINES = st.lists(
    st.tuples(
        st.sampled_from(["甲县", "乙县", "丙县"]),
        st.integers(min_value=1, max_value=10**15),
        st.integers(min_value=0, max_value=10**15),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, order=st.randoms(use_true_random=False))
def test_pooled_sums_equal_the_sum_of_lines_in_any_order(lines, order):
    order.shuffle(lines)
    # Each example takes its rows back: a thousand boards in one transaction would slow every statement down.
    with transaction.atomic():
        check_pooled_sums(lines)
        transaction.set_rollback(True)


def check_pooled_sums(lines):
    """Put the lines on a board and compare the statement's sums and rate with those of the lines themselves."""
    board = FundBoard(["甲县", "乙县", "丙县"])
    for nth, (unit, planned, disbursed) in enumerate(lines):
        # Integers are 分; the board takes 万元.
        board.line(unit, Decimal(planned).scaleb(-6), disbursed=Decimal(disbursed).scaleb(-6), item=f"第{nth}项")

    total = board.total("disbursed")

    planned = Decimal(sum(row[1] for row in lines)).scaleb(-2)
    disbursed = Decimal(sum(row[2] for row in lines)).scaleb(-2)
    assert (total["planned"], total["disbursed"], total["num"], total["den"]) == (
        planned,
        disbursed,
        disbursed,
        planned,
    )
    for by in ("unit", "project", "source", "line"):
        rows = [row for row in board.rows(by) if row["measure"] == "disbursed"]
        assert sum(row["disbursed"] for row in rows) == disbursed, by
    # Half-up of the exact quotient (R7); below 100 never 100, above 0 never 0.
    assert total["rate"] == board_rate(disbursed, planned)


def board_rate(numerator, denominator) -> Decimal:
    """Return the rate by exact integers: half-up at two decimals, kept off 0 and 100."""
    num, den = int(numerator * 100), int(denominator * 100)
    rate = (2 * num * 10_000 + den) // (2 * den)
    if 0 < num < den:
        rate = min(max(rate, 1), 9_999)
    return Decimal(rate).scaleb(-2)


def test_rates_of_another_day_and_of_nothing_are_empty():
    programme = factories.ProgrammeFactory()

    assert fund_rates(programme=programme, by="unit") == []
    assert yuan(1) == 10_000
