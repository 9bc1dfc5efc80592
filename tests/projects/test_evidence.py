"""佐证: what is taken beside a cell, what is refused in a sentence, and how it is delivered."""

import hashlib
import io
import struct
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from livelihood.models import AuditEvent
from projects.evidence_files import safe_name
from projects.models import Evidence, Report
from projects.services import periods, reports
from tests import factories
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """A folder of this test's own for what is stored."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@world
def report(period, participants, indicators, clerk):
    """太和县's empty draft."""
    return reports.report_for(period=period, participant=participants["341222"], by=clerk)


@pytest.fixture
def add(client, report, clerk, participants, indicators):
    """Upload bytes beside 里程 as somebody (the clerk); return the answer, or the page that follows."""

    def post(data, name="现场.jpg", *, by=clerk, unit="341222", indicator="里程", follow=False):
        client.force_login(by)
        arguments = [report.pk, (participants[unit].pk, indicators[indicator].pk)]
        file = SimpleUploadedFile(name, data) if data is not None else ""
        return client.post(reverse("projects:evidence-add", args=arguments), {"file": file}, follow=follow)

    return post


def jpeg(note=b"") -> bytes:
    """Return a small whole JPEG of 1 x 1 with EXIF."""
    exif = b"Exif\x00\x00GPS 33.16N" + note
    return (
        b"\xff\xd8\xff\xe1"
        + struct.pack(">H", len(exif) + 2)
        + exif
        + b"\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"
        + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x7f\xff\xd9"
    )


def png() -> bytes:
    """Return a whole PNG of 1 x 1."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\x00\x00")) + chunk(b"IEND", b"")
    )


def xlsx() -> bytes:
    """Return a small workbook."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active["A1"] = "里程"
    book.save(file)
    return file.getvalue()


def macro_book() -> bytes:
    """Return a workbook with a macro in it."""
    file = io.BytesIO(xlsx())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    return file.getvalue()


