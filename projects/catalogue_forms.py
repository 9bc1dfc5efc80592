"""Forms of a year's list; they parse and clean, the services decide. Fields, lengths and choices are the models'."""

import datetime
import re

from django import forms
from django.core import signing
from django.core.validators import MaxLengthValidator, MaxValueValidator
from django.forms.models import fields_for_model

from livelihood.access import Role, access_of
from livelihood.models import Agency, Region, User
from projects.models import Indicator, PaperConflict, Programme, Project, SubProject
from projects.services.catalogue_edit import HIGHEST_SEQ
from projects.services.catalogue_edit_rules import EDITABLE, label_of, noted, text_fault, words_with

#: Addresses of this site that a code would hide.
TAKEN = {"new", "import", "template"}
SALT = "projects.catalogue"
BASIS = {"number": ("文号", 60), "title": ("标题", 200), "dated_on": ("日期", 10), "issuer": ("发文单位", 60)}
#: More than any number, order or year is.
LARGEST = 9999
#: Rows for further documents.
BLANK_ROWS = 2


def sealed(words: dict) -> str:
    """Return what a person sees, to be posted back with the form."""
    return signing.dumps(words, salt=SALT, compress=True)


def unsealed(text: str | None) -> dict:
    """Return what a person saw; nothing where the text is not ours, which no row's words equal."""
    try:
        found = signing.loads(text or "", salt=SALT)
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


class CatalogueForm(forms.Form):
    """A form with a model's own fields; what is wrong says which field, how long and how long it may be."""

    model: type
    names: tuple[str, ...] = ()

    def __init__(self, *arguments, row=None, **options):
        self.row = row
        if row is not None:
            options["initial"] = {**self._initial(row), **options.get("initial", {})}
        super().__init__(*arguments, **options)
        own = dict(self.fields)
        model_fields = fields_for_model(self.model, fields=self.names)
        self.fields = {name: own.get(name) or model_fields[name] for name in [*self.names, *set(own) - {*self.names}]}
        for field in self.fields.values():
            _speak(field)

    def _initial(self, row) -> dict:
        return {name: getattr(row, name) for name in self.names if not row._meta.get_field(name).many_to_many}

    @property
    def seen(self) -> dict:
        """Return what the person saw of the row, as posted back."""
        return unsealed(self.data.get("seen"))

    @property
    def seal(self) -> str:
        """Return what the row says now."""
        return sealed(noted(self.row)) if self.row is not None else ""

    def clean(self):
        """Refuse characters nobody sees."""
        values = super().clean()
        for name, value in list(values.items()):
            if isinstance(value, str) and (fault := text_fault(value)):
                self.add_error(name, f"{self.fields[name].label}{fault}")
        return values

    def take_news(self) -> None:
        """Let the next save be about the row as it is now; what this person left alone takes another's value."""
        typed, seen = words_with(self.row, self.cleaned_data), self.seen
        self.row = type(self.row).objects.get(pk=self.row.pk)
        now, initial, data = noted(self.row), self._initial(self.row), self.data.copy()
        for name in self.names:
            label = label_of(self.row, name)
            if not seen.get(label) == typed[label] != now[label]:
                continue
            value = self.fields[name].prepare_value(initial[name])
            if value is None or value is False:
                data.pop(name, None)
            else:
                data[name] = "on" if value is True else str(value)
        self.data = data

    def focus_first_error(self) -> None:
        """Put the keyboard on the first field that is wrong."""
        for name in self.fields:
            if self.errors.get(name):
                self.fields[name].widget.attrs["autofocus"] = True
                return


class ProgrammeForm(CatalogueForm):
    """A year's facts, without its code, owner and year, which stay."""

    model = Programme
    names = EDITABLE[Programme][:-1]

    def __init__(self, *arguments, row: Programme | None = None, **options):
        super().__init__(*arguments, row=row, **options)
        if row is not None:
            self.fields["office"].queryset = Agency.objects.filter(region=row.owner_id)


