"""Eight months of the demo (演示数据): reports with figures and averages, seven of them closed and issued."""

import calendar
import datetime
from collections import Counter, defaultdict
from decimal import Decimal

from django.utils import timezone

from funding.demo_city import load_city_month, load_city_plan
from livelihood.demo_logins import COUNTIES, DEMO_LOGINS
from livelihood.models import User
from livelihood.services import record_event
from projects import demo, demo_averages, demo_plan
from projects.content import group_hashes
from projects.models import (
    Figure,
    FigureFlag,
    Indicator,
    Participant,
    Programme,
    Report,
    ReportApproval,
    ReportingPeriod,
)
from projects.models.reports import Origin
from projects.services.benchmarks import BenchmarkEntry, set_benchmarks
from projects.services.figure_facts import facts_of, near_indicators
from projects.services.flags import refresh_flags
from projects.services.reports import create_reports
from supervision.services.closing import close_month
from supervision.services.demo_checks import answer_checks
from supervision.services.demo_papers import issue_reviewed
from supervision.services.demo_workflow import load_workflow

LAST_ISSUED = 7
#: Hours of the day at which things happen in the demo.
FILLED, SIGNED, SUBMITTED, APPROVED, CLOSED, DUE = 9, 10, 11, 15, 16, 18
#: Days of the following month, after the deadline on the 5th with its grace.
CLOSE_DAY, ISSUE_DAY = 8, 10


def month_end(year: int, month: int) -> datetime.date:
    """Return the last day of the month."""
    return datetime.date(year, month, calendar.monthrange(year, month)[1])


def moment(day: datetime.date, hour: int) -> datetime.datetime:
    """Return that hour of the day, local time."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour)))


def following(year: int, month: int, day: int) -> datetime.date:
    """Return a day of the month after."""
    return month_end(year, month) + datetime.timedelta(days=day)


def due_at(year: int, month: int) -> datetime.datetime:
    """Return the deadline of a month's reports."""
    return moment(following(year, month, demo_plan.DUE_DAY), DUE)


