"""合理性: all flags of a period over all units, outliers between units, and reasons that say nothing (R20).

For the city office, and for a lead agency limited to its own items. Counts and lists of what the checks have found
already (projects/checks.py, funding/fund_checks.py) and of `supervision/outliers.py`; nothing is judged anew here.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count

from funding.amounts import in_unit
from funding.fund_checks import BY_CODE as FUND_RULES
from funding.fund_checks import choices_of as fund_choices_of
from funding.models import FundFigure, FundFlag
from livelihood.access import NotAllowed, Role, access_of, is_city_office
from livelihood.formats import MISSING, format_number
from livelihood.models import User
from projects import checks
from projects.models import Evidence, FigureFlag, Indicator, Participant, Project, ReportingPeriod, SubProject
from projects.services.flags import last_figures
from supervision.outliers import KINDS, STUCK, outliers
from supervision.pages.line_words import indicator_label

FIGURE, MONEY = "figure", "money"
#: Reasons that explain nothing.
EMPTY_REASONS = frozenset(
    {
        "同上",
        "见上",
        "同前",
        "略",
        "无",
        "暂无",
        "没有",
        "正常",
        "属实",
        "情况属实",
        "数据属实",
        "-",
        "—",
        "/",
        "。",
        ".",
    }
)
#: The same words given so often by one unit are looked at.
REPEATED = 3


@dataclass
class FlagRow:
    """One flag with its figure: who, what, the value and the month before, what is odd, the reason given."""

    kind: str
    code: str
    title: str
    unit: Participant
    project: Project
    item: str
    value: str
    last: str
    explanation: str
    reason: str
    who: str
    report_id: int
    anchor: str
    indicator_id: int | None
    evidence: int = 0

    @property
    def is_empty_reason(self) -> bool:
        """Tell whether the reason is one of those that say nothing."""
        return self.reason.strip() in EMPTY_REASONS


@dataclass(frozen=True)
class PlausibilityScope:
    """Whose items a user looks at: all, or those of the lead agencies' sub-projects."""

    everything: bool
    sub_projects: frozenset[int] = frozenset()


def plausibility_scope(user: User, period: ReportingPeriod) -> PlausibilityScope:
    """Return what the user may look at; raise NotAllowed for whom the page is not. At most one query."""
    if is_city_office(user, period.programme.owner_id):
        return PlausibilityScope(everything=True)
    led = _led(user, period)
    if not led:
        raise NotAllowed("合理性核对由市民生办和牵头部门看；您可以在“月报”里看本单位的提示和说明。")
    return PlausibilityScope(everything=False, sub_projects=led)


def sees_plausibility(user: User, period: ReportingPeriod) -> bool:
    """Tell whether the page is for the user. At most one query, none for who leads nothing."""
    return is_city_office(user, period.programme.owner_id) or bool(_led(user, period))


def _led(user: User, period: ReportingPeriod) -> frozenset[int]:
    agencies = access_of(user).agency_ids(Role.LEAD_AGENCY)
    if not agencies:
        return frozenset()
    led = SubProject.objects.filter(project__programme=period.programme, lead_agency__in=agencies)
    return frozenset(led.values_list("pk", flat=True))


