"""Forms of 考核办法: a version, its rows of components, the months to try it on; they parse, the service decides."""

from decimal import Decimal, InvalidOperation

from django import forms

from livelihood.models import Agency
from projects.models import Indicator, Programme, ReportingPeriod
from supervision.models import ScoringComponent, ScoringScheme
from supervision.pages.line_words import indicator_label
from supervision.scoring.components import K
from supervision.scoring.presets import presets
from supervision.scoring.scheme_draft import ComponentDraft, SchemeDraft, choosable_indicators, chosen_of, kind_choices

#: Blank rows under the components, and how many more come with each press.
SPARE_ROWS = 3


def _number(label: str, *, required: bool = False, places: int = 2, **options) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=required,
        min_value=Decimal(0),
        max_digits=7,
        decimal_places=places,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "aria-label": label}),
        error_messages={
            "required": f"请填{label}。",
            "invalid": f"{label}应是一个数，如 20。",
            "min_value": f"{label}不能小于0。",
            "max_decimal_places": f"{label}最多{places}位小数。",
            "max_digits": f"{label}太大了，请核对。",
            "max_whole_digits": f"{label}太大了，请核对。",
        },
        **options,
    )


class _IndicatorField(forms.ModelMultipleChoiceField):
    """Indicators by number of project and name."""

    def label_from_instance(self, indicator: Indicator) -> str:
        """Return 12 村卫生室·服务人口覆盖率（水平类）."""
        kind = "不考核" if not indicator.assessed else "水平类"
        return f"{indicator.sub_project.project.seq} {indicator_label(indicator)}（{kind}）"


def _indicators(label: str, help_text: str) -> _IndicatorField:
    return _IndicatorField(
        Indicator.objects.none(),
        label=label,
        help_text=help_text,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": "计分指标里有一个不能选，请重新打开页面再选。",
            "invalid_pk_value": "计分指标里有一个不能选，请重新打开页面再选。",
            "invalid_list": "请从列表里选计分指标。",
        },
    )


class SchemeForm(forms.Form):
    """What a version says beside its components."""

    name = forms.CharField(
        label="名称", max_length=100, error_messages={"required": "请填名称。", "max_length": "名称最多 100 字。"}
    )
    effective_from = forms.DateField(
        label="施行日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="截止日在这天及以后的月份按新版算，已封账的不变。",
        error_messages={"required": "请填施行日期。", "invalid": "施行日期写得不对，如 2020-09-01。"},
    )
    source = forms.CharField(
        label="依据文件",
        max_length=200,
        help_text="文号和名称。",
        error_messages={"required": "请填依据文件。", "max_length": "依据文件最多 200 字。"},
    )
    reason = forms.CharField(
        label="制定或修订原因",
        max_length=300,
        error_messages={"required": "请填原因。", "max_length": "原因最多 300 字。"},
    )
    is_points = forms.BooleanField(label="按分值计：权重是分值，不要求合计100（如70分加5分）", required=False)
    counts_part_of = forms.BooleanField(label="其中等本身不考核的数值指标也参加计分和位次", required=False)
    counts_level = forms.BooleanField(label="比率、标准等水平类指标参加计分", required=False)
    taken_in = _indicators("另外参加计分的指标", "不论上面两项怎样选，勾选的都参加。")
    left_out = _indicators("另外不参加计分的指标", "不论上面两项怎样选，勾选的都不参加。")
    min_indicators = forms.IntegerField(
        label="最少考核指标数",
        required=False,
        min_value=0,
        max_value=999,
        help_text="有任务的考核指标不到这么多的单位不排位次；不限填0。",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "invalid": "最少考核指标数应是整数。",
            "min_value": "最少考核指标数不能小于0。",
            "max_value": "最少考核指标数太大了，请核对。",
        },
    )
    base_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    months = forms.MultipleChoiceField(
        label="在哪些月份上试算",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请选至少一个试算的月份。", "invalid_choice": "没有这个填报期。"},
    )

    def __init__(self, *arguments, programme: Programme, **options):
        super().__init__(*arguments, **options)
        self.periods = {row.code: row for row in programme.periods.order_by("-ends_on", "kind")}
        for row in self.periods.values():
            row.programme = programme
        self.fields["months"].choices = [
            (code, f"{row.label}（{row.get_state_display()}）") for code, row in self.periods.items()
        ]
        choosable = choosable_indicators(programme)
        for name in ("taken_in", "left_out"):
            self.fields[name].queryset = choosable
        # A programme without periods yet has nothing to be tried on.
        self.fields["months"].required = bool(self.periods)

    def chosen(self) -> list[ReportingPeriod]:
        """Return the months to try the version on."""
        return [self.periods[code] for code in self.cleaned_data["months"]]


