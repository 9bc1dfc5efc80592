"""A week closed by command: snapshot and draft by the days of the year, nothing of the month moves."""

import datetime
import io

import pytest
from django.core.management import call_command
from django.urls import reverse

from projects.models import Figure, Programme, Report, ReportingPeriod
from projects.services.periods import open_period
from supervision.models import Snapshot, SnapshotLine
from tests.supervision.months import report_month
from tests.support.worlds import world

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@world
def week(programme, participants, indicators, city_officer):
    """The week of 3 to 9 August 2020, everybody approved: 里程 60 of 100 and 150 of 200."""
    Programme.objects.filter(pk=programme.pk).update(weekly=True)
    due = datetime.datetime(2020, 8, 11, 4, tzinfo=datetime.UTC)
    week = open_period(programme=programme, kind="week", ends_on=datetime.date(2020, 8, 9), due_at=due, by=city_officer)
    report_month(week, participants, indicators, by=city_officer)
    return week


def close_week():
    """Return exit code, stdout and stderr of the command."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("close_month", "--programme", "fuyang-2020", "--period", "2020-08-09", stdout=out, stderr=err)
    except SystemExit as ended:
        return ended.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_week_closed_by_command_is_frozen_by_days_of_the_year(week, period, participants, indicators):
    code, out, _ = close_week()

    assert code == 0
    assert "2020年8月3日—9日已封账：快照第1版，" in out
    snapshot = Snapshot.objects.get()
    assert (snapshot.period_id, snapshot.elapsed_parts, snapshot.elapsed_whole) == (week.pk, 222, 366)
    lines = SnapshotLine.objects.filter(indicator=indicators["里程"]).order_by("participant__order")
    # 60 ÷ 100, 150 ÷ 200, and 210 ÷ 300 of the whole, against 222 ÷ 366 = 60.66: 太和县 is behind by 0.66.
    assert [(f"{row.rate:.2f}", f"{row.expected_rate:.2f}", row.status) for row in lines if row.rate is not None] == [
        ("60.00", "60.66", "behind"),
        ("75.00", "60.66", "on_schedule"),
        ("70.00", "60.66", "on_schedule"),
    ]
    assert set(ReportingPeriod.objects.values_list("kind", "state")) == {("week", "closed"), ("month", "open")}
    assert not Figure.objects.filter(period=period).exists()


def test_week_with_somebody_missing_is_not_closed_and_says_weekly_report(week, participants):
    report = Report.objects.get(period=week, participant=participants["341282"])
    Report.objects.filter(pk=report.pk).update(state="returned", return_reason="核对")

    code, out, err = close_week()

    assert (code, out) == (1, "")
    assert "界首市的周报还没有审核通过" in err
    assert not Snapshot.objects.exists()


def test_pages_and_exports_of_a_week_open(client, week, period, participants, city_officer):
    of_week = ["fuyang-2020", "2020-08-09"]
    report = Report.objects.get(period=week, participant=participants["341222"])
    client.force_login(city_officer)
    addresses = [
        *(reverse(name, args=of_week) for name in ("projects:period-detail", "projects:review-matrix")),
        *(reverse(name, args=of_week) for name in ("supervision:ranking", "supervision:ranking-export")),
        *(reverse(name, args=of_week) for name in ("supervision:period-close", "projects:month-export")),
        reverse("projects:project-matrix", args=[*of_week, 1]),
        *(reverse(f"projects:report-{name}", args=[report.pk]) for name in ("detail", "export", "template")),
        reverse("projects:report-review", args=[report.pk]),
    ]

    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)
    assert "2020年8月3日—9日周报" in client.get(reverse("projects:report-detail", args=[report.pk])).content.decode()
