"""The template's download, and one county's upload: stored, shown, confirmed."""

from decimal import Decimal

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from livelihood.models import AuditEvent
from projects.excel.guard import LARGEST_FILE
from projects.models import Figure, ImportBatch, ImportFile, ImportUpload, Report
from projects.services.reports import report_for
from tests import factories
from tests.projects.workbooks import filled, retyped

pytestmark = pytest.mark.slow

GOOD = {"H4": 55.25, "H5": 88.5, "H6": 900}


@pytest.fixture
def report(settings, tmp_path, period, participants, indicators, city_officer):
    settings.MEDIA_ROOT = tmp_path / "media"
    return report_for(period=period, participant=participants["341222"], by=city_officer)


@pytest.fixture
def address(report):
    return reverse("projects:report-import", args=[report.pk])


@pytest.fixture
def county_file(tmp_path, report, period, participants):
    return filled(tmp_path / "太和县.xlsx", period=period, participant=participants["341222"], cells=GOOD)


def upload(client, address, path, **options):
    file = SimpleUploadedFile(path.name, path.read_bytes())
    return client.post(address, {"files": [file]}, **options)


def confirm(client, page, **options):
    data = {"step": "confirm", "fingerprint": page.context["review"].fingerprint}
    return client.post(reverse("projects:import-detail", args=[page.context["upload"].pk]), data, **options)


def said(page):
    """What the page says of what was just done."""
    return [str(message) for message in page.context["messages"]]


def bring_to(report, state):
    """Put the report into a state without its way there; what stands has a content hash."""
    stands = state != "draft"
    Report.objects.filter(pk=report.pk).update(state=state, content_sha256="0" * 64 if stands else "")


def test_template_is_downloaded_with_its_name(client, report, clerk, tmp_path):
    client.force_login(clerk)

    page = client.get(reverse("projects:report-template", args=[report.pk]))

    assert page.headers["Content-Disposition"].endswith("%E5%A4%AA%E5%92%8C%E5%8E%BF_2020-08_%E6%9C%88%E6%8A%A5.xlsx")
    (tmp_path / "t.xlsx").write_bytes(page.content)
    assert openpyxl.load_workbook(tmp_path / "t.xlsx")["月报"]["D4"].value == "里程"


@pytest.mark.parametrize(
    ("person", "template", "form"),
    [
        ("clerk", 200, 200),
        ("head", 200, 200),
        ("city_officer", 200, 200),
        ("leader", 200, 403),
        ("filler", 200, 403),
        ("other_clerk", 404, 404),
        ("stranger", 404, 404),
    ],
)
def test_who_may_download_and_upload(client, request, report, address, person, template, form):
    client.force_login(request.getfixturevalue(person))

    codes = (
        client.get(reverse("projects:report-template", args=[report.pk])).status_code,
        client.get(address).status_code,
    )

    assert codes == (template, form)


def test_agency_that_leads_nothing_to_fill_has_no_sheet_and_is_told_so(client, period, lead_agency, city_officer):
    agency_report = factories.ReportFactory(period=period, participant=None, agency=lead_agency, state="draft")
    client.force_login(city_officer)

    page = client.get(reverse("projects:report-template", args=[agency_report.pk]), follow=True)

    assert said(page) == ["市交通运输局没有牵头要填的指标，没有表格可下载。"]


def test_upload_shows_old_and_new_and_changes_nothing(client, address, county_file, clerk):
    client.force_login(clerk)

    page = upload(client, address, county_file, follow=True)

    assert page.status_code == 200
    (card,) = page.context["cards"]
    ((_reading, figures, _cells),) = card.changes
    assert [(figure.cell, figure.value) for figure in figures] == [
        ("H4", Decimal("55.25")),
        ("H5", Decimal("88.5")),
        ("H6", Decimal(900)),
    ]
    assert not Figure.objects.exists()


