"""How a fund rate is called: every label names its denominator and what it leaves out (R14). The only such place."""

from collections.abc import Iterable

MEASURES = {"received": "到位", "disbursed": "拨付", "spent": "支出"}
STAGES = {"planned": "计划"} | MEASURES


def rate_label(measure: str, denominator: str, excluded: Iterable[str] = (), *, kind: str = "project") -> str:
    """Return a rate's name for every screen, sheet and paper: 拨付率（拨付÷计划，不含棚户区改造）.

    `measure` received, disbursed or spent; `denominator` planned, received or disbursed; `excluded` the printed
    phrases of what stays out; `kind` maintenance puts 管护资金 in front.
    """
    if list(STAGES).index(denominator) >= list(STAGES).index(measure):
        raise ValueError(f"a rate of {measure} is not measured against {denominator}")
    words = [f"{MEASURES[measure]}÷{STAGES[denominator]}", *excluded]
    return f"{'管护资金' if kind == 'maintenance' else ''}{MEASURES[measure]}率（{'，'.join(words)}）"


def denominators_of(programme) -> dict[str, str]:
    """Return measure → denominator as the programme chooses: 到位÷计划, 拨付÷计划 or ÷到位, 支出÷拨付 (R14)."""
    return {"received": "planned", "disbursed": programme.fund_denominator, "spent": "disbursed"}
