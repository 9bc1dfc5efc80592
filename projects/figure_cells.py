"""Single cells of the figures: where they stand, which version they have, how full their sub-projects are."""

import re
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Count, Max

from livelihood.models import User
from projects import parts
from projects.cell_key import Key
from projects.cell_panel import cell_panel
from projects.models import Figure, FigureFlag, Indicator, Participant, Report
from projects.progress import filling_by_indicator
from projects.values import ValueRefused, parse_number


class FigureCells(parts.ReportPart):
    """What other pages than the entry page ask of the figures' cells; keys are (participant id, indicator id)."""

    #: <participant>-<indicator>.
    key_pattern = re.compile(r"[1-9]\d{0,17}-[1-9]\d{0,17}", re.ASCII)
    panel_template = "projects/components/cell_panel.html"

    def places(self, report: Report, keys: Iterable[Key]) -> dict[Key, parts.Place]:
        """Return where the cells stand that are the report's. At most two queries."""
        programme = report.period.programme
        indicators = Indicator.objects.of_programme(programme)
        if report.agency_id:
            indicators = indicators.filter(sub_project__lead_agency=report.agency_id)
            units = {row.pk: f"{row} " for row in programme.participants.reporters().active_on(report.period.ends_on)}
        else:
            units = {report.participant_id: ""}
        known = {row.pk: row for row in indicators.filter(pk__in={key[1] for key in keys})}
        found = {}
        for unit, indicator in keys:
            if unit in units and indicator in known:
                row = known[indicator]
                columns = {"participant_id": unit, "indicator_id": indicator}
                name = f"{units[unit]}{row.name}"
                found[unit, indicator] = parts.Place((unit, indicator), unit, row.sub_project_id, name, columns)
        return found

    def homes(self, programme, keys: Iterable[Key]) -> dict[Key, tuple[int, int]]:
        """Return (participant id, sub-project id) of the cells. One query."""
        rows = Indicator.objects.of_programme(programme).filter(pk__in={key[1] for key in keys})
        sub_project_of = dict(rows.order_by().values_list("pk", "sub_project"))
        return {key: (key[0], sub_project_of[key[1]]) for key in keys if key[1] in sub_project_of}

    def versions(self, reports: Iterable[int]):
        """Yield (report id, key, version). One query."""
        rows = Figure.objects.filter(report__in=reports).order_by()
        for report, *key, version in rows.values_list("report", "participant", "indicator", "version"):
            yield report, tuple(key), version

    def flagged(self, reports: Iterable[int]):
        """Yield (report id, key, is everything explained). One query."""
        rows = FigureFlag.objects.filter(figure__report__in=reports).order_by()
        explained: dict[tuple, bool] = {}
        for report, *key, reason in rows.values_list(
            "figure__report", "figure__participant", "figure__indicator", "reason"
        ):
            place = (report, tuple(key))
            explained[place] = explained.get(place, True) and bool(reason)
        return [(*place, is_explained) for place, is_explained in explained.items()]

    def blanks(self, reports: Iterable[Report]):
        """Yield (report id, key) of the cells with a task that say nothing at all. Four queries."""
        reports = list(reports)
        if not reports:
            return
        remarked = Figure.objects.filter(report__in=[row.pk for row in reports]).exclude(remark="")
        explained = set(remarked.values_list("participant", "indicator"))
        by_unit = {row.participant_id: row.pk for row in reports if row.participant_id}
        by_agency = {row.agency_id: row.pk for row in reports if row.agency_id}
        led = Indicator.objects.filter(sub_project__lead_agency__in=by_agency)
        leads = dict(led.values_list("pk", "sub_project__lead_agency")) if by_agency else {}
        whole = Participant.objects.filter(programme=reports[0].period.programme_id, kind=Participant.Kind.WHOLE)
        not_theirs = set(whole.values_list("pk", flat=True))
        for key, counts in filling_by_indicator(reports[0].period, counted=Report.State.values).items():
            report = by_agency.get(leads.get(key[1])) if by_agency else by_unit.get(key[0])
            if (
                report
                and key[0] not in not_theirs
                and counts["tasks"]
                and not counts["filled"]
                and key not in explained
            ):
                yield report, key

    def filling(self, period, *, counted: Iterable[str], participant_id: int | None = None):
        """Yield how full each sub-project is. Two queries."""
        rows = Indicator.objects.of_programme(period.programme_id).order_by()
        sub_project_of = dict(rows.values_list("pk", "sub_project"))
        sums: dict[tuple, list[int]] = defaultdict(lambda: [0, 0])
        for (unit, indicator), counts in filling_by_indicator(period, counted=counted).items():
            if participant_id in (None, unit):
                place = sums[unit, sub_project_of[indicator]]
                place[0] += counts["tasks"]
                place[1] += counts["filled"]
        return [parts.Filling(*place, *counts) for place, counts in sums.items()]

    def saved_at(self, reports: Iterable[int]):
        """Return (participant id, sub-project id) → when a figure of it was last saved. One query."""
        homes = Figure.objects.filter(report__in=reports).values_list("participant", "indicator__sub_project")
        return {(unit, sub): at for unit, sub, at in homes.annotate(at=Max("updated_at")).order_by()}

    def saves(self, period, user: User, since):
        """Yield (report id, unit, person, figures, moment) of what others saved since. One query."""
        rows = Figure.objects.visible_to(user).filter(period=period, updated_at__gt=since).exclude(updated_by=user)
        told = rows.order_by().values_list("report", "participant__printed_name", "updated_by__full_name")
        return told.annotate(count=Count("pk", distinct=True), at=Max("updated_at"))

    def holds(self, report: Report, sub_projects: Iterable[int]) -> bool:
        """Tell whether there is any number or text in the sub-projects. One query."""
        rows = Figure.objects.filter(report=report, indicator__sub_project__in=sub_projects)
        return rows.filter(state__in=[Figure.State.REPORTED, Figure.State.TEXT]).exists()

    def panel(self, report: Report, user: User, key: Key) -> dict | None:
        """Return what is known of one figure. About 25 queries."""
        return cell_panel(report, user, *key)

    def value_of(self, report: Report, key: Key):
        """Return (value, version) as stored. One query."""
        found = Figure.objects.filter(report=report, participant=key[0], indicator=key[1])
        return found.values_list("value", "version").first() or (None, 0)

    def objection_value(self, report: Report, key: Key, text: str):
        """Read the agency's own figure; a text indicator takes none. Raises ValueRefused for text that is none."""
        indicator = Indicator.objects.get(pk=key[1])
        if indicator.kind == Indicator.Kind.TEXT:
            if text.strip():
                raise ValueRefused(f"“{indicator.name}”是文字类指标，没有数；您的看法请写在理由里。")
            return None
        try:
            parsed = parse_number(
                text,
                decimals=indicator.decimals,
                allow_negative=indicator.kind == Indicator.Kind.GROWTH,
                unit=indicator.unit,
            )
        except ValueRefused as refusal:
            # An entry may be left empty, an objection may not.
            raise ValueRefused(str(refusal).replace("；没有数就留空", "，请填贵单位核定的数")) from refusal
        if parsed.state != "reported":
            raise ValueRefused(f"请填贵单位核定的“{indicator.name}”数，再写理由。")
        return parsed.value
