"""Forms of what a plan rests on: exclusions, printed sums, cost shares; they parse and clean, and never save."""

from itertools import groupby

from django import forms

from funding.amounts import UNITS, AmountRefused, parse_amount
from funding.models import CostShare, FundExclusion, FundLine, PlanCheck
from funding.plan_page import plan_items
from funding.services.basis import PHRASE_LENGTH, REASON_LENGTH, PrintedSum
from funding.services.plans import DOCUMENT_LENGTH
from funding.sources import FundKind, Source
from projects.models import Indicator, Participant, Programme

UNIT_CHOICES = [(unit, unit) for unit in UNITS]
LABEL_LENGTH = PlanCheck._meta.get_field("label").max_length
#: What a paper usually prints, offered as rows of an empty form: how it is split, and the row's name.
USUAL_SUMS = [
    ("total", "合计"),
    ("source", "中央及省级"),
    ("source", "市县配套"),
    ("source", "政府债券"),
    ("source", "奖补"),
    ("quarter", "一季度"),
    ("quarter", "二季度"),
    ("quarter", "三季度"),
    ("quarter", "四季度"),
]
#: Rows a person may add on top of what stands there.
FREE_ROWS = 3
LEVEL_ROWS = 5
#: The levels of most cost shares, in printed order.
USUAL_LEVELS = ["province", "city", "county"]


def _document() -> forms.CharField:
    return forms.CharField(
        label="依据文件",
        required=False,
        max_length=DOCUMENT_LENGTH,
        error_messages={"max_length": f"依据文件最多 {DOCUMENT_LENGTH} 字。"},
    )


def _kind() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="资金类别", choices=FundKind.choices, error_messages={"invalid_choice": "请选资金类别。"}
    )


def _unit() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="金额单位", choices=UNIT_CHOICES, initial="万元", error_messages={"invalid_choice": "请选金额单位。"}
    )


def _amount(**options) -> forms.CharField:
    return forms.CharField(
        max_length=60,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"max_length": "金额太长，请核对。", "required": "请填金额。"},
        **options,
    )


class ExclusionForm(forms.Form):
    """Which sub-projects' money stays out of the rates, the words printed for it, and why."""

    phrase = forms.CharField(
        label="印发用语",
        max_length=PHRASE_LENGTH,
        help_text="印在比率名称后面，如：不含棚户区改造。",
        error_messages={
            "required": "请写明印在比率后面的用语，如“不含棚户区改造”。",
            "max_length": f"印发用语最多 {PHRASE_LENGTH} 字。",
        },
    )
    reason = forms.CharField(
        label="不计入的原因",
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "请写明为什么不计入。", "max_length": f"原因最多 {REASON_LENGTH} 字。"},
    )
    sub_projects = forms.TypedMultipleChoiceField(
        label="不计入的项目与子项",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "请至少勾选一个项目；全部恢复计入请点“恢复计入”。",
            "invalid_choice": "勾选的项目不在本年度里，请刷新页面重新选。",
            "invalid_list": "请重新勾选项目。",
        },
    )

    def __init__(self, *args, programme: Programme, exclusion: FundExclusion | None = None, reason: str = "", **kwargs):
        if exclusion is not None:
            chosen = list(exclusion.sub_projects.values_list("pk", flat=True))
            kwargs["initial"] = {"phrase": exclusion.phrase, "sub_projects": chosen, "reason": reason}
        super().__init__(*args, **kwargs)
        self.programme = programme
        self.items = {row.pk: row for row in plan_items(programme)}
        with_money = set(FundLine.objects.filter(programme=programme).values_list("sub_project_id", flat=True))
        self.fields["sub_projects"].choices = [
            (pk, f"{row.project.seq} {row}") for pk, row in self.items.items() if pk in with_money
        ]
        if exclusion is not None:
            self.fields["phrase"].disabled = True
            self.fields["phrase"].help_text = "用语不能改；要换用语，请先恢复计入，再另设一条。"

    def values(self) -> dict:
        """Return what the service takes."""
        data = self.cleaned_data
        return {
            "phrase": data["phrase"],
            "sub_projects": [self.items[pk] for pk in data["sub_projects"]],
            "reason": data["reason"],
        }


