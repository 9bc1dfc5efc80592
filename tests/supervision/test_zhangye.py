"""张掖市's 为民实事 of 2022 as the demo holds it: the paper line by line, and its two months."""

import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from django.db import transaction

from funding.models import CostShare, PlanCheck
from livelihood.models import User
from projects.excel.catalogue import read_catalogue
from projects.excel.catalogue_workbook import catalogue_workbook
from projects.milestones import Reader, milestones_on
from projects.models import (
    DatedTask,
    Figure,
    Indicator,
    Milestone,
    PaperConflict,
    Programme,
    Report,
    ReportingPeriod,
    SubProject,
    Target,
    TargetSentence,
)
from projects.services.catalogue import load_catalogue
from supervision.models import Snapshot
from supervision.standings import live_standings, snapshot_standings
from tests.support.demo import demo_database

pytestmark = pytest.mark.slow

COMPARISON = {">=": "ge", "==": "eq", None: "eq"}
#: 开工率 is counted by an indicator of its own.
COUNTED_BY = {
    ("食堂", "开工率"): "食堂开工",
    ("食堂", "完工率"): "新建改扩建食堂",
    ("学位", "完成率"): "增加学位",
    ("厕所", "开工率"): "厕所开工",
    ("厕所", "完工率"): "新建改扩建厕所",
}
WAN = 10_000


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """One clone of the demo for the whole module; the tests only read."""
    with django_db_blocker.unblock(), demo_database() as name:
        yield name


@pytest.fixture(scope="module")
def facts():
    path = Path(__file__).resolve().parents[1] / "data/zhangye_facts.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["zhangye"]


@pytest.fixture
def programme(demo):
    return Programme.objects.get(code="zhangye-2022")


@pytest.fixture
def subs(programme):
    """Sub-projects by (item, printed name of the part)."""
    rows = SubProject.objects.filter(project__programme=programme).select_related("project", "lead_agency")
    return {(row.project.seq, row.name): row for row in rows}


@pytest.fixture
def targets(programme):
    """Targets by (item, indicator, unit)."""
    rows = Target.objects.filter(participant__programme=programme).select_related(
        "indicator__sub_project__project", "participant"
    )
    return {
        (row.indicator.sub_project.project.seq, row.indicator.name, row.participant.printed_name): row for row in rows
    }


def parts(facts):
    """Return (item, part's name, facts of it) for every scheme or part of one."""
    for scheme in facts["schemes"]:
        for part in scheme.get("parts", [scheme]):
            yield scheme["seq"], part.get("name", ""), {**scheme, **part}


def period(programme, month):
    return ReportingPeriod.objects.select_related("programme").get(programme=programme, ends_on__month=month)


def test_programme_is_that_of_the_notice(programme, facts):
    units = list(programme.participants.order_by("order").values_list("printed_name", "kind", "ranked"))

    assert (programme.kind, programme.reporting_by, programme.year) == ("deeds", "agency", 2022)
    assert [(paper["number"], paper.get("dated_on")) for paper in programme.basis] == [
        (facts["doc"]["basis"], None),
        (facts["doc"]["number"], facts["doc"]["date"].isoformat()),
    ]
    assert facts["doc"]["title"] in programme.basis[1]["title"]
    assert [name for name, kind, ranked in units if ranked] == facts["units"]
    assert units[-1] == ("全市", "whole", False)
    assert list(programme.projects.values_list("seq", "name")) == [
        (row["seq"], row["title"]) for row in facts["schemes"]
    ]
    assert len(facts["schemes"]) == facts["doc"]["city_items"] == 9


def test_every_part_has_the_leads_and_the_date_of_the_paper(subs, facts):
    printed = {
        (seq, name): (row["lead"], row["due"], *row.get("city_lead", [None]), *row.get("dept_lead", [None]))
        for seq, name, row in parts(facts)
    }

    stored = {
        key: (row.lead_agency.name, row.due_on, row.city_leader, row.department_leader) for key, row in subs.items()
    }

    assert stored.keys() == printed.keys()
    for key, row in printed.items():
        # The third scheme's second and the sixth's further parts name their leader once, above.
        assert [a for a, b in zip(stored[key], row, strict=True) if b is not None] == [b for b in row if b is not None]
    for seq, name, row in parts(facts):
        supporting = set(subs[seq, name].supporting_agencies.values_list("name", flat=True))
        assert set(row.get("support", [])) <= supporting
    assert (
        TargetSentence.objects.filter(sub_project__in=[row.pk for row in subs.values()]).count() == len(printed) == 12
    )


