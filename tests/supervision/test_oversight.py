"""Rules of supervision: whom each kind finds, by which figures; ladders, waivers, presets, versions."""

import datetime
from decimal import Decimal

import pytest

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import InvalidTransition, Refused
from projects.models import Report
from supervision.models import OversightRule, RuleFiring
from supervision.oversight.finding import find, not_judged, reason_words
from supervision.oversight.presets import presets
from supervision.services.oversight import adopt_preset, adopt_rule, fire_rules, switch_rule, waive_firing
from tests import factories
from tests.supervision.frozen import freeze, rule
from tests.support.worlds import world


@world
def august(period):
    return period


def names(found):
    return [(row.participant_id, row.indicator_id) for row in found]


@pytest.fixture
def units(participants):
    return participants["341222"], participants["341282"], participants["341200-own"]


def test_below_average_two_months_running_finds_only_the_run(july, august, units, indicators):
    taihe, jieshou, own = units
    miles = indicators["里程"]
    freeze(
        july,
        [
            (taihe, miles, {"rate": "40", "benchmark": "52.50"}),
            (jieshou, miles, {"rate": "60", "benchmark": "52.50"}),
            (own, miles, {"rate": "50", "benchmark": "52.50"}),
        ],
    )
    snapshot = freeze(
        august,
        [
            (taihe, miles, {"rate": "45.45", "benchmark": "61.90"}),
            (jieshou, miles, {"rate": "61", "benchmark": "61.90"}),
            (own, miles, {"rate": "61.90", "benchmark": "61.90"}),
        ],
    )
    both = rule(august.programme, "below_average", months=2)

    found = find(both, snapshot)

    # 太和 is below in both months; 界首 in August alone; 市本级 equals the average, which is not below it.
    assert names(found) == [(taihe.pk, miles.pk)]
    assert found[0].agency_id == miles.sub_project.lead_agency_id
    assert Decimal(found[0].facts["gap"]) == Decimal("-16.45")  # 45.45 − 61.90
    assert reason_words(both.kind, found[0].facts) == "完成率45.45%，低于全省平均（61.90%）16.45个百分点，连续2期"


def test_below_average_with_least_gap_leaves_out_the_near(august, units, indicators):
    taihe, jieshou, _ = units
    miles = indicators["里程"]
    snapshot = freeze(
        august,
        [
            (taihe, miles, {"rate": "51.90", "benchmark": "61.90"}),
            (jieshou, miles, {"rate": "51.91", "benchmark": "61.90"}),
        ],
    )

    found = find(rule(august.programme, "below_average", min_gap=10), snapshot)

    # 61.90 − 51.90 = 10.00, 61.90 − 51.91 = 9.99.
    assert names(found) == [(taihe.pk, miles.pk)]


def test_average_by_value_is_held_against_a_least_gap_only_in_percent(august, units, indicators):
    taihe, jieshou, _ = units
    by_value = {"benchmark_measure": "value", "rate": "90", "below_benchmark": True}
    share = by_value | {"benchmark": "91", "compared": "80", "gap_to_benchmark": "-11"}
    head = by_value | {"benchmark": "2000", "compared": "1000", "gap_to_benchmark": "-1000"}
    snapshot = freeze(august, [(taihe, indicators["合格率"], share), (jieshou, indicators["人数"], head)])

    with_gap = find(rule(august.programme, "below_average", min_gap=10), snapshot)
    without = find(rule(august.programme, "below_average", code="r2"), snapshot)

    # 合格率 80 % against 91 %: 11 points. 1000 people fewer are no points.
    assert names(with_gap) == [(taihe.pk, indicators["合格率"].pk)]
    assert (
        reason_words("below_average", with_gap[0].facts, unit="%") == "完成80.00%，低于全省平均（91.00%）11.00个百分点"
    )
    assert len(without) == 2


