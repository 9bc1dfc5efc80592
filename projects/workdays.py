"""Working days: the State Council's yearly arrangement (放假、调休) as a package keeps it, under what an office set.

A day of `calendar_day` holds before the package. A year the package does not know is not guessed: it stands only on the
days the office has entered for it, and a year with none of those raises UnknownYear.
"""

import datetime
from dataclasses import dataclass

import chinese_calendar

from livelihood.services import Refused
from projects.models import CalendarDay

#: The package's years, first and last.
KNOWN_YEARS = tuple(edge(chinese_calendar.holidays).year for edge in (min, max))
NAMES = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
FRIDAY = 5
ONE_DAY = datetime.timedelta(days=1)


class UnknownYear(Refused):
    """Nobody knows yet which days of the year are worked."""

    def __init__(self, year: int):
        self.year = year
        super().__init__(
            f"{year}年的放假安排还不知道：日历包只到{KNOWN_YEARS[1]}年，本地也没有登记。"
            "请先登记放假和调休上班的日子，或者直接填截止时间。"
        )


@dataclass(frozen=True)
class Day:
    """One day: whether it is worked, what it is called (国庆节, 调休上班), and whether the office said so."""

    date: datetime.date
    works: bool
    name: str = ""
    is_own: bool = False

    @property
    def is_holiday(self) -> bool:
        """Tell whether the day is rested for a holiday, not as a mere Saturday or Sunday."""
        return not self.works and (bool(self.name) or self.date.isoweekday() <= FRIDAY)


class Workdays:
    """The working days as one region counts them. One query when made."""

    def __init__(self, region_id: int):
        self.own = {row.date: row for row in CalendarDay.objects.filter(region=region_id)}
        self._own_years = {day.year for day in self.own}

    def at(self, day: datetime.date) -> Day:
        """Return what a day is. Raises UnknownYear."""
        if own := self.own.get(day):
            return Day(day, own.kind == CalendarDay.Kind.WORKDAY, own.name, is_own=True)
        if is_known(day.year):
            rests, name = chinese_calendar.get_holiday_detail(day)
            said = NAMES.get(name, "") if name else ""
            return Day(day, not rests, said if rests or not said else f"{said}调休上班")
        if day.year not in self._own_years:
            raise UnknownYear(day.year)
        return Day(day, day.isoweekday() <= FRIDAY)

    def is_partial(self, year: int) -> bool:
        """Tell whether the year stands on the office's own days alone."""
        return not is_known(year) and year in self._own_years

    def after_holiday(self, day: datetime.date, nth: int) -> tuple[list[Day], list[Day]]:
        """Return the rest that `day` belongs to, from that day on, and the first `nth` working days after it."""
        rest, worked = [], []
        while len(worked) < nth:
            now = self.at(day)
            if now.works:
                worked.append(now)
            elif not worked:
                rest.append(now)
            day += ONE_DAY
        return rest, worked

    def special_days(self, year: int) -> list[Day]:
        """Return the year's days that are not what their day of the week says, in order; [] where nobody knows."""
        if not is_known(year) and year not in self._own_years:
            return []
        first = datetime.date(year, 1, 1)
        days = [self.at(first + nth * ONE_DAY) for nth in range((datetime.date(year, 12, 31) - first).days + 1)]
        return [day for day in days if day.name]


def is_known(year: int) -> bool:
    """Tell whether the package knows the year."""
    return KNOWN_YEARS[0] <= year <= KNOWN_YEARS[1]
