"""The demo of 铜官区: its published sums come out of the lines, exactly."""

from decimal import Decimal

from funding import demo
from funding.funds import fund_rates
from funding.models import FundFigure, FundPlan
from livelihood.models import User
from projects.models import Project, Report, Target
from tests.funding.boards import yuan
from tests.support.worlds import world

FIXTURE = demo.read_fixture()


@world
def tongguan(db):
    """The programme as the demo loads it, by the system's account."""
    system = User.objects.filter(username="system").first() or User.objects.create(username="system", is_active=False)
    return demo.load_tongguan(by=system)


def rows(programme):
    """Return (kind, measure) → pooled row of what is approved."""
    found = fund_rates(programme=programme, period=programme.periods.get(), by="total")
    return {(row["kind"], row["measure"]): row for row in found}


def test_tongguan_has_34_items_and_tasks_in_23_of_them(tongguan):
    changes = [project["change"] for project in demo.tasks(FIXTURE)]

    # 34 of the city = 33 of the province + 食品安全工程; 5 new + 3 improved + 15 continued = 23
    assert Project.objects.filter(programme=tongguan).count() == 34
    assert (len(changes), changes.count("new"), changes.count("improved"), changes.count("continued")) == (23, 5, 3, 15)
    assert Project.objects.filter(programme=tongguan, origin="city").values_list("name", flat=True).get() == (
        "食品安全工程"
    )
    unit = tongguan.participants.get(kind="unit")
    states = [target.state for target in unit.targets.all()]
    assert (states.count("text"), states.count("no_task")) == (23, 11)


def test_tongguan_items_the_paper_names_are_not_marked_as_chosen():
    named = {
        *("农村改厕及废弃物资源化利用", "出生缺陷防治", "美丽乡村建设", "智慧健康建设", "食品安全工程"),
        *("城镇老旧小区改造", "城乡居民基本医疗保险", "文化惠民工程"),
        *("棚户区改造", "就业创业促进", "困难人员救助暨困难职工帮扶", "妇幼健康水平提升和职业病防治"),
    }

    tasks = demo.tasks(FIXTURE)

    # 23 with tasks = 5 new + 3 improved + 4 of the continued by name + 11 chosen
    assert {project["name"] for project in tasks if not project.get("is_chosen")} == named
    assert sum(1 for project in tasks if project.get("is_chosen")) == 11
    assert {project["name"] for project in tasks if project["change"] == "new"} == {
        *("农村改厕及废弃物资源化利用", "出生缺陷防治", "美丽乡村建设", "智慧健康建设", "食品安全工程")
    }


def test_r14_tongguan_disbursed_rate_is_67_7_without_housing(tongguan):
    row = rows(tongguan)["project", "disbursed"]

    # 2568.1 ÷ 3794.6 = 67.677…
    assert (row["planned"], row["disbursed"]) == (yuan("3794.6"), yuan("2568.1"))
    assert str(row["rate"]) == FIXTURE["funds"]["kinds"]["project"]["rate"] == "67.7"
    assert row["label"] == "拨付率（拨付÷计划，不含棚户区改造）"
    assert row["excluded_planned"] == yuan(12000)


def test_r14_tongguan_maintenance_rate_is_44_3(tongguan):
    row = rows(tongguan)["maintenance", "disbursed"]

    # 306.3 ÷ 691 = 44.327…
    assert (row["planned"], row["disbursed"]) == (yuan(691), yuan("306.3"))
    assert str(row["rate"]) == FIXTURE["funds"]["kinds"]["maintenance"]["rate"] == "44.3"
    assert row["label"] == "管护资金拨付率（拨付÷计划）"


def test_tongguan_stands_as_of_17_april_approved_and_is_marked(tongguan):
    report = Report.objects.get(period=tongguan.periods.get(), participant__kind="unit")

    assert str(tongguan.periods.get().as_of) == "2020-04-17"
    assert (report.state, report.approvals.get().sha256) == ("approved", report.content_sha256)
    assert report.submitted_at < report.period.due_at
    assert tongguan.is_demo
    assert not FundPlan.objects.filter(is_demo=False).exists()
    assert not Target.objects.filter(state="text", is_demo=False).exists()
    assert set(FundFigure.objects.values_list("origin", flat=True)) == {"demo"}


def test_generator_is_repeatable_and_pays_nothing_beyond_its_plan():
    for kind, total in FIXTURE["funds"]["kinds"].items():
        made = demo.amounts(FIXTURE, kind)

        assert made == demo.amounts(FIXTURE, kind)
        assert all(0 <= row["disbursed"] <= row["planned"] for row in made.values())
        for stage in ("planned", "disbursed"):
            assert sum(row[stage] for row in made.values()) == yuan(total[stage])


def test_split_gives_every_yuan_away():
    # 1 万元 by 1:1:1: 3333 each, the odd 元 to the first of the heaviest
    assert demo.split("1", [1, 1, 1]) == [Decimal(3334), Decimal(3333), Decimal(3333)]


def test_loading_twice_changes_nothing(tongguan):
    system = User.objects.get(username="system")

    again = demo.load_tongguan(by=system)

    assert again == tongguan
    assert FundPlan.objects.count() == 22 + 6 + 1
