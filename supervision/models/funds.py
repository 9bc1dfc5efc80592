"""Money in the standings: set lines to be held against, and what a snapshot freezes of lines and rates."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Now

from funding.models import FundFigure, FundLine
from funding.sources import FundKind, Source
from livelihood.constraints import one_of
from livelihood.models import User
from projects.models import Participant, Programme
from supervision.models.standings import Snapshot


class FundSetLine(models.Model):
    """设定线: what a rate of money has to reach by a day (省定6月底70%); it stands beside the 时序 (R11)."""

    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name="年度民生工程", related_name="fund_set_lines")
    fund_kind = models.CharField("资金类别", max_length=12, choices=FundKind, default=FundKind.PROJECT)
    measure = models.CharField("资金环节", max_length=10, choices=FundFigure.Stage)
    denominator = models.CharField(
        "分母", max_length=10, choices=[("planned", "计划"), ("received", "到位"), ("disbursed", "拨付")]
    )
    due_on = models.DateField("到期日")
    threshold = models.DecimalField("要求(%)", max_digits=7, decimal_places=2)
    text = models.CharField("印发用语", max_length=60, help_text="如“省定6月底70%”")
    source = models.CharField("依据", max_length=200)
    set_at = models.DateTimeField("录入时间", db_default=Now())
    set_by = models.ForeignKey(User, models.PROTECT, verbose_name="录入人", related_name="set_fund_lines")

    class Meta:
        db_table = "fund_set_line"
        verbose_name = verbose_name_plural = "资金设定线"
        ordering = ["programme", "fund_kind", "measure", "due_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "fund_kind", "measure", "denominator", "due_on"],
                name="fund_set_line_unique",
                violation_error_message="该比率这一天已有设定线",
            ),
            one_of("fund_set_kind_valid", "fund_kind", ["project", "maintenance"], message="资金类别不正确"),
            models.CheckConstraint(
                name="fund_set_rate_valid",
                condition=Q(measure="received", denominator="planned")
                | Q(measure="disbursed", denominator__in=["planned", "received"])
                | Q(measure="spent", denominator__in=["planned", "received", "disbursed"]),
                violation_error_message="这个环节不能除以这个分母",
            ),
            models.CheckConstraint(
                name="fund_set_threshold_valid",
                condition=Q(threshold__gt=0),
                violation_error_message="设定线应大于0",
            ),
            models.CheckConstraint(
                name="fund_set_text_given",
                condition=~Q(text="") & ~Q(source=""),
                violation_error_message="设定线要写明印发用语和依据",
            ),
        ]

    def __str__(self):
        return self.text


class SnapshotFund(models.Model):
    """快照资金线: the money of one line as it was frozen, cumulative in 元; null is not reported, or not planned."""

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, verbose_name="快照", related_name="funds")
    fund_line = models.ForeignKey(FundLine, models.PROTECT, verbose_name="资金线", related_name="snapshot_funds")
    participant = models.ForeignKey(Participant, models.PROTECT, verbose_name="考核单位", related_name="snapshot_funds")
    participant_order = models.PositiveIntegerField("考核单位排序")
    project_id = models.BigIntegerField("项目")
    project_seq = models.PositiveSmallIntegerField("项目序号")
    sub_project_id = models.BigIntegerField("子项")
    source = models.CharField("资金来源", max_length=10, choices=Source)
    kind = models.CharField("资金类别", max_length=12, choices=FundKind)
    phrase = models.CharField("不计入用语", max_length=60, blank=True)
    planned = models.DecimalField("计划(元)", max_digits=20, decimal_places=2, null=True)
    received = models.DecimalField("到位(元)", max_digits=20, decimal_places=2, null=True)
    disbursed = models.DecimalField("拨付(元)", max_digits=20, decimal_places=2, null=True)
    spent = models.DecimalField("支出(元)", max_digits=20, decimal_places=2, null=True)

    class Meta:
        db_table = "snapshot_fund"
        verbose_name = verbose_name_plural = "快照资金线"
        ordering = ["snapshot", "project_seq", "participant_order", "fund_line"]
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "fund_line"],
                name="snapshot_fund_unique",
                violation_error_message="快照资金线重复",
            ),
        ]

    def __str__(self):
        return f"{self.snapshot} {self.fund_line}"


class SnapshotFundRate(models.Model):
    """快照资金比率: one rate of one participant, of all its projects or of one, with yardsticks, gaps and place."""

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, verbose_name="快照", related_name="fund_rates")
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="snapshot_fund_rates"
    )
    participant_kind = models.CharField("考核单位类别", max_length=8)
    participant_order = models.PositiveIntegerField("考核单位排序")
    fund_kind = models.CharField("资金类别", max_length=12, choices=FundKind)
    measure = models.CharField("环节", max_length=10, choices=FundFigure.Stage)
    denominator = models.CharField("分母", max_length=10)
    project_id = models.BigIntegerField("项目", null=True, help_text="空：全部项目")
    project_seq = models.PositiveSmallIntegerField("项目序号", null=True)
    # yardsticks as they were
    set_rate = models.DecimalField("设定线(%)", max_digits=7, decimal_places=2, null=True)
    # No set line is not an empty one.
    set_text = models.CharField("设定线用语", max_length=60, null=True)  # noqa: DJ001
    benchmark = models.DecimalField("全省平均", max_digits=20, decimal_places=6, null=True)
    benchmark_decimals = models.PositiveSmallIntegerField("全省平均小数位", null=True)
    # results
    planned = models.DecimalField("计划(元)", max_digits=30, decimal_places=2, null=True)
    received = models.DecimalField("到位(元)", max_digits=30, decimal_places=2, null=True)
    disbursed = models.DecimalField("拨付(元)", max_digits=30, decimal_places=2, null=True)
    spent = models.DecimalField("支出(元)", max_digits=30, decimal_places=2, null=True)
    excluded_planned = models.DecimalField("不计入的计划(元)", max_digits=30, decimal_places=2, null=True)
    numerator = models.DecimalField("分子(元)", max_digits=30, decimal_places=2, null=True)
    divisor = models.DecimalField("分母数(元)", max_digits=30, decimal_places=2, null=True)
    tasks = models.PositiveIntegerField("应填项数")
    missing = models.PositiveIntegerField("未报项数")
    state = models.CharField("状态", max_length=12)
    rate = models.DecimalField("比率(%)", max_digits=40, decimal_places=6, null=True)
    rate_with_missing = models.DecimalField("含未报送的比率(%)", max_digits=40, decimal_places=6, null=True)
    place = models.PositiveIntegerField("位次", null=True)
    expected_rate = models.DecimalField("时序(%)", max_digits=20, decimal_places=6, null=True)
    gap_to_expected = models.DecimalField("与时序差距", max_digits=40, decimal_places=6, null=True)
    gap_to_set = models.DecimalField("与设定线差距", max_digits=40, decimal_places=6, null=True)
    compared = models.DecimalField("比较数", max_digits=40, decimal_places=6, null=True)
    gap_to_benchmark = models.DecimalField("与全省差距", max_digits=40, decimal_places=6, null=True)
    gap_to_city = models.DecimalField("与全市差距", max_digits=40, decimal_places=6, null=True)
    below_benchmark = models.BooleanField("低于全省", null=True)
    pooled_excluding = models.JSONField("不含单位", null=True)
    pooled_in_part = models.JSONField("部分未报单位", null=True)
    below_list = models.JSONField("低于全省名单", null=True)

    class Meta:
        db_table = "snapshot_fund_rate"
        verbose_name = verbose_name_plural = "快照资金比率"
        ordering = ["snapshot", "fund_kind", "measure", "project_seq", "participant_order"]
        constraints = [
            models.UniqueConstraint(
                F("snapshot"),
                F("participant"),
                F("fund_kind"),
                F("measure"),
                Coalesce(F("project_id"), Value(0)),
                name="snapshot_fund_rate_unique",
                violation_error_message="快照资金比率重复",
            ),
        ]

    def __str__(self):
        return f"{self.snapshot} {self.participant} {self.measure}"
