"""资金计划 by workbook: the same judging as a paste, with the cell of what is wrong; all or nothing."""

import datetime
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from funding.models import FundPlan
from funding.plan_workbook import PlanWorkbook
from funding.services.plans import PlanEntry, revise_plan, set_plans
from livelihood.models import AuditEvent
from livelihood.services import Refused
from projects.workbook_resource import WorkbookResource
from tests.funding.boards import yuan

pytestmark = pytest.mark.django_db

HEAD = ["项目", "子项", "单位", "来源", "类别", "金额（万元）"]


def content(*rows) -> bytes:
    """Return a workbook with these rows."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    output = BytesIO()
    book.save(output)
    return output.getvalue()


@pytest.fixture
def read(tmp_path, programme, participants, indicators, city_officer):
    """Return a function that reviews rows as a person, the city office unless said."""

    def review(*rows, user=city_officer, **extra):
        path = tmp_path / "plan.xlsx"
        path.write_bytes(content(*rows))
        return PlanWorkbook(user, programme=programme, **extra).review(path, "plan.xlsx")

    return review


def test_plan_is_read_with_its_head_and_the_template_reads_back(
    client, read, tmp_path, programme, participants, indicators, city_officer
):
    rows = [
        ["2020年资金筹集方案"],
        HEAD,
        ["农村道路", None, "太和县", "省级", "项目资金", 1234.5],
        [2, None, "界首市", None, None, "50"],
        ["合计", None, None, None, None, 1284.5],
    ]
    client.force_login(city_officer)
    url = reverse("funding:plan-import", args=[programme.code])

    file = SimpleUploadedFile("计划.xlsx", content(*rows))
    page = client.post(url, {"step": "upload", "file": file, "unit": "万元", "document": "民〔2020〕1号"}, follow=True)
    review = page.context["review"]
    assert [issue.code for issue in review.issues] == ["sum_row"]
    client.post(url, {"step": "confirm", "fingerprint": review.fingerprint})

    assert sorted(FundPlan.objects.values_list("amount", "document")) == [
        (yuan("50"), "民〔2020〕1号"),
        (yuan("1234.5"), "民〔2020〕1号"),
    ]
    path = tmp_path / "template.xlsx"
    path.write_bytes(client.get(reverse("funding:plan-template", args=[programme.code])).content)
    again = PlanWorkbook(city_officer, programme=programme).review(path, "template.xlsx")
    assert (again.counts["same"], again.changes, again.issues) == (2, [], [])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["农村道路", None, "太和县", "省级", None, -3], "是负数"),
        (["农村道路", None, "太和县", "省级", None, "=1/0"], "没有计算结果的公式"),
        (["农村道路", None, "太和县", "省级", None, "1.5亿元"], "与表头的单位（万元）不一致"),
        (["农村道路", None, "太和县", "火星", None, 1], "不认识资金来源“火星”"),
        (["农村道路", None, "东县", "省级", None, 1], "没有“东县”这个单位"),
        (["修路", None, "太和县", "省级", None, 1], "没有“修路”这个项目"),
        (["农村道路", None, "太和县", "省级", None, None], "没有写金额"),
        (["农村道路", None, "界首市", "省级", None, 50], "出现了两次"),
        (["农村道路", None, "太和县", None, None, 7], "不能与“市级”并存"),
        (["农村道路", None, "界首市", "省级", None, 60], "出现了两次"),
    ],
)
def test_wrong_row_is_said_with_its_cell_and_stores_nothing(
    read, programme, participants, indicators, city_officer, row, words
):
    roads = indicators["里程"].sub_project
    entry = PlanEntry(roads, participants["341222"], "city", "project", yuan("5"))
    set_plans(programme=programme, entries=[entry], by=city_officer)

    review = read(HEAD, ["农村道路", None, "界首市", "省级", None, 50], row)

    [issue] = review.errors
    assert words in issue.message
    assert issue.cell == "F3"
    assert not review.may_import


def test_county_brings_its_own_first_plans_only(read, clerk, standing):
    review = read(
        HEAD, ["农村道路", None, "界首市", "省级", None, 50], ["农村道路", None, "太和县", "市级", None, 7], user=clerk
    )

    messages = [issue.message for issue in review.errors]
    assert messages[0] == "“界首市”的计划不由您录入。"
    assert "已有计划，改动请用修订" in messages[1]


# -- an amount that changes what stands is a dated revision ------------------------------------------

PAPER = {
    "document": "民〔2020〕7号",
    "document_on": datetime.date(2020, 7, 1),
    "revised_from": datetime.date(2020, 7, 1),
    "reason": "压减",
}


@pytest.fixture
def standing(programme, participants, indicators, city_officer):
    """太和县's plan of 5 万元 from the city, as first entered."""
    entry = PlanEntry(indicators["里程"].sub_project, participants["341222"], "city", "project", yuan("5"))
    [plan] = set_plans(programme=programme, entries=[entry], by=city_officer)
    return plan


