"""Writes of 考核单位: the units of a programme that year, their names, order, and days in force.

What is closed or issued stays as it was printed: nobody joins or leaves behind it. Every change compares what the
person saw (`seen`, see `stamp_of`) with what stands.
"""

import datetime
import hashlib
import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from livelihood.access import require_city_office
from livelihood.formats import format_date
from livelihood.models import Agency, Region, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Participant, Programme, Report, ReportingPeriod
from projects.participant_check import unit_faults

Kind = Participant.Kind

#: What a person may say of a unit; its order is changed with `order_participants`.
FIELDS = ["code", "printed_name", "short_names", "kind", "ranked", "region", "agency", "joins_on", "leaves_on"]
OVERTAKEN = "刚刚被别人改过，什么都没有存。请看过现在的再改。"


def stamp_of(participant: Participant) -> str:
    """Return a text that changes with everything a person may say of the unit."""
    said = [str(getattr(participant, f"{name}_id" if name in ("region", "agency") else name)) for name in FIELDS]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]


def order_stamp(participants: Iterable[Participant]) -> str:
    """Return a text that changes with the official order."""
    rows = sorted((row.order, row.pk) for row in participants)
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:32]


@transaction.atomic
def add_participant(*, programme: Programme, code: str, printed_name: str, by: User, **fields) -> Participant:
    """Add a unit or the own level at the end of the official order, the whole staying last.

    `fields`: region, agency, short_names, kind, ranked, joins_on, leaves_on. Without a code it has that of its region,
    or one of the list's own. Raises Refused with one Chinese sentence: a unit or name that is in the list already, a
    second `whole`, days that make no sense or lie behind a closed month; NotAllowed outside the city office.
    """
    require_city_office(by, programme.owner_id)
    rows = _locked(programme)
    if fields.get("kind") == Kind.OWN:
        fields.setdefault("ranked", False)
    last = max((row.order for row in rows if row.kind != Kind.WHOLE), default=0)
    participant = Participant(programme=programme, code=code, printed_name=printed_name, order=last + 1, **fields)
    participant.code = participant.code or _free_code(participant, rows)
    _require_sound(participant, rows)
    _require_days(participant, was=None)
    _save(participant)
    Participant.objects.filter(programme=programme, kind=Kind.WHOLE).update(order=last + 2)
    record_event(by=by, verb="add_participant", target=participant, after=_noted(participant))
    return participant


