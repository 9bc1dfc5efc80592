"""Targets and catalogue by workbook: read, shown, confirmed; what is wrong is said and stores nothing."""

import datetime
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from livelihood.models import AuditEvent
from projects.excel.target_template import target_template
from projects.models import Indicator, Programme, SubProject, Target
from projects.workbook_kinds import CatalogueWorkbook, TargetWorkbook
from projects.workbook_resource import WorkbookResource
from projects.workbooks import CHANGED, NEW, SAME
from tests import factories

pytestmark = pytest.mark.django_db

PAPER = {
    "document": "阜民生办〔2020〕9号",
    "document_on": datetime.date(2020, 7, 1),
    "reason": "省里调整任务",
}


def workbook(path, *sheets):
    """Save sheets, each a list of rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.fixture
def read(tmp_path, programme, participants, indicators, city_officer):
    """Return a function that reviews sheets of targets as the city office."""

    def review(*sheets, **paper):
        path = workbook(tmp_path / "targets.xlsx", *sheets)
        return TargetWorkbook(city_officer, programme=programme, **paper).review(path, "targets.xlsx")

    return review


def said(review):
    """Return what would be stored: unit, indicator, state, value, printed."""
    return [
        (entry.participant.printed_name, entry.indicator.name, entry.state, entry.value, entry.printed)
        for entry in review.content or []
    ]


def test_template_of_targets_reads_back_without_a_change(tmp_path, programme, participants, indicators, city_officer):
    path = tmp_path / "template.xlsx"
    path.write_bytes(target_template(programme))

    review = TargetWorkbook(city_officer, programme=programme).review(path, "template.xlsx")

    assert review.issues == []
    assert review.counts == {NEW: 0, CHANGED: 0, SAME: 12, "wrong": 0}


MATRIX = [
    ["2020年目标任务分解表"],
    ["序号", "项目", "子项", "指标", "太和县", "界首市", "市本级", "全市", "合计"],
    [1, "农村道路", None, "里程", "120公里", None, "/", 300, 320],
    [None, None, None, "合格率", "≥95%", 90, 90, 90, None],
]
TURNED = [
    ["考核单位", "农村道路", None],
    [None, "里程（公里）", "合格率（%）"],
    ["太和县", "120公里", "≥95%"],
    ["界首市", None, 90],
    ["市本级", "/", 90],
    ["全市", 300, 90],
    ["合计", 320, None],
]
LIST = [
    ["序号", "指标", "考核单位", "目标任务"],
    [1, "里程", "太和县", "120公里"],
    [1, "里程", "市本级", "/"],
    [1, "里程", "全市", 300],
    [1, "合格率", "太和县", "≥95%"],
]


@pytest.mark.parametrize("sheet", [MATRIX, TURNED, LIST], ids=["matrix", "turned", "list"])
def test_r16_targets_are_read_whichever_way_the_table_lies(read, sheet):
    review = read(sheet, **PAPER)

    assert review.errors == []
    assert sorted(said(review)) == [
        ("太和县", "合格率", "assessed", Decimal(95), "≥95%"),
        ("太和县", "里程", "assessed", Decimal(120), "120公里"),
    ]
    # 120 of 太和县 and the 200 that stand for 界首市 against the 300 of the whole; 市本级 has no task.
    [issue] = [issue for issue in review.issues if issue.code == "task_split"]
    assert "2个单位的目标相加为320，全域目标为300，多20" in issue.message


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (0, "目标值为0；没有任务请写“/”"),
        (-5, "目标“-5”看不出是多少"),
        ("已完成", "目标“已完成”看不出是多少"),
        ("120人", "单位与指标的单位“公里”不同"),
        ("=1/0", "公式没有计算结果"),
        (datetime.date(2020, 8, 1), "不是目标"),
        (True, "不是目标"),
        ("1e999", "看不出是多少"),
        ("新建100公里、改建20公里", "看不出是多少"),
        ("12345678901234567890", "位数太多"),
    ],
)
def test_target_that_is_none_is_refused_with_its_cell(read, cell, words):
    review = read([["序号", "指标", "太和县"], [1, "里程", cell]], **PAPER)

    [issue] = review.errors
    assert (issue.sheet, issue.cell) == ("Sheet", "C2")
    assert words in issue.message
    assert not review.may_import


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        ([["序号", "指标", "东县"], [1, "里程", 5]], "单位“东县”不在“阜阳市2020年民生工程”的名单里"),
        ([["序号", "指标", "太和县"], [9, "里程", 5]], "第9项没有指标“里程”"),
        ([["序号", "指标", "太和县", "太和县"], [1, "里程", 5, 6]], "单位“太和县”出现了两次"),
        ([*LIST, [1, "里程", "太和县", 130]], "在Sheet!D2已经写过“120公里”，这里是“130”"),
        ([["2021年目标任务分解表"], *LIST], "是2021年的表"),
        ([["随便", "写的"], [1, 2]], "没有找到目标任务"),
        ([["序号", "指标", "太和县"]], "没有读到内容"),
        ([["序号", "指标", *[f"第{nth}列" for nth in range(600)]], [1, "里程", *[1] * 600]], "最多50000行、500列"),
    ],
)
def test_table_that_is_not_the_programmes_is_refused(read, sheet, words):
    review = read(sheet, **PAPER)

    assert any(words in issue.message for issue in review.errors), review.issues
    assert not review.may_import


def test_template_of_another_programme_is_refused(tmp_path, programme, participants, indicators, city, city_officer):
    other = factories.ProgrammeFactory(code="fuyang-2021", owner=city, office=programme.office, year=2021)
    path = tmp_path / "template.xlsx"
    path.write_bytes(target_template(programme))

    review = TargetWorkbook(city_officer, programme=other).review(path, "template.xlsx")

    assert "这是年度“fuyang-2020”的表" in review.refusal


def upload(client, url, content, **fields):
    """Upload a workbook as a person does."""
    file = SimpleUploadedFile("表.xlsx", content)
    return client.post(url, {"step": "upload", "file": file, **fields}, follow=True)


def test_r19_change_of_a_target_needs_its_paper_and_is_stored_as_a_revision(
    client, tmp_path, programme, participants, indicators, city_officer, django_assert_max_num_queries
):
    client.force_login(city_officer)
    url = reverse("projects:target-import", args=[programme.code])
    content = workbook(tmp_path / "t.xlsx", MATRIX).read_bytes()

    page = upload(client, url, content)
    assert "改动已有目标2个：修订目标任务要写明原因。" in page.text
    assert page.context["review"].counts == {NEW: 0, CHANGED: 2, SAME: 5, "wrong": 2}
    refused = client.post(url, {"step": "confirm", "fingerprint": page.context["review"].fingerprint}, follow=True)
    assert "没有导入：" in refused.text
    assert not Target.objects.filter(revision=2).exists()
    page = client.post(url, {"step": "paper", **PAPER}, follow=True)
    with django_assert_max_num_queries(45):
        done = client.post(url, {"step": "confirm", "fingerprint": page.context["review"].fingerprint})

    assert done.status_code == 302
    revised = Target.objects.filter(revision=2).order_by("value")
    assert [(row.value, row.printed, row.reason) for row in revised] == [
        (Decimal(95), "≥95%", "省里调整任务"),
        (Decimal(120), "120公里", "省里调整任务"),
    ]
    assert Target.objects.filter(indicator=indicators["里程"], revision=1).count() == 4
    assert list(AuditEvent.objects.values_list("verb", flat=True).order_by("pk")) == ["set_targets", "import_workbook"]
    again = upload(client, url, content, **PAPER)
    assert again.context["review"].counts == {NEW: 0, CHANGED: 0, SAME: 7, "wrong": 0}


def test_import_is_refused_when_a_target_changed_since_it_was_shown(
    client, tmp_path, programme, participants, indicators, city_officer
):
    client.force_login(city_officer)
    url = reverse("projects:target-import", args=[programme.code])
    page = upload(client, url, workbook(tmp_path / "t.xlsx", MATRIX).read_bytes(), **PAPER)
    Target.objects.bulk_create(
        [
            factories.TargetFactory.build(
                indicator=indicators["里程"],
                participant=participants["341222"],
                revision=2,
                value=Decimal(110),
                reason="别人改的",
                set_by=city_officer,
            )
        ]
    )

    answer = client.post(url, {"step": "confirm", "fingerprint": page.context["review"].fingerprint}, follow=True)

    assert "核对之后系统里的数据有改动，没有导入" in answer.text
    assert not Target.objects.filter(reason="省里调整任务").exists()


def test_catalogue_reads_back_and_its_wrong_rows_store_nothing(
    client, programme, participants, indicators, city_officer
):
    # As a loaded catalogue counts them.
    SubProject.objects.update(order=1)
    Indicator.objects.filter(name="人数").update(order=1)
    client.force_login(city_officer)
    url = reverse("projects:catalogue-import")
    template = client.get(reverse("projects:catalogue-template"), {"programme": programme.code})

    page = upload(client, url, template.content)
    assert page.context["review"].issues == []
    assert page.context["review"].changes == []
    book = openpyxl.load_workbook(BytesIO(template.content))
    sheet = book["项目与指标"]
    sheet.append([3, "学前教育", *[None] * 11, "幼儿园", "所", "0", "工程类"])
    sheet.append([None, None, *[None] * 11, "教师", None, "0", "工程类"])
    page = upload(client, url, saved(book))
    assert [(issue.cell, issue.message) for issue in page.context["review"].errors] == [
        ("A6", "第3项“教师”没有写单位。")
    ]
    client.post(url, {"step": "confirm", "fingerprint": page.context["review"].fingerprint})
    assert not Indicator.objects.filter(name="幼儿园").exists()
    sheet.delete_rows(6)
    page = upload(client, url, saved(book))
    client.post(url, {"step": "confirm", "fingerprint": page.context["review"].fingerprint})

    assert Indicator.objects.filter(name="幼儿园", sub_project__project__seq=3).exists()


def saved(book) -> bytes:
    """Return a workbook's bytes."""
    output = BytesIO()
    book.save(output)
    return output.getvalue()


