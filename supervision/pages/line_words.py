"""Lines of the standings in words: an indicator's name, a rate or why there is none, a status, who is left out."""

from livelihood.formats import MISSING, format_number, state_parts
from projects.models import Project
from supervision.documents.sentences import excluding_note
from supervision.standings import Standings

NO_TASK_WORDS = ("no_task", "text", "not_split")


def indicator_label(indicator) -> str:
    """Return an indicator's name with its sub-item in front, where that has a name."""
    return "·".join(part for part in (indicator.sub_project.name, indicator.name) if part)


def rate_text(row: dict, decimals: int) -> str:
    """Return a line's printed rate, or the word why there is none."""
    if row["rate"] is not None:
        return format_number(row["rate"], decimals)
    if row["status"] in (*NO_TASK_WORDS, "not_reported", "met", "not_met"):
        return state_parts(row["status"])[1]
    return MISSING


def status_text(row: dict) -> str:
    """Return the word of a line's status, which names the yardstick it was judged by: 时序, or its milestones (R11)."""
    word = state_parts(row["status"])[1]
    return word.replace("时序", "节点") if row["has_plan"] else word


def excluding_text(standings: Standings, whole: dict | None) -> str:
    """Return （不含颍上县、市本级） of a sum that leaves units out (R5), "" for one that does not."""
    if whole is None or not whole["pooled_excluding"]:
        return ""
    return excluding_note([standings.participants[pk].printed_name for pk in whole["pooled_excluding"]])


def why_no_score(project: Project, lines: list[dict]) -> str:
    """Return the word that stands in place of a project's score."""
    statuses = {row["status"] for row in lines}
    if not lines or statuses == {"text"}:
        return "文字"
    if statuses <= {"no_task", "text"}:
        return "无任务"
    if statuses <= {"no_task", "text", "not_split"}:
        return "任务未分解"
    return "未报送" if not lines[0]["has_report"] else "不考核"
