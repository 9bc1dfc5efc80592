"""A report held by the transaction that is at work on it: locked, then read, so that nobody reads or locks it again."""

from projects.models import Report


def hold_report(pk: int) -> Report:
    """Lock the report until the caller's transaction ends and return it with period, programme and reporter.

    It is read after the lock, as closing a period locks its reports first. Raises Report.DoesNotExist. Two queries.
    """
    locked = Report.objects.select_for_update().filter(pk=pk).order_by().values_list("pk", flat=True)
    if not locked:
        raise Report.DoesNotExist
    report = Report.objects.select_related("period__programme", "participant", "agency").get(pk=pk)
    report.is_held = True
    return report


def is_held(report: Report) -> bool:
    """Tell whether the object came from `hold_report`; it does not outlive the transaction that made it."""
    return getattr(report, "is_held", False)
