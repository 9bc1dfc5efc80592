"""分担比例: how levels of government share the cost of a sub-project, as data."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from funding.sources import FundKind, Source
from livelihood.constraints import one_of
from livelihood.models import User
from projects.models import Indicator, SubProject


class CostShare(models.Model):
    """分担办法: 300万元/个 or 120元/人 × target, or a fixed sum per unit, shared by level (5:2:3)."""

    class Basis(models.TextChoices):
        PER_UNIT = "per_unit", "按任务量"
        AMOUNT = "amount", "按定额"

    sub_project = models.ForeignKey(SubProject, models.PROTECT, verbose_name="子项", related_name="cost_shares")
    kind = models.CharField("资金类别", max_length=12, choices=FundKind, default=FundKind.PROJECT)
    basis = models.CharField("计算方式", max_length=8, choices=Basis, default=Basis.PER_UNIT)
    amount = models.DecimalField("标准(元)", max_digits=20, decimal_places=2)
    indicator = models.ForeignKey(
        Indicator,
        models.PROTECT,
        verbose_name="计量指标",
        related_name="cost_shares",
        null=True,
        blank=True,
        help_text="标准乘以各单位这个指标的目标任务",
    )
    document = models.CharField("依据文件", max_length=120, blank=True)
    set_at = models.DateTimeField("录入时间", db_default=Now())
    set_by = models.ForeignKey(User, models.PROTECT, verbose_name="录入人", related_name="set_cost_shares")

    class Meta:
        db_table = "cost_share"
        verbose_name = verbose_name_plural = "分担办法"
        ordering = ["sub_project__project__seq", "sub_project__order", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["sub_project", "kind"],
                name="cost_share_unique",
                violation_error_message="该子项已有同一类别的分担办法",
            ),
            one_of("cost_share_kind_valid", "kind", ["project", "maintenance"], message="资金类别不正确"),
            one_of("cost_share_basis_valid", "basis", ["per_unit", "amount"], message="计算方式不正确"),
            models.CheckConstraint(
                name="cost_share_amount_positive",
                condition=Q(amount__gt=0),
                violation_error_message="分担标准要大于0",
            ),
            models.CheckConstraint(
                name="cost_share_unit_indicator",
                condition=Q(basis="per_unit", indicator__isnull=False) | Q(basis="amount", indicator__isnull=True),
                violation_error_message="按任务量计算要选计量指标,按定额计算不选",
            ),
        ]

    def __str__(self):
        return f"{self.sub_project} 分担办法"


class CostShareLevel(models.Model):
    """分担份额: one level's parts of the whole; the last level bears what does not divide."""

    cost_share = models.ForeignKey(CostShare, models.CASCADE, verbose_name="分担办法", related_name="levels")
    source = models.CharField("资金来源", max_length=10, choices=Source)
    parts = models.PositiveSmallIntegerField("份数")
    order = models.PositiveSmallIntegerField("顺序", default=0)

    class Meta:
        db_table = "cost_share_level"
        verbose_name = verbose_name_plural = "分担份额"
        ordering = ["cost_share", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cost_share", "source"],
                name="cost_share_level_unique",
                violation_error_message="同一来源只能写一次份额",
            ),
            one_of(
                "cost_share_source_valid",
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
            models.CheckConstraint(
                name="cost_share_parts_positive",
                condition=Q(parts__gte=1),
                violation_error_message="份数从1开始",
            ),
        ]

    def __str__(self):
        return f"{self.get_source_display()} {self.parts}"
