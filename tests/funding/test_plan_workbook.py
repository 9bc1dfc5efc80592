"""资金计划 by workbook: the same judging as a paste, with the cell of what is wrong; all or nothing."""

from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from funding.models import FundPlan
from funding.plan_workbook import PlanWorkbook
from funding.services.plans import PlanEntry, set_plans
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
        (["农村道路", None, "太和县", "市级", None, 7], "已有计划，改动请用修订"),
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


def test_county_brings_its_own_plan_only(read, clerk):
    review = read(HEAD, ["农村道路", None, "界首市", "省级", None, 50], user=clerk)

    assert [issue.message for issue in review.errors] == ["“界首市”的计划不由您录入。"]
