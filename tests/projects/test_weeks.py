"""周报: weeks opened by rule and by page, reported late, and a month that starts from its last one."""

import datetime
from decimal import Decimal

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from livelihood.services import Refused
from projects.cell_panel import cell_panel
from projects.discipline import Discipline
from projects.entry_progress import own_lines
from projects.figures_part import FiguresPart
from projects.models import Figure, Programme, Report, ReportingPeriod
from projects.services import entry, reports
from projects.services.figures import FigureEntry, record_figures
from projects.services.imports import import_returns, review_returns
from projects.services.periods import open_period
from tests import factories
from tests.projects.workbooks import filled
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

DAY = datetime.date.fromisoformat


def noon(day, hour=12):
    return timezone.make_aware(datetime.datetime.combine(DAY(day), datetime.time(hour)))


def open_week(programme, by, ends_on):
    """Open the week up to a day, due two days later at noon."""
    due_at = noon(ends_on) + datetime.timedelta(days=2)
    return open_period(programme=programme, kind="week", ends_on=DAY(ends_on), due_at=due_at, by=by)


@world
def weekly(programme, participants, indicators):
    """The programme, which asks for weeks from Monday to Sunday, due on Tuesday at noon."""
    Programme.objects.filter(pk=programme.pk).update(weekly=True)
    programme.refresh_from_db()
    return programme


@pytest.fixture
def say(participants, indicators, clerk):
    """Store 太和县's figures of a period as its clerk types them, and return the report."""

    def save(period, **values):
        report = reports.report_for(period=period, participant=participants["341222"], by=clerk)
        unit = participants["341222"].pk
        entries = [FigureEntry(unit, indicators[name].pk, "reported", Decimal(value)) for name, value in values.items()]
        record_figures(report=report, entries=entries, by=clerk, origin="form")
        return Report.objects.get(pk=report.pk)

    return save


@pytest.fixture
def hand_in(city_officer):
    """Take a report in, as of now."""
    return lambda report: reports.receive_report(report=report, by=city_officer)


def stored(period):
    return {row.indicator.name: row.value for row in Figure.objects.filter(period=period).select_related("indicator")}


def offered(report, clerk):
    """Return what the empty cells are offered, with the badge, by indicator."""
    rows = [row for section in FiguresPart().lines(report, clerk) for row in section["rows"]]
    return {row["indicator"].name: (row["carried"], row["carried_word"]) for row in rows if row["is_carried"]}


def test_month_starts_from_its_last_submitted_week_and_no_later_week_changes_it(
    weekly, july, period, city_officer, clerk, indicators, participants, say, hand_in
):
    ReportingPeriod.objects.filter(pk=july.pk).update(state="open")
    july.refresh_from_db()
    say(july, 里程="50", 合格率="88")
    ReportingPeriod.objects.filter(pk=july.pk).update(state="issued")
    first = open_week(weekly, city_officer, "2020-08-09")
    second = open_week(weekly, city_officer, "2020-08-16")
    hand_in(say(first, 里程="55"))
    later = say(second, 里程="58")
    month = reports.report_for(period=period, participant=participants["341222"], by=clerk)

    # The second week is typed and not handed in; of 合格率 no week says anything.
    assert offered(month, clerk) == {
        "里程": ("55.00", "沿用8月3日—9日周报，未确认"),
        "合格率": ("88.00", "沿用上月，未确认"),
    }

    hand_in(later)
    assert offered(month, clerk)["里程"] == ("58.00", "沿用8月10日—16日周报，未确认")
    assert stored(period) == {}

    entry.carry_cells(report=month, picked=["all"], by=clerk)
    third = open_week(weekly, city_officer, "2020-08-23")
    hand_in(say(third, 里程="70"))

    assert stored(period) == {"里程": Decimal(58), "合格率": Decimal(88)}
    assert stored(third) == {"里程": Decimal(70)}


def test_figure_taken_from_a_week_says_so(weekly, period, city_officer, clerk, participants, indicators, say, hand_in):
    hand_in(say(open_week(weekly, city_officer, "2020-08-16"), 里程="58", 人数="900"))
    month = say(period, 里程="58", 人数="901")

    changes = {
        name: cell_panel(month, clerk, participants["341222"].pk, indicators[name].pk)["changes"][0]["how"]
        for name in ("里程", "人数")
    }

    assert changes == {"里程": "网页填报，沿用2020年8月10日—16日周报", "人数": "网页填报"}


