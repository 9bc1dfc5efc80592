"""Made-up targets, figures and reports of the demo: 演示数据 (averages: `projects.demo_averages`).

Pure functions of the parsed `fixtures/fuyang-2020.yaml` and a seed: the same seed gives the same
rows, and each cell draws from a generator of its own, so that adding an indicator moves no other.
Amounts are decimal strings in the indicator's own unit. What the figures are meant to show (slow
counties, ties, zeros, blanks, a falling stock …) is data in `projects.demo_plan`.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from random import Random
from statistics import median_high
from typing import NamedTuple

from projects import demo_plan as plan

MONTHS = range(1, 9)
Key = tuple[int, str, str]


class TargetRow(NamedTuple):
    """One 目标任务; value is None unless state is assessed."""

    participant: str
    project_seq: int
    sub_item: str
    indicator: str
    state: str
    value: str | None
    comparison: str
    printed: str
    note: str

    @property
    def key(self) -> Key:
        """Return the natural key of the indicator."""
        return self.project_seq, self.sub_item, self.indicator


class FigureRow(NamedTuple):
    """One 填报数, cumulative to the end of `month`; value is None where state is blank."""

    month: int
    participant: str
    project_seq: int
    sub_item: str
    indicator: str
    state: str
    value: str | None

    @property
    def key(self) -> Key:
        """Return the natural key of the indicator."""
        return self.project_seq, self.sub_item, self.indicator


class ReportRow(NamedTuple):
    """One 月报: submitted_on is None where nothing was sent."""

    month: int
    participant: str
    state: str
    submitted_on: date | None
    is_late: bool


def indicators(catalogue: dict) -> dict[Key, dict]:
    """Return the catalogue's indicators by natural key, in official order."""
    return {
        (project["seq"], sub["name"], row["name"]): row
        for project in catalogue["projects"]
        for sub in project["sub_projects"]
        for row in sub["indicators"]
    }


def generate_targets(catalogue: dict, *, seed: int = plan.SEED) -> list[TargetRow]:
    """Return the targets of every participant × indicator, official order.

    Those of 太和县 are the printed ones; the other counties' are sized after them. The whole's is
    the sum of its participants incl. 市本级 where additive (R16; one mismatch on purpose), else
    the same standard for all. A rate has no task where its base has none (R4).
    """
    rows = indicators(catalogue)
    codes = [p["code"] for p in catalogue["participants"] if p["kind"] != "whole"]
    printed = {key: row["targets"].get(plan.COUNTED_COUNTY, {"state": "no_task"}) for key, row in rows.items()}
    states: dict[tuple[str, Key], tuple[str, Decimal | None]] = {}
    for code in codes:
        for key in sorted(rows, key=lambda k: rows[k].get("base") is not None):
            states[code, key] = _task(code, key, rows[key], printed, states, seed)
        _sum_parts_of_targets(code, rows, printed, states)
    for key, row in rows.items():
        states[plan.WHOLE, key] = _whole_task(key, row, codes, states)
    return [
        _target_row(code, key, row, states[code, key], printed[key])
        for code in [*codes, plan.WHOLE]
        for key, row in rows.items()
    ]


def generate_figures(
    catalogue: dict,
    targets: Iterable[TargetRow],
    *,
    months: Iterable[int] = MONTHS,
    seed: int = plan.SEED,
) -> list[FigureRow]:
    """Return cumulative figures of every participant with a task, month by month.

    The whole has figures for indicators that are not additive (R6). A unit that does not report in
    a month (`demo_plan.NOT_REPORTED`) has no rows in it; a blank cell is a row without a value.
    """
    rows = indicators(catalogue)
    tasks = {(t.participant, t.key): Decimal(t.value) for t in targets if t.value is not None}
    found = []
    for month in sorted(months):
        values = {
            (code, key): _value(month, code, key, rows[key], target, seed)
            for (code, key), target in tasks.items()
            if code not in (plan.WHOLE, plan.NOT_REPORTED.get(month))
        }
        _align_parts(rows, tasks, values)
        values |= _values_of_the_whole(rows, tasks, values)
        for (code, key), value in values.items():
            blank = (month, code, key) in plan.BLANKS
            state, text = ("blank", None) if blank else ("reported", str(value))
            found.append(FigureRow(month, code, *key, state, text))
    return found


def generate_reports(catalogue: dict, *, months: Iterable[int] = MONTHS) -> list[ReportRow]:
    """Return the state of every participant's report: issued months are approved throughout."""
    year = catalogue["programme"]["year"]
    found = []
    for month in sorted(months):
        for code in [p["code"] for p in catalogue["participants"]]:
            if code == plan.NOT_REPORTED.get(month):
                found.append(ReportRow(month, code, "draft", None, False))
                continue
            late = code == plan.LATE.get(month)
            day = plan.DUE_DAY + 3 if late else plan.DUE_DAY - 1
            state = "submitted" if late else "approved"
            found.append(ReportRow(month, code, state, _day_after(year, month, day), late))
    return found


