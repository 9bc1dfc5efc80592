"""The demo's other programmes as they stand loaded: 太和县's own with its townships, 铜官区's, and 张掖市's money.

What their papers print is compared line by line with tests/data; their months are closed by the services.
"""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from django.db import transaction
from django.db.models import Sum

from funding.models import FundLine, FundPlan
from livelihood.demo_logins import DEMO_PASSWORD
from livelihood.models import User
from projects.demo_townships import shares
from projects.excel.catalogue import read_catalogue
from projects.excel.catalogue_workbook import catalogue_workbook
from projects.models import DatedTask, Indicator, Programme, Target
from projects.services.catalogue import load_catalogue
from supervision.models import Document, EnteredMark, ScoringComponent, Snapshot
from supervision.services.closing import close_month
from supervision.standings import live_standings, snapshot_standings
from tests.projects.test_demo_data import COMPARISON, DIRECTION, printed_facts
from tests.supervision.test_load_demo import natural_key, state_of
from tests.support.demo import demo_database

pytestmark = pytest.mark.slow

DATA = Path(__file__).resolve().parents[1] / "data"
WAN = 10_000


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """One clone of the demo for the module; what a test changes it takes back."""
    with django_db_blocker.unblock(), demo_database() as name:
        yield name


@pytest.fixture
def taihe(demo):
    return Programme.objects.get(code="taihe-2020")


@pytest.fixture
def zhangye(demo):
    return Programme.objects.get(code="zhangye-2022")


@pytest.fixture
def tongguan(demo):
    return Programme.objects.get(code="tongguan-2020")


def facts(name):
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


COUNTY_PAGES = [
    "",
    *(f"{name}/" for name in ("readiness", "participants", "rollover", "lineage", "schedule", "calendar")),
    *("periods/new/", "scheme/", "scheme/new/", "targets/", "targets/1/", "milestones/", "tasks/new/"),
    *("cross-rules/", "cross-rules/new/", "discipline/", "funds/", "funds/plan/"),
    *(f"2020-08/{name}" for name in ("close/", "benchmarks/", "benchmarks/import/", "matrix/1/", "marks/", "import/")),
    *("2020-08/outage/", "2020-08/opinions/", "agreements/341222-t09/", "targets/import/", "funds/plan/import/"),
]


# -- 太和县 with its townships --------------------------------------------------------------------


def test_county_s_own_programme_has_its_32_townships_in_order_and_is_the_office_s(taihe):
    units = list(taihe.participants.order_by("order").values_list("printed_name", "kind", "ranked"))

    # 31 乡镇 and the 经济开发区: the annex counts 32 of them (应急广播), and 310 行政村
    assert [kind for _, kind, _ in units] == ["unit"] * 32 + ["own", "whole"]
    assert [units[nth][0] for nth in (0, 30, 31, 32, 33)] == ["城关镇", "赵集乡", "经开区", "县本级", "全县"]
    assert (taihe.owner.name, taihe.office.name, taihe.is_demo) == ("太和县", "太和县财政局", True)
    assert {row["number"] for row in taihe.basis} == {"皖政〔2020〕17号", "阜政发〔2020〕18号", "太政〔2020〕10号"}


def test_whole_county_s_targets_are_the_131_printed_ones(taihe):
    stored = {
        natural_key(row.indicator): row
        for row in Target.objects.filter(participant__programme=taihe, participant__kind="whole").select_related(
            "indicator__sub_project__project"
        )
    }

    printed = printed_facts(facts("taihe_2020.yaml")["taihe"])

    assert stored.keys() == printed.keys()
    for key, row in printed.items():
        target = stored[key]
        assert target.state == state_of(row), key
        assert target.value == (Decimal(str(row["v"])) if target.state == "assessed" else None), key
        assert target.comparison == COMPARISON.get(row.get("cmp"), "eq"), key
        assert (target.indicator.unit, target.indicator.direction) == (
            row["u"],
            DIRECTION.get(row.get("cmp"), "at_least"),
        ), key
        assert (target.document, target.is_demo) == ("太政〔2020〕10号", False), key


