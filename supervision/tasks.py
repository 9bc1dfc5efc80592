"""What beat rings for in this app; the body only calls a service."""

from celery import shared_task

from supervision.services import closing


@shared_task(ignore_result=True)
def close_due_periods() -> None:
    """Ask for the close of complete periods past their deadline; note what the others lack."""
    closing.close_due_periods()
