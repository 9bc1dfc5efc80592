"""The money of the standings' JSON document and of its text for a terminal."""

from decimal import Decimal

from supervision.fund_standings import FundRate, FundStandings
from supervision.sheets.export import decimal_text


def funds_json(funds: FundStandings) -> list[dict]:
    """Return a dict per kind and measure; its keys and their order are a contract.

    Amounts are 元 with their 分 as strings, without what is excluded; rates and gaps printed values at the programme's
    decimals, a gap to an average at the average's. The whole's amounts are those behind `pooled_rate`;
    `pooled_excluding` names units left out wholly or in part (R5).
    """
    return [_rate(funds, rate) for rate in funds.rates]


def _rate(funds: FundStandings, rate: FundRate) -> dict:
    whole, below = rate.whole, rate.below()
    left_out = {*(whole["pooled_excluding"] or []), *(whole["pooled_in_part"] or [])}
    return {
        "fund_kind": rate.fund_kind,
        "measure": rate.measure,
        "denominator": rate.denominator,
        "excluded": rate.excluded,
        "pooled_rate": decimal_text(whole["rate"], funds.decimals),
        "pooled_excluding": [
            funds.name(row["participant_id"]) for row in rate.units if row["participant_id"] in left_out
        ],
        "pooled_rate_with_missing": decimal_text(whole["rate_with_missing"], funds.decimals),
        "benchmark": _benchmark(whole, whole["benchmark"]),
        "units": [_unit(funds, row) for row in rate.lines],
        "below_benchmark": None if below is None else [funds.name(row["participant_id"]) for row in below],
    }


def _unit(funds: FundStandings, row: dict) -> dict:
    participant = funds.participants[row["participant_id"]]
    return {
        "participant": participant.code,
        "name": participant.printed_name,
        "kind": row["participant_kind"],
        "planned": _yuan(row["planned"]),
        "received": _yuan(row["received"]),
        "disbursed": _yuan(row["disbursed"]),
        "spent": _yuan(row["spent"]),
        "rate": decimal_text(row["rate"], funds.decimals),
        "place": row["place"],
        "expected_rate": decimal_text(row["expected_rate"], funds.decimals),
        "gap_to_expected": decimal_text(row["gap_to_expected"], funds.decimals),
        "gap_to_benchmark": _benchmark(row, row["gap_to_benchmark"]),
        "below_benchmark": row["below_benchmark"],
    }


def _yuan(amount: Decimal | None) -> str | None:
    return decimal_text(amount, 2)


def _benchmark(row: dict, value: Decimal | None) -> str | None:
    """A provincial average, or the gap to it, at the decimals the average was published with."""
    return None if value is None else decimal_text(value, row["benchmark_decimals"])
