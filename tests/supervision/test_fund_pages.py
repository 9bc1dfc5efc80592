"""Money on the pages, in the bulletin and in the JSON document, by the cast's month."""

import datetime
import io
import json
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.urls import reverse

from funding.models import FundExclusion, FundFigure, FundLine, FundPlan
from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import Refused
from projects.models import Benchmark, Report
from projects.services.benchmarks import BenchmarkEntry
from supervision.models import FundSetLine
from supervision.services import fund_lines
from supervision.services.benchmarks import benchmark_rates, record_benchmarks
from supervision.services.closing import reporters_of
from supervision.services.verification import verify_all
from supervision.stamp import standings_stamp
from tests import factories
from tests.supervision.funds import planned_line
from tests.supervision.months import close, report_month
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

CODE = "project-disbursed-planned"
LABEL = "拨付率（拨付÷计划，不含人数）"


@world
def money(period, participants, indicators, city_officer):
    """August with money, before its reports are approved: 太和县 60 of 100 万元 paid, 界首市 150 of 200, 市本级 none.

    What is spent on 人数 stays out.
    """
    for code, planned, disbursed in (("341222", 1_000_000, 600_000), ("341282", 2_000_000, 1_500_000)):
        report = Report.objects.get_or_create(period=period, participant=participants[code])[0]
        planned_line(indicators["里程"], participants[code], city_officer, planned, report, disbursed=disbursed)
        planned_line(indicators["人数"], participants[code], city_officer, 5_000_000, report, disbursed=5_000_000)
    out = FundExclusion.objects.create(programme=period.programme, phrase="不含人数", set_by=city_officer)
    out.sub_projects.add(indicators["人数"].sub_project)
    Benchmark.objects.create(
        period=period, fund_rate=CODE, value=Decimal("70.5"), decimals=1, source="省通报", confirmed_by=city_officer
    )
    return period


@world
def approved(money, participants, indicators, city_officer):
    report_month(money, participants, indicators, by=city_officer)
    return money


def test_standings_json_holds_the_funds_of_the_contract(approved):
    output = io.StringIO()

    call_command("standings", programme=approved.programme.code, period="2020-08", json=True, stdout=output)

    funds = json.loads(output.getvalue())["funds"]
    assert [(row["fund_kind"], row["measure"], row["denominator"]) for row in funds] == [
        ("project", "received", "planned"),
        ("project", "disbursed", "planned"),
        ("project", "spent", "disbursed"),
    ]
    paid = funds[1]
    assert list(paid) == [
        *("fund_kind", "measure", "denominator", "excluded", "pooled_rate", "pooled_excluding"),
        *("pooled_rate_with_missing", "benchmark", "units", "below_benchmark"),
    ]
    # (60 + 150) ÷ 300 = 70.00
    assert (paid["pooled_rate"], paid["benchmark"], paid["pooled_excluding"]) == ("70.00", "70.5", [])
    assert paid["below_benchmark"] == ["太和县"]
    units = {row["name"]: row for row in paid["units"]}
    assert units["太和县"] == {
        "participant": "341222",
        "name": "太和县",
        "kind": "unit",
        "planned": "1000000.00",
        "received": None,
        "disbursed": "600000.00",
        "spent": None,
        "rate": "60.00",
        "place": 2,
        # 8 ÷ 12 = 66.67; 60.00 − 66.67; 60.0 − 70.5
        "expected_rate": "66.67",
        "gap_to_expected": "-6.67",
        "gap_to_benchmark": "-10.5",
        "below_benchmark": True,
    }
    assert (units["市本级"]["rate"], units["市本级"]["planned"]) == (None, None)
    assert (units["全市"]["planned"], units["全市"]["place"]) == ("3000000.00", None)


def test_standings_text_names_the_denominator(approved):
    output = io.StringIO()

    call_command("standings", programme=approved.programme.code, period="2020-08", stdout=output)

    assert f"{LABEL}  全市70.00  全省平均70.5" in output.getvalue()


