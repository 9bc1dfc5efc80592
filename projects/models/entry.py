"""What the entry page keeps beside the figures: answered batches and evidence files."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from livelihood.constraints import one_of, paired
from livelihood.models import User
from projects.models.cells import AboutCell, one_cell
from projects.models.programmes import Participant
from projects.models.reports import Report


class SaveBatch(models.Model):
    """保存批次: the answer given to a batch of cells, so that sending it again changes nothing and says the same.

    A page that never saw the answer sends the batch again under the same key.
    """

    report = models.ForeignKey(Report, models.CASCADE, verbose_name="月报", related_name="save_batches")
    key = models.UUIDField("批次号")
    sha256 = models.CharField("内容校验值", max_length=64)
    reply = models.JSONField("答复")
    saved_at = models.DateTimeField("保存时间", db_default=Now())
    saved_by = models.ForeignKey(User, models.PROTECT, verbose_name="保存人", related_name="save_batches")

    class Meta:
        db_table = "save_batch"
        verbose_name = verbose_name_plural = "保存批次"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "key"], name="save_batch_unique", violation_error_message="该批次已保存"
            ),
        ]

    def __str__(self):
        return f"{self.report} {self.key}"


class Evidence(AboutCell):
    """佐证: a photo, PDF or spreadsheet beside a cell; removed ones stay in the record."""

    class Kind(models.TextChoices):
        PHOTO = "photo", "照片"
        PDF = "pdf", "PDF"
        SHEET = "sheet", "表格"

    report = models.ForeignKey(Report, models.PROTECT, verbose_name="月报", related_name="evidence")
    participant = models.ForeignKey(Participant, models.PROTECT, verbose_name="考核单位", related_name="evidence")
    kind = models.CharField("种类", max_length=8, choices=Kind)
    file = models.FileField("文件", upload_to="evidence/%Y/%m/", max_length=200)
    file_name = models.CharField("原文件名", max_length=200)
    size = models.PositiveIntegerField("大小(字节)")
    sha256 = models.CharField("文件校验值", max_length=64)
    added_at = models.DateTimeField("上传时间", db_default=Now())
    added_by = models.ForeignKey(User, models.PROTECT, verbose_name="上传人", related_name="evidence")
    removed_at = models.DateTimeField("移除时间", null=True, blank=True)
    removed_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="移除人", related_name="removed_evidence", null=True, blank=True
    )

    class Meta:
        db_table = "evidence"
        verbose_name = verbose_name_plural = "佐证"
        ordering = ["report", "id"]
        constraints = [
            one_cell("evidence_one_cell"),
            one_of("evidence_kind_valid", "kind", ["photo", "pdf", "sheet"], message="佐证种类不正确"),
            paired("evidence_removed_pair", "removed_at", "removed_by", message="移除时间与移除人须同时有"),
            models.CheckConstraint(
                name="evidence_not_empty", condition=Q(size__gt=0), violation_error_message="佐证文件不能是空的"
            ),
        ]

    def __str__(self):
        return self.file_name
