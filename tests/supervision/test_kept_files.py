"""Kept files: as they came, with what a photo says of itself; refused in a sentence; published without facts."""

import errno
import hashlib
import io
import struct
import zlib
from decimal import Decimal

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from livelihood.services import Refused
from projects.evidence_files import PNG_START
from supervision.models import KeptFile
from supervision.rectification.photos import photo_facts, without_facts
from supervision.services.files import keep_file, published_copy
from supervision.services.rectification import assign_rectification
from tests.supervision.rectifications import TAKEN, opened, photo

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def png(width=1, height=1) -> bytes:
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    text = chunk(b"tEXt", b"Comment\x00secret place")
    return PNG_START + chunk(b"IHDR", head) + text + chunk(b"IDAT", zlib.compress(b"\x00\x00")) + chunk(b"IEND", b"")


def test_photo_is_kept_to_the_byte_with_time_place_and_device(clerk):
    upload = photo()
    data = upload.read()

    kept = keep_file(upload=upload, by=clerk)

    # 32°39'29" N = 32 + 39/60 + 29/3600 = 32.658056; 115°35'43" E = 115 + 35/60 + 43/3600 = 115.595278.
    assert (kept.kind, kept.latitude, kept.longitude) == ("photo", Decimal("32.658056"), Decimal("115.595278"))
    assert (kept.taken_at, kept.camera) == (TAKEN, "DEMO P1")
    assert kept.sha256 == hashlib.sha256(data).hexdigest()
    with kept.file.open("rb") as stored:
        assert stored.read() == data


def test_published_copy_has_the_same_pixels_and_no_facts(clerk):
    data = photo().read() + b"trailing GPS film"
    kept = keep_file(upload=SimpleUploadedFile("现场.jpg", data), by=clerk)

    copy = published_copy(kept)

    assert photo_facts(io.BytesIO(copy)).taken_at is None
    assert b"DEMO" not in copy
    assert b"trailing" not in copy
    assert Image.open(io.BytesIO(copy)).tobytes() == Image.open(io.BytesIO(data)).tobytes()
    assert without_facts(png()).count(b"secret") == 0


def test_published_copy_still_says_which_way_is_up():
    image, written = Image.new("RGB", (4, 2), "red"), io.BytesIO()
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    image.save(written, "JPEG", exif=exif)

    copy = without_facts(written.getvalue())

    assert dict(Image.open(io.BytesIO(copy)).getexif()) == {0x0112: 6}


def test_file_that_is_no_evidence_is_refused_in_a_sentence(clerk, media):
    wrong = {
        "网页、SVG、程序": ("图.svg", b"<svg><script>alert(1)</script></svg>"),
        "都不是|不是表格": ("图.jpg", b"MZ\x90\x00" + bytes(200)),
        "空的": ("图.jpg", b""),
        "已损坏": ("图.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF"),
        "HEIC 照片": ("图.jpg", b"\x00\x00\x00\x18ftypheic" + bytes(200)),
        "像素太多": ("图.png", png(60_000, 60_000)),
        "文件太大（21 MB）": ("大.jpg", b"\xff\xd8\xff" + bytes(21 * 1024 * 1024)),
    }

    for sentence, (name, data) in wrong.items():
        with pytest.raises(Refused, match=sentence):
            keep_file(upload=SimpleUploadedFile(name, data), by=clerk)

    assert not KeptFile.objects.exists()
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_photo_with_damaged_exif_is_kept_without_facts(clerk):
    data = photo().read()
    at = data.index(b"Exif\x00\x00") + 10

    damaged = [data[:at] + damage * 80 + data[at + 80 :] for damage in (b"\xff", b"\x00")]
    kept = [keep_file(upload=SimpleUploadedFile("现场.jpg", one), by=clerk) for one in damaged]

    assert [(one.taken_at, one.latitude) for one in kept] == [(None, None), (None, None)]


@pytest.mark.parametrize(
    ("taken", "north", "facts"),
    [
        ("0000:00:00 00:00:00", (32, 39, 29), (None, True)),
        ("2020:13:41 25:61:00", (32, 39, 29), (None, True)),
        ("2020:08:20 18:42:07", (999, 0, 0), ("2020-08-20T18:42:07+08:00", False)),
        # 90 degrees and 3600 seconds are 91 degrees.
        ("2020:08:20 18:42:07", (90, 0, 3600), ("2020-08-20T18:42:07+08:00", False)),
    ],
)
def test_photo_with_impossible_time_or_place_is_kept_without_it(clerk, taken, north, facts):
    exif, written = Image.Exif(), io.BytesIO()
    exif.get_ifd(0x8769)[0x9003] = taken
    exif.get_ifd(0x8825).update({1: "N", 2: north, 3: "E", 4: (115, 35, 43)})
    Image.new("RGB", (4, 2), "red").save(written, "JPEG", exif=exif)

    kept = keep_file(upload=SimpleUploadedFile("现场.jpg", written.getvalue()), by=clerk)

    when = kept.taken_at and timezone.localtime(kept.taken_at).isoformat()
    assert (when, kept.latitude is not None) == facts
    assert (kept.longitude is not None) == facts[1]


def test_full_disk_is_told_and_leaves_nothing(clerk, media, monkeypatch):
    def full(self, name, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    # The disk is what cannot be had here: everything of ours runs as it is.
    monkeypatch.setattr(FileSystemStorage, "_save", full)

    with pytest.raises(Refused, match="磁盘满了"):
        keep_file(upload=photo(), by=clerk)

    assert not KeptFile.objects.exists()


def test_file_is_delivered_as_attachment_to_whoever_sees_its_item(
    client, programme, participants, city_officer, clerk, other_clerk
):
    kept = keep_file(upload=photo(), by=city_officer)
    item = opened(programme, participants["341222"], city_officer, files=[kept])
    address = reverse("supervision:kept-file", args=[kept.pk])

    def status(person, address=address):
        client.force_login(person)
        return client.get(address)

    answer = status(city_officer)
    hidden = status(clerk).status_code
    assign_rectification(item=item, by=city_officer)

    assert answer["Content-Disposition"].startswith("attachment")
    assert (answer["X-Content-Type-Options"], answer["Content-Type"]) == ("nosniff", "image/jpeg")
    assert (hidden, status(clerk).status_code, status(other_clerk).status_code) == (404, 200, 404)
    small = status(clerk, reverse("supervision:kept-preview", args=[kept.pk]))
    assert photo_facts(io.BytesIO(small.content)).latitude is None
