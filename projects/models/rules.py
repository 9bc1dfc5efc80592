"""勾稽关系: relations between indicators that the city office keeps as data."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from livelihood.constraints import one_of
from livelihood.models import User
from projects.models.catalogue import Indicator
from projects.models.programmes import Programme


class CrossRule(models.Model):
    """勾稽关系: left terms = / ≤ / ≥ right terms, within a tolerance; a figure that breaks it is asked about."""

    class Comparison(models.TextChoices):
        EQUAL = "eq", "＝"
        AT_MOST = "le", "≤"
        AT_LEAST = "ge", "≥"

    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name="年度民生工程", related_name="cross_rules")
    name = models.CharField("名称", max_length=100)
    comparison = models.CharField("关系", max_length=2, choices=Comparison, default=Comparison.EQUAL)
    tolerance = models.DecimalField("允许相差", max_digits=20, decimal_places=6, default=0)
    explanation = models.CharField("说明", max_length=300, blank=True, help_text="写给填报人：为什么应当如此，怎么改")
    is_active = models.BooleanField("启用", default=True)
    version = models.PositiveIntegerField("版本", default=1)
    changed_at = models.DateTimeField("修改时间", db_default=Now())
    changed_by = models.ForeignKey(User, models.PROTECT, verbose_name="修改人", related_name="cross_rules")

    class Meta:
        db_table = "cross_rule"
        verbose_name = verbose_name_plural = "勾稽关系"
        ordering = ["programme", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "name"],
                name="cross_rule_name_unique",
                violation_error_message="该年度已有同名勾稽关系",
            ),
            one_of("cross_rule_comparison_valid", "comparison", ["eq", "le", "ge"], message="勾稽关系不正确"),
            models.CheckConstraint(
                name="cross_rule_tolerance_valid",
                condition=Q(tolerance__gte=0),
                violation_error_message="允许相差不能为负数",
            ),
        ]

    def __str__(self):
        return self.name


class CrossTerm(models.Model):
    """勾稽关系的一项: an indicator on one side, added or subtracted."""

    class Side(models.TextChoices):
        LEFT = "left", "左"
        RIGHT = "right", "右"

    rule = models.ForeignKey(CrossRule, models.CASCADE, verbose_name="勾稽关系", related_name="terms")
    side = models.CharField("哪边", max_length=5, choices=Side)
    order = models.PositiveSmallIntegerField("顺序", default=0)
    factor = models.DecimalField("系数", max_digits=12, decimal_places=6, default=1, help_text="减去写 -1")
    indicator = models.ForeignKey(Indicator, models.PROTECT, verbose_name="指标", related_name="cross_terms")

    class Meta:
        db_table = "cross_term"
        verbose_name = verbose_name_plural = "勾稽项"
        ordering = ["rule", "side", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "indicator"],
                name="cross_term_unique",
                violation_error_message="同一指标在一条勾稽关系里只能出现一次",
            ),
            one_of("cross_term_side_valid", "side", ["left", "right"], message="勾稽项的位置不正确"),
            models.CheckConstraint(
                name="cross_term_factor_valid", condition=~Q(factor=0), violation_error_message="系数不能为0"
            ),
        ]

    def __str__(self):
        return f"{self.rule} {self.indicator}"
