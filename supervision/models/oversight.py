"""Rules of supervision as data, and what they found in a month."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from livelihood.constraints import one_of, paired
from livelihood.models import Agency, User
from projects.models import Indicator, Participant, Programme
from supervision.models.standings import Snapshot
from supervision.oversight import querysets


class Level(models.TextChoices):
    """督办等级, from the mildest to the gravest: each is answered by a paper of its own."""

    BLUE = "blue", "蓝牌提醒"
    YELLOW = "yellow", "黄牌督办"
    RED = "red", "红牌约谈"


class OversightSetting(models.Model):
    """督办设置 of a programme: how many papers a close drafts by itself, how long an answer may take, whom to call."""

    programme = models.OneToOneField(
        Programme, models.PROTECT, verbose_name="年度民生工程", related_name="oversight_setting"
    )
    drafted_by_close = models.PositiveSmallIntegerField("封账时最多自动拟稿(份)", default=10)
    answer_days = models.PositiveSmallIntegerField("反馈时限(工作日)", default=10)
    contact = models.CharField("联系人和电话", max_length=100, blank=True)

    class Meta:
        db_table = "oversight_setting"
        verbose_name = verbose_name_plural = "督办设置"
        ordering = ["programme"]
        constraints = [
            models.CheckConstraint(
                name="oversight_setting_valid",
                condition=Q(drafted_by_close__lte=200, answer_days__range=(1, 90)),
                violation_error_message="自动拟稿最多200份，反馈时限为1至90个工作日",
            ),
        ]

    def __str__(self):
        return f"{self.programme} 督办设置"


class OversightRule(models.Model):
    """督办规则: a version of one condition under which somebody is reminded, urged by letter or summoned.

    A change is a new version with a day from which it is in force; what earlier versions found stays as it was.
    What `params` may hold per kind is in `supervision.oversight.kinds`.
    """

    class Kind(models.TextChoices):
        BELOW_AVERAGE = "below_average", "连续低于全省平均"
        LAST_PLACES = "last_places", "综合排名居末位"
        BEHIND = "behind", "落后于时序或节点"
        RATE_BELOW = "rate_below", "完成率低于"
        FUND_BELOW = "fund_below", "资金比率低于"
        LATE_RETURN = "late_return", "迟报或未报"
        OVERDUE = "overdue", "整改或督办逾期"

    programme = models.ForeignKey(
        Programme, models.PROTECT, verbose_name="年度民生工程", related_name="oversight_rules"
    )
    code = models.CharField("代码", max_length=30)
    version = models.PositiveSmallIntegerField("版本", default=1)
    name = models.CharField("名称", max_length=60)
    kind = models.CharField("情形", max_length=16, choices=Kind)
    params = models.JSONField("参数", default=dict)
    level = models.CharField("等级", max_length=6, choices=Level)
    escalates_after = models.PositiveSmallIntegerField(
        "升级(次)", default=0, help_text="同一事由再次出现几次升一级，0为不升级"
    )
    effective_from = models.DateField("施行日期")
    is_on = models.BooleanField("启用", default=True)
    source = models.CharField("依据", max_length=200, blank=True)
    reason = models.CharField("修改原因", max_length=200, blank=True)
    made_at = models.DateTimeField("制定时间", db_default=Now())
    made_by = models.ForeignKey(User, models.PROTECT, verbose_name="制定人", related_name="oversight_rules")

    objects = querysets.OversightRuleQuerySet.as_manager()

    class Meta:
        db_table = "oversight_rule"
        verbose_name = verbose_name_plural = "督办规则"
        ordering = ["programme", "code", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "code", "version"],
                name="oversight_rule_version_unique",
                violation_error_message="这条规则已有相同的版本",
            ),
            one_of(
                "oversight_rule_kind_valid",
                "kind",
                [
                    *("below_average", "last_places", "behind", "rate_below"),
                    *("fund_below", "late_return", "overdue"),
                ],
                message="督办情形不正确",
            ),
            one_of("oversight_rule_level_valid", "level", ["blue", "yellow", "red"], message="督办等级不正确"),
        ]

    def __str__(self):
        return f"{self.name} 第{self.version}版"


class RuleFiring(models.Model):
    """触发记录: one matter a rule found in a snapshot, with the figures it was found by; may be waived with a reason.

    `cause` names the matter alike from month to month (rule, unit, agency, indicator or rate): `nth` counts the
    months it has come one after another, and the level rises with it.
    """

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, verbose_name="快照", related_name="firings")
    rule = models.ForeignKey(OversightRule, models.PROTECT, verbose_name="规则", related_name="firings")
    cause = models.CharField("事由代码", max_length=100)
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="firings", null=True, blank=True
    )
    agency = models.ForeignKey(
        Agency, models.PROTECT, verbose_name="牵头部门", related_name="firings", null=True, blank=True
    )
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, verbose_name="指标", related_name="firings", null=True, blank=True
    )
    fund_rate = models.CharField("资金比率", max_length=30, blank=True)
    nth = models.PositiveSmallIntegerField("连续第几次", default=1)
    level = models.CharField("等级", max_length=6, choices=Level)
    facts = models.JSONField("依据的数", default=dict)
    severity = models.DecimalField("轻重", max_digits=20, decimal_places=6, default=0)
    fired_at = models.DateTimeField("触发时间", db_default=Now())
    waived_at = models.DateTimeField("免予督办时间", null=True, blank=True)
    waived_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="免予督办人", related_name="waived_firings", null=True, blank=True
    )
    waived_reason = models.CharField("免予督办原因", max_length=200, blank=True)

    objects = querysets.RuleFiringQuerySet.as_manager()

    class Meta:
        db_table = "rule_firing"
        verbose_name = verbose_name_plural = "触发记录"
        ordering = ["snapshot", "-severity", "cause"]
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "cause"],
                name="rule_firing_unique",
                violation_error_message="这一事由在本快照已有记录",
            ),
            one_of("rule_firing_level_valid", "level", ["blue", "yellow", "red"], message="督办等级不正确"),
            models.CheckConstraint(
                name="rule_firing_counted",
                condition=Q(nth__gte=1),
                violation_error_message="次数从1数起",
            ),
            models.CheckConstraint(
                name="rule_firing_about_somebody",
                condition=Q(participant__isnull=False) | Q(agency__isnull=False),
                violation_error_message="触发记录要有单位或部门",
            ),
            paired("rule_firing_waived_pair", "waived_at", "waived_by", message="免予督办的时间与人须同时有"),
            models.CheckConstraint(
                name="rule_firing_waived_why",
                condition=Q(waived_at__isnull=True) | ~Q(waived_reason=""),
                violation_error_message="免予督办要写明原因",
            ),
        ]

    def __str__(self):
        return f"{self.snapshot} {self.cause}"
