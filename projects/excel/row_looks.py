"""What is seen of a table's rows before any is read: which say the head again, and whose numbers stand before them."""

from collections import Counter
from collections.abc import Callable

from projects.excel import headings as kinds
from projects.excel.blocks import Block
from projects.excel.columns import plain
from projects.excel.naming import Naming, bare_key
from projects.excel.roles import Roles
from projects.excel.words import seq_of


def head_again(block: Block) -> Callable[[int], bool]:
    """Return what tells whether a row says the table's head again, as at the top of a printed page."""
    sheet = block.sheet
    heads = [(column, plain(block.label_cell(column).text)) for column in block.labels]

    def is_again(row: int) -> bool:
        same = other = 0
        cells = sheet.cells(row)
        for column, head in heads:
            if column > len(cells) or (cell := cells[column - 1]).is_blank:
                continue
            if plain(cell.text) == head:
                same += 1
            else:
                other += 1
                if other * 3 > len(heads):
                    return False
        return same + other >= 2 and same >= 2 * other

    return is_again


def numbers_are_ours(block: Block, roles: Roles, naming: Naming) -> bool:
    """Tell whether the sheet numbers its rows as the programme does: more rows agree than do not."""
    columns = [roles.naming.get(kind, []) for kind in (kinds.SEQ, kinds.PROJECT, kinds.INDICATOR)]
    said = Counter(
        tuple([tuple([cells[one - 1].text for one in of_kind if one <= len(cells)]) for of_kind in columns])
        for cells in map(block.sheet.cells, block.rows)
    )
    agree = differ = 0
    for texts, times in said.items():
        numbers, projects, indicators = ([text for text in of_kind if text.strip()] for of_kind in texts)
        seq = seq_of(numbers[0]) if numbers else None
        if seq is None:
            continue
        named = {naming.project_of(text) for text in projects} - {None}
        if not named:
            found = [naming.by_name.get(bare_key(text), []) for text in [*indicators, *projects]]
            named = {item.seq for items in found for item in items}
        if len(named) == 1:
            agree, differ = agree + times * (seq in named), differ + times * (seq not in named)
    return agree >= differ
