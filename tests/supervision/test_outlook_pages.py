"""The pages 完成预测 and 居全省落后位次: what they say, to whom, and of what is missing."""

import datetime
import io
import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from projects.models import Benchmark, Report, ReportingPeriod
from supervision.services.snapshots import freeze_snapshot
from tests import factories
from tests.supervision.funds import planned_line
from tests.support.pages import strange_words
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

PAGES = ["outlook", "provincial"]


def address_of(page, period, query="") -> str:
    return reverse(f"supervision:{page}", args=[period.programme.code, period.code]) + query


@pytest.fixture
def look(client, request):
    """Open a page as somebody of the cast: (name of the fixture, address) → response."""

    def open_page(person: str, address: str):
        client.force_login(request.getfixturevalue(person))
        return client.get(address)

    return open_page


@world
def august(period, july, participants, indicators, city_officer):
    """里程 of July and August: 太和县 70 and 76 of 100, 界首市 100 and 110 of 200; July is issued.

    太和县: July's 70 in seven months are 10 each, 24 ÷ 4 = 6 are needed. 界首市: 100 ÷ 7 = 14.286, 90 ÷ 4 = 22.5 are
    needed; 22.5 ÷ 14.286 = 1.575.
    """
    setter = factories.UserFactory()
    ReportingPeriod.objects.filter(pk=july.pk).update(state="open")
    for month, values in [(july, {"341222": 70, "341282": 100}), (period, {"341222": 76, "341282": 110})]:
        for code, value in values.items():
            report = factories.ReportFactory(period=month, participant=participants[code], state="approved")
            factories.FigureFactory(
                report=report, indicator=indicators["里程"], value=Decimal(value), updated_by=setter
            )
    freeze_snapshot(period=july, by=city_officer)
    ReportingPeriod.objects.filter(pk=july.pk).update(state="issued")
    return period


def published(period, indicator, average="67.3", **fields):
    """A 全省平均 of an indicator with the city's figure and place."""
    values = {"city_rate": Decimal("62.0"), "city_place": 14, "city_count": 16, "decimals": 1} | fields
    return factories.BenchmarkFactory(period=period, indicator=indicator, value=Decimal(average), **values)


def rows_of(response) -> dict[str, str]:
    assert response.status_code == 200
    return {row["unit"]: row["word"] for row in response.context["rows"]}


def test_outlook_page_shows_the_lines_in_scope(look, august, lead_officer, leader, clerk, filler):
    people = ["leader", "lead_officer", "clerk", "filler"]

    found = {person: rows_of(look(person, address_of("outlook", august, "?state=all"))) for person in people}

    everybody = {"太和县": "可按期", "界首市": "需提速1.6倍", "市本级": "无任务"}
    own = {"太和县": "可按期"}
    assert found == {"leader": everybody, "lead_officer": everybody, "clerk": own, "filler": own}


def test_outlook_page_county_sees_others_once_the_month_is_issued(look, august, city_officer):
    freeze_snapshot(period=august, by=city_officer)
    closed = datetime.datetime(2020, 9, 8, tzinfo=datetime.UTC)
    ReportingPeriod.objects.filter(pk=august.pk).update(state="issued", closed_at=closed, closed_by=city_officer)

    response = look("clerk", address_of("outlook", august))

    assert rows_of(response) == {"界首市": "需提速1.6倍"}
    assert "还差90公里，剩4个月（到12月31日），每月需22.5公里" in response.content.decode()


def test_outlook_page_filters_by_unit_project_and_state(look, august):
    one = look("city_officer", address_of("outlook", august, "?unit=341282&project=1&state=faster"))
    none = look("city_officer", address_of("outlook", august, "?unit=341222"))

    assert rows_of(one) == {"界首市": "需提速1.6倍"}
    assert rows_of(none) == {}
    assert "没有到期完不成的" in none.content.decode()


