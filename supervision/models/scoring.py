"""Scoring schemes as data, and the marks people give."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from funding.models import FundFigure
from funding.sources import FundKind
from livelihood.constraints import one_of, paired
from livelihood.models import Agency, User
from projects.models import Indicator, Participant, Programme, ReportingPeriod
from supervision import querysets


class ScoringScheme(models.Model):
    """考核办法: a version of how 综合排名 is computed; a change is a new version (R13)."""

    programme = models.ForeignKey(
        Programme, models.PROTECT, verbose_name="年度民生工程", related_name="scoring_schemes"
    )
    version = models.PositiveSmallIntegerField("版本")
    name = models.CharField("名称", max_length=100)
    effective_from = models.DateField("施行日期")
    source = models.CharField("依据", max_length=200, blank=True)
    reason = models.CharField("原因", max_length=300, blank=True)
    # 70 + 5: the weights are points that need not add up to 100.
    is_points = models.BooleanField("按分值计", default=False)
    min_indicators = models.PositiveSmallIntegerField("最少考核指标数", default=0)
    # R12: a scheme may take in what is not assessed by itself, and leave out levels.
    counts_part_of = models.BooleanField("其中等不考核的数值指标参加计分", default=False)
    counts_level = models.BooleanField("水平类指标参加计分", default=True)
    is_demo = models.BooleanField("演示数据", default=False)
    adopted_at = models.DateTimeField("制定时间", db_default=Now())
    adopted_by = models.ForeignKey(User, models.PROTECT, verbose_name="制定人", related_name="adopted_schemes")

    objects = querysets.ScoringSchemeQuerySet.as_manager()

    class Meta:
        db_table = "scoring_scheme"
        verbose_name = verbose_name_plural = "考核办法"
        ordering = ["programme", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "version"],
                name="scheme_version_unique",
                violation_error_message="该年度已有相同版本的考核办法",
            ),
        ]

    def __str__(self):
        return f"{self.name} 第{self.version}版"


class ScoringComponent(models.Model):
    """考核项: one part of the score with weight and cap, or a deduction; the kinds are in `supervision.scoring`."""

    class Kind(models.TextChoices):
        PROJECT_RATES = "project_rates", "项目完成率"
        FUND_RATE = "fund_rate", "资金比率"
        TIMELINESS = "timeliness", "报送及时"
        MILESTONES = "milestones", "节点达到"
        ENTERED = "entered", "打分"
        LAST_PLACE = "last_place", "末位扣分"
        EVENT_OFF = "event_off", "按次扣分"
        EVENT_ON = "event_on", "按次加分"
        YEAR_END = "year_end", "年末名次加扣分"
        FINDING_OFF = "finding_off", "督查发现扣分"
        OVERDUE_OFF = "overdue_off", "整改逾期扣分"

    class Span(models.TextChoices):
        PERIOD = "period", "本期"
        YEAR = "year", "本年累计"

    class CountedBy(models.TextChoices):
        EACH = "each", "按件"
        POINTS = "points", "按登记的扣分"

    class MarkedBy(models.TextChoices):
        LEAD = "lead", "牵头部门"
        SURVEY = "survey", "群众调查"
        OFFICE = "office", "市民生办"

    scheme = models.ForeignKey(ScoringScheme, models.PROTECT, verbose_name="考核办法", related_name="components")
    code = models.CharField("代码", max_length=30)
    name = models.CharField("名称", max_length=60)
    kind = models.CharField("计算方式", max_length=20, choices=Kind)
    # A rate of money: its denominator is the programme's.
    fund_kind = models.CharField("资金类别", max_length=12, choices=FundKind, blank=True)
    measure = models.CharField("资金环节", max_length=10, choices=FundFigure.Stage, blank=True)
    # Of a deduction the points of each time.
    weight = models.DecimalField("权重", max_digits=6, decimal_places=2)
    cap = models.DecimalField("封顶分", max_digits=6, decimal_places=2, default=100)
    span = models.CharField("计算期间", max_length=6, choices=Span, blank=True)
    max_mark = models.DecimalField("满分", max_digits=7, decimal_places=2, null=True, blank=True)
    marked_by = models.CharField("打分人", max_length=6, choices=MarkedBy, blank=True)
    agency = models.ForeignKey(
        Agency, models.PROTECT, verbose_name="打分部门", related_name="marked_components", null=True, blank=True
    )
    streak = models.PositiveSmallIntegerField("连续次数", null=True, blank=True, help_text="连续末位到这么多次才扣")
    # 3,1.5,0: of the first, second, third; behind them `weight` less for each further place.
    place_points = models.CharField("各名次加分", max_length=60, blank=True)
    # Points as registered with a finding are taken `weight` times: 1 takes them as they are.
    counted_by = models.CharField("计扣方式", max_length=6, choices=CountedBy, blank=True)

    class Meta:
        db_table = "scoring_component"
        verbose_name = verbose_name_plural = "考核项"
        ordering = ["scheme", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "code"],
                name="component_code_unique",
                violation_error_message="该办法已有相同代码的考核项",
            ),
            one_of(
                "component_kind_valid",
                "kind",
                [
                    *("project_rates", "fund_rate", "timeliness", "milestones", "entered"),
                    *("last_place", "event_off", "event_on", "year_end", "finding_off", "overdue_off"),
                ],
                message="考核项计算方式不正确",
            ),
            models.CheckConstraint(
                name="component_fund_given",
                condition=Q(kind="fund_rate", fund_kind__in=FundKind.values, measure__in=FundFigure.Stage.values)
                | (~Q(kind="fund_rate") & Q(fund_kind="", measure="")),
                violation_error_message="资金比率要写明资金类别和环节,别的考核项不写",
            ),
            models.CheckConstraint(
                name="component_span_given",
                condition=Q(kind="timeliness", span__in=["period", "year"]) | (~Q(kind="timeliness") & Q(span="")),
                violation_error_message="报送及时要写明本期还是本年累计,别的考核项不写",
            ),
            models.CheckConstraint(
                name="component_mark_given",
                condition=Q(
                    kind="entered", max_mark__isnull=False, max_mark__gt=0, marked_by__in=["lead", "survey", "office"]
                )
                | (~Q(kind="entered") & Q(max_mark__isnull=True, marked_by="")),
                violation_error_message="打分要写明满分和打分人,别的考核项不写",
            ),
            models.CheckConstraint(
                name="component_agency_of_lead",
                condition=Q(agency__isnull=True) | Q(marked_by="lead"),
                violation_error_message="只有牵头部门打的分写打分部门",
            ),
            models.CheckConstraint(
                name="component_streak_given",
                condition=Q(kind="last_place", streak__isnull=False, streak__gt=0)
                | (~Q(kind="last_place") & Q(streak__isnull=True)),
                violation_error_message="末位扣分要写明连续几次,别的考核项不写",
            ),
            models.CheckConstraint(
                name="component_places_given",
                condition=(Q(kind="year_end") & ~Q(place_points="")) | (~Q(kind="year_end") & Q(place_points="")),
                violation_error_message="年末名次加扣分要写明各名次加几分,别的考核项不写",
            ),
            models.CheckConstraint(
                name="component_counted_given",
                condition=Q(kind="finding_off", counted_by__in=["each", "points"])
                | (~Q(kind="finding_off") & Q(counted_by="")),
                violation_error_message="督查发现扣分要写明按件还是按登记的扣分,别的考核项不写",
            ),
            models.CheckConstraint(
                name="component_weight_valid",
                condition=Q(weight__gt=0, weight__lte=100),
                violation_error_message="权重应大于0且不超过100",
            ),
            models.CheckConstraint(
                name="component_cap_valid",
                condition=Q(cap__gt=0),
                violation_error_message="封顶分应大于0",
            ),
        ]

    def __str__(self):
        return self.name


class SchemeIndicator(models.Model):
    """One indicator a version takes in or leaves out, whatever its switches say of 其中 and of levels (R12)."""

    scheme = models.ForeignKey(ScoringScheme, models.PROTECT, verbose_name="考核办法", related_name="chosen_indicators")
    indicator = models.ForeignKey(Indicator, models.PROTECT, verbose_name="指标", related_name="scheme_choices")
    counts = models.BooleanField("参加计分")

    class Meta:
        db_table = "scheme_indicator"
        verbose_name = verbose_name_plural = "计分指标"
        ordering = ["scheme", "indicator"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "indicator"],
                name="scheme_indicator_unique",
                violation_error_message="该办法已写明这个指标是否参加计分",
            ),
        ]

    def __str__(self):
        return f"{self.indicator} {'参加' if self.counts else '不参加'}计分"


class EnteredMark(models.Model):
    """打分: what a person gave a unit in a month, with its paper; counts once a second person has confirmed it.

    Of a component counted by events it is how often: 蜗牛项目 2个.
    """

    period = models.ForeignKey(ReportingPeriod, models.PROTECT, verbose_name="填报期", related_name="entered_marks")
    component = models.ForeignKey(ScoringComponent, models.PROTECT, verbose_name="考核项", related_name="marks")
    participant = models.ForeignKey(Participant, models.PROTECT, verbose_name="考核单位", related_name="entered_marks")
    value = models.DecimalField("分数", max_digits=9, decimal_places=2)
    note = models.CharField("说明", max_length=200, blank=True)
    source = models.CharField("依据", max_length=200)
    sample_size = models.PositiveIntegerField("样本量", null=True, blank=True)
    entered_at = models.DateTimeField("录入时间", db_default=Now())
    entered_by = models.ForeignKey(User, models.PROTECT, verbose_name="录入人", related_name="entered_marks")
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="确认人", related_name="confirmed_marks", null=True, blank=True
    )

    class Meta:
        db_table = "entered_mark"
        verbose_name = verbose_name_plural = "打分"
        ordering = ["period", "component", "participant"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "component", "participant"],
                name="entered_mark_unique",
                violation_error_message="该单位本期这一项已有打分",
            ),
            models.CheckConstraint(
                name="entered_mark_not_negative", condition=Q(value__gte=0), violation_error_message="分数不能小于0"
            ),
            models.CheckConstraint(
                name="entered_mark_sampled",
                condition=Q(sample_size__isnull=True) | Q(sample_size__gt=0),
                violation_error_message="样本量应大于0",
            ),
            models.CheckConstraint(
                name="entered_mark_sourced", condition=~Q(source=""), violation_error_message="打分要写明依据"
            ),
            paired("entered_mark_confirmed_pair", "confirmed_at", "confirmed_by", message="确认时间与确认人须同时有"),
            models.CheckConstraint(
                name="entered_mark_two_people",
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("entered_by")),
                violation_error_message="打分要由另一人确认",
            ),
        ]

    def __str__(self):
        return f"{self.period} {self.participant} {self.component}"
