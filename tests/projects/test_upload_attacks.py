"""Requests no page would send, and workers that die: what uploads make of them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from livelihood import jobs
from livelihood.models import AuditEvent, Job
from projects.models import Figure, ImportBatch, ImportMapping, ImportUpload
from projects.services import uploads
from projects.services.import_mappings import Correction, remember
from projects.services.imports import kept_cells
from tests.projects.test_uploads import (
    ROADS,
    ROADS_ELSEWHERE,
    confirm,
    csv,
    do,
    entrance,
    said,
    send,
    sheet,
    stored,
    taihe,
)
from tests.support.processes import Process

__all__ = ["entrance", "stored", "taihe"]

pytestmark = pytest.mark.slow

STEPS = ("confirm", "correct", "leave_out", "cancel", "read_again", "discard")
#: Reads an upload as a worker does, and hangs at its second file.
HANGING_WORKER = """
import sys, threading
import django
django.setup()
from django.conf import settings
from livelihood import jobs
from projects.services import uploads
settings.MEDIA_ROOT = sys.argv[2]
opened, seen = uploads.open_workbook, []
def open_workbook(*arguments, **options):
    seen.append(arguments)
    if len(seen) > 1:
        print("hangs", flush=True)
        threading.Event().wait()
    return opened(*arguments, **options)
