"""Whose return a sheet is, and of which month: from the identity sheet, from the lines above the table, from names.

Nothing is guessed: marks that contradict each other, or what was asked for, leave the sheet out.
"""

import re
from dataclasses import dataclass, field

from projects.excel.blocks import Block
from projects.excel.columns import FORMAT, IDENTITY_KEYS, IDENTITY_SHEET, plain
from projects.excel.corrections import LEFT_OUT, Remembered, unit_key
from projects.excel.titles import Marks, marks_of, place_named, reporters_below, title_texts
from projects.excel.unit_names import AskedUnit, Units
from projects.excel.workbook import Sheet, Workbook, WorkbookRefused
from projects.models import Participant, Programme, ReportingPeriod


@dataclass
class SheetOrigin:
    """Whose a table is (None: it does not say), or why it is left out as a whole."""

    participant: Participant | None = None
    refusal: str = ""
    sheet: str = ""
    #: The names of nobody it goes under, by key: asked, or as somebody said.
    asked: dict[str, AskedUnit] = field(default_factory=dict)


class Origins:
    """What one workbook says of where it comes from. Raises WorkbookRefused where its identity sheet is of another."""

    def __init__(
        self, book: Workbook, *, programme: Programme, period: ReportingPeriod, units: Units, expected, said: Remembered
    ):
        self.book, self.period, self.units, self.expected = book, period, units, expected
        self.said = said
        #: What was taken for granted, with the sheet that did not say it.
        self.taken_as_asked: dict[str, str] = {}
        #: Whom the tables of the file name, in the order met.
        self.owners: dict[int, Participant] = {}
        self.above: dict[int, Marks] = {}
        self.identity = self._identity()
        self.marked = self._marked(programme)

    def is_identity(self, sheet: Sheet) -> bool:
        """Tell whether a sheet is the template's own, which only the product reads."""
        return sheet.name == IDENTITY_SHEET

    def of(self, sheet: Sheet, block: Block) -> SheetOrigin:
        """Return whose a table is; its month is checked."""
        marks = self._completed(sheet, marks_of(title_texts(block), self.units))
        if not marks.reporters:
            marks.reporters = reporters_below(block, self.units)
        named = marks_of([sheet.name], self.units)
        refusal = self._other_period(marks, named, sheet)
        if refusal:
            return SheetOrigin(refusal=refusal, sheet=sheet.name)
        asked = self._asked(marks, sheet, block)
        owner, refusal = self._owner(marks, self.units.named(sheet.name), named)
        if owner is not None:
            self.owners[owner.pk] = owner
        elif (
            not refusal and self.expected is None and (place := place_named(sheet.name, title_texts(block), self.units))
        ):
            owner, refusal = self._answer(place, sheet, block, asked)
        return SheetOrigin(owner, refusal, sheet.name, asked)

    @property
    def any_owner(self) -> Participant | None:
        """Return whom the file's first table names."""
        return next(iter(self.owners.values()), None)

    def _completed(self, sheet: Sheet, marks: Marks) -> Marks:
        """Return what a table's lines say; where they are silent, the table above in the same sheet has said it."""
        before = self.above.get(id(sheet))
        if before is not None:
            if not (marks.reporters or marks.mentioned or marks.unknown):
                marks.reporters, marks.mentioned, marks.unknown = before.reporters, before.mentioned, before.unknown
                marks.left_out = before.left_out
            if not (marks.months or marks.years):
                marks.months, marks.years = before.months, before.years
        self.above[id(sheet)] = marks
        return marks

    def _asked(self, marks: Marks, sheet: Sheet, block: Block) -> dict[str, AskedUnit]:
        """Take the reporters nobody knows for whom somebody said they are; return them, and those to ask about."""
        asked: dict[str, AskedUnit] = {}
        for name in list(dict.fromkeys(marks.unknown)):
            unit, is_said = self._meant(name, sheet, block, asked)
            if is_said:
                marks.unknown = [one for one in marks.unknown if one != name]
                (marks.left_out if unit is None else marks.reporters).append(name if unit is None else unit)
        return asked

    def _answer(self, name: str, sheet: Sheet, block: Block, asked: dict) -> tuple[Participant | None, str]:
        """Return who is meant by the name a whole sheet goes under, or that it is not to be read."""
        unit, is_said = self._meant(name, sheet, block, asked)
        if unit is not None:
            self.owners[unit.pk] = unit
        return unit, f"按更正，“{name}”的表不读。" if is_said and unit is None else ""

    def _meant(self, name: str, sheet: Sheet, block: Block, asked: dict) -> tuple[Participant | None, bool]:
        """Return whom a name means by what was said, and whether anything was; note it among `asked`."""
        owner, key = self.likely_owner(SheetOrigin()), unit_key(name)
        code = self.said.of(owner).units.get(key, "")
        unit = self.units.coded(code) if code else None
        is_said = unit is not None or code == LEFT_OUT
        cell = next((one for one in block.titles if name in one.text), sheet.cell(1, 1))
        asked[key] = AskedUnit(cell, name, unit, is_said, is_title=True, owner=owner)
        return unit, is_said

    def owner(self, origin: SheetOrigin) -> Participant:
        """Return whose the rows are that name nobody. Raises WorkbookRefused where nobody can tell."""
        if origin.participant is not None:
            return origin.participant
        from_name = marks_of([self.book.file_name], self.units).mentioned
        distinct = list(dict.fromkeys(from_name))
        if self.expected is not None:
            if len(distinct) == 1 and distinct[0] != self.expected:
                raise WorkbookRefused(f"文件名写的是{distinct[0].printed_name}，不是{self.expected.printed_name}的表。")
            self._take(f"表中没有写填报单位，按{self.expected.printed_name}读取。", origin.sheet)
            return self.expected
        if len(distinct) == 1:
            self._take(f"表中没有写填报单位，按文件名里的{distinct[0].printed_name}读取。", origin.sheet)
            return distinct[0]
        if len(self.owners) == 1 and not distinct:
            name = self.any_owner.printed_name
            self._take(f"这张表没有写填报单位，按同一文件里写明的{name}读取，请核对。", origin.sheet)
            return self.any_owner
        raise WorkbookRefused("看不出是哪个单位的表，请在表上写明填报单位，或者指明单位。")

    def likely_owner(self, origin: SheetOrigin) -> Participant | None:
        """Return whose a table seems to be, to read it as that county's sheets are; None for nobody's alone."""
        distinct = set(marks_of([self.book.file_name], self.units).mentioned)
        return origin.participant or self.expected or (distinct.pop() if len(distinct) == 1 else None)

    def _take(self, words: str, sheet: str) -> None:
        self.taken_as_asked.setdefault(words, sheet)

    def _identity(self) -> dict[str, str]:
        marks = self.book.sheet(IDENTITY_SHEET)
        if marks is None:
            return {}
        return {
            IDENTITY_KEYS[plain(marks.cell(row, 1).text)]: marks.cell(row, 2).text.strip()
            for row in range(1, marks.row_count + 1)
            if plain(marks.cell(row, 1).text) in IDENTITY_KEYS
        }

    def _marked(self, programme: Programme) -> Participant | None:
        """Return the participant of the identity sheet, which must be of this programme and period."""
        identity, period = self.identity, self.period
        if identity.get("format", FORMAT) != FORMAT:
            raise WorkbookRefused("模板的版本不对，请重新下载模板填报。")
        if identity.get("programme", programme.code) not in ("", programme.code):
            raise WorkbookRefused(f"这是年度民生工程“{identity['programme']}”的表，不是“{programme.code}”的。")
        if identity.get("period", period.code) not in ("", period.code):
            raise WorkbookRefused(f"这是{identity['period']}的表，不是{period.label}（{period.code}）的。")
        code = identity.get("participant")
        if not code:
            return None
        found = next((one for one in self.units.participants if one.code == code), None)
        if found is None:
            raise WorkbookRefused(f"表内标识的单位代码“{code}”不在考核单位名单里。")
        return found

    def _other_period(self, marks: Marks, named: Marks, sheet: Sheet) -> str:
        """Return why the table is not of the month asked for; "" where it is, or says nothing."""
        period = self.period
        year, month = period.ends_on.year, period.ends_on.month
        if period.kind != ReportingPeriod.Kind.MONTH:
            return ""
        months = marks.months or named.months
        if len({one for _year, one in months}) > 1 or len({one for one, _month in months if one}) > 1:
            return "表头上写了不止一个月份，请改正后再上传。"
        for said_year, said_month in months:
            if (said_year or year, said_month) != (year, month):
                return f"表头写的是{said_year or year}年{said_month}月，不是{period.label}。"
        aside = named.months | marks_of([_month_words(self.book.file_name)], self.units).months
        if any(one != month for _year, one in aside):
            self._take(f"工作表名或文件名里的月份和{period.label}不一样，按{period.label}读取，请核对。", sheet.name)
        years = marks.years or named.years
        if years and not any(said_year for said_year, _ in months) and year not in years:
            return f"表头写的是{'、'.join(str(one) for one in sorted(years))}年，不是{period.label}。"
        if not months and not self.identity.get("period"):
            self._take(f"表中没有写填报期，按{period.label}读取。", sheet.name)
        return ""

    def _owner(self, marks: Marks, of_sheet, named: Marks) -> tuple[Participant | None, str]:
        reporters = list(dict.fromkeys(marks.reporters))
        if len(reporters) + len(set(marks.unknown)) > 1:
            names = "、".join(sorted([one.printed_name for one in reporters] + marks.unknown))
            return None, f"表头上写了不止一个填报单位（{names}），请改正后再上传。"
        if marks.left_out:
            return None, f"按更正，填报单位“{marks.left_out[0]}”的表不读。"
        if marks.unknown:
            return None, f"表上的填报单位“{marks.unknown[0]}”不在考核单位名单里。"
        mentioned = list(dict.fromkeys(marks.mentioned))
        printed = reporters[0] if reporters else mentioned[0] if len(mentioned) == 1 else None
        if printed is None:
            aside = list(dict.fromkeys(named.mentioned))
            printed = of_sheet or (aside[0] if len(aside) == 1 else None)
        if self.marked and printed and self.marked != printed:
            return None, (
                f"表内标识是{self.marked.printed_name}，表上写的填报单位是{printed.printed_name}，请重新下载模板填报。"
            )
        owner = self.marked or printed
        if owner is not None and self.expected is not None and owner != self.expected:
            return None, f"这是{owner.printed_name}的表，不是{self.expected.printed_name}的。"
        return owner, ""


def _month_words(file_name: str) -> str:
    """Return the month in a file's name as words; a date in it is when somebody saved it."""
    found = re.search(r"(?:1月?[-—–~至])?\d{1,2}月(?!\d)", file_name)
    return found[0] if found else ""
