"""What only the XML of an .xlsx knows of its cells: errors, formulas without result, formats, merges, what is hidden.

Runs in the bare process; the guard has refused parts with a DOCTYPE.
"""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from projects.excel.cell_looks import STRIKE, looks_of_styles, struck_texts
from projects.excel.guard import FileRefused, column_number
from projects.excel.number_formats import format_marks

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
BUILT_IN = {9: "0%", 10: "0.00%", 11: "0.00E+00", 48: "##0.0E+0"}

_ERROR_CELL = re.compile(
    rb"<(?:\w+:)?c\s([^>]*?\bt\s*=\s*[\"']e[\"'][^>]*)>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v[^>]*>([^<]*)<", re.DOTALL
)
#: Without one of these in a sheet nothing in it is an error.
_ERROR_SIGNS = (b'"e"', b"'e'")
_UNCOUNTED = re.compile(
    rb"<(?:\w+:)?c\s([^>]*)>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:</(?:\w+:)?c>|<(?:\w+:)?v\s*/>|<(?:\w+:)?v\s*>\s*</)"
)
_STYLED = re.compile(rb"<(?:\w+:)?c\s([^>]*?\bs\s*=\s*[\"'](\d+)[\"'][^>]*)>")
_ADDRESS = re.compile(rb"\br\s*=\s*[\"']\s*([A-Za-z]+)(\d+)")
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([A-Z]+)(\d+):([A-Z]+)(\d+)")
_ROW = re.compile(rb"<(?:\w+:)?row\s([^>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\s([^>]*)>")
# A row or column without height or width is hidden too.
_HIDDEN = re.compile(rb"\b(?:hidden\s*=\s*[\"'](?:1|true)|(?:ht|width)\s*=\s*[\"']0(?:\.0*)?)[\"']")
_INLINE = re.compile(
    rb"<(?:\w+:)?c\s([^>]*?\bt\s*=\s*[\"']inlineStr[\"'][^>]*)>\s*<(?:\w+:)?is>(.*?)</(?:\w+:)?is>", re.DOTALL
)
_SHARED = re.compile(rb"<(?:\w+:)?c\s([^>]*?\bt\s*=\s*[\"']s[\"'][^>]*)>\s*<(?:\w+:)?v\s*>\s*(\d+)\s*</(?:\w+:)?v>")
_NUMBER = {name: re.compile(rb"\b" + name + rb"\s*=\s*[\"'](\d+)") for name in (b"r", b"min", b"max")}


class SheetMarks:
    """Marks of one sheet: `cells` by (row, column) from 0; merges and hidden rows and columns from 1.

    No dataclass: what that imports takes the bare process longer than a small sheet.
    """

    def __init__(self):
        self.cells: dict[tuple[int, int], dict] = {}
        self.merges: list[list[int]] = []
        self.hidden_rows: list[int] = []
        self.hidden_columns: list[tuple[int, int]] = []
        self.struck: set[tuple[int, int]] = set()
        self.unseen: set[tuple[int, int]] = set()

    def frame(self, rows: list[list]) -> dict:
        """Return merges and what is hidden, as far as the sheet's cells reach."""
        height, width = len(rows), max((len(row) for row in rows), default=0)
        hidden = {column for first, last in self.hidden_columns for column in range(first, min(last, width) + 1)}
        return {
            "merges": [
                [top, left, min(bottom, height), min(right, width)]
                for top, left, bottom, right in self.merges
                if top <= height and left <= width
            ],
            "hidden_rows": [row for row in self.hidden_rows if row <= height],
            "hidden_columns": sorted(hidden),
            "struck": _filled(rows, self.struck),
            "unseen": _filled(rows, self.unseen),
        }


def _filled(rows: list[list], places: set[tuple[int, int]]) -> list[list[int]]:
    """Return those places, from 1, where something stands."""
    return [
        [row + 1, column + 1]
        for row, column in sorted(places)
        if row < len(rows) and column < len(rows[row]) and rows[row][column] is not None
    ]


def marks_of_archive(path: Path) -> dict[str, SheetMarks]:
    """Return the marks per sheet name. Raises FileRefused where the archive lacks what it should hold."""
    with zipfile.ZipFile(path) as archive:
        try:
            formats, struck = _formats(archive), struck_texts(archive)
            return {name: _marks(archive.read(part), formats, struck) for name, part in _sheet_parts(archive).items()}
        except (KeyError, ElementTree.ParseError) as error:
            raise FileRefused("文件内部结构不完整，请在WPS或Excel里重新保存后再上传。") from error


