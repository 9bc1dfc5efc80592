"""One project as a workbook: an indicator per sheet, its units against the yardsticks, month by month."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from livelihood.workbooks import Column, Marked, Sheet, amount, printed
from supervision.pages.line_words import NO_TASK_WORDS
from supervision.pages.project_page import MonthLines, ProjectPage
from supervision.pages.yardsticks import is_far_below


def project_sheets(pages: Iterable[ProjectPage], *, facts: str) -> Iterator[Sheet]:
    """Yield a sheet per indicator within the page's scope; what the scope hides is left out, not blank."""
    for number, page in enumerate(pages, 1):
        period = page.standings.period
        yield Sheet(
            name=f"{number} {page.indicator.name}"[:31],
            title=f"{period.label} {page.project.seq} {page.project.name} {page.label}",
            columns=_columns(page),
            rows=(_row(page, row, line) for row, line in zip(page.rows, page.lines, strict=True)),
            totals=[_total(page)] if page.total else [],
            notes=[page.formula(), *page.left_out()],
            facts=facts,
            is_demo=period.programme.is_demo,
        )


def _columns(page: ProjectPage) -> list[Column]:
    number = {"is_number": True}
    schedule = "节点" if page.first["has_plan"] else "时序"
    figure = "累计完成" if page.first["accumulation"] == "flow" else "月末数"
    average = "" if page.first["benchmark_measure"] == "value" else "%"
    return [
        Column("考核单位", 14),
        Column(f"目标（{page.indicator.unit}）", 12, **number),
        Column(figure, 12, **number),
        Column("完成率(%)", 10, **number),
        Column("位次", 7, **number),
        Column("较上月", 8, **number),
        Column(("全省平均", f"公布数{average}"), 10, **number),
        Column(("全省平均", "相差"), 10, **number),
        Column((f"{page.city_name}(%)", "相差"), 10, **number),
        Column((f"{schedule}(%)", "应达到"), 10, **number),
        Column((f"{schedule}(%)", "相差"), 10, **number),
        Column("状态", 12),
        *(Column(("各月完成率(%)", month.label), 9, **number) for month in page.months),
    ]


def _row(page: ProjectPage, row: dict, line: dict) -> list:
    place = line["place"] if page.in_scope else None
    months = [(month, month.lines.get(line["participant_id"])) for month in page.months]
    return [
        row["name"],
        *_figures(page, line, place, row["change"]),
        row["status_word"],
        *_rates(months, row["months"]),
    ]


def _total(page: ProjectPage) -> list:
    months = [(month, month.whole) for month in page.months]
    name = f"{page.total['name']}{'合计' if page.total['is_sum'] else ''}{page.total['excluding']}"
    word = page.total["status_word"] or "有单位未报，不比较"
    return [name, *_figures(page, page.whole, None, None), word, *_rates(months, page.total["months"])]


def _figures(page: ProjectPage, line: dict, place: int | None, change: int | None) -> list:
    """Return target, value, rate, place, change, average and gaps of a line."""
    decimals, has_task = page.decimals, line["status"] not in NO_TASK_WORDS
    below = "red" if line["below_benchmark"] else ""
    sign = ("▼" if is_far_below(line) else "▽") if below else ""
    return [
        amount(line["shown_target"], line["value_decimals"]) if has_task else "/",
        amount(line["shown_value"], line["value_decimals"]) if has_task else "/",
        printed(line["rate"], decimals),
        place,
        change,
        _average(line, line["benchmark"]),
        Marked(_average(line, line["gap_to_benchmark"]), below, sign),
        _gap(line["gap_to_city"], decimals) if page.in_scope else None,
        printed(line["expected_rate"], decimals),
        _gap(line["gap_to_expected"], decimals),
    ]


def _average(line: dict, value: Decimal | None) -> Decimal | None:
    return None if value is None else printed(value, line["benchmark_decimals"])


def _gap(gap: Decimal | None, decimals: int) -> Marked:
    return Marked(printed(gap, decimals), "red" if gap is not None and gap < 0 else "")


def _rates(months: list[tuple[MonthLines, dict | None]], words: list[str]) -> list:
    """Return each month's rate as a number, or the word the page has in its place."""
    return [
        word if line is None or line["rate"] is None else printed(line["rate"], month.decimals)
        for (month, line), word in zip(months, words, strict=True)
    ]
