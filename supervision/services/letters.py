"""Writes of supervision letters: drafted, issued with their paper, answered, re-checked, closed (销号)."""

from django.db import transaction
from django.utils import timezone

from livelihood.access import Role, access_of, require_city_office
from livelihood.formats import format_number
from livelihood.models import Agency, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Indicator, ReportingPeriod, Target
from supervision.documents.blockers import Blocker
from supervision.documents.paper import issuer_name
from supervision.models import Document, Level, RuleFiring, Snapshot, SnapshotLine, SupervisionLetter
from supervision.oversight.finding import Found
from supervision.oversight.letter_content import letter_content
from supervision.oversight.letter_draft import Known, LetterDraft, draft_of_firing, setting_of
from supervision.papers.receivers import receivers_of
from supervision.services.documents import draft_paper, send_document, series_of, void_document
from supervision.services.oversight import LEVELS, fire_rules
from supervision.services.papers.series import likely_year

S = SupervisionLetter.State
M = SupervisionLetter.Measure

#: The paper that answers each level.
KIND_OF = {
    Level.BLUE: Document.Kind.REMINDER,
    Level.YELLOW: Document.Kind.LETTER,
    Level.RED: Document.Kind.SUMMONS,
}
_FIGURES = ("target", "actual", "rate", "average", "gap")


@transaction.atomic
def draft_letters(snapshot: Snapshot, by: User) -> list[SupervisionLetter]:
    """Draft what follows from the rules in a snapshot just closed: the gravest first, as many as the office set.

    One letter per matter, by the gravest of its rules; none for what was waived, for what has a letter this period, or
    for what an open letter of the same level is after already. Drafts of an earlier snapshot of the period are made
    anew or taken back. Started twice it makes nothing more. Returns the period's letters that stand.
    """
    firings = fire_rules(snapshot=snapshot, by=by)
    period = snapshot.period
    _take_back_outdated(snapshot, by)
    made = SupervisionLetter.objects.filter(firing__snapshot=snapshot)
    taken = set(made.values_list("cause", flat=True)) | set(
        SupervisionLetter.objects.filter(period=period).exclude(state=S.VOID).values_list("cause", flat=True)
    )
    left = max(0, setting_of(period.programme).drafted_by_close - made.count())
    chosen = [row for row in wanted(firings, period) if matter_of(row) not in taken][:left]
    known = Known(snapshot, [found_of(row) for row in chosen])
    for firing in chosen:
        draft = draft_of_firing(found_of(firing), firing.rule.kind, snapshot, firing.level, known)
        _store_new(draft, snapshot, by, firing)
    return list(SupervisionLetter.objects.filter(period=period).exclude(state=S.VOID).order_by("id"))


def wanted(firings: list[RuleFiring], period: ReportingPeriod) -> list[RuleFiring]:
    """Return of each matter the gravest firing, gravest first; not what was waived or is after already. One query."""
    pursued = {}
    for cause, level in (
        SupervisionLetter.objects.filter(period__programme=period.programme_id).open().values_list("cause", "level")
    ):
        pursued[cause] = max(pursued.get(cause, -1), LEVELS.index(level))
    gravest: dict[str, RuleFiring] = {}
    for firing in firings:
        matter, weight = matter_of(firing), LEVELS.index(firing.level)
        if firing.waived_at is not None or pursued.get(matter, -1) >= weight:
            continue
        if matter not in gravest or weight > LEVELS.index(gravest[matter].level):
            gravest[matter] = firing
    return sorted(gravest.values(), key=lambda row: (-LEVELS.index(row.level), -row.severity, row.cause))


def matter_of(firing: RuleFiring) -> str:
    """Return the matter of a firing, which letters are told apart by."""
    return firing.cause.split("/", 1)[1]


def found_of(firing: RuleFiring) -> Found:
    """Return what was found as the rule returned it."""
    return Found(
        firing.participant_id,
        firing.agency_id,
        firing.indicator_id,
        firing.fund_rate,
        firing.level,
        firing.severity,
        firing.facts,
    )


@transaction.atomic
def draft_from_firing(*, firing: RuleFiring, by: User) -> SupervisionLetter:
    """Draft the letter of one firing the close listed without drafting it."""
    snapshot = firing.snapshot
    require_city_office(by, snapshot.period.programme.owner_id)
    if snapshot != Snapshot.objects.latest_of(snapshot.period):
        raise Refused("这是旧快照的触发记录，请按最新快照的办理。")
    if firing.waived_at is not None:
        raise Refused(f"这件事已由{firing.waived_by}免予督办。")
    _require_free(snapshot.period, matter_of(firing))
    known = Known(snapshot, [found_of(firing)])
    draft = draft_of_firing(found_of(firing), firing.rule.kind, snapshot, firing.level, known)
    return _store_new(draft, snapshot, by, firing)


