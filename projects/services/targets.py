"""Writes of many targets at once: first ones and dated revisions (R19), all or nothing, one audit event."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from livelihood.access import require_city_office
from livelihood.formats import format_date
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.catalogue_check import target_fault
from projects.excel.lines import decimal_text
from projects.models import Indicator, Participant, Programme, Target

#: What a target says, the words of the paper last.
SAID = ["state", "value", "comparison", "printed"]
CONTENT = SAID[:-1]
PRINTED_LENGTH = Target._meta.get_field("printed").max_length
DOCUMENT_LENGTH = Target._meta.get_field("document").max_length
REASON_LENGTH = 500
#: Changes the audit trail keeps in words.
MOST_NOTED = 200

#: Indicator and participant.
Key = tuple[int, int]


@dataclass(frozen=True)
class TargetEntry:
    """One target as a paper gives it; `base_revision` is the revision the person saw, 0 for none."""

    indicator: Indicator
    participant: Participant
    state: str
    value: Decimal | None = None
    comparison: str = Target.Comparison.EQUAL
    printed: str = ""
    base_revision: int = 0

    @property
    def key(self) -> Key:
        """Return indicator and participant."""
        return self.indicator.pk, self.participant.pk

    def __str__(self):
        return f"{self.participant.printed_name}的“{self.indicator.name}”"


@dataclass(frozen=True)
class Paper:
    """The document a batch of targets stands in, the day from which it counts, and why it changes what stood.

    Without a day first targets count from 1 January, revisions from the day after the last issued month.
    """

    document: str = ""
    document_on: date | None = None
    valid_from: date | None = None
    reason: str = ""


@dataclass
class TargetOutcome:
    """What a batch did."""

    first: list[TargetEntry] = field(default_factory=list)
    revised: list[TargetEntry] = field(default_factory=list)
    unchanged: list[TargetEntry] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        """Tell whether anything was written."""
        return bool(self.first or self.revised)


def newest_targets(indicators: Iterable[Indicator]) -> dict[Key, Target]:
    """Return the newest revision of every target of these indicators. One query."""
    newest: dict[Key, Target] = {}
    for target in Target.objects.filter(indicator__in=indicators).order_by("revision"):
        newest[target.indicator_id, target.participant_id] = target
    return newest


def standing_targets(code: str) -> dict[tuple, Target]:
    """Return the newest targets of a programme by the unit's code, item, sub-item and indicator. One query."""
    rows = Target.objects.filter(participant__programme__code=code).order_by("revision")
    found = {}
    for row in rows.select_related("participant", "indicator__sub_project__project"):
        sub = row.indicator.sub_project
        found[row.participant.code, sub.project.seq, sub.name, row.indicator.name] = row
    return found


def differs(stored: Target, other) -> bool:
    """Tell whether a target or an entry says something else than the stored revision.

    The number alone is what a target without words of its own says, so its digits are no new words.
    """
    if any(getattr(stored, name) != getattr(other, name) for name in CONTENT):
        return True
    return other.printed not in (stored.printed, stated(stored))


def first_free_day(programme: Programme) -> date:
    """Return the first day from which a revision may count: after the last issued month, else 1 January. One query."""
    issued = programme.periods.issued().order_by("-ends_on").first()
    return issued.ends_on + timedelta(days=1) if issued else date(programme.year, 1, 1)


def paper_problems(programme: Programme, paper: Paper, *, revises: bool, first: date | None = None) -> list[str]:
    """Return what is wrong with the paper, one Chinese sentence each; a revision needs all of it (R19).

    What is issued stays as printed, so a revision counts from a day after the last issued month; `first` is that day
    where the caller has it.
    """
    problems = []
    if revises:
        first = first or first_free_day(programme)
        if first.year != programme.year:
            problems.append(f"{programme.year}年各月都已通报，不能再修订目标任务。")
        elif paper.valid_from is not None and date(programme.year, 1, 1) <= paper.valid_from < first:
            problems.append(
                f"生效日期{format_date(paper.valid_from)}在已通报的月份里，已通报的不改；"
                f"最早从{format_date(first)}起生效。"
            )
    if revises and not paper.reason.strip():
        problems.append("修订目标任务要写明原因。")
    if revises and (not paper.document.strip() or paper.document_on is None):
        problems.append("修订目标任务要写明依据文件和文件日期。")
    if len(paper.document) > DOCUMENT_LENGTH or len(paper.reason) > REASON_LENGTH:
        problems.append(f"依据文件最多{DOCUMENT_LENGTH}字，原因最多{REASON_LENGTH}字。")
    if "\x00" in paper.document + paper.reason:
        problems.append("文字里有不能保存的字符，请重新输入。")
    if paper.valid_from is not None and paper.valid_from.year != programme.year:
        problems.append(f"生效日期要在{programme.year}年内。")
    return problems


