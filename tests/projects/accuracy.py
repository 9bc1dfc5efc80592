"""Measures the reader against returns whose truth is known."""

from collections import Counter
from pathlib import Path

from projects.excel.contract import figure_row
from projects.models import Participant, ReportingPeriod
from projects.services.imports import review_returns
from tests.projects.awkward import Return

OUTCOMES = ["right", "asked", "refused", "lost", "silently wrong", "noise"]


def judged(one: Return, folder: Path, period: ReportingPeriod) -> tuple[Counter, list[str]]:
    """Read one return and count its figures by outcome; with what is not as it should be, in words."""
    path = one.build(folder / f"{abs(hash(one.name))}")
    participant = one.participant and Participant.objects.get(programme=period.programme, code=one.participant)
    review = review_returns(
        files=[(path, "表" + path.suffix)], programme=period.programme, period=period, participant=participant or None
    )
    found = {
        (row["participant"], row["project_seq"], row["sub_item"], row["indicator"]): row
        for reading in review.readings
        for row in (figure_row(reading, figure) for figure in reading.figures)
        if reading.participant is not None
    }
    codes = {issue.code for issue in review.issues if issue.code != "already_imported"}
    said = [issue.sentence for issue in review.issues]
    count, faults = Counter(), []
    if one.refused:
        count["refused" if review.is_refused and not found else "silently wrong"] += 1
        if not review.is_refused or found or not any(one.refused in words for words in said):
            faults.append(f"not refused as expected: {said} {list(found)[:3]}")
        return count, faults
    for key, value in one.truth.items():
        row = found.pop(key, None)
        if row is not None and row["value"] == value and (value is not None or row["state"] in ("blank", "no_task")):
            count["right"] += 1
            continue
        flagged = row is None and bool(review.errors)
        count["asked" if flagged else "lost" if row is None else "silently wrong"] += 1
        faults.append(f"{key}: should be {value}, is {row and row['value']}: {said}")
    for key in one.asked:
        row = found.pop(key, None)
        count["asked" if row is None and review.errors else "silently wrong"] += 1
        if row is not None or not review.errors:
            faults.append(f"{key} should be asked about, is {row}")
    for key, row in found.items():
        count["silently wrong"] += 1
        faults.append(f"{key} is none of it, was read as {row['value']}")
    extra = codes - one.codes if not one.clean else codes
    count["noise"] += len(extra) if one.clean else 0
    if extra or one.codes - codes:
        faults.append(f"issues {sorted(codes)}, expected {sorted(one.codes)}: {said}")
    return count, faults
