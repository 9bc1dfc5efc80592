"""Standings in SQL: the second half of the statement begun in `projects/progress.py`.

    … yardsticks → placed → status → project_score → component_score → unit_score

Pages, commands, snapshots, documents and `verify` all read these rows; freezing is
`INSERT INTO snapshot_line SELECT …` of the same text.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from funding.fund_ctes import PLANNED_NOW
from projects.models import Indicator, Participant, Programme, Report, ReportingPeriod
from projects.progress import INPUT_COLUMNS, progress_ctes, progress_parameters
from supervision.models import ScoringScheme, Snapshot
from supervision.places import listed, placed
from supervision.scoring.components import PLAIN, Shape, shape_of
from supervision.scoring.last_places import history_of, history_parameters
from supervision.scoring.scores import money_parameters, score_ctes, unit_score

# R15: exclusive, the first that holds. exceeded, done and met on exact values; on_schedule on the
# printed ones (R7). R12: growth is met or not, an annual indicator is not due before the year ends.
STATUS = """
status AS (
    SELECT p.*,
           CASE
               WHEN is_incomplete THEN NULL
               WHEN shown_task IN ('no_task', 'text', 'not_split') THEN shown_task
               WHEN shown_value IS NULL AND indicator_kind = 'annual' AND is_before_year_end
                   THEN 'not_due'
               WHEN shown_value IS NULL THEN 'not_reported'
               WHEN indicator_kind IN ('growth', 'annual') THEN
                   CASE WHEN (direction = 'at_most' AND shown_value <= shown_target)
                          OR (direction <> 'at_most' AND shown_value >= shown_target)
                        THEN 'met' ELSE 'not_met' END
               WHEN direction = 'at_most' THEN
                   CASE WHEN shown_value <= shown_target THEN 'met' ELSE 'not_met' END
               WHEN accumulation <> 'flow' AND direction = 'about' THEN
                   CASE WHEN ABS(shown_value - shown_target) <= tolerance * shown_target
                        THEN 'met' ELSE 'not_met' END
               WHEN accumulation <> 'flow' THEN
                   CASE WHEN shown_value >= shown_target THEN 'met' ELSE 'not_met' END
               WHEN direction = 'at_least' AND shown_value > shown_target THEN 'exceeded'
               WHEN shown_value >= shown_target
                    * CASE direction WHEN 'about' THEN 1 - tolerance ELSE 1 END THEN 'done'
               WHEN has_plan AND expected_rate IS NULL THEN 'not_due'
               WHEN shown_value = 0 THEN 'not_started'
               WHEN rate >= expected_rate THEN 'on_schedule'
               ELSE 'behind'
           END AS status,
           CASE WHEN participant_kind = 'whole' OR NOT {scored} OR shown_task <> 'assessed'
                THEN NULL
                WHEN shown_value IS NULL THEN 0
                WHEN is_zero_best OR (shown_target = 0 AND direction <> 'at_most') THEN 100
                ELSE LEAST(rate, 100)
           END AS points
    FROM placed p
)"""

PRIOR_LIVE = """
moved AS (
    SELECT i.participant_id,
           bool_or(o.id IS NOT NULL AND o.target_revision IS DISTINCT FROM i.target_revision) AS revised
    FROM inputs i
    LEFT JOIN snapshot_line o ON o.snapshot_id = %(previous)s AND o.participant_id = i.participant_id
                             AND o.indicator_id = i.indicator_id
    GROUP BY i.participant_id
),
prior AS (
    SELECT u.participant_id, u.place AS previous_place, m.revised
    FROM snapshot_unit u
    LEFT JOIN moved m ON m.participant_id = u.participant_id
    WHERE u.snapshot_id = %(previous)s
)"""

PRIOR_FROZEN = """
prior AS (
    SELECT participant_id, previous_place, target_adjusted AS revised
    FROM snapshot_unit
    WHERE snapshot_id = %(snapshot)s
)"""

#: What the statement adds to a line's inputs; `snapshot_line` stores exactly these.
OUTPUT_COLUMNS = {
    "shown_target": "s.shown_target",
    "shown_value": "s.shown_value",
    "rate": "s.rate",
    "place": "s.place",
    "expected_rate": "s.expected_rate",
    "gap_to_expected": "s.gap_to_expected",
    "compared": "s.compared",
    "gap_to_benchmark": "s.gap_to_benchmark",
    "gap_to_city": "s.gap_to_city",
    "below_benchmark": "s.below_benchmark",
    "status": "s.status",
    "points": "s.points",
    "project_score": "CASE WHEN j.has_report THEN ROUND(ROUND(j.score, 20), c.decimals) END",
    "pooled_excluding": "p.excluding",
    "rate_with_missing": "p.rate_with_missing",
    "below_list": "l.below_list",
}

LINES = f"""
SELECT {", ".join("s." + column for column in INPUT_COLUMNS)},
       {", ".join(f"{sql} AS {name}" for name, sql in OUTPUT_COLUMNS.items())}
