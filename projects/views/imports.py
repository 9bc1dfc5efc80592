"""月报表格: the template to fill, and workbooks that come in: uploaded, looked at, corrected, committed together."""

from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from livelihood.access import is_city_office
from livelihood.services import Refused
from projects.excel.marked import marked_workbook
from projects.excel.matrix_template import agency_template
from projects.excel.template import return_template, template_name
from projects.forms import UploadForm
from projects.import_page import (
    earlier_uploads,
    file_cards,
    indicator_choices,
    not_now,
    typed_corrections,
    unit_choices,
)
from projects.models import ImportUpload, Participant, Programme, Report, ReportingPeriod
from projects.services import uploads as services
from projects.services.import_mappings import forget_mapping, mappings_in, remember
from projects.services.report_locks import is_whole
from projects.views.context import get_period, period_context
from projects.views.reports import get_report

#: What is said of the files where no county's own sheet is taken.
SHEETS_OF_AGENCIES = (
    "可以一次选多个，也可以拖进来：各县区为行、指标为列的总表，或者写有考核单位一列的清单；"
    ".xlsx、.xls、.et、.csv，每个最大20MB，一次最多50个。"
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def report_template(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the report's sheet as a workbook, with what has been filled so far."""
    report = get_report(request, pk)
    if report.agency is None:
        content = return_template(period=report.period, participant=report.participant)
    else:
        try:
            content = agency_template(period=report.period, agency=report.agency)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("projects:report-detail", report.pk)
    return _download(content, template_name(report.period, report.participant or report.agency))


@require_http_methods(["GET", "POST"])
def report_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Take workbooks of one unit, or a lead agency's of all of them, from the page of its report."""
    report = get_report(request, pk)
    services.require_may_import(request.user, report.period, report.participant)
    if report.agency is not None and is_city_office(request.user, report.period.programme.owner_id):
        # What the office takes in goes to every agency whose items are in it.
        return redirect("projects:period-import", report.period.programme.code, report.period.code)
    context = {"report": report, "not_now": not_now(request.user, report)}
    return _entrance(request, report.period, report.participant, context)


@require_http_methods(["GET", "POST"])
def period_import(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Take workbooks of several units at once, or one of many; for the city office."""
    found = get_period(request, code, period)
    services.require_may_import(request.user, found, None)
    return _entrance(request, found, None, {"not_now": None})


@require_http_methods(["GET", "POST"])
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was understood of uploaded workbooks; POST does one `step` with them."""
    upload = get_upload(request, pk)
    if request.method == "POST":
        return _step(request, upload)
    if request.htmx:
        return _progress(request, upload)
    return render(request, "projects/import_detail.html", _detail(request, upload))


@require_safe
def import_marked(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """Give a file back with what is wrong or doubtful marked in its cells."""
    upload = get_upload(request, pk)
    found = get_object_or_404(upload.files.all(), pk=file)
    path = services.stored_path(found)
    review = services.review_files(upload, [found])
    also = review.blockers if upload.state != ImportUpload.State.COMMITTED else ()
    try:
        content, name = marked_workbook(path, file_name=found.file_name, readings=review.readings, also=also)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("projects:import-detail", upload.pk)
    return _download(content, name)


@require_safe
def import_original(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """Give a file back as it came."""
    found = get_object_or_404(get_upload(request, pk).files.all(), pk=file)
    try:
        content = services.stored_path(found).read_bytes()
    except FileNotFoundError as error:
        raise Http404("文件不在了，请联系系统管理员。") from error
    return _download(content, found.file_name)


def get_upload(request: HttpRequest, pk: int) -> ImportUpload:
    """Return the upload if it is in the user's scope, with what its page names; else 404."""
    uploads = ImportUpload.objects.visible_to(request.user).select_related(
        "programme__owner", "period__programme__owner", "participant", "uploaded_by", "finished_by", "job"
    )
    return get_object_or_404(uploads, pk=pk)


def _entrance(
    request: HttpRequest, period: ReportingPeriod, participant: Participant | None, context: dict
) -> HttpResponse:
    """Show the field for files and what waits; POST stores the files and goes to what was understood of them."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        try:
            upload = services.start_upload(
                period=period, participant=participant, files=form.cleaned_data["files"], by=request.user
            )
        except Refused as refusal:
            form.add_error("files", str(refusal))
        else:
            return redirect("projects:import-detail", upload.pk)
    is_by_agency = period.programme.reporting_by == Programme.ReportingBy.AGENCY
    if is_by_agency:
        form.fields["files"].help_text = SHEETS_OF_AGENCIES
    context |= period_context(request, period) | earlier_uploads(request.user, period, participant)
    context |= {"form": form, "participant": participant, "is_by_agency": is_by_agency}
    status = 422 if request.method == "POST" else 200
    return render(request, "projects/import_start.html", context, status=status)


def _step(request: HttpRequest, upload: ImportUpload) -> HttpResponse:
    """Do what a button of the page says, and come back to the page, or go where the work goes on."""
    services.require_may_finish(request.user, upload)
    step = STEPS.get(request.POST.get("step", ""))
    if step is None:
        messages.error(request, "没有这个操作，什么都没有改。请刷新页面再试。")
        return _back(upload)
    try:
        words, address = step(request, upload)
    except services.ChangedMeanwhile as changed:
        messages.warning(request, str(changed))
        return _back(upload)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _back(upload)
    messages.success(request, words)
    return redirect(address or reverse("projects:import-detail", args=[upload.pk]))


def _confirm(request: HttpRequest, upload: ImportUpload) -> tuple[str, str]:
    review = services.confirm_upload(upload=upload, fingerprint=request.POST.get("fingerprint", ""), by=request.user)
    words = f"已导入 {review.change_count} 格。"
    taken_in = f"由{upload.programme.owner.office_word}代收，"
    is_office = is_city_office(request.user, upload.programme.owner_id)
    if upload.participant is None and is_office:
        words += f"{taken_in}各家月报现在待审。"
        return words, reverse("projects:period-detail", args=[upload.programme.code, upload.period.code])
    report = _report_of(upload)
    if report is not None and not is_whole(report):
        words += f"{taken_in}月报现在待审。" if is_office else "核对无误后签字、提交。"
    return words, reverse("projects:report-detail", args=[report.pk]) if report else ""


def _correct(request: HttpRequest, upload: ImportUpload) -> tuple[str, str]:
    services.require_read(upload)
    if mapping_pk := request.POST.get("forget", ""):
        return _forget(request, upload, mapping_pk)
    cards = _cards(upload)[1]
    corrections = typed_corrections(upload, cards, request.POST)
    if not corrections:
        return "没有改动，读法和原来一样。", ""
    count = remember(programme=upload.programme, corrections=corrections, by=request.user)
    return f"已保存 {count} 处更正，按更正重新读过；以后这家的表也这样读。", ""


def _forget(request: HttpRequest, upload: ImportUpload, mapping_pk: str) -> tuple[str, str]:
    agencies = services.upload_agencies(upload)
    mappings = mappings_in(upload.programme, agencies)
    if upload.participant is not None:
        mappings = mappings.filter(participant=upload.participant)
    elif agencies is not None:
        mappings = mappings.filter(participant=None, corrected_by__grants__agency__in=agencies)
    is_number = mapping_pk.isascii() and mapping_pk.isdigit() and len(mapping_pk) < 19
    mapping = mappings.filter(pk=int(mapping_pk)).first() if is_number else None
    if mapping is None:
        raise Refused("这条更正已经不在了。")
    forget_mapping(mapping=mapping, by=request.user)
    return f"已忘掉“{mapping.label}”的更正，按表头重新读过。", ""


def _leave_out(request: HttpRequest, upload: ImportUpload) -> tuple[str, str]:
    given, is_left_out = request.POST.get("file", ""), request.POST.get("left_out") == "1"
    file_id = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    services.leave_out(upload=upload, file_id=file_id, left_out=is_left_out, by=request.user)
    return ("这份文件不导入了，其余照旧。" if is_left_out else "这份文件又要导入了。"), ""


def _cancel(request: HttpRequest, upload: ImportUpload) -> tuple[str, str]:
    services.cancel_reading(upload=upload, by=request.user)
    return "已取消读取，什么都没有改。", ""


def _read_again(request: HttpRequest, upload: ImportUpload) -> tuple[str, str]:
    services.read_again(upload=upload, by=request.user)
    return "已重新开始读取。", ""


def _discard(request: HttpRequest, upload: ImportUpload) -> tuple[str, str]:
    services.discard_upload(upload=upload, by=request.user)
    return "已放弃这次上传，什么都没有改。", _entrance_url(upload)


#: What the buttons of the page do: each returns what to say and where to go ("": back to the page).
STEPS = {
    "confirm": _confirm,
    "correct": _correct,
    "leave_out": _leave_out,
    "cancel": _cancel,
    "read_again": _read_again,
    "discard": _discard,
}


def _detail(request: HttpRequest, upload: ImportUpload) -> dict:
    context = period_context(request, upload.period) | {
        "upload": upload,
        "files": list(upload.files.select_related("batch")),
        "is_being_read": services.is_being_read(upload),
        "may_import": services.may_import(request.user, upload),
        "entrance_url": _entrance_url(upload),
        "office": upload.programme.owner.office_word,
        "stands_as_submitted": is_city_office(request.user, upload.programme.owner_id),
    }
    if upload.state == ImportUpload.State.READ:
        review, cards = _cards(upload)
        context |= {"review": review, "cards": cards, "indicators": indicator_choices(upload.programme)}
        context["units"] = unit_choices(upload.programme)
        context["is_single"] = len(cards) == 1
        context["totals"] = {
            "rows": sum(card.rows_read for card in cards),
            "changes": sum(card.change_count for card in cards),
            "warnings": sum(card.warning_count for card in cards),
        }
    return context


def _cards(upload: ImportUpload) -> tuple:
    review = services.review_upload(upload)
    return review, file_cards(upload, list(upload.files.all()), review)


def _progress(request: HttpRequest, upload: ImportUpload) -> HttpResponse:
    """Show how far the reading is; once it has ended the whole page is another."""
    if not services.is_being_read(upload):
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"upload": upload, "may_import": services.may_import(request.user, upload)}
    return render(request, "projects/import_detail.html#progress", context)


def _report_of(upload: ImportUpload) -> Report | None:
    """Return the report the upload came from: the unit's, or the first of its lead agencies'."""
    reports = Report.objects.filter(period=upload.period).select_related("participant")
    if upload.participant is not None:
        return reports.filter(participant=upload.participant).first()
    return reports.filter(agency__in=services.upload_agencies(upload) or ()).order_by("agency__order", "pk").first()


def _entrance_url(upload: ImportUpload) -> str:
    if (report := _report_of(upload)) is not None:
        return reverse("projects:report-import", args=[report.pk])
    name = "projects:period-detail" if upload.participant else "projects:period-import"
    return reverse(name, args=[upload.programme.code, upload.period.code])


def _back(upload: ImportUpload) -> HttpResponse:
    return redirect("projects:import-detail", upload.pk)


def _download(content: bytes, name: str) -> HttpResponse:
    headers = {
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type=XLSX, headers=headers)
