"""Blocks pasted into the year's list: which place of a project every cell belongs to, by the names around it.

A block has units across and sub-projects down, sub-projects across and units down, or no heads at all: then its lines
begin with a name and go in official order. What names nothing is said, never guessed.
"""

from collections.abc import Iterable, Iterator

from projects.excel.columns import plain
from projects.models import Participant, Project, SubProject

#: Sub-project and participant, by id.
Place = tuple[int, int]
#: More names than anybody mends from one message.
MOST_NAMES = 10


class PastedBlock:
    """The cells of a pasted text by place; `problems` says which names are unknown."""

    def __init__(self, text: str, project: Project, subs: list[SubProject], units: Iterable[Participant]):
        self.subs, self.units = subs, list(units)
        self.sub_of = {plain(sub.name or project.name): sub for sub in subs}
        names = ((name, unit) for unit in self.units for name in [*unit.short_names, unit.printed_name, unit.code])
        self.unit_of = {plain(name): unit for name, unit in names}
        self.problems: list[str] = []
        self._unknown: dict[str, list[str]] = {"考核单位": [], "子项": []}
        self.cells: dict[Place, str] = {}
        lines = [_cells(line) for line in text.splitlines() if line.strip()]
        for sub, unit, words in self._placed(lines) if lines else ():
            # Cells below one another are one place's: several offices of one unit.
            before = self.cells.get((sub.pk, unit.pk))
            self.cells[sub.pk, unit.pk] = f"{before}\n{words}" if before and words and words != before else words
        for kind, found in self._unknown.items():
            if found:
                shown = "、".join(name[:20] for name in dict.fromkeys(found[:MOST_NAMES]))
                self.problems.append(f"没有这个{kind}：{shown}。这些没有填进去。")

    def _placed(self, lines: list[list[str]]) -> Iterator[tuple[SubProject, Participant, str]]:
        head, first = lines[0], plain(lines[0][0])
        across = sum(plain(text) in self.unit_of for text in head)
        if across > (first in self.unit_of) or (across and len(lines) > 1 and len(head) == 1):
            yield from self._under_heads(lines, self.unit_of, "考核单位", is_by_unit=True)
        elif first not in self.unit_of and len(head) > 1 and any(plain(text) in self.sub_of for text in head[1:]):
            yield from self._under_heads(lines, self.sub_of, "子项", is_by_unit=False)
        else:
            yield from self._without_heads(lines)

    def _under_heads(self, lines, across: dict, kind: str, *, is_by_unit: bool):
        """Yield the cells of a block whose first line names what stands across; the first column names the rest."""
        down, other = (self.sub_of, "子项") if is_by_unit else (self.unit_of, "考核单位")
        heads = [across.get(plain(text)) for text in lines[0]]
        self._unknown[kind] += [text for at, text in enumerate(lines[0]) if at and text and heads[at] is None]
        is_named = heads[0] is None
        for line in lines[1:]:
            row = down.get(plain(line[0])) if is_named else None
            if row is None and is_by_unit and len(self.subs) == 1:
                row = self.subs[0]
            if row is None:
                self._unknown[other].append(line[0] if is_named else "（没有写）")
                continue
            for head, words in zip(heads, line, strict=False):
                if head is not None:
                    yield (row, head, words) if is_by_unit else (head, row, words)

    def _without_heads(self, lines):
        """Yield the cells of lines that begin with a unit, or with a sub-project and have a cell per unit."""
        for name, *cells in lines:
            unit, sub = self.unit_of.get(plain(name)), self.sub_of.get(plain(name))
            if unit is not None:
                # One cell is meant for the whole project, as a list of offices by county is.
                row = cells * len(self.subs) if len(cells) == 1 else cells
                if len(row) > len(self.subs):
                    row = ["\n".join(filter(None, cells))] * len(self.subs)
                yield from ((sub, unit, words) for sub, words in zip(self.subs, row, strict=False))
            elif sub is not None and len(cells) == len(self.units):
                yield from ((sub, unit, words) for unit, words in zip(self.units, cells, strict=True))
            elif sub is not None:
                count = f"“{name[:20]}”后面有 {len(cells)} 格，考核单位有 {len(self.units)} 个"
                self.problems.append(f"{count}，对不上；请连同表头一起复制。")
            else:
                self._unknown["考核单位"].append(name)


def _cells(line: str) -> list[str]:
    """Return the cells of a pasted line: between tabs, else after the first gap."""
    cells = line.split("\t") if "\t" in line else line.split(None, 1)
    return [cell.strip().strip('"').strip() for cell in cells]
