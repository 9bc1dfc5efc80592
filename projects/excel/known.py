"""What the product knows of a programme's month, loaded once for however many files are read against it."""

from dataclasses import dataclass

from livelihood.models import Agency
from projects.excel.columns import plain
from projects.excel.led import Led
from projects.excel.lines import KnownLines
from projects.excel.naming import Item, Naming
from projects.excel.unit_names import Units
from projects.models import Indicator, Participant, Programme, Project, ReportingPeriod


@dataclass(frozen=True)
class Known:
    """Participants by every name, items, projects, and the participants' lines, which are read when asked for."""

    units: Units
    items: list[Item]
    projects: dict[int, str]
    lines: KnownLines
    is_by_agency: bool = False
    #: Where agencies report: those (ids) whose items are asked for, None for all.
    agencies: frozenset[int] | None = None

    def naming(self) -> Naming:
        """Return the names to look up in one file: what is found out about that file's numbers stays with it."""
        return Naming(self.items, self.projects)

    def led(self) -> Led | None:
        """Return what sorts the items of one file by their lead agencies; None where the units report themselves."""
        return Led(self.agencies) if self.is_by_agency else None


def known_of(
    programme: Programme,
    period: ReportingPeriod,
    participant: Participant | None = None,
    agencies: frozenset[int] | None = None,
) -> Known:
    """Return what is known; `participant`: only its lines, where nobody else's figures are asked for.

    `agencies` (ids): those whose items are asked for, where agencies report. Three queries, or four;
    four more with the lines.
    """
    participants = list(Participant.objects.filter(programme=programme).order_by("order", "id"))
    asked = [one for one in participants if participant is None or one == participant]
    indicators = list(Indicator.objects.of_programme(programme))
    items = [
        Item(row, row.sub_project.project.seq, row.sub_project.project.name, row.sub_project.name, row.name)
        for row in indicators
    ]
    is_by_agency = programme.reporting_by == Programme.ReportingBy.AGENCY
    units = Units(participants)
    if is_by_agency:
        leading = Agency.objects.filter(led_sub_projects__project__programme=programme)
        units.agencies = frozenset(map(plain, leading.values_list("name", flat=True)))
    return Known(
        units,
        items,
        dict(Project.objects.filter(programme=programme).values_list("seq", "name")),
        KnownLines(period, asked, indicators),
        is_by_agency,
        agencies,
    )