class PrintedSumRow(forms.Form):
    """One sum as the paper prints it; a row without an amount says nothing."""

    by = forms.ChoiceField(label="分法", choices=PlanCheck.By.choices, error_messages={"invalid_choice": "请选分法。"})
    label = forms.CharField(
        label="印发名称",
        required=False,
        max_length=LABEL_LENGTH,
        error_messages={"max_length": f"印发名称最多 {LABEL_LENGTH} 字。"},
    )
    amount = _amount(label="金额", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # The row's head cell names it for the eye; a reader gets the name from the cell itself.
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label


PrintedSumRows = forms.formset_factory(PrintedSumRow, extra=0, max_num=60, absolute_max=60)


class PrintedSumsForm(forms.Form):
    """Whose printed sums they are; the rows stand in `PrintedSumRows`."""

    place = forms.ChoiceField(
        label="项目",
        help_text="印发的是整个项目的数，就选项目；只是一个子项的数，选子项。",
        error_messages={"required": "请选项目。", "invalid_choice": "这个项目不在本年度里，请重新选。"},
    )
    participant = forms.TypedChoiceField(
        label="单位",
        coerce=int,
        error_messages={"required": "请选单位。", "invalid_choice": "这个单位不在本年度里，请重新选。"},
    )
    kind = _kind()
    unit = _unit()
    document = _document()

    def __init__(self, *args, programme: Programme, **kwargs):
        super().__init__(*args, **kwargs)
        self.projects, self.items = {}, {}
        groups = []
        for project, rows in groupby(plan_items(programme), key=lambda row: row.project):
            named = [row for row in rows if row.name]
            self.projects[f"p{project.pk}"] = project
            self.items |= {f"s{row.pk}": row for row in named}
            whole = (f"p{project.pk}", str(project))
            groups += [whole, *((f"s{row.pk}", f"— {row.name}") for row in named)]
        self.fields["place"].choices = [("", "—"), *groups]
        self.units = {row.pk: row for row in programme.participants.order_by("order")}
        whole = [row for row in self.units.values() if row.kind == Participant.Kind.WHOLE]
        others = [row for row in self.units.values() if row.kind != Participant.Kind.WHOLE]
        self.fields["participant"].choices = [
            *((row.pk, f"{row}（各单位合计）") for row in whole),
            *((row.pk, str(row)) for row in others),
        ]

    def values(self) -> dict:
        """Return whose sums they are, as the service takes it."""
        data = self.cleaned_data
        sub_project = self.items.get(data["place"])
        return {
            "project": sub_project.project if sub_project else self.projects[data["place"]],
            "sub_project": sub_project,
            "participant": self.units[data["participant"]],
            "kind": data["kind"],
            "document": data["document"],
        }


def read_sums(rows: forms.BaseFormSet, unit: str) -> list[PrintedSum]:
    """Return the filled rows in 元; what is wrong stands on its row, and the list is then of no use."""
    usual = {label for _, label in USUAL_SUMS}
    found = []
    for row in rows:
        label, written = row.cleaned_data.get("label", ""), row.cleaned_data.get("amount", "")
        if not written:
            if label and label not in usual:
                row.add_error("amount", f"“{label}”没有金额；不要这一行请把名称也清空。")
            continue
        if not label:
            row.add_error("label", "请写印发名称。")
            continue
        try:
            amount = parse_amount(written, unit=unit)
        except AmountRefused as refusal:
            row.add_error("amount", str(refusal))
        else:
            found.append(PrintedSum(row.cleaned_data["by"], label, amount))
    return found


class CostShareForm(forms.Form):
    """How a sub-project's cost is shared: a standard, what it is multiplied with, and parts per level."""

    sub_project = forms.TypedChoiceField(
        label="项目与子项",
        coerce=int,
        error_messages={"required": "请选项目。", "invalid_choice": "这个子项不在本年度里，请重新选。"},
    )
    kind = _kind()
    amount = _amount(label="标准", help_text="如 300万元（每个）、120元（每人）；可以连单位一起写。")
    unit = _unit()
    indicator = forms.TypedChoiceField(
        label="乘以哪个指标的任务量",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="不选就是每个单位的定额。",
        error_messages={"invalid_choice": "这个指标不在本年度里，请重新选。"},
    )
    document = _document()

    def __init__(self, *args, programme: Programme, share: CostShare | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.items = {row.pk: row for row in plan_items(programme)}
        self.fields["sub_project"].choices = [
            ("", "—"),
            *(
                (str(project), [(row.pk, str(row)) for row in rows])
                for project, rows in groupby(self.items.values(), key=lambda row: row.project)
            ),
        ]
        counted = Indicator.objects.of_programme(programme).filter(kind=Indicator.Kind.NUMBER)
        self.indicators = {row.pk: row for row in counted}
        self.fields["indicator"].choices = [
            ("", "—（每个单位定额）"),
            *(
                (str(project), [(row.pk, f"{row.name}（{row.unit}）") for row in rows])
                for project, rows in groupby(self.indicators.values(), key=lambda row: row.sub_project.project)
            ),
        ]
        self.is_change = share is not None
        if self.is_change:
            for name in ("sub_project", "kind"):
                self.fields[name].disabled = True

    def clean(self):
        """Turn the standard into 元 as soon as its unit is known; a second share of the same money is told."""
        cleaned = super().clean()
        where = {"sub_project": cleaned.get("sub_project"), "kind": cleaned.get("kind")}
        if not self.is_change and all(where.values()) and CostShare.objects.filter(**where).exists():
            self.add_error("sub_project", "这个子项已有分担比例，请到分担比例页点“修改”。")
        if cleaned.get("amount") and cleaned.get("unit"):
            try:
                cleaned["amount"] = parse_amount(cleaned["amount"], unit=cleaned["unit"])
            except AmountRefused as refusal:
                self.add_error("amount", str(refusal))
        return cleaned

    def values(self) -> dict:
        """Return what the service takes, but for the levels."""
        data = self.cleaned_data
        return {
            "sub_project": self.items[data["sub_project"]],
            "kind": data["kind"],
            "amount": data["amount"],
            "indicator": self.indicators.get(data["indicator"]),
            "document": data["document"],
        }


class LevelRow(forms.Form):
    """One level's parts; a row without a level says nothing."""

    source = forms.ChoiceField(
        label="由哪一级出",
        required=False,
        choices=[("", "—"), *(choice for choice in Source.choices if choice[0] != Source.TOTAL)],
        error_messages={"invalid_choice": "请选由哪一级出。"},
    )
    parts = forms.IntegerField(
        label="份数",
        required=False,
        min_value=1,
        max_value=10000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 6}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "份数是 1 到 10000 的整数。"),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label

    def clean(self):
        """Ask for both or neither."""
        cleaned = super().clean()
        if cleaned.get("source") and cleaned.get("parts") is None and "parts" not in self.errors:
            self.add_error("parts", "请填份数。")
        if cleaned.get("parts") is not None and not cleaned.get("source") and "source" not in self.errors:
            self.add_error("source", "请选由哪一级出。")
        return cleaned


LevelRows = forms.formset_factory(LevelRow, extra=0, max_num=12, absolute_max=12)


def read_levels(rows: forms.BaseFormSet) -> list[tuple[str, int]]:
    """Return (source, parts) of the filled rows, in their order."""
    return [(row.cleaned_data["source"], row.cleaned_data["parts"]) for row in rows if row.cleaned_data.get("source")]
