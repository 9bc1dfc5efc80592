"""Forms of the editor of a 通报: they parse, services decide."""

from django import forms

from projects.models import Programme
from supervision.documents.sections import LEAD, Choices, Section, kinds
from supervision.services.bulletin_edit import LONGEST_ISSUER, LONGEST_SENTENCE, LONGEST_TITLE


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
    """另拟一份: the kind, and for a 单项 its project."""

    kind = forms.ChoiceField(label="文种", error_messages={"required": "请选文种。"})
    project = forms.TypedChoiceField(label="项目（单项通报）", required=False, coerce=int, empty_value=None)

    def __init__(self, programme: Programme, *arguments, **settings):
        super().__init__(*arguments, **settings)
        # The month's own paper is drafted by the close.
        self.fields["kind"].choices = [(row.code, row.label) for row in kinds().values() if row.code != "progress"]
        rows = programme.projects.order_by("seq").values_list("seq", "name")
        self.fields["project"].choices = [("", "——"), *((seq, f"{seq} {name}") for seq, name in rows)]
