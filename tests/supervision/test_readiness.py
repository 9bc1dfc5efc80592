"""开启前检查: what keeps a programme from opening, what has to be looked at, and the gate itself."""

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from funding.demo import read_fixture as tongguan_fixture
from funding.services.basis import set_cost_share
from livelihood.models import AuditEvent, User
from livelihood.services import InvalidTransition, Refused
from projects.models import Indicator, PaperConflict, Participant, Programme, Project, ProjectLineage, Responsibility
from projects.readiness import readiness_of, readiness_to_do
from projects.services.catalogue import load_catalogue
from projects.services.periods import open_period
from projects.services.programmes import open_programme
from supervision.services.demo import read_catalogue
from supervision.services.demo_zhangye import read_fixture as zhangye_fixture
from tests import factories
from tests.funding import rows as rows_of_funds
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@world
def unopened(programme, participants, indicators):
    """The cast's list, not opened yet: 里程 and 合格率 of 第1项, 人数 of 第2项, which nobody leads."""
    Programme.objects.filter(pk=programme.pk).update(opened_at=None, opened_by=None)
    programme.refresh_from_db()
    return programme


def said(programme) -> dict[str, list[str]]:
    """Title → what was found, as where：words; the errors marked with ×."""
    found = readiness_of(programme)
    return {
        ("×" if group in found.errors else "") + group.title: [f"{one.where}：{one.words}" for one in group.findings]
        for group in found.groups
    }


@pytest.mark.parametrize("read", [read_catalogue, tongguan_fixture, zhangye_fixture])
def test_readiness_of_a_demo_list_finds_no_errors(db, read):
    programme = load_catalogue(data=read(), by=User.objects.system()).programme

    found = readiness_of(programme)

    assert [group.first_sentence for group in found.errors] == []
    # Lists of a year are not split again by whoever reads them: what a paper lacks is shown and kept.
    assert "没有资金计划" in [group.title for group in found.warnings]


def test_readiness_of_a_sound_list_names_only_what_has_to_be_looked_at(unopened):
    assert said(unopened) == {
        "没有牵头单位": ["2. 困难救助：没有牵头单位"],
        "没有完成时限": ["1. 农村道路：没有完成时限", "2. 困难救助：没有完成时限"],
        # 太和县's bureau fills 第1项; 界首市 and the own level (合格率) have none, and 第2项 has none at all.
        "没有分工": [
            "1. 农村道路：界首市、市本级没有填报单位",
            "2. 困难救助：太和县、界首市、市本级没有填报单位",
        ],
        "没有包保责任人": ["整个年度：都没有包保责任人"],
        "没有资金计划": ["整个年度：都没有资金计划"],
    }


def test_readiness_of_a_broken_list_names_every_fault_with_its_place(unopened, participants, indicators, city_officer):
    setter, mileage, people = city_officer, indicators["里程"], indicators["人数"]
    factories.ProjectFactory(programme=unopened, seq=5, name="空项目")
    factories.SubProjectFactory(project=factories.ProjectFactory(programme=unopened, seq=6, name="只有空子项"))
    factories.IndicatorFactory(sub_project=people.sub_project, name="户数", order=9)
    split = factories.IndicatorFactory(sub_project=people.sub_project, name="床位", unit="张", order=8)
    for code, value in (("341222", 30), ("341200", 100)):
        factories.TargetFactory(indicator=split, participant=participants[code], value=value, set_by=setter)
    # 人数: 1000 + 2000 + 150 against the whole's 3100.
    factories.TargetFactory(
        indicator=people, participant=participants["341200-own"], revision=2, value=150, reason="调整", set_by=setter
    )
    mileage.sub_project.due_on = datetime.date(2020, 11, 30)
    mileage.sub_project.save()
    for day, threshold in ((datetime.date(2020, 6, 30), 80), (datetime.date(2020, 12, 20), 50)):
        factories.MilestoneFactory(indicator=mileage, due_on=day, threshold=threshold)
    factories.MilestoneFactory(
        indicator=indicators["合格率"], due_on=datetime.date(2021, 6, 30), measure="value", threshold=120
    )
    PaperConflict.objects.create(programme=unopened, subject="完成时限", first="11月底", second="12月底")
    Responsibility.objects.create(
        sub_project=mileage.sub_project, participant=participants["341222"], office="县政府副县长"
    )

    found = said(unopened)

    assert found["×项目没有内容"] == ["5. 空项目：没有子项", "6. 只有空子项：没有指标、限期任务，也没有文字任务"]
    assert found["项目序号不连续"] == ["第3—4项：没有这个序号"]
    assert found["×指标没有目标"] == ["2. 困难救助 户数：没有任何目标任务"]
    # 30 of 100: 界首市 and 市本级 are blank, and 70 are nobody's.
    assert found["×任务未分解"] == ["2. 困难救助 床位：界首市、市本级没有目标，各单位相加比全域少 70"]
    assert found["分解与全域不符"] == ["2. 困难救助 人数：各单位相加 3,150，全域 3,100，多 50人"]
    assert found["×节点不对"] == [
        "1. 农村道路 里程：6月30日要求完成 80%，12月20日却只要求完成 50%",
        "1. 农村道路 合格率：节点2021-06-30不在2020年度",
        "1. 农村道路 合格率：6月30日的节点达到 120%，超过100%",
    ]
    assert "1. 农村道路 里程：12月20日的节点晚于完成时限11月30日" in found["节点晚于完成时限"]
    assert found["文件出入没有定"] == ["：完成时限：①11月底；②12月底，没有写采用哪一处"]
    assert "1. 农村道路：界首市、市本级没有包保责任人" in found["没有包保责任人"]


