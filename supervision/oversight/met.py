"""Whether a letter's requirement is met: by a later approved figure of the standings, never by one somebody typed."""

from dataclasses import dataclass
from decimal import Decimal

from livelihood.formats import format_number
from projects.models import Indicator, Participant, Report, ReportingPeriod
from supervision.fund_standings import RATES, fetch_funds
from supervision.models import Snapshot, SnapshotLine, SupervisionLetter
from supervision.standings import LINES, fetch, live_parameters

M = SupervisionLetter.Measure


@dataclass(frozen=True)
class LaterFigure:
    """The newest approved figure after the letter's: its period, its snapshot (None: live), and the number."""

    period: ReportingPeriod
    snapshot: Snapshot | None
    value: Decimal


@dataclass(frozen=True)
class Verdict:
    """What stands against the requirement: met or not, by which figure (None where there is none), in a sentence."""

    is_met: bool
    figure: LaterFigure | None
    sentence: str


def required_words(letter: SupervisionLetter) -> str:
    """Return the requirement in short: 完成率≥50%, 累计完成≥50所; "" without a number."""
    if letter.required_measure == M.NONE:
        return ""
    return f"{_what(letter)}{_sign(letter)}{figure_words(letter, letter.required_value)}"


def figure_words(letter: SupervisionLetter, value: Decimal) -> str:
    """Return a figure in the requirement's own terms: 49%, 49所."""
    unit = "%" if letter.required_measure == M.RATE else letter.indicator.unit
    return f"{format_number(value.normalize())}{unit}"


def judged(letter: SupervisionLetter) -> Verdict:
    """Return how the newest later figure stands against the requirement.

    Counted are approved reports of later months, live, and snapshots later than the letter's. At most some twelve
    queries; a letter without a number has no figure.
    """
    if letter.required_measure == M.NONE:
        return Verdict(False, None, "这份函没有数值要求，由第二人复核后销号。")
    figure = later_figure(letter)
    if figure is None:
        return Verdict(
            False, None, f"要求{required_words(letter)}，{letter.period.label}以后还没有审核通过的数，不能按数销号。"
        )
    is_met = _meets(letter, figure.value)
    word = "达到" if is_met else "没有达到"
    return Verdict(
        is_met,
        figure,
        f"{figure.period.label}审核通过的{_what(letter)}是{figure_words(letter, figure.value)}，"
        f"{word}要求的{_sign(letter)}{figure_words(letter, letter.required_value)}。",
    )


def later_figure(letter: SupervisionLetter) -> LaterFigure | None:
    """Return the newest approved figure after the letter's own snapshot, None where there is none yet."""
    unit = letter.participant or _whole(letter)
    if unit is None:
        return None
    later = ReportingPeriod.objects.filter(
        programme=letter.period.programme_id, kind=letter.period.kind, ends_on__gte=letter.period.ends_on
    ).select_related("programme")
    for period in later.order_by("-ends_on"):
        value, snapshot = _figure(letter, period, unit)
        if value is not None:
            return LaterFigure(period, snapshot, value)
    return None


def _figure(letter: SupervisionLetter, period: ReportingPeriod, unit: Participant):
    """Return the approved figure of one period and the snapshot it stands in; the letter's own does not count."""
    newest = Snapshot.objects.latest_of(period)
    if newest is not None:
        own = letter.document.snapshot
        is_later = period.pk != letter.period_id or own is None or newest.version > own.version
        return (_frozen(letter, newest, unit) if is_later else None), newest
    return _live(letter, period, unit), None


def _frozen(letter: SupervisionLetter, snapshot: Snapshot, unit: Participant) -> Decimal | None:
    if letter.fund_rate:
        kind, measure = letter.fund_rate.split("-", 1)
        rows = snapshot.fund_rates.filter(
            fund_kind=kind, measure=measure, participant=unit, project_id__isnull=True, missing=0
        )
        return rows.values_list("rate", flat=True).first()
    line = SnapshotLine.objects.filter(snapshot=snapshot, indicator=letter.indicator_id, participant=unit).first()
    if line is None or not (line.approved or unit.kind == Participant.Kind.WHOLE):
        return None
    return line.rate if letter.required_measure == M.RATE else line.shown_value


def _live(letter: SupervisionLetter, period: ReportingPeriod, unit: Participant) -> Decimal | None:
    """Return the figure of a month not closed yet, over approved reports alone."""
    parameters = live_parameters(period, counted=[Report.State.APPROVED])
    parameters |= {"unit": unit.pk, "indicator": letter.indicator_id}
    if letter.fund_rate:
        kind, measure = letter.fund_rate.split("-", 1)
        rows = fetch_funds(
            f"{RATES} WHERE s.participant_id = %(unit)s AND s.project_id IS NULL AND s.fund_kind = %(kind)s"
            " AND s.measure = %(measure)s AND s.lacking = 0",
            parameters | {"kind": kind, "measure": measure},
            frozen=False,
        )
        return rows[0]["rate"] if rows else None
    tail = f"{LINES} WHERE s.participant_id = %(unit)s AND s.indicator_id = %(indicator)s"
    rows = fetch(tail, parameters, frozen=False)
    if not rows or not (rows[0]["approved"] or unit.kind == Participant.Kind.WHOLE):
        return None
    return rows[0]["rate"] if letter.required_measure == M.RATE else rows[0]["shown_value"]


def _whole(letter: SupervisionLetter) -> Participant | None:
    """Return the whole: what a lead agency alone answers for."""
    return letter.period.programme.participants.filter(kind=Participant.Kind.WHOLE).first()


def _meets(letter: SupervisionLetter, value: Decimal) -> bool:
    if _at_most(letter):
        return value <= letter.required_value
    return value >= letter.required_value


def _at_most(letter: SupervisionLetter) -> bool:
    """Tell whether less is better: by value, of an indicator that should be low."""
    return (
        letter.required_measure == M.VALUE
        and letter.indicator is not None
        and letter.indicator.direction == Indicator.Direction.AT_MOST
    )


def _sign(letter: SupervisionLetter) -> str:
    return "≤" if _at_most(letter) else "≥"


def _what(letter: SupervisionLetter) -> str:
    return letter.get_required_measure_display() if not letter.fund_rate else "资金比率"
