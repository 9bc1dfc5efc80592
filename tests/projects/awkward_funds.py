"""Awkward returns: money by stage, source and kind, beside the figures or in sheets of their own.

The counties' fund lines stand in LINES; amounts in the truth are 元. Heads are those of published papers: 资金到位,
拨付率 with its denominator, （不含棚户区改造）, 管护资金, shares of province, city and county.
"""

import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl

from tests.projects.awkward import ROWS, TAIHE, case, grid, key, truth_of, with_rows

LINQUAN = "341221"
#: (participant, seq, sub-item, source, kind) → planned 万元.
LINES = {
    (TAIHE, 4, "", "total", "project"): 2000,
    (TAIHE, 5, "", "central", "project"): 600,
    (TAIHE, 5, "", "province", "project"): 300,
    (TAIHE, 5, "", "county", "project"): 100,
    (TAIHE, 9, "", "county", "project"): 80,
    (TAIHE, 14, "", "total", "project"): 400,
    (TAIHE, 14, "", "total", "maintenance"): 50,
    (TAIHE, 16, "退役军人培训", "total", "project"): 30,
    (TAIHE, 16, "新型职业农民培训", "total", "project"): 120,
    (LINQUAN, 4, "", "total", "project"): 1500,
    (LINQUAN, 9, "", "total", "project"): 60,
}
FUNDS_TITLE = "太和县2020年民生工程资金拨付情况表（截至2020年8月31日）"
ROADS, HOUSES, CARE, JOBS = ROWS[0], ROWS[2], ROWS[3], ROWS[4]
STAGES = ("planned", "received", "disbursed", "spent")


def money(seq, *yuan, sub_item="", source="total", kind="project", participant=TAIHE, stages=STAGES) -> dict:
    """Return the truth of one line: amounts in 元 by stage, None for blank."""
    return {
        (participant, seq, sub_item, kind, source, stage): None if value is None else str(value)
        for stage, value in zip(stages, yuan, strict=True)
    }


HEAD = ["序号", "项目名称", "计划资金(万元)", "到位资金(万元)", "拨付资金(万元)", "支出资金(万元)", "备注"]
ROW_4 = money(4, 20000000, 12500000, 11000000, "9000000.5")
ROW_9 = money(9, 800000, 500000, 400000, None)
BOTH = [[4, ROADS[1], 2000, 1250, 1100, "900.00005", None], [9, CARE[1], 80, 50, 40, None, None]]


def sheet(*rows, head=HEAD, title=FUNDS_TITLE, above=()):
    return [[title], *[list(line) for line in above], list(head), *[list(row) for row in rows]]


