"""A report held by the transaction that is at work on it: locked, then read, so that nobody reads or locks it again."""

from projects import parts
from projects.models import Report


def hold_report(pk: int) -> Report:
    """Lock the report until the caller's transaction ends and return it with period, programme and reporter.

    It is read after the lock, as closing a period locks its reports first; with it, which sub-projects each part has
    cells of (`present`, by part code). Raises Report.DoesNotExist. Two queries.
    """
    locked = Report.objects.select_for_update().filter(pk=pk).order_by().values_list("pk", flat=True)
    if not locked:
        raise Report.DoesNotExist
    known = {part.code: expression for part in parts.registered() if (expression := part.presence()) is not None}
    found = Report.objects.select_related("period__programme", "participant", "agency")
    report = found.annotate(**{f"present_{code}": expression for code, expression in known.items()}).get(pk=pk)
    report.present = {code: frozenset(getattr(report, f"present_{code}")) for code in known}
    report.is_held = True
    return report


def present_in(report: Report, code: str) -> frozenset[int] | None:
    """Return the sub-projects (ids) the part has cells of in a held report; None where that is not known."""
    return report.present.get(code) if is_held(report) else None


def is_held(report: Report) -> bool:
    """Tell whether the object came from `hold_report`; it does not outlive the transaction that made it."""
    return getattr(report, "is_held", False)
