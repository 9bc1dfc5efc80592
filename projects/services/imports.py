"""Returns that come as files: read and shown first, then stored all or nothing."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction

from livelihood.access import is_city_office
from livelihood.collector import paused_collector
from livelihood.formats import format_moment
from livelihood.models import User
from livelihood.services import Refused, record_event
from projects import parts
from projects.excel.kept_readings import KeptReadings
from projects.excel.known import known_of
from projects.excel.led import not_the_reporter
from projects.excel.reader import ERROR, NOTE, Issue, ReadFigure, Reading, read_returns
from projects.models import Figure, ImportBatch, Participant, Programme, Report, ReportingPeriod
from projects.models.reports import Origin
from projects.services.figure_facts import Facts
from projects.services.figures import figure_errors, read_facts, record_reports
from projects.services.import_mappings import remembered
from projects.services.import_shares import Share, entry_of, shares_of
from projects.services.report_locks import is_whole, require_changeable
from projects.services.reports import receive_reports, reports_for

#: Where the files lie, by content: the same file is stored once.
FOLDER = "imports"
CHANGED_MEANWHILE = "核对之后有人改了数，没有导入。请重新核对后再导入。"
#: What the name of a file's kept cells ends with.
CELLS = ".cells.json.gz"


@dataclass
class Review:
    """What a set of files would change: the dry run that every commit begins with."""

    programme: Programme
    period: ReportingPeriod
    readings: list[Reading] = field(default_factory=list)
    #: Whose figures alone were asked for.
    participant: Participant | None = None
    #: What each report gets of each file, by the file's hash.
    shares: dict[str, list[Share]] = field(default_factory=dict)
    batches: dict[str, ImportBatch] = field(default_factory=dict)
    blockers: list[Issue] = field(default_factory=list)

    @property
    def is_by_agency(self) -> bool:
        """Tell whether lead agencies report for all participants."""
        return self.programme.reporting_by == Programme.ReportingBy.AGENCY

    @cached_property
    def refusal_of_units(self) -> str:
        """Return why a unit's own sheet is not taken where agencies report. One query."""
        return not_the_reporter(self.programme)

    @property
    def is_refused(self) -> bool:
        """Tell whether a file could not be taken at all; then no figure of any file counts."""
        return any(reading.refusal for reading in self.readings)

    @property
    def issues(self) -> list[Issue]:
        """Return the files' issues, then what concerns the commit only."""
        return [*(issue for reading in self.readings for issue in reading.issues), *self.blockers]

    @property
    def errors(self) -> list[Issue]:
        """Return what blocks the commit."""
        return [issue for issue in self.issues if issue.severity == ERROR]

    @property
    def changes(self) -> list[tuple[Reading, ReadFigure]]:
        """Return the rows that say something new."""
        return [(reading, figure) for reading in self.readings for figure in reading.figures if figure.is_changed]

    @property
    def part_changes(self) -> list[tuple[Reading, parts.PartCell]]:
        """Return the other parts' cells that say something new."""
        return [(reading, cell) for reading in self.readings for cell in reading.parts if cell.is_changed]

    @property
    def change_count(self) -> int:
        """Return how many cells say something new, over all parts."""
        return len(self.changes) + len(self.part_changes)

    @property
    def fingerprint(self) -> str:
        """Return a hash of the files, of what was read of them and of the stored figures it was compared with."""
        digest = hashlib.sha256()
        for reading in self.readings:
            digest.update(reading.sha256.encode())
            for figure in reading.figures:
                current = figure.line.current
                seen = [figure.line.indicator.pk, current.version if current else 0, figure.state, figure.value]
                digest.update(repr([*map(str, seen), figure.text, figure.remark]).encode())
            for cell in reading.parts:
                digest.update(repr([cell.part, cell.key, cell.version, cell.row, cell.is_changed]).encode())
        return digest.hexdigest()


class ImportRefused(Refused):
    """Nothing was stored; `issues` say why, one Chinese sentence each."""

    def __init__(self, issues: list[Issue]):
        super().__init__("\n".join(issue.sentence for issue in issues))
        self.issues = issues


