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
from projects.models import CrossRule, Figure, FigureFlag, Indicator, ReportingPeriod, Target
from projects.services.figure_facts import Facts, Key, LastFigure

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
    touched: dict[Key, Figure],
    facts: Facts,
    claims: set[Key],
    reasons: dict[Key, str],
) -> Refreshed:
    """Bring the flags of the touched figures, and of figures they are held against, up to date.

    `touched`: figures as just stored (value and version) by (participant id, indicator id); `facts`: what was known
    before; `claims`: cells that say 无任务 against an assessed target; `reasons`: what the filler answers. A whole is
    asked anew when one of its parts changed, likewise what is finished and the first figure of a 勾稽关系. Runs in the
    caller's transaction; no query where nothing is odd nor was, at most nine, however many the figures.
    """
    answered = {key: facts.figures[key] for key in reasons if key in facts.figures and key not in touched}
    if not touched and not answered:
        return Refreshed()
    batch = _Batch(period, touched, facts, claims) if touched else None
    codes = {cross_code(line.rule_id) for line in batch.lines} if batch else set()

    def is_asked(flag: FigureFlag) -> bool:
        """Tell whether the batch decides over the flag; a figure that only gets its answer keeps the others."""
        key = _key(flag.figure)
        return (
            key in touched
            or flag.code in codes
            or (bool(batch) and key in batch.related and flag.code in RELATION_CODES)
        )

    old = _stored_flags(touched | answered, batch, facts.flagged, codes)
    outcome = _store(batch.flags() if batch else [], old, reasons=reasons, is_asked=is_asked)
    outcome.explained = [key for key in outcome.explained if key in touched or key in reasons]
    outcome.related = [key for key in outcome.related if key not in touched]
    return outcome


def _stored_flags(
    named: dict[Key, Figure], batch: "_Batch | None", flagged: frozenset[Key], codes: set[str]
) -> list[FigureFlag]:
    """Return the stored flags a batch may bear on. One query, none where it is known that there is no flag."""
    places = Q(figure__in=[figure.pk for key, figure in named.items() if key in flagged])
    if batch:
        related = [pk for key, pk in batch.related.items() if key in flagged]
        places |= Q(figure__in=related, code__in=RELATION_CODES)
        if codes:
            places |= Q(figure__period=batch.period, figure__participant__in=batch.participants, code__in=codes)
    if not codes and not (named.keys() | (batch.related.keys() if batch else set())) & flagged:
        return []
    return list(FigureFlag.objects.filter(places).select_related("figure").order_by())


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
    """Everything the rules look at for one batch; at most three queries, where a 勾稽关系 is broken."""

    def __init__(self, period: ReportingPeriod, touched: dict[Key, Figure], facts: Facts, claims: set[Key]):
        self.period, self.touched, self.claims = period, touched, claims
        self.participants = {participant for participant, _ in touched}
        changed = {indicator for _, indicator in touched}
        # Planning the statement of the rules costs more than all else here; most cells are in none.
        self.lines = (
            cross_rules.touched_lines(period, participants=self.participants, indicators=changed)
            if changed & facts.near.ruled
            else []
        )
        broken = [line for line in self.lines if line.outcome == cross_rules.BROKEN]
        self.indicators, self.targets = facts.near.near, facts.targets
        self.parts, self.started = facts.near.parts, facts.near.started
        self.figures = facts.figures | touched
        #: Figures that were not touched, but are held against one that was: ids by key.
        self.related = {
            key: figure.pk
            for key, figure in self.figures.items()
            if key not in touched and self._others(key) & touched.keys()
        }
        self.before, self.flagged = dict(facts.last), []
        if broken:
            # Their figures may stand in other projects.
            by_id = Figure.objects.in_bulk([line.figure_id for line in broken])
            self.flagged = [(line, by_id[line.figure_id]) for line in broken]
            self.before |= last_figures(period, [_key(figure) for _, figure in self.flagged])

    def flags(self) -> list[FigureFlag]:
        """Return the flags the touched and related figures deserve now, unsaved."""
        found = [_cross_flag(line, figure) for line, figure in self.flagged]
        for key in [*self.touched, *self.related]:
            for rule, text in checks.remarks(self._cell(key)):
                if key in self.touched or rule.is_relation:
                    found.append(_flag(self.figures[key], rule.code, rule.severity, text))
        _give_last_reasons(found, self.before)
        return found

    def _others(self, key: Key) -> set[Key]:
        """Return the cells the cell's own relations look at."""
        others = [part.pk for part in self.parts.get(key[1], ())]
        if key[1] in self.started:
            others.append(self.started[key[1]].pk)
        return {(key[0], other) for other in others}

    def _cell(self, key: Key) -> checks.Cell:
        indicator, last, target = self.indicators[key[1]], self.before.get(key), self.targets.get(key)
        started = self.started.get(key[1])
        return checks.Cell(
            indicator=indicator,
            value=self.figures[key].value,
            target=_aim(target),
            printed=_printed(target, indicator) if key in self.claims else "",
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


def _key(figure: Figure) -> Key:
    return figure.participant_id, figure.indicator_id


def _printed(target: Target | None, indicator: Indicator) -> str:
    return "" if target is None else target.printed or f"{format_number(_aim(target))}{indicator.unit}"


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
