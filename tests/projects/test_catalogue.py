"""The catalogue's services: single verbs, revisions of targets, and the loader of whole lists."""

import copy
import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from livelihood.access import NotAllowed
from livelihood.models import Agency, AuditEvent, Region, User
from livelihood.services import Refused
from projects.models import Assignment, Indicator, Participant, Programme, Project, SubProject, Target
from projects.services import catalogue
from tests.factories import UserFactory
from tests.support.worlds import world

CITY, COUNTY = "990100", "990101"


def small_data() -> dict:
    """Two participants and the whole, two items, four indicators."""
    return {
        "regions": [
            {"code": CITY, "name": "试验市", "short_name": "试验", "kind": "city", "parent": None},
            {"code": COUNTY, "name": "东县", "short_name": "东", "kind": "county", "parent": CITY},
        ],
        "agencies": [
            {"region": CITY, "names": ["市财政局", "市教育局"]},
            {"region": COUNTY, "names": ["东县财政局", "东县教育局"]},
        ],
        "programme": {
            "code": "trial-2020",
            "name": "试验市2020年民生工程",
            "owner": CITY,
            "office": "市财政局",
            "year": 2020,
            "basis": [{"number": "试政〔2020〕1号", "title": "通知", "dated_on": datetime.date(2020, 2, 1)}],
        },
        "participants": [
            {"code": COUNTY, "printed_name": "东县", "short_names": ["东"], "region": COUNTY, "agency": "东县财政局"},
            {"code": f"{CITY}-own", "printed_name": "市本级", "kind": "own", "region": CITY, "agency": "市财政局"},
            {"code": CITY, "printed_name": "全市", "kind": "whole", "region": CITY},
        ],
        "projects": [
            {
                "seq": 1,
                "name": "学前教育",
                "lead_agency": "市教育局",
                "sub_projects": [
                    {
                        "name": "",
                        "filling_agency": "教育局",
                        "indicators": [
                            {
                                "name": "公办幼儿园",
                                "unit": "所",
                                "category": "engineering",
                                "targets": {
                                    COUNTY: {"state": "assessed", "value": "20", "printed": "20所"},
                                    f"{CITY}-own": {"state": "no_task", "printed": "/"},
                                    CITY: {"state": "assessed", "value": "20", "printed": "20所"},
                                },
                                "milestones": [{"due_on": datetime.date(2020, 6, 30), "threshold": "50"}],
                            },
                            {
                                "name": "其中：农村",
                                "unit": "所",
                                "category": "engineering",
                                "assessed": False,
                                "part_of": "公办幼儿园",
                            },
                            {
                                "name": "入园率",
                                "unit": "%",
                                "decimals": 1,
                                "category": "service",
                                "accumulation": "level",
                                "additive": False,
                                "base": "公办幼儿园",
                                "targets": {COUNTY: {"state": "assessed", "value": "90.5", "comparison": "ge"}},
                            },
                        ],
                    }
                ],
            },
            {"seq": 2, "name": "资产收益", "text": "按期完成", "sub_projects": [{"name": "", "indicators": []}]},
        ],
    }


@world
def system(db) -> User:
    return User.objects.system()


@world
def loaded(system) -> Programme:
    return catalogue.load_catalogue(data=small_data(), by=system).programme


def indicator_of(programme: Programme, name: str) -> Indicator:
    return Indicator.objects.get(sub_project__project__programme=programme, name=name)


def test_load_catalogue_of_the_demo_twice_changes_nothing_the_second_time(system):
    folder = Path(settings.BASE_DIR) / "fixtures"
    data = {}
    for name in ["regions", "agencies", "fuyang-2020"]:
        data |= yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))

    first = catalogue.load_catalogue(data=copy.deepcopy(data), by=system)
    events = AuditEvent.objects.count()
    second = catalogue.load_catalogue(data=data, by=system)

    programme = Programme.objects.get(code="fuyang-2020")
    assert Project.objects.filter(programme=programme).count() == 33
    assert Indicator.objects.of_programme(programme).count() == 131
    # 太和: 111 assessed + 17 no_task + 3 not_applicable = 131 first targets
    assert Target.objects.filter(participant__code="341222").count() == 131
    assert list(programme.participants.filter(kind="whole").values_list("code", flat=True)) == ["341200"]
    assert first.is_changed
    assert not second.is_changed, second.differences
    assert AuditEvent.objects.count() == events


