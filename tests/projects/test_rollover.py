"""Roll-over: 太和 2020 made from the list before as its circular tells it, what goes along, what is refused."""

import datetime
import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.urls import reverse

from funding.demo import read_fixture, tasks
from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import InvalidTransition, Refused
from projects.last_year import last_targets
from projects.lineage import LineagePage
from projects.models import (
    Assignment,
    Indicator,
    Milestone,
    Participant,
    Programme,
    Project,
    ProjectLineage,
    Responsibility,
    SubProject,
    Target,
)
from projects.rollover import AddedItem, Decision, tally
from projects.rollover_checks import dates_to_check
from projects.rollover_page import RolloverPage
from projects.rollover_state import RolloverState
from projects.services.programmes import remove_programme
from projects.services.rollover import revise_rollover, roll_over
from tests import factories
from tests.support.worlds import world

DATA = Path(settings.BASE_DIR) / "tests" / "data"


def data_of(name):
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


TAIHE = data_of("taihe_rollover.yaml")


@world
def before(county):
    """The made-up list before 太和县's of 2020: 33 items, some with named sub-projects of one indicator each."""
    programme = factories.ProgrammeFactory(
        code="taihe-2019", name="太和县2019年民生工程（演示）", owner=county, office__name="县财政局", year=2019
    )
    factories.ParticipantFactory(programme=programme, code="341222", printed_name="全县", kind="whole", order=1)
    for row in TAIHE["before"]:
        project = factories.ProjectFactory(programme=programme, seq=row["seq"], name=row["name"])
        for order, (name, indicator) in enumerate(row.get("parts", {"": "年度任务"}).items(), 1):
            sub = factories.SubProjectFactory(project=project, name=name, order=order)
            factories.IndicatorFactory(sub_project=sub, name=indicator)
    return programme


@world
def county_office(county):
    """县民生办: the office of the county's own programme."""
    return factories.grant(factories.UserFactory(username="county_office"), "city_office", region=county)


def notice_of(programme):
    """What the office types for 2020, from the circular."""
    items = {project.seq: project for project in programme.projects.all()}
    subs = {(sub.project.seq, sub.name): sub for sub in SubProject.objects.filter(project__programme=programme)}
    return [
        Decision(
            project=items[row["seq"]],
            change=row["change"],
            to=tuple(row["to"]),
            note=TAIHE["quoted"].get(row.get("note"), ""),
            places={subs[row["seq"], name]: number for name, number in row.get("places", {}).items()},
        )
        for row in TAIHE["before"]
    ]


ADDED = [AddedItem(row["seq"], row["name"]) for row in TAIHE["added"]]


@world
def taihe_2020(before, county_office):
    """太和 2020, rolled over from the list before."""
    return roll_over(
        programme=before,
        year=2020,
        code="taihe-2020",
        name="太和县2020年民生工程",
        by=county_office,
        decisions=notice_of(before),
        added=ADDED,
    )


def parts_of(programme, seq):
    """Return {sub-project: [indicator]} of an item."""
    subs = SubProject.objects.filter(project__programme=programme, project__seq=seq).order_by("order")
    return {sub.name: [row.name for row in sub.indicators.order_by("order", "id")] for sub in subs}


def test_taihe_2020_comes_out_as_the_circular_and_its_annex_say(before, taihe_2020):
    """太政〔2020〕10号 §一–四: 3 new + 5 improved + 25 continued = 33 items; 3 adjusted or withdrawn."""
    annex = data_of("taihe_2020.yaml")["taihe"]

    rows = {project.seq: project for project in taihe_2020.projects.all()}

    assert {seq: row.name for seq, row in rows.items()} == {item["seq"]: item["name"] for item in annex["items"]}
    named = {label: {row.name for row in rows.values() if row.change == label} for label in Project.Change.values}
    assert named["new"] == set(annex["新增"])
    assert named["improved"] == set(annex["完善"])
    # Section 四 names the continued ones; the data prints straight quotation marks.
    words = re.sub(r"继续实施|等 25 项民生工程。|（我县 2020 年无任务）", "", TAIHE["quoted"]["四"])
    assert named["continued"] == set(re.sub("[“”]", '"', words).split("、"))
    counted = tally(notice_of(before), ADDED)
    assert {name: counted[name] for name in TAIHE["counts"]} == TAIHE["counts"]
    assert (counted["adjusted"], counted["gaps"], taihe_2020.opened_at) == (0, "", None)


