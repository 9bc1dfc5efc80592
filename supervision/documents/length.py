"""How many pages a paper's text takes, by its lines of 28 characters, 22 to a page."""

import math
import re

CHARACTERS, LINES = 28, 22
#: Lines the head of the first page takes: 发文机关标志, number, rule, the blank lines around the title.
HEAD, TITLE_CHARACTERS, SIGNATURE = 10.5, 20, 4
#: Lines a printed paper of four pages is at most longer than counted: figures are not all of one width.
SPARE = 4
#: What no line break parts: a figure, and a character with its opening signs before and its closing signs behind it.
_PIECE = re.compile(r"[（“《〔]*(?:[!-~]+|.)[，。；：、）”》〕]*")


#: What is not half as wide as a character of the text, of the signs figures are printed with.
_WIDTHS = {"%": 0.85, ".": 0.25}


def width(text: str) -> float:
    """Width in characters: figures and Latin letters are half as wide."""
    return sum(_WIDTHS.get(character, 0.5) if character.isascii() else 1 for character in text)


def text_pages(content: dict) -> int:
    """Return about how many pages the text takes with its signature, without attachments."""
    return math.ceil(text_lines(content) / LINES)


def text_lines(content: dict) -> float:
    """Return about how many lines the text takes with its signature, without attachments."""
    lines = HEAD + math.ceil(width(content["title"]) / TITLE_CHARACTERS) * 1.25 + _lines(content["addressees"])
    lines += _lines("　　" + content["lead"]["text"]) if content["lead"]["text"] else 0
    for chapter in content["chapters"]:
        # A heading does not stand alone at the foot of a page.
        room = LINES - lines % LINES
        lines += 1 + (room if room < 2 else 0)
        for paragraph in chapter["paragraphs"]:
            label = f"　　（一）{paragraph['label']}。" if paragraph["label"] else "　　"
            lines += _lines(label + "".join(sentence["text"] for sentence in paragraph["sentences"]))
    # A table that goes on has one title.
    titles = dict.fromkeys(table["title"] for table in content["attachments"])
    return lines + SPARE + SIGNATURE + (1 + sum(_lines(f"　　　　　　{title}") for title in titles) if titles else 0)


def _lines(text: str) -> int:
    """Fill lines piece by piece, as a typesetter does: no sign stands at the start of a line, no figure is broken."""
    lines, used = 1, 0.0
    for piece in _PIECE.findall(text):
        if used and used + width(piece) > CHARACTERS:
            lines, used = lines + 1, 0.0
        used += width(piece)
    return lines
