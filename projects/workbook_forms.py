"""The form beside a workbook: the file, and what is said once for all of it; it parses and never saves."""

import datetime

from django import forms

from projects.excel.guard import LARGEST_FILE

#: What a kind may ask for beside the file: name → field.
EXTRA_FIELDS = {
    "document": lambda: forms.CharField(
        label="依据文件",
        max_length=120,
        required=False,
        help_text="文号或名称。",
        error_messages={"max_length": "依据文件最多 120 字。"},
    ),
    "document_on": lambda: _date("文件日期"),
    "valid_from": lambda: _date("生效日期", help_text="不填即从 1 月 1 日起，修订从已通报的月份后一天起。"),
    "revised_from": lambda: _date("生效日期", help_text="修订从这天起；不填即从 1 月 1 日起，已通报的月份不变。"),
    "reason": lambda: forms.CharField(
        label="修订原因",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="改动已有的才要填。",
        error_messages={"max_length": "原因最多 500 字，请写得短一些。"},
    ),
    "unit": lambda: forms.ChoiceField(
        label="金额单位",
        choices=[(unit, unit) for unit in ("万元", "元", "亿元")],
        required=False,
        help_text="表头没有写单位的金额按这个单位。",
        error_messages={"invalid_choice": "请选金额单位。"},
    ),
}


def _date(label: str, **options) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": f"{label}写得不对，如 2020-03-01。"},
        **options,
    )


class PaperForm(forms.Form):
    """What a kind asks for beside the file."""

    def __init__(self, *args, extra_fields: tuple[str, ...], **kwargs):
        super().__init__(*args, **kwargs)
        for name in extra_fields:
            self.fields[name] = EXTRA_FIELDS[name]()

    def kept(self) -> dict:
        """Return what was given as the session keeps it."""
        given = {name: self.cleaned_data.get(name) for name in self.fields if name != "file"}
        return {name: value.isoformat() if isinstance(value, datetime.date) else value for name, value in given.items()}


class WorkbookForm(PaperForm):
    """The file with it; what is in it is the reader's to judge."""

    file = forms.FileField(
        label="工作簿",
        allow_empty_file=True,
        help_text="下载的表格，或自己的表；.xlsx、.xls、.et、.csv，最大20MB。",
        error_messages={"required": "请先选一个文件。"},
    )

    def clean_file(self):
        """Refuse a file that is too large before it is read."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(f"文件太大，最多{LARGEST_FILE // 1024 // 1024}MB。")
        return file


def given(kept: dict) -> dict:
    """Return what the session kept as a kind takes it: dates as dates."""
    return {
        name: datetime.date.fromisoformat(value) if value and name.endswith(("_on", "_from")) else value
        for name, value in kept.items()
    }