@transaction.atomic
def draft_letter(*, draft: LetterDraft, snapshot: Snapshot, by: User) -> SupervisionLetter:
    """Draft a letter by hand. Raises Refused with everything that stands against it."""
    period = snapshot.period
    require_city_office(by, period.programme.owner_id)
    if reasons := faults(draft, snapshot):
        raise Refused("；".join(reasons) + "。")
    ReportingPeriod.objects.select_for_update().get(pk=period.pk)
    _require_free(period, draft.cause)
    return _store_new(draft, snapshot, by, None)


@transaction.atomic
def change_letter(*, letter: SupervisionLetter, draft: LetterDraft, version: int, by: User) -> SupervisionLetter:
    """Write a letter not yet issued anew with what was changed; its paper is a new version to review."""
    require_city_office(by, letter.period.programme.owner_id)
    letter = locked(letter)
    if letter.state != S.DRAFTED:
        raise InvalidTransition("这份函已经印发或撤销，不能再改。")
    if letter.version != version:
        raise InvalidTransition("这份函在您打开页面之后改过，您的改动没有保存。请看过现在的再改。")
    if reasons := faults(draft, letter.document.snapshot):
        raise Refused("；".join(reasons) + "。")
    before = {"requirement": letter.requirement, "deadline": letter.deadline.isoformat()}
    _fill(letter, draft)
    letter.document = _paper(draft, letter.document.snapshot, by)
    letter.version += 1
    letter.save()
    after = {"requirement": letter.requirement, "deadline": letter.deadline.isoformat()}
    record_event(by=by, verb="change_letter", target=letter, before=before, after=after)
    return letter


def faults(draft: LetterDraft, snapshot: Snapshot) -> list[str]:
    """Return what stands against a letter as Chinese clauses; none, and it can be drafted."""
    found = []
    programme = snapshot.period.programme
    if draft.participant is None and draft.agency is None:
        found.append("请选择主送的单位或牵头部门，至少一个")
    if not draft.requirement.strip():
        found.append("请写明要求")
    today = draft.as_of if programme.is_demo else max(timezone.localdate(), draft.as_of)
    if draft.deadline <= today:
        found.append(f"反馈时限{draft.deadline:%Y-%m-%d}已经过了，请填{today:%Y-%m-%d}以后的日期")
    if draft.required_measure == M.NONE:
        return found
    if draft.required_value is None or draft.required_value < 0:
        found.append("要求达到多少要填数，如50")
    if draft.indicator is None and not draft.fund_rate:
        found.append("数值要求要对着一个指标，请选择指标，或者不提数值要求")
    elif draft.indicator is not None and draft.participant is not None and not _has_task(draft, snapshot):
        found.append(f"{draft.participant.printed_name}没有“{draft.indicator.name}”的任务，不能按数值要求督办")
    elif draft.required_value is not None:
        found += _unreasonable(draft)
    return found


def _unreasonable(draft: LetterDraft) -> list[str]:
    """Return what is wrong with a number asked for: beyond all there is to do, or attained in the letter's own month.

    Where less is better nothing is said of it.
    """
    if draft.indicator is not None and draft.indicator.direction == Indicator.Direction.AT_MOST:
        return []
    is_rate = draft.required_measure == M.RATE
    most = max(100, draft.average or 0) if is_rate else draft.target
    now = draft.rate if is_rate else draft.actual
    unit = "%" if is_rate else draft.indicator.unit if draft.indicator else ""
    asked = f"要求达到{format_number(draft.required_value.normalize())}{unit}"
    if most is not None and draft.required_value > most:
        whole = "100%" if is_rate else f"目标任务{format_number(most.normalize())}{unit}"
        return [f"{asked}，超过{whole}，请核对"]
    if now is not None and draft.required_value <= now:
        return [f"{asked}，{draft.as_of.month}月已经是{format_number(now.normalize())}{unit}，请写高一些或不提数值要求"]
    return []


def _has_task(draft: LetterDraft, snapshot: Snapshot) -> bool:
    return SnapshotLine.objects.filter(
        snapshot=snapshot,
        participant=draft.participant,
        indicator=draft.indicator,
        target_state=Target.State.ASSESSED,
    ).exists()


def _require_free(period: ReportingPeriod, cause: str) -> None:
    standing = SupervisionLetter.objects.filter(period=period, cause=cause).exclude(state=S.VOID)
    if found := standing.select_related("document__series").first():
        raise Refused(f"{period.label}对这件事已经有一份{found.document.get_kind_display()}，请直接办理那一份。")


