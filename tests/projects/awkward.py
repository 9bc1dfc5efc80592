"""Awkward returns built in code, each with its truth: what counties send instead of our template.

Figures are made up; names and targets are those of the catalogue in fixtures/ and, for two published tables, of
tests/data/.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl

TAIHE = "341222"
ROADS, TITLE = '"四好农村路"建设', "太和县2020年民生工程进展情况表（2020年1—8月）"
# seq, project, sub-item, indicator, unit, target of 太和县, a figure
ROWS = [
    (4, ROADS, "", "农村公路扩面延伸工程", "公里", 64.25, 40.5),
    (4, ROADS, "", "县乡公路大中修里程", "公里", 62, 30),
    (5, "农村危房改造", "", "新增农村危房改造", "户", 500, 320),
    (9, "贫困残疾人康复", "", "残疾儿童康复训练", "名", 200, 150),
    (14, "就业创业促进", "", "公益性岗位", "个", 350, 210),
    (14, "就业创业促进", "", "就业见习", "名", 240, 180),
    (23, "城乡居民基本养老保险", "", "当年缴费人数", "万人", 55.08, 50.12),
    (11, "美丽乡村建设", "", "农村生活垃圾无害化处理率", "%", 70, 65.5),
]


@dataclass
class Return:
    """One file and its truth. `truth`: (participant, seq, sub-item, indicator) → value as text, None for blank;
    `funds`: (participant, seq, sub-item, kind, source, stage) → 元 as text.

    `asked`, `asked_funds`: keys that must not be taken but asked about → where they stand ("F5", "Sheet2!F5");
    `codes`: issues that must be there; a `clean` file raises no issue at all; `refused`: the file is not taken as a
    whole.
    """

    name: str
    covers: str
    build: Callable[[Path], Path]
    truth: dict = field(default_factory=dict)
    asked: dict = field(default_factory=dict)
    funds: dict = field(default_factory=dict)
    asked_funds: dict = field(default_factory=dict)
    codes: set = field(default_factory=set)
    clean: bool = True
    refused: str = ""
    participant: str | None = None


RETURNS: list[Return] = []


def key(row, participant=TAIHE):
    return (participant, row[0], row[2], row[3])


def truth_of(rows, participant=TAIHE) -> dict:
    return {key(row, participant): None if row[6] is None else str(row[6]) for row in rows}


def grid(path: Path, rows: list, *, merges=(), formats=None, sheet="Sheet1", more=None, hide=None) -> Path:
    """Save rows of cells as .xlsx."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(list(row))
    for area in merges:
        page.merge_cells(area)
    for address, code in (formats or {}).items():
        page[address].number_format = code
    for row in (hide or {}).get("rows", ()):
        page.row_dimensions[row].hidden = True
    for column in (hide or {}).get("columns", ()):
        page.column_dimensions[column].hidden = True
    for name, other in (more or {}).items():
        further = book.create_sheet(name)
        for row in other:
            further.append(list(row))
    book.save(path)
    return path


def with_rows(
    rows, head=("序号", "项目名称", "指标名称", "单位", "目标任务", "累计完成", "备注"), line=None, title=TITLE
):
    """Return title, head and one line per row."""
    line = line or (lambda row: [row[0], row[1], row[3], row[4], row[5], row[6]])
    return [[title], list(head), *[line(row) for row in rows]]


def case(name, covers, rows=None, **options):
    """Add a return: `rows` are the cells, or `build` makes the file."""
    grid_options = {one: options.pop(one) for one in ("merges", "formats", "sheet", "more", "hide") if one in options}
    build = options.pop("build", None) or (lambda path: grid(path.with_suffix(".xlsx"), rows, **grid_options))
    if any(options.get(one) for one in ("codes", "asked", "asked_funds")) or options.get("refused"):
        options.setdefault("clean", False)
    RETURNS.append(Return(name, covers, build, **options))


def changed(number: int, place: int, value):
    """Return ROWS with one field of one row replaced."""
    rows = [list(row) for row in ROWS]
    rows[number][place] = value
    return rows


ALL = truth_of(ROWS)
without = lambda number: {one: value for one, value in ALL.items() if one != key(ROWS[number])}  # noqa: E731 - one line
TRAINING = [
    (16, "技能培训提升", "退役军人培训", "退役军人技能培训", "人", 140, 90),
    (16, "技能培训提升", "退役军人培训", "合格率", "%", 90, 92.5),
    (16, "技能培训提升", "新型职业农民培训", "新型职业农民培训合计", "人", 750, 700),
    (16, "技能培训提升", "新型职业农民培训", "合格率", "%", 90, 95),
]
