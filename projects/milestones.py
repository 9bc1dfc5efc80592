"""Milestones on any day, in SQL: every dated threshold of a programme against the figures in force that day.

The statement is the progress statement (projects/progress.py) with a third body of `inputs`: the figures of the
newest period each reporter has a counted report of, and beside them every month on its own, for the line of the
chart and for the sum of all units, which is that of one month (R5, R6). What makes a rate, a sum and a task is the
same text. A line is told apart by the pair (period id, indicator id); period 0 is what is in force.
"""

import datetime
import json
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db import connection
from django.db.models import Q

from livelihood.access import Role, access_of, oversees
from livelihood.models import User
from projects.models import Assignment, Participant, Programme, Report, ReportingPeriod, SubProject
from projects.progress import FINENESS, POOLED, RATED, YARDSTICKS, threshold_rate
from projects.querysets import own_unit

_SCOPE = """
scope AS (
    SELECT g.decimals, n.scale, n.step, 0::numeric AS elapsed_parts, 1::numeric AS elapsed_whole
    FROM programme g
    JOIN fineness n ON n.decimals = g.decimals
    WHERE g.id = %(programme)s
)"""

# What is a reader's own at any time, and what only once the month is issued, is told per line: `is_own`. A report
# counts for others from the day its month is issued; for the reader's own, from its submission.
_INPUTS = """
unit_now AS (
    SELECT p.id, p.kind, p.order, p.ranked
    FROM participant p
    WHERE p.programme_id = %(programme)s
      AND (p.joins_on IS NULL OR p.joins_on <= %(day)s::date) AND (p.leaves_on IS NULL OR p.leaves_on >= %(day)s::date)
),
indicator_now AS (
    SELECT i.id, i.base_id, i.kind, i.direction, i.accumulation, i.additive, i.assessed, i.tolerance, i.decimals,
           sp.project_id, i.sub_project_id
    FROM project j
    JOIN sub_project sp ON sp.project_id = j.id
    JOIN indicator i ON i.sub_project_id = sp.id
    WHERE j.programme_id = %(programme)s
      AND i.id IN (SELECT m.indicator_id FROM milestone m)
),
report_now AS (
    SELECT r.id, r.period_id, r.state, p.state = 'issued' AS is_issued,
           RANK() OVER (PARTITION BY r.participant_id, r.agency_id ORDER BY p.as_of DESC, p.kind) AS nth,
           RANK() OVER (PARTITION BY r.participant_id, r.agency_id, p.state = 'issued'
                        ORDER BY p.as_of DESC, p.kind) AS nth_issued,
           p.as_of, p.kind
    FROM report r
    JOIN reporting_period p ON p.id = r.period_id
    WHERE r.period_id = ANY(%(periods)s::bigint[]) AND r.state = ANY(%(counted)s)
),
moment (period_id, target_day, is_issued) AS (
    SELECT 0, %(day)s::date, FALSE
    UNION ALL
    SELECT p.id, p.ends_on, p.state = 'issued'
    FROM reporting_period p
    WHERE p.id = ANY(%(months)s::bigint[])
),
place AS (
    SELECT m.period_id, m.target_day, m.is_issued, u.id AS participant_id, i.id AS indicator_id, i.base_id,
           (%(everything)s OR i.sub_project_id = ANY(%(led)s::bigint[])
            OR (u.kind <> 'whole' AND (u.id = ANY(%(own)s::bigint[])
                OR (u.id, i.sub_project_id) IN
                   (SELECT * FROM unnest(%(filled_units)s::bigint[], %(filled)s::bigint[]))))) AS is_own
    FROM moment m
    CROSS JOIN unit_now u
    CROSS JOIN indicator_now i
),
figure_now AS (
    SELECT f.participant_id, f.indicator_id, f.value, f.period_id, r.is_issued, r.nth, r.nth_issued, r.as_of, r.kind
    FROM figure f
    JOIN report_now r ON r.id = f.report_id
    WHERE f.period_id = ANY(%(periods)s::bigint[]) AND f.indicator_id IN (SELECT id FROM indicator_now)
),
cell AS (
    SELECT p.*, f.value, f.period_id AS figure_period,
           ROW_NUMBER() OVER (PARTITION BY p.period_id, p.participant_id, p.indicator_id
                              ORDER BY f.as_of DESC NULLS LAST, f.kind) AS nth_of_cell
    FROM place p
    LEFT JOIN figure_now f ON f.participant_id = p.participant_id AND f.indicator_id = p.indicator_id
        AND CASE WHEN p.period_id > 0 THEN f.period_id = p.period_id AND (p.is_own OR f.is_issued)
                 WHEN p.is_own THEN f.nth = 1
                 ELSE f.is_issued AND f.nth_issued = 1 END
),
target_now AS (
    SELECT DISTINCT ON (m.target_day, t.indicator_id, t.participant_id)
           m.target_day, t.indicator_id, t.participant_id, t.revision, t.value,
           CASE WHEN t.state = 'assessed' AND t.value IS NULL THEN 'blank' ELSE t.state END AS state
    FROM (SELECT DISTINCT target_day FROM moment) m
    CROSS JOIN (SELECT id FROM indicator_now UNION SELECT base_id FROM indicator_now) i
    JOIN target t ON t.indicator_id = i.id
    WHERE t.valid_from <= m.target_day AND (t.valid_to IS NULL OR t.valid_to >= m.target_day)
    ORDER BY m.target_day, t.indicator_id, t.participant_id, t.revision DESC
),
inputs AS (
    SELECT c.participant_id, ARRAY[c.period_id, c.indicator_id] AS indicator_id, i.project_id,
           u.kind AS participant_kind, u.order AS participant_order, u.ranked,
           i.kind AS indicator_kind, i.direction, i.accumulation, i.additive, i.assessed, i.tolerance,
           i.decimals AS value_decimals,
           CASE WHEN b.state IN ('no_task', 'not_applicable') AND COALESCE(t.state, '') <> 'text'
                THEN 'no_task' ELSE COALESCE(t.state, 'blank') END AS target_state,
           CASE WHEN b.state IN ('no_task', 'not_applicable') THEN NULL ELSE t.value END AS target,
           t.revision AS target_revision, c.value, TRUE AS has_plan, NULL::numeric AS threshold,
           NULL::numeric AS benchmark, NULL::varchar AS benchmark_measure, NULL::int AS benchmark_decimals,
           c.indicator_id AS plan_id, c.period_id, c.is_issued, c.is_own, c.figure_period
    FROM cell c
    JOIN unit_now u ON u.id = c.participant_id
    JOIN indicator_now i ON i.id = c.indicator_id
    LEFT JOIN target_now t ON t.target_day = c.target_day AND t.indicator_id = c.indicator_id
                          AND t.participant_id = c.participant_id
    LEFT JOIN target_now b ON b.target_day = c.target_day AND b.indicator_id = c.base_id
                          AND b.participant_id = c.participant_id
    WHERE c.nth_of_cell = 1
)"""