def test_r16_townships_and_the_own_level_add_up_to_what_the_county_prints(taihe):
    targets = Target.objects.filter(participant__programme=taihe, indicator__additive=True, state="assessed")
    sums = dict(
        targets.exclude(participant__kind="whole").values_list("indicator").annotate(total=Sum("value")).order_by()
    )
    whole = dict(targets.filter(participant__kind="whole").values_list("indicator", "value"))

    assert sums == whole
    stations = targets.filter(indicator__name="综合文化站", participant__kind="unit")
    assert list(stations.values_list("value", flat=True)) == [1] * 32
    assert not targets.exclude(participant__kind="whole").filter(is_demo=False).exists()


def test_shares_give_a_total_away_to_its_last_step():
    # 10 by 1:1:1 → 3.33 each, the odd one to the first; 0.07 by 2:1 in hundredths → 4.67 and 2.33: 5 and 2
    assert shares(Decimal(10), [1, 1, 1], Decimal(1)) == [4, 3, 3]
    assert shares(Decimal("0.07"), [2, 1], Decimal("0.01")) == [Decimal("0.05"), Decimal("0.02")]


def test_county_closed_and_issued_july_and_august_is_open(taihe):
    july, august = taihe.periods.order_by("ends_on")
    paper = Document.objects.get(period=july)

    assert (july.state, august.state) == ("issued", "open")
    assert paper.title == "关于2020年1—7月份全县民生工程进展情况的通报"
    assert paper.content["issuer"] == "太和县民生办"
    assert "全市" not in str(paper.content["chapters"])
    assert set(july.reports.values_list("state", flat=True)) == {"approved"}
    assert Snapshot.objects.filter(period=july).count() == 1


def test_marks_of_a_county_are_confirmed_by_a_second_person_and_count(taihe):
    marks = EnteredMark.objects.filter(period__programme=taihe).select_related("entered_by", "confirmed_by")
    snapshot = Snapshot.objects.get(period__programme=taihe)
    components = {row.code: row.weight for row in ScoringComponent.objects.filter(scheme__programme=taihe)}

    # 31 townships and the 经开区.
    assert marks.count() == 32
    assert {(row.entered_by.username, row.confirmed_by.username) for row in marks} == {
        ("taihe_office", "taihe_office_head")
    }
    assert all("演示数据" in row.source for row in marks)
    assert sum(components.values()) == 100
    assert snapshot.scheme.programme == taihe


#: Words of a city's programme.
OF_A_CITY = ("全市", "市民生办", "市级审核", "市级牵头", "各县表格", "县直部门", "市本级")


def test_pages_of_a_county_speak_of_a_county(taihe, client):
    assert client.login(username="taihe_office", password=DEMO_PASSWORD)
    pages = ["/", *(f"/programmes/{taihe.code}/{page}/" for page in ("2020-08", "2020-07/ranking", "2020-07/review"))]

    for page in pages:
        response = client.get(page)
        text = response.content.decode()
        assert response.status_code == 200, page
        assert "肖口镇" in text, page
        assert not [word for word in OF_A_CITY if word in text], page


@pytest.mark.long
@pytest.mark.parametrize("page", COUNTY_PAGES)
def test_every_page_of_a_county_s_programme_speaks_of_a_county(taihe, client, page):
    assert client.login(username="taihe_office", password=DEMO_PASSWORD)

    response = client.get(f"/programmes/{taihe.code}/{page}")

    assert response.status_code == 200
    assert not [word for word in OF_A_CITY if word in response.content.decode()]


