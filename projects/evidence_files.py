"""Evidence files as they come in: what they are by content, and a name that is safe to write down."""

import hashlib
import re
import struct
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.core.files import File

from livelihood.services import Refused
from projects.excel.guard import FileRefused, has_macros, kind_of
from projects.models import Evidence

LARGEST = 20 * 1024 * 1024
NAME_LENGTH = 120

#: File ending → (kind, content type it is delivered as). Nothing of it is ever shown inside a page.
ENDINGS = {
    ".jpg": (Evidence.Kind.PHOTO, "image/jpeg"),
    ".png": (Evidence.Kind.PHOTO, "image/png"),
    ".pdf": (Evidence.Kind.PDF, "application/pdf"),
    ".xlsx": (Evidence.Kind.SHEET, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".xls": (Evidence.Kind.SHEET, "application/vnd.ms-excel"),
    ".et": (Evidence.Kind.SHEET, "application/vnd.ms-excel"),
    ".csv": (Evidence.Kind.SHEET, "text/csv; charset=utf-8"),
}
#: Other spellings of an ending that say the same.
SAME = {".jpeg": ".jpg", ".jpe": ".jpg", ".xls": ".xls", ".et": ".et"}

ONLY = "佐证只收照片（JPG、PNG）、PDF 和表格（.xlsx、.xls、.et、.csv）"
BROKEN = "文件已损坏，打不开；请重新导出或拍照后再上传。"

PNG_START = b"\x89PNG\r\n\x1a\n"
#: What pictures of newer phones call themselves.
_HEIC = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"}
_MARKUP = re.compile(rb"<\s*(?:!doctype|\?xml|html|svg|script|body|head|iframe|img|x:|w:)", re.IGNORECASE)
_ACTIVE_PDF = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|RichMedia)\b")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\\/:*?"<>|]+')
#: Start-of-frame markers of a JPEG, which carry its size.
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class TakenIn:
    """An upload as it lies in a folder of its own: what it is, how it may be called, and what it hashes to."""

    path: Path
    ending: str
    name: str
    kind: str
    size: int
    sha256: str


@contextmanager
def taken_in(upload: File, name: str) -> Iterator[TakenIn]:
    """Copy an upload aside and look at it; the copy is gone afterwards. Raises Refused with a sentence."""
    if upload.size > LARGEST:
        raise Refused(_too_large(upload.size))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        digest = hashlib.sha256()
        with path.open("wb") as copy:
            for chunk in upload.chunks():
                digest.update(chunk)
                copy.write(chunk)
        ending = ending_of(path, name)
        yield TakenIn(
            path=path,
            ending=ending,
            name=safe_name(name, ending),
            kind=ENDINGS[ending][0],
            size=path.stat().st_size,
            sha256=digest.hexdigest(),
        )


def _too_large(size: int) -> str:
    return f"文件太大（{size / 1024 / 1024:.0f} MB），没有上传。佐证每个最多 {LARGEST // 1024 // 1024} MB。"


def ending_of(path: Path, name: str) -> str:
    """Return the ending that says what the file is, by its content. Raises Refused with a sentence.

    `name` only decides between spellings of the same kind (.xls and .et).
    """
    size = path.stat().st_size
    if size == 0:
        raise Refused("文件是空的（0 字节），没有上传。")
    if size > LARGEST:
        raise Refused(_too_large(size))
    data = path.read_bytes()
    if data.startswith(b"\xff\xd8\xff"):
        _require(_is_jpeg(data))
        return ".jpg"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        raise Refused("这是 HEIC 照片，没有上传。请在手机“设置—相机—格式”里选“兼容性最佳”，或者另存为 JPG 再上传。")
    if data.startswith(PNG_START):
        _require(_is_png(data))
        return ".png"
    if data.startswith(b"%PDF-"):
        _require(b"%%EOF" in data[-2048:])
        if _ACTIVE_PDF.search(data):
            raise Refused("这个 PDF 里带有脚本或附件，没有上传。请用“打印成 PDF”重新导出后再上传。")
        return ".pdf"
    return _sheet_ending(path, name, data)


def safe_name(name: str, ending: str) -> str:
    """Return the file's name without paths and control characters, not too long, with the ending it deserves."""
    stem = _UNSAFE.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1])
    head, dot, tail = stem.rpartition(".")
    given = f".{tail.lower()}" if dot else ""
    if SAME.get(given, given) in ENDINGS:
        stem = head
    return (stem[:NAME_LENGTH].strip(" ._") or "佐证") + ending


def _sheet_ending(path: Path, name: str, data: bytes) -> str:
    """Return the ending of a spreadsheet; text is one only if it says so itself and is no markup."""
    given = Path(name).suffix.lower()
    try:
        kind = kind_of(path)
    except FileRefused as refusal:
        sentence = str(refusal)
        raise Refused(f"{ONLY}，没有上传：{sentence}") from refusal
    if kind == "xlsx":
        if has_macros(path):
            # Others open it on their own machines.
            raise Refused("文件带有宏，没有上传。请另存为不带宏的 .xlsx 再上传。")
        return ".xlsx"
    if kind == "ole":
        # An old Word file or an installer has the same beginning.
        if not any(stream.encode("utf-16-le") in data for stream in ("Workbook", "Book")):
            raise Refused(f"{ONLY}，这个文件都不是，没有上传。")
        return ".et" if given == ".et" else ".xls"
    if kind != "text" or given != ".csv" or not _is_table(data):
        raise Refused(f"{ONLY}，这个文件都不是，没有上传。网页、SVG、程序和压缩包不能作佐证。")
    return ".csv"


def _is_table(data: bytes) -> bool:
    """Tell whether it is plain text in columns: no markup, no control characters, readable in one encoding."""
    if _MARKUP.search(data) or data.startswith(b"#!") or b"\x00" in data:
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return bool(re.search(r"[,;\t]", text)) and not re.search(r"[\x00-\x08\x0e-\x1f]", text)
    return False


def _is_jpeg(data: bytes) -> bool:
    """Walk the segments to the picture's data: it must have a size, and an end. EXIF stays as it is."""
    place, has_frame = 2, False
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            return False
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            place += 2
            continue
        length = struct.unpack(">H", data[place + 2 : place + 4])[0]
        if length < 2:
            return False
        if marker in _FRAMES and place + 9 <= len(data):
            _, width = struct.unpack(">HH", data[place + 5 : place + 9])
            has_frame = width > 0
        if marker == 0xDA:
            return has_frame and b"\xff\xd9" in data[place:]
        place += 2 + length
    return False


def _is_png(data: bytes) -> bool:
    """Walk the chunks from IHDR to IEND; each must carry its own checksum."""
    place, first = len(PNG_START), True
    while place + 12 <= len(data):
        length = struct.unpack(">I", data[place : place + 4])[0]
        kind, end = data[place + 4 : place + 8], place + 12 + length
        if end > len(data) or (first and kind != b"IHDR"):
            return False
        if zlib.crc32(data[place + 4 : end - 4]) != struct.unpack(">I", data[end - 4 : end])[0]:
            return False
        if kind == b"IEND":
            return True
        place, first = end, False
    return False


def _require(is_whole: bool) -> None:
    if not is_whole:
        raise Refused(BROKEN)
