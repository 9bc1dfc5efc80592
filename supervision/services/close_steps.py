"""What a close does besides 封账, snapshot and draft: each theme adds its step here, in `sections.register()`.

A step runs in the transaction of the close, again whenever the close is asked for again, so it has to find its own
earlier work. Where a step that is not vital fails, what it did is taken back, the sentence is kept and the month is
closed all the same: asking again does what is left.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import InterfaceError, OperationalError, transaction

from livelihood.models import User
from livelihood.services import Refused
from supervision.models import Snapshot

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CloseStep:
    """One step: `name` is shown beside the progress bar; `run` returns what it made, by name."""

    order: int
    code: str
    name: str
    run: Callable[[Snapshot, User], dict]
    is_vital: bool = False


@dataclass
class Made:
    """What the steps made (name → number or list, plain data), and sentences about those that failed."""

    results: dict = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


_steps: dict[str, CloseStep] = {}


def register_close_step(step: CloseStep) -> None:
    """Offer a step; a second registration of the same code replaces the first."""
    _steps[step.code] = step


def close_steps() -> list[CloseStep]:
    """Return the steps in order."""
    return sorted(_steps.values(), key=lambda step: (step.order, step.code))


def run_close_steps(*, snapshot: Snapshot, by: User, note: Callable[[str], None] = lambda code: None) -> Made:
    """Run every step on a snapshot just frozen, or again on one that stands; the caller holds the period's lock.

    `note` is called with a step's code before it begins.
    """
    made = Made()
    for step in close_steps():
        note(step.code)
        try:
            with transaction.atomic():
                made.results |= step.run(snapshot, by)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            if step.is_vital:
                raise
            if not isinstance(error, Refused):
                logger.exception("step %s of the close of %s failed", step.code, snapshot)
            said = str(error) if isinstance(error, Refused) else f"系统出错（{type(error).__name__}）。"
            made.problems.append(f"{step.name}没有办成：{said}封账不受影响，查明后在封账页补办。")
    return made
