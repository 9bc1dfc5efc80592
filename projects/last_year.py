"""What the year before says beside this one's task table: its targets, to read and never to carry over."""

from collections.abc import Iterable

from projects.models import Indicator, Participant, Project, Target
from projects.services.targets import stated


def last_targets(
    project: Project, indicators: Iterable[Indicator], units: Iterable[Participant]
) -> dict[tuple[int, int], str]:
    """Return (indicator, unit) → last year's target in words, by the lineage of the item. At most two queries.

    An indicator is found by its name in the items this one came from, a unit by its code.
    """
    origins = list(project.origins.values_list("from_project", flat=True))
    if not origins:
        return {}
    rows = Target.objects.newest().filter(indicator__sub_project__project__in=origins)
    said = {
        (row.indicator.name, row.participant.code): stated(row)
        for row in rows.select_related("indicator", "participant").order_by("indicator__sub_project__project__seq")
    }
    units = list(units)
    return {
        (indicator.pk, unit.pk): said[indicator.name, unit.code]
        for indicator in indicators
        for unit in units
        if (indicator.name, unit.code) in said
    }
