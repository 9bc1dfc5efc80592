"""Writes of 资金筹集方案: first plans one by one or many at once, and dated revisions.

Plans are never changed: a new paper makes a new revision (R19), and issued months stay as they were printed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction

from funding import rights
from funding.amounts import check_amount
from funding.models import FundLine, FundPlan
from funding.sources import FundKind, Source, overlap
from livelihood.access import NotAllowed, require_city_office
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Participant, Programme, SubProject

LABEL_LENGTH = FundLine._meta.get_field("label").max_length
NOTE_LENGTH = FundLine._meta.get_field("note").max_length
DOCUMENT_LENGTH = FundPlan._meta.get_field("document").max_length
REASON_LENGTH = 500
#: Changes the audit trail keeps line by line.
MOST_NOTED = 200

LineKey = tuple[int, int, str, str]


@dataclass(frozen=True)
class PlanEntry:
    """One first plan: `amount` in 元, `label` and `note` as the paper prints them."""

    sub_project: SubProject
    participant: Participant
    source: str
    kind: str
    amount: Decimal
    label: str = ""
    note: str = ""

    @property
    def key(self) -> LineKey:
        """Return the line's key within its programme."""
        return self.sub_project.pk, self.participant.pk, str(self.source), str(self.kind)

    @property
    def place(self) -> tuple[int, int, str]:
        """Return whose money it is, whatever its source: there total and parts exclude each other."""
        return self.sub_project.pk, self.participant.pk, str(self.kind)

    def __str__(self):
        return (
            f"{self.participant.printed_name}“{self.sub_project}”{Source(self.source).label}{FundKind(self.kind).label}"
        )


@dataclass(frozen=True)
class PlanChange:
    """The next amount of a line in 元, None to withdraw it, and the revision the person saw (None: not asked)."""

    fund_line: FundLine
    amount: Decimal | None
    seen_revision: int | None = None


@dataclass(frozen=True)
class RevisionPaper:
    """What a revision rests on; without `valid_from` it counts from 1 January of the year."""

    document: str = ""
    document_on: date | None = None
    reason: str = ""
    valid_from: date | None = None


class PlansRefused(Refused):
    """Entries that cannot be stored; `errors`: position in the batch → Chinese sentence."""

    def __init__(self, errors: dict[int, str]):
        super().__init__("；".join(errors.values()))
        self.errors = errors


def set_plan(*, programme: Programme, entry: PlanEntry, by: User, **paper) -> FundPlan:
    """Enter one line's first plan; see `set_plans`."""
    [plan] = set_plans(programme=programme, entries=[entry], by=by, **paper)
    return plan


@transaction.atomic
def set_plans(
    *,
    programme: Programme,
    entries: Iterable[PlanEntry],
    by: User,
    document: str = "",
    document_on: date | None = None,
    valid_from: date | None = None,
    is_demo: bool = False,
) -> list[FundPlan]:
    """Enter the first plans of lines that have none, all or none of them; `valid_from` defaults to 1 January.

    Raises PlansRefused naming each entry that cannot be stored (R14, R20): a line planned already or twice in the
    batch, a total beside its parts, a bad amount, a sub-project or unit of another programme. NotAllowed for units
    that are not the user's. One audit event; the number of queries does not depend on the number of entries.
    """
    entries, document = list(entries), document.strip()
    units = {entry.participant.pk: entry.participant for entry in entries}
    if not all(rights.may_set_plan(by, programme, unit) for unit in units.values()):
        raise NotAllowed("县区只能录入本单位的资金计划，什么都没有改动。")
    _require_paper(programme, document, valid_from=valid_from)
    # The units' rows are the lock: two people cannot enter a total and its parts at once.
    list(Participant.objects.select_for_update().filter(pk__in=units).order_by("pk").values_list("pk", flat=True))
    if errors := plan_errors(programme, entries):
        raise PlansRefused(errors)
    known = {_key(line): line for line in FundLine.objects.filter(programme=programme, participant__in=units)}
    FundLine.objects.bulk_create(
        FundLine(
            programme=programme,
            sub_project=entry.sub_project,
            participant=entry.participant,
            source=entry.source,
            kind=entry.kind,
            label=entry.label.strip(),
            note=entry.note.strip(),
            added_by=by,
        )
        for entry in entries
        if entry.key not in known
    )
    known = {_key(line): line for line in FundLine.objects.filter(programme=programme, participant__in=units)}
    plans = _stored(
        FundPlan(
            fund_line=known[entry.key],
            valid_from=valid_from or date(programme.year, 1, 1),
            amount=entry.amount,
            document=document,
            document_on=document_on,
            is_demo=is_demo,
            set_by=by,
        )
        for entry in entries
    )
    total = sum((entry.amount for entry in entries), Decimal(0))
    record_event(
        by=by,
        verb="set_plans",
        target=programme,
        after={"count": len(plans), "total": str(total), "document": document},
    )
    return plans


