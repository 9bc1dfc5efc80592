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
    """One choice of a section: a list to choose from, or with `largest` a whole number from `smallest` to it."""

    code: str
    label: str
    default: str
    choices: tuple[tuple[str, str], ...] = ()
    largest: int = 0
    smallest: int = 1

    def checked(self, value) -> str:
        """Return the value as it is stored. Raises ValueError with a Chinese sentence."""
        text = str(value).strip()
        if self.choices:
            if text not in dict(self.choices):
                raise ValueError(f"“{self.label}”没有“{text}”这一项，请从列出的几项里选。")
            return text
        if not (text.isascii() and text.isdigit() and self.smallest <= int(text) <= self.largest):
            raise ValueError(f"“{self.label}”填{self.smallest}到{self.largest}的整数，现在是“{text}”。")
        return str(int(text))


@dataclass(frozen=True)
class Section:
    """A section: `code` for ever the same, `heading` as printed, `build` its maker, `options` what may be chosen.

    `rest`: makes the attachment with what a chapter has no room for; it comes and goes with that.
    """

    code: str
    heading: str
    build: Callable
    options: tuple[Option, ...] = ()
    is_table: bool = False
    rest: Callable | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of 通报: title and lead as patterns, and its sections in order, those behind “-” switched off.

    An office's own kinds stand in `PaperKind`; `registered.office_kinds` reads both. `version` is 0 as shipped.
    """

    code: str
    label: str
    title: str
    lead: str
    issuer: str
    sections: tuple[tuple[str, bool], ...]
    needs_project: bool = False
    is_active: bool = True
    version: int = 0

    def words(self) -> dict[str, str]:
        """Return what a paper keeps of the kind it was made of."""
        return {name: getattr(self, name) for name in ("label", "title", "lead", "issuer")}


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
    """Name who gives 督查发现问题: fn(period) → rows with `text`, a sentence, perhaps `label` and `finding`."""
    if fn not in _findings:
        _findings.append(fn)


def register_supervised(fn: Callable) -> None:
    """Name who gives 上月督办项目: fn(period, snapshot) → rows with `text`, a sentence, and `is_closed`, 已销号.

    Perhaps with `figures`, parts of the text. What is compared is that snapshot's.
    """
    if fn not in _supervised:
        _supervised.append(fn)


def findings_of(period) -> list:
    """Return the findings of a period, of everybody who gives some."""
    return [row for fn in _findings for row in fn(period)]


def supervised_of(period, snapshot) -> list:
    """Return the items supervised the month before, against a snapshot of this one."""
    return [row for fn in _supervised for row in fn(period, snapshot)]


def sections() -> list[Section]:
    """Return every section there is, in the order they were registered."""
    return list(_sections.values())


def marked_sections(codes: list[str]) -> tuple[tuple[str, bool], ...]:
    """Return sections as a kind writes them, “-below” for one switched off: code and whether it is printed."""
    return tuple((code.removeprefix("-"), not code.startswith("-")) for code in codes)


@cache
def shipped_kinds() -> dict[str, Kind]:
    """Return the shipped kinds of 通报 by code, in the order of the file."""
    rows = yaml.safe_load((Path(__file__).parent / "kinds.yaml").read_text(encoding="utf-8"))
    return {
        code: Kind(
            code=code,
            sections=marked_sections(row.pop("sections")),
            **row,
        )
        for code, row in rows.items()
    }


def rank(code: str) -> int:
    """Return where a section stands among the others of a kind: the lead, the chapters, the tables."""
    return 0 if code == LEAD else 2 if section(code).is_table else 1


def plain_heading(code: str) -> str:
    """居全省后几位的项目: a heading without the number a paper chooses."""
    return section(code).heading.replace("{last}", "几")


def move_section(rows: list, way: str, code: str) -> None:
    """Move the row of a section by one place, “up” or “down”, among those of its sort. Raises ValueError."""
    at = next((nth for nth, row in enumerate(rows) if row.code == code), None)
    if at is None or way not in ("up", "down") or code == LEAD:
        raise ValueError("这一章不能这样移动，请刷新页面再改。")
    step = -1 if way == "up" else 1
    other = at + step
    while 0 <= other < len(rows) and section(rows[other].code).is_table != section(code).is_table:
        other += step
    if 0 <= other < len(rows) and rows[other].code != LEAD:
        rows[at], rows[other] = rows[other], rows[at]


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

    `words`: label, title, lead and issuer of its kind when it was drafted; the kind may change after that. `issuer`
    and `title`: in place of the office's own name and of the kind's title. `edits`: sentence code → original and text
    of sentences somebody changed, an empty text of one left out; `gone`: changes whose sentence has meanwhile become
    another one, for a person to look at.
    """

    kind: str = "progress"
    words: dict[str, str] = field(default_factory=dict)
    project: int | None = None
    issuer: str = ""
    title: str = ""
    sections: list[Chosen] = field(default_factory=list)
    edits: dict[str, dict] = field(default_factory=dict)
    gone: list[dict] = field(default_factory=list)

    @classmethod
    def of(cls, stored: dict | None, *, kind: Kind | None = None, project: int | None = None) -> "Choices":
        """Read stored choices, or start with a kind's; sections that came up since stand where the kind has them."""
        stored = stored or {}
        shipped = shipped_kinds()
        # Of a kind of an office's own everything needed stands in the paper.
        made_of = shipped.get(stored["kind"]) if "kind" in stored else kind or shipped["progress"]
        choices = cls(
            kind=stored.get("kind") or made_of.code,
            words=stored.get("words") or made_of.words(),
            project=stored.get("project", project),
            issuer=stored.get("issuer", ""),
            title=stored.get("title", ""),
            sections=[Chosen(**row) for row in stored.get("sections", [])],
            edits=dict(stored.get("edits", {})),
            gone=list(stored.get("gone", [])),
        )
        known = [row.code for row in choices.sections]
        for at, (code, on) in enumerate(made_of.sections if made_of else ()):
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
