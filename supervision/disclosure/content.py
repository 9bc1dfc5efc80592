"""What the public is shown of an issued paper, as plain data: every figure as the frozen snapshot prints it.

Nothing is read again when the pages are made: the same content gives the same pages for ever.
"""

import datetime
import re
from collections import Counter
from collections.abc import Iterable

from livelihood.formats import format_date, format_number, format_rate, state_parts
from livelihood.services import Refused
from projects.models import Indicator
from supervision.disclosure.photos import photos_of
from supervision.documents.paper import Source, paper_quotes
from supervision.documents.project_words import indicator_name
from supervision.documents.sentences import below_sentence, benchmark_value, counted_groups
from supervision.models import Disclosure, Document, Rectification
from supervision.pages.line_words import NO_TASK_WORDS, excluding_text, rate_text, status_text

#: What no public page may carry: numbers of mobile phones and of identity cards.
PERSONAL = [
    (re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"), "手机号码"),
    (re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])"), "身份证号码"),
]


#: Of a sum that leaves units out.
NOT_JUDGED = "有单位未报送，暂不判定"
#: The groups of R15 in the order they are printed.
_STATUS_ORDER = [state_parts(code)[1] for code in ("exceeded", "done", "met", "on_schedule", "behind", "not_started")]


def site_content(
    document: Document,
    *,
    opens_on: datetime.date,
    closes_on: datetime.date,
    address: str,
    phone: str,
    rectifications: Iterable[Rectification] = (),
) -> dict:
    """Return all that the site says; a constant number of queries. Raises Refused where it names a private number."""
    source = Source.of(document.snapshot)
    programme = source.period.programme
    content = {
        "programme": programme.name,
        "is_demo": programme.is_demo,
        "issuer": document.content["issuer"],
        "document": {
            "title": document.title,
            "number": document.printed_number,
            "issued_on": format_date(document.issued_on),
            "sha256": document.sha256,
        },
        "snapshot": {"version": document.snapshot.version, "sha256": document.snapshot.sha256},
        "period": source.period.label,
        "as_of": format_date(source.period.as_of),
        "whole": source.whole_name(),
        "window": {
            "from": format_date(opens_on),
            "until": format_date(closes_on),
            "days": (closes_on - opens_on).days + 1,
            "address": address,
            "phone": phone,
        },
        "overview": _overview(source),
        "ranking": _printed_chapter(document, "ranking"),
        "units": _units(source),
        "projects": _projects(source),
        "rectifications": [rectification_content(row) for row in rectifications],
    }
    refuse_personal(content)
    return content


def _overview(source: Source) -> str:
    """Return how the assessed indicators of the whole fall into the groups of R15; the groups add up."""
    wholes = [
        row
        for pk, indicator in source.standings.indicators.items()
        if indicator.assessed and (row := source.standings.whole(pk))
    ]
    counts = Counter(_status(row) for row in wholes)
    words = dict.fromkeys([*_STATUS_ORDER, *counts])
    groups = counted_groups((word, counts[word]) for word in words)
    return f"{source.whole_name()}列入考核的指标{len(wholes)}项，其中{groups}。" if wholes else ""


def _status(row: dict) -> str:
    """Return the word of a line's status; a sum that leaves units out has none (R5)."""
    return status_text(row) if row["status"] else NOT_JUDGED


def _printed_chapter(document: Document, code: str) -> str:
    """Return the text of a chapter of the paper; "" where the paper does not print it."""
    found = [chapter for chapter in document.content["chapters"] if chapter.get("code") == code]
    return "".join(
        sentence["text"]
        for chapter in found
        for paragraph in chapter["paragraphs"]
        for sentence in paragraph["sentences"]
    )


def _units(source: Source) -> list[dict]:
    """Return the units with lines in official order; `page` is the name of a unit's page."""
    present = {row["participant_id"] for rows in source.standings.lines.values() for row in rows}
    units = [row for pk, row in source.standings.participants.items() if row.kind != "whole" and pk in present]
    return [
        {"code": row.code, "name": row.printed_name, "page": f"unit-{nth:03d}.html"} for nth, row in enumerate(units, 1)
    ]


