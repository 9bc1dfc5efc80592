"""The form of one 考核单位; it parses and cleans, the service decides."""

from django import forms
from django.db.models import Q

from livelihood.models import Agency, Region
from projects.models import Participant, Programme
from projects.services.participants import FIELDS, split_names, stamp_of

NAME = Participant._meta.get_field("printed_name")
CODE = Participant._meta.get_field("code")


def _day_field(label: str, help_text: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=help_text,
        error_messages={"invalid": f"{label}写得不对，如 2020-05-01。"},
    )


class ParticipantForm(forms.Form):
    """A unit of the year: its names in print, what it is, where it belongs, since when and until when."""

    printed_name = forms.CharField(
        label="印发名称",
        max_length=NAME.max_length,
        help_text="通报里怎么写就怎么填。",
        error_messages={"required": "请填印发名称。", "max_length": f"印发名称最多 {NAME.max_length} 字。"},
    )
    short_names = forms.CharField(
        label="简称",
        required=False,
        max_length=400,
        help_text="几个之间用“、”隔开；导入表格时按它们认单位。",
        error_messages={"max_length": "简称太多，请删去几个。"},
    )
    kind = forms.ChoiceField(
        label="类别",
        choices=Participant.Kind.choices,
        initial=Participant.Kind.UNIT,
        error_messages={"required": "请选类别。", "invalid_choice": "没有这个类别，请从列表里选。"},
    )
    ranked = forms.BooleanField(
        label="参加综合排名",
        required=False,
        initial=True,
        help_text="本级和全域不参加；不参加的单位，单项照样排位次。",
    )
    region = forms.ModelChoiceField(
        label="行政区划",
        queryset=Region.objects.none(),
        required=False,
        empty_label="（没有）",
        error_messages={"invalid_choice": "没有这个行政区划，请从列表里选。"},
    )
    agency = forms.ModelChoiceField(
        label="本单位",
        queryset=Agency.objects.none(),
        required=False,
        empty_label="（没有）",
        help_text="医院、园区等没有行政区划的，选它自己；县区可以选县里的主管单位。",
        error_messages={"invalid_choice": "没有这个单位，请从列表里选。"},
    )
    joins_on = _day_field("加入日期", "年初就在的不填。这一天以前的月份没有它的月报、位次和个数。")
    leaves_on = _day_field("退出日期", "一直在的不填。月末晚于这一天的月份不再有它。")
    code = forms.CharField(
        label="代码",
        required=False,
        max_length=CODE.max_length,
        help_text="不填就用行政区划代码，没有的由系统编。",
        error_messages={"max_length": f"代码最多 {CODE.max_length} 位。"},
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments, programme: Programme, of: Participant | None = None, **options):
        if of is not None:
            options["initial"] = {name: getattr(of, name) for name in FIELDS}
            options["initial"] |= {"short_names": "、".join(of.short_names), "seen": stamp_of(of)}
        super().__init__(*arguments, **options)
        owner = programme.owner_id
        below = Q(pk=owner) | Q(parent=owner) | Q(parent__parent=owner)
        regions = Region.objects.filter(below | Q(pk=of.region_id if of else None)).order_by("code")
        self.fields["region"].queryset = regions
        agencies = Agency.objects.filter(Q(region__in=regions.values("pk")) | Q(pk=of.agency_id if of else None))
        self.fields["agency"].queryset = agencies.order_by("region__code", "order", "name")
        kinds = Participant.Kind
        if of is None or of.kind != kinds.WHOLE:
            has_whole = programme.participants.filter(kind=kinds.WHOLE).exists()
            choices = [choice for choice in kinds.choices if not (has_whole and choice[0] == kinds.WHOLE)]
            self.fields["kind"].widget.choices = choices

    def clean_short_names(self) -> list[str]:
        """Return the names one by one."""
        return split_names(self.cleaned_data["short_names"])
