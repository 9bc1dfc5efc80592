"""资金位次: rates of money of every unit and project, with yardsticks, gaps, places and lists (R14, R5–R11).

    scope → lines and sums (funding/fund_ctes.py) → fund_row → fund_rated → yardsticks → placed → listed

The money comes from the funding app's CTEs, places, gaps and lists from `supervision/places.py`: the same text that
places figures. Live or from a snapshot the statement is the same; freezing is `INSERT … SELECT` of it.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from django.db import connection

from funding.fund_ctes import fund_ctes, sums
from funding.labels import MEASURES, rate_label
from projects.models import Participant, Report, ReportingPeriod
from projects.progress import ELAPSED, FINENESS, SCOPE_FROZEN, SCOPE_LIVE, printed
from supervision.models import Snapshot
from supervision.places import listed, placed
from supervision.standings import frozen_parameters, live_parameters

#: Which lines stand against each other.
SUBJECT = "fund_kind, measure, project_id"

#: 全省平均 of one rate: the subject of a benchmark names kind, stage and denominator (R10: like with like).
BENCHMARK_NOW = """
fund_benchmark_now AS (
    SELECT b.fund_rate, b.value AS benchmark, b.decimals AS benchmark_decimals
    FROM benchmark b
    WHERE b.period_id = %(period)s AND b.fund_rate IS NOT NULL AND b.measure = 'rate'
)"""

# The last set line whose day has come (R11).
FRAME_LIVE = """
fund_unit AS (
    SELECT p.id AS participant_id, p.kind AS participant_kind, p.order AS participant_order
    FROM participant p
    WHERE p.programme_id = %(programme)s
      AND (p.joins_on IS NULL OR p.joins_on <= %(on)s) AND (p.leaves_on IS NULL OR p.leaves_on >= %(on)s)
),
set_now AS (
    SELECT DISTINCT ON (t.fund_kind, t.measure, t.denominator)
           t.fund_kind, t.measure, t.denominator, t.threshold, t.text
    FROM fund_set_line t
    CROSS JOIN scope s
    WHERE t.programme_id = %(programme)s AND t.due_on <= s.as_of
    ORDER BY t.fund_kind, t.measure, t.denominator, t.due_on DESC
),
fund_rate_now AS (
    SELECT k.kind AS fund_kind, c.measure, c.denominator, t.threshold AS set_rate, t.text AS set_text,
           b.benchmark, b.benchmark_decimals
    FROM (SELECT DISTINCT kind FROM fund_line_now) k
    CROSS JOIN chosen c
    LEFT JOIN set_now t ON t.fund_kind = k.kind AND t.measure = c.measure AND t.denominator = c.denominator
    LEFT JOIN fund_benchmark_now b ON b.fund_rate = k.kind || '-' || c.measure || '-' || c.denominator
)"""

# A later average makes a new version over the same frozen money (R10): only those columns move.
FRAME_FROZEN = """
fund_unit AS (
    SELECT DISTINCT participant_id, participant_kind, participant_order
    FROM snapshot_fund_rate
    WHERE snapshot_id = %(snapshot)s AND project_id IS NULL
),
fund_rate_now AS (
    SELECT s.fund_kind, s.measure, s.denominator, s.set_rate, s.set_text,
           CASE WHEN %(refresh)s THEN b.benchmark ELSE s.benchmark END AS benchmark,
           CASE WHEN %(refresh)s THEN b.benchmark_decimals ELSE s.benchmark_decimals END AS benchmark_decimals
    FROM snapshot_fund_rate s
    LEFT JOIN fund_benchmark_now b
        ON %(refresh)s AND b.fund_rate = s.fund_kind || '-' || s.measure || '-' || s.denominator
    WHERE s.snapshot_id = %(snapshot)s AND s.participant_kind = 'whole' AND s.project_id IS NULL
)"""

_SUMS = ("excluded_planned", "num", "den", "full_den", "tasks", "missing")
_UNIT_SUMS = ", ".join(f"p.{name}" for name in ("planned", *MEASURES, *_SUMS))
# Units left out by R5 are on neither side of the whole's line: its amounts are those behind its rate.
_WHOLE_SUMS = ", ".join([*(f"g.counted_{name}" for name in ("planned", *MEASURES)), *(f"g.{name}" for name in _SUMS)])

_RATE = ("set_rate", "set_text", "benchmark", "benchmark_decimals")
_KEY = "r.fund_kind, r.measure, r.denominator"
_OF_ALL = ", ".join([_KEY, *(f"r.{name}" for name in _RATE)])
_OF_ONE = f"{_KEY}, NULL, NULL, NULL, NULL"
_OF_EITHER = ", ".join([_KEY, *(f"CASE WHEN g.project_id IS NULL THEN r.{name} END" for name in _RATE)])

# Every unit stands in every rate of all projects together, also without money; in a project's who has some in it.
# Averages and set lines are of all projects together. Joins that always find their row are outer ones: the planner
# guesses inner joins between CTEs at one row, and loops.
ROWS = f"""
fund_row AS (
    SELECT {_OF_ALL}, u.*, NULL::bigint AS project_id, NULL::int AS project_seq, {_UNIT_SUMS},
           NULL::bigint[] AS excluding, NULL::bigint[] AS in_part
    FROM fund_rate_now r
    CROSS JOIN fund_unit u
    LEFT JOIN unit_part p ON p.project_id IS NULL AND p.participant_id = u.participant_id
        AND p.kind = r.fund_kind AND p.measure = r.measure
    WHERE u.participant_kind <> 'whole'
    UNION ALL
    SELECT {_OF_ONE}, u.*, p.project_id, p.project_seq, {_UNIT_SUMS}, NULL, NULL
    FROM unit_part p
    LEFT JOIN fund_unit u ON u.participant_id = p.participant_id
    LEFT JOIN fund_rate_now r ON r.fund_kind = p.kind AND r.measure = p.measure
    WHERE p.project_id IS NOT NULL AND u.participant_kind IS DISTINCT FROM 'whole'
    UNION ALL
    SELECT {_OF_EITHER}, u.*, g.project_id, g.project_seq, {_WHOLE_SUMS}, g.excluding, g.in_part
    FROM grouped g
    JOIN fund_unit u ON u.participant_kind = 'whole'
    JOIN fund_rate_now r ON r.fund_kind = g.kind AND r.measure = g.measure
)"""

# R5: an amount that is not known in full is placed and compared nowhere, also when only an item of a unit is missing.
# R11: only what grows towards the year's plan has a straight line.
RATED = f"""
fund_rated AS (
    SELECT f.*, (COALESCE(f.tasks, 0) > 0) AS has_task, COALESCE(f.missing, 0) AS lacking,
           {printed("f.num", "f.den")} AS rate,
           CASE WHEN f.missing > 0 THEN {printed("f.num", "f.full_den")} END AS rate_with_missing
    FROM fund_row f
    CROSS JOIN scope c
    OFFSET 0
),
yardsticks AS (
    SELECT f.*, y.rate AS city_rate,
           CASE WHEN f.has_task AND f.denominator = 'planned' THEN e.straight_line END AS expected_rate,
           CASE WHEN f.benchmark IS NULL THEN NULL
                WHEN f.benchmark_decimals < c.decimals THEN {printed("f.num", "f.den", "n")}
                ELSE f.rate END AS compared,
           (f.lacking = 0) AS assessed, TRUE AS is_sum, (f.lacking > 0) AS has_exclusions, FALSE AS is_zero_best,
           'rate' AS benchmark_measure, 'at_least' AS direction
    FROM fund_rated f
    CROSS JOIN scope c
    CROSS JOIN elapsed e
    LEFT JOIN fineness n ON n.decimals = f.benchmark_decimals
    LEFT JOIN fund_rated y ON y.participant_kind = 'whole' AND y.fund_kind = f.fund_kind AND y.measure = f.measure
        AND y.project_id IS NOT DISTINCT FROM f.project_id
    OFFSET 0
)"""

#: What a line of the statement says, in the columns of `snapshot_fund_rate`.
RATE_COLUMNS = {
    **{
        name: f"s.{name}"
        for name in (
            *("participant_id", "participant_kind", "participant_order", "fund_kind", "measure", "denominator"),
            *("project_id", "project_seq"),
            *_RATE,
        )
    },
    **{name: f"s.{name}" for name in ("planned", *MEASURES, "excluded_planned")},
    "numerator": "s.num",
    "divisor": "s.den",
    "tasks": "COALESCE(s.tasks, 0)",
    "missing": "s.lacking",
    "state": """CASE WHEN NOT s.has_task AND s.excluded_planned IS NOT NULL THEN 'excluded'
                     WHEN NOT s.has_task THEN 'no_task' WHEN s.lacking = s.tasks THEN 'not_reported'
                     WHEN s.lacking > 0 THEN 'in_part' ELSE 'reported' END""",
    **{name: f"s.{name}" for name in ("rate", "rate_with_missing", "place", "expected_rate", "gap_to_expected")},
    "gap_to_set": "CASE WHEN NOT s.is_incomplete THEN s.rate - s.set_rate END",
    **{name: f"s.{name}" for name in ("compared", "gap_to_benchmark", "gap_to_city", "below_benchmark")},
    "pooled_excluding": "to_jsonb(s.excluding)",
    "pooled_in_part": "to_jsonb(s.in_part)",
    "below_list": "l.below_list",
}

RATES = f"""
SELECT {", ".join(f"{sql} AS {name}" for name, sql in RATE_COLUMNS.items())}
FROM placed s
LEFT JOIN listed l ON s.participant_kind = 'whole' AND s.project_id IS NULL AND l.fund_kind = s.fund_kind
    AND l.measure = s.measure AND l.project_id IS NULL
