"""资金计划 by workbook: one line a row, judged by the same rules as a pasted plan, and the workbook of what stands."""

from decimal import Decimal
from io import BytesIO
from pathlib import Path

import xlsxwriter
from django.db import models

from funding import rights
from funding.models import FundPlan
from funding.paste import COLUMNS, HEAD_UNIT, Names, Pasted, PastedLine, compare, read_line
from funding.services import plans
from funding.sources import FundKind, Source
from livelihood.access import is_city_office
from livelihood.models import User
from livelihood.workbooks import FONT, OPTIONS, write_exactly
from projects.excel.columns import plain
from projects.excel.lines import decimal_text
from projects.excel.readings import ERROR, NOTE, Issue
from projects.excel.tables import HEAD_WITHIN
from projects.excel.workbook import Cell, Sheet, WorkbookRefused, open_workbook
from projects.models import Participant, Programme
from projects.workbooks import (
    CHANGED,
    NEW,
    SAME,
    ReviewRow,
    WorkbookKind,
    WorkbookReview,
    refuse_strangers,
    write_identity,
)

HEADS = {"project": "项目", "sub_project": "子项", "unit": "单位", "source": "来源", "kind": "类别", "amount": "金额"}
WIDTHS = {"project": 28, "sub_project": 22, "unit": 14, "source": 12, "kind": 12, "amount": 16}
REQUIRED = {"project", "unit", "amount"}
#: Of a merged area the value counts for every row; money and its source stand in a row of their own.
CARRIED = ("project", "sub_project", "unit")
SUM_WORDS = {"合计", "小计", "总计", "全市合计"}
NOT_TYPED = {"error": "是错误值", "unknown": "是没有计算结果的公式", "date": "是日期", "bool": "不是金额"}


class PlanWorkbook(WorkbookKind):
    """First plans of a programme's units, as far as they are the person's to enter; the office's revisions of them."""

    key = "fund_plans"
    title = "资金计划"
    extra_fields = ("unit", "document", "document_on", "revised_from", "reason")
    note = (
        "每行一条：项目、子项、单位、来源、类别、金额；金额（万元）写在表头里。"
        "改动已有的计划是修订，由主办的民生办写明原因、依据文件和文件日期。"
    )

    def __init__(self, user: User, *, programme: Programme, **extra):
        super().__init__(user, **extra)
        self.programme = programme

    def require_rights(self) -> None:
        self.units = rights.require_plan_units(self.user, self.programme)

    def fill(self, review: WorkbookReview, path: Path) -> None:
        book = open_workbook(path, file_name=review.file)
        refuse_strangers(book, self.programme, self.key)
        review.about = self.programme.name
        tables = [(sheet, head) for sheet in book.visible_sheets if (head := _head(sheet))]
        if not tables:
            raise WorkbookRefused("没有找到表头：应有“项目、单位、金额”各一列，可以再有子项、来源、类别。")
        names = Names(self.programme, self.units)
        lines = [found for sheet, head in tables for found in self._lines(review, sheet, *head, names)]
        self._compare([line for line, *_place in lines])
        read = [line for line, *_place in lines if line.entry and not line.error and not line.is_known]
        review.content = [line for line in read if line.before is None], [line for line in read if line.before]
        for line, sheet, cell in lines:
            if line.error:
                issue = Issue(ERROR, "bad_plan", line.error, review.file, sheet.name, cell.address)
                review.issues.append(issue)
            else:
                review.rows.append(_row(line, sheet, cell))
        revised = sum(row.state == CHANGED for row in review.rows)
        for problem in plans.revision_problems(self.programme, self.paper) if revised else ():
            review.issues.append(Issue(ERROR, "paper_missing", f"改动已有计划{revised}条：{problem}", review.file))

    @property
    def paper(self) -> plans.RevisionPaper:
        """Return what was given beside the file for what it revises."""
        return plans.RevisionPaper(
            document=self.extra.get("document") or "",
            document_on=self.extra.get("document_on"),
            reason=self.extra.get("reason") or "",
            valid_from=self.extra.get("revised_from"),
        )

    def _compare(self, lines: list[PastedLine]) -> None:
        """Hold the lines against what stands; a county's are first plans alone."""
        compare(Pasted(lines), self.programme, revises=is_city_office(self.user, self.programme.owner_id))

    def _lines(self, review: WorkbookReview, sheet: Sheet, head_row: int, columns: dict, stated: str | None, names):
        """Yield each filled row as a line with the place of its amount."""
        unit = stated or self.extra.get("unit") or "万元"
        for row in range(head_row + 1, sheet.row_count + 1):
            cells = {
                key: sheet.shown(row, column) if key in CARRIED else sheet.cell(row, column)
                for key, column in columns.items()
            }
            amount = cells["amount"]
            if all(sheet.cell(row, column).is_blank for column in columns.values()):
                continue
            if any(plain(cells[key].text) in SUM_WORDS for key in CARRIED if key in cells):
                words = "合计行只作核对，没有导入。"
                review.issues.append(Issue(NOTE, "sum_row", words, review.file, sheet.name, amount.address))
                continue
            texts = {key: cell.text.strip() for key, cell in cells.items()}
            wrong = next((cell for cell in cells.values() if cell.kind in NOT_TYPED or cell.is_percent), None)
            if wrong is not None:
                words = NOT_TYPED.get(wrong.kind, "写成了百分数")
                yield PastedLine(row, texts, error=f"{wrong.address}的“{wrong.text}”{words}，请改正。"), sheet, wrong
                continue
            yield read_line(row, texts, names, unit, is_stated=stated is not None), sheet, amount

    def store(self, review: WorkbookReview) -> tuple[models.Model, str]:
        first, revised = review.content
        if first:
            plans.set_plans(
                programme=self.programme,
                entries=[line.entry for line in first],
                by=self.user,
                document=self.paper.document,
                document_on=self.paper.document_on,
            )
        if revised:
            changes = [
                plans.PlanChange(line.before.fund_line, line.entry.amount, line.before.revision) for line in revised
            ]
            plans.revise_plans(programme=self.programme, changes=changes, paper=self.paper, by=self.user)
        sentence = f"已存入 {len(first)} 条资金计划。" if first else ""
        return self.programme, sentence + (f"已修订 {len(revised)} 条。" if revised else "")

    def template(self) -> bytes:
        return plan_template(self.programme, self.units)

    @property
    def template_name(self) -> str:
        return f"{self.programme.code}_资金计划.xlsx"


