"""Awkward returns in which a figure could go wrong without a word: other years, parts, slipped cells, struck texts."""

import datetime
from pathlib import Path
from xml.sax.saxutils import escape

import xlwt
from openpyxl.styles import Font

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
from tests.projects.awkward_looks import CITY, line_of
from tests.projects.awkward_others import HOUSES, LINQUAN, PLAIN, POSTS, TRAINEES, drawn
from tests.projects.workbooks import raw_workbook, with_part

# Columns that are not the figure.
for name, label in [
    ("last year's figures alone", "2019年完成"),
    ("figures since the works began alone", "自开工以来累计完成"),
    ("three quarters of the year alone", "前三季度完成"),
    ("January to July in Chinese alone", "一至七月完成数"),
]:
    case(name, "another period", with_rows(ROWS, [*PLAIN[:5], label, "备注"]), refused="完成")
case(
    "since the works began, and this year",
    "another period",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标", "自开工以来累计完成", "本年累计完成"],
        lambda r: [*r[:2], *r[3:6], r[6] + 1, r[6]],
    ),
    truth=ALL,
)
case(
    "months in Chinese, half a year before them",
    "7月 is not 8月",
    with_rows(
        ROWS,
        ["序号", "项目", "指标", "单位", "目标", "上半年完成", "一至八月完成数"],
        lambda r: [*r[:2], *r[3:6], 1, r[6]],
    ),
    truth=ALL,
    codes={"other_period"},
)
case(
    "parts of the figure below one head",
    "header of 1-4 rows",
    [
        [TITLE],
        ["序号", "项目", "指标", "目标任务", "累计完成", None, None],
        [None, None, None, None, "合计", "城镇", "农村"],
        *[[r[0], r[1], r[3], r[5], r[6], r[6] - 1, 1] for r in ROWS],
    ],
    merges=["A2:A3", "B2:B3", "C2:C3", "D2:D3", "E2:G2"],
    truth=ALL,
    codes={"column_not_read"},
)
case(
    "figures below no head",
    "figures outside the columns",
    with_rows(ROWS, PLAIN[:6], lambda r: [r[0], r[1], *r[3:6], None, r[6]]),
    truth=dict.fromkeys(ALL),
    codes={"column_not_read"},
)
case(
    "figures in the second column of a merged head",
    "merged cells",
    with_rows(ROWS, PLAIN[:6], lambda r: [r[0], r[1], *r[3:6], None, r[6]]),
    merges=["F2:G2"],
    truth=ALL,
)
case(
    "a row slipped to the left",
    "rows that slipped",
    with_rows(ROWS, line=lambda r: [r[0], r[1], r[3], r[5], r[6]] if r is HOUSES else [r[0], r[1], *r[3:7]]),
    truth=without(2),
    asked={key(HOUSES): "D5"},
    codes={"slipped_row"},
)
case(
    "target and figure in one merged cell",
    "merged cells",
    with_rows(ROWS),
    merges=["E5:F5"],
    truth=without(2),
    asked={key(HOUSES): "E5"},
    codes={"merged_value"},
)
case(
    "a rate without its figure",
    "rates as checks",
    with_rows(
        changed(2, 6, None), [*PLAIN[:6], "完成率"], lambda r: [r[0], r[1], *r[3:7], 64 if r[6] is None else None]
    ),
    truth=ALL | {key(HOUSES): None},
    codes={"rate_differs"},
)
case(
    "a figure against 无任务",
    "无任务 / blank / zero",
    with_rows([HOUSES, (8, "贫困地区义务教育学生营养改善", "", "惠及学生", "人", "/", 1200)]),
    truth={key(HOUSES): "320", (TAIHE, 8, "", "惠及学生"): "1200"},
    codes={"bad_value"},
)

