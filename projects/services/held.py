"""A report held by the transaction that is at work on it: locked, then read, so that nobody reads or locks it again."""

from itertools import pairwise

from livelihood.models import Agency
from livelihood.prepared import instance_of, width_of
from projects import parts
from projects.models import Participant, Programme, Report, ReportingPeriod
from projects.save_sql import LOCKED, held_statement

#: What a held report is read with, in the order of the statement's columns.
READ = (Report, ReportingPeriod, Programme, Participant, Agency)


def hold_report(pk: int) -> Report:
    """Lock the report until the caller's transaction ends and return it with period, programme and reporter.

    It is read after the lock, as closing a period locks its reports first; with it, which sub-projects each part has
    cells of (`present`, by part code). `near` takes the indicators (by id) a save of figures has read. Raises
    Report.DoesNotExist. Two queries.
    """
    if not LOCKED.rows(report=pk):
        raise Report.DoesNotExist
    known = {part.code: text for part in parts.registered() if (text := part.presence())}
    [row] = held_statement(tuple(known.values())).rows(report=pk)
    ends = [sum(map(width_of, READ[:nth])) for nth in range(len(READ) + 1)]
    report, report.period, report.period.programme, report.participant, report.agency = (
        instance_of(model, row[start:end]) for model, (start, end) in zip(READ, pairwise(ends), strict=True)
    )
    report.present = {code: frozenset(ids) for code, ids in zip(known, row[ends[-1] :], strict=True)}
    report.is_held, report.near = True, {}
    return report


def present_in(report: Report, code: str) -> frozenset[int] | None:
    """Return the sub-projects (ids) the part has cells of in a held report; None where that is not known."""
    return report.present.get(code) if is_held(report) else None


def is_held(report: Report) -> bool:
    """Tell whether the object came from `hold_report`; it does not outlive the transaction that made it."""
    return getattr(report, "is_held", False)
