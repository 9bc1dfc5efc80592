"""Awkward returns of another hand: names, numbering, sums and remarks among the rows."""

from tests.projects.awkward import ALL, ROWS, TITLE, TRAINING, case, key, truth_of, with_rows
from tests.projects.awkward_others import (
    DISABLED,
    FARMERS,
    FLATS,
    HOUSES,
    KINDERGARTENS,
    PLAIN,
    POSTS,
    TEACHERS,
    TRAINEES,
)

# Names and rows.
case(
    "figures only in the first row of a project",
    "carry merged cells down",
    with_rows([DISABLED[0], *[[*row[:6], None] for row in DISABLED[1:]]]),
    merges=["A3:A6", "B3:B6"],
    truth=truth_of([DISABLED[0], *[[*row[:6], None] for row in DISABLED[1:]]]),
)
case(
    "a figure merged over a project",
    "merged cells",
    with_rows([DISABLED[0], *[[*row[:6], None] for row in DISABLED[1:]]]),
    merges=["A3:A6", "B3:B6", "F3:F6"],
    asked={key(row): "F3" for row in DISABLED},
    codes={"merged_value"},
)
case(
    "其中 below a sum",
    "sub-items without number",
    with_rows(
        FARMERS,
        line=lambda r: [
            r[0],
            r[1],
            r[3] if r is FARMERS[0] else f"其中：{r[3]}" if r is FARMERS[1] else f"　　{r[3]}",
            *r[4:7],
        ],
    ),
    truth=truth_of(FARMERS),
)
case(
    "其中 with numbers",
    "sub-items without number",
    with_rows(
        FARMERS,
        line=lambda r: [r[0], r[1], r[3] if r is FARMERS[0] else f"其中：（{FARMERS.index(r)}）{r[3]}", *r[4:7]],
    ),
    truth=truth_of(FARMERS),
)
case(
    "remarks between the rows",
    "rows that are no data",
    [
        *with_rows(ROWS[:3]),
        ["（以上数据由县交通局、住建局提供，截至8月31日共完成390.5）"],
        *with_rows(ROWS[3:6])[2:],
        ["说明：以下为月报指标"],
        *with_rows(ROWS[6:])[2:],
    ],
    merges=["A6:G6", "A10:G10"],
    truth=ALL,
)
case(
    "a footnote with figures",
    "footers",
    [*with_rows(ROWS), ["注：1.农村危房改造年度任务500户，已完成330户，其中C级120户。2.公益性岗位含乡村公岗150个。"]],
    truth=ALL,
)
case(
    "a sum of the project above its indicators",
    "合计 as checks",
    [
        *with_rows([]),
        [9, "贫困残疾人康复", "小计", "名", 1834, 1672],
        *[[None, None, r[3], r[4], r[5], r[6]] for r in DISABLED],
    ],
    truth=truth_of(DISABLED),
)
case(
    "the project's own row with the sum",
    "合计 as checks",
    [
        [TITLE],
        ["序号", "项目", "单位", "目标", "完成"],
        [9, "贫困残疾人康复", "名", 1834, 1672],
        *[[None, r[3], r[4], r[5], r[6]] for r in DISABLED],
    ],
    truth=truth_of(DISABLED),
)
case(
    "totals first",
    "合计 as checks",
    [[TITLE], PLAIN[:6], ["合计", None, None, None, 590, 390], *[[r[0], r[1], *r[3:7]] for r in ROWS[4:6]]],
    truth=truth_of(ROWS[4:6]),
)
case(
    "totals first that disagree",
    "合计 as checks",
    [[TITLE], PLAIN[:6], ["总  计", None, None, None, 590, 391], *[[r[0], r[1], *r[3:7]] for r in ROWS[4:6]]],
    truth=truth_of(ROWS[4:6]),
    codes={"total_differs"},
)
case(
    "another order by bureau",
    "items in another order",
    with_rows(
        [ROWS[n] for n in (6, 3, 0, 5, 7, 1, 4, 2)],
        ["牵头单位", "序号", "项目", "指标", "单位", "目标", "累计完成"],
        lambda r: ["市人社局", r[0], r[1], r[3], r[4], r[5], r[6]],
    ),
    truth=ALL,
)
case(
    "last year's item under this year's number",
    "unknown item",
    with_rows([*ROWS, (10, "农村清洁工程", "", "垃圾清运", "个", 30, 20)]),
    truth=ALL,
    codes={"wrong_project"},
)
for row, name, code in [
    (KINDERGARTENS, "新建公办幼儿园", "doubtful_indicator"),
    (ROWS[1], "乡道大中修里程", "doubtful_indicator"),
    (FLATS, "续建", "unknown_indicator"),
    (TEACHERS, "培训小学教师", "doubtful_indicator"),
    (POSTS, "非公益性岗位", "doubtful_indicator"),
]:
    case(
        f"not quite {row[3]} ({name})",
        "a doubtful match is asked",
        with_rows([HOUSES, [*row[:3], name, *row[4:]]]),
        truth=truth_of([HOUSES]),
        asked={key(row): "C4"},
        codes={code},
    )
