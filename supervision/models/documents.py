"""Official papers: their series of numbers, frozen content, rendered files and who received them."""

from django.db import models
from django.db.models import F, Q
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
    first_number = models.PositiveIntegerField("登记起始号", default=1, help_text="此前各号在启用本系统之前已经用过")
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
            models.CheckConstraint(
                name="series_first_number_valid",
                condition=Q(first_number__gte=1, first_number__lte=F("last_number") + 1),
                violation_error_message="登记起始号不能在已用至的号之后",
            ),
        ]

    def __str__(self):
        return f"{self.word}〔{self.year}〕"


class Document(models.Model):
    """公文: a draft, reviewed, then issued with a number; issued, nothing in it changes (R18).

    A paper that was issued elsewhere (`external`) only takes its number in the series; it has neither content nor
    snapshot, and may have no period. A void paper keeps its number.
    """

    class Kind(models.TextChoices):
        BULLETIN = "bulletin", "通报"
        CORRECTION = "correction", "更正"
        REMINDER = "reminder", "提醒函"
        LETTER = "letter", "督办函"
        SUMMONS = "summons", "约谈通知"
        EXTERNAL = "external", "其他文件(别处印发)"

    class State(models.TextChoices):
        DRAFT = "draft", "拟稿"
        REVIEWED = "reviewed", "已核稿"
        ISSUED = "issued", "已印发"
        VOID = "void", "作废"

    #: The month's own papers; of the others there may be several of a kind.
    OF_PERIOD = (Kind.BULLETIN, Kind.CORRECTION)
    #: Read by those who oversee the programme and by who received them; the others by everybody of the programme.
    ADDRESSED = (Kind.REMINDER, Kind.LETTER, Kind.SUMMONS)
    #: Drafted and not yet issued.
    IN_HAND = (State.DRAFT, State.REVIEWED)

    series = models.ForeignKey(DocumentSeries, models.PROTECT, verbose_name="文号序列", related_name="documents")
    period = models.ForeignKey(
        ReportingPeriod,
        models.PROTECT,
        verbose_name="填报期",
        related_name="documents",
        null=True,
        blank=True,
    )
    kind = models.CharField("文种", max_length=12, choices=Kind, default=Kind.BULLETIN)
    state = models.CharField("状态", max_length=8, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField("稿次", default=1)
    number = models.PositiveIntegerField("序号", null=True, blank=True)
    title = models.CharField("标题", max_length=200)
    subject = models.CharField("事由", max_length=40, default="", blank=True, help_text="同期同类公文有多份时用以区分")
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
    edited_at = models.DateTimeField("最后改稿时间", null=True, blank=True)
    edited_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="最后改稿人",
        related_name="edited_documents",
        null=True,
        blank=True,
    )
    reviewed_at = models.DateTimeField("核稿时间", null=True, blank=True)
    reviewed_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="核稿人",
        related_name="reviewed_documents",
        null=True,
        blank=True,
    )
    signer = models.CharField("签发人", max_length=40, default="", blank=True, help_text="在纸上签发的领导也记在这里")
    override_reason = models.CharField("仍予签发的理由", max_length=300, default="", blank=True)
    issued_on = models.DateField("成文日期", null=True, blank=True)
    issued_at = models.DateTimeField("印发时间", null=True, blank=True)
    issued_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="签发经办人",
        related_name="issued_documents",
        null=True,
        blank=True,
    )
    void_reason = models.CharField("作废原因", max_length=300, default="", blank=True)
    voided_at = models.DateTimeField("作废时间", null=True, blank=True)
    voided_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="作废人",
        related_name="voided_documents",
        null=True,
        blank=True,
    )
    void_key = models.BigIntegerField(
        "作废键", default=0, editable=False, help_text="作废后为本行的号，让出同期同类的位置"
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
                fields=["period", "kind", "snapshot", "subject", "void_key"],
                name="document_snapshot_unique",
                violation_error_message="该快照已有同类公文",
            ),
            one_of(
                "document_kind_valid",
                "kind",
                ["bulletin", "correction", "reminder", "letter", "summons", "external"],
                message="文种不正确",
            ),
            one_of("document_state_valid", "state", ["draft", "reviewed", "issued", "void"], message="公文状态不正确"),
            paired("document_reviewed_pair", "reviewed_at", "reviewed_by", message="核稿时间与核稿人须同时有"),
            paired("document_edited_pair", "edited_at", "edited_by", message="改稿时间与改稿人须同时有"),
            paired("document_voided_pair", "voided_at", "voided_by", message="作废时间与作废人须同时有"),
            paired("document_issued_pair", "issued_at", "issued_by", message="印发时间与签发人须同时有"),
            models.CheckConstraint(
                name="document_issued_has_number",
                condition=Q(
                    state="issued",
                    number__isnull=False,
                    issued_at__isnull=False,
                    issued_on__isnull=False,
                )
                | Q(state__in=["draft", "reviewed"], number__isnull=True, issued_at__isnull=True)
                | Q(state="void", number__isnull=True, issued_at__isnull=True)
                | Q(state="void", number__isnull=False, issued_at__isnull=False, issued_on__isnull=False),
                violation_error_message="印发的公文必须有文号和日期,拟稿没有",
            ),
            models.CheckConstraint(
                name="document_void_has_reason",
                condition=Q(state="void", voided_at__isnull=False) & ~Q(void_reason="")
                | ~Q(state="void") & Q(voided_at__isnull=True, void_reason="", void_key=0),
                violation_error_message="作废的公文必须写明原因",
            ),
            models.CheckConstraint(
                name="document_period_given",
                condition=Q(kind="external") | Q(period__isnull=False),
                violation_error_message="公文要属于一个填报期；别处印发的除外",
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

    @property
    def is_in_hand(self) -> bool:
        """Tell whether the paper is drafted and neither issued nor void."""
        return self.state in self.IN_HAND

    @property
    def is_external(self) -> bool:
        """Tell whether the paper was issued elsewhere and only has its place in the series."""
        return self.kind == self.Kind.EXTERNAL

    @property
    def is_demo(self) -> bool:
        """Tell whether the paper is of the demo."""
        return bool(self.period_id and self.period.programme.is_demo)

    @property
    def owner_id(self) -> int:
        """Return the region whose office the paper belongs to; reads series and agency."""
        return self.period.programme.owner_id if self.period_id else self.series.agency.region_id


class RenderedFile(models.Model):
    """成品文件: one rendering of a document's content; written once."""

    class Format(models.TextChoices):
        DOCX = "docx", "Word文档"
        PDF = "pdf", "PDF文件"
        XLSX = "xlsx", "附件表格"

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
            one_of("rendered_format_valid", "format", ["docx", "pdf", "xlsx"], message="文件格式不正确"),
        ]

    def __str__(self):
        return f"{self.document} {self.format}"


