"""What the worker does when rung for; each body only calls a service."""

from celery import shared_task

from projects.services import entry, uploads


@shared_task(ignore_result=True)
def forget_save_batches() -> None:
    """Remove answered batches of the entry page that nobody will send again."""
    entry.forget_batches()


@shared_task(ignore_result=True)
def clean_uploads() -> None:
    """Throw away uploads nobody finished, and remove files that nothing names."""
    uploads.clean_uploads()
