"""What a page must never show, whatever the data behind it are."""

import re

#: As words of their own: the letters of a token in a hidden field may spell them by chance.
_STRANGE = re.compile(r"(?<![A-Za-z0-9_-])(?:NaN|None|Infinity|nan|undefined)(?![A-Za-z0-9_-])")


def strange_words(*texts: str) -> list[str]:
    """Return the words of a programming language that stand in what a reader sees."""
    return [word for text in texts for word in _STRANGE.findall(text)]
