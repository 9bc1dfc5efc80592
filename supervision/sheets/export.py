"""Standings as one JSON document, for `manage.py standings --json` and whoever reads it.

Only writes down what the statement returned: a value that would need rounding is an error (R7).
"""

from decimal import Context, Decimal, Inexact, InvalidOperation

from supervision.standings import Standings

#: Wide enough for every column; a digit that would be lost raises instead.
EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])


def decimal_text(value: Decimal | None, decimals: int) -> str | None:
    """Return a printed number with exactly `decimals` places, "-10.78", "61.97"; None for None.

    Raises decimal.Inexact where a digit other than zero would be lost.
    """
    if value is None:
        return None
    number = value.quantize(Decimal(1).scaleb(-decimals), context=EXACT)
    return f"{number.copy_abs() if number.is_zero() else number:f}"


def amount_text(value: Decimal | None, decimals: int) -> str | None:
    """Return a figure or target in its indicator's unit: plain digits, at least `decimals` places.

    Digits beyond are kept where they are not zero ("64.255" with 2), needless zeros are not.
    """
    if value is None:
        return None
    digits = max(0, -value.normalize(EXACT).as_tuple().exponent)
    return decimal_text(value, max(digits, decimals))


def standings_json(standings: Standings, *, funds: list[dict]) -> dict:
    """Return standings as a JSON-ready dict; its keys and their order are a contract. `funds`: from `funds_json`.

    Rates, scores and gaps are printed values as strings ("61.97", "-10.78"; no sign for zero and
    above) at the programme's decimals, a gap to a benchmark at the benchmark's; amounts are in the
    indicator's unit. None where there is none; an empty list of names is []. `projects` holds every
    project with an indicator × every participant but the whole.
    """
    snapshot, period = standings.snapshot, standings.period
    return {
        "programme": period.programme.code,
        "period": period.code,
        "basis": standings.basis,
        "snapshot": snapshot.version if snapshot else None,
        "decimals": standings.decimals,
        "indicators": [_indicator(standings, pk) for pk in standings.indicators],
        "projects": _projects(standings),
        "overall": _overall(standings),
        "funds": funds,
    }


def _indicator(standings: Standings, indicator_id: int) -> dict:
    indicator = standings.indicators[indicator_id]
    rows = standings.lines[indicator_id]
    whole = standings.whole(indicator_id) or {}
    below = standings.below(indicator_id)
    first = rows[0]
    return {
        "project_seq": indicator.sub_project.project.seq,
        "sub_item": indicator.sub_project.name,
        "indicator": indicator.name,
        "unit": indicator.unit,
        "direction": first["direction"],
        "accumulation": first["accumulation"],
        "additive": first["additive"],
        "assessed": first["assessed"],
        "pooled_rate": decimal_text(whole.get("rate"), standings.decimals),
        "pooled_excluding": _names(standings, whole.get("pooled_excluding") or []),
        "pooled_rate_with_missing": decimal_text(whole.get("rate_with_missing"), standings.decimals),
        "benchmark": _benchmark(first, first["benchmark"]),
        "benchmark_measure": first["benchmark_measure"],
        "units": [_unit(standings, row) for row in rows],
        "below_benchmark": None if below is None else _names(standings, [row["participant_id"] for row in below]),
    }


def _unit(standings: Standings, row: dict) -> dict:
    participant = standings.participants[row["participant_id"]]
    return {
        "participant": participant.code,
        "name": participant.printed_name,
        "kind": row["participant_kind"],
        "target": amount_text(row["shown_target"], row["value_decimals"]),
        "value": amount_text(row["shown_value"], row["value_decimals"]),
        "approved": row["approved"],
        "rate": decimal_text(row["rate"], standings.decimals),
        "place": row["place"],
        "expected_rate": decimal_text(row["expected_rate"], standings.decimals),
        "gap_to_expected": decimal_text(row["gap_to_expected"], standings.decimals),
        "gap_to_benchmark": _benchmark(row, row["gap_to_benchmark"]),
        "gap_to_city": decimal_text(row["gap_to_city"], standings.decimals),
        "below_benchmark": row["below_benchmark"],
        "status": row["status"],
    }


def _benchmark(row: dict, value: Decimal | None) -> str | None:
    """A provincial average, or the gap to it, at the decimals the average was published with."""
    return None if value is None else decimal_text(value, row["benchmark_decimals"])


def _projects(standings: Standings) -> list[dict]:
    scores = standings.project_scores()
    projects = {row.sub_project.project_id: row.sub_project.project.seq for row in standings.indicators.values()}
    units = {row["participant_id"]: row for rows in standings.lines.values() for row in rows}
    return [
        {
            "project_seq": seq,
            "participant": participant.code,
            "score": decimal_text(scores.get((project_id, participant.pk)), standings.decimals),
        }
        for project_id, seq in projects.items()
        for participant in standings.participants.values()
        if participant.pk in units and units[participant.pk]["participant_kind"] != "whole"
    ]


def _overall(standings: Standings) -> list[dict] | None:
    rows = standings.overall()
    if rows is None:
        return None
    return [
        {
            "participant": standings.participants[row["participant_id"]].code,
            "name": standings.participants[row["participant_id"]].printed_name,
            "score": decimal_text(row["score"], standings.decimals),
            "place": row["place"],
            "place_change": row["place_change"],
        }
        for row in rows
    ]


def _names(standings: Standings, participant_ids: list[int]) -> list[str]:
    return [standings.participants[participant_id].printed_name for participant_id in participant_ids]
