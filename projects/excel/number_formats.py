"""What a cell's number format says beyond the number; used in the bare process."""

import re

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[[^\]]*\]|[_*].')


def format_marks(code: str) -> dict:
    """Return what a number format adds: {"p": per cent}, {"x": scientific}, {"z": other size}, {"u": letters},
    {"h": shows nothing}.

    Only the first section (positive numbers) counts.
    """
    first = _first_section(code)
    bare = _LITERAL.sub("", first)
    marks: dict = {}
    if code and ";" in code and not first:
        marks["h"] = True
    if "%" in bare:
        marks["p"] = True
    if re.search(r"[0#?]E[+-]", bare, re.IGNORECASE):
        marks["x"] = True
    # 0, and 0.0, show thousands; 0!.0, shows 万.
    if re.search(r"[0#?],+(?![0#?,])", bare) or "!" in bare:
        marks["z"] = True
    letters = "".join((match[1] or match[2] or "") for match in _LITERAL.finditer(first)).strip()
    if letters and re.search(r"[0#?]", bare) and re.fullmatch(r"[一-鿿/]+", letters):
        marks["u"] = letters
    return marks


def _first_section(code: str) -> str:
    quoted = False
    for place, sign in enumerate(code):
        if sign == '"':
            quoted = not quoted
        elif sign == ";" and not quoted:
            return code[:place]
    return code
