"""Refuses dangerous files before a parser sees them; runs in the parsing process, without Django.

Macros are no danger to the reader: they are a part of the archive that nobody here opens.

A 7 KB workbook may name the cell XFD1048576 or unpack to 2 GB, and abort the parser's process. Everything
here is read as a stream under a cap, whatever the archive's directory claims.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

#: The whole upload, and an old .xls or .et, whose inside cannot be measured beforehand.
LARGEST_FILE = 20 * 1024 * 1024
LARGEST_OLE_FILE = 10 * 1024 * 1024
#: The files of one upload together.
LARGEST_SUM = 200 * 1024 * 1024
#: Of one archive: parts, their unpacked sizes together, and how far a big part may shrink.
MOST_PARTS = 2000
LARGEST_UNPACKED = 200 * 1024 * 1024
LARGEST_RATIO = 100
RATIO_FROM = 4 * 1024 * 1024
#: Of one sheet: the last row and column a cell may stand in, and how many cells there may be.
LAST_ROW = 50_000
LAST_COLUMN = 500
MOST_CELLS = 2_000_000
MOST_SHEETS = 100

CHUNK = 1024 * 1024
ZIP_START = b"PK\x03\x04"
OLE_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: What an encrypted .xlsx contains, in the names of its OLE streams.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

# A cell with something in it. An empty one that only carries a style may stand anywhere: nothing is made of it.
_CELL = re.compile(rb"<(?:\w+:)?c\s(?:[^>]*?\s)?r\s*=\s*[\"']\s*([A-Za-z]+)(\d+)[\"'][^>]*(?<!/)>\s*<(?!/)")
_HTML = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html|table|meta|head|style|body)\b", re.I
)
_ROW = re.compile(rb"<(?:\w+:)?row\s(?:[^>]*?\s)?r\s*=\s*[\"']\s*(\d+)")
# A cell that does not say where it stands is counted from its row, so the rows' numbers are held to the limit too.
_UNPLACED = re.compile(rb"<(?:\w+:)?c(?:/?>|\s(?![^>]*?\br\s*=)[^>]*>)")
_ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
# Where a cell beyond the limits would show: a column of three letters or from SA on, a row from 50,000 on. What is not
# even this is within them, and most sheets have none of it.
_PERHAPS_FAR = re.compile(
    rb"r\s*=\s*[\"']\s*(?:[A-Za-z]{3,}\d|[S-Zs-z][A-Za-z]\d|[A-Za-z]{1,2}0*(?:[5-9]\d{4}|[1-9]\d{5}))"
)
#: How all programs begin a cell: it says first where it stands.
_USUAL_CELL = b'<c r="'


class FileRefused(Exception):
    """The file is not taken; the message is a Chinese sentence without the file's name."""


def kind_of(path: Path) -> str:
    """Return xlsx, ole (.xls, .et), html or text, by content and never by extension. Raises FileRefused."""
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("文件是空的（0字节），请重新导出后再上传。")
    if size > LARGEST_FILE:
        raise FileRefused(f"文件太大（{size / 1024 / 1024:.0f}MB），最多{LARGEST_FILE // 1024 // 1024}MB。")
    with path.open("rb") as file:
        start = file.read(1024)
    if start.startswith(ZIP_START):
        check_archive(path)
        return "xlsx"
    if start.startswith(OLE_START):
        if ENCRYPTED in path.read_bytes():
            raise FileRefused("文件加了密码，请先在WPS或Excel里取消密码再上传。")
        if size > LARGEST_OLE_FILE:
            raise FileRefused(f"旧格式表格最大{LARGEST_OLE_FILE // 1024 // 1024}MB，请另存为.xlsx再上传。")
        return "ole"
    if start.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"MZ")):
        raise FileRefused("文件不是表格，请上传.xlsx、.xls、.et或.csv。")
    return "html" if _HTML.search(start) else "text"


