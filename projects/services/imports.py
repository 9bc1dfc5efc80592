"""Returns that come as files: read and shown first, then stored all or nothing."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction

from livelihood.access import is_city_office
from livelihood.formats import format_moment
from livelihood.models import User
from livelihood.services import Refused, record_event
from projects.excel.reader import ERROR, NOTE, Issue, ReadFigure, Reading, read_returns
from projects.models import Figure, ImportBatch, Participant, Programme, Report, ReportingPeriod
from projects.models.reports import Origin
from projects.services.figures import FigureEntry, figure_errors, known_facts, record_figures
from projects.services.reports import is_whole, receive_report, report_for, require_changeable

#: Where the files lie, by content: the same file is stored once.
FOLDER = "imports"


@dataclass
class Review:
    """What a set of files would change: the dry run that every commit begins with."""

    programme: Programme
    period: ReportingPeriod
    readings: list[Reading] = field(default_factory=list)
    reports: dict[int, Report] = field(default_factory=dict)
    batches: dict[str, ImportBatch] = field(default_factory=dict)
    blockers: list[Issue] = field(default_factory=list)

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
    def fingerprint(self) -> str:
        """Return a hash of the files and of the stored figures they were compared with."""
        digest = hashlib.sha256()
        for reading in self.readings:
            digest.update(reading.sha256.encode())
            for figure in reading.figures:
                current = figure.line.current
                digest.update(f"{figure.line.indicator.pk}:{current.version if current else 0};".encode())
        return digest.hexdigest()


class ImportRefused(Refused):
    """Nothing was stored; `issues` say why, one Chinese sentence each."""

    def __init__(self, issues: list[Issue]):
        super().__init__("\n".join(issue.sentence for issue in issues))
        self.issues = issues


def review_returns(
    *,
    files: list[tuple[Path, str]],
    programme: Programme,
    period: ReportingPeriod,
    participant: Participant | None = None,
) -> Review:
    """Read the files (path, name) as returns of `period` and say what committing them would do.

    Writes nothing and does not ask who is reading. A closed period or a report already submitted is one
    error without cell per file; the figures are shown all the same.
    """
    readings = [
        reading
        for path, name in files
        for reading in read_returns(path, file_name=name, programme=programme, period=period, participant=participant)
    ]
    review = Review(programme, period, readings)
    taken = [reading for reading in readings if not reading.refusal]
    review.reports = {
        report.participant_id: report
        for report in Report.objects.select_related("period__programme", "participant").filter(
            period=period, participant__in=[reading.participant for reading in taken]
        )
    }
    batches = ImportBatch.objects.filter(
        programme=programme, period=period, sha256__in=[reading.sha256 for reading in taken]
    )
    review.batches = {batch.sha256: batch for batch in batches}
    for reading in taken:
        report = review.reports.get(reading.participant.pk) or Report(period=period, participant=reading.participant)
        _add_cell_errors(reading, report)
        # What is said of the whole file is said once, also where it is of several participants.
        review.blockers += [issue for issue in _blockers(review, reading, report) if issue not in review.blockers]
    review.blockers += _repeated(taken)
    return review


@transaction.atomic
def import_returns(*, review: Review, by: User) -> list[ImportBatch]:
    """Store the reviewed files in one transaction; with the city office they stand as submitted.

    Raises ImportRefused with everything that blocks it, Refused when somebody changed a figure meanwhile.
    A file that is stored already and says nothing new changes nothing; a file of several participants is one
    batch. The number of queries depends on the number of files and participants, not on that of rows.
    """
    if review.errors:
        raise ImportRefused(review.errors)
    by_file: dict[str, list[Reading]] = {}
    for reading in review.readings:
        by_file.setdefault(reading.sha256, []).append(reading)
    batches = [_import_file(review, readings, by) for readings in by_file.values()]
    return [batch for batch in batches if batch is not None]


def _import_file(review: Review, readings: list[Reading], by: User) -> ImportBatch | None:
    stored = review.batches.get(readings[0].sha256)
    changing = [reading for reading in readings if stored is None or not _stands(review, reading)]
    if len(readings) > 1:
        # A row of a city's sheet that was left blank is no return of that unit.
        changing = [reading for reading in changing if _says_something(reading)]
    if not changing:
        return stored
    # The reports first: whether they are the person's to change is asked before anything is written.
    reports = [report_for(period=review.period, participant=reading.participant, by=by) for reading in changing]
    batch = stored or _new_batch(review, readings, by)
    for reading, report in zip(changing, reports, strict=True):
        _import_reading(review, reading, report, batch, by)
    if stored is None:
        record_event(
            by=by,
            verb="import_return",
            target=batch,
            after={
                "file": readings[0].file,
                "sha256": readings[0].sha256,
                "participant": "、".join(reading.participant.code for reading in readings),
            }
            | batch.counts,
        )
    return batch


def _says_something(reading: Reading) -> bool:
    return any(figure.state in ("reported", "text") or figure.is_changed for figure in reading.figures)


def _import_reading(review: Review, reading: Reading, report: Report, batch: ImportBatch, by: User) -> None:
    outcome = record_figures(
        report=report,
        entries=[_entry(reading, figure) for figure in reading.figures if figure.is_changed or figure.claims_no_task],
        by=by,
        origin=Origin.EXCEL,
        import_batch=batch,
    )
    if outcome.conflicts:
        raise Refused("核对之后有人改了数，没有导入。请重新核对后再导入。")
    if is_city_office(by, review.programme.owner_id) and not is_whole(report):
        receive_report(report=report, by=by)


def _entry(reading: Reading, figure: ReadFigure) -> FigureEntry:
    current = figure.line.current
    return FigureEntry(
        participant_id=reading.participant.pk,
        indicator_id=figure.line.indicator.pk,
        # The claim travels as it was made: it is stored as a blank with a flag (R4).
        state=Figure.State.NO_TASK if figure.claims_no_task else figure.state,
        value=figure.value,
        text=figure.text,
        remark=figure.remark,
        sheet=figure.sheet,
        cell=figure.cell,
        base_version=current.version if current else 0,
    )


def _add_cell_errors(reading: Reading, report: Report) -> None:
    """Put what the cells' own rules refuse on the reading (R4, R20), with the cell; three queries."""
    entries = {(reading.participant.pk, figure.line.indicator.pk): figure for figure in reading.figures}
    rows = [_entry(reading, figure) for figure in reading.figures]
    for key, sentence in figure_errors(report, rows, known_facts(report, rows)).items():
        figure = entries[key]
        words = f"“{figure.line.indicator.name}”：{sentence}"
        reading.issues.append(Issue(ERROR, "bad_value", words, reading.file, figure.sheet, figure.cell))


