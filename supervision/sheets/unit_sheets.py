"""One unit's page as sheets: every line with its yardsticks and what is left, money, places by month."""

from collections.abc import Iterator
from decimal import Decimal

from funding.amounts import UNITS
from livelihood.workbooks import Column, Marked, Sheet, amount, printed
from supervision.pages.line_words import NO_TASK_WORDS, indicator_label
from supervision.pages.unit_money import UNIT, UnitMoney
from supervision.pages.unit_page import UnitPage
from supervision.unit_sql import LOST_DECIMALS

NUMBER = {"is_number": True}


def unit_sheets(
    page: UnitPage, money: UnitMoney, places: dict | None, *, facts: str, sums: dict | None
) -> Iterator[Sheet]:
    """Yield the sheets of a unit within the page's scope; what the scope hides is left out."""
    title = f"{page.period.label}{page.participant.printed_name}"
    shared = {"facts": facts, "is_demo": page.period.programme.is_demo}
    yield _lines_sheet(page, f"{title}进度与失分", sums, shared)
    if money.rows:
        yield _money_sheet(money, f"{title}资金与进度（{UNIT}）", shared)
    if places:
        yield _places_sheet(page, places["rows"], f"{title}各月位次", shared)


def _lines_sheet(page: UnitPage, title: str, sums: dict | None, shared: dict) -> Sheet:
    notes = ["失分：这一项从综合得分里失去的分，各行相加等于合计；还差：到那条线还要完成的数量，按指标的小数位进上去。"]
    if sums:
        notes.append(f"{sums['full']}−{sums['lost']}＝{sums['kept']}，得分{sums['score']}。")
    return Sheet(
        name="进度与失分",
        title=title,
        columns=[
            Column("序号", 6),
            Column("项目", 22),
            Column("指标", 26),
            Column("单位", 8),
            Column("年度目标", 12, **NUMBER),
            Column("累计完成", 12, **NUMBER),
            Column("完成率(%)", 10, **NUMBER),
            Column("位次", 7, **NUMBER),
            Column("项目得分", 9, **NUMBER),
            Column("失分", 10, **NUMBER),
            Column(("全省平均", "公布数"), 9, **NUMBER),
            Column(("全省平均", "相差"), 9, **NUMBER),
            Column(("全省平均", "还差"), 11, **NUMBER),
            Column((page.whole_name, "相差"), 9, **NUMBER),
            Column((page.whole_name, "还差"), 11, **NUMBER),
            Column(("时序或节点", "应达到"), 9, **NUMBER),
            Column(("时序或节点", "相差"), 9, **NUMBER),
            Column(("时序或节点", "还差"), 11, **NUMBER),
            Column("距年度目标", 12, **NUMBER),
            Column("状态", 12),
        ],
        rows=(_line(page, row) for row in page.lines),
        frozen=3,
        notes=notes,
        **shared,
    )


def _line(page: UnitPage, row: dict) -> list:
    indicator = page.indicators[row["indicator_id"]]
    project, places, decimals = indicator.sub_project.project, row["value_decimals"], page.decimals
    has_task, in_scope = row["status"] not in NO_TASK_WORDS, page.scope.sees_all_units(indicator)
    is_hidden = project.pk in page.hidden
    written = page.line(row)
    return [
        project.seq,
        project.name,
        indicator_label(indicator),
        indicator.unit,
        amount(row["shown_target"], places) if has_task else "/",
        amount(row["shown_value"], places) if has_task else "/",
        printed(row["rate"], decimals) if row["rate"] is not None else None,
        written["place"],
        None if is_hidden else printed(row["project_score"], decimals),
        printed(written["lost_value"], LOST_DECIMALS),
        amount(row["benchmark"], row["benchmark_decimals"] or 0),
        _gap(row["gap_to_benchmark"], row["benchmark_decimals"] or 0, is_below=bool(row["below_benchmark"])),
        amount(row["left_benchmark"], places),
        _gap(row["gap_to_city"], decimals) if in_scope else None,
        amount(row["left_city"], places) if in_scope else None,
        printed(row["expected_rate"], decimals),
        _gap(row["gap_to_expected"], decimals),
        amount(row["left_expected"], places),
        amount(row["left_target"], places),
        written["status_word"],
    ]


def _gap(gap: Decimal | None, decimals: int, *, is_below: bool | None = None) -> Marked:
    below = gap is not None and gap < 0 if is_below is None else is_below
    return Marked(amount(gap, decimals), "red" if below else "")


def _money_sheet(money: UnitMoney, title: str, shared: dict) -> Sheet:
    return Sheet(
        name="资金与进度",
        title=title,
        columns=[
            Column("序号", 6),
            Column("项目", 26),
            Column("资金类别", 12),
            *(Column(name, 14, **NUMBER) for name in ("计划", "到位", "拨付", "支出")),
            Column("拨付÷计划(%)", 12, **NUMBER),
            Column("建设进度(%)", 16),
            Column("资金与进度", 46),
        ],
        rows=(_money_row(row, money.page.decimals) for row in money.rows),
        frozen=2,
        **shared,
    )


def _money_row(row: dict, decimals: int) -> list:
    marks = "；".join(f"{mark['word']}：{mark['sentence']}" for mark in row["marks"])
    return [
        row["project"].seq,
        row["project"].name,
        row["kind"],
        *(None if value is None else amount(value.scaleb(-UNITS[UNIT]), 2) for value in row["stored"]),
        printed(row["paid_value"], decimals),
        row["works"],
        Marked(marks, "red") if marks else None,
    ]


def _places_sheet(page: UnitPage, rows: list[dict], title: str, shared: dict) -> Sheet:
    return Sheet(
        name="各月位次",
        title=title,
        columns=[
            Column("填报期", 18),
            Column("综合位次", 10, **NUMBER),
            Column("参加排名", 10, **NUMBER),
            Column("综合得分", 11, **NUMBER),
            Column("说明", 14),
            Column("依据", 40),
        ],
        rows=(
            [
                row["period"].label,
                row["place"],
                row["of"] or None,
                printed(row["score"], page.decimals),
                "因任务调整" if row["adjusted"] else row["words"],
                row["basis"],
            ]
            for row in rows
        ),
        **shared,
    )