def _take_back_outdated(snapshot: Snapshot, by: User) -> None:
    """Take back drafts the rules made on an earlier snapshot of the period: the figures are others now."""
    outdated = SupervisionLetter.objects.filter(period=snapshot.period, state=S.DRAFTED, firing__isnull=False).exclude(
        firing__snapshot=snapshot
    )
    for letter in outdated.select_related("document").order_by("id"):
        void_document(document=letter.document, reason="封账数据有变动，按新的快照重新拟稿", by=by)


def _store_new(draft: LetterDraft, snapshot: Snapshot, by: User, firing: RuleFiring | None) -> SupervisionLetter:
    letter = SupervisionLetter(period=snapshot.period, firing=firing, drafted_by=by)
    _fill(letter, draft)
    letter.document = _paper(draft, snapshot, by)
    letter.save()
    record_event(
        by=by,
        verb="draft_letter",
        target=letter,
        after={"level": letter.level, "cause": letter.cause, "document": letter.document_id},
    )
    return letter


def _fill(letter: SupervisionLetter, draft: LetterDraft) -> None:
    for name in (
        *("participant", "agency", "indicator", "fund_rate", "level", "cause", "matter", "reason", "as_of"),
        *("requirement", "required_measure", "required_value", "deadline", "contact", "average_word", *_FIGURES),
    ):
        setattr(letter, name, getattr(draft, name))


def _paper(draft: LetterDraft, snapshot: Snapshot, by: User) -> Document:
    period = snapshot.period
    series = series_of(period.programme, year=likely_year(period.programme))
    content = letter_content(draft, snapshot, issuer=issuer_name(series)).as_json()
    return draft_paper(
        kind=KIND_OF[draft.level],
        period=period,
        snapshot=snapshot,
        subject=draft.cause[:40],
        title=content["title"],
        content=content,
        by=by,
    )


def draft_of(letter: SupervisionLetter) -> LetterDraft:
    """Return a stored letter as the draft it was made from, to be changed."""
    line = SnapshotLine.objects.filter(
        snapshot=letter.document.snapshot_id, participant=letter.participant_id, indicator=letter.indicator_id
    ).first()
    same = {
        name: getattr(letter, name)
        for name in (
            *("participant", "agency", "indicator", "fund_rate", "level", "cause", "matter", "reason", "as_of"),
            *("requirement", "required_measure", "required_value", "deadline", "contact", "average_word", *_FIGURES),
        )
    }
    return LetterDraft(**same, line_id=line.pk if line else None)


def issue_faults(document: Document) -> list[Blocker]:
    """Say what of a letter stands against issuing its paper: a term that has passed (the demo's year is its own)."""
    letter = SupervisionLetter.objects.filter(document=document).first() if document.kind in KIND_OF.values() else None
    if letter is None or document.period.programme.is_demo or letter.deadline > timezone.localdate():
        return []
    return [Blocker(f"反馈时限{letter.deadline:%Y-%m-%d}已经过了，请先在督办函里改时限")]


def note_issued(document: Document, by: User) -> None:
    """Carry the issue of a letter's paper over to the letter, in the same transaction."""
    letter = SupervisionLetter.objects.select_for_update().filter(document=document).first()
    if letter is not None and letter.state == S.DRAFTED:
        letter.state = S.ISSUED
        letter.version += 1
        letter.save(update_fields=["state", "version"])
        record_event(by=by, verb="issue_letter", target=letter, after={"number": document.printed_number})
        send_document(document=document, agencies=_receivers(letter), by=by)


def _receivers(letter: SupervisionLetter) -> list[Agency]:
    """Return the agencies with accounts the letter goes to: the lead agency, and the office of the unit's place."""
    region = letter.participant.region_id if letter.participant_id else None
    return [
        row.agency
        for row in receivers_of(letter.period.programme)
        if row.agency.pk == letter.agency_id or (region is not None and row.agency.region_id == region)
    ]


def note_void(document: Document, by: User) -> None:
    """Carry 作废 of a letter's paper over to the letter; a closed one stays closed."""
    letter = SupervisionLetter.objects.select_for_update().filter(document=document).exclude(state=S.CLOSED).first()
    if letter is not None:
        before = {"state": letter.state}
        letter.state = S.VOID
        letter.version += 1
        letter.save(update_fields=["state", "version"])
        record_event(by=by, verb="void_letter", target=letter, before=before, reason=document.void_reason)


def may_recheck(user: User, letter: SupervisionLetter) -> bool:
    """Tell whether the user re-checks letters of the programme: the city office and its inspectors, not who drafted."""
    regions = access_of(user).region_ids(Role.CITY_OFFICE, Role.INSPECTOR)
    return letter.period.programme.owner_id in regions and user.pk != letter.drafted_by_id


def locked(letter: SupervisionLetter) -> SupervisionLetter:
    return (
        SupervisionLetter.objects.select_for_update(of=("self",))
        .select_related("document__snapshot", "period__programme", "participant", "agency", "indicator")
        .get(pk=letter.pk)
    )