def plan_template(programme: Programme, units: list[Participant]) -> bytes:
    """Return the .xlsx of the newest plans of these units in 万元; withdrawn ones are left out. One query."""
    latest = {}
    rows = FundPlan.objects.filter(fund_line__programme=programme, fund_line__participant__in=units)
    for plan in rows.select_related("fund_line__sub_project__project", "fund_line__participant").order_by("revision"):
        latest[plan.fund_line_id] = plan
    standing = [plan for plan in latest.values() if plan.amount is not None]
    standing.sort(key=lambda plan: _order(plan.fund_line))
    output = BytesIO()
    with xlsxwriter.Workbook(output, OPTIONS) as book:
        sheet = book.add_worksheet("资金计划")
        head = book.add_format(FONT | {"bold": True, "border": 1, "bg_color": "#EEF1F6"})
        text = book.add_format(FONT | {"border": 1})
        money = book.add_format(FONT | {"border": 1, "num_format": "#,##0.00####"})
        for number, (key, label) in enumerate(HEADS.items()):
            sheet.set_column(number, number, WIDTHS[key])
            sheet.write_string(0, number, f"{label}（万元）" if key == "amount" else label, head)
        for row, plan in enumerate(standing, 1):
            line = plan.fund_line
            sub = line.sub_project
            names = [f"{sub.project.seq}", sub.name, line.participant.printed_name]
            names += [Source(line.source).label, FundKind(line.kind).label]
            for number, words in enumerate(names):
                sheet.write_string(row, number, words, text)
            write_exactly(sheet, row, len(names), plan.amount.scaleb(-4), money)
        sheet.freeze_panes(1, 0)
        write_identity(book, programme, PlanWorkbook.key)
    return output.getvalue()


def _head(sheet: Sheet) -> tuple[int, dict[str, int], str | None] | None:
    """Return the head's row, its columns and the unit of its amounts; None where there is none."""
    for number in range(1, min(HEAD_WITHIN, sheet.row_count) + 1):
        columns, unit = {}, None
        for cell in sheet.row(number):
            match = HEAD_UNIT.search(cell.text)
            word = HEAD_UNIT.sub("", cell.text).strip()
            key = next((key for key, words in COLUMNS.items() if word in words), None)
            if key in columns and cell.kind == "text":
                raise WorkbookRefused(f"工作表“{sheet.name}”第{number}行的表头“{word}”重复了，请只保留一列。")
            if key and cell.kind == "text":
                columns[key] = cell.column
                unit = match[1] if match and key == "amount" else unit
        if columns.keys() >= REQUIRED:
            return number, columns, unit
    return None


def _row(line: PastedLine, sheet: Sheet, cell: Cell) -> ReviewRow:
    amount = _said(line.entry.amount)
    if line.is_known:
        return ReviewRow(SAME, sheet.name, cell.address, str(line.entry), amount, amount)
    if line.before is not None:
        before = _said(line.before.amount)
        return ReviewRow(CHANGED, sheet.name, cell.address, str(line.entry), before, amount)
    return ReviewRow(NEW, sheet.name, cell.address, str(line.entry), "", amount)


def _said(amount: Decimal | None) -> str:
    return "已撤销" if amount is None else f"{decimal_text(amount.scaleb(-4))}万元"


def _order(line) -> tuple:
    sub = line.sub_project
    return sub.project.seq, sub.order, line.participant.order, line.kind, list(Source.values).index(line.source)