LIMITS = [
    (7, "健康脱贫综合医疗保障", "", f"年度自付费用上限({level})", "万元", target, target)
    for level, target in [("县域内", 0.3), ("市级", 0.5), ("省级", 1)]
]
case(
    "names that differ in brackets, other order",
    "names that are alike",
    with_rows(LIMITS[::-1], line=lambda r: [r[0], r[1], r[3].replace("(", "（").replace(")", "）"), *r[4:7]]),
    truth=truth_of(LIMITS),
)
case(
    "the sub-item written in the name",
    "repeated rates by their sub-item",
    with_rows(
        TRAINING,
        line=lambda r: [r[0], r[1], f"{r[2]}合格率" if r[3] == "合格率" else r[3], *r[4:7]],
    ),
    truth=truth_of(TRAINING),
)
case(
    "the sub-item in brackets",
    "repeated rates by their sub-item",
    with_rows(
        [TRAINING[3], TRAINING[1]],
        line=lambda r: [r[0], r[1], f"合格率（{r[2]}）", *r[4:7]],
    ),
    truth=truth_of([TRAINING[1], TRAINING[3]]),
)
case(
    "two indicators in one row",
    "two figures in one cell",
    with_rows([HOUSES, (14, "就业创业促进", "", "公益性岗位/就业见习", "个/名", "350/240", "210/180")]),
    truth=truth_of([HOUSES]),
    asked={key(POSTS): "F4", key(TRAINEES): "F4"},
    codes={"doubtful_indicator"},
)
case(
    "two indicators in one cell, line by line",
    "two figures in one cell",
    [
        [TITLE],
        ["序号", "项目", "目标任务", "完成情况"],
        [5, "农村危房改造", "500户", "320户"],
        [14, "就业创业促进", "公益性岗位350个；\n就业见习240名", "公益性岗位210个；\n就业见习180名"],
    ],
    truth=truth_of([HOUSES]),
    asked={key(POSTS): "D4", key(TRAINEES): "D4"},
    codes={"unknown_indicator"},
)
case(
    "blank rows, numbers as text",
    "rows that are no data",
    [
        *with_rows([]),
        *[cells for r in ROWS for cells in ([str(r[0]) + "、", r[1], r[3], r[4], r[5], r[6]], [None, "", " "])],
    ],
    truth=ALL,
)
case(
    "Roman and Chinese sequence marks",
    "names by quotes, stars, sequence marks",
    with_rows(
        ROWS,
        line=lambda r: [
            "一二三四五六七八"[ROWS.index(r)],
            f"（{'一二三四五六七八'[ROWS.index(r)]}）{r[1]}",
            f"①{r[3]}",
            *r[4:7],
        ],
    ),
    truth=ALL,
)
case(
    "a full name in one column with a dash",
    "items by name",
    [[TITLE], ["项目（指标）名称", "单位", "目标", "完成数"], *[[f"{r[1]}——{r[3]}", *r[4:7]] for r in ROWS]],
    truth=ALL,
)
