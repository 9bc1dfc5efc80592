"""Which report what was read of a file goes to: its participant's, or where lead agencies report theirs."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from projects import parts
from projects.excel.readings import ReadFigure, Reading
from projects.models import Figure, Participant, Programme, Report, ReportingPeriod, SubProject
from projects.services.figures import FigureEntry

#: What a report is of: (is it an agency's, id of the participant or agency).
Reporter = tuple[bool, int]


@dataclass
class Share:
    """What one report gets of one file; `report` is unsaved where nobody has begun it.

    `rows`: the readings with those of their figures and other cells that are the report's.
    """

    report: Report
    rows: list[tuple[Reading, list[ReadFigure], list[parts.PartCell]]] = field(default_factory=list)

    @property
    def first(self) -> Reading:
        """Return the first of its readings, which stands for the file."""
        return self.rows[0][0]

    @property
    def reporter(self) -> str:
        """Return the name of who reports it."""
        report = self.report
        return report.participant.printed_name if report.participant is not None else str(report.agency)

    @property
    def is_own_sheet(self) -> bool:
        """Tell whether it is a unit's own sheet, where lead agencies report."""
        return any(reading.is_own for reading, _figures, _cells in self.rows)

    @property
    def has_errors(self) -> bool:
        """Tell whether a reading of it has errors."""
        return any(reading.errors for reading, _figures, _cells in self.rows)

    @property
    def is_changing(self) -> bool:
        """Tell whether it says anything else than what is stored."""
        return any(one.is_changed for _reading, figures, cells in self.rows for one in (*figures, *cells))

    @property
    def says_something(self) -> bool:
        """Tell whether anything was filled in: a blank row of a city's sheet is no return of that unit."""
        return self.is_changing or any(
            any(figure.state in ("reported", "text") for figure in figures)
            or any(cell.key is not None and not cell.is_blank for cell in cells)
            for _reading, figures, cells in self.rows
        )

    @property
    def entries(self) -> list[FigureEntry]:
        """Return the figures to be stored."""
        return [
            entry_of(reading, figure)
            for reading, figures, _cells in self.rows
            for figure in figures
            if figure.is_changed or figure.claims_no_task
        ]

    @property
    def parts(self) -> list[parts.PartCell]:
        """Return the other parts' cells."""
        return [cell for _reading, _figures, cells in self.rows for cell in cells]


def entry_of(reading: Reading, figure: ReadFigure) -> FigureEntry:
    """Return a figure that was read as one to be stored."""
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


def shares_of(period: ReportingPeriod, readings: Iterable[Reading]) -> dict[str, list[Share]]:
    """Return the shares of each file, by its hash.

    One query; two more where lead agencies report and money was read.
    """
    readings = list(readings)
    is_by_agency = period.programme.reporting_by == Programme.ReportingBy.AGENCY
    leads = _leads(period, readings) if is_by_agency else {}
    by_file: dict[str, dict[Reporter, Share]] = {}
    for reading in readings:
        of_file = by_file.setdefault(reading.sha256, {})
        for reporter, figures, cells in _split(reading, leads, is_by_agency=is_by_agency):
            if reporter not in of_file:
                of_file[reporter] = Share(_unsaved(period, reporter, reading, figures))
            of_file[reporter].rows.append((reading, figures, cells))
    _find_reports(period, by_file)
    return {sha256: list(shares.values()) for sha256, shares in by_file.items()}


def _split(reading: Reading, leads: dict, *, is_by_agency: bool):
    """Yield (reporter, figures, other cells) of one reading."""
    if not is_by_agency or reading.is_own or reading.participant.kind == Participant.Kind.WHOLE:
        yield (False, reading.participant.pk), reading.figures, reading.parts
        return
    found: dict[int, tuple[list, list]] = {}
    for figure in reading.figures:
        found.setdefault(figure.line.indicator.sub_project.lead_agency_id, ([], []))[0].append(figure)
    for cell in reading.parts:
        # What is only compared is stored nowhere.
        if agency := leads.get(cell.key):
            found.setdefault(agency, ([], []))[1].append(cell)
    for agency, (figures, cells) in found.items():
        yield (True, agency), figures, cells


def _leads(period: ReportingPeriod, readings: list[Reading]) -> dict:
    """Return the lead agency (id) of other parts' cells, by their keys."""
    homes: dict = {}
    for part in parts.registered():
        keys = [cell.key for reading in readings for cell in reading.parts if cell.part == part.code and cell.key]
        if keys:
            homes |= part.homes(period.programme, keys)
    wanted = {sub_project for _participant, sub_project in homes.values()}
    agencies = dict(SubProject.objects.filter(pk__in=wanted).values_list("pk", "lead_agency")) if wanted else {}
    return {key: agencies[sub_project] for key, (_participant, sub_project) in homes.items()}


def _unsaved(period: ReportingPeriod, reporter: Reporter, reading: Reading, figures: list[ReadFigure]) -> Report:
    is_agency, pk = reporter
    if is_agency:
        return Report(period=period, agency_id=pk)
    return Report(period=period, participant=reading.participant)


def _find_reports(period: ReportingPeriod, by_file: dict[str, dict[Reporter, Share]]) -> None:
    """Put the reports that have been begun in the place of unsaved ones. One query."""
    reporters = {reporter for shares in by_file.values() for reporter in shares}
    agencies = [pk for is_agency, pk in reporters if is_agency]
    begun = Report.objects.select_related("period__programme", "participant", "agency").filter(period=period)
    participants = [pk for is_agency, pk in reporters if not is_agency]
    found = begun.filter(participant__in=participants) | begun.filter(agency__in=agencies)
    for report in found:
        reporter = (report.agency_id is not None, report.agency_id or report.participant_id)
        for shares in by_file.values():
            if reporter in shares:
                shares[reporter].report = report
