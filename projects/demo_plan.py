"""What the made-up figures of the demo (演示数据) are to show: sizes, tasks, pace, special cases.

Plain data for `projects.demo`. Keys are the natural key of an indicator: (project seq, sub-project
name or "", indicator name). Values are decimal strings in the indicator's own unit.
"""

from decimal import Decimal

SEED = 2020
COUNTED_COUNTY = "341222"  # 太和县, whose printed targets are real; the others are sized after it
OWN, WHOLE = "341200-own", "341200"

#: Size of a county's tasks beside those of 太和县.
SIZE = {
    "341202": "0.82",
    "341203": "0.61",
    "341204": "0.66",
    "341221": "1.31",
    "341225": "1.08",
    "341226": "1.12",
    "341282": "0.48",
}
#: Pace beside the usual course of a year: 颍东区 and 阜南县 are clearly slow, 临泉县 a little.
PACE = {
    "341202": "1.12",
    "341203": "0.74",
    "341204": "1.03",
    "341221": "0.90",
    "341222": "1.06",
    "341225": "0.66",
    "341226": "0.98",
    "341282": "1.18",
    OWN: "1.00",
}
SLOW = {"341203", "341225"}

#: Share of the year's target usually reached by the end of January … August, by category.
CURVES = {
    "engineering": ("0.01", "0.02", "0.06", "0.13", "0.24", "0.37", "0.51", "0.66"),
    "subsidy": ("0.01", "0.02", "0.08", "0.25", "0.45", "0.65", "0.82", "0.92"),
    "insurance": ("0.45", "0.60", "0.75", "0.84", "0.89", "0.93", "0.96", "0.98"),
    "training": ("0.01", "0.03", "0.08", "0.17", "0.30", "0.45", "0.60", "0.74"),
    "service": ("0.07", "0.14", "0.23", "0.32", "0.41", "0.50", "0.59", "0.68"),
    "policy": ("0.08", "0.16", "0.25", "0.33", "0.41", "0.50", "0.58", "0.66"),
}

#: Share of an unfinished payment that is made up for in a month.
PAID_LATE = "0.02"

_SKILLS = "技能脱贫培训、企业新录用人员岗前技能培训、新技工系统培养"
_FARMERS = "新型职业农民培训"
_LAW = (10, "", "法律援助案件")
_VETERANS = (16, "退役军人培训", "退役军人技能培训")
_STUDENTS = (8, "", "惠及学生")
_DRAINAGE = (31, "", "2019年开工重点易涝区排涝")
_RESERVOIRS = (31, "", "小型病险水库除险加固")
_OLD_ESTATES = tuple((33, "", name) for name in ("改造小区", "房屋建筑面积", "涉及住户"))
_SCHOOLS = (25, "", "小规模学校(教学点)智慧学校")
_NURSERIES = (26, "", "新建改扩建公办幼儿园")
_JOBS = (14, "", "公益性岗位")

