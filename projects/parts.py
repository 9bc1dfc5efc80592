"""Blocks of a report: figures (projects), funds (funding), and whatever comes later.

Entry, import, submission, hash and comparison loop over the registered parts and never name one.

What `lines` returns is one dict per section of the page (a project):
    seq, project, mark, note, rows — `mark` is returned, flagged, blank, done, no_task or text.
Each row has at least:
    key        the cell's name in forms and in JSON, unique within the part
    unit       the participant; `is_typed` tells whether the person may type in the cell
    state      code of livelihood/formats.py for the line's badge; `states` the filters the line belongs to
    display    column → text as shown; `tones` column → tone; `value`, `remark`, `reason`, `version` as stored
    error, conflict, note   what is wrong, what somebody else stored (Conflict), what reviewers said (CellNotes)
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from livelihood.models import User
from projects.models import Report


@dataclass(frozen=True)
class Conflict:
    """What somebody else stored in a cell meanwhile: `value` as shown, `by` whom, `at` (9月10日 17:48).

    `sentence` says it all, and how to go on.
    """

    value: str
    by: str
    at: str
    sentence: str

    def __str__(self):
        return self.sentence


@dataclass
class SaveResult:
    """What became of a batch of typed cells.

    `saved`: keys stored; `unchanged`: keys that said what was stored already; `errors`: key → Chinese sentence;
    `conflicts`: key → what somebody else stored meanwhile. What is wrong or in conflict is left as it was; the
    rest is stored.
    """

    saved: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    #: Cells beside the batch whose notes changed with it.
    related: list[str] = field(default_factory=list)
    #: Why the whole batch was refused; the page then shows again what was typed.
    refused: str = ""

    def add(self, other: "SaveResult") -> None:
        """Take in what became of other cells of the same part."""
        self.saved += other.saved
        self.unchanged += other.unchanged
        self.related += other.related
        self.errors |= other.errors
        self.conflicts |= other.conflicts


@dataclass(frozen=True)
class ChangedCell:
    """A cell that says something else than it did: `was` and `now` as shown, who changed it last and when.

    `key` is the cell's name in its part (`part`); `label` names project and indicator.
    """

    part: str
    key: str
    participant_id: int
    indicator_id: int | None
    sub_project_id: int
    label: str
    was: str
    now: str
    by: User
    at: datetime


class ReportPart(ABC):
    """月报组成: one block of a report."""

    #: Name of the part in the report's hash, and its order on the page.
    code: str
    label: str
    order: int
    #: Shows the part's lines inside the report's form; gets `part`, `columns` and `lines`.
    template: str
    #: Show a row's state cell and the notes under it; get `row`. Also used for the reply to a save.
    state_template: str
    notes_template: str
    #: What a cell's key looks like.
    key_pattern: re.Pattern

    @abstractmethod
    def read(self, data) -> dict:
        """Return the part's typed cells in a form's data: key → what `save` and `lines` take."""

    @abstractmethod
    def columns(self, report: Report) -> list[dict]:
        """Return the columns as printed: key, label, and whether a cell may be typed in."""

    @abstractmethod
    def lines(
        self, report: Report, user: User, *, typed: dict | None = None, result: SaveResult | None = None
    ) -> list[dict]:
        """Return the sections the user may see, in printed order, with their rows.

        `typed` and `result`: what a refused form held and why, shown again in place of what is stored.
        """

    @abstractmethod
    def save(self, report: Report, cells: dict, *, by: User, origin: str) -> SaveResult:
        """Store typed cells (key → raw text and base version). One transaction, audited."""

    @abstractmethod
    def carry(self, report: Report, *, by: User, keys: set[str] | None = None, section: int | None = None):
        """沿用: confirm last period's values in the user's cells that are still blank; return a SaveResult.

        `keys` or a `section` (the project's number) limit it. Never overwrites anything.
        """

    @abstractmethod
    def check(self, report: Report) -> list[str]:
        """Return Chinese sentences saying what still stands between the report and signing."""

    def warnings(self, report: Report) -> list[str]:
        """Return Chinese sentences the signer should have read; they do not block."""
        return []

    @abstractmethod
    def digest_lines(self, report: Report) -> Iterable[tuple[int, str]]:
        """Yield (sub-project id, line of text) for the part's content in a fixed order, for the report's hash."""

    def digest(self, report: Report, *, sub_projects: Iterable[int] | None = None) -> Iterable[str]:
        """Return the lines; `sub_projects` (ids) limits them to what a bureau or lead agency vouches for."""
        wanted = None if sub_projects is None else set(sub_projects)
        return (line for sub_project, line in self.digest_lines(report) if wanted is None or sub_project in wanted)

    def digest_many(self, reports: Iterable[Report]) -> Iterable[tuple[int, int, str]]:
        """Yield (report id, sub-project id, line) for several reports, each in the order of `digest_lines`."""
        for report in reports:
            for sub_project, line in self.digest_lines(report):
                yield report.pk, sub_project, line

    def changed_since(self, report: Report, moment: datetime) -> Iterable[ChangedCell]:
        """Return the cells whose content is another than it was at `moment`."""
        return []


_parts: dict[str, ReportPart] = {}


def register(part: ReportPart) -> None:
    """Offer a block; a second registration of the same code replaces the first."""
    _parts[part.code] = part


def registered() -> list[ReportPart]:
    """Return the blocks in the order they stand on the page."""
    return sorted(_parts.values(), key=lambda part: part.order)
