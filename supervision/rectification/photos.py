"""Photos: what the camera wrote into them, a copy without it, and a small picture for a page.

A photo is data from outside: only its head is read for the facts, and it is decoded only below a number of pixels.
"""

import datetime
import io
import struct
import warnings
import zoneinfo
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.conf import settings
from PIL import Image, UnidentifiedImageError

from livelihood.services import Refused
from projects.evidence_files import BROKEN, PNG_START

#: A photo of more pixels is refused: a phone of 2020 takes 108 million, a picture of a few KB may name billions.
MOST_PIXELS = 220_000_000
#: A PNG is decoded whole for its small picture; a JPEG at an eighth.
MOST_DECODED = 50_000_000
PREVIEW_SIZE = (960, 960)

_TAKEN, _OFFSET, _DIGITIZED, _CHANGED = 0x9003, 0x9011, 0x9004, 0x0132
_MAKE, _MODEL, _ORIENTATION = 0x010F, 0x0110, 0x0112
_EXIF_PART, _GPS_PART = 0x8769, 0x8825
#: JPEG segments a published copy keeps of those meant for applications: JFIF, colours, Adobe's transform.
_KEPT_SEGMENTS = {0xE0: b"JFIF\x00", 0xE2: b"ICC_PROFILE\x00", 0xEE: b"Adobe"}
#: PNG chunks that are the picture itself or its colours.
_KEPT_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"pHYs"}
_BROKEN_PHOTO = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    struct.error,
    UnidentifiedImageError,
)


@dataclass(frozen=True)
class PhotoFacts:
    """What a photo says of itself: when (aware), where (degrees, WGS 84), with what; each may be unknown."""

    taken_at: datetime.datetime | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    camera: str = ""


def photo_facts(path: Path) -> PhotoFacts:
    """Return what the camera wrote into the photo. Raises Refused for one of too many pixels or one that is broken.

    Facts that cannot be read or cannot be true are left out: they are the camera's, not the sender's fault.
    """
    with _opened(path) as image:
        try:
            with warnings.catch_warnings():
                # Damaged EXIF is no news to anybody.
                warnings.simplefilter("ignore")
                exif = image.getexif()
                part, place = exif.get_ifd(_EXIF_PART), exif.get_ifd(_GPS_PART)
        except _BROKEN_PHOTO:
            return PhotoFacts()
        latitude, longitude = _degrees(place, 1, 2, 90), _degrees(place, 3, 4, 180)
        known = latitude is not None and longitude is not None and (latitude or longitude)
        return PhotoFacts(
            taken_at=_moment(part.get(_TAKEN) or part.get(_DIGITIZED) or exif.get(_CHANGED), part.get(_OFFSET)),
            latitude=latitude if known else None,
            longitude=longitude if known else None,
            camera=" ".join(filter(None, (_text(exif.get(tag)) for tag in (_MAKE, _MODEL))))[:80],
        )


def without_facts(data: bytes) -> bytes:
    """Return the photo without anything but the picture: no time, place, device, comment, nor what follows its end.

    Pixels stay as they are to the bit; of the EXIF only which way is up. Raises Refused for a broken photo.
    """
    try:
        return _bare_png(data) if data.startswith(PNG_START) else _bare_jpeg(data)
    except (struct.error, IndexError) as error:
        raise Refused(BROKEN) from error


def preview(path: Path) -> bytes:
    """Return a small JPEG of the photo for a page, turned the right way, without facts. Raises Refused."""
    with _opened(path) as image:
        if image.format != "JPEG" and image.width * image.height > MOST_DECODED:
            raise Refused("这张图片太大，不能在页面上看，请下载后看。")
        try:
            orientation = image.getexif().get(_ORIENTATION, 1)
            image.draft("RGB", PREVIEW_SIZE)
            small = image.convert("RGB")
            small.thumbnail(PREVIEW_SIZE)
        except _BROKEN_PHOTO as error:
            raise Refused(BROKEN) from error
        written = io.BytesIO()
        _upright(small, orientation).save(written, "JPEG", quality=80)
        return written.getvalue()


