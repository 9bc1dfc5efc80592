"""The page of plausibility as sheets: counts by unit and check, every flag, outliers, repeated reasons."""

from collections.abc import Iterator

from livelihood.workbooks import Column, Marked, Sheet
from supervision.outliers import KINDS
from supervision.pages.plausibility import FIGURE, PlausibilityPage


def plausibility_sheets(page: PlausibilityPage, *, facts: str) -> Iterator[Sheet]:
    """Yield the sheets of a period as the page's filters leave them; the counts are of all."""
    label = page.period.label
    shared = {"facts": facts, "is_demo": page.period.programme.is_demo}
    yield _counts_sheet(page, f"{label}提示和离群统计", shared)
    yield _flags_sheet(page, f"{label}提示清单", shared)
    yield _outliers_sheet(page, f"{label}离群清单", shared)
    yield _reasons_sheet(page, f"{label}重复的说明", shared)


def _counts_sheet(page: PlausibilityPage, title: str, shared: dict) -> Sheet:
    columns = page.columns()
    return Sheet(
        name="统计",
        title=title,
        columns=[
            Column("考核单位", 14),
            *(Column(column["title"], 12, is_number=True) for column in columns),
            Column("提示合计", 10, is_number=True),
            Column("没有说明", 10, is_number=True),
            Column("离群合计", 10, is_number=True),
        ],
        rows=(
            [
                row["unit"].printed_name,
                *(cell["count"] for cell in row["cells"]),
                row["total"],
                row["unanswered"],
                row["outliers"],
            ]
            for row in page.matrix()
        ),
        **shared,
    )


def _flags_sheet(page: PlausibilityPage, title: str, shared: dict) -> Sheet:
    return Sheet(
        name="提示清单",
        title=title,
        columns=[
            Column("考核单位", 12),
            Column("序号", 6),
            Column("项目", 20),
            Column("指标或资金", 24),
            Column("本期", 14),
            Column("上期", 14),
            Column("规则", 18),
            Column("提示", 50),
            Column("说明", 34),
            Column("佐证", 7, is_number=True),
            Column("填报人", 14),
        ],
        rows=(
            [
                row.unit.printed_name,
                row.project.seq,
                row.project.name,
                row.item,
                row.value,
                row.last,
                row.title,
                row.explanation,
                row.reason or Marked("没有说明", "red"),
                row.evidence if row.kind == FIGURE else None,
                row.who,
            ]
            for row in page.flags
        ),
        **shared,
    )


def _outliers_sheet(page: PlausibilityPage, title: str, shared: dict) -> Sheet:
    return Sheet(
        name="离群清单",
        title=title,
        columns=[
            Column("离群", 10),
            Column("考核单位", 12),
            Column("序号", 6),
            Column("项目", 20),
            Column("指标", 26),
            Column("本期", 14),
            Column("怎么算的", 60),
        ],
        rows=(
            [
                row["title"],
                row["unit"].printed_name,
                row["project"].seq,
                row["project"].name,
                row["item"],
                row["value"],
                row["words"],
            ]
            for row in page.outliers
        ),
        notes=[f"{kind.title}：{kind.rule}。" for kind in KINDS.values()],
        **shared,
    )


def _reasons_sheet(page: PlausibilityPage, title: str, shared: dict) -> Sheet:
    return Sheet(
        name="重复的说明",
        title=title,
        columns=[
            Column("考核单位", 12),
            Column("说明", 40),
            Column("次数", 8, is_number=True),
            Column("规则", 40),
            Column("备注", 16),
        ],
        rows=(
            [row["unit"].printed_name, row["reason"], row["count"], row["titles"], _note(row)]
            for row in page.repeated()
        ),
        **shared,
    )


def _note(row: dict) -> str:
    return "没有说明什么" if row["is_empty"] else "系统给的选项" if row["is_offered"] else ""
