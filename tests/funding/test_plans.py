"""Plans through the services: first plans, revisions, exclusions, printed sums, cost shares, copies."""

import datetime
from decimal import Decimal

import pytest

from funding.funds import exclusion_phrases
from funding.models import CostShare, FundExclusion, FundLine, FundPlan, PlanCheck
from funding.plan_sums import cost_share_lines, plan_check_sums, plan_sums
from funding.services.basis import PrintedSum, set_cost_share, set_exclusion, set_plan_checks
from funding.services.copying import copy_plans, plan_copy
from funding.services.plans import PlanEntry, PlansRefused, add_fund_line, revise_plan, set_plan, set_plans
from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import InvalidTransition, Refused
from tests import factories
from tests.funding.boards import yuan
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

PAPER = {"document": "阜财〔2020〕9号", "document_on": datetime.date(2020, 6, 1)}


@world
def roads(indicators):
    """The sub-project 农村道路."""
    return indicators["里程"].sub_project


@pytest.fixture
def entry(roads, participants):
    """Return a function that makes a plan for 太和县's roads."""

    def make(amount="100", source="county", kind="project", unit="341222", sub_project=None, **words):
        return PlanEntry(sub_project or roads, participants[unit], source, kind, yuan(amount), **words)

    return make


@pytest.fixture
def plan(programme, entry, city_officer):
    """100 万元 of the county for 太和县's roads."""
    return set_plan(programme=programme, entry=entry(), by=city_officer)


def test_first_plan_is_stored_with_its_line_and_one_event(programme, entry, city_officer):
    plan = set_plan(
        programme=programme, entry=entry(label="区级配套资金", note="含上年结转"), by=city_officer, document="方案"
    )

    line = plan.fund_line
    assert (plan.revision, plan.amount, plan.valid_from) == (1, yuan(100), datetime.date(2020, 1, 1))
    assert (line.printed_source, line.note, plan.document) == ("区级配套资金", "含上年结转", "方案")
    assert AuditEvent.objects.filter(verb="set_plans").count() == 1


def test_county_enters_its_own_plan_and_no_others(programme, entry, clerk, head):
    set_plan(programme=programme, entry=entry(source="county"), by=clerk)
    set_plan(programme=programme, entry=entry(source="township"), by=head)

    for unit in ("341282", "341200-own"):
        with pytest.raises(NotAllowed):
            set_plan(programme=programme, entry=entry(unit=unit), by=clerk)
    assert FundPlan.objects.count() == 2


@pytest.mark.parametrize("person", ["filler", "lead_officer", "leader", "inspector", "stranger", "other_clerk"])
def test_nobody_else_enters_a_plan(person, request, programme, entry):
    with pytest.raises(NotAllowed):
        set_plan(programme=programme, entry=entry(), by=request.getfixturevalue(person))

    assert not FundLine.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": "-1"}, "不能为负"),
        ({"amount": "0.0000001"}, "精确到分"),
        ({"amount": "1e15"}, "太大"),
        ({"source": "moon"}, "请选资金来源"),
        ({"unit": "341200"}, "由各单位相加得出"),
        ({"label": "长" * 61}, "最多 60 字"),
        ({"note": "\x00"}, "不能保存的字符"),
    ],
)
def test_entry_that_is_wrong_is_told_and_nothing_is_stored(change, words, programme, entry, city_officer):
    with pytest.raises(PlansRefused, match=words):
        set_plans(programme=programme, entries=[entry(source="city"), entry(**change)], by=city_officer)

    assert not FundLine.objects.exists()


def test_entry_of_another_programme_is_refused(programme, entry, city_officer):
    with pytest.raises(PlansRefused, match="不属于"):
        set_plan(programme=programme, entry=entry(sub_project=factories.SubProjectFactory()), by=city_officer)


def test_plan_line_twice_is_refused(programme, plan, entry, city_officer):
    with pytest.raises(PlansRefused, match="已有计划，改动请用修订"):
        set_plan(programme=programme, entry=entry("120"), by=city_officer)
    with pytest.raises(PlansRefused, match="出现了两次"):
        set_plans(programme=programme, entries=[entry(source="city"), entry(source="city")], by=city_officer)

    assert FundPlan.objects.count() == 1


def test_r14_total_beside_its_parts_is_refused(programme, plan, entry, city_officer):
    for source in ("total", "local"):
        with pytest.raises(PlansRefused, match="要么填合计，要么分来源填"):
            set_plan(programme=programme, entry=entry(source=source), by=city_officer)

    # Money of another kind is other money.
    set_plan(programme=programme, entry=entry(source="total", kind="maintenance"), by=city_officer)


