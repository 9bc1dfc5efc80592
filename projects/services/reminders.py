"""Writes of 催报: the city office reminds reporters, a county reminds its bureaus; every reminder stays."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from livelihood.access import COUNTY_ROLES, NotAllowed, access_of, is_city_office
from livelihood.formats import format_moment
from livelihood.models import Agency, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.bureaus import BureauRow, bureau_rows, last_reminders
from projects.models import Participant, PeriodReopening, Programme, Reminder, Report, ReportingPeriod

#: Nobody is reminded of the same twice within this time.
PAUSE = timedelta(minutes=10)
TEXT_LENGTH = Reminder._meta.get_field("text").max_length


@dataclass
class RemindOutcome:
    """Who was reminded, and who was left alone because of a reminder a moment ago."""

    sent: list[Reminder] = field(default_factory=list)
    paused: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Addressee:
    """Somebody who still owes something: a reporter, or a bureau (`agency`) of a participant."""

    participant: Participant | None
    agency: Agency | None

    @property
    def key(self) -> tuple[int | None, int | None]:
        """Return (participant id, agency id) as `last_reminders` does."""
        return self.participant and self.participant.pk, self.agency and self.agency.pk

    def __str__(self):
        return str(self.agency or self.participant)


@transaction.atomic
def remind(
    *,
    period: ReportingPeriod,
    participant: Participant | None = None,
    agency: Agency | None = None,
    text: str,
    by: User,
) -> Reminder:
    """催报 one: a participant, an agency that reports, or with both a bureau of the participant.

    The city office reminds reporters, the county's people its bureaus (NotAllowed for others). Raises Refused
    for one who owes nothing, or who was reminded within ten minutes, and for words that cannot be sent.
    """
    text = _checked_text(text)
    _require_sender(period, participant, agency, by)
    period = _lock_period(period)
    addressee = Addressee(participant, agency)
    owing = _owing_bureaus(period, participant) if participant and agency else _owing_reporters(period)
    if addressee.key not in {row.key for row in owing}:
        raise Refused(f"{addressee}没有要催的：" + ("已经签字或没有任务。" if participant and agency else "已经提交。"))
    outcome = _send(period, [addressee], text, by)
    if not outcome.sent:
        raise InvalidTransition(f"{outcome.paused[0]}刚催过，10分钟之内不重复催。")
    return outcome.sent[0]


@transaction.atomic
def remind_outstanding(
    *, period: ReportingPeriod, by: User, text: str, participant: Participant | None = None
) -> RemindOutcome:
    """催报 all who owe something: the reporters, or with `participant` its bureaus that have not signed.

    Whoever was reminded within ten minutes is left out. Raises Refused when nobody is left.
    """
    text = _checked_text(text)
    _require_sender(period, participant, None, by, is_for_bureaus=participant is not None)
    period = _lock_period(period)
    owing = _owing_bureaus(period, participant) if participant else _owing_reporters(period)
    if not owing:
        raise Refused("没有要催的：" + ("各部门都已签字。" if participant else "各单位都已提交。"))
    outcome = _send(period, owing, text, by)
    if not outcome.sent:
        raise InvalidTransition(f"{'、'.join(outcome.paused[:5])}刚催过，10分钟之内不重复催。")
    return outcome


def default_text(period: ReportingPeriod) -> str:
    """Return the words of a reminder nobody has written."""
    return f"请尽快填报{period.report_label}，{format_moment(period.deadline)}之后算迟报。"


def _send(period: ReportingPeriod, addressees: list[Addressee], text: str, by: User) -> RemindOutcome:
    """Add the rows under the period's lock, one audit event for all."""
    last, now, outcome, fresh = last_reminders(period), timezone.now(), RemindOutcome(), []
    for addressee in addressees:
        before = last.get(addressee.key)
        if before and now - before.sent_at < PAUSE:
            outcome.paused.append(f"{addressee} {timezone.localtime(before.sent_at):%H:%M} ")
        else:
            fresh.append(addressee)
    outcome.sent = Reminder.objects.bulk_create(
        [
            Reminder(period=period, participant=row.participant, agency=row.agency, text=text, sent_by=by)
            for row in fresh
        ]
    )
    if outcome.sent:
        record_event(by=by, verb="remind", target=period, after={"to": [str(row) for row in fresh], "text": text})
    return outcome