def test_below_average_without_benchmarks_says_it_could_not_be_judged(august, units, indicators):
    snapshot = freeze(august, [(units[0], indicators["里程"], {"rate": "10"})])
    single = rule(august.programme, "below_average")

    assert find(single, snapshot) == []
    assert not_judged(single, snapshot) == "本期没有录入全省平均，没有判断。"
    assert "不足2期" in not_judged(rule(august.programme, "below_average", code="r2", months=2), snapshot)


def test_unit_without_task_is_never_found(august, units, indicators):
    no_task = {"rate": None, "target_state": "no_task", "status": "no_task", "shown_target": None}
    snapshot = freeze(august, [(units[0], indicators["里程"], no_task)], places={units[0]: ("80", 1)})
    kinds = ["below_average", "behind", "rate_below", "late_return"]

    found = [find(rule(august.programme, kind, code=kind), snapshot) for kind in kinds]

    assert found == [[], [], [], []]


def test_last_places_with_a_tie_finds_all_who_share_the_last_place(august, units, indicators):
    taihe, jieshou, own = units
    snapshot = freeze(august, [], places={taihe: ("90", 1), jieshou: ("80", 2), own: ("80", 2)})

    last = find(rule(august.programme, "last_places", last=1), snapshot)

    assert sorted(row.participant_id for row in last) == sorted([jieshou.pk, own.pk])
    assert reason_words("last_places", last[0].facts) == "综合排名第2名（共3个）"


def test_late_return_counts_the_year_and_fires_only_when_late_again(july, august, units, indicators, clerk):
    taihe, jieshou, _ = units
    miles = indicators["里程"]
    for period in (july, august):
        freeze(
            period,
            [(unit, miles, {"rate": "50"}) for unit in (taihe, jieshou)],
            places={taihe: ("90", 1), jieshou: ("80", 2)},
        )
    late = datetime.timedelta(hours=1)
    for period, unit, moment in (
        (july, taihe, july.deadline + late),
        (august, taihe, august.deadline + late),
        (july, jieshou, july.deadline + late),
        (august, jieshou, august.deadline),
    ):
        factories.ReportFactory(period=period, participant=unit)
        Report.objects.filter(period=period, participant=unit).update(submitted_at=moment, submitted_by=clerk)

    found = find(rule(august.programme, "late_return", times=2), august.snapshots.get())

    # 太和 late in July and August: 2 of 2. 界首 late in July alone, in August on the last moment.
    assert [(row.participant_id, row.facts["times"], row.facts["counted"]) for row in found] == [(taihe.pk, 2, 2)]


PRESET_MONTHS = {
    # rule code → level and who is found. Against 58.33 in July and 66.67 in August: 太和 has 20 in both months,
    # 界首, which has a plan, 70 and 60.
    "nanjing-1": ("red", ["太和县"]),
    "guangyuan-1": ("blue", ["界首市"]),
    "suqian-1": ("yellow", ["太和县", "界首市"]),
    "sanming-1": ("blue", ["太和县", "界首市"]),
    "dazu-1": ("red", ["太和县"]),
}


@pytest.mark.parametrize("code", sorted(presets()))
def test_preset_with_numbers_finds_what_its_paper_says(code, july, august, units, indicators, city_officer):
    taihe, jieshou, _ = units
    miles = indicators["里程"]
    freeze(
        july,
        [
            (taihe, miles, {"rate": "20", "expected_rate": "58.33"}),
            (jieshou, miles, {"rate": "70", "expected_rate": "58.33", "has_plan": True, "status": "on_schedule"}),
        ],
    )
    snapshot = freeze(
        august,
        [
            (taihe, miles, {"rate": "20", "expected_rate": "66.67"}),
            (jieshou, miles, {"rate": "60", "expected_rate": "66.67", "has_plan": True}),
        ],
    )
    rules = adopt_preset(
        programme=august.programme, code=code, effective_from=datetime.date(2020, 1, 1), by=city_officer
    )
    unit_names = {taihe.pk: "太和县", jieshou.pk: "界首市"}

    found = {row.code: (row.level, [unit_names[one.participant_id] for one in find(row, snapshot)]) for row in rules}

    expected = {key: value for key, value in PRESET_MONTHS.items() if key.startswith(code)}
    overdue = {row.code: (row.level, []) for row in rules if row.kind == "overdue"}
    assert found == expected | overdue
    assert all(row.source for row in rules)