"""

#: What of the statement a snapshot keeps of every line of money; `snapshot_fund` stores exactly these.
FUND_COLUMNS = {
    "fund_line_id": "l.line_id",
    **{
        name: f"l.{name}"
        for name in (
            *("participant_id", "participant_order", "project_id", "project_seq", "sub_project_id"),
            *("source", "kind", "phrase", "planned"),
        )
    },
    **{stage: f"(array_agg(f.value) FILTER (WHERE f.stage = '{stage}'))[1]" for stage in MEASURES},
}

FUNDS = f"""
SELECT {", ".join(f"{sql} AS {name}" for name, sql in FUND_COLUMNS.items())}
FROM fund_line_now l
LEFT JOIN fund_stage_now f ON f.fund_line_id = l.line_id
GROUP BY l.line_id, l.participant_id, l.participant_order, l.project_id, l.project_seq, l.sub_project_id, l.source,
         l.kind, l.phrase, l.planned
"""

#: What stays out of the rates, in printed order.
EXCLUDED = """
SELECT DISTINCT l.kind, l.project_seq, l.phrase, l.sub_project_id, COALESCE(NULLIF(s.name, ''), j.name) AS name
FROM fund_line_now l
JOIN sub_project s ON s.id = l.sub_project_id
JOIN project j ON j.id = s.project_id
WHERE l.is_excluded
ORDER BY l.project_seq, l.phrase, l.sub_project_id
"""

#: Sums of all that is planned and reported, whatever it is used for; what is excluded stays out.
TOTALS = f"""
SELECT kind, {", ".join(["planned", *MEASURES])}
FROM grouped
WHERE project_id IS NULL AND measure = 'received'
"""

_JSON_COLUMNS = {"pooled_excluding", "pooled_in_part", "below_list"}


def fund_statement(tail: str, *, frozen: bool) -> str:
    """Return the statement of money over live tables or a snapshot, ending in `tail`."""
    ctes = [
        FINENESS,
        SCOPE_FROZEN if frozen else SCOPE_LIVE,
        ELAPSED,
        *fund_ctes(frozen=frozen),
        sums(("project_seq", "project_id"), ((), ("project_seq", "project_id"))),
        BENCHMARK_NOW,
        FRAME_FROZEN if frozen else FRAME_LIVE,
        ROWS,
        RATED,
        placed(SUBJECT),
        listed(SUBJECT, "placed"),
    ]
    return "WITH " + ",\n".join(cte.strip() for cte in ctes) + "\n" + tail.strip()


def fetch_funds(tail: str, parameters: dict, *, frozen: bool) -> list[dict]:
    """Return the rows of the statement ending in `tail`, as dicts. One query."""
    with connection.cursor() as cursor:
        cursor.execute(fund_statement(tail, frozen=frozen), parameters)
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        for name in _JSON_COLUMNS & row.keys():
            row[name] = None if row[name] is None else json.loads(row[name])
    return rows


@dataclass
class FundRate:
    """One rate of one kind of money: its label (R14) and the lines of all projects together and of each one.

    `label` names denominator and exclusions; `lines`: rows in official order, the whole's among them; `by_project`:
    project id → rows of that project, units with money in it and the whole's.
    """

    fund_kind: str
    measure: str
    denominator: str
    excluded: list[str]
    phrases: list[str]
    lines: list[dict]
    by_project: dict[int, list[dict]]

    @property
    def code(self) -> str:
        """Return how averages and set lines name the rate: project-disbursed-planned."""
        return f"{self.fund_kind}-{self.measure}-{self.denominator}"

    @property
    def label(self) -> str:
        """Return the rate's printed name with denominator and exclusions."""
        return rate_label(self.measure, self.denominator, self.phrases, kind=self.fund_kind)

    @property
    def whole(self) -> dict:
        """Return the whole's line, which carries the lists."""
        return next(row for row in self.lines if row["participant_kind"] == "whole")

    @property
    def units(self) -> list[dict]:
        """Return the lines without the whole's, in official order."""
        return [row for row in self.lines if row["participant_kind"] != "whole"]

    def below(self) -> list[dict] | None:
        """Return the lines below the provincial average, worst first (R9); None without one."""
        if self.whole["below_list"] is None:
            return None
        rows = {row["participant_id"]: row for row in self.lines}
        return [rows[participant_id] for participant_id in self.whole["below_list"]]


