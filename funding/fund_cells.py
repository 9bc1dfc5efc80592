"""Single cells of the funds: where they stand, which version they have, how full their sub-projects are."""

import re
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Count, Max, Q

from funding import labels
from funding.amounts import parse_amount
from funding.figure_sql import PRESENT
from funding.fund_panel import fund_panel
from funding.led_items import fund_led_items
from funding.models import FundFigure, FundFlag, FundLine, FundPlan
from funding.review_rows import fund_review_rows
from funding.services.fund_flags import follow_works
from livelihood.models import User
from livelihood.services import Refused
from projects import parts
from projects.cell_key import Key, key_text
from projects.models import Participant, Report
from projects.services.held import present_in

#: A lead agency's amount has as many whole digits as the table of objections holds.
OBJECTION_DIGITS = 14


class FundCells(parts.ReportPart):
    """What other pages than the entry page ask of the funds' cells; keys are (fund line id, stage)."""

    #: <line>-<stage>.
    key_pattern = re.compile(r"[1-9]\d{0,17}-(?:received|disbursed|spent)", re.ASCII)
    panel_template = "funding/components/fund_panel.html"

    def places(self, report: Report, keys: Iterable[Key]) -> dict[Key, parts.Place]:
        """Return where the cells stand that are the report's. One query."""
        keys = list(keys)
        lines = FundLine.objects.of_programme(report.period.programme_id).filter(pk__in={key[0] for key in keys})
        if report.agency_id:
            lines = lines.filter(sub_project__lead_agency=report.agency_id)
        else:
            lines = lines.filter(participant=report.participant_id)
        known, found = {line.pk: line for line in lines}, {}
        for key in keys:
            if line := known.get(key[0]):
                whose = f"{line.participant} " if report.agency_id else ""
                name = f"{whose}{line.sub_project} {line.printed_source}{labels.MEASURES[key[1]]}"
                columns = {
                    "part": self.code,
                    "cell": key_text(key),
                    "label": name[:200],
                    "participant_id": line.participant_id,
                    "sub_project_id": line.sub_project_id,
                }
                found[key] = parts.Place(key, line.participant_id, line.sub_project_id, name, columns, unit="元")
        return found

    def homes(self, programme, keys: Iterable[Key]) -> dict[Key, tuple[int, int]]:
        """Return (participant id, sub-project id) of the cells. One query."""
        lines = FundLine.objects.filter(programme=programme, pk__in={key[0] for key in keys})
        found = {pk: place for pk, *place in lines.values_list("pk", "participant", "sub_project")}
        return {key: tuple(found[key[0]]) for key in keys if key[0] in found}

    def versions(self, reports: Iterable[int]):
        """Yield (report id, key, version). One query."""
        rows = FundFigure.objects.filter(report__in=reports).order_by()
        for report, *key, version in rows.values_list("report", "fund_line", "stage", "version"):
            yield report, tuple(key), version

    def flagged(self, reports: Iterable[int]):
        """Yield (report id, key, is everything explained). One query."""
        rows = FundFlag.objects.filter(fund_figure__report__in=reports).order_by()
        counted = rows.values_list("fund_figure__report", "fund_figure__fund_line", "fund_figure__stage").annotate(
            waiting=Count("id", filter=Q(reason=""))
        )
        for report, *key, waiting in counted:
            yield report, tuple(key), not waiting

    def blanks(self, reports: Iterable[Report]):
        """Yield (report id, key) of the stages of planned lines that say nothing at all. Two queries."""
        reports = list(reports)
        if not reports:
            return
        said = FundFigure.objects.filter(report__in=[row.pk for row in reports]).exclude(
            state=FundFigure.State.BLANK, remark=""
        )
        told = {(report, line, stage) for report, line, stage in said.values_list("report", "fund_line", "stage")}
        by_unit = {row.participant_id: row.pk for row in reports if row.participant_id}
        by_agency = {row.agency_id: row.pk for row in reports if row.agency_id}
        lines = self._planned(reports[0].period).filter(
            Q(participant__in=by_unit) | Q(sub_project__lead_agency__in=by_agency)
        )
        for line, unit, agency in lines.values_list("pk", "participant", "sub_project__lead_agency"):
            report = by_unit.get(unit) or by_agency.get(agency)
            for stage in labels.MEASURES:
                if (report, line, stage) not in told:
                    yield report, (line, stage)

    @staticmethod
    def _planned(period):
        """Return the units' lines with a plan in force."""
        planned = FundPlan.objects.in_force(period.ends_on).filter(amount__isnull=False).values("fund_line")
        lines = FundLine.objects.filter(programme=period.programme_id, pk__in=planned)
        return lines.exclude(participant__kind=Participant.Kind.WHOLE)

    def filling(self, period, *, counted: Iterable[str], participant_id: int | None = None):
        """Yield how full each sub-project is: three stages of every line with a plan in force. Two queries."""
        lines = self._planned(period)
        figures = FundFigure.objects.filter(
            period=period, state=FundFigure.State.REPORTED, report__state__in=counted, fund_line__in=lines
        )
        if participant_id is not None:
            lines, figures = (
                lines.filter(participant=participant_id),
                figures.filter(fund_line__participant=participant_id),
            )
        places = ("participant", "sub_project")
        filled = {
            row[:2]: row[2]
            for row in figures.values_list(*(f"fund_line__{name}" for name in places))
            .annotate(count=Count("id"))
            .order_by()
        }
        for *place, count in lines.values_list(*places).annotate(count=Count("id")).order_by():
            yield parts.Filling(*place, tasks=len(labels.MEASURES) * count, filled=filled.get(tuple(place), 0))

    def saved_at(self, reports: Iterable[int]):
        """Return (participant id, sub-project id) → when an amount of it was last saved. One query."""
        rows = FundFigure.objects.filter(report__in=reports)
        homes = rows.values_list("fund_line__participant", "fund_line__sub_project")
        return {(unit, sub): at for unit, sub, at in homes.annotate(at=Max("updated_at")).order_by()}

    def saves(self, period, user: User, since):
        """Yield (report id, unit, person, amounts, moment) of what others saved since. One query."""
        rows = FundFigure.objects.visible_to(user).filter(period=period, updated_at__gt=since).exclude(updated_by=user)
        told = rows.order_by().values_list("report", "fund_line__participant__printed_name", "updated_by__full_name")
        return told.annotate(count=Count("pk", distinct=True), at=Max("updated_at"))

    def holds(self, report: Report, sub_projects: Iterable[int]) -> bool:
        """Tell whether there is any amount in the sub-projects. One query."""
        rows = FundFigure.objects.filter(report=report, fund_line__sub_project__in=sub_projects)
        return rows.filter(state=FundFigure.State.REPORTED).exists()

    def panel(self, report: Report, user: User, key: Key) -> dict | None:
        """Return what is known of one amount. About twenty queries."""
        return fund_panel(report, user, key)

    def presence(self) -> str:
        """Return SQL for the array of sub-projects (ids) there are fund lines of, of a row of `report`."""
        return PRESENT

    def follow_figures(self, reports: Iterable[Report], places: Iterable[tuple[int, int]]) -> dict[int, list[Key]]:
        """Ask the money of the sub-projects anew whose works moved. No query where it is known that there is none."""
        reports = list(reports)
        known = [present_in(report, self.code) for report in reports]
        if None not in known:
            present = frozenset().union(*known)
            places = [place for place in places if place[1] in present]
        return follow_works(reports[0].period, set(places))

    def value_of(self, report: Report, key: Key):
        """Return (amount in 元, version) as stored. One query."""
        found = FundFigure.objects.filter(report=report, fund_line=key[0], stage=key[1])
        return found.values_list("value", "version").first() or (None, 0)

    def objection_value(self, report: Report, key: Key, text: str) -> Decimal:
        """Read the agency's own amount, in 万元 unless it says otherwise; kept in 元. Raises Refused for none."""
        value = parse_amount(text, unit="万元")
        if value is None:
            raise Refused("请填贵单位核定的金额（万元），再写理由。")
        if value >= Decimal(10) ** OBJECTION_DIGITS:
            raise Refused(f"金额太大：折成元最多 {OBJECTION_DIGITS} 位，请核对单位和位数。")
        return value

    def led_items(self, period, led: set[int], found: list) -> list[dict]:
        """Return the money of what a lead agency leads. Six queries."""
        return fund_led_items(period, led, found)

    def review_rows(self, page) -> list[dict]:
        """Return the lines for the page of one report under review. About eight queries."""
        return fund_review_rows(page)
