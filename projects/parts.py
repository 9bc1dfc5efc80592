"""Blocks of a report: figures (projects), funds (funding), and whatever comes later.

Entry, import, submission, hash and comparison loop over the registered parts and never name one.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field

from livelihood.models import User
from projects.models import Report


@dataclass
class SaveResult:
    """What became of a batch of typed cells.

    `saved`: keys stored or already so; `errors`: key → Chinese sentence; `conflicts`: key → what
    somebody else stored meanwhile. What is wrong or in conflict is left as it was; the rest is stored.
    """

    saved: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, str] = field(default_factory=dict)
    #: Why the whole batch was refused; the page then shows again what was typed.
    refused: str = ""


class ReportPart(ABC):
    """月报组成: one block of a report."""

    #: Name of the part in the report's hash, and its order on the page.
    code: str
    label: str
    order: int
    #: Shows the part's lines inside the report's form; gets `part`, `columns` and `lines`.
    template: str

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
        """Return the lines the user may see, in printed order, with cells and state.

        `typed` and `result`: what a refused form held and why, shown again in place of what is stored.
        """

    @abstractmethod
    def save(self, report: Report, cells: dict, *, by: User, origin: str) -> SaveResult:
        """Store typed cells (key → raw text and base version). One transaction, audited."""

    @abstractmethod
    def check(self, report: Report) -> list[str]:
        """Return Chinese sentences saying what still stands between the report and signing."""

    def warnings(self, report: Report) -> list[str]:
        """Return Chinese sentences the signer should have read; they do not block."""
        return []

    @abstractmethod
    def digest(self, report: Report) -> Iterable[str]:
        """Yield the part's content as lines of text in a fixed order, for the report's hash."""


_parts: dict[str, ReportPart] = {}


def register(part: ReportPart) -> None:
    """Offer a block; a second registration of the same code replaces the first."""
    _parts[part.code] = part


def registered() -> list[ReportPart]:
    """Return the blocks in the order they stand on the page."""
    return sorted(_parts.values(), key=lambda part: part.order)
