"""The overview of the funds, one project's money beside its progress, and 资金滞留, through their addresses."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from funding.models import FundFigure, FundLine, FundPlan
from funding.project_page import mismatches
from funding.services.basis import set_exclusion
from funding.services.plans import PlanEntry, set_plans
from projects.models import Participant
from tests import factories
from tests.funding.boards import yuan
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

STAGES = ("received", "disbursed", "spent")


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
def reports(period, participants):
    """August's approved reports of both counties, by code."""
    return {
        code: factories.ReportFactory(period=period, participant=participants[code], state="approved")
        for code in ("341222", "341282")
    }


@world
def planned(programme, participants, roads, indicators, city_officer):
    """太和县: roads 100 of the province and 60 of the county, relief 40; 界首市: roads 200 of the county; in 万元."""
    relief = indicators["人数"].sub_project
    entries = [
        (roads, "341222", "province", 100),
        (roads, "341222", "county", 60),
        (relief, "341222", "county", 40),
        (roads, "341282", "county", 200),
    ]
    return set_plans(
        programme=programme,
        entries=[
            PlanEntry(item, participants[code], source, "project", yuan(amount))
            for item, code, source, amount in entries
        ],
        by=city_officer,
    )


def spend(report, plan, *amounts):
    """Report 到位, 拨付 and 支出 of a plan's line in 万元; None is blank."""
    for stage, amount in zip(STAGES, amounts, strict=False):
        if amount is not None:
            FundFigure.objects.create(
                period=report.period,
                fund_line=plan.fund_line,
                stage=stage,
                report=report,
                value=yuan(amount),
                updated_by=plan.set_by,
            )


@world
def money(planned, reports):
    """太和县: 80+50 received, 40+20 paid, 30+10 spent on roads; 40, 40, 10 on relief. 界首市: 100, 50, 25."""
    spend(reports["341222"], planned[0], 80, 40, 30)
    spend(reports["341222"], planned[1], 50, 20, 10)
    spend(reports["341222"], planned[2], 40, 40, 10)
    spend(reports["341282"], planned[3], 100, 50, 25)


def text(response) -> str:
    """Return the page's words without tags' line breaks."""
    return " ".join(response.content.decode().split())


def cells(response, name) -> list[str]:
    """Return the words of the table row whose head cell is `name`."""
    rows = response.content.decode().split("<tr")
    [row] = [row for row in rows if f'scope="row">{name}</th>' in row or f">{name}</a></th>" in row]
    found = []
    for cell in row.split("<td")[1:]:
        words = cell.partition(">")[2].partition("</td>")[0]
        while "<" in words:
            before, _, rest = words.partition("<")
            words = before + rest.partition(">")[2]
        found.append(words.strip())
    return found


def test_overview_shows_the_chain_by_unit_and_pools_the_total(client, url, money, city_officer):
    client.force_login(city_officer)

    page = client.get(url("overview"))

    # 太和县: plan 100+60+40 = 200; received 80+50+40 = 170 → 85; paid 40+20+40 = 100 → 50; spent 50 → 50 ÷ 100
    assert cells(page, "太和县") == ["200.00", "170.00", "85.00", "100.00", "50.00▽", "50.00", "50.00"]
    # 界首市: 100 ÷ 200, 50 ÷ 200, 25 ÷ 50
    assert cells(page, "界首市") == ["200.00", "100.00", "50.00", "50.00", "25.00▽", "25.00", "50.00"]
    # 270 ÷ 400 = 67.5; 150 ÷ 400 = 37.5; 75 ÷ 150 = 50
    assert cells(page, "合计") == ["400.00", "270.00", "67.50", "150.00", "37.50▽", "75.00", "50.00"]
    assert "时序进度 66.67%" in text(page)
    assert "（拨付÷计划）" in text(page)


def test_overview_leads_to_the_places_by_rate(client, url, money, programme, city_officer):
    client.force_login(city_officer)

    page = client.get(url("overview")).content.decode()

    address = f"/programmes/{programme.code}/2020-08/ranking/?rate=project-disbursed"
    assert f'href="{address}"' in page
    assert client.get(address).status_code == 200


def test_overview_by_project_and_by_source_has_the_same_total(client, url, money, city_officer):
    client.force_login(city_officer)

    by_project, by_source = (client.get(url("overview"), {"by": by}) for by in ("project", "source"))

    # roads: 360 planned, 230 received, 110 paid, 65 spent
    assert cells(by_project, "农村道路")[-6:] == ["230.00", "63.89", "110.00", "30.56▽", "65.00", "59.09"]
    # province: 100, 80, 40, 30; county: 300, 190, 110, 45
    assert cells(by_source, "省级") == ["100.00", "80.00", "80.00", "40.00", "40.00▽", "30.00", "75.00"]
    assert cells(by_source, "县级") == ["300.00", "190.00", "63.33", "110.00", "36.67▽", "45.00", "40.91"]
    total = ["400.00", "270.00", "67.50", "150.00", "37.50▽", "75.00", "50.00"]
    assert cells(by_project, "合计")[-7:] == total
    assert cells(by_source, "合计") == total


