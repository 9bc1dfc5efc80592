"""How a line of the entry page is written: its texts, tones, state and filters; the first page and every reply alike.

Nothing here calculates: amounts, rates and comparisons come from `projects.entry_progress`.
"""

from livelihood.formats import MISSING, format_day, format_number, format_printed, format_signed, state_parts
from projects.models import Figure, Indicator, Milestone

#: Columns of derived values, in printed order.
DERIVED = ("increment", "rate", "expected", "average", "gap_target", "gap_expected")

ATTAINED = "达到"
#: Before a yardstick that is a milestone's threshold, as in the plan chart.
PLAN_SIGN = "◆"


def display_of(row: dict) -> dict[str, str]:
    """Return what each column says: `value` as it stands in the cell, and the derived ones.

    Empty where a column has no meaning for the line, "—" where its value is missing.
    """
    if row["task"] == "text" or row["is_text"]:
        return {"value": row["value"]} | dict.fromkeys(DERIVED, "")
    line, indicator = row["line"], row["indicator"]
    shown = {
        "value": row["value"],
        "increment": _increment(line, indicator),
        "rate": "达标" if line.get("is_zero_best") else format_printed(line.get("rate")),
        "expected": _expected(row),
        "average": _average(line),
        "gap_target": _gap_target(line, indicator),
        "gap_expected": _gap_expected(line, indicator),
    }
    if row["error"] or row["conflict"]:
        # What was typed is no number, or not what is stored: nothing that follows from that one belongs beside it.
        shown |= dict.fromkeys(("increment", "rate", "gap_target", "gap_expected"), MISSING)
    return shown


def tones_of(row: dict) -> dict[str, str]:
    """Return the columns that say something bad, with the tone they say it in."""
    line = row["line"]
    tones = {}
    if row["error"] or row["conflict"]:
        return tones
    if line.get("is_behind"):
        tones["gap_expected"] = "red"
    if line.get("is_below_average"):
        tones["average"] = "red"
    return tones


def state_of(row: dict) -> str:
    """Return the code of the line's badge; the first that holds."""
    if row["error"]:
        return "invalid"
    if row["conflict"]:
        return "conflict"
    if row["note"] is not None and row["note"].is_open:
        return "returned"
    if any(not flag.reason for flag in row["flags"]):
        return "flagged"
    if row["is_confirmed"]:
        return "saved" if row["is_typed"] else "reported"
    if row["is_carried"]:
        return "carried"
    return row["task"] if row["task"] in ("no_task", "not_split") else "blank"


def states_of(row: dict) -> list[str]:
    """Return the filters the line belongs to; `blank` and `carried` exclude each other."""
    line = row["line"]
    holds = {
        "invalid": bool(row["error"]),
        "conflict": bool(row["conflict"]),
        "blank": row["task"] == "assessed" and not row["is_confirmed"] and not row["is_carried"],
        "carried": row["is_carried"],
        "flagged": any(not flag.reason for flag in row["flags"]),
        "returned": row["note"] is not None and row["note"].is_open,
        "behind": bool(line.get("is_behind")),
        "below": bool(line.get("is_below_average")),
        "mine": row["is_mine"] and row["task"] != "no_task",
    }
    return [name for name, is_so in holds.items() if is_so]


def mark_of(rows: list[dict]) -> str:
    """Return a section's mark: returned, flagged, blank, done, no_task or text; the first that holds."""
    states = {state for row in rows for state in row["states"]}
    if "returned" in states:
        return "returned"
    if states & {"flagged", "invalid", "conflict"}:
        return "flagged"
    if states & {"blank", "carried"}:
        return "blank"
    if any(row["task"] == "assessed" for row in rows):
        return "done"
    return "no_task" if rows and all(row["task"] == "no_task" for row in rows) else "text"


def note_of(rows: list[dict], signed: str) -> str:
    """Return what stands beside a section's name: 2/5 已确认 · 未签字."""
    tasks = [row for row in rows if row["task"] == "assessed"]
    if tasks:
        filled = f"{sum(row['is_confirmed'] for row in tasks)}/{len(tasks)} 已确认"
    else:
        filled = "无任务" if mark_of(rows) == "no_task" else "文字类"
    return " · ".join(word for word in (filled, signed) if word)


def value_of(figure: Figure | None, indicator: Indicator) -> str:
    """Return what stands in the cell: a number with its decimals, the text, or nothing."""
    if figure is None:
        return ""
    if figure.state == Figure.State.TEXT:
        return figure.text
    return "" if figure.value is None else format_number(figure.value, indicator.decimals)


def target_of(line: dict, task: str, indicator: Indicator) -> str:
    """Return the target; of a sum that nobody has reported to yet, the whole's own one."""
    if task != "assessed":
        return state_parts(task)[1]
    target = line.get("target") if line["shown_target"] is None else line["shown_target"]
    return MISSING if target is None else format_number(target, indicator.decimals)


def plan_words(plan: list[Milestone], as_of) -> str:
    """Say which milestone is the yardstick now, or which one comes next."""
    due = [milestone for milestone in plan if milestone.due_on <= as_of]
    milestone = due[-1] if due else plan[0]
    text = milestone.text or milestone.required
    return f"{'节点' if due else '下一个节点'} {format_day(milestone.due_on)}：{text}"


def _increment(line: dict, indicator: Indicator) -> str:
    if indicator.accumulation == Indicator.Accumulation.LEVEL or indicator.kind != Indicator.Kind.NUMBER:
        return ""
    return format_signed(line.get("increment"), indicator.decimals)


def _expected(row: dict) -> str:
    line = row["line"]
    if line.get("has_plan") and line.get("expected_rate") is None and row["task"] == "assessed":
        return "未到节点"
    # Named where it stands: a plan's threshold is not the straight line (R11).
    sign = PLAN_SIGN if line.get("has_plan") and line.get("expected_rate") is not None else ""
    return sign + format_printed(line.get("expected_rate"))


def _average(line: dict) -> str:
    if line.get("average") is None:
        return MISSING
    text = format_number(line["average"], line["average_decimals"])
    return f"{text}（值）" if line["average_measure"] == "value" else text


def _gap_target(line: dict, indicator: Indicator) -> str:
    if line.get("is_attained") is None:
        return MISSING
    if line["is_attained"]:
        return ATTAINED
    amount = format_number(line["distance"], indicator.decimals)
    return f"超 {amount}" if line["is_above"] else amount


def _gap_expected(line: dict, indicator: Indicator) -> str:
    if line.get("is_behind") is None:
        return MISSING
    if not line["is_behind"]:
        return ATTAINED
    return format_number(line["distance_expected"], indicator.decimals)
