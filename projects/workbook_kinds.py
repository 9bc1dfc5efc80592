"""Catalogue and targets by workbook."""

from pathlib import Path

from django.db import models, transaction

from livelihood.access import NotAllowed, Role, access_of, require_city_office
from livelihood.models import User
from projects.excel.catalogue import read_catalogue
from projects.excel.catalogue_sheets import catalogue_template
from projects.excel.catalogue_workbook import catalogue_workbook
from projects.excel.readings import ERROR, Issue
from projects.excel.target_template import KIND, target_template
from projects.excel.targets import read_targets
from projects.excel.workbook import WorkbookRefused, open_workbook
from projects.models import Programme
from projects.services.catalogue import CatalogueRefused, LoadOutcome, load_catalogue
from projects.services.load_outcome import PLACED_PROBLEM
from projects.services.targets import Paper, paper_problems, set_targets, stated
from projects.workbooks import CHANGED, NEW, SAME, ReviewRow, WorkbookKind, WorkbookReview, refuse_strangers


class CatalogueWorkbook(WorkbookKind):
    """The year's programme: whichever the file names, a new one or one that stands."""

    key = "catalogue"
    title = "年度目录"
    note = "一个工作簿是一个年度：单位、项目与指标、目标任务、节点。文件里没有的保留不动，不删除。"

    def __init__(self, user: User, *, programme: Programme | None = None, **extra):
        super().__init__(user, **extra)
        self.programme = programme

    def require_rights(self) -> None:
        if not access_of(self.user).has(Role.CITY_OFFICE):
            raise NotAllowed("年度目录由民生办导入。")

    def fill(self, review: WorkbookReview, path: Path) -> None:
        """Load it and take that back: what would happen is what happens."""
        reading = read_catalogue(path, file_name=review.file)
        try:
            if reading.problems:
                raise CatalogueRefused(reading.problems)
            with transaction.atomic():
                outcome = load_catalogue(data=reading.data, by=self.user, is_upload=True)
                transaction.set_rollback(True)
        except NotAllowed as refused:
            raise WorkbookRefused(f"{refused}这个年度的主办地区不是您的。") from refused
        except CatalogueRefused as refused:
            review.issues += [_issue(problem, review.file) for problem in refused.problems]
            return
        review.content = reading.data
        review.about = f"{outcome.programme.name}（{outcome.programme.code}）"
        review.rows = [_loaded(row) for row in outcome.rows] + _uncounted(outcome)

    def store(self, review: WorkbookReview) -> tuple[models.Model, str]:
        outcome = load_catalogue(data=review.content, by=self.user, is_upload=True)
        made, changed = sum(outcome.created.values()), sum(outcome.changed.values())
        return outcome.programme, f"已导入“{outcome.programme.name}”：新增 {made} 条，改动 {changed} 条。"

    def template(self) -> bytes:
        return catalogue_workbook(self.programme) if self.programme else catalogue_template()

    @property
    def template_name(self) -> str:
        return f"{self.programme.code if self.programme else '空白'}_年度目录.xlsx"


class TargetWorkbook(WorkbookKind):
    """A programme's 任务分解表."""

    key = "targets"
    title = "目标任务"
    extra_fields = ("document", "document_on", "valid_from", "reason")
    note = "空格不改动已有的目标，无任务写“/”。改动已有的目标是修订：写明原因、依据文件和文件日期，旧的一版保留。"

    def __init__(self, user: User, *, programme: Programme, **extra):
        super().__init__(user, **extra)
        self.programme = programme

    def require_rights(self) -> None:
        require_city_office(self.user, self.programme.owner_id)

    @property
    def paper(self) -> Paper:
        """Return the document given beside the file."""
        return Paper(**{key: self.extra[key] for key in self.extra_fields if self.extra.get(key)})

    def fill(self, review: WorkbookReview, path: Path) -> None:
        book = open_workbook(path, file_name=review.file)
        refuse_strangers(book, self.programme, KIND)
        reading = read_targets(book, self.programme)
        review.about = self.programme.name
        review.issues += reading.issues
        review.content = [entry for entry, *_place in reading.entries]
        for entry, before, sheet, cell in reading.entries:
            state, old = (CHANGED, stated(before)) if before else (NEW, "")
            row = ReviewRow(state, sheet.name, cell.address, str(entry), old, stated(entry))
            review.rows.append(row)
        review.rows += [ReviewRow(SAME, "", "", "")] * reading.unchanged
        revised = sum(row.state == CHANGED for row in review.rows)
        for problem in paper_problems(self.programme, self.paper, revises=bool(revised)):
            words = f"改动已有目标{revised}个：{problem}" if revised else problem
            review.issues.append(Issue(ERROR, "paper_missing", words))

    def store(self, review: WorkbookReview) -> tuple[models.Model, str]:
        outcome = set_targets(programme=self.programme, entries=review.content, paper=self.paper, by=self.user)
        return self.programme, f"已导入目标任务：新下达 {len(outcome.first)} 个，修订 {len(outcome.revised)} 个。"

    def template(self) -> bytes:
        return target_template(self.programme)

    @property
    def template_name(self) -> str:
        return f"{self.programme.code}_任务分解表.xlsx"


def _issue(problem: str, file: str) -> Issue:
    match = PLACED_PROBLEM.fullmatch(problem)
    if match is None:
        return Issue(ERROR, "catalogue", problem, file)
    return Issue(ERROR, "catalogue", match[3], file, match[1], match[2])


def _loaded(row) -> ReviewRow:
    sheet, _, cell = row.at.rpartition("!")
    state = NEW if row.is_new else CHANGED
    return ReviewRow(state, sheet, cell, f"{row.label} {row.name}", after=row.words)


def _uncounted(outcome: LoadOutcome) -> list[ReviewRow]:
    """Return what the load counts without naming each row: assignments, milestones, and what stays the same."""
    named = {(row.is_new, row.label) for row in outcome.rows}
    rows = [
        ReviewRow(NEW if is_new else CHANGED, "", "", label, after=f"{count} 条")
        for is_new, counts in ((True, outcome.created), (False, outcome.changed))
        for label, count in counts.items()
        if (is_new, label) not in named
    ]
    return rows + [ReviewRow(SAME, "", "", "")] * sum(outcome.unchanged.values())
