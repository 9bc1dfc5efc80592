"""Forms of exclusions, printed sums and cost shares, through their addresses."""

from decimal import Decimal

import pytest
from django.urls import reverse

from funding.funds import fund_rates
from funding.models import CostShare, FundExclusion, PlanCheck
from funding.services.basis import PrintedSum, set_cost_share, set_exclusion, set_plan_checks
from funding.services.plans import PlanEntry, set_plans
from livelihood.models import AuditEvent
from tests import factories
from tests.funding.boards import yuan
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def url(programme):
    """Return the address of a page of the funds."""

    def address(name, **arguments):
        return reverse(f"funding:{name}", kwargs={"code": programme.code} | arguments)

    return address


@world
def roads(indicators):
    """The sub-project 农村道路."""
    return indicators["里程"].sub_project


@world
def relief(indicators):
    """The sub-project 困难救助."""
    return indicators["人数"].sub_project


@world
def planned(programme, participants, roads, relief, city_officer):
    """100 万元 for roads and 40 for relief in 太和县, 200.5 for roads in 界首市, all of the county."""
    return set_plans(
        programme=programme,
        entries=[
            PlanEntry(item, participants[code], "county", "project", yuan(amount))
            for item, code, amount in ((roads, "341222", 100), (roads, "341282", "200.5"), (relief, "341222", 40))
        ],
        by=city_officer,
    )


def text(response) -> str:
    """Return the page's words without tags' line breaks."""
    return " ".join(response.content.decode().split())


def label_of(programme) -> str:
    """Return how the plan's first rate is called now."""
    return fund_rates(programme=programme, by="total")[0]["label"]


# -- exclusions ---------------------------------------------------------------------------------


def test_exclusion_is_set_by_form_and_printed_behind_the_rate(client, url, planned, relief, programme, city_officer):
    client.force_login(city_officer)
    data = {"phrase": "（不含困难救助）", "reason": "单列", "sub_projects": [relief.pk]}

    response = client.post(url("exclusions"), data)

    assert response["Location"] == url("exclusions")
    assert label_of(programme) == "到位率（到位÷计划，不含困难救助）"
    page = text(client.get(url("exclusions")))
    assert "（不含困难救助）" in page
    assert "单列" in page
    assert "40.00" in page
    assert AuditEvent.objects.get(verb="set_exclusion").reason == "单列"


def test_exclusion_is_changed_and_ended_by_form(client, url, planned, roads, relief, programme, city_officer):
    found = set_exclusion(programme=programme, phrase="不含两项", sub_projects=[relief], by=city_officer)
    client.force_login(city_officer)
    address = url("exclusion", pk=found.pk)
    assert "修改“不含两项”" in text(client.get(address))

    client.post(address, {"reason": "都单列", "sub_projects": [roads.pk, relief.pk]})
    both = set(found.sub_projects.all())
    client.post(address, {"end": "1"})

    assert both == {roads, relief}
    assert not FundExclusion.objects.exists()
    assert label_of(programme) == "到位率（到位÷计划）"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"phrase": ""}, "请写明印在比率后面的用语"),
        ({"phrase": "长" * 61}, "印发用语最多 60 字"),
        ({"reason": ""}, "请写明为什么不计入"),
        ({"sub_projects": []}, "请至少勾选一个项目"),
        ({"sub_projects": ["0"]}, "不在本年度里"),
        ({"sub_projects": ["x"]}, "不在本年度里"),
        ({"phrase": "不含别的"}, "有子项已列在“不含困难救助”里"),
    ],
)
def test_exclusion_that_is_wrong_is_told_on_the_form(
    changes, words, client, url, planned, relief, programme, city_officer
):
    set_exclusion(programme=programme, phrase="不含困难救助", sub_projects=[relief], by=city_officer)
    client.force_login(city_officer)
    data = {"phrase": "不含困难救助", "reason": "单列", "sub_projects": [relief.pk]}

    response = client.post(url("exclusions"), data | changes)

    assert response.status_code == 422
    assert words in text(response)
    assert FundExclusion.objects.get().phrase == "不含困难救助"


def test_exclusion_of_another_programme_is_out_of_reach(client, url, planned, city_officer):
    other = FundExclusion.objects.create(programme=factories.ProgrammeFactory(), phrase="不含别的", set_by=city_officer)
    client.force_login(city_officer)

    assert client.get(url("exclusion", pk=other.pk)).status_code == 404


def test_county_reads_exclusions_with_its_own_money_only(client, url, planned, roads, programme, city_officer, clerk):
    set_exclusion(programme=programme, phrase="不含农村道路", sub_projects=[roads], by=city_officer, reason="单列")
    client.force_login(clerk)

    page = text(client.get(url("exclusions")))

    # 太和县's own 100, not the 300.5 of both
    assert "100.00" in page
    assert "300.50" not in page
    assert "保存" not in page
    assert client.post(url("exclusions"), {"phrase": "不含"}).status_code == 403


# -- printed sums -------------------------------------------------------------------------------