def test_who_is_kept_out_of_a_county_s_programme_is_told_by_whom_it_is_kept(taihe, client):
    assert client.login(username="taihe_township", password=DEMO_PASSWORD)

    home = client.get("/")
    refused = client.get(f"/programmes/{taihe.code}/readiness/")

    assert refused.status_code == 403
    assert "只有县民生办可以做这件事。" in refused.content.decode()
    assert "各部门填到哪一步" in home.content.decode()
    assert not [word for word in OF_A_CITY if word in home.content.decode()]


def test_township_s_clerk_fills_the_township_s_report_and_nobody_else_s(taihe, client):
    august = taihe.periods.get(state="open")
    own, other = (august.reports.get(participant__printed_name=name) for name in ("肖口镇", "城关镇"))
    assert client.login(username="taihe_township", password=DEMO_PASSWORD)

    pages = [client.get(f"/reports/{report.pk}/") for report in (own, other)]

    assert [page.status_code for page in pages] == [200, 404]
    # 特困供养 is a township's, 参保率 the whole county's.
    assert "特困供养对象" in pages[0].content.decode()
    assert "全市" not in pages[0].content.decode()


@pytest.mark.parametrize(
    "code",
    [
        "tongguan-2020",
        *(pytest.param(code, marks=pytest.mark.long) for code in ("fuyang-2020", "taihe-2020")),
    ],
)
def test_catalogue_workbook_of_the_year_reads_back_without_a_change(demo, code, tmp_path):
    path = tmp_path / "目录.xlsx"
    path.write_bytes(catalogue_workbook(Programme.objects.get(code=code)))

    reading = read_catalogue(path)
    with transaction.atomic():
        outcome = load_catalogue(data=reading.data, by=User.objects.system())
        transaction.set_rollback(True)

    assert reading.problems == []
    assert (dict(outcome.created), dict(outcome.changed)) == ({}, {})


# -- 张掖市 ---------------------------------------------------------------------------------------


def test_hospital_without_a_task_in_an_item_of_words_has_none(zhangye):
    july = live_standings(zhangye.periods.get(ends_on__month=7))
    [indicator] = [row.pk for row in july.indicators.values() if row.name == "困难家庭新生资助"]

    statuses = {july.participants[row["participant_id"]].printed_name: row["status"] for row in july.lines[indicator]}

    assert [name for name, status in statuses.items() if status == "text"] == [
        *("甘州区", "临泽县", "高台县", "山丹县", "民乐县", "肃南县", "全市")
    ]
    assert set(statuses.values()) == {"text", "no_task"}


def test_units_plans_are_the_paper_s_amount_per_piece_by_its_parts(zhangye, client):
    plans = FundPlan.objects.filter(fund_line__programme=zhangye)
    sums = {}
    for seq, source, amount in plans.values_list("fund_line__sub_project__project__seq", "fund_line__source", "amount"):
        sums[seq, source] = sums.get((seq, source), 0) + amount / WAN

    schemes = {row["seq"]: row for row in facts("zhangye_facts.yaml")["zhangye"]["schemes"]}
    total = schemes[2]["funding"]["total"]
    # 7 centres × 300 万元 by 5:2:3; 11 stations × (1 + 0.5); 547 公里 × 20 = 10940
    assert [sums[2, source] for source in ("province", "city", "county")] == [total["省"], total["市"], total["县区"]]
    assert [sums[7, source] for source in ("city", "county")] == [11, Decimal("5.5")]
    assert sums[8, "province"] == schemes[8]["funding"]["derived_total"] == 10940
    # The water scheme's sums are printed for the city alone, and the counts of the fifth are an annex's.
    assert {seq for seq, _ in sums} == {2, 7, 8}
    assert set(plans.filter(fund_line__sub_project__project__seq=2).values_list("is_demo", flat=True)) == {False}
    assert client.login(username="zhangye_office", password=DEMO_PASSWORD)
    overview = client.get("/programmes/zhangye-2022/funds/").content.decode()
    assert "文件只印了总数、没有分到单位，不在上面的合计里：9 &quot;打通最后一公里&quot;农村水利惠民工程。" in overview
    assert set(plans.exclude(fund_line__sub_project__project__seq=2).values_list("is_demo", flat=True)) == {True}


