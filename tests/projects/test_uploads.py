"""Several workbooks at once: read by a worker or at once, corrected, remembered, committed together, cleaned."""

import gzip
import json
import os
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from livelihood import jobs
from livelihood.models import AuditEvent, Job
from projects.models import Figure, ImportBatch, ImportMapping, ImportUpload, Report
from projects.services import uploads
from projects.services.imports import kept_cells
from tests import factories
from tests.funding.rows import fund_line

pytestmark = pytest.mark.slow

HEAD = "序号,项目,指标,单位,目标任务,{heading},备注\n"


def sheet(unit, *rows, heading="累计完成"):
    """A county's own sheet as text: rows are number, project, indicator, unit, target, figure."""
    lines = [",".join(map(str, row)) + "," for row in rows]
    return f"{unit}2020年1—8月进展\n{HEAD.format(heading=heading)}" + "\n".join(lines) + "\n"


ROADS = [(1, "农村道路", "里程", "公里", 100, 55.25), (1, "农村道路", "合格率", "%", 90, "88.5%")]
ROADS_ELSEWHERE = [(1, "农村道路", "里程", "公里", 200, 120), (1, "农村道路", "合格率", "%", 90, "90%")]


def csv(name, text):
    return SimpleUploadedFile(name, text.encode())


@pytest.fixture
def stored(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def entrance(stored, period, participants, indicators):
    return reverse("projects:period-import", args=[period.programme.code, period.code])


@pytest.fixture
def taihe(stored, period, participants, indicators):
    report = factories.ReportFactory(
        period=period, participant=participants["341222"], state="draft", content_sha256=""
    )
    return reverse("projects:report-import", args=[report.pk])


def send(client, address, *files):
    return client.post(address, {"files": list(files)}, follow=True)


def do(client, page, step, **data):
    here = reverse("projects:import-detail", args=[page.context["upload"].pk])
    return client.post(here, {"step": step, **data}, follow=True)


def confirm(client, page):
    return do(client, page, "confirm", fingerprint=page.context["review"].fingerprint)


def said(page):
    return [str(message) for message in page.context["messages"]]


def field_of(page, label):
    """Return the name of the field beside a heading or a row."""
    cards = [one for file in page.context["cards"] for table in file.tables for one in (*table.columns, *table.rows)]
    return next(one.name for one in cards if label in (getattr(one, "column", None) or one.row).key)


def values():
    return {(row.participant.code, row.indicator.name): row.value for row in Figure.objects.all()}


def test_broken_file_of_three_blocks_all_until_it_is_left_out(client, entrance, city_officer, monkeypatch):
    client.force_login(city_officer)
    files = [
        csv("太和.csv", sheet("太和县", *ROADS)),
        csv("界首.csv", sheet("界首市", *ROADS_ELSEWHERE)),
        csv("坏.csv", "随便写的\n"),
    ]
    monkeypatch.setattr("projects.services.uploads.SMALL_FILES", 3)
    page = send(client, entrance, *files)
    broken = page.context["cards"][2]

    blocked = confirm(client, page)
    without = do(client, page, "leave_out", file=broken.file.pk, left_out="1")
    done = confirm(client, without)

    assert "没有找到表头" in broken.refusal
    assert "没有找到表头" in said(blocked)[0]
    assert said(done) == ["已导入 4 格。由市民生办代收，各家月报现在待审。"]
    assert values() == {
        ("341222", "里程"): Decimal("55.25"),
        ("341222", "合格率"): Decimal("88.5"),
        ("341282", "里程"): Decimal(120),
        ("341282", "合格率"): Decimal(90),
    }
    assert set(Report.objects.values_list("state", flat=True)) == {"submitted"}
    upload = ImportUpload.objects.get()
    assert (upload.state, [bool(file.batch) for file in upload.files.all()]) == ("committed", [True, True, False])
    assert AuditEvent.objects.filter(verb="import_return").count() == ImportBatch.objects.count() == 2


def test_corrected_column_is_read_judged_cell_by_cell_and_remembered_for_the_county(
    client, taihe, entrance, clerk, city_officer
):
    client.force_login(clerk)
    page = send(client, taihe, csv("a.csv", sheet("太和县", *ROADS, heading="兑现数")))
    refused = page.context["cards"][0].refusal

    read = do(client, page, "correct", **{field_of(page, "兑现数"): "value"})
    odd_rows = [ROADS[0], (*ROADS[1][:5], "约12")]
    later = send(client, taihe, csv("b.csv", sheet("太和县", *odd_rows, heading="兑现数")))

    assert "没有累计完成数" in refused
    assert said(read) == ["已保存 1 处更正，按更正重新读过；以后这家的表也这样读。"]
    assert [figure.value for figure in read.context["review"].readings[0].figures] == [
        Decimal("55.25"),
        Decimal("88.5"),
    ]
    assert "按上次的更正读：“兑现数”读作累计完成" in later.content.decode()
    assert ["“约12”不是数字" in issue.message for issue in later.context["review"].errors] == [True]
    assert AuditEvent.objects.filter(verb="correct_import").count() == 1
    # Another county's sheet with the same heading is not read so.
    client.force_login(city_officer)
    elsewhere = send(client, entrance, csv("c.csv", sheet("界首市", *ROADS_ELSEWHERE, heading="兑现数")))
    assert "没有累计完成数" in elsewhere.context["cards"][0].refusal


def test_forgotten_correction_is_no_longer_read(client, taihe, clerk):
    client.force_login(clerk)
    page = send(client, taihe, csv("a.csv", sheet("太和县", *ROADS, heading="兑现数")))
    do(client, page, "correct", **{field_of(page, "兑现数"): "value"})
    mapping = ImportMapping.objects.get()

    forgotten = do(client, page, "correct", forget=str(mapping.pk))
    again = do(client, page, "correct", forget=str(mapping.pk))

    assert said(forgotten) == ["已忘掉“兑现数”的更正，按表头重新读过。"]
    assert said(again) == ["这条更正已经不在了。"]
    assert forgotten.context["cards"][0].refusal


def test_corrected_row_goes_to_its_indicator_and_one_left_out_is_said(client, taihe, indicators, clerk):
    rows = [(1, "农村道路", "修的路", "公里", 100, 55.25), (2, "困难救助", "特色事项", "人", 10, 3)]
    client.force_login(clerk)
    page = send(client, taihe, csv("a.csv", sheet("太和县", *rows)))
    fields = {
        field_of(page, "修的路"): str(indicators["里程"].pk),
        field_of(page, "特色事项"): "left_out",
    }

    read = do(client, page, "correct", **fields)

    (reading,) = read.context["review"].readings
    assert [(figure.line.indicator.name, figure.value) for figure in reading.figures] == [("里程", Decimal("55.25"))]
    assert not reading.errors
    notes = [issue.message for issue in reading.issues if "按更正" in issue.message]
    assert notes == ["“修的路”按更正读作“里程”。", "“特色事项”按更正不读。"]


def test_corrections_that_make_no_sense_are_refused_and_nothing_is_kept(client, taihe, clerk):
    foreign = factories.IndicatorFactory()
    rows = [(1, "农村道路", "修的路", "公里", 100, 55.25)]
    client.force_login(clerk)
    text = sheet("太和县", *rows).replace("备注", "7月完成")
    page = send(client, taihe, csv("a.csv", text))
    row, july = field_of(page, "修的路"), field_of(page, "7月")

    answers = [
        said(do(client, page, "correct", **{name: value}))[0]
        for name, value in [
            (field_of(page, "目标"), "nonsense"),
            (july, "value"),
            (row, str(foreign.pk)),
            (row, "二"),
            ("c-1-1-99", "value"),
        ]
    ]

    assert answers == [
        "没有这种读法，没有保存更正。请从列表里选。",
        "“7月完成”写的是别的月份，不能读作累计完成，没有保存更正。",
        f"所选指标不属于“{page.context['programme'].name}”，没有保存更正。",
        "没有这个指标，没有保存更正。请从列表里选。",
        "要更正的行或列已经不在表里，没有保存。请看过现在的读法再改。",
    ]
    assert not ImportMapping.objects.exists()


def test_upload_of_another_county_is_not_found_and_one_who_only_looks_on_changes_nothing(
    client, taihe, clerk, other_clerk, leader
):
    client.force_login(clerk)
    page = send(client, taihe, csv("a.csv", sheet("太和县", *ROADS)))
    here = reverse("projects:import-detail", args=[page.context["upload"].pk])

    codes = []
    for person in (other_clerk, leader):
        client.force_login(person)
        codes.append((client.get(here).status_code, client.post(here, {"step": "discard"}).status_code))

    assert codes == [(404, 404), (200, 403)]
    assert ImportUpload.objects.get().state == "read"


def test_many_files_are_read_by_a_worker_that_stops_when_it_is_cancelled(client, entrance, city_officer, monkeypatch):
    monkeypatch.setattr("projects.services.uploads.SMALL_FILES", 1)
    client.force_login(city_officer)
    files = [csv("太和.csv", sheet("太和县", *ROADS)), csv("界首.csv", sheet("界首市", *ROADS_ELSEWHERE))]
    page = send(client, entrance, *files)
    job = Job.objects.get()
    progress = client.get(reverse("projects:import-detail", args=[page.context["upload"].pk]), HTTP_HX_REQUEST="true")

    cancelled = do(client, page, "cancel")
    ran = jobs.run_job(job.pk)
    again = do(client, page, "read_again")
    jobs.run_job(job.pk)
    late = do(client, page, "cancel")

    assert "正在读取" in page.content.decode()
    assert "取消读取" in progress.content.decode()
    assert said(cancelled) == ["已取消读取，什么都没有改。"]
    assert not ran
    assert said(again) == ["已重新开始读取。"]
    assert said(late) == ["已经读完了，不用取消。"]
    job.refresh_from_db()
    assert (job.state, ImportUpload.objects.get().state) == ("done", "read")
    assert len(late.context["review"].changes) == 4
    assert AuditEvent.objects.filter(verb="cancel_job").count() == 1


def test_cells_parsed_once_are_kept_beside_the_file_and_a_damaged_copy_is_made_again(client, taihe, clerk):
    client.force_login(clerk)
    page = send(client, taihe, csv("a.csv", sheet("太和县", *ROADS)))
    here = reverse("projects:import-detail", args=[page.context["upload"].pk])
    kept = kept_cells(uploads.stored_path(ImportUpload.objects.get().files.get()))
    content = json.loads(gzip.decompress(kept.read_bytes()))
    content["answer"]["sheets"][0]["rows"][2][5] = "77"

    kept.write_bytes(gzip.compress(json.dumps(content).encode()))
    from_kept = client.get(here)
    kept.write_bytes(b"damaged")
    from_file = client.get(here)

    assert [page.context["review"].readings[0].figures[0].value for page in (from_kept, from_file)] == [
        Decimal(77),
        Decimal("55.25"),
    ]


def test_cleaning_throws_away_what_nobody_finished_and_removes_files_that_nothing_names(client, taihe, clerk):
    client.force_login(clerk)
    confirm(client, send(client, taihe, csv("kept.csv", sheet("太和县", *ROADS))))
    send(client, taihe, csv("waiting.csv", sheet("太和县", *ROADS_ELSEWHERE)))
    committed, waiting = (uploads.stored_path(upload.files.get()) for upload in ImportUpload.objects.order_by("pk"))
    old = (timezone.now() - timedelta(days=8)).timestamp()
    for path in (committed, waiting, kept_cells(waiting)):
        os.utime(path, (old, old))

    early = uploads.clean_uploads()
    ImportUpload.objects.update(uploaded_at=timezone.now() - timedelta(days=8))
    late = uploads.clean_uploads()

    assert (early, late) == ({"expired": 0, "files": 0}, {"expired": 1, "files": 2})
    assert (committed.exists(), waiting.exists(), kept_cells(waiting).exists()) == (True, False, False)
    assert list(ImportUpload.objects.order_by("pk").values_list("state", flat=True)) == ["committed", "discarded"]
    assert default_storage.exists(ImportBatch.objects.get().file.name)


def test_marked_workbook_is_given_back_before_and_after_the_commit(client, taihe, clerk):
    client.force_login(clerk)
    page = send(client, taihe, csv("a.csv", sheet("太和县", *ROADS)))
    upload = page.context["upload"]
    address = reverse("projects:import-marked", args=[upload.pk, upload.files.get().pk])

    before = client.get(address)
    confirm(client, page)
    after = client.get(address)

    assert [(page.status_code, page.content[:2]) for page in (before, after)] == [(200, b"PK"), (200, b"PK")]
    assert address in client.get(reverse("projects:import-detail", args=[upload.pk])).content.decode()


def test_column_said_to_be_a_stage_of_money_is_read_as_that(client, taihe, programme, participants, indicators, clerk):
    place = {"participant": participants["341222"], "sub_project": indicators["里程"].sub_project}
    fund_line(programme=programme, **place, source="county")
    client.force_login(clerk)
    text = sheet("太和县", *ROADS[:1]).replace("备注", "县级兑现（元）").replace("55.25,", "55.25,1200.5")
    page = send(client, taihe, csv("a.csv", text))

    read = do(client, page, "correct", **{field_of(page, "兑现"): "funds.disbursed"})
    refused = do(client, page, "correct", **{field_of(page, "兑现"): "funds.nonsense"})

    (cell,) = [cell for reading in read.context["review"].readings for cell in reading.parts if cell.is_changed]
    assert (cell.row["source"], cell.row["stage"], cell.row["value_yuan"]) == ("county", "disbursed", "1200.5")
    assert "按上次的更正读：“县级兑现(元)”读作资金：县级拨付" in read.content.decode()
    assert said(refused) == ["没有这种读法，没有保存更正。请从列表里选。"]


def test_rows_with_a_number_that_is_none_or_without_an_indicator_can_be_answered(client, taihe, indicators, clerk):
    rows = [ROADS[0], ("两", "", "合格的路", "%", 90, "88.5%"), (2, "困难救助", "", "人", 1000, 900)]
    other = factories.IndicatorFactory(sub_project=indicators["人数"].sub_project, name="户数", unit="户", order=9)
    client.force_login(clerk)
    page = send(client, taihe, csv("a.csv", sheet("太和县", *rows)))
    fields = {
        field_of(page, "合格的路"): str(indicators["合格率"].pk),
        field_of(page, "困难救助"): str(indicators["人数"].pk),
    }

    read = do(client, page, "correct", **fields)

    assert {issue.code for issue in page.context["review"].errors} == {"bad_seq", "no_indicator"}
    assert read.context["review"].errors == []
    figures = read.context["review"].readings[0].figures
    assert {figure.line.indicator.name: figure.value for figure in figures} == {
        "里程": Decimal("55.25"),
        "合格率": Decimal("88.5"),
        "人数": Decimal(900),
    }
    assert other.name not in {figure.line.indicator.name for figure in figures}


def test_what_was_read_is_kept_until_a_figure_a_reading_or_a_file_changes(
    client, taihe, indicators, clerk, monkeypatch
):
    client.force_login(clerk)
    page = send(client, taihe, csv("a.csv", sheet("太和县", *ROADS)))
    here = reverse("projects:import-detail", args=[page.context["upload"].pk])
    shelf = {}

    def kept_or_made(key, make):
        if key not in shelf:
            shelf[key] = make()
        return shelf[key]

    monkeypatch.setattr("projects.excel.kept_readings.kept", kept_or_made)
    first, again = client.get(here), client.get(here)
    number = len(shelf)
    report = Report.objects.get()
    factories.FigureFactory(report=report, indicator=indicators["里程"], value=Decimal("55.25"))
    after = client.get(here)

    assert number == 1
    assert len(shelf) == 2
    assert first.context["review"].fingerprint == again.context["review"].fingerprint
    assert [len(page.context["review"].changes) for page in (again, after)] == [2, 1]


def test_who_leaves_a_file_out_or_takes_it_back_is_on_record_once(client, taihe, clerk):
    client.force_login(clerk)
    page = send(client, taihe, csv("a.csv", sheet("太和县", *ROADS)))
    file = page.context["cards"][0].file

    for left_out in ("1", "1", "0"):
        do(client, page, "leave_out", file=file.pk, left_out=left_out)

    events = AuditEvent.objects.filter(verb="leave_out_file").order_by("pk")
    assert [(event.after["left_out"], event.after["file"]) for event in events] == [(True, "a.csv"), (False, "a.csv")]


def test_county_sees_what_the_office_uploaded_for_it_and_does_not_finish_it(client, taihe, city_officer, clerk):
    client.force_login(city_officer)
    page = send(client, taihe, csv("a.csv", sheet("太和县", *ROADS)))

    client.force_login(clerk)
    here = reverse("projects:import-detail", args=[page.context["upload"].pk])
    seen = client.get(here)
    codes = [
        client.post(here, {"step": step, "fingerprint": page.context["review"].fingerprint}).status_code
        for step in ("confirm", "correct", "leave_out", "discard")
    ]

    assert (seen.status_code, seen.context["may_import"], codes) == (200, False, [403] * 4)
    assert (ImportUpload.objects.get().state, Figure.objects.exists()) == ("read", False)
