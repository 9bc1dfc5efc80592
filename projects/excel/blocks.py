"""Tables in a sheet: where their heads are, which rows and columns are theirs; pure, without the catalogue's rows."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from projects.excel.columns import plain
from projects.excel.headings import NAMING, PARTICIPANT, UNIT, Meaning, meaning_of
from projects.excel.workbook import Cell, Sheet

#: A head has at most so many rows.
MOST_HEAD_ROWS = 6
#: A head is looked for at all in the first rows of a sheet, again only where one was found.
HEAD_WITHIN = 60

_NUMBER = re.compile(r"[+-]?[\d,]*\.?\d+%?")
_COLUMN_NUMBER = re.compile(r"[(（]?\d{1,2}[)）]?(?:[=＝].*)?|甲|乙|丙|丁|栏次|[A-Z](?:[=＝].*)?")
#: Lines above a head that are none of its rows.
_TITLE = re.compile(
    r"(?:填报|报送|制表|考核|编制)?单位[(（]?[^)）]{0,4}[)）]?[:：]|填报|报送|截至|截止|20\d\d年|日期|附件|附表|^表\d"
)


@dataclass
class Block:
    """One table: its head rows, the columns with the labels above one another, its rows, and the lines above it."""

    sheet: Sheet
    head: range
    rows: list[int]
    labels: dict[int, list[str]]
    titles: list[Cell] = field(default_factory=list)

    @property
    def head_cell(self) -> Cell:
        """Return the first cell of the head, to name the table by."""
        return self.sheet.cell(self.head[-1], min(self.labels))

    def label_cell(self, column: int) -> Cell:
        """Return the lowest filled cell of a column's head."""
        cells = [self.sheet.shown(row, column) for row in reversed(self.head)]
        return next((cell for cell in cells if not cell.is_blank), Cell(self.head[-1], column))


def blocks_of(sheet: Sheet, is_name: Callable[[str], bool]) -> list[Block]:
    """Return the tables of a sheet from top to bottom and left to right; [] where no head is found."""
    heads, row = [], 1
    last_head = 0
    while row <= sheet.row_count:
        if row > last_head + HEAD_WITHIN and not heads:
            break
        head = _head_at(sheet, row, last_head, is_name)
        if head is None:
            row += 1
            continue
        heads.append(head)
        last_head = row = head[-1] + 1
        last_head -= 1
    return _blocks(sheet, heads, is_name)


def _blocks(sheet: Sheet, heads: list[range], is_name) -> list[Block]:
    groups: list[tuple[range, dict, list[range], list[Cell]]] = []
    for head in heads:
        labels = _labels(sheet, head)
        titles = _titles(sheet, head, first=not groups)
        # The head again on a new page is no new table, unless other lines stand above it: another county's.
        if groups and list(groups[-1][1].items()) == list(labels.items()) and _same_lines(titles, groups[-1][3]):
            groups[-1][2].append(head)
        else:
            groups.append((head, labels, [], titles))
    found = []
    for number, (head, labels, repeated, titles) in enumerate(groups):
        following = groups[number + 1] if number + 1 < len(groups) else None
        above = [cell.row for cell in following[3]] if following else []
        end = min([*above, following[0][0]]) - 1 if following else sheet.row_count
        skipped = {row for again in repeated for row in again}
        rows = [row for row in range(head[-1] + 1, end + 1) if row not in skipped]
        parts = _side_by_side(sheet, head, labels, is_name)
        found += [Block(sheet, head, rows, part, _own_titles(titles, part, parts)) for part in parts]
    return found


def _titles(sheet: Sheet, head: range, *, first: bool) -> list[Cell]:
    """Return the lines above a head: for a later one those up to the last row of figures."""
    lines: list[Cell] = []
    for row in range(head[0] - 1, 0, -1):
        filled = [cell for cell in sheet.row(row) if not cell.is_blank]
        if not first and (len(filled) > 3 or any(_NUMBER.fullmatch(plain(cell.text)) for cell in filled)):
            break
        lines = [cell for cell in filled if cell.kind == "text"] + lines
    return lines


def _same_lines(lines: list[Cell], others: list[Cell]) -> bool:
    """Tell whether lines above a head are none, or those above the one before."""
    return {plain(cell.text) for cell in lines} <= {plain(cell.text) for cell in others}


def _own_titles(titles: list[Cell], part: dict, parts: list[dict]) -> list[Cell]:
    """Return the lines above one of several tables beside one another: its own where each has its own."""
    if len(parts) == 1:
        return titles
    inside = [cell for cell in titles if min(part) <= cell.column <= max(part)]
    return inside or titles


def _head_at(sheet: Sheet, row: int, after: int, is_name) -> range | None:
    """Return the rows of a head whose first telling row is `row`."""
    meanings = row_meanings(sheet, row, is_name)
    if meanings is None:
        return None
    naming = {column for column, meaning in meanings.items() if isinstance(meaning, Meaning) and meaning.kind in NAMING}
    telling = [one for one in meanings.values() if isinstance(one, Meaning) and not (one.kind == UNIT and one.unit)]
    is_matrix = any(one.kind == PARTICIPANT for one in telling)
    texts = {plain(sheet.shown(row, column).text) for column in meanings}
    if not naming or len(texts) < 2 or not (len(telling) >= 2 or (is_matrix and len(meanings) >= 2)):
        return None
    first = _upward(sheet, row, after)
    last = row
    while last < sheet.row_count and last - first + 1 < MOST_HEAD_ROWS and _continues(sheet, last, naming, is_name):
        last += 1
    return range(first, last + 1)


