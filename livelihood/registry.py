"""What looks upward: apps above offer navigation, to-do and jobs here, in `AppConfig.ready()`.

The lower apps loop over the registries and never name the apps that filled them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from livelihood.models import Job, User


@dataclass(frozen=True)
class Section:
    """An entry of the navigation bar; `visible` decides per user, `badge` counts what waits."""

    order: int
    label: str
    url_name: str
    visible: Callable[[User], bool]
    badge: Callable[[User], int] | None = None


@dataclass(frozen=True)
class ToDo:
    """One thing the user has to do: what, where, by when (aware) and since when it waits."""

    label: str
    url: str
    action: str
    due_at: datetime | None = None
    is_urgent: bool = False
    note: str = ""


_sections: dict[str, Section] = {}
_to_do: dict[str, Callable[[User], Iterable[ToDo]]] = {}
_jobs: dict[str, Callable[[Job], dict]] = {}


def register_section(section: Section) -> None:
    """Offer a navigation entry; a second registration of the same URL replaces the first."""
    _sections[section.url_name] = section


def sections_for(user: User) -> list[Section]:
    """Return the navigation entries the user may see, in order."""
    visible = (section for section in _sections.values() if section.visible(user))
    return sorted(visible, key=lambda section: section.order)


def register_to_do(name: str, source: Callable[[User], Iterable[ToDo]]) -> None:
    """Offer a source of to-do entries for the first page."""
    _to_do[name] = source


def to_do_for(user: User) -> list[ToDo]:
    """Return what the user has to do, urgent first, then by due date."""
    entries = [entry for source in _to_do.values() for entry in source(user)]
    return sorted(
        entries,
        key=lambda entry: (
            not entry.is_urgent,
            entry.due_at.timestamp() if entry.due_at else float("inf"),
            entry.label,
        ),
    )


def register_job(kind: str, run: Callable[[Job], dict]) -> None:
    """Offer the function that carries out jobs of `kind`; it returns the job's result."""
    _jobs[kind] = run


def job_function(kind: str) -> Callable[[Job], dict]:
    """Return the function for jobs of `kind`. Raises KeyError for an unknown kind."""
    return _jobs[kind]