def entry_fault(programme: Programme, entry: TargetEntry) -> str:
    """Return what is wrong with one target, as a sentence; empty when it may stand."""
    if entry.indicator.sub_project.project.programme_id != programme.pk:
        return f"“{entry.indicator.name}”不属于“{programme.name}”。"
    if entry.participant.programme_id != programme.pk:
        return f"{entry.participant.printed_name}不属于“{programme.name}”。"
    if len(entry.printed) > PRINTED_LENGTH:
        return f"{entry}的印发文字最多{PRINTED_LENGTH}字。"
    if "\x00" in entry.printed:
        return f"{entry}里有不能保存的字符。"
    values = {"state": entry.state, "value": entry.value, "comparison": entry.comparison}
    # The table refuses what is below zero whatever is counted.
    indicator = {"kind": "number", "direction": entry.indicator.direction}
    fault = target_fault(values, indicator)
    return f"{entry}{fault}" if fault else ""


@transaction.atomic
def set_targets(*, programme: Programme, entries: Iterable[TargetEntry], paper: Paper, by: User) -> TargetOutcome:
    """Store the entries that say something new: a first target, or the next revision of one that stands.

    Revisions are added, never changed: issued months stay as they were printed (R19). Raises Refused with every
    reason, InvalidTransition where somebody revised a target meanwhile, NotAllowed outside the city office. Few
    queries, however many entries.
    """
    require_city_office(by, programme.owner_id)
    entries = list(entries)
    # The participants' rows are the lock, as for a single revision.
    units = {entry.participant.pk for entry in entries}
    list(Participant.objects.select_for_update().filter(pk__in=units).order_by("pk").values_list("pk", flat=True))
    problems = [fault for entry in entries if (fault := entry_fault(programme, entry))]
    if len({entry.key for entry in entries}) != len(entries):
        problems.append("同一个目标在这一批里出现了两次。")
    newest = newest_targets({entry.indicator for entry in entries})
    outcome = TargetOutcome()
    for entry in entries:
        before = newest.get(entry.key)
        if entry.base_revision != (before.revision if before else 0):
            raise InvalidTransition(f"{entry}刚刚被别人改过，什么都没有存。请看过现在的目标再改。")
        changed = outcome.first if before is None else outcome.revised if differs(before, entry) else outcome.unchanged
        changed.append(entry)
    first_day = first_free_day(programme)
    problems += paper_problems(programme, paper, revises=bool(outcome.revised), first=first_day)
    if problems:
        raise Refused("\n".join(problems))
    if outcome.is_changed:
        Target.objects.bulk_create(
            (_target(programme, entry, paper, first_day, by) for entry in [*outcome.first, *outcome.revised]),
            batch_size=2000,
        )
        record_event(
            by=by,
            verb="set_targets",
            target=programme,
            before={str(entry): stated(newest[entry.key]) for entry in outcome.revised[:MOST_NOTED]},
            after={"first": len(outcome.first), "revised": len(outcome.revised), "document": paper.document}
            | {str(entry): stated(entry) for entry in outcome.revised[:MOST_NOTED]},
            reason=paper.reason,
        )
    return outcome


def stated(target) -> str:
    """Return a target or an entry as it is written in a cell: the printed words, else the number with its sign."""
    if target.printed:
        return target.printed
    if target.state == Target.State.ASSESSED and target.value is not None:
        signs = {"ge": "≥", "le": "≤", "about": "约"}
        return signs.get(target.comparison, "") + decimal_text(target.value)
    return {Target.State.NO_TASK: "/", Target.State.NOT_APPLICABLE: "不适用"}.get(target.state, "")


def _target(programme: Programme, entry: TargetEntry, paper: Paper, first_day: date, by: User) -> Target:
    is_revision = entry.base_revision > 0
    default = first_day if is_revision else date(programme.year, 1, 1)
    return Target(
        indicator=entry.indicator,
        participant=entry.participant,
        revision=entry.base_revision + 1,
        valid_from=paper.valid_from or default,
        state=entry.state,
        value=entry.value,
        comparison=entry.comparison,
        printed=entry.printed,
        reason=paper.reason.strip() if is_revision else "",
        document=paper.document.strip(),
        document_on=paper.document_on,
        set_by=by,
    )
