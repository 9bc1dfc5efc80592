"""转入下一年: the next list made from this year's, and what is decided on it changed until it is opened.

The next list is a programme of its own from the first moment, not opened, so nothing is lost between two sittings and
nothing can be reported for it. Targets, money, 勾稽关系 and 考核办法 are next year's to set.
"""

from collections.abc import Iterable

from django.db import transaction

from livelihood.access import require_city_office
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Figure, Participant, Programme, Project, ProjectLineage
from projects.rollover import (
    AddedItem,
    Decision,
    code_problems,
    header_problems,
    lineage_of,
    plan_problems,
    tally,
)
from projects.rollover_state import RolloverState, successor_of
from projects.services.rollover_layout import Layout, copied, remove_items

#: Numbers on the way from one order to another; no list is that long.
ASIDE = 10_000


@transaction.atomic
def roll_over(
    *,
    programme: Programme,
    year: int,
    code: str,
    name: str,
    by: User,
    decisions: Iterable[Decision],
    added: Iterable[AddedItem] = (),
) -> Programme:
    """Make the next list from `programme`: items as decided, their parts, units, duties and dates; not opened.

    Raises Refused with every problem in a sentence of its own, nothing being changed: a year that is not later, a code
    that exists, a list already made from this one, an item without or with two decisions, two items of one number, a
    number the next list does not have, nothing left; NotAllowed outside the owner's office.
    """
    require_city_office(by, programme.owner_id)
    # The lock under which a list is made once.
    Programme.objects.select_for_update().get(pk=programme.pk)
    code, name, decisions, added = code.strip(), name.strip(), list(decisions), list(added)
    _refuse(header_problems(programme, year=year, code=code, name=name))
    _refuse_taken(code)
    if (made := successor_of(programme)) is not None:
        raise Refused(f"“{programme.name}”已经转入“{made.name}”（{made.code}），请在那里改，不用再转一次。")
    draft = copied(programme, code=code, name=name, year=year, basis=[], opened_at=None, opened_by_id=None)
    state = RolloverState(programme, None)
    _refuse(plan_problems(programme, decisions, added, kept={}, projects=state.projects))
    draft.save(force_insert=True)
    state.draft = draft
    _carry_participants(programme, draft)
    _apply(state, decisions, added)
    record_event(by=by, verb="roll_over", target=draft, after={"from": programme.code} | _noted(decisions, added))
    return draft


@transaction.atomic
def revise_rollover(
    *,
    programme: Programme,
    draft: Programme,
    code: str,
    name: str,
    by: User,
    decisions: Iterable[Decision],
    added: Iterable[AddedItem] = (),
    seen: str | None = None,
) -> Programme:
    """Bring the next list to the decisions as they are now; what was done to it elsewhere stays.

    `seen`: the digest of the state the person saw (`RolloverState.digest`). Refused as `roll_over`, once the list is
    opened or has figures, and where an item to be left out has targets or money; InvalidTransition where somebody
    was faster.
    """
    require_city_office(by, programme.owner_id)
    require_city_office(by, draft.owner_id)
    Programme.objects.select_for_update().get(pk=programme.pk)
    draft = Programme.objects.select_for_update().get(pk=draft.pk)
    code, name, decisions, added = code.strip(), name.strip(), list(decisions), list(added)
    _refuse_settled(draft)
    state = RolloverState(programme, draft)
    if seen is not None and seen != state.digest():
        raise InvalidTransition(
            f"“{draft.name}”刚刚被别人改过，什么都没有存。再保存就按您填的存；要看别人改了什么，请重新打开本页。"
        )
    _refuse(code_problems(code=code, name=name))
    if code != draft.code:
        _refuse_taken(code)
    _refuse(plan_problems(programme, decisions, added, kept=_kept(state, added), projects=state.projects))
    before = state.digest()
    is_renamed = (draft.code, draft.name) != (code, name)
    if is_renamed:
        draft.code, draft.name = code, name
        draft.save(update_fields=["code", "name"])
    _apply(state, decisions, added)
    if is_renamed or RolloverState(programme, draft).digest() != before:
        noted = {"code": code, "name": name} | _noted(decisions, added)
        record_event(by=by, verb="revise_rollover", target=draft, after=noted)
    return draft


def _refuse(problems: Iterable[str]) -> None:
    if found := list(problems):
        raise Refused("\n".join(found))


def _refuse_taken(code: str) -> None:
    if found := Programme.objects.filter(code=code).first():
        raise Refused(f"代码{code}已用于“{found.name}”，请换一个。")


