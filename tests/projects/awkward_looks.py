"""Awkward returns of another hand: looks of cells and sheets, shapes of tables, kinds of files, money."""

from pathlib import Path
from xml.sax.saxutils import escape

import xlwt
from openpyxl.comments import Comment
from openpyxl.styles import Font

from tests.projects.awkward import (
    ALL,
    ROADS,
    ROWS,
    TAIHE,
    TITLE,
    case,
    key,
    truth_of,
    with_rows,
    without,
)
from tests.projects.awkward_others import (
    HOUSES,
    LINQUAN,
    PENSION,
    PLAIN,
    POSTS,
    drawn,
    retouched,
)
from tests.projects.workbooks import with_part


# Looks: struck, white, hidden, commented, protected.
def _struck(book, page):
    page["F5"].font = Font(strike=True)


def _white(book, page):
    page["F5"].font = Font(color="FFFFFFFF")


def _commented(book, page):
    page["F5"].comment = Comment("此数含7月漏报20户", "张三")


def _protected(book, page):
    page.protection.sheet = True
    page.protection.password = "1234"
    page.freeze_panes = "C3"
    page.auto_filter.ref = "A2:G10"


def _filtered(book, page):
    page.auto_filter.ref = "A2:G10"
    page.auto_filter.add_filter_column(3, ["户"])
    for row in (3, 4, 6, 7, 8, 9, 10):
        page.row_dimensions[row].hidden = True


def _grouped(book, page):
    page.row_dimensions.group(4, 5, hidden=True)


def _copied(book, page):
    copy = book.copy_worksheet(page)
    copy.title = "Sheet1 (2)"
    copy["F5"] = 300


def _copied_alike(book, page):
    book.copy_worksheet(page).title = "Sheet1 (2)"


def _very_hidden(book, page):
    copy = book.copy_worksheet(page)
    copy.title, copy.sheet_state = "底稿", "veryHidden"
    copy["F5"] = 1


def _empty_first(book, page):
    book.create_sheet("封面", 0)
    book.create_sheet("Sheet3")
    book.active = 0


def _narrow(path: Path) -> Path:
    def wide(book, page):
        page.column_dimensions["F"].width = 7

    saved = retouched(path, with_rows(ROWS), wide)
    return with_part(saved, "xl/worksheets/sheet1.xml", 'width="7"', 'width="0"')


drawn("a struck figure", "struck out", _struck, truth=without(2), asked={key(HOUSES): "F5"}, codes={"struck"})
drawn("white on white", "figures nobody sees", _white, truth=ALL, codes={"unseen"})
drawn("a comment on a cell", "comments", _commented, truth=ALL)
drawn("protected, frozen, filtered", "protected sheets", _protected, truth=ALL)
drawn("a filter that hides rows", "hidden rows, columns and sheets", _filtered, truth=ALL, codes={"hidden_row"})
drawn("grouped rows closed", "hidden rows, columns and sheets", _grouped, truth=ALL, codes={"hidden_row"})
drawn(
    "an older copy with another figure",
    "duplicates that disagree",
    _copied,
    truth=without(2),
    asked={key(HOUSES): "F5"},
    codes={"duplicate_row"},
)
drawn("a copy that says the same", "duplicates that agree", _copied_alike, truth=ALL)
drawn("a sheet hidden for good", "hidden rows, columns and sheets", _very_hidden, truth=ALL, codes={"hidden_sheet"})
drawn("an empty sheet first", "several sheets", _empty_first, truth=ALL)
case(
    "a column of no width",
    "hidden rows, columns and sheets",
    build=_narrow,
    truth=ALL,
    codes={"hidden_column"},
)

case(
    "an example filled in",
    "sheets that are no return",
    with_rows(ROWS),
    more={"填写样例": with_rows([[*HOUSES[:6], 100]], title="填写样例")},
    truth=ALL,
    codes={"sheet_left_out"},
)

