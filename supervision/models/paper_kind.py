"""The kinds of 通报 an office changed or added; the others are as shipped."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from livelihood.models import Agency, User


def empty_list() -> list:
    """Return a new empty list."""
    return []


class PaperKind(models.Model):
    """通报种类: one kind as an office has it; of a shipped code it stands in place of the shipped one.

    `title` and `lead` are patterns (supervision/documents/patterns.py); `sections` are codes in order, “-” before
    those that are not printed unless a paper switches them on. Papers keep the words of the kind they were made of.
    """

    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="发文单位", related_name="paper_kinds")
    code = models.CharField("代码", max_length=30)
    label = models.CharField("名称", max_length=20)
    title = models.CharField("标题", max_length=120)
    lead = models.CharField("导语", max_length=1000)
    issuer = models.CharField("发文机关", max_length=60, default="", blank=True, help_text="空着用发文单位名称")
    needs_project = models.BooleanField("只说一个项目", default=False)
    sections = models.JSONField("章节", default=empty_list)
    is_active = models.BooleanField("启用", default=True)
    version = models.PositiveIntegerField("版本", default=1)
    updated_at = models.DateTimeField("更新时间", db_default=Now())
    updated_by = models.ForeignKey(User, models.PROTECT, verbose_name="更新人", related_name="paper_kinds")

    class Meta:
        db_table = "paper_kind"
        verbose_name = verbose_name_plural = "通报种类"
        ordering = ["agency", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "code"], name="paper_kind_code_unique", violation_error_message="这一种已经有了"
            ),
            models.UniqueConstraint(
                fields=["agency", "label"], name="paper_kind_label_unique", violation_error_message="已有同名的种类"
            ),
            models.CheckConstraint(
                name="paper_kind_texts_given",
                condition=~Q(code="") & ~Q(label="") & ~Q(title="") & ~Q(lead=""),
                violation_error_message="名称、标题和导语不能空着",
            ),
        ]

    def __str__(self):
        return f"{self.label}通报"