def test_load_catalogue_links_parts_bases_milestones_and_filling_agencies(loaded):
    kindergartens = indicator_of(loaded, "公办幼儿园")

    assert indicator_of(loaded, "其中：农村").part_of == kindergartens
    assert indicator_of(loaded, "入园率").base == kindergartens
    assert kindergartens.milestones.get().threshold == Decimal(50)
    filling = dict(Assignment.objects.values_list("participant__printed_name", "agency__name"))
    assert filling == {"东县": "东县教育局", "市本级": "市教育局"}
    assert loaded.basis[0]["dated_on"] == "2020-02-01"
    assert [(row.printed_name, row.ranked) for row in loaded.participants.all()] == [
        ("东县", True),
        ("市本级", False),
        ("全市", False),
    ]


def test_load_catalogue_with_changed_words_updates_the_row_and_records_it(loaded, system):
    data = small_data()
    data["projects"][0]["name"] = "学前教育促进"

    outcome = catalogue.load_catalogue(data=data, by=system)

    assert dict(outcome.changed) == {"项目": 1}
    assert outcome.differences == ["项目“1. 学前教育”的项目名称：学前教育 → 学前教育促进"]
    assert Project.objects.get(programme=loaded, seq=1).name == "学前教育促进"


def test_load_catalogue_that_makes_a_part_assessed_and_back_is_accepted(loaded, system):
    data = small_data()
    part = data["projects"][0]["sub_projects"][0]["indicators"][1]
    del part["part_of"]
    part["assessed"] = True

    catalogue.load_catalogue(data=data, by=system)
    outcome = catalogue.load_catalogue(data=small_data(), by=system)

    assert dict(outcome.changed) == {"指标": 1}
    assert not indicator_of(loaded, "其中：农村").assessed


def test_r19_load_catalogue_with_another_target_needs_reason_and_document(loaded, system):
    data = small_data()
    data["projects"][0]["sub_projects"][0]["indicators"][0]["targets"][COUNTY]["value"] = "25"

    with pytest.raises(catalogue.CatalogueRefused) as refused:
        catalogue.load_catalogue(data=data, by=system)
    data["revision"] = {"reason": "市里调整", "document": "试政〔2020〕9号", "document_on": datetime.date(2020, 6, 1)}
    catalogue.load_catalogue(data=data, by=system)

    assert refused.value.problems == [
        "东县的“公办幼儿园”目标任务与已有的不同（原20，现25）；修订目标任务要写明原因、依据文件和文件日期。"
    ]
    revisions = Target.objects.filter(indicator=indicator_of(loaded, "公办幼儿园"), participant__code=COUNTY)
    assert [(row.revision, row.value, row.reason) for row in revisions.order_by("revision")] == [
        (1, Decimal(20), ""),
        (2, Decimal(25), "市里调整"),
    ]
    assert revisions.get(revision=2).valid_from == datetime.date(2020, 1, 1)


def _two_wholes(data):
    data["participants"][1]["kind"] = "whole"


def _repeated_seq(data):
    data["projects"][1]["seq"] = 1


def _change_indicator(index: int, **values):
    def change(data):
        data["projects"][0]["sub_projects"][0]["indicators"][index].update(values)

    return change


def _change_target(**values):
    def change(data):
        data["projects"][0]["sub_projects"][0]["indicators"][0]["targets"][COUNTY].update(values)

    return change


def _change(*path, **values):
    def change(data):
        row = data
        for step in path:
            row = row[step]
        row.update(values)

    return change


def _drop(*keys):
    def change(data):
        for key in keys:
            data[key] = []

    return change


def _double_sub(data):
    data["projects"][0]["sub_projects"].append({"name": "", "indicators": []})


def _double_milestone(data):
    milestones = data["projects"][0]["sub_projects"][0]["indicators"][0]["milestones"]
    milestones.append(dict(milestones[0], threshold="-1"))


def _flat_targets(data):
    row = {"participant": COUNTY, "project_seq": 1, "sub_item": "", "indicator": "公办幼儿园"}
    data["targets"] = [row, row, {**row, "indicator": "小学"}]


def _unknown_agency(data):
    data["projects"][0]["lead_agency"] = "市体育局"


def _unknown_region(data):
    data["participants"][0]["region"] = "990199"