FROM status s
CROSS JOIN scope c
LEFT JOIN project_score j ON j.participant_id = s.participant_id AND j.project_id = s.project_id
LEFT JOIN pooled p ON s.is_sum AND p.indicator_id = s.indicator_id
LEFT JOIN listed l ON s.participant_kind = 'whole' AND l.indicator_id = s.indicator_id
"""

#: Who has a task in the period, or money planned; a share that was never split binds nobody to report (R4, R5).
WITH_TASK = f"""
SELECT participant_id
FROM rated
WHERE participant_kind <> 'whole' AND task IN ('assessed', 'text') AND target_state IN ('assessed', 'text')
UNION
SELECT m.participant_id
FROM (WITH {PLANNED_NOW.strip()} SELECT participant_id FROM fund_line_now WHERE planned IS NOT NULL) m
JOIN participant p ON p.id = m.participant_id AND p.kind <> 'whole'
"""

#: Lists of participant ids; a participant's printed name is read from the catalogue.
JSON_COLUMNS = {"pooled_excluding", "below_list"}

UNIT_COLUMNS = [
    "participant_id",
    "ranked",
    "has_report",
    "previous_place",
    "target_adjusted",
    "score",
    "place",
    "place_change",
]

#: Lines and, on each, its unit's overall row and its unit's place in the project by the printed project score (R8): a
#: page needs them all and the statement is worked out once.
PAGE = LINES.replace(
    "\nFROM status s",
    """,
       u.has_report AS unit_has_report, u.previous_place AS unit_previous_place,
       COALESCE(u.target_adjusted AND u.place <> u.previous_place, FALSE) AS unit_target_adjusted,
       u.score AS unit_score, u.place AS unit_place, u.previous_place - u.place AS unit_place_change,
       u.plain_score AS unit_plain_score, k.place AS project_place
FROM status s
LEFT JOIN unit_score u ON u.participant_id = s.participant_id
LEFT JOIN (
    SELECT o.participant_id, o.project_id,
           RANK() OVER (PARTITION BY o.project_id ORDER BY ROUND(ROUND(o.score, 20), f.decimals) DESC) AS place
    FROM project_score o
    CROSS JOIN scope f
    WHERE o.has_report
) k ON k.participant_id = s.participant_id AND k.project_id = s.project_id""",
)

UNITS = """
SELECT participant_id, ranked, has_report, previous_place,
       COALESCE(target_adjusted AND place <> previous_place, FALSE) AS target_adjusted,
       score, place, previous_place - place AS place_change, plain_score
FROM unit_score
ORDER BY place NULLS LAST, participant_order, participant_id
"""


def statement(tail: str, *, frozen: bool, shape: Shape = PLAIN, kept: bool = False) -> str:
    """Return the whole statement over live tables or a snapshot, ending in `tail`.

    `shape`: what the scheme asks for; `kept`: its components' inputs are those of the snapshot as well.
    """
    ctes = [
        *progress_ctes(frozen=frozen),
        placed("indicator_id", counted=shape.placed),
        STATUS.format(scored=shape.scored),
        *score_ctes(shape, frozen=frozen, kept=kept),
        PRIOR_FROZEN if frozen else PRIOR_LIVE,
        unit_score(shape),
        listed("indicator_id", "status"),
    ]
    return "WITH " + ",\n".join(cte.strip() for cte in ctes) + "\n" + tail.strip()


def statement_for(tail: str, parameters: dict, *, frozen: bool) -> str:
    """Return the statement with as much as the parameters' scheme asks for."""
    return statement(tail, frozen=frozen, shape=parameters["shape"], kept=parameters["kept"])


