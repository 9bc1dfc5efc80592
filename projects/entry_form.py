"""What the parts of a report share on the entry page: how a cell's fields are named in its form, and its columns."""

import re
from collections import defaultdict

#: A cell's fields, by the letter in front of its key: f-12-345.
FIELDS = {"f": "value", "r": "remark", "v": "version", "w": "reason"}
_NAME = re.compile(r"([frvw])-(.{1,40})")


def typed_cells(data, key: re.Pattern) -> dict[str, dict[str, str]]:
    """Return the cells of a form whose keys look like `key`: key → value, remark, version, reason, as far as sent."""
    cells = defaultdict(dict)
    for name in data:
        match = _NAME.fullmatch(name)
        if match and key.fullmatch(match[2]):
            cells[match[2]][FIELDS[match[1]]] = data[name]
    return {text: cell for text, cell in cells.items() if "value" in cell}


def column(key: str, label: str, *, typed: bool = False, is_number: bool = True, group: str = "") -> dict:
    """Return a column's head; columns of one `group` stand together under its name."""
    return {"key": key, "label": label, "typed": typed, "is_number": is_number, "group": group}
