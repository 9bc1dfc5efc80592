"""勾稽关系: what both sides come to, per rule, period and participant: one SQL statement with exact numbers.

The same statement serves a save (the rules its cells take part in), a change of a rule (all open periods) and the
dry run of a rule that is not stored yet; only where the terms come from differs.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from livelihood.formats import format_number, format_signed
from projects.models import CrossRule, CrossTerm, Indicator, Participant, Programme, ReportingPeriod

#: Outcomes of a line. MISSING: a figure is not reported yet; OUTSIDE: a whole side has no task (R4).
BROKEN, FINE, MISSING, OUTSIDE = "broken", "fine", "missing", "outside"
MOST_TERMS = 8

SIGNS = dict(CrossRule.Comparison.choices)

TOUCHED_TERMS = """
    SELECT t.rule_id, r.comparison, r.tolerance, t.side, t."order" AS nth, t.factor, t.indicator_id
    FROM cross_rule r
    JOIN cross_term t ON t.rule_id = r.id
    WHERE r.programme_id = %(programme)s AND r.is_active AND EXISTS (
        SELECT 1 FROM cross_term m WHERE m.rule_id = r.id AND m.indicator_id = ANY(%(touched)s))
"""

STORED_TERMS = """
    SELECT t.rule_id, r.comparison, r.tolerance, t.side, t."order" AS nth, t.factor, t.indicator_id
    FROM cross_rule r
    JOIN cross_term t ON t.rule_id = r.id
    WHERE r.id = %(rule)s
"""

GIVEN_TERMS = """
    SELECT 0::bigint AS rule_id, %(comparison)s::varchar AS comparison, %(tolerance)s::numeric AS tolerance,
           g.side, g.nth, g.factor, g.indicator_id
    FROM unnest(%(sides)s::varchar[], %(factors)s::numeric[], %(indicators)s::bigint[]) WITH ORDINALITY
         AS g (side, factor, indicator_id, nth)
"""

# A term without a task, its own or that of the count it belongs to, is left out of its side (R4); one with a task
# and no figure leaves the line open. The target is the revision in force at the period's end (R19).
IN_FORCE = """
    SELECT a.state FROM target a
    WHERE a.indicator_id = {indicator} AND a.participant_id = u.id AND a.valid_from <= p.ends_on
      AND (a.valid_to IS NULL OR a.valid_to >= p.ends_on)
    ORDER BY a.revision DESC LIMIT 1
"""

STATEMENT = """
WITH term AS ({terms}),
cell AS (
    SELECT t.rule_id, t.comparison, t.tolerance, t.side, t.nth, t.factor, p.id AS period_id, u.id AS participant_id,
           f.id AS figure_id, f.value, i.name, i.unit,
           COALESCE(own.state IN ('no_task', 'not_applicable'), f.id IS NULL)
           OR COALESCE(base.state IN ('no_task', 'not_applicable'), FALSE) AS is_out
    FROM term t
    JOIN indicator i ON i.id = t.indicator_id
    JOIN reporting_period p ON p.id = ANY(%(periods)s)
    JOIN participant u ON u.programme_id = p.programme_id AND (%(participants)s IS NULL OR u.id = ANY(%(participants)s))
     AND (u.joins_on IS NULL OR u.joins_on <= p.ends_on) AND (u.leaves_on IS NULL OR u.leaves_on >= p.ends_on)
    LEFT JOIN figure f ON f.period_id = p.id AND f.participant_id = u.id AND f.indicator_id = t.indicator_id
     AND f.state = 'reported'
    LEFT JOIN LATERAL ({own}) own ON TRUE
    LEFT JOIN LATERAL ({base}) base ON TRUE
),
side AS (
    SELECT rule_id, comparison, tolerance, period_id, participant_id,
           SUM(factor * value) FILTER (WHERE side = 'left' AND NOT is_out) AS left_sum,
           SUM(factor * value) FILTER (WHERE side = 'right' AND NOT is_out) AS right_sum,
           COUNT(*) FILTER (WHERE side = 'left' AND NOT is_out) AS left_tasks,
           COUNT(*) FILTER (WHERE side = 'right' AND NOT is_out) AS right_tasks,
           COUNT(*) FILTER (WHERE value IS NOT NULL) AS reported,
           ARRAY_AGG(name ORDER BY side, nth) FILTER (WHERE value IS NULL AND NOT is_out) AS missing,
           CASE WHEN MIN(unit) = MAX(unit) THEN MIN(unit) ELSE '' END AS unit,
           (ARRAY_AGG(figure_id ORDER BY nth) FILTER (WHERE side = 'left' AND value IS NOT NULL AND NOT is_out))[1]
               AS figure_id
    FROM cell
    GROUP BY rule_id, comparison, tolerance, period_id, participant_id
),
line AS (
    SELECT *, CASE WHEN missing IS NULL THEN left_sum - right_sum END AS difference
    FROM side
)
SELECT l.rule_id, COALESCE(r.name, ''), COALESCE(r.explanation, ''), l.comparison, l.tolerance, l.period_id,
       l.participant_id, l.figure_id, l.unit,
       CASE WHEN l.missing IS NULL THEN l.left_sum END, CASE WHEN l.missing IS NULL THEN l.right_sum END,
       l.difference, COALESCE(l.missing, '{{}}'), l.reported,
       CASE
           WHEN l.left_tasks = 0 OR l.right_tasks = 0 THEN 'outside'
           WHEN l.missing IS NOT NULL THEN 'missing'
           WHEN l.comparison = 'eq' AND ABS(l.difference) > l.tolerance THEN 'broken'
           WHEN l.comparison = 'le' AND l.difference > l.tolerance THEN 'broken'
           WHEN l.comparison = 'ge' AND l.difference < -l.tolerance THEN 'broken'
           ELSE 'fine'
       END AS outcome