def test_bulletin_says_of_money_what_was_frozen(approved, city_officer):
    closed = close(approved, by=city_officer)

    content = closed.document.content
    [chapter] = [row for row in content["chapters"] if row["heading"] == "资金拨付"]
    text = "".join(sentence["text"] for item in chapter["paragraphs"] for sentence in item["sentences"])
    # (60 + 150) ÷ (100 + 200) = 70.00: 70.00 − 66.67 = 3.33; 70.0 − 70.5 = −0.5
    assert "全市项目资金计划300.00万元（不含人数），拨付210.00万元。" in text
    assert f"{LABEL}：全市70.00%，比时序进度（66.67%）高3.33个百分点，比全省平均进度低0.5个百分点。" in text
    assert f"{LABEL}第一名界首市（75.00%）；第二名太和县（60.00%）；无任务：市本级。" in text
    assert f"{LABEL}低于全省（70.5%）平均进度的有：太和县60.0%。" in text
    frozen = {row.pk for row in closed.snapshot.fund_rates.all()}
    rested = {pk for item in chapter["paragraphs"] for sentence in item["sentences"] for pk in sentence["funds"]}
    assert rested
    assert rested <= frozen
    [table] = [row for row in content["attachments"] if row["title"] == "各单位项目资金情况表"]
    assert table["rows"][0] == ["太和县", "100.00", "—", "60.00", "—", "—", "—", "60.00▽", "2", "—", "—"]
    assert table["rows"][-1][:5] == ["全市", "300.00", "—", "210.00", "—"]
    assert "不含人数" in table["note"]


def test_bulletin_without_money_has_no_chapter_of_it(period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer)

    content = close(period, by=city_officer).document.content

    assert "资金拨付" not in [row["heading"] for row in content["chapters"]]


def test_unit_with_money_and_no_other_task_has_to_report(period, participants, indicators, city_officer):
    before = {reporter.key for reporter in reporters_of(period)}
    newcomer = factories.ParticipantFactory(programme=period.programme, code="341999", printed_name="新区", order=9)

    planned_line(indicators["里程"], newcomer, city_officer, 1000)

    assert {reporter.key for reporter in reporters_of(period)} - before == {"341999"}


def test_ranking_page_shows_a_rate_with_places_gaps_and_its_denominator(client, approved, city_officer):
    client.force_login(city_officer)

    page = client.get(address_of(approved) + "?rate=project-disbursed").content.decode()

    for words in (LABEL, "60.00", "75.00", "70.5%", "66.67%", "低于全省（70.5%）平均进度的有：太和县60.0%", "不计入"):
        assert words in page
    assert "到位率（到位÷计划）" in page


def test_ranking_page_of_a_county_shows_its_own_money_without_places(client, approved, clerk):
    client.force_login(clerk)

    page = client.get(address_of(approved) + "?rate=project-disbursed").content.decode()

    assert "60.00" in page
    for hidden in ("界首市", "75.00", "70.00"):
        assert hidden not in page


@pytest.mark.parametrize("rate", ["project-planned", "x", "maintenance-spent"])
def test_ranking_page_of_an_unknown_rate_is_not_found(client, money, city_officer, rate):
    client.force_login(city_officer)

    assert client.get(f"{address_of(money)}?rate={rate}").status_code == 404


def test_ranking_page_without_money_has_nothing_to_choose(client, period, city_officer):
    client.force_login(city_officer)

    assert "到位率" not in client.get(address_of(period)).content.decode()
    assert client.get(address_of(period) + "?rate=project-spent").status_code == 404


def address_of(period) -> str:
    return reverse("supervision:ranking", args=[period.programme.code, period.code])


def test_stamp_changes_with_money(money, participants, indicators, city_officer):
    seen = [standings_stamp(money)]
    line = FundLine.objects.filter(participant=participants["341222"]).first()
    report = Report.objects.get(period=money, participant=participants["341222"])

    def changed() -> bool:
        seen.append(standings_stamp(money))
        return seen[-1] not in seen[:-1]

    FundFigure.objects.create(
        period=money, fund_line=line, stage="spent", report=report, value=1, updated_by=city_officer
    )
    assert changed()
    FundFigure.objects.filter(fund_line=line, stage="spent").update(value=2)
    assert changed()
    FundPlan.objects.create(
        fund_line=line,
        revision=2,
        amount=2,
        reason="压减",
        document="通知",
        document_on=datetime.date(2020, 7, 1),
        valid_from=datetime.date(2020, 7, 1),
        set_by=city_officer,
    )
    assert changed()
    planned_line(indicators["人数"], participants["341222"], city_officer, None, kind="maintenance")
    assert changed()
    FundExclusion.objects.get().sub_projects.add(indicators["里程"].sub_project)
    assert changed()
    new_set_line(money.programme, city_officer)
    assert changed()


# -- averages and set lines -----------------------------------------------------------------------


def average_of(code=CODE, value="67.3", **values) -> BenchmarkEntry:
    return BenchmarkEntry(
        **{"indicator_id": None, "fund_rate": code, "value": Decimal(value), "decimals": 1, "source": "省通报"} | values
    )