def test_upload_of_a_clerk_confirmed_in_two_tabs_is_stored_once_in_the_draft(client, address, county_file, clerk):
    client.force_login(clerk)
    page = upload(client, address, county_file, follow=True)

    done = confirm(client, page, follow=True)
    again = confirm(client, page, follow=True)

    assert said(done) == ["已导入 3 格。核对无误后签字、提交。"]
    assert said(again) == ["这次上传已经导入过了，没有再导入。"]
    assert Figure.objects.get(indicator__name="里程").value == Decimal("55.25")
    assert Report.objects.get().state == "draft"
    assert ImportFile.objects.get().batch == ImportBatch.objects.get()
    assert AuditEvent.objects.filter(verb="import_return").count() == 1
    assert client.get(address).context["waiting"] == []


def test_confirmed_upload_of_the_city_office_stands_as_submitted(client, address, county_file, city_officer):
    client.force_login(city_officer)
    page = upload(client, address, county_file, follow=True)

    done = confirm(client, page, follow=True)

    assert "导入并代收" in page.content.decode()
    assert "月报现在待审" in str(next(iter(done.context["messages"])))
    assert Report.objects.get().state == "submitted"


def test_upload_with_a_wrong_cell_is_shown_and_cannot_be_confirmed(client, address, county_file, clerk):
    client.force_login(clerk)
    retyped(county_file, {"H4": "约12"})
    page = upload(client, address, county_file, follow=True)

    done = confirm(client, page, follow=True)

    assert "“约12”不是数字" in page.content.decode()
    assert "“约12”不是数字" in said(done)[0]
    assert not Figure.objects.exists()


def test_another_countys_file_is_refused_with_a_sentence_and_waits_to_be_thrown_away(
    client, address, tmp_path, period, participants, clerk
):
    path = filled(tmp_path / "a.xlsx", period=period, participant=participants["341282"], cells=GOOD)
    client.force_login(clerk)
    page = upload(client, address, path, follow=True)

    confirmed = confirm(client, page, follow=True)

    assert "这是界首市的表，不是太和县的。" in page.content.decode()
    assert "这是界首市的表" in said(confirmed)[0]
    assert not Figure.objects.exists()
    assert [row["files"] for row in client.get(address).context["waiting"]] == ["a.xlsx"]


def test_empty_missing_large_doubled_and_too_many_files_are_refused_and_not_kept(client, address, clerk, monkeypatch):
    client.force_login(clerk)
    monkeypatch.setattr("projects.services.uploads.LARGEST_FILE", 1024 * 1024)
    monkeypatch.setattr("projects.services.uploads.LARGEST_SUM", 2 * 1024 * 1024)
    mega = 1024 * 1024

    def sentence(*contents):
        files = [SimpleUploadedFile(f"{number}.csv", content) for number, content in enumerate(contents)]
        page = client.post(address, {"files": files})
        assert page.status_code == 422
        return page.context["form"].errors["files"][0]

    assert sentence() == "请先选一个文件。"
    assert sentence(b"") == "“0.csv”是空的（0字节），没有上传。请重新导出后再选。"
    assert sentence(b"x" * (mega + 1)) == "“0.csv”文件太大（1MB），没有上传。每个最多1MB。"
    assert sentence(*[bytes([65 + n]) * mega for n in range(3)]) == (
        "这些文件合起来3MB，没有上传。一次最多2MB，请分几次。"
    )
    assert sentence(b"x", b"y", b"x") == "“2.csv”和“0.csv”内容完全相同，没有上传。请只选其中一份。"
    assert sentence(*[b"%d" % n for n in range(60)]) == "一次最多上传50个文件，选了60个，没有上传。请分几次。"
    assert not ImportUpload.objects.exists()
    assert LARGEST_FILE == 20 * 1024 * 1024


def test_confirm_after_somebody_changed_a_figure_shows_the_comparison_again(
    client, address, county_file, clerk, tmp_path
):
    client.force_login(clerk)
    page = upload(client, address, county_file, follow=True)
    confirm(client, page)
    retyped(county_file, {"H4": 60})
    old = upload(client, address, county_file, follow=True)
    Figure.objects.filter(indicator__name="里程").update(value=58)

    again = confirm(client, old, follow=True)

    assert "请再看一遍" in said(again)[0]
    assert Figure.objects.get(indicator__name="里程").value == Decimal(58)
    assert ImportBatch.objects.count() == 1


