"""What a paper consists of: plain dataclasses, stored as JSON, hashed and rendered from there.

Every sentence keeps the frozen rows behind it, and behind each of its figures. Nothing is read again when a paper is
rendered: the same content gives the same paper for ever (R18).
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from livelihood.formats import chinese_numeral
from projects.models import Project, ReportingPeriod
from supervision.documents.sentences import whole_name
from supervision.fund_standings import FundStandings, snapshot_fund_standings
from supervision.models import Document, DocumentSeries, Snapshot
from supervision.standings import Standings, snapshot_standings


@dataclass
class Part:
    """A piece of a sentence. `behind` names the frozen row of a figure, `column` what of the row is printed.

    behind: line:<SnapshotLine>, fund:<SnapshotFundRate>, overall:<unit>, project:<seq>:<unit>, average:<Indicator>,
    finding:<InspectionFinding>, letter:<SupervisionLetter>, document:<Document>, or a page that lists what is counted:
    ranking, provincial, catalogue, milestones, returns, inspections,
    letters; "" for words. `name`: the unit whose figure it is.
    """

    text: str
    behind: str = ""
    column: str = ""
    name: str = ""

    def as_json(self) -> dict:
        """Return the part as it is stored: what is empty is left out."""
        return {key: value for key, value in vars(self).items() if value}


@dataclass
class Sentence:
    """Words, and what they rest on: snapshot lines, and frozen rates of money.

    `code` names the sentence in its paper, the same in the next version. `original` is what it was before somebody
    changed it, "" where nobody has; `doubts` are the figures that then differed and were confirmed.
    """

    text: str
    lines: list[int] = field(default_factory=list)
    funds: list[int] = field(default_factory=list)
    code: str = ""
    original: str = ""
    doubts: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def as_json(self) -> dict:
        """Return the sentence as it is stored; without linked figures it is one part of words."""
        return vars(self) | {"parts": [part.as_json() for part in self.parts or [Part(self.text)]]}


def linked(text: str, figures: Iterable[Part], *, code: str = "", lines=(), funds=()) -> Sentence:
    """Return the sentence with its figures linked: each stands in the text behind the one before it.

    A figure with a name stands right behind that name. Raises ValueError for a figure that is not there: then the
    words and what they rest on have come apart.
    """
    parts, at = [], 0
    for figure in figures:
        before = figure.name if f"{figure.name}{figure.text}" in text[at:] else ""
        start = text.index(f"{before}{figure.text}", at) + len(before)
        if start > at:
            parts.append(Part(text[at:start]))
        parts.append(figure)
        at = start + len(figure.text)
    if at < len(text):
        parts.append(Part(text[at:]))
    return Sentence(text, list(lines), list(funds), code, parts=parts)


#: A figure in a text: 9月18日, 60.00%, 1,234.5, or a place of R8.
FIGURE = re.compile(r"第[零一二三四五六七八九十百千]+名|[0-9]+月[0-9]+日|[0-9][0-9,]*(?:\.[0-9]+)?%?")


def figures_of(text: str, behind: str, column: str = "") -> list[Part]:
    """Return every figure of a text that rests on one row, in order."""
    return [Part(found, behind, column) for found in FIGURE.findall(text)]


@dataclass
class Paragraph:
    """Sentences behind an optional label of the second level, （一）…, set in 楷体."""

    sentences: list[Sentence]
    label: str = ""

    def as_json(self) -> dict:
        """Return the paragraph as it is stored."""
        return {"sentences": [sentence.as_json() for sentence in self.sentences], "label": self.label}


def marked(paragraphs: Iterable[dict]) -> list[tuple[str, dict]]:
    """Return stored paragraphs, each with the mark before its label: （一）, （二）…; one alone has none, nor has one
    without a label.
    """
    paragraphs = list(paragraphs)
    number = sum(bool(row.get("label")) for row in paragraphs)
    marks = iter(f"（{chinese_numeral(nth)}）" if number > 1 else "" for nth in range(1, number + 1))
    return [(next(marks) if row.get("label") else "", row) for row in paragraphs]


@dataclass
class Chapter:
    """A chapter of the first level; its number is given by its place, `code` names its section."""

    heading: str
    paragraphs: list[Paragraph]
    code: str = ""

    def as_json(self) -> dict:
        """Return the chapter as it is stored."""
        return vars(self) | {"paragraphs": [paragraph.as_json() for paragraph in self.paragraphs]}


@dataclass
class Column:
    """A column of an attachment: head, width in millimetres, and the side it is aligned to."""

    label: str
    width: int
    align: str = "center"


@dataclass
class Table:
    """An attachment: a table under a title, on sheets of its own. `behind`: of each cell the row, as in `Part`."""

    title: str
    columns: list[Column]
    rows: list[list[str]]
    note: str = ""
    is_landscape: bool = True
    behind: list[list[str]] = field(default_factory=list)
    code: str = ""


@dataclass
class Paper:
    """公文: all that is printed, in order. Number and date are empty until it is issued.

    `layout`: head (文件) or letter (信函). `annotation` stands in brackets below the date, `cc` (抄送) in place of 送
    and 发. `choices`: what its office chose of it, see `documents/sections.py`.
    """

    title: str
    masthead: str
    issuer: str
    addressees: str
    lead: Sentence
    chapters: list[Chapter]
    attachments: list[Table]
    sent_to: str
    distributed_to: str
    is_demo: bool
    snapshot: dict
    number: str = ""
    issued_on: str = ""
    layout: str = "head"
    annotation: str = ""
    cc: str = ""
    choices: dict = field(default_factory=dict)

    def as_json(self) -> dict:
        """Return the content as it is stored."""
        return vars(self) | {
            "lead": self.lead.as_json(),
            "chapters": [chapter.as_json() for chapter in self.chapters],
            "attachments": [asdict(table) for table in self.attachments],
        }


#: 通报 and 更正 are papers like any other.
Bulletin = Paper


def content_sha256(content: dict) -> str:
    """SHA-256 of the content in canonical JSON: keys sorted, no spaces."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Source:
    """What the chapters are written from: standings and money of the snapshot, and the ids of their frozen rows.

    `project`: the only one a 单项 paper speaks of; `corrects`: the paper a 更正 puts right; `attached`: the codes of
    the attachments the paper will have.
    """

    snapshot: Snapshot
    standings: Standings
    funds: FundStandings
    line_ids: dict[tuple[int, int], int]
    rate_ids: dict[tuple[str, str, int], int]
    project: Project | None = None
    corrects: Document | None = None
    attached: frozenset[str] = frozenset()

    @classmethod
    def of(cls, snapshot: Snapshot, *, project: int | None = None, corrects: Document | None = None) -> "Source":
        """Read a snapshot; a constant number of queries."""
        rows = snapshot.lines.values_list("indicator_id", "participant_id", "id")
        rates = snapshot.fund_rates.filter(project_id__isnull=True)
        return cls(
            snapshot,
            snapshot_standings(snapshot),
            snapshot_fund_standings(snapshot),
            {(one, other): pk for one, other, pk in rows.iterator()},
            {(row.fund_kind, row.measure, row.participant_id): row.pk for row in rates},
            None if project is None else snapshot.period.programme.projects.get(seq=project),
            corrects,
        )

    @property
    def period(self) -> ReportingPeriod:
        return self.standings.period

    @property
    def indicators(self) -> list[int]:
        """Return the indicators the paper speaks of, in printed order."""
        return [
            pk
            for pk, indicator in self.standings.indicators.items()
            if self.project is None or indicator.sub_project.project_id == self.project.pk
        ]

    def figure(self, text: str, row: dict, column: str) -> Part:
        """Return a printed figure of a standings row; a unit's stands behind the unit's name."""
        name = "" if row["participant_kind"] == "whole" else self.name(row["participant_id"])
        return Part(text, self.behind(row), column, name)

    def behind(self, row: dict) -> str:
        """Return how a part or cell names the frozen line of a standings row."""
        return f"line:{self.line_ids[row['indicator_id'], row['participant_id']]}"

    def behind_fund(self, row: dict) -> str:
        """Return how a part or cell names the frozen rate of money of all projects together."""
        return f"fund:{self.rate_ids[row['fund_kind'], row['measure'], row['participant_id']]}"

    def ids(self, rows) -> list[int]:
        """Return the snapshot line ids of standings rows."""
        return [self.line_ids[row["indicator_id"], row["participant_id"]] for row in rows]

    def fund_ids(self, rows) -> list[int]:
        """Return the ids of the frozen rates of money behind rows of all projects together."""
        return [self.rate_ids[row["fund_kind"], row["measure"], row["participant_id"]] for row in rows]

    def name(self, participant_id: int) -> str:
        """Return a participant's printed name."""
        return self.standings.participants[participant_id].printed_name

    def whole_name(self) -> str:
        """Return 全市, or how the whole is called in print."""
        return whole_name(self.standings)


def span(period: ReportingPeriod, *, with_year: bool = True) -> str:
    """2020年1—8月份, or the days of a week."""
    label = period.label if with_year else period.label.split("年", 1)[1]
    return f"{label}份" if period.kind == ReportingPeriod.Kind.MONTH else label


def issuer_name(series: DocumentSeries) -> str:
    """The name that stands above and below a paper: 市民生办 of 阜阳市 → 阜阳市民生办.

    An office within an agency (民生办 of 市财政局) numbers its papers by its own word and signs them itself.
    """
    name = series.agency.name
    if series.word.endswith("办") and not name.endswith((series.word, "办公室")):
        name = series.word
    return name_in_region(series.agency.region.name, name)


def name_in_region(region: str, name: str) -> str:
    """Put the region before an office's name: 阜阳市 and 市民生办 → 阜阳市民生办."""
    if name.startswith(region):
        return name
    return f"{region[:-1] if name.startswith(region[-1]) else region}{name}"


def paper_quotes(text: str) -> str:
    """Turn straight quotes, as workbooks have them, into those of print."""
    return re.sub(r'"([^"]*)"', r"“\1”", text)