# A threshold is one of the rate, or of the rate's or standard's own value; as a rate it is that over the target (R11).
_STEP = f"ROUND({threshold_rate('m.measure', 'm.threshold', 'l.shown_target', 'l.direction')}, c.decimals)"

# A unit's line is what is in force. A sum is that of one month: the newest, but not an open one that some have yet to
# report, and none the reader may not see all of. What is attained is judged as a line's status is (R15).
_SHOWN = f"""
newest AS (
    SELECT DISTINCT ON (y.plan_id) y.plan_id, y.period_id
    FROM yardsticks y
    JOIN reporting_period p ON p.id = y.period_id
    WHERE y.is_sum AND (y.is_own OR y.is_issued) AND y.sum_value IS NOT NULL
    ORDER BY y.plan_id, p.state = 'open' AND y.has_exclusions, p.as_of DESC
),
shown_line AS (
    SELECT y.plan_id, y.participant_id, y.period_id, y.shown_task, y.shown_target, y.shown_value, y.rate,
           y.is_zero_best, y.is_own, y.is_sum, y.direction,
           y.is_sum AND y.has_exclusions AND y.shown_value IS NOT NULL AS is_partial,
           NOT y.is_sum OR ((y.is_own OR y.is_issued) AND NOT (y.has_exclusions AND p.state = 'open')) AS is_shown,
           CASE WHEN y.is_sum THEN NULLIF(y.period_id, 0) ELSE y.figure_period END AS figure_period,
           CASE WHEN y.is_sum THEN x.excluding END AS excluding,
           COALESCE(CASE WHEN direction = 'at_most' THEN shown_value <= shown_target
                WHEN direction = 'about' AND accumulation <> 'flow'
                THEN ABS(shown_value - shown_target) <= tolerance * shown_target
                ELSE shown_value >= shown_target * CASE direction WHEN 'about' THEN 1 - tolerance ELSE 1 END
           END, FALSE) AS is_attained,
           y.period_id = CASE WHEN y.is_sum THEN COALESCE(n.period_id, 0) ELSE 0 END AS is_in_force
    FROM yardsticks y
    LEFT JOIN newest n ON n.plan_id = y.plan_id
    LEFT JOIN pooled x ON x.indicator_id = y.indicator_id
    LEFT JOIN reporting_period p ON p.id = y.period_id
    OFFSET 0
)
SELECT l.plan_id AS indicator_id, l.participant_id, l.period_id, l.figure_period, l.rate, l.shown_value AS value,
       l.is_shown, l.is_zero_best, l.excluding, m.id AS milestone_id, ABS(m.due_on - %(day)s::date) AS days,
       {_STEP} AS step,
       CASE WHEN m.id IS NULL THEN NULL
            WHEN l.shown_task IN ('no_task', 'text', 'not_split') THEN l.shown_task
            WHEN NOT l.is_own AND (l.is_sum AND l.figure_period IS NULL OR l.shown_value IS NULL) THEN 'not_public'
            WHEN l.is_partial THEN 'incomplete'
            WHEN l.is_attained OR l.rate >= {_STEP} THEN 'attained'
            WHEN m.due_on < %(day)s::date THEN CASE WHEN l.shown_value IS NULL THEN 'not_reported' ELSE 'missed' END
            WHEN m.due_on <= %(day)s::date + %(soon)s::int THEN 'due_soon'
            ELSE 'not_due'
       END AS status
FROM shown_line l
CROSS JOIN scope c
LEFT JOIN milestone m ON l.is_in_force AND m.indicator_id = l.plan_id
WHERE l.is_in_force OR (l.rate IS NOT NULL AND l.is_shown AND l.participant_id = %(unit)s::bigint)"""

