"""资金提示: what is odd about an amount and asks for a reason that travels to the reviewer (R20).

The rules are `funding/fund_checks.py`; here they are asked for a whole batch at once and the flags kept up to date. A
line's three stages are held against each other, so a change of one asks all three anew.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import F

from funding import fund_checks
from funding.entry_progress import entry_lines
from funding.models import FundFigure, FundFlag, FundLine
from projects.cell_key import Key
from projects.entry_progress import own_lines
from projects.figure_lines import periods_before
from projects.models import Indicator, Report, ReportingPeriod


@dataclass
class Refreshed:
    """What became of the flags: keys whose reason changed, and other cells whose flags changed along."""

    explained: list[Key] = field(default_factory=list)
    related: list[Key] = field(default_factory=list)


def refresh_fund_flags(period: ReportingPeriod, *, touched: set[Key], reasons: dict[Key, str]) -> Refreshed:
    """Bring the flags of the touched cells' lines up to date and give the answers in `reasons`.

    A reason stays while the remark does, and is carried over from the month before while the amount is the same. Runs
    in the caller's transaction; a constant number of queries.
    """
    lines = {key[0] for key in touched} | {key[0] for key in reasons}
    if not lines:
        return Refreshed()
    asked = {key[0] for key in touched}
    figures = {
        (row.fund_line_id, row.stage): row for row in FundFigure.objects.filter(period=period, fund_line__in=lines)
    }
    old = {
        (flag.fund_figure_id, flag.code): flag
        for flag in FundFlag.objects.filter(fund_figure__in=[row.pk for row in figures.values()])
    }
    wanted = _wanted(period, asked, figures)
    outcome = Refreshed()
    explained, changed = set(), set()
    fresh = {(flag.fund_figure_id, flag.code) for flag in wanted}
    key_of = {row.pk: key for key, row in figures.items()}
    gone = [flag for place, flag in old.items() if place not in fresh and key_of[flag.fund_figure_id][0] in asked]
    kept = [flag for place, flag in old.items() if key_of[flag.fund_figure_id][0] not in asked]
    if gone:
        FundFlag.objects.filter(pk__in=[flag.pk for flag in gone]).delete()
        changed |= {key_of[flag.fund_figure_id] for flag in gone}
    for flag in wanted + kept:
        key, before = key_of[flag.fund_figure_id], old.get((flag.fund_figure_id, flag.code))
        said = before.reason if before else ""
        if before is not None and before.explanation == flag.explanation:
            flag.reason = said
        else:
            changed.add(key)
        flag.reason = reasons.get(key, flag.reason).strip()
        if flag.reason != said:
            explained.add(key)
    if wanted or kept:
        FundFlag.objects.bulk_create(
            wanted + kept,
            update_conflicts=True,
            unique_fields=["fund_figure", "code"],
            update_fields=["severity", "explanation", "reason", "figure_version"],
        )
    named = touched | reasons.keys()
    outcome.explained = [key for key in explained if key in named]
    outcome.related = [key for key in changed if key not in touched]
    return outcome


def _wanted(period: ReportingPeriod, lines: set[int], figures: dict[Key, FundFigure]) -> list[FundFlag]:
    """Return the flags the lines' stages deserve now, unsaved, with the reasons of last month. Seven queries."""
    if not lines:
        return []
    before = periods_before(period)
    last = before[0] if before else None
    amounts = entry_lines(period, lines, last=last)
    done = _works(period, lines)
    found = []
    for key, figure in figures.items():
        if key[0] not in lines:
            continue
        row = amounts[key]
        cell = fund_checks.FundCell(
            stage=key[1],
            value=row["value"],
            planned=row["planned"],
            progress=row["progress"],
            expected=row["expected_rate"],
            last=row["last_value"],
            last_period=last.label if last else "",
            received=amounts[key[0], "received"]["value"],
            disbursed=amounts[key[0], "disbursed"]["value"],
            done=done[key[0]][0],
            is_done=done[key[0]][1],
        )
        for rule, text in fund_checks.remarks(cell):
            flag = FundFlag(fund_figure=figure, code=rule.code, severity=rule.severity, explanation=text)
            flag.figure_version = figure.version
            found.append(flag)
    _give_last_reasons(found, last)
    return found


def _works(period: ReportingPeriod, lines: set[int]) -> dict[int, tuple[Decimal | None, bool]]:
    """Return how far the works are a line pays for: line id → (lowest rate of its works, is everything done).

    Works are the assessed indicators of the line's sub-project that are 工程类; everything is all its assessed ones.
    Three queries.
    """
    rows = FundLine.objects.filter(pk__in=lines).values_list("pk", "participant", "sub_project")
    places = {pk: (participant, sub_project) for pk, participant, sub_project in rows}
    indicators = defaultdict(list)
    for row in Indicator.objects.filter(sub_project__in={place[1] for place in places.values()}, assessed=True):
        indicators[row.sub_project_id].append(row)
    ids = [row.pk for group in indicators.values() for row in group]
    units = {place[0] for place in places.values()}
    progress = own_lines(period, units, counted=Report.State.values, indicator_ids=ids) if ids else {}
    found = {}
    for pk, (participant, sub_project) in places.items():
        tasks = [
            (row, progress[participant, row.pk])
            for row in indicators[sub_project]
            if progress.get((participant, row.pk), {}).get("task") == "assessed"
        ]
        works = [line["rate"] for row, line in tasks if row.category == Indicator.Category.ENGINEERING]
        rate = min(works) if works and None not in works else None
        found[pk] = (rate, bool(tasks) and all(line["is_attained"] for _, line in tasks))
    return found


def _give_last_reasons(flags: list[FundFlag], last: ReportingPeriod | None) -> None:
    """Give flags the reason of the month before while the amount is the same. At most one query."""
    if last is None or not flags:
        return
    lines = {flag.fund_figure.fund_line_id for flag in flags}
    rows = FundFlag.objects.filter(fund_figure__period=last, fund_figure__fund_line__in=lines).exclude(reason="")
    answered = {
        (row.line, row.stage, row.code): row
        for row in rows.annotate(line=F("fund_figure__fund_line"), stage=F("fund_figure__stage"))
        .annotate(amount=F("fund_figure__value"))
        .order_by()
    }
    for flag in flags:
        figure = flag.fund_figure
        row = answered.get((figure.fund_line_id, figure.stage, flag.code))
        if row is None or row.amount != figure.value:
            continue
        if row.explanation == flag.explanation or not fund_checks.BY_CODE[flag.code].is_relation:
            flag.reason = row.reason
