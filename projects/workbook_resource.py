"""The import of a workbook as a django-import-export resource: its result says what became of every row.

The pages and the admin run it alike. Rows are judged by the kind's review and
stored by the kind's service, once, after the last row: there is no second way of writing. An invalid row takes
everything back.
"""

from pathlib import Path

from django.core.exceptions import ValidationError
from import_export import fields, resources
from import_export.instance_loaders import BaseInstanceLoader
from tablib import Dataset

from livelihood.models import User
from livelihood.services import Refused
from projects.workbooks import NEW, SAME, WorkbookKind, WorkbookReview, import_workbook

HEADS = ["工作表", "单元格", "内容", "导入后", "现在", "结果", "说明"]


class SaidRow:
    """One thing a workbook says, and what stands; `pk` is its place."""

    def __init__(self, sheet: str = "", cell: str = "", what: str = "", said: str = ""):
        self.sheet, self.cell, self.what, self.said = sheet, cell, what, said

    @property
    def pk(self) -> str:
        """Return the place in the workbook."""
        return f"{self.sheet}!{self.cell}"

    def __str__(self):
        return self.what


class WorkbookResource(resources.Resource):
    """A workbook of one kind; `import_data(dry_run=True)` shows, without it everything is stored or nothing."""

    sheet = fields.Field("sheet", "工作表")
    cell = fields.Field("cell", "单元格")
    what = fields.Field("what", "内容")
    said = fields.Field("said", "导入后")

    class Meta:
        import_id_fields = ("sheet", "cell", "what")
        instance_loader_class = BaseInstanceLoader
        use_transactions = True
        rollback_on_validation_errors = True
        skip_unchanged = True
        report_skipped = True

    def __init__(self, kind: WorkbookKind, path: Path, file_name: str, *, fingerprint: str | None = None):
        """`fingerprint`: what a person has confirmed; None confirms what is read now."""
        super().__init__()
        self.kind, self.path, self.file_name, self.fingerprint = kind, path, file_name, fingerprint
        self.done = ""

    def read(self) -> Dataset:
        """Return the workbook's rows with what became of each, those that are wrong last. Writes nothing."""
        self.reviewed = self.kind.review(self.path, self.file_name)
        dataset = Dataset(headers=HEADS)
        for row in self.reviewed.rows:
            dataset.append([row.sheet, row.cell, row.what, row.after, row.before, row.state, ""])
        for issue in self.reviewed.errors:
            dataset.append([issue.sheet, issue.cell, "", "", "", "wrong", issue.message])
        return dataset

    def preview(self, *, by: User) -> WorkbookReview:
        """Return what the workbook would change, every row of it tried and taken back."""
        self.tried = self.import_data(self.read(), dry_run=True, user=by)
        return self.reviewed

    def store(self, *, by: User) -> str:
        """Store everything and return what was done. Raises Refused with what is wrong, NotAllowed; then nothing is."""
        result = self.import_data(self.read(), dry_run=False, user=by)
        for failed in result.base_errors:
            raise failed.error
        for row in result.error_rows:
            raise row.errors[0].error
        if result.invalid_rows:
            raise Refused("\n".join(issue.sentence for issue in self.reviewed.errors))
        return self.done

    def get_instance(self, instance_loader, row):
        """Return what stands where the row says something else; None for what is new."""
        if row["结果"] in (NEW, "wrong"):
            return None
        return SaidRow(row["工作表"], row["单元格"], row["内容"], row["导入后" if row["结果"] == SAME else "现在"])

    def init_instance(self, row=None):
        """Return what is new before it says anything."""
        return SaidRow()

    def import_instance(self, instance, row, **kwargs):
        """Take over what the row says; a wrong row says why not."""
        if row["结果"] == "wrong":
            raise ValidationError({"said": row["说明"]})
        super().import_instance(instance, row, **kwargs)

    def save_instance(self, instance, is_create, row, **kwargs):
        """Store nothing yet: the service takes all rows at once."""

    def after_import(self, dataset, result, **kwargs):
        """Have the service store everything, unless a row is wrong or it is only shown."""
        if kwargs["dry_run"] or result.has_errors() or result.has_validation_errors():
            return
        by: User = kwargs["user"]
        fingerprint = self.reviewed.fingerprint if self.fingerprint is None else self.fingerprint
        self.done = import_workbook(
            kind=self.kind, path=self.path, file_name=self.file_name, fingerprint=fingerprint, by=by
        )
