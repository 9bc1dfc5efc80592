"""When the day of a deadline is over."""

import datetime

from django.utils import timezone

#: At this time of its last day something is late.
END_OF_DAY = datetime.time(23, 59)


def end_of(day: datetime.date) -> datetime.datetime:
    """Return the last minute of a day, local time."""
    return timezone.make_aware(datetime.datetime.combine(day, END_OF_DAY))
