"""Gives a county its own workbook back: coloured cells with comments, and a sheet that lists everything said.

The file is opened, and the marks are put on it, by `marked_child` in a process of its own.
"""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from livelihood.services import Refused
from projects.excel.readings import ERROR, NOTE, WARNING, Issue, Reading
from projects.excel.workbook import bare_module, run_bare

#: What Python runs as the child.
CHILD = bare_module("projects.excel.marked_child")
SUMMARY_SHEET = "批注汇总"
LEVELS = {ERROR: "错误", WARNING: "提示", NOTE: "说明"}
HEADS = ["程度", "工作表", "单元格", "您填的", "说明", "怎么办？"]
COLOURS = "红色的要改，改好再报；黄色的请核对；蓝色的只是说明。"
CONVERTED = "原文件不是.xlsx，单元格的内容、合并和列宽照抄在这份.xlsx里；公式只留结果，图形、字体没有带过来。"
ODD = "原文件的内部结构特殊，不能在原文件上批注；单元格的内容和合并照抄在这里，公式只留结果，图形、字体没有带过来。"
UNOPENED = "原文件打不开，这里只有说明，没有原表。"
#: What to do, by the code of an issue, and by its severity where the code says nothing special.
ADVICE = {
    "file_refused": "按说明改好整份文件，再传一次。",
    "sheet_left_out": "不是本期、本单位的表，不用报；如果写错了抬头，请改抬头。",
    "unknown_indicator": "名称改成任务表里的写法，或在导入页上指定它是哪一项。",
    "unknown_participant": "单位改成全称，或在导入页上指定它是哪个单位。",
    "fuzzy_match": "核对是不是这一项；不是就改名称。",
    "duplicate_row": "只留一行，或者两行写成一样的数。",
    "merged_value": "取消合并，一行填一个数。",
    "struck": "去掉删除线，格子里只留要报的数。",
    "unseen": "字改成黑色，格式改成“数值”；不该有的数删掉。",
    "slipped_row": "把错位的几格移回自己的列。",
    "no_result": "在WPS或Excel里打开、重新计算并保存，再传一次。",
    "error_cell": "改正公式，或直接填数。",
    "not_a_number": "单元格格式改成“数值”，重新填数。",
    "words": "这一格只填累计完成数，文字写在备注里。",
    "percent_doubt": "写上百分号，如95%。",
    "wrong_unit": "换成任务表里的单位再填。",
    "unit_slip": "核对单位；数没有错，就在备注里写明。",
    "no_task_claimed": "有任务就填数，没有做就填0；任务确实取消了，请报主办的民生办调整目标。",
    "target_differs": "不用改，以系统为准；系统里的目标不对，请报主办的民生办。",
    "previous_differs": "不用改，以系统为准；上月报错了，请报主办的民生办更正。",
    "rate_differs": "核对完成数和完成率，错的一个改过来。",
    "total_differs": "核对合计行和各行的数。",
    "cleared": "不想清空就把数填上。",
    "falling_flow": "累计数一般不减少；确实要改小，在备注里写明原因。",
    "hidden_sheet": "要报的表请取消隐藏。",
    "ambiguous_column": "只留一列累计数，或把表头写清楚；也可以在导入页上指定。",
    "only_increment": "加一列累计数。",
    "no_indicator": "写上指标名称，或删去这个数。",
    "scaled_format": "单元格格式改成普通的数值。",
    "no_unit": "在表头写明元、万元或亿元。",
    "plan_differs": "不用改，以系统为准；系统里的计划不对，请报主办的民生办。",
    "fund_line_unclear": "按来源和类别分行填。",
    "fund_line_missing": "核对项目和来源；系统里确实缺这笔计划的，请报主办的民生办录入。",
    "fund_falling": "累计数一般不减少；确实要改小，在备注里写明原因。",
    "fund_unit_slip": "核对单位；数没有错，就在备注里写明。",
}
BY_SEVERITY = {ERROR: "改好这一处，再传一次。", WARNING: "核对一下；没有错就不用改。", NOTE: "不用改。"}


def marked_workbook(
    path: Path, *, file_name: str, readings: Iterable[Reading], also: Iterable[Issue] = ()
) -> tuple[bytes, str]:
    """Return the marked workbook of one file and a name for it (太和县_批注.xlsx).

    `readings`: what `read_returns` made of the file; `also`: what else stands in its way (a closed period). An
    .xlsx or .xlsm comes back as it is but for colours, comments and one more sheet; other kinds are copied into an
    .xlsx; of what cannot be opened there is only the sheet with the reasons. Raises Refused if the file is gone.
    """
    if not path.is_file():
        raise Refused("文件已不在，不能批注；请重新上传。")
    issues = list(dict.fromkeys(issue for reading in readings for issue in reading.issues)) + list(also)
    wanted = _wanted(file_name, issues, is_refused=any(reading.refusal for reading in readings))
    argument = [*CHILD, str(path.resolve())]
    done = run_bare(argument, given=json.dumps(wanted).encode())
    if done is None or done.returncode != 0:
        # Too much for the limits of the process: the reasons at least come back.
        done = run_bare(argument, given=json.dumps(wanted | {"is_blank": True}).encode())
    if done is None or done.returncode != 0:
        raise Refused("这份文件不能批注，请看页面上的说明。")
    extension, _, content = done.stdout.partition(b"\n")
    return content, marked_name(file_name, extension.decode())


def marked_name(file_name: str, extension: str) -> str:
    """Return what the marked workbook is called: the file's own name with 批注."""
    stem = Path(file_name.replace("\\", "/")).stem.strip() or "月报"
    return f"{stem[:80]}_批注{extension}"


def _wanted(file_name: str, issues: list[Issue], *, is_refused: bool) -> dict:
    return {
        "sheet": SUMMARY_SHEET,
        "title": f"{SUMMARY_SHEET}：{Path(file_name).name}",
        "lines": [_outcome(issues, is_refused), *([COLOURS] if issues else [])],
        "heads": HEADS,
        "converted": CONVERTED,
        "odd": ODD,
        "unopened": UNOPENED,
        "issues": [
            {
                "level": issue.severity,
                "level_label": LEVELS[issue.severity],
                "sheet": issue.sheet,
                "cell": issue.cell,
                "text": issue.message,
                "advice": ADVICE.get(issue.code, BY_SEVERITY[issue.severity]),
            }
            for issue in sorted(issues, key=lambda issue: list(LEVELS).index(issue.severity))
        ],
    }


def _outcome(issues: list[Issue], is_refused: bool) -> str:
    if is_refused:
        return "这份文件没有读，什么都没有存。"
    if not issues:
        return "没有发现问题。"
    counts = Counter(issue.severity for issue in issues)
    said = "、".join(f"{label}{counts[level]}处" for level, label in LEVELS.items() if counts[level])
    return f"{said}。" + ("有错误，改好之前不能导入。" if counts[ERROR] else "没有错误，核对后可以导入。")
