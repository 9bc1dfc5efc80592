"""What every export of a month says of itself, and the texts its sheets share."""

from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from livelihood.formats import format_date, format_long_moment, state_parts
from livelihood.models import User
from livelihood.workbooks import Marked, amount
from projects.models import Figure, Indicator, ReportingPeriod

#: Which figures a live export counts, as its facts say it.
LIVE = "实时"
GAP = "\N{IDEOGRAPHIC SPACE}"


def facts_line(period: ReportingPeriod, user: User, *, basis: str, about: str = "", now: datetime | None = None) -> str:
    """Return what stands under the title: whose, until when, on which basis, exported when and by whom."""
    facts = [
        about or f"单位：{period.programme.office.name}",
        f"数据截至：{format_date(period.as_of)}",
        f"依据：{basis}",
        f"导出：{format_long_moment(now or timezone.now())} {user}",
    ]
    return GAP.join(facts)


def stored_value(figure: Figure | None, indicator: Indicator, *, has_task: bool) -> Decimal | str | None:
    """Return what is stored in a cell: a number, a text, nothing for a blank one, "/" where there is no task."""
    if figure is not None and figure.state == Figure.State.TEXT:
        return figure.text
    value = figure.value if figure is not None else None
    if value is None:
        return None if has_task else "/"
    return amount(value, indicator.decimals)


def target_value(task: str, target: Decimal | None, indicator: Indicator) -> Decimal | str | None:
    """Return a target as a number, or the word why there is none: 无任务, 任务未分解, 文字类."""
    return amount(target, indicator.decimals) if task == "assessed" else state_parts(task)[1]


def rate_value(line: dict) -> Decimal | str | None:
    """Return a line's rate as the statement printed it; 达标 for a nil that is best."""
    if line.get("is_zero_best"):
        return "达标"
    rate = line.get("rate")
    return Marked(rate, "red") if rate is not None and line.get("is_behind") else rate


def said_of(row: dict) -> str:
    """Return what is said under a line of a report: returns, opinions, flags with their answers."""
    said = []
    note = row["note"]
    if note is not None and note.is_returned:
        said.append(f"退回：{note.review.reason}")
        if note.review.answer:
            said.append(f"已说明：{note.review.answer}")
    if note is not None:
        said += [f"{objection.agency}异议：{objection.reason}" for objection in note.objections]
    said += [f"提示：{flag.explanation}" for flag in row["flags"]]
    if row["reason"]:
        said.append(f"说明：{row['reason']}")
    return "；".join(said)


def shown_rows(sections: list[dict], show: str) -> list[tuple[dict, dict | None]]:
    """Return (section, row) of a report's lines in order; a section without rows once, with None.

    `show`: the page's filter, by which only the rows of that state are left.
    """
    found = []
    for section in sections:
        rows = [row for row in section["rows"] if not show or show in row["states"]]
        if section["rows"] or show:
            found += [(section, row) for row in rows]
        else:
            found.append((section, None))
    return found
