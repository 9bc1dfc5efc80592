"""Writes of reporting periods: open, close (封账), issue, and reopen for named participants."""

import calendar
import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from livelihood.access import require_city_office
from livelihood.formats import format_date, format_long_moment
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Outage, Participant, PeriodReopening, Programme, Report, ReportingPeriod, Weekday
from projects.services.reports import create_reports

State = ReportingPeriod.State

#: An outage moves a deadline by days, not by months.
LONGEST_EXTENSION = datetime.timedelta(days=31)
#: How long before its first day a period may be opened, and how long after its last it may be due.
AHEAD = {"month": datetime.timedelta(days=31), "week": datetime.timedelta(days=14)}
LATEST_DUE = datetime.timedelta(days=62)
OUTAGE_REASON_LENGTH = Outage._meta.get_field("reason").max_length


@transaction.atomic
def open_period(
    *,
    programme: Programme,
    kind: str,
    ends_on: datetime.date,
    due_at: datetime.datetime,
    by: User,
    grace_hours: int = 0,
    as_of: datetime.date | None = None,
) -> ReportingPeriod:
    """Open a month or week and make an empty draft for every reporter (the whole's stands approved).

    A month runs from 1 January, as its figures do (R1); a week is the seven days up to `ends_on`. `as_of` is
    `ends_on` unless given. Raises Refused for a programme that is not open yet, a period that exists, a day outside
    the programme's year or too far ahead, a month that does not end on its last day, a week where none is asked for,
    that ends on another day than the programme's weeks or overlaps one, or a deadline before the period's end.
    """
    require_city_office(by, programme.owner_id)
    # The row is the lock: two weeks opened at once must not overlap.
    programme = Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
    if not programme.opened_at:
        raise Refused(f"“{programme.name}”还没有开启，不能开填报期。请先在开启前检查里开启。")
    _require_valid_dates(programme, kind, ends_on, due_at)
    if kind == ReportingPeriod.Kind.WEEK:
        _require_valid_week(programme, ends_on)
    is_month = kind == ReportingPeriod.Kind.MONTH
    period, created = ReportingPeriod.objects.get_or_create(
        programme=programme,
        kind=kind,
        ends_on=ends_on,
        defaults={
            "starts_on": datetime.date(ends_on.year, 1, 1) if is_month else week_start(ends_on),
            "as_of": as_of or ends_on,
            "due_at": due_at,
            "grace_hours": grace_hours,
        },
    )
    if not created:
        raise Refused(f"{period.label}的填报期已经开过了。")
    create_reports(period=period, by=by)
    record_event(
        by=by,
        verb="open_period",
        target=period,
        after={"period": period.code, "due_at": due_at.isoformat(), "grace_hours": grace_hours},
    )
    return period


@transaction.atomic
def mark_closed(*, period: ReportingPeriod, without: list[str], by: User) -> ReportingPeriod:
    """封账: no figure of the period changes any more. Also closes a reopened period again.

    `without` names reporters closed without (participants' codes or agencies' names). The reports are locked
    first, so that a save or an approval under way ends before the period closes or finds it closed. A period
    closed again ends its reopenings and keeps its state. Compare-and-set: raises InvalidTransition when it is
    closed already. Who may close and what blocks it is the caller's to check.
    """
    list(Report.objects.select_for_update().filter(period=period).order_by("pk").values_list("pk", flat=True))
    current = ReportingPeriod.objects.select_for_update().get(pk=period.pk)
    reopenings = PeriodReopening.objects.filter(period=period, ended_at__isnull=True)
    if current.state == State.OPEN:
        state = State.CLOSED
    elif reopenings.update(ended_at=Now(), ended_by=by):
        state = current.state
    else:
        raise InvalidTransition(f"{current.label}已经封账，没有需要再次封账的改动。")
    ReportingPeriod.objects.filter(pk=period.pk).update(
        state=state, closed_at=Now(), closed_by=by, closed_without=without, version=F("version") + 1
    )
    record_event(
        by=by,
        verb="close_period",
        target=period,
        before={"state": current.state, "without": current.closed_without},
        after={"state": state, "without": without},
    )
    period.refresh_from_db()
    return period


