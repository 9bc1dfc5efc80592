"""Official papers: their series of numbers, frozen content and rendered files."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from livelihood.constraints import one_of, paired
from livelihood.models import Agency, User
from projects.models import ReportingPeriod
from supervision import querysets
from supervision.models.standings import Snapshot


class DocumentSeries(models.Model):
    """文号序列: 民生办〔2020〕; shared by all papers of the office, also those made elsewhere."""

    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="发文单位", related_name="document_series")
    word = models.CharField("发文代字", max_length=20)
    year = models.PositiveSmallIntegerField("年份")
    last_number = models.PositiveIntegerField("已用至", default=0, help_text="含在别处印发的文件;下一份取其后一号")

    class Meta:
        db_table = "document_series"
        verbose_name = verbose_name_plural = "文号序列"
        ordering = ["agency", "year", "word"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "word", "year"],
                name="series_unique",
                violation_error_message="该文号序列已存在",
            ),
        ]

    def __str__(self):
        return f"{self.word}〔{self.year}〕"


class Document(models.Model):
    """公文: a draft until it is issued with a number; issued, nothing in it changes (R18)."""

    class Kind(models.TextChoices):
        BULLETIN = "bulletin", "通报"
        CORRECTION = "correction", "更正"

    class State(models.TextChoices):
        DRAFT = "draft", "拟稿"
        ISSUED = "issued", "已印发"

    series = models.ForeignKey(DocumentSeries, models.PROTECT, verbose_name="文号序列", related_name="documents")
    period = models.ForeignKey(ReportingPeriod, models.PROTECT, verbose_name="填报期", related_name="documents")
    kind = models.CharField("文种", max_length=12, choices=Kind, default=Kind.BULLETIN)
    state = models.CharField("状态", max_length=8, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField("稿次", default=1)
    number = models.PositiveIntegerField("序号", null=True, blank=True)
    title = models.CharField("标题", max_length=200)
    snapshot = models.ForeignKey(
        Snapshot,
        models.PROTECT,
        verbose_name="快照",
        related_name="documents",
        null=True,
        blank=True,
    )
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name="更正的文件",
        related_name="corrections",
        null=True,
        blank=True,
    )
    content = models.JSONField("内容", default=dict)
    sha256 = models.CharField("内容校验值", max_length=64)
    drafted_at = models.DateTimeField("拟稿时间", db_default=Now())
    drafted_by = models.ForeignKey(User, models.PROTECT, verbose_name="拟稿人", related_name="drafted_documents")
    issued_on = models.DateField("成文日期", null=True, blank=True)
    issued_at = models.DateTimeField("印发时间", null=True, blank=True)
    issued_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="签发人",
        related_name="issued_documents",
        null=True,
        blank=True,
    )

    objects = querysets.DocumentQuerySet.as_manager()

    class Meta:
        db_table = "document"
        verbose_name = verbose_name_plural = "公文"
        ordering = ["-period__ends_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "number"],
                name="document_number_unique",
                violation_error_message="文号已被使用",
            ),
            models.UniqueConstraint(
                fields=["period", "kind", "snapshot"],
                name="document_snapshot_unique",
                violation_error_message="该快照已有同类公文",
            ),
            one_of("document_kind_valid", "kind", ["bulletin", "correction"], message="文种不正确"),
            one_of("document_state_valid", "state", ["draft", "issued"], message="公文状态不正确"),
            paired("document_issued_pair", "issued_at", "issued_by", message="印发时间与签发人须同时有"),
            models.CheckConstraint(
                name="document_issued_has_number",
                condition=Q(
                    state="issued",
                    number__isnull=False,
                    issued_at__isnull=False,
                    issued_on__isnull=False,
                )
                | Q(state="draft", number__isnull=True, issued_at__isnull=True),
                violation_error_message="印发的公文必须有文号和日期,拟稿没有",
            ),
            models.CheckConstraint(
                name="document_correction_names",
                condition=~Q(kind="correction") | Q(corrects__isnull=False),
                violation_error_message="更正要指明被更正的文件",
            ),
        ]

    def __str__(self):
        return f"{self.printed_number or '拟稿'} {self.title}"

    @property
    def printed_number(self) -> str:
        """Return 民生办〔2020〕7号, or nothing for a draft."""
        return f"{self.series}{self.number}号" if self.number else ""


class RenderedFile(models.Model):
    """成品文件: one rendering of a document's content; written once."""

    class Format(models.TextChoices):
        DOCX = "docx", "Word文档"

    document = models.ForeignKey(Document, models.PROTECT, verbose_name="公文", related_name="rendered_files")
    version = models.PositiveIntegerField("稿次")
    format = models.CharField("格式", max_length=6, choices=Format)
    content_sha256 = models.CharField("内容校验值", max_length=64)
    file = models.FileField("文件", upload_to="documents/%Y/%m/", max_length=200)
    rendered_at = models.DateTimeField("生成时间", db_default=Now())

    class Meta:
        db_table = "rendered_file"
        verbose_name = verbose_name_plural = "成品文件"
        ordering = ["document", "version", "format"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "version", "format"],
                name="rendered_file_unique",
                violation_error_message="该稿次已有此格式的文件",
            ),
            one_of("rendered_format_valid", "format", ["docx"], message="文件格式不正确"),
        ]

    def __str__(self):
        return f"{self.document} {self.format}"
