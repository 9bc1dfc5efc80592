"""The figures in a paper's sentences, linked to their answers: a sentence keeps the rows it rests on."""

import re
from itertools import chain

from supervision.models import Document, SnapshotFundRate, SnapshotLine
from supervision.why_links import WhyLinks

#: A figure behind a unit's name: 太和县40.9%, 全市74.00%, 全市（不含湘西州）76.33%.
FIGURE = r"(?:（不含[^）]*）)?[0-9][0-9,.]*%?"


class PaperLinks:
    """The answers behind a paper's sentences. At most two queries."""

    def __init__(self, document: Document):
        self.links = WhyLinks(document.period, document.snapshot)
        sentences = list(_sentences(document.content)) if document.snapshot else []
        lines = SnapshotLine.objects.filter(pk__in=_ids(sentences, "lines")).select_related("participant")
        funds = SnapshotFundRate.objects.filter(pk__in=_ids(sentences, "funds")).select_related("participant")
        self.lines = {row.pk: (row.participant, row.indicator_id) for row in lines.only("participant", "indicator")}
        self.funds = {row.pk: (row.participant, f"{row.fund_kind}-{row.measure}") for row in funds}

    def pieces(self, sentence: dict) -> list[tuple[str, str]]:
        """Return the sentence in pieces of text with the address behind each, "" for words that are no figure.

        A unit's name with a figure behind it is linked, where the sentence rests on one figure of that unit.
        """
        targets = self._targets(sentence)
        if not targets:
            return [(sentence["text"], "")]
        names = "|".join(re.escape(name) for name in sorted(targets, key=len, reverse=True))
        found, at = [], 0
        for match in re.finditer(f"({names}){FIGURE}", sentence["text"]):
            found += [(sentence["text"][at : match.start()], ""), (match[0], targets[match[1]])]
            at = match.end()
        return [piece for piece in [*found, (sentence["text"][at:], "")] if piece[0]]

    def _targets(self, sentence: dict) -> dict[str, str]:
        """Return printed name → address of the one figure of that unit; a unit with several has none."""
        found: dict[str, set[str]] = {}
        for pk in sentence.get("lines", []):
            if pk in self.lines:
                unit, indicator_id = self.lines[pk]
                found.setdefault(unit.printed_name, set()).add(self.links.figure(unit.code, indicator_id))
        for pk in sentence.get("funds", []):
            if pk in self.funds:
                unit, rate = self.funds[pk]
                found.setdefault(unit.printed_name, set()).add(self.links.fund(unit.code, rate))
        return {name: next(iter(urls)) for name, urls in found.items() if len(urls) == 1}


def linked_chapters(document: Document) -> list[dict]:
    """Return the chapters of a paper with `pieces` beside each sentence; the stored content stays as it is."""
    links = PaperLinks(document)
    return [
        chapter
        | {
            "paragraphs": [
                paragraph | {"sentences": [one | {"pieces": links.pieces(one)} for one in paragraph["sentences"]]}
                for paragraph in chapter["paragraphs"]
            ]
        }
        for chapter in document.content["chapters"]
    ]


def _sentences(content: dict):
    paragraphs = chain.from_iterable(chapter["paragraphs"] for chapter in content.get("chapters", []))
    return chain.from_iterable(paragraph["sentences"] for paragraph in paragraphs)


def _ids(sentences: list[dict], key: str) -> set[int]:
    return {pk for sentence in sentences for pk in sentence.get(key, [])}
