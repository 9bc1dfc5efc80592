"""Writes of when reports are due: a programme's rule, and the days an office knows better than the calendar."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from livelihood.access import require_city_office
from livelihood.formats import format_date
from livelihood.models import Region, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import CalendarDay, Programme

#: What of a programme is its schedule.
SCHEDULE = [
    "month_due_day",
    "month_due_hour",
    "weekly",
    "week_ends_on",
    "week_due_weekday",
    "week_due_hour",
    "week_due_after_holiday",
]
#: Years a day may lie in, before and after this one.
YEARS_AROUND = 10
NAME_LENGTH = CalendarDay._meta.get_field("name").max_length


@transaction.atomic
def set_schedule(*, programme: Programme, by: User, **changes) -> Programme:
    """Set when the programme's reports are due (fields of SCHEDULE); periods that are open keep their deadline.

    Raises Refused with what the table does not take, NotAllowed outside the city office.
    """
    require_city_office(by, programme.owner_id)
    current = Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
    before = {name: getattr(current, name) for name in changes}
    changed = {name: value for name, value in changes.items() if value != before[name]}
    for name, value in changed.items():
        setattr(current, name, value)
    try:
        current.validate_constraints()
    except ValidationError as error:
        raise Refused("".join(f"{message}。" for message in error.messages)) from error
    if changed:
        current.save(update_fields=list(changed))
        before = {name: before[name] for name in changed}
        record_event(by=by, verb="set_schedule", target=current, before=before, after=changed)
    programme.refresh_from_db()
    return programme


@transaction.atomic
def set_calendar_day(*, region: Region, date: datetime.date, kind: str, name: str, by: User) -> CalendarDay:
    """Say that the region rests or works on a day; what was said of it before is replaced.

    Deadlines already set do not move. Raises Refused for a day far off, without a name or with a long one, NotAllowed
    unless `by` works in the region's office.
    """
    require_city_office(by, region.pk)
    name, this_year = name.strip(), timezone.localdate().year
    if kind not in CalendarDay.Kind.values:
        raise Refused("请选这一天放假还是上班。")
    if not name or len(name) > NAME_LENGTH or "\x00" in name:
        raise Refused(f"请写明依据，如“2027年春节”，最多 {NAME_LENGTH} 字。")
    if abs(date.year - this_year) > YEARS_AROUND:
        raise Refused(f"{format_date(date)}离今年太远，请核对年份。")
    found = CalendarDay.objects.select_for_update().filter(region=region, date=date).first()
    before = {"kind": found.kind, "name": found.name} if found else {}
    row, _ = CalendarDay.objects.update_or_create(
        region=region, date=date, defaults={"kind": kind, "name": name, "set_by": by, "set_at": Now()}
    )
    after = {"date": date.isoformat(), "kind": kind, "name": name}
    record_event(by=by, verb="set_calendar_day", target=row, before=before, after=after)
    return row


@transaction.atomic
def remove_calendar_day(*, day: CalendarDay, by: User) -> None:
    """Take the office's word on a day back; the calendar package holds again."""
    require_city_office(by, day.region_id)
    found = CalendarDay.objects.select_for_update().filter(pk=day.pk).first()
    if found is None:
        raise InvalidTransition("这一天的登记刚刚已经取消了。")
    said = {"date": found.date.isoformat(), "kind": found.kind, "name": found.name}
    record_event(by=by, verb="remove_calendar_day", target=found, before=said)
    found.delete()