def test_every_printed_target_stands_with_its_number_unit_and_split(targets, facts):
    for seq, _name, row in parts(facts):
        for fact in row.get("targets", []):
            unit = "甘州区" if "每县区" in fact["n"] or fact["n"].startswith("县区") else "全市"
            target = targets[seq, fact["n"], unit]
            assert target.indicator.unit == fact.get("u", "人"), fact
            if fact["v"] is None:  # the number stands in an annex we do not have
                assert target.is_demo, fact
                continue
            assert (target.value, target.is_demo) == (Decimal(str(fact["v"])), False), fact
            assert target.comparison == COMPARISON[fact.get("cmp")], fact
            for place, value in fact.get("split", {}).items():
                assert targets[seq, fact["n"], place].value == value
    six = facts["schemes"][5]["parts"][0]
    assert {name: targets[6, "采样机动队伍", name].value for name in six["sampling_team"]["split"]} == six[
        "sampling_team"
    ]["split"]
    assert targets[6, "采样机动队伍", "全市"].value == six["sampling_team"]["total"] == 2000
    assert targets[4, "困难家庭新生资助", "全市"].printed == "按对象应助尽助"


def test_r16_splits_add_up_to_what_is_printed_for_the_whole(targets):
    sums = {}
    for (seq, name, unit), row in targets.items():
        if row.indicator.additive and unit != "全市" and row.value is not None:
            sums[seq, name] = sums.get((seq, name), 0) + row.value

    assert {key: value for key, value in sums.items() if targets[*key, "全市"].value not in (None, value)} == {}
    # 甘州 400 + 临泽 200 + 高台 300 + 山丹 250 + 民乐 250 + 肃南 100 + 三家医院 200 + 200 + 100 = 2000
    assert sums[6, "采样机动队伍"] == 2000


def test_every_dated_threshold_and_dated_task_stands(subs, facts):
    stored = {
        (row.indicator.sub_project.project.seq, row.indicator.name, row.due_on): (row.measure, row.threshold)
        for row in Milestone.objects.filter(
            indicator__sub_project__in=[sub.pk for sub in subs.values()]
        ).select_related("indicator__sub_project__project")
    }
    tasks = {
        (row.sub_project_id, row.due_on, row.text)
        for row in DatedTask.objects.filter(sub_project__in=[sub.pk for sub in subs.values()], participant=None)
    }
    seen = set()

    for seq, name, row in parts(facts):
        for fact in row.get("milestones", []):
            if "v" in fact:
                key = seq, COUNTED_BY[fact["scope"], fact["measure"]], fact["by"]
                assert stored[key] == ("rate", fact["v"])
                seen.add(key)
                continue
            due = [text for sub, on, text in tasks if (sub, on) == (subs[seq, name].pk, fact["by"])]
            for words in fact.get("what", fact.get("measure", fact.get("scope"))).split("; "):
                assert any(words in text for text in due), (seq, fact)
        for measure, june, october in row.get("thresholds", []):
            for day, value in ((datetime.date(2022, 6, 30), june), (datetime.date(2022, 10, 31), october)):
                assert stored[seq, measure, day] == ("value", value)
                seen.add((seq, measure, day))
    assert seen == stored.keys()


def test_ten_named_works_of_the_water_scheme_stand_with_their_quarters(subs, facts):
    rows = DatedTask.objects.filter(sub_project=subs[9, ""]).select_related("participant")
    stored = {(row.participant.printed_name, row.due_on, row.text) for row in rows}
    quarters = {"q1": datetime.date(2022, 3, 31), "q2": datetime.date(2022, 6, 30)}

    for work in facts["schemes"][8]["projects"]:
        for quarter, day in quarters.items():
            if quarter in work:
                assert (work["县区"], day, f"{work['n']}：{work[quarter]}") in stored
        day = datetime.date(2022, 9, 30) if work["final"] == "9月完工" else datetime.date(2022, 12, 31)
        assert (work["县区"], day, f"{work['n']}：{work['final'].removeprefix('9月')}") in stored
    assert len(facts["schemes"][8]["projects"]) == 10
    assert len(stored) == 10 + 2 + 10  # every first quarter, two second ones, every end


def test_sharing_of_costs_and_printed_sums_are_those_of_the_paper(programme, facts):
    shares = {
        row.sub_project.project.seq: (row.amount, [(level.source, level.parts) for level in row.levels.all()])
        for row in CostShare.objects.filter(sub_project__project__programme=programme)
    }
    investment = facts["schemes"][8]["investment"]
    sums = {}
    for row in PlanCheck.objects.filter(project__programme=programme, project__seq=9).order_by("order"):
        sums.setdefault(row.by, []).append(row.amount / WAN)

    elderly, health, stations, roads = (facts["schemes"][seq - 1]["funding"] for seq in (2, 5, 7, 8))
    five_two_three = [("province", 5), ("city", 2), ("county", 3)]
    assert {elderly["share"], health["share"]} == {"5:2:3"}
    assert shares == {
        2: (elderly["per_unit"] * WAN, five_two_three),
        5: (health["per_person"], five_two_three),
        7: ((stations["市总工会"] + Decimal(str(stations["县区财政"]))) * WAN, [("city", 2), ("county", 1)]),
        8: (roads["省级奖补"] * WAN, [("province", 1)]),
    }
    assert sums["total"] == [investment["year_total"]]
    assert sums["category"] == [investment["by_category"][name] for name in ("水库", "灌区", "供水")]
    assert sums["quarter"] == [investment["by_quarter"][name] for name in ("q1", "q2", "q3", "q4")]
    assert sums["source"] == [investment["by_source"][name] for name in ("中央及省级", "市县配套", "政府债券", "奖补")]
    # 2315 + 11212 + 7700 + 1654 = 22881, and 60870 - 22881 = 37989: kept as printed (R16)
    assert investment["year_total"] - sum(sums["quarter"]) == investment["by_quarter"]["gap"] == 37989
    assert investment["year_total"] - sum(sums["source"]) == investment["by_source"]["gap"] == 16244