def test_taihe_2020_keeps_what_became_of_the_three_and_of_the_reading_rooms(before, taihe_2020):
    told = {
        (row.from_project.name, row.to_project.seq if row.to_project else None): (row.kind, row.note)
        for row in ProjectLineage.objects.exclude(kind="continued").select_related("from_project", "to_project")
    }

    quoted = TAIHE["quoted"]
    assert told == {
        ("农村环境“三大革命”", 12): ("split", quoted["三大革命"]),
        ("农村环境“三大革命”", 11): ("split", quoted["三大革命"]),
        ("智慧医疗", 19): ("merged", quoted["智慧医疗"]),
        ("秸秆综合利用", None): ("withdrawn", quoted["秸秆"]),
    }
    assert ProjectLineage.objects.get(to_project__seq=29).note == quoted["二之五"]
    assert parts_of(taihe_2020, 11) == {
        "省级中心村": ["中心村建设进度"],
        "垃圾治理": ["无害化处理率"],
        "污水治理": ["污水设施"],
    }
    assert parts_of(taihe_2020, 12) == {"厕所改造": ["改厕户数"]}
    assert parts_of(taihe_2020, 29) == {"公共文化场馆开放": ["公共图书馆"]}
    assert parts_of(taihe_2020, 19) == {"智医助理": ["智医助理覆盖率"]}
    assert parts_of(taihe_2020, 17) == {"": []}
    # 30 items that stay + 三大革命 3 + 智慧医疗 1 + 美丽乡村, 文化 one each instead of theirs (29 and 11 are of the 30)
    assert Indicator.objects.filter(sub_project__project__programme=taihe_2020).count() == 30 + 3 + 1


def test_page_reads_back_what_was_decided_and_saving_it_changes_nothing(before, taihe_2020, county_office):
    state = RolloverState(before, taihe_2020)
    page = RolloverPage(state)
    events = AuditEvent.objects.count()

    revise_rollover(
        programme=before,
        draft=taihe_2020,
        code=taihe_2020.code,
        name=taihe_2020.name,
        by=county_office,
        decisions=page.decisions,
        added=page.added,
        seen=state.digest(),
    )

    assert page.problems == []
    assert [(row.change, row.to, row.note) for row in page.decisions] == [
        (row.change, row.to, row.note) for row in notice_of(before)
    ]
    assert [row.places for row in page.decisions] == [row.places for row in notice_of(before)]
    assert {name: page.counts[name] for name in TAIHE["counts"]} == TAIHE["counts"]
    assert RolloverState(before, taihe_2020).digest() == state.digest()
    assert AuditEvent.objects.count() == events


@pytest.fixture
def full(programme, indicators, participants, lead_agency):
    """The cast's 2020 with a milestone, a person, a dated task, a part-of and a county that leaves in the year."""
    roads = indicators["里程"]
    factories.IndicatorFactory(sub_project=roads.sub_project, name="其中新建", part_of=roads, order=3)
    factories.MilestoneFactory(indicator=roads, due_on=datetime.date(2020, 2, 29), text="2月底前完成设计")
    factories.DatedTaskFactory(sub_project=roads.sub_project, due_on=datetime.date(2020, 3, 20), printed_due="3月中旬")
    roads.sub_project.supporting_agencies.add(lead_agency)
    for code in ("341222", "341282"):
        Responsibility.objects.create(
            sub_project=roads.sub_project, participant=participants[code], office="县政府副县长"
        )
    Participant.objects.filter(pk=participants["341282"].pk).update(leaves_on=datetime.date(2020, 9, 30))
    return programme


def staying(programme):
    """Every item stays under its number."""
    return [Decision(project, "continued", (project.seq,)) for project in programme.projects.all()]


def rolled(programme, by, decisions=None, added=()):
    return roll_over(
        programme=programme,
        year=2021,
        code="fuyang-2021",
        name="阜阳市2021年民生工程",
        by=by,
        decisions=staying(programme) if decisions is None else decisions,
        added=added,
    )


