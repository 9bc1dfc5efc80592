"""Attachments that go on: a table whose units do not fit side by side stands in the content as several tables.

On paper they are one attachment on sheets of its own, in a workbook one sheet.
"""


def attachment_groups(tables: list[dict]) -> list[tuple[str, list[dict]]]:
    """Return (附件1, its tables) in order; tables that continue each other have one number. A single one has none."""
    groups: list[list[dict]] = []
    for table in tables:
        if groups and _shared(groups[-1][0], table):
            groups[-1].append(table)
        else:
            groups.append([table])
    several = len(groups) > 1
    return [(f"附件{number}" if several else "附件", group) for number, group in enumerate(groups, start=1)]


def _shared(one: dict, other: dict) -> tuple[int, int] | None:
    """Return how many columns at the left and right both have in common, if `other` continues `one`."""
    if (one["title"], one["note"], len(one["rows"])) != (other["title"], other["note"], len(other["rows"])):
        return None
    left, right = _common(one, other), _common(_mirrored(one), _mirrored(other))
    shorter = min(len(one["columns"]), len(other["columns"]))
    if not left or left + right >= shorter:
        return None
    return left, right


def _common(one: dict, other: dict) -> int:
    """Return how many columns from the left have the same head and cells."""
    count = 0
    for place, (column, its) in enumerate(zip(one["columns"], other["columns"], strict=False)):
        rows = zip(one["rows"], other["rows"], strict=True)
        if column["label"] != its["label"] or any(row[place] != as_row[place] for row, as_row in rows):
            break
        count += 1
    return count


def _mirrored(table: dict) -> dict:
    return {"columns": table["columns"][::-1], "rows": [row[::-1] for row in table["rows"]]}


def joined(group: list[dict]) -> dict:
    """Put the columns that differ side by side, between those all have in common."""
    if len(group) == 1:
        return group[0]
    shares = [_shared(group[0], table) for table in group[1:]]
    left, right = min(share[0] for share in shares), min(share[1] for share in shares)

    def lined_up(parts: list[list]) -> list:
        middles = [item for part in parts for item in part[left : len(part) - right]]
        return [*parts[0][:left], *middles, *parts[0][len(parts[0]) - right :]]

    return group[0] | {
        "columns": lined_up([table["columns"] for table in group]),
        "rows": [lined_up(list(rows)) for rows in zip(*(table["rows"] for table in group), strict=True)],
    }
