"""What the worker does when rung for; each body only calls a service."""

from celery import shared_task

from livelihood import health, jobs, seals


@shared_task(ignore_result=True)
def run_job(job_id: int) -> None:
    """Carry out one job; delivered twice it does nothing the second time."""
    jobs.run_job(job_id)


@shared_task(ignore_result=True)
def sweep_jobs() -> None:
    """Re-queue what a dead worker held and ring for what nobody took."""
    jobs.sweep()


@shared_task(ignore_result=True)
def seal_audit_events() -> None:
    """Seal the audit events written since the last time."""
    seals.seal_events()


# Old rings are worth nothing: after an outage one is enough.
@shared_task(ignore_result=True, expires=60)
def note_heartbeat() -> None:
    """Show that a worker takes what beat rings for."""
    health.note_heartbeat()