@paused_collector()
def review_returns(
    *,
    files: list[tuple[Path, str]],
    programme: Programme,
    period: ReportingPeriod,
    participant: Participant | None = None,
    agencies: frozenset[int] | None = None,
    keep_cells: bool = False,
    shown_with: list[tuple[Path, str]] | None = None,
) -> Review:
    """Read the files (path, name) as returns of `period` and say what committing them would do.

    Writes nothing and does not ask who is reading. `agencies` (ids): where agencies report, those whose items are
    taken, None for all; the others are left out and said. `keep_cells`: the files are stored ones, and what was
    parsed of them stays beside them; `shown_with`: only shown and not committed, together
    with these; what they are all read as is kept while nothing it depends on changes. A closed period or a report
    already submitted is one error without cell per file; the figures are shown all the same.
    """
    corrections, known = remembered(programme, agencies), known_of(programme, period, participant, agencies)
    if len(files) > 1:
        # At once, where each file would read its own.
        known.lines.load()

    def read(wanted: list[tuple[Path, str]]) -> list[list[Reading]]:
        return [
            read_returns(
                path,
                file_name=name,
                programme=programme,
                period=period,
                participant=participant,
                corrections=corrections,
                kept=kept_cells(path) if keep_cells else None,
                known=known,
            )
            for path, name in wanted
        ]

    if shown_with is None:
        found = read(files)
    else:
        keeper = KeptReadings(known, period=period, participant=participant, said=corrections)
        cells = [kept_cells(path) for path, _name in shown_with]
        by_file = dict(zip(shown_with, keeper.of(shown_with, cells, partial(read, shown_with)), strict=True))
        found = [by_file[file] for file in files]
    readings = [reading for of_file in found for reading in of_file]
    review = Review(programme, period, readings, participant)
    taken = [reading for reading in readings if not reading.refusal]
    review.shares = shares_of(period, taken)
    batches = ImportBatch.objects.filter(
        programme=programme, period=period, sha256__in=[reading.sha256 for reading in taken]
    )
    review.batches = {batch.sha256: batch for batch in batches}
    _judge(review, taken)
    return review


def _judge(review: Review, taken: list[Reading]) -> None:
    """Say what the cells' own rules and the reports' states refuse."""
    facts = read_facts((one.participant.pk, figure.line) for one in taken for figure in one.figures)
    for share in (one for shares in review.shares.values() for one in shares):
        for reading, figures, _cells in share.rows:
            _add_cell_errors(reading, figures, share.report, facts)
        # What is said of the whole file is said once, also where it is of several participants.
        review.blockers += [issue for issue in _blockers(review, share) if issue not in review.blockers]
    review.blockers += _repeated(taken, is_by_agency=review.is_by_agency)


@paused_collector()
@transaction.atomic
def import_returns(*, review: Review, by: User) -> list[ImportBatch]:
    """Store the reviewed files in one transaction; with the city office they stand as submitted.

    Raises ImportRefused with everything that blocks it, Refused when somebody changed a figure meanwhile.
    A file that is stored already and says nothing new changes nothing; a file of several participants is one
    batch. The number of queries depends on the number of files and reports, not on that of rows.
    """
    if review.errors:
        raise ImportRefused(review.errors)
    filled: dict[int, Report] = {}
    batches = [_import_file(review, shares, by, filled) for shares in review.shares.values()]
    if is_city_office(by, review.programme.owner_id):
        _receive(filled, by)
    return [batch for batch in batches if batch is not None]


def _receive(filled: dict[int, Report], by: User) -> None:
    """Have the reports stand as submitted, but for those of which only money has come yet."""
    with_figures = Figure.objects.filter(report__in=filled, state__in=("reported", "text")).values("report")
    reports = Report.objects.filter(pk__in=with_figures).select_related("period__programme", "participant", "agency")
    receive_reports(reports=[report for report in reports if not is_whole(report)], by=by)


def _import_file(review: Review, shares: list[Share], by: User, filled: dict[int, Report]) -> ImportBatch | None:
    """Store one file's shares and note the reports that were filled, by id."""
    first = shares[0].first
    readings = [reading for reading in review.readings if reading.sha256 == first.sha256]
    stored = review.batches.get(first.sha256)
    changing = [share for share in shares if stored is None or not _stands(share)]
    if len(readings) > 1:
        changing = [share for share in changing if share.says_something]
    if not changing:
        return stored
    # The reports first: whether they are the person's to change is asked before anything is written.
    reporters = [(share.report.participant, share.report.agency) for share in changing]
    for share, report in zip(changing, reports_for(period=review.period, reporters=reporters, by=by), strict=True):
        share.report = report
    batch = stored or _new_batch(review, readings, by)
    _record_figures(changing, batch, by)
    for share in changing:
        _store_parts(share, batch, by)
        filled[share.report.pk] = share.report
    if stored is None:
        record_event(
            by=by,
            verb="import_return",
            target=batch,
            after={
                "file": first.file,
                "sha256": first.sha256,
                "participant": "、".join(reading.participant.code for reading in readings),
            }
            | batch.counts,
        )
    return batch


def _record_figures(shares: list[Share], batch: ImportBatch, by: User) -> None:
    """Store the figures of a file at once, whatever the number of its participants."""
    batches = [(share.report, share.entries) for share in shares]
    for outcome in record_reports(batches=batches, by=by, origin=Origin.EXCEL, import_batch=batch, partial=False):
        if outcome.refusal is not None:
            raise outcome.refusal
        if outcome.conflicts:
            raise Refused(CHANGED_MEANWHILE)


