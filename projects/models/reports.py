"""A reporter's monthly report, its figures, and every change ever made to them."""

from collections.abc import Mapping
from types import MappingProxyType

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from livelihood.constraints import one_of, paired
from livelihood.models import Agency, User
from projects import querysets
from projects.models.catalogue import Indicator
from projects.models.kept import KeptFlag, KeptNumber, KeptRevision, origin_known, severity_known
from projects.models.kept import Origin as Origin
from projects.models.periods import ReportingPeriod
from projects.models.programmes import Participant, Programme


def _person(label: str, related_name: str) -> models.ForeignKey:
    """Return an optional who-field; its when-field stands beside it under a paired constraint."""
    return models.ForeignKey(User, models.PROTECT, verbose_name=label, related_name=related_name, null=True, blank=True)


class Report(models.Model):
    """月报: what one reporter says about one period; an approval is bound to its content."""

    class State(models.TextChoices):
        DRAFT = "draft", "填报中"
        SIGNED = "signed", "已签字"
        SUBMITTED = "submitted", "已提交"
        RETURNED = "returned", "已退回"
        APPROVED = "approved", "已审核"

    #: What the person chose for the page (its address): the unit amounts are typed in. Never stored.
    options: Mapping[str, str] = MappingProxyType({})

    #: States in which the reporter may still change figures.
    EDITABLE = (State.DRAFT, State.RETURNED)
    #: States whose figures live standings count; a snapshot counts approved ones only.
    COUNTED = (State.SUBMITTED, State.APPROVED)

    period = models.ForeignKey(ReportingPeriod, models.PROTECT, verbose_name="填报期", related_name="reports")
    participant = models.ForeignKey(
        Participant,
        models.PROTECT,
        verbose_name="考核单位",
        related_name="reports",
        null=True,
        blank=True,
    )
    agency = models.ForeignKey(
        Agency,
        models.PROTECT,
        verbose_name="牵头部门",
        related_name="reports",
        null=True,
        blank=True,
    )
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField("版本", default=1)
    content_sha256 = models.CharField("内容校验值", max_length=64, blank=True)
    signed_at = models.DateTimeField("签字时间", null=True, blank=True)
    signed_by = _person("签字人", "signed_reports")
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    submitted_by = _person("提交人", "submitted_reports")
    return_reason = models.TextField("退回原因", blank=True)

    objects = querysets.ReportQuerySet.as_manager()

    class Meta:
        db_table = "report"
        verbose_name = verbose_name_plural = "月报"
        ordering = ["period", "participant__order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "participant"],
                name="report_participant_unique",
                violation_error_message="该单位本期月报已存在",
            ),
            models.UniqueConstraint(
                fields=["period", "agency"],
                name="report_agency_unique",
                violation_error_message="该部门本期月报已存在",
            ),
            models.CheckConstraint(
                name="report_one_reporter",
                condition=Q(participant__isnull=False, agency__isnull=True)
                | Q(participant__isnull=True, agency__isnull=False),
                violation_error_message="月报由一个考核单位或一个部门报送",
            ),
            one_of(
                "report_state_valid",
                "state",
                ["draft", "signed", "submitted", "returned", "approved"],
                message="月报状态不正确",
            ),
            paired("report_signed_pair", "signed_at", "signed_by", message="签字时间与签字人须同时有"),
            paired(
                "report_submitted_pair",
                "submitted_at",
                "submitted_by",
                message="提交时间与提交人须同时有",
            ),
            models.CheckConstraint(
                name="report_submitted_has_hash",
                condition=~Q(state__in=["signed", "submitted", "approved"]) | ~Q(content_sha256=""),
                violation_error_message="签字后的月报必须有内容校验值",
            ),
            models.CheckConstraint(
                name="report_returned_has_reason",
                condition=~Q(state="returned") | ~Q(return_reason=""),
                violation_error_message="退回要写明原因",
            ),
        ]

    def __str__(self):
        return f"{self.participant or self.agency} {self.period.label}"

    @property
    def is_late(self) -> bool:
        """Tell whether it came in after due plus grace; computed, never stored.

        `submitted_at` is the first submission since the reporter last took the report back, so a county
        that was on time does not become late by correcting what was returned to it.
        """
        return self.submitted_at is not None and self.submitted_at > self.period.deadline


