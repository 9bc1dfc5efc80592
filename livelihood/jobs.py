"""Long-running work as rows: written in the request's transaction, carried out by a worker, never twice.

The broker is a doorbell: it carries a job's id and may forget everything. What has to be done, who is doing
it and until when stands in the `job` table; the sweep rings again for what nobody answered and takes back
what a dead worker held. A job function therefore may be started twice and has to find its own earlier work.
"""

import datetime
import logging
import threading
from contextlib import contextmanager
from functools import partial

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from livelihood.models import Job, User
from livelihood.registry import job_function, may_cancel_job
from livelihood.services import Refused, record_event

logger = logging.getLogger(__name__)

#: How long a worker may be silent before its job is given to another; a living one renews it in time.
LEASE = datetime.timedelta(seconds=60)
RENEW_SECONDS = 20
#: A job that took down this many workers is not tried again by itself.
MAX_ATTEMPTS = 3
#: A queued job is rung for again when nobody took it for so long.
UNANSWERED = datetime.timedelta(seconds=15)
#: A job that found what it needs in use is rung for again after so many seconds.
POSTPONED_SECONDS = 2
#: Place in the broker's order, of 0 to 9: what waits behind comes when nothing else does.
FIRST, BEHIND = 0, 9

State = Job.State


class JobCancelled(Exception):
    """Somebody cancelled the job that is running: raised where it notes its progress, to end it there."""


class JobPostponed(Exception):
    """What the job needs is in use: raised by its function to wait without keeping a worker from other work."""


@transaction.atomic
def enqueue(*, kind: str, key: str, payload: dict, by: User) -> Job:
    """Return the job of `kind` and `key`, queued in the caller's transaction if it is new, had failed or was cancelled.

    One key is one piece of work: asking again while it waits, runs or is done returns the same row. A failed
    or cancelled one is queued again with the new payload. The worker is rung for on commit.
    """
    job, created = Job.objects.get_or_create(kind=kind, key=key, defaults={"payload": payload, "queued_by": by})
    if not created:
        again = Job.objects.filter(pk=job.pk, state__in=[State.FAILED, State.CANCELLED]).update(
            state=State.QUEUED,
            payload=payload,
            queued_by=by,
            queued_at=timezone.now(),
            attempts=0,
            progress=0,
            error="",
            result={},
            finished_at=None,
        )
        job.refresh_from_db()
        if not again:
            return job
    record_event(by=by, verb="queue_job", target=job, after={"kind": kind, "key": key, "payload": payload})
    transaction.on_commit(partial(ring, job.pk))
    return job


def put_behind(kind: str) -> int:
    """Let what waits of a kind come after all else, whoever asks for it when; returns how many jobs."""
    waiting = list(Job.objects.filter(kind=kind, state=State.QUEUED))
    for job in waiting:
        job.payload["behind"] = True
    return Job.objects.bulk_update(waiting, ["payload"])


def ring(job_id: int, *, seconds: int = 0) -> None:
    """Tell a worker that the job waits, at once or in some seconds.

    A broker that does not answer costs nothing but the sweep's interval.
    """
    from livelihood.tasks import run_job as run_job_task

    is_behind = Job.objects.filter(pk=job_id, payload__behind=True).exists()
    try:
        run_job_task.apply_async(
            args=[job_id], retry=False, countdown=seconds or None, priority=BEHIND if is_behind else FIRST
        )
    except Exception as error:  # whatever the transport raises: the row is there, the sweep will find it
        logger.warning("job %s waits for the sweep, the broker does not answer: %s", job_id, error)


def run_job(job_id: int) -> bool:
    """Take the job if it still waits, carry it out and note what came of it; False if it was not ours to take.

    Refused and unexpected errors make it failed with a sentence; a lost database connection leaves it to the
    sweep; one that is postponed waits anew and counts as not tried. Whoever takes a job holds a lease that a thread
    renews; a worker that lost it notes nothing.
    """
    taken = Job.objects.filter(pk=job_id, state=State.QUEUED).update(
        state=State.RUNNING, lease_until=timezone.now() + LEASE, attempts=F("attempts") + 1, progress=0
    )
    if not taken:
        return False
    job = Job.objects.select_related("queued_by").get(pk=job_id)
    try:
        with _renewed_lease(job):
            result = job_function(job.kind)(job) or {}
    except (OperationalError, InterfaceError):
        logger.exception("job %s %s interrupted, left to the sweep", job.kind, job.key)
        raise
    except JobCancelled:
        logger.info("job %s %s was cancelled", job.kind, job.key)
    except JobPostponed:
        _postpone(job)
    except Refused as refusal:
        _finish(job, state=State.FAILED, error=str(refusal))
    except Exception as error:  # a defect must end as a sentence on the job's page, with the trace in the log
        logger.exception("job %s %s failed", job.kind, job.key)
        _finish(job, state=State.FAILED, error=f"系统出错，任务没有完成（{type(error).__name__}）。请告诉系统管理员。")
    else:
        _finish(job, state=State.DONE, progress=100, result=result)
    return True