def _store_parts(share: Share, batch: ImportBatch, by: User) -> None:
    own = {part: [cell for cell in share.parts if cell.part == part.code] for part in parts.registered()}
    if not all(part.store_read(share.report, cells, by=by, import_batch=batch) for part, cells in own.items() if cells):
        raise Refused(CHANGED_MEANWHILE)


def _add_cell_errors(reading: Reading, figures: list[ReadFigure], report: Report, facts: Facts) -> None:
    """Put what the cells' own rules refuse on the reading (R4, R20), with the cell; no query."""
    entries = {(reading.participant.pk, figure.line.indicator.pk): figure for figure in figures}
    rows = [entry_of(reading, figure) for figure in figures]
    for key, sentence in figure_errors(report, rows, facts).items():
        figure = entries[key]
        words = f"“{figure.line.indicator.name}”：{sentence}"
        reading.issues.append(Issue(ERROR, "bad_value", words, reading.file, figure.sheet, figure.cell))


def _blockers(review: Review, share: Share) -> list[Issue]:
    """Return why the report takes nothing now; a note instead when the file stands in it already."""
    report, reading = share.report, share.first
    is_own = share.is_own_sheet or (review.is_by_agency and review.participant is not None)
    if is_own and not is_whole(report):
        return [Issue(ERROR, "not_the_reporter", review.refusal_of_units, reading.file)]
    batch = review.batches.get(reading.sha256)
    if batch is not None and _stands(share):
        words = f"这份文件已于{format_moment(batch.committed_at)}导入，没有变化。"
        return [Issue(NOTE, "already_imported", words, reading.file)]
    try:
        require_changeable(report)
    except Refused as refused:
        return [Issue(ERROR, "period_closed", str(refused), reading.file)]
    if not is_whole(report) and report.state not in Report.EDITABLE:
        words = f"{share.reporter}的月报“{report.get_state_display()}”，不能再导入；请先退回。"
        return [Issue(ERROR, f"report_{report.state}", words, reading.file)]
    return []


def _stands(share: Share) -> bool:
    """Tell whether the report counts, and the file that was stored before says nothing else than it."""
    is_counted = share.report.pk is not None and share.report.state in (*Report.COUNTED, Report.State.SIGNED)
    return is_counted and not share.has_errors and not share.is_changing


def _repeated(readings: list[Reading], *, is_by_agency: bool) -> list[Issue]:
    """Return where two files are of one participant; one of figures and one of another part are no repetition.

    Nor are sheets of different projects, as lead agencies send them.
    """
    seen: dict[int, list[Reading]] = {}
    issues = []
    for reading in readings:
        name = reading.participant.printed_name
        before = seen.setdefault(reading.participant.pk, [])
        if twice := next((one for one in before if _overlap(one, reading, is_by_agency=is_by_agency)), None):
            words = f"{name}的表已有一份（{twice.file}），一次只能导入一份。"
            issues.append(Issue(ERROR, "participant_twice", words, reading.file))
        before.append(reading)
    return issues


def _overlap(one: Reading, other: Reading, *, is_by_agency: bool) -> bool:
    if not is_by_agency:
        return bool(one.covered & other.covered)
    return bool(_cells_of(one) & _cells_of(other))


def _cells_of(reading: Reading) -> set:
    found = {figure.line.indicator.pk for figure in reading.figures}
    return found | {(cell.part, cell.key) for cell in reading.parts if cell.key is not None}


def _new_batch(review: Review, readings: list[Reading], by: User) -> ImportBatch:
    cells = [cell for reading in readings for cell in (*reading.figures, *reading.parts)]
    counts = {
        "rows": len(cells),
        "changed": sum(cell.is_changed for cell in cells),
        "warnings": sum(issue.severity == "warning" for reading in readings for issue in reading.issues),
    }
    reading = readings[0]
    batch = ImportBatch(
        sha256=reading.sha256,
        programme=review.programme,
        period=review.period,
        file_name=Path(reading.file).name[-200:],
        counts=counts,
        committed_by=by,
    )
    batch.file.name = store_file(reading.path, reading.sha256)
    batch.save(force_insert=True)
    return batch


def stored_name(sha256: str) -> str:
    """Return a file's name in the storage."""
    return f"{FOLDER}/{sha256[:2]}/{sha256}"


def kept_cells(path: Path) -> Path:
    """Return where the cells of a stored file are kept once it was parsed."""
    return path.with_name(f"{path.name}{CELLS}")


def store_file(path: Path, sha256: str) -> str:
    """Keep a file under its hash and return its name in the storage; one stored before is not stored again."""
    name = stored_name(sha256)
    if not default_storage.exists(name):
        with Path(path).open("rb") as source:
            default_storage.save(name, File(source))
    return name