def sums_form(project, participant, /, *rows, **changes):
    """Return the form's data: rows of (by, label, amount)."""
    data = {
        "place": f"p{project.pk}",
        "participant": participant.pk,
        "kind": "project",
        "unit": "万元",
        "document": "张政办发〔2022〕38号",
        "rows-TOTAL_FORMS": len(rows),
        "rows-INITIAL_FORMS": len(rows),
    }
    for nth, row in enumerate(rows):
        data |= {f"rows-{nth}-{name}": value for name, value in zip(("by", "label", "amount"), row, strict=True)}
    return data | changes


ZHANGYE = [
    ("total", "合计", "60870"),
    ("source", "中央及省级", "25786"),
    ("source", "市县配套", "738"),
    ("source", "政府债券", "16352"),
    ("source", "奖补", "1750"),
    ("quarter", "一季度", "2315"),
    ("quarter", "二季度", "11212"),
    ("quarter", "三季度", "7700"),
    ("quarter", "四季度", "1654"),
    ("category", "", ""),
]


def test_r16_printed_sums_are_kept_as_printed_and_their_differences_told(
    client, url, planned, roads, participants, city_officer
):
    client.force_login(city_officer)

    response = client.post(url("printed-sums"), sums_form(roads.project, participants["341200"], *ZHANGYE))

    assert response["Location"] == url("plan-list")
    assert PlanCheck.objects.count() == 9
    page = text(client.get(url("plan-list")))
    # 25786 + 738 + 16352 + 1750 = 44626 and 2315 + 11212 + 7700 + 1654 = 22881, against 60870
    assert "按来源相加 44,626.00 万元，印发合计 60,870.00 万元，相差 16,244.00 万元。" in page
    assert "按季度相加 22,881.00 万元，印发合计 60,870.00 万元，相差 37,989.00 万元。" in page
    assert "已存 9 个印发的数" in page


def test_printed_sums_are_opened_changed_and_cleared(client, url, planned, roads, participants, city_officer):
    whole = participants["341200"]
    sums = [PrintedSum("total", "总投资", yuan("400.5"))]
    set_plan_checks(project=roads.project, sums=sums, by=city_officer, document="通知")
    client.force_login(city_officer)
    address = f"{url('printed-sums')}?place=p{roads.project_id}&participant={whole.pk}&kind=project"
    page = text(client.get(address))
    assert "总投资" in page
    assert "400.50" in page
    assert "通知" in page
    rows = [("total", "总投资", "4,01万元")]

    wrong = client.post(address, sums_form(roads.project, whole, *rows, is_change="1"))
    client.post(address, sums_form(roads.project, whole, ("total", "总投资", "401万元"), is_change="1"))
    changed = PlanCheck.objects.get().amount
    client.post(address, sums_form(roads.project, whole, ("total", "总投资", ""), is_change="1"))

    assert (wrong.status_code, "逗号位置不对" in text(wrong)) == (422, True)
    assert changed == yuan(401)
    # The label alone, of the paper's own making, asks for an amount; a cleared row says nothing.
    assert PlanCheck.objects.count() == 1
    client.post(address, sums_form(roads.project, whole, ("total", "", ""), is_change="1"))
    assert not PlanCheck.objects.exists()


@pytest.mark.parametrize(
    ("rows", "changes", "words"),
    [
        ([("total", "合计", "-1")], {}, "是负数"),
        ([("total", "合计", "0.0000001")], {}, "精确到分"),
        ([("total", "合计", "很多")], {}, "不是金额"),
        ([("total", "", "1")], {}, "请写印发名称"),
        ([("total", "总投资", "")], {}, "“总投资”没有金额"),
        ([("moon", "合计", "1")], {}, "请选分法"),
        ([("total", "合计", "1"), ("total", "合计", "2")], {}, "“合计”出现了两次"),
        ([("total", "合计", "")], {}, "还没有填金额"),
        ([("total", "合计", "1")], {"place": "p0"}, "不在本年度里"),
        ([("total", "合计", "1")], {"participant": "0"}, "不在本年度里"),
        ([("total", "合计", "1")], {"kind": "moon"}, "请选资金类别"),
    ],
)
def test_printed_sums_that_are_wrong_are_told_on_the_form(
    rows, changes, words, client, url, planned, roads, participants, city_officer
):
    client.force_login(city_officer)

    response = client.post(url("printed-sums"), sums_form(roads.project, participants["341200"], *rows, **changes))

    assert response.status_code == 422
    assert words in text(response)
    assert not PlanCheck.objects.exists()


def test_printed_sums_kept_already_are_not_replaced_unseen(client, url, planned, roads, participants, city_officer):
    set_plan_checks(project=roads.project, sums=[PrintedSum("total", "合计", yuan(400))], by=city_officer)
    client.force_login(city_officer)

    response = client.post(
        url("printed-sums"), sums_form(roads.project, participants["341200"], ("total", "合计", "1"))
    )

    assert "已有印发的合计与分项" in text(response)
    assert PlanCheck.objects.get().amount == yuan(400)