def test_r19_changed_amount_is_shown_old_and_new_and_stored_as_a_dated_revision(client, read, standing, city_officer):
    rows = [HEAD, ["农村道路", None, "太和县", "市级", None, 7], ["农村道路", None, "界首市", "市级", None, 50]]
    url = reverse("funding:plan-import", args=[standing.fund_line.programme.code])
    client.force_login(city_officer)
    file = SimpleUploadedFile("计划.xlsx", content(*rows))

    bare = client.post(url, {"step": "upload", "file": file}, follow=True).context["review"]
    paper = {key: str(value) for key, value in PAPER.items()}
    review = client.post(url, {"step": "paper"} | paper, follow=True).context["review"]
    client.post(url, {"step": "confirm", "fingerprint": bare.fingerprint})
    assert FundPlan.objects.count() == 1
    client.post(url, {"step": "confirm", "fingerprint": review.fingerprint})

    assert [issue.message for issue in bare.errors] == [
        "改动已有计划1条：修订资金计划要写明原因。",
        "改动已有计划1条：修订资金计划要写明依据文件和文件日期。",
    ]
    assert [(row.state, row.before, row.after) for row in review.changes] == [
        ("changed", "5万元", "7万元"),
        ("new", "", "50万元"),
    ]
    revised = standing.fund_line.plans.get(revision=2)
    assert (revised.amount, revised.valid_from, revised.reason) == (yuan("7"), PAPER["revised_from"], "压减")
    assert FundPlan.objects.in_force(datetime.date(2020, 6, 30)).get(fund_line=standing.fund_line) == standing
    event = AuditEvent.objects.get(verb="revise_plans")
    assert (event.before, event.after["count"]) == ({str(standing.fund_line): "50000.00"}, 1)
    assert FundPlan.objects.count() == 3


@pytest.mark.parametrize(
    ("paper", "words"),
    [
        ({"reason": ""}, "要写明原因"),
        ({"document_on": None}, "要写明依据文件和文件日期"),
        ({"revised_from": datetime.date(2021, 1, 1)}, "生效日期要在 2020 年内"),
    ],
)
def test_revision_without_its_paper_is_refused(read, standing, paper, words):
    review = read(HEAD, ["农村道路", None, "太和县", "市级", None, 7], **(PAPER | paper))

    assert [words in issue.message for issue in review.errors] == [True]
    assert not review.may_import


def test_revision_beside_a_line_revised_meanwhile_is_not_stored(read, tmp_path, standing, city_officer):
    review = read(HEAD, ["农村道路", None, "太和县", "市级", None, 7], **PAPER)
    revise_plan(
        fund_line=standing.fund_line,
        amount=yuan("6"),
        reason="另有文件",
        document="民〔2020〕6号",
        document_on=PAPER["document_on"],
        by=city_officer,
    )
    kind = PlanWorkbook(city_officer, programme=standing.fund_line.programme, **PAPER)
    resource = WorkbookResource(kind, tmp_path / "plan.xlsx", "plan.xlsx", fingerprint=review.fingerprint)

    with pytest.raises(Refused, match="核对之后系统里的数据有改动"):
        resource.store(by=city_officer)

    assert [plan.amount for plan in standing.fund_line.plans.order_by("revision")] == [yuan("5"), yuan("6")]
