"""Frozen inputs and results of a closed period."""

from django.db import models
from django.db.models.functions import Now

from livelihood.models import User
from projects.models import Benchmark, Indicator, Participant, ReportingPeriod, Target
from supervision import querysets
from supervision.models.scoring import ScoringScheme


class Snapshot(models.Model):
    """快照: versioned, frozen inputs and results of a closed period; never changed (R18)."""

    period = models.ForeignKey(ReportingPeriod, models.PROTECT, verbose_name="填报期", related_name="snapshots")
    version = models.PositiveSmallIntegerField("版本")
    scheme = models.ForeignKey(
        ScoringScheme,
        models.PROTECT,
        verbose_name="考核办法",
        related_name="snapshots",
        null=True,
        blank=True,
    )
    decimals = models.PositiveSmallIntegerField("完成率小数位")
    elapsed_parts = models.PositiveSmallIntegerField("时序分子", help_text="已过月数或天数")
    elapsed_whole = models.PositiveSmallIntegerField("时序分母", help_text="12或全年天数")
    calc_version = models.PositiveSmallIntegerField("算法版本")
    sha256 = models.CharField("内容校验值", max_length=64)
    previous = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name="上一版本",
        related_name="followers",
        null=True,
        blank=True,
    )
    reason = models.TextField("原因", blank=True)
    frozen_at = models.DateTimeField("冻结时间", db_default=Now())
    frozen_by = models.ForeignKey(User, models.PROTECT, verbose_name="冻结人", related_name="frozen_snapshots")

    objects = querysets.SnapshotQuerySet.as_manager()

    class Meta:
        db_table = "snapshot"
        verbose_name = verbose_name_plural = "快照"
        ordering = ["period", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "version"],
                name="snapshot_version_unique",
                violation_error_message="该期已有相同版本的快照",
            ),
        ]

    def __str__(self):
        return f"{self.period} 快照{self.version}"


class SnapshotLine(models.Model):
    """快照行: every input and every output of one participant × indicator.

    The row of the `whole` participant also carries the lists of its indicator. Written only by
    `INSERT … SELECT` of the standings statement.
    """

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, verbose_name="快照", related_name="lines")
    participant = models.ForeignKey(Participant, models.PROTECT, verbose_name="考核单位", related_name="snapshot_lines")
    indicator = models.ForeignKey(Indicator, models.PROTECT, verbose_name="指标", related_name="snapshot_lines")
    # inputs
    project_id = models.BigIntegerField("项目")
    participant_kind = models.CharField("考核单位类别", max_length=8)
    participant_order = models.PositiveIntegerField("考核单位排序")
    ranked = models.BooleanField("参加综合排名")
    indicator_kind = models.CharField("指标性质", max_length=8)
    direction = models.CharField("方向", max_length=10)
    accumulation = models.CharField("累计方式", max_length=6)
    additive = models.BooleanField("可加总")
    assessed = models.BooleanField("考核")
    tolerance = models.DecimalField("允许偏差", max_digits=5, decimal_places=4)
    value_decimals = models.PositiveSmallIntegerField("指标小数位")
    target_state = models.CharField("任务状态", max_length=16, choices=[*Target.State.choices, ("blank", "未填")])
    target = models.DecimalField("目标值", max_digits=20, decimal_places=6, null=True)
    target_revision = models.PositiveSmallIntegerField("目标修订号", null=True)
    has_report = models.BooleanField("单位已报送")
    approved = models.BooleanField("月报已审核")
    value = models.DecimalField("填报数", max_digits=20, decimal_places=6, null=True)
    has_plan = models.BooleanField("有节点计划")
    threshold = models.DecimalField("节点要求(%)", max_digits=7, decimal_places=2, null=True)
    benchmark = models.DecimalField("全省平均", max_digits=20, decimal_places=6, null=True)
    # No benchmark is not an empty one.
    benchmark_measure = models.CharField("全省平均口径", max_length=6, choices=Benchmark.Measure, null=True)  # noqa: DJ001
    benchmark_decimals = models.PositiveSmallIntegerField("全省平均小数位", null=True)
    # outputs
    shown_target = models.DecimalField("目标(合计)", max_digits=30, decimal_places=6, null=True)
    shown_value = models.DecimalField("完成(合计)", max_digits=30, decimal_places=6, null=True)
    rate = models.DecimalField("完成率(%)", max_digits=40, decimal_places=6, null=True)
    place = models.PositiveIntegerField("位次", null=True)
    expected_rate = models.DecimalField("时序(%)", max_digits=20, decimal_places=6, null=True)
    gap_to_expected = models.DecimalField("与时序差距", max_digits=40, decimal_places=6, null=True)
    compared = models.DecimalField("比较数", max_digits=40, decimal_places=6, null=True)
    gap_to_benchmark = models.DecimalField("与全省差距", max_digits=40, decimal_places=6, null=True)
    gap_to_city = models.DecimalField("与全市差距", max_digits=40, decimal_places=6, null=True)
    below_benchmark = models.BooleanField("低于全省", null=True)
    # A sum with exclusions has none (R5).
    status = models.CharField("状态", max_length=16, null=True)  # noqa: DJ001
    points = models.DecimalField("得分", max_digits=20, decimal_places=6, null=True)
    project_score = models.DecimalField("项目得分", max_digits=20, decimal_places=6, null=True)
    pooled_excluding = models.JSONField("不含单位", null=True)
    rate_with_missing = models.DecimalField("含未报送的完成率", max_digits=40, decimal_places=6, null=True)
    below_list = models.JSONField("低于全省名单", null=True)

    class Meta:
        db_table = "snapshot_line"
        verbose_name = verbose_name_plural = "快照行"
        ordering = ["snapshot", "indicator", "participant_order"]
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "participant", "indicator"],
                name="snapshot_line_unique",
                violation_error_message="快照行重复",
            ),
        ]

    def __str__(self):
        return f"{self.snapshot} {self.participant} {self.indicator}"


