"""Colours cells of a workbook's parts and puts comments on them; runs in the bare process.

Only the sheet's own part, the styles and the comments with their old drawing are touched.
"""

import copy
import re
from bisect import bisect_left

from lxml import etree

from projects.excel.guard import column_number
from projects.excel.package import SPREADSHEET, Package, child_of

#: Tints of error, warning and note: --heat-far-below, --amber-tint and --accent-tint of static/css/app.css.
TINTS = {"error": "FFF6CBC5", "warning": "FFFFF4DB", "note": "FFE9F0FA"}
AUTHOR = "民生工程进度跟踪平台"
#: How our comments begin, and what stands between ours and the one that was there.
START, BETWEEN = "【核对】", "\n\n—— 原有批注 ——\n"
DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
AFTER_DATA = {"legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts"}
AFTER_DATA |= {"extLst", "AlternateContent"}
NO_STYLES = (
    '<styleSheet xmlns="{main}"><fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs '
    'count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="1"><xf numFmtId="0" '
    'fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" '
    'builtinId="0"/></cellStyles></styleSheet>'
)
#: Size of a comment's box in pixels, and of what has no size of its own.
BOX_WIDTH, LINE_HEIGHT, LETTERS, ROW_HEIGHT, COLUMN_WIDTH = 300, 17, 22, 20, 64
VML = {
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "x": "urn:schemas-microsoft-com:office:excel",
}
SHAPE_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"{names}>'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
SHAPE = (
    '<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;width:225pt;height:{height}pt;'
    'z-index:{number};visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"{names}><v:fill color2="#ffffe1"/>'
    '<v:shadow color="black" obscured="t"/><v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto">'
    '<div style="text-align:left"></div></v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/>'
    "<x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row>"
    "<x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d+)")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def clean(text: str) -> str:
    """Return text as a part may hold it: no control characters, and no letters Excel takes for an escape."""
    return re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", _CONTROL.sub(" ", text.replace("\r\n", "\n")))


def place_of(address: str) -> tuple[int, int] | None:
    """Return (row, column), from 1, of an address; None for what is none."""
    match = _ADDRESS.match(address)
    return (int(match[2]), column_number(match[1].encode())) if match else None


class Styles:
    """The styles of a workbook, to which some are added; those that are there stay as they are."""

    def __init__(self, package: Package):
        self.package = package
        part = package.related(package.workbook_part, "/styles")
        if not part:
            # Some readers look for this name and no other.
            part = "xl/styles.xml"
            package.put(part, NO_STYLES.format(main=package.main), f"{SPREADSHEET}styles+xml")
            package.trees[part] = etree.fromstring(package.raw[part])
            package.relate(package.workbook_part, "styles", part)
        self.root = package.edit(part)
        self.formats = self._all("cellXfs")
        self.fills: dict[str, int] = {}
        self.coloured_as: dict[tuple[int, str], int] = {}

    def add(self, collection: str, markup: str) -> int:
        """Add a font, fill, border or cell format (its markup, without namespace); return its number."""
        parent = self._all(collection)
        node = etree.fromstring(f'<x xmlns="{self.package.main}">{markup}</x>')[0]
        parent.append(node)
        parent.set("count", str(len(parent)))
        return len(parent) - 1

    def _all(self, collection: str):
        found = self.root.find(self.package.tag(collection))
        if found is None:
            raise KeyError(collection)
        return found

    def fill(self, level: str) -> int:
        """Return the number of a level's fill."""
        if level not in self.fills:
            self.fills[level] = self.add("fills", solid(TINTS[level]))
        return self.fills[level]

    def coloured(self, base: int, level: str) -> int:
        """Return the number of the format that is as `base`, with the level's colour."""
        if (base, level) not in self.coloured_as:
            self.coloured_as[base, level] = self._cloned(base, self.fill(level))
        return self.coloured_as[base, level]

    def uncoloured(self, base: int) -> int:
        """Return the number of the format that is as `base`, without a colour of ours."""
        node = self.formats[base] if base < len(self.formats) else None
        fills = self._all("fills")
        fill = int(node.get("fillId", "0")) if node is not None else 0
        colour = fills[fill].find(f".//{self.package.tag('fgColor')}") if 0 < fill < len(fills) else None
        if colour is None or colour.get("rgb", "").upper() not in TINTS.values():
            return base
        if (base, "") not in self.coloured_as:
            self.coloured_as[base, ""] = self._cloned(base, 0)
        return self.coloured_as[base, ""]

    def _cloned(self, base: int, fill: int) -> int:
        node = copy.deepcopy(self.formats[base if base < len(self.formats) else 0])
        node.set("fillId", str(fill))
        node.set("applyFill", "1")
        self.formats.append(node)
        self.formats.set("count", str(len(self.formats)))
        return len(self.formats) - 1


