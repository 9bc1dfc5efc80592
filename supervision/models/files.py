"""Files kept as evidence outside the reports: photos, PDF and tables of letters, 整改 and inspections."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from livelihood.constraints import one_of, paired
from livelihood.models import User


class KeptFile(models.Model):
    """留存文件: one file as it came in, to the byte; what the camera wrote into a photo stays beside it as evidence.

    Who may open it is asked of the owners (`supervision/rectification/owners.py`): it belongs to whatever names it.
    """

    class Kind(models.TextChoices):
        PHOTO = "photo", "照片"
        PDF = "pdf", "PDF"
        SHEET = "sheet", "表格"

    file = models.FileField("文件", upload_to="kept/%Y/%m/", max_length=200)
    name = models.CharField("文件名", max_length=200)
    kind = models.CharField("种类", max_length=8, choices=Kind)
    sha256 = models.CharField("文件校验值", max_length=64)
    size = models.PositiveIntegerField("大小(字节)")
    taken_at = models.DateTimeField("拍摄时间", null=True, blank=True)
    latitude = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True)
    camera = models.CharField("拍摄设备", max_length=80, blank=True)
    uploaded_at = models.DateTimeField("上传时间", db_default=Now())
    uploaded_by = models.ForeignKey(User, models.PROTECT, verbose_name="上传人", related_name="kept_files")

    class Meta:
        db_table = "kept_file"
        verbose_name = verbose_name_plural = "留存文件"
        ordering = ["id"]
        constraints = [
            one_of("kept_file_kind_valid", "kind", ["photo", "pdf", "sheet"], message="文件种类不正确"),
            paired("kept_file_place_pair", "latitude", "longitude", message="纬度与经度须同时有"),
            models.CheckConstraint(
                name="kept_file_not_empty", condition=Q(size__gt=0), violation_error_message="文件不能是空的"
            ),
        ]

    def __str__(self):
        return self.name
