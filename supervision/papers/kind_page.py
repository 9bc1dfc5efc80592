"""通报种类 as a template needs them: rows of kinds, a kind's sections in hand, and what title and lead would print."""

from dataclasses import dataclass

from livelihood.models import Agency
from projects.models import ReportingPeriod
from supervision.documents.patterns import PLACEHOLDERS, filled, words_of
from supervision.documents.registered import sections_for
from supervision.documents.sections import LEAD, Chosen, Kind, move_section, plain_heading, rank, section, shipped_kinds
from supervision.documents.standing_text import standing_text


class Example:
    """The newest month of an office, frozen if there is one, to show what a pattern says."""

    def __init__(self, agency: Agency):
        periods = ReportingPeriod.objects.filter(programme__owner=agency.region)
        periods = periods.select_related("programme__owner").order_by("-ends_on", "-id")
        self.period = periods.filter(snapshots__isnull=False).first() or periods.first()
        self.words = self._words() if self.period else {}

    def _words(self) -> dict:
        programme = self.period.programme
        whole = programme.participants.filter(kind="whole").values_list("printed_name", flat=True).first()
        project = programme.projects.order_by("seq").first()
        return words_of(self.period, whole=whole or programme.owner.name, project=project)

    def of(self, pattern: str | None) -> str:
        """Return what a stored pattern prints; nothing without a month or for a pattern that is wrong."""
        return filled(pattern, self.words) if pattern and self.words else ""

    @property
    def addressees(self) -> str:
        """Return 主送, which stands between title and lead."""
        return standing_text(self.period.programme.owner.kind).addressees if self.period else ""

    def placeholders(self, kind: Kind) -> list[tuple[str, str]]:
        """Return what may be filled in: {期间} and what it says this month, or in general without one."""
        return [
            (f"{{{name}}}", str(self.words.get(code) or meaning))
            for code, (name, meaning) in PLACEHOLDERS.items()
            if kind.needs_project or code != "project"
        ]


@dataclass
class Sections:
    """The sections of a kind in hand, in order; what a post leaves out or names twice is kept to be refused."""

    kind: Kind
    rows: list[Chosen]
    posted: list[str]

    @classmethod
    def of(cls, kind: Kind) -> "Sections":
        """Read those of a kind; what it could have and has not is there, switched off."""
        known = [code for code, _ in kind.sections]
        chosen = [(code, on) for code, on in kind.sections]
        later = [(one.code, False) for one in sections_for(needs_project=kind.needs_project) if one.code not in known]
        rows = sorted((Chosen(code, on) for code, on in [*chosen, *later]), key=lambda row: rank(row.code))
        return cls(kind, rows, [])

    @classmethod
    def posted_as(cls, kind: Kind, codes: list[str], on: list[str]) -> "Sections":
        """Read those of a form: every section's code in order, and those that are ticked."""
        there = cls.of(kind)
        known = {row.code for row in there.rows}
        order = {code: nth for nth, code in enumerate(dict.fromkeys(code for code in codes if code in known))}
        rows = [Chosen(row.code, row.code in on) for row in there.rows]
        rows.sort(key=lambda row: (rank(row.code), order.get(row.code, len(order))))
        return cls(kind, rows, [code if code in on else f"-{code}" for code in codes])

    def move(self, way: str, code: str) -> None:
        """Move one by a place. Raises ValueError."""
        move_section(self.rows, way, code)

    def shown(self) -> list[dict]:
        """Return the rows of the list."""
        return [
            {
                "code": row.code,
                "on": row.on,
                "heading": plain_heading(row.code),
                "is_table": section(row.code).is_table,
                "can_move": row.code != LEAD,
            }
            for row in self.rows
        ]


def kind_rows(kinds: dict[str, Kind], example: Example, *, close_code: str) -> list[dict]:
    """Return the office's kinds for its list."""
    shipped = shipped_kinds()
    return [
        {
            "kind": kind,
            "title": example.of(kind.title),
            "chapters": sum(1 for code, on in kind.sections if on and not section(code).is_table and code != LEAD),
            "tables": sum(1 for code, on in kind.sections if on and section(code).is_table),
            "origin": "原样" if not kind.version else "改过" if kind.code in shipped else "本单位增加",
            "is_close": kind.code == close_code,
        }
        for kind in kinds.values()
    ]
