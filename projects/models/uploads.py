"""Workbooks that were uploaded and wait to be looked at, and how a county's own words are to be read."""

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Now

from livelihood.constraints import one_of, paired
from livelihood.models import Job, User
from projects.models.catalogue import Indicator
from projects.models.periods import ReportingPeriod
from projects.models.programmes import Participant, Programme
from projects.models.reports import ImportBatch
from projects.querysets import ImportMappingQuerySet, ImportUploadQuerySet


class ImportUpload(models.Model):
    """上传: workbooks that came together and are committed together; nothing is written before that.

    `participant` None: of whomever the files say they are; only the city office uploads so.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "等待读取"
        READING = "reading", "正在读取"
        READ = "read", "待核对"
        COMMITTED = "committed", "已导入"
        DISCARDED = "discarded", "已放弃"
        FAILED = "failed", "没有读完"

    #: Still somebody's to finish.
    UNFINISHED = (State.QUEUED, State.READING, State.READ, State.FAILED)

    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name="年度民生工程", related_name="import_uploads")
    period = models.ForeignKey(ReportingPeriod, models.PROTECT, verbose_name="填报期", related_name="import_uploads")
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="import_uploads", null=True, blank=True
    )
    state = models.CharField("状态", max_length=10, choices=State, default=State.QUEUED)
    job = models.ForeignKey(
        Job, models.SET_NULL, verbose_name="后台任务", related_name="import_uploads", null=True, blank=True
    )
    uploaded_at = models.DateTimeField("上传时间", db_default=Now())
    uploaded_by = models.ForeignKey(User, models.PROTECT, verbose_name="上传人", related_name="import_uploads")
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)
    finished_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="结束人", related_name="finished_uploads", null=True, blank=True
    )

    objects = ImportUploadQuerySet.as_manager()

    class Meta:
        db_table = "import_upload"
        verbose_name = verbose_name_plural = "上传的表格"
        ordering = ["-id"]
        constraints = [
            one_of(
                "import_upload_state_valid",
                "state",
                ["queued", "reading", "read", "committed", "discarded", "failed"],
                message="上传状态不正确",
            ),
            paired("import_upload_finished_pair", "finished_at", "finished_by", message="结束时间与结束人须同时有"),
            models.CheckConstraint(
                name="import_upload_finished_known",
                condition=~Q(state__in=["committed", "discarded"]) | Q(finished_at__isnull=False),
                violation_error_message="已导入或已放弃的须有结束时间",
            ),
        ]

    def __str__(self):
        return f"{self.period.label}表格"


class ImportFile(models.Model):
    """上传的文件: one workbook of an upload, stored under its content's hash; `left_out`: not to be committed."""

    upload = models.ForeignKey(ImportUpload, models.CASCADE, verbose_name="上传", related_name="files")
    sha256 = models.CharField("文件校验值", max_length=64)
    file_name = models.CharField("原文件名", max_length=200)
    size = models.PositiveIntegerField("大小(字节)")
    order = models.PositiveSmallIntegerField("顺序")
    left_out = models.BooleanField("不要这份", default=False)
    batch = models.ForeignKey(
        ImportBatch, models.SET_NULL, verbose_name="导入批次", related_name="files", null=True, blank=True
    )

    class Meta:
        db_table = "import_file"
        verbose_name = verbose_name_plural = "上传的文件"
        ordering = ["upload", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["upload", "sha256"], name="import_file_unique", violation_error_message="同一份文件只读一次"
            ),
            models.CheckConstraint(
                name="import_file_not_empty", condition=Q(size__gt=0), violation_error_message="文件不能是空的"
            ),
        ]

    def __str__(self):
        return self.file_name


class ImportMapping(models.Model):
    """表格读法: what a county's heading or row means, as somebody corrected it; kept for its later files.

    `participant` None: of sheets that are of nobody alone, the city's own. A column has a `meaning`; a row an
    indicator, or none when it is not to be read. A name in the column 考核单位 is kept as that column's: its meaning is
    a participant's code.
    """

    class Kind(models.TextChoices):
        COLUMN = "column", "列"
        ROW = "row", "行"

    programme = models.ForeignKey(
        Programme, models.PROTECT, verbose_name="年度民生工程", related_name="import_mappings"
    )
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="import_mappings", null=True, blank=True
    )
    kind = models.CharField("种类", max_length=6, choices=Kind)
    label = models.CharField("表中写法", max_length=200)
    meaning = models.CharField("读作", max_length=20, blank=True)
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, verbose_name="指标", related_name="import_mappings", null=True, blank=True
    )
    corrected_at = models.DateTimeField("更正时间", db_default=Now())
    corrected_by = models.ForeignKey(User, models.PROTECT, verbose_name="更正人", related_name="import_mappings")

    objects = ImportMappingQuerySet.as_manager()

    class Meta:
        db_table = "import_mapping"
        verbose_name = verbose_name_plural = "表格读法"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                "programme",
                Coalesce("participant", Value(0)),
                "kind",
                "label",
                name="import_mapping_unique",
                violation_error_message="这种写法已有读法",
            ),
            one_of("import_mapping_kind_valid", "kind", ["column", "row"], message="读法种类不正确"),
            models.CheckConstraint(
                name="import_mapping_says_what",
                condition=(Q(kind="column") & ~Q(meaning="") & Q(indicator__isnull=True)) | (Q(kind="row", meaning="")),
                violation_error_message="列要有读法，行要有指标或不读",
            ),
        ]

    def __str__(self):
        return self.label
