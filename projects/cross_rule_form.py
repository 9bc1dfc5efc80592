"""The form of a 勾稽关系: its fields and eight rows a side; parses and cleans, never saves."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby

from django import forms

from livelihood.services import Refused
from projects.cross_rules import MOST_TERMS, Term, terms_of
from projects.models import CrossRule, CrossTerm, Indicator, Programme
from projects.values import ValueRefused, parse_number

#: Rows shown at once; the others are folded away.
FIRST_ROWS = 3
SIDE_WORDS = dict(CrossTerm.Side.choices)


class CrossRuleForm(forms.Form):
    """Name, comparison, tolerance, explanation, and terms left and right (`left-1-indicator`, `left-1-factor` …)."""

    name = forms.CharField(
        label="名称",
        max_length=100,
        help_text="填报人会看到，如“培训合计等于各类人数之和”。",
        error_messages={"required": "请填勾稽关系的名称。", "max_length": "名称最多 100 字。"},
    )
    comparison = forms.ChoiceField(
        label="关系",
        choices=[("eq", "左边 ＝ 右边"), ("le", "左边 ≤ 右边"), ("ge", "左边 ≥ 右边")],
        error_messages={"required": "请选等于、不大于或不小于。", "invalid_choice": "请选等于、不大于或不小于。"},
    )
    tolerance = forms.CharField(
        label="允许相差",
        required=False,
        initial="0",
        max_length=60,
        help_text="差在这以内不提示",
    )
    explanation = forms.CharField(
        label="说明",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=300,
        help_text="写给填报人：为什么应当如此，不符时怎么办。",
        error_messages={"max_length": "说明最多 300 字。"},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, programme: Programme, **kwargs):
        super().__init__(*args, **kwargs)
        self.programme = programme
        self.indicators = {row.pk: row for row in _indicators(programme)}
        choices = list(_choices(self.indicators.values()))
        for side, word in SIDE_WORDS.items():
            for nth in range(1, MOST_TERMS + 1):
                self.fields[f"{side}-{nth}-indicator"] = forms.TypedChoiceField(
                    label=f"{word}边第 {nth} 项",
                    choices=choices,
                    widget=forms.Select(attrs={"class": "form-select"}),
                    coerce=int,
                    empty_value=None,
                    required=False,
                    error_messages={"invalid_choice": f"{word}边第 {nth} 项不是“{programme.name}”的指标，请重新选。"},
                )
                self.fields[f"{side}-{nth}-factor"] = forms.CharField(
                    label=f"{word}边第 {nth} 项的系数",
                    required=False,
                    initial="1",
                    max_length=60,
                    widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
                )

    @classmethod
    def of(cls, rule: CrossRule) -> "CrossRuleForm":
        """Return the unbound form that shows a stored rule."""
        initial = {
            "name": rule.name,
            "comparison": rule.comparison,
            "tolerance": f"{rule.tolerance.normalize():f}",
            "explanation": rule.explanation,
            "version": rule.version,
        }
        for side in SIDE_WORDS:
            for nth, term in enumerate((term for term in terms_of(rule) if term.side == side), start=1):
                initial |= {
                    f"{side}-{nth}-indicator": term.indicator.pk,
                    f"{side}-{nth}-factor": f"{term.factor.normalize():f}",
                }
        return cls(programme=rule.programme, initial=initial)

    def sides(self) -> list[dict]:
        """Return, per side, its rows for the page: those shown at once and those folded away."""
        found = []
        for side, word in SIDE_WORDS.items():
            rows = [
                {"indicator": self[f"{side}-{nth}-indicator"], "factor": self[f"{side}-{nth}-factor"]}
                for nth in range(1, MOST_TERMS + 1)
            ]
            used = max(
                (nth for nth, row in enumerate(rows, 1) if row["indicator"].value() or row["factor"].errors), default=0
            )
            shown = max(FIRST_ROWS, used)
            found.append({"word": word, "shown": rows[:shown], "more": rows[shown:]})
        return found

    def clean_tolerance(self) -> Decimal:
        """Return the tolerance as an exact number."""
        return self._number("tolerance", CrossRule._meta.get_field("tolerance"), "允许相差", empty=Decimal(0))

    def clean(self):
        """Collect the terms; every row that is wrong says so beside itself."""
        terms, seen = [], set()
        for side, word in SIDE_WORDS.items():
            count = 0
            for nth in range(1, MOST_TERMS + 1):
                name = f"{side}-{nth}-indicator"
                pk = self.cleaned_data.get(name)
                if name in self.errors:
                    count += 1
                if pk is None:
                    continue
                count += 1
                if pk in seen:
                    self.add_error(name, f"“{self.indicators[pk].name}”已经选过，同一指标只能用一次；要加倍请改系数。")
                seen.add(pk)
                if (factor := self._factor(side, nth)) is not None:
                    terms.append(Term(side, self.indicators[pk], factor))
            if not count:
                self.add_error(None, f"{word}边还没有指标，至少选一个。")
        self.cleaned_data["terms"] = terms
        return self.cleaned_data

    def _factor(self, side: str, nth: int) -> Decimal | None:
        """Return a row's factor, or None after saying what is wrong with it."""
        name, column = f"{side}-{nth}-factor", CrossTerm._meta.get_field("factor")
        try:
            factor = self._number(name, column, "系数", empty=Decimal(1), allow_negative=True)
        except forms.ValidationError as error:
            self.add_error(name, error)
            return None
        if not factor:
            self.add_error(name, "系数不能为 0；不用这一项就把指标选成空。")
            return None
        return factor

    def _number(self, name: str, column, word: str, *, empty: Decimal, allow_negative: bool = False) -> Decimal:
        """Read a number that the column holds exactly; raise ValidationError with one sentence."""
        try:
            read = parse_number(
                self.cleaned_data.get(name) or "", decimals=column.decimal_places, allow_negative=allow_negative
            )
        except ValueRefused as refusal:
            raise forms.ValidationError(
                str(refusal).replace("这个指标", word).replace("；没有数就留空", "")
            ) from refusal
        if read.state == "no_task":
            raise forms.ValidationError(f"{word}要填数字。")
        value = empty if read.value is None else read.value
        whole = column.max_digits - column.decimal_places
        if abs(value) >= Decimal(10) ** whole:
            raise forms.ValidationError(f"{word}太大：小数点前最多 {whole} 位。")
        return value

    def values(self) -> dict:
        """Return what the services take."""
        return {key: self.cleaned_data[key] for key in ("name", "comparison", "tolerance", "explanation", "terms")}


def refuse(form: CrossRuleForm, refusal: Refused) -> None:
    """Show on top of the form what the service refused."""
    form.add_error(None, str(refusal))


def _indicators(programme: Programme):
    """Return the programme's indicators that have numbers, in printed order."""
    return Indicator.objects.of_programme(programme).exclude(kind=Indicator.Kind.TEXT)


def _choices(indicators) -> Iterator[tuple]:
    """Yield the choices of a picker, grouped by project: 县乡公路大中修里程（公里）."""
    yield "", "—"
    for project, rows in groupby(indicators, key=lambda row: row.sub_project.project):
        yield str(project), [(row.pk, _label(row)) for row in rows]


def _label(indicator: Indicator) -> str:
    sub_project = f"{indicator.sub_project.name}：" if indicator.sub_project.name else ""
    return f"{sub_project}{indicator.name}（{indicator.unit}）"