def solid(colour: str) -> str:
    """Return the markup of a fill of one colour (ARGB)."""
    return (
        f'<fill><patternFill patternType="solid"><fgColor rgb="{colour}"/><bgColor indexed="64"/></patternFill></fill>'
    )


def mark_sheet(package: Package, part: str, marks: dict[tuple[int, int], tuple[str, str]], styles: Styles) -> None:
    """Colour the cells of one sheet and comment them: (row, column) → (level, text)."""
    root = package.edit(part)
    cells = Cells(package, root)
    for (row, column), (level, _text) in sorted(marks.items()):
        cell = cells.cell(row, column)
        cell.set("s", str(styles.coloured(int(cell.get("s", "0")), level)))
    new = _comment(package, part, {place: text for place, (_level, text) in marks.items()})
    if new:
        _draw(package, part, root, new)


class Cells:
    """Finds cells of a sheet, and puts those in that are not there yet."""

    def __init__(self, package: Package, root):
        self.package, self.root = package, root
        self.data = child_of(root, package.tag("sheetData"), {"sheetProtection", "mergeCells", "pageMargins"})
        self.rows = _numbered(self.data, package.tag("row"), lambda text: int(text))
        self.numbers = sorted(self.rows)

    def cell(self, row: int, column: int):
        """Return the cell's element; a new one has the style its row or column gives it."""
        line = self.rows.get(row)
        if line is None:
            line = etree.Element(self.package.tag("row"), r=str(row))
            _insert(self.data, line, self.rows, row, self.numbers)
        tag = self.package.tag("c")
        cells = _numbered(line, tag, lambda text: (place_of(text) or (0, 0))[1])
        if column not in cells:
            cell = etree.Element(tag, r=f"{_letters(column)}{row}")
            style = line.get("s") if line.get("customFormat") in ("1", "true") else self._column_style(column)
            if style:
                cell.set("s", style)
            _insert(line, cell, cells, column, sorted(cells))
            # Only a hint for the speed of reading; a wrong one would be worse than none.
            line.attrib.pop("spans", None)
        return cells[column]

    def _column_style(self, column: int) -> str | None:
        for node in self.root.iterfind(f"{self.package.tag('cols')}/{self.package.tag('col')}"):
            if int(node.get("min")) <= column <= int(node.get("max")):
                return node.get("style")
        return None


def _numbered(parent, tag: str, number_of) -> dict:
    """Return children by their number; one that does not say it stands behind the one before."""
    found, number = {}, 0
    for node in parent.iterchildren(tag):
        number = number_of(node.get("r")) if node.get("r") else number + 1
        found[number] = node
    return found


def _insert(parent, node, known: dict, number: int, numbers: list[int]) -> None:
    place = bisect_left(numbers, number)
    if place:
        known[numbers[place - 1]].addnext(node)
    else:
        parent.insert(0, node)
    known[number] = node
    numbers.insert(place, number)


def _comment(package: Package, part: str, texts: dict[tuple[int, int], str]) -> dict[tuple[int, int], str]:
    """Write the comments; return those of cells that had none. What was written before stays below ours."""
    found = package.related(part, "/comments")
    if not found:
        found = package.free_name("xl/comments{}.xml")
        markup = f'<comments xmlns="{package.main}"><authors/><commentList/></comments>'
        package.put(found, markup, f"{SPREADSHEET}comments+xml")
        package.trees[found] = etree.fromstring(markup)
        package.relate(part, "comments", found)
    root = package.edit(found)
    authors = child_of(root, package.tag("authors"), {"commentList"})
    etree.SubElement(authors, package.tag("author")).text = AUTHOR
    comments = child_of(root, package.tag("commentList"), {"extLst"})
    there = {place_of(node.get("ref", "")): node for node in comments}
    for place, text in texts.items():
        if place in there:
            _say_first(package, there[place], text)
            continue
        address = f"{_letters(place[1])}{place[0]}"
        node = etree.SubElement(comments, package.tag("comment"), ref=address, authorId=str(len(authors) - 1))
        etree.SubElement(node, package.tag("text")).append(run_of(package, START + text))
    return {place: text for place, text in texts.items() if place not in there}


