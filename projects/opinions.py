"""确认/异议 as they stand: what lead agencies see of a month's reports, and what they have said of them.

A lead agency sees a report once it is submitted; before that only that it is being filled in.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models.functions import Coalesce

from livelihood.access import Role, access_of
from livelihood.formats import format_number, format_signed
from livelihood.models import Agency, User
from projects import parts
from projects.content import group_hashes
from projects.entry_progress import own_lines
from projects.figure_lines import last_issued, periods_before
from projects.models import (
    Figure,
    Indicator,
    LeadConfirmation,
    LeadObjection,
    Participant,
    Programme,
    Report,
    ReportingPeriod,
    SubProject,
    Target,
)


@dataclass
class Opinion:
    """What one lead agency has said of one unit's report.

    `sha256` is of its items as they are now, "" while the report is not shown; `state`: hidden (still being
    filled in), waiting, confirmed, stale (confirmed, changed since) or objected.
    """

    unit: Participant
    report: Report | None
    sha256: str = ""
    confirmation: LeadConfirmation | None = None
    objections: list[LeadObjection] = field(default_factory=list)

    @property
    def is_shown(self) -> bool:
        """Tell whether the agency sees the report."""
        return self.report is not None and self.report.state in Report.COUNTED

    @property
    def state(self) -> str:
        """Return where the opinion stands."""
        if not self.is_shown:
            return "hidden"
        if self.objections:
            return "objected"
        if self.confirmation is None:
            return "waiting"
        return "confirmed" if self.confirmation.sha256 == self.sha256 else "stale"

    @property
    def may_confirm(self) -> bool:
        """Tell whether there is something to confirm."""
        return self.state in ("waiting", "stale") and self.report.period.state == ReportingPeriod.State.OPEN


def leading_agencies(programme: Programme, user: User | None = None) -> dict[Agency, set[int]]:
    """Return the agencies that lead something in the programme with their sub-projects' ids, in official order.

    With `user` only those the user speaks for. One query.
    """
    rows = SubProject.objects.filter(project__programme=programme, lead_agency__isnull=False)
    if user is not None:
        rows = rows.filter(lead_agency__in=access_of(user).agency_ids(Role.LEAD_AGENCY))
    led: dict[Agency, set[int]] = defaultdict(set)
    for row in rows.select_related("lead_agency").order_by("lead_agency__order", "lead_agency__name", "id"):
        led[row.lead_agency].add(row.pk)
    return dict(led)


def opinions(
    period: ReportingPeriod, agencies: dict[Agency, set[int]], *, report: Report | None = None
) -> dict[Agency, list[Opinion]]:
    """Return what each agency has said of each unit's report, units in official order; or only of `report`.

    Four queries and one per part, whatever the number of units and agencies.
    """
    units = period.programme.participants.reporters().active_on(period.ends_on).order_by("order", "id")
    if report is not None:
        units = units.filter(pk=report.participant_id)
    reports = {row.participant_id: row for row in Report.objects.filter(period=period, participant__isnull=False)}
    for report in reports.values():
        report.period = period
    confirmations = {
        (row.report_id, row.agency_id): row
        for row in LeadConfirmation.objects.filter(report__period=period).select_related("confirmed_by")
    }
    objections: dict[tuple[int, int], list[LeadObjection]] = defaultdict(list)
    for row in open_objections(period):
        objections[row.report_id, row.agency_id].append(row)
    wanted = {unit.pk for unit in units}
    shown = [row for row in reports.values() if row.state in Report.COUNTED and row.participant_id in wanted]
    groups = {(row.pk, agency.pk): led for row in shown for agency, led in agencies.items()}
    hashes = group_hashes(shown, groups) if groups else {}
    found: dict[Agency, list[Opinion]] = {agency: [] for agency in agencies}
    for unit in units:
        report = reports.get(unit.pk)
        for agency in agencies:
            key = (report.pk if report else 0, agency.pk)
            found[agency].append(
                Opinion(unit, report, hashes.get(key, ""), confirmations.get(key), objections.get(key, []))
            )
    return found


def open_objections(period: ReportingPeriod) -> list[LeadObjection]:
    """Return the objections of the period nobody has settled, in printed order. One query."""
    return list(
        LeadObjection.objects.filter(report__period=period, settled_at__isnull=True)
        .select_related(
            "agency", "raised_by", "participant", "report", "indicator__sub_project__project", "sub_project__project"
        )
        .order_by(
            Coalesce("indicator__sub_project__project__seq", "sub_project__project__seq"),
            "indicator__order",
            "cell",
            "participant__order",
            "id",
        )
    )


def opinions_due(user: User) -> dict[ReportingPeriod, int]:
    """Return the open months with reports the user's agencies have neither confirmed nor objected to, and how many.

    A few queries per open month.
    """
    due = {}
    if not access_of(user).agency_ids(Role.LEAD_AGENCY):
        return due
    periods = ReportingPeriod.objects.visible_to(user).open().select_related("programme")
    for period in periods.filter(programme__reporting_by=Programme.ReportingBy.PARTICIPANT):
        agencies = leading_agencies(period.programme, user)
        rows = [row for found in opinions(period, agencies).values() for row in found] if agencies else []
        waiting = {row.report.pk for row in rows if row.may_confirm}
        if waiting:
            due[period] = len(waiting)
    return due


def led_items(period: ReportingPeriod, led: set[int], found: list[Opinion], *, typed: dict | None = None) -> list[dict]:
    """Return an agency's indicators, each with a line per unit: figures, last month's, rate, objections.

    Units whose report is not shown and those without the task have none. `typed`: a refused objection (key, value,
    reason, error), which comes back in its line. Six queries.
    """
    typed = typed or {}
    shown = {row.unit.pk: row for row in found if row.is_shown}
    before = periods_before(period)
    lines = own_lines(
        period, list(shown), counted=Report.COUNTED, last=next(iter(before), None), issued=last_issued(before)
    )
    figures = {
        (row.participant_id, row.indicator_id): row
        for row in Figure.objects.filter(report__in=[row.report.pk for row in shown.values()])
        .filter(indicator__sub_project__in=led)
        .prefetch_related("flags")
    }
    printed = {
        (row.participant_id, row.indicator_id): row.printed
        for row in Target.objects.in_force(period.ends_on).filter(indicator__sub_project__in=led)
    }
    items = []
    for indicator in Indicator.objects.of_programme(period.programme).filter(sub_project__in=led):
        rows = [_line(row, indicator, lines, figures, printed) for row in found if row.is_shown]
        rows = [row for row in rows if row["task"] != "no_task"]
        items.append({"indicator": indicator, "rows": rows})
    items += [item for part in parts.registered() for item in part.led_items(period, led, found)]
    for row in (row for item in items for row in item["rows"]):
        if row["key"] == typed.get("key"):
            row["typed"] = typed
    return [item for item in items if item["rows"]]


def _line(opinion: Opinion, indicator: Indicator, lines: dict, figures: dict, printed: dict) -> dict:
    """Return one unit's line of an indicator, ready to be shown."""
    key, decimals = (opinion.unit.pk, indicator.pk), indicator.decimals
    line, figure = lines.get(key, {}), figures.get(key)
    flags = list(figure.flags.all()) if figure else []
    is_text = line.get("task") == "text"
    increment = line.get("increment")
    return {
        "key": f"{key[0]}-{key[1]}",
        "unit": opinion.unit,
        "report": opinion.report,
        "task": line.get("task", "no_task"),
        "is_text": is_text,
        "target": _target(line, printed.get(key, ""), decimals),
        "last": "" if line.get("last_value") is None else format_number(line["last_value"], decimals),
        "value": _shown(figure, decimals),
        "increment": "" if increment is None else format_signed(increment, decimals),
        "rate": line.get("rate"),
        "is_zero_best": line.get("is_zero_best"),
        "remark": figure.remark if figure else "",
        "reasons": list(dict.fromkeys(flag.reason for flag in flags if flag.reason)),
        "flags": [flag.explanation.split("\n", 1)[0] for flag in flags],
        "version": figure.version if figure else 0,
        "objections": [row for row in opinion.objections if row.indicator_id == indicator.pk],
        "may_object": opinion.report.period.state == ReportingPeriod.State.OPEN
        and not any(row.indicator_id == indicator.pk for row in opinion.objections),
    }


def _target(line: dict, printed: str, decimals: int) -> str:
    """Return the year's target as the columns beside it are written; as printed where it is no number."""
    is_number = line.get("task") == "assessed" and line["shown_target"] is not None
    return format_number(line["shown_target"], decimals) if is_number else printed


def _shown(figure: Figure | None, decimals: int) -> str:
    """Return what the cell says: a number, the text, or nothing."""
    if figure is None:
        return ""
    if figure.state == Figure.State.TEXT:
        return figure.text
    return "" if figure.value is None else format_number(figure.value, decimals)
