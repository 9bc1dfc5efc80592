"""How a county's headings and rows are to be read: corrected once, kept for its later files."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from livelihood.models import RoleGrant, User
from livelihood.services import Refused, record_event
from projects.excel import headings as kinds
from projects.excel.corrections import COLUMN_MEANINGS, LEFT_OUT, UNIT_KEY, Corrections, Remembered
from projects.excel.part_reading import part_meanings
from projects.models import ImportMapping, Indicator, Participant, Programme

Kind = ImportMapping.Kind


@dataclass(frozen=True)
class Correction:
    """One correction: whose sheets (None: nobody's alone), column or row, its key, what it means.

    A column has a `meaning`, a row an `indicator_id` or None when it is not to be read. A participant's name is kept
    as what stands in the column 考核单位 (`unit_key`); its meaning is the participant's code, or LEFT_OUT.
    `is_forgotten`: as if nobody had ever said anything.
    """

    participant_id: int | None
    kind: str
    label: str
    meaning: str = ""
    indicator_id: int | None = None
    is_forgotten: bool = False


def mappings_in(programme: Programme, agencies: frozenset[int] | None = None) -> QuerySet[ImportMapping]:
    """Return the corrections by which a programme's sheets are read.

    Where lead agencies report, what one of them said of sheets that are of nobody alone is its own affair: `agencies`
    (ids) are those whose sheet is read, None for the office's. What the office said holds for all.
    """
    mappings = ImportMapping.objects.filter(programme=programme)
    if programme.reporting_by != Programme.ReportingBy.AGENCY:
        return mappings
    leading = RoleGrant.objects.filter(agency__led_sub_projects__project__programme=programme)
    others = leading.exclude(user__in=leading.filter(agency__in=agencies or ()).values("user"))
    return mappings.exclude(participant__isnull=True, corrected_by__in=others.values("user"))


def remembered(programme: Programme, agencies: frozenset[int] | None = None) -> Remembered:
    """Return the corrections by which a programme's sheets are read (see `mappings_in`), in one query."""
    columns: dict[int | None, dict] = {}
    rows: dict[int | None, dict] = {}
    units: dict[int | None, dict] = {}
    for row in mappings_in(programme, agencies):
        if is_of_unit(row):
            units.setdefault(row.participant_id, {})[row.label] = row.meaning
        elif row.kind == Kind.COLUMN:
            columns.setdefault(row.participant_id, {})[row.label] = row.meaning
        else:
            rows.setdefault(row.participant_id, {})[row.label] = row.indicator_id
    owners = columns.keys() | rows.keys() | units.keys()
    return Remembered(
        {owner: Corrections(columns.get(owner, {}), rows.get(owner, {}), units.get(owner, {})) for owner in owners}
    )


def is_of_unit(mapping: "Correction | ImportMapping") -> bool:
    """Tell whether it says whom a name in a sheet means."""
    return str(mapping.kind) == Kind.COLUMN and mapping.label.startswith(UNIT_KEY)


@transaction.atomic
def remember(*, programme: Programme, corrections: Iterable[Correction], by: User) -> int:
    """Keep corrections; return how many there were. The caller has asked whether they are the person's to make.

    Raises Refused for a meaning or an indicator the programme does not know, and for two that contradict each other;
    then none is kept. One audit event; the number of queries does not depend on that of the corrections.
    """
    wanted: dict[tuple, Correction] = {}
    for one in corrections:
        if wanted.setdefault(_place(one), one) != one:
            raise Refused(f"“{one.label}”在几张表里选了不同的读法，没有保存更正。请选成一样的。")
    if not wanted:
        return 0
    _check(programme, wanted.values())
    # One after the other: a key without a county cannot be held apart by the columns alone while two write it.
    Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
    labels = {one.label for one in wanted.values()}
    rows = {_place(row): row for row in ImportMapping.objects.filter(programme=programme, label__in=labels)}
    forgotten = [rows[place].pk for place, one in wanted.items() if one.is_forgotten and place in rows]
    ImportMapping.objects.filter(pk__in=forgotten).delete()
    changed, added = [], []
    for place, one in wanted.items():
        if one.is_forgotten:
            continue
        row = rows.get(place)
        (added if row is None else changed).append(row := row or ImportMapping(programme=programme))
        row.participant_id, row.kind, row.label = place
        row.meaning, row.indicator_id = one.meaning, one.indicator_id
        row.corrected_by, row.corrected_at = by, timezone.now()
    ImportMapping.objects.bulk_create(added)
    ImportMapping.objects.bulk_update(changed, ["meaning", "indicator", "corrected_by", "corrected_at"])
    told = {"readings": [_told(one) for one in wanted.values()]}
    record_event(by=by, verb="correct_import", target=programme, after=told)
    return len(wanted)


@transaction.atomic
def forget_mapping(*, mapping: ImportMapping, by: User) -> None:
    """Read what it is about as if nobody had ever said anything."""
    record_event(by=by, verb="forget_import_mapping", target=mapping, before=_said(mapping))
    mapping.delete()


def owner_words(participant: Participant | None) -> str:
    """Return whose sheets a correction is for."""
    return participant.printed_name if participant is not None else "各县区总表"


def _place(one: Correction | ImportMapping) -> tuple[int | None, str, str]:
    return one.participant_id, str(one.kind), one.label


def _check(programme: Programme, corrections: Collection[Correction]) -> None:
    said = [one for one in corrections if not one.is_forgotten]
    of_units = [one for one in said if is_of_unit(one)]
    meanings = COLUMN_MEANINGS.keys() | part_meanings().keys()
    if any(one.kind == Kind.COLUMN and one.meaning not in meanings for one in said if one not in of_units):
        raise Refused("没有这种读法，没有保存更正。请从列表里选。")
    codes = {one.meaning for one in of_units} - {LEFT_OUT}
    if codes - set(programme.participants.filter(code__in=codes).values_list("code", flat=True)):
        raise Refused(f"所选单位不属于“{programme.name}”，没有保存更正。")
    asked = {one.indicator_id for one in said} - {None}
    if asked - set(Indicator.objects.of_programme(programme).filter(pk__in=asked).values_list("pk", flat=True)):
        raise Refused(f"所选指标不属于“{programme.name}”，没有保存更正。")


def _told(one: Correction) -> dict:
    meaning = one.meaning or one.indicator_id or kinds.OTHER
    return {"participant": one.participant_id, one.kind: one.label, "as": None if one.is_forgotten else meaning}


def _said(mapping: ImportMapping) -> dict:
    said = mapping.meaning or mapping.indicator_id
    return {"participant": mapping.participant_id, mapping.kind: mapping.label, "as": said}
