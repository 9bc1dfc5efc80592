"""What is known of one amount of a report: its facts, its year as a line, returns, flags, revisions, evidence."""

from funding import fund_words as money_words
from funding.entry_progress import year_of_line
from funding.fund_lines import FundLines
from funding.models import FundFigureRevision
from livelihood.formats import format_printed
from livelihood.models import User
from projects import parts
from projects.cell_key import Key, key_text
from projects.cell_panel import SHOWN_CHANGES, cell_changes, cell_evidence, chart_of, door_words
from projects.models import Report


def fund_panel(report: Report, user: User, key: Key) -> dict | None:
    """Return the panel's context, or None when the cell is not on the user's page. About twenty queries."""
    name = key_text(key)
    sections = FundLines(report, user, {}, parts.SaveResult()).sections()
    found = [(section, row) for section in sections for row in section["rows"] if row["key"] == name]
    if not found:
        return None
    [(section, row)] = found
    year = year_of_line(report.period, *key)
    money = money_words.money_of(report)
    about = {"part": "funds", "cell": name}
    return {
        "report": report,
        "section": section,
        "row": row,
        "indicator": row["indicator"],
        "chart": chart_of([line | {"average": None, "average_decimals": None} for line in year], report.period),
        "months": [
            {
                "label": f"{line['ends_on'].month}月{line['ends_on'].day}日",
                "value": money_words.amount_words(line["value"], money) or "—",
                "rate": format_printed(line["rate"]),
                "expected": format_printed(line["expected_rate"]),
                "average": "—",
            }
            for line in year
        ],
        "changes": cell_changes(report, _revisions(row, money), about),
        "evidence": cell_evidence(report, about),
    }


def _revisions(row: dict, money: str) -> list[dict]:
    """Return the amount's changes, newest first: old → new, who, when, and through which door. One query."""
    if row["figure"] is None:
        return []
    rows = FundFigureRevision.objects.filter(fund_figure=row["figure"]).select_related("changed_by", "import_batch")
    return [_revision(revision, row, money) for revision in rows.order_by("-version")[:SHOWN_CHANGES]]


def _revision(revision: FundFigureRevision, row: dict, money: str) -> dict:
    old = money_words.amount_words(revision.old_value, money)
    new = money_words.amount_words(revision.new_value, money) or "空"
    return {
        "at": revision.changed_at,
        "by": revision.changed_by,
        "old": old if old != new else "",
        "new": new,
        "remark": revision.new_remark,
        "how": door_words(revision, row["last"], row["start"]),
    }