case("money in a sheet of its own", "funds in a sheet of their own", sheet(*BOTH), funds=ROW_4 | ROW_9)
case(
    "money beside the figures",
    "funds beside the figures",
    with_rows(
        [ROADS, HOUSES, CARE],
        [
            "序号",
            "项目",
            "指标",
            "单位",
            "目标",
            "累计完成",
            "计划资金（万元）",
            "到位资金（万元）",
            "拨付资金（万元）",
        ],
        lambda r: [
            r[0],
            r[1],
            r[3],
            r[4],
            r[5],
            r[6],
            {4: 2000, 5: None, 9: 80}[r[0]],
            {4: 1250, 5: None, 9: 50}[r[0]],
            None,
        ],
    ),
    truth=truth_of([ROADS, HOUSES, CARE]),
    funds=money(4, 20000000, 12500000, None, stages=STAGES[:3])
    | money(5, None, None, None, stages=STAGES[:3])
    | money(9, 800000, 500000, None, stages=STAGES[:3]),
)
case(
    "money in a second sheet",
    "funds in another sheet",
    with_rows(ROWS[:3]),
    more={"资金": sheet(*BOTH)},
    truth=truth_of(ROWS[:3]),
    funds=ROW_4 | ROW_9,
)
case(
    "unit above the table",
    "funds: unit from the table's head",
    sheet(
        [4, ROADS[1], "20,000,000.00", 12500000, 11000000, "9000000.50"],
        head=["序号", "项目", "年度计划", "累计到位", "累计拨付", "累计支出"],
        above=[["填报单位：太和县", None, None, None, None, "金额单位：元"]],
    ),
    funds=ROW_4,
)
case(
    "unit in the cells",
    "funds: unit from the cell",
    sheet(
        [4, ROADS[1], "0.2亿元", "1250万元", "11,000,000元", "900.00005万"],
        head=["序号", "项目", "计划资金", "到位资金", "拨付资金", "支出资金"],
    ),
    funds=ROW_4,
)
case(
    "no unit at all",
    "funds: no unit is asked",
    sheet([4, ROADS[1], None, 1250, 1100, None], head=["序号", "项目", "计划资金", "到位资金", "拨付资金", "支出资金"]),
    funds=money(4, None, None, stages=("planned", "spent")),
    asked_funds=dict(zip(money(4, 0, 0, stages=("received", "disbursed")), ("D3", "E3"), strict=True)),
    codes={"no_unit"},
)
case(
    "sources under their stages",
    "funds by source",
    [
        [FUNDS_TITLE],
        ["序号", "项目名称", "计划资金（万元）", None, None, None, "到位资金（万元）", None, None, None, "到位率(%)"],
        [None, None, "合计", "中央", "省级", "县级", "小计", "中央", "省", "县", None],
        [5, HOUSES[1], 1000, 600, 300, 100, 900, 600, 250, 50, 90],
        ["合计", None, 1000, 600, 300, 100, 900, 600, 250, 50, None],
    ],
    merges=["A1:K1", "A2:A3", "B2:B3", "C2:F2", "G2:J2", "K2:K3"],
    funds=money(5, 6000000, 6000000, source="central", stages=STAGES[:2])
    | money(5, 3000000, 2500000, source="province", stages=STAGES[:2])
    | money(5, 1000000, 500000, source="county", stages=STAGES[:2]),
)
case(
    "sources as rows",
    "funds by source",
    [
        [FUNDS_TITLE],
        ["序号", "项目", "资金来源", "计划（万元）", "累计到位（万元）", "累计拨付（万元）"],
        [5, HOUSES[1], "小计", 1000, 900, 700],
        [None, None, "中央财政", 600, 600, 500],
        [None, None, "省级", 300, 250, 150],
        [None, None, "县级配套", 100, 50, 50],
        [9, CARE[1], "县级", 80, 50, 40],
        ["合计", None, None, 1080, 950, 740],
    ],
    merges=["A3:A6", "B3:B6"],
    funds=money(5, 6000000, 6000000, 5000000, source="central", stages=STAGES[:3])
    | money(5, 3000000, 2500000, 1500000, source="province", stages=STAGES[:3])
    | money(5, 1000000, 500000, 500000, source="county", stages=STAGES[:3])
    | money(9, 800000, 500000, 400000, source="county", stages=STAGES[:3]),
)
case(
    "not split over several lines",
    "funds that do not split are asked",
    sheet([5, HOUSES[1], 1000, 900, 700, 500]),
    funds=money(5, 10000000, 9000000, 7000000, 5000000),
    codes={"fund_line_unclear"},
)
case(
    "a source without a line",
    "funds: a line that does not exist",
    [
        [FUNDS_TITLE],
        ["序号", "项目", "资金来源", "计划（万元）", "累计到位（万元）"],
        [9, CARE[1], "县级", 80, 50],
        [9, CARE[1], "市级", None, 20],
    ],
    funds=money(9, 800000, 500000, source="county", stages=STAGES[:2])
    | money(9, None, 200000, source="city", stages=STAGES[:2]),
    codes={"fund_line_missing"},
)
case(
    "a county without lines",
    "funds of a county without a plan",
    [["界首市2020年民生工程资金（截至2020年8月31日）"], HEAD, [4, ROADS[1], 100, 50, 40, 30]],
    funds=money(4, 1000000, 500000, 400000, 300000, participant="341282"),
    codes={"no_fund_lines"},
)
case(
    "money for upkeep",
    "funds by kind",
    sheet(
        [14, JOBS[1], 400, 300, 50, 22.15],
        head=["序号", "项目", "计划资金(万元)", "拨付资金(万元)", "管护资金计划(万元)", "管护资金拨付(万元)"],
    ),
    funds=money(14, 4000000, 3000000, stages=("planned", "disbursed"))
    | money(14, 500000, 221500, kind="maintenance", stages=("planned", "disbursed")),
)
case(
    "this month beside the total",
    "funds: 本月 is not 累计",
    sheet(
        [4, ROADS[1], 100, 1250, 80, 1100, 1000],
        head=[
            "序号",
            "项目",
            "本月到位(万元)",
            "累计到位(万元)",
            "本月拨付(万元)",
            "截至8月底累计拨付(万元)",
            "1-7月拨付(万元)",
        ],
    ),
    funds=money(4, 12500000, 11000000, stages=("received", "disbursed")),
    codes={"other_period"},
)
case(
    "only this month's money",
    "funds: 本月 is not 累计",
    sheet([4, ROADS[1], 1250, 80], head=["序号", "项目", "累计到位(万元)", "本月拨付(万元)"]),
    funds=money(4, 12500000, stages=("received",)),
    codes={"only_increment"},
)
case(
    "another plan",
    "funds: a plan that differs",
    sheet([4, ROADS[1], 2100, 1250, 1100, 900]),
    funds=money(4, 21000000, 12500000, 11000000, 9000000),
    codes={"plan_differs"},
)
case(
    "rates of money",
    "funds: rates as checks",
    sheet(
        [4, ROADS[1], 2000, 1250, 62.5, 1100, 0.55, 900, "81.8%"],
        [9, CARE[1], 80, 50, 62.5, 40, 0.8, 30, "57.0%"],
        head=[
            "序号",
            "项目",
            "计划（万元）",
            "到位（万元）",
            "到位率%",
            "拨付（万元）",
            "拨付率",
            "支出（万元）",
            "支出率",
        ],
    ),
    funds=money(4, 20000000, 12500000, 11000000, 9000000) | money(9, 800000, 500000, 400000, 300000),
    codes={"rate_differs"},
)
case(
    "wrong sums of money",
    "funds: totals as checks",
    [
        [FUNDS_TITLE],
        ["序号", "项目", "到位资金（万元）", None, None, None],
        [None, None, "合计", "中央", "省级", "县级"],
        [5, HOUSES[1], 910, 600, 250, 50],
        ["合计", None, 900, 600, 250, 60],
    ],
    merges=["A2:A3", "B2:B3", "C2:F2"],
    funds=money(5, 6000000, source="central", stages=("received",))
    | money(5, 2500000, source="province", stages=("received",))
    | money(5, 500000, source="county", stages=("received",)),
    codes={"total_differs"},
)
case(
    "nothing against a plan",
    "funds: `/` against a plan",
    sheet([4, ROADS[1], 2000, "/", "—", None], [9, CARE[1], 80, 0, "", None]),
    funds=money(4, 20000000, None, None, None) | money(9, 800000, 0, None, None),
    codes={"no_task_claimed"},
)


