"""Writes of marks: entered by the office or the agency that gives them, confirmed by a second person, then frozen."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models.functions import Now

from livelihood.access import NotAllowed, Role, access_of, is_city_office, require_city_office
from livelihood.formats import format_number
from livelihood.models import User
from livelihood.services import Refused, record_event
from projects.models import Participant, ReportingPeriod
from projects.services.benchmarks import is_reopened
from supervision.models import EnteredMark, ScoringComponent, ScoringScheme
from supervision.scoring.components import MARKED


class MarksRefused(Refused):
    """Marks that cannot be stored; `errors`: participant id → sentence."""

    def __init__(self, errors: dict[int, str]):
        self.errors = errors
        super().__init__("".join(errors.values()))


@dataclass(frozen=True)
class MarkEntry:
    """One unit's mark as typed; `value` None takes an unconfirmed one away."""

    participant: Participant
    value: Decimal | None
    note: str = ""


@dataclass(frozen=True)
class MarkOutcome:
    """How many marks were stored and taken away."""

    saved: int
    removed: int

    @property
    def is_changed(self) -> bool:
        """Tell whether anything was stored."""
        return bool(self.saved or self.removed)


def marked_components(period: ReportingPeriod) -> list[ScoringComponent]:
    """Return what people enter for the period under the scheme in force. Two queries."""
    scheme = ScoringScheme.objects.in_force(period.programme, period.ends_on).first()
    if scheme is None:
        return []
    return list(scheme.components.filter(kind__in=MARKED).select_related("agency", "scheme").order_by("id"))


def may_enter(user: User, component: ScoringComponent, owner_id: int) -> bool:
    """Tell whether the user enters the component's marks: the city office, or the agency that gives them."""
    return is_city_office(user, owner_id) or component.agency_id in access_of(user).agency_ids(Role.LEAD_AGENCY)


def marks_missing(period: ReportingPeriod) -> list[str]:
    """Return what a close would leave out, in sentences: marks nobody has confirmed or given. Two or four queries."""
    components = marked_components(period)
    if not components:
        return []
    ranked = set(period.programme.participants.filter(ranked=True).values_list("pk", flat=True))
    marks = list(EnteredMark.objects.filter(period=period, component__in=components))
    found = []
    for component in components:
        given = {row.participant_id: row for row in marks if row.component_id == component.pk}
        waiting = sum(row.confirmed_at is None for row in given.values())
        # An event that has not happened is not entered.
        blank = len(ranked - given.keys()) if component.kind == ScoringComponent.Kind.ENTERED else 0
        said = [f"{waiting}家待确认"] * bool(waiting) + [f"{blank}家没有录入"] * bool(blank)
        if said:
            found.append(f"“{component.name}”{'、'.join(said)}，现在封账这些打分不计入，权重由其他项分担。")
    return found


@transaction.atomic
def enter_marks(
    *,
    period: ReportingPeriod,
    component: ScoringComponent,
    entries: Iterable[MarkEntry],
    source: str,
    sample_size: int | None = None,
    by: User,
) -> MarkOutcome:
    """Store a component's marks of a period, all or none; confirmed ones stay as they are.

    Raises MarksRefused by unit, Refused for a closed period, a missing paper or sample, NotAllowed.
    """
    period = _open(period)
    if not may_enter(by, component, period.programme.owner_id):
        raise NotAllowed(f"只有{period.programme.owner.office_word}和打分的牵头部门可以录入这一项。")
    if component not in marked_components(period):
        raise Refused(f"“{component.name}”不是{period.label}的考核办法里要录入的项。")
    _require_paper(component, source, sample_size)
    stored = {row.participant_id: row for row in _marks(period, component)}
    paper = {"source": source.strip(), "sample_size": sample_size}
    changed = [row for row in entries if _differs(stored.get(row.participant.pk), row, paper)]
    errors = {row.participant.pk: fault for row in changed if (fault := _fault(component, stored, row))}
    if errors:
        raise MarksRefused(errors)
    before = {row.participant.code: _said(stored.get(row.participant.pk)) for row in changed}
    for row in changed:
        mark = stored.get(row.participant.pk) or EnteredMark(
            period=period, component=component, participant=row.participant
        )
        if row.value is None:
            mark.delete()
            continue
        mark.value, mark.note, mark.entered_by, mark.entered_at = row.value, row.note.strip(), by, Now()
        mark.source, mark.sample_size = paper["source"], sample_size
        mark.save()
    if changed:
        after = {row.participant.code: None if row.value is None else str(row.value) for row in changed}
        record_event(by=by, verb="enter_marks", target=component, before=before, after={"period": period.code} | after)
    removed = sum(row.value is None for row in changed)
    return MarkOutcome(saved=len(changed) - removed, removed=removed)


