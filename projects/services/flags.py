"""提示: what is odd about a figure and asks for a reason that travels to the reviewer (R20).

The rules are `projects/checks.py` and, as data, `projects/cross_rules.py`; here they are asked for a whole batch at
once and their flags kept up to date. A reason stays while the figure's value does, and is carried over from the month
before while the value is the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q

from livelihood.formats import format_number
from projects import checks, cross_rules
from projects.models import CrossRule, CrossTerm, Figure, FigureFlag, Indicator, Project, ReportingPeriod, Target

Key = tuple[int, int]

#: What is asked of figures that were not touched themselves.
RELATION_CODES = frozenset(rule.code for rule in checks.RULES if rule.is_relation)


@dataclass
class Refreshed:
    """What became of the flags: keys whose reason changed, and other cells whose flags changed along."""

    explained: list[Key] = field(default_factory=list)
    related: list[Key] = field(default_factory=list)


def refresh_flags(
    period: ReportingPeriod,
    *,
    touched: dict[Key, int],
    known: dict[Key, int],
    targets: dict[Key, Target],
    claims: set[Key],
    reasons: dict[Key, str],
) -> Refreshed:
    """Bring the flags of the touched figures, and of figures they are held against, up to date.

    `touched` and `known`: figure ids by (participant id, indicator id), just stored or stored before; `claims`:
    cells that say 无任务 against an assessed target; `reasons`: what the filler answers. A whole is asked anew when
    one of its parts changed, likewise what is finished and the first figure of a 勾稽关系. Runs in the caller's
    transaction; at most eleven queries, however many the figures.
    """
    answered = {key: known[key] for key in reasons if key in known and key not in touched}
    if not touched and not answered:
        return Refreshed()
    batch = _Batch(period, touched, targets, claims) if touched else None
    places, codes = Q(figure__in=[*touched.values(), *answered.values()]), set()
    if batch:
        codes = {cross_code(line.rule_id) for line in batch.lines}
        places |= Q(figure__in=batch.related.values(), code__in=RELATION_CODES)
        places |= Q(figure__period=period, figure__participant__in=batch.participants, code__in=codes)

    def is_asked(flag: FigureFlag) -> bool:
        """Tell whether the batch decides over the flag; a figure that only gets its answer keeps the others."""
        key = _key(flag.figure)
        return (
            key in touched
            or flag.code in codes
            or (bool(batch) and key in batch.related and flag.code in RELATION_CODES)
        )

    old = FigureFlag.objects.filter(places).select_related("figure").order_by()
    outcome = _store(batch.flags() if batch else [], list(old), reasons=reasons, is_asked=is_asked)
    outcome.explained = [key for key in outcome.explained if key in touched or key in reasons]
    outcome.related = [key for key in outcome.related if key not in touched]
    return outcome


def refresh_cross_flags(rule: CrossRule) -> int:
    """Ask a changed rule anew in every open period; return how many figures break it.

    Figures of closed and issued periods are never flagged afterwards: they were judged by the rules of their time.
    Runs in the caller's transaction; at most seven queries beside three per open period with a broken line.
    """
    periods = {row.pk: row for row in ReportingPeriod.objects.filter(programme=rule.programme_id).open()}
    lines = cross_rules.stored_lines(rule, periods.values()) if rule.is_active else []
    broken = [line for line in lines if line.outcome == cross_rules.BROKEN]
    figures = Figure.objects.in_bulk([line.figure_id for line in broken])
    wanted = []
    for pk, period in periods.items():
        of_period = [line for line in broken if line.period_id == pk]
        before = last_figures(period, [_key(figures[line.figure_id]) for line in of_period]) if of_period else {}
        flags = [_cross_flag(line, figures[line.figure_id]) for line in of_period]
        _give_last_reasons(flags, before)
        wanted += flags
    old = FigureFlag.objects.filter(figure__period__in=periods, code=cross_code(rule.pk))
    old = old.select_related("figure").order_by()
    _store(wanted, list(old), reasons={}, is_asked=lambda flag: True)
    return len(wanted)


@dataclass(frozen=True)
class LastFigure:
    """A cell's last reported figure before the period: its id, value, and the period's label."""

    pk: int
    value: Decimal
    period: str


def last_figures(period: ReportingPeriod, keys: Iterable[Key]) -> dict[Key, LastFigure]:
    """Return each cell's last reported figure before `period`. One query."""
    keys = set(keys)
    rows = (
        Figure.objects.filter(
            period__programme=period.programme_id,
            period__kind=period.kind,
            period__ends_on__lt=period.ends_on,
            participant__in={participant for participant, _ in keys},
            indicator__in={indicator for _, indicator in keys},
            state=Figure.State.REPORTED,
        )
        .order_by("participant_id", "indicator_id", "-period__ends_on")
        .distinct("participant_id", "indicator_id")
    )
    found = list(
        rows.values_list("participant_id", "indicator_id", "pk", "value", "period__starts_on", "period__ends_on")
    )
    labels = {
        days: ReportingPeriod(kind=period.kind, starts_on=days[0], ends_on=days[1]).label
        for days in {row[4:] for row in found}
    }
    return {row[:2]: LastFigure(row[2], row[3], labels[row[4:]]) for row in found}


