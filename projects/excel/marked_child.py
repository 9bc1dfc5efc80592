"""The bare process that marks one untrusted file: `main(FILE)` (`workbook.bare_module`), what to say on stdin.

stdin: {"sheet": name of the summary, "title", "lines": [sentence, …], "heads": [six labels], "converted", "unopened",
"odd": sentences for a file that could only be copied, not be opened, or whose inside is unusual, "issues": [{"level",
"level_label", "sheet", "cell", "text", "advice"}, …]}; with "is_blank" the file is not opened at all.
stdout: the extension the file should have, a line break, the workbook.
"""

import io
import json
import sys
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from projects.excel.child import set_limits, sheets_of
from projects.excel.guard import ZIP_START, FileRefused
from projects.excel.marked_before import forget_marks
from projects.excel.marked_cells import TINTS, Styles, clean, mark_sheet, merges_of, place_of, solid
from projects.excel.package import OFFICE, RELS_NAMESPACE, SPREADSHEET, TYPES_NAMESPACE, Package

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RANK = ["error", "warning", "note"]
#: An archive without any sheet, for what cannot be opened.
BLANK = {
    "[Content_Types].xml": f'<Types xmlns="{TYPES_NAMESPACE}"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
    f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{SPREADSHEET}sheet.main+xml"/>'
    "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{RELS_NAMESPACE}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets/></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELS_NAMESPACE}"/>',
}
WIDTHS = [7, 18, 10, 26, 62, 40]
#: Longest quotation of a cell, and the most rows of the summary.
LONGEST, MOST_ROWS = 300, 20_000


def main(path: str) -> int:
    """Mark `path` as stdin says; what cannot be opened leaves a workbook of the summary alone."""
    set_limits()
    wanted = json.load(sys.stdin)
    extension, content = marked(Path(path), wanted)
    sys.stdout.buffer.write(extension.encode() + b"\n" + content)
    return 0


def marked(path: Path, wanted: dict) -> tuple[str, bytes]:
    """Return extension and content of the marked workbook."""
    try:
        sheets = [] if wanted.get("is_blank") else sheets_of(path)
    except FileRefused:
        sheets = []
    if not sheets:
        return _written(_blank(), [], wanted, wanted["unopened"])
    with path.open("rb") as file:
        is_archive = file.read(4) == ZIP_START
    if is_archive:
        try:
            return _written(path.read_bytes(), sheets, wanted)
        except (KeyError, ValueError, IndexError, TypeError, etree.XMLSyntaxError):
            wanted["converted"] = wanted["odd"]
    from projects.excel.marked_copy import copy_of

    names = _names(sheets)
    return _written(copy_of(sheets, names), sheets, wanted, wanted["converted"], names)


def _written(content: bytes, sheets: list[dict], wanted: dict, sentence: str = "", names=None) -> tuple[str, bytes]:
    """Mark the archive `content`, whose sheets hold the cells `sheets` under other `names` where it is a copy."""
    package = Package(content)
    parts, styles = sheet_parts(package), Styles(package)
    named = {sheet["name"]: sheet for sheet in sheets}
    rows, marks = _placed(package, parts, wanted["issues"], named, names or {})
    for part in parts.values():
        forget_marks(package, part, styles)
    for name, places in marks.items():
        said = {
            place: (
                min((issue["level"] for issue in issues), key=RANK.index),
                "\n".join(dict.fromkeys(f"{issue['level_label']}：{issue['text']}" for issue in issues)),
            )
            for place, issues in places.items()
        }
        mark_sheet(package, parts[name], said, styles)
    lines = [*wanted["lines"], *([sentence] if sentence else [])]
    markup = _sheet(package.main, wanted, rows, lines, _formats(styles))
    _add_summary(package, wanted["sheet"], markup, before=_earlier(named.get(wanted["sheet"]), parts))
    return package.extension, package.saved()


