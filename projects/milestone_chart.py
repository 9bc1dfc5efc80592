"""The plan chart of a project as coordinates: the year's axis, steps of thresholds, rates by month, the day's line.

Nothing here calculates: rates and steps come from the statement of `projects/milestones.py`; a coordinate is not a
figure. One band per indicator, one under the other over the same axis, and a track for dated tasks.
"""

import calendar
import datetime
from dataclasses import dataclass, field
from decimal import Decimal

from livelihood.formats import format_day, format_number, format_printed, state_parts

#: The drawing in the units of its viewBox: its width, where the year begins and ends, and the heights of its parts.
WIDTH, LEFT, RIGHT = 1240, 48, 1076
TOP, TRACK, HEAD, BAND, FOOT = 22, 30, 50, 92, 24
#: How much room a milestone's label takes, and how far from its mark it may stand: above, below, and a line further.
LABEL_WIDTH, LABEL_HEIGHT = 104, 14
LABEL_OFFSETS = (-8, 16, -22, -36, 30)


@dataclass
class Band:
    """What a band draws: an indicator, its milestones with the unit's cells, and its (period, rate) points."""

    label: str
    milestones: list
    cells: dict
    points: list[tuple]


@dataclass
class Chart:
    """What the template draws."""

    width: int = WIDTH
    left: int = LEFT
    right: int = RIGHT
    height: int = 0
    foot: int = 0
    months: list[dict] = field(default_factory=list)
    day: dict = field(default_factory=dict)
    tasks: list[dict] = field(default_factory=list)
    track: int | None = None
    bands: list[dict] = field(default_factory=list)


def chart_of(bands: list[Band], tasks: list[dict], day: datetime.date, unit_name: str) -> Chart:
    """Return the chart of a project's bands and dated tasks on `day`; `unit_name` is whose line it is."""
    chart = Chart()
    base = TOP
    if tasks:
        chart.track = base + 12
        chart.tasks = [
            {"x": _x(row["task"].due_on), "y": chart.track} | {key: row[key] for key in ("sign", "tone", "words")}
            for row in tasks
        ]
        base += TRACK
    for band in bands:
        chart.bands.append(_band(band, base, day, unit_name))
        base += HEAD + BAND
    chart.foot = base + 6
    chart.height = chart.foot + FOOT
    chart.months = [
        {
            "x": _x(datetime.date(day.year, month, 1)),
            "middle": round((_x(datetime.date(day.year, month, 1)) + _end(day.year, month)) / 2, 1),
            "label": f"{month}月",
        }
        for month in range(1, 13)
    ]
    x = _x(day)
    chart.day = {"x": x, "label": format_day(day), "anchor": "end" if x > RIGHT - 40 else "middle"}
    return chart


def _x(day: datetime.date) -> float:
    """Return where a day lies: its end, so that 31 December is the end of the axis and 1 January its beginning."""
    length = 366 if calendar.isleap(day.year) else 365
    passed = day.timetuple().tm_yday - (0 if day.month == 12 and day.day == 31 else 1)
    return round(LEFT + passed / length * (RIGHT - LEFT), 1)


def _end(year: int, month: int) -> float:
    return float(RIGHT) if month == 12 else _x(datetime.date(year, month + 1, 1))


def _band(band: Band, base: int, day: datetime.date, unit_name: str) -> dict:
    floor = base + HEAD + BAND
    steps = [(milestone, band.cells.get(milestone.pk)) for milestone in band.milestones]
    heights = [cell["step"] for _, cell in steps if cell and cell["step"] is not None]
    top = max(Decimal(100), *(rate for _, rate in band.points), *heights)

    def y(rate: Decimal) -> float:
        return round(float(floor - rate / top * BAND), 1)

    points = [(_x(period.as_of), y(rate)) for period, rate in band.points]
    marks = _marks(steps, y, day)
    last = points[-1] if points else None
    return {
        "label": band.label,
        "head": base + 25,
        "floor": floor,
        "top": floor - BAND,
        "ticks": [{"y": y(Decimal(value)), "label": value} for value in (0, 50, 100)],
        "steps": _steps(marks),
        "marks": marks,
        "points": " ".join(f"{x},{y}" for x, y in points),
        "dots": points,
        "end": last,
        "end_label": f"{unit_name} {format_printed(band.points[-1][1])}%" if points else "",
    }


def _marks(steps: list[tuple], y, day: datetime.date) -> list[dict]:
    """Return the milestones as marks with their labels, each where it runs into none of those before it."""
    marks, taken = [], []
    for milestone, cell in steps:
        if cell is None or cell["step"] is None:
            continue
        x, height = _x(milestone.due_on), y(cell["step"])
        label_y, anchor = _label_place(x, height, taken)
        sign, _, tone = state_parts(cell["status"])
        marks.append(
            {
                "x": x,
                "y": height,
                "label": f"{sign} {format_day(milestone.due_on)} {_asked(milestone)}",
                "label_y": label_y,
                "anchor": anchor,
                "tone": tone,
                "is_past": milestone.due_on <= day,
            }
        )
    return marks


def _label_place(x: float, height: float, taken: list[tuple[float, float]]) -> tuple[float, str]:
    """Return baseline and anchor of the label of a mark, noting in `taken` (left end, baseline) what it covers."""
    tried = []
    for offset in LABEL_OFFSETS:
        # Below its mark it begins beside the riser of the stairs, which would strike it out.
        is_start = offset > 0 or x < LEFT + LABEL_WIDTH / 2
        anchor = "end" if x > RIGHT - 20 else "start" if is_start else "middle"
        left = x - {"start": 0, "middle": LABEL_WIDTH / 2, "end": LABEL_WIDTH}[anchor]
        tried.append((left, height + offset, anchor))
        if not any(
            abs(left - other) < LABEL_WIDTH and abs(height + offset - line) < LABEL_HEIGHT for other, line in taken
        ):
            break
    else:
        tried = tried[:1]
    left, baseline, anchor = tried[-1]
    taken.append((left, baseline))
    return baseline, anchor


def _asked(milestone) -> str:
    unit = "%" if milestone.measure == milestone.Measure.RATE else milestone.indicator.unit
    return f"{format_number(milestone.threshold)}{unit}"


def _steps(marks: list[dict]) -> str:
    """Return the stairs: nothing before the first milestone, level from each to the next, and on to the year's end."""
    path, floor = [], None
    for mark in marks:
        if floor is not None:
            path.append(f"{mark['x']},{floor}")
        path.append(f"{mark['x']},{mark['y']}")
        floor = mark["y"]
    if floor is not None:
        path.append(f"{RIGHT},{floor}")
    return " ".join(path)