def _projects(source: Source) -> list[dict]:
    """Return the projects in printed order, each with its indicators and their lines."""
    indicators: dict[int, list[dict]] = {}
    for pk, indicator in source.standings.indicators.items():
        indicators.setdefault(indicator.sub_project.project_id, []).append(_indicator(source, pk, indicator))
    projects = source.period.programme.projects.prefetch_related("sub_projects__lead_agency").order_by("seq")
    return [
        {
            "seq": project.seq,
            "name": paper_quotes(project.name),
            "text": project.text,
            "leads": list(dict.fromkeys(sub.lead_agency.name for sub in project.sub_projects.all() if sub.lead_agency)),
            "page": f"project-{project.seq:02d}.html",
            "indicators": indicators.get(project.pk, []),
        }
        for project in projects
    ]


def _indicator(source: Source, pk: int, indicator: Indicator) -> dict:
    standings = source.standings
    rows = standings.lines[pk]
    whole = standings.whole(pk)
    first = rows[0]
    return {
        "name": indicator_name(indicator),
        "unit": indicator.unit,
        "assessed": indicator.assessed,
        "average": "" if first["benchmark"] is None else benchmark_value(first, indicator.unit),
        "below": below_sentence(standings, pk, name=indicator_name(indicator)),
        "excluding": excluding_text(standings, whole),
        "whole": _line(source, whole) if whole else None,
        "lines": [_line(source, row) for row in rows if row["participant_kind"] != "whole"],
    }


def _line(source: Source, row: dict) -> dict:
    """Return a line as printed: target, figure, rate, status with its sign, below the average or not."""
    has_task = row["status"] not in NO_TASK_WORDS
    decimals = source.standings.decimals
    return {
        "unit": source.standings.participants[row["participant_id"]].code,
        "target": format_number(row["shown_target"], row["value_decimals"]) if has_task else "/",
        "value": format_number(row["shown_value"], row["value_decimals"]) if has_task else "/",
        "rate": rate_text(row, decimals) if row["rate"] is None else format_rate(row["rate"], decimals),
        "sign": state_parts(row["status"])[0] if row["status"] else "",
        "status": _status(row),
        "code": row["status"] or "",
        "is_below": bool(row["below_benchmark"]),
    }


def rectification_content(row: Rectification) -> dict:
    """Return what the public learns of a 整改: the matter, who answers as an office, its state; no person."""
    return {
        "seq": row.seq,
        "unit": row.participant.printed_name if row.participant else "",
        "agency": row.agency.name if row.agency else "",
        "project": paper_quotes(row.project.name) if row.project else "",
        "problem": row.problem,
        "measures": row.measures,
        "deadline": format_date(row.deadline) if row.deadline else "",
        "state": row.get_state_display(),
        "photos": photos_of(row),
    }


def objections_content(disclosure: Disclosure, day: datetime.date) -> dict:
    """Return what the public learns on `day` of the objections that came within the days: nothing of persons.

    Two queries.
    """
    came = disclosure.objections.filter(received_on__lte=disclosure.closes_on)
    rows = list(came.select_related("project", "participant", "rectification").order_by("nth"))
    return {
        "as_of": format_date(day),
        "answered": sum(row.answered_at is not None for row in rows),
        "rows": [
            {
                "nth": row.nth,
                "received_on": format_date(row.received_on),
                "way": row.get_way_display(),
                "project": paper_quotes(row.project.name) if row.project else "",
                "unit": row.participant.printed_name if row.participant else "",
                "state": _objection_state(row),
            }
            for row in rows
        ],
    }


def _objection_state(row) -> str:
    if row.answered_at is None:
        return "正在办理"
    return f"已答复，列入整改{row.rectification.seq}号" if row.rectification else "已答复"


def refuse_personal(content: dict) -> None:
    """Raise Refused where a text holds the number of a mobile phone or an identity card; the office's own is meant."""
    own = content["window"]["phone"]
    for text in _texts({key: value for key, value in content.items() if key not in ("document", "snapshot")}):
        for pattern, word in PERSONAL:
            found = pattern.search(text.replace(own, "") if own else text)
            if found:
                raise Refused(f"公示内容里有{word}（{found[0][:3]}…），出现在“{text[:30]}”。请先在来源处去掉，再公示。")


def _texts(value) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key != "sha256":
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