def _say_first(package: Package, comment, text: str) -> None:
    """Put our words before those of a comment that is there."""
    words = child_of(comment, package.tag("text"), {"commentPr", "extLst"})
    bare = words.find(package.tag("t"))
    if bare is not None:
        run = etree.Element(package.tag("r"))
        bare.addprevious(run)
        run.append(bare)
    words.insert(0, run_of(package, BETWEEN))
    words.insert(0, run_of(package, START + text))


def run_of(package: Package, text: str):
    """Return a run of text as comments hold it."""
    run = etree.Element(package.tag("r"))
    node = etree.SubElement(run, package.tag("t"))
    node.text = clean(text)
    node.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return run


def _draw(package: Package, part: str, root, texts: dict[tuple[int, int], str]) -> None:
    """Add the boxes of new comments to the sheet's old drawing, which is text: it need not be well-formed."""
    attribute = f"{{{package.office}}}id"
    node = root.find(package.tag("legacyDrawing"))
    drawing = package.by_id(part, node.get(attribute)) if node is not None else ""
    if not drawing:
        drawing = package.free_name("xl/drawings/vmlDrawing{}.vml")
        names = "".join(f' xmlns:{prefix}="{name}"' for prefix, name in VML.items())
        package.put(drawing, f"<xml{names}></xml>", DRAWING_TYPE)
        node = child_of(root, package.tag("legacyDrawing"), AFTER_DATA)
        node.set(attribute, package.relate(part, "vmlDrawing", drawing))
    markup = package.text(drawing)
    end = markup.rindex("</")
    names = "".join(
        f' xmlns:{prefix}="{name}"' for prefix, name in VML.items() if f"xmlns:{prefix}=" not in markup[:2000]
    )
    number = max([1024, *(int(found) for found in re.findall(r"_x0000_s(\d+)", markup))])
    shapes = [] if "_x0000_t202" in markup else [SHAPE_TYPE.format(names=names)]
    sizes = _Sizes(package, root)
    for place, text in texts.items():
        number += 1
        lines = sum(1 + len(line) // LETTERS for line in (START + text).split("\n"))
        height = LINE_HEIGHT * (lines + 1)
        shapes.append(
            SHAPE.format(
                number=number,
                height=height * 3 // 4,
                names=names,
                anchor=sizes.anchor(*place, height),
                row=place[0] - 1,
                column=place[1] - 1,
            )
        )
    package.put(drawing, markup[:end] + "".join(shapes) + markup[end:], DRAWING_TYPE)


class _Sizes:
    """Widths and heights of a sheet in pixels, for the place of a box."""

    def __init__(self, package: Package, root):
        self.columns = [
            (int(node.get("min")), int(node.get("max")), 0 if node.get("hidden") else _width(node.get("width")))
            for node in root.iterfind(f"{package.tag('cols')}/{package.tag('col')}")
        ]
        data = root.find(package.tag("sheetData"))
        self.rows = {
            number: 0 if node.get("hidden") else int(float(node.get("ht", "15")) * 4 / 3)
            for number, node in _numbered(data, package.tag("row"), int).items()
        }

    def anchor(self, row: int, column: int, height: int) -> str:
        """Return left column, offset, top row, offset, right column, offset, bottom row, offset, counted from 0."""
        right, right_offset = _walk(column + 1, BOX_WIDTH + 15, self._column)
        top = max(row - 1, 1)
        bottom, bottom_offset = _walk(top, height + 4, lambda number: self.rows.get(number, ROW_HEIGHT))
        return f"{column},15,{top - 1},4,{right - 1},{right_offset},{bottom - 1},{bottom_offset}"

    def _column(self, number: int) -> int:
        return next((width for first, last, width in self.columns if first <= number <= last), COLUMN_WIDTH)


def _walk(number: int, size: int, size_of) -> tuple[int, int]:
    """Return (number, offset) of where `size` pixels from the start of a row or column end."""
    last = number + 200
    while size > size_of(number) and number < last:
        size -= size_of(number)
        number += 1
    return number, min(size, size_of(number))


def _width(text: str | None) -> int:
    return int(float(text) * 7 + 5) if text else COLUMN_WIDTH


def merges_of(package: Package, part: str) -> list[tuple[int, int, int, int]]:
    """Return the merged areas of a sheet: top, left, bottom, right."""
    found = []
    for node in package.tree(part).iterfind(f"{package.tag('mergeCells')}/{package.tag('mergeCell')}"):
        first, _, last = node.get("ref", "").partition(":")
        if (start := place_of(first)) and (end := place_of(last)):
            found.append((*start, *end))
    return found


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