def test_roll_over_carries_people_duties_and_dates_but_no_targets(full, city_officer):
    draft = rolled(full, city_officer)

    units = draft.participants.order_by("order")
    # 界首市 leaves on 30 September 2020
    assert [(row.printed_name, row.kind, row.ranked) for row in units] == [
        ("太和县", "unit", True),
        ("市本级", "own", False),
        ("全市", "whole", False),
    ]
    roads = SubProject.objects.get(project__programme=draft, project__seq=1)
    assert [row.printed_name for row in Participant.objects.filter(responsibilities__sub_project=roads)] == ["太和县"]
    assert Assignment.objects.get(sub_project=roads).participant == units[0]
    assert roads.lead_agency
    assert roads.supporting_agencies.count() == 1
    point = Milestone.objects.get(indicator__sub_project=roads)
    # 29 February 2020 has no day of its own in 2021
    assert (point.due_on, point.text) == (datetime.date(2021, 2, 28), "待核：2月底前完成设计")
    task = roads.dated_tasks.get()
    assert (task.due_on, task.printed_due, task.done_on) == (datetime.date(2021, 3, 20), "待核：3月中旬", None)
    assert roads.indicators.get(name="其中新建").part_of == roads.indicators.get(name="里程")
    assert [found.words for found in dates_to_check(draft)] == [
        "节点2月28日待核",
        "限期任务“方案备案”的时限3月20日待核",
    ]
    assert not Target.objects.filter(indicator__sub_project__project__programme=draft).exists()
    # 里程 of the cast: 100 / 200 / no task / 300; 界首市's 200 went with the county
    length = roads.indicators.get(name="里程")
    assert list(last_targets(roads.project, [length], units).values()) == ["100公里", "/", "300公里"]
    assert (draft.basis, draft.opened_at, draft.decimals) == ([], None, full.decimals)
    event = AuditEvent.objects.get(verb="roll_over")
    assert event.after["counts"] == {
        "new": 0,
        "improved": 0,
        "continued": 2,
        "adjusted": 0,
        "total": 2,
        "gone": 0,
        "gaps": "",
    }


def test_revising_swaps_numbers_moves_parts_and_takes_items_away(full, city_officer):
    one, two = full.projects.order_by("seq")
    roads, relief = (SubProject.objects.get(project=project) for project in (one, two))
    rate = roads.indicators.get(name="合格率")
    draft = rolled(full, city_officer)
    common = {"programme": full, "draft": draft, "code": draft.code, "name": draft.name, "by": city_officer}

    revise_rollover(
        **common,
        decisions=[
            Decision(one, "improved", (2,), name="农村道路提升", places={rate: 3}),
            Decision(two, "adjusted", (3,), places={relief: 2}),
        ],
        added=[AddedItem(3, "出生缺陷防治")],
    )

    # 困难救助 went into 3 and its one part to 2: it is split over both
    told = {(row.from_project.seq, row.to_project.seq): row.kind for row in ProjectLineage.objects.all()}
    assert told == {(1, 2): "continued", (1, 3): "split", (2, 3): "split", (2, 2): "split"}
    assert list(draft.projects.values_list("seq", "name", "change")) == [
        (2, "农村道路提升", "improved"),
        (3, "出生缺陷防治", "new"),
    ]
    assert parts_of(draft, 2) == {"": ["里程", "其中新建"], "困难救助": ["人数"]}
    assert parts_of(draft, 3) == {"农村道路": ["合格率"]}

    there = AddedItem(3, "", project=draft.projects.get(seq=3), is_removed=True)
    revise_rollover(
        **common, decisions=[Decision(one, "continued", (2,)), Decision(two, "continued", (1,))], added=[there]
    )

    assert [(row.seq, row.name) for row in draft.projects.all()] == [(1, "困难救助"), (2, "农村道路")]
    assert parts_of(draft, 1) == {"": ["人数"]}
    assert parts_of(draft, 2) == {"": ["里程", "合格率", "其中新建"]}
    # A part that was never left out kept what hangs on it.
    assert Milestone.objects.filter(indicator__sub_project__project__programme=draft).count() == 1
    assert ProjectLineage.objects.filter(kind="continued").count() == 2 == ProjectLineage.objects.count()