# -- targets ------------------------------------------------------------------------------------


def _task(code, key, row, printed, states, seed) -> tuple[str, Decimal | None]:
    """Return (state, value) of one participant's task; a base's task must be known already."""
    given = printed[key]
    if code == plan.COUNTED_COUNTY:
        value = given.get("value")
        return given["state"], None if value is None else Decimal(value)
    elsewhere = plan.TASKS_ELSEWHERE.get(key)
    if elsewhere is not None:
        value = elsewhere.get(code)
        return ("assessed", Decimal(value)) if value else (given["state"], None)
    if given["state"] != "assessed" and key not in plan.STANDARDS_ELSEWHERE:
        return given["state"], None
    if code == plan.OWN and key in plan.OWN_TASKS:
        return "assessed", Decimal(plan.OWN_TASKS[key])
    if code in plan.NO_TASK.get(key, ()):
        return "no_task", None
    if row["accumulation"] == "level":
        base = row.get("base")
        bound = code != plan.OWN if base is None else states[code, _sibling(key, base)][1]
        standard = plan.STANDARDS_ELSEWHERE.get(key) or given["value"]
        return ("assessed", Decimal(standard)) if bound else ("no_task", None)
    if code == plan.OWN:
        return "no_task", None
    return "assessed", _sized(code, key, row, Decimal(given["value"]), seed)


