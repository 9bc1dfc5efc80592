"""督查、暗访 with what they found, and the minutes of 约谈 and 会商."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from livelihood.constraints import one_of, paired
from livelihood.models import Agency, User
from projects.models import Participant, Programme, Project
from supervision.models.documents import Document
from supervision.models.files import KeptFile
from supervision.rectification import querysets


class Inspection(models.Model):
    """督查: somebody was there on a day and saw; a draft is its recorder's alone."""

    class Kind(models.TextChoices):
        INSPECTION = "inspection", "督查"
        COVERT = "covert", "暗访"

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        RECORDED = "recorded", "已记录"

    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name="年度民生工程", related_name="inspections")
    kind = models.CharField("方式", max_length=12, choices=Kind, default=Kind.INSPECTION)
    visited_on = models.DateField("日期")
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="inspections", null=True, blank=True
    )
    project = models.ForeignKey(
        Project, models.PROTECT, verbose_name="项目", related_name="inspections", null=True, blank=True
    )
    place = models.CharField("点位", max_length=120, blank=True)
    people = models.CharField("督查人员", max_length=200, blank=True)
    text = models.TextField("情况", blank=True)
    #: What the page or device called it before the server knew of it: sent twice it is one.
    client_key = models.UUIDField("记录号")
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)
    #: What was entered about its problem while it is a draft: reasons, deadline, agency.
    entered = models.JSONField("草稿内容", default=dict, blank=True)
    added_at = models.DateTimeField("建立时间", db_default=Now())
    added_by = models.ForeignKey(User, models.PROTECT, verbose_name="记录人", related_name="inspections")
    recorded_at = models.DateTimeField("记录时间", null=True, blank=True)

    objects = querysets.InspectionQuerySet.as_manager()

    class Meta:
        db_table = "inspection"
        verbose_name = verbose_name_plural = "督查记录"
        ordering = ["-visited_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["added_by", "client_key"],
                name="inspection_key_unique",
                violation_error_message="这条督查记录已经存过",
            ),
            one_of("inspection_kind_valid", "kind", ["inspection", "covert"], message="督查方式不正确"),
            one_of("inspection_state_valid", "state", ["draft", "recorded"], message="督查记录状态不正确"),
            models.CheckConstraint(
                name="inspection_recorded_when",
                condition=Q(state="draft", recorded_at__isnull=True)
                | Q(state="recorded", recorded_at__isnull=False, participant__isnull=False),
                violation_error_message="督查记录要有考核单位和记录时间",
            ),
        ]

    def __str__(self):
        return f"{self.visited_on} {self.get_kind_display()} {self.participant or ''}{self.place}".strip()


class InspectionPhoto(models.Model):
    """督查照片: a file taken on the spot."""

    inspection = models.ForeignKey(Inspection, models.PROTECT, verbose_name="督查记录", related_name="photos")
    file = models.ForeignKey(KeptFile, models.PROTECT, verbose_name="文件", related_name="inspection_photos")
    removed_at = models.DateTimeField("移除时间", null=True, blank=True)
    removed_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="移除人", related_name="removed_photos", null=True, blank=True
    )

    class Meta:
        db_table = "inspection_photo"
        verbose_name = verbose_name_plural = "督查照片"
        ordering = ["inspection", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["inspection", "file"],
                name="inspection_photo_unique",
                violation_error_message="这张照片已经在这条记录里",
            ),
            paired("inspection_photo_removed_pair", "removed_at", "removed_by", message="移除时间与移除人须同时有"),
        ]

    def __str__(self):
        return f"{self.inspection} {self.file}"


class InspectionFinding(models.Model):
    """督查发现: a problem seen on the spot, with the reason type under which it stands in the slow list."""

    class Reason(models.TextChoices):
        PROGRESS = "progress", "进度滞后"
        STOPPED = "stopped", "现场停工"
        QUALITY = "quality", "质量"
        SAFETY = "safety", "安全"
        FUNDS = "funds", "资金"
        UPKEEP = "upkeep", "管护"
        PAPERS = "papers", "资料不全"
        UNMENDED = "unmended", "整改不到位"

    inspection = models.ForeignKey(Inspection, models.PROTECT, verbose_name="督查记录", related_name="findings")
    programme = models.ForeignKey(
        Programme, models.PROTECT, verbose_name="年度民生工程", related_name="inspection_findings"
    )
    found_on = models.DateField("发现日期")
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="inspection_findings"
    )
    project = models.ForeignKey(
        Project, models.PROTECT, verbose_name="项目", related_name="inspection_findings", null=True, blank=True
    )
    #: The main reason; further ones stand in `also`.
    reason = models.CharField("原因类型", max_length=10, choices=Reason)
    also = models.JSONField("其他原因", default=list, blank=True)
    problem = models.TextField("问题")
    points = models.DecimalField("扣分", max_digits=5, decimal_places=2, null=True, blank=True)
    rectification = models.OneToOneField(
        "supervision.Rectification",
        models.PROTECT,
        verbose_name="整改事项",
        related_name="finding",
        null=True,
        blank=True,
    )

    class Meta:
        db_table = "inspection_finding"
        verbose_name = verbose_name_plural = "督查发现"
        ordering = ["found_on", "id"]
        constraints = [
            one_of(
                "inspection_finding_valid",
                "reason",
                ["progress", "stopped", "quality", "safety", "funds", "upkeep", "papers", "unmended"],
                message="原因类型不正确",
            ),
            models.CheckConstraint(
                name="inspection_finding_points",
                condition=Q(points__isnull=True) | Q(points__gt=0),
                violation_error_message="扣分要大于 0",
            ),
        ]

    def __str__(self):
        return f"{self.found_on} {self.participant} {self.get_reason_display()}"


class Interview(models.Model):
    """约谈、会商: who met whom on which day, and the minutes."""

    class Kind(models.TextChoices):
        INTERVIEW = "interview", "约谈"
        CONSULTATION = "consultation", "会商"

    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name="年度民生工程", related_name="interviews")
    kind = models.CharField("方式", max_length=12, choices=Kind)
    held_on = models.DateField("日期")
    place = models.CharField("地点", max_length=120, blank=True)
    chaired_by = models.CharField("主持人", max_length=60, blank=True, help_text="写职务")
    subject = models.CharField("事由", max_length=200)
    participants = models.ManyToManyField(
        Participant, verbose_name="考核单位", related_name="interviews", blank=True, db_table="interview_participant"
    )
    agencies = models.ManyToManyField(
        Agency, verbose_name="单位", related_name="interviews", blank=True, db_table="interview_agency"
    )
    attendees = models.TextField("参加人员", blank=True)
    text = models.TextField("纪要")
    document = models.ForeignKey(
        Document, models.PROTECT, verbose_name="依据公文", related_name="interviews", null=True, blank=True
    )
    added_at = models.DateTimeField("登记时间", db_default=Now())
    added_by = models.ForeignKey(User, models.PROTECT, verbose_name="登记人", related_name="interviews")

    objects = querysets.InterviewQuerySet.as_manager()

    class Meta:
        db_table = "interview"
        verbose_name = verbose_name_plural = "约谈会商"
        ordering = ["-held_on", "-id"]
        constraints = [
            one_of("interview_kind_valid", "kind", ["interview", "consultation"], message="约谈会商方式不正确"),
        ]

    def __str__(self):
        return f"{self.held_on} {self.get_kind_display()}：{self.subject}"