def _placed(package: Package, parts: dict, issues: list[dict], named: dict, names: dict) -> tuple[list[dict], dict]:
    """Return the rows of the summary, and sheet → place → issues; of a merged area only the first cell is seen."""
    rows, marks, merges = [], {}, {}
    for issue in issues:
        sheet, shown = named.get(issue["sheet"]), names.get(issue["sheet"], issue["sheet"])
        place = place_of(issue["cell"]) if sheet and shown in parts else None
        if place:
            if shown not in merges:
                merges[shown] = merges_of(package, parts[shown])
            place = _anchor(merges[shown], place)
            marks.setdefault(shown, {}).setdefault(place, []).append(issue)
        found = {"value": _shown(sheet, place) if place else "", "is_hidden": bool(sheet and sheet["hidden"])}
        rows.append(issue | found | {"sheet": shown, "place": place})
    return rows, marks


def sheet_parts(package: Package) -> dict[str, str]:
    """Return the name of each worksheet with its part."""
    found = {}
    for node in package.tree(package.workbook_part).iter(package.tag("sheet")):
        part = package.by_id(package.workbook_part, node.get(f"{{{package.office}}}id"))
        if part in package.names and "/worksheets/" in f"/{part}":
            found[node.get("name")] = part
    return found


def _anchor(merges: list[tuple], place: tuple[int, int]) -> tuple[int, int]:
    """Return the first cell of the merged area a place is in: only that one is seen."""
    for top, left, bottom, right in merges:
        if top <= place[0] <= bottom and left <= place[1] <= right:
            return top, left
    return place


def _shown(sheet: dict, place: tuple[int, int]) -> str:
    row, column = place
    rows = sheet["rows"]
    raw = rows[row - 1][column - 1] if row <= len(rows) and column <= len(rows[row - 1]) else None
    if raw is None:
        return "（空）"
    if isinstance(raw, str):
        return raw if len(raw) <= LONGEST else raw[:LONGEST] + "…"
    if "n" in raw:
        return f"{float(raw['n']) * 100:.10g}%" if raw.get("p") else raw["n"] + raw.get("u", "")
    if "b" in raw:
        return "TRUE" if raw["b"] else "FALSE"
    return raw.get("d") or raw.get("e") or "（公式没有结果）"


def _names(sheets: list[dict]) -> dict[str, str]:
    """Return a name Excel accepts for every sheet of a file whose sheets may have none."""
    return {sheet["name"]: sheet["name"] or "表1" for sheet in sheets}


def _blank() -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, markup in BLANK.items():
            archive.writestr(part, markup)
    return output.getvalue()


def _earlier(sheet: dict | None, parts: dict[str, str]) -> str:
    """Return the part of the summary an earlier marking left, or ""."""
    first = sheet["rows"][0][:1] if sheet and sheet["rows"] else []
    is_ours = bool(first) and isinstance(first[0], str) and first[0].startswith(f"{sheet['name']}：")
    return parts.get(sheet["name"], "") if is_ours else ""


def _add_summary(package: Package, wanted: str, markup: str, *, before: str) -> None:
    """Put the summary in place of the one `before`, or add it as the last sheet: no other sheet changes its number."""
    if before:
        package.put(before, markup)
        return
    sheets = package.edit(package.workbook_part).find(package.tag("sheets"))
    taken = {node.get("name", "").lower() for node in sheets}
    name = next(
        free for number in range(1, 1000) if (free := wanted + (str(number) if number > 1 else "")).lower() not in taken
    )
    part = package.free_name("xl/worksheets/sheet{}.xml")
    package.put(part, markup, f"{SPREADSHEET}worksheet+xml")
    number = max((int(node.get("sheetId", "0")) for node in sheets), default=0) + 1
    node = etree.SubElement(sheets, package.tag("sheet"), name=name, sheetId=str(number))
    node.set(f"{{{package.office}}}id", package.relate(package.workbook_part, "worksheet", part))


