"""Writes of 项目沿革 by page: what the items of a list that is not opened yet were the year before."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Programme, Project, ProjectLineage
from projects.rollover import NOTE_LENGTH
from projects.services.catalogue_edit_rules import locked_programme, require_readable

Kind = ProjectLineage.Kind


@dataclass(frozen=True)
class Origin:
    """A row to add: an item of an earlier list, what it became of this one (None: nothing), how, in what words."""

    before: Project
    after: Project | None
    kind: str
    note: str = ""

    def __str__(self):
        return f"{self.before.programme.year}年第{self.before.seq}项“{self.before.name}”"


def earlier_lists(programme: Programme) -> list[Programme]:
    """Return the lists of the same place and kind of the years before, the newest first. One query."""
    same = Programme.objects.filter(owner=programme.owner_id, kind=programme.kind, year__lt=programme.year)
    return list(same.order_by("-year", "code"))


def lineage_rows(programme: Programme) -> list[ProjectLineage]:
    """Return what can be set of a list: its items' origins, and what of the lists before ended. Two queries."""
    rows = ProjectLineage.objects.select_related("from_project__programme", "to_project")
    rows = rows.filter(from_project__programme__in=earlier_lists(programme))
    own = [row for row in rows if row.to_project is None or row.to_project.programme_id == programme.pk]
    return sorted(own, key=lambda row: (-row.from_project.programme.year, row.from_project.seq, row.pk))


@transaction.atomic
def set_lineage(*, programme: Programme, added: Iterable[Origin], removed: Iterable[int], by: User) -> int:
    """Take rows (by id) away and add others; returns how many changed. One audit event.

    Raises Refused once the list is opened, for an item of another place's or a later list, 退出 with an item or
    anything else without one, 退出 beside another row of the same item, the same pair twice; InvalidTransition where a
    row was taken away meanwhile.
    """
    locked = locked_programme(programme, by)
    if locked.opened_at:
        raise Refused(f"“{locked.name}”已经开启，沿革不能再改。")
    standing = {row.pk: row for row in lineage_rows(locked)}
    gone, added = set(removed), list(added)
    if gone - set(standing):
        raise InvalidTransition("要去掉的一行刚刚被别人去掉了，什么都没有存。请看过现在的再改。")
    left = [row for pk, row in standing.items() if pk not in gone]
    lists = {row.pk for row in earlier_lists(locked)}
    kept = {(row.from_project_id, row.to_project_id) for row in left}
    problems = []
    for row in added:
        problems += _problems(row, locked, lists, kept)
        kept.add((row.before.pk, row.after and row.after.pk))
    if problems:
        raise Refused("\n".join(problems))
    ProjectLineage.objects.filter(pk__in=gone).delete()
    ProjectLineage.objects.bulk_create(
        ProjectLineage(from_project=row.before, to_project=row.after, kind=row.kind, note=row.note) for row in added
    )
    if gone or added:
        record_event(
            by=by,
            verb="set_lineage",
            target=locked,
            before={"removed": [_words(standing[pk].from_project, standing[pk].to_project) for pk in sorted(gone)]},
            after={"added": [_words(row.before, row.after) for row in added]},
        )
    return len(gone) + len(added)


def _problems(row: Origin, programme: Programme, lists: set[int], kept: set[tuple]) -> list[str]:
    """Return what is wrong with a row beside those before it."""
    if row.before.programme_id not in lists:
        return [f"{row}不是{programme.owner}以前年度的项目。"]
    if row.after is not None and row.after.programme_id != programme.pk:
        return [f"“{row.after}”不在“{programme.name}”里。"]
    if row.kind not in Kind.values:
        return [f"{row}的沿革请从列表里选。"]
    if (row.kind == Kind.WITHDRAWN) != (row.after is None):
        return [f"{row}：退出的不写本年项目，延续、合并、拆分要写。"]
    if (row.before.pk, row.after and row.after.pk) in kept:
        return [f"{row}和“{row.after or '退出'}”的沿革写了两次。"]
    others = {after for before, after in kept if before == row.before.pk}
    if others and (row.after is None or None in others):
        return [f"{row}既写了退出，又写了本年项目，请只留一样。"]
    if len(row.note) > NOTE_LENGTH:
        return [f"{row}的说明最多{NOTE_LENGTH}字，现在{len(row.note)}字。"]
    try:
        require_readable(ProjectLineage, {"note": row.note})
    except Refused as refusal:
        return [f"{row}的{refusal}"]
    return []


def _words(before: Project, after: Project | None) -> str:
    return f"{before.programme.year}年第{before.seq}项→{f'第{after.seq}项' if after else '退出'}"
