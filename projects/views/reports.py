"""月报: the page one fills, and the steps it takes to approval."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from livelihood.services import Refused
from projects import parts
from projects.models import Participant, Report
from projects.report_page import report_page
from projects.services import reports as services
from projects.views.context import get_period, period_context


@require_http_methods(["GET", "POST"])
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a report; POST stores what was typed.

    What can be stored is; a cell that cannot comes back with status 422, its text and a sentence under it.
    """
    report = get_report(request, pk)
    if request.method == "POST":
        return _save(request, report)
    return _page(request, report)


@require_POST
def report_start(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Open the draft of a unit that has none yet, and go to it."""
    found = get_period(request, code, period)
    units = Participant.objects.visible_to(request.user).filter(programme=found.programme)
    unit = get_object_or_404(units, code=request.POST.get("participant", ""))
    try:
        report = services.report_for(period=found, participant=unit, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("projects:period-detail", code, found.code)
    return redirect("projects:report-detail", report.pk)


@require_POST
def report_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """签字."""
    return _step(request, pk, services.sign_report, "已签字。下一步：提交给市民生办。")


@require_POST
def report_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """提交."""
    return _step(request, pk, services.submit_report, "已提交，等市民生办审核。审核之前可以撤回。")


@require_POST
def report_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """撤回."""
    return _step(request, pk, services.withdraw_report, "已撤回，可以继续改；改完要重新签字、提交。")


@require_POST
def report_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """审核通过."""
    return _step(request, pk, services.approve_report, "已审核通过。", reason=request.POST.get("reason", ""))


@require_POST
def report_return(request: HttpRequest, pk: int) -> HttpResponse:
    """退回."""
    return _step(
        request, pk, services.return_report, "已退回，填报单位会看到原因。", reason=request.POST.get("reason", "")
    )


def get_report(request: HttpRequest, pk: int) -> Report:
    """Return the report if it is in the user's scope, with what its page names; else 404."""
    reports = Report.objects.visible_to(request.user).select_related(
        "period__programme__owner", "participant", "agency", "signed_by", "submitted_by"
    )
    return get_object_or_404(reports, pk=pk)


def _page(request: HttpRequest, report: Report, *, typed=None, results=None, status: int = 200) -> HttpResponse:
    context = report_page(report, request.user, typed=typed, results=results)
    return render(
        request, "projects/report_detail.html", period_context(request, report.period) | context, status=status
    )


def _save(request: HttpRequest, report: Report) -> HttpResponse:
    """Store the typed cells of every part; a part that refuses keeps its texts on the page."""
    typed = {part.code: part.read(request.POST) for part in parts.registered()}
    results, saved = {}, 0
    for part in parts.registered():
        try:
            results[part.code] = part.save(report, typed[part.code], by=request.user, origin="form")
            saved += len(results[part.code].saved)
        except Refused as refusal:
            results[part.code] = parts.SaveResult(refused=str(refusal))
            messages.error(request, str(refusal))
    if saved:
        messages.success(request, f"已保存 {saved} 格，{timezone.localtime():%H:%M:%S}。")
    if any(result.refused or result.errors or result.conflicts for result in results.values()):
        return _page(request, get_report(request, report.pk), typed=typed, results=results, status=422)
    if not saved:
        messages.info(request, "没有改动，不用保存。")
    return redirect("projects:report-detail", report.pk)


def _step(request: HttpRequest, pk: int, service, done: str, **arguments) -> HttpResponse:
    """Take one step with the report as the person saw it, and go back to its page."""
    report = get_report(request, pk)
    seen = request.POST.get("version", "")
    # Without the version of the page nobody can say what was signed or approved.
    report.version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else -1
    try:
        service(report=report, by=request.user, **arguments)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("projects:report-detail", pk)
