"""The catalogue workbook: its template, its reading, and the command."""

import datetime
import io
import json
from decimal import Decimal

import openpyxl
import pytest
from django.core.management import call_command

from livelihood.models import Agency, AuditEvent, Region
from projects.excel.catalogue import target_of
from projects.excel.catalogue_sheets import catalogue_template
from projects.excel.tables import CellRefused
from projects.excel.workbook import Cell
from projects.models import Assignment, DatedTask, Indicator, Programme, Project, Target
from tests.projects.workbooks import retyped

pytestmark = pytest.mark.slow

ROWS = {
    "行政区划": [["990100", "试验市", "试验", "市"], ["990101", "东县", "东", "县(市、区)", "990100"]],
    "部门": [["990100", "市财政局"], ["990100", "市教育局"], ["990101", "东县财政局"], ["990101", "东县教育局"]],
    "单位": [
        ["990101", "东县", "东、东县城", "考核单位", "是", "990101", "东县财政局"],
        ["990100-own", "市本级", None, "本级", None, "990100", "市财政局"],
        ["990100", "全市", None, "全域", "否", "990100"],
    ],
    "目标任务": [
        [1, None, "公办幼儿园", "建设20所", "/", 20],
        [1, None, "入园率", "≥90.5%", "不适用", None],
        [2, "培训", "培训人数", "约1,200人次", 30, "1230"],
    ],
    "节点": [[1, None, "公办幼儿园", "2020-06-30", "50%", "过半"]],
}
PROGRAMME = [
    "trial-2020",
    "试验市2020年民生工程",
    "990100",
    "市财政局",
    2020,
    2,
    "计划",
    "考核单位",
    "试政〔2020〕1号 关于实施民生工程的通知",
    None,
    "试政〔2020〕3号",
    datetime.date(2020, 6, 1),
]
ITEMS = [
    {
        "序号": 1,
        "项目": "学前教育",
        "来源": "省定",
        "变化": "新增",
        "牵头单位": "市教育局",
        "填报单位": "教育局",
        "指标": "公办幼儿园",
        "计量单位": "所",
        "类型": "工程类",
    },
    {"指标": "其中农村", "计量单位": "所", "类型": "工程类", "其中": "公办幼儿园"},
    {
        "指标": "入园率",
        "计量单位": "%",
        "小数位": 1,
        "类型": "服务",
        "累计方式": "比率或标准",
        "所依数量": "公办幼儿园",
        "允许偏差": "3%",
    },
    {
        "序号": 2,
        "项目": "就业",
        "子项": "培训",
        "完成时限": "2020年12月31日",
        "配合单位": "市教育局",
        "指标": "培训人数",
        "计量单位": "人次",
        "类型": "培训类",
        "方向": "左右",
        "考核": "是",
    },
    {"序号": 3, "项目": "资产收益", "文字任务": "按期完成"},
]


@pytest.fixture
def workbook(tmp_path):
    """The template, filled in."""
    path = tmp_path / "目录.xlsx"
    path.write_bytes(catalogue_template())
    book = openpyxl.load_workbook(path)
    for row, value in enumerate(PROGRAMME, 1):
        book["年度"].cell(row, 2).value = value
    for name, rows in ROWS.items():
        for number, row in enumerate(rows, 2):
            for column, value in enumerate(row, 1):
                book[name].cell(number, column).value = value
    for column, name in enumerate(["东县", "990100-own", "全市"], 4):
        book["目标任务"].cell(1, column).value = name
    heads = {cell.value: cell.column for cell in book["项目与指标"][1]}
    for number, row in enumerate(ITEMS, 2):
        for head, value in row.items():
            book["项目与指标"].cell(number, heads[head]).value = value
    book.save(path)
    return path


def run(path, *arguments) -> tuple[int, dict]:
    output, code = io.StringIO(), 0
    try:
        call_command("import_catalogue", str(path), *arguments, "--json", stdout=output)
    except SystemExit as end:
        code = end.code
    return code, json.loads(output.getvalue())


