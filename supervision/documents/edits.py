"""Sentences somebody changed: their figures stay linked, and what differs from the snapshot is said.

A changed sentence keeps what it was before. In the next draft the change is carried over where that is still what the
system would write; where it is not, the change is set aside for a person to look at.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from supervision.documents.paper import FIGURE, Paper, Part, Sentence
from supervision.documents.sections import Choices

#: What may not stand beside a figure that is found again: then it is a piece of a longer one.
DIGITS = "0123456789.,"


def relinked(sentence: Sentence, text: str, units: Sequence[str]) -> Sentence:
    """Return the sentence with other words: its figures linked again where they stand, `doubts` what differs.

    A unit's figure is found again only where that unit is the one named before it. `units`: printed names.
    """
    if text == sentence.text:
        return sentence
    found, doubts = _found(sentence.parts, text, units)
    parts, at = [], 0
    for start, part in sorted(found, key=lambda one: one[0]):
        parts += [Part(text[at:start]), part]
        at = start + len(part.text)
    parts = [part for part in [*parts, Part(text[at:])] if part.text]
    doubts += _strange(sentence.parts, parts)
    return replace(sentence, text=text, original=sentence.text, parts=parts, doubts=doubts)


def _found(parts: Iterable[Part], text: str, units: Sequence[str]) -> tuple[list[tuple[int, Part]], list[str]]:
    """Return where each linked figure stands in the new words, and a clause for each that is not there."""
    found, doubts, taken = [], [], set()
    for part in parts:
        if not part.behind:
            continue
        places = [at for at in _places(part.text, text) if not taken.intersection(range(at, at + len(part.text)))]
        start = _best(part, places, text, units)
        if start is None:
            name = part.name if part.name in units else ""
            doubts.append(f"原句的“{name}{part.text}”没有了")
        else:
            found.append((start, part))
            taken.update(range(start, start + len(part.text)))
    return found, doubts


def _places(figure: str, text: str) -> list[int]:
    """Return where a figure stands by itself, not as a piece of a longer number."""
    places, at = [], text.find(figure)
    while at >= 0:
        before, behind = text[at - 1 : at] if at else "", text[at + len(figure) : at + len(figure) + 1]
        is_torn = (figure[0] in DIGITS and before and before in DIGITS) or (
            figure[-1] in DIGITS and behind and behind in DIGITS + "%"
        )
        if not is_torn:
            places.append(at)
        at = text.find(figure, at + 1)
    return places


def _best(part: Part, places: list[int], text: str, units: Sequence[str]) -> int | None:
    direct = [at for at in places if part.name and text[:at].endswith(part.name)]
    if direct:
        return direct[0]
    if part.name in units:
        return next((at for at in places if _named_before(text[:at], units) == part.name), None)
    return places[0] if places else None


def _named_before(text: str, units: Sequence[str]) -> str:
    """Return the unit named last in a text, "" for none; of 阜南县 and 县 at one place the longer."""
    last = max(((text.rfind(name) + len(name), len(name), name) for name in units if name in text), default=(0, 0, ""))
    return last[2]


def _strange(before: Iterable[Part], after: Iterable[Part]) -> list[str]:
    """Say which unlinked figures came up and which went: dates and counts are figures too."""
    had, has = (
        Counter(figure for part in parts if not part.behind for figure in FIGURE.findall(part.text))
        for parts in (before, after)
    )
    return [
        *(f"“{figure}”不是快照里的数" for figure in (has - had).elements()),
        *(f"原句的“{figure}”没有了" for figure in (had - has).elements()),
    ]


def carried(paper: Paper, choices: Choices, units: Sequence[str]) -> None:
    """Write the changed sentences into the paper; set aside those whose sentence has become another one or is gone."""
    waiting = dict(choices.edits)
    now = {sentence.code: sentence.text for sentence in _sentences(paper)}
    paper.lead = _changed(paper.lead, waiting, units)
    for chapter in paper.chapters:
        for paragraph in chapter.paragraphs:
            changed = [_changed(sentence, waiting, units) for sentence in paragraph.sentences]
            paragraph.sentences = [sentence for sentence in changed if sentence.text]
        chapter.paragraphs = [paragraph for paragraph in chapter.paragraphs if paragraph.sentences]
    paper.chapters = [chapter for chapter in paper.chapters if chapter.paragraphs]
    for code, edit in waiting.items():
        # A section that is switched off keeps its changes for when it is printed again.
        if choices.chosen(code.split(":", 1)[0]).on:
            choices.gone = [row for row in choices.gone if row["code"] != code]
            choices.gone.append({"code": code, **edit, "now": now.get(code, "")})
            del choices.edits[code]


def _changed(sentence: Sentence, waiting: dict[str, dict], units: Sequence[str]) -> Sentence:
    """Return the sentence as somebody changed it, if it is still the one they changed."""
    edit = waiting.get(sentence.code)
    if edit is None or sentence.text != edit["original"]:
        return sentence
    del waiting[sentence.code]
    return relinked(sentence, edit["text"], units)


def _sentences(paper: Paper) -> Iterable[Sentence]:
    yield paper.lead
    for chapter in paper.chapters:
        for paragraph in chapter.paragraphs:
            yield from paragraph.sentences