def row_meanings(sheet: Sheet, row: int, is_name) -> dict[int, Meaning | str] | None:
    """Return what a row's cells mean as headings (a name stays text); None where a number stands in the row."""
    found: dict[int, Meaning | str] = {}
    seen = set()
    for column in range(1, sheet.width + 1):
        cell = sheet.shown(row, column)
        if cell.is_blank or (cell.row, cell.column) in seen:
            continue
        seen.add((cell.row, cell.column))
        if cell.kind != "text" or _NUMBER.fullmatch(plain(cell.text)):
            return None
        if is_name(cell.text):
            found[column] = cell.text
        elif meaning := meaning_of(cell.text):
            found[column] = meaning
    return found


def _upward(sheet: Sheet, row: int, after: int) -> int:
    """Return the first row of the head: where a merged area of it begins, or a row of group names above it."""
    tops = [sheet.shown(row, column).row for column in range(1, sheet.width + 1)]
    first = min(tops)
    while first - 1 > after and row - first < MOST_HEAD_ROWS - 1:
        above = {
            (cell.row, cell.column): cell
            for column in range(1, sheet.width + 1)
            if not (cell := sheet.shown(first - 1, column)).is_blank
        }
        texts = [cell.text for cell in above.values()]
        if len(texts) < 2 or any(cell.kind != "text" for cell in above.values()) or any(map(_is_title, texts)):
            break
        first -= 1
    return first


def _is_title(text: str) -> bool:
    return bool(_TITLE.search(plain(text))) or len(plain(text)) > 40


def _continues(sheet: Sheet, last: int, naming: set[int], is_name) -> bool:
    """Tell whether the row below still belongs to the head."""
    row = last + 1
    cells = [sheet.shown(row, column) for column in range(1, sheet.width + 1)]
    filled = [cell for cell in cells if not cell.is_blank]
    if not filled:
        return False
    own = [cell for cell in filled if cell.row == row]
    if len(own) >= 3 and all(_COLUMN_NUMBER.fullmatch(plain(cell.text)) for cell in own) and _ascends(own):
        return True
    if any(cell.column in naming and cell.row == row for cell in filled):
        return False
    meanings = row_meanings(sheet, row, is_name)
    if not meanings or not own:
        return False
    return any(sheet.shown(row, column).row == row for column in meanings)


def _ascends(cells: list[Cell]) -> bool:
    numbers = [int(match[0]) for cell in cells if (match := re.search(r"\d+", plain(cell.text)))]
    return len(numbers) >= 2 and all(later == former + 1 for former, later in pairwise(numbers))


def _labels(sheet: Sheet, head: range) -> dict[int, list[str]]:
    """Return the labels above one another of each column, from top to bottom, without column numbers."""
    rows = [row for row in head if not _is_number_row(sheet, row)]
    found = {}
    for column in range(1, sheet.width + 1):
        labels: list[str] = []
        seen = set()
        for row in rows:
            cell = sheet.shown(row, column)
            if cell.is_blank and row != rows[-1]:
                cell = _from_the_left(sheet, row, column, rows)
            if not cell.is_blank and (cell.row, cell.column) not in seen:
                seen.add((cell.row, cell.column))
                labels.append(cell.text.strip())
        if labels:
            found[column] = labels
    return found


def _is_number_row(sheet: Sheet, row: int) -> bool:
    own = [cell for cell in sheet.row(row) if not cell.is_blank]
    return len(own) >= 3 and all(_COLUMN_NUMBER.fullmatch(plain(cell.text)) for cell in own)


def _from_the_left(sheet: Sheet, row: int, column: int, rows: list[int]) -> Cell:
    """Return the group name a cell lost with its merging: that of the left, where both have a label below."""
    below = [lower for lower in rows if lower > row]
    if not any(sheet.cell(lower, column).kind == "text" for lower in below):
        return Cell(row, column)
    for left in range(column - 1, 0, -1):
        cell = sheet.shown(row, left)
        if not any(not sheet.cell(lower, left).is_blank for lower in below):
            break
        if not cell.is_blank:
            return cell
    return Cell(row, column)


def _side_by_side(sheet: Sheet, head: range, labels: dict[int, list[str]], is_name) -> list[dict[int, list[str]]]:
    """Return the columns table by table: a table begins again where its first naming head stands again."""
    kinds: dict[int, tuple] = {}
    for column, texts in labels.items():
        cell = sheet.shown(head[-1], column)
        if (cell.row, cell.column) != (cell.row, column) and (head[-1], column) in sheet.merged:
            continue
        meaning = meaning_of(texts[-1]) if not is_name(texts[-1]) else None
        if meaning and meaning.kind in NAMING:
            kinds[column] = (meaning.kind, plain(texts[-1]))
    if not kinds:
        return [labels]
    first = kinds[min(kinds)]
    starts = [column for column, kind in kinds.items() if kind == first]
    if len(starts) < 2:
        return [labels]
    edges = [min(labels), *starts[1:], max(labels) + 1]
    return [
        {column: texts for column, texts in labels.items() if left <= column < right} for left, right in pairwise(edges)
    ]