# Names.
case(
    "a rate that is one sign from a count",
    "names that are alike",
    with_rows(
        [TRAINING[3], HOUSES],
        ["序号", "项目", "指标", "目标", "完成数"],
        lambda r: [r[0], r[1], "新型职业农民培训合格率" if r[3] == "合格率" else r[3], r[5], r[6]],
    ),
    truth=truth_of([TRAINING[3], HOUSES]),
)
case(
    "one figure for a project of several indicators",
    "a doubtful match is asked",
    [[TITLE], ["序号", "项目", "目标任务", "完成数"], [14, "就业创业促进", 590, 390], [5, "农村危房改造", 500, 320]],
    truth=truth_of([HOUSES]),
    asked={key(POSTS): "D3", key(TRAINEES): "D3"},
    codes={"no_indicator"},
)
case(
    "a project's sum that is none",
    "合计 as checks",
    [
        [TITLE],
        ["序号", "项目", "目标任务", "完成数"],
        [14, "就业创业促进", 590, 391],
        [None, "公益性岗位", 350, 210],
        [None, "就业见习", 240, 180],
    ],
    truth=truth_of([POSTS, TRAINEES]),
    codes={"total_differs"},
)
case(
    "a county without its zone",
    "participants by short name",
    [*CITY[:2], ["太和县（不含经开区）", "农村危房改造", "新增农村危房改造", 500, 300], CITY[3]],
    truth={key(HOUSES, LINQUAN): "10"},
    asked={key(HOUSES): "A3"},
    codes={"unknown_participant"},
)
case(
    "sums between the counties of a list",
    "合计 as checks",
    [
        *CITY[:4],
        ["合计", "农村危房改造", "新增农村危房改造", None, 330],
        ["太和县", "就业创业促进", "公益性岗位", 350, 210],
        ["临泉县", "就业创业促进", "公益性岗位", None, 100],
        ["合计", "就业创业促进", "公益性岗位", None, 311],
    ],
    truth={
        key(HOUSES): "320",
        key(HOUSES, LINQUAN): "10",
        key(POSTS): "210",
        key(POSTS, LINQUAN): "100",
    },
    codes={"total_differs"},
)
case(
    "counties merged over their rows",
    "carry merged cells down",
    [
        CITY[0],
        CITY[1],
        ["太和县", "农村危房改造", "新增农村危房改造", 500, 320],
        [None, "就业创业促进", "公益性岗位", 350, 210],
        ["临泉县", "农村危房改造", "新增农村危房改造", None, 10],
        [None, "就业创业促进", "公益性岗位", None, 100],
    ],
    merges=["A3:A4", "A5:A6"],
    truth={key(HOUSES): "320", key(POSTS): "210", key(HOUSES, LINQUAN): "10", key(POSTS, LINQUAN): "100"},
)

# Cells and sheets.
case(
    "a format in 万",
    "number formats",
    with_rows(changed(2, 6, 320)),
    formats={"F5": '0"万户"'},
    truth=without(2) | {key(HOUSES): "3200000"},
    codes={"unit_slip"},
)


def shared(path: Path, rows, changed_texts: dict) -> Path:
    """Save rows with their texts in the archive's shared list, as offices do; some of them with other markup."""
    texts, lines = [], []
    for y, row in enumerate(rows, 1):
        cells = ""
        for x, value in enumerate(row):
            place = f'r="{chr(65 + x)}{y}"'
            if isinstance(value, str):
                texts.append(changed_texts.get(value) or f"<t>{escape(value)}</t>")
                cells += f'<c {place} t="s"><v>{len(texts) - 1}</v></c>'
            elif value is not None:
                cells += f"<c {place}><v>{value}</v></c>"
        lines.append(f'<row r="{y}">{cells}</row>')
    items = "".join(f"<si>{text}</si>" for text in texts)
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    list_of_all = f'<?xml version="1.0" encoding="UTF-8"?><sst xmlns="{space}">{items}</sst>'
    parts = {"xl/sharedStrings.xml": list_of_all.encode()}
    saved = raw_workbook(path.with_suffix(".xlsx"), "".join(lines), extra=parts)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    relation = f'<Relationship Id="rId2" Type="{kind}" Target="sharedStrings.xml"/></Relationships>'
    with_part(saved, "xl/_rels/workbook.xml.rels", "</Relationships>", relation)
    content = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{content}"/></Types>'
    return with_part(saved, "[Content_Types].xml", "</Types>", override)


