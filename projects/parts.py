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
    somebody else stored meanwhile. A batch with any error or conflict in a plain form changes nothing.
    """

    saved: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, str] = field(default_factory=dict)


class ReportPart(ABC):
    """月报组成: one block of a report."""

    #: Key prefix of the part's cells in forms, and its order on the page.
    code: str
    label: str
    order: int

    @abstractmethod
    def columns(self, report: Report) -> list[dict]:
        """Return the columns as printed: key, label, and whether a cell may be typed in."""

    @abstractmethod
    def lines(self, report: Report, user: User) -> list[dict]:
        """Return the lines the user may see, in printed order, with cells, state and errors."""

    @abstractmethod
    def save(self, report: Report, cells: dict, *, by: User, origin: str) -> SaveResult:
        """Store typed cells (key → raw text and base version). One transaction, audited."""

    @abstractmethod
    def check(self, report: Report) -> list[str]:
        """Return Chinese sentences saying what still stands between the report and signing."""

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
