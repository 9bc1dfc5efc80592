"""What looks upward: apps above offer navigation, to-do and jobs here, in `AppConfig.ready()`.

The lower apps loop over the registries and never name the apps that filled them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from livelihood.models import Job, User


@dataclass(frozen=True)
class Section:
    """An entry of the navigation bar; `visible` decides per user, `badge` counts what waits."""

    order: int
    label: str
    url_name: str
    visible: Callable[[User], bool]
    badge: Callable[[User], int] | None = None
    #: Beginnings of view names (namespace:name) whose pages belong to this entry.
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Action:
    """A button or link another app offers on a page; `blockers` say in words why it cannot be used yet.

    `method` get is a link, post a form of its own. `is_next` marks the page's one filled button.
    """

    label: str
    url: str
    method: str = "get"
    order: int = 0
    is_next: bool = False
    blockers: tuple[str, ...] = ()


@dataclass(frozen=True)
class ToDo:
    """One thing the user has to do: what, where, by when (aware) and since when it waits."""

    label: str
    url: str
    action: str
    due_at: datetime | None = None
    is_urgent: bool = False
    note: str = ""


@dataclass(frozen=True)
class Panel:
    """A box of the first page: a template and its context, in an area, in order.

    Areas: "action" the buttons beside the heading, of people who are out with a phone; "head" over the whole width,
    "fact" a cell of the row of numbers there, "main" under the to-do list, "side" beside it, "wide" below both.
    """

    area: str
    template: str
    context: dict
    order: int = 0


@dataclass(frozen=True)
class Change:
    """Something that happened: when (aware), in words, and where it is seen."""

    at: datetime
    text: str
    url: str = ""


_sections: dict[str, Section] = {}
_to_do: dict[str, Callable[[User], Iterable[ToDo]]] = {}
_jobs: dict[str, Callable[[Job], dict]] = {}
#: Kinds whose work stops at its next `note_progress` when it is cancelled, with nothing half done.
_stopping: set[str] = set()
_job_pages: dict[str, Callable[[Job], "JobPage"]] = {}
_panels: dict[str, Callable[[User], Iterable[Panel]]] = {}
_changes: dict[str, Callable[[User, datetime], Iterable[Change]]] = {}
_why: list[Callable[[object], object]] = []
_actions: dict[str, dict[str, Callable[[User, object], Iterable[Action]]]] = {}


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
    """Return what the user has to do: overdue first, then what is urgent, then by due date."""
    now = timezone.now()
    entries = [entry for source in _to_do.values() for entry in source(user)]
    return sorted(
        entries,
        key=lambda entry: (
            not (entry.due_at and entry.due_at < now),
            not entry.is_urgent,
            entry.due_at.timestamp() if entry.due_at else float("inf"),
            entry.label,
        ),
    )


def register_panel(name: str, source: Callable[[User], Iterable[Panel]]) -> None:
    """Offer boxes of the first page; a second registration of the same name replaces the first."""
    _panels[name] = source


def panels_for(user: User) -> dict[str, list[Panel]]:
    """Return the boxes of the user's first page by area, each area in order."""
    areas: dict[str, list[Panel]] = {}
    offered = (panel for source in _panels.values() for panel in source(user))
    for panel in sorted(offered, key=lambda panel: panel.order):
        areas.setdefault(panel.area, []).append(panel)
    return areas


def register_changes(name: str, source: Callable[[User, datetime], Iterable[Change]]) -> None:
    """Offer a source of what others did since a moment, as far as the user may see it."""
    _changes[name] = source


def changes_for(user: User, since: datetime) -> list[Change]:
    """Return what changed since the moment, newest first."""
    changes = [change for source in _changes.values() for change in source(user, since)]
    return sorted(changes, key=lambda change: change.at, reverse=True)


def register_why(make: Callable[[object], object]) -> None:
    """Offer the addresses of answers to “why”: `make` takes a reporting period and gives what `why_links` returns."""
    _why.append(make)


def why_links(period: object):
    """Return the addresses of a period's answers to “why”, None where no app gives any.

    `.unit(code)` gives those of one unit: `.figure(indicator id)`, `.project(seq)`, `.overall`, `.fund(rate, seq)`.
    """
    return _why[-1](period) if _why else None


def register_action(slot: str, name: str, source: Callable[[User, object], Iterable[Action]]) -> None:
    """Offer actions on the pages of a kind of object: slot "programme", "period" or "report".

    The source is called with user and object.
    A second registration of the same name in a slot replaces the first.
    """
    _actions.setdefault(slot, {})[name] = source


def actions_for(slot: str, user: User, subject: object) -> list[Action]:
    """Return what the apps offer the user on the page of `subject`, in order."""
    sources = _actions.get(slot, {}).values()
    return sorted((action for source in sources for action in source(user, subject)), key=lambda action: action.order)


def register_job(kind: str, run: Callable[[Job], dict], *, may_cancel: bool = False) -> None:
    """Offer the function that carries out jobs of `kind`; it returns the job's result.

    `may_cancel`: it calls `note_progress` between steps of which each may be the last.
    """
    _jobs[kind] = run
    if may_cancel:
        _stopping.add(kind)


def may_cancel_job(kind: str) -> bool:
    """Tell whether jobs of `kind` can be cancelled."""
    return kind in _stopping


@dataclass(frozen=True)
class JobPage:
    """How a job is called on its page, and where its result or its beginning is seen.

    `steps`: name and state (done, running, waiting, failed) of each, where the work has steps worth naming; `notes`:
    sentences about what could not be done though the work as a whole was.
    """

    title: str
    url: str = ""
    link: str = ""
    steps: tuple[dict, ...] = ()
    notes: tuple[str, ...] = ()


def register_job_page(kind: str, describe: Callable[[Job], JobPage]) -> None:
    """Offer words and a link for jobs of `kind`."""
    _job_pages[kind] = describe


def job_page(job: Job) -> JobPage:
    """Return how the job is shown; its kind and key where nobody described it."""
    describe = _job_pages.get(job.kind)
    return describe(job) if describe else JobPage(title=f"{job.kind} {job.key}")


def job_function(kind: str) -> Callable[[Job], dict]:
    """Return the function for jobs of `kind`. Raises KeyError for an unknown kind."""
    return _jobs[kind]
