"""Awkward returns of another hand, written without a look at the reader: titles, heads and columns."""

import datetime
from pathlib import Path

import openpyxl

from tests.projects.awkward import (
    ALL,
    ROWS,
    TAIHE,
    TITLE,
    case,
    changed,
    grid,
    key,
    truth_of,
    with_rows,
    without,
)

HOUSES, CARE, POSTS, TRAINEES, PENSION, WASTE = ROWS[2], ROWS[3], ROWS[4], ROWS[5], ROWS[6], ROWS[7]
LINQUAN = "341221"
PLAIN = ["序号", "项目名称", "指标名称", "单位", "目标任务", "累计完成", "备注"]
# Further rows of the catalogue with a target of 太和县 and a figure.
KINDERGARTENS = (26, "学前教育促进", "", "新建改扩建公办幼儿园", "所", 9, 5)
PUPILS = (26, "学前教育促进", "", "资助幼儿", "人次", 1317, 1200)
TEACHERS = (26, "学前教育促进", "", "培训幼儿教师", "人次", 60, 45)
BUILDINGS = (27, "义务教育经费保障", "", "校舍安全计划建设面积", "万平方米", 3.74, 2.5)
ESTATES = (33, "城镇老旧小区改造", "", "改造小区", "个", 12, 8)
INSURED = (21, "城乡居民基本医疗保险", "", "参保率", "%", 95, 96.2)
FLATS = (32, "棚户区改造", "", "新开工", "套", 2900, 2000)
FLATS_BUILT = (32, "棚户区改造", "", "基本建成", "套", 1334, 900)
FARMERS = [
    (16, "技能培训提升", "新型职业农民培训", "新型职业农民培训合计", "人", 750, 700),
    (16, "技能培训提升", "新型职业农民培训", "新型农业经营主体带头人", "人", 400, 380),
    (16, "技能培训提升", "新型职业农民培训", "产业扶贫带头人", "人", 50, 50),
    (16, "技能培训提升", "新型职业农民培训", "专业生产型", "人", 100, 90),
]
DISABLED = [
    (9, "贫困残疾人康复", "", "贫困精神残疾人药费补助", "名", 1600, 1500),
    (9, "贫困残疾人康复", "", "残疾儿童康复训练", "名", 200, 150),
    (9, "贫困残疾人康复", "", "残疾儿童假肢矫形器", "名", 18, 10),
    (9, "贫困残疾人康复", "", "残疾儿童辅助器具", "名", 16, 12),
]


def retouched(path: Path, rows, touch, **options) -> Path:
    """Save rows and let `touch` change the workbook and its first sheet."""
    saved = grid(path.with_suffix(".xlsx"), rows, **options)
    book = openpyxl.load_workbook(saved)
    touch(book, book.worksheets[0])
    book.save(saved)
    return saved


def drawn(name, covers, touch, rows=None, **options):
    """Add a return whose looks are changed after its cells."""
    grid_options = {one: options.pop(one) for one in ("merges", "formats", "sheet", "more", "hide") if one in options}
    rows = with_rows(ROWS) if rows is None else rows
    case(name, covers, build=lambda path: retouched(path, rows, touch, **grid_options), **options)


def cell_case(name, value, *, number=2, place=6, fmt=None, truth=None, covers="values", **options):
    """Add the plain list with one cell changed: asked about unless `truth` says what it must be read as."""
    row = ROWS[number]
    if fmt:
        options["formats"] = {f"F{number + 3}": fmt}
    if truth is None:
        options |= {"asked": {key(row): f"F{number + 3}"}, "truth": without(number)}
    else:
        options["truth"] = ALL | {key(row): truth}
    case(name, covers, with_rows(changed(number, place, value)), **options)


# Titles and heads.
case(
    "the next month's meeting in the title",
    "two months in the titles",
    [["太和县民生工程9月份调度会材料"], ["（数据截至2020年8月31日）"], *with_rows(ROWS)[1:]],
    truth=ALL,
)
case(
    "a letter above the table",
    "a cover letter above the head",
    [
        ["太和县民生工程领导小组办公室"],
        ["关于报送2020年8月份民生工程进展情况的函"],
        ["市民生办："],
        *[
            [f"　　{n}、截至8月底，我县第{n}项工作进展顺利，完成投资{n * 10}万元，占年度计划的{n}%。"]
            for n in range(1, 26)
        ],
        ["特此函告。"],
        ["联系人：张三　电话：0558-8661234"],
        *with_rows(ROWS)[1:],
    ],
    truth=ALL,
)
case(
    "heads with breaks and spaces",
    "signs of a head apart",
    with_rows(ROWS, ["序\n号", "项 目 名 称", "指　标", "单\n位", "目 标\n任 务", "累 计\n完 成 数", "备  注"]),
    truth=ALL,
)
case(
    "a month in Chinese numerals",
    "period inside a title cell",
    with_rows(ROWS, title="太和县二〇二〇年八月份民生工程进展情况表"),
    truth=ALL,
)
case(
    "another month in Chinese numerals",
    "another period",
    with_rows(ROWS, title="太和县二〇二〇年一至七月民生工程进展情况表"),
    refused="7月",
)
case(
    "the first half year", "another period", with_rows(ROWS, title="太和县2020年上半年民生工程进展情况表"), refused="年"
)
case(
    "a date with points",
    "period inside a title cell",
    with_rows(ROWS, title="太和县民生工程进展表（截止2020.8.31）"),
    truth=ALL,
)
case(
    "the county at the foot is another",
    "another county",
    [*with_rows(ROWS, title="2020年1—8月民生工程进展情况表"), ["填报单位：临泉县财政局", None, None, "2020年8月31日"]],
    participant=TAIHE,
    refused="临泉县",
)
for target, value in [
    ("任务数", "完成任务数"),
    ("计划完成", "实际完成"),
    ("目标值", "完成值"),
    ("下达任务", "累计完成情况"),
]:
    case(
        f"head {target} and {value}",
        "columns by meaning",
        with_rows(ROWS, [*PLAIN[:4], target, value, "备注"]),
        truth=ALL,
    )
