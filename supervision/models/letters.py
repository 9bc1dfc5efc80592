"""Letters of supervision with their answers, re-checks and 销号."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from livelihood.constraints import one_of, paired
from livelihood.models import Agency, User
from projects.models import Indicator, Participant, ReportingPeriod
from supervision.models.documents import Document
from supervision.models.files import KeptFile
from supervision.models.inspections import Inspection
from supervision.models.oversight import Level, RuleFiring
from supervision.oversight import querysets


class SupervisionLetter(models.Model):
    """督办函 (blue 提醒函, red 约谈通知): one matter of one unit and/or one lead agency, until 销号.

    The figures are those of the day it was drafted, printed in the paper; `required_value` is what a later approved
    figure has to meet. Closed by such a figure (`closed_period` and what it was), or by another person's re-check.
    """

    class State(models.TextChoices):
        DRAFTED = "drafted", "拟稿"
        ISSUED = "issued", "待反馈"
        REPLIED = "replied", "已反馈"
        CLOSED = "closed", "已销号"
        VOID = "void", "已撤销"

    class Measure(models.TextChoices):
        RATE = "rate", "完成率"
        VALUE = "value", "累计完成"
        NONE = "none", "没有数值要求"

    class Ground(models.TextChoices):
        FIGURE = "figure", "审核数达到要求"
        RECHECK = "recheck", "复核"

    document = models.OneToOneField(Document, models.PROTECT, verbose_name="公文", related_name="letter")
    period = models.ForeignKey(ReportingPeriod, models.PROTECT, verbose_name="填报期", related_name="letters")
    firing = models.ForeignKey(
        RuleFiring, models.PROTECT, verbose_name="触发记录", related_name="letters", null=True, blank=True
    )
    cause = models.CharField("事由代码", max_length=100)
    level = models.CharField("等级", max_length=6, choices=Level)
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="letters", null=True, blank=True
    )
    agency = models.ForeignKey(
        Agency, models.PROTECT, verbose_name="牵头部门", related_name="letters", null=True, blank=True
    )
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, verbose_name="指标", related_name="letters", null=True, blank=True
    )
    fund_rate = models.CharField("资金比率", max_length=30, blank=True)
    matter = models.CharField("事由", max_length=200)
    reason = models.CharField("情况", max_length=300)
    as_of = models.DateField("数据截至")
    target = models.DecimalField("目标", max_digits=30, decimal_places=6, null=True, blank=True)
    actual = models.DecimalField("完成", max_digits=30, decimal_places=6, null=True, blank=True)
    rate = models.DecimalField("完成率(%)", max_digits=40, decimal_places=6, null=True, blank=True)
    average = models.DecimalField("对照线", max_digits=20, decimal_places=6, null=True, blank=True)
    average_word = models.CharField("对照线名称", max_length=20, blank=True)
    gap = models.DecimalField("差距", max_digits=40, decimal_places=6, null=True, blank=True)
    requirement = models.TextField("要求")
    required_measure = models.CharField("要求的口径", max_length=6, choices=Measure, default=Measure.NONE)
    required_value = models.DecimalField("要求达到", max_digits=20, decimal_places=6, null=True, blank=True)
    deadline = models.DateField("反馈时限")
    contact = models.CharField("联系人", max_length=100, blank=True)
    state = models.CharField("状态", max_length=8, choices=State, default=State.DRAFTED)
    version = models.PositiveIntegerField("版本", default=1)
    drafted_by = models.ForeignKey(User, models.PROTECT, verbose_name="提出人", related_name="drafted_letters")
    closed_at = models.DateTimeField("销号时间", null=True, blank=True)
    closed_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="销号人", related_name="closed_letters", null=True, blank=True
    )
    closed_ground = models.CharField("销号依据", max_length=8, choices=Ground, blank=True)
    closed_period = models.ForeignKey(
        ReportingPeriod,
        models.PROTECT,
        verbose_name="依据的填报期",
        related_name="letters_closed_by",
        null=True,
        blank=True,
    )
    closed_value = models.DecimalField("销号时的数", max_digits=40, decimal_places=6, null=True, blank=True)

    objects = querysets.LetterQuerySet.as_manager()

    class Meta:
        db_table = "supervision_letter"
        verbose_name = verbose_name_plural = "督办函"
        ordering = ["-period__ends_on", "-id"]
        constraints = [
            one_of("letter_level_valid", "level", ["blue", "yellow", "red"], message="督办等级不正确"),
            one_of(
                "letter_state_valid",
                "state",
                ["drafted", "issued", "replied", "closed", "void"],
                message="督办函状态不正确",
            ),
            one_of("letter_measure_valid", "required_measure", ["rate", "value", "none"], message="要求的口径不正确"),
            models.CheckConstraint(
                name="letter_to_somebody",
                condition=Q(participant__isnull=False) | Q(agency__isnull=False),
                violation_error_message="督办函要有主送单位或牵头部门",
            ),
            models.CheckConstraint(
                name="letter_requirement_pair",
                condition=Q(required_measure="none", required_value__isnull=True)
                | (~Q(required_measure="none") & Q(required_value__isnull=False)),
                violation_error_message="有数值要求就要写明达到多少",
            ),
            models.CheckConstraint(
                name="letter_requirement_judged",
                condition=Q(required_measure="none") | Q(indicator__isnull=False) | ~Q(fund_rate=""),
                violation_error_message="数值要求要对着一个指标或资金比率",
            ),
            models.CheckConstraint(
                name="letter_deadline_after",
                condition=Q(deadline__gt=F("as_of")),
                violation_error_message="反馈时限要在数据截至日之后",
            ),
            paired("letter_closed_pair", "closed_at", "closed_by", message="销号时间与销号人须同时有"),
            models.CheckConstraint(
                name="letter_closed_has_ground",
                condition=Q(state="closed", closed_at__isnull=False, closed_ground__in=["figure", "recheck"])
                | (~Q(state="closed") & Q(closed_at__isnull=True, closed_ground="")),
                violation_error_message="销号要有依据",
            ),
            models.CheckConstraint(
                name="letter_closed_by_figure",
                condition=~Q(closed_ground="figure") | Q(closed_value__isnull=False, closed_period__isnull=False),
                violation_error_message="按审核数销号要记下是哪一期的数",
            ),
        ]

    def __str__(self):
        return f"{self.document.printed_number or '拟稿'} {self.matter}"


class LetterReply(models.Model):
    """反馈: what an addressee answers, with a figure it states and evidence; the office accepts or returns it."""

    class State(models.TextChoices):
        WAITING = "waiting", "待审"
        ACCEPTED = "accepted", "已采纳"
        RETURNED = "returned", "已退回"

    letter = models.ForeignKey(SupervisionLetter, models.PROTECT, verbose_name="督办函", related_name="replies")
    nth = models.PositiveSmallIntegerField("第几次")
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="letter_replies", null=True, blank=True
    )
    agency = models.ForeignKey(
        Agency, models.PROTECT, verbose_name="牵头部门", related_name="letter_replies", null=True, blank=True
    )
    text = models.TextField("反馈内容")
    stated = models.DecimalField("自报数", max_digits=20, decimal_places=6, null=True, blank=True)
    files = models.ManyToManyField(KeptFile, verbose_name="佐证", related_name="letter_replies", blank=True)
    state = models.CharField("状态", max_length=8, choices=State, default=State.WAITING)
    replied_at = models.DateTimeField("反馈时间", db_default=Now())
    replied_by = models.ForeignKey(User, models.PROTECT, verbose_name="反馈人", related_name="letter_replies")
    judged_at = models.DateTimeField("审阅时间", null=True, blank=True)
    judged_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="审阅人", related_name="judged_replies", null=True, blank=True
    )
    verdict = models.CharField("审阅意见", max_length=300, blank=True)

    class Meta:
        db_table = "letter_reply"
        verbose_name = verbose_name_plural = "督办反馈"
        ordering = ["letter", "nth"]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "nth"], name="letter_reply_unique", violation_error_message="反馈重复"
            ),
            one_of("letter_reply_state_valid", "state", ["waiting", "accepted", "returned"], message="反馈状态不正确"),
            paired("letter_reply_judged_pair", "judged_at", "judged_by", message="审阅时间与审阅人须同时有"),
            models.CheckConstraint(
                name="letter_reply_judged",
                condition=Q(state="waiting", judged_at__isnull=True)
                | Q(state="accepted", judged_at__isnull=False)
                | (Q(state="returned", judged_at__isnull=False) & ~Q(verdict="")),
                violation_error_message="退回反馈要写明原因",
            ),
            models.CheckConstraint(
                name="letter_reply_of_somebody",
                condition=Q(participant__isnull=False) | Q(agency__isnull=False),
                violation_error_message="反馈要有单位或部门",
            ),
        ]

    def __str__(self):
        return f"{self.letter} 第{self.nth}次反馈"


class LetterRecheck(models.Model):
    """复核: what a second person found on the spot or in the papers; only added."""

    letter = models.ForeignKey(SupervisionLetter, models.PROTECT, verbose_name="督办函", related_name="rechecks")
    checked_on = models.DateField("复核日期")
    text = models.TextField("复核情况")
    is_passed = models.BooleanField("达到要求")
    inspection = models.ForeignKey(
        Inspection, models.PROTECT, verbose_name="督查记录", related_name="letter_rechecks", null=True, blank=True
    )
    files = models.ManyToManyField(KeptFile, verbose_name="佐证", related_name="letter_rechecks", blank=True)
    recorded_at = models.DateTimeField("记录时间", db_default=Now())
    recorded_by = models.ForeignKey(User, models.PROTECT, verbose_name="复核人", related_name="letter_rechecks")

    class Meta:
        db_table = "letter_recheck"
        verbose_name = verbose_name_plural = "督办复核"
        ordering = ["letter", "id"]
        constraints = [
            models.CheckConstraint(
                name="letter_recheck_has_text",
                condition=~Q(text=""),
                violation_error_message="复核要写明情况",
            ),
        ]

    def __str__(self):
        return f"{self.letter} 复核"
