"""How a cell of a report is named: by two things of its part, and as text in forms, JSON and addresses.

(participant id, indicator id) of a figure is 12-345, (fund line id, stage) of an amount 77-disbursed. What the two
are is the part's affair (projects/parts.py); no two parts have keys that look alike.
"""

import re

Key = tuple[int, int | str]

_TEXT = re.compile(r"(\d{1,19})-(?:(\d{1,19})|([a-z][a-z_]{0,17}))", re.ASCII)


def key_text(key: Key) -> str:
    """Return the key as forms, JSON and addresses name it."""
    return f"{key[0]}-{key[1]}"


def split_key(text: str) -> Key:
    """Return the key a text names. Raises ValueError for what is none."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return int(match[1]), int(match[2]) if match[2] else match[3]