class ComponentForm(forms.Form):
    """One row: a component or a deduction; a row without a name and a kind is blank."""

    code = forms.CharField(widget=forms.HiddenInput, required=False, max_length=30)
    name = forms.CharField(
        label="名称",
        max_length=60,
        error_messages={"required": "请填名称。", "max_length": "名称最多 60 字。"},
        widget=forms.TextInput(attrs={"aria-label": "名称", "autocomplete": "off"}),
    )
    choice = forms.ChoiceField(
        label="计算方式",
        widget=forms.Select(attrs={"aria-label": "计算方式"}),
        error_messages={"required": "请选计算方式。", "invalid_choice": "请从列表里选计算方式。"},
    )
    weight = _number("权重或每次分值", required=True)
    cap = _number("封顶分")
    max_mark = _number("满分")
    agency = forms.ModelChoiceField(
        Agency.objects.none(),
        label="打分部门",
        required=False,
        empty_label="",
        widget=forms.Select(attrs={"aria-label": "打分部门"}),
        error_messages={"invalid_choice": "请从列表里选打分部门。"},
    )
    streak = _number("连续次数", places=0)
    place_points = forms.CharField(
        label="各名次分",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"aria-label": "各名次分", "autocomplete": "off"}),
        error_messages={"max_length": "各名次分最多 60 字。"},
    )

    def __init__(self, *arguments, choices: list[tuple[str, str]], agencies, **options):
        super().__init__(*arguments, **options)
        self.fields["choice"].choices = [("", ""), *choices]
        self.fields["agency"].queryset = agencies

    def clean_place_points(self) -> str:
        """Return 3,1.5,0 however it was separated."""
        text = self.cleaned_data["place_points"].replace("，", ",").replace("、", ",").replace(" ", "")
        try:
            steps = [Decimal(part) for part in text.split(",")] if text else []
        except InvalidOperation:
            steps = None
        if steps is None or not all(step.is_finite() and abs(step) < 1000 for step in steps):
            raise forms.ValidationError("各名次分用逗号分开写，如 3,1.5,0。")
        return text

    def clean(self) -> dict:
        """Hold each kind to what it needs, and drop what belongs to another kind."""
        given = super().clean()
        kind, _, by = given.get("choice", "").partition(":")
        needs = {
            "max_mark": (kind == K.ENTERED, "打分的项要填满分。"),
            "streak": (kind == K.LAST_PLACE, "末位扣分要填连续次数：每次末位都扣填1。"),
            "place_points": (kind == K.YEAR_END, "年末名次加扣分要填各名次分，如 3,1.5,0。"),
        }
        for name, (is_needed, sentence) in needs.items():
            if is_needed and not given.get(name) and name not in self.errors:
                self.add_error(name, sentence)
            if not is_needed:
                given[name] = "" if name == "place_points" else None
        if by != ScoringComponent.MarkedBy.LEAD:
            given["agency"] = None
        return given

    def draft(self) -> ComponentDraft:
        """Return the row as a draft."""
        given = self.cleaned_data
        return ComponentDraft.of_choice(
            given["choice"],
            code=given["code"],
            name=given["name"].strip(),
            weight=given["weight"],
            cap=given["cap"] or Decimal(100),
            max_mark=given["max_mark"],
            agency=given["agency"],
            streak=int(given["streak"]) if given["streak"] else None,
            place_points=given["place_points"],
        )


