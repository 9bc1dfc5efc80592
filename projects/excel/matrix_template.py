"""Writes the template of a lead agency that reports for all units: participants as rows, its indicators as columns."""

from io import BytesIO

import xlsxwriter

from livelihood.models import Agency
from livelihood.services import Refused
from livelihood.workbooks import OPTIONS
from projects import parts
from projects.excel.columns import SHEET, Column
from projects.excel.lines import Line, lines_of
from projects.excel.template import figure_text, target_text, title_of, write_identity, write_part
from projects.excel.template_page import Page
from projects.models import Indicator, Participant, ReportingPeriod

SEQ, UNIT = Column("seq", "序号", 6), Column("participant", "考核单位", 14)


def agency_template(*, period: ReportingPeriod, agency: Agency) -> bytes:
    """Return the .xlsx a lead agency fills for a period: what it leads, of every unit but the whole.

    With targets, last month and what has been reported so far, and a sheet of every part of the report that has one.
    Eleven queries at most, whatever the number of units and indicators. Raises Refused for an agency that leads
    nothing.
    """
    active = period.programme.participants.active_on(period.ends_on)
    units = list(active.exclude(kind=Participant.Kind.WHOLE).order_by("order", "pk"))
    led = {
        unit: [line for line in lines if line.indicator.sub_project.lead_agency_id == agency.pk]
        for unit, lines in zip(units, lines_of(period, units).values(), strict=True)
    }
    indicators = [line.indicator for line in led[units[0]]] if units else []
    if not indicators:
        raise Refused(f"{agency}没有牵头要填的指标，没有表格可下载。")
    output = BytesIO()
    with xlsxwriter.Workbook(output, OPTIONS) as book:
        book.set_properties({"title": title_of(period), "company": str(agency)})
        _write(book, period, agency, indicators, led)
        for part in parts.registered():
            if found := part.agency_sheet(period, agency, units):
                write_part(book, period, agency, found)
        write_identity(book, period, None)
    return output.getvalue()


def _write(book, period: ReportingPeriod, agency: Agency, indicators: list[Indicator], led: dict) -> None:
    columns, names = [SEQ, UNIT], [("", "", "")] * 2
    for indicator in indicators:
        own, sub_project = _columns(period, indicator), indicator.sub_project
        project = sub_project.project.name
        columns += own
        # A blank beside a sub-item would be read as belonging to it.
        names += [(project, sub_project.name or project, f"{indicator.name}（{indicator.unit}）")] * len(own)
    above = list(zip(*names, strict=True))
    if above[1] == above[0]:
        del above[1]
    page = Page(book, SHEET, columns, above=above)
    page.head(title_of(period), period, agency, facts_at=columns[max(2, len(columns) // 2)].key)
    for row, (unit, lines) in enumerate(led.items(), page.first):
        page.write_sequence(row, SEQ.key, row - page.first + 1)
        page.write_words(row, UNIT.key, unit.printed_name)
        for line in lines:
            _write_cells(page, row, unit, line)
    page.finish(len(led), frozen=UNIT.key)


def _columns(period: ReportingPeriod, indicator: Indicator) -> list[Column]:
    """Return the columns of one indicator; progress in words has no target to hold numbers against."""
    asked = Column(f"value-{indicator.pk}", f"{period.this_word}累计", 13, is_typed=True)
    if indicator.kind == Indicator.Kind.TEXT:
        return [asked]
    previous = Column(f"previous-{indicator.pk}", f"{period.previous_word}累计", 11)
    return [Column(f"target-{indicator.pk}", "年度目标", 11), previous, asked]


def _write_cells(page: Page, row: int, unit: Participant, line: Line) -> None:
    indicator, places = line.indicator, line.indicator.decimals
    key = f"value-{indicator.pk}"
    if indicator.kind != Indicator.Kind.TEXT:
        page.write_figure(row, f"target-{indicator.pk}", target_text(line), places=places)
        page.write_figure(row, f"previous-{indicator.pk}", figure_text(line.previous), places=places)
    if line.is_text:
        page.write_words(row, key, figure_text(line.current), is_typed=True)
        return
    shown = "/" if line.has_no_task and line.current is None else figure_text(line.current)
    page.write_figure(row, key, shown, places=places, is_typed=not line.has_no_task)
    if not line.has_no_task:
        what = f"{unit.printed_name}“{indicator.name}”的累计完成数（{indicator.unit}）"
        page.take_numbers(key, row, row, places=places, is_signed=line.allows_negative, what=what)