@transaction.atomic
def add_fund_line(
    *, programme: Programme, sub_project: SubProject, participant: Participant, source: str, kind: str, by: User
) -> FundLine:
    """Return the line of that key, made without a plan when there is none yet.

    A stage may be reported at another split than the plan's (拨付 in total where the plan has sources, R14): this is
    the line it is reported on. Raises PlansRefused for a sub-project or unit of another programme, NotAllowed for a
    unit that is not the user's.
    """
    if not rights.may_set_plan(by, programme, participant):
        raise NotAllowed("县区只能增加本单位的资金线，什么都没有改动。")
    entry = PlanEntry(sub_project, participant, source, kind, Decimal(0))
    own = set(SubProject.objects.filter(project__programme=programme).values_list("pk", flat=True))
    if sentence := _own_error(programme, entry, own):
        raise PlansRefused({0: sentence})
    line, is_new = FundLine.objects.get_or_create(
        programme=programme,
        sub_project=sub_project,
        participant=participant,
        source=source,
        kind=kind,
        defaults={"added_by": by},
    )
    if is_new:
        record_event(by=by, verb="add_fund_line", target=line, after={"line": str(entry)})
    return line


@transaction.atomic
def revise_plan(
    *,
    fund_line: FundLine,
    amount: Decimal | None,
    reason: str,
    document: str,
    document_on: date | None,
    by: User,
    valid_from: date | None = None,
    seen_revision: int | None = None,
) -> FundPlan:
    """Add the next dated revision of a line's plan (R19); `amount` None withdraws it from `valid_from` on.

    `valid_from` defaults to 1 January of the year. Raises Refused without reason or document, for an amount that
    changes nothing or would stand beside its total or parts; InvalidTransition when the newest revision is no
    longer `seen_revision`; NotAllowed unless `by` works in the city office.
    """
    change = PlanChange(fund_line, amount, seen_revision)
    paper = RevisionPaper(document, document_on, reason, valid_from)
    [(before, plan)] = _revise(fund_line.programme, [change], paper, by)
    record_event(
        by=by,
        verb="revise_plan",
        target=plan,
        before={"amount": _text(before.amount), "revision": before.revision},
        after={"amount": _text(amount), "revision": plan.revision, "valid_from": str(plan.valid_from)},
        reason=plan.reason,
    )
    return plan


@transaction.atomic
def revise_plans(
    *, programme: Programme, changes: Iterable[PlanChange], paper: RevisionPaper, by: User
) -> list[FundPlan]:
    """Add the next revision of many lines' plans by one paper, all or none of them; one audit event.

    Raises what `revise_plan` does, naming the line. The number of queries does not depend on that of the changes.
    """
    done = _revise(programme, list(changes), paper, by)
    record_event(
        by=by,
        verb="revise_plans",
        target=programme,
        before={str(plan.fund_line): _text(before.amount) for before, plan in done[:MOST_NOTED]},
        after={str(plan.fund_line): _text(plan.amount) for _before, plan in done[:MOST_NOTED]}
        | {"count": len(done), "document": paper.document.strip()},
        reason=paper.reason.strip(),
    )
    return [plan for _before, plan in done]


