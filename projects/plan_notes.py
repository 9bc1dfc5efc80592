"""What other apps have to say beside a project's milestones: each registers a source in `AppConfig.ready()`."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from projects.models import Programme


@dataclass(frozen=True)
class PlanNote:
    """One line beside a project's plan: a heading, (label, text) pairs along the year, and what is odd about them."""

    project_id: int
    title: str
    parts: list[tuple[str, str]]
    remark: str = ""


_sources: dict[str, Callable[[Programme], Iterable[PlanNote]]] = {}


def register_plan_notes(name: str, source: Callable[[Programme], Iterable[PlanNote]]) -> None:
    """Offer notes; a second registration of the same name replaces the first."""
    _sources[name] = source


def plan_notes(programme: Programme) -> dict[int, list[PlanNote]]:
    """Return project id → notes, in the order of the sources; the queries do not grow with the projects."""
    found = defaultdict(list)
    for source in _sources.values():
        for note in source(programme):
            found[note.project_id].append(note)
    return dict(found)