def live_parameters(
    period: ReportingPeriod, *, counted=Report.COUNTED, scheme: ScoringScheme | None = None, history=None
) -> dict:
    """Return the parameters of a live statement: the scheme in force, last period's snapshot.

    `scheme` is one to try instead, `history` who was last in the months before under it.
    """
    schemes = ScoringScheme.objects.with_kinds()
    found = schemes.in_force(period.programme, period.ends_on) if scheme is None else schemes.filter(pk=scheme.pk)
    return (
        progress_parameters(period, counted=counted)
        | money_parameters(period)
        | _scheme_parameters(period, found.first(), history)
        | {"previous": previous_snapshot_id(period)}
    )


def frozen_parameters(
    snapshot: Snapshot, *, refresh_benchmarks: bool = False, scheme: ScoringScheme | None = None, history=None
) -> dict:
    """Return the parameters of a statement over `snapshot`'s own inputs.

    With a `scheme` to try its components' inputs are taken from the live tables: the snapshot has none of them.
    """
    tried = ScoringScheme.objects.with_kinds().filter(pk=snapshot.scheme_id if scheme is None else scheme.pk).first()
    is_kept = scheme is None
    return (
        progress_parameters(
            snapshot.period,
            counted=[],
            snapshot_id=snapshot.pk,
            refresh_benchmarks=refresh_benchmarks,
        )
        | money_parameters(snapshot.period)
        | _scheme_parameters(snapshot.period, tried, history, is_kept=is_kept)
        | {"previous": None}
    )


def _scheme_parameters(
    period: ReportingPeriod, scheme: ScoringScheme | None, history: list[set[int]] | None, *, is_kept: bool = False
) -> dict:
    """Return what the statement asks of the scheme; a query more where it takes points off for last places."""
    shape = shape_of(scheme)
    parameters = {
        "scheme": scheme.pk if scheme else None,
        "shape": shape,
        "kept": is_kept,
        "full_score": scheme.full_score if scheme else None,
        "min_indicators": scheme.min_indicators if scheme else 0,
        "taken_in": scheme.taken_in if scheme else [],
        "left_out": scheme.left_out if scheme else [],
        "programme": period.programme_id,
        "period_kind": period.kind,
        "as_of": period.as_of,
        "ends_on": period.ends_on,
        "year_start": period.ends_on.replace(month=1, day=1),
    }
    if "last_place" not in shape.kinds or is_kept:
        return parameters
    streaks = scheme.components.filter(kind="last_place").values_list("streak", flat=True)
    lasts = history_of(period, parameters) if history is None else history
    return parameters | history_parameters(lasts, streaks)


def previous_snapshot_id(period: ReportingPeriod) -> int | None:
    """Return the newest snapshot of the period before `period` in its programme, or None."""
    return (
        Snapshot.objects.filter(
            period__programme=period.programme,
            period__kind=period.kind,
            period__ends_on__lt=period.ends_on,
        )
        .order_by("-period__ends_on", "-version")
        .values_list("pk", flat=True)
        .first()
    )


def fetch(tail: str, parameters: dict, *, frozen: bool) -> list[dict]:
    """Return the rows of the statement ending in `tail`, as dicts. One query."""
    with connection.cursor() as cursor:
        cursor.execute(statement_for(tail, parameters, frozen=frozen), parameters)
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    in_json = JSON_COLUMNS.intersection(names)
    for row in rows:
        for name in in_json:
            # Django hands JSONB of raw SQL over as text.
            row[name] = None if row[name] is None else json.loads(row[name])
    return rows


