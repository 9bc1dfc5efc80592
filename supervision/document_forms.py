"""Form of the close: it parses and cleans, services decide. Those of papers are in `supervision/papers/forms.py`."""

from django import forms

from supervision.services.closing import Reporter


class CloseForm(forms.Form):
    """Units to close without; only those whose report is not approved can be chosen."""

    without = forms.MultipleChoiceField(
        label="未报送也封账的单位",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "“%(value)s”不在未审核通过的单位里，请刷新页面看最新情况。"},
    )

    def __init__(self, *arguments, missing: list[Reporter], **options):
        super().__init__(*arguments, **options)
        self.fields["without"].choices = [(reporter.key, reporter.name) for reporter in missing]
