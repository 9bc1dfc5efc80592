"""What stands around the cells of a report's page: bureaus, opinions, reminders, and what changed after a signature."""

from datetime import datetime

from livelihood.access import Role, access_of
from livelihood.models import User
from projects import rights
from projects.bureaus import BureauRow, bureau_rows, last_reminders
from projects.content import stale_cells
from projects.models import PeriodReopening, Programme, Reminder, Report, ReportingPeriod
from projects.opinions import leading_agencies, opinions
from projects.services.report_locks import is_open_for_figures, is_whole


def report_workflow(report: Report, user: User, *, seen_at: datetime) -> dict:
    """Return what the page says beside the figures; a constant number of queries.

    `bureaus`: all rows for those who work for the unit or oversee it, the own ones for a filler. `seen_at`: the
    database's time before the page's figures were read, which a bureau's signature is held against.
    """
    if is_whole(report):
        return signing_bureaus(report, user) | {"opinions": [], "stale": [], "reopening": None}
    held, found = rights.parts_in(user, report), signing_bureaus(report, user)
    reminder = _reminder(report, found["own_bureaus"])
    return found | {
        "may_remind": bool(held & {"clerk", "head"}) and report.state in Report.EDITABLE,
        "opinions": [] if held == {"filler"} else _opinions(report),
        "stale": stale_cells(report),
        "reminder": reminder if report.state not in Report.COUNTED else None,
        "seen_at": seen_at.isoformat(),
        "reopening": _reopening(report),
    }


def signing_bureaus(report: Report, user: User) -> dict:
    """Return the bureaus of a report and what is still unsigned; `own_bureaus` are those the user may sign for."""
    if is_whole(report):
        return {"bureaus": [], "own_bureaus": [], "unsigned": []}
    held = rights.parts_in(user, report)
    own = access_of(user).agency_ids(Role.FILLER) if "filler" in held else frozenset()
    rows = bureau_rows(report)
    own_rows = [row for row in rows if row.agency.pk in own]
    return {
        "bureaus": own_rows if held == {"filler"} else rows,
        "own_bureaus": own_rows,
        "unsigned": [] if held == {"filler"} else [row.agency.name for row in rows if row.is_outstanding],
        "may_sign_bureau": is_open_for_figures(report),
    }


def _reopening(report: Report) -> PeriodReopening | None:
    """Return what has opened the closed period for the unit, the one that lasts longest. One query, none while open."""
    if report.period.state == ReportingPeriod.State.OPEN:
        return None
    units = report.period.reopenings.filter(participants=report.participant_id, ended_at__isnull=True)
    return units.order_by("until").last() if report.participant_id else None


def _reminder(report: Report, own_rows: list[BureauRow]) -> Reminder | None:
    """Return the newest reminder that is meant for the user: the unit's, for a filler the bureau's. One query."""
    if own_rows:
        found = [row.last_reminder for row in own_rows if row.last_reminder and row.is_outstanding]
        return max(found, key=lambda row: row.sent_at, default=None)
    return last_reminders(report.period).get((report.participant_id, report.agency_id))


def _opinions(report: Report) -> list[tuple]:
    """Return (agency, Opinion) of the lead agencies that have said something of the report, objections first."""
    if (
        report.state not in Report.COUNTED
        or report.participant_id is None
        or report.period.programme.reporting_by != Programme.ReportingBy.PARTICIPANT
    ):
        return []
    found: list[tuple] = []
    for agency, rows in opinions(report.period, leading_agencies(report.period.programme), report=report).items():
        found += [(agency, row) for row in rows if row.state in ("objected", "confirmed", "stale")]
    order: dict[str, int] = {"objected": 0, "stale": 1, "confirmed": 2}
    return sorted(found, key=lambda pair: order[pair[1].state])
