"""A year's list that stands, by workbook: what a page refuses a workbook does not bring in either."""

import datetime
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse

from projects.models import Indicator, Milestone, Programme, Project, SubProject, Target
from projects.workbook_kinds import CatalogueWorkbook
from tests import factories

pytestmark = pytest.mark.django_db

NOVEMBER = datetime.date(2020, 11, 30)


@pytest.fixture
def review(tmp_path, programme, participants, indicators, july, city_officer):
    """Return a function: the list as it stands, with cells changed, held against the system; July is issued.

    里程 has to be at 30 % on 30 June and at 60 % on 30 November.
    """
    SubProject.objects.update(order=1)
    Indicator.objects.filter(name="人数").update(order=1)
    for day, threshold in ((datetime.date(2020, 6, 30), 30), (NOVEMBER, 60)):
        factories.MilestoneFactory(indicator=indicators["里程"], due_on=day, threshold=threshold)
    content = CatalogueWorkbook(city_officer, programme=programme).template()

    def read(changes):
        book = openpyxl.load_workbook(BytesIO(content))
        for sheet, rows in changes.items():
            for label, values in rows:
                row = next((row for row in book[sheet] if label in [cell.value for cell in row]), None)
                if row is None:
                    book[sheet].append(values)
                    continue
                for column, value in values.items():
                    row[column].value = value
        path = tmp_path / "目录.xlsx"
        book.save(path)
        return CatalogueWorkbook(city_officer).review(path, "目录.xlsx")

    return read


def everything():
    """Return what an import could change."""
    return [list(model.objects.order_by("pk").values()) for model in (Programme, Project, Indicator, Target, Milestone)]


def test_list_as_it_stands_reads_back_without_a_word(review):
    assert review({}).issues == []


UNIT, DECIMALS = 14, 15  # columns of 项目与指标
CASES = {
    "two items with one number": (
        {"项目与指标": [("困难救助", {0: "1"})]},
        "项目序号1出现了2次：“农村道路”和“困难救助”。",
    ),
    "an indicator without a unit": ({"项目与指标": [("人数", {UNIT: None})]}, "第2项“人数”没有写单位。"),
    "a target in words": ({"目标任务": [("人数", {3: "若干"})]}, "“人数”：目标“若干”看不出是多少"),
    "a milestone that asks for less than its predecessor": (
        {"节点": [("2020-11-30", {4: "20%"})]},
        "6月30日要求完成 30%，11月30日却只要求完成 20%：后面的节点不能低于前面的。",
    ),
    "a milestone written before its predecessor": (
        {"节点": [("2020-11-30", {3: "2020-05-31"})]},
        "的节点2020-05-31写在它前一个节点2020-06-30之后，请按日期先后写。",
    ),
    "a threshold above 100": ({"节点": [("2020-11-30", {4: "120%"})]}, "的节点120超过了100%。"),
    "a milestone of another year": ({"节点": [("2020-11-30", {3: "2021-11-30"})]}, "时限2021-11-30不在2020年度。"),
    "a milestone in an issued month": (
        {"节点": [("2020-06-30", {4: "10%"})]},
        "6月30日在已通报的2020年1—7月之内，这个月按原来的节点印发",
    ),
    "a participant in two orders": (
        {"单位": [("again", ["341222", "太和县", None, "考核单位", "是", "341222"])]},
        "考核单位的代码“341222”出现了2次。",
    ),
    "a revision dated in an issued month": (
        {
            "目标任务": [("人数", {3: "1100"})],
            "年度": [
                ("目标生效日期", {1: "2020-07-31"}),
                ("目标依据文件", {1: "阜民生办〔2020〕9号"}),
                ("目标文件日期", {1: "2020-07-20"}),
                ("修订原因", {1: "省里调整"}),
            ],
        },
        "生效日期2020年7月31日在已通报的月份里，已通报的不改；最早从2020年8月1日起生效。",
    ),
    "another year's table": (
        {"年度": [("年度", {1: "2021"})]},
        "代码“fuyang-2020”是2020年的“阜阳市2020年民生工程”，这张表是2021年的",
    ),
    "how an issued month was reckoned": (
        {"项目与指标": [("里程", {DECIMALS: "3"})]},
        "“里程”在已通报的2020年1—7月里：改了小数位，已算出的数就变了，不能再改。",
    ),
    "how rates are rounded once a month is closed": (
        {"年度": [("完成率小数位", {1: "1"})]},
        "2020年1—7月已通报，完成率小数位决定数怎么算、由谁报，不能再改。",
    ),
}


@pytest.mark.parametrize(("changes", "sentence"), CASES.values(), ids=CASES)
def test_workbook_with_a_fault_is_refused_with_a_sentence_and_changes_nothing(review, changes, sentence):
    before = everything()

    found = review(changes)

    assert [issue.message for issue in found.errors if sentence in issue.message], found.issues
    assert not found.may_import
    assert everything() == before


def test_r19_revision_by_workbook_counts_from_the_day_after_the_issued_month(review, city_officer):
    paper = [
        ("目标依据文件", {1: "阜民生办〔2020〕9号"}),
        ("目标文件日期", {1: "2020-07-20"}),
        ("修订原因", {1: "省里调整"}),
    ]

    found = review({"目标任务": [("人数", {3: "1100"})], "年度": paper})
    CatalogueWorkbook(city_officer).store(found)

    target = Target.objects.get(revision=2)
    assert (target.value, target.valid_from) == (Decimal(1100), datetime.date(2020, 8, 1))


@pytest.mark.parametrize(
    ("threshold", "name", "measure", "sentence"),
    [
        ("101", "里程", "rate", "节点的完成率不能超过100%，现在是101%。"),
        ("20", "里程", "rate", "6月30日要求完成 30%，10月31日却只要求完成 20%：后面的节点不能低于前面的。"),
        ("120", "合格率", "value", "节点的合格率不能超过100%，现在是120%。"),
    ],
)
def test_milestone_page_says_what_is_wrong_and_keeps_what_was_typed(
    review, client, programme, indicators, city_officer, threshold, name, measure, sentence
):
    client.force_login(city_officer)
    values = {"due_on": "2020-10-31", "measure": measure, "threshold": threshold, "text": "过半", "indicator": ""}

    answer = client.post(
        reverse("projects:milestone-new", args=[programme.code]), values | {"indicator": indicators[name].pk}
    )

    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{threshold}"' in answer.text
    assert "过半" in answer.text
    assert Milestone.objects.count() == 2
