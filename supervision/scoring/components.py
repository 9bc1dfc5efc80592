"""Kinds of 考核项 and their SQL: what every component of a scheme is made of, as `component_input`.

A kind that asks for more than the lines and the money of a snapshot gives rows (participant_id, code, part, whole):
a mark and its maximum, returns on time and returns due. The rows have two bodies, the live tables or
`snapshot_component`; what follows is the same text for both (scores.py). A later kind is one more entry of
`KINDS` with the body of its rows, and a value of `ScoringComponent.Kind`: without an entry it cannot be chosen.
"""

from dataclasses import dataclass

from django.conf import settings

from projects.progress import threshold_rate
from supervision.models import ScoringComponent, ScoringScheme

K = ScoringComponent.Kind


@dataclass(frozen=True)
class Kind:
    """What a kind of component is: its rows over the live tables, and whether it is put on or off the sum at the end.

    `live` is empty where lines, money or places alone decide; `note` says in the interface what is counted.
    """

    code: str
    note: str
    live: str = ""
    is_adjustment: bool = False

    @property
    def label(self) -> str:
        """Return the kind's printed name."""
        return K(self.code).label


#: On time counts grace and outages (ReportingPeriod.deadline); a month not due yet and not come is nobody's fault.
TIMELINESS = """
    SELECT m.id AS participant_id, c.code,
           (COUNT(*) FILTER (WHERE r.submitted_at <= GREATEST(p.due_at + p.grace_hours * INTERVAL '1 hour',
                                                              p.extended_until)))::numeric AS part,
           COUNT(*)::numeric AS whole
    FROM component_now c
    JOIN reporting_period p ON p.programme_id = %(programme)s AND p.kind = %(period_kind)s
        AND p.ends_on BETWEEN %(year_start)s AND %(ends_on)s AND (c.span = 'year' OR p.id = %(period)s)
    JOIN participant m ON m.programme_id = %(programme)s AND m.kind <> 'whole'
        AND (m.joins_on IS NULL OR m.joins_on <= p.ends_on) AND (m.leaves_on IS NULL OR m.leaves_on >= p.ends_on)
    LEFT JOIN report r ON r.period_id = p.id AND r.participant_id = m.id
    WHERE c.kind = 'timeliness'
      AND (r.submitted_at IS NOT NULL OR p.state <> 'open'
           OR GREATEST(p.due_at + p.grace_hours * INTERVAL '1 hour', p.extended_until) < now())
    GROUP BY m.id, c.code"""

# Attained as on the page of milestones: the year's target is, or the rate has reached the threshold. What is not
# reported has not.
MILESTONES = f"""
    SELECT s.participant_id, c.code,
           (COUNT(*) FILTER (WHERE s.status IN ('exceeded', 'done', 'met')
               OR s.rate >= ROUND({threshold_rate("m.measure", "m.threshold", "s.target", "s.direction")}, k.decimals)
           ))::numeric AS part,
           COUNT(*)::numeric AS whole
    FROM component_now c
    CROSS JOIN scope k
    JOIN status s ON s.participant_kind <> 'whole' AND s.task = 'assessed' AND s.indicator_kind = 'number'
    JOIN milestone m ON m.indicator_id = s.indicator_id AND m.due_on <= %(as_of)s
    WHERE c.kind = 'milestones'
    GROUP BY s.participant_id, c.code"""

# A mark belongs to the component's code, so that a new version of the scheme in the middle of a month keeps it.
_MARKS = """
    SELECT DISTINCT ON (m.period_id, m.participant_id, c.code)
           m.participant_id, c.code, m.period_id, m.value, k.max_mark
    FROM component_now c
    JOIN scoring_scheme h ON h.programme_id = %(programme)s
    JOIN scoring_component k ON k.scheme_id = h.id AND k.code = c.code AND k.kind = c.kind
    JOIN entered_mark m ON m.component_id = k.id AND m.confirmed_at IS NOT NULL
    ORDER BY m.period_id, m.participant_id, c.code, h.version DESC"""

