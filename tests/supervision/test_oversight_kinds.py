"""Rules about overdue matters and about rates of money: who is found, who is not, on the day and the value between."""

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from supervision.models import DocumentSeries, Rectification, SnapshotFundRate
from supervision.oversight.finding import find, not_judged, reason_words
from supervision.services.oversight import fire_rules
from tests.supervision.frozen import freeze, rule
from tests.supervision.letter_rows import letter_paper, supervision_letter
from tests.support.worlds import world


@world
def snapshot(period):
    """August, closed today: what is overdue is so by today."""
    return freeze(period, [])


@world
def series(office):
    return DocumentSeries.objects.create(agency=office, word="民生办", year=2020)


@pytest.fixture
def late(period, participants, city_officer):
    """Return what makes a 整改 of a unit by code (or a bureau's), its deadline so many days ago."""

    def make(code, days, *, state="underway", **more):
        return Rectification.objects.create(
            programme=period.programme,
            seq=Rectification.objects.count() + 1,
            source="audit",
            problem="管护资金没有到位",
            participant=participants[code] if code else None,
            deadline=timezone.localdate() - datetime.timedelta(days=days),
            state=state,
            opened_by=city_officer,
            assigned_at=timezone.now(),
            assigned_by=city_officer,
            **more,
        )

    return make


def overdue_letter(snapshot, series, unit, agency, days, *, by, state="issued"):
    """A letter whose answer was due so many days before the close."""
    paper = letter_paper(snapshot, series, by=by)
    paper.subject = f"overdue-{unit.code}"
    paper.save()
    letter = supervision_letter(paper, participant=unit, agency=agency, state=state, by=by)
    letter.deadline = timezone.localdate() - datetime.timedelta(days=days)
    letter.save()
    return letter


def of_units(found, participants):
    """Return code → (how many, days of the longest)."""
    codes = {row.pk: code for code, row in participants.items()}
    return {codes[row.participant_id]: (row.facts["counted"], row.facts["times"]) for row in found}


def test_overdue_rule_finds_from_the_day_after_the_deadline_and_from_the_set_days_on(snapshot, participants, late):
    for code, days in (("341222", 5), ("341282", 1), ("341200-own", 0)):
        late(code, days)

    by_a_day = find(rule(snapshot.period.programme, "overdue", code="any"), snapshot)
    by_five = find(rule(snapshot.period.programme, "overdue", code="five", days=5), snapshot)
    by_six = find(rule(snapshot.period.programme, "overdue", code="six", days=6), snapshot)

    # Due today is not overdue; 5 days past the deadline are 5天以上, and not 6.
    assert of_units(by_a_day, participants) == {"341222": (1, 5), "341282": (1, 1)}
    assert of_units(by_five, participants) == {"341222": (1, 5)}
    assert by_six == []


def test_overdue_rule_counts_letters_and_items_of_one_unit_together(
    snapshot, series, participants, lead_agency, city_officer, late
):
    taihe, jieshou = participants["341222"], participants["341282"]
    late("341222", 3)
    overdue_letter(snapshot, series, taihe, lead_agency, 7, by=city_officer)
    late("341282", 9)
    letter = overdue_letter(snapshot, series, jieshou, None, 8, by=city_officer, state="replied")
    programme = snapshot.period.programme

    two = find(rule(programme, "overdue", code="two", count=2), snapshot)
    letters = find(rule(programme, "overdue", code="letters", what="letter"), snapshot)

    # 太和: an item of 3 days and a letter, sent with the bureau, of 7. 界首's letter is answered: one matter is left.
    assert letter.state == "replied"
    assert of_units(two, participants) == {"341222": (2, 7)}
    assert [row.agency_id for row in two] == [None]
    assert reason_words("overdue", two[0].facts) == "2件逾期没有办结，最长逾期7天：“农村道路”（里程）实施进度、整改1号"
    assert of_units(letters, participants) == {"341222": (1, 7)}


def test_overdue_rule_leaves_out_what_waits_for_the_office_and_finds_a_bureau(snapshot, lead_agency, late):
    for state in ("opened", "reported"):
        late("341222", 30, state=state)
    late(None, 2, agency=lead_agency)

    found = find(rule(snapshot.period.programme, "overdue", what="rectification"), snapshot)

    assert [(row.participant_id, row.agency_id, row.facts["times"]) for row in found] == [(None, lead_agency.pk, 2)]


