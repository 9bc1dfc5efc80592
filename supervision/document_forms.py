"""Form of the close: it parses and cleans, services decide. Those of papers are in `supervision/papers/forms.py`."""

from django import forms

from supervision.documents.sections import Kind
from supervision.services.closing import Reporter


class CloseForm(forms.Form):
    """Units to close without, of those whose report is not approved, and the kind of 通报 to draft.

    `kinds`: those that may be chosen; none where the month has its 通报 already, or there is only one.
    """

    without = forms.MultipleChoiceField(
        label="未报送也封账的单位",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "“%(value)s”不在未审核通过的单位里，请刷新页面看最新情况。"},
    )

    kind = forms.ChoiceField(
        label="拟哪一种通报",
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": "选的通报种类不在启用的种类里，请重新选。"},
    )

    def __init__(self, *arguments, missing: list[Reporter], kinds: list[Kind] = (), **options):
        super().__init__(*arguments, **options)
        self.fields["kind"].choices = [(kind.code, kind.label) for kind in kinds]
        if len(kinds) < 2:
            del self.fields["kind"]
        self.fields["without"].choices = [(reporter.key, reporter.name) for reporter in missing]