ENTERED = f"""
    SELECT e.participant_id, e.code, e.value AS part, e.max_mark AS whole
    FROM ({_MARKS}) e
    WHERE e.period_id = %(period)s AND e.max_mark IS NOT NULL"""

#: Events count from January on.
_EVENTS = f"""
    SELECT e.participant_id, e.code, SUM(e.value) AS part, NULL::numeric AS whole
    FROM ({_MARKS}) e
    JOIN reporting_period p ON p.id = e.period_id AND p.kind = %(period_kind)s
        AND p.ends_on BETWEEN %(year_start)s AND %(ends_on)s
    JOIN component_now c ON c.code = e.code AND c.kind = '{{kind}}'
    GROUP BY e.participant_id, e.code"""

#: Found from January on, as each is counted: one, or the points registered with it.
FINDINGS = """
    SELECT f.participant_id, c.code,
           SUM(CASE c.counted_by WHEN 'points' THEN COALESCE(f.points, 0) ELSE 1 END)::numeric AS part,
           NULL::numeric AS whole
    FROM component_now c
    JOIN inspection_finding f ON f.programme_id = %(programme)s AND f.found_on BETWEEN %(year_start)s AND %(ends_on)s
    JOIN inspection n ON n.id = f.inspection_id AND n.state = 'recorded'
    JOIN participant m ON m.id = f.participant_id AND m.kind <> 'whole'
    WHERE c.kind = 'finding_off'
    GROUP BY f.participant_id, c.code"""

#: A unit's own part is to report it mended in time: how long the check of it takes is not its fault.
IS_OVERDUE = f"""r.state <> 'opened' AND r.deadline < (now() AT TIME ZONE '{settings.TIME_ZONE}')::date
        AND COALESCE((r.reported_at AT TIME ZONE '{settings.TIME_ZONE}')::date > r.deadline, TRUE)"""

#: Each once, in the month of its deadline, however long it lasts.
OVERDUE = f"""
    SELECT r.participant_id, c.code, COUNT(*)::numeric AS part, NULL::numeric AS whole
    FROM component_now c
    JOIN rectification r ON r.programme_id = %(programme)s AND r.deadline BETWEEN %(year_start)s AND %(ends_on)s
        AND {IS_OVERDUE}
    JOIN participant m ON m.id = r.participant_id AND m.kind <> 'whole'
    WHERE c.kind = 'overdue_off'
    GROUP BY r.participant_id, c.code"""

#: `part`: months so far that count, `whole`: the run of last places before this month (last_places.py).
LAST_PLACE = """
    SELECT u.participant_id, c.code, COALESCE(h.part, 0)::numeric AS part, COALESCE(h.run, 0)::numeric AS whole
    FROM component_now c
    CROSS JOIN (SELECT DISTINCT participant_id FROM inputs WHERE ranked AND participant_kind <> 'whole') u
    LEFT JOIN unnest(%(last_units)s::bigint[], %(last_streaks)s::int[], %(last_parts)s::int[], %(last_runs)s::int[])
        h (participant_id, streak, part, run) ON h.participant_id = u.participant_id AND h.streak = c.streak
    WHERE c.kind = 'last_place'"""

KINDS = {
    kind.code: kind
    for kind in (
        Kind(K.PROJECT_RATES, "各项目得分的平均：指标完成率封顶100，项目取指标平均"),
        Kind(K.FUND_RATE, "到位率、拨付率或支出率；没有资金计划的单位不计这一项"),
        Kind(K.TIMELINESS, "按时报送的期数÷应报送的期数，宽限和停机顺延算按时", TIMELINESS),
        Kind(K.MILESTONES, "到期的节点中达到的比例", MILESTONES),
        Kind(K.ENTERED, "每期录入的分数÷满分，另一人确认后计入", ENTERED),
        Kind(K.LAST_PLACE, "综合排名末位，每次扣分；“连续次数”大于1的只扣连续末位的各次", LAST_PLACE, True),
        Kind(K.EVENT_OFF, "每期录入次数，全年累计扣", _EVENTS.format(kind="event_off"), True),
        Kind(K.EVENT_ON, "每期录入次数，全年累计加", _EVENTS.format(kind="event_on"), True),
        Kind(K.FINDING_OFF, "本年督查、暗访发现的问题", FINDINGS, True),
        Kind(K.OVERDUE_OFF, "整改事项到期没有报完成的，每件只扣一次", OVERDUE, True),
        Kind(K.YEAR_END, "12月按名次加扣：写出前几名的分，其后每降1名再少“每次分值”", "", True),
    )
}

