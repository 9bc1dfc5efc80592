"""督查 and 暗访: the page a person fills on the spot, drafts, a folder of photos, the list, one visit."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from livelihood.access import NotAllowed, Role, access_of, is_city_office
from livelihood.formats import format_number
from livelihood.services import Refused
from projects.models import Programme
from supervision.models import Inspection, InspectionFinding, InspectionPhoto
from supervision.rectification.inspection_form import FolderForm, InspectionForm, PointsForm
from supervision.rectification.photo_doubts import doubts_of
from supervision.rectification.programmes import programme_context, requested_programme
from supervision.rectification.rights import INSPECTING, may_inspect
from supervision.services import inspections as services

LINES = 50
NOT_INSPECTING = "督查记录由民生办、督查人员和特邀监督员登记。"


@require_safe
def inspection_list(request: HttpRequest) -> HttpResponse:
    """List the visits the reader sees, own drafts first; ?reason= and ?unit= choose."""
    programme = requested_programme(request)
    seen = Inspection.objects.visible_to(request.user).filter(programme=programme).with_names()
    reason, unit = request.GET.get("reason", ""), request.GET.get("unit", "")
    recorded = seen.filter(state=Inspection.State.RECORDED)
    if reason in InspectionFinding.Reason.values:
        recorded = recorded.filter(findings__reason=reason)
    if unit:
        recorded = recorded.filter(participant__code=unit)
    page = Paginator(recorded.prefetch_related("findings__rectification", "photos"), LINES).get_page(
        request.GET.get("page")
    )
    context = programme_context(request, programme) | {
        "page": page,
        "drafts": seen.filter(state=Inspection.State.DRAFT, added_by=request.user).annotate(
            kept=Count("photos", filter=Q(photos__removed_at=None))
        ),
        "reasons": InspectionFinding.Reason.choices,
        "reason": reason,
        "unit": unit,
        "units": programme.participants.reporters().order_by("order"),
        "may_inspect": may_inspect(request.user, programme),
        "is_reader": bool(access_of(request.user).has(*INSPECTING, Role.LEADER)),
        "new": f"{reverse('supervision:inspection-new')}?programme={programme.code}",
        "folder": f"{reverse('supervision:inspection-folder')}?programme={programme.code}",
    }
    return render(request, "supervision/inspections/list.html", context)


@require_http_methods(["GET", "POST"])
def inspection_new(request: HttpRequest) -> HttpResponse:
    """Record a visit; without scripts a plain form, with them photos and words outlive a lost network."""
    programme = requested_programme(request)
    _require_inspecting(request, programme)
    return _form_page(request, programme, None)


@require_http_methods(["GET", "POST"])
def inspection_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with one's own draft."""
    visit = _seen(request, pk)
    _require_inspecting(request, visit.programme)
    if visit.added_by_id != request.user.pk:
        raise NotAllowed("这条督查记录不是您记的，不能改。")
    if visit.state != Inspection.State.DRAFT:
        if request.method == "POST":
            # Sent again because no answer came.
            return _answer(request, visit)
        return redirect("supervision:inspection-detail", pk)
    return _form_page(request, visit.programme, visit)


@require_http_methods(["GET", "POST"])
def inspection_folder(request: HttpRequest) -> HttpResponse:
    """Make drafts of a folder of photos, grouped by when and where they were taken."""
    programme = requested_programme(request)
    _require_inspecting(request, programme)
    form = FolderForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            drafts, left_out = services.drafts_of_folder(
                programme=programme, photos=form.cleaned_data["photos"], by=request.user
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"照片按拍摄时间和地点分成 {len(drafts)} 条草稿，请逐条补全后保存。")
            if left_out:
                messages.warning(request, f"没有收 {len(left_out)} 个文件：{_listed(left_out)}")
            return redirect(f"{reverse('supervision:inspection-list')}?programme={programme.code}")
    context = programme_context(request, programme) | {"form": form}
    return render(request, "supervision/inspections/folder.html", context, status=422 if form.is_bound else 200)


def _listed(sentences: list[str]) -> str:
    """Return the first sentences as one."""
    return "；".join(sentence.rstrip("。") for sentence in sentences[:5]) + ("等。" if len(sentences) > 5 else "。")