def test_pages_asked_for_what_does_not_exist_say_so(look, august):
    asked = {
        "outlook": ["?basis=7", "?unit=nobody", "?project=99", "?state=wrong"],
        "provincial": ["?basis=7", "?last=wrong", "?category=policy"],
    }

    answers = [
        look("city_officer", address_of(page, august, query)) for page, queries in asked.items() for query in queries
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert all("没有" in answer.content.decode() for answer in answers)


def revise(participants, indicator, **fields):
    setter = factories.UserFactory()
    for participant in participants.values():
        factories.TargetFactory(
            indicator=indicator, participant=participant, revision=2, reason="调整", set_by=setter, **fields
        )


def no_targets(period, participants, indicator):
    revise(participants, indicator, state="no_task", value=None)


def zero_targets(period, participants, indicator):
    revise(participants, indicator, value=0)


def nobody_approved(period, participants, indicator):
    Report.objects.filter(period=period).update(state="draft")


def joined_in_august(period, participants, indicator):
    participants["341282"].joins_on = datetime.date(2020, 8, 1)
    participants["341282"].save()


#: What is missing → what is done to the month, and the words of both pages.
ODD_MONTHS = {
    "no targets": (no_targets, "没有到期完不成的", "—"),
    "targets of 0": (zero_targets, "没有到期完不成的", "—"),
    "nobody approved": (nobody_approved, "没有到期完不成的", "—"),
    "joined in August": (joined_in_august, "需提速1.6倍", "62.0%"),
}


@pytest.mark.parametrize("name", ODD_MONTHS)
def test_pages_of_an_odd_month_say_what_is_missing(look, august, participants, indicators, name):
    published(august, indicators["里程"])
    change, outlook_words, own = ODD_MONTHS[name]
    change(august, participants, indicators["里程"])

    outlook = look("city_officer", address_of("outlook", august))
    provincial = look("city_officer", address_of("provincial", august))

    assert outlook_words in outlook.content.decode()
    assert [row["own"] for row in provincial.context["rows"]] == [own]
    assert strange_words(outlook.content.decode(), provincial.content.decode()) == []


def test_pages_of_a_programme_without_indicators_say_so(look, programme, period, participants):
    outlook = look("city_officer", address_of("outlook", period))
    provincial = look("city_officer", address_of("provincial", period))

    assert "本年度没有可以预测的指标" in outlook.content.decode()
    assert "本期还没有录入全省平均和本市位次" in provincial.content.decode()


def test_outlook_page_of_a_week_leads_to_the_month(look, august, participants):
    week = factories.PeriodFactory(
        programme=august.programme,
        kind="week",
        starts_on=datetime.date(2020, 8, 31),
        ends_on=datetime.date(2020, 9, 6),
    )

    response = look("city_officer", address_of("outlook", week))

    assert "周报不作完成预测" in response.content.decode()
    assert address_of("outlook", august) in response.content.decode()


def test_provincial_page_lists_the_last_of_the_cities_first(look, august, july, indicators):
    # 76 + 110 = 186 of 300 are 62.0; the province prints 61.5 of it, and its average is 67.3
    published(august, indicators["里程"], city_rate=Decimal("61.5"), city_place=15)
    published(july, indicators["里程"], city_place=12)
    # 人数 is not reported, its place is in the middle; 合格率 has no place
    published(august, indicators["人数"], city_rate=None, city_place=8)
    factories.BenchmarkFactory(period=august, indicator=indicators["合格率"])

    last = look("city_officer", address_of("provincial", august))
    everything = look("city_officer", address_of("provincial", august, "?last=all"))

    (row,) = last.context["rows"]
    said = {key: row[key] for key in ("label", "lead", "place", "previous", "change", "own", "difference")}
    assert said == {
        "label": "里程",
        "lead": "市交通运输局",
        "place": 15,
        "previous": 12,
        "change": "↓3",
        "own": "62.0%",
        "difference": "+0.5",
    }
    assert row["is_different"]
    # 110 of 200 are 55.0, 76 of 100 are above
    assert row["units"] == "里程低于全省（67.3%）平均进度的有：界首市55.0%。"
    assert [row["label"] for row in everything.context["rows"]] == ["里程", "人数"]
    assert "另有 1 项全省平均没有录入本市位次" in last.content.decode()


def test_provincial_page_where_nobody_is_below_names_the_slowest(look, august, indicators):
    published(august, indicators["里程"], "50.0", city_count=None)

    last = look("city_officer", address_of("provincial", august))
    everything = look("city_officer", address_of("provincial", august, "?last=all"))

    assert last.context["rows"] == []
    assert "有 1 项没有参评市数" in last.content.decode()
    assert everything.context["rows"][0]["units"] == "没有单位低于全省平均，最慢的是界首市55.0%。"


def test_provincial_page_rates_of_money_stand_among_the_items(look, august, participants, indicators, city_officer):
    # 60 of 100 and 150 of 200 万元 are paid: (60 + 150) ÷ 300 = 70.0
    for code, planned, paid in (("341222", 1_000_000, 600_000), ("341282", 2_000_000, 1_500_000)):
        report = Report.objects.get(period=august, participant=participants[code])
        planned_line(indicators["里程"], participants[code], city_officer, planned, report, disbursed=paid)
    fields = {"fund_rate": "project-disbursed-planned", "city_rate": Decimal("69.8"), "city_place": 16}
    published(august, None, "70.5", **fields)

    office = look("city_officer", address_of("provincial", august, "?category=funds"))
    clerk = look("clerk", address_of("provincial", august))

    (row,) = office.context["rows"]
    assert (row["label"], row["own"], row["difference"]) == ("拨付率（拨付÷计划）", "70.0%", "+0.2")
    assert row["units"] == "拨付率（拨付÷计划）低于全省（70.5%）平均进度的有：太和县60.0%。"
    assert clerk.context["rows"] == []


def test_provincial_page_shows_sums_and_lists_in_scope_only(look, august, indicators, leader, lead_officer, clerk):
    published(august, indicators["里程"])

    texts = {person: look(person, address_of("provincial", august)) for person in ("leader", "lead_officer", "clerk")}

    labels = {person: [row["label"] for row in page.context["rows"]] for person, page in texts.items()}
    assert labels == {"leader": ["里程"], "lead_officer": ["里程"], "clerk": []}
    hidden = texts["clerk"].content.decode()
    assert "其他项目的在通报印发后可见" in hidden
    assert not [figure for figure in ("62.0", "55.0", "里程") if figure in hidden]


def test_provincial_page_on_a_snapshot_keeps_the_places_of_the_close(look, august, july, indicators, city_officer):
    published(august, indicators["里程"], city_rate=Decimal("61.5"), city_place=15)
    published(july, indicators["里程"], city_place=12)
    freeze_snapshot(period=august, by=city_officer)
    Benchmark.objects.filter(period=august).update(value=Decimal("70.1"), city_place=3, city_rate=Decimal("71.2"))
    why = reverse("supervision:why-benchmark", args=[august.programme.code, august.code, indicators["里程"].pk])

    kept = look("city_officer", address_of("provincial", august, "?basis=1"))
    answer = look("city_officer", f"{why}?basis=1").content.decode()
    live = look("city_officer", address_of("provincial", august, "?basis=live&last=all"))

    (row,), (now,) = kept.context["rows"], live.context["rows"]
    said = [(one["place"], one["previous"], one["average"], one["published"], one["difference"]) for one in (row, now)]
    # Our own sum is 186 of 300, 62.0; 62.0 - 61.5 and 62.0 - 71.2
    assert said == [(15, 12, "67.3%", "61.5%", "+0.5"), (3, 12, "70.1%", "71.2%", "−9.2")]
    assert "第15位" in answer
    assert "第3位" not in answer


def test_provincial_page_of_a_snapshot_without_places_says_so(look, august, indicators, city_officer):
    average = published(august, indicators["里程"], city_place=None)
    freeze_snapshot(period=august, by=city_officer)
    Benchmark.objects.filter(pk=average.pk).update(city_place=15)

    response = look("city_officer", address_of("provincial", august, "?basis=1"))

    assert response.context["rows"] == []
    assert "这一版快照里没有本市在全省的位次" in response.content.decode()


def test_provincial_page_averages_without_places_leads_the_office_to_them(look, august, indicators):
    published(august, indicators["里程"], city_place=None, city_count=None)
    averages = reverse("supervision:benchmarks", args=[august.programme.code, august.code])

    office = look("city_officer", address_of("provincial", august)).content.decode()
    leader = look("leader", address_of("provincial", august)).content.decode()

    assert "没有录入本市在全省的位次" in office
    assert f'href="{averages}"' in office
    assert "没有录入本市在全省的位次" in leader
    assert f'href="{averages}"' not in leader


def test_pages_as_workbooks_hold_numbers_and_are_in_the_record(look, august, indicators):
    published(august, indicators["里程"])

    sheets = {}
    for page in PAGES:
        response = look("city_officer", address_of(f"{page}-export", august))
        book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
        sheets[page] = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]

    outlook = next(row for row in sheets["outlook"] if row[0] == "界首市")
    provincial = next(row for row in sheets["provincial"] if row[2] == "里程")
    # target, value, left, months left; needed, best; times
    assert (outlook[6:10], outlook[11:13], outlook[15]) == ([200, 110, 90, 4], [22.5, 14.286], 1.6)
    assert provincial[4:6] + provincial[8:12] == [14, 16, 67.3, 62, 62, 0]