def wrong_plans(one, two, sub):
    """What cannot be: (decisions, added, header, what is said)."""
    good = [Decision(one, "continued", (1,)), Decision(two, "continued", (2,))]
    return [
        (good, [], {"year": 2020}, "新年度要晚于2020年，请写2021至2025，现在是2020。"),
        (good, [], {"code": "fuyang-2020"}, "代码fuyang-2020已用于“阜阳市2020年民生工程”，请换一个。"),
        (good, [], {"code": "二〇二一"}, "代码“二〇二一”请用字母、数字和“-”，最多40个，如 fuyang-2021。"),
        (good[:1], [], {}, "第2项“困难救助”还没有决定去向。"),
        ([*good, Decision(two, "withdrawn")], [], {}, "第2项“困难救助”有2个决定：继续、退出，请只留一个。"),
        ([good[0], Decision(two, "withdrawn", (2,))], [], {}, "已定退出，不能再写新序号2"),
        ([good[0], Decision(two, "improved", (1,))], [], {}, "新序号1有2项：“农村道路”、“困难救助”，请改开。"),
        (good, [AddedItem(2, "智慧健康建设")], {}, "新序号2有2项：“困难救助”、“智慧健康建设”，请改开。"),
        (good, [AddedItem(None, "智慧健康建设")], {}, "新增的“智慧健康建设”没有写新序号。"),
        ([good[0], Decision(two, "adjusted", (9,))], [], {}, "第2项“困难救助”要调整到第9项，新年度没有第9项。"),
        (
            [good[0], Decision(two, "continued", (2,), places={sub: 7})],
            [],
            {},
            "第2项“困难救助”的“困难救助”要转到第7项，新年度没有第7项。",
        ),
        ([Decision(one, "withdrawn"), Decision(two, "withdrawn")], [], {}, "所有项目都退出或调整了，新年度一项也没有"),
        ([good[0], Decision(two, "continued", (2,), note="字" * 201)], [], {}, "说明最多200字，现在有201字。"),
    ]


def test_roll_over_that_cannot_be_is_refused_in_a_sentence_and_changes_nothing(indicators, programme, city_officer):
    one, two = programme.projects.order_by("seq")
    header = {"year": 2021, "code": "fuyang-2021", "name": "阜阳市2021年民生工程"}
    for decisions, added, given, words in wrong_plans(one, two, indicators["人数"].sub_project):
        with pytest.raises(Refused) as refusal:
            roll_over(programme=programme, by=city_officer, decisions=decisions, added=added, **header | given)

        assert words in str(refusal.value)
    assert list(Programme.objects.all()) == [programme]
    assert not ProjectLineage.objects.exists()
    assert not AuditEvent.objects.filter(verb="roll_over").exists()


def test_roll_over_is_the_offices_and_done_once(indicators, programme, city_officer, leader):
    with pytest.raises(NotAllowed):
        rolled(programme, leader)
    draft = rolled(programme, city_officer)

    with pytest.raises(Refused, match="代码fuyang-2021已用于“阜阳市2021年民生工程”"):
        rolled(programme, city_officer)
    with pytest.raises(Refused, match="已经转入“阜阳市2021年民生工程”（fuyang-2021），请在那里改"):
        roll_over(
            programme=programme, year=2021, code="other", name="另一个", by=city_officer, decisions=staying(programme)
        )
    assert draft.projects.count() == 2


def test_revision_is_refused_once_opened_with_targets_or_when_somebody_was_faster(indicators, programme, city_officer):
    one, two = programme.projects.order_by("seq")
    draft = rolled(programme, city_officer)
    common = {"programme": programme, "draft": draft, "code": draft.code, "name": draft.name, "by": city_officer}
    factories.TargetFactory(
        indicator=Indicator.objects.get(sub_project__project__programme=draft, name="人数"),
        participant=draft.participants.get(kind="whole"),
        valid_from=datetime.date(2021, 1, 1),
    )
    decisions = [Decision(one, "continued", (1,)), Decision(two, "withdrawn")]

    with pytest.raises(Refused, match="指标“人数”在新年度已有目标任务，不能去掉"):
        revise_rollover(**common, decisions=decisions)
    with pytest.raises(InvalidTransition, match="刚刚被别人改过"):
        revise_rollover(**common, decisions=decisions, seen="别的")
    Programme.objects.filter(pk=draft.pk).update(opened_at="2021-01-05T00:00Z", opened_by=city_officer)
    with pytest.raises(Refused, match="“阜阳市2021年民生工程”已经开启，转入的安排不能再改"):
        revise_rollover(**common, decisions=staying(programme))

    assert draft.projects.count() == 2


def test_lineage_page_follows_an_item_back_over_the_years(before, taihe_2020, county_office):
    next_year = roll_over(
        programme=taihe_2020,
        year=2021,
        code="taihe-2021",
        name="太和县2021年民生工程",
        by=county_office,
        decisions=staying(taihe_2020),
    )

    rows = {row["project"].seq: row for row in LineagePage(next_year, county_office).rows()}
    page = LineagePage(taihe_2020, county_office)

    chain = [(one["item"].programme.year, one["item"].seq, one["row"].kind) for one in rows[11]["origins"]]
    assert chain == [(2020, 11, "continued"), (2019, 11, "continued"), (2019, 12, "split")]
    assert [one["item"].name for one in rows[19]["origins"]] == ["智慧健康建设", "智慧医疗"]
    ended = [(one["project"].name, len(one["rows"])) for one in page.ended()]
    assert ended == [("农村环境“三大革命”", 2), ("秸秆综合利用", 1), ("智慧医疗", 1)]
    assert page.counts()["gone"] == TAIHE["counts"]["gone"]