@dataclass
class FundStandings:
    """资金位次 of one period: a FundRate per kind and measure in the order of the chain; empty without money."""

    period: ReportingPeriod
    snapshot: Snapshot | None
    decimals: int
    rates: list[FundRate]
    participants: dict[int, Participant]
    parameters: dict = field(repr=False, compare=False)

    @cached_property
    def sums(self) -> dict[str, dict]:
        """Return kind → planned, received, disbursed, spent in 元: all that is reported, without what is excluded."""
        rows = fetch_funds(TOTALS, self.parameters, frozen=self.snapshot is not None)
        return {row["kind"]: row for row in rows}

    def rate(self, fund_kind: str, measure: str) -> FundRate | None:
        """Return one rate, or None where there is no money of that kind."""
        return next((row for row in self.rates if (row.fund_kind, row.measure) == (fund_kind, measure)), None)

    def name(self, participant_id: int) -> str:
        """Return a participant's printed name."""
        return self.participants[participant_id].printed_name


def live_fund_standings(period: ReportingPeriod, *, counted=Report.COUNTED) -> FundStandings:
    """Return the rates of money over submitted and approved reports, as they are now. Five queries."""
    return _assemble(period, None, live_parameters(period, counted=counted), frozen=False)


def snapshot_fund_standings(snapshot: Snapshot) -> FundStandings:
    """Return the rates of money of a snapshot, worked out again from what it has frozen."""
    return _assemble(snapshot.period, snapshot, frozen_parameters(snapshot), frozen=True)


