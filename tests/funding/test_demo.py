"""The demo of 铜官区: its published sums come out of the lines, exactly."""

from decimal import Decimal

import pytest

from funding import demo
from funding.funds import fund_rates
from funding.models import FundFigure, FundPlan
from livelihood.models import User
from projects.models import Project
from tests.funding.boards import yuan


@pytest.fixture
def tongguan(db):
    """The programme as the demo loads it, by the system's account."""
    system = User.objects.filter(username="system").first() or User.objects.create(username="system", is_active=False)
    return demo.load_tongguan(by=system)


def rows(programme):
    """Return (kind, measure) → pooled row; the report is still open, so drafts count here."""
    found = fund_rates(programme=programme, period=programme.periods.get(), by="total", counted=["draft"])
    return {(row["kind"], row["measure"]): row for row in found}


def test_tongguan_has_34_items_and_tasks_in_23_of_them(tongguan):
    changes = [change for _, _, _, change, _ in demo.ITEMS]

    # 34 of the city = 33 of the province + 食品安全工程; 5 new + 3 improved + 15 continued = 23
    assert (len(changes), changes.count("new"), changes.count("improved"), changes.count("continued")) == (34, 5, 3, 15)
    assert Project.objects.filter(programme=tongguan, origin="city").values_list("name", flat=True).get() == (
        "食品安全工程"
    )
    unit = tongguan.participants.get(kind="unit")
    states = [target.state for target in unit.targets.all()]
    assert (states.count("text"), states.count("no_task")) == (23, 11)


def test_r14_tongguan_disbursed_rate_is_67_7_without_housing(tongguan):
    row = rows(tongguan)["project", "disbursed"]

    # 2568.1 ÷ 3794.6 = 67.677…
    assert (row["planned"], row["disbursed"]) == (yuan("3794.6"), yuan("2568.1"))
    assert str(row["rate"]) == "67.7"
    assert row["label"] == "拨付率（拨付÷计划，不含棚户区改造）"
    assert row["excluded_planned"] == yuan(12000)


def test_r14_tongguan_maintenance_rate_is_44_3(tongguan):
    row = rows(tongguan)["maintenance", "disbursed"]

    # 306.3 ÷ 691 = 44.327…
    assert (row["planned"], row["disbursed"], str(row["rate"])) == (yuan(691), yuan("306.3"), "44.3")
    assert row["label"] == "管护资金拨付率（拨付÷计划）"


def test_tongguan_stands_as_of_17_april_and_is_marked(tongguan):
    assert str(tongguan.periods.get().as_of) == "2020-04-17"
    assert tongguan.is_demo
    assert not FundPlan.objects.filter(is_demo=False).exists()
    assert set(FundFigure.objects.values_list("origin", flat=True)) == {"demo"}


def test_generator_is_repeatable_and_pays_nothing_beyond_its_plan():
    for kind in ("project", "maintenance"):
        made = demo.amounts(kind)

        assert made == demo.amounts(kind)
        assert all(0 <= row["disbursed"] <= row["planned"] for row in made.values())
        for stage in ("planned", "disbursed"):
            assert sum(row[stage] for row in made.values()) == yuan(demo.TOTALS[kind, stage])


def test_split_gives_every_yuan_away():
    # 1 万元 by 1:1:1: 3333 each, the odd 元 to the first of the heaviest
    assert demo.split("1", [1, 1, 1]) == [Decimal(3334), Decimal(3333), Decimal(3333)]


def test_loading_twice_changes_nothing(tongguan):
    system = User.objects.get(username="system")

    again = demo.load_tongguan(by=system)

    assert again == tongguan
    assert FundPlan.objects.count() == 22 + 6 + 1
