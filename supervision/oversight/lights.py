"""Levels and terms as a sign, a word and a colour: never a colour alone."""

import datetime
from dataclasses import dataclass

from django.utils import timezone

from supervision.models import Level, SupervisionLetter

#: Days before the deadline from which a letter counts as near.
NEAR_DAYS = 3

LEVEL_TONES = {Level.BLUE: "blue", Level.YELLOW: "amber", Level.RED: "red"}


@dataclass(frozen=True)
class Light:
    """How a letter stands: code (open, near, overdue, replied, closed, drafted, void), sign, word, tone."""

    code: str
    sign: str
    word: str
    tone: str


def light_of(letter: SupervisionLetter, today: datetime.date | None = None) -> Light:
    """Return how an issued letter stands against its deadline, or that it is answered, closed, not issued."""
    today = today or timezone.localdate()
    fixed = {
        "drafted": Light("drafted", "○", "拟稿，未印发", "grey"),
        "void": Light("void", "×", "已撤销", "grey"),
        "closed": Light("closed", "✓", "已销号", "green"),
        "replied": Light("replied", "●", "已反馈，待销号", "blue"),
    }
    if letter.state in fixed:
        return fixed[letter.state]
    left = (letter.deadline - today).days
    if left < 0:
        return Light("overdue", "!", f"逾期{-left}天未反馈", "red")
    if left <= NEAR_DAYS:
        return Light("near", "!", f"临近，还剩{left}天" if left else "今天到期", "amber")
    return Light("open", "●", f"待反馈，还剩{left}天", "green")
