"""Provincial averages: an input from above, never computed here (R10)."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from livelihood.constraints import one_of
from livelihood.models import User
from projects import querysets
from projects.models.catalogue import Indicator
from projects.models.periods import ReportingPeriod


class Benchmark(models.Model):
    """全省平均: what the province published for an indicator or a fund rate."""

    class Measure(models.TextChoices):
        RATE = "rate", "完成率"
        VALUE = "value", "指标值"

    period = models.ForeignKey(ReportingPeriod, models.PROTECT, verbose_name="填报期", related_name="benchmarks")
    indicator = models.ForeignKey(
        Indicator,
        models.PROTECT,
        verbose_name="指标",
        related_name="benchmarks",
        null=True,
        blank=True,
    )
    fund_rate = models.CharField(  # noqa: DJ001  null keeps an indicator's row out of the unique constraint
        "资金比率", max_length=60, null=True, blank=True
    )
    measure = models.CharField("口径", max_length=6, choices=Measure, default=Measure.RATE)
    value = models.DecimalField("全省平均", max_digits=20, decimal_places=6)
    decimals = models.PositiveSmallIntegerField("公布小数位")
    as_of = models.DateField("截至日期", null=True, blank=True)
    source = models.CharField("来源", max_length=200)
    city_rate = models.DecimalField("本市公布数", max_digits=20, decimal_places=6, null=True, blank=True)
    city_place = models.PositiveSmallIntegerField("本市位次", null=True, blank=True)
    city_count = models.PositiveSmallIntegerField("参评市数", null=True, blank=True)
    version = models.PositiveIntegerField("版本", default=1)
    confirmed_at = models.DateTimeField("确认时间", db_default=Now())
    confirmed_by = models.ForeignKey(User, models.PROTECT, verbose_name="确认人", related_name="confirmed_benchmarks")

    objects = querysets.BenchmarkQuerySet.as_manager()

    class Meta:
        db_table = "benchmark"
        verbose_name = verbose_name_plural = "全省平均"
        ordering = ["period", "indicator", "fund_rate", "measure"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "indicator", "measure"],
                name="benchmark_indicator_unique",
                violation_error_message="该指标本期已有同口径的全省平均",
            ),
            models.UniqueConstraint(
                fields=["period", "fund_rate", "measure"],
                name="benchmark_fund_unique",
                violation_error_message="该资金比率本期已有全省平均",
            ),
            models.CheckConstraint(
                name="benchmark_one_subject",
                condition=Q(indicator__isnull=False, fund_rate__isnull=True)
                | Q(indicator__isnull=True, fund_rate__isnull=False),
                violation_error_message="全省平均属于一个指标或一个资金比率",
            ),
            one_of("benchmark_measure_valid", "measure", ["rate", "value"], message="全省平均口径不正确"),
            models.CheckConstraint(
                name="benchmark_decimals_valid",
                condition=Q(decimals__lte=6),
                violation_error_message="公布小数位为0至6",
            ),
            models.CheckConstraint(
                name="benchmark_source_given",
                condition=~Q(source=""),
                violation_error_message="全省平均要写明来源",
            ),
            models.CheckConstraint(
                name="benchmark_place_in_count",
                condition=Q(city_place__isnull=True)
                | (Q(city_place__gte=1) & Q(city_count__isnull=True))
                | Q(city_place__gte=1, city_place__lte=models.F("city_count")),
                violation_error_message="本市位次应在1与参评市数之间",
            ),
        ]

    def __str__(self):
        return f"{self.indicator or self.fund_rate} {self.value}"