@require_http_methods(["GET", "POST"])
def inspection_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a visit with its photos and findings; POST sets a finding's points."""
    visit = _seen(request, pk)
    if visit.state == Inspection.State.DRAFT and request.method == "GET":
        return redirect("supervision:inspection-edit", pk)
    form = PointsForm(request.POST or None)
    if request.method == "POST":
        if not is_city_office(request.user, visit.programme.owner_id):
            raise NotAllowed(f"扣分由{visit.programme.owner.office_word}定。")
        finding = visit.findings.first()
        if finding is None:
            messages.error(request, "这次督查没有发现问题，没有可以扣分的。")
            return redirect("supervision:inspection-detail", pk)
        if form.is_valid():
            try:
                services.set_points(finding=finding, points=form.cleaned_data["points"], by=request.user)
            except Refused as refusal:
                form.add_error("points", str(refusal))
            else:
                messages.success(request, "扣分已存，下一版快照起计入。")
                return redirect("supervision:inspection-detail", pk)
    finding = visit.findings.select_related("rectification").first()
    if not form.is_bound and finding is not None:
        form = PointsForm(initial={"points": "" if finding.points is None else format_number(finding.points)})
    photos = [row.file for row in visit.photos.filter(removed_at=None).select_related("file__uploaded_by")]
    context = programme_context(request, visit.programme) | {
        "visit": visit,
        "photos": photos,
        "doubts": doubts_of(visit.visited_on, photos),
        "finding": finding,
        "also": [InspectionFinding.Reason(reason).label for reason in finding.also] if finding else [],
        "item": finding.rectification if finding else None,
        "form": form,
        "is_office": is_city_office(request.user, visit.programme.owner_id),
    }
    return render(request, "supervision/inspections/detail.html", context, status=422 if form.is_bound else 200)


@require_POST
def photo_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a photo out of one's own draft."""
    photo = get_object_or_404(
        InspectionPhoto.objects.filter(inspection__in=Inspection.objects.visible_to(request.user)).select_related(
            "file"
        ),
        pk=pk,
    )
    try:
        services.remove_photo(photo=photo, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已移除照片 {photo.file.name}。")
    return redirect("supervision:inspection-edit", photo.inspection_id)


def _form_page(request: HttpRequest, programme: Programme, visit: Inspection | None) -> HttpResponse:
    """Show the form, or keep what it says: first as a draft with its photos, then as a record."""
    if request.method != "POST":
        return _show(request, programme, InspectionForm(programme=programme, user=request.user, of=visit), visit)
    form = InspectionForm(request.POST, request.FILES, programme=programme, user=request.user)
    is_draft = request.POST.get("step") == "draft"
    if form.is_valid():
        common = {"programme": programme, "client_key": form.cleaned_data["client_key"], "by": request.user}
        try:
            # What is kept is kept: a record that lacks something stays as a draft, with its photos.
            visit = services.save_inspection(seen=form.seen(), photos=form.photos(), is_draft=True, **common)
            if not is_draft:
                visit = services.save_inspection(seen=form.seen(), is_draft=False, **common)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _answer(request, visit)
    if _is_script(request):
        return JsonResponse({"errors": _sentences(form)}, status=422)
    return _show(request, programme, form, visit)


def _answer(request: HttpRequest, visit: Inspection) -> HttpResponse:
    """Say what became of it and lead on."""
    finding = visit.findings.select_related("rectification").first()
    if visit.state == Inspection.State.DRAFT:
        said = "草稿已存。"
    elif finding is None:
        said = "督查记录已保存，没有发现问题。"
    else:
        said = f"督查记录已保存，问题已列入{finding.rectification}。"
    messages.success(request, said)
    url = f"{reverse('supervision:inspection-list')}?programme={visit.programme.code}"
    return JsonResponse({"url": url, "said": said}) if _is_script(request) else redirect(url)


def _show(request: HttpRequest, programme: Programme, form: InspectionForm, visit: Inspection | None) -> HttpResponse:
    photos = list(visit.photos.filter(removed_at=None).select_related("file")) if visit else []
    context = programme_context(request, programme) | {
        "form": form,
        "visit": visit,
        "photos": photos,
        "doubts": doubts_of(visit.visited_on, [photo.file for photo in photos]) if visit else [],
        "back": f"{reverse('supervision:inspection-list')}?programme={programme.code}",
    }
    return render(request, "supervision/inspections/form.html", context, status=422 if form.is_bound else 200)


def _sentences(form: InspectionForm) -> list[str]:
    return [sentence for errors in form.errors.values() for sentence in errors]


def _is_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _require_inspecting(request: HttpRequest, programme: Programme) -> None:
    if not may_inspect(request.user, programme):
        raise NotAllowed(NOT_INSPECTING)


def _seen(request: HttpRequest, pk: int) -> Inspection:
    return get_object_or_404(Inspection.objects.visible_to(request.user).with_names(), pk=pk)
