"""Forms of the editor of a 通报: they parse, services decide."""

from django import forms

from projects.models import ReportingPeriod
from supervision.documents.registered import close_kind, office_kinds
from supervision.documents.sections import LEAD, Choices, Section
from supervision.models import Document
from supervision.services.bulletin_edit import LONGEST_ISSUER, LONGEST_SENTENCE, LONGEST_TITLE
from supervision.services.papers.series import issuing_agency


class VersionForm(forms.Form):
    """The draft a person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, error_messages={"required": "页面不完整，请刷新后再改。"})


class OptionsForm(VersionForm):
    """How one section is written: its options, and for a chapter a paragraph of the office's own."""

    def __init__(self, section: Section, choices: Choices, *arguments, **settings):
        super().__init__(*arguments, **settings)
        values = choices.options(section.code)
        for option in section.options:
            # Kept as text: the option itself says what is wrong with a value.
            field = forms.CharField(
                label=option.label, initial=values[option.code], error_messages={"required": f"请填“{option.label}”。"}
            )
            if option.choices:
                field.widget = forms.Select(choices=option.choices)
            else:
                field.widget.attrs["inputmode"] = "numeric"
            self.fields[f"option-{option.code}"] = field
        if not section.is_table and section.code != LEAD:
            self.fields["own"] = forms.CharField(
                label="本章末尾补充一段",
                required=False,
                max_length=LONGEST_SENTENCE,
                initial=choices.chosen(section.code).own,
                widget=forms.Textarea(attrs={"rows": 3}),
            )

    def options(self) -> dict[str, str]:
        """Return the values of the options as they were typed."""
        start = "option-"
        return {name.removeprefix(start): value for name, value in self.cleaned_data.items() if name.startswith(start)}


class FrameForm(VersionForm):
    """Title and issuing office of one paper; empty gives back what the system writes."""

    title = forms.CharField(label="标题", required=False, max_length=LONGEST_TITLE, widget=forms.Textarea({"rows": 2}))
    issuer = forms.CharField(label="发文机关", required=False, max_length=LONGEST_ISSUER)


class NewPaperForm(forms.Form):
    """另拟一份: the kind, and of one that speaks of a single project which."""

    kind = forms.ChoiceField(
        label="种类",
        error_messages={"required": "请选种类。", "invalid_choice": "选的种类不在启用的种类里，请重新选。"},
    )
    project = forms.TypedChoiceField(
        label="项目",
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": "选的项目不在这个年度里，请重新选。"},
    )

    def __init__(self, period: ReportingPeriod, *arguments, **settings):
        super().__init__(*arguments, **settings)
        agency = issuing_agency(period.programme)
        kinds = [kind for kind in office_kinds(agency).values() if kind.is_active]
        own = Document.objects.of_month(period).values_list("content__choices__kind", flat=True).first()
        # The month's own paper is drafted by the close.
        left_out = own or close_kind(agency).code
        self.fields["kind"].choices = [(kind.code, kind.label) for kind in kinds if kind.code != left_out]
        of_project = [kind.label for kind in kinds if kind.needs_project]
        self.fields["project"].help_text = f"只有{'、'.join(of_project)}要选。" if of_project else ""
        rows = period.programme.projects.order_by("seq").values_list("seq", "name")
        self.fields["project"].choices = [("", "——"), *((seq, f"{seq} {name}") for seq, name in rows)]