def test_same_cause_next_month_escalates_and_waived_begins_anew(july, august, units, indicators, city_officer):
    taihe, jieshou, _ = units
    miles = indicators["里程"]
    lines = [(unit, miles, {"rate": "40", "benchmark": "50"}) for unit in (taihe, jieshou)]
    first, second = freeze(july, lines), freeze(august, lines)
    rule(august.programme, "below_average", level="blue", escalates_after=1)

    fire_rules(snapshot=first, by=city_officer)
    waived = RuleFiring.objects.get(snapshot=first, participant=jieshou)
    waive_firing(firing=waived, reason="汛期停工", by=city_officer)
    fire_rules(snapshot=second, by=city_officer)
    fire_rules(snapshot=second, by=city_officer)

    levels = {row.participant_id: (row.nth, row.level) for row in RuleFiring.objects.filter(snapshot=second)}
    assert levels == {taihe.pk: (2, "yellow"), jieshou.pk: (1, "blue")}
    assert AuditEvent.objects.filter(verb="fire_rules").count() == 2


def test_waive_without_reason_or_by_county_is_refused(august, units, indicators, city_officer, clerk):
    snapshot = freeze(august, [(units[0], indicators["里程"], {"rate": "40", "benchmark": "50"})])
    rule(august.programme, "below_average")
    firing = fire_rules(snapshot=snapshot, by=city_officer)[0]

    with pytest.raises(Refused, match="写明原因"):
        waive_firing(firing=firing, reason=" ", by=city_officer)
    with pytest.raises(NotAllowed):
        waive_firing(firing=firing, reason="说情", by=clerk)

    firing.refresh_from_db()
    assert firing.waived_at is None


def test_new_snapshot_keeps_the_waiver_only_where_the_figures_are_the_same(august, units, indicators, city_officer):
    taihe, jieshou, _ = units
    miles = indicators["里程"]
    same, moved = {"rate": "40", "benchmark": "50"}, {"rate": "39", "benchmark": "50"}
    rule(august.programme, "below_average")
    first = freeze(august, [(taihe, miles, same), (jieshou, miles, same)])
    for firing in fire_rules(snapshot=first, by=city_officer):
        waive_firing(firing=firing, reason="汛期停工", by=city_officer)

    second = freeze(august, [(taihe, miles, same), (jieshou, miles, moved)], version=2)
    rows = {row.participant_id: row.waived_reason for row in fire_rules(snapshot=second, by=city_officer)}

    assert rows == {taihe.pk: "汛期停工", jieshou.pk: ""}


def test_rule_versions_switch_and_refuse_what_is_wrong(programme, city_officer, clerk):
    day = datetime.date(2020, 1, 1)
    given = {"programme": programme, "name": "低于全省平均", "kind": "below_average", "level": "blue"}
    first = adopt_rule(**given, params={"months": "2"}, effective_from=day, by=city_officer)
    off = switch_rule(rule=first, is_on=False, by=city_officer)

    assert (off.version, off.is_on, off.params) == (2, False, {"months": 2, "min_gap": "0"})
    assert not OversightRule.objects.in_force(programme, datetime.date(2020, 8, 31)).exists()
    with pytest.raises(InvalidTransition, match="第2版"):
        adopt_rule(**given, code=first.code, base_version=1, params={}, effective_from=day, by=city_officer)
    with pytest.raises(Refused, match="“连续几期”要填数，现在是“两”；“至少差（个百分点）”应在0至100之间"):
        adopt_rule(**given, params={"months": "两", "min_gap": "101"}, effective_from=day, by=city_officer)
    with pytest.raises(NotAllowed):
        adopt_rule(**given, params={}, effective_from=day, by=clerk)
    assert OversightRule.objects.count() == 2
