"""What the page of one period shows: who reports, how far each is, what waits for whom."""

from collections import defaultdict

from django.db.models import QuerySet
from django.utils import timezone

from livelihood.access import Role, access_of, is_city_office, oversees
from livelihood.models import Agency, User
from livelihood.registry import actions_for
from projects import rights
from projects.bureaus import last_reminders
from projects.fullness import filling_of, flag_counts, summed
from projects.models import Participant, Programme, Report, ReportingPeriod, SubProject
from projects.services.report_locks import is_whole


def period_rows(period: ReportingPeriod, user: User) -> list[dict]:
    """Return one row per reporter the user sees, in official order: report, state, counts, lateness.

    A unit without a report has a row too, with state "" and report None. Six queries.
    """
    now, owner = timezone.now(), period.programme.owner_id
    sees_all, starts = oversees(user, owner), is_city_office(user, owner)
    reports = list(
        Report.objects.visible_to(user)
        .filter(period=period)
        .select_related("participant", "agency", "period", "submitted_by")
        .order_by("participant__order", "agency__order", "id")
    )
    by_unit = {report.participant_id: report for report in reports if report.participant_id}
    by_agency = [report for report in reports if report.agency_id]
    units = Participant.objects.visible_to(user).filter(programme=period.programme).active_on(period.ends_on)
    if period.programme.reporting_by == Programme.ReportingBy.AGENCY:
        units = units.filter(kind=Participant.Kind.WHOLE)
    if not sees_all:
        units = units.exclude(kind=Participant.Kind.WHOLE)
    filling = filling_of(period)
    by_reporter = summed(filling, by=lambda home: home[0])
    flags = flag_counts(report.pk for report in reports)
    rows = [
        _row(period, by_unit.get(unit.pk), unit, by_reporter.get(unit.pk, {}), flags, now)
        for unit in units.order_by("order", "id")
    ]
    if period.programme.reporting_by == Programme.ReportingBy.AGENCY:
        rows += _agency_rows(period, user, by_agency, filling, flags, now)
    reminders = last_reminders(period)
    for row in rows:
        reporter = row["reporter"]
        is_agency = isinstance(reporter, Agency)
        row["is_agency"] = is_agency
        row["may_start"] = (
            row["report"] is None
            and period.state == "open"
            and (starts or (not sees_all and _fills(user, period, reporter)))
        )
        row["reminder"] = reminders.get((None, reporter.pk) if is_agency else (reporter.pk, None))
        row["may_remind"] = (
            starts
            and period.state == "open"
            and row["state"] not in Report.COUNTED
            and (is_agency or reporter.kind == Participant.Kind.UNIT)
        )
    return rows


def _agency_rows(
    period: ReportingPeriod, user: User, reports: list[Report], filling: dict, flags: dict, now
) -> list[dict]:
    """Return a row per lead agency the user sees, with a report or without. Two queries."""
    agencies = Agency.objects.filter(led_sub_projects__project__programme=period.programme).distinct()
    if not oversees(user, period.programme.owner_id):
        agencies = agencies.filter(pk__in=access_of(user).agency_ids(Role.LEAD_AGENCY, Role.FILLER))
    by_agency = {report.agency_id: report for report in reports}
    led = _filling_by_lead(period, filling) if by_agency else {}
    return [
        _row(period, by_agency.get(agency.pk), agency, led.get(agency.pk, {}), flags, now)
        for agency in agencies.order_by("order", "name")
    ]


def _filling_by_lead(period: ReportingPeriod, filling: dict) -> dict[int, dict]:
    """Return how far each lead agency's cells are, over all units but the whole. Two queries."""
    leads = dict(SubProject.objects.filter(project__programme=period.programme).values_list("pk", "lead_agency"))
    units = set(period.programme.participants.reporters().values_list("pk", flat=True))
    return summed(filling, by=lambda home: leads.get(home[1]) if home[0] in units else None)


def _fills(user: User, period: ReportingPeriod, reporter: Participant | Agency) -> bool:
    """Tell whether the user fills anything for the reporter, which has no report yet."""
    named = {"agency": reporter} if isinstance(reporter, Agency) else {"participant": reporter}
    return bool(rights.fill_scope(user, Report(period=period, **named)))


def _row(period: ReportingPeriod, report: Report | None, reporter, filling: dict, flags: dict, now) -> dict:
    """Return what the table says of one reporter."""
    flagged = flags.get(report.pk, (0, 0)) if report else (0, 0)
    came = report is not None and report.state in Report.COUNTED
    whole = isinstance(reporter, Participant) and reporter.kind == Participant.Kind.WHOLE
    return {
        "report": report,
        "reporter": reporter,
        "state": report.state if report else "",
        "tasks": filling.get("tasks"),
        "filled": filling.get("filled"),
        "blank": filling["tasks"] - filling["filled"] if filling else None,
        "flagged": flagged[0],
        "unexplained": flagged[1],
        "is_whole": whole,
        "is_late": bool(report and report.is_late),
        "is_overdue": not whole and not came and period.state == "open" and now > period.deadline,
    }


def programme_rows(programmes: QuerySet, user: User) -> list[dict]:
    """Return the programmes with their periods, newest first, and the user's own reports. Three queries."""
    programmes = list(programmes)
    periods = defaultdict(list)
    for period in ReportingPeriod.objects.filter(programme__in=programmes).order_by("-ends_on"):
        periods[period.programme_id].append(period)
    reports = defaultdict(list)
    for report in (
        Report.objects.visible_to(user)
        .filter(period__programme__in=programmes)
        .select_related("participant", "agency", "period")
    ):
        reports[report.period_id].append(report)
    return [
        {
            "programme": programme,
            "sees_all": oversees(user, programme.owner_id),
            "actions": actions_for("programme", user, programme),
            "periods": [_period_line(period, programme, reports[period.pk]) for period in periods[programme.pk]],
        }
        for programme in programmes
    ]


def _period_line(period: ReportingPeriod, programme: Programme, reports: list[Report]) -> dict:
    """Return what the list says of one period: its state, and how many reports came."""
    # The programme is at hand; asking each period for it would be a query per line.
    period.programme = programme
    own = [report for report in reports if not is_whole(report)]
    return {
        "period": period,
        "report": own[0] if len(own) == 1 else None,
        "reports": len(own),
        "approved": sum(report.state == Report.State.APPROVED for report in own),
        "waiting": sum(report.state == Report.State.SUBMITTED for report in own),
    }
