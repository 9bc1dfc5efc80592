"""What stands between a draft and its number: the checks of other themes are asked through a registry."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livelihood.models import User
    from supervision.models import Document


@dataclass(frozen=True)
class Blocker:
    """A Chinese clause without a full stop; `can_override`: with a recorded reason the paper may be issued anyway."""

    text: str
    can_override: bool = False


_checks: dict[str, Callable[["Document"], Iterable[Blocker]]] = {}
_afterwards: dict[str, Callable[["Document", "User"], None]] = {}
_after_void: dict[str, Callable[["Document", "User"], None]] = {}


def register_issue_check(check: Callable[["Document"], Iterable[Blocker]]) -> None:
    """Have `check` asked before a paper is issued; registering it twice asks it once."""
    _checks[_name(check)] = check


def register_after_issue(step: Callable[["Document", "User"], None]) -> None:
    """Have `step` carried out in the transaction that issues a paper; what it raises undoes the issue."""
    _afterwards[_name(step)] = step


def register_after_void(step: Callable[["Document", "User"], None]) -> None:
    """Have `step` carried out in the transaction that makes a paper void."""
    _after_void[_name(step)] = step


def run_after_void(document: "Document", by: "User") -> None:
    """Carry out the registered steps, in the caller's transaction."""
    for step in _after_void.values():
        step(document, by)


def registered_blockers(document: "Document") -> list[Blocker]:
    """Return what the registered checks have against issuing the paper, in the order they were registered."""
    return [blocker for check in _checks.values() for blocker in check(document)]


def run_after_issue(document: "Document", by: "User") -> None:
    """Carry out the registered steps, in the caller's transaction."""
    for step in _afterwards.values():
        step(document, by)


def _name(function: Callable) -> str:
    return f"{function.__module__}.{function.__qualname__}"
