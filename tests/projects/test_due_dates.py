"""When reports are due: the weekly rule over public holidays and 调休, months, and days an office sets itself."""

import datetime

import pytest
from django.utils import timezone

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import Refused
from projects.due_dates import due_proposal
from projects.models import CalendarDay, Programme
from projects.services.schedules import remove_calendar_day, set_calendar_day, set_schedule
from projects.workdays import KNOWN_YEARS, UnknownYear, Workdays
from tests import factories

pytestmark = pytest.mark.django_db

DAY = datetime.date.fromisoformat
#: A year after the package's last one; its first week ends on a Sunday.
NEXT_YEAR = KNOWN_YEARS[1] + 1


def proposed(kind, ends_on, *, region=0, **settings):
    """Return the proposal for a period of a programme with the default rule but for `settings`."""
    return due_proposal(Programme(**settings), kind, DAY(ends_on), Workdays(region))


def moment(proposal):
    return f"{timezone.localtime(proposal.due_at):%Y-%m-%d %H:%M}"


# Tuesday noon of the week after; a Tuesday rested for a holiday: noon of the second working day after the holiday.
WEEKS = {
    "2022-07-10": "2022-07-12 12:00",  # a plain Tuesday
    "2020-10-04": "2020-10-10 12:00",  # 国庆节 1–8 October 2020: Fri 9th, then Sat 10th, worked in exchange
    "2021-02-14": "2021-02-19 12:00",  # 春节 11–17 February 2021: Thu 18th, Fri 19th
    "2022-05-01": "2022-05-06 12:00",  # 劳动节 30 April–4 May 2022: Thu 5th, Fri 6th (Sat 7th is worked as well)
    "2022-04-03": "2022-04-07 12:00",  # 清明 3–5 April 2022: Wed 6th, Thu 7th
    "2024-09-15": "2024-09-19 12:00",  # 中秋 15–17 September 2024: Wed 18th, Thu 19th
    "2020-01-26": "2020-02-04 12:00",  # 春节 2020, prolonged to 2 February: Mon 3rd, Tue 4th
    "2024-02-11": "2024-02-19 12:00",  # 春节 10–17 February 2024: Sun 18th, worked in exchange, Mon 19th
    "2023-01-01": "2023-01-03 12:00",  # 元旦 ends on Monday the 2nd: Tuesday is worked
}


def test_week_is_due_on_tuesday_noon_or_the_second_working_day_after_a_holiday():
    assert {ends_on: moment(proposed("week", ends_on)) for ends_on in WEEKS} == WEEKS


def test_rule_shows_how_the_day_was_reckoned():
    steps = proposed("week", "2020-10-04").steps

    assert steps == [
        "10月4日是这一周的最后一天，之后的第一个星期二是10月6日星期二（国庆节）。",
        "这天放假，放到10月8日；节后第1个工作日10月9日星期五，第2个工作日10月10日星期六（国庆节调休上班）。",
        "截止时刻按规则是12点。",
    ]


def test_weekly_rule_of_other_offices():
    # The week ends on Friday, is due on Monday at 9; 国庆节 1–7 October 2022: back on Saturday the 8th.
    friday = {"week_ends_on": 5, "week_due_weekday": 1, "week_due_hour": 9, "week_due_after_holiday": 1}

    assert moment(proposed("week", "2022-09-30", **friday)) == "2022-10-08 09:00"
    # A Saturday the office chose itself is no holiday.
    assert moment(proposed("week", "2022-07-10", week_due_weekday=6, week_due_hour=18)) == "2022-07-16 18:00"
    # Due on the day of the week it ends on: seven days later.
    assert moment(proposed("week", "2022-07-10", week_due_weekday=7)) == "2022-07-17 12:00"


def test_month_is_due_in_the_next_month_on_a_working_day():
    due = {
        (5, "2020-08-31"): "2020-09-07 18:00",  # Saturday 5 September: Monday the 7th
        (5, "2020-09-30"): "2020-10-09 18:00",  # 国庆节: the first working day after it
        (8, "2020-12-31"): "2021-01-08 18:00",
        (0, "2022-07-31"): "2022-07-31 18:00",  # its last day, a Sunday: as the paper says, never moved
    }

    assert {key: moment(proposed("month", key[1], month_due_day=key[0])) for key in due} == due


def test_day_the_office_sets_holds_before_the_package(city_officer, city):
    set_calendar_day(region=city, date=DAY("2020-10-10"), kind="holiday", name="本市放假", by=city_officer)

    # 9 October is the first working day; 10th (own) and 11th (Sunday) are rested: Monday the 12th is the second.
    assert timezone.localdate(proposed("week", "2020-10-04", region=city.pk).due_at) == DAY("2020-10-12")
    assert timezone.localdate(proposed("week", "2020-10-04").due_at) == DAY("2020-10-10")


def test_year_nobody_knows_gets_no_date_but_a_sentence(city_officer, city):
    ends_on = f"{NEXT_YEAR}-03-07"

    unknown = proposed("week", ends_on, region=city.pk)
    set_calendar_day(region=city, date=DAY(f"{NEXT_YEAR}-03-09"), kind="holiday", name="本市放假", by=city_officer)
    own = proposed("week", ends_on, region=city.pk)

    assert unknown.due_at is None
    assert f"{NEXT_YEAR}年的放假安排还不知道" in unknown.steps[0]
    assert own.due_at is not None
    assert "只按本地登记的日子算，请核对" in own.steps[-1]
    with pytest.raises(UnknownYear):
        Workdays(city.pk).at(DAY(f"{NEXT_YEAR + 1}-01-04"))


def test_calendar_day_set_twice_is_replaced_and_taken_back(city_officer, city):
    for kind in ("holiday", "workday"):
        row = set_calendar_day(region=city, date=DAY("2022-10-09"), kind=kind, name="调整", by=city_officer)

    remove_calendar_day(day=row, by=city_officer)

    assert not CalendarDay.objects.exists()
    assert [event.verb for event in AuditEvent.objects.order_by("id")] == [
        "set_calendar_day",
        "set_calendar_day",
        "remove_calendar_day",
    ]


def test_calendar_day_that_makes_no_sense_or_is_anothers_is_refused(city_officer, city):
    good = {"region": city, "date": DAY("2022-10-09"), "kind": "holiday", "name": "调整", "by": city_officer}
    wrong = {"请写明依据": {"name": " "}, "放假还是上班": {"kind": "half"}, "离今年太远": {"date": DAY("1949-10-01")}}

    for sentence, changes in wrong.items():
        with pytest.raises(Refused, match=sentence):
            set_calendar_day(**good | changes)
    with pytest.raises(NotAllowed):
        set_calendar_day(**good | {"region": factories.RegionFactory()})

    assert not CalendarDay.objects.exists()


def test_schedule_is_set_by_the_office_alone_and_within_bounds(programme, city_officer, clerk):
    set_schedule(programme=programme, by=city_officer, weekly=True, week_due_hour=9)

    assert (programme.weekly, programme.week_due_hour) == (True, 9)
    assert AuditEvent.objects.get().after == {"weekly": True, "week_due_hour": 9}
    with pytest.raises(Refused, match="周报截止时刻为1至23点"):
        set_schedule(programme=programme, by=city_officer, week_due_hour=24)
    with pytest.raises(NotAllowed):
        set_schedule(programme=programme, by=clerk, weekly=False)
