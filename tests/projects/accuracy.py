"""Measures the reader against returns whose truth is known."""

from collections import Counter
from pathlib import Path

from openpyxl.utils.cell import coordinate_from_string

from projects.excel.contract import return_document
from projects.excel.readings import Issue
from projects.models import Participant, ReportingPeriod
from projects.services.imports import review_returns
from tests.projects.awkward import Return

FIGURE = ("participant", "project_seq", "sub_item", "indicator")
FUND = ("participant", "project_seq", "sub_item", "kind", "source", "stage")
#: States of a figure without a value; an amount of money has none.
BLANK = ("blank", "no_task", None)
OUTCOMES = ["right", "asked", "refused", "lost", "silently wrong", "noise"]


def _is_at(issue: Issue, place: str) -> bool:
    """Tell whether an issue is at a cell ("F5", "表1!F5"), in its row, at the head of its column, or at its sheet."""
    sheet, _, cell = place.rpartition("!")
    if sheet and issue.sheet != sheet:
        return False
    if not issue.cell:
        return bool(issue.sheet)
    column, row = coordinate_from_string(cell)
    said_column, said_row = coordinate_from_string(issue.cell)
    return said_row == row or (said_column == column and said_row < row)


def judged(one: Return, folder: Path, period: ReportingPeriod) -> tuple[Counter, list[str]]:
    """Read one return and count its figures by outcome; with what is not as it should be, in words."""
    path = one.build(folder / f"{abs(hash(one.name))}")
    participant = one.participant and Participant.objects.get(programme=period.programme, code=one.participant)
    review = review_returns(
        files=[(path, "表" + path.suffix)], programme=period.programme, period=period, participant=participant or None
    )
    document = return_document(
        files=[], programme="", period="", readings=review.readings, issues=[], committed=False, refused=False
    )
    found = {tuple(row[name] for name in FIGURE): row | {"is": row["value"]} for row in document["figures"]}
    found |= {tuple(row[name] for name in FUND): row | {"is": row["value_yuan"]} for row in document["funds"]}
    codes = {issue.code for issue in review.issues if issue.code != "already_imported"}
    said = [issue.sentence for issue in review.issues]
    count, faults = Counter(), []
    if one.refused:
        count["refused" if review.is_refused and not found else "silently wrong"] += 1
        if not review.is_refused or found or not any(one.refused in words for words in said):
            faults.append(f"not refused as expected: {said} {list(found)[:3]}")
        return count, faults
    for key, value in (one.truth | one.funds).items():
        row = found.pop(key, None)
        if row is not None and row["is"] == value and (value is not None or row.get("state") in BLANK):
            count["right"] += 1
            continue
        count["lost" if row is None else "silently wrong"] += 1
        faults.append(f"{key}: should be {value}, is {row and row['is']}: {said}")
    for key, place in (one.asked | one.asked_funds).items():
        row = found.pop(key, None)
        is_asked = row is None and any(_is_at(issue, place) for issue in review.errors)
        count["asked" if is_asked else "lost" if row is None else "silently wrong"] += 1
        if not is_asked:
            faults.append(f"{key} should be asked about at {place}, is {row}: {said}")
    for key, row in found.items():
        count["silently wrong"] += 1
        faults.append(f"{key} is none of it, was read as {row['is']}")
    extra = codes - one.codes if not one.clean else codes
    count["noise"] += len(extra) if one.clean else 0
    if extra or one.codes - codes:
        faults.append(f"issues {sorted(codes)}, expected {sorted(one.codes)}: {said}")
    return count, faults
