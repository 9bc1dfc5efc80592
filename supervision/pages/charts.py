"""Charts as data: what a line, a panel or a bar is, in the house's colours, for static/js/charts.js to draw.

Every figure comes printed from the standings statement and is drawn as it came; nothing is calculated here but where a
scale ends. Colours are names of tokens in static/css/app.css. A chart never stands alone: a table beside it says the
same, and is all there is where no script runs.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

#: How a series looks: colour, width, dashes, points. The names say what it stands for.
LOOKS = {
    "own": {"color": "--accent", "width": 2, "type": "solid", "symbol": "circle"},
    "province": {"color": "--ink-2", "width": 1.5, "type": [5, 3], "symbol": "none"},
    "city": {"color": "--ink-2", "width": 1.5, "type": [1.5, 2.5], "symbol": "none"},
    "schedule": {"color": "--line-strong", "width": 1.5, "type": "solid", "symbol": "none"},
    "plan": {"color": "--amber", "width": 1.5, "type": "solid", "symbol": "none", "step": "end"},
    "other": {"color": "--carried", "width": 1.5, "type": "solid", "symbol": "circle"},
}
TONES = {"red": "--red", "amber": "--amber", "green": "--green", "blue": "--accent", "grey": "--ink-3", "": "--ink-2"}

#: The mark in a legend, which would stretch the named one to the width of a line.
DIAMOND = "path://M5,0L10,5L5,10L0,5Z"

#: Panels in a row, and the heights of a panel, of the legend above them and of one chart, in px.
PANELS_ACROSS = 4
PANEL_HEIGHT, LEGEND_HEIGHT, CHART_HEIGHT = 150, 30, 260


@dataclass
class Series:
    """One line: its name in the legend, a value or None for each label, and its look (a key of `LOOKS`)."""

    name: str
    values: Sequence[Decimal | None]
    look: str = "own"


@dataclass
class Panel:
    """One of several small charts on the same scale: its head, its lines, and diamonds as (index of label, value)."""

    name: str
    value: str
    note: str
    tone: str
    series: list[Series]
    marks: list[tuple[int, Decimal]] = field(default_factory=list)


def line_chart(
    name: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    sentence: str,
    marks: Sequence[tuple[int, Decimal]] = (),
    marks_name: str = "节点",
    unit: str = "%",
    inverse: bool = False,
) -> dict:
    """Return one chart of lines over `labels` (months). `inverse` puts 1 on top; `sentence` says it aloud."""
    values = [value for row in series for value in row.values] + [value for _, value in marks]
    option = _option(unit) | {
        "grid": [{"left": 44, "right": 24, "top": LEGEND_HEIGHT + 8, "bottom": 26}],
        "xAxis": [_labels_axis(labels, 0)],
        "yAxis": [_value_axis(0, *_scale(values, unit=unit, inverse=inverse), inverse=inverse)],
        "series": [_line(row, 0) for row in series] + _diamonds(marks_name, marks, 0),
    }
    return _chart(name, sentence, option, CHART_HEIGHT)


def small_multiples(
    name: str,
    labels: Sequence[str],
    panels: Sequence[Panel],
    *,
    sentence: str,
    marks_name: str = "节点",
    unit: str = "%",
    across: int = PANELS_ACROSS,
) -> dict:
    """Return a chart of panels side by side, all on one scale. Their lines of the same name share a legend."""
    values = [value for panel in panels for row in panel.series for value in row.values]
    values += [value for panel in panels for _, value in panel.marks]
    scale = _scale(values, unit=unit)
    share = Decimal(100) / across
    option = _option(unit) | {"title": [], "grid": [], "xAxis": [], "yAxis": [], "series": []}
    for number, panel in enumerate(panels):
        row, column = divmod(number, across)
        top, left = LEGEND_HEIGHT + row * PANEL_HEIGHT, f"{column * share + Decimal('2.6')}%"
        option["title"].append(_head(panel, f"{column * share + Decimal('0.7')}%", top))
        option["grid"].append(
            {"left": left, "top": top + 28, "width": f"{share - Decimal('4.2')}%", "height": PANEL_HEIGHT - 58}
        )
        option["xAxis"].append(_labels_axis(labels, number))
        option["yAxis"].append(_value_axis(number, *scale))
        option["series"] += [_line(line, number) for line in panel.series] + _diamonds(marks_name, panel.marks, number)
    rows = -(-len(panels) // across)
    return _chart(name, sentence, option, LEGEND_HEIGHT + rows * PANEL_HEIGHT)


def bars(
    name: str,
    labels: Sequence[str],
    values: Sequence[Decimal | None],
    *,
    sentence: str,
    tones: Sequence[str] = (),
    yardsticks: Sequence[tuple[str, Decimal, str]] = (),
    unit: str = "%",
) -> dict:
    """Return lying bars, the first on top; `tones` colours them, `yardsticks` are (name, value, look)."""
    data = [
        {"value": _drawn(value), "itemStyle": {"color": TONES[tones[at]] if tones else "--accent"}}
        for at, value in enumerate(values)
    ]
    lowest, highest = _scale([*values, *(value for _, value, _ in yardsticks)], unit=unit)
    lines = [
        {"name": label, "xAxis": _drawn(value), "lineStyle": _line_style(look), "label": {"formatter": "{b}"}}
        for label, value, look in yardsticks
    ]
    option = _option(unit) | {
        "grid": [{"left": 8, "right": 64, "top": LEGEND_HEIGHT, "bottom": 8, "containLabel": True}],
        "xAxis": [_value_axis(0, lowest, highest) | {"interval": highest if highest % 2 else highest // 2}],
        "yAxis": [_labels_axis(labels, 0) | {"inverse": True}],
        "series": [
            {
                "type": "bar",
                "data": data,
                "barMaxWidth": 14,
                "label": {"show": True, "position": "right", "color": "--ink", "fontSize": 12},
                "markLine": {"symbol": "none", "silent": True, "animation": False, "data": lines},
            }
        ],
    }
    return _chart(name, sentence, option, LEGEND_HEIGHT + 30 + 24 * len(labels))


def _chart(name: str, sentence: str, option: dict, height: int) -> dict:
    # A line without points has none in the legend either, which draws a circle where it is not told.
    pointless = {row["name"] for row in option["series"] if row.get("symbol") == "none"}
    names = dict.fromkeys(row["name"] for row in option["series"] if "name" in row)
    marks = {row["name"] for row in option["series"] if row["type"] == "scatter"}
    option["legend"]["data"] = [
        {"name": label}
        | ({"itemStyle": {"opacity": 0}} if label in pointless else {})
        | ({"icon": DIAMOND} if label in marks else {})
        for label in names
    ]
    return {"name": name, "sentence": sentence, "height": height, "option": option}


def _option(unit: str) -> dict:
    """Return what all charts share: no movement, the house's type, what a line says under the pointer."""
    return {
        "animation": False,
        "textStyle": {"color": "--ink-2", "fontSize": 11},
        "legend": {
            "top": 2,
            "right": 12,
            "itemWidth": 26,
            "itemHeight": 9,
            "itemGap": 18,
            "selectedMode": False,
            "textStyle": {"color": "--ink-2", "fontSize": 12},
        },
        "tooltip": {
            "trigger": "axis",
            "confine": True,
            "transitionDuration": 0,
            "padding": [6, 10],
            "textStyle": {"color": "--ink", "fontSize": 12},
            "unit": unit,
        },
    }


