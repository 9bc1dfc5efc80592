"""A first draft is held to four pages: what its text gives up, in a fixed order, stands in an attachment."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from supervision.documents.below import LARGEST, TABLE
from supervision.documents.length import LINES, text_lines
from supervision.documents.remainder import MOST
from supervision.documents.sections import Choices, Chosen

MOST_PAGES = 4
ROOM = MOST_PAGES * LINES
#: The chapters that name item after item.
LISTS = ("last_places", "supervised", "findings")
#: Section, option, value, and the attachment that has the whole, "" for one that comes by itself. First what an
#: attachment has anyway; then the long lists, each a little and then each more, so that none is cut down while another
#: runs on; last what a reader looks for first.
STEPS = (
    ("funds", "form", "none", "table_funds"),
    ("overview", "pooled", "none", "table_indicators"),
    ("below", LARGEST.code, "3", TABLE),
    ("submission", "form", "counts", "table_submission"),
    *((code, MOST.code, "10", "") for code in LISTS),
    ("below", LARGEST.code, "2", TABLE),
    *((code, MOST.code, "6", "") for code in LISTS),
    ("below", LARGEST.code, "1", TABLE),
    *((code, MOST.code, "3", "") for code in LISTS),
    # One list of a hundred units alone is longer than a page.
    ("below", LARGEST.code, "0", TABLE),
    ("ranking", "form", "ends", "table_projects"),
    ("single", "form", "ends", "table_indicators"),
    *((code, MOST.code, "1", "") for code in LISTS),
)


@dataclass
class _Step:
    """A step taken: which option of which section was what, and whether its attachment was printed."""

    row: Chosen
    option: str
    before: str | None
    after: str
    table: Chosen
    was_on: bool

    def take(self) -> None:
        self.row.options[self.option], self.table.on = self.after, True

    def undo(self) -> None:
        self.table.on = self.was_on
        if self.before is None:
            del self.row.options[self.option]
        else:
            self.row.options[self.option] = self.before


def fitted(choices: Choices, write: Callable[[Choices], dict]) -> None:
    """Lower options of a draft nobody has chosen anything of, until its text fits or there is nothing left to lower.

    `write` returns title, addressees, lead, chapters and attachments as they would be stored. The options lowered
    stand in the choices like chosen ones: the office sees them in the editor and may raise them again. An attachment
    that is not printed otherwise comes with what it holds. What turns out to have made no room, or more than was
    needed, is taken back, what is missed most first.
    """
    taken, lines = [], text_lines(write(choices))
    for step in _steps(choices):
        if lines <= ROOM:
            break
        step.take()
        shorter = text_lines(write(choices))
        if shorter < lines:
            lines = shorter
            taken.append(step)
        else:
            step.undo()
    _give_back(taken, lambda: text_lines(write(choices)) <= ROOM)


def _steps(choices: Choices) -> Iterator[_Step]:
    """Yield what may be lowered of a paper, each from what it is by then."""
    for code, option, value, attachment in STEPS:
        row, table = choices.chosen(code), choices.chosen(attachment)
        if row.on and (not attachment or table in choices.sections):
            yield _Step(row, option, row.options.get(option), value, table, table.on)


def _give_back(taken: list[_Step], fits: Callable[[], bool]) -> None:
    """Undo the steps the text fits without; the newest is what let it fit."""
    held = {(taken[-1].row.code, taken[-1].option)} if taken else set()
    for step in reversed(taken[:-1]):
        name = step.row.code, step.option
        if name in held:
            continue
        step.undo()
        if not fits():
            step.take()
            held.add(name)