class Receipt(models.Model):
    """送达: one paper sent to one receiver, and when it was received; outside the system the office writes it down."""

    class Way(models.TextChoices):
        ACCOUNT = "account", "系统签收"
        PAPER = "paper", "纸质送达"
        OA = "oa", "公文系统"

    document = models.ForeignKey(Document, models.PROTECT, verbose_name="公文", related_name="receipts")
    agency = models.ForeignKey(
        Agency,
        models.PROTECT,
        verbose_name="收文单位",
        related_name="receipts",
        null=True,
        blank=True,
        help_text="在系统里没有的单位为空",
    )
    recipient = models.CharField("收文单位名称", max_length=80)
    way = models.CharField("送达方式", max_length=8, choices=Way, default=Way.ACCOUNT)
    sent_on = models.DateField("送出日期")
    sent_at = models.DateTimeField("登记时间", db_default=Now())
    sent_by = models.ForeignKey(User, models.PROTECT, verbose_name="登记人", related_name="sent_receipts")
    received_at = models.DateTimeField("签收时间", null=True, blank=True)
    received_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="签收人",
        related_name="signed_receipts",
        null=True,
        blank=True,
    )
    reminded_at = models.DateTimeField("催签时间", null=True, blank=True)
    reminded_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="催签人",
        related_name="reminded_receipts",
        null=True,
        blank=True,
    )
    note = models.CharField("备注", max_length=200, default="", blank=True)

    objects = querysets.ReceiptQuerySet.as_manager()

    class Meta:
        db_table = "receipt"
        verbose_name = verbose_name_plural = "送达"
        ordering = ["document", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "agency"],
                name="receipt_agency_unique",
                violation_error_message="这份公文已经发给这个单位",
            ),
            models.UniqueConstraint(
                fields=["document", "recipient"],
                name="receipt_recipient_unique",
                violation_error_message="这份公文已经送过这个单位",
            ),
            one_of("receipt_way_valid", "way", ["account", "paper", "oa"], message="送达方式不正确"),
            paired("receipt_received_pair", "received_at", "received_by", message="签收时间与签收人须同时有"),
            paired("receipt_reminded_pair", "reminded_at", "reminded_by", message="催签时间与催签人须同时有"),
            models.CheckConstraint(
                name="receipt_account_has_agency",
                condition=~Q(way="account") | Q(agency__isnull=False),
                violation_error_message="系统签收要有收文单位",
            ),
        ]

    def __str__(self):
        return f"{self.document} {self.recipient}"
