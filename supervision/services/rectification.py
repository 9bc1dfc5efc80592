"""Writes of 整改: opened from a ranking, an inspection, an audit …, assigned, filled, reported, verified, 销号."""

import datetime
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from livelihood.access import NotAllowed, is_city_office
from livelihood.formats import format_date
from livelihood.models import Agency, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Participant, Programme, Project
from supervision.models import Document, Interview, KeptFile, Rectification, RectificationFile, RectificationStep
from supervision.rectification.rights import may_fill, may_open_item

State, Step = Rectification.State, RectificationStep.Kind

TEXT_LENGTH = 2000
#: Files beside one item.
MOST_FILES = 40
#: What of an item the office sets, and what the unit that answers for it fills.
OFFICE_FIELDS = ("problem", "task", "standard", "person", "deadline", "participant", "agency", "project", "source_note")
UNIT_FIELDS = ("cause", "measures", "person")


@transaction.atomic
def open_rectification(
    *,
    programme: Programme,
    source: str,
    problem: str,
    by: User,
    participant: Participant | None = None,
    agency: Agency | None = None,
    project: Project | None = None,
    deadline: datetime.date | None = None,
    task: str = "",
    standard: str = "",
    person: str = "",
    source_note: str = "",
    document: Document | None = None,
    interview: Interview | None = None,
    earlier: Rectification | None = None,
    files: Iterable[KeptFile] = (),
) -> Rectification:
    """Enter a problem into the programme's ledger under the next number; `files` show how it is before.

    `source` is one of Rectification.Source. The city office opens; who inspects opens what was found there. It is the
    office's alone until it is assigned. Raises NotAllowed, Refused with a sentence.
    """
    if not may_open_item(by, programme, source):
        raise NotAllowed(f"整改事项由{programme.owner.office_word}开立。")
    item = Rectification(
        programme=programme,
        source=source,
        problem=_text(problem, "问题"),
        task=_text(task, "任务", may_be_empty=True),
        standard=_text(standard, "标准", may_be_empty=True),
        person=person.strip(),
        source_note=source_note.strip(),
        participant=participant,
        agency=agency,
        project=project,
        deadline=deadline,
        document=document,
        interview=interview,
        earlier=earlier,
        recurrence=earlier.recurrence + 1 if earlier else 0,
        opened_by=by,
    )
    _check_belongs(item)
    # The programme's row is the queue in which numbers are drawn.
    Programme.objects.select_for_update().get(pk=programme.pk)
    item.seq = (Rectification.objects.filter(programme=programme).aggregate(last=Max("seq"))["last"] or 0) + 1
    item.save()
    _note(item, Step.OPENED, item.problem, by, new_deadline=deadline)
    attach(item, files, RectificationFile.Moment.BEFORE)
    record_event(
        by=by,
        verb="open_rectification",
        target=item,
        after={"seq": item.seq, "source": source, "problem": item.problem} | _named(item),
    )
    return item


def recurs(*, earlier: Rectification, by: User, problem: str = "", **more) -> Rectification:
    """Open an item anew because a closed one came back: linked to it, counted, with its unit, project and standard.

    Raises Refused unless the earlier one is 销号 and did not recur already.
    """
    with transaction.atomic():
        earlier = _locked(earlier)
        if earlier.state != State.CLOSED:
            raise InvalidTransition(f"{earlier}还没有销号，不用重新开立；请在原事项里写进展或退回。")
        later = earlier.later.first()
        if later is not None:
            raise InvalidTransition(f"{earlier}已经重新开立为{later}。")
        given = {
            "source": earlier.source,
            "participant": earlier.participant,
            "agency": earlier.agency,
            "project": earlier.project,
            "task": earlier.task,
            "standard": earlier.standard,
            "person": earlier.person,
        } | more
        item = open_rectification(
            programme=earlier.programme, problem=problem or earlier.problem, earlier=earlier, by=by, **given
        )
        _note(earlier, Step.RECURRED, f"复发，重新开立为{item}：{item.problem}", by)
    return item