def test_catalogue_of_another_city_or_of_its_places_is_refused(
    tmp_path, programme, participants, indicators, city_officer
):
    content = CatalogueWorkbook(city_officer, programme=programme).template()
    foreign = factories.RegionFactory(code="340700", name="铜陵市", kind="city")
    theirs = factories.ProgrammeFactory(code="tongling-2020", owner=foreign)
    path = tmp_path / "c.xlsx"

    book = openpyxl.load_workbook(BytesIO(content))
    book["年度"]["B1"] = theirs.code
    path.write_bytes(saved(book))
    taken = CatalogueWorkbook(city_officer).review(path, "c.xlsx")
    book["年度"]["B1"], book["年度"]["B3"] = "tongling-2021", "340700"
    book["年度"]["B4"] = theirs.office.name
    path.write_bytes(saved(book))
    owned = CatalogueWorkbook(city_officer).review(path, "c.xlsx")
    book["年度"]["B1"], book["年度"]["B3"], book["年度"]["B4"] = programme.code, "341200", programme.office.name
    book["行政区划"].append(["340700", "铜陵", "铜陵", "市", "341200"])
    path.write_bytes(saved(book))
    renamed = CatalogueWorkbook(city_officer).review(path, "c.xlsx")

    assert "代码“tongling-2020”已是铜陵市的" in taken.errors[0].message
    assert "只有市民生办可以做这件事" in owned.refusal or owned.errors
    assert any("已有的行政区划由系统管理员维护" in issue.message for issue in renamed.errors)
    assert Programme.objects.get(code="tongling-2020").owner == foreign