def _opened(path: Path) -> Image.Image:
    """Open a photo of a kind that is taken, its pixels unread. Raises Refused."""
    try:
        with warnings.catch_warnings():
            # Damaged EXIF is no news to anybody, and a good phone has more pixels than its limit; ours stands below.
            warnings.simplefilter("ignore")
            image = Image.open(path, formats=("JPEG", "PNG"))
    except Image.DecompressionBombError as error:
        raise Refused(_too_many_pixels()) from error
    except _BROKEN_PHOTO as error:
        raise Refused(BROKEN) from error
    if image.width * image.height > MOST_PIXELS:
        image.close()
        raise Refused(_too_many_pixels())
    return image


def _too_many_pixels() -> str:
    return f"图片的像素太多（最多 {MOST_PIXELS // 10000:,} 万），没有上传。请缩小后再上传。"


def _moment(written, offset) -> datetime.datetime | None:
    """Return the time on the camera's clock; Chinese time where it does not say."""
    try:
        naive = datetime.datetime.strptime(_text(written)[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - zone added below
    except ValueError:
        return None
    zone = zoneinfo.ZoneInfo(settings.TIME_ZONE)
    try:
        if offset:
            zone = datetime.datetime.strptime(_text(offset), "%z").tzinfo
    except ValueError:
        pass
    return naive.replace(tzinfo=zone) if 1990 <= naive.year <= 2100 else None


def _degrees(place: dict, sign_tag: int, value_tag: int, most: int) -> Decimal | None:
    """Return signed degrees with six decimals from degrees, minutes and seconds, None for what is none."""
    try:
        parts = [Decimal(part.numerator) / Decimal(part.denominator) for part in place[value_tag]]
        degrees = sum(part / 60**nth for nth, part in enumerate(parts))
        if _text(place.get(sign_tag)) in ("S", "W"):
            degrees = -degrees
        return round(Decimal(degrees), 6) if abs(degrees) <= most else None
    except (*_BROKEN_PHOTO, AttributeError, InvalidOperation, ArithmeticError):
        return None


def _text(value) -> str:
    """Return a tag's text without what a camera pads it with."""
    if isinstance(value, bytes):
        value = value.decode("ascii", "ignore")
    return "".join(sign for sign in str(value or "") if sign.isprintable()).strip()


def _bare_jpeg(data: bytes) -> bytes:
    """Copy the segments of the picture until its end."""
    if not data.startswith(b"\xff\xd8"):
        raise Refused(BROKEN)
    kept, place = bytearray(b"\xff\xd8") + _orientation_segment(data), 2
    while True:
        if data[place] != 0xFF:
            raise Refused(BROKEN)
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker == 0xD9:
            return bytes(kept + b"\xff\xd9")
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            kept += data[place : place + 2]
            place += 2
            continue
        end = place + 2 + struct.unpack(">H", data[place + 2 : place + 4])[0]
        if _is_picture(marker, data[place + 4 : end]):
            kept += data[place:end]
        place = end
        if marker == 0xDA:
            end = _end_of_scan(data, place)
            kept += data[place:end]
            place = end


def _is_picture(marker: int, content: bytes) -> bool:
    if marker == 0xFE:
        return False
    if 0xE0 <= marker <= 0xEF:
        start = _KEPT_SEGMENTS.get(marker)
        return start is not None and content.startswith(start)
    return True


def _end_of_scan(data: bytes, place: int) -> int:
    """Return where the next marker stands that is not within the coded picture."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            raise Refused(BROKEN)
        if data[place + 1] not in (0x00, 0xFF) and not 0xD0 <= data[place + 1] <= 0xD7:
            return place
        place += 1 if data[place + 1] == 0xFF else 2


def _orientation_segment(data: bytes) -> bytes:
    """Return an EXIF segment that says only which way is up, "" where that is as it lies."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            orientation = image.getexif().get(_ORIENTATION, 1)
    except (*_BROKEN_PHOTO, Image.DecompressionBombError):
        return b""
    if orientation not in range(2, 9):
        return b""
    only = Image.Exif()
    only[_ORIENTATION] = orientation
    content = only.tobytes()
    if not content.startswith(b"Exif\x00\x00"):
        content = b"Exif\x00\x00" + content
    return b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content


def _bare_png(data: bytes) -> bytes:
    """Copy the chunks that are the picture."""
    kept, place = bytearray(PNG_START), len(PNG_START)
    while True:
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        end = place + 12 + length
        if kind in _KEPT_CHUNKS:
            kept += data[place:end]
        if kind == b"IEND":
            return bytes(kept)
        place = end


#: EXIF orientation → how the picture is turned to stand upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)