def note_progress(job: Job, percent: int) -> None:
    """Show how far the job is, 0 to 100, and renew its lease. Call it outside the work's own transaction.

    Raises JobCancelled, which the work lets pass, when it was cancelled meanwhile.
    """
    noted = Job.objects.filter(pk=job.pk, state=State.RUNNING, attempts=job.attempts).update(
        progress=Least(Greatest(F("progress"), Value(percent)), Value(99)), lease_until=timezone.now() + LEASE
    )
    if not noted and Job.objects.filter(pk=job.pk, state=State.CANCELLED).exists():
        raise JobCancelled


@transaction.atomic
def cancel_job(*, job: Job, by: User) -> None:
    """End a job that waits or runs; a running one stops at its next step. Raises Refused when it is over already."""
    if not may_cancel_job(job.kind):
        raise Refused("这项任务要么全部办完，要么没有办，不能中途取消。")
    changes = {"state": State.CANCELLED, "lease_until": None, "finished_at": timezone.now()}
    if not Job.objects.filter(pk=job.pk, state__in=[State.QUEUED, State.RUNNING]).update(**changes):
        raise Refused("任务已经结束了，不用取消。")
    record_event(by=by, verb="cancel_job", target=job, after={"state": State.CANCELLED})


def sweep(*, now: datetime.datetime | None = None) -> dict[str, int]:
    """Take back jobs whose worker fell silent, and ring again for those nobody took.

    Returns how many were re-queued, given up and rung for.
    """
    now = now or timezone.now()
    silent = Job.objects.expired(now)
    given_up = silent.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=State.FAILED,
        lease_until=None,
        finished_at=now,
        error=f"执行中断了{MAX_ATTEMPTS}次，已停止重试。请告诉系统管理员，查明后可再次提交。",
    )
    requeued = silent.filter(attempts__lt=MAX_ATTEMPTS).update(
        state=State.QUEUED, lease_until=None, queued_at=now - UNANSWERED
    )
    waiting = list(
        Job.objects.filter(state=State.QUEUED, queued_at__lte=now - UNANSWERED)
        .order_by("id")
        .values_list("pk", flat=True)
    )
    for job_id in waiting:
        ring(job_id)
    return {"requeued": requeued, "given_up": given_up, "rung": len(waiting)}


def _postpone(job: Job) -> None:
    waits = Job.objects.filter(pk=job.pk, state=State.RUNNING, attempts=job.attempts).update(
        state=State.QUEUED, lease_until=None, attempts=F("attempts") - 1
    )
    if waits:
        ring(job.pk, seconds=POSTPONED_SECONDS)


def _finish(job: Job, *, state: str, progress: int | None = None, result: dict | None = None, error: str = "") -> None:
    """Note the end of our own attempt; if the lease was lost meanwhile the attempt that followed speaks."""
    changes = {"state": state, "lease_until": None, "finished_at": timezone.now(), "error": error}
    if progress is not None:
        changes["progress"] = progress
    if result is not None:
        changes["result"] = result
    with transaction.atomic():
        if Job.objects.filter(pk=job.pk, state=State.RUNNING, attempts=job.attempts).update(**changes):
            record_event(by=job.queued_by, verb="finish_job", target=job, after={"state": state, "error": error})


@contextmanager
def _renewed_lease(job: Job):
    """Renew the lease from a thread of its own while the block runs; a killed process renews nothing."""
    ended = threading.Event()

    def renew():
        while not ended.wait(RENEW_SECONDS):
            try:
                Job.objects.filter(pk=job.pk, state=State.RUNNING, attempts=job.attempts).update(
                    lease_until=timezone.now() + LEASE
                )
            except (OperationalError, InterfaceError):
                logger.warning("lease of job %s could not be renewed", job.pk)
            finally:
                connection.close()

    thread = threading.Thread(target=renew, name=f"lease-{job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