@pytest.mark.slow
def test_pages_many_rows_ask_as_often_as_few(look, august, participants, indicators):
    published(august, indicators["里程"])
    addresses = [address_of(page, august, "?last=all&state=all") for page in PAGES]

    def counts() -> list[int]:
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert look("city_officer", address).status_code == 200
            found.append(len(queries))
        return found

    counts()
    few = counts()
    for _ in range(3):
        unit = factories.ParticipantFactory(programme=august.programme)
        report = factories.ReportFactory(period=august, participant=unit)
        indicator = factories.IndicatorFactory(sub_project__project__programme=august.programme)
        factories.TargetFactory(indicator=indicator, participant=unit)
        factories.FigureFactory(report=report, indicator=indicator)
        published(august, indicator)

    assert counts() == few
    assert Benchmark.objects.count() == 4


def drawn(html: str, name: str) -> dict:
    """Return the option of a chart as the page gives it to the script."""
    return json.loads(html.partition(f'id="chart-{name}-spec" type="application/json">')[2].partition("</script>")[0])


def test_outlook_draws_how_many_lines_each_unit_misses_the_most_first(
    look, august, july, indicators, participants, city_officer
):
    ReportingPeriod.objects.filter(pk=july.pk).update(state="open")
    for number, code in ((1, "341282"), (2, "341282"), (3, "341222")):
        late = factories.IndicatorFactory(sub_project=indicators["里程"].sub_project, name=f"难{number}", order=number)
        factories.TargetFactory(indicator=late, participant=participants[code], value=1000)
        # July's 1 and August's 2: one a month against 998 ÷ 4.
        for report in Report.objects.filter(participant=participants[code], period__in=[july, august]):
            factories.FigureFactory(report=report, indicator=late, value=report.period.ends_on.month - 6)
    freeze_snapshot(period=july, by=city_officer)
    ReportingPeriod.objects.filter(pk=july.pk).update(state="issued")

    page = look("city_officer", address_of("outlook", august))

    bars = drawn(page.content.decode(), "missed")
    # 界首市: 里程 needs more speed, 难1 and 难2 are out of reach; 太和县: 难3.
    missed = {row["name"]: row["missed"] for row in page.context["units"]}
    assert bars["yAxis"][0]["data"] == ["界首市", "太和县"]
    assert [row["value"] for row in bars["series"][0]["data"]] == [
        str(missed["界首市"]),
        str(missed["太和县"]),
    ]
    assert (missed["界首市"], missed["太和县"]) == (3, 1)


def test_provincial_draws_the_places_and_calls_a_countys_own_by_its_level(look, august, indicators):
    for name, place in (("里程", 15), ("人数", 4)):
        published(august, indicators[name], city_place=place, city_count=16)
    owner = august.programme.owner

    city = look("city_officer", address_of("provincial", august, "?last=all")).content.decode()
    type(owner).objects.filter(pk=owner.pk).update(kind="county", name="太和县")
    county = look("city_officer", address_of("provincial", august, "?last=all")).content.decode()

    bars = drawn(city, "places")["series"][0]["data"]
    assert [row["value"] for row in bars] == ["15", "4"]
    assert [row["itemStyle"]["color"] for row in bars] == ["--red", "--accent"]
    assert ("本市位次" in city, "本市" in county, "本县位次" in county) == (True, False, True)


def test_lead_agency_gets_the_tab_of_plausibility(look, august):
    pages = {
        who: look(who, address_of("outlook", august)).content.decode() for who in ("lead_officer", "leader", "clerk")
    }

    tab = reverse("supervision:plausibility", args=[august.programme.code, august.code])
    assert {who: tab in html for who, html in pages.items()} == {"lead_officer": True, "leader": False, "clerk": False}
