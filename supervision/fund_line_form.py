"""The form of a set line; it parses and cleans, the service decides."""

from django import forms

from supervision.models import FundSetLine


class FundLineForm(forms.Form):
    """A rate, a day, a percentage and the words of the paper."""

    code = forms.ChoiceField(
        label="比率", error_messages={"required": "请选比率。", "invalid_choice": "没有这个资金比率。"}
    )
    due_on = forms.DateField(
        label="到期日",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填到期日。", "invalid": "到期日写得不对，如 2020-06-30。"},
    )
    threshold = forms.DecimalField(
        label="要求（%）",
        max_digits=7,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "required": "请填要求达到百分之几。",
            "invalid": "要求是一个数，如 70。",
            "max_decimal_places": "要求最多两位小数。",
            "max_digits": "要求太大了，请核对。",
            "max_whole_digits": "要求太大了，请核对。",
        },
    )
    text = forms.CharField(
        label="印发用语",
        max_length=FundSetLine._meta.get_field("text").max_length,
        help_text="通报里这样写，如“省定6月底70%”。",
        error_messages={"required": "请填印发用语。", "max_length": "印发用语最多 60 字。"},
    )
    source = forms.CharField(
        label="依据",
        max_length=FundSetLine._meta.get_field("source").max_length,
        error_messages={"required": "请填依据（哪份文件）。", "max_length": "依据最多 200 字。"},
    )

    def __init__(self, *arguments, rates: dict[str, str], **options):
        super().__init__(*arguments, **options)
        self.fields["code"].choices = list(rates.items())
