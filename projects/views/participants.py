"""考核单位: the units of the year, their official order, names, and days in force."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from livelihood.access import require_city_office
from livelihood.services import Refused
from projects.models import Participant, Programme
from projects.participant_forms import ParticipantForm
from projects.participant_page import ParticipantPage
from projects.services import participants as services


@require_http_methods(["GET", "POST"])
def participant_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show the units in official order; the office types other numbers or moves one up or down."""
    programme = _programme(request, code)
    page = ParticipantPage(programme, request.user, typed=request.POST if request.method == "POST" else None)
    wrong = ""
    if request.method == "POST":
        require_city_office(request.user, programme.owner_id)
        orders = page.typed_orders()
        wrong = "；".join(page.faults.values())
        try:
            if orders is not None:
                services.order_participants(programme=programme, orders=orders, seen=page.seen, by=request.user)
        except Refused as refusal:
            wrong = str(refusal)
        if not wrong:
            messages.success(request, "次序已存。")
            return redirect("projects:participant-list", code)
    context = {"programme": programme, "is_demo": programme.is_demo, "page": page, "rows": page.rows(), "wrong": wrong}
    return render(request, "projects/participant_list.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "POST"])
def participant_new(request: HttpRequest, code: str) -> HttpResponse:
    """Add a unit at the end of the order."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    form = ParticipantForm(request.POST or None, programme=programme)
    if request.method == "POST" and form.is_valid():
        fields = _without_seen(form)
        try:
            participant = services.add_participant(programme=programme, by=request.user, **fields)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已增加{participant.printed_name}，排在第 {participant.order}。")
            return redirect("projects:participant-list", code)
    return _form_page(request, programme, form, None)


@require_http_methods(["GET", "POST"])
def participant_change(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Change what is said of one unit."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    participant = _participant(programme, pk)
    form = ParticipantForm(request.POST or None, programme=programme, of=participant)
    if request.method == "POST" and form.is_valid():
        seen, fields = form.cleaned_data["seen"], _without_seen(form)
        try:
            services.change_participant(participant=participant, seen=seen, by=request.user, **fields)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已改好：{fields['printed_name']}。")
            return redirect("projects:participant-list", code)
    return _form_page(request, programme, form, participant)


@require_POST
def participant_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take a unit off the list."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    participant = _participant(programme, pk)
    seen = request.POST.get("seen", "")
    try:
        services.remove_participant(participant=participant, seen=seen, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已删去{participant.printed_name}。")
    return redirect("projects:participant-list", code)


def _programme(request: HttpRequest, code: str) -> Programme:
    return get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)


def _participant(programme: Programme, pk: int) -> Participant:
    found = programme.participants.select_related("region", "agency", "programme__owner")
    return get_object_or_404(found, pk=pk)


def _without_seen(form: ParticipantForm) -> dict:
    return {name: value for name, value in form.cleaned_data.items() if name != "seen"}


def _form_page(
    request: HttpRequest, programme: Programme, form: ParticipantForm, participant: Participant | None
) -> HttpResponse:
    context = {
        "programme": programme,
        "is_demo": programme.is_demo,
        "form": form,
        "participant": participant,
        "stamp": services.stamp_of(participant) if participant else "",
    }
    return render(request, "projects/participant_form.html", context, status=422 if form.is_bound else 200)
