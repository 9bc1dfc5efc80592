"""核对: before a month is issued each unit and each lead agency answers for its own lines of the snapshot."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from livelihood.constraints import one_of, paired
from livelihood.formats import format_number
from livelihood.models import Agency, User
from projects.models import Indicator, Participant
from supervision import querysets
from supervision.models.standings import Snapshot


class Check(models.Model):
    """核对单: what one unit or one lead agency says of its own lines of one snapshot, until a day.

    With the next snapshot of the period it carries over: where no line of the addressee's changed the answer stays,
    otherwise it is asked again. `since` is the snapshot of the last answer there was, None before the first.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "待核对"
        AGREED = "agreed", "无异议"
        OBJECTED = "objected", "有异议"

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, verbose_name="快照", related_name="checks")
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="checks", null=True, blank=True
    )
    agency = models.ForeignKey(
        Agency, models.PROTECT, verbose_name="牵头部门", related_name="checks", null=True, blank=True
    )
    state = models.CharField("状态", max_length=8, choices=State, default=State.WAITING)
    due_on = models.DateField("核对截止日")
    opened_at = models.DateTimeField("送核时间", db_default=Now())
    opened_by = models.ForeignKey(User, models.PROTECT, verbose_name="送核人", related_name="opened_checks")
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="答复人", related_name="answered_checks", null=True, blank=True
    )
    carried_from = models.ForeignKey(
        "self", models.PROTECT, verbose_name="上一版的核对单", related_name="carried_to", null=True, blank=True
    )
    since = models.ForeignKey(
        Snapshot, models.PROTECT, verbose_name="上次答复的快照", related_name="+", null=True, blank=True
    )

    objects = querysets.CheckQuerySet.as_manager()

    class Meta:
        db_table = "snapshot_check"
        verbose_name = verbose_name_plural = "核对单"
        ordering = ["snapshot", "participant__order", "agency__order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "participant"],
                name="check_participant_unique",
                violation_error_message="该单位在这一版快照已有核对单",
            ),
            models.UniqueConstraint(
                fields=["snapshot", "agency"],
                name="check_agency_unique",
                violation_error_message="该部门在这一版快照已有核对单",
            ),
            models.CheckConstraint(
                name="check_one_addressee",
                condition=Q(participant__isnull=False, agency__isnull=True)
                | Q(participant__isnull=True, agency__isnull=False),
                violation_error_message="核对单要么给单位,要么给牵头部门",
            ),
            one_of("check_state_valid", "state", ["waiting", "agreed", "objected"], message="核对状态不正确"),
            paired("check_answered_pair", "answered_at", "answered_by", message="答复时间与答复人须同时有"),
            models.CheckConstraint(
                name="check_answer_has_moment",
                condition=Q(state="waiting", answered_at__isnull=True)
                | (~Q(state="waiting") & Q(answered_at__isnull=False)),
                violation_error_message="有答复才有答复时间",
            ),
        ]

    def __str__(self):
        return f"{self.snapshot} {self.addressee}核对"

    @property
    def addressee(self) -> Participant | Agency:
        """Return who answers."""
        return self.participant or self.agency


class CheckLine(models.Model):
    """核对异议: one line of a check its addressee does not agree with, the figure it holds and why.

    `key` names the line (supervision/checks/lines.py); `printed` is what the snapshot says there. The city office
    answers: accepted, and the figure is mended by reopening the month, or rejected; both with a reason.
    """

    class Topic(models.TextChoices):
        FIGURE = "figure", "指标"
        FUND = "fund", "资金"
        DISCIPLINE = "discipline", "报送情况"
        PLACE = "place", "综合位次"

    class State(models.TextChoices):
        OPEN = "open", "待处理"
        ACCEPTED = "accepted", "采纳"
        REJECTED = "rejected", "不采纳"
        WITHDRAWN = "withdrawn", "已撤回"

    check_of = models.ForeignKey(Check, models.PROTECT, verbose_name="核对单", related_name="objections")
    key = models.CharField("行", max_length=60)
    nth = models.PositiveSmallIntegerField("第几次", default=1)
    topic = models.CharField("内容", max_length=10, choices=Topic)
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="check_lines", null=True, blank=True
    )
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, verbose_name="指标", related_name="check_lines", null=True, blank=True
    )
    label = models.CharField("行的名称", max_length=200)
    printed = models.CharField("快照中的数", max_length=100, blank=True)
    value = models.DecimalField("本单位数", max_digits=20, decimal_places=6, null=True, blank=True)
    decimals = models.PositiveSmallIntegerField("小数位", default=0)
    unit = models.CharField("单位", max_length=16, blank=True)
    reason = models.TextField("理由")
    state = models.CharField("处理", max_length=10, choices=State, default=State.OPEN)
    answer = models.TextField("答复", blank=True)
    raised_at = models.DateTimeField("提出时间", db_default=Now())
    raised_by = models.ForeignKey(User, models.PROTECT, verbose_name="提出人", related_name="raised_check_lines")
    settled_at = models.DateTimeField("处理时间", null=True, blank=True)
    settled_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="处理人", related_name="settled_check_lines", null=True, blank=True
    )

    class Meta:
        db_table = "check_line"
        verbose_name = verbose_name_plural = "核对异议"
        ordering = ["check_of", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["check_of", "key", "nth"],
                name="check_line_nth_unique",
                violation_error_message="这一行的异议重复",
            ),
            one_of("check_line_topic_valid", "topic", ["figure", "fund", "discipline", "place"], message="内容不正确"),
            one_of(
                "check_line_state_valid",
                "state",
                ["open", "accepted", "rejected", "withdrawn"],
                message="异议的处理不正确",
            ),
            models.CheckConstraint(
                name="check_line_has_reason", condition=~Q(reason=""), violation_error_message="异议要写明理由"
            ),
            models.CheckConstraint(
                name="check_line_figure_named",
                condition=Q(topic="figure", indicator__isnull=False, participant__isnull=False)
                | (~Q(topic="figure") & Q(indicator__isnull=True)),
                violation_error_message="指标的异议要写明指标和单位",
            ),
            paired("check_line_settled_pair", "settled_at", "settled_by", message="处理时间与处理人须同时有"),
            models.CheckConstraint(
                name="check_line_settled_said",
                condition=Q(state="open", settled_at__isnull=True)
                | (~Q(state="open") & Q(settled_at__isnull=False) & ~Q(answer="")),
                violation_error_message="处理异议要写明结果",
            ),
        ]

    def __str__(self):
        return f"{self.check_of} {self.label}"

    @property
    def value_words(self) -> str:
        """Return the addressee's own figure with its unit, or nothing."""
        return "" if self.value is None else f"{format_number(self.value, self.decimals)}{self.unit}"