class NewProgrammeForm(ProgrammeForm):
    """All facts of a new year's list."""

    names = ("code", "name", "kind", "owner", "office", "year", *EDITABLE[Programme][3:-1])

    def __init__(self, *arguments, user: User, **options):
        super().__init__(*arguments, **options)
        regions = Region.objects.filter(pk__in=access_of(user).region_ids(Role.CITY_OFFICE))
        self.fields["owner"].queryset = regions
        self.fields["office"].queryset = Agency.objects.filter(region__in=regions).select_related("region")
        self.fields["code"].help_text = "地址里用，小写字母、数字和连字符，如 fuyang-2020；定下以后不能改。"
        if len(regions) == 1:
            self.fields["owner"].initial = regions[0]

    def clean_code(self) -> str:
        """Refuse what cannot stand in an address."""
        code = self.cleaned_data["code"]
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", code) or code in TAKEN:
            words = "代码只用小写字母、数字和连字符，如 fuyang-2020；不能是 new、import、template。"
            raise forms.ValidationError(words)
        return code

    def clean_year(self) -> int:
        """Refuse a year nobody can mean."""
        year = self.cleaned_data["year"]
        if not 2000 <= year <= 2100:
            raise forms.ValidationError(f"年度应为2000至2100，现为{year}。")
        return year


class ProjectForm(CatalogueForm):
    """A project."""

    model = Project
    names = EDITABLE[Project]

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.fields["seq"].help_text = f"1至{HIGHEST_SEQ}；几项要换位置，用“调整序号”。"
        self.fields["text"].widget = forms.Textarea(attrs={"rows": 3})
        self.fields["text"].max_length = 2000
        _limit(self.fields["text"], 2000)


class SubProjectForm(CatalogueForm):
    """A sub-project with its six responsibility fields."""

    model = SubProject
    names = EDITABLE[SubProject]

    supporting_agencies = forms.CharField(
        label="配合单位",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="几个单位用顿号或换行分开，可以从文件里粘贴；写全称，如 市财政局、市水务局。",
    )

    def __init__(self, *arguments, programme: Programme, **options):
        super().__init__(*arguments, **options)
        self.agencies = Agency.objects.filter(region=programme.owner_id)
        self.fields["lead_agency"].queryset = self.agencies
        self.fields["name"].help_text = "只有一个子项时可以不写。"
        self.fields["due_on"].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        self.fields["city_leader"].label = f"{programme.owner.level_word}责任领导"
        for name in ("city_leader", "department_leader"):
            self.fields[name].help_text = "写职务，如“市政府副市长”，不写姓名。"
        _order(self.fields["order"], "子项")

    def _initial(self, row: SubProject) -> dict:
        names = row.supporting_agencies.values_list("name", flat=True)
        return super()._initial(row) | {"supporting_agencies": "、".join(names)}

    def clean_supporting_agencies(self) -> list[Agency]:
        """Return the agencies named; a missing one is said as a workbook's is."""
        names = list(dict.fromkeys(filter(None, re.split(r"[、，,；;\s]+", self.cleaned_data["supporting_agencies"]))))
        found = {row.name: row for row in self.agencies.filter(name__in=names)}
        if missing := [name for name in names if name not in found]:
            raise forms.ValidationError([f"责任单位不存在：{name[:40]}。" for name in missing[:10]])
        return [found[name] for name in names]


class IndicatorForm(CatalogueForm):
    """An indicator with all its columns."""

    model = Indicator
    names = EDITABLE[Indicator]

    def __init__(self, *arguments, sub_project: SubProject, **options):
        super().__init__(*arguments, **options)
        siblings = sub_project.indicators.order_by("order", "id")
        helps = {"part_of": "同一子项里；其中项只报数，不考核。", "base": "它无任务，比率也无任务。"}
        for name, words in helps.items():
            self.fields[name].queryset = siblings
            self.fields[name].help_text = words
        self.fields["tolerance"].help_text = "方向为“左右”时的幅度，0.05 即 5%。"
        self.fields["additive"].help_text = "各单位相加就是全域的数；比率和标准不能加总。"
        self.fields["tolerance"].required = False
        self.fields["tolerance"].widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        _order(self.fields["order"], "指标")

    def _initial(self, row: Indicator) -> dict:
        return super()._initial(row) | {"tolerance": f"{row.tolerance.normalize():f}"}

    def clean_tolerance(self):
        """Take a blank for the usual 5 %."""
        value = self.cleaned_data["tolerance"]
        return Indicator._meta.get_field("tolerance").to_python("0.05") if value is None else value


class ConflictForm(CatalogueForm):
    """Where two papers say different things."""

    model = PaperConflict
    names = EDITABLE[PaperConflict]

    def __init__(self, *arguments, programme: Programme, **options):
        super().__init__(*arguments, **options)
        self.fields["project"].queryset = programme.projects.order_by("seq")
        self.fields["project"].help_text = "不选就是整个年度的。"
        self.fields["taken"].help_text = "没有定的可以不写；两处的写法都照样留着。"


