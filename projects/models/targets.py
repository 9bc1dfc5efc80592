"""What each participant has to reach, by dated revision, and by which date."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from livelihood.constraints import one_of
from livelihood.formats import format_number
from livelihood.models import User
from projects import querysets
from projects.models.catalogue import Indicator
from projects.models.programmes import Participant


class Target(models.Model):
    """目标任务: one revision; never changed, a new document makes a new revision (R19)."""

    class State(models.TextChoices):
        ASSESSED = "assessed", "有任务"
        NO_TASK = "no_task", "无任务"
        NOT_APPLICABLE = "not_applicable", "不适用"
        TEXT = "text", "文字"

    class Comparison(models.TextChoices):
        AT_LEAST = "ge", "不少于"
        AT_MOST = "le", "不超过"
        EQUAL = "eq", "等于"
        ABOUT = "about", "约"

    indicator = models.ForeignKey(Indicator, models.PROTECT, verbose_name="指标", related_name="targets")
    participant = models.ForeignKey(Participant, models.PROTECT, verbose_name="考核单位", related_name="targets")
    revision = models.PositiveSmallIntegerField("修订号", default=1)
    valid_from = models.DateField("生效日期")
    valid_to = models.DateField("失效日期", null=True, blank=True)
    state = models.CharField("任务状态", max_length=16, choices=State, default=State.ASSESSED)
    value = models.DecimalField("目标值", max_digits=20, decimal_places=6, null=True, blank=True)
    comparison = models.CharField("比较", max_length=6, choices=Comparison, default=Comparison.EQUAL)
    printed = models.CharField("印发文字", max_length=200, blank=True)
    reason = models.TextField("修订原因", blank=True)
    document = models.CharField("依据文件", max_length=120, blank=True)
    document_on = models.DateField("文件日期", null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False)
    set_at = models.DateTimeField("录入时间", db_default=Now())
    set_by = models.ForeignKey(User, models.PROTECT, verbose_name="录入人", related_name="set_targets")

    objects = querysets.TargetQuerySet.as_manager()

    class Meta:
        db_table = "target"
        verbose_name = verbose_name_plural = "目标任务"
        ordering = ["indicator", "participant", "revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "participant", "revision"],
                name="target_revision_unique",
                violation_error_message="该目标已有相同的修订号",
            ),
            one_of(
                "target_state_valid",
                "state",
                ["assessed", "no_task", "not_applicable", "text"],
                message="任务状态不正确",
            ),
            one_of("target_comparison_valid", "comparison", ["ge", "le", "eq", "about"], message="比较方式不正确"),
            models.CheckConstraint(
                name="target_value_when_assessed",
                condition=Q(state="assessed") | Q(value__isnull=True),
                violation_error_message="无任务、不适用和文字目标没有目标值",
            ),
            models.CheckConstraint(
                name="target_value_not_negative",
                condition=Q(value__isnull=True) | Q(value__gte=0),
                violation_error_message="目标值不能为负数",
            ),
            models.CheckConstraint(
                name="target_dates_valid",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                violation_error_message="失效日期不能早于生效日期",
            ),
            models.CheckConstraint(
                name="target_revision_reason",
                condition=Q(revision=1) | ~Q(reason=""),
                violation_error_message="修订目标要写明原因",
            ),
        ]

    def __str__(self):
        return f"{self.participant} {self.indicator} 第{self.revision}版"


class Milestone(models.Model):
    """节点: "by 2022-06-30 完工率 ≥ 50 %"; replaces the straight line for its indicator (R11).

    A rate or standard may be given its own level to reach (管理率 60 %, measure `value`): its yardstick is that level
    over the target.
    """

    class Measure(models.TextChoices):
        RATE = "rate", "完成率"
        VALUE = "value", "指标值"

    indicator = models.ForeignKey(Indicator, models.PROTECT, verbose_name="指标", related_name="milestones")
    due_on = models.DateField("时限")
    measure = models.CharField("口径", max_length=6, choices=Measure, default=Measure.RATE)
    threshold = models.DecimalField("不低于", max_digits=7, decimal_places=2)
    text = models.CharField("节点要求", max_length=100, blank=True)

    class Meta:
        db_table = "milestone"
        verbose_name = verbose_name_plural = "节点"
        ordering = ["indicator", "due_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "due_on"],
                name="milestone_due_unique",
                violation_error_message="该指标在这一天已有节点",
            ),
            models.CheckConstraint(
                name="milestone_threshold_valid",
                condition=Q(threshold__gte=0),
                violation_error_message="节点完成率不能为负数",
            ),
            one_of("milestone_measure_valid", "measure", ["rate", "value"], message="节点口径不正确"),
            models.CheckConstraint(
                name="milestone_rate_at_most_100",
                condition=~Q(measure="rate") | Q(threshold__lte=100),
                violation_error_message="节点完成率最高为100",
            ),
        ]

    def __str__(self):
        return f"{self.indicator} {self.due_on}"

    @property
    def required(self) -> str:
        """Return what is asked for: 完成 50%, or 达到 60% of a level given in the indicator's own unit."""
        if self.measure == self.Measure.VALUE:
            return f"达到 {format_number(self.threshold)}{self.indicator.unit}"
        return f"完成 {format_number(self.threshold)}%"