def _checked_text(text: str) -> str:
    """Return the words to send. Raises Refused for none, too many, or what cannot be stored."""
    text = text.strip()
    if not text:
        raise Refused("催报要写明内容。")
    if len(text) > TEXT_LENGTH:
        raise Refused(f"催报最多 {TEXT_LENGTH} 字，现在有 {len(text)} 字。")
    if "\x00" in text:
        raise Refused("催报里有不能保存的字符，请重新输入。")
    return text


def _require_sender(period, participant, agency, by: User, *, is_for_bureaus: bool = False) -> None:
    """Raise NotAllowed unless `by` may remind them; Refused for somebody outside the programme."""
    if participant is not None and participant.programme_id != period.programme_id:
        raise Refused(f"{participant}不是“{period.programme.name}”的考核单位。")
    if participant is not None and (agency is not None or is_for_bureaus):
        counties = access_of(by).region_ids(*COUNTY_ROLES)
        is_own_level = participant.kind == Participant.Kind.OWN and is_city_office(by, period.programme.owner_id)
        if participant.region_id not in counties and not is_own_level:
            raise NotAllowed("只有本单位的填报人和审核人可以催本单位的部门。")
    elif not is_city_office(by, period.programme.owner_id):
        raise NotAllowed(f"只有{period.programme.owner.office_word}可以催各单位报送。")


def _lock_period(period: ReportingPeriod) -> ReportingPeriod:
    """Return the period locked, so that two reminders at once find each other. Raises Refused when it is closed.

    FOR NO KEY UPDATE: figures that refer to the period can still be saved.
    """
    found = ReportingPeriod.objects.select_for_update(no_key=True, of=("self",)).select_related("programme")
    period = found.get(pk=period.pk)
    if period.state != ReportingPeriod.State.OPEN and not _reopened(period):
        raise Refused(f"{period.label}已经封账，不用再催。")
    return period


def _reopened(period: ReportingPeriod) -> set[int]:
    """Return the participants that may correct the closed period now."""
    rows = PeriodReopening.objects.filter(period=period, ended_at__isnull=True, until__gt=timezone.now())
    return set(rows.values_list("participants", flat=True))


def _owing_reporters(period: ReportingPeriod) -> list[Addressee]:
    """Return the reporters whose report has not come, in official order; of a reopened period those it names.

    The own level's report is the city office's own to fill.
    """
    came = set(
        Report.objects.filter(period=period, state__in=Report.COUNTED).values_list("participant_id", "agency_id")
    )
    if period.programme.reporting_by == Programme.ReportingBy.AGENCY:
        leads = Agency.objects.filter(led_sub_projects__project__programme=period.programme).distinct()
        rows = [Addressee(None, agency) for agency in leads.order_by("order", "name")]
    else:
        units = period.programme.participants.reporters().active_on(period.ends_on)
        if period.state != ReportingPeriod.State.OPEN:
            units = units.filter(pk__in=_reopened(period))
        units = units.exclude(kind=Participant.Kind.OWN).order_by("order", "id")
        rows = [Addressee(unit, None) for unit in units]
    return [row for row in rows if row.key not in came]


def _owing_bureaus(period: ReportingPeriod, participant: Participant) -> list[Addressee]:
    """Return the participant's bureaus that have not signed, as long as its report is still in its hands."""
    report = Report.objects.filter(period=period, participant=participant).first()
    report = report or Report(period=period, participant=participant)
    if report.state not in Report.EDITABLE:
        raise Refused(f"{participant}的月报现在是“{report.get_state_display()}”，不用再催部门。")
    report.period, report.participant = period, participant
    rows: list[BureauRow] = bureau_rows(report)
    return [Addressee(participant, row.agency) for row in rows if row.is_outstanding]
