"""Forms of rules and letters: they parse, the services decide."""

from decimal import Decimal

from django import forms

from livelihood.models import Agency
from projects.models import Indicator, Participant, Programme
from supervision.models import Inspection, Level, OversightRule, OversightSetting, SupervisionLetter
from supervision.oversight.kinds import PARAMS, Param
from supervision.oversight.letter_draft import LetterDraft, proposed_requirement
from supervision.pages.line_words import indicator_label
from supervision.rectification.forms import FilesField

M = SupervisionLetter.Measure


def number_field(label: str, *, required: bool = False, places: int = 6, **options) -> forms.DecimalField:
    """Return a field for a figure, with Chinese sentences for what is none."""
    return forms.DecimalField(
        label=label,
        required=required,
        min_value=Decimal(0),
        max_digits=20,
        decimal_places=places,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "required": f"请填{label}。",
            "invalid": f"“{label}”应是一个数，如50，不要带单位。",
            "min_value": f"“{label}”不能小于0。",
            "max_decimal_places": f"“{label}”小数位太多了，请核对。",
            "max_digits": f"“{label}”太大了，请核对。",
            "max_whole_digits": f"“{label}”太大了，请核对。",
        },
        **options,
    )


def date_field(label: str, **options) -> forms.DateField:
    """Return a field for a day."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": f"请填{label}。", "invalid": f"“{label}”请按2020-08-31这样填。"},
        **options,
    )


def text_area(label: str, *, rows: int = 3, required: bool = True, **options) -> forms.CharField:
    """Return a field for some sentences."""
    return forms.CharField(
        label=label,
        required=required,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": f"请填写{label}。"},
        **options,
    )


class IndicatorChoice(forms.ModelChoiceField):
    """Indicators by number of project and name."""

    def label_from_instance(self, indicator: Indicator) -> str:
        """Return 1 农村道路：里程."""
        project = indicator.sub_project.project
        return f"{project.seq} {project.name}：{indicator_label(indicator)}"


class AboutForm(forms.Form):
    """Whom a letter by hand goes to and about what: the step before its text."""

    participant = forms.ModelChoiceField(
        Participant.objects.none(),
        label="主送单位",
        required=False,
        to_field_name="code",
        empty_label="（不发单位）",
        error_messages={"invalid_choice": "主送单位请从列表里选。"},
    )
    agency = forms.ModelChoiceField(
        Agency.objects.none(),
        label="主送牵头部门",
        required=False,
        empty_label="（不发部门）",
        error_messages={"invalid_choice": "牵头部门请从列表里选。"},
    )
    indicator = IndicatorChoice(
        Indicator.objects.none(),
        label="指标",
        required=False,
        empty_label="（不对着一个指标）",
        error_messages={"invalid_choice": "指标请从列表里选。"},
    )
    level = forms.ChoiceField(
        label="等级",
        choices=Level.choices,
        initial=Level.YELLOW,
        error_messages={"invalid_choice": "等级请从列表里选。"},
    )

    def __init__(self, *args, programme: Programme, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["participant"].queryset = programme.participants.exclude(kind=Participant.Kind.WHOLE).order_by(
            "order"
        )
        self.fields["agency"].queryset = (
            Agency.objects.filter(led_sub_projects__project__programme=programme).distinct().order_by("order", "id")
        )
        for name in ("indicator", "level"):
            self.fields[name].widget.attrs["class"] = "form-select"
        self.fields["indicator"].queryset = Indicator.objects.of_programme(programme).select_related(
            "sub_project__project"
        )


class LetterForm(forms.Form):
    """The text of a letter: what has to be reached, by when, and who answers questions."""

    requirement = text_area("要求")
    required_measure = forms.ChoiceField(
        label="数值要求", choices=M.choices, error_messages={"invalid_choice": "数值要求请从列表里选。"}
    )
    required_value = number_field("要求达到", help_text="完成率填百分数，如50；累计完成填指标单位的数")
    deadline = date_field("反馈时限")
    contact = forms.CharField(label="联系人和电话", max_length=100, required=False)

    @staticmethod
    def initial_of(draft: LetterDraft) -> dict:
        """Return the form's values of a draft."""
        value = draft.required_value
        return {
            "requirement": draft.requirement,
            "required_measure": draft.required_measure,
            "required_value": None if value is None else f"{value.normalize():f}",
            "deadline": draft.deadline,
            "contact": draft.contact,
        }

    def applied(self, draft: LetterDraft) -> LetterDraft:
        """Return the draft with what was typed; a letter without a number keeps none.

        A requirement left as it was proposed follows the number and the day that were changed.
        """
        given = self.cleaned_data
        value = None if given["required_measure"] == M.NONE else given["required_value"]
        changed = draft.changed(**(given | {"required_value": value}))
        if given["requirement"].strip() == proposed_requirement(draft):
            return changed.changed(requirement=proposed_requirement(changed))
        return changed