FROM line l
JOIN reporting_period p ON p.id = l.period_id
JOIN participant u ON u.id = l.participant_id
LEFT JOIN cross_rule r ON r.id = l.rule_id
ORDER BY l.rule_id, p.ends_on DESC, u."order", u.id
"""


@dataclass(frozen=True)
class Term:
    """One term as a form or a catalogue gives it."""

    side: str
    indicator: Indicator
    factor: Decimal = Decimal(1)


@dataclass(frozen=True)
class Line:
    """What a rule says of one participant in one period; the sums are None where the side cannot be computed.

    `figure_id`: the first reported figure on the left, which carries the flag; `unit`: of all terms, "" where they
    differ; `missing`: names of what is not reported; `reported`: how many of the terms have a figure.
    """

    rule_id: int
    name: str
    advice: str
    comparison: str
    tolerance: Decimal
    period_id: int
    participant_id: int
    figure_id: int | None
    unit: str
    left: Decimal | None
    right: Decimal | None
    difference: Decimal | None
    missing: list[str]
    reported: int
    outcome: str

    @property
    def left_shown(self) -> str:
        """Return the left side as a table prints it."""
        return _amount(self.left)

    @property
    def right_shown(self) -> str:
        """Return the right side as a table prints it."""
        return _amount(self.right)

    @property
    def difference_shown(self) -> str:
        """Return left less right with its sign; nothing where a figure is missing or a side has no task."""
        return format_signed(self.difference.normalize()) if self.difference else _amount(self.difference)


def touched_lines(period: ReportingPeriod, *, participants: Iterable[int], indicators: Iterable[int]) -> list[Line]:
    """Return the lines of the active rules in which any of the indicators takes part. One query."""
    return _lines(
        TOUCHED_TERMS,
        [period.pk],
        participants,
        {"programme": period.programme_id, "touched": sorted(indicators)},
    )


def stored_lines(rule: CrossRule, periods: Iterable[ReportingPeriod]) -> list[Line]:
    """Return the lines of a stored rule, active or not, for every participant of its programme. One query."""
    return _lines(STORED_TERMS, [period.pk for period in periods], None, {"rule": rule.pk})


def dry_run(
    *, comparison: str, tolerance: Decimal, terms: Sequence[Term], periods: Iterable[ReportingPeriod]
) -> list[Line]:
    """Return what a rule would say, newest period first, participants in official order; stores nothing. One query.

    Lines without any figure of a participant are left out: there is nothing to try the rule on.
    """
    lines = _lines(
        GIVEN_TERMS,
        [period.pk for period in periods],
        None,
        {
            "comparison": comparison,
            "tolerance": tolerance,
            "sides": [term.side for term in terms],
            "factors": [term.factor for term in terms],
            "indicators": [term.indicator.pk for term in terms],
        },
    )
    return [line for line in lines if line.reported]


def _lines(terms: str, periods: list[int], participants: Iterable[int] | None, parameters: dict) -> list[Line]:
    if not periods:
        return []
    statement = STATEMENT.format(
        terms=terms, own=IN_FORCE.format(indicator="t.indicator_id"), base=IN_FORCE.format(indicator="i.base_id")
    )
    units = None if participants is None else sorted(participants)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters | {"periods": periods, "participants": units})
        return [Line(*row) for row in cursor.fetchall()]


def terms_of(rule: CrossRule) -> list[Term]:
    """Return the stored terms of a rule in order, left side first. One query."""
    rows = CrossTerm.objects.filter(rule=rule).select_related("indicator__sub_project__project")
    return [Term(row.side, row.indicator, row.factor) for row in rows.order_by("side", "order", "id")]


def terms_by_rule(programme: Programme) -> dict[int, list[Term]]:
    """Return the terms of every rule of the programme, in order. One query."""
    found = defaultdict(list)
    rows = CrossTerm.objects.filter(rule__programme=programme).select_related("indicator")
    for row in rows.order_by("rule_id", "side", "order", "id"):
        found[row.rule_id].append(Term(row.side, row.indicator, row.factor))
    return found


def formula(terms: Sequence[Term], comparison: str) -> str:
    """Return the relation in words and signs: 合计 ＝ 甲 ＋ 乙 × 0.5 − 丙."""
    sides = (_side([term for term in terms if term.side == side]) for side in ("left", "right"))
    return f" {SIGNS[comparison]} ".join(sides)


def _side(terms: Sequence[Term]) -> str:
    words = ""
    for nth, term in enumerate(terms):
        sign = ("−" if term.factor < 0 else "＋") if nth or term.factor < 0 else ""
        times = "" if abs(term.factor) == 1 else f" × {_amount(abs(term.factor))}"
        words += f" {sign} " if nth else sign
        words += term.indicator.name + times
    return words


def explanation(line: Line) -> str:
    """Return the two lines of a broken rule's flag: both sides with their unit, and what the office says about it."""
    left, right, apart = (_amount(number) + line.unit for number in (line.left, line.right, abs(line.difference)))
    wanted = {"eq": "应当相等", "le": "左边不应大于右边", "ge": "左边不应小于右边"}[line.comparison]
    allowed = f"（允许相差 {_amount(line.tolerance)}{line.unit}）" if line.tolerance else ""
    return (
        f"不符合勾稽关系“{line.name}”：左边 {left}，右边 {right}，{wanted}，相差 {apart}{allowed}。\n"
        f"{' '.join(line.advice.split()) or '请核对这几个数；确实如此的，请写明原因。'}"
    )


