"""What the lines of one report look at beside their own rows, whatever the part: read once, when first asked for."""

from functools import cached_property

from projects.cell_notes import CellNotes, Key, cell_notes
from projects.models import Report, ReportingPeriod
from projects.save_sql import BESIDE
from projects.signature_words import Signatures


def periods_before(period: ReportingPeriod) -> list[ReportingPeriod]:
    """Return the programme's earlier periods of the same kind, newest first. One query."""
    return list(
        ReportingPeriod.objects.filter(
            programme=period.programme_id, kind=period.kind, ends_on__lt=period.ends_on
        ).order_by("-ends_on")
    )


class LineFacts:
    """Facts of one report that every part's lines ask for; the parts of one reply share them.

    They are those of the moment they are first asked for: made anew after anything was stored.
    """

    def __init__(self, report: Report):
        self.report = report

    @cached_property
    def before(self) -> list[ReportingPeriod]:
        """The earlier periods, newest first. One query."""
        return periods_before(self.report.period)

    @property
    def last_id(self) -> int | None:
        """The period before, by id."""
        return self._existing.last_id

    @property
    def issued_id(self) -> int | None:
        """The last issued period before, whose averages everybody has seen, by id."""
        return self._existing.issued_id

    @cached_property
    def notes(self) -> dict[Key, CellNotes]:
        """What others said of the cells, over all parts. Two queries and one per part, where there is anything."""
        return cell_notes(self.report) if self._existing.notes else {}

    @property
    def has_evidence(self) -> bool:
        """Whether there is any file beside a cell."""
        return self._existing.evidence

    @cached_property
    def signatures(self) -> Signatures:
        """Who fills what, and who has signed. One query; one more, and one per part, where a bureau signed."""
        return Signatures(self.report, any_signed=self._existing.signatures)

    @cached_property
    def _existing(self):
        period = self.report.period
        [existing] = BESIDE.named_rows(
            report=self.report.pk, programme=period.programme_id, kind=period.kind, ends_on=period.ends_on
        )
        return existing
