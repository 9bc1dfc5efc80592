"""月报表格: the template to fill, and its upload: stored → shown → confirmed."""

import tempfile
from pathlib import Path
from urllib.parse import quote

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from livelihood.access import NotAllowed, is_city_office
from livelihood.services import Refused
from projects import rights
from projects.excel.template import return_template, template_name
from projects.forms import ReturnFileForm
from projects.models import Programme, Report
from projects.services.imports import Review, import_returns, review_returns, store_file, stored_name
from projects.services.reports import is_open_for_figures, is_whole, require_changeable
from projects.views.context import period_context
from projects.views.reports import get_report

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# Why a report that stands takes no workbook, and what to do first.
STANDING_FOR_OFFICE = {
    Report.State.SIGNED: "月报已经签字，不能再导入。要改数，请填报单位先撤回签字。",
    Report.State.SUBMITTED: "月报已经提交，不能再导入。要改数，先退回给填报单位。",
    Report.State.APPROVED: "月报已经审核通过，不能再导入。要改数，先退回给填报单位。",
}
STANDING_FOR_REPORTER = {
    Report.State.SIGNED: "月报已经签字，不能再导入。要改数，先在月报页撤回签字。",
    Report.State.SUBMITTED: "月报已经提交，不能再导入。要改数，先在月报页撤回，或请市民生办退回。",
    Report.State.APPROVED: "月报已经审核通过，不能再导入。要改数，请市民生办退回。",
}


@require_safe
def report_template(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the report's sheet as a workbook, with what has been filled so far."""
    report = _participants_report(request, pk)
    rows = return_template(period=report.period, participant=report.participant)
    name = quote(template_name(report.period, report.participant))
    headers = {"Content-Disposition": f"attachment; filename*=utf-8''{name}"}
    return HttpResponse(rows, content_type=XLSX, headers=headers)


@require_http_methods(["GET", "POST"])
def report_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a workbook, show what it would change, and store it when that is confirmed."""
    report = _participants_report(request, pk)
    if not rights.fill_scope(request.user, report).everything:
        raise NotAllowed("整张表由本单位民生办或市民生办导入；您可以在网页上填自己的部分。")
    step = request.POST.get("step")
    if step == "upload":
        return _upload(request, report)
    if step == "confirm":
        return _confirm(request, report)
    if step == "discard":
        request.session.pop(_session_key(report), None)
        return redirect("projects:report-import", report.pk)
    return _page(request, report, ReturnFileForm(), _waiting_review(request, report))


def _upload(request: HttpRequest, report: Report) -> HttpResponse:
    form = ReturnFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, report, form, None, status=422)
    file = form.cleaned_data["file"]
    with tempfile.NamedTemporaryFile(prefix="return-") as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        review = _review(report, Path(copy.name), file.name)
        if review.is_refused:
            return _page(request, report, form, review, status=422)
        sha256 = review.readings[0].sha256
        store_file(Path(copy.name), sha256)
    request.session[_session_key(report)] = {"sha256": sha256, "name": file.name}
    return redirect("projects:report-import", report.pk)


def _confirm(request: HttpRequest, report: Report) -> HttpResponse:
    """Read the stored file again and store its figures, if the page showed them as they are now."""
    review = _waiting_review(request, report)
    if review is None:
        messages.error(request, "没有等待确认的文件，请重新上传。")
        return redirect("projects:report-import", report.pk)
    if request.POST.get("fingerprint") != review.fingerprint:
        messages.warning(request, "核对之后系统里的数有改动，没有导入。请再看一遍下面的对照。")
        return redirect("projects:report-import", report.pk)
    try:
        import_returns(review=review, by=request.user)
    except Refused as refused:
        messages.error(request, f"没有导入：{refused}")
        return redirect("projects:report-import", report.pk)
    request.session.pop(_session_key(report), None)
    messages.success(request, f"已导入 {len(review.changes)} 格。{_next_step(request, report)}")
    return redirect("projects:report-detail", report.pk)


def _next_step(request: HttpRequest, report: Report) -> str:
    if is_whole(report):
        return ""
    if _stands_as_submitted(request, report):
        return "由市民生办代收，月报现在待审。"
    return "核对无误后签字、提交。"


def _stands_as_submitted(request: HttpRequest, report: Report) -> bool:
    return is_city_office(request.user, report.period.programme.owner_id) and not is_whole(report)


def _participants_report(request: HttpRequest, pk: int) -> Report:
    """Return the report in the user's scope; a lead agency's has no sheet of one unit."""
    report = get_report(request, pk)
    if report.participant is None:
        raise Http404("牵头部门的月报在网页上填报，没有表格模板。")
    return report


def _waiting_review(request: HttpRequest, report: Report) -> Review | None:
    """Return the review of the file this person uploaded for this report and has not confirmed yet."""
    waiting = request.session.get(_session_key(report))
    if not waiting:
        return None
    return _review(report, Path(default_storage.path(stored_name(waiting["sha256"]))), waiting["name"])


def _review(report: Report, path: Path, name: str) -> Review:
    return review_returns(
        files=[(path, name)], programme=report.period.programme, period=report.period, participant=report.participant
    )


def _session_key(report: Report) -> str:
    return f"import-{report.pk}"


def _not_now(request: HttpRequest, report: Report) -> dict | None:
    """Say why no workbook can be sent now and where to go instead; None when one can. The service refuses anyway."""
    period = report.period
    is_office = is_city_office(request.user, period.programme.owner_id)
    there, label = reverse("projects:report-detail", args=[report.pk]), "回到月报"
    if period.programme.reporting_by == Programme.ReportingBy.AGENCY and not is_whole(report):
        sentence = f"“{period.programme.name}”由牵头部门报送，考核单位的表不能导入。"
    elif is_open_for_figures(report):
        return None
    elif _is_closed(report):
        sentence = f"{period.label}已经封账，不能再导入。确需更正，"
        sentence += "先对这家重新开放。" if is_office else "请联系市民生办重新开放。"
        if is_office:
            there, label = reverse("projects:period-reopen", args=[period.programme.code, period.code]), "去重新开放"
    else:
        sentence = (STANDING_FOR_OFFICE if is_office else STANDING_FOR_REPORTER)[report.state]
        if is_office and report.state != Report.State.SIGNED:
            there, label = reverse("projects:report-review", args=[report.pk]), "去审核页退回"
    return {"sentence": sentence, "url": there, "label": label}


def _is_closed(report: Report) -> bool:
    try:
        require_changeable(report)
    except Refused:
        return True
    return False


def _page(request: HttpRequest, report: Report, form, review: Review | None, status: int = 200) -> HttpResponse:
    is_shown = review is not None and not review.is_refused
    context = period_context(request, report.period) | {
        "report": report,
        "form": form,
        "review": review,
        "reading": review.readings[0] if is_shown else None,
        "changes": [figure for _reading, figure in review.changes] if is_shown else [],
        "stands_as_submitted": _stands_as_submitted(request, report),
        "not_now": None if is_shown else _not_now(request, report),
    }
    return render(request, "projects/report_import.html", context, status=status)