def _give_last_reasons(flags: list[FigureFlag], before: dict[Key, LastFigure]) -> None:
    """Give flags the reason of the month before while the figure's value is the same. At most one query.

    Of a relation the whole remark must be the same: the other figures can have changed while this one did not.
    """
    same = {}
    for flag in flags:
        last = before.get(_key(flag.figure))
        if last is not None and last.value == flag.figure.value:
            same[flag.figure_id] = last.pk
    if not same:
        return
    rows = FigureFlag.objects.filter(figure__in=same.values()).exclude(reason="").order_by()
    answered = {(row[0], row[1]): row[2:] for row in rows.values_list("figure_id", "code", "explanation", "reason")}
    for flag in flags:
        explanation, reason = answered.get((same.get(flag.figure_id), flag.code), ("", ""))
        is_relation = flag.code in RELATION_CODES or flag.code.startswith(checks.CROSS_PREFIX)
        if explanation == flag.explanation or not is_relation:
            flag.reason = reason


def cross_code(rule_id: int) -> str:
    """Return the code of a rule's flags."""
    return f"{checks.CROSS_PREFIX}{rule_id}"


class _Batch:
    """Everything the rules look at for one batch, fetched once. At most seven queries."""

    def __init__(self, period: ReportingPeriod, touched: dict[Key, int], targets, claims: set[Key]):
        self.period, self.touched, self.claims = period, touched, claims
        self.participants = {participant for participant, _ in touched}
        changed = {indicator for _, indicator in touched}
        # Planning the statement of the rules costs more than all else here; most cells are in none.
        ruled = CrossTerm.objects.filter(indicator__in=changed, rule__is_active=True).order_by().exists()
        self.lines = (
            cross_rules.touched_lines(period, participants=self.participants, indicators=changed) if ruled else []
        )
        self.broken = [line for line in self.lines if line.outcome == cross_rules.BROKEN]
        self.indicators = _neighbours(changed)
        self.parts = checks.families(self.indicators.values())
        self.started = checks.started_pairs(self.indicators.values())
        held = self._held_against(changed)
        self.figures = self._figures(changed | held)
        self.targets = dict(targets) | self._targets(held - changed)
        #: Figures that were not touched, but are held against one that was: ids by key.
        self.related = {
            key: figure.pk
            for key, figure in self.figures.items()
            if key not in touched and self._others(key) & touched.keys()
        }
        by_id = {figure.pk: figure for figure in self.figures.values()}
        self.flagged = [(line, by_id[line.figure_id]) for line in self.broken]
        self.before = last_figures(period, [*touched, *self.related, *(_key(figure) for _, figure in self.flagged)])

    def flags(self) -> list[FigureFlag]:
        """Return the flags the touched and related figures deserve now, unsaved."""
        found = [_cross_flag(line, figure) for line, figure in self.flagged]
        for key in [*self.touched, *self.related]:
            for rule, text in checks.remarks(self._cell(key)):
                if key in self.touched or rule.is_relation:
                    found.append(_flag(self.figures[key], rule.code, rule.severity, text))
        _give_last_reasons(found, self.before)
        return found

    def _held_against(self, changed: set[int]) -> set[int]:
        """Return the other members of every relation within a project that one of the indicators is part of."""
        groups = [{whole, *(part.pk for part in parts)} for whole, parts in self.parts.items()]
        groups += [{completed, started.pk} for completed, started in self.started.items()]
        return set().union(*(group for group in groups if group & changed))

    def _others(self, key: Key) -> set[Key]:
        """Return the cells the cell's own relations look at."""
        others = [part.pk for part in self.parts.get(key[1], ())]
        if key[1] in self.started:
            others.append(self.started[key[1]].pk)
        return {(key[0], other) for other in others}

    def _figures(self, indicators: set[int]) -> dict[Key, Figure]:
        wanted = Q(participant__in=self.participants, indicator__in=indicators)
        if self.broken:
            wanted |= Q(pk__in=[line.figure_id for line in self.broken])
        return {_key(row): row for row in Figure.objects.filter(wanted, period=self.period).order_by()}

    def _targets(self, indicators: set[int]) -> dict[Key, Target]:
        """Return the targets of what was not in the batch. At most one query."""
        if not indicators:
            return {}
        rows = Target.objects.in_force(self.period.ends_on).filter(
            participant__in=self.participants, indicator__in=indicators
        )
        rows = rows.order_by()
        return {(row.participant_id, row.indicator_id): row for row in rows}

    def _cell(self, key: Key) -> checks.Cell:
        indicator, last, target = self.indicators[key[1]], self.before.get(key), self.targets.get(key)
        aim, started = _aim(target), self.started.get(key[1])
        return checks.Cell(
            indicator=indicator,
            value=self.figures[key].value,
            target=aim,
            printed="" if target is None else target.printed or f"{format_number(aim)}{indicator.unit}",
            last=last.value if last else None,
            last_period=last.period if last else "",
            claims_no_task=key in self.claims,
            parts=[self._related(key[0], part) for part in self.parts.get(key[1], ())],
            started=self._related(key[0], started) if started else None,
        )

    def _related(self, participant: int, indicator: Indicator) -> checks.Related:
        key = (participant, indicator.pk)
        figure, target = self.figures.get(key), self.targets.get(key)
        no_task = target is not None and target.state in (Target.State.NO_TASK, Target.State.NOT_APPLICABLE)
        return checks.Related(indicator, figure.value if figure else None, _aim(target), has_task=not no_task)