def test_printed_sums_page_stands_any_address(client, url, planned, roads, city_officer, clerk):
    client.force_login(city_officer)

    for query in (
        {"place": "p0"},
        {"participant": "x"},
        {"place": f"p{roads.project_id}", "participant": "9" * 5000},
        {"kind": "moon"},
    ):
        assert client.get(url("printed-sums"), query).status_code == 200
    client.force_login(clerk)
    assert client.get(url("printed-sums")).status_code == 403


# -- cost shares --------------------------------------------------------------------------------


def share_form(sub_project, /, *levels, **changes):
    """Return the form's data: levels of (source, parts)."""
    data = {
        "sub_project": sub_project.pk,
        "kind": "project",
        "amount": "300",
        "unit": "万元",
        "indicator": "",
        "document": "",
        "levels-TOTAL_FORMS": len(levels),
        "levels-INITIAL_FORMS": len(levels),
    }
    for nth, (source, parts) in enumerate(levels):
        data |= {f"levels-{nth}-source": source, f"levels-{nth}-parts": parts}
    return data | changes


FIVE_TWO_THREE = [("province", "5"), ("city", "2"), ("county", "3"), ("", "")]


def test_r14_cost_share_is_set_by_form_and_told_level_by_level(client, url, planned, indicators, roads, city_officer):
    client.force_login(city_officer)

    response = client.post(url("cost-share-new"), share_form(roads, *FIVE_TWO_THREE, indicator=indicators["里程"].pk))

    assert response["Location"] == url("cost-shares")
    share = CostShare.objects.get()
    assert (share.amount, share.indicator) == (yuan(300), indicators["里程"])
    assert [(level.source, level.parts) for level in share.levels.all()] == [
        ("province", 5),
        ("city", 2),
        ("county", 3),
    ]
    page = text(client.get(url("cost-shares")))
    # 太和县: 100 × 300 = 30000 = 15000 + 6000 + 9000; its county level planned 100: 100 − 9000 = −8900
    for amount in ("30,000.00", "15,000.00", "6,000.00", "9,000.00", "−8,900.00"):
        assert amount in page


def test_cost_share_is_changed_and_ended_by_form(client, url, planned, roads, city_officer):
    share = set_cost_share(
        sub_project=roads, amount=Decimal(120), levels=[("province", 1), ("county", 1)], by=city_officer
    )
    client.force_login(city_officer)
    address = url("cost-share-change", pk=share.pk)
    assert 'value="120"' in client.get(address).content.decode()

    client.post(address, share_form(roads, *FIVE_TWO_THREE, amount="150", unit="元"))
    changed = CostShare.objects.get()
    levels = changed.levels.count()
    client.post(url("cost-share-change", pk=changed.pk), {"end": "1"})

    assert (changed.amount, levels) == (Decimal(150), 3)
    assert not CostShare.objects.exists()
    assert AuditEvent.objects.filter(verb="set_cost_share").count() == 3


@pytest.mark.parametrize(
    ("levels", "changes", "words"),
    [
        (FIVE_TWO_THREE, {"amount": "-300"}, "是负数"),
        (FIVE_TWO_THREE, {"amount": "0.0000001"}, "精确到分"),
        (FIVE_TWO_THREE, {"amount": ""}, "请填金额"),
        (FIVE_TWO_THREE, {"amount": "0"}, "分担标准要大于0"),
        (FIVE_TWO_THREE, {"sub_project": "0"}, "不在本年度里"),
        (FIVE_TWO_THREE, {"indicator": "0"}, "不在本年度里"),
        ([("", "")], {}, "由哪几级分担"),
        ([("province", "5"), ("province", "5")], {}, "出现了两次"),
        ([("upper", "5"), ("province", "5")], {}, "包含了另一个"),
        ([("province", "")], {}, "请填份数"),
        ([("", "5")], {}, "请选由哪一级出"),
        ([("province", "0")], {}, "份数是 1 到 10000 的整数"),
        ([("province", "2.5")], {}, "份数是 1 到 10000 的整数"),
        ([("moon", "5")], {}, "请选由哪一级出"),
        ([("total", "5")], {}, "请选由哪一级出"),
    ],
)
def test_cost_share_that_is_wrong_is_told_on_the_form(
    levels, changes, words, client, url, planned, roads, city_officer
):
    client.force_login(city_officer)

    response = client.post(url("cost-share-new"), share_form(roads, *levels, **changes))

    assert response.status_code == 422
    assert words in text(response)
    assert not CostShare.objects.exists()


def test_second_cost_share_of_the_same_money_is_told(client, url, planned, roads, city_officer, clerk):
    share = set_cost_share(sub_project=roads, amount=Decimal(120), levels=[("county", 1)], by=city_officer)
    client.force_login(city_officer)

    response = client.post(url("cost-share-new"), share_form(roads, *FIVE_TWO_THREE))

    assert "已有分担比例" in text(response)
    assert CostShare.objects.get() == share
    client.force_login(clerk)
    assert client.get(url("cost-share-new")).status_code == 403
    assert client.get(url("cost-share-change", pk=share.pk)).status_code == 403