def test_milestones_page_shows_the_printed_quarters_and_what_they_miss(zhangye, client):
    assert client.login(username="zhangye_office", password=DEMO_PASSWORD)

    text = client.get("/programmes/zhangye-2022/milestones/?day=2022-07-31").content.decode()

    for amount in ("2,315", "11,212", "7,700", "1,654"):
        assert f"{amount}.00" in text
    assert "四个季度相加 22,881.00，年度计划 60,870.00，相差 37,989.00；两数都照印发的保留。" in text


# -- 铜官区 ---------------------------------------------------------------------------------------


def test_district_s_items_are_those_the_paper_counts_and_names(tongguan):
    printed = facts("tongguan_facts.yaml")["tongguan"]
    counts = printed["counts"]
    carried_out = tongguan.projects.filter(sub_projects__indicators__targets__state="text")
    changes = {change: carried_out.filter(change=change).count() for change in ("new", "improved", "continued")}

    assert tongguan.year == printed["year"]
    assert tongguan.projects.count() == counts["市定"] == 34
    assert tongguan.projects.filter(origin="province").count() == counts["省定"] == 33
    assert carried_out.count() == counts["区实施"] == 23
    assert changes == {"new": counts["新增"], "improved": counts["完善整合"], "continued": counts["继续实施"]}
    assert set(carried_out.filter(change="new").values_list("name", flat=True)) == set(printed["new_items"])


def test_district_s_dated_rules_bind_every_item_of_their_category(tongguan):
    rules = {row["scope"]: row["rule"] for row in facts("tongguan_facts.yaml")["tongguan"]["milestones"]}
    tasks = DatedTask.objects.filter(sub_project__project__programme=tongguan).select_related("sub_project__project")
    found = {}
    for task in tasks:
        found.setdefault((str(task.due_on), task.printed_due), set()).add(task.sub_project.project.seq)

    assert (rules["一次性发放补助"], rules["工程类"]) == ("5月底前兑现", "10月份基本完成")
    carried_out = Indicator.objects.filter(sub_project__project__programme=tongguan, targets__state="text")
    by_category = {
        category: set(carried_out.filter(category=category).values_list("sub_project__project__seq", flat=True))
        for category in ("subsidy", "engineering")
    }
    assert found == {
        ("2020-05-31", "5月底前"): by_category["subsidy"],
        ("2020-10-31", "10月份"): by_category["engineering"],
    }


def test_district_s_april_closes_and_its_paper_prints_the_published_rates(tongguan):
    printed = facts("tongguan_facts.yaml")["tongguan"]["funds"]
    period = tongguan.periods.get()

    with transaction.atomic():
        closed = close_month(period=period, without=[], by=User.objects.get(username="tongguan_office"))
        words = str(closed.document.content)
        state = closed.snapshot.period.state
        statuses = {row["status"] for rows in snapshot_standings(closed.snapshot).lines.values() for row in rows}
        transaction.set_rollback(True)

    assert state == "closed"
    assert statuses == {"text", "no_task"}
    assert str(period.as_of) == str(printed[0]["as_of"])
    # 2568.1 ÷ 3794.6 = 67.67… and 306.3 ÷ 691 = 44.32…, at one decimal
    assert [row["published_rate"] for row in printed] == ["67.7", "44.3"]
    assert all(f"{row['published_rate']}%" in words for row in printed)
    sums = {
        kind: FundPlan.objects.filter(fund_line__in=lines).aggregate(total=Sum("amount"))["total"] / WAN
        for kind in ("project", "maintenance")
        if (lines := FundLine.objects.filter(programme=tongguan, kind=kind).exclude(source="bond"))
    }
    assert [sums["project"], sums["maintenance"]] == [Decimal(row["plan"]) for row in printed]
