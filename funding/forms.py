"""Forms of a plan: one line, its revision, a paste, a copy; they parse and clean, and never save."""

from itertools import groupby

from django import forms

from funding.amounts import UNITS, AmountRefused, parse_amount
from funding.plan_page import plan_items
from funding.services.plans import DOCUMENT_LENGTH, LABEL_LENGTH, NOTE_LENGTH, PlanEntry
from funding.sources import FundKind, Source
from projects.models import Participant, Programme

UNIT_CHOICES = [(unit, unit) for unit in UNITS]


def _date(label: str, **options) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": f"{label}写得不对，如 2020-03-01。", "required": f"请填{label}。"},
        **options,
    )


def _text(label: str, length: int, **options) -> forms.CharField:
    errors = {"max_length": f"{label}最多 {length} 字。", "required": f"请填{label}。"}
    return forms.CharField(label=label, max_length=length, error_messages=errors, **options)


class AmountForm(forms.Form):
    """An amount with its unit, cleaned to 元."""

    amount = forms.CharField(
        label="计划金额",
        max_length=60,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="精确到分；千分位逗号、全角数字都认，也可以写上单位，如 1,570万元。",
        error_messages={"required": "请填计划金额；计划为零请填 0。", "max_length": "金额太长，请核对。"},
    )
    unit = forms.ChoiceField(
        label="金额单位", choices=UNIT_CHOICES, initial="万元", error_messages={"invalid_choice": "请选金额单位。"}
    )

    def clean(self):
        """Turn the amount into 元 as soon as its unit is known."""
        cleaned = super().clean()
        if cleaned.get("amount") and cleaned.get("unit"):
            try:
                cleaned["amount"] = parse_amount(cleaned["amount"], unit=cleaned["unit"])
            except AmountRefused as refusal:
                self.add_error("amount", str(refusal))
        return cleaned


class PlanForm(AmountForm):
    """One line's first plan."""

    sub_project = forms.TypedChoiceField(
        label="项目与子项",
        coerce=int,
        error_messages={"required": "请选项目。", "invalid_choice": "这个子项不在本年度里，请重新选。"},
    )
    participant = forms.TypedChoiceField(
        label="考核单位",
        coerce=int,
        error_messages={"required": "请选单位。", "invalid_choice": "这个单位的计划不由您录入，请重新选。"},
    )
    source = forms.ChoiceField(
        label="资金来源", choices=Source.choices, error_messages={"invalid_choice": "请选资金来源。"}
    )
    kind = forms.ChoiceField(
        label="资金类别", choices=FundKind.choices, error_messages={"invalid_choice": "请选资金类别。"}
    )
    label = _text("印发名称", LABEL_LENGTH, required=False, help_text="文件里另有叫法时填，如“区级配套资金”。")
    note = _text("说明", NOTE_LENGTH, required=False)
    document = _text("依据文件", DOCUMENT_LENGTH, required=False)
    document_on = _date("文件日期", required=False)
    field_order = ["sub_project", "participant", "source", "kind", "amount", "unit", "label", "note", "document"]

    def __init__(self, *args, programme: Programme, units: list[Participant], **kwargs):
        super().__init__(*args, **kwargs)
        self.items = {row.pk: row for row in plan_items(programme)}
        self.units = {row.pk: row for row in units}
        self.fields["sub_project"].choices = [
            ("", "—"),
            *(
                (str(project), [(row.pk, str(row)) for row in rows])
                for project, rows in groupby(self.items.values(), key=lambda row: row.project)
            ),
        ]
        self.fields["participant"].choices = [(row.pk, str(row)) for row in units]

    def entry(self) -> PlanEntry:
        """Return what the service takes."""
        data = self.cleaned_data
        return PlanEntry(
            sub_project=self.items[data["sub_project"]],
            participant=self.units[data["participant"]],
            source=data["source"],
            kind=data["kind"],
            amount=data["amount"],
            label=data["label"],
            note=data["note"],
        )


class RevisionForm(AmountForm):
    """The next revision of a plan; without an amount it is withdrawn."""

    is_withdrawn = forms.BooleanField(label="撤销这条计划（从生效日期起不再有计划，金额不用填）", required=False)
    valid_from = _date("生效日期", required=False, help_text="不填即从 1 月 1 日起；已通报的月份不变。")
    reason = forms.CharField(
        label="修订原因",
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        error_messages={"required": "请填修订原因。", "max_length": "原因最多 500 字，请写得短一些。"},
    )
    document = _text("依据文件", DOCUMENT_LENGTH)
    document_on = _date("文件日期")
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    field_order = ["amount", "unit", "is_withdrawn", "valid_from", "reason", "document", "document_on", "seen"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Asked for unless the plan is withdrawn.
        self.fields["amount"].required = not (self.is_bound and self.data.get("is_withdrawn"))

    def clean(self):
        """Refuse an amount for a plan that is withdrawn."""
        cleaned = super().clean()
        if cleaned.get("is_withdrawn") and cleaned.get("amount"):
            self.add_error("amount", "撤销计划就不填金额。")
        return cleaned

    def values(self) -> dict:
        """Return what the service takes."""
        data = self.cleaned_data
        return {
            "amount": None if data["is_withdrawn"] else data["amount"],
            "reason": data["reason"],
            "document": data["document"],
            "document_on": data["document_on"],
            "valid_from": data["valid_from"],
            "seen_revision": data["seen"],
        }


class PasteForm(forms.Form):
    """A plan as text."""

    text = forms.CharField(
        label="粘贴内容",
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text="每行一条：项目、子项、单位、来源、类别、金额，从表格里直接复制；有表头的按表头认列。",
        strip=False,
        error_messages={"required": "还没有粘贴内容。"},
    )
    unit = forms.ChoiceField(
        label="金额单位",
        choices=UNIT_CHOICES,
        initial="万元",
        help_text="没有写单位的金额按这个单位。",
        error_messages={"invalid_choice": "请选金额单位。"},
    )
    document = _text("依据文件", DOCUMENT_LENGTH, required=False)
    document_on = _date("文件日期", required=False)


class CopyForm(forms.Form):
    """Which year's plan is taken over."""

    source = forms.ModelChoiceField(
        queryset=Programme.objects.none(),
        label="从哪个年度复制",
        empty_label=None,
        error_messages={"required": "请选一个年度。", "invalid_choice": "没有这个年度，请重新选。"},
    )

    def __init__(self, *args, sources, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = sources
