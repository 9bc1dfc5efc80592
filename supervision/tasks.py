"""What beat rings for in this app; the body only calls a service."""

from celery import shared_task

from supervision.services import closing, disclosure


@shared_task(ignore_result=True)
def close_due_periods() -> None:
    """Ask for the close of complete periods past their deadline; note what the others lack."""
    closing.close_due_periods()


@shared_task(ignore_result=True)
def make_due_sites() -> None:
    """Ask for the pages of 公示 whose days are over: they say so, and which objections came."""
    disclosure.request_due_sites()
