"""资金提示: what is odd about an amount and asks for a reason that travels to the reviewer (R20).

The rules are `funding/fund_checks.py`; here they are asked for a whole batch at once and the flags kept up to date. The
lines of one kind for a sub-project of a unit are its money: their stages are held against each other, and their sums
against the year and the works, so a change of one asks all of them anew.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import F

from funding import fund_checks
from funding.entry_progress import entry_lines
from funding.funds import place_sums
from funding.models import FundFigure, FundFlag, FundLine
from projects.cell_key import Key
from projects.entry_progress import own_lines
from projects.line_facts import periods_before
from projects.models import Indicator, Report, ReportingPeriod

#: (participant id, sub-project id, kind): whose money of which kind for what.
Place = tuple[int, int, str]


@dataclass
class Refreshed:
    """What became of the flags: keys whose reason changed, and other cells whose flags changed along."""

    explained: list[Key] = field(default_factory=list)
    related: list[Key] = field(default_factory=list)


def refresh_fund_flags(period: ReportingPeriod, *, touched: set[Key], reasons: dict[Key, str]) -> Refreshed:
    """Bring the flags of the touched cells' money up to date and give the answers in `reasons`.

    A reason stays while the remark does, and is carried over from the month before while the amount is the same. Runs
    in the caller's transaction; a constant number of queries.
    """
    lines = {key[0] for key in touched} | {key[0] for key in reasons}
    if not lines:
        return Refreshed()
    places = _places_beside(period, lines)
    moved = {places[key[0]] for key in touched}
    asked = {line: place for line, place in places.items() if place in moved}
    return _refresh(period, lines=lines, asked=asked, touched=touched, reasons=reasons)


def follow_works(period: ReportingPeriod, places: set[tuple[int, int]]) -> dict[int, list[Key]]:
    """Ask the money of the places anew after figures of theirs changed: participant id → cells whose flags changed.

    `places`: (participant id, sub-project id). One query where nothing was paid or spent there, none for no place.
    """
    if not places:
        return {}
    found = _places_paid(period, places)
    if not found:
        return {}
    asked = _places_beside(period, found)
    changed = defaultdict(list)
    for key in _refresh(period, lines=asked.keys(), asked=asked, touched=set(), reasons={}).related:
        changed[asked[key[0]][0]].append(key)
    return dict(changed)


def _places_paid(period: ReportingPeriod, places: set[tuple[int, int]]) -> list[int]:
    """Return the lines (ids) of the places with money paid or spent in the period. One query."""
    rows = FundFigure.objects.filter(
        period=period,
        stage__in=[FundFigure.Stage.DISBURSED, FundFigure.Stage.SPENT],
        state=FundFigure.State.REPORTED,
        fund_line__participant__in={place[0] for place in places},
        fund_line__sub_project__in={place[1] for place in places},
    ).order_by()
    found = rows.values_list("fund_line", "fund_line__participant", "fund_line__sub_project")
    return [line for line, *place in found if tuple(place) in places]


def _places_beside(period: ReportingPeriod, lines) -> dict[int, Place]:
    """Return the lines and those whose sums they are part of: line id → place. One query."""
    own = FundLine.objects.filter(pk__in=lines)
    beside = FundLine.objects.filter(
        programme=period.programme_id,
        participant__in=own.values("participant"),
        sub_project__in=own.values("sub_project"),
    )
    rows = {pk: tuple(place) for pk, *place in beside.values_list("pk", "participant", "sub_project", "kind")}
    wanted = {rows[line] for line in lines}
    return {line: place for line, place in rows.items() if place in wanted}


def _refresh(period: ReportingPeriod, *, lines, asked: dict[int, Place], touched: set[Key], reasons) -> Refreshed:
    """Make the flags of the asked lines (id → place) those they deserve, and give answers to those of `lines`."""
    found = FundFigure.objects.filter(period=period, fund_line__in=asked.keys() | set(lines))
    figures = {(row.fund_line_id, row.stage): row for row in found}
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
    kept = [flag for flag in old.values() if key_of[flag.fund_figure_id][0] not in asked]
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


def _wanted(period: ReportingPeriod, places: dict[int, Place], figures: dict[Key, FundFigure]) -> list[FundFlag]:
    """Return the flags the lines' stages deserve now, unsaved, with the reasons of last month. About seven queries.

    What is said of a place's sums stands at its first line with a number of that stage, once.
    """
    if not places:
        return []
    before = periods_before(period)
    last = before[0] if before else None
    amounts = entry_lines(period, places, last=last)
    sums = _sums(period, places, amounts)
    first, found = {}, []
    for line, stage in sorted(key for key in figures if amounts.get(key, {}).get("value") is not None):
        first.setdefault((places[line], stage), line)
    for key, figure in figures.items():
        if key[0] not in places:
            continue
        row, place = amounts[key], places[key[0]]
        cell = fund_checks.FundCell(
            stage=key[1],
            value=row["value"],
            planned=row["planned"],
            last=row["last_value"],
            last_period=last.label if last else "",
            received=amounts[key[0], "received"]["value"],
            disbursed=amounts[key[0], "disbursed"]["value"],
            together=sums.get(place) if first.get((place, key[1])) == key[0] else None,
        )
        for rule, text in fund_checks.remarks(cell):
            flag = FundFlag(fund_figure=figure, code=rule.code, severity=rule.severity, explanation=text)
            flag.figure_version = figure.version
            found.append(flag)
    _give_last_reasons(found, last)
    return found


def _sums(period: ReportingPeriod, places: dict[int, Place], amounts: dict) -> dict[Place, fund_checks.Together]:
    """Return what the rules over whole places look at. About five queries."""
    rates = {
        places[row["line_id"]]: row["expected_rate"] for row in amounts.values() if row["expected_rate"] is not None
    }
    works = _works(period, {place[:2] for place in places.values()})
    found = {}
    for row in place_sums(period, places):
        place = (row["participant_id"], row["sub_project_id"], row["kind"])
        done, is_done = works.get(place[:2], (None, False))
        found[place] = fund_checks.Together(
            sources=row["sources"],
            planned=row["planned"],
            disbursed=row["disbursed"],
            paid=row["paid"],
            used=row["used"],
            expected=rates.get(place),
            done=done,
            is_done=is_done,
        )
    return found


def _works(period: ReportingPeriod, places: set[tuple[int, int]]) -> dict[tuple[int, int], tuple[Decimal | None, bool]]:
    """Return how far the works are the money pays for: place → (lowest rate of its works, is everything done).

    Works are the assessed indicators of the sub-project that are 工程类; everything is all its assessed ones. At most
    three queries.
    """
    indicators = defaultdict(list)
    for row in Indicator.objects.filter(sub_project__in={place[1] for place in places}, assessed=True).order_by():
        indicators[row.sub_project_id].append(row)
    ids = [row.pk for group in indicators.values() for row in group]
    units = {place[0] for place in places}
    progress = own_lines(period, units, counted=Report.State.values, indicator_ids=ids, alone=True) if ids else {}
    found = {}
    for participant, sub_project in places:
        tasks = [
            (row, progress[participant, row.pk])
            for row in indicators[sub_project]
            if progress.get((participant, row.pk), {}).get("task") == "assessed"
        ]
        works = [line["rate"] for row, line in tasks if row.category == Indicator.Category.ENGINEERING]
        rate = min(works) if works and None not in works else None
        found[participant, sub_project] = (rate, bool(tasks) and all(line["is_attained"] for _, line in tasks))
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
