"""What is kept of every number a report holds, figure or amount: the number, its revisions, what is odd about it.

The columns that differ (what the number is of, how wide it is) are the concrete models'. The triggers that raise
versions and write revisions are made for all of them by `projects/sql.py`.
"""

from django.db import models
from django.db.models.functions import Now

from livelihood.constraints import one_of


class Origin(models.TextChoices):
    """How a figure came in."""

    FORM = "form", "网页填报"
    EXCEL = "excel", "表格导入"
    API = "api", "接口"
    DEMO = "demo", "演示数据"


class KeptNumber(models.Model):
    """A number of a report with where it came from; the concrete model adds what it is of, `state` and `value`.

    `version` is kept by the database: a trigger raises it and writes the revision on each change.
    """

    remark = models.CharField("备注", max_length=300, blank=True)
    version = models.PositiveIntegerField("版本", default=1)
    origin = models.CharField("来源", max_length=8, choices=Origin, default=Origin.FORM)
    sheet = models.CharField("工作表", max_length=60, blank=True)
    cell = models.CharField("单元格", max_length=12, blank=True)
    updated_at = models.DateTimeField("更新时间", db_default=Now())

    class Meta:
        abstract = True


class KeptRevision(models.Model):
    """One change of a number: who changed what, when, through which door; written by a trigger."""

    version = models.PositiveIntegerField("版本")
    old_state = models.CharField("原状态", max_length=10, blank=True)
    new_state = models.CharField("新状态", max_length=10)
    new_remark = models.CharField("新备注", max_length=300, blank=True)
    origin = models.CharField("来源", max_length=8, choices=Origin)
    sheet = models.CharField("工作表", max_length=60, blank=True)
    cell = models.CharField("单元格", max_length=12, blank=True)
    changed_at = models.DateTimeField("修改时间")

    class Meta:
        abstract = True


class KeptFlag(models.Model):
    """Something about a number that asks for a reason (R20)."""

    class Severity(models.TextChoices):
        WARNING = "warning", "提示"
        NOTE = "note", "说明"

    code = models.CharField("代码", max_length=30)
    severity = models.CharField("程度", max_length=8, choices=Severity, default=Severity.WARNING)
    explanation = models.TextField("说明")
    reason = models.TextField("填报人理由", blank=True)
    figure_version = models.PositiveIntegerField("填报数版本", default=1)
    flagged_at = models.DateTimeField("提示时间", db_default=Now())

    class Meta:
        abstract = True


def origin_known(name: str, *, message: str) -> models.CheckConstraint:
    """Return the constraint that a number came in through a door there is."""
    return one_of(name, "origin", ["form", "excel", "api", "demo"], message=message)


def severity_known(name: str) -> models.CheckConstraint:
    """Return the constraint that a flag is a warning or a note."""
    return one_of(name, "severity", ["warning", "note"], message="提示程度不正确")
