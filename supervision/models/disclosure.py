"""公示: an issued month shown to the public as a static site, and what people object to within its days."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from livelihood.constraints import one_of, paired
from livelihood.models import User
from projects.models import Participant, Project
from supervision.disclosure import querysets
from supervision.models.documents import Document
from supervision.models.rectification import Rectification


class Disclosure(models.Model):
    """公示: what is shown of one issued paper and for how long; written once, withdrawn only with a reason."""

    document = models.ForeignKey(Document, models.PROTECT, verbose_name="公文", related_name="disclosures")
    nth = models.PositiveSmallIntegerField("第几次公示")
    opens_on = models.DateField("公示开始")
    closes_on = models.DateField("公示截止", help_text="含当日")
    address = models.CharField("异议受理地址", max_length=120)
    phone = models.CharField("联系电话", max_length=40)
    content = models.JSONField("内容")
    sha256 = models.CharField("内容校验值", max_length=64)
    published_at = models.DateTimeField("公示时间", db_default=Now())
    published_by = models.ForeignKey(User, models.PROTECT, verbose_name="公示人", related_name="disclosures")
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="撤回人",
        related_name="withdrawn_disclosures",
        null=True,
        blank=True,
    )
    withdrawal_reason = models.CharField("撤回原因", max_length=200, blank=True)

    objects = querysets.DisclosureQuerySet.as_manager()

    class Meta:
        db_table = "disclosure"
        verbose_name = verbose_name_plural = "公示"
        ordering = ["-document__period__ends_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "nth"],
                name="disclosure_nth_unique",
                violation_error_message="这份公文的这次公示已经有了",
            ),
            models.CheckConstraint(
                name="disclosure_window_order",
                condition=Q(closes_on__gte=F("opens_on")),
                violation_error_message="公示截止不能早于开始",
            ),
            paired("disclosure_withdrawn_pair", "withdrawn_at", "withdrawn_by", message="撤回时间与撤回人须同时有"),
            models.CheckConstraint(
                name="disclosure_withdrawn_reason",
                condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawal_reason=""),
                violation_error_message="撤回公示要写原因",
            ),
        ]

    def __str__(self):
        return f"{self.document} 公示{self.nth}"

    def is_open_on(self, day) -> bool:
        """Tell whether objections are taken on `day`; both ends belong to the window."""
        return self.withdrawn_at is None and self.opens_on <= day <= self.closes_on


class DisclosureFile(models.Model):
    """公示文件: the site as one .zip, while objections are taken and after; each made once."""

    class Edition(models.TextChoices):
        OPEN = "open", "公示期内"
        CLOSED = "closed", "公示期满"

    disclosure = models.ForeignKey(Disclosure, models.PROTECT, verbose_name="公示", related_name="files")
    edition = models.CharField("时段", max_length=6, choices=Edition)
    file = models.FileField("文件", upload_to="disclosures/%Y/%m/", max_length=200)
    sha256 = models.CharField("文件校验值", max_length=64)
    size = models.PositiveIntegerField("字节数")
    rendered_at = models.DateTimeField("生成时间", db_default=Now())

    class Meta:
        db_table = "disclosure_file"
        verbose_name = verbose_name_plural = "公示文件"
        ordering = ["disclosure", "edition"]
        constraints = [
            models.UniqueConstraint(
                fields=["disclosure", "edition"],
                name="disclosure_file_unique",
                violation_error_message="这次公示已有这个时段的文件",
            ),
            one_of("disclosure_edition_valid", "edition", ["open", "closed"], message="公示时段不正确"),
        ]

    def __str__(self):
        return f"{self.disclosure} {self.get_edition_display()}"


class DisclosureObjection(models.Model):
    """公示异议: what somebody of the public objects to; entered and answered by the office."""

    class Way(models.TextChoices):
        LETTER = "letter", "书面"
        PHONE = "phone", "电话"
        MAILBOX = "mailbox", "信箱"

    disclosure = models.ForeignKey(Disclosure, models.PROTECT, verbose_name="公示", related_name="objections")
    nth = models.PositiveSmallIntegerField("序号")
    received_on = models.DateField("收到日期")
    way = models.CharField("方式", max_length=8, choices=Way, default=Way.LETTER)
    person = models.CharField("异议人", max_length=50, help_text="只有本办看得到")
    contact = models.CharField("联系方式", max_length=100, blank=True, help_text="只有本办看得到")
    project = models.ForeignKey(
        Project, models.PROTECT, verbose_name="项目", related_name="objections", null=True, blank=True
    )
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="objections", null=True, blank=True
    )
    text = models.TextField("异议内容", max_length=2000)
    due_on = models.DateField("答复期限")
    entered_at = models.DateTimeField("登记时间", db_default=Now())
    entered_by = models.ForeignKey(User, models.PROTECT, verbose_name="登记人", related_name="entered_objections")
    answer = models.TextField("答复", max_length=2000, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    answered_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="答复人",
        related_name="answered_objections",
        null=True,
        blank=True,
    )
    rectification = models.OneToOneField(
        Rectification,
        models.PROTECT,
        verbose_name="整改",
        related_name="objection",
        null=True,
        blank=True,
    )

    objects = querysets.DisclosureObjectionQuerySet.as_manager()

    class Meta:
        db_table = "disclosure_objection"
        verbose_name = verbose_name_plural = "公示异议"
        ordering = ["disclosure", "nth"]
        constraints = [
            models.UniqueConstraint(
                fields=["disclosure", "nth"],
                name="objection_nth_unique",
                violation_error_message="这个序号的异议已经有了",
            ),
            one_of("objection_way_valid", "way", ["letter", "phone", "mailbox"], message="异议方式不正确"),
            models.CheckConstraint(
                name="objection_due_after",
                condition=Q(due_on__gte=F("received_on")),
                violation_error_message="答复期限不能早于收到日期",
            ),
            paired("objection_answered_pair", "answered_at", "answered_by", message="答复时间与答复人须同时有"),
            models.CheckConstraint(
                name="objection_answer_whole",
                condition=Q(answered_at__isnull=True, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                violation_error_message="答复要有内容",
            ),
        ]

    def __str__(self):
        return f"{self.disclosure} 异议{self.nth}"

    @property
    def is_late(self) -> bool:
        """Whether it came after the window, which is said and does not stop an answer."""
        return self.received_on > self.disclosure.closes_on
