"""月报: the page one fills, and the steps it takes to approval."""

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from livelihood.access import Role, access_of, oversees
from livelihood.models import Agency
from livelihood.services import Refused
from projects import parts
from projects.models import Participant, Report, ReportingPeriod
from projects.report_page import options_query, report_page, report_steps
from projects.services import reports as services
from projects.services.entry import carried_words, carry_cells
from projects.views.context import get_period, go_back, period_context

#: The code of a section in a form: 4 or funds-4.
_SECTION = re.compile(r"[a-z0-9-]{1,30}", re.ASCII)


@require_http_methods(["GET", "POST"])
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a report; POST stores what was typed.

    What can be stored is; a cell that cannot comes back with status 422, its text and a sentence under it.
    """
    report = get_report(request, pk)
    if request.method == "POST":
        return save_form(request, report)
    return _page(request, report)


@require_GET
def report_foot(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what may be done with the report now: the foot of its page alone, for the page's script."""
    report = get_report(request, pk)
    return render(request, "projects/components/foot_steps.html", report_steps(report, request.user))


@require_POST
def report_start(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Open the draft of a unit, or of a lead agency that reports, that has none yet, and go to it (or to `next`)."""
    found = get_period(request, code, period)
    try:
        report = services.report_for(period=found, by=request.user, **_reporter(request, found))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("projects:period-detail", code, found.code)
    return go_back(request, reverse("projects:report-detail", args=[report.pk]))


def _reporter(request: HttpRequest, period: ReportingPeriod) -> dict:
    """Return the unit (by its code) or the lead agency (by its id) the form names, in the user's scope; else 404."""
    programme, agency = period.programme, request.POST.get("agency", "")
    if not agency:
        units = Participant.objects.visible_to(request.user).filter(programme=programme)
        return {"participant": get_object_or_404(units, code=request.POST.get("participant", ""))}
    leads = Agency.objects.filter(led_sub_projects__project__programme=programme).distinct()
    if not oversees(request.user, programme.owner_id):
        leads = leads.filter(pk__in=access_of(request.user).agency_ids(Role.LEAD_AGENCY, Role.FILLER))
    is_number = agency.isascii() and agency.isdigit() and len(agency) < 19
    return {"agency": get_object_or_404(leads, pk=int(agency) if is_number else 0)}


@require_POST
def report_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """签字."""
    return _step(request, pk, services.sign_report, "已签字。下一步：提交给{office}。")


@require_POST
def report_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """提交."""
    return _step(request, pk, services.submit_report, "已提交，等{office}审核。审核之前可以撤回。")


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
    report = get_object_or_404(reports, pk=pk)
    report.options = request.GET.dict()
    return report


def _page(request: HttpRequest, report: Report, *, typed=None, results=None, status: int = 200) -> HttpResponse:
    context = report_page(report, request.user, typed=typed, results=results)
    return render(
        request, "projects/report_detail.html", period_context(request, report.period) | context, status=status
    )


def save_form(request: HttpRequest, report: Report) -> HttpResponse:
    """Store the typed cells of every part; a part that refuses keeps its texts on the page.

    `carry` names blank cells to confirm as last month (after the typed ones are stored), `use` a cell in conflict
    whose stored figure stands, `section` the project to come back to.
    """
    typed = {part.code: part.read(request.POST) for part in parts.registered()}
    for cells in typed.values():
        cells.pop(request.POST.get("use"), None)
    results, saved = {}, 0
    for part in parts.registered():
        try:
            results[part.code] = part.save(report, typed[part.code], by=request.user, origin="form")
            saved += len(results[part.code].saved)
        except Refused as refusal:
            results[part.code] = parts.SaveResult(refused=str(refusal))
            messages.error(request, str(refusal))
    is_clean = not any(result.refused or result.errors or result.conflicts for result in results.values())
    picked = request.POST.getlist("carry")
    if picked and not any(result.refused for result in results.values()):
        _carry(request, report, picked)
    if saved:
        messages.success(request, f"已保存 {saved} 格，{timezone.localtime():%H:%M:%S}。")
    if not is_clean:
        return _page(request, get_report(request, report.pk), typed=typed, results=results, status=422)
    if not saved and not picked:
        messages.info(request, "没有改动，不用保存。")
    section = request.POST.get("section", "")
    anchor = f"#p-{section}" if _SECTION.fullmatch(section) else ""
    return redirect(reverse("projects:report-detail", args=[report.pk]) + options_query(report) + anchor)


def _carry(request: HttpRequest, report: Report, picked: list[str]) -> None:
    """Confirm last month's values in the picked cells."""
    try:
        results = carry_cells(report=report, picked=picked, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, carried_words(report.period, results))


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
        messages.success(request, done.format(office=report.period.programme.owner.office_word))
    return redirect("projects:report-detail", pk)
