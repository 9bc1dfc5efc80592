"""What the page is told after a save: cell by cell what became of it and what now stands beside it."""

from dataclasses import replace

from django.template.loader import get_template
from django.utils import timezone

from livelihood.models import User
from livelihood.services import Refused
from projects import parts, report_page
from projects.line_facts import LineFacts
from projects.models import Report

#: The counts the page shows.
COUNTS = ("tasks", "confirmed", "carried", "blank", "flagged", "returned", "behind", "below", "mine")


def entry_reply(report: Report, user: User, typed: dict[str, dict], results: dict[str, parts.SaveResult]) -> dict:
    """Return the reply to a batch, JSON-ready; `typed` and `results` by part code. A constant number of queries.

    Cells are those named in the results, and those beside them whose notes changed, in other parts too. Raises Refused
    when a named one is not on the user's page.
    """
    results = _with_elsewhere(results)
    facts = LineFacts(report)
    blocks = [
        {
            "part": part,
            "lines": part.reply_lines(
                report,
                user,
                typed=typed.get(part.code, {}),
                result=results.get(part.code, parts.SaveResult()),
                facts=facts,
            ),
        }
        for part in parts.registered()
    ]
    counts = report_page.counts_of(report_page.rows_of(blocks))
    sections = {}
    for block in blocks:
        for section in block["lines"]:
            sections[section["code"]] = {"mark": section["mark"], "note": section["note"]}
    return {
        "saved_at": f"{timezone.localtime():%H:%M:%S}",
        "report_version": report.version,
        "parts": {
            block["part"].code: _cells(block, results[block["part"].code])
            for block in blocks
            if block["part"].code in results
        },
        "counts": {name: counts[name] for name in COUNTS},
        "sections": sections,
    }


def _with_elsewhere(results: dict[str, parts.SaveResult]) -> dict[str, parts.SaveResult]:
    """Return the results with what a part's save changed in other parts added to theirs; the given are left alone."""
    found = dict(results)
    for result in results.values():
        for code, keys in result.elsewhere.items():
            known = found.get(code, parts.SaveResult())
            found[code] = replace(known, related=[*known.related, *keys])
    return found


def _cells(block: dict, result: parts.SaveResult) -> dict[str, dict]:
    """Return the reply for each cell of a part's result."""
    part = block["part"]
    rows = {row["key"]: row for section in block["lines"] for row in section["rows"]}
    named = [*result.saved, *result.unchanged, *result.errors, *result.conflicts]
    if set(named) - rows.keys():
        raise Refused("有一格不属于这份月报，什么都没有保存。请刷新页面再填。")
    # What a 勾稽关系 says of other cells, as far as they are on this page.
    named += [key for key in result.related if key in rows and key not in named]
    state, notes = get_template(part.state_template), get_template(part.notes_template)
    return {key: _cell(rows[key], result, state, notes) for key in named}


def _cell(row: dict, result: parts.SaveResult, state, notes) -> dict:
    key, conflict = row["key"], row["conflict"]
    reply = {
        "outcome": _outcome(key, result),
        "message": row["error"] or (conflict.sentence if conflict else ""),
        "version": int(row["version"]),
        "display": row["display"],
        "tones": row["tones"],
        "states": " ".join(row["states"]),
        "state_html": state.render({"row": row}).strip(),
        "notes_html": notes.render({"row": row}).strip() if row["has_notes"] else "",
    }
    if conflict:
        reply["theirs"] = {"value": conflict.value, "by": conflict.by, "at": conflict.at}
    return reply


def _outcome(key: str, result: parts.SaveResult) -> str:
    if key in result.errors:
        return "invalid"
    if key in result.conflicts:
        return "conflict"
    return "saved" if key in result.saved else "unchanged"
