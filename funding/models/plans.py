"""资金筹集方案: who puts up how much for what, by dated revision, and the sums the paper prints."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Now

from funding import querysets
from funding.sources import FundKind, Source
from livelihood.constraints import one_of
from livelihood.models import User
from projects.models import Participant, Programme, Project, SubProject


class FundLine(models.Model):
    """资金线: the money of one kind from one source for a sub-project of a participant."""

    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name="年度民生工程", related_name="fund_lines")
    sub_project = models.ForeignKey(SubProject, models.PROTECT, verbose_name="子项", related_name="fund_lines")
    participant = models.ForeignKey(Participant, models.PROTECT, verbose_name="考核单位", related_name="fund_lines")
    source = models.CharField("资金来源", max_length=10, choices=Source)
    kind = models.CharField("资金类别", max_length=12, choices=FundKind, default=FundKind.PROJECT)
    label = models.CharField("印发名称", max_length=60, blank=True, help_text="文件里另有叫法时填，如“区级配套资金”")
    note = models.CharField("说明", max_length=200, blank=True)
    added_at = models.DateTimeField("录入时间", db_default=Now())
    added_by = models.ForeignKey(User, models.PROTECT, verbose_name="录入人", related_name="added_fund_lines")

    objects = querysets.FundLineQuerySet.as_manager()

    class Meta:
        db_table = "fund_line"
        verbose_name = verbose_name_plural = "资金线"
        ordering = ["programme", "sub_project__project__seq", "sub_project__order", "participant__order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "sub_project", "participant", "source", "kind"],
                name="fund_line_unique",
                violation_error_message="该子项在该单位已有同一来源、同一类别的资金线",
            ),
            one_of(
                "fund_line_source_valid",
                "source",
                [
                    "central",
                    "province",
                    "city",
                    "county",
                    "township",
                    "bond",
                    "integrated",
                    "social",
                    "upper",
                    "local",
                    "total",
                ],
                message="资金来源不正确",
            ),
            one_of("fund_line_kind_valid", "kind", ["project", "maintenance"], message="资金类别不正确"),
        ]

    def __str__(self):
        return f"{self.participant} {self.sub_project} {self.printed_source}"

    @property
    def printed_source(self) -> str:
        """Return the source as the paper calls it."""
        return self.label or self.get_source_display()


class FundPlan(models.Model):
    """资金计划: one revision of a line's amount in 元; never changed, a new paper makes a new revision (R19).

    A revision without an amount withdraws the plan from its date on; a plan of 0 is a plan.
    """

    fund_line = models.ForeignKey(FundLine, models.PROTECT, verbose_name="资金线", related_name="plans")
    revision = models.PositiveSmallIntegerField("修订号", default=1)
    valid_from = models.DateField("生效日期")
    valid_to = models.DateField("失效日期", null=True, blank=True)
    amount = models.DecimalField("计划金额(元)", max_digits=20, decimal_places=2, null=True, blank=True)
    reason = models.TextField("修订原因", blank=True)
    document = models.CharField("依据文件", max_length=120, blank=True)
    document_on = models.DateField("文件日期", null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False)
    set_at = models.DateTimeField("录入时间", db_default=Now())
    set_by = models.ForeignKey(User, models.PROTECT, verbose_name="录入人", related_name="set_fund_plans")

    objects = querysets.FundPlanQuerySet.as_manager()

    class Meta:
        db_table = "fund_plan"
        verbose_name = verbose_name_plural = "资金计划"
        ordering = ["fund_line", "revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["fund_line", "revision"],
                name="fund_plan_revision_unique",
                violation_error_message="该资金计划已有相同的修订号",
            ),
            models.CheckConstraint(
                name="fund_plan_not_negative",
                condition=Q(amount__isnull=True) | Q(amount__gte=0),
                violation_error_message="计划金额不能为负数",
            ),
            models.CheckConstraint(
                name="fund_plan_dates_valid",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                violation_error_message="失效日期不能早于生效日期",
            ),
            models.CheckConstraint(
                name="fund_plan_first_has_amount",
                condition=Q(revision__gt=1) | Q(amount__isnull=False),
                violation_error_message="第一次下达的资金计划要有金额",
            ),
            models.CheckConstraint(
                name="fund_plan_revision_reason",
                condition=Q(revision=1) | (~Q(reason="") & ~Q(document="") & Q(document_on__isnull=False)),
                violation_error_message="修订资金计划要写明原因、依据文件和文件日期",
            ),
        ]

    def __str__(self):
        return f"{self.fund_line} 第{self.revision}版"


class PlanCheck(models.Model):
    """计划核对数: a sum the paper prints beside its lines, kept as printed though it may not agree (R16)."""

    class By(models.TextChoices):
        TOTAL = "total", "合计"
        SOURCE = "source", "按来源"
        QUARTER = "quarter", "按季度"
        CATEGORY = "category", "按类别"

    project = models.ForeignKey(Project, models.PROTECT, verbose_name="项目", related_name="plan_checks")
    sub_project = models.ForeignKey(
        SubProject, models.PROTECT, verbose_name="子项", related_name="plan_checks", null=True, blank=True
    )
    participant = models.ForeignKey(
        Participant,
        models.PROTECT,
        verbose_name="考核单位",
        related_name="plan_checks",
        help_text="全域单位即各单位合计",
    )
    kind = models.CharField("资金类别", max_length=12, choices=FundKind, default=FundKind.PROJECT)
    by = models.CharField("怎样分", max_length=8, choices=By)
    label = models.CharField("印发名称", max_length=60)
    order = models.PositiveSmallIntegerField("顺序", default=0)
    amount = models.DecimalField("印发金额(元)", max_digits=20, decimal_places=2)
    document = models.CharField("依据文件", max_length=120, blank=True)
    set_at = models.DateTimeField("录入时间", db_default=Now())
    set_by = models.ForeignKey(User, models.PROTECT, verbose_name="录入人", related_name="set_plan_checks")

    class Meta:
        db_table = "plan_check"
        verbose_name = verbose_name_plural = "计划核对数"
        ordering = ["project", "participant", "kind", "by", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                F("project"),
                Coalesce(F("sub_project"), Value(0)),
                F("participant"),
                F("kind"),
                F("by"),
                F("label"),
                name="plan_check_unique",
                violation_error_message="同一份核对数里已有同名的一行",
            ),
            one_of("plan_check_kind_valid", "kind", ["project", "maintenance"], message="资金类别不正确"),
            one_of("plan_check_by_valid", "by", ["total", "source", "quarter", "category"], message="分法不正确"),
            models.CheckConstraint(
                name="plan_check_not_negative",
                condition=Q(amount__gte=0),
                violation_error_message="印发金额不能为负数",
            ),
        ]

    def __str__(self):
        return f"{self.project} {self.get_by_display()} {self.label}"


class FundExclusion(models.Model):
    """不计入部分: sub-projects whose money stays out of the programme's rates, with the words printed for it."""

    programme = models.ForeignKey(
        Programme, models.PROTECT, verbose_name="年度民生工程", related_name="fund_exclusions"
    )
    phrase = models.CharField("印发用语", max_length=60, help_text="印在比率后面，如“不含棚户区改造”")
    sub_projects = models.ManyToManyField(SubProject, verbose_name="子项", related_name="fund_exclusions")
    set_at = models.DateTimeField("录入时间", db_default=Now())
    set_by = models.ForeignKey(User, models.PROTECT, verbose_name="录入人", related_name="set_fund_exclusions")

    class Meta:
        db_table = "fund_exclusion"
        verbose_name = verbose_name_plural = "不计入部分"
        ordering = ["programme", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "phrase"],
                name="fund_exclusion_unique",
                violation_error_message="该年度已有相同用语的不计入部分",
            ),
            models.CheckConstraint(
                name="fund_exclusion_has_phrase",
                condition=~Q(phrase=""),
                violation_error_message="不计入部分要有印发用语",
            ),
        ]

    def __str__(self):
        return self.phrase
