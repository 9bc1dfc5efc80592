"""The units' lines by pandas, as one would write it who knows pandas well: whole columns of whole numbers.

Amounts are integers in hundredths (no made-up indicator has more decimals), because floats would round rates
differently. Only what the made-up data holds is dealt with: no texts, no growth, no later target revisions.
"""

import io

import numpy as np
import pandas as pd
from django.db import connection

from projects.models import ReportingPeriod

FETCH = {
    "units": """SELECT p.id AS unit, r.state IN ('submitted', 'approved') AS counted
                FROM participant p LEFT JOIN report r ON r.participant_id = p.id AND r.period_id = %(period)s
                WHERE p.programme_id = %(programme)s AND p.kind <> 'whole'""",
    "indicators": """SELECT i.id AS indicator, i.direction, i.accumulation, i.additive, i.assessed, i.decimals,
                            (i.tolerance * 10000)::bigint AS tolerance, m.plan, m.threshold,
                            b.measure, b.benchmark, b.published, w.whole
                     FROM indicator i
                     JOIN sub_project s ON s.id = i.sub_project_id
                     JOIN project j ON j.id = s.project_id
                     LEFT JOIN (SELECT indicator_id, TRUE AS plan,
                                       (MAX(threshold) FILTER (WHERE due_on <= %(as_of)s) * 100)::bigint AS threshold
                                FROM milestone GROUP BY indicator_id) m ON m.indicator_id = i.id
                     LEFT JOIN (SELECT indicator_id, measure, (value * 100)::bigint AS benchmark,
                                       decimals AS published
                                FROM benchmark WHERE period_id = %(period)s) b ON b.indicator_id = i.id
                     LEFT JOIN (SELECT t.indicator_id, (t.value * 100)::bigint AS whole
                                FROM target t JOIN participant p ON p.id = t.participant_id AND p.kind = 'whole'
                                WHERE p.programme_id = %(programme)s) w ON w.indicator_id = i.id
                     WHERE j.programme_id = %(programme)s""",
    "targets": """SELECT t.indicator_id AS indicator, t.participant_id AS unit, t.state = 'assessed' AS assigned,
                         (t.value * 100)::bigint AS target
                  FROM target t JOIN participant p ON p.id = t.participant_id AND p.kind <> 'whole'
                  WHERE p.programme_id = %(programme)s""",
    "figures": """SELECT indicator_id AS indicator, participant_id AS unit, (value * 100)::bigint AS value
                  FROM figure WHERE period_id = %(period)s""",
}


