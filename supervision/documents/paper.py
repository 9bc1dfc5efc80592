"""What a paper consists of: plain dataclasses, stored as JSON, hashed and rendered from there.

Every sentence keeps the ids of the snapshot lines behind it. Nothing is read again when a paper is rendered:
the same content gives the same paper for ever (R18).
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field

from projects.models import ReportingPeriod
from supervision.documents.sentences import whole_name
from supervision.fund_standings import FundStandings, snapshot_fund_standings
from supervision.models import DocumentSeries, Snapshot
from supervision.standings import Standings, snapshot_standings

DEMO_MARK = "演示数据"


@dataclass
class Sentence:
    """Words, and what they rest on: snapshot lines, and frozen rates of money."""

    text: str
    lines: list[int] = field(default_factory=list)
    funds: list[int] = field(default_factory=list)


@dataclass
class Paragraph:
    """Sentences behind an optional label of the second level, （一）…, set in 楷体."""

    sentences: list[Sentence]
    label: str = ""


@dataclass
class Chapter:
    """A chapter of the first level; its number is given by its place."""

    heading: str
    paragraphs: list[Paragraph]


@dataclass
class Column:
    """A column of an attachment: head, width in millimetres, and the side it is aligned to."""

    label: str
    width: int
    align: str = "center"


@dataclass
class Table:
    """An attachment: a table under a title, on sheets of its own."""

    title: str
    columns: list[Column]
    rows: list[list[str]]
    note: str = ""
    is_landscape: bool = True


@dataclass
class Bulletin:
    """通报: all that is printed, in order. Number and date are empty until it is issued."""

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

    def as_json(self) -> dict:
        """Return the content as it is stored."""
        return asdict(self)


def content_sha256(content: dict) -> str:
    """SHA-256 of the content in canonical JSON: keys sorted, no spaces."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Source:
    """What the chapters are written from: standings and money of the snapshot, and the ids of their frozen rows."""

    snapshot: Snapshot
    standings: Standings
    funds: FundStandings
    line_ids: dict[tuple[int, int], int]
    rate_ids: dict[tuple[str, str, int], int]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Source":
        """Read a snapshot; a constant number of queries."""
        rows = snapshot.lines.values_list("indicator_id", "participant_id", "id")
        rates = snapshot.fund_rates.filter(project_id__isnull=True)
        return cls(
            snapshot,
            snapshot_standings(snapshot),
            snapshot_fund_standings(snapshot),
            {(one, other): pk for one, other, pk in rows.iterator()},
            {(row.fund_kind, row.measure, row.participant_id): row.pk for row in rates},
        )

    @property
    def period(self) -> ReportingPeriod:
        return self.standings.period

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