class SnapshotUnit(models.Model):
    """快照单位: score and place of one participant in a snapshot."""

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, verbose_name="快照", related_name="units")
    participant = models.ForeignKey(Participant, models.PROTECT, verbose_name="考核单位", related_name="snapshot_units")
    ranked = models.BooleanField("参加综合排名")
    has_report = models.BooleanField("单位已报送")
    previous_place = models.PositiveIntegerField("上期位次", null=True)
    target_adjusted = models.BooleanField("因任务调整", default=False)
    score = models.DecimalField("综合得分", max_digits=20, decimal_places=6, null=True)
    place = models.PositiveIntegerField("位次", null=True)
    place_change = models.IntegerField("位次变化", null=True)

    class Meta:
        db_table = "snapshot_unit"
        verbose_name = verbose_name_plural = "快照单位"
        ordering = ["snapshot", "place", "participant"]
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "participant"],
                name="snapshot_unit_unique",
                violation_error_message="快照单位重复",
            ),
        ]

    def __str__(self):
        return f"{self.snapshot} {self.participant}"


class SnapshotComponent(models.Model):
    """快照考核项: what one component of the scheme was made of and came to for one participant.

    `part` and `whole` are inputs (a mark and its maximum, returns on time and due), `points` the result: 0–100, of a
    deduction what is added, so below zero. Written for schemes that ask for more than the lines and the money hold.
    """

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, verbose_name="快照", related_name="components")
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="snapshot_components"
    )
    code = models.CharField("代码", max_length=30)
    part = models.DecimalField("分子", max_digits=20, decimal_places=6, null=True)
    whole = models.DecimalField("分母", max_digits=20, decimal_places=6, null=True)
    points = models.DecimalField("得分", max_digits=20, decimal_places=6, null=True)

    class Meta:
        db_table = "snapshot_component"
        verbose_name = verbose_name_plural = "快照考核项"
        ordering = ["snapshot", "participant", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "participant", "code"],
                name="snapshot_component_unique",
                violation_error_message="快照考核项重复",
            ),
        ]

    def __str__(self):
        return f"{self.snapshot} {self.participant} {self.code}"


class SnapshotPlace(models.Model):
    """快照位次: the city's place among the cities as the province had published it when the period was frozen.

    Of an indicator or of a rate of money, like the average it came with. Nothing published, no row.
    """

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, verbose_name="快照", related_name="places")
    indicator = models.ForeignKey(
        Indicator,
        models.PROTECT,
        verbose_name="指标",
        related_name="snapshot_places",
        null=True,
        blank=True,
    )
    fund_rate = models.CharField(  # noqa: DJ001  null keeps an indicator's row out of the unique constraint
        "资金比率", max_length=60, null=True, blank=True
    )
    measure = models.CharField("口径", max_length=6, choices=Benchmark.Measure)
    city_rate = models.DecimalField("本市公布数", max_digits=20, decimal_places=6, null=True)
    city_place = models.PositiveSmallIntegerField("本市位次")
    city_count = models.PositiveSmallIntegerField("参评市数", null=True)

    class Meta:
        db_table = "snapshot_place"
        verbose_name = verbose_name_plural = "快照位次"
        ordering = ["snapshot", "indicator", "fund_rate", "measure"]
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "indicator", "measure"],
                name="snapshot_place_indicator",
                violation_error_message="快照位次重复",
            ),
            models.UniqueConstraint(
                fields=["snapshot", "fund_rate", "measure"],
                name="snapshot_place_fund",
                violation_error_message="快照位次重复",
            ),
            models.CheckConstraint(
                name="snapshot_place_one_subject",
                condition=models.Q(indicator__isnull=False, fund_rate__isnull=True)
                | models.Q(indicator__isnull=True, fund_rate__isnull=False),
                violation_error_message="位次属于一个指标或一个资金比率",
            ),
        ]

    def __str__(self):
        return f"{self.snapshot} {self.indicator or self.fund_rate} 第{self.city_place}位"
