"""A year of a place and who takes part in it: programme and participants."""

from django.db import models
from django.db.models import F, Q

from livelihood.constraints import one_of, paired
from livelihood.models import Agency, Region, User
from projects import querysets


class Weekday(models.IntegerChoices):
    """星期: Monday 1 to Sunday 7, as `date.isoweekday` counts."""

    MONDAY = 1, "星期一"
    TUESDAY = 2, "星期二"
    WEDNESDAY = 3, "星期三"
    THURSDAY = 4, "星期四"
    FRIDAY = 5, "星期五"
    SATURDAY = 6, "星期六"
    SUNDAY = 7, "星期日"


class Programme(models.Model):
    """年度民生工程: one year's list of a region (`fuyang-2020`)."""

    class Kind(models.TextChoices):
        LIVELIHOOD = "livelihood", "民生工程"
        DEEDS = "deeds", "为民实事"
        OTHER = "other", "其他"

    class FundDenominator(models.TextChoices):
        PLANNED = "planned", "计划"
        RECEIVED = "received", "到位"

    class ReportingBy(models.TextChoices):
        PARTICIPANT = "participant", "考核单位"
        AGENCY = "agency", "牵头部门"

    code = models.CharField("代码", max_length=40)
    name = models.CharField("名称", max_length=100)
    kind = models.CharField("种类", max_length=12, choices=Kind, default=Kind.LIVELIHOOD)
    owner = models.ForeignKey(Region, models.PROTECT, verbose_name="主办地区", related_name="programmes")
    office = models.ForeignKey(Agency, models.PROTECT, verbose_name="主办单位", related_name="programmes")
    year = models.PositiveSmallIntegerField("年度")
    decimals = models.PositiveSmallIntegerField("完成率小数位", default=2)
    fund_denominator = models.CharField(
        "拨付率分母", max_length=10, choices=FundDenominator, default=FundDenominator.PLANNED
    )
    reporting_by = models.CharField("由谁报送", max_length=12, choices=ReportingBy, default=ReportingBy.PARTICIPANT)
    # Documents in the order of the paper: {number 文号, title, dated_on, issuer, …}; texts, dates as text.
    basis = models.JSONField("依据文件", default=list, blank=True)
    is_demo = models.BooleanField("演示数据", default=False)
    opened_at = models.DateTimeField("开启时间", null=True, blank=True)
    opened_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="开启人",
        related_name="opened_programmes",
        null=True,
        blank=True,
    )
    # When reports are due; days of the week as ISO counts them, Monday 1 to Sunday 7.
    month_due_day = models.PositiveSmallIntegerField("月报截止日(次月几日)", default=5, help_text="0为当月最后一天")
    month_due_hour = models.PositiveSmallIntegerField("月报截止时刻(点)", default=18)
    weekly = models.BooleanField("周报制", default=False)
    week_ends_on = models.PositiveSmallIntegerField("一周的最后一天", choices=Weekday, default=Weekday.SUNDAY)
    week_due_weekday = models.PositiveSmallIntegerField("周报截止在星期几", choices=Weekday, default=Weekday.TUESDAY)
    week_due_hour = models.PositiveSmallIntegerField("周报截止时刻(点)", default=12)
    week_due_after_holiday = models.PositiveSmallIntegerField("遇节假日顺延至节后第几个工作日", default=2)

    objects = querysets.ProgrammeQuerySet.as_manager()

    class Meta:
        db_table = "programme"
        verbose_name = verbose_name_plural = "年度民生工程"
        ordering = ["-year", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], name="programme_code_unique", violation_error_message="代码已存在"
            ),
            one_of("programme_kind_valid", "kind", ["livelihood", "deeds", "other"], message="年度种类不正确"),
            models.CheckConstraint(
                name="programme_decimals_valid",
                condition=Q(decimals__lte=4),
                violation_error_message="完成率小数位为0至4",
            ),
            one_of(
                "programme_denominator_valid",
                "fund_denominator",
                ["planned", "received"],
                message="拨付率分母不正确",
            ),
            one_of("programme_reporter_valid", "reporting_by", ["participant", "agency"], message="报送方不正确"),
            paired("programme_opened_pair", "opened_at", "opened_by", message="开启时间与开启人须同时有"),
            models.CheckConstraint(
                name="programme_month_due_valid",
                condition=Q(month_due_day__lte=28, month_due_hour__range=(1, 23)),
                violation_error_message="月报截止日为次月1至28日，0为当月最后一天，时刻为1至23点",
            ),
            one_of(
                "programme_week_end_valid",
                "week_ends_on",
                [1, 2, 3, 4, 5, 6, 7],
                message="一周的最后一天为1（星期一）至7（星期日）",
            ),
            one_of(
                "programme_week_due_valid",
                "week_due_weekday",
                [1, 2, 3, 4, 5, 6, 7],
                message="周报截止在1（星期一）至7（星期日）",
            ),
            models.CheckConstraint(
                name="programme_week_hour_valid",
                condition=Q(week_due_hour__range=(1, 23)),
                violation_error_message="周报截止时刻为1至23点",
            ),
            models.CheckConstraint(
                name="programme_week_after_valid",
                condition=Q(week_due_after_holiday__range=(1, 5)),
                violation_error_message="周报遇节假日顺延至节后第1至5个工作日",
            ),
        ]

    def __str__(self):
        return self.name


class Participant(models.Model):
    """考核单位: a unit of a programme that year; names and order in print come from here."""

    class Kind(models.TextChoices):
        UNIT = "unit", "考核单位"
        OWN = "own", "本级"
        WHOLE = "whole", "全域"

    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name="年度民生工程", related_name="participants")
    code = models.CharField("代码", max_length=20)
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        verbose_name="行政区划",
        related_name="participants",
        null=True,
        blank=True,
    )
    agency = models.ForeignKey(
        Agency,
        models.PROTECT,
        verbose_name="单位",
        related_name="participants",
        null=True,
        blank=True,
    )
    printed_name = models.CharField("印发名称", max_length=40)
    short_names = models.JSONField("简称", default=list, blank=True)
    order = models.PositiveIntegerField("排序")
    kind = models.CharField("类别", max_length=8, choices=Kind, default=Kind.UNIT)
    ranked = models.BooleanField("参加综合排名", default=True)
    joins_on = models.DateField("加入日期", null=True, blank=True)
    leaves_on = models.DateField("退出日期", null=True, blank=True)

    objects = querysets.ParticipantQuerySet.as_manager()

    class Meta:
        db_table = "participant"
        verbose_name = verbose_name_plural = "考核单位"
        ordering = ["programme", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "code"],
                name="participant_code_unique",
                violation_error_message="该年度已有相同代码的考核单位",
            ),
            models.UniqueConstraint(
                fields=["programme", "printed_name"],
                name="participant_name_unique",
                violation_error_message="该年度已有同名考核单位",
            ),
            one_of("participant_kind_valid", "kind", ["unit", "own", "whole"], message="考核单位类别不正确"),
            models.CheckConstraint(
                name="participant_ranked_unit",
                condition=Q(ranked=False) | Q(kind="unit"),
                violation_error_message="只有考核单位参加综合排名",
            ),
            models.CheckConstraint(
                name="participant_dates_valid",
                condition=Q(joins_on__isnull=True) | Q(leaves_on__isnull=True) | Q(leaves_on__gte=F("joins_on")),
                violation_error_message="退出日期不能早于加入日期",
            ),
        ]

    def __str__(self):
        return self.printed_name