@transaction.atomic
def change_rectification(*, item: Rectification, by: User, **fields) -> Rectification:
    """Change what the office sets, while the item is not assigned yet."""
    item = _locked(item)
    _require_office(by, item)
    _require_state(item, State.OPENED, "改清单")
    before = {name: _json(getattr(item, name)) for name in fields}
    for name in OFFICE_FIELDS:
        if name in fields:
            setattr(item, name, fields[name])
    item.problem = _text(item.problem, "问题")
    _check_belongs(item)
    item.save()
    after = {name: _json(getattr(item, name)) for name in fields}
    changed = [name for name in fields if before[name] != after[name]]
    if changed:
        words = "、".join(str(Rectification._meta.get_field(name).verbose_name) for name in changed)
        _note(item, Step.CHANGED, f"修改：{words}", by)
        record_event(
            by=by,
            verb="change_rectification",
            target=item,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    return item


@transaction.atomic
def assign_rectification(*, item: Rectification, by: User, note: str = "") -> Rectification:
    """交办: from now on the unit that answers for it sees and fills it. Needs a unit or agency and a deadline."""
    item = _locked(item)
    _require_office(by, item)
    _require_state(item, State.OPENED, "交办")
    if item.participant_id is None and item.agency_id is None:
        raise Refused("交办前请先选责任单位（考核单位或部门）。")
    if item.deadline is None:
        raise Refused("交办前请先填整改时限。")
    # A past year's ledger may be entered afterwards.
    if item.deadline < timezone.localdate() <= datetime.date(item.programme.year, 12, 31):
        raise Refused(f"整改时限{format_date(item.deadline)}已经过去，请先改时限再交办。")
    _move(item, State.ASSIGNED, assigned_at=Now(), assigned_by=by)
    _note(item, Step.ASSIGNED, _text(note, "说明", may_be_empty=True), by, new_deadline=item.deadline)
    record_event(by=by, verb="assign_rectification", target=item, after={"deadline": item.deadline.isoformat()})
    return item


@transaction.atomic
def fill_rectification(
    *, item: Rectification, by: User, cause: str, measures: str, person: str = "", files: Iterable[KeptFile] = ()
) -> Rectification:
    """Write cause, measures and who answers for them; the first time the item becomes 整改中."""
    item = _locked(item)
    _require_fill(by, item)
    cause, measures = _text(cause, "原因"), _text(measures, "措施")
    before = {"cause": item.cause, "measures": item.measures, "person": item.person}
    state = State.UNDERWAY if item.state == State.ASSIGNED else item.state
    _move(item, state, cause=cause, measures=measures, person=person.strip() or item.person)
    _note(item, Step.FILLED, f"原因：{cause}\n措施：{measures}", by)
    attach(item, files, RectificationFile.Moment.BEFORE)
    record_event(by=by, verb="fill_rectification", target=item, before=before, after={"cause": cause})
    return item


@transaction.atomic
def note_progress(*, item: Rectification, by: User, text: str, files: Iterable[KeptFile] = ()) -> Rectification:
    """Add what was done meanwhile; files show how it is after."""
    item = _locked(item)
    _require_fill(by, item)
    text = _text(text, "进展")
    if item.state == State.ASSIGNED:
        _move(item, State.UNDERWAY)
    _note(item, Step.PROGRESS, text, by)
    attach(item, files, RectificationFile.Moment.AFTER)
    record_event(by=by, verb="note_rectification", target=item, after={"text": text})
    return item


@transaction.atomic
def report_rectification(*, item: Rectification, by: User, text: str, files: Iterable[KeptFile] = ()) -> Rectification:
    """Say that it is done: needs cause and measures, and a file that shows how it is after."""
    item = _locked(item)
    _require_fill(by, item)
    text = _text(text, "完成情况")
    if not (item.cause and item.measures):
        raise Refused("请先填原因和措施，再报完成。")
    attach(item, files, RectificationFile.Moment.AFTER)
    if not _has_after(item):
        raise Refused("报完成要有整改后的佐证（照片、PDF 或表格），请先选文件。")
    _move(item, State.REPORTED, reported_at=Now(), reported_by=by)
    _note(item, Step.REPORTED, text, by)
    record_event(by=by, verb="report_rectification", target=item, after={"text": text})
    return item


@transaction.atomic
def return_rectification(*, item: Rectification, by: User, reason: str) -> Rectification:
    """Give it back: it is not done."""
    item = _locked(item)
    _require_office(by, item)
    _require_state(item, State.REPORTED, "退回")
    reason = _text(reason, "退回原因")
    _move(item, State.UNDERWAY, reported_at=None, reported_by=None)
    _note(item, Step.RETURNED, reason, by)
    record_event(by=by, verb="return_rectification", target=item, reason=reason)
    return item


@transaction.atomic
def close_rectification(*, item: Rectification, by: User, verification: str) -> Rectification:
    """销号: another person than who reported it has looked, and says what was seen. Needs a file from after."""
    item = _locked(item)
    _require_office(by, item)
    _require_state(item, State.REPORTED, "销号")
    if item.reported_by_id == by.pk:
        raise NotAllowed("这件整改是您报的完成，要由另一个人验收销号。")
    verification = _text(verification, "验收意见")
    if not _has_after(item):
        raise Refused("没有整改后的佐证，不能销号。")
    _move(item, State.CLOSED, closed_at=Now(), closed_by=by, verification=verification)
    _note(item, Step.CLOSED, verification, by)
    record_event(by=by, verb="close_rectification", target=item, after={"verification": verification})
    return item


@transaction.atomic
def extend_rectification(*, item: Rectification, by: User, deadline: datetime.date, reason: str) -> Rectification:
    """Give more time, with a reason; the deadline before stays in the record."""
    item = _locked(item)
    _require_office(by, item)
    reason = _text(reason, "延期原因")
    if item.state in (State.OPENED, State.CLOSED):
        raise InvalidTransition(f"{item}“{item.get_state_display()}”，不用延期。")
    if deadline <= item.deadline:
        raise Refused(f"新时限要晚于原时限{format_date(item.deadline)}。")
    before = item.deadline
    _move(item, item.state, deadline=deadline)
    _note(item, Step.EXTENDED, reason, by, old_deadline=before, new_deadline=deadline)
    record_event(
        by=by,
        verb="extend_rectification",
        target=item,
        before={"deadline": before.isoformat()},
        after={"deadline": deadline.isoformat()},
        reason=reason,
    )
    return item


def attach(item: Rectification, files: Iterable[KeptFile], moment: str) -> None:
    """Put kept files beside an item, in the caller's transaction. The same content is refused a second time."""
    files = list(files)
    there = {row.file.sha256: row.file for row in item.files.select_related("file")}
    if len(there) + len(files) > MOST_FILES:
        raise Refused(f"一件整改最多 {MOST_FILES} 个佐证文件。请合成一个 PDF 再上传。")
    for file in files:
        if file.sha256 in there:
            raise Refused(f"这个文件已经传过（{there[file.sha256].name}），不用再传。")
        there[file.sha256] = file
        RectificationFile.objects.create(rectification=item, file=file, moment=moment)


def _locked(item: Rectification) -> Rectification:
    """Return the item as it is now, held until the end of the transaction."""
    return Rectification.objects.select_for_update(of=("self",)).select_related("programme__owner").get(pk=item.pk)


def _require_office(by: User, item: Rectification) -> None:
    if not is_city_office(by, item.programme.owner_id):
        raise NotAllowed(f"只有{item.programme.owner.office_word}可以做这件事。")


def _require_fill(by: User, item: Rectification) -> None:
    """Raise unless the item is `by`'s to fill and waits for it."""
    if not may_fill(by, item):
        raise NotAllowed("这件整改不由您单位负责，没有改动。")
    if item.state not in (State.ASSIGNED, State.UNDERWAY):
        raise InvalidTransition(f"{item}“{item.get_state_display()}”，现在不能填写；请刷新页面。")


def _require_state(item: Rectification, state: str, deed: str) -> None:
    if item.state != state:
        raise InvalidTransition(
            f"{item}现在是“{item.get_state_display()}”，不能{deed}；请刷新页面看看是不是别人已经处理。"
        )


def _check_belongs(item: Rectification) -> None:
    """Raise unless what the item names is the programme's, and its words fit."""
    programme = item.programme_id
    if item.participant and item.participant.programme_id != programme:
        raise Refused("考核单位不属于这个年度民生工程，请重新选择。")
    if item.participant and item.participant.kind == Participant.Kind.WHOLE:
        raise Refused(f"“{item.participant}”不是责任单位，请选具体的单位。")
    if item.project and item.project.programme_id != programme:
        raise Refused("项目不属于这个年度民生工程，请重新选择。")
    for name in ("person", "source_note"):
        field, value = Rectification._meta.get_field(name), getattr(item, name)
        if len(value) > field.max_length:
            raise Refused(f"{field.verbose_name}最多 {field.max_length} 字，现在有 {len(value)} 字。")
        if "\x00" in value:
            raise Refused("文字里有不能保存的字符，请重新输入。")
    if item.deadline and abs(item.deadline.year - item.programme.year) > 2:
        raise Refused(f"整改时限{format_date(item.deadline)}离{item.programme.year}年度太远，请核对年份。")


def _text(text: str, word: str, *, may_be_empty: bool = False) -> str:
    """Return the text without blanks around it. Raises Refused for one that is empty, too long or not text."""
    text = text.strip()
    if not text and not may_be_empty:
        raise Refused(f"请写{word}。")
    if len(text) > TEXT_LENGTH:
        raise Refused(f"{word}最多 {TEXT_LENGTH} 字，现在有 {len(text)} 字。")
    if "\x00" in text:
        raise Refused("文字里有不能保存的字符，请重新输入。")
    return text


def _has_after(item: Rectification) -> bool:
    return item.files.filter(moment=RectificationFile.Moment.AFTER).exists()


def _move(item: Rectification, state: str, **fields) -> None:
    """Store state and fields; the row is locked."""
    Rectification.objects.filter(pk=item.pk).update(state=state, **fields)
    item.refresh_from_db(fields=["state", *fields])


def _note(item: Rectification, kind: str, text: str, by: User, **deadlines) -> None:
    RectificationStep.objects.create(rectification=item, kind=kind, text=text, by=by, **deadlines)


def _named(item: Rectification) -> dict:
    names = {"participant": item.participant, "agency": item.agency, "project": item.project}
    return {name: str(value) for name, value in names.items() if value}


def _json(value):
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value if isinstance(value, str | int | None) else str(value)
