"""How an amount is written on the entry page and in its notes: in 元 or 万元 as the person chose, exactly."""

from dataclasses import dataclass
from decimal import Decimal

from funding.amounts import UNITS
from livelihood.formats import EXACT, MISSING, format_number, format_printed, format_signed
from projects.figure_words import ATTAINED
from projects.models import Report, SubProject

#: What the address of the page says → the unit amounts are typed and shown in.
CHOICES = {"wan": "万元", "yuan": "元"}
USUAL = "wan"


@dataclass(frozen=True)
class Subject:
    """What an amount is an amount of, as the lines of a report name it."""

    name: str
    unit: str
    sub_project: SubProject
    decimals: int = 2
    part_of_id: None = None


def money_of(report: Report) -> str:
    """Return the choice the person made for the page: wan or yuan."""
    chosen = report.options.get("money", USUAL)
    return chosen if chosen in CHOICES else USUAL


def in_money(value: Decimal | None, money: str) -> Decimal | None:
    """Return an amount in 元 in the chosen unit, exactly."""
    return None if value is None else value.scaleb(-UNITS[CHOICES[money]], context=EXACT).normalize(EXACT)


def amount_words(value: Decimal | None, money: str) -> str:
    """Return an amount as it stands in a cell; nothing for none."""
    return "" if value is None else format_number(in_money(value, money), 2)


def display_of(row: dict, money: str) -> dict[str, str]:
    """Return what each column says: `value` as it stands in the cell, and the derived ones."""
    line = row["amounts"]
    shown = {
        "value": row["value"],
        "increment": format_signed(in_money(line.get("increment"), money), 2),
        "rate": format_printed(row["rate"]),
        "expected": format_printed(line.get("expected_rate")) if line.get("expected_rate") is not None else "",
        "gap_target": _gap_target(line, money),
        "gap_expected": _gap_expected(line, money),
    }
    if row["error"]:
        # What was typed is no amount: nothing that follows from the stored one belongs beside it.
        shown |= dict.fromkeys(("increment", "rate", "gap_target", "gap_expected"), MISSING)
    return shown


def tones_of(row: dict) -> dict[str, str]:
    """Return the columns that say something bad, with the tone they say it in."""
    return {"gap_expected": "red"} if row["amounts"].get("is_behind") and not row["error"] else {}


def _gap_target(line: dict, money: str) -> str:
    if line.get("is_attained") is None:
        return MISSING
    amount = format_number(in_money(line["distance"], money), 2)
    if line["is_attained"]:
        return f"超 {amount}" if line["is_above"] else ATTAINED
    return amount


def _gap_expected(line: dict, money: str) -> str:
    if line.get("expected_rate") is None:
        return ""
    if line.get("is_behind") is None:
        return MISSING
    return format_number(in_money(line["distance_expected"], money), 2) if line["is_behind"] else ATTAINED