uploads.open_workbook = open_workbook
jobs.run_job(int(sys.argv[1]))
"""


@pytest.fixture
def queued(client, entrance, city_officer, monkeypatch):
    """Two files that wait for a worker, as the office sees them."""
    monkeypatch.setattr("projects.services.uploads.SMALL_FILES", 1)
    client.force_login(city_officer)
    return send(
        client,
        entrance,
        csv("太和.csv", sheet("太和县", *ROADS)),
        csv("界首.csv", sheet("界首市", *ROADS_ELSEWHERE)),
    )


def test_session_of_another_county_in_the_same_browser_finishes_nothing(client, taihe, clerk, other_clerk):
    client.force_login(clerk)
    page = send(client, taihe, csv("a.csv", sheet("太和县", *ROADS)))

    client.force_login(other_clerk)
    codes = [
        do(client, page, step, fingerprint=page.context["review"].fingerprint, file="1", left_out="1").status_code
        for step in STEPS
    ]
    client.logout()
    away = do(client, page, "confirm", fingerprint=page.context["review"].fingerprint)

    assert codes == [404] * 6
    assert away.redirect_chain[0][0].startswith("/login/")
    assert (ImportUpload.objects.get().state, Figure.objects.exists()) == ("read", False)


def test_tampered_posts_are_refused_with_a_sentence_and_change_nothing(client, taihe, clerk, participants):
    client.force_login(clerk)
    page = send(client, taihe, csv("a.csv", sheet("太和县", *ROADS)))
    mapping = ImportMapping.objects.create(
        programme=page.context["programme"],
        participant=participants["341282"],
        kind="column",
        label="兑现数",
        meaning="value",
        corrected_by=clerk,
    )
    posts = [
        ("correct", {"c-9-9-9\x00": "value"}),
        ("correct", {f"r-{number}-0-0": "1" for number in range(5000)}),
        ("correct", {"forget": str(mapping.pk)}),
        ("correct", {"forget": "9" * 40}),
        ("leave_out", {"file": "9" * 40, "left_out": "1"}),
        ("leave_out", {"file": "²", "left_out": "1"}),
        ("confirm", {"fingerprint": "\x00"}),
        ("drop_tables", {}),
    ]

    answers = [do(client, page, step, **data) for step, data in posts]
    too_many = do(client, page, "correct", **{f"r-{number}-0-0": "1" for number in range(10_000)})

    gone = "要更正的行或列已经不在表里，没有保存。请看过现在的读法再改。"
    assert [said(answer) for answer in answers] == [
        [gone],
        [gone],
        ["这条更正已经不在了。"],
        ["这条更正已经不在了。"],
        ["这份文件不在这次上传里。"],
        ["这份文件不在这次上传里。"],
        ["核对之后系统里的数有改动，没有导入。请再看一遍下面的对照。"],
        ["没有这个操作，什么都没有改。请刷新页面再试。"],
    ]
    assert too_many.status_code == 400
    assert list(ImportMapping.objects.all()) == [mapping]
    assert not AuditEvent.objects.filter(verb__in=["correct_import", "leave_out_file"]).exists()
    assert not Figure.objects.exists()


def test_file_name_made_to_hurt_is_kept_as_a_plain_one(client, taihe, clerk):
    client.force_login(clerk)
    page = send(client, taihe, SimpleUploadedFile("../../<b>坏\x00\x1b.csv", sheet("太和县", *ROADS).encode()))

    name = ImportUpload.objects.get().files.get().file_name
    assert (page.status_code, "<b>坏" in page.content.decode(), "/" in name, "\x00" in name) == (
        200,
        False,
        False,
        False,
    )


def test_many_corrections_take_as_many_queries_as_one_and_two_that_differ_are_refused(programme, indicators, clerk):
    def correct(*labels):
        with CaptureQueriesContext(connection) as queries:
            remember(
                programme=programme,
                corrections=[Correction(None, "row", label, indicator_id=indicators["里程"].pk) for label in labels],
                by=clerk,
            )
        return len(queries)

    first = correct("一")
    many = correct("一", *(f"第{number}行" for number in range(200)))

    assert many <= first + 2
    assert ImportMapping.objects.count() == 201
    with pytest.raises(uploads.Refused, match="选了不同的读法"):
        remember(
            programme=programme,
            corrections=[Correction(None, "column", "数", "value"), Correction(None, "column", "数", "rate")],
            by=clerk,
        )


def test_second_tab_confirms_what_it_showed_or_nothing(client, entrance, city_officer):
    client.force_login(city_officer)
    page = send(
        client,
        entrance,
        csv("太和.csv", sheet("太和县", *ROADS)),
        csv("界首.csv", sheet("界首市", *ROADS_ELSEWHERE)),
    )

    other_tab = do(client, page, "leave_out", file=page.context["cards"][1].file.pk, left_out="1")
    stale = confirm(client, page)
    done = confirm(client, other_tab)
    late = [said(do(client, other_tab, step, file="1"))[0] for step in ("leave_out", "correct", "cancel", "discard")]

    assert said(stale) == ["核对之后系统里的数有改动，没有导入。请再看一遍下面的对照。"]
    assert said(done) == ["已导入 2 格。由市民生办代收，各家月报现在待审。"]
    assert late == [
        "这次上传已经导入过了，没有再导入。",
        "这次上传已经导入过了，没有再导入。",
        "已经读完了，不用取消。",
        "这次上传已经导入，不能放弃。要改数，请改好表格重新上传。",
    ]
    assert ImportBatch.objects.count() == 1


def test_upload_thrown_away_while_it_is_read_stays_so(client, queued, monkeypatch):
    job = Job.objects.get()
    opened = uploads.open_workbook

    def discarded_meanwhile(*arguments, **options):
        if ImportUpload.objects.get().state == "reading":
            do(client, queued, "discard")
        return opened(*arguments, **options)

    monkeypatch.setattr(uploads, "open_workbook", discarded_meanwhile)
    jobs.run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, ImportUpload.objects.get().state) == ("cancelled", "discarded")
    assert said(do(client, queued, "read_again")) == ["这次上传正在读或已经读完了，不用再读。"]


def test_reading_whose_worker_died_is_taken_again_and_nothing_is_doubled(client, queued):
    job = Job.objects.get()
    first = ImportUpload.objects.get().files.first()
    path = uploads.stored_path(first)
    uploads.open_workbook(path, file_name=first.file_name, kept=kept_cells(path))
    dead = {"state": "running", "attempts": 1, "lease_until": timezone.now() - timedelta(minutes=1)}
    Job.objects.filter(pk=job.pk).update(**dead)
    ImportUpload.objects.update(state="reading")

    jobs.sweep()
    ran = jobs.run_job(job.pk)
    again = jobs.run_job(job.pk)
    page = client.get(reverse("projects:import-detail", args=[queued.context["upload"].pk]))
    done = confirm(client, page)

    job.refresh_from_db()
    assert (ran, again, job.state, job.attempts) == (True, False, "done", 2)
    assert said(done) == ["已导入 4 格。由市民生办代收，各家月报现在待审。"]
    assert (ImportBatch.objects.count(), Figure.objects.count()) == (2, 4)
    assert set(Figure.objects.values_list("version", flat=True)) == {1}


@pytest.mark.long
def test_killed_worker_leaves_an_upload_that_the_next_one_reads_to_its_end(
    cloned_db, client, settings, queued, tmp_path
):
    job = Job.objects.get()
    worker = Process("-c", HANGING_WORKER, str(job.pk), str(settings.MEDIA_ROOT), log=tmp_path / "worker.log")
    worker.wait_until(lambda: "hangs" in worker.text())
    reading = ImportUpload.objects.get().state
    worker.kill()

    Job.objects.update(lease_until=timezone.now() - timedelta(minutes=1))
    jobs.sweep()
    jobs.run_job(job.pk)
    done = confirm(client, client.get(reverse("projects:import-detail", args=[queued.context["upload"].pk])))

    assert (reading, ImportUpload.objects.get().state) == ("reading", "committed")
    assert said(done) == ["已导入 4 格。由市民生办代收，各家月报现在待审。"]
    assert Figure.objects.get(participant__code="341282", indicator__name="里程").value == Decimal(120)
    assert (ImportBatch.objects.count(), Figure.objects.count()) == (2, 4)
