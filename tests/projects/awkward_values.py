"""Awkward returns: units, notations, and what is compared."""

from tests.projects.awkward import ALL, ROADS, ROWS, TAIHE, TITLE, case, changed, key, truth_of, with_rows, without

# Units and notations.
case(
    "unit in the column: 人 for 万人",
    "unit conversion",
    with_rows([*ROWS[:6], (23, ROWS[6][1], "", "当年缴费人数", "人", 550800, 501200)]),
    truth=truth_of(ROWS[:7]),
)
case(
    "米 for 公里",
    "unit conversion",
    with_rows([(4, ROADS, "", "农村公路扩面延伸工程", "米", 64250, 40500), *ROWS[1:]]),
    truth=ALL,
)
case(
    "unit in the name",
    "unit conversion",
    with_rows(
        ROWS, ["序号", "项目", "指标", "目标", "累计完成"], lambda r: [r[0], r[1], f"{r[3]}（{r[4]}）", r[5], r[6]]
    ),
    truth=ALL,
)
case(
    "unit in the cell",
    "unit conversion",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "目标", "累计完成"],
        lambda r: [r[0], r[1], r[3], f"{r[5]}{r[4]}", f"{r[6]}{r[4]}"],
    ),
    truth=ALL,
)
case(
    "万人 in a cell of 人",
    "unit conversion",
    with_rows([(20, "困难人员救助暨困难职工帮扶", "农村居民最低生活保障", "保障农村低保", "人", 53095, "5.3万人")]),
    truth={(TAIHE, 20, "农村居民最低生活保障", "保障农村低保"): "53000"},
)
case(
    "人次 is not 人",
    "人 and 人次 are different",
    with_rows(changed(3, 4, "人次")),
    truth=without(3),
    asked={key(ROWS[3]): "F6"},
    codes={"wrong_unit"},
)
case(
    "万元 above money in 元",
    "unit conversion",
    with_rows([(29, "文化惠民工程", "", "村级服务点补贴", "元", 628000, 314000)]),
    truth={(TAIHE, 29, "", "村级服务点补贴"): "31.4"},
)
case(
    "percent formats",
    "percentages in all notations",
    with_rows(changed(7, 6, 0.655)),
    formats={"F10": "0.0%"},
    truth=ALL,
)
case("percent as text", "percentages in all notations", with_rows(changed(7, 6, "65.5％")), truth=ALL)
case(
    "a bare ratio beside a target of 70",
    "percentages in all notations",
    with_rows(changed(7, 6, 0.655)),
    truth=without(7),
    asked={key(ROWS[7]): "F10"},
    codes={"percent_doubt"},
)
case(
    "a bare ratio beside a bare target",
    "percentages in all notations",
    with_rows([[*row[:5], 0.7, 0.655] if row[4] == "%" else row for row in ROWS]),
    truth=ALL,
)
case(
    "full-width and separators",
    "values",
    with_rows(
        [
            *[[*r[:6], str(r[6])] for r in ROWS[:2]],
            [*ROWS[2][:6], "３２０"],
            [20, "困难人员救助暨困难职工帮扶", "农村居民最低生活保障", "保障农村低保", "人", "53,095", "52,001"],
        ]
    ),
    truth=truth_of(ROWS[:3]) | {(TAIHE, 20, "农村居民最低生活保障", "保障农村低保"): "52001"},
)
case(
    "sentences",
    "sentences",
    with_rows([(5, "农村危房改造", "", "新增农村危房改造", "户", 500, "已完成320户，完成率64.00%"), ROWS[4]]),
    truth=truth_of([ROWS[2], ROWS[4]]),
)
case(
    "a sentence with a wrong rate",
    "R17",
    with_rows([(5, "农村危房改造", "", "新增农村危房改造", "户", 500, "已完成320户，完成率46.00%"), ROWS[4]]),
    truth=truth_of([ROWS[2], ROWS[4]]),
    codes={"rate_differs"},
)
case(
    "a paragraph without the figure",
    "words in a number cell",
    with_rows(changed(2, 6, "目标500户，其中一期120户、二期200户正在施工，力争12月28日前完工")),
    truth=without(2),
    asked={key(ROWS[2]): "F5"},
    codes={"words"},
)
for number, word in enumerate(["已完成", "持续推进", "同上"]):
    case(
        f"words {word}",
        "words in a number cell",
        with_rows(changed(number, 6, word)),
        truth=without(number),
        asked={key(ROWS[number]): f"F{number + 3}"},
        codes={"words"},
    )