# Shapes.
case(
    "a pivot table",
    "sub-items without number",
    [
        [TITLE],
        ["行标签", "求和项:目标任务", "求和项:累计完成"],
        ["就业创业促进", 590, 390],
        ["　公益性岗位", 350, 210],
        ["　就业见习", 240, 180],
        ["总计", 590, 390],
    ],
    truth=truth_of(ROWS[4:6]),
)
case(
    "indicators as columns, one row",
    "a sheet on its side",
    [
        ["太和县2020年民生工程进展（截至2020年8月31日）"],
        ["县区", "农村公路扩面延伸工程（公里）", "新增农村危房改造（户）", "公益性岗位（个）"],
        ["太和县", 40.5, 320, 210],
    ],
    truth=truth_of([ROWS[0], HOUSES, POSTS]),
)
case(
    "indicators as columns, target and figure as rows",
    "a sheet on its side",
    [
        [TITLE],
        ["指标", "农村公路扩面延伸工程", "新增农村危房改造", "公益性岗位", "就业见习"],
        ["单位", "公里", "户", "个", "名"],
        ["目标任务", 64.25, 500, 350, 240],
        ["累计完成", 40.5, 320, 210, 180],
    ],
    refused="没有找到表头",
)
case(
    "units in a row of their own",
    "unit conversion",
    [
        ["阜阳市2020年民生工程完成情况（截至2020年8月31日）"],
        ["县区", "农村公路扩面延伸工程", "公益性岗位", "当年缴费人数"],
        [None, "公里", "个", "人"],
        ["太和县", 40.5, 210, 501200],
        ["临泉县", 20.5, 100, 601200],
    ],
    truth=truth_of([ROWS[0], POSTS, PENSION])
    | {
        (LINQUAN, 4, "", "农村公路扩面延伸工程"): "20.5",
        (LINQUAN, 14, "", "公益性岗位"): "100",
        (LINQUAN, 23, "", "当年缴费人数"): "60.12",
    },
)
case(
    "two counties side by side with a title each",
    "two tables side by side",
    [
        ["太和县2020年1—8月民生工程进展", *[None] * 6, "临泉县2020年1—8月民生工程进展"],
        [*PLAIN[1:6], None, None, *PLAIN[1:6]],
        *[[r[1], *r[3:7], None, None, r[1], r[3], r[4], None, 10] for r in ROWS[2:5]],
    ],
    truth=truth_of(ROWS[2:5]) | {key(row, LINQUAN): "10" for row in ROWS[2:5]},
)
CITY = [
    ["阜阳市2020年1—8月民生工程进展情况"],
    ["县区", "项目", "指标", "目标", "完成数"],
    ["太和县", "农村危房改造", "新增农村危房改造", 500, 320],
    ["临泉县", "农村危房改造", "新增农村危房改造", None, 10],
]
case(
    "the city's sheet sent by one county",
    "another county",
    CITY,
    participant=TAIHE,
    truth=truth_of([HOUSES]),
    codes={"other_participant"},
)
case(
    "the city's total first and last",
    "合计 as checks",
    [
        *CITY[:2],
        ["全  市", "农村危房改造", "新增农村危房改造", None, 330],
        *CITY[2:],
    ],
    truth={key(HOUSES): "320", key(HOUSES, LINQUAN): "10"},
)


# Files.
def _text(separator: str, encoding: str, line=lambda r: [r[0], r[1], *r[3:7]]):
    def build(path: Path) -> Path:
        rows = with_rows(ROWS, line=line)
        quoted = [
            separator.join('"' + str(cell).replace('"', '""') + '"' if cell is not None else "" for cell in row)
            for row in rows
        ]
        path.with_suffix(".csv").write_bytes("\r\n".join(quoted).encode(encoding))
        return path.with_suffix(".csv")

    return build


case("text with ; in GBK", "files by content", build=_text(";", "gb18030"), truth=ALL)
case("text with tabs in UTF-16", "files by content", build=_text("\t", "utf-16"), truth=ALL)
case(
    "text with breaks inside cells",
    "files by content",
    build=_text(",", "utf-8", lambda r: [r[0], r[1], f"{r[3][:2]}\n{r[3][2:]}", *r[4:7]]),
    truth=ALL,
)


def _html(path: Path) -> Path:
    rows = ""
    for number, row in enumerate([*ROWS[:2], *ROWS[4:6]]):
        spans = f'<td rowspan="2">{row[0]}</td><td rowspan="2">{escape(row[1])}</td>' if number % 2 == 0 else ""
        cells = f"<td>{row[3]}<br></td><td>{row[4]}&nbsp;</td><td x:num>{row[5]}</td><td class=xl65>{row[6]}</td>"
        rows += f"<tr>{spans}{cells}</tr>"
    head = (
        f'<tr><td colspan="6">{TITLE}</td></tr><tr><th rowspan="2">序号</th><th rowspan="2">项目</th>'
        '<th rowspan="2">指标</th><th colspan="3">任务完成情况</th></tr>'
        "<tr><th>单位</th><th>目标</th><th>累计<br>完成</th></tr>"
    )
    markup = f'<html><head><meta charset="utf-8"></head><body><table>{head}{rows}</table></body></html>'
    path.with_suffix(".xls").write_text(markup)
    return path.with_suffix(".xls")


case("HTML with spans", "files by content", build=_html, truth=truth_of([*ROWS[:2], *ROWS[4:6]]))


