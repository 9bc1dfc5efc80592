"""Monthly funds: cumulative 到位, 拨付, 支出 per fund line, and every change ever made to them."""

from django.db import models
from django.db.models import F, Q

from funding import querysets
from funding.models.plans import FundLine
from livelihood.constraints import one_of
from livelihood.models import User
from projects.models import ImportBatch, Report, ReportingPeriod
from projects.models.kept import KeptFlag, KeptNumber, KeptRevision, origin_known, severity_known


class FundFigure(KeptNumber):
    """资金月报数: cumulative amount in 元 of a line's stage at a period's end."""

    class Stage(models.TextChoices):
        RECEIVED = "received", "到位"
        DISBURSED = "disbursed", "拨付"
        SPENT = "spent", "支出"

    class State(models.TextChoices):
        REPORTED = "reported", "已填"
        BLANK = "blank", "空"

    period = models.ForeignKey(ReportingPeriod, models.PROTECT, verbose_name="填报期", related_name="fund_figures")
    fund_line = models.ForeignKey(FundLine, models.PROTECT, verbose_name="资金线", related_name="fund_figures")
    stage = models.CharField("环节", max_length=10, choices=Stage)
    report = models.ForeignKey(Report, models.PROTECT, verbose_name="月报", related_name="fund_figures")
    state = models.CharField("状态", max_length=10, choices=State, default=State.REPORTED)
    value = models.DecimalField("累计金额(元)", max_digits=20, decimal_places=2, null=True, blank=True)
    import_batch = models.ForeignKey(
        ImportBatch,
        models.PROTECT,
        verbose_name="导入批次",
        related_name="fund_figures",
        null=True,
        blank=True,
    )
    updated_by = models.ForeignKey(User, models.PROTECT, verbose_name="更新人", related_name="updated_fund_figures")

    objects = querysets.FundFigureQuerySet.as_manager()

    class Meta:
        db_table = "fund_figure"
        verbose_name = verbose_name_plural = "资金月报数"
        ordering = ["period", "fund_line", "stage"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "fund_line", "stage"],
                name="fund_figure_unique",
                violation_error_message="该资金线本期这一环节已有数",
            ),
            one_of("fund_figure_stage_valid", "stage", ["received", "disbursed", "spent"], message="资金环节不正确"),
            one_of("fund_figure_state_valid", "state", ["reported", "blank"], message="资金月报数状态不正确"),
            origin_known("fund_figure_origin_valid", message="资金月报数来源不正确"),
            models.CheckConstraint(
                name="fund_figure_value_reported",
                condition=Q(state="reported", value__isnull=False) | Q(state="blank", value__isnull=True),
                violation_error_message="“已填”必须有金额,“空”不能有金额",
            ),
            models.CheckConstraint(
                name="fund_figure_not_negative",
                condition=Q(value__isnull=True) | Q(value__gte=0),
                violation_error_message="金额不能为负数",
            ),
        ]

    def __str__(self):
        return f"{self.fund_line} {self.get_stage_display()}"


class FundFigureRevision(KeptRevision):
    """资金月报数修订: who changed what, when, through which door; written by a trigger."""

    fund_figure = models.ForeignKey(FundFigure, models.PROTECT, verbose_name="资金月报数", related_name="revisions")
    old_value = models.DecimalField("原金额", max_digits=20, decimal_places=2, null=True, blank=True)
    new_value = models.DecimalField("新金额", max_digits=20, decimal_places=2, null=True, blank=True)
    import_batch = models.ForeignKey(
        ImportBatch,
        models.PROTECT,
        verbose_name="导入批次",
        related_name="fund_revisions",
        null=True,
        blank=True,
    )
    changed_by = models.ForeignKey(User, models.PROTECT, verbose_name="修改人", related_name="fund_figure_revisions")

    class Meta:
        db_table = "fund_figure_revision"
        verbose_name = verbose_name_plural = "资金月报数修订"
        ordering = ["fund_figure", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["fund_figure", "version"],
                name="fund_revision_unique",
                violation_error_message="修订版本重复",
            ),
        ]

    def __str__(self):
        return f"{self.fund_figure} 第{self.version}版"


class FundFlag(KeptFlag):
    """资金提示: something about a fund figure that asks for a reason (R20)."""

    fund_figure = models.ForeignKey(FundFigure, models.CASCADE, verbose_name="资金月报数", related_name="flags")

    class Meta:
        db_table = "fund_flag"
        verbose_name = verbose_name_plural = "资金提示"
        ordering = ["fund_figure", "code"]
        constraints = [
            models.UniqueConstraint(
                F("fund_figure"),
                F("code"),
                name="fund_flag_unique",
                violation_error_message="同一提示已存在",
            ),
            severity_known("fund_flag_severity_valid"),
        ]

    def __str__(self):
        return f"{self.fund_figure}:{self.code}"
