"""Forms of 整改 and minutes; they parse and clean, the services decide."""

from django import forms

from livelihood.models import Agency
from projects.dated_tasks import agencies_of
from projects.models import Participant, Programme, Project
from supervision.models import Document, Interview, Rectification
from supervision.services.rectification import TEXT_LENGTH

ACCEPTED = ".jpg,.jpeg,.png,.pdf,.xlsx,.xls,.et,.csv"


def day_field(label: str, *, required: bool = False, help_text: str = "") -> forms.DateField:
    """Return a field for a day."""
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": f"请填{label}。", "invalid": f"{label}写得不对，如 2020-09-30。"},
    )


def text_field(label: str, *, required: bool = False, rows: int = 3, help_text: str = "") -> forms.CharField:
    """Return a field for some sentences."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=TEXT_LENGTH,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={
            "required": f"请写{label}。",
            "max_length": f"{label}最多 {TEXT_LENGTH} 字。",
            "null_characters_not_allowed": "文字里有不能保存的字符，请重新输入。",
        },
    )


def line_field(label: str, length: int, *, required: bool = False, help_text: str = "") -> forms.CharField:
    """Return a field for a line."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=length,
        help_text=help_text,
        error_messages={"required": f"请填{label}。", "max_length": f"{label}最多 {length} 字。"},
    )


def row_field(label: str, *, empty: str = "—", required: bool = False) -> forms.ModelChoiceField:
    """Return a field for one row of a list that is set later."""
    return forms.ModelChoiceField(
        label=label,
        queryset=Participant.objects.none(),
        required=required,
        empty_label=empty,
        error_messages={"required": f"请选{label}。", "invalid_choice": f"没有这个{label}，请从列表里选。"},
    )


class SeveralFilesInput(forms.ClearableFileInput):
    """Takes several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, perhaps none; what they are is told by their content when they are kept."""

    widget = SeveralFilesInput

    def __init__(self, *, label: str, accept: str = ACCEPTED, help_text: str = "", required: bool = False, **attrs):
        super().__init__(
            label=label,
            required=required,
            help_text=help_text,
            widget=SeveralFilesInput(attrs={"multiple": True, "accept": accept} | attrs),
        )

    def clean(self, data, initial=None):
        """Return the uploads as they came: an empty or broken one is told of when it is kept."""
        return [upload for upload in (data or []) if upload]


class RectificationForm(forms.Form):
    """What the office sets of an item: where from, what is wrong, what to do, by which standard, who, by when."""

    source = forms.ChoiceField(
        label="来源",
        choices=[],
        error_messages={"required": "请选来源。", "invalid_choice": "没有这个来源，请从列表里选。"},
    )
    source_note = line_field("来源说明", 200, help_text="如 2020年1—8月通报、审计报告文号。")
    project = row_field("项目")
    participant = row_field("考核单位")
    agency = row_field("责任单位", empty="由考核单位负责")
    person = line_field("责任人", 60, help_text="写职务，如分管副局长。")
    problem = text_field("问题", required=True)
    task = text_field("任务", rows=2, help_text="要做到什么。")
    standard = text_field("标准", rows=2, help_text="到什么程度算整改好。")
    deadline = day_field("整改时限", help_text="交办前要填。")
    files = FilesField(label="整改前的佐证", help_text="照片、PDF、表格，每个最多 20 MB；照片原样留存。")

    def __init__(self, *arguments, programme: Programme, of: Rectification | None = None, **options):
        super().__init__(*arguments, **options)
        self.fields["project"].queryset = Project.objects.filter(programme=programme).order_by("seq")
        self.fields["participant"].queryset = programme.participants.reporters().order_by("order")
        self.fields["agency"].queryset = _agencies(programme)
        self.fields["source"].choices = Rectification.Source.choices
        if of is not None:
            del self.fields["source"], self.fields["files"]
            names = self.fields.keys()
            self.initial = {name: getattr(of, name) for name in names} | self.initial


class AssignForm(forms.Form):
    """交办, perhaps with a word."""

    text = text_field("交办说明", rows=2)


