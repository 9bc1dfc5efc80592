"""The sheets of a catalogue workbook: their columns, and the empty template made from them."""

from collections.abc import Sequence
from io import BytesIO

import xlsxwriter

from livelihood.models import Region
from livelihood.workbooks import FONT, OPTIONS
from projects.excel.columns import Column
from projects.models import Indicator, Milestone, Participant, Project, ProjectLineage

#: Key in the data → (label in column A of 年度, what an example looks like).
PROGRAMME_ROWS = {
    "code": ("代码", "fuyang-2021"),
    "name": ("名称", "阜阳市2021年33项民生工程"),
    "owner": ("主办地区代码", "341200"),
    "office": ("主办单位", "市财政局"),
    "year": ("年度", "2021"),
    "decimals": ("完成率小数位", "2"),
    "fund_denominator": ("拨付率分母", "计划 或 到位"),
    "reporting_by": ("由谁报送", "考核单位 或 牵头部门"),
    "basis": ("依据文件", "文号 空格 标题；可写多行"),
    "valid_from": ("目标生效日期", "默认1月1日"),
    "document": ("目标依据文件", "文号"),
    "document_on": ("目标文件日期", "2021-03-01"),
    "reason": ("修订原因", "改动已有目标时填写"),
    "kind": ("种类", "民生工程、为民实事 或 其他"),
    "month_due_day": ("月报截止日", "次月几日，默认5；0为当月最后一天"),
    "month_due_hour": ("月报截止时刻", "默认18"),
    "weekly": ("周报制", "是 或 否，默认否"),
    "week_ends_on": ("一周的最后一天", "默认星期日"),
    "week_due_weekday": ("周报截止在", "默认星期二"),
    "week_due_hour": ("周报截止时刻", "默认12"),
    "week_due_after_holiday": ("节后第几个工作日", "遇节假日顺延，默认2"),
}
#: Numbers of when reports are due.
DUE_NUMBERS = ("month_due_day", "month_due_hour", "week_due_hour", "week_due_after_holiday")
REGION_COLUMNS = [
    Column("code", "代码", 12, is_required=True),
    Column("name", "名称", 20, is_required=True),
    Column("short_name", "简称", 10),
    Column("kind", "层级", 10, is_required=True),
    Column("parent", "上级代码", 12),
]
AGENCY_COLUMNS = [
    Column("region", "行政区划代码", 14, is_required=True),
    Column("name", "部门名称", 24, is_required=True),
]
PARTICIPANT_COLUMNS = [
    Column("code", "代码", 14, is_required=True),
    Column("printed_name", "印发名称", 16, is_required=True),
    Column("short_names", "简称", 14),
    Column("kind", "类别", 12),
    Column("ranked", "参加综合排名", 14),
    Column("region", "行政区划代码", 14),
    Column("agency", "单位名称", 20),
    Column("joins_on", "加入日期", 12),
    Column("leaves_on", "退出日期", 12),
]
ITEM_COLUMNS = [
    Column("seq", "序号", 6, is_required=True),
    Column("project", "项目", 24, is_required=True),
    Column("origin", "来源", 8),
    Column("change", "变化", 8),
    Column("text", "文字任务", 20),
    Column("sub_item", "子项", 20),
    Column("lead_agency", "牵头单位", 16),
    Column("filling_agency", "填报单位", 14),
    Column("supporting_agencies", "配合单位", 16),
    Column("city_leader", "市级责任领导", 12),
    Column("department_leader", "部门责任领导", 12),
    Column("implementer", "实施主体", 14),
    Column("due_on", "完成时限", 12),
    Column("indicator", "指标", 26, is_required=True),
    Column("unit", "计量单位", 10, is_required=True),
    Column("decimals", "小数位", 8),
    Column("category", "类型", 9),
    Column("kind", "性质", 8),
    Column("direction", "方向", 8),
    Column("accumulation", "累计方式", 12),
    Column("additive", "可加总", 8),
    Column("assessed", "考核", 8),
    Column("tolerance", "允许偏差", 10),
    Column("part_of", "其中", 16),
    Column("base", "所依数量", 16),
]
TARGET_COLUMNS = [
    Column("seq", "序号", 6, is_required=True),
    Column("sub_item", "子项", 20),
    Column("indicator", "指标", 26, is_required=True),
]
MILESTONE_COLUMNS = [
    *TARGET_COLUMNS,
    Column("due_on", "时限", 12, is_required=True),
    Column("threshold", "完成率不低于(%)", 16, is_required=True),
    Column("text", "节点要求", 30),
    Column("measure", "口径", 10),
]
SENTENCE_COLUMNS = [
    Column("seq", "序号", 6, is_required=True),
    Column("sub_item", "子项", 20),
    Column("participant", "单位", 14, is_required=True),
    Column("text", "目标原文", 60, is_required=True),
]
RESPONSIBILITY_COLUMNS = [
    *SENTENCE_COLUMNS[:3],
    Column("office", "包保责任人", 24, is_required=True),
]
TASK_COLUMNS = [
    *SENTENCE_COLUMNS[:3],
    Column("due_on", "时限", 12, is_required=True),
    Column("text", "任务", 40, is_required=True),
    Column("printed_due", "时限原文", 14),
    Column("agency", "责任单位", 16),
]
LINEAGE_COLUMNS = [
    Column("programme", "上年年度代码", 16, is_required=True),
    Column("from_seq", "上年序号", 10, is_required=True),
    Column("kind", "沿革", 8, is_required=True),
    Column("seq", "序号", 6, is_required=True),
    Column("note", "说明", 30),
]
CONFLICT_COLUMNS = [
    Column("seq", "序号", 6, is_required=True),
    Column("subject", "事项", 20, is_required=True),
    Column("first", "一处写", 30, is_required=True),
    Column("second", "另一处写", 30, is_required=True),
    Column("taken", "本系统采用", 30),
]
SHEETS = {
    "行政区划": REGION_COLUMNS,
    "部门": AGENCY_COLUMNS,
    "单位": PARTICIPANT_COLUMNS,
    "项目与指标": ITEM_COLUMNS,
    "目标任务": TARGET_COLUMNS,
    "节点": MILESTONE_COLUMNS,
    "目标原文": SENTENCE_COLUMNS,
    "包保责任人": RESPONSIBILITY_COLUMNS,
    "限期任务": TASK_COLUMNS,
    "项目沿革": LINEAGE_COLUMNS,
    "文件出入": CONFLICT_COLUMNS,
}
PROGRAMME_SHEET = "年度"
#: What a catalogue says beside its numbers, see `projects.excel.catalogue_duties`.
DUTY_SHEETS = ("目标原文", "包保责任人", "限期任务", "项目沿革", "文件出入")
OPTIONAL_SHEETS = {"行政区划", "部门", "节点", *DUTY_SHEETS}

