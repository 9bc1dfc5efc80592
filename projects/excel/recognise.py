"""Whose return a workbook is, and of which month: from its identity sheet and from what is printed on it.

Nothing is guessed: marks that contradict each other, or what was asked for, refuse the file as a whole.
"""

import re
from dataclasses import dataclass

from projects.excel.columns import COLUMNS, FORMAT, IDENTITY_KEYS, IDENTITY_SHEET, plain
from projects.excel.tables import Table, the_table
from projects.excel.workbook import Workbook, WorkbookRefused
from projects.models import Participant, Programme, ReportingPeriod

_MONTH = re.compile(r"(20\d\d)年(?:1月?[-—–~至到]+)?(\d{1,2})月(?!\d{1,2}日)")
_UNIT = re.compile(r"(?:填报单位|考核单位|单位名称)[：:]\s*([^\s（(：:]+)")


@dataclass
class Identity:
    """What a workbook says of itself; None where it is silent."""

    programme: str | None = None
    period: str | None = None
    participant: str | None = None
    printed_month: tuple[int, int] | None = None
    printed_unit: str | None = None


def find_table(book: Workbook) -> Table:
    """Return the one return of the workbook's visible sheets. Raises WorkbookRefused when there is none or several."""
    return the_table(book, COLUMNS, "月报")


def recognise(
    book: Workbook,
    table: Table,
    *,
    programme: Programme,
    period: ReportingPeriod,
    participants: list[Participant],
    expected: Participant | None = None,
) -> tuple[Participant, list[str]]:
    """Return the participant whose return it is, and what the workbook did not say and was taken as asked for.

    `expected`: the participant asked for, if any. Raises WorkbookRefused with both names where the workbook is
    of another programme, period or participant, or contradicts itself.
    """
    identity = _identity(book, table)
    _require_programme(identity, programme)
    _require_period(identity, period)
    named = _named_participant(identity, participants)
    taken_as_asked = []
    if identity.period is None and identity.printed_month is None:
        taken_as_asked.append(f"表中没有写填报期，按{period.label}读取。")
    if named is None:
        if expected is None:
            raise WorkbookRefused("看不出是哪个单位的表，请用系统下载的模板，或者指明单位。")
        taken_as_asked.append(f"表中没有写填报单位，按{expected.printed_name}读取。")
        return expected, taken_as_asked
    if expected is not None and named != expected:
        raise WorkbookRefused(f"这是{named.printed_name}的表，不是{expected.printed_name}的。")
    return named, taken_as_asked


def _identity(book: Workbook, table: Table) -> Identity:
    identity = Identity()
    marks = book.sheet(IDENTITY_SHEET)
    if marks is not None:
        values = {
            IDENTITY_KEYS[plain(marks.cell(row, 1).text)]: marks.cell(row, 2).text.strip()
            for row in range(1, marks.row_count + 1)
            if plain(marks.cell(row, 1).text) in IDENTITY_KEYS
        }
        if values.get("format", FORMAT) != FORMAT:
            raise WorkbookRefused("模板的版本不对，请重新下载模板填报。")
        identity.programme = values.get("programme") or None
        identity.period = values.get("period") or None
        identity.participant = values.get("participant") or None
    printed = [cell.text for row in range(1, table.head_row) for cell in table.sheet.row(row) if cell.kind == "text"]
    months = {(int(month[1]), int(month[2])) for text in printed for month in _MONTH.finditer(re.sub(r"\s", "", text))}
    if len(months) > 1:
        raise WorkbookRefused("表头上写了不止一个月份，请改正后再上传。")
    identity.printed_month = next(iter(months), None)
    units = {match[1] for text in printed if (match := _UNIT.search(text))}
    if len(units) > 1:
        raise WorkbookRefused(f"表头上写了不止一个填报单位（{'、'.join(sorted(units))}），请改正后再上传。")
    identity.printed_unit = next(iter(units), None)
    return identity


def _require_programme(identity: Identity, programme: Programme) -> None:
    if identity.programme is not None and identity.programme != programme.code:
        raise WorkbookRefused(f"这是年度民生工程“{identity.programme}”的表，不是“{programme.code}”的。")


def _require_period(identity: Identity, period: ReportingPeriod) -> None:
    if identity.period is not None and identity.period != period.code:
        raise WorkbookRefused(f"这是{identity.period}的表，不是{period.label}（{period.code}）的。")
    month = identity.printed_month
    is_month = period.kind == ReportingPeriod.Kind.MONTH
    if month is not None and is_month and month != (period.ends_on.year, period.ends_on.month):
        raise WorkbookRefused(f"表头写的是{month[0]}年{month[1]}月，不是{period.label}。")


def _named_participant(identity: Identity, participants: list[Participant]) -> Participant | None:
    """Return the participant named by code or in print; None where the workbook names none."""
    by_code = {participant.code: participant for participant in participants}
    by_name = {
        plain(name): participant
        for participant in participants
        for name in [participant.printed_name, *participant.short_names]
    }
    marked = by_code.get(identity.participant) if identity.participant else None
    if identity.participant and marked is None:
        raise WorkbookRefused(f"表内标识的单位代码“{identity.participant}”不在考核单位名单里。")
    printed = by_name.get(plain(identity.printed_unit)) if identity.printed_unit else None
    if identity.printed_unit and printed is None:
        raise WorkbookRefused(f"表上的填报单位“{identity.printed_unit}”不在考核单位名单里。")
    if marked and printed and marked != printed:
        raise WorkbookRefused(
            f"表内标识是{marked.printed_name}，表上写的填报单位是{printed.printed_name}，请重新下载模板填报。"
        )
    return marked or printed
