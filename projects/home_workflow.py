"""What changed around the reports: reminders, bureaus' signatures, opinions of lead agencies, outages."""

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse

from livelihood.access import COUNTY_ROLES, Role, access_of
from livelihood.formats import format_moment
from livelihood.models import User
from livelihood.registry import Change
from projects.models import BureauSignature, LeadObjection, Outage, Reminder, Report, ReportingPeriod

#: At most this many of each kind of change are read.
READ_CHANGES = 30


def workflow_changes(user: User, since) -> Iterator[Change]:
    """Yield what others did around the reports the user sees. Four queries."""
    access = access_of(user)
    fillers, leads = access.agency_ids(Role.FILLER), access.agency_ids(Role.LEAD_AGENCY)
    to_me = Q(participant__region__in=access.region_ids(*COUNTY_ROLES), agency__isnull=True) | Q(
        agency__in=fillers | leads
    )
    reminders = Reminder.objects.filter(to_me, sent_at__gt=since).exclude(sent_by=user)
    for row in reminders.select_related("participant", "period__programme")[:READ_CHANGES]:
        yield Change(row.sent_at, row.words, _period_url(row.period))
    reports = Report.objects.visible_to(user).values("pk")
    signatures = BureauSignature.objects.filter(report__in=reports, signed_at__gt=since, withdrawn_at__isnull=True)
    rows = signatures.exclude(signed_by=user).select_related("agency", "report__period", "report__participant")
    for row in rows.order_by("-signed_at")[:READ_CHANGES]:
        yield Change(row.signed_at, f"{row.agency}签字（{row.report}）", _report_url(row.report_id))
    objections = LeadObjection.objects.filter(report__in=reports, raised_at__gt=since).exclude(raised_by=user)
    rows = objections.select_related("agency", "indicator", "report__period", "report__participant")
    for row in rows.order_by("-raised_at")[:READ_CHANGES]:
        text = f"{row.agency}对{row.report}“{row.name}”提异议：{row.reason}"
        yield Change(row.raised_at, text, _report_url(row.report_id))
    periods = ReportingPeriod.objects.visible_to(user).values("pk")
    outages = Outage.objects.filter(period__in=periods, recorded_at__gt=since).exclude(recorded_by=user)
    for row in outages.select_related("period__programme")[:READ_CHANGES]:
        text = f"{row.period.label}因停机截止顺延至 {format_moment(row.extended_until)}：{row.reason}"
        yield Change(row.recorded_at, text, _period_url(row.period))


def _report_url(pk: int) -> str:
    return reverse("projects:report-detail", args=[pk])


def _period_url(period: ReportingPeriod) -> str:
    return reverse("projects:period-detail", args=[period.programme.code, period.code])
