"""Pages of the plan, through their addresses, as the people who use them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from funding.models import FundLine, FundPlan
from funding.services.basis import PrintedSum, set_cost_share, set_exclusion, set_plan_checks
from funding.services.plans import PlanEntry, set_plans
from tests import factories
from tests.funding.boards import yuan
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def url(programme):
    """Return the address of a page of the plan."""

    def address(name, **arguments):
        return reverse(f"funding:{name}", kwargs={"code": programme.code} | arguments)

    return address


@world
def roads(indicators):
    """The sub-project 农村道路."""
    return indicators["里程"].sub_project


@world
def planned(programme, participants, roads, city_officer):
    """100 万元 of the county for each of 太和县 and 界首市."""
    return set_plans(
        programme=programme,
        entries=[
            PlanEntry(roads, participants[code], "county", "project", yuan(amount), label="县级配套")
            for code, amount in (("341222", 100), ("341282", "200.5"))
        ],
        by=city_officer,
    )


def text(response) -> str:
    """Return the page's words without tags' line breaks."""
    return " ".join(response.content.decode().split())


def test_plan_list_shows_lines_sums_and_exclusions(client, url, planned, roads, indicators, programme, city_officer):
    set_exclusion(programme=programme, phrase="不含农村道路", sub_projects=[roads], by=city_officer)
    client.force_login(city_officer)

    page = text(client.get(url("plan-list")))

    assert "（不含农村道路）" in page
    assert "另不计入 300.50 万元" in page
    assert "200.50</a>" in page
    assert "录入计划" in page


def test_plan_list_switches_the_unit_of_money(client, url, planned, city_officer):
    client.force_login(city_officer)

    pages = {unit: text(client.get(url("plan-list"), {"unit": unit})) for unit in ("yuan", "yi", "moon")}

    assert "3,005,000.00" in pages["yuan"]
    assert "0.03005" in pages["yi"]
    assert "300.50" in pages["moon"]


def test_r16_plan_list_flags_printed_sums_that_do_not_agree(client, url, planned, roads, city_officer, clerk):
    sums = [PrintedSum("total", "总投资", yuan(400)), PrintedSum("source", "省级", yuan("300.5"))]
    set_plan_checks(project=roads.project, sums=sums, by=city_officer)
    client.force_login(city_officer)

    page = text(client.get(url("plan-list")))

    # 400 − 300.5 = 99.5, to the printed total as to the plan; the source's sum is the plan's
    assert "按来源相加 300.50 万元，印发合计 400.00 万元，相差 99.50 万元。" in page
    assert "合计 400.00 万元，录入的计划 300.50 万元，相差 99.50 万元。" in page
    client.force_login(clerk)
    assert "印发的合计与分项" not in text(client.get(url("plan-list")))


def test_county_sees_its_own_plan_only(client, url, planned, clerk):
    client.force_login(clerk)

    page = text(client.get(url("plan-list")))

    assert "100.00" in page
    assert "200.50" not in page
    assert client.get(url("plan-detail", pk=planned[1].fund_line_id)).status_code == 404


def test_empty_plan_says_what_to_do(client, url, city_officer, indicators):
    client.force_login(city_officer)

    assert "还没有资金计划" in text(client.get(url("plan-list")))


def form_data(roads, participants, **changes):
    return {
        "sub_project": roads.pk,
        "participant": participants["341222"].pk,
        "source": "county",
        "kind": "project",
        "amount": "1,570",
        "unit": "万元",
    } | changes


def test_plan_is_entered_by_form(client, url, roads, participants, clerk):
    client.force_login(clerk)
    assert "界首市" not in text(client.get(url("plan-new")))

    response = client.post(url("plan-new"), form_data(roads, participants, document="筹集方案"))

    assert response["Location"] == url("plan-list")
    plan = FundPlan.objects.get()
    assert (plan.amount, plan.document, plan.set_by) == (yuan(1570), "筹集方案", clerk)
    assert "的计划已存" in text(client.get(url("plan-list")))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "-5"}, "是负数"),
        ({"amount": ""}, "请填计划金额"),
        ({"unit": "moon"}, "请选金额单位"),
        ({"participant": "0"}, "不由您录入"),
        ({"document_on": "昨天"}, "文件日期写得不对"),
        ({"source": "total"}, "已有计划"),
    ],
)
def test_plan_that_is_wrong_is_told_on_the_form(changes, words, client, url, roads, participants, clerk, programme):
    first = PlanEntry(roads, participants["341222"], "total", "project", yuan(1))
    set_plans(programme=programme, entries=[first], by=clerk)
    client.force_login(clerk)

    response = client.post(url("plan-new"), form_data(roads, participants, **changes))

    assert response.status_code == 422
    assert words in text(response)
    assert FundPlan.objects.count() == 1


REVISION = {
    "amount": "80",
    "unit": "万元",
    "reason": "压减",
    "document": "通知",
    "document_on": "2020-06-01",
    "seen": "1",
}


def test_plan_is_revised_by_form_and_its_history_stays(client, url, planned, city_officer, clerk):
    client.force_login(city_officer)
    address = url("plan-detail", pk=planned[0].fund_line_id)

    response = client.post(address, REVISION)

    assert response["Location"] == address
    page = text(client.get(address))
    assert "第 2 版（现行）" in page
    assert "压减" in page
    client.force_login(clerk)
    page = text(client.get(address))
    assert "第 1 版" in page
    assert "保存修订" not in page


def test_plan_is_withdrawn_by_form_and_stays_within_reach(client, url, planned, city_officer):
    client.force_login(city_officer)
    address = url("plan-detail", pk=planned[0].fund_line_id)

    client.post(address, REVISION | {"amount": "", "is_withdrawn": "on", "valid_from": "2020-07-01"})

    assert FundPlan.objects.get(revision=2).amount is None
    assert "撤销" in text(client.get(address))
    assert f'href="{address}"' in client.get(url("plan-list")).content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": ""}, "请填计划金额"),
        ({"is_withdrawn": "on"}, "撤销计划就不填金额"),
        ({"reason": ""}, "请填修订原因"),
        ({"amount": "100"}, "不用修订"),
        ({"seen": "0"}, "刚刚被别人修订过"),
    ],
)
def test_revision_that_is_wrong_is_told_on_the_form(changes, words, client, url, planned, city_officer):
    client.force_login(city_officer)

    response = client.post(url("plan-detail", pk=planned[0].fund_line_id), REVISION | changes)

    assert response.status_code == 422
    assert words in text(response)
    assert FundPlan.objects.count() == 2


def test_paste_is_shown_first_and_stored_when_confirmed(client, url, participants, roads, city_officer):
    client.force_login(city_officer)
    data = {"text": "农村道路\t\t太和县\t省级\t\t150\n农村道路\t\t太和县\t县级\t\t90", "unit": "万元"}

    shown = client.post(url("plan-paste"), data)

    assert "确认存入 2 条" in text(shown)
    assert not FundLine.objects.exists()
    assert client.post(url("plan-paste"), data | {"confirm": "1"})["Location"] == url("plan-list")
    assert FundPlan.objects.count() == 2


def test_paste_with_a_wrong_line_stores_nothing(client, url, participants, roads, city_officer):
    client.force_login(city_officer)
    data = {"text": "农村道路\t\t太和县\t省级\t\t150\n农村道路\t\t月球\t县级\t\t90", "unit": "万元"}

    shown, confirmed = client.post(url("plan-paste"), data), client.post(url("plan-paste"), data | {"confirm": "1"})

    assert "第 2 行：没有“月球”这个单位。" in text(shown)
    assert 'name="confirm"' not in text(shown)
    assert confirmed.status_code == 422
    assert not FundLine.objects.exists()


def test_paste_that_cannot_be_read_or_stored_is_told(client, url, participants, roads, city_officer):
    client.force_login(city_officer)
    data = {"text": "项目\t单位\t金额（元）\n农村道路\t太和县\t150", "unit": "万元"}

    assert "请改成一致" in text(client.post(url("plan-paste"), data))
    clash = {"text": "农村道路\t\t太和县\t省级\t\t150", "unit": "万元", "confirm": "1", "document": "长" * 121}
    assert client.post(url("plan-paste"), clash).status_code == 422


def test_copy_is_shown_first_and_done_on_confirmation(client, programme, planned, city, city_officer):
    target = factories.ProgrammeFactory(code="fuyang-2021", year=2021, owner=city, office=programme.office)
    factories.SubProjectFactory(project=factories.ProjectFactory(programme=target, seq=5, name="农村道路"))
    factories.ParticipantFactory(programme=target, code="341222", printed_name="太和县")
    client.force_login(city_officer)
    address = reverse("funding:plan-copy", kwargs={"code": "fuyang-2021"})

    shown = text(client.get(address, {"source": programme.pk}))
    assert "2021年没有界首市" in shown
    assert "复制 1 条" in shown
    client.post(address, {"source": programme.pk})

    assert FundPlan.objects.get(fund_line__programme=target).amount == yuan(100)
    again = client.post(address, {"source": programme.pk})
    assert (again.status_code, "没有可以复制" in text(again)) == (422, True)


def test_copy_without_another_year_says_so(client, url, planned, city_officer):
    client.force_login(city_officer)

    assert "没有别的年度" in text(client.get(url("plan-copy")))


def test_cost_shares_show_expected_beside_planned(client, url, planned, indicators, city_officer, clerk):
    set_cost_share(
        sub_project=indicators["里程"].sub_project,
        amount=yuan(2),
        levels=[("province", 1), ("county", 1)],
        indicator=indicators["里程"],
        by=city_officer,
    )
    client.force_login(city_officer)

    page = text(client.get(url("cost-shares")))

    # 太和县: 100 公里 × 2 万元 = 200, 100 each, as planned; 界首市: 200 × 2 = 400, 200 each, planned 200.5
    assert "20,000 元/公里（里程）" in page
    assert "一致" in page
    assert "! 0.50" in page
    assert "未录入" in page
    assert "合计" in page
    client.force_login(clerk)
    page = text(client.get(url("cost-shares")))
    assert "太和县" in page
    assert "界首市" not in page


def test_cost_shares_without_any_say_so(client, url, clerk, participants):
    client.force_login(clerk)

    assert "没有设定分担比例" in text(client.get(url("cost-shares")))


def test_plan_list_takes_as_many_queries_for_many_lines_as_for_few(
    client, url, planned, programme, participants, indicators, city_officer
):
    client.force_login(city_officer)
    client.get(url("plan-list"))
    counts = []
    for source in ("province", "city", "bond"):
        with CaptureQueriesContext(connection) as queries:
            client.get(url("plan-list"))
        counts.append(len(queries))
        set_plans(
            programme=programme,
            entries=[
                PlanEntry(item, participants[code], source, "project", yuan(5))
                for item in (indicators["里程"].sub_project, indicators["人数"].sub_project)
                for code in ("341222", "341282", "341200-own")
            ],
            by=city_officer,
        )

    assert len(set(counts)) == 1
