"""The open week of 张掖市's demo: 周报制, due by the rule, with one bureau's figures handed in on time (演示数据)."""

import datetime

from livelihood.models import User
from projects.due_dates import due_proposal
from projects.models import Figure, Programme, Report, ReportingPeriod
from projects.services.figure_entries import FigureEntry
from projects.services.figures import record_reports
from projects.services.periods import open_period
from projects.services.reports import receive_report
from projects.workdays import Workdays

#: The week of 15 to 21 August: the month's drafts start from it where it has come.
ENDS_ON = datetime.date(2022, 8, 21)
EARLY = "市教育局"
BEFORE_DUE = datetime.timedelta(hours=2)


def open_demo_week(programme: Programme, by: User) -> ReportingPeriod:
    """Open the week and hand in the early bureau's report, which repeats its last month."""
    week = ReportingPeriod.Kind.WEEK
    due_at = due_proposal(programme, week, ENDS_ON, Workdays(programme.owner_id)).due_at
    period = open_period(programme=programme, kind=week, ends_on=ENDS_ON, due_at=due_at, by=by)
    report = Report.objects.select_related("period__programme__owner", "agency").get(period=period, agency__name=EARLY)
    months = programme.periods.filter(kind=ReportingPeriod.Kind.MONTH).exclude(state=ReportingPeriod.State.OPEN)
    said = Figure.objects.filter(period=months.latest("ends_on"), report__agency=report.agency_id, state="reported")
    entries = [FigureEntry(row.participant_id, row.indicator_id, "reported", row.value) for row in said]
    record_reports(batches=[(report, entries)], by=by, origin="demo", partial=False)
    report.refresh_from_db()
    receive_report(report=report, by=by)
    Report.objects.filter(pk=report.pk).update(submitted_at=due_at - BEFORE_DUE)
    return period
