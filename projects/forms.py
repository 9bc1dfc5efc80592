"""Forms of the projects app: they parse and clean, they never save."""

from django import forms
from django.utils import timezone

from projects.models import Participant, ReportingPeriod


def _moment_input() -> forms.DateTimeInput:
    """Return the browser's own field for a day and a time."""
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def _moment_messages(required: str) -> dict[str, str]:
    return {"required": required, "invalid": "请写成日期和时间，如 2020-09-04 18:00。"}


class ReopenForm(forms.Form):
    """重新开放: which participants, until when, why."""

    participants = forms.ModelMultipleChoiceField(
        label="考核单位",
        queryset=Participant.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选一个考核单位。"},
    )
    until = forms.DateTimeField(
        label="开放至",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": "请填开放到什么时候。", "invalid": "请写成日期和时间，如 2020-09-20 18:00。"},
    )
    reason = forms.CharField(
        label="原因",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        help_text="会写进退回原因，填报单位看得到。",
        error_messages={"required": "重新开放要写明原因。"},
    )

    def __init__(self, *args, period: ReportingPeriod, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["participants"].queryset = period.programme.participants.active_on(period.ends_on).order_by(
            "order", "id"
        )

    def clean_until(self):
        """Refuse a moment that has passed."""
        until = self.cleaned_data["until"]
        if until <= timezone.now():
            raise forms.ValidationError("这个时间已经过去，请填以后的时间。")
        return until


class SeveralFilesInput(forms.ClearableFileInput):
    """The browser's own field for files, which takes several and those dropped on it."""

    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """A list of files."""

    widget = SeveralFilesInput

    def clean(self, data, initial=None):
        """Return every file that was sent."""
        given = data if isinstance(data, (list, tuple)) else [data]
        return [super(SeveralFilesField, self).clean(file, initial) for file in given if file] or [
            super().clean(None, initial)
        ]


class UploadForm(forms.Form):
    """月报表格: one or several files; how many and how large is the service's to ask."""

    files = SeveralFilesField(
        label="月报表格",
        allow_empty_file=True,
        help_text=(
            "可以一次选多个，也可以拖进来。县里自己的表或系统下载的模板都可以；.xlsx、.xls、.et、.csv，"
            "每个最大20MB，一次最多50个。"
        ),
        error_messages={"required": "请先选一个文件。", "max_length": "文件名太长，请改短后再上传。"},
    )


class OutageForm(forms.Form):
    """停机记录: from when to when, until when the deadline moves, why; whether it makes sense is the service's."""

    starts_at = forms.DateTimeField(
        label="停机开始", widget=_moment_input(), error_messages=_moment_messages("请填停机从什么时候开始。")
    )
    ends_at = forms.DateTimeField(
        label="停机结束", widget=_moment_input(), error_messages=_moment_messages("请填停机到什么时候结束。")
    )
    extended_until = forms.DateTimeField(
        label="截止顺延至",
        widget=_moment_input(),
        help_text="这之前上报都不算迟报；最多顺延 31 天。",
        error_messages=_moment_messages("请填截止顺延到什么时候。"),
    )
    reason = forms.CharField(
        label="原因",
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=300,
        help_text="各单位都看得到，如：9月4日机房停电。",
        error_messages={"required": "停机要写明原因。"},
    )
