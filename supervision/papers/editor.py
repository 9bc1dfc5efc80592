"""The editor of a 通报 as a template needs it: sections, the text with its figures linked, and what was changed."""

from collections import Counter
from dataclasses import dataclass, field

from livelihood.formats import chinese_numeral
from livelihood.models import User
from supervision.documents.continued import attachment_groups
from supervision.documents.length import text_pages
from supervision.documents.sections import LEAD, Choices, Section, section
from supervision.documents.title import title_lines
from supervision.models import Document
from supervision.papers.editor_forms import FrameForm, OptionsForm
from supervision.services.bulletin_edit import sentences_of
from supervision.why.papers import PaperLinks


@dataclass
class Typed:
    """What a person typed that was not saved: the action, words by sentence code, and the sentence that says why."""

    action: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    asks: bool = False
    form: object = None


class EditorPage:
    """One draft; `chosen` is the section whose options are shown, `edited` the sentence whose paragraph is open.

    `moved`: “up:below” puts the keyboard back on the button that moved a section.
    """

    def __init__(
        self,
        document: Document,
        user: User,
        *,
        chosen: str = "",
        edited: str = "",
        moved: str = "",
        typed: Typed | None = None,
    ):
        self.document, self.typed = document, typed or Typed()
        self.content = document.content
        self.choices = Choices.of(self.content.get("choices"))
        self.links = PaperLinks(document, user)
        self.edited = edited
        self.moved = moved.partition(":")
        self.section = section(chosen) or section(LEAD)
        self.heading = heading_of(self.section, self.choices)
        self.kind = self.choices.words
        self.sentences = list(sentences_of(self.content))
        self.title_lines = title_lines(self.content["title"])
        self.attachments = attachment_groups(self.content["attachments"])

    def sections(self) -> list[dict]:
        """Return the sections in order, each with how many sentences it prints and how many of them were changed."""
        printed = Counter(one["code"].split(":", 1)[0] for one in self.sentences if one["text"])
        changed = Counter(one["code"].split(":", 1)[0] for one in self.sentences if one["original"])
        headings = {chapter["code"]: chapter["heading"] for chapter in self.content["chapters"]}
        rows = []
        for row in self.choices.sections:
            found = section(row.code)
            if found is None:
                continue
            rows.append(
                {
                    "code": row.code,
                    "on": row.on,
                    "heading": headings.get(row.code) or heading_of(found, self.choices),
                    "is_table": found.is_table,
                    "can_move": row.code != LEAD,
                    "sentences": printed[row.code],
                    "changed": changed[row.code],
                    "is_empty": row.on and not found.is_table and not printed[row.code],
                    "is_chosen": row.code == self.section.code,
                    "moved": self.moved[0] if row.code == self.moved[2] else "",
                }
            )
        return rows

    def chapters(self) -> list[dict]:
        """Return the text: the lead, then every chapter with its paragraphs ready to be shown or changed."""
        lead = {"code": LEAD, "heading": "", "paragraphs": [{"label": "", "sentences": [self.content["lead"]]}]}
        shown = [lead] if self.content["lead"]["text"] else []
        return [
            {
                "code": chapter["code"],
                "heading": _numbered(number, chapter["heading"]),
                "paragraphs": [self._paragraph(paragraph) for paragraph in chapter["paragraphs"]],
            }
            for number, chapter in enumerate([*shown, *self.content["chapters"]], start=1 - len(shown))
        ]

    def _paragraph(self, paragraph: dict) -> dict:
        sentences = [
            one
            | {
                "pieces": self.links.pieces(one),
                "typed": self.typed.texts.get(one["code"], one["text"]),
                "is_own": one["code"].endswith(":own"),
                "rows": max(2, len(one["text"]) // 40 + 1),
            }
            for one in paragraph["sentences"]
        ]
        codes = {one["code"] for one in sentences}
        return {
            "label": paragraph["label"],
            "first": sentences[0]["code"],
            "sentences": sentences,
            "figures": sum(1 for one in sentences for part in one.get("parts", []) if part.get("behind")),
            "changed": [one for one in sentences if one["original"]],
            "doubts": [doubt for one in sentences for doubt in one.get("doubts", [])],
            "is_open": self.edited in codes or bool(codes & self.typed.texts.keys()),
            "is_own": any(one["is_own"] for one in sentences),
        }

    def lost(self) -> list[str]:
        """Return what was typed for sentences that are not there any more."""
        there = {one["code"] for one in self.sentences}
        return [text for code, text in self.typed.texts.items() if code not in there]

    def left_out(self) -> list[dict]:
        """Return the sentences somebody left out."""
        return [
            {"code": code, "original": edit["original"]}
            for code, edit in self.choices.edits.items()
            if not edit["text"]
        ]

    def facts(self) -> dict:
        """Return what stands beside the text: pages, changes, figures that differ."""
        return {
            "pages": text_pages(self.content),
            "tables": len(self.attachments),
            "changed": len(self.choices.edits),
            "doubts": sum(len(one.get("doubts", [])) for one in self.sentences),
            "figures": sum(1 for one in self.sentences for part in one.get("parts", []) if part.get("behind")),
        }

    def options_form(self) -> OptionsForm:
        """Return the form of the chosen section, or the one that came back."""
        if self.typed.action == "options":
            return self.typed.form
        return OptionsForm(self.section, self.choices, initial={"version": self.document.version})

    def frame_form(self) -> FrameForm:
        """Return the form of title and issuer, or the one that came back."""
        if self.typed.action == "frame":
            return self.typed.form
        seen = {"version": self.document.version}
        return FrameForm(initial=seen | {"title": self.content["title"], "issuer": self.content["issuer"]})


def heading_of(found: Section, choices: Choices) -> str:
    """Return a section's heading as it would be printed: 居全省后三位的项目."""
    last = choices.options(found.code).get("last", "")
    return found.heading.format(last=chinese_numeral(int(last)) if last else "")


def _numbered(number: int, heading: str) -> str:
    """四、低于全省平均进度的项目; the lead has neither."""
    return f"{chinese_numeral(number)}、{heading}" if heading else ""
