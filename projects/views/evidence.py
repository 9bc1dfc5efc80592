"""佐证: files beside a cell, added, delivered as attachments, taken back."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from livelihood.services import Refused
from projects import rights
from projects.cell_key import Key, key_text
from projects.evidence_files import ENDINGS
from projects.models import Evidence, Report
from projects.parts import Place, places
from projects.services import evidence as services
from projects.views.reports import get_report


@require_POST
def evidence_add(request: HttpRequest, pk: int, key: Key) -> HttpResponse:
    """Keep the uploaded `file` beside the cell."""
    report = get_report(request, pk)
    place = get_place(request, report, key)
    upload = request.FILES.get("file")
    try:
        services.require_own(report, place.participant_id, place.sub_project_id, request.user)
        if upload is None:
            raise Refused("请先选择一个文件，再上传。")
        kept = services.add_evidence(report=report, place=place, upload=upload, name=upload.name, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已上传佐证 {kept.file_name}。")
    return _back(report, key)


@require_GET
def evidence_download(request: HttpRequest, pk: int) -> HttpResponse:
    """Deliver the file as an attachment of a harmless type; a browser never opens it inside the site."""
    evidence = _get(request, pk)
    ending = f".{evidence.file.name.rsplit('.', 1)[-1]}"
    try:
        file = evidence.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("文件不在了，请联系系统管理员。") from error
    response = FileResponse(file, as_attachment=True, filename=evidence.file_name, content_type=ENDINGS[ending][1])
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@require_POST
def evidence_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the file back."""
    evidence = _get(request, pk)
    try:
        services.remove_evidence(evidence=evidence, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已移除佐证 {evidence.file_name}，记录里仍有。")
    return _back(evidence.report, evidence.key)


def get_place(request: HttpRequest, report: Report, key: Key) -> Place:
    """Return where the cell stands if it is one of the report and the user sees it; else 404."""
    place = places(report, [key]).get(key)
    if place is None or not rights.sees_sub_project(request.user, report, place.sub_project_id):
        raise Http404("这一格不属于这份月报。")
    return place


def _get(request: HttpRequest, pk: int) -> Evidence:
    """Return the file if the user sees its cell, also one taken back; else 404."""
    found = get_object_or_404(Evidence.objects.select_related("indicator__sub_project", "sub_project"), pk=pk)
    report = get_report(request, found.report_id)
    if not rights.sees_sub_project(request.user, report, found.item.pk):
        raise Http404("没有这个文件。")
    found.report = report
    return found


def _back(report: Report, key: Key) -> HttpResponse:
    return redirect(reverse("projects:report-detail", args=[report.pk]) + f"#c-{key_text(key)}")