def pandas_lines(period: ReportingPeriod) -> str:
    """Return the lines as tab-separated text, in the order and the words of COPY."""
    lines = _lines(period)
    _yardsticks(lines, elapsed=(10_000 * 2 * period.ends_on.month + 12) // 24)
    _compare(lines)
    lines["status"] = _status(lines)
    for name in ("rate", "expected", "gap_to_expected", "gap_to_city", "gap_to_benchmark"):
        lines[name] = lines[name] / 100
    columns = [
        *("indicator", "unit", "rate", "place", "expected", "gap_to_expected", "gap_to_city", "gap_to_benchmark"),
        *("below", "status"),
    ]
    return lines[columns].to_csv(
        sep="\t", header=False, index=False, na_rep=r"\N", float_format="%.2f", lineterminator="\n"
    )


def _read(name: str, parameters: dict) -> pd.DataFrame:
    """COPY into a data frame: much faster than rows through the driver."""
    buffer = io.BytesIO()
    with connection.cursor() as cursor:
        sql = cursor.mogrify(FETCH[name], parameters).decode()
        cursor.copy_expert(f"COPY ({sql}) TO STDOUT WITH (FORMAT csv, HEADER)", buffer)
    buffer.seek(0)
    return pd.read_csv(buffer, true_values=["t"], false_values=["f"])


def _lines(period: ReportingPeriod) -> pd.DataFrame:
    parameters = {"period": period.pk, "programme": period.programme_id, "as_of": period.as_of}
    read = {name: _read(name, parameters) for name in FETCH}
    lines = read["targets"].merge(read["units"], on="unit").merge(read["indicators"], on="indicator")
    lines = lines.merge(read["figures"], on=["indicator", "unit"], how="left")
    lines = lines.sort_values(["indicator", "unit"], ignore_index=True)
    lines["value"] = lines["value"].where(lines["counted"].eq(True))
    parts = lines.groupby("indicator")["target"].transform("sum")
    has_task = lines["assigned"] & lines["target"].notna()
    is_left = lines["assigned"] & lines["target"].isna() & lines["additive"] & (parts < lines["whole"])
    lines["task"] = np.select([has_task, is_left], ["assessed", "not_split"], "no_task")
    return lines


def _printed(numerator, denominator, scale=100):
    """Half-up at the scale, never 100 below 1, never 0 above 0; NaN in, NaN out."""
    known = numerator.notna() & denominator.notna() & (denominator != 0)
    top = numerator.where(known, 0).astype("int64")
    bottom = denominator.where(known, 1).astype("int64")
    exact = (200 * top * scale + bottom) // (2 * bottom)
    between = exact.clip(lower=1, upper=100 * scale - 1)
    rate = exact.where(top >= bottom, between.where(top > 0, 0))
    return rate.where(known)


def _yardsticks(lines: pd.DataFrame, *, elapsed: int) -> None:
    at_most, flow = lines["direction"] == "at_most", lines["accumulation"] == "flow"
    has_task = lines["task"] == "assessed"
    numerator = lines["target"].where(at_most, lines["value"]).where(has_task)
    denominator = lines["value"].where(at_most, lines["target"]).where(has_task)
    lines["numerator"], lines["denominator"] = numerator, denominator
    lines["rate"] = _printed(numerator, denominator)
    planned = lines["plan"].eq(True)
    straight = pd.Series(float(elapsed), index=lines.index).where(flow & ~at_most)
    lines["expected"] = lines["threshold"].where(planned, straight).where(has_task)
    both = has_task & lines["value"].notna() & lines["additive"]
    sums = lines[["value", "target"]].where(both).groupby(lines["indicator"]).transform("sum", min_count=1)
    lines["city"] = _printed(sums["value"], sums["target"])
    placed = lines["rate"].where(lines["assessed"])
    lines["place"] = placed.groupby(lines["indicator"]).rank(method="min", ascending=False).astype("Int64")
    lines["gap_to_expected"] = lines["rate"] - lines["expected"]
    lines["gap_to_city"] = lines["rate"] - lines["city"]


def _compare(lines: pd.DataFrame) -> None:
    """Each average with its own decimals; a value with the fewer of its decimals and the indicator's."""
    compared = lines["rate"].copy()
    for published, scale in ((0, 1), (1, 10)):
        fewer = lines["published"] == published
        compared = compared.where(~fewer, _printed(lines["numerator"], lines["denominator"], scale) * (100 // scale))
    by_value = lines["measure"] == "value"
    step = 10 ** (2 - lines[["published", "decimals"]].min(axis=1).fillna(2).astype("int64"))
    rounded = (2 * lines["value"] + step) // (2 * step) * step
    compared = compared.where(~by_value, rounded.where(lines["rate"].notna())).where(lines["benchmark"].notna())
    lines["gap_to_benchmark"] = compared - lines["benchmark"]
    worse_when_more = by_value & (lines["direction"] == "at_most")
    below = (lines["gap_to_benchmark"] > 0).where(worse_when_more, lines["gap_to_benchmark"] < 0)
    lines["below"] = np.where(lines["gap_to_benchmark"].isna(), r"\N", np.where(below, "t", "f"))


def _status(lines: pd.DataFrame) -> np.ndarray:
    value, target, direction = lines["value"], lines["target"], lines["direction"]
    flow, about = lines["accumulation"] == "flow", direction == "about"
    met = np.where(
        direction == "at_most",
        value <= target,
        np.where(about, (value - target).abs() * 10_000 <= lines["tolerance"] * target, value >= target),
    )
    done = value * 10_000 >= target * (10_000 - lines["tolerance"].where(about, 0))
    standing = ~flow | (direction == "at_most")
    return np.select(
        [
            lines["task"] != "assessed",
            value.isna(),
            standing & met,
            standing,
            (direction == "at_least") & (value > target),
            done,
            lines["plan"].eq(True) & lines["expected"].isna(),
            value == 0,
            lines["rate"] >= lines["expected"],
        ],
        [lines["task"], "not_reported", "met", "not_met", "exceeded", "done", "not_due", "not_started", "on_schedule"],
        "behind",
    )
