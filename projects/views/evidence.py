"""佐证: files beside a cell, added, delivered as attachments, taken back."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from livelihood.services import Refused
from projects import rights
from projects.evidence_files import ENDINGS
from projects.models import Evidence, Indicator, Participant, Report
from projects.services import evidence as services
from projects.views.reports import get_report


@require_POST
def evidence_add(request: HttpRequest, pk: int, participant: int, indicator: int) -> HttpResponse:
    """Keep the uploaded `file` beside the cell."""
    report = get_report(request, pk)
    unit, row = get_cell(request, report, participant, indicator)
    upload = request.FILES.get("file")
    try:
        services.require_own(report, participant, row, request.user)
        if upload is None:
            raise Refused("请先选择一个文件，再上传。")
        kept = services.add_evidence(
            report=report, participant=unit, indicator=row, upload=upload, name=upload.name, by=request.user
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已上传佐证 {kept.file_name}。")
    return _back(report, participant, indicator)


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
    return _back(evidence.report, evidence.participant_id, evidence.indicator_id)


def get_cell(
    request: HttpRequest, report: Report, participant_id: int, indicator_id: int
) -> tuple[Participant, Indicator]:
    """Return the cell's participant and indicator if it is one of the report and the user sees it; else 404."""
    programme = report.period.programme
    unit = get_object_or_404(programme.participants, pk=participant_id)
    indicator = get_object_or_404(Indicator.objects.of_programme(programme), pk=indicator_id)
    is_of_report = (
        report.participant_id == participant_id
        if report.participant_id
        else indicator.sub_project.lead_agency_id == report.agency_id and unit.kind != Participant.Kind.WHOLE
    )
    if not is_of_report or not rights.sees_sub_project(request.user, report, indicator.sub_project_id):
        raise Http404("这一格不属于这份月报。")
    return unit, indicator


def _get(request: HttpRequest, pk: int) -> Evidence:
    """Return the file if the user sees its cell, also one taken back; else 404."""
    found = get_object_or_404(Evidence.objects.select_related("indicator"), pk=pk)
    report = get_report(request, found.report_id)
    if not rights.sees_sub_project(request.user, report, found.indicator.sub_project_id):
        raise Http404("没有这个文件。")
    found.report = report
    return found


def _back(report: Report, participant: int, indicator: int) -> HttpResponse:
    return redirect(reverse("projects:report-detail", args=[report.pk]) + f"#c-{participant}-{indicator}")