def _hostile(path: Path) -> Path:
    """Return a sheet with one wrong kind of cell per line."""
    rows = [
        [4, ROADS[1], None, None, None, None],
        [9, CARE[1], None, None, None, None],
        [14, JOBS[1], "x", None, None, None],
    ]
    saved = grid(path.with_suffix(".xlsx"), sheet(*rows, head=HEAD[:2] + HEAD[2:6]))
    book = openpyxl.load_workbook(saved)
    page = book.active
    page["C3"], page["D3"], page["E3"], page["F3"] = "#REF!", "=1+1", datetime.date(2020, 8, 1), True
    page["C3"].data_type = "e"
    page["C4"], page["D4"], page["E4"], page["F4"] = "已拨付", -5, "0.0000001", "12.5万人"
    page["C5"], page["D5"], page["E5"], page["F5"] = 4, "1E+400", "1,23", 0.5
    page["F5"].number_format = "0%"
    book.save(saved)
    return saved


case(
    "cells that are no money",
    "funds: words, errors, formulas, dates, negatives, parts of a 分",
    build=_hostile,
    funds=money(14, 40000, stages=("planned",)),
    asked_funds=dict(zip(money(4, 0, 0, 0, 0), ("C3", "D3", "E3", "F3"), strict=True))
    | dict(zip(money(9, 0, 0, 0, 0), ("C4", "D4", "E4", "F4"), strict=True))
    | dict(zip(money(14, 0, 0, 0, stages=STAGES[1:]), ("D5", "E5", "F5"), strict=True)),
    codes={"error_cell", "no_result", "not_a_number", "words", "bad_value", "plan_differs"},
)
case(
    "scientific money",
    "funds: scientific notation",
    sheet(
        [4, ROADS[1], None, 1.25e7, None, None],
        head=["序号", "项目", "计划（元）", "到位（元）", "拨付（元）", "支出（元）"],
    ),
    formats={"D3": "0.00E+00"},
    funds=money(4, None, 12500000, None, None),
    codes={"scientific"},
)
case(
    "one amount over two items",
    "funds: merged amounts",
    sheet([4, ROADS[1], 2000, 1250, None, None], [9, CARE[1], 80, None, None, None]),
    merges=["D3:D4"],
    funds=money(4, 20000000, None, None, stages=("planned", "disbursed", "spent"))
    | money(9, 800000, None, None, stages=("planned", "disbursed", "spent")),
    asked_funds=dict.fromkeys(money(4, 0, stages=("received",)), "D3")
    | dict.fromkeys(money(9, 0, stages=("received",)), "D4"),
    codes={"merged_value"},
)
case(
    "one amount over the rows of an item",
    "funds: merged amounts",
    with_rows(
        ROWS[:2],
        ["序号", "项目", "指标", "单位", "目标", "累计完成", "拨付资金(万元)"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], r[6], 1100 if r is ROWS[0] else None],
    ),
    merges=["A3:A4", "B3:B4", "G3:G4"],
    truth=truth_of(ROWS[:2]),
    funds=money(4, 11000000, stages=("disbursed",)),
)
case(
    "one amount in both rows of an item",
    "funds: written twice or to be added",
    with_rows(
        ROWS[:3],
        ["序号", "项目", "指标", "单位", "目标", "累计完成", "到位资金(万元)"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], r[6], 12.5 if r[0] == 4 else None],
    ),
    truth=truth_of(ROWS[:3]),
    funds=money(5, None, stages=("received",)),
    asked_funds=dict.fromkeys(money(4, 0, stages=("received",)), "G4"),
    codes={"duplicate_row"},
)
case(
    "two sheets that disagree",
    "funds: duplicates that disagree",
    sheet([9, CARE[1], 80, 50, 40, None]),
    more={"补充": sheet([9, CARE[1], 80, 51, 40, None])},
    funds=money(9, 800000, 400000, None, stages=("planned", "disbursed", "spent")),
    asked_funds=dict.fromkeys(money(9, 0, stages=("received",)), "补充!D3"),
    codes={"duplicate_row"},
)
case(
    "sub-items with money",
    "funds by sub-item",
    [
        [FUNDS_TITLE],
        ["序号", "项目", "子项", "计划（万元）", "累计到位（万元）"],
        [16, "技能培训提升", "退役军人培训", 30, 20],
        [None, None, "新型职业农民培训", 120, 100],
    ],
    merges=["A3:A4", "B3:B4"],
    funds=money(16, 300000, 200000, sub_item="退役军人培训", stages=STAGES[:2])
    | money(16, 1200000, 1000000, sub_item="新型职业农民培训", stages=STAGES[:2]),
)
case(
    "a project with several sub-items",
    "funds by sub-item",
    sheet([16, "技能培训提升", None, 20, None, None], [9, CARE[1], 80, 50, None, None]),
    funds=money(9, 800000, 500000, None, None),
    codes={"ambiguous_sub_item"},
)
case(
    "columns nobody can tell",
    "funds: unclear columns are said",
    sheet(
        [4, ROADS[1], 1250, 300, 5, 7, 990],
        head=[
            "序号",
            "项目",
            "到位资金(万元)",
            "完成投资(万元)",
            "扶贫资金到位(万元)",
            "拨付资金(千元)",
            "2019年到位资金(万元)",
        ],
    ),
    funds=money(4, 12500000, stages=("received",)),
    codes={"fund_column"},
)
case(
    "words on the works beside the money",
    "funds in a sheet of their own",
    sheet([4, ROADS[1], 2000, 1250, "正在施工"], head=["序号", "项目", "计划(万元)", "到位资金(万元)", "工程形象进度"]),
    funds=money(4, 20000000, 12500000, stages=STAGES[:2]),
)
case(
    "a hundred times the plan",
    "funds: a unit slip",
    sheet([4, ROADS[1], 2000, 12500000, None, None]),
    funds=money(4, 20000000, 125000000000, None, None),
    codes={"fund_unit_slip"},
)
case(
    "money of another month",
    "sheets of another period",
    with_rows(ROWS[:1]),
    more={"资金": sheet([4, ROADS[1], 2000, 1, 1, 1], title="太和县2020年民生工程资金表（2020年1—7月）")},
    truth=truth_of(ROWS[:1]),
    codes={"sheet_left_out"},
)
case(
    "money of another county",
    "another county",
    sheet(*BOTH, title="临泉县2020年民生工程资金表（2020年1—8月）"),
    participant=TAIHE,
    refused="临泉县",
)
case(
    "a sheet that counts in 元 as our own",
    "our own template's heads",
    with_rows(ROWS[:1]),
    more={
        "资金": [
            ["太和县2020年民生工程资金（截至2020年8月31日）"],
            [
                "序号",
                "项目",
                "子项",
                "资金类别",
                "资金来源",
                "计划（元）",
                "上月累计到位（元）",
                "累计到位（元）",
                "累计拨付（元）",
                "累计支出（元）",
                "备注",
            ],
            [5, HOUSES[1], None, "项目资金", "中央", 6000000, 1, 6000000, 5000000.25, None, None],
            [5, HOUSES[1], None, "项目资金", "县级", 1000000, 1, 500000, None, None, "县级配套正在落实"],
            [14, JOBS[1], None, "管护资金", "合计", 500000, 1, 300000, 221500, 0, None],
        ]
    },
    truth=truth_of(ROWS[:1]),
    funds=money(5, 6000000, 6000000, "5000000.25", None, source="central")
    | money(5, 1000000, 500000, None, None, source="county")
    | money(14, 500000, 300000, 221500, 0, kind="maintenance"),
)


