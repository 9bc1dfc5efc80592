"""The form of a visit: fits a phone, works without scripts, comes back filled; the service decides."""

import datetime
import uuid

from django import forms
from django.utils import timezone

from livelihood.access import is_city_office
from livelihood.models import User
from projects.dated_tasks import agencies_of
from projects.milestone_page import day_of
from projects.models import Programme, Project
from supervision.models import Inspection, InspectionFinding
from supervision.rectification.forms import FilesField, day_field, line_field, row_field, text_field
from supervision.services.inspections import TEXT_LENGTH, Seen

PHOTOS = "image/jpeg,image/png"


class InspectionForm(forms.Form):
    """A visit as it is entered; `seen()` is what the service takes."""

    client_key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={"required": "页面不完整，请刷新后再记。", "invalid": "页面不完整，请刷新后再记。"},
    )
    project = row_field("项目")
    participant = row_field("县区")
    place = line_field("点位", 120)
    camera = FilesField(label="拍照", accept=PHOTOS, capture="environment")
    album = FilesField(label="从相册选", accept=PHOTOS)
    reasons = forms.MultipleChoiceField(
        label="发现的问题",
        required=False,
        choices=InspectionFinding.Reason.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "没有这类问题，请从列出的里面选。"},
    )
    text = text_field("情况")
    deadline = day_field("要求整改到")
    agency = row_field("责任单位", empty="由县区负责")
    kind = forms.ChoiceField(
        label="方式",
        choices=Inspection.Kind.choices,
        initial=Inspection.Kind.INSPECTION,
        error_messages={"required": "请选方式。", "invalid_choice": "方式只有督查和暗访。"},
    )
    visited_on = day_field("日期")
    people = line_field("督查人员", 200)
    points = forms.DecimalField(
        label="扣分",
        required=False,
        max_digits=5,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": "扣分是一个数，如 0.5；不扣分请留空。",
            "max_digits": "扣分太大了，请核对。",
            "max_whole_digits": "扣分太大了，请核对。",
            "max_decimal_places": "扣分最多两位小数。",
        },
    )

    def __init__(self, *arguments, programme: Programme, user: User, of: Inspection | None = None, **options):
        super().__init__(*arguments, **options)
        self.fields["project"].queryset = Project.objects.filter(programme=programme).order_by("seq")
        self.fields["participant"].queryset = programme.participants.reporters().order_by("order")
        self.fields["agency"].queryset = _agencies(programme)
        self.fields["text"].max_length = TEXT_LENGTH
        self.fields["text"].widget.attrs |= {"rows": 3, "maxlength": TEXT_LENGTH}
        if not is_city_office(user, programme.owner_id):
            del self.fields["points"]
        start = {
            "client_key": uuid.uuid4(),
            "visited_on": day_of(programme, "", timezone.localdate())[0],
            "people": str(user),
        }
        self.initial = (start if of is None else _of_draft(of)) | self.initial

    def photos(self) -> list:
        """Return the uploads of both fields."""
        return [*self.cleaned_data["camera"], *self.cleaned_data["album"]]

    def seen(self) -> Seen:
        """Return what was entered."""
        names = ("kind", "visited_on", "participant", "project", "place", "people", "text", "deadline", "agency")
        given = self.cleaned_data
        return Seen(
            reasons=tuple(given["reasons"]), points=given.get("points"), **{name: given[name] for name in names}
        )


def _agencies(programme: Programme):
    return agencies_of(programme).select_related("region").order_by("region__order", "order")


def _of_draft(visit: Inspection) -> dict:
    entered = visit.entered
    names = ("client_key", "kind", "visited_on", "participant", "project", "place", "people", "text")
    deadline = entered.get("deadline")
    return {name: getattr(visit, name) for name in names} | {
        "reasons": entered.get("reasons", []),
        "deadline": datetime.date.fromisoformat(deadline) if deadline else None,
        "agency": entered.get("agency"),
        "points": entered.get("points", ""),
    }


class FolderForm(forms.Form):
    """A folder of photos."""

    photos = FilesField(
        label="照片", accept=PHOTOS, required=True, help_text="可以一次选一个文件夹里的全部照片，最多 100 张。"
    )


class PointsForm(forms.Form):
    """How many points a finding takes off."""

    points = InspectionForm.base_fields["points"]
