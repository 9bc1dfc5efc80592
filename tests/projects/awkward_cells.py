"""Awkward returns of another hand: what clerks type into a cell."""

import datetime

from tests.projects.awkward import (
    ALL,
    ROWS,
    TAIHE,
    case,
    key,
    truth_of,
    with_rows,
)
from tests.projects.awkward_others import (
    BUILDINGS,
    HOUSES,
    KINDERGARTENS,
    PLAIN,
    PUPILS,
    cell_case,
)

# Cells.
for name, value, truth in [
    ("unit and separators in the cell", "1,320户", "1320"),
    ("a word before the unit", "已完成320户", "320"),
    ("text with an apostrophe", "320", "320"),
    ("full-width with unit", "３２０户", "320"),
    ("blanks that do not break", "\u00a0320\u00a0", "320"),
    ("signs without width", "\u200b320\ufeff", "320"),
    ("nothing done, with a unit", "0户", "0"),
    ("the year's plan, done and share", "年度任务500户，1—8月完成320户，占年度任务的64%", "320"),
    ("negative nought", -0.0, "0"),
    ("text of nought", "-0", "0"),
]:
    cell_case(name, value, truth=truth)
for name, value, code in [
    ("about", "约320", "bad_value"),
    ("parts after the figure", "320户（其中C级120户、D级200户）", "words"),
    ("more than", "320多户", "words"),
    ("at least", "≥320", "bad_value"),
    ("a forecast in the cell", "320（预计）", "words"),
    ("a sum in words", "300+20", "bad_value"),
    ("a range", "300～320", "bad_value"),
    ("a part of the whole", "320/500", "bad_value"),
    ("three stages", "目标500户，已开工410户，竣工320户", "words"),
    ("last month's in the same cell", "7月底300户，8月底320户", "words"),
    ("the letter O", "32O", "bad_value"),
    ("a note's number", "320①", "bad_value"),
    ("Chinese numerals", "三百二十", "bad_value"),
    ("a tick", "√", "bad_value"),
    ("not begun", "未开工", "bad_value"),
    ("below nought", -5, "bad_value"),
    ("brackets of accounting", "(320)", "bad_value"),
    ("two points", "3.2.0", "bad_value"),
    ("an European comma", "32,0", "bad_value"),
    ("a half", 320.5, "bad_value"),
    ("a share of one", "0.64", "bad_value"),
    ("a date in words", "8月31日", "bad_value"),
    ("struck by hand", "300→320", "bad_value"),
    ("two lines", "300\n320", "bad_value"),
    ("with a minus after it", "320-", "bad_value"),
    ("not available", "#N/A", "error_cell"),
    ("a division by nought", "#DIV/0!", "error_cell"),
]:
    cell_case(name, value, codes={code})