STATEMENT = "WITH " + ",\n".join(
    text.strip() for text in (FINENESS, _SCOPE, _INPUTS, RATED, POOLED, YARDSTICKS, _SHOWN)
)


@dataclass(frozen=True)
class Reader:
    """Whose figures a person sees at any time; everybody else's only from issued months.

    `everything` makes the others meaningless. `own`: participants with all their lines; `led`: sub-projects across
    all units; `filled`: (participant, sub-project) pairs.
    """

    everything: bool
    own: tuple[int, ...] = ()
    led: tuple[int, ...] = ()
    filled: tuple[tuple[int, int], ...] = ()

    def parameters(self) -> dict:
        """Return what the statement asks of the reader."""
        return {
            "everything": self.everything,
            "own": list(self.own),
            "led": list(self.led),
            "filled_units": [unit for unit, _ in self.filled],
            "filled": [sub_project for _, sub_project in self.filled],
        }


def reader_of(user: User, programme: Programme) -> Reader:
    """Return whose figures the user sees before a month is issued. At most three queries."""
    if oversees(user, programme.owner_id):
        return Reader(everything=True)
    access = access_of(user)
    fillers = access.agency_ids(Role.FILLER)
    own = Participant.objects.filter(programme=programme).reporters().filter(own_unit(access) | Q(agency__in=fillers))
    led = SubProject.objects.filter(project__programme=programme, lead_agency__in=access.agency_ids(Role.LEAD_AGENCY))
    filled = Assignment.objects.filter(participant__programme=programme, agency__in=fillers)
    filled = filled.exclude(participant__kind=Participant.Kind.WHOLE)
    return Reader(
        everything=False,
        own=tuple(own.values_list("pk", flat=True)),
        led=tuple(led.values_list("pk", flat=True)),
        filled=tuple(filled.values_list("participant_id", "sub_project_id")),
    )


@dataclass(frozen=True)
class MilestoneDay:
    """What the statement says of a day.

    `cells`: (milestone id, participant id) → row; `points`: indicator id → [(period, rate)] of one unit, by month;
    `periods` by id.
    """

    cells: dict[tuple[int, int], dict]
    points: dict[int, list[tuple[ReportingPeriod, Decimal]]]
    periods: dict[int, ReportingPeriod]


def milestones_on(
    programme: Programme,
    day: datetime.date,
    *,
    reader: Reader,
    soon_days: int | None = None,
    unit: Participant | None = None,
) -> MilestoneDay:
    """Return every milestone × participant on `day`. Two queries, whatever the rows.

    A cell: `rate` as printed (R7) or None, `value`, `step`: the threshold as a rate of this unit, `status` attained |
    due_soon | missed | not_due | not_reported (its date has passed and there is no figure) | no_task | text |
    not_split | not_public (another unit's, not issued yet) | incomplete (a sum that leaves units out is not judged,
    R5), `days` to or since its date, `figure_period`: the id of the period the figure is of, `excluding`: ids of the
    units a sum leaves out. Points are the months of `unit`.
    """
    periods = {
        row.pk: row for row in ReportingPeriod.objects.filter(programme=programme, as_of__lte=day).order_by("ends_on")
    }
    parameters = {
        "programme": programme.pk,
        "day": day,
        "soon": settings.MILESTONE_SOON_DAYS if soon_days is None else soon_days,
        "periods": list(periods),
        "months": [pk for pk, row in periods.items() if row.kind == ReportingPeriod.Kind.MONTH],
        "counted": list(Report.COUNTED),
        "unit": unit and unit.pk,
    } | reader.parameters()
    cells, points = {}, defaultdict(list)
    for row in _rows(parameters):
        if row["milestone_id"]:
            row["excluding"] = json.loads(row["excluding"]) if row["excluding"] else []
            cells[row["milestone_id"], row["participant_id"]] = row
        if row["period_id"] and row["is_shown"] and unit and row["participant_id"] == unit.pk:
            points[row["indicator_id"]].append((periods[row["period_id"]], row["rate"]))
    points = {
        pk: sorted({(period, rate) for period, rate in rows if rate is not None}, key=lambda point: point[0].ends_on)
        for pk, rows in points.items()
    }
    return MilestoneDay(cells, points, periods)


def _rows(parameters: dict) -> list[dict]:
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