@transaction.atomic
def change_participant(*, participant: Participant, seen: str, by: User, **fields) -> Participant:
    """Change what is said of a unit; `fields` as in `add_participant`, those not given stay.

    Raises Refused as `add_participant`, also for another kind or code once something hangs on the unit, and
    InvalidTransition where it is no longer what the person saw.
    """
    programme = participant.programme
    require_city_office(by, programme.owner_id)
    rows = _locked(programme)
    current = _found(participant, rows, seen)
    before, was = _noted(current), (current.joins_on, current.leaves_on)
    kind, code = current.kind, current.code
    for name, value in fields.items():
        setattr(current, name, value)
    current.code = current.code or code
    _require_sound(current, [row for row in rows if row.pk != current.pk])
    if (current.kind, current.code) != (kind, code) and (hanging := hanging_on(current)):
        what = "类别" if current.kind != kind else "代码"
        raise Refused(f"{current.printed_name}已有{_listed(hanging)}，不能改{what}。")
    _require_days(current, was=was)
    after = _noted(current)
    if after != before:
        _save(current)
        changed = [name for name in after if after[name] != before[name]]
        record_event(
            by=by,
            verb="change_participant",
            target=current,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    return current


@transaction.atomic
def order_participants(*, programme: Programme, orders: dict[int, int], seen: str, by: User) -> None:
    """Put the units in another official order: id → number, of every one but the whole, which stays last.

    Raises Refused where two have one number, InvalidTransition where the order is no longer what the person saw.
    """
    require_city_office(by, programme.owner_id)
    rows = _locked(programme)
    units = [row for row in rows if row.kind != Kind.WHOLE]
    if order_stamp(rows) != seen or {row.pk for row in units} != orders.keys():
        raise InvalidTransition(f"考核单位的次序{OVERTAKEN}")
    taken: dict[int, Participant] = {}
    for row in units:
        number = orders[row.pk]
        if number in taken:
            raise Refused(
                f"{taken[number].printed_name}和{row.printed_name}的次序都是{number}，一个次序只能有一个单位。"
            )
        taken[number] = row
    before = [row.printed_name for row in units]
    ordered = [taken[number] for number in sorted(taken)]
    if [row.pk for row in ordered] == [row.pk for row in units]:
        return
    for number, row in enumerate(ordered, 1):
        row.order = number
    wholes = [row for row in rows if row.kind == Kind.WHOLE]
    for row in wholes:
        row.order = len(ordered) + 1
    Participant.objects.bulk_update([*ordered, *wholes], ["order"])
    record_event(
        by=by,
        verb="order_participants",
        target=programme,
        before={"order": before},
        after={"order": [row.printed_name for row in ordered]},
    )


@transaction.atomic
def remove_participant(*, participant: Participant, seen: str, by: User) -> None:
    """Take a unit off the list on which nothing hangs yet.

    Raises Refused naming what hangs on it (targets, reports, money …), and for the whole; InvalidTransition where it
    is no longer what the person saw.
    """
    programme = participant.programme
    require_city_office(by, programme.owner_id)
    current = _found(participant, _locked(programme), seen)
    if current.kind == Kind.WHOLE:
        raise Refused(f"{current.printed_name}是全域，每个年度都要有，不能删去。")
    if hanging := hanging_on(current):
        raise Refused(
            f"{current.printed_name}已有{_listed(hanging)}，不能删去，什么都没有改。年中不再考核的，请填退出日期。"
        )
    record_event(by=by, verb="remove_participant", target=current, before=_noted(current))
    current.delete()


def hanging_on(participant: Participant) -> dict[str, int]:
    """Return what is stored of the unit, in words, with how many: 目标任务 → 12. A query per table."""
    found = {}
    for relation in participant._meta.related_objects:
        if count := relation.related_model._base_manager.filter(**{relation.field.name: participant}).count():
            name = str(relation.related_model._meta.verbose_name)
            found[name] = found.get(name, 0) + count
    return found


def require_in_force(period: ReportingPeriod, participants: Iterable[Participant | None]) -> None:
    """Raise Refused for a unit that has not joined by the period's last day, or has left before; None is no unit."""
    for unit in participants:
        if unit and unit.joins_on and unit.joins_on > period.ends_on:
            raise Refused(f"{unit}从{format_date(unit.joins_on)}起才参加考核，没有{period.label}的月报。")
        if unit and unit.leaves_on and unit.leaves_on < period.ends_on:
            raise Refused(f"{unit}已于{format_date(unit.leaves_on)}退出，没有{period.label}的月报。")


def split_names(text: str) -> list[str]:
    """Return the names of a line as people write it, 、or ， or blanks between them, each once."""
    return list(dict.fromkeys(name for name in re.split(r"[、，,；;\s]+", text) if name))


def _locked(programme: Programme) -> list[Participant]:
    """Return all units in official order, locked until the transaction ends, with the programme's row first."""
    Programme.objects.select_for_update().get(pk=programme.pk)
    rows = (
        Participant.objects.select_for_update(of=["self"])
        .filter(programme=programme)
        .select_related("programme__owner", "region", "agency")
    )
    return list(rows.order_by("order", "id"))


def _found(participant: Participant, rows: list[Participant], seen: str) -> Participant:
    current = next((row for row in rows if row.pk == participant.pk), None)
    if current is None:
        raise InvalidTransition(f"{participant.printed_name}刚刚被别人删去了。")
    if stamp_of(current) != seen:
        raise InvalidTransition(f"{current.printed_name}{OVERTAKEN}")
    return current


def _require_sound(participant: Participant, others: list[Participant]) -> None:
    """Raise Refused for the first thing wrong with the unit, alone or beside the others."""
    programme = participant.programme
    if participant.kind == Kind.WHOLE and any(row.kind == Kind.WHOLE for row in others):
        raise Refused(f"“{programme.name}”已有全域单位，每个年度只有一个。")
    if "\x00" in participant.printed_name + participant.code + "".join(participant.short_names):
        raise Refused("文字里有不能保存的字符，请重新输入。")
    beside = [_row(row) for row in others]
    faults = unit_faults(_row(participant), beside, owner=programme.owner.code, year=programme.year)
    if fault := next(faults, ""):
        raise Refused(fault)


def _row(participant: Participant) -> dict:
    """Return the unit as `projects.participant_check` takes it."""
    region, agency = participant.region, participant.agency
    return {
        **{name: getattr(participant, name) for name in FIELDS if name not in ("region", "agency")},
        "region": region.code if region else None,
        "agency": agency.pk if agency else None,
        "place": str(region if region and region.pk != participant.programme.owner_id else agency or region or ""),
    }


def days_problems(participants: Iterable[Participant], days: dict[str, tuple]) -> list[str]:
    """Return what keeps units of a loaded list from joining or leaving as it says; `days` by code are those before."""
    problems = []
    for participant in participants:
        try:
            _require_days(participant, was=days.get(participant.code))
        except Refused as refusal:
            problems.append(str(refusal))
    return problems


def _require_days(participant: Participant, *, was: tuple | None) -> None:
    """Raise Refused where the days move the unit in or out of what is closed or reported.

    `was`: the days before, None for a unit that is new.
    """
    programme, name = participant.programme, participant.printed_name
    now = (participant.joins_on, participant.leaves_on)
    if was == now:
        return
    moved = [
        period
        for period in ReportingPeriod.objects.filter(programme=programme).order_by("ends_on")
        if _in_force(now, period.ends_on) != (was is not None and _in_force(was, period.ends_on))
    ]
    for period in moved:
        if period.state != ReportingPeriod.State.OPEN:
            way = "进入" if _in_force(now, period.ends_on) else "退出"
            done = "通报" if period.state == ReportingPeriod.State.ISSUED else "封账"
            raise Refused(f"{period.label}已经{done}，不能让{name}再{way}这个月。{_advice(programme, name, way)}")
    if was is None:
        return
    left = [period.pk for period in moved if not _in_force(now, period.ends_on)]
    reports = Report.objects.filter(period__in=left, participant=participant).order_by("period__ends_on")
    for report in reports.select_related("period"):
        if report.state != Report.State.DRAFT or report.figures.exists():
            raise Refused(f"{name}在{report.period.label}已有填报的数，不能让它退出这个月。请核对加入和退出日期。")


def _advice(programme: Programme, name: str, way: str) -> str:
    """Say which day would do: none within what is closed."""
    closed = programme.periods.exclude(state=ReportingPeriod.State.OPEN).aggregate(last=Max("ends_on"))["last"]
    first = closed + datetime.timedelta(days=1)
    if way == "进入":
        return f"{name}的加入日期请填{format_date(first)}或以后。"
    return f"{name}的退出日期请填{format_date(closed)}或以后，加入日期不能晚于已经报过的月份。"


def _in_force(days: tuple, on: datetime.date) -> bool:
    joins_on, leaves_on = days
    return (joins_on is None or joins_on <= on) and (leaves_on is None or leaves_on >= on)


def _free_code(participant: Participant, rows: list[Participant]) -> str:
    """Return the code of the unit's region, else the next free one of the list."""
    taken = {row.code for row in rows}
    region: Region | None = participant.region
    if region is not None and participant.agency is None and region.code not in taken:
        return region.code
    if region is not None and region.pk != participant.programme.owner_id and region.code not in taken:
        return region.code
    stem = participant.programme.owner.code
    if participant.kind == Kind.OWN and f"{stem}-own" not in taken:
        return f"{stem}-own"
    return next(code for number in range(1, 1000) if (code := f"{stem}-{number}") not in taken)


def _save(participant: Participant) -> None:
    try:
        participant.full_clean()
    except ValidationError as error:
        raise Refused("；".join(error.messages)) from error
    participant.save()


def _noted(participant: Participant) -> dict:
    """Return what the audit trail keeps of the unit: JSON-ready."""
    agency: Agency | None = participant.agency
    return {
        "code": participant.code,
        "name": participant.printed_name,
        "short_names": list(participant.short_names),
        "kind": str(participant.kind),
        "ranked": participant.ranked,
        "region": participant.region.code if participant.region else None,
        "agency": agency.name if agency else None,
        "joins_on": participant.joins_on.isoformat() if participant.joins_on else None,
        "leaves_on": participant.leaves_on.isoformat() if participant.leaves_on else None,
    }


def _listed(hanging: dict[str, int]) -> str:
    return "、".join(f"{name} {count} 条" for name, count in hanging.items())
