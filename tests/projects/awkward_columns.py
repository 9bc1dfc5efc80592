"""Awkward returns: heads, columns and names."""

from tests.projects.awkward import ALL, ROWS, TITLE, TRAINING, case, changed, key, truth_of, with_rows, without

# Heads and columns.
case("plain list", "no template needed", with_rows(ROWS), truth=ALL)
for target_word, value_word in [
    ("年度任务", "完成数"),
    ("计划数", "累计完成数"),
    ("年度目标任务", "1—8月完成"),
    ("目标任务数", "截至8月底累计完成"),
    ("年度目标", "实际完成"),
    ("全年任务", "1-8月累计完成数"),
]:
    head = ["序号", "项目", "指标", "单位", target_word, value_word, "说明"]
    case(f"head {target_word}/{value_word}", "columns by meaning", with_rows(ROWS, head), truth=ALL)
case(
    "month and total side by side",
    "本月 is not 累计",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标任务", "本月完成", "累计完成"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], 1, r[6]],
    ),
    truth=ALL,
)
case(
    "July beside August",
    "7月 is not 8月",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标任务", "1-7月完成", "1-8月完成"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], 1, r[6]],
    ),
    truth=ALL,
    codes={"other_period"},
)
case(
    "only this month",
    "本月 is not 累计",
    with_rows(ROWS, ["序号", "项目", "指标", "单位", "目标任务", "本月完成"]),
    refused="累计",
)
case(
    "two heads alike, words and numbers",
    "two columns with the same heading",
    with_rows(
        ROWS,
        ["序号", "项目名称", "目标任务", "牵头单位", "目标任务", "累计完成", "累计进度", "备注"],
        lambda r: [r[0], r[1], f"{r[3]}{r[5]}{r[4]}", "县民生办", r[5], r[6], round(r[6] / r[5] * 100, 2)],
    ),
    truth=ALL,
)
case(
    "two value columns that differ",
    "two columns with the same heading",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标任务", "累计完成", "累计完成"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], r[6], r[6] + 1],
    ),
    refused="分不出",
)
case(
    "four head rows, merged, period in the title",
    "header of 1-4 rows",
    [
        ["太和县民生工程完成情况（截至2020年8月31日）"],
        ["序号", "项目名称", "指标名称", "任务完成情况", None, None, None, "备注"],
        [None, None, None, "计划", None, "实际", None, None],
        [None, None, None, "单位", "目标任务", "累计完成", "完成率(%)", None],
        *[[r[0], r[1], r[3], r[4], r[5], r[6], round(r[6] / r[5] * 100, 2)] for r in ROWS],
    ],
    merges=["A1:H1", "A2:A4", "B2:B4", "C2:C4", "D2:G2", "D3:E3", "F3:G3", "H2:H4"],
    truth=ALL,
)
case(
    "column numbers under the head",
    "header of 1-4 rows",
    [
        [TITLE],
        ["序号", "项目", "指标", "单位", "目标", "累计完成"],
        [1, 2, 3, 4, 5, 6],
        *[[r[0], r[1], r[3], r[4], r[5], r[6]] for r in ROWS],
    ],
    truth=ALL,
)

# Names.
case(
    "merged number and project",
    "carry merged cells down",
    with_rows(ROWS[:2] + ROWS[4:6], line=lambda r: [r[0], r[1], r[3], r[4], r[5], r[6]]),
    merges=["A3:A4", "B3:B4", "A5:A6", "B5:B6"],
    truth=truth_of(ROWS[:2] + ROWS[4:6]),
)
case(
    "quotes, stars and numbering",
    "names by quotes, stars, sequence marks",
    with_rows(ROWS, line=lambda r: [r[0], r[1].replace('"', "“"), f"★{r[0]}.1 {r[3]}", r[4], r[5], r[6]]),
    truth=ALL,
)
case(
    "names without numbers",
    "items by name",
    with_rows(ROWS, ["项目名称", "指标", "单位", "目标", "累计完成"], lambda r: [r[1], r[3], r[4], r[5], r[6]]),
    truth=ALL,
)
case(
    "own numbering",
    "items by name",
    [
        [TITLE],
        ["序号", "项目", "指标", "单位", "目标", "累计完成"],
        *[[n, r[1], r[3], r[4], r[5], r[6]] for n, r in enumerate(ROWS, 1)],
    ],
    truth=ALL,
)
case(
    "a slip of one sign",
    "typing slips",
    with_rows(changed(0, 3, "农村公路扩面延申工程")),
    truth=ALL,
    codes={"fuzzy_match"},
)
case(
    "nearly another item",
    "a doubtful match is asked",
    with_rows(changed(3, 3, "残疾儿童康复救助项目")),
    truth=without(3),
    asked={key(ROWS[3]): "F6"},
    codes={"doubtful_indicator"},
)
case(
    "an unknown item",
    "unknown item",
    [*with_rows(ROWS), [34, "食品安全", "快检室建设", "个", 5, 4]],
    truth=ALL,
    codes={"unknown_project"},
)
case(
    "repeated rates under their items",
    "repeated rates by their sub-item",
    with_rows(TRAINING),
    truth=truth_of(TRAINING),
)
case(
    "repeated rates with a column of sub-items",
    "sub-items without number",
    [
        [TITLE],
        ["序号", "项目", "子项", "指标", "单位", "目标", "累计完成"],
        [16, "技能培训提升", "退役军人培训", "退役军人技能培训", "人", 140, 90],
        [None, None, None, "合格率", "%", 90, 92.5],
        [None, None, "新型职业农民培训", "新型职业农民培训合计", "人", 750, 700],
        [None, None, None, "合格率", "%", 90, 95],
    ],
    merges=["A3:A6", "B3:B6", "C3:C4", "C5:C6"],
    truth=truth_of(TRAINING),
)
case(
    "a rate nobody can place",
    "repeated rates by their sub-item",
    with_rows([TRAINING[1], ROWS[2]]),
    truth=truth_of([ROWS[2]]),
    asked={key(TRAINING[1]): "F3"},
    codes={"ambiguous_indicator"},
)
case(
    "section rows between",
    "category rows",
    [
        [TITLE],
        ["序号", "项目", "指标", "单位", "目标", "累计完成"],
        ["一、基础设施（2项）"],
        *[[r[0], r[1], r[3], r[4], r[5], r[6]] for r in ROWS[:3]],
        ["二、就业（2项）"],
        *[[r[0], r[1], r[3], r[4], r[5], r[6]] for r in ROWS[3:]],
    ],
    merges=["A3:F3", "A7:F7"],
    truth=ALL,
)
