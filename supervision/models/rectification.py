"""整改: the ledger of problems with their tasks, standards and who answers for them (四个清单)."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from livelihood.constraints import one_of, paired
from livelihood.models import Agency, User
from projects.models import Participant, Programme, Project
from supervision.models.documents import Document
from supervision.models.files import KeptFile
from supervision.models.inspections import Interview
from supervision.rectification import querysets


class Rectification(models.Model):
    """整改事项: one problem from 开立 to 销号; what recurs is a new line that names the one before."""

    class Source(models.TextChoices):
        RANKING = "ranking", "排名"
        INSPECTION = "inspection", "督查"
        AUDIT = "audit", "审计"
        COMPLAINT = "complaint", "投诉"
        LETTER = "letter", "督办函"
        DISCLOSURE = "disclosure", "公示异议"
        INTERVIEW = "interview", "约谈会商"
        OTHER = "other", "其他"

    class State(models.TextChoices):
        OPENED = "opened", "开立"
        ASSIGNED = "assigned", "已交办"
        UNDERWAY = "underway", "整改中"
        REPORTED = "reported", "待验收"
        CLOSED = "closed", "已销号"

    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name="年度民生工程", related_name="rectifications")
    seq = models.PositiveIntegerField("编号")
    source = models.CharField("来源", max_length=12, choices=Source)
    source_note = models.CharField("来源说明", max_length=200, blank=True)
    document = models.ForeignKey(
        Document, models.PROTECT, verbose_name="依据公文", related_name="rectifications", null=True, blank=True
    )
    interview = models.ForeignKey(
        Interview, models.PROTECT, verbose_name="约谈会商", related_name="rectifications", null=True, blank=True
    )
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="rectifications", null=True, blank=True
    )
    agency = models.ForeignKey(
        Agency, models.PROTECT, verbose_name="责任单位", related_name="rectifications", null=True, blank=True
    )
    project = models.ForeignKey(
        Project, models.PROTECT, verbose_name="项目", related_name="rectifications", null=True, blank=True
    )
    problem = models.TextField("问题")
    task = models.TextField("任务", blank=True)
    standard = models.TextField("标准", blank=True)
    person = models.CharField("责任人", max_length=60, blank=True, help_text="写职务,如分管副局长")
    cause = models.TextField("原因", blank=True)
    measures = models.TextField("措施", blank=True)
    deadline = models.DateField("整改时限", null=True, blank=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.OPENED)
    earlier = models.ForeignKey(
        "self", models.PROTECT, verbose_name="上一次", related_name="later", null=True, blank=True
    )
    recurrence = models.PositiveSmallIntegerField("第几次复发", default=0)
    opened_at = models.DateTimeField("开立时间", db_default=Now())
    opened_by = models.ForeignKey(User, models.PROTECT, verbose_name="开立人", related_name="opened_rectifications")
    assigned_at = models.DateTimeField("交办时间", null=True, blank=True)
    assigned_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="交办人",
        related_name="assigned_rectifications",
        null=True,
        blank=True,
    )
    reported_at = models.DateTimeField("报完成时间", null=True, blank=True)
    reported_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="报完成人",
        related_name="reported_rectifications",
        null=True,
        blank=True,
    )
    closed_at = models.DateTimeField("销号时间", null=True, blank=True)
    closed_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="销号人", related_name="closed_rectifications", null=True, blank=True
    )
    verification = models.TextField("验收意见", blank=True)

    objects = querysets.RectificationQuerySet.as_manager()

    class Meta:
        db_table = "rectification"
        verbose_name = verbose_name_plural = "整改事项"
        ordering = ["programme", "seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "seq"],
                name="rectification_seq_unique",
                violation_error_message="整改编号已存在",
            ),
            one_of(
                "rectification_source_valid",
                "source",
                ["ranking", "inspection", "audit", "complaint", "letter", "disclosure", "interview", "other"],
                message="整改来源不正确",
            ),
            one_of(
                "rectification_state_valid",
                "state",
                ["opened", "assigned", "underway", "reported", "closed"],
                message="整改状态不正确",
            ),
            paired("rectification_assigned_pair", "assigned_at", "assigned_by", message="交办时间与交办人须同时有"),
            paired("rectification_reported_pair", "reported_at", "reported_by", message="报完成时间与报完成人须同时有"),
            paired("rectification_closed_pair", "closed_at", "closed_by", message="销号时间与销号人须同时有"),
            models.CheckConstraint(
                name="rectification_is_closed",
                condition=Q(state="closed", closed_at__isnull=False, reported_at__isnull=False) & ~Q(verification="")
                | ~Q(state="closed") & Q(closed_at__isnull=True),
                violation_error_message="销号要有验收意见,且先报完成",
            ),
            models.CheckConstraint(
                name="rectification_two_persons",
                condition=Q(closed_by__isnull=True) | ~Q(closed_by=F("reported_by")),
                violation_error_message="验收人不能是报完成的人",
            ),
            models.CheckConstraint(
                name="rectification_assigned_whom",
                condition=Q(state="opened")
                | Q(deadline__isnull=False) & (Q(participant__isnull=False) | Q(agency__isnull=False)),
                violation_error_message="交办要写明责任单位和时限",
            ),
            models.CheckConstraint(
                name="rectification_earlier_count",
                condition=Q(earlier__isnull=True, recurrence=0) | Q(earlier__isnull=False, recurrence__gte=1),
                violation_error_message="复发次数与上一次不符",
            ),
        ]

    def __str__(self):
        return f"整改{self.seq}号"


class RectificationStep(models.Model):
    """整改记录: one thing that happened to a 整改事项; only added."""

    class Kind(models.TextChoices):
        OPENED = "opened", "开立"
        ASSIGNED = "assigned", "交办"
        CHANGED = "changed", "修改清单"
        FILLED = "filled", "填写原因和措施"
        PROGRESS = "progress", "整改进展"
        EXTENDED = "extended", "延期"
        REPORTED = "reported", "报完成"
        RETURNED = "returned", "退回"
        CLOSED = "closed", "销号"
        RECURRED = "recurred", "复发"

    rectification = models.ForeignKey(Rectification, models.PROTECT, verbose_name="整改事项", related_name="steps")
    kind = models.CharField("事项", max_length=10, choices=Kind)
    text = models.TextField("内容", blank=True)
    old_deadline = models.DateField("原时限", null=True, blank=True)
    new_deadline = models.DateField("新时限", null=True, blank=True)
    at = models.DateTimeField("时间", db_default=Now())
    by = models.ForeignKey(User, models.PROTECT, verbose_name="经办人", related_name="rectification_steps")

    class Meta:
        db_table = "rectification_step"
        verbose_name = verbose_name_plural = "整改记录"
        ordering = ["rectification", "id"]
        constraints = [
            one_of(
                "rectification_step_valid",
                "kind",
                [
                    *("opened", "assigned", "changed", "filled", "progress"),
                    *("extended", "reported", "returned", "closed", "recurred"),
                ],
                message="整改记录种类不正确",
            ),
        ]

    def __str__(self):
        return f"{self.rectification} {self.get_kind_display()}"


class RectificationFile(models.Model):
    """整改佐证: a file that shows how it was before, or how it is after; only added."""

    class Moment(models.TextChoices):
        BEFORE = "before", "整改前"
        AFTER = "after", "整改后"

    rectification = models.ForeignKey(Rectification, models.PROTECT, verbose_name="整改事项", related_name="files")
    file = models.ForeignKey(KeptFile, models.PROTECT, verbose_name="文件", related_name="rectification_files")
    moment = models.CharField("前后", max_length=8, choices=Moment)

    class Meta:
        db_table = "rectification_file"
        verbose_name = verbose_name_plural = "整改佐证"
        ordering = ["rectification", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rectification", "file"],
                name="rectification_file_unique",
                violation_error_message="这个文件已经在这个整改事项里",
            ),
            one_of("rectification_file_valid", "moment", ["before", "after"], message="佐证只分整改前和整改后"),
        ]

    def __str__(self):
        return f"{self.rectification} {self.file}"