@dataclass
class PlausibilityPage:
    """The page of a period. `chosen`: unit (code), project (seq), check (code), state ("open", "empty") as filters.

    A constant number of queries, whatever the number of flags.
    """

    period: ReportingPeriod
    scope: PlausibilityScope
    chosen: dict = field(default_factory=dict)

    def __post_init__(self):
        programme = self.period.programme
        units = programme.participants.active_on(self.period.ends_on).order_by("order", "id")
        self.units = {row.pk: row for row in units}
        self.indicators = {
            row.pk: row for row in Indicator.objects.of_programme(programme) if self._is_seen(row.sub_project_id)
        }
        self.projects = list(Project.objects.filter(programme=programme).order_by("seq"))
        self.all_flags = sorted([*self._figure_flags(), *self._fund_flags()], key=self._order)
        self.all_outliers = self._outliers()
        self.flags = [row for row in self.all_flags if self._is_chosen(row.unit, row.project, row.code, row)]
        self.outliers = [row for row in self.all_outliers if self._is_chosen(row["unit"], row["project"], row["code"])]

    def _is_seen(self, sub_project: int) -> bool:
        return self.scope.everything or sub_project in self.scope.sub_projects

    def _order(self, row: FlagRow) -> tuple:
        return row.unit.order, row.unit.pk, row.project.seq, row.item

    def _is_chosen(self, unit: Participant, project: Project, code: str, flag: FlagRow | None = None) -> bool:
        chosen, state = self.chosen, self.chosen.get("state")
        if chosen.get("unit") not in ("", None, unit.code) or chosen.get("check") not in ("", None, code):
            return False
        if chosen.get("project") not in ("", None, str(project.seq)):
            return False
        if flag is None:
            return True
        return (state != "open" or not flag.reason) and (state != "empty" or flag.is_empty_reason)

    # -- flags --------------------------------------------------------------------------------

    def _figure_flags(self) -> list[FlagRow]:
        found = FigureFlag.objects.filter(figure__period=self.period).select_related("figure__updated_by")
        flags = [row for row in found if row.figure.indicator_id in self.indicators]
        flags = [row for row in flags if row.figure.participant_id in self.units]
        keys = {(row.figure.participant_id, row.figure.indicator_id) for row in flags}
        before = last_figures(self.period, keys) if keys else {}
        evidence = self._evidence() if keys else {}
        rows = []
        for flag in flags:
            figure, indicator = flag.figure, self.indicators[flag.figure.indicator_id]
            key = (figure.participant_id, figure.indicator_id)
            last = before.get(key)
            rows.append(
                FlagRow(
                    kind=FIGURE,
                    code=flag.code,
                    title=checks.title_of(flag.code),
                    unit=self.units[figure.participant_id],
                    project=indicator.sub_project.project,
                    item=indicator_label(indicator),
                    value=_with_unit(figure.value, indicator),
                    last=_with_unit(last.value, indicator) if last else MISSING,
                    explanation=flag.explanation.split("\n", 1)[0],
                    reason=flag.reason,
                    who=str(figure.updated_by),
                    report_id=figure.report_id,
                    anchor=f"#row-{figure.participant_id}-{figure.indicator_id}",
                    indicator_id=indicator.pk,
                    evidence=evidence.get(key, 0),
                )
            )
        return rows

    def _evidence(self) -> dict[tuple[int, int], int]:
        rows = Evidence.objects.filter(report__period=self.period, removed_at__isnull=True, indicator__isnull=False)
        counted = rows.values_list("participant", "indicator").annotate(count=Count("pk")).order_by()
        return {(unit, indicator): count for unit, indicator, count in counted}

    def _fund_flags(self) -> list[FlagRow]:
        found = FundFlag.objects.filter(fund_figure__period=self.period).select_related(
            "fund_figure__fund_line__sub_project__project", "fund_figure__updated_by"
        )
        lines = {row.fund_figure_id: row.fund_figure.fund_line for row in found}
        flags = [
            row
            for row in found
            if lines[row.fund_figure_id].participant_id in self.units
            and self._is_seen(lines[row.fund_figure_id].sub_project_id)
        ]
        before = self._amounts_before({line.pk for line in lines.values()}) if flags else {}
        rows = []
        for flag in flags:
            figure, line = flag.fund_figure, lines[flag.fund_figure_id]
            last = before.get((line.pk, figure.stage))
            rule = FUND_RULES.get(flag.code)
            rows.append(
                FlagRow(
                    kind=MONEY,
                    code=flag.code,
                    title=rule.title if rule else flag.code,
                    unit=self.units[line.participant_id],
                    project=line.sub_project.project,
                    item=f"{line.sub_project.name or '资金'}·{line.printed_source}·{figure.get_stage_display()}",
                    value=f"{in_unit(figure.value, '万元')}万元",
                    last=MISSING if last is None else f"{in_unit(last, '万元')}万元",
                    explanation=flag.explanation.split("\n", 1)[0],
                    reason=flag.reason,
                    who=str(figure.updated_by),
                    report_id=figure.report_id,
                    anchor="",
                    indicator_id=None,
                )
            )
        return rows

    def _amounts_before(self, lines: set[int]) -> dict[tuple[int, str], Decimal]:
        """Return each stage's last reported amount before the period, by (fund line id, stage). One query."""
        period = self.period
        rows = (
            FundFigure.objects.filter(
                period__programme=period.programme_id,
                period__kind=period.kind,
                period__ends_on__lt=period.ends_on,
                fund_line__in=lines,
                state=FundFigure.State.REPORTED,
            )
            .order_by("fund_line_id", "stage", "-period__ends_on")
            .distinct("fund_line_id", "stage")
        )
        return {(line, stage): value for line, stage, value in rows.values_list("fund_line_id", "stage", "value")}

    # -- outliers -----------------------------------------------------------------------------

    def _outliers(self) -> list[dict]:
        """Return the outliers within scope with their arithmetic in words."""
        rows = []
        for row in outliers(self.period):
            indicator, unit = self.indicators.get(row["indicator_id"]), self.units.get(row["participant_id"])
            if indicator is None or unit is None:
                continue
            rows.append(
                {
                    "code": row["kind"],
                    "title": KINDS[row["kind"]].title,
                    "unit": unit,
                    "indicator": indicator,
                    "project": indicator.sub_project.project,
                    "item": indicator_label(indicator),
                    "value": _with_unit(row["value"], indicator),
                    "words": self._arithmetic(row, indicator),
                }
            )
        return rows

    def _arithmetic(self, row: dict, indicator: Indicator) -> str:
        def said(value):
            return format_number(value, indicator.decimals)

        decimals, kind = self.period.programme.decimals, row["kind"]
        if kind == "jump":
            return (
                f"{said(row['value'])}−{said(row['last'])}＝{said(row['compared'])}，"
                f"以前 {row['number']} 个增量的中位数 {said(row['usual'])}，是它的 {row['factor']} 倍"
            )
        if kind == "stuck":
            return f"以前 {STUCK} 期也都是 {said(row['value'])}；其他 {row['others']} 家有 {row['number']} 家在变"
        if kind == "far":
            rate, median = (format_number(value, decimals) for value in (row["compared"], row["usual"]))
            more, less = (rate, median) if row["compared"] > row["usual"] else (median, rate)
            return f"完成率 {rate}%，{row['number']} 家的中位数 {median}%：{more}÷{less}＝{row['factor']}"
        names = [self.units[pk].printed_name for pk in row["units"] if pk in self.units]
        return f"{'、'.join(names)}都报 {said(row['value'])}，目标不同"

    # -- over all units -----------------------------------------------------------------------

    def columns(self) -> list[dict]:
        """Return the checks that have found something, in the order they are asked, then the kinds of outliers."""
        titles = {row.code: row.title for row in self.all_flags}
        known = [
            *checks.BY_CODE,
            *sorted(code for code in titles if code not in checks.BY_CODE and code not in FUND_RULES),
        ]
        known += list(FUND_RULES)
        columns = [{"code": code, "title": titles[code], "is_outlier": False} for code in known if code in titles]
        seen = {row["code"] for row in self.all_outliers}
        return columns + [
            {"code": kind.code, "title": kind.title, "is_outlier": True} for kind in KINDS.values() if kind.code in seen
        ]

    def matrix(self) -> list[dict]:
        """Return a row per unit with a count per check, its flags without a reason and those of all; 0 stays empty."""
        counts, unanswered = defaultdict(Counter), Counter()
        for row in self.all_flags:
            counts[row.unit.pk][row.code] += 1
            unanswered[row.unit.pk] += not row.reason
        for row in self.all_outliers:
            counts[row["unit"].pk][row["code"]] += 1
        columns = self.columns()
        return [
            {
                "unit": unit,
                "cells": [{"code": column["code"], "count": counts[pk][column["code"]]} for column in columns],
                "total": sum(counts[pk][column["code"]] for column in columns if not column["is_outlier"]),
                "outliers": sum(counts[pk][column["code"]] for column in columns if column["is_outlier"]),
                "unanswered": unanswered[pk],
            }
            for pk, unit in self.units.items()
            if unit.kind != Participant.Kind.WHOLE or counts[pk]
        ]

    def totals(self) -> list[int]:
        """Return the counts of each column over all units."""
        counts = Counter(row.code for row in self.all_flags) + Counter(row["code"] for row in self.all_outliers)
        return [counts[column["code"]] for column in self.columns()]

    def facts(self) -> dict:
        """Return the numbers over the page."""
        flags = self.all_flags
        return {
            "flags": len(flags),
            "unanswered": sum(not row.reason for row in flags),
            "empty": sum(row.is_empty_reason for row in flags),
            "without_evidence": sum(row.kind == FIGURE and not row.evidence for row in flags),
            "units": len({row.unit.pk for row in flags}),
            "outliers": len(self.all_outliers),
        }

    def repeated(self) -> list[dict]:
        """Return reasons one unit gave word for word so often, and those that say nothing; the most frequent first.

        The words a check offers itself are told apart: to choose them often is no fault by itself.
        """
        given: dict[tuple[int, str], list[FlagRow]] = defaultdict(list)
        for row in self.all_flags:
            if row.reason.strip():
                given[row.unit.pk, row.reason.strip()].append(row)
        found = [
            {
                "unit": rows[0].unit,
                "reason": reason,
                "count": len(rows),
                "is_empty": reason in EMPTY_REASONS,
                "is_offered": all(reason in _offered(row) for row in rows),
                "titles": "、".join(dict.fromkeys(row.title for row in rows)),
            }
            for (_, reason), rows in given.items()
            if len(rows) >= REPEATED or reason in EMPTY_REASONS
        ]
        return sorted(found, key=lambda row: (not row["is_empty"], row["is_offered"], -row["count"], row["unit"].order))


def _offered(row: FlagRow) -> tuple[str, ...]:
    return checks.choices_of(row.code) if row.kind == FIGURE else fund_choices_of(row.code)


def _with_unit(value, indicator: Indicator) -> str:
    return MISSING if value is None else format_number(value, indicator.decimals) + indicator.unit