def _stranger(data):
    data["projects"][0]["sub_projects"][0]["indicators"][0]["targets"]["990199"] = {"state": "no_task"}


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (_two_wholes, "全域单位（全市）应有且只有一个，现有2个。"),
        (_repeated_seq, "项目序号1出现了2次。"),
        (_change_indicator(1, part_of="不存在"), "第1项“其中：农村”的其中“不存在”在同一子项里找不到。"),
        (_change_indicator(1, part_of="其中：农村"), "第1项“其中：农村”的其中不能是它自己。"),
        (_change_indicator(1, assessed=True), "第1项“其中：农村”是增幅、年度、文字或“其中”指标，不参加考核。"),
        (_change_indicator(1, name="公办幼儿园"), "第1项的指标“公办幼儿园”出现了2次。"),
        (_change_indicator(2, additive=True), "第1项“入园率”是比率或标准，不能加总。"),
        (_change_indicator(0, unit=" "), "第1项“公办幼儿园”没有写单位。"),
        (_change_indicator(0, category="工程"), "第1项“公办幼儿园”的类型“工程”不认识。"),
        (_change_target(value="0"), "东县的“公办幼儿园”目标值为0；没有任务请写“/”。"),
        (_change_target(value="-3"), "东县的“公办幼儿园”目标值不能为负数：-3。"),
        (_change_target(value="二十"), "东县的“公办幼儿园”目标值“二十”不是数字。"),
        (_change_target(value="NaN"), "东县的“公办幼儿园”目标值“NaN”不是数字。"),
        (
            _change_target(value="12345678901234567890"),
            "东县的“公办幼儿园”目标值“12345678901234567890”位数太多，整数最多14位，小数最多6位。",
        ),
        (_change_target(state="no_task"), "东县的“公办幼儿园”没有任务，却有目标值20。"),
        (_change_target(state="maybe"), "东县的“公办幼儿园”任务状态“maybe”不认识。"),
        (_change_target(comparison="gt"), "东县的“公办幼儿园”的比较方式“gt”不认识。"),
        (_change_indicator(0, name=""), "第1项“”指标没有名称。"),
        (_change_indicator(0, decimals=7), "第1项“公办幼儿园”小数位应为0至6，现为7。"),
        (_change("programme", code="", year=None), "年度民生工程缺少：代码、年度。"),
        (_change("programme", decimals=5), "完成率小数位应为0至4，现为5。"),
        (_drop("participants"), "没有考核单位。"),
        (_drop("projects"), "没有项目。"),
        (_change("participants", 0, kind="village"), "东县的类别“village”不认识。"),
        (_change("participants", 0, printed_name=""), "考核单位要有代码和印发名称。"),
        (_change("participants", 1, ranked=True), "市本级不是县区单位，不能参加综合排名。"),
        (_change("participants", 1, code=COUNTY), "考核单位的代码“990101”出现了2次。"),
        (_change("projects", 1, seq=0), "项目序号“0”不是从1开始的整数。"),
        (_change("projects", 1, name=""), "第2项没有名称。"),
        (_change("projects", 1, origin="nation"), "第2项的来源“nation”不认识。"),
        (_change("projects", 1, change="old"), "第2项的变化“old”不认识。"),
        (_change("agencies", 0, region="990199"), "行政区划不存在：990199。"),
        (_double_sub, "第1项的子项“”出现了2次。"),
        (_double_milestone, "第1项“公办幼儿园”在2020-06-30的节点出现了2次。"),
        (_double_milestone, "第1项“公办幼儿园”的节点完成率不能为负数：-1。"),
        (_flat_targets, "东县的“公办幼儿园”目标任务出现了2次。"),
        (_flat_targets, "目标任务的指标不在清单里：第1项“小学”。"),
        (_stranger, "“公办幼儿园”的目标任务写给了不在名单里的单位990199。"),
        (_unknown_agency, "责任单位不存在：市体育局。"),
        (_unknown_region, "行政区划不存在：990199。"),
    ],
)
def test_load_catalogue_with_a_fault_is_refused_with_one_sentence_and_writes_nothing(system, spoil, sentence):
    data = small_data()
    spoil(data)

    with pytest.raises(catalogue.CatalogueRefused) as refused:
        catalogue.load_catalogue(data=data, by=system)

    assert sentence in refused.value.problems
    assert not Programme.objects.filter(code="trial-2020").exists()


def test_load_catalogue_by_somebody_else_is_not_allowed(db):
    with pytest.raises(NotAllowed):
        catalogue.load_catalogue(data=small_data(), by=UserFactory())

    assert not Programme.objects.exists()