def test_many_plans_take_as_many_queries_as_one(
    programme, entry, city_officer, django_assert_max_num_queries, participants
):
    entries = [
        entry(source=source, unit=unit)
        for source in ("central", "province", "city", "county", "bond", "social")
        for unit in ("341222", "341282")
    ]

    with django_assert_max_num_queries(13):
        set_plans(programme=programme, entries=entries, by=city_officer)

    assert FundPlan.objects.count() == 12


def test_plan_with_a_paper_that_cannot_be_stored_is_refused(programme, entry, city_officer):
    with pytest.raises(Refused, match="最多 120 字"):
        set_plan(programme=programme, entry=entry(), by=city_officer, document="长" * 121)
    with pytest.raises(Refused, match="2020 年内"):
        set_plan(programme=programme, entry=entry(), by=city_officer, valid_from=datetime.date(2021, 1, 1))


def test_r19_revision_is_added_and_the_old_one_stays(plan, city_officer):
    revised = revise_plan(
        fund_line=plan.fund_line, amount=yuan(80), reason="压减", by=city_officer, seen_revision=1, **PAPER
    )

    assert (revised.revision, revised.amount) == (2, yuan(80))
    assert list(plan.fund_line.plans.values_list("revision", "amount")) == [(1, yuan(100)), (2, yuan(80))]
    assert FundPlan.objects.in_force(datetime.date(2020, 12, 31)).get() == revised
    event = AuditEvent.objects.get(verb="revise_plan")
    assert (event.before["amount"], event.after["amount"], event.reason) == ("1000000.00", "800000.00", "压减")


def test_r19_revision_counts_from_its_day_on(plan, city_officer):
    july = datetime.date(2020, 7, 1)

    revised = revise_plan(
        fund_line=plan.fund_line, amount=yuan(80), reason="压减", by=city_officer, valid_from=july, **PAPER
    )

    assert FundPlan.objects.in_force(datetime.date(2020, 6, 30)).get() == plan
    assert FundPlan.objects.in_force(july).get() == revised


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": " "}, "写明原因"),
        ({"reason": "长" * 501}, "最多 500 字"),
        ({"document": ""}, "依据文件"),
        ({"document_on": None}, "文件日期"),
        ({"amount": Decimal("-5")}, "不能为负"),
        ({"amount": yuan(100)}, "都没有变"),
        ({"valid_from": datetime.date(2019, 12, 31)}, "2020 年内"),
    ],
)
def test_revision_that_is_wrong_is_told_and_nothing_is_stored(change, words, plan, city_officer):
    values = {"amount": yuan(80), "reason": "压减", **PAPER} | change

    with pytest.raises(Refused, match=words):
        revise_plan(fund_line=plan.fund_line, by=city_officer, **values)

    assert FundPlan.objects.count() == 1


def test_revision_over_somebody_elses_is_refused(plan, city_officer):
    revise_plan(fund_line=plan.fund_line, amount=yuan(80), reason="压减", by=city_officer, **PAPER)

    with pytest.raises(InvalidTransition, match="刚刚被别人修订过"):
        revise_plan(fund_line=plan.fund_line, amount=yuan(90), reason="压减", by=city_officer, seen_revision=1, **PAPER)


def test_revision_is_the_city_offices_alone(plan, clerk, lead_officer):
    for person in (clerk, lead_officer):
        with pytest.raises(NotAllowed):
            revise_plan(fund_line=plan.fund_line, amount=yuan(80), reason="压减", by=person, **PAPER)


def test_line_without_a_plan_cannot_be_revised(plan, city_officer, entry):
    bare = FundLine.objects.create(
        programme=plan.fund_line.programme,
        sub_project=plan.fund_line.sub_project,
        participant=plan.fund_line.participant,
        source="social",
        added_by=city_officer,
    )

    with pytest.raises(Refused, match="还没有计划"):
        revise_plan(fund_line=bare, amount=yuan(80), reason="压减", by=city_officer, **PAPER)


def test_r14_parts_give_way_to_a_total_from_a_day_on(programme, plan, entry, city_officer):
    july = datetime.date(2020, 7, 1)
    revise_plan(fund_line=plan.fund_line, amount=None, reason="改填合计", by=city_officer, valid_from=july, **PAPER)

    # From January on the part still stands beside it.
    with pytest.raises(Refused, match="并存"):
        set_plan(programme=programme, entry=entry(source="total"), by=city_officer)
    total = set_plan(programme=programme, entry=entry(source="total"), by=city_officer, valid_from=july)

    assert FundPlan.objects.in_force(july).get(amount__isnull=False) == total
    with pytest.raises(Refused, match="“合计”还有计划"):
        revise_plan(
            fund_line=plan.fund_line, amount=yuan(5), reason="又分来源", by=city_officer, valid_from=july, **PAPER
        )
    with pytest.raises(Refused, match="并存"):
        revise_plan(fund_line=plan.fund_line, amount=yuan(5), reason="又分来源", by=city_officer, **PAPER)