def test_overview_keeps_what_the_reader_chose_in_every_address(client, url, money, city_officer):
    client.force_login(city_officer)

    page = client.get(url("overview"), {"by": "project", "unit": "yuan", "period": "2020-08"})

    assert "3,600,000.00" in text(page)
    address = f"{url('overview')}?period=2020-08&amp;by=unit&amp;unit=yuan"
    assert f'href="{address}"' in page.content.decode()
    assert f'href="{url("project", seq=1)}?period=2020-08' in page.content.decode()
    assert client.get(url("overview"), {"period": "2020-13"}).status_code == 404
    assert client.get(url("overview"), {"by": "moon", "unit": "moon"}).status_code == 200


def test_overview_amounts_of_a_table_have_as_many_places(client, url, planned, reports, city_officer):
    spend(reports["341222"], planned[0], "80.1234", 40)
    client.force_login(city_officer)

    page = client.get(url("overview"), {"by": "source"})

    assert cells(page, "省级")[:2] == ["100.0000", "80.1234"]
    assert cells(page, "县级")[0] == "300.0000"


def test_r14_overview_says_what_is_left_out(client, url, money, roads, programme, city_officer):
    set_exclusion(programme=programme, phrase="不含农村道路", sub_projects=[roads], by=city_officer)
    client.force_login(city_officer)

    page = client.get(url("overview"), {"by": "project"})

    assert "（拨付÷计划，不含农村道路）" in text(page)
    assert "合计和比率不含农村道路：另有计划 360.00 万元。" in text(page)
    assert cells(page, "农村道路")[-7:] == ["360.00", "—", "不计入", "—", "不计入", "—", "不计入"]
    # relief alone: 40 of 40 paid
    assert cells(page, "合计")[-7:] == ["40.00", "40.00", "100.00", "40.00", "100.00", "10.00", "25.00"]


def test_r05_overview_names_who_is_left_out_of_the_total(client, url, planned, reports, city_officer):
    spend(reports["341222"], planned[0], 80, 40, 30)
    spend(reports["341222"], planned[1], 50, 20, 10)
    spend(reports["341222"], planned[2], 40, 40, 10)
    client.force_login(city_officer)

    page = client.get(url("overview"))

    assert cells(page, "界首市") == ["200.00", "—", "未报送", "—", "未报送", "—", "未报送"]
    # 170 ÷ 200 = 85 without 界首市, 170 ÷ 400 = 42.5 with its plan
    assert "到位率（到位÷计划） 85.00%：不含未报送的界首市；按全部计划算为 42.50%。" in text(page)


def test_county_sees_its_own_money_until_the_month_is_issued(
    client, url, money, programme, july, participants, planned, clerk, city_officer
):
    client.force_login(clerk)

    own = client.get(url("overview"), {"period": "2020-08"})
    everybody = client.get(url("overview"), {"period": "2020-07"})

    assert "界首市" not in text(own)
    assert cells(own, "合计") == cells(own, "太和县")
    assert "只列您看得到的资金" in text(own)
    assert "界首市" in text(everybody)


def test_overview_without_money_or_period_says_so(client, url, city_officer, participants):
    client.force_login(city_officer)

    assert "还没有资金计划" in text(client.get(url("overview")))
    assert "没有到位后未拨付" in text(client.get(url("held")))
    assert client.get(url("project", seq=1)).status_code == 404


def test_section_leads_to_the_overview_of_the_newest_programme(client, url, clerk, participants):
    client.force_login(clerk)

    response = client.get(reverse("funding:latest"))

    assert response["Location"] == url("overview")
    assert ">资金<" in client.get(response["Location"]).content.decode()


@world
def progress(indicators, participants, reports):
    """太和县 has done all of its roads, 界首市 a tenth of them: 20 of 200 公里."""
    done = {"341222": (100, 90), "341282": (20, 45)}
    for code, values in done.items():
        for name, value in zip(("里程", "合格率"), values, strict=True):
            factories.FigureFactory(
                report=reports[code],
                participant=participants[code],
                indicator=indicators[name],
                value=value,
            )