def test_page_counts_keeps_what_was_typed_and_stores_it(indicators, programme, city_officer, client):
    client.force_login(city_officer)
    address = reverse("projects:rollover", args=[programme.code])
    one, two = programme.projects.order_by("seq")
    typed = {
        "year": "2021",
        "code": "fuyang-2021",
        "name": "阜阳市2021年民生工程",
        f"change-{one.pk}": "improved",
        f"to-{one.pk}": "2",
        f"name-{one.pk}": "农村道路提升",
        f"change-{two.pk}": "withdrawn",
        f"to-{two.pk}": "2",
        f"note-{two.pk}": "转为部门日常工作",
        "added": "4",
        "added-n0-seq": "甲",
        "added-n0-name": "出生缺陷防治",
        "added-n0-change": "new",
    }

    counted = client.post(address, typed | {"action": "count"}, headers={"HX-Request": "true"})
    refused = client.post(address, typed | {"action": "save"})
    stored = client.post(address, typed | {"action": "save", "added-n0-seq": "1"}, follow=True)

    count = re.sub(r"<[^>]+>", "", counted.content.decode())
    assert "新增 1 + 完善 1 + 继续 0 = 2 项；调整和退出 1 项" in count
    assert refused.status_code == 422
    assert "新增的“出生缺陷防治”的新序号“甲”不是数字" in refused.content.decode()
    assert 'value="出生缺陷防治"' in refused.content.decode()
    draft = Programme.objects.get(code="fuyang-2021")
    assert list(draft.projects.values_list("seq", "name", "change")) == [
        (1, "出生缺陷防治", "new"),
        (2, "农村道路提升", "improved"),
    ]
    assert "转为部门日常工作" in stored.content.decode()
    assert "2020年目标 300公里" in stored.content.decode()


def test_tongguan_2020_has_the_counts_and_names_the_paper_gives():
    facts = data_of("tongguan_2020.yaml")
    fixture, carried_out = read_fixture(), tasks(read_fixture())
    counts, origins = facts["counts"], [project.get("origin") for project in fixture["projects"]]
    named = {change: [row["name"] for row in carried_out if row["change"] == change] for change in ("new", "improved")}
    # 演示: the list before held the 3 + 15 that stayed and the 5 the paper does not name.
    stayed = [row for row in carried_out if row["change"] != "new"]
    gone = [Decision(Project(seq=100 + at, name="演示"), "withdrawn") for at in range(counts["调整和退出"])]
    decisions = [Decision(Project(seq=row["seq"], name=row["name"]), row["change"], (row["seq"],)) for row in stayed]

    counted = tally(decisions + gone, [AddedItem(row["seq"], row["name"]) for row in carried_out if row not in stayed])

    assert (len(origins), origins.count("province")) == (counts["市定"], counts["省定"])
    assert set(named["new"]) == set(facts["new_items"])
    assert set(named["improved"]) == set(facts["improved_items"])
    # 5 + 3 + 15 = 23
    assert [counted[name] for name in ("new", "improved", "continued", "total", "gone")] == [
        counts[name] for name in ("新增", "完善整合", "继续实施", "区实施", "调整和退出")
    ]


def test_milestones_of_28_and_29_february_both_come_along_and_moved_days_are_to_check(full, indicators, city_officer):
    roads = indicators["里程"]
    factories.MilestoneFactory(indicator=roads, due_on=datetime.date(2020, 2, 28), text="初稿")
    SubProject.objects.filter(pk=roads.sub_project_id).update(due_on=datetime.date(2020, 11, 30))

    draft = rolled(full, city_officer)
    days = Milestone.objects.filter(indicator__sub_project__project__programme=draft).values_list("due_on", "text")
    found = [finding.words for finding in dates_to_check(draft)]
    SubProject.objects.filter(project__programme=draft, due_on="2021-11-30").update(due_on="2021-12-10")

    assert sorted(days) == [
        (datetime.date(2021, 2, 28), "待核：初稿"),
        (datetime.date(2021, 3, 1), "待核：2月底前完成设计"),
    ]
    assert found[0] == "完成时限11月30日待核"
    assert len(list(dates_to_check(draft))) == len(found) - 1