STRUCK = "<r><rPr><strike/></rPr><t>300</t></r><r><t>320户</t></r>"
SPOKEN = '<t>农村危房改造</t><rPh sb="0" eb="6"><t>nongcun weifang gaizao</t></rPh><phoneticPr fontId="1"/>'


def _part_struck(path: Path) -> Path:
    return shared(path, with_rows(changed(2, 6, "320户")), {"320户": STRUCK})


def _part_struck_inline(path: Path) -> Path:
    saved = grid(path.with_suffix(".xlsx"), with_rows(changed(2, 6, "320户")))
    return with_part(saved, "xl/worksheets/sheet1.xml", "<t>320&#25143;</t>", STRUCK)


def _spoken(path: Path) -> Path:
    return shared(path, with_rows(ROWS), {"农村危房改造": SPOKEN})


def _old_struck(path: Path) -> Path:
    book = xlwt.Workbook()
    page = book.add_sheet("月报")
    looks = {5: xlwt.easyxf("font: struck_out on"), 6: xlwt.easyxf("font: colour white")}
    for y, row in enumerate(with_rows(ROWS)):
        for x, value in enumerate(row):
            if value is not None:
                page.write(y, x, value, *([looks[y + 1]] if x == 5 and y + 1 in looks else []))
    book.save(str(path.with_suffix(".xls")))
    return path.with_suffix(".xls")


case(
    "a figure struck and one written behind it",
    "struck out",
    build=_part_struck,
    truth=without(2),
    asked={key(HOUSES): "F5"},
    codes={"struck"},
)
case(
    "a figure struck inside its cell",
    "struck out",
    build=_part_struck_inline,
    truth=without(2),
    asked={key(HOUSES): "F5"},
    codes={"struck"},
)
case("how a name is spoken", "notes inside texts", build=_spoken, truth=ALL)
case(
    "old .xls, struck and white",
    "struck out",
    build=_old_struck,
    truth=without(2),
    asked={key(HOUSES): "F5"},
    codes={"struck", "unseen"},
)
case(
    "money in a second sheet without a name",
    "funds in another sheet",
    with_rows(ROWS[:1]),
    more={"资金": [["资金拨付情况（截至2020年8月31日）"], ["序号", "项目", "到位资金（万元）"], [4, ROADS, 1250]]},
    truth=truth_of(ROWS[:1]),
    funds=line_of(4, "received", 12500000),
    codes={"not_named"},
)
case(
    "whose it is, at the foot",
    "county inside a title cell",
    [*with_rows(ROWS, title="2020年1—8月民生工程进展情况表"), ["填报单位：太和县财政局", None, None, "2020年9月3日"]],
    truth=ALL,
)
case(
    "July as a date beside the title",
    "another period",
    [["太和县民生工程进展情况"], ["截至日期", datetime.date(2020, 7, 31)], *with_rows(ROWS)[1:]],
    refused="7月",
)
case(
    "filled in on a day of September",
    "period inside a title cell",
    [[TITLE], ["填报日期", datetime.date(2020, 9, 3)], *with_rows(ROWS)[1:]],
    truth=ALL,
)
case(
    "two figures for a share",
    "percentages in all notations",
    with_rows(changed(7, 6, "65.5%（上月60%）")),
    truth=ALL,
)


def _struck_money(book, page):
    page["C3"].font, page["D4"].font = Font(strike=True), Font(color="FFFFFFFF")


drawn(
    "money struck and money nobody sees",
    "struck out",
    _struck_money,
    [
        ["太和县2020年民生工程资金情况表（截至2020年8月31日）"],
        ["序号", "项目", "到位资金（万元）", "拨付资金（万元）"],
        [4, ROADS, 1250, 1100],
        [9, "贫困残疾人康复", 50, 40],
    ],
    funds=line_of(4, "disbursed", 11000000) | line_of(9, "received", 500000) | line_of(9, "disbursed", 400000),
    asked_funds=dict.fromkeys(line_of(4, "received", 0), "C3"),
    codes={"struck", "unseen"},
)
