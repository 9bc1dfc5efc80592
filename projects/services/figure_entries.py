"""Cells as they come in, and what becomes of each before anything is stored: read, wrong, unchanged, overtaken."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from livelihood.models import User
from livelihood.services import Refused
from projects.models import Figure, FigureRevision, Indicator, Report, Target
from projects.services.figure_facts import Facts, Key, NearIndicators, facts_of, near_indicators
from projects.services.report_locks import is_whole
from projects.values import WHOLE_DIGITS

State = Figure.State
#: What every cell is compared with: to look a member up takes six times as long as to compare.
REPORTED, TEXT, NO_TASK, BLANK = State.REPORTED, State.TEXT, State.NO_TASK, State.BLANK
ASSESSED, TEXT_TASK = Target.State.ASSESSED, Target.State.TEXT
WITHOUT_TASK = (Target.State.NO_TASK, Target.State.NOT_APPLICABLE)
WORDS = Indicator.Kind.TEXT

VALUE_PLACES = Figure._meta.get_field("value").decimal_places
TOO_LARGE = Decimal(10) ** WHOLE_DIGITS
REMARK_LENGTH = Figure._meta.get_field("remark").max_length
#: A progress text is a paragraph, not a document.
TEXT_LENGTH = 2000


class FigureEntry(NamedTuple):
    """One cell as it came in: what it says, where it stood, and which version the person saw.

    `state` reported, blank, no_task or text; `remark` and `reason` (of the flags) None keeps what is stored;
    `base_version` None does not ask what was there, 0 means that nothing was.
    """

    participant_id: int
    indicator_id: int
    state: str
    value: Decimal | None = None
    text: str = ""
    remark: str | None = None
    sheet: str = ""
    cell: str = ""
    base_version: int | None = None
    reason: str | None = None

    @property
    def key(self) -> Key:
        """Return (participant id, indicator id)."""
        return self.participant_id, self.indicator_id


@dataclass(frozen=True)
class FigureConflict:
    """What somebody else stored after the person had opened the page; nothing was overwritten."""

    participant_id: int
    indicator_id: int
    state: str
    value: Decimal | None
    text: str
    remark: str
    version: int
    by: str
    at: datetime


@dataclass
class FigureOutcome:
    """What became of a batch, by (participant id, indicator id)."""

    saved: list[Key] = field(default_factory=list)
    unchanged: list[Key] = field(default_factory=list)
    explained: list[Key] = field(default_factory=list)
    #: Cells not in the batch whose flags changed because of it (a whole, the left side of a 勾稽关系).
    related: list[Key] = field(default_factory=list)
    #: Cells of other parts whose notes changed because of it, by the part's code; keys are that part's.
    elsewhere: dict[str, list[tuple]] = field(default_factory=dict)
    conflicts: list[FigureConflict] = field(default_factory=list)
    errors: dict[Key, str] = field(default_factory=dict)
    #: Why nothing of the report was stored.
    refusal: Exception | None = None


class FiguresRefused(Refused):
    """Cells that cannot be stored; `errors`: (participant id, indicator id) → Chinese sentence."""

    def __init__(self, errors: dict[Key, str]):
        super().__init__("；".join(errors.values()))
        self.errors = errors


def known_facts(report: Report, entries: Iterable[FigureEntry], *, indicators: NearIndicators | None = None) -> Facts:
    """Fetch what is known of the entries' cells and those near to them. One query, and one for the indicators.

    `indicators`: those the caller has fetched from the programme already.
    """
    if indicators is None:
        indicators = near_indicators(report.period.programme_id, {entry.indicator_id for entry in entries})
    return facts_of(report.period, {entry.participant_id for entry in entries}, indicators)


def read_facts(lines: Iterable[tuple]) -> Facts:
    """Return what a sheet's lines (excel/lines.py), each behind its participant's id, say of their own cells.

    No query. Enough for `figure_errors`; of what the cells are held against nothing is known.
    """
    named, targets, figures = {}, {}, {}
    for participant, line in lines:
        indicator = line.indicator
        named[indicator.pk] = indicator
        for pk, target in ((indicator.pk, line.target), (indicator.base_id, line.base_target)):
            if target is not None:
                targets[participant, pk] = target
        if line.current is not None:
            figures[participant, indicator.pk] = line.current
    return Facts(NearIndicators(named, named, frozenset()), targets, figures, frozenset(), {})


def figure_errors(report: Report, entries: Iterable[FigureEntry], facts: Facts) -> dict[Key, str]:
    """Return what is wrong with single cells (R4, R20), without storing anything; for previews too."""
    errors = {}
    for entry in entries:
        if sentence := _error(report, entry, facts):
            errors[entry.key] = sentence
    return errors


def is_summed(indicator: Indicator) -> bool:
    """Tell whether the whole's figure of the indicator is the sum of the units' (R6)."""
    return indicator.additive and indicator.kind == Indicator.Kind.NUMBER


def _error(report: Report, entry: FigureEntry, facts: Facts) -> str:
    """Return what is wrong with one cell, or an empty string."""
    key = entry.key
    indicator, task, figure = facts.indicators[entry.indicator_id], facts.task(key), facts.figures.get(key)
    is_text = indicator.kind == WORDS
    texts = entry.text + (entry.remark or "") + (entry.reason or "")
    sentence = ""
    if figure is not None and figure.report_id != report.pk:
        sentence = "这一格本期由另一份月报填报，不能在这里改。"
    elif entry.state == REPORTED and task in WITHOUT_TASK:
        sentence = (
            f"目标里这一项是无任务，不能填数。确有任务的，请{report.period.programme.owner.office_word}先修订目标。"
        )
    elif entry.state == REPORTED and is_whole(report) and is_summed(indicator):
        sentence = "可加总的指标由各单位相加得出，不用另外录入。"
    elif entry.state == REPORTED and is_text:
        sentence = "这是文字类指标，请写进展，不填数。"
    elif entry.state == TEXT and not is_text and task != TEXT_TASK:
        sentence = "这一项要填数，不能填文字；说明请写在备注里。"
    elif entry.state == REPORTED:
        sentence = _number_error(entry.value, indicator)
    if not sentence and "\x00" in texts:
        sentence = "文字里有不能保存的字符，请重新输入。"
    if not sentence and len(entry.remark or "") > REMARK_LENGTH:
        sentence = f"备注最多 {REMARK_LENGTH} 字，现在有 {len(entry.remark)} 字。"
    if not sentence and max(len(entry.text), len(entry.reason or "")) > TEXT_LENGTH:
        sentence = f"文字最多 {TEXT_LENGTH} 字，请写得短一些。"
    return sentence


def _number_error(value: Decimal | None, indicator: Indicator) -> str:
    """Return what is wrong with a number, or an empty string (R20)."""
    if value is None or not value.is_finite():
        return "这一格不是一个确定的数。"
    if value < 0 and indicator.kind != Indicator.Kind.GROWTH:
        return f"“{indicator.name}”不能是负数。"
    if abs(value) >= TOO_LARGE:
        return f"这个数太大：小数点前最多 {WHOLE_DIGITS} 位。"
    if -value.as_tuple().exponent > VALUE_PLACES and -value.normalize().as_tuple().exponent > VALUE_PLACES:
        return "这个数的小数位太多。"
    return ""


def claims_no_task(entry: FigureEntry, facts: Facts) -> bool:
    """Tell whether the cell says 无任务 where the target says otherwise (R4)."""
    return entry.state == NO_TASK and facts.task(entry.key) == ASSESSED


def settled_entry(entry: FigureEntry, facts: Facts) -> FigureEntry:
    """Return the entry as it will stand: the target alone decides 无任务 (R4), a kept remark is filled in."""
    key, state = entry.key, entry.state
    figure = facts.figures.get(key)
    if state == NO_TASK and facts.task(key) not in WITHOUT_TASK:
        state = BLANK
    remark = (figure.remark if figure else "") if entry.remark is None else entry.remark.strip()
    value = entry.value if state == REPORTED else None
    text = entry.text.strip() if state == TEXT else ""
    return entry._replace(state=str(state), value=value, text=text, remark=remark)


def _content(row) -> tuple:
    """Return what a figure or a settled entry says; None says nothing."""
    return (BLANK, None, "", "") if row is None else (row.state, row.value, row.text, row.remark)


def changed_entries(fine: list[FigureEntry], facts: Facts, outcome: FigureOutcome) -> list[FigureEntry]:
    """Return the entries to store, and note the unchanged ones and the conflicts in `outcome`.

    A cell whose base version is old is a conflict only if the person changed it: what still says the same as the
    version they saw was not touched by them, and the other's figure stands.
    """
    changed, stale = [], []
    for entry in fine:
        key = entry.key
        figure = facts.figures.get(key)
        if _content(entry) == _content(figure):
            outcome.unchanged.append(key)
        elif entry.base_version is not None and entry.base_version != (figure.version if figure else 0):
            stale.append(entry)
        else:
            changed.append(entry)
    seen = _revisions(stale, facts)
    people = _people(facts.figures[entry.key] for entry in stale if entry.key in facts.figures)
    for entry in stale:
        figure = facts.figures.get(entry.key)
        if entry.key in seen and _content(entry) == seen[entry.key]:
            outcome.unchanged.append(entry.key)
        elif figure is None:
            changed.append(entry)
        else:
            outcome.conflicts.append(
                FigureConflict(
                    *entry.key,
                    *_content(figure),
                    version=figure.version,
                    by=str(people[figure.updated_by_id]),
                    at=figure.updated_at,
                )
            )
    return changed


def _revisions(stale: list[FigureEntry], facts: Facts) -> dict[Key, tuple]:
    """Return what each stale entry's base version said. At most one query."""
    keys = {facts.figures[entry.key].pk: entry for entry in stale if entry.key in facts.figures}
    seen = {entry.key: _content(None) for entry in keys.values() if entry.base_version == 0}
    if len(seen) < len(keys):
        rows = FigureRevision.objects.filter(
            figure__in=keys, version__in={entry.base_version for entry in keys.values()}
        )
        for row in rows:
            entry = keys[row.figure_id]
            if row.version == entry.base_version:
                seen[entry.key] = (row.new_state, row.new_value, row.new_text, row.new_remark)
    return seen


def _people(figures: Iterable[Figure]) -> dict[int, User]:
    """Return who stored the figures, by id. At most one query."""
    ids = {figure.updated_by_id for figure in figures}
    return User.objects.in_bulk(ids) if ids else {}