@transaction.atomic
def confirm_marks(*, period: ReportingPeriod, component: ScoringComponent, by: User) -> int:
    """Confirm what others have entered; from then on the marks count and cannot be changed. Returns how many.

    Raises Refused where there is nothing to confirm, or only the person's own entries.
    """
    period = _open(period)
    require_city_office(by, period.programme.owner_id)
    waiting = [row for row in _marks(period, component) if row.confirmed_at is None]
    if not waiting:
        raise Refused(f"“{component.name}”没有等待确认的打分。")
    theirs = [row for row in waiting if row.entered_by_id != by.pk]
    if not theirs:
        raise Refused(f"“{component.name}”都是您录入的，要由另一人确认。")
    EnteredMark.objects.filter(pk__in=[row.pk for row in theirs]).update(confirmed_by=by, confirmed_at=Now())
    after = {row.participant.code: str(row.value) for row in theirs}
    record_event(by=by, verb="confirm_marks", target=component, after={"period": period.code} | after)
    return len(theirs)


@transaction.atomic
def withdraw_marks(*, period: ReportingPeriod, component: ScoringComponent, reason: str, by: User) -> int:
    """Take the confirmation of a component's marks back, so that they can be corrected. Returns how many."""
    period = _open(period)
    require_city_office(by, period.programme.owner_id)
    if not reason.strip():
        raise Refused("撤回确认要写原因。")
    confirmed = [row for row in _marks(period, component) if row.confirmed_at is not None]
    if not confirmed:
        raise Refused(f"“{component.name}”没有已确认的打分。")
    EnteredMark.objects.filter(pk__in=[row.pk for row in confirmed]).update(confirmed_by=None, confirmed_at=None)
    after = {"period": period.code, "count": len(confirmed)}
    record_event(by=by, verb="withdraw_marks", target=component, after=after, reason=reason.strip())
    return len(confirmed)


def _open(period: ReportingPeriod) -> ReportingPeriod:
    """Lock the period; what is closed is frozen with its marks, until it is reopened."""
    period = ReportingPeriod.objects.select_for_update(of=("self",)).select_related("programme").get(pk=period.pk)
    if period.state != ReportingPeriod.State.OPEN and not is_reopened(period):
        raise Refused(f"{period.label}已经封账，打分不能再改；要改请先重新开放。")
    return period


def _marks(period: ReportingPeriod, component: ScoringComponent) -> Iterable[EnteredMark]:
    return EnteredMark.objects.filter(period=period, component=component).select_related("participant")


def _require_paper(component: ScoringComponent, source: str, sample_size: int | None) -> None:
    if not source.strip():
        raise Refused(f"“{component.name}”要写依据：哪份评分表、哪次调查。")
    if component.marked_by == ScoringComponent.MarkedBy.SURVEY and not sample_size:
        raise Refused(f"“{component.name}”是群众调查，要写样本量。")


def _differs(mark: EnteredMark | None, entry: MarkEntry, paper: dict) -> bool:
    if mark is None:
        return entry.value is not None
    said = (mark.value, mark.note, mark.source, mark.sample_size)
    return said != (entry.value, entry.note.strip(), paper["source"], paper["sample_size"])


def _fault(component: ScoringComponent, stored: dict[int, EnteredMark], entry: MarkEntry) -> str:
    name, mark = entry.participant.printed_name, stored.get(entry.participant.pk)
    if mark is not None and mark.confirmed_at is not None:
        # The paper alone may differ: it is given once for the whole table.
        if (mark.value, mark.note) == (entry.value, entry.note.strip()):
            return f"{name}的打分已确认，依据和样本量要先撤回确认再改。"
        return f"{name}的打分已确认，要先撤回确认再改。"
    if entry.value is None:
        return ""
    if entry.value < 0:
        return f"{name}的分数{entry.value}小于0。"
    if component.max_mark is not None and entry.value > component.max_mark:
        return f"{name}的分数{entry.value}超过满分{format_number(component.max_mark)}。"
    if component.max_mark is None and entry.value != entry.value.to_integral_value():
        return f"{name}的次数{entry.value}不是整数。"
    return ""


def _said(mark: EnteredMark | None) -> str | None:
    return None if mark is None else str(mark.value)
