"""What others have said of the cells of a report: returned, passed, objected to. Read by entry and review pages."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from projects import parts
from projects.cell_key import Key as Key
from projects.cell_key import key_text
from projects.models import CellReview, LeadObjection, Report


@dataclass
class CellNotes:
    """The verdicts and objections of one cell.

    `version`: of the number now, 0 for none; `review`: the last verdict; `objections`: those not settled yet.
    """

    version: int = 0
    review: CellReview | None = None
    objections: list[LeadObjection] = field(default_factory=list)

    @property
    def is_returned(self) -> bool:
        """Tell whether the cell was returned last, answered or not."""
        return self.review is not None and self.review.verdict == CellReview.Verdict.RETURNED

    @property
    def is_open(self) -> bool:
        """Tell whether a returned cell still waits: neither changed since nor answered."""
        return self.is_returned and not self.review.answer and self.review.figure_version == self.version

    @property
    def is_passed(self) -> bool:
        """Tell whether the reviewer passed the cell as it stands now."""
        review = self.review
        return (
            review is not None and review.verdict == CellReview.Verdict.PASSED and review.figure_version == self.version
        )


def cell_notes(report: Report) -> dict[Key, CellNotes]:
    """Return the notes of the report's cells by key, over all parts; cells without any are absent.

    Two queries, and one per part where there are notes.
    """
    return notes_of([report]).get(report.pk, {})


def notes_of(reports: Iterable[Report]) -> dict[int, dict[Key, CellNotes]]:
    """Return the notes of several reports' cells by report id; as many queries as for one."""
    ids = [report.pk for report in reports]
    notes: dict[int, dict[Key, CellNotes]] = defaultdict(lambda: defaultdict(CellNotes))
    reviews = CellReview.objects.filter(report__in=ids).select_related("decided_by", "answered_by").order_by("nth")
    for review in reviews:
        notes[review.report_id][review.key].review = review
    objections = LeadObjection.objects.filter(report__in=ids, settled_at__isnull=True)
    for objection in objections.select_related("agency", "raised_by", "indicator").order_by("id"):
        notes[objection.report_id][objection.key].objections.append(objection)
    if notes:
        for part in parts.registered():
            for report, key, version in part.versions(list(notes)):
                if key in notes[report]:
                    notes[report][key].version = version
    return {report: dict(cells) for report, cells in notes.items()}


def open_returns(report: Report, part: parts.ReportPart | None = None) -> list[Key]:
    """Return the cells that were returned and are neither changed nor answered; they block a signature.

    With `part` only those of that part.
    """
    return open_returns_of([report], part).get(report.pk, [])


def open_returns_of(reports: Iterable[Report], part: parts.ReportPart | None = None) -> dict[int, list[Key]]:
    """Return the same of several reports, by id; as many queries as for one."""
    waiting = {pk: [key for key, note in cells.items() if note.is_open] for pk, cells in notes_of(reports).items()}
    return {
        pk: [key for key in keys if part is None or part.key_pattern.fullmatch(key_text(key))]
        for pk, keys in waiting.items()
    }
