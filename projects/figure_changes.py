"""Which figures of a report say something else than they did at a moment; read from the revisions."""

from collections import defaultdict
from datetime import datetime

from livelihood.formats import format_number
from projects.models import Figure, FigureRevision, Report
from projects.parts import ChangedCell


def changed_figures(report: Report, moment: datetime, part: str) -> list[ChangedCell]:
    """Return the changed cells in printed order; one changed and put back is none. Two queries."""
    touched = FigureRevision.objects.filter(figure__report_id=report.pk, changed_at__gt=moment).values("figure")
    revisions: dict[int, list[FigureRevision]] = defaultdict(list)
    for row in FigureRevision.objects.filter(figure__in=touched).select_related("changed_by").order_by("version"):
        revisions[row.figure_id].append(row)
    figures = (
        Figure.objects.filter(pk__in=revisions)
        .select_related("indicator__sub_project__project")
        .order_by(
            "indicator__sub_project__project__seq",
            "indicator__sub_project__order",
            "indicator__order",
            "indicator",
            "participant__order",
        )
    )
    cells = []
    for figure in figures:
        history = revisions[figure.pk]
        before = next((row for row in reversed(history) if row.changed_at <= moment), None)
        if before is not None and _content(before) == _content(history[-1]):
            continue
        cells.append(_cell(figure, before, history[-1], part))
    return cells


def _cell(figure: Figure, before: FigureRevision | None, last: FigureRevision, part: str) -> ChangedCell:
    indicator = figure.indicator
    project = indicator.sub_project.project
    was, now = (_shown(row, indicator.decimals) for row in (before, last))
    if was == now:
        was, now = f"{was}（备注“{before.new_remark}”）", f"{now}（备注“{last.new_remark}”）"
    return ChangedCell(
        part=part,
        key=f"{figure.participant_id}-{figure.indicator_id}",
        participant_id=figure.participant_id,
        indicator_id=figure.indicator_id,
        sub_project_id=indicator.sub_project_id,
        label=f"{project.seq} {project.name}·{indicator.name}",
        was=was,
        now=now,
        by=last.changed_by,
        at=last.changed_at,
    )


def _content(row: FigureRevision) -> tuple:
    return row.new_state, row.new_value, row.new_text, row.new_remark


def _shown(row: FigureRevision | None, decimals: int) -> str:
    """Return what the cell said: a number, the text, or 空."""
    if row is None or row.new_state in (Figure.State.BLANK, Figure.State.NO_TASK):
        return "空"
    if row.new_state == Figure.State.TEXT:
        return row.new_text
    return format_number(row.new_value, decimals)