def _formats(styles: Styles) -> dict[str, int]:
    plain = '<font><sz val="10"/><name val="宋体"/></font>'
    fonts = {
        "plain": styles.add("fonts", plain),
        "bold": styles.add("fonts", plain.replace("<sz", "<b/><sz")),
        "title": styles.add("fonts", '<font><b/><sz val="14"/><name val="宋体"/></font>'),
        "link": styles.add("fonts", plain.replace("<sz", "<u/><sz").replace("<name", '<color rgb="FF1A4F94"/><name')),
    }
    side = '<{0} style="thin"><color rgb="FF9AA5B1"/></{0}>'
    sides = "".join(side.format(one) for one in ("left", "right", "top", "bottom"))
    border = styles.add("borders", f"<border>{sides}<diagonal/></border>")
    head = styles.add("fills", solid("FFEEF1F6"))

    def added(font: str, fill: int = 0, border: int = 0, wrap: int = 1) -> int:
        return styles.add(
            "cellXfs",
            f'<xf numFmtId="0" fontId="{fonts[font]}" fillId="{fill}" borderId="{border}" xfId="0" quotePrefix="1" '
            f'applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment vertical="center" '
            f'wrapText="{wrap}"/></xf>',
        )

    found = {"title": added("title", wrap=0), "line": added("plain", wrap=0), "head": added("bold", head, border)}
    found |= {"text": added("plain", 0, border), "link": added("link", 0, border)}
    return found | {level: added("plain", styles.fill(level), border) for level in TINTS}


def _sheet(main: str, wanted: dict, rows: list[dict], lines: list[str], formats: dict[str, int]) -> str:
    """Return the summary's markup: title, sentences, and a row for each issue with a link to its cell."""
    top = [[(wanted["title"], "title")], *[[(line, "line")] for line in lines]]
    table = [[(head, "head") for head in wanted["heads"]]] if rows else []
    links = []
    for row in rows[:MOST_ROWS]:
        number = len(top) + len(table) + 1
        linked = row["place"] and not row["is_hidden"]
        if linked:
            location = quoteattr(clean("'{}'!{}".format(row["sheet"].replace("'", "''"), row["cell"])))
            links.append(f'<hyperlink ref="C{number}" location={location}/>')
        sheet = row["sheet"] + ("（隐藏）" if row["is_hidden"] else "")
        cells = [sheet, row["cell"], row["value"], row["text"], row["advice"]]
        kinds = ["text", "link" if linked else "text", "text", "text", "text"]
        table.append([(row["level_label"], row["level"]), *zip(cells, kinds, strict=True)])
    markup = "".join(
        f'<row r="{number}" ht="{_height(row) if number > len(top) else 20}" customHeight="1">'
        + "".join(_cell(number, place, *cell, formats) for place, cell in enumerate(row))
        + "</row>"
        for number, row in enumerate([*top, *table], 1)
    )
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(WIDTHS, 1)
    )
    below = len(top) + 1
    place = f'ySplit="{below}" topLeftCell="A{below + 1}" activePane="bottomLeft"'
    pane = f'<pane {place} state="frozen"/>' if rows else ""
    return (
        f'<worksheet xmlns="{main}"><sheetPr><tabColor rgb="FFB0241B"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView showGridLines="0" workbookViewId="0">{pane}</sheetView></sheetViews><sheetFormatPr '
        f'defaultRowHeight="15"/><cols>{columns}</cols><sheetData>{markup}</sheetData>'
        + (f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else "")
        + '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    )


def _height(cells: list[tuple[str, str]]) -> int:
    """Return how high a row is in points with all of its text; Chinese characters are two places wide."""
    lines = [
        sum(-(-sum(2 if ord(sign) > 0x2E7F else 1 for sign in line) // width) or 1 for line in text.split("\n"))
        for (text, _kind), width in zip(cells, WIDTHS, strict=True)
    ]
    return min(14 * max(lines) + 4, 400)


def _cell(row: int, place: int, text: str, kind: str, formats: dict[str, int]) -> str:
    address = f'r="{"ABCDEF"[place]}{row}" s="{formats[kind]}"'
    if not text:
        return f"<c {address}/>"
    return f'<c {address} t="inlineStr"><is><t xml:space="preserve">{escape(clean(text)[:32_000])}</t></is></c>'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