CHOICES = {
    "category": Indicator.Category,
    "kind": Indicator.Kind,
    "direction": Indicator.Direction,
    "accumulation": Indicator.Accumulation,
}


def catalogue_template() -> bytes:
    """Return an empty catalogue workbook: the sheets with their heads, and choices where there are any."""
    output = BytesIO()
    with xlsxwriter.Workbook(output, OPTIONS) as book:
        formats = sheet_formats(book)
        grey = book.add_format(FONT | {"font_color": "#626D7C"})
        sheet = book.add_worksheet(PROGRAMME_SHEET)
        sheet.set_column(0, 0, 18, formats["head"])
        sheet.set_column(1, 1, 40, formats["text"])
        sheet.set_column(2, 2, 34, grey)
        for row, (label, example) in enumerate(PROGRAMME_ROWS.values()):
            sheet.write_string(row, 0, label, formats["head"])
            sheet.write_string(row, 2, f"例：{example}", grey)
        for name in SHEETS:
            add_head(book, name, formats)
    return output.getvalue()


def sheet_formats(book) -> dict:
    """Return the formats of heads and of cells; cells are text, so that codes keep their zeros."""
    return {
        "head": book.add_format(FONT | {"bold": True, "border": 1, "bg_color": "#EEF1F6"}),
        "text": book.add_format(FONT | {"num_format": "@"}),
    }


def add_head(book, name: str, formats: dict, more: Sequence[str] = ()):
    """Add a sheet with its heads, `more` of them behind; a list to choose from where a column has choices."""
    sheet = book.add_worksheet(name)
    columns = SHEETS[name]
    for number, column in enumerate(columns):
        sheet.set_column(number, number, column.width, formats["text"])
        sheet.write_string(0, number, column.label, formats["head"])
        if labels := _labels(name, column.key):
            rule = {"validate": "list", "source": labels, "error_title": "请从列表里选"}
            sheet.data_validation(1, number, 2000, number, rule)
    for number, label in enumerate(more, len(columns)):
        sheet.set_column(number, number, 14, formats["text"])
        sheet.write_string(0, number, label, formats["head"])
    sheet.freeze_panes(1, 0)
    return sheet


def _labels(sheet: str, key: str) -> list[str]:
    """Return the words a column may hold, or nothing for a free one."""
    if key in ("additive", "assessed", "ranked"):
        return ["是", "否"]
    choices = {
        "项目与指标": CHOICES | {"origin": Project.Origin, "change": Project.Change},
        "单位": {"kind": Participant.Kind},
        "行政区划": {"kind": Region.Kind},
        "节点": {"measure": Milestone.Measure},
        "项目沿革": {"kind": ProjectLineage.Kind},
    }.get(sheet, {})
    return list(choices[key].labels) if key in choices else []