def test_r14_line_for_a_total_is_added_beside_a_plan_in_parts(programme, plan, roads, participants, clerk):
    place = {"programme": programme, "sub_project": roads, "kind": "project", "by": clerk}

    total = add_fund_line(**place, participant=participants["341222"], source="total")

    assert add_fund_line(**place, participant=participants["341222"], source="total") == total
    assert not total.plans.exists()
    assert AuditEvent.objects.filter(verb="add_fund_line").count() == 1
    with pytest.raises(NotAllowed):
        add_fund_line(**place, participant=participants["341282"], source="total")
    with pytest.raises(PlansRefused, match="请选资金来源"):
        add_fund_line(**place, participant=participants["341222"], source="moon")


# -- exclusions -----------------------------------------------------------------------------------


def test_exclusion_is_data_and_can_be_changed_and_ended(programme, roads, plan, indicators, city_officer):
    relief = indicators["人数"].sub_project
    set_exclusion(programme=programme, phrase="（不含农村道路）", sub_projects=[roads], by=city_officer)

    assert exclusion_phrases(programme) == {"project": ["不含农村道路"]}
    assert plan_sums(programme=programme)[("project",)]["counted_planned"] is None
    changed = set_exclusion(programme=programme, phrase="不含农村道路", sub_projects=[relief], by=city_officer)
    assert list(changed.sub_projects.all()) == [relief]
    assert plan_sums(programme=programme)[("project",)]["counted_planned"] == yuan(100)
    assert set_exclusion(programme=programme, phrase="不含农村道路", sub_projects=[], by=city_officer) is None
    assert not FundExclusion.objects.exists()
    assert set_exclusion(programme=programme, phrase="不含别的", sub_projects=[], by=city_officer) is None


def test_exclusion_that_is_wrong_is_told(programme, roads, city_officer, clerk):
    set_exclusion(programme=programme, phrase="不含农村道路", sub_projects=[roads], by=city_officer)

    for phrase, items, words in [
        (" ", [roads], "印在比率后面"),
        ("不含别的", [factories.SubProjectFactory()], "不属于"),
        ("不含路", [roads], "只能列一次"),
    ]:
        with pytest.raises(Refused, match=words):
            set_exclusion(programme=programme, phrase=phrase, sub_projects=items, by=city_officer)
    with pytest.raises(Refused, match="最多"):
        set_exclusion(
            programme=programme,
            phrase="长" * 61,
            sub_projects=[factories.SubProjectFactory(project=roads.project, name="支路")],
            by=city_officer,
        )
    with pytest.raises(NotAllowed):
        set_exclusion(programme=programme, phrase="不含农村道路", sub_projects=[], by=clerk)


# -- sums the paper prints ------------------------------------------------------------------------

#: 张掖 水利, 万元, as printed.
WATER = {
    "total": {"总投资": "60870"},
    "category": {"水库": "48630", "灌区": "5002", "供水": "7238"},
    "source": {"中央及省级": "25786", "市县配套": "738", "政府债券": "16352", "奖补": "1750"},
    "quarter": {"一季度": "2315", "二季度": "11212", "三季度": "7700", "四季度": "1654"},
}


def printed(parts):
    return [PrintedSum(by, label, yuan(amount)) for by, rows in parts.items() for label, amount in rows.items()]


def test_r16_printed_parts_of_zhangye_are_kept_though_they_do_not_agree(programme, roads, entry, city_officer):
    set_plan(programme=programme, entry=entry("60870", source="total"), by=city_officer)

    set_plan_checks(project=roads.project, sums=printed(WATER), by=city_officer, document="张政办发〔2022〕38号")

    rows = {row["by"]: row for row in plan_check_sums(programme=programme)}
    # 48630 + 5002 + 7238 = 60870; 25786 + 738 + 16352 + 1750 = 44626; 2315 + 11212 + 7700 + 1654 = 22881
    assert [rows[by]["printed"] for by in ("total", "category", "source", "quarter")] == [
        yuan(60870),
        yuan(60870),
        yuan(44626),
        yuan(22881),
    ]
    # 60870 − 44626 = 16244; 60870 − 22881 = 37989
    assert [rows[by]["from_total"] for by in ("category", "source", "quarter")] == [0, yuan(16244), yuan(37989)]
    assert rows["source"]["from_plan"] == yuan(16244)
    assert PlanCheck.objects.count() == 1 + 3 + 4 + 4


