"""What an answer to “why” is made of, ready for its template: the same for every kind of figure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from livelihood.formats import format_number, format_signed

#: How many digits of an exact ratio are written out before it is printed.
SHOWN_DIGITS = 5


@dataclass(frozen=True)
class Term:
    """One number of the formula with what it is; `sign` stands before it."""

    value: str
    note: str = ""
    sign: str = ""
    is_result: bool = False


@dataclass(frozen=True)
class Yardstick:
    """What the figure is held against: value, gap and where it comes from."""

    name: str
    value: str
    gap: str = ""
    source: str = ""
    is_below: bool = False
    is_far: bool = False
    url: str = ""


@dataclass(frozen=True)
class Listed:
    """One unit of a list of places: its figure and its own answer."""

    name: str
    value: str
    place: int | None = None
    url: str = ""
    is_own: bool = False


@dataclass(frozen=True)
class Fact:
    """One line about an input, with what it leads to."""

    label: str
    text: str
    url: str = ""
    link: str = ""


@dataclass(frozen=True)
class Change:
    """One change of an input: old → new, by whom, when, how."""

    at: datetime
    by: str
    how: str
    old: str = ""
    new: str = ""
    remark: str = ""


@dataclass
class Input:
    """数从哪里来: one number that went in, with who, when and from where."""

    mark: str
    value: str
    facts: list[Fact] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    #: Changes that are not listed.
    more: int = 0


@dataclass(frozen=True)
class Cell:
    """A cell of a table of parts."""

    text: str
    url: str = ""
    is_number: bool = True
    note: str = ""


@dataclass
class Parts:
    """The parts a sum or a mean is made of."""

    heading: str
    columns: list[str]
    rows: list[list[Cell]]
    note: str = ""

    @property
    def heads(self) -> list[dict]:
        """Return the columns' heads; a column is aligned as its cells are."""
        first = self.rows[0] if self.rows else []
        return [
            {"label": label, "is_number": index < len(first) and first[index].is_number}
            for index, label in enumerate(self.columns)
        ]


@dataclass
class Answer:
    """为什么是这个数: the whole answer."""

    title: str
    unit: str
    status: str = ""
    status_word: str = ""
    terms: list[Term] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    yardsticks: list[Yardstick] = field(default_factory=list)
    list_heading: str = ""
    listed: list[Listed] = field(default_factory=list)
    list_note: str = ""
    parts: list[Parts] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    #: Why who and when are not shown, "" where they are.
    hidden_inputs: str = ""
    #: Other pages about the same figure.
    links: list[Fact] = field(default_factory=list)
    made_of: list[Fact] = field(default_factory=list)


def exact_ratio(numerator: Decimal, denominator: Decimal, *, per_cent: bool = False) -> str:
    """Return an exact quotient with its first digits, cut off and never rounded: 0.63579…; "" where it has none.

    Only shown between the formula and the printed rate; nothing is compared or stored by it (R7).
    """
    if not denominator:
        return ""
    scale = 10**SHOWN_DIGITS
    top, bottom = (numerator * (100 if per_cent else 1)).as_integer_ratio(), denominator.as_integer_ratio()
    whole, rest = divmod(top[0] * bottom[1] * scale, top[1] * bottom[0])
    text = format_number(Decimal(whole).scaleb(-SHOWN_DIGITS), SHOWN_DIGITS if rest else None)
    return f"{text}…" if rest else text


def gap_text(gap: Decimal | None, decimals: int | None) -> str:
    """Return a gap with its sign, "" without one."""
    return "" if gap is None else format_signed(gap, decimals)


def places_listed(rows: Iterable[tuple[int | None, Listed]]) -> list[Listed]:
    """Return units by place, those without one behind, each in the order given."""
    return [entry for _, entry in sorted(rows, key=lambda row: (row[0] is None, row[0] or 0))]