def test_week_of_another_month_and_a_programme_without_weeks_offer_nothing(
    weekly, period, city_officer, clerk, participants, say, hand_in
):
    hand_in(say(open_week(weekly, city_officer, "2020-08-02"), 里程="52"))
    hand_in(say(open_week(weekly, city_officer, "2020-07-26"), 人数="800"))
    month = reports.report_for(period=period, participant=participants["341222"], by=clerk)

    # The week that ends on 2 August is August's, the one before July's.
    assert offered(month, clerk) == {"里程": ("52.00", "沿用7月27日—8月2日周报，未确认")}
    Programme.objects.filter(pk=weekly.pk).update(weekly=False)
    month = Report.objects.select_related("period__programme", "participant").get(pk=month.pk)
    assert offered(month, clerk) == {}


def test_week_carries_from_the_week_before_not_from_the_month(
    weekly, period, city_officer, clerk, participants, say, hand_in
):
    hand_in(say(open_week(weekly, city_officer, "2020-08-09"), 里程="55"))
    say(period, 人数="900")
    week = open_week(weekly, city_officer, "2020-08-16")

    report = reports.report_for(period=week, participant=participants["341222"], by=clerk)

    assert offered(report, clerk) == {"里程": ("55.00", "沿用上周，未确认")}


def test_r11_straight_line_of_a_week_in_a_leap_year_is_its_day_of_366(weekly, participants, indicators):
    key, found = (participants["341222"].pk, indicators["里程"].pk), {}

    for ends_on in ("2020-02-29", "2020-08-09", "2020-12-31"):
        starts_on = DAY(ends_on) - datetime.timedelta(days=6)
        week = factories.PeriodFactory(programme=weekly, kind="week", starts_on=starts_on, ends_on=DAY(ends_on))
        found[ends_on] = str(own_lines(week, [key[0]], counted=["approved"])[key]["expected_rate"])

    # Days 60, 222 and 366: 60 ÷ 366 = 16.393… %, 222 ÷ 366 = 60.655… %, the whole.
    assert found == {"2020-02-29": "16.39", "2020-08-09": "60.66", "2020-12-31": "100.00"}


def test_late_week_stands_in_the_discipline_of_weeks_with_grace_and_outage(
    weekly, period, city_officer, participants, say, hand_in
):
    weeks = [open_week(weekly, city_officer, f"2020-08-{day:02}") for day in (2, 9, 16)]
    for week, hours in zip(weeks, (-1, 5, 30), strict=True):
        report = hand_in(say(week, 里程="50"))
        Report.objects.filter(pk=report.pk).update(submitted_at=week.due_at + datetime.timedelta(hours=hours))
    ReportingPeriod.objects.filter(pk=weeks[1].pk).update(grace_hours=6)
    ReportingPeriod.objects.filter(pk=weeks[2].pk).update(grace_hours=6)

    page = Discipline(weekly, city_officer, kind="week")
    unit = next(row for row in page.rows if row.reporter == participants["341222"])
    ReportingPeriod.objects.filter(pk=weeks[2].pk).update(extended_until=weeks[2].due_at + datetime.timedelta(days=2))
    after = Discipline(weekly, city_officer, kind="week")
    months = Discipline(weekly, city_officer)

    assert [cell["kind"] for cell in unit.cells] == ["on_time", "in_grace", "late"]
    assert [cell["kind"] for cell in after.rows[0].cells] == ["on_time", "in_grace", "on_time"]
    assert (page.kinds, months.kind, months.periods) == (["month", "week"], "month", [period])


WRONG_WEEKS = {
    "不在2020年度内": "2021-01-10",
    "周报的最后一天是星期日，2020年8月8日是星期六": "2020-08-08",
    "这一周从2019年12月30日开始，不全在2020年度内": "2020-01-05",
    "已经开过了": "2020-08-16",
}


def test_weeks_that_cannot_be_are_refused_with_a_sentence(weekly, city_officer):
    open_week(weekly, city_officer, "2020-08-16")

    for sentence, ends_on in WRONG_WEEKS.items():
        with pytest.raises(Refused, match=sentence):
            open_week(weekly, city_officer, ends_on)
    # From now on weeks end on Wednesday: the next one would share Thursday to Sunday with the one that is open.
    Programme.objects.filter(pk=weekly.pk).update(week_ends_on=3)
    with pytest.raises(Refused, match="和已经开过的2020年8月10日—16日重叠"):
        open_week(weekly, city_officer, "2020-08-19")
    Programme.objects.filter(pk=weekly.pk).update(year=timezone.localdate().year + 1, week_ends_on=7)
    far = datetime.date(timezone.localdate().year + 1, 6, 30)
    far += datetime.timedelta(days=7 - far.isoweekday())
    with pytest.raises(Refused, match="最早提前 14 天"):
        open_week(weekly, city_officer, far.isoformat())

    assert ReportingPeriod.objects.filter(kind="week").count() == 1


