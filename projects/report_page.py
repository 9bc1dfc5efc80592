"""What the page of one report shows: its parts, how full it is, what may be done with it, how it came here."""

from collections import Counter
from urllib.parse import urlencode

from livelihood.clock import database_now
from livelihood.models import AuditEvent, User
from livelihood.registry import actions_for
from projects import parts, rights
from projects.models import Report
from projects.services import report_locks
from projects.services import reports as services
from projects.workflow_page import report_workflow, signing_bureaus

#: Audit verbs that are steps of a report, as its history names them.
STEPS = {
    "sign_report": "签字",
    "submit_report": "提交",
    "withdraw_report": "撤回",
    "approve_report": "审核通过",
    "return_report": "退回",
    "receive_report": "代收",
    "sign_bureau": "部门签字",
    "withdraw_bureau": "撤回部门签字",
    "confirm_lines": "确认",
    "raise_objection": "提异议",
    "withdraw_objection": "撤回异议",
    "settle_objection": "处理异议",
}

#: What a line can be found by (data-states of its row), and what the filters are called.
STATES = ("blank", "carried", "flagged", "returned", "behind", "below", "mine")
FILTERS = [
    ("tasks", "全部"),
    ("blank", "空"),
    ("carried", "未确认"),
    ("flagged", "提示"),
    ("returned", "退回"),
    ("behind", "未达时序或节点"),
    ("below", "低于全省"),
    ("mine", "我负责的"),
]

#: How many steps the history shows, newest first.
SHOWN_STEPS = 6


def report_page(report: Report, user: User, *, typed: dict | None = None, results: dict | None = None) -> dict:
    """Return the page's context; `typed` and `results` by part code when a form comes back.

    A constant number of queries, whatever the number of lines.
    """
    typed, results, seen_at = typed or {}, results or {}, database_now()
    blocks = [
        {
            "part": part,
            "columns": part.columns(report),
            "lines": part.lines(report, user, typed=typed.get(part.code), result=results.get(part.code)),
        }
        for part in parts.registered()
    ]
    rows = rows_of(blocks)
    counts = counts_of(rows)
    verbs = services.open_verbs(report, user)
    is_editable = any(row["is_typed"] for row in rows)
    return {
        "report": report,
        "reporter": report.participant or report.agency,
        "blocks": blocks,
        "counts": counts,
        "filters": [{"code": code, "label": label, "count": counts[code]} for code, label in _filters(blocks)],
        "options": options_query(report),
        "strip": [section for block in blocks for section in block["lines"]],
        "verbs": verbs,
        "is_editable": is_editable,
        "is_whole": report_locks.is_whole(report),
        "read_only_reason": "" if is_editable else _read_only_reason(report, user),
        "blockers": services.blockers(report) if "sign" in verbs else [],
        "warnings": [sentence for part in parts.registered() for sentence in part.warnings(report)],
        "history": _history(report),
        "actions": actions_for("report", user, report),
        "workflow": report_workflow(report, user, seen_at=seen_at),
    }


def report_steps(report: Report, user: User) -> dict:
    """Return what the foot of the page says may be done now, without reading a line: asked for after each save."""
    verbs = services.open_verbs(report, user)
    return {
        "report": report,
        "reporter": report.participant or report.agency,
        "verbs": verbs,
        "is_editable": bool(rights.fill_scope(user, report)) and report_locks.is_open_for_figures(report),
        "is_whole": report_locks.is_whole(report),
        "blockers": services.blockers(report) if "sign" in verbs else [],
        "workflow": signing_bureaus(report, user),
    }


def options_query(report: Report, *more: str) -> str:
    """Return what the person chose for the page as the query of its addresses; nothing where nothing was chosen.

    `more`: choices of the page itself to keep as well.
    """
    names = {*more, *(name for part in parts.registered() for name in part.option_names)}
    chosen = {name: report.options[name] for name in sorted(names & report.options.keys())}
    return f"?{urlencode(chosen)}" if chosen else ""


def _filters(blocks: list[dict]) -> list[tuple[str, str]]:
    """Return the filters with one for each part that has lines and a filter of its own."""
    own = [(block["part"].code, block["part"].filter_label) for block in blocks if block["lines"]]
    return FILTERS + [(code, label) for code, label in own if label]


def filter_label(code: str) -> str:
    """Return what a filter of the page is called, nothing for none."""
    if code in ("", "tasks"):
        return ""
    labels = dict(FILTERS) | {part.code: part.filter_label for part in parts.registered() if part.filter_label}
    return labels.get(code, "")


def rows_of(blocks: list[dict]) -> list[dict]:
    """Return the rows of all parts and sections."""
    return [row for block in blocks for line in block["lines"] for row in line["rows"]]


def counts_of(rows: list[dict]) -> dict[str, int]:
    """Count the lines by what there is still to do; `tasks` = `confirmed` + `carried` + `blank`."""
    states = Counter(state for row in rows for state in row["states"])
    tasks = [row for row in rows if row["task"] == "assessed"]
    confirmed = sum(row["is_confirmed"] for row in tasks)
    return {
        "tasks": len(tasks),
        "confirmed": confirmed,
        "filled": confirmed,
        **{code: states[code] for code in (*STATES, *(part.code for part in parts.registered()))},
        "errors": states["invalid"],
        "conflicts": states["conflict"],
    }


def _read_only_reason(report: Report, user: User) -> str:
    """Say why nothing on the page can be typed in, or nothing for those who only read."""
    if not rights.fill_scope(user, report) or rights.parts_in(user, report) == {"office"}:
        return ""
    office = report.period.programme.owner.office_word
    if report.state not in Report.EDITABLE and not report_locks.is_whole(report):
        return {
            Report.State.SIGNED: "已签字，不能再改数。要改请先撤回。",
            Report.State.SUBMITTED: f"已提交，等{office}审核。要改请先撤回，或请{office}退回。",
            Report.State.APPROVED: f"已审核通过，不能再改数。要改请{office}退回。",
        }[report.state]
    return f"{report.period.label}已经封账，不能再改数。确需更正，请联系{office}重新开放。"


def _history(report: Report) -> list[dict]:
    """Return the report's last steps, newest first. One query."""
    events = AuditEvent.objects.filter(
        target_label=Report._meta.db_table, target_id=str(report.pk), verb__in=STEPS
    ).select_related("by")
    return [
        {"at": event.at, "by": event.by, "step": STEPS[event.verb], "reason": event.reason}
        for event in events.order_by("-id")[:SHOWN_STEPS]
    ]