def test_project_page_puts_money_beside_progress_and_marks_what_does_not_fit(
    client, url, planned, reports, progress, city_officer
):
    spend(reports["341222"], planned[0], 80, 12, 10)
    spend(reports["341222"], planned[1], 50, 20, 10)
    spend(reports["341282"], planned[3], 100, 120, 25)
    client.force_login(city_officer)

    page = text(client.get(url("project", seq=1)))

    # 太和县: 100 %, 100 % done; paid 12 + 20 = 32 of 160 = 20.00 %, no more than 20 %
    assert "里程 <strong>100.00%" in page
    assert "任务已全部完成，资金只拨付了计划的 20.00%（不超过 20%）。" in page
    # 界首市: 20 ÷ 200 = 10 %, 45 ÷ 90 = 50 %; paid 120 of 200 = 60 % > 50 %
    assert "里程 <strong>10.00%</strong> ▽" in page
    assert "资金已拨付计划的 60.00%，完成最快的指标只到 50.00%。" in page
    assert "2 个资金与进度不相称" in page


@pytest.mark.parametrize(
    ("rates", "paid", "expected"),
    [
        ([(100, True), (100, True)], 20, "完成未付"),
        ([(100, True), (100, True)], "20.01", None),
        ([(100, True), (99, False)], 5, None),
        ([(None, True)], 0, "完成未付"),
        ([(30, False), (50, False)], "50.01", "拨付超前"),
        ([(30, False), (50, False)], 50, None),
        ([(None, False)], 90, None),
        ([], 90, None),
        ([(30, False)], None, None),
    ],
)
def test_mismatch_is_judged_on_printed_rates(rates, paid, expected):
    progress = [{"rate": rate and yuan(rate) / yuan(1), "is_attained": is_attained} for rate, is_attained in rates]

    marks = mismatches(progress, None if paid is None else yuan(paid) / yuan(1))

    assert [mark["word"] for mark in marks] == ([expected] if expected else [])


def test_project_page_shows_a_county_its_own_unit_only(client, url, money, progress, clerk):
    client.force_login(clerk)

    page = text(client.get(url("project", seq=1)))

    assert "太和县" in page
    assert "界首市" not in page
    assert client.get(url("project", seq=9)).status_code == 404


def test_held_page_lists_oldest_first_and_sums_up(client, url, money, city_officer, clerk, planned):
    client.force_login(city_officer)

    page = client.get(url("held"))

    # roads of 太和县 130 − 60 = 70, of 界首市 100 − 50 = 50; relief 40 − 40 = 0: not listed
    assert "70.00" in cells(page, "太和县")
    assert "120.00" in text(page)
    assert "困难救助" not in text(page)
    client.force_login(clerk)
    assert "界首市" not in text(client.get(url("held")))


def test_held_page_of_weeks_counts_days(client, url, planned, programme, participants, city_officer):
    for day, received in ((3, 30), (10, 80)):
        week = factories.PeriodFactory(
            programme=programme, kind="week", starts_on=datetime.date(2020, 7, day), ends_on=datetime.date(2020, 7, day)
        )
        report = factories.ReportFactory(period=week, participant=participants["341222"], state="approved")
        spend(report, planned[2], received, 10)
    client.force_login(city_officer)

    page = client.get(url("held"), {"period": "2020-07-10"})

    # 30 − 10 = 20 since 3 July, seven days; 80 − 30 = 50 of the week itself
    assert cells(page, "太和县") == ["70.00", "—", "2020年7月3日", "7"]
    assert "天数" in text(page)


def test_held_page_asks_for_payments_that_are_not_reported(client, url, planned, reports, city_officer):
    spend(reports["341222"], planned[0], 80)
    client.force_login(city_officer)

    page = text(client.get(url("held")))

    assert "报了到位、没有报拨付" in page
    assert "没有到位后未拨付" in page


@pytest.mark.parametrize("name", ["overview", "project", "held"])
def test_page_takes_as_many_queries_for_many_lines_as_for_few(
    name, client, url, money, programme, period, indicators, city_officer
):
    address = url(name, **({"seq": 1} if name == "project" else {}))
    client.force_login(city_officer)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(6):
        unit = factories.ParticipantFactory(programme=programme, printed_name=f"第{number}县", order=10 + number)
        report = factories.ReportFactory(period=period, participant=unit, state="approved")
        for item in (indicators["里程"].sub_project, indicators["人数"].sub_project):
            line = FundLine.objects.create(
                programme=programme, sub_project=item, participant=unit, source="county", added_by=city_officer
            )
            plan = FundPlan.objects.create(
                fund_line=line, valid_from=datetime.date(2020, 1, 1), amount=yuan(50), set_by=city_officer
            )
            spend(report, plan, 40, 20, 10)

    with CaptureQueriesContext(connection) as many:
        page = client.get(address)

    assert "第5县" in text(page)
    assert Participant.objects.count() > 8
    assert len(many) == len(few)
