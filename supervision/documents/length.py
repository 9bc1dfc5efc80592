"""How many pages a paper's text takes, by its lines of 28 characters, 22 to a page."""

import math

CHARACTERS, LINES = 28, 22
#: Lines the head of the first page takes: 发文机关标志, number, rule, the blank lines around the title.
HEAD, TITLE_CHARACTERS, SIGNATURE = 10, 20, 5


def width(text: str) -> float:
    """Width in characters: figures and Latin letters are half as wide."""
    return sum(0.5 if character.isascii() else 1 for character in text)


def text_pages(content: dict) -> int:
    """Return about how many pages the text takes with its signature, without attachments."""
    lines = HEAD + math.ceil(width(content["title"]) / TITLE_CHARACTERS) * 1.25 + _lines(content["addressees"])
    lines += _lines("　　" + content["lead"]["text"]) if content["lead"]["text"] else 0
    for chapter in content["chapters"]:
        lines += 1
        for paragraph in chapter["paragraphs"]:
            label = f"　　（一）{paragraph['label']}。" if paragraph["label"] else "　　"
            lines += _lines(label + "".join(sentence["text"] for sentence in paragraph["sentences"]))
    titles = [table["title"] for table in content["attachments"]]
    lines += SIGNATURE + (1 + sum(_lines(f"　　　　　　{title}") for title in titles) if titles else 0)
    return math.ceil(lines / LINES)


def _lines(text: str) -> int:
    return max(1, math.ceil(width(text) / CHARACTERS))