def _blockers(review: Review, reading: Reading, report: Report) -> list[Issue]:
    """Return why the report takes nothing now; a note instead when the file stands in it already."""
    batch = review.batches.get(reading.sha256)
    if batch is not None and _stands(review, reading):
        words = f"这份文件已于{format_moment(batch.committed_at)}导入，没有变化。"
        return [Issue(NOTE, "already_imported", words, reading.file)]
    if review.programme.reporting_by == Programme.ReportingBy.AGENCY and not is_whole(report):
        words = f"“{review.programme.name}”由牵头部门报送，考核单位的表不能导入。"
        return [Issue(ERROR, "not_the_reporter", words, reading.file)]
    try:
        require_changeable(report)
    except Refused as refused:
        return [Issue(ERROR, "period_closed", str(refused), reading.file)]
    if not is_whole(report) and report.state not in Report.EDITABLE:
        words = f"{reading.participant.printed_name}的月报“{report.get_state_display()}”，不能再导入；请先退回。"
        return [Issue(ERROR, f"report_{report.state}", words, reading.file)]
    return []


def _stands(review: Review, reading: Reading) -> bool:
    """Tell whether the file was stored before, its report still counts, and it says nothing else than the report."""
    report = review.reports.get(reading.participant.pk)
    is_counted = report is not None and report.state in (*Report.COUNTED, Report.State.SIGNED)
    return is_counted and not reading.errors and not any(figure.is_changed for figure in reading.figures)


def _repeated(readings: list[Reading]) -> list[Issue]:
    seen: dict[int, str] = {}
    issues = []
    for reading in readings:
        name = reading.participant.printed_name
        if reading.participant.pk in seen:
            words = f"{name}的表已有一份（{seen[reading.participant.pk]}），一次只能导入一份。"
            issues.append(Issue(ERROR, "participant_twice", words, reading.file))
        seen.setdefault(reading.participant.pk, reading.file)
    return issues


def _new_batch(review: Review, readings: list[Reading], by: User) -> ImportBatch:
    figures = [figure for reading in readings for figure in reading.figures]
    counts = {
        "rows": len(figures),
        "changed": sum(figure.is_changed for figure in figures),
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


def store_file(path: Path, sha256: str) -> str:
    """Keep a file under its hash and return its name in the storage; one stored before is not stored again."""
    name = stored_name(sha256)
    if not default_storage.exists(name):
        with Path(path).open("rb") as source:
            default_storage.save(name, File(source))
    return name
