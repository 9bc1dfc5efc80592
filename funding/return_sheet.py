"""The sheet 资金 of the template: fund lines with plan and last month, to be filled by stage.

A county's are its own; a lead agency that reports for all units has those of its items, with a column of units.
"""

from decimal import Decimal

from funding.labels import MEASURES
from funding.models import FundFigure, FundLine, FundPlan
from livelihood.models import Agency
from projects.excel.columns import Column, ReturnSheet
from projects.excel.lines import previous_period
from projects.models import Participant, ReportingPeriod

SHEET = "资金"
BEFORE = [
    Column("seq", "序号", 6),
    Column("project", "项目", 28),
    Column("sub_item", "子项", 20),
    Column("kind", "资金类别", 10),
    Column("source", "资金来源", 13),
    Column("planned", "计划（元）", 17, places=2),
]
AFTER = [
    *(Column(stage, f"累计{label}（元）", 17, is_typed=True, places=2) for stage, label in MEASURES.items()),
    Column("remark", "备注", 24, is_typed=True),
]
UNIT = Column("participant", "考核单位", 14)
#: The stage whose remark the row prints: the one a remark beside amounts is read for.
REMARKED = FundFigure.Stage.DISBURSED


def return_sheet(period: ReportingPeriod, participant: Participant) -> ReturnSheet | None:
    """Return the sheet with what has been reported so far; None for who has no fund lines. Four queries, or one."""
    lines = FundLine.objects.of_programme(period.programme_id).filter(participant=participant)
    return None if participant.kind == Participant.Kind.WHOLE else _sheet(period, list(lines), _columns(period))


def agency_sheet(period: ReportingPeriod, agency: Agency, units: list[Participant]) -> ReturnSheet | None:
    """Return the sheet of what the agency leads, of these units; None where there are no fund lines. Four queries."""
    lines = FundLine.objects.of_programme(period.programme_id)
    led = lines.filter(sub_project__lead_agency=agency, participant__in=units)
    columns = _columns(period)
    return _sheet(period, list(led), [*columns[:3], UNIT, *columns[3:]])


def _columns(period: ReportingPeriod) -> list[Column]:
    previous = Column("previous", f"{period.previous_word}累计到位（元）", 17, places=2)
    return [*BEFORE, previous, *AFTER]


def _sheet(period: ReportingPeriod, lines: list[FundLine], columns: list[Column]) -> ReturnSheet | None:
    if not lines:
        return None
    plans = FundPlan.objects.in_force(period.ends_on).filter(fund_line__in=lines)
    planned = dict(plans.values_list("fund_line", "amount"))
    before = previous_period(period)
    figures = {
        (figure.period_id, figure.fund_line_id, figure.stage): figure
        for figure in FundFigure.objects.filter(fund_line__in=lines, period__in=[period, *([before] if before else [])])
    }

    def amount(of: ReportingPeriod | None, line: FundLine, stage: str) -> Decimal | None:
        figure = figures.get((of.pk, line.pk, stage)) if of else None
        return figure.value if figure else None

    rows = []
    for line in lines:
        remarked = figures.get((period.pk, line.pk, REMARKED))
        rows.append(
            {
                "seq": line.sub_project.project.seq,
                "project": line.sub_project.project.name,
                "sub_item": line.sub_project.name,
                "participant": line.participant.printed_name,
                "kind": line.get_kind_display(),
                "source": line.printed_source,
                "planned": planned.get(line.pk),
                "previous": amount(before, line, FundFigure.Stage.RECEIVED),
                **{stage: amount(period, line, stage) for stage in MEASURES},
                "remark": remarked.remark if remarked else "",
            }
        )
    title = f"{period.programme.name}资金情况{period.get_kind_display()}报（{period.label}）"
    return ReturnSheet(SHEET, title, columns, rows, frozen="source", note="单位：元")
