"""Forms of milestones and dated tasks; they parse and clean, the services decide."""

from itertools import groupby

from django import forms

from livelihood.formats import format_number
from projects.models import Indicator, Milestone, Programme
from projects.services.dated_tasks import NOTE_LENGTH


def day_field(label: str, example: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": f"请填{label}。", "invalid": f"{label}写得不对，如 {example}。"},
    )


class MilestoneForm(forms.Form):
    """A milestone: which indicator, by when, how much, in which words."""

    indicator = forms.ModelChoiceField(
        label="指标",
        queryset=Indicator.objects.none(),
        error_messages={"required": "请选指标。", "invalid_choice": "没有这个指标，请从列表里选。"},
    )
    due_on = day_field("时限", "2022-06-30")
    measure = forms.ChoiceField(
        label="口径",
        choices=Milestone.Measure.choices,
        initial=Milestone.Measure.RATE,
        error_messages={"required": "请选口径。", "invalid_choice": "口径只有完成率和指标值。"},
        help_text="指标值只用于比率和标准，写它自己的数，如管理率 60。",
    )
    threshold = forms.DecimalField(
        label="不低于",
        max_digits=7,
        decimal_places=2,
        min_value=0,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="完成率写百分数，如 50。",
        error_messages={
            "required": "请填要达到多少。",
            "invalid": "“不低于”是一个数，如 50。",
            "min_value": "“不低于”不能为负数。",
            "max_decimal_places": "“不低于”最多两位小数。",
            "max_digits": "“不低于”太大了，请核对。",
            "max_whole_digits": "“不低于”太大了，请核对。",
        },
    )
    text = forms.CharField(
        label="节点要求",
        required=False,
        max_length=Milestone._meta.get_field("text").max_length,
        help_text="文件里的原话，如“6月底前完工率达到50%”。",
        error_messages={"max_length": "节点要求最多 100 字。"},
    )

    def __init__(self, *arguments, programme: Programme, of: Milestone | None = None, **options):
        if of is not None:
            names = ("due_on", "measure", "threshold", "text")
            options["initial"] = {name: getattr(of, name) for name in names}
            options["initial"]["threshold"] = format_number(of.threshold)
        super().__init__(*arguments, **options)
        if of is not None:
            del self.fields["indicator"]
            return
        indicators = Indicator.objects.of_programme(programme).filter(kind=Indicator.Kind.NUMBER)
        self.fields["indicator"].queryset = indicators
        self.fields["indicator"].choices = [("", "—"), *_choices(indicators)]


class DatedTaskDoneForm(forms.Form):
    """When a task was done, and what shows it."""

    done_on = day_field("完成日期", "2022-03-18")
    evidence_note = forms.CharField(
        label="完成依据",
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="文号、验收单、照片存放处等，查得到的。",
        error_messages={
            "required": "请写完成依据，如文号、验收单、照片存放处。",
            "max_length": f"完成依据最多 {NOTE_LENGTH} 字。",
        },
    )


class DatedTaskUndoForm(forms.Form):
    """Why a task's completion is taken back."""

    reason = forms.CharField(
        label="原因",
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="记入审计记录。",
        error_messages={"required": "撤回完成登记要写明原因。", "max_length": f"原因最多 {NOTE_LENGTH} 字。"},
    )


def _choices(indicators) -> list[tuple]:
    return [
        (
            str(project),
            [(row.pk, f"{row.sub_project.name}：{row.name}" if row.sub_project.name else row.name) for row in rows],
        )
        for project, rows in groupby(indicators, key=lambda row: row.sub_project.project)
    ]
