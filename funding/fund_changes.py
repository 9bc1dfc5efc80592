"""Which amounts of a report say something else than they did at a moment; read from the revisions."""

from collections import defaultdict
from datetime import datetime

from funding.amounts import in_unit
from funding.models import FundFigure, FundFigureRevision
from projects.models import Report
from projects.parts import ChangedCell


def changed_amounts(report: Report, moment: datetime, part: str) -> list[ChangedCell]:
    """Return the changed cells in printed order; one changed and put back is none. Two queries."""
    touched = FundFigureRevision.objects.filter(fund_figure__report_id=report.pk, changed_at__gt=moment)
    revisions: dict[int, list[FundFigureRevision]] = defaultdict(list)
    rows = FundFigureRevision.objects.filter(fund_figure__in=touched.values("fund_figure"))
    for row in rows.select_related("changed_by").order_by("version"):
        revisions[row.fund_figure_id].append(row)
    figures = (
        FundFigure.objects.filter(pk__in=revisions)
        .select_related("fund_line__sub_project__project")
        .order_by("fund_line__sub_project__project__seq", "fund_line__sub_project__order", "fund_line", "id")
    )
    cells = []
    for figure in figures:
        history = revisions[figure.pk]
        before = next((row for row in reversed(history) if row.changed_at <= moment), None)
        if before is None or _content(before) != _content(history[-1]):
            cells.append(_cell(figure, before, history[-1], part))
    return cells


def _cell(figure: FundFigure, before: FundFigureRevision | None, last: FundFigureRevision, part: str) -> ChangedCell:
    line = figure.fund_line
    project = line.sub_project.project
    was, now = _shown(before), _shown(last)
    if was == now:
        was, now = (
            f"{was}（备注“{before.new_remark if before else ''}”）",
            f"{now}（备注“{last.new_remark}”）",
        )
    return ChangedCell(
        part=part,
        key=f"{line.pk}-{figure.stage}",
        participant_id=line.participant_id,
        indicator_id=None,
        sub_project_id=line.sub_project_id,
        label=f"{project.seq} {project.name}·{line.printed_source} {figure.get_stage_display()}",
        was=was,
        now=now,
        by=last.changed_by,
        at=last.changed_at,
    )


def _content(row: FundFigureRevision) -> tuple:
    return row.new_state, row.new_value, row.new_remark


def _shown(row: FundFigureRevision | None) -> str:
    """Return what the cell said: an amount in 万元, or 空."""
    return "空" if row is None or row.new_value is None else f"{in_unit(row.new_value, '万元')} 万元"
