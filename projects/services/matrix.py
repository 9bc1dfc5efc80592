"""Writes of a project's table: cells of many reports at once, in one transaction and as few statements."""

from collections import defaultdict

from livelihood.models import User
from livelihood.services import Refused
from projects import parts
from projects.figures_part import FiguresPart
from projects.models import Report


def save_matrix(*, cells: dict[str, dict], reports: dict[str, Report], by: User) -> parts.SaveResult:
    """Store typed cells (key → raw text and base version) in the report each belongs to (`reports`: key → report).

    What one report refuses (signed meanwhile, closed, not the person's) is said at its cells in `errors`; the cells
    of the others are stored. Raises Refused, and stores nothing, when a cell has no report at all. Sending the same
    cells again changes nothing: a cell that says already what is sent is left alone, whatever its version.
    """
    if cells.keys() - reports.keys():
        raise Refused("有一格不在这张表里，或者那个单位还没有开始填报，什么都没有保存。请刷新页面再填。")
    batches: dict[int, dict] = defaultdict(dict)
    for key, cell in cells.items():
        batches[reports[key].pk][key] = cell
    by_pk = {report.pk: report for report in reports.values()}
    result = parts.SaveResult()
    if not batches:
        return result
    found = FiguresPart().save_reports([(by_pk[pk], batch) for pk, batch in batches.items()], by=by, origin="form")
    for pk, answer in found.items():
        if isinstance(answer, Exception):
            result.errors |= dict.fromkeys(batches[pk], str(answer))
        else:
            result.add(answer)
    return result