#: Tasks of other units where 太和县 has none; units not named share its state.
TASKS_ELSEWHERE = {
    _STUDENTS: {"341221": "98200", "341225": "86400", "341226": "64100"},
    (12, "", "一类县无害化普及率"): {"341202": "90", "341282": "90"},
    (12, "", "二类县卫生厕所普及率"): {"341203": "85", "341204": "85", "341226": "85"},
    (16, _SKILLS, "技工院校全日制系统培养"): {"341202": "320", "341282": "260", OWN: "1500"},
    (16, _FARMERS, "农业经理人"): {"341202": "10", "341221": "20", "341226": "20"},
    (16, _FARMERS, "现代青年农场主"): {"341225": "30", "341282": "20"},
    (16, _FARMERS, "农村创新创业青年"): {"341203": "30", "341204": "25"},
    (18, "", "省级智慧养老示范机构或项目(每省辖市)"): {OWN: "1"},
    (24, "职业病防治", "微型企业接害从业人员培训"): {
        "341202": "120",
        "341204": "80",
        "341226": "100",
        "341282": "150",
        OWN: "60",
    },
    (28, "", "研究生国家奖助学金"): {OWN: "180"},
    (28, "", "本专科生国家奖助学金"): {OWN: "12600"},
    (31, "", "新开工中小河流治理"): {"341203": "1", "341225": "1", "341226": "2"},
    _DRAINAGE: {"341202": "1", "341225": "1", "341226": "2"},
    (31, "", "新开工排涝泵站"): {"341204": "2", "341226": "3"},
    _RESERVOIRS: {"341204": "1", "341226": "2"},
    (31, "", "县区基层防汛预报预警体系"): {
        "341202": "1",
        "341203": "1",
        "341225": "1",
        "341226": "1",
    },
}
#: Standards of rates which 太和县 has no task for; they bind where their base has a task.
STANDARDS_ELSEWHERE = {
    (8, "", "实施学校覆盖率"): "100",
    (8, "", "受益学生覆盖率"): "100",
    (31, "", "年度投资计划完成(排涝)"): "80",
    (31, "", "投资计划完成(水库)"): "80",
}
#: Counties without a task for a count which 太和县 has.
NO_TASK = {
    (6, "", "巩固提升或氟超标改水工程"): {"341202", "341282"},
    (15, "", "省级电商示范镇"): {"341204"},
    (29, "", "美术馆"): {"341203", "341204", "341226"},
}
#: 市本级 has few tasks; its rates follow their base.
OWN_TASKS = {
    _LAW: "420",
    _JOBS: "300",
    (14, "", "就业见习"): "650",
    (16, _SKILLS, "企业新录用人员岗前培训"): "2600",
    (16, _SKILLS, "培养稳定率"): "95",
    _VETERANS: "180",
    (19, "智慧医疗建设", "互联网医院试点(县内医院)"): "2",
    (20, "生活无着人员社会救助", "救助"): "1450",
    (20, "困难职工帮扶", "生活救助"): "42",
    (20, "困难职工帮扶", "子女助学救助"): "85",
    (20, "困难职工帮扶", "医疗救助"): "96",
    (28, "", "中职国家奖助学金"): "46",
    (28, "", "中职免学费补助"): "9800",
    (28, "", "中职国家助学金"): "1560",
    (28, "", "普通高中免学杂费"): "640",
    (28, "", "普通高中国家助学金"): "2100",
    (29, "", "公共图书馆免费开放"): "1",
    (29, "", "文化馆"): "1",
    (29, "", "美术馆"): "1",
    (29, "", "博物馆"): "1",
    (32, "", "新开工"): "600",
    (32, "", "基本建成"): "420",
}
#: What the whole's printed target exceeds the sum of its participants by: a mismatch to show (R16).
SPLIT_MISMATCH = (_LAW, Decimal(50))