def _refuse_settled(draft: Programme) -> None:
    """Raise Refused once the list is in use: from then on it is changed in the catalogue, with its own rules."""
    if draft.opened_at is not None:
        raise Refused(f"“{draft.name}”已经开启，转入的安排不能再改；项目请在目录里改。")
    if Figure.objects.filter(period__programme=draft).exists():
        raise Refused(f"“{draft.name}”已经有填报数，转入的安排不能再改。")


def _kept(state: RolloverState, added: list[AddedItem]) -> dict[int, str]:
    """Return number → name of the items there that no decision and no row speaks of."""
    spoken_of = {row.project.pk for row in added if row.project} | set(state.own)
    return {item.seq: item.name for item in state.items if item.pk not in spoken_of}


def _carry_participants(programme: Programme, draft: Programme) -> None:
    """Carry the units in their order with their names; without those that have left by then."""
    first = f"{draft.year}-01-01"
    staying = programme.participants.exclude(leaves_on__lt=first).order_by("order", "id")
    Participant.objects.bulk_create(copied(row, programme_id=draft.pk, joins_on=None) for row in staying)


def _apply(state: RolloverState, decisions: list[Decision], added: list[AddedItem]) -> None:
    """Bring items, lineage and what hangs on them to the decisions, which are sound."""
    items, own = _bring_items(state, decisions, added)
    Layout(state, decisions, items, own).bring()
    _bring_lineage(state, decisions, items)


def _bring_items(
    state: RolloverState, decisions: list[Decision], added: list[AddedItem]
) -> tuple[dict[int, Project], dict[int, int]]:
    """Make, change and take away items; return them by number, and item → the item of this year it continues."""
    staying = {row.project.pk: row for row in decisions if row.is_staying}
    gone = [item for item, origin in state.own.items() if origin not in staying]
    gone += [row.project.pk for row in added if row.project and row.is_removed]
    remove_items([item for item in state.items if item.pk in gone])
    left = {item.pk: item for item in state.items if item.pk not in gone}
    wanted: list[tuple[Project, int | None]] = []
    for row in staying.values():
        item = state.own_item(row.project) or Project(
            programme=state.draft, origin=row.project.origin, text=row.project.text
        )
        item.seq, item.name, item.change = row.home, row.name.strip() or row.project.name, row.change
        wanted.append((item, row.project.pk))
    for row in added:
        if not row.is_removed:
            item = left.get(row.project.pk) if row.project else None
            item = item or Project(programme=state.draft)
            item.seq, item.name, item.change, item.origin = row.seq, row.name.strip(), row.change, row.origin
            wanted.append((item, None))
    _save_items(state.draft, [item for item, _origin in wanted])
    own = {item.pk: origin for item, origin in wanted if origin}
    items = {item.seq: item for item in left.values()} | {item.seq: item for item, _origin in wanted}
    return items, own


def _save_items(draft: Programme, items: list[Project]) -> None:
    """Store items whose numbers may have changed places."""
    known = {item.pk: item for item in items if item.pk}
    numbers = dict(draft.projects.filter(pk__in=known).values_list("pk", "seq"))
    if moved := [pk for pk, item in known.items() if numbers[pk] != item.seq]:
        aside = [Project(pk=pk, seq=ASIDE + at) for at, pk in enumerate(moved)]
        Project.objects.bulk_update(aside, ["seq"])
    Project.objects.bulk_update(known.values(), ["seq", "name", "change", "origin"])
    Project.objects.bulk_create(item for item in items if not item.pk)


def _bring_lineage(state: RolloverState, decisions: list[Decision], items: dict[int, Project]) -> None:
    """Bring the lineage between the two lists to the decisions; a row that says so already stays as it is."""
    wanted = {
        (row.project.pk, items[number].pk if number else None): (kind, row.note.strip())
        for row in decisions
        for number, kind in lineage_of(row).items()
    }
    stale = []
    for row in state.lineage:
        if wanted.get((row.from_project_id, row.to_project_id)) == (row.kind, row.note):
            del wanted[row.from_project_id, row.to_project_id]
        else:
            stale.append(row.pk)
    ProjectLineage.objects.filter(pk__in=stale).delete()
    ProjectLineage.objects.bulk_create(
        ProjectLineage(from_project_id=origin, to_project_id=item, kind=kind, note=note)
        for (origin, item), (kind, note) in wanted.items()
    )


def _noted(decisions: list[Decision], added: list[AddedItem]) -> dict:
    """Return what the audit trail keeps: the counts, and every item that did not simply stay as it was."""
    changed = [
        {"seq": row.project.seq, "change": row.change, "to": list(row.to), "note": row.note}
        for row in decisions
        if row.change != Project.Change.CONTINUED or row.to != (row.project.seq,) or row.places
    ]
    new = [{"seq": row.seq, "name": row.name, "change": row.change} for row in added if not row.is_removed]
    return {"counts": tally(decisions, added), "decisions": changed, "added": new}