class ReportApproval(models.Model):
    """审核记录: one verdict of the city office, bound to the content it saw."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", "通过"
        RETURNED = "returned", "退回"

    report = models.ForeignKey(Report, models.PROTECT, verbose_name="月报", related_name="approvals")
    nth = models.PositiveSmallIntegerField("第几次")
    sha256 = models.CharField("内容校验值", max_length=64)
    verdict = models.CharField("结论", max_length=10, choices=Verdict)
    reason = models.TextField("理由", blank=True)
    decided_at = models.DateTimeField("审核时间", db_default=Now())
    decided_by = models.ForeignKey(User, models.PROTECT, verbose_name="审核人", related_name="report_approvals")

    class Meta:
        db_table = "report_approval"
        verbose_name = verbose_name_plural = "审核记录"
        ordering = ["report", "nth"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "nth"],
                name="approval_nth_unique",
                violation_error_message="审核记录序号重复",
            ),
            one_of("approval_verdict_valid", "verdict", ["approved", "returned"], message="审核结论不正确"),
            models.CheckConstraint(
                name="approval_return_reason",
                condition=~Q(verdict="returned") | ~Q(reason=""),
                violation_error_message="退回要写明原因",
            ),
        ]

    def __str__(self):
        return f"{self.report} 第{self.nth}次{self.get_verdict_display()}"


class ImportBatch(models.Model):
    """导入批次: one committed workbook; the same file for the same period is one batch."""

    sha256 = models.CharField("文件校验值", max_length=64)
    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name="年度民生工程", related_name="import_batches")
    period = models.ForeignKey(
        ReportingPeriod,
        models.PROTECT,
        verbose_name="填报期",
        related_name="import_batches",
        null=True,
        blank=True,
    )
    file = models.FileField("文件", upload_to="imports/%Y/%m/", max_length=200)
    file_name = models.CharField("原文件名", max_length=200)
    counts = models.JSONField("计数", default=dict)
    committed_at = models.DateTimeField("导入时间", db_default=Now())
    committed_by = models.ForeignKey(User, models.PROTECT, verbose_name="导入人", related_name="import_batches")

    class Meta:
        db_table = "import_batch"
        verbose_name = verbose_name_plural = "导入批次"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sha256", "programme", "period"],
                name="import_batch_unique",
                violation_error_message="该文件本期已导入",
            ),
        ]

    def __str__(self):
        return self.file_name


class Figure(KeptNumber):
    """填报数: cumulative value of an indicator for a participant at a period's end."""

    class State(models.TextChoices):
        REPORTED = "reported", "已填"
        BLANK = "blank", "空"
        NO_TASK = "no_task", "无任务"
        TEXT = "text", "文字"

    # No index of its own: the unique one begins with it, and two that serve the same mislead the planner.
    period = models.ForeignKey(
        ReportingPeriod, models.PROTECT, verbose_name="填报期", related_name="figures", db_index=False
    )
    participant = models.ForeignKey(Participant, models.PROTECT, verbose_name="考核单位", related_name="figures")
    indicator = models.ForeignKey(Indicator, models.PROTECT, verbose_name="指标", related_name="figures")
    report = models.ForeignKey(Report, models.PROTECT, verbose_name="月报", related_name="figures")
    state = models.CharField("状态", max_length=10, choices=State, default=State.REPORTED)
    value = models.DecimalField("累计完成", max_digits=20, decimal_places=6, null=True, blank=True)
    text = models.TextField("文字进展", blank=True)
    import_batch = models.ForeignKey(
        ImportBatch,
        models.PROTECT,
        verbose_name="导入批次",
        related_name="figures",
        null=True,
        blank=True,
    )
    updated_by = models.ForeignKey(User, models.PROTECT, verbose_name="更新人", related_name="updated_figures")

    objects = querysets.FigureQuerySet.as_manager()

    class Meta:
        db_table = "figure"
        verbose_name = verbose_name_plural = "填报数"
        ordering = ["period", "participant", "indicator"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "participant", "indicator"],
                name="figure_unique",
                violation_error_message="该指标本期已有填报数",
            ),
            one_of("figure_state_valid", "state", ["reported", "blank", "no_task", "text"], message="填报数状态不正确"),
            origin_known("figure_origin_valid", message="填报数来源不正确"),
            models.CheckConstraint(
                name="figure_value_when_reported",
                condition=Q(state="reported", value__isnull=False) | (~Q(state="reported") & Q(value__isnull=True)),
                violation_error_message="“已填”必须有数,其他状态不能有数",
            ),
        ]

    def __str__(self):
        return f"{self.participant} {self.indicator}"


class FigureRevision(KeptRevision):
    """填报数修订: who changed what, when, through which door; written by a trigger."""

    figure = models.ForeignKey(Figure, models.PROTECT, verbose_name="填报数", related_name="revisions")
    old_value = models.DecimalField("原数", max_digits=20, decimal_places=6, null=True, blank=True)
    new_value = models.DecimalField("新数", max_digits=20, decimal_places=6, null=True, blank=True)
    new_text = models.TextField("新文字", blank=True)
    import_batch = models.ForeignKey(
        ImportBatch,
        models.PROTECT,
        verbose_name="导入批次",
        related_name="revisions",
        null=True,
        blank=True,
    )
    changed_by = models.ForeignKey(User, models.PROTECT, verbose_name="修改人", related_name="figure_revisions")

    class Meta:
        db_table = "figure_revision"
        verbose_name = verbose_name_plural = "填报数修订"
        ordering = ["figure", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["figure", "version"],
                name="figure_revision_unique",
                violation_error_message="修订版本重复",
            ),
        ]

    def __str__(self):
        return f"{self.figure} 第{self.version}版"


class FigureFlag(KeptFlag):
    """填报提示: something about a figure that asks for a reason (R20)."""

    figure = models.ForeignKey(Figure, models.CASCADE, verbose_name="填报数", related_name="flags")

    class Meta:
        db_table = "figure_flag"
        verbose_name = verbose_name_plural = "填报提示"
        ordering = ["figure", "code"]
        constraints = [
            models.UniqueConstraint(
                F("figure"),
                F("code"),
                name="figure_flag_unique",
                violation_error_message="同一提示已存在",
            ),
            severity_known("figure_flag_severity_valid"),
        ]

    def __str__(self):
        return f"{self.figure}:{self.code}"
