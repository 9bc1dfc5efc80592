"""The month's tables as sheets of a workbook: participants × indicators of each project, and all of it as one list."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby

from livelihood.formats import state_parts
from livelihood.services import Refused
from livelihood.workbooks import Column, Sheet, amount
from projects.exports import rate_value, stored_value, target_value
from projects.matrix_page import MatrixPage
from projects.models import Indicator, Project, ReportingPeriod

#: How many cells one workbook of a month takes; more than a province has.
MOST_CELLS = 60_000
_STATES = {"not_begun": "未开始", "whole": "直接录入", "": ""}


def require_size(page: MatrixPage) -> None:
    """Raise Refused where the table has more cells than a workbook of one month should hold, or none at all."""
    cells = len(page.units) * len(page.indicators)
    if not cells:
        raise Refused("这里没有要填的指标，没有可以导出的数。")
    if cells > MOST_CELLS:
        raise Refused(f"这个月共有 {cells:,} 格，一次最多导出 {MOST_CELLS:,} 格；请按项目导出。")


def matrix_sheets(page: MatrixPage, *, facts: str, texts: Iterable[Project] = ()) -> Iterator[Sheet]:
    """Yield a sheet per project of the page; for a page of the whole month the list of all cells first.

    `texts`: projects that have nothing to count; the list names them.
    """
    projects = [list(group) for _, group in groupby(enumerate(page.indicators), key=lambda item: _project(item[1]).pk)]
    if page.project is None:
        yield _list_sheet(page, facts, texts)
    for numbered in projects:
        yield _project_sheet(page, numbered, facts)


def _project(indicator: Indicator) -> Project:
    return indicator.sub_project.project


def _project_sheet(page: MatrixPage, numbered: list[tuple[int, Indicator]], facts: str) -> Sheet:
    project = _project(numbered[0][1])
    columns = [Column("考核单位", 14)]
    if not page.by_agency:
        columns.append(Column("月报", 9))
    for _, indicator in numbered:
        columns += _columns(page.period, indicator, project)
    return Sheet(
        name=f"{project.seq} {project.name}",
        title=f"{project.seq} {project.name}（{page.period.label}）",
        columns=columns,
        rows=(_unit_row(page, row, [number for number, _ in numbered]) for row in page.rows),
        facts=facts,
        is_demo=page.programme.is_demo,
        frozen=1,
    )


def _columns(period: ReportingPeriod, indicator: Indicator, project: Project) -> list[Column]:
    sub_project = indicator.sub_project
    agency = f"（{sub_project.lead_agency}）" if sub_project.lead_agency else ""
    of = "其中：" if indicator.part_of_id else ""
    heads = (f"{sub_project.name or project.name}{agency}", f"{of}{indicator.name}（{indicator.unit}）")
    kinds = ("年度目标", f"{period.previous_word}累计", f"{period.this_word}累计", "完成率(%)")
    return [Column((*heads, kind), 12, is_number=True) for kind in kinds]


def _unit_row(page: MatrixPage, row: dict, numbers: list[int]) -> list:
    values = [row["unit"].printed_name]
    if not page.by_agency:
        values.append(_state(row["state"]))
    for number in numbers:
        values += cell_values(row["cells"][number])
    return values


def _state(code: str) -> str:
    return _STATES[code] if code in _STATES else state_parts(code)[1]


def cell_values(cell: dict) -> list:
    """Return what a cell's four columns say: target, last month, this month, rate."""
    line, indicator, task = cell["line"], cell["indicator"], cell["task"]
    return [
        target_value(task, line.get("shown_target"), indicator),
        None if cell["is_text"] else amount(line.get("last_value"), indicator.decimals),
        _value(cell),
        rate_value(line) if task == "assessed" else None,
    ]


def _value(cell: dict) -> Decimal | str | None:
    has_task = cell["task"] not in ("no_task", "not_applicable")
    if cell["is_sum"]:
        value = cell["line"].get("shown_value")
        return amount(value, cell["indicator"].decimals) if value is not None or has_task else "/"
    return stored_value(cell["figure"], cell["indicator"], has_task=has_task)


def _list_sheet(page: MatrixPage, facts: str, texts: Iterable[Project]) -> Sheet:
    """Return all cells of the month as a list to filter and to reckon with."""
    named = [f"{project.seq}{project.name}" for project in texts]
    return Sheet(
        name="全部",
        title=f"{page.programme.name}进展情况（{page.period.label}）",
        columns=[
            Column("序号", 6),
            Column("项目", 24),
            Column("牵头部门", 14),
            Column("子项", 16),
            Column("指标", 26),
            Column("单位", 8),
            Column("考核单位", 12),
            Column("月报", 9),
            Column("年度目标", 12, is_number=True),
            Column(f"{page.period.previous_word}累计", 12, is_number=True),
            Column(f"{page.period.this_word}累计", 12, is_number=True),
            Column("完成率(%)", 10, is_number=True),
            Column("提示", 30),
        ],
        rows=_list_rows(page),
        facts=facts,
        is_demo=page.programme.is_demo,
        frozen=7,
        notes=[f"文字类项目，没有要填的数：{'、'.join(named)}。"] if named else [],
    )


def _list_rows(page: MatrixPage) -> Iterator[list]:
    for number, indicator in enumerate(page.indicators):
        sub_project, project = indicator.sub_project, _project(indicator)
        for row in page.rows:
            cell = row["cells"][number]
            yield [
                project.seq,
                project.name,
                sub_project.lead_agency.name if sub_project.lead_agency else None,
                sub_project.name,
                indicator.name,
                indicator.unit,
                row["unit"].printed_name,
                _state(row["state"]),
                *cell_values(cell),
                cell["about"],
            ]