def _labels_axis(labels: Sequence[str], number: int) -> dict:
    return {
        "type": "category",
        "gridIndex": number,
        "data": list(labels),
        "boundaryGap": False,
        "axisLine": {"lineStyle": {"color": "--line-strong"}},
        "axisTick": {"show": False},
        "axisLabel": {"color": "--ink-2", "fontSize": 11, "hideOverlap": True},
    }


def _value_axis(number: int, lowest: int, highest: int, *, inverse: bool = False) -> dict:
    return {
        "type": "value",
        "gridIndex": number,
        "min": lowest,
        "max": highest,
        "inverse": inverse,
        "splitNumber": 2,
        "minInterval": 1,
        "splitLine": {"lineStyle": {"color": "--line"}},
        "axisLabel": {"color": "--ink-2", "fontSize": 11},
    }


def _scale(values: Sequence[Decimal | None], *, unit: str, inverse: bool = False) -> tuple[int, int]:
    """Return where a scale begins and ends: rates at 100 or the next 50, others at 1, 2, 5, 10 …; places from 1."""
    known = [value for value in values if value is not None]
    if inverse:
        return 1, max([2, *(int(value) for value in known)])
    highest = math.ceil(max([Decimal(0), *known]))
    if unit == "%":
        return 0, max(100, -(-highest // 50) * 50)
    steps = (step * 10**zeros for zeros in itertools.count() for step in (1, 2, 5))
    return 0, next(step for step in steps if step >= highest)


def _line(series: Series, number: int) -> dict:
    look = LOOKS[series.look]
    return {
        "type": "line",
        "name": series.name,
        "xAxisIndex": number,
        "yAxisIndex": number,
        "data": [_drawn(value) for value in series.values],
        "symbol": look["symbol"],
        "symbolSize": 5,
        "showAllSymbol": True,
        "step": look.get("step", False),
        "lineStyle": _line_style(series.look),
        "itemStyle": {"color": look["color"]},
        "emphasis": {"disabled": True},
        "z": 3 if series.look == "own" else 2,
    }


def _line_style(look: str) -> dict:
    return {key: LOOKS[look][key] for key in ("color", "width", "type")}


def _diamonds(name: str, marks: Sequence[tuple[int, Decimal]], number: int) -> list[dict]:
    if not marks:
        return []
    return [
        {
            "type": "scatter",
            "name": name,
            "xAxisIndex": number,
            "yAxisIndex": number,
            "symbol": "diamond",
            "symbolSize": 11,
            "data": [[index, _drawn(value)] for index, value in marks],
            "itemStyle": {"color": "--surface", "borderColor": "--amber", "borderWidth": 1.5},
            "emphasis": {"disabled": True},
            "z": 4,
        }
    ]


def _head(panel: Panel, left: str, top: int) -> dict:
    """Return a panel's head: name, value, what it says beside the yardstick."""
    parts = (("name", panel.name), ("value", panel.value), ("note", panel.note))
    bold = {"fontWeight": "bold", "fontSize": 13, "lineHeight": 20}
    return {
        "text": "  ".join(f"{{{style}|{_plain(text)}}}" for style, text in parts if text),
        "left": left,
        "top": top,
        "padding": 0,
        "textStyle": {
            "rich": {
                "name": bold | {"color": "--ink"},
                "value": bold | {"color": "--accent"},
                "note": bold | {"color": TONES[panel.tone], "fontSize": 12},
            }
        },
    }


def _plain(text: str) -> str:
    """Return a text without the signs that mean something in a head."""
    return text.replace("{", "（").replace("}", "）").replace("|", "丨")


def _drawn(value: Decimal | None) -> str | None:
    """Return a value as it was printed: a string, so that 80.00 stays 80.00 under the pointer. None leaves a gap."""
    return None if value is None else f"{value:f}"
