"""Forms of 公示: they parse and clean, services decide."""

from django import forms

from projects.models import Programme
from supervision.models import Disclosure, DisclosureObjection

DAY_ERRORS = {"invalid": "日期写成 2020-09-29 这样。"}


def _day(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages=DAY_ERRORS | {"required": f"请填{label}。"},
    )


class PublishForm(forms.Form):
    """When, how long and where to objections go, and which 整改 are shown."""

    opens_on = _day("公示开始")
    days = forms.IntegerField(
        label="公示日数",
        min_value=1,
        max_value=90,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text="日历日，含首尾两天",
        error_messages={
            "required": "请填公示日数。",
            "invalid": "公示日数是一个整数，例如 7。",
            "min_value": "公示日数应在1至90日之间。",
            "max_value": "公示日数应在1至90日之间。",
        },
    )
    address = forms.CharField(label="异议受理地址", max_length=120, error_messages={"required": "请填异议受理地址。"})
    phone = forms.CharField(
        label="联系电话", max_length=40, help_text="办公电话，会公开", error_messages={"required": "请填联系电话。"}
    )
    rectifications = forms.ModelMultipleChoiceField(
        queryset=None,
        label="一并公示的整改",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="公示问题、措施、责任单位、时限、状态和去掉拍摄信息的照片，不公示责任人",
        error_messages={"invalid_choice": "选的整改已经不在了，请刷新页面再选。"},
    )

    def __init__(self, *arguments, rectifications, **options):
        super().__init__(*arguments, **options)
        field = self.fields["rectifications"]
        field.queryset = rectifications
        field.label_from_instance = lambda row: f"{row.seq}号 {row.get_state_display()}：{row.problem[:40]}"


class WithdrawForm(forms.Form):
    """Why a 公示 is taken back."""

    reason = forms.CharField(label="撤回原因", max_length=200, error_messages={"required": "撤回公示要写原因。"})


class ObjectionForm(forms.Form):
    """What somebody objects to."""

    received_on = _day("收到日期")
    way = forms.ChoiceField(label="方式", choices=DisclosureObjection.Way.choices)
    person = forms.CharField(
        label="异议人", max_length=50, help_text="只有本办看得到", error_messages={"required": "请填异议人。"}
    )
    contact = forms.CharField(label="联系方式", max_length=100, required=False, help_text="只有本办看得到")
    project = forms.ModelChoiceField(queryset=None, label="项目", required=False, empty_label="（不针对某个项目）")
    participant = forms.ModelChoiceField(queryset=None, label="单位", required=False, empty_label="（不针对某个单位）")
    text = forms.CharField(
        label="异议内容",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "请填异议内容。"},
    )
    due_on = _day("答复期限", required=False, help_text="空着为收到后第15天")

    def __init__(self, *arguments, programme: Programme, **options):
        super().__init__(*arguments, **options)
        self.fields["project"].queryset = programme.projects.order_by("seq")
        self.fields["project"].label_from_instance = lambda row: f"{row.seq} {row.name}"
        self.fields["participant"].queryset = programme.participants.reporters().order_by("order")
        self.fields["participant"].label_from_instance = lambda row: row.printed_name


class AnswerForm(forms.Form):
    """What is answered, and whether it becomes a 整改."""

    answer = forms.CharField(
        label="答复",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "请填答复内容。"},
    )
    rectify = forms.BooleanField(label="同时列入整改台账", required=False)
    deadline = _day("整改时限", required=False)

    def clean(self):
        """A 整改 without a day to be done by would wait for ever."""
        cleaned = super().clean()
        if cleaned.get("rectify") and not cleaned.get("deadline") and "deadline" not in self.errors:
            self.add_error("deadline", "列入整改台账要写整改时限。")
        return cleaned


def initial_of(disclosure: Disclosure, today) -> dict:
    """Return what the form of an objection begins with."""
    return {"received_on": max(today, disclosure.opens_on), "way": DisclosureObjection.Way.LETTER}