def place(workbook, sheet: str, head: str, row: int) -> str:
    """Return the address of a column's cell."""
    cells = openpyxl.load_workbook(workbook)[sheet][1]
    return next(cell.column_letter for cell in cells if cell.value == head) + str(row)


def test_command_without_commit_counts_and_writes_nothing(db, workbook):
    code, document = run(workbook)

    assert (code, document["committed"], document["refused"], document["issues"]) == (0, False, False, [])
    assert document["created"] == {
        "行政区划": 2,
        "责任单位": 4,
        "年度民生工程": 1,
        "考核单位": 3,
        "项目": 3,
        "子项": 3,
        "配合单位": 1,
        "指标": 4,
        "节点": 1,
        "填报分工": 2,
        "目标任务": 8,
    }
    assert not Programme.objects.exists()
    assert not Region.objects.exists()


def test_command_with_commit_loads_everything_once(db, workbook):
    first_code, first = run(workbook, "--commit")
    events = AuditEvent.objects.count()
    code, document = run(workbook, "--commit")

    assert (first_code, first["committed"], first["programme"]) == (0, True, "trial-2020")
    assert (code, document["created"], document["changed"]) == (0, {}, {})
    assert AuditEvent.objects.count() == events
    programme = Programme.objects.get()
    assert programme.basis == [{"number": "试政〔2020〕1号", "title": "关于实施民生工程的通知"}]
    assert [(row.code, row.kind, row.ranked) for row in programme.participants.all()] == [
        ("990101", "unit", True),
        ("990100-own", "own", False),
        ("990100", "whole", False),
    ]
    indicators = {row.name: row for row in Indicator.objects.all()}
    assert (indicators["其中农村"].part_of, indicators["其中农村"].assessed) == (indicators["公办幼儿园"], False)
    assert (indicators["入园率"].base, indicators["入园率"].additive) == (indicators["公办幼儿园"], False)
    assert (indicators["入园率"].tolerance, indicators["入园率"].decimals) == (Decimal("0.03"), 1)
    assert indicators["培训人数"].sub_project.due_on == datetime.date(2020, 12, 31)
    assert [row.name for row in indicators["培训人数"].sub_project.supporting_agencies.all()] == ["市教育局"]
    assert Project.objects.get(seq=3).text == "按期完成"
    assert set(Assignment.objects.values_list("agency__name", flat=True)) == {"东县教育局", "市教育局"}
    assert Agency.objects.count() == 4


def test_targets_keep_the_printed_words_and_their_document(db, workbook):
    run(workbook, "--commit")

    targets = {
        (row.indicator.name, row.participant.code): (row.state, row.value, row.comparison, row.printed)
        for row in Target.objects.select_related("indicator", "participant")
    }

    assert targets == {
        ("公办幼儿园", "990101"): ("assessed", Decimal(20), "eq", "建设20所"),
        ("公办幼儿园", "990100-own"): ("no_task", None, "eq", "/"),
        ("公办幼儿园", "990100"): ("assessed", Decimal(20), "eq", "20"),
        ("入园率", "990101"): ("assessed", Decimal("90.5"), "ge", "≥90.5%"),
        ("入园率", "990100-own"): ("not_applicable", None, "eq", "不适用"),
        ("培训人数", "990101"): ("assessed", Decimal(1200), "about", "约1,200人次"),
        ("培训人数", "990100-own"): ("assessed", Decimal(30), "eq", "30"),
        ("培训人数", "990100"): ("assessed", Decimal(1230), "eq", "1230"),
    }
    target = Target.objects.first()
    assert (target.document, target.document_on) == ("试政〔2020〕3号", datetime.date(2020, 6, 1))
    assert target.valid_from == datetime.date(2020, 1, 1)


def test_r19_changed_target_needs_a_reason_and_becomes_the_next_revision(db, workbook):
    run(workbook, "--commit")
    retyped(workbook, {"D2": "建设25所"}, sheet="目标任务")

    refused_code, refused = run(workbook, "--commit")
    retyped(workbook, {"B13": "市里调整"}, sheet="年度")
    code, document = run(workbook, "--commit")

    assert refused_code == 1
    assert (refused["issues"][0]["sheet"], refused["issues"][0]["cell"]) == ("目标任务", "D2")
    assert "要写明原因" in refused["issues"][0]["message"]
    assert (code, document["changed"]) == (0, {"目标任务": 1})
    revised = Target.objects.get(revision=2)
    assert (revised.value, revised.reason) == (Decimal(25), "市里调整")