def _marks(markup: bytes, formats: dict[bytes, dict], struck: set[bytes]) -> SheetMarks:
    marks = SheetMarks()
    if formats:
        looks: dict = {}
        for attributes, style in _STYLED.findall(markup):
            if style in formats:
                _put(looks, attributes, formats[style])
        _sort(looks, marks)
    if struck:
        texts: dict = {}
        for attributes, number in _SHARED.findall(markup):
            if number in struck:
                _put(texts, attributes, {"s": True})
        marks.struck |= texts.keys()
    if b"strike" in markup:
        texts = {}
        for attributes, inside in _INLINE.findall(markup):
            if STRIKE.search(inside):
                _put(texts, attributes, {"s": True})
        marks.struck |= texts.keys()
    if b"<f" in markup or b":f" in markup:
        for attributes in _UNCOUNTED.findall(markup):
            _put(marks.cells, attributes, {"f": True})
    # Most sheets have none of these, and a look for a word is a tenth of one at every cell.
    if any(sign in markup for sign in _ERROR_SIGNS):
        for attributes, code in _ERROR_CELL.findall(markup):
            _put(marks.cells, attributes, {"e": code.decode("utf-8", "replace")})
    if b"mergeCell" in markup:
        marks.merges = [
            [int(top), column_number(left), int(bottom), column_number(right)]
            for left, top, right, bottom in _MERGE.findall(markup)
        ]
    if _may_hide(markup):
        _hide(markup, marks)
    return marks


def _may_hide(markup: bytes) -> bool:
    """Tell whether the words are there with which a row or a column is hidden; rowHeight and right are others."""
    heights = ((b"ht=" + quote + b"0", b"ght=" + quote + b"0") for quote in (b'"', b"'"))
    return (
        b"hidden" in markup
        or b'width="0' in markup
        or b"width='0" in markup
        or any(markup.count(own) > markup.count(other) for own, other in heights)
    )


def _hide(markup: bytes, marks: SheetMarks) -> None:
    for attributes in _ROW.findall(markup):
        if _HIDDEN.search(attributes) and (number := _NUMBER[b"r"].search(attributes)):
            marks.hidden_rows.append(int(number[1]))
    for attributes in _COLUMN.findall(markup):
        first, last = _NUMBER[b"min"].search(attributes), _NUMBER[b"max"].search(attributes)
        if _HIDDEN.search(attributes) and first and last:
            marks.hidden_columns.append((int(first[1]), int(last[1])))


def _sort(looks: dict[tuple[int, int], dict], marks: SheetMarks) -> None:
    """Put what is said of a number on the cells, and what cannot be seen or is struck out on lists of their own."""
    for place, look in looks.items():
        if "s" in look:
            marks.struck.add(place)
        if "h" in look:
            marks.unseen.add(place)
        if number := {mark: value for mark, value in look.items() if mark not in "sh"}:
            marks.cells[place] = number


def _put(marks: dict, attributes: bytes, mark: dict) -> None:
    address = _ADDRESS.search(attributes)
    if address:
        marks[int(address[2]) - 1, column_number(address[1]) - 1] = mark


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return sheet name → part of the archive."""
    relations = {
        node.get("Id"): node.get("Target", "")
        for node in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - no DOCTYPE
    }
    names = set(archive.namelist())
    found = {}
    workbook = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - no DOCTYPE
    for node in workbook.iter(f"{MAIN}sheet"):
        target = relations.get(node.get(RELATION), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in names and "/worksheets/" in f"/{part}":
            found[node.get("name")] = part
    return found


def _formats(archive: zipfile.ZipFile) -> dict[bytes, dict]:
    """Return what the cell styles add to a number, by the number of the style."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    styles = ElementTree.fromstring(archive.read("xl/styles.xml"))  # noqa: S314 - no DOCTYPE
    codes = BUILT_IN | {
        int(node.get("numFmtId", "0")): node.get("formatCode", "") for node in styles.iter(f"{MAIN}numFmt")
    }
    cell_formats, looks = styles.find(f"{MAIN}cellXfs"), looks_of_styles(styles)
    found = {}
    for number, node in enumerate(cell_formats if cell_formats is not None else []):
        marks = format_marks(codes.get(int(node.get("numFmtId", "0")), "")) | looks.get(number, {})
        if marks:
            found[str(number).encode()] = marks
    return found
