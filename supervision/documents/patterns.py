"""Title and lead of a kind of 通报 as patterns: words, and what is filled in by month and programme.

Stored a placeholder has its code, {span}; people read and write its name, {期间}. A pattern is never given to
`str.format`: only the placeholders of this list are filled, everything else is words.
"""

import re
from string import Formatter

from projects.models import Project, ReportingPeriod
from supervision.documents.paper import paper_quotes, span

#: Code → name and what it stands for.
PLACEHOLDERS = {
    "span": ("期间", "2020年1—8月份"),
    "months": ("月份", "1—8月份，不带年"),
    "year": ("年份", "2020"),
    "whole": ("范围", "全市、全县"),
    "count": ("项目数", "33"),
    "project": ("项目", "只说一个项目的，它的名称"),
}
#: Full-width signs as an input method gives them.
_HALF_WIDTH = str.maketrans("｛｝", "{}")
_FILLED = re.compile("{(" + "|".join(PLACEHOLDERS) + ")}")


def stored(text: str, *, needs_project: bool) -> str:
    """Return a pattern as it is stored. Raises ValueError with one Chinese sentence for anything that cannot be filled.

    A placeholder is its name alone: no attributes, no numbers, no formats, no braces as words.
    """
    codes = {name: code for code, (name, _) in PLACEHOLDERS.items()} | {code: code for code in PLACEHOLDERS}
    text = text.translate(_HALF_WIDTH)
    try:
        pieces = list(Formatter().parse(text))
    except ValueError:
        raise ValueError("里的大括号不成对，要填的内容写成 {期间} 这样。") from None
    written = []
    for words, name, spec, conversion in pieces:
        if "{" in words or "}" in words:
            raise ValueError("里有连写的大括号，要填的内容写成 {期间} 这样。")
        written.append(words)
        if name is None:
            continue
        code = codes.get(name.strip())
        if code is None or spec or conversion:
            raise ValueError(
                f"里的“{{{_as_typed(name, spec, conversion)}}}”填不出来，能填的有{_names(needs_project)}。"
            )
        if code == "project" and not needs_project:
            raise ValueError("里的“{项目}”填不出来，只有说一个项目的种类能用。")
        written.append(f"{{{code}}}")
    return "".join(written)


def _as_typed(name: str, spec: str, conversion: str | None) -> str:
    typed = name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
    return typed if len(typed) <= 20 else f"{typed[:20]}…"


def _names(needs_project: bool) -> str:
    names = [name for code, (name, _) in PLACEHOLDERS.items() if needs_project or code != "project"]
    return "、".join(f"{{{name}}}" for name in names)


def shown(pattern: str) -> str:
    """Return a stored pattern as people read it."""
    return _FILLED.sub(lambda found: f"{{{PLACEHOLDERS[found[1]][0]}}}", pattern)


def pieces(pattern: str, words: dict[str, object]) -> list[tuple[str, str]]:
    """Return a stored pattern filled, as texts in order: each with the code of the placeholder it fills, or ""."""
    split = _FILLED.split(pattern)
    found = [(str(words[one]), one) if nth % 2 else (one, "") for nth, one in enumerate(split)]
    return [(text, code) for text, code in found if text]


def filled(pattern: str, words: dict[str, object]) -> str:
    """Return a stored pattern with its words in their places."""
    return "".join(text for text, _ in pieces(pattern, words))


def repeated(pattern: str) -> str:
    """Return the name of a placeholder that stands more than once in a stored pattern, or nothing."""
    codes = _FILLED.findall(pattern)
    return next((PLACEHOLDERS[code][0] for code in codes if codes.count(code) > 1), "")


def words_of(period: ReportingPeriod, *, whole: str, project: Project | None) -> dict[str, object]:
    """Return what the placeholders of a paper of the period say; `whole` is 全市 or what the programme prints."""
    return {
        "span": span(period),
        "months": span(period, with_year=False),
        "year": period.programme.year,
        "whole": whole,
        "count": period.programme.projects.count(),
        "project": paper_quotes(project.name) if project else "",
    }
