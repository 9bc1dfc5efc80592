"""The rules in words: why a line has no rate, and why it has the status it has (R2–R7, R11–R13, R15)."""

from decimal import Decimal

from livelihood.formats import format_number, format_rate, state_parts
from projects.models import Indicator, Target
from supervision.standings import Standings

#: Status → why, where the sentence needs no number.
PLAIN = {
    "text": "文字类：不计算完成率，也不参加位次（规则R12、R15）。",
    "not_split": "任务未分解：{whole}目标比各单位任务之和多，多出的还没有分下来，不能说这个单位没有任务（规则R5）。",
    "exceeded": "超额完成：完成数大于目标，按准确数判断（规则R15）。",
    "not_started": "未开工：累计完成为0（规则R15）。",
}


def status_sentence(standings: Standings, row: dict, *, whole: str) -> str:
    """Return why a line has its status, "" where it has none."""
    status, decimals = row["status"], standings.decimals
    if status is None:
        return (
            "合计里有未报送的单位，不判断状态，也不和全省平均、时序比较（规则R5）。" if row["pooled_excluding"] else ""
        )
    if status in PLAIN:
        return PLAIN[status].format(whole=whole)
    if status in ("on_schedule", "behind"):
        side = "不低于" if status == "on_schedule" else "低于"
        yardstick = "节点要求" if row["has_plan"] else "时序进度"
        word = state_parts(status)[1].replace("时序", "节点") if row["has_plan"] else state_parts(status)[1]
        return (
            f"{word}：完成率{format_rate(row['rate'], decimals)}{side}{yardstick}"
            f"{format_rate(row['expected_rate'], decimals)}，按印发的数比较（规则R7、R11、R15）。"
        )
    return {
        "done": _done,
        "not_due": _not_due,
        "not_reported": _not_reported,
        "met": _met,
        "not_met": _met,
    }.get(status, lambda _row: "")(row)


def _done(row: dict) -> str:
    if row["direction"] == "about":
        allowed = format_number(row["tolerance"].scaleb(2))
        return f"已完成：目标带“约”“左右”，完成数不低于目标的（100−{allowed}）%就算完成（规则R2、R15）。"
    return "已完成：完成数达到目标，按准确数判断（规则R15）。"


def _not_due(row: dict) -> str:
    if row["indicator_kind"] == "annual":
        return "未到节点：年度指标到年底才考核（规则R12）。"
    return "未到节点：节点计划里第一个节点的日子还没有到（规则R11、R15）。"


def _not_reported(row: dict) -> str:
    why = "月报已报送，这一格空着" if row["has_report"] else "本期月报还没有报送"
    scores = "；考核指标按0分计，印为“未报送（按0分计）”（规则R13）" if row["points"] == 0 else ""
    return f"未报送：{why}。空不是0，不参加位次，排在最后（规则R5）{scores}。"


def _met(row: dict) -> str:
    word = state_parts(row["status"])[1]
    if row["direction"] == "at_most":
        if row["shown_value"] == 0 and row["indicator_kind"] == "number":
            return "达标：越低越好，实际为0时不计算完成率，记为达标，得满分，排在首位（规则R2）。"
        return f"{word}：越低越好，实际{'不超过' if row['status'] == 'met' else '超过'}目标（规则R2、R15）。"
    if row["direction"] == "about":
        allowed = format_number(row["tolerance"].scaleb(2))
        return f"{word}：与目标相差{'不超过' if row['status'] == 'met' else '超过'}{allowed}%（规则R2、R15）。"
    return f"{word}：实际{'达到' if row['status'] == 'met' else '没有达到'}目标（规则R3、R15）。"


def no_task_sentences(row: dict, target: Target | None, indicator: Indicator) -> list[str]:
    """Return why a line has no task: who says so (R4, R5)."""
    tail = "不进分子、分母、位次和个数（规则R4）。"
    if row["participant_kind"] == "whole":
        return [f"无任务：没有一个单位有任务，{tail}"]
    if target is not None and target.state == Target.State.NOT_APPLICABLE:
        return [f"不适用：任务分解表里写的是“不适用”，和无任务一样{tail}"]
    if target is not None and target.state == Target.State.NO_TASK:
        return [f"无任务：任务分解表里写的是“无任务”，{tail}"]
    if indicator.base_id and row["target_state"] == "no_task":
        return [f"无任务：它所依的数量指标在这个单位没有任务，比率随着也没有，{tail}"]
    if row["additive"]:
        return ["无任务：任务分解表里这一格空着，其他单位的任务加起来已经等于总目标，空着就是无任务（规则R5）。"]
    return ["无任务：任务分解表里这一格空着，这个指标又不加总，空着就是无任务（规则R5）。"]


def no_rate_sentence(row: dict, decimals: int) -> str:
    """Return why a line with a task and a figure has no rate, "" where it has one."""
    if row["rate"] is not None or row["shown_value"] is None or row["status"] in ("no_task", "text", "not_split"):
        return ""
    if row["indicator_kind"] == "growth":
        return "增幅指标不计算完成率，只看达标不达标（规则R12）。"
    if row["indicator_kind"] == "annual":
        return "年度指标不计算完成率，只看达标不达标（规则R12）。"
    if row["direction"] != "at_most" and row["shown_target"] == 0:
        return "目标是0，不能作除数，没有完成率（规则R2）。"
    return ""


def rounding_sentences(row: dict, decimals: int) -> list[str]:
    """Return what rounding did that the formula alone does not tell (R7), and that a rate is not capped (R2, R3)."""
    if row["rate"] is None:
        return []
    at_most = row["direction"] == "at_most"
    top, bottom = (row["shown_target"], row["shown_value"]) if at_most else (row["shown_value"], row["shown_target"])
    step = Decimal(1).scaleb(-decimals)
    found = []
    if top < bottom and (bottom - top) * 200 < bottom * step:
        found.append("实际不足目标，不印成100（规则R7）。")
    if row["rate"] > 100:
        found.append("完成率不封顶，超过100照印；计分时按100（规则R2、R3、R13）。")
    return found