def money(snapshot, participant, **columns):
    """Freeze a unit's 拨付率 of project money: 计划 1000万元 and the columns given as printed text."""
    numbers = {name: Decimal(value) for name, value in columns.items() if value is not None}
    SnapshotFundRate.objects.create(
        snapshot=snapshot,
        participant=participant,
        participant_kind=participant.kind,
        participant_order=participant.order,
        fund_kind="project",
        measure="disbursed",
        denominator="planned",
        divisor=Decimal(10_000_000),
        tasks=1,
        missing=0 if numbers else 1,
        state="reported" if numbers else "not_reported",
        **{"benchmark_decimals": 1, **numbers},
    )


@world
def two_months(july, period, participants):
    """拨付率: 太和 49.99 in both months; 界首 50.00 in August, 40 in July; 市本级 did not report; 全市 below all."""
    frozen = []
    for month, rates in ((july, ("49.99", "40", None)), (period, ("49.99", "50", None))):
        taken = freeze(month, [])
        for code, rate in zip(("341222", "341282", "341200-own"), rates, strict=True):
            money(taken, participants[code], **({"rate": rate, "numerator": "4999000"} if rate else {}))
        money(taken, participants["341200"], rate="10")
        frozen.append(taken)
    return frozen


def test_fund_rule_by_a_set_number_finds_below_it_alone(two_months, participants):
    july, august = two_months
    programme = august.period.programme
    given = {"line": "number", "rate": "50"}

    in_july = find(rule(programme, "fund_below", code="one", **given), july)
    in_august = find(rule(programme, "fund_below", code="august", **given), august)
    running = find(rule(programme, "fund_below", code="two", months=2, **given), august)
    exact = find(rule(programme, "fund_below", code="exact", line="number", rate="49.99"), august)

    # 界首 has 50.00, which is not below 50; who did not report is asked for the report, and 全市 is nobody's place.
    assert [row.participant_id for row in in_july] == [participants["341282"].pk, participants["341222"].pk]
    assert [row.participant_id for row in in_august] == [participants["341222"].pk]
    assert running[0].facts | {"gap": "-0.01", "times": 2} == running[0].facts  # 49.99 − 50
    assert exact == []


def test_fund_rule_by_the_average_holds_figures_as_they_are_printed(snapshot, participants):
    # 62.46 and 62.44 % printed with one decimal are 62.5 and 62.4; the average is 62.5.
    money(
        snapshot,
        participants["341222"],
        rate="62.46",
        compared="62.5",
        benchmark="62.5",
        gap_to_benchmark="0",
        numerator="6246000",
    )
    money(
        snapshot,
        participants["341282"],
        rate="62.44",
        compared="62.4",
        benchmark="62.5",
        gap_to_benchmark="-0.1",
        numerator="6244000",
    )
    by_average = rule(snapshot.period.programme, "fund_below", code="average")
    by_set_line = rule(snapshot.period.programme, "fund_below", code="set", line="set")

    found = find(by_average, snapshot)

    assert [row.participant_id for row in found] == [participants["341282"].pk]
    assert reason_words("fund_below", found[0].facts, fund_rate=found[0].fund_rate) == (
        "项目资金拨付率62.4%，低于全省平均（62.5%）0.1个百分点"
    )
    assert find(by_set_line, snapshot) == []
    assert not_judged(by_set_line, snapshot) == "本期没有“拨付率（拨付÷计划）”或它的对照线，没有判断。"


def test_pages_say_why_overdue_and_fund_rules_fired(client, two_months, participants, late, city_officer):
    august = two_months[1]
    programme = august.period.programme
    rule(programme, "fund_below", code="money", line="number", rate="50", months=2)
    rule(programme, "overdue", code="late", level="red")
    late("341282", 4)
    firings = fire_rules(snapshot=august, by=city_officer)
    client.force_login(city_officer)

    page = client.get(reverse("supervision:oversight-period", args=[programme.code, august.period.code]))
    waive = [client.get(reverse("supervision:oversight-firing", args=[row.pk])) for row in firings]

    reasons = {
        "项目资金拨付率49.99%，低于规定数（50%）0.01个百分点，连续2期",
        "1件逾期没有办结，最长逾期4天：整改1号",
    }
    assert {row["reason"] for row in page.context["page"].all} == reasons
    assert {one.context["reason"] for one in waive} == reasons
    assert all(reason in page.content.decode() for reason in reasons)


def test_demo_counts_days_from_its_own_year(period, participants, late, snapshot):
    late("341222", 0)
    Rectification.objects.update(deadline=datetime.date(2020, 9, 3))
    programme = snapshot.period.programme
    programme.is_demo = True

    found = find(rule(programme, "overdue"), snapshot)

    # 31 August and ten days are 10 September: seven days after the 3rd.
    assert of_units(found, participants) == {"341222": (1, 7)}
