"""上月督办项目 for the 通报: what was urged by the month before's letters, and what became of each."""

from dataclasses import dataclass
from decimal import Decimal

from livelihood.formats import format_number
from projects.models import Participant, ReportingPeriod
from supervision.models import Level, Snapshot, SnapshotLine, SupervisionLetter


@dataclass(frozen=True)
class Supervised:
    """One matter: the printed sentence, and whether it is closed (销号)."""

    letter: SupervisionLetter
    text: str
    is_closed: bool


def supervised_last_month(period: ReportingPeriod) -> list[Supervised]:
    """Return the letters and summons of the period before, in official order. Four queries.

    N is the number of rows, M that of the closed ones; where the period has a snapshot a row says how far it is now.
    """
    before = (
        ReportingPeriod.objects.filter(programme=period.programme_id, kind=period.kind, ends_on__lt=period.ends_on)
        .order_by("-ends_on")
        .first()
    )
    if before is None:
        return []
    letters = (
        SupervisionLetter.objects.filter(
            period=before, level__in=(Level.YELLOW, Level.RED), state__in=("issued", "replied", "closed")
        )
        .select_related("participant", "agency", "indicator__sub_project__project")
        .order_by("participant__order", "agency__order", "id")
    )
    rows = list(letters)
    now = _lines(period, rows)
    return [
        Supervised(row, _sentence(row, now, period.programme.decimals), row.state == SupervisionLetter.State.CLOSED)
        for row in rows
    ]


def _lines(period: ReportingPeriod, letters: list[SupervisionLetter]) -> dict:
    """Return (participant id or None for the whole, indicator id) → line of the period's newest snapshot."""
    snapshot = Snapshot.objects.latest_of(period)
    if snapshot is None:
        return {}
    lines = SnapshotLine.objects.filter(
        snapshot=snapshot, indicator__in={row.indicator_id for row in letters if row.indicator_id}
    ).only("participant_id", "participant_kind", "indicator_id", "rate", "shown_value")
    return {
        (None if line.participant_kind == Participant.Kind.WHOLE else line.participant_id, line.indicator_id): line
        for line in lines
    }


def _sentence(letter: SupervisionLetter, now: dict, decimals: int) -> str:
    """Return 太和县“农村道路”（里程）实施进度：督办时完成率45.45%，现为52.00%，已销号。"""
    who = letter.participant or letter.agency
    parts = []
    line = now.get((letter.participant_id, letter.indicator_id)) if letter.indicator_id else None
    if letter.rate is not None and line is not None and line.rate is not None:
        parts.append(f"督办时完成率{_number(letter.rate, decimals)}%，现为{_number(line.rate, decimals)}%")
    parts.append("已销号" if letter.state == SupervisionLetter.State.CLOSED else "正在办理")
    return f"{who}{letter.matter}：{'，'.join(parts)}。"


def _number(value: Decimal, decimals: int) -> str:
    return format_number(value.normalize(), decimals)