@dataclass
class Standings:
    """位次: lines per indicator and the overall places of one period.

    `lines`: indicator id → rows in official order (the `whole` row among them); `units`: rows of
    the overall ranking, by place; `indicators` and `participants` by id, in printed order.
    """

    period: ReportingPeriod
    basis: str
    snapshot: Snapshot | None
    scheme_id: int | None
    decimals: int
    indicators: dict[int, Indicator]
    participants: dict[int, Participant]
    lines: dict[int, list[dict]]
    units: list[dict]
    #: The most a unit can have before deductions and additions.
    full_score: Decimal | None = None

    def whole(self, indicator_id: int) -> dict | None:
        """Return the row of the `whole` participant, which carries the indicator's lists."""
        rows = self.lines.get(indicator_id, [])
        return next((row for row in rows if row["participant_kind"] == "whole"), None)

    def below(self, indicator_id: int) -> list[dict] | None:
        """Return the rows below the provincial average, worst first (R9); None without one."""
        whole = self.whole(indicator_id)
        if whole is None or whole["below_list"] is None:
            return None
        rows = {row["participant_id"]: row for row in self.lines[indicator_id]}
        return [rows[participant_id] for participant_id in whole["below_list"]]

    def overall(self) -> list[dict] | None:
        """Return the ranked units by place, null scores last; None without a scheme (R13)."""
        if self.scheme_id is None:
            return None
        return [row for row in self.units if row["ranked"]]

    def project_scores(self) -> dict[tuple[int, int], Decimal]:
        """Return printed project scores: (project id, participant id) → score."""
        return {
            (row["project_id"], row["participant_id"]): row["project_score"]
            for rows in self.lines.values()
            for row in rows
            if row["project_score"] is not None
        }


def live_standings(period: ReportingPeriod, *, scheme: ScoringScheme | None = None) -> Standings:
    """Return standings over submitted and approved reports, as they are now. Five queries, whatever the rows.

    `scheme`: one to try instead of that in force.
    """
    parameters = live_parameters(period, scheme=scheme)
    return _assemble(period, None, parameters, frozen=False)


def snapshot_standings(snapshot: Snapshot) -> Standings:
    """Return the standings of a snapshot, recomputed from its own frozen inputs."""
    return _assemble(snapshot.period, snapshot, frozen_parameters(snapshot), frozen=True)


#: What PAGE says of a line's unit, without the prefix.
UNIT_OF_PAGE = [
    "has_report",
    "previous_place",
    "target_adjusted",
    "score",
    "place",
    "place_change",
    "plain_score",
]


def _by_place(unit: dict) -> tuple:
    """Order units by place, those without one last, each in official order."""
    return unit["place"] is None, unit["place"] or 0, unit["participant_order"], unit["participant_id"]


def _assemble(period: ReportingPeriod, snapshot: Snapshot | None, parameters: dict, *, frozen: bool) -> Standings:
    programme: Programme = period.programme
    by_indicator, units = defaultdict(list), {}
    names = [f"unit_{column}" for column in UNIT_OF_PAGE]
    for row in fetch(PAGE, parameters, frozen=frozen):
        unit = [row.pop(name) for name in names]
        if row["participant_kind"] != "whole" and row["participant_id"] not in units:
            units[row["participant_id"]] = {
                "participant_id": row["participant_id"],
                "ranked": row["ranked"],
                "participant_order": row["participant_order"],
            } | dict(zip(UNIT_OF_PAGE, unit, strict=True))
        by_indicator[row["indicator_id"]].append(row)
    indicators = {row.pk: row for row in Indicator.objects.of_programme(programme)}
    for rows in by_indicator.values():
        rows.sort(key=lambda row: (row["participant_order"], row["participant_id"]))
    return Standings(
        period=period,
        basis="snapshot" if frozen else "live",
        snapshot=snapshot,
        scheme_id=parameters["scheme"],
        decimals=snapshot.decimals if snapshot else programme.decimals,
        indicators={pk: row for pk, row in indicators.items() if pk in by_indicator},
        participants={row.pk: row for row in programme.participants.order_by("order", "id")},
        lines=dict(by_indicator),
        units=sorted(units.values(), key=_by_place),
        full_score=parameters["full_score"],
    )
