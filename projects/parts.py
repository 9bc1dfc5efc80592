"""Blocks of a report: figures (projects), funds (funding), and whatever comes later.

Entry, import, submission, hash and comparison loop over the registered parts and never name one.

What `lines` returns is one dict per section of the page (a project):
    code, seq, project, mark, note, rows — `code` names the section on the page, unlike any other part's; `mark` is
    returned, flagged, blank, done, no_task or text.
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
from typing import TYPE_CHECKING

from django.utils import timezone

from livelihood.formats import format_moment
from livelihood.models import User
from projects.cell_key import Key, key_text
from projects.models import Report

if TYPE_CHECKING:
    from livelihood.workbooks import Sheet
    from projects.excel.columns import ReturnSheet
    from projects.excel.part_tables import PartReader
    from projects.line_facts import LineFacts


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
    #: The same of other parts' cells, by the part's code.
    elsewhere: dict[str, list[str]] = field(default_factory=dict)
    #: Why the whole batch was refused; the page then shows again what was typed.
    refused: str = ""

    def named(self) -> set[str]:
        """Return the cells that were sent, whatever became of them."""
        return {*self.saved, *self.unchanged, *self.errors, *self.conflicts}

    def add(self, other: "SaveResult") -> None:
        """Take in what became of other cells of the same part."""
        self.saved += other.saved
        self.unchanged += other.unchanged
        self.related += other.related
        for code, keys in other.elsewhere.items():
            self.elsewhere[code] = [*self.elsewhere.get(code, ()), *keys]
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


@dataclass(frozen=True)
class Place:
    """Where a cell of a report stands: whose it is, what it is called, and how it is named in a row about it.

    `columns`: what tells a verdict, an objection or a file which cell it is about (projects/models/cells.py).
    """

    key: Key
    participant_id: int
    sub_project_id: int
    name: str
    columns: dict = field(compare=False)
    #: What an amount in a row about it is measured in, where that is not the indicator's unit.
    unit: str = ""

    def __str__(self):
        return self.name


@dataclass(frozen=True)
class Filling:
    """How full one participant's sub-project is in a part: cells with a task, and those filled."""

    participant_id: int
    sub_project_id: int
    tasks: int
    filled: int


