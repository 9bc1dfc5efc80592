"""The small line of a unit's overall places through a year: drawn on the server, with the places as its text."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from projects.models import ReportingPeriod
from supervision.models import Snapshot
from supervision.pages.history import stored_places

#: The drawing and its margin, in px.
WIDTH, HEIGHT, EDGE = 58, 20, 4


def months_label(months: Sequence[ReportingPeriod]) -> str:
    """Return which months a line runs through: 1—8月; "" of one alone."""
    first, last = months[0].ends_on.month, months[-1].ends_on.month
    return "" if len(months) < 2 else f"{first}—{last}月"


def place_line(months: Sequence[ReportingPeriod], places: Sequence[int | None], units: int) -> SafeString:
    """Return an <svg> of the places in `months`, the first place on top; a month without one breaks the line."""
    runs, words, last = [[]], [], ""
    for at, (month, place) in enumerate(zip(months, places, strict=True)):
        name = f"{month.ends_on.month}月" if month.kind == ReportingPeriod.Kind.MONTH else month.label
        if place is None:
            runs.append([])
            words.append(f"{name}没有位次")
            continue
        x = EDGE + (WIDTH - 2 * EDGE) * at // max(len(months) - 1, 1)
        y = EDGE + (HEIGHT - 2 * EDGE) * (place - 1) // max(units - 1, 1)
        runs[-1].append(f"{x},{y}")
        words.append(f"{name}第{place}名")
        last = (x, y) if at == len(months) - 1 else ""
    lines = format_html_join("", '<polyline points="{}"/>', ((" ".join(run),) for run in runs if len(run) > 1))
    # A month between two without a place has nothing to be joined to.
    dots = format_html_join("", '<circle cx="{}" cy="{}" r="1"/>', (run[0].split(",") for run in runs if len(run) == 1))
    end = format_html('<circle cx="{}" cy="{}" r="2.5"/>', *last) if last else ""
    return format_html(
        '<svg class="place-line" role="img" width="{}" height="{}"><title>{}</title>{}{}{}</svg>',
        WIDTH, HEIGHT, "，".join(words), lines, dots, end,
    )  # fmt: skip


def add_place_lines(
    columns: list[dict], months: Sequence[tuple[ReportingPeriod, Snapshot | None]], period: ReportingPeriod
) -> None:
    """Give each column the line of its places in `months`, as they were frozen, and in `period` itself. One query."""
    places = stored_places([row for _, row in months if row])
    by_month = [places.get(row.pk, {}) if row else {} for _, row in months]
    every = [*(month for month, _ in months), period]
    units = sum(1 for column in columns if column["ranked"])
    for column in columns:
        own = [*(found.get(column["participant_id"]) for found in by_month), column["place"]]
        column["line"] = place_line(every, own, units) if any(own) else ""