#: Counties with the same rate at the end of August; their targets are multiples of four.
TIED = {
    _SCHOOLS: (("341202", "341204", "341226"), "0.75"),
    _NURSERIES: (("341221", "341225", "341226"), "0.5"),
    _JOBS: (("341202", "341204", "341282"), "0.75"),
}
#: Share of the target reached by the end of August, where the usual course is set aside.
AUGUST_SHARE = {
    ("341282", _VETERANS): "1.26",
    ("341202", _LAW): "1.13",
    ("341222", (16, _SKILLS, "技能脱贫培训")): "1.08",
    ("341204", (13, "", "新培育三品一标农产品")): "1.1",
    # 未开工
    **{("341225", key): "0" for key in _OLD_ESTATES},
    ("341203", (32, "", "基本建成")): "0",
    ("341225", (31, "", "新开工中小河流治理")): "0",
}
#: Rates which say how much of a year's work is done: they run like work, not like a standard.
PACED = {
    (4, "", "县乡公路大中修比例"),
    (11, "", "省级中心村项目建设进度"),
    (31, "", "年度投资计划完成(排涝)"),
    (31, "", "投资计划完成(水库)"),
}
#: Values of limits and standards set by hand: an upper limit at zero (R2), one exceeded, one
#: standard not met.
STANDARD_VALUES = {
    ("341282", (7, "", "年度自付费用上限(县域内)")): "0",
    ("341203", (7, "", "年度自付费用上限(省级)")): "1.1",
    ("341225", (20, "孤儿基本生活保障", "散居标准")): "1000",
}
#: Standards which some counties raise above the minimum.
RAISED = {
    (20, "孤儿基本生活保障", "散居标准"),
    (20, "孤儿基本生活保障", "集中供养标准"),
}
#: A head count under 动态管理 that falls month by month; the others keep or grow.
FALLING_STOCK = ("341222", (20, "农村居民最低生活保障", "保障农村低保"))
#: Cells left blank (未报送) by a unit that has the task: (month, participant, key).
BLANKS = {
    (3, "341221", (10, "", "法律援助案件")),
    (5, "341225", (23, "", "养老金发放率")),
    (6, "341203", (13, "", "规模主体农产品实现追溯")),
    (8, "341202", (15, "", "省级电商示范村")),
    (8, "341203", (24, "妇女儿童健康水平提升", "建卡率")),
    (8, "341221", (33, "", "涉及住户")),
    (8, "341225", (28, "", "普通高中国家助学金")),
    (8, "341225", (5, "", "新增农村危房改造")),
}

#: August: 颍上县 sends nothing, 颍泉区 sends after the deadline (due on the 5th of the next month).
NOT_REPORTED = {8: "341226"}
LATE = {8: "341204"}
DUE_DAY = 5

#: Indicators the provincial office is made to publish whatever the draw: the slow ones of the year.
PUBLISHED = (
    (11, "", "乡镇驻地和省级中心村污水设施覆盖"),
    (12, "", "二类县卫生厕所普及率"),
    (23, "", "养老金发放率"),
    (32, "", "新开工"),
    (32, "", "基本建成"),
    (33, "", "改造小区"),
    _VETERANS,
    _SCHOOLS,
)
PUBLISHED_RATES, PUBLISHED_VALUES, PUBLISHED_PLACES = 38, 12, 15
CITIES = 16  # 安徽省 has sixteen cities

#: 勾稽关系 of the demo: name, left terms, comparison, right terms, and what the office says about it.
CROSS_RULES = (
    (
        "新型职业农民培训合计等于各类之和",
        [(16, _FARMERS, "新型职业农民培训合计")],
        "eq",
        [
            (16, _FARMERS, name)
            for name in (
                "农业经理人",
                "现代青年农场主",
                "新型农业经营主体带头人",
                "农村创新创业青年",
                "产业扶贫带头人",
                "专业生产型",
                "技能服务型",
            )
        ],
        "合计应等于七类人数之和，请核对是否漏了一类。（演示数据）",
    ),
    (
        "补助生活费学生不多于两免学生",
        [(27, "", "补助生活费学生")],
        "le",
        [(27, "", "两免学生")],
        "享受生活费补助的学生都在两免学生之内，请核对两个数。（演示数据）",
    ),
    (
        "集中供养标准不低于散居标准",
        [(20, "孤儿基本生活保障", "集中供养标准")],
        "ge",
        [(20, "孤儿基本生活保障", "散居标准")],
        "集中供养标准一般高于散居标准，请核对两个标准是否填反。（演示数据）",
    ),
)
#: What the made-up fillers answer to a flag, by its code.
REASONS = {
    "over_120": "演示数据：超出部分为计划外需求，数字属实。",
    "copied_unchanged": "演示数据：余下的还在审批，本月没有新发放。",
}
OTHER_REASON = "演示数据：已核对，数字属实。"
