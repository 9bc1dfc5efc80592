"""Forms of 通报种类: they parse and say what is wrong beside the field, services decide."""

from django import forms

from supervision.documents.patterns import shown
from supervision.documents.sections import Kind
from supervision.models import PaperStyle
from supervision.papers.forms import VersionForm
from supervision.services.papers.kinds import PATTERNS, TEXTS, checked_pattern, checked_text


class KindForm(VersionForm):
    """Name, title, lead and issuer of a kind; patterns as people read them, {期间}."""

    label = forms.CharField(
        label="名称", help_text="拟稿时选的名称，例如 半年进展。", error_messages={"required": "请填名称。"}
    )
    title = forms.CharField(label="标题", widget=forms.Textarea({"rows": 2}), error_messages={"required": "请填标题。"})
    lead = forms.CharField(label="导语", widget=forms.Textarea({"rows": 4}), error_messages={"required": "请填导语。"})
    issuer = forms.CharField(label="发文机关", required=False, help_text="空着用发文单位名称。")

    def __init__(self, kind: Kind, *arguments, **options):
        super().__init__(*arguments, **options)
        self.kind = kind
        #: Title and lead as they are stored, of those that are right.
        self.patterns: dict[str, str] = {}

    @classmethod
    def initial_of(cls, kind: Kind) -> dict:
        """Return what the form shows of a kind."""
        return {name: shown(text) for name, text in kind.words().items()} | {"version": kind.version}

    def clean(self):
        """Check each text as the service does, so that each fault stands under its field."""
        cleaned = super().clean()
        for name in [name for name in TEXTS if name not in self.errors]:
            try:
                if name in PATTERNS:
                    needs_project = self.kind.needs_project
                    self.patterns[name] = checked_pattern(name, cleaned[name], needs_project=needs_project)
                else:
                    checked_text(name, cleaned[name])
            except ValueError as error:
                self.add_error(name, str(error))
        return cleaned

    def texts(self) -> dict[str, str]:
        """Return what the service takes."""
        return {name: self.cleaned_data[name] for name in TEXTS}


class CloseKindForm(VersionForm):
    """Which kind a close drafts."""

    close_kind = forms.ChoiceField(
        label="封账时拟",
        error_messages={"required": "请选封账时拟哪一种。", "invalid_choice": "选的种类不在启用的种类里，请重新选。"},
    )

    def __init__(self, kinds: dict[str, Kind], *arguments, **options):
        super().__init__(*arguments, **options)
        self.fields["close_kind"].choices = [
            (kind.code, kind.label) for kind in kinds.values() if kind.is_active and not kind.needs_project
        ]

    @classmethod
    def initial_of(cls, style: PaperStyle | None) -> dict:
        """Return what the form shows for an office's settings, or where there are none."""
        style = style or PaperStyle(version=0)
        return {"version": style.version, "close_kind": style.close_kind}
