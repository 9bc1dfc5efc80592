"""What other parts of the app say of one unit on its page: letters, 整改. Empty until somebody fills it."""

from collections.abc import Callable, Iterable

from livelihood.models import User
from livelihood.registry import Panel
from projects.models import Participant, ReportingPeriod

_sources: dict[str, Callable[[User, ReportingPeriod, Participant], Iterable[Panel]]] = {}


def register_unit_panel(name: str, source: Callable[[User, ReportingPeriod, Participant], Iterable[Panel]]) -> None:
    """Offer boxes of a unit's page; the source limits itself to what the user may see."""
    _sources[name] = source


def unit_panels(user: User, period: ReportingPeriod, participant: Participant) -> list[Panel]:
    """Return the boxes of a unit's page in order."""
    panels = [panel for source in _sources.values() for panel in source(user, period, participant)]
    return sorted(panels, key=lambda panel: panel.order)
