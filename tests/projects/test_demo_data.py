"""The demo's data files and generators, without the database."""

import copy
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
import yaml

from projects import demo, demo_averages, demo_plan

ROOT = Path(__file__).resolve().parents[2]
DIRECTION = {">=": "at_least", "==": "at_least", "<=": "at_most", "~": "about"}
COMPARISON = {">=": "ge", "==": "eq", "<=": "le", "~": "about"}
CATEGORY = {
    "工程类": "engineering",
    "补助类": "subsidy",
    "保险类": "insurance",
    "培训类": "training",
    "服务类": "service",
    "政策类": "policy",
}
TAIHE, OWN, WHOLE = "341222", "341200-own", "341200"


def load(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def half_up(value, decimals):
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


@pytest.fixture(scope="module")
def facts():
    return load("tests/data/taihe_2020.yaml")["taihe"]


@pytest.fixture(scope="module")
def catalogue():
    return load("fixtures/fuyang-2020.yaml")


@pytest.fixture(scope="module")
def rows(catalogue):
    return demo.indicators(catalogue)


@pytest.fixture(scope="module")
def targets(catalogue):
    return demo.generate_targets(catalogue)


@pytest.fixture(scope="module")
def tasks(targets):
    return {(t.participant, t.key): Decimal(t.value) for t in targets if t.value is not None}


@pytest.fixture(scope="module")
def figures(catalogue, targets):
    return demo.generate_figures(catalogue, targets)


@pytest.fixture(scope="module")
def at(figures):
    return {(f.month, f.participant, f.key): Decimal(f.value) for f in figures if f.value}


@pytest.fixture(scope="module")
def averages(catalogue, targets, figures):
    return demo_averages.generate_benchmarks(catalogue, targets, figures)


def printed_facts(facts):
    """Return the annex's indicators by natural key, in order."""
    found = {}
    for item in facts["items"]:
        for sub in item.get("sub_items") or [{"name": "", "indicators": item["indicators"]}]:
            for row in sub["indicators"]:
                found[item["seq"], sub["name"], row["n"]] = row
    return found


# -- the catalogue ------------------------------------------------------------------------------


def test_catalogue_holds_33_projects_43_sub_projects_131_indicators(catalogue, rows):
    projects = catalogue["projects"]

    assert [p["seq"] for p in projects] == list(range(1, 34))
    assert sum(len(p["sub_projects"]) for p in projects) == 43
    assert len(rows) == 131
    assert [p["seq"] for p in projects if p.get("text")] == [3, 12, 30]
    assert [p["seq"] for p in projects if not any(s["indicators"] for s in p["sub_projects"])] == [
        3,
        30,
    ]


def test_projects_are_named_and_classed_as_in_the_circular(catalogue, facts):
    # 3 新增 + 5 完善 + 25 继续 = 33
    names = [(p["seq"], p["name"], p["category"]) for p in catalogue["projects"]]
    changes = {p["name"]: p["change"] for p in catalogue["projects"]}

    assert names == [(i["seq"], i["name"], CATEGORY[i["type"]]) for i in facts["items"]]
    assert Counter(changes.values()) == {"new": 3, "improved": 5, "continued": 25}
    assert {n for n, c in changes.items() if c == "new"} == set(facts["新增"])
    assert {n for n, c in changes.items() if c == "improved"} == set(facts["完善"])


def test_indicators_agree_with_the_annex_in_name_unit_order_and_direction(rows, facts):
    printed = printed_facts(facts)

    assert list(rows) == list(printed)
    assert {k: r["unit"] for k, r in rows.items()} == {k: r["u"] for k, r in printed.items()}
    assert {k: r["direction"] for k, r in rows.items()} == {
        k: DIRECTION.get(r.get("cmp"), "at_least") for k, r in printed.items()
    }


def test_taihe_targets_agree_with_the_annex_in_value_and_comparison(rows, facts):
    for key, printed in printed_facts(facts).items():
        target = rows[key]["targets"][TAIHE]

        assert target["comparison"] == COMPARISON.get(printed.get("cmp"), "eq"), key
        assert target["printed"], key
        if target["state"] == "assessed":
            assert Decimal(target["value"]) == Decimal(str(printed["v"])), key
            assert len(target["value"].partition(".")[2]) <= rows[key]["decimals"], key
        else:
            assert target["value"] is None, key
        assert target.get("due_on") == printed.get("due"), key


def test_taihe_printed_words_hold_the_target(rows):
    wordy = {"确保到年底前全县所有乡镇均完成", "全覆盖"}  # 100 % in words

    for key, row in rows.items():
        target = row["targets"][TAIHE]
        if target["state"] == "assessed" and target["printed"] not in wordy:
            assert target["value"] in target["printed"], key


def test_taihe_has_no_task_for_20_of_131(rows, facts):
    # 13 printed "/" + 2 rates each of items 8 and 31 = 17 no_task; 2 of item 12 + 1 of 18 = 3
    states = {key: row["targets"][TAIHE]["state"] for key, row in rows.items()}
    slashes = {key for key, row in printed_facts(facts).items() if row.get("no_task")}
    rates = {key for key, state in states.items() if state == "no_task"} - slashes

    assert Counter(states.values()) == {"assessed": 111, "no_task": 17, "not_applicable": 3}
    assert len(slashes) == 13
    assert all(rows[key]["targets"][TAIHE]["printed"] == "/" for key in slashes)
    assert Counter(key[0] for key in rates) == {8: 2, 31: 2}
    assert all(rows[key]["targets"][TAIHE]["note"] == "县无任务" for key in rates)
    assert Counter(k[0] for k, s in states.items() if s == "not_applicable") == {12: 2, 18: 1}


def test_r04_no_task_passes_from_a_base_to_its_rates_and_to_no_other(rows):
    states = {key: row["targets"][TAIHE]["state"] for key, row in rows.items()}
    bases = {key: (key[0], key[1], row["base"]) for key, row in rows.items() if row.get("base")}

    assert all(base in rows and base != key for key, base in bases.items())
    assert all(rows[base]["accumulation"] != "level" for base in bases.values())
    passed = {key for key, base in bases.items() if states[base] == "no_task"}
    assert {states[key] for key in passed} == {"no_task"}
    assert sorted(key[0] for key in passed) == [8, 8, 31, 31]
    assert not rows[next(key for key in rows if key[2] == "培养稳定率")].get("base")


def test_r12_parts_are_not_assessed_and_all_others_are(rows):
    parts = {key: (*key[:2], row["part_of"]) for key, row in rows.items() if row.get("part_of")}

    assert {key for key, row in rows.items() if not row["assessed"]} == set(parts)
    assert Counter(parent[2] for parent in parts.values()) == {
        "新型职业农民培训合计": 7,
        "生活补贴人数": 2,
        "资助困难群众参保": 1,
    }
    assert all(rows[parent]["unit"] == rows[key]["unit"] for key, parent in parts.items())


def test_indicator_codes_are_known_and_levels_are_not_additive(rows):
    stocks = [key[2] for key, row in rows.items() if row["accumulation"] == "stock"]

    for key, row in rows.items():
        assert row["category"] in CATEGORY.values(), key
        assert row["accumulation"] in {"flow", "stock", "level"}, key
        assert row["additive"] is (row["accumulation"] != "level"), key
        assert row["kind"] == "number", key
        assert row["decimals"] >= (2 if row["unit"] == "%" else 0), key
    assert stocks == [
        "保障农村低保",
        "特困供养对象",
        "孤儿和事实无人抚养儿童",
        "生活补贴人数",
        "其中一二级",
        "其中三四级",
        "护理补贴人数",
    ]


def test_participants_stand_in_official_order_and_only_counties_are_ranked(catalogue):
    people = catalogue["participants"]

    assert [p["code"] for p in people] == [
        "341202", "341203", "341204", "341221", "341222", "341225", "341226", "341282",
        OWN, WHOLE,
    ]  # fmt: skip
    assert [p["kind"] for p in people] == ["unit"] * 8 + ["own", "whole"]
    assert [p["ranked"] for p in people] == [True] * 8 + [False, False]


def test_every_agency_named_by_the_programme_exists(catalogue):
    regions = {r["code"]: r for r in load("fixtures/regions.yaml")["regions"]}
    groups = load("fixtures/agencies.yaml")["agencies"]
    names = {group["region"]: group["names"] for group in groups}
    counties = [p for p in catalogue["participants"] if p["kind"] == "unit"]

    assert len(regions) == 12 + 8 + 32  # 安徽's and 甘肃's, and 太和县's townships with its 经济开发区
    assert all(r["parent"] is None or r["parent"] in regions for r in regions.values())
    assert all(len(set(n)) == len(n) for n in names.values())
    assert all(group["office"] == group["names"][0] for group in groups)
    assert catalogue["programme"]["office"] in names[WHOLE]
    assert {p["agency"] for p in catalogue["participants"]} <= {n for g in names.values() for n in g}
    for project in catalogue["projects"]:
        assert project["lead_agency"] in names[WHOLE]
        for sub in project["sub_projects"]:
            assert sub.get("lead_agency", project["lead_agency"]) in names[WHOLE]
            for county in counties:
                assert county["printed_name"] + sub["filling_agency"] in names[county["code"]]


# -- targets ------------------------------------------------------------------------------------


def test_targets_cover_every_participant_and_indicator_once(catalogue, targets, rows):
    # 10 participants x 131 indicators = 1310
    pairs = {(t.participant, t.key) for t in targets}

    assert len(targets) == len(pairs) == 1310
    assert all((t.value is not None) == (t.state == "assessed") for t in targets)
    assert all(Decimal(t.value) > 0 for t in targets if t.value is not None)
    assert all(
        Decimal(t.value) == half_up(Decimal(t.value), rows[t.key]["decimals"]) for t in targets if t.value is not None
    )


def test_taihe_targets_are_generated_unchanged(targets, rows):
    made = {t.key: t for t in targets if t.participant == TAIHE}

    for key, row in rows.items():
        given = row["targets"][TAIHE]
        assert (made[key].state, made[key].value) == (given["state"], given["value"])
        assert made[key].printed == given["printed"]


def test_r16_whole_is_the_sum_of_participants_but_for_one_mismatch(rows, tasks):
    mismatched, extra = demo_plan.SPLIT_MISMATCH
    gaps = {}

    for key in (key for key, row in rows.items() if row["additive"]):
        units = sum((v for (code, k), v in tasks.items() if k == key and code != WHOLE), Decimal(0))
        gaps[key] = tasks.get((WHOLE, key), Decimal(0)) - units

    assert {key: gap for key, gap in gaps.items() if gap} == {mismatched: extra}


def test_levels_share_one_standard(rows, tasks):
    for key in (key for key, row in rows.items() if not row["additive"]):
        assert len({v for (_, k), v in tasks.items() if k == key}) == 1, key


def test_r04_generated_rates_have_no_task_where_their_base_has_none(rows, targets):
    states = {(t.participant, t.key): t.state for t in targets}

    for (code, key), state in states.items():
        base = rows[key].get("base")
        if base and state == "assessed":
            assert states[code, (*key[:2], base)] == "assessed", (code, key)


def test_an_indicator_nobody_has_a_task_for_stays_without_task(catalogue, targets):
    grown = copy.deepcopy(catalogue)
    first = grown["projects"][0]["sub_projects"][0]["indicators"]
    first.append({**first[0], "name": "新指标", "targets": {}})

    made = demo.generate_targets(grown)

    assert {(t.state, t.value) for t in made if t.indicator == "新指标"} == {("no_task", None)}
    assert [t for t in made if t.indicator != "新指标"] == targets


def test_city_level_has_few_tasks(tasks):
    assert 15 <= sum(code == OWN for code, _ in tasks) <= 40


def test_parts_of_targets_never_exceed_their_parent(rows, tasks):
    for code in {code for code, _ in tasks}:
        sums = defaultdict(Decimal)
        for key, row in rows.items():
            if row.get("part_of"):
                sums[(*key[:2], row["part_of"])] += tasks.get((code, key), Decimal(0))
        for parent, total in sums.items():
            assert total <= tasks.get((code, parent), Decimal(0)), (code, parent)
            if parent[2] != "资助困难群众参保":
                assert total == tasks.get((code, parent), Decimal(0)), (code, parent)


# -- figures ------------------------------------------------------------------------------------


def test_figures_stand_only_where_there_is_a_task(figures, tasks, rows):
    for figure in figures:
        assert (figure.participant, figure.key) in tasks
        assert (figure.value is None) == (figure.state == "blank")
        assert figure.participant != WHOLE or not rows[figure.key]["additive"]


def test_figures_are_not_negative_and_have_the_indicators_decimals(figures, rows):
    for figure in figures:
        if figure.value is not None:
            decimals = rows[figure.key]["decimals"]
            assert len(figure.value.partition(".")[2]) == decimals, figure
            assert Decimal(figure.value) >= 0, figure
            assert rows[figure.key]["unit"] != "%" or Decimal(figure.value) <= 100, figure


def test_r01_flows_never_fall(at, rows):
    last = {}

    for (_, code, key), value in sorted(at.items(), key=lambda cell: cell[0][0]):
        if rows[key]["accumulation"] == "flow":
            assert value >= last.get((code, key), 0), (code, key)
            last[code, key] = value


def test_r01_one_stock_falls_every_month(at, rows):
    falling = set()

    for (month, code, key), value in at.items():
        earlier = at.get((month - 1, code, key))
        if rows[key]["accumulation"] == "stock" and earlier is not None and value < earlier:
            falling.add((code, key))

    county, key = demo_plan.FALLING_STOCK
    course = [at[month, county, key] for month in range(1, 9)]
    assert falling == {(county, key)}
    assert course == sorted(course, reverse=True)
    assert len(set(course)) == 8


def test_parts_never_exceed_their_whole(at, rows):
    sums = defaultdict(Decimal)

    for (month, code, key), value in at.items():
        if rows[key].get("part_of"):
            sums[month, code, (*key[:2], rows[key]["part_of"])] += value

    assert sums
    for (month, code, parent), total in sums.items():
        assert total <= at[month, code, parent]
        if parent[2] != "资助困难群众参保":
            assert total == at[month, code, parent]


def test_same_seed_gives_the_same_rows_and_another_seed_others(catalogue, targets, figures):
    again = demo.generate_targets(catalogue)
    other = demo.generate_targets(catalogue, seed=7)

    assert again == targets
    assert demo.generate_figures(catalogue, again) == figures
    assert other != targets
    assert [t for t in other if t.participant == TAIHE] == [t for t in targets if t.participant == TAIHE]


def test_months_are_independent_of_the_months_asked_for(catalogue, targets, figures):
    only_may = demo.generate_figures(catalogue, targets, months=[5])

    assert only_may == [f for f in figures if f.month == 5]


def test_august_shows_one_county_silent_one_late_and_blanks(catalogue, figures):
    reports = {(r.month, r.participant): r for r in demo.generate_reports(catalogue)}
    august = [f for f in figures if f.month == 8]
    blanks = {f.participant for f in august if f.state == "blank"}

    assert len(reports) == 80  # 8 months x 10 participants
    assert not [f for f in august if f.participant == "341226"]
    assert reports[8, "341226"].submitted_on is None
    assert [key for key, r in reports.items() if r.is_late] == [(8, "341204")]
    assert all(r.state == "approved" for (month, _), r in reports.items() if month < 8)
    assert len(blanks) >= 3
    assert {(f.month, f.participant, f.key) for f in figures if f.state == "blank"} == (demo_plan.BLANKS)


def test_august_shows_ties_excess_and_works_not_started(at, tasks, rows):
    rates = defaultdict(dict)
    for (month, code, key), value in at.items():
        if month == 8 and rows[key]["additive"]:
            rates[key][code] = 100 * value / tasks[code, key]

    full = [key for key, units in rates.items() if list(units.values()).count(100) >= 2]
    tied = [
        key
        for key, units in rates.items()
        if any(n >= 2 and 0 < rate < 100 for rate, n in Counter(units.values()).items())
    ]
    assert len(full) >= 5
    assert len(tied) >= 3
    assert sum(rate > 100 for units in rates.values() for rate in units.values()) >= 4
    assert sum(rate > 120 for units in rates.values() for rate in units.values()) >= 1
    assert sum(rate == 0 for units in rates.values() for rate in units.values()) >= 5


def test_slow_counties_lag_clearly(at, tasks, rows):
    means = {}
    for county in ("341202", "341203", "341204", "341221", "341222", "341225", "341282"):
        shares = [
            min(value / tasks[county, key], Decimal(1))
            for (month, code, key), value in at.items()
            if month == 8 and code == county and rows[key]["category"] == "engineering"
        ]
        means[county] = sum(shares) / len(shares)

    slowest = sorted(means, key=means.get)[:2]
    assert set(slowest) == {"341203", "341225"}
    assert sorted(means.values())[2] - means["341203"] > Decimal("0.05")


# -- provincial averages ------------------------------------------------------------------------


def test_r10_averages_cover_at_least_40_indicators_every_month(averages):
    months = Counter(row.month for row in averages)
    august = [row for row in averages if row.month == 8]

    assert set(months) == set(range(1, 9))
    assert min(months.values()) >= 40
    assert len({row.key for row in august}) == len(august)
    assert {row.decimals for row in august} == {0, 1, 2}
    assert {row.measure for row in august} == {"rate", "value"}
    assert sum(row.measure == "value" for row in august) >= 8
    assert sum(row.city_place is not None for row in august) == 15
    assert all(1 <= row.city_place <= 16 == row.city_count for row in august if row.city_place)
    assert all(row.source.startswith("演示数据") for row in averages)
    assert all(Decimal(row.value) >= 0 for row in averages)
    assert all(len(row.value.partition(".")[2]) == row.decimals for row in averages)


def test_r09_every_august_list_of_those_below_names_somebody_and_not_everybody(averages, at, tasks, rows):
    for row in (row for row in averages if row.month == 8):
        shown = [
            half_up(100 * value / tasks[code, key] if rows[key]["additive"] else value, row.decimals)
            for (month, code, key), value in at.items()
            if month == 8 and key == row.key and code != WHOLE
        ]
        below = [share for share in shown if share < Decimal(row.value)]

        assert 0 < len(below) < len(shown), row
