"""Reporting periods: open, closed (封账), issued; and their reopening."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from livelihood.constraints import one_of, paired
from livelihood.models import User
from projects import querysets
from projects.models.programmes import Participant, Programme


class ReportingPeriod(models.Model):
    """填报期: a month or week of a programme."""

    class Kind(models.TextChoices):
        MONTH = "month", "月"
        WEEK = "week", "周"

    class State(models.TextChoices):
        OPEN = "open", "填报中"
        CLOSED = "closed", "已封账"
        ISSUED = "issued", "已通报"

    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name="年度民生工程", related_name="periods")
    kind = models.CharField("种类", max_length=6, choices=Kind, default=Kind.MONTH)
    starts_on = models.DateField("起始日")
    ends_on = models.DateField("截止日")
    as_of = models.DateField("数据截至")
    due_at = models.DateTimeField("报送截止")
    grace_hours = models.PositiveSmallIntegerField("宽限(小时)", default=0)
    extended_until = models.DateTimeField("停机顺延至", null=True, blank=True)
    state = models.CharField("状态", max_length=8, choices=State, default=State.OPEN)
    version = models.PositiveIntegerField("版本", default=1)
    closed_at = models.DateTimeField("封账时间", null=True, blank=True)
    closed_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="封账人",
        related_name="closed_periods",
        null=True,
        blank=True,
    )
    closed_without = models.JSONField("未报送即封账的单位", default=list, blank=True)

    objects = querysets.ReportingPeriodQuerySet.as_manager()

    class Meta:
        db_table = "reporting_period"
        verbose_name = verbose_name_plural = "填报期"
        ordering = ["programme", "ends_on", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "kind", "ends_on"],
                name="period_end_unique",
                violation_error_message="该填报期已存在",
            ),
            one_of("period_kind_valid", "kind", ["month", "week"], message="填报期种类不正确"),
            one_of("period_state_valid", "state", ["open", "closed", "issued"], message="填报期状态不正确"),
            models.CheckConstraint(
                name="period_dates_valid",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message="截止日不能早于起始日",
            ),
            models.CheckConstraint(
                name="period_month_starts_first",
                condition=~Q(kind="month") | Q(starts_on__day=1),
                violation_error_message="月报的起始日是一号",
            ),
            paired("period_closed_pair", "closed_at", "closed_by", message="封账时间与封账人须同时有"),
            models.CheckConstraint(
                name="period_closed_has_moment",
                condition=Q(state="open") | Q(closed_at__isnull=False),
                violation_error_message="已封账的填报期必须有封账时间",
            ),
        ]

    def __str__(self):
        return f"{self.programme.name} {self.label}"

    @property
    def label(self) -> str:
        """Return the period as printed: 2020年1—8月, 2020年1月, 2022年7月4日—10日."""
        first, last = self.starts_on, self.ends_on
        if self.kind == self.Kind.WEEK:
            return (
                f"{first.year}年{first.month}月{first.day}日—"
                + (f"{last.month}月" if last.month != first.month else "")
                + f"{last.day}日"
            )
        span = "1" if last.month == 1 else f"1—{last.month}"
        return f"{last.year}年{span}月"

    @property
    def report_label(self) -> str:
        """Return what a report of the period is called: 2020年1—8月月报, 2022年7月4日—10日周报."""
        return f"{self.label}{self.get_kind_display()}报"

    @property
    def this_word(self) -> str:
        """Return 本月 or 本周, as in 本周累计."""
        return f"本{self.get_kind_display()}"

    @property
    def previous_word(self) -> str:
        """Return 上月 or 上周, as in 上月累计."""
        return f"上{self.get_kind_display()}"

    @property
    def deadline(self):
        """Return the moment after which a submission is late: due plus grace, or later after an outage."""
        due = self.due_at + timedelta(hours=self.grace_hours)
        return max(due, self.extended_until) if self.extended_until else due

    @property
    def effective_due_at(self):
        """Return the moment the reports are due: the set one, or the later one an outage has moved it to."""
        return max(self.due_at, self.extended_until) if self.extended_until else self.due_at

    @property
    def is_extended(self) -> bool:
        """Tell whether an outage has moved the deadline."""
        return self.extended_until is not None and self.deadline == self.extended_until

    def timing(self, submitted_at) -> str:
        """Return how a submission stands in time: on_time, in_grace (also on time), or late."""
        if submitted_at <= self.effective_due_at:
            return "on_time"
        return "in_grace" if submitted_at <= self.deadline else "late"

    @property
    def code(self) -> str:
        """Return the period as commands and addresses name it: 2020-08, weeks 2022-07-10."""
        return self.ends_on.strftime("%Y-%m" if self.kind == self.Kind.MONTH else "%Y-%m-%d")


class PeriodReopening(models.Model):
    """重新开放: lets named participants change a closed period until a moment, for a reason."""

    period = models.ForeignKey(ReportingPeriod, models.PROTECT, verbose_name="填报期", related_name="reopenings")
    participants = models.ManyToManyField(Participant, verbose_name="考核单位", related_name="reopenings")
    reason = models.TextField("原因")
    until = models.DateTimeField("开放至")
    opened_at = models.DateTimeField("开放时间", db_default=Now())
    opened_by = models.ForeignKey(User, models.PROTECT, verbose_name="开放人", related_name="opened_reopenings")
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)
    ended_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="结束人",
        related_name="ended_reopenings",
        null=True,
        blank=True,
    )

    class Meta:
        db_table = "period_reopening"
        verbose_name = verbose_name_plural = "重新开放"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="reopening_has_reason",
                condition=~Q(reason=""),
                violation_error_message="重新开放要写明原因",
            ),
            paired("reopening_ended_pair", "ended_at", "ended_by", message="结束时间与结束人须同时有"),
        ]

    def __str__(self):
        return f"{self.period} 重新开放"