def word() -> bytes:
    """Return a zip that is no workbook."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    return file.getvalue()


PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600


@pytest.mark.parametrize(
    ("data", "name", "kept", "kind"),
    [
        (jpeg(), "现场.jpg", "现场.jpg", "photo"),
        (jpeg(), "IMG_0001.JPEG", "IMG_0001.jpg", "photo"),
        (png(), "截图.jpg", "截图.png", "photo"),
        (PDF, "交工验收报告.pdf", "交工验收报告.pdf", "pdf"),
        (PDF, "报告", "报告.pdf", "pdf"),
        (xlsx(), "台账.xls", "台账.xlsx", "sheet"),
        (OLE + "Workbook".encode("utf-16-le"), "台账.et", "台账.et", "sheet"),
        (OLE + "Workbook".encode("utf-16-le"), "台账.dat", "台账.dat.xls", "sheet"),
        ("路段,里程\n李兴镇,2.25\n".encode("gb18030"), "台账.csv", "台账.csv", "sheet"),
    ],
)
def test_photo_pdf_or_sheet_is_kept_by_its_content(data, name, kept, kind, add, report, clerk):
    add(data, name)

    row = Evidence.objects.get()
    assert (row.file_name, row.kind, row.size, row.added_by) == (kept, kind, len(data), clerk)
    assert row.sha256 == hashlib.sha256(data).hexdigest()
    assert row.file.read() == data
    assert AuditEvent.objects.get(verb="add_evidence").after["file_name"] == kept


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (None, "", "请先选择一个文件"),
        (SVG, "图.svg", "不能作佐证"),
        (SVG, "图.jpg", "不能作佐证"),
        (SVG, "图.csv", "不能作佐证"),
        (b"a,b\n" + SVG, "图.csv", "不能作佐证"),
        (b"<html><body>1,2</body></html>", "页.csv", "不能作佐证"),
        (b"#!/bin/sh\nrm -rf a,b\n", "数.csv", "不能作佐证"),
        (b"just words", "说明.csv", "不能作佐证"),
        (b"a,b\n1,2\n", "说明.txt", "不能作佐证"),
        (b"MZ\x90\x00" + b"\x00" * 60, "现场.jpg", "佐证只收照片"),
        (b"\x7fELF" + b"\x00" * 60, "现场.csv", "不能作佐证"),
        (b"GIF89a" + b"\x00" * 60, "现场.gif", "不能作佐证"),
        (word(), "报告.docx", "不是Excel表格"),
        (macro_book(), "台账.xlsx", "文件带有宏"),
        (OLE, "报告.doc", "这个文件都不是"),
        (jpeg()[:30], "现场.jpg", "文件已损坏"),
        (png()[:-6], "截图.png", "文件已损坏"),
        (b"%PDF-1.4 cut", "报告.pdf", "文件已损坏"),
        (PDF.replace(b"<<>>", b"<</OpenAction<</S/JavaScript>>>>"), "报告.pdf", "带有脚本或附件"),
        (b"\x89PNG\r\n\x1a\n" + b"0" * 21 * 1024 * 1024, "大.png", "文件太大（21 MB）"),
    ],
)
def test_anything_else_is_refused_in_a_sentence_and_leaves_nothing(data, name, sentence, add, media):
    response = add(data, name)

    # The page that follows, where it is read, has tests of its own below.
    assert response.status_code == 302
    [said] = get_messages(response.wsgi_request)
    assert sentence in said.message
    assert not Evidence.objects.exists()
    assert not [path for path in Path(media).rglob("*") if path.is_file()]


def test_sixty_megabytes_are_refused_in_a_sentence(add, media):
    response = add(jpeg() + b"\x00" * 60 * 1024 * 1024, follow=True)

    assert response.status_code == 200
    assert "文件太大（60 MB），没有上传。佐证每个最多 20 MB。" in response.content.decode()
    assert not Evidence.objects.exists()


def test_empty_file_is_refused(add):
    response = add(b"", follow=True)

    assert "文件是空的" in response.content.decode()
    assert not Evidence.objects.exists()


def test_same_file_twice_on_one_cell_is_refused_on_another_taken(add):
    add(jpeg())

    again = add(jpeg(), "换个名字.jpg", follow=True)
    beside = add(jpeg(), indicator="人数", follow=True)

    assert "这个文件已经传过（现场.jpg）" in again.content.decode()
    assert "已上传佐证" in beside.content.decode()
    assert Evidence.objects.count() == 2


@pytest.mark.slow
def test_twenty_first_file_of_a_cell_is_refused(add):
    for number in range(20):
        add(jpeg(str(number).encode()))

    response = add(jpeg(b"more"), follow=True)

    assert "一格最多 20 个佐证文件" in response.content.decode()
    assert Evidence.objects.count() == 20


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\照片\\现场.JPG", "现场.jpg"),
        ("a\r\nSet-Cookie: x.jpg", "a_Set-Cookie_ x.jpg"),
        ("图\u202egpj.exe", "图_gpj.exe.jpg"),
        (".jpg", "佐证.jpg"),
        ("", "佐证.jpg"),
        ("长" * 300 + ".jpg", "长" * 120 + ".jpg"),
        ('"引号".jpg', "引号.jpg"),
    ],
)
def test_file_name_is_cleaned(name, kept):
    assert safe_name(name, ".jpg") == kept


def test_download_is_an_attachment_no_browser_opens(client, add, report, head, media):
    add(jpeg())
    row = Evidence.objects.get()
    client.force_login(head)

    response = client.get(reverse("projects:evidence-download", args=[row.pk]))

    assert b"".join(response.streaming_content) == jpeg()
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"].startswith("attachment; filename")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "现场" not in row.file.name
    assert Path(row.file.path).is_relative_to(media)


def test_download_of_a_lost_file_is_404(client, add, clerk):
    add(jpeg())
    Path(Evidence.objects.get().file.path).unlink()

    response = client.get(reverse("projects:evidence-download", args=[Evidence.objects.get().pk]))

    assert response.status_code == 404


@pytest.mark.parametrize(
    ("person", "status"),
    [("clerk", 200), ("filler", 404), ("city_officer", 200), ("leader", 200), ("other_clerk", 404), ("stranger", 404)],
)
def test_download_by_role_of_a_cell_that_is_not_the_fillers(person, status, client, add, request):
    add(jpeg(), indicator="人数")
    client.force_login(request.getfixturevalue(person))

    response = client.get(reverse("projects:evidence-download", args=[Evidence.objects.get().pk]))

    assert response.status_code == status


@pytest.mark.parametrize(
    ("person", "indicator", "status"),
    [
        ("filler", "里程", 302),
        ("filler", "人数", 404),
        ("head", "里程", 302),
        ("leader", "里程", 403),
        ("other_clerk", "里程", 404),
    ],
)
def test_upload_by_role(person, indicator, status, add, request):
    response = add(jpeg(), by=request.getfixturevalue(person), indicator=indicator)

    assert response.status_code == status
    assert Evidence.objects.count() == (status == 302)


def test_upload_beside_a_cell_of_another_county_is_404(add):
    assert add(jpeg(), unit="341282").status_code == 404
    assert not Evidence.objects.exists()


def test_upload_to_a_report_that_has_left_or_a_closed_period_is_refused(add, report, period, city_officer):
    Report.objects.filter(pk=report.pk).update(
        state="submitted", content_sha256=factories.HASH, submitted_at=timezone.now(), submitted_by=city_officer
    )
    left = add(jpeg(), follow=True)
    Report.objects.filter(pk=report.pk).update(state="draft", submitted_at=None, submitted_by=None)
    periods.mark_closed(period=period, without=[], by=city_officer)

    closed = add(jpeg(), follow=True)

    assert "佐证不能再改" in left.content.decode()
    assert "佐证不能再改" in closed.content.decode()
    assert not Evidence.objects.exists()


def test_removed_file_is_no_longer_shown_and_stays_in_the_record(client, add, clerk, report, participants, indicators):
    add(jpeg())
    row = Evidence.objects.get()

    response = client.post(reverse("projects:evidence-remove", args=[row.pk]), follow=True)
    again = client.post(reverse("projects:evidence-remove", args=[row.pk]), follow=True)

    row.refresh_from_db()
    assert "已移除佐证 现场.jpg" in response.content.decode()
    assert "已经移除了" in again.content.decode()
    assert row.removed_by == clerk
    assert Path(row.file.path).exists()
    assert AuditEvent.objects.get(verb="remove_evidence").by == clerk
    cell = [report.pk, (participants["341222"].pk, indicators["里程"].pk)]
    assert "现场.jpg" not in client.get(reverse("projects:report-cell", args=cell)).content.decode()
    add(jpeg())
    assert Evidence.objects.filter(removed_at__isnull=True).count() == 1