def _old(path: Path) -> Path:
    book = xlwt.Workbook(encoding="gbk")
    book.add_sheet("Sheet1")
    page = book.add_sheet("民生工程")
    page.write_merge(0, 0, 0, 5, TITLE)
    for x, label in enumerate(PLAIN[:6]):
        page.write(1, x, label)
    chosen = [*ROWS[:2], *ROWS[4:6]]
    for y, row in enumerate(chosen, 2):
        if y % 2 == 0:
            page.write_merge(y, y + 1, 0, 0, row[0])
            page.write_merge(y, y + 1, 1, 1, row[1])
        for x, value in zip((2, 3, 4, 5), row[3:7], strict=True):
            page.write(y, x, value)
    page.row(3).hidden = True
    book.save(str(path.with_suffix(".xls")))
    return path.with_suffix(".xls")


case(
    "old .xls, merged, a hidden row, an empty sheet first",
    "files by content",
    build=_old,
    truth=truth_of([*ROWS[:2], *ROWS[4:6]]),
    codes={"hidden_row"},
)


# Money.
MONEY_TITLE = "太和县2020年民生工程资金情况表（截至2020年8月31日）"


def line_of(seq, stage, yuan, *, source="total", sub_item=""):
    return {(TAIHE, seq, sub_item, "project", source, stage): None if yuan is None else str(yuan)}


case(
    "money on its side",
    "a sheet on its side",
    [
        [MONEY_TITLE, None, None, "单位：万元"],
        ["资金", ROADS, "贫困残疾人康复"],
        ["计划资金", 2000, 80],
        ["到位资金", 1250, 50],
        ["拨付资金", 1100, 40],
    ],
    refused="没有找到表头",
)
case(
    "元 in the head below a title in 万元",
    "万元 and 元",
    [
        [MONEY_TITLE, None, None, "单位：万元"],
        ["序号", "项目", "计划资金", "到位资金（元）"],
        [4, ROADS, 2000, 12500000],
        [9, "贫困残疾人康复", 80, 500000],
    ],
    funds=line_of(4, "planned", 20000000)
    | line_of(4, "received", 12500000)
    | line_of(9, "planned", 800000)
    | line_of(9, "received", 500000),
)
case(
    "rates left of their amounts",
    "funds: rates as checks",
    [
        [MONEY_TITLE, None, None, "单位：万元"],
        ["序号", "项目", "计划资金", "到位率", "到位资金", "拨付率", "拨付资金"],
        [4, ROADS, 2000, "62.5%", 1250, "55%", 1100],
        [9, "贫困残疾人康复", 80, "62.5%", 50, "50%", 40],
    ],
    funds=line_of(4, "planned", 20000000)
    | line_of(4, "received", 12500000)
    | line_of(4, "disbursed", 11000000)
    | line_of(9, "planned", 800000)
    | line_of(9, "received", 500000)
    | line_of(9, "disbursed", 400000),
)
case(
    "stages below their sources",
    "funds by source",
    [
        [MONEY_TITLE, *[None] * 5, "单位：万元"],
        ["序号", "项目", "中央资金", None, "省级资金", None, "县级配套", None],
        [None, None, "到位", "拨付", "到位", "拨付", "到位", "拨付"],
        [5, "农村危房改造", 600, 500, 250, 150, 50, 50],
    ],
    merges=["A2:A3", "B2:B3", "C2:D2", "E2:F2", "G2:H2"],
    funds=line_of(5, "received", 6000000, source="central")
    | line_of(5, "disbursed", 5000000, source="central")
    | line_of(5, "received", 2500000, source="province")
    | line_of(5, "disbursed", 1500000, source="province")
    | line_of(5, "received", 500000, source="county")
    | line_of(5, "disbursed", 500000, source="county"),
)
case(
    "money in words and odd units",
    "funds: unit from the cell",
    [
        [MONEY_TITLE, None, None, "单位：万元"],
        ["序号", "项目", "计划资金", "到位资金", "拨付资金"],
        [4, ROADS, "2 000", "约1250", "1,100.00"],
        [9, "贫困残疾人康复", "80万元", "５０", "40（含上年结转5）"],
    ],
    funds=line_of(4, "disbursed", 11000000) | line_of(9, "planned", 800000) | line_of(9, "received", 500000),
    asked_funds={
        **dict.fromkeys(line_of(4, "planned", 0), "C3"),
        **dict.fromkeys(line_of(4, "received", 0), "D3"),
        **dict.fromkeys(line_of(9, "disbursed", 0), "E4"),
    },
    codes={"bad_value"},
)
case(
    "months of money",
    "funds: 本月 is not 累计",
    [
        [MONEY_TITLE, None, None, "单位：万元"],
        ["序号", "项目", "1—7月到位资金", "1—8月到位资金", "8月拨付资金", "2019年拨付资金"],
        [4, ROADS, 1000, 1250, 100, 1900],
    ],
    funds=line_of(4, "received", 12500000),
    codes={"other_period", "only_increment"},
)