def test_r10_average_of_a_rate_of_money_is_stored_with_its_denominator(money, city_officer):
    recorded = record_benchmarks(period=money, entries=[average_of()], by=city_officer)

    assert recorded.outcome.saved == [CODE]
    assert Benchmark.objects.get(period=money, fund_rate=CODE).value == Decimal("67.3")
    assert AuditEvent.objects.get(verb="set_benchmarks").after[CODE]["value"] == "67.3"
    again = record_benchmarks(period=money, entries=[average_of()], by=city_officer)
    assert again.outcome.unchanged == [CODE]


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (average_of("project-disbursed-received"), "有一个资金比率不属于"),
        (average_of("x"), "有一个资金比率不属于"),
        (average_of(measure="value"), "资金比率只有比率"),
        (average_of(value="-1"), "不能为负数"),
        (average_of(source=""), "没有写来源"),
    ],
)
def test_average_of_money_with_a_fault_is_one_sentence_and_stores_nothing(money, city_officer, entry, sentence):
    with pytest.raises(Refused, match=sentence):
        record_benchmarks(period=money, entries=[entry], by=city_officer)

    assert Benchmark.objects.get(fund_rate=CODE).value == Decimal("70.5")


def test_r10_average_of_money_after_the_close_makes_version_two(approved, city_officer):
    first = close(approved, by=city_officer).snapshot

    recorded = record_benchmarks(period=approved, entries=[average_of(value="59.9")], by=city_officer)

    assert recorded.snapshot.version == 2
    assert list(recorded.snapshot.funds.values_list("planned", flat=True)) == list(
        first.funds.values_list("planned", flat=True)
    )
    assert "拨付率（拨付÷计划，不含人数）均不低于全省平均进度" in str(recorded.snapshot.documents.get().content)
    assert verify_all()["snapshots"] == []


def test_page_of_averages_stores_the_rates_of_money(client, money, city_officer):
    client.force_login(city_officer)
    address = reverse("supervision:benchmarks", args=[money.programme.code, money.code])
    page = client.get(address)
    assert LABEL in page.content.decode()

    posted = client.post(
        address, {"source": "省通报2", "versions": page.context["form"].versions, f"value-{CODE}": "68.0"}
    )

    assert posted.status_code == 302
    stored = Benchmark.objects.get(period=money, fund_rate=CODE)
    assert (stored.value, stored.decimals, stored.version) == (68, 1, 2)


def new_set_line(programme, by, **values) -> FundSetLine:
    return fund_lines.set_fund_line(
        **{
            "programme": programme,
            "code": CODE,
            "due_on": datetime.date(2020, 6, 30),
            "threshold": Decimal(70),
            "text": "省定6月底70%",
            "source": "省通知",
            "by": by,
        }
        | values
    )


def test_r11_set_line_is_entered_replaced_and_removed(money, city_officer):
    line = new_set_line(money.programme, city_officer)
    same = new_set_line(money.programme, city_officer, threshold=Decimal("72.5"))
    assert (same.pk, FundSetLine.objects.get().threshold) == (line.pk, Decimal("72.5"))

    fund_lines.remove_fund_line(line=same, by=city_officer)

    assert not FundSetLine.objects.exists()
    verbs = AuditEvent.objects.filter(verb__endswith="fund_line").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["set_fund_line", "set_fund_line", "remove_fund_line"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"code": "project-disbursed-received"}, "没有这个资金比率"),
        ({"due_on": datetime.date(2021, 6, 30)}, "不在2020年度"),
        ({"threshold": Decimal(0)}, "应大于0"),
        ({"text": " "}, "不能|不可"),
    ],
)
def test_set_line_with_a_fault_is_one_sentence_and_stores_nothing(money, city_officer, values, sentence):
    with pytest.raises(Refused, match=sentence):
        new_set_line(money.programme, city_officer, **values)

    assert not FundSetLine.objects.exists()


def test_set_line_is_the_city_offices(money, clerk):
    with pytest.raises(NotAllowed):
        new_set_line(money.programme, clerk)


def test_page_of_set_lines_adds_and_removes(client, money, city_officer):
    client.force_login(city_officer)
    address = reverse("supervision:fund-lines", args=[money.programme.code])
    typed = {"code": CODE, "due_on": "2020-06-30", "threshold": "70", "text": "省定6月底70%", "source": "省通知"}

    assert client.post(address, typed | {"threshold": "很多"}).status_code == 422
    assert client.post(address, typed | {"due_on": "2019-06-30"}).status_code == 422
    assert not FundSetLine.objects.exists()
    assert client.post(address, typed).status_code == 302
    assert "省定6月底70%" in client.get(address).content.decode()
    line = FundSetLine.objects.get()
    assert client.post(reverse("supervision:fund-line-remove", args=[money.programme.code, line.pk])).status_code == 302
    assert not FundSetLine.objects.exists()


def test_rates_offered_are_those_the_programme_has(money):
    assert list(benchmark_rates(money.programme)) == [
        "project-received-planned",
        "project-disbursed-planned",
        "project-spent-disbursed",
    ]