class _Rows(forms.BaseFormSet):
    """The rows, each with a box to take it out that says so where its column's head is not heard."""

    deletion_widget = forms.CheckboxInput(attrs={"aria-label": "删去这一行"})


ComponentRows = forms.formset_factory(ComponentForm, formset=_Rows, extra=SPARE_ROWS, max_num=60, can_delete=True)


class SchemeEditor:
    """A version being written: the form, its rows, and what becomes of both."""

    def __init__(self, programme: Programme, data=None, *, preset: str = "", more: bool = False):
        self.programme = programme
        self.newest = programme.scoring_schemes.order_by("-version").first()
        self.preset = presets().get(preset)
        options = {
            "choices": kind_choices(programme),
            "agencies": Agency.objects.filter(region=programme.owner_id).order_by("order", "id"),
        }
        if data is None:
            self.form = SchemeForm(initial=self._first(), programme=programme)
            self.rows = ComponentRows(initial=self._rows(), form_kwargs=options, prefix="c")
            return
        if more:
            data = data.copy()
            data["c-TOTAL_FORMS"] = str(min(int(data.get("c-TOTAL_FORMS") or 0) + SPARE_ROWS, 60))
        self.form = SchemeForm(data, programme=programme)
        self.rows = ComponentRows(data, form_kwargs=options, prefix="c")

    def is_valid(self) -> bool:
        """Tell whether both the version and its rows can be read."""
        return all([self.form.is_valid(), self.rows.is_valid()])

    @property
    def kept_rows(self) -> list[ComponentForm]:
        """Return the rows that say something and are not taken out."""
        return [row for row in self.rows if row.has_changed() and not row.cleaned_data.get("DELETE")]

    def draft(self) -> SchemeDraft:
        """Return what was written, once it is valid."""
        given = {name: value for name, value in self.form.cleaned_data.items() if name != "months"}
        for name in ("min_indicators", "base_version"):
            given[name] = given[name] or 0
        for name in ("taken_in", "left_out"):
            given[name] = tuple(given[name])
        return SchemeDraft(components=tuple(row.draft() for row in self.kept_rows), **given)

    def _first(self) -> dict:
        """Return the fields to begin with: those of the version in force, or a preset's."""
        months = list(self.programme.periods.order_by("-ends_on")[:3])
        given = {
            "base_version": self.newest.version if self.newest else 0,
            "counts_level": True,
            "min_indicators": 0,
            "months": [row.code for row in months],
        }
        if self.preset:
            return given | {key: self.preset[key] for key in ("name", "source", "is_points")}
        if self.newest:
            names = ("name", "is_points", "counts_part_of", "counts_level", "min_indicators")
            given |= {name: getattr(self.newest, name) for name in names}
            given |= {name: [row.pk for row in rows] for name, rows in chosen_of(self.newest).items()}
        return given

    def _rows(self) -> list[dict]:
        if self.preset:
            return [_initial(row) for row in self.preset["components"]]
        return [_initial(row) for row in drafts_of(self.newest)] if self.newest else []


def drafts_of(scheme: ScoringScheme) -> list[ComponentDraft]:
    """Return a stored version's components as drafts, in printed order. One query."""
    return [ComponentDraft.of(row) for row in scheme.components.select_related("agency").order_by("id")]


def _initial(row: ComponentDraft) -> dict:
    names = ("code", "name", "choice", "weight", "max_mark", "streak", "place_points", "agency")
    values = {name: getattr(row, name) for name in names} | {"cap": row.cap if row.cap != 100 else None}
    return {
        name: format(value.normalize(), "f") if isinstance(value, Decimal) else value for name, value in values.items()
    }