# City sheets.
case(
    "city matrix of money",
    "a city matrix of funds",
    [
        ["阜阳市2020年民生工程资金情况（截至2020年8月31日）  单位：万元"],
        ["县区", ROADS[1], None, None, CARE[1], None, None],
        [None, "计划", "到位", "拨付", "到位", "拨付", "拨付率%"],
        ["太和", 2000, 1250, 1100, 50, 40, 80],
        ["临泉县", 1500, 900, 800, 30, None, None],
        ["全市", 3500, 2150, 1900, 80, 40, None],
    ],
    merges=["A1:G1", "A2:A3", "B2:D2", "E2:G2"],
    funds=money(4, 20000000, 12500000, 11000000, stages=STAGES[:3])
    | money(9, 500000, 400000, stages=("received", "disbursed"))
    | money(4, 15000000, 9000000, 8000000, stages=STAGES[:3], participant=LINQUAN)
    | money(9, 300000, None, stages=("received", "disbursed"), participant=LINQUAN),
)
case(
    "one item's money by county",
    "a city matrix of funds",
    [
        ["贫困残疾人康复资金拨付情况表（截至2020年8月31日）"],
        ["序号", "县区", "到位资金（万元）", "拨付资金（万元）", "拨付率（拨付÷到位）%"],
        [1, "太和县", 50, 40, 80],
        [2, "临泉县", 30, 15, 50],
        [None, "合计", 80, 55, 68.75],
    ],
    funds=money(9, 500000, 400000, stages=("received", "disbursed"))
    | money(9, 300000, 150000, stages=("received", "disbursed"), participant=LINQUAN),
)
case(
    "money beside a matrix's figures",
    "a city matrix of funds",
    [
        ["阜阳市2020年民生工程完成情况（截至2020年8月31日）"],
        ["县区", CARE[1], None, None, None],
        [None, "残疾儿童康复训练(名)", None, "资金（万元）", None],
        [None, "目标任务", "累计完成", "到位", "拨付"],
        ["太和", 200, 150, 50, 40],
        ["临泉县", None, 90, 30, 15],
    ],
    merges=["A1:E1", "A2:A4", "B2:E2", "B3:C3", "D3:E3"],
    truth={key(CARE): "150", (LINQUAN, *key(CARE)[1:]): "90"},
    funds=money(9, 500000, 400000, stages=("received", "disbursed"))
    | money(9, 300000, 150000, stages=("received", "disbursed"), participant=LINQUAN),
)


def plan_of(lines=LINES) -> dict:
    """Return the lines with their plans in 元."""
    return {line: Decimal(planned * 10_000) for line, planned in lines.items()}
