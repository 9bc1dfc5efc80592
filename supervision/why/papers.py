"""The figures of a paper, linked to their answers: every one keeps the frozen row it was printed from."""

from itertools import chain

from django.urls import reverse

from livelihood.models import User
from supervision.models import (
    Document,
    Inspection,
    InspectionFinding,
    SnapshotFundRate,
    SnapshotLine,
    SupervisionLetter,
)
from supervision.why_links import WhyLinks


class PaperLinks:
    """The answers behind a paper's figures, by how its content names the row behind each. At most four queries.

    `user`: who reads; records and letters are linked for who may open them. Without, they are not.
    """

    def __init__(self, document: Document, user: User | None = None):
        self.links = WhyLinks(document.period, document.snapshot)
        self.has_snapshot = document.snapshot is not None
        named = set(_named(document.content)) if self.has_snapshot else set()
        lines = SnapshotLine.objects.filter(pk__in=_ids(named, "line")).values_list(
            "pk", "participant__code", "indicator_id"
        )
        funds = SnapshotFundRate.objects.filter(pk__in=_ids(named, "fund")).values_list(
            "pk", "participant__code", "fund_kind", "measure"
        )
        self.lines = {str(pk): (code, indicator_id) for pk, code, indicator_id in lines}
        self.funds = {str(pk): (code, f"{kind}-{measure}") for pk, code, kind, measure in funds}
        self.records = self._records(named, user) if user is not None else {}
        self.pages = self._pages(document) if self.has_snapshot else {}

    def _records(self, named: set[str], user: User) -> dict[str, str]:
        """Return the pages of the findings and letters named that the user may read."""
        found = {}
        if ids := _ids(named, "finding"):
            visits = Inspection.objects.visible_to(user)
            rows = InspectionFinding.objects.filter(pk__in=ids, inspection__in=visits)
            for pk, visit in rows.values_list("pk", "inspection_id"):
                found[f"finding:{pk}"] = reverse("supervision:inspection-detail", args=[visit])
        if ids := _ids(named, "letter"):
            letters = SupervisionLetter.objects.visible_to(user).filter(pk__in=ids)
            for pk in letters.values_list("pk", flat=True):
                found[f"letter:{pk}"] = reverse("supervision:letter-detail", args=[pk])
        return found

    def _pages(self, document: Document) -> dict[str, str]:
        """Return the pages behind counts, and the start of the address of an indicator's page."""
        where = [document.period.programme.code, document.period.code]
        basis = f"?basis={document.snapshot.version}"
        return {
            "ranking": reverse("supervision:ranking", args=where) + basis,
            "provincial": reverse("supervision:provincial", args=where) + basis,
            "indicator": reverse("supervision:indicator-detail", args=[*where, 0]) + basis,
            "catalogue": reverse("projects:programme-detail", args=where[:1]),
            "milestones": reverse("projects:milestone-list", args=where[:1]),
            "returns": reverse("projects:discipline", args=where[:1]) + f"?kind={document.period.kind}",
            "inspections": f"{reverse('supervision:inspection-list')}?programme={where[0]}",
            "letters": f"{reverse('supervision:letter-list')}?programme={where[0]}",
        }

    def url(self, behind: str) -> str:
        """Return the address of the answer behind a figure; "" where there is none."""
        if not behind or not self.has_snapshot:
            return ""
        kind, _, name = behind.partition(":")
        if kind == "line" and name in self.lines:
            return self.links.figure(*self.lines[name])
        if kind == "fund" and name in self.funds:
            return self.links.fund(*self.funds[name])
        if kind in ("finding", "letter"):
            return self.records.get(behind, "")
        if kind == "document":
            return reverse("supervision:document-detail", args=[name])
        if kind == "overall":
            return self.links.overall(name)
        if kind == "project":
            seq, _, code = name.partition(":")
            return self.links.project(code, int(seq))
        if kind == "average":
            return self.links.benchmark(int(name))
        if kind == "indicator":
            return self.pages["indicator"].replace("/0/", f"/{name}/")
        return self.pages.get(kind, "")

    def pieces(self, sentence: dict) -> list[tuple[str, str]]:
        """Return the sentence in pieces of text with the address behind each, "" for words that are no figure."""
        parts = sentence.get("parts") or [{"text": sentence["text"]}]
        return [(part["text"], self.url(part.get("behind", ""))) for part in parts if part["text"]]

    def rows(self, table: dict) -> list[list[tuple]]:
        """Return an attachment's rows as (column, cell, address)."""
        behind = table.get("behind") or [[""] * len(table["columns"])] * len(table["rows"])
        return [
            [(column, cell, self.url(ref)) for column, cell, ref in zip(table["columns"], row, refs, strict=False)]
            for row, refs in zip(table["rows"], behind, strict=False)
        ]


def linked_chapters(document: Document, links: PaperLinks | None = None) -> list[dict]:
    """Return the chapters of a paper with `pieces` beside each sentence; the stored content stays as it is."""
    links = links or PaperLinks(document)
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


def linked_tables(document: Document, links: PaperLinks | None = None) -> list[dict]:
    """Return the attachments of a paper with each cell beside its column and the address of its answer."""
    links = links or PaperLinks(document)
    return [
        {key: table[key] for key in ("title", "note", "columns")} | {"rows": links.rows(table)}
        for table in document.content["attachments"]
    ]


def _named(content: dict):
    """Return how the content names the rows behind its figures."""
    paragraphs = chain.from_iterable(chapter["paragraphs"] for chapter in content.get("chapters", []))
    sentences = chain.from_iterable(paragraph["sentences"] for paragraph in paragraphs)
    for sentence in chain([content.get("lead") or {}], sentences):
        yield from (part.get("behind", "") for part in sentence.get("parts") or [])
    for table in content.get("attachments", []):
        yield from chain.from_iterable(table.get("behind") or [])


def _ids(named: set[str], kind: str) -> list[int]:
    start = f"{kind}:"
    return [int(name.removeprefix(start)) for name in named if name.startswith(start)]
