"""What the looks of a cell say: struck out, or white on white; runs in the bare process.

A figure that was struck out is none any more, and one nobody sees was not meant to be sent: neither is read in silence.
"""

import re
import zipfile
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
STRINGS = "xl/sharedStrings.xml"
_TEXT = re.compile(rb"<(?:\w+:)?si\s*>(.*?)</(?:\w+:)?si>|<(?:\w+:)?si\s*/>", re.DOTALL)
STRIKE = re.compile(rb"<(?:\w+:)?strike\b(?![^>]*\bval\s*=\s*[\"'](?:0|false)[\"'])")


def looks_of_styles(styles: ElementTree.Element) -> dict[int, dict]:
    """Return {"s": struck out} and {"h": not to be seen} by the number of the cell style."""
    fonts = list(_all(styles, "fonts"))
    fills = list(_all(styles, "fills"))
    found: dict[int, dict] = {}
    for number, node in enumerate(_all(styles, "cellXfs")):
        font, fill = _at(fonts, node.get("fontId")), _at(fills, node.get("fillId"))
        look = {"s": True} if _is_on(font, "strike") else {}
        if font is not None and _is_white(font.find(f"{MAIN}color")) and _is_light(fill):
            look["h"] = True
        if look:
            found[number] = look
    return found


def struck_texts(archive: zipfile.ZipFile) -> set[bytes]:
    """Return the numbers of the shared texts in which a part is struck out: 300 with a line through it, then 320."""
    if STRINGS not in archive.namelist():
        return set()
    markup = archive.read(STRINGS)
    if not STRIKE.search(markup):
        return set()
    return {str(number).encode() for number, match in enumerate(_TEXT.finditer(markup)) if STRIKE.search(match[0])}


def _all(styles: ElementTree.Element, name: str):
    found = styles.find(f"{MAIN}{name}")
    return found if found is not None else []


def _at(nodes: list, number: str | None):
    return nodes[int(number)] if number and number.isdigit() and int(number) < len(nodes) else None


def _is_on(font, name: str) -> bool:
    node = font.find(f"{MAIN}{name}") if font is not None else None
    return node is not None and node.get("val", "1") not in ("0", "false")


def _is_white(color) -> bool:
    return color is not None and (color.get("rgb", "").upper()[-6:] == "FFFFFF" or color.get("theme") == "0")


def _is_light(fill) -> bool:
    """Tell whether a cell has no colour, or is white itself."""
    pattern = fill.find(f"{MAIN}patternFill") if fill is not None else None
    if pattern is None:
        return fill is None or len(fill) == 0
    return pattern.get("patternType", "none") == "none" or _is_white(pattern.find(f"{MAIN}fgColor"))
