"""What a city office knows better about public holidays than the calendar package does."""

from django.db import models
from django.db.models.functions import Now

from livelihood.constraints import one_of
from livelihood.models import Region, User


class CalendarDay(models.Model):
    """日历调整: a day a region rests or works, whatever the calendar package says of it."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", "放假"
        WORKDAY = "workday", "上班"

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="calendar_days")
    date = models.DateField("日期")
    kind = models.CharField("放假或上班", max_length=8, choices=Kind)
    name = models.CharField("说明", max_length=60)
    set_at = models.DateTimeField("登记时间", db_default=Now())
    set_by = models.ForeignKey(User, models.PROTECT, verbose_name="登记人", related_name="calendar_days")

    class Meta:
        db_table = "calendar_day"
        verbose_name = verbose_name_plural = "日历调整"
        ordering = ["region", "date"]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "date"],
                name="calendar_day_unique",
                violation_error_message="这一天已经登记过了",
            ),
            one_of("calendar_day_kind_valid", "kind", ["holiday", "workday"], message="日历调整只有放假和上班两种"),
            models.CheckConstraint(
                name="calendar_day_has_name",
                condition=~models.Q(name=""),
                violation_error_message="日历调整要写明依据，如“2027年春节”",
            ),
        ]

    def __str__(self):
        return f"{self.date} {self.get_kind_display()}"