def _assemble(period: ReportingPeriod, snapshot: Snapshot | None, parameters: dict, *, frozen: bool) -> FundStandings:
    grouped: dict[tuple[str, str], list[dict]] = defaultdict(list)
    rows = fetch_funds(RATES, parameters, frozen=frozen)
    for row in sorted(rows, key=lambda row: (row["participant_order"], row["participant_id"])):
        grouped[row["fund_kind"], row["measure"]].append(row)
    excluded = fetch_funds(EXCLUDED, parameters, frozen=frozen) if rows else []
    order = list(MEASURES)
    keys = sorted(grouped, key=lambda key: (key[0] != "project", order.index(key[1])))
    return FundStandings(
        period=period,
        snapshot=snapshot,
        decimals=snapshot.decimals if snapshot else period.programme.decimals,
        rates=[_rate(key, grouped[key], [row for row in excluded if row["kind"] == key[0]]) for key in keys],
        participants={row.pk: row for row in period.programme.participants.order_by("order", "id")},
        parameters=parameters,
    )


def _rate(key: tuple[str, str], rows: list[dict], excluded: list[dict]) -> FundRate:
    by_project: dict[int, list[dict]] = defaultdict(list)
    lines = []
    for row in rows:
        (lines if row["project_id"] is None else by_project[row["project_id"]]).append(row)
    seqs = {pk: project[0]["project_seq"] for pk, project in by_project.items()}
    return FundRate(
        fund_kind=key[0],
        measure=key[1],
        denominator=lines[0]["denominator"],
        excluded=list(dict.fromkeys(row["name"] for row in excluded)),
        phrases=list(dict.fromkeys(row["phrase"] for row in excluded)),
        lines=lines,
        by_project={pk: by_project[pk] for pk in sorted(by_project, key=seqs.get)},
    )
