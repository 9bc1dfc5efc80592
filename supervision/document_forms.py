"""Forms of official papers: they parse and clean, services decide."""

from django import forms

from supervision.services.closing import Reporter


class IssueForm(forms.Form):
    """Date and number of a paper; `version` is the draft the person saw."""

    issued_on = forms.DateField(
        label="成文日期",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "请填成文日期。", "invalid": "成文日期写成 2020-09-29 这样。"},
    )
    number = forms.IntegerField(
        label="文号",
        required=False,
        min_value=1,
        max_value=9999,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text="留空由系统取下一号；中间有在别处印发的文件时，填实际的号。",
        error_messages={
            "invalid": "文号是一个整数，例如 8。",
            "min_value": "文号从1开始。",
            "max_value": "文号太大了，请核对。",
        },
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self):
        """A hidden field has no place for its message: it stands above the form."""
        if "version" in self.errors:
            raise forms.ValidationError("页面不完整，请刷新后再办。")
        return super().clean()


class CloseForm(forms.Form):
    """Units to close without; only those whose report is not approved can be chosen."""

    without = forms.MultipleChoiceField(
        label="未报送也封账的单位",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "“%(value)s”不在未审核通过的单位里，请刷新页面看最新情况。"},
    )

    def __init__(self, *arguments, missing: list[Reporter], **options):
        super().__init__(*arguments, **options)
        self.fields["without"].choices = [(reporter.key, reporter.name) for reporter in missing]