class BasisRows:
    """依据文件: the rows of the papers a year stands on, to add to, change and take from."""

    def __init__(self, basis: list[dict], data=None):
        self.basis, self.data, self.fault, self.fault_row = basis, data, "", None
        count = len(basis) + BLANK_ROWS
        if data is not None:
            given = data.get("basis-count", "")
            count = min(int(given), 200) if given.isascii() and given.isdigit() else count
        self.rows = [self._row(index) for index in range(count)]

    def _row(self, index: int) -> list[dict]:
        kept = self.basis[index] if index < len(self.basis) else {}
        cells = []
        for key, (label, length) in BASIS.items():
            name = f"basis-{index}-{key}"
            value = kept.get(key, "") if self.data is None else self.data.get(name, "").strip()
            cells.append({"key": key, "name": name, "label": label, "length": length, "value": value or ""})
        return cells

    def cleaned(self) -> list[dict] | None:
        """Return the papers, blank rows left out; None where one is wrong (`fault` says which)."""
        found = []
        for index, row in enumerate(self.rows):
            values = {cell["key"]: cell["value"] for cell in row if cell["value"]}
            if not values:
                continue
            self.fault = _basis_fault(index + 1, row, values)
            if self.fault:
                self.fault_row = index
                return None
            others = self.basis[index] if index < len(self.basis) else {}
            found.append({key: value for key, value in others.items() if key not in BASIS} | values)
        return found


def _basis_fault(number: int, row: list[dict], values: dict) -> str:
    """Return what is wrong with one paper, as a sentence."""
    if not values.get("title"):
        return f"依据文件第{number}行没有写标题。"
    for cell in row:
        if len(cell["value"]) > cell["length"]:
            return f"依据文件第{number}行的{cell['label']}最多{cell['length']}字，现在{len(cell['value'])}字。"
        if fault := text_fault(cell["value"]):
            return f"依据文件第{number}行的{cell['label']}{fault}"
    if day := values.get("dated_on"):
        try:
            datetime.date.fromisoformat(day)
        except ValueError:
            return f"依据文件第{number}行的日期“{day}”写得不对，如 2020-06-01。"
    return ""


def _speak(field: forms.Field) -> None:
    """Give a field of a model the sentences a person understands."""
    label = field.label
    field.error_messages |= {
        "required": f"{'请选' if isinstance(field, forms.ChoiceField) else '请填'}{label}。",
        "invalid": f"{label}写得不对，请核对。",
        "invalid_choice": f"{label}没有这个选项，请从列表里选。",
    }
    if isinstance(field, forms.ModelChoiceField):
        field.empty_label = "—"
    elif isinstance(field, forms.ChoiceField):
        field.choices = [(value, words if value else "—") for value, words in field.choices]
    if isinstance(field, forms.CharField) and field.max_length:
        _limit(field, field.max_length)
    if isinstance(field, forms.IntegerField) and not isinstance(field, forms.DecimalField):
        field.validators.append(MaxValueValidator(LARGEST))
    if isinstance(field, (forms.IntegerField, forms.DecimalField)):
        field.error_messages |= {
            "invalid": f"{label}是一个数。",
            "min_value": f"{label}不能小于 %(limit_value)s。",
            "max_value": f"{label}不能大于 %(limit_value)s。",
            "max_digits": f"{label}位数太多。",
            "max_decimal_places": f"{label}最多 %(max)s 位小数。",
            "max_whole_digits": f"{label}太大了。",
        }
        for validator in field.validators:
            if getattr(validator, "code", "") in field.error_messages:
                validator.message = field.error_messages[validator.code]


def _limit(field: forms.CharField, length: int) -> None:
    """Say the length and the limit; what the person typed stays in the field, whatever the browser would cut."""
    words = f"{field.label}最多{length}字，现在%(show_value)s字。"
    field.error_messages["max_length"] = words
    has_one = False
    for validator in field.validators:
        if getattr(validator, "code", "") == "max_length":
            validator.message, has_one = words, True
    if not has_one:
        field.validators.append(MaxLengthValidator(length, words))
    field.widget.attrs.pop("maxlength", None)


def _order(field: forms.IntegerField, what: str) -> None:
    field.required = False
    field.help_text = f"小的在前；空着就排在最后一个{what}后面。"