def test_conflicts_of_the_paper_are_flagged_as_data(programme, facts):
    stored = {(row.project.seq, row.subject): row for row in PaperConflict.objects.filter(programme=programme)}

    assert sorted(stored) == [
        (1, "方案名称"),
        (3, "支持未就业高校毕业生到基层就业的完成时限"),
        (6, "四病管理率的提高幅度"),
        (6, "方案名称"),
        (9, "第一季度项目数"),
    ]
    assert "建宿舍" in facts["schemes"][0]["title_in_notice"]
    assert "建宿舍" in stored[1, "方案名称"].first
    assert "11月底" in stored[3, "支持未就业高校毕业生到基层就业的完成时限"].first
    assert "12月底前" in stored[3, "支持未就业高校毕业生到基层就业的完成时限"].second
    assert stored[9, "第一季度项目数"].sentence.startswith(
        "第9项第一季度项目数前后不一：①续建复工4项、新建开工5项，共9项；②"
    )


def test_lead_agencies_reported_two_months_and_both_are_closed(programme):
    reports = Report.objects.filter(period__programme=programme).exclude(period__state="open")

    assert sorted(reports.filter(agency=None).values_list("participant__kind", "state")) == [("whole", "approved")] * 2
    assert set(reports.exclude(agency=None).values_list("state", flat=True)) == {"approved"}
    assert reports.exclude(agency=None).count() == 2 * 9  # one for each lead agency, for all six
    assert [(row.code, row.state) for row in programme.periods.order_by("ends_on")] == [
        ("2022-06", "issued"),
        ("2022-07", "closed"),
        ("2022-08-21", "open"),
        ("2022-08", "open"),
    ]
    july, june = (Figure.objects.filter(period=period(programme, month)) for month in (7, 6))
    before = {(row.participant_id, row.indicator_id): row for row in june}
    assert set(july.values_list("origin", flat=True)) == {"demo"}
    assert all(row.value is None or row.value >= before[row.participant_id, row.indicator_id].value for row in july)


def test_r11_on_31_july_the_canteens_milestone_of_30_june_is_in_force(programme):
    july = live_standings(period(programme, 7))
    indicators = {row.name: row.pk for row in Indicator.objects.of_programme(programme)}

    canteens = july.lines[indicators["新建改扩建食堂"]]
    places = july.lines[indicators["增加学位"]]
    managed = july.lines[indicators["高血压管理率"]]

    assert {row["expected_rate"] for row in canteens if row["status"] != "no_task"} == {Decimal("50.00")}
    # 8月底 is the first date of the places at school: none has come.
    assert {row["status"] for row in places if row["status"] != "no_task" and row["participant_kind"] == "unit"} == {
        "not_due"
    }
    # 60 % by 30 June, of a target of 70 %: 60 ÷ 70 = 85.714… → 85.71
    assert {row["expected_rate"] for row in managed if row["status"] != "no_task"} == {Decimal("85.71")}
    frozen = snapshot_standings(Snapshot.objects.latest_of(july.period))
    assert [row["expected_rate"] for row in frozen.lines[indicators["高血压管理率"]]] == [
        row["expected_rate"] for row in managed
    ]


def test_r11_page_of_31_july_has_june_s_canteens_behind_it_and_august_s_ahead(programme):
    canteens = Milestone.objects.filter(
        indicator__name="新建改扩建食堂", indicator__sub_project__project__programme=programme
    )
    found = milestones_on(programme, datetime.date(2022, 7, 31), reader=Reader(everything=True))

    judged = {
        row.due_on: {cell["status"] for (pk, _), cell in found.cells.items() if pk == row.pk} - {"no_task"}
        for row in canteens
    }

    assert judged.keys() == {datetime.date(2022, 6, 30), datetime.date(2022, 8, 31)}
    # Half of them are built in every place; 31 August is 31 days away, more than the 14 of 临近.
    assert judged[datetime.date(2022, 6, 30)] == {"attained"}
    assert judged[datetime.date(2022, 8, 31)] == {"not_due"}


def test_catalogue_workbook_of_the_year_reads_back_without_a_change(programme, tmp_path):
    path = tmp_path / "目录.xlsx"
    path.write_bytes(catalogue_workbook(programme))

    reading = read_catalogue(path)
    with transaction.atomic():
        outcome = load_catalogue(data=reading.data, by=User.objects.system())
        transaction.set_rollback(True)

    assert reading.problems == []
    assert (dict(outcome.created), dict(outcome.changed)) == ({}, {})
    # By scheme: 5 + 5 + (2 + 5) + 11 + 3 + (3 + 2) + 4 + 3, and 22 of the ten named works of the ninth.
    assert outcome.unchanged["限期任务"] == 43 + 22
    assert outcome.unchanged["文件出入"] == 5