def test_printed_sums_of_one_unit_are_held_against_its_lines(programme, roads, participants, entry, city_officer):
    for unit in ("341222", "341282"):
        set_plan(programme=programme, entry=entry("30", unit=unit), by=city_officer)
    taihe = {"project": roads.project, "sub_project": roads, "participant": participants["341222"]}
    set_plan_checks(**taihe, sums=[PrintedSum("quarter", "一季度", yuan(99))], by=city_officer)

    set_plan_checks(**taihe, sums=[PrintedSum("quarter", "一季度", yuan(20))], by=city_officer)

    [row] = plan_check_sums(programme=programme)
    # Replaced, not added: 30 planned − 20 printed; no total is printed
    assert (row["printed"], row["planned"], row["from_plan"], row["total"]) == (yuan(20), yuan(30), yuan(10), None)


def test_printed_sums_that_are_wrong_are_told(roads, city_officer, participants):
    for sums, words in [
        ([PrintedSum("source", "省级", yuan(1))] * 2, "出现了两次"),
        ([PrintedSum("source", "省级", Decimal("-1"))], "不能为负"),
        ([PrintedSum("moon", "省级", yuan(1))], "moon"),
    ]:
        with pytest.raises(Refused, match=words):
            set_plan_checks(project=roads.project, sums=sums, by=city_officer)
    with pytest.raises(Refused, match="要属于"):
        set_plan_checks(project=roads.project, sums=[], by=city_officer, sub_project=factories.SubProjectFactory())
    assert not PlanCheck.objects.exists()


# -- cost shares ----------------------------------------------------------------------------------

FIVE_TWO_THREE = [("province", 5), ("city", 2), ("county", 3)]


@world
def centres(programme, participants):
    """张掖's 乡镇综合养老服务中心: 7 centres, here 1 + 2 + 4 for 太和县, 界首市 and 市本级."""
    indicator = factories.IndicatorFactory(
        sub_project=factories.SubProjectFactory(project=factories.ProjectFactory(programme=programme, seq=9)),
        name="养老服务中心",
        unit="个",
    )
    for code, value in (("341222", 1), ("341282", 2), ("341200-own", 4)):
        factories.TargetFactory(indicator=indicator, participant=participants[code], value=Decimal(value))
    return indicator


def shares_of(programme, **options):
    """Return unit id (None: all) → level → (expected, planned, difference)."""
    found = {}
    for row in cost_share_lines(programme=programme, **options):
        cells = found.setdefault(row["participant_id"], {})
        cells[row["source"]] = (row["expected"], row["planned"], row["difference"])
    return found


def test_r14_cost_shares_of_zhangye_are_1050_420_630(programme, centres, participants, city_officer):
    share = set_cost_share(
        sub_project=centres.sub_project, amount=yuan(300), levels=FIVE_TWO_THREE, indicator=centres, by=city_officer
    )
    set_plans(
        programme=programme,
        entries=[
            PlanEntry(centres.sub_project, participants["341222"], source, "project", yuan(amount))
            for source, amount in (("province", 150), ("city", 50))
        ],
        by=city_officer,
    )

    found = shares_of(programme)

    assert share.basis == "per_unit"
    # 300 = 150 + 60 + 90 for one centre
    assert [cell[0] for cell in found[participants["341222"].pk].values()] == [yuan(150), yuan(60), yuan(90)]
    # Entered: 150 agrees, 50 is 10 short, the county's is missing.
    assert [cell[2] for cell in found[participants["341222"].pk].values()] == [0, yuan(-10), None]
    # 7 × 300 = 2100 = 1050 + 420 + 630
    assert {source: cell[0] for source, cell in found[None].items()} == {
        "province": yuan(1050),
        "city": yuan(420),
        "county": yuan(630),
    }


def test_r14_cost_share_per_head_is_60_24_36_yuan(programme, participants, indicators, city_officer):
    # 两癌: 120 元 a head, 5:2:3; 太和县's 人数 has a target of 1000.
    count = indicators["人数"]

    set_cost_share(
        sub_project=count.sub_project, amount=Decimal(120), levels=FIVE_TWO_THREE, indicator=count, by=city_officer
    )

    found = shares_of(programme, participants=[participants["341222"].pk])
    # 60 × 1000, 24 × 1000, 36 × 1000; asked for one unit, there is no sum of all
    assert [cell[0] for cell in found[participants["341222"].pk].values()] == [60000, 24000, 36000]
    assert list(found) == [participants["341222"].pk]