def test_unopened_year_goes_with_all_it_was_given_and_one_with_targets_or_opened_stays(full, city_officer, leader):
    one, two = full.projects.order_by("seq")
    plan = [Decision(one, "continued", (1,)), Decision(two, "withdrawn")]
    made = rolled(full, city_officer, plan)
    events = AuditEvent.objects.count()

    with pytest.raises(NotAllowed):
        remove_programme(programme=made, by=leader)
    remove_programme(programme=made, by=city_officer)
    again = rolled(full, city_officer, plan)
    factories.TargetFactory(
        indicator=Indicator.objects.get(sub_project__project__programme=again, name="里程"),
        participant=again.participants.get(kind="whole"),
        valid_from=datetime.date(2021, 1, 1),
    )
    with pytest.raises(Refused, match="“阜阳市2021年民生工程”已有目标任务 1 条，不能删去"):
        remove_programme(programme=again, by=city_officer)
    with pytest.raises(Refused, match="已经开启，不能删去"):
        remove_programme(programme=full, by=city_officer)

    # Taken away and made again: one event each.
    assert AuditEvent.objects.count() == events + 2
    taken = AuditEvent.objects.get(verb="remove_programme").before
    assert (taken["code"], taken["项目沿革"], taken["项目"]) == ("fuyang-2021", "2", "1")
    assert sorted(Programme.objects.values_list("code", flat=True)) == ["fuyang-2020", "fuyang-2021"]
    assert ProjectLineage.objects.filter(from_project__programme=full).count() == 2


def test_page_takes_an_unopened_year_away_after_asking(full, city_officer, client):
    client.force_login(city_officer)
    rolled(full, city_officer)
    address = reverse("projects:programme-remove", args=["fuyang-2021"])

    asked = client.get(address).content.decode()
    opened = client.post(reverse("projects:programme-remove", args=["fuyang-2020"]))
    done = client.post(address, follow=True)

    assert "项目沿革 2 条" in asked
    assert opened.status_code == 422
    assert "已删去“阜阳市2021年民生工程”" in done.content.decode()
    assert not Programme.objects.filter(code="fuyang-2021").exists()


def test_lineage_of_a_list_not_opened_is_set_on_its_page_and_what_cannot_be_is_said(full, city_officer, client):
    one, two = full.projects.order_by("seq")
    later = factories.ProgrammeFactory(
        code="fuyang-2021", name="阜阳市2021年民生工程", owner=full.owner, office=full.office, year=2021,
        opened_at=None, opened_by=None,
    )  # fmt: skip
    item = factories.ProjectFactory(programme=later, seq=7, name="四好农村路")
    client.force_login(city_officer)
    address = reverse("projects:lineage", args=["fuyang-2021"])

    def line(number, before, after, kind, note=""):
        values = {"before": before.pk, "after": after.pk if after else "", "kind": kind, "note": note}
        return {f"{name}-{number}": value for name, value in values.items()}

    wrong = client.post(address, line(0, one, None, "continued") | line(1, two, item, "merged", "并入"))
    done = client.post(
        address, line(0, one, item, "continued") | line(1, two, None, "withdrawn", "不再实施"), follow=True
    )
    both = client.post(address, line(0, two, item, "merged"))
    kept = ProjectLineage.objects.get(to_project=None)
    swapped = client.post(address, line(0, two, item, "merged") | {"remove": [kept.pk]}, follow=True)
    Programme.objects.filter(pk=later.pk).update(opened_at="2021-01-05T00:00Z", opened_by=city_officer)
    late = client.post(address, {"remove": [kept.pk]})

    assert wrong.status_code == 422
    assert "2020年第1项“农村道路”：退出的不写本年项目" in wrong.content.decode()
    assert 'value="并入"' in wrong.content.decode()
    assert "改动 2 处" in done.content.decode()
    assert "既写了退出，又写了本年项目" in both.content.decode()
    assert "改动 2 处" in swapped.content.decode()
    assert set(ProjectLineage.objects.values_list("from_project__seq", "to_project__seq", "kind")) == {
        (1, 7, "continued"),
        (2, 7, "merged"),
    }
    assert "沿革不能再改" in late.content.decode()
    assert AuditEvent.objects.filter(verb="set_lineage").count() == 2
