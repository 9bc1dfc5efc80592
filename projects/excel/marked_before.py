"""Takes away what an earlier marking left in a workbook that was corrected and sent again; runs in the bare process."""

import re

from lxml import etree

from projects.excel.marked_cells import BETWEEN, START, Cells, Styles, place_of, run_of
from projects.excel.package import Package

_SHAPE = re.compile(r"<v:shape\b(?:(?!</v:shape>).)*</v:shape>", re.DOTALL)
_PLACE = re.compile(r"<x:(Row|Column)>\s*(\d+)")


def forget_marks(package: Package, part: str, styles: Styles) -> None:
    """Take our words and colours from a sheet's cells; what the county wrote in a comment stays."""
    name = package.related(part, "/comments")
    if not name:
        return
    ours = {
        place: node
        for node in package.tree(name).iter(package.tag("comment"))
        if "".join(node.itertext()).startswith(START) and (place := place_of(node.get("ref", "")))
    }
    if not ours:
        return
    package.edit(name)
    cells = Cells(package, package.edit(part))
    empty = set()
    for place, node in ours.items():
        cell = cells.cell(*place)
        cell.set("s", str(styles.uncoloured(int(cell.get("s", "0")))))
        if not _keep_theirs(package, node):
            node.getparent().remove(node)
            empty.add(place)
    _erase(package, package.related(part, "/vmlDrawing"), empty)


def _keep_theirs(package: Package, node: etree._Element) -> bool:
    """Leave only what stood there before us; tell whether there is any. Programs may have joined the runs."""
    words = node.find(package.tag("text"))
    _, found, theirs = "".join(node.itertext()).partition(BETWEEN.strip())
    if not found or words is None:
        return False
    runs = words.findall(package.tag("r"))
    texts = ["".join(run.itertext()) for run in runs]
    if BETWEEN.strip() in [text.strip() for text in texts[:2]]:
        for run in runs[:2]:
            words.remove(run)
    else:
        for child in list(words):
            words.remove(child)
        words.append(run_of(package, theirs.lstrip("\n")))
    return True


def _erase(package: Package, drawing: str, places: set[tuple[int, int]]) -> None:
    """Take the boxes of comments that are gone from the sheet's old drawing."""
    if not drawing or not places:
        return

    def kept(match: re.Match) -> str:
        found = {name: int(number) + 1 for name, number in _PLACE.findall(match[0])}
        return "" if (found.get("Row"), found.get("Column")) in places else match[0]

    package.put(drawing, _SHAPE.sub(kept, package.text(drawing)))