class ReplyForm(forms.Form):
    """An addressee's answer."""

    text = text_area("反馈内容", rows=5, help_text="原因、措施、责任人和办理结果")
    stated = number_field("现在的数", help_text="本单位自报的数，供参考；销号以审核通过的月报为准")
    files = FilesField(label="佐证", help_text="照片、PDF或表格，可以选几个。")


class VisitChoice(forms.ModelChoiceField):
    """Recorded inspections by day and place."""

    def label_from_instance(self, visit: Inspection) -> str:
        """Return 2020-08-20 督查 阜南县鹿城镇三塔小区：老旧小区改造（赵督查）."""
        about = f"：{visit.project.name}" if visit.project else ""
        return f"{visit}{about}（{visit.added_by}）"


class RecheckForm(forms.Form):
    """What a second person found."""

    checked_on = date_field("复核日期")
    text = text_area("复核情况", help_text="看了什么、数是多少、有什么佐证")
    is_passed = forms.ChoiceField(
        label="结论",
        choices=[("", "（请选）"), ("yes", "达到要求"), ("no", "没有达到")],
        error_messages={"required": "请选结论。"},
    )
    inspection = VisitChoice(
        Inspection.objects.none(),
        label="依据的督查记录",
        required=False,
        empty_label="（没有，按上面写的情况）",
        error_messages={"invalid_choice": "督查记录请从列表里选：发函以后、拟函人以外的人记的这个单位的督查。"},
    )
    files = FilesField(label="佐证")

    def __init__(self, *args, visits=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["inspection"].queryset = Inspection.objects.none() if visits is None else visits


class RuleForm(forms.Form):
    """A version of a rule; its parameters follow from the kind."""

    name = forms.CharField(label="名称", max_length=60, error_messages={"required": "请填名称。"})
    level = forms.ChoiceField(label="等级", choices=Level.choices)
    escalates_after = forms.IntegerField(
        label="同一事由再出现几次升一级",
        min_value=0,
        max_value=12,
        initial=0,
        help_text="0为不升级；1为下一期还是这样就升一级：蓝→黄→红",
        error_messages={"invalid": "升级的次数要填整数。", "required": "升级的次数请填数，不升级填0。"},
    )
    effective_from = date_field("施行日期")
    source = forms.CharField(label="依据", max_length=200, required=False)
    reason = forms.CharField(label="修改原因", max_length=200, required=False)

    def __init__(self, *args, kind: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.kind = kind
        added = {f"param_{row.name}": _param_field(row) for row in PARAMS[kind]}
        order = ["name", *added, "level", "escalates_after", "effective_from", "source", "reason"]
        self.fields |= added
        self.order_fields(order)

    def params(self) -> dict:
        """Return the parameters as typed; the service checks them."""
        return {row.name: self.cleaned_data[f"param_{row.name}"] for row in PARAMS[self.kind]}

    @staticmethod
    def initial_of(rule: OversightRule) -> dict:
        """Return the form's values of a rule."""
        own = ("name", "level", "escalates_after", "effective_from", "source")
        return {name: getattr(rule, name) for name in own} | {
            f"param_{name}": value for name, value in rule.params.items()
        }


def _param_field(row: Param) -> forms.Field:
    if row.choices:
        return forms.ChoiceField(
            label=row.label,
            choices=row.choices,
            help_text=row.help,
            error_messages={"invalid_choice": "请从列表里选。"},
        )
    return forms.CharField(
        label=row.label,
        initial=row.default,
        help_text=row.help,
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": f"请填{row.label}。"},
    )


class SettingForm(forms.ModelForm):
    """How many papers a close drafts by itself, the term of an answer, and whom to call."""

    class Meta:
        model = OversightSetting
        fields = ["drafted_by_close", "answer_days", "contact"]