def has_macros(path: Path) -> bool:
    """Tell whether a workbook that `kind_of` called xlsx brings a program with it."""
    with zipfile.ZipFile(path) as archive:
        return any(name.lower().endswith("vbaproject.bin") for name in archive.namelist())


def check_archive(path: Path) -> None:
    """Read every part of an .xlsx once under the caps, and the addresses of all its cells."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_directory(archive)
            total = 0
            for part in archive.infolist():
                for chunk in _checked_chunks(archive, part):
                    total += len(chunk)
                    if total > LARGEST_UNPACKED:
                        raise FileRefused(f"文件解压后超过{LARGEST_UNPACKED // 1024 // 1024}MB，不能读取。")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError) as error:
        raise FileRefused("文件已损坏，打不开；请在WPS或Excel里重新保存后再上传。") from error


def _check_directory(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if len(parts) > MOST_PARTS or len(names) != len(parts):
        raise FileRefused("文件内部结构不正常（部件过多或重名），不能读取。")
    if any(part.flag_bits & 0x1 for part in parts):
        raise FileRefused("文件加了密码，请先取消密码再上传。")
    if not any(name.lower().startswith("xl/") for name in names):
        raise FileRefused("文件是压缩包但不是Excel表格，请上传.xlsx、.xls、.et或.csv。")
    if sum(_is_sheet(part.filename) for part in parts) > MOST_SHEETS:
        raise FileRefused(f"工作表超过{MOST_SHEETS}张，不能读取。")
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise FileRefused(f"文件解压后超过{LARGEST_UNPACKED // 1024 // 1024}MB，不能读取。")


def _checked_chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part's bytes; measured as they come, whatever the directory says of the part's size."""
    is_markup = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    is_sheet = _is_sheet(part.filename)
    size, cells, tail = 0, 0, b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > RATIO_FROM and size > LARGEST_RATIO * max(part.compress_size, 1):
                raise FileRefused("文件压缩比异常（疑似压缩炸弹），不能读取。")
            window = tail + chunk
            if is_markup:
                if size == len(chunk) and chunk.startswith((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")):
                    raise FileRefused("文件内部编码不正常，请在WPS或Excel里重新保存后再上传。")
                if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                    raise FileRefused("文件内含外部实体声明，不能读取。")
            if is_sheet:
                cells += _cells_in(chunk)
                if cells > MOST_CELLS:
                    raise FileRefused(f"工作表单元格超过{MOST_CELLS // 10_000}万个，不能读取。")
                _check_addresses(window)
            tail = window[-256:]
            yield chunk


def _cells_in(markup: bytes) -> int:
    """Return how many cells begin in the markup, empty ones too."""
    return markup.count(_USUAL_CELL) if _has_usual_cells(markup) else len(_ANY_CELL.findall(markup))


def _has_usual_cells(markup: bytes) -> bool:
    """Tell whether every cell begins as usual; what only may be another one counts as one."""
    return markup.count(b"<c") == markup.count(_USUAL_CELL) and b":c" not in markup


def _check_addresses(markup: bytes) -> None:
    is_unplaced = not _has_usual_cells(markup) and _UNPLACED.search(markup)
    if not is_unplaced and not _PERHAPS_FAR.search(markup):
        return
    rows = (int(number[:9]) for number in set(_ROW.findall(markup))) if is_unplaced else ()
    cells = set(_CELL.findall(markup))
    last_row = max([*rows, *(int(number[:9]) for _letters, number in cells)], default=0)
    last_column = max((column_number(letters[:4]) for letters in {letters for letters, _number in cells}), default=0)
    if last_row > LAST_ROW or last_column > LAST_COLUMN:
        raise FileRefused(
            f"工作表范围过大（用到第{last_row}行、第{last_column}列），"
            f"最多{LAST_ROW}行、{LAST_COLUMN}列；请删去表外的单元格再上传。"
        )


def column_number(letters: bytes) -> int:
    """Return the number of a column: A is 1, XFD is 16384."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _is_sheet(name: str) -> bool:
    return "/worksheets/" in f"/{name.lower()}" and name.lower().endswith(".xml")