def revision_problems(programme: Programme, paper: RevisionPaper) -> list[str]:
    """Return what is missing of the paper of a revision, one Chinese sentence each; for previews too."""
    problems = []
    if not paper.reason.strip():
        problems.append("修订资金计划要写明原因。")
    if not paper.document.strip() or paper.document_on is None:
        problems.append("修订资金计划要写明依据文件和文件日期。")
    try:
        _require_paper(programme, paper.document.strip(), paper.reason.strip(), valid_from=paper.valid_from)
    except Refused as refusal:
        problems.append(str(refusal))
    return problems


def _revise(
    programme: Programme, changes: list[PlanChange], paper: RevisionPaper, by: User
) -> list[tuple[FundPlan, FundPlan]]:
    """Store the next revision of each line; return what stood and what stands."""
    require_city_office(by, programme.owner_id)
    if problems := revision_problems(programme, paper):
        raise Refused(problems[0])
    valid_from = paper.valid_from or date(programme.year, 1, 1)
    # The units' rows are the lock: two revisions of one line get two numbers.
    units = {change.fund_line.participant_id for change in changes}
    list(Participant.objects.select_for_update().filter(pk__in=units).order_by("pk").values_list("pk", flat=True))
    lines = [change.fund_line for change in changes]
    newest = {plan.fund_line_id: plan for plan in FundPlan.objects.filter(fund_line__in=lines).order_by("revision")}
    for change in changes:
        _require_change(change, newest.get(change.fund_line.pk), valid_from)
    _require_no_overlap([change.fund_line for change in changes if change.amount is not None], valid_from)
    plans = _stored(
        FundPlan(
            fund_line=change.fund_line,
            revision=newest[change.fund_line.pk].revision + 1,
            valid_from=valid_from,
            amount=change.amount,
            reason=paper.reason.strip(),
            document=paper.document.strip(),
            document_on=paper.document_on,
            set_by=by,
        )
        for change in changes
    )
    return [(newest[plan.fund_line_id], plan) for plan in plans]


def _require_change(change: PlanChange, before: FundPlan | None, valid_from: date) -> None:
    """Raise Refused for what is no revision of what stands."""
    if change.amount is not None and (sentence := check_amount(change.amount)):
        raise Refused(sentence)
    if before is None:
        raise Refused("这条资金线还没有计划，不能修订。")
    if change.seen_revision is not None and change.seen_revision != before.revision:
        raise InvalidTransition("这条计划刚刚被别人修订过，您的改动没有存。请看过最新的一版再改。")
    if (before.amount, before.valid_from) == (change.amount, valid_from):
        raise Refused("金额和生效日期都没有变，不用修订。")


def plan_errors(programme: Programme, entries: list[PlanEntry]) -> dict[int, str]:
    """Return what is wrong with single entries by position, without storing anything; for previews too. Two queries."""
    planned = list(
        FundPlan.objects.filter(
            fund_line__programme=programme, fund_line__participant__in={entry.participant.pk for entry in entries}
        ).select_related("fund_line")
    )
    latest = {plan.fund_line_id: plan for plan in sorted(planned, key=lambda plan: plan.revision)}
    taken = {_key(plan.fund_line) for plan in latest.values()}
    places: dict[tuple, set[str]] = {}
    for plan in latest.values():
        if plan.amount is not None:
            line = plan.fund_line
            places.setdefault((line.sub_project_id, line.participant_id, line.kind), set()).add(line.source)
    own = set(SubProject.objects.filter(project__programme=programme).values_list("pk", flat=True))
    errors, seen = {}, set()
    for nth, entry in enumerate(entries):
        beside = places.setdefault(entry.place, set())
        sentence = _own_error(programme, entry, own)
        if not sentence and entry.key in taken:
            sentence = f"{entry}已有计划，改动请用修订。"
        if not sentence and entry.key in seen:
            sentence = f"{entry}在这一批里出现了两次。"
        clash = next((source for source in sorted(beside) if overlap(source, entry.source)), None)
        if not sentence and clash:
            sentence = f"{entry}不能与“{Source(clash).label}”并存：同一子项同一单位要么填合计，要么分来源填。"
        if sentence:
            errors[nth] = sentence
        seen.add(entry.key)
        beside.add(str(entry.source))
    return errors