@pytest.mark.parametrize(
    ("sheet", "head", "row", "value", "words"),
    [
        ("项目与指标", "类型", 2, "建筑类", "“建筑类”不认识，应为：工程类、补助类"),
        ("项目与指标", "类型", 2, None, "“公办幼儿园”没有写类型"),
        ("项目与指标", "计量单位", 2, None, "没有写单位"),
        ("项目与指标", "序号", 2, "一", "“一”不是整数"),
        ("项目与指标", "项目", 5, None, "第2项没有名称"),
        ("项目与指标", "可加总", 4, "是", "是比率或标准，不能加总"),
        ("项目与指标", "考核", 2, "对", "“对”应写“是”或“否”"),
        ("项目与指标", "允许偏差", 4, "一点", "“一点”不是数字"),
        ("项目与指标", "其中", 3, "小学", "的其中“小学”在同一子项里找不到"),
        ("项目与指标", "完成时限", 5, "年底", "“年底”不是日期"),
        ("项目与指标", "牵头单位", 2, "市体育局", "责任单位不存在：市体育局"),
        ("单位", "类别", 3, "全域", "全域单位（全市）应有且只有一个，现有2个"),
        ("单位", "印发名称", 3, "东县", "出现了两次"),
        ("单位", "代码", 3, None, "考核单位要有代码和印发名称"),
        ("单位", "加入日期", 2, "春节", "“春节”不是日期"),
        ("行政区划", "层级", 2, "州", "“州”不认识"),
        ("目标任务", "指标", 2, "小学", "第1项“小学”不在“项目与指标”表里"),
        ("目标任务", "东县", 1, "西县", "单位“西县”不在“单位”表里"),
        ("目标任务", "990100-own", 1, "东县", "单位“东县”出现了两次"),
        ("目标任务", "东县", 2, "三年内建20所，改5所", "看不出是多少"),
        ("目标任务", "东县", 2, "20个", "单位与指标的单位“所”不同"),
        ("目标任务", "东县", 2, -5, "看不出是多少"),
        ("目标任务", "东县", 2, 0, "目标值为0；没有任务请写“/”"),
        ("节点", "时限", 2, None, "没有写时限"),
        ("节点", "完成率不低于(%)", 2, "过半", "“过半”不是数字"),
        ("节点", "完成率不低于(%)", 2, "-5", "应在0与99999.99之间"),
    ],
)
def test_wrong_cell_is_one_sentence_and_nothing_is_loaded(db, workbook, sheet, head, row, value, words):
    retyped(workbook, {place(workbook, sheet, head, row): value}, sheet=sheet)

    code, document = run(workbook, "--commit")

    assert (code, document["refused"], document["committed"]) == (1, True, False)
    assert [issue["message"] for issue in document["issues"] if words in issue["message"]], document["issues"]
    assert not Programme.objects.exists()


@pytest.mark.parametrize(
    ("cell", "value", "words"),
    [
        ("B1", None, "年度民生工程缺少：代码"),
        ("B3", "990199", "行政区划不存在：990199"),
        ("B4", "市体育局", "责任单位不存在：市体育局"),
        ("B5", "明年", "“明年”不是整数"),
        ("B6", 7, "完成率小数位应为0至4，现为7"),
        ("B7", "支出", "“支出”不认识，应为：计划、到位"),
        ("B12", "六月", "“六月”不是日期"),
    ],
)
def test_wrong_word_about_the_programme_is_one_sentence(db, workbook, cell, value, words):
    retyped(workbook, {cell: value}, sheet="年度")

    code, document = run(workbook)

    assert code == 1
    assert words in document["issues"][0]["message"]