def test_levels_that_do_not_divide_add_up_and_the_last_bears_the_rest(programme, roads, participants, city_officer):
    set_cost_share(
        sub_project=roads,
        amount=Decimal("100.00"),
        levels=[("province", 1), ("city", 1), ("county", 1)],
        by=city_officer,
    )

    found = shares_of(programme)[participants["341222"].pk]

    # 100 ÷ 3 = 33.33, 33.33 and what is left of 100
    assert [str(cell[0]) for cell in found.values()] == ["33.33", "33.33", "33.34"]


def test_r04_unit_without_a_task_shares_nothing(programme, indicators, participants, city_officer):
    roads = indicators["里程"]

    set_cost_share(
        sub_project=roads.sub_project, amount=yuan(1), levels=[("city", 1)], indicator=roads, by=city_officer
    )

    # 市本级 has no task for 里程
    assert set(shares_of(programme)) == {participants["341222"].pk, participants["341282"].pk, None}


def test_cost_share_is_replaced_and_what_is_wrong_is_told(programme, indicators, roads, city_officer, clerk):
    share = {"sub_project": roads, "amount": yuan(300), "levels": FIVE_TWO_THREE, "by": city_officer}
    text = factories.IndicatorFactory(sub_project=roads, kind="text", additive=False)
    set_cost_share(**share)

    set_cost_share(**share | {"levels": [("province", 6), ("county", 4)]})

    assert CostShare.objects.get().levels.count() == 2
    for change, words in [
        ({"levels": []}, "由哪几级分担"),
        ({"levels": [("total", 1)]}, "来源不正确"),
        ({"levels": [("city", 1), ("city", 2)]}, "出现了两次"),
        ({"levels": [("city", 1), ("local", 2)]}, "包含了另一个"),
        ({"levels": [("city", 0)]}, "份数"),
        ({"amount": Decimal("0.001")}, "精确到分"),
        ({"amount": Decimal(0)}, "大于0"),
        ({"indicator": factories.IndicatorFactory()}, "不属于"),
        ({"indicator": text}, "没有数量"),
    ]:
        with pytest.raises(Refused, match=words):
            set_cost_share(**share | change)
    with pytest.raises(NotAllowed):
        set_cost_share(**share | {"by": clerk})
    assert CostShare.objects.get().levels.count() == 2


# -- copies ---------------------------------------------------------------------------------------


@world
def next_year(programme, city):
    """2021's programme: 农村道路 under another number, a new item, 太和县 only."""
    target = factories.ProgrammeFactory(code="fuyang-2021", year=2021, owner=city, office=programme.office)
    factories.SubProjectFactory(project=factories.ProjectFactory(programme=target, seq=5, name="农村道路"))
    factories.SubProjectFactory(project=factories.ProjectFactory(programme=target, seq=6, name="新项目"))
    factories.ParticipantFactory(programme=target, code="341222", printed_name="太和县")
    return target


def test_copy_takes_over_what_matches_and_lists_the_rest(programme, next_year, plan, entry, indicators, city_officer):
    relief = indicators["人数"].sub_project
    set_plans(
        programme=programme,
        entries=[entry("30", unit="341282"), entry("20", sub_project=relief)],
        by=city_officer,
    )
    revise_plan(fund_line=plan.fund_line, amount=yuan(80), reason="压减", by=city_officer, **PAPER)

    copy = copy_plans(source=programme, target=next_year, by=city_officer)

    made = FundPlan.objects.get(fund_line__programme=next_year)
    # The plan in force at the year's end is taken over, from 1 January of the new year.
    assert (made.amount, made.valid_from, made.revision) == (yuan(80), datetime.date(2021, 1, 1), 1)
    assert made.fund_line.sub_project.project.seq == 5
    assert copy.total == yuan(80)
    assert sorted(sentence for _, sentence in copy.left) == ["2021年没有“困难救助”", "2021年没有界首市"]


def test_copy_leaves_what_is_planned_already(programme, next_year, plan, city_officer):
    copy_plans(source=programme, target=next_year, by=city_officer)

    again = plan_copy(source=programme, target=next_year)

    assert again.entries == []
    assert "已有计划" in again.left[0][1]
    with pytest.raises(Refused, match="没有可以复制"):
        copy_plans(source=programme, target=next_year, by=city_officer)


def test_copy_is_the_city_offices_and_between_two_years(programme, next_year, plan, clerk, city_officer):
    with pytest.raises(NotAllowed):
        copy_plans(source=programme, target=next_year, by=clerk)
    with pytest.raises(Refused, match="本年度"):
        copy_plans(source=programme, target=programme, by=city_officer)