case(
    "an error",
    "#REF!",
    with_rows(changed(1, 6, "#REF!")),
    truth=without(1),
    asked={key(ROWS[1]): "F4"},
    codes={"error_cell"},
)
case(
    "a formula never counted",
    "formula without cached value",
    with_rows(changed(1, 6, "=10+20")),
    truth=without(1),
    asked={key(ROWS[1]): "F4"},
    codes={"no_result"},
)
case(
    "TRUE",
    "a date, TRUE",
    with_rows(changed(1, 6, True)),
    truth=without(1),
    asked={key(ROWS[1]): "F4"},
    codes={"not_a_number"},
)
case(
    "a date",
    "a date, TRUE",
    with_rows(changed(1, 6, 43000)),
    formats={"F4": "yyyy-mm-dd"},
    truth=without(1),
    asked={key(ROWS[1]): "F4"},
    codes={"not_a_number"},
)
case(
    "scientific",
    "scientific notation",
    with_rows(changed(2, 6, 320)),
    formats={"F5": "0.00E+00"},
    truth=ALL,
    codes={"scientific"},
)
case(
    "shown in 万",
    "number formats",
    with_rows(changed(2, 6, 320)),
    formats={"F5": '0!.0,"万"'},
    truth=without(2),
    asked={key(ROWS[2]): "F5"},
    codes={"scaled_format"},
)
case(
    "blank and zero",
    "无任务 / blank / zero",
    with_rows([[*ROWS[0][:6], 0], [*ROWS[1][:6], None], *ROWS[2:]]),
    truth=ALL | {key(ROWS[0]): "0", key(ROWS[1]): None},
)
case(
    "slash against a task",
    "`/` against a real target",
    with_rows(changed(2, 6, "/")),
    truth=ALL | {key(ROWS[2]): None},
    codes={"no_task_claimed"},
)
case(
    "merged figure",
    "merged cells",
    with_rows(ROWS),
    merges=["F3:F4"],
    truth={one: value for one, value in ALL.items() if one not in (key(ROWS[0]), key(ROWS[1]))},
    asked={key(ROWS[0]): "F3", key(ROWS[1]): "F4"},
    codes={"merged_value"},
)

# Checks.
case(
    "a wrong rate",
    "R17 rates",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标", "累计完成", "完成率"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], r[6], "18.04%" if r is ROWS[2] else f"{r[6] / r[5]:.2%}"],
    ),
    truth=ALL,
    codes={"rate_differs"},
)
case(
    "right rates",
    "R17 rates",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标", "累计完成", "完成率"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], r[6], r[6] / r[5]],
    ),
    formats={f"G{n}": "0.00%" for n in range(3, 11)},
    truth=ALL,
)
case("another target", "a target that differs", with_rows(changed(2, 5, 600)), truth=ALL, codes={"target_differs"})
case(
    "a duplicate that disagrees",
    "duplicates that disagree",
    [*with_rows(ROWS), [5, "农村危房改造", "新增农村危房改造", "户", 500, 300]],
    truth=without(2),
    asked={key(ROWS[2]): "F11"},
    codes={"duplicate_row"},
)
case(
    "hidden row and column",
    "hidden rows, columns and sheets",
    with_rows(ROWS),
    hide={"rows": [4], "columns": ["F"]},
    truth=ALL,
    codes={"hidden_row", "hidden_column"},
)
case("page heads again", "repeated page headers", [*with_rows(ROWS[:4]), *with_rows(ROWS[4:])], truth=ALL)
case(
    "a total row",
    "合计 as checks",
    [*with_rows(ROWS[4:6]), [None, "合计", None, None, 590, 390]],
    truth=truth_of(ROWS[4:6]),
)
case(
    "a wrong total",
    "合计 as checks",
    [*with_rows(ROWS[4:6]), [None, "合计", None, None, 590, 400]],
    truth=truth_of(ROWS[4:6]),
    codes={"total_differs"},
)
case(
    "two tables side by side",
    "two tables side by side",
    [
        [TITLE],
        ["序号", "项目", "指标", "目标", "累计完成", None, "序号", "项目", "指标", "目标", "累计完成"],
        *[
            [a[0], a[1], a[3], a[5], a[6], None, b[0], b[1], b[3], b[5], b[6]]
            for a, b in zip(ROWS[:4], ROWS[4:], strict=True)
        ],
    ],
    truth=ALL,
)
case(
    "signatures and notes below",
    "footers",
    [*with_rows(ROWS), [], ["填报人：张三", None, "审核人：李四"], ["注：数据截至8月底"]],
    truth=ALL,
)
