"""Whether figures of a report may change, and holding the report while they do."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from livelihood import formats
from livelihood.services import Refused
from projects.models import Participant, PeriodReopening, Report, ReportingPeriod


def is_whole(report: Report) -> bool:
    """Tell whether this is the report of the whole, which the city office fills and which stands approved."""
    return report.participant is not None and report.participant.kind == Participant.Kind.WHOLE


def is_open_for_figures(report: Report) -> bool:
    """Tell whether figures of the report may change now, whoever asks; a query when its period is closed."""
    try:
        require_changeable(report)
    except Refused:
        return False
    return is_whole(report) or report.state in Report.EDITABLE


def lock_report(report: Report) -> Report:
    """Return the report as it is now, locked until the caller's transaction ends, with its period read after that.

    Closing a period locks its reports first, so whoever holds one sees the period's true state.
    """
    return lock_reports([report])[report.pk]


def lock_reports(reports: Iterable[Report]) -> dict[int, Report]:
    """Lock several reports at once, in the order closing does, and return them as they are now by id. Two queries."""
    keys = [report.pk for report in reports]
    if not keys:
        return {}
    locked = Report.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk", flat=True)
    if len(locked) < len(set(keys)):
        raise Report.DoesNotExist
    return Report.objects.select_related(
        "period__programme__owner", "participant", "agency", "submitted_by", "signed_by"
    ).in_bulk(keys)


def require_changeable(report: Report, *, expired_too: bool = False) -> None:
    """Raise Refused when the report's period is closed and no reopening covers its reporter.

    The time limit of a reopening is the reporter's; a verdict on what came in by then may follow it (`expired_too`).
    """
    period = report.period
    if period.state == ReportingPeriod.State.OPEN:
        return
    office = period.programme.owner.office_word
    reopening = (
        PeriodReopening.objects.filter(
            Q(participants=report.participant) if report.participant_id else Q(), period=period, ended_at__isnull=True
        )
        .order_by("-until")
        .first()
    )
    if reopening is None:
        raise Refused(f"{period.label}已经封账，什么都没有改动。确需更正，请联系{office}重新开放。")
    if reopening.until <= timezone.now() and not expired_too:
        moment = formats.format_moment(reopening.until)
        raise Refused(f"{period.label}的重新开放已于{moment}到期，什么都没有改动。请联系{office}延长。")