def test_readiness_of_an_empty_list_asks_for_units_and_items_and_of_agencies_for_leads(unopened, indicators, office):
    empty = factories.ProgrammeFactory(owner=unopened.owner, office=office, opened_at=None, opened_by=None)
    Programme.objects.filter(pk=unopened.pk).update(reporting_by="agency")
    unopened.refresh_from_db()

    assert said(empty)["×考核单位不全"] == ["：一个考核单位都没有", "：没有全域（全市、全县），合计没有地方写"]
    assert said(empty)["×项目没有内容"] == ["：一个项目都没有"]
    # Where the lead agencies report, an item nobody leads is one nobody reports, and no bureau fills for a county.
    assert said(unopened)["×没有牵头单位"] == ["2. 困难救助：没有牵头单位"]
    assert "没有分工" not in said(unopened)


def test_readiness_asks_for_lineage_only_where_it_is_kept(unopened):
    last = factories.ProgrammeFactory(owner=unopened.owner, year=2019)
    kept, ended = (
        factories.ProjectFactory(programme=last, seq=seq, name=name) for seq, name in [(1, "道路"), (2, "书屋")]
    )
    before = said(unopened)
    roads = Project.objects.get(programme=unopened, seq=1)
    ProjectLineage.objects.create(from_project=kept, to_project=roads)

    assert "没有沿革" not in before
    # 书屋 went nowhere and 困难救助 (继续) came from nowhere.
    assert said(unopened)["没有沿革"] == [
        f"上年{ended}：没有写到了本年哪一项，或已退出",
        "2. 困难救助：继续，没有写上年是哪一项",
    ]


def test_readiness_shows_plans_that_are_missing_and_shares_the_plan_does_not_follow(
    unopened, participants, indicators, city_officer
):
    sub = indicators["里程"].sub_project
    for source, amount in (("province", "4500000"), ("county", "1000000")):
        line = rows_of_funds.fund_line(
            programme=unopened, participant=participants["341222"], sub_project=sub, source=source
        )
        rows_of_funds.fund_plan(line, amount=amount)
    # 3万元 for each of 太和县's 100 and 界首市's 200 公里: 900万元, of which each level bears 450.
    set_cost_share(
        sub_project=sub,
        amount=Decimal(30000),
        levels=[("province", 1), ("county", 1)],
        indicator=indicators["里程"],
        by=city_officer,
    )

    found = said(unopened)

    assert found["没有资金计划"] == ["2. 困难救助：没有资金计划"]
    assert found["分担比例不符"] == ["1. 农村道路 项目资金：县级应分担 450万元，计划 100万元"]


def test_programme_opens_once_after_errors_are_mended_and_warnings_seen(client, unopened, indicators, city_officer):
    client.force_login(city_officer)
    address = reverse("projects:readiness", args=[unopened.code])
    spare = factories.IndicatorFactory(sub_project=indicators["人数"].sub_project, name="户数")
    month = {
        "kind": "month",
        "ends_on": datetime.date(2020, 9, 30),
        "due_at": datetime.datetime(2020, 10, 5, 10, tzinfo=datetime.UTC),
    }

    with pytest.raises(Refused, match="还没有开启，不能开填报期"):
        open_period(programme=unopened, by=city_officer, **month)
    blocked = client.post(address, {"seen": readiness_of(unopened).digest})
    to_do = [entry.note for entry in readiness_to_do(city_officer)]
    Indicator.objects.filter(pk=spare.pk).delete()
    unseen = client.post(address)
    seen = client.post(address, {"seen": readiness_of(unopened).digest})

    assert (blocked.status_code, unseen.status_code, seen.status_code) == (422, 422, 302)
    assert "还有 1 处要补，不能开启：2. 困难救助 户数：没有任何目标任务。" in blocked.content.decode()
    assert to_do == ["还有 1 处要补：指标没有目标"]
    # 1 + 2 + 2 + 1 + 1 of the list above.
    assert "有 7 处提示还没有看过" in unseen.content.decode()
    event = AuditEvent.objects.get(verb="open_programme")
    assert event.after["warnings"] == {
        "没有牵头单位": 1,
        "没有完成时限": 2,
        "没有分工": 2,
        "没有包保责任人": 1,
        "没有资金计划": 1,
    }
    assert list(readiness_to_do(city_officer)) == []
    unopened.refresh_from_db()
    assert unopened.opened_by == city_officer
    assert open_period(programme=unopened, by=city_officer, **month).code == "2020-09"
    with pytest.raises(InvalidTransition, match="已经开启"):
        open_programme(programme=unopened, by=city_officer)


def test_readiness_asks_the_same_number_of_queries_whatever_the_rows(
    unopened, indicators, participants, django_assert_max_num_queries
):
    for number in range(8):
        sub = factories.SubProjectFactory(project__programme=unopened, project__seq=10 + number)
        factories.IndicatorFactory(sub_project=sub)
        factories.ParticipantFactory(programme=unopened, kind=Participant.Kind.UNIT)

    with django_assert_max_num_queries(22):
        readiness_of(unopened)
