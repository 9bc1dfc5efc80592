"""Awkward returns: shapes of tables, whose they are and of which month, kinds of files."""

from pathlib import Path

import openpyxl
import xlwt

from tests.projects.awkward import (
    ALL,
    ROADS,
    ROWS,
    TAIHE,
    TITLE,
    TRAINING,
    case,
    changed,
    grid,
    key,
    truth_of,
    with_rows,
    without,
)

# Shapes and words met since.
case(
    "projects without a column of indicators",
    "items by project",
    [[TITLE], ["项目名称", "目标任务", "累计完成"], ["农村危房改造", 500, 320], ["城乡困难群体法律援助", 1050, 800]],
    truth={key(ROWS[2]): "320", (TAIHE, 10, "", "法律援助案件"): "800"},
)
case(
    "indicators below their project in one column",
    "sub-items without number",
    [
        [TITLE],
        ["序号", "项目名称", "单位", "目标", "完成数"],
        [4, ROADS],
        [None, "农村公路扩面延伸工程", "公里", 64.25, 40.5],
        [16, "技能培训提升"],
        ["(1)", "退役军人培训"],
        [None, "退役军人技能培训", "人", 140, 90],
        [None, "合格率", "%", 90, 92.5],
        ["(2)", "新型职业农民培训"],
        [None, "合格率", "%", 90, 95],
    ],
    truth=truth_of([ROWS[0], TRAINING[0], TRAINING[1], TRAINING[3]]),
)
case(
    "names inside the words of the target",
    "items by name",
    [
        [TITLE],
        ["序号", "项目", "目标任务", "累计完成"],
        [5, "农村危房改造", "完成新增农村危房改造500户", 320],
        [14, "就业创业促进", "开发公益性岗位350个", 210],
        [None, None, "就业见习240名", 180],
    ],
    truth=truth_of([ROWS[2], ROWS[4], ROWS[5]]),
)
case(
    "only 进度 with numbers like rates",
    "columns by meaning",
    with_rows(ROWS[:3], ["序号", "项目", "指标", "目标", "进度"], lambda r: [r[0], r[1], r[3], r[5], 63.04]),
    refused="分不出",
)
case(
    "number of another project",
    "rows that slipped",
    [*with_rows(ROWS), [4, "农村饮水安全巩固提升工程", "巩固提升或氟超标改水工程", "处", 1, 1]],
    truth=ALL,
    asked={(TAIHE, 6, "", "巩固提升或氟超标改水工程"): "F11"},
    codes={"wrong_project"},
)
case(
    "ten thousand times the target",
    "a unit slip",
    with_rows([[*ROWS[6][:6], 501200]]),
    truth={key(ROWS[6]): "501200"},
    codes={"unit_slip"},
)
case(
    "万人 above a target in 人",
    "unit conversion",
    with_rows(
        [(20, "困难人员救助暨困难职工帮扶", "农村居民最低生活保障", "保障农村低保", "人", 53095, 52001)],
        ["序号", "项目", "指标", "目标(万人)", "累计完成(万人)"],
        lambda r: [r[0], r[1], r[3], r[5], r[6]],
    ),
    asked={(TAIHE, 20, "农村居民最低生活保障", "保障农村低保"): "E3"},
    codes={"unit_doubt"},
)
case(
    "two stages in a sentence",
    "sentences",
    with_rows(changed(2, 6, "完成一期120户，二期200户")),
    truth=without(2),
    asked={key(ROWS[2]): "F5"},
    codes={"words"},
)
case(
    "months below 累计完成",
    "7月 is not 8月",
    [
        [TITLE],
        ["序号", "项目", "指标", "目标", "累计完成", None],
        [None, None, None, None, "7月", "8月"],
        *[[r[0], r[1], r[3], r[5], 1, r[6]] for r in ROWS],
    ],
    truth=ALL,
    codes={"other_period"},
)
case(
    "merged heads lost in a text file",
    "header of 1-4 rows",
    [
        [TITLE],
        ["序号", "项目", "指标", "任务完成情况", None, None],
        [None, None, None, "目标", "累计完成", "完成率"],
        *[[r[0], r[1], r[3], r[5], r[6], round(r[6] / r[5] * 100, 2)] for r in ROWS],
    ],
    truth=ALL,
)
case(
    "a value under 64% where a count belongs",
    "percentages in all notations",
    with_rows(changed(2, 6, "64%")),
    truth=without(2),
    asked={key(ROWS[2]): "F5"},
    codes={"wrong_unit"},
)
case(
    "counties above the columns",
    "a city matrix",
    [
        ["阜阳市2020年1—8月民生工程进展情况"],
        ["项目", "指标", "太和县", None, "临泉县", None],
        [None, None, "目标", "完成", "目标", "完成"],
        ["农村危房改造", "新增农村危房改造", 500, 320, None, 10],
    ],
    merges=["A2:A3", "B2:B3", "C2:D2", "E2:F2"],
    truth={key(ROWS[2]): "320", key(ROWS[2], "341221"): "10"},
)
case(
    "a county nobody knows",
    "participants by short name",
    [
        ["阜阳市2020年1—8月民生工程进展情况"],
        ["县区", "项目", "指标", "完成数"],
        ["太和县", "农村危房改造", "新增农村危房改造", 320],
        ["北县", "农村危房改造", "新增农村危房改造", 10],
    ],
    truth={key(ROWS[2]): "320"},
    codes={"unknown_participant"},
)
case(
    "sheet named after another month",
    "period inside a title cell",
    with_rows(ROWS),
    sheet="7月",
    truth=ALL,
    codes={"not_named"},
)