def test_programme_that_is_not_open_yet_opens_no_period(weekly, city_officer):
    Programme.objects.filter(pk=weekly.pk).update(opened_at=None, opened_by=None)

    with pytest.raises(Refused, match="还没有开启，不能开填报期"):
        open_week(weekly, city_officer, "2020-08-16")


def test_page_proposes_the_week_by_rule_and_opens_it(client, weekly, period, city_officer):
    client.force_login(city_officer)
    address = reverse("projects:period-new", args=["fuyang-2020"])

    shown = client.get(address, {"kind": "week", "ends_on": "2020-10-04"})
    wrong = client.post(address, {"kind": "week", "ends_on": "2020-10-04", "due_at": "", "grace_hours": "999"})
    done = client.post(
        address, {"kind": "week", "ends_on": "2020-10-04", "due_at": "2020-10-10T12:00", "grace_hours": "2"}
    )
    again = client.post(
        address, {"kind": "week", "ends_on": "2020-10-04", "due_at": "2020-10-10T12:00", "grace_hours": "2"}
    )

    text = shown.content.decode()
    assert "节后第1个工作日10月9日星期五，第2个工作日10月10日星期六（国庆节调休上班）" in text
    assert 'value="2020-10-10T12:00"' in text
    assert wrong.status_code == 422
    assert "宽限小时是0至240的整数。" in wrong.content.decode()
    assert 'value="999"' in wrong.content.decode()
    assert done.url == reverse("projects:period-detail", args=["fuyang-2020", "2020-10-04"])
    week = ReportingPeriod.objects.get(kind="week")
    assert (week.due_at, week.grace_hours) == (noon("2020-10-10"), 2)
    assert again.status_code == 422
    assert "这个填报期已经开过，或不能开" in again.content.decode()


def test_page_offers_the_next_month_and_no_weeks_where_none_are_asked_for(client, period, city_officer):
    client.force_login(city_officer)
    address = reverse("projects:period-new", args=["fuyang-2020"])

    page = client.get(address).context["page"]
    refused = client.get(address, {"kind": "week"})

    # August is open; September is due on 5 October, in the holiday: on Friday the 9th at 18.
    assert (page.label, page.proposal.due_at) == ("2020年1—9月月报", noon("2020-10-09", 18))
    assert refused.status_code == 422
    assert "没有实行周报制" in refused.content.decode()


def test_calendar_page_shows_the_year_and_takes_a_day(client, weekly, city_officer, clerk):
    client.force_login(city_officer)
    address = reverse("projects:calendar", args=["fuyang-2020"])

    wrong = client.post(address, {"date": "2020-13-01", "kind": "holiday", "name": "停电"})
    done = client.post(address, {"date": "2020-10-09", "kind": "holiday", "name": "停电"}, follow=True)
    client.force_login(clerk)
    seen = client.get(address).content.decode()

    assert wrong.status_code == 422
    assert 'value="停电"' in wrong.content.decode()
    assert "日期写得不对" in wrong.content.decode()
    assert "停电" in done.content.decode()
    assert "国庆节调休上班" in seen
    assert "登记一天" not in seen


@pytest.mark.slow
def test_workbook_of_a_week_goes_out_and_comes_back(weekly, period, city_officer, participants, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    week = open_week(weekly, city_officer, "2020-08-09")
    path = filled(
        tmp_path / "太和县.xlsx", period=week, participant=participants["341222"], cells={"H4": 55.25, "H5": 88.5}
    )

    heads = [cell.value for cell in openpyxl.load_workbook(path)["月报"][3]]
    review = review_returns(files=[(path, path.name)], programme=weekly, period=week)
    import_returns(review=review, by=city_officer)

    assert heads[6:8] == ["上周累计", "本周累计"]
    assert [issue.message for reading in review.readings for issue in reading.issues] == []
    assert stored(week) == {"里程": Decimal("55.25"), "合格率": Decimal("88.5")}
    assert stored(period) == {}