class DemoMonths:
    """Fills the open, empty periods of a demo programme in the caller's transaction."""

    def __init__(self, catalogue: dict, programme: Programme, counts: Counter):
        self.programme, self.counts, self.year = programme, counts, programme.year
        self.participants = {row.code: row for row in programme.participants.all()}
        self.indicators: dict[demo.Key, Indicator] = {
            (row.sub_project.project.seq, row.sub_project.name, row.name): row
            for row in Indicator.objects.of_programme(programme)
        }
        people = User.objects.in_bulk([login.username for login in DEMO_LOGINS], field_name="username")
        self.office = people["city_office"]
        names = {code: name for code, (name, _) in COUNTIES.items()}
        self.clerks = {code: people[f"{name}_clerk"] for code, name in names.items()}
        self.heads = {code: people[f"{name}_head"] for code, name in names.items()}
        targets = catalogue["targets"]
        figures = demo.generate_figures(catalogue, targets)
        self.figures: dict[tuple, list] = defaultdict(list)
        for row in figures:
            self.figures[row.month, row.participant].append(row)
        self.reports = {(row.month, row.participant): row for row in demo.generate_reports(catalogue)}
        self.averages: dict[int, list] = defaultdict(list)
        for row in demo_averages.generate_benchmarks(catalogue, targets, figures):
            self.averages[row.month].append(row)

    def load(self) -> None:
        """Load month after month, as a year goes: a bulletin names the places of the month before."""
        periods = {row.ends_on.month: row for row in ReportingPeriod.objects.filter(programme=self.programme)}
        self.counts["资金计划"] += load_city_plan(self.programme, by=self.office)
        for month in demo.MONTHS:
            period = periods[month]
            create_reports(period=period, by=self.office)
            reports = {
                report.participant.code: report
                for report in Report.objects.filter(period=period).select_related("period__programme", "participant")
            }
            self._load_figures(month, period, reports)
            self._load_funds(month, period, reports)
            self._load_states(month, reports)
            self._load_averages(month, period)
            if month <= LAST_ISSUED:
                self._issue(month, period)
            else:
                load_workflow(period, reports, self.office)

    def _load_figures(self, month: int, period: ReportingPeriod, reports: dict[str, Report]) -> None:
        made = []
        for code, report in reports.items():
            sent = self.reports[month, code]
            rows = [
                Figure(
                    period=period,
                    report=report,
                    participant=report.participant,
                    indicator=self.indicators[row.key],
                    state=row.state,
                    value=None if row.value is None else Decimal(row.value),
                    origin=Origin.DEMO,
                    updated_at=moment(sent.submitted_on, FILLED),
                    updated_by=self.clerks.get(code, self.office),
                )
                for row in self.figures[month, code]
            ]
            if rows:
                record_event(
                    by=rows[0].updated_by,
                    verb="record_figures",
                    target=report,
                    after={"saved": len(rows), "origin": Origin.DEMO.value},
                )
            made += rows
        Figure.objects.bulk_create(made)
        self.counts["填报数"] += len(made)
        self._explain(period, made)

    def _load_funds(self, month: int, period: ReportingPeriod, reports: dict[str, Report]) -> None:
        """Enter the month's money of the counties that had entered figures."""
        filled = {
            report.participant_id: (self.clerks[code], moment(self.reports[month, code].submitted_on, FILLED))
            for code, report in reports.items()
            if code in self.clerks and self.figures[month, code]
        }
        own = {report.participant_id: report for report in reports.values()}
        self.counts["资金月报数"] += load_city_month(period, own, filled)

    def _explain(self, period: ReportingPeriod, figures: list[Figure]) -> None:
        """Flag what is odd, as any save does, and give the reason the reviewer asks for."""
        touched = {(figure.participant_id, figure.indicator_id): figure for figure in figures}
        indicators = near_indicators(self.programme.pk, {key[1] for key in touched})
        facts = facts_of(period, {key[0] for key in touched}, indicators)
        refresh_flags(period, touched=touched, facts=facts, claims=set(), reasons={})
        for code, reason in demo_plan.REASONS.items():
            FigureFlag.objects.filter(figure__period=period, reason="", code=code).update(reason=reason)
        FigureFlag.objects.filter(figure__period=period, reason="").update(reason=demo_plan.OTHER_REASON)

    def _load_states(self, month: int, reports: dict[str, Report]) -> None:
        """Sign, submit and approve as the generator says, dated within the deadline or, once, after it."""
        approvals, moved = [], []
        hashes = group_hashes(reports.values(), {(report.pk, ""): None for report in reports.values()})
        for code, report in reports.items():
            sent = self.reports[month, code]
            if sent.submitted_on is None:
                continue
            report.content_sha256 = hashes[report.pk, ""]
            if report.participant.kind != Participant.Kind.WHOLE:
                report.state = sent.state
                report.signed_at = moment(sent.submitted_on, SIGNED)
                report.signed_by = self.heads.get(code, self.office)
                report.submitted_at = moment(sent.submitted_on, SUBMITTED)
                report.submitted_by = self.clerks.get(code, self.office)
            report.version += 1
            moved.append(report)
            if report.state == Report.State.APPROVED:
                approvals.append(self._approval(report, moment(sent.submitted_on, APPROVED)))
        Report.objects.bulk_update(
            moved, ["state", "content_sha256", "signed_at", "signed_by", "submitted_at", "submitted_by", "version"]
        )
        ReportApproval.objects.bulk_create(approvals)
        self.counts["月报"] += len(moved)

    def _approval(self, report: Report, decided_at: datetime.datetime) -> ReportApproval:
        return ReportApproval(
            report=report,
            # The whole's first verdict was given when its empty report was made.
            nth=2 if report.participant.kind == Participant.Kind.WHOLE else 1,
            sha256=report.content_sha256,
            verdict=ReportApproval.Verdict.APPROVED,
            decided_at=decided_at,
            decided_by=self.office,
        )

    def _load_averages(self, month: int, period: ReportingPeriod) -> None:
        entries = [
            BenchmarkEntry(
                indicator_id=self.indicators[row.project_seq, row.sub_item, row.indicator].pk,
                measure=row.measure,
                value=Decimal(row.value),
                decimals=row.decimals,
                as_of=row.as_of,
                source=row.source,
                city_rate=None if row.city_rate is None else Decimal(row.city_rate),
                city_place=row.city_place,
                city_count=row.city_count,
            )
            for row in self.averages[month]
        ]
        set_benchmarks(period=period, entries=entries, by=self.office)
        self.counts["全省平均"] += len(entries)

    def _issue(self, month: int, period: ReportingPeriod) -> None:
        closed = close_month(period=period, without=[], by=self.office)
        answer_checks(
            snapshot=closed.snapshot,
            closed_on=following(self.year, month, CLOSE_DAY),
            by=self.office,
            objects=month == LAST_ISSUED,
        )
        issue_reviewed(document=closed.document, by=self.office, issued_on=following(self.year, month, ISSUE_DAY))
        closed_at = moment(following(self.year, month, CLOSE_DAY), CLOSED)
        ReportingPeriod.objects.filter(pk=period.pk).update(closed_at=closed_at)
        self.counts["通报"] += 1