def test_workbook_without_a_sheet_or_its_head_is_refused(db, workbook, tmp_path):
    book = openpyxl.load_workbook(workbook)
    del book["目标任务"]
    book.save(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(workbook)
    book["单位"]["A1"].value = "编号"
    book.save(tmp_path / "b.xlsx")
    book = openpyxl.load_workbook(workbook)
    del book["年度"]
    book.save(tmp_path / "c.xlsx")

    answers = [run(tmp_path / name)[1]["issues"][0]["message"] for name in ("a.xlsx", "b.xlsx", "c.xlsx", "d.xlsx")]

    assert answers[0].startswith("工作表“目标任务”没有这张工作表")
    assert answers[1].startswith("工作表“单位”没有找到表头")
    assert answers[2:] == ["没有工作表“年度”。", "文件不存在。"]


def test_command_for_people_writes_template_counts_and_reasons(db, workbook, tmp_path):
    output = io.StringIO()

    call_command("import_catalogue", str(tmp_path / "模板.xlsx"), "--template", stdout=output)
    call_command("import_catalogue", str(workbook), stdout=output)
    call_command("import_catalogue", str(workbook), "--commit", stdout=output)
    with pytest.raises(SystemExit):
        call_command("import_catalogue", str(tmp_path / "模板.xlsx"), stdout=output)

    text = output.getvalue()
    assert "模板已写到 模板.xlsx。" in text
    assert "新增：行政区划2、责任单位4" in text
    assert "以上只是核对，什么都没有改动。" in text
    assert "已导入。" in text
    assert "没有导入，什么都没有改动。" in text
    assert openpyxl.load_workbook(tmp_path / "模板.xlsx").sheetnames == [
        "年度",
        "行政区划",
        "部门",
        "单位",
        "项目与指标",
        "目标任务",
        "节点",
        "目标原文",
        "包保责任人",
        "限期任务",
        "项目沿革",
        "文件出入",
    ]


def test_command_by_somebody_without_the_right_is_refused(db, workbook, stranger):
    code, document = run(workbook, "--commit", "--as", "stranger")

    assert (code, document["issues"][0]["message"]) == (1, "只有市民生办可以做这件事。")
    assert not Programme.objects.exists()


@pytest.mark.parametrize(
    ("printed", "unit", "expected"),
    [
        ("73", "个", ("assessed", "73", "eq")),
        ("建设73个", "个", ("assessed", "73", "eq")),
        ("不超过0.3万元", "万元", ("assessed", "0.3", "le")),
        ("90%以上", "%", ("assessed", "90", "ge")),
        ("62公里左右", "公里", ("assessed", "62", "about")),
        ("—", "个", ("no_task", None, "eq")),
    ],
)
def test_target_is_read_from_the_words_of_the_paper(printed, unit, expected):
    target = target_of(Cell(2, 4, "text", printed), {"name": "x", "unit": unit})

    assert (target["state"], target.get("value"), target.get("comparison", "eq")) == expected


def test_target_of_a_percentage_formatted_cell_and_of_a_text_indicator():
    share = target_of(Cell(2, 4, "number", "0.905", is_percent=True), {"name": "x", "unit": "%"})
    words = target_of(Cell(2, 4, "text", "稳步推进"), {"name": "x", "unit": "项", "kind": "text"})

    assert (share["value"], share["printed"]) == ("90.5", "90.5%")
    assert words == {"state": "text", "printed": "稳步推进"}
    with pytest.raises(CellRefused, match="#REF!"):
        target_of(Cell(2, 4, "error", "#REF!"), {"name": "x", "unit": "个"})


DUTIES = {
    "目标原文": [[1, None, "东县", "建设公办幼儿园20所，入园率90.5%以上"]],
    "包保责任人": [[1, None, "东县", "县政府副县长"], [1, None, "东县", "县教育局局长"]],
    "限期任务": [
        [2, "培训", None, "2020-03-20", "方案备案", "3月20日前", "市教育局"],
        [2, "培训", "东", "2020-04-15", "开班"],
    ],
    "文件出入": [[1, "标题", "幼儿园", "公办幼儿园", "公办幼儿园"]],
}


def fill(workbook, sheets):
    """Write rows under the heads of sheets."""
    book = openpyxl.load_workbook(workbook)
    for name, rows in sheets.items():
        for number, row in enumerate(rows, 2):
            for column, value in enumerate(row, 1):
                book[name].cell(number, column).value = value
    book.save(workbook)


def test_sheets_beside_the_numbers_are_read_stored_and_written_again(db, workbook, tmp_path):
    fill(workbook, DUTIES)
    code, document = run(workbook, "--commit")
    before = Project.objects.get(seq=2)
    other = tmp_path / "下年.xlsx"
    other.write_bytes(workbook.read_bytes())
    book = openpyxl.load_workbook(other)
    book["年度"]["B1"].value, book["年度"]["B5"].value = "trial-2021", 2021
    book.save(other)
    lineage = [
        ["trial-2020", 1, "合并", 1],
        ["trial-2020", 2, "延续", 1, "并入幼儿园"],
        ["trial-2020", 3, "退出", None],
    ]
    # The dates move on with the year.
    moved = {"节点": [[*ROWS["节点"][0][:3], "2021-06-30"]]}
    moved["限期任务"] = [[*row[:3], row[3].replace("2020", "2021")] for row in DUTIES["限期任务"]]
    fill(other, moved | {"项目沿革": lineage})
    again, following = run(other, "--commit")

    assert (code, again) == (0, 0), (document["issues"], following["issues"])
    counted = {name: document["created"][name] for name in DUTIES}
    assert counted == {"目标原文": 1, "包保责任人": 2, "限期任务": 2, "文件出入": 1}
    assert document["conflicts"] == ["第1项标题前后不一：①幼儿园；②公办幼儿园。采用：公办幼儿园。"]
    tasks = DatedTask.objects.filter(sub_project__project=before).order_by("due_on")
    assert [(str(row.participant), row.agency and row.agency.name, row.printed_due) for row in tasks] == [
        ("None", "市教育局", "3月20日前"),
        ("东县", None, ""),
    ]
    assert following["created"]["项目沿革"] == 3
    assert list(before.successions.values_list("kind", "to_project__programme__code", "note")) == [
        ("continued", "trial-2021", "并入幼儿园")
    ]
    assert run(other)[1]["changed"] == {}


@pytest.mark.parametrize(
    ("sheets", "sentences"),
    [
        (
            {
                "目标原文": [[1, None, "西县", "建设5所"]],
                "包保责任人": [[7, None, "东县", "县长"]],
                "限期任务": [[2, "培训", None, "下月", "备案"], [2, None, None, "2020-03-20", "备案"]],
                "项目沿革": [["trial-2019", 1, "退出", 1]],
            },
            [
                "单位“西县”不在“单位”表里。",
                "第7项不在“项目与指标”表里。",
                "“下月”不是日期",
                "第2项没有子项“”。",
                "退出的项目没有本年项目，序号请留空。",
            ],
        ),
        (
            {
                "文件出入": [[1, "标题", "甲", "甲"]],
                "节点": [
                    [1, None, "公办幼儿园", "2020-08-31", "120%"],
                    [1, None, "公办幼儿园", "2020-06-30", "50%", None, "指标值"],
                ],
            },
            [
                "文件出入“标题”两处写法相同。",
                "的节点120超过了100%。",
                "不是比率或标准，节点要写完成率。",
                "的节点2020-06-30写在它前一个节点2020-08-31之后",
            ],
        ),
        ({"项目沿革": [["trial-2019", 1, "延续", 1]]}, ["上年项目不存在：trial-2019第1项。"]),
    ],
    ids=["reading", "checking", "loading"],
)
def test_wrong_rows_beside_the_numbers_are_named_and_nothing_is_stored(db, workbook, sheets, sentences):
    fill(workbook, sheets)

    code, document = run(workbook, "--commit")

    said = [issue["message"] for issue in document["issues"]]
    assert code == 1
    assert [sum(sentence in words for words in said) for sentence in sentences] == [1] * len(sentences), said
    assert not Programme.objects.exists()