# Origin.
case("another month", "another period", with_rows(ROWS, title="太和县2020年1—7月民生工程进展情况表"), refused="7月")
case("another year", "another period", with_rows(ROWS, title="太和县2019年民生工程进展情况表"), refused="2019")
case(
    "another county",
    "another county",
    with_rows(ROWS, title="临泉县2020年1—8月民生工程进展情况表"),
    participant=TAIHE,
    refused="临泉县",
)
case(
    "named by the sheet's line",
    "county inside a title cell",
    [["民生工程月报"], ["填报单位：太和县民生办", None, None, "2020年8月"], *with_rows(ROWS)[1:]],
    truth=ALL,
)
case(
    "a date of filling in",
    "period inside a title cell",
    [[TITLE], ["填报日期：2020年9月3日"], *with_rows(ROWS)[1:]],
    truth=ALL,
)
case(
    "a sheet per month",
    "sheets of another period",
    with_rows(ROWS, title="太和县民生工程进展情况"),
    sheet="8月",
    more={"7月": with_rows(changed(0, 6, 1), title="太和县民生工程进展情况")},
    truth=ALL,
    codes={"sheet_left_out"},
)

case(
    "two counties below one another",
    "a sheet of several counties",
    [
        *with_rows(ROWS[:2]),
        *with_rows(
            ROWS[2:4],
            title="临泉县2020年民生工程进展情况表（2020年1—8月）",
            line=lambda r: [r[0], r[1], r[3], r[4], None, r[6]],
        ),
    ],
    truth=truth_of(ROWS[:2]) | truth_of(ROWS[2:4], "341221"),
)
case(
    "signatures at the foot of each page",
    "repeated page headers",
    [*with_rows(ROWS[:4]), ["填报人：张三"], *with_rows(ROWS[4:])[1:]],
    truth=ALL,
)

# City sheets.
UNITS = [("341222", "太和"), ("341221", "临泉县"), ("341282", "界首市")]
case(
    "rows of counties and items",
    "participants by short name",
    [
        ["阜阳市2020年1—8月民生工程进展情况"],
        ["县区", "项目", "指标", "目标", "进度"],
        ["太和", "农村危房改造", "新增农村危房改造", 500, "完成320户,完成率64.00%"],
        ["临泉", "农村危房改造", "新增农村危房改造", None, "完成10户"],
    ],
    truth={("341222", 5, "", "新增农村危房改造"): "320", ("341221", 5, "", "新增农村危房改造"): "10"},
)


def _matrix(path: Path) -> Path:
    rows = [
        ["阜阳市2020年民生工程完成情况（截至2020年8月31日）"],
        ["县区", "就业创业促进", None, None, None, None, None],
        [None, "公益性岗位(个)", None, None, "就业见习(名)", None, None],
        [None, "目标任务", "进度", "完成比例(%)", "目标任务", "进度", "完成比例(%)"],
        ["太和", 350, 210, 60, 240, 180, 75],
        ["临泉县", None, 100, None, None, 50, None],
        ["界首市", None, None, None, None, None, None],
        ["合计", None, 310, None, None, 230, None],
    ]
    return grid(path.with_suffix(".xlsx"), rows, merges=["A1:G1", "A2:A4", "B2:G2", "B3:D3", "E3:G3"])


case(
    "city matrix",
    "a city matrix",
    build=_matrix,
    truth={
        ("341222", 14, "", "公益性岗位"): "210",
        ("341222", 14, "", "就业见习"): "180",
        ("341221", 14, "", "公益性岗位"): "100",
        ("341221", 14, "", "就业见习"): "50",
        ("341282", 14, "", "公益性岗位"): None,
        ("341282", 14, "", "就业见习"): None,
    },
)


# Files.
def _hidden_sheet(path: Path) -> Path:
    path = grid(path.with_suffix(".xlsx"), with_rows(ROWS), more={"底稿": with_rows(changed(0, 6, 1))})
    book = openpyxl.load_workbook(path)
    book["底稿"].sheet_state = "hidden"
    book.save(path)
    return path


def _old(path: Path) -> Path:
    book = xlwt.Workbook()
    page = book.add_sheet("月报")
    percent = xlwt.easyxf(num_format_str="0.00%")
    for y, row in enumerate(with_rows(changed(7, 6, 0.655))):
        for x, value in enumerate(row):
            if value is not None:
                page.write(y, x, value, *([percent] if value == 0.655 else []))
    book.save(str(path.with_suffix(".xls")))
    return path.with_suffix(".xls")


def _text(encoding: str):
    def build(path: Path) -> Path:
        lines = [
            ",".join("" if cell is None else str(cell).replace('"', "") for cell in row) for row in with_rows(ROWS)
        ]
        path.with_suffix(".csv").write_bytes("\r\n".join(lines).encode(encoding))
        return path.with_suffix(".csv")

    return build


def _html(path: Path) -> Path:
    cells = "".join(
        "<tr>" + "".join(f"<td>{'' if cell is None else cell}</td>" for cell in row) + "</tr>"
        for row in with_rows(ROWS)
    )
    markup = f'<html><head><meta charset="gb2312"></head><body><table border="1">{cells}</table></body></html>'
    path.with_suffix(".xls").write_bytes(markup.encode("gb18030"))
    return path.with_suffix(".xls")


case("old .xls with a percent format", "files by content", build=_old, truth=ALL)
case("text in UTF-8 with mark", "files by content", build=_text("utf-8-sig"), truth=ALL)
case("text in GBK", "files by content", build=_text("gb18030"), truth=ALL)
case("HTML saved as .xls", "files by content", build=_html, truth=ALL)
case(
    "hidden sheet",
    "hidden rows, columns and sheets",
    build=_hidden_sheet,
    truth=ALL,
    codes={"hidden_sheet"},
)
