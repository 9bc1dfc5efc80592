"""The JSON document of `import_return`: keys and spellings are a contract with other programs."""

from collections.abc import Iterable

from projects import parts
from projects.excel.lines import decimal_text
from projects.excel.reader import Issue, ReadFigure, Reading


def return_document(
    *,
    files: list[str],
    programme: str,
    period: str,
    readings: Iterable[Reading],
    issues: Iterable[Issue],
    committed: bool,
    refused: bool,
) -> dict:
    """Return the document: figures of all files in sheet order and the rows of the other parts, none when refused."""
    readings = [] if refused else list(readings)
    figures = [figure_row(reading, figure) for reading in readings for figure in reading.figures]
    return {
        "files": files,
        "programme": programme,
        "period": period,
        "committed": committed,
        "refused": refused,
        "figures": figures,
        **part_rows(readings),
        "issues": [issue_row(issue) for issue in issues],
    }


def figure_row(reading: Reading, figure: ReadFigure) -> dict:
    """Return one row met in the sheet; the value is a decimal string in the indicator's own unit, or null."""
    seq, sub_item, indicator = figure.line.key
    return {
        "file": reading.file,
        "participant": reading.participant.code,
        "project_seq": seq,
        "sub_item": sub_item,
        "indicator": indicator,
        "value": decimal_text(figure.value) or None,
        "state": figure.state,
        "unit": figure.line.indicator.unit,
        "sheet": figure.sheet,
        "cell": figure.cell,
    }


def part_rows(readings: Iterable[Reading]) -> dict[str, list[dict]]:
    """Return the rows of the other parts that files were read for, under the name of each: "funds"."""
    found = {part.document_key: [] for part in parts.registered() if part.document_key}
    names = {part.code: part.document_key for part in parts.registered()}
    for reading in readings:
        for cell in reading.parts:
            whose = {"file": reading.file, "participant": reading.participant.code}
            found[names[cell.part]].append(whose | cell.row)
    return found


def issue_row(issue: Issue) -> dict:
    """Return one issue; the keys of an unknown place are empty."""
    return {
        "severity": issue.severity,
        "code": issue.code,
        "file": issue.file,
        "sheet": issue.sheet,
        "cell": issue.cell,
        "message": issue.message,
    }