def test_resource_shows_every_row_and_an_invalid_one_stores_nothing(
    tmp_path, programme, participants, indicators, city_officer
):
    wrong = workbook(tmp_path / "wrong.xlsx", [["序号", "指标", "太和县", "界首市"], [1, "里程", 120, "很多"]])
    right = workbook(tmp_path / "right.xlsx", [["序号", "指标", "太和县", "界首市"], [1, "里程", 120, 200]])
    kind = TargetWorkbook(city_officer, programme=programme, **PAPER)

    def run(path, *, dry_run):
        resource = WorkbookResource(kind, path, path.name)
        return resource.import_data(resource.read(), dry_run=dry_run, user=city_officer)

    refused = run(wrong, dry_run=False)
    assert refused.has_validation_errors()
    assert "很多" in str(refused.invalid_rows[0].error)
    assert not Target.objects.filter(revision=2).exists()
    assert not AuditEvent.objects.filter(verb__in=["set_targets", "import_workbook"]).exists()
    shown = run(right, dry_run=True)
    assert (shown.totals["update"], shown.totals["skip"]) == (1, 1)
    assert not Target.objects.filter(revision=2).exists()
    stored = run(right, dry_run=False)

    assert not stored.has_errors()
    assert Target.objects.get(revision=2).value == 120