cell_case("a ratio that became a date", datetime.date(2020, 1, 2), fmt='m"月"d"日"', codes={"not_a_number"})
cell_case("a format with the unit", 320, fmt='0"户"', truth="320", covers="number formats")
cell_case("a format of Chinese numerals", 320, fmt="[DBNum1][$-804]General", truth="320", covers="number formats")
cell_case(
    "an accounting format", 320, fmt='_ * #,##0_ ;_ * \\-#,##0_ ;_ * "-"_ ;_ @_ ', truth="320", covers="number formats"
)
cell_case("a format that shows nothing", 320, fmt=";;;", truth="320", covers="number formats", codes={"unseen"})
cell_case("a format of fractions", 0.5, fmt="# ?/?", covers="number formats", codes={"bad_value"})
cell_case("noise of binary fractions", 40.300000000000004, number=0, truth="40.3", covers="decimals")
cell_case("more places than the indicator has", 65.123456, number=7, covers="decimals", codes={"bad_value"})
cell_case("nearly a hundred", 99.999999, number=7, covers="decimals", codes={"bad_value"})
cell_case("a full-width percentage", "６５．５％", number=7, truth="65.5", covers="percentages in all notations")
cell_case("a sign of per cent apart", "65.5 %", number=7, truth="65.5", covers="percentages in all notations")
cell_case("per cent in words", "百分之六十五点五", number=7, truth="65.5", covers="percentages in all notations")
cell_case("a bare ratio as text", "0.655", number=7, covers="percentages in all notations", codes={"percent_doubt"})
cell_case("per mille", "655‰", number=7, truth="65.5", covers="percentages in all notations")
cell_case("万 without 人", "50.12万", number=6, truth="50.12", covers="unit conversion")
cell_case("人 in a cell of 万人", "501200人", number=6, truth="50.12", covers="unit conversion")
cell_case("里 in a cell of 公里", "81里", number=0, covers="unit conversion", codes={"bad_value"})
cell_case("km in a cell of 公里", "40.5km", number=0, truth="40.5", covers="unit conversion")
case(
    "1.23万 of people, spaces in thousands",
    "unit conversion",
    with_rows(
        [
            (24, "妇幼健康水平提升和职业病防治", "妇女儿童健康水平提升", "免费婚检", "人", 18500, "1.23万"),
            (20, "困难人员救助暨困难职工帮扶", "农村居民最低生活保障", "保障农村低保", "人", "53 095", "52 001"),
            (27, "义务教育经费保障", "", "两免学生", "人", "210，573", "２１０，０００"),
        ]
    ),
    truth={
        (TAIHE, 24, "妇女儿童健康水平提升", "免费婚检"): "12300",
        (TAIHE, 27, "", "两免学生"): "210000",
    },
    asked={(TAIHE, 20, "农村居民最低生活保障", "保障农村低保"): "F4"},
    codes={"bad_value"},
)
case(
    "targets in words",
    "a target in words",
    with_rows(
        [
            (21, "城乡居民基本医疗保险", "", "参保率", "%", "≥95%", "96.2%"),
            (17, "出生缺陷防治", "", "孕妇咨询随访率", "%", "不低于80%", "81%"),
            (23, "城乡居民基本养老保险", "", "养老金发放率", "%", "100%发放", "100%"),
            (13, "农产品质量安全追溯", "", "新培育三品一标农产品", "个", "23个以上", 20),
            (32, "棚户区改造", "", "新开工", "套", "新开工2900套", 2000),
        ]
    ),
    truth={
        (TAIHE, 21, "", "参保率"): "96.2",
        (TAIHE, 17, "", "孕妇咨询随访率"): "81",
        (TAIHE, 23, "", "养老金发放率"): "100",
        (TAIHE, 13, "", "新培育三品一标农产品"): "20",
        (TAIHE, 32, "", "新开工"): "2000",
    },
)
case(
    "人 for 人次, 个 for 所, 平方米 for 万平方米",
    "人 and 人次 are different",
    with_rows(
        [
            [*PUPILS[:4], "人", *PUPILS[5:]],
            [*KINDERGARTENS[:4], "个", *KINDERGARTENS[5:]],
            [*BUILDINGS[:4], "平方米", 37400, 25000],
        ]
    ),
    truth=truth_of([KINDERGARTENS, BUILDINGS]),
    asked={key(PUPILS): "F3"},
    codes={"wrong_unit", "unit_word"},
)
case(
    "an error in the rate alone",
    "rates as checks",
    with_rows(
        ROWS,
        [*PLAIN[:6], "完成率"],
        lambda r: [r[0], r[1], r[3], r[4], r[5], r[6], "#DIV/0!" if r is HOUSES else f"{r[6] / r[5]:.2%}"],
    ),
    truth=ALL,
)
case(
    "words in the rate",
    "rates as checks",
    with_rows(ROWS, [*PLAIN[:6], "完成率"], lambda r: [r[0], r[1], *r[3:7], "按序时进度"]),
    truth=ALL,
)
case(
    "another figure in the remark",
    "remarks are no figures",
    with_rows(ROWS, line=lambda r: [r[0], r[1], *r[3:7], "实际完成330户，已剔除重复" if r is HOUSES else None]),
    truth=ALL,
)
