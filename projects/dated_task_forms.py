"""The form of a 限期任务 on the list; it parses and cleans, the service decides."""

from itertools import groupby

from django import forms

from livelihood.models import Agency
from projects.dated_tasks import agencies_of
from projects.milestone_forms import day_field
from projects.models import DatedTask, Participant, Programme, SubProject

TEXT_LENGTH = DatedTask._meta.get_field("text").max_length
DUE_LENGTH = DatedTask._meta.get_field("printed_due").max_length


class DatedTaskForm(forms.Form):
    """A task: of which item, whose, by when, what, in which words the paper sets the day, and who answers for it."""

    sub_project = forms.ModelChoiceField(
        label="项目",
        queryset=SubProject.objects.none(),
        error_messages={"required": "请选项目。", "invalid_choice": "没有这个项目，请从列表里选。"},
    )
    participant = forms.ModelChoiceField(
        label="考核单位",
        required=False,
        empty_label="整个项目",
        queryset=Participant.objects.none(),
        error_messages={"invalid_choice": "没有这个考核单位，请从列表里选。"},
    )
    due_on = day_field("时限", "2022-03-20")
    printed_due = forms.CharField(
        label="时限原文",
        required=False,
        max_length=DUE_LENGTH,
        help_text="文件里的写法，如“4月中旬前”；没有就空着。",
        error_messages={"max_length": f"时限原文最多 {DUE_LENGTH} 字。"},
    )
    text = forms.CharField(
        label="做什么",
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "请写明限期任务做什么。", "max_length": f"任务最多 {TEXT_LENGTH} 字。"},
    )
    agency = forms.ModelChoiceField(
        label="责任单位",
        required=False,
        empty_label="牵头单位",
        queryset=Agency.objects.none(),
        error_messages={"invalid_choice": "这个单位不在主办地区，也不是考核单位的部门，请从列表里选。"},
    )

    def __init__(self, *arguments, programme: Programme, of: DatedTask | None = None, **options):
        if of is not None:
            names = ("participant", "due_on", "printed_due", "text", "agency")
            options["initial"] = {name: getattr(of, name) for name in names}
        super().__init__(*arguments, **options)
        self.fields["participant"].queryset = programme.participants.reporters().order_by("order")
        self.fields["agency"].queryset = (
            agencies_of(programme).select_related("region").order_by("region__order", "order")
        )
        if of is not None:
            del self.fields["sub_project"]
            return
        subs = SubProject.objects.filter(project__programme=programme).select_related("project")
        subs = subs.order_by("project__seq", "order", "pk")
        self.fields["sub_project"].queryset = subs
        self.fields["sub_project"].choices = [("", "—"), *_choices(subs)]


def _choices(subs) -> list[tuple]:
    return [
        (str(project), [(row.pk, row.name or project.name) for row in rows])
        for project, rows in groupby(subs, key=lambda row: row.project)
    ]