def _amount(number: Decimal | None) -> str:
    """Return a sum without the trailing zeros of its column; "—" for none."""
    return format_number(number.normalize() if number else number)


def past_periods(programme: Programme) -> list[ReportingPeriod]:
    """Return the programme's periods a rule is tried on: every one that is there, the newest first. One query."""
    return list(ReportingPeriod.objects.filter(programme=programme).order_by("-ends_on", "kind"))


def dry_run_table(
    lines: Sequence[Line], periods: Iterable[ReportingPeriod], programme: Programme, *, only: str = ""
) -> dict:
    """Return the lines grouped by period for the page, with counts of each outcome. One query.

    `only`: show the lines of that outcome alone; the counts stay those of all.
    """
    units = Participant.objects.filter(programme=programme).in_bulk()
    groups = []
    for period in periods:
        of_period = [line for line in lines if line.period_id == period.pk]
        rows = [{"line": line, "unit": units[line.participant_id]} for line in of_period if only in ("", line.outcome)]
        if rows:
            groups.append({"period": period, "rows": rows, "counts": _counts(of_period)})
    return {"groups": groups, "counts": _counts(lines), "unit": lines[0].unit if lines else ""}


def _counts(lines: Iterable[Line]) -> dict[str, int]:
    counts = dict.fromkeys((BROKEN, FINE, MISSING, OUTSIDE), 0)
    for line in lines:
        counts[line.outcome] += 1
    return counts