def _neighbours(indicators: set[int]) -> dict[int, Indicator]:
    """Return the indicators of the projects the given ones belong to: relations stay within a project. One query."""
    projects = Project.objects.filter(sub_projects__indicators__in=indicators)
    return Indicator.objects.filter(sub_project__project__in=projects.order_by()).order_by().in_bulk()


def _key(figure: Figure) -> Key:
    return figure.participant_id, figure.indicator_id


def _aim(target: Target | None) -> Decimal | None:
    return target.value if target is not None and target.state == Target.State.ASSESSED else None


def _flag(figure: Figure, code: str, severity: str, explanation: str) -> FigureFlag:
    return FigureFlag(
        figure=figure, code=code, severity=severity, explanation=explanation, figure_version=figure.version
    )


def _cross_flag(line: cross_rules.Line, figure: Figure) -> FigureFlag:
    return _flag(figure, cross_code(line.rule_id), checks.WARNING, cross_rules.explanation(line))


def _store(
    wanted: list[FigureFlag],
    old: list[FigureFlag],
    *,
    reasons: dict[Key, str],
    is_asked: Callable[[FigureFlag], bool],
) -> Refreshed:
    """Make of the stored flags `old` those that are `wanted`, and give answers. At most three queries."""
    stored = {(flag.figure_id, flag.code): flag for flag in old}
    fresh = {(flag.figure_id, flag.code) for flag in wanted}
    left = [flag for place, flag in stored.items() if place not in fresh]
    gone = {flag.pk: flag for flag in left if is_asked(flag)}
    if gone:
        FigureFlag.objects.filter(pk__in=gone).delete()
    explained, changed = set(), {_key(flag.figure) for flag in gone.values()}
    for flag in wanted:
        key, before = _key(flag.figure), stored.get((flag.figure_id, flag.code))
        if before is not None and before.explanation == flag.explanation:
            # The same remark about the same numbers: the answer given to it stands.
            flag.reason = before.reason
        else:
            changed.add(key)
        flag.reason = reasons.get(key, flag.reason).strip()
        if flag.reason != (before.reason if before else ""):
            explained.add(key)
    if wanted:
        FigureFlag.objects.bulk_create(
            wanted,
            update_conflicts=True,
            unique_fields=["figure", "code"],
            update_fields=["severity", "explanation", "reason", "figure_version"],
        )
    answered = []
    for flag in left:
        key = _key(flag.figure)
        if flag.pk not in gone and key in reasons and flag.reason != reasons[key].strip():
            flag.reason = reasons[key].strip()
            answered.append(flag)
            explained.add(key)
    if answered:
        FigureFlag.objects.bulk_update(answered, ["reason"])
    return Refreshed(list(explained), list(changed))