case(
    "done, not done, still to do",
    "未完成 is not 完成",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标任务", "未完成数", "已完成数", "尚需完成"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], r[5] - r[6], r[6], r[5] - r[6]],
    ),
    truth=ALL,
)
case(
    "only what is not done",
    "未完成 is not 完成",
    with_rows(ROWS, [*PLAIN[:5], "未完成数", "备注"]),
    refused="完成",
)
case(
    "a forecast of the year beside the figure",
    "预计 is not done",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标任务", "预计全年完成", "累计完成"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], r[5], r[6]],
    ),
    truth=ALL,
)
case(
    "only a forecast",
    "预计 is not done",
    with_rows(ROWS, [*PLAIN[:5], "预计完成", "备注"]),
    refused="完成",
)
case(
    "the plan up to August",
    "a milestone is not the target",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "年度目标", "截至8月计划完成", "截至8月实际完成"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], r[5] - 1, r[6]],
    ),
    truth=ALL,
)
case(
    "quarters beside the total",
    "quarters are not the total",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标", "一季度", "二季度", "三季度", "累计完成"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], 1, 2, 3, r[6]],
    ),
    truth=ALL,
)
case(
    "quarters alone",
    "quarters are not the total",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标", "一季度", "二季度", "三季度"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], 1, 2, r[6]],
    ),
    refused="完成",
)
case(
    "months up to August as columns",
    "7月 is not 8月",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标", "1—5月", "1—6月", "1—7月", "1—8月"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], 1, 2, 3, r[6]],
    ),
    truth=ALL,
    codes={"other_period"},
)
case(
    "twelve months as columns",
    "7月 is not 8月",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标", *[f"{n}月" for n in range(1, 13)]],
        lambda r: [r[0], r[1], r[3], r[4], r[5], 1, 2, 3, 4, 5, 6, 7, r[6], None, None, None, None],
    ),
    refused="完成",
)
case(
    "last year beside this year",
    "another year",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "2019年完成", "2020年目标", "2020年1—8月完成", "同比增长(%)"],
        lambda r: [r[0], r[1], r[3], r[4], r[5] + 1, r[5], r[6], 5.8],
    ),
    truth=ALL,
    codes={"other_period"},
)
case(
    "the same months of last year",
    "another year",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标", "去年同期完成", "累计完成", "较上月增加"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], r[6] + 1, r[6], 3],
    ),
    truth=ALL,
)
case(
    "the rate left of the figure",
    "rates as checks",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标", "完成率", "完成数"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], f"{r[6] / r[5]:.2%}", r[6]],
    ),
    truth=ALL,
)
case(
    "number and share below one head",
    "header of 1-4 rows",
    [
        [TITLE],
        ["序号", "项目", "指标", "目标任务", None, "完成情况", None],
        [None, None, None, "单位", "数量", "数量", "比例"],
        *[[r[0], r[1], r[3], r[4], r[5], r[6], r[6] / r[5]] for r in ROWS],
    ],
    merges=["A2:A3", "B2:B3", "C2:C3", "D2:E2", "F2:G2"],
    formats={f"G{n}": "0.0%" for n in range(4, 12)},
    truth=ALL,
)
case(
    "people, telephones, dates and marks",
    "columns that are no figures",
    with_rows(
        ROWS,
        [
            "序号",
            "责任单位",
            "联系电话",
            "项目",
            "指标",
            "开工时间",
            "目标",
            "完成时限",
            "累计完成",
            "自评得分",
            "排名",
        ],
        lambda r: [
            r[0],
            "县民生办",
            13800001234,
            r[1],
            r[3],
            datetime.date(2020, 3, 1),
            r[5],
            "12月底",
            r[6],
            98.5,
            2,
        ],
    ),
    truth=ALL,
)
case(
    "from column M on",
    "tables anywhere in the sheet",
    [[], [], [None] * 12 + [TITLE], [], [None] * 12 + PLAIN[:6], *[[None] * 12 + [r[0], r[1], *r[3:7]] for r in ROWS]],
    truth=ALL,
)
case(
    "two tables with other columns each",
    "tables below one another",
    [
        *with_rows(ROWS[:4]),
        [],
        ["单位", "完成数", "目标数", "项目", "指标"],
        *[[r[4], r[6], r[5], r[1], r[3]] for r in ROWS[4:]],
    ],
    truth=ALL,
)
case(
    "the table goes on",
    "repeated page headers",
    [*with_rows(ROWS[:4]), ["续表"], PLAIN, *with_rows(ROWS[4:])[2:]],
    truth=ALL,
)
case(
    "units in the head for all",
    "unit conversion",
    with_rows(
        ROWS[2:6],
        ["序号", "项目", "指标", "目标（户、个、名）", "累计完成（户、个、名）"],
        lambda r: [r[0], r[1], r[3], r[5], r[6]],
    ),
    truth=truth_of(ROWS[2:6]),
)