def test_upload_thrown_away_is_over_and_changes_nothing(client, address, county_file, clerk):
    client.force_login(clerk)
    page = upload(client, address, county_file, follow=True)
    here = reverse("projects:import-detail", args=[page.context["upload"].pk])

    thrown = client.post(here, {"step": "discard"}, follow=True)
    answers = [
        said(client.post(here, data, follow=True))
        for data in (
            {"step": "confirm"},
            {"step": "correct"},
            {"step": "discard"},
            {"step": "cancel"},
            {"step": "nonsense"},
        )
    ]

    assert said(thrown) == ["已放弃这次上传，什么都没有改。"]
    assert answers == [
        ["这次上传已经放弃了，请重新上传。"],
        ["这次上传已经放弃了，请重新上传。"],
        ["这次上传已经放弃了。"],
        ["已经读完了，不用取消。"],
        ["没有这个操作，什么都没有改。请刷新页面再试。"],
    ]
    assert thrown.context["waiting"] == []
    assert not Figure.objects.exists()
    assert AuditEvent.objects.filter(verb__in=["upload_returns", "discard_upload"]).count() == 2


def test_wholes_own_rate_is_imported_and_stands_approved(
    client, tmp_path, settings, period, participants, indicators, city_officer
):
    settings.MEDIA_ROOT = tmp_path / "media"
    whole = report_for(period=period, participant=participants["341200"], by=city_officer)
    path = filled(tmp_path / "w.xlsx", period=period, participant=participants["341200"], cells={"H4": 91.5})
    client.force_login(city_officer)
    address = reverse("projects:report-import", args=[whole.pk])

    confirm(client, upload(client, address, path, follow=True))

    assert Figure.objects.get().value == Decimal("91.5")
    whole.refresh_from_db()
    assert whole.state == "approved"


@pytest.mark.parametrize(
    ("person", "state", "words", "leads_to"),
    [
        ("clerk", "signed", "先在月报页撤回签字", "projects:report-detail"),
        ("clerk", "submitted", "先在月报页撤回，或请市民生办退回", "projects:report-detail"),
        ("clerk", "approved", "请市民生办退回", "projects:report-detail"),
        ("city_officer", "signed", "请填报单位先撤回签字", "projects:report-detail"),
        ("city_officer", "submitted", "先退回给填报单位", "projects:report-review"),
        ("city_officer", "approved", "先退回给填报单位", "projects:report-review"),
    ],
)
def test_page_of_a_report_that_stands_says_what_to_do_first_instead_of_the_form(
    client, request, report, address, person, state, words, leads_to
):
    bring_to(report, state)
    client.force_login(request.getfixturevalue(person))

    page = client.get(address)

    assert words in page.context["not_now"]["sentence"]
    assert page.context["not_now"]["url"] == reverse(leads_to, args=[report.pk])
    assert page.context["not_now"]["sentence"] in page.content.decode()
    assert 'type="file"' not in page.content.decode()


@pytest.mark.parametrize("state", ["draft", "approved"])
def test_page_of_a_closed_month_names_the_close_and_leads_to_the_reopening(
    client, report, address, period, state, clerk, city_officer
):
    bring_to(report, state)
    type(period).objects.filter(pk=period.pk).update(
        state="closed", closed_at="2020-09-10T00:00:00Z", closed_by=city_officer
    )

    pages = {}
    for person in (clerk, city_officer):
        client.force_login(person)
        pages[person] = client.get(address)

    assert "已经封账，不能再导入。确需更正，请联系市民生办重新开放。" in pages[clerk].content.decode()
    assert pages[city_officer].context["not_now"]["label"] == "去重新开放"
    assert not any('type="file"' in page.content.decode() for page in pages.values())


def test_page_of_an_open_draft_shows_the_form(client, address, clerk):
    client.force_login(clerk)

    page = client.get(address)

    assert page.context["not_now"] is None
    assert 'type="file"' in page.content.decode()