@dataclass(frozen=True)
class PartCell:
    """One cell of a part that a sheet says something of, as every page and paper can show it.

    `key` None: nothing is stored of it (a plan, a line that does not exist); `place` and `label` say what it is, `old`
    and `new` what it says now and would say, `version` what is stored; `row` is its row of the command's document,
    `entry` what the part stores.
    """

    part: str
    place: str
    label: str
    row: dict = field(compare=False)
    key: Key | None = None
    old: str = ""
    new: str = ""
    is_changed: bool = False
    is_blank: bool = False
    version: int = 0
    sheet: str = ""
    cell: str = ""
    entry: object = field(default=None, compare=False)


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
    #: Shows what is known of one cell; gets the context of `panel`.
    panel_template: str
    #: What the part's own lines are called among the page's filters; "" where they need none.
    filter_label: str = ""
    #: What a person may choose for the page in its address: `report.options`.
    option_names: tuple[str, ...] = ()
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

    def reply_lines(
        self, report: Report, user: User, *, typed: dict, result: SaveResult, facts: "LineFacts | None" = None
    ) -> list[dict]:
        """Return `lines` for the reply to a save: whole sections, all that can be counted, but for shown cells alone.

        A row of a cell that `result` neither names nor calls related needs only key, task, states and is_confirmed.
        `facts`: what the lines of all parts look at, read once for the whole reply.
        """
        return self.lines(report, user, typed=typed, result=result)

    def sheet(self, report: Report, user: User, *, facts: str) -> "Sheet | None":
        """Return the part's lines, as the page filters them, as a sheet of the exported report; None without any."""
        return None

    def return_sheet(self, period, participant) -> "ReturnSheet | None":
        """Return the sheet that the template of a participant has for the part; None where it needs none.

        A constant number of queries.
        """
        return None

    def agency_sheet(self, period, agency, units) -> "ReturnSheet | None":
        """Return the same for a lead agency that reports for all units: what it leads, with a column of units.

        Its key is `participant`. A constant number of queries.
        """
        return None

    @abstractmethod
    def places(self, report: Report, keys: Iterable[Key]) -> dict[Key, Place]:
        """Return where the cells stand that are the report's; the others are absent. A few queries, or none."""

    @abstractmethod
    def homes(self, programme, keys: Iterable[Key]) -> dict[Key, tuple[int, int]]:
        """Return (participant id, sub-project id) of cells of the programme, whatever the report. One query."""

    @abstractmethod
    def versions(self, reports: Iterable[int]) -> Iterable[tuple[int, Key, int]]:
        """Yield (report id, key, version) of the cells of the reports (ids) that have been filled. One query."""

    @abstractmethod
    def flagged(self, reports: Iterable[int]) -> Iterable[tuple[int, Key, bool]]:
        """Yield (report id, key, is everything explained) of the cells something is odd about. One query."""

    def blanks(self, reports: Iterable[Report]) -> Iterable[tuple[int, Key]]:
        """Yield (report id, key) of the cells with a task and neither a number, a text nor a remark.

        The reports are of one period; as many queries as for one.
        """
        return []

    @abstractmethod
    def filling(self, period, *, counted: Iterable[str], participant_id: int | None = None) -> Iterable[Filling]:
        """Yield how full the sub-projects are, of one participant or all. `counted`: states of reports that count."""

    @abstractmethod
    def saved_at(self, reports: Iterable[int]) -> dict[tuple[int, int], datetime]:
        """Return when something in the reports (ids) was last saved: (participant id, sub-project id) → moment.

        One query.
        """

    @abstractmethod
    def saves(self, period, user: User, since: datetime) -> Iterable[tuple[int, str, str, int, datetime]]:
        """Yield (report id, unit, person, cells, moment) of what others saved and the user may see. One query."""

    @abstractmethod
    def holds(self, report: Report, sub_projects: Iterable[int]) -> bool:
        """Tell whether anything at all is filled in the sub-projects (ids). One query."""

    @abstractmethod
    def panel(self, report: Report, user: User, key: Key) -> dict | None:
        """Return what is known of one cell, for `panel_template`; None when it is not on the user's page."""

    def presence(self) -> str:
        """Return SQL for the array of sub-projects (ids) the part may have cells of, of a row of `report`.

        Read with a report that is held (projects/services/held.py), so that elsewhere nothing is asked of the part.
        Nothing where the part does not tell.
        """
        return ""

    def follow_figures(self, reports: Iterable[Report], places: Iterable[tuple[int, int]]) -> dict[int, list[Key]]:
        """Bring up to date what the part says of its own cells by how far the works are, after figures changed.

        `reports` are of one period, `places` the (participant id, sub-project id) whose figures were just stored.
        Returns participant id → keys of the part's cells whose notes changed. Runs in the transaction of the save; a
        constant number of queries.
        """
        return {}

    def value_of(self, report: Report, key: Key):
        """Return (value, version) of a cell as stored: (None, 0) for a blank one. One query."""
        return None, 0

    def objection_value(self, report: Report, key: Key, text: str):
        """Read the figure a lead agency holds for a cell, None where it takes none. Raises Refused for what is none."""
        return

    def led_items(self, period, led: set[int], found: list) -> list[dict]:
        """Return the part's lines of what a lead agency leads, as projects/opinions.py makes them."""
        return []

    def review_rows(self, page) -> list[dict]:
        """Return the part's lines for the page of one report under review, as projects/review_page.py makes them."""
        return []

    @abstractmethod
    def save(self, report: Report, cells: dict, *, by: User, origin: str) -> SaveResult:
        """Store typed cells (key → raw text and base version). One transaction, audited."""

    #: What the part's rows are called in the document of a read return; "" where none are read.
    document_key: str = ""

    def import_reader(self, period, *, file: str) -> "PartReader | None":
        """Return what reads the part's columns in one file of returns of the period; None for a part without any.

        No query before such columns are met.
        """
        return None

    def store_read(self, report: Report, cells: Iterable[PartCell], *, by: User, import_batch) -> bool:
        """Store what a sheet says, in the caller's transaction; a constant number of statements.

        Returns False when somebody changed one of the cells meanwhile. Raises Refused.
        """
        return True

    @abstractmethod
    def carry(self, report: Report, *, by: User, keys: set[str] | None = None, section: str | None = None):
        """沿用: confirm last period's values in the user's cells that are still blank; return a SaveResult.

        `keys` or a `section` (its code) limit it. Never overwrites anything.
        """

    @abstractmethod
    def check(self, report: Report) -> list[str]:
        """Return Chinese sentences saying what still stands between the report and signing."""

    def check_many(self, reports: Iterable[Report]) -> dict[int, list[str]]:
        """Return the sentences of several reports of one period, by id; as many queries as for one."""
        return {report.pk: self.check(report) for report in reports}

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


def conflict_with(theirs: str, *, by: str, at: datetime) -> Conflict:
    """Say what somebody else stored meanwhile (`theirs`, "" for nothing), and how to go on."""
    is_today = timezone.localdate(at) == timezone.localdate()
    moment = f"{timezone.localtime(at):%H:%M}" if is_today else format_moment(at)
    shown = theirs or "空"
    return Conflict(
        value=theirs,
        by=by,
        at=moment,
        sentence=f"{by} {moment} 已把这一格存为 {shown}，您填的没有存。用对方的：改成 {shown}；用您的：再按一次保存。",
    )


_parts: dict[str, ReportPart] = {}


def register(part: ReportPart) -> None:
    """Offer a block; a second registration of the same code replaces the first."""
    _parts[part.code] = part


def part_of(key: Key | str) -> ReportPart:
    """Return the part a cell belongs to. Raises KeyError when none knows such a key."""
    text = key if isinstance(key, str) else key_text(key)
    for part in registered():
        if part.key_pattern.fullmatch(text):
            return part
    raise KeyError(text)


def places(report: Report, keys: Iterable[Key]) -> dict[Key, Place]:
    """Return where the cells of the report stand, over all parts; absent are those of no part or another report."""
    keys, found = list(keys), {}
    for part in registered():
        own = [key for key in keys if part.key_pattern.fullmatch(key_text(key))]
        if own:
            found |= part.places(report, own)
    return found


def registered() -> list[ReportPart]:
    """Return the blocks in the order they stand on the page."""
    return sorted(_parts.values(), key=lambda part: part.order)
