"""上月督办项目 for the 通报: what was urged by the month before's letters, and what became of each."""

from dataclasses import dataclass, field
from decimal import Decimal

from livelihood.formats import format_number
from projects.models import Participant, ReportingPeriod
from supervision.documents.paper import Part
from supervision.models import Level, Snapshot, SnapshotLine, SupervisionLetter


@dataclass(frozen=True)
class Supervised:
    """One matter: the printed sentence, whether it is closed (销号), and what its figures rest on."""

    letter: SupervisionLetter
    text: str
    is_closed: bool
    figures: list[Part] = field(default_factory=list)


def supervised_last_month(period: ReportingPeriod, snapshot: Snapshot | None = None) -> list[Supervised]:
    """Return the letters and summons of the period before, in official order. Four queries.

    N is the number of rows, M that of the closed ones; a row says how far it is in `snapshot`, without one in the
    period's newest, if there is any.
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
    now = _lines(snapshot or Snapshot.objects.latest_of(period), rows)
    return [_supervised(row, now, period.programme.decimals) for row in rows]


def _lines(snapshot: Snapshot | None, letters: list[SupervisionLetter]) -> dict:
    """Return (participant id or None for the whole, indicator id) → line of the snapshot."""
    if snapshot is None:
        return {}
    lines = SnapshotLine.objects.filter(
        snapshot=snapshot, indicator__in={row.indicator_id for row in letters if row.indicator_id}
    ).only("participant_id", "participant_kind", "indicator_id", "rate", "shown_value")
    return {
        (None if line.participant_kind == Participant.Kind.WHOLE else line.participant_id, line.indicator_id): line
        for line in lines
    }


def _supervised(letter: SupervisionLetter, now: dict, decimals: int) -> Supervised:
    """Return 太和县“农村道路”（里程）实施进度：督办时完成率45.45%，现为52.00%，已销号。"""
    who, is_closed = letter.participant or letter.agency, letter.state == SupervisionLetter.State.CLOSED
    parts, figures = [], []
    line = now.get((letter.participant_id, letter.indicator_id)) if letter.indicator_id else None
    if letter.rate is not None and line is not None and line.rate is not None:
        before, here = f"{_number(letter.rate, decimals)}%", f"{_number(line.rate, decimals)}%"
        parts.append(f"督办时完成率{before}，现为{here}")
        figures += [
            Part(before, f"letter:{letter.pk}", "rate", name="督办时完成率"),
            Part(here, f"line:{line.pk}", "rate", name="现为"),
        ]
    state = "已销号" if is_closed else "正在办理"
    figures.append(Part(state, f"letter:{letter.pk}", "state"))
    return Supervised(letter, f"{who}{letter.matter}：{'，'.join([*parts, state])}。", is_closed, figures)


def _number(value: Decimal, decimals: int) -> str:
    return format_number(value.normalize(), decimals)