def _sized(code: str, key: Key, row: dict, value: Decimal, seed: int) -> Decimal:
    """Return a county's target made after the printed one, at least the smallest step."""
    rng = generator(seed, "target", code, key)
    if value <= 3 and row["decimals"] == 0:
        return max(Decimal(1), value + rng.choice((-1, 0, 0, 0))) if value > 1 else value
    value *= Decimal(plan.SIZE[code]) * draw(rng, "0.86", "1.15")
    if key in plan.TIED:
        return max(Decimal(4), value // 4 * 4)
    step = Decimal(1).scaleb(-row["decimals"])
    return max(step, value.quantize(step, ROUND_HALF_UP))


def _sum_parts_of_targets(code, rows, printed, states) -> None:
    """Make a parent the sum of its parts where the printed parts add up; parts go with their parent."""
    if code == plan.COUNTED_COUNTY:
        return
    for parent, parts in _families(rows).items():
        if states[code, parent][1] is None:
            for part in parts:
                states[code, part] = ("no_task", None)
            continue
        total = sum((states[code, part][1] or Decimal(0) for part in parts), Decimal(0))
        if _printed_sum(parts, printed) == Decimal(printed[parent]["value"]):
            states[code, parent] = ("assessed", total)


def _printed_sum(parts: list[Key], printed: dict) -> Decimal:
    return sum((Decimal(printed[part].get("value") or 0) for part in parts), Decimal(0))


def _whole_task(key, row, codes, states) -> tuple[str, Decimal | None]:
    """Return the whole's task: the sum of its participants, or the standard they share."""
    values = [states[code, key][1] for code in codes if states[code, key][1] is not None]
    if not values:
        return "no_task", None
    if not row["additive"]:
        return "assessed", values[0]
    mismatched, extra = plan.SPLIT_MISMATCH
    return "assessed", sum(values, Decimal(0)) + (extra if key == mismatched else 0)


def _target_row(code, key, row, task, given) -> TargetRow:
    state, value = task
    comparison = given.get("comparison", "eq")
    text = None if value is None else str(value)
    if code == plan.COUNTED_COUNTY:
        return TargetRow(code, *key, state, text, comparison, given.get("printed", "/"), given.get("note", ""))
    words = {"ge": "不少于{}", "le": "不超过{}", "about": "约{}", "eq": "{}"}[comparison]
    amount = f"{_plain(value)}{row['unit']}" if text else ""
    printed = words.format(amount) if text else "/"
    return TargetRow(code, *key, state, text, comparison, printed, "演示数据")


# -- figures ------------------------------------------------------------------------------------


def _value(month: int, code: str, key: Key, row: dict, target: Decimal, seed: int) -> Decimal:
    """Return what a participant has reached by the end of a month, at the indicator's decimals."""
    rng = generator(seed, "figure", code, key)
    if row["accumulation"] == "flow" or key in plan.PACED:
        value = target * _share(month, code, key, row, rng)
    elif row["accumulation"] == "stock":
        value = target * _head_count(month, code, key, rng)
    else:
        value = _level(month, code, key, row, target, rng)
    # Down: a thing is counted when it is there. One to three of them would then all come at the
    # year's end, so the few open at half way.
    few = target <= 3 and row["additive"] and row["decimals"] == 0
    step = Decimal(1).scaleb(-row["decimals"])
    return value.quantize(step, ROUND_HALF_UP if few else ROUND_DOWN)


def _share(month: int, code: str, key: Key, row: dict, rng: Random) -> Decimal:
    """Return the share of the year's target reached; it never falls with the month."""
    curve = [Decimal(share) for share in plan.CURVES[row["category"]]]
    pace = Decimal(plan.PACE[code]) * draw(rng, "0.92", "1.10")
    paid_in = rng.choice((4, 5, 6, 7)) + (code in plan.SLOW)
    paid_share = Decimal(rng.choice(("1", "1", "0.985", "0.96", "0.91")))
    tied, share = plan.TIED.get(key, ((), None))
    fixed = plan.AUGUST_SHARE.get((code, key), share if code in tied else None)
    if fixed is not None:
        return Decimal(fixed) * curve[month - 1] / curve[-1]
    if row["category"] == "subsidy":  # 一次性发放; what is not paid out at once follows month by month
        late = Decimal(plan.PAID_LATE) * (MONTHS[-1] - month) if paid_share < 1 else Decimal(0)
        return paid_share * (1 - late) if month >= paid_in else Decimal(0)
    return min(curve[month - 1] * pace, Decimal(1))


def _head_count(month: int, code: str, key: Key, rng: Random) -> Decimal:
    """Return a month-end count as a share of the planned one (动态管理)."""
    start, step = draw(rng, "0.975", "1.01"), draw(rng, "0", "0.003")
    if (code, key) == plan.FALLING_STOCK:
        start, step = Decimal("1.012"), Decimal("-0.004")
    return start + step * month


def _level(month: int, code: str, key: Key, row: dict, target: Decimal, rng: Random) -> Decimal:
    """Return a rate or standard at month end; a share never exceeds 100 %."""
    if (code, key) in plan.STANDARD_VALUES:
        return Decimal(plan.STANDARD_VALUES[code, key])
    if row["direction"] == "at_most":
        return target * Decimal(rng.choice(("1", "1", "0.9", "0.8")))
    if row["unit"] == "倍":
        return target + draw(rng, "0", "0.12")
    if row["unit"] != "%":
        return target + (rng.choice((0, 0, 10, 20)) if key in plan.RAISED else 0)
    behind = draw(rng, "0.4", "1.2") * (8 - month)
    if target == 100:
        missing = draw(rng, "0.8", "4.2") if Decimal(plan.PACE[code]) < 1 else Decimal(0)
        return target - missing - behind
    ahead = (Decimal(plan.PACE[code]) - Decimal("0.85")) * 14 + draw(rng, "-1.5", "3")
    if row["direction"] == "about":
        ahead /= 2
    return max(min(target + ahead, Decimal(100)) - behind, Decimal(0))


def _align_parts(rows, tasks, values) -> None:
    """Make parents the sum of their parts where the targets add up, else keep parts below."""
    for parent, parts in _families(rows).items():
        for code in {code for code, key in values if key == parent}:
            own = [part for part in parts if (code, part) in values]
            if sum(tasks[code, part] for part in own) == tasks[code, parent]:
                values[code, parent] = sum((values[code, part] for part in own), Decimal(0))
                continue
            for part in own:
                values[code, part] = min(values[code, part], values[code, parent])


def _values_of_the_whole(rows, tasks, values) -> dict[tuple[str, Key], Decimal]:
    """Return the whole's own value where nothing can be summed (R6).

    Of shares the middle ground, rounded down so that one unit short of 100 % shows; of standards
    and limits the one in the middle.
    """
    found = {}
    for key, row in rows.items():
        units = [value for (_, other), value in values.items() if other == key]
        if not row["additive"] and units and (plan.WHOLE, key) in tasks:
            value = sum(units) / len(units) if row["unit"] == "%" else median_high(units)
            step = Decimal(1).scaleb(-row["decimals"])
            found[plan.WHOLE, key] = value.quantize(step, ROUND_DOWN)
    return found


# -- small parts --------------------------------------------------------------------------------


def _families(rows: dict[Key, dict]) -> dict[Key, list[Key]]:
    """Return the parts (其中) of each parent."""
    found = defaultdict(list)
    for key, row in rows.items():
        if row.get("part_of"):
            found[_sibling(key, row["part_of"])].append(key)
    return dict(found)


def _sibling(key: Key, name: str) -> Key:
    return key[0], key[1], name


def generator(seed: int, *parts: object) -> Random:
    """Return a generator that depends on the seed and the parts alone, and on no other draw."""
    return Random("/".join(map(str, (seed, *parts))))  # noqa: S311 - demo figures, no secrets


def draw(rng: Random, low: str, high: str) -> Decimal:
    """Return an exact four-decimal draw between two bounds; no float takes part."""
    return Decimal(rng.randint(int(Decimal(low) * 10000), int(Decimal(high) * 10000))) / 10000


def _plain(value: Decimal) -> str:
    """Return a number without trailing zeros or exponent: 64.50 → 64.5, 1E+2 → 100."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day_after(year: int, month: int, day: int) -> date:
    """Return that day of the month after the one reported on."""
    return date(year + month // 12, month % 12 + 1, day)