#: Put on or off the sum of the weighted components.
ADJUSTMENTS = frozenset(code for code, kind in KINDS.items() if kind.is_adjustment)
#: Entered by people, month by month.
MARKED = frozenset({K.ENTERED, K.EVENT_OFF, K.EVENT_ON})
#: Registered elsewhere, one by one.
DEDUCTED = frozenset({K.FINDING_OFF, K.OVERDUE_OFF})


_TAKEN_IN = "indicator_id = ANY(%(taken_in)s::bigint[])"
_NOT_LEFT_OUT = "indicator_id <> ALL(%(left_out)s::bigint[])"


@dataclass(frozen=True)
class Shape:
    """What of a scheme decides how the statement is written; every number in it is a parameter."""

    kinds: frozenset[str] = frozenset({"project_rates"})
    counts_part_of: bool = False
    counts_level: bool = True
    has_minimum: bool = False
    #: Single indicators are taken in or left out.
    has_chosen: bool = False

    @property
    def has_funds(self) -> bool:
        """Tell whether money counts, so that it is worked out as well."""
        return "fund_rate" in self.kinds

    @property
    def inputs(self) -> list[str]:
        """Return the kinds with rows of their own, in the order of KINDS."""
        return [code for code, kind in KINDS.items() if code in self.kinds and kind.live]

    @property
    def is_kept(self) -> bool:
        """Tell whether a snapshot keeps the components: where lines and money alone cannot give them again."""
        return bool(self.inputs) or "year_end" in self.kinds

    @property
    def is_adjusted(self) -> bool:
        """Tell whether the sum is changed or not everybody is placed."""
        return bool(self.kinds & ADJUSTMENTS) or self.has_minimum

    @property
    def placed(self) -> str:
        """Return SQL for which lines get a place (R12): assessed ones, and others a scheme takes in."""
        if not self.has_chosen:
            return "(assessed OR indicator_kind = 'number')" if self.counts_part_of else "assessed"
        if self.counts_part_of:
            return f"(assessed OR (indicator_kind = 'number' AND {_NOT_LEFT_OUT}))"
        return f"(assessed OR {_TAKEN_IN})"

    @property
    def scored(self) -> str:
        """Return SQL for which lines count in the score: those placed, levels where the scheme counts them."""
        if not self.has_chosen:
            return self.placed if self.counts_level else f"({self.placed} AND accumulation <> 'level')"
        if self.counts_level:
            return f"({self.placed} AND {_NOT_LEFT_OUT})"
        return f"({self.placed} AND (accumulation <> 'level' OR {_TAKEN_IN}))"


#: Of the one plain component (R13).
PLAIN = Shape()


def shape_of(scheme: ScoringScheme | None) -> Shape:
    """Return the shape of a scheme read `with_kinds()`; without one that of the plain score."""
    if scheme is None:
        return Shape(kinds=frozenset())
    return Shape(
        kinds=frozenset(kind for kind in scheme.kinds if kind),
        counts_part_of=scheme.counts_part_of,
        counts_level=scheme.counts_level,
        has_minimum=scheme.min_indicators > 0,
        has_chosen=bool(scheme.taken_in or scheme.left_out),
    )


def input_cte(shape: Shape, *, kept: bool) -> str:
    """Return the CTE `component_input`, over the live tables or what a snapshot has kept."""
    if kept:
        return """component_input AS (
    SELECT participant_id, code, part, whole
    FROM snapshot_component
    WHERE snapshot_id = %(snapshot)s
)"""
    return "component_input AS (" + "\n    UNION ALL".join(KINDS[code].live for code in shape.inputs) + "\n)"
