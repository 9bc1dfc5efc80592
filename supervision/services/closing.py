"""Closing a period: what stands in the way, and 封账, snapshot, draft, 核对 and letters in one transaction."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from livelihood.access import require_city_office
from livelihood.formats import STATES
from livelihood.jobs import enqueue
from livelihood.models import Agency, AuditEvent, Job, User
from livelihood.services import Refused, record_event
from projects.models import Participant, Programme, Report, ReportingPeriod
from projects.services.periods import mark_closed
from supervision.documents.registered import close_kinds
from supervision.models import Document, Snapshot
from supervision.services.close_progress import CloseNotes
from supervision.services.close_steps import Made, run_close_steps
from supervision.services.documents import draft_bulletin
from supervision.services.papers.series import issuing_agency
from supervision.services.snapshots import freeze_snapshot
from supervision.standings import WITH_TASK, fetch, live_parameters

CLOSE_JOB = "close_month"


class CloseRefused(Refused):
    """The period cannot be closed; `reasons` are Chinese sentences, one per reporter."""

    def __init__(self, reasons: list[str]):
        self.reasons = reasons
        super().__init__("还不能封账：" + " ".join(reasons))


@dataclass(frozen=True)
class Reporter:
    """Who has to report a period: `key` is what `without` names it by; `report` is None before it is opened."""

    key: str
    name: str
    report: Report | None

    @property
    def state(self) -> str:
        """Return the state of the report, draft where there is none."""
        return self.report.state if self.report else Report.State.DRAFT

    @property
    def is_approved(self) -> bool:
        return self.state == Report.State.APPROVED


@dataclass(frozen=True)
class Closed:
    """What a close made; `is_new` is False when the period had been closed before: then only what lacked was done."""

    snapshot: Snapshot
    document: Document
    is_new: bool
    made: Made = field(default_factory=Made)


def reporters_of(period: ReportingPeriod) -> list[Reporter]:
    """Return who has to report, in official order: units with a task or a plan of money, or the lead agencies.

    Five queries.
    """
    reports = list(Report.objects.filter(period=period))
    if period.programme.reporting_by == Programme.ReportingBy.AGENCY:
        by_agency = {report.agency_id: report for report in reports}
        leads = Agency.objects.filter(
            led_sub_projects__project__programme=period.programme, led_sub_projects__indicators__isnull=False
        ).distinct()
        return [Reporter(row.name, row.name, by_agency.get(row.pk)) for row in leads.order_by("order", "id")]
    by_participant = {report.participant_id: report for report in reports}
    with_task = {row["participant_id"] for row in fetch(WITH_TASK, live_parameters(period), frozen=False)}
    units = Participant.objects.filter(pk__in=with_task).order_by("order", "id")
    return [Reporter(row.code, row.printed_name, by_participant.get(row.pk)) for row in units]


def close_blockers(period: ReportingPeriod) -> list[Reporter]:
    """Return the reporters whose report is not approved; each has to be, or to be named in `without`."""
    return [reporter for reporter in reporters_of(period) if not reporter.is_approved]


def needs_close(period: ReportingPeriod) -> bool:
    """Tell whether there is something to close: an open period, or a closed one that was reopened."""
    return period.state == ReportingPeriod.State.OPEN or period.reopenings.filter(ended_at__isnull=True).exists()


@transaction.atomic
def request_close(*, period: ReportingPeriod, without: list[str], by: User, kind: str = "") -> Job:
    """Queue the close as a job: one job per version of the period, whoever presses the button how often.

    `kind`: the code of the kind of 通报 to draft where the month has none, "" for that of the office's settings.
    Raises CloseRefused at once for what can be seen now, so that the page can say it, and Refused for another kind.
    """
    require_city_office(by, period.programme.owner_id)
    period = ReportingPeriod.objects.select_related("programme").get(pk=period.pk)
    if not needs_close(period):
        raise Refused(f"{period.label}已经封账，没有需要再次封账的改动。")
    _require_complete(period, without)
    if kind and kind not in close_kinds(issuing_agency(period.programme)):
        raise Refused("选的通报种类不在启用的种类里，请重新选。")
    return enqueue(
        kind=CLOSE_JOB,
        key=f"{period.programme.code}:{period.code}:{_round(period)}",
        payload={"period": period.pk, "without": list(without)} | ({"kind": kind} if kind else {}),
        by=by,
    )


def run_close_job(job: Job) -> dict:
    """Carry out a requested close; after a crash the second attempt finds what the first one committed."""
    period = ReportingPeriod.objects.select_related("programme").get(pk=job.payload["period"])
    closed = close_month(
        period=period,
        without=job.payload["without"],
        by=job.queued_by,
        kind=job.payload.get("kind", ""),
        note=CloseNotes(job),
    )
    return {
        "document": closed.document.pk,
        "snapshot": closed.snapshot.pk,
        "version": closed.snapshot.version,
        "made": closed.made.results,
        "problems": closed.made.problems,
    }


@transaction.atomic
def close_month(
    *,
    period: ReportingPeriod,
    without: list[str],
    by: User,
    kind: str = "",
    note: Callable[[str], None] = lambda code: None,
) -> Closed:
    """封账, freeze, draft, open the checks, draft letters: one transaction. Started twice it makes everything once.

    `without` names reporters closed without, by participant code or agency name. The reports are locked before
    the period, in the order every writer of figures takes: what is under way ends first or finds it closed.
    `note` is called with the code of each step before it begins (supervision/services/close_progress.py).
    Raises CloseRefused with what is missing, NotAllowed unless `by` works in the city office or is the system.
    """
    if by != User.objects.system():
        require_city_office(by, period.programme.owner_id)
    list(Report.objects.select_for_update().filter(period=period).order_by("pk").values_list("pk", flat=True))
    period = ReportingPeriod.objects.select_for_update(of=("self",)).select_related("programme").get(pk=period.pk)
    if not needs_close(period):
        return _closed_before(period, by)
    note("seal")
    named = _require_complete(period, without)
    reason = " ".join(reopening.reason for reopening in period.reopenings.filter(ended_at__isnull=True).order_by("id"))
    period = mark_closed(period=period, without=named, by=by)
    note("freeze")
    snapshot = freeze_snapshot(period=period, by=by, reason=reason)
    note("draft")
    document = draft_bulletin(snapshot=snapshot, by=by, kind_code=kind)
    made = run_close_steps(snapshot=snapshot, by=by, note=note)
    note("files")
    return Closed(snapshot, document, is_new=True, made=made)


def close_due_periods(*, now: datetime.datetime | None = None) -> dict[str, list[str]]:
    """Ask for the close of periods past their due time and grace that are complete; note what others lack.

    Never closes without anybody: that is a person's decision. Returns labels by outcome.
    """
    now = now or timezone.now()
    system = User.objects.system()
    outcome: dict[str, list[str]] = {"queued": [], "waiting": []}
    for period in ReportingPeriod.objects.open().filter(due_at__lt=now).select_related("programme"):
        if period.deadline > now:
            continue
        missing = close_blockers(period)
        if missing:
            _note_missing(period, missing, system)
            outcome["waiting"].append(str(period))
        else:
            enqueue(
                kind=CLOSE_JOB,
                key=f"{period.programme.code}:{period.code}:{_round(period)}",
                payload={"period": period.pk, "without": []},
                by=system,
            )
            outcome["queued"].append(str(period))
    return outcome


def close_job_of(period: ReportingPeriod) -> Job | None:
    """Return the job that closes the period as it now stands, if somebody has asked for it."""
    key = f"{period.programme.code}:{period.code}:{_round(period)}"
    return Job.objects.filter(kind=CLOSE_JOB, key=key).first()


def _round(period: ReportingPeriod) -> str:
    """Name this close among those of the period: its version and how often it was reopened."""
    return f"{period.version}.{period.reopenings.count()}"


def _require_complete(period: ReportingPeriod, without: list[str]) -> list[str]:
    """Return the reporters left out, as named; raise CloseRefused for unknown names and missing reports."""
    reporters = reporters_of(period)
    known = {name: reporter for reporter in reporters for name in (reporter.key, reporter.name)}
    unknown = [name for name in without if name not in known]
    if unknown:
        choices = "、".join(f"{reporter.key} {reporter.name}".strip() for reporter in reporters)
        raise CloseRefused([f"“{name}”不是本期应报送的单位。" for name in unknown] + [f"应报送的单位：{choices}。"])
    left_out = {known[name].key for name in without}
    missing = [row for row in reporters if not row.is_approved and row.key not in left_out]
    if missing:
        raise CloseRefused([_missing_sentence(row, period) for row in missing])
    return [row.key for row in reporters if row.key in left_out and not row.is_approved]


def _missing_sentence(reporter: Reporter, period: ReportingPeriod) -> str:
    return f"{reporter.name}的{period.get_kind_display()}报还没有审核通过，现在是“{STATES[reporter.state][1]}”。"


def finish_close(*, period: ReportingPeriod, by: User) -> Made:
    """补办: run the steps of a close again that could not be done then. Raises Refused unless the month is closed."""
    require_city_office(by, period.programme.owner_id)
    with transaction.atomic():
        period = ReportingPeriod.objects.select_for_update(of=("self",)).select_related("programme").get(pk=period.pk)
        if period.state != ReportingPeriod.State.CLOSED or needs_close(period):
            raise Refused(f"{period.label}现在不用补办：没有封账，或者通报已经印发。")
        made = _closed_before(period, by).made
        if job := last_close(period):
            result = job.result | {"made": made.results, "problems": made.problems}
            Job.objects.filter(pk=job.pk).update(result=result)
        return made


def last_close(period: ReportingPeriod) -> Job | None:
    """Return the job that closed the period last, None where a command or nobody did."""
    done = Job.objects.filter(kind=CLOSE_JOB, payload__period=period.pk, state=Job.State.DONE)
    return done.order_by("-id").first()


def _closed_before(period: ReportingPeriod, by: User) -> Closed:
    """Return what an earlier close made: its snapshot, the paper on it; what the steps left undone is done now."""
    snapshot = Snapshot.objects.latest_of(period)
    document = Document.objects.of_month(period).filter(snapshot=snapshot).order_by("-id").first() if snapshot else None
    if document is None:
        raise Refused(f"{period.label}已经封账，但没有快照或公文，请告诉系统管理员。")
    made = Made()
    if period.state == ReportingPeriod.State.CLOSED:
        made = run_close_steps(snapshot=snapshot, by=by)
    return Closed(snapshot, document, is_new=False, made=made)


def _note_missing(period: ReportingPeriod, missing: list[Reporter], system: User) -> None:
    """Write down what the close waits for, once per change."""
    names = [row.name for row in missing]
    last = (
        AuditEvent.objects.filter(verb="close_waits", target_label="reporting_period", target_id=str(period.pk))
        .order_by("-id")
        .first()
    )
    if last is None or last.after.get("missing") != names:
        record_event(by=system, verb="close_waits", target=period, after={"missing": names})
