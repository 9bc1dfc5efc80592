"""The sections of a 通报 as data: what there is, what an office chose of it for one paper, and who else fills some.

A section is a chapter of the text, the lead or an attachment. Its builder gets the `Source` and the values of its
options and returns paragraphs (a chapter), tables (an attachment) or None where there is nothing to say.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

LEAD = "lead"


@dataclass(frozen=True)
class Option:
    """One choice of a section: a list to choose from, or with `largest` a whole number from 1 to it."""

    code: str
    label: str
    default: str
    choices: tuple[tuple[str, str], ...] = ()
    largest: int = 0

    def checked(self, value) -> str:
        """Return the value as it is stored. Raises ValueError with a Chinese sentence."""
        text = str(value).strip()
        if self.choices:
            if text not in dict(self.choices):
                raise ValueError(f"“{self.label}”没有“{text}”这一项，请从列出的几项里选。")
            return text
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= self.largest):
            raise ValueError(f"“{self.label}”填1到{self.largest}的整数，现在是“{text}”。")
        return str(int(text))


@dataclass(frozen=True)
class Section:
    """A section: `code` for ever the same, `heading` as printed, `build` its maker, `options` what may be chosen."""

    code: str
    heading: str
    build: Callable
    options: tuple[Option, ...] = ()
    is_table: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of 通报: title and lead as patterns, and its sections in order, those behind “-” switched off."""

    code: str
    label: str
    title: str
    lead: str
    issuer: str
    sections: tuple[tuple[str, bool], ...]
    needs_project: bool = False


_sections: dict[str, Section] = {}
_findings: list[Callable] = []
_supervised: list[Callable] = []


def register_section(section: Section) -> None:
    """Add a section; a second one of the same code takes the first one's place."""
    _sections[section.code] = section


def section(code: str) -> Section | None:
    """Return a section by its code."""
    return _sections.get(code)


def register_findings(fn: Callable) -> None:
    """Name who gives 督查发现问题: fn(period) → rows with `text`, a sentence, and perhaps `label`."""
    if fn not in _findings:
        _findings.append(fn)


def register_supervised(fn: Callable) -> None:
    """Name who gives 上月督办项目: fn(period) → rows with `text`, a sentence, and `is_closed`, 已销号."""
    if fn not in _supervised:
        _supervised.append(fn)


def findings_of(period) -> list:
    """Return the findings of a period, of everybody who gives some."""
    return [row for fn in _findings for row in fn(period)]


def supervised_of(period) -> list:
    """Return the items supervised the month before."""
    return [row for fn in _supervised for row in fn(period)]


@cache
def kinds() -> dict[str, Kind]:
    """Return the kinds of 通报 by code, in the order of the file."""
    rows = yaml.safe_load((Path(__file__).parent / "kinds.yaml").read_text(encoding="utf-8"))
    return {
        code: Kind(
            code=code,
            sections=tuple((name.removeprefix("-"), not name.startswith("-")) for name in row.pop("sections")),
            **row,
        )
        for code, row in rows.items()
    }


@dataclass
class Chosen:
    """One section as chosen for a paper; `own` is a paragraph of the office's own at its end."""

    code: str
    on: bool = True
    options: dict[str, str] = field(default_factory=dict)
    own: str = ""


@dataclass
class Choices:
    """What an office chose of one paper; stored in its content under `choices`.

    `issuer` and `title`: in place of the office's own name and of the kind's title. `edits`: sentence code → original
    and text of sentences somebody changed, an empty text of one left out; `gone`: changes whose sentence has meanwhile
    become another one, for a person to look at.
    """

    kind: str = "progress"
    project: int | None = None
    issuer: str = ""
    title: str = ""
    sections: list[Chosen] = field(default_factory=list)
    edits: dict[str, dict] = field(default_factory=dict)
    gone: list[dict] = field(default_factory=list)

    @classmethod
    def of(cls, stored: dict | None, *, kind: str | None = None, project: int | None = None) -> "Choices":
        """Read stored choices, or start with a kind's; sections that came up since stand where the kind has them."""
        stored = stored or {}
        choices = cls(
            kind=stored.get("kind") or kind or "progress",
            project=stored.get("project", project),
            issuer=stored.get("issuer", ""),
            title=stored.get("title", ""),
            sections=[Chosen(**row) for row in stored.get("sections", [])],
            edits=dict(stored.get("edits", {})),
            gone=list(stored.get("gone", [])),
        )
        known = [row.code for row in choices.sections]
        for at, (code, on) in enumerate(kinds()[choices.kind].sections):
            if code not in known:
                choices.sections.insert(min(at, len(choices.sections)), Chosen(code, on))
        return choices

    def as_json(self) -> dict:
        """Return the choices as they are stored."""
        return vars(self) | {"sections": [vars(row) for row in self.sections]}

    def chosen(self, code: str) -> Chosen:
        """Return one section as chosen; a section the kind does not know is off."""
        return next((row for row in self.sections if row.code == code), Chosen(code, on=False))

    def options(self, code: str) -> dict[str, str]:
        """Return the options of a section, with their defaults."""
        found = section(code)
        return {option.code: option.default for option in found.options} | self.chosen(code).options