@transaction.atomic
def mark_issued(*, period: ReportingPeriod, by: User) -> ReportingPeriod:
    """Note that the period's 通报 has been issued; a later correction leaves the period as it is.

    Raises InvalidTransition while the period is still open.
    """
    changed = ReportingPeriod.objects.filter(pk=period.pk, state=State.CLOSED).update(
        state=State.ISSUED, version=F("version") + 1
    )
    period.refresh_from_db()
    if changed:
        record_event(
            by=by,
            verb="issue_period",
            target=period,
            before={"state": State.CLOSED.value},
            after={"state": State.ISSUED.value},
        )
    elif period.state != State.ISSUED:
        raise InvalidTransition(f"{period.label}还没有封账，不能印发通报。")
    return period


@transaction.atomic
def reopen_period(
    *, period: ReportingPeriod, participants: list[Participant], until: datetime.datetime, reason: str, by: User
) -> PeriodReopening:
    """Let named participants change a closed or issued period until a moment, for a reason.

    Their reports go back to `returned` with that reason (the whole's, which the city office keeps approved,
    stays); the period's own state does not change. Raises Refused with what is wrong, NotAllowed unless
    `by` works in the programme's city office.
    """
    require_city_office(by, period.programme.owner_id)
    reason = reason.strip()
    if not participants:
        raise Refused("请选定要重新开放的考核单位。")
    if any(participant.programme_id != period.programme_id for participant in participants):
        raise Refused("要重新开放的考核单位不属于这个年度民生工程。")
    if not reason:
        raise Refused("重新开放要写明原因。")
    if until <= timezone.now():
        raise Refused(f"开放截止时间{format_long_moment(until)}已经过去，请填以后的时间。")
    locked = list(
        Report.objects.select_for_update()
        .filter(period=period, participant__in=participants)
        .exclude(participant__kind=Participant.Kind.WHOLE)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    current = ReportingPeriod.objects.select_for_update().get(pk=period.pk)
    if current.state == State.OPEN:
        raise InvalidTransition(f"{current.label}还没有封账，直接退回月报即可，不用重新开放。")
    reopening = PeriodReopening.objects.create(period=period, reason=reason, until=until, opened_by=by)
    reopening.participants.set(participants)
    Report.objects.filter(pk__in=locked).exclude(state=Report.State.RETURNED).update(
        state=Report.State.RETURNED, return_reason=reason, version=F("version") + 1
    )
    record_event(
        by=by,
        verb="reopen_period",
        target=period,
        after={
            "participants": [participant.code for participant in participants],
            "until": until.isoformat(),
            "reopening": reopening.pk,
        },
        reason=reason,
    )
    return reopening


@transaction.atomic
def end_reopening(*, reopening: PeriodReopening, by: User) -> PeriodReopening:
    """End a reopening before its time. Raises InvalidTransition when it has been ended already."""
    require_city_office(by, reopening.period.programme.owner_id)
    changed = PeriodReopening.objects.filter(pk=reopening.pk, ended_at__isnull=True).update(ended_at=Now(), ended_by=by)
    if not changed:
        raise InvalidTransition("这次重新开放已经结束了。")
    record_event(by=by, verb="end_reopening", target=reopening.period, after={"reopening": reopening.pk})
    reopening.refresh_from_db()
    return reopening


@transaction.atomic
def record_outage(
    *,
    period: ReportingPeriod,
    starts_at: datetime.datetime,
    ends_at: datetime.datetime,
    extended_until: datetime.datetime,
    reason: str,
    by: User,
) -> Outage:
    """记录停机: the system could not be used; the period's deadline moves, so that nobody is late for it.

    The deadline becomes the latest of all its outages'. Raises Refused in words for moments that make no sense
    or a period that is closed, NotAllowed unless `by` works in the programme's city office.
    """
    require_city_office(by, period.programme.owner_id)
    reason = reason.strip()
    if not reason:
        raise Refused("停机要写明原因。")
    if len(reason) > OUTAGE_REASON_LENGTH or "\x00" in reason:
        raise Refused(f"停机原因最多 {OUTAGE_REASON_LENGTH} 字，不能有特殊字符。")
    current = ReportingPeriod.objects.select_for_update(no_key=True, of=("self",)).select_related("programme")
    current = current.get(pk=period.pk)
    if current.state != State.OPEN:
        raise InvalidTransition(f"{current.label}已经封账，截止时间不再顺延。")
    _require_valid_outage(current, starts_at, ends_at, extended_until)
    outage = Outage.objects.create(
        period=current,
        starts_at=starts_at,
        ends_at=ends_at,
        extended_until=extended_until,
        reason=reason,
        recorded_by=by,
    )
    before = current.extended_until
    latest = max(extended_until, before) if before else extended_until
    ReportingPeriod.objects.filter(pk=period.pk).update(extended_until=latest, version=F("version") + 1)
    record_event(
        by=by,
        verb="record_outage",
        target=period,
        before={"extended_until": before.isoformat() if before else None},
        after={
            "starts_at": starts_at.isoformat(),
            "ends_at": ends_at.isoformat(),
            "extended_until": latest.isoformat(),
        },
        reason=reason,
    )
    period.refresh_from_db()
    return outage


def _require_valid_outage(period: ReportingPeriod, starts_at, ends_at, extended_until) -> None:
    """Raise Refused unless the outage lies before the deadline and moves it by a sensible time."""
    limit = period.due_at + datetime.timedelta(hours=period.grace_hours)
    years = {period.programme.year, timezone.localtime(period.due_at).year}
    if ends_at <= starts_at:
        raise Refused("停机结束要晚于停机开始，请核对两个时间。")
    if starts_at > timezone.now():
        raise Refused(f"停机开始{format_long_moment(starts_at)}还没有到，停机之后再记。")
    if not {timezone.localtime(moment).year for moment in (starts_at, ends_at)} <= years:
        raise Refused(f"停机时间不在{'、'.join(str(year) for year in sorted(years))}年，请核对年份。")
    if starts_at > period.deadline:
        raise Refused(f"停机开始在截止（{format_long_moment(period.deadline)}）之后，不影响报送，不用顺延。")
    if extended_until < ends_at:
        raise Refused("顺延后的截止不能早于停机结束。")
    if extended_until <= limit:
        raise Refused(f"顺延后的截止要晚于现在的截止（{format_long_moment(limit)}），否则没有顺延。")
    if extended_until > limit + LONGEST_EXTENSION:
        raise Refused(f"最多顺延 {LONGEST_EXTENSION.days} 天，请核对日期。")


def week_start(ends_on: datetime.date) -> datetime.date:
    """Return the first of the seven days of the week that ends on `ends_on`."""
    return ends_on - datetime.timedelta(days=6)


def _require_valid_dates(programme, kind, ends_on, due_at) -> None:
    """Raise Refused unless the period lies in the programme's year, not far ahead, and is due after its end."""
    if ends_on.year != programme.year:
        raise Refused(f"{format_date(ends_on)}不在{programme.year}年度内。")
    if kind == ReportingPeriod.Kind.MONTH and ends_on.day != calendar.monthrange(ends_on.year, ends_on.month)[1]:
        raise Refused(f"月报的截止日是当月最后一天，{format_date(ends_on)}不是。")
    first = ends_on.replace(day=1) if kind == ReportingPeriod.Kind.MONTH else week_start(ends_on)
    ahead = AHEAD[kind]
    if first > timezone.localdate() + ahead:
        noun = ReportingPeriod.Kind(kind).label
        raise Refused(f"{format_date(first)}才开始的{noun}现在不能开：最早提前 {ahead.days} 天，请核对日期。")
    if timezone.localdate(due_at) < ends_on:
        raise Refused("报送截止时间不能早于填报期的最后一天。")
    if due_at > timezone.make_aware(datetime.datetime.combine(ends_on + LATEST_DUE, datetime.time.max)):
        raise Refused(f"报送截止最晚在填报期结束后 {LATEST_DUE.days} 天，请核对日期。")


def _require_valid_week(programme: Programme, ends_on: datetime.date) -> None:
    """Raise Refused unless the programme asks for weeks and this is one of its own, beside the others. One query."""
    if not programme.weekly:
        raise Refused(f"“{programme.name}”没有实行周报制，请先在报送时间里设定。")
    if ends_on.isoweekday() != programme.week_ends_on:
        day = Weekday(programme.week_ends_on).label
        raise Refused(f"周报的最后一天是{day}，{format_date(ends_on)}是{Weekday(ends_on.isoweekday()).label}。")
    starts_on = week_start(ends_on)
    if starts_on.year != programme.year:
        raise Refused(f"这一周从{format_date(starts_on)}开始，不全在{programme.year}年度内，从下一周开始报。")
    weeks = ReportingPeriod.objects.filter(programme=programme, kind=ReportingPeriod.Kind.WEEK)
    other = weeks.filter(starts_on__lte=ends_on, ends_on__gte=starts_on).exclude(ends_on=ends_on).first()
    if other is not None:
        raise Refused(f"和已经开过的{other.label}重叠，请核对日期。")