def _own_error(programme: Programme, entry: PlanEntry, own: set[int]) -> str:
    """Return what is wrong with an entry whatever else is planned, or an empty string."""
    if entry.source not in Source.values or entry.kind not in FundKind.values:
        return "请选资金来源和资金类别。"
    if entry.sub_project.pk not in own or entry.participant.programme_id != programme.pk:
        return f"“{entry.sub_project}”或{entry.participant}不属于“{programme.name}”。"
    if entry.participant.kind == Participant.Kind.WHOLE:
        return f"{entry.participant}的计划由各单位相加得出，不用录入；印发的合计数请作为核对数录入。"
    if sentence := check_amount(entry.amount):
        return f"{entry}：{sentence}"
    if len(entry.label.strip()) > LABEL_LENGTH or len(entry.note.strip()) > NOTE_LENGTH:
        return f"印发名称最多 {LABEL_LENGTH} 字，说明最多 {NOTE_LENGTH} 字。"
    if "\x00" in entry.label + entry.note:
        return "文字里有不能保存的字符，请重新输入。"
    return ""


def _require_paper(programme: Programme, document: str, reason: str = "", *, valid_from: date | None) -> None:
    if len(document) > DOCUMENT_LENGTH:
        raise Refused(f"依据文件最多 {DOCUMENT_LENGTH} 字。")
    if len(reason) > REASON_LENGTH:
        raise Refused(f"原因最多 {REASON_LENGTH} 字，请写得短一些。")
    if "\x00" in document + reason:
        raise Refused("文字里有不能保存的字符，请重新输入。")
    if valid_from is not None and valid_from.year != programme.year:
        raise Refused(f"生效日期要在 {programme.year} 年内。")


def _require_no_overlap(fund_lines: list[FundLine], day: date) -> None:
    """Raise Refused when, from `day` on, a line that holds the money of one of these or is held by it has a plan."""
    places = {(line.sub_project_id, line.participant_id, line.kind): [] for line in fund_lines}
    standing = FundPlan.objects.in_force(day).filter(
        fund_line__sub_project__in={line.sub_project_id for line in fund_lines},
        fund_line__participant__in={line.participant_id for line in fund_lines},
        amount__isnull=False,
    )
    for plan in standing.select_related("fund_line"):
        line = plan.fund_line
        places.get((line.sub_project_id, line.participant_id, line.kind), []).append(line)
    for line in fund_lines:
        for other in places[line.sub_project_id, line.participant_id, line.kind]:
            if other.pk != line.pk and overlap(other.source, line.source):
                raise Refused(
                    f"“{other.get_source_display()}”还有计划，不能与“{line.get_source_display()}”并存："
                    "同一子项同一单位要么填合计，要么分来源填。"
                )


def _stored(plans: Iterable[FundPlan]) -> list[FundPlan]:
    """Store plans in one statement; the database looks at every day's total and parts, also at days to come."""
    try:
        with transaction.atomic():
            return FundPlan.objects.bulk_create(plans)
    except IntegrityError as error:
        raise Refused(
            "这样改，有的日子里同一子项同一单位的合计与分来源会并存。请先让其中一边失效，再从同一天起录入另一边。"
        ) from error


def _key(line: FundLine) -> LineKey:
    return line.sub_project_id, line.participant_id, line.source, line.kind


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"