class FillForm(forms.Form):
    """Cause, measures and who answers for them."""

    cause = text_field("原因", required=True)
    measures = text_field("措施", required=True)
    person = line_field("责任人", 60, help_text="写职务，如分管副局长。")
    files = FilesField(label="整改前的佐证")


class ProgressForm(forms.Form):
    """What was done meanwhile."""

    text = text_field("进展", required=True, rows=2)
    files = FilesField(label="整改后的佐证", help_text="照片、PDF、表格，每个最多 20 MB。")


class ReportForm(forms.Form):
    """It is done."""

    text = text_field("完成情况", required=True, rows=2)
    files = FilesField(label="整改后的佐证", help_text="报完成要有整改后的佐证；已经传过的不用再传。")


class CloseForm(forms.Form):
    """What was seen at the 验收."""

    text = text_field("验收意见", required=True, rows=2, help_text="谁去看的、看到什么。")


class ReturnForm(forms.Form):
    """Why it is given back."""

    text = text_field("退回原因", required=True, rows=2)


class ExtendForm(forms.Form):
    """More time, and why."""

    deadline = day_field("新时限", required=True)
    text = text_field("延期原因", required=True, rows=2)


class RecurForm(forms.Form):
    """It came back."""

    problem = text_field("这次的问题", required=True)
    deadline = day_field("整改时限")
    files = FilesField(label="佐证")


class InterviewForm(forms.Form):
    """Minutes: when, who, what was said, what is demanded of whom until when."""

    kind = forms.ChoiceField(
        label="方式",
        choices=Interview.Kind.choices,
        error_messages={"required": "请选方式。", "invalid_choice": "方式只有约谈和会商。"},
    )
    held_on = day_field("日期", required=True)
    place = line_field("地点", 120)
    chaired_by = line_field("主持人", 60, help_text="写职务。")
    subject = line_field("事由", 200, required=True)
    document = row_field("依据公文")
    participants = forms.ModelMultipleChoiceField(
        label="参加的考核单位",
        required=False,
        queryset=Participant.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "没有这个考核单位，请从列表里选。"},
    )
    agencies = forms.ModelMultipleChoiceField(
        label="参加的部门",
        required=False,
        queryset=Agency.objects.none(),
        widget=forms.SelectMultiple(attrs={"size": 6}),
        error_messages={"invalid_choice": "没有这个部门，请从列表里选。"},
    )
    attendees = text_field("参加人员", rows=2, help_text="写职务和单位。")
    text = text_field("纪要", required=True, rows=8)

    def __init__(self, *arguments, programme: Programme, **options):
        super().__init__(*arguments, **options)
        self.fields["participants"].queryset = programme.participants.reporters().order_by("order")
        self.fields["agencies"].queryset = _agencies(programme)
        papers = Document.objects.filter(period__programme=programme).order_by("-id")
        self.fields["document"].queryset = papers


class DemandForm(forms.Form):
    """One demand of the minutes: a line of the ledger."""

    task = text_field("要求", rows=2)
    participant = row_field("考核单位")
    agency = row_field("责任单位")
    project = row_field("项目")
    deadline = day_field("完成时限")

    def __init__(self, *arguments, programme: Programme, **options):
        super().__init__(*arguments, **options)
        self.fields["project"].queryset = Project.objects.filter(programme=programme).order_by("seq")
        self.fields["participant"].queryset = programme.participants.reporters().order_by("order")
        self.fields["agency"].queryset = _agencies(programme)

    def clean(self):
        """Hold that who is named without a demand is told so."""
        found = super().clean()
        if not found.get("task") and any(found.get(name) for name in ("participant", "agency", "deadline", "project")):
            self.add_error("task", "请写要求，或把这一行清空。")
        if found.get("task") and not (found.get("participant") or found.get("agency")):
            self.add_error("participant", "请选这条要求由谁完成（考核单位或责任单位）。")
        return found


def _agencies(programme: Programme):
    return agencies_of(programme).select_related("region").order_by("region__order", "order")