def test_load_catalogue_query_count_does_not_grow_with_the_rows(system, django_assert_max_num_queries):
    data = small_data()
    indicators = data["projects"][0]["sub_projects"][0]["indicators"]
    indicators += [
        {
            "name": f"指标{number}",
            "unit": "个",
            "category": "service",
            "targets": {COUNTY: {"state": "assessed", "value": str(number)}},
        }
        for number in range(1, 301)
    ]

    with django_assert_max_num_queries(45):
        catalogue.load_catalogue(data=data, by=system)

    assert Target.objects.filter(participant__code=COUNTY).count() == 302


def test_create_programme_makes_exactly_one_whole_which_stays_last(db, system):
    region = Region.objects.create(code=CITY, name="试验市", kind="city")
    office = Agency.objects.create(region=region, name="市财政局")

    programme = catalogue.create_programme(
        code="p", name="民生工程", owner=region, office=office, year=2020, whole_code=CITY, by=system
    )
    for name in ["东县", "西县"]:
        catalogue.add_participant(programme=programme, code=name, printed_name=name, by=system)
    with pytest.raises(Refused, match="每个年度只有一个"):
        catalogue.add_participant(programme=programme, code="x", printed_name="全域", kind="whole", by=system)

    assert [row.printed_name for row in programme.participants.all()] == ["东县", "西县", "全市"]


def test_add_participant_with_a_code_twice_is_refused_with_the_tables_sentence(loaded, system):
    with pytest.raises(Refused, match="该年度已有相同代码的考核单位"):
        catalogue.add_participant(programme=loaded, code=COUNTY, printed_name="新东县", by=system)


def test_add_project_sub_project_and_indicator_number_themselves(loaded, system):
    project = catalogue.add_project(programme=loaded, seq=3, name="就业", by=system)
    sub_project = catalogue.add_sub_project(project=project, name="培训", by=system)
    indicator = catalogue.add_indicator(
        sub_project=sub_project, name="培训人数", unit="人", category="training", by=system
    )
    second = catalogue.add_sub_project(project=project, name="援助", by=system)

    assert list(SubProject.objects.filter(project=project).values_list("name", flat=True)) == ["培训", "援助"]
    assert second.order == 2
    assert (indicator.order, indicator.sub_project.order) == (1, 1)
    with pytest.raises(Refused, match="没有写单位"):
        catalogue.add_indicator(sub_project=sub_project, name="合格率", unit=" ", category="training", by=system)


def test_set_first_targets_a_second_time_is_refused(loaded, system):
    rural = indicator_of(loaded, "其中：农村")
    county = Participant.objects.get(programme=loaded, code=COUNTY)

    catalogue.set_first_targets(indicator=rural, targets={county: {"value": Decimal(5), "printed": "5所"}}, by=system)
    with pytest.raises(Refused, match="已有目标任务，改动请用修订"):
        catalogue.set_first_targets(indicator=rural, targets={county: {"value": Decimal(6)}}, by=system)

    assert Target.objects.get(indicator=rural).value == Decimal(5)


def test_r19_revise_target_adds_the_next_revision_and_keeps_the_first(loaded, system):
    kindergartens = indicator_of(loaded, "公办幼儿园")
    county = Participant.objects.get(programme=loaded, code=COUNTY)
    change = {
        "indicator": kindergartens,
        "participant": county,
        "state": "assessed",
        "value": Decimal(18),
        "comparison": "eq",
        "printed": "18所",
        "document": "试政〔2020〕9号",
        "document_on": datetime.date(2020, 6, 1),
        "valid_from": datetime.date(2020, 6, 1),
        "by": system,
    }

    with pytest.raises(Refused, match="修订目标任务要写明原因"):
        catalogue.revise_target(reason=" ", **change)
    with pytest.raises(Refused, match="写明依据文件"):
        catalogue.revise_target(reason="调整", **(change | {"document": ""}))
    with pytest.raises(Refused, match="目标值为0"):
        catalogue.revise_target(reason="调整", **(change | {"value": Decimal(0)}))
    with pytest.raises(Refused, match="不能为负数"):
        catalogue.revise_target(reason="调整", **(change | {"value": Decimal(-1)}))
    with pytest.raises(Refused, match="还没有目标任务，不能修订"):
        catalogue.revise_target(reason="调整", **(change | {"indicator": indicator_of(loaded, "其中：农村")}))
    revised = catalogue.revise_target(reason="调整", **change)

    targets = Target.objects.filter(indicator=kindergartens, participant=county)
    assert revised.revision == 2
    assert targets.in_force(datetime.date(2020, 5, 31)).get().value == Decimal(20)
    assert targets.in_force(datetime.date(2020, 6, 1)).get().value == Decimal(18)
