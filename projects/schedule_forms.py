"""Forms of periods to open, of when reports are due, and of days the calendar does not know; services decide."""

from django import forms

from projects.models import CalendarDay, Programme, Weekday
from projects.services.schedules import NAME_LENGTH, SCHEDULE

_WEEKDAYS = {"choices": Weekday.choices, "coerce": int}


def _number(label: str, low: int, high: int, **options) -> forms.IntegerField:
    said = f"{label}是{low}至{high}的整数。"
    messages = {"required": f"请填{label}。", "invalid": said, "min_value": said, "max_value": said}
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(
        label=label, min_value=low, max_value=high, widget=widget, error_messages=messages, **options
    )


class OpenPeriodForm(forms.Form):
    """When the chosen month or week is due; whether that makes sense is the service's to say."""

    due_at = forms.DateTimeField(
        label="报送截止",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": "请填报送截止。", "invalid": "请写成日期和时间，如 2022-07-12 12:00。"},
    )
    grace_hours = _number("宽限小时", 0, 240, help_text="截止以后还收多少小时，这期间上报算宽限内，不算迟报。")


class ScheduleForm(forms.Form):
    """The programme's rule: when its months and weeks are due."""

    month_due_day = _number("月报截止日", 0, 28, help_text="次月几日；0 表示当月最后一天。遇休息日顺延到下一个工作日。")
    month_due_hour = _number("月报截止时刻（点）", 1, 23)
    weekly = forms.BooleanField(label="实行周报制", required=False, help_text="月报以外，每周报一次累计数。")
    week_ends_on = forms.TypedChoiceField(label="一周的最后一天", **_WEEKDAYS)
    week_due_weekday = forms.TypedChoiceField(label="周报截止在", help_text="这一周结束以后的第一个。", **_WEEKDAYS)
    week_due_hour = _number("周报截止时刻（点）", 1, 23)
    week_due_after_holiday = _number("遇节假日顺延至节后第几个工作日", 1, 5, help_text="调休上班的周末算工作日。")

    def __init__(self, *arguments, programme: Programme, **options):
        options["initial"] = {name: getattr(programme, name) for name in SCHEDULE}
        super().__init__(*arguments, **options)


class CalendarDayForm(forms.Form):
    """A day the region rests or works."""

    date = forms.DateField(
        label="日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填日期。", "invalid": "日期写得不对，如 2027-02-05。"},
    )
    kind = forms.ChoiceField(
        label="放假或上班",
        choices=CalendarDay.Kind.choices,
        error_messages={"required": "请选放假还是上班。", "invalid_choice": "只有放假和上班两种。"},
    )
    name = forms.CharField(
        label="依据",
        max_length=NAME_LENGTH,
        help_text="如“2027年春节”。",
        error_messages={"required": "请写明依据，如“2027年春节”。", "max_length": f"依据最多 {NAME_LENGTH} 字。"},
    )
